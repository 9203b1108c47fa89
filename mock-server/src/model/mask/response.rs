//! The mask for the bodies of responses, most of which the mock has written itself.

use serde_json::Value as Json;

use super::{all_but_last, header, is_short_number, longest_number, segment, target};
use crate::model::kind::WatchKind;
use crate::model::time::Date;

/// The body of a response for the journal: the form, numbers, times and the mock's own words. Of everything that could be a
/// value of a person, its end is shown if it is a number, and nothing otherwise.
pub(crate) fn masked(body: Json) -> Json {
    answered("", body, false)
}

/// Fields of responses that hold words of the mock or of a leak, and nothing of a person.
const WORDS: [&str; 20] = [
    "type",
    "title",
    "severity",
    "status",
    "source_type",
    "domain",
    "description",
    "data_classes",
    "scan_status",
    "text",
    "steps",
    "brand",
    "country_code",
    "lang_code",
    "message",
    "error",
    "issue",
    "detail",
    "field",
    "masked_number",
];

/// Fields whose value is hidden even where it is short.
const HIDDEN: [&str; 5] = ["zip", "cvc", "password", "token", "street"];

fn answered(field: &str, value: Json, is_error: bool) -> Json {
    match value {
        Json::Null | Json::Bool(_) => value,
        Json::Array(values) => values.into_iter().map(|one| answered(field, one, is_error)).collect(),
        Json::Object(fields) => fields
            .into_iter()
            .map(|(name, one)| {
                let is_error = is_error || name == "errors" || name == "error";
                let one = answered(&name, one, is_error);
                let is_name = |byte: u8| byte.is_ascii_alphabetic() || byte == b'_';
                let is_shown = name.len() <= 40 && name.bytes().all(is_name);
                (if is_shown { name } else { segment(&name).to_owned() }, one)
            })
            .collect(),
        Json::Number(ref number) => {
            let is_id = longest_number(&number.to_string()) <= 6 && !HIDDEN.contains(&field);
            if is_id { value } else { hidden(field, &number.to_string()).into() }
        }
        Json::String(text) => answered_text(field, &text, is_error).into(),
    }
}

/// A text of a response.
fn answered_text(field: &str, text: &str, is_error: bool) -> String {
    let is_hidden = HIDDEN.contains(&field);
    if field == "code" {
        // The code of an error is a name; that of a login is a secret.
        let is_name = is_error && is_constant(text);
        return if is_name { text.to_owned() } else { "***".to_owned() };
    }
    if !is_hidden && (is_short_number(text) || is_time_or_id(text)) {
        text.to_owned()
    } else if is_error || WORDS.contains(&field) {
        sentence(text)
    } else if LINKS.contains(&field) {
        link(text)
    } else {
        hidden(field, text)
    }
}

/// Fields that hold the address of a page.
const LINKS: [&str; 6] = ["first", "last", "prev", "next", "path", "url"];

fn hidden(field: &str, text: &str) -> String {
    match WatchKind::ALL.into_iter().find(|kind| kind.names().field == field) {
        Some(kind) => all_but_last(text, kind.names().shown),
        None => "***".to_owned(),
    }
}

/// `VALIDATION_ERROR`.
fn is_constant(text: &str) -> bool {
    text.len() <= 40 && text.bytes().all(|byte| byte.is_ascii_uppercase() || byte == b'_')
}

fn is_time_or_id(text: &str) -> bool {
    uuid::Uuid::try_parse(text).is_ok() || Date::parse(text).is_ok() || is_time(text)
}

/// `2026-06-16T21:02:05Z`, or `2026-06-16 21:02:05` as the legacy format writes it.
fn is_time(text: &str) -> bool {
    let is_like = |(shape, byte): (u8, u8)| match shape {
        b'0' => byte.is_ascii_digit(),
        b'T' => byte == b'T' || byte == b' ',
        shape => byte == shape,
    };
    let zone = text.get(19..).unwrap_or("-");
    ["", "Z"].contains(&zone) && b"0000-00-00T00:00:00".iter().copied().zip(text.bytes()).all(is_like)
}

/// A sentence of the mock, in which anything that is no word and no short number is hidden.
fn sentence(text: &str) -> String {
    // A phone number may be written with spaces.
    let has_numbers = longest_number(text) <= 6;
    let is_shown =
        |char: char| char.is_alphabetic() || "'’.,;:!?()\"_-*&".contains(char) || has_numbers && char.is_ascii_digit();
    let words =
        text.split(' ').map(|word| if word.chars().count() <= 40 && word.chars().all(is_shown) { word } else { "***" });
    words.collect::<Vec<_>>().join(" ")
}

/// The address of a page: its scheme and host as they are, the rest as in a log.
fn link(text: &str) -> String {
    let Some((scheme, rest)) = text.split_once("://") else { return "***".to_owned() };
    let (host, within) = rest.split_once('/').unwrap_or((rest, ""));
    let (path, query) = within.split_once('?').map_or((within, None), |(path, query)| (path, Some(query)));
    let host = header("host", host);
    format!("{scheme}://{host}/{}", target(path, query))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_a_response_the_words_of_the_mock_are_shown_and_no_value_of_a_person() {
        let cases = [
            (
                r#"{"data":[{"id":7,"email":"john.doe@example.com","is_confirmed":1,"confirmed_at":null}]}"#,
                r#"{"data":[{"id":7,"email":"****.***@*******.***","is_confirmed":1,"confirmed_at":null}]}"#,
            ),
            (
                r#"{"id":"67e55044-10b1-826f-9247-bb680e5fe0c8","created_at":"2026-06-16T21:02:05Z","at":"2026-06-16 21:02:05","first_name":"John"}"#,
                r#"{"id":"67e55044-10b1-826f-9247-bb680e5fe0c8","created_at":"2026-06-16T21:02:05Z","at":"2026-06-16 21:02:05","first_name":"***"}"#,
            ),
            (r#"{"token":"17|secret"}"#, r#"{"token":"***"}"#),
            (r#"{"code":"123456"}"#, r#"{"code":"***"}"#),
            (r#"{"code":"ABCDEF"}"#, r#"{"code":"***"}"#),
            (
                r#"{"errors":{"iban":["The iban field format is invalid."]}}"#,
                r#"{"errors":{"iban":["The iban field format is invalid."]}}"#,
            ),
            (
                r#"{"error":{"code":"VALIDATION_ERROR","details":[{"field":"iban","issue":"SE3550000000054910000003 is wrong."}]}}"#,
                r#"{"error":{"code":"VALIDATION_ERROR","details":[{"field":"iban","issue":"*** is wrong."}]}}"#,
            ),
            (r#"{"message":"john.doe@example.com, 19900101-2385 or 1|secret"}"#, r#"{"message":"*** *** or ***"}"#),
            (
                r#"{"masked_number":"************4242","last_four":"4242","brand":"visa","zip":"11122"}"#,
                r#"{"masked_number":"************4242","last_four":"4242","brand":"visa","zip":"***"}"#,
            ),
            (
                r#"{"links":{"first":"http://mock:8650/api/v1/x?page=1&email=a@b.example","prev":null}}"#,
                r#"{"links":{"first":"http://mock:8650/api/v1/x?page=1&email=***","prev":null}}"#,
            ),
            (r#"{"number":46701740605,"total":15}"#, r#"{"number":"***","total":15}"#),
        ];
        for (body, expected) in cases {
            assert_eq!(masked(serde_json::from_str(body).expect("JSON")).to_string(), expected);
        }
    }
}
