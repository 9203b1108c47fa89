//! The suite as tests: each check by its name, in both formats, and each probe of an assumption, on the in-process mock
//! or on the target that the `DEFENTRY_…` variables name.

use std::fmt::Display;
use std::process::ExitCode;
use std::sync::Arc;

use contract_tests::{Finding, Format, Mock, Outcome, Run, Settings, Target, assumptions, checks};
use libtest_mimic::{Arguments, Failed, Trial};
use tokio::runtime::Runtime;

fn main() -> ExitCode {
    let mut arguments = Arguments::from_args();
    let runtime = Runtime::new().expect("a runtime can be started");
    let named = match Target::from_environment() {
        Ok(named) => named,
        Err(error) => return refuse(&error),
    };
    let is_mock = named.is_none();
    let settings = match Settings::from_environment(named.as_ref()) {
        Ok(settings) => settings,
        Err(error) => return refuse(&error),
    };
    if !is_mock && arguments.test_threads.is_none() {
        // A system on another machine is called by one check at a time.
        arguments.test_threads = Some(1);
    }
    // A list of tests needs no server.
    let mock = (is_mock && !arguments.list).then(|| runtime.block_on(Mock::start()));
    let target = named.or_else(|| mock.as_ref().map(Mock::target));
    let run = match target.map(|target| Run::new(target, settings)).transpose() {
        Ok(run) => run.map(Arc::new),
        Err(error) => return refuse(&error),
    };
    if let Some(run) = &run {
        eprintln!("seed {}", run.settings().seed);
        if !arguments.list
            && let Err(evidence) = runtime.block_on(run.set_up())
        {
            return refuse(&evidence.observed);
        }
    }
    let trials = checks().flat_map(|check| Format::ALL.map(|format| (check, format))).map(|(check, format)| {
        let (run, handle) = (run.clone(), runtime.handle().clone());
        Trial::test(check.name(format), move || match run {
            Some(run) => judged(handle.block_on(run.check(check, format)), is_mock),
            None => Ok(()),
        })
    });
    let probes = assumptions().iter().map(|assumption| {
        let (run, handle) = (run.clone(), runtime.handle().clone());
        let probe = Trial::test(format!("assumption.{}", assumption.key), move || match run {
            Some(run) => report(handle.block_on(run.probe(&assumption.key)), is_mock),
            None => Ok(()),
        });
        probe.with_kind("assumed")
    });
    let conclusion = libtest_mimic::run(&arguments, trials.chain(probes).collect());
    let left = run.map(|run| runtime.block_on(run.finish())).unwrap_or_default();
    left.iter().for_each(|problem| eprintln!("could not be removed: {problem}"));
    if left.is_empty() { conclusion.exit_code() } else { ExitCode::FAILURE }
}

/// Assumptions that the mock as it is started here cannot show: no request makes it fail, and every account has an SSN.
const UNKNOWN: [&str; 3] = ["ssn.without", "legacy.error.500", "error.code.500"];

/// An assumption fails no target: its behaviour is printed. The mock, which is built on them, must follow them.
fn report(finding: Finding, is_mock: bool) -> Result<(), Failed> {
    let Finding { key, default, observed, reason, .. } = finding;
    match observed {
        _ if !is_mock => {
            eprintln!("{key}: {} (assumed: {default}; {reason})", observed.as_deref().unwrap_or("unknown"))
        }
        Some(observed) if observed == default => {}
        None if UNKNOWN.contains(&&*key) => {}
        observed => return Err(format!("{observed:?} instead of {default:?}: {reason}").into()),
    }
    Ok(())
}

fn refuse(error: &dyn Display) -> ExitCode {
    eprintln!("{error}");
    ExitCode::from(2)
}

/// A check that a target was not configured for is skipped, aloud; the mock, which can do everything, skips none.
fn judged(outcome: Outcome, is_mock: bool) -> Result<(), Failed> {
    match outcome {
        Outcome::Pass => Ok(()),
        Outcome::Fail(evidence) => Err(format!("not as documented\n{evidence}").into()),
        Outcome::Skipped(reason) if !is_mock => {
            eprintln!("skipped: {reason}");
            Ok(())
        }
        Outcome::Skipped(reason) => Err(format!("skipped on the mock: {reason}").into()),
        Outcome::Inconclusive(evidence) => Err(format!("inconclusive\n{evidence}").into()),
    }
}
