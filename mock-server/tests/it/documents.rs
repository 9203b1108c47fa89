//! The pages of the documentation and the fixtures, held to the mock's own tables, to each other, and to the numbers that
//! they may show.

mod control;
mod generated;
mod links;
mod routes;

use std::fs;
use std::path::Path;

use crate::harness::{KINDS, page, pages};

/// Every fixture that holds values.
const FIXTURES: [(&str, &str); 10] = [
    ("assumptions.json", include_str!("../../../fixtures/assumptions.json")),
    ("examples.json", include_str!("../../../fixtures/examples.json")),
    ("facts.json", include_str!("../../../fixtures/facts.json")),
    ("magic.json", include_str!("../../../fixtures/magic.json")),
    ("online.json", include_str!("../../../fixtures/online.json")),
    ("openapi.json", include_str!("../../../fixtures/openapi.json")),
    ("routes.json", include_str!("../../../fixtures/routes.json")),
    ("seed.json", include_str!("../../../fixtures/seed.json")),
    ("seed-example.json", include_str!("../../../fixtures/seed-example.json")),
    ("seed.schema.json", include_str!("../../../fixtures/seed.schema.json")),
];

#[test]
fn the_front_page_is_read_at_once() {
    let lines = page("README.md").lines().count();
    assert!(lines <= 150, "README.md has {lines} lines, and what is more than 150 belongs in a page of docs/");
}

/// Beside the values of the kinds: the guide's own examples, numbers that are published for tests or reserved for fiction, a month in
/// seconds, a code as a text message carries it, and the highest number of 32 bits.
const NUMBERS: [&str; 19] = [
    "4294967295",
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
    let table = page("docs/languages.md");
    let examples = examples();
    assert!(!examples.is_empty());
    for (path, text) in examples {
        assert!(text.lines().count() <= 50, "{path} has more than fifty lines");
        let (folder, _) = path.rsplit_once('/').expect("a folder");
        assert!(table.contains(&format!("](../{folder})")), "docs/languages.md has no link to {folder}");
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
    assert_eq!(version(&page("README.md"), "[Rust](https://rustup.rs) "), oldest);
}

#[test]
fn no_document_shows_a_number_or_an_address_that_a_person_could_have() {
    for (name, text) in FIXTURES {
        assert_eq!(strangers(text), [""; 0], "{name}");
    }
    for name in pages() {
        assert_eq!(strangers(&page(&name)), [""; 0], "{name}");
    }
    for (path, text) in examples() {
        assert_eq!(strangers(&text), [""; 0], "{path}");
    }
    let found =
        strangers("a@gmail.com, +46701740700 19121212-1212 4000000000000010. FI2112345600000785 2026-06-15T08:30:00Z");
    assert_eq!(found, ["a@gmail.com", "+46701740700", "19121212-1212", "4000000000000010", "FI2112345600000785"]);
}
