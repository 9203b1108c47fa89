//! Watched IBANs.

use serde_json::json;

use super::rows::{Fault, fault, is_leak, is_watched, unseen};
use crate::proxy::{Asked, back, instead, on_account};

#[rustfmt::skip]
pub(super) const FAULTS: &[Fault] = &[
    fault("the answer to an add has another id", "IBAN-1", back(|asked, answer, _| {
        if asked.is("POST", "/iban-watchlist") && answer.is_success() {
            answer.edit_data(|item| item["id"] = 77_777.into());
        }
    })),
    fault("leaks of IBANs are no list", "IBAN-1", back(|asked, answer, _| {
        if asked.is("GET", "/iban-watchlist/leaks") { answer.edit(|body| *body = json!({ "data": { "count": 0 } })); }
    })),
    fault("a list of IBANs has the last one only", "IBAN-1", back(|asked, answer, _| if asked.is("GET", "/iban-watchlist") {
        answer.edit_list(|items| drop(items.drain(..items.len().saturating_sub(1))));
    })),
    fault("every item is added to the first account", "IBAN-1", on_account(Asked::is_add, |asked, account| Box::pin(async move {
        let first = account.hands.first_account().await;
        if asked.account().is_some() { first.as_crm(asked).await } else { first.as_user(asked).await }
    }))),
    fault("a leak of what is not watched yet is never seen", "IBAN-1", instead(is_leak, |asked, hands| Box::pin(async move {
        if is_watched(&asked, &hands).await || asked.json()["kind"] == "ssn" { hands.pass(asked).await } else { unseen(&asked) }
    }))),
];
