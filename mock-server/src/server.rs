//! Serving HTTP: connections, time-outs, and an orderly end.

use std::io;
use std::pin::pin;
use std::time::Duration;

use axum::Router;
use axum::extract::Request;
use axum::http::{HeaderValue, header};
use axum::response::Response;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioTimer;
use hyper_util::server::graceful::GracefulShutdown;
use tokio::net::{TcpListener, TcpStream};
use tower::ServiceExt;

use crate::api::context::App;
use crate::api::dispatch;
use crate::connection::{Connection, Control, Ended};
use crate::control;
use crate::unread::{self, Rest};

/// How long to wait before accepting again when there are no file descriptors left.
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);

/// Serves `app` on `listener` until `shutdown` resolves; then ends the requests that are under way, within the limits.
pub(crate) async fn serve(listener: TcpListener, app: App, shutdown: impl Future<Output = ()>) {
    let router = control::router(dispatch::router(), &app).with_state(app.clone());
    let mut http = http1::Builder::new();
    // A client that has sent its request may shut its side down, and wait for the answer.
    http.timer(TokioTimer::new()).header_read_timeout(app.limits().head).half_close(true);
    let connections = GracefulShutdown::new();
    let mut shutdown = pin!(shutdown);
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            () = &mut shutdown => break,
        };
        match accepted {
            Ok((stream, _)) => connect(stream, &http, &connections, &router, &app),
            Err(error) => after_refused_accept(&error).await,
        }
    }
    drop(listener);
    app.worlds().end();
    tokio::select! {
        () = connections.shutdown() => {}
        () = tokio::time::sleep(app.limits().shutdown) => tracing::warn!("some requests did not end in time"),
    }
}

fn connect(stream: TcpStream, http: &http1::Builder, connections: &GracefulShutdown, router: &Router, app: &App) {
    // Responses are small and written at once, so there is nothing to gather.
    if let Err(error) = stream.set_nodelay(true) {
        tracing::debug!(%error, "a connection ended before it was served");
        return;
    }
    let (router, app) = (router.clone(), app.clone());
    let (connection, control) = Connection::new(stream, app.limits().write);
    let service = service_fn(move |request| answer(request, router.clone(), app.clone(), control.clone()));
    let connection = connections.watch(http.serve_connection(connection, service));
    tokio::spawn(async move {
        if let Err(error) = connection.await {
            tracing::debug!(%error, "a connection ended early");
        }
    });
}

/// Answers a request, and lets the client see the answer although it may still send.
async fn answer(
    request: hyper::Request<Incoming>,
    router: Router,
    app: App,
    control: Control,
) -> Result<Response, Ended> {
    let (head, body) = request.into_parts();
    let (body, rest) = Rest::of(body);
    let waits_to_send = rest.is_some() && unread::waits_to_send(&head.headers);
    let mut response = route(Request::from_parts(head, body), router, app, control).await?;
    if let Some(rest) = rest
        && !rest.throw_away(waits_to_send).await
    {
        response.headers_mut().insert(header::CONNECTION, HeaderValue::from_static("close"));
    }
    Ok(response)
}

/// Finds the world that a request is for, and routes the rest of its path. Where a fault keeps the response from the client,
/// the connection ends.
async fn route(mut request: Request, router: Router, app: App, control: Control) -> Result<Response, Ended> {
    match app.reach_sandbox(request.uri(), request.headers()) {
        Ok(None) => {}
        Ok(Some((reached, within))) => {
            if let Some(within) = within {
                *request.uri_mut() = within;
            }
            request.extensions_mut().insert(reached);
        }
        Err(error) => return Ok(control::sandboxes::refuse(&error, &request)),
    }
    let Ok(response) = router.oneshot(request).await;
    control.carry_out(response).await
}

/// A connection that could not be accepted concerns its client only. If no descriptors are left, they may be soon.
async fn after_refused_accept(error: &io::Error) {
    let is_theirs =
        [io::ErrorKind::ConnectionAborted, io::ErrorKind::ConnectionReset, io::ErrorKind::ConnectionRefused];
    if !is_theirs.contains(&error.kind()) {
        tracing::warn!(%error, "cannot accept a connection");
        tokio::time::sleep(ACCEPT_PAUSE).await;
    }
}
