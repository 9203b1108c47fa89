//! Faults of messages: dropped, doubled, delayed, out of order.

use std::time::{Duration, Instant};

use mock_server::MessageFilter;
use serde_json::{Value, json};

use super::{START, faults, set};
use crate::harness::{Caller, World};

fn to(address: &str) -> MessageFilter {
    MessageFilter { to: Some(address.to_owned()), channel: None }
}

#[tokio::test]
async fn a_dropped_message_is_not_there_and_its_link_and_code_work() {
    let world = World::new();
    set(&world, json!({ "kind": "message-drop", "next": 2 })).await;
    let user = Caller::user(&world);
    let added = user.post("/email-watchlist", json!({ "email": "lost@example.com" })).send().await.expect(201);
    let hint = added.header("x-mock-hint");
    assert!(hint.contains("(id 1, message-drop) applied to a message that this request sent; "), "{hint}");
    assert!(added.rests_on("EMAIL-1"));
    let card = user.add_card("4000007520000008").await;
    assert_eq!(world.addressees(), [""; 0]);

    let snapshot: Value = serde_json::from_str(&world.control().snapshot()).expect("JSON");
    let secret = |items: &str| {
        let items = snapshot["accounts"][0][items].as_array().expect("a list").clone();
        items.iter().find_map(|item| item["waits_for"]["secret"].as_str().map(str::to_owned)).expect("one waits")
    };
    let link = format!("{}/_confirm/{}", world.base_url(), secret("emails"));
    world.open(&link).await.expect(200);
    let code = json!({ "credit_card_id": card["id"], "code": secret("credit_cards") });
    user.post("/credit-cards/verify", code).send().await.expect(200);

    user.add_email("next@example.com").await;
    assert_eq!(world.messages()[0].id, 1, "what was lost has no number");
}

#[tokio::test]
async fn a_doubled_message_comes_twice() {
    let world = World::new();
    set(&world, json!({ "kind": "message-double", "channel": "email", "to": "Twice@example.com" })).await;
    let user = Caller::user(&world);
    for email in ["once@example.com", "twice@example.com"] {
        user.add_email(email).await;
    }
    user.post("/phone-watchlist/send-verification-code", json!({})).send().await.expect(200);
    let sent = world.messages();
    assert_eq!(world.addressees(), ["once@example.com", "twice@example.com", "twice@example.com", "+46701740605"]);
    assert_eq!(sent.iter().map(|message| message.id).collect::<Vec<_>>(), [1, 2, 3, 4]);
    assert_eq!(sent[1].link, sent[2].link);
}

#[tokio::test]
async fn a_delayed_message_arrives_by_the_mocks_clock() {
    let world = World::new();
    world.freeze_at(START);
    set(&world, json!({ "kind": "message-delay", "seconds": 60, "to": "late@example.com" })).await;
    let user = Caller::user(&world);
    for email in ["late@example.com", "soon@example.com"] {
        user.add_email(email).await;
    }
    assert_eq!(world.addressees(), ["soon@example.com"]);
    let arrived = json!({ "kind": "message-arrived", "at": "2030-01-01T00:01:00Z" });
    let due = world.put("/_mock/clock").json(json!({ "advance_seconds": 59 })).send().await.expect(200);
    assert_eq!((due.body["due"].clone(), world.addressees().len()), (json!([]), 1));
    // Emptying the outbox does not drop a message that is under way.
    world.delete("/_mock/outbox").send().await.expect(204);
    let due = world.put("/_mock/clock").json(json!({ "advance_seconds": 1 })).send().await.expect(200);
    assert_eq!(due.body["due"], json!([arrived]));
    let [message] = world.messages().try_into().expect("one message");
    assert_eq!((&*message.to, message.id), ("late@example.com", 2), "numbers are those of the arrival");
    assert_eq!(message.sent_at.to_rfc3339(), "2030-01-01T00:00:00Z");
    world.open(message.link.as_deref().expect("a link")).await.expect(200);
}

#[tokio::test]
async fn a_wait_sees_a_delayed_message_when_its_time_has_come() {
    // By the machine's clock, while it runs.
    let world = World::new();
    set(&world, json!({ "kind": "message-delay", "seconds": 1 })).await;
    let waiting = world.begin_to_wait("/_mock/outbox?wait=60").await;
    let began = Instant::now();
    Caller::user(&world).add_email("late@example.com").await;
    let answer = waiting.await.expect("no panic").expect(200);
    assert_eq!(answer.body["messages"][0]["to"], "late@example.com", "{}", answer.raw);
    assert!(began.elapsed() < Duration::from_secs(20), "{:?}", began.elapsed());

    // By the mock's clock, when it is moved or released.
    for to in [json!({ "advance_seconds": 3600 }), json!({ "now": "2030-01-01T01:00:00Z", "frozen": false })] {
        let world = World::new();
        world.freeze_at(START);
        set(&world, json!({ "kind": "message-delay", "seconds": 3600 })).await;
        Caller::user(&world).add_email("late@example.com").await;
        let began = Instant::now();
        let waiting = world.begin_to_wait("/_mock/outbox?wait=60").await;
        world.put("/_mock/clock").json(to).send().await.expect(200);
        let answer = waiting.await.expect("no panic").expect(200);
        assert_eq!(answer.body["messages"][0]["to"], "late@example.com", "{}", answer.raw);
        assert!(began.elapsed() < Duration::from_secs(20), "{:?}", began.elapsed());
    }

    // A wait that is too short sees nothing.
    let world = World::new();
    set(&world, json!({ "kind": "message-delay", "seconds": 3600 })).await;
    Caller::user(&world).add_email("late@example.com").await;
    let answer = world.get("/_mock/outbox?wait=0.05").send().await.expect(200);
    assert_eq!(answer.body["messages"], json!([]));
}

#[tokio::test]
async fn a_message_out_of_order_arrives_after_the_next_one_or_after_a_minute() {
    let world = World::new();
    world.freeze_at(START);
    let user = Caller::user(&world);
    set(&world, json!({ "kind": "message-reorder", "to": "a@example.com" })).await;
    user.add_email("a@example.com").await;
    user.add_email("b@example.com").await;
    assert_eq!(world.addressees(), ["b@example.com"], "the next one is the next of those that the fault is aimed at");
    let again = json!({ "email": "a@example.com" });
    user.post("/resend/watchlist-email-confirmation", again.clone()).send().await.expect(200);
    assert_eq!(world.addressees(), ["b@example.com", "a@example.com", "a@example.com"]);
    let [newer, older] = world.control().messages(&to("a@example.com")).try_into().expect("two messages");
    world.open(older.link.as_deref().expect("a link")).await.expect(410);

    // The pair after it is out of order too, and what has no next one comes after a minute.
    user.post("/resend/watchlist-email-confirmation", again).send().await.expect(200);
    assert_eq!(world.messages().len(), 3);
    world.open(newer.link.as_deref().expect("a link")).await.expect(410);
    world.advance(59);
    assert_eq!(world.messages().len(), 3);
    let due = world.put("/_mock/clock").json(json!({ "advance_seconds": 1 })).send().await.expect(200);
    assert_eq!(due.body["due"], json!([{ "kind": "message-arrived", "at": "2030-01-01T00:01:00Z" }]));
    assert_eq!(world.messages().len(), 4);
}

#[tokio::test]
async fn a_snapshot_holds_what_is_under_way_and_no_faults() {
    let world = World::new();
    world.freeze_at(START);
    set(&world, json!({ "kind": "message-delay", "seconds": 60, "next": 1 })).await;
    set(&world, json!({ "kind": "message-reorder", "channel": "email" })).await;
    let user = Caller::user(&world);
    user.add_email("late@example.com").await;
    user.add_email("after@example.com").await;
    let snapshot = world.control().snapshot();
    let other = World::new();
    other.control().restore(&snapshot).expect("a snapshot");
    assert_eq!(other.control().snapshot(), snapshot);
    assert_eq!(faults(&other).await, [] as [Value; 0]);
    Caller::user(&other).add_email("next@example.com").await;
    assert_eq!(other.addressees(), ["next@example.com", "after@example.com"]);
    other.advance(60);
    assert_eq!(other.addressees(), ["next@example.com", "after@example.com", "late@example.com"]);
}
