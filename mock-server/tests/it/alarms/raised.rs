//! How an alarm is raised and closed, and whose it is.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::{breach, id};
use crate::harness::{Caller, KINDS, World};

fn ids(alarms: &[Value]) -> Vec<String> {
    alarms.iter().map(id).collect()
}

/// The alarms of account 1 that are not among `before`.
async fn new_alarms(world: &World, before: &[Value]) -> Vec<Value> {
    let known: BTreeSet<String> = before.iter().map(id).collect();
    let after = Caller::user(world).list("/alarms").await;
    after.into_iter().filter(|alarm| !known.contains(&id(alarm))).collect()
}

#[tokio::test]
async fn a_leak_of_a_watched_value_of_any_kind_raises_one_alarm_whichever_was_there_first() {
    for leak_is_first in [true, false] {
        let world = World::new();
        let partner = Caller::partner(&world, "1");
        for kind in KINDS {
            let before = partner.list("/alarms").await;
            if leak_is_first {
                breach(&world, kind.name, kind.value()).await;
                assert_eq!(
                    new_alarms(&world, &before).await,
                    [Value::Null; 0],
                    "{}: no account watches it yet",
                    kind.name
                );
            }
            let item = kind.add(&partner, kind.value()).await;
            if !leak_is_first {
                assert_eq!(new_alarms(&world, &before).await, [Value::Null; 0], "{}: it has not leaked yet", kind.name);
                breach(&world, kind.name, kind.value()).await;
            }
            let raised = new_alarms(&world, &before).await;
            let [alarm] = &raised[..] else { panic!("{}: {raised:?}", kind.name) };
            assert_eq!((&alarm["type"], &alarm["status"]), (&json!(kind.alarm), &json!("OPEN")), "{}", kind.name);
            assert_eq!((&alarm["account_id"], &alarm["closed_at"]), (&json!(1), &Value::Null), "{}", kind.name);

            // Watching once more raises no second alarm for the same leak, and the first one stays meanwhile.
            partner.remove(kind.add, &item).await;
            assert_eq!(new_alarms(&world, &before).await, raised, "{}: after the removal", kind.name);
            kind.add(&partner, kind.value()).await;
            assert_eq!(new_alarms(&world, &before).await, raised, "{}: after it was watched again", kind.name);
            // Another leak does.
            breach(&world, kind.name, kind.value()).await;
            assert_eq!(new_alarms(&world, &before).await.len(), 2, "{}: after another leak", kind.name);
        }
    }
}

#[tokio::test]
async fn an_item_that_waits_raises_its_alarm_once_it_is_confirmed() {
    let world = World::new();
    let user = Caller::user(&world);
    let before = user.list("/alarms").await;
    user.add_email("leaked@example.com").await;
    breach(&world, "email", "leaked@example.com").await;
    assert_eq!(new_alarms(&world, &before).await, [Value::Null; 0]);
    world.open(&world.last_link()).await.expect(200);
    assert_eq!(new_alarms(&world, &before).await.len(), 1);
}

#[tokio::test]
async fn leaks_of_the_ssn_raise_alarms_while_it_is_monitored() {
    const SSN: &str = "19900101-2385";
    let world = World::new();
    let partner = Caller::partner(&world, "1");
    let switch = async |to: &str| partner.patch(&format!("/ssn-monitoring/{to}")).send().await.expect(200);
    let mut before = partner.list("/alarms").await;
    breach(&world, "ssn", SSN).await;
    let raised = new_alarms(&world, &before).await;
    assert!(matches!(&raised[..], [alarm] if alarm["type"] == "SSN"), "{raised:?}");

    switch("deactivate").await;
    before.extend(raised);
    breach(&world, "ssn", SSN).await;
    assert_eq!(new_alarms(&world, &before).await, [Value::Null; 0], "it is not monitored");
    // Watched again, it is like a value that is watched for the first time, and what was known stays one alarm.
    switch("activate").await;
    assert_eq!(new_alarms(&world, &before).await.len(), 1, "what came to light meanwhile");
    switch("activate").await;
    assert_eq!(new_alarms(&world, &before).await.len(), 1, "and only once");
}

/// The status of the leak of an alarm in its list.
async fn status_of_leak(user: &Caller<'_>, list: &str, alarm: &Value) -> Value {
    let leaks = user.list(list).await;
    let leak = leaks.iter().find(|leak| leak["id"] == alarm["leak_id"]);
    leak.unwrap_or_else(|| panic!("{list} has no leak of {alarm}"))["status"].clone()
}

#[tokio::test]
async fn closing_is_a_get_that_closes_one_alarm_for_everybody_and_echoes_on_its_leak() {
    for by in 0..2 {
        let world = World::new();
        world.freeze();
        let caller = &Caller::both(&world)[by];
        let user = Caller::user(&world);
        let before = user.list("/alarms").await;
        let alarm = before.iter().find(|alarm| alarm["type"] == "EMAIL").expect("the seed has one");
        assert_eq!(status_of_leak(&user, "/email-watchlist/leaks", alarm).await, "OPEN");
        let path = format!("/alarms/{}", id(alarm));
        for _ in 0..2 {
            let coachme = caller.get(&format!("{path}/coachme")).send().await.expect(200);
            assert!(coachme.body["data"]["steps"].as_array().is_some_and(|steps| steps.len() > 1), "{}", coachme.raw);
            assert_eq!(user.list("/alarms").await, before, "guidance is a plain read");
        }

        world.advance(60);
        let closed = caller.get(&format!("{path}/close")).send().await.expect(200);
        assert_eq!(closed.body["data"]["status"], "CLOSED", "{}: {}", caller.label, closed.raw);
        assert!(closed.body["data"]["closed_at"].is_string(), "{}", closed.raw);
        assert!(closed.rests_on("ALARM-2"), "{}", closed.header("x-mock-basis"));
        for reader in Caller::both(&world) {
            assert_eq!(reader.get(&path).send().await.expect(200).body, closed.body, "{}", reader.label);
            let mut expected = before.clone();
            let place = before.iter().position(|other| other == alarm).expect("it is one of them");
            expected[place] = closed.body["data"].clone();
            assert_eq!(reader.list("/alarms").await, expected, "{}: no other is closed", reader.label);
        }
        assert_eq!(status_of_leak(&user, "/email-watchlist/leaks", alarm).await, "CLOSED");
        // Closed again it is as it was.
        world.advance(60);
        assert_eq!(caller.get(&format!("{path}/close")).send().await.expect(200).body, closed.body);
    }
}

#[tokio::test]
async fn an_alarm_is_the_accounts_own() {
    let world = World::new();
    // Two accounts watch what has leaked.
    breach(&world, "email", "shared@example.com").await;
    for account in ["1", "2"] {
        Caller::partner(&world, account).add_email("shared@example.com").await;
    }
    let (john, jane) = (Caller::user(&world), Caller::user_of(&world, "jane.roe@example.com").await);
    let of_jane = jane.list("/alarms").await;
    let [alarm] = &of_jane[..] else { panic!("{of_jane:?}") };
    assert_eq!(alarm["account_id"], 2);
    let shared = |alarms: Vec<Value>| alarms.into_iter().filter(|one| one["title"] == "Exempel").collect::<Vec<_>>();
    let of_john = shared(john.list("/alarms").await);
    assert_ne!(ids(&of_john), ids(&of_jane), "each has its own");
    let jane_again = Caller::partner(&world, "2");
    for end in ["", "/close", "/coachme"] {
        let path = format!("/alarms/{}{end}", id(&of_john[0]));
        for stranger in [&jane, &jane_again] {
            stranger.get(&path).send().await.expect(404);
        }
        let path = format!("/api/v1/account/1{path}");
        world.get(&path).token(&world.crm_token(2).await).send().await.expect(404);
    }
    jane.get(&format!("/alarms/{}/close", id(alarm))).send().await.expect(200);
    assert_eq!(shared(john.list("/alarms").await), of_john, "what Jane closes stays open for John");
}

#[tokio::test]
async fn guidance_is_told_for_an_alarm_and_for_its_leak_alike() {
    let world = World::new();
    for caller in Caller::both(&world) {
        for alarm in caller.list("/alarms").await {
            let told = caller.get(&format!("/alarms/{}/coachme", id(&alarm))).send().await.expect(200);
            let guidance = &told.body["data"];
            assert_eq!((&guidance["type"], &guidance["severity"]), (&alarm["type"], &alarm["severity"]));
            for text in ["title", "text"] {
                assert!(guidance[text].as_str().is_some_and(|text| text.len() > 20), "{}", told.raw);
            }
            let of_leak = json!({ "leak_id": alarm["leak_id"] });
            let answer = Caller::user(&world).post("/alarms/leak/coachme", of_leak).send().await.expect(200);
            assert_eq!(answer.body, told.body);
        }
    }
    let user = Caller::user(&world);
    for (body, status) in [(json!({}), 422), (json!({ "leak_id": {} }), 422), (json!({ "leak_id": 999 }), 404)] {
        user.post("/alarms/leak/coachme", body).send().await.expect(status);
    }
}

#[tokio::test]
async fn an_invalid_id_names_no_alarm() {
    let world = World::new();
    for id in ["0", "01", "-1", "x", "999", "18446744073709551616", "%31%30", "%FF", "statistics", "1%00"] {
        for end in ["", "/close", "/coachme"] {
            for caller in Caller::both(&world) {
                caller.get(&format!("/alarms/{id}{end}")).send().await.expect(404);
            }
        }
    }
}
