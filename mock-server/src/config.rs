//! The configuration, from flags and environment. The doc comments are its reference, and what `--help` prints.

mod listen;
mod variables;

use std::io::{self, ErrorKind, Write};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use clap::error::{ContextKind, ContextValue};
use clap::parser::ValueSource;
use clap::{ArgMatches, Args, CommandFactory, FromArgMatches, Parser, Subcommand, ValueEnum};
use tracing_subscriber::filter::LevelFilter;

use crate::api::context::{App, Limits};
use crate::encoding;
use crate::guide::assumptions::Assumptions;
use crate::output::complain;
use crate::profile::Profile;
use crate::world::seed::Seed;
use crate::world::settings::Settings;

/// A stateful in-memory mock of the Defentry identity-protection API.
#[derive(Debug, Parser)]
#[command(name = "mock-server", version)]
pub struct Cli {
    #[command(subcommand)]
    command: Option<Command>,
    #[command(flatten)]
    config: Config,
}

/// What to do.
#[derive(Clone, Debug, Default, PartialEq, Eq, Subcommand)]
pub enum Command {
    /// Serve the mock until it is told to stop (the default).
    #[default]
    Serve,
    /// Exit with 0 if the server of the same configuration answers.
    Healthcheck {
        /// For how long to try, if it does not answer yet.
        #[arg(long, env = "MOCK_WAIT", value_name = "SECONDS", default_value_t = 0)]
        wait: u32,
    },
    /// Ask the running mock for its credentials, and print the variables that point a client, or the contract suite, at it.
    Env {
        /// The form of the variables.
        #[arg(long, env = "MOCK_FORMAT", value_name = "FORM", default_value = "shell")]
        format: VariableFormat,
    },
    /// Check a seed, or print one to begin with.
    Seed {
        /// What to do with it.
        #[command(subcommand)]
        what: SeedCommand,
    },
}

/// What to do with a seed.
#[derive(Clone, Debug, PartialEq, Eq, Subcommand)]
pub enum SeedCommand {
    /// Tell everything that is wrong with a seed, and exit with 0 if it can be used.
    Check {
        /// The seed, or `-` for standard input.
        file: PathBuf,
    },
    /// Print a small seed with comments, to begin with.
    Init,
    /// Print the JSON Schema of seeds, for editors.
    Schema,
}

/// The form in which variables are printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum VariableFormat {
    /// `export` lines of a POSIX shell, for `eval`.
    Shell,
    /// Lines of an `.env` file.
    Dotenv,
    /// Lines for the file that `$GITHUB_ENV` names.
    Github,
    /// Assignments of PowerShell.
    Powershell,
    /// A JSON object.
    Json,
}

/// Every flag has an environment variable, `MOCK_` and its name; the flag wins.
#[derive(Clone, Debug, Args)]
pub struct Config {
    /// Where to listen: an address and a port, or one of them; port 0 picks a free one.
    #[arg(long, global = true, env = "MOCK_LISTEN", value_name = "ADDR:PORT", default_value = "127.0.0.1:8650",
          value_parser = listen::listen)]
    listen: SocketAddr,

    // Kubernetes sets MOCK_PORT for a service that is called mock, so that this flag has no variable.
    /// The port to listen on, in place of that of --listen.
    #[arg(long, global = true, value_name = "PORT")]
    port: Option<u16>,

    /// Base of the links in captured messages [default: the Host header of the request that caused the message].
    #[arg(long, global = true, env = "MOCK_PUBLIC_URL", value_name = "URL", value_parser = public_url)]
    public_url: Option<Box<str>>,

    /// The world to start from and to reset to: a JSON file, `default` or `empty`.
    #[arg(long, global = true, env = "MOCK_SEED", value_name = "FILE|default|empty", default_value = "default")]
    seed: PathBuf,

    /// Save the world to this file while the server runs and when it stops, as JSON that --seed reads.
    #[arg(long, global = true, env = "MOCK_SAVE", value_name = "FILE")]
    save: Option<PathBuf>,

    /// Stop when standard input ends too, so that the server does not outlive the program that started it with a pipe.
    #[arg(long, global = true, env = "MOCK_STOP_WITH_STDIN", value_name = "BOOL", default_value = "false",
          default_missing_value = "true", num_args = 0..=1, require_equals = true,
          value_parser = boolean, action = clap::ArgAction::Set)]
    stop_with_stdin: bool,

    /// Set one assumption; repeatable, in the variable separated by commas.
    #[arg(long, global = true, env = "MOCK_ASSUME", value_name = "KEY=VALUE")]
    assume: Vec<String>,

    /// Set the assumptions that a TOML file names; --assume wins.
    #[arg(long, global = true, env = "MOCK_ASSUMPTIONS", value_name = "FILE")]
    assumptions: Option<PathBuf>,

    /// Whether an account needs an SSN when it is created (ACCOUNT-3); also read from `SSN_REQUIRED`.
    #[arg(long, global = true, env = "MOCK_SSN_REQUIRED", value_name = "BOOL", default_value = "true",
          value_parser = boolean, action = clap::ArgAction::Set)]
    ssn_required: bool,

    /// Answer every request in the standardized format (FORMAT-2); also read from `API_NORMALIZE_ALL`.
    #[arg(long, global = true, env = "MOCK_NORMALIZE_ALL", value_name = "BOOL", default_value = "false",
          default_missing_value = "true", num_args = 0..=1, require_equals = true,
          value_parser = boolean, action = clap::ArgAction::Set)]
    normalize_all: bool,

    /// How many requests the request log of each world keeps; 0 keeps none.
    #[arg(long, global = true, env = "MOCK_JOURNAL", value_name = "N", default_value_t = 1000,
          allow_negative_numbers = true, value_parser = how_many)]
    journal: usize,

    /// Draw ids, tokens, codes and links from this seed, so that they are the same in each run; anybody can guess them.
    #[arg(long, global = true, env = "MOCK_RANDOM_SEED", value_name = "N")]
    random_seed: Option<u64>,

    /// One more name of the server, for control routes, with sandboxes below it; repeatable, in the variable separated by
    /// commas.
    #[arg(long, global = true, env = "MOCK_ALLOW_HOST", value_name = "NAME", value_delimiter = ',')]
    allow_host: Vec<String>,

    /// After how many seconds without a request a sandbox ends; 0 is never.
    #[arg(long, global = true, env = "MOCK_SANDBOX_IDLE", value_name = "SECONDS", default_value_t = 86_400)]
    sandbox_idle: u64,

    /// A profile, as `contract run` writes it of another server: answer like that server where the API docs say nothing.
    #[arg(long, global = true, env = "MOCK_PROFILE", value_name = "FILE")]
    profile: Option<PathBuf>,

    /// After how many days to warn that a profile is old.
    #[arg(long, global = true, env = "MOCK_PROFILE_MAX_AGE", value_name = "DAYS", default_value_t = 180)]
    profile_max_age: u32,

    /// From which level on to log, to standard error; `pretty` and `json` mean --log-format [default: `RUST_LOG`, or info].
    #[arg(long, global = true, env = "MOCK_LOG", value_name = "off|error|warn|info", hide_possible_values = true)]
    log: Option<LogChoice>,

    /// How to write the log [default: pretty on a terminal, else json].
    #[arg(long, global = true, env = "MOCK_LOG_FORMAT", value_name = "pretty|json", hide_possible_values = true)]
    log_format: Option<LogFormat>,
}

/// The value of `--log`: a level, or a format as before there was `--log-format`.
#[derive(Clone, Copy, Debug, ValueEnum)]
enum LogChoice {
    Off,
    Error,
    Warn,
    Info,
    Pretty,
    Json,
}

/// How the log is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum LogFormat {
    /// For people.
    Pretty,
    /// One JSON object a line.
    Json,
}

/// The gateway's own names of two settings, and the flags that they stand for.
const GATEWAY_NAMES: [(&str, &str); 2] = [("SSN_REQUIRED", "ssn_required"), ("API_NORMALIZE_ALL", "normalize_all")];

impl Cli {
    /// Reads flags and environment, or ends the process with a message that names what is wrong.
    pub fn from_environment() -> (Command, Config) {
        let matches = Self::command().try_get_matches().unwrap_or_else(|error| {
            let given: Vec<String> = std::env::args().collect();
            if let Some(variable) = variable_behind(&error, &given, |name| std::env::var_os(name).is_some()) {
                // Where it cannot be written, the exit code still tells.
                let _ = writeln!(io::stderr(), "in the variable {variable}:");
            }
            end(&error)
        });
        let read = Self::from_arg_matches(&matches).and_then(|mut cli| {
            cli.config.read_gateway_names(&matches, |name| std::env::var(name).ok())?;
            Ok(cli)
        });
        match read {
            Ok(mut cli) => {
                if let Some(port) = cli.config.port {
                    cli.config.listen.set_port(port);
                }
                (cli.command.unwrap_or_default(), cli.config)
            }
            Err(error) => end(&error),
        }
    }
}

impl Config {
    fn read_gateway_names(
        &mut self,
        matches: &ArgMatches,
        variable: impl Fn(&str) -> Option<String>,
    ) -> Result<(), clap::Error> {
        for (name, argument) in GATEWAY_NAMES {
            let is_default = matches.value_source(argument).is_none_or(|source| source == ValueSource::DefaultValue);
            let Some(text) = variable(name).filter(|_| is_default) else { continue };
            let value = boolean(&text).map_err(|reason| {
                let message = format!("invalid value '{text}' for the variable {name}: {reason}\n");
                Cli::command().error(clap::error::ErrorKind::InvalidValue, message)
            })?;
            match argument {
                "ssn_required" => self.ssn_required = value,
                _ => self.normalize_all = value,
            }
        }
        Ok(())
    }

    /// Where to listen.
    pub fn listen(&self) -> SocketAddr {
        self.listen
    }

    /// Sentences about variables that look like those of the mock and are none.
    pub(crate) fn unknown_variables() -> Vec<String> {
        let set: Vec<String> = std::env::vars_os().filter_map(|(name, _)| name.into_string().ok()).collect();
        let command = Cli::command();
        let with_subcommands = std::iter::once(&command).chain(command.get_subcommands());
        let arguments = with_subcommands.flat_map(clap::Command::get_arguments);
        let known: Vec<String> = arguments.filter_map(|flag| flag.get_env()?.to_str().map(str::to_owned)).collect();
        variables::strangers(set.iter().map(String::as_str), known.iter().map(String::as_str))
    }

    /// Where to save the world, if anywhere.
    pub(crate) fn save(&self) -> Option<&Path> {
        self.save.as_deref()
    }

    /// Whether the end of standard input stops the server.
    pub(crate) fn stops_with_stdin(&self) -> bool {
        self.stop_with_stdin
    }

    /// From which level on to log, if it is said.
    pub(crate) fn log_level(&self) -> Option<LevelFilter> {
        match self.log? {
            LogChoice::Off => Some(LevelFilter::OFF),
            LogChoice::Error => Some(LevelFilter::ERROR),
            LogChoice::Warn => Some(LevelFilter::WARN),
            LogChoice::Info => Some(LevelFilter::INFO),
            LogChoice::Pretty | LogChoice::Json => None,
        }
    }

    /// How to write the log, if it is said.
    pub(crate) fn log_format(&self) -> Option<LogFormat> {
        self.log_format.or_else(|| match self.log? {
            LogChoice::Pretty => Some(LogFormat::Pretty),
            LogChoice::Json => Some(LogFormat::Json),
            LogChoice::Off | LogChoice::Error | LogChoice::Warn | LogChoice::Info => None,
        })
    }

    /// The worlds that it describes.
    ///
    /// # Errors
    /// A sentence that names the flag and what is wrong with its value.
    pub(crate) fn app(&self) -> Result<App, String> {
        let mut settings = Settings {
            ssn_required: self.ssn_required,
            normalize_all: self.normalize_all,
            assumptions: self.all_assumptions()?,
            profile: None,
            journal: self.journal,
            random_seed: self.random_seed,
        };
        if let Some(profile) = self.read_profile()? {
            settings.learn(Some(Arc::new(profile)));
        }
        let seed = Arc::new(self.read_seed()?);
        let sandbox_idle = Some(Duration::from_secs(self.sandbox_idle)).filter(|idle| !idle.is_zero());
        let limits = Limits { sandbox_idle, ..Limits::default() };
        App::new(seed, settings, self.public_url.clone(), self.allow_host.clone(), limits)
            .map_err(|error| self.about_seed(&error))
    }

    fn all_assumptions(&self) -> Result<Assumptions, String> {
        let mut assumptions = Assumptions::default();
        if let Some(file) = &self.assumptions {
            let about = |reason: String| format!("--assumptions {}: {reason}", file.display());
            let text = read_text(file).map_err(about)?;
            assumptions.set_toml(&text).map_err(|error| about(error.to_string()))?;
        }
        for pair in self.assume.iter().flat_map(|text| pairs(text)) {
            assumptions.set_pair(&pair).map_err(|error| format!("--assume {pair}: {error}"))?;
        }
        Ok(assumptions)
    }

    fn read_profile(&self) -> Result<Option<Profile>, String> {
        let Some(file) = &self.profile else { return Ok(None) };
        let about = |reason: String| format!("--profile {}: {reason}", file.display());
        let profile = Profile::parse(&read_text(file).map_err(about)?).map_err(|error| about(error.to_string()))?;
        let named = file.display();
        for note in profile.notes() {
            tracing::warn!("--profile {named}: {note}");
        }
        if let Some(days) = days_since(profile.date()).filter(|days| *days > self.profile_max_age.into()) {
            tracing::warn!("--profile {named}: it is {days} days old; run the suite against the target again");
        }
        Ok(Some(profile))
    }

    fn read_seed(&self) -> Result<Seed, String> {
        match self.seed.to_str() {
            Some("default") => Ok(Seed::default_world()),
            Some("empty") => Ok(Seed::empty_world()),
            _ if self.begins() => {
                tracing::info!(
                    "--seed {}: there is no such file yet, so that the world begins as the default seed; --save writes it",
                    self.seed.display()
                );
                Ok(Seed::default_world())
            }
            _ => {
                let text = read_text(&self.seed).map_err(|error| self.about_seed(&error))?;
                Seed::parse(&text).map_err(|error| self.about_seed(&error))
            }
        }
    }

    /// Whether this is the first run of a world that is kept in one file: it is read from there, saved there, and not there
    /// yet.
    fn begins(&self) -> bool {
        let is_missing = || std::fs::metadata(&self.seed).is_err_and(|error| error.kind() == ErrorKind::NotFound);
        let absolute = |path: &Path| std::path::absolute(path).ok();
        self.save.as_ref().is_some_and(|save| absolute(save) == absolute(&self.seed)) && is_missing()
    }

    fn about_seed(&self, reason: &dyn std::fmt::Display) -> String {
        format!("--seed {}: {reason}", self.seed.display())
    }
}

/// Prints the help, the version or an error, and ends the process. What was asked for and cannot be printed is an error.
fn end(error: &clap::Error) -> ! {
    let printed = error.print().and_then(|()| io::stdout().flush());
    let code = match printed {
        Err(reason) if !error.use_stderr() => {
            complain(&format!("standard output: {reason}"));
            1
        }
        _ => error.exit_code(),
    };
    std::process::exit(code)
}

/// The text of a file, however an editor or a shell has begun it.
pub(crate) fn read_text(file: &Path) -> Result<String, String> {
    let bytes = std::fs::read(file).map_err(|error| error.to_string())?;
    encoding::text(&bytes).map(str::to_owned).map_err(|error| format!("the file {error}"))
}

/// The pairs of a text that separates them with commas. A part without `=` goes on with the value before it: a value may
/// be a list with commas itself, as that of `removal.states` is.
fn pairs(text: &str) -> Vec<String> {
    let mut pairs: Vec<String> = Vec::new();
    for part in text.split(',') {
        match pairs.last_mut() {
            Some(pair) if !part.contains('=') => pair.extend([",", part]),
            _ => pairs.push(part.to_owned()),
        }
    }
    pairs
}

/// The variable that a value came from which clap names by its flag only.
fn variable_behind(error: &clap::Error, given: &[String], is_set: impl Fn(&str) -> bool) -> Option<String> {
    let Some(ContextValue::String(argument)) = error.get(ContextKind::InvalidArg) else { return None };
    let flag = argument.split(|char: char| char != '-' && !char.is_ascii_alphanumeric()).next()?;
    let variable = format!("MOCK_{}", flag.trim_start_matches('-').replace('-', "_").to_ascii_uppercase());
    let is_given = |argument: &String| argument.split('=').next() == Some(flag);
    (is_set(&variable) && !given.iter().any(is_given)).then_some(variable)
}

/// How many days ago a day was, as `2026-11-28`.
fn days_since(day: &str) -> Option<i64> {
    let day: jiff::civil::Date = day.parse().ok()?;
    let today = jiff::Zoned::now().with_time_zone(jiff::tz::TimeZone::UTC).date();
    Some(i64::from(day.until(today).ok()?.get_days()))
}

fn boolean(text: &str) -> Result<bool, String> {
    match text.to_ascii_lowercase().as_str() {
        "true" | "1" | "yes" | "on" => Ok(true),
        "false" | "0" | "no" | "off" => Ok(false),
        _ => Err("it is true or false".to_owned()),
    }
}

fn how_many(text: &str) -> Result<usize, String> {
    text.parse().map_err(|_| "it is how many requests are kept, a whole number from 0, which keeps none".to_owned())
}

fn public_url(text: &str) -> Result<Box<str>, String> {
    let uri: axum::http::Uri = text.parse().map_err(|_| "it is a URL, as in https://mock.example".to_owned())?;
    if !matches!(uri.scheme_str(), Some("http" | "https")) || uri.authority().is_none() || uri.query().is_some() {
        return Err("it is a URL with http or https and a host, as in https://mock.example".to_owned());
    }
    Ok(text.trim_end_matches('/').into())
}

#[cfg(test)]
mod tests;
