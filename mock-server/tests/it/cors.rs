//! Cross-origin requests: a page of any origin calls the documented routes, as with stock Laravel, and no
//! control route.

use reqwest::Method;

use crate::harness::{APP, CRM, World};

const PAGE: &str = "https://app.example.com";

#[tokio::test]
async fn a_preflight_is_let_through_whatever_it_asks_for_below_api() {
    let world = World::new();
    let cases = [
        ("/api/v1/email-watchlist", "POST", Some("authorization,content-type,x-api-version")),
        ("/api/v1/account/1", "patch", Some("Authorization")),
        ("/api/v1/no-such-path", "DELETE", None),
    ];
    for (path, method, headers) in cases {
        let request = world.request(Method::OPTIONS, path).header("origin", PAGE);
        let request = request.header("access-control-request-method", method);
        let request = match headers {
            Some(headers) => request.header("access-control-request-headers", headers),
            None => request,
        };
        let answer = request.send().await.expect(204);
        assert_eq!(answer.header("access-control-allow-origin"), "*", "{path}");
        assert_eq!(answer.header("access-control-allow-methods"), method.to_uppercase(), "{path}");
        assert_eq!(answer.header("access-control-allow-headers"), headers.unwrap_or_default(), "{path}");
        assert_eq!(answer.header("access-control-max-age"), "0", "{path}");
        assert_eq!(answer.header("vary"), "Access-Control-Request-Method, Access-Control-Request-Headers", "{path}");
        assert_eq!(answer.raw, "", "{path}");
    }
    assert_eq!(world.control().requests().len(), 0, "what a browser asks by itself is not in the journal");
    // Without the header it is no preflight.
    world.request(Method::OPTIONS, "/api/v1/email-watchlist").header("origin", PAGE).send().await.expect(405);
}

#[tokio::test]
async fn a_page_reads_every_answer_below_api_refusals_too() {
    let world = World::new();
    let cases = [
        (Method::GET, "/api/v1/email-watchlist", Some(APP), 200),
        (Method::GET, "/api/v1/email-watchlist", None, 401),
        (Method::GET, "/api/v1/email-watchlist", Some(CRM), 403),
        (Method::GET, "/api/v1/no-such-path", Some(APP), 404),
        (Method::PUT, "/api/v1/email-watchlist", Some(APP), 405),
        (Method::POST, "/api/v1/email-watchlist", Some(APP), 422),
    ];
    for (method, path, token, status) in cases {
        let request = world.request(method.clone(), path).header("origin", PAGE);
        let answer = request.token_if(token).send().await.expect(status);
        assert_eq!(answer.header("access-control-allow-origin"), "*", "{method} {path}");
        assert_eq!(answer.header("access-control-allow-credentials"), "", "{method} {path}");
    }
}

#[tokio::test]
async fn no_page_of_another_origin_reaches_a_control_route() {
    let world = World::new();
    for path in ["/_mock/reset", "/_mock/health", "/_confirm/nothing", "/_mock/leaks"] {
        let preflight = world.request(Method::OPTIONS, path).header("origin", PAGE);
        let answer = preflight.header("access-control-request-method", "POST").send().await;
        assert_eq!(answer.header("access-control-allow-methods"), "", "{path}");
        let called = world.get(path).header("origin", PAGE).send().await;
        assert_eq!(called.header("access-control-allow-origin"), "", "{path}");
    }
}
