//! One entry of the list.

use std::fmt;

use jiff::civil::Date;
use serde::{Serialize, Serializer};
use serde_json::{Map, Value};
use sha2::{Digest, Sha256};

use crate::contracts::checks;
use crate::documented;
use crate::format::Format;
use crate::results::{CheckResult, End};
use crate::signature::is_within;

/// What is the matter, as the one has judged who has written the reason.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum DeviationKind {
    /// The target does other than the guide says.
    TargetDeviates,
    /// The guide can be read otherwise.
    GuideAmbiguous,
    /// The check is wrong.
    SuiteWrong,
    /// The mock is wrong.
    FakeWrong,
    /// Nobody can test it there; such an entry excuses what could not be tested, and no failure.
    NotTestableHere,
}

impl DeviationKind {
    const ALL: [Self; 5] =
        [Self::TargetDeviates, Self::GuideAmbiguous, Self::SuiteWrong, Self::FakeWrong, Self::NotTestableHere];

    /// Its name in the file.
    pub const fn name(self) -> &'static str {
        match self {
            Self::TargetDeviates => "target-deviates",
            Self::GuideAmbiguous => "guide-ambiguous",
            Self::SuiteWrong => "suite-wrong",
            Self::FakeWrong => "fake-wrong",
            Self::NotTestableHere => "not-testable-here",
        }
    }
}

/// The lines of an entry in its file, from 1.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Lines {
    /// The first.
    pub first: usize,
    /// The last.
    pub last: usize,
}

impl fmt::Display for Lines {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.first)?;
        if self.last > self.first { write!(f, "-{}", self.last) } else { Ok(()) }
    }
}

/// One deviation that is known.
#[derive(Clone, Debug, Serialize)]
pub struct Entry {
    /// A short name for it.
    pub id: String,
    /// A check, in one format or without one: `email.confirmation_is_resent` is about both.
    pub check: String,
    /// The end that it excuses, in the words that are the same on every run.
    pub signature: String,
    /// What is the matter.
    pub kind: DeviationKind,
    /// Why it is known, in somebody's words; empty until somebody has written it.
    pub reason: String,
    /// A ticket or a mail.
    #[serde(rename = "ref", skip_serializing_if = "String::is_empty")]
    pub reference: String,
    /// The route that the failure is about.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub route: Option<String>,
    /// The last day on which it holds; without one it does not expire.
    #[serde(skip_serializing_if = "Option::is_none", serialize_with = "as_text")]
    pub expires: Option<Date>,
    /// Where it stands in the file.
    pub lines: Lines,
    /// All its fields, the ones of others too.
    #[serde(skip)]
    object: Map<String, Value>,
}

/// The fields that an entry may have, each with an example; the first four it must have.
const FIELDS: [(&str, &str); 11] = [
    ("check", r#""check": "items.email_added_by_crm.legacy""#),
    ("signature", r#""signature": "200 to POST /api/v1/email-watchlist, expected 201""#),
    ("kind", r#""kind": "target-deviates""#),
    ("reason", r#""reason": "reported on 28 November, and promised for spring""#),
    ("id", r#""id": "a3f09c""#),
    ("facts", r#""facts": ["EMAIL-1"]"#),
    ("route", r#""route": "POST /api/v1/email-watchlist""#),
    ("ref", r#""ref": "TICKET-17""#),
    ("first_seen", r#""first_seen": "2026-11-28""#),
    ("last_seen", r#""last_seen": "2026-11-28""#),
    ("expires", r#""expires": "2027-02-28""#),
];

/// So alike are a word and the same with a typing mistake in it.
const ALIKE: f64 = 0.85;

impl Entry {
    /// An entry that a run adds.
    pub(super) fn new(object: Map<String, Value>) -> Self {
        let text = |name: &str| object.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
        let kind = DeviationKind::ALL.into_iter().find(|kind| kind.name() == text("kind"));
        Self {
            id: text("id"),
            check: text("check"),
            signature: text("signature"),
            kind: kind.unwrap_or(DeviationKind::TargetDeviates),
            reason: text("reason"),
            reference: text("ref"),
            route: Some(text("route")).filter(|route| !route.is_empty()),
            expires: text("expires").parse().ok(),
            lines: Lines::default(),
            object,
        }
    }

    /// Reads an entry. What is wrong is told from the name of the field on.
    pub(super) fn of(text: &str, lines: Lines) -> Result<Self, String> {
        let value: Value = serde_json::from_str(text).map_err(|error| format!("entry: {error}"))?;
        let Value::Object(mut object) = value else {
            return Err(format!("entry is no object: {{{}, …}}", FIELDS[0].1));
        };
        for name in object.keys() {
            let close = |known: &&(&str, &str)| strsim::jaro_winkler(known.0, name) > ALIKE;
            let is_known = FIELDS.iter().any(|(known, _)| known == name);
            if let Some((known, example)) = FIELDS.iter().find(close).filter(|_| !is_known) {
                return Err(format!("{name}: did you mean {known}? {example}"));
            }
        }
        for (name, example) in FIELDS {
            check_field(&object, name, example)?;
        }
        if !object.contains_key("id") {
            // A name that lasts as long as the entry is the same.
            let key = [&object["check"], &object["signature"]].map(ToString::to_string).concat();
            object.insert("id".into(), Value::String(short_id(&key)));
        }
        Ok(Self { lines, ..Self::new(object) })
    }

    pub(super) fn object(&self) -> &Map<String, Value> {
        &self.object
    }

    pub(super) fn set(&mut self, name: &str, value: Value) {
        self.object.insert(name.to_owned(), value);
    }

    /// Whether it is about a check in a format, by the name that results have.
    pub(crate) fn covers(&self, check: &str) -> bool {
        check == self.check || check.rsplit_once('.').is_some_and(|(name, _)| name == self.check)
    }

    /// Whether another entry holds for some of the same.
    pub(super) fn overlaps(&self, other: &Self) -> bool {
        self.signature == other.signature && (self.covers(&other.check) || other.covers(&self.check))
    }

    /// Whether it is of a kind that excuses such an end.
    pub(super) fn excuses(&self, check: &CheckResult) -> bool {
        let is_untested = matches!(check.outcome, End::Skipped | End::Inconclusive);
        is_within(&check.signature, &self.signature)
            && match self.kind {
                DeviationKind::NotTestableHere => is_untested,
                _ => check.outcome == End::Fail,
            }
    }
}

/// Whether a field is as it must be.
fn check_field(object: &Map<String, Value>, name: &str, example: &str) -> Result<(), String> {
    let is_required = FIELDS[..4].iter().any(|(required, _)| *required == name);
    let Some(value) = object.get(name) else {
        return if is_required { Err(format!("{name} is missing: {example}")) } else { Ok(()) };
    };
    if name == "facts" {
        let facts = value.as_array().ok_or_else(|| format!("facts is a list: {example}"))?;
        let unknown = facts.iter().find(|fact| fact.as_str().is_none_or(|id| documented::fact(id).is_none()));
        return unknown.map_or(Ok(()), |fact| {
            let ids = documented::facts().iter().map(|fact| &*fact.id);
            let close = fact.as_str().and_then(|id| closest(id, ids));
            Err(format!("facts: {fact} is no fact of the guide{}: {example}", meant(close)))
        });
    }
    let Some(text) = value.as_str() else {
        return Err(format!("{name} is {value}, and it is a text: {example}"));
    };
    match name {
        "check" => {
            let names = || checks().flat_map(|check| [check.id.to_owned()].into_iter().chain(in_formats(check.id)));
            if !names().any(|known| known == text) {
                let names: Vec<String> = names().collect();
                let close = closest(text, names.iter().map(String::as_str));
                return Err(format!(
                    "check: there is no check {text:?}{}: `contract list` names them: {example}",
                    meant(close)
                ));
            }
        }
        "kind" => {
            let names = DeviationKind::ALL.map(DeviationKind::name);
            if !names.contains(&text) {
                let close = closest(text, names.into_iter());
                return Err(format!(
                    "kind is {text:?}, and it is one of {}{}: {example}",
                    names.join(", "),
                    meant(close)
                ));
            }
        }
        // Whole days, so nothing may follow.
        "first_seen" | "last_seen" | "expires" if text.len() != 10 || text.parse::<Date>().is_err() => {
            return Err(format!("{name} is {text:?}, and it is a day of the calendar as YYYY-MM-DD: {example}"));
        }
        "signature" | "id" if text.trim().is_empty() => return Err(format!("{name} is empty: {example}")),
        _ => {}
    }
    Ok(())
}

fn as_text<S: Serializer>(day: &Option<Date>, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(&day.map(|day| day.to_string()).unwrap_or_default())
}

fn in_formats(check: &str) -> [String; 2] {
    Format::ALL.map(|format| format!("{check}.{}", format.name()))
}

/// The one that was meant, if one is close.
fn closest<'a>(name: &str, known: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    let rated = known.map(|known| (strsim::jaro_winkler(name, known), known));
    rated.filter(|(alike, _)| *alike > ALIKE).max_by(|one, other| one.0.total_cmp(&other.0)).map(|(_, known)| known)
}

fn meant(close: Option<&str>) -> String {
    close.map(|close| format!(" (did you mean {close:?}?)")).unwrap_or_default()
}

/// A short name, the same each time for the same key.
pub(super) fn short_id(key: &str) -> String {
    format!("{:x}", Sha256::digest(key)).split_off(58)
}
