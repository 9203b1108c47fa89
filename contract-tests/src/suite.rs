//! A whole run: which checks in which formats, how many at once, and what comes of them.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use jiff::{Timestamp, Unit};
use tokio::task::JoinSet;

use crate::assumptions::{Agreement, Finding, assumptions};
use crate::contract::Check;
use crate::contracts::checks;
use crate::documented;
use crate::format::Format;
use crate::learn::{About, learn};
use crate::lock::lock;
use crate::mock::Mock;
use crate::outcome::{Evidence, Outcome};
use crate::profile::Profile;
use crate::results::{
    AssumptionResult, CheckResult, End, Level, Results, SCHEMA, TargetResult, commands, facts, verdict,
};
use crate::run::Run;
use crate::target::{Settings, Target};

/// Checks of what all answers of a format have in common. Off this machine every other check is run in one format.
const OF_BOTH_FORMATS: [&str; 5] =
    ["format.datetimes", "format.dates", "format.booleans", "format.standardized_errors", "format.legacy_errors"];

/// The order in which checks are run one after the other, by the beginnings of their ids. First those that find the most
/// for a request. A scan is begun early, so that it is over when it is looked at; the forms of answers are looked at once
/// there are many; and routes that no check has called are called last.
const ORDER: [&str; 27] = [
    "login.",
    "sso.",
    "online.scan_has_an_entry",
    "account.",
    "ssn.",
    "items.",
    "email.",
    "phone.",
    "passport.",
    "card.",
    "leaks.",
    "alarms.statistics",
    "alarms.raised",
    "alarms.are",
    "alarms.one_route",
    "alarms.lists",
    "alarms.coachme",
    "alarms.closed",
    "scope.",
    "online.",
    "format.",
    "scope.documented_routes",
    "concurrency.",
    "journey.",
    "model.",
    "examples.",
    "expiry.",
];

/// The place of a check in that order: that of the longest beginning.
fn turn(check: &Check) -> usize {
    let begins = ORDER.iter().enumerate().filter(|(_, beginning)| check.id.starts_with(**beginning));
    begins.max_by_key(|(_, beginning)| beginning.len()).map_or(ORDER.len(), |(place, _)| place)
}

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
            let is_both = target.is_loopback() || OF_BOTH_FORMATS.contains(&check.id);
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

    /// The name or fact that a mistyped one was most likely meant to be.
    pub fn nearest(name: &str) -> Option<&'static str> {
        let pages = checks().filter_map(|check| check.id.split('.').next());
        let names = checks().flat_map(|check| check.facts.iter().copied().chain([check.id])).chain(pages);
        let likeness =
            |known: &str| strsim::normalized_damerau_levenshtein(&name.to_lowercase(), &known.to_lowercase());
        let nearest = names.max_by(|one, other| likeness(one).total_cmp(&likeness(other)))?;
        (likeness(nearest) > 0.6).then_some(nearest)
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
    let mut found = BTreeMap::new();
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
            route: String::new(),
            signature: String::new(),
            deviation: None,
            curl: commands(&finding.steps),
            body: String::new(),
            replay: None,
            milliseconds: elapsed(began),
            sequence: None,
            routes: BTreeSet::new(),
            is_cut_short: false,
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
    let is_real = stopped.is_none() && run.session.target.is_far && !run.session.is_mock().await;
    let because = stopped.map_or(because, |why| why.observed);
    let clean = |text: &str| run.session.redactor.clean(text);
    Results {
        schema: SCHEMA,
        suite: env!("CARGO_PKG_VERSION").to_owned(),
        guide: documented::revision().to_owned(),
        is_whole: selection.only.is_empty(),
        is_drawn: run.session.is_frugal(),
        verdict,
        because,
        started_at: started.round(Unit::Second).unwrap_or(started).to_string(),
        seconds: began.elapsed().as_secs_f64(),
        seed: run.session.settings.seed,
        target: TargetResult { base_url: clean(&run.session.target.base_url), is_real },
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

fn elapsed(began: Instant) -> u64 {
    began.elapsed().as_millis().try_into().unwrap_or(u64::MAX)
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
    let mut order: Vec<usize> = (0..chosen.len()).collect();
    if at_once == 1 {
        order.sort_by_key(|place| turn(chosen[*place].0));
    }
    let (mut waiting, mut tasks) = (order.into_iter(), JoinSet::new());
    let mut places = std::collections::HashMap::new();
    let (mut results, mut is_broken) = (vec![None; chosen.len()], false);
    loop {
        while tasks.len() < at_once
            && let Some(place) = waiting.next()
        {
            let (run, (check, format)) = (Arc::clone(run), chosen[place]);
            let task = tasks.spawn(async move {
                let began = Instant::now();
                let (outcome, routes) = run.check_and_tell(check, format).await;
                (outcome, routes, elapsed(began))
            });
            places.insert(task.id(), place);
        }
        let Some(ended) = tasks.join_next_with_id().await else { break };
        let id = match &ended {
            Ok((id, _)) => *id,
            Err(error) => error.id(),
        };
        let Some(&place) = places.get(&id) else { continue };
        let (check, format) = chosen[place];
        let (outcome, routes, milliseconds) = ended.map(|(_, end)| end).unwrap_or_else(|_| {
            is_broken = true;
            (broken(check, format), BTreeSet::new(), 0)
        });
        let result = CheckResult { routes, ..CheckResult::new(check.name(format), check, outcome, milliseconds) };
        watch(Progress::Ended(&result));
        results[place] = Some(result);
    }
    // Where no message had come through a lost one proved nothing. Now that others have, it does.
    for (place, (check, format)) in chosen.iter().copied().enumerate() {
        if run.session.takes_up(&check.name(format)) {
            let began = Instant::now();
            let (outcome, routes) = run.check_and_tell(check, format).await;
            let result = CheckResult::new(check.name(format), check, outcome, elapsed(began));
            results[place] = Some(CheckResult { routes, ..result });
        }
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
        route: String::new(),
        signature: String::new(),
        is_cut_short: true,
        steps: Vec::new(),
        body: String::new(),
        replay: None,
    }))
}

/// The cost of a run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cost {
    /// Checks, each in the formats that it is run in.
    pub checks: usize,
    /// Requests, removals included.
    pub requests: u64,
    /// Accounts that would be created, and left empty.
    pub accounts: u64,
    /// Items that would be created, and removed.
    pub items: u64,
    /// How long it would wait for messages and leaks, if none came.
    pub longest_wait: Duration,
    /// What the budget buys, where there is one.
    pub bought: Option<Bought>,
}

/// The part of a run that a budget is enough for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bought {
    /// The checks that are reached, each in one format, and how many there are.
    pub checks: (usize, usize),
    /// The facts that these hold a target to, and how many there are.
    pub facts: (usize, usize),
    /// The checks that are not reached.
    pub unreached: Vec<String>,
}

/// Measures what a run against `target` would cost, by running it against a mock in this process: nothing is sent to
/// the target.
pub async fn rehearse(target: &Target, settings: &Settings, selection: &Selection) -> std::io::Result<Cost> {
    let mock = Mock::start().await;
    target.leaked.iter().for_each(|(kind, value)| mock.leak(kind, value));
    let budget = settings.budget;
    let settings = Settings { rate: None, budget: None, ..settings.clone() };
    let run = Arc::new(Run::rehearsal(target.rehearsed_on(mock.target()), settings)?);
    let chosen = selection.checks(target, run.session.settings.seed).len();
    let ended = Mutex::new(Vec::new());
    let results = run_suite(&run, selection, &|progress| {
        if let Progress::Ended(CheckResult { id, level: Level::Documented, .. }) = progress {
            lock(&ended).push((id.clone(), run.requests()));
        }
    })
    .await;
    let bought = budget.map(|budget| bought(&results, &lock(&ended), budget));
    let (accounts, items) = run.session.ledger.created();
    // Messages that a command reads are no requests to the target.
    let controls = if target.is_far { run.session.pace.controls() } else { 0 };
    let requests = results.requests - controls;
    let longest_wait = run.session.waits.longest();
    Ok(Cost { checks: chosen + results.assumptions.len(), requests, accounts, items, longest_wait, bought })
}

/// The part of a rehearsed run that a budget is enough for.
fn bought(results: &Results, ended: &[(String, u64)], budget: u64) -> Bought {
    let unreached: Vec<String> =
        ended.iter().filter(|(_, requests)| *requests > budget).map(|(id, _)| id.clone()).collect();
    let documented = || results.checks.iter().filter(|check| check.level == Level::Documented);
    let facts_of = |is_meant: &dyn Fn(&CheckResult) -> bool| {
        documented().filter(|check| is_meant(check)).flat_map(|check| &check.facts).collect::<BTreeSet<_>>().len()
    };
    let is_reached = |check: &CheckResult| !unreached.contains(&check.id) && check.outcome == End::Pass;
    Bought {
        checks: (documented().count() - unreached.len(), documented().count()),
        facts: (facts_of(&is_reached), facts_of(&|_| true)),
        unreached,
    }
}

/// Makes a profile of the target of a run, of all that the run has sent so far.
pub async fn profile(run: &Run, results: &Results) -> Profile {
    let found = results.assumptions.iter().filter_map(|(key, found)| Some((key.clone(), found.observed.clone()?)));
    let target = &run.session.target;
    let about = About { kind: "run", address: target.base_url(), assumptions: found.collect(), target: Some(target) };
    learn(&run.session.recording(), &about).await
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_check_has_its_turn_and_every_turn_a_check() {
        for (place, beginning) in ORDER.iter().enumerate() {
            assert!(checks().any(|check| turn(check) == place), "no check begins with {beginning}");
        }
        for check in checks() {
            assert!(turn(check) < ORDER.len(), "{} has no turn: add the beginning of its id to ORDER", check.id);
        }
    }
}
