//! The strength of the suite: of servers that break one fact each, how many it names the broken fact of; in a full run,
//! and under the budget that real targets get.
//!
//! A fault counts as killed only by a check that fails and names the broken fact. A run that ends early, an answer that
//! does not come and a failure about another fact are no kills.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use contract_tests::{End, Format, Mock, Outcome, Progress, Run, Selection, Settings, Target, checks, run_suite};
use mock_server::MockServer;
use serde_json::json;

use crate::command::CREDENTIALS;
use crate::faults::{CASES, Fault, NO_FAULT, SEED, faults};
use crate::proxy::{Answered, Way, Wrong, client, start, there};
use crate::{run, side_by_side};

/// A host that is not this machine, by its name.
const HOST: &str = "api.partner.example";

/// Values that the target is known to hold in breaches. The suite makes up none of them.
const LEAKED: [(&str, &str, &str); 4] = [
    ("DEFENTRY_LEAKED_EMAIL", "email", "known@example.org"),
    ("DEFENTRY_LEAKED_PHONE", "phone", "+46980319399"),
    ("DEFENTRY_LEAKED_IBAN", "iban", "DE75512108001245126199"),
    ("DEFENTRY_LEAKED_CARD", "credit_card", "4111111111111111"),
];

/// What a target is told by, which is on another machine, with everything that a user may know of it.
const VARIABLES: [(&str, &str); 4] = [
    ("DEFENTRY_ALLOW_WRITES", HOST),
    ("DEFENTRY_MESSAGES", "mock"),
    // A test has no time to keep to two a second.
    ("DEFENTRY_RATE", "100000"),
    ("DEFENTRY_SEED", "1"),
];

/// A real API has none of the routes of a mock, but that mail is read there.
const REAL: Wrong =
    there(|asked, _| match asked.path.starts_with("/_mock/") && !asked.path.starts_with("/_mock/outbox") {
        true => Way::Back(Answered::json(404, &json!({ "error": "Not found" }))),
        false => Way::On,
    });

/// How a run of the suite has ended on a server with a fault.
pub(crate) struct Try {
    pub(crate) fault: &'static Fault,
    /// The check that has failed and names the broken fact.
    pub(crate) killed_by: Option<String>,
    /// How many requests the run had sent by then.
    pub(crate) requests: u64,
    /// Other checks that have failed, and what else helps to understand.
    pub(crate) beside: Vec<String>,
}

/// A run as real targets get it: a host that is not loopback, a thousand requests, no control routes.
pub(crate) async fn budgeted(http: reqwest::Client, fault: &'static Fault, seed: u64) -> Try {
    let assumed = [("scan.queue-seconds", "0"), ("scan.site-seconds", "1")];
    let quick = MockServer::builder().allow_host(HOST);
    let quick = assumed.iter().fold(quick, |mock, (key, value)| mock.assume(key, value).expect("an assumption"));
    let mock = (fault.mock())(quick).start().await;
    for (_, kind, value) in LEAKED {
        let leak = json!({ "kind": kind, "value": value });
        let told = http.post(format!("{}/_mock/leaks", mock.base_url())).json(&leak).send().await;
        assert!(told.expect("the mock answers").status().is_success());
    }
    let server = start(http, mock.base_url(), &[REAL, fault.wrong()]).await;
    let folder = Folder::new();
    let mut variables: Vec<(&str, String)> =
        VARIABLES.iter().chain(CREDENTIALS).map(|(name, value)| (*name, (*value).to_owned())).collect();
    variables.extend(LEAKED.iter().map(|(name, _, value)| (*name, (*value).to_owned())));
    variables.push(("DEFENTRY_BASE_URL", format!("http://{HOST}:{}", server.address.port())));
    variables.push(("DEFENTRY_RESULTS_DIR", folder.0.display().to_string()));
    variables.push(("DEFENTRY_SEED", seed.to_string()));
    let lookup = |name: &str| variables.iter().rev().find(|(known, _)| *known == name).map(|(_, value)| value.clone());
    let target = Target::from_variables(lookup).expect("good variables").expect("a target").found_at(server.address);
    let settings = Settings::from_variables(Some(&target), lookup).expect("good variables");
    assert!(settings.is_frugal && settings.budget == Some(1000), "a run as real targets get it: {settings:?}");
    let run = Arc::new(Run::new(fault.target_of()(target), Settings { haste: 50, ..settings }).expect("a ledger"));
    let seen = Mutex::new((None, Vec::new()));
    let results = run_suite(&run, &Selection::default(), &|progress| {
        let Progress::Ended(check) = progress else { return };
        let mut seen = seen.lock().unwrap_or_else(PoisonError::into_inner);
        if check.outcome == End::Fail && seen.0.is_none() {
            if check.facts.iter().any(|named| named == fault.fact) {
                seen.0 = Some((format!("{}: {}", check.id, check.observed), run.requests()));
                run.interrupt();
            } else {
                seen.1.push(format!("{} ({}): {}", check.id, check.facts.join(" "), check.observed));
            }
        }
        if check.facts.iter().any(|named| named == fault.fact)
            && matches!(check.outcome, End::Skipped | End::Inconclusive)
        {
            seen.1.push(format!("{} {}: {}", check.id, check.outcome.name(), check.reason));
        }
    })
    .await;
    let (killed, mut beside) = seen.into_inner().unwrap_or_else(PoisonError::into_inner);
    beside.extend(server.troubles());
    let requests = killed.as_ref().map_or(results.requests, |(_, requests)| *requests);
    Try { fault, killed_by: killed.map(|(by, _)| by), requests, beside }
}

/// A folder of a run, which goes with it.
struct Folder(PathBuf);

impl Folder {
    fn new() -> Self {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        Self(Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("kills-{}-{number}", std::process::id())))
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        drop(std::fs::remove_dir_all(&self.0));
    }
}

/// The checks of the broken fact, as a full run has them, once the run has let itself in.
async fn in_full(http: reqwest::Client, fault: &'static Fault) -> Option<String> {
    let mock = Mock::from((fault.mock())(MockServer::builder()).start().await);
    let target = mock.target();
    let server = start(http, target.base_url(), &[fault.wrong()]).await;
    let run = run((fault.target_of())(target.at(server.url.clone())), SEED, CASES);
    run.set_up().await.ok()?;
    let (model, others): (Vec<_>, Vec<_>) =
        checks().filter(|check| check.facts.contains(&fault.fact)).partition(|check| check.id.starts_with("model."));
    for check in others.into_iter().chain(model) {
        for format in Format::ALL {
            if let Outcome::Fail(evidence) = run.check(check, format).await
                && evidence.facts.contains(&fault.fact)
            {
                return Some(check.name(format));
            }
        }
    }
    None
}

/// How many faults of a fact there are, and how many are killed in a full run and under the budget.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Kills {
    faults: usize,
    full: usize,
    budgeted: usize,
}

/// How many servers are tried at once.
const AT_ONCE: usize = 12;

/// The interval of 95 % in which a share lies of which a sample is known (Wilson), in per cent.
fn interval(killed: usize, of: usize) -> (f64, f64) {
    let (killed, of, z) = (killed as f64, of as f64, 1.96_f64);
    let (share, spread) = (killed / of, z * z / of);
    let middle = share + spread / 2.0;
    let half = z * (share * (1.0 - share) / of + spread / (4.0 * of)).sqrt();
    (100.0 * (middle - half) / (1.0 + spread), 100.0 * (middle + half) / (1.0 + spread))
}

fn told(killed: usize, of: usize) -> String {
    let (low, high) = interval(killed, of);
    format!("{killed} ({:.0} %, interval of 95 % from {low:.0} to {high:.0})", 100.0 * killed as f64 / of as f64)
}

const BEGIN: &str = "<!-- written by .ci/kills -->\n";
const END: &str = "<!-- end of what .ci/kills writes -->\n";

/// The page that tells all this.
fn page() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/suite-strength.md")
}

/// The part of it that does.
fn told_by_page() -> String {
    let text = std::fs::read_to_string(page()).expect("the page");
    let (_, rest) = text.split_once(BEGIN).expect("the page has a place for the figures");
    rest.split_once(END).expect("the place has an end").0.to_owned()
}

/// How many faults each fact has.
fn of_facts() -> BTreeMap<&'static str, usize> {
    faults().fold(BTreeMap::new(), |mut of, fault| {
        *of.entry(fault.fact).or_default() += 1;
        of
    })
}

/// The facts and the numbers of their faults that a table has.
fn rows(table: &str) -> BTreeMap<String, usize> {
    let cells = |line: &str| line.split('|').map(|cell| cell.trim().to_owned()).collect::<Vec<_>>();
    let row = |line: &str| match &cells(line)[..] {
        [_, fact, faults, ..] => Some((fact.clone(), faults.parse().ok()?)),
        _ => None,
    };
    table.lines().filter_map(row).collect()
}

#[test]
fn the_documentation_tells_the_facts_and_how_many_servers_break_each() {
    let known: BTreeMap<String, usize> = of_facts().into_iter().map(|(fact, many)| (fact.to_owned(), many)).collect();
    assert_eq!(rows(&told_by_page()), known, "the kill matrix of docs/suite-strength.md is stale: run .ci/kills");
}

#[test]
fn the_interval_is_wilsons() {
    for (killed, of, low, high) in [(8, 10, 49.0, 94.3), (40, 40, 91.2, 100.0), (0, 20, 0.0, 16.1)] {
        let (from, to) = interval(killed, of);
        assert!((from - low).abs() < 0.1 && (to - high).abs() < 0.1, "{killed} of {of}: {from} to {to}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "takes a quarter of an hour: `.ci/kills` runs it"]
async fn the_kill_matrix_is_written() {
    let http = client();
    let of = |http: &reqwest::Client| {
        let http = http.clone();
        faults().map(move |fault| (http.clone(), fault))
    };
    let mut kills: BTreeMap<&str, Kills> = BTreeMap::new();
    let full =
        side_by_side(of(&http).map(|(http, fault)| async move { (fault, in_full(http, fault).await) }), AT_ONCE).await;
    for (fault, killed_by) in &full {
        let kills = kills.entry(fault.fact).or_default();
        kills.faults += 1;
        kills.full += usize::from(killed_by.is_some());
        if killed_by.is_none() {
            println!("full run: {} survives: {}", fault.fact, fault.name);
        }
    }
    let mut requests = Vec::new();
    for tried in side_by_side(of(&http).map(|(http, fault)| budgeted(http, fault, 1)), AT_ONCE).await {
        let Try { fault, killed_by, beside, .. } = tried;
        match killed_by {
            Some(by) => {
                kills.entry(fault.fact).or_default().budgeted += 1;
                requests.push(tried.requests);
                println!("1,000 requests: {} {} | {} {by}", fault.fact, fault.name, tried.requests);
            }
            None => println!("1,000 requests: {} survives: {}\n    {}", fault.fact, fault.name, beside.join("\n    ")),
        }
    }
    requests.sort_unstable();
    let all = kills.values().fold(Kills::default(), |all, kills| Kills {
        faults: all.faults + kills.faults,
        full: all.full + kills.full,
        budgeted: all.budgeted + kills.budgeted,
    });
    let mut table = format!(
        "Of {} servers that break one fact each, a full run names the broken fact of {}, and a run of 1,000 requests of {}; \
         half of these within {} requests.\n\n<details>\n<summary>Fact by fact</summary>\n\n\
         | fact | servers | full run | 1,000 requests |\n|---|---|---|---|\n",
        all.faults,
        told(all.full, all.faults),
        told(all.budgeted, all.faults),
        requests.get(requests.len() / 2).copied().unwrap_or_default(),
    );
    for (fact, Kills { faults, full, budgeted }) in &kills {
        writeln!(table, "| {fact} | {faults} | {full} | {budgeted} |").expect("a text can be written to");
    }
    table += "\n</details>\n";
    println!("{table}");
    if std::env::var_os("UPDATE_DOCS").is_some() {
        let text = std::fs::read_to_string(page()).expect("the page");
        let (before, rest) = text.split_once(BEGIN).expect("the page has a place for the figures");
        let (_, after) = rest.split_once(END).expect("the place has an end");
        std::fs::write(page(), format!("{before}{BEGIN}{table}{END}{after}")).expect("the page can be written");
    }
}

/// Of so many faults one is tried in CI, and so many of those tried must be named under the budget.
const SAMPLE: usize = 45;
const NAMED: f64 = 0.75;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_run_of_a_thousand_requests_names_most_broken_facts() {
    let http = client();
    let tries = side_by_side(faults().step_by(SAMPLE).map(|fault| budgeted(http.clone(), fault, 1)), AT_ONCE).await;
    let (killed, survived): (Vec<_>, Vec<_>) = tries.iter().partition(|tried| tried.killed_by.is_some());
    let survivors: Vec<_> =
        survived.iter().map(|tried| format!("{}: {}", tried.fault.fact, tried.fault.name)).collect();
    let share = killed.len() as f64 / tries.len() as f64;
    assert!(share >= NAMED, "{} of {} are named; not these:\n{}", killed.len(), tries.len(), survivors.join("\n"));
}

/// What is a fault to the suite there would be a false alarm elsewhere.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_run_of_a_thousand_requests_accuses_nobody() {
    static NONE: Fault = NO_FAULT;
    let http = client();
    for tried in side_by_side((1..=2).map(|seed| budgeted(http.clone(), &NONE, seed)), AT_ONCE).await {
        assert!(tried.beside.is_empty(), "{}", tried.beside.join("\n"));
    }
}
