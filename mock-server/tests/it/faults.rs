//! Faults on demand: each kind as a client sees it, the requests that it matches, how long it lasts, and that nothing
//! is left of it.

mod aim;
mod answers;
mod messages;
mod mixtures;
mod records;

use serde_json::{Value, json};

use crate::harness::{CRM, World, page};

const EMAILS: &str = "/api/v1/account/2/email-watchlist";
const OWN_EMAILS: &str = "/api/v1/email-watchlist";
/// The time at which clocks are stopped.
const START: &str = "2030-01-01T00:00:00Z";
const KINDS: [&str; 10] = [
    "latency",
    "status",
    "cut",
    "reset",
    "truncate",
    "throttle",
    "message-delay",
    "message-drop",
    "message-double",
    "message-reorder",
];

/// Sets a fault, and returns what is answered.
async fn set(world: &World, fault: Value) -> Value {
    world.post("/_mock/faults").json(fault).send().await.expect(201).body
}

async fn faults(world: &World) -> Vec<Value> {
    let answer = world.get("/_mock/faults").send().await.expect(200);
    answer.body["faults"].as_array().expect("a list of faults").clone()
}

/// The addresses that account 2 watches.
async fn watched(world: &World) -> Vec<Value> {
    let list = world.get(EMAILS).token(CRM).send().await.expect(200);
    list.items().iter().map(|item| item["email"].clone()).collect()
}

/// Adds an address to account 2, as the partner.
fn add(world: &World, email: &str) -> crate::harness::Request {
    world.post(EMAILS).token(CRM).json(json!({ "email": email }))
}

/// The statuses of so many requests for the emails of account 2, one after another.
async fn statuses(world: &World, many: usize) -> Vec<u16> {
    let mut statuses = Vec::new();
    for _ in 0..many {
        statuses.push(world.get(EMAILS).token(CRM).send().await.status);
    }
    statuses
}

#[test]
fn the_documentation_lists_every_kind() {
    let table = page("docs/faults.md");
    for kind in KINDS {
        assert!(table.contains(&format!("| `{kind}` |")), "docs/faults.md has no row for {kind}");
    }
}
