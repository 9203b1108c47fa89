//! Every assumption with every value that it can have: the mock does what the fixture says that the value means, and
//! `X-Mock-Basis` names the key wherever the answer rests on it.

/// Makes a test of each row: its check is called with every value of its keys, each in force in a world of its own.
macro_rules! checked {
    ($($($key:literal)|+ => $check:ident $(beside $beside:ident)?;)+) => {
        /// The keys that are checked here.
        pub(super) const CHECKED: &[&str] = &[$($($key),+),+];

        mod each {
            use super::super::Beside;
            use crate::harness::Switched;

            $(
                #[tokio::test]
                async fn $check() {
                    let beside: &[Beside] = &[$(super::super::$beside)?];
                    for key in [$($key),+] {
                        for switched in Switched::each(key, beside.first().copied().unwrap_or_default()) {
                            super::$check(switched).await;
                        }
                    }
                }
            )+
        }
    };
}

mod account;
mod alarms;
mod bodies;
mod callers;
mod confirmation;
mod format;
mod ids;
mod items;
mod lives;
mod online;

use std::collections::BTreeSet;

use mock_server::MockServer;
use serde_json::{Value, json};

use crate::harness::{Answer, Caller, World, default_of, fields, keys, sso_body, values_of};

/// Other assumptions without which one would not matter.
type Beside = &'static [(&'static str, &'static str)];

/// Phones that the user adds wait for a code.
const CONFIRMING_PHONES: Beside = &[("confirm.phone", "yes")];
/// A duplicate is a conflict, which is the one way to a 409 that asks for no special body.
const CONFLICTS: Beside = &[("add.duplicate", "409")];
/// Removal requests stay in each state for so short a time that one world sees all of them.
const SHORT_STEPS: Beside = &[("removal.step-seconds", "10")];

#[test]
fn no_assumption_is_left_out() {
    let all = [
        ids::CHECKED,
        items::CHECKED,
        callers::CHECKED,
        bodies::CHECKED,
        confirmation::CHECKED,
        account::CHECKED,
        format::CHECKED,
        lives::CHECKED,
        alarms::CHECKED,
        online::CHECKED,
    ]
    .concat();
    let checked: BTreeSet<&str> = all.iter().copied().collect();
    assert_eq!(checked.len(), all.len(), "a key has two checks");
    assert_eq!(checked, keys());
}

#[tokio::test]
async fn every_value_can_be_had_and_the_health_check_tells_which_are_in_force() {
    let server = World::of(MockServer::builder());
    let defaults = server.get("/_mock/health").send().await.expect(200).body["assumptions"].clone();
    assert_eq!(fields(&defaults).into_iter().collect::<BTreeSet<_>>(), keys());
    for key in keys() {
        assert_eq!(defaults[key], default_of(key), "{key} by default");
        for value in values_of(key) {
            let assume = json!({ "assume": { key: value } });
            let sandbox = server.post("/_mock/sandboxes").json(assume).send().await.expect(201);
            let base_url = sandbox.text("base_url");
            let health = server.get(&format!("{}/_mock/health", server.path_of(&base_url))).send().await.expect(200);
            let mut expected = defaults.clone();
            expected[key] = json!(value);
            assert_eq!(health.body["assumptions"], expected, "{key}={value}");
        }
    }
}

fn sso(client_id: &str, client_secret: &str, email: &str) -> Value {
    json!({ "client_id": client_id, "client_secret": client_secret, "email": email })
}

/// A one-time code for account 1.
async fn one_time_code(world: &World) -> Answer {
    world.post("/api/v1/sso/code").json(sso_body(1, "john.doe@example.com")).send().await.expect(200)
}

/// The entries of a scan's status, however it is wrapped.
async fn scanned_sites(user: &Caller<'_>) -> Vec<Value> {
    let answer = user.get("/delete-my-data/scan/status").send().await.expect(200);
    let sites = answer.body.get("sites").or_else(|| answer.body["data"].get("sites"));
    sites.and_then(Value::as_array).unwrap_or_else(|| panic!("no sites in {answer:?}")).clone()
}
