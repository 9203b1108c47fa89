//! Cards: the code that is sent when the user adds one (CARD-4).

use mock_server::Channel;
use serde_json::json;

use super::{CARDS, CODE_SECONDS, JANES_PHONE, JOHNS_PHONE, MASTERCARD, VERIFY, VISA, is_refused_as_wrong, other_than};
use crate::harness::{Caller, World, at_once, card};

#[tokio::test]
async fn the_code_for_a_card_goes_to_the_users_phone() {
    let world = World::frozen();
    let user = Caller::user(&world);
    let answer = user.post("/credit-card", card(VISA)).send().await.expect(201);
    for named in ["SCOPE-3", "CARD-4", "confirm.code-seconds"] {
        assert!(answer.rests_on(named), "{named}: {}", answer.header("x-mock-basis"));
    }
    let sent = world.messages();
    let [message] = sent.as_slice() else { panic!("one message, not {sent:?}") };
    assert_eq!((message.channel, &*message.to), (Channel::Sms, JOHNS_PHONE));
    assert_eq!(message.account_id.to_string(), "1");
    assert_eq!(message.kind, "credit-card-verification");
    assert_eq!((&message.subject, &message.link), (&None, &None));
    assert_eq!(message.sent_at, world.control().clock().now);
    let code = message.code.as_deref().expect("a code");
    assert!(code.len() == 6 && code.bytes().all(|byte| byte.is_ascii_digit()), "{code}");
    assert!(message.text.contains(code) && !message.text.contains(VISA), "{}", message.text);
}

#[tokio::test]
async fn the_code_for_a_card_reaches_a_user_without_a_phone_too() {
    let world = World::new();
    Caller::partner(&world, "2").add_phone("+46701740640").await;
    Caller::user_of(&world, "jane.roe@example.com").await.add_card(VISA).await;
    assert_eq!(world.addressees(), [JANES_PHONE], "the account's own phone comes first");

    let account = world.account("no-phone@example.com").await;
    let user = Caller::user_of(&world, "no-phone@example.com").await;
    let first = user.add_card(VISA).await;
    let sent = world.last_message();
    assert_eq!((sent.channel, &*sent.to), (Channel::Email, "no-phone@example.com"));
    let body = json!({ "credit_card_id": first["id"], "code": sent.code });
    user.post(VERIFY, body).send().await.expect(200);

    Caller::partner(&world, &account).add_phone("+46701740630").await;
    user.add_card(MASTERCARD).await;
    let sent = world.last_message();
    assert_eq!((sent.channel, &*sent.to), (Channel::Sms, "+46701740630"), "a watched phone is nearer than an email");
}

#[tokio::test]
async fn a_card_is_verified_by_its_code_once() {
    let world = World::frozen();
    let user = Caller::user(&world);
    let added = user.add_card(VISA).await;
    let body = json!({ "credit_card_id": added["id"], "code": world.last_code() });
    world.advance(60);
    let answer = user.post(VERIFY, body.clone()).send().await.expect(200);
    assert!(answer.rests_on("CARD-4") && answer.rests_on("SCOPE-3"), "{}", answer.header("x-mock-basis"));
    let verified = user.now(CARDS, &added).await;
    assert_eq!(verified["is_verified"], 1, "{verified}");
    assert_ne!(verified["verified_at"], added["created_at"], "it is the time of the code");
    assert_eq!(verified["updated_at"], verified["verified_at"]);
    assert_eq!(Caller::partner(&world, "1").now(CARDS, &added).await, verified, "CRM sees the same");

    world.advance(60);
    is_refused_as_wrong(&user.post(VERIFY, body).send().await, "the same code again");
    assert_eq!(user.now(CARDS, &added).await, verified, "nothing changes");
}

#[tokio::test]
async fn of_several_uses_of_a_code_at_once_one_verifies() {
    let world = World::new();
    let user = Caller::user(&world);
    let added = user.add_card(VISA).await;
    let body = json!({ "credit_card_id": added["id"], "code": world.last_code() });
    let uses = (0..5).map(|_| user.post(VERIFY, body.clone()));
    assert_eq!(at_once(uses).await, [200, 422, 422, 422, 422]);
}

#[tokio::test]
async fn no_other_code_verifies_a_card_and_none_spoils_the_right_one() {
    let world = World::new();
    let john = Caller::user(&world);
    let jane = Caller::user_of(&world, "jane.roe@example.com").await;
    let added = john.add_card(VISA).await;
    let code = world.last_code();
    john.add_card(MASTERCARD).await;
    let of_other_card = world.last_code();
    jane.add_card(VISA).await;
    let of_other_user = world.last_code();
    let wrong = [
        ("a wrong code", other_than(&code)),
        ("the code of another card of the user", of_other_card),
        ("the code of another user's card", of_other_user),
        ("a part of the code", code[..5].to_owned()),
        ("more than the code", format!("{code}0")),
        ("letters", "abcdef".into()),
    ];
    for (label, wrong) in wrong {
        let body = json!({ "credit_card_id": added["id"], "code": wrong });
        is_refused_as_wrong(&john.post(VERIFY, body).send().await, label);
        assert_eq!(john.now(CARDS, &added).await, added, "{label}");
    }
    john.post(VERIFY, json!({ "credit_card_id": added["id"], "code": code })).send().await.expect(200);
}

#[tokio::test]
async fn verifying_a_card_names_the_card_and_the_code() {
    let world = World::new();
    let user = Caller::user(&world);
    let added = user.add_card(VISA).await;
    let code = world.last_code();
    let no_card = ("credit_card_id", "The credit card id field is required.");
    let no_code = ("code", "The code field is required.");
    let cases = [
        (json!({}), vec![no_card, no_code]),
        (json!({ "credit_card_id": added["id"] }), vec![no_code]),
        (json!({ "credit_card_id": added["id"], "code": " " }), vec![no_code]),
        (json!({ "code": code }), vec![no_card]),
    ];
    for (body, expected) in cases {
        let answer = user.post(VERIFY, body.clone()).send().await.expect(422);
        let issues: Vec<(&str, &str)> = answer.body["errors"]
            .as_object()
            .expect("a map")
            .iter()
            .map(|(field, texts)| (&**field, texts[0].as_str().expect("a text")))
            .collect();
        assert_eq!(issues, expected, "{body}");
    }
    assert_eq!(user.now(CARDS, &added).await, added);
}

#[tokio::test]
async fn a_user_verifies_only_their_own_cards() {
    let world = World::new();
    let jane = Caller::user_of(&world, "jane.roe@example.com").await;
    let janes = jane.add_card(VISA).await;
    let body = json!({ "credit_card_id": janes["id"], "code": world.last_code() });
    let answer = Caller::user(&world).post(VERIFY, body.clone()).send().await.expect(404);
    assert!(answer.rests_on("scope.foreign-item"), "{}", answer.header("x-mock-basis"));
    assert_eq!(jane.now(CARDS, &janes).await, janes);
    for id in [json!(99), json!("x"), json!(0)] {
        let body = json!({ "credit_card_id": id, "code": body["code"] });
        jane.post(VERIFY, body).send().await.expect(404);
    }
    jane.post(VERIFY, body).send().await.expect(200);
}

#[tokio::test]
async fn a_card_that_crm_added_has_no_code_to_be_verified_by() {
    let world = World::new();
    let [partner, user] = Caller::both(&world);
    let added = partner.add_card(VISA).await;
    for code in ["000000", "123456"] {
        let body = json!({ "credit_card_id": added["id"], "code": code });
        is_refused_as_wrong(&user.post(VERIFY, body).send().await, code);
    }
    assert_eq!(user.now(CARDS, &added).await, added, "it was verified from the start, and stays so");
}

#[tokio::test]
async fn the_code_for_a_card_expires_by_the_clock_of_the_mock() {
    for (seconds, works) in [(CODE_SECONDS - 1, true), (CODE_SECONDS, false)] {
        let world = World::frozen();
        let user = Caller::user(&world);
        let added = user.add_card(VISA).await;
        let body = json!({ "credit_card_id": added["id"], "code": world.last_code() });
        world.advance(seconds);
        let answer = user.post(VERIFY, body).send().await;
        if works {
            answer.expect(200);
            continue;
        }
        is_refused_as_wrong(&answer, "an expired code");
        // There is no resend for cards: the way on is to add it anew.
        user.remove("/credit-card", &added).await;
        let again = user.add_card(VISA).await;
        let body = json!({ "credit_card_id": again["id"], "code": world.last_code() });
        user.post(VERIFY, body).send().await.expect(200);
    }
}
