//! Targets that lose what a run waits for: each run ends in a bounded time, and says what it has not waited for.

use std::process::Command;
use std::time::{Duration, Instant};

use mock_server::MockServer;
use serde_json::{Value, json};

use super::{contract, ended, folder, results};
use crate::honest::{Flaw, Honest, Manner, Reader};
use crate::proxy::{self, Answered, Server, Way, Wrong, back, there};

/// How long a whole run may take at a target on this machine, whatever it loses.
const LONGEST: Duration = Duration::from_secs(90);

/// A run to its end: the exit code, the checks, and how long it took.
async fn timed(mut command: Command, name: &str) -> (i32, Vec<Value>) {
    command.env("DEFENTRY_RESULTS_DIR", folder(name));
    let began = Instant::now();
    let (code, text) = ended(command).await;
    let took = began.elapsed();
    eprintln!("{name}: ends with {code} after {:.1} s", took.as_secs_f64());
    assert!(took < LONGEST, "{name}: {took:?}\n{text}");
    let folder = std::path::Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    (code, results(&folder)["checks"].as_array().expect("checks").clone())
}

fn ends(checks: &[Value], outcome: &str, said: &str) -> usize {
    let is_said = |check: &&Value| {
        ["reason", "observed"].iter().any(|field| check[field].as_str().is_some_and(|text| text.contains(said)))
    };
    checks.iter().filter(|check| check["outcome"] == outcome).filter(is_said).count()
}

async fn proxied(mock: &MockServer, wrong: Wrong) -> Server {
    proxy::start(proxy::client(), mock.base_url(), &[wrong]).await
}

/// Nothing that is sent comes into the outbox.
const LOSES_MAIL: Wrong = back(|asked, answered, _| {
    if asked.path.starts_with("/_mock/outbox") {
        answered.edit(|body| body["messages"] = json!([]));
    }
});

#[tokio::test]
#[ignore = "takes minutes: each run waits"]
async fn all_mail_is_lost() {
    let mock = MockServer::start().await;
    let server = proxied(&mock, LOSES_MAIL).await;
    let (code, checks) = timed(contract(Some(&server.url), &folder("mail-lost"), &["run"]), "mail-lost").await;
    assert_eq!(code, 1);
    // The fact is named, and later checks say why they have not waited for long.
    let is_named = |check: &Value| check["outcome"] == "fail" && check["facts"].to_string().contains("EMAIL-2");
    assert!(checks.iter().any(is_named));
    let said = "other checks have waited 10s for";
    assert!(ends(&checks, "fail", said) + ends(&checks, "inconclusive", said) > 2);
}

#[tokio::test]
#[ignore = "takes minutes: each run waits"]
async fn all_leaks_are_lost() {
    let server = Honest::start(Manner { flaw: Some(Flaw::FindsNothing), ..Manner::default() }).await;
    let mut command = contract(None, &folder("leaks-lost"), &["run"]);
    command.envs(server.variables(Reader::All));
    let (code, checks) = timed(command, "leaks-lost").await;
    assert_eq!(code, 4);
    assert!(ends(&checks, "inconclusive", "other checks have waited 10s for") > 2);
}

/// Adds that are answered and not done, that fail, and that are not answered at all.
#[tokio::test]
#[ignore = "takes minutes: each run waits"]
async fn every_add_is_lost() {
    let done = there(|asked, memory| {
        if !asked.is_add() {
            return Way::On;
        }
        memory.note(format!("add {}", memory.notes()));
        Way::Back(Answered::json(201, &json!({ "data": { "id": 100_000 + memory.notes() } })))
    });
    let fails = there(|asked, _| match asked.is_add() {
        true => Way::Back(Answered::json(503, &json!({ "message": "Come back later." }))),
        false => Way::On,
    });
    let hangs = there(|asked, _| if asked.is_add() { Way::Lost } else { Way::On });
    for (name, wrong, expected) in [("adds-undone", done, 1), ("adds-fail", fails, 4), ("adds-hang", hangs, 4)] {
        let mock = MockServer::start().await;
        let server = proxied(&mock, wrong).await;
        let (code, _) = timed(contract(Some(&server.url), &folder(name), &["run"]), name).await;
        assert_eq!(code, expected, "{name}");
    }
}
