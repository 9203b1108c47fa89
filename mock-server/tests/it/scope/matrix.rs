//! Every documented route with every kind of caller.

use reqwest::Method;

use super::granted::{granted_body, granted_status};
use super::{Identity, known_callers, refusal, request, unknown_callers};
use crate::harness::{APP, CRM, Route, Takes, World, invalid_body, is_capture, token_routes};

#[tokio::test]
async fn a_caller_who_may_not_call_a_route_is_refused_with_any_body() {
    let world = World::new();
    let mut callers = unknown_callers(&world).await;
    callers.extend(known_callers(&world).await);
    let mut refused = 0;
    for row in token_routes() {
        for caller in &callers {
            let Some(expected) = refusal(row.takes(), caller.identity) else { continue };
            let bodies = [("invalid", invalid_body().to_string()), ("malformed", "{".into())];
            for (kind, body) in bodies {
                let answer = caller.sign(request(&world, row)).body("application/json", body).send().await;
                let label = format!("{} with {} and a body that is {kind}", row.label(), caller.label);
                assert_eq!(answer.status, expected, "{label}: {}", answer.raw);
            }
            refused += 1;
        }
    }
    assert!(refused > 1000, "{refused}");
    assert_eq!(world.messages(), [], "a refused request sends nothing");
}

#[tokio::test]
async fn a_caller_who_may_call_a_route_is_granted_it() {
    let all: Vec<Identity> = known_callers(&World::new()).await.iter().map(|caller| caller.identity).collect();
    for row in token_routes() {
        for (position, identity) in all.iter().enumerate() {
            // A stranger is let in too, to an account of their own: that is another test.
            if refusal(row.takes(), *identity).is_some() || *identity == Identity::Stranger {
                continue;
            }
            let world = World::new();
            let caller = known_callers(&world).await.swap_remove(position);
            let body = granted_body(&world, row).await;
            let answer = caller.sign(request(&world, row)).json(body).send().await;
            let label = format!("{} with {}", row.label(), caller.label);
            assert_eq!(answer.status, granted_status(row), "{label}: {}", answer.raw);
        }
    }
}

#[tokio::test]
async fn a_caller_who_is_let_in_is_told_what_is_wrong_with_the_body() {
    let world = World::new();
    let callers = [("the CRM token", CRM), ("the owner's app token", APP)];
    for row in token_routes() {
        // Switching the monitoring of an SSN, and scans, are changes without a body.
        let is_bodiless = ["/ssn-monitoring/", "/scan"].iter().any(|part| row.path.contains(part));
        let reads_a_body = ![Method::GET, Method::DELETE].contains(&row.method) && !is_bodiless;
        // A scan cannot be started twice at once, nor tried again before it has failed.
        if row.method == Method::POST && row.path.contains("/scan") {
            continue;
        }
        for (label, token) in callers {
            let identity = if token == CRM { Identity::Partner } else { Identity::Owner };
            if refusal(row.takes(), identity).is_some() {
                continue;
            }
            // The next row would miss an item that this one removes.
            let world = if row.method == Method::DELETE { &World::new() } else { &world };
            let (on_invalid, on_malformed) =
                if reads_a_body { (422, 400) } else { (granted_status(row), granted_status(row)) };
            let label = format!("{} with {label}", row.label());
            let answer = request(world, row).token(token).json(invalid_body()).send().await;
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
    for row in token_routes().filter(|row| row.takes() == Takes::App) {
        let world = World::new();
        let body = granted_body(&world, row).await;
        let stranger = world.app_token("jane.roe@example.com").await;
        let expected = match row.end() {
            // An item or an alarm of another account.
            end if is_capture(end) => 404,
            // The card or the phone of another account, named in the body, and nothing that waits for the stranger.
            "verify" | "confirm" | "watchlist-email-confirmation" => 404,
            "close" | "coachme" => 404,
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
    let reads = |row: &&Route| row.takes() == Takes::App && row.method == Method::GET && !row.path.ends_with("/close");
    for row in token_routes().filter(reads) {
        seen.push(request(world, row).token(APP).send().await.expect(200).raw);
    }
    seen
}
