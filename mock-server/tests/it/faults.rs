//! Faults on demand: each kind as a client sees it, on whom it falls and until when, and that nothing is left of it.

use std::io::ErrorKind;
use std::time::{Duration, Instant};

use mock_server::{FaultKind, MessageFilter, MockServer, NewFault, Timestamp};
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use reqwest::Method;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::confirmation::{Caller, addressees, advance, last_link, messages, open};
use crate::control::begin_to_wait;
use crate::documents::section;
use crate::formats::Format;
use crate::harness::{APP, Answer, CRM, World, login_body};

const EMAILS: &str = "/api/v1/account/2/email-watchlist";
const OWN_EMAILS: &str = "/api/v1/email-watchlist";

/// Sets a fault, and returns what is answered.
async fn set(world: &World, fault: Value) -> Value {
    world.post("/_mock/faults").json(fault).send().await.expect(201).body
}

async fn faults(world: &World) -> Vec<Value> {
    let answer = world.get("/_mock/faults").send().await.expect(200);
    answer.body["faults"].as_array().expect("a list of faults").clone()
}

async fn requests(world: &World) -> Vec<Value> {
    let answer = world.get("/_mock/requests").send().await.expect(200);
    answer.body["requests"].as_array().expect("a list of requests").clone()
}

/// The addresses that account 2 watches.
async fn watched(world: &World) -> Vec<Value> {
    let list = world.get(EMAILS).token(CRM).send().await.expect(200);
    list.items().iter().map(|item| item["email"].clone()).collect()
}

/// Adds an address to account 2, as the partner.
fn add(world: &World, email: &str) -> crate::harness::Request {
    world.post(EMAILS).token(CRM).json(json!({ "email": email }))
}

/// The statuses of so many requests for the emails of account 2, one after another.
async fn statuses(world: &World, many: usize) -> Vec<u16> {
    let mut statuses = Vec::new();
    for _ in 0..many {
        statuses.push(world.get(EMAILS).token(CRM).send().await.status);
    }
    statuses
}

fn freeze(world: &World) {
    world.control().set_clock(Timestamp::parse("2030-01-01T00:00:00Z").expect("a time"));
    world.control().freeze_clock(true);
}

/// A connection to the server of a world, without a client that knows better.
struct Wire {
    stream: TcpStream,
    prefix: String,
}

impl Wire {
    async fn connect(world: &World) -> Self {
        let url = world.base_url().strip_prefix("http://").expect("http");
        let (address, prefix) = url.split_once('/').map_or((url, String::new()), |(at, path)| (at, format!("/{path}")));
        Self { stream: TcpStream::connect(address).await.expect("the server listens"), prefix }
    }

    async fn send(&mut self, method: &str, path: &str, body: &str) {
        let request = format!(
            "{method} {}{path} HTTP/1.1\r\nHost: fake\r\nAuthorization: Bearer {CRM}\r\nContent-Length: {}\r\n\r\n{body}",
            self.prefix,
            body.len()
        );
        self.stream.write_all(request.as_bytes()).await.expect("the server takes the request");
    }

    /// The head of the next answer, and its body, which is as long as it says.
    async fn whole_answer(&mut self) -> (String, String) {
        let mut answer = Vec::new();
        while !answer.ends_with(b"\r\n\r\n") {
            answer.push(self.stream.read_u8().await.expect("a head"));
        }
        let head = String::from_utf8(answer).expect("ASCII");
        let mut body = vec![0; announced(&head)];
        self.stream.read_exact(&mut body).await.expect("a whole body");
        (head, String::from_utf8(body).expect("JSON"))
    }

    /// Everything until the connection ends, and how it ends.
    async fn rest(mut self) -> (String, Result<(), ErrorKind>) {
        let mut rest = Vec::new();
        let end = tokio::time::timeout(Duration::from_secs(10), self.stream.read_to_end(&mut rest));
        let end = end.await.expect("the connection ends").map(drop).map_err(|error| error.kind());
        (String::from_utf8(rest).expect("ASCII"), end)
    }
}

/// The length of the body that a head announces.
fn announced(head: &str) -> usize {
    let line = head.lines().find_map(|line| line.strip_prefix("content-length: ")).expect("a length");
    line.parse().expect("a number")
}

// Answers.

#[tokio::test]
async fn a_status_is_answered_in_the_shape_of_its_format() {
    let world = World::new();
    // The legacy shape is that of the assumption, and `message` where there is none.
    let cases = [
        (400, "BAD_REQUEST", "error", Some("legacy.error.400")),
        (401, "UNAUTHENTICATED", "message", Some("legacy.error.401")),
        (403, "FORBIDDEN", "message", Some("legacy.error.403")),
        (404, "NOT_FOUND", "error", Some("legacy.error.404")),
        (408, "REQUEST_TIMEOUT", "message", None),
        (409, "CONFLICT", "errors", Some("legacy.error.409")),
        (413, "PAYLOAD_TOO_LARGE", "message", None),
        (415, "UNSUPPORTED_MEDIA_TYPE", "message", None),
        (422, "VALIDATION_ERROR", "errors", Some("legacy.error.422")),
        (500, "SERVER_ERROR", "message", Some("legacy.error.500")),
        (502, "BAD_GATEWAY", "message", None),
        (503, "SERVICE_UNAVAILABLE", "message", None),
        (504, "GATEWAY_TIMEOUT", "message", None),
    ];
    for (status, code, legacy, key) in cases {
        let id = set(&world, json!({ "kind": "status", "status": status, "next": 2 })).await["id"].clone();
        let hint = format!("a fault set by POST /_mock/faults (id {id}, status) answered this");
        for format in Format::BOTH {
            let answer = format.ask(world.get(EMAILS)).token(CRM).send().await.expect(status);
            assert_eq!(answer.header("x-mock-hint"), hint);
            assert_eq!(answer.header("access-control-allow-origin"), "*", "a browser reads it too");
            let basis = match format {
                Format::Standardized => {
                    assert_eq!(answer.body["error"]["code"], code, "{}", answer.raw);
                    let by_key =
                        if [409, 500].contains(&status) { format!(", error.code.{status}") } else { String::new() };
                    format!("FORMAT-1, FORMAT-6, FORMAT-7{by_key}")
                }
                Format::Legacy => {
                    assert!(answer.body.get(legacy).is_some(), "{status}: {}", answer.raw);
                    format!("FORMAT-1, FORMAT-8{}", key.map_or(String::new(), |key| format!(", {key}")))
                }
            };
            assert_eq!(answer.header("x-mock-basis"), basis, "{status}: it rests on no fact of the route");
        }
    }
    world.get(EMAILS).token(CRM).send().await.expect(200);
}

#[tokio::test]
async fn throttling_is_as_each_format_has_it_and_counts_nothing() {
    let world = World::assuming("throttle.per-minute", "10");
    let fault = json!({ "kind": "throttle", "retry_after_seconds": 7, "next": 2 });
    for _ in 0..3 {
        set(&world, fault.clone()).await;
    }
    for _ in 0..3 {
        let legacy = world.get(EMAILS).token(CRM).send().await.expect(409);
        let standardized = world.get(EMAILS).token(CRM).standardized().send().await.expect(429);
        assert_eq!(standardized.body["error"]["code"], "RATE_LIMITED");
        for answer in [&legacy, &standardized] {
            assert_eq!(answer.header("retry-after"), "7");
            assert!(answer.rests_on("FORMAT-9") && !answer.rests_on("EMAIL-1"), "{answer:?}");
            assert!(answer.header("x-mock-hint").ends_with("throttle) answered this"), "{answer:?}");
            assert_eq!(answer.header("x-ratelimit-remaining"), "");
        }
    }
    let counted = world.get(EMAILS).token(CRM).send().await.expect(200);
    assert_eq!(counted.header("x-ratelimit-remaining"), "9");
}

#[tokio::test]
async fn what_keeps_the_answer_from_the_client_does_so_before_or_after_the_work() {
    for (kind, status) in [("status", Some(503)), ("cut", None), ("reset", None)] {
        for (when, is_done) in [(None, false), (Some("before"), false), (Some("after"), true)] {
            let label = format!("{kind} {when:?}");
            let world = World::new();
            let mut fault = json!({ "kind": kind, "next": 1 });
            for (field, value) in [("status", status.map(Value::from)), ("when", when.map(Value::from))] {
                if let Some(value) = value {
                    fault[field] = value;
                }
            }
            let shown = set(&world, fault).await;
            assert_eq!(shown["when"], when.unwrap_or("before"), "what counts is shown");
            let answer = add(&world, "new@example.com").try_send().await;
            match (answer, status) {
                (Ok(answer), Some(status)) => {
                    assert_eq!(answer.status, status, "{label}");
                    assert_eq!(answer.header("x-mock-basis"), "FORMAT-1, FORMAT-8", "{label}");
                }
                (Err(error), None) => assert!(error.is_request(), "{label}: {error:?}"),
                (answer, _) => panic!("{label}: {answer:?}"),
            }
            let expected = if is_done { vec![json!("new@example.com")] } else { vec![] };
            assert_eq!(watched(&world).await, expected, "{label}");
        }
    }
}

#[tokio::test]
async fn a_cut_connection_ends_without_a_byte_and_a_reset_one_by_tcp() {
    let world = World::new();
    for (kind, expected) in [("cut", Ok(())), ("reset", Err(ErrorKind::ConnectionReset))] {
        for when in ["before", "after"] {
            set(&world, json!({ "kind": kind, "when": when, "method": "POST", "next": 1 })).await;
            // The connection has been good for a request, and another one goes on.
            let (mut struck, mut spared) = (Wire::connect(&world).await, Wire::connect(&world).await);
            for wire in [&mut struck, &mut spared] {
                wire.send("GET", EMAILS, "").await;
                assert!(wire.whole_answer().await.0.starts_with("HTTP/1.1 200 "));
            }
            struck.send("POST", EMAILS, &format!(r#"{{ "email": "{kind}-{when}@example.com" }}"#)).await;
            assert_eq!(struck.rest().await, (String::new(), expected), "{kind} {when}");
            spared.send("GET", EMAILS, "").await;
            assert!(spared.whole_answer().await.0.starts_with("HTTP/1.1 200 "));
        }
    }
    assert_eq!(watched(&world).await, ["cut-after@example.com", "reset-after@example.com"]);
}

#[tokio::test]
async fn a_truncated_answer_announces_all_and_holds_as_many_bytes_as_were_asked_for() {
    let world = World::new();
    let mut wire = Wire::connect(&world).await;
    wire.send("GET", EMAILS, "").await;
    let (_, body) = wire.whole_answer().await;
    assert_eq!(body, r#"{"data":[]}"#);
    for (bytes, arrived) in [(0, 0), (1, 1), (4, 4), (10, 10), (11, 10), (usize::MAX, 10)] {
        set(&world, json!({ "kind": "truncate", "bytes": bytes, "next": 1 })).await;
        let mut wire = Wire::connect(&world).await;
        wire.send("GET", EMAILS, "").await;
        let (answer, end) = wire.rest().await;
        let (head, rest) = answer.split_once("\r\n\r\n").expect("a whole head");
        assert!(head.starts_with("HTTP/1.1 200 ") && head.contains("truncate) cut this answer short; "), "{head}");
        assert!(head.contains("EMAIL-1"), "what there is of the answer is the world's: {head}");
        assert_eq!((announced(&format!("{head}\r\n")), rest, end), (body.len(), &body[..arrived], Ok(())), "{bytes}");
    }
    // What has no body that could break off is cut.
    let item = add(&world, "new@example.com").send().await.expect(201).body["data"]["id"].clone();
    for (method, path) in [("HEAD", EMAILS.to_owned()), ("DELETE", format!("{EMAILS}/{item}"))] {
        set(&world, json!({ "kind": "truncate", "bytes": 4, "next": 1 })).await;
        let mut wire = Wire::connect(&world).await;
        wire.send(method, &path, "").await;
        assert_eq!(wire.rest().await, (String::new(), Ok(())), "{method}");
    }
    assert_eq!(watched(&world).await, [] as [Value; 0], "the work was done");
    set(&world, json!({ "kind": "truncate", "bytes": 4, "next": 1 })).await;
    let error = world.get(EMAILS).token(CRM).try_send().await.expect_err("a client notices");
    assert!(error.is_body() || error.is_decode(), "{error:?}");
}

#[tokio::test]
async fn an_answer_is_late_by_what_was_asked_for_once_the_work_is_done() {
    let world = World::new();
    let latencies = [json!(40), json!({ "uniform": [40, 60] }), json!({ "lognormal": { "median": 40, "sigma": 0 } })];
    for milliseconds in latencies {
        set(&world, json!({ "kind": "latency", "milliseconds": milliseconds, "next": 1 })).await;
        let began = Instant::now();
        let answer = world.get(EMAILS).token(CRM).send().await.expect(200);
        assert!(began.elapsed() >= Duration::from_millis(40), "{milliseconds}: {:?}", began.elapsed());
        assert!(answer.rests_on("EMAIL-1"), "the answer is the world's");
        let hint = answer.header("x-mock-hint");
        assert!(hint.contains("latency) held this answer back; this account watches nothing"), "{hint}");
    }
    // It adds up with what comes after it.
    for fault in [
        json!({ "kind": "latency", "milliseconds": 30, "next": 1 }),
        json!({ "kind": "latency", "milliseconds": 30, "next": 1 }),
        json!({ "kind": "status", "status": 500, "next": 1 }),
    ] {
        set(&world, fault).await;
    }
    let began = Instant::now();
    let answer = world.get(EMAILS).token(CRM).send().await.expect(500);
    assert!(began.elapsed() >= Duration::from_millis(60), "{:?}", began.elapsed());
    assert!(answer.header("x-mock-hint").contains("status) answered this"));
}

/// Sends a request that is held back for a minute, and returns once it is.
async fn begin_to_be_late(world: &World) -> tokio::task::JoinHandle<Answer> {
    set(world, json!({ "kind": "latency", "milliseconds": 60_000 })).await;
    let waiting = tokio::spawn(add(world, "late@example.com").send());
    while requests(world).await.is_empty() {
        tokio::task::yield_now().await;
    }
    waiting
}

#[tokio::test]
async fn what_is_held_back_holds_nobody_else_and_is_let_go_with_its_world() {
    for end in ["reset", "snapshot", "sandbox"] {
        let server = World::of(MockServer::builder());
        let began = Instant::now();
        let waiting = match end {
            "sandbox" => {
                let sandbox = server.post("/_mock/sandboxes").json(json!({})).send().await.expect(201);
                let path = format!("/_sandbox/{}", sandbox.text("id"));
                let fault = json!({ "kind": "latency", "milliseconds": 60_000 });
                server.post(&format!("{path}/_mock/faults")).json(fault).send().await.expect(201);
                let email = json!({ "email": "late@example.com" });
                let waiting = server.post(&format!("{path}{EMAILS}")).token(CRM).json(email);
                let waiting = tokio::spawn(waiting.send());
                let journal = format!("{path}/_mock/requests");
                while server.get(&journal).send().await.body["requests"] == json!([]) {
                    tokio::task::yield_now().await;
                }
                server.delete(&format!("/_mock/sandboxes/{}", sandbox.text("id"))).send().await.expect(204);
                waiting
            }
            end => {
                let waiting = begin_to_be_late(&server).await;
                server.control().clear_faults();
                assert_eq!(watched(&server).await, ["late@example.com"], "the work is done, and no lock is held");
                if end == "reset" {
                    server.post("/_mock/reset").send().await.expect(200);
                } else {
                    server.control().restore(&server.control().snapshot()).expect("a snapshot");
                }
                waiting
            }
        };
        waiting.await.expect("no panic").expect(201);
        assert!(began.elapsed() < Duration::from_secs(20), "{end}: {:?}", began.elapsed());
    }
}

// How many, which, and until when.

#[tokio::test]
async fn the_next_few_are_struck_and_then_no_more() {
    let world = World::new();
    let set = set(&world, json!({ "kind": "status", "status": 503, "next": 3 })).await;
    let shown = json!({
        "id": 1, "kind": "status", "next": 3, "status": 503, "when": "before", "struck": 0, "left": 3, "is_over": false,
    });
    assert_eq!(set, shown);
    assert_eq!(statuses(&world, 1).await, [503]);
    let [listed] = faults(&world).await.try_into().expect("one fault");
    assert_eq!((&listed["struck"], &listed["left"], &listed["is_over"]), (&json!(1), &json!(2), &json!(false)));
    assert_eq!(statuses(&world, 4).await, [503, 503, 200, 200]);
    let [listed] = faults(&world).await.try_into().expect("one fault");
    assert_eq!((&listed["struck"], &listed["left"], &listed["is_over"]), (&json!(3), &json!(0), &json!(true)));
}

#[tokio::test]
async fn a_share_is_the_same_for_one_seed_and_another_for_another() {
    let mut runs = Vec::new();
    for random_seed in [7, 7, 8] {
        let world = World::new();
        set(&world, json!({ "kind": "status", "status": 503, "share": 0.5, "random_seed": random_seed })).await;
        runs.push(statuses(&world, 32).await);
    }
    assert_eq!(runs[0], runs[1]);
    assert_ne!(runs[0], runs[2]);
    assert!(runs[0].contains(&200) && runs[0].contains(&503), "{runs:?}");
}

#[tokio::test]
async fn a_fault_ends_by_the_fakes_clock() {
    let world = World::new();
    freeze(&world);
    let set = set(&world, json!({ "kind": "status", "status": 503, "for_seconds": 60 })).await;
    assert_eq!(set["ends_at"], "2030-01-01T00:01:00Z");
    advance(&world, 59);
    assert_eq!(statuses(&world, 2).await, [503, 503]);
    advance(&world, 1);
    assert_eq!(statuses(&world, 2).await, [200, 200]);
    assert_eq!(faults(&world).await[0]["is_over"], true);
}

#[tokio::test]
async fn a_fault_falls_on_whom_it_is_aimed_at_and_on_nobody_else() {
    let everybody = [
        (Method::GET, EMAILS, Some(CRM)),
        (Method::GET, "/api/v1/account/1/email-watchlist", Some(CRM)),
        (Method::GET, "/api/v1/account/1/email-watchlist/leaks", Some(CRM)),
        (Method::GET, OWN_EMAILS, Some(APP)),
        (Method::POST, OWN_EMAILS, Some(APP)),
        (Method::GET, OWN_EMAILS, None),
        (Method::GET, OWN_EMAILS, Some("17|unknown")),
        (Method::POST, "/api/v1/crm/auth/login", None),
        (Method::GET, "/api/v1/no-such-path", None),
    ];
    let cases: [(Value, &[usize]); 14] = [
        (json!({}), &[0, 1, 2, 3, 4, 5, 6, 7, 8]),
        (json!({ "path": "*" }), &[0, 1, 2, 3, 4, 5, 6, 7]),
        (json!({ "path": "/api/v1/account/{account_id}/email-watchlist" }), &[0, 1]),
        (json!({ "path": "/api/v1/account/2/email-watchlist" }), &[0]),
        (json!({ "path": "/api/v1/account/*" }), &[0, 1, 2]),
        (json!({ "path": OWN_EMAILS, "method": "POST" }), &[4]),
        (json!({ "method": "post" }), &[4, 7]),
        (json!({ "token": "crm" }), &[0, 1, 2]),
        (json!({ "token": "app" }), &[3, 4]),
        (json!({ "token": "none" }), &[5, 7, 8]),
        (json!({ "token": "1" }), &[0, 1, 2]),
        (json!({ "token": 17 }), &[6]),
        (json!({ "token": "app", "method": "GET" }), &[3]),
        (json!({ "token": "crm", "path": OWN_EMAILS }), &[]),
    ];
    for (mut fault, expected) in cases {
        let (world, other) = (World::new(), World::new());
        let label = fault.to_string();
        fault["kind"] = json!("status");
        fault["status"] = json!(504);
        set(&world, fault).await;
        let mut struck = Vec::new();
        for (place, (method, path, token)) in everybody.iter().enumerate() {
            let is_struck = async |world: &World| {
                let request = world.request(method.clone(), path);
                let request = token.iter().fold(request, |request, token| request.token(token));
                request.send().await.status == 504
            };
            if is_struck(&world).await {
                struck.push(place);
            }
            assert!(!is_struck(&other).await, "a fault of one sandbox is of no other: {label}");
        }
        assert_eq!(struck, expected, "{label}");
    }
}

#[tokio::test]
async fn control_routes_links_and_preflights_are_never_struck() {
    let world = World::new();
    Caller::user(&world).add_email("new@example.com").await;
    let link = last_link(&world);
    set(&world, json!({ "kind": "cut" })).await;
    open(&world, &link).await.expect(200);
    world.get("/_mock/health").send().await.expect(200);
    let preflight = world
        .request(Method::OPTIONS, OWN_EMAILS)
        .header("origin", "https://app.example")
        .header("access-control-request-method", "GET");
    preflight.send().await.expect(204);
    assert_eq!(faults(&world).await[0]["struck"], 0);
}

// Messages.

fn to(address: &str) -> MessageFilter {
    MessageFilter { to: Some(address.to_owned()), channel: None }
}

#[tokio::test]
async fn a_dropped_message_is_not_there_and_its_link_and_code_work() {
    let world = World::new();
    set(&world, json!({ "kind": "message-drop", "next": 2 })).await;
    let user = Caller::user(&world);
    let added = user.post("/email-watchlist", json!({ "email": "lost@example.com" })).send().await.expect(201);
    let hint = added.header("x-mock-hint");
    assert!(hint.contains("(id 1, message-drop) struck a message that this sent; "), "{hint}");
    assert!(added.rests_on("EMAIL-1"));
    let card = user.add_card("4000007520000008").await;
    assert_eq!(addressees(&world), [""; 0]);

    let snapshot: Value = serde_json::from_str(&world.control().snapshot()).expect("JSON");
    let secret = |items: &str| {
        let items = snapshot["accounts"][0][items].as_array().expect("a list").clone();
        items.iter().find_map(|item| item["waits_for"]["secret"].as_str().map(str::to_owned)).expect("one waits")
    };
    let link = format!("{}/_confirm/{}", world.base_url(), secret("emails"));
    open(&world, &link).await.expect(200);
    let code = json!({ "credit_card_id": card["id"], "code": secret("credit_cards") });
    user.post("/credit-cards/verify", code).send().await.expect(200);

    user.add_email("next@example.com").await;
    assert_eq!(messages(&world)[0].id, 1, "what was lost has no number");
}

#[tokio::test]
async fn a_doubled_message_comes_twice() {
    let world = World::new();
    set(&world, json!({ "kind": "message-double", "channel": "email", "to": "Twice@example.com" })).await;
    let user = Caller::user(&world);
    for email in ["once@example.com", "twice@example.com"] {
        user.add_email(email).await;
    }
    user.post("/phone-watchlist/send-verification-code", json!({})).send().await.expect(200);
    let sent = messages(&world);
    assert_eq!(addressees(&world), ["once@example.com", "twice@example.com", "twice@example.com", "+46701740605"]);
    assert_eq!(sent.iter().map(|message| message.id).collect::<Vec<_>>(), [1, 2, 3, 4]);
    assert_eq!(sent[1].link, sent[2].link);
}

#[tokio::test]
async fn a_delayed_message_arrives_by_the_fakes_clock() {
    let world = World::new();
    freeze(&world);
    set(&world, json!({ "kind": "message-delay", "seconds": 60, "to": "late@example.com" })).await;
    let user = Caller::user(&world);
    for email in ["late@example.com", "soon@example.com"] {
        user.add_email(email).await;
    }
    assert_eq!(addressees(&world), ["soon@example.com"]);
    let arrived = json!({ "kind": "message-arrived", "at": "2030-01-01T00:01:00Z" });
    let due = world.put("/_mock/clock").json(json!({ "advance_seconds": 59 })).send().await.expect(200);
    assert_eq!((due.body["due"].clone(), addressees(&world).len()), (json!([]), 1));
    // What has been forgotten meanwhile is not what is under way.
    world.delete("/_mock/outbox").send().await.expect(204);
    let due = world.put("/_mock/clock").json(json!({ "advance_seconds": 1 })).send().await.expect(200);
    assert_eq!(due.body["due"], json!([arrived]));
    let [message] = messages(&world).try_into().expect("one message");
    assert_eq!((&*message.to, message.id), ("late@example.com", 2), "numbers are those of the arrival");
    assert_eq!(message.sent_at.to_rfc3339(), "2030-01-01T00:00:00Z");
    open(&world, message.link.as_deref().expect("a link")).await.expect(200);
}

#[tokio::test]
async fn a_wait_sees_a_delayed_message_when_its_time_has_come() {
    // By the machine's clock, while it runs.
    let world = World::new();
    set(&world, json!({ "kind": "message-delay", "seconds": 1 })).await;
    let waiting = begin_to_wait(&world, "/_mock/outbox?wait=60").await;
    let began = Instant::now();
    Caller::user(&world).add_email("late@example.com").await;
    let answer = waiting.await.expect("no panic").expect(200);
    assert_eq!(answer.body["messages"][0]["to"], "late@example.com", "{}", answer.raw);
    assert!(began.elapsed() < Duration::from_secs(20), "{:?}", began.elapsed());

    // Because somebody moves the clock, or sets it going.
    for to in [json!({ "advance_seconds": 3600 }), json!({ "now": "2030-01-01T01:00:00Z", "frozen": false })] {
        let world = World::new();
        freeze(&world);
        set(&world, json!({ "kind": "message-delay", "seconds": 3600 })).await;
        Caller::user(&world).add_email("late@example.com").await;
        let began = Instant::now();
        let waiting = begin_to_wait(&world, "/_mock/outbox?wait=60").await;
        world.put("/_mock/clock").json(to).send().await.expect(200);
        let answer = waiting.await.expect("no panic").expect(200);
        assert_eq!(answer.body["messages"][0]["to"], "late@example.com", "{}", answer.raw);
        assert!(began.elapsed() < Duration::from_secs(20), "{:?}", began.elapsed());
    }

    // And who waits no longer than it takes, sees nothing.
    let world = World::new();
    set(&world, json!({ "kind": "message-delay", "seconds": 3600 })).await;
    Caller::user(&world).add_email("late@example.com").await;
    let answer = world.get("/_mock/outbox?wait=0.05").send().await.expect(200);
    assert_eq!(answer.body["messages"], json!([]));
}

#[tokio::test]
async fn a_message_out_of_order_arrives_after_the_next_one_or_after_a_minute() {
    let world = World::new();
    freeze(&world);
    let user = Caller::user(&world);
    set(&world, json!({ "kind": "message-reorder", "to": "a@example.com" })).await;
    user.add_email("a@example.com").await;
    user.add_email("b@example.com").await;
    assert_eq!(addressees(&world), ["b@example.com"], "the next one is the next of those that the fault is aimed at");
    let again = json!({ "email": "a@example.com" });
    user.post("/resend/watchlist-email-confirmation", again.clone()).send().await.expect(200);
    assert_eq!(addressees(&world), ["b@example.com", "a@example.com", "a@example.com"]);
    let [newer, older] = world.control().messages(&to("a@example.com")).try_into().expect("two messages");
    open(&world, older.link.as_deref().expect("a link")).await.expect(410);

    // The pair after it is out of order too, and what has no next one comes after a minute.
    user.post("/resend/watchlist-email-confirmation", again).send().await.expect(200);
    assert_eq!(messages(&world).len(), 3);
    open(&world, newer.link.as_deref().expect("a link")).await.expect(410);
    advance(&world, 59);
    assert_eq!(messages(&world).len(), 3);
    let due = world.put("/_mock/clock").json(json!({ "advance_seconds": 1 })).send().await.expect(200);
    assert_eq!(due.body["due"], json!([{ "kind": "message-arrived", "at": "2030-01-01T00:01:00Z" }]));
    assert_eq!(messages(&world).len(), 4);
}

#[tokio::test]
async fn a_snapshot_holds_what_is_under_way_and_no_faults() {
    let world = World::new();
    freeze(&world);
    set(&world, json!({ "kind": "message-delay", "seconds": 60, "next": 1 })).await;
    set(&world, json!({ "kind": "message-reorder", "channel": "email" })).await;
    let user = Caller::user(&world);
    user.add_email("late@example.com").await;
    user.add_email("after@example.com").await;
    let snapshot = world.control().snapshot();
    let other = World::new();
    other.control().restore(&snapshot).expect("a snapshot");
    assert_eq!(other.control().snapshot(), snapshot);
    assert_eq!(faults(&other).await, [] as [Value; 0]);
    Caller::user(&other).add_email("next@example.com").await;
    assert_eq!(addressees(&other), ["next@example.com", "after@example.com"]);
    advance(&other, 60);
    assert_eq!(addressees(&other), ["next@example.com", "after@example.com", "late@example.com"]);
}

// What is written down, and what is left.

#[tokio::test]
async fn the_journal_says_what_struck_whom() {
    let world = World::new();
    let get = || world.get(EMAILS).token(CRM);
    get().send().await.expect(200);
    let kinds = [
        (json!({ "kind": "latency", "milliseconds": 1 }), json!(200), true),
        (json!({ "kind": "status", "status": 503 }), json!(503), false),
        (json!({ "kind": "status", "status": 503, "when": "after" }), json!(503), false),
        (json!({ "kind": "cut" }), Value::Null, false),
        (json!({ "kind": "cut", "when": "after" }), Value::Null, false),
        (json!({ "kind": "reset" }), Value::Null, false),
        (json!({ "kind": "truncate", "bytes": 3 }), json!(200), true),
        (json!({ "kind": "throttle", "retry_after_seconds": 1 }), json!(409), false),
    ];
    for (mut fault, status, is_the_worlds) in kinds {
        fault["next"] = json!(1);
        let id = set(&world, fault.clone()).await["id"].clone();
        // Whether it arrives is seen elsewhere.
        drop(get().try_send().await);
        let record = requests(&world).await.pop().expect("a request");
        assert_eq!(record["fault"], json!({ "id": id, "kind": fault["kind"] }), "{record}");
        assert_eq!((&record["status"], &record["token"]), (&status, &json!("crm")), "{record}");
        let hint = record["hint"].as_str().expect("a hint");
        assert!(hint.contains(&format!("(id {id}, {})", fault["kind"].as_str().expect("a kind"))), "{record}");
        let facts = record["facts"].as_array().expect("a list");
        assert_eq!(facts.contains(&json!("EMAIL-1")), is_the_worlds, "{record}");
        assert_eq!(facts.is_empty(), status.is_null(), "{record}");
    }
    set(&world, json!({ "kind": "message-drop" })).await;
    Caller::user(&world).add_email("new@example.com").await;
    get().send().await.expect(200);
    let listed = requests(&world).await;
    let [first, .., sending, last] = listed.as_slice() else { panic!("{listed:?}") };
    assert_eq!(sending["fault"], json!({ "id": 9, "kind": "message-drop" }));
    assert!(first.get("fault").is_none() && last.get("fault").is_none(), "what was not struck has no such field");
}

#[tokio::test]
async fn faults_go_with_a_reset_or_when_they_are_removed() {
    let world = World::new();
    let fault = json!({ "kind": "status", "status": 503 });
    let path = async || {
        set(&world, fault.clone()).await["id"].as_u64().map(|id| format!("/_mock/faults/{id}")).expect("an id")
    };
    path().await;
    world.post("/_mock/reset").send().await.expect(200);
    assert_eq!((statuses(&world, 1).await, faults(&world).await.len()), (vec![200], 0));

    let (one, _other) = (path().await, path().await);
    world.delete(&one).send().await.expect(204);
    assert_eq!((statuses(&world, 1).await, faults(&world).await.len()), (vec![503], 1));
    world.delete("/_mock/faults").send().await.expect(204);
    assert_eq!((statuses(&world, 1).await, faults(&world).await.len()), (vec![200], 0));
    for path in [one.as_str(), "/_mock/faults/0", "/_mock/faults/first", "/_mock/faults/-1"] {
        let gone = world.delete(path).send().await.expect(404);
        assert!(gone.text("error").contains("GET /_mock/faults"), "{path}: {}", gone.raw);
    }
}

#[tokio::test]
async fn what_is_no_fault_is_refused_by_the_name_of_the_field_and_sets_none() {
    let world = World::new();
    let cases = [
        (json!({}), "kind"),
        (json!({ "kind": "slow" }), "kind: unknown variant `slow`, expected one of `latency`"),
        (json!({ "kind": "cut", "next": 1, "share": 0.5 }), "next: it cannot stand beside share"),
        (json!({ "kind": "cut", "share": 2 }), "share: "),
        (json!({ "kind": "cut", "share": "half" }), "share: "),
        (json!({ "kind": "cut", "when": "during" }), "when: "),
        (json!({ "kind": "latency", "milliseconds": 1, "when": "after" }), "when: a fault of kind latency has no such"),
        (json!({ "kind": "latency", "milliseconds": { "uniform": [1] } }), "milliseconds: expected a whole number"),
        (json!({ "kind": "status", "status": 302 }), "status: 302 is none that a fault can answer"),
        (json!({ "kind": "cut", "path": "/api/v1/email-watchlits" }), "did you mean /api/v1/email-watchlist?"),
        (json!({ "kind": "cut", "token": "1|mock-crm-token" }), "token: expected crm, app, none or the number"),
        (json!({ "kind": "message-drop", "token": "crm" }), "token: a fault of kind message-drop has no such field"),
    ];
    for (fault, expected) in cases {
        let refused = world.post("/_mock/faults").json(fault.clone()).send().await.expect(400);
        let sentence = refused.text("error");
        assert!(sentence.contains(expected) && !sentence.contains("mock-crm-token"), "{fault}: {sentence}");
    }
    assert_eq!(faults(&world).await, [] as [Value; 0]);
}

#[tokio::test]
async fn a_rust_test_sets_faults_without_http() {
    let world = World::new();
    let control = world.control();
    let fault = NewFault { status: Some(503), next: Some(1), ..NewFault::of(FaultKind::Status) };
    let set = control.add_fault(&fault).expect("a fault");
    assert_eq!((set.id, set.left), (1, Some(1)));
    assert_eq!(statuses(&world, 2).await, [503, 200]);
    assert_eq!(control.requests()[0].fault.map(|fault| fault.kind), Some(FaultKind::Status));
    assert!(control.faults()[0].is_over);
    assert!(control.remove_fault(1) && !control.remove_fault(1));
    assert!(control.add_fault(&NewFault::of(FaultKind::Status)).is_err());
    control.add_fault(&NewFault::of(FaultKind::Cut)).expect("a fault");
    control.clear_faults();
    assert_eq!(statuses(&world, 1).await, [200]);
}

#[test]
fn the_readme_lists_every_kind() {
    let table = section("Making it misbehave");
    for kind in KINDS {
        assert!(table.contains(&format!("| `{kind}` |")), "the README has no row for {kind}");
    }
}

const KINDS: [&str; 10] = [
    "latency",
    "status",
    "cut",
    "reset",
    "truncate",
    "throttle",
    "message-delay",
    "message-drop",
    "message-double",
    "message-reorder",
];

/// Any fault whose answer does not take long.
fn fault() -> impl Strategy<Value = Value> {
    let fields = proptest::sample::select(&KINDS[..]).prop_flat_map(|kind| {
        let when = prop_oneof![Just("before"), Just("after")];
        match kind {
            "latency" => (0_u32..4, 0_u32..4)
                .prop_map(|(from, more)| json!({ "milliseconds": { "uniform": [from, from + more] } }))
                .boxed(),
            "status" => (proptest::sample::select(&[400, 401, 422, 500, 503][..]), when)
                .prop_map(|(status, when)| json!({ "status": status, "when": when }))
                .boxed(),
            "cut" | "reset" => when.prop_map(|when| json!({ "when": when })).boxed(),
            "truncate" => (0_usize..40).prop_map(|bytes| json!({ "bytes": bytes })).boxed(),
            "throttle" => (0_u32..9).prop_map(|seconds| json!({ "retry_after_seconds": seconds })).boxed(),
            "message-delay" => (0_u32..99).prop_map(|seconds| json!({ "seconds": seconds })).boxed(),
            _ => Just(json!({})).boxed(),
        }
        .prop_map(move |mut fault| {
            fault["kind"] = json!(kind);
            fault
        })
    });
    let turn = prop_oneof![
        Just(json!({})),
        (1_u8..4).prop_map(|next| json!({ "next": next })),
        (0.0..=1.0).prop_map(|share| json!({ "share": share })),
        (1_u8..9).prop_map(|seconds| json!({ "for_seconds": seconds })),
    ];
    (fields, turn).prop_map(|(mut fault, turn)| {
        for (name, value) in turn.as_object().expect("an object") {
            fault[name] = value.clone();
        }
        fault
    })
}

#[test]
fn whatever_went_wrong_the_world_goes_on_as_if_nothing_had_been() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    let world = World::of(MockServer::builder());
    let mut runner = TestRunner::new(Config { cases: 48, failure_persistence: None, ..Config::default() });
    let mixtures = proptest::collection::vec(fault(), 1..6);
    let checked = runner.run(&mixtures, |mixture| {
        runtime.block_on(async {
            world.post("/_mock/reset").send().await.expect(200);
            freeze(&world);
            for fault in mixture {
                set(&world, fault).await;
            }
            for place in 0..6 {
                let email = json!({ "email": format!("{place}@example.com") });
                // The client's own time is over before a server that hangs would answer; then this is an error too.
                for request in [
                    world.post(OWN_EMAILS).token(APP).json(email.clone()),
                    world.get(OWN_EMAILS).token(APP),
                    world.post("/api/v1/crm/auth/login").json(login_body(1, json!(false))),
                ] {
                    let answer = request.try_send().await;
                    prop_assert!(!answer.is_err_and(|error| error.is_timeout()), "the server hangs");
                }
            }
            world.delete("/_mock/faults").send().await.expect(204);
            let answer = world.get(OWN_EMAILS).token(APP).send().await.expect(200);
            prop_assert_eq!(answer.header("x-mock-hint"), "");
            prop_assert!(answer.rests_on("EMAIL-1"));
            // What was under way has come two minutes later, and the next message comes at once.
            advance(&world, 120);
            let before = messages(&world).len();
            Caller::user(&world).add_email("last@example.com").await;
            let sent = messages(&world);
            prop_assert_eq!((sent.len(), &*sent[before].to), (before + 1, "last@example.com"));
            let ids: Vec<u64> = sent.iter().map(|message| message.id).collect();
            prop_assert_eq!(ids, (1..=sent.len() as u64).collect::<Vec<_>>());
            Ok(())
        })
    });
    checked.unwrap_or_else(|error| panic!("{error}"));
}
