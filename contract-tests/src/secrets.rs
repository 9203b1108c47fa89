//! Secrets that must not be in a report: tokens, passwords and the numbers of people.
//!
//! The [`Redactor`] learns every secret that the suite is given, makes up or reads, and every text that leaves the
//! suite goes through it. It knows secrets by value, in whatever field they are and however they are written: raw, as
//! JSON, in a URL, in Base64, with other separators.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::fmt;
use std::sync::Mutex;

use aho_corasick::{AhoCorasick, MatchKind};
use base64::Engine;
use base64::engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE_NO_PAD};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::Value;

use crate::kind::KINDS;
use crate::lock::lock;

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
    /// Placeholders by the ways in which secrets are written.
    placeholders: BTreeMap<String, String>,
    /// Placeholders by the digits of numbers of people, which may be written with any separators.
    numbers: BTreeMap<String, String>,
    /// The finder of most of them.
    finder: Option<Finder>,
    /// Those that it does not know yet: a finder of many takes long to build.
    recent: Vec<(String, String)>,
    /// The finder of these, once it is needed; none after something new was learnt.
    recent_finder: Option<Finder>,
}

/// How many recent ways of writing are found apart.
const RECENT: usize = 4096;

/// Finds texts, and has a placeholder for each.
#[derive(Debug)]
struct Finder {
    /// None where there are more texts than an automaton can hold.
    texts: Option<AhoCorasick>,
    placeholders: Vec<String>,
}

impl Finder {
    fn new<'a>(known: impl Iterator<Item = (&'a String, &'a String)>) -> Self {
        let (texts, placeholders): (Vec<_>, Vec<_>) =
            known.map(|(text, placeholder)| (text, placeholder.clone())).unzip();
        let texts = AhoCorasick::builder()
            .match_kind(MatchKind::LeftmostLongest)
            .ascii_case_insensitive(true)
            .build(texts)
            .ok();
        Self { texts, placeholders }
    }

    fn replace(&self, text: &str) -> String {
        let unseen = || "(not shown: too many secrets to look for)".into();
        self.texts.as_ref().map_or_else(unseen, |texts| texts.replace_all(text, &self.placeholders))
    }
}

impl Redactor {
    /// From now on, `secret` is shown as `placeholder`.
    pub(crate) fn learn(&self, secret: &str, placeholder: &str) {
        if secret.len() < SHORTEST {
            return;
        }
        let bare: String = secret.chars().filter(char::is_ascii_alphanumeric).collect();
        // A token's secret part is as good as the whole.
        let part = secret.split_once('|').map(|(_, part)| part).filter(|part| part.len() >= SHORTEST);
        let mut written: Vec<String> = [secret, &bare].into_iter().chain(part).flat_map(forms).collect();
        if bare.len() >= 12 {
            written.push(grouped(&bare));
        }
        let mut known = lock(&self.known);
        // A phone is written with its country's code or without.
        let national = secret.strip_prefix('+').and_then(|digits| digits.get(2..)).filter(|rest| rest.len() >= 8);
        let number = national.unwrap_or(&bare);
        if number.len() >= 8 && secret.chars().all(|c| c.is_ascii_digit() || is_separator(c)) {
            let digits = number.chars().filter(char::is_ascii_digit).collect();
            known.numbers.entry(digits).or_insert_with(|| placeholder.to_owned());
        }
        for form in written {
            if let Entry::Vacant(place) = known.placeholders.entry(form.clone()) {
                place.insert(placeholder.to_owned());
                known.recent.push((form, placeholder.to_owned()));
                known.recent_finder = None;
            }
        }
    }

    /// `text` without secrets.
    pub(crate) fn clean(&self, text: &str) -> String {
        let text = masked(text);
        let mut known = lock(&self.known);
        if known.recent.len() > RECENT {
            known.finder = Some(Finder::new(known.placeholders.iter()));
            known.recent.clear();
            known.recent_finder = None;
        }
        let Known { finder, recent, recent_finder, .. } = &mut *known;
        let recent = recent_finder.get_or_insert_with(|| Finder::new(recent.iter().map(|(form, name)| (form, name))));
        let text = recent.replace(&text);
        let text = finder.as_ref().map_or_else(|| text.clone(), |finder| finder.replace(&text));
        unspelled(&text, &known.numbers)
    }
}

/// Whether a character may be between the digits of one number.
fn is_separator(character: char) -> bool {
    matches!(character, ' ' | '-' | '.' | '(' | ')' | '/' | '+' | '\u{a0}')
}

/// A text without numbers of people, whatever separators are between their digits.
fn unspelled(text: &str, numbers: &BTreeMap<String, String>) -> String {
    let (mut clean, mut rest) = (String::with_capacity(text.len()), text);
    while let Some(start) = rest.find(|c: char| c.is_ascii_digit()) {
        clean.push_str(&rest[..start]);
        rest = &rest[start..];
        let end = rest.find(|c: char| !c.is_ascii_digit() && !is_separator(c)).unwrap_or(rest.len());
        clean.push_str(&unspelled_run(&rest[..end], numbers));
        rest = &rest[end..];
    }
    clean + rest
}

/// The same for digits and separators.
fn unspelled_run(run: &str, numbers: &BTreeMap<String, String>) -> String {
    let places: Vec<usize> = run.char_indices().filter(|(_, c)| c.is_ascii_digit()).map(|(place, _)| place).collect();
    let digits: String = run.chars().filter(char::is_ascii_digit).collect();
    let found = (0..digits.len()).find_map(|first| {
        let lengths = NUMBER_LENGTHS.rev().filter_map(|length| digits.get(first..first + length));
        lengths.into_iter().find_map(|part| Some((first, part.len(), numbers.get(part)?)))
    });
    let Some((first, length, placeholder)) = found else { return run.to_owned() };
    let end = places[first + length - 1] + 1;
    format!("{}{placeholder}{}", &run[..places[first]], unspelled_run(&run[end..], numbers))
}

/// How many digits numbers of people have.
const NUMBER_LENGTHS: std::ops::RangeInclusive<usize> = 8..=19;

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

/// In groups of four, as cards and IBANs are printed.
fn grouped(text: &str) -> String {
    let characters: Vec<char> = text.chars().collect();
    characters.chunks(4).map(String::from_iter).collect::<Vec<_>>().join(" ")
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
