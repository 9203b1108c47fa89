//! `GET` and `PUT /_mock/snapshot`, and `--save`: a world as JSON, from which it goes on as if nothing had happened.

mod any;
mod steps;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use self::steps::{step, take, without_correlation};
use mock_server::{MessageFilter, MockServer};
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use serde_json::{Value, json};

use crate::harness::{APP, CRM, KINDS, World};

/// Everything that a client can read.
async fn view(world: &World) -> Vec<String> {
    let lists = KINDS.into_iter().flat_map(|kind| [Some(kind.list), kind.leaks.as_ref().map(|leaks| leaks.path)]);
    let lists = ["", "/alarms", "/alarms/statistic"].into_iter().chain(lists.flatten());
    let of = |account: u8| lists.clone().map(move |list| (format!("/api/v1/account/{account}{list}"), CRM));
    let online = ["", "/status", "/scan/status"].map(|path| (format!("/api/v1/delete-my-data{path}"), APP));
    let mut read = Vec::new();
    for (path, token) in of(1).chain(of(2)).chain(online) {
        let answer = world.get(&path).token(token).standardized().send().await;
        read.push(format!("{path}: {}", without_correlation(answer.body)));
    }
    read
}

/// A world that draws the same secrets each time, and whose clock is frozen.
fn repeatable(assumed: &[(&str, &str)]) -> World {
    let builder = assumed.iter().fold(MockServer::builder().random_seed(7), |builder, (key, value)| {
        builder.assume(key, value).expect("a key and a value of the fixture")
    });
    let world = World::of(builder);
    world.freeze_at("2026-11-01T12:00:00Z");
    world
}

/// The first line that differs, for a snapshot is long.
fn difference(one: &str, other: &str) -> Option<String> {
    let lines = one.lines().zip(other.lines()).enumerate();
    let differing = lines.into_iter().find(|(_, (one, other))| one != other);
    match differing {
        Some((number, (one, other))) => Some(format!("line {number}: {one} against {other}")),
        None => (one.len() != other.len()).then(|| "length".to_owned()),
    }
}

fn goes_on_as_before(assumed: &[(&str, &str)], cases: u32) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    let (one, other) = (repeatable(assumed), repeatable(assumed));
    let fresh = one.control().snapshot();
    let schema = serde_json::from_str(include_str!("../../../fixtures/seed.schema.json")).expect("JSON");
    let schema = jsonschema::validator_for(&schema).expect("a schema");
    let sequences = (proptest::collection::vec(step(), 1..30), proptest::collection::vec(step(), 1..15));
    let mut runner = TestRunner::new(Config { cases, failure_persistence: None, ..Config::default() });
    let checked = runner.run(&sequences, |(before, after)| {
        runtime.block_on(async {
            one.control().restore(&fresh).expect("a snapshot");
            for step in &before {
                take(&one, step).await;
            }
            let snapshot = one.control().snapshot();
            let errors = schema
                .iter_errors(&serde_json::from_str(&snapshot).expect("JSON"))
                .next()
                .map(|error| error.to_string());
            prop_assert_eq!(errors, None, "a snapshot is of the form of fixtures/seed.schema.json");
            other.control().restore(&snapshot).expect("a snapshot of a world fits");
            let round_trip = difference(&other.control().snapshot(), &snapshot);
            prop_assert!(round_trip.is_none(), "the round trip changed {}", round_trip.unwrap_or_default());
            // Reading draws ids for refusals, and counts in the minute of a token: both read, or neither.
            let views = [view(&one).await, view(&other).await];
            for (expected, seen) in views[0].iter().zip(&views[1]) {
                prop_assert_eq!(seen, expected);
            }
            for step in &after {
                let expected = take(&one, step).await;
                prop_assert_eq!(take(&other, step).await, expected, "{:?}", step);
            }
            // Links begin with the address of the server that sent them.
            let bases = [&one, &other].map(|world| world.base_url().to_owned());
            let ends = [&one, &other].map(|world| {
                bases.iter().fold(world.control().snapshot(), |text, base| text.replace(base.as_str(), ""))
            });
            let difference = difference(&ends[0], &ends[1]);
            prop_assert!(difference.is_none(), "the worlds end with another {}", difference.unwrap_or_default());
            Ok(())
        })
    });
    checked.unwrap_or_else(|error| panic!("{error}"));
}

#[test]
fn a_world_goes_on_from_its_snapshot_as_if_nothing_had_happened() {
    goes_on_as_before(&[], 48);
}

#[test]
fn so_does_one_with_other_assumptions() {
    let other = [
        ("id.form", "uuid"),
        ("value.form", "as-sent"),
        ("confirm.phone", "yes"),
        ("scope.foreign-item", "403"),
        ("throttle.per-minute", "60"),
        ("sso.changed-email", "accepted"),
        ("leaks.pending", "shown"),
    ];
    goes_on_as_before(&other, 24);
}

#[tokio::test]
async fn the_routes_take_and_put_back_what_a_seed_may_be_too() {
    let world = World::new();
    let add = json!({ "email": "new@example.com" });
    world.post("/api/v1/email-watchlist").token(APP).json(add).send().await.expect(201);
    let taken = world.get("/_mock/snapshot").send().await.expect(200);
    assert_eq!(taken.header("content-type"), "application/json");
    assert_eq!(taken.body["version"], 1);

    // Put back after a reset, the item waits for the same link as before.
    let emails = async |world: &World| world.get("/api/v1/email-watchlist").token(APP).send().await.expect(200).raw;
    let before = emails(&world).await;
    world.post("/_mock/reset").send().await.expect(200);
    assert_ne!(emails(&world).await, before);
    world.put("/_mock/snapshot").json(taken.body.clone()).send().await.expect(200);
    assert_eq!(emails(&world).await, before);
    assert_eq!(world.get("/_mock/snapshot").send().await.raw, taken.raw);

    // A reset goes back to the seed, not to the snapshot.
    world.post("/_mock/reset").send().await.expect(200);
    assert_ne!(emails(&world).await, before);

    // The same text is a seed: of a sandbox, and of a server.
    let made = world.post("/_mock/sandboxes").json(json!({ "seed": taken.body })).send().await.expect(201);
    let within = format!("{}/api/v1/email-watchlist", made.text("base_url"));
    let within = reqwest::Client::new().get(within).bearer_auth(APP).send().await.expect("an answer");
    assert_eq!(within.text().await.expect("a text"), before);
    let root = World::of(MockServer::builder().seed(&taken.raw).expect("a seed"));
    assert_eq!(emails(&root).await, before);
}

#[tokio::test]
async fn restoring_a_snapshot_keeps_the_journal_and_a_wait_goes_on_in_the_restored_world() {
    let world = World::new();
    world.get("/api/v1/email-watchlist").token(APP).send().await.expect(200);
    let snapshot = world.control().snapshot();
    let control = world.control();
    let waiting =
        tokio::spawn(
            async move { control.wait_for_messages(&MessageFilter::default(), Duration::from_secs(20)).await },
        );
    world.control().restore(&snapshot).expect("a snapshot");
    assert_eq!(world.control().requests().len(), 1);
    let add = json!({ "email": "new@example.com" });
    world.post("/api/v1/email-watchlist").token(APP).json(add).send().await.expect(201);
    assert_eq!(waiting.await.expect("it ends").len(), 1);
    assert_eq!(world.control().requests().len(), 2);
}

#[tokio::test]
async fn a_snapshot_that_does_not_fit_is_refused_by_the_field_and_nothing_is_lost() {
    let world = World::new();
    let whole = serde_json::from_str::<Value>(&world.control().snapshot()).expect("JSON");
    let with = |change: fn(&mut Value)| {
        let mut changed = whole.clone();
        change(&mut changed);
        changed
    };
    let cases = [
        (
            with(|seed| seed["version"] = 2.into()),
            "version: this seed is of version 2, and this server reads version 1",
        ),
        (with(|seed| seed["acounts"] = json!([])), "acounts: unknown field; did you mean accounts?"),
        (with(|seed| seed["accounts"][0]["partner"] = 9.into()), "accounts[0].partner: there is no partner 9"),
        (
            with(|seed| seed["accounts"][0]["emails"][1]["id"] = 1.into()),
            "accounts[0].emails[1].id: ids count up in a list",
        ),
        (
            with(|seed| seed["accounts"][0]["emails"][0]["email"] = "nobody".into()),
            "accounts[0].emails[0].email: the email field must be a valid email address",
        ),
        (
            with(|seed| {
                let waits_for = json!({ "secret": "x", "expires_at": "2026-11-01T12:00:00Z" });
                seed["accounts"][0]["emails"][0]["confirmed_at"] = "2026-11-01T12:00:00Z".into();
                seed["accounts"][0]["emails"][0]["waits_for"] = waits_for;
            }),
            "accounts[0].emails[0].waits_for: an item is either pending or has confirmed_at",
        ),
        (with(|seed| seed["accounts"][0]["alarms"][0]["leak"] = 99.into()), "alarms[0].leak: there is no leaks[99]"),
        (
            with(|seed| seed["accounts"][0]["alarms"][0]["item_id"] = 2.into()),
            "accounts[0].alarms[0].item_id: no such item of the account watches the value of this leak",
        ),
        (with(|seed| seed["accounts"][0]["alarms"][1]["id"] = 1.into()), "accounts[0].alarms[1].id: it or its leak_id"),
        (with(|seed| seed["tokens"][1]["number"] = 1.into()), "tokens[1].number: 1 is taken by a token before it"),
        (with(|seed| seed["tokens"][1]["account"] = 7.into()), "tokens[1].account: there is no account 7"),
        (
            with(|seed| seed["assume"] = json!({ "add.status": 418 })),
            "assume.add.status: the assumption add.status cannot be",
        ),
        (
            with(|seed| seed["assume"] = json!({ "add.status": [] })),
            "assume.add.status: the assumption add.status cannot be []",
        ),
        (
            with(|seed| {
                let used = json!({ "code": "x", "account": 8, "expires_at": "2026-11-01T12:00:00Z", "is_used": true });
                seed["sso_codes"] = json!([used]);
            }),
            "sso_codes[0].account: there is no account 8",
        ),
        (with(|seed| seed["given_out"]["ids"]["emails"] = 1.into()), "given_out.ids"),
        (json!([]), "it must be an object"),
    ];
    for (body, expected) in cases {
        let refused = world.put("/_mock/snapshot").json(body).send().await.expect(400);
        assert!(refused.text("error").contains(expected), "{expected}: {}", refused.raw);
    }
    world.put("/_mock/snapshot").body("application/json", "{").send().await.expect(400);
    world.put("/_mock/snapshot").body("application/json", [0xff]).send().await.expect(400);
    let now = serde_json::from_str::<Value>(&world.control().snapshot()).expect("JSON");
    assert_eq!(now, whole);
}

#[tokio::test]
async fn assumptions_of_a_snapshot_hold_where_the_server_was_told_nothing_else() {
    let status = async |world: &World| {
        let add = json!({ "iban": "DK5000400440116243" });
        world.post("/api/v1/iban-watchlist").token(APP).json(add).send().await.status
    };
    let snapshot = World::assuming("add.status", "200").control().snapshot();
    let plain = World::new();
    plain.control().restore(&snapshot).expect("a snapshot");
    assert_eq!(status(&plain).await, 200);
    plain.control().reset();
    assert_eq!(status(&plain).await, 201);

    let told = MockServer::builder().seed(&snapshot).expect("a seed").assume("id.form", "uuid").expect("a value");
    let told = World::of(told);
    let body = told.get("/api/v1/account").token(APP).send().await.expect(200).body;
    assert!(body["data"]["id"].is_string(), "{body}");
    assert_eq!(status(&told).await, 200);
}

#[tokio::test]
async fn a_snapshot_holds_whole_requests_however_many_are_under_way() {
    let world = World::new();
    // Taken on threads of their own, beside the one that answers.
    let (control, done) = (world.control(), Arc::new(AtomicBool::new(false)));
    let reader = std::thread::spawn({
        let done = Arc::clone(&done);
        move || {
            let mut taken = 0;
            while taken == 0 || !done.load(Ordering::Acquire) {
                let snapshot: Value = serde_json::from_str(&control.snapshot()).expect("JSON");
                let emails = snapshot["accounts"][0]["emails"].as_array().expect("a list");
                let waiting = emails.iter().filter(|email| !email["waits_for"].is_null()).count();
                let sent = snapshot["messages"].as_array().map_or(0, Vec::len);
                assert_eq!(sent, waiting, "each that waits was sent its link");
                taken += 1;
            }
        }
    });
    for number in 0..200 {
        let add = json!({ "email": format!("e{number}@example.com") });
        world.post("/api/v1/email-watchlist").token(APP).json(add).send().await.expect(201);
    }
    done.store(true, Ordering::Release);
    reader.join().expect("no snapshot was half a request");
}
