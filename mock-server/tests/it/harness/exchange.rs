//! A request that is put together step by step, and its answer, which tells the whole story when a test fails.

use std::fmt::Write as _;

use reqwest::header::HeaderMap;
use serde_json::Value;

/// The version that selects the standardized format (FORMAT-1).
pub(crate) const STANDARDIZED: &str = "2026-06-12";

/// A request that is being put together.
pub(crate) struct Request {
    builder: reqwest::RequestBuilder,
    story: String,
}

impl Request {
    pub(super) fn new(builder: reqwest::RequestBuilder, story: String) -> Self {
        Self { builder, story }
    }

    /// With this bearer token.
    pub(crate) fn token(self, token: &str) -> Self {
        Self { builder: self.builder.bearer_auth(token), ..self }
    }

    /// With this bearer token, or with none.
    pub(crate) fn token_if(self, token: Option<&str>) -> Self {
        match token {
            Some(token) => self.token(token),
            None => self,
        }
    }

    /// With these headers besides.
    pub(crate) fn headers(self, headers: &[(&str, &str)]) -> Self {
        headers.iter().fold(self, |request, (name, value)| request.header(name, value))
    }

    /// With this JSON body.
    pub(crate) fn json(mut self, body: Value) -> Self {
        let _ = write!(self.story, " {body}");
        Self { builder: self.builder.json(&body), ..self }
    }

    /// With this body and content type.
    pub(crate) fn body(mut self, content_type: &str, body: impl Into<Vec<u8>>) -> Self {
        let body = body.into();
        let _ = write!(self.story, " ({content_type}, {} bytes)", body.len());
        Self { builder: self.builder.header("content-type", content_type).body(body), ..self }
    }

    /// With this header.
    pub(crate) fn header(self, name: &str, value: &str) -> Self {
        Self { builder: self.builder.header(name, value), ..self }
    }

    /// Asking for the standardized format (FORMAT-1).
    pub(crate) fn standardized(self) -> Self {
        self.header("x-api-version", STANDARDIZED)
    }

    pub(crate) async fn send(self) -> Answer {
        let story = self.story.clone();
        self.try_send().await.unwrap_or_else(|error| panic!("{story}: {error}"))
    }

    /// The answer, if one comes whole.
    pub(crate) async fn try_send(self) -> Result<Answer, reqwest::Error> {
        let response = self.builder.send().await?;
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        let raw = response.text().await?;
        let body = serde_json::from_str(&raw).unwrap_or(Value::Null);
        Ok(Answer { story: self.story, status, headers, raw, body })
    }
}

/// An answer, with the request that it answers.
#[derive(Debug)]
pub(crate) struct Answer {
    story: String,
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    /// The body as it came.
    pub(crate) raw: String,
    /// The body as JSON; null where it is not JSON.
    pub(crate) body: Value,
}

impl Answer {
    /// The same, if it has this status; otherwise the test ends with the whole story.
    #[track_caller]
    pub(crate) fn expect(self, status: u16) -> Self {
        assert_eq!(self.status, status, "{}\n{:?}\n{}", self.story, self.headers, self.raw);
        self
    }

    /// A header's value; empty where it is missing.
    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map(|value| value.to_str().expect("ASCII")).unwrap_or_default()
    }

    /// A text at the top of the body.
    #[track_caller]
    pub(crate) fn text(&self, field: &str) -> String {
        self.body[field]
            .as_str()
            .unwrap_or_else(|| panic!("{}: no text {field} in {}", self.story, self.raw))
            .to_owned()
    }

    /// The items of a list under `data`.
    #[track_caller]
    pub(crate) fn items(&self) -> &[Value] {
        self.body["data"].as_array().unwrap_or_else(|| panic!("{}: no list in {}", self.story, self.raw))
    }

    /// The fields with issues in a validation error of either format, each with its first issue, in the order of the
    /// answer.
    #[track_caller]
    pub(crate) fn issues(&self) -> Vec<(String, String)> {
        let text = |value: &Value| value.as_str().unwrap_or_else(|| panic!("no text in {}", self.raw)).to_owned();
        if let Some(details) = self.body["error"]["details"].as_array() {
            return details.iter().map(|detail| (text(&detail["field"]), text(&detail["issue"]))).collect();
        }
        let by_field = self.body["errors"].as_object().unwrap_or_else(|| panic!("no issues in {}", self.raw));
        by_field.iter().map(|(field, texts)| (field.clone(), text(&texts[0]))).collect()
    }

    /// Whether `X-Mock-Basis` names this fact or assumption.
    pub(crate) fn rests_on(&self, name: &str) -> bool {
        self.header("x-mock-basis").split(", ").any(|named| named == name)
    }
}

/// An id as paths write it, be it a number or a text.
pub(crate) fn written(id: &Value) -> String {
    id.as_str().map_or_else(|| id.to_string(), str::to_owned)
}

/// The names of an object's fields, in their order.
#[track_caller]
pub(crate) fn fields(body: &Value) -> Vec<&str> {
    let fields = body.as_object().unwrap_or_else(|| panic!("no object: {body}"));
    fields.keys().map(String::as_str).collect()
}
