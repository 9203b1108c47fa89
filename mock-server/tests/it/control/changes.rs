//! The count of changes, by which a page sees that something was done.

use mock_server::WatchKind;
use reqwest::Method;
use serde_json::json;

use crate::harness::{APP, Caller, World};

/// The mark of the world, and how often something was done in it.
async fn changes(world: &World) -> (String, u64) {
    let answer = world.get("/_mock/changes").send().await.expect(200);
    assert!(answer.body["now"].is_string() && answer.body["frozen"].is_boolean(), "{}", answer.raw);
    (answer.text("world"), answer.body["changes"].as_u64().expect("a number"))
}

#[tokio::test]
async fn every_action_counts_as_a_change_and_looking_does_not() {
    let world = World::new();
    let leak = json!({ "kind": "email", "value": "john.work@example.com" });
    Caller::user(&world).add_email("new@example.com").await;
    let link = world.last_link();
    let mut before = changes(&world).await;
    let done = [
        world.get("/api/v1/email-watchlist").token(APP),
        world.get("/api/v1/nothing"),
        world.request_link(Method::GET, &link),
        world.post("/_mock/leaks").json(leak),
        world.put("/_mock/clock").json(json!({ "advance_seconds": 1 })),
        world.post("/_mock/accounts/2/eid").json(json!({ "provider": "bankid", "ssn": "19900102-2384" })),
        world.delete("/_mock/outbox"),
        world.delete("/_mock/requests"),
    ];
    for (position, request) in done.into_iter().enumerate() {
        request.send().await;
        let done = changes(&world).await;
        for path in ["/_mock/accounts", "/_mock/outbox", "/_mock/requests", "/_mock/health", "/_mock/"] {
            world.get(path).send().await.expect(200);
        }
        let now = changes(&world).await;
        assert_eq!(now, done, "looking changes nothing");
        assert!(now.0 == before.0 && now.1 > before.1, "{position}: {now:?} after {before:?}");
        before = now;
    }
}

#[tokio::test]
async fn actions_without_http_count_too() {
    let world = World::new();
    let control = world.control();
    let mut before = changes(&world).await.1;
    let done: [&dyn Fn(); 6] = [
        &|| drop(control.add_leak(&mock_server::NewLeak::of(WatchKind::Email, "john.work@example.com"))),
        &|| drop(control.complete_eid("2", mock_server::EidProvider::BankId, "19900102-2384")),
        &|| drop(control.freeze_clock(true)),
        &|| drop(control.advance_clock(std::time::Duration::from_secs(1))),
        &|| control.clear_messages(),
        &|| control.clear_requests(),
    ];
    for (position, act) in done.into_iter().enumerate() {
        act();
        let now = changes(&world).await.1;
        assert!(now > before, "{position}");
        before = now;
    }
}

#[tokio::test]
async fn another_world_has_another_mark() {
    let world = World::new();
    let first = changes(&world).await.0;
    let snapshot = world.control().snapshot();
    world.post("/_mock/reset").send().await.expect(200);
    let second = changes(&world).await.0;
    world.control().restore(&snapshot).expect("a snapshot");
    let third = changes(&world).await.0;
    assert!(first != second && second != third && first != third, "{first} {second} {third}");
    assert_ne!(changes(&World::new()).await.0, third);
}
