//! Errors, and the shapes that they have in either format (FORMAT-6 to 8).

use serde_json::Value;

use crate::format::Format;

/// The mistake in an error in `format`, if there is one (FORMAT-6 to 8). It may have more fields than the guide names.
pub fn error_issue(status: u16, content_type: &str, body: &Value, format: Format) -> Option<&'static str> {
    let media_type = content_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    match (format, &*media_type) {
        (Format::Standardized, "application/json") => standardized_issue(status, body),
        (Format::Legacy, "application/json" | "application/vnd.api+json") => {
            (!is_legacy_error(body)).then_some("none of the four legacy shapes")
        }
        _ => Some("another content type"),
    }
}

fn standardized_issue(status: u16, body: &Value) -> Option<&'static str> {
    let is_text = |value: &Value, field: &str| value[field].as_str().is_some_and(|text| !text.is_empty());
    let is_detail = |detail: &Value| is_text(detail, "field") && is_text(detail, "issue");
    let error = &body["error"];
    let documented = match status {
        400 => Some("BAD_REQUEST"),
        401 => Some("UNAUTHENTICATED"),
        403 => Some("FORBIDDEN"),
        404 => Some("NOT_FOUND"),
        422 => Some("VALIDATION_ERROR"),
        429 => Some("RATE_LIMITED"),
        _ => None,
    };
    match error.get("details") {
        _ if !is_text(error, "code") || !is_text(error, "message") => Some("no error with code and message"),
        _ if documented.is_some_and(|code| error["code"] != code) => Some("a code that is not the status's"),
        Some(_) if status != 422 => Some("details on what is no validation error"),
        Some(details) if !details.as_array().is_some_and(|list| list.iter().all(is_detail)) => {
            Some("details that are no list of field and issue")
        }
        _ => None,
    }
}

/// The fields that an error about a body names, in either format.
pub fn refused_fields(body: &Value) -> Vec<String> {
    let details = body["error"]["details"].as_array().into_iter().flatten();
    let named = details.filter_map(|detail| detail["field"].as_str()).map(str::to_owned);
    let keys = body["errors"].as_object().into_iter().flat_map(|fields| fields.keys().cloned());
    named.chain(keys).collect()
}

fn is_legacy_error(body: &Value) -> bool {
    let is_entry = |entry: &Value| ["status", "title", "detail"].iter().all(|field| entry[*field].is_string());
    let is_texts = |texts: &Value| texts.as_array().is_some_and(|list| list.iter().all(Value::is_string));
    match body.get("errors") {
        Some(Value::Array(list)) => !list.is_empty() && list.iter().all(is_entry),
        Some(Value::Object(fields)) => !fields.is_empty() && fields.values().all(is_texts),
        Some(_) => false,
        None => body["error"].is_string() || body["message"].is_string(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn errors_have_the_shapes_of_their_format() {
        let envelope = |code: &str| json!({ "error": { "code": code, "message": "m" } });
        let detailed =
            |code: &str, details: Value| json!({ "error": { "code": code, "message": "m", "details": details } });
        let issues = json!([{ "field": "email", "issue": "required" }]);
        let cases = [
            (401, envelope("UNAUTHENTICATED"), true, false),
            (401, envelope("FORBIDDEN"), false, false),
            (409, envelope("WHATEVER"), true, false),
            (422, detailed("VALIDATION_ERROR", issues.clone()), true, false),
            (422, detailed("VALIDATION_ERROR", json!({ "email": ["required"] })), false, false),
            (404, detailed("NOT_FOUND", issues), false, false),
            (404, json!({ "error": "Not found" }), false, true),
            (401, json!({ "message": "Unauthenticated." }), false, true),
            (422, json!({ "errors": { "email": ["The email field is required."] } }), false, true),
            (409, json!({ "errors": [{ "status": "409", "title": "t", "detail": "d" }], "corr_id": "x" }), false, true),
            (422, json!({ "errors": { "email": "required" }, "message": "m" }), false, false),
            (404, Value::Null, false, false),
        ];
        for (status, body, standardized, legacy) in cases {
            let is_right = |content_type, format| error_issue(status, content_type, &body, format).is_none();
            assert_eq!(is_right("application/json; charset=utf-8", Format::Standardized), standardized, "{body}");
            assert_eq!(is_right("application/vnd.api+json", Format::Legacy), legacy, "{body}");
            assert!(!is_right("application/vnd.api+json", Format::Standardized), "{body}");
            assert!(!is_right("text/html", Format::Legacy), "{body}");
        }
    }
}
