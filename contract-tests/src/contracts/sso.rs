//! Where app tokens come from, and the user's own profile.

use reqwest::Method;
use serde_json::{Value, json};

use crate::case::Case;
use crate::contract::page;
use crate::exchange::{Account, Answer, Caller};
use crate::halt::Halt;
use crate::kind::EMAIL;
use crate::reader;
use crate::steps::logins::{CODE, LOGIN, TOKEN, exchange, issued, no_token};
use crate::steps::profiles::{UPDATES, is_kept, is_named, is_not_named, names, names_of, naming, profiles};

page!("sso" {
    "token": ["SSO-1", "SSO-2"] => |case| sso_token(case),
    "token_acts_for_the_account_of_the_email": ["SSO-1", "SSO-3"] => |case| acts_for_the_account_of_the_email(case),
    "email_of_the_creation_stays_good": ["SSO-3"] => |case| email_of_the_creation_stays_good(case),
    "unknown_email_is_refused": ["SSO-3"] => |case| unknown_email_is_refused(case),
    "other_credentials_are_refused": ["SSO-2"] => |case| other_credentials_are_refused(case),
    "code_is_exchanged_once": ["SSO-4"] => |case| code_is_exchanged_once(case),
    "code_acts_for_the_account_of_the_email": ["SSO-4"] => |case| code_acts_for_the_account_of_the_email(case),
    "own_profile_is_read": ["SSO-5"] => |case| own_profile_is_read(case),
    "own_profile_is_updated": ["SSO-5"] => |case| own_profile_is_updated(case),
    "own_password_is_changed": ["SSO-5"] => |case| own_password_is_changed(case),
});

/// The exchange answers 200 with a token, and the token acts for an account.
async fn sso_token(case: &Case) -> Result<(), Halt> {
    let account = case.account().await?;
    let answer = case.sso_token(&account).await?;
    answer.demand("200 to an exchange", |status| status == 200)?;
    let app = Caller::App(answer.token()?, account.clone());
    let listed = case.get(&app, &app.path(&account, EMAIL.list)).await?;
    listed.demand("the token of the exchange is let in", reader::is_success)
}

/// Of two accounts, each token sees what CRM has put on its own.
async fn acts_for_the_account_of_the_email(case: &Case) -> Result<(), Halt> {
    let accounts = [case.account().await?, case.account().await?];
    let tokens = [case.app(&accounts[0]).await?, case.app(&accounts[1]).await?];
    each_sees_its_own(case, &accounts, &tokens).await
}

async fn each_sees_its_own(case: &Case, accounts: &[Account; 2], tokens: &[Caller; 2]) -> Result<(), Halt> {
    let crm = case.crm().await?;
    let emails = [case.email(), case.email()];
    for (account, email) in accounts.iter().zip(&emails) {
        EMAIL.needed(case, &crm, account, email).await?;
    }
    for ((token, account), own) in tokens.iter().zip(accounts).zip(&emails) {
        let items = EMAIL.list(case, token, account).await?;
        for email in &emails {
            let is_seen = items.iter().any(|(_, item)| reader::shows(item, email));
            let expected =
                format!("the token of {} sees the watchlist of that account, with {own} only", account.email);
            let seen = if is_seen { "seen" } else { "not seen" };
            Halt::unless(is_seen == (email == own), expected, || format!("{email} is {seen}"))?;
        }
    }
    Ok(())
}

/// Calls that give an account another email: each of CRM's, and each of its user's.
async fn renamed(case: &Case, account: &Account, email: &str) -> Result<Vec<Answer>, Halt> {
    // By then an address that counts no longer may give no token.
    let app = case.app(account).await?;
    let (crm, body) = (case.crm().await?, case.account_body(email, None));
    let mut updated = Vec::new();
    for update in case.session.sample(UPDATES.iter(), 3) {
        updated.push(update.send(case, &crm, account, body.clone()).await?);
    }
    let own = ["/api/v1/account".to_owned(), format!("/api/v2/account/{}", account.id)];
    for path in case.session.sample(own.into_iter(), 2) {
        updated.push(case.send(&app, Method::PUT, &path, Some(body.clone())).await?);
    }
    Ok(updated)
}

/// The address that counts is the one that the account was created with, whatever an update has made of it.
async fn email_of_the_creation_stays_good(case: &Case) -> Result<(), Halt> {
    let account = case.fresh_account().await?;
    let crm = case.crm().await?;
    let watched = case.email();
    EMAIL.needed(case, &crm, &account, &watched).await?;
    let updated = renamed(case, &account, &case.email()).await?;
    for answer in &updated {
        // Whether a user may change it is left open.
        if answer.to.contains(&account.id) && !answer.to.contains("/v2/") {
            answer.demand("another email in an update", reader::is_success).map_err(Halt::into_required)?;
        }
    }
    let answer = case.sso_token(&account).await?;
    answer.demand("200 to the email that the account was created with", |status| status == 200)?;
    let app = Caller::App(answer.token()?, account.clone());
    let items = EMAIL.list(case, &app, &account).await?;
    // An account of the suite is known by its address.
    let body = case.account_body(&account.email, None);
    case.send(&crm, Method::PATCH, &format!("/api/v1/account/{}", account.id), Some(body)).await?;
    let is_own = items.iter().any(|(_, item)| reader::shows(item, &watched));
    Halt::unless(is_own, "the token acts for that account", || format!("{} items of another", items.len()))
}

/// There is no token for an address that no account was created with, and no account comes of asking.
async fn unknown_email_is_refused(case: &Case) -> Result<(), Halt> {
    let email = case.email();
    for path in [TOKEN, CODE, TOKEN] {
        let answer = case.sso_exchange(path, &email).await?;
        answer.demand("a refusal: no account has that email", reader::is_refusal)?;
        let named = reader::fields(&answer.body).into_iter().any(|(name, _)| matches!(name, "token" | "code"));
        // The code of an error is no code to log in with.
        let is_error = answer.body.get("error").is_some() || answer.body.get("errors").is_some();
        Halt::unless(!named || is_error, "nothing to log in with", || format!("something to {}", answer.to))?;
    }
    Ok(())
}

/// A wrong client, and the CRM user, get neither a token nor a code.
async fn other_credentials_are_refused(case: &Case) -> Result<(), Halt> {
    let account = case.account().await?;
    let (id, secret) = (case.sso()?.client_id.clone(), case.sso()?.client_secret.0.clone());
    let email = &account.email;
    let cut: String = secret.chars().take(secret.chars().count().saturating_sub(1)).collect();
    let swap =
        |char: char| if char.is_ascii_lowercase() { char.to_ascii_uppercase() } else { char.to_ascii_lowercase() };
    let swapped: String = secret.chars().map(swap).collect();
    let mut bodies = vec![
        json!({ "client_id": id, "client_secret": format!("{secret}x"), "email": email }),
        json!({ "client_id": format!("{id}x"), "client_secret": secret, "email": email }),
        json!({ "client_id": id, "client_secret": cut, "email": email }),
        json!({ "client_id": id, "client_secret": swapped, "email": email }),
        json!({ "client_id": id, "email": email }),
        json!({ "email": email }),
    ];
    if let Ok((username, password)) = case.credentials() {
        bodies.push(json!({ "client_id": username, "client_secret": password.0, "email": email }));
    }
    bodies.retain(|body| body["client_id"] != *id || body["client_secret"] != *secret);
    for body in bodies {
        if let Some(wrong) = body["client_secret"].as_str().filter(|sent| **sent != *secret) {
            case.session.redactor.learn(wrong, "$WRONG_SECRET");
        }
        no_token(case, TOKEN, body.clone()).await?;
        let answer = case.post(&Caller::Anonymous, CODE, body).await?;
        answer.demand("a refusal", reader::is_refusal)?;
    }
    Ok(())
}

/// A code gives one token, once; another code gives none.
async fn code_is_exchanged_once(case: &Case) -> Result<(), Halt> {
    let account = case.quiet_account().await?;
    let code = issued(case, &account).await?;
    let answer = exchange(case, &code).await?;
    answer.demand("200 to a code", |status| status == 200)?;
    let app = Caller::App(answer.token()?, account.clone());
    let listed = case.get(&app, &app.path(&account, EMAIL.list)).await?;
    listed.demand("the token of the code is let in", reader::is_success)?;
    exchange(case, &code).await?.demand("a code that was used is refused", reader::is_refusal)?;
    for wrong in [json!("no-such-code"), json!(""), Value::Null] {
        no_token(case, LOGIN, json!({ "code": wrong })).await?;
    }
    no_token(case, LOGIN, json!({})).await
}

/// Of two accounts, each code gives the token of its own.
async fn code_acts_for_the_account_of_the_email(case: &Case) -> Result<(), Halt> {
    let accounts = [case.quiet_account().await?, case.quiet_account().await?];
    let codes = [issued(case, &accounts[0]).await?, issued(case, &accounts[1]).await?];
    let mut tokens = Vec::new();
    for (code, account) in codes.iter().zip(&accounts).rev() {
        let token = exchange(case, code).await?.token().map_err(Halt::into_required)?;
        tokens.push(Caller::App(token, account.clone()));
    }
    tokens.reverse();
    let tokens = [tokens[0].clone(), tokens[1].clone()];
    each_sees_its_own(case, &accounts, &tokens).await
}

/// Each user reads their own profile.
async fn own_profile_is_read(case: &Case) -> Result<(), Halt> {
    for _ in 0..2 {
        let account = case.account().await?;
        let app = case.app(&account).await?;
        let answer = case.get(&app, "/api/v1/account").await?;
        answer.demand("the own profile", reader::is_success)?;
        is_profile_of(&answer, &account)?;
    }
    Ok(())
}

/// A shown profile is that of this account.
fn is_profile_of(answer: &Answer, account: &Account) -> Result<(), Halt> {
    let Some(item) = reader::item(&answer.body) else {
        return Err(Halt::fail("the own profile", format!("none to {}", answer.to)));
    };
    // The guide leaves open what else a profile shows, and what its id is the id of.
    if let Some(email) = item.get("email").and_then(Value::as_str) {
        let is_own = email.eq_ignore_ascii_case(&account.email);
        return Halt::unless(is_own, format!("the profile of {}", account.email), || format!("that of {email}"));
    }
    let id = reader::id(item);
    Halt::unless(id.as_deref() == Some(&account.id), format!("the profile of account {}", account.id), || {
        format!("that of {}", id.clone().unwrap_or_else(|| "no account".into()))
    })
}

/// A user updates their own profile by both routes, and reads what they have written, and so does CRM where it reads
/// accounts; no other profile changes. The profile of another user is refused, and stays.
async fn own_profile_is_updated(case: &Case) -> Result<(), Halt> {
    let (account, other) = (case.fresh_account().await?, case.account().await?);
    let (app, stranger) = (case.app(&account).await?, case.app(&other).await?);
    let crm = case.crm().await?;
    let (own, others) = ([app.clone(), crm.clone()], [stranger.clone(), crm]);
    let path = format!("/api/v2/account/{}", account.id);
    let before = profiles(case, &own, &account).await?;
    let mut last = String::new();
    for path in ["/api/v1/account", &path] {
        last = case.values.full_name();
        let send =
            async |name: &str| case.send(&app, Method::PUT, path, Some(naming(case, &account, name, None))).await;
        let mut answer = send(&last).await?;
        if matches!(answer.status, 400 | 422) {
            // The guide does not say which names there are.
            last = case.values.name();
            answer = send(&last).await?;
        }
        answer.demand("the own profile is updated", reader::is_success)?;
        let after = profiles(case, &own, &account).await?;
        is_named(&names_of(&after), &last, &answer.to)?;
        is_kept(&before, &after, &answer.to)?;
        is_not_named(&names(case, &others, &other).await?, &last, &answer.to)?;
    }
    // Nothing in the body is a reason to refuse it but whose profile it is about.
    let body = naming(case, &account, &case.values.name(), None);
    let answer = case.send(&stranger, Method::PUT, &path, Some(body)).await?;
    answer.demand("another user's profile is refused", reader::is_refusal)?;
    is_profile_of(&case.get(&app, "/api/v1/account").await?, &account)?;
    is_named(&names(case, &own, &account).await?, &last, &answer.to)
}

/// A user changes their password. What the body must hold is not documented, so a refusal of it decides nothing.
async fn own_password_is_changed(case: &Case) -> Result<(), Halt> {
    let account = case.fresh_account().await?;
    let (app, password) = (case.app(&account).await?, "contract-Test-2026");
    case.session.redactor.learn(password, "$PASSWORD");
    let path = "/api/v2/account/password";
    let body = json!({ "password": password, "password_confirmation": password, "new_password": password });
    let answer = case.post(&app, path, body.clone()).await?;
    match answer.status {
        400 | 422 => {
            // It is there, at least, and takes the app token.
            let crm = case.post(&case.crm().await?, path, body).await?;
            crm.demand("401 or 403 to a CRM token", reader::is_wrong_token)
        }
        _ => answer.demand("the password is changed", reader::is_success),
    }
}
