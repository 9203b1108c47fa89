//! The statuses, codes and words of refusals (FORMAT-6 to 9): the one place that knows them.

use std::borrow::Cow;

use axum::http::StatusCode;
use serde::ser::SerializeMap;
use serde::{Serialize, Serializer};

use crate::api::error::ErrorKind;
use crate::guide::assumptions::Key;
use crate::guide::format::Format;
use crate::model::fields::FieldError;

/// The statuses that [`error_of_status`] knows.
pub(crate) const FAULT_STATUSES: [u16; 13] = [400, 401, 403, 404, 408, 409, 413, 415, 422, 500, 502, 503, 504];

/// The refusal that has this status, for a fault that asks for a status: one of [`FAULT_STATUSES`].
pub(crate) fn error_of_status(status: u16) -> Option<ErrorKind> {
    Some(match status {
        400 => ErrorKind::BadRequest("The request could not be understood.".into()),
        401 => ErrorKind::Unauthenticated,
        403 => ErrorKind::Forbidden,
        404 => ErrorKind::NotFound,
        408 => ErrorKind::TimedOut,
        409 => ErrorKind::Conflict("The request conflicts with what is there.".into()),
        413 => ErrorKind::TooLarge,
        415 => ErrorKind::UnsupportedMediaType,
        422 => ErrorKind::Invalid(vec![FieldError::new("fault", "The given data was invalid.")]),
        500 => ErrorKind::Broken,
        502 => ErrorKind::BadGateway,
        503 => ErrorKind::Unavailable,
        504 => ErrorKind::GatewayTimedOut,
        _ => return None,
    })
}

/// A refusal in numbers and words.
pub(crate) struct Wording<'a> {
    pub(crate) status: StatusCode,
    pub(crate) code: Code,
    /// The assumption that gives the legacy shape; `message` where none does.
    pub(crate) legacy_shape: Option<Key>,
    pub(crate) message: Cow<'a, str>,
    pub(crate) errors: Option<&'a [FieldError]>,
}

/// The standardized code of an error.
pub(crate) enum Code {
    /// The code that FORMAT-7 gives, or the name of a status that HTTP itself requires.
    Documented(&'static str),
    /// The code that an assumption gives.
    Assumed(Key),
}

impl<'a> Wording<'a> {
    /// The status, code and words of a refusal in this format.
    pub(crate) fn of(kind: &'a ErrorKind, format: Format) -> Self {
        use Code::{Assumed, Documented};
        let mut errors = None;
        let (status, code, legacy_shape, message) = match kind {
            ErrorKind::BadRequest(text) => {
                (StatusCode::BAD_REQUEST, Documented("BAD_REQUEST"), Some(Key::LegacyError400), Cow::Borrowed(&**text))
            }
            ErrorKind::Unauthenticated => (
                StatusCode::UNAUTHORIZED,
                Documented("UNAUTHENTICATED"),
                Some(Key::LegacyError401),
                "Unauthenticated.".into(),
            ),
            ErrorKind::Forbidden => (
                StatusCode::FORBIDDEN,
                Documented("FORBIDDEN"),
                Some(Key::LegacyError403),
                "This action is unauthorized.".into(),
            ),
            ErrorKind::NotFound => {
                (StatusCode::NOT_FOUND, Documented("NOT_FOUND"), Some(Key::LegacyError404), "Not found".into())
            }
            ErrorKind::MethodNotAllowed { allow } => (
                StatusCode::METHOD_NOT_ALLOWED,
                Assumed(Key::ErrorCode405),
                Some(Key::LegacyError405),
                format!("The method is not supported for this route. Supported methods: {allow}.").into(),
            ),
            ErrorKind::TimedOut => (
                StatusCode::REQUEST_TIMEOUT,
                Documented("REQUEST_TIMEOUT"),
                None,
                "The request body did not arrive in time.".into(),
            ),
            ErrorKind::Conflict(text) => {
                (StatusCode::CONFLICT, Assumed(Key::ErrorCode409), Some(Key::LegacyError409), Cow::Borrowed(&**text))
            }
            ErrorKind::TooLarge => (
                StatusCode::PAYLOAD_TOO_LARGE,
                Documented("PAYLOAD_TOO_LARGE"),
                None,
                "The request body is too large.".into(),
            ),
            ErrorKind::UnsupportedMediaType => (
                StatusCode::UNSUPPORTED_MEDIA_TYPE,
                Documented("UNSUPPORTED_MEDIA_TYPE"),
                None,
                "The request body must be application/json.".into(),
            ),
            ErrorKind::Invalid(list) => {
                errors = Some(list.as_slice());
                (
                    StatusCode::UNPROCESSABLE_ENTITY,
                    Documented("VALIDATION_ERROR"),
                    Some(Key::LegacyError422),
                    "The given data was invalid.".into(),
                )
            }
            // FORMAT-9: throttling is 409 in legacy, 429 in standardized.
            ErrorKind::Throttled { .. } => match format {
                Format::Legacy => (
                    StatusCode::CONFLICT,
                    Documented("RATE_LIMITED"),
                    Some(Key::LegacyError409),
                    "Too Many Attempts.".into(),
                ),
                Format::Standardized => {
                    (StatusCode::TOO_MANY_REQUESTS, Documented("RATE_LIMITED"), None, "Too Many Attempts.".into())
                }
            },
            ErrorKind::Broken => (
                StatusCode::INTERNAL_SERVER_ERROR,
                Assumed(Key::ErrorCode500),
                Some(Key::LegacyError500),
                "Server Error".into(),
            ),
            ErrorKind::BadGateway => (StatusCode::BAD_GATEWAY, Documented("BAD_GATEWAY"), None, "Bad Gateway".into()),
            ErrorKind::Unavailable => {
                (StatusCode::SERVICE_UNAVAILABLE, Documented("SERVICE_UNAVAILABLE"), None, "Service Unavailable".into())
            }
            ErrorKind::GatewayTimedOut => {
                (StatusCode::GATEWAY_TIMEOUT, Documented("GATEWAY_TIMEOUT"), None, "Gateway Timeout".into())
            }
        };
        Self { status, code, legacy_shape, message, errors }
    }

    /// One sentence. That of a validation error is its first error and the number of the others, as Laravel writes it.
    pub(crate) fn summary(&self) -> Cow<'_, str> {
        match self.errors {
            None | Some([]) => Cow::Borrowed(&self.message),
            Some([only]) => Cow::Borrowed(&only.text),
            Some([first, _]) => format!("{} (and 1 more error)", first.text).into(),
            Some([first, more @ ..]) => format!("{} (and {} more errors)", first.text, more.len()).into(),
        }
    }

    /// The text of each error, or the message where there are none.
    pub(crate) fn texts(&self) -> impl Iterator<Item = &str> {
        let errors = self.errors.unwrap_or_default();
        let message = errors.is_empty().then_some(&*self.message);
        errors.iter().map(|error| &*error.text).chain(message)
    }

    /// The fields that it is about, each once.
    pub(crate) fn fields(&self) -> impl Iterator<Item = &str> {
        let errors = self.errors.unwrap_or_default();
        let is_first = |place: usize| errors[..place].iter().all(|earlier| earlier.field != errors[place].field);
        errors.iter().enumerate().filter(move |(place, _)| is_first(*place)).map(|(_, error)| &*error.field)
    }

    /// `{field: [text, …]}` in the order of the fields.
    pub(crate) fn by_field(&self) -> FieldMap<'_> {
        FieldMap(self.errors.unwrap_or_default())
    }
}

/// Errors grouped by field.
pub(crate) struct FieldMap<'a>(&'a [FieldError]);

impl Serialize for FieldMap<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        for (position, error) in self.0.iter().enumerate() {
            if self.0[..position].iter().all(|earlier| earlier.field != error.field) {
                let of_field = self.0.iter().filter(|other| other.field == error.field);
                map.serialize_entry(&error.field, &of_field.map(|other| &*other.text).collect::<Vec<_>>())?;
            }
        }
        map.end()
    }
}
