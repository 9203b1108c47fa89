//! What every command begins with: the target by flags and variables, signals that end a run, and its progress.

use std::io;
use std::path::PathBuf;
use std::sync::Arc;

use clap::Args;
use contract_tests::{End, Hold, Mock, Progress, Run, Settings, Target, VariableError};
use indicatif::{ProgressBar, ProgressStyle};

use crate::console::{self, tell};
use crate::signals::EndSignals;

/// Wrong usage, configuration or set-up.
pub(crate) const USAGE: u8 = 2;
/// The suite itself failed.
pub(crate) const BROKEN: u8 = 3;
/// A signal has ended it.
pub(crate) const INTERRUPTED: u8 = 130;

/// An exit code, and what to say with it.
pub(crate) type Problem = (u8, String);

/// Flags that set variables.
#[derive(Args, Clone, Debug)]
pub(crate) struct Flags {
    /// The target (`DEFENTRY_BASE_URL`).
    #[arg(long, global = true, value_name = "URL")]
    pub(crate) base_url: Option<String>,
    /// The target's host, named again: the suite writes there (`DEFENTRY_ALLOW_WRITES`).
    #[arg(long, global = true, value_name = "HOST")]
    pub(crate) allow_writes: Option<String>,
    /// At most so many requests a second (`DEFENTRY_RATE`).
    #[arg(long, global = true, value_name = "N")]
    pub(crate) rate: Option<String>,
    /// At most so many requests in all (`DEFENTRY_BUDGET`).
    #[arg(long, global = true, value_name = "N")]
    pub(crate) budget: Option<String>,
    /// The seed of everything that is generated (`DEFENTRY_SEED`).
    #[arg(long, global = true, value_name = "N")]
    pub(crate) seed: Option<String>,
    /// How long to wait for a message, in seconds (`DEFENTRY_MESSAGE_SECONDS`).
    #[arg(long, global = true, value_name = "N")]
    pub(crate) message_seconds: Option<String>,
    /// Where reports and the ledger go (`DEFENTRY_RESULTS_DIR`).
    #[arg(long, global = true, value_name = "DIR")]
    pub(crate) results: Option<String>,
}

impl Flags {
    /// The results folder (`--results`).
    pub(crate) fn results_folder(&self) -> PathBuf {
        self.lookup("DEFENTRY_RESULTS_DIR").map_or_else(|| Settings::default().results, PathBuf::from)
    }

    /// The value of a variable, by its flag or in the environment.
    pub(crate) fn lookup(&self, variable: &str) -> Option<String> {
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

/// The target of a command.
pub(crate) struct Subject {
    pub(crate) target: Target,
    pub(crate) settings: Settings,
    /// A mock in this process where no target is named. It ends with the command.
    pub(crate) mock: Option<Mock>,
}

/// A mock in this process, and its results folder.
pub(crate) type Kept = (Option<Mock>, Option<Hold>);

impl Subject {
    pub(crate) async fn of(flags: &Flags) -> Result<Self, Problem> {
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
    pub(crate) fn opened(self) -> Result<(Arc<Run>, Kept), Problem> {
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

/// The first signal that asks the command to end, such as Ctrl-C, ends the checks and lets the run clean up; the second
/// ends it.
pub(crate) fn interruptible(run: &Arc<Run>) {
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

pub(crate) fn bar() -> ProgressBar {
    let style = ProgressStyle::with_template("{bar:30} {pos}/{len} {wide_msg}");
    ProgressBar::new(0).with_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()))
}

/// A bar on a terminal, with a line for what is not as it should be; a line for each check elsewhere.
pub(crate) fn show(progress: Progress<'_>, bar: Option<&ProgressBar>) {
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
