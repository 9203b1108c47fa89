//! What an answer says, before anybody decides how it is written.
//!
//! Handlers build these trees and know neither format. What the two formats write differently (instants, booleans, ids)
//! has a variant of its own, so the format layer never guesses from text.

use std::borrow::Cow;

use crate::id::Id;
use crate::time::{Date, Timestamp};

/// One value of an answer.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Value {
    Null,
    /// A boolean (FORMAT-5).
    Flag(bool),
    Number(u64),
    Text(Cow<'static, str>),
    /// A day (FORMAT-4).
    Date(Date),
    /// An instant (FORMAT-3).
    Time(Timestamp),
    Id(Id),
    List(Vec<Self>),
    /// Fields below a field.
    Object(Object),
}

/// Fields in the order in which they are written.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Object(pub(crate) Vec<(&'static str, Value)>);

impl Object {
    /// An object with room for the fields of any item.
    pub(crate) fn new() -> Self {
        Self(Vec::with_capacity(10))
    }

    /// Adds a field.
    pub(crate) fn with(mut self, name: &'static str, value: impl Into<Value>) -> Self {
        let value = value.into();
        debug_assert!(
            !matches!(value, Value::Flag(_)) || BOOLEAN_PREFIXES.iter().any(|prefix| name.starts_with(prefix)),
            "{name} is a boolean and has none of the prefixes of FORMAT-5"
        );
        self.0.push((name, value));
        self
    }

    /// Adds a field that is left out where there is no value.
    pub(crate) fn with_some(self, name: &'static str, value: Option<impl Into<Value>>) -> Self {
        match value {
            Some(value) => self.with(name, value),
            None => self,
        }
    }
}

/// The beginnings of the names of booleans (FORMAT-5).
const BOOLEAN_PREFIXES: [&str; 6] = ["is_", "has_", "can_", "show_", "enable_", "skip_"];

impl From<bool> for Value {
    fn from(flag: bool) -> Self {
        Self::Flag(flag)
    }
}

impl From<u64> for Value {
    fn from(number: u64) -> Self {
        Self::Number(number)
    }
}

impl From<&'static str> for Value {
    fn from(text: &'static str) -> Self {
        Self::Text(Cow::Borrowed(text))
    }
}

impl From<String> for Value {
    fn from(text: String) -> Self {
        Self::Text(Cow::Owned(text))
    }
}

impl From<&Box<str>> for Value {
    fn from(text: &Box<str>) -> Self {
        Self::Text(Cow::Owned(text.to_string()))
    }
}

impl From<Date> for Value {
    fn from(date: Date) -> Self {
        Self::Date(date)
    }
}

impl From<Timestamp> for Value {
    fn from(instant: Timestamp) -> Self {
        Self::Time(instant)
    }
}

impl From<Id> for Value {
    fn from(id: Id) -> Self {
        Self::Id(id)
    }
}

impl From<Object> for Value {
    fn from(object: Object) -> Self {
        Self::Object(object)
    }
}

impl<T: Into<Self>> From<Vec<T>> for Value {
    fn from(list: Vec<T>) -> Self {
        Self::List(list.into_iter().map(Into::into).collect())
    }
}

impl<T: Into<Self>> From<Option<T>> for Value {
    fn from(option: Option<T>) -> Self {
        option.map_or(Self::Null, Into::into)
    }
}
