//! Servers that break one fact each: the checks that name the fact must notice.
//!
//! Each page of the guide has a table of faults, and `kinds` has those that any kind of items can have. `rows` holds what they are made of, `trial` holds a server with a fault
//! to the suite, and `beside` is about what else such a server does.

mod absent;
mod account;
mod alarm;
mod alarm_lists;
mod beside;
mod card;
mod email;
mod error;
mod format;
mod iban;
mod kept;
mod kinds;
mod license;
mod login;
mod online;
mod passport;
mod phone;
mod rows;
mod scan;
mod scope;
mod signatures;
mod ssn;
mod sso;
mod trial;

use std::collections::BTreeSet;

use contract_tests::{Format, Mock, Outcome, checks};
use serde_json::Value;

use crate::proxy::{client, start};
use crate::{day, describe, run};
use beside::{Beside, HIDDEN, choices, variants};
pub(crate) use rows::Fault;
pub(crate) use trial::{CASES, SEED};
use trial::{all_are_noticed, attempt};

/// A server without a fault.
pub(crate) const NO_FAULT: Fault = rows::fault("", "", crate::proxy::NOTHING);

/// The tables, in the order of the guide.
const PAGES: &[&[Fault]] = &[
    scope::FAULTS,
    login::FAULTS,
    sso::FAULTS,
    account::FAULTS,
    ssn::FAULTS,
    email::FAULTS,
    phone::FAULTS,
    iban::FAULTS,
    passport::FAULTS,
    license::FAULTS,
    card::FAULTS,
    alarm::FAULTS,
    alarm_lists::FAULTS,
    absent::FAULTS,
    format::FAULTS,
    error::FAULTS,
    online::FAULTS,
    scan::FAULTS,
    kept::FAULTS,
];

pub(crate) fn faults() -> impl Iterator<Item = &'static Fault> {
    PAGES.iter().copied().flatten().chain(kinds::FAULTS.iter())
}

/// Of so many faults `cargo test` tries one.
const SAMPLE: usize = 6;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_sample_of_the_faults_is_noticed() {
    let (http, choices) = (client(), choices());
    // Each on a server with other choices than the one before.
    let tries = faults().skip(day() % SAMPLE).step_by(SAMPLE).zip(choices.iter().cycle());
    all_are_noticed(tries.map(|(fault, beside)| attempt(http.clone(), fault, beside.clone()))).await;
}

/// CI tries each fault beside one set of choices, and beside each variant a few: which ones goes by the day, so that in time
/// each meets all. `EVERY_FAULT` tries each beside all choices, which takes minutes.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "takes a minute or two: `.ci/run` runs it"]
async fn every_fault_is_noticed_whatever_else_a_server_does() {
    let is_whole = std::env::var_os("EVERY_FAULT").is_some();
    let (choices, variants) = (choices(), variants());
    let (of_choices, of_variants) = if is_whole { (1, 6) } else { (choices.len(), 192) };
    let in_turn = |besides: Vec<Beside>, step: usize| {
        let turns = (0..step).cycle().skip(day() % step);
        besides.into_iter().zip(turns).map(move |(beside, first)| (beside, first, step))
    };
    let http = client();
    let tries = in_turn(choices, of_choices).chain(in_turn(variants, of_variants));
    all_are_noticed(tries.flat_map(|(beside, first, step)| {
        let http = http.clone();
        faults().skip(first).step_by(step).map(move |fault| attempt(http.clone(), fault, beside.clone()))
    }))
    .await;
}

/// A proxy that does nothing is no fault.
#[tokio::test]
async fn a_proxy_without_a_fault_is_no_fault() {
    let mock = Mock::start().await;
    let target = mock.target();
    let server = start(client(), target.base_url(), &[]).await;
    let run = run(target.at(server.url), SEED, 6);
    for check in checks() {
        for format in Format::ALL {
            let outcome = run.check(check, format).await;
            assert!(matches!(outcome, Outcome::Pass), "{}", describe(check, format, &outcome));
        }
    }
}

/// Without one, nothing shows that the checks of a fact can fail.
#[test]
fn every_fact_is_broken_by_some_server() {
    let facts: Value = serde_json::from_str(include_str!("../../../fixtures/facts.json")).expect("the facts are JSON");
    let facts = facts.as_array().expect("a list").iter().map(|fact| fact["id"].as_str().expect("an id"));
    let unbroken: Vec<&str> = facts.filter(|id| faults().all(|fault| fault.fact != *id)).collect();
    assert!(
        unbroken.is_empty(),
        "no server breaks {unbroken:?}: add a fault to the table of its page in tests/suite/faults/, which a check of the \
         fact must notice"
    );
}

#[test]
fn faults_name_what_the_suite_checks() {
    let mut names = BTreeSet::new();
    for Fault { name, fact, held_by, .. } in faults() {
        assert!(names.insert(name), "two faults are called {name:?}");
        let is_held = checks().any(|check| check.facts.contains(fact) && check.id.starts_with(held_by));
        assert!(is_held, "no check names {fact}");
    }
    let besides: BTreeSet<_> = choices().iter().chain(&variants()).flat_map(Beside::names).collect();
    for (by, hidden) in HIDDEN {
        assert!(besides.contains(*by), "no server does {by:?}");
        hidden.iter().for_each(|fault| assert!(names.contains(fault), "no fault is called {fault:?}"));
    }
}
