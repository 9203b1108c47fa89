//! The mock against a bare axum server that answers the same bytes, in one run on loopback.
//!
//! Both have one thread, and one thread sends; the two are measured in turn, so that a machine that slows down slows
//! both. The figures are ratios: bare time over the mock's time, 1.00 where the mock costs nothing.

mod load;

use std::net::{Ipv4Addr, SocketAddr};
use std::time::{Duration, Instant};

use axum::body::{Body, Bytes};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use axum::response::Response;
use axum::routing::get;
use axum::{Router, extract::Path};
use load::{Load, request};
use mock_server::MockServer;

const CONNECTIONS: usize = 16;
const REQUESTS: usize = 16_000;
const ROUNDS: usize = 9;
const ACCOUNTS: usize = 16_000;
const LIST: &str = "/api/v1/account/1/email-watchlist";

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

/// Starts the bare server: the same two routes, and nothing behind them.
fn start_bare(list: Canned, add: Canned) -> String {
    let listener = std::net::TcpListener::bind(SocketAddr::from((Ipv4Addr::LOCALHOST, 0))).expect("a free port");
    let address = listener.local_addr().expect("an address");
    listener.set_nonblocking(true).expect("a socket option");
    std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        runtime.block_on(async {
            let routes =
                get(async move |_: Path<u64>| list.answer()).post(async move |_: Path<u64>, _: Bytes| add.answer());
            let router = Router::new().route("/api/v1/account/{account_id}/email-watchlist", routes);
            let listener = tokio::net::TcpListener::from_std(listener).expect("a listener");
            axum::serve(listener, router).await.expect("it serves");
        });
    });
    format!("http://{address}")
}

/// How long it takes to get `requests` answered.
fn time(load: &mut Load, status: u16, requests: impl Iterator<Item = Vec<u8>>) -> Duration {
    let requests: Vec<_> = requests.collect();
    let start = Instant::now();
    load.send(status, requests.into_iter());
    start.elapsed()
}

/// An add of a new email to one of many accounts, so that no list grows long.
fn add(number: usize) -> Vec<u8> {
    let path = format!("/api/v1/account/{}/email-watchlist", 4 + number % ACCOUNTS);
    request("POST", &path, &format!("{{\"email\":\"user{number:08}@example.com\"}}"))
}

fn print(what: &str, mut pairs: Vec<(Duration, Duration)>) {
    pairs.sort_by(|(mock, bare), (other_mock, other_bare)| {
        (bare.as_secs_f64() / mock.as_secs_f64()).total_cmp(&(other_bare.as_secs_f64() / other_mock.as_secs_f64()))
    });
    let ratio = |(mock, bare): (Duration, Duration)| bare.as_secs_f64() / mock.as_secs_f64();
    let per_second = |time: Duration| REQUESTS as f64 / time.as_secs_f64();
    let (mock, bare) = pairs[pairs.len() / 2];
    println!(
        "{what:<28} ratio {:.2} (min {:.2}, max {:.2})   mock {:>7.0}/s   bare {:>7.0}/s",
        ratio((mock, bare)),
        ratio(pairs[0]),
        ratio(pairs[pairs.len() - 1]),
        per_second(mock),
        per_second(bare),
    );
}

fn main() {
    let starting = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
    let mock = starting.block_on(MockServer::start());
    let mut to_mock = Load::new(mock.base_url(), CONNECTIONS);
    let account = |number: usize| {
        let body = format!(
            "{{\"ssn\":\"19900101-1234\",\"first_name\":\"A\",\"last_name\":\"B\",\"email\":\"{number}@example.com\"}}"
        );
        request("POST", "/api/v1/account", &body)
    };
    to_mock.send(201, (0..ACCOUNTS).map(account));
    for number in 0..3 {
        let body = format!("{{\"email\":\"more{number}@example.com\"}}");
        to_mock.send(201, std::iter::once(request("POST", LIST, &body)));
    }
    let list = to_mock.send(200, std::iter::once(request("GET", LIST, "")));
    let added = to_mock.send(201, std::iter::once(add(0)));
    let mut to_bare = Load::new(&start_bare(Canned::like(&list), Canned::like(&added)), CONNECTIONS);

    let mut next = 1;
    let mut lists = || {
        let requests = || (0..REQUESTS).map(|_| request("GET", LIST, ""));
        let round = |_| (time(&mut to_mock, 200, requests()), time(&mut to_bare, 200, requests()));
        (0..ROUNDS).map(round).collect()
    };
    print("list of five", lists());
    let mut adds = || {
        let mut round = |_| {
            let numbers = next..next + REQUESTS;
            next += REQUESTS;
            (time(&mut to_mock, 201, numbers.clone().map(add)), time(&mut to_bare, 201, numbers.map(add)))
        };
        (0..ROUNDS).map(&mut round).collect()
    };
    print("add", adds());

    let log = tracing_subscriber::fmt().json().with_writer(std::io::sink).finish();
    tracing::subscriber::set_global_default(log).expect("there is no log yet");
    print("add, with a JSON log", adds());
}
