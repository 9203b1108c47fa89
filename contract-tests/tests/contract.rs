//! The suite as tests: each check by its name, in both formats, and each probe of an assumption, on the in-process fake or on the target that the
//! `DEFENTRY_…` variables name.

use std::process::ExitCode;
use std::sync::Arc;

use contract_tests::{Fake, Finding, Format, Outcome, Run, Settings, Target, assumptions, checks};
use libtest_mimic::{Arguments, Failed, Trial};
use tokio::runtime::Runtime;

fn main() -> ExitCode {
    let mut arguments = Arguments::from_args();
    let runtime = Runtime::new().expect("a runtime can be started");
    let named = match Target::from_environment() {
        Ok(named) => named,
        Err(error) => return refuse(&error),
    };
    let is_fake = named.is_none();
    let settings = match Settings::from_environment(named.as_ref()) {
        Ok(settings) => settings,
        Err(error) => return refuse(&error),
    };
    if !is_fake && arguments.test_threads.is_none() {
        // Somebody else's system is called by one at a time.
        arguments.test_threads = Some(1);
    }
    // A list of tests needs no server.
    let fake = (is_fake && !arguments.list).then(|| runtime.block_on(Fake::start()));
    let target = named.or_else(|| fake.as_ref().map(Fake::target));
    let run = match target.map(|target| Run::new(target, settings)).transpose() {
        Ok(run) => run.map(Arc::new),
        Err(error) => return refuse(&error),
    };
    if let Some(run) = &run {
        eprintln!("seed {}", run.settings.seed);
    }
    let trials = checks().flat_map(|check| Format::ALL.map(|format| (check, format))).map(|(check, format)| {
        let (run, handle) = (run.clone(), runtime.handle().clone());
        Trial::test(check.name(format), move || match run {
            Some(run) => judged(handle.block_on(run.check(check, format)), is_fake),
            None => Ok(()),
        })
    });
    let probes = assumptions().iter().map(|assumption| {
        let (run, handle) = (run.clone(), runtime.handle().clone());
        let probe = Trial::test(format!("assumption.{}", assumption.key), move || match run {
            Some(run) => told(handle.block_on(run.probe(&assumption.key)), is_fake),
            None => Ok(()),
        });
        probe.with_kind("assumed")
    });
    let conclusion = libtest_mimic::run(&arguments, trials.chain(probes).collect());
    let left = run.map(|run| runtime.block_on(run.finish())).unwrap_or_default();
    left.iter().for_each(|problem| eprintln!("could not be removed: {problem}"));
    if left.is_empty() { conclusion.exit_code() } else { ExitCode::FAILURE }
}

/// What nobody can tell of the fake as it is started here: no request makes it fail, and every account has an SSN.
const UNTOLD: &[&str] = &["ssn.without", "legacy.error.500", "error.code.500"];

/// An assumption fails nobody: what the target does is printed. The fake, which is built on them, does what they say.
fn told(finding: Finding, is_fake: bool) -> Result<(), Failed> {
    let Finding { key, default, observed, reason, .. } = finding;
    match observed {
        _ if !is_fake => {
            eprintln!("{key}: {} (assumed: {default}; {reason})", observed.as_deref().unwrap_or("unknown"))
        }
        Some(observed) if observed == default => {}
        None if UNTOLD.contains(&&*key) => {}
        observed => return Err(format!("{observed:?} instead of {default:?}: {reason}").into()),
    }
    Ok(())
}

fn refuse(error: &dyn std::error::Error) -> ExitCode {
    eprintln!("{error}");
    ExitCode::from(2)
}

/// What a target was not configured for is skipped, aloud; on the fake, which can do everything, nothing is.
fn judged(outcome: Outcome, is_fake: bool) -> Result<(), Failed> {
    match outcome {
        Outcome::Pass => Ok(()),
        Outcome::Fail(evidence) => Err(format!("not as documented\n{evidence}").into()),
        Outcome::Skipped(reason) if !is_fake => {
            eprintln!("skipped: {reason}");
            Ok(())
        }
        Outcome::Skipped(reason) => Err(format!("skipped on the fake: {reason}").into()),
        Outcome::Inconclusive(evidence) => Err(format!("inconclusive\n{evidence}").into()),
    }
}
