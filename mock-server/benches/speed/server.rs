//! The servers that are measured, each a process of its own.

use std::io::{BufRead, BufReader};
use std::net::{Ipv4Addr, SocketAddr};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::extract::Path;
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use axum::response::Response;
use axum::routing::get;
use axum::{Router, serve};

use crate::load::{Load, request};

/// Ticks of `/proc/PID/stat` in a second.
const TICKS: f64 = 100.0;

/// A server that runs.
#[derive(Debug)]
pub(crate) struct Server {
    process: Child,
    url: String,
}

impl Server {
    /// The mock as it is shipped, with these arguments.
    pub(crate) fn mock(arguments: &[&str]) -> Self {
        let mut command = Command::new(env!("CARGO_BIN_EXE_mock-server"));
        command.args(["--listen", "127.0.0.1:0"]).args(arguments);
        Self::start(command)
    }

    /// A bare axum server that answers what the mock at `like` answers now.
    pub(crate) fn bare(like: &str) -> Self {
        let mut command = Command::new(std::env::current_exe().expect("this program has a path"));
        command.args(["--bare", like]);
        Self::start(command)
    }

    fn start(mut command: Command) -> Self {
        let mut process =
            command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().expect("the server can be started");
        let mut line = String::new();
        let output = process.stdout.take().expect("its output is piped");
        BufReader::new(output).read_line(&mut line).expect("it tells where it listens");
        let url = line.trim().strip_prefix("listening on ").expect("it tells where it listens").to_owned();
        Self { process, url }
    }

    /// Its address.
    pub(crate) fn url(&self) -> &str {
        &self.url
    }

    /// The CPU time that it has taken.
    pub(crate) fn cpu(&self) -> Duration {
        let stat = std::fs::read_to_string(format!("/proc/{}/stat", self.process.id())).expect("Linux tells");
        let (_, fields) = stat.rsplit_once(") ").expect("a name in brackets");
        let ticks: u64 = fields.split(' ').skip(11).take(2).map(|field| field.parse::<u64>().expect("ticks")).sum();
        Duration::from_secs_f64(ticks as f64 / TICKS)
    }

    /// The memory that it holds, in bytes.
    pub(crate) fn resident(&self) -> u64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.process.id())).expect("Linux tells");
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).expect("a line");
        line.trim().trim_end_matches(" kB").parse::<u64>().expect("a number") * 1024
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It is of no more use either way.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// An answer that is always the same.
#[derive(Clone)]
struct Canned {
    status: StatusCode,
    headers: HeaderMap,
    body: Bytes,
}

impl Canned {
    /// The same answer, without the headers that the server writes itself.
    fn like(answer: &[u8]) -> Self {
        let text = std::str::from_utf8(answer).expect("text");
        let (head, body) = text.split_once("\r\n\r\n").expect("a head");
        let mut lines = head.lines();
        let status = lines.next().and_then(|line| line.split(' ').nth(1)?.parse().ok()).expect("a status");
        let mut headers = HeaderMap::new();
        for (name, value) in lines.filter_map(|line| line.split_once(": ")) {
            if !["content-length", "date"].contains(&name) {
                let name: HeaderName = name.parse().expect("a name");
                headers.insert(name, HeaderValue::from_str(value).expect("a value"));
            }
        }
        Self { status, headers, body: Bytes::copy_from_slice(body.as_bytes()) }
    }

    fn answer(self) -> Response {
        let mut response = Response::new(Body::from(self.body));
        *response.status_mut() = self.status;
        *response.headers_mut() = self.headers;
        response
    }
}

/// Serves the answers of the mock at `like`, and nothing behind them, until the process is killed.
pub(crate) fn serve_bare(like: &str) -> ! {
    let mut load = Load::new(like, 1);
    let three = Canned::like(&load.send(200, std::iter::once(request("GET", &crate::list_of(3), ""))));
    let five = Canned::like(&load.send(200, std::iter::once(request("GET", &crate::list_of(5), ""))));
    let added = Canned::like(&load.send(201, std::iter::once(crate::add(0))));
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().expect("a runtime");
    runtime.block_on(async {
        let routes =
            get(async move |Path(account): Path<u64>| if account == 4 { three.answer() } else { five.answer() })
                .post(async move |_: Path<u64>, _: Bytes| added.answer());
        let router = Router::new().route("/api/v1/account/{account_id}/email-watchlist", routes);
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
        let listener = tokio::net::TcpListener::bind(address).await.expect("a free port");
        println!("listening on http://{}", listener.local_addr().expect("an address"));
        serve(listener, router).await.expect("it serves");
    });
    unreachable!("it serves until it is killed")
}
