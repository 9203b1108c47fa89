//! The two formats, and how each writes (FORMAT-1 to 5).

use serde_json::{Value, json};

use super::Request;

/// The prefixes of boolean fields (FORMAT-5).
const FLAGS: [&str; 6] = ["is_", "has_", "can_", "show_", "enable_", "skip_"];

/// In which format an answer is asked for, and how that format writes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Format {
    Legacy,
    Standardized,
}

impl Format {
    pub(crate) const BOTH: [Self; 2] = [Self::Legacy, Self::Standardized];

    /// `request`, asking for this format.
    pub(crate) fn ask(self, request: Request) -> Request {
        match self {
            Self::Legacy => request,
            Self::Standardized => request.standardized(),
        }
    }

    /// A boolean as this format writes it by default (FORMAT-5).
    pub(crate) fn flag(self, flag: bool) -> Value {
        match self {
            Self::Legacy => json!(u8::from(flag)),
            Self::Standardized => json!(flag),
        }
    }

    /// Holds every time, date and boolean in `body` to this format (FORMAT-3 to 5).
    #[track_caller]
    pub(crate) fn check(self, body: &Value, label: &str) {
        match body {
            Value::Object(fields) => {
                for (field, value) in fields {
                    self.check_field(field, value, &format!("{label}, {field}"));
                    self.check(value, label);
                }
            }
            Value::Array(items) => items.iter().for_each(|item| self.check(item, label)),
            _ => {}
        }
    }

    #[track_caller]
    fn check_field(self, field: &str, value: &Value, label: &str) {
        let is_flag = FLAGS.iter().any(|prefix| field.starts_with(prefix));
        assert!(is_flag || !value.is_boolean(), "{label}: only a flag is a boolean");
        if is_flag {
            assert!([self.flag(true), self.flag(false)].contains(value), "{label}: {value} in {self:?}");
        }
        let expected = match self {
            _ if field.ends_with("_date") => "0000-00-00",
            Self::Legacy if field.ends_with("_at") => "0000-00-00 00:00:00",
            Self::Standardized if field.ends_with("_at") => "0000-00-00T00:00:00Z",
            _ => return,
        };
        assert!(value.is_null() || value.as_str().map(digits_hidden).as_deref() == Some(expected), "{label}: {value}");
    }
}

/// A text with 0 for every digit.
fn digits_hidden(text: &str) -> String {
    text.chars().map(|char| if char.is_ascii_digit() { '0' } else { char }).collect()
}
