//! The documentation of the suite, held to its sources.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

/// The names of variables that stand between two of the marks.
fn variables(text: &str, mark: char) -> BTreeSet<String> {
    let is_name = |word: &&str| {
        word.strip_prefix("DEFENTRY_").is_some_and(|rest| {
            !rest.is_empty()
                && rest.chars().all(|char| char.is_ascii_uppercase() || char.is_ascii_digit() || char == '_')
        })
    };
    text.split(mark).filter(is_name).map(str::to_owned).collect()
}

/// The sources below a folder, as one text.
fn sources(folder: &Path) -> String {
    let entries = fs::read_dir(folder).expect("a folder").map(|entry| entry.expect("an entry").path());
    let text = |path: std::path::PathBuf| {
        if path.is_dir() { sources(&path) } else { fs::read_to_string(path).expect("a text") }
    };
    entries.map(text).collect()
}

#[test]
fn the_table_has_every_variable_and_no_other() {
    let package = Path::new(env!("CARGO_MANIFEST_DIR"));
    let page = fs::read_to_string(package.join("README.md")).expect("the page");
    let (_, table) = page.split_once("| variable (flag) | meaning | default |\n").expect("the table");
    let rows = table.lines().take_while(|line| line.starts_with('|'));
    let listed: BTreeSet<String> = rows.flat_map(|row| variables(row, '`')).collect();
    assert_eq!(listed, variables(&sources(&package.join("src")), '"'));
}
