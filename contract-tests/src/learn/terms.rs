//! The terms of a profile: tokens, cases and values.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::assumptions::assumptions;
use crate::recording::Who;

/// A scalar as a path or a query writes it.
pub(crate) fn text_of(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

/// The name of a caller's token in a profile.
pub(crate) fn token_of(who: &Who) -> &'static str {
    match who {
        Who::Crm | Who::OtherCrm => "crm",
        Who::App(_) => "app",
        Who::Unknown => "unknown",
        Who::Nobody => "none",
    }
}

/// The names of assumptions that decide which case a request is, as the fixture marks them.
pub(crate) fn deciding(basis: &str) -> Vec<&'static str> {
    let named: BTreeSet<&str> = basis.split(", ").collect();
    let decides = assumptions().iter().filter(|assumption| assumption.decides_the_case);
    decides.map(|assumption| &*assumption.key).filter(|key| named.contains(key)).collect()
}
