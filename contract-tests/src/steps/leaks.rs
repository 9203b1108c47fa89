//! Leaks of watched values: values that are in a breach, and the lists that show them.

use std::time::Duration;

use reqwest::Method;
use serde_json::{Value, json};

use crate::case::Case;
use crate::exchange::{Account, Answer, Caller};
use crate::halt::Halt;
use crate::kind::{Kind, Leaks};
use crate::reader;
use crate::session::waits::Wait;

/// At what distance a real target is asked whether it has found a leak.
const BETWEEN_LOOKS: Duration = Duration::from_secs(5);
const BETWEEN_FIRST_LOOKS: Duration = Duration::from_millis(250);

/// Waits for the next look: not so long at first where looking costs nothing.
pub(crate) async fn next_look(case: &Case, wait: &mut Wait<'_>) {
    let first = if case.session.target.is_far { BETWEEN_LOOKS } else { BETWEEN_FIRST_LOOKS };
    case.session.pause(wait.pause(first, BETWEEN_LOOKS)).await;
}

/// Where a value that is in a breach comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Source {
    /// The user names one that the target is known to hold.
    Known(String),
    /// The mock is told of one.
    Seeded,
}

/// A source of leaked values of a kind; leaks of kinds that have no list of them can only be seeded.
pub(crate) async fn source(case: &Case, kind: &Kind) -> Result<Source, Halt> {
    if let Some(value) = case.session.target.leaked.get(kind.name) {
        return Ok(Source::Known(value.clone()));
    }
    if case.session.is_mock().await {
        return Ok(Source::Seeded);
    }
    Err(Halt::Skipped(match &kind.leaks {
        Some(leaks) => format!("no value is known to be in a breach there: see {}", leaks.variable),
        None => format!("a leak of a {} cannot be seeded there", kind.name),
    }))
}

/// A value that a breach holds from now on.
pub(crate) async fn leaked(case: &Case, kind: &Kind, source: Source) -> Result<String, Halt> {
    match source {
        Source::Known(value) => Ok(value),
        Source::Seeded => {
            let value = kind.new_value(case);
            seed(case, kind.name, &value).await.map(|()| value)
        }
    }
}

/// Asks the target to put a value into a breach.
pub(crate) async fn ask_to_seed(case: &Case, kind: &str, value: &str) -> Result<Answer, Halt> {
    case.control(Method::POST, "/_mock/leaks", Some(json!({ "kind": kind, "value": value }))).await
}

/// Tells the mock that a breach holds a value.
pub(crate) async fn seed(case: &Case, kind: &str, value: &str) -> Result<(), Halt> {
    let answer = ask_to_seed(case, kind, value).await?;
    let unseeded = || Halt::Skipped(format!("a leak cannot be seeded: {}", answer.status));
    reader::is_success(answer.status).then_some(()).ok_or_else(unseeded)
}

/// The leaks of a kind that a caller sees.
pub(crate) async fn of(case: &Case, leaks: &Leaks, by: &Caller, on: &Account) -> Result<Vec<Value>, Halt> {
    case.list(by, &by.path(on, leaks.path)).await
}

/// Waits until a real target has looked for what was not seeded: how long that takes is not documented.
pub(crate) async fn found(case: &Case, kind: &Kind, account: &Account) -> Result<(), Halt> {
    let mut wait = case.session.waits.begin("a leak of a known value");
    loop {
        if seen(case, kind, account).await?.iter().all(|(_, leaks)| *leaks > 0) {
            wait.has_come();
            return Ok(());
        }
        if wait.is_over() {
            let told = wait.was_in_vain().told;
            return Err(Halt::Inconclusive(format!("leaks of a value that is said to be in a breach: {told}")));
        }
        next_look(case, &mut wait).await;
    }
}

/// How many leaks of a kind an account has, by each of its routes; nothing where the guide has no list of them.
pub(crate) async fn seen(case: &Case, kind: &Kind, account: &Account) -> Result<Vec<(String, usize)>, Halt> {
    let Some(leaks) = &kind.leaks else { return Ok(Vec::new()) };
    let mut callers = Vec::new();
    if leaks.are_seen_by_crm {
        callers.push(case.crm().await?);
    }
    match case.app(account).await {
        Ok(app) => callers.push(app),
        Err(Halt::Skipped(_)) if leaks.are_seen_by_crm => {}
        Err(halt) => return Err(halt),
    }
    let mut seen = Vec::new();
    for caller in callers {
        let many = of(case, leaks, &caller, account).await?.len();
        seen.push((caller.path(account, leaks.path), many));
    }
    Ok(seen)
}
