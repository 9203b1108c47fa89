//! Leaks: what a breach is known to hold, and what an account sees of it.
//!
//! A [`Leak`] belongs to a value. An account that watches that value has a [`Hit`]: the leak as that account sees it,
//! with ids and a status of its own, and an alarm. Closing one account's alarm never closes another's.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::account::Account;
use crate::id::{Id, Table};
use crate::ssn;
use crate::time::{Date, Timestamp};
use crate::value::Object;
use crate::watchlist::Kind;
use crate::watchlist::card::Card;
use crate::watchlist::email::Email;
use crate::watchlist::iban::Iban;
use crate::watchlist::license::License;
use crate::watchlist::passport::Passport;
use crate::watchlist::phone::Phone;

/// What kind of value a breach can hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum WatchKind {
    /// An email address.
    Email,
    /// A phone number.
    Phone,
    /// An IBAN.
    Iban,
    /// A passport number.
    Passport,
    /// The number of a driver's license.
    #[serde(alias = "license")]
    DriversLicense,
    /// The number of a payment card.
    #[serde(alias = "card")]
    CreditCard,
    /// A national ID.
    Ssn,
}

impl WatchKind {
    /// All of them.
    pub(crate) const ALL: [Self; 7] =
        [Self::Email, Self::Phone, Self::Iban, Self::Passport, Self::DriversLicense, Self::CreditCard, Self::Ssn];

    /// The form in which values of this kind are compared, or why `value` is none.
    pub(crate) fn canonical(self, value: &str) -> Result<Box<str>, String> {
        let canonical = match self {
            Self::Email => Email::canonical(value),
            Self::Phone => Phone::canonical(value),
            Self::Iban => Iban::canonical(value),
            Self::Passport => Passport::canonical(value),
            Self::DriversLicense => License::canonical(value),
            Self::CreditCard => Card::canonical(value),
            Self::Ssn => ssn::canonical(value),
        };
        canonical.map_err(|complaint| format!("the value {complaint}"))
    }

    /// The data that a breach of such a value holds at the least.
    fn data_class(self) -> &'static str {
        match self {
            Self::Email => "email",
            Self::Phone => "phone",
            Self::Iban => "iban",
            Self::Passport => "passport_number",
            Self::DriversLicense => "drivers_license_number",
            Self::CreditCard => "card_number",
            Self::Ssn => "national_id",
        }
    }
}

/// Where leaked data was found.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum SourceType {
    /// A breach of one service.
    #[default]
    Breach,
    /// A collection of credentials from many sources.
    Combolist,
    /// The log of malware on somebody's machine.
    StealerLog,
    /// A text posted in public.
    Paste,
    /// An offer on the dark web.
    DarkWeb,
}

impl SourceType {
    fn name(self) -> &'static str {
        match self {
            Self::Breach => "BREACH",
            Self::Combolist => "COMBOLIST",
            Self::StealerLog => "STEALER_LOG",
            Self::Paste => "PASTE",
            Self::DarkWeb => "DARK_WEB",
        }
    }
}

/// How bad a leak is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum Severity {
    /// Contact data only.
    Low,
    /// Data that helps a fraud along.
    Medium,
    /// A password in the clear, or a full number.
    High,
    /// Stolen from the person's own machine.
    Critical,
}

impl Severity {
    /// All of them, the least first.
    pub(crate) const ALL: [Self; 4] = [Self::Low, Self::Medium, Self::High, Self::Critical];

    /// As answers write it.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Low => "LOW",
            Self::Medium => "MEDIUM",
            Self::High => "HIGH",
            Self::Critical => "CRITICAL",
        }
    }
}

/// A leak as the control route and seeds describe it; all but kind and value may be left out.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NewLeak {
    /// What kind of value it holds.
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
    /// What the breach holds of the person, in `snake_case`; the kind's own class if left out.
    #[serde(default)]
    pub data_classes: Vec<String>,
    /// How bad it is; if left out, it follows from the source and the data classes.
    #[serde(default)]
    pub severity: Option<Severity>,
    /// Whether somebody has checked the source; true if left out.
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

/// What a breach is known to hold of one value.
#[derive(Debug)]
pub(crate) struct Leak {
    pub(crate) kind: WatchKind,
    /// In the form of [`WatchKind::canonical`].
    pub(crate) value: Box<str>,
    source_type: SourceType,
    pub(crate) title: Box<str>,
    domain: Option<Box<str>>,
    description: Box<str>,
    breach_date: Option<Date>,
    pub(crate) published_at: Timestamp,
    data_classes: Vec<Box<str>>,
    pub(crate) severity: Severity,
    is_verified: bool,
    pub(crate) has_password: bool,
    has_plaintext_password: bool,
}

impl Leak {
    /// The leak that `new` describes, with what it leaves out filled in.
    ///
    /// # Errors
    /// A sentence about the value, if it is none of its kind.
    pub(crate) fn new(new: &NewLeak, now: Timestamp) -> Result<Self, String> {
        let value = new.kind.canonical(&new.value)?;
        let mut classes: Vec<Box<str>> = new.data_classes.iter().map(|class| class.as_str().into()).collect();
        if classes.is_empty() {
            classes.push(new.kind.data_class().into());
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
    /// The description that makes it anew.
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

/// How bad a leak is, where nobody says: by what a thief can do with the data.
fn severity(source: SourceType, classes: &[Box<str>], plaintext: bool, password: bool) -> Severity {
    let holds = |class: &str| classes.iter().any(|held| &**held == class);
    let full_numbers = ["card_number", "national_id", "passport_number", "drivers_license_number"];
    if source == SourceType::StealerLog || (holds("card_number") && holds("card_cvv")) {
        Severity::Critical
    } else if plaintext || full_numbers.into_iter().any(holds) {
        Severity::High
    } else if password || holds("password_hash") || holds("iban") {
        Severity::Medium
    } else {
        Severity::Low
    }
}

/// A leak as one account sees it, and the alarm that was raised for it.
#[derive(Debug)]
pub(crate) struct Hit {
    pub(crate) id: u64,
    pub(crate) alarm_id: u64,
    /// The item that watches the value; 0 for the account's own SSN.
    pub(crate) item_id: u64,
    /// Whether that item is still there. Without it the leak is not listed, and its alarm is all that is left.
    pub(crate) is_watched: bool,
    pub(crate) leak: Arc<Leak>,
    pub(crate) created_at: Timestamp,
    /// When its alarm was closed.
    pub(crate) closed_at: Option<Timestamp>,
}

impl Hit {
    /// The leak as a client reads it. `items` is the table that `item_id` counts in.
    pub(crate) fn show(&self, items: Table) -> Object {
        let leak = &*self.leak;
        Object::new()
            .with("id", Id::new(Table::Leak, self.id))
            .with("item_id", Id::new(items, self.item_id))
            .with("alarm_id", Id::new(Table::Alarm, self.alarm_id))
            .with("source_type", leak.source_type.name())
            .with("title", &leak.title)
            .with("domain", leak.domain.as_ref())
            .with("description", &leak.description)
            .with("breach_date", leak.breach_date)
            .with("published_at", leak.published_at)
            .with("data_classes", leak.data_classes.iter().collect::<Vec<_>>())
            .with("severity", leak.severity.name())
            .with("status", self.status())
            .with("is_verified", leak.is_verified)
            .with("has_password", leak.has_password)
            .with("has_plaintext_password", leak.has_plaintext_password)
            .with("created_at", self.created_at)
    }
}

impl Account {
    /// The leaks of this kind that it sees, in the order in which they were found.
    pub(crate) fn leaks(&self, kind: WatchKind) -> impl Iterator<Item = &Hit> {
        self.hits.iter().filter(move |hit| hit.is_watched && hit.leak.kind == kind)
    }

    /// Stops showing the leaks that it saw through this item, and removes their alarms too unless they are to be kept.
    pub(crate) fn end_hits(&mut self, kind: WatchKind, item_id: u64, keeps_alarms: impl Fn() -> bool) {
        let is_of_item = |hit: &Hit| hit.is_watched && hit.leak.kind == kind && hit.item_id == item_id;
        if !self.hits.iter().any(is_of_item) {
            return;
        }
        if keeps_alarms() {
            self.hits.iter_mut().filter(|hit| is_of_item(hit)).for_each(|hit| hit.is_watched = false);
        } else {
            self.hits.retain(|hit| !is_of_item(hit));
        }
    }

    /// Whether it watches anything of this kind.
    pub(crate) fn watches_any(&self, kind: WatchKind) -> bool {
        match kind {
            WatchKind::Email => self.emails.iter().next().is_some(),
            WatchKind::Phone => self.phones.iter().next().is_some(),
            WatchKind::Iban => self.ibans.iter().next().is_some(),
            WatchKind::Passport => self.passports.iter().next().is_some(),
            WatchKind::DriversLicense => self.licenses.iter().next().is_some(),
            WatchKind::CreditCard => self.cards.iter().next().is_some(),
            WatchKind::Ssn => self.monitored_ssn().is_some(),
        }
    }

    /// The id of what watches `value` here and may see its leaks, if anything does.
    pub(crate) fn watching(&self, kind: WatchKind, value: &str, pending_too: bool) -> Option<u64> {
        match kind {
            WatchKind::Email => watching::<Email>(self, value, pending_too),
            WatchKind::Phone => watching::<Phone>(self, value, pending_too),
            WatchKind::Iban => watching::<Iban>(self, value, pending_too),
            WatchKind::Passport => watching::<Passport>(self, value, pending_too),
            WatchKind::DriversLicense => watching::<License>(self, value, pending_too),
            WatchKind::CreditCard => watching::<Card>(self, value, pending_too),
            WatchKind::Ssn => self.monitored_ssn().filter(|ssn| **ssn == *value).map(|_| 0),
        }
    }
}

fn watching<K: Kind>(account: &Account, value: &str, pending_too: bool) -> Option<u64> {
    let item = K::items(account).holding(value)?;
    (pending_too || item.is_confirmed()).then_some(item.id)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn severity_follows_from_source_and_data() {
        let cases: [(SourceType, &[&str], bool, bool, Severity); 6] = [
            (SourceType::StealerLog, &["email"], false, false, Severity::Critical),
            (SourceType::Breach, &["card_cvv", "card_number"], false, false, Severity::Critical),
            (SourceType::Breach, &["email"], true, true, Severity::High),
            (SourceType::Paste, &["national_id"], false, false, Severity::High),
            (SourceType::Breach, &["email", "password_hash"], false, true, Severity::Medium),
            (SourceType::Combolist, &["email"], false, false, Severity::Low),
        ];
        for (source, classes, plaintext, password, expected) in cases {
            let boxed: Vec<Box<str>> = classes.iter().map(|class| Box::from(*class)).collect();
            assert_eq!(severity(source, &boxed, plaintext, password), expected, "{source:?} {classes:?}");
        }
    }

    #[test]
    fn what_a_new_leak_leaves_out_is_filled_in() {
        let now = Timestamp::from_unix_seconds(1_800_000_000);
        let leak = Leak::new(&NewLeak::of(WatchKind::Email, " John@Example.COM "), now).expect("an email");
        assert_eq!(&*leak.value, "john@example.com");
        assert_eq!((leak.published_at, leak.severity, leak.is_verified), (now, Severity::Low, true));
        assert_eq!(leak.data_classes, ["email".into()]);
        let error = Leak::new(&NewLeak::of(WatchKind::Iban, "SE00"), now).expect_err("no IBAN");
        assert_eq!(error, "the value format is invalid");
    }
}
