//! Throttling (FORMAT-9): how many requests of a token are answered, and what the others are told.

use serde_json::{Value, json};

use crate::harness::{APP, Answer, CRM, Caller, World, login_body};

#[tokio::test]
async fn a_caller_who_asks_too_often_is_told_how_often_and_when_to_ask_again_in_either_format() {
    let world = World::assuming("throttle.per-minute", "3");
    world.freeze();
    let user = Caller::user(&world);
    let counted = |answer: &Answer| {
        ["x-ratelimit-limit", "x-ratelimit-remaining", "retry-after"].map(|name| answer.header(name).to_owned())
    };
    for remaining in ["2", "1", "0"] {
        let answer = user.get("/email-watchlist").send().await.expect(200);
        assert_eq!(counted(&answer), ["3", remaining, ""]);
        world.advance(10);
    }

    let legacy = user.get("/email-watchlist").send().await.expect(409);
    assert_eq!(counted(&legacy), ["3", "0", "30"], "the minute began with the first request");
    assert_eq!(legacy.header("content-type"), "application/vnd.api+json");
    assert_eq!(legacy.body["errors"][0]["status"], "409", "{}", legacy.raw);
    let standardized = user.get("/email-watchlist").standardized().send().await.expect(429);
    assert_eq!(counted(&standardized), ["3", "0", "30"]);
    assert_eq!(standardized.body["error"]["code"], "RATE_LIMITED", "{}", standardized.raw);
    assert_eq!(standardized.body["error"].get("details"), None, "{}", standardized.raw);
    for answer in [&legacy, &standardized] {
        for named in ["FORMAT-9", "throttle.per-minute"] {
            assert!(answer.rests_on(named), "{named}: {}", answer.header("x-mock-basis"));
        }
        assert!(answer.header("x-mock-hint").contains("FORMAT-9"), "{}", answer.header("x-mock-hint"));
    }

    world.advance(29);
    let last = user.get("/email-watchlist").send().await.expect(409);
    assert_eq!(counted(&last), ["3", "0", "1"], "what is refused does not count");
    world.advance(1);
    let next = user.get("/email-watchlist").send().await.expect(200);
    assert_eq!(counted(&next), ["3", "2", ""], "a new minute");
}

#[tokio::test]
async fn a_throttled_request_does_nothing() {
    let world = World::assuming("throttle.per-minute", "1");
    world.freeze();
    let user = Caller::user(&world);
    user.add_email("first@example.com").await;
    user.post("/email-watchlist", json!({ "email": "second@example.com" })).send().await.expect(409);
    user.delete("/email-watchlist/1").send().await.expect(409);
    assert_eq!(world.addressees(), ["first@example.com"]);
    world.advance(60);
    let emails = user.list("/email-watchlist").await;
    let emails: Vec<&Value> = emails.iter().map(|item| &item["email"]).collect();
    assert_eq!(emails, ["john.work@example.com", "john.private@example.net", "first@example.com"]);
}

#[tokio::test]
async fn each_token_has_a_minute_of_its_own_and_a_caller_without_one_is_not_counted() {
    let world = World::assuming("throttle.per-minute", "1");
    world.freeze();
    let [partner, user] = Caller::both(&world);
    let other_login = world.app_token("john.doe@example.com").await;
    let jane = Caller::user_of(&world, "jane.roe@example.com").await;
    for caller in [&partner, &user, &jane] {
        caller.get("/email-watchlist").send().await.expect(200);
        caller.get("/email-watchlist").send().await.expect(409);
    }
    let same_user = || world.get("/api/v1/email-watchlist").token(&other_login);
    same_user().send().await.expect(200);
    same_user().send().await.expect(409);
    for _ in 0..3 {
        world.get("/api/v1/email-watchlist").send().await.expect(401);
        world.get("/api/v1/email-watchlist").token("2|wrong").send().await.expect(401);
        world.get("/api/v1/nothing").token(APP).send().await.expect(404);
        let login = login_body(1, json!(false));
        world.post("/api/v1/crm/auth/login").json(login).send().await.expect(200);
    }
}

#[tokio::test]
async fn a_request_of_the_wrong_token_counts_for_that_token() {
    let world = World::assuming("throttle.per-minute", "2");
    world.freeze();
    for status in [403, 403, 409] {
        world.get("/api/v1/email-watchlist").token(CRM).send().await.expect(status);
    }
}
