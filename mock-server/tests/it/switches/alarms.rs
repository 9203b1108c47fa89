//! Alarms.

use serde_json::json;

use crate::harness::{CRM, Caller, Switched};

checked! {
    "alarm.close-answer" => closing_an_alarm_is_answered_as_alarm_close_answer_says;
    "alarm.close-again" => closing_a_closed_alarm_is_answered_as_alarm_close_again_says;
    "alarm.of-removed" => alarms_outlive_what_they_were_raised_for_as_alarm_of_removed_says;
    "alarm.company" => a_company_is_what_alarm_company_says;
    "alarm.period" => a_period_without_an_end_is_what_alarm_period_says;
}

async fn closing_an_alarm_is_answered_as_alarm_close_answer_says(switched: Switched) {
    for (alarm, caller) in ["1", "2"].into_iter().zip(Caller::both(&switched.world)) {
        let answer = caller.get(&format!("/alarms/{alarm}/close")).send().await;
        switched.answers(&answer, 200);
        match switched.value.as_str() {
            "alarm" => assert_eq!(answer.body["data"]["status"], "CLOSED", "{}", switched.label()),
            "message" => assert!(answer.body["message"].is_string(), "{}", switched.label()),
            _ => switched.is_not_checked(),
        }
        let now = caller.get(&format!("/alarms/{alarm}")).send().await.expect(200);
        assert_eq!(now.body["data"]["status"], "CLOSED", "{}", switched.label());
    }
}

async fn closing_a_closed_alarm_is_answered_as_alarm_close_again_says(switched: Switched) {
    for (alarm, caller) in ["1", "2"].into_iter().zip(Caller::both(&switched.world)) {
        let close = format!("/alarms/{alarm}/close");
        caller.get(&close).send().await.expect(200);
        switched.answers(&caller.get(&close).send().await, switched.number() as u16);
    }
}

async fn alarms_outlive_what_they_were_raised_for_as_alarm_of_removed_says(switched: Switched) {
    let user = Caller::user(&switched.world);
    let is_kept = match switched.value.as_str() {
        "kept" => true,
        "removed" => false,
        _ => switched.is_not_checked(),
    };
    let before = user.list("/alarms").await;
    let removed = user.delete("/email-watchlist/1").send().await.expect(204);
    switched.is_named_by(&removed);
    let after = user.list("/alarms").await;
    let expected = if is_kept { before.clone() } else { before[1..].to_vec() };
    assert_eq!(after, expected, "{}", switched.label());
    let status = if is_kept { 200 } else { 404 };
    for end in ["", "/coachme", "/close"] {
        user.get(&format!("/alarms/1{end}")).send().await.expect(status);
    }
    // The leak is no longer listed in either case.
    assert_eq!(user.list("/email-watchlist/leaks").await.len(), 1, "{}", switched.label());
}

async fn a_company_is_what_alarm_company_says(switched: Switched) {
    let world = &switched.world;
    let leak = json!({ "kind": "email", "value": "jane.watched@example.com" });
    world.post("/_mock/leaks").json(leak).send().await.expect(201);
    Caller::partner(world, "2").add_email("jane.watched@example.com").await;
    let expected = match switched.value.as_str() {
        "field" => 6,
        "partner" => 7,
        _ => switched.is_not_checked(),
    };
    for path in ["/api/v1/alarms/company-list", "/api/v2/alarms/company/1"] {
        let answer = world.get(path).token(CRM).send().await;
        switched.answers(&answer, 200);
        assert_eq!(answer.items().len(), expected, "{}: {path}", switched.label());
    }
    switched.answers(&world.get("/api/v2/alarms/company/2").token(CRM).send().await, 404);
}

async fn a_period_without_an_end_is_what_alarm_period_says(switched: Switched) {
    let list = |query: &str| {
        let path = format!("/api/v1/alarms/accounts/by-period{query}");
        switched.world.get(&path).token(CRM).send()
    };
    for (query, missing) in [("", "from to"), ("?from=2026-01-01", "to"), ("?to=2099-01-01", "from")] {
        let answer = list(query).await;
        match switched.value.as_str() {
            "open" => switched.answers(&answer, 200),
            "422" => {
                switched.answers(&answer, 422);
                let fields: Vec<&str> = missing.split(' ').collect();
                let told = answer.body["errors"].as_object().expect("issues");
                assert_eq!(told.keys().collect::<Vec<_>>(), fields, "{}: {query}", switched.label());
            }
            _ => switched.is_not_checked(),
        }
    }
    list("?from=2026-01-01&to=2099-01-01").await.expect(200);
}
