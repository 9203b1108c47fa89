//! The two response formats over HTTP (FORMAT-1 to 8): which one an answer is in, and how each writes times, booleans
//! and errors.

use std::time::Duration;

use mock_server::MockServer;
use serde_json::{Map, Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use uuid::Uuid;

use crate::absent::{DOCUMENTED, Takes};
use crate::harness::{APP, Answer, CRM, Request, STANDARDIZED, World};

const JSON: &str = "application/json";
const JSON_API: &str = "application/vnd.api+json";

/// The prefixes of boolean fields (FORMAT-5).
const FLAGS: [&str; 6] = ["is_", "has_", "can_", "show_", "enable_", "skip_"];

const LIST: &str = "/api/v1/email-watchlist";

/// In which format an answer is asked for, and how that format writes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Format {
    Legacy,
    Standardized,
}

impl Format {
    pub(crate) const BOTH: [Self; 2] = [Self::Legacy, Self::Standardized];

    /// `request`, asking for this format.
    pub(crate) fn ask(self, request: Request) -> Request {
        match self {
            Self::Legacy => request,
            Self::Standardized => request.standardized(),
        }
    }

    /// A boolean as this format writes it by default (FORMAT-5).
    pub(crate) fn flag(self, flag: bool) -> Value {
        match self {
            Self::Legacy => json!(u8::from(flag)),
            Self::Standardized => json!(flag),
        }
    }

    /// Holds every time, date and boolean in `body` to this format (FORMAT-3 to 5).
    #[track_caller]
    pub(crate) fn check(self, body: &Value, label: &str) {
        match body {
            Value::Object(fields) => {
                for (field, value) in fields {
                    self.check_field(field, value, &format!("{label}, {field}"));
                    self.check(value, label);
                }
            }
            Value::Array(items) => items.iter().for_each(|item| self.check(item, label)),
            _ => {}
        }
    }

    #[track_caller]
    fn check_field(self, field: &str, value: &Value, label: &str) {
        let is_flag = FLAGS.iter().any(|prefix| field.starts_with(prefix));
        assert!(is_flag || !value.is_boolean(), "{label}: only a flag is a boolean");
        if is_flag {
            assert!([self.flag(true), self.flag(false)].contains(value), "{label}: {value} in {self:?}");
        }
        let expected = match self {
            _ if field.ends_with("_date") => "0000-00-00",
            Self::Legacy if field.ends_with("_at") => "0000-00-00 00:00:00",
            Self::Standardized if field.ends_with("_at") => "0000-00-00T00:00:00Z",
            _ => return,
        };
        assert!(value.is_null() || value.as_str().map(digits_hidden).as_deref() == Some(expected), "{label}: {value}");
    }
}

/// A text with 0 for every digit.
fn digits_hidden(text: &str) -> String {
    text.chars().map(|char| if char.is_ascii_digit() { '0' } else { char }).collect()
}

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
        // Who asks for two versions is not guessed at: the pair names no known one.
        (&[(VERSION, STANDARDIZED), (VERSION, "2025-01-01")], Format::Legacy),
    ];
    let world = World::new();
    for (headers, expected) in cases {
        let with =
            |request: Request| headers.iter().fold(request, |request, (name, value)| request.header(name, value));
        let granted = with(world.get(LIST).token(APP)).send().await.expect(200);
        assert_eq!(format_of(&granted), expected, "{headers:?}");
        assert!(granted.rests_on("FORMAT-1"), "{headers:?}");
        let refused = with(world.get(LIST)).send().await.expect(401);
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
async fn what_is_added_in_one_format_is_read_in_the_other() {
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

#[tokio::test]
async fn an_account_is_written_as_its_format_says() {
    let world = World::new();
    for format in Format::BOTH {
        let (created_at, updated_at) = match format {
            Format::Legacy => ("2026-06-15 08:30:00", "2026-06-15 08:30:00"),
            Format::Standardized => ("2026-06-15T08:30:00Z", "2026-06-15T08:30:00Z"),
        };
        let account = format.ask(world.get("/api/v1/account").token(APP)).send().await.expect(200);
        let expected = json!({ "data": {
            "id": 1, "first_name": "John", "last_name": "Doe", "email": "john.doe@example.com",
            "phone": "+46701740605", "country_code": "SE", "lang_code": "SV", "plan_id": 1, "company_id": 1, "type": "SINGLE",
            "ssn": account.body["data"]["ssn"], "has_ssn": format.flag(true), "is_ssn_monitored": format.flag(true),
            "is_active": format.flag(true), "activation_date": "2026-06-15",
            "created_at": created_at, "updated_at": updated_at,
        }});
        assert_eq!(account.body, expected, "{format:?}");
        assert_eq!(account.header("content-type"), JSON, "{format:?}");
        for fact in ["FORMAT-3", "FORMAT-4", "FORMAT-5"] {
            assert!(account.rests_on(fact), "{format:?} {fact}: {}", account.header("x-mock-basis"));
        }
    }
}

/// The token that a row takes.
fn token_of(takes: Takes) -> &'static str {
    if takes == Takes::App { APP } else { CRM }
}

/// The names in a body, with null for every value that is no object or list.
fn names(body: &Value) -> Value {
    match body {
        Value::Object(fields) => {
            Value::Object(fields.iter().map(|(field, value)| (field.clone(), names(value))).collect())
        }
        Value::Array(items) => Value::Array(items.iter().map(names).collect()),
        _ => Value::Null,
    }
}

#[tokio::test]
async fn both_formats_of_a_read_have_the_same_names_and_each_writes_its_way() {
    let world = World::new();
    // An item that waits has times that are null.
    world.post(LIST).token(APP).json(json!({ "email": "pending@example.com" })).send().await.expect(201);
    for row in DOCUMENTED.iter().filter(|row| row.method == reqwest::Method::GET) {
        let [legacy, standardized] = Format::BOTH.map(|format| {
            let request = format.ask(world.get(&row.path()).token(token_of(row.takes)));
            async move {
                let answer = request.send().await.expect(200);
                format.check(&answer.body, &row.label());
                names(&answer.body)
            }
        });
        assert_eq!(legacy.await, standardized.await, "{}", row.label());
    }
}

#[tokio::test]
async fn both_formats_of_a_write_have_the_same_names_and_each_writes_its_way() {
    let account = json!({
        "ssn": "19900101-1234", "first_name": "A", "last_name": "B", "email": "new@example.com", "country_code": "SE",
    });
    let card = json!({ "card_number": "5555555555554444", "expiry_month": 12, "expiry_year": 2049 });
    let writes = [
        ("POST", "/api/v1/account", CRM, account),
        ("PUT", "/api/v1/account", APP, json!({ "first_name": "Johnny" })),
        ("PATCH", "/api/v1/account/1", CRM, json!({ "country_code": null })),
        ("POST", LIST, APP, json!({ "email": "pending@example.com" })),
        ("POST", "/api/v1/phone-watchlist", APP, json!({ "phone": "+46701740699" })),
        ("POST", "/api/v1/iban-watchlist", APP, json!({ "iban": "SE3550000000054910000003" })),
        ("POST", "/api/v1/passport-watchlist", APP, json!({ "passport_number": "XX0000000" })),
        ("PATCH", "/api/v1/passport-watchlist/1", APP, json!({ "expiry_date": "2035-05-31" })),
        ("POST", "/api/v1/drivers-license-watchlist", APP, json!({ "license_number": "850101-2390" })),
        ("POST", "/api/v1/credit-card", APP, card.clone()),
        ("POST", "/api/v1/account/1/credit-card", CRM, card),
        ("PATCH", "/api/v1/account/1/ssn-monitoring/deactivate", CRM, json!({})),
    ];
    for (method, path, token, body) in writes {
        let mut written = Vec::new();
        for format in Format::BOTH {
            let world = World::new();
            let request = world.request(method.parse().expect("a method"), path).token(token).json(body.clone());
            let answer = format.ask(request).send().await;
            assert!([200, 201].contains(&answer.status), "{method} {path}: {}", answer.raw);
            format.check(&answer.body, path);
            written.push((answer.status, names(&answer.body)));
        }
        assert_eq!(written[0], written[1], "{method} {path}");
    }
}

#[tokio::test]
async fn legacy_booleans_are_written_as_they_are_switched_to() {
    for (form, yes, no) in [
        ("number", json!(1), json!(0)),
        ("text-number", json!("1"), json!("0")),
        ("text", json!("true"), json!("false")),
    ] {
        let world = World::assuming("legacy.boolean", form);
        world.post(LIST).token(APP).json(json!({ "email": "pending@example.com" })).send().await.expect(201);
        for format in Format::BOTH {
            let (yes, no) = match format {
                Format::Legacy => (yes.clone(), no.clone()),
                Format::Standardized => (json!(true), json!(false)),
            };
            let emails = format.ask(world.get(LIST).token(APP)).send().await.expect(200);
            let confirmed: Vec<&Value> = emails.items().iter().map(|item| &item["is_confirmed"]).collect();
            assert_eq!(confirmed, [&yes, &yes, &no], "{form} {format:?}");
            let leaks = format.ask(world.get("/api/v1/email-watchlist/leaks").token(APP)).send().await.expect(200);
            let plaintext: Vec<&Value> = leaks.items().iter().map(|leak| &leak["has_plaintext_password"]).collect();
            assert_eq!(plaintext, [&no, &yes], "{form} {format:?}");
            let account = format.ask(world.get("/api/v1/account").token(APP)).send().await.expect(200);
            assert_eq!(account.body["data"]["has_ssn"], yes, "{form} {format:?}");
            assert_eq!(account.rests_on("legacy.boolean"), format == Format::Legacy, "{form} {format:?}");
        }
    }
}

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
    let nobody = world.get(LIST).send().await.expect(401);
    assert_eq!(nobody.raw, r#"{"message":"Unauthenticated."}"#);
}

/// The head of a request whose body would be too large; the server answers to what is announced.
async fn announce_too_much(world: &World, version: &str) -> (String, Value) {
    let url = world.base_url().strip_prefix("http://").expect("http");
    let (address, prefix) = url.split_at(url.find('/').unwrap_or(url.len()));
    let mut stream = TcpStream::connect(address).await.expect("the server listens");
    let head = format!(
        "POST {prefix}{LIST} HTTP/1.1\r\nHost: fake\r\nAuthorization: Bearer {APP}\r\n{version}\
         Content-Type: application/json\r\nContent-Length: 1048577\r\n\r\n"
    );
    stream.write_all(head.as_bytes()).await.expect("the server takes the head");
    let mut answer = String::new();
    let read = tokio::time::timeout(Duration::from_secs(10), stream.read_to_string(&mut answer));
    read.await.expect("the server does not wait for the body").expect("an answer in ASCII");
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

/// The keys of the fixture that begin with `prefix`, each with the status that it ends with.
fn keys_of<'a>(entries: &'a Value, prefix: &str) -> Vec<(&'a str, u16, &'a Value)> {
    let entries = entries.as_array().expect("a list of assumptions");
    let named = entries.iter().map(|entry| (entry["key"].as_str().expect("a key"), entry));
    named
        .filter_map(|(key, entry)| {
            let status = key.strip_prefix(prefix)?.parse().expect("a status");
            Some((key, status, entry))
        })
        // Only a fault of the fake itself makes a 500, and no request is known to cause one.
        .filter(|(_, status, _)| *status != 500)
        .collect()
}

fn assumptions() -> Value {
    serde_json::from_str(include_str!("../../../fixtures/assumptions.json")).expect("the assumptions are JSON")
}

#[tokio::test]
async fn legacy_errors_have_the_shape_that_they_are_switched_to() {
    let assumptions = assumptions();
    let keys = keys_of(&assumptions["switches"], "legacy.error.");
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
    let assumptions = assumptions();
    let keys = keys_of(&assumptions["texts"], "error.code.");
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
