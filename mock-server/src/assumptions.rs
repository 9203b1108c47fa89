//! Where the guide is silent: named questions, each with a value that can be switched.
//!
//! Question, default, possible values and grounds are data in `fixtures/assumptions.json`. Code that follows an
//! assumption reads it by its [`Key`] or by the type of its [`Choice`] through [`Assumed`], and nowhere else; reading
//! records that the answer leans on it.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use serde::Deserialize;
use serde_json::{Map, Value as Json};

use crate::facts::Basis;

/// The assumptions as data, compiled in.
pub(crate) const FIXTURE: &str = include_str!("../../fixtures/assumptions.json");

/// An assumption that is a choice between named values.
pub(crate) trait Choice: Copy + 'static {
    /// The assumption.
    const KEY: Key;
    /// Every value of the fixture, by the name it has there.
    const VALUES: &'static [(&'static str, Self)];
}

macro_rules! keys {
    (
        choices { $($(#[$doc:meta])* $choice:ident = $choice_name:literal { $($value:ident = $value_name:literal),+ $(,)? })+ }
        plain { $($plain:ident = $plain_name:literal,)+ }
    ) => {
        /// The name of an assumption.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
        pub(crate) enum Key {
            $(#[doc = $choice_name] $choice,)+
            $(#[doc = $plain_name] $plain,)+
        }

        impl Key {
            /// All of them.
            pub(crate) const ALL: &[Self] = &[$(Self::$choice,)+ $(Self::$plain,)+];

            /// The name as flags, files and headers write it: `remove.status`.
            pub(crate) const fn name(self) -> &'static str {
                match self {
                    $(Self::$choice => $choice_name,)+
                    $(Self::$plain => $plain_name,)+
                }
            }
        }

        $(
            $(#[$doc])*
            #[derive(Clone, Copy, Debug, PartialEq, Eq)]
            pub(crate) enum $choice {
                $(#[doc = $value_name] $value),+
            }

            impl Choice for $choice {
                const KEY: Key = Key::$choice;
                const VALUES: &'static [(&'static str, Self)] = &[$(($value_name, Self::$value)),+];
            }
        )+

        /// The names of the values of each choice, in the order of [`Choice::VALUES`].
        fn choices() -> Vec<(Key, Vec<&'static str>)> {
            vec![$((Key::$choice, $choice::VALUES.iter().map(|(name, _)| *name).collect()),)+]
        }
    };
}

keys! {
    choices {
        /// What an id looks like.
        IdForm = "id.form" { Integer = "integer", Uuid = "uuid" }
        /// The status of a created watchlist item.
        AddStatus = "add.status" { Created = "201", Ok = "200" }
        /// How a single watchlist item is wrapped.
        AddBody = "add.body" { Data = "data", Bare = "bare" }
        /// How a list is wrapped.
        ListShape = "list.shape" { Data = "data", Paginated = "paginated", Bare = "bare" }
        /// The answer to a removal.
        RemoveStatus = "remove.status" { NoContent = "204", Message = "200" }
        /// The answer to what neither adds, reads nor removes.
        ActionAnswer = "action.answer" { Message = "message", NoContent = "none" }
        /// Whether a phone that the end user adds waits for confirmation.
        ConfirmPhone = "confirm.phone" { No = "no", Yes = "yes" }
        /// Whether the phone verification routes exist for the app token.
        PhoneAppVerification = "phone.app-verification" { Present = "present", Absent = "absent" }
        /// What JSON that does not parse is taken for.
        BodyMalformed = "body.malformed" { Refused = "400", Empty = "422" }
        /// What a body with another content type is taken for.
        BodyContentType = "body.content-type" { Ignored = "ignored", Refused = "415", Read = "read" }
        /// How the SSN is read back.
        SsnEcho = "ssn.echo" { Masked = "masked", Absent = "absent", Full = "full" }
        /// Whether leaks of a pending item are seen.
        LeaksPending = "leaks.pending" { Hidden = "hidden", Shown = "shown" }
        /// Whether a stored value is normalized.
        ValueForm = "value.form" { Normalized = "normalized", AsSent = "as-sent" }
        /// What a PUT does to what its body does not name.
        PutReplaces = "put.replaces" { Named = "named", Whole = "whole" }
        /// What an empty text in an update does.
        UpdateEmpty = "update.empty" { Cleared = "cleared", Kept = "kept", Refused = "refused" }
        /// Whether SSO knows an account by the email that it was changed to.
        SsoChangedEmail = "sso.changed-email" { Refused = "refused", Accepted = "accepted" }
        /// The answer to closing an alarm.
        AlarmCloseAnswer = "alarm.close-answer" { Alarm = "alarm", Message = "message" }
        /// What becomes of the alarms of a removed item.
        AlarmOfRemoved = "alarm.of-removed" { Kept = "kept", Removed = "removed" }
        /// What a company is.
        AlarmCompany = "alarm.company" { Field = "field", Partner = "partner" }
        /// What a period is that lacks an end.
        AlarmPeriod = "alarm.period" { Open = "open", Refused = "422" }
        /// How the status of a scan is wrapped.
        ScanBody = "scan.body" { Bare = "bare", Data = "data" }
        /// How a legacy boolean is written.
        LegacyBoolean = "legacy.boolean" { Number = "number", TextNumber = "text-number", Text = "text" }
    }
    plain {
        ScopeWrongToken = "scope.wrong-token",
        ScopeForeignAccount = "scope.foreign-account",
        ScopeForeignItem = "scope.foreign-item",
        AddDuplicate = "add.duplicate",
        AccountDuplicate = "account.duplicate",
        LoginRefused = "login.refused",
        SsoRefused = "sso.refused",
        SsoUnknownEmail = "sso.unknown-email",
        ConfirmWrongCode = "confirm.wrong-code",
        ResendNothingPending = "resend.nothing-pending",
        SsnWithout = "ssn.without",
        AlarmCloseAgain = "alarm.close-again",
        OnlinePlan = "online.plan",
        OnlineWithoutProfile = "online.without-profile",
        OnlineProfileAgain = "online.profile-again",
        ScanAgain = "scan.again",
        ScanRetry = "scan.retry",
        LegacyError400 = "legacy.error.400",
        LegacyError401 = "legacy.error.401",
        LegacyError403 = "legacy.error.403",
        LegacyError404 = "legacy.error.404",
        LegacyError405 = "legacy.error.405",
        LegacyError409 = "legacy.error.409",
        LegacyError422 = "legacy.error.422",
        LegacyError500 = "legacy.error.500",
        ErrorCode405 = "error.code.405",
        ErrorCode409 = "error.code.409",
        ErrorCode500 = "error.code.500",
        RemovalStates = "removal.states",
        TokenCrmSeconds = "token.crm-seconds",
        TokenCrmKeptSeconds = "token.crm-kept-seconds",
        TokenAppSeconds = "token.app-seconds",
        SsoCodeSeconds = "sso.code-seconds",
        ConfirmLinkSeconds = "confirm.link-seconds",
        ConfirmCodeSeconds = "confirm.code-seconds",
        ThrottlePerMinute = "throttle.per-minute",
        ScanQueueSeconds = "scan.queue-seconds",
        ScanSiteSeconds = "scan.site-seconds",
        RemovalStepSeconds = "removal.step-seconds",
    }
}

impl Key {
    pub(crate) fn named(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|key| key.name() == name)
    }
}

/// The fixture as it is written.
#[derive(Debug, Deserialize)]
struct Fixture {
    switches: Vec<SwitchEntry>,
    texts: Vec<TextEntry>,
    limits: Vec<LimitEntry>,
}

#[derive(Debug, Deserialize)]
struct SwitchEntry {
    key: String,
    default: String,
    values: Vec<NamedValue>,
}

#[derive(Debug, Deserialize)]
struct NamedValue {
    value: String,
}

#[derive(Debug, Deserialize)]
struct TextEntry {
    key: String,
    default: String,
}

#[derive(Debug, Deserialize)]
struct LimitEntry {
    key: String,
    default: u32,
    unit: String,
}

/// What a key may be switched to.
#[derive(Clone, Debug)]
enum Domain {
    /// One of these names.
    OneOf(Vec<&'static str>),
    /// Any text that is not empty.
    Text,
    /// A whole number of this unit.
    Number(String),
}

#[derive(Clone, Debug)]
struct Entry {
    domain: Domain,
    default: Setting,
}

/// The value of one assumption.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Setting {
    /// The position in [`Domain::OneOf`], so that reading a choice, which every answer does often, compares no texts.
    Choice(usize),
    Text(String),
    Number(u32),
}

/// Every key with what it may be and what it is by default, in the order of [`Key::ALL`].
static ENTRIES: LazyLock<Vec<Entry>> = LazyLock::new(|| {
    let fixture: Fixture = serde_json::from_str(FIXTURE).expect("the compiled-in assumptions are JSON of this form");
    let mut names_of: BTreeMap<&str, Vec<&'static str>> =
        choices().into_iter().map(|(key, names)| (key.name(), names)).collect();
    let mut entries = BTreeMap::new();
    for switch in fixture.switches {
        // The names live as long as the process: they are handed out as plain text everywhere.
        let leaked = || switch.values.iter().map(|named| &*named.value.clone().leak()).collect();
        let names: Vec<&'static str> = names_of.remove(&*switch.key).unwrap_or_else(leaked);
        let default = names.iter().position(|name| *name == switch.default).expect("the default is one of the values");
        entries.insert(switch.key, Entry { domain: Domain::OneOf(names), default: Setting::Choice(default) });
    }
    for text in fixture.texts {
        entries.insert(text.key, Entry { domain: Domain::Text, default: Setting::Text(text.default) });
    }
    for limit in fixture.limits {
        let default = Setting::Number(limit.default);
        entries.insert(limit.key, Entry { domain: Domain::Number(limit.unit), default });
    }
    let in_order = Key::ALL.iter().map(|key| entries.remove(key.name()).expect("every key is in the fixture"));
    in_order.collect()
});

/// Why an assumption could not be switched. The text names the key or the value, and lists what is possible.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum AssumptionError {
    /// There is no such key.
    #[error("there is no assumption {key:?}; the keys are {}", Key::ALL.iter().map(|key| key.name()).collect::<Vec<_>>().join(", "))]
    UnknownKey {
        /// The key as given.
        key: String,
    },
    /// The key has no such value.
    #[error("the assumption {key} cannot be {value:?}; {possible}")]
    UnknownValue {
        /// The key.
        key: &'static str,
        /// The value as given.
        value: String,
        /// What it may be, as a sentence.
        possible: String,
    },
    /// The text is not of the form `KEY=VALUE`.
    #[error("{text:?} is not of the form KEY=VALUE, as in remove.status=200")]
    NotAPair {
        /// The text as given.
        text: String,
    },
    /// A value that no assumption can have.
    #[error("the assumption {key} cannot be {value}; it is a text or a whole number")]
    NotAValue {
        /// The key as given.
        key: String,
        /// The value, as JSON.
        value: String,
    },
    /// The file is not TOML, or holds what is neither a text nor a whole number.
    #[error("{reason}")]
    NotToml {
        /// What was wrong, and where.
        reason: String,
    },
}

/// One value for every assumption.
#[derive(Clone, Debug)]
pub struct Assumptions {
    settings: Vec<Setting>,
}

impl Default for Assumptions {
    fn default() -> Self {
        Self { settings: ENTRIES.iter().map(|entry| entry.default.clone()).collect() }
    }
}

impl Assumptions {
    /// Switches the assumption `key` to `value`.
    ///
    /// # Errors
    /// An unknown key or value; the error lists what is possible.
    ///
    /// ```
    /// let mut assumptions = mock_server::Assumptions::default();
    /// assumptions.set("remove.status", "200").unwrap();
    /// let error = assumptions.set("remove.status", "418").unwrap_err();
    /// assert_eq!(error.to_string(), "the assumption remove.status cannot be \"418\"; it is one of 204, 200");
    /// ```
    pub fn set(&mut self, key: &str, value: &str) -> Result<(), AssumptionError> {
        let known = Key::named(key).ok_or_else(|| AssumptionError::UnknownKey { key: key.to_owned() })?;
        let refuse =
            |possible: String| AssumptionError::UnknownValue { key: known.name(), value: value.to_owned(), possible };
        self.settings[known as usize] = match &ENTRIES[known as usize].domain {
            Domain::OneOf(names) => match names.iter().position(|name| *name == value) {
                Some(position) => Setting::Choice(position),
                None => return Err(refuse(format!("it is one of {}", names.join(", ")))),
            },
            Domain::Text if value.trim().is_empty() => return Err(refuse("it is any text that is not empty".into())),
            Domain::Text => Setting::Text(value.to_owned()),
            Domain::Number(unit) => match value.parse() {
                Ok(number) => Setting::Number(number),
                Err(_) => return Err(refuse(format!("it is a whole number of {unit}, 0 to {}", u32::MAX))),
            },
        };
        Ok(())
    }

    /// Switches the assumption `key` to a text or a whole number.
    ///
    /// # Errors
    /// Another value, or as [`Assumptions::set`].
    pub(crate) fn set_json(&mut self, key: &str, value: &Json) -> Result<(), AssumptionError> {
        match value {
            Json::String(text) => self.set(key, text),
            Json::Number(number) => self.set(key, &number.to_string()),
            other => Err(AssumptionError::NotAValue { key: key.to_owned(), value: other.to_string() }),
        }
    }

    /// Switches one assumption by `KEY=VALUE`.
    ///
    /// # Errors
    /// No `=`, or as [`Assumptions::set`].
    pub fn set_pair(&mut self, pair: &str) -> Result<(), AssumptionError> {
        let (key, value) = pair.split_once('=').ok_or_else(|| AssumptionError::NotAPair { text: pair.to_owned() })?;
        self.set(key.trim(), value.trim())
    }

    /// Switches every assumption that a TOML text names, as in `remove.status = "200"`.
    ///
    /// # Errors
    /// What is not TOML, a value that is neither a text nor a whole number, or as [`Assumptions::set`].
    pub fn set_toml(&mut self, text: &str) -> Result<(), AssumptionError> {
        let table: toml::Table =
            text.parse().map_err(|error: toml::de::Error| AssumptionError::NotToml { reason: error.to_string() })?;
        self.set_table("", &table)
    }

    /// A dotted TOML key is a table in a table: `remove.status` is `status` in `remove`.
    fn set_table(&mut self, prefix: &str, table: &toml::Table) -> Result<(), AssumptionError> {
        for (name, value) in table {
            let key = format!("{prefix}{name}");
            match value {
                toml::Value::Table(inner) => self.set_table(&format!("{key}."), inner)?,
                toml::Value::String(text) => self.set(&key, text)?,
                toml::Value::Integer(number) => self.set(&key, &number.to_string())?,
                other => {
                    let reason = format!("{key} is a {}; it must be a text or a whole number", other.type_str());
                    return Err(AssumptionError::NotToml { reason });
                }
            }
        }
        Ok(())
    }

    /// Switches what `named` names and is not switched here already: what somebody says of a server goes before what a
    /// seed says of its world.
    ///
    /// # Errors
    /// As [`Assumptions::set`].
    pub(crate) fn set_where_default(&mut self, named: &Map<String, Json>) -> Result<(), AssumptionError> {
        let before = self.clone();
        for (key, value) in named {
            self.set_json(key, value)?;
            if let Some(key) = Key::named(key).filter(|key| before.is_switched(*key)) {
                self.settings[key as usize] = before.settings[key as usize].clone();
            }
        }
        Ok(())
    }

    /// Whether `key` is not what it is by default.
    fn is_switched(&self, key: Key) -> bool {
        self.settings[key as usize] != ENTRIES[key as usize].default
    }

    /// Every key that is not what it is by default, with its value.
    pub(crate) fn switched(&self) -> impl Iterator<Item = (&'static str, String)> {
        Key::ALL.iter().zip(self.iter()).filter(|(key, _)| self.is_switched(**key)).map(|(_, pair)| pair)
    }

    /// Every key with its value, for those who want to see which are in force.
    pub fn iter(&self) -> impl Iterator<Item = (&'static str, String)> {
        Key::ALL.iter().map(|key| {
            let value = match &self.settings[*key as usize] {
                Setting::Number(number) => number.to_string(),
                Setting::Choice(_) | Setting::Text(_) => self.name(*key).to_owned(),
            };
            (key.name(), value)
        })
    }

    /// The value of a choice, without recording it: for what is decided before there is an answer.
    pub(crate) fn choice<C: Choice>(&self) -> C {
        match &self.settings[C::KEY as usize] {
            Setting::Choice(position) => C::VALUES[*position].1,
            Setting::Text(_) | Setting::Number(_) => unreachable!("{} is a choice in the fixture", C::KEY.name()),
        }
    }

    /// The value of a switch as the fixture writes it, without recording it.
    pub(crate) fn name(&self, key: Key) -> &str {
        match (&self.settings[key as usize], &ENTRIES[key as usize].domain) {
            (Setting::Choice(position), Domain::OneOf(names)) => names[*position],
            (Setting::Text(text), _) => text,
            _ => unreachable!("{} is a number in the fixture", key.name()),
        }
    }

    /// The value of a time or limit, without recording it.
    pub(crate) fn number(&self, key: Key) -> u32 {
        match &self.settings[key as usize] {
            Setting::Number(number) => *number,
            Setting::Choice(_) | Setting::Text(_) => unreachable!("{} is no number in the fixture", key.name()),
        }
    }
}

/// The assumptions as one answer reads them: every reading is recorded in the answer's basis.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Assumed<'a> {
    assumptions: &'a Assumptions,
    basis: &'a Basis,
}

impl<'a> Assumed<'a> {
    /// Reads `assumptions`, records in `basis`.
    pub(crate) fn new(assumptions: &'a Assumptions, basis: &'a Basis) -> Self {
        Self { assumptions, basis }
    }

    /// The value of a choice.
    pub(crate) fn choice<C: Choice>(self) -> C {
        self.basis.lean(C::KEY);
        self.assumptions.choice()
    }

    /// The value of a switch as the fixture writes it, such as `404`, or the text of `error.code.*`.
    pub(crate) fn name(self, key: Key) -> &'a str {
        self.basis.lean(key);
        self.assumptions.name(key)
    }

    /// A time in seconds, or a limit.
    pub(crate) fn number(self, key: Key) -> u32 {
        self.basis.lean(key);
        self.assumptions.number(key)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_fixture_and_the_code_know_the_same_keys_and_values() {
        let fixture: Fixture = serde_json::from_str(FIXTURE).expect("JSON of this form");
        let mut there: Vec<&str> = fixture.switches.iter().map(|entry| &*entry.key).collect();
        there.extend(fixture.texts.iter().map(|entry| &*entry.key));
        there.extend(fixture.limits.iter().map(|entry| &*entry.key));
        there.sort_unstable();
        let mut here: Vec<&str> = Key::ALL.iter().map(|key| key.name()).collect();
        here.sort_unstable();
        assert_eq!(here, there);

        for (key, mut names) in choices() {
            let entry = fixture.switches.iter().find(|entry| entry.key == key.name()).expect("a switch");
            let mut values: Vec<&str> = entry.values.iter().map(|named| &*named.value).collect();
            values.sort_unstable();
            names.sort_unstable();
            assert_eq!(names, values, "{}", key.name());
        }
    }

    #[test]
    fn every_value_of_the_fixture_can_be_set_and_read_back() {
        for (key, entry) in Key::ALL.iter().zip(ENTRIES.iter()) {
            let values: Vec<String> = match &entry.domain {
                Domain::OneOf(names) => names.iter().map(|name| (*name).to_owned()).collect(),
                Domain::Text => vec!["CLASH".into()],
                Domain::Number(_) => vec!["0".into(), "7".into()],
            };
            for value in values {
                let mut assumptions = Assumptions::default();
                assumptions.set(key.name(), &value).expect("a value of the fixture");
                let read = assumptions.iter().find(|(name, _)| *name == key.name()).expect("the key").1;
                assert_eq!(read, value, "{}", key.name());
            }
        }
    }

    #[test]
    fn what_cannot_be_set_is_named_with_what_is_possible() {
        let cases = [
            ("remove.stats=204", "there is no assumption \"remove.stats\""),
            ("remove.status=205", "it is one of 204, 200"),
            ("token.app-seconds=soon", "it is a whole number of seconds"),
            ("token.app-seconds=-1", "it is a whole number of seconds"),
            ("error.code.409= ", "it is any text that is not empty"),
            ("remove.status", "KEY=VALUE"),
        ];
        for (pair, expected) in cases {
            let error = Assumptions::default().set_pair(pair).expect_err(pair).to_string();
            assert!(error.contains(expected), "{pair}: {error}");
        }
    }

    #[test]
    fn toml_is_read_dotted_in_tables_and_quoted() {
        for text in ["remove.status = \"200\"", "[remove]\nstatus = 200", "\"remove.status\" = 200"] {
            let mut assumptions = Assumptions::default();
            assumptions.set_toml(text).expect(text);
            assert_eq!(assumptions.choice::<RemoveStatus>(), RemoveStatus::Message, "{text}");
        }
        let error = Assumptions::default().set_toml("confirm.phone = true").expect_err("a boolean").to_string();
        assert_eq!(error, "confirm.phone is a boolean; it must be a text or a whole number");
        assert!(Assumptions::default().set_toml("confirm.phone = ").is_err());
    }

    #[test]
    fn reading_an_assumption_records_it() {
        let (assumptions, basis) = (Assumptions::default(), Basis::default());
        let assumed = Assumed::new(&assumptions, &basis);
        assert_eq!(assumed.choice::<AddStatus>(), AddStatus::Created);
        assert_eq!(assumed.number(Key::TokenAppSeconds), 3600);
        assert_eq!(assumed.name(Key::ScopeForeignItem), "404");
        assert_eq!(basis.header(), "add.status, scope.foreign-item, token.app-seconds");
    }
}
