//! Routes that do not exist.

use serde_json::json;

use super::rows::{Fault, back_if, done, fault, no_items};
use crate::proxy::{Answered, there};

#[rustfmt::skip]
pub(super) const FAULTS: &[Fault] = &[
    fault("leaks of passports exist", "NONE-1", there(|asked, _| back_if(asked.is("GET", "/passport-watchlist/leaks"), no_items))),
    fault("one license is read", "NONE-1", there(|asked, _| {
        let is_meant = asked.is_within("GET", "/drivers-license-watchlist/") && asked.token().is_some();
        back_if(is_meant, || Answered::json(200, &json!({ "data": { "id": 1 } })))
    })),
    fault("an email is changed", "NONE-1", there(|asked, _| {
        back_if(asked.is_within("PATCH", "/email-watchlist/"), done)
    })),
    fault("CRM sees leaks of cards", "NONE-1", there(|asked, _| {
        back_if(asked.is("GET", "/credit-card/leaks") && asked.account().is_some(), no_items)
    })),
    fault("an item is replaced by PUT", "NONE-1", there(|asked, _| {
        back_if(asked.is_within("PUT", "/phone-watchlist/"), done)
    })),
    fault("a whole list is removed", "NONE-1", there(|asked, _| {
        let is_meant = asked.is("DELETE", "/iban-watchlist") || asked.is("DELETE", "/iban-watchlist/");
        back_if(is_meant, || Answered::empty(204))
    })),
    fault("CRM verifies cards of an account", "NONE-1", there(|asked, _| {
        back_if(asked.is("POST", "/credit-cards/verify") && asked.account().is_some(), done)
    })),
    fault("one email is read", "NONE-1", there(|asked, _| {
        let is_meant = asked.is_within("GET", "/email-watchlist/") && !asked.path.ends_with("/leaks");
        back_if(is_meant && asked.token().is_some(), || Answered::json(200, &json!({ "data": { "id": 1 } })))
    })),
    fault("a card is changed", "NONE-1", there(|asked, _| back_if(asked.is_within("PATCH", "/credit-card/"), done))),
    fault("a phone is changed by the user", "NONE-1", there(|asked, _| {
        back_if(asked.is_within("PATCH", "/phone-watchlist/") && asked.account().is_none(), done)
    })),
    fault("leaks of licenses exist for the user", "NONE-1", there(|asked, _| {
        back_if(asked.is("GET", "/drivers-license-watchlist/leaks") && asked.account().is_none(), no_items)
    })),
];
