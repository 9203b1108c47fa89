//! Where the guide is silent: named questions, each with a value that can be set.
//!
//! Question, default, possible values and grounds are data in `fixtures/assumptions.json`, from which `build.rs` makes
//! [`Key`] and one enum for each switch. Code reads a value through [`Assumed`](super::trace::Assumed) and in no other
//! way: the readers here are private to the guide.

use std::borrow::Cow;

use crate::spelling;
use serde_json::{Map, Value as Json};

include!(concat!(env!("OUT_DIR"), "/assumptions.rs"));

/// The assumptions as data, compiled in.
pub(crate) const FIXTURE: &str = include_str!("../../../fixtures/assumptions.json");

/// The values of one switch, or of several that share them.
pub(crate) trait Choice: Copy + 'static {
    /// All values, in the order in which the table has their names.
    const VALUES: &'static [Self];
}

/// The values of a switch that shares them with no other.
pub(crate) trait ChoiceOfOne: Choice {
    /// The assumption.
    const KEY: Key;
}

/// A way to refuse a request, by its meaning.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Refusal {
    BadRequest,
    Unauthenticated,
    Forbidden,
    NotFound,
    Conflict,
    Invalid,
}

/// The part of a response that an assumption decides.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Decides {
    /// The case that a request is: a duplicate, a wrong token, a foreign account.
    Case,
    /// The form of the response: its status, its envelope, its words.
    Form,
    /// A value in it, or the time that something takes.
    Value,
}

impl Key {
    /// The key of this name.
    pub(crate) fn named(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|key| key.name() == name)
    }
}

/// The values that a key may be set to.
#[derive(Debug)]
enum Domain {
    /// One of `allowed`. `all` names the values of its enum, which other keys may share.
    OneOf { allowed: &'static [&'static str], all: &'static [&'static str] },
    /// Any text that is not empty.
    Text,
    /// A whole number of this unit.
    Number(&'static str),
}

#[derive(Debug)]
struct Entry {
    domain: Domain,
    default: Setting,
}

/// The value of one assumption.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Setting {
    /// The position in [`Choice::VALUES`], so that reading a choice compares no texts.
    Choice(usize),
    Text(Cow<'static, str>),
    Number(u32),
}

/// Why an assumption could not be set. The text names the key or the value, and lists what is possible.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum AssumptionError {
    /// There is no such key.
    #[error("there is no assumption {key:?}{}", spelling::or_all(key, Key::ALL.iter().map(|key| key.name())))]
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
        /// The values that it may have, as a sentence.
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
    /// The file is not TOML, or holds a value that is neither a text nor a whole number.
    #[error("{reason}")]
    NotToml {
        /// The mistake, and its place.
        reason: String,
    },
}

/// One value for every assumption.
#[derive(Clone, Debug)]
pub struct Assumptions {
    settings: Vec<Setting>,
    /// A bit for each key that was set, be it to its default.
    set: u128,
}

impl Default for Assumptions {
    fn default() -> Self {
        Self { settings: ENTRIES.iter().map(|entry| entry.default.clone()).collect(), set: 0 }
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
        let known = self.put(key, value)?;
        self.set |= 1 << known as u32;
        Ok(())
    }

    /// Gives the assumption `key` another default, which holds unless it is set.
    ///
    /// # Errors
    /// As [`Assumptions::set`].
    pub(crate) fn suppose(&mut self, key: &str, value: &str) -> Result<(), AssumptionError> {
        let before = self.clone();
        let known = self.put(key, value)?;
        if before.is_set(known) {
            *self = before;
        }
        Ok(())
    }

    /// Puts every assumption that is not set back to its default.
    pub(crate) fn forget_supposed(&mut self) {
        for key in Key::ALL.iter().copied().filter(|key| !self.is_set(*key)).collect::<Vec<_>>() {
            self.settings[key as usize] = ENTRIES[key as usize].default.clone();
        }
    }

    /// Whether `key` was set, be it to its default.
    pub(crate) fn is_set(&self, key: Key) -> bool {
        self.set & 1 << key as u32 != 0
    }

    fn put(&mut self, key: &str, value: &str) -> Result<Key, AssumptionError> {
        let known = Key::named(key).ok_or_else(|| AssumptionError::UnknownKey { key: key.to_owned() })?;
        let refuse =
            |possible: String| AssumptionError::UnknownValue { key: known.name(), value: value.to_owned(), possible };
        self.settings[known as usize] = match &ENTRIES[known as usize].domain {
            Domain::OneOf { allowed, .. } if !allowed.contains(&value) => {
                let near = spelling::nearest(value, allowed.iter().copied());
                let near = near.map_or_else(String::new, |near| format!("; did you mean {near}?"));
                return Err(refuse(format!("it is one of {}{near}", allowed.join(", "))));
            }
            Domain::OneOf { all, .. } => {
                let position = all.iter().position(|name| *name == value);
                Setting::Choice(position.expect("what is allowed is one of all"))
            }
            Domain::Text if value.trim().is_empty() => return Err(refuse("it is any text that is not empty".into())),
            Domain::Text => Setting::Text(value.to_owned().into()),
            Domain::Number(unit) => match value.parse() {
                Ok(number) => Setting::Number(number),
                Err(_) => return Err(refuse(format!("it is a whole number of {unit}, 0 to {}", u32::MAX))),
            },
        };
        Ok(known)
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
    /// A text that is not TOML, a value that is neither a text nor a whole number, or as [`Assumptions::set`].
    #[cfg(feature = "cli")]
    pub fn set_toml(&mut self, text: &str) -> Result<(), AssumptionError> {
        let table: toml::Table =
            text.parse().map_err(|error: toml::de::Error| AssumptionError::NotToml { reason: error.to_string() })?;
        self.set_table("", &table)
    }

    /// A dotted TOML key is a table in a table: `remove.status` is `status` in `remove`.
    #[cfg(feature = "cli")]
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

    /// Sets the assumptions that `named` names and that are not set here already: the settings of a server override
    /// those of a seed.
    ///
    /// # Errors
    /// As [`Assumptions::set`].
    pub(crate) fn set_where_default(&mut self, named: &Map<String, Json>) -> Result<(), AssumptionError> {
        let before = self.clone();
        for (key, value) in named {
            self.set_json(key, value)?;
            if let Some(key) = Key::named(key).filter(|key| before.is_set(*key)) {
                self.settings[key as usize] = before.settings[key as usize].clone();
            }
        }
        Ok(())
    }

    /// Whether `key` is not at its default.
    fn is_switched(&self, key: Key) -> bool {
        self.settings[key as usize] != ENTRIES[key as usize].default
    }

    /// Every key that was set to something else than its default, with its value.
    pub(crate) fn switched(&self) -> impl Iterator<Item = (&'static str, String)> {
        let is_meant = |key: Key| self.is_set(key) && self.is_switched(key);
        Key::ALL.iter().zip(self.iter()).filter(move |(key, _)| is_meant(**key)).map(|(_, pair)| pair)
    }

    /// Every key with its value, to see which are in force.
    pub fn iter(&self) -> impl Iterator<Item = (&'static str, String)> {
        Key::ALL.iter().map(|key| (key.name(), self.value(*key).into_owned()))
    }

    /// The value of `key` in the words of the fixture.
    pub(crate) fn value(&self, key: Key) -> Cow<'_, str> {
        match (&self.settings[key as usize], &ENTRIES[key as usize].domain) {
            (Setting::Choice(position), Domain::OneOf { all, .. }) => all[*position].into(),
            (Setting::Text(text), _) => (&**text).into(),
            (Setting::Number(number), _) => number.to_string().into(),
            (Setting::Choice(_), _) => unreachable!("{} is a switch in the fixture", key.name()),
        }
    }

    /// The value of a switch, whose enum is `C`.
    pub(super) fn choice<C: Choice>(&self, key: Key) -> C {
        match &self.settings[key as usize] {
            Setting::Choice(position) => C::VALUES[*position],
            Setting::Text(_) | Setting::Number(_) => unreachable!("{} is a switch in the fixture", key.name()),
        }
    }

    /// The value of a text.
    pub(super) fn text(&self, key: Key) -> &str {
        match &self.settings[key as usize] {
            Setting::Text(text) => text,
            Setting::Choice(_) | Setting::Number(_) => unreachable!("{} is a text in the fixture", key.name()),
        }
    }

    /// The value of a time or a limit.
    pub(super) fn number(&self, key: Key) -> u32 {
        match &self.settings[key as usize] {
            Setting::Number(number) => *number,
            Setting::Choice(_) | Setting::Text(_) => unreachable!("{} is a number in the fixture", key.name()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_value_of_the_fixture_can_be_set_and_read_back() {
        for (key, entry) in Key::ALL.iter().zip(ENTRIES.iter()) {
            let values: Vec<String> = match &entry.domain {
                Domain::OneOf { allowed, .. } => allowed.iter().map(|name| (*name).to_owned()).collect(),
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
            assert_eq!(assumptions.value(Key::RemoveStatus), "200", "{text}");
        }
        let error = Assumptions::default().set_toml("confirm.phone = true").expect_err("a boolean").to_string();
        assert_eq!(error, "confirm.phone is a boolean; it must be a text or a whole number");
        assert!(Assumptions::default().set_toml("confirm.phone = ").is_err());
    }
}
