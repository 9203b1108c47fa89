//! Refusals by meaning: no status number and no JSON shape.

use std::borrow::Cow;
use std::time::Duration;

use crate::guide::assumptions::Refusal;
use crate::guide::facts::Fact;
use crate::model::fields::{FieldError, Invalid};

/// A request that is refused: why, and a hint for the person behind the client.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ApiError {
    pub(crate) kind: ErrorKind,
    /// One sentence for `X-Mock-Hint`.
    pub(crate) hint: Option<Cow<'static, str>>,
    /// A fact that the refusal follows, beside those of the route.
    pub(crate) fact: Option<Fact>,
    /// How much later the response is sent, in real time.
    pub(crate) delay: Duration,
    /// Whether it follows no fact of the route, because a magic value asked for it.
    pub(crate) is_magic: bool,
}

/// Why a request is refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum ErrorKind {
    /// The request cannot be understood.
    BadRequest(Cow<'static, str>),
    /// The caller is not known.
    Unauthenticated,
    /// The caller is known, and not permitted.
    Forbidden,
    /// The thing does not exist, or not for this caller.
    NotFound,
    /// The path exists, and the method on it does not.
    MethodNotAllowed {
        /// The methods that do, as `Allow` lists them: `GET, HEAD, POST`.
        allow: String,
    },
    /// The body did not come whole in time.
    TimedOut,
    /// The request contradicts the state of the world.
    Conflict(Cow<'static, str>),
    /// The body is larger than the mock reads.
    TooLarge,
    /// The body is of a type that is not read.
    UnsupportedMediaType,
    /// The body was understood, and breaks a rule.
    Invalid(Vec<FieldError>),
    /// Too many requests with one token (FORMAT-9).
    Throttled {
        /// Until the next one is let through.
        retry_after_seconds: u32,
    },
    /// A defect of the mock itself, or an error that a fault asks for.
    Broken,
    /// The gateway cannot use the response of the server. Only a fault says so, as of the next two.
    BadGateway,
    /// The server takes no requests for now.
    Unavailable,
    /// The gateway has waited in vain for the response of the server.
    GatewayTimedOut,
}

impl From<ErrorKind> for ApiError {
    fn from(kind: ErrorKind) -> Self {
        Self { kind, hint: None, fact: None, delay: Duration::ZERO, is_magic: false }
    }
}

impl From<Invalid> for ApiError {
    fn from(Invalid(errors): Invalid) -> Self {
        ErrorKind::Invalid(errors).into()
    }
}

impl From<FieldError> for ApiError {
    fn from(error: FieldError) -> Self {
        ErrorKind::Invalid(vec![error]).into()
    }
}

impl ApiError {
    /// A refusal whose kind an assumption gives. `error` is the text of a validation error.
    pub(crate) fn assumed(refusal: impl Into<Refusal>, error: FieldError) -> Self {
        let kind = match refusal.into() {
            Refusal::BadRequest => ErrorKind::BadRequest(error.text),
            Refusal::Unauthenticated => ErrorKind::Unauthenticated,
            Refusal::Forbidden => ErrorKind::Forbidden,
            Refusal::NotFound => ErrorKind::NotFound,
            Refusal::Conflict => ErrorKind::Conflict(error.text),
            Refusal::Invalid => return error.into(),
        };
        kind.into()
    }

    /// The same with a hint.
    pub(crate) fn hint(self, hint: impl Into<Cow<'static, str>>) -> Self {
        Self { hint: Some(hint.into()), ..self }
    }

    /// The same, following `fact` too.
    pub(crate) fn fact(self, fact: Fact) -> Self {
        Self { fact: Some(fact), ..self }
    }
}

/// The answer of the world, which knows every account that a caller was let in to.
///
/// # Errors
/// There is no such account.
pub(crate) fn known<T>(answer: Option<T>) -> Result<T, ApiError> {
    answer.ok_or_else(|| ErrorKind::NotFound.into())
}
