//! A mock that has learnt from a target, held against that target: the same tour on both, and how many answers are alike.

pub(crate) mod tour;

use std::collections::BTreeMap;
use std::sync::Arc;

use contract_tests::{Profile, Run, Selection, Settings, Target, profile, run_suite};
use mock_server::{MockServer, MockServerBuilder, NewLeak, WatchKind};

use crate::honest::{Choices, Honest, Manner, Reader};
use tour::{Seen, Subject, tour};

/// How many of a hundred answers must be alike.
const ALIKE: usize = 97;

/// What one run finds out of a server.
async fn learnt(server: &Honest) -> Profile {
    let folder = server.folder().join("results-learnt");
    let mut variables = server.variables(Reader::All);
    variables.push(("DEFENTRY_SEED", "1".to_owned()));
    variables.push(("DEFENTRY_CASES", "4".to_owned()));
    variables.push(("DEFENTRY_RESULTS_DIR", folder.display().to_string()));
    let lookup = |name: &str| variables.iter().find(|(known, _)| *known == name).map(|(_, value)| value.clone());
    let target = Target::from_variables(lookup).expect("good variables").expect("a target");
    let settings = Settings::from_variables(Some(&target), lookup).expect("good variables");
    let run = Arc::new(Run::new(target, Settings { learns: true, ..settings }).expect("a ledger"));
    let results = run_suite(&run, &Selection::default(), &|_| {}).await;
    profile(&run, &results).await
}

/// A mock that knows the leaks of the second honest server, as the tour needs them.
pub(crate) async fn with_leaks(builder: MockServerBuilder) -> MockServer {
    let mock = builder.start().await;
    for (kind, value) in [(WatchKind::Email, "known@example.org"), (WatchKind::CreditCard, "4111111111111111")] {
        mock.world().add_leak(&NewLeak::of(kind, value)).expect("a leak");
    }
    mock
}

/// The tour on a server and on the mock that has learnt from it: by page, how many answers are alike, of how many; and
/// those that differ, in words.
async fn compared(server: &Honest, profile: &Profile) -> (BTreeMap<String, [usize; 2]>, Vec<String>) {
    let mock = with_leaks(MockServer::builder().profile(&profile.to_text()).expect("a profile")).await;
    let theirs = tour(&Subject::honest(&server.url)).await;
    let own = tour(&Subject::mock(mock.base_url())).await;
    let mut pages = BTreeMap::<String, [usize; 2]>::new();
    let mut differences = Vec::new();
    assert_eq!(theirs.len(), own.len(), "both tours have the same steps");
    for (Seen { step, page, answer, .. }, other) in theirs.iter().zip(&own) {
        let counts = pages.entry(page.clone()).or_default();
        counts[1] += 1;
        if *answer == other.answer {
            counts[0] += 1;
        } else {
            differences.push(format!("{step}\n  target {answer:?}\n  mock   {:?}", other.answer));
        }
    }
    (pages, differences)
}

/// Learns from a server with these choices, and demands that the mock then answers as it does.
async fn learns_from(choices: u64) {
    let choices = Choices(choices);
    let manner = Manner { delay: 0..1, mail_delay: 0..200, choices, ..Manner::default() };
    let server = Honest::start(manner).await;
    let profile = learnt(&server).await;
    let (pages, differences) = compared(&server, &profile).await;
    let [alike, all] = pages.values().fold([0, 0], |sum, page| [sum[0] + page[0], sum[1] + page[1]]);
    let of = format!("{alike} of {all} answers are alike with {choices:?}");
    eprintln!("{of}: {pages:?}");
    assert!(alike * 100 >= all * ALIKE, "{of}\n{}", differences.join("\n"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_mock_that_has_learnt_answers_as_its_target() {
    learns_from(0).await;
}

/// Ten other servers, or those of `TWIN_CHOICES`, such as `3-3`.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "takes minutes: `.ci/twin` runs it"]
async fn a_mock_learns_from_servers_of_many_choices() {
    let choices = std::env::var("TWIN_CHOICES").unwrap_or_else(|_| "1-10".to_owned());
    let (first, last) = choices.split_once('-').expect("two numbers");
    for choices in first.parse::<u64>().expect("a number")..=last.parse().expect("a number") {
        learns_from(choices).await;
    }
}

/// The second server for another process: writes the variables that describe it to the file `TWIN_VARIABLES`, as a shell
/// reads them, and serves until its standard input ends.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "serves another process: `.ci/docs` runs it"]
async fn serves() {
    let Some(file) = std::env::var_os("TWIN_VARIABLES") else { return };
    let server = Honest::start(Manner { delay: 0..1, mail_delay: 0..200, ..Manner::default() }).await;
    let variables = server.variables(Reader::All);
    let line = |(name, value): &(&str, String)| format!("{name}='{}'\n", value.replace('\'', r"'\''"));
    std::fs::write(file, variables.iter().map(line).collect::<String>()).expect("a file that can be written");
    let until_it_ends = || std::io::copy(&mut std::io::stdin(), &mut std::io::sink());
    tokio::task::spawn_blocking(until_it_ends).await.expect("no panic").expect("an input that can be read");
}
