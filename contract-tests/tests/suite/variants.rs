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

/// All of them. Each is tried with every fourth, so the order keeps apart what the suite cannot tell apart together: where
/// adds answer nothing, a new item is looked for at the end of the list, so the list may not be in the reverse order.
pub(crate) fn all() -> impl Iterator<Item = &'static Variant> {
    [tokens::VARIANTS, accounts::VARIANTS, items::VARIANTS, alarms::VARIANTS, online::VARIANTS, form::VARIANTS]
        .into_iter()
        .flatten()
}

/// The answer of a server that forbids.
fn forbid(asked: &Asked, answer: &mut Answered) {
    let body = match asked.is_standardized() {
        true => json!({ "error": { "code": "FORBIDDEN", "message": "No." } }),
        false => json!({ "message": "No." }),
    };
    *answer = Answered::json(403, &body);
}

/// The answer of a server that finds a request invalid.
fn invalidate(asked: &Asked, answer: &mut Answered) {
    let details = json!([{ "field": "alarm", "issue": "is no number" }]);
    let body = match asked.is_standardized() {
        true => json!({ "error": { "code": "VALIDATION_ERROR", "message": "No.", "details": details } }),
        false => json!({ "errors": { "alarm": ["The alarm must be a number."] } }),
    };
    *answer = Answered::json(422, &body);
}
