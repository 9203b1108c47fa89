//! How each format writes errors (FORMAT-6 to 8).

use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::{JSON, JSON_API, LIST};
use crate::harness::{APP, CRM, Request, Wire, World, assumptions};

/// An error that a request can cause, in meaning.
struct Failure {
    status: u16,
    /// The reason phrase, which the list shape writes as title.
    title: &'static str,
    code: &'static str,
    /// One sentence: of several issues the first, and how many more there are.
    message: &'static str,
    /// The fields that are wrong and how; empty but for validation errors.
    issues: &'static [(&'static str, &'static str)],
    /// The shape by default (FORMAT-8).
    legacy: Shape,
    cause: fn(&World) -> Request,
}

/// The four shapes of legacy errors (FORMAT-8).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Shape {
    Message,
    Error,
    Map,
    List,
}

impl Shape {
    /// As the fixture of the assumptions calls it.
    fn named(name: &str) -> Self {
        match name {
            "message" => Self::Message,
            "error" => Self::Error,
            "map" => Self::Map,
            "list" => Self::List,
            other => panic!("{other} is no shape"),
        }
    }
}

/// Makes a duplicate a conflict, which is the one way to a 409 that asks for no special body.
const CONFLICTS: (&str, &str) = ("add.duplicate", "409");
const FAILURES: [Failure; 7] = [
    Failure {
        status: 400,
        title: "Bad Request",
        code: "BAD_REQUEST",
        message: "The request body is not valid JSON.",
        issues: &[],
        legacy: Shape::Error,
        cause: |world| world.post(LIST).token(APP).body(JSON, "{"),
    },
    Failure {
        status: 401,
        title: "Unauthorized",
        code: "UNAUTHENTICATED",
        message: "Unauthenticated.",
        issues: &[],
        legacy: Shape::Message,
        cause: |world| world.get(LIST),
    },
    Failure {
        status: 403,
        title: "Forbidden",
        code: "FORBIDDEN",
        message: "This action is unauthorized.",
        issues: &[],
        legacy: Shape::Message,
        cause: |world| world.get(LIST).token(CRM),
    },
    Failure {
        status: 404,
        title: "Not Found",
        code: "NOT_FOUND",
        message: "Not found",
        issues: &[],
        legacy: Shape::Error,
        cause: |world| world.delete("/api/v1/email-watchlist/99").token(APP),
    },
    Failure {
        status: 405,
        title: "Method Not Allowed",
        code: "METHOD_NOT_ALLOWED",
        message: "The method is not supported for this route. Supported methods: GET, HEAD, POST.",
        issues: &[],
        legacy: Shape::Message,
        cause: |world| world.put(LIST).token(APP),
    },
    Failure {
        status: 409,
        title: "Conflict",
        code: "CONFLICT",
        message: "The email has already been taken.",
        issues: &[],
        legacy: Shape::List,
        cause: |world| world.post(LIST).token(APP).json(json!({ "email": "john.work@example.com" })),
    },
    Failure {
        status: 422,
        title: "Unprocessable Entity",
        code: "VALIDATION_ERROR",
        message: "The card number field format is invalid. (and 1 more error)",
        issues: &[
            ("card_number", "The card number field format is invalid."),
            ("expiry_year", "The expiry year field is required."),
        ],
        legacy: Shape::Map,
        cause: |world| {
            let body = json!({ "card_number": "4242424242424241", "expiry_month": 12 });
            world.post("/api/v1/credit-card").token(APP).json(body)
        },
    },
];

impl Failure {
    fn of(status: u16) -> &'static Self {
        FAILURES.iter().find(|failure| failure.status == status).expect("a status above")
    }

    /// Causes it in the legacy format, and holds body and content type to `shape`.
    async fn check_legacy(&self, world: &World, shape: Shape) {
        let answer = (self.cause)(world).send().await.expect(self.status);
        let label = format!("{} {shape:?}: {}", self.status, answer.raw);
        let texts: Vec<&str> = match self.issues {
            [] => vec![self.message],
            issues => issues.iter().map(|(_, text)| *text).collect(),
        };
        let expected = match shape {
            Shape::Message => json!({ "message": self.message }),
            Shape::Error => json!({ "error": self.message }),
            Shape::Map => {
                let by_field: Map<String, Value> =
                    self.issues.iter().map(|(field, text)| ((*field).to_owned(), json!([text]))).collect();
                json!({ "errors": by_field })
            }
            Shape::List => {
                let status = self.status.to_string();
                let errors: Vec<Value> =
                    texts.iter().map(|text| json!({ "status": status, "title": self.title, "detail": text })).collect();
                let corr_id = answer.text("corr_id");
                Uuid::parse_str(&corr_id).unwrap_or_else(|error| panic!("{label}: {error}"));
                json!({ "errors": errors, "corr_id": corr_id })
            }
        };
        assert_eq!(answer.body, expected, "{label}");
        let content_type = if shape == Shape::List { JSON_API } else { JSON };
        assert_eq!(answer.header("content-type"), content_type, "{label}");
        assert!(answer.rests_on("FORMAT-8"), "{label}");
        assert!(answer.rests_on(&format!("legacy.error.{}", self.status)), "{label}");
    }

    /// Causes it in the standardized format, and holds it to the one envelope (FORMAT-6) with this code.
    async fn check_standardized(&self, world: &World, code: &str) {
        let answer = (self.cause)(world).standardized().send().await.expect(self.status);
        let message = if self.issues.is_empty() { self.message } else { "The given data was invalid." };
        let mut error = json!({ "code": code, "message": message });
        if !self.issues.is_empty() {
            let details = self.issues.iter().map(|(field, text)| json!({ "field": field, "issue": text }));
            error["details"] = details.collect();
        }
        assert_eq!(answer.body, json!({ "error": error }), "{}", self.status);
        assert_eq!(answer.header("content-type"), JSON, "{}", self.status);
        for fact in ["FORMAT-6", "FORMAT-7"] {
            assert!(answer.rests_on(fact), "{}: {}", self.status, answer.header("x-mock-basis"));
        }
    }
}

#[tokio::test]
async fn each_error_has_its_shape_in_each_format() {
    let world = World::assuming_all(&[CONFLICTS]);
    for failure in &FAILURES {
        failure.check_legacy(&world, failure.legacy).await;
        failure.check_standardized(&world, failure.code).await;
    }
}

#[tokio::test]
async fn the_three_errors_that_the_guide_shows_read_as_it_shows_them() {
    let world = World::new();
    let invalid = world.post(LIST).token(APP).json(json!({})).send().await.expect(422);
    assert_eq!(invalid.raw, r#"{"errors":{"email":["The email field is required."]}}"#);
    let missing = world.get("/api/v1/nothing").send().await.expect(404);
    assert_eq!(missing.raw, r#"{"error":"Not found"}"#);
    let unknown = world.get(LIST).send().await.expect(401);
    assert_eq!(unknown.raw, r#"{"message":"Unauthenticated."}"#);
}

/// The answer to the head of a request whose body would be too large; the server answers to what is announced.
async fn announce_too_much(world: &World, version: &str) -> (String, Value) {
    let mut wire = Wire::connect(world).await;
    let headers = format!(
        "Authorization: Bearer {APP}\r\n{version}Content-Type: application/json\r\nContent-Length: 1048577\r\n"
    );
    wire.send_head("POST", LIST, &headers).await;
    let (answer, end) = wire.rest().await;
    assert_eq!(end, Ok(()), "{answer}");
    let (head, body) = answer.split_once("\r\n\r\n").expect("a head and a body");
    (head.to_ascii_lowercase(), serde_json::from_str(body).expect("JSON"))
}

#[tokio::test]
async fn a_body_that_is_too_large_is_refused_in_the_format_of_the_request() {
    let world = World::new();
    let message = "The request body is too large.";
    let cases = [
        ("", json!({ "message": message })),
        ("X-API-Version: 2026-06-12\r\n", json!({ "error": { "code": "PAYLOAD_TOO_LARGE", "message": message } })),
    ];
    for (version, expected) in cases {
        let (head, body) = announce_too_much(&world, version).await;
        assert!(head.starts_with("http/1.1 413 "), "{version}: {head}");
        assert!(head.contains("\r\ncontent-type: application/json\r\n"), "{version}: {head}");
        assert_eq!(body, expected, "{version}");
    }
}

/// The assumptions whose keys begin with `prefix`, each with the status that its key ends with.
fn by_status(prefix: &str) -> Vec<(&'static str, u16, &'static Value)> {
    let statuses = assumptions().filter_map(|(key, entry)| {
        let status = key.strip_prefix(prefix)?.parse().expect("a status");
        Some((key, status, entry))
    });
    // Only a fault of the mock itself makes a 500, and no request is known to cause one.
    statuses.filter(|(_, status, _)| *status != 500).collect()
}

#[tokio::test]
async fn legacy_errors_have_the_shape_that_they_are_switched_to() {
    let keys = by_status("legacy.error.");
    assert_eq!(keys.len(), FAILURES.len(), "a failure for each key");
    for (key, status, entry) in keys {
        let failure = Failure::of(status);
        assert_eq!(Shape::named(entry["default"].as_str().expect("a shape")), failure.legacy, "{key}");
        for value in entry["values"].as_array().expect("a list of values") {
            let shape = value["value"].as_str().expect("a shape");
            let world = match status {
                409 => World::assuming_all(&[CONFLICTS, (key, shape)]),
                _ => World::assuming(key, shape),
            };
            failure.check_legacy(&world, Shape::named(shape)).await;
            failure.check_standardized(&world, failure.code).await;
        }
    }
}

#[tokio::test]
async fn the_codes_that_the_guide_does_not_name_can_be_switched() {
    let keys = by_status("error.code.");
    assert_eq!(keys.iter().map(|(_, status, _)| *status).collect::<Vec<_>>(), [405, 409]);
    for (key, status, entry) in keys {
        let failure = Failure::of(status);
        assert_eq!(entry["default"], failure.code, "{key}");
        let world = World::assuming_all(&[CONFLICTS, (key, "SOMETHING_ELSE")]);
        for other in &FAILURES {
            let code = if other.status == status { "SOMETHING_ELSE" } else { other.code };
            other.check_standardized(&world, code).await;
            other.check_legacy(&world, other.legacy).await;
        }
    }
}

#[tokio::test]
async fn each_error_of_the_list_shape_has_a_corr_id_of_its_own() {
    let world = World::assuming("legacy.error.404", "list");
    let mut corr_ids = Vec::new();
    for _ in 0..3 {
        corr_ids.push(world.get("/api/v1/nothing").send().await.expect(404).text("corr_id"));
    }
    corr_ids.sort_unstable();
    corr_ids.dedup();
    assert_eq!(corr_ids.len(), 3, "{corr_ids:?}");
}
