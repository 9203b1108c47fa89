//! The two response formats (FORMAT-1 to 9): the one place that knows status numbers, envelopes and error shapes.
//!
//! [`render`] is a pure function from what a handler meant to what goes over the wire.

use std::borrow::Cow;

use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use serde::ser::SerializeMap;
use serde::{Serialize, Serializer};
use uuid::Uuid;

use crate::assumptions::{
    ActionAnswer, AddBody, AddStatus, Assumed, Key, LegacyBoolean, ListShape, RemoveStatus, ScanBody,
};
use crate::facts::{Basis, Fact};
use crate::pages::Paginated;
use crate::reply::{Issue, Listing, Outcome, Refusal, Reply, Why};
use crate::value::{Object, Value};

/// The request header that selects the format, and the value that selects the standardized one (FORMAT-1).
const VERSION_HEADER: &str = "x-api-version";
pub(crate) const STANDARDIZED_VERSION: &str = "2026-06-12";

/// Room for the body of most answers, so that it does not grow step by step.
const TYPICAL_BODY: usize = 1024;

const JSON: &str = "application/json";
const JSON_API: &str = "application/vnd.api+json";

/// In which of the two formats an answer is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Format {
    Legacy,
    Standardized,
}

impl Format {
    /// As the journal names it.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Legacy => "legacy",
            Self::Standardized => "standardized",
        }
    }

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
    /// The address of the request with its query, for the links of pages.
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
        Self::text(status, content_type, serde_json::to_vec(body).expect("what is rendered has text keys only"))
    }

    fn text(status: StatusCode, content_type: &'static str, body: Vec<u8>) -> Self {
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

/// The statuses that [`refusal_of`] knows.
pub(crate) const FAULT_STATUSES: [u16; 13] = [400, 401, 403, 404, 408, 409, 413, 415, 422, 500, 502, 503, 504];

/// The refusal that has this status, for those who ask for a status: one of [`FAULT_STATUSES`].
pub(crate) fn refusal_of(status: u16) -> Option<Why> {
    Some(match status {
        400 => Why::BadRequest("The request could not be understood.".into()),
        401 => Why::Unauthenticated,
        403 => Why::Forbidden,
        404 => Why::NotFound,
        408 => Why::TimedOut,
        409 => Why::Conflict("The request conflicts with what is there.".into()),
        413 => Why::TooLarge,
        415 => Why::UnsupportedMediaType,
        422 => Why::Invalid(vec![Issue::new("fault", "The given data was invalid.")]),
        500 => Why::Broken,
        502 => Why::BadGateway,
        503 => Why::Unavailable,
        504 => Why::GatewayTimedOut,
        _ => return None,
    })
}

/// `{"message": …}`, also the first of the legacy error shapes (FORMAT-8).
#[derive(Serialize)]
struct Message<'a> {
    message: &'a str,
}

impl<'a> Wire<'a> {
    fn reply(self, reply: &Reply) -> Rendered {
        match reply {
            Reply::AccountCreated(account) => Rendered::text(StatusCode::CREATED, JSON, self.enveloped(account)),
            Reply::Account(account) => Rendered::text(StatusCode::OK, JSON, self.enveloped(account)),
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
            Reply::Scan(sites) => {
                let body = match self.assumed.choice() {
                    ScanBody::Bare => self.written(|writer| writer.object(sites)),
                    ScanBody::Data => self.enveloped(sites),
                };
                Rendered::text(StatusCode::OK, JSON, body)
            }
            Reply::Code(code) => Rendered::json(StatusCode::OK, JSON, &serde_json::json!({ "code": code })),
        }
    }

    fn item(self, status: StatusCode, item: &Object) -> Rendered {
        let body = match self.assumed.choice() {
            AddBody::Data => self.enveloped(item),
            AddBody::Bare => self.written(|writer| writer.object(item)),
        };
        Rendered::text(status, JSON, body)
    }

    /// `{"data": …}`.
    fn enveloped(self, object: &Object) -> Vec<u8> {
        self.written(|writer| writer.raw("{\"data\":").object(object).raw("}"))
    }

    fn list(self, listing: &Listing) -> Rendered {
        let items = &listing.items;
        let body = match self.assumed.choice() {
            ListShape::Bare => self.written(|writer| writer.list(items, Writer::object)),
            ListShape::Data => self.written(|writer| writer.raw("{\"data\":").list(items, Writer::object).raw("}")),
            ListShape::Paginated => {
                let around = Paginated::new(listing, &(self.url)());
                let around = serde_json::to_string(&around).expect("it has text keys only");
                // The fields around the items follow them in the same object.
                let after = around.strip_prefix('{').expect("a struct is an object");
                self.written(|writer| writer.raw("{\"data\":").list(items, Writer::object).raw(",").raw(after))
            }
        };
        Rendered::text(StatusCode::OK, JSON, body)
    }

    fn written(self, write: impl for<'w> FnOnce(&'w mut Writer<'a>) -> &'w mut Writer<'a>) -> Vec<u8> {
        let mut writer = Writer { wire: self, text: Vec::with_capacity(TYPICAL_BODY) };
        write(&mut writer);
        writer.text
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
            Why::BadGateway => (StatusCode::BAD_GATEWAY, Documented("BAD_GATEWAY"), None, "Bad Gateway".into()),
            Why::Unavailable => {
                (StatusCode::SERVICE_UNAVAILABLE, Documented("SERVICE_UNAVAILABLE"), None, "Service Unavailable".into())
            }
            Why::GatewayTimedOut => {
                (StatusCode::GATEWAY_TIMEOUT, Documented("GATEWAY_TIMEOUT"), None, "Gateway Timeout".into())
            }
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

/// Writes objects as their format says. Names need no escaping and instants none either, and most of what is written
/// are names and instants, so this does not go through a serializer that looks at every character.
struct Writer<'a> {
    wire: Wire<'a>,
    text: Vec<u8>,
}

impl Writer<'_> {
    /// Text that is JSON already.
    fn raw(&mut self, json: &str) -> &mut Self {
        self.text.extend_from_slice(json.as_bytes());
        self
    }

    /// A text in which nothing needs escaping.
    fn quoted(&mut self, plain: &[u8]) -> &mut Self {
        self.text.push(b'"');
        self.text.extend_from_slice(plain);
        self.text.push(b'"');
        self
    }

    fn json(&mut self, value: &impl Serialize) -> &mut Self {
        serde_json::to_writer(&mut self.text, value).expect("texts, numbers and ids can be written");
        self
    }

    fn list<T>(&mut self, items: &[T], write: impl for<'w> Fn(&'w mut Self, &T) -> &'w mut Self) -> &mut Self {
        self.raw("[");
        for (position, item) in items.iter().enumerate() {
            if position > 0 {
                self.raw(",");
            }
            write(self, item);
        }
        self.raw("]")
    }

    fn object(&mut self, object: &Object) -> &mut Self {
        self.raw("{");
        for (position, (name, value)) in object.0.iter().enumerate() {
            if position > 0 {
                self.raw(",");
            }
            self.quoted(name.as_bytes()).raw(":").value(value);
        }
        self.raw("}")
    }

    fn value(&mut self, value: &Value) -> &mut Self {
        let wire = self.wire;
        match value {
            Value::Null => self.raw("null"),
            Value::Number(number) => self.json(number),
            Value::Text(text) => self.json(text),
            Value::Id(id) => self.json(&id.shown(wire.assumed.choice())),
            Value::Date(date) => {
                wire.basis.follow(Fact::Format4);
                self.json(date)
            }
            Value::Time(instant) => {
                wire.basis.follow(Fact::Format3);
                match wire.format {
                    Format::Standardized => self.quoted(instant.standardized().as_bytes()),
                    Format::Legacy => self.quoted(instant.legacy().as_bytes()),
                }
            }
            Value::Flag(flag) => {
                wire.basis.follow(Fact::Format5);
                let word = if *flag { "true" } else { "false" };
                let digit = if *flag { "1" } else { "0" };
                match wire.format {
                    Format::Standardized => self.raw(word),
                    Format::Legacy => match wire.assumed.choice() {
                        LegacyBoolean::Number => self.raw(digit),
                        LegacyBoolean::TextNumber => self.quoted(digit.as_bytes()),
                        LegacyBoolean::Text => self.quoted(word.as_bytes()),
                    },
                }
            }
            Value::List(list) => self.list(list, Self::value),
            Value::Object(object) => self.object(object),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use serde_json::{Value as Json, json};

    use super::*;
    use crate::assumptions::Assumptions;
    use crate::id::{Id, Table};
    use crate::reply::Page;
    use crate::time::Timestamp;

    const CORR_ID: Uuid = Uuid::from_u128(7);

    /// The outcome written in this format, with these assumptions switched.
    fn written(outcome: &Outcome, format: Format, switched: &[(&str, &str)]) -> (Rendered, Basis) {
        let mut assumptions = Assumptions::default();
        for (key, value) in switched {
            assumptions.set(key, value).expect("a key and a value of the fixture");
        }
        let basis = Basis::default();
        let wire = Wire {
            format,
            assumed: Assumed::new(&assumptions, &basis),
            basis: &basis,
            url: &|| "http://fake/api/v1/x".to_owned(),
            corr_id: &|| CORR_ID,
        };
        let rendered = render(outcome, wire);
        (rendered, basis)
    }

    fn body(rendered: &Rendered) -> Json {
        if rendered.body.is_empty() { Json::Null } else { serde_json::from_slice(&rendered.body).expect("JSON") }
    }

    fn item() -> Object {
        let at = Timestamp::parse("2026-06-16T21:02:05Z").expect("a time");
        Object::new()
            .with("id", Id::new(Table::Email, 7))
            .with("email", "john@example.com")
            .with("is_confirmed", true)
            .with("has_password", false)
            .with("confirmed_at", None::<Timestamp>)
            .with("data_classes", vec!["email", "phone"])
            .with("expiry_date", at.date())
            .with("plan_id", 1)
            .with("created_at", at)
    }

    fn refusals() -> Vec<(Why, u16, &'static str)> {
        vec![
            (Why::BadRequest("No.".into()), 400, "BAD_REQUEST"),
            (Why::Unauthenticated, 401, "UNAUTHENTICATED"),
            (Why::Forbidden, 403, "FORBIDDEN"),
            (Why::NotFound, 404, "NOT_FOUND"),
            (Why::MethodNotAllowed { allow: "GET, HEAD".into() }, 405, "METHOD_NOT_ALLOWED"),
            (Why::TimedOut, 408, "REQUEST_TIMEOUT"),
            (Why::Conflict("Taken.".into()), 409, "CONFLICT"),
            (Why::TooLarge, 413, "PAYLOAD_TOO_LARGE"),
            (Why::UnsupportedMediaType, 415, "UNSUPPORTED_MEDIA_TYPE"),
            (Why::Invalid(issues()), 422, "VALIDATION_ERROR"),
            (Why::Throttled { retry_after_seconds: 9 }, 429, "RATE_LIMITED"),
            (Why::Broken, 500, "SERVER_ERROR"),
            (Why::BadGateway, 502, "BAD_GATEWAY"),
            (Why::Unavailable, 503, "SERVICE_UNAVAILABLE"),
            (Why::GatewayTimedOut, 504, "GATEWAY_TIMEOUT"),
        ]
    }

    #[test]
    fn a_status_that_a_fault_may_have_is_the_one_that_is_answered() {
        for status in 0..=999 {
            let answered = refusal_of(status).map(|why| {
                let (rendered, _) = written(&Err(why.into()), Format::Standardized, &[]);
                rendered.status.as_u16()
            });
            assert_eq!(answered, FAULT_STATUSES.contains(&status).then_some(status), "{status}");
        }
    }

    fn issues() -> Vec<Issue> {
        vec![
            Issue::new("email", "The email field is required."),
            Issue::new("phone", "The phone field format is invalid."),
            Issue::new("email", "The email field must be a string."),
        ]
    }

    #[test]
    fn a_value_is_written_as_its_format_says() {
        let outcome = Ok(Reply::Item(item()));
        let (rendered, _) = written(&outcome, Format::Standardized, &[]);
        let standardized = json!({ "data": {
            "id": 7, "email": "john@example.com", "is_confirmed": true, "has_password": false, "confirmed_at": null,
            "data_classes": ["email", "phone"], "expiry_date": "2026-06-16", "plan_id": 1,
            "created_at": "2026-06-16T21:02:05Z",
        }});
        assert_eq!(body(&rendered), standardized);

        for (form, yes, no) in [
            ("number", json!(1), json!(0)),
            ("text-number", json!("1"), json!("0")),
            ("text", json!("true"), json!("false")),
        ] {
            let (rendered, basis) = written(&outcome, Format::Legacy, &[("legacy.boolean", form)]);
            let mut legacy = standardized.clone();
            legacy["data"]["is_confirmed"] = yes;
            legacy["data"]["has_password"] = no;
            legacy["data"]["created_at"] = json!("2026-06-16 21:02:05");
            assert_eq!(body(&rendered), legacy, "{form}");
            assert_eq!(basis.header(), "FORMAT-3, FORMAT-4, FORMAT-5, id.form, add.body, legacy.boolean");
        }
    }

    #[test]
    fn a_reply_has_the_status_and_envelope_that_its_meaning_asks_for() {
        let list = || Reply::List(Listing { items: vec![item()], total: 1, page: Page::WHOLE });
        let page = || Reply::List(Listing { items: vec![], total: 0, page: Page { number: 1, size: 15 } });
        let cases: Vec<(Reply, &[(&str, &str)], u16, &str)> = vec![
            (Reply::AccountCreated(item()), &[("add.status", "200"), ("add.body", "bare")], 201, "/data/id"),
            (Reply::Account(item()), &[("add.body", "bare")], 200, "/data/id"),
            (Reply::Added(item()), &[], 201, "/data/id"),
            (Reply::Added(item()), &[("add.status", "200"), ("add.body", "bare")], 200, "/id"),
            (Reply::Item(item()), &[("add.body", "bare")], 200, "/id"),
            (list(), &[], 200, "/data/0/id"),
            (list(), &[("list.shape", "bare")], 200, "/0/id"),
            (page(), &[("list.shape", "paginated")], 200, "/meta/total"),
            (Reply::Removed, &[], 204, ""),
            (Reply::Removed, &[("remove.status", "200")], 200, "/message"),
            (Reply::Done("Sent."), &[], 200, "/message"),
            (Reply::Done("Sent."), &[("action.answer", "none")], 204, ""),
            (Reply::Token("1|x".into()), &[], 200, "/token"),
            (Reply::Code("x".into()), &[], 200, "/code"),
        ];
        for (reply, switched, status, pointer) in cases {
            for format in [Format::Legacy, Format::Standardized] {
                let (rendered, _) = written(&Ok(reply.clone()), format, switched);
                assert_eq!(rendered.status.as_u16(), status, "{reply:?}");
                let has_type = rendered.headers.contains_key(header::CONTENT_TYPE);
                assert_eq!(has_type, status != 204, "{reply:?}");
                let answered = body(&rendered);
                assert_eq!(answered.is_null(), status == 204, "{reply:?}");
                assert!(status == 204 || answered.pointer(pointer).is_some(), "{reply:?}: {answered}");
            }
        }
    }

    #[test]
    fn every_standardized_error_has_the_one_envelope() {
        for (why, status, code) in refusals() {
            let (rendered, basis) = written(&Err(why.clone().into()), Format::Standardized, &[]);
            let answered = body(&rendered);
            assert_eq!((rendered.status.as_u16(), &answered["error"]["code"]), (status, &json!(code)), "{why:?}");
            assert!(answered["error"]["message"].as_str().is_some_and(|text| !text.is_empty()), "{why:?}");
            assert_eq!(rendered.headers[header::CONTENT_TYPE], JSON, "{why:?}");
            assert_eq!(answered["error"].get("details").is_some(), matches!(why, Why::Invalid(_)), "{why:?}");
            assert_eq!(answered.as_object().map(serde_json::Map::len), Some(1), "{why:?}");
            assert!(basis.header().starts_with("FORMAT-6, FORMAT-7"), "{why:?}");
        }
        let (rendered, _) = written(&Err(Why::Invalid(issues()).into()), Format::Standardized, &[]);
        let details = json!([
            { "field": "email", "issue": "The email field is required." },
            { "field": "phone", "issue": "The phone field format is invalid." },
            { "field": "email", "issue": "The email field must be a string." },
        ]);
        assert_eq!(body(&rendered)["error"]["details"], details);
        for (status, why) in [
            ("405", Why::MethodNotAllowed { allow: "GET".into() }),
            ("409", Why::Conflict("".into())),
            ("500", Why::Broken),
        ] {
            let (rendered, _) =
                written(&Err(why.into()), Format::Standardized, &[(&format!("error.code.{status}"), "OTHER")]);
            assert_eq!(body(&rendered)["error"]["code"], "OTHER", "{status}");
        }
    }

    #[test]
    fn a_legacy_error_has_the_shape_that_its_status_is_switched_to() {
        let title = |status: u16| StatusCode::from_u16(status).expect("a status").canonical_reason();
        for (why, status, _) in refusals() {
            // Throttling is 409 here, and some have no key: nothing is documented of them.
            let status = if status == 429 { 409 } else { status };
            if [408, 413, 415, 502, 503, 504].contains(&status) {
                let (rendered, _) = written(&Err(why.into()), Format::Legacy, &[]);
                assert_eq!(rendered.status.as_u16(), status);
                assert!(body(&rendered)["message"].is_string(), "{status}");
                continue;
            }
            let texts = match &why {
                Why::Invalid(issues) => issues.iter().map(|issue| issue.text.to_string()).collect(),
                other => vec![Wording::of(other, Format::Legacy).message.into_owned()],
            };
            let summary = if texts.len() > 1 { format!("{} (and 2 more errors)", texts[0]) } else { texts[0].clone() };
            let objects: Vec<Json> = texts
                .iter()
                .map(|text| json!({ "status": status.to_string(), "title": title(status), "detail": text }))
                .collect();
            let shapes = [
                ("message", JSON, json!({ "message": summary })),
                ("error", JSON, json!({ "error": summary })),
                ("list", JSON_API, json!({ "errors": objects, "corr_id": CORR_ID.to_string() })),
            ];
            for (shape, content_type, expected) in shapes {
                let (rendered, basis) =
                    written(&Err(why.clone().into()), Format::Legacy, &[(&format!("legacy.error.{status}"), shape)]);
                assert_eq!(rendered.status.as_u16(), status, "{why:?}");
                assert_eq!(body(&rendered), expected, "{why:?} {shape}");
                assert_eq!(rendered.headers[header::CONTENT_TYPE], content_type, "{why:?} {shape}");
                assert!(basis.header().contains(&format!("legacy.error.{status}")), "{why:?}");
            }
        }
        let (rendered, _) = written(&Err(Why::Invalid(issues()).into()), Format::Legacy, &[]);
        let by_field = json!({ "errors": {
            "email": ["The email field is required.", "The email field must be a string."],
            "phone": ["The phone field format is invalid."],
        }});
        assert_eq!(body(&rendered), by_field);
    }

    #[test]
    fn errors_carry_the_headers_that_http_asks_for() {
        for format in [Format::Legacy, Format::Standardized] {
            let header_of = |why: Why, name: header::HeaderName| {
                let (rendered, _) = written(&Err(why.into()), format, &[]);
                rendered.headers.get(name).map(|value| value.to_str().expect("ASCII").to_owned())
            };
            let allow = header_of(Why::MethodNotAllowed { allow: "GET, HEAD".into() }, header::ALLOW);
            assert_eq!(allow.as_deref(), Some("GET, HEAD"));
            let retry = header_of(Why::Throttled { retry_after_seconds: 9 }, header::RETRY_AFTER);
            assert_eq!(retry.as_deref(), Some("9"));
            for why in [Why::TooLarge, Why::TimedOut] {
                assert_eq!(header_of(why, header::CONNECTION).as_deref(), Some("close"));
            }
        }
    }

    #[test]
    fn the_version_header_selects_the_format() {
        let cases: [(&[&str], bool, Format); 7] = [
            (&[], false, Format::Legacy),
            (&["2026-06-12"], false, Format::Standardized),
            (&[" 2026-06-12 "], false, Format::Standardized),
            (&["2025-01-01"], false, Format::Legacy),
            (&["2026-06-12", "2025-01-01"], false, Format::Legacy),
            (&[""], false, Format::Legacy),
            (&["2025-01-01"], true, Format::Standardized),
        ];
        for (versions, normalize_all, expected) in cases {
            let mut headers = HeaderMap::new();
            for version in versions {
                headers.append(VERSION_HEADER, HeaderValue::from_static(version));
            }
            assert_eq!(
                Format::of(&headers, normalize_all, &Basis::default()),
                expected,
                "{versions:?} {normalize_all}"
            );
        }
    }

    #[test]
    fn both_formats_say_the_same_under_the_same_names() {
        let names = |format: Format| -> BTreeSet<String> {
            let (rendered, _) = written(&Ok(Reply::Item(item())), format, &[]);
            body(&rendered)["data"].as_object().expect("an object").keys().cloned().collect()
        };
        assert_eq!(names(Format::Legacy), names(Format::Standardized));
    }
}
