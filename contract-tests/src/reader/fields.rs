//! Fields at any depth of a body, and the forms of their values.

use serde_json::{Value, json};

use crate::format::Format;

/// All fields of `body` at any depth, with their names.
pub fn fields(body: &Value) -> Vec<(&str, &Value)> {
    let named = |(name, value)| std::iter::once((name, value)).chain(fields(value));
    match body {
        Value::Object(object) => object.iter().map(|(name, value)| (name.as_str(), value)).flat_map(named).collect(),
        Value::Array(values) => values.iter().flat_map(fields).collect(),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => Vec::new(),
    }
}

/// Whether one of the fields of `item` is `value`, in whatever case and with whatever separators the target keeps it,
/// or hidden but for its end: fields may have any name.
pub fn shows(item: &Value, value: &str) -> bool {
    let bare = |text: &str| text.chars().filter(char::is_ascii_alphanumeric).collect::<String>().to_ascii_lowercase();
    let value = bare(value);
    let end = &value[value.len().saturating_sub(2)..];
    fields(item).iter().filter_map(|(_, field)| field.as_str()).any(|text| {
        let is_masked = text.contains(['*', '•', '·', '…', '#']) || text.contains("XX") && !value.contains("xx");
        bare(text) == value || is_masked && bare(text).ends_with(end)
    })
}

/// Whether a field of this name, at any depth of an answer, is `value`, in whatever form the target keeps it; none
/// where there is no such field.
pub fn field_is(body: &Value, name: &str, value: &str) -> Option<bool> {
    let named: Vec<_> = fields(body).into_iter().filter(|(of, _)| *of == name).collect();
    let is_it = |(name, field): &(&str, &Value)| {
        let text = field.as_str().map_or_else(|| field.to_string(), str::to_owned);
        shows(&json!({ *name: text }), value)
    };
    (!named.is_empty()).then(|| named.iter().any(is_it))
}

/// Whether a field of this name holds a boolean (FORMAT-5).
pub fn is_boolean_name(name: &str) -> bool {
    ["is_", "has_", "can_", "show_", "enable_", "skip_"].iter().any(|prefix| name.starts_with(prefix))
}

/// A boolean in whatever form either format writes one.
pub fn boolean(value: &Value) -> Option<bool> {
    match value {
        Value::Bool(value) => Some(*value),
        Value::Number(number) => Some(number.as_u64()? != 0),
        Value::String(text) => match &**text {
            "1" | "true" => Some(true),
            "0" | "false" => Some(false),
            _ => None,
        },
        Value::Null | Value::Array(_) | Value::Object(_) => None,
    }
}

/// The mistake in a field as a boolean of the format, if there is one.
pub fn boolean_issue(name: &str, value: &Value, format: Format) -> Option<String> {
    let is_right = match format {
        Format::Standardized => value.is_boolean(),
        Format::Legacy => !value.is_boolean() && boolean(value).is_some() && value != 2,
    };
    (!is_right).then(|| format!("{name} is {value}"))
}

/// Whether `text` has the form of `pattern`, in which `0` is any digit.
fn has_form(text: &str, pattern: &str) -> bool {
    let is_as = |(byte, wanted): (u8, u8)| if wanted == b'0' { byte.is_ascii_digit() } else { byte == wanted };
    text.len() == pattern.len() && text.bytes().zip(pattern.bytes()).all(is_as)
}

/// Whether `text` is a pure date, the same in both formats (FORMAT-4).
pub fn is_date(text: &str) -> bool {
    has_form(text, "0000-00-00")
}

/// Whether `text` is a date with a time, in whatever form.
pub fn is_like_datetime(text: &str) -> bool {
    text.get(..10).is_some_and(is_date) && text.get(11..16).is_some_and(|time| has_form(time, "00:00"))
}

/// Whether `text` is a datetime as `format` writes it (FORMAT-3).
pub fn is_datetime(text: &str, format: Format) -> bool {
    match format {
        Format::Standardized => has_form(text, "0000-00-00T00:00:00Z"),
        Format::Legacy => has_form(text, "0000-00-00 00:00:00"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_field_is_found_by_its_name() {
        let cases = [
            (json!({ "data": { "zip": "111 22" } }), Some(true)),
            (json!({ "profile": { "zip": 11122 } }), Some(true)),
            (json!({ "zip": "11123" }), Some(false)),
            (json!({ "data": { "zip": null } }), Some(false)),
            (json!({ "data": { "zip_code": "11122" } }), None),
            (Value::Null, None),
        ];
        for (body, expected) in cases {
            assert_eq!(field_is(&body, "zip", "11122"), expected, "{body}");
        }
    }

    #[test]
    fn datetimes_have_the_form_of_their_format() {
        let cases = [
            ("2026-06-16T21:02:05Z", true, false),
            ("2026-06-16 21:02:05", false, true),
            ("2026-06-16T21:02:05", false, false),
            ("2026-06-16T21:02:05.123Z", false, false),
            ("2026-06-16T21:02:05+00:00", false, false),
        ];
        for (text, standardized, legacy) in cases {
            let forms = [Format::Standardized, Format::Legacy].map(|format| is_datetime(text, format));
            assert!(is_like_datetime(text) && forms == [standardized, legacy], "{text}");
        }
        assert!(!is_like_datetime("2026-06-16") && is_date("2026-06-16") && !is_like_datetime("åäö åäö åäö åäö"));
    }
}
