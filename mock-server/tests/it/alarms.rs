//! Alarms: one for every leak of a watched value, raised once, seen by the account and its partner, and closed by a GET
//! (ALARM-1 to 6).

use std::collections::BTreeSet;

use reqwest::Method;
use serde_json::{Value, json};

use crate::confirmation::{Caller, advance, card, last_link, open};
use crate::formats::Format;
use crate::harness::{APP, Answer, CRM, World, written};

/// A kind of value that raises alarms: as the control route names it, as alarms do, how it is added, and one that the
/// seed does not know.
const KINDS: [(&str, &str, &str, &str, &str); 6] = [
    ("email", "EMAIL", "/email-watchlist", "email", "leaked@example.com"),
    ("phone", "PHONE", "/phone-watchlist", "phone", "+46701740620"),
    ("iban", "IBAN", "/iban-watchlist", "iban", "SE3550000000054910000003"),
    ("passport", "PASSPORT", "/passport-watchlist", "passport_number", "XX0000000"),
    ("drivers_license", "DRIVERS_LICENSE", "/drivers-license-watchlist", "license_number", "850101-2390"),
    ("credit_card", "CREDIT_CARD", "/credit-card", "card_number", "5555555555554444"),
];

fn body(field: &str, value: &str) -> Value {
    if field == "card_number" { card(value) } else { json!({ field: value }) }
}

/// A breach now holds a value.
async fn breach(world: &World, kind: &str, value: &str) {
    let leak = json!({ "kind": kind, "value": value, "title": "Exempel" });
    world.post("/_mock/leaks").json(leak).send().await.expect(201);
}

fn id(alarm: &Value) -> String {
    written(&alarm["id"])
}

fn ids(alarms: &[Value]) -> Vec<String> {
    alarms.iter().map(id).collect()
}

/// The alarms that a list of the partner has.
async fn of_partner(world: &World, path: &str) -> Vec<Value> {
    world.get(path).token(CRM).send().await.expect(200).items().to_vec()
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
        for (kind, alarm_type, add, field, value) in KINDS {
            let before = partner.list("/alarms").await;
            if leak_is_first {
                breach(&world, kind, value).await;
                assert_eq!(new_alarms(&world, &before).await, [Value::Null; 0], "{kind}: nobody watches it yet");
            }
            let item = partner.add(add, body(field, value)).await;
            if !leak_is_first {
                assert_eq!(new_alarms(&world, &before).await, [Value::Null; 0], "{kind}: it has not leaked yet");
                breach(&world, kind, value).await;
            }
            let raised = new_alarms(&world, &before).await;
            let [alarm] = &raised[..] else { panic!("{kind}: {raised:?}") };
            assert_eq!((&alarm["type"], &alarm["status"]), (&json!(alarm_type), &json!("OPEN")), "{kind}");
            assert_eq!((&alarm["account_id"], &alarm["closed_at"]), (&json!(1), &Value::Null), "{kind}");

            // What is watched once more raises no second alarm for the same leak, and the first one stays meanwhile.
            partner.remove(add, &item).await;
            assert_eq!(new_alarms(&world, &before).await, raised, "{kind}: after the removal");
            partner.add(add, body(field, value)).await;
            assert_eq!(new_alarms(&world, &before).await, raised, "{kind}: after it was watched again");
            // Another leak does.
            breach(&world, kind, value).await;
            assert_eq!(new_alarms(&world, &before).await.len(), 2, "{kind}: after another leak");
        }
    }
}

#[tokio::test]
async fn what_waits_for_confirmation_raises_its_alarm_once_it_is_confirmed() {
    let world = World::new();
    let user = Caller::user(&world);
    let before = user.list("/alarms").await;
    user.add_email("leaked@example.com").await;
    breach(&world, "email", "leaked@example.com").await;
    assert_eq!(new_alarms(&world, &before).await, [Value::Null; 0]);
    open(&world, &last_link(&world)).await.expect(200);
    assert_eq!(new_alarms(&world, &before).await.len(), 1);
}

#[tokio::test]
async fn leaks_of_the_ssn_raise_alarms_while_it_is_monitored() {
    const SSN: &str = "19900101-2385";
    let world = World::new();
    let partner = Caller::partner(&world, "1");
    let switch =
        async |to: &str| partner.request(Method::PATCH, &format!("/ssn-monitoring/{to}")).send().await.expect(200);
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

/// What a leak's list says of the leak of an alarm.
async fn status_of_leak(user: &Caller<'_>, list: &str, alarm: &Value) -> Value {
    let leaks = user.list(list).await;
    let leak = leaks.iter().find(|leak| leak["id"] == alarm["leak_id"]);
    leak.unwrap_or_else(|| panic!("{list} has no leak of {alarm}"))["status"].clone()
}

#[tokio::test]
async fn closing_is_a_get_that_closes_one_alarm_for_everybody_and_echoes_on_its_leak() {
    for by in 0..2 {
        let world = World::new();
        world.control().freeze_clock(true);
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

        advance(&world, 60);
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
        advance(&world, 60);
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
async fn one_route_means_the_users_own_alarms_or_the_partners_by_the_token() {
    let world = World::new();
    breach(&world, "email", "jane.watched@example.com").await;
    Caller::partner(&world, "2").add_email("jane.watched@example.com").await;
    let jane = Caller::user_of(&world, "jane.roe@example.com").await;
    let (of_john, of_jane) = (Caller::user(&world).list("/alarms").await, jane.list("/alarms").await);
    let all = of_partner(&world, "/api/v1/alarms").await;
    assert_eq!(all, [of_john.clone(), of_jane].concat());
    assert_eq!(of_partner(&world, "/api/v1/alarms-list").await, all);
    let own = world.get("/api/v2/alarms").token(APP).send().await.expect(200);
    assert_eq!(own.items(), of_john);

    // The other partner has none, until its own account has.
    let other = world.crm_token(2).await;
    let list = async || world.get("/api/v1/alarms").token(&other).send().await.expect(200).items().to_vec();
    assert_eq!(list().await, [Value::Null; 0]);
    breach(&world, "email", "matti.work@example.org").await;
    assert!(matches!(&list().await[..], [alarm] if alarm["account_id"] == 3));
    assert_eq!(of_partner(&world, "/api/v1/alarms").await, all);
}

#[tokio::test]
async fn statistics_add_up_with_the_lists() {
    let world = World::new();
    for (kind, _, add, field, value) in KINDS {
        breach(&world, kind, value).await;
        Caller::partner(&world, "2").add(add, body(field, value)).await;
    }
    for closed in 0..3 {
        let lists = [
            ("/api/v1/account/1/alarms", "/api/v1/account/1/alarms/statistic"),
            ("/api/v1/account/2/alarms", "/api/v1/account/2/alarms/statistic"),
            ("/api/v1/alarms", "/api/v1/alarms/statistic"),
        ];
        for (list, statistic) in lists {
            let alarms = of_partner(&world, list).await;
            let answer = world.get(statistic).token(CRM).send().await.expect(200);
            let told = &answer.body["data"];
            let count = |field: &str, value: &str| alarms.iter().filter(|alarm| alarm[field] == value).count();
            assert_eq!(told["total"], alarms.len(), "{statistic}");
            assert_eq!(told["open"], count("status", "OPEN"), "{statistic}");
            assert_eq!(told["closed"], count("status", "CLOSED"), "{statistic}");
            for (part, field, size) in [("by_type", "type", 7), ("by_severity", "severity", 4)] {
                let part = told[part].as_object().expect("an object");
                assert_eq!(part.len(), size, "{}", answer.raw);
                for (value, told) in part {
                    assert_eq!(*told, count(field, value), "{statistic}: {value}");
                }
            }
        }
        let open = of_partner(&world, "/api/v1/account/2/alarms").await;
        let path = format!("/api/v1/account/2/alarms/{}/close", id(&open[closed]));
        world.get(&path).token(CRM).send().await.expect(200);
    }
}

#[tokio::test]
async fn the_partners_lists_by_kind_hold_the_alarms_of_their_kind() {
    let world = World::new();
    for (kind, _, add, field, value) in KINDS {
        breach(&world, kind, value).await;
        Caller::partner(&world, "2").add(add, body(field, value)).await;
    }
    let all = of_partner(&world, "/api/v1/alarms").await;
    for (list, alarm_type) in [("email-list", "EMAIL"), ("phone-list", "PHONE"), ("credit-card-list", "CREDIT_CARD")] {
        let expected: Vec<Value> = all.iter().filter(|alarm| alarm["type"] == alarm_type).cloned().collect();
        assert!(expected.len() > 1, "{list}");
        assert_eq!(of_partner(&world, &format!("/api/v1/alarms/{list}")).await, expected, "{list}");
    }
}

#[tokio::test]
async fn the_alarms_of_a_company_are_those_of_its_accounts() {
    let world = World::new();
    breach(&world, "email", "jane.watched@example.com").await;
    Caller::partner(&world, "2").add_email("jane.watched@example.com").await;
    let of = async |account: &str| Caller::partner(&world, account).list("/alarms").await;
    assert_eq!(of_partner(&world, "/api/v1/alarms/company-list").await, of("1").await);
    assert_eq!(of_partner(&world, "/api/v2/alarms/company/1").await, of("1").await);
    world.patch("/api/v1/account/2").token(CRM).json(json!({ "company_id": 2 })).send().await.expect(200);
    assert_eq!(of_partner(&world, "/api/v1/alarms/company-list").await, [of("1").await, of("2").await].concat());
    assert_eq!(of_partner(&world, "/api/v2/alarms/company/2").await, of("2").await);
    assert_eq!(of("2").await[0]["company_id"], 2);
    for nobodys in ["3", "0", "x", "01"] {
        world.get(&format!("/api/v2/alarms/company/{nobodys}")).token(CRM).send().await.expect(404);
    }
    world.get("/api/v2/alarms/company/1").token(&world.crm_token(2).await).send().await.expect(404);
}

#[tokio::test]
async fn a_period_holds_the_accounts_that_had_alarms_on_its_days() {
    let world = World::new();
    Caller::partner(&world, "2").add_email("jane.watched@example.com").await;
    // Most of the seed's alarms are raised on 15 June, one each on 30 July and 1 September of 2026; Jane's is on the last
    // second of 2030.
    world.put("/_mock/clock").json(json!({ "now": "2030-12-31T23:59:59Z", "frozen": true })).send().await.expect(200);
    breach(&world, "email", "jane.watched@example.com").await;
    let list = async |query: &str| {
        let path = format!("/api/v1/alarms/accounts/by-period{query}");
        world.get(&path).token(CRM).standardized().send().await.expect(200).items().to_vec()
    };
    let accounts =
        async |query: &str| list(query).await.iter().map(|entry| written(&entry["account_id"])).collect::<Vec<_>>();
    assert_eq!(accounts("").await, ["1", "2"]);
    assert_eq!(accounts("?from=2026-06-15&to=2026-06-15").await, ["1"]);
    assert_eq!(accounts("?from=2026-09-01").await, ["1", "2"]);
    assert_eq!(accounts("?from=2026-09-02").await, ["2"]);
    assert_eq!(accounts("?from=2026-06-16&to=2026-07-29").await, [""; 0]);
    assert_eq!(accounts("?to=2026-06-14").await, [""; 0]);
    assert_eq!(accounts("?from=2030-12-31&to=2030-12-31").await, ["2"]);
    assert_eq!(accounts("?from=2031-01-01").await, [""; 0]);
    assert_eq!(accounts("?from=2030%2D12%2D31&from=").await, ["1", "2"]);
    let entry = list("?from=2030-12-31").await.remove(0);
    let expected = json!({
        "account_id": 2, "alarms_count": 1, "open_count": 1, "closed_count": 0,
        "first_alarm_at": "2030-12-31T23:59:59Z", "last_alarm_at": "2030-12-31T23:59:59Z",
    });
    assert_eq!(entry, expected);

    let wrong = [
        ("?from=yesterday", "from"),
        ("?to=2026-02-30", "to"),
        ("?from=2026-06-16&to=2026-06-15", "to"),
        ("?from=2026-06-15T00:00:00Z", "from"),
        ("?from[]=2026-06-15&to=x", "to"),
    ];
    for (query, field) in wrong {
        let path = format!("/api/v1/alarms/accounts/by-period{query}");
        let answer = world.get(&path).token(CRM).send().await.expect(422);
        let fields: Vec<&String> = answer.body["errors"].as_object().expect("issues").keys().collect();
        assert_eq!(fields, [field], "{query}");
    }
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

/// Every list of alarms, with the token that it takes.
const LISTS: [(&str, &str); 9] = [
    ("/api/v1/account/1/alarms", CRM),
    ("/api/v1/alarms", APP),
    ("/api/v2/alarms", APP),
    ("/api/v1/alarms", CRM),
    ("/api/v1/alarms-list", CRM),
    ("/api/v1/alarms/email-list", CRM),
    ("/api/v1/alarms/company-list", CRM),
    ("/api/v2/alarms/company/1", CRM),
    ("/api/v1/alarms/accounts/by-period?from=2026-06-15&to=2099-12-31", CRM),
];

#[tokio::test]
async fn every_list_of_alarms_comes_in_pages_that_lead_to_one_another() {
    let world = World::assuming("list.shape", "paginated");
    // Enough for more than two pages of every list: leaks of one email, and accounts that watch it.
    for _ in 0..40 {
        breach(&world, "email", "john.work@example.com").await;
    }
    for number in 0..35 {
        let account = world.account(&format!("person{number}@example.com")).await;
        Caller::partner(&world, &account).add_email("john.doe@example.com").await;
    }
    for (list, token) in LISTS {
        let mut seen: Vec<Value> = Vec::new();
        let first = world.get(list).token(token).send().await.expect(200);
        let total = first.body["meta"]["total"].as_u64().expect("a total") as usize;
        let (path, query) = list.split_once('?').unwrap_or((list, ""));
        let base = format!("{}{path}", world.base_url());
        assert_eq!(first.body["meta"]["path"], json!(base), "{list}");
        let mut page = first;
        loop {
            seen.extend_from_slice(page.items());
            let Some(next) = page.body["links"]["next"].as_str() else { break };
            assert!(next.starts_with(&base) && next.contains(query), "{list}: {next}");
            let within = next.strip_prefix(world.base_url()).expect("a page of this world");
            page = world.get(within).token(token).send().await.expect(200);
        }
        let distinct: BTreeSet<String> = seen.iter().map(Value::to_string).collect();
        assert!(total > 30 && seen.len() == total && distinct.len() == total, "{list}: {} of {total}", seen.len());
        let last = page.body["links"]["last"].as_str().expect("a last page");
        assert!(last.ends_with(&format!("page={}", total.div_ceil(15))), "{list}: {last}");
    }
}

#[tokio::test]
async fn alarms_are_written_as_the_format_asks() {
    let world = World::new();
    for format in Format::BOTH {
        for (path, token) in LISTS.into_iter().chain([
            ("/api/v1/account/1/alarms/statistic", CRM),
            ("/api/v1/alarms/statistic", CRM),
            ("/api/v1/alarms/4", APP),
            ("/api/v1/alarms/1/coachme", APP),
        ]) {
            let answer: Answer = format.ask(world.get(path).token(token)).send().await.expect(200);
            format.check(&answer.body, path);
        }
    }
}

#[tokio::test]
async fn ids_that_are_none_name_no_alarm() {
    let world = World::new();
    for id in ["0", "01", "-1", "x", "999", "18446744073709551616", "%31%30", "%FF", "statistics", "1%00"] {
        for end in ["", "/close", "/coachme"] {
            for caller in Caller::both(&world) {
                caller.get(&format!("/alarms/{id}{end}")).send().await.expect(404);
            }
        }
    }
}
