//! `contract`: holds a target to the guide, and reports.

#![deny(clippy::print_stdout, clippy::print_stderr)]

mod console;
mod signals;

use std::backtrace::Backtrace;
use std::io::{self, IsTerminal, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;

use clap::{Args, Parser, Subcommand};
use console::{say, tell};
use contract_tests::{
    Changes, Comparison, Deviations, Drift, End, Evidence, Hold, Mock, Outcome, Profile, Progress, Replay, Report,
    Results, Run, Selection, Settings, Target, VariableError, checks, keep_replays, learn_from_har, profile, rehearse,
    run_suite,
};
use indicatif::{ProgressBar, ProgressStyle};
use jiff::Timestamp;
use jiff::tz::TimeZone;
use signals::EndSignals;

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

/// Flags that set variables.
#[derive(Args, Debug)]
struct Flags {
    /// The target (`DEFENTRY_BASE_URL`).
    #[arg(long, global = true, value_name = "URL")]
    base_url: Option<String>,
    /// The target's host, named again: the suite writes there (`DEFENTRY_ALLOW_WRITES`).
    #[arg(long, global = true, value_name = "HOST")]
    allow_writes: Option<String>,
    /// At most so many requests a second (`DEFENTRY_RATE`).
    #[arg(long, global = true, value_name = "N")]
    rate: Option<String>,
    /// At most so many requests in all (`DEFENTRY_BUDGET`).
    #[arg(long, global = true, value_name = "N")]
    budget: Option<String>,
    /// The seed of everything that is generated (`DEFENTRY_SEED`).
    #[arg(long, global = true, value_name = "N")]
    seed: Option<String>,
    /// How long to wait for a message, in seconds (`DEFENTRY_MESSAGE_SECONDS`).
    #[arg(long, global = true, value_name = "N")]
    message_seconds: Option<String>,
    /// Where reports and the ledger go (`DEFENTRY_RESULTS_DIR`).
    #[arg(long, global = true, value_name = "DIR")]
    results: Option<String>,
}

impl Flags {
    /// The value of a variable, by its flag or in the environment.
    fn lookup(&self, variable: &str) -> Option<String> {
        let flag = match variable {
            "DEFENTRY_BASE_URL" => &self.base_url,
            "DEFENTRY_ALLOW_WRITES" => &self.allow_writes,
            "DEFENTRY_RATE" => &self.rate,
            "DEFENTRY_BUDGET" => &self.budget,
            "DEFENTRY_SEED" => &self.seed,
            "DEFENTRY_MESSAGE_SECONDS" => &self.message_seconds,
            "DEFENTRY_RESULTS_DIR" => &self.results,
            _ => &None,
        };
        let in_environment = || std::env::var_os(variable).map(|value| value.to_string_lossy().into_owned());
        flag.clone().or_else(in_environment)
    }
}

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
    /// Removes what an interrupted run has left behind, from its ledger.
    Sweep,
    /// Tells what has moved from one run to another, the heaviest first: ends with 0 if nothing has, with 1 if a client
    /// would notice something, with 2 if there is nothing to compare.
    Compare {
        /// The results of the earlier run: its folder, or its `results.json`.
        old: PathBuf,
        /// The results of the later run, or of another target.
        new: PathBuf,
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

/// Wrong usage, configuration or set-up.
const USAGE: u8 = 2;
/// The suite itself failed.
const BROKEN: u8 = 3;
/// A signal has ended it.
const INTERRUPTED: u8 = 130;

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

/// An exit code, and what to say with it.
type Problem = (u8, String);

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
        Command::Compare { old, new } => compare(&old, &new),
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
        Command::Learn { files, into } => learn(&files, &into).await,
        Command::Sweep => {
            let subject = Subject::of(&cli.flags).await?;
            if subject.mock.is_some() {
                return Err((USAGE, "sweep needs a target: DEFENTRY_BASE_URL or --base-url".into()));
            }
            sweep(&subject.opened()?.0).await
        }
    }
}

/// The target of a command.
struct Subject {
    target: Target,
    settings: Settings,
    /// A mock in this process where no target is named. It ends with the command.
    mock: Option<Mock>,
}

/// A mock in this process, and its results folder.
type Kept = (Option<Mock>, Option<Hold>);

impl Subject {
    async fn of(flags: &Flags) -> Result<Self, Problem> {
        let lookup = |variable: &str| flags.lookup(variable);
        let usage = |error: VariableError| (USAGE, error.to_string());
        let named = Target::from_variables(lookup).map_err(usage)?;
        let settings = Settings::from_variables(named.as_ref(), lookup).map_err(usage)?;
        Ok(match named {
            Some(target) => Self { target, settings, mock: None },
            None => {
                let mock = Mock::start().await;
                Self { target: mock.target(), settings, mock: Some(mock) }
            }
        })
    }

    /// The run of a command, and what must live as long.
    fn opened(self) -> Result<(Arc<Run>, Kept), Problem> {
        let unusable = |error: io::Error| (USAGE, format!("{error} (see DEFENTRY_RESULTS_DIR)"));
        // A run against a target that stays holds its folder itself. Where the folder of another cannot be written, the
        // reports say so.
        let hold = match self.mock.as_ref().map(|_| Hold::of(&self.settings.results)) {
            Some(Err(error)) if error.kind() == io::ErrorKind::ResourceBusy => return Err(unusable(error)),
            hold => hold.and_then(Result::ok),
        };
        let run = Run::new(self.target, self.settings).map_err(unusable)?;
        Ok((Arc::new(run), (self.mock, hold)))
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

/// Merges profiles and recordings into one profile.
async fn learn(files: &[PathBuf], into: &Path) -> Result<ExitCode, Problem> {
    let unusable = |file: &Path, problem: &dyn std::fmt::Display| (USAGE, format!("{}: {problem}", file.display()));
    let read = |file: &Path| std::fs::read_to_string(file).map_err(|error| unusable(file, &error));
    let mut learnt = match into.exists() {
        true => Profile::parse(&read(into)?).map_err(|error| unusable(into, &error))?,
        false => Profile::default(),
    };
    for file in files {
        let file = if file.is_dir() { file.join("profile.json") } else { file.clone() };
        let text = read(&file)?;
        let more = match Profile::parse(&text) {
            Ok(profile) => profile,
            Err(_) if is_recording(&text) => learn_from_har(&text).await.map_err(|error| unusable(&file, &error))?,
            Err(error) => return Err(unusable(&file, &format!("{error}; nor is it a HAR, which begins with \"log\""))),
        };
        for (_, source) in more.sources() {
            say!("{}  {} of {}, {} exchanges", file.display(), source.kind, source.date, source.requests);
            for (reason, count) in &source.passed_over {
                say!("  passed over: {count} {reason}");
            }
        }
        learnt = learnt.merged(more);
    }
    for (key, values) in learnt.contradictions() {
        say!("contradictory: {key} was seen as {}; it is not used", values.join(" and as "));
    }
    let written = std::fs::write(into, learnt.to_text());
    written.map_err(|error| unusable(into, &error))?;
    say!(
        "profile   {} of {} sources; try: mock-server --profile {}",
        into.display(),
        learnt.sources().count(),
        into.display()
    );
    Ok(ExitCode::SUCCESS)
}

/// Whether a text is JSON with a log, as a HAR is.
fn is_recording(text: &str) -> bool {
    let json: Option<serde_json::Value> = serde_json::from_str(text.trim_start_matches('\u{feff}')).ok();
    json.is_some_and(|json| json.get("log").is_some())
}

async fn sweep(run: &Arc<Run>) -> Result<ExitCode, Problem> {
    run.log_in().await.map_err(|evidence| shut_out(&evidence))?;
    let problems = run.sweep().await;
    problems.iter().for_each(|problem| tell!("not removed: {problem}"));
    say!("{} accounts of the suite are there, {} not swept", run.accounts_left().len(), problems.len());
    Ok(if problems.is_empty() { ExitCode::SUCCESS } else { ExitCode::from(5) })
}

/// The first signal that asks the command to end, such as Ctrl-C, ends the checks and lets the run clean up; the second
/// ends it.
fn interruptible(run: &Arc<Run>) {
    let run = Arc::clone(run);
    let mut signals = EndSignals::new();
    tokio::spawn(async move {
        signals.next().await;
        run.interrupt();
        tell!("\ninterrupted: removing what was created (once more to end at once; `contract sweep` finishes)");
        signals.next().await;
        std::process::exit(INTERRUPTED.into());
    });
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
    let report = Report { results: &results, deviations: judgement.as_ref(), since: since.as_ref() };
    let written = kept.and_then(|()| report.write(folder));
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

fn compare(old: &Path, new: &Path) -> Result<ExitCode, Problem> {
    let read = |path: &Path| Results::read(path).map_err(|problem| (USAGE, problem));
    let comparison = Comparison::of(&read(old)?, &read(new)?).map_err(|problem| (USAGE, problem))?;
    for side in [&comparison.old, &comparison.new] {
        tell!("{}, {}, seed {}", side.target, side.started_at, side.seed);
    }
    comparison.moved.iter().for_each(|moved| say!("{}", moved.line()));
    if comparison.moved.is_empty() {
        say!("nothing that a client would notice has moved");
    }
    if !comparison.tested.is_empty() {
        say!("\ntested in one of the two only, which is no difference of the targets:");
        comparison.tested.iter().for_each(|tested| say!("  {}", tested.line()));
    }
    Ok(if comparison.moved.is_empty() { ExitCode::SUCCESS } else { ExitCode::from(1) })
}

fn bar() -> ProgressBar {
    let style = ProgressStyle::with_template("{bar:30} {pos}/{len} {wide_msg}");
    ProgressBar::new(0).with_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()))
}

/// A bar on a terminal, with a line for what is not as it should be; a line for each check elsewhere.
fn show(progress: Progress<'_>, bar: Option<&ProgressBar>) {
    match (progress, bar.cloned()) {
        (Progress::Begins(many), Some(bar)) => console::draw(move || bar.set_length(many as u64)),
        (Progress::Begins(many), None) => tell!("{many} checks and probes"),
        (Progress::Ended(check), Some(bar)) => {
            let (id, outcome) = (check.id.clone(), check.outcome);
            console::draw(move || {
                if matches!(outcome, End::Fail | End::Inconclusive) {
                    bar.println(format!("{:12} {id}", outcome.name()));
                }
                bar.inc(1);
                bar.set_message(id);
            });
        }
        (Progress::Ended(check), None) => tell!("{:12} {}", check.outcome.name(), check.id),
        (Progress::CleansUp, Some(bar)) => console::draw(move || bar.set_message("removing what was created")),
        (Progress::CleansUp, None) => tell!("removing what was created"),
    }
}
