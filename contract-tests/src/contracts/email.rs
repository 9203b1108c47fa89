//! Watched email addresses: those that the end user adds wait for a confirmation.

use serde_json::json;

use crate::case::Case;
use crate::contract::page;
use crate::exchange::Caller;
use crate::halt::Halt;
use crate::kind::EMAIL;
use crate::reader;
use crate::steps::confirmations::{RESEND, pending_email};

page!("email" {
    "added_by_app_is_confirmed_by_its_link": ["SCOPE-3", "EMAIL-2"] => |case| confirmed_by_its_link(case),
    "confirmation_is_resent": ["EMAIL-2"] => |case| confirmation_is_resent(case),
    "confirmation_is_resent_to_the_asking_user_only": ["EMAIL-2", "SCOPE-3"] => |case| resent_to_the_asking_user(case),
    "resend_takes_the_app_token": ["EMAIL-2"] => |case| resend_takes_the_app_token(case),
});

/// The end user is asked to confirm what they add; once they have, nothing is pending that could be resent.
async fn confirmed_by_its_link(case: &Case) -> Result<(), Halt> {
    let account = case.account().await?;
    let app = case.app(&account).await?;
    let (email, _, message) = pending_email(case, &app, &account).await?;
    let link = message.link().ok_or_else(|| Halt::fail("a message with a link that confirms", "one without"))?;
    case.open(link).await?;
    let items = EMAIL.list(case, &app, &account).await?;
    let is_listed = items.iter().any(|(_, item)| reader::shows(item, &email));
    Halt::unless(is_listed, "what was confirmed is in the list", || format!("{} items without it", items.len()))?;
    // The guide leaves open how a resend answers when nothing is pending; it must send nothing.
    let mark = case.mark(&[&email]).await?;
    case.post(&app, RESEND, json!({ "email": email })).await?;
    let (_, _, _) = pending_email(case, &app, &account).await.map_err(Halt::into_required)?;
    let sent = case.asked(&mark).await?;
    Halt::unless(sent == 0, "no message about what is confirmed", || format!("{sent} to {email}"))?;
    case.sees_all(&mark).await
}

/// A resend of what waits sends another message, whose link confirms.
async fn confirmation_is_resent(case: &Case) -> Result<(), Halt> {
    let account = case.account().await?;
    let app = case.app(&account).await?;
    let (email, ..) = pending_email(case, &app, &account).await.map_err(Halt::into_required)?;
    let before = EMAIL.list(case, &app, &account).await?.len();
    let mark = EMAIL.mark(case, &account, &email).await?;
    resent(case, &app, &email).await?;
    let after = EMAIL.list(case, &app, &account).await?.len();
    Halt::unless(after == before, "a resend adds nothing", || format!("{after} items, {before} before"))?;
    let message = case.message(&mark).await?;
    let link = message.link().ok_or_else(|| Halt::fail("a message with a link that confirms", "one without"))?;
    let opened = case.get(&Caller::Anonymous, link).await?;
    opened.demand("the link of the second message opens", |status| (200..400).contains(&status))
}

/// Asks for another message. The guide gives no body: one that names the address, or none, must do.
async fn resent(case: &Case, app: &Caller, email: &str) -> Result<(), Halt> {
    let mut answer = case.post(app, RESEND, json!({ "email": email })).await?;
    if matches!(answer.status, 400 | 422) {
        answer = case.post(app, RESEND, json!({})).await?;
    }
    answer.demand("a pending confirmation is resent", reader::is_success)
}

/// One user's resend sends nothing about what another waits for.
async fn resent_to_the_asking_user(case: &Case) -> Result<(), Halt> {
    let accounts = [case.account().await?, case.account().await?];
    let apps = [case.app(&accounts[0]).await?, case.app(&accounts[1]).await?];
    let (first, ..) = pending_email(case, &apps[0], &accounts[0]).await.map_err(Halt::into_required)?;
    let (second, ..) = pending_email(case, &apps[1], &accounts[1]).await.map_err(Halt::into_required)?;
    let (others, own) = (EMAIL.mark(case, &accounts[0], &first).await?, EMAIL.mark(case, &accounts[1], &second).await?);
    case.post(&apps[1], RESEND, json!({ "email": first })).await?;
    resent(case, &apps[1], &second).await?;
    case.message(&own).await?;
    let sent = case.asked(&others).await?;
    Halt::unless(sent == 0, "nothing about what another user waits for", || format!("{sent} messages"))?;
    case.sees_all(&others).await
}

/// It takes the token of the end user, and no other.
async fn resend_takes_the_app_token(case: &Case) -> Result<(), Halt> {
    let account = case.account().await?;
    let (crm, app) = (case.crm().await?, case.app(&account).await?);
    for caller in [&crm, &Caller::Anonymous] {
        let answer = case.post(caller, RESEND, json!({})).await?;
        answer.demand("401 or 403 to another token than the app's", reader::is_wrong_token)?;
    }
    let answer = case.post(&app, RESEND, json!({})).await?;
    answer.demand("the app token is let in", |status| !reader::is_wrong_token(status) && status != 405 && status < 500)
}
