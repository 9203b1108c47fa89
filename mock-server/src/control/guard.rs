//! The guard of the control routes: any client on this machine or network may use them, but no foreign web page.
//!
//! A page in the developer's browser can send requests to local ports, directly or under a name of its own that it
//! points there. The first kind shows by `Origin` and `Sec-Fetch-Site`, the second by `Host`.

use std::net::IpAddr;

use axum::extract::{Request, State};
use axum::http::{HeaderMap, Uri, header};
use axum::middleware::Next;
use axum::response::Response;

use crate::api::context::App;
use crate::control::refused::Refused;
use crate::model::base_url::{name_of, sandbox_of};

/// Refuses a request that a foreign web page could have sent.
pub(crate) async fn only_local(State(app): State<App>, request: Request, next: Next) -> Result<Response, Refused> {
    match objection(request.headers(), request.uri(), app.allowed_hosts()) {
        None => Ok(next.run(request).await),
        Some(sentence) => Err(Refused::forbidden(sentence)),
    }
}

/// The objection to a request, if there is one.
fn objection(headers: &HeaderMap, uri: &Uri, allowed: &[String]) -> Option<String> {
    let mut hosts = headers.get_all(header::HOST).iter();
    let host = match (uri.authority(), hosts.next(), hosts.next()) {
        (_, _, Some(_)) => return Some("more than one Host header came; send one".into()),
        (Some(authority), _, None) => authority.as_str(),
        (None, host, None) => host.and_then(|host| host.to_str().ok()).unwrap_or_default(),
    };
    if !is_local_name(name_of(host), allowed) {
        return Some(format!(
            "the control routes are not reached as {host:?}: use an IP address, localhost or another name without \
             dots, or start the mock with --allow-host"
        ));
    }
    let is_cross_site =
        headers.get("sec-fetch-site").is_some_and(|site| site.as_bytes().eq_ignore_ascii_case(b"cross-site"));
    let is_own =
        |origin: &str| origin.split_once("://").is_some_and(|(_, authority)| authority.eq_ignore_ascii_case(host));
    let mut origins = headers.get_all(header::ORIGIN).iter();
    if is_cross_site || origins.any(|origin| !origin.to_str().is_ok_and(is_own)) {
        return Some("a web page of another origin cannot use the control routes".into());
    }
    None
}

fn is_local_name(name: &str, allowed: &[String]) -> bool {
    let name = name.to_ascii_lowercase();
    let is_single_label =
        !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte));
    name.parse::<IpAddr>().is_ok()
        || is_single_label
        || name.ends_with(".localhost")
        || allowed.iter().any(|allowed| allowed.eq_ignore_ascii_case(&name))
        || sandbox_of(&name, allowed).is_some()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_foreign_page_is_told_by_origin_site_and_host() {
        let cases: [(&[(&str, &str)], bool); 23] = [
            (&[("host", "127.0.0.1:8650")], true),
            (&[("host", "[::1]:8650")], true),
            (&[("host", "localhost:8650")], true),
            (&[("host", "LOCALHOST")], true),
            (&[("host", "mock:8650")], true),
            (&[("host", "defentry.localhost")], true),
            (&[("host", "mock.internal:80")], true),
            (&[("host", "a.mock.internal:80")], true),
            (&[("host", "a.mock.internal"), ("origin", "http://b.mock.internal")], false),
            (&[("host", "a.localhost:8650"), ("origin", "http://a.localhost:8650")], true),
            (&[("host", "a.localhost:8650"), ("origin", "http://localhost:8650")], false),
            (&[("host", "evil.example")], false),
            (&[("host", "127.0.0.1.evil.example")], false),
            (&[("host", "localhost.")], false),
            (&[("host", "")], false),
            (&[], false),
            (&[("host", "localhost"), ("host", "evil.example")], false),
            (&[("host", "localhost:8650"), ("origin", "http://localhost:8650")], true),
            (&[("host", "localhost:8650"), ("origin", "http://localhost:3000")], false),
            (&[("host", "localhost:8650"), ("origin", "null")], false),
            (&[("host", "localhost:8650"), ("origin", "https://evil.example")], false),
            (&[("host", "localhost:8650"), ("sec-fetch-site", "cross-site")], false),
            (&[("host", "localhost:8650"), ("sec-fetch-site", "same-origin")], true),
        ];
        for (headers, expected) in cases {
            let mut map = HeaderMap::new();
            for (name, value) in headers {
                map.append(*name, value.parse().expect("a header value"));
            }
            let objection = objection(&map, &Uri::from_static("/_mock/health"), &["mock.internal".to_owned()]);
            assert_eq!(objection.is_none(), expected, "{headers:?}: {objection:?}");
        }
    }

    #[test]
    fn the_host_of_an_absolute_request_target_counts() {
        let mut headers = HeaderMap::new();
        headers.insert(header::HOST, "localhost".parse().expect("a header value"));
        assert!(objection(&headers, &Uri::from_static("http://evil.example/_mock/health"), &[]).is_some());
    }
}
