//! Online Data: the plan that includes it, the profile, scans that move on by the fake's clock, what they find, and the
//! removal requests that follow (ONLINE-1 to 7).

use mock_server::MockServer;
use reqwest::Method;
use serde_json::{Value, json};

use crate::confirmation::{Caller, advance};
use crate::formats::Format;
use crate::harness::{APP, Answer, CRM, World, written};

const PROFILE: &str = "/delete-my-data";
const SCAN: &str = "/delete-my-data/scan";

/// More than any scan takes by default, in seconds, and less than a removal request stays in a state.
const SCAN_SECONDS: u64 = 600;
const STEP_SECONDS: u64 = 86_400;

/// The sites of the seed whose outcome is pinned: found, nothing, and failed at first.
const FOUND: usize = 0;
const NOTHING: usize = 1;
const FAILED_ONCE: usize = 2;

fn frozen() -> World {
    let world = World::new();
    world.control().freeze_clock(true);
    world
}

fn body() -> Value {
    json!({
        "first_name": "Ada", "last_name": "Example", "email": "ada@example.com", "phone": "+46701740650",
        "street": "Exempelgatan 2", "zip": "000 01", "city": "Exempelby",
    })
}

/// A new account of partner 1 on a plan that includes Online Data, as its owner.
async fn newcomer<'a>(world: &'a World, email: &str) -> Caller<'a> {
    world.account(email).await;
    Caller::user_of(world, email).await
}

async fn start(user: &Caller<'_>) -> Answer {
    user.post(SCAN, json!({})).send().await.expect(200)
}

async fn retry(user: &Caller<'_>, site: &Value) -> Answer {
    user.post(&format!("{SCAN}/{}/retry", written(&site["id"])), json!({})).send().await
}

/// The entry of each site.
async fn sites(user: &Caller<'_>) -> Vec<Value> {
    let answer = user.get("/delete-my-data/scan/status").standardized().send().await.expect(200);
    answer.body["sites"].as_array().unwrap_or_else(|| panic!("no sites in {}", answer.raw)).clone()
}

fn status(site: &Value) -> &str {
    site["scan_result"]["status"].as_str().expect("a status")
}

fn statuses(sites: &[Value]) -> Vec<&str> {
    sites.iter().map(status).collect()
}

#[tokio::test]
async fn only_an_end_user_whose_plan_includes_it_is_let_in() {
    let world = World::new();
    let jane = Caller::user_of(&world, "jane.roe@example.com").await;
    let routes = [
        (Method::POST, PROFILE),
        (Method::GET, PROFILE),
        (Method::PUT, PROFILE),
        (Method::GET, "/delete-my-data/status"),
        (Method::GET, "/delete-my-data/sites"),
        (Method::POST, SCAN),
        (Method::GET, "/delete-my-data/scan/status"),
        (Method::POST, "/delete-my-data/scan/1/retry"),
    ];
    for (method, path) in &routes {
        let answer = jane.request(method.clone(), path).json(body()).send().await.expect(403);
        assert!(answer.rests_on("ONLINE-1") && answer.header("x-mock-hint").contains("plan"), "{answer:?}");
        let path = format!("/api/v1{path}");
        world.request(method.clone(), &path).token(CRM).json(body()).send().await.expect(403);
        world.request(method.clone(), &path).json(body()).send().await.expect(401);
    }
    // Who changes to a plan that includes it is let in at once, and out again.
    let set_plan = async |plan: u32| {
        let change = world.patch("/api/v1/account/2").token(CRM).json(json!({ "plan_id": plan }));
        change.send().await.expect(200);
    };
    set_plan(1).await;
    jane.get("/delete-my-data/sites").send().await.expect(200);
    for plan in [2, 3] {
        set_plan(plan).await;
        jane.get("/delete-my-data/sites").send().await.expect(403);
    }
}

#[tokio::test]
async fn a_profile_is_created_read_and_changed() {
    let world = World::new();
    let user = newcomer(&world, "ada@example.com").await;
    for (method, body) in [(Method::GET, json!({})), (Method::PUT, body()), (Method::PUT, json!({}))] {
        user.request(method, PROFILE).json(body).send().await.expect(404);
    }
    let created = user.post(PROFILE, body()).send().await.expect(201);
    let named = |answer: &Answer| {
        let mut profile = answer.body["data"].as_object().expect("a profile").clone();
        for time in ["created_at", "updated_at"] {
            assert!(profile.remove(time).is_some_and(|time| time.is_string()), "{}", answer.raw);
        }
        Value::Object(profile)
    };
    assert_eq!(named(&created), body());
    assert_eq!(user.get(PROFILE).send().await.expect(200).body, created.body);

    let change = json!({ "phone": null, "city": "Annanstad" });
    let changed = user.request(Method::PUT, PROFILE).json(change).send().await.expect(200);
    let mut expected = body();
    expected["phone"] = Value::Null;
    expected["city"] = json!("Annanstad");
    assert_eq!(named(&changed), expected);
    assert_eq!(named(&user.get(PROFILE).send().await.expect(200)), expected);

    let wrong = [
        (json!({ "first_name": "" }), "first_name"),
        (json!({ "email": "nobody" }), "email"),
        (json!({ "email": null }), "email"),
        (json!({ "phone": "12" }), "phone"),
        (json!({ "zip": 12 }), "zip"),
    ];
    for (change, field) in wrong {
        let mut whole = body();
        whole[field] = change[field].clone();
        for (method, body) in [(Method::PUT, change.clone()), (Method::POST, whole)] {
            let answer = user.request(method.clone(), PROFILE).json(body).send().await.expect(422);
            assert!(answer.body["errors"][field].is_array(), "{method} {change}: {}", answer.raw);
        }
    }
    assert_eq!(named(&user.get(PROFILE).send().await.expect(200)), expected, "what is refused changes nothing");

    let john = Caller::user(&world).get(PROFILE).send().await.expect(200);
    assert_eq!(john.body["data"]["first_name"], "John", "{}", john.raw);
}

#[tokio::test]
async fn a_scan_goes_from_site_to_site_by_the_clock() {
    let world = frozen();
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
        advance(&world, 1);
    }
    let done = sites(&user).await;
    assert_eq!(statuses(&done)[..3], ["SCAN_COMPLETED", "SCAN_COMPLETED", "SCAN_FAILED"]);
    assert!(statuses(&done).iter().all(|status| status.ends_with("COMPLETED") || status.ends_with("FAILED")));
}

#[tokio::test]
async fn moving_the_clock_tells_what_falls_due_of_a_scan() {
    let world = frozen();
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
async fn what_a_scan_finds_has_the_documented_shape_in_either_format() {
    let world = frozen();
    let user = Caller::user(&world);
    start(&user).await;
    advance(&world, SCAN_SECONDS);
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
    let world = frozen();
    let user = Caller::user(&world);
    start(&user).await;
    let running = sites(&user).await;
    // Neither queued nor under way, nor completed, nor nowhere.
    let refused = retry(&user, &running[FAILED_ONCE]).await.expect(409);
    assert!(refused.header("x-mock-hint").contains("SCAN_FAILED"), "{refused:?}");
    advance(&world, SCAN_SECONDS);
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
    advance(&world, 30);
    let after = sites(&user).await;
    assert_eq!(after[FAILED_ONCE]["scan_result"]["is_data_found"], true, "{}", after[FAILED_ONCE]);
    assert_eq!(after[FAILED_ONCE]["removal_requests"].as_array().map(Vec::len), Some(1));
}

#[tokio::test]
async fn a_removal_request_moves_on_by_itself_and_ends_what_a_scan_finds() {
    let world = frozen();
    let user = Caller::user(&world);
    start(&user).await;
    let requests = async || sites(&user).await[FOUND]["removal_requests"].as_array().expect("a list").clone();
    assert_eq!(requests().await, [Value::Null; 0], "nothing was found yet");
    advance(&world, 30);
    for state in ["POA_SENT_TO_SITE", "ACCEPTED_BY_SITE", "DATA_REMOVED", "DATA_REMOVED"] {
        let sent = requests().await;
        assert!(matches!(&sent[..], [request] if request["status"] == state), "{state}: {sent:?}");
        let result = sites(&user).await[FOUND]["scan_result"].clone();
        assert_eq!(result["status"], "SCAN_COMPLETED", "the two states are independent");
        if state == "ACCEPTED_BY_SITE" {
            // Another scan meanwhile finds the same, and sends no second request.
            start(&user).await;
            advance(&world, SCAN_SECONDS);
            assert_eq!(requests().await.len(), 1);
        }
        advance(&world, STEP_SECONDS);
    }
    start(&user).await;
    advance(&world, SCAN_SECONDS);
    let site = sites(&user).await[FOUND].clone();
    assert_eq!(site["scan_result"]["is_data_found"], false, "what was removed is not found again: {site}");
    assert_eq!(site["removal_requests"].as_array().map(Vec::len), Some(1), "the request stays to be seen: {site}");
}

#[tokio::test]
async fn the_status_sums_up_profile_scan_and_removals() {
    // Days pass.
    let world = World::assuming("token.app-seconds", "1000000");
    world.control().freeze_clock(true);
    let user = newcomer(&world, "ada@example.com").await;
    let status =
        async || user.get("/delete-my-data/status").standardized().send().await.expect(200).body["data"].clone();
    let begun = status().await;
    assert_eq!((&begun["has_profile"], &begun["scan_status"]), (&json!(false), &json!("SCAN_NOT_STARTED")));
    user.post(PROFILE, body()).send().await.expect(201);
    start(&user).await;
    let running = status().await;
    assert_eq!((&running["has_profile"], &running["scan_status"]), (&json!(true), &json!("SCAN_INITIATED")));
    advance(&world, SCAN_SECONDS);
    for _ in 0..4 {
        let (told, sites) = (status().await, sites(&user).await);
        let count = |is_meant: &dyn Fn(&Value) -> bool| sites.iter().filter(|site| is_meant(site)).count();
        let requests = || sites.iter().flat_map(|site| site["removal_requests"].as_array().expect("a list"));
        assert_eq!(told["sites_total"], sites.len(), "{told}");
        assert_eq!(told["sites_completed"], count(&|site| site["scan_result"]["status"] == "SCAN_COMPLETED"), "{told}");
        assert_eq!(told["sites_failed"], count(&|site| site["scan_result"]["status"] == "SCAN_FAILED"), "{told}");
        assert_eq!(told["sites_with_data"], count(&|site| site["scan_result"]["is_data_found"] == true), "{told}");
        assert_eq!(told["removal_requests_total"], requests().count(), "{told}");
        let done = requests().filter(|request| request["status"] == "DATA_REMOVED").count();
        assert_eq!(told["removal_requests_done"], done, "{told}");
        assert_eq!(told["scan_status"], "SCAN_FAILED", "the third site has: {told}");
        advance(&world, STEP_SECONDS);
    }
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
                advance(&world, SCAN_SECONDS);
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
async fn a_reset_takes_scans_back_and_a_seed_may_bring_sites_and_plans_of_its_own() {
    let world = frozen();
    let user = Caller::user(&world);
    start(&user).await;
    world.post("/_mock/reset").send().await.expect(200);
    assert!(statuses(&sites(&user).await).iter().all(|status| *status == "SCAN_NOT_STARTED"));
    start(&user).await;

    let seed = json!({
        "version": 1,
        "partners": [{ "id": 1, "name": "P", "crm_users": [], "sso_clients": [] }],
        "tokens": [{ "number": 2, "secret": "mock-app-token", "account": 1 }],
        "plans": [{ "id": 7, "name": "Seven", "has_online_data": true }],
        "sites": [{ "id": 40, "name": "Only", "domain": "only.example", "country_code": "SE", "outcome": "failed" }],
        "accounts": [{
            "id": 1, "partner": 1, "created_at": "2026-06-15T08:30:00Z",
            "profile": { "first_name": "A", "last_name": "B", "email": "a@example.com", "plan_id": 7 },
            "online_profile": { "first_name": "A", "last_name": "B", "email": "a@example.com" },
        }],
        "leaks": [],
    });
    let world = World::of(MockServer::builder().seed(&seed.to_string()).expect("a seed"));
    world.control().freeze_clock(true);
    let user = Caller::user(&world);
    start(&user).await;
    for _ in 0..3 {
        advance(&world, SCAN_SECONDS);
        let now = sites(&user).await;
        assert_eq!(statuses(&now), ["SCAN_FAILED"]);
        retry(&user, &now[0]).await.expect(200);
    }
    let wrong = [
        ("/accounts/0/online_profile", json!({ "first_name": "A" })),
        ("/accounts/0/online_profile", json!(5)),
        ("/sites/0/outcome", json!("lost")),
        ("/plans/0/has_online_data", json!(1)),
    ];
    for (place, value) in wrong {
        let mut seed = seed.clone();
        *seed.pointer_mut(place).expect("it is there") = value;
        let answer = world.post("/_mock/sandboxes").json(json!({ "seed": seed })).send().await.expect(400);
        let field = place.rsplit('/').next().expect("a field");
        assert!(answer.text("error").contains(field), "{place}: {}", answer.raw);
    }
}

#[tokio::test]
async fn scans_of_two_accounts_do_not_meet() {
    let world = frozen();
    let (john, ada) = (Caller::user(&world), newcomer(&world, "ada@example.com").await);
    ada.post(PROFILE, body()).send().await.expect(201);
    start(&john).await;
    assert!(statuses(&sites(&ada).await).iter().all(|status| *status == "SCAN_NOT_STARTED"));
    advance(&world, SCAN_SECONDS);
    let of_john = sites(&john).await;
    start(&ada).await;
    advance(&world, SCAN_SECONDS);
    assert_eq!(sites(&john).await, of_john);
    let of_ada = sites(&ada).await;
    assert_eq!(of_ada[FOUND]["scan_result"]["data"]["firstName"], "Ada");
    retry(&ada, &of_ada[FAILED_ONCE]).await.expect(200);
    assert_eq!(sites(&john).await, of_john);
    world.get("/api/v1/delete-my-data/scan/status").token(APP).send().await.expect(200);
}
