//! Clients that shut their sending side down, and clients that move the clock at the same time.

use std::collections::BTreeMap;
use std::io::{Read, Write};
use std::net::{Shutdown, TcpStream};
use std::thread;

use serde_json::{Value, json};

use crate::harness::{Running, binary, sso_body};

/// Sends a request on a connection of its own, shuts the sending side down, and gives the whole answer.
fn half_closed(address: &str, method: &str, path: &str, body: &Value) -> String {
    let mut stream = TcpStream::connect(address).expect("it listens");
    let body = if body.is_null() { String::new() } else { body.to_string() };
    let length = body.len();
    let request = format!("{method} {path} HTTP/1.1\r\nHost: {address}\r\nContent-Length: {length}\r\n\r\n{body}");
    stream.write_all(request.as_bytes()).expect("it reads");
    stream.shutdown(Shutdown::Write).expect("it is open");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).expect("an answer, and the end");
    answer
}

/// The JSON of an answer of 200.
fn body(answer: &str) -> Value {
    let (head, body) = answer.split_once("\r\n\r\n").unwrap_or_else(|| panic!("no answer: {answer:?}"));
    assert!(head.starts_with("HTTP/1.1 200 "), "{answer}");
    serde_json::from_str(body).expect("JSON")
}

#[test]
fn a_client_that_has_shut_its_sending_side_down_gets_its_answer() {
    let running = Running::start(binary(&["--listen", "127.0.0.1:0", "--log", "off"]));
    for _ in 0..200 {
        body(&half_closed(running.address(), "GET", "/_mock/health", &Value::Null));
        body(&half_closed(running.address(), "PUT", "/_mock/clock", &json!({ "advance_seconds": 1 })));
    }
    // The answer comes late, long after the server has seen the end of what the client sends.
    let fault = json!({ "kind": "latency", "milliseconds": 50, "path": "/api/v1/sso/code" });
    let made = half_closed(running.address(), "POST", "/_mock/faults", &fault);
    assert!(made.starts_with("HTTP/1.1 201 "), "{made}");
    body(&half_closed(running.address(), "POST", "/api/v1/sso/code", &sso_body(1, "john.doe@example.com")));
}

#[test]
fn moves_of_the_clock_at_the_same_time_each_count_and_what_falls_due_is_told_once() {
    const CLIENTS: usize = 8;
    const MOVES: usize = 50;
    let running = Running::start(binary(&["--listen", "127.0.0.1:0", "--log", "off"]));
    let address = running.address();
    let set = |to: Value| body(&half_closed(address, "PUT", "/_mock/clock", &to));
    set(json!({ "now": "2030-01-01T00:00:00Z", "frozen": true }));
    // Codes that live for 60 seconds, one for each of the first seconds.
    for _ in 0..CLIENTS {
        body(&half_closed(address, "POST", "/api/v1/sso/code", &sso_body(1, "john.doe@example.com")));
        set(json!({ "advance_seconds": 1 }));
    }
    let told: Vec<Value> = thread::scope(|scope| {
        let moves = || (0..MOVES).flat_map(|_| set(json!({ "advance_seconds": 1 }))["due"].as_array().cloned());
        let clients: Vec<_> =
            (0..CLIENTS).map(|_| scope.spawn(move || moves().flatten().collect::<Vec<_>>())).collect();
        clients.into_iter().flat_map(|client| client.join().expect("no panic")).collect()
    });
    let clock = body(&half_closed(address, "GET", "/_mock/clock", &Value::Null));
    // 8 and then 400 seconds.
    assert_eq!(clock["now"], "2030-01-01T00:06:48Z");
    let mut codes = BTreeMap::new();
    for due in told.iter().filter(|due| due["kind"] == "sso-code-expired") {
        *codes.entry(due["at"].to_string()).or_insert(0) += 1;
    }
    assert_eq!((codes.len(), codes.values().sum::<usize>()), (CLIENTS, CLIENTS), "{codes:?}");
}
