//! Requests that no client would send, over every route, and among them clients that work: no answer is a 5xx, none is
//! missing, nothing panics, and nothing that was added is lost.
//!
//! `FUZZ_REQUESTS` says how many hostile requests are sent, and `FUZZ_SEED` which; `.ci/fuzz` sends a million.

mod client;
mod requests;

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;

use client::{Answer, Client};
use mock_server::MockServer;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use requests::Surface;

/// Threads that send.
const SENDERS: u64 = 4;

/// Hostile requests between two that a client that works sends.
const BETWEEN: u64 = 20;

fn number(variable: &str, usual: u64) -> u64 {
    std::env::var(variable).map_or(usual, |text| text.parse().unwrap_or_else(|_| panic!("{variable} is a number")))
}

#[test]
fn nothing_that_a_client_sends_breaks_the_mock() {
    let (requests, seed) = (number("FUZZ_REQUESTS", 4_000), number("FUZZ_SEED", 1));
    let panics = Arc::new(AtomicU64::new(0));
    let counted = Arc::clone(&panics);
    let usual = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |panic| {
        counted.fetch_add(1, Ordering::Relaxed);
        usual(panic);
    }));
    let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
    let mock = runtime.block_on(MockServer::builder().start());
    let surface = Surface::read();
    let statuses = Mutex::new(BTreeMap::<Option<u16>, u64>::new());
    thread::scope(|scope| {
        for sender in 0..SENDERS {
            let (surface, statuses, mock) = (&surface, &statuses, &mock);
            scope.spawn(move || {
                let counted = send(mock.base_url(), surface, sender, seed, requests / SENDERS);
                let mut all = statuses.lock().expect("no sender has failed");
                counted.into_iter().for_each(|(status, count)| *all.entry(status).or_default() += count);
            });
        }
    });
    let statuses = statuses.into_inner().expect("no sender has failed");
    println!("{requests} hostile requests of seed {seed}; answers by status, and connections that ended: {statuses:?}");
    assert_eq!(panics.load(Ordering::Relaxed), 0, "something has panicked");
    assert!(statuses.keys().flatten().all(|status| *status < 500), "{statuses:?}");
}

/// Sends hostile requests, and meanwhile works as a client does. Returns how often each status came.
fn send(url: &str, surface: &Surface, sender: u64, seed: u64, requests: u64) -> BTreeMap<Option<u16>, u64> {
    let mut random = ChaCha8Rng::seed_from_u64(seed);
    random.set_stream(sender);
    let mut statuses = BTreeMap::new();
    let mut hostile = Client::new(url);
    let mut working = Working::new(url, sender);
    for number in 0..requests {
        let request = surface.request(&mut random);
        let status = match hostile.send(&request) {
            Answer::Status(status, body) => {
                assert!(status < 500, "{status} {body}\nto {}", String::from_utf8_lossy(&request));
                Some(status)
            }
            Answer::Ended => None,
            Answer::Missing => panic!("no answer within the time to {}", String::from_utf8_lossy(&request)),
        };
        *statuses.entry(status).or_default() += 1;
        if number % BETWEEN == 0 {
            working.step(&mut random);
        }
    }
    working.check();
    statuses
}

/// A client that adds and removes emails on an account of its own.
struct Working {
    client: Client,
    list: String,
    sender: u64,
    added: u64,
    /// The ids that it has added and not removed.
    there: Vec<u64>,
}

impl Working {
    fn new(url: &str, sender: u64) -> Self {
        let mut client = Client::new(url);
        let body =
            format!(r#"{{"ssn":"19900101-1234","first_name":"A","last_name":"B","email":"fuzz{sender}@example.com"}}"#);
        let created = client.call("POST", "/api/v1/account", &body, 201);
        let account = id_in(&created);
        let list = format!("/api/v1/account/{account}/email-watchlist");
        Self { client, list, sender, added: 0, there: Vec::new() }
    }

    fn step(&mut self, random: &mut ChaCha8Rng) {
        if self.there.len() > 200 || (!self.there.is_empty() && random.random_bool(0.4)) {
            let id = self.there.swap_remove(random.random_range(0..self.there.len()));
            self.client.call("DELETE", &format!("{}/{id}", self.list), "", 204);
            return;
        }
        self.added += 1;
        let body = format!(r#"{{"email":"item{}.{}@example.com"}}"#, self.sender, self.added);
        let added = self.client.call("POST", &self.list, &body, 201);
        self.there.push(id_in(&added));
    }

    fn check(&mut self) {
        let listed = self.client.call("GET", &self.list, "", 200);
        let listed: serde_json::Value = serde_json::from_str(&listed).expect("JSON");
        let items = listed["data"].as_array().expect("a list");
        let mut ids: Vec<u64> = items.iter().map(|item| item["id"].as_u64().expect("a number")).collect();
        ids.sort_unstable();
        self.there.sort_unstable();
        assert_eq!(ids, self.there, "what was added and not removed is there");
    }
}

fn id_in(body: &str) -> u64 {
    let body: serde_json::Value = serde_json::from_str(body).expect("JSON");
    body["data"]["id"].as_u64().unwrap_or_else(|| panic!("an id in {body}"))
}
