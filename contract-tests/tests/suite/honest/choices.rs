//! Its open choices, drawn anew by a number: names of fields, envelopes, statuses and bodies where the guide gives none.

use serde_json::{Map, Value, json};

/// A set of choices. 0 is the server as it is.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Choices(pub(crate) u64);

/// Names that the guide does not give, each with others that are as good.
const NAMES: [(&str, [&str; 2]); 14] = [
    ("entries", ["items", "results"]),
    ("next_page_url", ["next", "following"]),
    ("watched", ["item", "entry"]),
    ("watch_id", ["uuid", "watch_uuid"]),
    ("is_active", ["is_confirmed", "is_live"]),
    ("watched_since_at", ["created_at", "added_at"]),
    ("address", ["email", "mail"]),
    ("msisdn", ["phone", "number_e164"]),
    ("bank_account", ["iban", "account_iban"]),
    ("customer", ["data", "account"]),
    ("profile", ["data", "me"]),
    ("mobile", ["phone", "cell"]),
    ("raised_at", ["created_at", "fired_at"]),
    ("found_at", ["created_at", "seen_at"]),
];

impl Choices {
    /// One of so many ways for a question.
    fn of(self, question: &str, ways: u64) -> u64 {
        let mixed =
            question.bytes().fold(self.0, |mixed, byte| (mixed ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3));
        if self.0 == 0 { 0 } else { (mixed >> 17) % ways }
    }

    /// The status and the body of a success.
    pub(super) fn success(self, status: u16, body: Option<Value>, is_documented: bool) -> (u16, Option<Value>) {
        if is_documented {
            return (status, body);
        }
        match body {
            None => match self.of("empty", 3) {
                0 => (status, None),
                1 => (200, Some(json!({ "message": "Klart." }))),
                _ => (if status == 201 { 201 } else { 200 }, Some(json!({ "ok": true }))),
            },
            Some(body) => {
                let mut body = self.renamed(body);
                if let (1, Some(fields)) = (self.of("extra", 2), body.as_object_mut()) {
                    fields.insert("request_id".into(), "67e55044-10b1-426f-9247-bb680e5fe0c8".into());
                }
                (status, Some(body))
            }
        }
    }

    fn renamed(self, body: Value) -> Value {
        match body {
            Value::Array(values) => values.into_iter().map(|value| self.renamed(value)).collect(),
            Value::Object(fields) => {
                let fields = fields.into_iter().map(|(name, value)| (self.name(&name), self.renamed(value)));
                Value::Object(fields.collect::<Map<_, _>>())
            }
            other => other,
        }
    }

    fn name(self, name: &str) -> String {
        let others = NAMES.iter().find(|(known, _)| *known == name).map(|(_, others)| others);
        match (others, self.of(name, 3)) {
            (Some(others), way @ 1..) => others[way as usize - 1].to_owned(),
            _ => name.to_owned(),
        }
    }

    /// Which of the four legacy shapes a refusal with this status has; 0 is the server's own.
    pub(super) fn legacy_shape(self, status: u16) -> u64 {
        self.of(&format!("legacy {status}"), 4)
    }

    /// How a legacy boolean is written.
    pub(super) fn legacy_boolean(self, value: bool) -> Value {
        match self.of("boolean", 3) {
            0 => (if value { "true" } else { "false" }).into(),
            1 => u64::from(value).into(),
            _ => (if value { "1" } else { "0" }).into(),
        }
    }

    /// The status of a refusal whose status the guide leaves open.
    pub(super) fn refusal(self, status: u16) -> u16 {
        match (status, self.of("refusal", 2)) {
            (405, 1) => 404,
            (status, _) => status,
        }
    }
}
