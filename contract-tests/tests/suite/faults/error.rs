//! Errors and throttling.

use axum::http::Method;
use serde_json::{Value, json};

use super::rows::{EMAILS, Fault, LOGIN, fault, not_found, remove};
use crate::proxy::{Answered, back};

#[rustfmt::skip]
pub(super) const FAULTS: &[Fault] = &[
    fault("a standardized error has no code", "FORMAT-6", back(|_, answer, _| {
        answer.edit(|body| without(body, "code"));
    })),
    fault("a standardized error has no message", "FORMAT-6", back(|_, answer, _| {
        answer.edit(|body| without(body, "message"));
    })),
    fault("a standardized error is text", "FORMAT-6", back(|asked, answer, _| {
        if asked.is_standardized() && !answer.is_success() { answer.set_content_type("text/plain"); }
    })),
    fault("a page that does not exist answers HTML", "FORMAT-6", back(|asked, answer, _| {
        if answer.status == 404 && asked.is_standardized() {
            answer.set_content_type("text/html");
            answer.body = "<h1>Not found</h1>".into();
        }
    })),
    fault("a 404 has details", "FORMAT-6", back(|asked, answer, _| {
        if answer.status == 404 && asked.is_standardized() {
            answer.edit(|body| body["error"]["details"] = json!([{ "field": "id", "issue": "unknown" }]));
        }
    })),
    fault("details are a map", "FORMAT-6", back(|_, answer, _| answer.edit(|body| if body["error"]["details"].is_array() {
        body["error"]["details"] = json!({ "email": ["required"] });
    }))),
    fault("details name no field of the body", "FORMAT-6", back(|asked, answer, _| {
        if asked.is("POST", EMAILS) {
            answer.edit(|body| if let Some(field) = body.pointer_mut("/error/details/0/field") { *field = "body".into(); });
        }
    })),
    fault("404 knows no standardized format", "FORMAT-6", back(|asked, answer, _| {
        if asked.is_standardized() && answer.status == 404 { *answer = not_found(); }
    })),
    fault("logins know no standardized format", "FORMAT-6", back(|asked, answer, _| {
        if asked.is("POST", LOGIN) && !answer.is_success() {
            *answer = Answered::json(answer.status, &json!({ "message": "No." }));
        }
    })),
    fault("details have no issue", "FORMAT-6", back(|_, answer, _| answer.edit(|body| {
        let details = body.pointer_mut("/error/details").and_then(Value::as_array_mut);
        details.into_iter().flatten().for_each(|detail| remove(detail, "issue"));
    }))),
    fault("a code is a number", "FORMAT-6", back(|_, answer, _| answer.edit(|body| {
        if let Some(code) = body.pointer_mut("/error/code") { *code = 17.into(); }
    }))),

    fault("a 403 is told as UNAUTHENTICATED", "FORMAT-7", back(|_, answer, _| {
        if answer.status == 403 { with_code(answer, "UNAUTHENTICATED"); }
    })),
    fault("a validation error is told as INVALID", "FORMAT-7", back(|_, answer, _| {
        if answer.status == 422 { with_code(answer, "INVALID"); }
    })),
    fault("a 401 is told as UNAUTHORIZED", "FORMAT-7", back(|_, answer, _| if answer.status == 401 { with_code(answer, "UNAUTHORIZED"); })),
    fault("a 404 is told as MISSING", "FORMAT-7", back(|_, answer, _| if answer.status == 404 { with_code(answer, "MISSING"); })),
    fault("a 404 to a removal is told as GONE", "FORMAT-7", back(|asked, answer, _| {
        if answer.status == 404 && asked.method == Method::DELETE { with_code(answer, "GONE"); }
    })),
    fault("a validation error is a 400", "FORMAT-7", back(|_, answer, _| if answer.status == 422 { answer.status = 400; })),

    fault("a legacy error has a fifth shape", "FORMAT-8", back(|asked, answer, _| {
        if !asked.is_standardized() && answer.status == 401 { answer.body = json!({ "reason": "no" }).to_string(); }
    })),
    fault("a legacy validation error has bare texts", "FORMAT-8", back(|asked, answer, _| {
        if !asked.is_standardized() && answer.status == 422 {
            answer.body = json!({ "errors": { "email": "required" } }).to_string();
        }
    })),
    fault("a legacy error is a standardized one", "FORMAT-8", back(|asked, answer, _| {
        if !asked.is_standardized() && answer.status == 404 {
            answer.body = json!({ "error": { "code": "NOT_FOUND", "message": "Not found" } }).to_string();
        }
    })),
    fault("a legacy error is empty", "FORMAT-8", back(|asked, answer, _| {
        if !asked.is_standardized() && answer.status == 403 { answer.body = "{}".into(); }
    })),
    fault("a legacy error is HTML", "FORMAT-8", back(|asked, answer, _| if !asked.is_standardized() && answer.status == 404 {
        answer.body = "<h1>Not found</h1>".into();
        answer.set_content_type("text/html");
    })),
    fault("a legacy list of errors has numbers for statuses", "FORMAT-8", back(|asked, answer, _| {
        if !asked.is_standardized() && answer.status == 422 {
            answer.body = json!({ "errors": [{ "status": 422, "title": "No", "detail": "No." }] }).to_string();
        }
    })),

    fault("throttling answers 429 in legacy", "FORMAT-9", back(|asked, answer, _| {
        if !asked.is_standardized() && answer.status == 409 && answer.headers.contains_key("retry-after") {
            answer.status = 429;
        }
    })),
    fault("throttling answers 409 in standardized", "FORMAT-9", back(|asked, answer, _| {
        if asked.is_standardized() && answer.status == 429 { answer.status = 409; }
    })),
    fault("throttling has another code", "FORMAT-9", back(|_, answer, _| {
        if answer.status == 429 { answer.edit(|body| body["error"]["code"] = "TOO_MANY_REQUESTS".into()); }
    })),
    fault("throttling answers 403", "FORMAT-9", back(|_, answer, _| {
        if answer.headers.contains_key("retry-after") { answer.status = 403; }
    })),
    fault("throttling in legacy has a fifth shape", "FORMAT-9", back(|asked, answer, _| {
        if !asked.is_standardized() && answer.headers.contains_key("retry-after") {
            answer.body = json!({ "retry": true }).to_string();
        }
    })),
];

/// Tells a standardized error by another code.
fn with_code(answer: &mut Answered, code: &str) {
    answer.edit(|body| {
        if body["error"].is_object() {
            body["error"]["code"] = code.into();
        }
    });
}

/// Takes a field out of an error.
fn without(body: &mut Value, field: &str) {
    if let Some(error) = body.get_mut("error").and_then(Value::as_object_mut) {
        error.remove(field);
    }
}
