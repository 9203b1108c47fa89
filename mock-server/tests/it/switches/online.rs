//! Online Data.

use reqwest::Method;
use serde_json::{Value, json};

use super::scanned_sites;
use crate::harness::{Caller, Switched};

checked! {
    "online.plan" => online_data_without_the_plan_is_refused_as_online_plan_says;
    "online.without-profile" => requests_that_need_a_profile_are_refused_as_online_without_profile_says;
    "online.profile-again" => a_second_profile_is_answered_as_online_profile_again_says;
    "scan.body" => the_status_of_a_scan_is_wrapped_as_scan_body_says;
    "scan.again" => a_scan_while_one_is_under_way_is_answered_as_scan_again_says;
    "scan.retry" => a_retry_of_what_has_not_failed_is_answered_as_scan_retry_says;
    "scan.queue-seconds" => a_site_waits_in_the_queue_as_long_as_scan_queue_seconds_says;
    "scan.site-seconds" => a_site_is_scanned_as_long_as_scan_site_seconds_says;
    "removal.states" => removal_requests_move_on_through_removal_states beside SHORT_STEPS;
    "removal.step-seconds" => removal_requests_move_on_as_removal_step_seconds_says;
}

async fn online_data_without_the_plan_is_refused_as_online_plan_says(switched: Switched) {
    let jane = Caller::user_of(&switched.world, "jane.roe@example.com").await;
    for path in ["/delete-my-data", "/delete-my-data/status", "/delete-my-data/scan/status"] {
        switched.refuses(&jane.get(path).send().await, "plan_id");
    }
}

async fn requests_that_need_a_profile_are_refused_as_online_without_profile_says(switched: Switched) {
    switched.world.account("new@example.com").await;
    let user = Caller::user_of(&switched.world, "new@example.com").await;
    switched.refuses(&user.get("/delete-my-data").send().await, "profile");
    let change = json!({ "city": "Exempelby" });
    switched.refuses(&user.request(Method::PUT, "/delete-my-data").json(change).send().await, "profile");
    switched.refuses(&user.post("/delete-my-data/scan", json!({})).send().await, "profile");
}

async fn a_second_profile_is_answered_as_online_profile_again_says(switched: Switched) {
    let user = Caller::user(&switched.world);
    let body = json!({ "first_name": "A", "last_name": "B", "email": "a@example.com" });
    let answer = user.post("/delete-my-data", body).send().await;
    let expected = match switched.value.as_str() {
        "replaced" => {
            switched.answers(&answer, 200);
            assert_eq!(answer.body["data"]["phone"], Value::Null, "{}", switched.label());
            "A"
        }
        _ => {
            switched.refuses(&answer, "profile");
            "John"
        }
    };
    let there = user.get("/delete-my-data").send().await.expect(200);
    assert_eq!(there.body["data"]["first_name"], expected, "{}", switched.label());
}

async fn the_status_of_a_scan_is_wrapped_as_scan_body_says(switched: Switched) {
    let answer = Caller::user(&switched.world).get("/delete-my-data/scan/status").send().await;
    switched.answers(&answer, 200);
    let sites = match switched.value.as_str() {
        "bare" => &answer.body["sites"],
        "data" => &answer.body["data"]["sites"],
        _ => switched.is_not_checked(),
    };
    assert!(sites.as_array().is_some_and(|sites| !sites.is_empty()), "{}: {}", switched.label(), answer.raw);
}

async fn a_scan_while_one_is_under_way_is_answered_as_scan_again_says(switched: Switched) {
    switched.freeze();
    let user = Caller::user(&switched.world);
    user.post("/delete-my-data/scan", json!({})).send().await.expect(200);
    switched.world.advance(10);
    let before = scanned_sites(&user).await;
    let again = user.post("/delete-my-data/scan", json!({})).send().await;
    if switched.is("200") {
        switched.answers(&again, 200);
    } else {
        switched.refuses(&again, "scan");
    }
    assert_eq!(scanned_sites(&user).await, before, "{}: the one under way goes on", switched.label());
    switched.world.advance(3600);
    user.post("/delete-my-data/scan", json!({})).send().await.expect(200);
}

async fn a_retry_of_what_has_not_failed_is_answered_as_scan_retry_says(switched: Switched) {
    switched.freeze();
    let user = Caller::user(&switched.world);
    let retry = async || user.post("/delete-my-data/scan/1/retry", json!({})).send().await;
    switched.refuses(&retry().await, "siteId");
    user.post("/delete-my-data/scan", json!({})).send().await.expect(200);
    switched.refuses(&retry().await, "siteId");
    switched.world.advance(3600);
    switched.refuses(&retry().await, "siteId");
}

async fn a_site_waits_in_the_queue_as_long_as_scan_queue_seconds_says(switched: Switched) {
    switched.freeze();
    let user = Caller::user(&switched.world);
    user.post("/delete-my-data/scan", json!({})).send().await.expect(200);
    let second = async || scanned_sites(&user).await[1]["scan_result"]["status"].clone();
    switched.world.advance(switched.number() - 1);
    assert_eq!(second().await, "SCAN_NOT_STARTED", "{}", switched.label());
    switched.world.advance(1);
    assert_eq!(second().await, "SCAN_INITIATED", "{}", switched.label());
    switched.is_named_by(&user.get("/delete-my-data/scan/status").send().await);
}

async fn a_site_is_scanned_as_long_as_scan_site_seconds_says(switched: Switched) {
    switched.freeze();
    let user = Caller::user(&switched.world);
    switched.is_named_by(&user.post("/delete-my-data/scan", json!({})).send().await.expect(200));
    let first = async || scanned_sites(&user).await[0]["scan_result"]["status"].clone();
    switched.world.advance(switched.number() - 1);
    assert_eq!(first().await, "SCAN_INITIATED", "{}", switched.label());
    switched.world.advance(1);
    assert_eq!(first().await, "SCAN_COMPLETED", "{}", switched.label());
}

async fn removal_requests_move_on_through_removal_states(switched: Switched) {
    switched.freeze();
    let user = Caller::user(&switched.world);
    user.post("/delete-my-data/scan", json!({})).send().await.expect(200);
    switched.world.advance(30);
    for state in ["POA_SENT_TO_SITE"].into_iter().chain(switched.value.split(',')) {
        let sites = scanned_sites(&user).await;
        assert_eq!(sites[0]["removal_requests"][0]["status"], state, "{}", switched.label());
        switched.world.advance(10);
    }
    switched.is_named_by(&user.get("/delete-my-data/scan/status").send().await);
}

async fn removal_requests_move_on_as_removal_step_seconds_says(switched: Switched) {
    switched.freeze();
    let user = Caller::user(&switched.world);
    user.post("/delete-my-data/scan", json!({})).send().await.expect(200);
    let state = async || scanned_sites(&user).await[0]["removal_requests"][0]["status"].clone();
    switched.world.advance(30 + switched.number() - 1);
    assert_eq!(state().await, "POA_SENT_TO_SITE", "{}", switched.label());
    switched.world.advance(1);
    assert_ne!(state().await, "POA_SENT_TO_SITE", "{}", switched.label());
    switched.is_named_by(&user.get("/delete-my-data/scan/status").send().await);
}
