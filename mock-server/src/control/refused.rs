//! Refusals of control routes.

use std::sync::Arc;

use axum::Json;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde_json::json;

use crate::world::seed::faults::SeedError;
use crate::world::worlds::MakeError;

/// A request that a control route refuses, and why, in a sentence.
#[derive(Debug)]
pub(crate) struct Refused(StatusCode, String);

/// Why a caller may not use control routes, for the log.
#[derive(Clone, Debug)]
pub(crate) struct Objection(pub(crate) Arc<str>);

impl IntoResponse for Refused {
    fn into_response(self) -> Response {
        let mut response = (self.0, Json(json!({ "error": self.1 }))).into_response();
        // Other sentences may hold what the caller sent.
        if self.0 == StatusCode::FORBIDDEN {
            response.extensions_mut().insert(Objection(self.1.into()));
        }
        response
    }
}

impl Refused {
    /// A refusal with this status.
    pub(crate) fn new(status: StatusCode, text: impl Into<String>) -> Self {
        Self(status, text.into())
    }

    /// Its status.
    pub(crate) fn status(&self) -> StatusCode {
        self.0
    }

    /// The request cannot be understood.
    pub(crate) fn bad(text: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, text)
    }

    /// The caller may not use control routes.
    pub(crate) fn forbidden(text: impl Into<String>) -> Self {
        Self::new(StatusCode::FORBIDDEN, text)
    }

    /// There is no such thing.
    pub(crate) fn not_found(text: impl Into<String>) -> Self {
        Self::new(StatusCode::NOT_FOUND, text)
    }

    /// The route has other methods.
    pub(crate) fn method_not_allowed(text: impl Into<String>) -> Self {
        Self::new(StatusCode::METHOD_NOT_ALLOWED, text)
    }

    /// The request contradicts the state of the world.
    pub(crate) fn conflict(text: impl Into<String>) -> Self {
        Self::new(StatusCode::CONFLICT, text)
    }
}

impl From<SeedError> for Refused {
    fn from(error: SeedError) -> Self {
        Self::bad(format!("the seed cannot be used: {error}"))
    }
}

impl From<MakeError> for Refused {
    fn from(error: MakeError) -> Self {
        match error {
            MakeError::Seed(error) => error.into(),
            MakeError::TooMany(_) => Self::conflict(error.to_string()),
        }
    }
}
