//! The binary: serves the mock, checks its health, prints how to reach it, or checks a seed.

use std::process::ExitCode;

use mock_server::{Cli, Command, complain, environment, healthcheck, run, seed};

/// A configuration that cannot be used, as clap's own errors end.
const USAGE: u8 = 2;

/// No healthy server, a seed with faults, or nowhere to print to.
const FAILED: u8 = 1;

fn main() -> ExitCode {
    let (command, config) = Cli::from_environment();
    let done = match command {
        Command::Serve => run(&config).map_err(|error| (error, USAGE)),
        Command::Healthcheck { wait } => healthcheck(&config, wait).map_err(|error| (error, FAILED)),
        Command::Env { format } => environment(&config, format).map_err(|error| (error, FAILED)),
        Command::Seed { what } => seed(&what).map_err(|error| (error, FAILED)),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err((error, code)) => {
            complain(&error);
            ExitCode::from(code)
        }
    }
}
