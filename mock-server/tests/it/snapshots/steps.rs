//! The steps of a sequence, and how a step is taken.

use std::time::Duration;

use proptest::prelude::*;
use reqwest::Method;
use serde_json::{Value, json};

use crate::harness::{APP, CRM, KINDS, World, login_body, sso_body};

/// A step of a sequence: a request of a partner or of a user, or something that only a control route does.
#[derive(Clone, Debug)]
pub(super) enum Step {
    /// With the CRM token, or with the app token.
    Ask(Method, String, Value),
    /// Opens the last link, or sends the last code where it may belong.
    Confirm,
    /// Exchanges the first one-time code of SSO, used before or not.
    Exchange,
    AddLeak(Value),
    Advance(u64),
    ForgetMessages,
}

/// Texts of paths and bodies below, which a step combines.
const EMAILS: [&str; 5] =
    ["a+leaks-2@example.com", "a@example.com", "b@example.com", "John.Work@Example.com", "jane.roe@example.com"];

const PHONES: [&str; 3] = ["+46701740640", "+46 70-174 06 41", "+46701740605"];
const CARDS: [&str; 3] = ["4000007520000008", "5555 5555 5555 4444", "4242424242424242"];

pub(super) fn step() -> impl Strategy<Value = Step> {
    let post = |path: &str, body: Value| Step::Ask(Method::POST, path.to_owned(), body);
    let scope = || prop_oneof![Just("/api/v1/account/1"), Just("/api/v1/account/2"), Just("/api/v1")];
    let one_of = |texts: &'static [&'static str]| proptest::sample::select(texts);
    prop_oneof![
        4 => (scope(), one_of(&EMAILS)).prop_map(move |(scope, email)| {
            post(&format!("{scope}/email-watchlist"), json!({ "email": email }))
        }),
        2 => (scope(), one_of(&PHONES)).prop_map(move |(scope, phone)| {
            post(&format!("{scope}/phone-watchlist"), json!({ "phone": phone }))
        }),
        2 => (scope(), one_of(&CARDS)).prop_map(move |(scope, card)| {
            let body = json!({ "card_number": card, "expiry_month": 12, "expiry_year": 49, "cvc": "123" });
            post(&format!("{scope}/credit-card"), body)
        }),
        1 => scope().prop_map(move |scope| {
            post(&format!("{scope}/drivers-license-watchlist"), json!({ "license_number": "xx 12345" }))
        }),
        2 => (scope(), 0..KINDS.len()).prop_map(move |(scope, kind)| {
            post(&format!("{scope}{}", KINDS[kind].add), KINDS[kind].new_body())
        }),
        1 => scope().prop_map(move |scope| {
            post(&format!("{scope}/iban-watchlist"), json!({ "iban": "dk50 0040 0440 1162 43" }))
        }),
        1 => scope().prop_map(move |scope| post(&format!("{scope}/phone-watchlist/send-verification-code"), json!({}))),
        2 => (scope(), one_of(&["email-watchlist", "phone-watchlist", "credit-card", "iban-watchlist"]), 1_u8..6)
            .prop_map(|(scope, list, id)| Step::Ask(Method::DELETE, format!("{scope}/{list}/{id}"), Value::Null)),
        1 => (scope(), one_of(&["XX0000001", "XX0000002"]), one_of(&["2031-01-31", ""])).prop_map(|(scope, number, day)| {
            let body = json!({ "passport_number": number, "expiry_date": day });
            Step::Ask(Method::PATCH, format!("{scope}/passport-watchlist/1"), body)
        }),
        2 => (one_of(&["email", "country_code", "phone", "last_name"]), one_of(&["new@example.com", "DK", "+46701740642", ""]))
            .prop_map(|(field, value)| Step::Ask(Method::PATCH, "/api/v1/account/1".to_owned(), json!({ field: value }))),
        1 => any::<bool>().prop_map(|on| {
            let verb = if on { "activate" } else { "deactivate" };
            Step::Ask(Method::PATCH, format!("/api/v1/account/1/ssn-monitoring/{verb}"), Value::Null)
        }),
        1 => one_of(&EMAILS).prop_map(move |email| {
            let body = json!({ "ssn": "19900101-1234", "first_name": "Test", "last_name": "Person", "email": email });
            post("/api/v1/account", body)
        }),
        2 => (one_of(&["mock-password-a", "mock-password-b"]), one_of(&["mock-password-a", "mock-password-b"])).prop_map(
            |(new, current)| Step::Ask(Method::POST, "/api/v2/account/password".to_owned(),
                json!({ "password": new, "current_password": current }))
        ),
        1 => one_of(&["Ada", "Eva"]).prop_map(|name| {
            Step::Ask(Method::PUT, "/api/v1/delete-my-data".to_owned(), json!({ "first_name": name }))
        }),
        1 => Just(Step::Exchange),
        1 => (1_u8..8).prop_map(|id| Step::Ask(Method::GET, format!("/api/v1/alarms/{id}/close"), Value::Null)),
        1 => Just(post("/api/v1/delete-my-data/scan", json!({}))),
        1 => Just(post("/api/v1/delete-my-data/scan/3/retry", json!({}))),
        1 => Just(post("/api/v1/resend/watchlist-email-confirmation", json!({}))),
        1 => Just(post("/api/v1/crm/auth/login", login_body(2, json!(true)))),
        2 => one_of(&["john.doe@example.com", "new@example.com", "jane.roe@example.com"])
            .prop_map(move |email| post("/api/v1/sso/token", sso_body(1, email))),
        1 => Just(post("/api/v1/sso/code", sso_body(1, "jane.roe@example.com"))),
        3 => Just(Step::Confirm),
        2 => one_of(&EMAILS).prop_map(|email| Step::AddLeak(json!({ "kind": "email", "value": email }))),
        1 => Just(Step::AddLeak(json!({ "kind": "ssn", "value": "19900101-1234", "severity": "LOW" }))),
        1 => prop_oneof![Just(7_u64), Just(700), Just(90_000)].prop_map(Step::Advance),
        1 => Just(Step::ForgetMessages),
    ]
}

/// Takes a step, and returns what came of it.
pub(super) async fn take(world: &World, step: &Step) -> String {
    match step {
        Step::Ask(method, path, body) => {
            let token = if path.starts_with("/api/v1/account") { CRM } else { APP };
            let request = world.request(method.clone(), path).token(token);
            let request = if body.is_null() { request } else { request.json(body.clone()) };
            let answer = request.send().await;
            let left = answer.header("x-ratelimit-remaining").to_owned();
            left + &without_correlation(answer.body)
        }
        Step::Confirm => {
            let messages = world.messages();
            let Some(last) = messages.last() else { return "nothing was sent".to_owned() };
            match (&last.link, &last.code) {
                (Some(link), _) => {
                    let path = link.find("/_confirm/").expect("a link to the mock");
                    world.get(&link[path..]).send().await.raw
                }
                (None, code) => {
                    let phone = json!({ "code": code });
                    let phone = world.post("/api/v1/phone-watchlist/confirm").token(APP).json(phone).send().await;
                    let card = json!({ "code": code, "credit_card_id": 2 });
                    let card = world.post("/api/v1/credit-cards/verify").token(APP).json(card).send().await;
                    without_correlation(phone.body) + &without_correlation(card.body)
                }
            }
        }
        Step::Exchange => {
            let snapshot: Value = serde_json::from_str(&world.control().snapshot()).expect("JSON");
            let code = json!({ "code": snapshot["sso_codes"][0]["code"] });
            without_correlation(world.post("/api/v1/sso/login").json(code).send().await.body)
        }
        Step::AddLeak(leak) => world.post("/_mock/leaks").json(leak.clone()).send().await.raw,
        Step::Advance(seconds) => {
            let due = world.control().advance_clock(Duration::from_secs(*seconds));
            serde_json::to_string(&due).expect("JSON")
        }
        Step::ForgetMessages => {
            world.control().clear_messages();
            String::new()
        }
    }
}

/// A body without what is drawn anew for each answer and stored nowhere.
pub(super) fn without_correlation(mut body: Value) -> String {
    if let Some(errors) = body.as_object_mut() {
        errors.remove("corrId");
    }
    body.to_string()
}
