//! What the control routes show of a world to those who look on: its accounts, its requests as curl, and that something
//! was done at all.

use std::process::Command;

use mock_server::{MockServer, WatchKind};
use reqwest::Method;
use serde_json::{Value, json};

use crate::confirmation::{Caller, last_link};
use crate::harness::{APP, Answer, CRM, World};

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

#[track_caller]
fn sentence(answer: &Answer) -> String {
    assert_eq!(answer.body.as_object().map(serde_json::Map::len), Some(1), "{answer:?}");
    answer.text("error")
}

// Accounts.

#[tokio::test]
async fn accounts_are_listed_with_how_much_there_is_of_everything() {
    let world = World::new();
    Caller::user(&world).add_email("new@example.com").await;
    let listed = accounts(&world, "").await;
    let john = json!({
        "id": 1, "partner": 1, "first_name": "John", "last_name": "Doe", "email": "john.doe@example.com", "plan_id": 1,
        "has_ssn": true, "is_ssn_monitored": true, "items": 8, "pending": 1, "leaks": 6, "open_alarms": 5,
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
async fn what_is_no_page_or_no_account_is_refused_in_a_sentence() {
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
    let expected = [
        ("email", "john.work@example.com", &json!(1)),
        ("email", "john.private@example.net", &json!(1)),
        ("phone", "+*********05", &json!(1)),
        ("iban", "********************7466", &json!(1)),
        ("passport", "******00", &json!(0)),
        ("drivers_license", "******-**85", &json!(0)),
        ("credit_card", "************4242", &json!(1)),
    ];
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

    Caller::user(&world).request(Method::DELETE, "/iban-watchlist/1").send().await.expect(204);
    let shown = account(&world, "1", "").await;
    assert_eq!(shown["leaks"][3]["is_watched"], false, "its alarm is kept");
}

/// The numbers of account 1 in every form.
const NUMBERS: [&str; 7] = [
    "+46701740605",
    "SE4550000000058398257466",
    "00000000",
    "900101-2385",
    "4242424242424242",
    "19900101-2385",
    "199001012385",
];

#[tokio::test]
async fn numbers_leave_the_fake_masked_until_they_are_asked_for() {
    let world = World::new();
    for path in ["/_mock/accounts", "/_mock/accounts/1", "/_mock/accounts/1?reveal=false"] {
        let text = world.get(path).send().await.expect(200).raw;
        assert!(NUMBERS.iter().all(|number| !text.contains(number)), "{path}: {text}");
        assert!(text.contains("john.doe@example.com"), "{path}: emails are shown");
    }
    let revealed = world.get("/_mock/accounts/1?reveal=true").send().await.expect(200);
    assert!(NUMBERS.iter().all(|number| revealed.raw.contains(number)), "{}", revealed.raw);
    assert_eq!(revealed.body["account"]["is_revealed"], true);
}

#[tokio::test]
async fn what_waits_tells_why_until_when_and_what_confirms_it() {
    let world = World::assuming("confirm.phone", "yes");
    let user = Caller::user(&world);
    world.put("/_mock/clock").json(json!({ "now": "2030-01-01T00:00:00Z", "frozen": true })).send().await.expect(200);
    user.add_email("new@example.com").await;
    let link = last_link(&world);
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
    let mut codes = world.control().messages(&Default::default()).into_iter().filter_map(|message| message.code);
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

// Requests.

async fn requests(world: &World, query: &str) -> Vec<Value> {
    let answer = world.get(&format!("/_mock/requests{query}")).send().await.expect(200);
    answer.body["requests"].as_array().expect("a list").clone()
}

async fn curl(world: &World, id: usize) -> String {
    world.get(&format!("/_mock/requests/{id}/curl")).send().await.expect(200).text("curl")
}

#[tokio::test]
async fn of_the_journal_what_is_new_is_read() {
    let world = World::new();
    for number in 1..=5 {
        world.get(&format!("/api/v1/{number}")).send().await.expect(404);
    }
    let cases: [(&str, &[u64]); 6] = [
        ("", &[1, 2, 3, 4, 5]),
        ("?after=0", &[1, 2, 3, 4, 5]),
        ("?after=3", &[4, 5]),
        ("?after=5", &[]),
        ("?limit=2", &[4, 5]),
        ("?after=1&limit=3", &[3, 4, 5]),
    ];
    for (query, expected) in cases {
        let found = requests(&world, query).await;
        let found: Vec<u64> = found.iter().map(|request| request["id"].as_u64().expect("a number")).collect();
        assert_eq!(found, expected, "{query}");
    }
    world.delete("/_mock/requests").send().await.expect(204);
    world.get("/_mock/requests/5/curl").send().await.expect(404);
}

#[tokio::test]
async fn the_outbox_can_be_asked_for_its_last_messages() {
    let world = World::new();
    for number in 1..=3 {
        Caller::user(&world).add_email(&format!("new{number}@example.com")).await;
    }
    for (query, expected) in [("?limit=2", vec![2, 3]), ("?limit=9", vec![1, 2, 3]), ("?limit=0", vec![])] {
        let answer = world.get(&format!("/_mock/outbox{query}")).send().await.expect(200);
        let found = answer.body["messages"].as_array().expect("a list").iter();
        assert_eq!(
            found.map(|message| message["id"].as_u64().expect("a number")).collect::<Vec<_>>(),
            expected,
            "{query}"
        );
    }
}

#[tokio::test]
async fn a_request_is_masked_in_the_journal_and_whole_where_it_is_asked_for() {
    let world = World::new();
    let base = world.base_url();
    world
        .post("/api/v1/phone-watchlist")
        .token(APP)
        .standardized()
        .json(json!({ "phone": "+46701740620" }))
        .send()
        .await;
    world.get("/api/v1/account/1/alarms?page=2").token(CRM).send().await.expect(200);
    world.get("/api/v1/alarms").token("9|nobody").send().await.expect(401);
    world.get("/api/v1/alarms").header("authorization", "Basic c2VjcmV0").send().await.expect(401);
    let masked: Vec<Value> = requests(&world, "").await.iter().map(|request| request["curl"].clone()).collect();
    assert_eq!(
        masked,
        [
            format!(
                "curl -X POST {base}/api/v1/phone-watchlist \\\n  -H \"Authorization: Bearer $APP_TOKEN\" \\\n  \
                 -H 'X-API-Version: 2026-06-12' \\\n  -H 'Content-Type: application/json' \\\n  \
                 --data-raw '{{\"phone\":\"+*********20\"}}'"
            ),
            format!("curl '{base}/api/v1/account/1/alarms?page=2' \\\n  -H \"Authorization: Bearer $CRM_TOKEN\""),
            format!("curl {base}/api/v1/alarms \\\n  -H \"Authorization: Bearer $TOKEN\""),
            format!("curl {base}/api/v1/alarms \\\n  -H \"Authorization: $AUTHORIZATION\""),
        ]
    );
    let typed: Vec<String> = world.control().requests().into_iter().map(|request| request.curl).collect();
    assert_eq!(json!(typed), json!(masked), "as over HTTP");
    let whole = curl(&world, 1).await;
    assert!(whole.contains("-H 'Authorization: Bearer 2|mock-app-token'") && whole.contains("+46701740620"), "{whole}");
    assert!(curl(&world, 4).await.contains("-H 'Authorization: Basic c2VjcmV0'"));
}

#[tokio::test]
async fn a_curl_command_goes_to_where_its_reader_reaches_the_world() {
    let world = World::of(MockServer::builder());
    world.get("/api/v1/x").header("host", "defentry:8650").send().await.expect(404);
    let read = world.get("/_mock/requests/1/curl").header("host", "localhost:9000").send().await.expect(200);
    assert_eq!(read.text("curl"), "curl http://localhost:9000/api/v1/x");
    let behind = World::of(MockServer::builder().public_url("https://fake.example/api-mock"));
    behind.get("/api/v1/x").send().await.expect(404);
    assert_eq!(curl(&behind, 1).await, "curl https://fake.example/api-mock/api/v1/x");
}

/// Runs a command with the machine's shell; `curl` in it is one that hands on what it was given.
fn run(command: &str) -> Vec<u8> {
    let script = format!("curl() {{ for argument in \"$@\"; do printf '%s\\0' \"$argument\"; done; }}\n{command}");
    let output = Command::new("sh").args(["-c", &script]).output().expect("there is a shell");
    assert!(output.status.success() && output.stderr.is_empty(), "{command}\n{output:?}");
    output.stdout
}

#[tokio::test]
async fn whatever_a_client_sent_its_command_hands_on_and_no_shell_reads_it() {
    let world = World::new();
    let bodies = [
        r#"{"email":"it's@example.com"}"#,
        "{\"email\":\"$(touch never)`id`${HOME}\"}\n\n",
        "'; echo stolen; '",
        "{\"name\":\"<script>alert(1)</script> \\\" \\\\ \t\"}",
        "@/etc/passwd",
        "-o/never",
        "åäö 🙂",
    ];
    for (position, body) in bodies.into_iter().enumerate() {
        world
            .post("/api/v1/email-watchlist?q='$(id)'")
            .token("1|it's $(me)")
            .body("application/json", body)
            .send()
            .await;
        let url = format!("{}/api/v1/email-watchlist?q=%27$(id)%27", world.base_url());
        let expected = [
            "-X",
            "POST",
            &url,
            "-H",
            "Authorization: Bearer 1|it's $(me)",
            "-H",
            "Content-Type: application/json",
            "--data-raw",
            body,
        ];
        let given = run(&curl(&world, position + 1).await);
        let given = String::from_utf8(given).expect("text");
        assert_eq!(given.split_terminator('\0').collect::<Vec<_>>(), expected);
        let masked =
            requests(&world, "").await.pop().expect("a request")["curl"].as_str().expect("a command").to_owned();
        run(&masked);
        assert!(!masked.contains("$(me)") && !masked.contains("$(id)"), "{masked}");
    }
}

#[tokio::test]
async fn of_a_long_body_the_journal_keeps_the_beginning_and_says_so() {
    let world = World::new();
    let long = format!("{{\"email\":\"{}\"}}", "å".repeat(20_000));
    world.post("/api/v1/email-watchlist").token(APP).body("application/json", long.clone()).send().await.expect(422);
    let cut = curl(&world, 1).await;
    assert!(cut.len() < 80_000 && cut.contains(&format!("# the body had {} bytes", long.len())), "{cut}");
    run(&cut);
    let huge = vec![b' '; 1024 * 1024 + 1];
    world.post("/api/v1/email-watchlist").token(APP).body("application/json", huge).send().await.expect(413);
    let unread = curl(&world, 2).await;
    assert!(unread.ends_with("# the body was not read, so it is not here"), "{unread}");
}

// Changes.

/// The mark of the world, and how often something was done in it.
async fn changes(world: &World) -> (String, u64) {
    let answer = world.get("/_mock/changes").send().await.expect(200);
    assert!(answer.body["now"].is_string() && answer.body["frozen"].is_boolean(), "{}", answer.raw);
    (answer.text("world"), answer.body["changes"].as_u64().expect("a number"))
}

#[tokio::test]
async fn whatever_is_done_counts_as_a_change_and_looking_does_not() {
    let world = World::new();
    let leak = json!({ "kind": "email", "value": "john.work@example.com" });
    Caller::user(&world).add_email("new@example.com").await;
    let link = last_link(&world);
    let path = link.strip_prefix(world.base_url()).expect("a link to this world").to_owned();
    let mut before = changes(&world).await;
    let done = [
        world.get("/api/v1/email-watchlist").token(APP),
        world.get("/api/v1/nothing"),
        world.get(&path),
        world.post("/_mock/leaks").json(leak),
        world.put("/_mock/clock").json(json!({ "advance_seconds": 1 })),
        world.post("/_mock/accounts/2/eid").json(json!({ "provider": "bankid", "ssn": "19900102-2384" })),
        world.delete("/_mock/outbox"),
        world.delete("/_mock/requests"),
    ];
    for (position, request) in done.into_iter().enumerate() {
        request.send().await;
        let done = changes(&world).await;
        for path in ["/_mock/accounts", "/_mock/outbox", "/_mock/requests", "/_mock/health", "/_mock/"] {
            world.get(path).send().await.expect(200);
        }
        let now = changes(&world).await;
        assert_eq!(now, done, "looking changes nothing");
        assert!(now.0 == before.0 && now.1 > before.1, "{position}: {now:?} after {before:?}");
        before = now;
    }
}

#[tokio::test]
async fn what_a_test_does_without_http_counts_too() {
    let world = World::new();
    let control = world.control();
    let mut before = changes(&world).await.1;
    let done: [&dyn Fn(); 6] = [
        &|| drop(control.add_leak(&mock_server::NewLeak::of(WatchKind::Email, "john.work@example.com"))),
        &|| drop(control.complete_eid("2", mock_server::EidProvider::BankId, "19900102-2384")),
        &|| drop(control.freeze_clock(true)),
        &|| drop(control.advance_clock(std::time::Duration::from_secs(1))),
        &|| control.clear_messages(),
        &|| control.clear_requests(),
    ];
    for (position, act) in done.into_iter().enumerate() {
        act();
        let now = changes(&world).await.1;
        assert!(now > before, "{position}");
        before = now;
    }
}

#[tokio::test]
async fn another_world_has_another_mark() {
    let world = World::new();
    let first = changes(&world).await.0;
    let snapshot = world.control().snapshot();
    world.post("/_mock/reset").send().await.expect(200);
    let second = changes(&world).await.0;
    world.control().restore(&snapshot).expect("a snapshot");
    let third = changes(&world).await.0;
    assert!(first != second && second != third && first != third, "{first} {second} {third}");
    assert_ne!(changes(&World::new()).await.0, third);
}
