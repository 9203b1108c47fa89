//! Items that wait for their user.

use serde_json::{Value, json};

use crate::harness::{Caller, Switched};

checked! {
    "confirm.phone" => a_phone_that_the_user_adds_waits_as_confirm_phone_says;
    "phone.app-verification" => the_app_verifies_phones_if_phone_app_verification_says_so;
    "confirm.wrong-code" => a_wrong_code_is_refused_as_confirm_wrong_code_says beside CONFIRMING_PHONES;
    "resend.nothing-pending" => a_resend_where_nothing_waits_is_answered_as_resend_nothing_pending_says;
    "leaks.pending" => leaks_of_an_item_that_waits_are_seen_as_leaks_pending_says;
}

async fn a_phone_that_the_user_adds_waits_as_confirm_phone_says(switched: Switched) {
    let world = &switched.world;
    let [partner, user] = Caller::both(world);
    let answer = user.post("/phone-watchlist", json!({ "phone": "+46701740620" })).send().await;
    switched.answers(&answer, 201);
    let item = &answer.body["data"];
    match switched.value.as_str() {
        "no" => {
            assert_eq!((&item["is_confirmed"], &item["confirmed_at"]), (&json!(1), &item["created_at"]));
            assert_eq!(world.messages(), []);
        }
        "yes" => {
            assert_eq!((&item["is_confirmed"], &item["confirmed_at"]), (&json!(0), &Value::Null));
            assert_eq!(world.addressees(), ["+46701740620"]);
            let code = json!({ "code": world.last_code() });
            user.post("/phone-watchlist/confirm", code).send().await.expect(200);
            assert_eq!(user.list("/phone-watchlist").await[1]["is_confirmed"], 1);
        }
        _ => switched.is_not_checked(),
    }
    let by_crm = partner.add_phone("+46701740621").await;
    assert_eq!(by_crm["is_confirmed"], 1, "{}: what CRM adds never waits", switched.label());
}

async fn the_app_verifies_phones_if_phone_app_verification_says_so(switched: Switched) {
    let world = &switched.world;
    let [partner, user] = Caller::both(world);
    let send = user.post("/phone-watchlist/send-verification-code", json!({})).send().await;
    let sent = world.addressees();
    partner.post("/phone-watchlist/send-verification-code", json!({})).send().await.expect(200);
    let confirm = user.post("/phone-watchlist/confirm", json!({ "code": world.last_code() })).send().await;
    let (status, expected): (u16, &[&str]) = match switched.value.as_str() {
        "present" => (200, &["+46701740605"]),
        "absent" => (404, &[]),
        _ => switched.is_not_checked(),
    };
    switched.answers(&send, status);
    switched.answers(&confirm, status);
    assert_eq!(sent, expected, "{}", switched.label());
}

async fn a_wrong_code_is_refused_as_confirm_wrong_code_says(switched: Switched) {
    let world = &switched.world;
    let [partner, user] = Caller::both(world);
    let card = user.add_card("4000007520000008").await;
    let card_code = world.last_code();
    user.add_phone("+46701740620").await;
    let phone_code = world.last_code();
    world.advance(3600);
    for code in ["0", &*card_code, &phone_code] {
        let body = json!({ "credit_card_id": card["id"], "code": code });
        switched.refuses(&user.post("/credit-cards/verify", body).send().await, "code");
        for caller in [&partner, &user] {
            let answer = caller.post("/phone-watchlist/confirm", json!({ "code": code })).send().await;
            switched.refuses(&answer, "code");
        }
    }
}

async fn a_resend_where_nothing_waits_is_answered_as_resend_nothing_pending_says(switched: Switched) {
    let user = Caller::user(&switched.world);
    for body in [json!({}), json!({ "email": "john.work@example.com" }), json!({ "email_id": 1 })] {
        let answer = user.post("/resend/watchlist-email-confirmation", body).send().await;
        switched.refuses(&answer, "email");
    }
    assert_eq!(switched.world.messages(), [], "{}", switched.label());
}

async fn leaks_of_an_item_that_waits_are_seen_as_leaks_pending_says(switched: Switched) {
    let world = &switched.world;
    let user = Caller::user(world);
    // The seed knows a leak of it, and no account watches it.
    let item = user.add_email("john.doe@example.com").await;
    let of_item = async || {
        let answer = user.get("/email-watchlist/leaks").send().await;
        switched.answers(&answer, 200);
        answer.items().iter().filter(|leak| leak["item_id"] == item["id"]).count()
    };
    let expected = match switched.value.as_str() {
        "hidden" => 0,
        "shown" => 1,
        _ => switched.is_not_checked(),
    };
    assert_eq!(of_item().await, expected, "{} while it waits", switched.label());
    world.open(&world.last_link()).await.expect(200);
    assert_eq!(of_item().await, 1, "{} once it is confirmed", switched.label());
}
