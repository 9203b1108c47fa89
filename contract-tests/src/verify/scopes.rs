//! Who is let in where, and which routes there are.

use super::findings::Findings;
use super::traffic::{Call, Traffic};
use crate::documented::{Scope, fact};
use crate::reader;

pub(super) fn rules(traffic: &Traffic, findings: &mut Findings) {
    for (place, call) in traffic.places() {
        excluded(place, call, findings);
        if !call.routes.is_empty() {
            anonymous(place, call, findings);
            by_token(place, call, findings);
            served(place, call, findings);
        }
    }
    let of = |scope| {
        let reads = |call: &Call| call.is("GET", "/api/v1/alarms") && call.is_success() && call.token() == Some(scope);
        traffic.calls.iter().any(reads)
    };
    if of(Scope::Crm) && of(Scope::App) {
        findings.held("ALARM-6");
    }
}

/// A fact of a route as the guide's list has it.
fn known(id: &str) -> Option<&'static str> {
    fact(id).map(|fact| &*fact.id)
}

/// A route that the guide leaves out is not there.
fn excluded(place: usize, call: &Call, findings: &mut Findings) {
    let Some(route) = call.excluded else { return };
    for id in route.facts.iter().filter_map(|id| known(id)) {
        let expected = "a refusal: there is no such route";
        findings.judge(id, place, !call.is_success(), expected, || call.status.to_string());
    }
}

/// Whether a route takes a token, as all but the logins do.
fn is_open(call: &Call) -> bool {
    call.routes.iter().any(|route| route.scope == Scope::Open)
}

/// Nobody is let in without a token.
fn anonymous(place: usize, call: &Call, findings: &mut Findings) {
    if call.is_anonymous() && !is_open(call) {
        let is_refused = !call.is_success();
        findings.judge("SCOPE-1", place, is_refused, "a refusal without a token", || call.status.to_string());
    }
}

/// A token is let in where its kind is, and nowhere else.
fn by_token(place: usize, call: &Call, findings: &mut Findings) {
    let (Some(token), false) = (call.token(), is_open(call)) else { return };
    let takes = call.routes.iter().any(|route| route.scope == token || route.scope == Scope::Either);
    let fact = if call.path().starts_with("/api/v1/account/{") { "SCOPE-2" } else { "SCOPE-3" };
    // Below no account id there are CRM's own routes as well (SCOPE-5).
    let is_crms = call.routes.iter().all(|route| route.scope == Scope::Crm);
    let fact = if fact == "SCOPE-3" && is_crms { "SCOPE-5" } else { fact };
    if takes {
        if call.is_success() {
            findings.held("SCOPE-1");
            findings.held(fact);
        }
    } else {
        let kind = if token == Scope::Crm { "a CRM token" } else { "an app token" };
        let expected = format!("{kind} is refused here");
        findings.judge(fact, place, !call.is_success(), &expected, || call.status.to_string());
        if call.path().starts_with("/api/v1/delete-my-data") {
            findings.judge("ONLINE-1", place, !call.is_success(), &expected, || call.status.to_string());
        }
    }
}

/// A documented route is served. A state that is missing may be 404; a method that is missing is no state.
fn served(place: usize, call: &Call, findings: &mut Findings) {
    for id in call.routes.iter().flat_map(|route| &route.facts).filter_map(|id| known(id)) {
        if call.is_success() {
            // Creating an account, logins, and the data of a scan have rules of their own.
            if !matches!(id, "ACCOUNT-1" | "ACCOUNT-5" | "LOGIN-1" | "SSO-1" | "SSO-4" | "ALARM-2" | "ONLINE-4") {
                findings.held(id);
            }
        } else if call.status == 405 {
            findings.violated(id, place, "a route that is there", "405");
        }
    }
    let is_list = call.captures.is_empty()
        && call.method == "GET"
        && call.token() == Some(Scope::App)
        && (call.path().ends_with("-watchlist") || call.path() == "/api/v1/credit-cards");
    if is_list && call.status == 404 {
        let id = call.routes.iter().flat_map(|route| &route.facts).find_map(|id| known(id));
        findings.violated(id.unwrap_or("SCOPE-3"), place, "a list of the user's own items", "404");
    }
    if call.status < 400 && call.is("POST", "/api/v1/credit-cards/verify") && reader::is_success(call.status) {
        findings.held("CARD-4");
    }
}
