//! Phones: the code that confirms one (PHONE-2, PHONE-3).

use mock_server::Channel;
use serde_json::{Value, json};

use super::{
    CODE_SECONDS, CONFIRM, JANES_PHONE, JOHNS_PHONE, PHONES, SEND_CODE, confirming_phones, is_refused_as_wrong,
    other_than,
};
use crate::harness::{Caller, World};

#[tokio::test]
async fn where_phones_are_confirmed_the_phone_itself_is_sent_the_code() {
    let world = confirming_phones();
    let user = Caller::user(&world);
    let answer = user.post(PHONES, json!({ "phone": "+46 70-174 06 20" })).send().await.expect(201);
    for named in ["SCOPE-3", "PHONE-1", "confirm.phone", "confirm.code-seconds"] {
        assert!(answer.rests_on(named), "{named}: {}", answer.header("x-mock-basis"));
    }
    let item = &answer.body["data"];
    assert_eq!((&item["is_confirmed"], &item["confirmed_at"]), (&json!(0), &Value::Null), "{item}");
    let sent = world.messages();
    let [message] = sent.as_slice() else { panic!("one message, not {sent:?}") };
    assert_eq!((message.channel, &*message.to), (Channel::Sms, "+46701740620"));
    assert_eq!(message.kind, "watchlist-phone-confirmation");
    assert_eq!((&message.subject, &message.link), (&None, &None));
    assert_eq!(message.account_id.to_string(), "1");
    let code = message.code.as_deref().expect("a code");
    assert!(code.len() == 6 && message.text.contains(code), "{}", message.text);
}

#[tokio::test]
async fn a_phone_that_waits_is_confirmed_by_its_code_once_by_either_token() {
    for by_user in [true, false] {
        let world = confirming_phones();
        let [partner, user] = Caller::both(&world);
        let added = user.add_phone("+46701740620").await;
        let code = world.last_code();
        let caller = if by_user { &user } else { &partner };
        let wrong = caller.post(CONFIRM, json!({ "code": other_than(&code) })).send().await;
        is_refused_as_wrong(&wrong, caller.label);
        assert_eq!(user.now(PHONES, &added).await, added, "{}", caller.label);
        world.advance(60);
        let answer = caller.post(CONFIRM, json!({ "code": code })).send().await.expect(200);
        assert!(answer.rests_on(if by_user { "PHONE-3" } else { "PHONE-2" }), "{}", answer.header("x-mock-basis"));
        let confirmed = partner.now(PHONES, &added).await;
        assert_eq!(confirmed["is_confirmed"], 1, "{confirmed}");
        assert_ne!(confirmed["confirmed_at"], added["created_at"], "it is the time of the code");
        is_refused_as_wrong(&caller.post(CONFIRM, json!({ "code": code })).send().await, "the same code again");
        assert_eq!(partner.now(PHONES, &added).await, confirmed);
    }
}

#[tokio::test]
async fn a_code_is_sent_to_the_phone_that_the_body_names_by_either_token() {
    const OTHER: &str = "+46701740620";
    let cases = [
        ("an id", json!({ "phone_id": 1 }), JOHNS_PHONE),
        ("an id as text", json!({ "phone_id": "2" }), OTHER),
        ("a number", json!({ "phone": OTHER }), OTHER),
        ("a number in another spelling", json!({ "phone": "0046 70-174.06 (05)" }), JOHNS_PHONE),
    ];
    for (label, body, number) in cases {
        let world = World::new();
        Caller::partner(&world, "1").add_phone(OTHER).await;
        for caller in Caller::both(&world) {
            let label = format!("{label} by {}", caller.label);
            let answer = caller.post(SEND_CODE, body.clone()).send().await.expect(200);
            let fact = if caller.label == "app" { "PHONE-3" } else { "PHONE-2" };
            assert!(answer.rests_on(fact), "{label}: {}", answer.header("x-mock-basis"));
            let sent = world.last_message();
            assert_eq!((sent.channel, &*sent.to, &*sent.kind), (Channel::Sms, number, "phone-verification"), "{label}");

            // The code is taken with the phone named in the same way, and is of no use with the other one.
            let other = if number == OTHER { JOHNS_PHONE } else { OTHER };
            let code = sent.code.expect("a code");
            let wrong = caller.post(CONFIRM, json!({ "phone": other, "code": code })).send().await;
            is_refused_as_wrong(&wrong, &label);
            let mut right = body.clone();
            right["code"] = json!(code);
            caller.post(CONFIRM, right).send().await.expect(200);
        }
    }
}

#[tokio::test]
async fn where_no_phone_is_named_the_one_that_is_meant_is_plain() {
    // The only one that is watched.
    let world = World::new();
    Caller::user(&world).post(SEND_CODE, json!({})).send().await.expect(200);
    assert_eq!(world.addressees(), [JOHNS_PHONE]);

    // The one that waits, whatever else is watched.
    let world = confirming_phones();
    let [partner, user] = Caller::both(&world);
    let waiting = user.add_phone("+46701740620").await;
    partner.add_phone("+46701740621").await;
    partner.post(SEND_CODE, json!({})).send().await.expect(200);
    assert_eq!(world.addressees(), ["+46701740620", "+46701740620"]);
    partner.post(CONFIRM, json!({ "code": world.last_code() })).send().await.expect(200);
    assert_eq!(user.now(PHONES, &waiting).await["is_confirmed"], 1, "it confirms the item that waits");

    // The account's own, where none is watched: confirmation on the level of the account (PHONE-2).
    let world = World::new();
    let partner = Caller::partner(&world, "2");
    partner.post(SEND_CODE, json!({})).send().await.expect(200);
    assert_eq!(world.addressees(), [JANES_PHONE]);
    partner.post(CONFIRM, json!({ "code": world.last_code() })).send().await.expect(200);

    // None at all.
    let account = world.account("no-phone@example.com").await;
    let answer = Caller::partner(&world, &account).post(SEND_CODE, json!({})).send().await.expect(422);
    assert_eq!(answer.body["errors"]["phone"], json!(["The phone field is required."]));
    assert_eq!(world.messages().len(), 1);
}

#[tokio::test]
async fn a_phone_of_another_account_is_sent_no_code() {
    let world = World::new();
    Caller::partner(&world, "2").add_phone("+46701740640").await;
    for (label, id) in [("another account's", json!(2)), ("never given out", json!(99)), ("no id", json!("x"))] {
        for caller in Caller::both(&world) {
            let answer = caller.post(SEND_CODE, json!({ "phone_id": id })).send().await.expect(404);
            assert!(answer.rests_on("scope.foreign-item"), "{label}: {}", answer.header("x-mock-basis"));
        }
    }
    let unknown = "The selected phone is invalid.";
    let cases = [
        ("a phone that another account watches", "+46701740640", unknown),
        ("the phone of another account", JANES_PHONE, unknown),
        ("a phone that no account has", "+46701740699", unknown),
        ("no phone", "12", "The phone field format is invalid."),
    ];
    for (label, phone, text) in cases {
        for caller in Caller::both(&world) {
            let answer = caller.post(SEND_CODE, json!({ "phone": phone })).send().await.expect(422);
            assert_eq!(answer.body, json!({ "errors": { "phone": [text] } }), "{label} by {}", caller.label);
        }
    }
    assert_eq!(world.messages(), []);
}

#[tokio::test]
async fn no_other_code_confirms_a_phone() {
    let world = World::frozen();
    let jane = Caller::user_of(&world, "jane.roe@example.com").await;
    for caller in Caller::both(&world) {
        jane.post(SEND_CODE, json!({})).send().await.expect(200);
        let of_other_user = world.last_code();
        caller.post(SEND_CODE, json!({ "phone_id": 1 })).send().await.expect(200);
        let replaced = world.last_code();
        caller.post(SEND_CODE, json!({ "phone": JOHNS_PHONE })).send().await.expect(200);
        let code = world.last_code();
        let wrong = [
            ("a wrong code", other_than(&code)),
            ("the code of another user's phone", of_other_user.clone()),
            ("a code that a later one has replaced", replaced),
            ("a part of the code", code[..5].to_owned()),
        ];
        for (label, wrong) in wrong {
            let label = format!("{label} by {}", caller.label);
            for body in [json!({ "code": wrong }), json!({ "code": wrong, "phone_id": 1 })] {
                is_refused_as_wrong(&caller.post(CONFIRM, body).send().await, &label);
            }
        }
        let answer = caller.post(CONFIRM, json!({ "phone_id": 1 })).send().await.expect(422);
        assert_eq!(answer.body["errors"]["code"], json!(["The code field is required."]));

        // A wrong code has not used up the right one; the right one is used up by its use.
        caller.post(CONFIRM, json!({ "code": code })).send().await.expect(200);
        is_refused_as_wrong(&caller.post(CONFIRM, json!({ "code": code })).send().await, "the same code again");
        jane.post(CONFIRM, json!({ "code": of_other_user })).send().await.expect(200);
    }
}

#[tokio::test]
async fn a_code_for_a_phone_expires_by_the_clock_of_the_mock() {
    for (seconds, works) in [(CODE_SECONDS - 1, true), (CODE_SECONDS, false)] {
        for position in [0, 1] {
            let world = confirming_phones();
            let callers = Caller::both(&world);
            let caller = &callers[position];
            let added = callers[1].add_phone("+46701740620").await;
            let first = world.last_code();
            caller.post(SEND_CODE, json!({ "phone_id": 1 })).send().await.expect(200);
            let second = world.last_code();
            world.advance(seconds);
            for code in [first, second] {
                let label = format!("by {} after {seconds} s", caller.label);
                let answer = caller.post(CONFIRM, json!({ "code": code })).send().await;
                if works {
                    answer.expect(200);
                } else {
                    is_refused_as_wrong(&answer, &label);
                }
            }
            assert_eq!(callers[1].now(PHONES, &added).await["is_confirmed"], u8::from(works), "after {seconds} s");
        }
    }
}
