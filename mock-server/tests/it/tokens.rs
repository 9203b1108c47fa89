//! Where tokens come from and how long they last (LOGIN-1 to 4, SSO-1 to 4).

mod login;
mod sso;

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::harness::{Answer, Format, World, invalid_body, login_body, sso_body};

const LOGIN: &str = "/api/v1/crm/auth/login";
const SSO_TOKEN: &str = "/api/v1/sso/token";
const SSO_CODE: &str = "/api/v1/sso/code";
const SSO_LOGIN: &str = "/api/v1/sso/login";

/// Lives of tokens and codes by default, in seconds.
const CRM_SECONDS: u64 = 3600;
const CRM_KEPT_SECONDS: u64 = 2_592_000;
const APP_SECONDS: u64 = 3600;
const CODE_SECONDS: u64 = 60;

/// The token that such a request is granted.
async fn token(world: &World, path: &str, body: Value) -> String {
    world.post(path).json(body).send().await.expect(200).text("token")
}

/// Holds a token to the form of LOGIN-1 and returns its number.
#[track_caller]
fn number(token: &str) -> u64 {
    let (number, secret) = token.split_once('|').expect("a bar");
    assert!(secret.len() >= 20 && !secret.contains('|'), "{token}");
    number.parse().expect("a number")
}

async fn code_for(world: &World, email: &str) -> String {
    world.post(SSO_CODE).json(sso_body(1, email)).send().await.expect(200).text("code")
}

#[tokio::test]
async fn routes_that_give_out_tokens_ask_for_none() {
    let world = World::new();
    let code = world.post(SSO_CODE).json(sso_body(1, "john.doe@example.com")).send().await.expect(200).text("code");
    let requests = [
        (LOGIN, login_body(1, json!(false))),
        (SSO_TOKEN, sso_body(1, "john.doe@example.com")),
        (SSO_CODE, sso_body(1, "john.doe@example.com")),
        (SSO_LOGIN, json!({ "code": code })),
    ];
    for (path, body) in requests {
        world.post(path).send().await.expect(422);
        world.post(path).token("garbage").json(invalid_body()).send().await.expect(422);
        world.get(path).send().await.expect(405);
        world.post(path).token("garbage").json(body).send().await.expect(200);
    }
}

#[tokio::test]
async fn a_token_is_a_number_and_a_secret_and_comes_without_an_envelope() {
    for format in Format::BOTH {
        let world = World::new();
        let requests = [
            (LOGIN, login_body(1, json!(false)), "LOGIN-1"),
            (SSO_TOKEN, sso_body(1, "john.doe@example.com"), "SSO-1"),
        ];
        for (path, body, fact) in requests {
            let answer = format.ask(world.post(path)).json(body).send().await.expect(200);
            number(&answer.text("token"));
            assert_eq!(answer.body, json!({ "token": answer.body["token"] }), "{path} {format:?}");
            assert!(answer.rests_on(fact), "{path} {format:?}: {}", answer.header("x-mock-basis"));
        }
    }
}

#[tokio::test]
async fn tokens_of_both_kinds_are_numbered_from_one_sequence() {
    let world = World::new();
    let code = world.post(SSO_CODE).json(sso_body(1, "john.doe@example.com")).send().await.expect(200).text("code");
    let tokens = [
        world.crm_token(1).await,
        world.app_token("john.doe@example.com").await,
        world.crm_token(2).await,
        token(&world, SSO_LOGIN, json!({ "code": code })).await,
        world.app_token("john.doe@example.com").await,
    ];
    // 1 and 2 are the published ones; a code is no token.
    assert_eq!(tokens.each_ref().map(|token| number(token)), [3, 4, 5, 6, 7]);
    let secrets: BTreeSet<&str> = tokens.iter().filter_map(|token| token.split('|').nth(1)).collect();
    assert_eq!(secrets.len(), tokens.len());
}

#[tokio::test]
async fn an_expired_token_is_answered_as_no_token_is_and_a_hint_says_why() {
    let world = World::new();
    let tokens = [
        ("LOGIN-3", "/api/v1/account/1", world.crm_token(1).await),
        ("SSO-1", "/api/v1/account", world.app_token("john.doe@example.com").await),
    ];
    world.advance(CRM_SECONDS.max(APP_SECONDS));
    for (fact, path, token) in tokens {
        let without = world.get(path).send().await.expect(401);
        let expired = world.get(path).token(&token).send().await.expect(401);
        assert_eq!(expired.raw, without.raw, "{fact}");
        assert!(expired.rests_on(fact), "{fact}: {}", expired.header("x-mock-basis"));
        let hint = expired.header("x-mock-hint");
        assert!(hint.contains("expired") && hint.contains(fact), "{fact}: {hint}");
    }
}

#[tokio::test]
async fn the_lives_of_tokens_and_codes_can_be_switched() {
    async fn crm(world: &World) -> Answer {
        let token = world.crm_token(1).await;
        world.advance(10);
        world.get("/api/v1/account/1").token(&token).send().await
    }
    async fn kept(world: &World) -> Answer {
        let token = token(world, LOGIN, login_body(1, json!(true))).await;
        world.advance(10);
        world.get("/api/v1/account/1").token(&token).send().await
    }
    async fn app(world: &World) -> Answer {
        let token = world.app_token("john.doe@example.com").await;
        world.advance(10);
        world.get("/api/v1/account").token(&token).send().await
    }
    async fn code(world: &World) -> Answer {
        let code = code_for(world, "john.doe@example.com").await;
        world.advance(10);
        world.post(SSO_LOGIN).json(json!({ "code": code })).send().await
    }
    for (seconds, status) in [("10", 401), ("11", 200)] {
        let world = |key| {
            let world = World::assuming(key, seconds);
            world.freeze();
            world
        };
        crm(&world("token.crm-seconds")).await.expect(status);
        kept(&world("token.crm-kept-seconds")).await.expect(status);
        app(&world("token.app-seconds")).await.expect(status);
        code(&world("sso.code-seconds")).await.expect(status);
    }
}
