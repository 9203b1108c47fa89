//! Watched passports.

use axum::http::Method;
use serde_json::Value;

use super::rows::{Fault, back_if, done, fault, forbidden, no_such_method};
use crate::proxy::{Account, Asked, PASSPORT, back, id_text, on_account, there};

#[rustfmt::skip]
pub(super) const FAULTS: &[Fault] = &[
    fault("a change of a passport is answered and dropped", "PASSPORT-1", there(|asked, _| {
        back_if(asked.is_within("PATCH", "/passport-watchlist/"), done)
    })),
    fault("a passport cannot be changed", "PASSPORT-1", there(|asked, _| {
        back_if(asked.is_within("PATCH", "/passport-watchlist/"), no_such_method)
    })),
    fault("passports are listed without ids", "PASSPORT-1", back(|asked, answer, _| if asked.is("GET", "/passport-watchlist") {
        answer.edit_list(|items| items.iter_mut().for_each(|item| item["id"] = Value::Null));
    })),
    fault("a passport that was changed has another id", "PASSPORT-1", back(|asked, answer, memory| {
        if let (true, Some(id)) = (asked.is_within("PATCH", "/passport-watchlist/"), asked.route().rsplit('/').next()) {
            memory.note(format!("changed {id}"));
        }
        if asked.is("GET", "/passport-watchlist") {
            answer.edit_list(|items| for item in items {
                if memory.has_noted(&format!("changed {}", id_text(&item["id"]))) { item["id"] = 77_777.into(); }
            });
        }
    })),
    fault("users do not change passports", "PASSPORT-1", there(|asked, _| {
        let is_meant = asked.is_within("PATCH", "/passport-watchlist/") && asked.account().is_none();
        back_if(is_meant, forbidden)
    })),
    fault("a change of a passport adds a second one", "PASSPORT-1", on_account(is_change, |asked, account| Box::pin(async move {
        let Some(mut both) = passport(&asked, &account).await else { return account.hands.pass(asked).await };
        for (field, value) in asked.json().as_object().into_iter().flatten() { both[field] = value.clone(); }
        let list = asked.route().rsplit_once('/').map_or_else(String::new, |(list, _)| list.to_owned());
        let mut answer = account.hands.pass(asked.another(Method::POST, list).with(&both)).await;
        if answer.is_success() { answer.status = 200; }
        answer
    }))),
    fault("a change of a passport is answered and undone", "PASSPORT-1", on_account(is_change, |asked, account| Box::pin(async move {
        let before = passport(&asked, &account).await;
        let answer = account.hands.pass(asked.clone()).await;
        if let Some(before) = before { account.as_crm(asked.with(&before)).await; }
        answer
    }))),
    fault("a change of a passport changes all of the account", "PASSPORT-1", on_account(|asked| is_change(asked) || asked.is("GET", PASSPORT.list), |asked, account| Box::pin(async move {
        let mut answer = account.hands.pass(asked.clone()).await;
        let name = format!("passports of {}", account.id);
        if asked.method == Method::PATCH && answer.is_success() { account.hands.recall(|memory| memory.kept.insert(name, asked.body)); return answer; }
        let fields = account.hands.recall(|memory| memory.kept.get(&name).cloned()).unwrap_or_default();
        let fields: serde_json::Map<_, _> = serde_json::from_str(&fields).unwrap_or_default();
        answer.edit_list(|items| for item in items { for (field, value) in &fields { item[field] = value.clone(); } });
        answer
    }))),
];

fn is_change(asked: &Asked) -> bool {
    asked.method == Method::PATCH && asked.item().is_some()
}

/// The passport that a path names, as the body that would add it.
async fn passport(asked: &Asked, account: &Account) -> Option<Value> {
    let list = account.by_crm(Method::GET, PASSPORT.list, None).await.items();
    let passport = list.into_iter().find(|item| Some(&*id_text(&item["id"])) == asked.item())?;
    Some(
        ["passport_number", "country_code", "expiry_date"]
            .map(|field| (field, passport[field].clone()))
            .into_iter()
            .collect(),
    )
}
