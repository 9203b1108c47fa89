//! The same failure has the same signature on another run with another seed: what changes from run to run is not in it.

use std::collections::BTreeMap;
use std::sync::Arc;

use contract_tests::{End, Mock, Run, Selection, Settings, run_suite};
use mock_server::MockServer;
use tokio::sync::Semaphore;
use tokio::task::JoinSet;

use super::faults;
use super::rows::Fault;
use crate::proxy::{client, start};

/// How many servers are tried at once.
const AT_ONCE: usize = 4;

/// Two seeds of different parity, as both formats and all samples have their turn.
const SEEDS: [u64; 2] = [3, 1000];

/// Faults that show at the same place each time: no value that is drawn, and no turn of two requests, decides.
const STEADY: [&str; 12] = [
    "a created account answers 200",
    "an account needs no first name",
    "an update by PUT is answered and dropped",
    "any password will do",
    "a removal that is done answers 500",
    "the answer to an add shows another value",
    "a code that is wrong confirms a phone",
    "a passport cannot be changed",
    "passports are listed without ids",
    "legacy booleans are those of JSON",
    "a date has a time",
    "CRM reads the sites",
];

/// The failures of a run at a new server with a fault: each check with the signature of its failure.
async fn failures(http: reqwest::Client, fault: &'static Fault, seed: u64) -> BTreeMap<String, String> {
    let mock = Mock::from((fault.mock)(MockServer::builder()).start().await);
    let server = start(http, mock.target().base_url(), &[fault.wrong]).await;
    let target = (fault.target)(mock.target().at(server.url.clone()));
    let settings = Settings { cases: Some(0), seed, ..Settings::default() };
    let run = Arc::new(Run::new(target, settings).expect("a throwaway target needs no ledger"));
    let results = run_suite(&run, &Selection { only: vec![fault.fact.to_owned()] }, &|_| {}).await;
    let failed = results.checks.into_iter().filter(|check| check.outcome == End::Fail);
    failed.map(|check| (check.id, check.signature)).collect()
}

/// Words of a signature that another run would have otherwise: of all digits, statuses, facts and versions may be there.
fn volatile(signature: &str) -> Vec<&str> {
    let words = signature.split(|char: char| !char.is_ascii_alphanumeric() && !"-_@".contains(char));
    let is_stable = |word: &str| {
        let (letters, digits) = word.rsplit_once('-').unwrap_or(("", word));
        let is_fact = !letters.is_empty() && letters.chars().all(|char| char.is_ascii_uppercase()) && digits.len() == 1;
        let is_status = word.len() == 3 && word.starts_with(['1', '2', '3', '4', '5']);
        is_fact || is_status || ["0", "v1", "v2"].contains(&word)
    };
    words.filter(|word| word.contains(|char: char| char.is_ascii_digit() || char == '@') && !is_stable(word)).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_failure_has_the_same_signature_with_another_seed() {
    let (http, turns, mut tries) = (client(), Arc::new(Semaphore::new(AT_ONCE)), JoinSet::new());
    for name in STEADY {
        let fault = faults().find(|fault| fault.name == name).unwrap_or_else(|| panic!("no fault is called {name:?}"));
        let (http, turns) = (http.clone(), Arc::clone(&turns));
        tries.spawn(async move {
            let _turn = turns.acquire_owned().await;
            (name, failures(http.clone(), fault, SEEDS[0]).await, failures(http, fault, SEEDS[1]).await)
        });
    }
    let mut told = Vec::new();
    for (name, one, other) in tries.join_all().await {
        assert!(!one.is_empty(), "no check notices: {name}");
        if one != other {
            told.push(format!("{name}:\n{one:#?}\n{other:#?}"));
        }
        let words = one.values().flat_map(|signature| volatile(signature));
        told.extend(words.map(|word| format!("{name}: {word} stands in {one:#?}")));
    }
    assert!(told.is_empty(), "{}", told.join("\n"));
}
