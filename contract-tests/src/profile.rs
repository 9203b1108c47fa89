//! `profile.json`: what a target was seen to do. It has no field for a value of anybody: types, forms, counts and names of
//! fields, and of words only those that the mock has a word for, or that are codes.
//!
//! A file holds one entry for each source, under an id that follows from the content. So merging is the union: it is
//! commutative, associative and idempotent.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use serde_json::Value;
use sha2::{Digest, Sha256};

use crate::reader;

/// The version of the form.
const VERSION: u32 = 1;

/// A whole file.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Profile {
    profile: u32,
    sources: BTreeMap<String, Source>,
}

/// One run or one recording.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Source {
    /// `run` or `recording`.
    pub kind: String,
    /// The version of the suite.
    pub suite: String,
    /// A number that follows from the target's address, which is not told.
    pub target: String,
    /// The day, as `2026-11-28`.
    pub date: String,
    /// The formats that were seen.
    pub formats: BTreeSet<String>,
    /// The exchanges that it is made of.
    pub requests: u64,
    /// Exchanges that were passed over, by reason.
    #[serde(default)]
    pub passed_over: BTreeMap<String, u64>,
    /// By key: how often each value was seen.
    #[serde(default)]
    pub assumptions: BTreeMap<String, BTreeMap<String, u64>>,
    /// By operation and field of the request body: the names that the target has for it.
    #[serde(default)]
    pub bodies: BTreeMap<String, BTreeMap<String, BTreeMap<String, u64>>>,
    /// By operation, token, format and case.
    #[serde(default)]
    pub operations: BTreeMap<String, BTreeMap<String, BTreeMap<String, BTreeMap<String, Case>>>>,
}

/// The answers of the target in one case, by status.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Case {
    /// By status.
    pub statuses: BTreeMap<u16, Status>,
}

/// The answers of one status.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Status {
    /// How many.
    pub seen: u64,
    /// By media type; an empty one is an answer without a body.
    pub types: BTreeMap<String, u64>,
    /// Names of headers.
    pub headers: BTreeMap<String, u64>,
    /// By path, such as `data.id` or `entries[].address`; the whole body has the empty path.
    pub body: BTreeMap<String, Leaf>,
}

/// One place in a body.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Leaf {
    /// In how many of the objects or lists around it it was.
    #[serde(rename = "in")]
    pub is_in: u64,
    /// Of how many.
    pub of: u64,
    /// By JSON type.
    pub types: BTreeMap<String, u64>,
    /// By form of its texts.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub forms: BTreeMap<String, u64>,
    /// The most items that a list had: a page is no longer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub longest: Option<u64>,
    /// The field of the mock's answer that it follows.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub means: Option<Meaning>,
    /// The target's words for the mock's, or under the empty text the codes that stand there.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub words: BTreeMap<String, BTreeMap<String, u64>>,
}

/// The field of the mock's answer that a place follows, and the evidence.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Meaning {
    /// Its path in the mock's answer.
    pub field: String,
    /// In how many answers both agreed. They never disagreed.
    pub agreed: u64,
    /// With how many different values.
    pub values: u64,
    /// Whether it can be no other field.
    pub sure: bool,
}

/// Why a file is no profile.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProfileError(String);

impl std::fmt::Display for ProfileError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for ProfileError {}

impl Profile {
    /// A profile of one source.
    pub(crate) fn of(source: Source) -> Self {
        let id = id_of(&source);
        Self { profile: VERSION, sources: BTreeMap::from([(id, source)]) }
    }

    /// Reads a file.
    ///
    /// # Errors
    /// A text that is no profile, or one of a later version.
    pub fn parse(text: &str) -> Result<Self, ProfileError> {
        let profile: Self =
            serde_json::from_str(text).map_err(|error| ProfileError(format!("it is no profile: {error}")))?;
        if profile.profile == VERSION {
            Ok(profile)
        } else {
            Err(ProfileError(format!(
                "it is a profile of version {}, and this is of version {VERSION}",
                profile.profile
            )))
        }
    }

    /// The file.
    pub fn to_text(&self) -> String {
        serde_json::to_string_pretty(self).expect("all keys are texts") + "\n"
    }

    /// This one and another.
    #[must_use]
    pub fn merged(mut self, other: Self) -> Self {
        self.profile = VERSION;
        self.sources.extend(other.sources);
        self
    }

    /// Its sources, by their ids.
    pub fn sources(&self) -> impl Iterator<Item = (&str, &Source)> {
        self.sources.iter().map(|(id, source)| (id.as_str(), source))
    }

    /// Assumptions of which several values were seen, each with the values.
    pub fn contradictions(&self) -> Vec<(String, Vec<String>)> {
        let mut seen = BTreeMap::<&str, BTreeSet<&str>>::new();
        for (key, values) in self.sources.values().flat_map(|source| &source.assumptions) {
            seen.entry(key).or_default().extend(values.keys().map(String::as_str));
        }
        let several = seen.into_iter().filter(|(_, values)| values.len() > 1);
        several.map(|(key, values)| (key.to_owned(), values.into_iter().map(str::to_owned).collect())).collect()
    }
}

/// An id that follows from the content.
fn id_of(source: &Source) -> String {
    number_of(&serde_json::to_string(source).expect("all keys are texts"))
}

/// A number that follows from a text and tells nothing of it, in hexadecimal.
pub(crate) fn number_of(text: &str) -> String {
    Sha256::digest(text).iter().take(8).fold(String::new(), |number, byte| format!("{number}{byte:02x}"))
}

impl Status {
    /// Adds a body. In a refusal the fields of `errors` are named after those of the request.
    pub(crate) fn add_body(&mut self, body: &Value, is_refusal: bool) {
        self.add_at("", body, is_refusal);
    }

    fn add_at(&mut self, path: &str, value: &Value, is_refusal: bool) {
        let leaf = self.body.entry(path.to_owned()).or_default();
        leaf.is_in += 1;
        *leaf.types.entry(type_of(value).to_owned()).or_default() += 1;
        match value {
            Value::String(text) => *leaf.forms.entry(form_of(text).to_owned()).or_default() += 1,
            Value::Array(items) => {
                leaf.longest = leaf.longest.max(Some(items.len() as u64));
                items.iter().for_each(|item| self.add_at(&format!("{path}[]"), item, is_refusal));
            }
            Value::Object(fields) => {
                for (name, field) in fields {
                    let is_map = is_refusal && path == "errors";
                    let name = if is_map || !is_name(name) { "*" } else { name };
                    let path = if path.is_empty() { name.to_owned() } else { format!("{path}.{name}") };
                    self.add_at(&path, field, is_refusal);
                }
            }
            Value::Null | Value::Bool(_) | Value::Number(_) => {}
        }
    }

    /// Counts, for each place, the objects around it: a field may be missing in some.
    pub(crate) fn count_chances(&mut self) {
        let objects: BTreeMap<String, u64> = self
            .body
            .iter()
            .map(|(path, leaf)| (path.clone(), leaf.types.get("object").copied().unwrap_or_default()))
            .collect();
        for (path, leaf) in &mut self.body {
            let is_item = path.ends_with("[]") || path.is_empty();
            let around = path.rsplit_once('.').map_or("", |(around, _)| around);
            leaf.of = if is_item || path.ends_with('*') { leaf.is_in } else { objects[around] };
        }
    }
}

pub(crate) fn type_of(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(_) => "number",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    }
}

/// Whether a key of an object is the name of a field, and cannot be a value of somebody: words, and no more than one number,
/// where secrets have several.
pub(crate) fn is_name(key: &str) -> bool {
    let is_of_name = |char: char| char.is_ascii_alphanumeric() || char == '_' || char == '-';
    let numbers: Vec<&str> =
        key.split(|char: char| !char.is_ascii_digit()).filter(|number| !number.is_empty()).collect();
    let is_short = numbers.iter().all(|number| number.len() <= 3);
    (1..=32).contains(&key.len())
        && key.chars().all(is_of_name)
        && key.contains(char::is_alphabetic)
        && numbers.len() <= 1
        && is_short
}

/// Whether a text is a code, as of an error: capitals, and no name of anybody.
pub(crate) fn is_code(text: &str) -> bool {
    (3..=40).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_uppercase() || byte == b'_')
}

/// The form of a text.
pub(crate) fn form_of(text: &str) -> &'static str {
    let hex = |text: &str| text.bytes().all(|byte| byte.is_ascii_hexdigit());
    let is_uuid = text.len() == 36
        && [8, 13, 18, 23].into_iter().all(|place| text.as_bytes()[place] == b'-')
        && hex(&text.replace('-', ""));
    match text {
        "" => "empty",
        "true" | "false" => "true/false",
        "0" | "1" => "1/0",
        _ if is_uuid => "uuid",
        _ if reader::is_date(text) => "date",
        _ if reader::is_like_datetime(text) && text.as_bytes()[10] == b'T' => "datetime",
        _ if reader::is_like_datetime(text) => "legacy-datetime",
        _ if text.bytes().all(|byte| byte.is_ascii_digit()) => "integer",
        _ if text.contains("://") || text.starts_with('/') => "url",
        _ if text.contains('@') => "email",
        _ if text.len() >= 8 && hex(text) => "hex",
        _ if is_code(text) => "word",
        _ => "text",
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    #[test]
    fn of_a_body_types_forms_and_names_are_kept_and_no_value() {
        let mut status = Status::default();
        status.add_body(
            &json!({ "data": [
                { "id": "67e55044-10b1-826f-9247-bb680e5fe0c8", "email": "jane.roe@example.com", "since": null },
                { "id": "7", "jane.roe@example.com": { "19900101-2385": true } },
            ] }),
            false,
        );
        status.count_chances();
        let paths: Vec<&str> = status.body.keys().map(String::as_str).collect();
        let expected = ["", "data", "data[]", "data[].*", "data[].*.*", "data[].email", "data[].id", "data[].since"];
        assert_eq!(paths, expected);
        let email = &status.body["data[].email"];
        assert_eq!((email.is_in, email.of, email.forms.keys().next().map(String::as_str)), (1, 2, Some("email")));
        let text = serde_json::to_string(&status).expect("JSON");
        for value in ["jane", "19900101", "67e55044"] {
            assert!(!text.contains(value), "{value} in {text}");
        }
    }

    #[test]
    fn a_key_that_may_be_a_value_is_no_name() {
        let cases = [
            ("email", true),
            ("number_e164", true),
            ("line1", true),
            ("firstName", true),
            ("x-request-id", true),
            ("19900101-2385", false),
            ("7", false),
            ("jane.roe@example.com", false),
            ("67e55044-10b1-826f-9247-bb680e5fe0c8", false),
            ("k3Xq9Zp0", false),
            ("SE3550000000054910000003", false),
            ("", false),
        ];
        for (key, expected) in cases {
            assert_eq!(is_name(key), expected, "{key}");
        }
    }

    #[test]
    fn a_later_version_and_what_is_no_profile_are_refused() {
        for (text, expected) in [("[]", "no profile"), (r#"{"profile":2,"sources":{}}"#, "version 2")] {
            let error = Profile::parse(text).expect_err(text).to_string();
            assert!(error.contains(expected), "{error}");
        }
    }

    fn any_profile() -> impl Strategy<Value = Profile> {
        let source = ("[a-c]", 0..3_u64, proptest::option::of("[a-b]")).prop_map(|(date, requests, value)| Source {
            date,
            requests,
            assumptions: value.map(|value| ("list.shape".into(), [(value, 1)].into())).into_iter().collect(),
            ..Source::default()
        });
        proptest::collection::vec(source, 0..4).prop_map(|sources| {
            sources
                .into_iter()
                .map(Profile::of)
                .fold(Profile { profile: VERSION, ..Profile::default() }, Profile::merged)
        })
    }

    proptest! {
        #[test]
        fn merging_is_commutative_associative_and_idempotent(a in any_profile(), b in any_profile(), c in any_profile()) {
            let of = |a: &Profile, b: &Profile| a.clone().merged(b.clone());
            prop_assert_eq!(of(&a, &b), of(&b, &a));
            prop_assert_eq!(of(&of(&a, &b), &c), of(&a, &of(&b, &c)));
            prop_assert_eq!(&of(&a, &a), &a);
            prop_assert_eq!(of(&of(&a, &b), &b), of(&a, &b));
            prop_assert_eq!(Profile::parse(&a.to_text()).expect("a profile"), a);
        }
    }
}
