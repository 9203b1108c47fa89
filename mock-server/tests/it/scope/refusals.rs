//! Items and accounts that are not the caller's, and the order of refusals.

use reqwest::Method;

use crate::harness::{APP, CRM, Route, Takes, World, invalid_body, token_routes};

/// Documented rows that name an item in their path.
fn item_rows(takes: Takes) -> impl Iterator<Item = &'static Route> {
    let names_an_item = |row: &&Route| row.path.ends_with("Id}") && row.takes() != Takes::Either;
    token_routes().filter(names_an_item).filter(move |row| row.takes() == takes)
}

#[tokio::test]
async fn an_item_is_found_only_on_the_account_that_it_belongs_to() {
    let world = World::new();
    for row in item_rows(Takes::Crm) {
        // Account 2 is this partner's too, but the item is of account 1.
        let path = row.path().replace("/account/1/", "/account/2/");
        let answer = world.request(row.method.clone(), &path).token(CRM).json(invalid_body()).send().await;
        assert_eq!(answer.status, 404, "{} on account 2: {}", row.label(), answer.raw);
    }
    for (takes, token) in [(Takes::Crm, CRM), (Takes::App, APP)] {
        for row in item_rows(takes) {
            for id in ["99", "0", "01", "-1", "1.0", "x", "18446744073709551617", "%31%30"] {
                let path = format!("{}/{id}", row.path().rsplit_once('/').expect("a path").0);
                let answer = world.request(row.method.clone(), &path).token(token).json(invalid_body()).send().await;
                assert_eq!(answer.status, 404, "{} {path}: {}", row.method, answer.raw);
            }
        }
    }
}

#[tokio::test]
async fn an_account_that_is_not_there_looks_like_one_of_another_partner() {
    let world = World::new();
    for row in token_routes().filter(|row| [Takes::Crm, Takes::Either].contains(&row.takes())) {
        for account in ["3", "99", "0", "01", "x", "%20"] {
            let path = row.path().replace("/account/1", &format!("/account/{account}"));
            let answer = world.request(row.method.clone(), &path).token(CRM).json(invalid_body()).send().await;
            assert_eq!(answer.status, 404, "{} {path}: {}", row.method, answer.raw);
            assert_eq!(answer.raw, r#"{"error":"Not found"}"#, "{} {path}", row.method);
        }
    }
}

/// Each request has all the faults of those after it, and is refused for the first.
#[tokio::test]
async fn a_request_is_refused_for_the_first_of_its_faults() {
    const MALFORMED: &str = "{";
    const EMAILS: &str = "/api/v1/account/1/email-watchlist";
    let cases = [
        ("an unknown path", Method::POST, "/api/v1/account/3/emails", None, MALFORMED, 404),
        ("an unknown method", Method::PUT, "/api/v1/account/3/email-watchlist", None, MALFORMED, 405),
        ("no token", Method::POST, "/api/v1/account/3/email-watchlist", None, MALFORMED, 401),
        ("the wrong token", Method::POST, "/api/v1/account/3/email-watchlist", Some(APP), MALFORMED, 403),
        ("a foreign account", Method::POST, "/api/v1/account/3/email-watchlist", Some(CRM), MALFORMED, 404),
        ("a foreign item", Method::PATCH, "/api/v1/account/2/passport-watchlist/1", Some(CRM), MALFORMED, 404),
        ("a malformed body", Method::POST, EMAILS, Some(CRM), MALFORMED, 400),
        ("an invalid body", Method::POST, EMAILS, Some(CRM), r#"{"email":5}"#, 422),
        ("nothing", Method::POST, EMAILS, Some(CRM), r#"{"email":"new@example.com"}"#, 201),
    ];
    let world = World::new();
    for (fault, method, path, token, body, status) in cases {
        let request = world.request(method, path).body("application/json", body);
        let answer = request.token_if(token).send().await;
        assert_eq!(answer.status, status, "{fault}: {}", answer.raw);
    }
}

#[tokio::test]
async fn each_refusal_names_its_assumption_and_can_be_switched() {
    let cases: [(&str, &[&str], Method, &str, &str); 4] = [
        ("scope.wrong-token", &["403", "401"], Method::GET, "/api/v1/email-watchlist", CRM),
        ("scope.wrong-token", &["403", "401"], Method::GET, "/api/v1/account/1/email-watchlist", APP),
        ("scope.foreign-account", &["404", "403"], Method::GET, "/api/v1/account/3/email-watchlist", CRM),
        ("scope.foreign-item", &["404", "403"], Method::DELETE, "/api/v1/account/2/email-watchlist/1", CRM),
    ];
    for (key, statuses, method, path, token) in cases {
        for status in statuses {
            let world = World::assuming(key, status);
            let answer = world.request(method.clone(), path).token(token).send().await;
            assert_eq!(answer.status.to_string(), *status, "{key} {path}: {}", answer.raw);
            assert!(answer.rests_on(key), "{key} {path}: {}", answer.header("x-mock-basis"));
        }
    }
    // An id that was never given out is not found, under any value.
    let world = World::assuming("scope.foreign-account", "403");
    world.get("/api/v1/account/99").token(CRM).send().await.expect(404);
    let world = World::assuming("scope.foreign-item", "403");
    world.delete("/api/v1/email-watchlist/99").token(APP).send().await.expect(404);
}
