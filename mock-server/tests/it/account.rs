//! Accounts: created by CRM, read, and changed over five routes (ACCOUNT-1 to 5, SSO-3, SSO-5, SSN-1 to 3, SSO-6).

mod creation;
mod eid;
mod password;
mod ssn;
mod updates;

use mock_server::MockServer;
use serde_json::{Value, json};

use crate::harness::{Answer, CRM, World};

/// The SSN of account 1 in the seed, and how it is read back: account 2 has none.
const JOHNS: &str = "19900101-2385";
const JOHNS_MASKED: &str = "********-**85";
const ACTIVATE: &str = "/ssn-monitoring/activate";
const DEACTIVATE: &str = "/ssn-monitoring/deactivate";

/// A body that creates an account, but for what `change` says; null leaves a field out.
fn new_account(change: Value) -> Value {
    let mut body = json!({
        "ssn": "19900101-1234", "first_name": "Test", "last_name": "Person", "email": "new@example.com",
        "country_code": "SE", "lang_code": "SV", "plan_id": 1, "type": "SINGLE",
    });
    let fields = body.as_object_mut().expect("an object");
    for (field, value) in change.as_object().expect("an object") {
        match value {
            Value::Null => fields.remove(field),
            value => fields.insert(field.clone(), value.clone()),
        };
    }
    body
}

async fn create(world: &World, body: Value) -> Answer {
    world.post("/api/v1/account").token(CRM).json(body).send().await
}

/// An account as CRM reads it.
async fn account(world: &World, id: &str) -> Value {
    world.get(&format!("/api/v1/account/{id}")).token(CRM).send().await.expect(200).body["data"].clone()
}

/// What an account says of its SSN: the number, whether there is one, and whether it is monitored.
fn about_ssn(account: &Value) -> [&Value; 3] {
    [&account["ssn"], &account["has_ssn"], &account["is_ssn_monitored"]]
}

/// A world in which an SSN is read back whole, so that a change of it would show.
fn echoing() -> World {
    World::assuming("ssn.echo", "full")
}

/// A world that takes accounts without an SSN.
fn without_ssn() -> World {
    World::of(MockServer::builder().ssn_required(false))
}
