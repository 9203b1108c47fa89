//! Scans, their findings, and removal requests (ONLINE-4 to 7).

use serde_json::{Value, json};

use super::{
    FAILED_ONCE, FOUND, PROFILE, SCAN, SCAN_SECONDS, STEP_SECONDS, body, newcomer, retry, sites, start, status,
    statuses,
};
use crate::harness::{APP, Caller, Format, World};

const NOTHING: usize = 1;

#[tokio::test]
async fn a_scan_goes_from_site_to_site_by_the_clock() {
    let world = World::frozen();
    let user = newcomer(&world, "ada@example.com").await;
    let before = sites(&user).await;
    let listed = user.list("/delete-my-data/sites").await;
    let of = |sites: &[Value]| sites.iter().map(|site| site["id"].clone()).collect::<Vec<_>>();
    assert!(before.len() > 3 && of(&before) == of(&listed), "{before:?}");
    for site in &before {
        let expected = json!({ "status": "SCAN_NOT_STARTED", "data": [] });
        assert_eq!((&site["scan_result"], &site["removal_requests"]), (&expected, &json!([])));
    }
    user.post(SCAN, json!({})).send().await.expect(404);
    user.post(PROFILE, body()).send().await.expect(201);
    let started = start(&user).await;
    assert!(started.rests_on("ONLINE-4"), "{}", started.header("x-mock-basis"));

    // A site every five seconds, thirty for each.
    for seconds in 0..60 {
        let now = sites(&user).await;
        for (place, site) in now.iter().enumerate() {
            let begins = 5 * place;
            let is_right = match status(site) {
                "SCAN_NOT_STARTED" => seconds < begins,
                "SCAN_INITIATED" => (begins..begins + 30).contains(&seconds),
                "SCAN_FAILED" | "SCAN_COMPLETED" => seconds >= begins + 30,
                other => panic!("{other}"),
            };
            assert!(is_right, "after {seconds} s site {place} is {}", status(site));
        }
        world.advance(1);
    }
    let done = sites(&user).await;
    assert_eq!(statuses(&done)[..3], ["SCAN_COMPLETED", "SCAN_COMPLETED", "SCAN_FAILED"]);
    assert!(statuses(&done).iter().all(|status| status.ends_with("COMPLETED") || status.ends_with("FAILED")));
}

#[tokio::test]
async fn moving_the_clock_tells_what_falls_due_of_a_scan() {
    let world = World::frozen();
    let user = Caller::user(&world);
    start(&user).await;
    let due = |state: mock_server::ClockState| -> Vec<&'static str> {
        let due = state.due.expect("the clock was moved");
        due.iter().map(|due| due.kind).filter(|kind| kind.starts_with("scan") || kind.starts_with("removal")).collect()
    };
    let moved = |seconds| due(world.control().advance_clock(std::time::Duration::from_secs(seconds)));
    assert_eq!(moved(29), [""; 0]);
    assert_eq!(moved(1), ["scan-completed"]);
    assert_eq!(moved(10), ["scan-completed", "scan-failed"]);
    let rest = moved(SCAN_SECONDS);
    assert_eq!(rest.len(), sites(&user).await.len() - 3, "{rest:?}");
    assert!(moved(STEP_SECONDS).contains(&"removal-moved-on"));
}

#[tokio::test]
async fn the_findings_of_a_scan_have_the_documented_shape_in_either_format() {
    let world = World::frozen();
    let user = Caller::user(&world);
    start(&user).await;
    world.advance(SCAN_SECONDS);
    for format in Format::BOTH {
        let answer = format.ask(user.get("/delete-my-data/scan/status")).send().await.expect(200);
        format.check(&answer.body, "scan/status");
        for site in answer.body["sites"].as_array().expect("sites") {
            let result = site["scan_result"].as_object().expect("a result");
            let fields: Vec<&str> = result.keys().map(|field| &**field).collect();
            let is_found = &result.get("is_data_found").cloned();
            match site["scan_result"]["status"].as_str() {
                Some("SCAN_FAILED") => {
                    assert_eq!(fields, ["status", "data"], "{site}");
                    assert_eq!(result["data"], json!([]), "{site}");
                }
                Some("SCAN_COMPLETED") if *is_found == Some(format.flag(true)) => {
                    assert_eq!(fields, ["status", "is_data_found", "comparison", "data"], "{site}");
                    let data = result["data"].as_object().expect("an object");
                    let expected = ["firstName", "lastName", "email", "ssn", "phone", "street", "zip", "city"];
                    assert_eq!(data.keys().collect::<Vec<_>>(), expected, "{site}");
                    assert_eq!((&data["firstName"], &data["lastName"]), (&json!("John"), &json!("Doe")), "{site}");
                }
                Some("SCAN_COMPLETED") => {
                    assert_eq!(fields, ["status", "is_data_found", "comparison", "data"], "{site}");
                    assert_eq!(*is_found, Some(format.flag(false)), "{site}");
                    assert_eq!(result["data"], json!([]), "{site}");
                }
                other => panic!("{other:?}"),
            }
        }
        assert!(!answer.raw.contains("19900101"), "an SSN is masked: {}", answer.raw);
        let of_format = answer.body["sites"].as_array().expect("sites");
        assert_eq!(of_format[FOUND]["scan_result"]["is_data_found"], format.flag(true));
        assert_eq!(of_format[NOTHING]["scan_result"]["is_data_found"], format.flag(false));
    }
}

#[tokio::test]
async fn a_failed_site_is_tried_again_and_no_other() {
    let world = World::frozen();
    let user = Caller::user(&world);
    start(&user).await;
    let running = sites(&user).await;
    // Neither queued nor under way, nor completed, nor nowhere.
    let refused = retry(&user, &running[FAILED_ONCE]).await.expect(409);
    assert!(refused.header("x-mock-hint").contains("SCAN_FAILED"), "{refused:?}");
    world.advance(SCAN_SECONDS);
    let before = sites(&user).await;
    retry(&user, &before[FOUND]).await.expect(409);
    for nowhere in ["99", "0", "x", "01", "-1", "%FF"] {
        user.post(&format!("{SCAN}/{nowhere}/retry"), json!({})).send().await.expect(404);
    }
    assert_eq!(sites(&user).await, before);

    retry(&user, &before[FAILED_ONCE]).await.expect(200);
    let mut expected = before;
    expected[FAILED_ONCE]["scan_result"]["status"] = json!("SCAN_INITIATED");
    assert_eq!(sites(&user).await, expected, "the others stay as they were");
    world.advance(30);
    let after = sites(&user).await;
    assert_eq!(after[FAILED_ONCE]["scan_result"]["is_data_found"], true, "{}", after[FAILED_ONCE]);
    assert_eq!(after[FAILED_ONCE]["removal_requests"].as_array().map(Vec::len), Some(1));
}

#[tokio::test]
async fn a_removal_request_moves_on_by_itself_and_ends_what_a_scan_finds() {
    let world = World::frozen();
    let user = Caller::user(&world);
    start(&user).await;
    let requests = async || sites(&user).await[FOUND]["removal_requests"].as_array().expect("a list").clone();
    assert_eq!(requests().await, [Value::Null; 0], "nothing was found yet");
    world.advance(30);
    for state in ["POA_SENT_TO_SITE", "ACCEPTED_BY_SITE", "DATA_REMOVED", "DATA_REMOVED"] {
        let sent = requests().await;
        assert!(matches!(&sent[..], [request] if request["status"] == state), "{state}: {sent:?}");
        let result = sites(&user).await[FOUND]["scan_result"].clone();
        assert_eq!(result["status"], "SCAN_COMPLETED", "the two states are independent");
        if state == "ACCEPTED_BY_SITE" {
            // Another scan meanwhile finds the same, and sends no second request.
            start(&user).await;
            world.advance(SCAN_SECONDS);
            assert_eq!(requests().await.len(), 1);
        }
        world.advance(STEP_SECONDS);
    }
    start(&user).await;
    world.advance(SCAN_SECONDS);
    let site = sites(&user).await[FOUND].clone();
    assert_eq!(site["scan_result"]["is_data_found"], false, "what was removed is not found again: {site}");
    assert_eq!(site["removal_requests"].as_array().map(Vec::len), Some(1), "the request stays to be seen: {site}");
}

#[tokio::test]
async fn the_same_requests_in_a_copy_of_the_world_come_to_the_same() {
    let mut seen = Vec::new();
    for _ in 0..2 {
        let world = World::new();
        world
            .put("/_mock/clock")
            .json(json!({ "now": "2030-01-01T00:00:00Z", "frozen": true }))
            .send()
            .await
            .expect(200);
        let mut of_world = Vec::new();
        for email in ["ada@example.com", "grace@example.com", "edsger@example.com"] {
            let user = newcomer(&world, email).await;
            user.post(PROFILE, body()).send().await.expect(201);
            for _ in 0..3 {
                start(&user).await;
                world.advance(SCAN_SECONDS);
                of_world.push(sites(&user).await);
            }
        }
        seen.push(of_world);
    }
    assert_eq!(seen[0], seen[1]);
    let distinct: std::collections::BTreeSet<String> =
        seen[0].iter().map(|sites| format!("{:?}", statuses(sites))).collect();
    assert!(distinct.len() > 1, "the sites that are not pinned come to different things: {distinct:?}");
}

#[tokio::test]
async fn scans_of_two_accounts_do_not_meet() {
    let world = World::frozen();
    let (john, ada) = (Caller::user(&world), newcomer(&world, "ada@example.com").await);
    ada.post(PROFILE, body()).send().await.expect(201);
    start(&john).await;
    assert!(statuses(&sites(&ada).await).iter().all(|status| *status == "SCAN_NOT_STARTED"));
    world.advance(SCAN_SECONDS);
    let of_john = sites(&john).await;
    start(&ada).await;
    world.advance(SCAN_SECONDS);
    assert_eq!(sites(&john).await, of_john);
    let of_ada = sites(&ada).await;
    assert_eq!(of_ada[FOUND]["scan_result"]["data"]["firstName"], "Ada");
    retry(&ada, &of_ada[FAILED_ONCE]).await.expect(200);
    assert_eq!(sites(&john).await, of_john);
    world.get("/api/v1/delete-my-data/scan/status").token(APP).send().await.expect(200);
}
