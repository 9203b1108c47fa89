//! Health, the seed, and the reset that brings it back.

use mock_server::MockServer;
use reqwest::Method;
use serde_json::{Value, json};

use super::{emails, instant, machine_seconds, small_seed};
use crate::harness::{CRM, Caller, EMAIL, World, sso_body};

#[tokio::test]
async fn health_says_that_it_serves_and_by_which_assumptions() {
    for world in [World::new(), World::of(MockServer::builder())] {
        let health = world.get("/_mock/health").send().await.expect(200);
        assert_eq!(health.body["status"], "ok");
        assert_eq!(health.body["version"], env!("CARGO_PKG_VERSION"));
        assert_eq!(health.body["assumptions"]["remove.status"], "204");
        let head = world.request(Method::HEAD, "/_mock/health").send().await.expect(200);
        assert_eq!((&*head.raw, head.header("content-type")), ("", "application/json"));
    }
}

#[tokio::test]
async fn a_reset_brings_the_seed_back_and_leaves_nothing_of_what_was_done() {
    let world = World::new();
    let [partner, user] = Caller::both(&world);
    let before = emails(&world).await;
    let first = user.add_email("new@example.com").await;
    let link = world.last_link();
    user.remove(EMAIL.list, &before[0]).await;
    partner.request(Method::PUT, "").json(json!({ "first_name": "Changed" })).send().await.expect(200);
    let created = world.account("created@example.com").await;
    let token = world.app_token("john.doe@example.com").await;
    let sso = sso_body(1, "john.doe@example.com");
    let code = world.post("/api/v1/sso/code").json(sso).send().await.expect(200).text("code");
    let leak = json!({ "kind": "email", "value": "john.private@example.net", "title": "Added" });
    world.post("/_mock/leaks").json(leak).send().await.expect(201);
    world.post("/_mock/accounts/2/eid").json(json!({ "provider": "bankid", "ssn": "19900102-2384" })).send().await;
    world.set_clock(json!({ "now": "2040-01-01T00:00:00Z", "frozen": true })).await;

    world.post("/_mock/reset").send().await.expect(200);
    assert_eq!(world.outbox("").await, [] as [Value; 0]);
    assert_eq!(world.journal().await, [] as [Value; 0]);
    let clock = world.get("/_mock/clock").send().await.expect(200).body;
    assert_eq!(clock["frozen"], false);
    assert!((instant(&clock["now"]).unix_seconds() - machine_seconds()).abs() <= 5, "{clock}");
    world.get("/api/v1/account").token(&token).send().await.expect(401);
    world.post("/api/v1/sso/login").json(json!({ "code": code })).send().await.expect(401);
    world.open(&link).await.expect(410);
    world.get(&format!("/api/v1/account/{created}")).token(CRM).send().await.expect(404);
    let account = partner.get("").send().await.expect(200).body["data"].clone();
    assert_eq!(account["first_name"], "John");
    let jane = Caller::partner(&world, "2").get("").send().await.expect(200).body["data"].clone();
    assert_eq!(jane["has_ssn"], 0);
    assert_eq!(emails(&world).await, before);
    let leaks = user.list("/email-watchlist/leaks").await;
    assert!(leaks.len() == 2 && leaks.iter().all(|leak| leak["title"] != "Added"), "{leaks:?}");
    assert_eq!(user.add_email("new@example.com").await["id"], first["id"], "ids count from where the seed ends");
}

#[tokio::test]
async fn a_reset_brings_back_the_seed_that_the_server_was_given() {
    let builder = MockServer::builder().seed(&small_seed().to_string()).expect("a seed");
    let world = World::of(builder.assume("remove.status", "200").expect("a key and a value"));
    for _ in 0..2 {
        let list = world.get("/api/v1/email-watchlist").token("8|small-app-token").send().await.expect(200);
        let listed: Vec<&Value> = list.items().iter().map(|item| &item["email"]).collect();
        assert_eq!(listed, ["small.one@example.org", "small.two@example.org"]);
        let remove = world.delete("/api/v1/email-watchlist/11").token("8|small-app-token");
        remove.send().await.expect(200);
        world.post("/_mock/reset").send().await.expect(200);
    }
}

#[tokio::test]
async fn a_server_starts_from_the_seed_that_it_is_given() {
    let world = World::of(MockServer::builder().seed(&small_seed().to_string()).expect("a seed"));
    world.get("/api/v1/account/1").token(CRM).send().await.expect(401);
    let account =
        world.get("/api/v1/account/40").token("7|small-crm-token").send().await.expect(200).body["data"].clone();
    assert_eq!((&account["id"], &account["email"]), (&json!(40), &json!("small@example.org")));
    assert_eq!(account["created_at"], "2026-01-01 00:00:00");
    let leaks = world.get("/api/v1/email-watchlist/leaks").token("8|small-app-token").send().await.expect(200);
    let [leak] = leaks.items() else { panic!("{}", leaks.raw) };
    assert_eq!((&leak["item_id"], &leak["title"]), (&json!(12), &json!("Small leak")));
    let login = json!({ "username": "small@partner.example", "password": "small-password" });
    world.post("/api/v1/crm/auth/login").json(login).send().await.expect(200);
    let sso = json!({ "client_id": "small-client", "client_secret": "small-secret", "email": "small@example.org" });
    let token = world.post("/api/v1/sso/token").json(sso).send().await.expect(200).text("token");
    let added = world.post("/api/v1/email-watchlist").token(&token).json(json!({ "email": "small.three@example.org" }));
    assert_eq!(added.send().await.expect(201).body["data"]["id"], 13, "ids count on from the seed");

    let empty = World::of(MockServer::builder().empty());
    empty.get("/api/v1/account/1").token(CRM).send().await.expect(404);
    assert_eq!(empty.account("first@example.com").await, "1");

    let mut wrong = small_seed();
    wrong["accounts"][0]["emails"][1]["created_at"] = json!("yesterday");
    let error = MockServer::builder().seed(&wrong.to_string()).expect_err("no time").to_string();
    assert!(error.contains("accounts[0].emails[1]"), "{error}");
}
