//! The control routes under `/_mock/`: what a test or a person does to the fake that no client of the real API could.

mod accounts;
mod faults;
mod guard;
mod input;

use std::sync::Arc;
use std::time::Duration;

use axum::extract::{DefaultBodyLimit, OriginalUri, Path, Request, State};
use axum::http::{HeaderMap, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use axum::routing::{MethodRouter, delete, get, post};
use axum::{Json, Router, middleware};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value as Any, json};

use self::input::{Body, Query, Text};
use crate::app::{App, Place, Settings, Visit};
use crate::confirmation;
use crate::id::{Id, ShownId, Table};
use crate::journal::RequestRecord;
use crate::leak::NewLeak;
use crate::mask;
use crate::openapi;
use crate::outbox::{Channel, Message, MessageFilter};
use crate::page;
use crate::seed::{Seed, SeedError};
use crate::ssn::EidProvider;
use crate::time::Timestamp;
use crate::world::{Due, EidError};

/// The largest body that a control route reads: a seed may be long.
const BODY_LIMIT: usize = 64 * 1024 * 1024;

/// The longest that `?wait=` may ask for.
const LONGEST_WAIT: Duration = Duration::from_secs(300);

/// Adds the control routes and the confirmation links to the documented ones.
pub(crate) fn router(documented: Router<App>, app: &App) -> Router<App> {
    let control = Router::new()
        .route("/health", get(health))
        .route("/reset", post(reset))
        .route("/leaks", post(add_leak))
        .route("/clock", get(read_clock).put(move_clock))
        .route("/accounts/{id}/eid", post(complete_eid))
        .route("/faults", get(faults::list).post(faults::add).delete(faults::clear))
        .route("/faults/{id}", delete(faults::remove))
        .route("/openapi.json", get(openapi_document))
        .route("/snapshot", get(take_snapshot).put(put_snapshot))
        .route("/sandboxes", get(list_sandboxes).post(make_sandbox))
        .route("/sandboxes/{id}", delete(end_sandbox))
        .route("/changes", get(read_changes))
        .route("/requests/{id}/curl", get(write_curl))
        .route_layer(middleware::from_fn(without_query))
        .route("/accounts", get(accounts::list))
        .route("/accounts/{id}", get(accounts::one))
        .route("/outbox", get(list_messages).delete(clear_messages))
        .route("/requests", get(list_requests).delete(clear_requests))
        .fallback(no_such_route)
        .method_not_allowed_fallback(no_such_method)
        .layer(DefaultBodyLimit::max(BODY_LIMIT))
        .layer(middleware::from_fn_with_state(app.clone(), count_change))
        .layer(middleware::from_fn_with_state(app.clone(), guard::only_local))
        .layer(middleware::from_fn(log))
        .route("/", get(page::redirect));
    let links = MethodRouter::new().get(confirmation::open).head(confirmation::peek).layer(middleware::from_fn(log));
    let page = page::router().method_not_allowed_fallback(no_such_method);
    documented.nest("/_mock", control).merge(page).route("/_confirm/{secret}", links)
}

/// Refuses a query, for whoever sends one expects it to do something.
async fn without_query(request: Request, next: Next) -> Result<Response, Refused> {
    match request.uri().query() {
        None | Some("") => Ok(next.run(request).await),
        Some(_) => Err(Refused::bad("this control route takes no query")),
    }
}

/// Tells those who look on that something may have changed.
async fn count_change(State(app): State<App>, request: Request, next: Next) -> Response {
    let (mut parts, body) = request.into_parts();
    let visit = app.visit_of(&mut parts);
    let only_looks = matches!(parts.method, Method::GET | Method::HEAD);
    let place = Arc::clone(&visit.place);
    parts.extensions.insert(visit);
    let response = next.run(Request::from_parts(parts, body)).await;
    if !only_looks {
        place.world().changed();
    }
    response
}

/// Writes the one line of the log that a request leaves. What the page reads to stay up to date leaves none: it would
/// hide what clients ask for.
async fn log(OriginalUri(uri): OriginalUri, request: Request, next: Next) -> Response {
    let method = request.method().clone();
    if method == Method::GET && request.headers().contains_key(&page::HEADER) {
        return next.run(request).await;
    }
    let response = next.run(request).await;
    let (path, status) = (mask::target(uri.path(), uri.query()), response.status().as_u16());
    tracing::info!(method = method.as_str(), path, status, "control");
    response
}

/// Why a control route did not do what it was asked to, in a sentence.
#[derive(Debug)]
pub(crate) struct Refused(StatusCode, String);

impl IntoResponse for Refused {
    fn into_response(self) -> Response {
        (self.0, Json(json!({ "error": self.1 }))).into_response()
    }
}

impl Refused {
    fn bad(text: impl Into<String>) -> Self {
        Self(StatusCode::BAD_REQUEST, text.into())
    }
}

impl From<SeedError> for Refused {
    fn from(error: SeedError) -> Self {
        Self::bad(format!("the seed cannot be used: {error}"))
    }
}

async fn no_such_route() -> Refused {
    let routes = "health, changes, reset, outbox, leaks, clock, accounts, accounts/{id}, accounts/{id}/eid, faults, requests, \
                  requests/{id}/curl, snapshot, openapi.json, sandboxes";
    Refused(StatusCode::NOT_FOUND, format!("there is no such control route; under /_mock/ are {routes}"))
}

async fn no_such_method() -> Refused {
    Refused(StatusCode::METHOD_NOT_ALLOWED, "this control route has other methods; see the Allow header".into())
}

async fn health(State(app): State<App>, visit: Visit) -> impl IntoResponse {
    let assumptions: Map<String, Any> =
        visit.world.assumptions().iter().map(|(key, value)| (key.to_owned(), value.into())).collect();
    Json(json!({
        "status": "ok",
        "version": env!("CARGO_PKG_VERSION"),
        "now": visit.world.clock().now(),
        "sandboxes": app.sandboxes().len(),
        "assumptions": assumptions,
    }))
}

/// A body that says nothing.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Nothing {}

async fn reset(visit: Visit, Body(Nothing {}): Body<Nothing>) -> Result<Json<Any>, Refused> {
    visit.place.reset()?;
    Ok(Json(json!({ "status": "ok" })))
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct OutboxQuery {
    to: Option<String>,
    channel: Option<Channel>,
    wait: Option<f64>,
    limit: Option<usize>,
}

async fn list_messages(visit: Visit, Query(query): Query<OutboxQuery>) -> Result<Json<Any>, Refused> {
    let wait = query.wait.unwrap_or_default();
    let wait = Duration::try_from_secs_f64(wait).ok().filter(|wait| *wait <= LONGEST_WAIT);
    let wait = wait.ok_or_else(|| Refused::bad(format!("wait is 0 to {} seconds", LONGEST_WAIT.as_secs())))?;
    // An unescaped plus in a query is a space; no address or number has one.
    let to = query.to.map(|to| to.replace(' ', "+"));
    let filter = MessageFilter { to, channel: query.channel };
    let mut messages = wait_for_messages(&visit.place, &filter, wait).await;
    messages.drain(..messages.len().saturating_sub(query.limit.unwrap_or(usize::MAX)));
    Ok(Json(json!({ "messages": messages })))
}

/// The messages that `filter` admits, as soon as there is one, or after `wait`.
pub(crate) async fn wait_for_messages(place: &Place, filter: &MessageFilter, wait: Duration) -> Vec<Message> {
    let deadline = tokio::time::Instant::now() + wait;
    loop {
        // The world is asked for anew, for a reset puts another in its place.
        let world = place.world();
        let news = world.outbox().news();
        let messages = world.messages(filter);
        let is_over = world.outbox().has_ended() && Arc::ptr_eq(&world, &place.world());
        let left = deadline.saturating_duration_since(tokio::time::Instant::now());
        if !messages.is_empty() || is_over || left.is_zero() {
            return messages;
        }
        // Either there is news, or a message arrives that was under way, or the time is over: the next turn sees which.
        let until_arrival = world.until_next_arrival().unwrap_or(left);
        let _ = tokio::time::timeout(until_arrival.min(left), news).await;
    }
}

async fn clear_messages(visit: Visit) -> StatusCode {
    visit.world.outbox().clear(visit.world.clock().now());
    StatusCode::NO_CONTENT
}

async fn add_leak(visit: Visit, Body(leak): Body<NewLeak>) -> Result<Response, Refused> {
    let seen_by = visit.world.add_leak(&leak).map_err(Refused::bad)?;
    let form = visit.world.assumptions().choice();
    let seen_by: Vec<ShownId> = seen_by.into_iter().map(|id| Id::new(Table::Account, id).shown(form)).collect();
    Ok((StatusCode::CREATED, Json(json!({ "leak": leak, "seen_by": seen_by }))).into_response())
}

/// How to move the clock: first to `now`, then on by `advance_seconds`; then it stands still or runs.
#[derive(Clone, Copy, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ClockMove {
    pub(crate) now: Option<Timestamp>,
    pub(crate) advance_seconds: Option<u64>,
    pub(crate) frozen: Option<bool>,
}

/// What the clock shows.
#[derive(Clone, Debug, Serialize)]
pub struct ClockState {
    /// The fake's time.
    pub now: Timestamp,
    /// Whether it stands still.
    pub frozen: bool,
    /// What fell due by the last move, in order.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub due: Option<Vec<Due>>,
}

impl Place {
    /// What the clock shows.
    pub(crate) fn clock(&self) -> ClockState {
        let world = self.world();
        ClockState { now: world.clock().now(), frozen: world.clock().is_frozen(), due: None }
    }

    /// Moves the clock.
    pub(crate) fn move_clock(&self, to: ClockMove) -> ClockState {
        let world = self.world();
        let _step = world.step();
        let before = world.clock().now();
        let by = i64::try_from(to.advance_seconds.unwrap_or_default()).unwrap_or(i64::MAX);
        let now = to.now.unwrap_or(before).plus_seconds(by);
        let frozen = to.frozen.unwrap_or_else(|| world.clock().is_frozen());
        // First what is due, for once the clock shows it, whoever looks lets messages arrive.
        let due = world.due(before, now);
        world.clock().set(now, frozen);
        world.outbox().wake();
        world.changed();
        ClockState { now, frozen, due: Some(due) }
    }
}

async fn read_clock(visit: Visit) -> Json<ClockState> {
    Json(visit.place.clock())
}

async fn move_clock(visit: Visit, Body(to): Body<ClockMove>) -> Result<Json<ClockState>, Refused> {
    if to.now.is_none() && to.advance_seconds.is_none() && to.frozen.is_none() {
        return Err(Refused::bad("name at least one of now, advance_seconds and frozen"));
    }
    Ok(Json(visit.place.move_clock(to)))
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Eid {
    provider: EidProvider,
    ssn: String,
}

async fn complete_eid(visit: Visit, Path(id): Path<String>, Body(eid): Body<Eid>) -> Result<Json<Any>, Refused> {
    let form = visit.world.assumptions().choice();
    let account = Id::parse(Table::Account, &id, form).ok_or(EidError::NoAccount);
    let done = account.and_then(|account| {
        visit.world.complete_eid(account, eid.provider, &eid.ssn)?;
        Ok(Id::new(Table::Account, account).shown(form))
    });
    let id = done.map_err(|error| {
        let status = match error {
            EidError::NoAccount => StatusCode::NOT_FOUND,
            EidError::AlreadySet => StatusCode::CONFLICT,
            EidError::NotOfCountry(_) => StatusCode::BAD_REQUEST,
        };
        Refused(status, error.to_string())
    })?;
    Ok(Json(json!({ "account_id": id, "provider": eid.provider, "has_ssn": true })))
}

/// Which requests are asked for: the last `limit` of those after the one with the id `after`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct RequestsQuery {
    #[serde(default)]
    after: u64,
    limit: Option<usize>,
}

async fn list_requests(visit: Visit, headers: HeaderMap, Query(query): Query<RequestsQuery>) -> Json<Any> {
    let base = visit.base(&headers).url();
    let limit = query.limit.unwrap_or(usize::MAX);
    let requests: Vec<RequestRecord> = visit.world.journal().list(query.after, limit, &base);
    Json(json!({ "requests": requests }))
}

async fn write_curl(visit: Visit, headers: HeaderMap, Path(id): Path<String>) -> Result<Json<Any>, Refused> {
    let base = visit.base(&headers).url();
    match Id::parse_number(&id).and_then(|id| visit.world.journal().curl(id, &base)) {
        Some(curl) => Ok(Json(json!({ "curl": curl }))),
        None => Err(Refused(StatusCode::NOT_FOUND, "the journal has no request with this id, or not any more".into())),
    }
}

/// `GET /_mock/changes`: cheap enough to be asked for each second by whoever looks again only if something was done.
async fn read_changes(visit: Visit) -> Json<Any> {
    let world = &*visit.world;
    Json(json!({
        "world": format!("{:016x}", world.mark()),
        "changes": world.changes(),
        "now": world.clock().now(),
        "frozen": world.clock().is_frozen(),
    }))
}

async fn clear_requests(visit: Visit) -> StatusCode {
    visit.world.journal().clear();
    StatusCode::NO_CONTENT
}

async fn openapi_document(visit: Visit, headers: HeaderMap) -> impl IntoResponse {
    let document = openapi::document(visit.world.settings(), &visit.base(&headers).url());
    // For people, and for a file that is compared line by line.
    ([(header::CONTENT_TYPE, "application/json")], format!("{document:#}\n"))
}

async fn take_snapshot(visit: Visit) -> impl IntoResponse {
    ([(header::CONTENT_TYPE, "application/json")], visit.world.snapshot().to_text())
}

async fn put_snapshot(visit: Visit, Text(text): Text) -> Result<Json<Any>, Refused> {
    visit.place.restore(&Seed::parse(&text)?)?;
    Ok(Json(json!({ "status": "ok" })))
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct NewSandbox {
    seed: Option<Any>,
    #[serde(default)]
    assume: Map<String, Any>,
}

impl NewSandbox {
    /// The seed and the settings of the sandbox, where it says nothing those of `parent`.
    fn over(self, parent: &Place) -> Result<(Arc<Seed>, Arc<Settings>), Refused> {
        let seed = match self.seed {
            None => Arc::clone(&parent.seed),
            Some(Any::String(name)) if name == "default" => Arc::new(Seed::default_world()),
            Some(Any::String(name)) if name == "empty" => Arc::new(Seed::empty_world()),
            Some(seed) => Arc::new(Seed::parse(&seed.to_string())?),
        };
        if self.assume.is_empty() {
            return Ok((seed, Arc::clone(&parent.settings)));
        }
        let mut settings = Settings::clone(&parent.settings);
        for (key, value) in &self.assume {
            let set = settings.assumptions.set_json(key, value);
            set.map_err(|error| Refused::bad(format!("assume: {error}")))?;
        }
        Ok((seed, Arc::new(settings)))
    }
}

async fn make_sandbox(
    State(app): State<App>,
    visit: Visit,
    headers: HeaderMap,
    Body(new): Body<NewSandbox>,
) -> Result<Response, Refused> {
    let (seed, settings) = new.over(&visit.place)?;
    let place = app.make_sandbox(seed, settings)?;
    let name = place.sandbox.as_deref().unwrap_or_default();
    let base_url = visit.base(&headers).of_sandbox(name);
    Ok((StatusCode::CREATED, Json(describe(&place, name, &base_url))).into_response())
}

/// How to reach a sandbox, and with which credentials.
fn describe(place: &Place, name: &str, base_url: &str) -> Any {
    let form = place.settings.assumptions.choice();
    let crm = |position: usize| {
        place.seed.credentials(position).map(|partner| {
            json!({
                "username": partner.user.map(|user| &user.username),
                "password": partner.user.map(|user| &user.password),
                "token": partner.token,
            })
        })
    };
    let sso = place.seed.credentials(0).and_then(|partner| partner.client);
    let accounts: Vec<Any> = place
        .seed
        .accounts()
        .map(|(id, partner, email, token)| {
            let id = Id::new(Table::Account, id).shown(form);
            json!({ "id": id, "partner": partner, "email": email, "app_token": token })
        })
        .collect();
    json!({
        "id": name,
        "base_url": base_url,
        "crm": crm(0),
        "crm2": crm(1),
        "sso": sso.map(|client| json!({ "client_id": client.client_id, "client_secret": client.client_secret })),
        "accounts": accounts,
    })
}

async fn list_sandboxes(State(app): State<App>, visit: Visit, headers: HeaderMap) -> Json<Any> {
    let base = visit.base(&headers);
    let mut names = app.sandboxes();
    names.sort_unstable();
    let sandboxes: Vec<Any> =
        names.iter().map(|name| json!({ "id": name, "base_url": base.of_sandbox(name) })).collect();
    Json(json!({ "sandboxes": sandboxes }))
}

async fn end_sandbox(State(app): State<App>, Path(name): Path<String>) -> Result<StatusCode, Refused> {
    if app.end_sandbox(&name) { Ok(StatusCode::NO_CONTENT) } else { Err(no_such_sandbox()) }
}

/// The answer of a sandbox that was ended, or never made.
pub(crate) fn no_such_sandbox() -> Refused {
    Refused(StatusCode::NOT_FOUND, "there is no such sandbox; POST /_mock/sandboxes makes one".into())
}
