//! Request bodies as the rules and the OpenAPI document know them.

use crate::model::id::Table;

/// A request body, as rules and the OpenAPI document know it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct BodySchema {
    /// The name in the OpenAPI document.
    pub(crate) name: &'static str,
    pub(crate) fields: &'static [BodyField],
    /// JSON that a world of the default seed accepts. Codes, and ids of items that were just added, only have the form.
    pub(crate) example: &'static str,
    pub(crate) purpose: BodyPurpose,
}

/// The use of a request body.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum BodyPurpose {
    /// It says everything that is needed.
    Whole,
    /// It changes the fields that it names; null clears one.
    Changes,
    /// It narrows down what is meant, and may be left out.
    Narrows,
}

/// A field of a request body.
#[derive(Clone, Copy, Debug)]
pub(crate) struct BodyField {
    pub(crate) name: &'static str,
    pub(crate) form: FieldForm,
    pub(crate) presence: Presence,
    /// A sentence for the OpenAPI document, or nothing.
    pub(crate) about: &'static str,
}

/// The form of the value of a field.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum FieldForm {
    Text,
    Email,
    Date,
    Number,
    Flag,
    /// The id of a row of this table, in the form in force.
    Id(Table),
}

/// Whether a field must be there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Presence {
    Required,
    Optional,
    /// As the gateway's `SSN_REQUIRED` says (ACCOUNT-3).
    BySsnRequired,
}

impl BodyField {
    /// A field that must be there.
    pub(crate) const fn required(name: &'static str, form: FieldForm) -> Self {
        Self { name, form, presence: Presence::Required, about: "" }
    }

    /// A field that may be left out.
    pub(crate) const fn optional(name: &'static str, form: FieldForm) -> Self {
        Self { name, form, presence: Presence::Optional, about: "" }
    }

    /// The same with a sentence about it.
    pub(crate) const fn about(self, about: &'static str) -> Self {
        Self { about, ..self }
    }
}
