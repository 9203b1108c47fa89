//! The outbox: the messages that were sent, and waiting for one.

use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::instant;
use crate::harness::{APP, Caller, World, fields, sentence, written};

const JOHNS_PHONE: &str = "+46701740605";

/// The addresses of the messages that a query admits.
async fn sent_to(world: &World, query: &str) -> Vec<String> {
    world.outbox(query).await.iter().map(|message| written(&message["to"])).collect()
}

/// A world in which four messages were sent: two emails to users, a code to a phone, and one more email.
async fn with_messages() -> World {
    let world = World::new();
    let user = Caller::user(&world);
    user.add_email("one@example.com").await;
    user.add_email("Two+Tag@example.com").await;
    user.add_card("4000007520000008").await;
    user.post("/resend/watchlist-email-confirmation", json!({ "email": "one@example.com" })).send().await.expect(200);
    world
}

#[tokio::test]
async fn the_outbox_lists_what_was_sent_oldest_first() {
    let world = with_messages().await;
    let all = world.outbox("").await;
    let expected_fields =
        ["id", "channel", "to", "account_id", "kind", "subject", "text", "link", "code", "sent_at", "state"];
    for message in &all {
        assert_eq!(fields(message), expected_fields);
        assert_eq!(message["account_id"], 1);
        instant(&message["sent_at"]);
    }
    let ids: Vec<u64> = all.iter().map(|message| message["id"].as_u64().expect("a number")).collect();
    assert_eq!(ids, [1, 2, 3, 4]);
    assert_eq!(sent_to(&world, "").await, world.addressees(), "as the typed access has it");
    let (email, code) = (&all[0], &all[2]);
    assert_eq!((&email["channel"], &email["code"]), (&json!("email"), &Value::Null));
    assert!(email["link"].is_string() && email["subject"].is_string(), "{email}");
    assert_eq!((&code["channel"], &code["link"], &code["subject"]), (&json!("sms"), &Value::Null, &Value::Null));
    assert!(code["code"].is_string(), "{code}");
}

#[tokio::test]
async fn the_outbox_is_filtered_by_address_and_channel() {
    let world = with_messages().await;
    let one = "one@example.com";
    let two = "two+tag@example.com";
    let cases: [(&str, &[&str]); 18] = [
        ("", &[one, two, JOHNS_PHONE, one]),
        ("?to=one@example.com", &[one, one]),
        ("?to=one%40example.com", &[one, one]),
        ("?to=ONE@Example.com", &[one, one]),
        ("?to=one", &[]),
        ("?to=two%2Btag@example.com", &[two]),
        // A plus without an escape, which HTML forms read as a space.
        ("?to=two+tag@example.com", &[two]),
        ("?to=+46701740605", &[JOHNS_PHONE]),
        ("?to=%2B46701740605", &[JOHNS_PHONE]),
        ("?to=46701740605", &[JOHNS_PHONE]),
        ("?to=0046701740605", &[JOHNS_PHONE]),
        ("?to=%2B46%2070-174%2006%2005", &[JOHNS_PHONE]),
        ("?to=46701740606", &[]),
        ("?channel=email", &[one, two, one]),
        ("?channel=sms", &[JOHNS_PHONE]),
        ("?channel=sms&to=one@example.com", &[]),
        ("?channel=email&to=one@example.com", &[one, one]),
        ("?to=nobody@example.com&wait=0", &[]),
    ];
    for (query, expected) in cases {
        assert_eq!(sent_to(&world, query).await, expected, "{query}");
    }
}

#[tokio::test]
async fn emptying_the_outbox_keeps_what_was_sent_working() {
    let world = World::new();
    let user = Caller::user(&world);
    user.add_email("new@example.com").await;
    let link = world.last_link();
    let card = user.add_card("4000007520000008").await;
    let code = world.last_code();
    world.delete("/_mock/outbox").send().await.expect(204);
    assert_eq!(world.outbox("").await, [] as [Value; 0]);
    world.open(&link).await.expect(200);
    let body = json!({ "credit_card_id": card["id"], "code": code });
    user.post("/credit-cards/verify", body).send().await.expect(200);
    user.add_email("later@example.com").await;
    let [message] = world.outbox("").await.try_into().expect("one message");
    assert_eq!(message["id"], 3, "ids are not given out again");
}

#[tokio::test]
async fn a_wait_is_answered_as_soon_as_a_message_comes() {
    let world = World::new();
    let user = Caller::user(&world);
    let began = Instant::now();
    let waiting = world.begin_to_wait("/_mock/outbox?to=awaited@example.com&wait=60").await;
    user.add_email("other@example.com").await;
    assert!(!waiting.is_finished(), "another message is not what is waited for");
    user.add_email("awaited@example.com").await;
    let answer = waiting.await.expect("no panic").expect(200);
    let [message] = answer.body["messages"].as_array().expect("a list").as_slice() else { panic!("{}", answer.raw) };
    assert_eq!(message["to"], "awaited@example.com");
    assert!(began.elapsed() < Duration::from_secs(10), "{:?}", began.elapsed());
}

#[tokio::test]
async fn several_waits_are_answered_by_one_message() {
    let world = World::new();
    let mut waiting = Vec::new();
    for query in ["wait=60", "wait=60&channel=sms", "wait=60&to=+46701740605"] {
        waiting.push(world.begin_to_wait(&format!("/_mock/outbox?{query}")).await);
    }
    let send = world.post("/api/v1/phone-watchlist/send-verification-code").token(APP).json(json!({}));
    tokio::spawn(send.send()).await.expect("no panic").expect(200);
    for answer in waiting {
        let answer = answer.await.expect("no panic").expect(200);
        assert_eq!(answer.body["messages"][0]["to"], JOHNS_PHONE, "{}", answer.raw);
    }
}

#[tokio::test]
async fn a_wait_for_what_is_there_is_answered_at_once() {
    let world = with_messages().await;
    let began = Instant::now();
    assert_eq!(sent_to(&world, "?to=+46701740605&wait=60").await, [JOHNS_PHONE]);
    assert!(began.elapsed() < Duration::from_secs(10), "{:?}", began.elapsed());
}

#[tokio::test]
async fn a_wait_that_nothing_comes_of_ends_empty() {
    let world = with_messages().await;
    world.set_clock(json!({ "frozen": true })).await;
    let began = Instant::now();
    assert_eq!(sent_to(&world, "?to=nobody@example.com&wait=0.2").await, [] as [&str; 0]);
    assert!(began.elapsed() >= Duration::from_millis(200), "they are the machine's seconds, not the mock's");
}

#[tokio::test]
async fn a_wait_survives_a_reset() {
    let world = World::new();
    let waiting = world.begin_to_wait("/_mock/outbox?wait=60").await;
    world.post("/_mock/reset").send().await.expect(200);
    Caller::user(&world).add_email("new@example.com").await;
    let answer = waiting.await.expect("no panic").expect(200);
    assert_eq!(answer.body["messages"][0]["to"], "new@example.com", "{}", answer.raw);
}

#[tokio::test]
async fn the_outbox_can_be_asked_for_its_last_messages() {
    let world = World::new();
    for number in 1..=3 {
        Caller::user(&world).add_email(&format!("new{number}@example.com")).await;
    }
    for (query, expected) in [("?limit=2", vec![2, 3]), ("?limit=9", vec![1, 2, 3]), ("?limit=0", vec![])] {
        let answer = world.get(&format!("/_mock/outbox{query}")).send().await.expect(200);
        let found = answer.body["messages"].as_array().expect("a list").iter();
        assert_eq!(
            found.map(|message| message["id"].as_u64().expect("a number")).collect::<Vec<_>>(),
            expected,
            "{query}"
        );
    }
}

#[tokio::test]
async fn a_query_that_the_outbox_does_not_know_is_refused_by_name() {
    let world = World::new();
    for (query, named) in [
        ("?unheard_of=1", "unheard_of"),
        ("?channel=fax", "channel"),
        ("?channel=SMS", "channel"),
        ("?wait=soon", "wait"),
        ("?wait=-1", "wait"),
        ("?wait=NaN", "wait"),
        ("?wait=inf", "wait"),
        ("?wait=301", "wait"),
        ("?wait=1&wait=2", "wait"),
    ] {
        let answer = world.get(&format!("/_mock/outbox{query}")).send().await.expect(400);
        assert!(sentence(&answer).contains(named), "{query}: {}", answer.raw);
    }
}
