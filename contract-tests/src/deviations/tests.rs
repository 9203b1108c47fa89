//! The list against runs and days, and files that are not as they must be.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use jiff::civil::Date;
use serde_json::{Value, json};

use super::*;
use crate::results::Verdict;
use crate::results::example::{Ended, run};

const EMAIL: &str = "items.email_added_by_crm";
const TODAY: &str = "2026-11-29";

fn day(text: &str) -> Date {
    text.parse().expect("a day")
}

/// A run whose checks have ended so.
fn results(checks: &[Ended<'_>]) -> Results {
    run(checks, &[])
}

fn entry(check: &str, kind: &str, signature: &str, more: Value) -> Value {
    let mut entry = json!({ "check": check, "signature": signature, "kind": kind, "reason": "known" });
    let more = more.as_object().cloned().unwrap_or_default();
    entry.as_object_mut().expect("an object").extend(more);
    entry
}

fn list(entries: &[Value]) -> Deviations {
    let text = json!({ "deviations": 1, "entries": entries }).to_string();
    Deviations::of(Path::new("deviations.json"), &text).expect("a list")
}

/// Holds a run against a list, and tells the numbers of new, known, gone, not observed and expired, and the exit code.
fn judged(entries: &[Value], mut results: Results, today: &str, is_strict: bool) -> ([usize; 5], u8) {
    let told =
        list(entries).apply(&mut results, day(today), is_strict, Changes::default()).expect("nothing is written");
    let many = [told.new.len(), told.known.len(), told.gone.len(), told.unobserved.len(), told.expired.len()];
    (many, results.exit_code())
}

#[test]
fn what_is_listed_is_known_and_what_is_not_is_new() {
    let legacy = format!("{EMAIL}.legacy");
    let standardized = format!("{EMAIL}.standardized");
    let fails = entry(&legacy, "target-deviates", "S", json!({}));
    let of_both = entry(EMAIL, "guide-ambiguous", "S", json!({}));
    let untested = entry("login.crm", "not-testable-here", "W", json!({}));
    let other = entry("login.crm", "target-deviates", "L", json!({}));
    type Case<'a> = (&'a [Value], &'a [(&'a str, &'a str, &'a str)], [usize; 5], u8);
    let one = std::slice::from_ref;
    let cases: [Case<'_>; 13] = [
        (&[], &[(&legacy, "fail", "S")], [1, 0, 0, 0, 0], 1),
        (one(&fails), &[(&legacy, "fail", "S"), ("login.crm.legacy", "pass", "")], [0, 1, 0, 0, 0], 0),
        // Another failure of the same check is new.
        (one(&fails), &[(&legacy, "fail", "T")], [1, 0, 0, 1, 0], 1),
        // Without a format it is about both.
        (one(&of_both), &[(&legacy, "fail", "S"), (&standardized, "fail", "S")], [0, 1, 0, 0, 0], 0),
        (one(&of_both), &[(&legacy, "pass", ""), (&standardized, "fail", "S")], [0, 1, 0, 0, 0], 0),
        (one(&of_both), &[(&legacy, "pass", ""), (&standardized, "pass", "")], [0, 0, 1, 0, 0], 1),
        (one(&of_both), &[(&legacy, "pass", "")], [0, 0, 0, 1, 0], 4),
        // Where only the other format was drawn, one entry is about the same deviation.
        (one(&fails), &[(&standardized, "fail", "S")], [0, 1, 0, 0, 0], 0),
        (one(&fails), &[(&legacy, "pass", ""), (&standardized, "fail", "S")], [1, 0, 1, 0, 0], 1),
        (one(&fails), &[(&standardized, "pass", "")], [0, 0, 0, 1, 0], 4),
        (one(&fails), &[(&legacy, "pass", "")], [0, 0, 1, 0, 0], 1),
        (one(&other), &[(&legacy, "pass", "")], [0, 0, 0, 1, 0], 4),
        (one(&untested), &[(&legacy, "pass", ""), (&standardized, "skipped", "X")], [1, 0, 0, 1, 0], 4),
    ];
    for (entries, checks, expected, code) in cases {
        let (many, ended) = judged(entries, results(checks), TODAY, false);
        // A run in which all is well, or that a list does not touch, keeps its own verdict.
        assert_eq!((many, ended), (expected, code), "{entries:?} {checks:?}");
    }
}

#[test]
fn what_nobody_can_test_is_excused_and_a_failure_is_not() {
    let untested = [entry(EMAIL, "not-testable-here", "W", json!({}))];
    let legacy = format!("{EMAIL}.legacy");
    for (outcome, expected, code) in
        [("skipped", [0, 1, 0, 0, 0], 0), ("inconclusive", [0, 1, 0, 0, 0], 0), ("fail", [1, 0, 0, 1, 0], 1)]
    {
        let run = results(&[(&legacy, outcome, "W"), ("login.crm.legacy", "pass", "")]);
        assert_eq!(judged(&untested, run, TODAY, false), (expected, code), "{outcome}");
    }
    let deviates = [entry(EMAIL, "target-deviates", "W", json!({}))];
    let run = results(&[(&legacy, "skipped", "W"), ("login.crm.legacy", "pass", "")]);
    assert_eq!(judged(&deviates, run, TODAY, false), ([1, 0, 0, 1, 0], 4));
}

#[test]
fn an_entry_expires_in_whole_days_warns_for_fourteen_and_is_red_only_where_strict() {
    let legacy = format!("{EMAIL}.legacy");
    let entries = [entry(EMAIL, "target-deviates", "S", json!({ "expires": "2026-02-28" }))];
    for (today, expired, lenient, strict) in [
        ("2026-02-27", 0, 0, 0),
        ("2026-02-28", 0, 0, 0),
        ("2026-03-01", 1, 0, 0),
        ("2026-03-14", 1, 0, 0),
        ("2026-03-15", 1, 0, 1),
        ("2027-03-15", 1, 0, 1),
    ] {
        for (is_strict, code) in [(false, lenient), (true, strict)] {
            let run = results(&[(&legacy, "fail", "S"), ("login.crm.legacy", "pass", "")]);
            let (many, ended) = judged(&entries, run, today, is_strict);
            assert_eq!((many[4], ended), (expired, code), "{today} {is_strict}");
        }
    }
}

#[test]
fn where_the_seed_draws_a_pass_shows_that_an_entry_is_gone_only_if_it_came_to_the_route() {
    let legacy = format!("{EMAIL}.legacy");
    let there = "POST /api/v1/email-watchlist";
    let drawn = |id: &str, routes: &[&str]| {
        let mut run = results(&[(id, "pass", "")]);
        run.is_drawn = true;
        run.checks[0].routes = routes.iter().map(|route| (*route).to_owned()).collect::<BTreeSet<_>>();
        run
    };
    let cases = [
        (entry(&legacy, "target-deviates", "S", json!({ "route": there })), &legacy[..], &[there][..], true),
        (entry(&legacy, "target-deviates", "S", json!({ "route": there })), &legacy, &["GET /api/v1/account"], false),
        (entry(&legacy, "not-testable-here", "S", json!({})), &legacy, &[there], false),
        (
            entry("model.sequences.legacy", "target-deviates", "S", json!({ "route": there })),
            "model.sequences.legacy",
            &[there],
            false,
        ),
    ];
    for (entry, id, routes, is_gone) in cases {
        let (many, _) = judged(std::slice::from_ref(&entry), drawn(id, routes), TODAY, false);
        assert_eq!(many[2..4], if is_gone { [1, 0] } else { [0, 1] }, "{entry} {routes:?}");
    }
}

#[test]
fn a_run_that_tested_nothing_stays_red_whatever_is_listed() {
    let legacy = format!("{EMAIL}.legacy");
    let mut run = results(&[(&legacy, "inconclusive", "W")]);
    run.verdict = Verdict::NothingTested;
    let entries = [entry(EMAIL, "not-testable-here", "W", json!({}))];
    assert_eq!(judged(&entries, run, TODAY, false).1, 2);
}

/// A file of this test's own, in a folder of its own.
fn file(name: &str) -> PathBuf {
    let folder = std::env::temp_dir().join(format!("contract-tests-deviations-{}-{name}", std::process::id()));
    std::fs::create_dir_all(&folder).expect("a folder");
    folder.join(name)
}

#[test]
fn an_update_adds_what_is_new_and_keeps_what_people_wrote() {
    let path = file("update.json");
    drop(std::fs::remove_file(&path));
    let (legacy, standardized) = (format!("{EMAIL}.legacy"), format!("{EMAIL}.standardized"));
    let update = Changes { update: true, prune: false };
    let mut deviations = Deviations::read(&path, update).expect("there is none yet");
    let mut run =
        results(&[(&legacy, "fail", "S"), (&standardized, "fail", "S"), ("login.crm.legacy", "skipped", "no mailbox")]);
    let told = deviations.apply(&mut run, day(TODAY), false, update).expect("it is written");
    assert_eq!((told.added, told.new.len(), told.without_reason.len(), run.exit_code()), (2, 0, 2, 0));
    let text = std::fs::read_to_string(&path).expect("the file");
    let mut written: Value = serde_json::from_str(&text).expect("JSON");
    let [alike, skipped] = &written["entries"].as_array().expect("a list")[..] else { panic!("{text}") };
    // Both formats end alike, so they are one entry.
    assert_eq!((&alike["check"], &alike["kind"]), (&json!(EMAIL), &json!("target-deviates")));
    assert_eq!((&alike["first_seen"], &alike["expires"]), (&json!(TODAY), &json!("2027-02-28")));
    assert_eq!((&skipped["check"], &skipped["kind"]), (&json!("login.crm.legacy"), &json!("not-testable-here")));
    assert!(skipped.get("expires").is_none());

    // People write, and a later run keeps it; one that is not asked to does not write at all.
    written["owner"] = json!("us");
    written["entries"][0]["reason"] = json!("reported");
    written["entries"][0]["because_of"] = json!({ "a": [1, 2] });
    std::fs::write(&path, written.to_string()).expect("a file");
    let mut read = Deviations::read(&path, Changes::default()).expect("a list");
    read.apply(&mut run, day("2026-12-24"), false, Changes::default()).expect("nothing to write");
    assert_eq!(std::fs::read_to_string(&path).expect("the file"), written.to_string());
    read.apply(&mut run, day("2026-12-24"), false, update).expect("it is written");
    let later: Value = serde_json::from_str(&std::fs::read_to_string(&path).expect("the file")).expect("JSON");
    written["entries"][0]["last_seen"] = json!("2026-12-24");
    written["entries"][1]["last_seen"] = json!("2026-12-24");
    assert_eq!(later, written);

    // What did not recur is taken out, and what was not tested stays.
    let prune = Changes { update: false, prune: true };
    let mut passed = results(&[(&legacy, "pass", ""), (&standardized, "pass", "")]);
    let told = read.apply(&mut passed, day(TODAY), false, prune).expect("it is written");
    assert_eq!((told.pruned, told.gone.len(), told.unobserved.len()), (1, 0, 1));
    // Nothing is left beside the file.
    let beside = std::fs::read_dir(path.parent().expect("a folder")).expect("a folder");
    let names: Vec<_> = beside.map(|entry| entry.expect("a file").file_name()).collect();
    assert!(names.iter().all(|name| !name.to_string_lossy().starts_with('.')), "{names:?}");
}

#[test]
fn what_was_cut_short_is_never_listed() {
    let path = file("short.json");
    let update = Changes { update: true, prune: true };
    let legacy = format!("{EMAIL}.legacy");
    let mut interrupted = results(&[(&legacy, "fail", "S")]);
    interrupted.is_interrupted = true;
    let mut deviations = Deviations::read(&path, update).expect("there is none yet");
    let told = deviations.apply(&mut interrupted, day(TODAY), false, update).expect("nothing is written");
    assert!(told.added == 0 && !path.exists());
    let mut spent = results(&[(&legacy, "inconclusive", "the budget is spent"), ("login.crm.legacy", "pass", "")]);
    spent.checks[0].is_cut_short = true;
    let told = deviations.apply(&mut spent, day(TODAY), false, update).expect("it is written");
    assert_eq!((told.added, told.new.len(), spent.exit_code()), (0, 1, 4));
}

#[test]
fn a_list_that_is_not_as_it_must_be_says_where_why_and_what_would_be_right() {
    let good = r#""check": "login.crm", "signature": "S", "kind": "target-deviates", "reason": """#;
    let with = |more: &str| format!("{{\"deviations\": 1, \"entries\": [\n{{{good}, {more}}}\n]}}");
    let but = |from: &str, to: &str| with("\"ref\": \"\"").replace(from, to);
    let cases: &[(String, &[&str])] = &[
        ("{".into(), &["no JSON", "line 1"]),
        ("[]".into(), &["object", EXAMPLE]),
        ("{}".into(), &["deviations", "missing", EXAMPLE]),
        (r#"{"deviations": 2, "entries": []}"#.into(), &["deviations is 2", "version 1"]),
        (r#"{"deviations": "1", "entries": []}"#.into(), &["deviations is \"1\""]),
        (r#"{"deviations": 1, "entries": {}}"#.into(), &["entries is a list"]),
        (r#"{"deviations": 1, "entries": [1]}"#.into(), &["list.json:1: entries[0]", "no object"]),
        (
            but("login.crm", "login.crn"),
            &["list.json:2: entries[0].check", "did you mean \"login.crm\"", "contract list"],
        ),
        (but("\"signature\": \"S\", ", ""), &["entries[0].signature is missing", "201"]),
        (but("\"S\"", "\"\""), &["entries[0].signature is empty"]),
        (but("target-deviates", "target-deviate"), &["kind", "guide-ambiguous", "did you mean \"target-deviates\""]),
        (but("\"reason\": \"\"", "\"reason\": 1"), &["entries[0].reason is 1", "text"]),
        (with("\"facts\": [\"EMAIL-99\"]"), &["facts", "EMAIL-99", "no fact"]),
        (with("\"facts\": \"EMAIL-1\""), &["facts is a list"]),
        (with("\"expires\": \"2026-02-30\""), &["expires is \"2026-02-30\"", "YYYY-MM-DD", "2027-02-28"]),
        (with("\"expires\": \"2026-02-28T00:00:00Z\""), &["expires", "YYYY-MM-DD"]),
        (with("\"first_seen\": \"yesterday\""), &["first_seen", "YYYY-MM-DD"]),
        (with("\"expire\": \"2026-02-28\""), &["expire: did you mean expires?"]),
        (
            but(
                "\n]",
                ",\n{\"check\": \"login.crm.legacy\", \"signature\": \"S\", \"kind\": \"suite-wrong\", \"reason\": \"\"}]",
            ),
            &["list.json:3: entries[1]", "on line 2", "delete one"],
        ),
    ];
    for (text, expected) in cases {
        let problem = Deviations::of(Path::new("list.json"), text).expect_err(text);
        for words in *expected {
            assert!(problem.contains(words), "{problem}\nlacks {words}");
        }
    }
    let twice = format!(
        "{{\"deviations\": 1, \"entries\": [{{{good}, \"id\": \"a\"}}, {{{}, \"id\": \"a\"}}]}}",
        good.replace("\"S\"", "\"T\"")
    );
    let problem = Deviations::of(Path::new("list.json"), &twice).expect_err("one id for two");
    assert!(problem.contains("entries[1].id a") && problem.contains("leave id out"), "{problem}");
    // Fields of others are theirs.
    assert!(Deviations::of(Path::new("list.json"), &with("\"owner\": {\"team\": 7}")).is_ok());
    let missing = Deviations::read(Path::new("/nowhere/list.json"), Changes::default()).expect_err("no file");
    assert!(missing.contains("--deviations-update writes it"), "{missing}");
}

#[test]
fn the_lines_of_an_entry_are_told_for_its_deletion() {
    let text = "{\n \"deviations\": 1,\n \"entries\": [\n  {\"check\": \"login.crm\", \"signature\": \"S\",\n   \"kind\": \
                \"target-deviates\", \"reason\": \"\"}\n ]\n}\n";
    let list = Deviations::of(Path::new("list.json"), text).expect("a list");
    assert_eq!(list.entries[0].lines.to_string(), "4-5");
}
