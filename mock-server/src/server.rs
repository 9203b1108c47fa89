//! Serving HTTP: connections, time-outs, and an orderly end.

use std::io;
use std::pin::pin;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::Request;
use axum::response::{IntoResponse, Response};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioTimer;
use hyper_util::server::graceful::GracefulShutdown;
use tokio::net::{TcpListener, TcpStream};
use tower::ServiceExt;

use crate::app::{App, SANDBOX_PREFIX};
use crate::connection::{Connection, Control, Ended};
use crate::{control, routes};

/// How long to wait before accepting again when there are no file descriptors left.
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);

/// Serves `app` on `listener` until `shutdown` resolves; then ends what is under way, for as long as the limits say.
pub(crate) async fn serve(listener: TcpListener, app: App, shutdown: impl Future<Output = ()>) {
    let router = control::router(routes::router(), &app).with_state(app.clone());
    let mut http = http1::Builder::new();
    http.timer(TokioTimer::new()).header_read_timeout(app.limits().head);
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
    app.end();
    tokio::select! {
        () = connections.shutdown() => {}
        () = tokio::time::sleep(app.limits().shutdown) => tracing::warn!("some requests did not end in time"),
    }
}

fn connect(stream: TcpStream, http: &http1::Builder, connections: &GracefulShutdown, router: &Router, app: &App) {
    // Answers are small and written at once: there is nothing to gather.
    if let Err(error) = stream.set_nodelay(true) {
        tracing::debug!(%error, "a connection ended before it was served");
        return;
    }
    let (router, app) = (router.clone(), app.clone());
    let (connection, control) = Connection::new(stream);
    let service =
        service_fn(move |request| dispatch(request.map(Body::new), router.clone(), app.clone(), control.clone()));
    let connection = connections.watch(http.serve_connection(connection, service));
    tokio::spawn(async move {
        if let Err(error) = connection.await {
            tracing::debug!(%error, "a connection ended early");
        }
    });
}

/// Finds the world that a request is about, and routes what is left of its path. Where a fault keeps the answer from the
/// client, the connection ends.
async fn dispatch(mut request: Request, router: Router, app: App, control: Control) -> Result<Response, Ended> {
    if request.uri().path().starts_with(SANDBOX_PREFIX) {
        let Some((visit, within)) = app.visit_sandbox(request.uri()) else {
            return Ok(control::no_such_sandbox().into_response());
        };
        *request.uri_mut() = within;
        request.extensions_mut().insert(visit);
    }
    let Ok(response) = router.oneshot(request).await;
    control.carry_out(response).await
}

/// A connection that could not be accepted is its client's trouble; no descriptors left is ours, and may pass.
async fn after_refused_accept(error: &io::Error) {
    let is_theirs =
        [io::ErrorKind::ConnectionAborted, io::ErrorKind::ConnectionReset, io::ErrorKind::ConnectionRefused];
    if !is_theirs.contains(&error.kind()) {
        tracing::warn!(%error, "cannot accept a connection");
        tokio::time::sleep(ACCEPT_PAUSE).await;
    }
}
