//! Hints: one sentence where an answer is right and still puzzles, in the header, the journal, and not in the body.

use reqwest::Method;
use serde_json::json;

use crate::harness::{APP, Answer, CRM, Caller, World, card, written};

/// The user of account 2, which has no SSN and no items: nothing at all is watched.
async fn newcomer(world: &World) -> Caller<'_> {
    Caller::user_of(world, "jane.roe@example.com").await
}

#[track_caller]
fn says(answer: &Answer, wanted: &[&str]) {
    let hint = answer.header("x-mock-hint");
    assert!(wanted.iter().all(|part| hint.contains(part)), "{wanted:?} in {hint:?}: {answer:?}");
}

#[tokio::test]
async fn an_empty_list_says_why() {
    let world = World::new();
    let jane = newcomer(&world).await;
    says(&jane.get("/email-watchlist").send().await.expect(200), &["watches nothing of this kind"]);
    says(&jane.get("/email-watchlist/leaks").send().await.expect(200), &["watches nothing of this kind"]);
    says(&jane.get("/alarms").send().await.expect(200), &["watches nothing", "add an item"]);

    let leak = json!({ "kind": "email", "value": "new@example.com" });
    world.post("/_mock/leaks").json(leak).send().await.expect(201);
    jane.add_email("new@example.com").await;
    says(&jane.get("/email-watchlist/leaks").send().await.expect(200), &["/_mock/outbox", "leaks.pending"]);
    world.open(&world.last_link()).await.expect(200);
    let seen = jane.get("/email-watchlist/leaks").send().await.expect(200);
    assert_eq!((seen.items().len(), seen.header("x-mock-hint")), (1, ""), "nothing puzzles now");
    assert_eq!(jane.get("/alarms").send().await.expect(200).header("x-mock-hint"), "");

    jane.add_phone("+46701740650").await;
    says(&jane.get("/phone-watchlist/leaks").send().await.expect(200), &["no breach holds", "/_mock/leaks"]);
}

#[tokio::test]
async fn an_item_that_waits_says_for_what_and_one_of_the_partner_does_not_wait() {
    let world = World::assuming("confirm.phone", "yes");
    let user = Caller::user(&world);
    let email = user.post("/email-watchlist", json!({ "email": "new@example.com" })).send().await.expect(201);
    says(&email, &["/_mock/outbox", "SCOPE-3"]);
    let phone = user.post("/phone-watchlist", json!({ "phone": "+46701740650" })).send().await.expect(201);
    says(&phone, &["/api/v1/phone-watchlist/confirm", "PHONE-2"]);
    let added = user.post("/credit-card", card("4000007520000008")).send().await.expect(201);
    says(&added, &["/api/v1/credit-cards/verify", "CARD-4"]);
    let partner = Caller::partner(&world, "1");
    let at_once = partner.post("/email-watchlist", json!({ "email": "other@example.com" })).send().await.expect(201);
    assert_eq!(at_once.header("x-mock-hint"), "");
}

#[tokio::test]
async fn a_path_that_is_nearly_documented_says_which_was_meant() {
    let world = World::new();
    let cases = [
        ("/api/v1/email-watchlst", "did you mean /api/v1/email-watchlist?"),
        ("/api/v1/account/1/alarm", "did you mean /api/v1/account/{account_id}/alarms?"),
        ("/api/v1/account/1/emails", "did you mean /api/v1/account/{account_id}/email-watchlist?"),
        ("/api/v1/auth/login", "did you mean /api/v1/crm/auth/login?"),
        ("/account/1/alarms", "did you mean /api/v1/account/{account_id}/alarms?"),
        ("//api/v1/alarms", "two slashes"),
        ("/api/v1/email-watchlist/", "slash"),
        ("/api/v1/no-such-thing-at-all", "the guide has no such path"),
    ];
    for (path, wanted) in cases {
        for token in [APP, CRM] {
            let answer = world.get(path).token(token).send().await.expect(404);
            says(&answer, &[wanted, "NONE-1"]);
        }
    }
}

#[tokio::test]
async fn the_journal_has_the_hints_too() {
    let world = World::new();
    let jane = newcomer(&world).await;
    let answers = [
        jane.get("/alarms").send().await.expect(200),
        jane.request(Method::GET, "/alarmss").send().await.expect(404),
        jane.get("/account").send().await.expect(200),
    ];
    let journal = world.get("/_mock/requests").send().await.expect(200);
    let entries = journal.body["requests"].as_array().expect("a list");
    for (entry, answer) in entries[entries.len() - 3..].iter().zip(&answers) {
        let hint = entry["hint"].as_str().unwrap_or_default();
        assert_eq!(hint, answer.header("x-mock-hint"), "{}", written(&entry["path"]));
    }
}

/// An account that watches a value of any kind, or an SSN and nothing else, and that no breach concerns.
#[tokio::test]
async fn no_alarms_where_something_is_watched_says_that_no_breach_holds_it() {
    let world = World::new();
    let jane = newcomer(&world).await;
    jane.add_phone("+46701740650").await;
    says(&jane.get("/alarms").send().await.expect(200), &["no breach holds", "/_mock/leaks"]);
    world.account("ssn@example.com").await;
    let of_ssn = Caller::user_of(&world, "ssn@example.com").await;
    says(&of_ssn.get("/alarms").send().await.expect(200), &["no breach holds", "/_mock/leaks"]);
}

#[tokio::test]
async fn a_body_that_cannot_be_read_says_why() {
    let world = World::new();
    let utf16: Vec<u8> = "\u{feff}{}".encode_utf16().flat_map(u16::to_le_bytes).collect();
    let without_mark: Vec<u8> = "{}".encode_utf16().flat_map(u16::to_be_bytes).collect();
    let deep = format!("{}{}", "[".repeat(128), "]".repeat(128));
    let cases: [(Vec<u8>, &str); 7] = [
        (b"\xef\xbb\xbf{}".to_vec(), "begins with a byte order mark"),
        (utf16, "looks like UTF-16"),
        (without_mark, "looks like UTF-16"),
        (b"{\"email\":1e400}".to_vec(), "a number in it is too large at line 1"),
        (deep.into_bytes(), "nested more than 127 deep at line 1"),
        (b"{\"email\":".to_vec(), "ends too early at line 1"),
        (b"{email}".to_vec(), "stops being JSON at line 1, column 2"),
    ];
    for (body, wanted) in cases {
        let request = world.post("/api/v1/email-watchlist").token(APP).body("application/json", body);
        says(&request.send().await.expect(400), &["was not read as JSON", wanted]);
    }
    let zipped = world.post("/api/v1/email-watchlist").token(APP).body("application/json", &b"\x1f\x8b"[..]);
    says(&zipped.header("content-encoding", "gzip").send().await.expect(400), &["Content-Encoding"]);
    // As deep as is read.
    let deep = format!("{}{}", "[".repeat(127), "]".repeat(127));
    world.post("/api/v1/email-watchlist").token(APP).body("application/json", deep).send().await.expect(422);
}
