//! The accounts of a world as a person looks at them.

use serde_json::{Value, json};

use mock_server::{MockServer, NewFault};

use crate::harness::{Caller, KINDS, Kind, World, sentence};

async fn accounts(world: &World, query: &str) -> Value {
    world.get(&format!("/_mock/accounts{query}")).send().await.expect(200).body
}

async fn account(world: &World, id: &str, query: &str) -> Value {
    world.get(&format!("/_mock/accounts/{id}{query}")).send().await.expect(200).body["account"].clone()
}

fn ids(listed: &Value) -> Vec<u64> {
    let accounts = listed["accounts"].as_array().expect("a list");
    accounts.iter().map(|account| account["id"].as_u64().expect("a number")).collect()
}

#[tokio::test]
async fn accounts_are_listed_with_how_much_there_is_of_everything() {
    let world = World::new();
    Caller::user(&world).add_email("new@example.com").await;
    let listed = accounts(&world, "").await;
    // Those of the seed, and the one that waits.
    let items = KINDS.iter().map(|kind| kind.seeded.len()).sum::<usize>() + 1;
    let john = json!({
        "id": 1, "partner": 1, "first_name": "John", "last_name": "Doe", "email": "john.doe@example.com", "plan_id": 1,
        "has_ssn": true, "is_ssn_monitored": true, "items": items, "pending": 1, "leaks": 6, "open_alarms": 5,
    });
    assert_eq!(listed["accounts"][0], john);
    assert_eq!(listed["accounts"][1]["has_ssn"], false);
    assert_eq!((ids(&listed), &listed["total"], &listed["next"]), (vec![1, 2, 3], &json!(3), &Value::Null));
}

#[tokio::test]
async fn accounts_are_found_by_what_they_are_known_by() {
    let world = World::new();
    let cases: [(&str, &[u64]); 16] = [
        ("", &[1, 2, 3]),
        ("?search=", &[1, 2, 3]),
        ("?search=john", &[1]),
        ("?search=JOHN+doe", &[1]),
        ("?search=Doe,+John", &[]),
        ("?search=jane.roe%40example.com", &[2]),
        ("?search=@example.", &[1, 2, 3]),
        ("?search=2", &[2]),
        ("?search=22", &[]),
        ("?search=matti.work", &[3]),
        ("?search=4242+4242+4242", &[1]),
        ("?search=se4550000000058398257466", &[1]),
        ("?search=19900101-2385", &[1]),
        ("?search=%2B46701740606", &[2]),
        ("?search=385", &[]),
        ("?search=nobody", &[]),
    ];
    for (query, expected) in cases {
        let listed = accounts(&world, query).await;
        assert_eq!(ids(&listed), expected, "{query}");
        assert_eq!(listed["total"], expected.len(), "{query}");
    }
}

#[tokio::test]
async fn a_long_list_is_read_page_by_page() {
    for form in ["integer", "uuid"] {
        let world = World::assuming("id.form", form);
        for number in 0..7 {
            world.account(&format!("person{number}@example.com")).await;
        }
        let mut seen: Vec<Value> = Vec::new();
        let mut query = "?limit=4".to_owned();
        loop {
            let page = accounts(&world, &query).await;
            assert_eq!(page["total"], 10);
            seen.extend(page["accounts"].as_array().expect("a list").iter().map(|account| account["email"].clone()));
            let Some(next) = Some(&page["next"]).filter(|next| !next.is_null()) else { break };
            assert_eq!(seen.len() % 4, 0, "{page}");
            query = format!("?limit=4&after={}", crate::harness::written(next));
        }
        assert_eq!(seen.len(), 10, "{seen:?}");
        assert_eq!((&seen[0], &seen[9]), (&json!("john.doe@example.com"), &json!("person6@example.com")));
    }
    let world = World::new();
    assert_eq!(accounts(&world, "?limit=3").await["next"], Value::Null, "a full page may be the last one");
    assert_eq!(ids(&accounts(&world, "?after=3").await), [0; 0]);
}

#[tokio::test]
async fn an_invalid_page_or_account_is_refused_in_a_sentence() {
    let world = World::new();
    for (path, status, named) in [
        ("/_mock/accounts?limit=0", 400, "limit"),
        ("/_mock/accounts?limit=501", 400, "limit"),
        ("/_mock/accounts?limit=many", 400, "limit"),
        ("/_mock/accounts?after=first", 400, "after"),
        ("/_mock/accounts?unheard_of=1", 400, "unheard_of"),
        ("/_mock/accounts/99", 404, "account"),
        ("/_mock/accounts/john", 404, "account"),
        ("/_mock/accounts/1?reveal=yes", 400, "reveal"),
        ("/_mock/accounts/1?unheard_of=1", 400, "unheard_of"),
        ("/_mock/requests?after=-1", 400, "after"),
        ("/_mock/requests?limit=all", 400, "limit"),
        ("/_mock/requests/1/curl", 404, "journal"),
        ("/_mock/requests/last/curl", 404, "journal"),
        ("/_mock/outbox?limit=-1", 400, "limit"),
        ("/_mock/changes?wait=1", 400, "query"),
    ] {
        let answer = world.get(path).send().await.expect(status);
        assert!(sentence(&answer).contains(named), "{path}: {}", answer.raw);
    }
}

#[tokio::test]
async fn an_account_is_shown_with_its_items_and_their_leaks_and_alarms() {
    let world = World::new();
    let shown = account(&world, "1", "").await;
    assert_eq!((&shown["id"], &shown["created_with"]), (&json!(1), &json!("john.doe@example.com")));
    let items: Vec<(&str, &str, &Value)> = shown["items"]
        .as_array()
        .expect("a list")
        .iter()
        .map(|item| {
            assert!(item["confirmed_at"].is_string() && item["waiting"].is_null(), "{item}");
            (item["kind"].as_str().expect("a kind"), item["value"].as_str().expect("a value"), &item["leaks"])
        })
        .collect();
    let of_kind = |kind: &'static Kind| {
        let leaked = kind.leaked_items();
        let leaks = move |id: u64| json!(leaked.iter().filter(|item| **item == id).count());
        (1..).zip(kind.seeded).map(move |(id, (_, masked))| (kind.name, *masked, leaks(id)))
    };
    let expected: Vec<_> = KINDS.into_iter().flat_map(of_kind).collect();
    let expected: Vec<_> = expected.iter().map(|(kind, value, leaks)| (*kind, *value, leaks)).collect();
    assert_eq!(items, expected);
    assert_eq!(shown["ssn"], "********-**85");
    let leak = &shown["leaks"][3];
    assert_eq!(
        (&leak["kind"], &leak["severity"], &leak["is_watched"]),
        (&json!("iban"), &json!("MEDIUM"), &json!(true))
    );
    assert_eq!(leak["alarm"], json!({ "id": 4, "status": "CLOSED", "closed_at": "2026-06-20T16:05:00Z" }));
    assert_eq!(shown["online"]["scan_status"], "SCAN_NOT_STARTED");
    assert_eq!(account(&world, "2", "").await["online"], Value::Null, "plan 2 is without");

    Caller::user(&world).delete("/iban-watchlist/1").send().await.expect(204);
    let shown = account(&world, "1", "").await;
    assert_eq!(shown["leaks"][3]["is_watched"], false, "its alarm is kept");
}

/// The numbers of account 1 in every form: what its items hold, except addresses, and its SSN.
fn numbers() -> impl Iterator<Item = &'static str> {
    let of_items = KINDS.into_iter().flat_map(|kind| kind.seeded).filter(|(value, masked)| value != masked);
    of_items.map(|(value, _)| *value).chain(["19900101-2385", "199001012385"])
}

#[tokio::test]
async fn numbers_leave_the_mock_masked_until_they_are_asked_for() {
    let world = World::new();
    for path in ["/_mock/accounts", "/_mock/accounts/1", "/_mock/accounts/1?reveal=false"] {
        let text = world.get(path).send().await.expect(200).raw;
        assert!(numbers().all(|number| !text.contains(number)), "{path}: {text}");
        assert!(text.contains("john.doe@example.com"), "{path}: emails are shown");
    }
    let revealed = world.get("/_mock/accounts/1?reveal=true").send().await.expect(200);
    assert!(numbers().all(|number| revealed.raw.contains(number)), "{}", revealed.raw);
    assert_eq!(revealed.body["account"]["is_revealed"], true);
}

#[tokio::test]
async fn a_waiting_item_tells_why_until_when_and_what_confirms_it() {
    let world = World::assuming("confirm.phone", "yes");
    let user = Caller::user(&world);
    world.put("/_mock/clock").json(json!({ "now": "2030-01-01T00:00:00Z", "frozen": true })).send().await.expect(200);
    user.add_email("new@example.com").await;
    let link = world.last_link();
    user.add_phone("+46701740620").await;
    user.add_card("5555555555554444").await;
    let waiting = async || {
        let items = account(&world, "1", "").await["items"].clone();
        let items = items.as_array().expect("a list").clone();
        items
            .into_iter()
            .filter(|item| !item["waiting"].is_null())
            .map(|item| item["waiting"].clone())
            .collect::<Vec<_>>()
    };
    let [email, phone, card] = waiting().await.try_into().expect("three");
    assert_eq!((&email["until"], &email["is_over"]), (&json!("2030-01-02T00:00:00Z"), &json!(false)));
    assert_eq!((&email["link"], &email["code"]), (&json!(link), &Value::Null));
    let mut codes = world.messages().into_iter().filter_map(|message| message.code);
    assert_eq!((&phone["link"], &phone["code"]), (&Value::Null, &json!(codes.next())));
    assert_eq!((&card["link"], &card["code"]), (&Value::Null, &json!(codes.next())));
    for (waiting, facts) in [(&email, "SCOPE-3"), (&phone, "PHONE-2"), (&card, "CARD-4")] {
        assert!(waiting["why"].as_str().expect("a sentence").contains(facts), "{waiting}");
    }

    world.put("/_mock/clock").json(json!({ "advance_seconds": 86_400 })).send().await.expect(200);
    for (waiting, named) in waiting().await.iter().zip(["EMAIL-2", "PHONE-2", "CARD-4"]) {
        assert_eq!(waiting["is_over"], true);
        let why = waiting["why"].as_str().expect("a sentence");
        assert!(why.contains("expired") && why.contains(named), "{why}");
    }
}

#[test]
fn a_test_without_a_runtime_reads_accounts_and_credentials_and_sets_faults() {
    let mock = MockServer::start_blocking();
    let told: Vec<_> = mock
        .accounts()
        .into_iter()
        .map(|account| {
            (account.id.to_string(), account.partner, account.first_name, account.items, account.open_alarms)
        })
        .collect();
    assert_eq!(told[0], ("1".to_owned(), 1, "John".to_owned(), 7, 5));
    assert_eq!(told[1], ("2".to_owned(), 1, "Jane".to_owned(), 0, 0));
    assert_eq!(told.len(), 3);

    let credentials = mock.credentials();
    assert_eq!(credentials.base_url, mock.base_url());
    let crm = credentials.crm.expect("the first partner");
    assert_eq!(
        (crm.username.as_deref(), crm.token.as_deref()),
        (Some("service@partner.example"), Some("1|mock-crm-token"))
    );
    assert_eq!(credentials.sso.expect("its client").client_id, "mock-client");
    assert_eq!(credentials.accounts[0].app_token.as_deref(), Some("2|mock-app-token"));

    for fault in [
        NewFault::status(503).on("POST", "/api/v1/email-watchlist").next(1).after(),
        NewFault::latency(5),
        NewFault::throttle(7),
        NewFault::cut(),
        NewFault::reset(),
        NewFault::truncate(3),
        NewFault::message_delay(60).to("john.doe@example.com"),
        NewFault::message_drop(),
    ] {
        mock.world().add_fault(&fault).expect("a fault that can be set");
    }
    assert_eq!(mock.world().faults().len(), 8);
}
