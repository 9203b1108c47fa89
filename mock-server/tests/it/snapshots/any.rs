//! Snapshots that were changed by hand, or by somebody who means harm: each is refused with its place, or works.

use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use serde_json::{Value, json};

use crate::harness::{CRM, KINDS, World};

/// The pointers to all values in a document.
fn pointers(value: &Value, at: &str, found: &mut Vec<String>) {
    found.push(at.to_owned());
    match value {
        Value::Array(values) => {
            values.iter().enumerate().for_each(|(place, one)| pointers(one, &format!("{at}/{place}"), found));
        }
        Value::Object(fields) => {
            fields.iter().for_each(|(name, one)| pointers(one, &format!("{at}/{name}"), found));
        }
        _ => {}
    }
}

fn odd_value() -> impl Strategy<Value = Value> {
    let numbers = [0, 1, 2, 3, 1 << 52, (1 << 52) + 1, (1 << 53) + 1, 1 << 56, i64::MAX as u64, u64::MAX - 1, u64::MAX];
    prop_oneof![
        8 => prop::sample::select(numbers.to_vec()).prop_map(Value::from),
        1 => Just(json!(-1)),
        1 => Just(json!(1.5)),
        1 => Just(Value::Null),
        1 => Just(json!("")),
        1 => Just(json!("9999-12-31T23:59:59Z")),
        1 => Just(json!("0001-01-01T00:00:00Z")),
        1 => Just(json!([])),
        1 => Just(json!({})),
        1 => Just(json!(true)),
    ]
}

/// Adds one item of each kind, and reads what there is. Nothing may be answered by a defect of the mock.
async fn works(world: &World) -> Result<(), String> {
    for kind in KINDS {
        for value in kind.spellings.iter().chain([&kind.other]) {
            let body = kind.body(value);
            let added = world.post(&format!("/api/v1/account/1{}", kind.add)).token(CRM).json(body).send().await;
            if added.status >= 500 {
                return Err(format!("adding {}: {}", kind.name, added.raw));
            }
        }
        let listed = world.get(&format!("/api/v1/account/1{}", kind.list)).token(CRM).send().await;
        if listed.status >= 500 {
            return Err(format!("listing {}: {}", kind.name, listed.raw));
        }
    }
    let reads = ["/api/v1/account/1", "/api/v1/account/1/alarms", "/api/v1/alarms-list", "/api/v1/alarms/statistic"];
    let control = ["/_mock/accounts", "/_mock/accounts/1", "/_mock/outbox", "/_mock/snapshot"];
    for path in reads.into_iter().chain(control) {
        let answer = world.get(path).token(CRM).send().await;
        if answer.status >= 500 {
            return Err(format!("{path}: {}", answer.raw));
        }
    }
    let again = world.get("/_mock/snapshot").send().await;
    let restored = world.put("/_mock/snapshot").body("application/json", again.raw.clone()).send().await;
    match restored.status {
        200 => Ok(()),
        _ => Err(format!("its own snapshot is refused: {}", restored.raw)),
    }
}

#[test]
fn a_snapshot_with_a_value_that_nobody_expects_is_refused_or_works() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    let fresh: Value = serde_json::from_str(&World::new().control().snapshot()).expect("JSON");
    let mut places = Vec::new();
    pointers(&fresh, "", &mut places);
    let changes = prop::collection::vec((prop::sample::select(places), odd_value()), 1..4);
    let mut runner = TestRunner::new(Config { cases: 300, failure_persistence: None, ..Config::default() });
    let tried = runner.run(&changes, |changes| {
        let mut snapshot = fresh.clone();
        for (place, value) in changes {
            if let Some(there) = snapshot.pointer_mut(&place) {
                *there = value;
            }
        }
        runtime.block_on(async {
            let world = World::new();
            let restored = world.put("/_mock/snapshot").json(snapshot).send().await;
            prop_assert!(restored.status == 200 || restored.status == 400, "{}", restored.raw);
            if restored.status == 200 {
                works(&world).await.map_err(TestCaseError::fail)?;
            }
            Ok(())
        })
    });
    tried.unwrap_or_else(|failed| panic!("{failed}"));
}

#[tokio::test]
async fn numbers_at_the_end_of_their_range_are_refused_with_their_place() {
    let fresh: Value = serde_json::from_str(&World::new().control().snapshot()).expect("JSON");
    let cases = [
        ("/accounts/0/id", "accounts[0].id"),
        ("/accounts/0/emails/0/id", "accounts[0].emails[0].id"),
        ("/accounts/0/alarms/0/id", "accounts[0].alarms[0].id"),
        ("/accounts/0/alarms/0/leak_id", "accounts[0].alarms[0].leak_id"),
        ("/tokens/0/number", "tokens[0].number"),
        ("/given_out/ids/email", "given_out.ids.email"),
        ("/given_out/ids/account", "given_out.ids.account"),
        ("/given_out/messages", "given_out.messages"),
        ("/given_out/secrets", "given_out.secrets"),
    ];
    let world = World::new();
    for (pointer, place) in cases {
        let mut snapshot = fresh.clone();
        *snapshot.pointer_mut(pointer).unwrap_or_else(|| panic!("{pointer} is there")) = json!(u64::MAX);
        let refused = world.put("/_mock/snapshot").json(snapshot).send().await.expect(400);
        assert!(refused.raw.contains(&format!("{place}: {} is too high", u64::MAX)), "{}", refused.raw);
    }
}
