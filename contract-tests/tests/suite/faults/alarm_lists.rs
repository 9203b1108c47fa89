//! The lists of alarms: a user's, and those across the accounts of a partner.

use axum::http::Method;
use serde_json::{Value, json};

use super::rows::{
    ALARMS, ALARMS_V2, Fault, back_if, by_holder_of_alarm, come_as, each_alarm, fault, forbidden, is_list_of_alarms,
    is_of, is_one_alarm, no_items, not_found, without_alarms,
};
use crate::proxy::{Answered, Asked, Memory, Way, back, id_text, instead, on_account, there};

#[rustfmt::skip]
pub(super) const FAULTS: &[Fault] = &[
    fault("the user's alarms do not exist in their second version", "ALARM-4", there(|asked, _| {
        back_if(asked.is("GET", "/api/v2/alarms"), not_found)
    })),
    fault("the second version of the user's alarms is empty", "ALARM-4", there(|asked, _| {
        back_if(asked.is("GET", "/api/v2/alarms") && asked.token().is_some(), no_items)
    })),
    fault("users cannot read one of their alarms", "ALARM-4", there(|asked, _| {
        back_if(is_one_alarm(asked) && asked.account().is_none(), not_found)
    })),
    fault("users cannot close their alarms", "ALARM-4", there(|asked, _| {
        let is_meant = asked.is_close() && asked.account().is_none();
        back_if(is_meant, forbidden)
    })),
    fault("there is no guidance for a leak", "ALARM-4", there(|asked, _| {
        back_if(asked.is("POST", "/leak/coachme"), not_found)
    })),
    fault("the user's alarms end after fifteen", "ALARM-4", back(|asked, answer, _| {
        if asked.is("GET", "/v1/alarms") { answer.edit_list(|alarms| alarms.truncate(15)); }
    })),
    fault("the user's alarms come twice", "ALARM-4", back(|asked, answer, _| {
        if asked.is("GET", "/v1/alarms") { answer.edit_list(|alarms| alarms.extend(alarms.clone())); }
    })),
    fault("alarms have no ids", "ALARM-4", back(|asked, answer, _| {
        if asked.is("GET", ALARMS) {
            answer.edit_list(|alarms| alarms.iter_mut().for_each(|alarm| alarm["id"] = Value::Null));
        }
    })),
    fault("the user's alarms at v2 are as they were when they were first read", "ALARM-4", back(|asked, answer, memory| {
        if asked.path.starts_with(ALARMS_V2) && answer.is_success() {
            memory.repeat_first(asked.path.clone(), answer);
        }
    })),
    fault("the user's alarms at v2 are those of all users", "ALARM-4", there(|asked, memory| {
        let is_meant = asked.path.starts_with(ALARMS_V2) && is_of(&memory.app_tokens, asked);
        if let (true, Some(crm)) = (is_meant, memory.crm_tokens.last()) {
            asked.set_token(&crm.clone());
            asked.path = asked.path.replace(ALARMS_V2, "/api/v1/alarms");
        }
        Way::On
    })),
    fault("guidance on a leak is empty", "ALARM-4", there(|asked, _| {
        back_if(asked.is("POST", "/leak/coachme"), || Answered::json(200, &json!({ "data": [] })))
    })),
    fault("an alarm is closed once guidance on its leak was asked for", "ALARM-4", back(|asked, answer, memory| {
        if asked.is("POST", "/leak/coachme") { memory.note("coached"); }
        if memory.has_noted("coached") { each_alarm(asked, answer, |alarm| alarm["status"] = "CLOSED".into()); }
    })),
    fault("a user is refused an alarm of another that is closed", "ALARM-4", on_account(|asked| asked.is_close() && asked.account().is_none(), |asked, account| Box::pin(async move {
        let answer = account.hands.pass(asked.clone()).await;
        if !answer.is_success() { by_holder_of_alarm(asked, account).await; }
        answer
    }))),
    fault("leaks of passports raise no alarms", "ALARM-4", back(|asked, answer, _| without_alarms(asked, answer, "PASSPORT"))),
    fault("alarms of other accounts are read", "ALARM-4", on_account(|asked| is_one_alarm(asked) || asked.is("GET", "/coachme"), by_holder_of_alarm)),
    fault("only the last alarm of an account is listed", "ALARM-4", back(|asked, answer, _| if is_list_of_alarms(asked) {
        answer.edit_list(|alarms| {
            let mut seen = std::collections::BTreeSet::new();
            alarms.reverse();
            alarms.retain(|alarm| seen.insert(id_text(&alarm["account_id"])));
            alarms.reverse();
        });
    })),

    fault("the partner's list does not exist", "ALARM-5", there(|asked, _| {
        back_if(asked.is("GET", "/alarms-list"), not_found)
    })),
    fault("the list of cards is that of phones", "ALARM-5", there(|asked, _| {
        asked.path = asked.path.replace("/credit-card-list", "/phone-list");
        Way::On
    })),
    fault("the list of emails is empty", "ALARM-5", there(|asked, _| {
        back_if(asked.is("GET", "/alarms/email-list") && asked.token().is_some(), no_items)
    })),
    fault("alarms of companies are no list", "ALARM-5", back(|asked, answer, _| {
        if asked.is("GET", "/company-list") { answer.edit(|body| *body = json!({ "data": { "count": 0 } })); }
    })),
    fault("accounts by period do not exist", "ALARM-5", there(|asked, _| {
        back_if(asked.is("GET", "/by-period"), not_found)
    })),
    fault("the partner's statistic is refused", "ALARM-5", there(|asked, _| {
        let is_meant = asked.is("GET", "/alarms/statistic") && asked.account().is_none();
        back_if(is_meant, forbidden)
    })),
    fault("the list of alarms across accounts ends after fifteen", "ALARM-5", back(|asked, answer, _| {
        if asked.is("GET", "/alarms-list") { answer.edit_list(|alarms| alarms.truncate(15)); }
    })),
    fault("the list of alarms across accounts has the newest account only", "ALARM-5", back(|asked, answer, memory| {
        if asked.is("GET", "/alarms-list") { answer.edit_list(|alarms| only_of_newest(alarms, memory)); }
    })),
    fault("the partner's statistic is as it was when it was first read", "ALARM-5", back(|asked, answer, memory| {
        if asked.path == "/api/v1/alarms/statistic" && answer.is_success() {
            memory.repeat_first("statistic", answer);
        }
    })),
    fault("another partner's statistic is the first one's", "ALARM-5", there(|asked, memory| as_first_partner(asked, memory, "/api/v1/alarms/statistic"))),
    fault("another partner has the first one's alarms of emails", "ALARM-5", there(|asked, memory| as_first_partner(asked, memory, "/api/v1/alarms/email-list"))),
    fault("another partner has the first one's alarms of cards", "ALARM-5", there(|asked, memory| as_first_partner(asked, memory, "/api/v1/alarms/credit-card-list"))),
    fault("the list of phones is that of all alarms", "ALARM-5", there(|asked, _| {
        asked.path = asked.path.replace("/alarms/phone-list", "/alarms-list");
        Way::On
    })),
    fault("accounts by period are null", "ALARM-5", there(|asked, _| {
        back_if(asked.is("GET", "/by-period") && asked.token().is_some(), || Answered::json(200, &Value::Null))
    })),
    fault("the lists by kind hold alarms of every kind", "ALARM-5", there(|asked, _| {
        for list in ["/email-list", "/phone-list", "/credit-card-list"] {
            if asked.is("GET", list) { asked.path = asked.path.replace(&format!("/alarms{list}"), "/alarms-list"); }
        }
        Way::On
    })),
    fault("the partner's statistic counts nothing", "ALARM-5", back(|asked, answer, _| if asked.route() == "/api/v1/alarms/statistic" {
        answer.each_field(|_, value| if value.is_u64() { *value = 0.into(); });
    })),

    fault("one meaning is missing: CRM is refused", "ALARM-6", there(|asked, memory| {
        let is_crm = is_of(&memory.crm_tokens, asked);
        let is_meant = asked.is("GET", "/api/v1/alarms") && is_crm;
        back_if(is_meant, forbidden)
    })),
    fault("one meaning is missing: users are refused", "ALARM-6", there(|asked, memory| {
        let is_app = is_of(&memory.app_tokens, asked);
        let is_meant = asked.is("GET", "/api/v1/alarms") && is_app;
        back_if(is_meant, forbidden)
    })),
    fault("a user reads the partner's alarms", "ALARM-6", there(|asked, memory| {
        let is_app = is_of(&memory.app_tokens, asked);
        come_as(is_app && asked.is("GET", "/api/v1/alarms"), asked, memory.crm_tokens.last())
    })),
    fault("the partner's alarms are those of the newest account", "ALARM-6", back(|asked, answer, memory| {
        if asked.path == "/api/v1/alarms" && is_of(&memory.crm_tokens, asked) { answer.edit_list(|alarms| only_of_newest(alarms, memory)); }
    })),
    fault("another partner has the first one's list of alarms", "ALARM-6", there(|asked, memory| as_first_partner(asked, memory, "/api/v1/alarms-list"))),
    fault("an app token gives the alarms of all accounts", "ALARM-6", on_account(|asked| asked.is("GET", ALARMS) && asked.account().is_none(), |asked, account| Box::pin(async move {
        account.as_its_partner(asked.another(Method::GET, asked.path.replace("/v2/", "/v1/"))).await
    }))),
    fault("a partner sees the alarms of all partners", "ALARM-6", instead(is_list_of_partner, |asked, hands| Box::pin(async move {
        let mut answer = hands.pass(asked.clone()).await;
        if hands.is_by_crm(&asked).await {
            let all: Vec<_> = hands.by_each_partner(&asked).await.iter().flat_map(Answered::items).collect();
            answer.edit_list(|alarms| *alarms = all);
        }
        answer
    }))),
    fault("a partner sees the alarms of its first account only", "ALARM-6", instead(is_list_of_partner, |asked, hands| Box::pin(async move {
        let (is_by_crm, first) = (hands.is_by_crm(&asked).await, hands.first_account().await.id);
        let mut answer = hands.pass(asked).await;
        if is_by_crm { answer.edit_list(|alarms| alarms.retain(|alarm| id_text(&alarm["account_id"]) == first)); }
        answer
    }))),
];

/// Whether alarms across the accounts of a partner are listed; a user may ask for their own by the same path.
fn is_list_of_partner(asked: &Asked) -> bool {
    is_list_of_alarms(asked) && asked.account().is_none() && asked.route() != ALARMS_V2
}

/// Lets another partner in at a path as if they were the first.
fn as_first_partner(asked: &mut Asked, memory: &Memory, path: &str) -> Way {
    come_as(asked.route() == path && is_of(&memory.other_tokens, asked), asked, memory.crm_tokens.last())
}

/// Leaves the alarms of the account that was made last.
fn only_of_newest(alarms: &mut Vec<Value>, memory: &Memory) {
    if let Some((newest, _)) = memory.accounts.last() {
        alarms.retain(|alarm| id_text(&alarm["account_id"]) == *newest);
    }
}
