//! `--random-seed`: the same requests get the same tokens, codes, links and sandboxes, run after run.

use std::collections::BTreeSet;

use mock_server::MockServer;
use serde_json::json;

use crate::harness::{Caller, World, card, sso_body};

fn world(seed: u64) -> World {
    World::of(MockServer::builder().random_seed(seed))
}

/// The secrets that a world draws for the same requests.
async fn drawn(world: &World) -> Vec<String> {
    let link = |world: &World| world.last_link().rsplit('/').next().expect("a link has an end").to_owned();
    let mut drawn = vec![world.crm_token(1).await, world.app_token("john.doe@example.com").await];
    let code = world.post("/api/v1/sso/code").json(sso_body(1, "john.doe@example.com")).send().await.expect(200);
    drawn.push(code.text("code"));
    let user = Caller::user(world);
    user.add_email("new@example.com").await;
    drawn.push(link(world));
    user.add("/credit-card", card("4000007520000008")).await;
    drawn.push(world.last_code());
    drawn
}

#[tokio::test]
async fn the_same_requests_get_the_same_secrets_run_after_run_and_after_a_reset() {
    let first = drawn(&world(7)).await;
    let again = world(7);
    assert_eq!(drawn(&again).await, first);
    again.post("/_mock/reset").send().await.expect(200);
    assert_eq!(drawn(&again).await, first, "after a reset");
    let other = drawn(&world(8)).await;
    assert!(first.iter().zip(&other).all(|(one, another)| one != another), "{first:?} {other:?}");
}

#[tokio::test]
async fn sandboxes_have_the_same_names_and_secrets_each_time_and_differ_from_each_other() {
    let mut runs = Vec::new();
    for _ in 0..2 {
        let world = world(7);
        let mut names = Vec::new();
        let mut tokens = Vec::new();
        for _ in 0..3 {
            let made = world.post("/_mock/sandboxes").json(json!({})).send().await.expect(201);
            let path = format!("/_sandbox/{}/api/v1/sso/token", made.text("id"));
            let token = world.post(&path).json(sso_body(1, "john.doe@example.com")).send().await.expect(200);
            names.push(made.text("id"));
            tokens.push(token.text("token"));
        }
        // A reset of the main world begins anew, and takes no sandbox's name.
        world.post("/_mock/reset").send().await.expect(200);
        names.push(world.post("/_mock/sandboxes").json(json!({})).send().await.expect(201).text("id"));
        assert_eq!(names.iter().collect::<BTreeSet<_>>().len(), 4, "{names:?}");
        assert_eq!(tokens.iter().collect::<BTreeSet<_>>().len(), 3, "{tokens:?}");
        runs.push((names, tokens));
    }
    assert_eq!(runs[0], runs[1]);
}
