//! Calls of the principal matrix: many routes by one caller, each held to one expectation.

use reqwest::Method;
use serde_json::json;

use crate::case::Case;
use crate::documented::{Route, Scope, excluded_routes};
use crate::exchange::{Account, Answer, Caller, Request};
use crate::halt::Halt;
use crate::kind::{EMAIL, KINDS, Kind};
use crate::matrix::{Cell, Principal};
use crate::reader;
use crate::steps::items::Enrolled;
use crate::steps::online;

/// A request that a documented route would take from whoever it lets in.
pub(crate) fn request(case: &Case, route: &Route, path: String) -> Request {
    let body = match (&route.method, Kind::at(items_of(&path))) {
        (&Method::GET | &Method::DELETE, _) => None,
        // A body that would be taken, so that who is let in shows by more than a complaint about the body.
        (&Method::POST, Some(kind)) => Some(kind.body(case, &kind.new_value(case))),
        _ if path == online::PROFILE => Some(online::profile(case)),
        _ => Some(json!({})),
    };
    Request::new(route.method.clone(), path, case.format, body.as_ref())
}

/// The part of a path after the account.
fn items_of(path: &str) -> &str {
    let rest = path.strip_prefix("/api/v1").unwrap_or(path);
    match rest.strip_prefix("/account/").and_then(|rest| rest.split_once('/')) {
        Some((id, _)) => &rest["/account/".len() + id.len()..],
        None => rest,
    }
}

/// Calls each of `routes` as one principal, and notes each status in the matrix. All are called, even if one gives no
/// answer; a failure names all that were not answered as expected.
pub(crate) async fn each<'r>(
    case: &Case,
    (principal, caller): (Principal, &Caller),
    own: &Enrolled,
    routes: impl Iterator<Item = &'r Route>,
    (expected, is_expected): (&str, fn(&Route, &Answer) -> bool),
) -> Result<(), Halt> {
    let routes = case.session.sample(routes, SAMPLE).into_iter();
    each_of(case, (principal, caller), own, routes, (expected, is_expected)).await
}

/// Of so many routes one is called where requests are few.
const SAMPLE: u64 = 6;

/// The same of routes that the guide leaves out: one that is there is a fault of its own.
const OF_EXCLUDED: u64 = 2;

/// So few routes are called, however few requests there are.
const FEW: usize = 4;

/// The same for each of these, however few requests there are.
pub(crate) async fn each_of<'r>(
    case: &Case,
    (principal, caller): (Principal, &Caller),
    own: &Enrolled,
    routes: impl Iterator<Item = &'r Route>,
    (expected, is_expected): (&str, fn(&Route, &Answer) -> bool),
) -> Result<(), Halt> {
    let (mut wrong, mut unanswered) = (Vec::new(), None);
    for route in routes {
        let Some(path) = own.fill(&route.path) else { continue };
        let answer = match case.send_request(caller, request(case, route, path)).await {
            Ok(answer) => answer,
            Err(halt) => {
                unanswered.get_or_insert(halt);
                continue;
            }
        };
        let is_right = is_expected(route, &answer);
        case.session.note(Cell::new(route, principal, case.format, answer.status, is_right));
        if is_right {
            case.drop_last();
        } else {
            let facts = route.facts.join(", ");
            wrong.push(format!("{} to {} {} ({facts})", answer.status, route.method, route.path));
        }
    }
    Halt::unless(wrong.is_empty(), expected, || wrong.join("; "))?;
    unanswered.map_or(Ok(()), Err)
}

pub(crate) fn refused(_: &Route, answer: &Answer) -> bool {
    reader::is_refusal(answer.status)
}

/// All items that were enrolled are still there, and nothing has joined them.
pub(crate) async fn is_intact(case: &Case, own: &Enrolled) -> Result<(), Halt> {
    let crm = case.crm().await?;
    for kind in case.session.sample(KINDS.into_iter(), 3) {
        let Some(id) = own.captures.get(kind.capture) else { continue };
        let ids: Vec<_> = kind.list(case, &crm, &own.account).await?.into_iter().map(|(id, _)| id).collect();
        let expected = format!("the account's {} is untouched: {id}", kind.name);
        Halt::unless(ids == [id.clone()], expected, || format!("{ids:?}"))?;
    }
    Ok(())
}

/// Routes that the guide leaves out are refused to whoever would be let in, and change nothing.
pub(crate) async fn of_excluded(case: &Case, is_meant: fn(&Route) -> bool) -> Result<(), Halt> {
    let own = Enrolled::new(case).await?;
    let crm = case.crm().await?;
    let app = case.app_if_configured(&own.account).await?;
    let callers = [(Principal::Partner, Some(&crm), Scope::Crm), (Principal::Owner, app.as_ref(), Scope::App)];
    for (principal, caller, scope) in callers {
        let Some(caller) = caller else { continue };
        is_let_in(case, caller, &own.account).await?;
        let excluded = excluded_routes().iter().filter(|route| route.scope == scope && is_meant(route));
        let expected = ("a refusal: there is no such route", refused as fn(&Route, &Answer) -> bool);
        let step = if excluded.clone().count() > FEW { OF_EXCLUDED } else { 1 };
        let excluded = case.session.sample(excluded, step).into_iter();
        each_of(case, (principal, caller), &own, excluded, expected).await?;
    }
    is_intact(case, &own).await
}

/// A token that is let in nowhere would be refused for the wrong reason.
pub(crate) async fn is_let_in(case: &Case, caller: &Caller, account: &Account) -> Result<(), Halt> {
    let listed = case.get(caller, &caller.path(account, EMAIL.list)).await?;
    listed.demand("a token that is let in", reader::is_success).map_err(Halt::into_required)
}
