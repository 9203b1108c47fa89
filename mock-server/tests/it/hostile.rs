//! Requests that are not nice: each gets a clear answer in the format of the request, and stores nothing.

use std::time::Duration;

use mock_server::MockServer;
use serde_json::json;

use crate::harness::{APP, CRM, KINDS, Wire, World, body_of, fields};

const LIST: &str = "/api/v1/account/2/email-watchlist";

/// Sends bytes as they are, and reads until the server closes.
async fn raw(world: &World, bytes: &[u8]) -> String {
    let mut wire = Wire::connect(world).await;
    wire.write(bytes).await.expect("the server takes the bytes");
    // A reset after the answer is as good as an end.
    wire.rest().await.0
}

/// A server of its own, whose main world is reached without a prefix, and who waits only briefly.
fn impatient() -> World {
    let brief = Duration::from_millis(150);
    World::of(MockServer::builder().client_timeouts(brief, brief))
}

async fn nothing_is_stored(world: &World) {
    let list = world.get(LIST).token(CRM).send().await.expect(200);
    assert_eq!(list.items(), [] as [serde_json::Value; 0]);
}

#[tokio::test]
async fn a_body_that_is_no_json_object_is_refused_in_the_format_of_the_request() {
    let world = World::new();
    let bodies: [(&[u8], u16); 9] = [
        (b"{", 400),
        (b"{\"email\": \"a@example.com\"", 400),
        (b"{\"email\": \"a@example.com\"} trailing", 400),
        (b"{'email': 'a@example.com'}", 400),
        (b"\xff\xfe", 400),
        (b"[\"a@example.com\"]", 422),
        (b"\"a@example.com\"", 422),
        (b"null", 422),
        (b"", 422),
    ];
    for (body, status) in bodies {
        let label = String::from_utf8_lossy(body).into_owned();
        let legacy = world.post(LIST).token(CRM).body("application/json", body).send().await.expect(status);
        assert!(legacy.body.get("error").is_some() || legacy.body.get("errors").is_some(), "{label}: {}", legacy.raw);
        let standardized = world.post(LIST).token(CRM).standardized().body("application/json", body).send().await;
        let code = if status == 400 { "BAD_REQUEST" } else { "VALIDATION_ERROR" };
        assert_eq!(standardized.expect(status).body["error"]["code"], code, "{label}");
    }
    let deep = "[".repeat(100_000);
    world.post(LIST).token(CRM).body("application/json", deep).send().await.expect(400);
    nothing_is_stored(&world).await;
}

#[tokio::test]
async fn a_body_of_another_type_is_not_read_and_a_hint_says_so() {
    let world = World::new();
    let body = r#"{ "email": "a@example.com" }"#;
    for content_type in
        ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "json", ""]
    {
        let answer = world.post(LIST).token(CRM).body(content_type, body).send().await.expect(422);
        assert!(answer.header("x-mock-hint").contains("Content-Type"), "{content_type}");
    }
    nothing_is_stored(&world).await;
    let json = ["application/json", "application/json; charset=utf-8", "APPLICATION/JSON", "application/vnd.api+json"];
    for (number, content_type) in json.into_iter().enumerate() {
        let body = format!(r#"{{ "email": "{number}@example.com" }}"#);
        world.post(LIST).token(CRM).body(content_type, body).send().await.expect(201);
    }
}

#[tokio::test]
async fn a_body_over_one_mebibyte_is_refused_whether_its_length_is_told_or_not() {
    let world = World::of(MockServer::builder());
    let at_most = format!(r#"{{ "email": "a@example.com", "x": "{}" }}"#, "x".repeat(1024 * 1024 - 37));
    assert_eq!(at_most.len(), 1024 * 1024);
    let told = world.post(LIST).token(CRM).standardized().body("application/json", format!("{at_most} ")).send().await;
    assert_eq!(told.expect(413).body["error"]["code"], "PAYLOAD_TOO_LARGE");
    nothing_is_stored(&world).await;

    let mut wire = Wire::connect(&world).await;
    let head = format!(
        "POST {LIST} HTTP/1.1\r\nHost: mock\r\nAuthorization: Bearer {CRM}\r\nTransfer-Encoding: chunked\r\n\r\n"
    );
    wire.write(head.as_bytes()).await.expect("the server takes the head");
    let chunk = format!("10000\r\n{}\r\n", "x".repeat(0x10000));
    for _ in 0..32 {
        wire.write(chunk.as_bytes()).await.expect("the server reads on");
    }
    let answer = wire.rest().await.0;
    assert!(answer.starts_with("HTTP/1.1 413 "), "{answer}");
    nothing_is_stored(&world).await;
    world.post(LIST).token(CRM).body("application/json", at_most).send().await.expect(201);
}

#[tokio::test]
async fn a_path_with_strange_escapes_names_nothing() {
    let world = World::new();
    for path in [
        "/api/v1/account/%31/email-watchlist%00",
        "/api/v1/account/1%2Femail-watchlist",
        "/api/v1/account/%FF/email-watchlist",
        "/api/v1/account/..%2f1/email-watchlist",
        "/api/v1/account/%E0%A4%A/email-watchlist",
        "/api/v1/account/+1/email-watchlist",
        "/api/v1/account/1;x=1/email-watchlist",
        "/api/v1/account/99999999999999999999999/email-watchlist",
        "/api/v1/account/%31%20/email-watchlist",
        "//api/v1/account/1/email-watchlist",
    ] {
        let answer = world.get(path).token(CRM).send().await.expect(404);
        assert_eq!(answer.body["error"], "Not found", "{path}");
    }
    // An escaped letter means the letter.
    world.get("/api/v1/account/%31/email-watchlist").token(CRM).send().await.expect(200);
}

#[tokio::test]
async fn odd_methods_and_request_lines_are_answered_or_refused_but_never_hang() {
    let world = impatient();
    let head = format!("HTTP/1.1\r\nHost: mock\r\nConnection: close\r\nAuthorization: Bearer {APP}\r\n\r\n");
    for method in ["get", "Get", "BREW", "TRACE", "OPTIONS", "CONNECT"] {
        let answer = raw(&world, format!("{method} /api/v1/email-watchlist {head}").as_bytes()).await;
        let is_refused = answer.starts_with("HTTP/1.1 405 ") || answer.starts_with("HTTP/1.1 400 ");
        assert!(is_refused || answer.starts_with("HTTP/1.1 404 "), "{method}: {answer}");
    }
    let lower = raw(&world, format!("get /api/v1/email-watchlist {head}").as_bytes()).await;
    assert!(lower.contains("allow: GET, HEAD, POST\r\n"), "{lower}");
    for bytes in
        ["\r\n\r\n", "GET\r\n\r\n", "GET / HTTP/9.9\r\n\r\n", "\u{16}\u{3}\u{1}", "GET / HTTP/1.1\r\nHost\r\n\r\n"]
    {
        let answer = raw(&world, bytes.as_bytes()).await;
        assert!(answer.is_empty() || answer.starts_with("HTTP/1.1 400 "), "{bytes:?}: {answer}");
    }
}

#[tokio::test]
async fn headers_that_come_twice_are_not_guessed_at() {
    let world = World::new();
    let twice = world.get(LIST).header("authorization", &format!("Bearer {CRM}")).header("authorization", "Bearer x");
    let answer = twice.send().await.expect(401);
    assert!(answer.header("x-mock-hint").contains("more than one Authorization"));

    let impatient = impatient();
    let smuggled = format!(
        "POST {LIST} HTTP/1.1\r\nHost: mock\r\nAuthorization: Bearer {CRM}\r\nContent-Length: 2\r\nContent-Length: 5\r\n\r\n{{}}"
    );
    let answer = raw(&impatient, smuggled.as_bytes()).await;
    assert!(answer.is_empty() || answer.starts_with("HTTP/1.1 400 "), "{answer}");
}

#[tokio::test]
async fn a_client_that_stops_within_the_head_is_let_go() {
    let world = impatient();
    let answer = raw(&world, b"GET /api/v1/email-watchlist HTTP/1.1\r\nHost: mo").await;
    assert!(answer.is_empty() || answer.starts_with("HTTP/1.1 408 "), "{answer}");
}

#[tokio::test]
async fn a_client_that_stops_within_the_body_is_told_so_and_nothing_is_stored() {
    let world = impatient();
    let head = format!(
        "POST {LIST} HTTP/1.1\r\nHost: mock\r\nAuthorization: Bearer {CRM}\r\nX-API-Version: 2026-06-12\r\n\
         Content-Length: 29\r\n\r\n{{\"email\":\"a@example.com\""
    );
    let answer = raw(&world, head.as_bytes()).await;
    assert!(answer.starts_with("HTTP/1.1 408 "), "{answer}");
    assert!(
        answer
            .ends_with(r#"{"error":{"code":"REQUEST_TIMEOUT","message":"The request body did not arrive in time."}}"#)
    );
    nothing_is_stored(&world).await;

    // One who goes away in the middle stores nothing either.
    let mut wire = Wire::connect(&world).await;
    wire.write(head.as_bytes()).await.expect("the server takes the bytes");
    drop(wire);
    nothing_is_stored(&world).await;
}

#[tokio::test]
async fn a_client_that_sends_a_byte_at_a_time_does_not_hold_others_up() {
    let world = impatient();
    let slow = async {
        let mut wire = Wire::connect(&world).await;
        let head = format!(
            "POST {LIST} HTTP/1.1\r\nHost: mock\r\nAuthorization: Bearer {CRM}\r\nContent-Length: 1000\r\n\r\n"
        );
        wire.write(head.as_bytes()).await.expect("the server takes the head");
        let mut ticks = tokio::time::interval(Duration::from_millis(20));
        while wire.write(b" ").await.is_ok() {
            ticks.tick().await;
        }
    };
    let others = async {
        for _ in 0..20 {
            world.get(LIST).token(CRM).send().await.expect(200);
        }
    };
    let both = async { tokio::join!(slow, others) };
    tokio::time::timeout(Duration::from_secs(10), both).await.expect("the slow one is let go");
}

#[tokio::test]
async fn many_connections_at_once_are_all_answered() {
    let world = World::of(MockServer::builder());
    let descriptors = rlimit::increase_nofile_limit(u64::MAX).expect("the limit can be read");
    // Both ends of each connection are in this process.
    let count = usize::try_from(descriptors / 2).unwrap_or(usize::MAX).saturating_sub(200).min(2_000);
    let mut wires = Vec::with_capacity(count);
    for _ in 0..count {
        wires.push(Wire::connect(&world).await);
    }
    world.get(LIST).token(CRM).send().await.expect(200);
    let request =
        format!("GET {LIST} HTTP/1.1\r\nHost: mock\r\nConnection: close\r\nAuthorization: Bearer {CRM}\r\n\r\n");
    for wire in &mut wires {
        wire.write(request.as_bytes()).await.expect("the server takes the request");
    }
    for wire in wires {
        assert!(wire.rest().await.0.starts_with("HTTP/1.1 200 "));
    }
}

#[tokio::test]
async fn several_requests_written_at_once_are_answered_in_order() {
    let world = impatient();
    let one = |path: &str, last: &str| {
        format!("GET {path} HTTP/1.1\r\nHost: mock\r\nAuthorization: Bearer {CRM}\r\n{last}\r\n")
    };
    let pipelined = one(LIST, "") + &one("/nowhere", "") + &one("/api/v1/account/2", "Connection: close\r\n");
    let answer = raw(&world, pipelined.as_bytes()).await;
    let statuses: Vec<&str> = answer.split("HTTP/1.1 ").skip(1).map(|part| &part[..3]).collect();
    assert_eq!(statuses, ["200", "404", "200"]);
}

#[tokio::test]
async fn odd_values_are_refused_or_kept_but_break_nothing() {
    let world = World::new();
    let long = "x".repeat(100_000);
    for value in
        [json!(true), json!(5), json!([]), json!({}), json!(long), json!("\u{0}"), json!("a@\u{202e}b"), json!("😀")]
    {
        for kind in KINDS {
            let path = format!("/api/v1/account/2{}", kind.add);
            let refused = world.post(&path).token(CRM).json(body_of(&value)).send().await.expect(422);
            assert!(fields(&refused.body["errors"]).contains(&kind.field), "{}: {}", kind.name, refused.raw);
        }
        let body = json!({ "ssn": value, "first_name": value, "last_name": value, "email": value, "plan_id": value });
        world.post("/api/v1/account").token(CRM).json(body).send().await.expect(422);
        let body = json!({ "username": value, "password": value, "keep_logged": value });
        let refused = world.post("/api/v1/crm/auth/login").json(body).send().await;
        assert!([401, 422].contains(&refused.status), "{}", refused.raw);
    }
    nothing_is_stored(&world).await;
}
