//! The binary: serves the mock, checks its health, or prints how to reach it.

use std::process::ExitCode;

use mock_server::{Cli, Command, complain, healthcheck, print, run};

/// A configuration that cannot be used, as clap's own errors end.
const USAGE: u8 = 2;

/// No healthy server, or nowhere to print to.
const FAILED: u8 = 1;

fn main() -> ExitCode {
    let (command, config) = Cli::from_environment();
    let done = match command {
        Command::Serve => run(&config).map_err(|error| (error, USAGE)),
        Command::Healthcheck => healthcheck(&config).map_err(|error| (error, FAILED)),
        Command::Env => {
            let lines = config.environment().map_err(|error| (error, USAGE));
            lines.and_then(|lines| print(&lines).map_err(|error| (error, FAILED)))
        }
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err((error, code)) => {
            complain(&error);
            ExitCode::from(code)
        }
    }
}
