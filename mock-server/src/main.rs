//! The binary: serves the fake, checks its health, or prints how to reach it.

use std::process::ExitCode;

use mock_server::{Cli, Command, healthcheck, run};

/// A configuration that cannot be used, as clap's own errors end.
const USAGE: u8 = 2;

fn main() -> ExitCode {
    let (command, config) = Cli::from_environment();
    let done = match command {
        Command::Serve => run(&config).map_err(|error| (error, USAGE)),
        Command::Healthcheck => healthcheck(&config).map_err(|error| (error, 1)),
        Command::Env => config.environment().map(|lines| print!("{lines}")).map_err(|error| (error, USAGE)),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err((error, code)) => {
            eprintln!("error: {error}");
            ExitCode::from(code)
        }
    }
}
