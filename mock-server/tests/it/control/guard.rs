//! No foreign web page uses a control route.

use mock_server::MockServer;
use reqwest::Method;
use serde_json::json;

use super::{routes, with_body};
use crate::harness::{APP, Answer, Caller, World, sentence};

/// Sends every control route with these headers.
async fn send_all(world: &World, headers: &[(&str, &str)]) -> Vec<(String, Answer)> {
    let mut answers = Vec::new();
    for (method, path, body) in routes() {
        let label = format!("{method} {path} with {headers:?}");
        let request = with_body(world.request(method, path), body.as_ref());
        answers.push((label, request.headers(headers).send().await));
    }
    answers
}

#[track_caller]
fn offers_no_cors(answer: &Answer, label: &str) {
    let offered = answer.headers.keys().find(|name| name.as_str().starts_with("access-control-"));
    assert_eq!(offered, None, "{label}");
}

#[tokio::test]
async fn a_foreign_web_page_cannot_use_a_control_route() {
    let refused: [&[(&str, &str)]; 10] = [
        &[("origin", "https://evil.example")],
        &[("origin", "http://localhost:3000")],
        &[("origin", "null")],
        &[("origin", "")],
        &[("sec-fetch-site", "cross-site")],
        &[("sec-fetch-site", "Cross-Site"), ("host", "localhost")],
        &[("host", "evil.example")],
        &[("host", "evil.example"), ("origin", "http://evil.example")],
        &[("host", "127.0.0.1.evil.example")],
        &[("host", "localhost.evil.example:8650")],
    ];
    let server = World::of(MockServer::builder().allow_host("mock.internal"));
    let sandbox = World::new();
    for world in [&server, &sandbox] {
        Caller::user(world).add_email("new@example.com").await;
        let clock = world.set_clock(json!({ "now": "2030-01-01T00:00:00Z", "frozen": true })).await;
        for headers in refused {
            for (label, answer) in send_all(world, headers).await {
                assert_eq!(answer.status, 403, "{label}: {}", answer.raw);
                if !label.starts_with("HEAD") {
                    sentence(&answer);
                }
                offers_no_cors(&answer, &label);
            }
        }
        assert_eq!(world.messages().len(), 1, "nothing was emptied or reset");
        assert_eq!(world.get("/_mock/clock").send().await.expect(200).body["now"], clock["now"]);
        assert_eq!(Caller::partner(world, "2").get("").send().await.expect(200).body["data"]["has_ssn"], 0);
    }
}

#[tokio::test]
async fn every_other_caller_can_use_every_control_route() {
    let world = World::of(MockServer::builder().allow_host("mock.internal").allow_host("Other.Internal"));
    let own = world.base_url().to_owned();
    let granted: [&[(&str, &str)]; 11] = [
        &[],
        &[("origin", &own)],
        &[("sec-fetch-site", "same-origin")],
        &[("sec-fetch-site", "none")],
        &[("host", "localhost:8650")],
        &[("host", "LOCALHOST")],
        &[("host", "[::1]:8650")],
        &[("host", "192.0.2.1")],
        &[("host", "mock:8650"), ("origin", "http://mock:8650")],
        &[("host", "mock.internal:80")],
        &[("host", "other.internal")],
    ];
    for headers in granted {
        world.post("/_mock/reset").send().await.expect(200);
        for (label, answer) in send_all(&world, headers).await {
            let expected = if label.contains("/none") { 404..=404 } else { 200..=204 };
            assert!(expected.contains(&answer.status), "{label}: {} {}", answer.status, answer.raw);
            offers_no_cors(&answer, &label);
        }
    }
}

#[tokio::test]
async fn a_name_must_be_allowed_as_a_whole() {
    let world = World::of(MockServer::builder().allow_host("mock.internal"));
    for host in ["internal.", "mock.internal.evil.example", "mock.interna", "mock.internal."] {
        let answer = world.get("/_mock/health").header("host", host).send().await;
        assert_eq!(answer.status, 403, "{host}: {}", answer.raw);
        assert!(sentence(&answer).contains("--allow-host"), "{host}: {}", answer.raw);
    }
    let other = World::of(MockServer::builder());
    other.get("/_mock/health").header("host", "mock.internal").send().await.expect(403);
}

#[tokio::test]
async fn a_preflight_gets_no_permission() {
    let world = World::new();
    for (method, path, _) in routes() {
        let preflight = world
            .request(Method::OPTIONS, path)
            .header("origin", "https://evil.example")
            .header("access-control-request-method", method.as_str());
        let answer = preflight.send().await.expect(403);
        offers_no_cors(&answer, path);
    }
}

#[tokio::test]
async fn documented_routes_and_links_are_reached_under_any_name() {
    let world = World::of(MockServer::builder());
    let list = world.get("/api/v1/email-watchlist").token(APP).header("host", "api.example.com");
    list.send().await.expect(200);
    let add = world.post("/api/v1/email-watchlist").token(APP).json(json!({ "email": "new@example.com" }));
    add.header("host", "api.example.com:8443").send().await.expect(201);
    let link = world.last_link();
    let path = link.strip_prefix("http://api.example.com:8443").expect("the name under which it was reached");
    world
        .get(path)
        .header("host", "api.example.com:8443")
        .header("sec-fetch-site", "cross-site")
        .send()
        .await
        .expect(200);
}
