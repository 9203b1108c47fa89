//! Alarms of one account, closing and guidance.

use axum::http::Method;
use serde_json::{Value, json};

use super::rows::{
    ALARMS, ALARMS_V2, Fault, back_if, by_holder_of_alarm, done, done_all_the_same, each_alarm, fault, forbidden,
    is_list_of_alarms, is_of, is_one_alarm, no_items, no_such_method, not_found, noted, without_alarms,
};
use crate::proxy::{Answered, Asked, Way, also, back, instead, on_account, there};

#[rustfmt::skip]
pub(super) const FAULTS: &[Fault] = &[
    fault("an account's alarms do not exist", "ALARM-1", there(|asked, _| {
        let is_meant = asked.is("GET", ALARMS) && asked.account().is_some();
        back_if(is_meant, not_found)
    })),
    fault("CRM cannot close", "ALARM-1", there(|asked, _| {
        let is_meant = asked.is_close() && asked.account().is_some();
        back_if(is_meant, forbidden)
    })),
    fault("CRM reads every alarm as the first that was read", "ALARM-1", back(|asked, answer, memory| {
        if is_one_alarm(asked) && asked.account().is_some() && answer.is_success() {
            memory.repeat_first("alarm", answer);
        }
    })),
    fault("an account's statistic never changes", "ALARM-1", back(|asked, answer, memory| {
        if asked.is("GET", "/alarms/statistic") && asked.account().is_some() && answer.is_success() {
            memory.repeat_first("statistic", answer);
        }
    })),
    fault("an alarm is listed and not read by CRM", "ALARM-1", there(|asked, _| {
        back_if(is_one_alarm(asked) && asked.account().is_some(), not_found)
    })),
    fault("the alarms of an account lag behind by one call", "ALARM-1", back(|asked, answer, memory| {
        if asked.is("GET", ALARMS) && asked.account().is_some() && answer.is_success() {
            let older = memory.replace(asked.path.clone(), answer.clone());
            *answer = older.unwrap_or_else(no_items);
        }
    })),
    fault("an account that does not watch a value has an alarm for it", "ALARM-1", back(|asked, answer, memory| {
        if asked.path == "/_mock/leaks" {
            memory.note("leak");
        }
        if asked.is("GET", ALARMS) && memory.has_noted("leak") {
            answer.edit_list(|alarms| alarms.push(json!({ "id": 70_000, "status": "OPEN" })));
        }
    })),
    fault("leaks of cards raise no alarms", "ALARM-1", back(|asked, answer, _| without_alarms(asked, answer, "CREDIT_CARD"))),
    fault("leaks of IBANs raise no alarms", "ALARM-1", back(|asked, answer, _| without_alarms(asked, answer, "IBAN"))),
    fault("leaks of the SSN raise no alarms", "ALARM-1", back(|asked, answer, _| without_alarms(asked, answer, "SSN"))),
    fault("leaks of driver's licenses raise no alarms", "ALARM-1", back(|asked, answer, _| without_alarms(asked, answer, "DRIVERS_LICENSE"))),
    fault("an account has no statistic", "ALARM-1", there(|asked, _| {
        back_if(asked.is("GET", "/alarms/statistic") && asked.account().is_some(), not_found)
    })),
    fault("the statistic of an account is that of all", "ALARM-1", there(|asked, _| {
        if asked.is("GET", "/alarms/statistic") { asked.path = "/api/v1/alarms/statistic".into(); }
        Way::On
    })),
    fault("another partner is refused a close that is done", "ALARM-1", instead(|asked| asked.is_close() && asked.account().is_some(), done_all_the_same)),
    fault("no leak raises an alarm", "ALARM-1", back(|asked, answer, _| if is_list_of_alarms(asked) { answer.edit_list(Vec::clear); })),
    fault("CRM goes on listing closed alarms as open", "ALARM-1", back(|asked, answer, _| {
        if asked.is("GET", ALARMS) && asked.account().is_some() {
            each_alarm(asked, answer, |alarm| { alarm["status"] = "OPEN".into(); alarm["closed_at"] = Value::Null; });
        }
    })),
    fault("alarms of other accounts are closed", "ALARM-1", on_account(Asked::is_close, by_holder_of_alarm)),

    fault("closing is a POST", "ALARM-2", there(|asked, _| {
        back_if(asked.is_close(), no_such_method)
    })),
    fault("closing is answered and dropped", "ALARM-2", there(|asked, _| {
        back_if(asked.is_close(), || Answered::json(200, &json!({ "data": { "id": 1, "status": "CLOSED" } })))
    })),
    fault("a closed alarm is called RESOLVED", "ALARM-2", back(|asked, answer, _| {
        if asked.is_within("GET", ALARMS) { answer.body = answer.body.replace("CLOSED", "RESOLVED"); }
    })),
    fault("a list goes on showing closed alarms as open", "ALARM-2", back(|asked, answer, _| {
        if asked.is("GET", ALARMS) { answer.body = answer.body.replace("CLOSED", "OPEN"); }
    })),
    fault("an alarm opens again when it is read", "ALARM-2", back(|asked, answer, memory| {
        if asked.is_close() { memory.note("closed"); }
        let is_read = asked.is_within("GET", "/alarms/") && !asked.is_close();
        if is_read && asked.account().is_none() { answer.body = answer.body.replace("CLOSED", "OPEN"); }
    })),
    fault("new alarms are closed", "ALARM-2", back(|asked, answer, _| {
        if asked.is_within("GET", ALARMS) { answer.body = answer.body.replace("\"OPEN\"", "\"CLOSED\""); }
    })),
    fault("closing closes another alarm", "ALARM-2", there(|asked, memory| {
        let other = asked.alarm().filter(|_| asked.is_close()).and_then(|id| Some((id, memory.other_alarm(id)?)));
        if let Some((id, other)) = other {
            asked.path = asked.path.replace(&format!("/{id}/close"), &format!("/{other}/close"));
        }
        Way::On
    })),
    fault("closing closes another alarm too", "ALARM-2", back(|asked, answer, memory| {
        let other = asked.alarm().filter(|_| asked.is_close() && answer.is_success()).and_then(|id| memory.other_alarm(id));
        if let Some(other) = other.map(|other| format!("closed {other}")) { memory.note(other); }
        each_alarm(asked, answer, |alarm| {
            if memory.has_noted(&noted("closed", alarm)) { alarm["status"] = "CLOSED".into(); }
        });
    })),
    fault("a closed alarm is read as open", "ALARM-2", back(|asked, answer, _| if is_one_alarm(asked) {
        each_alarm(asked, answer, |alarm| alarm["status"] = "OPEN".into());
    })),
    fault("a closed alarm is listed as open at v2", "ALARM-2", back(|asked, answer, _| if asked.path.starts_with(ALARMS_V2) {
        each_alarm(asked, answer, |alarm| alarm["status"] = "OPEN".into());
    })),
    fault("a closed alarm is listed as open across accounts", "ALARM-2", back(|asked, answer, _| {
        if asked.is("GET", "/alarms-list") { each_alarm(asked, answer, |alarm| alarm["status"] = "OPEN".into()); }
    })),
    fault("a closed alarm is closed in small letters", "ALARM-2", back(|_, answer, _| {
        answer.each_field(|_, value| if *value == "CLOSED" { *value = "closed".into(); });
    })),
    fault("an alarm opens again once it was read", "ALARM-2", back(|asked, answer, memory| {
        each_alarm(asked, answer, |alarm| {
            let is_known = alarm["status"] == "CLOSED"
                && !memory.note(format!("read {}", alarm["id"]));
            if is_known { alarm["status"] = "OPEN".into(); }
        });
    })),
    fault("one alarm is closed and no other", "ALARM-2", there(|asked, memory| {
        let is_again = asked.is_close() && !memory.note("once");
        back_if(is_again, not_found)
    })),
    fault("a close by the user is answered and dropped", "ALARM-2", there(|asked, _| {
        back_if(asked.is_close() && asked.account().is_none(), done)
    })),
    fault("a close by CRM is not seen by the user", "ALARM-2", back(|asked, answer, memory| {
        if let (true, Some(id)) = (asked.is_close() && asked.account().is_some(), asked.alarm()) {
            memory.note(format!("closed {id}"));
        }
        if is_of(&memory.app_tokens, asked) {
            each_alarm(asked, answer, |alarm| {
                if memory.has_noted(&noted("closed", alarm)) { alarm["status"] = "OPEN".into(); }
            });
        }
    })),
    fault("closing that finds its alarm is answered and dropped", "ALARM-2", instead(Asked::is_close, |asked, hands| Box::pin(async move {
        let answer = hands.pass(asked.another(Method::GET, asked.route().replace("/close", ""))).await;
        if answer.is_success() { done() } else { answer }
    }))),
    fault("closing one alarm closes all of its account", "ALARM-2", also(Asked::is_close, |_, account| Box::pin(async move { account.close_all().await }))),
    fault("closing one alarm closes those of every account", "ALARM-2", also(Asked::is_close, |_, account| Box::pin(async move {
        for account in account.hands.accounts_with("open_alarms").await { account.close_all().await; }
    }))),

    fault("guidance says nothing", "ALARM-3", back(|asked, answer, _| {
        if asked.is("GET", "/coachme") && answer.is_success() { *answer = Answered::json(200, &json!({ "data": {} })); }
    })),
    fault("guidance does not exist", "ALARM-3", there(|asked, _| {
        back_if(asked.is("GET", "/coachme"), not_found)
    })),
    fault("guidance closes the alarm", "ALARM-3", there(|asked, _| {
        if asked.is("GET", "/coachme") { asked.path = asked.path.replace("/coachme", "/close"); }
        Way::On
    })),
    fault("guidance is a number", "ALARM-3", there(|asked, _| {
        back_if(asked.is("GET", "/coachme"), || Answered::json(200, &json!({ "data": { "guidance": 17 } })))
    })),
    fault("guidance is not there for CRM", "ALARM-3", there(|asked, _| {
        back_if(asked.is("GET", "/coachme") && asked.account().is_some(), not_found)
    })),
    fault("guidance is not there for the user", "ALARM-3", there(|asked, _| {
        back_if(asked.is("GET", "/coachme") && asked.account().is_none(), not_found)
    })),
    fault("guidance is told once", "ALARM-3", there(|asked, memory| {
        let is_meant = asked.is("GET", "/coachme") && asked.token().is_some();
        let is_told = is_meant && !memory.note(asked.path.clone());
        back_if(is_told, not_found)
    })),
    fault("an alarm is no longer listed once its guidance was read", "ALARM-3", back(|asked, answer, memory| {
        if let (true, Some(id)) = (asked.is("GET", "/coachme") && answer.is_success(), asked.alarm()) {
            memory.note(format!("coached {id}"));
        }
        if asked.is("GET", ALARMS) {
            answer.edit_list(|alarms| {
                alarms.retain(|alarm| !memory.has_noted(&noted("coached", alarm)));
            });
        }
    })),
    fault("an alarm is closed once its guidance was read by its user", "ALARM-3", back(|asked, answer, memory| {
        if let (true, Some(id)) = (asked.is("GET", "/coachme") && asked.account().is_none(), asked.alarm()) {
            memory.note(format!("coached {id}"));
        }
        each_alarm(asked, answer, |alarm| {
            if memory.has_noted(&noted("coached", alarm)) { alarm["status"] = "CLOSED".into(); }
        });
    })),
    fault("reading guidance closes the alarm", "ALARM-3", instead(|asked| asked.is("GET", "/coachme"), |asked, hands| Box::pin(async move {
        hands.pass(asked.another(Method::GET, asked.route().replace("/coachme", "/close"))).await;
        hands.pass(asked).await
    }))),
];
