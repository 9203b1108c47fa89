//! The guide as data: its facts, its routes, and the routes that it leaves out.
//!
//! The fake has a route table of its own. Neither is made from the other, so a mistake in one shows in the other.

use std::sync::LazyLock;

use serde::Deserialize;

/// One fact of the guide.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct Fact {
    pub(crate) id: String,
    pub(crate) fact: String,
}

static FACTS: LazyLock<Vec<Fact>> = LazyLock::new(|| {
    serde_json::from_str(include_str!("../../fixtures/facts.json")).expect("the compiled-in facts are of this form")
});

/// All facts, in the order of the guide.
pub(crate) fn facts() -> &'static [Fact] {
    &FACTS
}

/// The fact with this id.
pub(crate) fn fact(id: &str) -> Option<&'static Fact> {
    FACTS.iter().find(|fact| fact.id == id)
}

/// Where items are added and removed, kind by kind.
pub(crate) const ITEM_PATHS: [&str; 6] = [
    "/email-watchlist",
    "/phone-watchlist",
    "/iban-watchlist",
    "/passport-watchlist",
    "/drivers-license-watchlist",
    "/credit-card",
];

/// Which tokens a route takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Scope {
    /// None: this is where tokens come from.
    Open,
    /// The CRM token (SCOPE-2).
    Crm,
    /// The app token (SCOPE-3).
    App,
    /// Either.
    Either,
}

/// One route, for one kind of token.
#[derive(Clone, Debug)]
pub(crate) struct Route {
    pub(crate) method: &'static str,
    /// With captures in the guide's words.
    pub(crate) path: String,
    pub(crate) scope: Scope,
    /// What gives it, or rules it out.
    pub(crate) facts: &'static [&'static str],
}

/// Whose routes, their methods, their path, their facts. `~` is where the caller's watchlists stand: below the account
/// for CRM, at the top for the app.
type Row = (&'static [Scope], &'static str, &'static str, &'static [&'static str]);

const OPEN: &[Scope] = &[Scope::Open];
const CRM: &[Scope] = &[Scope::Crm];
const APP: &[Scope] = &[Scope::App];
const EITHER: &[Scope] = &[Scope::Either];
/// A route for each token.
const BOTH: &[Scope] = &[Scope::Crm, Scope::App];

#[rustfmt::skip]
const DOCUMENTED: &[Row] = &[
    (OPEN,   "POST",         "/api/v1/crm/auth/login", &["LOGIN-1"]),
    (OPEN,   "POST",         "/api/v1/sso/token", &["SSO-1"]),
    (OPEN,   "POST",         "/api/v1/sso/code", &["SSO-4"]),
    (OPEN,   "POST",         "/api/v1/sso/login", &["SSO-4"]),
    (APP,    "GET PUT",      "/api/v1/account", &["SSO-5"]),
    (APP,    "POST",         "/api/v2/account/password", &["SSO-5"]),
    (CRM,    "POST",         "/api/v1/account", &["ACCOUNT-1"]),
    (CRM,    "PUT PATCH",    "/api/v1/account/{account_id}", &["ACCOUNT-5"]),
    (EITHER, "PUT",          "/api/v2/account/{account_id}", &["ACCOUNT-5", "SSO-5"]),
    (CRM,    "PATCH",        "~/ssn-monitoring/activate", &["SSN-3"]),
    (CRM,    "PATCH",        "~/ssn-monitoring/deactivate", &["SSN-3"]),
    (BOTH,   "POST GET",     "~/email-watchlist", &["EMAIL-1"]),
    (BOTH,   "GET",          "~/email-watchlist/leaks", &["EMAIL-1"]),
    (BOTH,   "DELETE",       "~/email-watchlist/{emailId}", &["EMAIL-1"]),
    (APP,    "POST",         "~/resend/watchlist-email-confirmation", &["EMAIL-2"]),
    (BOTH,   "POST GET",     "~/phone-watchlist", &["PHONE-1"]),
    (BOTH,   "GET",          "~/phone-watchlist/leaks", &["PHONE-1"]),
    (BOTH,   "DELETE",       "~/phone-watchlist/{phoneId}", &["PHONE-1"]),
    (CRM,    "POST",         "~/phone-watchlist/send-verification-code", &["PHONE-2"]),
    (CRM,    "POST",         "~/phone-watchlist/confirm", &["PHONE-2"]),
    (BOTH,   "POST GET",     "~/iban-watchlist", &["IBAN-1"]),
    (BOTH,   "GET",          "~/iban-watchlist/leaks", &["IBAN-1"]),
    (BOTH,   "DELETE",       "~/iban-watchlist/{ibanId}", &["IBAN-1"]),
    (BOTH,   "POST GET",     "~/passport-watchlist", &["PASSPORT-1"]),
    (BOTH,   "PATCH DELETE", "~/passport-watchlist/{passportId}", &["PASSPORT-1"]),
    (BOTH,   "POST GET",     "~/drivers-license-watchlist", &["LICENSE-1"]),
    (BOTH,   "DELETE",       "~/drivers-license-watchlist/{licenseId}", &["LICENSE-1"]),
    (BOTH,   "POST",         "~/credit-card", &["CARD-1", "CARD-2"]),
    (BOTH,   "GET",          "~/credit-cards", &["CARD-1", "CARD-2"]),
    (BOTH,   "GET DELETE",   "~/credit-card/{creditCardId}", &["CARD-1", "CARD-2"]),
    (APP,    "GET",          "~/credit-card/leaks", &["CARD-1", "CARD-2"]),
    (APP,    "POST",         "~/credit-cards/verify", &["CARD-4"]),
    (CRM,    "GET",          "~/alarms", &["ALARM-1"]),
    (CRM,    "GET",          "~/alarms/statistic", &["ALARM-1"]),
    (BOTH,   "GET",          "~/alarms/{alarmId}", &["ALARM-1", "ALARM-4"]),
    (BOTH,   "GET",          "~/alarms/{alarmId}/close", &["ALARM-2"]),
    (BOTH,   "GET",          "~/alarms/{alarmId}/coachme", &["ALARM-3"]),
    (EITHER, "GET",          "/api/v1/alarms", &["ALARM-6"]),
    (APP,    "GET",          "/api/v2/alarms", &["ALARM-4"]),
    (APP,    "POST",         "~/alarms/leak/coachme", &["ALARM-4"]),
    (CRM,    "GET",          "/api/v1/alarms-list", &["ALARM-5"]),
    (CRM,    "GET",          "/api/v1/alarms/statistic", &["ALARM-5"]),
    (CRM,    "GET",          "/api/v1/alarms/email-list", &["ALARM-5"]),
    (CRM,    "GET",          "/api/v1/alarms/phone-list", &["ALARM-5"]),
    (CRM,    "GET",          "/api/v1/alarms/credit-card-list", &["ALARM-5"]),
    (CRM,    "GET",          "/api/v1/alarms/company-list", &["ALARM-5"]),
    (CRM,    "GET",          "/api/v1/alarms/accounts/by-period", &["ALARM-5"]),
    (CRM,    "GET",          "/api/v2/alarms/company/{companyId}", &["ALARM-5"]),
    (APP,    "POST GET PUT", "/api/v1/delete-my-data", &["ONLINE-1", "ONLINE-2"]),
    (APP,    "GET",          "/api/v1/delete-my-data/status", &["ONLINE-1", "ONLINE-3"]),
    (APP,    "GET",          "/api/v1/delete-my-data/sites", &["ONLINE-1", "ONLINE-3"]),
    (APP,    "POST",         "/api/v1/delete-my-data/scan", &["ONLINE-1", "ONLINE-4"]),
    (APP,    "GET",          "/api/v1/delete-my-data/scan/status", &["ONLINE-1", "ONLINE-4"]),
    (APP,    "POST",         "/api/v1/delete-my-data/scan/{siteId}/retry", &["ONLINE-1", "ONLINE-4"]),
];

#[rustfmt::skip]
const EXCLUDED: &[Row] = &[
    (BOTH, "GET PATCH", "~/email-watchlist/{emailId}", &["NONE-1"]),
    (BOTH, "GET PATCH", "~/phone-watchlist/{phoneId}", &["NONE-1"]),
    (BOTH, "GET PATCH", "~/iban-watchlist/{ibanId}", &["NONE-1"]),
    (BOTH, "GET",       "~/passport-watchlist/{passportId}", &["NONE-1"]),
    (BOTH, "GET",       "~/passport-watchlist/leaks", &["NONE-1"]),
    (BOTH, "GET PATCH", "~/drivers-license-watchlist/{licenseId}", &["NONE-1"]),
    (BOTH, "GET",       "~/drivers-license-watchlist/leaks", &["NONE-1"]),
    (BOTH, "PATCH",     "~/credit-card/{creditCardId}", &["NONE-1"]),
    (CRM,  "GET",       "~/credit-card/leaks", &["NONE-1"]),
    (CRM,  "POST",      "~/credit-cards/verify", &["NONE-1", "CARD-4"]),
    (BOTH, "POST GET",  "~/ssn-watchlist", &["NONE-1", "SSN-1"]),
    (BOTH, "GET",       "~/ssn-watchlist/leaks", &["NONE-1", "SSN-1"]),
    (BOTH, "DELETE",    "~/ssn-watchlist/{ssnId}", &["NONE-1", "SSN-1"]),
];

/// The routes of the guide, each once for each token that it takes.
pub(crate) fn routes() -> Vec<Route> {
    DOCUMENTED.iter().flat_map(expand).collect()
}

/// The routes that somebody who knows the others might look for, and that do not exist (NONE-1).
pub(crate) fn excluded_routes() -> Vec<Route> {
    EXCLUDED.iter().flat_map(expand).collect()
}

fn expand((scopes, methods, path, facts): &'static Row) -> impl Iterator<Item = Route> {
    scopes.iter().flat_map(move |&scope| {
        let place = if scope == Scope::Crm { "/api/v1/account/{account_id}" } else { "/api/v1" };
        methods.split(' ').map(move |method| Route { method, path: path.replacen('~', place, 1), scope, facts })
    })
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_route_is_listed_once_and_names_real_facts() {
        let mut seen = BTreeSet::new();
        for route in routes().into_iter().chain(excluded_routes()) {
            assert!(!route.facts.is_empty() && route.facts.iter().all(|id| fact(id).is_some()), "{route:?}");
            let row = format!("{} {} {:?}", route.method, route.path, route.scope);
            assert!(seen.insert(row.clone()), "{row} stands twice");
        }
    }
}
