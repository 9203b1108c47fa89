//! The commands about seeds: to check one, to begin one, and the JSON Schema of all.

use std::io::{self, Read};
use std::path::Path;

use crate::config::{SeedCommand, read_text};
use crate::encoding;
use crate::output::print;
use crate::seeds::{check_seed, example_seed, seed_schema};

/// Does what a command says.
///
/// # Errors
/// All faults of a seed, or a sentence that says why something could not be read or printed.
pub fn seed(command: &SeedCommand) -> Result<(), String> {
    match command {
        SeedCommand::Check { file } => check_file(file),
        SeedCommand::Init => print(example_seed()),
        SeedCommand::Schema => print(&seed_schema()),
    }
}

fn check_file(file: &Path) -> Result<(), String> {
    let text = if file == Path::new("-") { read_input() } else { read_text(file) };
    let text = text.map_err(|error| format!("{}: {error}", file.display()))?;
    let notes = check_seed(&text).map_err(|error| format!("{}: {error}", file.display()))?;
    let notes: String = notes.iter().map(|note| format!("note: {note}\n")).collect();
    print(&format!("{notes}{}: this seed can be used\n", file.display()))
}

fn read_input() -> Result<String, String> {
    let mut bytes = Vec::new();
    io::stdin().read_to_end(&mut bytes).map_err(|error| error.to_string())?;
    encoding::text(&bytes).map(str::to_owned).map_err(|error| format!("the text {error}"))
}
