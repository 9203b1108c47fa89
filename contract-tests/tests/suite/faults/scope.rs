//! Scope: each caller is let in to some routes and accounts.

use axum::http::Method;
use serde_json::json;

use super::rows::{
    ACCOUNTS, ALARMS, EMAILS, Fault, PHONES, back_if, by_holder_of_item, come_as, come_in, done_all_the_same, fault,
    forbidden, is_of, no_items, no_such_method, not_found,
};
use crate::proxy::{Answered, Asked, Memory, Way, back, instead, on_account, there};

#[rustfmt::skip]
pub(super) const FAULTS: &[Fault] = &[
    fault("a request without a token is let in", "SCOPE-1", there(|asked, memory| {
        come_in(asked.token().is_none(), asked, memory)
    })),
    fault("an unknown token is let in", "SCOPE-1", there(|asked, memory| {
        come_in(asked.token() == Some("1|no-such-token"), asked, memory)
    })),
    fault("the number of a token is enough", "SCOPE-1", there(|asked, memory| {
        let number = |token: &str| token.split('|').next().map(str::to_owned);
        let known = memory.crm_tokens.iter().find(|known| number(known) == asked.token().and_then(number)).cloned();
        if let Some(known) = known { asked.set_token(&known); }
        Way::On
    })),
    fault("401 is told as 200", "SCOPE-1", back(|_, answer, _| if answer.status == 401 { *answer = no_items(); })),
    fault("401 is told as 200, where no gateway breaks down before", "SCOPE-1", back(|asked, answer, _| if answer.status == 401 {
        *answer = if asked.is("POST", ACCOUNTS) { Answered::json(503, &json!({ "message": "No." })) } else { no_items() };
    })),
    fault("a request without a token is let in to alarms", "SCOPE-1", there(|asked, memory| {
        come_in(asked.token().is_none() && asked.route().contains(ALARMS), asked, memory)
    })),
    fault("a token is let in by Basic", "SCOPE-1", there(|asked, _| by_scheme(asked, |scheme| scheme == "Basic"))),
    fault("a token is let in by the scheme Token", "SCOPE-1", there(|asked, _| by_scheme(asked, |scheme| scheme == "Token"))),
    fault("a token without a scheme is let in", "SCOPE-1", there(|asked, _| by_scheme(asked, str::is_empty))),
    fault("any scheme lets a token in", "SCOPE-1", there(|asked, _| by_scheme(asked, |_| true))),
    fault("any scheme lets a token of the end user in", "SCOPE-1", there(|asked, _| {
        if asked.account().is_none() && asked.route() != ACCOUNTS { by_scheme(asked, |_| true) } else { Way::On }
    })),
    fault("any scheme lets a token in to alarms", "SCOPE-1", there(|asked, _| {
        if asked.route().contains(ALARMS) { by_scheme(asked, |_| true) } else { Way::On }
    })),

    fault("CRM is refused where it administers", "SCOPE-2", there(|asked, _| {
        back_if(asked.is_within("DELETE", "/account/"), forbidden)
    })),
    fault("an app token is let in under an account", "SCOPE-2", there(|asked, memory| {
        let is_app = is_of(&memory.app_tokens, asked);
        come_in(is_app && asked.account().is_some(), asked, memory)
    })),
    fault("403 is told as 200", "SCOPE-2", back(|_, answer, _| if answer.status == 403 { *answer = no_items(); })),
    fault("every call of CRM acts on its first account", "SCOPE-2", there(|asked, memory| {
        if let (Some(id), Some((first, _))) = (asked.account(), memory.accounts.first()) {
            asked.path = asked.path.replace(&format!("/account/{id}"), &format!("/account/{first}"));
        }
        Way::On
    })),
    fault("a user is let in to the alarms of all accounts", "SCOPE-2", there(|asked, memory| {
        let is_meant = asked.is("GET", "/alarms-list") && is_of(&memory.app_tokens, asked);
        come_as(is_meant, asked, memory.crm_tokens.last())
    })),
    fault("the user does not see what CRM has added", "SCOPE-2", back(|asked, answer, memory| {
        note_added(asked, answer, memory, asked.account().is_some());
        if asked.account().is_none() { without_noted(asked, answer, memory); }
    })),
    fault("items that CRM adds wait for the user", "SCOPE-2", on_account(|asked| asked.is_add() && asked.account().is_some(), |asked, account| Box::pin(async move {
        account.as_user(asked).await
    }))),
    fault("passports of other accounts are changed", "SCOPE-2", on_account(|asked| asked.method == Method::PATCH && asked.item().is_some(), by_holder_of_item)),
    fault("items of other accounts are removed", "SCOPE-2", on_account(Asked::is_removal, by_holder_of_item)),
    fault("an app token is let in under its own account", "SCOPE-2", instead(|asked| asked.account().is_some(), |asked, hands| Box::pin(async move {
        let own = hands.account_of(&asked.another(Method::GET, ACCOUNTS)).await;
        let Some(own) = own.filter(|own| asked.account() == Some(&own.id)) else { return hands.pass(asked).await };
        let answer = own.as_user(asked.clone()).await;
        if matches!(answer.status, 404 | 405) { own.as_crm(asked).await } else { answer }
    }))),

    fault("a CRM token is let in without an account", "SCOPE-3", there(|asked, memory| {
        let is_crm = is_of(&memory.crm_tokens, asked);
        if let (true, None, Some(app)) = (is_crm && asked.path != ACCOUNTS, asked.account(), memory.app_tokens.last()) {
            asked.set_token(&app.clone());
        }
        Way::On
    })),
    fault("the end user cannot add", "SCOPE-3", there(|asked, _| {
        let is_meant = asked.is("POST", PHONES) && asked.account().is_none();
        back_if(is_meant, forbidden)
    })),
    fault("every user is the first one", "SCOPE-3", there(|asked, memory| {
        let is_app = is_of(&memory.app_tokens, asked);
        come_as(is_app, asked, memory.app_tokens.first())
    })),
    fault("CRM does not see what the user has added and confirmed", "SCOPE-3", back(|asked, answer, memory| {
        note_added(asked, answer, memory, asked.account().is_none());
        if asked.account().is_some() { without_noted(asked, answer, memory); }
    })),
    fault("items that the user adds are confirmed at once", "SCOPE-3", on_account(|asked| asked.is_add() && asked.account().is_none(), |asked, account| Box::pin(async move {
        account.as_crm(asked).await
    }))),
    fault("users remove the items of others", "SCOPE-3", on_account(|asked| asked.is_removal() && asked.account().is_none(), by_holder_of_item)),
    fault("no confirmation link works", "SCOPE-3", there(|asked, _| {
        if asked.path.starts_with("/_confirm/") { asked.path = "/_confirm/no-such-link".into(); }
        Way::On
    })),

    fault("another partner acts as the first", "SCOPE-4", there(|asked, memory| {
        let is_other = is_of(&memory.other_tokens, asked);
        come_as(is_other, asked, memory.crm_tokens.last())
    })),
    fault("another partner is told that all is well", "SCOPE-4", back(|asked, answer, memory| {
        let is_other = is_of(&memory.other_tokens, asked);
        if is_other && matches!(answer.status, 403 | 404) { *answer = no_items(); }
    })),
    fault("only the newest account is administered", "SCOPE-4", there(|asked, memory| {
        let newest = memory.accounts.last().map(|(id, _)| id.as_str());
        let is_old = asked.account().is_some_and(|id| newest.is_some_and(|newest| newest != id));
        back_if(is_old, not_found)
    })),
    fault("an account is administered once its user was online", "SCOPE-4", there(|asked, memory| {
        let known = memory.accounts.iter().find(|(id, _)| asked.account() == Some(id));
        let is_early = known.is_some_and(|(_, email)| !memory.owners.contains(email));
        back_if(is_early, || Answered::json(403, &json!({ "message": "The user is offline." })))
    })),
    fault("another partner is refused an update that is done", "SCOPE-4", instead(|asked| asked.is_update() && asked.account().is_some(), done_all_the_same)),
    fault("a partner administers the accounts of all", "SCOPE-4", instead(|asked| asked.account().is_some(), |asked, hands| Box::pin(async move {
        let named = hands.account(asked.account().unwrap_or_default()).await;
        match named {
            Some(account) if hands.is_by_crm(&asked).await => account.as_its_partner(asked).await,
            _ => hands.pass(asked).await,
        }
    }))),

    fault("the app token does not serve the user's own leaks", "SCOPE-5", there(|asked, _| {
        let is_meant = asked.is("GET", "/iban-watchlist/leaks") && asked.account().is_none();
        back_if(is_meant, forbidden)
    })),
    fault("the alarms of a company are not read by GET", "SCOPE-5", there(|asked, _| {
        back_if(asked.is_within("GET", "/alarms/company/"), no_such_method)
    })),
];

/// Lets a request in whose credentials come by such a scheme.
fn by_scheme(asked: &mut Asked, is_meant: fn(&str) -> bool) -> Way {
    let token = asked.credentials().filter(|(scheme, _)| is_meant(scheme)).map(|(_, token)| token.to_owned());
    token.inspect(|token| asked.set_token(token));
    Way::On
}

/// Notes the address that a request has added, if it `is_meant`.
fn note_added(asked: &Asked, answer: &Answered, memory: &mut Memory, is_meant: bool) {
    if is_meant && asked.is("POST", EMAILS) && answer.is_success() {
        memory.note(asked.json()["email"].to_string());
    }
}

/// Leaves the addresses that were noted out of a list.
fn without_noted(asked: &Asked, answer: &mut Answered, memory: &Memory) {
    if asked.is("GET", EMAILS) {
        answer.edit_list(|items| items.retain(|item| !memory.has_noted(&item["email"].to_string())));
    }
}
