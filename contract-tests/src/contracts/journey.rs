//! The guide's journey, from the partner's login to a closed alarm, with the requests that an integrator writes.

use serde_json::json;

use crate::case::Case;
use crate::contract::page;
use crate::exchange::Caller;
use crate::halt::Halt;
use crate::kind::EMAIL;
use crate::reader;
use crate::steps::alarms::{self, is_closed};
use crate::steps::leaks;

page!("journey" {
    "from_login_to_closed_alarm": [
        "LOGIN-1", "ACCOUNT-1", "SSO-1", "EMAIL-1", "SCOPE-2", "SCOPE-3", "ALARM-1", "ALARM-2", "ALARM-3", "ALARM-4"
    ] => |case| from_login_to_closed_alarm(case),
});

/// The backend logs in and enrols a customer; the customer adds an address and confirms it; an address leaks; the
/// customer sees the alarm, reads the advice and closes the alarm, and the backend sees that.
async fn from_login_to_closed_alarm(case: &Case) -> Result<(), Halt> {
    let source = leaks::source(case, &EMAIL).await?;

    // The backend.
    let crm = match case.login(&case.session.target.crm).await {
        Ok(login) => {
            login.demand("200 to the login", |status| status == 200)?;
            Caller::Crm(login.token()?)
        }
        Err(Halt::Skipped(_)) => case.crm().await?,
        Err(halt) => return Err(halt),
    };
    let (account, created) = case.create_account_with_ssn(false).await?;
    created.demand("201 to the new account", |status| status == 201)?;
    let account = account?;
    let below = |rest: &str| format!("/api/v1/account/{}{rest}", account.id);
    let enrolled = case.post(&crm, &below("/email-watchlist"), json!({ "email": account.email })).await?;
    enrolled.demand("the account's email is enrolled", reader::is_success)?;

    // The customer, in the app.
    let exchanged = case.sso_token(&account).await?;
    exchanged.demand("200 to the exchange", |status| status == 200)?;
    let app = Caller::App(exchanged.token()?, account.clone());
    let private = case.email();
    let mark = EMAIL.mark(case, &account, &private).await;
    let added = case.post(&app, "/api/v1/email-watchlist", json!({ "email": private })).await?;
    added.demand("the customer's other email is added", reader::is_success)?;
    if let Ok(mark) = mark {
        EMAIL.confirm(case, &mark).await?;
    }

    // The breach.
    let _turn = case.session.turn_to_leak().await;
    let before = alarms::of(case, &app, &account).await?;
    let leaked = leaks::leaked(case, &EMAIL, source).await?;
    let watched = case.post(&crm, &below("/email-watchlist"), json!({ "email": leaked })).await?;
    watched.demand("the leaked email is enrolled", reader::is_success)?;
    leaks::found(case, &EMAIL, &account).await?;

    // The alarm. A target may have ended the first session by now.
    let app = case.app(&account).await?;
    let new = alarms::new(&before, &alarms::of(case, &app, &account).await?);
    let alarm = new.first().ok_or_else(|| Halt::fail("an alarm in the app", "no new one"))?;
    let advice = case.get(&app, &format!("/api/v1/alarms/{alarm}/coachme")).await?;
    advice.demand("what to do about it", reader::is_success)?;
    let closed = case.get(&app, &format!("/api/v1/alarms/{alarm}/close")).await?;
    closed.demand("the customer closes it", reader::is_success)?;
    let seen = case.get(&crm, &below(&format!("/alarms/{alarm}"))).await?;
    seen.demand("the backend reads the alarm", reader::is_success)?;
    Halt::unless(is_closed(&seen.body), "the alarm is CLOSED for the backend too", || "it is not".into())
}
