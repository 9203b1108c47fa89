//! What the guide leaves out does not exist (NONE-1): another path is 404, another method on a path 405, whoever asks.
//!
//! [`DOCUMENTED`] is a second list of the routes, written from the guide and not from the server's table, so that
//! neither can lose or gain a route unnoticed.

use std::collections::BTreeSet;

use reqwest::Method;
use serde_json::Value;

use self::Takes::{Any, App, Crm, Either, Partner};
use crate::harness::{APP, Answer, CRM, World};

const GET: Method = Method::GET;
const HEAD: Method = Method::HEAD;
const POST: Method = Method::POST;
const PUT: Method = Method::PUT;
const PATCH: Method = Method::PATCH;
const DELETE: Method = Method::DELETE;

/// A documented route.
#[derive(Debug)]
pub(crate) struct Row {
    pub(crate) method: Method,
    /// With captures in the guide's words.
    pub(crate) path: &'static str,
    pub(crate) takes: Takes,
}

/// Which token a route takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Takes {
    /// The CRM token, on the account that the path names (SCOPE-2).
    Crm,
    /// The app token, on the user's own account (SCOPE-3).
    App,
    /// The CRM token or the owner's app token, on the account that the path names (ACCOUNT-5, SSO-5).
    Either,
    /// The CRM token, on no account in particular (ACCOUNT-1, ALARM-5).
    Partner,
    /// Either token, and what is meant depends on which (ALARM-6).
    Any,
}

const fn row(method: Method, path: &'static str, takes: Takes) -> Row {
    Row { method, path, takes }
}

impl Row {
    /// The path with the account and the items of id 1, which the seed has of every kind.
    pub(crate) fn path(&self) -> String {
        filled(self.path)
    }

    /// What asserts call it.
    pub(crate) fn label(&self) -> String {
        format!("{} {}", self.method, self.path)
    }
}

/// Every documented route that takes a token, of the pages that the fake serves.
#[rustfmt::skip]
pub(crate) static DOCUMENTED: &[Row] = &[
    row(POST,   "/api/v1/account", Partner),
    row(GET,    "/api/v1/account/{account_id}", Crm),
    row(PUT,    "/api/v1/account/{account_id}", Crm),
    row(PATCH,  "/api/v1/account/{account_id}", Crm),
    row(PUT,    "/api/v2/account/{account_id}", Either),
    row(GET,    "/api/v1/account", App),
    row(PUT,    "/api/v1/account", App),
    row(POST,   "/api/v2/account/password", App),

    row(PATCH,  "/api/v1/account/{account_id}/ssn-monitoring/activate", Crm),
    row(PATCH,  "/api/v1/account/{account_id}/ssn-monitoring/deactivate", Crm),

    row(POST,   "/api/v1/account/{account_id}/email-watchlist", Crm),
    row(GET,    "/api/v1/account/{account_id}/email-watchlist", Crm),
    row(GET,    "/api/v1/account/{account_id}/email-watchlist/leaks", Crm),
    row(DELETE, "/api/v1/account/{account_id}/email-watchlist/{emailId}", Crm),
    row(POST,   "/api/v1/email-watchlist", App),
    row(GET,    "/api/v1/email-watchlist", App),
    row(GET,    "/api/v1/email-watchlist/leaks", App),
    row(DELETE, "/api/v1/email-watchlist/{emailId}", App),
    row(POST,   "/api/v1/resend/watchlist-email-confirmation", App),

    row(POST,   "/api/v1/account/{account_id}/phone-watchlist", Crm),
    row(GET,    "/api/v1/account/{account_id}/phone-watchlist", Crm),
    row(GET,    "/api/v1/account/{account_id}/phone-watchlist/leaks", Crm),
    row(DELETE, "/api/v1/account/{account_id}/phone-watchlist/{phoneId}", Crm),
    row(POST,   "/api/v1/account/{account_id}/phone-watchlist/send-verification-code", Crm),
    row(POST,   "/api/v1/account/{account_id}/phone-watchlist/confirm", Crm),
    row(POST,   "/api/v1/phone-watchlist", App),
    row(GET,    "/api/v1/phone-watchlist", App),
    row(GET,    "/api/v1/phone-watchlist/leaks", App),
    row(DELETE, "/api/v1/phone-watchlist/{phoneId}", App),
    row(POST,   "/api/v1/phone-watchlist/send-verification-code", App),
    row(POST,   "/api/v1/phone-watchlist/confirm", App),

    row(POST,   "/api/v1/account/{account_id}/iban-watchlist", Crm),
    row(GET,    "/api/v1/account/{account_id}/iban-watchlist", Crm),
    row(GET,    "/api/v1/account/{account_id}/iban-watchlist/leaks", Crm),
    row(DELETE, "/api/v1/account/{account_id}/iban-watchlist/{ibanId}", Crm),
    row(POST,   "/api/v1/iban-watchlist", App),
    row(GET,    "/api/v1/iban-watchlist", App),
    row(GET,    "/api/v1/iban-watchlist/leaks", App),
    row(DELETE, "/api/v1/iban-watchlist/{ibanId}", App),

    row(POST,   "/api/v1/account/{account_id}/passport-watchlist", Crm),
    row(GET,    "/api/v1/account/{account_id}/passport-watchlist", Crm),
    row(PATCH,  "/api/v1/account/{account_id}/passport-watchlist/{passportId}", Crm),
    row(DELETE, "/api/v1/account/{account_id}/passport-watchlist/{passportId}", Crm),
    row(POST,   "/api/v1/passport-watchlist", App),
    row(GET,    "/api/v1/passport-watchlist", App),
    row(PATCH,  "/api/v1/passport-watchlist/{passportId}", App),
    row(DELETE, "/api/v1/passport-watchlist/{passportId}", App),

    row(POST,   "/api/v1/account/{account_id}/drivers-license-watchlist", Crm),
    row(GET,    "/api/v1/account/{account_id}/drivers-license-watchlist", Crm),
    row(DELETE, "/api/v1/account/{account_id}/drivers-license-watchlist/{licenseId}", Crm),
    row(POST,   "/api/v1/drivers-license-watchlist", App),
    row(GET,    "/api/v1/drivers-license-watchlist", App),
    row(DELETE, "/api/v1/drivers-license-watchlist/{licenseId}", App),

    row(POST,   "/api/v1/account/{account_id}/credit-card", Crm),
    row(GET,    "/api/v1/account/{account_id}/credit-cards", Crm),
    row(GET,    "/api/v1/account/{account_id}/credit-card/{creditCardId}", Crm),
    row(DELETE, "/api/v1/account/{account_id}/credit-card/{creditCardId}", Crm),
    row(POST,   "/api/v1/credit-card", App),
    row(GET,    "/api/v1/credit-cards", App),
    row(POST,   "/api/v1/credit-cards/verify", App),
    row(GET,    "/api/v1/credit-card/leaks", App),
    row(GET,    "/api/v1/credit-card/{creditCardId}", App),
    row(DELETE, "/api/v1/credit-card/{creditCardId}", App),

    row(GET,    "/api/v1/account/{account_id}/alarms", Crm),
    row(GET,    "/api/v1/account/{account_id}/alarms/statistic", Crm),
    row(GET,    "/api/v1/account/{account_id}/alarms/{alarmId}", Crm),
    row(GET,    "/api/v1/account/{account_id}/alarms/{alarmId}/close", Crm),
    row(GET,    "/api/v1/account/{account_id}/alarms/{alarmId}/coachme", Crm),
    row(GET,    "/api/v1/alarms", Any),
    row(GET,    "/api/v2/alarms", App),
    row(GET,    "/api/v1/alarms/{alarmId}", App),
    row(GET,    "/api/v1/alarms/{alarmId}/close", App),
    row(GET,    "/api/v1/alarms/{alarmId}/coachme", App),
    row(POST,   "/api/v1/alarms/leak/coachme", App),
    row(GET,    "/api/v1/alarms-list", Partner),
    row(GET,    "/api/v1/alarms/statistic", Partner),
    row(GET,    "/api/v1/alarms/email-list", Partner),
    row(GET,    "/api/v1/alarms/phone-list", Partner),
    row(GET,    "/api/v1/alarms/credit-card-list", Partner),
    row(GET,    "/api/v1/alarms/company-list", Partner),
    row(GET,    "/api/v1/alarms/accounts/by-period", Partner),
    row(GET,    "/api/v2/alarms/company/{companyId}", Partner),

    row(POST,   "/api/v1/delete-my-data", App),
    row(GET,    "/api/v1/delete-my-data", App),
    row(PUT,    "/api/v1/delete-my-data", App),
    row(GET,    "/api/v1/delete-my-data/status", App),
    row(GET,    "/api/v1/delete-my-data/sites", App),
    row(POST,   "/api/v1/delete-my-data/scan", App),
    row(GET,    "/api/v1/delete-my-data/scan/status", App),
    row(POST,   "/api/v1/delete-my-data/scan/{siteId}/retry", App),
];

/// What stands in the paths of the pages that have no examples here.
const PAGES_WITHOUT_EXAMPLES: [&str; 2] = ["/alarms", "/delete-my-data"];

/// The other documented routes that no example shows: profiles (ACCOUNT-5, SSO-5, SCOPE-5) and what PHONE-3 leaves open.
const WITHOUT_EXAMPLE: [&str; 9] = [
    "GET /api/v1/account/{account_id}",
    "PUT /api/v1/account/{account_id}",
    "PATCH /api/v1/account/{account_id}",
    "PUT /api/v2/account/{account_id}",
    "GET /api/v1/account",
    "PUT /api/v1/account",
    "POST /api/v2/account/password",
    "POST /api/v1/phone-watchlist/send-verification-code",
    "POST /api/v1/phone-watchlist/confirm",
];

const METHODS: [Method; 6] = [GET, HEAD, POST, PUT, PATCH, DELETE];

/// The kinds as paths write them, a card's list beside the card (CARD-2), and the SSN, which is none (SSN-1).
const KINDS: [&str; 9] = [
    "email-watchlist",
    "phone-watchlist",
    "iban-watchlist",
    "passport-watchlist",
    "drivers-license-watchlist",
    "credit-card",
    "credit-cards",
    "ssn-watchlist",
    "ssn",
];

/// What may come after a kind.
const SHAPES: [&str; 9] =
    ["", "/1", "/leaks", "/verify", "/confirm", "/send-verification-code", "/1/leaks", "/1/verify", "/leaks/1"];

/// Nobody, and both published tokens.
const TOKENS: [Option<&str>; 3] = [None, Some(CRM), Some(APP)];

/// A path of the guide with 1 for every id.
pub(crate) fn filled(path: &str) -> String {
    let fill = |segment| if is_capture(segment) { "1" } else { segment };
    path.split('/').map(fill).collect::<Vec<_>>().join("/")
}

fn is_capture(segment: &str) -> bool {
    segment.starts_with('{')
}

/// Whether `path` is `documented` with some text in the place of each capture.
fn is_instance(path: &str, documented: &str) -> bool {
    let is_as_documented = |(written, wanted): (&str, &str)| {
        if is_capture(wanted) { !written.is_empty() } else { written == wanted }
    };
    path.split('/').count() == documented.split('/').count()
        && path.split('/').zip(documented.split('/')).all(is_as_documented)
}

/// The documented methods of a path, as `Allow` lists them: none if there is no such path.
///
/// Ids are opaque, so a word where only an id is documented is read as an id: `/passport-watchlist/leaks` is a passport
/// that nobody has. Where the word itself is documented, it is that.
fn methods(path: &str) -> BTreeSet<&'static str> {
    let candidates = DOCUMENTED.iter().map(|row| row.path).filter(|documented| is_instance(path, documented));
    let Some(closest) = candidates.min_by_key(|documented| documented.matches('{').count()) else {
        return BTreeSet::new();
    };
    let of_path = DOCUMENTED.iter().filter(|row| row.path == closest);
    of_path.flat_map(|row| if row.method == GET { vec!["GET", "HEAD"] } else { vec![name(&row.method)] }).collect()
}

fn name(method: &Method) -> &'static str {
    let known = METHODS.iter().position(|known| known == method).expect("one of the methods above");
    ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"][known]
}

async fn send(world: &World, method: &Method, path: &str, token: Option<&str>) -> Answer {
    let request = world.request(method.clone(), path);
    match token {
        Some(token) => request.token(token).send().await,
        None => request.send().await,
    }
}

/// Holds the answer to a request that is not documented to what its path allows.
#[track_caller]
fn is_absent(answer: &Answer, allowed: &BTreeSet<&str>, label: &str) {
    if allowed.is_empty() {
        assert_eq!(answer.status, 404, "{label}: {}", answer.raw);
        assert_eq!(answer.header("allow"), "", "{label}");
    } else {
        assert_eq!(answer.status, 405, "{label}: {}", answer.raw);
        let listed: BTreeSet<&str> = answer.header("allow").split(", ").collect();
        assert_eq!(&listed, allowed, "{label}");
    }
    assert!(answer.rests_on("NONE-1"), "{label}: {}", answer.header("x-mock-basis"));
}

/// Tries every method on every shape of path below `scope`.
async fn try_everything_below(scope: &str) {
    let world = World::new();
    let (mut documented, mut absent) = (0, 0);
    for kind in KINDS {
        for shape in SHAPES {
            let path = format!("{scope}/{kind}{shape}");
            let allowed = methods(&path);
            for method in METHODS {
                if allowed.contains(name(&method)) {
                    let answer = send(&world, &method, &path, None).await;
                    assert_eq!(answer.status, 401, "{method} {path}: {}", answer.raw);
                    documented += 1;
                    continue;
                }
                for token in TOKENS {
                    let label = format!("{method} {path} with {token:?}");
                    is_absent(&send(&world, &method, &path, token).await, &allowed, &label);
                }
                absent += 1;
            }
        }
    }
    assert!(documented > 40 && absent > 350, "{documented} documented, {absent} absent");
}

#[tokio::test]
async fn below_an_account_nothing_exists_but_what_is_documented() {
    try_everything_below("/api/v1/account/1").await;
}

#[tokio::test]
async fn without_an_account_nothing_exists_but_what_is_documented() {
    try_everything_below("/api/v1").await;
}

#[tokio::test]
async fn every_documented_route_asks_who_is_calling() {
    let world = World::new();
    for row in DOCUMENTED {
        let answer = send(&world, &row.method, &row.path(), None).await;
        assert_eq!(answer.status, 401, "{}: {}", row.label(), answer.raw);
    }
}

#[tokio::test]
async fn a_path_that_is_documented_has_no_other_methods() {
    let world = World::new();
    let paths: BTreeSet<&str> = DOCUMENTED.iter().map(|row| row.path).collect();
    for path in paths {
        let allowed = methods(path);
        for method in METHODS.iter().filter(|method| !allowed.contains(name(method))) {
            for token in TOKENS {
                let label = format!("{method} {path} with {token:?}");
                is_absent(&send(&world, method, &filled(path), token).await, &allowed, &label);
            }
        }
    }
}

#[tokio::test]
async fn what_the_guide_rules_out_by_name_is_refused_whoever_asks() {
    let every_scope = [
        ("leaks of passports", GET, "passport-watchlist/leaks", 405),
        ("leaks of licenses", GET, "drivers-license-watchlist/leaks", 405),
        ("a change of an email", PATCH, "email-watchlist/1", 405),
        ("a change of a phone", PATCH, "phone-watchlist/1", 405),
        ("a change of an IBAN", PATCH, "iban-watchlist/1", 405),
        ("a change of a license", PATCH, "drivers-license-watchlist/1", 405),
        ("a change of a card", PATCH, "credit-card/1", 405),
        ("one email", GET, "email-watchlist/1", 405),
        ("one phone", GET, "phone-watchlist/1", 405),
        ("one IBAN", GET, "iban-watchlist/1", 405),
        ("one passport", GET, "passport-watchlist/1", 405),
        ("one license", GET, "drivers-license-watchlist/1", 405),
        ("adding an SSN", POST, "ssn-watchlist", 404),
        ("a list of SSNs", GET, "ssn-watchlist", 404),
        ("leaks of SSNs", GET, "ssn-watchlist/leaks", 404),
        ("removing an SSN", DELETE, "ssn-watchlist/1", 404),
    ];
    let world = World::new();
    for (what, method, path, status) in every_scope {
        for scope in ["/api/v1/account/1", "/api/v1"] {
            for token in TOKENS {
                let answer = send(&world, &method, &format!("{scope}/{path}"), token).await;
                assert_eq!(answer.status, status, "{what} below {scope} with {token:?}: {}", answer.raw);
            }
        }
    }
    let one_scope = [
        ("verification of a card by CRM", POST, "/api/v1/account/1/credit-cards/verify"),
        ("resending a confirmation by CRM", POST, "/api/v1/account/1/resend/watchlist-email-confirmation"),
        ("monitoring of an SSN by the user", PATCH, "/api/v1/ssn-monitoring/activate"),
        ("ending it by the user", PATCH, "/api/v1/ssn-monitoring/deactivate"),
    ];
    for (what, method, path) in one_scope {
        for token in TOKENS {
            let answer = send(&world, &method, path, token).await;
            assert_eq!(answer.status, 404, "{what} with {token:?}: {}", answer.raw);
        }
    }
}

/// The path is that of one card whose id is a word, so only somebody who may read cards learns that there is none.
#[tokio::test]
async fn a_partner_finds_no_leaks_of_cards() {
    let world = World::new();
    let path = "/api/v1/account/1/credit-card/leaks";
    for (token, status) in [(None, 401), (Some(APP), 403), (Some(CRM), 404)] {
        let answer = send(&world, &GET, path, token).await;
        assert_eq!(answer.status, status, "with {token:?}: {}", answer.raw);
    }
}

#[tokio::test]
async fn a_path_is_only_known_as_it_is_written() {
    let world = World::new();
    for row in DOCUMENTED {
        let token = if row.takes == App { APP } else { CRM };
        let path = row.path();
        let slashes: Vec<usize> = path.match_indices('/').map(|(position, _)| position).collect();
        let doubled = slashes.iter().map(|position| format!("{}/{}", &path[..*position], &path[*position..]));
        let others = [format!("{path}/"), format!("{path}//"), path.to_uppercase(), path.replacen("api", "Api", 1)];
        for other in doubled.chain(others) {
            let answer = send(&world, &row.method, &other, Some(token)).await;
            assert_eq!(answer.status, 404, "{} {other}: {}", row.method, answer.raw);
        }
    }
}

/// The two routes of PHONE-3, which the guide leaves open.
const PHONE_3: [&str; 2] = ["/api/v1/phone-watchlist/send-verification-code", "/api/v1/phone-watchlist/confirm"];

#[tokio::test]
async fn where_the_app_does_not_verify_phones_its_two_routes_do_not_exist() {
    let world = World::assuming("phone.app-verification", "absent");
    for path in PHONE_3 {
        for token in TOKENS {
            let answer = send(&world, &POST, path, token).await;
            assert!([404, 405].contains(&answer.status), "{path} with {token:?}: {} {}", answer.status, answer.raw);
            assert!(answer.rests_on("phone.app-verification"), "{path}: {}", answer.header("x-mock-basis"));
        }
    }
    // Those of the partner stay.
    let path = "/api/v1/account/1/phone-watchlist/send-verification-code";
    world.post(path).token(CRM).send().await.expect(200);
}

#[tokio::test]
async fn a_route_that_does_not_exist_is_not_offered_in_allow() {
    let world = World::assuming("phone.app-verification", "absent");
    for path in PHONE_3 {
        for method in METHODS.into_iter().filter(|method| *method != DELETE) {
            let answer = send(&world, &method, path, Some(APP)).await;
            assert!([404, 405].contains(&answer.status), "{method} {path}: {} {}", answer.status, answer.raw);
            let allow = answer.header("allow");
            assert!(!allow.contains("POST"), "{method} {path} answers Allow: {allow}");
        }
    }
}

#[test]
fn every_example_of_the_guide_is_in_the_list_and_the_reverse() {
    let examples: Vec<Value> =
        serde_json::from_str(include_str!("../../../fixtures/examples.json")).expect("the examples are JSON");
    let text = |example: &Value, field: &str| example[field].as_str().expect("a text").to_owned();
    let shown: BTreeSet<(String, bool)> = examples
        .iter()
        .map(|example| {
            (format!("{} {}", text(example, "method"), text(example, "path")), text(example, "token") == "crm")
        })
        .collect();
    let listed: BTreeSet<(String, bool)> = DOCUMENTED
        .iter()
        .filter(|row| !PAGES_WITHOUT_EXAMPLES.iter().any(|page| row.path.contains(page)))
        .map(|row| (row.label(), row.takes != App))
        .collect();
    let (without, with): (BTreeSet<_>, BTreeSet<_>) =
        listed.into_iter().partition(|(label, _)| WITHOUT_EXAMPLE.contains(&label.as_str()));
    assert_eq!(with, shown);
    assert_eq!(without.len(), WITHOUT_EXAMPLE.len());
}
