//! The entry of documented requests: axum finds the path, the body is read, and then `respond` answers in one go.

use std::collections::BTreeMap;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Instant;

use axum::body::Body;
use axum::extract::{RawPathParams, Request};
use axum::handler::Handler;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::any;
use axum::{RequestPartsExt, Router};
use bytes::Bytes;
use http_body_util::{BodyExt, LengthLimitError, Limited};

use crate::api::context::App;
use crate::api::cors;
use crate::api::error::ErrorKind;
use crate::api::respond::{Incoming, Response as Written, respond};
use crate::api::routes::{Row, rows};

/// The largest body that is read.
const BODY_LIMIT: usize = 1024 * 1024;

/// The documented routes, and the fallback for all other paths.
pub(crate) fn router() -> Router<App> {
    let mut by_path = BTreeMap::<&str, Vec<&'static Row>>::new();
    for row in rows() {
        by_path.entry(&row.path).or_default().push(row);
    }
    let mut router = Router::new();
    for (path, rows) in by_path {
        router = router.route(path, any(Target(rows.into())));
    }
    router.fallback(undocumented())
}

/// What answers requests for a path that the guide does not have.
pub(crate) fn undocumented() -> impl Handler<(), App> {
    Target(Arc::new([]))
}

/// The rows of the path of a request; none where the path is not documented. As an axum handler, it answers the request.
#[derive(Clone, Debug)]
struct Target(Arc<[&'static Row]>);

impl Handler<(), App> for Target {
    type Future = Pin<Box<dyn Future<Output = Response> + Send>>;

    fn call(self, request: Request, app: App) -> Self::Future {
        Box::pin(answer(self, app, request))
    }
}

async fn answer(target: Target, app: App, request: Request) -> Response {
    let (mut parts, body) = request.into_parts();
    let preflight = cors::preflight(&parts.method, &parts.headers);
    if let Some(headers) = preflight.filter(|_| cors::is_open(parts.uri.path())) {
        let mut response = StatusCode::NO_CONTENT.into_response();
        *response.headers_mut() = headers;
        return response;
    }
    let began = Instant::now();
    let reached = app.reached(&mut parts);
    // Captures that are not UTF-8 name nothing.
    let captures = parts.extract::<RawPathParams>().await.ok();
    let body = read(body, &parts.headers, &app).await;
    let incoming = Incoming {
        began,
        rows: &target.0,
        world: &reached.world,
        base: reached.base(&parts.headers),
        parts: &parts,
        captures: captures.as_ref(),
        body: body.as_deref().map_err(Clone::clone),
    };
    let Written { rendered, delay, end } = respond(&incoming);
    reached.world.changed();
    if !delay.is_zero() {
        reached.world.pause(delay).await;
    }
    let mut response = Response::default();
    if let Some(rendered) = rendered {
        *response.body_mut() = Body::from(rendered.body);
        *response.status_mut() = rendered.status;
        *response.headers_mut() = rendered.headers;
    }
    if let Some(end) = end {
        response.extensions_mut().insert(end);
    }
    response
}

/// The body, or the reason why it was not read whole.
async fn read(body: Body, headers: &HeaderMap, app: &App) -> Result<Bytes, ErrorKind> {
    let announced = headers.get(header::CONTENT_LENGTH).and_then(|length| length.to_str().ok()?.parse::<u64>().ok());
    if announced.is_some_and(|length| length > BODY_LIMIT as u64) {
        return Err(ErrorKind::TooLarge);
    }
    if announced.is_none_or(|length| length == 0) && !headers.contains_key(header::TRANSFER_ENCODING) {
        return Ok(Bytes::new());
    }
    let whole = tokio::select! {
        // First the body: mostly it came with the head, and then no timer is needed.
        biased;
        whole = Limited::new(body, BODY_LIMIT).collect() => whole,
        () = tokio::time::sleep(app.limits().body) => return Err(ErrorKind::TimedOut),
    };
    match whole {
        Ok(whole) => Ok(whole.to_bytes()),
        Err(error) if error.is::<LengthLimitError>() => Err(ErrorKind::TooLarge),
        // The client has gone, or breaks HTTP; it may not see the response.
        Err(_) => Err(ErrorKind::BadRequest("The request body could not be read.".into())),
    }
}
