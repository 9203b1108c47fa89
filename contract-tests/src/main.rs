//! `contract`: holds a target to the guide, and reports.

use std::io::{self, IsTerminal, Write};
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;

use clap::{Args, Parser, Subcommand};
use contract_tests::{
    End, Fake, Outcome, Progress, Replay, Results, Run, Selection, Settings, Target, checks, keep_replays, rehearse,
    report, run_suite,
};
use indicatif::{ProgressBar, ProgressStyle};

/// Says whether a server does what the guide of the Defentry API documents, and by which requests.
///
/// Without a base URL it runs against a fake in this process. Credentials and whatever else it needs to know come from
/// the DEFENTRY_… variables that the README lists; a flag wins over its variable.
#[derive(Debug, Parser)]
#[command(version, about)]
struct Cli {
    #[command(flatten)]
    flags: Flags,
    #[command(subcommand)]
    command: Command,
}

/// Flags that stand for variables.
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
    /// Where reports and the ledger go (`DEFENTRY_RESULTS_DIR`).
    #[arg(long, global = true, value_name = "DIR")]
    results: Option<String>,
}

impl Flags {
    /// What a variable is set to, by its flag or in the environment.
    fn lookup(&self, variable: &str) -> Option<String> {
        let flag = match variable {
            "DEFENTRY_BASE_URL" => &self.base_url,
            "DEFENTRY_ALLOW_WRITES" => &self.allow_writes,
            "DEFENTRY_RATE" => &self.rate,
            "DEFENTRY_BUDGET" => &self.budget,
            "DEFENTRY_SEED" => &self.seed,
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
    Run(Chosen),
    /// Tells what a run would cost; sends nothing to the target.
    Plan(Chosen),
    /// Lists the checks with their facts.
    List,
    /// Plays a sequence of the model test that has failed.
    Replay {
        /// A file that `run` has written: `model.sequences.legacy.replay.json`.
        file: PathBuf,
    },
    /// Removes what an interrupted run has left behind, from its ledger.
    Sweep,
}

#[derive(Args, Debug)]
struct Chosen {
    /// Only checks whose names begin so, or that name this fact; repeatable. The verdict is then partial at best.
    #[arg(long, value_name = "NAME|FACT")]
    only: Vec<String>,
}

/// Wrong usage or configuration.
const USAGE: u8 = 2;
/// The suite itself failed.
const BROKEN: u8 = 3;

fn main() -> ExitCode {
    let cli = Cli::parse();
    if let Command::List = cli.command {
        return list();
    }
    match read(&cli) {
        Ok((target, settings)) => tokio::runtime::Runtime::new().map_or_else(
            |error| ended(BROKEN, &format!("no runtime can be started: {error}")),
            |runtime| runtime.block_on(execute(cli.command, target, settings)),
        ),
        Err(problem) => ended(USAGE, &problem),
    }
}

fn ended(code: u8, problem: &str) -> ExitCode {
    eprintln!("contract: {problem}");
    ExitCode::from(code)
}

fn list() -> ExitCode {
    let mut out = io::stdout().lock();
    for check in checks() {
        // Whoever closes the pipe has seen enough.
        if writeln!(out, "{:60} {}", check.id, check.facts.join(" ")).is_err() {
            break;
        }
    }
    ExitCode::SUCCESS
}

fn read(cli: &Cli) -> Result<(Option<Target>, Settings), String> {
    let lookup = |variable: &str| cli.flags.lookup(variable);
    let target = Target::from_variables(lookup).map_err(|error| error.to_string())?;
    let settings = Settings::from_variables(target.as_ref(), lookup).map_err(|error| error.to_string())?;
    Ok((target, settings))
}

async fn execute(command: Command, named: Option<Target>, settings: Settings) -> ExitCode {
    if let (Command::Sweep, None) = (&command, &named) {
        return ended(USAGE, "sweep needs a target: DEFENTRY_BASE_URL or --base-url");
    }
    // What a fake in this process holds ends with it.
    let fake = if named.is_none() { Some(Fake::start().await) } else { None };
    let Some(target) = named.or_else(|| fake.as_ref().map(Fake::target)) else {
        return ended(BROKEN, "there is no target");
    };
    if let Command::Plan(chosen) = command {
        return plan(&target, &settings, &Selection { only: chosen.only }).await;
    }
    let folder = settings.results.clone();
    let run = match Run::new(target, settings) {
        Ok(run) => Arc::new(run),
        Err(error) => return ended(USAGE, &format!("{error} (see DEFENTRY_RESULTS_DIR)")),
    };
    match command {
        Command::Run(chosen) => {
            interruptible(&run);
            run_and_report(&run, &Selection { only: chosen.only }, &folder).await
        }
        Command::Replay { file } => replay(&run, &file).await,
        Command::Sweep => {
            let problems = run.sweep().await;
            problems.iter().for_each(|problem| eprintln!("not removed: {problem}"));
            println!("{} accounts of the suite are there, {} not swept", run.accounts_left().len(), problems.len());
            if problems.is_empty() { ExitCode::SUCCESS } else { ExitCode::from(5) }
        }
        Command::Plan(_) | Command::List => ExitCode::SUCCESS,
    }
}

/// The first Ctrl-C, or the end that a CI job is told of, ends the checks and lets the run tidy up; the second ends it.
fn interruptible(run: &Arc<Run>) {
    let run = Arc::clone(run);
    tokio::spawn(async move {
        told_to_end().await;
        eprintln!("\ninterrupted: removing what was created (once more to end at once; `contract sweep` finishes)");
        run.interrupt();
        told_to_end().await;
        std::process::exit(130);
    });
}

#[cfg(unix)]
async fn told_to_end() {
    use tokio::signal::unix::{SignalKind, signal};
    match signal(SignalKind::terminate()) {
        Ok(mut terminated) => {
            tokio::select! {
                _ = tokio::signal::ctrl_c() => {}
                _ = terminated.recv() => {}
            }
        }
        Err(_) => drop(tokio::signal::ctrl_c().await),
    }
}

#[cfg(not(unix))]
async fn told_to_end() {
    drop(tokio::signal::ctrl_c().await);
}

async fn plan(target: &Target, settings: &Settings, selection: &Selection) -> ExitCode {
    match rehearse(target, settings, selection).await {
        Ok(cost) => {
            println!("target    {}", target.base_url());
            println!("checks    {}", cost.checks);
            println!("requests  about {}", cost.requests);
            println!(
                "creates   {} accounts, which are left empty, and {} items, which are removed",
                cost.accounts, cost.items
            );
            match settings.rate {
                Some(rate) => {
                    println!("time      about {:.0} s at {rate} requests a second", cost.requests as f64 / rate)
                }
                None => println!("time      as fast as the target answers"),
            }
            if let Some(budget) = settings.budget.filter(|budget| *budget < cost.requests) {
                println!("budget    {budget} requests are too few: what they do not reach is inconclusive (--budget)");
            }
            println!("(rehearsed on a fake in this process; nothing was sent to the target)");
            ExitCode::SUCCESS
        }
        Err(error) => ended(BROKEN, &error.to_string()),
    }
}

async fn replay(run: &Arc<Run>, file: &PathBuf) -> ExitCode {
    let text = match std::fs::read_to_string(file) {
        Ok(text) => text,
        Err(error) => return ended(USAGE, &format!("{}: {error}", file.display())),
    };
    let replay: Replay = match serde_json::from_str(&text) {
        Ok(replay) => replay,
        Err(error) => return ended(USAGE, &format!("{}: {error}", file.display())),
    };
    let outcome = match replay.play(run).await {
        Ok(outcome) => outcome,
        Err(problem) => return ended(USAGE, &format!("{}: {problem}", file.display())),
    };
    let left = run.finish().await;
    left.iter().for_each(|problem| eprintln!("not removed: {problem}"));
    match outcome {
        Outcome::Fail(evidence) => {
            println!("not as documented\n{evidence}");
            ExitCode::from(1)
        }
        Outcome::Inconclusive(evidence) => {
            println!("inconclusive\n{evidence}");
            ExitCode::from(4)
        }
        Outcome::Skipped(reason) => {
            println!("skipped: {reason}");
            ExitCode::from(4)
        }
        Outcome::Pass => {
            println!("the target does what the guide says in this sequence");
            ExitCode::from(if left.is_empty() { 0 } else { 5 })
        }
    }
}

async fn run_and_report(run: &Arc<Run>, selection: &Selection, folder: &std::path::Path) -> ExitCode {
    eprintln!("target {}, seed {}", run.base_url(), run.settings.seed);
    let bar = io::stderr().is_terminal().then(bar);
    let mut results = run_suite(run, selection, &|progress| show(progress, bar.as_ref())).await;
    if let Some(bar) = bar {
        bar.finish_and_clear();
    }
    if let Err(error) = keep_replays(&mut results, folder).and_then(|()| report::write(&results, folder)) {
        summarize(&results);
        return ended(BROKEN, &format!("the reports cannot be written to {}: {error}", folder.display()));
    }
    summarize(&results);
    println!("reports   {}", folder.join("report.html").display());
    ExitCode::from(results.exit_code())
}

fn bar() -> ProgressBar {
    let style = ProgressStyle::with_template("{bar:30} {pos}/{len} {wide_msg}");
    ProgressBar::new(0).with_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()))
}

/// A bar on a terminal, with a line for what is not as it should be; a line for each check elsewhere.
fn show(progress: Progress<'_>, bar: Option<&ProgressBar>) {
    match (progress, bar) {
        (Progress::Begins(many), Some(bar)) => bar.set_length(many as u64),
        (Progress::Begins(many), None) => eprintln!("{many} checks and probes"),
        (Progress::Ended(check), Some(bar)) => {
            bar.inc(1);
            bar.set_message(check.id.clone());
            if matches!(check.outcome, End::Fail | End::Inconclusive) {
                bar.println(format!("{:12} {}", check.outcome.name(), check.id));
            }
        }
        (Progress::Ended(check), None) => eprintln!("{:12} {}", check.outcome.name(), check.id),
        (Progress::Tidies, Some(bar)) => bar.set_message("removing what was created"),
        (Progress::Tidies, None) => eprintln!("removing what was created"),
    }
}

fn summarize(results: &Results) {
    for check in results.checks.iter().filter(|check| check.outcome == End::Fail) {
        println!("\n{}  {} ({})", check.outcome.name(), check.id, check.facts.join(", "));
        println!("  expected  {}\n  observed  {}", check.expected, check.observed);
        println!("  {}", check.curl.replace('\n', "\n  "));
        if let Some(replay) = &check.replay {
            println!("  again with: contract replay {replay}");
        }
    }
    for problem in &results.not_removed {
        println!("\nnot removed  {problem}");
    }
    let counts = [End::Pass, End::Fail, End::Skipped, End::Inconclusive];
    let counts = counts.map(|end| format!("{} {}", results.count(end), end.name())).join(", ");
    let because = if results.because.is_empty() { String::new() } else { format!(" ({})", results.because) };
    println!("\nverdict   {}{because}", results.verdict.text());
    println!("checks    {counts}");
    let known = [End::Confirmed, End::Refuted, End::Unknown];
    let known = known.map(|end| format!("{} {}", results.count(end), end.name())).join(", ");
    println!("assumed   {known}");
    println!("requests  {} in {:.1} s, seed {}", results.requests, results.seconds, results.seed);
    if !results.accounts_left.is_empty() {
        println!("accounts  {} left empty: no documented route removes one", results.accounts_left.len());
    }
}
