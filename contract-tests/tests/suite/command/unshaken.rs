//! The command under neglect: readers that go away, signals, a folder that is taken, targets that throttle or are away.

use std::io::{BufRead, BufReader, Write};
use std::sync::Arc;
use std::time::Instant;

use axum::http::HeaderValue;
use contract_tests::{Run, Selection, Settings, Target, run_suite};
use mock_server::MockServer;
use serde_json::json;
use tokio::sync::Semaphore;

use super::{CREDENTIALS, announced, contract, ended, folder, items_left, results, signal};
use crate::proxy::{self, Answered, Way, there};

/// Runs a command to its end, and returns its code and what it has written.
async fn output_of(child: std::process::Child) -> (Option<i32>, String) {
    let output = tokio::task::spawn_blocking(|| child.wait_with_output()).await.expect("no panic").expect("it ends");
    let text = [output.stdout, output.stderr].map(|bytes| String::from_utf8_lossy(&bytes).into_owned()).concat();
    (output.status.code(), text)
}

#[tokio::test]
async fn output_that_cannot_be_written_changes_nothing() {
    let mock = MockServer::start().await;
    let folder = folder("full");
    let only = ["run", "--only", "email"];
    let full = || std::fs::OpenOptions::new().write(true).open("/dev/full").expect("Linux has it");
    let mut command = contract(Some(mock.base_url()), &folder, &only);
    command.stdout(full()).stderr(full());
    let (code, _) = output_of(command.spawn().expect("the binary runs")).await;
    assert_eq!((code, items_left(&mock).await), (Some(4), 0));
    assert_eq!(results(&folder)["verdict"], "partial");
}

#[tokio::test]
async fn a_reader_that_goes_away_changes_nothing() {
    let mock = MockServer::start().await;
    let folder = folder("head");
    let mut child = contract(Some(mock.base_url()), &folder, &["run"]).spawn().expect("the binary runs");
    drop(child.stdout.take());
    let mut first = String::new();
    BufReader::new(child.stderr.take().expect("a pipe")).read_line(&mut first).expect("a line");
    assert!(first.starts_with("target http"), "{first}");
    announced(&folder, 40).await;
    // The line about the interruption meets a closed pipe.
    signal(&child, "-INT");
    let (code, _) = output_of(child).await;
    assert_eq!((code, items_left(&mock).await), (Some(130), 0));
    assert_eq!(results(&folder)["verdict"], "partial");
}

/// The writing end of a pipe that is full, and that nobody reads as long as the other one lives.
fn full_pipe() -> (std::io::PipeReader, std::io::PipeWriter) {
    let (reader, writer) = std::io::pipe().expect("a pipe");
    let mut filler = writer.try_clone().expect("a pipe");
    // It ends when the reader does.
    std::thread::spawn(move || while filler.write_all(&[b'.'; 4096]).is_ok() {});
    (reader, writer)
}

#[tokio::test]
async fn output_that_nobody_reads_holds_nothing_up() {
    let mock = MockServer::start().await;
    let folder = folder("unread");
    let only = ["run", "--only", "email"];
    let ((_unread, output), (_unread_too, errors)) = (full_pipe(), full_pipe());
    let mut command = contract(Some(mock.base_url()), &folder, &only);
    command.stdout(output).stderr(errors);
    let (code, _) = output_of(command.spawn().expect("the binary runs")).await;
    assert_eq!((code, items_left(&mock).await), (Some(4), 0));
    assert_eq!(results(&folder)["verdict"], "partial");
}

#[tokio::test]
async fn a_second_signal_ends_a_run_at_once() {
    let mock = MockServer::start().await;
    // Removals are to come again in a minute, so the run is still removing when the second signal comes.
    let busy = there(|asked, _| if asked.method == "DELETE" { throttled("60") } else { Way::On });
    let base_url = proxy::start(proxy::client(), mock.base_url(), &[busy]).await.url;
    let folder = folder("twice");
    let mut child = contract(Some(&base_url), &folder, &["run"]).spawn().expect("the binary runs");
    announced(&folder, 8).await;
    signal(&child, "-HUP");
    let errors = child.stderr.take().expect("a pipe");
    tokio::task::spawn_blocking(move || {
        let mut lines = BufReader::new(errors).lines().map_while(Result::ok);
        assert!(lines.any(|line| line.starts_with("interrupted: ")), "it says that it was interrupted");
    })
    .await
    .expect("it does");
    signal(&child, "-TERM");
    assert_eq!(output_of(child).await.0, Some(130));
}

#[tokio::test]
async fn a_folder_that_is_taken_is_refused() {
    let mock = MockServer::start().await;
    let folder = folder("taken");
    let child = contract(Some(mock.base_url()), &folder, &["run"]).spawn().expect("the binary runs");
    announced(&folder, 8).await;
    signal(&child, "-STOP");
    let file = folder.join("replay.json");
    std::fs::write(&file, "{}").expect("a file");
    let file = file.display().to_string();
    for (target, arguments) in [
        (Some(mock.base_url()), &["run"][..]),
        (Some(mock.base_url()), &["sweep"]),
        (Some(mock.base_url()), &["replay", &file]),
        (None, &["run"]),
    ] {
        let (code, text) = ended(contract(target, &folder, arguments)).await;
        let by = format!("{} is taken by process {}:", folder.display(), child.id());
        assert!(code == 2 && text.contains(&by), "{arguments:?} ends with {code}\n{text}");
    }
    signal(&child, "-CONT");
    assert_eq!(output_of(child).await.0, Some(0));
    assert_eq!(items_left(&mock).await, 0);
}

/// A response that asks to come again later.
fn throttled(later: &'static str) -> Way {
    let mut answered = Answered::json(429, &json!({ "message": "Too many attempts." }));
    answered.headers.insert("retry-after", HeaderValue::from_static(later));
    Way::Back(answered)
}

#[tokio::test]
async fn a_target_that_throttles_for_longer_than_a_run_waits_is_asked_a_bounded_number_of_times() {
    let date = there(|_, _| throttled("Sat, 28 Nov 2099 20:00:00 GMT"));
    let hour = there(|_, _| throttled("3600"));
    for (name, busy) in [("date", date), ("hour", hour)] {
        let mock = MockServer::start().await;
        let base_url = proxy::start(proxy::client(), mock.base_url(), &[busy]).await.url;
        let folder = folder(name);
        let (code, text) = ended(contract(Some(&base_url), &folder, &["run", "--only", "LOGIN-1"])).await;
        assert_eq!(code, 2, "{text}");
        assert!(text.contains("0 fail,"), "{text}");
        assert!(results(&folder)["requests"].as_u64() < Some(200), "{text}");
    }
}

#[tokio::test]
async fn pauses_of_no_time_are_bounded_by_the_budget_too() {
    let mock = MockServer::start().await;
    let base_url = proxy::start(proxy::client(), mock.base_url(), &[there(|_, _| throttled("0"))]).await.url;
    let folder = folder("zero");
    let (code, text) = ended(contract(Some(&base_url), &folder, &["run", "--budget", "3"])).await;
    assert_eq!(code, 2, "{text}");
    let results = results(&folder);
    assert!(results["because"].as_str().expect("text").contains("budget of 3 requests is spent"), "{text}");
    assert_eq!(results["requests"], 3, "{text}");
}

/// From the first removal on, a target asks for everything to come again at once; removals too.
#[tokio::test]
async fn a_target_that_throttles_for_ever_is_given_up_during_the_removal_too() {
    let mock = MockServer::start().await;
    let busy = there(|asked, memory| {
        if asked.method == "DELETE" && asked.path.starts_with("/api/") {
            memory.kept.insert("busy".into(), String::new());
        }
        if memory.kept.contains_key("busy") { throttled("0") } else { Way::On }
    });
    let base_url = proxy::start(proxy::client(), mock.base_url(), &[busy]).await.url;
    let folder = folder("for-ever");
    let variables = [CREDENTIALS, &[("DEFENTRY_BASE_URL", &*base_url), ("DEFENTRY_BUDGET", "400")]].concat();
    let lookup = |name: &str| variables.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).to_owned());
    let target = Target::from_variables(lookup).expect("good variables").expect("a target");
    let settings = Settings::from_variables(Some(&target), lookup).expect("good variables");
    // Minutes of waiting become seconds.
    let settings = Settings { haste: 100, cases: Some(4), results: folder.clone(), ..settings };
    let run = Arc::new(Run::new(target, settings).expect("a ledger"));
    let results = run_suite(&run, &Selection::default(), &|_| {}).await;
    drop(run);
    assert_eq!(results.exit_code(), 5, "{:?}", results.verdict);
    assert!(results.requests < 700, "{}", results.requests);
    assert!(items_left(&mock).await > 0);
    // What is left stays in the ledger, and the sweep at a target that has time again removes it.
    let ledger = folder.join("ledger.jsonl");
    let moved = std::fs::read_to_string(&ledger).expect("a ledger").replace(&base_url, mock.base_url());
    std::fs::write(&ledger, moved).expect("a file");
    let (code, text) = ended(contract(Some(mock.base_url()), &folder, &["sweep"])).await;
    assert_eq!((code, items_left(&mock).await), (0, 0), "{text}");
}

/// One caller waits in vain, and those who were throttled when it gave up are still let in.
#[tokio::test]
async fn a_request_that_waits_in_vain_leaves_the_others_their_patience() {
    let mock = MockServer::start().await;
    // The first add is to come again in an hour, so it is given up at once; all others after two seconds, twice.
    let busy = there(|asked, memory| {
        if !asked.is_add() || !asked.path.starts_with("/api/v1/account/") {
            return Way::On;
        }
        if memory.note("hour") {
            return throttled("3600");
        }
        if memory.note(format!("{} once", asked.body)) { throttled("2") } else { Way::On }
    });
    let base_url = proxy::start(proxy::client(), mock.base_url(), &[busy]).await.url;
    let folder = folder("neighbours");
    let only = ["run", "--only", "items.email_added_by_crm", "--only", "items.phone_added_by_crm"];
    let (code, text) = ended(contract(Some(&base_url), &folder, &only)).await;
    assert_eq!(code, 4, "{text}");
    let results = results(&folder);
    let ends = results["checks"].as_array().expect("checks").iter().map(|check| check["outcome"].as_str());
    let given_up = ends.filter(|end| *end == Some("inconclusive")).count();
    assert_eq!(given_up, 1, "{text}");
}

/// Whether the run that is to be interrupted has asked.
static ASKED: Semaphore = Semaphore::const_new(0);

#[tokio::test]
async fn an_interruption_ends_the_wait_for_a_target_that_throttles() {
    let mock = MockServer::start().await;
    let busy = there(|_, _| {
        ASKED.add_permits(1);
        throttled("80")
    });
    let base_url = proxy::start(proxy::client(), mock.base_url(), &[busy]).await.url;
    let folder = folder("patient");
    let child = contract(Some(&base_url), &folder, &["run", "--only", "login"]).spawn().expect("the binary runs");
    ASKED.acquire().await.expect("it is open").forget();
    let began = Instant::now();
    signal(&child, "-INT");
    let (code, text) = output_of(child).await;
    assert_eq!(code, Some(130), "{text}");
    assert!(text.contains("interrupted: ") && began.elapsed().as_secs() < 80, "{text}");
}

#[tokio::test]
async fn the_cause_of_a_target_out_of_reach_is_told() {
    let closed = std::net::TcpListener::bind("127.0.0.1:0").expect("a free port").local_addr().expect("an address");
    let folder = folder("cause");
    let (_, text) = ended(contract(Some(&format!("http://{closed}")), &folder, &["run"])).await;
    let line = text.lines().find(|line| line.starts_with("target    out of reach: "));
    assert!(line.is_some_and(|line| line.contains("Connection refused")), "{text}");
    for report in ["results.json", "junit.xml", "summary.md", "report.html"] {
        let report = std::fs::read_to_string(folder.join(report)).expect("it is written");
        assert!(report.contains("Connection refused"), "{report}");
    }
}

#[tokio::test]
async fn pages_without_an_end_are_bounded() {
    let mock = MockServer::start().await;
    let endless = there(|asked, memory| {
        if asked.method != "GET" || !asked.path.contains("/email-watchlist") {
            return Way::On;
        }
        memory.note(format!("page {}", memory.notes()));
        let next = format!("/x?page={}", memory.notes());
        Way::Back(Answered::json(200, &json!({ "data": [], "links": { "next": next } })))
    });
    let base_url = proxy::start(proxy::client(), mock.base_url(), &[endless]).await.url;
    let folder = folder("endless");
    let (code, text) = ended(contract(Some(&base_url), &folder, &["run", "--only", "email.added"])).await;
    assert_eq!(code, 1, "{text}");
    assert!(results(&folder)["requests"].as_u64() < Some(2000), "{text}");
}

#[tokio::test]
async fn no_phone_and_no_leaked_value_is_in_any_report_or_on_the_terminal() {
    let mock = MockServer::start().await;
    let chatty = proxy::back(|asked, answered, _| {
        let token = asked.token().unwrap_or_default();
        let sent = [token, &*asked.path, &*asked.body].join(" ");
        // As a log may spell it: in capitals, with spaces between digits, escaped for HTML.
        let spaced: String =
            sent.chars().flat_map(|c| [Some(c), c.is_ascii_digit().then_some(' ')]).flatten().collect();
        let echo = [sent.to_uppercase(), spaced, sent.replace('@', "&#64;").replace('+', "%2b")];
        if asked.path.starts_with("/api/") && answered.status != 204 {
            answered.edit(|body| body["echo"] = json!(echo));
            answered.status = if asked.method == "GET" { 500 } else { answered.status };
        }
    });
    let base_url = proxy::start(proxy::client(), mock.base_url(), &[chatty]).await.url;
    let folder = folder("phones");
    let mut command = contract(Some(&base_url), &folder, &["run"]);
    command.env("DEFENTRY_LEAKED_EMAIL", "leaked.person@example.com").env("DEFENTRY_LEAKED_PHONE", "+46701740699");
    command.env("DEFENTRY_LEAKED_IBAN", "SE4550000000058398257466");
    let (code, text) = ended(command).await;
    assert_eq!(code, 1, "{text}");
    let mut texts = vec![("terminal".to_owned(), text)];
    for name in ["results.json", "junit.xml", "summary.md", "report.html"] {
        texts.push((name.to_owned(), std::fs::read_to_string(folder.join(name)).expect("it is written")));
    }
    for (name, text) in texts {
        // The beginnings of the ranges that the suite's phones are of.
        let spelled = text.to_lowercase().replace("&#64;", "@").replace(' ', "");
        for secret in ["4670174", "46313900", "46406280", "46980319", "leaked.person@", "se45500000000583"] {
            assert!(!text.contains(secret) && !spelled.contains(secret), "{secret} in {name}");
        }
    }
}
