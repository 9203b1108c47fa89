//! Accounts: created by CRM, read, and changed over five routes (ACCOUNT-1 to 5, SSO-3, SSO-5, SSN-1 to 3, SSO-6).

mod creation;
mod eid;
mod password;
mod ssn;
mod updates;

use mock_server::MockServer;
use reqwest::Method;
use serde_json::{Value, json};

use crate::harness::{APP, Answer, CRM, ROUTES, Route, World};

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

/// The fields of an account about its SSN: the number, whether there is one, and whether it is monitored.
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

/// Every documented route that updates an account, with each token that it takes.
fn updates() -> Vec<(&'static Route, &'static str)> {
    let is_update = |route: &&Route| {
        [Method::PUT, Method::PATCH].contains(&route.method) && ["account", "{account_id}"].contains(&route.end())
    };
    let with_token = |route: &'static Route| route.tokens().map(move |token| (route, token));
    let updates: Vec<_> = ROUTES.iter().filter(is_update).flat_map(with_token).collect();
    assert!(!updates.is_empty());
    updates
}

/// Updates account 1 or 2 of the seed over one of the routes, as its partner or its user.
async fn update(world: &World, route: &Route, token: &str, id: &str, body: Value) -> Answer {
    let token = match (token, id) {
        (APP, "2") => world.app_token("jane.roe@example.com").await,
        (token, _) => token.to_owned(),
    };
    let path = route.path.replace("{account_id}", id);
    world.request(route.method.clone(), &path).token(&token).json(body).send().await
}
