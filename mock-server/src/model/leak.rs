//! Leaks: the data that a breach is known to hold of one value.

use std::sync::Arc;

use serde::{Deserialize, Serialize, Serializer};
use serde_json::Value as Json;

use crate::model::kind::WatchKind;
use crate::model::severity::Severity;
use crate::model::shape::{Holds, Shown, Writing};
use crate::model::time::{Date, Timestamp};
use crate::model::{ssn, watchlists};

/// Where leaked data was found.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum SourceType {
    /// A breach of one service.
    #[default]
    Breach,
    /// A collection of credentials from many sources.
    Combolist,
    /// The log of malware on the person's machine.
    StealerLog,
    /// A text posted in public.
    Paste,
    /// An offer on the dark web.
    DarkWeb,
}

impl SourceType {
    /// All names, in order.
    pub(crate) const NAMES: [&'static str; 5] = ["BREACH", "COMBOLIST", "STEALER_LOG", "PASTE", "DARK_WEB"];

    /// The name as responses write it.
    fn name(self) -> &'static str {
        Self::NAMES[self as usize]
    }
}

impl Shown for SourceType {
    const HOLDS: Holds = Holds::OneOf(&Self::NAMES);

    fn write<S: Serializer>(&self, _: Writing<'_>, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.name())
    }
}

impl Shown for Severity {
    const HOLDS: Holds = Holds::OneOf(&Self::NAMES);

    fn write<S: Serializer>(&self, _: Writing<'_>, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.name())
    }
}

/// A leak as the control route and seeds describe it; all but kind and value may be left out.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NewLeak {
    /// The kind of value that it holds.
    pub kind: WatchKind,
    /// The value, in any form that the API itself would accept.
    pub value: String,
    /// Where it was found; a breach if left out.
    #[serde(default)]
    pub source_type: SourceType,
    /// A name for people.
    #[serde(default)]
    pub title: Option<String>,
    /// The domain of the service that was breached.
    #[serde(default)]
    pub domain: Option<String>,
    /// A few sentences for people.
    #[serde(default)]
    pub description: Option<String>,
    /// The day of the breach, as far as it is known.
    #[serde(default)]
    pub breach_date: Option<Date>,
    /// When the data became available; now if left out.
    #[serde(default)]
    pub published_at: Option<Timestamp>,
    /// The data of the person that the breach holds, in `snake_case`; the kind's own class if left out.
    #[serde(default)]
    pub data_classes: Vec<String>,
    /// How bad it is; if left out, it follows from the source and the data classes.
    #[serde(default)]
    pub severity: Option<Severity>,
    /// Whether the source has been checked; true if left out.
    #[serde(default)]
    pub is_verified: Option<bool>,
    /// Whether a password is among the data, in whatever form.
    #[serde(default)]
    pub has_password: bool,
    /// Whether a password is among the data in the clear.
    #[serde(default)]
    pub has_plaintext_password: bool,
}

impl NewLeak {
    /// A leak of `value`, everything else left out.
    pub fn of(kind: WatchKind, value: impl Into<String>) -> Self {
        Self {
            kind,
            value: value.into(),
            source_type: SourceType::default(),
            title: None,
            domain: None,
            description: None,
            breach_date: None,
            published_at: None,
            data_classes: Vec::new(),
            severity: None,
            is_verified: None,
            has_password: false,
            has_plaintext_password: false,
        }
    }
}

/// The data that a breach is known to hold of one value.
#[derive(Debug)]
pub(crate) struct Leak {
    pub(crate) kind: WatchKind,
    /// The value in the form of [`canonical`].
    pub(crate) value: Box<str>,
    pub(crate) source_type: SourceType,
    pub(crate) title: Arc<str>,
    pub(crate) domain: Option<Arc<str>>,
    pub(crate) description: Arc<str>,
    pub(crate) breach_date: Option<Date>,
    pub(crate) published_at: Timestamp,
    pub(crate) data_classes: Vec<Arc<str>>,
    pub(crate) severity: Severity,
    pub(crate) is_verified: bool,
    pub(crate) has_password: bool,
    pub(crate) has_plaintext_password: bool,
}

/// The form in which values of this kind are compared.
///
/// # Errors
/// The value is not of its kind.
fn canonical(kind: WatchKind, value: &str) -> Result<Box<str>, NotOfKind> {
    let canonical = watchlists::canonical(kind, value).unwrap_or_else(|| ssn::canonical(value));
    canonical.map_err(|complaint| NotOfKind {
        rule: format!("the value {complaint} for {}", kind.names().one),
        example: watchlists::example(kind).unwrap_or_else(|| "19900101-2385".into()),
    })
}

/// A leak holds a value that is not of its kind.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("{rule}; for example {example}")]
pub(crate) struct NotOfKind {
    /// The rule that it breaks, as a sentence without its end.
    pub(crate) rule: String,
    /// A value of the kind.
    pub(crate) example: Json,
}

impl Leak {
    /// The leak that `new` describes, with its missing fields filled in.
    ///
    /// # Errors
    /// The value is not of its kind.
    pub(crate) fn new(new: &NewLeak, now: Timestamp) -> Result<Self, NotOfKind> {
        let value = canonical(new.kind, &new.value)?;
        let mut classes: Vec<Arc<str>> = new.data_classes.iter().map(|class| class.as_str().into()).collect();
        if classes.is_empty() {
            classes.push(new.kind.names().data_class.into());
        }
        classes.sort_unstable();
        classes.dedup();
        let has_password = new.has_password || new.has_plaintext_password;
        Ok(Self {
            kind: new.kind,
            value,
            source_type: new.source_type,
            title: new.title.as_deref().unwrap_or("Unknown source").into(),
            domain: new.domain.as_deref().map(Into::into),
            description: new.description.as_deref().unwrap_or("The source has not been disclosed.").into(),
            breach_date: new.breach_date,
            published_at: new.published_at.unwrap_or(now),
            severity: new
                .severity
                .unwrap_or_else(|| severity(new.source_type, &classes, new.has_plaintext_password, has_password)),
            data_classes: classes,
            is_verified: new.is_verified.unwrap_or(true),
            has_password,
            has_plaintext_password: new.has_plaintext_password,
        })
    }
}

impl Leak {
    /// The description that makes the same leak again.
    pub(crate) fn describe(&self) -> NewLeak {
        NewLeak {
            kind: self.kind,
            value: self.value.to_string(),
            source_type: self.source_type,
            title: Some(self.title.to_string()),
            domain: self.domain.as_deref().map(str::to_owned),
            description: Some(self.description.to_string()),
            breach_date: self.breach_date,
            published_at: Some(self.published_at),
            data_classes: self.data_classes.iter().map(|class| class.to_string()).collect(),
            severity: Some(self.severity),
            is_verified: Some(self.is_verified),
            has_password: self.has_password,
            has_plaintext_password: self.has_plaintext_password,
        }
    }
}

/// How bad a leak is where it is not given: by the use that a thief has for the data.
fn severity(source: SourceType, classes: &[Arc<str>], plaintext: bool, password: bool) -> Severity {
    let holds = |class: &str| classes.iter().any(|held| &**held == class);
    if source == SourceType::StealerLog || (holds("card_number") && holds("card_cvv")) {
        return Severity::Critical;
    }
    let of_values = WatchKind::ALL.map(WatchKind::names).into_iter().filter(|names| holds(names.data_class));
    let of_password = if plaintext {
        Severity::High
    } else if password || holds("password_hash") {
        Severity::Medium
    } else {
        Severity::Low
    };
    of_values.map(|names| names.severity).fold(of_password, Severity::max)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn severity_follows_from_source_and_data() {
        let cases: [(SourceType, &[&str], bool, bool, Severity); 8] = [
            (SourceType::StealerLog, &["email"], false, false, Severity::Critical),
            (SourceType::Breach, &["card_cvv", "card_number"], false, false, Severity::Critical),
            (SourceType::Breach, &["email"], true, true, Severity::High),
            (SourceType::Paste, &["national_id"], false, false, Severity::High),
            (SourceType::Breach, &["email", "password_hash"], false, true, Severity::Medium),
            (SourceType::Breach, &["full_name", "iban"], false, false, Severity::Medium),
            (SourceType::Breach, &["iban", "passport_number"], false, false, Severity::High),
            (SourceType::Combolist, &["email"], false, false, Severity::Low),
        ];
        for (source, classes, plaintext, password, expected) in cases {
            let classes: Vec<Arc<str>> = classes.iter().map(|class| Arc::from(*class)).collect();
            assert_eq!(severity(source, &classes, plaintext, password), expected, "{source:?} {classes:?}");
        }
    }

    #[test]
    fn fields_that_a_new_leak_leaves_out_are_filled_in() {
        let now = Timestamp::from_unix_seconds(1_800_000_000);
        let leak = Leak::new(&NewLeak::of(WatchKind::Email, " John@Example.COM "), now).expect("an email");
        assert_eq!(&*leak.value, "john@example.com");
        assert_eq!((leak.published_at, leak.severity, leak.is_verified), (now, Severity::Low, true));
        assert_eq!(leak.data_classes, [Arc::from("email")]);
        let error = Leak::new(&NewLeak::of(WatchKind::Iban, "SE00"), now).expect_err("no IBAN");
        assert_eq!(
            error.to_string(),
            "the value format is invalid for an IBAN; for example \"SE35 5000 0000 0549 1000 0003\""
        );
    }
}
