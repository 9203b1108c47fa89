//! Updates of accounts: the effect of a PUT and a PATCH on fields that they name, leave out, clear and empty, and the
//! email by which SSO finds the account (ACCOUNT-4, ACCOUNT-5, SSO-3, SSO-5).

use reqwest::Method;
use serde_json::{Value, json};

use super::{account, update, updates};
use crate::harness::{APP, CRM, World, account_body, sso_body};

/// Account 1 as its owner reads it, but for the time of its last update.
async fn read(world: &World) -> Value {
    let mut account = world.get("/api/v1/account").token(APP).send().await.expect(200).body["data"].take();
    account.as_object_mut().expect("an account").remove("updated_at");
    account
}

/// `before` with these fields instead.
fn with(mut before: Value, changes: &Value) -> Value {
    for (field, value) in changes.as_object().expect("an object") {
        before[field] = value.clone();
    }
    before
}

#[tokio::test]
async fn every_update_changes_what_it_names_and_nothing_else() {
    let changes = [
        json!({}),
        json!({ "first_name": "Johnny", "last_name": "Example" }),
        json!({ "phone": null, "country_code": null, "lang_code": null }),
        json!({ "plan_id": 2, "company_id": 7, "type": "FAMILY" }),
        json!({ "email": "new@example.com" }),
        json!({ "email": null }),
    ];
    for (route, token) in updates() {
        for change in &changes {
            let (world, label) = (World::new(), format!("{} with {token}: {change}", route.label()));
            let before = read(&world).await;
            let answer = route.request(&world).token(token).json(change.clone()).send().await.expect(200);
            let expected = with(before, change);
            assert_eq!(read(&world).await, expected, "{label}");
            for (field, value) in expected.as_object().expect("an object") {
                assert_eq!(&answer.body["data"][field], value, "{label}: {field}");
            }
        }
    }
}

#[tokio::test]
async fn updates_one_after_another_each_change_one_field_and_the_time() {
    let changes = [
        ("first_name", json!("Changed")),
        ("last_name", json!("Changed")),
        ("email", json!("changed@example.com")),
        ("phone", json!("+46701740630")),
        ("country_code", json!("FI")),
        ("lang_code", json!("EN")),
        ("plan_id", json!(7)),
        ("type", json!("FAMILY")),
    ];
    for (route, token) in updates() {
        let label = format!("{} with {token}", route.label());
        let world = World::new();
        world.freeze();
        let mut expected = account(&world, "1").await;
        for (field, value) in &changes {
            world.advance(60);
            let changed =
                update(&world, route, token, "1", json!({ *field: value })).await.expect(200).body["data"].clone();
            assert_ne!(changed["updated_at"], expected["updated_at"], "{field} by {label}");
            expected[*field] = value.clone();
            expected["updated_at"] = changed["updated_at"].clone();
            assert_eq!(changed, expected, "{field} by {label}");
        }
        assert_eq!(account(&world, "1").await, expected, "{label}");
    }
}

#[tokio::test]
async fn an_update_that_breaks_a_rule_says_so_and_changes_nothing() {
    let cases = [
        (json!({ "first_name": null }), "first_name"),
        (json!({ "first_name": "" }), "first_name"),
        (json!({ "last_name": 5 }), "last_name"),
        (json!({ "email": "nobody" }), "email"),
        (json!({ "email": null, "phone": null }), "email"),
        (json!({ "phone": "12" }), "phone"),
        (json!({ "country_code": "SWE" }), "country_code"),
        (json!({ "plan_id": 0 }), "plan_id"),
        (json!({ "company_id": "none" }), "company_id"),
    ];
    for (route, token) in updates() {
        let world = World::new();
        let before = read(&world).await;
        for (body, field) in &cases {
            // The valid fields beside it are not changed either.
            let body = with(json!({ "lang_code": "EN" }), body);
            let answer = route.request(&world).token(token).json(body.clone()).send().await.expect(422);
            assert!(answer.body["errors"][field].is_array(), "{} {body}: {}", route.label(), answer.raw);
            assert_eq!(read(&world).await, before, "{} {body}", route.label());
        }
    }
}

#[tokio::test]
async fn a_put_that_replaces_the_whole_clears_what_it_does_not_name() {
    for (route, token) in updates() {
        let world = World::assuming("put.replaces", "whole");
        let before = read(&world).await;
        let named =
            json!({ "first_name": "Johnny", "last_name": "Doe", "email": "john.doe@example.com", "plan_id": 3 });
        let send = |body: Value| route.request(&world).token(token).json(body).send();
        let answer = send(named.clone()).await.expect(200);
        let is_put = route.method == Method::PUT;
        assert_eq!(answer.rests_on("put.replaces"), is_put, "{}", route.label());
        let cleared = json!({ "phone": null, "country_code": null, "lang_code": null, "type": "SINGLE" });
        let mut expected = with(before, &named);
        if is_put {
            expected = with(expected, &cleared);
            expected.as_object_mut().expect("an account").remove("company_id");
        }
        assert_eq!(read(&world).await, expected, "{}", route.label());

        let without_names = send(json!({ "email": "john.doe@example.com" })).await;
        assert_eq!(without_names.status, if is_put { 422 } else { 200 }, "{}: {}", route.label(), without_names.raw);
        let without_address = send(json!({ "first_name": "A", "last_name": "B" })).await;
        assert_eq!(
            without_address.status,
            if is_put { 422 } else { 200 },
            "{}: {}",
            route.label(),
            without_address.raw
        );
    }
}

/// The status with which SSO answers an email of partner 1.
async fn sso(world: &World, email: &str) -> u16 {
    world.post("/api/v1/sso/token").json(sso_body(1, email)).send().await.status
}

async fn change_email(world: &World, account: &str, email: Value) -> u16 {
    let path = format!("/api/v1/account/{account}");
    world.patch(&path).token(CRM).json(json!({ "email": email })).send().await.status
}

#[tokio::test]
async fn sso_goes_on_knowing_an_account_by_the_email_that_it_was_created_with() {
    for (value, by_the_new_one) in [("refused", 404), ("accepted", 200)] {
        let world = World::assuming("sso.changed-email", value);
        assert_eq!(change_email(&world, "1", json!("new@example.com")).await, 200);
        assert_eq!(sso(&world, "john.doe@example.com").await, 200, "{value}: the first one");
        assert_eq!(sso(&world, "new@example.com").await, by_the_new_one, "{value}: the new one");
        // After another change, or a clearing, the email in between names no account.
        assert_eq!(change_email(&world, "1", json!("newer@example.com")).await, 200);
        assert_eq!(sso(&world, "new@example.com").await, 404, "{value}: the one in between");
        assert_eq!(change_email(&world, "1", json!(null)).await, 200);
        assert_eq!(sso(&world, "newer@example.com").await, 404, "{value}: none");
        assert_eq!(sso(&world, "john.doe@example.com").await, 200, "{value}: the first one, at the end");
    }
}

#[tokio::test]
async fn no_two_accounts_of_a_partner_come_to_share_an_email() {
    let world = World::new();
    // The one that another has now, or was created with.
    assert_eq!(change_email(&world, "1", json!("jane.roe@example.com")).await, 422);
    assert_eq!(change_email(&world, "2", json!("jane.new@example.com")).await, 200);
    assert_eq!(change_email(&world, "1", json!("jane.roe@example.com")).await, 422);
    assert_eq!(change_email(&world, "1", json!("Jane.New@Example.COM")).await, 422);
    let body = account_body("jane.new@example.com");
    world.post("/api/v1/account").token(CRM).json(body.clone()).send().await.expect(422);
    // The account's own email in any spelling and a former email are free; so is an email of the other partner.
    assert_eq!(change_email(&world, "2", json!("JANE.NEW@example.com")).await, 200);
    assert_eq!(change_email(&world, "2", json!("jane.roe@example.com")).await, 200);
    world.post("/api/v1/account").token(CRM).json(body).send().await.expect(201);
    assert_eq!(change_email(&world, "1", json!("matti.malli@example.org")).await, 200);
}

#[tokio::test]
async fn accounts_that_are_after_one_email_at_once_do_not_both_get_it() {
    let world = World::new();
    for round in 0..20 {
        let email = json!(format!("wanted{round}@example.com"));
        let (one, two) =
            tokio::join!(change_email(&world, "1", email.clone()), change_email(&world, "2", email.clone()));
        assert_eq!(one.min(two), 200, "round {round}: {one} and {two}");
        assert_eq!(one.max(two), 422, "round {round}: {one} and {two}");
    }
}
