//! How answers are written.

use serde_json::json;
use uuid::Uuid;

use crate::harness::{APP, Answer, CRM, Caller, Switched, World, fields};

checked! {
    "legacy.boolean" => a_legacy_boolean_is_written_as_legacy_boolean_says;
    "legacy.error.400" | "legacy.error.401" | "legacy.error.403" | "legacy.error.404" | "legacy.error.405" | "legacy.error.409" | "legacy.error.422" | "legacy.error.500" => a_legacy_error_has_the_shape_that_legacy_error_gives_its_status beside CONFLICTS;
    "error.code.405" | "error.code.409" | "error.code.500" => a_standardized_error_has_the_code_that_error_code_gives_its_status beside CONFLICTS;
}

async fn a_legacy_boolean_is_written_as_legacy_boolean_says(switched: Switched) {
    let user = Caller::user(&switched.world);
    let (yes, no) = match switched.value.as_str() {
        "number" => (json!(1), json!(0)),
        "text-number" => (json!("1"), json!("0")),
        "text" => (json!("true"), json!("false")),
        _ => switched.is_not_checked(),
    };
    let cases = [("/account", "/data/has_ssn", &yes), ("/email-watchlist/leaks", "/data/0/has_password", &yes)];
    let more =
        [("/phone-watchlist", "/data/0/is_confirmed", &yes), ("/iban-watchlist/leaks", "/data/0/has_password", &no)];
    for (path, pointer, expected) in cases.into_iter().chain(more) {
        let answer = user.get(path).send().await;
        switched.answers(&answer, 200);
        assert_eq!(answer.body.pointer(pointer), Some(expected), "{}: {pointer} of {path}", switched.label());
        let answer = user.get(path).standardized().send().await.expect(200);
        assert_eq!(answer.body.pointer(pointer), Some(&json!(*expected == yes)), "standardized has its own");
    }
}

/// The status that a key ends with.
fn status_of(key: &str) -> u16 {
    key.rsplit('.').next().and_then(|status| status.parse().ok()).unwrap_or_else(|| panic!("{key} names no status"))
}

/// Causes an error of a status. A conflict takes `add.duplicate=409`.
async fn cause(world: &World, status: u16, standardized: bool) -> Answer {
    let emails = "/api/v1/email-watchlist";
    let request = match status {
        400 => world.post(emails).token(APP).body("application/json", "{"),
        401 => world.get(emails),
        403 => world.get(emails).token(CRM),
        404 => world.get("/api/v1/nothing"),
        405 => world.put(emails),
        409 => world.post(emails).token(APP).json(json!({ "email": "john.work@example.com" })),
        422 => world.post(emails).token(APP).json(json!({})),
        500 => {
            // Only a fault of the mock itself is a 500, so one is asked for.
            let fault = json!({ "kind": "status", "status": 500, "next": 1 });
            world.post("/_mock/faults").json(fault).send().await.expect(201);
            world.get(emails).token(APP)
        }
        _ => panic!("no request is known to cause a {status}"),
    };
    let request = if standardized { request.standardized() } else { request };
    request.send().await.expect(status)
}

async fn a_legacy_error_has_the_shape_that_legacy_error_gives_its_status(switched: Switched) {
    let status = status_of(switched.key);
    let answer = cause(&switched.world, status, false).await;
    switched.answers(&answer, status);
    let fields = fields(&answer.body);
    let content_type = answer.header("content-type");
    match switched.value.as_str() {
        shape @ ("message" | "error") => {
            assert_eq!((fields, content_type), (vec![shape], "application/json"), "{answer:?}");
            assert_ne!(answer.text(shape), "");
        }
        "map" => {
            assert_eq!((fields, content_type), (vec!["errors"], "application/json"), "{answer:?}");
            assert_eq!(answer.body["errors"], json!({ "email": ["The email field is required."] }));
        }
        "list" => {
            assert_eq!(fields, ["errors", "corr_id"], "{answer:?}");
            assert_eq!(content_type, "application/vnd.api+json");
            Uuid::parse_str(&answer.text("corr_id")).expect("a UUID");
            let [error] = answer.body["errors"].as_array().expect("a list").as_slice() else { panic!("{answer:?}") };
            assert_eq!(error["status"], status.to_string(), "{answer:?}");
            assert!(error["title"].is_string() && error["detail"].is_string(), "{answer:?}");
        }
        _ => switched.is_not_checked(),
    }
    // The standardized format has one shape for all.
    let answer = cause(&switched.world, status, true).await;
    assert!(answer.body["error"]["code"].is_string() && !answer.rests_on(switched.key), "{answer:?}");
}

async fn a_standardized_error_has_the_code_that_error_code_gives_its_status(switched: Switched) {
    let status = status_of(switched.key);
    let answer = cause(&switched.world, status, true).await;
    switched.answers(&answer, status);
    assert_eq!(answer.body["error"]["code"], *switched.value);
    assert!(!cause(&switched.world, status, false).await.rests_on(switched.key), "legacy errors have no code");
}
