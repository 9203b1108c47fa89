//! Accounts and their SSN.

use serde_json::json;

use super::{Variant, invalidate, variant};
use crate::proxy::{Answered, Way, back, there};

#[rustfmt::skip]
pub(super) const VARIANTS: &[Variant] = &[
    variant("updates answer nothing", back(|asked, answer, _| {
        let is_update = asked.is_within("PUT", "/") || asked.is_within("PATCH", "/");
        if is_update && answer.is_success() { *answer = Answered::empty(204); }
    })),
    variant("a new account shows its whole SSN, and later only its end", back(|asked, answer, _| {
        if asked.is("POST", "/api/v1/account") && answer.is_success() {
            let ssn = asked.json().get("ssn").cloned().unwrap_or_default();
            answer.edit_data(|account| if account.is_object() { account["ssn"] = ssn; });
        }
    })),
    variant("a switch refuses an SSN in its body", back(|asked, answer, _| {
        if asked.is_within("PATCH", "/ssn-monitoring/") && asked.json().get("ssn").is_some() { invalidate(asked, answer); }
    })),
    variant("there is no profile for CRM to read", there(|asked, _| {
        let is_meant = asked.method == "GET" && asked.account().is_some_and(|id| asked.path.ends_with(id));
        if is_meant { asked.path.push_str("/no-such-page"); }
        Way::On
    })),
    variant("languages are told with their country", back(|_, answer, _| answer.each_field(|name, value| {
        if name == "lang_code" && value.is_string() { *value = "sv-SE".into(); }
    }))),
    variant("new accounts show only their id", back(|asked, answer, _| if asked.is("POST", "/api/v1/account") && answer.is_success() {
        answer.edit(|body| *body = json!({ "data": { "id": body["data"]["id"] } }));
    })),
    variant("an update without a field is refused", there(|asked, _| {
        let is_update = asked.is_within("PATCH", "/account/") && asked.ends_with_account();
        if is_update && asked.json() == json!({}) { asked.body = "[".into(); }
        Way::On
    })),
    variant("updates answer the account without an envelope", back(|asked, answer, _| {
        let is_update = asked.is_within("PUT", "/account") || asked.is_within("PATCH", "/account/");
        if is_update && answer.is_success() { answer.edit(|body| *body = body["data"].take()); }
    })),
];
