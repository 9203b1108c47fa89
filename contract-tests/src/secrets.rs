//! Secrets that must not be in a report: tokens, passwords and the numbers of people.
//!
//! The [`Redactor`] learns every secret that the suite is given, makes up or reads, and every text that leaves the
//! suite goes through it. It knows secrets by value, in whatever field they are and however they are written: raw, as
//! JSON, in a URL, in Base64, with other separators.

mod finder;
mod spelling;

use std::cmp::Reverse;
use std::fmt;
use std::ops::Range;
use std::sync::Mutex;

use base64::Engine;
use base64::engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE_NO_PAD};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::Value;

use crate::kind::KINDS;
use crate::lock::lock;
use crate::secrets::finder::Finder;
use crate::secrets::spelling::{Spelling, is_separator};

/// A password, a client secret or a token; `{:?}` does not show it.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Secret(pub(crate) String);

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(…)")
    }
}

/// Fields whose values are secret wherever a body has them, whoever has written it.
const FIELDS: [&str; 5] = ["password", "client_secret", "token", "ssn", "cvc"];

/// Whether a field is one of them, or holds the value of a kind of items whose values are secret.
fn is_secret(field: &str) -> bool {
    FIELDS.contains(&field) || KINDS.iter().any(|kind| kind.secret_field == Some(field))
}

/// A shorter secret cannot be told from other text.
const SHORTEST: usize = 4;

/// Puts placeholders such as `$CRM_TOKEN` in the place of secrets.
#[derive(Debug, Default)]
pub(crate) struct Redactor {
    known: Mutex<Known>,
}

#[derive(Debug, Default)]
struct Known {
    /// The ways in which secrets are written, in lower case.
    written: Finder,
    /// Secrets in the one spelling of [`Spelling`].
    spelled: Finder,
}

/// A secret that is shorter in the one spelling is looked for as it is written only.
const SHORTEST_SPELLED: usize = 7;

impl Redactor {
    /// From now on, `secret` is shown as `placeholder`.
    pub(crate) fn learn(&self, secret: &str, placeholder: &str) {
        if secret.len() < SHORTEST {
            return;
        }
        let bare: String = secret.chars().filter(char::is_ascii_alphanumeric).collect();
        // A token's secret part is as good as the whole.
        let part = secret.split_once('|').map(|(_, part)| part).filter(|part| part.len() >= SHORTEST);
        let wholes = [secret, &bare].into_iter().chain(part);
        let mut known = lock(&self.known);
        for form in wholes.clone().flat_map(forms) {
            known.written.learn(form.to_ascii_lowercase().as_bytes(), placeholder);
        }
        for spelled in wholes.map(str::to_owned).chain(numbers(secret)) {
            let bytes = Spelling::of(&spelled).bytes;
            if bytes.len() >= SHORTEST_SPELLED {
                known.spelled.learn(&bytes, placeholder);
            }
        }
    }

    /// `text` without secrets.
    pub(crate) fn clean(&self, text: &str) -> String {
        let text = masked(text);
        let known = lock(&self.known);
        let spelling = Spelling::of(&text);
        let spelled = known.spelled.find(&spelling.bytes);
        let mut found = known.written.find(text.to_ascii_lowercase().as_bytes());
        found.extend(spelled.into_iter().map(|(part, name)| (spelling.place(&part), name)));
        replaced(&text, found)
    }
}

/// A text with names in place of what was found in it. What overlaps is of one secret, or of two that touch.
fn replaced(text: &str, mut found: Vec<(Range<usize>, &str)>) -> String {
    found.sort_by_key(|(range, _)| (range.start, Reverse(range.end)));
    let (mut clean, mut end) = (String::with_capacity(text.len()), 0);
    for (range, name) in found {
        if range.start >= end {
            clean.push_str(&text[end..range.start]);
            clean.push_str(name);
        }
        end = end.max(range.end);
    }
    clean + &text[end..]
}

/// The shorter forms of a number of a person: a phone without its country's code, which has one to three digits, or
/// without the zeros before it, and a personal number without its century.
fn numbers(secret: &str) -> Vec<String> {
    if !secret.chars().all(|c| c.is_ascii_digit() || is_separator(c)) {
        return Vec::new();
    }
    let digits: String = secret.chars().filter(char::is_ascii_digit).collect();
    let without = |many: usize| digits.get(many..).map(str::to_owned);
    let significant = digits.trim_start_matches('0').to_owned();
    match digits.len() {
        _ if secret.starts_with('+') => (1..=3).filter_map(without).collect(),
        _ if digits.starts_with("00") => (3..=5).filter_map(without).chain([significant]).collect(),
        12 => without(2).into_iter().collect(),
        _ => vec![significant],
    }
}

/// The ways in which a text is written into another: as it is, in a URL, in JSON, and in Base64 at each of the three
/// places where it can begin in a group of three bytes.
fn forms(text: &str) -> Vec<String> {
    let in_url = utf8_percent_encode(text, NON_ALPHANUMERIC).to_string();
    let in_json = serde_json::to_string(text).unwrap_or_default();
    let mut forms = vec![text.to_owned(), in_url.to_lowercase(), in_url, in_json.trim_matches('"').to_owned()];
    for engine in [&STANDARD_NO_PAD, &URL_SAFE_NO_PAD] {
        for before in 0..3 {
            let mut bytes = vec![0; before];
            bytes.extend_from_slice(text.as_bytes());
            let encoded = engine.encode(&bytes);
            // The characters at both ends hold bits of the neighbouring text too.
            let start = (before * 8).div_ceil(6);
            let end = bytes.len() * 8 / 6;
            forms.extend(encoded.get(start..end).map(str::to_owned));
        }
    }
    forms.retain(|form| form.len() >= SHORTEST);
    forms
}

/// A body with placeholders, such as `$PASSWORD`, for the values of its secret fields; any other text as it is.
fn masked(text: &str) -> String {
    let Ok(mut body @ (Value::Object(_) | Value::Array(_))) = serde_json::from_str(text) else {
        return text.to_owned();
    };
    mask(&mut body);
    body.to_string()
}

fn mask(body: &mut Value) {
    match body {
        Value::Object(fields) => fields.iter_mut().for_each(|(name, value)| match value {
            Value::String(text) if is_secret(name) && !text.starts_with('$') => {
                *text = format!("${}", name.to_uppercase());
            }
            _ => mask(value),
        }),
        Value::Array(values) => values.iter_mut().for_each(mask),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

#[cfg(test)]
mod tests {
    use base64::engine::general_purpose::{STANDARD, URL_SAFE};
    use serde_json::json;

    use super::*;

    #[test]
    fn a_secret_is_found_however_it_is_written() {
        let redactor = Redactor::default();
        redactor.learn("7|can ary/secret+value", "$CRM_TOKEN");
        redactor.learn("4242424242424242", "$CARD_NUMBER");
        redactor.learn("19900101-2385", "$SSN");
        let basic = STANDARD.encode("user:7|can ary/secret+value");
        let texts = [
            "a 7|can ary/secret+value b".to_owned(),
            "only can ary/secret+value".into(),
            "?t=7%7Ccan%20ary%2Fsecret%2Bvalue".into(),
            "?t=7%7ccan%20ary%2fsecret%2bvalue".into(),
            format!("Basic {basic}"),
            STANDARD.encode("u:7|can ary/secret+value"),
            URL_SAFE.encode("us:7|can ary/secret+value&more"),
            json!({ "echo": "4242424242424242" }).to_string(),
            "4242 4242 4242 4242".into(),
            "199001012385 and 19900101-2385".into(),
        ];
        for text in texts {
            let clean = redactor.clean(&text);
            assert!(clean.contains('$'), "{clean}");
            for secret in ["ary/secret", "ary%2", "4242", "2385", "cretval", "JldCt2YWx", "NyZXQrdmFs", "zZWNyZXQrdm"] {
                assert!(!clean.contains(secret), "{secret} in {clean}");
            }
        }
    }

    #[test]
    fn a_phone_is_found_with_any_separators_and_with_or_without_its_country() {
        let redactor = Redactor::default();
        redactor.learn("+46701740605", "$PHONE");
        redactor.learn("someone@leaked.example", "$DEFENTRY_LEAKED_EMAIL");
        let texts = [
            "+46701740605",
            "46701740605",
            "0046 70 174 06 05",
            "0701740605",
            "070-174 06 05",
            "+46 (0)70-174.06.05",
            "2026-11-28 +46 70 174 06 05 12",
            "%2B46701740605",
            "Someone@Leaked.example",
        ];
        for text in texts {
            let clean = redactor.clean(text);
            let digits: String = clean.chars().filter(char::is_ascii_digit).collect();
            assert!(clean.contains('$') && !digits.contains("1740605") && !clean.contains("eaked.ex"), "{clean}");
        }
        let text = "2026-11-28T20:00:00Z 127.0.0.1:8650 and +46 70 174 06 06";
        assert_eq!(redactor.clean(text), text);
    }

    #[test]
    fn a_secret_is_found_in_every_spelling() {
        let named = [
            ("leaked.person+1@example.com", "$DEFENTRY_LEAKED_EMAIL"),
            ("+358401234567", "$DEFENTRY_LEAKED_PHONE"),
            ("SE4550000000058398257466", "$DEFENTRY_LEAKED_IBAN"),
            ("4242 4242 4242 4242", "$DEFENTRY_LEAKED_CARD"),
            ("070-174 06 05", "$PHONE"),
            ("004631390006", "$PHONE"),
            ("19900101-2385", "$SSN"),
            ("7|Ab/Cd+EfGhIj", "$CRM_TOKEN"),
        ];
        let redactor = Redactor::default();
        named.iter().for_each(|(secret, placeholder)| redactor.learn(secret, placeholder));
        let cases = [
            ("[LEAKED.PERSON+1@EXAMPLE.COM]", "[$DEFENTRY_LEAKED_EMAIL]"),
            (r"[leaked.person\u002b1\u0040example.com]", "[$DEFENTRY_LEAKED_EMAIL]"),
            ("?to=leaked.person%2b1%40example.com&x", "?to=$DEFENTRY_LEAKED_EMAIL&x"),
            ("<a>leaked.person&#43;1&#64;example.com</a>", "<a>$DEFENTRY_LEAKED_EMAIL</a>"),
            ("tel 040 123 45 67,", "tel 0$DEFENTRY_LEAKED_PHONE,"),
            ("?to=%2B358%2040%20123%2045%2067", "?to=%2B$DEFENTRY_LEAKED_PHONE"),
            ("se45-5000-0000-0583-9825-7466", "$DEFENTRY_LEAKED_IBAN"),
            ("SE45%205000%200000%200583%209825%207466", "$DEFENTRY_LEAKED_IBAN"),
            ("4242-4242-4242-4242 and 4242.4242.4242.4242", "$DEFENTRY_LEAKED_CARD and $DEFENTRY_LEAKED_CARD"),
            ("4242\u{202f}4242\u{a0}4242&nbsp;4242", "$DEFENTRY_LEAKED_CARD"),
            ("+46701740605", "+46$PHONE"),
            ("031-390 006", "0$PHONE"),
            ("900101-2385 and 1990 0101 2385", "$SSN and $SSN"),
            (r"7|AB\/CD+EFGHIJ", "$CRM_TOKEN"),
            ("ab%2fcd%2befghij", "$CRM_TOKEN"),
        ];
        for (text, expected) in cases {
            assert_eq!(redactor.clean(text), expected, "{text}");
        }
    }

    #[test]
    fn secrets_that_overlap_are_hidden_together() {
        let redactor = Redactor::default();
        redactor.learn("abcdefgh", "$ONE");
        redactor.learn("efghijkl", "$TWO");
        assert_eq!(redactor.clean("1 abcdefghijkl 2 efghijkl"), "1 $ONE 2 $TWO");
    }

    #[test]
    fn a_token_is_found_in_upper_case() {
        let redactor = Redactor::default();
        redactor.learn("7|AbCdEfGh", "$CRM_TOKEN");
        assert_eq!(redactor.clean("ABCDEFGH 7|abcdefgh"), "$CRM_TOKEN $CRM_TOKEN");
    }

    #[test]
    fn a_secret_field_is_hidden_though_its_value_is_not_known() {
        let clean = Redactor::default().clean(r#"{"data":{"token":"1|other","id":7},"short":"abc"}"#);
        assert_eq!(clean, r#"{"data":{"token":"$TOKEN","id":7},"short":"abc"}"#);
    }
}
