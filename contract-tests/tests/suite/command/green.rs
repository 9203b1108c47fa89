//! The way to green on a target that deviates: the list of what is known, and runs held against each other.

use std::path::Path;

use mock_server::MockServer;
use serde_json::{Value, json};

use super::{contract, ended, folder, results};
use crate::proxy::{self, Wrong, back};

/// A server whose lists of leaks are always a failure.
const NO_LEAKS: Wrong = back(|asked, answered, _| {
    if asked.method == "GET" && asked.path.ends_with("/leaks") {
        answered.status = 500;
    }
});

fn read(file: &Path) -> Value {
    serde_json::from_str(&std::fs::read_to_string(file).expect("the file is there")).expect("JSON")
}

#[tokio::test]
async fn a_target_that_deviates_is_green_with_its_list_and_red_with_anything_else() {
    let mock = MockServer::start().await;
    let server = proxy::start(proxy::client(), mock.base_url(), &[NO_LEAKS]).await;
    let folder = folder("deviations");
    std::fs::create_dir_all(&folder).expect("a folder");
    let file = folder.join("deviations.json");
    let run = |base_url: &str, seed: &str, more: &[&str]| {
        let mut command = contract(Some(base_url), &folder, &["run", "--seed", seed, "--deviations"]);
        // Which sequences of the model show a failure is drawn from the seed.
        command.arg(&file).args(more).env("DEFENTRY_CASES", "0");
        ended(command)
    };
    let (code, text) = run(&server.url, "3", &[]).await;
    assert!(code == 2 && text.contains("--deviations-update writes it"), "{text}");

    let (code, text) = run(&server.url, "3", &["--deviations-update"]).await;
    assert_eq!(code, 0, "{text}");
    assert!(text.contains("entries added") && text.contains("entries want one: "), "{text}");
    let written = read(&file);
    let entries = written["entries"].as_array().expect("a list");
    let leaks =
        entries.iter().find(|entry| entry["check"] == "leaks.of_an_email").unwrap_or_else(|| panic!("{written}"));
    assert!(leaks["signature"].as_str().expect("text").starts_with("500 to GET /api/v1/"), "{leaks}");
    assert_eq!((&leaks["kind"], &leaks["reason"]), (&json!("target-deviates"), &json!("")));
    assert!(entries.iter().any(|entry| entry["kind"] == "not-testable-here"), "{written}");

    // Another seed, other accounts, the same deviations.
    let before = std::fs::read(&file).expect("the file");
    let (code, text) = run(&server.url, "1000", &[]).await;
    assert_eq!(code, 0, "{text}\n{written:#}");
    assert!(text.contains("verdict   known deviations only") && text.contains(": 0 new, "), "{text}");
    assert_eq!(std::fs::read(&file).expect("the file"), before, "a run that is not asked to does not write");
    let told = results(&folder);
    assert_eq!((&told["verdict"], &told["deviations"]["new"]), (&json!("known-deviations"), &json!([])));
    let junit = std::fs::read_to_string(folder.join("junit.xml")).expect("junit.xml is written");
    assert!(
        !junit.contains("<failure") && !junit.contains("<error") && junit.contains("name=\"deviation\""),
        "{junit}"
    );

    // On a server that has been mended the entries excuse nothing, until they are taken out.
    let only = ["--only", "leaks.of_an_email"];
    let (code, text) = run(mock.base_url(), "3", &only).await;
    assert!(code == 1 && text.contains("verdict   outdated deviations"), "{text}");
    let id = leaks["id"].as_str().expect("text");
    assert!(text.contains(&format!("delete entry {id}: leaks.of_an_email")), "{text}");
    let (code, text) = run(mock.base_url(), "3", &[&only[..], &["--deviations-prune"]].concat()).await;
    assert!(code == 4 && text.contains("taken out"), "{text}");
    let left = read(&file);
    assert!(left["entries"].as_array().expect("a list").iter().all(|entry| entry["id"] != *id), "{left}");
}

#[tokio::test]
async fn a_list_with_a_mistake_ends_the_run_before_it_begins() {
    let folder = folder("mistakes");
    std::fs::create_dir_all(&folder).expect("a folder");
    let file = folder.join("deviations.json");
    let entry = r#"{"check": "login.crn", "signature": "S", "kind": "target-deviates", "reason": ""}"#;
    std::fs::write(&file, format!("{{\"deviations\": 1, \"entries\": [\n{entry}\n]}}")).expect("a file");
    let mut command = contract(Some("http://127.0.0.1:9"), &folder, &["run", "--deviations"]);
    command.arg(&file);
    let (code, text) = ended(command).await;
    assert!(
        code == 2 && text.contains("json:2: entries[0].check") && text.contains("did you mean \"login.crm\""),
        "{text}"
    );
    assert!(!folder.join("results.json").exists(), "{text}");
    for flags in [&["--deviations-update"][..], &["--deviations-prune"], &["--strict"]] {
        let (code, text) = ended(contract(None, &folder, &[&["run"], flags].concat())).await;
        assert!(code == 2 && text.contains("--deviations <FILE>"), "{text}");
    }
}

/// The results of a run in a folder of its own, in short.
fn write(folder: &Path, name: &str, outcome: &str, ids: &str, guide: &str) -> String {
    let check = |id: &str, outcome: &str| {
        json!({
            "id": id, "facts": ["LOGIN-1"], "level": "documented", "outcome": outcome, "reason": "", "expected": "",
            "observed": "", "curl": "", "milliseconds": 1,
        })
    };
    let checks = [check("login.crm.legacy", outcome), check("login.crm.standardized", "pass")];
    let assumption = |observed: &str| json!({ "default": "x", "observed": observed, "question": "", "reason": "" });
    let run = json!({
        "schema": 1, "suite": "0", "guide": guide, "verdict": "partial", "because": "nothing more",
        "started_at": "2026-11-29T00:00:00Z", "seconds": 1.0, "seed": 1, "target": { "base_url": "http://a.example" },
        "requests": 1, "checks": checks, "facts": [], "matrix": [], "accounts_left": [], "not_removed": [],
        "assumptions": { "add.status": assumption(if ids == "uuid" { "201" } else { "200" }), "id.form": assumption(ids) },
    });
    let results = folder.join(name);
    std::fs::create_dir_all(&results).expect("a folder");
    std::fs::write(results.join("results.json"), run.to_string()).expect("a file");
    results.display().to_string()
}

#[tokio::test]
async fn two_runs_are_held_against_each_other() {
    let folder = folder("compare");
    let old = write(&folder, "old", "pass", "uuid", "g");
    let new = write(&folder, "new", "pass", "integer", "g");
    let untold = write(&folder, "untold", "skipped", "uuid", "g");
    let other = write(&folder, "other", "pass", "uuid", "h");
    std::fs::write(folder.join("list.json"), r#"{"deviations": 1, "entries": []}"#).expect("a file");
    let list = folder.join("list.json").display().to_string();
    let file = format!("{new}/results.json");
    let cases = [
        (&old, &old, 0, "nothing that a client would notice has moved"),
        (&old, &file, 1, "id.form: uuid → integer\nadd.status: 201 → 200\n"),
        (&old, &other, 2, "not of the same guide"),
        (&old, &list, 2, "holds no results of `contract run`"),
        (&old, &format!("{old}/nothing"), 2, "nothing: "),
        (&untold, &old, 0, "tested in one of the two only"),
    ];
    for (one, other, expected, words) in cases {
        let (code, text) = ended(contract(None, &folder, &["compare", one, other])).await;
        assert!(code == expected && text.contains(words), "{one} {other} ends with {code}\n{text}");
    }
}

#[tokio::test]
async fn the_run_before_is_kept_and_what_has_moved_since_is_told() {
    let mock = MockServer::start().await;
    let server = proxy::start(proxy::client(), mock.base_url(), &[NO_LEAKS]).await;
    let folder = folder("since");
    let only = ["run", "--seed", "3", "--only", "leaks.of_an_email", "--only", "login.crm"];
    let (_, text) = ended(contract(Some(mock.base_url()), &folder, &only)).await;
    assert!(!text.contains("moved"), "{text}");
    let before = results(&folder);
    let (code, text) = ended(contract(Some(&server.url), &folder, &only)).await;
    assert!(code == 1 && text.contains("moved     LEAKS") || text.contains("moved     EMAIL"), "{text}");
    assert_eq!(read(&folder.join("results.previous.json")), before);
    let html = std::fs::read_to_string(folder.join("report.html")).expect("report.html is written");
    assert!(html.contains("Since the run before") && html.contains("holds → fails: 500 to GET"), "{html}");
    // A run that cannot tell is no failure of the target, in any report.
    let mut command = contract(Some(mock.base_url()), &folder, &only[..5]);
    command.env("DEFENTRY_BUDGET", "12");
    let (code, text) = ended(command).await;
    assert!(code == 4 || code == 2, "{text}");
    let junit = std::fs::read_to_string(folder.join("junit.xml")).expect("junit.xml is written");
    assert!(!junit.contains("<error") && junit.contains("<skipped message=\"inconclusive: "), "{junit}");
    assert!(junit.contains("<property name=\"facts\" value=\"EMAIL-1"), "{junit}");
}
