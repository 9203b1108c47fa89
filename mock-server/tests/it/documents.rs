//! The README and the fixtures, held to the mock's own tables and to the numbers that they may show.

mod routes;

use crate::harness::{KINDS, README, ROUTES, assumptions, default_of, section};
use serde_json::Value;
use std::path::Path;
use std::{env, fs};

/// Every text that holds values.
const TEXTS: [(&str, &str); 9] = [
    ("README.md", README),
    ("assumptions.json", include_str!("../../../fixtures/assumptions.json")),
    ("examples.json", include_str!("../../../fixtures/examples.json")),
    ("facts.json", include_str!("../../../fixtures/facts.json")),
    ("magic.json", include_str!("../../../fixtures/magic.json")),
    ("online.json", include_str!("../../../fixtures/online.json")),
    ("openapi.json", include_str!("../../../fixtures/openapi.json")),
    ("routes.json", include_str!("../../../fixtures/routes.json")),
    ("seed.json", include_str!("../../../fixtures/seed.json")),
];

/// The row of the README's table for an assumption of the fixture.
fn row(key: &str, entry: &Value) -> String {
    let default = default_of(key);
    let alternatives = match (&entry["values"], &entry["unit"]) {
        (Value::Array(values), _) => {
            let values = values.iter().map(|value| value["value"].as_str().expect("a value"));
            values.filter(|value| *value != default).map(|value| format!("`{value}`")).collect::<Vec<_>>().join(", ")
        }
        (_, Value::String(unit)) => format!("any number of {unit}"),
        _ => "any text".to_owned(),
    };
    format!("| `{key}` | {} | `{default}` | {alternatives} |\n", entry["question"].as_str().expect("a question"))
}

/// The parts of the README that follow from fixtures: the heading above each, the text before it and after it, and what
/// it says.
fn derived() -> [(&'static str, &'static str, &'static str, String); 4] {
    let kinds = KINDS.iter().map(|kind| kind.name).chain(["ssn"]).map(|name| format!("`{name}`"));
    let assumed = assumptions().map(|(key, entry)| row(key, entry)).collect();
    [
        ("Routes", "|---|---|---|\n", "\n[`fixtures/facts.json`]", routes::table()),
        ("Routes", "The guide does not give these bodies:\n\n", "\nNor does it give", routes::bodies()),
        ("Control routes", "Kinds: ", " |\n", kinds.collect::<Vec<_>>().join(", ")),
        ("What is assumed", "|---|---|---|---|\n", "\nTwo of them", assumed),
    ]
}

/// With `UPDATE_README` set, the test writes what has changed instead.
#[test]
fn the_readme_says_what_the_fixtures_say() {
    let mut readme = README.to_owned();
    for (heading, before, after, expected) in derived() {
        let place = |from: usize, text: &str| {
            let found = readme[from..].find(text).unwrap_or_else(|| panic!("no {text:?} under {heading}"));
            from + found
        };
        let begin = place(place(0, &format!("\n## {heading}\n")), before) + before.len();
        let end = place(begin, after);
        readme.replace_range(begin..end, &expected);
    }
    if readme == README {
        return;
    }
    assert!(
        env::var_os("UPDATE_README").is_some(),
        "README.md does not say what the fixtures say of routes, bodies, kinds or assumptions: \
         UPDATE_README=1 cargo test -p mock-server --test it the_readme_says_what_the_fixtures_say writes it"
    );
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../README.md");
    fs::write(file, readme).expect("the README can be written");
}

#[test]
fn the_readme_lists_every_route() {
    let table = section("Routes");
    for row in ROUTES.iter() {
        let path =
            row.path.strip_prefix("/api/v1/account/{account_id}").filter(|rest| !rest.is_empty()).unwrap_or(&row.path);
        let path = path.strip_prefix("/api/v1/").map_or(path, |rest| rest.trim_start_matches('/'));
        assert!(table.contains(path.trim_start_matches('/')), "the README does not list {}", row.path);
    }
}

/// Beside the values of the kinds: the guide's own examples, numbers that are published for tests or reserved for fiction, a month in
/// seconds, and a code as a text message carries it.
const NUMBERS: [&str; 18] = [
    "123456",
    "2592000",
    "19900101-1234",
    "19900101-2385",
    "010594Y9032",
    "+46701234567",
    "DE95100100101234567894",
    "DE68100100101234567895",
    "DE09100100101234567890",
    "DE52100100101234567892",
    "DE79100100101234567891",
    "4000000000009987",
    "4000000000009979",
    "4000000000000127",
    "4000000000000077",
    "4000000000000002",
    "4000000000006975",
    "4000000000000119",
];

/// The words of `text` that could be the address or number of a real person.
fn strangers(text: &str) -> Vec<&str> {
    let is_part = |char: char| char.is_ascii_alphanumeric() || "@+-._".contains(char);
    let words = text.split(|char| !is_part(char)).map(|word| word.trim_matches(['.', '-']));
    words.filter(|word| !is_reserved(word)).collect()
}

fn is_reserved(word: &str) -> bool {
    if NUMBERS.contains(&word) || KINDS.iter().any(|kind| kind.values().any(|value| value == word)) {
        return true;
    }
    if let Some((_, domain)) = word.split_once('@').filter(|(person, _)| !person.is_empty()) {
        let domains = ["example.com", "example.net", "example.org", "partner.example"];
        return domains.contains(&domain) || !domain.contains('.');
    }
    if let Some(phone) = word.strip_prefix('+') {
        let fiction = [46_701_740_605..=46_701_740_699_u64, 447_700_900_000..=447_700_900_999];
        let in_fiction = phone.parse().is_ok_and(|phone| fiction.iter().any(|range| range.contains(&phone)));
        return in_fiction || phone.len() < 7;
    }
    // Dates and times have fewer digits in a row than any number of a person; so have versions and ids.
    let longest = word.split(|char: char| !char.is_ascii_digit()).map(str::len).max().unwrap_or_default();
    longest < 6 || !word.contains(|char: char| char.is_ascii_digit())
}

/// The sources of the examples, by path from the root of the repository.
fn examples() -> Vec<(String, String)> {
    let mut files = Vec::new();
    let list = |folder: &Path| fs::read_dir(folder).expect("a folder").map(|entry| entry.expect("an entry").path());
    for folder in list(&Path::new(env!("CARGO_MANIFEST_DIR")).join("examples")) {
        for file in list(&folder) {
            if file.extension().is_some_and(|kind| ["py", "rs", "sh", "ts", "yaml"].iter().any(|code| kind == *code)) {
                let path = file.strip_prefix(env!("CARGO_MANIFEST_DIR")).expect("a file of the package");
                let text = fs::read_to_string(&file).expect("a text");
                files.push((format!("mock-server/{}", path.display()), text));
            }
        }
    }
    files
}

#[test]
fn every_example_is_short_and_listed() {
    let table = section("Examples");
    let examples = examples();
    assert!(!examples.is_empty());
    for (path, text) in examples {
        assert!(text.lines().count() <= 50, "{path} has more than fifty lines");
        let (folder, _) = path.rsplit_once('/').expect("a folder");
        assert!(table.contains(&format!("[`{folder}`]({folder})")), "the README does not list {folder}");
    }
}

#[test]
fn the_image_is_built_with_a_compiler_that_is_new_enough() {
    /// The version behind `before`.
    fn version(text: &str, before: &str) -> Vec<u32> {
        let (_, rest) = text.split_once(before).unwrap_or_else(|| panic!("no {before}"));
        let version = rest.split(|char: char| char != '.' && !char.is_ascii_digit()).next().unwrap_or_default();
        version.split('.').map(|part| part.parse().expect("a number")).collect()
    }
    let oldest = version(include_str!("../../../Cargo.toml"), "rust-version = \"");
    assert!(version(include_str!("../../../Dockerfile"), "FROM rust:") >= oldest, "{oldest:?}");
    assert_eq!(version(README, "[Rust](https://rustup.rs) "), oldest);
}

#[test]
fn no_document_shows_a_number_or_an_address_that_a_person_could_have() {
    for (name, text) in TEXTS {
        assert_eq!(strangers(text), [""; 0], "{name}");
    }
    for (path, text) in examples() {
        assert_eq!(strangers(&text), [""; 0], "{path}");
    }
    let found =
        strangers("a@gmail.com, +46701740700 19121212-1212 4000000000000010. FI2112345600000785 2026-06-15T08:30:00Z");
    assert_eq!(found, ["a@gmail.com", "+46701740700", "19121212-1212", "4000000000000010", "FI2112345600000785"]);
}
