//! Watched email addresses: what the end user adds waits for them.

use serde_json::json;

use super::watchlist::EMAIL;
use crate::case::Case;
use crate::client::{Account, Caller};
use crate::contract::{Step, Stop};
use crate::messages::{Mark, Message};
use crate::reader;

page!("email" {
    "added_by_app_is_confirmed_by_its_link": ["SCOPE-3", "EMAIL-2"] => |case| confirmed_by_its_link(case),
    "confirmation_is_resent": ["EMAIL-2"] => |case| confirmation_is_resent(case),
    "confirmation_is_resent_to_the_asking_user_only": ["EMAIL-2", "SCOPE-3"] => |case| resent_to_the_asking_user(case),
    "resend_takes_the_app_token": ["EMAIL-2"] => |case| resend_takes_the_app_token(case),
});

pub(crate) const RESEND: &str = "/api/v1/resend/watchlist-email-confirmation";

/// Adds an address by app token, and returns the message that asks to confirm it.
pub(crate) async fn pending(case: &Case, app: &Caller, account: &Account) -> Step<(String, Mark, Message)> {
    let email = case.email();
    let mark = EMAIL.mark(case, account, &email).await?;
    EMAIL.added(case, app, account, &email).await.map_err(Stop::into_needed)?;
    let message = case.message(&mark).await?;
    Ok((email, mark, message))
}

/// The end user is asked to confirm what they add; once they have, nothing is pending that could be resent.
async fn confirmed_by_its_link(case: &Case) -> Step {
    let account = case.account().await?;
    let app = case.app(&account).await?;
    let (email, _, message) = pending(case, &app, &account).await?;
    let link = message.link().ok_or_else(|| Stop::fail("a message with a link that confirms", "one without"))?;
    case.open(link).await?;
    let items = EMAIL.list(case, &app, &account).await?;
    let is_listed = items.iter().any(|(_, item)| reader::shows(item, &email));
    Stop::unless(is_listed, "what was confirmed is in the list", || format!("{} items without it", items.len()))?;
    // What a resend answers when nothing is pending is the target's choice; that nothing is sent is not.
    let mark = case.mark(&[&email]).await?;
    case.post(&app, RESEND, json!({ "email": email })).await?;
    let (_, _, _) = pending(case, &app, &account).await.map_err(Stop::into_needed)?;
    let sent = case.asked(&mark).await?;
    Stop::unless(sent == 0, "no message about what is confirmed", || format!("{sent} to {email}"))
}

/// A resend of what waits sends another message, whose link confirms.
async fn confirmation_is_resent(case: &Case) -> Step {
    let account = case.account().await?;
    let app = case.app(&account).await?;
    let (email, ..) = pending(case, &app, &account).await.map_err(Stop::into_needed)?;
    let mark = EMAIL.mark(case, &account, &email).await?;
    resent(case, &app, &email).await?;
    let message = case.message(&mark).await?;
    let link = message.link().ok_or_else(|| Stop::fail("a message with a link that confirms", "one without"))?;
    let opened = case.get(&Caller::Anonymous, link).await?;
    opened.demand("the link of the second message opens", |status| (200..400).contains(&status))
}

/// Asks for another message. The guide gives no body: one that names the address, or none, must do.
async fn resent(case: &Case, app: &Caller, email: &str) -> Step {
    let mut answer = case.post(app, RESEND, json!({ "email": email })).await?;
    if matches!(answer.status, 400 | 422) {
        answer = case.post(app, RESEND, json!({})).await?;
    }
    answer.demand("a pending confirmation is resent", reader::is_success)
}

/// One user's resend sends nothing about what another waits for.
async fn resent_to_the_asking_user(case: &Case) -> Step {
    let accounts = [case.account().await?, case.account().await?];
    let apps = [case.app(&accounts[0]).await?, case.app(&accounts[1]).await?];
    let (first, ..) = pending(case, &apps[0], &accounts[0]).await.map_err(Stop::into_needed)?;
    let (second, ..) = pending(case, &apps[1], &accounts[1]).await.map_err(Stop::into_needed)?;
    let (others, own) = (EMAIL.mark(case, &accounts[0], &first).await?, EMAIL.mark(case, &accounts[1], &second).await?);
    case.post(&apps[1], RESEND, json!({ "email": first })).await?;
    resent(case, &apps[1], &second).await?;
    case.message(&own).await?;
    let sent = case.asked(&others).await?;
    Stop::unless(sent == 0, "nothing about what another user waits for", || format!("{sent} messages"))
}

/// It is there for the end user, and for nobody else.
async fn resend_takes_the_app_token(case: &Case) -> Step {
    let account = case.account().await?;
    let (crm, app) = (case.crm().await?, case.app(&account).await?);
    for caller in [&crm, &Caller::Anonymous] {
        let answer = case.post(caller, RESEND, json!({})).await?;
        answer.demand("401 or 403 to another token than the app's", reader::is_wrong_token)?;
    }
    let answer = case.post(&app, RESEND, json!({})).await?;
    answer.demand("the app token is let in", |status| !reader::is_wrong_token(status) && status != 405 && status < 500)
}
