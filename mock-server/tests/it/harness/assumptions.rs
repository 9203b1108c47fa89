//! The assumptions of the fixture, each with the values that it can have, in force in worlds of their own.

use std::collections::BTreeSet;
use std::sync::LazyLock;

use serde_json::Value;

use super::{Answer, World, fields, written};

static FIXTURE: LazyLock<Value> = LazyLock::new(|| {
    serde_json::from_str(include_str!("../../../../fixtures/assumptions.json")).expect("the assumptions are JSON")
});

/// The entries of one part of the fixture.
fn part(name: &str) -> impl Iterator<Item = &'static Value> {
    FIXTURE[name].as_array().expect("a list").iter()
}

/// Every entry of the fixture, with its key.
pub(crate) fn assumptions() -> impl Iterator<Item = (&'static str, &'static Value)> {
    let entries = ["switches", "texts", "limits"].into_iter().flat_map(part);
    entries.map(|entry| (entry["key"].as_str().expect("a key"), entry))
}

/// Every key of the fixture.
pub(crate) fn keys() -> BTreeSet<&'static str> {
    assumptions().map(|(key, _)| key).collect()
}

/// The default of an assumption, as a text.
pub(crate) fn default_of(key: &str) -> String {
    let (_, entry) = assumptions().find(|(known, _)| *known == key).expect("a key of the fixture");
    written(&entry["default"])
}

/// The values of an assumption: of a switch all that it has, of a text and a limit the default and another.
pub(crate) fn values_of(key: &str) -> Vec<String> {
    let entry = |name: &str| part(name).find(|entry| entry["key"] == key);
    if let Some(switch) = entry("switches") {
        return switch["values"].as_array().expect("a list").iter().map(|named| written(&named["value"])).collect();
    }
    match (entry("texts"), entry("limits")) {
        (Some(text), None) => vec![written(&text["default"]), "SOMETHING_ELSE".into()],
        (None, Some(limit)) => vec![written(&limit["default"]), "10".into()],
        _ => panic!("there is no assumption {key}"),
    }
}

/// One value of one assumption, in force in a world of its own.
pub(crate) struct Switched {
    pub(crate) key: &'static str,
    pub(crate) value: String,
    pub(crate) world: World,
}

impl Switched {
    /// Each value of an assumption, beside other assumptions where it takes them to make it matter.
    pub(crate) fn each(
        key: &'static str,
        others: &'static [(&'static str, &'static str)],
    ) -> impl Iterator<Item = Self> {
        let assuming = move |value: &str| {
            let all: Vec<_> = others.iter().copied().chain([(key, value)]).collect();
            World::assuming_all(&all)
        };
        values_of(key).into_iter().map(move |value| Self { key, world: assuming(&value), value })
    }

    pub(crate) fn is(&self, value: &str) -> bool {
        self.value == value
    }

    pub(crate) fn label(&self) -> String {
        format!("{}={}", self.key, self.value)
    }

    /// The value of a limit.
    pub(crate) fn number(&self) -> u64 {
        self.value.parse().unwrap_or_else(|_| panic!("{} is no number", self.label()))
    }

    /// Asserts that an answer names the assumption as one that it rests on.
    #[track_caller]
    pub(crate) fn is_named_by(&self, answer: &Answer) {
        assert!(answer.rests_on(self.key), "{}: {answer:?}", self.label());
    }

    /// Asserts that an answer has this status, and names the assumption.
    #[track_caller]
    pub(crate) fn answers(&self, answer: &Answer, status: u16) {
        assert_eq!(answer.status, status, "{}: {answer:?}", self.label());
        self.is_named_by(answer);
    }

    /// Asserts that an answer refuses with the status that the value of the assumption is; a validation error, with
    /// `field`.
    #[track_caller]
    pub(crate) fn refuses(&self, answer: &Answer, field: &str) {
        self.answers(answer, self.value.parse().unwrap_or_else(|_| panic!("{} is no status", self.label())));
        if self.is("422") {
            assert_eq!(fields(&answer.body["errors"]), [field], "{}", self.label());
        }
    }

    /// Ends a check at a value that the fixture has and the check does not know.
    pub(crate) fn is_not_checked(&self) -> ! {
        panic!("{}: nothing here checks this value", self.label())
    }

    pub(crate) fn freeze(&self) {
        self.world.freeze();
    }
}
