//! The set-up of a run makes sure, before any check, that the target is the API and takes the credentials.
//!
//! Whatever is wrong here is as likely the user's as the target's, so it fails no fact: the run ends before hundreds of
//! requests have sent the credentials to who knows whom.

use reqwest::Method;
use reqwest::header::{LOCATION, WWW_AUTHENTICATE};
use serde_json::json;

use crate::case::Case;
use crate::exchange::{Account, Answer, Caller};
use crate::halt::Halt;
use crate::kind::EMAIL;
use crate::messages::{MESSAGES, Messages, Problem, outbox};
use crate::reader;
use crate::target::CrmLogin;

const BASE_URL: &str = "DEFENTRY_BASE_URL";
const PARTNER: &str = "DEFENTRY_CRM_USERNAME and DEFENTRY_CRM_PASSWORD";
const OTHER_PARTNER: &str = "DEFENTRY_CRM2_USERNAME and DEFENTRY_CRM2_PASSWORD";
const PARTNERS_TOKEN: &str = "DEFENTRY_CRM_TOKEN";
const CLIENT: &str = "DEFENTRY_CLIENT_ID and DEFENTRY_CLIENT_SECRET";

/// The logins of the partners.
pub(super) async fn log_in(case: &Case) -> Result<(), Halt> {
    let target = &case.session.target;
    for (login, variables) in [(Some(&target.crm), PARTNER), (target.crm2.as_ref(), OTHER_PARTNER)] {
        let Some(login @ CrmLogin::Password { .. }) = login else { continue };
        let answer = case.login(login).await?;
        is_of_the_api(&answer, true)?;
        if reader::is_refusal(answer.status) {
            return Err(refused(variables, &answer));
        }
        if let (true, PARTNER, Err(why)) = (reader::is_success(answer.status), variables, answer.token()) {
            case.session.learn_tokenless(&why.into_required());
        }
    }
    Ok(())
}

/// The readers of messages, before anything is sent that they are to show.
pub(super) async fn open_readers(case: &Case) -> Result<(), Halt> {
    let messages = &case.session.target.messages;
    for reader in messages.readers() {
        let to = case.email();
        let opened = tokio::select! {
            opened = reader.open(&to) => opened,
            () = case.session.pace.over() => return Err(Halt::Inconclusive("the run was interrupted".into())),
        };
        opened.map_err(|Problem { variable, problem }| Halt::Inconclusive(format!("{variable} {problem}")))?;
    }
    if matches!(messages, Messages::Mock) {
        let answer = case.control(Method::GET, "/_mock/outbox?to=", None).await?;
        if outbox::letters(&answer.body, "").is_none() {
            let problem = format!("{MESSAGES} is mock, but the target has no outbox: {}", end(&answer));
            return Err(Halt::Inconclusive(problem));
        }
    }
    Ok(())
}

/// The same reason where no answer came, with the variable to look at.
pub(super) fn explained(case: &Case, halt: Halt) -> Halt {
    let pace = &case.session.pace;
    let is_answered = case.exchanges().last().is_none_or(|exchange| exchange.answer.is_ok());
    let Halt::Inconclusive(reason) = &halt else { return halt };
    if pace.interruption().is_some() || is_answered {
        return halt;
    }
    Halt::Inconclusive(match pace.unreached() {
        Some(cause) if cause.contains("certificate") => format!("the target of {BASE_URL} is not trusted: {cause}"),
        Some(cause) => format!("the target of {BASE_URL} cannot be reached: {cause}"),
        None => format!("the target of {BASE_URL} does not answer: {reason}"),
    })
}

/// An account on each plan, the list of one, and the exchange for its owner's token. Where the target takes the
/// credentials and still refuses, the checks say what is wrong.
pub(super) async fn read(case: &Case) -> Result<(), Halt> {
    if case.session.tokenless().is_some() {
        // The login is answered as if it was done: that no token is in the answer is for the checks to say.
        return Ok(());
    }
    let Some(account) = accounts(case).await? else { return Ok(()) };
    let crm = case.crm().await?;
    let listed = case.get(&crm, &crm.path(&account, EMAIL.list)).await?;
    is_of_the_api(&listed, false)?;
    is_token_taken(case, &listed)?;
    if case.sso().is_err() {
        return Ok(());
    }
    let answer = case.sso_token(&account).await?;
    is_of_the_api(&answer, false)?;
    if !reader::is_refusal(answer.status) {
        return Ok(());
    }
    if reader::is_wrong_token(answer.status) {
        return Err(refused(CLIENT, &answer));
    }
    // The same refusal of a client that there is not tells that this one is taken for wrong too. Nobody is locked for it.
    let unknown = json!({ "client_id": "contract-none", "client_secret": "contract-none", "email": account.email });
    let other = case.post(&Caller::Anonymous, "/api/v1/sso/token", unknown).await?;
    if other.status == answer.status { Err(refused(CLIENT, &answer)) } else { Ok(()) }
}

/// The variables of the two plans.
const PLAN: &str = "DEFENTRY_PLAN_ID";
const OTHER_PLAN: &str = "DEFENTRY_PLAN_WITHOUT_ONLINE_ID";

/// A new account on each plan, of which the first is returned; none where the target makes none, which is for the checks
/// to say.
async fn accounts(case: &Case) -> Result<Option<Account>, Halt> {
    let target = &case.session.target;
    let (account, answer) = account_on(case, PLAN, target.plan_id).await?;
    let (other, others) = account_on(case, OTHER_PLAN, target.plan_without_online_id).await?;
    match (&account, other) {
        (Some(_), Some(other)) => case.session.keep_outside(other),
        // What differs between the two is the plan.
        (Some(_), None) => is_plan_taken(&others, OTHER_PLAN, target.plan_without_online_id)?,
        (None, Some(_)) => is_plan_taken(&answer, PLAN, target.plan_id)?,
        (None, None) => {}
    }
    Ok(account)
}

fn is_plan_taken(answer: &Answer, variable: &str, plan: u64) -> Result<(), Halt> {
    if !reader::is_refusal(answer.status) {
        return Ok(());
    }
    let problem = format!("an account on plan {plan} is refused, and one on another is not: see {variable}");
    Err(Halt::Inconclusive(format!("{problem}: {}", end(answer))))
}

/// A new account on the plan that a variable sets.
async fn account_on(case: &Case, variable: &'static str, plan: u64) -> Result<(Option<Account>, Answer), Halt> {
    let email = case.email();
    let ssns = if case.session.target.ssn_required {
        vec![Some(case.values.ssn().to_owned()), Some(case.values.unlisted_ssn())]
    } else {
        vec![None]
    };
    let mut last = None;
    // There are few test numbers, so another account may have the first.
    for ssn in ssns {
        let mut body = case.account_body(&email, ssn.as_deref());
        body["plan_id"] = plan.into();
        let answer = case.create(body).await?;
        // Where there was no login, this is the first route that every API has.
        is_of_the_api(&answer, matches!(case.session.target.crm, CrmLogin::Token(_)))?;
        is_token_taken(case, &answer)?;
        let account = case.created(&answer, &email, variable == PLAN).ok();
        let is_over = account.is_some() || !matches!(answer.status, 409 | 422);
        last = Some((account, answer));
        if is_over {
            break;
        }
    }
    let Some((account, answer)) = last else { return Err(Halt::Inconclusive("no account was asked for".into())) };
    if reader::is_refusal(answer.status) {
        for field in reader::refused_fields(&answer.body) {
            if let Some(variable) = variable_of(case, &field, variable) {
                let problem = format!("an account is refused for its {field}, which {variable} sets: {}", end(&answer));
                return Err(Halt::Inconclusive(problem));
            }
        }
    }
    Ok((account, answer))
}

/// The variable that says what the suite sends in a field of a new account, whose plan another one sets.
fn variable_of(case: &Case, field: &str, plan: &'static str) -> Option<&'static str> {
    match field {
        "plan_id" => Some(plan),
        "email" => Some("DEFENTRY_EMAIL_DOMAIN"),
        "ssn" if !case.session.target.ssn_required => Some("DEFENTRY_SSN_REQUIRED"),
        _ => None,
    }
}

/// A token that was obtained before the run may have expired, or be of another kind.
fn is_token_taken(case: &Case, answer: &Answer) -> Result<(), Halt> {
    let is_given = matches!(case.session.target.crm, CrmLogin::Token(_));
    if is_given && reader::is_wrong_token(answer.status) {
        return Err(refused(PARTNERS_TOKEN, answer));
    }
    Ok(())
}

/// Whether an answer can be the API's. `is_first` says that it is to the first route, without an id, that was called.
fn is_of_the_api(answer: &Answer, is_first: bool) -> Result<(), Halt> {
    let text = |name| answer.headers.get(name).and_then(|value| value.to_str().ok());
    let why = match answer.status {
        300..=399 => {
            let to = text(LOCATION).map(|to| format!("redirects to {to}: "));
            Some(format!(" ({}set DEFENTRY_BASE_URL)", to.unwrap_or_default()))
        }
        401 if text(WWW_AUTHENTICATE).is_some_and(|asked| asked.to_ascii_lowercase().starts_with("basic")) => {
            Some(" (it asks for a user and a password of its own)".into())
        }
        _ if !is_json(answer) => Some(format!(" with {}", media_type(answer))),
        404 | 405 if is_first => Some(" (no such route there: see DEFENTRY_BASE_URL)".into()),
        _ => None,
    };
    why.map_or(Ok(()), |why| Err(Halt::Inconclusive(format!("this is not the API: {}{why}", end(answer)))))
}

/// Whether a body is JSON, or says so. Where there is none, nothing speaks against it.
fn is_json(answer: &Answer) -> bool {
    let is_empty = answer.text.trim().is_empty() && !reader::is_success(answer.status);
    is_empty || !answer.body.is_null() || answer.content_type().contains("json")
}

fn media_type(answer: &Answer) -> &str {
    let named = answer.content_type().split(';').next().unwrap_or_default().trim();
    if named.is_empty() { "no JSON" } else { named }
}

fn refused(variables: &str, answer: &Answer) -> Halt {
    Halt::Inconclusive(format!("the credentials of {variables} are refused: {}", end(answer)))
}

fn end(answer: &Answer) -> String {
    format!("{} to {}", answer.status, answer.to)
}

#[cfg(test)]
mod tests {
    use reqwest::header::{CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue};

    use super::*;

    fn answer(status: u16, headers: &[(HeaderName, &'static str)], text: &str) -> Answer {
        let headers = headers.iter().map(|(name, value)| (name.clone(), HeaderValue::from_static(value)));
        let body = serde_json::from_str(text).unwrap_or_default();
        Answer { status, headers: HeaderMap::from_iter(headers), body, text: text.into(), to: "POST /login".into() }
    }

    #[test]
    fn what_is_not_the_api_is_told_from_a_refusal() {
        const HTML: (HeaderName, &str) = (CONTENT_TYPE, "text/html; charset=utf-8");
        const JSON: (HeaderName, &str) = (CONTENT_TYPE, "application/json");
        const ASKS: (HeaderName, &str) = (WWW_AUTHENTICATE, "Basic realm=\"here\"");
        let to = |location| (LOCATION, location);
        let cases: [(u16, &[(HeaderName, &'static str)], &str, &str); 13] = [
            (
                301,
                &[to("https://a.example/")],
                "",
                "301 to POST /login (redirects to https://a.example/: set DEFENTRY_",
            ),
            (302, &[JSON], "{}", "302 to POST /login (set DEFENTRY_BASE_URL)"),
            (403, &[HTML], "<h1>Blocked</h1>", "403 to POST /login with text/html"),
            (401, &[ASKS], "", "401 to POST /login (it asks for a user and a password of its own)"),
            (404, &[HTML], "<h1>404</h1>", "404 to POST /login with text/html"),
            (
                404,
                &[JSON],
                r#"{"error":"Not found"}"#,
                "404 to POST /login (no such route there: see DEFENTRY_BASE_URL)",
            ),
            (200, &[HTML], "<!doctype html>", "200 to POST /login with text/html"),
            (200, &[], "", "200 to POST /login with no JSON"),
            (401, &[JSON], r#"{"message":"Unauthenticated."}"#, ""),
            (401, &[], "", ""),
            (422, &[], r#"{"message":"No."}"#, ""),
            (500, &[JSON], "{", ""),
            (200, &[JSON], "\u{feff}{}", ""),
        ];
        for (status, headers, text, expected) in cases {
            let told = is_of_the_api(&answer(status, headers, text), true).map_err(|halt| halt.reason());
            match told {
                Ok(()) => assert_eq!(expected, "", "{status} {text}"),
                Err(told) => {
                    assert!(
                        !expected.is_empty() && told.starts_with(&format!("this is not the API: {expected}")),
                        "{told}"
                    );
                }
            }
        }
    }
}
