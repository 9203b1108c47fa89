//! `contract`: holds a target to the guide, and reports.

#![deny(clippy::print_stdout, clippy::print_stderr)]

mod console;
mod records;
mod signals;
mod subject;

use std::backtrace::Backtrace;
use std::io::{self, IsTerminal, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;

use clap::{Args, Parser, Subcommand};
use console::{say, tell};
use contract_tests::{
    Changes, Comparison, Deviations, Drift, Evidence, History, Outcome, PastRun, Profile, Replay, Report, Results, Run,
    Selection, Settings, Target, checks, keep_replays, profile, rehearse, run_suite,
};
use jiff::Timestamp;
use jiff::tz::TimeZone;
use subject::{BROKEN, Flags, INTERRUPTED, Problem, Subject, USAGE, bar, interruptible, show};

/// Says whether a server does what the guide of the Defentry API documents, and by which requests.
///
/// Without a base URL it runs against a mock in this process. Credentials and all else that it needs to know come from
/// the DEFENTRY_… variables that `contract-tests/README.md` lists; a flag wins over its variable.
#[derive(Debug, Parser)]
#[command(version, about, after_help = MORE)]
struct Cli {
    #[command(flatten)]
    flags: Flags,
    #[command(subcommand)]
    command: Command,
}

/// The text at the end of the help.
const MORE: &str = "\
DEFENTRY_MESSAGES says how to read what the target sends: mock, none, mailpit:URL, imap:URL (the password in
DEFENTRY_MESSAGES_PASSWORD) or command:CMD; a command after one of the URLs reads text messages.
DEFENTRY_CA_FILE names a PEM file with the certificate of a private authority, for a target whose own is of it.

`run` ends with 0 conformant, or with --deviations nothing that the list does not have; 1 not as documented, or an entry of
the list that excuses nothing any more; 2 wrong usage, configuration or set-up, or nothing was tested; 3 the
suite itself failed; 4 partial; 5 something could not be removed; 130 interrupted.";

#[derive(Debug, Subcommand)]
enum Command {
    /// Runs the suite, removes what it has created, and writes the reports.
    Run {
        #[command(flatten)]
        chosen: Chosen,
        #[command(flatten)]
        excused: Excused,
        /// A profile that was learnt before: tells what the target does as learnt, what has moved, and what is new.
        #[arg(long, value_name = "FILE")]
        profile: Option<PathBuf>,
    },
    /// Tells what a run would cost; sends nothing to the target.
    Plan(Chosen),
    /// Lists the checks with their facts.
    List,
    /// Plays a sequence of the model test that has failed.
    Replay {
        /// A file that `run` has written: `model.sequences.legacy.replay.json`.
        file: PathBuf,
    },
    /// Makes a profile of recordings (HAR) and merges it with others; `mock-server --profile` does as it says.
    Learn {
        /// Recordings, profiles, or results folders of `run`.
        #[arg(required = true, value_name = "FILE")]
        files: Vec<PathBuf>,
        /// Where the profile goes; one that is there already is merged.
        #[arg(long, value_name = "FILE", default_value = "profile.json")]
        into: PathBuf,
    },
    /// Says which facts held and which were violated in recorded traffic (HAR); sends nothing, and needs no credentials.
    ///
    /// Ends with 0 if none was violated, with 1 if one was, with 2 if nothing of this API is in it. The findings go to
    /// `verification.json` in the results folder.
    Verify {
        /// Recordings.
        #[arg(required = true, value_name = "FILE.har")]
        files: Vec<PathBuf>,
    },
    /// Removes what an interrupted run has left behind, from its ledger.
    Sweep,
    /// Holds two or three targets against each other.
    ///
    /// Each is a results folder or its `results.json`, a `profile.json`, the URL of a target, or `mock`; the suite runs
    /// against a URL, with the DEFENTRY_… variables for it, and against the mock in this process.
    ///
    /// Of two it tells what has moved from the first to the second, the heaviest first; of three, who stands alone. Ends
    /// with 0 if they are the same, with 1 if a client would notice something, with 2 if there is nothing to compare.
    Compare {
        /// Two or three of them.
        #[arg(required = true, num_args = 2..=3, value_name = "TARGET")]
        targets: Vec<String>,
    },
    /// Tells the runs of results folders, and what was ever seen on the real API.
    History {
        /// Results folders, or their `history.ndjson`; by default that of `DEFENTRY_RESULTS_DIR`.
        #[arg(value_name = "DIR")]
        folders: Vec<PathBuf>,
    },
}

/// The list of what is known and excused.
#[derive(Args, Debug)]
struct Excused {
    /// The list of known deviations: what it has does not fail the run, and what is new does.
    #[arg(long, value_name = "FILE")]
    deviations: Option<PathBuf>,
    /// Adds what is new to the list, and makes the file if there is none; give each entry a reason afterwards.
    #[arg(long, requires = "deviations")]
    deviations_update: bool,
    /// Takes entries out of the list that were tested and did not recur.
    #[arg(long, requires = "deviations")]
    deviations_prune: bool,
    /// Entries that expired more than 14 days ago excuse nothing: for scheduled runs.
    #[arg(long, requires = "deviations")]
    strict: bool,
}

impl Excused {
    fn changes(&self) -> Changes {
        Changes { update: self.deviations_update, prune: self.deviations_prune }
    }

    /// The list, if there is to be one.
    fn read(&self) -> Result<Option<Deviations>, Problem> {
        let read = self.deviations.as_ref().map(|file| Deviations::read(file, self.changes()));
        read.transpose().map_err(|problem| (USAGE, problem))
    }
}

#[derive(Args, Debug)]
struct Chosen {
    /// Only checks whose names begin so, or that name this fact; repeatable. The verdict is then partial at best.
    #[arg(long, value_name = "NAME|FACT")]
    only: Vec<String>,
}

impl Chosen {
    /// The chosen checks, where each name that is given names at least one.
    fn selection(self) -> Result<Selection, Problem> {
        let selection = Selection { only: self.only };
        match selection.unknown().first() {
            Some(name) => {
                let meant = Selection::nearest(name).map(|nearest| format!(" (did you mean {nearest}?)"));
                let problem = format!("--only {name} names no check and no fact{}", meant.unwrap_or_default());
                Err((USAGE, format!("{problem}: see `contract list`")))
            }
            None => Ok(selection),
        }
    }
}

fn main() -> ExitCode {
    let cli = Cli::parse();
    std::panic::set_hook(Box::new(|panic| {
        tell!("contract: the suite itself failed: {panic}\n{}", Backtrace::capture());
    }));
    let runtime = tokio::runtime::Runtime::new();
    let code = match &runtime {
        Ok(runtime) => runtime.block_on(execute(cli)).unwrap_or_else(|(code, problem)| ended(code, &problem)),
        Err(error) => ended(BROKEN, &format!("no runtime can be started: {error}")),
    };
    // The runtime still hears signals meanwhile.
    console::finish();
    code
}

fn ended(code: u8, problem: &str) -> ExitCode {
    tell!("contract: {problem}");
    ExitCode::from(code)
}

fn list() -> ExitCode {
    let mut out = io::stdout().lock();
    for check in checks() {
        // A closed pipe means that the reader has seen enough.
        if writeln!(out, "{:60} {}", check.id, check.facts.join(" ")).is_err() {
            break;
        }
    }
    ExitCode::SUCCESS
}

async fn execute(cli: Cli) -> Result<ExitCode, Problem> {
    match cli.command {
        Command::List => Ok(list()),
        Command::Plan(chosen) => {
            let selection = chosen.selection()?;
            let Subject { target, settings, .. } = Subject::of(&cli.flags).await?;
            plan(&target, &settings, &selection).await
        }
        Command::Compare { targets } => records::compare(&cli.flags, &targets).await,
        Command::Verify { files } => records::verify(&cli.flags, &files),
        Command::History { folders } => records::history(&cli.flags, folders),
        Command::Run { chosen, excused, profile } => {
            let (selection, list) = (chosen.selection()?, excused.read()?);
            let learnt = profile.as_deref().map(read_profile).transpose()?;
            let mut subject = Subject::of(&cli.flags).await?;
            subject.settings.learns = true;
            let (run, _mock) = subject.opened()?;
            interruptible(&run);
            run_and_report(&run, &selection, list, &excused, learnt.as_ref()).await
        }
        Command::Replay { file } => {
            let (run, _mock) = Subject::of(&cli.flags).await?.opened()?;
            interruptible(&run);
            replay(&run, &file).await
        }
        Command::Learn { files, into } => records::learn(&files, &into).await,
        Command::Sweep => {
            let subject = Subject::of(&cli.flags).await?;
            if subject.mock.is_some() {
                return Err((USAGE, "sweep needs a target: DEFENTRY_BASE_URL or --base-url".into()));
            }
            sweep(&subject.opened()?.0).await
        }
    }
}

/// The problem of a target that does not let the suite in.
fn shut_out(evidence: &Evidence) -> Problem {
    (USAGE, evidence.observed.clone())
}

/// So many things that have moved are told one by one.
const MOST_MOVED: usize = 10;

fn read_profile(file: &Path) -> Result<Profile, Problem> {
    let unusable = |problem: String| (USAGE, format!("--profile {}: {problem}", file.display()));
    let text = std::fs::read_to_string(file).map_err(|error| unusable(error.to_string()))?;
    Profile::parse(&text).map_err(|error| unusable(error.to_string()))
}

async fn sweep(run: &Arc<Run>) -> Result<ExitCode, Problem> {
    run.log_in().await.map_err(|evidence| shut_out(&evidence))?;
    let problems = run.sweep().await;
    problems.iter().for_each(|problem| tell!("not removed: {problem}"));
    say!("{} accounts of the suite are there, {} not swept", run.accounts_left().len(), problems.len());
    Ok(if problems.is_empty() { ExitCode::SUCCESS } else { ExitCode::from(5) })
}

async fn plan(target: &Target, settings: &Settings, selection: &Selection) -> Result<ExitCode, Problem> {
    let cost = rehearse(target, settings, selection).await.map_err(|error| (BROKEN, error.to_string()))?;
    say!("target    {}", target.base_url());
    say!("checks    {}", cost.checks);
    say!("requests  about {}", cost.requests);
    say!("creates   {} accounts, which are left empty, and {} items, which are removed", cost.accounts, cost.items);
    match settings.rate {
        Some(rate) => say!("time      about {:.0} s at {rate} requests a second", cost.requests as f64 / rate),
        None => say!("time      as fast as the target answers"),
    }
    say!("waiting   at most {} s more, where no message and no leak comes", cost.longest_wait.as_secs());
    if let (Some(budget), Some(bought)) = (settings.budget, &cost.bought) {
        let ((checks, all), (facts, of)) = (bought.checks, bought.facts);
        say!("buys      {checks} of {all} checks with {budget} requests, and {facts} of {of} facts tested");
        if !bought.unreached.is_empty() {
            say!("unreached {}", bought.unreached.join(", "));
        }
    }
    if let Some(budget) = settings.budget.filter(|budget| *budget < cost.requests) {
        say!("budget    {budget} requests are too few: what they do not reach is inconclusive (--budget)");
    }
    say!("(rehearsed on a mock in this process; nothing was sent to the target)");
    Ok(ExitCode::SUCCESS)
}

async fn replay(run: &Arc<Run>, file: &Path) -> Result<ExitCode, Problem> {
    let unusable = |problem: String| (USAGE, format!("{}: {problem}", file.display()));
    let text = std::fs::read_to_string(file).map_err(|error| unusable(error.to_string()))?;
    let replay: Replay = serde_json::from_str(&text).map_err(|error| unusable(error.to_string()))?;
    if let Err(evidence) = run.set_up().await
        && !run.is_interrupted()
    {
        return Err(shut_out(&evidence));
    }
    let outcome = replay.play(run).await.map_err(unusable)?;
    let left = run.finish().await;
    left.iter().for_each(|problem| tell!("not removed: {problem}"));
    let (code, text) = match outcome {
        Outcome::Fail(evidence) => (1, format!("not as documented\n{evidence}")),
        Outcome::Inconclusive(evidence) => (4, format!("inconclusive\n{evidence}")),
        Outcome::Skipped(reason) => (4, format!("skipped: {reason}")),
        Outcome::Pass if left.is_empty() => (0, "the target does what the guide says in this sequence".into()),
        Outcome::Pass => (5, "the target does what the guide says, but does not remove what was created".into()),
    };
    say!("{text}");
    Ok(ExitCode::from(if run.is_interrupted() { INTERRUPTED } else { code }))
}

async fn run_and_report(
    run: &Arc<Run>,
    selection: &Selection,
    list: Option<Deviations>,
    excused: &Excused,
    learnt: Option<&Profile>,
) -> Result<ExitCode, Problem> {
    let folder = &run.settings().results;
    tell!("target {}, seed {}", run.base_url(), run.settings().seed);
    let bar = io::stderr().is_terminal().then(bar);
    let mut results = run_suite(run, selection, &|progress| show(progress, bar.as_ref())).await;
    if let Some(bar) = bar {
        console::draw(move || bar.finish_and_clear());
    }
    let judged = list.map(|mut list| {
        let today = Timestamp::now().to_zoned(TimeZone::UTC).date();
        list.apply(&mut results, today, excused.strict, excused.changes())
    });
    let (judgement, unwritten) = match judged.transpose() {
        Ok(judgement) => (judgement, None),
        Err(error) => (None, Some(error)),
    };
    // The results of the run before are there until this one's are written.
    let since = Results::read(folder).and_then(|before| Comparison::of(&before, &results)).ok();
    let kept = keep_replays(&mut results, folder);
    let mut history = History::read(folder).unwrap_or_else(|problem| {
        tell!("contract: {problem}: the runs before this one are not shown");
        History::default()
    });
    history.runs.push(PastRun::of(&results, since.as_ref().map_or(0, |since| since.moved.len())));
    let report = Report { results: &results, deviations: judgement.as_ref(), since: since.as_ref(), history: &history };
    let written = kept.and_then(|()| report.write(folder));
    let written = written.and_then(|()| history.runs.last().map_or(Ok(()), |run| History::append(folder, run)));
    let profile = profile(run, &results).await;
    let written = written.and_then(|()| std::fs::write(folder.join("profile.json"), profile.to_text()));
    if let Some(cause) = run.out_of_reach() {
        say!("target    out of reach: {cause}");
    }
    report.lines(folder).into_iter().for_each(|line| say!("{line}"));
    written.map_err(|error| (BROKEN, format!("the reports cannot be written to {}: {error}", folder.display())))?;
    say!("profile   {} (mock-server --profile does the same)", folder.join("profile.json").display());
    if let Some(learnt) = learnt {
        let Drift { as_learnt, moved, new } = learnt.drift(&profile);
        say!("learnt    {as_learnt} as learnt, {} moved, {} new", moved.len(), new.len());
        moved.iter().take(MOST_MOVED).for_each(|line| say!("  moved   {line}"));
        if moved.len() > MOST_MOVED {
            say!("  and {} more", moved.len() - MOST_MOVED);
        }
    }
    if let Some(error) = unwritten {
        let file = excused.deviations.as_deref().unwrap_or(Path::new("--deviations"));
        return Err((USAGE, format!("{} cannot be written: {error}", file.display())));
    }
    Ok(ExitCode::from(results.exit_code()))
}
