//! Answers to requests whose body is not read: the client sees them although it sends all of it first, and the connection
//! goes on or says that it ends. And clients that do not read.

use std::time::Duration;

use mock_server::MockServer;

use crate::harness::{CRM, Wire, World, announced};

/// More than the kernel keeps for a reader that does not read.
const LONG: usize = 6 * 1024 * 1024;

/// Paths and methods that are answered before the body was read, with the status.
const CASES: [(&str, &str, u16); 8] = [
    ("POST", "/api/v1/account/1/email-watchlist", 413),
    ("POST", "/api/v1/no-such-path", 404),
    ("POST", "/nowhere", 404),
    ("PUT", "/api/v1/account/1/email-watchlist", 405),
    ("POST", "/_sandbox/none/api/v1/account", 404),
    ("POST", "/_mock/nothing", 404),
    ("POST", "/_mock/outbox", 405),
    ("POST", "/_confirm/none", 405),
];

#[tokio::test]
async fn a_client_that_sends_a_long_body_first_sees_the_answer_and_goes_on() {
    let world = World::of(MockServer::builder());
    for (method, path, status) in CASES {
        for is_chunked in [false, true] {
            let mut wire = Wire::connect(&world).await;
            let framing =
                if is_chunked { "Transfer-Encoding: chunked".into() } else { format!("Content-Length: {LONG}") };
            wire.send_head(method, path, &format!("Authorization: Bearer {CRM}\r\n{framing}\r\n")).await;
            let body = vec![b' '; LONG];
            if is_chunked {
                wire.write(format!("{LONG:x}\r\n").as_bytes()).await.expect("the server takes the size of the chunk");
            }
            let story = format!("{method} {path}, chunked: {is_chunked}");
            wire.write(&body).await.unwrap_or_else(|error| panic!("{story}: {error}"));
            if is_chunked {
                wire.write(b"\r\n0\r\n\r\n").await.expect("the server takes the end");
            }
            let (head, _) = wire.whole_answer().await;
            assert!(head.starts_with(&format!("HTTP/1.1 {status} ")), "{story}: {head}");
            assert!(!head.contains("connection: close"), "{story}: {head}");
            wire.send("GET", "/api/v1/account/1", "").await;
            let (head, _) = wire.whole_answer().await;
            assert!(head.starts_with("HTTP/1.1 200 "), "{story}, then a read: {head}");
        }
    }
}

#[tokio::test]
async fn a_client_that_asks_first_is_not_told_to_send_a_body_that_nobody_reads() {
    let world = World::of(MockServer::builder());
    let mut wire = Wire::connect(&world).await;
    let headers = format!("Authorization: Bearer {CRM}\r\nExpect: 100-continue\r\nContent-Length: {LONG}\r\n");
    wire.send_head("POST", "/api/v1/no-such-path", &headers).await;
    let (head, _) = wire.whole_answer().await;
    assert!(head.starts_with("HTTP/1.1 404 "), "{head}");
    assert!(head.contains("connection: close"), "{head}");
}

#[tokio::test]
async fn a_body_that_stops_coming_does_not_keep_the_answer_back_for_long() {
    let world = World::of(MockServer::builder());
    let mut wire = Wire::connect(&world).await;
    wire.send_head("POST", "/api/v1/no-such-path", &format!("Content-Length: {LONG}\r\n")).await;
    wire.write(b"some").await.expect("the server takes bytes");
    let answer = tokio::time::timeout(Duration::from_secs(20), wire.whole_answer());
    let (head, _) = answer.await.expect("the answer does not wait for the rest");
    assert!(head.starts_with("HTTP/1.1 404 ") && head.contains("connection: close"), "{head}");
    assert!(announced(&head) > 0);
}

#[tokio::test]
async fn a_client_that_reads_nothing_is_given_up() {
    let brief = Duration::from_millis(200);
    let world = World::of(MockServer::builder().client_timeouts(Duration::from_secs(30), brief));
    let mut wire = Wire::connect(&world).await;
    let requests = async {
        loop {
            let head = "GET /_mock/openapi.json HTTP/1.1\r\nHost: mock\r\n\r\n";
            if wire.write(head.as_bytes()).await.is_err() {
                return;
            }
        }
    };
    tokio::time::timeout(Duration::from_secs(60), requests).await.expect("the server closes the connection");
}
