//! The binary `contract`, run as a user runs it: exit codes, reports, ledger, and what it leaves on a target.

mod green;
mod learn;
mod records;
mod set_up;
mod trust;
mod unshaken;
mod waits;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use mock_server::MockServer;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::{Value, json};

use crate::proxy::{self, Answered, KINDS, Kind, Way, back, there};

/// The credentials of the default seed, as `mock-server env` prints it.
pub(crate) const CREDENTIALS: &[(&str, &str)] = &[
    ("DEFENTRY_CRM_USERNAME", "service@partner.example"),
    ("DEFENTRY_CRM_PASSWORD", "mock-crm-password"),
    ("DEFENTRY_CRM2_USERNAME", "other@partner.example"),
    ("DEFENTRY_CRM2_PASSWORD", "mock-crm-password-2"),
    ("DEFENTRY_CLIENT_ID", "mock-client"),
    ("DEFENTRY_CLIENT_SECRET", "mock-secret"),
];

/// A folder of this test's own.
pub(crate) fn folder(test: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(test);
    drop(std::fs::remove_dir_all(&folder));
    folder
}

/// The binary. It leaves a signal alone that it is started to ignore, as all are that `nohup` or a script's `&` starts: tests
/// that send one have it heard all the same.
fn binary() -> Command {
    const BINARY: &str = env!("CARGO_BIN_EXE_contract");
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let ignored = status.lines().find_map(|line| u64::from_str_radix(line.strip_prefix("SigIgn:")?.trim(), 16).ok());
    // SIGHUP and SIGINT.
    if ignored.unwrap_or_default() & 0b11 == 0 {
        return Command::new(BINARY);
    }
    let mut command = Command::new("env");
    command.args(["--default-signal=INT,HUP", BINARY]);
    command
}

/// The binary, with a short model test, and with the published credentials if it has a target.
pub(crate) fn contract(base_url: Option<&str>, results: &Path, arguments: &[&str]) -> Command {
    let mut command = binary();
    let inherited = std::env::vars_os().filter(|(name, _)| name.to_string_lossy().starts_with("DEFENTRY_"));
    for (name, _) in inherited {
        command.env_remove(name);
    }
    command.env_remove("GITHUB_STEP_SUMMARY").env("DEFENTRY_CASES", "4");
    command.env("DEFENTRY_RESULTS_DIR", results).args(arguments);
    if let Some(base_url) = base_url {
        command.env("DEFENTRY_BASE_URL", base_url).envs(CREDENTIALS.iter().copied());
    }
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

/// Runs it to its end, off this test's runtime, which a proxy may need.
pub(crate) async fn ended(mut command: Command) -> (i32, String) {
    let output: Output = tokio::task::spawn_blocking(move || command.output().expect("the binary runs"))
        .await
        .expect("nothing panics there");
    let text = [output.stdout, output.stderr].map(|bytes| String::from_utf8_lossy(&bytes).into_owned()).concat();
    (output.status.code().unwrap_or(-1), text)
}

pub(crate) fn results(folder: &Path) -> Value {
    let text = std::fs::read_to_string(folder.join("results.json")).expect("results.json is written");
    serde_json::from_str(&text).expect("results.json is JSON")
}

/// How many items the accounts of the suite have on a mock.
async fn items_left(mock: &MockServer) -> usize {
    let http = reqwest::Client::builder().no_proxy().build().expect("a client");
    let get = async |path: String| -> Value {
        let answer = http.get(format!("{}{path}", mock.base_url())).bearer_auth("1|mock-crm-token").send().await;
        answer.expect("the mock answers").json().await.unwrap_or_default()
    };
    let mut left = 0;
    for account in 4..400 {
        let shown = get(format!("/api/v1/account/{account}")).await;
        if shown["data"]["id"].is_null() {
            break;
        }
        for Kind { list, .. } in KINDS.iter() {
            let items = get(format!("/api/v1/account/{account}{list}")).await;
            left += items["data"].as_array().expect("a list").len();
        }
    }
    left
}

#[tokio::test]
async fn a_whole_run_on_the_mock_is_conformant_and_reported() {
    let folder = folder("conformant");
    let mut command = contract(None, &folder, &["run", "--seed", "7"]);
    let summary = folder.join("step.md");
    std::fs::create_dir_all(&folder).expect("a folder");
    std::fs::write(&summary, "before\n").expect("a file");
    command.env("GITHUB_STEP_SUMMARY", &summary);
    let (code, text) = ended(command).await;
    assert_eq!(code, 0, "{text}");
    let results = results(&folder);
    assert_eq!((&results["verdict"], &results["seed"]), (&json!("conformant"), &json!(7)));
    assert!(results["requests"].as_u64() > Some(1000) && results["target"]["base_url"].is_string());
    let checks = results["checks"].as_array().expect("checks");
    let of = |level: &str, outcome: &str| {
        checks.iter().filter(|check| check["level"] == level && check["outcome"] == outcome).count()
    };
    assert_eq!(of("documented", "pass"), checks.iter().filter(|check| check["level"] == "documented").count());
    assert!(of("assumed", "confirmed") > 30 && of("assumed", "refuted") == 0, "{text}");
    let shape = &results["assumptions"]["list.shape"];
    assert_eq!((&shape["default"], &shape["observed"]), (&json!("data"), &json!("data")));
    let html = std::fs::read_to_string(folder.join("report.html")).expect("report.html is written");
    let leads_elsewhere = html.split("href=").skip(1).any(|link| !link.starts_with("\"#"));
    assert!(html.contains("<h2>conformant</h2>") && !html.contains("src=") && !leads_elsewhere);
    let junit = std::fs::read_to_string(folder.join("junit.xml")).expect("junit.xml is written");
    assert!(junit.contains("<testcase name=\"login.crm.legacy\"") && !junit.contains("<failure"));
    let step = std::fs::read_to_string(&summary).expect("the step's summary");
    assert!(step.starts_with("before\n") && step.contains("## Defentry contract: conformant"), "{step}");
}

/// A server that stays keeps what one run has done: its accounts, the leaks of its values, alarms that it has closed.
#[tokio::test]
async fn one_run_after_the_other_finds_a_server_conformant() {
    let mock = MockServer::start().await;
    let folder = folder("again");
    for seed in ["3", "5"] {
        let mut command = contract(Some(mock.base_url()), &folder, &["run", "--seed", seed]);
        command.env("DEFENTRY_CASES", "1");
        let (code, text) = ended(command).await;
        assert_eq!(code, 0, "{text}");
    }
}

#[tokio::test]
async fn a_failure_is_reported_and_played_again() {
    let mock = MockServer::start().await;
    // A removal that is not carried out.
    let keeps = there(|asked, _| match asked.is_within("DELETE", "/passport-watchlist/") {
        true => Way::Back(Answered::empty(204)),
        false => Way::On,
    });
    let base_url = proxy::start(proxy::client(), mock.base_url(), &[keeps]).await.url;
    let folder = folder("failure");
    let only = ["run", "--only", "model", "--only", "items.passport", "--seed", "3"];
    let mut command = contract(Some(&base_url), &folder, &only);
    command.env("DEFENTRY_CASES", "60");
    let (code, text) = ended(command).await;
    assert_eq!(code, 1, "{text}");
    let results = results(&folder);
    assert_eq!(results["verdict"], "not-as-documented");
    assert!(!results["not_removed"].as_array().expect("a list").is_empty());
    let checks = results["checks"].as_array().expect("checks");
    let failed = |id: &str| checks.iter().find(|check| check["id"] == id && check["outcome"] == "fail");
    let check = failed("items.passport_added_by_crm.legacy").unwrap_or_else(|| panic!("no failure in\n{text}"));
    assert!(check["facts"].as_array().expect("facts").contains(&json!("PASSPORT-1")));
    assert!(check["expected"].as_str().expect("text").starts_with("only item"), "{check}");
    assert!(check["curl"].as_str().expect("text").contains("curl -X DELETE \"$BASE_URL/api/v1/account/"), "{check}");
    let junit = std::fs::read_to_string(folder.join("junit.xml")).expect("junit.xml is written");
    assert!(junit.contains("<failure message=\"expected only item"), "{junit}");

    let sequence = failed("model.sequences.legacy").expect("the model test fails too");
    let file = sequence["replay"].as_str().expect("a file").to_owned();
    let played: Value =
        serde_json::from_str(&std::fs::read_to_string(&file).expect("the file is there")).expect("JSON");
    // A passport is added, and removed.
    assert_eq!(played["operations"].as_array().expect("a sequence").len(), 2, "{played}");
    let (code, text) = ended(contract(Some(&base_url), &folder, &["replay", &file])).await;
    assert!(code == 1 && text.contains("  1. curl "), "{text}");
    let (code, text) = ended(contract(Some(mock.base_url()), &folder, &["replay", &file])).await;
    assert_eq!(code, 0, "{text}");
}

/// The tokens that the failing run has called with.
static TOKENS: Mutex<Vec<String>> = Mutex::new(Vec::new());

#[tokio::test]
async fn no_secret_stands_in_any_report_of_a_failing_run() {
    let mock = MockServer::start().await;
    // Every refusal and every list tells what it was sent, as servers do that log too much.
    let chatty = back(|asked, answered, _| {
        let sent = [asked.token().unwrap_or_default(), &asked.path, &asked.body].join(" ");
        TOKENS.lock().expect("nobody panics with it").extend(asked.token().map(str::to_owned));
        let echo = [sent.clone(), STANDARD.encode(&sent), utf8_percent_encode(&sent, NON_ALPHANUMERIC).to_string()];
        if asked.path.starts_with("/api/") && answered.status != 204 {
            answered.edit(|body| body["echo"] = json!(echo));
            answered.status = if asked.method == "GET" { 500 } else { answered.status };
        }
    });
    let base_url = proxy::start(proxy::client(), mock.base_url(), &[chatty]).await.url;
    let folder = folder("canary");
    let (code, text) = ended(contract(Some(&base_url), &folder, &["run"])).await;
    assert_eq!(code, 1, "{text}");
    let mut secrets: Vec<String> = ["mock-crm-password", "mock-secret", "4242424242424242", "19900101-2385"]
        .into_iter()
        .chain(["19900102-2384", "5555555555554444", "SE4550000000058398257466", "DE89370400440532013000"])
        .map(str::to_owned)
        .collect();
    let tokens: BTreeSet<String> = TOKENS.lock().expect("nobody panics with it").drain(..).collect();
    assert!(tokens.len() > 10, "{tokens:?}");
    secrets.extend(tokens);
    for file in std::fs::read_dir(&folder).expect("a folder") {
        let path = file.expect("a file").path();
        let report = std::fs::read_to_string(&path).expect("text");
        for secret in &secrets {
            let written = [
                secret.clone(),
                STANDARD.encode(secret).trim_end_matches('=').to_owned(),
                utf8_percent_encode(secret, NON_ALPHANUMERIC).to_string(),
            ];
            for form in written {
                assert!(!report.contains(&form) && !text.contains(&form), "{form} in {}", path.display());
            }
        }
    }
    let report = std::fs::read_to_string(folder.join("results.json")).expect("results.json is written");
    assert!(report.contains("$CRM_TOKEN") && report.contains("$SSN"), "what was hidden is named");
}

#[tokio::test]
async fn what_cannot_be_removed_ends_with_5() {
    let mock = MockServer::start().await;
    let keeps = there(|asked, _| match asked.method == "DELETE" && asked.path.starts_with("/api/") {
        true => Way::Back(Answered::json(403, &json!({ "message": "Not today." }))),
        false => Way::On,
    });
    let base_url = proxy::start(proxy::client(), mock.base_url(), &[keeps]).await.url;
    let folder = folder("kept");
    let (code, text) = ended(contract(Some(&base_url), &folder, &["run", "--only", "leaks.of_an_email"])).await;
    assert_eq!(code, 5, "{text}");
    assert!(text.contains("not removed  account "), "{text}");
    // Once the target lets it, sweep removes what the ledger names.
    assert!(items_left(&mock).await > 0);
    let ledger = folder.join("ledger.jsonl");
    let moved = std::fs::read_to_string(&ledger).expect("a ledger").replace(&base_url, mock.base_url());
    std::fs::write(&ledger, moved).expect("a file");
    let (code, text) = ended(contract(Some(mock.base_url()), &folder, &["sweep"])).await;
    assert_eq!((code, items_left(&mock).await), (0, 0), "{text}");
}

/// Waits until a run has announced so many creates.
async fn announced(folder: &Path, creates: usize) {
    let ledger = folder.join("ledger.jsonl");
    let many = || {
        let text = std::fs::read_to_string(&ledger).unwrap_or_default();
        text.lines().filter(|line| line.contains("create_item")).count()
    };
    while many() < creates {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

fn signal(child: &Child, name: &str) {
    let sent = Command::new("kill").args([name, &child.id().to_string()]).status().expect("there is a kill");
    assert!(sent.success());
}

#[tokio::test]
async fn sweep_finishes_what_a_kill_has_interrupted() {
    let mock = MockServer::start().await;
    let folder = folder("killed");
    let mut child = contract(Some(mock.base_url()), &folder, &["run"]).spawn().expect("the binary runs");
    announced(&folder, 40).await;
    // Between two cases there may be nothing to sweep, so it is held and looked at before it is killed.
    loop {
        signal(&child, "-STOP");
        if items_left(&mock).await > 0 {
            break;
        }
        signal(&child, "-CONT");
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    signal(&child, "-KILL");
    child.wait().expect("it has ended");
    let (code, text) = ended(contract(Some(mock.base_url()), &folder, &["sweep"])).await;
    assert_eq!((code, items_left(&mock).await), (0, 0), "{text}");
}

#[tokio::test]
async fn sweep_ends_the_sandboxes_of_a_run_that_was_killed() {
    let mock = MockServer::start().await;
    let folder = folder("killed-sandboxes");
    let mut child = contract(Some(mock.base_url()), &folder, &["run"]).spawn().expect("the binary runs");
    let url = format!("{}/_mock/sandboxes", mock.base_url());
    let there = async || -> BTreeSet<String> {
        let answer: Value = reqwest::get(&url).await.expect("the mock answers").json().await.expect("JSON");
        let listed = answer["sandboxes"].as_array().expect("a list").iter();
        listed.map(|sandbox| sandbox["id"].as_str().expect("an id").to_owned()).collect()
    };
    // While it is held, the ledger may be behind by a sandbox whose answer is on its way.
    loop {
        signal(&child, "-STOP");
        let ledger = std::fs::read_to_string(folder.join("ledger.jsonl")).unwrap_or_default();
        let sandboxes = there().await;
        if !sandboxes.is_empty() && sandboxes.iter().all(|id| ledger.contains(&**id)) {
            break;
        }
        signal(&child, "-CONT");
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    signal(&child, "-KILL");
    child.wait().expect("it has ended");
    let (code, text) = ended(contract(Some(mock.base_url()), &folder, &["sweep"])).await;
    assert_eq!((code, there().await.len()), (0, 0), "{text}");
}

#[tokio::test]
async fn sweep_leaves_alone_what_is_not_the_suites() {
    let folder = folder("another");
    let first = MockServer::start().await;
    let (code, text) = ended(contract(Some(first.base_url()), &folder, &["run", "--only", "login"])).await;
    assert_eq!(code, 4, "{text}");
    // The server is started anew, and its ids are given anew: account 1 is not the suite's.
    let second = MockServer::start().await;
    let ledger = folder.join("ledger.jsonl");
    let text = std::fs::read_to_string(&ledger).expect("a ledger").replace(first.base_url(), second.base_url());
    let entry = text.lines().find(|line| line.contains("\"created\"")).expect("an account").to_owned();
    let number = serde_json::from_str::<Value>(&entry).expect("JSON")["created"]["entry"].clone();
    let stolen = json!({ "created": { "entry": number, "id": "1" } }).to_string();
    let item = json!({ "create_item": { "entry": 999, "account": "1", "path": "/email-watchlist" } }).to_string();
    std::fs::write(&ledger, text.replace(&entry, &stolen) + &item + "\n").expect("a file");
    let emails = async || {
        let http = reqwest::Client::builder().no_proxy().build().expect("a client");
        let url = format!("{}/api/v1/account/1/email-watchlist", second.base_url());
        let answer = http.get(url).bearer_auth("1|mock-crm-token").send().await.expect("the mock answers");
        answer.json::<Value>().await.expect("JSON")["data"].as_array().expect("a list").len()
    };
    let before = emails().await;
    let (_, text) = ended(contract(Some(second.base_url()), &folder, &["sweep"])).await;
    assert!(before > 0 && emails().await == before, "{text}");
}

#[tokio::test]
async fn an_interrupted_run_cleans_up_and_says_that_it_is_partial() {
    let mock = MockServer::start().await;
    for (name, arguments) in [("interrupted", "-INT"), ("terminated", "-TERM"), ("hung-up", "-HUP")] {
        let folder = folder(name);
        let child = contract(Some(mock.base_url()), &folder, &["run"]).spawn().expect("the binary runs");
        announced(&folder, 40).await;
        signal(&child, arguments);
        let output =
            tokio::task::spawn_blocking(|| child.wait_with_output()).await.expect("no panic").expect("it ends");
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        assert_eq!(output.status.code(), Some(130), "{text}");
        assert_eq!(results(&folder)["verdict"], "partial");
        assert_eq!(items_left(&mock).await, 0, "{text}");
    }
}

#[tokio::test]
async fn a_plan_sends_nothing() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let base_url = format!("http://{}", listener.local_addr().expect("an address"));
    let calls = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&calls);
    tokio::spawn(async move {
        while listener.accept().await.is_ok() {
            counted.fetch_add(1, Ordering::Relaxed);
        }
    });
    let (code, text) = ended(contract(Some(&base_url), &folder("plan"), &["plan"])).await;
    assert!(code == 0 && text.contains("\nrequests  about ") && text.contains("\nwaiting   at most "), "{text}");
    assert_eq!(calls.load(Ordering::Relaxed), 0, "{text}");
}

#[tokio::test]
async fn a_far_target_gets_a_run_within_its_budget() {
    for seed in ["1", "2", "5"] {
        let mut command = contract(Some("https://api.example.com"), &folder("far"), &["plan", "--seed", seed]);
        command.env("DEFENTRY_ALLOW_WRITES", "api.example.com").env("DEFENTRY_MESSAGES", "command:true");
        command.env_remove("DEFENTRY_CASES");
        let (code, text) = ended(command).await;
        assert!(code == 0 && text.contains(" at 2 requests a second\n") && !text.contains("\nbudget "), "{text}");
        assert!(text.contains("\nbuys ") && !text.contains("\nunreached "), "{text}");
    }
}

#[tokio::test]
async fn a_run_keeps_to_its_budget_and_says_what_it_did_not_reach() {
    let mock = MockServer::start().await;
    let folder = folder("budget");
    let (code, text) = ended(contract(Some(mock.base_url()), &folder, &["run", "--budget", "60"])).await;
    assert_eq!(code, 4, "{text}");
    let results = results(&folder);
    let checks = results["checks"].as_array().expect("checks");
    let spent = checks.iter().filter(|check| check["reason"].as_str().expect("text").contains("budget of 60 requests"));
    assert!(spent.count() > 20, "{text}");
    assert_eq!(items_left(&mock).await, 0, "{text}");
}

#[tokio::test]
async fn a_target_that_throttles_is_waited_for() {
    let mock = MockServer::start().await;
    // Every thirtieth request is to come again at once, as the guide has it: 409 in legacy, 429 in standardized.
    let busy = there(|asked, memory| {
        memory.note(format!("request {}", memory.notes()));
        if memory.notes() % 30 != 0 || !asked.path.starts_with("/api/") {
            return Way::On;
        }
        let error = json!({ "error": { "code": "RATE_LIMITED", "message": "Too many attempts." } });
        let (status, body) = match asked.is_standardized() {
            true => (429, error),
            false => (409, json!({ "message": "Too many attempts." })),
        };
        let mut answered = Answered::json(status, &body);
        answered.headers.insert("retry-after", "0".parse().expect("a header"));
        Way::Back(answered)
    });
    let base_url = proxy::start(proxy::client(), mock.base_url(), &[busy]).await.url;
    let only = ["run", "--only", "items", "--only", "email", "--only", "sso", "--only", "concurrency"];
    let folder = folder("busy");
    let (code, text) = ended(contract(Some(&base_url), &folder, &only)).await;
    assert_eq!(code, 4, "{text}");
    let results = results(&folder);
    let documented = results["checks"].as_array().expect("checks").iter();
    for check in documented {
        assert_eq!(check["outcome"], "pass", "{check}");
    }
}

#[tokio::test]
async fn messages_are_read_by_a_command() {
    let mock = MockServer::start().await;
    let folder = folder("messages");
    let mail = folder.join("mail");
    std::fs::create_dir_all(&mail).expect("a folder");
    // A mailbox as a test system has one: a file for each message, named by its address and time.
    let world = mock.world();
    let folder_of_mail = mail.clone();
    let delivery = tokio::spawn(async move {
        let mut delivered = 0;
        loop {
            for message in world.messages(&mock_server::MessageFilter::default()).iter().skip(delivered) {
                delivered += 1;
                let name = format!("{}@@{:.6}", message.to, jiff::Timestamp::now());
                let partial = folder_of_mail.join("partial");
                std::fs::write(&partial, &*message.text).expect("a file");
                std::fs::rename(&partial, folder_of_mail.join(name)).expect("a file");
            }
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
    });
    let command = format!(
        r#"command:cd '{}'; for file in $(ls -r | grep -F "$TO@@"); do
            if [ "${{file#*@@}}" \> "$SINCE" ]; then cat "$file"; exit 0; fi; done; exit 1"#,
        mail.display()
    );
    let only = ["run", "--only", "email.confirmation_is_resent.", "--only", "email.added", "--only", "phone.verified"];
    let mut run = contract(Some(mock.base_url()), &folder, &only);
    run.env("DEFENTRY_MESSAGES", command);
    let (code, text) = ended(run).await;
    delivery.abort();
    assert_eq!(code, 4, "{text}");
    for check in results(&folder)["checks"].as_array().expect("checks") {
        assert_eq!(check["outcome"], "pass", "{check}");
    }
}

#[tokio::test]
async fn wrong_usage_ends_with_2_and_names_what_is_wrong() {
    let results = folder("usage");
    let file = results.join("no-such-file");
    std::fs::create_dir_all(&results).expect("a folder");
    std::fs::write(results.join("broken.json"), "{").expect("a file");
    let (file, broken) = (file.display().to_string(), results.join("broken.json").display().to_string());
    let cases: [(&[&str], &str); 8] = [
        (&["run", "--base-url", "ftp://127.0.0.1"], "DEFENTRY_BASE_URL"),
        (&["run", "--base-url", "http://127.0.0.1:9", "--rate", "fast"], "DEFENTRY_RATE"),
        (&["run", "--base-url", "https://api.example.com"], "DEFENTRY_ALLOW_WRITES"),
        (&["run", "--seed", "first"], "DEFENTRY_SEED"),
        (&["run", "--results", "/proc/none"], "the reports cannot be written"),
        (&["sweep"], "DEFENTRY_BASE_URL"),
        (&["replay", &file], &file),
        (&["replay", &broken], &broken),
    ];
    for (arguments, named) in cases {
        let mut command = contract(None, &results, arguments);
        command.envs(CREDENTIALS.iter().copied()).env("DEFENTRY_CASES", "0");
        let (code, text) = ended(command).await;
        let expected = if named.starts_with("the reports") { 3 } else { 2 };
        assert!(code == expected && text.contains(named), "{arguments:?} ends with {code}\n{text}");
    }
}

#[tokio::test]
async fn a_target_out_of_reach_is_never_conformant() {
    let folder = folder("away");
    let (code, text) = ended(contract(Some("http://127.0.0.1:9"), &folder, &["run"])).await;
    assert_eq!(code, 2, "{text}");
    assert_eq!((&results(&folder)["verdict"], text.contains("0 fail,")), (&json!("nothing-tested"), true), "{text}");
}

#[tokio::test]
async fn the_help_names_exit_codes_and_the_way_to_trust_a_private_authority() {
    for arguments in [&["--help"][..], &["-h"]] {
        let (code, text) = ended(contract(None, &folder("help"), arguments)).await;
        let named =
            ["DEFENTRY_CA_FILE", "DEFENTRY_MESSAGES_PASSWORD", "mailpit:URL", "--message-seconds", "130 interrupted"];
        assert!(code == 0 && named.iter().all(|name| text.contains(name)), "{text}");
    }
}

#[tokio::test]
async fn checks_are_listed_with_their_facts() {
    let (code, text) = ended(contract(None, &folder("list"), &["list"])).await;
    assert!(code == 0 && text.lines().count() > 80, "{text}");
    assert!(text.lines().any(|line| line.starts_with("login.crm ") && line.ends_with(" LOGIN-1 LOGIN-4")), "{text}");
}
