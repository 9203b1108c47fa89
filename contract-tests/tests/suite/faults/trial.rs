//! A server with a fault, held to the checks of the fact that it breaks.

use contract_tests::{Check, Format, Mock, Outcome, Target, checks};

use super::beside::Beside;
use super::rows::Fault;
use crate::choices::assuming;
use crate::proxy::start;
use crate::{describe, run, side_by_side};

/// How many servers are tried at once.
const AT_ONCE: usize = 24;

/// The sequences of the model are drawn from this seed, so that each is found again.
pub(crate) const SEED: u64 = 1;

/// How many sequences of the model a fault must show in.
pub(crate) const CASES: u32 = 24;

/// A fault that has been tried: its name, its fact, and the check that has noticed it, or what all of them have said.
pub(super) type Attempt = (String, &'static str, Result<String, Vec<String>>);

/// Tries a fault on a server that does this beside it.
pub(super) async fn attempt(http: reqwest::Client, fault: &'static Fault, beside: Beside) -> Attempt {
    let tried = attempt_once(http.clone(), fault, beside.clone()).await;
    // On a machine that is busy an answer may take too long, and then nothing can be told.
    let is_late = |outcomes: &Vec<String>| outcomes.iter().any(|outcome| outcome.contains("no answer to"));
    if tried.2.as_ref().is_err_and(is_late) { attempt_once(http, fault, beside).await } else { tried }
}

async fn attempt_once(http: reqwest::Client, fault: &'static Fault, beside: Beside) -> Attempt {
    let mock = Mock::from((fault.mock)(assuming(&beside.chosen)).start().await);
    let target = mock.target();
    let server = start(http, target.base_url(), &[fault.wrong, beside.variant]).await;
    let noticed = is_noticed(fault, (fault.target)(target.at(server.url.clone()))).await;
    let noticed = match (beside.hides(fault), noticed) {
        _ if !server.troubles().is_empty() => Err(server.troubles()),
        (true, Err(_)) => Ok("hidden, as it is said to be".to_owned()),
        (true, Ok(by)) => Err(vec![format!("it is said to be hidden, and was noticed by {by}")]),
        (false, noticed) => noticed,
    };
    (format!("{}, {}", fault.name, beside.name), fault.fact, noticed)
}

/// Holds a target to the checks of a fault's fact until one fails.
async fn is_noticed(fault: &Fault, target: Target) -> Result<String, Vec<String>> {
    let run = run(target, SEED, CASES);
    let is_held = |check: &&Check| check.facts.contains(&fault.fact) && check.id.starts_with(fault.held_by);
    let (model, others): (Vec<_>, Vec<_>) = checks().filter(is_held).partition(|check| check.id.starts_with("model."));
    // Most that can go wrong with errors and datetimes goes wrong in the standardized format.
    let is_about_form = matches!(fault.fact, "FORMAT-3" | "FORMAT-6" | "FORMAT-7");
    let formats = if is_about_form { [Format::Standardized, Format::Legacy] } else { Format::ALL };
    let mut outcomes = Vec::new();
    for check in others.into_iter().chain(model) {
        for format in formats {
            match run.check(check, format).await {
                Outcome::Fail(evidence) => return Ok(format!("{}: {}", check.name(format), evidence.observed)),
                outcome => outcomes.push(describe(check, format, &outcome)),
            }
        }
    }
    Err(outcomes)
}

/// Tries all at once, as far as the machine goes along, and demands that each is noticed.
pub(super) async fn all_are_noticed(faults: impl IntoIterator<Item = impl Future<Output = Attempt> + Send + 'static>) {
    let mut missed = Vec::new();
    for (name, fact, noticed) in side_by_side(faults, AT_ONCE).await {
        match noticed {
            Ok(by) => println!("{fact:10} {name} | {by}"),
            Err(outcomes) => missed.push(format!("{fact}: {name}\n{}", outcomes.join("\n"))),
        }
    }
    assert!(missed.is_empty(), "{} faults are not noticed:\n{}", missed.len(), missed.join("\n\n"));
}
