//! A load of keep-alive connections from one thread, written without a client library so that the client costs little.

use std::io::{Read, Write};
use std::net::TcpStream;

/// Connections that each carry one request at a time.
pub(crate) struct Load {
    connections: Vec<TcpStream>,
    buffer: Vec<u8>,
}

impl Load {
    /// So many connections to a server at `base_url`.
    pub(crate) fn new(base_url: &str, connections: usize) -> Self {
        let address = base_url.strip_prefix("http://").expect("http");
        let connect = |_| {
            let stream = TcpStream::connect(address).expect("the server listens");
            stream.set_nodelay(true).expect("a socket option");
            stream
        };
        Self { connections: (0..connections).map(connect).collect(), buffer: vec![0; 64 * 1024] }
    }

    /// Sends `requests`, one on each connection at a time, and checks that each answer has this status. Returns the
    /// last answer.
    pub(crate) fn send(&mut self, status: u16, mut requests: impl Iterator<Item = Vec<u8>>) -> Vec<u8> {
        let mut last = Vec::new();
        loop {
            let mut busy = 0;
            for (connection, request) in self.connections.iter_mut().zip(&mut requests) {
                connection.write_all(&request).expect("the server takes the request");
                busy += 1;
            }
            if busy == 0 {
                return last;
            }
            for (position, connection) in self.connections.iter_mut().take(busy).enumerate() {
                let answer = read(connection, &mut self.buffer);
                assert!(
                    answer.starts_with(format!("HTTP/1.1 {status} ").as_bytes()),
                    "{}",
                    String::from_utf8_lossy(answer)
                );
                if position + 1 == busy {
                    last = answer.to_vec();
                }
            }
        }
    }
}

/// Reads one answer, which tells its length.
fn read<'a>(connection: &mut TcpStream, buffer: &'a mut [u8]) -> &'a [u8] {
    let mut filled = 0;
    loop {
        let count = connection.read(&mut buffer[filled..]).expect("the server answers");
        assert!(count > 0, "the server closed: {}", String::from_utf8_lossy(&buffer[..filled]));
        filled += count;
        if let Some(length) = whole_length(&buffer[..filled])
            && filled >= length
        {
            return &buffer[..length];
        }
    }
}

/// How long the answer is that begins here, once its head is there.
fn whole_length(answer: &[u8]) -> Option<usize> {
    let head = answer.windows(4).position(|window| window == b"\r\n\r\n")? + 4;
    let text = std::str::from_utf8(&answer[..head]).expect("heads are ASCII");
    if text.starts_with("HTTP/1.1 204 ") {
        return Some(head);
    }
    let length = text.lines().find_map(|line| line.strip_prefix("content-length: "))?;
    Some(head + length.parse::<usize>().expect("a number"))
}

/// A request with the published CRM token.
pub(crate) fn request(method: &str, path: &str, body: &str) -> Vec<u8> {
    let content = match body {
        "" => String::new(),
        body => format!("Content-Type: application/json\r\nContent-Length: {}\r\n", body.len()),
    };
    format!(
        "{method} {path} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer 1|mock-crm-token\r\n{content}\r\n{body}"
    )
    .into_bytes()
}
