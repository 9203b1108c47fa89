//! Watched phones.

use axum::http::Method;
use serde_json::{Value, json};

use super::rows::{
    EMAILS, Fault, PHONES, back_if, done, fault, forbidden, is_leak, is_there, is_watched, not_found, server_error,
    unseen,
};
use crate::proxy::{Answered, Asked, KINDS, PHONE, also, back, instead, on_account, there};

#[rustfmt::skip]
pub(super) const FAULTS: &[Fault] = &[
    fault("a list is as it was when it was first read", "PHONE-1", back(|asked, answer, memory| {
        if asked.is("GET", PHONES) && answer.is_success() {
            memory.repeat_first(asked.path.clone(), answer);
        }
    })),
    fault("items of a list have no ids", "PHONE-1", back(|asked, answer, _| {
        if asked.is("GET", PHONES) {
            answer.edit_list(|items| items.iter_mut().for_each(|item| item["id"] = Value::Null));
        }
    })),
    fault("the answer to an add shows another value", "PHONE-1", back(|asked, answer, _| {
        if asked.is("POST", PHONES) { answer.edit_data(|item| item["phone"] = "+46700000000".into()); }
    })),
    fault("all accounts see a leak of phones", "PHONE-1", back(|asked, answer, _| {
        if asked.is("GET", "/phone-watchlist/leaks") { answer.edit_list(|items| items.push(json!({ "id": 1 }))); }
    })),
    fault("a removal that is done answers 500", "PHONE-1", back(|asked, answer, _| {
        if asked.is_within("DELETE", PHONES) && answer.is_success() { *answer = server_error(); }
    })),
    fault("a list of phones counts its ids anew", "PHONE-1", back(|asked, answer, _| if asked.is("GET", PHONES) {
        answer.edit_list(|items| for (place, item) in items.iter_mut().enumerate() { item["id"] = (place + 1).into(); });
    })),
    fault("phones are listed without their last digit", "PHONE-1", back(|asked, answer, _| if asked.is("GET", PHONES) {
        answer.edit_list(|items| for item in items {
            let mut phone = item["phone"].as_str().unwrap_or_default().to_owned();
            phone.pop();
            item["phone"] = phone.into();
        });
    })),
    fault("phones in E.164 are refused", "PHONE-1", there(|asked, _| {
        let is_e164 = asked.json()["phone"].as_str().is_some_and(|phone| phone.starts_with('+'));
        back_if(asked.is("POST", PHONES) && is_e164, || Answered::json(422, &json!({ "errors": { "phone": ["No."] } })))
    })),
    fault("a removal that finds its item is answered and dropped", "PHONE-1", on_account(Asked::is_removal, |asked, account| Box::pin(async move {
        if is_there(&asked, &account) { Answered::empty(204) } else { account.hands.pass(asked).await }
    }))),
    fault("removing an email takes the phones with it", "PHONE-1", also(|asked| asked.is_removal() && asked.is_within("DELETE", EMAILS), |_, account| Box::pin(async move {
        account.remove_all(&PHONE).await;
    }))),
    fault("leaks of every kind are in the list of each", "PHONE-1", on_account(Asked::is_for_leaks, |asked, account| Box::pin(async move {
        let mut answer = account.hands.pass(asked.clone()).await;
        for kind in KINDS.iter().filter(|kind| !asked.route().contains(kind.one)) {
            let path = asked.route().replace(asked.end(), &format!("{}/leaks", kind.one));
            let more = account.hands.pass(asked.another(Method::GET, path)).await.items();
            answer.edit_list(|items| items.extend(more));
        }
        answer
    }))),
    fault("a leak of what is watched already is never seen", "PHONE-1", instead(is_leak, |asked, hands| Box::pin(async move {
        if is_watched(&asked, &hands).await { unseen(&asked) } else { hands.pass(asked).await }
    }))),

    fault("a code for a phone is never sent", "PHONE-2", there(|asked, _| {
        back_if(asked.is("POST", "/send-verification-code"), || Answered::empty(204))
    })),
    fault("a code that is wrong confirms a phone", "PHONE-2", back(|asked, answer, _| {
        if asked.is("POST", "/phone-watchlist/confirm") && asked.account().is_some() && !answer.is_success() { *answer = Answered::empty(204); }
    })),
    fault("CRM cannot confirm a phone", "PHONE-2", there(|asked, _| {
        back_if(asked.is("POST", "/phone-watchlist/confirm"), forbidden)
    })),
    fault("a code that is right is refused for a phone", "PHONE-2", there(|asked, _| {
        back_if(asked.is("POST", "/phone-watchlist/confirm"), || Answered::json(422, &json!({ "errors": { "code": ["No."] } })))
    })),
    fault("any code confirms a phone, and nothing comes of it", "PHONE-2", on_account(|asked| asked.is("POST", "/phone-watchlist/confirm"), |_, _| Box::pin(async move { done() }))),

    fault("a removal by the end user is answered and dropped", "PHONE-3", there(|asked, _| {
        let is_meant = asked.is_within("DELETE", PHONES) && asked.account().is_none();
        back_if(is_meant, || Answered::empty(204))
    })),
    fault("the user's own leaks of phones do not exist", "PHONE-3", there(|asked, _| {
        let is_meant = asked.is("GET", "/phone-watchlist/leaks") && asked.account().is_none();
        back_if(is_meant, not_found)
    })),
];
