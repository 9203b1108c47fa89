//! The control routes over HTTP: the actions of a test or a person that no client of the real API has. One world never
//! shows in another, and no foreign web page reaches any of them.

mod accounts;
mod called;
mod changes;
mod clock;
mod credentials;
mod guard;
mod journal;
mod message_states;
mod outbox;
mod profile;
mod recorded;
mod refused;
mod reset;
mod sandbox_names;
mod sandboxes;

use std::time::{SystemTime, UNIX_EPOCH};

use mock_server::{MockServer, Timestamp};
use reqwest::Method;
use serde_json::{Value, json};

use crate::harness::{Caller, EMAIL, Request, World};

/// Every control route, with a body that it takes.
fn routes() -> Vec<(Method, &'static str, Option<Value>)> {
    vec![
        (Method::GET, "/_mock/health", None),
        (Method::HEAD, "/_mock/health", None),
        (Method::GET, "/_mock/credentials", None),
        (Method::GET, "/_mock/changes", None),
        (Method::POST, "/_mock/reset", None),
        (Method::GET, "/_mock/outbox", None),
        (Method::DELETE, "/_mock/outbox", None),
        (Method::POST, "/_mock/leaks", Some(json!({ "kind": "email", "value": "john.work@example.com" }))),
        (Method::GET, "/_mock/clock", None),
        (Method::PUT, "/_mock/clock", Some(json!({ "advance_seconds": 60 }))),
        (Method::GET, "/_mock/accounts", None),
        (Method::GET, "/_mock/accounts/2", None),
        (Method::POST, "/_mock/accounts/2/eid", Some(json!({ "provider": "bankid", "ssn": "19900102-2384" }))),
        (Method::POST, "/_mock/faults", Some(json!({ "kind": "message-double", "next": 1 }))),
        (Method::GET, "/_mock/faults", None),
        (Method::DELETE, "/_mock/faults/1", None),
        (Method::DELETE, "/_mock/faults", None),
        (Method::GET, "/_mock/requests", None),
        (Method::GET, "/_mock/requests/none/curl", None),
        (Method::DELETE, "/_mock/requests", None),
        (Method::GET, "/_mock/profile", None),
        (Method::PUT, "/_mock/profile", Some(json!({ "profile": 1, "sources": {} }))),
        (Method::POST, "/_mock/sandboxes", Some(json!({}))),
        (Method::GET, "/_mock/sandboxes", None),
        (Method::PUT, "/_mock/sandboxes/chosen", Some(json!({}))),
        (Method::DELETE, "/_mock/sandboxes/none", None),
    ]
}

fn with_body(request: Request, body: Option<&Value>) -> Request {
    match body {
        Some(body) => request.json(body.clone()),
        None => request,
    }
}

fn server() -> World {
    World::of(MockServer::builder())
}

/// A world of its own: one partner, one account, two emails, and a leak of one of them.
fn small_seed() -> Value {
    json!({
        "version": 1,
        "partners": [{
            "id": 5,
            "name": "Small",
            "crm_users": [{ "username": "small@partner.example", "password": "small-password" }],
            "sso_clients": [{ "client_id": "small-client", "client_secret": "small-secret" }],
        }],
        "tokens": [
            { "number": 7, "secret": "small-crm-token", "partner": 5 },
            { "number": 8, "secret": "small-app-token", "account": 40 },
        ],
        "accounts": [{
            "id": 40,
            "partner": 5,
            "created_at": "2026-01-01T00:00:00Z",
            "profile": { "first_name": "Small", "last_name": "World", "email": "small@example.org" },
            "emails": [
                { "id": 11, "created_at": "2026-01-01T00:00:00Z", "email": "small.one@example.org" },
                { "id": 12, "created_at": "2026-01-01T00:00:00Z", "email": "small.two@example.org" },
            ],
        }],
        "leaks": [{ "kind": "email", "value": "small.two@example.org", "title": "Small leak" }],
    })
}

fn machine_seconds() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).expect("it is after 1970");
    i64::try_from(since.as_secs()).expect("a time")
}

fn instant(value: &Value) -> Timestamp {
    Timestamp::parse(value.as_str().expect("a time")).expect("RFC 3339")
}

async fn emails(world: &World) -> Vec<Value> {
    Caller::user(world).list(EMAIL.list).await
}
