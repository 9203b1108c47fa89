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
    if value.contains('@') {
        let end = bare(value);
        let end = &end[end.len().saturating_sub(2)..];
        let is_it = |text: &str| is_same(text, value) || is_masked(text) && bare(text).ends_with(end);
        return fields(item).iter().filter_map(|(_, field)| field.as_str()).any(is_it);
    }
    let value = bare(value);
    let end = &value[value.len().saturating_sub(2)..];
    fields(item).iter().filter_map(|(_, field)| field.as_str()).any(|text| {
        let is_masked = is_masked(text) || text.contains("XX") && !value.contains("xx");
        bare(text) == value || is_masked && bare(text).ends_with(end)
    })
}

/// Whether a text is what was sent, in whatever case.
pub fn is_same(text: &str, sent: &str) -> bool {
    text.trim().to_lowercase() == sent.to_lowercase()
}

/// What is missing from a value of which a field shows a part as if it were the whole; none where no field does. A target
/// may show a part by itself where another field shows the rest, and a few digits of a long number to tell it by.
pub fn missing_part(item: &Value, value: &str) -> Option<String> {
    let bare = |text: &str| text.chars().filter(char::is_ascii_alphanumeric).collect::<String>().to_ascii_lowercase();
    let (fields, whole) = (fields(item), bare(value));
    let texts: Vec<_> = fields.iter().filter_map(|(_, field)| field.as_str()).collect();
    let is_rest = |rest: &str| texts.iter().any(|text| bare(text) == rest);
    let part = texts.iter().find_map(|text| {
        let (is_masked, shown) = (is_masked(text), bare(text));
        let is_part = !is_masked && shown.len() < whole.len() && shown.len() * 5 >= whole.len() * 3;
        left_out(&whole, &shown).filter(|_| is_part)
    })?;
    (!is_rest(&part) && !shows(item, value)).then_some(part)
}

/// The characters of a whole that are not in a part of it, where all of the part is in the whole, in its order.
fn left_out(whole: &str, part: &str) -> Option<String> {
    let (mut rest, mut part) = (String::new(), part.chars().peekable());
    for char in whole.chars() {
        match part.next_if_eq(&char) {
            Some(_) => {}
            None => rest.push(char),
        }
    }
    part.peek().is_none().then_some(rest)
}

/// Whether a text is hidden in part.
fn is_masked(text: &str) -> bool {
    text.contains(['*', '•', '·', '…', '#'])
}

/// Whether a text stands in the place of one that a tool has taken out, as of a recording that is to be shared.
pub fn is_withheld(text: &str) -> bool {
    let text = text.to_ascii_lowercase();
    is_masked(&text) || ["redact", "filtered", "removed", "hidden", "xxxx"].iter().any(|word| text.contains(word))
}

/// Whether a field hides a long number but for its end, and shows the end of another one.
pub fn ends_otherwise(item: &Value, value: &str) -> bool {
    let digits = |text: &str| text.chars().filter(char::is_ascii_digit).collect::<String>();
    let value = digits(value);
    fields(item).iter().filter_map(|(_, field)| field.as_str()).any(|text| {
        let shown = text.rsplit(|char: char| !char.is_ascii_digit()).next().unwrap_or_default();
        let is_end = is_masked(text) && text.chars().count() >= 12 && shown.len() == 4;
        is_end && value.len() >= 12 && !value.ends_with(shown)
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

/// The same for a text that must come back whole: with its accents, spaces and signs, in whatever case. Phones and zips
/// have forms of their own.
pub fn field_is_kept(body: &Value, name: &str, value: &str) -> Option<bool> {
    let is_number = value.chars().all(|char| char.is_ascii_digit() || "+ -".contains(char));
    if is_number {
        return field_is(body, name, value);
    }
    let named: Vec<_> = fields(body).into_iter().filter(|(of, _)| *of == name).collect();
    let is_it = |(name, field): &(&str, &Value)| {
        let text = field.as_str().unwrap_or_default();
        is_same(text, value) || is_masked(text) && shows(&json!({ *name: text }), value)
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
    fn a_value_that_is_shown_in_part_is_told_from_one_that_is_hidden() {
        let iban = "SE4550000000058398257466";
        let cases = [
            (json!({ "iban": iban }), None),
            (json!({ "iban": "SE45 5000 0000 0583 9825 7466" }), None),
            (json!({ "iban": "4550000000058398257466" }), Some("se")),
            (json!({ "iban": "4550000000058398257466", "country_code": "SE" }), None),
            (json!({ "iban": "SE45500000000583982" }), Some("57466")),
            (json!({ "iban": "SE45 **** **** **** **** 7466" }), None),
            (json!({ "last_digits": "7466" }), None),
            (json!({ "id": 7 }), None),
        ];
        for (item, expected) in cases {
            assert_eq!(missing_part(&item, iban).as_deref(), expected, "{item}");
        }
    }

    #[test]
    fn a_hidden_number_ends_as_the_one_that_was_sent() {
        let card = "4242424242424242";
        let cases = [
            (json!({ "masked": "************4242" }), false),
            (json!({ "masked": "**** **** **** 0000" }), true),
            (json!({ "last_four": "4242", "expires": "**/49" }), false),
            (json!({ "number": card }), false),
        ];
        for (item, expected) in cases {
            assert_eq!(ends_otherwise(&item, card), expected, "{item}");
        }
    }

    #[test]
    fn a_text_comes_back_whole() {
        let cases = [
            ("street", "Östra gata 17 B", "ÖSTRA GATA 17 B", true),
            ("street", "Östra gata 17 B", "Ostra gata 17 B", false),
            ("street", "Östra gata 17 B", "Östragata17B", false),
            ("email", "a.b+c@example.com", "A.B+c@example.com", true),
            ("email", "a.b+c@example.com", "a.b@example.com", false),
            ("zip", "011 22", "01122", true),
            ("zip", "011 22", "1122", false),
            ("phone", "+46701740605", "+46 70 174 06 05", true),
        ];
        for (name, sent, shown, expected) in cases {
            assert_eq!(field_is_kept(&json!({ name: shown }), name, sent), Some(expected), "{sent} {shown}");
        }
        assert_eq!(field_is_kept(&json!({}), "zip", "1"), None);
    }

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
