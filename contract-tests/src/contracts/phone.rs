//! Watched phone numbers: CRM may have them verified by SMS.

use serde_json::{Value, json};

use crate::case::Case;
use crate::contract::page;
use crate::exchange::{Account, Answer, Caller};
use crate::halt::Halt;
use crate::kind::PHONE;
use crate::reader;

page!("phone" {
    "verified_by_sms": ["PHONE-2"] => |case| verified_by_sms(case),
    "verification_takes_the_crm_token": ["PHONE-2"] => |case| verification_takes_the_crm_token(case),
});

const SEND: &str = "/phone-watchlist/send-verification-code";
const CONFIRM: &str = "/phone-watchlist/confirm";

/// All names that the verification routes may have for the phone: the guide gives none.
fn naming(id: &str, phone: &str) -> Value {
    let id = id.parse::<u64>().map_or_else(|_| id.into(), Value::from);
    json!({ "phone_id": id, "phone": phone, "id": id })
}

/// Sends what names the phone, first as the mock has it, then by every name.
async fn named(
    case: &Case,
    crm: &Caller,
    on: &Account,
    rest: &str,
    id: &str,
    phone: &str,
    code: Option<&str>,
) -> Result<Answer, Halt> {
    let all = naming(id, phone);
    let mut answer = None;
    for mut body in [json!({ "phone": phone }), json!({ "phone_id": all["phone_id"] }), all.clone()] {
        if let Some(code) = code {
            body["code"] = code.into();
            if body.get("id").is_some() {
                body["verification_code"] = code.into();
            }
        }
        let sent = case.post(crm, &crm.path(on, rest), body).await?;
        let is_over = !matches!(sent.status, 400 | 422);
        answer = Some(sent);
        if is_over {
            break;
        }
    }
    answer.ok_or_else(|| Halt::Inconclusive("nothing was sent".into()))
}

/// How often a code is asked for, before it is a fault that none confirms: there are few test numbers, so a code may be
/// one that another has asked for.
const CODES: usize = 3;

/// A code goes to the phone, confirms it, and no other code does.
async fn verified_by_sms(case: &Case) -> Result<(), Halt> {
    let (account, crm) = (case.account().await?, case.crm().await?);
    let mut end = Ok(());
    for _ in 0..CODES {
        let phone = PHONE.new_value(case);
        let id = PHONE.needed(case, &crm, &account, &phone).await?;
        end = confirmed(case, &account, &crm, &id, &phone).await?;
        if end.is_ok() {
            break;
        }
    }
    end
}

/// Asks for a code for a phone, and confirms it by the code; what is within says whether the code is taken.
async fn confirmed(
    case: &Case,
    account: &Account,
    crm: &Caller,
    id: &str,
    phone: &str,
) -> Result<Result<(), Halt>, Halt> {
    let mark = case.mark(&[phone]).await?.before("a code for a phone");
    let sent = named(case, crm, account, SEND, id, phone, None).await?;
    if matches!(sent.status, 400 | 422) {
        // The fields of this body are not documented, so a target may not know them.
        return Err(Halt::fail("a code is sent", format!("{} to {SEND}", sent.status)).into_required());
    }
    sent.demand("a code is sent", reader::is_success)?;
    let message = case.message(&mark).await?;
    let code = message.code().ok_or_else(|| Halt::fail("a message with a code", "one without"))?;
    case.session.redactor.learn(code, "$CODE");
    let wrong = reader::other_code(code);
    let refused = named(case, crm, account, CONFIRM, id, phone, Some(&wrong)).await?;
    refused.demand("a wrong code is refused", reader::is_refusal)?;
    let confirmed = named(case, crm, account, CONFIRM, id, phone, Some(code)).await?;
    let end = confirmed.demand("the code that was sent confirms", reader::is_success);
    // The fields of this body are not documented either.
    let is_unknown = matches!(confirmed.status, 400 | 422);
    Ok(end.map_err(|halt| if is_unknown { halt.into_required() } else { halt }))
}

/// Both routes are there for CRM, below the account.
async fn verification_takes_the_crm_token(case: &Case) -> Result<(), Halt> {
    let (account, crm) = (case.account().await?, case.crm().await?);
    let app = case.app(&account).await?;
    for rest in [SEND, CONFIRM] {
        let path = crm.path(&account, rest);
        case.post(&app, &path, json!({})).await?.demand("401 or 403 to an app token", reader::is_wrong_token)?;
        let answer = case.post(&crm, &path, json!({})).await?;
        answer.demand("CRM is let in", |status| !reader::is_wrong_token(status) && status != 405 && status < 500)?;
    }
    Ok(())
}
