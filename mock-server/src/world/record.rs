//! A request of the journal and its response as people read them: masked, and made when they are asked for.

use axum::http::{HeaderMap, Method};
use bytes::Bytes;
use serde::Serialize;
use serde_json::{Map, Value as Json};

use super::curl;
use super::head::Head;
use super::sent::{BODY_KEPT, BodySent, SentRequest};
use crate::faults::InjectedFault;
use crate::model::mask;
use crate::model::time::Timestamp;

/// One request and how it was answered. Secrets and personal numbers are masked.
#[derive(Clone, Debug, Serialize)]
pub struct RequestRecord {
    /// Counts up from 1 in each world.
    pub id: u64,
    /// When it was answered by the mock's clock.
    pub at: Timestamp,
    /// The method as sent, if it is a word.
    pub method: String,
    /// Path and query; anything that could be a value in them is masked.
    pub path: String,
    /// `crm`, `app`, `none`, or `unknown` for a token that the world does not know or that has expired.
    pub token: &'static str,
    /// The format of the response: `legacy` or `standardized`.
    pub format: &'static str,
    /// The status of the response; none where a fault has ended the connection.
    pub status: Option<u16>,
    /// The ids of the facts that the response follows.
    pub facts: Vec<&'static str>,
    /// The keys of the assumptions that it uses.
    pub assumptions: Vec<&'static str>,
    /// Whether it was written as a target was seen to write it, which a profile tells.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub observed: bool,
    /// The text of `X-Mock-Hint`, if there was one.
    pub hint: Option<String>,
    /// The fault that applied to it, if one did.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fault: Option<InjectedFault>,
    /// How long it took in real time, in milliseconds: from its head to the response, the delay of a fault included.
    pub duration_ms: f64,
    /// What the client sent.
    pub request: RecordedMessage,
    /// What it got; none where a fault has ended the connection.
    pub response: Option<RecordedResponse>,
    /// The request as a curl command, with `$CRM_TOKEN` or `$APP_TOKEN` for the token, and values masked.
    pub curl: String,
}

/// The headers and the body of a request, masked.
#[derive(Clone, Debug, Serialize)]
pub struct RecordedMessage {
    /// The headers by name, in the order in which they came; several of one name are joined.
    pub headers: Map<String, Json>,
    /// The body as JSON; `"***"` for one that is no JSON, and none where there is none or it is not kept.
    pub body: Option<Json>,
    /// The length of the body; none for one that was not read.
    pub bytes: Option<usize>,
    /// Whether only the beginning of the body is here, or nothing of it any more.
    pub is_cut: bool,
}

/// A response, masked.
#[derive(Clone, Debug, Serialize)]
pub struct RecordedResponse {
    /// Its status.
    pub status: u16,
    /// Its headers and its body.
    #[serde(flatten)]
    pub message: RecordedMessage,
}

/// A request as the journal keeps it.
#[derive(Clone, Debug)]
pub(crate) struct Entry {
    pub(crate) at: Timestamp,
    /// How long the response took, in microseconds.
    pub(crate) took: u32,
    pub(crate) method: Method,
    /// Masked.
    pub(crate) path: String,
    /// The documented path, with its captures; none for another one.
    pub(crate) documented: Option<&'static str>,
    pub(crate) token: &'static str,
    pub(crate) format: &'static str,
    pub(crate) head: Head,
    pub(crate) fault: Option<InjectedFault>,
    pub(crate) sent: SentRequest,
    pub(crate) response: Option<SentResponse>,
}

/// A response as the journal keeps it.
#[derive(Clone, Debug)]
pub(crate) struct SentResponse {
    pub(crate) status: u16,
    /// Those that its format has written.
    headers: FormatHeaders,
    /// The beginning of the body.
    body: Bytes,
    length: usize,
}

/// The headers that a format writes: nearly always the content type alone.
#[derive(Clone, Debug)]
enum FormatHeaders {
    ContentType(axum::http::HeaderValue),
    All(Box<HeaderMap>),
}

/// Of a body up to this length the journal keeps a handle on what is sent, of a longer one a copy of its beginning.
const SHARED: usize = 4 * 1024;

impl SentResponse {
    /// Keeps a response; `headers` are those that its format has written.
    pub(crate) fn new(status: u16, headers: &HeaderMap, body: &Bytes) -> Self {
        let content_type = headers.get(axum::http::header::CONTENT_TYPE).filter(|_| headers.len() == 1);
        Self {
            status,
            headers: match content_type {
                Some(content_type) => FormatHeaders::ContentType(content_type.clone()),
                None => FormatHeaders::All(Box::new(headers.clone())),
            },
            body: match body.len() {
                ..=SHARED => body.clone(),
                length => Bytes::copy_from_slice(&body[..length.min(BODY_KEPT)]),
            },
            length: body.len(),
        }
    }

    /// The beginning of the body.
    pub(crate) fn body(&self) -> &[u8] {
        &self.body
    }

    fn record(&self, head: &Head) -> RecordedResponse {
        let mut headers = match &self.headers {
            FormatHeaders::ContentType(value) => {
                HeaderMap::from_iter([(axum::http::header::CONTENT_TYPE, value.clone())])
            }
            FormatHeaders::All(headers) => HeaderMap::clone(headers),
        };
        head.write(&mut headers);
        let mut named = Map::new();
        for (name, value) in &headers {
            join(&mut named, name.as_str(), &String::from_utf8_lossy(value.as_bytes()));
        }
        let (body, is_broken) = body(&self.body, mask::response::masked);
        let is_cut = is_broken || self.body.len() < self.length;
        let message = RecordedMessage { headers: named, body, bytes: Some(self.length), is_cut };
        RecordedResponse { status: self.status, message }
    }
}

impl Entry {
    /// The status of the response, if there was one.
    pub(crate) fn status(&self) -> Option<u16> {
        self.response.as_ref().map(|response| response.status)
    }

    /// How many bytes of texts it keeps.
    pub(super) fn weight(&self) -> usize {
        self.sent.len() + self.response.as_ref().map_or(0, |response| response.body.len())
    }

    /// Forgets both bodies.
    pub(super) fn forget_bodies(&mut self) {
        self.sent.forget_body();
        if let Some(response) = &mut self.response {
            response.body = Bytes::new();
        }
    }

    /// The entry as people read it; its curl command goes to the world at `base`.
    pub(super) fn record(&self, id: u64, base: &str) -> RequestRecord {
        let method = mask::method(self.method.as_str());
        RequestRecord {
            id,
            at: self.at,
            method: method.to_owned(),
            path: self.path.clone(),
            token: self.token,
            format: self.format,
            status: self.status(),
            facts: self.head.basis.facts().collect(),
            assumptions: self.head.basis.assumptions().collect(),
            observed: self.head.basis.is_observed(),
            hint: self.head.hint.as_deref().map(str::to_owned),
            fault: self.fault,
            duration_ms: f64::from(self.took) / 1000.0,
            request: request(&self.sent, self.token),
            response: self.response.as_ref().map(|response| response.record(&self.head)),
            curl: curl::masked_command(&self.sent, method, base, &self.path, self.token),
        }
    }
}

fn request(sent: &SentRequest, token: &str) -> RecordedMessage {
    let mut headers = Map::new();
    for (name, value) in sent.headers() {
        let (name, value) = (String::from_utf8_lossy(name), String::from_utf8_lossy(value));
        let masked = match &*name {
            "authorization" => mask::authorization(&value, token),
            name => mask::header(name, &value),
        };
        join(&mut headers, mask::header_name(&name), masked);
    }
    let (body, is_broken) = body(sent.body_kept(), mask::json);
    let bytes = match sent.body_sent() {
        BodySent::Whole => Some(sent.body_kept().len()),
        BodySent::Cut(length) | BodySent::Forgotten(length) => Some(length),
        BodySent::Unread => None,
    };
    let is_cut = sent.body_sent() != BodySent::Whole;
    RecordedMessage { headers, body: if is_cut || !is_broken { body } else { Some("***".into()) }, bytes, is_cut }
}

/// A body as JSON, masked, and whether it breaks off: then it is the part that is whole.
fn body(kept: &[u8], masked: impl Fn(Json) -> Json) -> (Option<Json>, bool) {
    if kept.is_empty() {
        return (None, false);
    }
    if let Ok(json) = serde_json::from_slice(kept) {
        return (Some(masked(json)), false);
    }
    let beginning = mask::whole_beginning(&String::from_utf8_lossy(kept));
    let beginning = beginning.and_then(|text| serde_json::from_str(&text).ok());
    (Some(beginning.map_or_else(|| "***".into(), masked)), true)
}

/// Adds a header to those of its name.
fn join(headers: &mut Map<String, Json>, name: &str, value: &str) {
    let joined = match headers.get(name).and_then(Json::as_str) {
        Some(before) => format!("{before}, {value}"),
        None => value.to_owned(),
    };
    headers.insert(name.to_owned(), joined.into());
}
