//! The SSO exchanges (SSO-1, SSO-4), and logins that must fail.

use serde_json::{Value, json};

use crate::case::Case;
use crate::exchange::{Account, Answer, Caller};
use crate::halt::Halt;
use crate::reader;

pub(crate) const TOKEN: &str = "/api/v1/sso/token";
pub(crate) const CODE: &str = "/api/v1/sso/code";
pub(crate) const LOGIN: &str = "/api/v1/sso/login";

/// The code of an answer; where the guide gives no name, any field of that name.
fn code(answer: &Answer) -> Option<Value> {
    let found = reader::fields(&answer.body).into_iter().find(|(name, _)| name.contains("code"));
    found.map(|(_, value)| value.clone()).filter(|code| code.is_string() || code.is_number())
}

/// Asks for a one-time code: it is in the answer, or else in a message.
pub(crate) async fn issued(case: &Case, account: &Account) -> Result<Value, Halt> {
    let mark = case.mark(&[&account.email]).await.map(|mark| mark.before("a code for a login"));
    let answer = case.sso_exchange(CODE, &account.email).await?;
    answer.demand("a code is issued", reader::is_success)?;
    let code = match code(&answer) {
        Some(code) => code,
        None => {
            let message = case.message(&mark?).await.map_err(Halt::into_required)?;
            let code = message.code().map(|code| Value::String(code.to_owned()));
            code.ok_or_else(|| Halt::Inconclusive("no code is found in the answer or in a message".into()))?
        }
    };
    case.session.redactor.learn(code.as_str().unwrap_or_default(), "$CODE");
    Ok(code)
}

/// Exchanges a one-time code for a token.
pub(crate) async fn exchange(case: &Case, code: &Value) -> Result<Answer, Halt> {
    let answer = case.post(&Caller::Anonymous, LOGIN, json!({ "code": code })).await?;
    case.learn_token(&answer, "$APP_TOKEN");
    // Some targets end the session before it.
    case.session.forget_app_tokens();
    Ok(answer)
}

/// A login with this body is refused, and answers no token.
pub(crate) async fn no_token(case: &Case, path: &str, body: Value) -> Result<(), Halt> {
    let answer = case.post(&Caller::Anonymous, path, body).await?;
    case.learn_token(&answer, "$TOKEN");
    answer.demand("a refusal", reader::is_refusal)?;
    let named = reader::fields(&answer.body).into_iter().any(|(name, _)| name == "token");
    Halt::unless(!named, "no token", || format!("one to {}", answer.to))
}
