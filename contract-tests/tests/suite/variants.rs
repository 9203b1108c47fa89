//! Variants: a server may do this where the guide is silent, though the mock does not.

mod accounts;
mod alarms;
mod form;
mod items;
mod online;
mod tokens;

use serde_json::json;

use crate::proxy::{Answered, Asked, Wrong};

/// One way in which a server may differ from the mock.
#[derive(Clone, Copy)]
pub(crate) struct Variant {
    pub(crate) name: &'static str,
    pub(crate) does: Wrong,
}

const fn variant(name: &'static str, does: Wrong) -> Variant {
    Variant { name, does }
}

/// All of them.
pub(crate) fn all() -> impl Iterator<Item = &'static Variant> {
    [tokens::VARIANTS, accounts::VARIANTS, items::VARIANTS, alarms::VARIANTS, online::VARIANTS, form::VARIANTS]
        .into_iter()
        .flatten()
}

/// The answer of a server that forbids.
pub(super) fn forbid(asked: &Asked, answer: &mut Answered) {
    *answer = Answered::json(
        403,
        &match asked.is_standardized() {
            true => json!({ "error": { "code": "FORBIDDEN", "message": "No." } }),
            false => json!({ "message": "No." }),
        },
    );
}

/// The answer of a server that takes what it is asked with for wrong.
pub(super) fn invalidate(asked: &Asked, answer: &mut Answered) {
    *answer = Answered::json(
        422,
        &match asked.is_standardized() {
            true => json!({ "error": {
            "code": "VALIDATION_ERROR", "message": "No.", "details": [{ "field": "alarm", "issue": "is no number" }],
        } }),
            false => json!({ "errors": { "alarm": ["The alarm must be a number."] } }),
        },
    );
}
