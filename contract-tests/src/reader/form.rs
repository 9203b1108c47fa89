//! What is wrong with the form of an answer, field by field.

use serde_json::Value;

use super::errors::error_issue;
use super::fields::{boolean_issue, fields, is_boolean_name, is_date, is_datetime, is_like_datetime};
use crate::format::Format;

/// The one date that the guide names.
const GUIDES_DATE: &str = "activation_date";

/// Whether a field is a datetime, by its value or its name.
pub fn is_datetime_field(name: &str, value: &Value) -> bool {
    match value {
        Value::String(text) => is_like_datetime(text) || name.ends_with("_at"),
        Value::Number(_) => name.ends_with("_at"),
        _ => false,
    }
}

/// The mistake in a field as a datetime, if it is one.
pub fn datetime_issue(name: &str, value: &Value, format: Format) -> Option<String> {
    let is_wrong = match value {
        Value::String(text) if is_like_datetime(text) || name.ends_with("_at") && !text.is_empty() => {
            !is_datetime(text, format)
        }
        Value::Number(_) => name.ends_with("_at"),
        _ => false,
    };
    is_wrong.then(|| format!("{name} is {value}"))
}

/// Whether a field is a pure date.
pub fn is_date_field(name: &str, value: &Value) -> bool {
    match value {
        Value::Null => false,
        Value::String(text) => name.ends_with("_date") && !text.is_empty(),
        _ => name == GUIDES_DATE,
    }
}

/// The mistake in a field as a date, if there is one.
pub fn date_issue(name: &str, value: &Value, format: Format) -> Option<String> {
    let text = value.as_str().unwrap_or_default();
    // Another field than the guide's may be called a date and hold a time; that of a date is midnight.
    let is_time = is_datetime(text, format) && !text.contains("00:00:00");
    let is_right = is_date(text) || name != GUIDES_DATE && is_time;
    (!is_right).then(|| format!("{name} is {value}"))
}

/// Whether a field is a boolean (FORMAT-5).
pub fn is_boolean_field(name: &str, value: &Value) -> bool {
    is_boolean_name(name) && !value.is_null()
}

/// Whether anything in an answer is not of the form of its format.
pub fn has_form_issue(status: u16, content_type: &str, body: &Value, format: Format) -> bool {
    let is_wrong = |(name, value): &(&str, &Value)| {
        is_datetime_field(name, value) && datetime_issue(name, value, format).is_some()
            || is_date_field(name, value) && date_issue(name, value, format).is_some()
            || is_boolean_field(name, value) && boolean_issue(name, value, format).is_some()
    };
    let is_odd_error = status >= 400 && error_issue(status, content_type, body, format).is_some();
    is_odd_error || fields(body).iter().any(is_wrong)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn an_answer_is_odd_by_any_of_its_fields_or_as_an_error() {
        let cases = [
            (200, json!({ "data": [{ "created_at": "2026-06-16T21:02:05Z", "is_active": true }] }), false),
            (200, json!({ "data": [{ "created_at": "2026-06-16 21:02:05" }] }), true),
            (200, json!({ "activation_date": "2026-06-16", "has_ssn": null }), false),
            (200, json!({ "activation_date": 20_260_616 }), true),
            (200, json!({ "has_ssn": 1 }), true),
            (401, json!({ "error": { "code": "UNAUTHENTICATED", "message": "No." } }), false),
            (401, json!({ "message": "No." }), true),
        ];
        for (status, body, expected) in cases {
            let is_odd = has_form_issue(status, "application/json", &body, Format::Standardized);
            assert_eq!(is_odd, expected, "{status} {body}");
        }
    }
}
