//! Who may call what: every documented route with every kind of caller, the order in which requests are refused, and
//! where tokens come from and how long they last (SCOPE-1 to 5, LOGIN-1 to 4, SSO-1 to 4).

use std::collections::BTreeSet;
use std::time::Duration;

use mock_server::{MessageFilter, MockServer};
use reqwest::Method;
use serde_json::{Value, json};

use crate::absent::{DOCUMENTED, Row, Takes};
use crate::formats::Format;
use crate::harness::{APP, Answer, CRM, Request, World, login_body, sso_body, written};

const LOGIN: &str = "/api/v1/crm/auth/login";
const SSO_TOKEN: &str = "/api/v1/sso/token";
const SSO_CODE: &str = "/api/v1/sso/code";
const SSO_LOGIN: &str = "/api/v1/sso/login";

/// Lives of tokens and codes by default, in seconds.
const CRM_SECONDS: u64 = 3600;
const CRM_KEPT_SECONDS: u64 = 2_592_000;
const APP_SECONDS: u64 = 3600;
const CODE_SECONDS: u64 = 60;

/// Whom a caller turns out to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Who {
    Nobody,
    /// The partner of accounts 1 and 2.
    Partner,
    /// The partner of account 3.
    OtherPartner,
    /// The user of account 1, on which every request is aimed.
    Owner,
    /// The user of account 2, of the same partner.
    Stranger,
}

/// Somebody who calls, with what they send as `Authorization`.
struct Caller {
    label: &'static str,
    authorization: Option<String>,
    who: Who,
}

impl Caller {
    fn sign(&self, request: Request) -> Request {
        match &self.authorization {
            Some(authorization) => request.header("authorization", authorization),
            None => request,
        }
    }
}

/// What comes of a row and a caller by the rules of the guide, as far as they depend on nothing else: 401 for nobody,
/// 403 for a token of the wrong kind, 404 for an account that is not the caller's, or nothing if they are let in.
fn refusal(takes: Takes, who: Who) -> Option<u16> {
    match (takes, who) {
        (_, Who::Nobody) => Some(401),
        (Takes::App, Who::Partner | Who::OtherPartner) => Some(403),
        (Takes::Crm | Takes::Partner, Who::Owner | Who::Stranger) => Some(403),
        (Takes::Crm | Takes::Either, Who::OtherPartner) | (Takes::Either, Who::Stranger) => Some(404),
        (Takes::Crm | Takes::Either, Who::Partner) | (Takes::Either, Who::Owner) => None,
        (Takes::Partner, Who::Partner | Who::OtherPartner) | (Takes::App, Who::Owner | Who::Stranger) => None,
        (Takes::Any, _) => None,
    }
}

/// The token that such a request is granted.
async fn token(world: &World, path: &str, body: Value) -> String {
    world.post(path).json(body).send().await.expect(200).text("token")
}

fn advance(world: &World, seconds: u64) {
    world.control().advance_clock(Duration::from_secs(seconds));
}

/// Those who are nobody, for one reason or another. Moves the clock by an hour, for some of them have expired.
async fn nobodies(world: &World) -> Vec<Caller> {
    let expired_crm = format!("Bearer {}", world.crm_token(1).await);
    let expired_app = format!("Bearer {}", world.app_token("john.doe@example.com").await);
    advance(world, CRM_SECONDS.max(APP_SECONDS));
    let crm = |form: &str| form.replace("{token}", CRM);
    let nobody = |label, authorization| Caller { label, authorization, who: Who::Nobody };
    vec![
        nobody("no header", None),
        nobody("an empty header", Some(String::new())),
        nobody("a scheme without a token", Some("Bearer".into())),
        nobody("a token without a scheme", Some(CRM.into())),
        nobody("another scheme", Some(crm("Basic {token}"))),
        nobody("a word too many", Some(crm("Bearer token {token}"))),
        nobody("a list of credentials", Some(crm("Bearer {token}, Bearer {token}"))),
        nobody("quotes", Some(crm("Bearer \"{token}\""))),
        nobody("garbage", Some("Bearer garbage".into())),
        nobody("a number without a secret", Some("Bearer 1|".into())),
        nobody("a secret without a number", Some("Bearer mock-crm-token".into())),
        nobody("the secret of another token", Some("Bearer 1|mock-app-token".into())),
        nobody("a number that was never given out", Some("Bearer 999|mock-crm-token".into())),
        nobody("the beginning of a secret", Some("Bearer 1|mock-crm".into())),
        nobody("a secret in another case", Some("Bearer 1|MOCK-CRM-TOKEN".into())),
        nobody("an expired CRM token", Some(expired_crm)),
        nobody("an expired app token", Some(expired_app)),
    ]
}

/// Those who are somebody, with published and with fresh tokens, and the scheme in any case (as HTTP says).
async fn somebodies(world: &World) -> Vec<Caller> {
    let stranger = world.app_token("jane.roe@example.com").await;
    let owner = world.app_token("john.doe@example.com").await;
    let (partner, other) = (world.crm_token(1).await, world.crm_token(2).await);
    let caller = |label, scheme: &str, token: &str, who| {
        let authorization = Some(format!("{scheme} {token}"));
        Caller { label, authorization, who }
    };
    vec![
        caller("the CRM token", "Bearer", CRM, Who::Partner),
        caller("the CRM token after bearer", "bearer", CRM, Who::Partner),
        caller("the CRM token after BEARER", "BEARER", CRM, Who::Partner),
        caller("a fresh CRM token", "Bearer", &partner, Who::Partner),
        caller("the other partner's CRM token", "Bearer", &other, Who::OtherPartner),
        caller("the owner's app token", "Bearer", APP, Who::Owner),
        caller("the owner's app token after bearer", "bearer", APP, Who::Owner),
        caller("the owner's app token after BEARER", "BEARER", APP, Who::Owner),
        caller("a fresh app token of the owner", "Bearer", &owner, Who::Owner),
        caller("the app token of a stranger", "Bearer", &stranger, Who::Stranger),
    ]
}

/// A body in which every field of every route is wrong.
fn invalid() -> Value {
    json!({
        "email": 5, "email_id": [], "phone": 5, "phone_id": [], "code": [], "iban": 5, "passport_number": 5,
        "license_number": 5, "card_number": 5, "expiry_month": 13, "expiry_year": 1, "credit_card_id": [],
        "ssn": 5, "first_name": 5, "last_name": 5, "country_code": 5, "password": 5, "leak_id": [],
    })
}

fn request(world: &World, row: &Row) -> Request {
    // Of the seed's sites the third is the one that can be tried again.
    world.request(row.method.clone(), &row.path().replace("/scan/1/retry", "/scan/3/retry"))
}

#[tokio::test]
async fn who_may_not_call_a_route_is_refused_whatever_they_send() {
    let world = World::new();
    let mut callers = nobodies(&world).await;
    callers.extend(somebodies(&world).await);
    let mut refused = 0;
    for row in DOCUMENTED {
        for caller in &callers {
            let Some(expected) = refusal(row.takes, caller.who) else { continue };
            let bodies = [("invalid", invalid().to_string()), ("malformed", "{".into())];
            for (kind, body) in bodies {
                let answer = caller.sign(request(&world, row)).body("application/json", body).send().await;
                let label = format!("{} with {} and a body that is {kind}", row.label(), caller.label);
                assert_eq!(answer.status, expected, "{label}: {}", answer.raw);
            }
            refused += 1;
        }
    }
    assert!(refused > 1000, "{refused}");
    assert_eq!(world.control().messages(&MessageFilter::default()), [], "who is refused sends nothing");
}

/// A body with which a row is granted on account 1; what must have happened before, happens.
async fn granted_body(world: &World, row: &Row) -> Value {
    let last_code = || {
        let last = world.control().messages(&MessageFilter::default()).pop();
        last.and_then(|message| message.code).expect("the last message holds a code")
    };
    let end = row.path.rsplit('/').next().expect("a path has an end");
    match (row.method.as_str(), end) {
        ("POST", "account") => json!({
            "ssn": "19900101-1234", "first_name": "A", "last_name": "B", "email": "new@example.com",
        }),
        ("PUT" | "PATCH", "account" | "{account_id}") => json!({ "first_name": "Johnny" }),
        ("POST", "password") => json!({ "password": "correct horse" }),
        ("POST", "email-watchlist") => json!({ "email": "new@example.com" }),
        ("POST", "phone-watchlist") => json!({ "phone": "+46701740699" }),
        ("POST", "iban-watchlist") => json!({ "iban": "SE3550000000054910000003" }),
        ("POST", "passport-watchlist") => json!({ "passport_number": "XX0000000" }),
        ("PATCH", "{passportId}") => json!({ "country_code": "FI" }),
        ("POST", "drivers-license-watchlist") => json!({ "license_number": "850101-2390" }),
        ("POST", "credit-card") => new_card(),
        ("POST", "watchlist-email-confirmation") => {
            let email = json!({ "email": "pending@example.com" });
            world.post("/api/v1/email-watchlist").token(APP).json(email).send().await.expect(201);
            json!({})
        }
        ("POST", "confirm") => {
            let send = world.post("/api/v1/account/1/phone-watchlist/send-verification-code").token(CRM);
            send.json(json!({ "phone_id": 1 })).send().await.expect(200);
            json!({ "phone_id": 1, "code": last_code() })
        }
        ("POST", "verify") => {
            let added = world.post("/api/v1/credit-card").token(APP).json(new_card()).send().await.expect(201);
            json!({ "credit_card_id": added.body["data"]["id"], "code": last_code() })
        }
        ("POST", "coachme") => json!({ "leak_id": 1 }),
        ("POST" | "PUT", "delete-my-data") => {
            json!({ "first_name": "John", "last_name": "Doe", "email": "john.doe@example.com" })
        }
        ("POST", "retry") => {
            // Of the seed's sites the third fails at first.
            world.post("/api/v1/delete-my-data/scan").token(APP).send().await.expect(200);
            advance(world, 600);
            json!({})
        }
        ("GET", "{companyId}") => {
            // Each partner has a company 1: the seed's first account belongs to one, and the other partner's to another.
            let token = world.crm_token(2).await;
            world.patch("/api/v1/account/3").token(&token).json(json!({ "company_id": 1 })).send().await.expect(200);
            json!({})
        }
        _ => json!({}),
    }
}

fn new_card() -> Value {
    json!({ "card_number": "5555555555554444", "expiry_month": 12, "expiry_year": 2049 })
}

/// Whether a row creates something.
fn creates(row: &Row) -> bool {
    let ends = ["-watchlist", "/credit-card", "/account"];
    row.method == Method::POST && ends.iter().any(|end| row.path.ends_with(end))
}

fn granted_status(row: &Row) -> u16 {
    match row.method {
        _ if creates(row) => 201,
        Method::DELETE => 204,
        _ => 200,
    }
}

#[tokio::test]
async fn who_may_call_a_route_is_granted_it() {
    let all: Vec<Who> = somebodies(&World::new()).await.iter().map(|caller| caller.who).collect();
    for row in DOCUMENTED {
        for (position, who) in all.iter().enumerate() {
            // A stranger is let in too, to an account of their own: that is another test.
            if refusal(row.takes, *who).is_some() || *who == Who::Stranger {
                continue;
            }
            let world = World::new();
            let caller = somebodies(&world).await.swap_remove(position);
            let body = granted_body(&world, row).await;
            let answer = caller.sign(request(&world, row)).json(body).send().await;
            let label = format!("{} with {}", row.label(), caller.label);
            assert_eq!(answer.status, granted_status(row), "{label}: {}", answer.raw);
        }
    }
}

#[tokio::test]
async fn who_is_let_in_is_told_what_is_wrong_with_the_body() {
    let world = World::new();
    let callers = [("the CRM token", CRM), ("the owner's app token", APP)];
    for row in DOCUMENTED {
        // Switching the monitoring of an SSN, and scans, are changes without a body.
        let is_bodiless = ["/ssn-monitoring/", "/scan"].iter().any(|part| row.path.contains(part));
        let reads_a_body = ![Method::GET, Method::DELETE].contains(&row.method) && !is_bodiless;
        // A scan cannot be started twice at once, nor tried again before it has failed.
        if row.method == Method::POST && row.path.contains("/scan") {
            continue;
        }
        for (label, token) in callers {
            let who = if token == CRM { Who::Partner } else { Who::Owner };
            if refusal(row.takes, who).is_some() {
                continue;
            }
            // What is removed would be missed by the next row.
            let world = if row.method == Method::DELETE { &World::new() } else { &world };
            let (on_invalid, on_malformed) =
                if reads_a_body { (422, 400) } else { (granted_status(row), granted_status(row)) };
            let label = format!("{} with {label}", row.label());
            let answer = request(world, row).token(token).json(invalid()).send().await;
            assert_eq!(answer.status, on_invalid, "{label}: {}", answer.raw);
            let world = if row.method == Method::DELETE { &World::new() } else { world };
            let answer = request(world, row).token(token).body("application/json", "{").send().await;
            assert_eq!(answer.status, on_malformed, "{label}: {}", answer.raw);
        }
    }
}

/// A stranger calls the app routes with the ids of account 1: what they do happens on their own account, which has no
/// items, and what they name is not there.
#[tokio::test]
async fn a_stranger_is_let_in_to_an_account_of_their_own() {
    for row in DOCUMENTED.iter().filter(|row| row.takes == Takes::App) {
        let world = World::new();
        let body = granted_body(&world, row).await;
        let stranger = world.app_token("jane.roe@example.com").await;
        let end = row.path.rsplit('/').next().expect("a path has an end");
        let expected = match end {
            "{emailId}" | "{phoneId}" | "{ibanId}" | "{passportId}" | "{licenseId}" | "{creditCardId}" => 404,
            // The card or the phone of somebody else, named in the body, and nothing that waits for the stranger.
            "verify" | "confirm" | "watchlist-email-confirmation" => 404,
            "{alarmId}" | "close" | "coachme" => 404,
            // The plan of the stranger does not include it.
            _ if row.path.contains("/delete-my-data") => 403,
            _ => granted_status(row),
        };
        let before = view(&world).await;
        let answer = request(&world, row).token(&stranger).json(body).send().await;
        assert_eq!(answer.status, expected, "{}: {}", row.label(), answer.raw);
        assert_eq!(view(&world).await, before, "{} by a stranger changes the owner's account", row.label());
        assert!(!answer.raw.contains("john"), "{}: {}", row.label(), answer.raw);
    }
}

/// All that the owner of account 1 sees.
async fn view(world: &World) -> Vec<String> {
    let mut seen = Vec::new();
    let reads = |row: &&Row| row.takes == Takes::App && row.method == Method::GET && !row.path.ends_with("/close");
    for row in DOCUMENTED.iter().filter(reads) {
        seen.push(request(world, row).token(APP).send().await.expect(200).raw);
    }
    seen
}

/// Documented rows that name an item in their path.
fn item_rows(takes: Takes) -> impl Iterator<Item = &'static Row> {
    let names_an_item = |row: &&Row| row.path.ends_with("Id}") && row.takes != Takes::Either;
    DOCUMENTED.iter().filter(names_an_item).filter(move |row| row.takes == takes)
}

#[tokio::test]
async fn an_item_is_found_only_on_the_account_that_it_belongs_to() {
    let world = World::new();
    for row in item_rows(Takes::Crm) {
        // Account 2 is this partner's too, but the item is of account 1.
        let path = row.path().replace("/account/1/", "/account/2/");
        let answer = world.request(row.method.clone(), &path).token(CRM).json(invalid()).send().await;
        assert_eq!(answer.status, 404, "{} on account 2: {}", row.label(), answer.raw);
    }
    for (takes, token) in [(Takes::Crm, CRM), (Takes::App, APP)] {
        for row in item_rows(takes) {
            for id in ["99", "0", "01", "-1", "1.0", "x", "18446744073709551617", "%31%30"] {
                let path = format!("{}/{id}", row.path().rsplit_once('/').expect("a path").0);
                let answer = world.request(row.method.clone(), &path).token(token).json(invalid()).send().await;
                assert_eq!(answer.status, 404, "{} {path}: {}", row.method, answer.raw);
            }
        }
    }
}

#[tokio::test]
async fn an_account_that_is_not_there_looks_like_one_of_another_partner() {
    let world = World::new();
    for row in DOCUMENTED.iter().filter(|row| [Takes::Crm, Takes::Either].contains(&row.takes)) {
        for account in ["3", "99", "0", "01", "x", "%20"] {
            let path = row.path().replace("/account/1", &format!("/account/{account}"));
            let answer = world.request(row.method.clone(), &path).token(CRM).json(invalid()).send().await;
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
        let request = if let Some(token) = token { request.token(token) } else { request };
        let answer = request.send().await;
        assert_eq!(answer.status, status, "{fault}: {}", answer.raw);
    }
}

#[tokio::test]
async fn each_refusal_names_the_assumption_that_it_leans_on_and_can_be_switched() {
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
    // What is not there at all is not there for anybody.
    let world = World::assuming("scope.foreign-account", "403");
    world.get("/api/v1/account/99").token(CRM).send().await.expect(404);
    let world = World::assuming("scope.foreign-item", "403");
    world.delete("/api/v1/email-watchlist/99").token(APP).send().await.expect(404);
}

#[tokio::test]
async fn routes_that_give_out_tokens_ask_for_none() {
    let world = World::new();
    let code = world.post(SSO_CODE).json(sso_body(1, "john.doe@example.com")).send().await.expect(200).text("code");
    let requests = [
        (LOGIN, login_body(1, json!(false))),
        (SSO_TOKEN, sso_body(1, "john.doe@example.com")),
        (SSO_CODE, sso_body(1, "john.doe@example.com")),
        (SSO_LOGIN, json!({ "code": code })),
    ];
    for (path, body) in requests {
        world.post(path).send().await.expect(422);
        world.post(path).token("garbage").json(invalid()).send().await.expect(422);
        world.get(path).send().await.expect(405);
        world.post(path).token("garbage").json(body).send().await.expect(200);
    }
}

/// Holds a token to the form of LOGIN-1 and returns its number.
#[track_caller]
fn number(token: &str) -> u64 {
    let (number, secret) = token.split_once('|').expect("a bar");
    assert!(secret.len() >= 20 && !secret.contains('|'), "{token}");
    number.parse().expect("a number")
}

#[tokio::test]
async fn a_token_is_a_number_and_a_secret_and_comes_without_an_envelope() {
    for format in Format::BOTH {
        let world = World::new();
        let requests = [
            (LOGIN, login_body(1, json!(false)), "LOGIN-1"),
            (SSO_TOKEN, sso_body(1, "john.doe@example.com"), "SSO-1"),
        ];
        for (path, body, fact) in requests {
            let answer = format.ask(world.post(path)).json(body).send().await.expect(200);
            number(&answer.text("token"));
            assert_eq!(answer.body, json!({ "token": answer.body["token"] }), "{path} {format:?}");
            assert!(answer.rests_on(fact), "{path} {format:?}: {}", answer.header("x-mock-basis"));
        }
    }
}

#[tokio::test]
async fn tokens_of_both_kinds_are_numbered_from_one_sequence() {
    let world = World::new();
    let code = world.post(SSO_CODE).json(sso_body(1, "john.doe@example.com")).send().await.expect(200).text("code");
    let tokens = [
        world.crm_token(1).await,
        world.app_token("john.doe@example.com").await,
        world.crm_token(2).await,
        token(&world, SSO_LOGIN, json!({ "code": code })).await,
        world.app_token("john.doe@example.com").await,
    ];
    // 1 and 2 are the published ones; a code is no token.
    assert_eq!(tokens.each_ref().map(|token| number(token)), [3, 4, 5, 6, 7]);
    let secrets: BTreeSet<&str> = tokens.iter().filter_map(|token| token.split('|').nth(1)).collect();
    assert_eq!(secrets.len(), tokens.len());
}

#[tokio::test]
async fn a_login_is_usable_at_once_and_beside_those_before_it() {
    let world = World::new();
    let (first, second) = (world.crm_token(1).await, world.crm_token(1).await);
    assert_ne!(first, second);
    for token in [&first, &second] {
        world.get("/api/v1/account/1").token(token).send().await.expect(200);
    }
    // The other partner's login is for the other partner's accounts.
    let other = world.crm_token(2).await;
    world.get("/api/v1/account/3").token(&other).send().await.expect(200);
    world.get("/api/v1/account/1").token(&other).send().await.expect(404);
}

#[tokio::test]
async fn a_login_with_wrong_credentials_is_refused() {
    let wrong = [
        json!({ "username": "service@partner.example", "password": "wrong" }),
        json!({ "username": "service@partner.example", "password": "mock-crm-password-2" }),
        json!({ "username": "service@partner.example", "password": "Mock-Crm-Password" }),
        json!({ "username": "nobody@partner.example", "password": "mock-crm-password" }),
        // SSO-2: the credentials of SSO are others.
        json!({ "username": "mock-client", "password": "mock-secret" }),
    ];
    for status in [401, 422] {
        let world = World::assuming("login.refused", &status.to_string());
        for body in &wrong {
            let answer = world.post(LOGIN).json(body.clone()).send().await.expect(status);
            assert!(answer.rests_on("login.refused"), "{body}: {}", answer.header("x-mock-basis"));
        }
        for (body, missing) in [
            (json!({ "password": "mock-crm-password" }), "username"),
            (json!({ "username": "service@partner.example" }), "password"),
        ] {
            let answer = world.post(LOGIN).json(body).send().await.expect(422);
            assert_eq!(answer.body["errors"][missing], json!([format!("The {missing} field is required.")]));
        }
    }
}

/// Whether a CRM token is good.
async fn is_good(world: &World, crm: &str) -> bool {
    let answer = world.get("/api/v1/account/1").token(crm).send().await;
    assert!([200, 401].contains(&answer.status), "{}", answer.raw);
    answer.status == 200
}

#[tokio::test]
async fn a_login_expires_and_one_that_is_kept_lasts_longer() {
    for (keep_logged, seconds) in [
        (Value::Null, CRM_SECONDS),
        (json!(false), CRM_SECONDS),
        (json!(0), CRM_SECONDS),
        (json!(true), CRM_KEPT_SECONDS),
        (json!(1), CRM_KEPT_SECONDS),
    ] {
        let world = World::new();
        world.control().freeze_clock(true);
        let answer = world.post(LOGIN).json(login_body(1, keep_logged.clone())).send().await.expect(200);
        assert_eq!(answer.rests_on("LOGIN-2"), seconds == CRM_KEPT_SECONDS, "{keep_logged}");
        let crm = answer.text("token");
        advance(&world, seconds - 1);
        assert!(is_good(&world, &crm).await, "{keep_logged}: a second before its end");
        advance(&world, 1);
        assert!(!is_good(&world, &crm).await, "{keep_logged}: at its end");
        // LOGIN-3: the client logs in again.
        let again = world.crm_token(1).await;
        assert!(is_good(&world, &again).await, "{keep_logged}");
        assert!(is_good(&world, CRM).await, "the published token does not expire");
    }
    let world = World::new();
    let answer = world.post(LOGIN).json(login_body(1, json!("always"))).send().await.expect(422);
    assert_eq!(answer.body["errors"]["keep_logged"], json!(["The keep logged field must be true or false."]));
}

#[tokio::test]
async fn an_expired_token_is_answered_as_no_token_is_and_a_hint_says_why() {
    let world = World::new();
    let tokens = [
        ("LOGIN-3", "/api/v1/account/1", world.crm_token(1).await),
        ("SSO-1", "/api/v1/account", world.app_token("john.doe@example.com").await),
    ];
    advance(&world, CRM_SECONDS.max(APP_SECONDS));
    for (fact, path, token) in tokens {
        let without = world.get(path).send().await.expect(401);
        let expired = world.get(path).token(&token).send().await.expect(401);
        assert_eq!(expired.raw, without.raw, "{fact}");
        assert!(expired.rests_on(fact), "{fact}: {}", expired.header("x-mock-basis"));
        let hint = expired.header("x-mock-hint");
        assert!(hint.contains("expired") && hint.contains(fact), "{fact}: {hint}");
    }
}

#[tokio::test]
async fn the_lives_of_tokens_and_codes_can_be_switched() {
    async fn crm(world: &World) -> Answer {
        let token = world.crm_token(1).await;
        advance(world, 10);
        world.get("/api/v1/account/1").token(&token).send().await
    }
    async fn kept(world: &World) -> Answer {
        let token = token(world, LOGIN, login_body(1, json!(true))).await;
        advance(world, 10);
        world.get("/api/v1/account/1").token(&token).send().await
    }
    async fn app(world: &World) -> Answer {
        let token = world.app_token("john.doe@example.com").await;
        advance(world, 10);
        world.get("/api/v1/account").token(&token).send().await
    }
    async fn code(world: &World) -> Answer {
        let code = code_for(world, "john.doe@example.com").await;
        advance(world, 10);
        world.post(SSO_LOGIN).json(json!({ "code": code })).send().await
    }
    for (seconds, status) in [("10", 401), ("11", 200)] {
        let world = |key| {
            let world = World::assuming(key, seconds);
            world.control().freeze_clock(true);
            world
        };
        crm(&world("token.crm-seconds")).await.expect(status);
        kept(&world("token.crm-kept-seconds")).await.expect(status);
        app(&world("token.app-seconds")).await.expect(status);
        code(&world("sso.code-seconds")).await.expect(status);
    }
}

#[tokio::test]
async fn an_app_token_acts_for_the_account_that_was_created_with_the_email() {
    let world = World::new();
    for (partner, email, id) in
        [(1, "john.doe@example.com", 1), (1, "jane.roe@example.com", 2), (2, "matti.malli@example.org", 3)]
    {
        let app = token(&world, SSO_TOKEN, sso_body(partner, email)).await;
        let account = world.get("/api/v1/account").token(&app).send().await.expect(200);
        assert_eq!((&account.body["data"]["id"], &account.body["data"]["email"]), (&json!(id), &json!(email)));
    }
}

#[tokio::test]
async fn sso_finds_an_account_by_the_email_that_it_was_created_with() {
    let world = World::new();
    let refused = world.post(SSO_TOKEN).json(sso_body(1, "new@example.com")).send().await.expect(404);
    assert!(refused.rests_on("SSO-3"), "{}", refused.header("x-mock-basis"));
    let account = world.account("new@example.com").await;
    let app = world.app_token("new@example.com").await;

    let body = json!({ "email": "newer@example.com" });
    world.patch(&format!("/api/v1/account/{account}")).token(CRM).json(body).send().await.expect(200);
    world.post(SSO_TOKEN).json(sso_body(1, "newer@example.com")).send().await.expect(404);
    for token in [app, world.app_token("new@example.com").await] {
        let read = world.get("/api/v1/account").token(&token).send().await.expect(200);
        assert_eq!(
            (written(&read.body["data"]["id"]), &read.body["data"]["email"]),
            (account.clone(), &json!("newer@example.com"))
        );
    }
}

#[tokio::test]
async fn an_app_token_expires() {
    let world = World::new();
    world.control().freeze_clock(true);
    let app = world.app_token("john.doe@example.com").await;
    advance(&world, APP_SECONDS - 1);
    world.get("/api/v1/account").token(&app).send().await.expect(200);
    advance(&world, 1);
    world.get("/api/v1/account").token(&app).send().await.expect(401);
    world.get("/api/v1/account").token(APP).send().await.expect(200);
}

async fn code_for(world: &World, email: &str) -> String {
    world.post(SSO_CODE).json(sso_body(1, email)).send().await.expect(200).text("code")
}

#[tokio::test]
async fn a_code_is_exchanged_for_a_token_once() {
    for format in Format::BOTH {
        let world = World::new();
        let issued =
            format.ask(world.post(SSO_CODE)).json(sso_body(1, "jane.roe@example.com")).send().await.expect(200);
        assert!(issued.rests_on("SSO-4"), "{}", issued.header("x-mock-basis"));
        let body = json!({ "code": issued.text("code") });
        let exchanged = format.ask(world.post(SSO_LOGIN)).json(body.clone()).send().await.expect(200);
        assert_eq!(exchanged.body, json!({ "token": exchanged.body["token"] }), "{format:?}");
        let app = exchanged.text("token");
        number(&app);
        let account = world.get("/api/v1/account").token(&app).send().await.expect(200);
        assert_eq!(account.body["data"]["email"], "jane.roe@example.com");
        let again = format.ask(world.post(SSO_LOGIN)).json(body).send().await.expect(401);
        assert!(again.rests_on("SSO-4") && again.rests_on("sso.refused"), "{}", again.header("x-mock-basis"));
        // The token that it was exchanged for goes on.
        world.get("/api/v1/account").token(&app).send().await.expect(200);
    }
}

#[tokio::test]
async fn several_codes_of_one_account_work_beside_each_other() {
    let world = World::new();
    let codes = [code_for(&world, "john.doe@example.com").await, code_for(&world, "john.doe@example.com").await];
    assert_ne!(codes[0], codes[1]);
    for code in codes {
        token(&world, SSO_LOGIN, json!({ "code": code })).await;
    }
}

#[tokio::test]
async fn a_code_expires() {
    let world = World::new();
    world.control().freeze_clock(true);
    let in_time = code_for(&world, "john.doe@example.com").await;
    advance(&world, CODE_SECONDS - 1);
    token(&world, SSO_LOGIN, json!({ "code": in_time })).await;
    let late = code_for(&world, "john.doe@example.com").await;
    advance(&world, CODE_SECONDS);
    world.post(SSO_LOGIN).json(json!({ "code": late })).send().await.expect(401);
}

#[tokio::test]
async fn wrong_sso_credentials_and_unknown_codes_are_refused() {
    let email = "john.doe@example.com";
    let wrong = [
        json!({ "client_id": "mock-client", "client_secret": "wrong", "email": email }),
        json!({ "client_id": "mock-client", "client_secret": "mock-secret-2", "email": email }),
        json!({ "client_id": "wrong", "client_secret": "mock-secret", "email": email }),
        // SSO-2: the credentials of CRM are others.
        json!({ "client_id": "service@partner.example", "client_secret": "mock-crm-password", "email": email }),
        // Who has no credentials does not learn which emails there are.
        json!({ "client_id": "wrong", "client_secret": "wrong", "email": "nobody@example.com" }),
    ];
    for status in [401, 403, 422] {
        let world = World::assuming("sso.refused", &status.to_string());
        for path in [SSO_TOKEN, SSO_CODE] {
            for body in &wrong {
                let answer = world.post(path).json(body.clone()).send().await.expect(status);
                assert!(answer.rests_on("sso.refused"), "{path} {body}: {}", answer.header("x-mock-basis"));
            }
        }
        for code in [json!("unknown"), json!(APP), json!(123_456)] {
            let answer = world.post(SSO_LOGIN).json(json!({ "code": code })).send().await.expect(status);
            assert!(answer.rests_on("sso.refused"), "{code}: {}", answer.header("x-mock-basis"));
        }
        world.post(SSO_LOGIN).json(json!({ "code": "" })).send().await.expect(422);
    }
}

#[tokio::test]
async fn an_email_of_another_partner_is_as_unknown_as_one_that_nobody_has() {
    for status in [404, 422, 401] {
        let world = World::assuming("sso.unknown-email", &status.to_string());
        let bodies = [
            sso_body(1, "nobody@example.com"),
            sso_body(1, "matti.malli@example.org"),
            sso_body(2, "john.doe@example.com"),
            // An email that an account watches is not the one that it was created with.
            sso_body(1, "john.work@example.com"),
        ];
        for path in [SSO_TOKEN, SSO_CODE] {
            let mut answers = Vec::new();
            for body in &bodies {
                let answer = world.post(path).json(body.clone()).send().await.expect(status);
                assert!(answer.rests_on("sso.unknown-email"), "{path} {body}: {}", answer.header("x-mock-basis"));
                answers.push(answer.raw);
            }
            answers.dedup();
            assert_eq!(answers.len(), 1, "{path}: {answers:?}");
        }
    }
}

#[tokio::test]
async fn two_partners_may_each_have_an_account_with_one_email() {
    let world = World::of(MockServer::builder());
    let other = world.crm_token(2).await;
    let body = json!({
        "ssn": "19900101-1234", "first_name": "A", "last_name": "B", "email": "john.doe@example.com",
    });
    let created = world.post("/api/v1/account").token(&other).json(body).send().await.expect(201);
    for (partner, id) in [(1, json!(1)), (2, created.body["data"]["id"].clone())] {
        let app = token(&world, SSO_TOKEN, sso_body(partner, "john.doe@example.com")).await;
        let account = world.get("/api/v1/account").token(&app).send().await.expect(200);
        assert_eq!(account.body["data"]["id"], id, "partner {partner}");
    }
}
