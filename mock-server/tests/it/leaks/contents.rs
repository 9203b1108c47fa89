//! The fields of a leak, and the leaks that are refused.

use serde_json::{Value, json};

use crate::harness::{APP, Caller, EMAIL, Format, KINDS, Kind, World, fields, sentence};

/// The fields of a leak, in order.
const FIELDS: [&str; 16] = [
    "id",
    "item_id",
    "alarm_id",
    "source_type",
    "title",
    "domain",
    "description",
    "breach_date",
    "published_at",
    "data_classes",
    "severity",
    "status",
    "is_verified",
    "has_password",
    "has_plaintext_password",
    "created_at",
];

#[tokio::test]
async fn a_leak_has_the_documented_fields_in_both_formats_and_never_the_value_or_a_password() {
    let world = World::new();
    let [partner, _] = Caller::both(&world);
    for kind in Kind::with_leaks() {
        kind.add(&partner, kind.value()).await;
        let mut leak = kind.leak(kind.value(), "whole");
        for (field, value) in whole().as_object().expect("an object") {
            leak[field] = value.clone();
        }
        world.breach(leak).await;
        for format in Format::BOTH {
            let request = format.ask(world.get(&format!("/api/v1{}", kind.leaks().path))).token(APP);
            let answer = request.send().await.expect(200);
            format.check(&answer.body, kind.name);
            assert!(!answer.raw.contains(kind.value()), "{}: {}", kind.name, answer.raw);
            for leak in answer.items() {
                assert_eq!(fields(leak), FIELDS, "{} {format:?}", kind.name);
            }
            let leak = answer.items().last().expect("the leak that was added");
            for (field, value) in whole().as_object().expect("an object") {
                let expected = match (format, field.as_str()) {
                    (Format::Legacy, "published_at") => json!("2026-03-02 10:15:00"),
                    // Sorted, and each once.
                    (_, "data_classes") => json!(["email", "full_name", "password"]),
                    (_, name) if name.starts_with("is_") || name.starts_with("has_") => format.flag(value == true),
                    _ => value.clone(),
                };
                assert_eq!(leak[field], expected, "{field} of {} in {format:?}", kind.name);
            }
            assert_eq!(leak["status"], "OPEN");
        }
    }
}

/// Everything that the control route takes of a leak beside its kind, value and title.
fn whole() -> Value {
    json!({
        "source_type": "STEALER_LOG", "domain": "exempelbutiken.example", "description": "Malware copied it.",
        "breach_date": "2026-02-14", "published_at": "2026-03-02T10:15:00Z",
        "data_classes": ["password", "email", "full_name", "email"], "severity": "LOW", "is_verified": false,
        "has_password": true, "has_plaintext_password": true,
    })
}

#[tokio::test]
async fn fields_that_a_leak_does_not_give_are_filled_in() {
    for kind in Kind::with_leaks() {
        let world = World::new();
        world.freeze();
        world.advance(60);
        let [partner, user] = Caller::both(&world);
        let item = kind.add(&partner, kind.value()).await;
        world.breach(json!({ "kind": kind.name, "value": kind.value() })).await;
        let leaks = user.list(kind.leaks().path).await;
        let leak = leaks.iter().find(|leak| leak["item_id"] == item["id"]).expect("the leak that was added");
        let filled = [
            ("source_type", json!("BREACH")),
            ("domain", Value::Null),
            ("breach_date", Value::Null),
            ("published_at", item["created_at"].clone()),
            ("created_at", item["created_at"].clone()),
            ("data_classes", json!([kind.leaks().class])),
            ("severity", json!(kind.leaks().severity)),
            ("status", json!("OPEN")),
            ("is_verified", json!(1)),
            ("has_password", json!(0)),
            ("has_plaintext_password", json!(0)),
        ];
        for (field, expected) in filled {
            assert_eq!(leak[field], expected, "{field} of {leak}");
        }
        for text in ["title", "description"] {
            assert!(leak[text].as_str().is_some_and(|text| !text.is_empty()), "{text} of {leak}");
        }
    }
}

#[tokio::test]
async fn every_source_and_severity_can_be_had() {
    let world = World::new();
    let [partner, user] = Caller::both(&world);
    let item = EMAIL.add(&partner, EMAIL.value()).await;
    let mut expected = Vec::new();
    for source in ["BREACH", "COMBOLIST", "STEALER_LOG", "PASTE", "DARK_WEB"] {
        for severity in ["LOW", "MEDIUM", "HIGH", "CRITICAL"] {
            let mut leak = EMAIL.leak(EMAIL.value(), "any");
            leak["source_type"] = json!(source);
            leak["severity"] = json!(severity);
            world.breach(leak).await;
            expected.push((json!(source), json!(severity)));
        }
    }
    let leaks = user.list(EMAIL.leaks().path).await;
    let of_item = leaks.iter().filter(|leak| leak["item_id"] == item["id"]);
    let seen: Vec<(Value, Value)> =
        of_item.map(|leak| (leak["source_type"].clone(), leak["severity"].clone())).collect();
    assert_eq!(seen, expected);
}

#[tokio::test]
async fn a_plaintext_password_is_a_password() {
    let world = World::new();
    let [partner, user] = Caller::both(&world);
    EMAIL.add(&partner, EMAIL.value()).await;
    let leak = json!({ "kind": "email", "value": EMAIL.value(), "has_plaintext_password": true });
    world.breach(leak).await;
    let leak = user.list(EMAIL.leaks().path).await.pop().expect("the leak that was added");
    assert_eq!((&leak["has_password"], &leak["has_plaintext_password"]), (&json!(1), &json!(1)), "{leak}");
}

#[tokio::test]
async fn a_leak_that_is_wrong_is_refused_with_a_sentence_that_names_what_is() {
    let world = World::new();
    let user = Caller::user(&world);
    let before = user.list(EMAIL.leaks().path).await;
    let with = |field: &str, value: Value| {
        let mut leak = json!({ "kind": "email", "value": "john.work@example.com" });
        leak[field] = value;
        leak
    };
    let mut cases = vec![
        ("an unknown kind", with("kind", json!("e-mail")), "e-mail"),
        ("a kind that is no text", with("kind", json!(5)), "kind"),
        ("no kind", json!({ "value": "john.work@example.com" }), "kind"),
        ("no value", json!({ "kind": "email" }), "value"),
        ("a value that is no text", with("value", json!(5)), "value"),
        ("a value that is null", with("value", Value::Null), "value"),
        ("an unknown field", with("sevrity", json!("LOW")), "sevrity"),
        ("a leaked password", with("password", json!("secret")), "password"),
        ("an unknown severity", with("severity", json!("low")), "severity"),
        ("an unknown source", with("source_type", json!("LEAK")), "source_type"),
        ("a date that is none", with("breach_date", json!("2026-02-30")), "breach_date"),
        ("a time that is none", with("published_at", json!("yesterday")), "published_at"),
        ("classes that are no list", with("data_classes", json!("email")), "data_classes"),
        ("a class that is no text", with("data_classes", json!(["email", 5])), "data_classes[1]"),
        ("a flag that is none", with("has_password", json!("yes")), "has_password"),
        ("a title that is no text", with("title", json!(5)), "title"),
        ("a list", json!(["email", "john.work@example.com"]), "object"),
        ("nothing", json!({}), "kind"),
    ];
    for kind in KINDS {
        // It says what would be right.
        cases.push((kind.name, kind.leak(kind.invalid, "invalid"), "; for example \""));
        cases.push((kind.name, kind.leak("", "empty"), "; for example \""));
    }
    cases.push(("ssn", json!({ "kind": "ssn", "value": "x" }), "for an SSN; for example \"1990"));
    for (label, leak, named) in cases {
        let answer = world.post("/_mock/leaks").json(leak.clone()).send().await.expect(400);
        assert!(sentence(&answer).contains(named), "{label}: {leak}: {}", answer.raw);
    }
    let malformed = world.post("/_mock/leaks").body("application/json", "{\"kind\":").send().await.expect(400);
    assert!(sentence(&malformed).contains("line 1"), "{}", malformed.raw);
    assert_eq!(user.list(EMAIL.leaks().path).await, before, "nothing that was refused is kept");
}
