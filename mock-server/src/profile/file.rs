//! The form of `profile.json`.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::{Value as Json, json};

/// The version of the form that is read.
const VERSION: u64 = 1;

/// A whole file.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct File {
    #[serde(rename = "profile")]
    _version: u64,
    /// By an id that follows from the content, so that the same source counts once.
    pub(super) sources: BTreeMap<String, Source>,
}

/// One run or one recording.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Source {
    kind: String,
    #[serde(default, rename = "suite")]
    _suite: IgnoredAny,
    #[serde(default, rename = "target")]
    _target: IgnoredAny,
    #[serde(default, rename = "formats")]
    _formats: IgnoredAny,
    #[serde(default, rename = "passed_over")]
    _passed_over: IgnoredAny,
    pub(super) date: String,
    #[serde(default)]
    requests: u64,
    /// By key: how often each value was seen.
    #[serde(default)]
    pub(super) assumptions: BTreeMap<String, BTreeMap<String, u64>>,
    /// By operation and field of the request body: the names that the target has for it.
    #[serde(default)]
    pub(super) bodies: BTreeMap<String, BTreeMap<String, BTreeMap<String, u64>>>,
    /// By operation, token, format and case.
    #[serde(default)]
    pub(super) operations: BTreeMap<String, ByToken>,
}

type ByToken = BTreeMap<String, BTreeMap<String, BTreeMap<String, Exchange>>>;

impl Source {
    /// Its description for health and page.
    pub(super) fn about(&self, id: &str) -> Json {
        json!({ "id": id, "kind": self.kind, "date": self.date, "requests": self.requests })
    }
}

/// The answers of the target in one case, by status.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Exchange {
    #[serde(default)]
    pub(super) statuses: BTreeMap<u16, Status>,
}

/// The answers of one status.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Status {
    /// How many.
    pub(super) seen: u64,
    /// By media type; an empty one is an answer without a body.
    #[serde(default)]
    pub(super) types: BTreeMap<String, u64>,
    #[serde(default, rename = "headers")]
    _headers: IgnoredAny,
    /// By path: `data.id`, `entries[].address`. The root has the empty path.
    #[serde(default)]
    pub(super) body: BTreeMap<String, Leaf>,
}

/// One place in a body.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Leaf {
    /// In how many of the objects or lists around it it was.
    #[serde(rename = "in")]
    pub(super) is_in: u64,
    /// Of how many.
    pub(super) of: u64,
    /// By JSON type.
    #[serde(default)]
    pub(super) types: BTreeMap<String, u64>,
    /// By form of its texts and numbers: `uuid`, `email`, `date`, …
    #[serde(default)]
    pub(super) forms: BTreeMap<String, u64>,
    /// The most items that a list had.
    #[serde(default)]
    pub(super) longest: Option<usize>,
    /// The field of the mock's answer that it follows.
    #[serde(default)]
    pub(super) means: Option<Meaning>,
    /// The target's words for the mock's words, or the words that are always the same.
    #[serde(default)]
    pub(super) words: BTreeMap<String, BTreeMap<String, u64>>,
}

/// The field that a place follows, and the evidence.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Meaning {
    #[serde(default, rename = "values")]
    _values: IgnoredAny,
    #[serde(default, rename = "sure")]
    _sure: IgnoredAny,
    /// The path in the mock's answer.
    pub(super) field: String,
    /// How often both agreed.
    #[serde(default)]
    pub(super) agreed: u64,
}

impl Exchange {
    /// Adds what another source has seen.
    pub(super) fn add(&mut self, other: &Self) {
        for (status, more) in &other.statuses {
            self.statuses.entry(*status).or_default().add(more);
        }
    }
}

impl Status {
    fn add(&mut self, other: &Self) {
        self.seen += other.seen;
        add(&mut self.types, &other.types);
        for (path, more) in &other.body {
            self.body.entry(path.clone()).or_default().add(more);
        }
    }
}

impl Leaf {
    fn add(&mut self, other: &Self) {
        self.is_in += other.is_in;
        self.of += other.of;
        add(&mut self.types, &other.types);
        add(&mut self.forms, &other.forms);
        self.longest = self.longest.max(other.longest);
        for (word, names) in &other.words {
            add(self.words.entry(word.clone()).or_default(), names);
        }
        match (&mut self.means, &other.means) {
            (Some(own), Some(more)) if own.field == more.field => own.agreed += more.agreed,
            (Some(own), Some(more)) if own.agreed >= more.agreed => {}
            (_, None) => {}
            (own, more) => own.clone_from(more),
        }
    }
}

fn add(to: &mut BTreeMap<String, u64>, more: &BTreeMap<String, u64>) {
    more.iter().for_each(|(name, count)| *to.entry(name.clone()).or_default() += count);
}

/// Reads a file.
///
/// # Errors
/// A sentence that names the place and says what is wrong.
pub(super) fn read(text: &str) -> Result<File, String> {
    const MADE: &str = "`contract run` writes profile.json beside its results";
    /// The part that every version has.
    #[derive(Deserialize)]
    struct Version {
        profile: u64,
    }
    let Version { profile } =
        serde_json::from_str(text).map_err(|error| format!("it is no profile: {error}; {MADE}"))?;
    if profile != VERSION {
        return Err(format!(
            "it is a profile of version {profile}, and this mock reads version {VERSION}; update the mock"
        ));
    }
    let mut json = serde_json::Deserializer::from_str(text);
    serde_path_to_error::deserialize(&mut json).map_err(|error| {
        let place = error.path().to_string();
        format!("{place}: {}; {MADE}", error.into_inner())
    })
}
