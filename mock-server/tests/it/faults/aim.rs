//! The requests that a fault matches, how many of them, and until when.

use reqwest::Method;
use serde_json::{Value, json};

use super::{EMAILS, OWN_EMAILS, START, faults, set, statuses};
use crate::harness::{APP, CRM, Caller, World};

#[tokio::test]
async fn a_fault_is_injected_into_the_next_few_requests_and_then_no_more() {
    let world = World::new();
    let set = set(&world, json!({ "kind": "status", "status": 503, "next": 3 })).await;
    let shown = json!({
        "id": 1, "kind": "status", "next": 3, "status": 503, "when": "before", "matched": 0, "left": 3, "is_over": false,
    });
    assert_eq!(set, shown);
    assert_eq!(statuses(&world, 1).await, [503]);
    let [listed] = faults(&world).await.try_into().expect("one fault");
    assert_eq!((&listed["matched"], &listed["left"], &listed["is_over"]), (&json!(1), &json!(2), &json!(false)));
    assert_eq!(statuses(&world, 4).await, [503, 503, 200, 200]);
    let [listed] = faults(&world).await.try_into().expect("one fault");
    assert_eq!((&listed["matched"], &listed["left"], &listed["is_over"]), (&json!(3), &json!(0), &json!(true)));
}

#[tokio::test]
async fn a_share_is_the_same_for_one_seed_and_another_for_another() {
    let mut runs = Vec::new();
    for random_seed in [7, 7, 8] {
        let world = World::new();
        set(&world, json!({ "kind": "status", "status": 503, "share": 0.5, "random_seed": random_seed })).await;
        runs.push(statuses(&world, 32).await);
    }
    assert_eq!(runs[0], runs[1]);
    assert_ne!(runs[0], runs[2]);
    assert!(runs[0].contains(&200) && runs[0].contains(&503), "{runs:?}");
}

#[tokio::test]
async fn a_fault_ends_by_the_mocks_clock() {
    let world = World::new();
    world.freeze_at(START);
    let set = set(&world, json!({ "kind": "status", "status": 503, "for_seconds": 60 })).await;
    assert_eq!(set["ends_at"], "2030-01-01T00:01:00Z");
    world.advance(59);
    assert_eq!(statuses(&world, 2).await, [503, 503]);
    world.advance(1);
    assert_eq!(statuses(&world, 2).await, [200, 200]);
    assert_eq!(faults(&world).await[0]["is_over"], true);
}

#[tokio::test]
async fn a_fault_is_injected_into_the_requests_that_it_matches_and_no_others() {
    let everybody = [
        (Method::GET, EMAILS, Some(CRM)),
        (Method::GET, "/api/v1/account/1/email-watchlist", Some(CRM)),
        (Method::GET, "/api/v1/account/1/email-watchlist/leaks", Some(CRM)),
        (Method::GET, OWN_EMAILS, Some(APP)),
        (Method::POST, OWN_EMAILS, Some(APP)),
        (Method::GET, OWN_EMAILS, None),
        (Method::GET, OWN_EMAILS, Some("17|unknown")),
        (Method::POST, "/api/v1/crm/auth/login", None),
        (Method::GET, "/api/v1/no-such-path", None),
    ];
    let cases: [(Value, &[usize]); 14] = [
        (json!({}), &[0, 1, 2, 3, 4, 5, 6, 7, 8]),
        (json!({ "path": "*" }), &[0, 1, 2, 3, 4, 5, 6, 7]),
        (json!({ "path": "/api/v1/account/{account_id}/email-watchlist" }), &[0, 1]),
        (json!({ "path": "/api/v1/account/2/email-watchlist" }), &[0]),
        (json!({ "path": "/api/v1/account/*" }), &[0, 1, 2]),
        (json!({ "path": OWN_EMAILS, "method": "POST" }), &[4]),
        (json!({ "method": "post" }), &[4, 7]),
        (json!({ "token": "crm" }), &[0, 1, 2]),
        (json!({ "token": "app" }), &[3, 4]),
        (json!({ "token": "none" }), &[5, 7, 8]),
        (json!({ "token": "1" }), &[0, 1, 2]),
        (json!({ "token": 17 }), &[6]),
        (json!({ "token": "app", "method": "GET" }), &[3]),
        (json!({ "token": "crm", "path": OWN_EMAILS }), &[]),
    ];
    for (mut fault, expected) in cases {
        let (world, other) = (World::new(), World::new());
        let label = fault.to_string();
        fault["kind"] = json!("status");
        fault["status"] = json!(504);
        set(&world, fault).await;
        let mut matched = Vec::new();
        for (place, (method, path, token)) in everybody.iter().enumerate() {
            let is_injected = async |world: &World| {
                let request = world.request(method.clone(), path);
                let request = token.iter().fold(request, |request, token| request.token(token));
                request.send().await.status == 504
            };
            if is_injected(&world).await {
                matched.push(place);
            }
            assert!(!is_injected(&other).await, "a fault of one sandbox is of no other: {label}");
        }
        assert_eq!(matched, expected, "{label}");
    }
}

#[tokio::test]
async fn no_fault_is_injected_into_control_routes_links_and_preflights() {
    let world = World::new();
    Caller::user(&world).add_email("new@example.com").await;
    let link = world.last_link();
    set(&world, json!({ "kind": "cut" })).await;
    world.open(&link).await.expect(200);
    world.get("/_mock/health").send().await.expect(200);
    let preflight = world
        .request(Method::OPTIONS, OWN_EMAILS)
        .header("origin", "https://app.example")
        .header("access-control-request-method", "GET");
    preflight.send().await.expect(204);
    assert_eq!(faults(&world).await[0]["matched"], 0);
}
