//! Sandboxes without a prefix of the path: by host name and by header, under names that clients choose.

use mock_server::MockServer;
use reqwest::Method;
use serde_json::{Value, json};

use super::{routes, server, with_body};
use crate::harness::{APP, Answer, CRM, World, sentence, written};

fn port(server: &World) -> &str {
    server.base_url().rsplit_once(':').expect("a port").1
}

/// The host of a sandbox below localhost.
fn host(server: &World, name: &str) -> String {
    format!("{name}.localhost:{}", port(server))
}

async fn put(server: &World, name: &str, body: Value) -> Answer {
    server.put(&format!("/_mock/sandboxes/{name}")).json(body).send().await
}

/// Adds an email to account 1 in the world that these headers name.
async fn add_email(server: &World, headers: &[(&str, &str)], email: &str) {
    let added = server.post("/api/v1/email-watchlist").token(APP).json(json!({ "email": email }));
    added.headers(headers).send().await.expect(201);
}

/// How many emails account 1 has in the world that these headers name, at this path.
async fn emails(server: &World, prefix: &str, headers: &[(&str, &str)]) -> usize {
    let list = server.get(&format!("{prefix}/api/v1/email-watchlist")).token(APP).headers(headers);
    list.send().await.expect(200).items().len()
}

#[tokio::test]
async fn one_sandbox_is_reached_by_path_by_host_name_and_by_header() {
    let server = World::of(MockServer::builder().allow_host("mock.internal"));
    put(&server, "checkout-7", json!({})).await.expect(201);
    let below_localhost = host(&server, "checkout-7");
    let ways: [&[(&str, &str)]; 5] = [
        &[("host", &below_localhost)],
        &[("host", "CheckOut-7.LOCALHOST")],
        &[("host", "checkout-7.mock.internal")],
        &[("x-mock-sandbox", "checkout-7")],
        &[("host", &below_localhost), ("x-mock-sandbox", "checkout-7")],
    ];
    for (number, headers) in ways.into_iter().enumerate() {
        add_email(&server, headers, &format!("new{number}@example.com")).await;
        assert_eq!(emails(&server, "", headers).await, 3 + number);
        assert_eq!(emails(&server, "/_sandbox/checkout-7", headers).await, 3 + number, "named twice, and the same");
    }
    assert_eq!(emails(&server, "/_sandbox/checkout-7", &[]).await, 7);
    assert_eq!(emails(&server, "", &[]).await, 2, "the main world saw nothing of it");
    assert_eq!(emails(&server, "", &[("host", "mock.internal")]).await, 2, "an allowed name itself is the server");
}

#[tokio::test]
async fn a_name_that_no_sandbox_has_is_never_the_main_world() {
    let server = World::of(MockServer::builder().allow_host("mock.internal"));
    let unknown: [(&str, &[(&str, &str)]); 6] = [
        ("", &[("host", "none.localhost")]),
        ("", &[("host", "none.mock.internal:80")]),
        ("", &[("x-mock-sandbox", "none")]),
        ("", &[("x-mock-sandbox", "")]),
        ("", &[("x-mock-sandbox", "\u{e5}")]),
        ("/_sandbox/none", &[]),
    ];
    for (prefix, headers) in unknown {
        for path in ["/api/v1/email-watchlist", "/_mock/health", "/_mock/", "/", "/_confirm/x"] {
            let answer = server.get(&format!("{prefix}{path}")).token(APP).headers(headers).send().await.expect(404);
            let sentence = sentence_of(&answer);
            assert!(
                sentence.contains("there is no sandbox") && sentence.contains("PUT /_mock/sandboxes/{name}"),
                "{sentence}"
            );
        }
    }
    put(&server, "a", json!({})).await.expect(201);
    put(&server, "b", json!({})).await.expect(201);
    let two: [(&str, &[(&str, &str)]); 3] = [
        ("/_sandbox/a", &[("x-mock-sandbox", "b")]),
        ("/_sandbox/a", &[("host", "b.localhost")]),
        ("", &[("host", "a.localhost"), ("x-mock-sandbox", "b")]),
    ];
    for (prefix, headers) in two {
        let answer = server.get(&format!("{prefix}/_mock/health")).headers(headers).send().await.expect(400);
        assert!(sentence_of(&answer).contains("names two sandboxes"), "{}", answer.raw);
    }
}

/// The sentence of a refusal that a web page may read too.
fn sentence_of(answer: &Answer) -> String {
    answer.text("error")
}

#[tokio::test]
async fn a_web_page_reads_that_there_is_no_such_sandbox() {
    let server = server();
    let page = ("origin", "https://app.example.com");
    let preflight = server.request(Method::OPTIONS, "/api/v1/email-watchlist").headers(&[
        page,
        ("host", "none.localhost"),
        ("access-control-request-method", "POST"),
        ("access-control-request-headers", "authorization,x-mock-sandbox"),
    ]);
    let allowed = preflight.send().await.expect(204);
    assert_eq!(allowed.header("access-control-allow-headers"), "authorization,x-mock-sandbox");
    let list = server.get("/api/v1/email-watchlist").token(APP).headers(&[page, ("x-mock-sandbox", "none")]);
    assert_eq!(list.send().await.expect(404).header("access-control-allow-origin"), "*");
    let control = server.get("/_mock/health").headers(&[page, ("x-mock-sandbox", "none")]).send().await.expect(404);
    assert_eq!(control.header("access-control-allow-origin"), "");
}

#[tokio::test]
async fn a_name_is_chosen_once_and_then_gives_the_same_sandbox() {
    let server = server();
    let made = put(&server, "ci-42", json!({ "assume": { "id.form": "uuid" } })).await.expect(201);
    assert_eq!(made.body["id"], "ci-42");
    assert_eq!(made.body["base_url"], format!("{}/_sandbox/ci-42", server.base_url()));
    add_email(&server, &[("x-mock-sandbox", "ci-42")], "new@example.com").await;
    let again = put(&server, "ci-42", json!({})).await.expect(200);
    assert_eq!(again.body, made.body, "as it was, and with its own assumptions");
    assert_eq!(emails(&server, "", &[("x-mock-sandbox", "ci-42")]).await, 3);
    let listed = server.get("/_mock/sandboxes").send().await.expect(200);
    assert_eq!(listed.body["sandboxes"].as_array().expect("a list").len(), 1);
    server.delete("/_mock/sandboxes/ci-42").send().await.expect(204);
    put(&server, "ci-42", json!({})).await.expect(201);
    assert_eq!(emails(&server, "", &[("x-mock-sandbox", "ci-42")]).await, 2, "a new one");
    for name in ["Upper", "under_score", "-a", "a-", "a.b", "%20", &"a".repeat(64)] {
        let refused = put(&server, name, json!({})).await.expect(400);
        assert!(sentence(&refused).contains("lower-case letters, digits and hyphens"), "{name}: {}", refused.raw);
    }
}

#[tokio::test]
async fn the_address_that_is_handed_out_can_be_a_host_name() {
    let server = World::of(MockServer::builder().allow_host("mock.internal"));
    let cases = [
        ("127.0.0.1:8650", "http://a.localhost:8650"),
        ("localhost:8650", "http://a.localhost:8650"),
        ("[::1]:8650", "http://a.localhost:8650"),
        ("mock.internal", "http://a.mock.internal"),
    ];
    for (host, expected) in cases {
        let made =
            server.put("/_mock/sandboxes/a").json(json!({ "address": "host" })).header("host", host).send().await;
        assert_eq!(made.text("base_url"), expected);
        let listed = server.get("/_mock/sandboxes").header("host", host).send().await.expect(200);
        assert_eq!(listed.body["sandboxes"][0]["base_url"], expected);
    }
    // From within a sandbox that was reached by its host name, too.
    let inner = server.post("/_mock/sandboxes").json(json!({ "address": "host" })).header("host", "a.localhost:8650");
    let inner = inner.send().await.expect(201);
    let expected = format!("http://{}.localhost:8650", written(&inner.body["id"]));
    assert_eq!(inner.text("base_url"), expected);
    for host in ["mock:8650", "192.0.2.1:8650"] {
        let made = server.put("/_mock/sandboxes/b").json(json!({ "address": "host" })).header("host", host);
        let refused = made.send().await.expect(400);
        assert!(sentence(&refused).contains("--allow-host"), "{host}: {}", refused.raw);
    }
    let wrong = put(&server, "c", json!({ "address": "port" })).await.expect(400);
    assert!(sentence(&wrong).starts_with("address: there is no port; there are path, host"), "{}", wrong.raw);
    let public = World::of(MockServer::builder().public_url("https://mock.example").allow_host("mock.example"));
    let made = put(&public, "a", json!({ "address": "host" })).await.expect(201);
    assert_eq!(made.text("base_url"), "https://a.mock.example");
}

#[tokio::test]
async fn the_links_of_a_sandbox_work_as_it_was_reached() {
    let server = server();
    put(&server, "a", json!({})).await.expect(201);
    let named = host(&server, "a");
    let by_host = [("host", named.as_str())];
    let by_header = [("x-mock-sandbox", "a")];
    let ways = [(&by_host, format!("http://{named}/")), (&by_header, format!("{}/_sandbox/a/", server.base_url()))];
    for (number, (headers, expected)) in ways.into_iter().enumerate() {
        add_email(&server, headers, &format!("new{number}@example.com")).await;
        let outbox = server.get(&format!("/_mock/outbox?after={number}")).headers(headers).send().await.expect(200);
        let link = outbox.body["messages"][0]["link"].as_str().expect("a link").to_owned();
        let rest = link.strip_prefix(&expected).unwrap_or_else(|| panic!("{link} does not begin with {expected}"));
        let request = match number {
            0 => server.get(&format!("/{rest}")).headers(headers),
            _ => server.get(&format!("/_sandbox/a/{rest}")),
        };
        request.send().await.expect(200);
    }
    let credentials = server.get("/_mock/credentials").headers(&by_host).send().await.expect(200);
    assert_eq!(credentials.text("base_url"), format!("http://{named}"));
    let curl = server.get("/_mock/requests?limit=1").headers(&by_host).send().await.expect(200);
    let curl = curl.body["requests"][0]["curl"].as_str().expect("a command").to_owned();
    assert!(curl.contains(&format!("http://{named}/api/v1/email-watchlist")), "{curl}");
}

#[tokio::test]
async fn every_control_route_works_in_a_sandbox_by_host_name_and_no_foreign_page_reaches_it() {
    let server = World::of(MockServer::builder().allow_host("mock.internal"));
    put(&server, "a", json!({})).await.expect(201);
    put(&server, "b", json!({})).await.expect(201);
    for name in ["a.localhost", "a.mock.internal"] {
        let own = format!("http://{name}");
        for (method, path, body) in routes() {
            let request = with_body(server.request(method.clone(), path), body.as_ref());
            let answer = request.headers(&[("host", name), ("origin", &own)]).send().await;
            let expected = if path.contains("/none") { 404..=404 } else { 200..=204 };
            assert!(expected.contains(&answer.status), "{name} {method} {path}: {answer:?}");
        }
        for origin in ["http://b.localhost", "http://localhost", "http://b.mock.internal", "https://evil.example"] {
            let reset = server.post("/_mock/reset").headers(&[("host", name), ("origin", origin)]);
            reset.send().await.expect(403);
        }
    }
    server.get("/api/v1/account/1").token(CRM).header("host", "a.evil.example").send().await.expect(200);
    server.get("/_mock/health").header("host", "a.evil.example").send().await.expect(403);
}
