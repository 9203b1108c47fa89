//! Items: added, listed, removed, stored.

use std::collections::BTreeSet;

use reqwest::Method;
use serde_json::{Value, json};

use crate::harness::{APP, Answer, CRM, Caller, KINDS, Kind, Switched, account_body, written};

checked! {
    "add.status" => an_item_that_was_added_is_answered_with_the_status_of_add_status;
    "add.body" => a_single_item_is_wrapped_as_add_body_says_and_an_account_always;
    "list.shape" => a_list_is_wrapped_as_list_shape_says;
    "remove.status" => a_removal_is_answered_as_remove_status_says;
    "action.answer" => actions_are_answered_as_action_answer_says;
    "add.duplicate" => the_same_value_again_is_answered_as_add_duplicate_says;
    "value.form" => a_stored_value_reads_as_value_form_says;
}

async fn an_item_that_was_added_is_answered_with_the_status_of_add_status(switched: Switched) {
    for kind in KINDS {
        for caller in Caller::both(&switched.world) {
            let answer = caller.post(kind.add, kind.new_body()).send().await;
            switched.answers(&answer, switched.number() as u16);
            caller.delete(&format!("{}/{}", kind.add, written(&answer.body["data"]["id"]))).send().await.expect(204);
        }
    }
    let body = account_body("b@example.com");
    switched.world.post("/api/v1/account").token(CRM).json(body.clone()).send().await.expect(201);
    let user = Caller::user_of(&switched.world, "b@example.com").await;
    let profile = user.post("/delete-my-data", body).send().await;
    switched.answers(&profile, switched.number() as u16);
}

async fn a_single_item_is_wrapped_as_add_body_says_and_an_account_always(switched: Switched) {
    let user = Caller::user(&switched.world);
    let unwrap = |answer: &Answer| {
        switched.is_named_by(answer);
        match switched.value.as_str() {
            "data" => {
                assert_eq!(answer.body.as_object().map(serde_json::Map::len), Some(1), "{answer:?}");
                answer.body["data"].clone()
            }
            "bare" => answer.body.clone(),
            _ => switched.is_not_checked(),
        }
    };
    for kind in KINDS {
        let added = unwrap(&user.post(kind.add, kind.new_body()).send().await.expect(201));
        let listed = user.list(kind.list).await;
        assert_eq!(listed.last(), Some(&added), "{}: {}", switched.label(), kind.add);
    }
    let read = unwrap(&user.get("/credit-card/1").send().await.expect(200));
    assert_eq!(user.list("/credit-cards").await[0], read, "{}", switched.label());
    let change = user.patch("/passport-watchlist/1").json(json!({ "country_code": "FI" }));
    let changed = unwrap(&change.send().await.expect(200));
    assert_eq!(user.list("/passport-watchlist").await[0], changed, "{}", switched.label());
    let body = json!({ "first_name": "A", "last_name": "B", "email": "a@example.com" });
    for method in [Method::POST, Method::PUT] {
        let written = unwrap(&user.request(method, "/delete-my-data").json(body.clone()).send().await.expect(200));
        let read = unwrap(&user.get("/delete-my-data").send().await.expect(200));
        assert_eq!((&read["first_name"], &read), (&json!("A"), &written), "{}", switched.label());
    }
    let status = unwrap(&user.get("/delete-my-data/status").send().await.expect(200));
    assert_eq!(status["scan_status"], "SCAN_NOT_STARTED", "{}", switched.label());
    let account = user.get("/account").send().await.expect(200);
    assert_eq!(account.body["data"]["id"], 1, "ACCOUNT-1 has the envelope: {account:?}");
}

async fn a_list_is_wrapped_as_list_shape_says(switched: Switched) {
    let only_app = ["/credit-card/leaks", "/delete-my-data/sites"];
    let lists = KINDS
        .into_iter()
        .map(|kind| kind.list)
        .chain(Kind::with_leaks().map(|kind| kind.leaks().path))
        .chain(["/delete-my-data/sites"]);
    let lists: Vec<&str> = lists.collect();
    for caller in Caller::both(&switched.world) {
        for list in lists.iter().filter(|list| caller.label == "app" || !only_app.contains(list)) {
            let answer = caller.get(list).send().await.expect(200);
            switched.is_named_by(&answer);
            let (fields, items): (&[&str], &Value) = match switched.value.as_str() {
                "data" => (&["data"], &answer.body["data"]),
                "paginated" => (&["data", "links", "meta"], &answer.body["data"]),
                "bare" => (&[], &answer.body),
                _ => switched.is_not_checked(),
            };
            let found: BTreeSet<&str> =
                answer.body.as_object().into_iter().flatten().map(|(field, _)| &**field).collect();
            assert_eq!(found, fields.iter().copied().collect(), "{} {list}", switched.label());
            let items = items.as_array().unwrap_or_else(|| panic!("{}: {answer:?}", switched.label()));
            assert!(!items.is_empty() && items.iter().all(|item| item["id"].is_u64()), "{answer:?}");
        }
    }
}

async fn a_removal_is_answered_as_remove_status_says(switched: Switched) {
    for kind in KINDS {
        for caller in Caller::both(&switched.world) {
            let added = caller.add(kind.add, kind.new_body()).await;
            let path = format!("{}/{}", kind.add, written(&added["id"]));
            let answer = caller.delete(&path).send().await;
            switched.answers(&answer, switched.number() as u16);
            match switched.value.as_str() {
                "204" => assert_eq!((&*answer.raw, answer.header("content-type")), ("", ""), "{answer:?}"),
                "200" => assert_ne!(answer.text("message"), ""),
                _ => switched.is_not_checked(),
            }
            assert!(!caller.list(kind.list).await.contains(&added), "{}", switched.label());
        }
    }
}

async fn actions_are_answered_as_action_answer_says(switched: Switched) {
    let world = &switched.world;
    let [partner, user] = Caller::both(world);
    let check = |answer: Answer| match switched.value.as_str() {
        "message" => {
            switched.answers(&answer, 200);
            assert_eq!(answer.body.as_object().map(serde_json::Map::len), Some(1), "{answer:?}");
            assert_ne!(answer.text("message"), "");
        }
        "none" => {
            switched.answers(&answer, 204);
            assert_eq!((&*answer.raw, answer.header("content-type")), ("", ""), "{answer:?}");
        }
        _ => switched.is_not_checked(),
    };
    user.add_email("new@example.com").await;
    check(user.post("/resend/watchlist-email-confirmation", json!({})).send().await);
    for caller in [&partner, &user] {
        check(caller.post("/phone-watchlist/send-verification-code", json!({ "phone_id": 1 })).send().await);
        check(caller.post("/phone-watchlist/confirm", json!({ "code": world.last_code() })).send().await);
    }
    let added = user.add_card("4000007520000008").await;
    let body = json!({ "credit_card_id": added["id"], "code": world.last_code() });
    check(user.post("/credit-cards/verify", body).send().await);
    for path in ["/ssn-monitoring/deactivate", "/ssn-monitoring/activate"] {
        check(partner.patch(path).send().await);
    }
    check(user.post("/delete-my-data/scan", json!({})).send().await);
    world.advance(600);
    // Of the seed's sites the third fails at first.
    check(user.post("/delete-my-data/scan/3/retry", json!({})).send().await);
    let password = json!({ "password": "a long enough one" });
    check(world.post("/api/v2/account/password").token(APP).json(password).send().await);
}

async fn the_same_value_again_is_answered_as_add_duplicate_says(switched: Switched) {
    let world = &switched.world;
    for kind in KINDS {
        for caller in Caller::both(world) {
            let added = caller.add(kind.add, kind.new_body()).await;
            let (listed, sent) = (caller.list(kind.list).await, world.messages().len());
            for again in Caller::both(world) {
                let answer = again.post(kind.add, kind.new_body()).send().await;
                match switched.value.as_str() {
                    "existing" => {
                        switched.answers(&answer, 200);
                        assert_eq!(answer.body["data"], added, "{}: the item that is there", switched.label());
                    }
                    "422" | "409" => {
                        switched.refuses(&answer, kind.field);
                        assert!(answer.raw.contains("has already been taken"), "{answer:?}");
                    }
                    _ => switched.is_not_checked(),
                }
            }
            assert_eq!(caller.list(kind.list).await, listed, "{}: nothing is added", switched.label());
            assert_eq!(world.messages().len(), sent, "{}: nothing is sent", switched.label());
            caller.remove(kind.add, &added).await;
        }
    }
}

async fn a_stored_value_reads_as_value_form_says(switched: Switched) {
    let cases = [
        ("/email-watchlist", "email", "New.Person@Example.COM", "new.person@example.com"),
        ("/phone-watchlist", "phone", "+46 70-174 06 20", "+46701740620"),
        ("/iban-watchlist", "iban", "se35 5000 0000 0549 1000 0003", "SE3550000000054910000003"),
    ];
    let [partner, user] = Caller::both(&switched.world);
    for (path, field, sent, normalized) in cases {
        let expected = match switched.value.as_str() {
            "normalized" => normalized,
            "as-sent" => sent,
            _ => switched.is_not_checked(),
        };
        let answer = partner.post(path, json!({ field: sent })).send().await;
        switched.answers(&answer, 201);
        assert_eq!(answer.body["data"][field], expected, "{}", switched.label());
        assert_eq!(user.list(path).await.last().expect("an item")[field], expected, "{}", switched.label());
        // However it reads, it is the same value.
        user.post(path, json!({ field: normalized })).send().await.expect(422);
    }
}
