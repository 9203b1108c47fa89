//! Where tokens come from.

use super::watchlist::EMAIL;
use crate::case::{Case, token};
use crate::client::Caller;
use crate::contract::Step;
use crate::reader;

page!("login" {
    "crm": ["LOGIN-1", "LOGIN-4"] => crm,
    "sso_token": ["SSO-1"] => sso_token,
});

/// The login answers 200 with a token, and the token works at once.
async fn crm(case: &Case<'_>) -> Step {
    let answer = case.login(&case.run.target.crm).await?;
    answer.demand("200 to a login", |status| status == 200)?;
    let (crm, account) = (Caller::Crm(token(&answer)?), case.account().await?);
    let listed = case.get(&crm, &crm.path(&account, EMAIL.list)).await?;
    listed.demand("the token of the login is let in", reader::is_success)
}

/// The exchange answers 200 with a token, and the token acts for an account.
async fn sso_token(case: &Case<'_>) -> Step {
    let account = case.account().await?;
    let answer = case.sso_token(&account).await?;
    answer.demand("200 to an exchange", |status| status == 200)?;
    let app = Caller::App(token(&answer)?);
    let listed = case.get(&app, &app.path(&account, EMAIL.list)).await?;
    listed.demand("the token of the exchange is let in", reader::is_success)
}
