//! The form of ids.

use std::collections::BTreeSet;

use serde_json::{Value, json};
use uuid::Uuid;

use super::scanned_sites;
use crate::harness::{Answer, CRM, Caller, KINDS, Kind, Switched, World, account_body, written};

checked! {
    "id.form" => every_id_is_a_whole_number_or_a_uuid;
}

/// Calls `check` with the field and the value of every id in an answer.
fn for_each_id(body: &Value, check: &impl Fn(&str, &Value)) {
    match body {
        Value::Array(items) => items.iter().for_each(|item| for_each_id(item, check)),
        Value::Object(fields) => {
            for (field, value) in fields {
                if field == "id" || field.ends_with("_id") && !["plan_id", "company_id"].contains(&&**field) {
                    check(field, value);
                }
                for_each_id(value, check);
            }
        }
        _ => {}
    }
}

async fn every_id_is_a_whole_number_or_a_uuid(switched: Switched) {
    let (world, label) = (&switched.world, switched.label());
    let is_id = |id: &Value| match switched.value.as_str() {
        "integer" => id.is_u64(),
        "uuid" => id.as_str().is_some_and(|text| Uuid::try_parse(text).is_ok_and(|id| id.to_string() == text)),
        _ => switched.is_not_checked(),
    };
    let check = |answer: &Answer, least: usize| {
        let found = std::cell::Cell::new(0);
        for_each_id(&answer.body, &|field, id| {
            assert!(is_id(id), "{label}: {field} is {id} in {answer:?}");
            found.set(found.get() + 1);
        });
        assert!(found.get() >= least, "{label}: ids are looked for in {answer:?}");
    };

    let user = Caller::user(world);
    let own = user.get("/account").send().await.expect(200);
    switched.is_named_by(&own);
    check(&own, 1);
    let id = written(&own.body["data"]["id"]);
    let partner = Caller::partner(world, &id);
    check(&partner.get("").send().await.expect(200), 1);
    let body = account_body("b@example.com");
    let created = world.post("/api/v1/account").token(CRM).json(body).send().await.expect(201);
    check(&created, 1);

    // Every route that takes an id takes the form that it was given out in.
    for kind in KINDS {
        let added = user.post(kind.add, kind.new_body()).send().await.expect(201);
        switched.is_named_by(&added);
        check(&added, 1);
        check(&partner.get(kind.list).send().await.expect(200), 2);
        let item = &added.body["data"]["id"];
        if kind.field == "passport_number" {
            let path = format!("{}/{}", kind.add, written(item));
            let change = user.patch(&path).json(json!({ "country_code": "FI" }));
            check(&change.send().await.expect(200), 1);
        }
        if kind.field == "card_number" {
            check(&partner.get(&format!("{}/{}", kind.add, written(item))).send().await.expect(200), 1);
            let code = json!({ "credit_card_id": item, "code": world.last_code() });
            user.post("/credit-cards/verify", code).send().await.expect(200);
        }
        if kind.field == "email" {
            let resend = json!({ "email_id": item });
            user.post("/resend/watchlist-email-confirmation", resend).send().await.expect(200);
        }
        if kind.field == "phone" {
            let send = json!({ "phone_id": item });
            partner.post("/phone-watchlist/send-verification-code", send).send().await.expect(200);
            let confirm = json!({ "phone_id": item, "code": world.last_code() });
            partner.post("/phone-watchlist/confirm", confirm).send().await.expect(200);
        }
        partner.remove(kind.add, &added.body["data"]).await;
    }
    for leaks in Kind::with_leaks().map(|kind| kind.leaks().path) {
        let leaks = user.get(leaks).send().await.expect(200);
        switched.is_named_by(&leaks);
        check(&leaks, 3);
    }
    let sites = user.get("/delete-my-data/sites").send().await.expect(200);
    switched.is_named_by(&sites);
    check(&sites, 6);
    user.post("/delete-my-data/scan", json!({})).send().await.expect(200);
    world.advance(600);
    let scanned = user.get("/delete-my-data/scan/status").send().await.expect(200);
    assert_eq!(scanned.body["sites"][0]["removal_requests"].as_array().map(Vec::len), Some(1), "{label}");
    check(&scanned, 7);
    // Of the seed's sites the third fails at first.
    let failed = format!("/delete-my-data/scan/{}/retry", written(&scanned.body["sites"][2]["id"]));
    user.post(&failed, json!({})).send().await.expect(200);

    // And so do the control routes.
    let outbox = world.get("/_mock/outbox").send().await.expect(200);
    for message in outbox.body["messages"].as_array().expect("a list") {
        assert_eq!(message["account_id"], own.body["data"]["id"], "{label}");
    }
    let leak = json!({ "kind": "email", "value": "john.work@example.com" });
    let leaked = world.post("/_mock/leaks").json(leak).send().await.expect(201);
    assert_eq!(leaked.body["seen_by"], json!([own.body["data"]["id"]]), "{label}");
    let sandbox = world.post("/_mock/sandboxes").send().await.expect(201);
    let accounts = sandbox.body["accounts"].as_array().expect("a list");
    assert!(accounts.len() == 3 && accounts.iter().all(|account| is_id(&account["id"])), "{label}: {sandbox:?}");
    let jane = format!("/_mock/accounts/{}/eid", written(&accounts[1]["id"]));
    let eid = json!({ "provider": "bankid", "ssn": "19900102-2384" });
    world.post(&jane).json(eid).send().await.expect(200);
}

#[tokio::test]
async fn a_uuid_names_one_thing_and_a_number_nothing() {
    let world = World::assuming("id.form", "uuid");
    let user = Caller::user(&world);
    let id = written(&user.get("/account").send().await.expect(200).body["data"]["id"]);
    let partner = Caller::partner(&world, &id);
    let mut ids = BTreeSet::from([id]);
    for kind in KINDS {
        let item = written(&partner.list(kind.list).await[0]["id"]);
        assert!(ids.insert(item), "an id of {} is one of something else", kind.add);
    }
    for kind in KINDS {
        let own = written(&partner.list(kind.list).await[0]["id"]);
        let others = ids.iter().filter(|id| **id != own).map(String::as_str);
        for id in others.chain(["1", "67e55044-10b1-826f-9247-bb680e5fe0c8"]) {
            let path = format!("{}/{id}", kind.add);
            user.delete(&path).send().await.expect(404);
        }
        user.delete(&format!("{}/{own}", kind.add)).send().await.expect(204);
    }
    user.post("/delete-my-data/scan", json!({})).send().await.expect(200);
    world.advance(600);
    // Of the seed's sites the third fails at first.
    let failed = written(&scanned_sites(&user).await[2]["id"]);
    assert!(!ids.contains(&failed), "the id of a site is one of something else");
    for id in ids.iter().map(String::as_str).chain(["3"]) {
        user.post(&format!("/delete-my-data/scan/{id}/retry"), json!({})).send().await.expect(404);
    }
    user.post(&format!("/delete-my-data/scan/{failed}/retry"), json!({})).send().await.expect(200);
    world.get("/api/v1/account/1").token(CRM).send().await.expect(404);
}
