//! How fast the mock is as it is shipped, against a bare axum server that answers the same bytes, in one run; and how it
//! grows. `cargo bench -p mock-server --bench speed` prints the tables of `docs/speed.md`; `-- --full` adds a million accounts.
//!
//! Each server is a process of its own with as many threads as the machine has cores; the mock writes its log to nowhere.
//! The two are measured in turn, so that a machine that slows down slows both.

mod growth;
#[path = "../load/mod.rs"]
mod load;
mod once;
mod server;
mod table;

use std::thread;
use std::time::{Duration, Instant};

use load::{Load, request};
use server::Server;
use table::Spread;

/// Threads that send, and connections of each.
const SENDERS: usize = 2;
const CONNECTIONS: usize = 32;
/// Requests of one sender in one round.
const REQUESTS: usize = 8_000;
const ROUNDS: usize = 9;
const ACCOUNTS: usize = 4_000;

/// A kind of request that both servers answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Asked {
    /// The list of this account: it has so many items.
    List(usize),
    Add,
}

impl Asked {
    fn request(self, number: usize) -> Vec<u8> {
        match self {
            Self::List(items) => request("GET", &list_of(items), ""),
            Self::Add => add(number),
        }
    }

    fn status(self) -> u16 {
        if self == Self::Add { 201 } else { 200 }
    }
}

/// The account that has so many emails: 4 has three, 5 has five.
fn list_of(items: usize) -> String {
    format!("/api/v1/account/{}/email-watchlist", if items == 3 { 4 } else { 5 })
}

/// An add of an email that is not there yet, to one of many accounts, so that no list grows long.
fn add(number: usize) -> Vec<u8> {
    let path = format!("/api/v1/account/{}/email-watchlist", 6 + number % ACCOUNTS);
    request("POST", &path, &format!("{{\"email\":\"user{number:08}@example.com\"}}"))
}

/// A request that creates an account.
fn account(number: usize) -> Vec<u8> {
    let body = format!(
        "{{\"ssn\":\"19900101-1234\",\"first_name\":\"A\",\"last_name\":\"B\",\"email\":\"{number}@example.com\"}}"
    );
    request("POST", "/api/v1/account", &body)
}

/// One round: the time until all senders have their answers, and the CPU time that the server took.
fn round(server: &Server, asked: Asked, first: usize, is_closing: bool) -> (Duration, Duration) {
    let cpu = server.cpu();
    let start = Instant::now();
    thread::scope(|scope| {
        for sender in 0..SENDERS {
            scope.spawn(move || {
                let numbers = first + sender * REQUESTS..first + (sender + 1) * REQUESTS;
                let requests = numbers.map(|number| asked.request(number));
                if is_closing {
                    once::send_and_close(server.url(), asked.status(), requests);
                } else {
                    Load::new(server.url(), CONNECTIONS).send(asked.status(), requests);
                }
            });
        }
    });
    (start.elapsed(), server.cpu() - cpu)
}

fn compare(mock: &Server, bare: &Server) {
    println!("| what | ratio of throughput | CPU of the mock / of bare axum | mock | bare axum |");
    println!("|---|---|---|---|---|");
    let mut next = 1_000_000;
    let kinds = [
        ("a list of three", Asked::List(3), false),
        ("a list of five", Asked::List(5), false),
        ("adding an item", Asked::Add, false),
        ("a list of three, a connection each", Asked::List(3), true),
    ];
    for (what, asked, is_closing) in kinds {
        let (mut ratios, mut cpu) = (Vec::new(), Vec::new());
        let (mut fastest, mut bare_fastest) = (0.0_f64, 0.0_f64);
        for _ in 0..ROUNDS {
            next += SENDERS * REQUESTS;
            let (time, used) = round(mock, asked, next, is_closing);
            let (bare_time, bare_used) = round(bare, asked, next, is_closing);
            let per_second = |time: Duration| (SENDERS * REQUESTS) as f64 / time.as_secs_f64();
            fastest = fastest.max(per_second(time));
            bare_fastest = bare_fastest.max(per_second(bare_time));
            ratios.push(bare_time.as_secs_f64() / time.as_secs_f64());
            cpu.push(used.as_secs_f64() / bare_used.as_secs_f64().max(0.01));
        }
        println!("| {what} | {} | {} | {fastest:.0}/s | {bare_fastest:.0}/s |", Spread::of(ratios), Spread::of(cpu));
    }
}

fn main() {
    let arguments: Vec<String> = std::env::args().collect();
    if let Some(position) = arguments.iter().position(|argument| argument == "--bare") {
        server::serve_bare(&arguments[position + 1]);
    }
    let is_full = arguments.iter().any(|argument| argument == "--full");
    println!("{} cores; median (lowest to highest) of {ROUNDS} rounds\n", cores());

    let mock = Server::mock(&[]);
    let mut load = Load::new(mock.url(), CONNECTIONS);
    load.send(201, (0..ACCOUNTS + 2).map(account));
    for items in [3, 5] {
        let add = |number| request("POST", &list_of(items), &format!("{{\"email\":\"more{number}@example.com\"}}"));
        load.send(201, (0..items).map(add));
    }
    let bare = Server::bare(mock.url());
    compare(&mock, &bare);
    drop((mock, bare));
    growth::measure(is_full);
}

fn cores() -> usize {
    thread::available_parallelism().map_or(1, usize::from)
}
