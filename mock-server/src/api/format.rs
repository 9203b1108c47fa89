//! The two response formats (FORMAT-1 to 9): statuses, envelopes and error shapes.
//!
//! Writing is a pure function from the answer of a handler to the bytes of a response.

use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use bytes::Bytes;
use serde::Serialize;
use uuid::Uuid;

use crate::api::error::{ApiError, ErrorKind};
use crate::api::pages::{Links, Listing, Meta, Paginated};
use crate::api::reply::{
    AccountCreated, AccountNow, Added, Closed, Done, IssuedCode, IssuedToken, Now, Removed, ScanNow,
};
use crate::api::wording::{Code, FieldMap, Wording};
use crate::guide::assumptions::{ActionAnswer, AddBody, AddStatus, LegacyError, ListShape, RemoveStatus, ScanBody};
use crate::guide::facts::Fact;
use crate::guide::format::{Format, STANDARDIZED_VERSION};
use crate::guide::trace::Assumed;
use crate::model::shape::{InFormat, Shape, Shown, Writing};
use crate::profile::Written;

/// The request header that selects the format (FORMAT-1).
const VERSION_HEADER: &str = "x-api-version";

/// Room for the body of most responses, so that it does not grow step by step.
const TYPICAL_BODY: usize = 1024;

const JSON: &str = "application/json";
const JSON_API: &str = "application/vnd.api+json";

/// The format that a request asks for. A missing, unknown or contradictory version selects the legacy one (FORMAT-1),
/// unless the deployment forces the standardized one (FORMAT-2).
pub(crate) fn asked_for(headers: &HeaderMap, normalize_all: bool, assumed: Assumed<'_>) -> Format {
    if normalize_all {
        assumed.record_fact(Fact::Format2);
        return Format::Standardized;
    }
    assumed.record_fact(Fact::Format1);
    let mut versions = headers.get_all(VERSION_HEADER).iter().peekable();
    if versions.peek().is_some()
        && versions.all(|version| version.as_bytes().trim_ascii() == STANDARDIZED_VERSION.as_bytes())
    {
        Format::Standardized
    } else {
        Format::Legacy
    }
}

/// Everything that writing needs besides the reply.
#[derive(Clone, Copy)]
pub(crate) struct Wire<'a> {
    pub(crate) writing: Writing<'a>,
    /// The address of the request with its query, for the links of pages.
    pub(crate) url: &'a dyn Fn() -> String,
    /// A fresh id for errors that carry one.
    pub(crate) corr_id: &'a dyn Fn() -> Uuid,
}

/// A response as it goes over the wire.
#[derive(Debug)]
pub(crate) struct Rendered {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
}

/// An answer that can be written.
pub(crate) trait Render: Send {
    /// Writes it.
    fn render(&self, wire: Wire<'_>) -> Rendered;
}

impl Render for AccountCreated {
    fn render(&self, wire: Wire<'_>) -> Rendered {
        wire.enveloped(StatusCode::CREATED, &self.0)
    }
}

impl Render for AccountNow {
    fn render(&self, wire: Wire<'_>) -> Rendered {
        wire.enveloped(StatusCode::OK, &self.0)
    }
}

impl<T: Shape> Render for Added<T> {
    fn render(&self, wire: Wire<'_>) -> Rendered {
        match self {
            Self::Existing(there) => wire.item(StatusCode::OK, there),
            Self::New(added) => {
                let status = match wire.writing.assumed.choice() {
                    AddStatus::Created => StatusCode::CREATED,
                    AddStatus::Ok => StatusCode::OK,
                };
                wire.item(status, added)
            }
        }
    }
}

impl<T: Shape> Render for Now<T> {
    fn render(&self, wire: Wire<'_>) -> Rendered {
        wire.item(StatusCode::OK, &self.0)
    }
}

impl<T: Shape> Render for Listing<T> {
    fn render(&self, wire: Wire<'_>) -> Rendered {
        let items = InFormat { value: &self.items, writing: wire.writing };
        match wire.writing.assumed.choice() {
            ListShape::Bare => Rendered::json(StatusCode::OK, JSON, &items),
            ListShape::Data => Rendered::json(StatusCode::OK, JSON, &Data { data: items }),
            ListShape::Paginated => {
                let Paginated { links, meta } = Paginated::new(self, &(wire.url)());
                Rendered::json(StatusCode::OK, JSON, &PageBody { data: items, links, meta })
            }
        }
    }
}

impl Render for Removed {
    fn render(&self, wire: Wire<'_>) -> Rendered {
        match wire.writing.assumed.choice() {
            RemoveStatus::NoContent => Rendered::empty(StatusCode::NO_CONTENT),
            RemoveStatus::Ok => Rendered::json(StatusCode::OK, JSON, &Message { message: "Removed." }),
        }
    }
}

impl Render for Done {
    fn render(&self, wire: Wire<'_>) -> Rendered {
        match wire.writing.assumed.choice() {
            ActionAnswer::Message => Rendered::json(StatusCode::OK, JSON, &Message { message: self.0 }),
            ActionAnswer::None => Rendered::empty(StatusCode::NO_CONTENT),
        }
    }
}

impl Render for Closed {
    fn render(&self, wire: Wire<'_>) -> Rendered {
        match self {
            Self::Alarm(alarm) => wire.item(StatusCode::OK, &**alarm),
            Self::Done(sentence) => Done(sentence).render(wire),
        }
    }
}

impl Render for IssuedToken {
    fn render(&self, _: Wire<'_>) -> Rendered {
        #[derive(Serialize)]
        struct Token<'a> {
            token: &'a str,
        }
        Rendered::json(StatusCode::OK, JSON, &Token { token: &self.0 })
    }
}

impl Render for IssuedCode {
    fn render(&self, _: Wire<'_>) -> Rendered {
        #[derive(Serialize)]
        struct SsoCode<'a> {
            code: &'a str,
        }
        Rendered::json(StatusCode::OK, JSON, &SsoCode { code: &self.0 })
    }
}

impl Render for ScanNow {
    fn render(&self, wire: Wire<'_>) -> Rendered {
        match wire.writing.assumed.choice() {
            ScanBody::Bare => wire.bare(StatusCode::OK, &self.0),
            ScanBody::Data => wire.enveloped(StatusCode::OK, &self.0),
        }
    }
}

/// `{"data": …}`.
#[derive(Serialize)]
struct Data<T> {
    data: T,
}

/// A page as Laravel's paginator writes it.
#[derive(Serialize)]
struct PageBody<T> {
    data: T,
    links: Links,
    meta: Meta,
}

/// `{"message": …}`, also the first of the legacy error shapes (FORMAT-8).
#[derive(Serialize)]
struct Message<'a> {
    message: &'a str,
}

impl Rendered {
    fn empty(status: StatusCode) -> Self {
        Self { status, headers: HeaderMap::new(), body: Bytes::new() }
    }

    fn json(status: StatusCode, content_type: &'static str, body: &impl Serialize) -> Self {
        let mut text = Vec::with_capacity(TYPICAL_BODY);
        serde_json::to_writer(&mut text, body).expect("responses have text keys only");
        let mut headers = HeaderMap::with_capacity(8);
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(content_type));
        Self { status, headers, body: text.into() }
    }

    /// Takes the status and the body that a target was seen to answer with; other headers stay.
    pub(crate) fn rewrite(&mut self, written: Written) {
        if let Ok(status) = StatusCode::from_u16(written.status) {
            self.status = status;
        }
        self.body = written.body.map(|body| body.to_string().into()).unwrap_or_default();
        self.headers.remove(header::CONTENT_TYPE);
        if let Some(content_type) = written.content_type.and_then(|name| HeaderValue::try_from(name).ok()) {
            self.headers.insert(header::CONTENT_TYPE, content_type);
        }
    }

    fn with_header(mut self, name: header::HeaderName, value: &str) -> Self {
        let value = HeaderValue::from_str(value).expect("methods and numbers are ASCII");
        self.headers.insert(name, value);
        self
    }
}

impl Wire<'_> {
    fn item(self, status: StatusCode, item: &impl Shown) -> Rendered {
        match self.writing.assumed.choice() {
            AddBody::Data => self.enveloped(status, item),
            AddBody::Bare => self.bare(status, item),
        }
    }

    fn bare(self, status: StatusCode, value: &impl Shown) -> Rendered {
        Rendered::json(status, JSON, &InFormat { value, writing: self.writing })
    }

    fn enveloped(self, status: StatusCode, value: &impl Shown) -> Rendered {
        Rendered::json(status, JSON, &Data { data: InFormat { value, writing: self.writing } })
    }

    /// Writes a refusal.
    pub(crate) fn refusal(self, error: &ApiError) -> Rendered {
        if let Some(fact) = error.fact {
            self.writing.assumed.record_fact(fact);
        }
        let wording = Wording::of(&error.kind, self.writing.format);
        let rendered = match self.writing.format {
            Format::Standardized => self.standardized_error(&wording),
            Format::Legacy => self.legacy_error(&wording),
        };
        match &error.kind {
            ErrorKind::MethodNotAllowed { allow } => rendered.with_header(header::ALLOW, allow),
            ErrorKind::Throttled { retry_after_seconds } => {
                self.writing.assumed.record_fact(Fact::Format9);
                rendered.with_header(header::RETRY_AFTER, &retry_after_seconds.to_string())
            }
            // The rest of the body is not read, so the connection cannot carry another request.
            ErrorKind::TimedOut => rendered.with_header(header::CONNECTION, "close"),
            _ => rendered,
        }
    }

    /// The one envelope of FORMAT-6.
    fn standardized_error(self, wording: &Wording<'_>) -> Rendered {
        #[derive(Serialize)]
        struct Envelope<'a> {
            error: Error<'a>,
        }
        #[derive(Serialize)]
        struct Error<'a> {
            code: &'a str,
            message: &'a str,
            #[serde(skip_serializing_if = "Option::is_none")]
            details: Option<Vec<Detail<'a>>>,
        }
        #[derive(Serialize)]
        struct Detail<'a> {
            field: &'a str,
            issue: &'a str,
        }
        let assumed = self.writing.assumed;
        assumed.record_fact(Fact::Format6);
        assumed.record_fact(Fact::Format7);
        let code = match wording.code {
            Code::Documented(code) => code,
            Code::Assumed(key) => assumed.text(key),
        };
        let details = wording
            .errors
            .map(|errors| errors.iter().map(|error| Detail { field: &error.field, issue: &error.text }).collect());
        let error = Error { code, message: &wording.message, details };
        Rendered::json(wording.status, JSON, &Envelope { error })
    }

    /// One of the four shapes of FORMAT-8, by the assumption of the status.
    fn legacy_error(self, wording: &Wording<'_>) -> Rendered {
        #[derive(Serialize)]
        struct Text<'a> {
            error: &'a str,
        }
        #[derive(Serialize)]
        struct ByField<'a> {
            errors: FieldMap<'a>,
        }
        #[derive(Serialize)]
        struct ErrorList<'a> {
            errors: Vec<ListedError<'a>>,
            corr_id: String,
        }
        #[derive(Serialize)]
        struct ListedError<'a> {
            status: &'a str,
            title: Option<&'static str>,
            detail: &'a str,
        }
        self.writing.assumed.record_fact(Fact::Format8);
        let shape = wording.legacy_shape.map_or(LegacyError::Message, |key| self.writing.assumed.legacy_error(key));
        let status = wording.status;
        match shape {
            LegacyError::Message => Rendered::json(status, JSON, &Message { message: &wording.summary() }),
            LegacyError::Error => Rendered::json(status, JSON, &Text { error: &wording.summary() }),
            LegacyError::Map => Rendered::json(status, JSON, &ByField { errors: wording.by_field() }),
            LegacyError::List => {
                let title = status.canonical_reason();
                let listed = |detail| ListedError { status: status.as_str(), title, detail };
                let errors = wording.texts().map(listed).collect();
                Rendered::json(status, JSON_API, &ErrorList { errors, corr_id: (self.corr_id)().to_string() })
            }
        }
    }
}

#[cfg(test)]
mod tests;
