//! Connections that carry one request.

use std::io::{Read, Write};
use std::net::TcpStream;

use crate::load::Load;

/// Sends each request on a connection of its own, which it closes.
pub(crate) fn send_and_close(base_url: &str, status: u16, requests: impl Iterator<Item = Vec<u8>>) {
    requests.for_each(|request| drop(Load::new(base_url, 1).send(status, std::iter::once(request))));
}

/// The body of a long answer, which ends with the connection.
pub(crate) fn fetch(base_url: &str, path: &str) -> Vec<u8> {
    let mut connection = TcpStream::connect(base_url.strip_prefix("http://").expect("http")).expect("it listens");
    let head = format!("GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
    connection.write_all(head.as_bytes()).expect("the server takes the request");
    let mut answer = Vec::new();
    connection.read_to_end(&mut answer).expect("the server answers");
    let head = answer.windows(4).position(|window| window == b"\r\n\r\n").expect("a head") + 4;
    answer.split_off(head)
}
