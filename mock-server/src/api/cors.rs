//! Cross-origin requests, as stock Laravel answers them below `/api/`: any page may call, without credentials of its own.
//!
//! The control routes have none of this: a web page must not be able to drive them.

use axum::http::header::{
    ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS, ACCESS_CONTROL_ALLOW_ORIGIN, ACCESS_CONTROL_MAX_AGE,
    ACCESS_CONTROL_REQUEST_HEADERS, ACCESS_CONTROL_REQUEST_METHOD, VARY,
};
use axum::http::{HeaderMap, HeaderValue, Method};

/// Below this path any page may call.
const OPEN: &str = "/api/";

/// The headers of the response to a preflight, if the request is one. Every path that [is open](is_open) takes it.
pub(crate) fn preflight(method: &Method, headers: &HeaderMap) -> Option<HeaderMap> {
    let asked = headers.get(ACCESS_CONTROL_REQUEST_METHOD)?;
    if method != Method::OPTIONS {
        return None;
    }
    let method = asked.to_str().ok().and_then(|method| HeaderValue::from_str(&method.to_ascii_uppercase()).ok());
    let asked_headers = headers.get(ACCESS_CONTROL_REQUEST_HEADERS).cloned();
    Some(HeaderMap::from_iter([
        (ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*")),
        (ACCESS_CONTROL_ALLOW_METHODS, method.unwrap_or_else(|| HeaderValue::from_static(""))),
        (ACCESS_CONTROL_ALLOW_HEADERS, asked_headers.unwrap_or_else(|| HeaderValue::from_static(""))),
        (ACCESS_CONTROL_MAX_AGE, HeaderValue::from_static("0")),
        (VARY, HeaderValue::from_static("Access-Control-Request-Method, Access-Control-Request-Headers")),
    ]))
}

/// Whether any page may read an answer to this path.
pub(crate) fn is_open(path: &str) -> bool {
    path.starts_with(OPEN)
}
