//! Targets that keep to all that is documented, and on which the suite has nothing to say.

use std::sync::Arc;

use contract_tests::{Check, Format, Mock, Outcome, Run, Target, checks};
use mock_server::{MockServer, MockServerBuilder};
use serde_json::{Value, json};
use tokio::task::JoinSet;

use crate::choices::{Alternative, alternatives, assuming};
use crate::proxy::{Answered, Way, client, start, there};
use crate::{day, describe, run, variants};

/// Seeds that sequences are drawn from.
const SEEDS: std::ops::Range<u64> = 0..20;

/// How many sequences of each seed are played.
const CASES: u32 = 4;

/// The checks that an alternative leaves open: the assumption, its value, the check, and why.
const UNDECIDED: &[(&str, &str, &str, &str)] =
    &[("ssn.echo", "absent", "ssn.updates_ignore_it", "an SSN that is not shown may have changed unseen")];

fn may_be_undecided(alternatives: &[Alternative], check: &Check) -> bool {
    let holds = |key: &str, value: &str| alternatives.iter().any(|(known, chosen)| known == key && chosen == value);
    UNDECIDED.iter().any(|(key, value, id, _)| *id == check.id && holds(key, value))
}

/// The outcomes of all checks that do not pass, but for those that `may_be` undecided.
async fn alarms(run: &Arc<Run>, formats: &[Format], may_be: impl Fn(&Check) -> bool) -> Vec<String> {
    let mut alarms = Vec::new();
    for check in checks() {
        for &format in formats {
            match run.check(check, format).await {
                Outcome::Pass => {}
                Outcome::Inconclusive(_) | Outcome::Skipped(_) if may_be(check) => {}
                outcome => alarms.push(describe(check, format, &outcome)),
            }
        }
    }
    alarms
}

/// Demands that no target of `tries` has raised an alarm.
async fn all_is_silent(tries: impl IntoIterator<Item = impl Future<Output = (String, Vec<String>)> + Send + 'static>) {
    let tries: JoinSet<_> = tries.into_iter().collect();
    let raised = tries.join_all().await.into_iter().filter(|(_, alarms)| !alarms.is_empty());
    let raised: Vec<_> = raised.map(|(name, alarms)| format!("{name}\n{}", alarms.join("\n\n"))).collect();
    assert!(raised.is_empty(), "{} targets raise alarms:\n{}", raised.len(), raised.join("\n\n"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_seed_raises_an_alarm() {
    let mock = Arc::new(Mock::start().await);
    let model = checks().find(|check| check.id == "model.sequences").expect("the model is a check");
    all_is_silent(SEEDS.map(|seed| {
        let mock = Arc::clone(&mock);
        async move {
            let run = run(mock.target(), seed, CASES);
            let format = if seed % 2 == 0 { Format::Legacy } else { Format::Standardized };
            let outcome = run.check(model, format).await;
            let alarm = (!matches!(outcome, Outcome::Pass)).then(|| describe(model, format, &outcome));
            (format!("seed {seed}"), alarm.into_iter().collect())
        }
    }))
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_whole_run_raises_an_alarm() {
    all_is_silent([(1, Format::Legacy), (u64::MAX, Format::Standardized)].map(|(seed, format)| async move {
        let mock = Mock::start().await;
        (format!("seed {seed}"), alarms(&run(mock.target(), seed, 1), &[format], |_| false).await)
    }))
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "takes a minute: `.ci/run` runs it"]
async fn no_alternative_raises_an_alarm() {
    // All of them together are in the test below. Each alone has its turn once in so many days.
    const DAYS: usize = 4;
    let turns = alternatives().into_iter().flatten().enumerate().skip(day() % DAYS).step_by(DAYS);
    all_is_silent(turns.map(|(place, alternative)| async move {
        let alternative = [alternative];
        let mock = Mock::from(assuming(&alternative).start().await);
        let format = Format::ALL[place % 2];
        let alarms = alarms(&run(mock.target(), 1, 1), &[format], |check| may_be_undecided(&alternative, check)).await;
        (format!("{}={}", alternative[0].0, alternative[0].1), alarms)
    }))
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn not_even_many_alternatives_raise_an_alarm() {
    all_is_silent(alternatives().into_iter().enumerate().map(|(round, chosen)| async move {
        let mock = Mock::from(assuming(&chosen).start().await);
        let run = run(mock.target(), 1, 1);
        (
            format!("round {round}"),
            alarms(&run, &[Format::ALL[round % 2]], |check| may_be_undecided(&chosen, check)).await,
        )
    }))
    .await;
}

/// Deployments, the format that the suite asks for, and how it is told of them.
const DEPLOYED: &[(&str, Format, fn(MockServerBuilder) -> MockServerBuilder, fn(Target) -> Target)] = &[
    ("an SSN is optional", Format::Standardized, |mock| mock.ssn_required(false), Target::with_ssn_optional),
    ("the format is forced", Format::Legacy, |mock| mock.normalize_all(true), Target::with_forced_format),
];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_deployment_raises_an_alarm() {
    all_is_silent(DEPLOYED.iter().map(|&(name, format, build, configure)| async move {
        let mock = Mock::from(build(MockServer::builder()).start().await);
        (name.to_owned(), alarms(&run(configure(mock.target()), 1, 1), &[format], |_| false).await)
    }))
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_variant_raises_an_alarm() {
    let http = client();
    // Every fourth together, and each time in one format: a proxy takes its time.
    all_is_silent([0, 1, 2, 3].map(|first| {
        let http = http.clone();
        async move {
            let together = variants::all().skip(first).step_by(4);
            let (names, wrongs): (Vec<_>, Vec<_>) = together.map(|variant| (variant.name, variant.does)).unzip();
            let mock = Mock::start().await;
            let target = mock.target();
            let server = start(http, target.base_url(), &wrongs).await;
            let run = run(target.at(server.url), 1, 1);
            (names.join("; "), alarms(&run, &[Format::ALL[first % 2]], |_| false).await)
        }
    }))
    .await;
}

/// A check that logs in ends the session that the others are in the middle of.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_session_that_ends_with_the_next_login_is_taken_up_again() {
    let http = client();
    let mock = Mock::start().await;
    let target = mock.target();
    let one_session = variants::all().find(|variant| variant.name == "a partner has one session at a time");
    let server = start(http, target.base_url(), &[one_session.expect("one").does]).await;
    let run = run(target.at(server.url), 1, 2);
    all_is_silent(side_by_side(&run, &["login.", "journey.", "items.", "scope.", "account."])).await;
}

/// The checks of some pages in both formats, none of which waits for another.
fn side_by_side(
    run: &Arc<Run>,
    pages: &[&str],
) -> impl Iterator<Item = impl Future<Output = (String, Vec<String>)> + Send + 'static> {
    let meant = checks().filter(|check| pages.iter().any(|page| check.id.starts_with(page)));
    meant.flat_map(|check| Format::ALL.map(|format| (check, format))).map(|(check, format)| {
        let run = Arc::clone(run);
        async move {
            let outcome = run.check(check, format).await;
            let alarm = (!matches!(outcome, Outcome::Pass)).then(|| describe(check, format, &outcome));
            (check.name(format), alarm.into_iter().collect())
        }
    })
}

/// A clock that all checks share is moved while no other check runs, and set back.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_clock_without_sandboxes_is_moved_and_set_back() {
    let http = client();
    let mock = Mock::start().await;
    let target = mock.target();
    let without = there(|asked, _| match asked.path.starts_with("/_mock/sandboxes") {
        true => Way::Back(Answered::json(404, &json!({ "error": "Not found" }))),
        false => Way::On,
    });
    let server = start(http.clone(), target.base_url(), &[without]).await;
    let clock = format!("{}/_mock/clock", server.url);
    let now = async || -> jiff::Timestamp {
        let answer: Value = http.get(&clock).send().await.expect("the mock answers").json().await.expect("JSON");
        answer["now"].as_str().expect("a time").parse().expect("RFC 3339")
    };
    let (before, began) = (now().await, std::time::Instant::now());
    let run = run(target.at(server.url), 1, 2);
    all_is_silent(side_by_side(&run, &["expiry.", "items.", "online.", "alarms."])).await;
    let passed = now().await.duration_since(before).as_secs();
    assert!(passed.unsigned_abs() <= began.elapsed().as_secs() + 2, "{passed} seconds later");
}
