//! Alarms: one for every leak of a watched value, raised once, seen by the account and its partner, and closed by a GET
//! (ALARM-1 to 6).

mod lists;
mod raised;

use serde_json::{Value, json};

use crate::harness::{CRM, World, written};

/// A breach now holds a value.
async fn breach(world: &World, kind: &str, value: &str) {
    let leak = json!({ "kind": kind, "value": value, "title": "Exempel" });
    world.post("/_mock/leaks").json(leak).send().await.expect(201);
}

fn id(alarm: &Value) -> String {
    written(&alarm["id"])
}

/// The alarms that a list of the partner has.
async fn of_partner(world: &World, path: &str) -> Vec<Value> {
    world.get(path).token(CRM).send().await.expect(200).items().to_vec()
}
