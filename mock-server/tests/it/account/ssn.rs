//! The SSN: set once, monitored from then on, never changed, and never read back whole (SSN-1 to 3, ACCOUNT-5).

use reqwest::Method;
use serde_json::{Value, json};

use super::{
    ACTIVATE, DEACTIVATE, JOHNS, JOHNS_MASKED, about_ssn, account, create, echoing, new_account, update, updates,
};
use crate::harness::{Caller, Format, World, written};

#[tokio::test]
async fn crm_switches_the_monitoring_of_an_ssn_off_and_on_and_the_ssn_stays() {
    let world = World::new();
    let partner = Caller::partner(&world, "1");
    for (path, on) in [(DEACTIVATE, false), (DEACTIVATE, false), (ACTIVATE, true), (ACTIVATE, true)] {
        let answer = partner.patch(path).send().await.expect(200);
        for named in ["SSN-3", "SCOPE-2", "action.answer"] {
            assert!(answer.rests_on(named), "{path}: {}", answer.header("x-mock-basis"));
        }
        assert_ne!(answer.text("message"), "", "{path}");
        let expected = [&json!(JOHNS_MASKED), &json!(1), &json!(u8::from(on))];
        assert_eq!(about_ssn(&account(&world, "1").await), expected, "after {path}");
    }
}

#[tokio::test]
async fn the_monitoring_of_an_ssn_that_is_not_there_is_refused_and_adds_none() {
    for format in Format::BOTH {
        let world = World::new();
        let before = account(&world, "2").await;
        for path in [ACTIVATE, DEACTIVATE] {
            for body in [json!({}), json!({ "ssn": "19900102-2384" })] {
                let request = Caller::partner(&world, "2").patch(path).json(body);
                let answer = format.ask(request).send().await.expect(422);
                assert_eq!(answer.issues(), [("ssn".into(), "The account has no ssn to monitor.".into())], "{path}");
                for named in ["SSN-3", "ssn.without"] {
                    assert!(answer.rests_on(named), "{path}: {}", answer.header("x-mock-basis"));
                }
                assert!(answer.header("x-mock-hint").contains("SSN-2"), "{}", answer.header("x-mock-hint"));
            }
        }
        assert_eq!(account(&world, "2").await, before);
    }
}

#[tokio::test]
async fn an_ssn_is_no_watchlist() {
    let world = World::new();
    for path in ["/ssn", "/ssn-watchlist", "/ssn-watchlist/1", "/ssn-watchlist/leaks", "/ssn-monitoring"] {
        for method in [Method::GET, Method::POST, Method::DELETE] {
            for caller in Caller::both(&world) {
                let answer = caller.request(method.clone(), path).json(json!({ "ssn": JOHNS })).send().await;
                assert_eq!(answer.status, 404, "{method} {path} by {}: {}", caller.label, answer.raw);
                assert!(answer.header("x-mock-hint").contains("SSN-1"), "{}", answer.header("x-mock-hint"));
            }
        }
    }
}

#[tokio::test]
async fn an_ssn_is_masked_in_every_answer() {
    let cases = [
        ("SE", "19900102-2384", "********-**84"),
        ("SE", "199001022384", "**********84"),
        ("FI", "010594y9032", "*********32"),
        ("DK", "910290-0000", "******-**00"),
    ];
    for (country, ssn, masked) in cases {
        let world = World::new();
        let body = new_account(json!({ "country_code": country, "ssn": ssn }));
        let created = create(&world, body).await.expect(201);
        let id = written(&created.body["data"]["id"]);
        let user = Caller::user_of(&world, "new@example.com").await;
        let partner = Caller::partner(&world, &id);
        let answers = [
            ("creation", created),
            ("CRM", partner.get("").send().await.expect(200)),
            ("the user", user.get("/account").send().await.expect(200)),
            ("an update", partner.request(Method::PUT, "").json(json!({ "ssn": ssn })).send().await.expect(200)),
            ("their update", user.request(Method::PUT, "/account").json(json!({})).send().await.expect(200)),
        ];
        for (label, answer) in answers {
            assert_eq!(answer.body["data"]["ssn"], masked, "{ssn} as {label} has it");
            let is_told = answer.raw.to_lowercase().contains(&ssn.to_lowercase());
            assert!(!is_told, "{ssn} as {label} has it: {}", answer.raw);
            assert!(answer.rests_on("ssn.echo"), "{label}: {}", answer.header("x-mock-basis"));
        }
        let refused = create(&world, new_account(json!({ "ssn": format!("{ssn}x") }))).await.expect(422);
        assert!(!refused.raw.contains(ssn), "a refusal repeats none either: {}", refused.raw);
    }
}

#[tokio::test]
async fn no_update_sets_or_changes_or_clears_an_ssn_and_none_refuses_one() {
    let ssns = [
        ("another", json!("19900102-2384")),
        ("one of another country", json!("010594Y9032")),
        ("nonsense", json!("x")),
        ("an empty one", json!("")),
        ("null", Value::Null),
        ("a number", json!(5)),
        ("a list", json!(["19900102-2384"])),
    ];
    for (route, token) in updates() {
        let world = echoing();
        for id in ["1", "2"] {
            let before = account(&world, id).await;
            for (label, ssn) in &ssns {
                let label = format!("{label} to account {id} by {} with {token}", route.label());
                let name = format!("Named with {label}");
                let answer = update(&world, route, token, id, json!({ "ssn": ssn, "first_name": name })).await;
                assert_eq!(answer.status, 200, "{label}: {}", answer.raw);
                assert!(answer.rests_on("ACCOUNT-5"), "{label}: {}", answer.header("x-mock-basis"));
                let changed = &answer.body["data"];
                assert_eq!(changed["first_name"], json!(name), "{label}: what else is named is changed");
                assert_eq!(about_ssn(changed), about_ssn(&before), "{label}");
                assert_eq!(&account(&world, id).await, changed, "{label}: it is read back as it was answered");
            }
            let answer = update(&world, route, token, id, json!({ "ssn": "x", "plan_id": 0 })).await.expect(422);
            assert_eq!(
                answer.issues().len(),
                1,
                "{}: the ssn is no issue beside another one: {}",
                route.label(),
                answer.raw
            );
            assert_eq!(answer.issues()[0].0, "plan_id", "{}", route.label());
        }
    }
}
