//! The control routes under `/_mock/`: what a test or a person does to the mock that no client of the real API could do.

pub(crate) mod accounts;
pub(crate) mod clock;
pub(crate) mod confirm;
pub(crate) mod credentials;
pub(crate) mod faults;
pub(crate) mod guard;
pub(crate) mod input;
pub(crate) mod journal;
pub(crate) mod outbox;
pub(crate) mod profile;
pub(crate) mod refused;
pub(crate) mod sandboxes;
pub(crate) mod world;

use std::sync::Arc;

use axum::Router;
use axum::extract::{DefaultBodyLimit, OriginalUri, Request, State};
use axum::http::Method;
use axum::middleware::{self, Next};
use axum::response::Response;
use axum::routing::{MethodRouter, delete, get, post};

use self::refused::Refused;
use crate::api::context::App;
use crate::model::mask;
use crate::page;

/// The largest body that a control route reads: a seed may be long.
const BODY_LIMIT: usize = 64 * 1024 * 1024;

/// Adds the control routes and the confirmation links to the documented ones.
pub(crate) fn router(documented: Router<App>, app: &App) -> Router<App> {
    let control = Router::new()
        .route("/health", get(world::health))
        .route("/reset", post(world::reset))
        .route("/leaks", post(world::add_leak))
        .route("/clock", get(clock::read).put(clock::advance))
        .route("/accounts/{id}/eid", post(world::complete_eid))
        .route("/faults", get(faults::list).post(faults::post).delete(faults::clear))
        .route("/faults/{id}", delete(faults::remove))
        .route("/openapi.json", get(world::openapi_document))
        .route("/snapshot", get(world::take_snapshot).put(world::put_snapshot))
        .route("/profile", get(profile::read).put(profile::put))
        .route("/credentials", get(credentials::read))
        .route("/sandboxes", get(sandboxes::list).post(sandboxes::make))
        .route("/sandboxes/{id}", delete(sandboxes::end))
        .route("/changes", get(world::changes))
        .route("/requests/{id}/curl", get(journal::curl))
        .route_layer(middleware::from_fn(without_query))
        .route("/accounts", get(accounts::list))
        .route("/accounts/{id}", get(accounts::one))
        .route("/outbox", get(outbox::list).delete(outbox::clear))
        .route("/requests", get(journal::list).delete(journal::clear))
        .fallback(no_such_route)
        .method_not_allowed_fallback(no_such_method)
        .layer(DefaultBodyLimit::max(BODY_LIMIT))
        .layer(middleware::from_fn_with_state(app.clone(), count_change))
        .layer(middleware::from_fn_with_state(app.clone(), guard::only_local))
        .layer(middleware::from_fn(log))
        .route("/", get(page::redirect));
    let links = MethodRouter::new().get(confirm::open).head(confirm::peek).layer(middleware::from_fn(log));
    let page = page::router().method_not_allowed_fallback(no_such_method);
    documented.nest("/_mock", control).merge(page).route("/_confirm/{secret}", links)
}

/// Refuses a query, because a client that sends one expects an effect.
async fn without_query(request: Request, next: Next) -> Result<Response, Refused> {
    match request.uri().query() {
        None | Some("") => Ok(next.run(request).await),
        Some(_) => Err(Refused::bad("this control route takes no query")),
    }
}

/// Counts a change for pages that watch the world.
async fn count_change(State(app): State<App>, request: Request, next: Next) -> Response {
    let (mut parts, body) = request.into_parts();
    let reached = app.reached(&mut parts);
    let only_reads = matches!(parts.method, Method::GET | Method::HEAD);
    let mount = Arc::clone(&reached.mount);
    parts.extensions.insert(reached);
    let response = next.run(Request::from_parts(parts, body)).await;
    if !only_reads {
        mount.world().changed();
    }
    response
}

/// Writes the one line of the log that a request leaves. Requests with which the page stays up to date leave none: they
/// would hide those of clients.
async fn log(OriginalUri(uri): OriginalUri, request: Request, next: Next) -> Response {
    let method = request.method().clone();
    if method == Method::GET && request.headers().contains_key(&page::HEADER) {
        return next.run(request).await;
    }
    let response = next.run(request).await;
    let (path, status) = (mask::target(uri.path(), uri.query()), response.status().as_u16());
    let method = mask::method(method.as_str());
    tracing::info!(method, path, status, "control");
    response
}

async fn no_such_route() -> Refused {
    let routes = "health, changes, reset, outbox, leaks, clock, accounts, accounts/{id}, accounts/{id}/eid, faults, requests, \
                  requests/{id}/curl, snapshot, profile, credentials, openapi.json, sandboxes";
    Refused::not_found(format!("there is no such control route; under /_mock/ are {routes}"))
}

async fn no_such_method() -> Refused {
    Refused::method_not_allowed("this control route has other methods; see the Allow header")
}
