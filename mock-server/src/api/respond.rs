//! The response to one request whose body has been read: faults, row, caller, handler, format, headers and journal. Nothing
//! here waits.

use std::borrow::Cow;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::{Duration, Instant};

use axum::extract::RawPathParams;
use axum::http::Method;
use axum::http::request::Parts;

use crate::api::auth;
use crate::api::cors;
use crate::api::error::{ApiError, ErrorKind};
use crate::api::format::{self, Rendered, Wire};
use crate::api::reply::Reply;
use crate::api::request::Request;
use crate::api::routes::{self, AnyOutcome, Handler, Row};
use crate::api::suggest;
use crate::api::wording::{Wording, error_of_status};
use crate::faults::effect::{ConnectionEnd, RequestEffect};
use crate::faults::pattern::IncomingRequest;
use crate::faults::{InjectedEffect, InjectedFault};
use crate::guide::facts::Fact;
use crate::guide::format::Format;
use crate::guide::trace::{Assumed, Trace};
use crate::model::base_url::BaseUrl;
use crate::model::mask;
use crate::model::principal::{Mode, Principal, TokenSeen};
use crate::model::shape::Writing;
use crate::profile::Refused;
use crate::world::head::Head;
use crate::world::record::{Entry, SentResponse};
use crate::world::sent::SentRequest;
use crate::world::state::{Context, World};
use crate::world::tokens::Rate;

/// A request whose body has been read.
#[derive(Debug)]
pub(crate) struct Incoming<'a> {
    /// When its head had come.
    pub(crate) began: Instant,
    /// The rows of its path; none where the path is not documented.
    pub(crate) rows: &'a [&'static Row],
    pub(crate) world: &'a World,
    pub(crate) base: BaseUrl<'a>,
    pub(crate) parts: &'a Parts,
    pub(crate) captures: Option<&'a RawPathParams>,
    /// The body, or the reason why it was not read.
    pub(crate) body: Result<&'a [u8], ErrorKind>,
}

/// The response to a request.
#[derive(Debug)]
pub(crate) struct Response {
    /// None where a fault ends the connection without a response.
    pub(crate) rendered: Option<Rendered>,
    /// How long the response, or its absence, is held back.
    pub(crate) delay: Duration,
    /// The end of the connection, where a fault ends it.
    pub(crate) end: Option<ConnectionEnd>,
}

/// The result of handling a request.
struct Handled {
    outcome: AnyOutcome,
    token: TokenSeen,
    rate: Option<Rate>,
}

impl From<ApiError> for Handled {
    fn from(error: ApiError) -> Self {
        Self { outcome: Err(error), token: TokenSeen::None, rate: None }
    }
}

/// Answers a request, and notes it in journal and log.
pub(crate) fn respond(incoming: &Incoming<'_>) -> Response {
    let (world, parts) = (incoming.world, incoming.parts);
    let trace = Trace::default();
    let assumed = Assumed::new(world.assumptions(), &trace);
    let renamed = renamed(incoming);
    let request = Request {
        world,
        context: Context { now: world.clock.now(), assumed, base: incoming.base },
        headers: &parts.headers,
        uri: &parts.uri,
        captures: incoming.captures,
        body: renamed.as_deref().unwrap_or_else(|| incoming.body.as_ref().map_or(&[][..], |body| body)),
    };
    let (injected, token) = inject(incoming, &request);
    let effect = injected.as_ref().and_then(|injected| injected.effect.as_ref());
    let handled = match effect {
        // The world does not see the request, so only the fault has looked at its token.
        Some(effect) if effect.spares_the_world() => None,
        _ => Some(handle(incoming, &request, &trace)),
    };
    let token = handled.as_ref().map_or(token, |handled| handled.token);
    let delay = injected.as_ref().map_or(Duration::ZERO, |injected| injected.delay)
        + handled.as_ref().map_or(Duration::ZERO, |handled| delay(&handled.outcome));
    // Of several faults, the one with the largest effect is named.
    let fault = match (effect, handled.as_ref().and_then(|handled| message_fault(&handled.outcome))) {
        (None, Some(fault)) => Some(fault),
        _ => injected.as_ref().map(|injected| injected.by),
    };
    let (handled, end) = apply(effect, handled, &trace);
    if let Some(Handled { outcome: Err(ApiError { is_magic: true, .. }), .. }) = &handled {
        trace.clear();
    }
    let hint = hint(&request, handled.as_ref().filter(|_| !replaces(effect)), fault);
    let format = format::asked_for(&parts.headers, world.settings.normalize_all, assumed);
    let handled = handled.map(|handled| Handled { token: seen_token(&request, handled.token), ..handled });
    let rate = handled.as_ref().and_then(|handled| handled.rate);
    let mut rendered = handled.map(|handled| write(incoming, &handled, format, &trace, assumed));
    let end = match (effect, &rendered) {
        (Some(RequestEffect::Truncate { bytes }), Some(rendered)) => Some(truncated(rendered, &parts.method, *bytes)),
        _ => end,
    };
    if rendered.is_none() {
        trace.clear();
    }
    let head = Head { basis: trace.basis(), hint, rate, is_open: cors::is_open(parts.uri.path()) };
    let sent = rendered.as_mut().map(|rendered| {
        let sent = incoming.world.journal.is_kept().then(|| kept(rendered, end));
        head.write(&mut rendered.headers);
        (rendered.status.as_u16(), sent)
    });
    note(incoming, &request, Note { token, format, head, sent, fault, delay });
    Response { rendered, delay, end }
}

/// The effect of the faults that apply to the request, and the kind of its token as far as they have looked.
fn inject(incoming: &Incoming<'_>, request: &Request<'_>) -> (Option<InjectedEffect>, TokenSeen) {
    let faults = &incoming.world.faults;
    if !faults.is_any() {
        return (None, TokenSeen::None);
    }
    let documented = incoming.rows.first().map(|row| &*row.path);
    let (token_number, token) = auth::look_at_token(request);
    let (method, path) = (&incoming.parts.method, incoming.parts.uri.path());
    let seen = IncomingRequest { method, path, documented, token_number, token };
    (faults.inject_request(&seen, request.now()), token)
}

/// Handles the request.
fn handle(incoming: &Incoming<'_>, request: &Request<'_>, trace: &Trace) -> Handled {
    let row = match row(incoming, request.assumed()) {
        Ok(row) => row,
        Err(refusal) => return refusal.into(),
    };
    if let Err(unread) = &incoming.body {
        return ApiError::from(unread.clone()).into();
    }
    trace.record_facts(row.facts);
    let _step = incoming.world.step();
    // A defect of the mock must not take the connection, and the other requests on it, with it.
    let handled = catch_unwind(AssertUnwindSafe(|| call(&row.handler, request)));
    handled.unwrap_or_else(|_| ApiError::from(ErrorKind::Broken).into())
}

/// The row that answers, or the refusal of a path or a method that is not documented (NONE-1).
fn row(incoming: &Incoming<'_>, assumed: Assumed<'_>) -> Result<&'static Row, ApiError> {
    let (method, path) = (&incoming.parts.method, incoming.parts.uri.path());
    let rows = incoming.rows;
    // Whether a route exists may be an assumption, so every row of the path is asked, also those behind the one that answers.
    let (mut answering, mut exists) = (None, false);
    for row in rows.iter().copied().filter(|row| row.exists(assumed)) {
        exists = true;
        answering = answering.or_else(|| row.answers(method).then_some(row));
    }
    if let Some(row) = answering {
        return Ok(row);
    }
    let refusal = if exists {
        let allow = routes::allowed(rows, assumed);
        let hint = format!("the guide gives {allow} on this path, and no other method; see NONE-1");
        ApiError::from(ErrorKind::MethodNotAllowed { allow }).hint(hint)
    } else if rows.is_empty() {
        ApiError::from(ErrorKind::NotFound).hint(suggest::no_such_path(path, routes::paths()))
    } else {
        let hint = "an assumption named in X-Mock-Basis is set so that this route does not exist";
        ApiError::from(ErrorKind::NotFound).hint(hint)
    };
    Err(refusal.fact(Fact::None1))
}

/// Lets the caller in as the handler requires, and calls it.
fn call(handler: &Handler, request: &Request<'_>) -> Handled {
    if let Handler::Open(handle) = handler {
        return Handled { outcome: handle((), request), token: TokenSeen::None, rate: None };
    }
    let auth::Identified { principal, token, rate } = auth::identify(request);
    let outcome = principal.and_then(|principal| match (handler, principal) {
        (Handler::Open(handle), _) => handle((), request),
        (Handler::OfPartner(handle), _) => handle(auth::admit_partner(principal, request)?, request),
        (Handler::OfAccount(scope, handle), _) => handle(auth::admit(*scope, principal, request)?, request),
        (Handler::OfSubscriber(handle), _) => handle(auth::admit_subscriber(principal, request)?, request),
        (Handler::ByToken { partner, .. }, Principal::Partner(id)) => partner(auth::Partner(id), request),
        (Handler::ByToken { user, .. }, Principal::User(account)) => {
            user(auth::Actor { account, mode: Mode::EndUser }, request)
        }
    });
    Handled { outcome, token, rate }
}

fn delay(outcome: &AnyOutcome) -> Duration {
    match outcome {
        Ok(reply) => reply.delay,
        Err(error) => error.delay,
    }
}

fn message_fault(outcome: &AnyOutcome) -> Option<InjectedFault> {
    outcome.as_ref().ok().and_then(|reply| reply.fault)
}

/// Whether an effect puts something else in the place of the response.
fn replaces(effect: Option<&RequestEffect>) -> bool {
    matches!(effect, Some(RequestEffect::Status { .. } | RequestEffect::Throttle { .. } | RequestEffect::End { .. }))
}

/// The response after the effect of a fault: another one, or none and the end of the connection.
fn apply(
    effect: Option<&RequestEffect>,
    handled: Option<Handled>,
    trace: &Trace,
) -> (Option<Handled>, Option<ConnectionEnd>) {
    let kind = match effect {
        None | Some(RequestEffect::Truncate { .. }) => return (handled, None),
        Some(RequestEffect::End { end, .. }) => return (None, Some(*end)),
        Some(RequestEffect::Status { status, .. }) => error_of_status(*status).unwrap_or(ErrorKind::Broken),
        Some(RequestEffect::Throttle { retry_after_seconds }) => {
            ErrorKind::Throttled { retry_after_seconds: *retry_after_seconds }
        }
    };
    trace.clear();
    (Some(ApiError::from(kind).into()), None)
}

/// The hint for the person behind the client: of the fault that applied, then of the handler.
fn hint(request: &Request<'_>, handled: Option<&Handled>, fault: Option<InjectedFault>) -> Option<Cow<'static, str>> {
    let hint = handled.and_then(|handled| match &handled.outcome {
        Ok(Reply { hint, .. }) => hint.clone(),
        Err(error) => request.content_type_hint(error).map(Cow::Borrowed).or_else(|| error.hint.clone()),
    });
    match (fault.map(InjectedFault::hint), hint) {
        (Some(fault), Some(hint)) => Some(format!("{fault}; {hint}").into()),
        (Some(fault), None) => Some(fault.into()),
        (None, hint) => hint,
    }
}

/// Writes the response with the headers of its format.
fn write(incoming: &Incoming<'_>, handled: &Handled, format: Format, trace: &Trace, assumed: Assumed<'_>) -> Rendered {
    let uri = &incoming.parts.uri;
    let target = || uri.path_and_query().map_or("/", |target| target.as_str());
    let url = || format!("{}{}", incoming.base.url(), target());
    let corr_id = || incoming.world.secrets.uuid();
    let wire = Wire { writing: Writing { format, assumed }, url: &url, corr_id: &corr_id };
    let mut rendered = match &handled.outcome {
        Ok(reply) => reply.answer.render(wire),
        Err(error) => wire.refusal(error),
    };
    if incoming.world.settings.profile.is_some() {
        observed(incoming, handled, format, trace, &mut rendered);
    }
    rendered
}

/// The name of the documented operation that a request calls, if there is one: `GET /api/v1/account`.
fn operation(incoming: &Incoming<'_>) -> Option<String> {
    let method = &incoming.parts.method;
    let row = incoming.rows.iter().find(|row| row.answers(method))?;
    Some(format!("{} {}", row.method, row.path))
}

/// The body with the names of fields that the mock knows, where a target was seen to have others.
fn renamed(incoming: &Incoming<'_>) -> Option<Vec<u8>> {
    let profile = incoming.world.settings.profile.as_deref()?;
    profile.read_body(&operation(incoming)?, incoming.body.as_ref().ok()?)
}

/// The token of a request, also where the mock refuses before it looks at the caller: a target may look first.
fn seen_token(request: &Request<'_>, token: TokenSeen) -> TokenSeen {
    let is_unseen = request.world.settings.profile.is_some() && matches!(token, TokenSeen::None);
    if is_unseen { auth::look_at_token(request).1 } else { token }
}

/// Writes the response as a target was seen to write it.
fn observed(incoming: &Incoming<'_>, handled: &Handled, format: Format, trace: &Trace, rendered: &mut Rendered) {
    let error = handled.outcome.as_ref().err();
    // Throttling is documented (FORMAT-9), and its headers are HTTP's.
    let Some(profile) = &incoming.world.settings.profile else { return };
    if error.is_some_and(|error| matches!(error.kind, ErrorKind::Throttled { .. })) {
        return;
    }
    let other =
        if incoming.parts.uri.path().starts_with("/api/v1/account/") { "other below an account" } else { "other" };
    let operation = operation(incoming).unwrap_or_else(|| other.to_owned());
    let token = handled.token.name();
    let (status, basis) = (rendered.status.as_u16(), trace.basis());
    let assumptions = incoming.world.assumptions();
    let learnt = profile.answer(&operation, token, format, status, basis, assumptions);
    let Some(learnt) = learnt else { return };
    let own = serde_json::from_slice(&rendered.body).unwrap_or_default();
    let wording = error.map(|error| Wording::of(&error.kind, format));
    let refused = wording.as_ref().map(|wording| Refused {
        message: &wording.message,
        fields: wording.fields().map(|field| profile.field_name(&operation, field)).collect(),
    });
    rendered.rewrite(learnt.write(&own, refused.as_ref()));
    trace.record_observed();
}

/// The end of a connection that breaks off within the body; without a body it is cut.
fn truncated(rendered: &Rendered, method: &Method, bytes: usize) -> ConnectionEnd {
    match rendered.body.len().checked_sub(1).filter(|_| method != Method::HEAD) {
        Some(all_but_one) => ConnectionEnd::Truncated { bytes: all_but_one.min(bytes) },
        None => ConnectionEnd::Cut,
    }
}

/// The response as it arrives, for the journal.
fn kept(rendered: &Rendered, end: Option<ConnectionEnd>) -> SentResponse {
    let body = match end {
        Some(ConnectionEnd::Truncated { bytes }) => rendered.body.slice(..bytes.min(rendered.body.len())),
        _ => rendered.body.clone(),
    };
    SentResponse::new(rendered.status.as_u16(), &rendered.headers, &body)
}

/// The facts about a response that journal and log keep.
struct Note {
    token: TokenSeen,
    format: Format,
    head: Head,
    /// The status of the response, and the response where the journal keeps it.
    sent: Option<(u16, Option<SentResponse>)>,
    fault: Option<InjectedFault>,
    /// How long it is held back.
    delay: Duration,
}

fn note(incoming: &Incoming<'_>, request: &Request<'_>, note: Note) {
    let Note { token, format, head, sent: response, fault, delay } = note;
    let journal = &incoming.world.journal;
    let is_logged = tracing::enabled!(tracing::Level::INFO);
    if !is_logged && !journal.is_kept() {
        return;
    }
    let Parts { method, uri, headers, .. } = incoming.parts;
    let (path, token) = (mask::target(uri.path(), uri.query()), token.name());
    if is_logged {
        let (hint, fault) = (head.hint.as_deref(), fault.map(|fault| fault.kind.name()));
        let status = response.as_ref().map(|(status, _)| *status);
        let method = mask::method(method.as_str());
        tracing::info!(method, path, status, token, hint, fault, "request");
    }
    if journal.is_kept() {
        let target = uri.path_and_query().map_or("/", |target| target.as_str());
        let took = (incoming.began.elapsed() + delay).as_micros();
        journal.add(Entry {
            at: request.now(),
            took: u32::try_from(took).unwrap_or(u32::MAX),
            method: method.clone(),
            path,
            documented: incoming.rows.first().map(|row| &*row.path),
            token,
            format: format.name(),
            head,
            fault,
            sent: SentRequest::new(target, headers, incoming.body.as_ref().ok().copied()),
            response: response.and_then(|(_, kept)| kept),
        });
    }
}
