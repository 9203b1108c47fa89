//! The plan, the profile, and the status that sums up (ONLINE-1 to 3).

use mock_server::MockServer;
use reqwest::Method;
use serde_json::{Value, json};

use super::{PROFILE, SCAN_SECONDS, STEP_SECONDS, body, newcomer, retry, sites, start, statuses};
use crate::harness::{Answer, CRM, Caller, ROUTES, Route, World};

#[tokio::test]
async fn only_an_end_user_whose_plan_includes_it_is_let_in() {
    let world = World::new();
    let jane = world.app_token("jane.roe@example.com").await;
    let routes: Vec<&Route> = ROUTES.iter().filter(|route| route.rests_on("ONLINE-1")).collect();
    assert!(!routes.is_empty());
    for route in routes {
        let request = || route.request(&world).json(body());
        let answer = request().token(&jane).send().await.expect(403);
        assert!(answer.rests_on("ONLINE-1") && answer.header("x-mock-hint").contains("plan"), "{answer:?}");
        request().token(CRM).send().await.expect(403);
        request().send().await.expect(401);
    }
    // An account that changes to a plan that includes it is let in at once, and out again.
    let set_plan = async |plan: u32| {
        let change = world.patch("/api/v1/account/2").token(CRM).json(json!({ "plan_id": plan }));
        change.send().await.expect(200);
    };
    set_plan(1).await;
    let jane = Caller::user_of(&world, "jane.roe@example.com").await;
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
async fn the_status_sums_up_profile_scan_and_removals() {
    // Days pass.
    let world = World::assuming("token.app-seconds", "1000000");
    world.freeze();
    let user = newcomer(&world, "ada@example.com").await;
    let status =
        async || user.get("/delete-my-data/status").standardized().send().await.expect(200).body["data"].clone();
    let begun = status().await;
    assert_eq!((&begun["has_profile"], &begun["scan_status"]), (&json!(false), &json!("SCAN_NOT_STARTED")));
    user.post(PROFILE, body()).send().await.expect(201);
    start(&user).await;
    let running = status().await;
    assert_eq!((&running["has_profile"], &running["scan_status"]), (&json!(true), &json!("SCAN_INITIATED")));
    world.advance(SCAN_SECONDS);
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
        world.advance(STEP_SECONDS);
    }
}

#[tokio::test]
async fn a_reset_takes_scans_back_and_a_seed_may_bring_sites_and_plans_of_its_own() {
    let world = World::frozen();
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
    world.freeze();
    let user = Caller::user(&world);
    start(&user).await;
    for _ in 0..3 {
        world.advance(SCAN_SECONDS);
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
