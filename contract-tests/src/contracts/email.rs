//! Watched email addresses.

use std::time::Duration;

use serde_json::json;

use super::watchlist::EMAIL;
use crate::case::{Account, Case};
use crate::client::Caller;
use crate::contract::{Step, Stop};
use crate::reader;

page!("email" {
    "added_by_crm": ["EMAIL-1", "SCOPE-2"] => added_by_crm,
    "added_by_app": ["EMAIL-1", "SCOPE-3"] => added_by_app,
    "added_by_crm_needs_no_confirmation": ["SCOPE-2"] => added_by_crm_needs_no_confirmation,
    "added_by_app_is_confirmed_by_its_link": ["SCOPE-3", "EMAIL-2"] => added_by_app_is_confirmed_by_its_link,
});

/// What CRM adds is listed until CRM removes it.
async fn added_by_crm(case: &Case<'_>) -> Step {
    let account = case.account().await?;
    EMAIL.stays_until_removed(case, &case.crm().await?, &account, "email").await
}

/// What the end user adds is listed until they remove it.
async fn added_by_app(case: &Case<'_>) -> Step {
    let account = case.account().await?;
    EMAIL.stays_until_removed(case, &case.app(&account).await?, &account, "email").await
}

/// Nobody is asked to confirm what CRM adds.
async fn added_by_crm_needs_no_confirmation(case: &Case<'_>) -> Step {
    let account = case.account().await?;
    let (crm, app, email) = (case.crm().await?, case.app(&account).await?, case.run.email());
    EMAIL.needed(case, &crm, &account, &json!({ "email": email })).await?;
    no_more_messages(case, &app, &account, &email, 0).await
}

/// The end user is asked to confirm what they add; once they have, nothing is pending that could be resent.
async fn added_by_app_is_confirmed_by_its_link(case: &Case<'_>) -> Step {
    let account = case.account().await?;
    let (app, email) = (case.app(&account).await?, case.run.email());
    EMAIL.needed(case, &app, &account, &json!({ "email": email })).await?;
    let message = case.message(&email).await?;
    let link = reader::first_link(&message);
    let link = link.ok_or_else(|| Stop::fail("a message with a link that confirms", "a message without a link"))?;
    let opened = case.get(&Caller::Anonymous, link).await?;
    opened.demand("the link opens", |status| (200..400).contains(&status))?;
    let sent = case.messages(&email, Duration::ZERO).await?.len();
    // What a resend answers when nothing is pending is the target's choice; that nothing is sent is not.
    case.post(&app, &app.path(&account, "/resend/watchlist-email-confirmation"), json!({ "email": email })).await?;
    no_more_messages(case, &app, &account, &email, sent).await
}

/// No more than `sent` messages went to `email`. That nothing comes is known once the message of a later add has come.
async fn no_more_messages(case: &Case<'_>, app: &Caller, account: &Account, email: &str, sent: usize) -> Step {
    let later = case.run.email();
    EMAIL.needed(case, app, account, &json!({ "email": later })).await?;
    case.message(&later).await.map_err(Stop::into_needed)?;
    let messages = case.messages(email, Duration::ZERO).await?.len();
    Stop::unless(messages <= sent, format!("{sent} messages to {email}"), || messages.to_string())
}
