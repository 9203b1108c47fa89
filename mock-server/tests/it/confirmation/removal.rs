//! A removed item takes its link or code along.

use serde_json::json;

use super::{CARDS, CONFIRM, EMAILS, PHONES, SEND_CODE, VERIFY, VISA, confirming_phones, is_refused_as_wrong};
use crate::harness::{Caller, World};

#[tokio::test]
async fn removing_an_email_that_waits_ends_its_link() {
    for by_user in [true, false] {
        let world = World::new();
        let [partner, user] = Caller::both(&world);
        let added = user.add_email("new@example.com").await;
        let link = world.last_link();
        let remover = if by_user { &user } else { &partner };
        remover.remove(EMAILS, &added).await;
        world.open(&link).await.expect(410);
        let again = user.add_email("new@example.com").await;
        world.open(&link).await.expect(410);
        assert_eq!(user.now(EMAILS, &again).await, again, "removed by {}: a link is for one item", remover.label);
        world.open(&world.last_link()).await.expect(200);
    }
}

#[tokio::test]
async fn removing_a_phone_ends_a_code_that_was_sent_to_verify_it() {
    let world = confirming_phones();
    let partner = Caller::partner(&world, "1");
    let phone = partner.add_phone("+46701740620").await;
    partner.post(SEND_CODE, json!({ "phone_id": phone["id"] })).send().await.expect(200);
    let code = world.last_code();
    partner.remove(PHONES, &phone).await;
    is_refused_as_wrong(&partner.post(CONFIRM, json!({ "code": code })).send().await, "a removed phone");
    let again = Caller::user(&world).add_phone("+46701740620").await;
    is_refused_as_wrong(&partner.post(CONFIRM, json!({ "code": code })).send().await, "a phone that was added again");
    assert_eq!(Caller::user(&world).now(PHONES, &again).await, again);
}

#[tokio::test]
async fn removing_a_phone_or_a_card_that_waits_ends_its_code() {
    let world = confirming_phones();
    let user = Caller::user(&world);
    let phone = user.add_phone("+46701740620").await;
    let code = world.last_code();
    user.remove(PHONES, &phone).await;
    is_refused_as_wrong(&user.post(CONFIRM, json!({ "code": code })).send().await, "a removed phone");
    let phone = user.add_phone("+46701740620").await;
    is_refused_as_wrong(&user.post(CONFIRM, json!({ "code": code })).send().await, "a phone that was added again");
    assert_eq!(user.now(PHONES, &phone).await, phone);

    let card = user.add_card(VISA).await;
    let code = world.last_code();
    user.remove("/credit-card", &card).await;
    user.post(VERIFY, json!({ "credit_card_id": card["id"], "code": code })).send().await.expect(404);
    let card = user.add_card(VISA).await;
    let answer = user.post(VERIFY, json!({ "credit_card_id": card["id"], "code": code })).send().await;
    is_refused_as_wrong(&answer, "a card that was added again");
    assert_eq!(user.now(CARDS, &card).await, card);
}
