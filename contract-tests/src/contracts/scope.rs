//! The principal matrix: who is let in where, generated from the guide's rows.

use std::collections::BTreeSet;

use reqwest::Method;
use serde_json::{Value, json};

use super::online;
use super::watchlist::{EMAIL, Enrolled, KINDS, Kind};
use crate::case::Case;
use crate::client::{Account, Answer, Caller, Request};
use crate::contract::{Step, Stop};
use crate::documented::{Route, Scope, excluded_routes, routes};
use crate::matrix::{Cell, Principal};
use crate::reader;
use crate::secrets::Secret;

page!("scope" {
    "nobody_is_refused": ["SCOPE-1"] => |case| nobody_is_refused(case),
    "garbage_is_refused": ["SCOPE-1"] => |case| garbage_is_refused(case),
    "documented_routes_let_their_token_in": ["SCOPE-1", "SCOPE-2", "SCOPE-3", "SCOPE-5"] => |case| let_in(case),
    "app_token_is_refused_under_an_account": ["SCOPE-2"] => |case| app_token_is_refused(case),
    "crm_token_is_refused_without_an_account": ["SCOPE-3"] => |case| crm_token_is_refused(case),
    "account_of_another_partner_is_refused": ["SCOPE-4"] => |case| account_of_another_partner_is_refused(case),
    "each_partner_has_accounts_of_its_own": ["SCOPE-4"] => |case| each_partner_has_its_own(case),
    "items_of_another_account_are_refused": ["SCOPE-2", "SCOPE-3"] => |case| items_of_another_account_are_refused(case),
    "every_account_of_the_partner_is_administered": ["SCOPE-4"] => |case| every_account_is_administered(case),
    "excluded_routes_are_refused": ["NONE-1"] => |case| excluded_routes_are_refused(case),
    "excluded_methods_are_refused": ["NONE-1"] => |case| excluded_methods_are_refused(case),
});

/// Routes that act on what may not be there: a 404 of theirs does not say that the route is missing.
const ACTIONS: [&str; 9] = [
    "/resend/",
    "/send-verification-code",
    "/confirm",
    "/verify",
    "/ssn-monitoring/",
    "/password",
    "/alarms/{alarmId}",
    "/alarms/leak/",
    "/alarms/company/",
];

/// A request that a documented route would take from whoever it lets in.
fn request(case: &Case, route: &Route, path: String) -> Request {
    let method = Method::from_bytes(route.method.as_bytes()).unwrap_or_default();
    let body = match (&method, Kind::at(items_of(&path))) {
        (&Method::GET | &Method::DELETE, _) => None,
        // A body that would be taken, so that who is let in shows by more than a complaint about the body.
        (&Method::POST, Some(kind)) => Some(kind.body(case, &kind.new_value(case))),
        _ if path == online::PROFILE => Some(online::profile(case)),
        _ => Some(json!({})),
    };
    Request::new(method, path, case.format, body.as_ref())
}

/// The part of a path after the account.
fn items_of(path: &str) -> &str {
    let rest = path.strip_prefix("/api/v1").unwrap_or(path);
    match rest.strip_prefix("/account/").and_then(|rest| rest.split_once('/')) {
        Some((id, _)) => &rest["/account/".len() + id.len()..],
        None => rest,
    }
}

/// Calls each of `routes` as one principal, and notes what came of it in the matrix. All are called, even if one gives no
/// answer; the first that does other than expected is told with the others beside it.
pub(super) async fn each(
    case: &Case,
    (principal, caller): (Principal, &Caller),
    own: &Enrolled,
    routes: impl Iterator<Item = Route>,
    (expected, is_expected): (&str, fn(&Route, &Answer) -> bool),
) -> Step {
    let (mut wrong, mut unanswered) = (Vec::new(), None);
    for route in case.run.sample(routes, 18) {
        let Some(path) = own.fill(&route.path) else { continue };
        let answer = match case.send_request(caller, request(case, &route, path)).await {
            Ok(answer) => answer,
            Err(stop) => {
                unanswered.get_or_insert(stop);
                continue;
            }
        };
        let is_right = is_expected(&route, &answer);
        case.run.note(Cell::new(&route, principal, case.format, answer.status, is_right));
        if is_right {
            case.drop_last();
        } else {
            let facts = route.facts.join(", ");
            wrong.push(format!("{} to {} {} ({facts})", answer.status, route.method, route.path));
        }
    }
    Stop::unless(wrong.is_empty(), expected, || wrong.join("; "))?;
    unanswered.map_or(Ok(()), Err)
}

/// Where a path names something that is not there, who may not look may learn that it is not there. Where CRM and users
/// have alarms at one place, a word may be taken for an id that is none.
fn wrong_token(route: &Route, answer: &Answer) -> bool {
    let may_be_unknown = route.path.contains("/alarms/") && answer.status == 404;
    let may_be_no_id = route.path.starts_with("/api/v1/alarms/") && matches!(answer.status, 400 | 422);
    reader::is_wrong_token(answer.status) || may_be_unknown || may_be_no_id
}

fn unauthenticated(_: &Route, answer: &Answer) -> bool {
    reader::is_wrong_token(answer.status)
}

fn refused(_: &Route, answer: &Answer) -> bool {
    reader::is_refusal(answer.status)
}

/// Without a token nobody is let in.
async fn nobody_is_refused(case: &Case) -> Step {
    let own = Enrolled::new(case).await?;
    let closed = routes().into_iter().filter(|route| route.scope != Scope::Open);
    each(case, (Principal::Nobody, &Caller::Anonymous), &own, closed, ("401 without a token", unauthenticated)).await
}

/// What is no token, or only part of one, lets nobody in.
async fn garbage_is_refused(case: &Case) -> Step {
    let own = Enrolled::new(case).await?;
    let garbage = Caller::Bearer(Secret("1|no-such-token".into()));
    let closed = routes().into_iter().filter(|route| route.scope != Scope::Open);
    each(case, (Principal::Garbage, &garbage), &own, closed, ("401 to a token that is none", unauthenticated)).await?;
    // One that begins like a real one.
    let Caller::Crm(Secret(token)) = case.crm().await? else { return Ok(()) };
    let (number, _) = token.split_once('|').unwrap_or((&token, ""));
    let path = format!("/api/v1/account/{}{}", own.account.id, EMAIL.list);
    for forged in
        [format!("{number}|forged"), format!("{token}x"), number.to_owned(), token[..token.len() - 1].to_owned()]
    {
        case.run.redactor.learn(&forged, "$FORGED_TOKEN");
        let answer = case.get(&Caller::Bearer(Secret(forged)), &path).await?;
        answer.demand("401 to a token that is almost one", reader::is_wrong_token)?;
    }
    Ok(())
}

/// Every route of the guide is there, and lets in whom the guide says.
async fn let_in(case: &Case) -> Step {
    // Updates with an empty body are among them, so the account is nobody else's afterwards.
    let own = Enrolled::on(case, case.fresh_account().await?).await?;
    let crm = case.crm().await?;
    let is_let_in: fn(&Route, &Answer) -> bool = |route, answer| match answer.status {
        // What nobody has may be refused like what somebody else has.
        403 => ["{alarmId}", "{companyId}"].iter().any(|capture| route.path.contains(capture)),
        401 | 405 => false,
        404 => ACTIONS.iter().any(|action| route.path.contains(action)),
        status => status < 500,
    };
    let expected = ("the route is there, and lets this token in", is_let_in);
    // What the removals remove, the others need. Online Data needs a plan and a profile: it has a check of its own.
    let in_order = |scopes: [Scope; 2]| {
        let is_meant = |route: &Route| scopes.contains(&route.scope) && !online::serves(route);
        let mut routes: Vec<Route> = routes().into_iter().filter(is_meant).collect();
        routes.sort_by_key(|route| route.method == "DELETE");
        routes.into_iter()
    };
    each(case, (Principal::Partner, &crm), &own, in_order([Scope::Crm, Scope::Either]), expected).await?;
    let own = Enrolled::on(case, case.fresh_account().await?).await?;
    let app = case.app(&own.account).await?;
    each(case, (Principal::Owner, &app), &own, in_order([Scope::App, Scope::Either]), expected).await
}

/// The owner's own app token is refused on every route that takes the CRM token.
async fn app_token_is_refused(case: &Case) -> Step {
    let own = Enrolled::new(case).await?;
    let app = case.app(&own.account).await?;
    is_let_in(case, &app, &own.account).await?;
    let of_crm = routes().into_iter().filter(|route| route.scope == Scope::Crm);
    each(case, (Principal::Owner, &app), &own, of_crm, ("401 or 403 to an app token", wrong_token)).await
}

/// The CRM token is refused on every route that takes the app token.
async fn crm_token_is_refused(case: &Case) -> Step {
    let own = Enrolled::new(case).await?;
    let crm = case.crm().await?;
    let of_app = routes().into_iter().filter(|route| route.scope == Scope::App);
    each(case, (Principal::Partner, &crm), &own, of_app, ("401 or 403 to a CRM token", wrong_token)).await
}

/// The CRM token of another partner is refused on every route of the account, and changes nothing there.
async fn account_of_another_partner_is_refused(case: &Case) -> Step {
    let other = case.other_partner().await?;
    let own = Enrolled::new(case).await?;
    let of_account = routes().into_iter().filter(|route| route.path.contains("{account_id}"));
    let is_foreign: fn(&Route, &Answer) -> bool =
        |_, answer| reader::is_foreign(answer.status) || reader::is_wrong_token(answer.status);
    let expected = ("403 or 404 to another partner", is_foreign);
    each(case, (Principal::OtherPartner, &other), &own, of_account, expected).await?;
    is_intact(case, &own).await
}

/// The second partner administers the account that it has created, and the first one does not.
async fn each_partner_has_its_own(case: &Case) -> Step {
    let (other, crm) = (case.other_partner().await?, case.crm().await?);
    let account = case.account_of(&other).await?;
    let email = case.email();
    EMAIL.added(case, &other, &account, &email).await?;
    let items = EMAIL.list(case, &other, &account).await?;
    let observed = || format!("{} items", items.len());
    let is_there = matches!(&items[..], [(_, item)] if reader::shows(item, &email));
    Stop::unless(is_there, format!("{email} on the second partner's account"), observed)?;
    let foreign = case.get(&crm, &crm.path(&account, EMAIL.list)).await?;
    let is_refused = |status| reader::is_foreign(status) || reader::is_wrong_token(status);
    foreign.demand("403 or 404 to the first partner", is_refused)?;
    for (id, _) in items {
        // What is removed at the end of a case is the first partner's.
        EMAIL.remove(case, &other, &account, &id).await?.demand("the item is removed", reader::is_success)?;
    }
    Ok(())
}

/// The user of another account is refused the owner's items, and so is CRM on the path of another account.
async fn items_of_another_account_are_refused(case: &Case) -> Step {
    let own = Enrolled::new(case).await?;
    let other = case.account().await?;
    let crm = case.crm().await?;
    let mut theirs = Enrolled { account: other.clone(), captures: own.captures.clone(), values: own.values.clone() };
    theirs.captures.insert("{account_id}", other.id.clone());
    let of_items = |route: &Route| KINDS.iter().any(|kind| route.path.contains(kind.capture));
    // That something is removed which is not there may be no error; that it is still there is what counts.
    let is_kept: fn(&Route, &Answer) -> bool = |route, answer| {
        let is_done = route.method == "DELETE" && reader::is_success(answer.status);
        is_done || reader::is_refusal(answer.status)
    };
    let expected = ("an item of another account is refused", is_kept);
    let by_crm = routes().into_iter().filter(|route| route.scope == Scope::Crm && of_items(route));
    each(case, (Principal::PartnerElsewhere, &crm), &theirs, by_crm, expected).await?;
    is_intact(case, &own).await?;

    let stranger = case.app(&other).await?;
    let by_app = routes().into_iter().filter(|route| route.scope == Scope::App && of_items(route));
    each(case, (Principal::Stranger, &stranger), &own, by_app, expected).await?;
    let names_account = |route: &Route| route.scope == Scope::Either && route.path.contains("{account_id}");
    let of_owner = routes().into_iter().filter(names_account);
    let refused = ("the account of another user is refused", refused as fn(&Route, &Answer) -> bool);
    each(case, (Principal::Stranger, &stranger), &own, of_owner, refused).await?;
    is_intact(case, &own).await
}

/// All items that were enrolled are still there, and nothing has joined them.
async fn is_intact(case: &Case, own: &Enrolled) -> Step {
    let crm = case.crm().await?;
    for kind in KINDS {
        let Some(id) = own.captures.get(kind.capture) else { continue };
        let ids: Vec<_> = kind.list(case, &crm, &own.account).await?.into_iter().map(|(id, _)| id).collect();
        let expected = format!("the account's {} is untouched: {id}", kind.name);
        Stop::unless(ids == [id.clone()], expected, || format!("{ids:?}"))?;
    }
    Ok(())
}

/// CRM adds to, and reads, each of several accounts, old and new, whoever is online.
async fn every_account_is_administered(case: &Case) -> Step {
    let crm = case.crm().await?;
    let accounts = [case.account().await?, case.account().await?, case.account().await?];
    for account in case.run.sample(accounts.iter().rev().chain(&accounts), 2) {
        let email = case.email();
        EMAIL.added(case, &crm, account, &email).await?;
        let items = EMAIL.list(case, &crm, account).await?;
        let is_there = items.iter().any(|(_, item)| reader::shows(item, &email));
        Stop::unless(is_there, format!("{email} on account {}", account.id), || format!("{} items", items.len()))?;
    }
    Ok(())
}

/// Whoever would be let in, if there were such a route, is refused.
async fn excluded_routes_are_refused(case: &Case) -> Step {
    of_excluded(case, |route| !route.path.contains("ssn-watchlist")).await
}

/// There is no route to add, list or delete an SSN.
pub(super) async fn no_ssn_watchlist(case: &Case) -> Step {
    of_excluded(case, |route| route.path.contains("ssn-watchlist")).await
}

async fn of_excluded(case: &Case, is_meant: fn(&Route) -> bool) -> Step {
    let own = Enrolled::new(case).await?;
    let crm = case.crm().await?;
    let app = match case.app(&own.account).await {
        Err(Stop::Skipped(_)) => None,
        app => Some(app?),
    };
    let callers = [(Principal::Partner, Some(&crm), Scope::Crm), (Principal::Owner, app.as_ref(), Scope::App)];
    for (principal, caller, scope) in callers {
        let Some(caller) = caller else { continue };
        is_let_in(case, caller, &own.account).await?;
        let excluded = excluded_routes().into_iter().filter(|route| route.scope == scope && is_meant(route));
        let expected = ("a refusal: there is no such route", refused as fn(&Route, &Answer) -> bool);
        each(case, (principal, caller), &own, excluded, expected).await?;
    }
    is_intact(case, &own).await
}

/// On the paths of the watchlist page, whose tables are whole, no other method is served. A body that a served method
/// takes is sent along.
async fn excluded_methods_are_refused(case: &Case) -> Step {
    let own = Enrolled::new(case).await?;
    let (crm, app) = (case.crm().await?, case.app(&own.account).await?);
    for (principal, caller, scope) in [(Principal::Partner, &crm, Scope::Crm), (Principal::Owner, &app, Scope::App)] {
        let rows = routes();
        let excluded = excluded_routes();
        let paths: BTreeSet<&str> =
            rows.iter().filter(|row| row.scope == scope && is_watchlist(&row.path)).map(|row| &*row.path).collect();
        let missing = paths.into_iter().flat_map(|path| {
            // `leaks` may be taken for the id of an item, which a removal may not find and be content.
            let is_given = |method: &str| {
                let is_row = rows.iter().chain(&excluded).any(|row| row.path == path && row.method == method);
                is_row || method == "DELETE" && path.ends_with("/leaks")
            };
            let methods = ["GET", "POST", "PUT", "PATCH", "DELETE"].into_iter().filter(|method| !is_given(method));
            methods
                .map(move |method| Route { method, path: path.to_owned(), scope, facts: &["NONE-1"] })
                .collect::<Vec<_>>()
        });
        let missing: Vec<Route> = missing.collect();
        let expected = ("a refusal: the guide gives no such method", refused as fn(&Route, &Answer) -> bool);
        each(case, (principal, caller), &own, missing.into_iter(), expected).await?;
    }
    is_intact(case, &own).await
}

/// Whether a path is on the watchlist page, and below no other rule that might serve it.
fn is_watchlist(path: &str) -> bool {
    let ends = |end: &str| path.ends_with(end);
    KINDS
        .iter()
        .any(|kind| ends(kind.list) || ends(kind.items) || path.contains(kind.capture) || kind.leaks.is_some_and(ends))
}

/// A token that is let in nowhere would be refused for the wrong reason.
async fn is_let_in(case: &Case, caller: &Caller, account: &Account) -> Step {
    let listed = case.get(caller, &caller.path(account, EMAIL.list)).await?;
    listed.demand("a token that is let in", reader::is_success).map_err(Stop::into_needed)
}

/// Every closed route that takes CRM tokens, called with one that has expired (LOGIN-3).
pub(super) async fn expired_is_refused(case: &Case, own: &Enrolled, expired: &Caller) -> Step {
    let closed = routes().into_iter().filter(|route| matches!(route.scope, Scope::Crm | Scope::Either));
    let expected: fn(&Route, &Answer) -> bool = |_, answer| answer.status == 401;
    each(case, (Principal::Expired, expired), own, closed, ("401 after expiry", expected)).await
}

/// What stands in a body where nothing is known: used by the examples.
pub(super) fn empty_body(method: &str) -> Option<Value> {
    (!matches!(method, "GET" | "DELETE")).then(|| json!({}))
}
