//! Suggestions for paths that the guide does not have.

/// The most letters that may be wrong in a path for it to be taken for a documented one.
const FARTHEST: usize = 3;

/// The hint for a path that is not one of the `documented` ones.
pub(crate) fn no_such_path<'a>(path: &str, documented: impl Iterator<Item = &'a str>) -> String {
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

/// The documented path that `path` is nearest to, if it is near. Captures are not compared.
pub(crate) fn nearest<'a>(path: &str, documented: impl Iterator<Item = &'a str>) -> Option<&'a str> {
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

#[cfg(test)]
mod tests {
    use super::*;

    const DOCUMENTED: [&str; 8] = [
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
