//! CRM tokens: the login (LOGIN-1 to 4).

use serde_json::{Value, json};

use super::{CRM_KEPT_SECONDS, CRM_SECONDS, LOGIN};
use crate::harness::{CRM, World, login_body};

/// Whether a CRM token is good.
async fn is_good(world: &World, crm: &str) -> bool {
    let answer = world.get("/api/v1/account/1").token(crm).send().await;
    assert!([200, 401].contains(&answer.status), "{}", answer.raw);
    answer.status == 200
}

#[tokio::test]
async fn a_login_is_usable_at_once_and_beside_those_before_it() {
    let world = World::new();
    let (first, second) = (world.crm_token(1).await, world.crm_token(1).await);
    assert_ne!(first, second);
    for token in [&first, &second] {
        world.get("/api/v1/account/1").token(token).send().await.expect(200);
    }
    // The other partner's login is for the other partner's accounts.
    let other = world.crm_token(2).await;
    world.get("/api/v1/account/3").token(&other).send().await.expect(200);
    world.get("/api/v1/account/1").token(&other).send().await.expect(404);
}

#[tokio::test]
async fn a_login_with_wrong_credentials_is_refused() {
    let wrong = [
        json!({ "username": "service@partner.example", "password": "wrong" }),
        json!({ "username": "service@partner.example", "password": "mock-crm-password-2" }),
        json!({ "username": "service@partner.example", "password": "Mock-Crm-Password" }),
        json!({ "username": "nobody@partner.example", "password": "mock-crm-password" }),
        // SSO-2: the credentials of SSO are others.
        json!({ "username": "mock-client", "password": "mock-secret" }),
    ];
    for status in [401, 422] {
        let world = World::assuming("login.refused", &status.to_string());
        for body in &wrong {
            let answer = world.post(LOGIN).json(body.clone()).send().await.expect(status);
            assert!(answer.rests_on("login.refused"), "{body}: {}", answer.header("x-mock-basis"));
        }
        for (body, missing) in [
            (json!({ "password": "mock-crm-password" }), "username"),
            (json!({ "username": "service@partner.example" }), "password"),
        ] {
            let answer = world.post(LOGIN).json(body).send().await.expect(422);
            assert_eq!(answer.body["errors"][missing], json!([format!("The {missing} field is required.")]));
        }
    }
}

#[tokio::test]
async fn a_login_expires_and_one_that_is_kept_lasts_longer() {
    for (keep_logged, seconds) in [
        (Value::Null, CRM_SECONDS),
        (json!(false), CRM_SECONDS),
        (json!(0), CRM_SECONDS),
        (json!(true), CRM_KEPT_SECONDS),
        (json!(1), CRM_KEPT_SECONDS),
    ] {
        let world = World::new();
        world.freeze();
        let answer = world.post(LOGIN).json(login_body(1, keep_logged.clone())).send().await.expect(200);
        assert_eq!(answer.rests_on("LOGIN-2"), seconds == CRM_KEPT_SECONDS, "{keep_logged}");
        let crm = answer.text("token");
        world.advance(seconds - 1);
        assert!(is_good(&world, &crm).await, "{keep_logged}: a second before its end");
        world.advance(1);
        assert!(!is_good(&world, &crm).await, "{keep_logged}: at its end");
        // LOGIN-3: the client logs in again.
        let again = world.crm_token(1).await;
        assert!(is_good(&world, &again).await, "{keep_logged}");
        assert!(is_good(&world, CRM).await, "the published token does not expire");
    }
    let world = World::new();
    let answer = world.post(LOGIN).json(login_body(1, json!("always"))).send().await.expect(422);
    assert_eq!(answer.body["errors"]["keep_logged"], json!(["The keep logged field must be true or false."]));
}
