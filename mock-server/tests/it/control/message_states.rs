//! What the link or the code in a message can do, as the outbox tells it.

use serde_json::{Value, json};

use super::server;
use crate::harness::{Caller, EMAIL, World, written};

/// The states of all messages, oldest first.
async fn states(world: &World) -> Vec<String> {
    world.outbox("").await.iter().map(|message| written(&message["state"])).collect()
}

async fn resend(user: &Caller<'_>, email: &str) {
    user.post("/resend/watchlist-email-confirmation", json!({ "email": email })).send().await.expect(200);
}

async fn ask_for_code(user: &Caller<'_>, phone: &str) {
    user.post("/phone-watchlist/send-verification-code", json!({ "phone": phone })).send().await.expect(200);
}

async fn confirm_phone(user: &Caller<'_>, code: &str, status: u16) {
    user.post("/phone-watchlist/confirm", json!({ "code": code })).send().await.expect(status);
}

#[tokio::test]
async fn a_link_is_open_then_used() {
    let world = World::frozen();
    let user = Caller::user(&world);
    let email = user.add_email("new@example.com").await;
    assert_eq!(states(&world).await, ["open"]);
    world.open(&world.last_link()).await.expect(200);
    assert_eq!(states(&world).await, ["used"]);
    world.advance(10_000_000);
    assert_eq!(states(&world).await, ["used"], "its time does not matter any more");
    user.remove(EMAIL.list, &email).await;
    assert_eq!(states(&world).await, ["used"], "it was used, whatever came of the email");
}

#[tokio::test]
async fn a_link_expires_by_the_clock_and_only_by_the_clock() {
    let world = World::new();
    world.freeze_at("2030-01-01T00:00:00Z");
    let user = Caller::user(&world);
    user.add_email("new@example.com").await;
    world.advance(100_000_000);
    assert_eq!(states(&world).await, ["expired"]);
    world.freeze_at("2030-01-01T00:00:00Z");
    assert_eq!(states(&world).await, ["open"]);
    world.open(&world.last_link()).await.expect(200);
}

#[tokio::test]
async fn a_resend_replaces_the_link_before_and_the_last_one_is_the_one_that_is_used() {
    let world = World::frozen();
    let user = Caller::user(&world);
    user.add_email("new@example.com").await;
    user.add_email("other@example.com").await;
    resend(&user, "new@example.com").await;
    assert_eq!(states(&world).await, ["replaced", "open", "open"]);
    world.open(&world.last_link()).await.expect(200);
    assert_eq!(states(&world).await, ["replaced", "open", "used"]);
}

#[tokio::test]
async fn the_link_of_an_email_that_is_gone_does_nothing_any_more() {
    let world = World::frozen();
    let user = Caller::user(&world);
    let email = user.add_email("new@example.com").await;
    user.remove(EMAIL.list, &email).await;
    assert_eq!(states(&world).await, ["expired"]);
    user.add_email("new@example.com").await;
    assert_eq!(states(&world).await, ["replaced", "open"]);
}

#[tokio::test]
async fn a_code_is_open_replaced_and_used_as_a_link_is() {
    let world = World::assuming("confirm.phone", "yes");
    world.freeze();
    let user = Caller::user(&world);
    user.add_phone("+46701740620").await;
    let first = world.last_code();
    ask_for_code(&user, "+46701740620").await;
    assert_eq!(states(&world).await, ["replaced", "open"]);
    confirm_phone(&user, &first, 422).await;
    confirm_phone(&user, &world.last_code(), 200).await;
    assert_eq!(states(&world).await, ["replaced", "used"]);
    // A phone that is confirmed can be verified again (PHONE-2).
    ask_for_code(&user, "+46701740620").await;
    assert_eq!(states(&world).await, ["replaced", "used", "open"]);
    world.advance(10_000_000);
    assert_eq!(states(&world).await, ["replaced", "used", "expired"]);
}

#[tokio::test]
async fn the_code_of_a_card_is_open_until_the_card_is_verified_or_gone() {
    let world = World::frozen();
    let user = Caller::user(&world);
    let card = user.add_card("4000007520000008").await;
    let body = json!({ "credit_card_id": card["id"], "code": world.last_code() });
    assert_eq!(states(&world).await, ["open"]);
    user.post("/credit-cards/verify", body).send().await.expect(200);
    assert_eq!(states(&world).await, ["used"]);
    let other = user.add_card("5555555555554444").await;
    user.remove("/credit-card", &other).await;
    assert_eq!(states(&world).await, ["used", "expired"]);
}

#[tokio::test]
async fn a_message_that_came_twice_is_used_twice_and_one_that_overtook_another_is_not_confused_with_it() {
    let world = World::frozen();
    let user = Caller::user(&world);
    let fault = json!({ "kind": "message-double", "next": 1 });
    world.post("/_mock/faults").json(fault).send().await.expect(201);
    user.add_email("new@example.com").await;
    assert_eq!(states(&world).await, ["open", "open"]);
    world.open(&world.last_link()).await.expect(200);
    assert_eq!(states(&world).await, ["used", "used"]);

    world.delete("/_mock/outbox").send().await.expect(204);
    let fault = json!({ "kind": "message-reorder", "next": 1 });
    world.post("/_mock/faults").json(fault).send().await.expect(201);
    user.add_email("late@example.com").await;
    resend(&user, "late@example.com").await;
    assert_eq!(states(&world).await, ["open", "replaced"], "the second message arrived first");
    let first = world.outbox("").await[0]["link"].as_str().expect("a link").to_owned();
    world.open(&first).await.expect(200);
    assert_eq!(states(&world).await, ["used", "replaced"]);
}

#[tokio::test]
async fn the_states_of_a_world_are_those_of_its_snapshot() {
    let server = server();
    server.freeze();
    let user = Caller::user(&server);
    user.add_email("used@example.com").await;
    server.open(&server.last_link()).await.expect(200);
    user.add_email("open@example.com").await;
    user.add_email("replaced@example.com").await;
    resend(&user, "replaced@example.com").await;
    let before = states(&server).await;
    assert_eq!(before, ["used", "open", "replaced", "open"]);
    let snapshot = server.get("/_mock/snapshot").send().await.expect(200).body;
    server.post("/_mock/reset").send().await.expect(200);
    assert_eq!(states(&server).await, [""; 0]);
    server.put("/_mock/snapshot").json(snapshot).send().await.expect(200);
    assert_eq!(states(&server).await, before);
}

#[tokio::test]
async fn messages_after_an_id_are_listed_and_waited_for() {
    let world = World::new();
    let user = Caller::user(&world);
    user.add_email("one@example.com").await;
    user.add_email("two@example.com").await;
    let ids =
        |messages: &[Value]| -> Vec<u64> { messages.iter().filter_map(|message| message["id"].as_u64()).collect() };
    assert_eq!(ids(&world.outbox("?after=1").await), [2]);
    assert_eq!(ids(&world.outbox("?after=2").await), [] as [u64; 0]);
    let waiting = world.begin_to_wait("/_mock/outbox?after=2&wait=60").await;
    assert!(!waiting.is_finished(), "what was there before is not waited for");
    user.add_email("three@example.com").await;
    let answer = waiting.await.expect("no panic").expect(200);
    assert_eq!(ids(answer.body["messages"].as_array().expect("a list")), [3]);
}
