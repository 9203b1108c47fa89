//! Whole runs on the second honest server: whatever fails there is a false alarm.

use std::fmt::Write;
use std::net::SocketAddr;
use std::ops::RangeInclusive;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use contract_tests::{End, Mock, Results, Run, Selection, Settings, Target, run_suite};
use tokio::task::JoinSet;

use crate::honest::{Honest, Manner, Reader};
use crate::side_by_side;

/// A run of the chosen checks as a user begins one, with results in a folder of its own.
pub(crate) async fn run(server: &Honest, reader: Reader, seed: u64, name: &str, selection: &Selection) -> Results {
    let folder = server.folder().join(format!("results-{name}"));
    let mut variables = server.variables(reader);
    variables.push(("DEFENTRY_SEED", seed.to_string()));
    variables.push(("DEFENTRY_RESULTS_DIR", folder.display().to_string()));
    let lookup = |name: &str| variables.iter().find(|(known, _)| *known == name).map(|(_, value)| value.clone());
    let target = Target::from_variables(lookup).expect("good variables").expect("a target");
    let settings = Settings::from_variables(Some(&target), lookup).expect("good variables");
    let run = Arc::new(Run::new(target, settings).expect("a ledger"));
    run_suite(&run, selection, &|_| {}).await
}

async fn whole_run(server: &Honest, reader: Reader, seed: u64, name: &str) -> Results {
    run(server, reader, seed, name, &Selection::default()).await
}

/// The false alarms of a run, and on standard error a line about it.
pub(crate) fn alarms(results: &Results, name: &str) -> Vec<String> {
    let of = |end: End| results.checks.iter().filter(move |check| check.outcome == end);
    eprintln!(
        "{name}: {} requests in {:.0} s, {} passed, {} failed, {} inconclusive, {} skipped; left: {:?}",
        results.requests,
        results.seconds,
        of(End::Pass).count(),
        of(End::Fail).count(),
        of(End::Inconclusive).count(),
        of(End::Skipped).count(),
        results.not_removed,
    );
    for check in of(End::Inconclusive) {
        eprintln!("    {}: {}", check.id, check.reason);
    }
    let mut told = Vec::new();
    for check in of(End::Fail) {
        let mut text = format!("{name}: {}: expected {}; observed {}", check.id, check.expected, check.observed);
        let steps = Vec::from_iter(check.curl.lines());
        let last = steps.iter().skip(steps.len().saturating_sub(30));
        last.for_each(|step| write!(text, "\n    {step}").expect("a text can be written to"));
        // A long test is not over when the first is found.
        eprintln!("{text}");
        told.push(text + "\n    " + &check.body);
    }
    if results.is_broken {
        told.push(format!("{name}: the suite itself has failed"));
    }
    told
}

/// Keeps every core busy, until it is dropped.
struct BusyLoops(Arc<AtomicBool>);

impl BusyLoops {
    fn start() -> Self {
        let is_over = Arc::new(AtomicBool::new(false));
        for _ in 0..std::thread::available_parallelism().map_or(2, usize::from) {
            let is_over = Arc::clone(&is_over);
            std::thread::spawn(move || {
                while !is_over.load(Ordering::Relaxed) {
                    std::hint::spin_loop()
                }
            });
        }
        Self(is_over)
    }
}

impl Drop for BusyLoops {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

pub(crate) fn all_are_silent(alarms: &[String]) {
    assert!(alarms.is_empty(), "{} false alarms:\n{}", alarms.len(), alarms.join("\n\n"));
}

/// The checks that have accused an honest server before: they read long lists, mail, or what changes by itself.
const ONCE_WRONG: [&str; 8] =
    ["alarms.", "card.", "concurrency.", "email.", "items.added_by_crm", "online.", "phone.", "sso.code"];

/// In short: one seed, the checks that have been wrong before, and a server that is quicker than others.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_chooses_otherwise_is_not_accused() {
    let (short, brief) = (Duration::from_millis(100), 0..400);
    let server = Honest::start(Manner { delay: 0..4, mail_delay: brief, others: short, ..Manner::default() }).await;
    let only = Selection { only: ONCE_WRONG.map(str::to_owned).to_vec() };
    let results = run(&server, Reader::Newest, 1, "short", &only).await;
    all_are_silent(&alarms(&results, "short"));
}

/// Runs as real targets get them: by a host name that is not loopback, with a thousand requests. The waits are shorter,
/// and there is no limit to the rate.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
#[ignore = "takes minutes: `.ci/honest` runs it"]
async fn no_run_of_a_thousand_requests_accuses_a_server_that_chooses_otherwise() {
    const HOST: &str = "api.partner.example";
    let runs = (1..=5_u64).map(|seed| async move {
        let reader = if seed.is_multiple_of(2) { Reader::All } else { Reader::Newest };
        let server = Honest::start(Manner::default()).await;
        let port = server.url.rsplit(':').next().expect("a port").parse().expect("a number");
        let mut variables = server.variables(reader);
        variables.retain(|(name, _)| *name != "DEFENTRY_BASE_URL");
        variables.push(("DEFENTRY_BASE_URL", format!("http://{HOST}:{port}")));
        variables.push(("DEFENTRY_ALLOW_WRITES", HOST.to_owned()));
        variables.push(("DEFENTRY_RATE", "1000".to_owned()));
        variables.push(("DEFENTRY_SEED", seed.to_string()));
        variables.push(("DEFENTRY_RESULTS_DIR", server.folder().join("results").display().to_string()));
        let lookup = |name: &str| variables.iter().find(|(known, _)| *known == name).map(|(_, value)| value.clone());
        let target = Target::from_variables(lookup).expect("good variables").expect("a target");
        let target = target.found_at(SocketAddr::from(([127, 0, 0, 1], port)));
        let settings = Settings::from_variables(Some(&target), lookup).expect("good variables");
        assert!(settings.is_frugal, "{settings:?}");
        let run = Arc::new(Run::new(target, Settings { haste: 5, ..settings }).expect("a ledger"));
        let results = run_suite(&run, &Selection::default(), &|_| {}).await;
        alarms(&results, &format!("seed {seed} with a thousand requests"))
    });
    let told: JoinSet<_> = runs.collect();
    all_are_silent(&told.join_all().await.concat());
}

/// The server that a seed is tried on.
#[derive(Clone, Copy, Debug)]
enum On {
    /// The mock.
    Mock,
    /// The second honest server.
    Second,
    /// The second honest server, with a second run beside the first, and one answer of a hundred lost.
    SecondUnderLoad,
}

/// The false alarms of whole runs with a seed. On the second server the first run reads all messages where the seed is
/// divisible by three, else the newest, and the clock of the mail is ahead or behind.
async fn tried(on: On, seed: u64) -> Vec<String> {
    let name = format!("{on:?}, seed {seed}");
    let reader = if seed.is_multiple_of(3) { Reader::All } else { Reader::Newest };
    let manner = Manner { ahead: if seed % 4 < 2 { 3 } else { -3 }, ..Manner::default() };
    match on {
        On::Mock => {
            let mock = Mock::start().await;
            let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("honest-mock-{seed}"));
            let variables =
                [("DEFENTRY_SEED", seed.to_string()), ("DEFENTRY_RESULTS_DIR", folder.display().to_string())];
            let lookup =
                |name: &str| variables.iter().find(|(known, _)| *known == name).map(|(_, value)| value.clone());
            let settings = Settings::from_variables(Some(&mock.target()), lookup).expect("good variables");
            let run = Arc::new(Run::new(mock.target(), Settings { cases: Some(8), ..settings }).expect("a ledger"));
            alarms(&run_suite(&run, &Selection::default(), &|_| {}).await, &name)
        }
        On::Second => {
            let server = Honest::start(manner).await;
            alarms(&whole_run(&server, reader, seed, "one").await, &name)
        }
        On::SecondUnderLoad => {
            let server = Honest::start(Manner { lost: 10, ..manner }).await;
            let (one, other) = tokio::join!(
                whole_run(&server, reader, seed, "one"),
                whole_run(&server, Reader::Newest, seed + 1000, "other"),
            );
            [alarms(&one, &name), alarms(&other, &format!("{name}, beside it"))].concat()
        }
    }
}

/// Tries all, so many at once, and demands that all are silent.
async fn all_are_tried(tries: impl Iterator<Item = (On, u64)>, at_once: usize) {
    all_are_silent(&side_by_side(tries.map(|(on, seed)| tried(on, seed)), at_once).await.concat());
}

/// Three seeds. The tests beside it, in CI, are load too.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "takes minutes: `.ci/run` runs it"]
async fn three_seeds_accuse_nobody() {
    all_are_tried([(On::Second, 1), (On::SecondUnderLoad, 2), (On::Second, 3)].into_iter(), 3).await;
}

/// Twenty seeds, or those of `HONEST_SEEDS`, such as `4-7`.
fn seeds() -> RangeInclusive<u64> {
    let seeds = std::env::var("HONEST_SEEDS").unwrap_or_else(|_| "1-20".to_owned());
    let (first, last) = seeds.split_once('-').expect("two seeds");
    first.parse().expect("a seed")..=last.parse().expect("a seed")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "takes minutes: `.ci/honest` runs it"]
async fn no_seed_accuses_an_honest_server() {
    all_are_tried(seeds().flat_map(|seed| [(On::Mock, seed), (On::Second, seed)]), 6).await;
}

/// Beside busy loops.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "takes a quarter of an hour: `.ci/honest` runs it"]
async fn no_seed_accuses_an_honest_server_under_load() {
    let _loops = BusyLoops::start();
    all_are_tried(seeds().map(|seed| (On::SecondUnderLoad, seed)), 4).await;
}
