//! Cases of both formats: statuses, envelopes, error shapes and headers.

use std::collections::BTreeSet;

use serde_json::{Value as Json, json};

use super::*;
use crate::api::pages::Page;
use crate::api::wording::{FAULT_STATUSES, error_of_status};
use crate::guide::assumptions::Assumptions;
use crate::guide::trace::Trace;
use crate::model::fields::FieldError;
use crate::model::id::{Id, Table};
use crate::model::kind::WatchKind;
use crate::model::shape::shape;
use crate::model::time::Timestamp;

const CORR_ID: Uuid = Uuid::from_u128(7);

shape! {
    /// An item with an id, a flag and a time.
    Sample = "Sample" {
        id: Id,
        is_confirmed: bool,
        created_at: Timestamp,
    }
}

fn item() -> Sample {
    let created_at = Timestamp::parse("2026-06-16T21:02:05Z").expect("a time");
    Sample { id: Id::new(Table::Items(WatchKind::Email), 7), is_confirmed: true, created_at }
}

/// Writes in this format, with these assumptions set.
fn written(format: Format, set: &[(&str, &str)], write: impl FnOnce(Wire<'_>) -> Rendered) -> (Rendered, String) {
    let mut assumptions = Assumptions::default();
    for (key, value) in set {
        assumptions.set(key, value).expect("a key and a value of the fixture");
    }
    let trace = Trace::default();
    let rendered = write(Wire {
        writing: Writing { format, assumed: Assumed::new(&assumptions, &trace) },
        url: &|| "http://mock/api/v1/x".to_owned(),
        corr_id: &|| CORR_ID,
    });
    (rendered, trace.header())
}

/// A refusal in this format, with these assumptions set.
fn refused(kind: ErrorKind, format: Format, set: &[(&str, &str)]) -> (Rendered, String) {
    written(format, set, |wire| wire.refusal(&kind.into()))
}

fn body(rendered: &Rendered) -> Json {
    if rendered.body.is_empty() { Json::Null } else { serde_json::from_slice(&rendered.body).expect("JSON") }
}

fn refusals() -> Vec<(ErrorKind, u16, &'static str)> {
    vec![
        (ErrorKind::BadRequest("No.".into()), 400, "BAD_REQUEST"),
        (ErrorKind::Unauthenticated, 401, "UNAUTHENTICATED"),
        (ErrorKind::Forbidden, 403, "FORBIDDEN"),
        (ErrorKind::NotFound, 404, "NOT_FOUND"),
        (ErrorKind::MethodNotAllowed { allow: "GET, HEAD".into() }, 405, "METHOD_NOT_ALLOWED"),
        (ErrorKind::TimedOut, 408, "REQUEST_TIMEOUT"),
        (ErrorKind::Conflict("Taken.".into()), 409, "CONFLICT"),
        (ErrorKind::TooLarge, 413, "PAYLOAD_TOO_LARGE"),
        (ErrorKind::UnsupportedMediaType, 415, "UNSUPPORTED_MEDIA_TYPE"),
        (ErrorKind::Invalid(errors()), 422, "VALIDATION_ERROR"),
        (ErrorKind::Throttled { retry_after_seconds: 9 }, 429, "RATE_LIMITED"),
        (ErrorKind::Broken, 500, "SERVER_ERROR"),
        (ErrorKind::BadGateway, 502, "BAD_GATEWAY"),
        (ErrorKind::Unavailable, 503, "SERVICE_UNAVAILABLE"),
        (ErrorKind::GatewayTimedOut, 504, "GATEWAY_TIMEOUT"),
    ]
}

#[test]
fn a_status_that_a_fault_may_have_is_the_one_that_is_answered() {
    for status in 0..=999 {
        let answered = error_of_status(status).map(|kind| {
            let (rendered, _) = refused(kind, Format::Standardized, &[]);
            rendered.status.as_u16()
        });
        assert_eq!(answered, FAULT_STATUSES.contains(&status).then_some(status), "{status}");
    }
}

fn errors() -> Vec<FieldError> {
    vec![
        FieldError::new("email", "The email field is required."),
        FieldError::new("phone", "The phone field format is invalid."),
        FieldError::new("email", "The email field must be a string."),
    ]
}

#[test]
fn an_answer_has_the_status_and_envelope_of_its_meaning() {
    let list = |number, size, total| Listing { items: vec![item()], total, page: Page { number, size } };
    let cases: Vec<(Box<dyn Render>, &[(&str, &str)], u16, &str)> = vec![
        (Box::new(Added::New(item())), &[], 201, "/data/id"),
        (Box::new(Added::New(item())), &[("add.status", "200"), ("add.body", "bare")], 200, "/id"),
        (Box::new(Added::Existing(item())), &[], 200, "/data/id"),
        (Box::new(Now(item())), &[], 200, "/data/id"),
        (Box::new(Now(item())), &[("add.body", "bare")], 200, "/id"),
        (Box::new(list(1, usize::MAX, 1)), &[], 200, "/data/0/id"),
        (Box::new(list(1, usize::MAX, 1)), &[("list.shape", "bare")], 200, "/0/id"),
        (Box::new(list(1, 15, 1)), &[("list.shape", "paginated")], 200, "/meta/total"),
        (Box::new(Removed), &[], 204, ""),
        (Box::new(Removed), &[("remove.status", "200")], 200, "/message"),
        (Box::new(Done("Sent.")), &[], 200, "/message"),
        (Box::new(Done("Sent.")), &[("action.answer", "none")], 204, ""),
        (Box::new(Closed::Done("Closed.")), &[], 200, "/message"),
        (Box::new(IssuedToken("1|x".into())), &[], 200, "/token"),
        (Box::new(IssuedCode("x".into())), &[], 200, "/code"),
    ];
    for (place, (answer, set, status, pointer)) in cases.into_iter().enumerate() {
        for format in [Format::Legacy, Format::Standardized] {
            let (rendered, _) = written(format, set, |wire| answer.render(wire));
            assert_eq!(rendered.status.as_u16(), status, "case {place}");
            let has_type = rendered.headers.contains_key(header::CONTENT_TYPE);
            assert_eq!(has_type, status != 204, "case {place}");
            let answered = body(&rendered);
            assert_eq!(answered.is_null(), status == 204, "case {place}");
            assert!(status == 204 || answered.pointer(pointer).is_some(), "case {place}: {answered}");
        }
    }
}

#[test]
fn a_response_is_based_on_the_assumptions_that_it_was_written_by() {
    let (_, trace) = written(Format::Legacy, &[], |wire| Now(item()).render(wire));
    assert_eq!(trace, "FORMAT-3, FORMAT-5, id.form, add.body, legacy.boolean");
}

#[test]
fn both_formats_have_the_same_fields() {
    let names = |format: Format| -> BTreeSet<String> {
        let (rendered, _) = written(format, &[], |wire| Now(item()).render(wire));
        body(&rendered)["data"].as_object().expect("an object").keys().cloned().collect()
    };
    assert_eq!(names(Format::Legacy), names(Format::Standardized));
}

#[test]
fn every_standardized_error_has_the_one_envelope() {
    for (kind, status, code) in refusals() {
        let (rendered, trace) = refused(kind.clone(), Format::Standardized, &[]);
        let answered = body(&rendered);
        assert_eq!((rendered.status.as_u16(), &answered["error"]["code"]), (status, &json!(code)), "{kind:?}");
        assert!(answered["error"]["message"].as_str().is_some_and(|text| !text.is_empty()), "{kind:?}");
        assert_eq!(rendered.headers[header::CONTENT_TYPE], JSON, "{kind:?}");
        assert_eq!(answered["error"].get("details").is_some(), matches!(kind, ErrorKind::Invalid(_)), "{kind:?}");
        assert_eq!(answered.as_object().map(serde_json::Map::len), Some(1), "{kind:?}");
        assert!(trace.starts_with("FORMAT-6, FORMAT-7"), "{kind:?}");
    }
    let (rendered, _) = refused(ErrorKind::Invalid(errors()), Format::Standardized, &[]);
    let details = json!([
        { "field": "email", "issue": "The email field is required." },
        { "field": "phone", "issue": "The phone field format is invalid." },
        { "field": "email", "issue": "The email field must be a string." },
    ]);
    assert_eq!(body(&rendered)["error"]["details"], details);
    for (status, kind) in [
        ("405", ErrorKind::MethodNotAllowed { allow: "GET".into() }),
        ("409", ErrorKind::Conflict("".into())),
        ("500", ErrorKind::Broken),
    ] {
        let (rendered, _) = refused(kind, Format::Standardized, &[(&format!("error.code.{status}"), "OTHER")]);
        assert_eq!(body(&rendered)["error"]["code"], "OTHER", "{status}");
    }
}

#[test]
fn a_legacy_error_has_the_shape_that_its_status_is_switched_to() {
    let title = |status: u16| StatusCode::from_u16(status).expect("a status").canonical_reason();
    for (kind, status, _) in refusals() {
        // Throttling is 409 here, and some have no key: nothing is documented of them.
        let status = if status == 429 { 409 } else { status };
        if [408, 413, 415, 502, 503, 504].contains(&status) {
            let (rendered, _) = refused(kind, Format::Legacy, &[]);
            assert_eq!(rendered.status.as_u16(), status);
            assert!(body(&rendered)["message"].is_string(), "{status}");
            continue;
        }
        let texts = match &kind {
            ErrorKind::Invalid(errors) => errors.iter().map(|error| error.text.to_string()).collect(),
            other => vec![Wording::of(other, Format::Legacy).message.into_owned()],
        };
        let summary = if texts.len() > 1 { format!("{} (and 2 more errors)", texts[0]) } else { texts[0].clone() };
        let objects: Vec<Json> = texts
            .iter()
            .map(|text| json!({ "status": status.to_string(), "title": title(status), "detail": text }))
            .collect();
        let shapes = [
            ("message", JSON, json!({ "message": summary })),
            ("error", JSON, json!({ "error": summary })),
            ("list", JSON_API, json!({ "errors": objects, "corr_id": CORR_ID.to_string() })),
        ];
        for (shape, content_type, expected) in shapes {
            let (rendered, trace) =
                refused(kind.clone(), Format::Legacy, &[(&format!("legacy.error.{status}"), shape)]);
            assert_eq!(rendered.status.as_u16(), status, "{kind:?}");
            assert_eq!(body(&rendered), expected, "{kind:?} {shape}");
            assert_eq!(rendered.headers[header::CONTENT_TYPE], content_type, "{kind:?} {shape}");
            assert!(trace.contains(&format!("legacy.error.{status}")), "{kind:?}");
        }
    }
    let (rendered, _) = refused(ErrorKind::Invalid(errors()), Format::Legacy, &[]);
    let by_field = json!({ "errors": {
        "email": ["The email field is required.", "The email field must be a string."],
        "phone": ["The phone field format is invalid."],
    }});
    assert_eq!(body(&rendered), by_field);
}

#[test]
fn errors_carry_the_headers_that_http_asks_for() {
    for format in [Format::Legacy, Format::Standardized] {
        let header_of = |kind: ErrorKind, name: header::HeaderName| {
            let (rendered, _) = refused(kind, format, &[]);
            rendered.headers.get(name).map(|value| value.to_str().expect("ASCII").to_owned())
        };
        let allow = header_of(ErrorKind::MethodNotAllowed { allow: "GET, HEAD".into() }, header::ALLOW);
        assert_eq!(allow.as_deref(), Some("GET, HEAD"));
        let retry = header_of(ErrorKind::Throttled { retry_after_seconds: 9 }, header::RETRY_AFTER);
        assert_eq!(retry.as_deref(), Some("9"));
        assert_eq!(header_of(ErrorKind::TimedOut, header::CONNECTION).as_deref(), Some("close"));
    }
}

#[test]
fn the_version_header_selects_the_format() {
    let cases: [(&[&str], bool, Format); 7] = [
        (&[], false, Format::Legacy),
        (&["2026-06-12"], false, Format::Standardized),
        (&[" 2026-06-12 "], false, Format::Standardized),
        (&["2025-01-01"], false, Format::Legacy),
        (&["2026-06-12", "2025-01-01"], false, Format::Legacy),
        (&[""], false, Format::Legacy),
        (&["2025-01-01"], true, Format::Standardized),
    ];
    for (versions, normalize_all, expected) in cases {
        let mut headers = HeaderMap::new();
        for version in versions {
            headers.append(VERSION_HEADER, HeaderValue::from_static(version));
        }
        assert_eq!(
            asked_for(&headers, normalize_all, Assumed::unrecorded(&Assumptions::default())),
            expected,
            "{versions:?} {normalize_all}"
        );
    }
}
