//! Masks for log and journal, which must not hold secrets, addresses or personal numbers.

pub(crate) mod response;

use std::borrow::Cow;

use serde_json::Value as Json;

use crate::model::kind::WatchKind;
use crate::model::time::Date;

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

/// A request's body for the journal. Its form stays, and so do names of fields, ids and codes of countries and plans. The
/// end of a number is shown, and nothing of anything else that could be a value.
pub(crate) fn json(body: Json) -> Json {
    value("", body)
}

/// Fields that hold a word or a small number of the guide, and nothing of a person.
const PLAIN_FIELDS: [&str; 9] =
    ["country_code", "lang_code", "type", "plan_id", "company_id", "phone_id", "email_id", "credit_card_id", "leak_id"];

fn value(field: &str, value_of_field: Json) -> Json {
    match value_of_field {
        Json::Null | Json::Bool(_) => value_of_field,
        Json::Array(values) => values.into_iter().map(|one| value(field, one)).collect(),
        Json::Object(fields) => fields
            .into_iter()
            .map(|(name, one)| {
                let one = value(&name, one);
                (segment(&name).to_owned(), one)
            })
            .collect(),
        Json::Number(ref number) => match scalar(field, &number.to_string()) {
            Cow::Borrowed(_) => value_of_field,
            Cow::Owned(masked) => masked.into(),
        },
        Json::String(text) => scalar(field, &text).into(),
    }
}

/// Borrowed if nothing is hidden.
fn scalar<'a>(field: &str, text: &'a str) -> Cow<'a, str> {
    let is_name = text.len() <= 12 && text.bytes().all(|byte| byte.is_ascii_alphabetic());
    if PLAIN_FIELDS.contains(&field) && (is_name || segment(text) == text) {
        return text.into();
    }
    match WatchKind::ALL.into_iter().find(|kind| kind.names().field == field) {
        Some(kind) => all_but_last(text, kind.names().shown).into(),
        None => "***".to_owned().into(),
    }
}

/// The method of a request for a log: a word in letters, or three stars.
pub(crate) fn method(method: &str) -> &str {
    let is_word = method.len() <= 16 && method.bytes().all(|byte| byte.is_ascii_alphabetic());
    if is_word { method } else { "***" }
}

/// The value of an `Authorization` header, with a variable in the place of the token.
pub(crate) fn authorization(value: &str, token: &str) -> &'static str {
    let is_bearer = value.get(..7).is_some_and(|scheme| scheme.eq_ignore_ascii_case("bearer "));
    match token {
        _ if !is_bearer => "$AUTHORIZATION",
        "crm" => "Bearer $CRM_TOKEN",
        "app" => "Bearer $APP_TOKEN",
        _ => "Bearer $TOKEN",
    }
}

/// The name of a header for the journal: a word in lower case, or three stars.
pub(crate) fn header_name(name: &str) -> &str {
    segment(name)
}

/// The value of a header for the journal. A version that is a date, a media type in few letters, the name of a program and
/// what a client says of itself are shown; anything else could be a value.
pub(crate) fn header<'a>(name: &str, value: &'a str) -> &'a str {
    let shown = match name {
        "x-api-version" => Date::parse(value).is_ok().then_some(value),
        "content-type" | "accept" => {
            let is_of_type = |byte: u8| byte.is_ascii_lowercase() || b"*/.+-;=, 890".contains(&byte);
            (value.len() <= 100 && value.bytes().all(is_of_type)).then_some(value)
        }
        // The rest tells the machine, and is long.
        "user-agent" => value.split(' ').next().filter(|product| is_product(product)),
        "accept-encoding" | "connection" | "content-length" | "expect" | "transfer-encoding" | "sec-fetch-site"
        | "sec-fetch-mode" | "x-mock-sandbox" | "host" | "origin" => {
            let is_harmless =
                |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b":/.-, ".contains(&byte);
            let is_short = value.len() <= 100 && longest_number(value) <= 6;
            (is_short && value.bytes().all(is_harmless)).then_some(value)
        }
        _ => None,
    };
    shown.unwrap_or("***")
}

/// `curl/8.5.0`.
fn is_product(text: &str) -> bool {
    let is_name = |name: &str| name.len() <= 24 && name.bytes().all(|byte| byte.is_ascii_alphabetic() || byte == b'-');
    let is_version = |text: &str| text.len() <= 12 && text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.');
    text.split_once('/').is_some_and(|(name, version)| is_name(name) && is_version(version))
}

/// How many digits follow each other at the most, with what may stand between those of one number.
fn longest_number(text: &str) -> usize {
    let numbers = text.split(|char: char| !char.is_ascii_digit() && !"- ".contains(char));
    numbers.map(|number| number.bytes().filter(u8::is_ascii_digit).count()).max().unwrap_or_default()
}

/// The beginning of a JSON text up to the last part that is whole, with all that is open closed. None where nothing is.
pub(crate) fn whole_beginning(text: &str) -> Option<String> {
    let (mut open, mut whole) = (Vec::new(), None);
    let (mut is_text, mut is_escaped) = (false, false);
    for (place, char) in text.char_indices() {
        match char {
            _ if is_escaped => is_escaped = false,
            '\\' if is_text => is_escaped = true,
            '"' => is_text = !is_text,
            _ if is_text => {}
            '{' => open.push('}'),
            '[' => open.push(']'),
            '}' | ']' => drop(open.pop()),
            ',' => whole = Some((place, open.clone())),
            _ => {}
        }
    }
    let (end, open) = whole?;
    Some(text[..end].chars().chain(open.into_iter().rev()).collect())
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
    fn a_method_that_could_be_a_value_is_hidden() {
        let cases = [("GET", "GET"), ("get", "get"), ("BREW", "BREW"), ("19900101-2385", "***"), ("1|secret", "***")];
        for (sent, expected) in cases {
            assert_eq!(method(sent), expected);
        }
    }

    #[test]
    fn of_a_body_the_form_is_shown_and_the_ends_of_numbers() {
        let cases = [
            (r#"{"email":"john.doe@example.com"}"#, r#"{"email":"****.***@*******.***"}"#),
            (r#"{"phone":"+46 70 174 06 05","phone_id":7}"#, r#"{"phone":"+** ** *** ** 05","phone_id":7}"#),
            (r#"{"card_number":4242424242424242,"cvc":123}"#, r#"{"card_number":"************4242","cvc":"***"}"#),
            (
                r#"{"username":"a","password":"b","keep_logged":true}"#,
                r#"{"username":"***","password":"***","keep_logged":true}"#,
            ),
            (
                r#"{"type":"SINGLE","country_code":"SE","plan_id":1}"#,
                r#"{"type":"SINGLE","country_code":"SE","plan_id":1}"#,
            ),
            (r#"{"type":"19900101-2385","plan_id":"+46701740605"}"#, r#"{"type":"***","plan_id":"***"}"#),
            (
                r#"{"19900101-2385":null,"deep":[{"ssn":["19900101-2385"]}]}"#,
                r#"{"***":null,"deep":[{"ssn":["********-**85"]}]}"#,
            ),
            (r#"["1|secret"]"#, r#"["***"]"#),
        ];
        for (body, expected) in cases {
            assert_eq!(json(serde_json::from_str(body).expect("JSON")).to_string(), expected);
        }
    }

    #[test]
    fn of_a_header_what_a_client_says_of_itself_is_shown() {
        let cases = [
            ("user-agent", "curl/8.5.0", "curl/8.5.0"),
            ("user-agent", "Mozilla/5.0 (X11; Linux x86_64)", "Mozilla/5.0"),
            ("user-agent", "19900101-2385", "***"),
            ("accept", "application/json, text/plain, */*", "application/json, text/plain, */*"),
            ("content-type", "application/json; charset=utf-8", "application/json; charset=utf-8"),
            ("x-api-version", "2026-06-12", "2026-06-12"),
            ("x-api-version", "19900101-2385", "***"),
            ("host", "127.0.0.1:8650", "127.0.0.1:8650"),
            ("host", "46701740605", "***"),
            ("cookie", "a=b", "***"),
        ];
        for (name, value, expected) in cases {
            assert_eq!(header(name, value), expected, "{name}: {value}");
        }
    }

    #[test]
    fn of_a_json_text_that_breaks_off_the_beginning_is_whole() {
        let cases = [
            (r#"{"data":[{"id":1,"a":"x,y"},{"id":2,"a":"\"#, Some(r#"{"data":[{"id":1,"a":"x,y"},{"id":2}]}"#)),
            (r#"[1,2,3"#, Some("[1,2]")),
            (r#"{"a":"b"#, None),
            ("", None),
        ];
        for (text, expected) in cases {
            assert_eq!(whole_beginning(text).as_deref(), expected, "{text}");
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
