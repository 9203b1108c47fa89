//! The journal: its record of a request, and the secrets and numbers that it never holds.

use mock_server::MockServer;
use reqwest::Method;
use serde_json::{Value, json};

use super::{routes, with_body};
use crate::harness::{APP, CRM, Caller, EMAIL, World, fields, login_body, sso_body, written};

#[tokio::test]
async fn the_journal_tells_what_a_client_sent_and_what_the_answer_rested_on() {
    let world = World::new();
    world.set_clock(json!({ "now": "2030-01-01T00:00:00Z", "frozen": true })).await;
    let login = login_body(1, json!(false));
    world.post("/api/v1/crm/auth/login").json(login).send().await.expect(200);
    world.get("/api/v1/account/1/email-watchlist?page=2").token(CRM).standardized().send().await.expect(200);
    world.delete("/api/v1/email-watchlist/1").token(APP).send().await.expect(204);
    world.get("/api/v1/email-watchlist").token(CRM).send().await.expect(403);
    world.get("/api/v1/email-watchlist").token("9|unknown").send().await.expect(401);
    world.get("/api/v1/nothing").send().await.expect(404);
    world.put("/api/v1/email-watchlist").send().await.expect(405);

    let requests = world.journal().await;
    let expected_fields = [
        "id",
        "at",
        "method",
        "path",
        "token",
        "format",
        "status",
        "facts",
        "assumptions",
        "hint",
        "duration_ms",
        "request",
        "response",
        "curl",
    ];
    let seen: Vec<[&Value; 6]> = requests
        .iter()
        .map(|request| {
            assert_eq!(fields(request), expected_fields);
            assert_eq!(request["at"], "2030-01-01T00:00:00Z");
            ["id", "method", "path", "token", "format", "status"].map(|field| &request[field])
        })
        .collect();
    let expected = [
        json!([1, "POST", "/api/v1/crm/auth/login", "none", "legacy", 200]),
        json!([2, "GET", "/api/v1/account/1/email-watchlist?page=2", "crm", "standardized", 200]),
        json!([3, "DELETE", "/api/v1/email-watchlist/1", "app", "legacy", 204]),
        json!([4, "GET", "/api/v1/email-watchlist", "crm", "legacy", 403]),
        json!([5, "GET", "/api/v1/email-watchlist", "unknown", "legacy", 401]),
        json!([6, "GET", "/api/v1/nothing", "none", "legacy", 404]),
        json!([7, "PUT", "/api/v1/email-watchlist", "none", "legacy", 405]),
    ];
    assert_eq!(json!(seen), json!(expected));

    let named = |position: usize, list: &str, name: &str| {
        requests[position][list].as_array().expect("a list").contains(&json!(name))
    };
    for (position, list, name) in [
        (0, "facts", "LOGIN-1"),
        (0, "assumptions", "token.crm-seconds"),
        (1, "facts", "SCOPE-2"),
        (1, "assumptions", "list.shape"),
        (2, "facts", "SCOPE-3"),
        (2, "assumptions", "remove.status"),
        (3, "assumptions", "scope.wrong-token"),
        (4, "facts", "SCOPE-1"),
        (5, "facts", "NONE-1"),
    ] {
        assert!(named(position, list, name), "{name} in {list} of {}", requests[position]);
    }
    for (position, request) in requests.iter().enumerate() {
        assert_eq!(request["hint"].is_string(), position >= 3, "a refused caller is told why: {request}");
    }
    let hint = requests[3]["hint"].as_str().expect("a hint");
    assert_eq!(hint, "this route takes the app token; you sent a CRM token; see SCOPE-3");

    world.delete("/_mock/requests").send().await.expect(204);
    assert_eq!(world.journal().await, [] as [Value; 0]);
    world.get("/api/v1/nothing").send().await.expect(404);
    assert_eq!(world.journal().await.len(), 1);
}

#[tokio::test]
async fn the_journal_and_the_answer_name_the_same_basis() {
    let world = World::new();
    let answer = Caller::user(&world).post(EMAIL.list, json!({ "email": "new@example.com" })).send().await.expect(201);
    let request = world.journal().await.pop().expect("a request");
    let named = [&request["facts"], &request["assumptions"]].map(|list| list.as_array().expect("a list").clone());
    let named: Vec<String> = named.concat().iter().map(written).collect();
    assert_eq!(named.join(", "), answer.header("x-mock-basis"));
}

#[tokio::test]
async fn control_routes_and_links_are_not_in_the_journal() {
    let world = World::new();
    Caller::user(&world).add_email("new@example.com").await;
    world.open(&world.last_link()).await.expect(200);
    for (method, path, body) in routes() {
        with_body(world.request(method, path), body.as_ref()).send().await;
    }
    world.get("/_confirm/x").send().await.expect(410);
    world.get("/_mock/nothing").send().await.expect(404);
    assert_eq!(world.journal().await, [] as [Value; 0], "what came before the reset and the DELETE is gone too");
}

/// The requests hold secrets and numbers in path, query, headers and body.
#[tokio::test]
async fn the_journal_holds_no_secret_and_no_personal_number() {
    let world = World::new();
    let [partner, user] = Caller::both(&world);
    let login = login_body(1, json!(false));
    let crm = world.post("/api/v1/crm/auth/login").json(login).send().await.expect(200).text("token");
    let app = world.app_token("jane.roe@example.com").await;
    let sso = sso_body(1, "jane.roe@example.com");
    let code = world.post("/api/v1/sso/code").json(sso).send().await.expect(200).text("code");
    partner.add_phone("+46701740620").await;
    user.add_email("new@example.com").await;
    let link = world.last_link();
    user.add_card("4000007520000008").await;
    let sms = world.last_code();
    partner.add("/iban-watchlist", json!({ "iban": "SE3550000000054910000003" })).await;
    let values = [
        crm.as_str(),
        &app,
        CRM,
        APP,
        &code,
        link.rsplit('/').next().expect("a secret"),
        "service@partner.example",
        "new@example.com",
        "john.doe@example.com",
        "+46701740620",
        "0046701740620",
        "46701740620",
        "4000007520000008",
        "4000 0075 2000 0008",
        "4000-0075-2000-0008",
        "SE3550000000054910000003",
        "19900101-2385",
        "900101-2385",
        "199001012385",
    ];
    for value in values {
        let escaped: String = value.bytes().map(|byte| format!("%{byte:02X}")).collect();
        let plain = value.replace(' ', "%20").replace('|', "%7C");
        for written in [&escaped, &plain] {
            for path in [
                format!("/api/v1/email-watchlist/{written}"),
                format!("/api/v1/account/{written}/email-watchlist"),
                format!("/api/v1/{written}"),
                format!("/{written}"),
                format!("/api/v1/email-watchlist?value={written}"),
                format!("/api/v1/email-watchlist?{written}"),
                format!("/api/v1/email-watchlist?{written}=1"),
                format!("/api/v1/email-watchlist?page=1&a={written}&b"),
            ] {
                world.get(&path).token(value).send().await;
            }
        }
        let body = json!({ "email": value, "phone": value, "card_number": value, "code": value, "iban": value });
        for path in [EMAIL.list, "/phone-watchlist", "/credit-card", "/iban-watchlist", "/phone-watchlist/confirm"] {
            user.post(path, body.clone()).send().await;
        }
        user.post(EMAIL.list, body).header("x-api-version", value).send().await;
    }
    user.post("/credit-cards/verify", json!({ "credit_card_id": 99, "code": sms })).send().await.expect(404);

    let answer = world.get("/_mock/requests").send().await.expect(200);
    assert!(answer.body["requests"].as_array().expect("a list").len() > 400);
    for request in answer.body["requests"].as_array().expect("a list") {
        let text = request.to_string();
        for value in values {
            let escaped: String = value.bytes().map(|byte| format!("%{byte:02X}")).collect();
            for form in [value.to_owned(), escaped, value.replace(' ', "%20"), value.replace('|', "%7C")] {
                assert!(!text.contains(&form), "{form} in {text}");
            }
        }
        assert!(!text.contains(&sms), "{sms} in {text}");
    }
}

#[tokio::test]
async fn a_code_that_a_client_sends_in_the_query_is_masked_too() {
    let world = World::new();
    let user = Caller::user(&world);
    user.add_card("4000007520000008").await;
    let code = world.last_code();
    let path = format!("/credit-cards/verify?credit_card_id=2&code={code}");
    user.request(Method::POST, &path).send().await.expect(422);
    let request = world.journal().await.pop().expect("a request");
    assert!(!request.to_string().contains(&code), "{code} in {request}");
}

#[tokio::test]
async fn the_journal_keeps_as_many_requests_as_it_is_told_to_the_last_ones() {
    for (kept, expected) in [(3, vec![3, 4, 5]), (5, vec![1, 2, 3, 4, 5]), (9, vec![1, 2, 3, 4, 5]), (0, vec![])] {
        let world = World::of(MockServer::builder().journal(kept));
        for number in 1..=5 {
            world.get(&format!("/api/v1/{number}")).send().await.expect(404);
        }
        let requests = world.journal().await;
        let ids: Vec<u64> = requests.iter().map(|request| request["id"].as_u64().expect("a number")).collect();
        assert_eq!(ids, expected, "{kept} kept");
        for request in &requests {
            assert_eq!(request["path"], format!("/api/v1/{}", request["id"]));
        }
        world.delete("/_mock/requests").send().await.expect(204);
        assert_eq!(world.journal().await, [] as [Value; 0]);
    }
}
