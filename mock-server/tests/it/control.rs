//! The control routes over HTTP: what a test or a person does to the fake that no client of the real API could, that
//! one world never shows in another, and that no foreign web page gets at any of it.

use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use mock_server::{MockServer, Timestamp};
use reqwest::Method;
use serde_json::{Value, json};

use crate::confirmation::{Caller, addressees, last_code, last_link, messages, open};
use crate::harness::{APP, Answer, CRM, Request, World, written};

const EMAILS: &str = "/email-watchlist";
const JOHNS_PHONE: &str = "+46701740605";

/// Every control route, with a body that it takes.
fn routes() -> Vec<(Method, &'static str, Option<Value>)> {
    vec![
        (Method::GET, "/_mock/health", None),
        (Method::HEAD, "/_mock/health", None),
        (Method::GET, "/_mock/changes", None),
        (Method::POST, "/_mock/reset", None),
        (Method::GET, "/_mock/outbox", None),
        (Method::DELETE, "/_mock/outbox", None),
        (Method::POST, "/_mock/leaks", Some(json!({ "kind": "email", "value": "john.work@example.com" }))),
        (Method::GET, "/_mock/clock", None),
        (Method::PUT, "/_mock/clock", Some(json!({ "advance_seconds": 60 }))),
        (Method::GET, "/_mock/accounts", None),
        (Method::GET, "/_mock/accounts/2", None),
        (Method::POST, "/_mock/accounts/2/eid", Some(json!({ "provider": "bankid", "ssn": "19900102-2384" }))),
        (Method::POST, "/_mock/faults", Some(json!({ "kind": "message-double", "next": 1 }))),
        (Method::GET, "/_mock/faults", None),
        (Method::DELETE, "/_mock/faults/1", None),
        (Method::DELETE, "/_mock/faults", None),
        (Method::GET, "/_mock/requests", None),
        (Method::GET, "/_mock/requests/none/curl", None),
        (Method::DELETE, "/_mock/requests", None),
        (Method::POST, "/_mock/sandboxes", Some(json!({}))),
        (Method::GET, "/_mock/sandboxes", None),
        (Method::DELETE, "/_mock/sandboxes/none", None),
    ]
}

fn with_body(request: Request, body: Option<&Value>) -> Request {
    match body {
        Some(body) => request.json(body.clone()),
        None => request,
    }
}

/// The sentence of a control route that refused something, which is all that its answer holds.
#[track_caller]
fn sentence(answer: &Answer) -> String {
    assert_eq!(answer.header("content-type"), "application/json", "{answer:?}");
    assert_eq!(answer.body.as_object().map(serde_json::Map::len), Some(1), "{answer:?}");
    answer.text("error")
}

/// The path of an address on this server.
#[track_caller]
fn path_of<'a>(world: &World, url: &'a str) -> &'a str {
    url.strip_prefix(world.base_url()).unwrap_or_else(|| panic!("{url} is not on {}", world.base_url()))
}

async fn outbox(world: &World, query: &str) -> Vec<Value> {
    let answer = world.get(&format!("/_mock/outbox{query}")).send().await.expect(200);
    answer.body["messages"].as_array().expect("a list of messages").clone()
}

/// Whom the messages that a query admits are to.
async fn sent_to(world: &World, query: &str) -> Vec<String> {
    outbox(world, query).await.iter().map(|message| written(&message["to"])).collect()
}

async fn journal(world: &World) -> Vec<Value> {
    let answer = world.get("/_mock/requests").send().await.expect(200);
    answer.body["requests"].as_array().expect("a list of requests").clone()
}

async fn set_clock(world: &World, to: Value) -> Value {
    world.put("/_mock/clock").json(to).send().await.expect(200).body
}

async fn emails(world: &World) -> Vec<Value> {
    Caller::user(world).list(EMAILS).await
}

fn machine_seconds() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).expect("it is after 1970");
    i64::try_from(since.as_secs()).expect("a time")
}

fn instant(value: &Value) -> Timestamp {
    Timestamp::parse(value.as_str().expect("a time")).expect("RFC 3339")
}

// Health.

#[tokio::test]
async fn health_says_that_it_serves_and_by_which_assumptions() {
    for world in [World::new(), World::of(MockServer::builder())] {
        let health = world.get("/_mock/health").send().await.expect(200);
        assert_eq!(health.body["status"], "ok");
        assert_eq!(health.body["version"], env!("CARGO_PKG_VERSION"));
        assert_eq!(health.body["assumptions"]["remove.status"], "204");
        let head = world.request(Method::HEAD, "/_mock/health").send().await.expect(200);
        assert_eq!((&*head.raw, head.header("content-type")), ("", "application/json"));
    }
}

// Reset.

#[tokio::test]
async fn a_reset_brings_the_seed_back_and_leaves_nothing_of_what_was_done() {
    let world = World::new();
    let [partner, user] = Caller::both(&world);
    let before = emails(&world).await;
    let first = user.add_email("new@example.com").await;
    let link = last_link(&world);
    user.remove(EMAILS, &before[0]).await;
    partner.request(Method::PUT, "").json(json!({ "first_name": "Changed" })).send().await.expect(200);
    let created = world.account("created@example.com").await;
    let token = world.app_token("john.doe@example.com").await;
    let sso = json!({ "client_id": "mock-client", "client_secret": "mock-secret", "email": "john.doe@example.com" });
    let code = world.post("/api/v1/sso/code").json(sso).send().await.expect(200).text("code");
    let leak = json!({ "kind": "email", "value": "john.private@example.net", "title": "Added" });
    world.post("/_mock/leaks").json(leak).send().await.expect(201);
    world.post("/_mock/accounts/2/eid").json(json!({ "provider": "bankid", "ssn": "19900102-2384" })).send().await;
    set_clock(&world, json!({ "now": "2040-01-01T00:00:00Z", "frozen": true })).await;

    world.post("/_mock/reset").send().await.expect(200);
    assert_eq!(outbox(&world, "").await, [] as [Value; 0]);
    assert_eq!(journal(&world).await, [] as [Value; 0]);
    let clock = world.get("/_mock/clock").send().await.expect(200).body;
    assert_eq!(clock["frozen"], false);
    assert!((instant(&clock["now"]).unix_seconds() - machine_seconds()).abs() <= 5, "{clock}");
    world.get("/api/v1/account").token(&token).send().await.expect(401);
    world.post("/api/v1/sso/login").json(json!({ "code": code })).send().await.expect(401);
    open(&world, &link).await.expect(410);
    world.get(&format!("/api/v1/account/{created}")).token(CRM).send().await.expect(404);
    let account = partner.get("").send().await.expect(200).body["data"].clone();
    assert_eq!(account["first_name"], "John");
    let jane = Caller::partner(&world, "2").get("").send().await.expect(200).body["data"].clone();
    assert_eq!(jane["has_ssn"], 0);
    assert_eq!(emails(&world).await, before);
    let leaks = user.list("/email-watchlist/leaks").await;
    assert!(leaks.len() == 2 && leaks.iter().all(|leak| leak["title"] != "Added"), "{leaks:?}");
    assert_eq!(user.add_email("new@example.com").await["id"], first["id"], "ids count from where the seed ends");
}

#[tokio::test]
async fn a_reset_brings_back_the_seed_that_the_server_was_given() {
    let builder = MockServer::builder().seed(&small_seed().to_string()).expect("a seed");
    let world = World::of(builder.assume("remove.status", "200").expect("a key and a value"));
    for _ in 0..2 {
        let list = world.get("/api/v1/email-watchlist").token("8|small-app-token").send().await.expect(200);
        let listed: Vec<&Value> = list.items().iter().map(|item| &item["email"]).collect();
        assert_eq!(listed, ["small.one@example.org", "small.two@example.org"]);
        let remove = world.delete("/api/v1/email-watchlist/11").token("8|small-app-token");
        remove.send().await.expect(200);
        world.post("/_mock/reset").send().await.expect(200);
    }
}

/// A world of its own: one partner, one account, two emails, and a leak of one of them.
fn small_seed() -> Value {
    json!({
        "version": 1,
        "partners": [{
            "id": 5,
            "name": "Small",
            "crm_users": [{ "username": "small@partner.example", "password": "small-password" }],
            "sso_clients": [{ "client_id": "small-client", "client_secret": "small-secret" }],
        }],
        "tokens": [
            { "number": 7, "secret": "small-crm-token", "partner": 5 },
            { "number": 8, "secret": "small-app-token", "account": 40 },
        ],
        "accounts": [{
            "id": 40,
            "partner": 5,
            "created_at": "2026-01-01T00:00:00Z",
            "profile": { "first_name": "Small", "last_name": "World", "email": "small@example.org" },
            "emails": [
                { "id": 11, "created_at": "2026-01-01T00:00:00Z", "email": "small.one@example.org" },
                { "id": 12, "created_at": "2026-01-01T00:00:00Z", "email": "small.two@example.org" },
            ],
        }],
        "leaks": [{ "kind": "email", "value": "small.two@example.org", "title": "Small leak" }],
    })
}

#[tokio::test]
async fn a_server_starts_from_the_seed_that_it_is_given() {
    let world = World::of(MockServer::builder().seed(&small_seed().to_string()).expect("a seed"));
    world.get("/api/v1/account/1").token(CRM).send().await.expect(401);
    let account =
        world.get("/api/v1/account/40").token("7|small-crm-token").send().await.expect(200).body["data"].clone();
    assert_eq!((&account["id"], &account["email"]), (&json!(40), &json!("small@example.org")));
    assert_eq!(account["created_at"], "2026-01-01 00:00:00");
    let leaks = world.get("/api/v1/email-watchlist/leaks").token("8|small-app-token").send().await.expect(200);
    let [leak] = leaks.items() else { panic!("{}", leaks.raw) };
    assert_eq!((&leak["item_id"], &leak["title"]), (&json!(12), &json!("Small leak")));
    let login = json!({ "username": "small@partner.example", "password": "small-password" });
    world.post("/api/v1/crm/auth/login").json(login).send().await.expect(200);
    let sso = json!({ "client_id": "small-client", "client_secret": "small-secret", "email": "small@example.org" });
    let token = world.post("/api/v1/sso/token").json(sso).send().await.expect(200).text("token");
    let added = world.post("/api/v1/email-watchlist").token(&token).json(json!({ "email": "small.three@example.org" }));
    assert_eq!(added.send().await.expect(201).body["data"]["id"], 13, "ids count on from the seed");

    let empty = World::of(MockServer::builder().empty());
    empty.get("/api/v1/account/1").token(CRM).send().await.expect(404);
    assert_eq!(empty.account("first@example.com").await, "1");

    let mut wrong = small_seed();
    wrong["accounts"][0]["emails"][1]["created_at"] = json!("yesterday");
    let error = MockServer::builder().seed(&wrong.to_string()).expect_err("no time").to_string();
    assert!(error.contains("accounts[0].emails[1]"), "{error}");
}

// Outbox.

/// A world in which four messages were sent: two emails to users, a code to a phone, and one more email.
async fn with_messages() -> World {
    let world = World::new();
    let user = Caller::user(&world);
    user.add_email("one@example.com").await;
    user.add_email("Two+Tag@example.com").await;
    user.add_card("4000007520000008").await;
    user.post("/resend/watchlist-email-confirmation", json!({ "email": "one@example.com" })).send().await.expect(200);
    world
}

#[tokio::test]
async fn the_outbox_lists_what_was_sent_oldest_first() {
    let world = with_messages().await;
    let all = outbox(&world, "").await;
    let fields = ["id", "channel", "to", "account_id", "kind", "subject", "text", "link", "code", "sent_at"];
    for message in &all {
        let found: Vec<&str> = message.as_object().expect("an object").keys().map(|field| &**field).collect();
        assert_eq!(found, fields);
        assert_eq!(message["account_id"], 1);
        instant(&message["sent_at"]);
    }
    let ids: Vec<u64> = all.iter().map(|message| message["id"].as_u64().expect("a number")).collect();
    assert_eq!(ids, [1, 2, 3, 4]);
    assert_eq!(sent_to(&world, "").await, addressees(&world), "as the typed access has it");
    let (email, code) = (&all[0], &all[2]);
    assert_eq!((&email["channel"], &email["code"]), (&json!("email"), &Value::Null));
    assert!(email["link"].is_string() && email["subject"].is_string(), "{email}");
    assert_eq!((&code["channel"], &code["link"], &code["subject"]), (&json!("sms"), &Value::Null, &Value::Null));
    assert!(code["code"].is_string(), "{code}");
}

#[tokio::test]
async fn the_outbox_is_filtered_by_address_and_channel() {
    let world = with_messages().await;
    let one = "one@example.com";
    let two = "two+tag@example.com";
    let cases: [(&str, &[&str]); 15] = [
        ("", &[one, two, JOHNS_PHONE, one]),
        ("?to=one@example.com", &[one, one]),
        ("?to=one%40example.com", &[one, one]),
        ("?to=ONE@Example.com", &[one, one]),
        ("?to=one", &[]),
        ("?to=two%2Btag@example.com", &[two]),
        // A plus that nobody has escaped, which HTML forms read as a space.
        ("?to=two+tag@example.com", &[two]),
        ("?to=+46701740605", &[JOHNS_PHONE]),
        ("?to=%2B46701740605", &[JOHNS_PHONE]),
        ("?to=46701740605", &[]),
        ("?channel=email", &[one, two, one]),
        ("?channel=sms", &[JOHNS_PHONE]),
        ("?channel=sms&to=one@example.com", &[]),
        ("?channel=email&to=one@example.com", &[one, one]),
        ("?to=nobody@example.com&wait=0", &[]),
    ];
    for (query, expected) in cases {
        assert_eq!(sent_to(&world, query).await, expected, "{query}");
    }
}

#[tokio::test]
async fn emptying_the_outbox_keeps_what_was_sent_working() {
    let world = World::new();
    let user = Caller::user(&world);
    user.add_email("new@example.com").await;
    let link = last_link(&world);
    let card = user.add_card("4000007520000008").await;
    let code = last_code(&world);
    world.delete("/_mock/outbox").send().await.expect(204);
    assert_eq!(outbox(&world, "").await, [] as [Value; 0]);
    open(&world, &link).await.expect(200);
    let body = json!({ "credit_card_id": card["id"], "code": code });
    user.post("/credit-cards/verify", body).send().await.expect(200);
    user.add_email("later@example.com").await;
    let [message] = outbox(&world, "").await.try_into().expect("one message");
    assert_eq!(message["id"], 3, "ids are not given out again");
}

/// Begins to wait for messages to an address, and gives the request time to arrive.
pub(crate) async fn begin_to_wait(world: &World, path: &str) -> tokio::task::JoinHandle<Answer> {
    let waiting = tokio::spawn(world.get(path).send());
    // The request is under way from here on; two round trips later it has arrived.
    for _ in 0..2 {
        world.get("/_mock/health").send().await.expect(200);
    }
    waiting
}

#[tokio::test]
async fn a_wait_is_answered_as_soon_as_a_message_comes() {
    let world = World::new();
    let user = Caller::user(&world);
    let began = Instant::now();
    let waiting = begin_to_wait(&world, "/_mock/outbox?to=awaited@example.com&wait=60").await;
    user.add_email("other@example.com").await;
    assert!(!waiting.is_finished(), "another message is not what is waited for");
    user.add_email("awaited@example.com").await;
    let answer = waiting.await.expect("no panic").expect(200);
    let [message] = answer.body["messages"].as_array().expect("a list").as_slice() else { panic!("{}", answer.raw) };
    assert_eq!(message["to"], "awaited@example.com");
    assert!(began.elapsed() < Duration::from_secs(10), "{:?}", began.elapsed());
}

#[tokio::test]
async fn several_waits_are_answered_by_one_message() {
    let world = World::new();
    let mut waiting = Vec::new();
    for query in ["wait=60", "wait=60&channel=sms", "wait=60&to=+46701740605"] {
        waiting.push(begin_to_wait(&world, &format!("/_mock/outbox?{query}")).await);
    }
    let send = world.post("/api/v1/phone-watchlist/send-verification-code").token(APP).json(json!({}));
    tokio::spawn(send.send()).await.expect("no panic").expect(200);
    for answer in waiting {
        let answer = answer.await.expect("no panic").expect(200);
        assert_eq!(answer.body["messages"][0]["to"], JOHNS_PHONE, "{}", answer.raw);
    }
}

#[tokio::test]
async fn a_wait_for_what_is_there_is_answered_at_once() {
    let world = with_messages().await;
    let began = Instant::now();
    assert_eq!(sent_to(&world, "?to=+46701740605&wait=60").await, [JOHNS_PHONE]);
    assert!(began.elapsed() < Duration::from_secs(10), "{:?}", began.elapsed());
}

#[tokio::test]
async fn a_wait_that_nothing_comes_of_ends_empty() {
    let world = with_messages().await;
    set_clock(&world, json!({ "frozen": true })).await;
    let began = Instant::now();
    assert_eq!(sent_to(&world, "?to=nobody@example.com&wait=0.2").await, [] as [&str; 0]);
    assert!(began.elapsed() >= Duration::from_millis(200), "they are the machine's seconds, not the fake's");
}

#[tokio::test]
async fn a_wait_survives_a_reset() {
    let world = World::new();
    let waiting = begin_to_wait(&world, "/_mock/outbox?wait=60").await;
    world.post("/_mock/reset").send().await.expect(200);
    Caller::user(&world).add_email("new@example.com").await;
    let answer = waiting.await.expect("no panic").expect(200);
    assert_eq!(answer.body["messages"][0]["to"], "new@example.com", "{}", answer.raw);
}

// Clock.

#[tokio::test]
async fn the_clock_is_the_machines_until_somebody_moves_it() {
    let world = World::new();
    let clock = world.get("/_mock/clock").send().await.expect(200).body;
    assert_eq!(clock["frozen"], false);
    assert!((instant(&clock["now"]).unix_seconds() - machine_seconds()).abs() <= 5, "{clock}");
    assert_eq!(clock.get("due"), None, "nothing was moved");
}

#[tokio::test]
async fn the_clock_is_set_moved_on_and_frozen_alone_or_together() {
    let world = World::new();
    let steps = [
        (json!({ "now": "2030-01-01T00:00:00Z", "frozen": true }), "2030-01-01T00:00:00Z", true),
        (json!({ "advance_seconds": 60 }), "2030-01-01T00:01:00Z", true),
        (json!({ "advance_seconds": 0 }), "2030-01-01T00:01:00Z", true),
        (json!({ "frozen": true }), "2030-01-01T00:01:00Z", true),
        (json!({ "now": "2029-12-31T23:30:00+01:00" }), "2029-12-31T22:30:00Z", true),
        (json!({ "now": "2031-01-01T00:00:00Z", "advance_seconds": 5 }), "2031-01-01T00:00:05Z", true),
        (json!({ "now": null, "advance_seconds": 5, "frozen": null }), "2031-01-01T00:00:10Z", true),
    ];
    for (to, now, frozen) in steps {
        let answered = set_clock(&world, to.clone()).await;
        assert_eq!(answered, json!({ "now": now, "frozen": frozen, "due": [] }), "{to}");
        let read = world.get("/_mock/clock").send().await.expect(200).body;
        assert_eq!(read, json!({ "now": now, "frozen": frozen }), "{to}");
    }
    let added = Caller::partner(&world, "1").add_email("new@example.com").await;
    assert_eq!(added["created_at"], "2031-01-01 00:00:10", "the world lives by it");

    let released = set_clock(&world, json!({ "frozen": false })).await;
    assert_eq!(released["frozen"], false);
    let since = instant(&released["now"]).unix_seconds() - instant(&json!("2031-01-01T00:00:10Z")).unix_seconds();
    assert!((0..=5).contains(&since), "it runs on from where it stood: {released}");
}

#[tokio::test]
async fn a_clock_that_is_moved_tells_what_fell_due() {
    let world = World::new();
    let start = set_clock(&world, json!({ "now": "2030-01-01T00:00:00Z", "frozen": true })).await;
    assert_eq!(start["due"], json!([]), "what never expires never falls due");
    let log_in = async |keep_logged: bool| {
        let body = json!({
            "username": "service@partner.example", "password": "mock-crm-password", "keep_logged": keep_logged,
        });
        let token = world.post("/api/v1/crm/auth/login").json(body).send().await.expect(200).text("token");
        let (number, _) = token.split_once('|').expect("a number and a secret");
        number.parse::<u64>().expect("a number")
    };
    let sso = json!({ "client_id": "mock-client", "client_secret": "mock-secret", "email": "john.doe@example.com" });
    let kept = log_in(true).await;
    let crm = log_in(false).await;
    let app = world.post("/api/v1/sso/token").json(sso.clone()).send().await.expect(200).text("token");
    let app: u64 = app.split_once('|').expect("a number and a secret").0.parse().expect("a number");
    // Of two codes and two links one of each is used before it is due.
    for is_used in [true, false] {
        let code = world.post("/api/v1/sso/code").json(sso.clone()).send().await.expect(200).text("code");
        Caller::user(&world).add_email(&format!("used-{is_used}@example.com")).await;
        if is_used {
            world.post("/api/v1/sso/login").json(json!({ "code": code })).send().await.expect(200);
            open(&world, &last_link(&world)).await.expect(200);
        }
    }
    // Nor does a link fall due that a later one has replaced, or whose item is gone.
    Caller::user(&world).post("/resend/watchlist-email-confirmation", json!({})).send().await.expect(200);
    let removed = Caller::user(&world).add_email("removed@example.com").await;
    Caller::user(&world).remove(EMAILS, &removed).await;
    let exchanged = app + 1;

    let due = |kind: &str, token: Option<u64>, at: &str| match token {
        Some(token) => json!({ "kind": kind, "token": token, "at": at }),
        None => json!({ "kind": kind, "at": at }),
    };
    let steps = [
        (json!({ "advance_seconds": 59 }), vec![]),
        (json!({ "advance_seconds": 1 }), vec![due("sso-code-expired", None, "2030-01-01T00:01:00Z")]),
        (json!({ "advance_seconds": 3000 }), vec![]),
        (
            json!({ "now": "2030-01-01T12:00:00Z" }),
            vec![
                due("crm-token-expired", Some(crm), "2030-01-01T01:00:00Z"),
                due("app-token-expired", Some(app), "2030-01-01T01:00:00Z"),
                due("app-token-expired", Some(exchanged), "2030-01-01T01:00:00Z"),
            ],
        ),
        (json!({ "frozen": false }), vec![]),
        (json!({ "frozen": true }), vec![]),
        (
            json!({ "now": "2030-02-01T00:00:00Z" }),
            vec![
                due("confirmation-link-expired", None, "2030-01-02T00:00:00Z"),
                due("crm-token-expired", Some(kept), "2030-01-31T00:00:00Z"),
            ],
        ),
        (json!({ "advance_seconds": 1_000_000_000 }), vec![]),
        (json!({ "now": "2020-01-01T00:00:00Z" }), vec![]),
    ];
    for (to, expected) in steps {
        assert_eq!(set_clock(&world, to.clone()).await["due"], json!(expected), "{to}");
    }
}

#[tokio::test]
async fn what_is_no_time_is_refused_by_name_and_the_clock_stays() {
    let world = World::new();
    let before = set_clock(&world, json!({ "now": "2030-01-01T00:00:00Z", "frozen": true })).await;
    let cases = [
        (json!({}), "advance_seconds"),
        (json!({ "now": null }), "advance_seconds"),
        (json!({ "now": "tomorrow" }), "now"),
        (json!({ "now": "2030-01-01" }), "now"),
        (json!({ "now": "2030-02-30T00:00:00Z" }), "now"),
        (json!({ "now": 1_900_000_000 }), "now"),
        (json!({ "advance_seconds": -1 }), "advance_seconds"),
        (json!({ "advance_seconds": 1.5 }), "advance_seconds"),
        (json!({ "advance_seconds": "60" }), "advance_seconds"),
        (json!({ "frozen": "yes" }), "frozen"),
        (json!({ "frozen": 1 }), "frozen"),
        (json!({ "advance": 60 }), "advance"),
        (json!({ "now": "2031-01-01T00:00:00Z", "freeze": true }), "freeze"),
    ];
    for (to, named) in cases {
        let answer = world.put("/_mock/clock").json(to.clone()).send().await.expect(400);
        assert!(sentence(&answer).contains(named), "{to}: {}", answer.raw);
        let now = world.get("/_mock/clock").send().await.expect(200).body;
        assert_eq!((&now["now"], &now["frozen"]), (&before["now"], &before["frozen"]), "{to}");
    }
}

#[tokio::test]
async fn the_clock_stops_at_the_ends_of_the_calendar() {
    let world = World::new();
    for to in [
        json!({ "advance_seconds": u64::MAX }),
        json!({ "now": "9999-12-30T00:00:00Z", "advance_seconds": u64::MAX, "frozen": true }),
        json!({ "now": "0001-01-01T00:00:00Z" }),
    ] {
        let moved = set_clock(&world, to.clone()).await;
        instant(&moved["now"]);
        let list = Caller::user(&world).get(EMAILS).standardized().send().await.expect(200);
        assert_eq!(list.items().len(), 2, "{to}: the world goes on");
    }
}

// Journal.

#[tokio::test]
async fn the_journal_tells_what_a_client_sent_and_what_the_answer_rested_on() {
    let world = World::new();
    set_clock(&world, json!({ "now": "2030-01-01T00:00:00Z", "frozen": true })).await;
    let login = json!({ "username": "service@partner.example", "password": "mock-crm-password" });
    world.post("/api/v1/crm/auth/login").json(login).send().await.expect(200);
    world.get("/api/v1/account/1/email-watchlist?page=2").token(CRM).standardized().send().await.expect(200);
    world.delete("/api/v1/email-watchlist/1").token(APP).send().await.expect(204);
    world.get("/api/v1/email-watchlist").token(CRM).send().await.expect(403);
    world.get("/api/v1/email-watchlist").token("9|unknown").send().await.expect(401);
    world.get("/api/v1/nothing").send().await.expect(404);
    world.put("/api/v1/email-watchlist").send().await.expect(405);

    let requests = journal(&world).await;
    let fields = ["id", "at", "method", "path", "token", "format", "status", "facts", "assumptions", "hint", "curl"];
    let seen: Vec<[&Value; 6]> = requests
        .iter()
        .map(|request| {
            let found: Vec<&str> = request.as_object().expect("an object").keys().map(|field| &**field).collect();
            assert_eq!(found, fields);
            assert_eq!(request["at"], "2030-01-01T00:00:00Z");
            ["id", "method", "path", "token", "format", "status"].map(|field| &request[field])
        })
        .collect();
    let expected = [
        json!([1, "POST", "/api/v1/crm/auth/login", "none", "legacy", 200]),
        json!([2, "GET", "/api/v1/account/1/email-watchlist?page=2", "crm", "standardized", 200]),
        json!([3, "DELETE", "/api/v1/email-watchlist/1", "app", "legacy", 204]),
        json!([4, "GET", "/api/v1/email-watchlist", "crm", "legacy", 403]),
        json!([5, "GET", "/api/v1/email-watchlist", "unknown", "legacy", 401]),
        json!([6, "GET", "/api/v1/nothing", "none", "legacy", 404]),
        json!([7, "PUT", "/api/v1/email-watchlist", "none", "legacy", 405]),
    ];
    assert_eq!(json!(seen), json!(expected));

    let named = |position: usize, list: &str, name: &str| {
        requests[position][list].as_array().expect("a list").contains(&json!(name))
    };
    for (position, list, name) in [
        (0, "facts", "LOGIN-1"),
        (0, "assumptions", "token.crm-seconds"),
        (1, "facts", "SCOPE-2"),
        (1, "assumptions", "list.shape"),
        (2, "facts", "SCOPE-3"),
        (2, "assumptions", "remove.status"),
        (3, "assumptions", "scope.wrong-token"),
        (4, "facts", "SCOPE-1"),
        (5, "facts", "NONE-1"),
    ] {
        assert!(named(position, list, name), "{name} in {list} of {}", requests[position]);
    }
    for (position, request) in requests.iter().enumerate() {
        assert_eq!(request["hint"].is_string(), position >= 3, "who is refused is told why: {request}");
    }
    let hint = requests[3]["hint"].as_str().expect("a hint");
    assert_eq!(hint, "this route takes the app token; you sent a CRM token; see SCOPE-3");

    world.delete("/_mock/requests").send().await.expect(204);
    assert_eq!(journal(&world).await, [] as [Value; 0]);
    world.get("/api/v1/nothing").send().await.expect(404);
    assert_eq!(journal(&world).await.len(), 1);
}

#[tokio::test]
async fn the_journal_and_the_answer_name_the_same_basis() {
    let world = World::new();
    let answer = Caller::user(&world).post(EMAILS, json!({ "email": "new@example.com" })).send().await.expect(201);
    let request = journal(&world).await.pop().expect("a request");
    let named = [&request["facts"], &request["assumptions"]].map(|list| list.as_array().expect("a list").clone());
    let named: Vec<String> = named.concat().iter().map(written).collect();
    assert_eq!(named.join(", "), answer.header("x-mock-basis"));
}

#[tokio::test]
async fn control_routes_and_links_are_not_in_the_journal() {
    let world = World::new();
    Caller::user(&world).add_email("new@example.com").await;
    open(&world, &last_link(&world)).await.expect(200);
    for (method, path, body) in routes() {
        with_body(world.request(method, path), body.as_ref()).send().await;
    }
    world.get("/_confirm/x").send().await.expect(410);
    world.get("/_mock/nothing").send().await.expect(404);
    assert_eq!(journal(&world).await, [] as [Value; 0], "what came before the reset and the DELETE is gone too");
}

/// Requests hold what must not stand in the journal in path, query, headers and body.
#[tokio::test]
async fn no_secret_and_no_personal_number_stands_in_the_journal() {
    let world = World::new();
    let [partner, user] = Caller::both(&world);
    let login = json!({ "username": "service@partner.example", "password": "mock-crm-password" });
    let crm = world.post("/api/v1/crm/auth/login").json(login).send().await.expect(200).text("token");
    let app = world.app_token("jane.roe@example.com").await;
    let sso = json!({ "client_id": "mock-client", "client_secret": "mock-secret", "email": "jane.roe@example.com" });
    let code = world.post("/api/v1/sso/code").json(sso).send().await.expect(200).text("code");
    partner.add_phone("+46701740620").await;
    user.add_email("new@example.com").await;
    let link = last_link(&world);
    user.add_card("4000007520000008").await;
    let sms = last_code(&world);
    partner.add("/iban-watchlist", json!({ "iban": "SE3550000000054910000003" })).await;
    let values = [
        crm.as_str(),
        &app,
        CRM,
        APP,
        &code,
        link.rsplit('/').next().expect("a secret"),
        "service@partner.example",
        "new@example.com",
        "john.doe@example.com",
        "+46701740620",
        "0046701740620",
        "46701740620",
        "4000007520000008",
        "4000 0075 2000 0008",
        "4000-0075-2000-0008",
        "SE3550000000054910000003",
        "19900101-2385",
        "900101-2385",
        "199001012385",
    ];
    for value in values {
        let escaped: String = value.bytes().map(|byte| format!("%{byte:02X}")).collect();
        let plain = value.replace(' ', "%20").replace('|', "%7C");
        for written in [&escaped, &plain] {
            for path in [
                format!("/api/v1/email-watchlist/{written}"),
                format!("/api/v1/account/{written}/email-watchlist"),
                format!("/api/v1/{written}"),
                format!("/{written}"),
                format!("/api/v1/email-watchlist?value={written}"),
                format!("/api/v1/email-watchlist?{written}"),
                format!("/api/v1/email-watchlist?{written}=1"),
                format!("/api/v1/email-watchlist?page=1&a={written}&b"),
            ] {
                world.get(&path).token(value).send().await;
            }
        }
        let body = json!({ "email": value, "phone": value, "card_number": value, "code": value, "iban": value });
        for path in [EMAILS, "/phone-watchlist", "/credit-card", "/iban-watchlist", "/phone-watchlist/confirm"] {
            user.post(path, body.clone()).send().await;
        }
        user.post(EMAILS, body).header("x-api-version", value).send().await;
    }
    user.post("/credit-cards/verify", json!({ "credit_card_id": 99, "code": sms })).send().await.expect(404);

    let answer = world.get("/_mock/requests").send().await.expect(200);
    assert!(answer.body["requests"].as_array().expect("a list").len() > 400);
    for request in answer.body["requests"].as_array().expect("a list") {
        let text = request.to_string();
        for value in values {
            let escaped: String = value.bytes().map(|byte| format!("%{byte:02X}")).collect();
            for form in [value.to_owned(), escaped, value.replace(' ', "%20"), value.replace('|', "%7C")] {
                assert!(!text.contains(&form), "{form} in {text}");
            }
        }
        assert!(!text.contains(&sms), "{sms} in {text}");
    }
}

#[tokio::test]
async fn a_code_that_a_client_sends_in_the_query_is_masked_too() {
    let world = World::new();
    let user = Caller::user(&world);
    user.add_card("4000007520000008").await;
    let code = last_code(&world);
    let path = format!("/credit-cards/verify?credit_card_id=2&code={code}");
    user.request(Method::POST, &path).send().await.expect(422);
    let request = journal(&world).await.pop().expect("a request");
    assert!(!request.to_string().contains(&code), "{code} in {request}");
}

#[tokio::test]
async fn the_journal_keeps_as_many_requests_as_it_is_told_to_the_last_ones() {
    for (kept, expected) in [(3, vec![3, 4, 5]), (5, vec![1, 2, 3, 4, 5]), (9, vec![1, 2, 3, 4, 5]), (0, vec![])] {
        let world = World::of(MockServer::builder().journal(kept));
        for number in 1..=5 {
            world.get(&format!("/api/v1/{number}")).send().await.expect(404);
        }
        let requests = journal(&world).await;
        let ids: Vec<u64> = requests.iter().map(|request| request["id"].as_u64().expect("a number")).collect();
        assert_eq!(ids, expected, "{kept} kept");
        for request in &requests {
            assert_eq!(request["path"], format!("/api/v1/{}", request["id"]));
        }
        world.delete("/_mock/requests").send().await.expect(204);
        assert_eq!(journal(&world).await, [] as [Value; 0]);
    }
}

// Sandboxes.

/// A sandbox that was made over HTTP.
struct Sandbox<'a> {
    server: &'a World,
    described: Value,
    prefix: String,
}

impl<'a> Sandbox<'a> {
    async fn make(server: &'a World, body: Value) -> Self {
        let made = server.post("/_mock/sandboxes").json(body).send().await.expect(201);
        Self::described(server, made.body)
    }

    fn described(server: &'a World, described: Value) -> Self {
        let prefix = path_of(server, described["base_url"].as_str().expect("a URL")).to_owned();
        Self { server, described, prefix }
    }

    fn request(&self, method: Method, path: &str) -> Request {
        self.server.request(method, &format!("{}{path}", self.prefix))
    }

    fn get(&self, path: &str) -> Request {
        self.request(Method::GET, path)
    }

    fn post(&self, path: &str, body: Value) -> Request {
        self.request(Method::POST, path).json(body)
    }

    async fn add_email(&self, email: &str) -> Answer {
        self.post("/api/v1/email-watchlist", json!({ "email": email })).token(APP).send().await
    }

    /// The emails that account 1 watches in it.
    async fn emails(&self) -> Vec<String> {
        let list = self.get("/api/v1/email-watchlist").token(APP).send().await.expect(200);
        list.items().iter().map(|item| written(&item["email"])).collect()
    }

    async fn messages(&self) -> Vec<Value> {
        self.get("/_mock/outbox").send().await.expect(200).body["messages"].as_array().expect("a list").clone()
    }

    async fn end(&self) -> Answer {
        self.server.delete(&format!("/_mock/sandboxes/{}", written(&self.described["id"]))).send().await
    }
}

fn server() -> World {
    World::of(MockServer::builder())
}

const SEEDED_EMAILS: [&str; 2] = ["john.work@example.com", "john.private@example.net"];

#[tokio::test]
async fn a_sandbox_tells_all_that_a_test_needs_to_use_it() {
    let server = server();
    let sandbox = Sandbox::make(&server, json!({})).await;
    let described = &sandbox.described;
    assert_eq!(described["crm"]["token"], CRM);
    assert_eq!(described["sso"], json!({ "client_id": "mock-client", "client_secret": "mock-secret" }));
    let accounts = described["accounts"].as_array().expect("a list");
    let told: Vec<[&Value; 3]> =
        accounts.iter().map(|account| ["id", "partner", "email"].map(|field| &account[field])).collect();
    let expected =
        json!([[1, 1, "john.doe@example.com"], [2, 1, "jane.roe@example.com"], [3, 2, "matti.malli@example.org"]]);
    assert_eq!(json!(told), expected);

    let login = json!({ "username": described["crm"]["username"], "password": described["crm"]["password"] });
    let crm = sandbox.post("/api/v1/crm/auth/login", login).send().await.expect(200).text("token");
    sandbox.get("/api/v1/account/1").token(&crm).send().await.expect(200);
    for account in accounts.iter().filter(|account| account["partner"] == 1) {
        let mut sso = described["sso"].clone();
        sso["email"] = account["email"].clone();
        let app = sandbox.post("/api/v1/sso/token", sso).send().await.expect(200).text("token");
        let own = sandbox.get("/api/v1/account").token(&app).send().await.expect(200);
        assert_eq!(own.body["data"]["id"], account["id"]);
    }
    assert_eq!(accounts[0]["app_token"], APP);
}

#[tokio::test]
async fn a_sandbox_begins_where_its_client_reached_the_server() {
    let server = server();
    let address = server.base_url().strip_prefix("http://").expect("http");
    let port = address.rsplit_once(':').expect("a port").1;
    let host = format!("localhost:{port}");
    let made = server.post("/_mock/sandboxes").json(json!({})).header("host", &host).send().await.expect(201);
    assert!(made.text("base_url").starts_with(&format!("http://{host}/")), "{}", made.raw);

    let public = World::of(MockServer::builder().public_url("https://fake.example"));
    let made = public.post("/_mock/sandboxes").send().await.expect(201);
    assert!(made.text("base_url").starts_with("https://fake.example/"), "{}", made.raw);
}

#[tokio::test]
async fn sandboxes_and_the_main_world_never_see_each_other() {
    let server = server();
    let one = Sandbox::make(&server, json!({})).await;
    let other = Sandbox::make(&server, json!({})).await;
    assert_ne!(one.described["id"], other.described["id"]);

    // Everything that leaves a trace, in one of them.
    one.add_email("new@example.com").await.expect(201);
    let account = json!({ "ssn": "19900101-1234", "first_name": "A", "last_name": "B", "email": "a@example.com" });
    one.post("/api/v1/account", account).token(CRM).send().await.expect(201);
    let sso = json!({ "client_id": "mock-client", "client_secret": "mock-secret", "email": "john.doe@example.com" });
    let token = one.post("/api/v1/sso/token", sso.clone()).send().await.expect(200).text("token");
    let code = one.post("/api/v1/sso/code", sso).send().await.expect(200).text("code");
    let leak = json!({ "kind": "email", "value": "john.work@example.com", "title": "Of one" });
    one.post("/_mock/leaks", leak).send().await.expect(201);
    one.request(Method::PUT, "/_mock/clock")
        .json(json!({ "now": "2040-01-01T00:00:00Z", "frozen": true }))
        .send()
        .await
        .expect(200);
    let link = one.messages().await[0]["link"].as_str().expect("a link").to_owned();

    let main = Sandbox { server: &server, described: Value::Null, prefix: String::new() };
    for world in [&other, &main] {
        let label = &world.described["id"];
        assert_eq!(world.messages().await, [] as [Value; 0], "{label}");
        assert_eq!(world.emails().await, SEEDED_EMAILS, "{label}");
        world.get("/api/v1/account/4").token(CRM).send().await.expect(404);
        world.get("/api/v1/account").token(&token).send().await.expect(401);
        world.post("/api/v1/sso/login", json!({ "code": code })).send().await.expect(401);
        let leaks = world.get("/api/v1/email-watchlist/leaks").token(APP).send().await.expect(200);
        assert!(!leaks.raw.contains("Of one"), "{label}: {}", leaks.raw);
        let clock = world.get("/_mock/clock").send().await.expect(200);
        assert_eq!(clock.body["frozen"], false, "{label}");
        let requests = world.get("/_mock/requests").send().await.expect(200);
        assert!(!requests.raw.contains("/api/v1/sso/token"), "{label}: {}", requests.raw);
        let secret = link.rsplit_once('/').expect("a path").1;
        world.get(&format!("/_confirm/{secret}")).send().await.expect(410);
        // A reset of one world is none of another's.
        world.post("/_mock/reset", json!({})).send().await.expect(200);
        assert_eq!(one.emails().await.len(), 3, "after a reset of {label}");
    }
    assert_eq!(one.get("/_mock/clock").send().await.expect(200).body["now"], "2040-01-01T00:00:00Z");
}

#[tokio::test]
async fn a_link_in_a_message_of_a_sandbox_leads_back_into_it() {
    let server = server();
    let one = Sandbox::make(&server, json!({})).await;
    one.add_email("new@example.com").await.expect(201);
    let [message] = one.messages().await.try_into().expect("one message");
    let link = message["link"].as_str().expect("a link");
    assert!(link.starts_with(one.described["base_url"].as_str().expect("a URL")), "{link}");
    open(&server, link).await.expect(200);
    let list = one.get("/api/v1/email-watchlist").token(APP).send().await.expect(200);
    assert_eq!(list.items()[2]["is_confirmed"], 1, "{}", list.raw);
}

#[tokio::test]
async fn every_control_route_works_below_a_sandbox_and_in_it_alone() {
    let server = server();
    let sandbox = Sandbox::make(&server, json!({})).await;
    sandbox.add_email("new@example.com").await.expect(201);
    for (method, path, body) in routes() {
        let request = sandbox.request(method.clone(), path);
        let answer = with_body(request, body.as_ref()).send().await;
        let expected = if path.contains("/none") { 404..=404 } else { 200..=204 };
        assert!(expected.contains(&answer.status), "{method} {path}: {answer:?}");
    }
    assert_eq!(sandbox.emails().await, SEEDED_EMAILS, "it was reset");
    assert!(journal(&server).await.is_empty(), "and none of it was in the main world");
}

#[tokio::test]
async fn a_sandbox_can_have_a_seed_of_its_own() {
    let server = server();
    let small = Sandbox::make(&server, json!({ "seed": small_seed() })).await;
    assert_eq!(small.described["crm"]["token"], "7|small-crm-token");
    assert_eq!(small.described["accounts"][0]["app_token"], "8|small-app-token");
    small.get("/api/v1/account/40").token("7|small-crm-token").send().await.expect(200);
    small.get("/api/v1/account/40").token(CRM).send().await.expect(401);
    small.request(Method::DELETE, "/api/v1/email-watchlist/11").token("8|small-app-token").send().await.expect(204);
    small.post("/_mock/reset", json!({})).send().await.expect(200);
    let list = small.get("/api/v1/email-watchlist").token("8|small-app-token").send().await.expect(200);
    assert_eq!(list.items().len(), 2, "a reset brings its own seed back");

    let empty = Sandbox::make(&server, json!({ "seed": "empty" })).await;
    assert_eq!(empty.described["accounts"], json!([]));
    empty.get("/api/v1/account/1").token(CRM).send().await.expect(404);
    let default = Sandbox::make(&server, json!({ "seed": "default" })).await;
    default.get("/api/v1/account/1").token(CRM).send().await.expect(200);
}

#[tokio::test]
async fn a_sandbox_can_have_assumptions_of_its_own_over_those_of_its_server() {
    let builder = MockServer::builder().assume("add.status", "200").expect("a key and a value");
    let server = World::of(builder);
    let assume = json!({ "remove.status": "200", "confirm.code-seconds": 5, "token.app-seconds": "7" });
    let sandbox = Sandbox::make(&server, json!({ "assume": assume })).await;
    let assumptions = sandbox.get("/_mock/health").send().await.expect(200).body["assumptions"].clone();
    for (key, value) in
        [("add.status", "200"), ("remove.status", "200"), ("confirm.code-seconds", "5"), ("token.app-seconds", "7")]
    {
        assert_eq!(assumptions[key], value, "{key}");
    }
    sandbox.add_email("new@example.com").await.expect(200);
    sandbox.request(Method::DELETE, "/api/v1/email-watchlist/1").token(APP).send().await.expect(200);
    sandbox.post("/_mock/reset", json!({})).send().await.expect(200);
    sandbox.request(Method::DELETE, "/api/v1/email-watchlist/1").token(APP).send().await.expect(200);
    server.delete("/api/v1/email-watchlist/1").token(APP).send().await.expect(204);

    // A sandbox that is made in a sandbox starts from that one.
    let inner = sandbox.post("/_mock/sandboxes", json!({ "assume": { "add.body": "bare" } })).send().await.expect(201);
    let inner = Sandbox::described(&server, inner.body);
    inner.request(Method::DELETE, "/api/v1/email-watchlist/1").token(APP).send().await.expect(200);
    let added = inner.add_email("new@example.com").await.expect(200);
    assert_eq!(added.body["email"], "new@example.com", "{}", added.raw);
}

#[tokio::test]
async fn a_sandbox_that_cannot_be_made_is_refused_with_what_is_wrong() {
    let server = server();
    let mut wrong_seed = small_seed();
    wrong_seed["accounts"][0]["profile"]["email"] = json!("nobody");
    let mut unknown_in_seed = small_seed();
    unknown_in_seed["acounts"] = json!([]);
    let mut foreign_token = small_seed();
    foreign_token["tokens"][1]["account"] = json!(41);
    let cases = [
        (json!({ "assumptions": {} }), "assumptions"),
        (json!({ "assume": [] }), "assume"),
        (json!({ "assume": { "remove.stats": "200" } }), "remove.stats"),
        (json!({ "assume": { "remove.status": "418" } }), "it is one of 204, 200"),
        (json!({ "assume": { "confirm.phone": true } }), "assume: the assumption confirm.phone"),
        (json!({ "assume": { "token.app-seconds": -1 } }), "token.app-seconds"),
        (json!({ "seed": "nothing" }), "nothing"),
        (json!({ "seed": {} }), "version"),
        (json!({ "seed": wrong_seed }), "accounts[0].profile"),
        (json!({ "seed": unknown_in_seed }), "acounts"),
        (json!({ "seed": foreign_token }), "tokens[1]"),
    ];
    for (body, named) in cases {
        let answer = server.post("/_mock/sandboxes").json(body.clone()).send().await.expect(400);
        assert!(sentence(&answer).contains(named), "{body}: {}", answer.raw);
    }
    let list = server.get("/_mock/sandboxes").send().await.expect(200);
    assert_eq!(list.body, json!({ "sandboxes": [] }), "nothing was made");
}

#[tokio::test]
async fn sandboxes_are_listed_until_they_are_ended_and_then_there_is_nothing_left_of_them() {
    let server = server();
    let one = Sandbox::make(&server, json!({})).await;
    let other = Sandbox::make(&server, json!({})).await;
    let listed = async || -> Vec<Value> {
        let list = server.get("/_mock/sandboxes").send().await.expect(200);
        let mut sandboxes = list.body["sandboxes"].as_array().expect("a list").clone();
        sandboxes.sort_by_key(|sandbox| written(&sandbox["id"]));
        sandboxes
    };
    let mut expected = [&one, &other]
        .map(|sandbox| json!({ "id": sandbox.described["id"], "base_url": sandbox.described["base_url"] }));
    expected.sort_by_key(|sandbox| written(&sandbox["id"]));
    assert_eq!(listed().await, expected);

    one.end().await.expect(204);
    expected = [&other, &other]
        .map(|sandbox| json!({ "id": sandbox.described["id"], "base_url": sandbox.described["base_url"] }));
    assert_eq!(listed().await, expected[..1]);
    for path in ["", "/", "/api/v1/email-watchlist", "/_mock/health", "/_mock/outbox", "/_confirm/x"] {
        let gone = one.get(path).token(APP).send().await.expect(404);
        assert!(sentence(&gone).contains("sandbox"), "{path}: {}", gone.raw);
    }
    assert!(sentence(&one.end().await.expect(404)).contains("sandbox"));
    assert_eq!(other.emails().await, SEEDED_EMAILS, "another goes on");
    server.get("/_sandbox/none/_mock/health").send().await.expect(404);
}

#[tokio::test]
async fn a_wait_ends_with_its_sandbox() {
    let server = server();
    let sandbox = Sandbox::make(&server, json!({})).await;
    let waiting = begin_to_wait(&server, &format!("{}/_mock/outbox?wait=60", sandbox.prefix)).await;
    sandbox.end().await.expect(204);
    let answer = waiting.await.expect("no panic").expect(200);
    assert_eq!(answer.body, json!({ "messages": [] }));
}

// What is refused.

#[tokio::test]
async fn a_control_route_that_is_not_there_is_refused_in_json() {
    let world = World::new();
    for path in ["/_mock/nothing", "/_mock/health/", "/_mock/page/nothing", "/_mock/accounts/1/ssn"] {
        for method in [Method::GET, Method::POST] {
            let answer = world.request(method.clone(), path).send().await;
            assert_eq!(answer.status, 404, "{method} {path}: {}", answer.raw);
            assert!(sentence(&answer).contains("sandboxes"), "{path}: those that there are, are named: {}", answer.raw);
        }
    }
}

#[tokio::test]
async fn a_method_that_a_control_route_does_not_have_is_refused_in_json() {
    let world = World::new();
    let cases = [
        (Method::POST, "/_mock/health", "GET,HEAD"),
        (Method::GET, "/_mock/reset", "POST"),
        (Method::POST, "/_mock/outbox", "GET,HEAD,DELETE"),
        (Method::GET, "/_mock/leaks", "POST"),
        (Method::POST, "/_mock/clock", "GET,HEAD,PUT"),
        (Method::POST, "/_mock/", "GET,HEAD"),
        (Method::POST, "/_mock/accounts", "GET,HEAD"),
        (Method::GET, "/_mock/accounts/2/eid", "POST"),
        (Method::PUT, "/_mock/requests", "GET,HEAD,DELETE"),
        (Method::DELETE, "/_mock/sandboxes", "GET,HEAD,POST"),
        (Method::GET, "/_mock/sandboxes/none", "DELETE"),
        (Method::OPTIONS, "/_mock/reset", "POST"),
    ];
    for (method, path, allow) in cases {
        let answer = world.request(method.clone(), path).send().await;
        assert_eq!(answer.status, 405, "{method} {path}: {}", answer.raw);
        assert_eq!(answer.header("allow"), allow, "{method} {path}");
        sentence(&answer);
    }
}

#[tokio::test]
async fn a_field_that_a_control_route_does_not_know_is_refused_by_name() {
    let world = World::new();
    for (method, path, body) in
        routes().into_iter().filter(|(method, ..)| *method == Method::POST || *method == Method::PUT)
    {
        let mut body = body.unwrap_or_else(|| json!({}));
        body["unheard_of"] = json!(1);
        let answer = world.request(method.clone(), path).json(body).send().await;
        assert_eq!(answer.status, 400, "{method} {path}: {}", answer.raw);
        assert!(sentence(&answer).contains("unheard_of"), "{method} {path}: {}", answer.raw);
    }
}

#[tokio::test]
async fn a_query_that_the_outbox_does_not_know_is_refused_by_name() {
    let world = World::new();
    for (query, named) in [
        ("?unheard_of=1", "unheard_of"),
        ("?channel=fax", "channel"),
        ("?channel=SMS", "channel"),
        ("?wait=soon", "wait"),
        ("?wait=-1", "wait"),
        ("?wait=NaN", "wait"),
        ("?wait=inf", "wait"),
        ("?wait=301", "wait"),
        ("?wait=1&wait=2", "wait"),
    ] {
        let answer = world.get(&format!("/_mock/outbox{query}")).send().await.expect(400);
        assert!(sentence(&answer).contains(named), "{query}: {}", answer.raw);
    }
}

#[tokio::test]
async fn codes_that_were_sent_fall_due_too() {
    let world = World::new();
    set_clock(&world, json!({ "now": "2030-01-01T00:00:00Z", "frozen": true })).await;
    Caller::user(&world).add_card("4000007520000008").await;
    Caller::partner(&world, "1").post("/phone-watchlist/send-verification-code", json!({})).send().await.expect(200);
    let due = set_clock(&world, json!({ "advance_seconds": 600 })).await["due"].clone();
    let code = json!({ "kind": "verification-code-expired", "at": "2030-01-01T00:10:00Z" });
    assert_eq!(due, json!([code, code]));
}

#[tokio::test]
async fn what_cannot_be_meant_is_not_guessed_at() {
    let world = World::new();
    let list = world.put("/_mock/clock").json(json!([null, 60, null])).send().await.expect(400);
    assert!(sentence(&list).contains("object"), "{}", list.raw);
    for path in ["/_mock/requests", "/_mock/health", "/_mock/clock", "/_mock/sandboxes"] {
        let answer = world.get(&format!("{path}?status=404")).send().await.expect(400);
        assert!(sentence(&answer).contains("query"), "{path}: {}", answer.raw);
    }
    let eid = json!({ "provider": "bankid", "ssn": "19900101-2385" });
    let done = world.post("/_mock/accounts/2/eid").json(eid).send().await.expect(200);
    assert_eq!(done.body["account_id"], 2, "an id is written as everywhere else");
}

#[tokio::test]
async fn a_body_that_is_no_json_is_refused_with_the_place() {
    let world = World::new();
    let bodies =
        [("{", "line 1"), ("{} {}", "line 1"), ("{\n  now\n}", "line 2"), ("\"", "line 1"), ("\u{feff}{}", "line 1")];
    for path in ["/_mock/leaks", "/_mock/accounts/2/eid", "/_mock/sandboxes", "/_mock/clock"] {
        for (body, place) in bodies {
            let method = if path.ends_with("clock") { Method::PUT } else { Method::POST };
            let answer = world.request(method, path).body("application/json", body).send().await;
            assert_eq!(answer.status, 400, "{path} {body:?}: {}", answer.raw);
            assert!(sentence(&answer).contains(place), "{path} {body:?}: {}", answer.raw);
        }
    }
}

// Who gets at them.

/// Sends every control route with these headers.
async fn send_all(world: &World, headers: &[(&str, &str)]) -> Vec<(String, Answer)> {
    let mut answers = Vec::new();
    for (method, path, body) in routes() {
        let label = format!("{method} {path} with {headers:?}");
        let request = with_body(world.request(method, path), body.as_ref());
        let request = headers.iter().fold(request, |request, (name, value)| request.header(name, value));
        answers.push((label, request.send().await));
    }
    answers
}

#[track_caller]
fn offers_no_cors(answer: &Answer, label: &str) {
    let offered = answer.headers.keys().find(|name| name.as_str().starts_with("access-control-"));
    assert_eq!(offered, None, "{label}");
}

#[tokio::test]
async fn a_foreign_web_page_cannot_use_a_control_route() {
    let refused: [&[(&str, &str)]; 10] = [
        &[("origin", "https://evil.example")],
        &[("origin", "http://localhost:3000")],
        &[("origin", "null")],
        &[("origin", "")],
        &[("sec-fetch-site", "cross-site")],
        &[("sec-fetch-site", "Cross-Site"), ("host", "localhost")],
        &[("host", "evil.example")],
        &[("host", "evil.example"), ("origin", "http://evil.example")],
        &[("host", "127.0.0.1.evil.example")],
        &[("host", "localhost.evil.example:8650")],
    ];
    let server = World::of(MockServer::builder().allow_host("fake.internal"));
    let sandbox = World::new();
    for world in [&server, &sandbox] {
        Caller::user(world).add_email("new@example.com").await;
        let clock = set_clock(world, json!({ "now": "2030-01-01T00:00:00Z", "frozen": true })).await;
        for headers in refused {
            for (label, answer) in send_all(world, headers).await {
                assert_eq!(answer.status, 403, "{label}: {}", answer.raw);
                if !label.starts_with("HEAD") {
                    sentence(&answer);
                }
                offers_no_cors(&answer, &label);
            }
        }
        assert_eq!(messages(world).len(), 1, "nothing was emptied or reset");
        assert_eq!(world.get("/_mock/clock").send().await.expect(200).body["now"], clock["now"]);
        assert_eq!(Caller::partner(world, "2").get("").send().await.expect(200).body["data"]["has_ssn"], 0);
    }
}

#[tokio::test]
async fn whoever_is_no_foreign_web_page_can_use_every_control_route() {
    let world = World::of(MockServer::builder().allow_host("fake.internal").allow_host("Other.Internal"));
    let own = world.base_url().to_owned();
    let granted: [&[(&str, &str)]; 12] = [
        &[],
        &[("origin", &own)],
        &[("sec-fetch-site", "same-origin")],
        &[("sec-fetch-site", "none")],
        &[("host", "localhost:8650")],
        &[("host", "LOCALHOST")],
        &[("host", "[::1]:8650")],
        &[("host", "192.0.2.1")],
        &[("host", "fake:8650"), ("origin", "http://fake:8650")],
        &[("host", "defentry.localhost")],
        &[("host", "fake.internal:80")],
        &[("host", "other.internal")],
    ];
    for headers in granted {
        world.post("/_mock/reset").send().await.expect(200);
        for (label, answer) in send_all(&world, headers).await {
            let expected = if label.contains("/none") { 404..=404 } else { 200..=204 };
            assert!(expected.contains(&answer.status), "{label}: {} {}", answer.status, answer.raw);
            offers_no_cors(&answer, &label);
        }
    }
}

#[tokio::test]
async fn a_name_must_be_allowed_as_a_whole() {
    let world = World::of(MockServer::builder().allow_host("fake.internal"));
    for host in ["internal.", "a.fake.internal", "fake.internal.evil.example", "fake.interna", "fake.internal."] {
        let answer = world.get("/_mock/health").header("host", host).send().await;
        assert_eq!(answer.status, 403, "{host}: {}", answer.raw);
        assert!(sentence(&answer).contains("--allow-host"), "{host}: {}", answer.raw);
    }
    let other = World::of(MockServer::builder());
    other.get("/_mock/health").header("host", "fake.internal").send().await.expect(403);
}

#[tokio::test]
async fn a_preflight_gets_no_permission() {
    let world = World::new();
    for (method, path, _) in routes() {
        let preflight = world
            .request(Method::OPTIONS, path)
            .header("origin", "https://evil.example")
            .header("access-control-request-method", method.as_str());
        let answer = preflight.send().await.expect(403);
        offers_no_cors(&answer, path);
    }
}

#[tokio::test]
async fn documented_routes_and_links_are_reached_under_any_name() {
    let world = World::of(MockServer::builder());
    let list = world.get("/api/v1/email-watchlist").token(APP).header("host", "api.example.com");
    list.send().await.expect(200);
    let add = world.post("/api/v1/email-watchlist").token(APP).json(json!({ "email": "new@example.com" }));
    add.header("host", "api.example.com:8443").send().await.expect(201);
    let link = last_link(&world);
    let path = link.strip_prefix("http://api.example.com:8443").expect("the name under which it was reached");
    world
        .get(path)
        .header("host", "api.example.com:8443")
        .header("sec-fetch-site", "cross-site")
        .send()
        .await
        .expect(200);
}
