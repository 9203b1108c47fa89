//! The two response formats (FORMAT-1 to 9): the one place that knows status numbers, envelopes and error shapes.
//!
//! [`render`] is a pure function from what a handler meant to what goes over the wire.

use std::borrow::Cow;

use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use serde::ser::{SerializeMap, SerializeSeq};
use serde::{Serialize, Serializer};
use uuid::Uuid;

use crate::assumptions::{
    ActionAnswer, AddBody, AddStatus, Assumed, IdForm, Key, LegacyBoolean, ListShape, RemoveStatus,
};
use crate::facts::{Basis, Fact};
use crate::pages::Paginated;
use crate::reply::{Issue, Listing, Outcome, Refusal, Reply, Why};
use crate::value::{Object, Value};

/// The request header that selects the format, and the value that selects the standardized one (FORMAT-1).
const VERSION_HEADER: &str = "x-api-version";
const STANDARDIZED_VERSION: &str = "2026-06-12";

const JSON: &str = "application/json";
const JSON_API: &str = "application/vnd.api+json";

/// In which of the two formats an answer is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Format {
    Legacy,
    Standardized,
}

impl Format {
    /// The format that a request asks for; a missing, unknown or contradictory version selects the legacy one (FORMAT-1), unless the
    /// deployment forces the standardized one (FORMAT-2).
    pub(crate) fn of(headers: &HeaderMap, normalize_all: bool, basis: &Basis) -> Self {
        if normalize_all {
            basis.follow(Fact::Format2);
            return Self::Standardized;
        }
        basis.follow(Fact::Format1);
        let mut versions = headers.get_all(VERSION_HEADER).iter().peekable();
        if versions.peek().is_some()
            && versions.all(|version| version.as_bytes().trim_ascii() == STANDARDIZED_VERSION.as_bytes())
        {
            Self::Standardized
        } else {
            Self::Legacy
        }
    }
}

/// What rendering needs to know beside the outcome.
#[derive(Clone, Copy)]
pub(crate) struct Wire<'a> {
    pub(crate) format: Format,
    pub(crate) assumed: Assumed<'a>,
    pub(crate) basis: &'a Basis,
    /// The address of the request without its query, for the links of pages.
    pub(crate) url: &'a dyn Fn() -> String,
    /// A fresh id for errors that carry one.
    pub(crate) corr_id: &'a dyn Fn() -> Uuid,
}

/// An answer as it goes over the wire.
#[derive(Debug)]
pub(crate) struct Rendered {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Vec<u8>,
}

impl Rendered {
    fn empty(status: StatusCode) -> Self {
        Self { status, headers: HeaderMap::new(), body: Vec::new() }
    }

    fn json(status: StatusCode, content_type: &'static str, body: &impl Serialize) -> Self {
        let body = serde_json::to_vec(body).expect("what is rendered has text keys only");
        let mut headers = HeaderMap::with_capacity(8);
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(content_type));
        Self { status, headers, body }
    }

    fn with_header(mut self, name: header::HeaderName, value: &str) -> Self {
        let value = HeaderValue::from_str(value).expect("methods and numbers are ASCII");
        self.headers.insert(name, value);
        self
    }
}

/// Writes `outcome` as `wire` says.
pub(crate) fn render(outcome: &Outcome, wire: Wire<'_>) -> Rendered {
    match outcome {
        Ok(reply) => wire.reply(reply),
        Err(refusal) => wire.refusal(refusal),
    }
}

/// `{"data": …}`.
#[derive(Serialize)]
struct Data<T> {
    data: T,
}

/// `{"message": …}`, also the first of the legacy error shapes (FORMAT-8).
#[derive(Serialize)]
struct Message<'a> {
    message: &'a str,
}

impl Wire<'_> {
    fn reply(self, reply: &Reply) -> Rendered {
        match reply {
            Reply::AccountCreated(account) => {
                Rendered::json(StatusCode::CREATED, JSON, &Data { data: self.fields(account) })
            }
            Reply::Account(account) => Rendered::json(StatusCode::OK, JSON, &Data { data: self.fields(account) }),
            Reply::Added(item) => {
                let status = match self.assumed.choice() {
                    AddStatus::Created => StatusCode::CREATED,
                    AddStatus::Ok => StatusCode::OK,
                };
                self.item(status, item)
            }
            Reply::Item(item) => self.item(StatusCode::OK, item),
            Reply::List(listing) => self.list(listing),
            Reply::Removed => match self.assumed.choice() {
                RemoveStatus::NoContent => Rendered::empty(StatusCode::NO_CONTENT),
                RemoveStatus::Message => Rendered::json(StatusCode::OK, JSON, &Message { message: "Removed." }),
            },
            Reply::Done(sentence) => match self.assumed.choice() {
                ActionAnswer::Message => Rendered::json(StatusCode::OK, JSON, &Message { message: sentence }),
                ActionAnswer::NoContent => Rendered::empty(StatusCode::NO_CONTENT),
            },
            Reply::Token(token) => Rendered::json(StatusCode::OK, JSON, &serde_json::json!({ "token": token })),
            Reply::Code(code) => Rendered::json(StatusCode::OK, JSON, &serde_json::json!({ "code": code })),
        }
    }

    fn item(self, status: StatusCode, item: &Object) -> Rendered {
        match self.assumed.choice() {
            AddBody::Data => Rendered::json(status, JSON, &Data { data: self.fields(item) }),
            AddBody::Bare => Rendered::json(status, JSON, &self.fields(item)),
        }
    }

    fn list(self, listing: &Listing) -> Rendered {
        let items: Vec<_> = listing.items.iter().map(|item| self.fields(item)).collect();
        match self.assumed.choice() {
            ListShape::Data => Rendered::json(StatusCode::OK, JSON, &Data { data: items }),
            ListShape::Bare => Rendered::json(StatusCode::OK, JSON, &items),
            ListShape::Paginated => {
                let url = (self.url)();
                Rendered::json(StatusCode::OK, JSON, &Paginated::new(items, listing, &url))
            }
        }
    }

    fn fields<'b>(&'b self, object: &'b Object) -> Shaped<'b, Object> {
        Shaped { value: object, wire: self }
    }

    fn refusal(self, refusal: &Refusal) -> Rendered {
        if let Some(fact) = refusal.fact {
            self.basis.follow(fact);
        }
        let wording = Wording::of(&refusal.why, self.format);
        let rendered = match self.format {
            Format::Standardized => self.standardized_error(&wording),
            Format::Legacy => self.legacy_error(&wording),
        };
        match &refusal.why {
            Why::MethodNotAllowed { allow } => rendered.with_header(header::ALLOW, allow),
            Why::Throttled { retry_after_seconds } => {
                self.basis.follow(Fact::Format9);
                rendered.with_header(header::RETRY_AFTER, &retry_after_seconds.to_string())
            }
            // What is left of the body is not read, so the connection cannot carry another request.
            Why::TimedOut | Why::TooLarge => rendered.with_header(header::CONNECTION, "close"),
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
        self.basis.follow_all(&[Fact::Format6, Fact::Format7]);
        let code = match wording.code {
            Code::Documented(code) => code,
            Code::Assumed(key) => self.assumed.name(key),
        };
        let details = wording
            .issues
            .map(|issues| issues.iter().map(|issue| Detail { field: &issue.field, issue: &issue.text }).collect());
        let error = Error { code, message: &wording.message, details };
        Rendered::json(wording.status, JSON, &Envelope { error })
    }

    /// One of the four shapes of FORMAT-8, by the assumption of the status.
    fn legacy_error(self, wording: &Wording<'_>) -> Rendered {
        self.basis.follow(Fact::Format8);
        let shape = wording.legacy_shape.map_or("message", |key| self.assumed.name(key));
        match shape {
            "message" => Rendered::json(wording.status, JSON, &Message { message: &wording.summary() }),
            "error" => Rendered::json(wording.status, JSON, &serde_json::json!({ "error": wording.summary() })),
            "map" => Rendered::json(wording.status, JSON, &serde_json::json!({ "errors": wording.by_field() })),
            "list" => {
                let errors: Vec<_> = wording
                    .texts()
                    .map(|detail| {
                        let status = wording.status.as_str();
                        let title = wording.status.canonical_reason();
                        serde_json::json!({ "status": status, "title": title, "detail": detail })
                    })
                    .collect();
                let body = serde_json::json!({ "errors": errors, "corr_id": (self.corr_id)().to_string() });
                Rendered::json(wording.status, JSON_API, &body)
            }
            other => unreachable!("{other} is no legacy error shape in the fixture"),
        }
    }
}

/// A refusal in numbers and words.
struct Wording<'a> {
    status: StatusCode,
    code: Code,
    /// Which assumption gives the legacy shape; `message` where none does.
    legacy_shape: Option<Key>,
    message: Cow<'a, str>,
    issues: Option<&'a [Issue]>,
}

/// The standardized code of an error.
enum Code {
    /// As FORMAT-7 gives it, or, for what HTTP itself requires, the name of the status.
    Documented(&'static str),
    /// As an assumption gives it.
    Assumed(Key),
}

impl<'a> Wording<'a> {
    fn of(why: &'a Why, format: Format) -> Self {
        use Code::{Assumed, Documented};
        let mut issues = None;
        let (status, code, legacy_shape, message) = match why {
            Why::BadRequest(text) => {
                (StatusCode::BAD_REQUEST, Documented("BAD_REQUEST"), Some(Key::LegacyError400), Cow::Borrowed(&**text))
            }
            Why::Unauthenticated => (
                StatusCode::UNAUTHORIZED,
                Documented("UNAUTHENTICATED"),
                Some(Key::LegacyError401),
                "Unauthenticated.".into(),
            ),
            Why::Forbidden => (
                StatusCode::FORBIDDEN,
                Documented("FORBIDDEN"),
                Some(Key::LegacyError403),
                "This action is unauthorized.".into(),
            ),
            Why::NotFound => {
                (StatusCode::NOT_FOUND, Documented("NOT_FOUND"), Some(Key::LegacyError404), "Not found".into())
            }
            Why::MethodNotAllowed { allow } => (
                StatusCode::METHOD_NOT_ALLOWED,
                Assumed(Key::ErrorCode405),
                Some(Key::LegacyError405),
                format!("The method is not supported for this route. Supported methods: {allow}.").into(),
            ),
            Why::TimedOut => (
                StatusCode::REQUEST_TIMEOUT,
                Documented("REQUEST_TIMEOUT"),
                None,
                "The request body did not arrive in time.".into(),
            ),
            Why::Conflict(text) => {
                (StatusCode::CONFLICT, Assumed(Key::ErrorCode409), Some(Key::LegacyError409), Cow::Borrowed(&**text))
            }
            Why::TooLarge => (
                StatusCode::PAYLOAD_TOO_LARGE,
                Documented("PAYLOAD_TOO_LARGE"),
                None,
                "The request body is too large.".into(),
            ),
            Why::UnsupportedMediaType => (
                StatusCode::UNSUPPORTED_MEDIA_TYPE,
                Documented("UNSUPPORTED_MEDIA_TYPE"),
                None,
                "The request body must be application/json.".into(),
            ),
            Why::Invalid(list) => {
                issues = Some(list.as_slice());
                (
                    StatusCode::UNPROCESSABLE_ENTITY,
                    Documented("VALIDATION_ERROR"),
                    Some(Key::LegacyError422),
                    "The given data was invalid.".into(),
                )
            }
            // FORMAT-9: throttling is 409 in legacy, 429 in standardized.
            Why::Throttled { .. } => match format {
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
            Why::Broken => (
                StatusCode::INTERNAL_SERVER_ERROR,
                Assumed(Key::ErrorCode500),
                Some(Key::LegacyError500),
                "Server Error".into(),
            ),
        };
        Self { status, code, legacy_shape, message, issues }
    }

    /// One sentence: of a validation error its first issue and how many more there are, as Laravel sums them up.
    fn summary(&self) -> Cow<'_, str> {
        match self.issues {
            None | Some([]) => Cow::Borrowed(&self.message),
            Some([only]) => Cow::Borrowed(&only.text),
            Some([first, _]) => format!("{} (and 1 more error)", first.text).into(),
            Some([first, more @ ..]) => format!("{} (and {} more errors)", first.text, more.len()).into(),
        }
    }

    /// Each issue, or the message where there are none.
    fn texts(&self) -> impl Iterator<Item = &str> {
        let issues = self.issues.unwrap_or_default();
        let message = issues.is_empty().then_some(&*self.message);
        issues.iter().map(|issue| &*issue.text).chain(message)
    }

    /// `{field: [text, …]}` in the order of the fields.
    fn by_field(&self) -> FieldMap<'_> {
        FieldMap(self.issues.unwrap_or_default())
    }
}

/// Issues grouped by field.
struct FieldMap<'a>(&'a [Issue]);

impl Serialize for FieldMap<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        for (position, issue) in self.0.iter().enumerate() {
            if self.0[..position].iter().all(|earlier| earlier.field != issue.field) {
                let of_field = self.0.iter().filter(|other| other.field == issue.field);
                map.serialize_entry(&issue.field, &of_field.map(|other| &*other.text).collect::<Vec<_>>())?;
            }
        }
        map.end()
    }
}

/// A value together with how it is written.
struct Shaped<'a, T> {
    value: &'a T,
    wire: &'a Wire<'a>,
}

impl Serialize for Shaped<'_, Object> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(self.value.0.len()))?;
        for (name, value) in &self.value.0 {
            map.serialize_entry(name, &Shaped { value, wire: self.wire })?;
        }
        map.end()
    }
}

impl Serialize for Shaped<'_, Value> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let wire = self.wire;
        match self.value {
            Value::Null => serializer.serialize_unit(),
            Value::Number(number) => serializer.serialize_u64(*number),
            Value::Text(text) => serializer.serialize_str(text),
            Value::Id(id) => id.shown(wire.assumed.choice::<IdForm>()).serialize(serializer),
            Value::Date(date) => {
                wire.basis.follow(Fact::Format4);
                date.serialize(serializer)
            }
            Value::Time(instant) => {
                wire.basis.follow(Fact::Format3);
                match wire.format {
                    Format::Standardized => serializer.serialize_str(&instant.to_rfc3339()),
                    Format::Legacy => serializer.serialize_str(&instant.to_legacy()),
                }
            }
            Value::Flag(flag) => {
                wire.basis.follow(Fact::Format5);
                match wire.format {
                    Format::Standardized => serializer.serialize_bool(*flag),
                    Format::Legacy => match wire.assumed.choice() {
                        LegacyBoolean::Number => serializer.serialize_u8(u8::from(*flag)),
                        LegacyBoolean::TextNumber => serializer.serialize_str(if *flag { "1" } else { "0" }),
                        LegacyBoolean::Text => serializer.serialize_str(if *flag { "true" } else { "false" }),
                    },
                }
            }
            Value::List(list) => {
                let mut sequence = serializer.serialize_seq(Some(list.len()))?;
                for value in list {
                    sequence.serialize_element(&Shaped { value, wire })?;
                }
                sequence.end()
            }
            Value::Object(object) => Shaped { value: object, wire }.serialize(serializer),
        }
    }
}
