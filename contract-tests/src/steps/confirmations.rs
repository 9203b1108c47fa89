//! Items that wait for the end user who has added them: an email for its link, a card for its code.

use serde_json::{Value, json};

use crate::case::Case;
use crate::case::messages::{Mark, Message};
use crate::exchange::{Account, Answer, Caller};
use crate::halt::Halt;
use crate::kind::{CARD, EMAIL};

pub(crate) const RESEND: &str = "/api/v1/resend/watchlist-email-confirmation";

pub(crate) const VERIFY: &str = "/api/v1/credit-cards/verify";

/// Adds an address by app token, and returns the message that asks to confirm it.
pub(crate) async fn pending_email(
    case: &Case,
    app: &Caller,
    account: &Account,
) -> Result<(String, Mark, Message), Halt> {
    let email = case.email();
    let mark = EMAIL.mark(case, account, &email).await?;
    EMAIL.added(case, app, account, &email).await.map_err(Halt::into_required)?;
    let message = case.message(&mark).await?;
    Ok((email, mark, message))
}

/// Adds a card by app token, and returns the code that its owner is sent.
pub(crate) async fn pending_card(case: &Case, app: &Caller, account: &Account) -> Result<(String, String), Halt> {
    let value = CARD.new_value(case);
    let mark = case.mark(&[&account.email]).await?.before("a code for a card");
    let id = CARD.needed(case, app, account, &value).await?;
    let message = case.message(&mark).await?;
    let code = message.code().ok_or_else(|| Halt::fail("a message with a code", "a message without one"))?;
    case.session.redactor.learn(code, "$CODE");
    Ok((id, code.to_owned()))
}

/// Sends a code for a card. The fields of this body are not documented: others than ours are tried too, and an id of digits
/// only as a text, for an opaque one may happen to have no letter.
pub(crate) async fn verify_card(case: &Case, app: &Caller, id: &str, code: &str) -> Result<Answer, Halt> {
    let number = id.parse::<u64>().ok().map(Value::from);
    let first = number.clone().unwrap_or_else(|| id.into());
    let mut answer = case.post(app, VERIFY, json!({ "credit_card_id": first, "code": code })).await?;
    for id in number.into_iter().chain([id.into()]) {
        if !matches!(answer.status, 400 | 422) {
            break;
        }
        let body = json!({
            "credit_card_id": id, "card_id": id, "creditCardId": id, "id": id, "code": code, "verification_code": code,
        });
        answer = case.post(app, VERIFY, body).await?;
    }
    Ok(answer)
}
