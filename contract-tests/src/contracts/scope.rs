//! Two tokens, and which routes take which.

use reqwest::Method;
use serde_json::json;

use super::watchlist::{EMAIL, Enrolled};
use crate::case::Case;
use crate::client::Caller;
use crate::contract::{Step, Stop};
use crate::documented::{Route, Scope, excluded_routes, routes};
use crate::reader;

page!("scope" {
    "app_token_is_refused_under_an_account": ["SCOPE-2"] => app_token_is_refused,
    "crm_token_is_refused_without_an_account": ["SCOPE-3"] => crm_token_is_refused,
    "account_of_another_partner_is_refused": ["SCOPE-4"] => account_of_another_partner_is_refused,
    "excluded_routes_are_refused": ["NONE-1", "SSN-1"] => excluded_routes_are_refused,
});

/// The owner's own app token is refused on every route that takes the CRM token.
async fn app_token_is_refused(case: &Case<'_>) -> Step {
    let own = Enrolled::new(case).await?;
    let app = case.app(&own.account).await?;
    is_let_in(case, &app, &own).await?;
    let expected = ("401 or 403 to an app token", reader::is_wrong_token as fn(u16) -> bool);
    refused(case, &app, &own, routes().into_iter().filter(|route| route.scope == Scope::Crm), expected).await
}

/// The CRM token is refused on every route that takes the app token.
async fn crm_token_is_refused(case: &Case<'_>) -> Step {
    let own = Enrolled::new(case).await?;
    let expected = ("401 or 403 to a CRM token", reader::is_wrong_token as fn(u16) -> bool);
    refused(case, &own.crm, &own, routes().into_iter().filter(|route| route.scope == Scope::App), expected).await
}

/// The CRM token of another partner is refused on every route of the account.
async fn account_of_another_partner_is_refused(case: &Case<'_>) -> Step {
    let other = case.other_partner().await?;
    let own = Enrolled::new(case).await?;
    let expected = ("403 or 404 to another partner", reader::is_foreign as fn(u16) -> bool);
    let of_account = |route: &Route| route.path.contains("{account_id}");
    refused(case, &other, &own, routes().into_iter().filter(of_account), expected).await
}

/// Whoever would be let in, if there were such a route, is refused.
async fn excluded_routes_are_refused(case: &Case<'_>) -> Step {
    let own = Enrolled::new(case).await?;
    let app = case.app(&own.account).await?;
    for (caller, scope) in [(&own.crm, Scope::Crm), (&app, Scope::App)] {
        is_let_in(case, caller, &own).await?;
        let expected = ("a refusal: there is no such route", reader::is_refusal as fn(u16) -> bool);
        let routes = excluded_routes().into_iter().filter(|route| route.scope == scope);
        refused(case, caller, &own, routes, expected).await?;
    }
    Ok(())
}

/// A token that is let in nowhere would be refused for the wrong reason.
async fn is_let_in(case: &Case<'_>, caller: &Caller, own: &Enrolled) -> Step {
    let listed = case.get(caller, &caller.path(&own.account, EMAIL.list)).await?;
    listed.demand("a token that is let in", reader::is_success).map_err(Stop::into_needed)
}

/// Calls each of `routes` on what is enrolled, and demands a refusal. Where an item could not be added, it is left out.
async fn refused(
    case: &Case<'_>,
    caller: &Caller,
    own: &Enrolled,
    routes: impl Iterator<Item = Route>,
    (expected, is_expected): (&str, fn(u16) -> bool),
) -> Step {
    for Route { method, path, facts, .. } in routes {
        let path = own.captures.iter().fold(path, |path, (capture, id)| path.replace(capture, id));
        if !path.contains('{') {
            let method = Method::from_bytes(method.as_bytes()).unwrap_or_default();
            let body = (!matches!(method, Method::GET | Method::DELETE)).then(|| json!({}));
            let answer = case.send(caller, method, &path, body).await?;
            answer.demand(&format!("{expected} ({})", facts.join(", ")), is_expected)?;
        }
    }
    Ok(())
}
