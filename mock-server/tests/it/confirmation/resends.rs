//! Emails: the link that is sent again (EMAIL-2).

use reqwest::Method;
use serde_json::{Value, json};

use super::{EMAILS, JOHNS_PHONE, RESEND};
use crate::harness::{CRM, Caller, World};

#[tokio::test]
async fn a_resend_replaces_the_link() {
    let world = World::new();
    let user = Caller::user(&world);
    let added = user.add_email("new@example.com").await;
    let first = world.last_message();
    let answer = user.post(RESEND, json!({})).send().await.expect(200);
    assert!(answer.rests_on("EMAIL-2") && answer.rests_on("SCOPE-3"), "{}", answer.header("x-mock-basis"));
    assert_ne!(answer.text("message"), "");
    let second = world.last_message();
    assert_eq!(world.messages().len(), 2);
    assert_eq!((&second.to, second.kind, second.channel), (&first.to, first.kind, first.channel));

    world.open(&first.link.expect("a link")).await.expect(410);
    assert_eq!(user.now(EMAILS, &added).await["is_confirmed"], 0, "the old link confirms nothing");
    world.open(&second.link.expect("a link")).await.expect(200);
    assert_eq!(user.now(EMAILS, &added).await["is_confirmed"], 1);
}

#[tokio::test]
async fn a_resend_means_all_that_wait_or_the_one_that_it_names() {
    const A: &str = "a@example.com";
    const B: &str = "b@example.com";
    // The ids of A and B are 4 and 5: the seed has three emails.
    let cases: [(&str, Value, &[&str]); 9] = [
        ("nothing named", json!({}), &[A, B]),
        ("null", json!({ "email": null, "email_id": null }), &[A, B]),
        ("a field that the route does not know", json!({ "phone": JOHNS_PHONE }), &[A, B]),
        ("an email", json!({ "email": A }), &[A]),
        ("an email in another spelling", json!({ "email": " B@Example.COM " }), &[B]),
        ("an id", json!({ "email_id": 5 }), &[B]),
        ("an id as text", json!({ "email_id": "4" }), &[A]),
        ("both of one", json!({ "email": A, "email_id": 4 }), &[A]),
        ("both, of different ones", json!({ "email": A, "email_id": 5 }), &[]),
    ];
    for (label, body, expected) in cases {
        let world = World::new();
        let user = Caller::user(&world);
        let mut links = Vec::new();
        for email in [A, B] {
            user.add_email(email).await;
            links.push((email, world.last_link()));
        }
        let answer = user.post(RESEND, body).send().await;
        assert_eq!(answer.status, if expected.is_empty() { 404 } else { 200 }, "{label}: {}", answer.raw);
        assert_eq!(world.addressees()[2..], *expected, "{label}");
        for (email, link) in links {
            let status = if expected.contains(&email) { 410 } else { 200 };
            assert_eq!(world.open(&link).await.status, status, "{label}: the first link to {email}");
        }
    }
}

#[tokio::test]
async fn a_resend_without_a_body_means_all_that_wait() {
    let world = World::new();
    let user = Caller::user(&world);
    user.add_email("new@example.com").await;
    user.request(Method::POST, RESEND).send().await.expect(200);
    assert_eq!(world.addressees(), ["new@example.com", "new@example.com"]);
}

#[tokio::test]
async fn a_resend_where_nothing_waits_sends_nothing_and_says_so() {
    let world = World::new();
    let [partner, user] = Caller::both(&world);
    partner.add_email("by-crm@example.com").await;
    let confirmed = user.add_email("confirmed@example.com").await;
    world.open(&world.last_link()).await.expect(200);
    let removed = user.add_email("removed@example.com").await;
    user.remove(EMAILS, &removed).await;
    let before = world.messages().len();
    let cases = [
        ("nothing named", json!({})),
        ("what CRM added", json!({ "email": "by-crm@example.com" })),
        ("what was confirmed", json!({ "email": "confirmed@example.com" })),
        ("the id of what was confirmed", json!({ "email_id": confirmed["id"] })),
        ("what was removed", json!({ "email": "removed@example.com" })),
        ("the id of what was removed", json!({ "email_id": removed["id"] })),
        ("what was never added", json!({ "email": "never@example.com" })),
        ("an id of another account", json!({ "email_id": 3 })),
        ("no id at all", json!({ "email_id": "x" })),
    ];
    for (label, body) in cases {
        let answer = user.post(RESEND, body).send().await;
        assert_eq!(answer.status, 404, "{label}: {}", answer.raw);
        assert!(answer.rests_on("resend.nothing-pending"), "{label}: {}", answer.header("x-mock-basis"));
        assert!(answer.header("x-mock-hint").contains("EMAIL-2"), "{label}: {}", answer.header("x-mock-hint"));
    }
    let answer = user.post(RESEND, json!({ "email": "no address" })).send().await.expect(422);
    assert_eq!(answer.body["errors"]["email"], json!(["The email field must be a valid email address."]));
    assert_eq!(world.messages().len(), before);
}

#[tokio::test]
async fn a_resend_is_about_the_caller_alone() {
    let world = World::new();
    let jane = Caller::user_of(&world, "jane.roe@example.com").await;
    let added = jane.add_email("new@example.com").await;
    let link = world.last_link();
    for body in [json!({}), json!({ "email": "new@example.com" }), json!({ "email_id": added["id"] })] {
        Caller::user(&world).post(RESEND, body).send().await.expect(404);
    }
    assert_eq!(world.messages().len(), 1);
    world.open(&link).await.expect(200);
}

#[tokio::test]
async fn a_resend_takes_the_app_token_and_no_account_id() {
    let world = World::new();
    Caller::user(&world).add_email("new@example.com").await;
    world.post(&format!("/api/v1{RESEND}")).token(CRM).json(json!({})).send().await.expect(403);
    Caller::partner(&world, "1").post(RESEND, json!({})).send().await.expect(404);
    assert_eq!(world.messages().len(), 1);
}
