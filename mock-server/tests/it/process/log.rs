//! The log and standard output: readers that are gone, stuck or full hold nothing up, and end nothing.

use std::fs::File;
use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};

use serde_json::{Value, json};

use crate::harness::{APP, Folder, Running, binary, in_shell, texts};

/// Breaks the log of a server that has started.
type Break = fn(&mut Running);

fn full() -> Stdio {
    File::create("/dev/full").expect("a device that is always full").into()
}

#[tokio::test]
async fn a_log_that_cannot_be_written_ends_no_request_and_not_the_server() {
    let folder = Folder::new("log-broken");
    let save = &folder.join("world.json");
    let arguments = ["--listen", "127.0.0.1:0", "--save", save];
    let mut to_full = binary(&arguments);
    to_full.stderr(full());
    let together = in_shell(r#"exec "$0" "$@" 2>&1"#, &arguments);
    let cases: [(&str, Command, Break); 3] = [
        ("2>/dev/full", to_full, |_| {}),
        ("2> >(true)", binary(&arguments), |running| drop(running.child.stderr.take())),
        ("2>&1 | head -1", together, |running| drop(running.child.stdout.take())),
    ];
    for (name, command, break_log) in cases {
        let mut running = Running::start(command);
        break_log(&mut running);
        let client = reqwest::Client::new();
        for number in 0..5 {
            let added = client.post(format!("{}/api/v1/email-watchlist", running.url)).bearer_auth(APP);
            let added = added.json(&json!({ "email": format!("number{number}@example.com") })).send().await;
            assert_eq!(added.expect(name).status(), 201, "{name}");
        }
        assert_eq!(running.end_by("TERM").0, Some(0), "{name}");
        let saved = std::fs::read_to_string(save).expect("it was saved");
        assert!(saved.contains("number4@example.com"), "{name}");
        std::fs::remove_file(save).expect("it was saved");
    }
}

/// Fills the log with lines of 60 KB each, of paths of words that no mask hides.
async fn flood(running: &Running, requests: u64) {
    let url = format!("{}/_mock{}", running.url, "/email-watchlist".repeat(4_000));
    let client = reqwest::Client::new();
    for _ in 0..requests {
        assert_eq!(client.get(&url).send().await.expect("an answer").status(), 404);
    }
}

#[tokio::test]
async fn lines_that_are_not_read_in_time_are_lost_and_their_number_is_told() {
    let mut running = Running::start(binary(&["--listen", "127.0.0.1:0", "--log", "json"]));
    // More than a pipe and the room for waiting lines hold.
    let sent = 150;
    flood(&running, sent).await;
    let log = BufReader::new(running.child.stderr.take().expect("a pipe"));
    let (mut written, mut lost) = (0, 0);
    for line in log.lines() {
        let line: Value = serde_json::from_str(&line.expect("a line")).expect("one JSON object a line");
        match line["message"].as_str().expect("a message") {
            "control" => written += 1,
            message if message.starts_with("lines of the log were lost") => {
                assert_eq!(line["level"], "ERROR");
                lost += line["lines"].as_u64().expect("a number");
                // The rest of the log is told by a server that goes on.
                if written + lost == sent {
                    break;
                }
            }
            _ => {}
        }
    }
    assert!(lost > 0);
    assert_eq!(written + lost, sent);
    assert_eq!(running.end_by("TERM").0, Some(0));
}

#[tokio::test]
async fn a_log_that_is_never_read_does_not_hold_up_the_end_nor_an_error_there() {
    let folder = Folder::new("log-unread");
    let save = &folder.join("world.json");
    for (signal, code) in [("TERM", 0), ("INT", 0), ("HUP", 2)] {
        let mut running = Running::start(binary(&["--listen", "127.0.0.1:0", "--save", save]));
        let unread = running.child.stderr.take();
        // More than a pipe holds.
        flood(&running, 10).await;
        if code != 0 {
            std::fs::remove_file(save).expect("it was saved");
            std::fs::create_dir(save).expect("a folder");
        }
        assert_eq!(running.end_by(signal).0, Some(code), "{signal}");
        drop(unread);
    }
}

#[test]
fn what_cannot_be_printed_is_an_error() {
    for arguments in [&["seed", "init"] as &[&str], &["--help"], &["--version"]] {
        let output = binary(arguments).stdout(full()).output().expect("it runs");
        let (code, _, error) = texts(&output);
        assert_eq!(code, Some(1), "{arguments:?}: {error}");
        assert!(error.starts_with("error: standard output: No space left"), "{arguments:?}: {error}");
    }
    for arguments in [["serve", "--seed", "/nowhere.json"], ["env", "--log", "loud"]] {
        let output = binary(&arguments).stderr(full()).output().expect("it runs");
        assert_eq!(texts(&output), (Some(2), String::new(), String::new()), "{arguments:?}");
    }
}

#[tokio::test]
async fn level_and_format_are_chosen_by_flag_variable_and_rust_log() {
    /// The lines that a case leaves: none, those of requests, and in which format.
    const NONE: (bool, bool) = (false, false);
    const PRETTY: (bool, bool) = (true, false);
    const JSON: (bool, bool) = (true, true);
    let cases: [(&[&str], &[(&str, &str)], (bool, bool)); 15] = [
        (&[], &[], JSON),
        (&["--log", "off"], &[], NONE),
        (&["--log", "error"], &[], NONE),
        (&["--log", "warn"], &[], NONE),
        (&["--log", "info"], &[], JSON),
        (&["--log", "pretty"], &[], PRETTY),
        (&["--log", "json"], &[], JSON),
        (&["--log-format", "pretty"], &[], PRETTY),
        (&["--log", "json", "--log-format", "pretty"], &[], PRETTY),
        (&[], &[("MOCK_LOG", "off")], NONE),
        (&["--log", "info"], &[("MOCK_LOG", "off"), ("MOCK_LOG_FORMAT", "pretty")], PRETTY),
        (&[], &[("RUST_LOG", "warn")], NONE),
        (&["--log", "pretty"], &[("RUST_LOG", "mock_server=off,info")], NONE),
        (&[], &[("RUST_LOG", "mock_server=info")], JSON),
        (&["--log", "info"], &[("RUST_LOG", "off")], JSON),
    ];
    for (flags, variables, (is_logged, is_json)) in cases {
        let mut command = binary(&["--listen", "127.0.0.1:0"]);
        command.args(flags).envs(variables.iter().copied());
        let running = Running::start(command);
        let health = reqwest::get(format!("{}/_mock/health", running.url)).await.expect("an answer");
        assert_eq!(health.status(), 200);
        let (code, log) = running.end_by("TERM");
        assert_eq!(code, Some(0), "{log}");
        assert_eq!(log.contains("/_mock/health"), is_logged, "{flags:?} {variables:?}: {log}");
        assert_eq!(log.is_empty(), !is_logged, "{flags:?} {variables:?}: {log}");
        assert_eq!(log.starts_with('{'), is_json, "{flags:?} {variables:?}: {log}");
    }
}

#[tokio::test]
async fn the_log_says_why_a_control_request_was_refused_and_which_sandbox_is_not_there() {
    let running = Running::start(binary(&["--listen", "127.0.0.1:0", "--log-format", "json"]));
    let client = reqwest::Client::new();
    let reset = client.post(format!("{}/_mock/reset", running.url)).header("origin", "https://evil.example");
    assert_eq!(reset.send().await.expect("an answer").status(), 403);
    let list = client.get(format!("{}/api/v1/alarms", running.url)).header("x-mock-sandbox", "none");
    assert_eq!(list.send().await.expect("an answer").status(), 404);
    let (_, log) = running.end_by("TERM");
    let hint = |path: &str| -> String {
        let line = log.lines().find(|line| line.contains(path)).unwrap_or_else(|| panic!("no {path} in {log}"));
        let line: Value = serde_json::from_str(line).expect("JSON");
        line["hint"].as_str().unwrap_or_else(|| panic!("no reason in {line}")).to_owned()
    };
    assert_eq!(hint("/_mock/reset"), "a web page of another origin cannot use the control routes");
    assert!(hint("/api/v1/alarms").starts_with("there is no sandbox \"none\""), "{log}");
}
