//! Its answers, and how the two formats write them (FORMAT-1 to FORMAT-8).

use axum::body::Body;
use axum::http::header::{CONTENT_TYPE, LOCATION};
use axum::response::Response;
use jiff::Timestamp;
use serde_json::{Map, Value, json};

use super::choices::Choices;

/// An answer, before it has a format.
#[derive(Clone, Debug)]
pub(crate) struct Reply {
    status: u16,
    body: Option<Value>,
    /// The fields that a refusal is about.
    fields: Vec<String>,
    location: Option<&'static str>,
}

impl Reply {
    pub(crate) const fn empty(status: u16) -> Self {
        Self { status, body: None, fields: Vec::new(), location: None }
    }

    pub(crate) const fn json(status: u16, body: Value) -> Self {
        Self { status, body: Some(body), fields: Vec::new(), location: None }
    }

    /// A refusal.
    pub(crate) const fn refusal(status: u16) -> Self {
        Self::empty(status)
    }

    /// A body whose fields are not as they must be.
    pub(crate) fn invalid(fields: &[&str]) -> Self {
        Self { fields: fields.iter().map(|field| (*field).to_owned()).collect(), ..Self::empty(422) }
    }

    /// Elsewhere there is a page.
    pub(crate) fn elsewhere(location: &'static str) -> Self {
        Self { location: Some(location), ..Self::empty(303) }
    }

    /// The answer as it goes over the wire. `is_documented` says that the guide gives its form.
    pub(crate) fn rendered(self, is_standardized: bool, is_documented: bool, choices: Choices) -> Response {
        let is_success = self.status < 300;
        let (status, body) = match is_success {
            true => choices.success(self.status, self.body, is_documented),
            false => (choices.refusal(self.status), self.body),
        };
        let mut response = Response::builder().status(status);
        if let Some(location) = self.location {
            response = response.header(LOCATION, location);
        }
        let (content_type, body) = match body {
            Some(body) => ("application/json", written(body, is_standardized, choices)),
            None if status < 400 => return response.body(Body::empty()).expect("a response"),
            None if is_standardized => ("application/json", standardized(status, &self.fields)),
            None => legacy(status, &self.fields, choices.legacy_shape(status)),
        };
        let response = response.header(CONTENT_TYPE, content_type);
        response.body(Body::from(body.to_string())).expect("a response")
    }
}

/// A moment in a body, which each format writes in its own way.
pub(crate) fn moment(at: Timestamp) -> Value {
    json!({ "$at": at.as_second() })
}

/// A body with its moments and booleans as the format has them.
fn written(body: Value, is_standardized: bool, choices: Choices) -> Value {
    match body {
        Value::Bool(value) if !is_standardized => choices.legacy_boolean(value),
        Value::Array(values) => values.into_iter().map(|value| written(value, is_standardized, choices)).collect(),
        Value::Object(fields) => match fields.get("$at").and_then(Value::as_i64) {
            Some(second) => {
                let text = Timestamp::from_second(second).expect("a time of this century").to_string();
                if is_standardized { text.into() } else { text.replace('T', " ").trim_end_matches('Z').into() }
            }
            None => {
                let fields = fields.into_iter().map(|(name, value)| (name, written(value, is_standardized, choices)));
                Value::Object(fields.collect::<Map<_, _>>())
            }
        },
        other => other,
    }
}

fn standardized(status: u16, fields: &[String]) -> Value {
    let code = match status {
        400 => "BAD_REQUEST",
        401 => "UNAUTHENTICATED",
        403 => "FORBIDDEN",
        404 => "NOT_FOUND",
        422 => "VALIDATION_ERROR",
        _ => "NOT_POSSIBLE",
    };
    let mut error = json!({ "code": code, "message": "Det gick inte." });
    if !fields.is_empty() {
        error["details"] = fields.iter().map(|field| json!({ "field": field, "issue": "saknas" })).collect();
    }
    json!({ "error": error })
}

fn legacy(status: u16, fields: &[String], shape: u64) -> (&'static str, Value) {
    match shape {
        1 => return ("application/json", json!({ "message": "Nej." })),
        2 => return ("application/json", json!({ "error": "Nej.", "corr_id": "c-3" })),
        3 => {
            let entry = json!({ "status": status.to_string(), "title": "Nej", "detail": fields.join(", ") });
            return ("application/vnd.api+json", json!({ "errors": [entry] }));
        }
        _ => {}
    }
    match status {
        422 if fields.len() == 1 => ("application/json", json!({ "errors": { &fields[0]: ["Fältet behövs."] } })),
        404 | 405 => ("application/json", json!({ "error": "Finns inte" })),
        401 => ("application/json", json!({ "message": "Vem är du?", "corr_id": "c-1" })),
        _ => {
            let entry = json!({ "status": status.to_string(), "title": "Nej", "detail": fields.join(", ") });
            ("application/vnd.api+json", json!({ "errors": [entry], "corr_id": "c-2" }))
        }
    }
}
