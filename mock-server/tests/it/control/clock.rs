//! The clock: set, moved on, frozen, and what falls due.

use serde_json::{Value, json};

use super::{instant, machine_seconds};
use crate::harness::{Caller, EMAIL, World, sentence, sso_body, written};

#[tokio::test]
async fn the_clock_is_the_machines_until_it_is_moved() {
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
        let answered = world.set_clock(to.clone()).await;
        assert_eq!(answered, json!({ "now": now, "frozen": frozen, "due": [] }), "{to}");
        let read = world.get("/_mock/clock").send().await.expect(200).body;
        assert_eq!(read, json!({ "now": now, "frozen": frozen }), "{to}");
    }
    let added = Caller::partner(&world, "1").add_email("new@example.com").await;
    assert_eq!(added["created_at"], "2031-01-01 00:00:10", "the world lives by it");

    let released = world.set_clock(json!({ "frozen": false })).await;
    assert_eq!(released["frozen"], false);
    let since = instant(&released["now"]).unix_seconds() - instant(&json!("2031-01-01T00:00:10Z")).unix_seconds();
    assert!((0..=5).contains(&since), "it runs on from where it stood: {released}");
}

#[tokio::test]
async fn a_clock_that_is_moved_tells_what_fell_due() {
    let world = World::new();
    let start = world.set_clock(json!({ "now": "2030-01-01T00:00:00Z", "frozen": true })).await;
    assert_eq!(start["due"], json!([]), "what never expires never falls due");
    let log_in = async |keep_logged: bool| {
        let body = json!({
            "username": "service@partner.example", "password": "mock-crm-password", "keep_logged": keep_logged,
        });
        let token = world.post("/api/v1/crm/auth/login").json(body).send().await.expect(200).text("token");
        let (number, _) = token.split_once('|').expect("a number and a secret");
        number.parse::<u64>().expect("a number")
    };
    let sso = sso_body(1, "john.doe@example.com");
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
            world.open(&world.last_link()).await.expect(200);
        }
    }
    // Nor does a link fall due that a later one has replaced, or whose item is gone.
    Caller::user(&world).post("/resend/watchlist-email-confirmation", json!({})).send().await.expect(200);
    let removed = Caller::user(&world).add_email("removed@example.com").await;
    Caller::user(&world).remove(EMAIL.list, &removed).await;
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
        assert_eq!(world.set_clock(to.clone()).await["due"], json!(expected), "{to}");
    }
}

#[tokio::test]
async fn an_invalid_time_is_refused_by_name_and_the_clock_stays() {
    let world = World::new();
    let before = world.set_clock(json!({ "now": "2030-01-01T00:00:00Z", "frozen": true })).await;
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
        let moved = world.set_clock(to.clone()).await;
        instant(&moved["now"]);
        let list = Caller::user(&world).get(EMAIL.list).standardized().send().await.expect(200);
        assert_eq!(list.items().len(), 2, "{to}: the world goes on");
    }
}

#[tokio::test]
async fn codes_that_were_sent_fall_due_too() {
    let world = World::new();
    world.set_clock(json!({ "now": "2030-01-01T00:00:00Z", "frozen": true })).await;
    Caller::user(&world).add_card("4000007520000008").await;
    Caller::partner(&world, "1").post("/phone-watchlist/send-verification-code", json!({})).send().await.expect(200);
    let due = world.set_clock(json!({ "advance_seconds": 600 })).await["due"].clone();
    let code = json!({ "kind": "verification-code-expired", "at": "2030-01-01T00:10:00Z" });
    assert_eq!(due, json!([code, code]));
}

#[tokio::test]
async fn of_all_that_falls_due_the_first_is_listed_and_the_rest_counted() {
    let world = World::frozen();
    let mut snapshot: Value = serde_json::from_str(&world.control().snapshot()).expect("JSON");
    let now = written(&world.set_clock(json!({ "advance_seconds": 0 })).await["now"]);
    let code = |number| json!({ "code": format!("code{number}"), "account": 1, "expires_at": now, "is_used": false });
    snapshot["sso_codes"] = (0..1234).map(code).collect();
    world.put("/_mock/snapshot").json(snapshot).send().await.expect(200);
    world.set_clock(json!({ "now": "2026-01-01T00:00:00Z" })).await;
    let moved = world.set_clock(json!({ "now": now })).await;
    assert_eq!((moved["due"].as_array().map(Vec::len), &moved["more_due"]), (Some(1000), &json!(234)));
    let moved = world.set_clock(json!({ "advance_seconds": 0 })).await;
    assert_eq!((&moved["due"], moved.get("more_due")), (&json!([]), None));
}
