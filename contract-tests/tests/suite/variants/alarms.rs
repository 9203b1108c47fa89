//! Alarms, their lists and guidance.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::{Variant, invalidate, variant};
use crate::proxy::{Answered, Asked, back};

#[rustfmt::skip]
pub(super) const VARIANTS: &[Variant] = &[
    variant("closed alarms are no longer listed", back(|asked, answer, _| {
        if is_of_alarms(asked) { answer.edit_list(|alarms| alarms.retain(|alarm| alarm["status"] != "CLOSED")); }
    })),
    variant("closing answers nothing", back(|asked, answer, _| {
        if asked.is("GET", "/close") && answer.is_success() { *answer = Answered::empty(204); }
    })),
    variant("lists across accounts are by account", back(|asked, answer, _| {
        let is_of_kind = ["/email-list", "/phone-list", "/credit-card-list"].iter().any(|end| asked.is("GET", end));
        if is_of_kind { answer.edit(by_account); }
    })),
    variant("the second version of the user's alarms has ids of its own, and no status", back(|asked, answer, _| {
        if asked.path.starts_with("/api/v2/alarms") {
            answer.edit_list(|alarms| alarms.iter_mut().for_each(|alarm| {
                *alarm = json!({ "uuid": format!("second-{}", alarm["id"]), "kind": alarm["type"] });
            }));
        }
    })),
    variant("alarms have fields and ids of their own names", back(|asked, answer, _| if is_of_alarms(asked) {
        answer.edit(|body| match body.get_mut("data") {
            Some(Value::Array(alarms)) => alarms.iter_mut().for_each(rename_alarm),
            Some(alarm) => rename_alarm(alarm),
            None => {}
        });
    })),
    variant("alarms have envelopes of their own names", back(|asked, answer, _| if is_of_alarms(asked) {
        answer.edit(|body| if let Some(data) = body.as_object_mut().and_then(|body| body.remove("data")) {
            *body = if data.is_array() { json!({ "alarms": data }) } else { json!({ "alarm": data }) };
        });
    })),
    variant("words in the place of an alarm's id are invalid", back(|asked, answer, _| {
        let word = asked.route().strip_prefix("/api/v1/alarms/").and_then(|rest| rest.split('/').next());
        let is_word = word.is_some_and(|word| word.parse::<u64>().is_err());
        if is_word && asked.method == "GET" && answer.status == 403 { invalidate(asked, answer); }
    })),
    variant("guidance is a text", back(|asked, answer, _| {
        if asked.path.ends_with("/coachme") && answer.is_success() {
            *answer = Answered::json(200, &json!("Change the password that has leaked."));
        }
    })),
    variant("statistics are lists of counts", back(|asked, answer, _| if asked.is("GET", "/alarms/statistic") {
        answer.edit(|body| if let Some(kinds) = body.pointer("/data/by_type").and_then(Value::as_object) {
            let counts = kinds.iter().map(|(kind, count)| json!({ "kind": kind, "count": count.to_string() }));
            *body = counts.collect();
        });
    })),
    variant("a list by period wants another period", back(|asked, answer, _| {
        if asked.is("GET", "/by-period") && answer.is_success() { invalidate(asked, answer); }
    })),
    variant("alarms begin as NEW", back(|asked, answer, _| {
        if asked.is_within("GET", "/alarms") { answer.body = answer.body.replace("\"OPEN\"", "\"NEW\""); }
    })),
];

/// Whether a request is for alarms, one or many, and not for what is told about them.
fn is_of_alarms(asked: &Asked) -> bool {
    let is_about = ["/statistic", "/coachme", "/by-period"].iter().any(|end| asked.is("GET", end));
    asked.is_within("GET", "/alarms") && !is_about
}

/// An alarm as another server might have it.
fn rename_alarm(alarm: &mut Value) {
    if alarm.get("leak_id").is_none() {
        return;
    }
    *alarm = json!({
        "alarm_uuid": alarm["id"], "status": alarm["status"], "raised_at": alarm["created_at"],
        "leak": { "id": alarm["leak_id"], "kind": alarm["type"], "status": "NEW" },
    });
}

/// A list of alarms as one of accounts with their alarms.
fn by_account(body: &mut Value) {
    let Some(alarms) = body.get_mut("data").and_then(Value::as_array_mut) else { return };
    let mut accounts = BTreeMap::<String, Vec<Value>>::new();
    for alarm in std::mem::take(alarms) {
        accounts.entry(alarm["account_id"].to_string()).or_default().push(alarm);
    }
    *body = accounts.into_iter().map(|(account, alarms)| json!({ "account": account, "alarms": alarms })).collect();
}
