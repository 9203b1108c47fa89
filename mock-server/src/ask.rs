//! Asking a server on this machine over HTTP: for the health check, for credentials, and for who has taken a port.

use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::{Duration, Instant};

use serde_json::Value as Json;

/// How long to wait for an answer.
const PATIENCE: Duration = Duration::from_secs(3);

/// How long to wait before a server is asked again.
const PAUSE: Duration = Duration::from_millis(100);

/// The answer of a server.
#[derive(Debug)]
pub(crate) struct Answer {
    /// The first line, as in `HTTP/1.1 200 OK`.
    pub(crate) status_line: String,
    body: String,
}

impl Answer {
    /// Whether the server has done what it was asked for.
    pub(crate) fn is_ok(&self) -> bool {
        self.status_line.starts_with("HTTP/1.1 200 ")
    }

    /// The body, if it is JSON.
    pub(crate) fn json(&self) -> Option<Json> {
        serde_json::from_str(&self.body).ok()
    }
}

/// Who answers at an address.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Who {
    /// A mock of this version.
    Mock(String),
    SomebodyElse,
}

/// Asks for a path. The whole answer has to come in time.
///
/// # Errors
/// That of the connection, or one that says that no answer of HTTP came.
pub(crate) fn ask(address: SocketAddr, method: &str, path: &str) -> io::Result<Answer> {
    let end = Instant::now() + PATIENCE;
    let mut stream = TcpStream::connect_timeout(&address, PATIENCE)?;
    stream.set_write_timeout(Some(PATIENCE))?;
    // In one piece: a server that answers and hangs up early would break the second.
    let request = format!("{method} {path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n");
    stream.write_all(request.as_bytes())?;
    let (mut answer, mut part) = (Vec::new(), [0; 4096]);
    loop {
        let left = end.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return Err(io::ErrorKind::TimedOut.into());
        }
        stream.set_read_timeout(Some(left))?;
        match stream.read(&mut part)? {
            0 => break,
            read => answer.extend_from_slice(&part[..read]),
        }
    }
    let answer = String::from_utf8_lossy(&answer);
    let (head, body) = answer.split_once("\r\n\r\n").unwrap_or((&answer, ""));
    let status_line = head.lines().next().unwrap_or_default().to_owned();
    Ok(Answer { status_line, body: body.to_owned() })
}

/// Whether a mock answers within so many seconds; it is asked at least once.
///
/// # Errors
/// A sentence that says what came instead.
pub(crate) fn health(address: SocketAddr, seconds: u32) -> Result<(), String> {
    let end = Instant::now() + Duration::from_secs(seconds.into());
    loop {
        let asked = match ask(address, "HEAD", "/_mock/health") {
            Ok(answer) if answer.is_ok() => return Ok(()),
            Ok(answer) => Err(format!("{address} answers {:?}", answer.status_line)),
            Err(error) => Err(format!("no answer from {address}: {error}")),
        };
        if Instant::now() + PAUSE > end {
            return match seconds {
                0 => asked,
                _ => asked.map_err(|sentence| format!("{sentence}, after {seconds} seconds")),
            };
        }
        std::thread::sleep(PAUSE);
    }
}

/// Who answers at an address that is taken.
pub(crate) fn who(address: SocketAddr) -> Who {
    let health = ask(address, "GET", "/_mock/health").ok().filter(Answer::is_ok).and_then(|answer| answer.json());
    let version = health.as_ref().and_then(|health| health["version"].as_str());
    match version {
        // Only the mock tells its assumptions.
        Some(version) if health.as_ref().is_some_and(|health| health["assumptions"].is_object()) => {
            Who::Mock(version.to_owned())
        }
        _ => Who::SomebodyElse,
    }
}
