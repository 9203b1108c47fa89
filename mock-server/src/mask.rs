//! Hiding what must not stand in a log or in the journal: secrets, addresses, personal numbers.

/// All but the last `shown` letters and digits as stars; separators stay, so that the form can be seen.
pub(crate) fn all_but_last(text: &str, shown: usize) -> String {
    let total = text.chars().filter(|char| char.is_alphanumeric()).count();
    let mut seen = 0;
    text.chars()
        .map(|char| {
            if !char.is_alphanumeric() {
                return char;
            }
            seen += 1;
            if seen + shown > total { char } else { '*' }
        })
        .collect()
}

/// A request's path and query for a log: route words and short ids stay, anything that could be a value is hidden.
pub(crate) fn target(path: &str, query: Option<&str>) -> String {
    let mut masked = String::with_capacity(path.len() + query.map_or(0, |query| query.len() + 1));
    for (position, text) in path.split('/').enumerate() {
        if position > 0 {
            masked.push('/');
        }
        masked.push_str(segment(text));
    }
    for (position, pair) in query.into_iter().flat_map(|query| query.split('&')).enumerate() {
        masked.push(if position == 0 { '?' } else { '&' });
        match pair.split_once('=') {
            Some((name, value)) => {
                masked.push_str(segment(name));
                masked.push('=');
                masked.push_str(if name == "page" && is_short_number(value) { value } else { "***" });
            }
            None => masked.push_str(segment(pair)),
        }
    }
    masked
}

/// A route word, an id or a UUID as it is; three stars for anything else. Route words are in lower case, and secrets mix
/// the cases: one in a thousand has no digit that would tell it from a word.
fn segment(text: &str) -> &str {
    let is_word = text.len() <= 40 && text.bytes().all(|byte| byte.is_ascii_lowercase() || b"-_".contains(&byte));
    let is_version = text.len() == 2 && text.starts_with('v');
    if is_word || is_version || is_short_number(text) || uuid::Uuid::try_parse(text).is_ok() { text } else { "***" }
}

/// Too short for a phone, a national ID or a card.
fn is_short_number(text: &str) -> bool {
    text.len() <= 6 && text.bytes().all(|byte| byte.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_end_of_a_number_is_shown_and_its_form() {
        let cases = [
            ("19900101-2385", 2, "********-**85"),
            ("4242424242424242", 4, "************4242"),
            ("123", 4, "123"),
            ("", 4, ""),
        ];
        for (text, shown, expected) in cases {
            assert_eq!(all_but_last(text, shown), expected);
        }
    }

    #[test]
    fn a_logged_path_holds_no_value() {
        let cases = [
            ("/api/v1/account/17/email-watchlist", None, "/api/v1/account/17/email-watchlist"),
            ("/api/v1/email-watchlist/john@example.com", None, "/api/v1/email-watchlist/***"),
            ("/api/v1/phone-watchlist/+46701740605", None, "/api/v1/phone-watchlist/***"),
            ("/api/v1/account/199001012385/x", None, "/api/v1/account/***/x"),
            ("/api/v1/x", Some("page=2&email=a@b.example"), "/api/v1/x?page=2&email=***"),
            ("/api/v1/x", Some("1|secret"), "/api/v1/x?***"),
            ("/api/v1/x", Some("code=123456&page=07"), "/api/v1/x?code=***&page=07"),
            ("/_confirm/Zx9Zx9Zx9", None, "/_confirm/***"),
            ("/_confirm/ZlVAlkpdzFCOQsyJBEPaiNGJLbjoFdVxGtWuCeaE", None, "/_confirm/***"),
            ("/api/v1/x", Some("ZlVAlkpdzFCOQsyJBEPaiNGJLbjoFdVxGtWuCeaE"), "/api/v1/x?***"),
            ("/api/v1/resend/watchlist-email-confirmation", None, "/api/v1/resend/watchlist-email-confirmation"),
            (
                "/api/v1/account/67e55044-10b1-826f-9247-bb680e5fe0c8",
                None,
                "/api/v1/account/67e55044-10b1-826f-9247-bb680e5fe0c8",
            ),
        ];
        for (path, query, expected) in cases {
            assert_eq!(target(path, query), expected);
        }
    }
}
