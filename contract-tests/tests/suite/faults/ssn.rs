//! The national ID.

use contract_tests::Target;
use serde_json::json;

use super::rows::{ACCOUNTS, Fault, back_if, done, fault, is_electronic_id, is_leak, no_items, not_found, without_ssn};
use crate::proxy::{Account, Acting, Answered, Asked, EMAIL, Way, also, instead, on_account, there};

#[rustfmt::skip]
pub(super) const FAULTS: &[Fault] = &[
    fault("there is a watchlist of SSNs", "SSN-1", there(|asked, _| back_if(asked.is_within("GET", "/ssn-watchlist"), no_items))),
    fault("an SSN is removed", "SSN-1", there(|asked, _| {
        back_if(asked.is_within("DELETE", "/ssn-watchlist"), || Answered::empty(204))
    })),
    fault("the user adds an SSN to a watchlist", "SSN-1", there(|asked, _| {
        let is_meant = asked.is_within("POST", "/ssn-watchlist") && asked.account().is_none();
        back_if(is_meant, || Answered::json(201, &json!({ "data": { "id": 1 } })))
    })),

    fault("an SSN is not monitored until that is switched on", "SSN-2", instead(|asked| asked.is("POST", ACCOUNTS), |asked, hands| Box::pin(async move {
        let answer = hands.pass(asked).await;
        let created = match answer.id() { Some(id) if answer.is_success() => hands.account(&id).await, _ => None };
        if let Some(account) = created { account.monitor(false).await; }
        answer
    }))),
    fault("an electronic ID replaces the SSN", "SSN-2", instead(is_electronic_id, |asked, hands| Box::pin(async move {
        let mut answer = hands.pass(asked.clone()).await;
        let (ssn, id) = (asked.json()["ssn"].take(), asked.route().split('/').nth(3));
        if let (409, Some(ssn), Some(id)) = (answer.status, ssn.as_str(), id)
            && let Some(account) = hands.account(id).await
        {
            account.set_ssn(ssn).await;
            answer = Answered::json(200, &json!({ "account_id": id, "has_ssn": true }));
        }
        answer
    }))),

    fault("monitoring cannot be switched off", "SSN-3", there(|asked, _| {
        back_if(asked.is("PATCH", "/deactivate"), not_found)
    })),
    fault("a switch of monitoring is answered and dropped", "SSN-3", there(|asked, _| {
        back_if(asked.is_within("PATCH", "/ssn-monitoring/"), || Answered::empty(204))
    })),
    fault("a switch of monitoring is one of the first account", "SSN-3", there(|asked, memory| {
        if let (true, Some(id), Some((first, _))) = (asked.is_within("PATCH", "/ssn-monitoring/"), asked.account(), memory.accounts.first()) {
            asked.path = asked.path.replace(&format!("/account/{id}/"), &format!("/account/{first}/"));
        }
        Way::On
    })),
    fault("monitoring is not switched on again", "SSN-3", there(|asked, _| back_if(asked.is("PATCH", "/ssn-monitoring/activate"), done))),
    fault("a leak of an SSN raises alarms, monitored or not", "SSN-3", instead(is_leak, |asked, hands| Box::pin(async move {
        let leak = asked.json();
        let mut unmonitored = Vec::new();
        if leak["kind"] == "ssn" {
            unmonitored = hands.accounts_that_have(leak["value"].as_str().unwrap_or_default()).await;
            unmonitored.retain(|account| account.is("has_ssn") && !account.is("is_ssn_monitored"));
        }
        for account in &unmonitored { account.monitor(true).await; }
        let answer = hands.pass(asked).await;
        for account in &unmonitored { account.monitor(false).await; }
        answer
    }))),
    fault("a switch takes the ssn in its body", "SSN-3", on_account(is_switch, switch_with_ssn)),
    fault("a switch adds an SSN", "SSN-3", on_account(is_switch, switch_with_ssn)).on(without_ssn).target(Target::with_ssn_optional),
    fault("monitoring is switched the other way round", "SSN-3", there(|asked, _| {
        let (on, off) = ("/ssn-monitoring/activate", "/ssn-monitoring/deactivate");
        asked.path = if asked.path.contains(on) { asked.path.replace(on, off) } else { asked.path.replace(off, on) };
        Way::On
    })),
    fault("switching the monitoring off empties the list of emails", "SSN-3", also(|asked| asked.is("PATCH", "/ssn-monitoring/deactivate"), |_, account| Box::pin(async move {
        account.remove_all(&EMAIL).await;
    }))),
];

/// Whether it switches the monitoring.
fn is_switch(asked: &Asked) -> bool {
    asked.is_within("PATCH", "/ssn-monitoring/")
}

/// Takes the SSN in the body for the account's own, and then switches its monitoring.
fn switch_with_ssn(asked: Asked, account: Account) -> Acting {
    Box::pin(async move {
        if let Some(ssn) = asked.json()["ssn"].as_str() {
            account.set_ssn(ssn).await;
        }
        account.hands.pass(asked).await
    })
}
