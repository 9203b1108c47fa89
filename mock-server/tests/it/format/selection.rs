//! Which format an answer is in (FORMAT-1, FORMAT-2).

use mock_server::MockServer;
use serde_json::json;

use super::LIST;
use crate::harness::{APP, Answer, Format, Request, STANDARDIZED, World};

/// The format that an answer about the emails of account 1 is in, by how it writes their times.
#[track_caller]
fn format_of(answer: &Answer) -> Format {
    match answer.items()[0]["created_at"].as_str().expect("a time") {
        "2026-06-15 08:31:00" => Format::Legacy,
        "2026-06-15T08:31:00Z" => Format::Standardized,
        other => panic!("{other} is of no format"),
    }
}

#[tokio::test]
async fn the_version_header_selects_the_format() {
    const VERSION: &str = "X-API-Version";
    let cases: [(&[(&str, &str)], Format); 12] = [
        (&[], Format::Legacy),
        (&[(VERSION, STANDARDIZED)], Format::Standardized),
        (&[("x-api-version", STANDARDIZED)], Format::Standardized),
        (&[(VERSION, " 2026-06-12 ")], Format::Standardized),
        (&[(VERSION, "")], Format::Legacy),
        (&[(VERSION, "2025-01-01")], Format::Legacy),
        (&[(VERSION, "2026-06-13")], Format::Legacy),
        (&[(VERSION, "2026-06-12T00:00:00Z")], Format::Legacy),
        (&[(VERSION, "latest")], Format::Legacy),
        (&[("API-Version", STANDARDIZED)], Format::Legacy),
        (&[(VERSION, STANDARDIZED), (VERSION, STANDARDIZED)], Format::Standardized),
        // Two versions are not guessed at: the pair names no known one.
        (&[(VERSION, STANDARDIZED), (VERSION, "2025-01-01")], Format::Legacy),
    ];
    let world = World::new();
    for (headers, expected) in cases {
        let granted = world.get(LIST).token(APP).headers(headers).send().await.expect(200);
        assert_eq!(format_of(&granted), expected, "{headers:?}");
        assert!(granted.rests_on("FORMAT-1"), "{headers:?}");
        let refused = world.get(LIST).headers(headers).send().await.expect(401);
        assert_eq!(
            refused.body.get("error").is_some(),
            expected == Format::Standardized,
            "{headers:?}: {}",
            refused.raw
        );
    }
    let query = world.get(&format!("{LIST}?X-API-Version={STANDARDIZED}")).token(APP).send().await.expect(200);
    assert_eq!(format_of(&query), Format::Legacy, "in the query");
}

#[tokio::test]
async fn an_item_that_is_added_in_one_format_is_read_in_the_other() {
    let world = World::new();
    for (number, format) in Format::BOTH.into_iter().enumerate() {
        let email = format!("john{number}@example.com");
        let request = world.post(LIST).token(APP).json(json!({ "email": email }));
        let added = format.ask(request).send().await.expect(201).body["data"]["id"].clone();
        for other in Format::BOTH {
            let list = other.ask(world.get(LIST).token(APP)).send().await.expect(200);
            let item = list.items().iter().find(|item| item["id"] == added).expect("the item in the list");
            assert_eq!(item["email"], email.as_str(), "{format:?} {other:?}");
            other.check(item, &email);
        }
    }
}

#[tokio::test]
async fn a_deployment_can_force_the_standardized_format() {
    let world = World::of(MockServer::builder().normalize_all(true));
    for version in [None, Some(STANDARDIZED), Some("2025-01-01")] {
        let with = |request: Request| match version {
            Some(version) => request.header("x-api-version", version),
            None => request,
        };
        let granted = with(world.get(LIST).token(APP)).send().await.expect(200);
        assert_eq!(format_of(&granted), Format::Standardized, "{version:?}");
        Format::Standardized.check(&granted.body, "normalized");
        assert!(granted.rests_on("FORMAT-2"), "{}", granted.header("x-mock-basis"));
        for (path, status, code) in [(LIST, 401, "UNAUTHENTICATED"), ("/api/v1/nothing", 404, "NOT_FOUND")] {
            let refused = with(world.get(path)).send().await.expect(status);
            assert_eq!(refused.body["error"]["code"], code, "{version:?}");
        }
    }
}
