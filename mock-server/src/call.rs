//! The way of a documented request: table row → who is calling → handler → reply → format → response.

use std::borrow::Cow;
use std::cell::Cell;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use axum::RequestPartsExt;
use axum::body::Body;
use axum::extract::{Query, RawPathParams, Request};
use axum::handler::Handler;
use axum::http::header::{self, HeaderName};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use http_body_util::{BodyExt, LengthLimitError, Limited};
use serde_json::{Map, Value as Json};

use crate::app::{App, Base, Visit};
use crate::assumptions::{Assumed, BodyContentType, BodyMalformed, IdForm, Key, ListShape};
use crate::auth;
use crate::connection::Ending;
use crate::cors;
use crate::curl::Sent;
use crate::facts::{Basis, Fact};
use crate::faults::{Met, RequestEffect, Struck, StruckBy};
use crate::format::{Format, Rendered, Wire, render};
use crate::hints;
use crate::id::{Id, ShownId, Table};
use crate::journal::Entry;
use crate::mask;
use crate::outbox::Message;
use crate::pages;
use crate::reply::{Outcome, Page, Refusal, Why};
use crate::routes::{self, Row};
use crate::time::Timestamp;
use crate::watchlist::{Kind, Rules};
use crate::world::{Rate, World};

/// The largest body that is read.
const BODY_LIMIT: usize = 1024 * 1024;

static BASIS: HeaderName = HeaderName::from_static("x-mock-basis");
static HINT: HeaderName = HeaderName::from_static("x-mock-hint");
static RATE_LIMIT: HeaderName = HeaderName::from_static("x-ratelimit-limit");
static RATE_REMAINING: HeaderName = HeaderName::from_static("x-ratelimit-remaining");
static RATE_RESET: HeaderName = HeaderName::from_static("x-ratelimit-reset");

/// One request as handlers see it.
pub(crate) struct Call<'a> {
    pub(crate) world: &'a World,
    /// By the fake's clock; the same for the whole request.
    pub(crate) now: Timestamp,
    pub(crate) headers: &'a HeaderMap,
    pub(crate) base: Base<'a>,
    pub(crate) basis: &'a Basis,
    uri: &'a Uri,
    captures: Option<&'a RawPathParams>,
    body: &'a [u8],
    token: Cell<TokenSeen>,
    rate: Cell<Option<Rate>>,
    hint: Cell<Option<&'static str>>,
    late: Cell<Duration>,
    message_fault: Cell<Option<StruckBy>>,
}

/// What the token of a request was found to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum TokenSeen {
    /// Nobody asked, or none was sent.
    None,
    Crm,
    App,
    /// The world does not know it, or not any more.
    Unknown,
}

impl TokenSeen {
    fn name(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Crm => "crm",
            Self::App => "app",
            Self::Unknown => "unknown",
        }
    }
}

impl Call<'_> {
    /// The assumptions in force; reading one records it.
    pub(crate) fn assumed(&self) -> Assumed<'_> {
        Assumed::new(self.world.assumptions(), self.basis)
    }

    /// What the rules of fields may ask.
    pub(crate) fn rules(&self) -> Rules<'_> {
        Rules { now: self.now, assumed: self.assumed() }
    }

    /// The instant from which on something is over that lasts as long as `key` says.
    pub(crate) fn after(&self, key: Key) -> Timestamp {
        self.now.plus_seconds(i64::from(self.assumed().number(key)))
    }

    /// The text of a capture of the path.
    pub(crate) fn parameter(&self, name: &str) -> Option<&str> {
        self.captures?.iter().find(|(captured, _)| *captured == name).map(|(_, text)| text)
    }

    /// The form of ids, which reading a path leans on.
    pub(crate) fn id_form(&self) -> IdForm {
        self.assumed().choice()
    }

    /// The id that the path names; what is no id names nothing.
    pub(crate) fn item_id<K: Kind>(&self) -> Result<u64, Refusal> {
        let named = self.parameter(K::ID).unwrap_or_default();
        if named == "leaks" {
            let hint = "the guide gives no list of leaks for this kind and token; see NONE-1";
            return Err(Refusal::from(Why::NotFound).fact(Fact::None1).hint(hint));
        }
        self.parse_id::<K>(named).ok_or_else(|| self.no_such_item::<K>(0))
    }

    /// The id of an item of this kind that `text` writes.
    pub(crate) fn parse_id<K: Kind>(&self, text: &str) -> Option<u64> {
        Id::parse(K::TABLE, text, self.id_form())
    }

    /// An id as clients see it.
    pub(crate) fn shown(&self, id: Id) -> ShownId {
        id.shown(self.world.assumptions().choice())
    }

    /// The refusal of an item that is not on the caller's account, by `scope.foreign-item` if it is on another.
    pub(crate) fn no_such_item<K: Kind>(&self, id: u64) -> Refusal {
        let hint = format!(
            "there is no such item on this account; {{{}}} is the id of one of its items, and what is removed is gone",
            K::ID
        );
        self.no_such(K::TABLE, id, hint)
    }

    /// The refusal of what has an id and is not the caller's, by `scope.foreign-item` if it is another account's.
    pub(crate) fn no_such(&self, table: Table, id: u64, hint: impl Into<Cow<'static, str>>) -> Refusal {
        self.basis.lean(Key::ScopeForeignItem);
        let refusal = if self.world.is_foreign(table, id) {
            auth::refused(self, Key::ScopeForeignItem)
        } else {
            Why::NotFound.into()
        };
        refusal.hint(hint)
    }

    /// The fields of the query; what cannot be read has none.
    pub(crate) fn query(&self) -> Map<String, Json> {
        let read = Query::<Vec<(String, String)>>::try_from_uri(self.uri).unwrap_or_default();
        read.0.into_iter().map(|(name, value)| (name, value.into())).collect()
    }

    /// Which part of a list is wanted: a page where `list.shape` has pages, otherwise the whole.
    pub(crate) fn page(&self) -> Page {
        match self.assumed().choice() {
            ListShape::Paginated => pages::asked_for(self.uri.query()),
            ListShape::Data | ListShape::Bare => Page::WHOLE,
        }
    }

    /// Notes what the token of the request was found to be.
    pub(crate) fn see(&self, token: TokenSeen) {
        self.token.set(token);
    }

    /// Explains an answer that is right and still puzzles.
    pub(crate) fn hint(&self, hint: &'static str) {
        self.hint.set(Some(hint));
    }

    /// Holds the answer back for so long, in real time, once all is done.
    pub(crate) fn answer_late(&self, by: Duration) {
        self.late.set(by);
    }

    /// Sends a message, as faults let it.
    pub(crate) fn send(&self, message: Message) {
        if let Some(struck_by) = self.world.send(message) {
            self.message_fault.set(Some(struck_by));
        }
    }

    /// Forgets what the world had to say, for the answer is another one.
    fn disown(&self) {
        self.basis.clear();
        self.rate.set(None);
        self.hint.set(None);
    }

    /// Notes how much of its minute the token has used, where requests are counted.
    pub(crate) fn count(&self, rate: Option<Rate>) {
        if rate.is_some() {
            self.basis.follow(Fact::Format9);
            self.basis.lean(Key::ThrottlePerMinute);
        }
        self.rate.set(rate);
    }

    /// The fields of the body. What is no JSON object has none, as in stock Laravel.
    ///
    /// # Errors
    /// What does not parse, by `body.malformed`; another content type, by `body.content-type`.
    pub(crate) fn body(&self) -> Result<Map<String, Json>, Refusal> {
        if self.body.is_empty() || !self.is_json()? {
            return Ok(Map::new());
        }
        match serde_json::from_slice(self.body) {
            Ok(Json::Object(fields)) => Ok(fields),
            Ok(_) => Ok(Map::new()),
            Err(error) => match self.assumed().choice() {
                BodyMalformed::Empty => Ok(Map::new()),
                BodyMalformed::Refused => {
                    let hint = format!("the body is not JSON: {}", without_content(&error));
                    Err(Refusal::from(Why::BadRequest("The request body is not valid JSON.".into())).hint(hint))
                }
            },
        }
    }

    /// Whether the body is to be read as JSON.
    fn is_json(&self) -> Result<bool, Refusal> {
        let Some(content_type) = self.headers.get(header::CONTENT_TYPE) else { return Ok(true) };
        let content_type = content_type.to_str().unwrap_or_default().to_ascii_lowercase();
        if content_type.contains("/json") || content_type.contains("+json") {
            return Ok(true);
        }
        match self.assumed().choice() {
            BodyContentType::Ignored => Ok(false),
            BodyContentType::Read => Ok(true),
            BodyContentType::Refused => Err(Why::UnsupportedMediaType.into()),
        }
    }

    /// What to tell the person behind the client.
    fn hint_of(&self, outcome: &Outcome) -> Option<Cow<'static, str>> {
        match outcome {
            Ok(_) => self.hint.get().map(Cow::Borrowed),
            Err(refusal) => self.content_type_hint(refusal).map(Cow::Borrowed).or_else(|| refusal.hint.clone()),
        }
    }

    /// What to tell somebody whose fields were not read because of the content type.
    fn content_type_hint(&self, refusal: &Refusal) -> Option<&'static str> {
        let is_unread = matches!(refusal.why, Why::Invalid(_) | Why::UnsupportedMediaType)
            && !self.body.is_empty()
            && self.headers.contains_key(header::CONTENT_TYPE)
            && !self.is_json().unwrap_or(false);
        is_unread.then_some("the body was not read: its Content-Type is not JSON; send Content-Type: application/json")
    }
}

/// Where a body stops being JSON, without quoting from it.
fn without_content(error: &serde_json::Error) -> String {
    let what = if error.is_eof() { "it ends too early" } else { "it stops being JSON" };
    format!("{what} at line {}, column {}", error.line(), error.column())
}

/// What a request was found to be aimed at. As an axum handler, it answers the request.
#[derive(Clone, Debug)]
pub(crate) enum Target {
    /// A documented path, with its rows.
    Path(Arc<[&'static Row]>),
    /// No documented path.
    Nothing,
}

impl Handler<(), App> for Target {
    type Future = Pin<Box<dyn Future<Output = Response> + Send>>;

    fn call(self, request: Request, app: App) -> Self::Future {
        Box::pin(answer(self, app, request))
    }
}

/// Reads the body, and then answers in one go.
async fn answer(target: Target, app: App, request: Request) -> Response {
    let (mut parts, body) = request.into_parts();
    if let Some(headers) = cors::preflight(&parts) {
        let mut response = StatusCode::NO_CONTENT.into_response();
        *response.headers_mut() = headers;
        return response;
    }
    let visit = app.visit_of(&mut parts);
    // Captures that are not UTF-8 name nothing.
    let captures = parts.extract::<RawPathParams>().await.ok();
    let body = read(body, &parts.headers, &app).await;
    let body = body.as_deref();
    let answering = Answering { target: &target, visit: &visit, parts: &parts, captures, body: body.ok() };
    let Answered { rendered, late, ending } = answering.run(body.map_err(Clone::clone));
    visit.world.changed();
    if !late.is_zero() {
        visit.world.pause(late).await;
    }
    let mut response = Response::default();
    if let Some(rendered) = rendered {
        *response.body_mut() = Body::from(rendered.body);
        *response.status_mut() = rendered.status;
        *response.headers_mut() = rendered.headers;
    }
    if let Some(ending) = ending {
        response.extensions_mut().insert(ending);
    }
    response
}

/// The body, or why it was not read whole.
async fn read(body: Body, headers: &HeaderMap, app: &App) -> Result<bytes::Bytes, Why> {
    let announced = headers.get(header::CONTENT_LENGTH).and_then(|length| length.to_str().ok()?.parse::<u64>().ok());
    if announced.is_some_and(|length| length > BODY_LIMIT as u64) {
        return Err(Why::TooLarge);
    }
    if announced.is_none_or(|length| length == 0) && !headers.contains_key(header::TRANSFER_ENCODING) {
        return Ok(bytes::Bytes::new());
    }
    let whole = tokio::select! {
        // First the body: mostly it came with the head, and then there is no need to set a timer.
        biased;
        whole = Limited::new(body, BODY_LIMIT).collect() => whole,
        () = tokio::time::sleep(app.limits().body) => return Err(Why::TimedOut),
    };
    match whole {
        Ok(whole) => Ok(whole.to_bytes()),
        Err(error) if error.is::<LengthLimitError>() => Err(Why::TooLarge),
        // The client has gone, or does not keep to HTTP; whether it sees the answer is its own affair.
        Err(_) => Err(Why::BadRequest("The request body could not be read.".into())),
    }
}

/// What a request has come to.
struct Answered {
    /// None where a fault ends the connection without an answer.
    rendered: Option<Rendered>,
    /// How long the answer, or its absence, is held back.
    late: Duration,
    ending: Option<Ending>,
}

/// A request whose body has been read: from here on nothing waits.
struct Answering<'a> {
    target: &'a Target,
    visit: &'a Visit,
    parts: &'a Parts,
    captures: Option<RawPathParams>,
    /// As it came; none where it was not read.
    body: Option<&'a [u8]>,
}

impl Answering<'_> {
    fn run(&self, body: Result<&[u8], Why>) -> Answered {
        let basis = Basis::default();
        let world = &*self.visit.world;
        let mut call = Call {
            world,
            now: world.clock().now(),
            headers: &self.parts.headers,
            base: self.visit.base(&self.parts.headers),
            basis: &basis,
            uri: &self.parts.uri,
            captures: self.captures.as_ref(),
            body: &[],
            token: Cell::new(TokenSeen::None),
            rate: Cell::new(None),
            hint: Cell::new(None),
            late: Cell::default(),
            message_fault: Cell::new(None),
        };
        let struck = self.strike(&call);
        let effect = struck.as_ref().and_then(|struck| struck.effect.as_ref());
        let is_spared = effect.is_some_and(RequestEffect::spares_the_world);
        let outcome = (!is_spared).then(|| self.work(&mut call, body));
        let outcome = match effect {
            Some(RequestEffect::Refuse { why, .. }) => {
                call.disown();
                Some(Err(why.clone().into()))
            }
            Some(RequestEffect::End { .. }) => {
                call.disown();
                None
            }
            Some(RequestEffect::Truncate { .. }) | None => outcome,
        };
        self.finish(outcome.as_ref(), struck.as_ref(), &call)
    }

    /// What strikes the request, if anything does.
    fn strike(&self, call: &Call<'_>) -> Option<Struck> {
        let faults = call.world.faults();
        if !faults.is_any() {
            return None;
        }
        let documented = match self.target {
            Target::Path(rows) => rows.first().map(|row| &*row.path),
            Target::Nothing => None,
        };
        let (token_number, token) = auth::look_at_token(call);
        let (method, path) = (&self.parts.method, self.parts.uri.path());
        let struck = faults.meet_request(&Met { method, path, documented, token_number, token }, call.now)?;
        if struck.effect.as_ref().is_some_and(RequestEffect::spares_the_world) {
            // Nobody else will ask.
            call.see(token);
        }
        Some(struck)
    }

    /// Does what is asked.
    fn work<'b>(&self, call: &mut Call<'b>, body: Result<&'b [u8], Why>) -> Outcome {
        let row = self.row(call)?;
        call.body = body?;
        call.basis.follow_all(row.facts);
        let _step = call.world.step();
        // A fault of the fake must not take the connection, or the other requests on it, with it.
        let handled = catch_unwind(AssertUnwindSafe(|| handle(&row.handler, call)));
        handled.unwrap_or_else(|_| Err(Why::Broken.into()))
    }

    /// The row of the table that answers, or the refusal of a path or a method that is not documented (NONE-1).
    fn row(&self, call: &Call<'_>) -> Result<&'static Row, Refusal> {
        let (method, path) = (&self.parts.method, self.parts.uri.path());
        let rows: &[&Row] = match self.target {
            Target::Path(rows) => rows,
            Target::Nothing => &[],
        };
        let assumptions = call.world.assumptions();
        rows.iter().filter_map(|row| row.condition).for_each(|condition| call.basis.lean(condition.key));
        let mut there = rows.iter().filter(|row| row.exists_under(assumptions));
        if let Some(row) = there.clone().find(|row| row.answers(method)) {
            return Ok(row);
        }
        let refusal = if there.next().is_some() {
            let allow = routes::allowed(rows, assumptions);
            let hint = format!("the guide gives {allow} on this path, and no other method; see NONE-1");
            Refusal::from(Why::MethodNotAllowed { allow }).hint(hint)
        } else if rows.is_empty() {
            Refusal::from(Why::NotFound).hint(hints::no_such_path(path))
        } else {
            let hint = "an assumption named in X-Mock-Basis is switched so that this route does not exist";
            Refusal::from(Why::NotFound).hint(hint)
        };
        Err(refusal.fact(Fact::None1))
    }

    /// Writes the outcome, if there is one to be told, and notes in headers, journal and log what it rests on.
    fn finish(&self, outcome: Option<&Outcome>, struck: Option<&Struck>, call: &Call<'_>) -> Answered {
        let effect = struck.and_then(|struck| struck.effect.as_ref());
        // Of several faults that one is named which has changed most.
        let fault = match effect {
            Some(_) => struck.map(|struck| struck.by),
            None => call.message_fault.get().or(struck.map(|struck| struck.by)),
        };
        let hint = match effect {
            Some(RequestEffect::Refuse { .. } | RequestEffect::End { .. }) => None,
            Some(RequestEffect::Truncate { .. }) | None => outcome.and_then(|outcome| call.hint_of(outcome)),
        };
        let hint = match (fault.map(StruckBy::hint), hint) {
            (Some(fault), Some(hint)) => Some(format!("{fault}; {hint}").into()),
            (Some(fault), None) => Some(fault.into()),
            (None, hint) => hint,
        };
        let format = Format::of(call.headers, call.world.settings().normalize_all, call.basis);
        let rendered = outcome.map(|outcome| self.write(outcome, format, hint.as_deref(), call));
        let (rendered, ending) = match (effect, rendered) {
            (Some(RequestEffect::End { ending, .. }), _) => (None, Some(*ending)),
            (Some(RequestEffect::Truncate { bytes }), Some(rendered)) => {
                match rendered.body.len().checked_sub(1).filter(|_| self.parts.method != Method::HEAD) {
                    Some(all_but_one) => (Some(rendered), Some(Ending::Truncated { bytes: all_but_one.min(*bytes) })),
                    // There is no body that could break off.
                    None => (None, Some(Ending::Cut)),
                }
            }
            (_, rendered) => (rendered, None),
        };
        if rendered.is_none() {
            call.basis.clear();
        }
        self.note(call, format, rendered.as_ref().map(|rendered| rendered.status.as_u16()), hint, fault);
        let late = call.late.get() + struck.map_or(Duration::ZERO, |struck| struck.late);
        Answered { rendered, late, ending }
    }

    fn write(&self, outcome: &Outcome, format: Format, hint: Option<&str>, call: &Call<'_>) -> Rendered {
        let target = || self.parts.uri.path_and_query().map_or("/", |target| target.as_str());
        let url = || format!("{}{}", call.base.url(), target());
        let corr_id = || call.world.secrets().uuid();
        let wire = Wire { format, assumed: call.assumed(), basis: call.basis, url: &url, corr_id: &corr_id };
        let mut rendered = render(outcome, wire);
        let headers = &mut rendered.headers;
        let basis = HeaderValue::try_from(call.basis.header()).expect("ids and keys are ASCII");
        headers.insert(BASIS.clone(), basis);
        cors::allow(self.parts.uri.path(), headers);
        if let Some(hint) = hint {
            headers.insert(HINT.clone(), ascii(hint));
        }
        if let Some(rate) = call.rate.get() {
            headers.insert(RATE_LIMIT.clone(), rate.limit.into());
            headers.insert(RATE_REMAINING.clone(), rate.remaining.into());
            if let Some(reset) = rate.reset {
                headers.insert(RATE_RESET.clone(), reset.unix_seconds().into());
            }
        }
        rendered
    }

    fn note(
        &self,
        call: &Call<'_>,
        format: Format,
        status: Option<u16>,
        hint: Option<Cow<'static, str>>,
        fault: Option<StruckBy>,
    ) {
        let journal = call.world.journal();
        let is_logged = tracing::enabled!(tracing::Level::INFO);
        if !is_logged && !journal.is_kept() {
            return;
        }
        let (method, uri) = (&self.parts.method, &self.parts.uri);
        let (path, token) = (mask::target(uri.path(), uri.query()), call.token.get().name());
        if is_logged {
            let (hint, fault) = (hint.as_deref(), fault.map(|fault| fault.kind.name()));
            tracing::info!(method = method.as_str(), path, status, token, hint, fault, "request");
        }
        if journal.is_kept() {
            let (at, format, basis) = (call.now, format.name(), call.basis.clone());
            let sent = Sent::new(self.parts, self.body);
            journal.add(Entry { at, method: method.clone(), path, token, format, status, basis, hint, fault, sent });
        }
    }
}

/// Lets the caller in as the handler's first argument asks, and calls it.
fn handle(handler: &routes::Handler, call: &Call<'_>) -> Outcome {
    match handler {
        routes::Handler::Open(handler) => handler(call),
        routes::Handler::OfPartner(handler) => handler(auth::admit_partner(call)?, call),
        routes::Handler::OfAccount(scope, handler) => handler(auth::admit(*scope, call)?, call),
        routes::Handler::OfSubscriber(handler) => handler(auth::admit_subscriber(call)?, call),
        routes::Handler::ByToken { partner, user } => match auth::admit_either(call)? {
            auth::Either::Partner(caller) => partner(caller, call),
            auth::Either::User(caller) => user(caller, call),
        },
    }
}

/// A header value of what may hold other than ASCII; what does not fit is left out.
fn ascii(text: &str) -> HeaderValue {
    let fitting: String = text.chars().filter(|char| (' '..='~').contains(char)).collect();
    HeaderValue::from_str(&fitting).expect("printable ASCII fits")
}
