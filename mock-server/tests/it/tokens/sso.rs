//! App tokens: by credentials and by a one-time code (SSO-1 to 4).

use mock_server::MockServer;
use serde_json::json;

use super::{APP_SECONDS, CODE_SECONDS, SSO_CODE, SSO_LOGIN, SSO_TOKEN, code_for, number, token};
use crate::harness::{APP, CRM, Format, World, account_body, sso_body, written};

#[tokio::test]
async fn an_app_token_acts_for_the_account_that_was_created_with_the_email() {
    let world = World::new();
    for (partner, email, id) in
        [(1, "john.doe@example.com", 1), (1, "jane.roe@example.com", 2), (2, "matti.malli@example.org", 3)]
    {
        let app = token(&world, SSO_TOKEN, sso_body(partner, email)).await;
        let account = world.get("/api/v1/account").token(&app).send().await.expect(200);
        assert_eq!((&account.body["data"]["id"], &account.body["data"]["email"]), (&json!(id), &json!(email)));
    }
}

#[tokio::test]
async fn sso_finds_an_account_by_the_email_that_it_was_created_with() {
    let world = World::new();
    let refused = world.post(SSO_TOKEN).json(sso_body(1, "new@example.com")).send().await.expect(404);
    assert!(refused.rests_on("SSO-3"), "{}", refused.header("x-mock-basis"));
    let account = world.account("new@example.com").await;
    let app = world.app_token("new@example.com").await;

    let body = json!({ "email": "newer@example.com" });
    world.patch(&format!("/api/v1/account/{account}")).token(CRM).json(body).send().await.expect(200);
    world.post(SSO_TOKEN).json(sso_body(1, "newer@example.com")).send().await.expect(404);
    for token in [app, world.app_token("new@example.com").await] {
        let read = world.get("/api/v1/account").token(&token).send().await.expect(200);
        assert_eq!(
            (written(&read.body["data"]["id"]), &read.body["data"]["email"]),
            (account.clone(), &json!("newer@example.com"))
        );
    }
}

#[tokio::test]
async fn an_app_token_expires() {
    let world = World::new();
    world.freeze();
    let app = world.app_token("john.doe@example.com").await;
    world.advance(APP_SECONDS - 1);
    world.get("/api/v1/account").token(&app).send().await.expect(200);
    world.advance(1);
    world.get("/api/v1/account").token(&app).send().await.expect(401);
    world.get("/api/v1/account").token(APP).send().await.expect(200);
}

#[tokio::test]
async fn a_code_is_exchanged_for_a_token_once() {
    for format in Format::BOTH {
        let world = World::new();
        let issued =
            format.ask(world.post(SSO_CODE)).json(sso_body(1, "jane.roe@example.com")).send().await.expect(200);
        assert!(issued.rests_on("SSO-4"), "{}", issued.header("x-mock-basis"));
        let body = json!({ "code": issued.text("code") });
        let exchanged = format.ask(world.post(SSO_LOGIN)).json(body.clone()).send().await.expect(200);
        assert_eq!(exchanged.body, json!({ "token": exchanged.body["token"] }), "{format:?}");
        let app = exchanged.text("token");
        number(&app);
        let account = world.get("/api/v1/account").token(&app).send().await.expect(200);
        assert_eq!(account.body["data"]["email"], "jane.roe@example.com");
        let again = format.ask(world.post(SSO_LOGIN)).json(body).send().await.expect(401);
        assert!(again.rests_on("SSO-4") && again.rests_on("sso.refused"), "{}", again.header("x-mock-basis"));
        // The token that it was exchanged for goes on.
        world.get("/api/v1/account").token(&app).send().await.expect(200);
    }
}

#[tokio::test]
async fn several_codes_of_one_account_work_beside_each_other() {
    let world = World::new();
    let codes = [code_for(&world, "john.doe@example.com").await, code_for(&world, "john.doe@example.com").await];
    assert_ne!(codes[0], codes[1]);
    for code in codes {
        token(&world, SSO_LOGIN, json!({ "code": code })).await;
    }
}

#[tokio::test]
async fn a_code_expires() {
    let world = World::new();
    world.freeze();
    let in_time = code_for(&world, "john.doe@example.com").await;
    world.advance(CODE_SECONDS - 1);
    token(&world, SSO_LOGIN, json!({ "code": in_time })).await;
    let late = code_for(&world, "john.doe@example.com").await;
    world.advance(CODE_SECONDS);
    world.post(SSO_LOGIN).json(json!({ "code": late })).send().await.expect(401);
}

#[tokio::test]
async fn wrong_sso_credentials_and_unknown_codes_are_refused() {
    let email = "john.doe@example.com";
    let wrong = [
        json!({ "client_id": "mock-client", "client_secret": "wrong", "email": email }),
        json!({ "client_id": "mock-client", "client_secret": "mock-secret-2", "email": email }),
        json!({ "client_id": "wrong", "client_secret": "mock-secret", "email": email }),
        // SSO-2: the credentials of CRM are others.
        json!({ "client_id": "service@partner.example", "client_secret": "mock-crm-password", "email": email }),
        // A caller without credentials does not learn which emails there are.
        json!({ "client_id": "wrong", "client_secret": "wrong", "email": "nobody@example.com" }),
    ];
    for status in [401, 403, 422] {
        let world = World::assuming("sso.refused", &status.to_string());
        for path in [SSO_TOKEN, SSO_CODE] {
            for body in &wrong {
                let answer = world.post(path).json(body.clone()).send().await.expect(status);
                assert!(answer.rests_on("sso.refused"), "{path} {body}: {}", answer.header("x-mock-basis"));
            }
        }
        for code in [json!("unknown"), json!(APP), json!(123_456)] {
            let answer = world.post(SSO_LOGIN).json(json!({ "code": code })).send().await.expect(status);
            assert!(answer.rests_on("sso.refused"), "{code}: {}", answer.header("x-mock-basis"));
        }
        world.post(SSO_LOGIN).json(json!({ "code": "" })).send().await.expect(422);
    }
}

#[tokio::test]
async fn an_email_of_another_partner_is_as_unknown_as_one_that_no_account_has() {
    for status in [404, 422, 401] {
        let world = World::assuming("sso.unknown-email", &status.to_string());
        let bodies = [
            sso_body(1, "nobody@example.com"),
            sso_body(1, "matti.malli@example.org"),
            sso_body(2, "john.doe@example.com"),
            // An email that an account watches is not the one that it was created with.
            sso_body(1, "john.work@example.com"),
        ];
        for path in [SSO_TOKEN, SSO_CODE] {
            let mut answers = Vec::new();
            for body in &bodies {
                let answer = world.post(path).json(body.clone()).send().await.expect(status);
                assert!(answer.rests_on("sso.unknown-email"), "{path} {body}: {}", answer.header("x-mock-basis"));
                answers.push(answer.raw);
            }
            answers.dedup();
            assert_eq!(answers.len(), 1, "{path}: {answers:?}");
        }
    }
}

#[tokio::test]
async fn two_partners_may_each_have_an_account_with_one_email() {
    let world = World::of(MockServer::builder());
    let other = world.crm_token(2).await;
    let body = account_body("john.doe@example.com");
    let created = world.post("/api/v1/account").token(&other).json(body).send().await.expect(201);
    for (partner, id) in [(1, json!(1)), (2, created.body["data"]["id"].clone())] {
        let app = token(&world, SSO_TOKEN, sso_body(partner, "john.doe@example.com")).await;
        let account = world.get("/api/v1/account").token(&app).send().await.expect(200);
        assert_eq!(account.body["data"]["id"], id, "partner {partner}");
    }
}
