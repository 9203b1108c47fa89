//! How long tokens, links and codes last.

use std::collections::BTreeSet;

use serde_json::json;

use super::one_time_code;
use crate::harness::{Caller, Switched, card, login_body, sso_body};

checked! {
    "token.crm-seconds" | "token.crm-kept-seconds" => a_crm_token_lasts_as_long_as_its_assumption_says;
    "token.app-seconds" => an_app_token_lasts_as_long_as_its_assumption_says;
    "sso.code-seconds" => a_one_time_code_lasts_as_long_as_its_assumption_says;
    "confirm.link-seconds" => a_confirmation_link_lasts_as_long_as_its_assumption_says;
    "confirm.code-seconds" => a_code_lasts_as_long_as_its_assumption_says beside CONFIRMING_PHONES;
}

/// Whether what was given out works until a second before its end, and no longer.
async fn lasts(switched: &Switched, is_good: impl AsyncFn() -> bool) {
    switched.world.advance(switched.number() - 1);
    assert!(is_good().await, "{}: a second before the end", switched.label());
    switched.world.advance(1);
    assert!(!is_good().await, "{}: at the end", switched.label());
}

async fn a_crm_token_lasts_as_long_as_its_assumption_says(switched: Switched) {
    switched.freeze();
    let world = &switched.world;
    let keep_logged = switched.key == "token.crm-kept-seconds";
    let login = world.post("/api/v1/crm/auth/login").json(login_body(1, json!(keep_logged))).send().await;
    switched.answers(&login, 200);
    let token = login.text("token");
    let is_good = async || world.get("/api/v1/account/1").token(&token).send().await.status == 200;
    lasts(&switched, is_good).await;
}

async fn an_app_token_lasts_as_long_as_its_assumption_says(switched: Switched) {
    switched.freeze();
    let world = &switched.world;
    let code = one_time_code(world).await.text("code");
    let by_credentials = world.post("/api/v1/sso/token").json(sso_body(1, "john.doe@example.com"));
    let by_code = world.post("/api/v1/sso/login").json(json!({ "code": code }));
    let mut tokens = Vec::new();
    for request in [by_credentials, by_code] {
        let answer = request.send().await;
        switched.answers(&answer, 200);
        tokens.push(answer.text("token"));
    }
    let is_good = async || {
        let mut statuses = BTreeSet::new();
        for token in &tokens {
            statuses.insert(world.get("/api/v1/account").token(token).send().await.status);
        }
        assert_eq!(statuses.len(), 1, "both last as long");
        statuses.contains(&200)
    };
    lasts(&switched, is_good).await;
}

async fn a_one_time_code_lasts_as_long_as_its_assumption_says(switched: Switched) {
    switched.freeze();
    let world = &switched.world;
    // One to be used in time, one to come with too late.
    for (seconds, status) in [(switched.number() - 1, 200), (switched.number(), 401)] {
        let answer = one_time_code(world).await;
        switched.answers(&answer, 200);
        world.advance(seconds);
        world.post("/api/v1/sso/login").json(json!({ "code": answer.text("code") })).send().await.expect(status);
    }
}

async fn a_confirmation_link_lasts_as_long_as_its_assumption_says(switched: Switched) {
    switched.freeze();
    let world = &switched.world;
    let user = Caller::user(world);
    for (seconds, status) in [(switched.number() - 1, 200), (switched.number(), 410)] {
        let answer = user.post("/email-watchlist", json!({ "email": format!("{seconds}@example.com") })).send().await;
        switched.answers(&answer, 201);
        world.advance(seconds);
        world.open(&world.last_link()).await.expect(status);
    }
    let resend = user.post("/resend/watchlist-email-confirmation", json!({})).send().await;
    switched.answers(&resend, 200);
    world.advance(switched.number());
    world.open(&world.last_link()).await.expect(410);
}

async fn a_code_lasts_as_long_as_its_assumption_says(switched: Switched) {
    switched.freeze();
    let world = &switched.world;
    let user = Caller::user(world);
    for (seconds, status) in [(switched.number() - 1, 200), (switched.number(), 422)] {
        let answer = user.post("/credit-card", card("4000007520000008")).send().await;
        switched.answers(&answer, 201);
        let verify = json!({ "credit_card_id": answer.body["data"]["id"], "code": world.last_code() });
        let phone = user.post("/phone-watchlist", json!({ "phone": "+46701740620" })).send().await;
        switched.answers(&phone, 201);
        let confirm = json!({ "code": world.last_code() });
        let again = user.post("/phone-watchlist/send-verification-code", json!({ "phone_id": 1 })).send().await;
        switched.answers(&again, 200);
        let confirm_again = json!({ "phone_id": 1, "code": world.last_code() });
        world.advance(seconds);
        user.post("/credit-cards/verify", verify).send().await.expect(status);
        user.post("/phone-watchlist/confirm", confirm).send().await.expect(status);
        user.post("/phone-watchlist/confirm", confirm_again).send().await.expect(status);
        user.remove("/credit-card", &answer.body["data"]).await;
        user.remove("/phone-watchlist", &phone.body["data"]).await;
    }
}
