//! Plans and profiles of Online Data.

use axum::http::Method;
use serde_json::{Value, json};

use super::rows::{
    Fault, ONLINE, SCAN, back_if, come_as, done, fault, forbidden, is_of, no_items, no_such_method, not_found, remove,
};
use crate::proxy::{Answered, NOTHING, Way, back, on_account, there};

#[rustfmt::skip]
pub(super) const FAULTS: &[Fault] = &[
    fault("CRM is let in to Online Data", "ONLINE-1", there(|asked, memory| {
        let is_crm = is_of(&memory.crm_tokens, asked);
        come_as(is_crm && asked.path.starts_with(ONLINE), asked, memory.app_tokens.last())
    })),
    fault("CRM reads the sites", "ONLINE-1", there(|asked, memory| {
        let is_crm = is_of(&memory.crm_tokens, asked);
        back_if(is_crm && asked.is("GET", "/delete-my-data/sites"), no_items)
    })),
    fault("a plan without Online Data is told that all is well", "ONLINE-1", back(|asked, answer, _| {
        if asked.is_within("POST", ONLINE) && is_without_plan(answer) { *answer = done(); }
    })),
    fault("a plan without Online Data has its status", "ONLINE-1", back(|asked, answer, _| {
        if asked.is("GET", "/delete-my-data/status") && is_without_plan(answer) { *answer = done(); }
    })),
    fault("a plan with Online Data is refused its scans", "ONLINE-1", there(|asked, _| {
        back_if(asked.is("POST", SCAN), forbidden)
    })),
    fault("a plan without Online Data reads the sites", "ONLINE-1", back(|asked, answer, _| {
        if asked.is("GET", "/delete-my-data/sites") && is_without_plan(answer) { *answer = no_items(); }
    })),
    fault("a plan without Online Data changes a profile", "ONLINE-1", back(|asked, answer, _| {
        if asked.is("PUT", ONLINE) && is_without_plan(answer) { *answer = done(); }
    })),
    fault("a plan without Online Data retries", "ONLINE-1", back(|asked, answer, _| {
        if asked.is("POST", "/retry") && is_without_plan(answer) { *answer = done(); }
    })),
    fault("every plan includes Online Data", "ONLINE-1", NOTHING).on(|mock| {
        let mut seed: Value = serde_json::from_str(include_str!("../../../../fixtures/seed.json")).expect("JSON");
        seed["plans"] = json!([
            { "id": 1, "name": "Complete", "has_online_data": true }, { "id": 2, "name": "Basic", "has_online_data": true },
        ]);
        mock.seed(&seed.to_string()).expect("a seed")
    }),

    fault("a profile is answered and dropped", "ONLINE-2", there(|asked, _| {
        back_if(asked.is("POST", ONLINE), || Answered::json(201, &json!({ "data": asked.json() })))
    })),
    fault("a change of a profile is answered and dropped", "ONLINE-2", there(|asked, _| {
        back_if(asked.is("PUT", ONLINE), || Answered::json(200, &json!({ "data": asked.json() })))
    })),
    fault("a profile cannot be changed", "ONLINE-2", there(|asked, _| {
        back_if(asked.is("PUT", ONLINE), no_such_method)
    })),
    fault("a profile cannot be read", "ONLINE-2", there(|asked, _| back_if(asked.is("GET", ONLINE), not_found))),
    fault("a profile has no zip", "ONLINE-2", back(|asked, answer, _| if asked.is("GET", ONLINE) {
        answer.edit_data(|data| drop(data.as_object_mut().map(|profile| profile.remove("zip"))));
    })),
    fault("a profile keeps its first city", "ONLINE-2", there(|asked, _| {
        if asked.is("PUT", ONLINE) { asked.edit(|body| drop(body.as_object_mut().map(|body| body.remove("city")))); }
        Way::On
    })),
    fault("the names of a profile change places", "ONLINE-2", there(|asked, _| {
        if asked.is("POST", ONLINE) {
            asked.edit(|body| {
                let first = body["first_name"].take();
                body["first_name"] = body["last_name"].take();
                body["last_name"] = first;
            });
        }
        Way::On
    })),
    fault("every Online Data profile is the first that was read", "ONLINE-2", back(|asked, answer, memory| {
        if asked.is("GET", ONLINE) && answer.is_success() {
            memory.repeat_first("profile", answer);
        }
    })),
    fault("a profile loses its phone", "ONLINE-2", there(|asked, _| {
        if asked.is("POST", ONLINE) { asked.edit(|body| remove(body, "phone")); }
        Way::On
    })),
    fault("a profile loses its street when it is changed", "ONLINE-2", there(|asked, _| {
        if asked.is("PUT", ONLINE) { asked.edit(|body| body["street"] = Value::Null); }
        Way::On
    })),
    fault("every user reads the first profile of Online Data", "ONLINE-2", on_account(|asked| asked.is("GET", ONLINE), |asked, account| Box::pin(async move {
        let is_let_in = account.hands.pass(asked.another(Method::GET, format!("{ONLINE}/status"))).await.is_success();
        let whose = if is_let_in { account.hands.first_account().await } else { account };
        whose.as_user(asked).await
    }))),
    fault("a change of an Online Data profile is answered and undone", "ONLINE-2", on_account(|asked| asked.is("PUT", ONLINE), |asked, account| Box::pin(async move {
        let before = account.hands.pass(asked.another(Method::GET, ONLINE)).await.data();
        let answer = account.hands.pass(asked.clone()).await;
        if answer.is_success() { account.hands.pass(asked.with(&before)).await } else { answer }
    }))),

    fault("Online Data has no status", "ONLINE-3", there(|asked, _| back_if(asked.is("GET", "/delete-my-data/status"), not_found))),
    fault("the status of Online Data is empty", "ONLINE-3", there(|asked, _| {
        back_if(asked.is("GET", "/delete-my-data/status"), || Answered::empty(204))
    })),
    fault("the sites are no list", "ONLINE-3", there(|asked, _| {
        back_if(asked.is("GET", "/delete-my-data/sites"), || Answered::json(200, &json!({ "data": { "count": 6 } })))
    })),
    fault("the sites are not told", "ONLINE-3", there(|asked, _| back_if(asked.is("GET", "/delete-my-data/sites"), not_found))),
];

/// Whether a refusal may be for the plan.
fn is_without_plan(answer: &Answered) -> bool {
    matches!(answer.status, 403 | 404 | 422)
}
