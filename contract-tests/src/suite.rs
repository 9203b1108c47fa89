//! A whole run: which checks in which formats, how many at once, and what comes of them.

use std::path::Path;
use std::sync::Arc;
use std::time::Instant;

use jiff::{Timestamp, Unit};
use tokio::sync::Semaphore;
use tokio::task::JoinSet;

use crate::assumptions::{Agreement, Finding, assumptions};
use crate::contract::Check;
use crate::contracts::checks;
use crate::format::Format;
use crate::mock::Mock;
use crate::outcome::{Evidence, Outcome};
use crate::results::{AssumptionResult, CheckResult, End, Level, Results, TargetResult, commands, facts, verdict};
use crate::run::Run;
use crate::target::{Settings, Target};

/// How many checks run at once against a target on this machine.
const AT_ONCE: usize = 8;

/// The checks of a run: all, or those whose names begin so.
#[derive(Clone, Debug, Default)]
pub struct Selection {
    /// The beginnings of names, such as `email`, `format.dates` or `login.crm.legacy`; or facts. Nothing selects everything.
    pub only: Vec<String>,
}

impl Selection {
    /// The chosen checks in the formats that they are run in. Off this machine a check runs once, in one of the
    /// formats, unless it is about formats: requests are scarce there.
    fn checks(&self, target: &Target, seed: u64) -> Vec<(&'static Check, Format)> {
        let named = checks().map(|check| (check, self.formats(check))).filter(|(_, formats)| !formats.is_empty());
        let mut chosen = Vec::new();
        for (number, (check, formats)) in (seed..).zip(named) {
            let is_both = target.is_loopback() || check.id.starts_with("format.");
            let one = formats[usize::from(number % 2 == 1).min(formats.len() - 1)];
            let formats = if is_both { formats } else { vec![one] };
            chosen.extend(formats.into_iter().map(|format| (check, format)));
        }
        chosen
    }

    /// The formats that a check is asked for in.
    fn formats(&self, check: &Check) -> Vec<Format> {
        let is_asked_for = |format| self.only.is_empty() || self.only.iter().any(|name| is_named(check, format, name));
        Format::ALL.into_iter().filter(|format| is_asked_for(*format)).collect()
    }

    /// Names that were asked for and name nothing, such as a fact with a typing mistake.
    pub fn unknown(&self) -> Vec<&str> {
        let is_named = |name: &str| checks().any(|check| Format::ALL.iter().any(|&of| is_named(check, of, name)));
        self.only.iter().map(|name| &**name).filter(|name| !is_named(name)).collect()
    }
}

/// Whether the name of a check in a format begins so, or it names this fact.
fn is_named(check: &Check, format: Format, name: &str) -> bool {
    check.name(format).starts_with(name) || check.facts.contains(&name)
}

/// An event in a run, for a progress display.
#[derive(Clone, Copy, Debug)]
pub enum Progress<'a> {
    /// So many checks and probes are going to be run.
    Begins(usize),
    /// One has ended.
    Ended(&'a CheckResult),
    /// The run is removing everything that it has created.
    CleansUp,
}

/// Runs the chosen checks, probes the assumptions, and removes what was created. Where the target is not the API, or
/// refuses the credentials, nothing is run, and every result says why.
pub async fn run_suite(run: &Arc<Run>, selection: &Selection, watch: &(dyn Fn(Progress<'_>) + Sync)) -> Results {
    let (started, began) = (Timestamp::now(), Instant::now());
    let chosen = selection.checks(&run.session.target, run.session.settings.seed);
    let probed = if selection.only.is_empty() { assumptions() } else { &[] };
    watch(Progress::Begins(chosen.len() + probed.len()));
    let stopped = run.set_up().await.err();
    let (mut checks, is_broken) = match &stopped {
        None => run_checks(run, &chosen, watch).await,
        Some(why) => (undone(&chosen, why, watch), false),
    };
    let mut found = std::collections::BTreeMap::new();
    for assumption in probed {
        let began = Instant::now();
        let finding = match &stopped {
            None => run.probe(&assumption.key).await,
            Some(why) => Finding::none(assumption, &why.observed),
        };
        let end = match finding.agreement() {
            Agreement::Confirmed => End::Confirmed,
            Agreement::Refuted => End::Refuted,
            Agreement::Unknown => End::Unknown,
        };
        checks.push(CheckResult {
            id: format!("assumption.{}", finding.key),
            facts: Vec::new(),
            level: Level::Assumed,
            outcome: end,
            reason: finding.reason.clone(),
            expected: finding.default.clone(),
            observed: finding.observed.clone().unwrap_or_default(),
            curl: commands(&finding.steps),
            body: String::new(),
            replay: None,
            milliseconds: began.elapsed().as_millis(),
            sequence: None,
        });
        watch(Progress::Ended(&checks[checks.len() - 1]));
        let result = AssumptionResult {
            default: finding.default,
            observed: finding.observed,
            question: assumption.question.clone(),
            reason: finding.reason,
        };
        found.insert(finding.key, result);
    }
    // Where this run could not begin, the ledger keeps the things that an earlier one has left.
    let not_removed = match &stopped {
        None => {
            watch(Progress::CleansUp);
            run.finish().await
        }
        Some(_) => Vec::new(),
    };
    let (verdict, because) = verdict(&checks, selection.only.is_empty());
    let because = stopped.map_or(because, |why| why.observed);
    let clean = |text: &str| run.session.redactor.clean(text);
    Results {
        schema: 1,
        suite: env!("CARGO_PKG_VERSION"),
        verdict,
        because,
        started_at: started.round(Unit::Second).unwrap_or(started).to_string(),
        seconds: began.elapsed().as_secs_f64(),
        seed: run.session.settings.seed,
        target: TargetResult { base_url: clean(&run.session.target.base_url) },
        requests: run.session.pace.sent(),
        facts: facts(&checks),
        checks,
        assumptions: found,
        matrix: run.matrix(),
        accounts_left: run.accounts_left(),
        not_removed: not_removed.iter().map(|problem| clean(problem)).collect(),
        is_broken,
        is_interrupted: run.is_interrupted(),
    }
}

/// The results of checks that were not run, for want of what all of them need.
fn undone(chosen: &[(&'static Check, Format)], why: &Evidence, watch: &dyn Fn(Progress<'_>)) -> Vec<CheckResult> {
    let result = |&(check, format): &(&'static Check, Format)| {
        let evidence = Evidence { facts: check.facts.to_vec(), format, ..why.clone() };
        let result = CheckResult::new(check.name(format), check, Outcome::Inconclusive(Box::new(evidence)), 0);
        watch(Progress::Ended(&result));
        result
    };
    chosen.iter().map(result).collect()
}

/// The results in the order of the guide, and whether the suite itself has failed in one.
async fn run_checks(
    run: &Arc<Run>,
    chosen: &[(&'static Check, Format)],
    watch: &(dyn Fn(Progress<'_>) + Sync),
) -> (Vec<CheckResult>, bool) {
    let at_once = if run.session.target.is_loopback() { AT_ONCE } else { 1 };
    let permits = Arc::new(Semaphore::new(at_once));
    let mut tasks = JoinSet::new();
    let mut places = std::collections::HashMap::new();
    for (place, (check, format)) in chosen.iter().copied().enumerate() {
        let (run, permits) = (Arc::clone(run), Arc::clone(&permits));
        let task = tasks.spawn(async move {
            let _permit = permits.acquire_owned().await;
            let began = Instant::now();
            let outcome = run.check(check, format).await;
            (outcome, began.elapsed().as_millis())
        });
        places.insert(task.id(), place);
    }
    let (mut results, mut is_broken) = (vec![None; chosen.len()], false);
    while let Some(ended) = tasks.join_next_with_id().await {
        let id = match &ended {
            Ok((id, _)) => *id,
            Err(error) => error.id(),
        };
        let Some(&place) = places.get(&id) else { continue };
        let (check, format) = chosen[place];
        let (outcome, milliseconds) = ended.map(|(_, end)| end).unwrap_or_else(|_| {
            is_broken = true;
            (broken(check, format), 0)
        });
        let result = CheckResult::new(check.name(format), check, outcome, milliseconds);
        watch(Progress::Ended(&result));
        results[place] = Some(result);
    }
    (results.into_iter().flatten().collect(), is_broken)
}

/// A check that the suite itself has failed in.
fn broken(check: &Check, format: Format) -> Outcome {
    Outcome::Inconclusive(Box::new(Evidence {
        facts: check.facts.to_vec(),
        format,
        base_url: String::new(),
        expected: String::new(),
        observed: "the suite itself failed in this check, see the log".into(),
        steps: Vec::new(),
        body: String::new(),
        replay: None,
    }))
}

/// The cost of a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cost {
    /// Checks, each in the formats that it is run in.
    pub checks: usize,
    /// Requests, removals included.
    pub requests: u64,
    /// Accounts that would be created, and left empty.
    pub accounts: u64,
    /// Items that would be created, and removed.
    pub items: u64,
}

/// Measures what a run against `target` would cost, by running it against a mock in this process: nothing is sent to
/// the target.
pub async fn rehearse(target: &Target, settings: &Settings, selection: &Selection) -> std::io::Result<Cost> {
    let mock = Mock::start().await;
    let settings = Settings { rate: None, budget: None, ..settings.clone() };
    let run = Arc::new(Run::rehearsal(target.rehearsed_on(mock.target()), settings)?);
    let chosen = selection.checks(target, run.session.settings.seed).len();
    let results = run_suite(&run, selection, &|_| {}).await;
    let (accounts, items) = run.session.ledger.created();
    // Messages that a command reads are no requests to the target.
    let controls = if target.is_far { run.session.pace.controls() } else { 0 };
    let requests = results.requests - controls;
    Ok(Cost { checks: chosen + results.assumptions.len(), requests, accounts, items })
}

/// Writes the sequences that have failed into the results folder, for `contract replay`.
pub fn keep_replays(results: &mut Results, folder: &Path) -> std::io::Result<()> {
    for check in &mut results.checks {
        if let Some(sequence) = check.sequence.take() {
            std::fs::create_dir_all(folder)?;
            let path = folder.join(format!("{}.replay.json", check.id));
            std::fs::write(&path, sequence)?;
            check.replay = Some(path.display().to_string());
        }
    }
    Ok(())
}
