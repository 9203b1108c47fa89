//! Watched credit cards.

use serde_json::json;

use crate::case::Case;
use crate::contract::page;
use crate::halt::Halt;
use crate::kind::CARD;
use crate::reader;
use crate::steps::confirmations::{VERIFY, pending_card, verify_card};

page!("card" {
    "one_is_read": ["CARD-1", "CARD-2"] => |case| one_is_read(case),
    "verified_by_the_end_user": ["CARD-4", "SCOPE-3"] => |case| verified_by_the_end_user(case),
    "verified_by_its_owner_only": ["CARD-4"] => |case| verified_by_its_owner_only(case),
    "added_by_crm_needs_no_verification": ["CARD-3"] => |case| added_by_crm_needs_no_verification(case),
});

/// Each of two cards is read by its id, with both tokens, until it is removed; another account reads neither.
async fn one_is_read(case: &Case) -> Result<(), Halt> {
    let (account, other) = (case.account().await?, case.account().await?);
    let crm = case.crm().await?;
    let ids = [
        CARD.needed(case, &crm, &account, &CARD.new_value(case)).await?,
        CARD.needed(case, &crm, &account, &CARD.new_value(case)).await?,
    ];
    let own = case.callers(&account).await?;
    for caller in &own {
        for id in &ids {
            let answer = case.get(caller, &caller.path(&account, &format!("{}/{id}", CARD.items))).await?;
            answer.demand("the card", reader::is_success)?;
            let shown = reader::item(&answer.body).and_then(reader::id);
            let observed = || shown.clone().unwrap_or_else(|| "none".into());
            Halt::unless(shown.as_ref() == Some(id), format!("card {id}"), observed)?;
        }
    }
    let mut strangers = vec![crm.clone()];
    strangers.extend(case.app(&other).await.ok());
    for caller in &strangers {
        let answer = case.get(caller, &caller.path(&other, &format!("{}/{}", CARD.items, ids[0]))).await?;
        answer.demand("the card of another account is refused", reader::is_refusal)?;
    }
    CARD.remove(case, &crm, &account, &ids[0]).await?.demand("the card is removed", reader::is_success)?;
    for caller in &own {
        let answer = case.get(caller, &caller.path(&account, &format!("{}/{}", CARD.items, ids[0]))).await?;
        answer.demand("a card that is gone is refused", reader::is_refusal)?;
    }
    Ok(())
}

/// CRM cannot verify a card. The end user can, with the code that they are sent, and with no other.
async fn verified_by_the_end_user(case: &Case) -> Result<(), Halt> {
    let account = case.quiet_account().await?;
    let (crm, app) = (case.crm().await?, case.app(&account).await?);
    case.post(&crm, VERIFY, json!({})).await?.demand("401 or 403 to a CRM token", reader::is_wrong_token)?;
    let (id, code) = pending_card(case, &app, &account).await?;
    let refused = verify_card(case, &app, &id, &reader::other_code(&code)).await?;
    refused.demand("a wrong code is refused", reader::is_refusal)?;
    let verified = verify_card(case, &app, &id, &code).await?;
    match verified.status {
        // The fields of this body are not documented, so a target may not know them.
        400 | 422 => Err(Halt::fail("a verified card", format!("{} to {VERIFY}", verified.status)).into_required()),
        _ => verified.demand("the code that was sent verifies the card", reader::is_success),
    }
}

/// The code of one user's card verifies nothing for another user.
async fn verified_by_its_owner_only(case: &Case) -> Result<(), Halt> {
    let (account, other) = (case.quiet_account().await?, case.quiet_account().await?);
    let (app, stranger) = (case.app(&account).await?, case.app(&other).await?);
    let (id, code) = pending_card(case, &app, &account).await.map_err(Halt::into_required)?;
    let refused = verify_card(case, &stranger, &id, &code).await?;
    refused.demand("another user's card is refused", reader::is_refusal)
}

/// Of two cards, only the one that the end user has added is to be verified.
async fn added_by_crm_needs_no_verification(case: &Case) -> Result<(), Halt> {
    let account = case.quiet_account().await?;
    let (crm, app) = (case.crm().await?, case.app(&account).await?);
    let mark = case.mark(&[&account.email]).await?;
    CARD.needed(case, &crm, &account, &CARD.new_value(case)).await?;
    let early = case.asked(&mark).await?;
    pending_card(case, &app, &account).await.map_err(Halt::into_required)?;
    let sent = case.asked(&mark).await?;
    let observed = || format!("{sent} messages about two cards, of which the end user added one");
    Halt::unless(early == 0 && sent == 1, "one message, about the end user's card", observed)?;
    case.sees_all(&mark).await
}
