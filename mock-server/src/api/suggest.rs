//! Suggestions for paths that the guide does not have.

/// The most letters that may be wrong in a path for it to be taken for a documented one.
const FARTHEST: usize = 3;

/// The fewest letters of a name that is looked for in others.
const LEAST_LETTERS: usize = 4;

/// The most segments that may be missing from a path for it to be taken for a documented one.
const MOST_MISSING: usize = 2;

/// The hint for a path that is not one of the `documented` ones.
pub(crate) fn no_such_path<'a>(path: &str, documented: impl Iterator<Item = &'a str> + Clone) -> String {
    if path.contains("//") {
        return "no documented path has two slashes side by side: the base URL may end with one too many; see NONE-1"
            .to_owned();
    }
    if path.len() > 1 && path.ends_with('/') {
        return "no documented path ends with a slash; see NONE-1".to_owned();
    }
    if path.to_ascii_lowercase().contains("ssn") {
        let text = "the SSN is no watchlist: it is set at creation or by electronic ID, and CRM switches its monitoring; \
                    see SSN-1";
        return text.to_owned();
    }
    match nearest(path, documented) {
        Some(documented) => format!("the guide has no such path; did you mean {documented}? See NONE-1"),
        None => "the guide has no such path; paths that it leaves out do not exist; see NONE-1".to_owned(),
    }
}

/// The documented path that is meant by `path`, as far as can be told: one with another name for the same thing, else one
/// that is written nearly so, else one of which parts are missing.
pub(crate) fn nearest<'a>(path: &str, documented: impl Iterator<Item = &'a str> + Clone) -> Option<&'a str> {
    renamed(path, documented.clone())
        .or_else(|| misspelt(path, documented.clone()))
        .or_else(|| shortened(path, documented))
}

/// The documented path that `path` is nearest to by its letters. Captures are not compared.
fn misspelt<'a>(path: &str, documented: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    let distance = |documented: &str| {
        if documented.split('/').count() != path.split('/').count() {
            return None;
        }
        let segments = documented.split('/').zip(path.split('/')).filter(|(wanted, _)| !wanted.starts_with('{'));
        let mut wrong = 0;
        for (wanted, written) in segments.filter(|(wanted, written)| wanted != written) {
            // Most paths are told apart by their lengths already.
            let at_least = wanted.chars().count().abs_diff(written.chars().count());
            if wrong + at_least > FARTHEST {
                return None;
            }
            wrong += strsim::damerau_levenshtein(wanted, written);
        }
        Some(wrong)
    };
    let near = documented.filter_map(|documented| Some((distance(documented)?, documented)));
    // Of two that are as near, the one with fewer captures is meant.
    let best = near.min_by_key(|(distance, documented)| (*distance, documented.matches('{').count()));
    best.filter(|(distance, _)| (1..=FARTHEST).contains(distance)).map(|(_, documented)| documented)
}

/// The documented path whose segments are those of `path`, or have their names in them: `email-watchlist` for `emails`.
fn renamed<'a>(path: &str, documented: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    let is_same = |wanted: &str, written: &str| wanted.starts_with('{') || wanted == written;
    let is_name = |wanted: &str, written: &str| {
        let name = written.strip_suffix('s').unwrap_or(written);
        !wanted.starts_with('{') && name.len() >= LEAST_LETTERS && wanted.contains(name)
    };
    let mut meant = documented.filter(|documented| {
        let pairs = || documented.split('/').zip(path.split('/'));
        documented.split('/').count() == path.split('/').count()
            && pairs().all(|(wanted, written)| is_same(wanted, written) || is_name(wanted, written))
            && pairs().any(|(wanted, written)| !is_same(wanted, written))
    });
    meant.next()
}

/// The documented path that ends as `path` does, has all of its segments in their order, and the fewest besides.
fn shortened<'a>(path: &str, documented: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    let written: Vec<&str> = path.split('/').filter(|segment| !segment.is_empty()).collect();
    // One word may be meant for many a thing.
    if written.len() < 2 {
        return None;
    }
    // A capture takes a number only, or else it would take any word that is not there.
    let is_number = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    let is_it = |wanted: &str, written: &str| wanted == written || wanted.starts_with('{') && is_number(written);
    let missing = |documented: &str| {
        let wanted: Vec<&str> = documented.split('/').filter(|segment| !segment.is_empty()).collect();
        let mut rest = written.iter().peekable();
        let many = wanted.iter().filter(|wanted| rest.next_if(|written| is_it(wanted, written)).is_none()).count();
        let ends_alike = wanted.last().zip(written.last()).is_some_and(|(wanted, written)| is_it(wanted, written));
        (ends_alike && rest.peek().is_none()).then_some(many)
    };
    let meant = documented.filter_map(|documented| Some((missing(documented)?, documented)));
    meant
        .filter(|(missing, _)| *missing <= MOST_MISSING)
        .min_by_key(|(missing, _)| *missing)
        .map(|(_, documented)| documented)
}

#[cfg(test)]
mod tests {
    use super::*;

    const DOCUMENTED: [&str; 9] = [
        "/api/v1/crm/auth/login",
        "/api/v1/email-watchlist",
        "/api/v1/account/{account_id}/email-watchlist",
        "/api/v1/account/{account_id}/phone-watchlist",
        "/api/v1/credit-cards",
        "/api/v1/alarms",
        "/api/v1/alarms/{alarmId}",
        "/api/v1/alarms/{alarmId}/close",
        "/api/v1/delete-my-data",
    ];

    #[test]
    fn a_path_that_is_nearly_documented_is_told_which() {
        let cases = [
            ("/api/v1/email-watchlst", Some("/api/v1/email-watchlist")),
            ("/api/v1/emails-watchlist", Some("/api/v1/email-watchlist")),
            ("/api/v1/account/17/phone-watchlsit", Some("/api/v1/account/{account_id}/phone-watchlist")),
            ("/api/v1/creditcards", Some("/api/v1/credit-cards")),
            ("/api/v1/alarm", Some("/api/v1/alarms")),
            ("/api/v1/alarms/5/closed", Some("/api/v1/alarms/{alarmId}/close")),
            ("/api/v1/delete-mydata", Some("/api/v1/delete-my-data")),
            ("/api/v3/alarms", Some("/api/v1/alarms")),
            ("/api/v1/émail-watchlist", Some("/api/v1/email-watchlist")),
            ("/api/v1/account/1/emails", Some("/api/v1/account/{account_id}/email-watchlist")),
            ("/api/v1/cards", Some("/api/v1/credit-cards")),
            ("/api/v1/auth/login", Some("/api/v1/crm/auth/login")),
            ("/account/1/email-watchlist", Some("/api/v1/account/{account_id}/email-watchlist")),
            ("/alarms/5/close", Some("/api/v1/alarms/{alarmId}/close")),
            ("/alarms", None),
            ("/api/v1", None),
            ("/api/v1/ids", None),
            ("/åäö/åäö/åäööööööööö", None),
            ("/api/v1/nothing-like-it", None),
            ("/", None),
            ("/favicon.ico", None),
            ("", None),
        ];
        for (path, expected) in cases {
            assert_eq!(nearest(path, DOCUMENTED.into_iter()), expected, "{path}");
        }
    }
}
