//! Where CRM tokens come from.

use serde_json::json;

use crate::case::Case;
use crate::contract::page;
use crate::exchange::Caller;
use crate::halt::Halt;
use crate::kind::EMAIL;
use crate::reader;
use crate::steps::logins::no_token;

page!("login" {
    "crm": ["LOGIN-1", "LOGIN-4"] => |case| crm(case),
    "wrong_credentials_are_refused": ["LOGIN-1", "LOGIN-4"] => |case| wrong_credentials_are_refused(case),
    "keep_logged_is_taken": ["LOGIN-2"] => |case| keep_logged_is_taken(case),
    "sso_credentials_are_no_crm_user": ["SSO-2"] => |case| sso_credentials_are_no_crm_user(case),
    "no_route_provisions_users": ["LOGIN-5"] => |case| no_route_provisions_users(case),
});

/// The login answers 200 with a token, and the token works at once.
async fn crm(case: &Case) -> Result<(), Halt> {
    // With another token, so that the new one is used here first.
    let account = match case.account().await {
        // That no login gives a token shows below.
        Err(_) if case.session.tokenless().is_some() => None,
        account => Some(account?),
    };
    let answer = case.login(&case.session.target.crm).await?;
    answer.demand("200 to a login with DEFENTRY_CRM_USERNAME and DEFENTRY_CRM_PASSWORD", |status| status == 200)?;
    let crm = Caller::Crm(answer.token()?);
    let Some(account) = account else { return Ok(()) };
    let listed = case.get(&crm, &crm.path(&account, EMAIL.list)).await?;
    listed.demand("the token of the login is let in", reader::is_success)
}

/// A wrong password, another user, or half a login gives no token.
async fn wrong_credentials_are_refused(case: &Case) -> Result<(), Halt> {
    let (username, password) = case.credentials()?;
    let unknown = format!("nobody@{}", case.session.target.email_domain);
    for body in [
        json!({ "username": username, "password": format!("{}x", password.0) }),
        json!({ "username": unknown, "password": password.0 }),
        json!({ "username": username, "password": "" }),
        json!({ "username": username }),
        json!({ "password": password.0 }),
    ] {
        no_token(case, "/api/v1/crm/auth/login", body).await?;
    }
    Ok(())
}

/// A login may ask for a longer session, and its token works.
async fn keep_logged_is_taken(case: &Case) -> Result<(), Halt> {
    let (username, password) = case.credentials()?;
    let plain = case.login(&case.session.target.crm).await?;
    plain.demand("a login without keep_logged", reader::is_success).map_err(Halt::into_required)?;
    for keep_logged in [true, false] {
        let body = json!({ "username": username, "password": password.0, "keep_logged": keep_logged });
        let answer = case.log_in(body).await?;
        answer.demand("200 to a login with keep_logged", |status| status == 200)?;
        let crm = Caller::Crm(answer.token()?);
        let account = case.account().await?;
        let listed = case.get(&crm, &crm.path(&account, EMAIL.list)).await?;
        listed.demand("the token of the login is let in", reader::is_success)?;
    }
    Ok(())
}

/// The SSO client is no user of the CRM login.
async fn sso_credentials_are_no_crm_user(case: &Case) -> Result<(), Halt> {
    let sso = case.sso()?;
    let body = json!({ "username": sso.client_id, "password": sso.client_secret.0 });
    no_token(case, "/api/v1/crm/auth/login", body).await
}

/// Where other systems register users, there is nothing, with or without a CRM token.
async fn no_route_provisions_users(case: &Case) -> Result<(), Halt> {
    let body = json!({ "username": case.email(), "password": "contract-Test-1", "email": case.email() });
    case.session.redactor.learn("contract-Test-1", "$PASSWORD");
    let crm = case.crm().await?;
    for path in ["/api/v1/crm/auth/register", "/api/v1/crm/users", "/api/v1/crm/user"] {
        for caller in [&Caller::Anonymous, &crm] {
            let answer = case.post(caller, path, body.clone()).await?;
            answer.demand("no route that makes a CRM user", |status| !reader::is_success(status))?;
        }
    }
    Ok(())
}
