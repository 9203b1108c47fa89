//! Watched credit cards.

use serde_json::{Value, json};

use super::watchlist::CARD;
use crate::case::Case;
use crate::contract::{Step, Stop};
use crate::reader;

page!("card" { "verified_by_the_end_user": ["CARD-4"] => verified_by_the_end_user });

const VERIFY: &str = "/api/v1/credit-cards/verify";

/// CRM cannot verify a card. The end user can, with the code that they are sent, and with no other.
async fn verified_by_the_end_user(case: &Case<'_>) -> Step {
    let account = case.account().await?;
    let (crm, app) = (case.crm().await?, case.app(&account).await?);
    case.post(&crm, VERIFY, json!({})).await?.demand("401 or 403 to a CRM token", reader::is_wrong_token)?;

    let id = CARD.needed(case, &app, &account, &(CARD.body)(case)).await?;
    let message = case.message(&account.email).await?;
    let code = reader::first_code(&message);
    let code = code.ok_or_else(|| Stop::fail("a message with a code", "a message without one"))?;
    let wrong: String = code.chars().map(|digit| if digit == '0' { '1' } else { '0' }).collect();
    let id: Value = id.parse::<u64>().map_or_else(|_| id.into(), Value::from);
    let refused = case.post(&app, VERIFY, json!({ "credit_card_id": id, "code": wrong })).await?;
    refused.demand("a wrong code is refused", reader::is_refusal)?;
    let verified = case.post(&app, VERIFY, json!({ "credit_card_id": id, "code": code })).await?;
    match verified.status {
        // The fields of this body are not documented, so a target may not know them.
        400 | 422 => Err(Stop::fail("a verified card", format!("{} to {VERIFY}", verified.status)).into_needed()),
        _ => verified.demand("the code that was sent verifies the card", reader::is_success),
    }
}
