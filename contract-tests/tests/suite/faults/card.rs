//! Watched cards.

use serde_json::json;

use super::rows::{Fault, back_if, by_holder_of_item, come_as, fault, is_of, no_such_method, not_found};
use crate::proxy::{Answered, Asked, CARD, back, id_text, on_account, there};

#[rustfmt::skip]
pub(super) const FAULTS: &[Fault] = &[
    fault("leaks of cards are not seen by their owner", "CARD-1", back(|asked, answer, _| {
        if asked.is("GET", "/credit-card/leaks") { answer.edit_list(Vec::clear); }
    })),
    fault("one card is every card", "CARD-1", back(|asked, answer, memory| {
        if asked.is_within("GET", "/credit-card/") && !asked.path.ends_with("/leaks") && answer.is_success() {
            memory.repeat_first("card", answer);
        }
    })),
    fault("users do not remove cards", "CARD-1", there(|asked, _| {
        let is_meant = asked.is_within("DELETE", "/credit-card/") && asked.account().is_none();
        back_if(is_meant, no_such_method)
    })),
    fault("CRM reads no single card", "CARD-1", there(|asked, _| {
        back_if(asked.is_within("GET", "/credit-card/") && asked.account().is_some(), not_found)
    })),
    fault("cards of other accounts are read", "CARD-1", on_account(|asked| asked.method == "GET" && asked.item().is_some(), by_holder_of_item)),

    fault("cards are listed under their singular", "CARD-2", there(|asked, _| {
        back_if(asked.is("GET", "/credit-cards"), not_found)
    })),
    fault("a card is read when it is gone", "CARD-2", back(|asked, answer, memory| {
        if asked.is_within("GET", "/credit-card/") && !asked.path.ends_with("/leaks") {
            if answer.is_success() { memory.replace(asked.path.clone(), answer.clone()); }
            if let Some(kept) = memory.answer(&asked.path) { *answer = kept.clone(); }
        }
    })),
    fault("cards are added under their plural", "CARD-2", there(|asked, _| {
        back_if(asked.is("POST", "/credit-card"), no_such_method)
    })),

    fault("cards that CRM adds are to be verified", "CARD-3", on_account(|asked| asked.is_add() && asked.account().is_some() && asked.end() == CARD.one, |asked, account| Box::pin(async move {
        account.as_user(asked).await
    }))),

    fault("a code that is wrong verifies a card", "CARD-4", back(|asked, answer, memory| {
        if asked.is("POST", "/credit-cards/verify") && is_of(&memory.app_tokens, asked) && !answer.is_success() { *answer = Answered::empty(204); }
    })),
    fault("CRM verifies cards", "CARD-4", there(|asked, memory| {
        come_as(asked.is("POST", "/credit-cards/verify"), asked, memory.app_tokens.last())
    })),
    fault("a code that is right is refused for a card", "CARD-4", there(|asked, _| {
        let is_meant = asked.is("POST", "/credit-cards/verify") && asked.token().is_some();
        back_if(is_meant, || Answered::json(422, &json!({ "errors": { "code": ["No."] } })))
    })),
    fault("cards of other accounts are verified", "CARD-4", on_account(is_verification, |asked, account| Box::pin(async move {
        let id = id_text(&asked.json()["credit_card_id"]);
        let holder = match account.item(&CARD, &id) { None => account.hands.account_where(|other| other.item(&CARD, &id).is_some()).await, Some(_) => None };
        holder.unwrap_or(account).as_user(asked).await
    }))),
    fault("any code verifies a card", "CARD-4", on_account(is_verification, |mut asked, account| Box::pin(async move {
        let waiting = account.item(&CARD, &id_text(&asked.json()["credit_card_id"])).map(|card| &card["waiting"]["code"]);
        if let Some(code) = waiting.filter(|code| code.is_string()) { asked.edit(|body| body["code"] = code.clone()); }
        account.hands.pass(asked).await
    }))),
];

/// Whether it verifies a card.
fn is_verification(asked: &Asked) -> bool {
    asked.is("POST", "/credit-cards/verify") && asked.account().is_none()
}
