//! `seed check`, `seed init` and `seed schema`.

use std::io::Write;
use std::process::{Output, Stdio};

use serde_json::json;

use crate::harness::{Folder, Running, binary, texts};

/// The output of a command that reads this text.
fn given(arguments: &[&str], text: &str) -> Output {
    let mut child = binary(arguments).stdin(Stdio::piped()).spawn().expect("it runs");
    child.stdin.take().expect("a pipe").write_all(text.as_bytes()).expect("it reads");
    child.wait_with_output().expect("it ends")
}

#[tokio::test]
async fn the_seed_to_begin_with_passes_the_check_and_makes_a_world() {
    let folder = Folder::new("seed-init");
    let file = folder.join("seed.json");
    let (code, seed, error) = texts(&binary(&["seed", "init"]).output().expect("it runs"));
    assert_eq!(code, Some(0), "{error}");
    std::fs::write(&file, &seed).expect("a file");
    for output in [binary(&["seed", "check", &file]).output().expect("it runs"), given(&["seed", "check", "-"], &seed)]
    {
        let (code, out, error) = texts(&output);
        assert_eq!(code, Some(0), "{error}");
        assert!(out.ends_with(": this seed can be used\n"), "{out}");
    }
    let running = Running::start(binary(&["--listen", "127.0.0.1:0", "--seed", &file]));
    let client = reqwest::Client::new();
    let get = |path: &str| client.get(format!("{}{path}", running.url)).bearer_auth("2|mock-app-token").send();
    // Its item that is pending is confirmed by its link, and of its two alarms one is closed.
    assert_eq!(get("/_confirm/email-2").await.expect("an answer").status(), 200);
    let read = |answer: reqwest::Response| answer.json::<serde_json::Value>();
    let emails = read(get("/api/v1/email-watchlist").await.expect("an answer")).await.expect("JSON");
    assert!(!emails.to_string().contains("\"is_confirmed\":false"), "{emails}");
    let alarms = read(get("/api/v1/alarms").await.expect("an answer")).await.expect("JSON").to_string();
    assert_eq!((alarms.matches("OPEN").count(), alarms.matches("CLOSED").count()), (1, 1), "{alarms}");
}

#[test]
fn a_seed_with_faults_is_told_all_of_them() {
    let seed = json!({
        "version": 1,
        "accounts": [{ "profile": { "first_name": "Jane", "email": "jane" }, "phone": [] }],
        "leaks": [{ "kind": "iban", "value": "SE00" }],
    });
    let (code, out, error) = texts(&given(&["seed", "check", "-"], &seed.to_string()));
    assert_eq!((code, out.as_str()), (Some(1), ""));
    for fault in [
        "error: -: it has 4 faults:",
        "\n  accounts[0].profile.last_name: the last name field is required; for example",
        "\n  accounts[0].profile.email: the email field must be a valid email address; for example",
        "\n  accounts[0].phone: unknown field; did you mean phones?",
        "\n  leaks[0].value: the value format is invalid for an IBAN; for example",
    ] {
        assert!(error.contains(fault), "{fault}: {error}");
    }
    let (code, _, error) = texts(&binary(&["seed", "check", "/nowhere.json"]).output().expect("it runs"));
    assert_eq!(code, Some(1));
    assert!(error.contains("/nowhere.json: No such file"), "{error}");
}

#[test]
fn a_plan_that_nobody_knows_is_noted() {
    let seed = json!({
        "version": 1,
        "accounts": [{ "profile": { "first_name": "J", "last_name": "R", "email": "j@example.com", "plan_id": 9 } }],
    });
    let (code, out, error) = texts(&given(&["seed", "check", "-"], &seed.to_string()));
    assert_eq!(code, Some(0), "{error}");
    assert!(out.starts_with("note: accounts[0].profile.plan_id: 9 is none of the plans of this seed"), "{out}");
}

#[test]
fn the_schema_is_that_of_the_fixture() {
    let (code, out, error) = texts(&binary(&["seed", "schema"]).output().expect("it runs"));
    assert_eq!(code, Some(0), "{error}");
    assert!(out == include_str!("../../../../fixtures/seed.schema.json"));
}
