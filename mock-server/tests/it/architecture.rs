//! The architecture of both crates, read from their sources: a file imports only files of the layers before its own, or of
//! its own layer without a circle.

mod sources;

use std::sync::LazyLock;

use serde_json::Value;
use sources::{Crate, Import};

/// The layers of the mock, lowest first, each with the modules below `src` that it consists of.
const MOCK: &[&[&str]] = &[
    &["encoding", "output", "spelling"],
    &["guide"],
    &["model"],
    &["faults"],
    &["profile"],
    &["world"],
    &["api"],
    &["page"],
    &["control"],
    &["connection", "unread"],
    &["server"],
    &["seeds", "embed"],
    &["config"],
    &["log", "save", "ask", "banner", "seed_command"],
    &["environment"],
    &["run"],
];

/// The layers of the contract suite.
const SUITE: &[&[&str]] = &[
    &["lock", "halt", "format", "values", "kind"],
    &["documented", "matrix", "outcome", "secrets", "trust"],
    &["target", "messages", "ledger", "folder", "mock"],
    &["reader", "exchange", "recording", "profile", "drift", "pace", "retry", "client", "signature"],
    &["session", "case", "cleanup"],
    &["contract", "run"],
    &["steps"],
    &["model"],
    &["contracts"],
    &["assumptions"],
    &["learn", "verify"],
    &["results", "deviations", "comparison", "history", "report", "suite"],
    &["console", "signals"],
    &["subject"],
    &["records"],
];

/// The files of the mock that may read an assumption without recording it, because they write no documented response.
const UNRECORDED: &[&str] = &["guide/trace", "world/", "api/openapi", "control/", "embed"];

/// The files of the mock that may name a status.
const STATUSES: &[&str] = &["api/format", "api/wording", "api/dispatch", "control/", "page"];

/// Both crates, read once for all tests, each with its layers.
static CRATES: LazyLock<[(Crate, &[&[&str]]); 2]> =
    LazyLock::new(|| [(Crate::read("mock-server"), MOCK), (Crate::read("contract-tests"), SUITE)]);

fn crates() -> impl Iterator<Item = (&'static Crate, &'static [&'static [&'static str]])> {
    CRATES.iter().map(|(sources, layers)| (sources, *layers))
}

#[test]
fn every_module_has_a_layer_and_every_layer_its_modules() {
    for (sources, layers) in crates() {
        let mut listed: Vec<&str> = layers.concat();
        listed.sort_unstable();
        let mut there = sources.top_modules();
        there.sort_unstable();
        assert_eq!(there, listed, "{}: list each module of src in a layer of tests/it/architecture.rs", sources.name);
    }
}

#[test]
fn no_import_runs_back_up() {
    for (sources, layers) in crates() {
        let layer = |module: &str| {
            let top = module.split("::").next().unwrap_or_default();
            layers.iter().position(|layer| layer.contains(&top)).unwrap_or_else(|| panic!("{module} has no layer"))
        };
        let up = sources.imports().filter(|import| layer(&import.to) > layer(&import.from));
        let told: Vec<String> = up
            .map(|import| {
                format!(
                    "{} imports {}, which is a layer above: move what both need into a layer below, or pass it as an \
                     argument",
                    import.place, import.to
                )
            })
            .collect();
        assert!(told.is_empty(), "{}\n{}", sources.name, told.join("\n"));
    }
}

#[test]
fn no_files_import_each_other_in_a_circle() {
    for (sources, _) in crates() {
        if let Some(circle) = sources.circle() {
            let steps = circle.iter().map(|Import { place, to, .. }| format!("{place} imports {to}"));
            let steps: Vec<String> = steps.collect();
            panic!(
                "{}: these files import each other in a circle; move what they share into a file below all of them\n{}",
                sources.name,
                steps.join("\n")
            );
        }
    }
}

#[test]
fn assumptions_are_read_without_a_record_only_where_no_documented_response_is_written() {
    let mock = &CRATES[0].0;
    let told = mock.lines_with("unrecorded(", UNRECORDED);
    assert!(told.is_empty(), "take Assumed as an argument instead, so that the response tells it\n{}", told.join("\n"));
}

/// The facts that no line of the mock names, for it keeps to them by what it lacks, or by a rule of fields.
const UNNAMED: &[&str] = &["LOGIN-4", "LOGIN-5", "SSO-6", "ACCOUNT-2", "ACCOUNT-3", "ACCOUNT-4", "SSN-1"];

#[test]
fn every_fact_is_named_where_the_mock_follows_it() {
    let mock = &CRATES[0].0;
    let facts: Value = serde_json::from_str(include_str!("../../../fixtures/facts.json")).expect("the facts are JSON");
    for id in facts.as_array().expect("a list").iter().map(|fact| fact["id"].as_str().expect("an id")) {
        // `EMAIL-1` is `Email1`.
        let name: String =
            id.chars().take(1).chain(id[1..].to_lowercase().chars()).filter(|char| *char != '-').collect();
        let is_named = mock
            .lines_with(&name, &[])
            .iter()
            .any(|line| line.split(|char: char| !char.is_alphanumeric()).any(|word| word == name));
        assert!(
            is_named != UNNAMED.contains(&id),
            "{id}: name Fact::{name} where the mock follows it, in a row of api/routes.rs or beside a rule, so that \
             X-Mock-Basis tells it; UNNAMED lists the facts that no line follows"
        );
    }
}

#[test]
fn statuses_are_known_in_one_place() {
    let mock = &CRATES[0].0;
    let told = mock.lines_with("StatusCode::", STATUSES);
    assert!(told.is_empty(), "answer by meaning, and let api::format give it a status\n{}", told.join("\n"));
}

#[test]
fn only_one_file_of_the_suite_knows_the_mock() {
    let suite = &CRATES[1].0;
    let told = suite.lines_with("mock_server::", &["mock"]);
    assert!(told.is_empty(), "the suite knows the mock in src/mock.rs only\n{}", told.join("\n"));
}

#[test]
fn a_circle_and_an_import_that_runs_back_up_are_found() {
    let sources = Crate::of(
        "example",
        &[
            ("low", "use crate::high::Thing;\n"),
            ("high", "mod part;\nfn f() { crate::low::g(); }\n"),
            ("high::part", "use super::Thing;\n#[cfg(test)]\nmod tests { use crate::other::X; }\n"),
            ("other", "/// crate::low is not imported.\nfn f() { json!(crate::high::part::F) }\n"),
            ("table", "mod row;\nmacro_rules! rows { () => { row::Row } }\n"),
            ("table::row", "use crate::low;\n"),
        ],
    );
    let mut imports: Vec<(&str, &str)> = sources.imports().map(|import| (&*import.from, &*import.to)).collect();
    imports.sort_unstable();
    assert_eq!(
        imports,
        [
            ("high", "low"),
            ("high::part", "high"),
            ("low", "high"),
            ("other", "high::part"),
            ("table", "table::row"),
            ("table::row", "low"),
        ]
    );
    assert_eq!(sources.circle().map(|circle| circle.len()), Some(2));
}
