//! The probes of the assumptions, on mocks that follow this alternative or that: each finds the one that is followed.

use std::sync::Arc;

use contract_tests::{Assumption, Finding, Mock, Run, Settings, Target, assumptions};
use mock_server::{MockServer, MockServerBuilder};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio::sync::Semaphore;
use tokio::task::JoinSet;

/// The keys that no mock answers, each with a part of the reason.
const NEVER_TOLD: &[(&str, &str)] = &[
    ("legacy.error.500", "no request is known that makes a server fail"),
    ("error.code.500", "no request is known that makes a server fail"),
];

/// The keys that the defaults leave open, each with a part of the reason.
const NOT_TOLD_BY_DEFAULT: &[(&str, &str)] = &[("ssn.without", "no account without an SSN can be had: 422")];

/// A limit that a few requests reach: it is tried alone, because it would stop the probes of everything else.
const THROTTLED: (&str, &str) = ("throttle.per-minute", "7");

/// How many servers run at a time.
const AT_ONCE: usize = 8;

fn run_on(mock: &Mock) -> Arc<Run> {
    Arc::new(Run::new(mock.target(), Settings::default()).expect("a run"))
}

/// Why a key cannot be told, if `lists` has it.
fn untold(key: &str, lists: &[&[(&str, &'static str)]]) -> Option<&'static str> {
    lists.iter().flat_map(|list| list.iter()).find(|(of, _)| *of == key).map(|(_, why)| *why)
}

/// Says how a finding differs from the expected one, with its story.
fn complaint(finding: &Finding, expected: &str) -> String {
    let steps = finding.steps.iter().map(|(curl, end)| format!("\n  {curl}\n   -> {end}")).collect::<String>();
    format!("{}: {expected} expected, {:?} found: {}{steps}", finding.key, finding.observed, finding.reason)
}

/// The complaints that probes have ended with.
async fn wrong_of(probes: JoinSet<Option<String>>) -> Vec<String> {
    probes.join_all().await.into_iter().flatten().collect()
}

#[tokio::test]
async fn the_defaults_of_the_mock_are_confirmed() {
    let mock = Mock::start().await;
    let run = run_on(&mock);
    let mut probes = JoinSet::new();
    for Assumption { key, .. } in assumptions() {
        let run = Arc::clone(&run);
        probes.spawn(async move { run.probe(key).await });
    }
    let mut wrong = Vec::new();
    while let Some(finding) = probes.join_next().await {
        let finding = finding.expect("a probe does not panic");
        let told = format!("{finding:?}");
        for secret in ["mock-crm-password", "mock-secret", "Bearer 1", "Bearer 2"] {
            assert!(!told.contains(secret), "{secret} in {told}");
        }
        match untold(&finding.key, &[NEVER_TOLD, NOT_TOLD_BY_DEFAULT]) {
            Some(why) if finding.verdict() == "unknown" && finding.reason.contains(why) => {}
            Some(why) => wrong.push(complaint(&finding, why)),
            None if finding.verdict() == "confirmed" && !finding.reason.is_empty() && !finding.steps.is_empty() => {}
            None => wrong.push(complaint(&finding, &finding.default)),
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
}

/// A mock that follows one alternative. An SSN may be left out where the question is what that leads to.
fn following(key: &str, value: &str) -> MockServerBuilder {
    let builder = MockServer::builder().assume(key, value).expect("a value of the fixture");
    builder.ssn_required(key != "ssn.without")
}

/// Every alternative of every choice, and some values of the rest.
fn values() -> Vec<(&'static str, String)> {
    let of = |assumption: &'static Assumption| {
        let all = assumption.alternatives.iter().chain(&assumption.others);
        all.map(|value| (&*assumption.key, value.clone())).collect::<Vec<_>>()
    };
    let told = |assumption: &&Assumption| untold(&assumption.key, &[NEVER_TOLD]).is_none();
    let values = assumptions().iter().filter(told).flat_map(of);
    values.filter(|(key, value)| *key != THROTTLED.0 || value == THROTTLED.1).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn every_alternative_is_found() {
    let turns = Arc::new(Semaphore::new(AT_ONCE));
    let mut probes = JoinSet::new();
    for (key, value) in values() {
        let turns = Arc::clone(&turns);
        probes.spawn(async move {
            let _turn = turns.acquire_owned().await.expect("the semaphore is never closed");
            let mock = Mock::from(following(key, &value).start().await);
            let finding = run_on(&mock).probe(key).await;
            (finding.observed.as_ref() != Some(&value)).then(|| complaint(&finding, &value))
        });
    }
    let wrong = wrong_of(probes).await;
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
}

/// A real target differs in many ways at once, and no answer to one question may hide that to another.
#[tokio::test(flavor = "multi_thread")]
async fn each_question_is_answered_where_all_differ() {
    for turn in 1..=3 {
        let mut builder = MockServer::builder().ssn_required(false);
        let mut expected = Vec::new();
        for Assumption { key, alternatives, others, .. } in assumptions().iter().filter(|one| one.key != THROTTLED.0) {
            let value = if alternatives.is_empty() { &others[0] } else { &alternatives[turn % alternatives.len()] };
            builder = builder.assume(key, value).expect("a value of the fixture");
            expected.push((&**key, value.clone()));
        }
        let mock = Mock::from(builder.start().await);
        let mut probes = JoinSet::new();
        for (key, value) in expected.into_iter().filter(|(key, _)| untold(key, &[NEVER_TOLD]).is_none()) {
            // A run each: one that knows the secrets of all would take long to look for them.
            let run = run_on(&mock);
            probes.spawn(async move {
                let finding = run.probe(key).await;
                (finding.observed.as_ref() != Some(&value)).then(|| complaint(&finding, &value))
            });
        }
        let wrong = wrong_of(probes).await;
        assert!(wrong.is_empty(), "{turn}: {}", wrong.join("\n\n"));
    }
}

#[test]
fn every_key_is_put_to_the_test() {
    for Assumption { key, .. } in assumptions() {
        let is_tried = values().iter().any(|(of, _)| of == key);
        assert_eq!(is_tried, untold(key, &[NEVER_TOLD]).is_none(), "{key}");
    }
}

/// Starts what answers every request alike, and returns where it is.
async fn always(status: &'static str, body: &'static str) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let address = listener.local_addr().expect("an address");
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            tokio::spawn(async move {
                let mut request = vec![0; 65_536];
                drop(stream.read(&mut request).await);
                let head =
                    format!("HTTP/1.1 {status}\r\nContent-Type: application/json\r\nContent-Length: {}", body.len());
                let answer = format!("{head}\r\nConnection: close\r\n\r\n{body}");
                drop(stream.write_all(answer.as_bytes()).await);
            });
        }
    });
    format!("http://{address}")
}

/// The findings of all probes on a system that answers every request alike.
async fn findings_on(status: &'static str, body: &'static str) -> Vec<Finding> {
    let mock = Mock::start().await;
    let target = mock.target().at(always(status, body).await);
    let run = Arc::new(Run::new(target, Settings::default()).expect("a run"));
    let mut findings = Vec::new();
    for Assumption { key, .. } in assumptions() {
        findings.push(run.probe(key).await);
    }
    findings
}

#[tokio::test]
async fn a_system_that_serves_nothing_confirms_nothing() {
    let answers = [
        ("200 OK", "{}"),
        ("200 OK", r#"{"data":[{"id":null}],"errors":7,"error":{"code":[]}}"#),
        ("404 Not Found", "<html>"),
        ("500 Internal Server Error", "["),
    ];
    for (status, body) in answers {
        for finding in findings_on(status, body).await {
            assert!(finding.verdict() != "confirmed" && !finding.reason.is_empty(), "{status} {body}: {finding:?}");
        }
    }
}

/// A body that passes for a login, an item, a list of none, and the health of a mock.
#[tokio::test]
async fn a_system_that_says_yes_to_everything_brings_no_probe_down() {
    for body in
        [r#"{"id":1,"token":"1|yes-to-all","status":"ok"}"#, r#"{"token":"1|yes-to-all","status":"ok","id":[]}"#]
    {
        for finding in findings_on("200 OK", body).await {
            assert!(!finding.reason.is_empty(), "{finding:?}");
        }
    }
}

/// Without SSO, messages and a second partner less can be told; nothing is told wrongly, and nothing is left behind.
#[tokio::test]
async fn a_target_that_is_configured_for_little_is_not_judged_wrongly() {
    let mock = Mock::start().await;
    let base_url = mock.target().base_url().to_owned();
    let variables = |name: &str| match name {
        "DEFENTRY_BASE_URL" => Some(base_url.clone()),
        "DEFENTRY_CRM_USERNAME" => Some("service@partner.example".to_owned()),
        "DEFENTRY_CRM_PASSWORD" => Some("mock-crm-password".to_owned()),
        "DEFENTRY_MESSAGES" => Some("none".to_owned()),
        _ => None,
    };
    let target = Target::from_variables(variables).expect("variables").expect("a target");
    let results = std::env::temp_dir().join(format!("contract-probes-{}", std::process::id()));
    let run = Arc::new(Run::new(target, Settings { results: results.clone(), ..Settings::default() }).expect("a run"));
    let (mut untold, mut wrong) = (Vec::new(), Vec::new());
    for Assumption { key, default, .. } in assumptions() {
        let finding = run.probe(key).await;
        untold.extend((finding.verdict() == "unknown").then_some(&**key));
        wrong.extend((finding.verdict() == "refuted").then(|| complaint(&finding, default)));
    }
    let left = run.finish().await;
    std::fs::remove_dir_all(&results).expect("the ledger is there");
    assert!(wrong.is_empty() && left.is_empty(), "{}\n{left:?}", wrong.join("\n\n"));
    let is_open =
        |one: &&Assumption| one.is_beyond_crm() || self::untold(&one.key, &[NEVER_TOLD, NOT_TOLD_BY_DEFAULT]).is_some();
    let expected: Vec<&str> = assumptions().iter().filter(is_open).map(|one| &*one.key).collect();
    assert_eq!(untold, expected, "mark with beyond_crm, in its row, each probe that a CRM user is not enough for");
}

#[tokio::test]
async fn a_key_that_there_is_not_is_unknown() {
    let mock = Mock::start().await;
    let finding = run_on(&mock).probe("no.such-key").await;
    assert_eq!((finding.verdict(), &*finding.reason), ("unknown", "there is no such assumption"));
}
