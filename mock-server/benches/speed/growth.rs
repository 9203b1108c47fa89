//! How the time of a request grows with what there is: it should not.

use std::time::{Duration, Instant};

use crate::load::{Load, request};
use crate::server::Server;
use crate::table::Spread;
use crate::{account, cores};

const CONNECTIONS: usize = 16;
const ROUNDS: usize = 7;
/// Requests in one round.
const REQUESTS: usize = 400;
const CARD: &str = "/api/v1/account/4/credit-card";

/// Items on one account, and accounts of one partner.
const ITEMS: [usize; 3] = [10, 1_000, 100_000];
const ACCOUNTS: [usize; 2] = [1_000, 100_000];
const MANY_ACCOUNTS: usize = 1_000_000;

/// Measures and prints everything that may grow.
pub(crate) fn measure(is_full: bool) {
    items();
    let accounts: Vec<usize> = ACCOUNTS.into_iter().chain(is_full.then_some(MANY_ACCOUNTS)).collect();
    alarms(&accounts);
    worlds(accounts[accounts.len() - 1]);
}

/// Microseconds for one request, in rounds.
fn each(load: &mut Load, status: u16, mut make: impl FnMut() -> Vec<u8>) -> Spread {
    let mut round = || {
        let requests: Vec<_> = (0..REQUESTS).map(|_| make()).collect();
        let start = Instant::now();
        load.send(status, requests.into_iter());
        start.elapsed().as_secs_f64() * 1e6 / REQUESTS as f64
    };
    round();
    Spread::of((0..ROUNDS).map(|_| round()).collect())
}

fn heading(of: &str, sizes: &[usize]) {
    let columns: Vec<String> = sizes.iter().map(|size| format!("{size} |")).collect();
    println!("\n| µs, by {of} | {} growth |\n|{}", columns.join(" "), "---|".repeat(sizes.len() + 2));
}

fn row(what: &str, spreads: &[Spread]) {
    let columns: Vec<String> = spreads.iter().map(|spread| format!("{spread} |")).collect();
    let growth = spreads.iter().map(Spread::median).fold(0.0, f64::max) / spreads[0].median();
    println!("| {what} | {} {growth:.2} |", columns.join(" "));
}

fn items() {
    let server = Server::mock(&["--assume", "list.shape=paginated"]);
    let mut load = Load::new(server.url(), CONNECTIONS);
    load.send(201, (0..1).map(account));
    let mut number = 0;
    let mut next = move || {
        number += 1;
        number
    };
    let add = |number: usize| {
        let body = format!("{{\"card_number\":\"{}\",\"expiry_month\":12,\"expiry_year\":2049}}", card(number));
        request("POST", CARD, &body)
    };
    let (mut adds, mut removals, mut reads, mut pages) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    let mut there = 0;
    for size in ITEMS {
        load.send(201, (there..size).map(|_| add(next())));
        there = size;
        // The ids of the default seed end below 100, and every one added here is one higher.
        let first = id_of(&load.send(201, std::iter::once(add(next()))));
        let middle = first - size / 2;
        reads.push(each(&mut load, 200, || request("GET", &format!("{CARD}/{middle}"), "")));
        let page = (size / 30).max(1);
        pages.push(each(&mut load, 200, || request("GET", &format!("{CARD}s?page={page}"), "")));
        let mut added = 0;
        adds.push(each(&mut load, 201, || {
            added += 1;
            add(next())
        }));
        // As many as were added, so that the size stays.
        let mut id = first;
        removals.push(each(&mut load, 204, || {
            id += 1;
            request("DELETE", &format!("{CARD}/{id}"), "")
        }));
    }
    heading("items on one account", &ITEMS);
    row("adding an item", &adds);
    row("removing one", &removals);
    row("reading one", &reads);
    row("a page of the list, from its middle", &pages);
}

/// A card number of no bank whose check digit is right.
fn card(number: usize) -> String {
    let payload = format!("99990{number:010}");
    let sum: u32 = payload
        .bytes()
        .rev()
        .enumerate()
        .map(|(place, digit)| match (u32::from(digit - b'0'), place % 2) {
            (digit, 0) if digit > 4 => digit * 2 - 9,
            (digit, 0) => digit * 2,
            (digit, _) => digit,
        })
        .sum();
    format!("{payload}{}", (10 - sum % 10) % 10)
}

/// The id in the body of an answer.
fn id_of(answer: &[u8]) -> usize {
    let text = std::str::from_utf8(answer).expect("text");
    let (_, rest) = text.split_once("\"id\":").expect("an id");
    rest.split(|char: char| !char.is_ascii_digit()).next().and_then(|id| id.parse().ok()).expect("a number")
}

fn alarms(sizes: &[usize]) {
    let server = Server::mock(&["--assume", "list.shape=paginated"]);
    let mut load = Load::new(server.url(), CONNECTIONS);
    let paths = [
        ("a page of all alarms", "/api/v1/alarms-list?page="),
        ("a page of those about emails", "/api/v1/alarms/email-list?page="),
        ("their statistic", "/api/v1/alarms/statistic?x="),
    ];
    let mut rows: Vec<(&str, Vec<Spread>)> = paths.iter().map(|(what, _)| (*what, Vec::new())).collect();
    let mut there = 0;
    for size in sizes.iter().copied() {
        load.send(201, (there..size).map(account));
        // The default seed has three accounts. This address is in one leak wherever it is watched.
        let leaked = |number: usize| {
            let path = format!("/api/v1/account/{}/email-watchlist", number + 4);
            request("POST", &path, &format!("{{\"email\":\"user{number}+leaks-1@example.com\"}}"))
        };
        load.send(201, (there..size).map(leaked));
        there = size;
        for ((_, path), (_, row)) in paths.iter().zip(&mut rows) {
            let path = format!("{path}{}", size / 30);
            row.push(each(&mut load, 200, || request("GET", &path, "")));
        }
    }
    heading("accounts with an alarm", sizes);
    rows.iter().for_each(|(what, spreads)| row(what, spreads));
}

/// Sandboxes, resets and snapshots of a world that came from a seed.
fn worlds(accounts: usize) {
    let first = Server::mock(&[]);
    let mut load = Load::new(first.url(), CONNECTIONS);
    load.send(201, (0..accounts).map(account));
    let five = (0..accounts).flat_map(|number| {
        (0..5).map(move |item| {
            let path = format!("/api/v1/account/{}/email-watchlist", number + 4);
            request("POST", &path, &format!("{{\"email\":\"user{number}.{item}@example.com\"}}"))
        })
    });
    load.send(201, five);
    let by_requests = first.resident();
    let before = Instant::now();
    let stop = std::sync::atomic::AtomicBool::new(false);
    let (snapshot, longest) = std::thread::scope(|scope| {
        let other = scope.spawn(|| {
            let mut load = Load::new(first.url(), 1);
            let mut longest = Duration::ZERO;
            while !stop.load(std::sync::atomic::Ordering::Relaxed) {
                let start = Instant::now();
                load.send(200, std::iter::once(request("GET", "/api/v1/account/4", "")));
                longest = longest.max(start.elapsed());
            }
            longest
        });
        let snapshot = crate::once::fetch(first.url(), "/_mock/snapshot");
        stop.store(true, std::sync::atomic::Ordering::Relaxed);
        (snapshot, other.join().expect("the other client goes on"))
    });
    println!("\nA world of {accounts} accounts with five items each, on {} cores:\n", cores());
    println!("| what | |\n|---|---|");
    println!("| memory, made by requests | {} MiB |", by_requests >> 20);
    println!(
        "| a snapshot of {} MiB | {:.2} s; meanwhile another request took {:.1} ms at the most |",
        snapshot.len() >> 20,
        before.elapsed().as_secs_f64(),
        longest.as_secs_f64() * 1e3
    );
    drop(first);
    let file = std::env::temp_dir().join(format!("mock-server-bench-{}.json", std::process::id()));
    std::fs::write(&file, snapshot).expect("the seed can be written");
    let start = Instant::now();
    let seeded = Server::mock(&["--seed", file.to_str().expect("a path in UTF-8")]);
    println!("| starting from it as a seed | {:.2} s |", start.elapsed().as_secs_f64());
    std::fs::remove_file(&file).expect("the seed can be removed");
    println!("| memory, made from the seed | {} MiB |", seeded.resident() >> 20);
    let mut load = Load::new(seeded.url(), 1);
    let sandbox = || request("POST", "/_mock/sandboxes", "{}");
    load.send(201, std::iter::once(sandbox()));
    let before = seeded.resident();
    let sandboxes = each(&mut load, 201, sandbox);
    let taken = (seeded.resident().saturating_sub(before)) / ((ROUNDS as u64 + 1) * REQUESTS as u64);
    println!("| a sandbox | {sandboxes} µs, {} KiB |", taken >> 10);
    let resets = each(&mut load, 200, || request("POST", "/_mock/reset", "{}"));
    println!("| a reset | {resets} µs |");
}
