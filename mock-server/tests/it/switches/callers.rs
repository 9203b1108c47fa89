//! Callers, their tokens, and the accounts and items that they name.

use reqwest::Method;
use serde_json::json;

use super::{one_time_code, sso};
use crate::harness::{APP, CRM, Caller, KINDS, Switched, account_body};

checked! {
    "scope.wrong-token" => the_token_of_the_other_kind_is_refused_as_scope_wrong_token_says;
    "scope.foreign-account" => an_account_of_another_partner_is_refused_as_scope_foreign_account_says;
    "scope.foreign-item" => an_item_of_another_account_is_refused_as_scope_foreign_item_says;
    "account.duplicate" => an_account_with_a_taken_email_is_refused_as_account_duplicate_says;
    "login.refused" => a_wrong_login_is_refused_as_login_refused_says;
    "sso.refused" => wrong_sso_credentials_and_codes_are_refused_as_sso_refused_says;
    "sso.unknown-email" => an_email_that_no_account_has_is_refused_as_sso_unknown_email_says;
    "throttle.per-minute" => a_token_makes_as_many_requests_a_minute_as_throttle_per_minute_says;
}

async fn the_token_of_the_other_kind_is_refused_as_scope_wrong_token_says(switched: Switched) {
    let world = &switched.world;
    for (method, path, token) in [
        (Method::GET, "/api/v1/email-watchlist", CRM),
        (Method::GET, "/api/v1/credit-card/leaks", CRM),
        (Method::GET, "/api/v1/account", CRM),
        (Method::GET, "/api/v1/account/1/email-watchlist", APP),
        (Method::PATCH, "/api/v1/account/1/ssn-monitoring/activate", APP),
        (Method::POST, "/api/v1/account", APP),
    ] {
        switched.refuses(&world.request(method, path).token(token).send().await, "");
    }
}

async fn an_account_of_another_partner_is_refused_as_scope_foreign_account_says(switched: Switched) {
    let world = &switched.world;
    for (method, path, token) in [
        (Method::GET, "/api/v1/account/3", CRM),
        (Method::PUT, "/api/v2/account/3", CRM),
        (Method::GET, "/api/v1/account/3/email-watchlist", CRM),
        (Method::DELETE, "/api/v1/account/3/email-watchlist/3", CRM),
        (Method::PUT, "/api/v2/account/2", APP),
    ] {
        switched.refuses(&world.request(method, path).token(token).send().await, "");
    }
    let missing = world.get("/api/v1/account/99").token(CRM).send().await.expect(404);
    if switched.is("404") {
        let foreign = world.get("/api/v1/account/3").token(CRM).send().await;
        assert_eq!(foreign.raw, missing.raw, "as if it did not exist");
    }
}

async fn an_item_of_another_account_is_refused_as_scope_foreign_item_says(switched: Switched) {
    let world = &switched.world;
    let callers = [Caller::partner(world, "2"), Caller::user_of(world, "jane.roe@example.com").await];
    for caller in &callers {
        let mut requests: Vec<_> = KINDS.iter().map(|kind| caller.delete(&format!("{}/1", kind.add))).collect();
        requests.push(caller.get("/credit-card/1"));
        requests.push(caller.patch("/passport-watchlist/1").json(json!({ "country_code": "FI" })));
        requests.push(caller.post("/phone-watchlist/send-verification-code", json!({ "phone_id": 1 })));
        requests.push(caller.post("/phone-watchlist/confirm", json!({ "phone_id": 1, "code": "000000" })));
        if caller.label == "app" {
            let body = json!({ "credit_card_id": 1, "code": "000000" });
            requests.push(caller.post("/credit-cards/verify", body));
        }
        for request in requests {
            switched.refuses(&request.send().await, "");
        }
        // An id that was never given out is not found, under any value.
        let missing = caller.delete("/email-watchlist/99").send().await.expect(404);
        if switched.is("404") {
            let foreign = caller.delete("/email-watchlist/1").send().await;
            assert_eq!(foreign.raw, missing.raw, "as if it did not exist");
        }
    }
    // A removed item is not found by any caller.
    let owner = Caller::user(world);
    owner.delete("/email-watchlist/1").send().await.expect(204);
    for caller in callers.iter().chain([&owner]) {
        caller.delete("/email-watchlist/1").send().await.expect(404);
    }
}

async fn an_account_with_a_taken_email_is_refused_as_account_duplicate_says(switched: Switched) {
    for email in ["john.doe@example.com", " John.Doe@Example.com "] {
        let body = account_body(email);
        let answer = switched.world.post("/api/v1/account").token(CRM).json(body).send().await;
        switched.refuses(&answer, "email");
    }
}

async fn a_wrong_login_is_refused_as_login_refused_says(switched: Switched) {
    for (username, password) in [
        ("service@partner.example", "wrong"),
        ("nobody@partner.example", "mock-crm-password"),
        ("other@partner.example", "mock-crm-password"),
        ("mock-client", "mock-secret"),
    ] {
        let body = json!({ "username": username, "password": password });
        let answer = switched.world.post("/api/v1/crm/auth/login").json(body).send().await;
        switched.refuses(&answer, "username");
    }
}

async fn wrong_sso_credentials_and_codes_are_refused_as_sso_refused_says(switched: Switched) {
    let world = &switched.world;
    for path in ["/api/v1/sso/token", "/api/v1/sso/code"] {
        for (id, secret) in [
            ("mock-client", "wrong"),
            ("nobody", "mock-secret"),
            ("mock-client-2", "mock-secret"),
            ("service@partner.example", "mock-crm-password"),
        ] {
            let body = sso(id, secret, "john.doe@example.com");
            switched.refuses(&world.post(path).json(body).send().await, "client_id");
        }
    }
    let used = one_time_code(world).await.text("code");
    world.post("/api/v1/sso/login").json(json!({ "code": used })).send().await.expect(200);
    let expired = one_time_code(world).await.text("code");
    world.advance(3600);
    for code in [&*used, &expired, "unknown"] {
        let answer = world.post("/api/v1/sso/login").json(json!({ "code": code })).send().await;
        switched.refuses(&answer, "code");
    }
}

async fn an_email_that_no_account_has_is_refused_as_sso_unknown_email_says(switched: Switched) {
    for path in ["/api/v1/sso/token", "/api/v1/sso/code"] {
        // The second is of another partner's account.
        for email in ["nobody@example.com", "matti.malli@example.org"] {
            let body = sso("mock-client", "mock-secret", email);
            switched.refuses(&switched.world.post(path).json(body).send().await, "email");
        }
    }
}

async fn a_token_makes_as_many_requests_a_minute_as_throttle_per_minute_says(switched: Switched) {
    switched.freeze();
    let user = Caller::user(&switched.world);
    let limit = switched.number();
    for number in 1..=30 {
        let answer = user.get("/email-watchlist").send().await;
        if limit == 0 {
            assert_eq!(answer.status, 200, "{}: no limit", switched.label());
            assert_eq!(answer.headers.get("x-ratelimit-limit"), None, "{}", switched.label());
        } else {
            switched.answers(&answer, if number <= limit { 200 } else { 409 });
        }
    }
}
