//! Reading request bodies: every field is optional until a rule says otherwise, and all errors are gathered at once, in
//! the order in which the fields are read. Texts are Laravel's English ones.
//!
//! As stock Laravel does, texts are trimmed, and an empty one counts as absent.

use std::borrow::Cow;

use serde_json::{Map, Value as Json};

use crate::guide::assumptions::UpdateEmpty;
use crate::model::body::BodyField;
use crate::model::time::Date;
use crate::model::update::{Change, Update};

/// The end of the sentence "The … field …" about a value that a rule refuses.
pub(crate) type Complaint = Cow<'static, str>;

/// A rule that one field breaks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct FieldError {
    pub(crate) field: Cow<'static, str>,
    /// A sentence, as Laravel writes it.
    pub(crate) text: Cow<'static, str>,
}

impl FieldError {
    /// An error of `field`.
    pub(crate) fn new(field: &'static str, text: impl Into<Cow<'static, str>>) -> Self {
        Self { field: field.into(), text: text.into() }
    }
}

/// All rules that a body breaks, in the order of its fields.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Invalid(pub(crate) Vec<FieldError>);

/// A request body as fields, with the errors found so far.
#[derive(Debug)]
pub(crate) struct Fields<'a> {
    body: &'a Map<String, Json>,
    /// The fields that the body may have, which are those that the OpenAPI document tells.
    known: &'static [BodyField],
    errors: Vec<FieldError>,
}

/// A body that names these fields, but for those that have no value.
pub(crate) fn body<const N: usize>(fields: [(&str, Json); N]) -> Map<String, Json> {
    let named = fields.into_iter().filter(|(_, value)| !value.is_null());
    named.map(|(name, value)| (name.to_owned(), value)).collect()
}

/// What a body says of a field, before the value is judged.
enum Said {
    Nothing,
    Null,
    Value,
}

impl<'a> Fields<'a> {
    /// The fields of `body`, of which `known` may be read.
    pub(crate) fn new(body: &'a Map<String, Json>, known: &'static [BodyField]) -> Self {
        Self { body, known, errors: Vec::new() }
    }

    /// The model, or everything that is wrong with the body. A model that is missing has left an error.
    ///
    /// # Errors
    /// The rules that the body breaks.
    pub(crate) fn finish<T>(self, model: Option<T>) -> Result<T, Invalid> {
        match model {
            Some(model) if self.errors.is_empty() => Ok(model),
            _ => Err(Invalid(self.errors)),
        }
    }

    /// Adds an error of `field`: the end of the sentence "The … field …".
    pub(crate) fn complain(&mut self, field: &'static str, complaint: impl Into<Complaint>) {
        self.refuse(FieldError::new(field, format!("The {} field {}.", label(field), complaint.into())));
    }

    /// Adds an error that has words of its own.
    pub(crate) fn refuse(&mut self, error: FieldError) {
        self.errors.push(error);
    }

    /// Whether the field stands in the body with a value: not null, not empty.
    pub(crate) fn has(&self, field: &str) -> bool {
        self.value(field).is_some()
    }

    /// The text of a field that another field's rule asks for, whether it is right or not.
    pub(crate) fn peek(&self, field: &str) -> Option<&'a str> {
        self.value(field).and_then(Json::as_str).map(str::trim)
    }

    /// A text that must be there and satisfy `rule`.
    pub(crate) fn required<T>(
        &mut self,
        field: &'static str,
        rule: impl FnOnce(&str) -> Result<T, Complaint>,
    ) -> Option<T> {
        self.required_if(true, "is required", field, rule).flatten()
    }

    /// A text that satisfies `rule` if it is there, and must be there if `required`; `why` ends the sentence if not.
    /// None after an error, `Some(None)` where it is rightly absent.
    pub(crate) fn required_if<T>(
        &mut self,
        required: bool,
        why: &'static str,
        field: &'static str,
        rule: impl FnOnce(&str) -> Result<T, Complaint>,
    ) -> Option<Option<T>> {
        match self.value(field) {
            None if required => {
                self.complain(field, why);
                None
            }
            None => Some(None),
            Some(Json::String(text)) => self.judged(field, rule(text.trim())).map(Some),
            Some(_) => {
                self.complain(field, "must be a string");
                None
            }
        }
    }

    /// A text that satisfies `rule` if it is there. None after an error, `Some(None)` where it is absent.
    pub(crate) fn optional<T>(
        &mut self,
        field: &'static str,
        rule: impl FnOnce(&str) -> Result<T, Complaint>,
    ) -> Option<Option<T>> {
        self.required_if(false, "", field, rule)
    }

    /// What an update says of a text that may be cleared. None after an error.
    pub(crate) fn change<T>(
        &mut self,
        field: &'static str,
        update: Update<'_>,
        rule: impl FnOnce(&str) -> Result<T, Complaint>,
    ) -> Option<Change<T>> {
        match self.said(field, update)? {
            Said::Nothing => Some(update.of_unnamed()),
            Said::Null => Some(Change::Clear),
            Said::Value => self.required(field, rule).map(Change::Set),
        }
    }

    /// What an update says of a text that can be neither cleared nor done without. None after an error.
    pub(crate) fn change_required<T>(
        &mut self,
        field: &'static str,
        update: Update<'_>,
        rule: impl FnOnce(&str) -> Result<T, Complaint>,
    ) -> Option<Option<T>> {
        match self.said(field, update)? {
            Said::Nothing if !update.replaces_whole() => Some(None),
            Said::Nothing | Said::Null => {
                self.complain(field, "is required");
                None
            }
            Said::Value => self.required(field, rule).map(Some),
        }
    }

    /// What an update says of a whole number that may be cleared. None after an error.
    pub(crate) fn change_integer<T>(
        &mut self,
        field: &'static str,
        update: Update<'_>,
        rule: impl FnOnce(i64) -> Result<T, Complaint>,
    ) -> Option<Change<T>> {
        match self.said(field, update)? {
            Said::Nothing => Some(update.of_unnamed()),
            Said::Null => Some(Change::Clear),
            Said::Value => self.integer(field, true, rule).flatten().map(Change::Set),
        }
    }

    /// Tells absent, null, empty and a value apart, as the update reads them. None after an error.
    fn said(&mut self, field: &'static str, update: Update<'_>) -> Option<Said> {
        match self.get(field) {
            None => Some(Said::Nothing),
            Some(Json::Null) => Some(Said::Null),
            Some(Json::String(text)) if text.trim().is_empty() => match update.empty() {
                UpdateEmpty::Cleared => Some(Said::Null),
                UpdateEmpty::Kept => Some(Said::Nothing),
                UpdateEmpty::Refused => {
                    self.complain(field, "must have a value");
                    None
                }
            },
            Some(_) => Some(Said::Value),
        }
    }

    /// A whole number, or digits in a text, if it is there and satisfies `rule`. None after an error.
    pub(crate) fn integer<T>(
        &mut self,
        field: &'static str,
        required: bool,
        rule: impl FnOnce(i64) -> Result<T, Complaint>,
    ) -> Option<Option<T>> {
        let number = match self.value(field) {
            None if required => {
                self.complain(field, "is required");
                return None;
            }
            None => return Some(None),
            Some(Json::Number(number)) => number.as_i64(),
            Some(Json::String(text)) => text.trim().parse().ok(),
            Some(_) => None,
        };
        match number {
            Some(number) => self.judged(field, rule(number)).map(Some),
            None => {
                self.complain(field, "must be an integer");
                None
            }
        }
    }

    /// A boolean as Laravel takes it (true, false, 0, 1, "0", "1"); false where it is absent. None after an error.
    pub(crate) fn boolean(&mut self, field: &'static str) -> Option<bool> {
        match self.value(field) {
            None => Some(false),
            Some(Json::Bool(flag)) => Some(*flag),
            Some(Json::Number(number)) if number.as_u64() == Some(1) => Some(true),
            Some(Json::Number(number)) if number.as_u64() == Some(0) => Some(false),
            Some(Json::String(text)) if text == "1" => Some(true),
            Some(Json::String(text)) if text == "0" => Some(false),
            Some(_) => {
                self.complain(field, "must be true or false");
                None
            }
        }
    }

    /// An id or a code, which clients send as a text or as a number, as a text.
    pub(crate) fn opaque(&mut self, field: &'static str, required: bool) -> Option<Option<String>> {
        match self.value(field) {
            None if required => {
                self.complain(field, "is required");
                None
            }
            None => Some(None),
            Some(Json::String(text)) => Some(Some(text.trim().to_owned())),
            Some(Json::Number(number)) => Some(Some(number.to_string())),
            Some(_) => {
                self.complain(field, "must be a string");
                None
            }
        }
    }

    fn get(&self, field: &str) -> Option<&'a Json> {
        debug_assert!(self.known.iter().any(|known| known.name == field), "{field} is missing in the list of fields");
        self.body.get(field)
    }

    fn value(&self, field: &str) -> Option<&'a Json> {
        self.get(field).filter(|value| match value {
            Json::Null => false,
            Json::String(text) => !text.trim().is_empty(),
            _ => true,
        })
    }

    fn judged<T>(&mut self, field: &'static str, verdict: Result<T, Complaint>) -> Option<T> {
        verdict.map_err(|complaint| self.complain(field, complaint)).ok()
    }
}

/// The name of a field as a message writes it: `country_code` is "country code".
fn label(field: &str) -> Cow<'_, str> {
    if field.contains('_') { field.replace('_', " ").into() } else { field.into() }
}

/// The error of a value that must be unique and is not.
pub(crate) fn taken(field: &'static str) -> FieldError {
    FieldError::new(field, format!("The {} has already been taken.", label(field)))
}

/// The error of a value that names nothing.
pub(crate) fn unknown(field: &'static str) -> FieldError {
    FieldError::new(field, format!("The selected {} is invalid.", label(field)))
}

/// Any text of at most 255 characters.
pub(crate) fn short_text(text: &str) -> Result<Box<str>, Complaint> {
    at_most(text, 255)?;
    Ok(text.into())
}

/// Refuses a text of more than `most` characters.
pub(crate) fn at_most(text: &str, most: usize) -> Result<(), Complaint> {
    if text.chars().count() > most {
        return Err(format!("must not be greater than {most} characters").into());
    }
    Ok(())
}

/// Two letters, in upper case: a country (ISO 3166) or a language (ISO 639).
pub(crate) fn two_letters(text: &str) -> Result<Box<str>, Complaint> {
    if text.len() == 2 && text.bytes().all(|byte| byte.is_ascii_alphabetic()) {
        Ok(text.to_ascii_uppercase().into())
    } else {
        Err("format is invalid".into())
    }
}

/// A day, as in `2034-05-31`.
pub(crate) fn date(text: &str) -> Result<Date, Complaint> {
    Date::parse(text).map_err(|_| "must match the format Y-m-d".into())
}

#[cfg(test)]
mod tests;
