//! A connection without a client that knows better.

use std::io::{self, ErrorKind};
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use super::{CRM, World};

/// A connection to the server of a world.
pub(crate) struct Wire {
    stream: TcpStream,
    prefix: String,
}

impl Wire {
    pub(crate) async fn connect(world: &World) -> Self {
        let url = world.base_url().strip_prefix("http://").expect("http");
        let (address, prefix) = url.split_once('/').map_or((url, String::new()), |(at, path)| (at, format!("/{path}")));
        Self { stream: TcpStream::connect(address).await.expect("the server listens"), prefix }
    }

    /// Sends a request with the CRM token.
    pub(crate) async fn send(&mut self, method: &str, path: &str, body: &str) {
        let headers = format!("Authorization: Bearer {CRM}\r\nContent-Length: {}\r\n", body.len());
        self.send_head(method, path, &headers).await;
        self.write(body.as_bytes()).await.expect("the server takes the body");
    }

    /// Sends the head of a request, with these headers.
    pub(crate) async fn send_head(&mut self, method: &str, path: &str, headers: &str) {
        let head = format!("{method} {}{path} HTTP/1.1\r\nHost: mock\r\n{headers}\r\n", self.prefix);
        self.write(head.as_bytes()).await.expect("the server takes the head");
    }

    /// Sends bytes as they are.
    pub(crate) async fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.stream.write_all(bytes).await
    }

    /// The head of the next answer, and its body, which is as long as it says.
    pub(crate) async fn whole_answer(&mut self) -> (String, String) {
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
    pub(crate) async fn rest(mut self) -> (String, Result<(), ErrorKind>) {
        let mut rest = Vec::new();
        let end = tokio::time::timeout(Duration::from_secs(10), self.stream.read_to_end(&mut rest));
        let end = end.await.expect("the connection ends").map(drop).map_err(|error| error.kind());
        (String::from_utf8_lossy(&rest).into_owned(), end)
    }
}

/// The length of the body that a head announces.
pub(crate) fn announced(head: &str) -> usize {
    let line = head.lines().find_map(|line| line.strip_prefix("content-length: ")).expect("a length");
    line.parse().expect("a number")
}
