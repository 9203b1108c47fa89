//! `contract verify` on recorded traffic: servers that keep the facts, and servers that break one.

use contract_tests::{Seen, Verification, verify};
use mock_server::MockServer;
use serde_json::json;

use crate::faults::{Fault, faults};
use crate::honest::{Choices, Honest, Manner};
use crate::proxy::{client, start};
use crate::twin::tour::{Subject, tour};
use crate::twin::with_leaks;

/// The recording of a tour of all routes, held to the facts.
async fn verified(subject: &Subject) -> Verification {
    let entries: Vec<_> = tour(subject).await.into_iter().map(|seen| seen.entry).collect();
    let har = json!({ "log": { "version": "1.2", "entries": entries } }).to_string();
    verify(&[("tour.har".to_owned(), har)], None).expect("a recording of the API")
}

/// So many of the facts a tour of all routes exercises, on any server.
const EXERCISED: usize = 38;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn recorded_traffic_of_an_honest_server_violates_nothing() {
    let mock = with_leaks(MockServer::builder()).await;
    let mut found = vec![("mock".to_owned(), verified(&Subject::mock(mock.base_url())).await)];
    for choices in 0..2 {
        let manner = Manner { delay: 0..1, mail_delay: 0..200, choices: Choices(choices), ..Manner::default() };
        let server = Honest::start(manner).await;
        found.push((format!("choices {choices}"), verified(&Subject::honest(&server.url)).await));
    }
    for (server, found) in found {
        assert!(found.violations.is_empty(), "{server}: {:#?}", found.violations);
        let open = found.facts.iter().filter(|fact| fact.seen == Seen::NotExercised);
        let open: Vec<_> = open.map(|fact| &*fact.id).collect();
        assert!(found.count(Seen::Held) >= EXERCISED, "{server}: not exercised {open:?}");
    }
}

/// Every so many faulty servers are tried; `RECORDED_STEP` names another number, 1 for all.
fn step() -> usize {
    std::env::var("RECORDED_STEP").map_or(48, |step| step.parse().expect("a number"))
}

/// Of a hundred servers with a fault, the recording of one tour shows it in so many.
const NOTICED: usize = 25;

/// Servers with a fault: a tour meets only some of them, and what it meets is named.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn recorded_traffic_shows_what_a_faulty_server_does() {
    let sample: Vec<&'static Fault> = faults().step_by(step()).collect();
    let (mut noticed, mut tried) = (Vec::new(), 0);
    for fault in &sample {
        let mock = with_leaks((fault.mock())(MockServer::builder())).await;
        let server = start(client(), mock.base_url(), &[fault.wrong()]).await;
        let url = server.url.clone();
        // A server that hands out no token ends the tour.
        let ended = tokio::spawn(async move { verified(&Subject::mock(&url)).await }).await;
        let Ok(found) = ended else { continue };
        tried += 1;
        if let Some(first) = found.violations.first() {
            noticed.push(format!("{}: {} at {}: {}", fault.name, first.fact, first.route, first.observed));
        }
    }
    eprintln!("{} of {tried} noticed", noticed.len());
    assert!(noticed.len() * 100 >= tried * NOTICED, "{} of {tried}: {noticed:#?}", noticed.len());
}
