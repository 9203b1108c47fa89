//! Magic values: each cell of the table in the documentation does what its row says.

use serde_json::json;

use crate::harness::{Caller, EMAIL, Format, KINDS, Kind, PHONE, ROUTES, World, page};

/// The values of the row that says `what`, each with its kind; of an email address, with a local part before it.
///
/// The columns are the kinds that have magic values, in the order of the guide.
fn values(what: &str) -> Vec<(&'static Kind, String)> {
    let table = page("docs/magic.md");
    let row =
        table.lines().find(|line| line.starts_with(&format!("| {what}"))).unwrap_or_else(|| panic!("no row {what}"));
    let cells = row.split('|').skip(2).map(|cell| cell.trim().trim_matches('`'));
    let named = kinds().zip(cells).filter(|(_, cell)| !cell.is_empty());
    named.map(|(kind, cell)| (kind, if is(kind, &EMAIL) { format!("anna{cell}") } else { cell.to_owned() })).collect()
}

/// The kinds that have magic values: emails by their domains, the others by the fixture.
fn kinds() -> impl Iterator<Item = &'static Kind> {
    let fixture = include_str!("../../../fixtures/magic.json");
    KINDS.into_iter().filter(move |kind| is(kind, &EMAIL) || fixture.contains(&format!("\"kind\": \"{}\"", kind.name)))
}

fn is(kind: &Kind, other: &Kind) -> bool {
    kind.name == other.name
}

#[tokio::test]
async fn some_have_leaks_and_alarms_as_soon_as_they_are_confirmed() {
    for (what, many) in [("has one leak", 1), ("has three leaks", 3)] {
        for (kind, value) in values(what) {
            let world = World::new();
            let partner = Caller::partner(&world, "2");
            kind.add(&partner, &value).await;
            let alarms = partner.list("/alarms").await;
            assert_eq!(alarms.len(), many, "{value}");
            // Of cards, CRM has no list of leaks (CARD-1).
            if kind.leaks().by_crm {
                let leaks = partner.list(kind.leaks().path).await;
                assert_eq!(leaks.len(), many, "{value}");
                assert_eq!(leaks[0]["title"], format!("Magic leak 1 of {many}"));
            }
            // Another account that watches it sees the same leaks, and no more.
            let other = Caller::partner(&world, "1");
            let before = other.list("/alarms").await.len();
            kind.add(&other, &value).await;
            assert_eq!(other.list("/alarms").await.len() - before, many, "{value}");
        }
    }
}

#[tokio::test]
async fn some_wait_for_ever_when_a_user_adds_them() {
    let rows = values("stays pending");
    assert_eq!(rows.len(), 3);
    for (kind, value) in rows {
        let world = World::new();
        let user = Caller::user(&world);
        let field = kind.settled.expect("a kind that can wait");
        let added = kind.add(&user, &value).await;
        assert_eq!(added[field], 0, "{value}");
        let resent = if is(kind, &EMAIL) { 200 } else { 404 };
        user.post("/resend/watchlist-email-confirmation", json!({})).send().await.expect(resent);
        if is(kind, &PHONE) {
            user.post("/phone-watchlist/send-verification-code", json!({ "phone": value })).send().await.expect(200);
        }
        assert!(world.messages().is_empty(), "{value}");
        // An item that the partner adds does not wait (SCOPE-2).
        let partner = Caller::partner(&world, "2");
        assert_eq!(kind.add(&partner, &value).await[field], 1, "{value}");
    }
}

#[tokio::test]
async fn some_wait_for_nothing() {
    let rows = values("is confirmed immediately");
    assert_eq!(rows.len(), 3);
    for (kind, value) in rows {
        let world = World::assuming("confirm.phone", "yes");
        let added = kind.add(&Caller::user(&world), &value).await;
        assert_eq!(added[kind.settled.expect("a kind that can wait")], 1, "{value}");
        assert!(world.messages().is_empty(), "{value}");
    }
}

#[tokio::test]
async fn some_are_refused_and_some_throttled_in_the_format_of_the_request() {
    for (what, legacy, standardized, code) in
        [("is refused", 422, 422, "VALIDATION_ERROR"), ("is throttled", 409, 429, "RATE_LIMITED")]
    {
        let rows = values(what);
        assert_eq!(rows.len(), kinds().count(), "{what}");
        for (kind, value) in rows {
            let world = World::new();
            let user = Caller::user(&world);
            let before = user.list(kind.list).await.len();
            for format in Format::BOTH {
                let refused = format.ask(user.post(kind.add, kind.body(&value))).send().await;
                let is_legacy = matches!(format, Format::Legacy);
                let refused = refused.expect(if is_legacy { legacy } else { standardized });
                let granting =
                    ROUTES.iter().filter(|route| route.path.ends_with(kind.add)).flat_map(|route| &route.facts);
                assert!(granting.clone().count() > 0 && granting.clone().all(|fact| !refused.rests_on(fact)));
                assert!(refused.header("x-mock-hint").contains("magic"), "{value}: {:?}", refused.headers);
                assert_eq!(refused.header("retry-after"), if what == "is throttled" { "1" } else { "" }, "{value}");
                if !is_legacy {
                    assert_eq!(refused.body["error"]["code"], code, "{value}");
                }
            }
            assert_eq!(user.list(kind.list).await.len(), before, "{value}");
        }
    }
}

#[tokio::test]
async fn some_are_added_and_answered_late() {
    let rows = values("is added, but");
    assert_eq!(rows.len(), kinds().count());
    for (kind, value) in rows {
        let world = World::new();
        let user = Caller::user(&world);
        let before = user.list(kind.list).await.len();
        let request = user.post(kind.add, kind.body(&value));
        let slow = tokio::spawn(async move { request.send().await });
        while user.list(kind.list).await.len() == before {
            assert!(!slow.is_finished(), "{value} was answered and not added");
        }
        // An answer that was not held back would be there before that to a later request.
        user.list(kind.list).await;
        assert!(!slow.is_finished(), "{value} was answered at once");
        slow.abort();
    }
}
