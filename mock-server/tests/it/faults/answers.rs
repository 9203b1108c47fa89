//! Faults that keep an answer from the client, change it, or hold it back.

use std::io::ErrorKind;
use std::time::{Duration, Instant};

use mock_server::MockServer;
use serde_json::{Value, json};

use super::{EMAILS, add, set, watched};
use crate::harness::{Answer, CRM, Format, Wire, World, announced};

#[tokio::test]
async fn a_status_is_answered_in_the_shape_of_its_format() {
    let world = World::new();
    // The legacy shape is that of the assumption, or else `message`.
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
        let hint = format!("a fault set by POST /_mock/faults (id {id}, status) made this response");
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
            assert!(answer.header("x-mock-hint").ends_with("throttle) made this response"), "{answer:?}");
            assert_eq!(answer.header("x-ratelimit-remaining"), "");
        }
    }
    let counted = world.get(EMAILS).token(CRM).send().await.expect(200);
    assert_eq!(counted.header("x-ratelimit-remaining"), "9");
}

#[tokio::test]
async fn a_fault_keeps_the_answer_from_the_client_before_or_after_the_work() {
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
            let (mut cut_off, mut untouched) = (Wire::connect(&world).await, Wire::connect(&world).await);
            for wire in [&mut cut_off, &mut untouched] {
                wire.send("GET", EMAILS, "").await;
                assert!(wire.whole_answer().await.0.starts_with("HTTP/1.1 200 "));
            }
            cut_off.send("POST", EMAILS, &format!(r#"{{ "email": "{kind}-{when}@example.com" }}"#)).await;
            assert_eq!(cut_off.rest().await, (String::new(), expected), "{kind} {when}");
            untouched.send("GET", EMAILS, "").await;
            assert!(untouched.whole_answer().await.0.starts_with("HTTP/1.1 200 "));
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
        assert!(head.starts_with("HTTP/1.1 200 ") && head.contains("truncate) truncated this response; "), "{head}");
        assert!(head.contains("EMAIL-1"), "what there is of the answer is the world's: {head}");
        assert_eq!((announced(&format!("{head}\r\n")), rest, end), (body.len(), &body[..arrived], Ok(())), "{bytes}");
    }
    // An answer without a body that could break off is cut.
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
        assert!(hint.contains("latency) delayed this response; this account watches nothing"), "{hint}");
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
    assert!(answer.header("x-mock-hint").contains("status) made this response"));
}

/// Sends a request that is held back for a minute, and returns once it is.
async fn begin_to_be_late(world: &World) -> tokio::task::JoinHandle<Answer> {
    set(world, json!({ "kind": "latency", "milliseconds": 60_000 })).await;
    let waiting = tokio::spawn(add(world, "late@example.com").send());
    while world.journal().await.is_empty() {
        tokio::task::yield_now().await;
    }
    waiting
}

#[tokio::test]
async fn a_delayed_answer_delays_no_other_and_is_released_with_its_world() {
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
