//! Requests at the same time: a rule and its write are one step, so of those that exclude each other one wins.

use std::collections::BTreeSet;

use serde_json::json;
use tokio::task::JoinSet;

use crate::harness::{APP, CRM, World, account_body, at_once, sso_body, written};

#[tokio::test]
async fn of_several_adds_of_one_value_exactly_one_wins() {
    let world = World::new();
    for round in 0..10 {
        let body = json!({ "email": format!("race{round}@example.com") });
        let by_crm = (0..4).map(|_| world.post("/api/v1/account/1/email-watchlist").token(CRM).json(body.clone()));
        let by_app = (0..4).map(|_| world.post("/api/v1/email-watchlist").token(APP).json(body.clone()));
        let statuses = at_once(by_crm.chain(by_app)).await;
        assert_eq!(statuses, [201, 422, 422, 422, 422, 422, 422, 422], "round {round}");
    }
}

#[tokio::test]
async fn of_several_accounts_with_one_email_exactly_one_is_created() {
    let world = World::new();
    let body = account_body("race@example.com");
    let create = (0..8).map(|_| world.post("/api/v1/account").token(CRM).json(body.clone()));
    assert_eq!(at_once(create).await, [201, 422, 422, 422, 422, 422, 422, 422]);
}

#[tokio::test]
async fn a_one_time_code_is_exchanged_once() {
    let world = World::new();
    for round in 0..10 {
        let body = sso_body(1, "john.doe@example.com");
        let code = world.post("/api/v1/sso/code").json(body).send().await.expect(200).text("code");
        let exchange = (0..6).map(|_| world.post("/api/v1/sso/login").json(json!({ "code": code })));
        assert_eq!(at_once(exchange).await, [200, 401, 401, 401, 401, 401], "round {round}");
    }
}

#[tokio::test]
async fn of_several_removals_of_one_item_exactly_one_finds_it() {
    let world = World::new();
    for item in ["email-watchlist/1", "credit-card/1", "passport-watchlist/1"] {
        let remove = (0..6).map(|_| world.delete(&format!("/api/v1/{item}")).token(APP));
        assert_eq!(at_once(remove).await, [204, 404, 404, 404, 404, 404], "{item}");
    }
}

#[tokio::test]
async fn items_that_are_added_at_once_are_all_there_and_in_one_order_for_all() {
    let world = World::new();
    let add = (0..40).map(|number| {
        let body = json!({ "email": format!("many{number}@example.com") });
        world.post("/api/v1/account/2/email-watchlist").token(CRM).json(body)
    });
    assert!(at_once(add).await.iter().all(|status| *status == 201));
    let list = world.get("/api/v1/account/2/email-watchlist").token(CRM).send().await.expect(200);
    let ids: Vec<u64> = list.items().iter().map(|item| item["id"].as_u64().expect("a number")).collect();
    assert!(ids.is_sorted(), "the list keeps the order of adding: {ids:?}");
    let emails: BTreeSet<String> = list.items().iter().map(|item| written(&item["email"])).collect();
    assert_eq!((ids.len(), emails.len()), (40, 40));
}

#[tokio::test]
async fn a_reset_during_requests_leaves_nothing_of_them() {
    let world = World::new();
    let mut tasks = JoinSet::new();
    for number in 0..40 {
        let body = json!({ "email": format!("late{number}@example.com") });
        let add = world.post("/api/v1/account/2/email-watchlist").token(CRM).json(body);
        tasks.spawn(async move { add.send().await.status });
    }
    world.control().reset();
    while let Some(status) = tasks.join_next().await {
        assert_eq!(status.expect("no panic"), 201);
    }
    world.control().reset();
    let list = world.get("/api/v1/account/2/email-watchlist").token(CRM).send().await.expect(200);
    assert!(list.items().is_empty());
}
