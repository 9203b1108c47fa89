//! Accounts, created by CRM.

use super::watchlist::EMAIL;
use crate::case::{Case, SSN};
use crate::contract::{Step, Stop};
use crate::reader;

page!("account" { "created": ["ACCOUNT-1"] => created });

/// A new account comes under `data`, and its id is the one of the other CRM calls.
async fn created(case: &Case<'_>) -> Step {
    let (account, answer) = case.create_account(Some(SSN)).await?;
    answer.demand("201 to a created account", |status| status == 201)?;
    let account = account?;
    Stop::unless(answer.body.get("data").is_some(), "the account under data", || "a bare account".into())?;
    let crm = case.crm().await?;
    let listed = case.get(&crm, &crm.path(&account, EMAIL.list)).await?;
    listed.demand("data.id is the account id of other calls", reader::is_success)
}
