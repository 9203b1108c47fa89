//! Routes that the guide leaves out do not exist (NONE-1): another path is 404, another method on a path 405, with any
//! token and without one.

use std::collections::BTreeSet;

use reqwest::Method;

use crate::harness::{APP, Answer, CRM, KINDS, ROUTES, World, filled, is_capture, token_routes};

const GET: Method = Method::GET;
const HEAD: Method = Method::HEAD;
const POST: Method = Method::POST;
const PUT: Method = Method::PUT;
const PATCH: Method = Method::PATCH;
const DELETE: Method = Method::DELETE;
const METHODS: [Method; 6] = [GET, HEAD, POST, PUT, PATCH, DELETE];

/// The kinds as paths write them, a card's list beside the card (CARD-2), and the SSN, which is no kind (SSN-1).
fn kinds() -> BTreeSet<&'static str> {
    let paths = KINDS.iter().flat_map(|kind| [kind.add, kind.list]);
    paths.chain(["/ssn-watchlist", "/ssn"]).collect()
}

/// The ends of paths that are tried after a kind.
const SHAPES: [&str; 9] =
    ["", "/1", "/leaks", "/verify", "/confirm", "/send-verification-code", "/1/leaks", "/1/verify", "/leaks/1"];

/// No token, and both published tokens.
const TOKENS: [Option<&str>; 3] = [None, Some(CRM), Some(APP)];

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
/// that no account has. Where the word itself is documented, it is that.
fn methods(path: &str) -> BTreeSet<&'static str> {
    let candidates = ROUTES.iter().map(|route| &*route.path).filter(|documented| is_instance(path, documented));
    let Some(closest) = candidates.min_by_key(|documented| documented.matches('{').count()) else {
        return BTreeSet::new();
    };
    let of_path = ROUTES.iter().filter(|route| route.path == closest).map(|route| route.method.as_str());
    of_path.flat_map(|method| if method == "GET" { vec!["GET", "HEAD"] } else { vec![method] }).collect()
}

async fn send(world: &World, method: &Method, path: &str, token: Option<&str>) -> Answer {
    world.request(method.clone(), path).token_if(token).send().await
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
    for kind in kinds() {
        for shape in SHAPES {
            let path = format!("{scope}{kind}{shape}");
            let allowed = methods(&path);
            for method in METHODS {
                if allowed.contains(method.as_str()) {
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
    for row in token_routes() {
        let answer = send(&world, &row.method, &row.path(), None).await;
        assert_eq!(answer.status, 401, "{}: {}", row.label(), answer.raw);
    }
}

#[tokio::test]
async fn a_path_that_is_documented_has_no_other_methods() {
    let world = World::new();
    let paths: BTreeSet<&str> = ROUTES.iter().map(|route| &*route.path).collect();
    for path in paths {
        let allowed = methods(path);
        for method in METHODS.iter().filter(|method| !allowed.contains(method.as_str())) {
            for token in TOKENS {
                let label = format!("{method} {path} with {token:?}");
                is_absent(&send(&world, method, &filled(path), token).await, &allowed, &label);
            }
        }
    }
}

#[tokio::test]
async fn routes_that_the_guide_rules_out_by_name_are_refused_to_every_caller() {
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

/// The path is that of one card whose id is a word, so only a caller who may read cards learns that there is no such
/// card.
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
    for row in ROUTES.iter() {
        let token = row.tokens().next();
        let path = row.path();
        let slashes: Vec<usize> = path.match_indices('/').map(|(position, _)| position).collect();
        let doubled = slashes.iter().map(|position| format!("{}/{}", &path[..*position], &path[*position..]));
        let others = [format!("{path}/"), format!("{path}//"), path.to_uppercase(), path.replacen("api", "Api", 1)];
        for other in doubled.chain(others) {
            let answer = send(&world, &row.method, &other, token).await;
            assert_eq!(answer.status, 404, "{} {other}: {}", row.method, answer.raw);
        }
    }
}

/// The paths of the two routes of PHONE-3, which the guide leaves open.
fn by_assumption() -> impl Iterator<Item = &'static str> {
    ROUTES.iter().filter(|route| route.assumption.is_some()).map(|route| &*route.path)
}

#[tokio::test]
async fn where_the_app_does_not_verify_phones_its_two_routes_do_not_exist() {
    let world = World::assuming("phone.app-verification", "absent");
    for path in by_assumption() {
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
    for path in by_assumption() {
        for method in METHODS.into_iter().filter(|method| *method != DELETE) {
            let answer = send(&world, &method, path, Some(APP)).await;
            assert!([404, 405].contains(&answer.status), "{method} {path}: {} {}", answer.status, answer.raw);
            let allow = answer.header("allow");
            assert!(!allow.contains("POST"), "{method} {path} answers Allow: {allow}");
        }
    }
}
