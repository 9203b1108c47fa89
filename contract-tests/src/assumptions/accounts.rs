//! Probes of updates of an account.

use reqwest::Method;
use serde_json::{Value, json};

use crate::assumptions::inquiry::{Inquiry, Observation, Probe, is_done, met, probes};
use crate::case::Case;
use crate::exchange::{Account, Answer};
use crate::halt::Halt;
use crate::reader;
use crate::steps::logins;

/// The probes of this topic.
pub(super) const PROBES: &[Probe] = probes! {
    "put.replaces" => |inquiry| put_replaces(inquiry),
    "update.empty" => |inquiry| update_empty(inquiry),
    "sso.changed-email" (beyond_crm) => |inquiry| sso_changed_email(inquiry),
};

/// A field that a new account has and does not need.
const SPARE: &str = "lang_code";

/// The spare field of an account. Where CRM cannot read one, an update that changes nothing may show it.
async fn spare(case: &Case, account: &Account) -> Result<Option<String>, Halt> {
    let path = format!("/api/v1/account/{}", account.id);
    let crm = case.crm().await?;
    let shows = |answer: &Answer| answer.status == 200 && reader::item(&answer.body).is_some();
    let mut answer = case.get(&crm, &path).await?;
    if !shows(&answer) {
        answer = case.send(&crm, Method::PATCH, &path, Some(json!({}))).await?;
    }
    let item = reader::item(&answer.body).filter(|_| answer.status == 200);
    let item = item.ok_or_else(|| Halt::Inconclusive(format!("no account is shown: {}", met(&answer))))?;
    Ok(item.get(SPARE).and_then(Value::as_str).filter(|text| !text.is_empty()).map(str::to_owned))
}

/// A new account, which shows its spare field.
async fn spared(case: &Case) -> Result<Account, Halt> {
    let account = case.fresh_account().await?;
    match spare(case, &account).await? {
        Some(_) => Ok(account),
        None => Err(Halt::Inconclusive(format!("an account does not show its {SPARE}"))),
    }
}

/// The effect of a PUT that names only the fields a new account needs on all others.
pub(super) async fn put_replaces(inquiry: Inquiry<'_>) -> Result<Observation, Halt> {
    let case = inquiry.case;
    let account = spared(case).await?;
    let body = json!({ "first_name": "Contract", "last_name": "Test", "email": account.email });
    let path = format!("/api/v1/account/{}", account.id);
    let answer = case.send(&case.crm().await?, Method::PUT, &path, Some(body)).await?;
    answer.demand("the account is updated", is_done)?;
    let left = spare(case, &account).await?;
    let evidence = format!("{SPARE} is {} after {}", left.as_deref().unwrap_or("empty"), met(&answer));
    Ok(inquiry.named(if left.is_some() { "named" } else { "whole" }, evidence))
}

/// The effect of an empty text on a field that may be empty.
pub(super) async fn update_empty(inquiry: Inquiry<'_>) -> Result<Observation, Halt> {
    let case = inquiry.case;
    let account = spared(case).await?;
    let path = format!("/api/v1/account/{}", account.id);
    let answer = case.send(&case.crm().await?, Method::PATCH, &path, Some(json!({ SPARE: "" }))).await?;
    if matches!(answer.status, 400 | 422) {
        return Ok(inquiry.named("refused", met(&answer)));
    }
    answer.demand("the account is updated", is_done)?;
    let left = spare(case, &account).await?;
    let evidence = format!("{SPARE} is {} after {}", left.as_deref().unwrap_or("empty"), met(&answer));
    Ok(inquiry.named(if left.is_some() { "kept" } else { "cleared" }, evidence))
}

/// Whether an email that an account was changed to gives a token.
pub(super) async fn sso_changed_email(inquiry: Inquiry<'_>) -> Result<Observation, Halt> {
    let case = inquiry.case;
    // Where there is no token for the first email either, its absence would tell nothing.
    let account = case.fresh_account().await?;
    case.app(&account).await?;
    let (crm, email) = (case.crm().await?, case.email());
    let path = format!("/api/v1/account/{}", account.id);
    let changed = case.send(&crm, Method::PATCH, &path, Some(json!({ "email": email }))).await?;
    changed.demand("the email is changed", is_done)?;
    let answer = case.sso_exchange(logins::TOKEN, &email).await?;
    // An account of the suite is known by its address.
    case.send(&crm, Method::PATCH, &path, Some(json!({ "email": account.email }))).await?;
    let name = match answer.status {
        status if is_done(status) => "accepted".to_owned(),
        status if reader::is_refusal(status) => "refused".to_owned(),
        status => status.to_string(),
    };
    Ok(inquiry.named(&name, met(&answer)))
}
