//! A tour of the API: answers of every sort in one format, which several checks look at.

use std::sync::Arc;

use reqwest::Method;
use serde_json::json;

use crate::case::Case;
use crate::exchange::{Account, Caller, Exchange, Request};
use crate::halt::Halt;
use crate::kind::{CARD, EMAIL, KINDS, PASSPORT};
use crate::reader;
use crate::secrets::Secret;
use crate::steps::accounts::Monitoring;
use crate::steps::alarms::{ALL, STATISTIC, VERSION_2};
use crate::steps::confirmations::{RESEND, VERIFY};
use crate::steps::items::{Enrolled, UNUSED_ID};
use crate::steps::leaks;
use crate::steps::once::once;
use crate::steps::online::{PROFILE, SCAN, SCAN_STATUS, SITES, STATUS, profile, retry};
use crate::steps::profiles::UPDATES;

/// Answers of every sort, in the case's format: what is created, listed, read, changed, switched, removed and refused.
pub(crate) async fn tour(case: &Case) -> Result<Vec<Exchange>, Halt> {
    let make = || async move {
        let _turn = case.session.turn_to_leak().await;
        let case = Case::new(&case.session, case.format);
        let end = visit_all_routes(&case).await;
        case.clean_up().await;
        (end.map(|()| Arc::new(case.exchanges())), case.has_lost_an_answer())
    };
    let exchanges = once(case.session.tour(case.format), make).await.map_err(Halt::into_required)?;
    Ok(exchanges.iter().filter(|exchange| exchange.is_documented()).cloned().collect())
}

/// Calls routes of every sort. An answer may be a refusal or not: every answer has a format.
async fn visit_all_routes(case: &Case) -> Result<(), Halt> {
    if case.session.is_frugal() {
        return visit_refusals(case).await;
    }
    let account = case.fresh_account().await?;
    let (own, crm) = (Enrolled::on(case, account).await?, case.crm().await?);
    let app = case.app(&own.account).await.ok();
    let callers = [Some(&crm), app.as_ref()].into_iter().flatten();
    for caller in callers {
        visit_watchlists(case, caller, &own).await?;
        visit_alarms(case, caller, &own.account).await?;
        visit_mistakes(case, caller, &own.account).await?;
    }
    if let Some(app) = &app {
        visit_own_routes(case, app, &own.account).await?;
        case.get(&crm, "/api/v1/email-watchlist").await?;
        visit_online(case, app).await?;
    }
    visit_administration(case, &crm, &own.account).await?;
    visit_logins(case).await?;
    if let Ok(other) = case.other_partner().await {
        case.get(&other, &other.path(&own.account, EMAIL.items)).await?;
    }
    for kind in KINDS {
        if let Some(id) = own.captures.get(kind.capture) {
            kind.remove(case, &crm, &own.account, id).await?;
        }
    }
    Ok(())
}

/// Where requests are few the other checks meet answers of most sorts; some refusals they do not.
async fn visit_refusals(case: &Case) -> Result<(), Halt> {
    let (own, crm) = (Enrolled::new(case).await?, case.crm().await?);
    visit_mistakes(case, &crm, &own.account).await?;
    if let Some(id) = own.captures.get(CARD.capture) {
        let path = crm.path(&own.account, &format!("{}/{id}", CARD.items));
        case.send(&crm, Method::PUT, &path, None).await?;
    }
    case.post(&crm, &crm.path(&own.account, PASSPORT.items), json!({})).await?;
    case.post(&crm, "/api/v1/account", json!({})).await?;
    case.get(&crm, "/api/v1/account/999999999/email-watchlist").await?;
    case.get(&crm, "/api/v1/delete-my-data").await?;
    visit_logins(case).await
}

/// Items of every kind, added, listed, leaked, refused and removed.
async fn visit_watchlists(case: &Case, caller: &Caller, own: &Enrolled) -> Result<(), Halt> {
    let account = &own.account;
    for kind in KINDS {
        kind.add(case, caller, account, &kind.new_value(case)).await?;
        case.get(caller, &caller.path(account, kind.list)).await?;
        if let (Some(leaks), Some(value)) = (&kind.leaks, own.values.get(kind.name)) {
            if case.session.is_mock().await {
                leaks::ask_to_seed(case, kind.name, value).await?;
            }
            case.get(caller, &caller.path(account, leaks.path)).await?;
        }
        case.post(caller, &caller.path(account, kind.items), json!({})).await?;
        kind.remove(case, caller, account, UNUSED_ID).await?;
        if let Some(id) = own.captures.get(kind.capture) {
            case.send(caller, Method::PUT, &caller.path(account, &format!("{}/{id}", kind.items)), None).await?;
        }
    }
    if let Some(card) = own.captures.get(CARD.capture) {
        case.get(caller, &caller.path(account, &format!("{}/{card}", CARD.items))).await?;
    }
    if let Some(passport) = own.captures.get(PASSPORT.capture) {
        let path = caller.path(account, &format!("{}/{passport}", PASSPORT.items));
        case.send(caller, Method::PATCH, &path, Some(json!({ "expiry_date": "2035-05-31" }))).await?;
    }
    Ok(())
}

/// Requests that are refused wherever they come from: an unknown path, a malformed body, a missing or a false token.
async fn visit_mistakes(case: &Case, caller: &Caller, account: &Account) -> Result<(), Halt> {
    case.get(caller, "/api/v1/no-such-page").await?;
    let emails = caller.path(account, EMAIL.items);
    let malformed = Request { body: Some("{".into()), ..Request::new(Method::POST, &emails, case.format, None) };
    case.send_request(caller, malformed).await?;
    case.get(&Caller::Anonymous, &emails).await?;
    case.get(&Caller::Bearer(Secret("1|no-such-token".into())), &emails).await.map(drop)
}

/// The end user's own profile, and their confirmations.
async fn visit_own_routes(case: &Case, app: &Caller, account: &Account) -> Result<(), Halt> {
    case.get(app, "/api/v1/account").await?;
    case.get(app, &format!("/api/v1/account/{}", account.id)).await?;
    let update = case.account_body(&account.email, None);
    case.send(app, Method::PUT, "/api/v1/account", Some(update.clone())).await?;
    case.send(app, Method::PUT, &format!("/api/v2/account/{}", account.id), Some(update)).await?;
    case.post(app, RESEND, json!({})).await?;
    case.post(app, VERIFY, json!({})).await.map(drop)
}

/// The calls by which CRM administers an account, and asks for another.
async fn visit_administration(case: &Case, crm: &Caller, account: &Account) -> Result<(), Halt> {
    for monitoring in [Monitoring::Deactivate, Monitoring::Activate] {
        case.send(crm, Method::PATCH, &monitoring.path(account), None).await?;
    }
    for update in &UPDATES {
        update.send(case, crm, account, case.account_body(&account.email, None)).await?;
    }
    for rest in ["/phone-watchlist/send-verification-code", "/phone-watchlist/confirm"] {
        case.post(crm, &crm.path(account, rest), json!({})).await?;
    }
    case.post(crm, "/api/v1/account", json!({})).await?;
    case.get(crm, "/api/v1/account/999999999/email-watchlist").await.map(drop)
}

/// Logins that are refused.
async fn visit_logins(case: &Case) -> Result<(), Halt> {
    for (path, body) in [
        ("/api/v1/crm/auth/login", json!({})),
        ("/api/v1/crm/auth/login", json!({ "username": case.email(), "password": "no-such-password" })),
        ("/api/v1/sso/token", json!({ "client_id": "x", "client_secret": "no-such-secret", "email": case.email() })),
        ("/api/v1/sso/code", json!({})),
        ("/api/v1/sso/login", json!({ "code": "no-such-code" })),
    ] {
        case.post(&Caller::Anonymous, path, body).await?;
    }
    Ok(())
}

/// The alarms of an account, and one of them.
async fn visit_alarms(case: &Case, by: &Caller, account: &Account) -> Result<(), Halt> {
    let list = by.path(account, "/alarms");
    let answer = case.get(by, &list).await?;
    let first = reader::page(&answer.body).and_then(|page| reader::alarm_id(page.items.first()?));
    for rest in first.iter().flat_map(|id| [format!("/{id}"), format!("/{id}/coachme"), format!("/{id}/close")]) {
        case.get(by, &format!("{list}{rest}")).await?;
    }
    case.get(by, &format!("{list}/{UNUSED_ID}")).await?;
    let more: &[&str] = match by {
        Caller::App(..) => &[VERSION_2],
        _ => &[ALL[1], STATISTIC, "/api/v1/alarms/accounts/by-period"],
    };
    for path in more {
        case.send(by, Method::GET, path, None).await?;
    }
    Ok(())
}

/// Every route of Online Data, with and without a profile.
async fn visit_online(case: &Case, app: &Caller) -> Result<(), Halt> {
    case.get(app, PROFILE).await?;
    case.post(app, PROFILE, json!({})).await?;
    case.post(app, PROFILE, profile(case)).await?;
    case.get(app, PROFILE).await?;
    case.send(app, Method::PUT, PROFILE, Some(profile(case))).await?;
    for path in [STATUS, SITES, SCAN_STATUS] {
        case.get(app, path).await?;
    }
    for _ in 0..2 {
        case.post(app, SCAN, json!({})).await?;
    }
    case.post(app, &retry(UNUSED_ID), json!({})).await?;
    case.get(app, SCAN_STATUS).await.map(drop)
}
