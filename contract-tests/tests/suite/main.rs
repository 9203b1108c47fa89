//! The suite held to its own purpose: a server that breaks a documented fact fails, and one that keeps to all of them,
//! whatever it chooses where the guide is silent, does not.

mod choices;
mod command;
mod documents;
mod faults;
mod honest;
mod honest_runs;
mod kills;
mod mail_runs;
mod probes;
mod proxy;
mod recorded;
mod silence;
mod twin;
mod variants;

use std::fmt::Write;
use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use contract_tests::{Check, Format, Outcome, Run, Settings, Target};
use tokio::sync::Semaphore;
use tokio::task::JoinSet;

/// A run against a target of this process.
fn run(target: Target, seed: u64, cases: u32) -> Arc<Run> {
    let settings = Settings { cases: Some(cases), seed, ..Settings::default() };
    Arc::new(Run::new(target, settings).expect("a throwaway target needs no ledger"))
}

/// Awaits all, so many at once.
async fn side_by_side<T: Send + 'static>(
    tries: impl IntoIterator<Item = impl Future<Output = T> + Send + 'static>,
    at_once: usize,
) -> Vec<T> {
    let (turns, mut tasks) = (Arc::new(Semaphore::new(at_once)), JoinSet::new());
    for one in tries {
        let turns = Arc::clone(&turns);
        tasks.spawn(async move {
            let _turn = turns.acquire_owned().await;
            one.await
        });
    }
    tasks.join_all().await
}

/// The number of this day: what takes long is tried in turn, day by day.
fn day() -> usize {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    usize::try_from(since.as_secs() / (24 * 3600)).unwrap_or_default()
}

/// An outcome in words.
fn describe(check: &Check, format: Format, outcome: &Outcome) -> String {
    let mut text = check.name(format);
    let end = match outcome {
        Outcome::Pass => write!(text, ": pass"),
        Outcome::Fail(evidence) => write!(text, ": fail\n{evidence}"),
        Outcome::Skipped(reason) => write!(text, ": skipped: {reason}"),
        Outcome::Inconclusive(evidence) => write!(text, ": inconclusive\n{evidence}"),
    };
    end.expect("a text can be written to");
    text
}
