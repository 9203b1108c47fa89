//! The binary: what it prints, how it ends, and what it says to a wrong configuration.

mod connections;
mod encoding;
mod env;
mod log;
mod profile;
mod save;
mod seeds;
mod start;

use crate::harness::{Running, binary, in_shell, texts};

#[tokio::test]
async fn it_says_where_it_listens_answers_and_ends_in_order_at_each_signal() {
    for signal in ["INT", "TERM", "HUP"] {
        let running = Running::start(binary(&["--listen", "127.0.0.1:0", "--log", "json"]));
        let url = format!("{}/api/v1/email-watchlist", running.url);
        let client = reqwest::Client::new();
        let answer = client.get(&url).bearer_auth("2|mock-app-token").send().await.expect("an answer");
        assert_eq!(answer.status(), 200);
        // A connection that is kept alive and idle does not hold the end up.
        let (code, log) = running.end_by(signal);
        assert_eq!(code, Some(0), "{signal}: {log}");
        let request = log.lines().find(|line| line.contains("email-watchlist")).expect("a line for the request");
        let record: serde_json::Value = serde_json::from_str(request).expect("one JSON object a line");
        assert_eq!((&record["method"], &record["status"]), (&"GET".into(), &200.into()));
        assert!(!log.contains("mock-app-token"), "{log}");
        assert!(log.contains(&format!(r#""signal":"SIG{signal}""#)), "{log}");
    }
}

#[test]
fn it_stops_when_its_input_ends_where_that_is_asked_for() {
    for (flag, stops) in [("--stop-with-stdin", true), ("--stop-with-stdin=false", false)] {
        let mut command = binary(&["--listen", "127.0.0.1:0", "--log-format", "json", flag]);
        command.stdin(std::process::Stdio::piped());
        let mut running = Running::start(command);
        drop(running.child.stdin.take().expect("a pipe"));
        let (code, log) = if stops { running.end() } else { running.end_by("TERM") };
        assert_eq!(code, Some(0), "{flag}: {log}");
        assert_eq!(log.contains("standard input has ended"), stops, "{flag}: {log}");
    }
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn a_hangup_that_it_was_started_to_ignore_does_not_end_it() {
    let running =
        Running::start(in_shell(r#"trap '' HUP; exec "$0" "$@""#, &["--listen", "127.0.0.1:0", "--log", "json"]));
    running.signal("HUP");
    let health = reqwest::get(format!("{}/_mock/health", running.url)).await.expect("an answer");
    assert_eq!(health.status(), 200);
    let (code, log) = running.end_by("TERM");
    assert_eq!(code, Some(0), "{log}");
    assert!(log.contains("SIGTERM") && !log.contains("SIGHUP"), "{log}");
}

#[tokio::test]
async fn it_does_not_wait_for_those_who_wait_for_messages() {
    let running = Running::start(binary(&["--listen", "127.0.0.1:0", "--log", "json"]));
    let client = reqwest::Client::new();
    let wait = client.get(format!("{}/_mock/outbox?wait=60", running.url)).send();
    let waiting = tokio::spawn(wait);
    // The second answer shows that the first request is under way, for both go to one server in order of sending.
    let health = client.get(format!("{}/_mock/health", running.url)).send().await.expect("an answer");
    assert_eq!(health.status(), 200);
    let ended = tokio::task::spawn_blocking(|| running.end_by("TERM")).await.expect("no panic");
    assert_eq!(ended.0, Some(0), "{}", ended.1);
    assert!(!ended.1.contains("did not end in time"), "{}", ended.1);
    // The waiting request was answered, or had not been taken up yet.
    if let Ok(answer) = waiting.await.expect("no panic") {
        assert_eq!(answer.status(), 200);
    }
}

#[tokio::test]
async fn it_does_not_wait_for_an_answer_that_a_fault_holds_back() {
    let running = Running::start(binary(&["--listen", "127.0.0.1:0", "--log", "json"]));
    let client = reqwest::Client::new();
    let fault = serde_json::json!({ "kind": "latency", "milliseconds": 60_000 });
    client.post(format!("{}/_mock/faults", running.url)).json(&fault).send().await.expect("an answer");
    let list = client.get(format!("{}/api/v1/email-watchlist", running.url)).bearer_auth("2|mock-app-token");
    let waiting = tokio::spawn(list.send());
    loop {
        let journal = client.get(format!("{}/_mock/requests", running.url)).send().await.expect("an answer");
        if journal.text().await.expect("text").contains("latency") {
            break;
        }
    }
    let ended = tokio::task::spawn_blocking(|| running.end_by("TERM")).await.expect("no panic");
    assert_eq!(ended.0, Some(0), "{}", ended.1);
    assert!(!ended.1.contains("did not end in time"), "{}", ended.1);
    assert_eq!(waiting.await.expect("no panic").expect("it is let go").status(), 200);
}

#[tokio::test]
async fn requests_that_keep_the_page_up_to_date_are_not_in_the_log() {
    let running = Running::start(binary(&["--listen", "127.0.0.1:0", "--log", "json"]));
    let client = reqwest::Client::new();
    for (path, is_page) in [("changes", true), ("accounts", true), ("outbox", false)] {
        let request = client.get(format!("{}/_mock/{path}", running.url));
        let request = if is_page { request.header("x-mock-page", "1") } else { request };
        assert_eq!(request.send().await.expect("an answer").status(), 200);
    }
    let reset = client.post(format!("{}/_mock/reset", running.url)).header("x-mock-page", "1");
    assert_eq!(reset.send().await.expect("an answer").status(), 200);
    let (_, log) = running.end_by("TERM");
    let logged = |path: &str| log.contains(&format!("/_mock/{path}"));
    assert_eq!(["changes", "accounts", "outbox", "reset"].map(logged), [false, false, true, true], "{log}");
}

#[test]
fn the_health_check_tells_whether_it_answers() {
    let running = Running::start(binary(&["--listen", "127.0.0.1:0"]));
    let address = running.address().to_owned();
    let check = || binary(&["healthcheck", "--listen", &address]).output().expect("it runs");
    assert_eq!(check().status.code(), Some(0));
    drop(running);
    let (code, _, error) = texts(&check());
    assert_eq!(code, Some(1));
    assert!(error.contains(&address), "{error}");
}

#[tokio::test]
async fn flags_win_over_variables_and_variables_over_defaults() {
    let mut command = binary(&["--listen", "127.0.0.1:0", "--normalize-all"]);
    command.env("MOCK_LISTEN", "127.0.0.1:1").env("MOCK_NORMALIZE_ALL", "false").env("SSN_REQUIRED", "false");
    let running = Running::start(command);
    let told = reqwest::get(format!("{}/_mock/credentials", running.url)).await.expect("an answer");
    let told: serde_json::Value = told.json().await.expect("JSON");
    assert_eq!((&told["normalize_all"], &told["ssn_required"]), (&true.into(), &false.into()));
}

#[test]
fn a_setting_that_cannot_be_used_stops_the_start_and_is_named() {
    let cases: [(&[&str], &[(&str, &str)], &[&str]); 13] = [
        (&["--listen", "here"], &[], &["--listen", "here"]),
        (&[], &[("MOCK_LISTEN", "here")], &["MOCK_LISTEN", "here"]),
        (&[], &[("MOCK_NORMALIZE_ALL", "perhaps")], &["MOCK_NORMALIZE_ALL", "perhaps"]),
        (&["--assume", "add.stats=200"], &[], &["add.stats", "add.status"]),
        (&["--assume", "add.status=202"], &[], &["add.status", "201, 200"]),
        (&["--assumptions", "/nowhere.toml"], &[], &["--assumptions /nowhere.toml"]),
        (&["--seed", "/nowhere.json"], &[], &["--seed /nowhere.json"]),
        (&[], &[("API_NORMALIZE_ALL", "perhaps")], &["API_NORMALIZE_ALL", "perhaps"]),
        (&["--journal", "many"], &[], &["--journal", "many"]),
        (&["--log", "loud"], &[], &["--log", "loud", "off", "error", "warn", "info"]),
        (&["--log-format", "xml"], &[], &["--log-format", "xml", "pretty", "json"]),
        (&["--log-format", "json"], &[("MOCK_LOG", "loud")], &["MOCK_LOG:", "loud", "off"]),
        (&[], &[("RUST_LOG", "a=b=c")], &["RUST_LOG", "a=b=c", "--log off|error|warn|info"]),
    ];
    for (arguments, variables, expected) in cases {
        let output = binary(arguments).envs(variables.iter().copied()).output().expect("it runs");
        let (code, out, error) = texts(&output);
        assert_eq!((code, out.as_str()), (Some(2), ""), "{arguments:?}: {error}");
        for text in expected {
            assert!(error.contains(text), "{arguments:?} {variables:?}: {error}");
        }
    }
}
