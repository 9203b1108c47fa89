//! A connection that sends bytes as they are.

use std::io::{ErrorKind, Read, Write};
use std::net::TcpStream;
use std::time::Duration;

/// How long an answer may take: far longer than any does, also on a busy machine.
const PATIENCE: Duration = Duration::from_secs(60);

/// The answer to a request.
pub(crate) enum Answer {
    Status(u16, String),
    /// The connection ended without one.
    Ended,
    /// There was none in time.
    Missing,
}

/// A client with one connection, which it makes anew when that ends.
pub(crate) struct Client {
    address: String,
    connection: Option<TcpStream>,
}

impl Client {
    pub(crate) fn new(url: &str) -> Self {
        Self { address: url.strip_prefix("http://").expect("http").to_owned(), connection: None }
    }

    /// Sends a request with the CRM token, and returns the body of the answer.
    pub(crate) fn call(&mut self, method: &str, path: &str, body: &str, status: u16) -> String {
        let request = format!(
            "{method} {path} HTTP/1.1\r\nHost: mock\r\nAuthorization: Bearer 1|mock-crm-token\r\nContent-Type: \
             application/json\r\nContent-Length: {}\r\n\r\n{body}",
            body.len()
        );
        match self.send(request.as_bytes()) {
            Answer::Status(told, body) if told == status => body,
            Answer::Status(told, body) => panic!("{method} {path}: {told} {body}"),
            Answer::Ended | Answer::Missing => panic!("{method} {path}: no answer"),
        }
    }

    /// Sends bytes, says that no more come if they may not be a whole request, and reads an answer.
    pub(crate) fn send(&mut self, request: &[u8]) -> Answer {
        let mut connection = self.connection.take().unwrap_or_else(|| self.connect());
        // The server may have closed before all was sent; its answer may be there all the same.
        let _ = connection.write_all(request);
        let mut answer = Vec::new();
        let mut buffer = vec![0; 64 * 1024];
        loop {
            if let Some(told_to_go_on) = answer.strip_prefix(b"HTTP/1.1 100 Continue\r\n\r\n".as_slice()) {
                answer = told_to_go_on.to_vec();
            }
            if let Some((status, length)) = head(&answer)
                && (is_without_body(request, status) || answer.len() >= length)
            {
                let closes = contains(&answer, b"connection: close");
                if !closes && is_plain(request) {
                    self.connection = Some(connection);
                }
                let text = String::from_utf8_lossy(&answer);
                let body = text.split_once("\r\n\r\n").map(|(_, body)| body.to_owned());
                return Answer::Status(status, body.unwrap_or_default());
            }
            match connection.read(&mut buffer) {
                Ok(0) => return Answer::Ended,
                Ok(count) => answer.extend_from_slice(&buffer[..count]),
                Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => {
                    return Answer::Missing;
                }
                Err(_) => return Answer::Ended,
            }
        }
    }

    fn connect(&self) -> TcpStream {
        let connection = TcpStream::connect(&self.address).expect("the server listens");
        connection.set_read_timeout(Some(PATIENCE)).expect("a socket option");
        connection.set_write_timeout(Some(PATIENCE)).expect("a socket option");
        connection.set_nodelay(true).expect("a socket option");
        connection
    }
}

/// The status of an answer whose head is there, and the length of it with its body.
fn head(answer: &[u8]) -> Option<(u16, usize)> {
    let head = answer.windows(4).position(|window| window == b"\r\n\r\n")? + 4;
    let text = String::from_utf8_lossy(&answer[..head]).into_owned();
    let status: u16 = text.split(' ').nth(1)?.parse().ok()?;
    let length = text.lines().find_map(|line| line.strip_prefix("content-length: ")?.parse().ok());
    Some((status, head + length.unwrap_or(0)))
}

fn is_without_body(request: &[u8], status: u16) -> bool {
    request.starts_with(b"HEAD ") || status == 204 || status == 304
}

/// Whether a request is one that the connection can go on after.
fn is_plain(request: &[u8]) -> bool {
    !contains(request, b"Expect") && !contains(request, b"Transfer-Encoding") && !contains(request, b"Upgrade")
}

fn contains(bytes: &[u8], part: &[u8]) -> bool {
    bytes.windows(part.len()).any(|window| window == part)
}
