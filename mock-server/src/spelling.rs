//! Suggestions for names that nothing has: "did you mean".

/// The most letters that may be wrong in a name for it to be taken for another one.
const FARTHEST: usize = 3;

/// The known name that `written` is nearest to, if it is near.
pub(crate) fn nearest<'a>(written: &str, known: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    let lower = written.to_lowercase();
    let letters = lower.chars().count();
    // Two short names with three wrong letters have nothing in common.
    let farthest = FARTHEST.min(letters.div_ceil(3));
    let near = known.filter_map(|name| {
        let other = name.to_lowercase();
        if other.chars().count().abs_diff(letters) > farthest && !is_part(&lower, &other) {
            return None;
        }
        let distance = strsim::damerau_levenshtein(&lower, &other);
        (distance <= farthest || is_part(&lower, &other)).then_some((distance, name))
    });
    near.min_by_key(|(distance, _)| *distance).map(|(_, name)| name)
}

/// Whether one of two names is a part of the other that is long enough to be meant: `phone` in `phones`.
fn is_part(one: &str, other: &str) -> bool {
    const LEAST: usize = 4;
    let (short, long) = if one.len() < other.len() { (one, other) } else { (other, one) };
    short.len() >= LEAST && long.contains(short)
}

/// The end of a sentence that refuses `written`: `; did you mean …?` where a known name is near, or else all known names.
pub(crate) fn or_all<'a>(written: &str, known: impl Iterator<Item = &'a str> + Clone) -> String {
    match nearest(written, known.clone()) {
        Some(name) => format!("; did you mean {name}?"),
        None => format!("; known are {}", known.collect::<Vec<_>>().join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_name_is_suggested_and_a_far_one_is_not() {
        let known = ["emails", "phones", "credit_cards", "created_at", "id"];
        let cases = [
            ("email", Some("emails")),
            ("Phones", Some("phones")),
            ("phnoes", Some("phones")),
            ("cards", Some("credit_cards")),
            ("create_at", Some("created_at")),
            ("ids", Some("id")),
            ("colour", None),
            ("", None),
        ];
        for (written, expected) in cases {
            assert_eq!(nearest(written, known.into_iter()), expected, "{written}");
        }
        assert_eq!(or_all("phons", known.into_iter()), "; did you mean phones?");
        assert_eq!(or_all("colour", ["a", "b"].into_iter()), "; known are a, b");
    }
}
