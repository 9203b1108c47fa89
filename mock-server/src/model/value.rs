//! A watched value: the form in which it is compared, and the form in which it is read back.

use crate::guide::assumptions::ValueForm;
use crate::guide::trace::Assumed;
use crate::model::fields::Complaint;

/// A value as it is compared and, where `value.form` keeps it, as the client sent it.
#[derive(Clone, Debug)]
pub(crate) struct Value {
    canonical: Box<str>,
    original: Option<Box<str>>,
}

impl Value {
    /// The value `text`, whose canonical form is `canonical`.
    pub(crate) fn new(text: &str, canonical: Box<str>, assumed: Assumed<'_>) -> Self {
        let original = match assumed.choice() {
            ValueForm::AsSent if *text != *canonical => Some(text.into()),
            ValueForm::AsSent | ValueForm::Normalized => None,
        };
        Self { canonical, original }
    }

    /// A rule that keeps a text which satisfies `canonical`.
    pub(crate) fn rule(
        assumed: Assumed<'_>,
        canonical: fn(&str) -> Result<Box<str>, Complaint>,
    ) -> impl Fn(&str) -> Result<Self, Complaint> {
        move |text| Ok(Self::new(text, canonical(text)?, assumed))
    }

    /// The form in which values are compared.
    pub(crate) fn canonical(&self) -> &str {
        &self.canonical
    }

    /// The form in which clients read it.
    pub(crate) fn shown(&self) -> &str {
        self.original.as_deref().unwrap_or(&self.canonical)
    }
}
