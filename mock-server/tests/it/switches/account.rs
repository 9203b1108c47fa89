//! Accounts and their SSN.

use reqwest::Method;
use serde_json::{Value, json};

use crate::harness::{CRM, Caller, Switched, sso_body};

checked! {
    "ssn.without" => the_monitoring_of_an_ssn_that_is_not_there_is_refused_as_ssn_without_says;
    "ssn.echo" => an_ssn_is_read_back_as_ssn_echo_says;
    "put.replaces" => a_put_does_to_what_it_does_not_name_as_put_replaces_says;
    "update.empty" => an_empty_text_in_an_update_is_read_as_update_empty_says;
    "sso.changed-email" => sso_knows_an_account_by_its_new_email_as_sso_changed_email_says;
}

async fn the_monitoring_of_an_ssn_that_is_not_there_is_refused_as_ssn_without_says(switched: Switched) {
    let partner = Caller::partner(&switched.world, "2");
    for path in ["/ssn-monitoring/activate", "/ssn-monitoring/deactivate"] {
        switched.refuses(&partner.patch(path).send().await, "ssn");
    }
}

async fn an_ssn_is_read_back_as_ssn_echo_says(switched: Switched) {
    let [partner, user] = Caller::both(&switched.world);
    let (of_john, of_jane) = match switched.value.as_str() {
        "masked" => (Some(json!("********-**85")), Some(Value::Null)),
        "absent" => (None, None),
        "full" => (Some(json!("19900101-2385")), Some(Value::Null)),
        _ => switched.is_not_checked(),
    };
    let jane = Caller::partner(&switched.world, "2");
    for (request, expected) in [
        (partner.get(""), &of_john),
        (user.get("/account"), &of_john),
        (partner.request(Method::PUT, "").json(json!({ "first_name": "J" })), &of_john),
        (jane.get(""), &of_jane),
    ] {
        let answer = request.send().await;
        switched.answers(&answer, 200);
        assert_eq!(answer.body["data"].get("ssn"), expected.as_ref(), "{}", switched.label());
    }
    let body = json!({ "ssn": "19900102-2384", "first_name": "A", "last_name": "B", "email": "b@example.com" });
    let created = switched.world.post("/api/v1/account").token(CRM).json(body).send().await;
    switched.answers(&created, 201);
    assert_eq!(created.body["data"].get("ssn").is_some(), of_john.is_some(), "{}", switched.label());
    assert_eq!(created.raw.contains("19900102-2384"), switched.is("full"), "{}", switched.label());
}

async fn a_put_does_to_what_it_does_not_name_as_put_replaces_says(switched: Switched) {
    let world = &switched.world;
    let named = json!({ "first_name": "A", "last_name": "B", "email": "john.doe@example.com" });
    for path in ["/account", "/delete-my-data"] {
        let put = Caller::user(world).request(Method::PUT, path).json(named.clone());
        let answer = put.send().await.expect(200);
        switched.is_named_by(&answer);
        let phone = match switched.value.as_str() {
            "named" => json!("+46701740605"),
            "whole" => Value::Null,
            _ => switched.is_not_checked(),
        };
        assert_eq!(answer.body["data"]["phone"], phone, "{}: {path}", switched.label());
    }
    let patch = world.patch("/api/v1/account/2").token(CRM).json(json!({ "first_name": "A" }));
    assert_eq!(patch.send().await.expect(200).body["data"]["phone"], "+46701740606", "{}", switched.label());
}

async fn an_empty_text_in_an_update_is_read_as_update_empty_says(switched: Switched) {
    let user = Caller::user(&switched.world);
    for path in ["/account", "/delete-my-data"] {
        let before = user.get(path).send().await.expect(200).body["data"]["phone"].clone();
        let answer = user.request(Method::PUT, path).json(json!({ "phone": " " })).send().await;
        match switched.value.as_str() {
            "refused" => switched.answers(&answer, 422),
            "cleared" | "kept" => switched.answers(&answer, 200),
            _ => switched.is_not_checked(),
        }
        let expected = if switched.is("cleared") { Value::Null } else { before };
        let after = user.get(path).send().await.expect(200);
        assert_eq!(after.body["data"]["phone"], expected, "{}: {path}", switched.label());
        // Null is told apart from it.
        let null = user.request(Method::PUT, path).json(json!({ "phone": null })).send().await.expect(200);
        assert_eq!(null.body["data"]["phone"], Value::Null, "{}: {path}", switched.label());
    }
    let passport = user.patch("/passport-watchlist/1").json(json!({ "country_code": "" }));
    switched.is_named_by(&passport.send().await);
}

async fn sso_knows_an_account_by_its_new_email_as_sso_changed_email_says(switched: Switched) {
    let world = &switched.world;
    let change = json!({ "email": "new@example.com" });
    world.patch("/api/v1/account/1").token(CRM).json(change).send().await.expect(200);
    let answer = world.post("/api/v1/sso/token").json(sso_body(1, "new@example.com")).send().await;
    match switched.value.as_str() {
        "refused" => switched.answers(&answer, 404),
        "accepted" => switched.answers(&answer, 200),
        _ => switched.is_not_checked(),
    }
    world.post("/api/v1/sso/token").json(sso_body(1, "john.doe@example.com")).send().await.expect(200);
}
