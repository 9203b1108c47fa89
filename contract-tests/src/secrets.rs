//! What must not stand in a report.

use std::fmt;

use serde_json::Value;

/// A password, a client secret or a token; `{:?}` does not show it.
#[derive(Clone)]
pub(crate) struct Secret(pub(crate) String);

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(…)")
    }
}

/// Fields whose values are secret wherever a body has them.
const FIELDS: [&str; 8] =
    ["password", "client_secret", "token", "ssn", "iban", "card_number", "passport_number", "license_number"];

/// A body with placeholders, such as `$PASSWORD`, for the values of its secret fields.
pub(crate) fn masked(text: &str) -> String {
    let Ok(mut body) = serde_json::from_str(text) else { return text.to_owned() };
    mask(&mut body);
    body.to_string()
}

fn mask(body: &mut Value) {
    match body {
        Value::Object(fields) => fields.iter_mut().for_each(|(name, value)| match value {
            Value::String(text) if FIELDS.contains(&&**name) => *text = format!("${}", name.to_uppercase()),
            _ => mask(value),
        }),
        Value::Array(values) => values.iter_mut().for_each(mask),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}
