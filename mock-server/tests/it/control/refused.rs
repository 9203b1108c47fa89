//! Requests to control routes that are refused, each with a sentence that says why.

use reqwest::Method;
use serde_json::json;

use super::routes;
use crate::harness::{World, sentence};

#[tokio::test]
async fn a_control_route_that_is_not_there_is_refused_in_json() {
    let world = World::new();
    for path in ["/_mock/nothing", "/_mock/health/", "/_mock/page/nothing", "/_mock/accounts/1/ssn"] {
        for method in [Method::GET, Method::POST] {
            let answer = world.request(method.clone(), path).send().await;
            assert_eq!(answer.status, 404, "{method} {path}: {}", answer.raw);
            assert!(sentence(&answer).contains("sandboxes"), "{path}: those that there are, are named: {}", answer.raw);
        }
    }
}

#[tokio::test]
async fn a_method_that_a_control_route_does_not_have_is_refused_in_json() {
    let world = World::new();
    let cases = [
        (Method::POST, "/_mock/health", "GET,HEAD"),
        (Method::GET, "/_mock/reset", "POST"),
        (Method::POST, "/_mock/outbox", "GET,HEAD,DELETE"),
        (Method::GET, "/_mock/leaks", "POST"),
        (Method::POST, "/_mock/clock", "GET,HEAD,PUT"),
        (Method::POST, "/_mock/", "GET,HEAD"),
        (Method::POST, "/_mock/accounts", "GET,HEAD"),
        (Method::GET, "/_mock/accounts/2/eid", "POST"),
        (Method::PUT, "/_mock/requests", "GET,HEAD,DELETE"),
        (Method::DELETE, "/_mock/sandboxes", "GET,HEAD,POST"),
        (Method::GET, "/_mock/sandboxes/none", "PUT,DELETE"),
        (Method::OPTIONS, "/_mock/reset", "POST"),
    ];
    for (method, path, allow) in cases {
        let answer = world.request(method.clone(), path).send().await;
        assert_eq!(answer.status, 405, "{method} {path}: {}", answer.raw);
        assert_eq!(answer.header("allow"), allow, "{method} {path}");
        sentence(&answer);
    }
}

#[tokio::test]
async fn a_field_that_a_control_route_does_not_know_is_refused_by_name() {
    let world = World::new();
    for (method, path, body) in
        routes().into_iter().filter(|(method, ..)| *method == Method::POST || *method == Method::PUT)
    {
        let mut body = body.unwrap_or_else(|| json!({}));
        body["unheard_of"] = json!(1);
        let answer = world.request(method.clone(), path).json(body).send().await;
        assert_eq!(answer.status, 400, "{method} {path}: {}", answer.raw);
        assert!(sentence(&answer).contains("unheard_of"), "{method} {path}: {}", answer.raw);
    }
}

#[tokio::test]
async fn a_request_without_a_clear_meaning_is_refused_and_not_guessed_at() {
    let world = World::new();
    let list = world.put("/_mock/clock").json(json!([null, 60, null])).send().await.expect(400);
    assert!(sentence(&list).contains("object"), "{}", list.raw);
    for path in ["/_mock/requests", "/_mock/health", "/_mock/clock", "/_mock/sandboxes"] {
        let answer = world.get(&format!("{path}?stats=404")).send().await.expect(400);
        assert!(sentence(&answer).contains("query"), "{path}: {}", answer.raw);
    }
    let eid = json!({ "provider": "bankid", "ssn": "19900101-2385" });
    let done = world.post("/_mock/accounts/2/eid").json(eid).send().await.expect(200);
    assert_eq!(done.body["account_id"], 2, "an id is written as everywhere else");
}

#[tokio::test]
async fn a_body_that_is_no_json_is_refused_with_the_place() {
    let world = World::new();
    let bodies = [
        ("{", "line 1"),
        ("{} {}", "line 1"),
        ("{\n  now\n}", "line 2"),
        ("\"", "line 1"),
        ("\u{feff}\u{feff}{}", "line 1"),
    ];
    for path in ["/_mock/leaks", "/_mock/accounts/2/eid", "/_mock/sandboxes", "/_mock/clock"] {
        for (body, place) in bodies {
            let method = if path.ends_with("clock") { Method::PUT } else { Method::POST };
            let answer = world.request(method, path).body("application/json", body).send().await;
            assert_eq!(answer.status, 400, "{path} {body:?}: {}", answer.raw);
            assert!(sentence(&answer).contains(place), "{path} {body:?}: {}", answer.raw);
        }
    }
}

#[tokio::test]
async fn a_body_that_is_not_as_it_should_be_is_refused_with_what_would_be_right() {
    let world = World::new();
    let json = "application/json";
    let form = "application/x-www-form-urlencoded";
    let cases = [
        ("/_mock/leaks", form, "kind=email&value=a", "the body is a form, and a control route takes JSON"),
        ("/_mock/leaks", json, "{}", "kind is missing; as in {\"kind\": \"email\""),
        ("/_mock/leaks", json, r#"{"kind":"mail"}"#, "kind: there is no mail; did you mean email? There are"),
        (
            "/_mock/faults",
            json,
            r#"{"kind":"latency","milliseconds":1,"nxt":1}"#,
            "there is no field nxt; did you mean next?",
        ),
        ("/_mock/faults", json, r#"{"kind":"status","status":"503"}"#, "status: a whole number from 0 would be right"),
        (
            "/_mock/accounts/2/eid",
            json,
            r#"{"provider":"bankit","ssn":""}"#,
            "provider: there is no bankit; did you mean bankid?",
        ),
        ("/_mock/sandboxes", json, r#"{"adress":"host"}"#, "there is no field adress; did you mean address?"),
        ("/_mock/sandboxes", json, "[]", "the body must be a JSON object, not a list; as in {"),
    ];
    for (path, content_type, body, expected) in cases {
        let answer = world.post(path).body(content_type, body).send().await.expect(400);
        assert!(sentence(&answer).starts_with(expected), "{path} {body}: {}", answer.raw);
    }
}

#[tokio::test]
async fn a_leak_that_nobody_watches_says_why() {
    let world = World::new();
    let leak = json!({ "kind": "email", "value": "nobody@example.com" });
    let unseen = world.post("/_mock/leaks").json(leak).send().await.expect(201);
    assert!(unseen.text("note").contains("no account watches this value"), "{}", unseen.raw);
    crate::harness::Caller::user(&world).add_email("new@example.com").await;
    let leak = json!({ "kind": "email", "value": "new@example.com" });
    let pending = world.post("/_mock/leaks").json(leak).send().await.expect(201);
    assert!(pending.text("note").contains("once it is confirmed"), "{}", pending.raw);
    let leak = json!({ "kind": "email", "value": "john.work@example.com" });
    let seen = world.post("/_mock/leaks").json(leak).send().await.expect(201);
    assert!(seen.body.get("note").is_none(), "{}", seen.raw);
}
