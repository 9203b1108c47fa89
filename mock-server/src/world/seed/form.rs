//! The form of a seed, as a value that can be gone through: to tell every fault of a seed, to write its JSON Schema, and to
//! write the table of its fields.

use serde_json::{Map, Value as Json, json};

use super::faults::Faults;
use crate::model::time::{Date, Timestamp};
use crate::spelling;

/// The field that every object may have, for people: it is skipped.
pub(crate) const COMMENT: &str = "$comment";

/// The field of a whole seed that names its JSON Schema, for editors: it is skipped.
pub(crate) const SCHEMA: &str = "$schema";

/// A value of a seed.
#[derive(Clone, Debug)]
pub(crate) enum Form {
    Text,
    /// An instant, RFC 3339.
    Time,
    /// A day.
    Date,
    Flag,
    /// A whole number within these bounds.
    Number(i64, i64),
    /// A whole number in a request body, which may be written as a text too.
    BodyNumber,
    OneOf(Vec<String>),
    List(Box<Self>),
    Object(Vec<Field>),
    /// An object with just one of these fields.
    OneField(Vec<Field>),
    /// An object that a snapshot writes, and nobody by hand.
    Snapshot,
    /// Numbers by the names of tables.
    Counts(Vec<String>),
    /// The value of an assumption by its key.
    Assumptions,
}

/// A field of an object.
#[derive(Clone, Debug)]
pub(crate) struct Field {
    pub(crate) name: &'static str,
    pub(crate) form: Form,
    pub(crate) presence: Presence,
    /// A sentence.
    pub(crate) about: String,
    /// The value if it is left out, in words.
    pub(crate) default: &'static str,
    pub(crate) example: Option<Json>,
}

/// Whether a field has to be there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Presence {
    Required,
    Optional,
    /// It may be left out, and null means the same.
    OrNull,
}

impl Field {
    /// A field that must be there.
    pub(crate) fn required(name: &'static str, form: Form, about: &str) -> Self {
        Self { name, form, presence: Presence::Required, about: about.to_owned(), default: "", example: None }
    }

    /// A field that may be left out.
    pub(crate) fn optional(name: &'static str, form: Form, about: &str, default: &'static str) -> Self {
        Self { presence: Presence::Optional, default, ..Self::required(name, form, about) }
    }

    /// A field that may be left out or null.
    pub(crate) fn or_null(name: &'static str, form: Form, about: &str, default: &'static str) -> Self {
        Self { presence: Presence::OrNull, default, ..Self::required(name, form, about) }
    }

    /// The same with an example.
    pub(crate) fn example(self, example: impl Into<Json>) -> Self {
        Self { example: Some(example.into()), ..self }
    }

    /// An example, or a value of the form.
    pub(crate) fn sample(&self) -> Option<Json> {
        self.example.clone().or_else(|| self.form.sample())
    }
}

impl Form {
    /// A list of objects.
    pub(crate) fn objects(fields: Vec<Field>) -> Self {
        Self::List(Box::new(Self::Object(fields)))
    }

    /// The form in words, with its article.
    fn noun(&self) -> String {
        match self {
            Self::Text => "a text".into(),
            Self::Time => "a time as in RFC 3339".into(),
            Self::Date => "a day".into(),
            Self::Flag => "true or false".into(),
            Self::Number(least, most) if *most == i64::MAX => format!("a whole number from {least}"),
            Self::Number(least, most) => format!("a whole number from {least} to {most}"),
            Self::BodyNumber => "a whole number".into(),
            Self::OneOf(names) => format!("one of {}", names.join(", ")),
            Self::List(_) => "a list".into(),
            Self::OneField(fields) => {
                let names: Vec<&str> = fields.iter().map(|field| field.name).collect();
                format!("an object with either {}", names.join(" or "))
            }
            Self::Object(_) | Self::Snapshot | Self::Counts(_) | Self::Assumptions => "an object".into(),
        }
    }

    /// A value of the form, where one follows from it.
    pub(crate) fn sample(&self) -> Option<Json> {
        match self {
            Self::Time => Some(json!("2026-06-16T21:02:05Z")),
            Self::Date => Some(json!("2026-06-16")),
            Self::Flag => Some(json!(true)),
            Self::Number(least, _) => Some(json!((*least).max(1))),
            Self::BodyNumber => Some(json!(1)),
            Self::OneOf(names) => names.first().map(|name| json!(name)),
            Self::Text
            | Self::List(_)
            | Self::Object(_)
            | Self::OneField(_)
            | Self::Snapshot
            | Self::Counts(_)
            | Self::Assumptions => None,
        }
    }

    /// Adds what is wrong with `value`, which stands at `path`.
    pub(crate) fn check(&self, value: &Json, path: &str, faults: &mut Faults) {
        self.check_as(value, path, None, faults);
    }

    fn check_as(&self, value: &Json, path: &str, example: Option<&Json>, faults: &mut Faults) {
        match (self, value) {
            (Self::List(form), Json::Array(values)) => {
                for (place, value) in values.iter().enumerate() {
                    form.check_as(value, &format!("{path}[{place}]"), example, faults);
                }
            }
            (Self::Object(fields), Json::Object(object)) => check_object(fields, object, path, faults),
            (Self::OneField(fields), Json::Object(object)) if object.len() == 1 => {
                check_object(fields, object, path, faults);
            }
            (Self::Counts(names), Json::Object(counts)) => {
                for (name, count) in counts {
                    if !names.iter().any(|known| known == name) {
                        let known = spelling::or_all(name, names.iter().map(String::as_str));
                        faults.add(join(path, name), format!("this is no table{known}"));
                    } else if !count.is_u64() {
                        faults.add(join(path, name), "it must be a whole number from 0");
                    }
                }
            }
            (Self::Snapshot | Self::Assumptions, Json::Object(_)) => {}
            _ if self.admits(value) => {}
            _ => {
                let sample = self.sample();
                let is_of_type = self.json_type() == Some(type_of(value));
                let and = if is_of_type { String::new() } else { format!(", and is {}", type_of(value)) };
                faults.add_with(path, format!("it must be {}{and}", self.noun()), example.or(sample.as_ref()));
            }
        }
    }

    /// Whether `value` is a plain value of this form.
    fn admits(&self, value: &Json) -> bool {
        match (self, value) {
            (Self::Text, Json::String(_)) | (Self::Flag, Json::Bool(_)) => true,
            (Self::Time, Json::String(text)) => Timestamp::parse(text).is_ok(),
            (Self::Date, Json::String(text)) => Date::parse(text).is_ok(),
            (Self::Number(least, most), Json::Number(number)) => match number.as_i64() {
                Some(number) => (*least..=*most).contains(&number),
                None => number.is_u64() && *most == i64::MAX,
            },
            (Self::BodyNumber, Json::Number(number)) => number.is_i64(),
            (Self::BodyNumber, Json::String(text)) => text.trim().parse::<i64>().is_ok(),
            (Self::OneOf(names), Json::String(text)) => names.contains(text),
            _ => false,
        }
    }

    /// The JSON type of a plain value, where it says less than the form.
    fn json_type(&self) -> Option<&'static str> {
        match self {
            Self::Time | Self::Date | Self::OneOf(_) => Some(type_of(&Json::String(String::new()))),
            Self::Number(..) => Some(type_of(&json!(1))),
            Self::OneField(_) => Some(type_of(&json!({}))),
            _ => None,
        }
    }
}

fn check_object(fields: &[Field], object: &Map<String, Json>, path: &str, faults: &mut Faults) {
    for name in object.keys() {
        if !fields.iter().any(|field| field.name == *name) && !is_skipped(name, path) {
            faults.add(join(path, name), unknown_field(name, fields.iter().map(|field| field.name)));
        }
    }
    for field in fields {
        let place = join(path, field.name);
        match (object.get(field.name), field.presence) {
            (None, Presence::Required) => faults.add_with(place, "it is missing", field.sample().as_ref()),
            (None, _) | (Some(Json::Null), Presence::OrNull) => {}
            (Some(value), _) => field.form.check_as(value, &place, field.example.as_ref(), faults),
        }
    }
}

/// Why a seed cannot have a field of this name.
pub(crate) fn unknown_field<'a>(name: &str, known: impl Iterator<Item = &'a str> + Clone) -> String {
    if ["is_confirmed", "is_verified"].contains(&name) && known.clone().any(|known| known == "pending") {
        return "unknown field; an item is confirmed, unless it has \"pending\": true".to_owned();
    }
    format!("unknown field{}", spelling::or_all(name, known))
}

/// Whether a field of this name is for people or editors.
fn is_skipped(name: &str, path: &str) -> bool {
    name == COMMENT || (name == SCHEMA && path.is_empty())
}

/// Takes out the fields that are for people and editors.
pub(crate) fn without_comments(value: &mut Json) {
    if let Json::Object(seed) = value {
        seed.shift_remove(SCHEMA);
    }
    remove_comments(value);
}

fn remove_comments(value: &mut Json) {
    match value {
        Json::Array(values) => values.iter_mut().for_each(remove_comments),
        Json::Object(object) => {
            object.shift_remove(COMMENT);
            object.values_mut().for_each(remove_comments);
        }
        Json::Null | Json::Bool(_) | Json::Number(_) | Json::String(_) => {}
    }
}

/// The place of a field of the object at `path`.
pub(crate) fn join(path: &str, name: &str) -> String {
    if path.is_empty() { name.to_owned() } else { format!("{path}.{name}") }
}

fn type_of(value: &Json) -> &'static str {
    match value {
        Json::Null => "null",
        Json::Bool(_) => "true or false",
        Json::Number(_) => "a number",
        Json::String(_) => "a text",
        Json::Array(_) => "a list",
        Json::Object(_) => "an object",
    }
}
