//! The page at `/_mock/`: a world in a browser.
//!
//! It is static, compiled in, and holds nothing of any world, so a link from anywhere may open it. It reads the control
//! routes by addresses relative to its own: below a sandbox's base URL it shows that sandbox.

use std::borrow::Cow;
use std::collections::BTreeMap;

use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use serde_json::json;

use crate::api::context::{App, Reached};
use crate::api::dispatch;
use crate::guide::{assumptions, facts};
use crate::model::base_url::SANDBOX_PREFIX;
use crate::model::kind::WatchKind;

/// The header of requests with which the page stays up to date.
pub(crate) static HEADER: HeaderName = HeaderName::from_static("x-mock-page");

const HTML: &str = "text/html; charset=utf-8";
const CSS: &str = "text/css; charset=utf-8";
const SCRIPT: &str = "text/javascript; charset=utf-8";
const JSON: &str = "application/json";
const SVG: &str = "image/svg+xml";

/// Its files: path, type and text.
const FILES: [(&str, &str, &str); 27] = [
    ("/_mock/", HTML, include_str!("page/index.html")),
    ("/_mock/page/page.css", CSS, include_str!("page/page.css")),
    ("/_mock/page/layout.css", CSS, include_str!("page/layout.css")),
    ("/_mock/page/parts.css", CSS, include_str!("page/parts.css")),
    ("/_mock/page/icon.svg", SVG, include_str!("page/icon.svg")),
    ("/_mock/page/page.js", SCRIPT, include_str!("page/page.js")),
    ("/_mock/page/account.js", SCRIPT, include_str!("page/account.js")),
    ("/_mock/page/accounts.js", SCRIPT, include_str!("page/accounts.js")),
    ("/_mock/page/api.js", SCRIPT, include_str!("page/api.js")),
    ("/_mock/page/assumptions.js", SCRIPT, include_str!("page/assumptions.js")),
    ("/_mock/page/client.js", SCRIPT, include_str!("page/client.js")),
    ("/_mock/page/clock.js", SCRIPT, include_str!("page/clock.js")),
    ("/_mock/page/connect.js", SCRIPT, include_str!("page/connect.js")),
    ("/_mock/page/detail.js", SCRIPT, include_str!("page/detail.js")),
    ("/_mock/page/dialogs.js", SCRIPT, include_str!("page/dialogs.js")),
    ("/_mock/page/dom.js", SCRIPT, include_str!("page/dom.js")),
    ("/_mock/page/enrol.js", SCRIPT, include_str!("page/enrol.js")),
    ("/_mock/page/entries.js", SCRIPT, include_str!("page/entries.js")),
    ("/_mock/page/faults.js", SCRIPT, include_str!("page/faults.js")),
    ("/_mock/page/json.js", SCRIPT, include_str!("page/json.js")),
    ("/_mock/page/keys.js", SCRIPT, include_str!("page/keys.js")),
    ("/_mock/page/merge.js", SCRIPT, include_str!("page/merge.js")),
    ("/_mock/page/sandboxes.js", SCRIPT, include_str!("page/sandboxes.js")),
    ("/_mock/page/stream.js", SCRIPT, include_str!("page/stream.js")),
    ("/_mock/page/text.js", SCRIPT, include_str!("page/text.js")),
    ("/_mock/page/assumptions.json", JSON, assumptions::FIXTURE),
    ("/_mock/page/facts.json", JSON, facts::FIXTURE),
];

/// Only content from here, and in no frame.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self'; \
                      base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/// The kinds of watched values with their labels, in the order of the guide, as a script that the others import.
fn kinds() -> String {
    let titles: BTreeMap<_, _> = WatchKind::ALL.into_iter().map(|kind| (kind, kind.names().title)).collect();
    format!("export const KINDS = {};\n", serde_json::to_string(&titles).expect("names are JSON"))
}

/// The routes of the page.
pub(crate) fn router() -> Router<App> {
    let files = FILES.into_iter().map(|(path, content_type, text)| (path, content_type, Cow::from(text)));
    let kinds = ("/_mock/page/kinds.js", SCRIPT, Cow::from(kinds()));
    // No documented path is the root, so that other methods are told what any such path tells.
    let root = get(root).fallback(dispatch::undocumented());
    files.chain([kinds]).fold(Router::new().route("/", root), |router, (path, content_type, text)| {
        let headers = [
            (header::CONTENT_TYPE, content_type),
            (header::CONTENT_SECURITY_POLICY, POLICY),
            (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
            (header::REFERRER_POLICY, "no-referrer"),
            (header::CACHE_CONTROL, "no-store"),
        ];
        router.route(path, get(async move || (headers, text)))
    })
}

/// The address of the mock itself: it leads a browser to the page, and tells a client where things are.
async fn root(reached: Reached, headers: HeaderMap) -> Response {
    let accepts_html = |accepted: &HeaderValue| accepted.to_str().is_ok_and(|accepted| accepted.contains("text/html"));
    let vary = (header::VARY, "Accept");
    let prefix = reached.mount.sandbox.as_deref().map(|name| format!("{SANDBOX_PREFIX}{name}")).unwrap_or_default();
    if headers.get_all(header::ACCEPT).iter().any(accepts_html) {
        let location = [(header::LOCATION, format!("{prefix}/_mock/"))];
        return (StatusCode::TEMPORARY_REDIRECT, location, [vary]).into_response();
    }
    let place = |path: &str| format!("{prefix}{path}");
    let places = json!({
        "name": "mock-server",
        "version": env!("CARGO_PKG_VERSION"),
        "page": place("/_mock/"),
        "credentials": place("/_mock/credentials"),
        "openapi": place("/_mock/openapi.json"),
        "health": place("/_mock/health"),
        "api": place("/api/v1"),
    });
    ([vary], Json(places)).into_response()
}

/// `/_mock` leads to `/_mock/`, relative too.
pub(crate) async fn redirect() -> impl IntoResponse {
    (StatusCode::TEMPORARY_REDIRECT, [(header::LOCATION, "_mock/")])
}
