//! The principal matrix: which caller is let in where, generated from the guide's rows.

use std::collections::BTreeSet;

use reqwest::Method;

use crate::case::Case;
use crate::contract::page;
use crate::documented::{Route, Scope, excluded_routes, routes};
use crate::exchange::{Account, Answer, Caller, Request};
use crate::halt::Halt;
use crate::kind::{EMAIL, KINDS, PASSPORT};
use crate::matrix::Principal;
use crate::reader;
use crate::secrets::Secret;
use crate::steps::items::Enrolled;
use crate::steps::logins::{CODE, TOKEN};
use crate::steps::matrix::{each, each_of, is_intact, is_let_in, of_excluded, refused, request};
use crate::steps::online;

page!("scope" {
    "nobody_is_refused": ["SCOPE-1"] => |case| nobody_is_refused(case),
    "garbage_is_refused": ["SCOPE-1"] => |case| garbage_is_refused(case),
    "other_schemes_are_refused": ["SCOPE-1"] => |case| other_schemes_are_refused(case),
    "documented_routes_let_their_token_in": ["SCOPE-1", "SCOPE-2", "SCOPE-3", "SCOPE-5"] => |case| let_in(case),
    "app_token_is_refused_under_an_account": ["SCOPE-2"] => |case| app_token_is_refused(case),
    "crm_token_is_refused_without_an_account": ["SCOPE-3"] => |case| crm_token_is_refused(case),
    "account_of_another_partner_is_refused": ["SCOPE-4"] => |case| account_of_another_partner_is_refused(case),
    "each_partner_has_accounts_of_its_own": ["SCOPE-4", "SSO-2", "SSO-3"] => |case| each_partner_has_its_own(case),
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

/// Where a path names something that is not there, a caller who may not look may learn that it is not there. Where CRM
/// and users have alarms at one place, a word may be taken for a malformed id.
fn wrong_token(route: &Route, answer: &Answer) -> bool {
    let may_be_unknown = route.path.contains("/alarms/") && answer.status == 404;
    let may_be_no_id = route.path.starts_with("/api/v1/alarms/") && matches!(answer.status, 400 | 422);
    reader::is_wrong_token(answer.status) || may_be_unknown || may_be_no_id
}

fn unauthenticated(_: &Route, answer: &Answer) -> bool {
    reader::is_wrong_token(answer.status)
}

/// A caller without a token is let in nowhere.
async fn nobody_is_refused(case: &Case) -> Result<(), Halt> {
    let own = Enrolled::new(case).await?;
    let closed = routes().iter().filter(|route| route.scope != Scope::Open);
    each(case, (Principal::Nobody, &Caller::Anonymous), &own, closed, ("401 without a token", unauthenticated)).await
}

/// A malformed token, or part of a good one, is let in nowhere.
async fn garbage_is_refused(case: &Case) -> Result<(), Halt> {
    let own = Enrolled::new(case).await?;
    let garbage = Caller::Bearer(Secret("1|no-such-token".into()));
    let closed = routes().iter().filter(|route| route.scope != Scope::Open);
    each(case, (Principal::Garbage, &garbage), &own, closed, ("401 to a malformed token", unauthenticated)).await?;
    // One that begins like a real one.
    let Caller::Crm(Secret(token)) = case.crm().await? else { return Ok(()) };
    let (number, _) = token.split_once('|').unwrap_or((&token, ""));
    let path = format!("/api/v1/account/{}{}", own.account.id, EMAIL.list);
    for forged in
        [format!("{number}|forged"), format!("{token}x"), number.to_owned(), token[..token.len() - 1].to_owned()]
    {
        case.session.redactor.learn(&forged, "$FORGED_TOKEN");
        let answer = case.get(&Caller::Bearer(Secret(forged)), &path).await?;
        answer.demand("401 to a token that is almost one", reader::is_wrong_token)?;
    }
    Ok(())
}

/// Schemes by which a good token is sent; the last is none at all. The name of the right one may be written in any case.
const SCHEMES: [&str; 3] = ["Basic", "Token", ""];

/// A good token is let in by the scheme Bearer only, and no other call with it does anything.
async fn other_schemes_are_refused(case: &Case) -> Result<(), Halt> {
    let own = Enrolled::new(case).await?;
    let callers = case.callers(&own.account).await?;
    let is_refused = |status| reader::is_wrong_token(status) || status == 400;
    let emails = |caller: &Caller| caller.path(&own.account, EMAIL.list);
    for caller in &callers {
        is_let_in(case, caller, &own.account).await?;
        let Some(token) = caller.token() else { continue };
        let scopes =
            if let Caller::App(..) = caller { [Scope::App, Scope::Either] } else { [Scope::Crm, Scope::Either] };
        for (place, scheme) in SCHEMES.into_iter().enumerate() {
            let other = Caller::Scheme(scheme, token.clone());
            let expected = match scheme {
                "" => "401 to a token without a scheme".to_owned(),
                _ => format!("401 to a token that comes by the scheme {scheme}"),
            };
            case.get(&other, &emails(caller)).await?.demand(&expected, is_refused)?;
            if case.session.is_frugal() {
                continue;
            }
            // Each route is called by one of them.
            let of_caller = routes().iter().filter(|route| scopes.contains(&route.scope)).skip(place);
            for route in of_caller.step_by(SCHEMES.len()) {
                let Some(path) = own.fill(&route.path) else { continue };
                let answer = case.send_request(&other, request(case, route, path)).await?;
                answer.demand(&expected, is_refused)?;
                case.drop_last();
            }
        }
    }
    let alarms = case.session.sample(callers.iter().zip(SCHEMES), 2);
    for (caller, scheme) in alarms {
        let Some(token) = caller.token() else { continue };
        let other = Caller::Scheme(scheme, token.clone());
        let answer = case.get(&other, &caller.path(&own.account, "/alarms")).await?;
        answer.demand("401 to a token by another scheme than Bearer", is_refused)?;
    }
    is_intact(case, &own).await
}

/// A route that is there, and takes the caller's token.
const LET_IN: (&str, fn(&Route, &Answer) -> bool) =
    ("the route is there, and lets this token in", |route, answer| match answer.status {
        // A missing object may be refused like one of another account.
        403 => ["{alarmId}", "{companyId}"].iter().any(|capture| route.path.contains(capture)),
        401 | 405 => false,
        404 => ACTIONS.iter().any(|action| route.path.contains(action)),
        status => status < 500,
    });

/// The same where requests are few, of the routes that no other check has seen served.
async fn rest_let_in(case: &Case) -> Result<(), Halt> {
    let own = Enrolled::new(case).await?;
    let (crm, app) = (case.crm().await?, case.app_if_configured(&own.account).await?);
    let callers = [(Principal::Partner, Some(&crm), Scope::Crm), (Principal::Owner, app.as_ref(), Scope::App)];
    for (principal, caller, scope) in callers {
        let Some(caller) = caller else { continue };
        // What is removed is seen by the checks of items.
        let is_meant = |route: &&Route| {
            let is_of_caller = route.scope == scope || route.scope == Scope::Either;
            let is_served = || {
                let request =
                    Request::new(route.method.clone(), own.fill(&route.path).unwrap_or_default(), case.format, None);
                route.scope != Scope::Either && case.session.has_served(&request)
            };
            is_of_caller && route.method != Method::DELETE && !online::serves(route) && !is_served()
        };
        let rest: Vec<&Route> = routes().iter().filter(is_meant).collect();
        for route in rest {
            each_of(case, (principal, caller), &own, std::iter::once(route), LET_IN).await?;
        }
    }
    Ok(())
}

/// Every route of the guide is there, and lets in the callers that the guide names.
async fn let_in(case: &Case) -> Result<(), Halt> {
    if case.session.is_frugal() {
        return rest_let_in(case).await;
    }
    // Updates with an empty body are among them, so no other case uses the account afterwards.
    let own = Enrolled::on(case, case.fresh_account().await?).await?;
    let crm = case.crm().await?;
    // Removals come last, because the other calls need the items. Online Data needs a plan and a profile: it has a
    // check of its own.
    let in_order = |scopes: [Scope; 2]| {
        let is_meant = |route: &&Route| scopes.contains(&route.scope) && !online::serves(route);
        let mut routes: Vec<&Route> = routes().iter().filter(is_meant).collect();
        routes.sort_by_key(|route| route.method == Method::DELETE);
        routes.into_iter()
    };
    each(case, (Principal::Partner, &crm), &own, in_order([Scope::Crm, Scope::Either]), LET_IN).await?;
    let own = Enrolled::on(case, case.fresh_account().await?).await?;
    let app = case.app(&own.account).await?;
    each(case, (Principal::Owner, &app), &own, in_order([Scope::App, Scope::Either]), LET_IN).await
}

/// The owner's own app token is refused on every route that takes the CRM token.
async fn app_token_is_refused(case: &Case) -> Result<(), Halt> {
    let own = Enrolled::new(case).await?;
    let app = case.app(&own.account).await?;
    is_let_in(case, &app, &own.account).await?;
    let of_crm = routes().iter().filter(|route| route.scope == Scope::Crm);
    each(case, (Principal::Owner, &app), &own, of_crm, ("401 or 403 to an app token", wrong_token)).await
}

/// The CRM token is refused on every route that takes the app token.
async fn crm_token_is_refused(case: &Case) -> Result<(), Halt> {
    let own = Enrolled::new(case).await?;
    let crm = case.crm().await?;
    let of_app = routes().iter().filter(|route| route.scope == Scope::App);
    each(case, (Principal::Partner, &crm), &own, of_app, ("401 or 403 to a CRM token", wrong_token)).await
}

/// The CRM token of another partner is refused on every route of the account, and changes nothing there.
async fn account_of_another_partner_is_refused(case: &Case) -> Result<(), Halt> {
    let other = case.other_partner().await?;
    let own = Enrolled::new(case).await?;
    let of_account = routes().iter().filter(|route| route.path.contains("{account_id}"));
    let is_foreign: fn(&Route, &Answer) -> bool =
        |_, answer| reader::is_foreign(answer.status) || reader::is_wrong_token(answer.status);
    let expected = ("403 or 404 to another partner", is_foreign);
    each(case, (Principal::OtherPartner, &other), &own, of_account, expected).await?;
    is_intact(case, &own).await
}

/// The second partner administers the account that it has created, and the first one does not.
async fn each_partner_has_its_own(case: &Case) -> Result<(), Halt> {
    let (other, crm) = (case.other_partner().await?, case.crm().await?);
    let account = case.account_of(&other).await?;
    let email = case.email();
    EMAIL.added(case, &other, &account, &email).await?;
    let items = EMAIL.list(case, &other, &account).await?;
    let observed = || format!("{} items", items.len());
    let is_there = matches!(&items[..], [(_, item)] if reader::shows(item, &email));
    Halt::unless(is_there, format!("{email} on the second partner's account"), observed)?;
    let foreign = case.get(&crm, &crm.path(&account, EMAIL.list)).await?;
    let is_refused = |status| reader::is_foreign(status) || reader::is_wrong_token(status);
    foreign.demand("403 or 404 to the first partner", is_refused)?;
    for (id, _) in items {
        // The end of a case removes items of the first partner only.
        EMAIL.remove(case, &other, &account, &id).await?.demand("the item is removed", reader::is_success)?;
        let removed = case.session.ledger.removed(&other.path(&account, &format!("{}/{id}", EMAIL.items)), None);
        removed.map_err(|error| Halt::Inconclusive(format!("the ledger cannot be written: {error}")))?;
    }
    if case.sso().is_err() {
        return Ok(());
    }
    case.narrow(vec!["SSO-2", "SSO-3"]);
    for path in [TOKEN, CODE] {
        let answer = case.sso_exchange(path, &account.email).await?;
        let expected = "the SSO client of one partner is refused the account of another";
        answer.demand(expected, |status| !reader::is_success(status))?;
    }
    Ok(())
}

/// The user of another account is refused the owner's items, and so is CRM on the path of another account.
async fn items_of_another_account_are_refused(case: &Case) -> Result<(), Halt> {
    let own = Enrolled::new(case).await?;
    let other = case.account().await?;
    let crm = case.crm().await?;
    let mut theirs = Enrolled { account: other.clone(), captures: own.captures.clone(), values: own.values.clone() };
    theirs.captures.insert("{account_id}", other.id.clone());
    let of_items = |route: &Route| KINDS.iter().any(|kind| route.path.contains(kind.capture));
    // A target may answer the removal of a missing item without an error; the item of the other account must stay.
    let is_kept: fn(&Route, &Answer) -> bool = |route, answer| {
        let is_done = route.method == Method::DELETE && reader::is_success(answer.status);
        is_done || reader::is_refusal(answer.status)
    };
    let expected = ("an item of another account is refused", is_kept);
    let by_crm = routes().iter().filter(|route| route.scope == Scope::Crm && of_items(route));
    each(case, (Principal::PartnerElsewhere, &crm), &theirs, by_crm, expected).await?;
    is_intact(case, &own).await?;

    let stranger = case.app(&other).await?;
    passport_is_kept(case, &own, &[(&crm, &other), (&stranger, &other)]).await?;
    let by_app = routes().iter().filter(|route| route.scope == Scope::App && of_items(route));
    each(case, (Principal::Stranger, &stranger), &own, by_app, expected).await?;
    let names_account = |route: &&Route| route.scope == Scope::Either && route.path.contains("{account_id}");
    let of_owner = routes().iter().filter(names_account);
    let refused = ("the account of another user is refused", refused as fn(&Route, &Answer) -> bool);
    each(case, (Principal::Stranger, &stranger), &own, of_owner, refused).await?;
    is_intact(case, &own).await
}

/// A change of a passport by those who act on other accounts is refused, and does nothing.
async fn passport_is_kept(case: &Case, own: &Enrolled, strangers: &[(&Caller, &Account)]) -> Result<(), Halt> {
    let Some(id) = own.captures.get(PASSPORT.capture) else { return Ok(()) };
    let value = PASSPORT.new_value(case);
    for (caller, on) in strangers {
        let path = caller.path(on, &format!("{}/{id}", PASSPORT.items));
        let answer = case.send(caller, Method::PATCH, &path, Some(PASSPORT.body(case, &value))).await?;
        answer.demand("a change of a passport of another account is refused", reader::is_refusal)?;
    }
    let passports = PASSPORT.list(case, &case.crm().await?, &own.account).await?;
    let holds_it =
        |item: &serde_json::Value| reader::fields(item).iter().any(|(_, field)| field.as_str() == Some(&*value));
    let is_kept = !passports.iter().any(|(_, item)| holds_it(item));
    Halt::unless(is_kept, "the passport of another account stays as it is", || "it has another number".into())
}

/// CRM adds to, and reads, each of several accounts, old and new, whether or not their owners are logged in.
async fn every_account_is_administered(case: &Case) -> Result<(), Halt> {
    let crm = case.crm().await?;
    let accounts = [case.account().await?, case.account().await?, case.account().await?];
    for account in case.session.sample(accounts.iter().rev().chain(&accounts), 2) {
        let email = case.email();
        EMAIL.added(case, &crm, account, &email).await?;
        let items = EMAIL.list(case, &crm, account).await?;
        let is_there = items.iter().any(|(_, item)| reader::shows(item, &email));
        Halt::unless(is_there, format!("{email} on account {}", account.id), || format!("{} items", items.len()))?;
    }
    Ok(())
}

/// Every caller that such a route would let in is refused.
async fn excluded_routes_are_refused(case: &Case) -> Result<(), Halt> {
    of_excluded(case, |route| !route.path.contains("ssn-watchlist")).await
}

/// On the paths of the watchlist page, whose tables are whole, no other method is served. A body that a served method
/// takes is sent along.
async fn excluded_methods_are_refused(case: &Case) -> Result<(), Halt> {
    let own = Enrolled::new(case).await?;
    let (crm, app) = (case.crm().await?, case.app(&own.account).await?);
    for (principal, caller, scope) in [(Principal::Partner, &crm, Scope::Crm), (Principal::Owner, &app, Scope::App)] {
        let rows = routes();
        let excluded = excluded_routes();
        let paths: BTreeSet<&str> =
            rows.iter().filter(|row| row.scope == scope && is_watchlist(&row.path)).map(|row| &*row.path).collect();
        let missing = paths.into_iter().flat_map(|path| {
            // `leaks` may be taken for the id of an item, which a removal may not find and be content.
            let is_given = |method: &Method| {
                let is_row = rows.iter().chain(excluded).any(|row| row.path == path && row.method == *method);
                is_row || *method == Method::DELETE && path.ends_with("/leaks")
            };
            let methods = [Method::GET, Method::POST, Method::PUT, Method::PATCH, Method::DELETE];
            let missing = methods.into_iter().filter(|method| !is_given(method));
            missing.map(|method| Route::excluded(method, path.to_owned(), scope)).collect::<Vec<_>>()
        });
        let missing: Vec<Route> = missing.collect();
        let expected = ("a refusal: the guide gives no such method", refused as fn(&Route, &Answer) -> bool);
        let missing = case.session.sample(missing.iter(), 3).into_iter();
        each_of(case, (principal, caller), &own, missing, expected).await?;
    }
    is_intact(case, &own).await
}

/// Whether a path is on the watchlist page, and below no other rule that might serve it.
fn is_watchlist(path: &str) -> bool {
    let ends = |end: &str| path.ends_with(end);
    KINDS.iter().any(|kind| {
        ends(kind.list)
            || ends(kind.items)
            || path.contains(kind.capture)
            || kind.leaks.as_ref().is_some_and(|leaks| ends(leaks.path))
    })
}
