//! The one tolerant reader: whatever a target may choose freely is read here, and nowhere else.

use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::{Map, Value, json};

use crate::client::Format;

/// Done, or taken to be done, where the guide gives no status.
pub fn is_success(status: u16) -> bool {
    matches!(status, 200 | 201 | 202 | 204)
}

/// A token of the wrong kind was refused.
pub fn is_wrong_token(status: u16) -> bool {
    matches!(status, 401 | 403)
}

/// What belongs to somebody else was refused.
pub fn is_foreign(status: u16) -> bool {
    matches!(status, 403 | 404)
}

/// The request was refused, for whatever reason.
pub fn is_refusal(status: u16) -> bool {
    (400..500).contains(&status)
}

/// An id as paths write it, be it a number or a text. The guide names it for accounts only, so it may have another name
/// elsewhere; ids of something else beside it do not count.
pub fn id(item: &Map<String, Value>) -> Option<String> {
    let of_others = ["account", "plan", "user", "partner", "company", "customer", "alarm", "leak", "item"];
    let is_own = |name: &str| {
        let stem = name.strip_suffix("_id").or_else(|| name.strip_suffix("Id")).or_else(|| name.strip_suffix("_uuid"));
        stem.is_some_and(|stem| !of_others.contains(&stem))
    };
    let named = ["id", "uuid", "_id"].into_iter().find_map(|name| item.get(name));
    named.or_else(|| item.iter().find(|(name, _)| is_own(name)).map(|(_, value)| value)).and_then(id_text)
}

/// A number or a text as an id; nothing else is one.
fn id_text(value: &Value) -> Option<String> {
    match value {
        Value::Number(number) => Some(number.to_string()),
        Value::String(text) if !text.is_empty() => Some(text.clone()),
        _ => None,
    }
}

/// The one item of an answer, under `data` or another name, or bare; none where it holds none, as an empty body or a
/// message does.
pub fn item(body: &Value) -> Option<&Map<String, Value>> {
    let has_id = |item: &&Map<String, Value>| id(item).is_some();
    let bare = body.get("data").unwrap_or(body).as_object()?;
    let within = || bare.values().filter_map(Value::as_object).find(has_id);
    Some(bare).filter(has_id).or_else(within)
}

/// One page of a list.
#[derive(Clone, Debug, PartialEq)]
pub struct Page<'a> {
    /// Its items.
    pub items: &'a [Value],
    /// The query of the page after it, question mark included.
    pub next: Option<String>,
}

/// A list: bare, under `data` or another name, or a page of one with what leads to the next.
pub fn page(body: &Value) -> Option<Page<'_>> {
    // A paginator may stand under `data` itself.
    let around = body.get("data").filter(|data| data.is_object()).unwrap_or(body);
    let data = around.get("data").unwrap_or(around);
    let named = || {
        let mut lists = data.as_object()?.iter().filter(|(name, _)| !["links", "meta", "errors"].contains(&&***name));
        lists.find_map(|(_, value)| value.as_array())
    };
    let items = data.as_array().or_else(named)?;
    // Only the query is taken from a link: the host in it may be one that this machine cannot reach.
    let link =
        around.pointer("/links/next").or_else(|| around.get("next_page_url")).or_else(|| body.pointer("/links/next"));
    let linked = link.and_then(Value::as_str).and_then(query_of);
    let meta = body.get("meta").unwrap_or(around);
    let number = |field: &str| meta.get(field).and_then(Value::as_u64);
    let counted = number("current_page").zip(number("last_page")).filter(|(current, last)| current < last);
    Some(Page { items, next: linked.or_else(|| counted.map(|(current, _)| format!("?page={}", current + 1))) })
}

/// Whether a list tells of pages, be it the only one or not.
pub fn has_pages(body: &Value) -> bool {
    let around = body.get("data").filter(|data| data.is_object()).unwrap_or(body);
    let tells =
        |of: &Value| ["links", "meta", "next_page_url", "current_page"].iter().any(|name| of.get(name).is_some());
    tells(body) || tells(around)
}

/// The query of a URL, question mark included.
fn query_of(url: &str) -> Option<String> {
    url.split_once('?').map(|(_, query)| format!("?{query}"))
}

/// The query of the next page that a `Link` header names.
pub fn next_in_header(link: &str) -> Option<String> {
    let is_next = |part: &&str| part.contains("rel=\"next\"") || part.contains("rel=next");
    let url = link.split(',').find(is_next)?.split_once('<')?.1.split_once('>')?.0;
    query_of(url)
}

/// How many items a page of a list holds, if the list has pages and tells.
pub fn page_length(body: &Value) -> Option<u64> {
    body.get("meta").unwrap_or(body).get("per_page")?.as_u64().filter(|length| *length > 0)
}

/// Whether one of the fields of `item` is `value`, in whatever case and with whatever separators the target keeps it, or
/// hidden but for its end: fields may have any name.
pub fn shows(item: &Value, value: &str) -> bool {
    let bare = |text: &str| text.chars().filter(char::is_ascii_alphanumeric).collect::<String>().to_ascii_lowercase();
    let value = bare(value);
    let end = &value[value.len().saturating_sub(2)..];
    fields(item).iter().filter_map(|(_, field)| field.as_str()).any(|text| {
        let is_masked = text.contains(['*', '•', '·', '…', '#']) || text.contains("XX") && !value.contains("xx");
        bare(text) == value || is_masked && bare(text).ends_with(end)
    })
}

/// Whether a field of this name, wherever in an answer it stands, is `value`, in whatever form the target keeps it; none
/// where there is no such field.
pub fn field_is(body: &Value, name: &str, value: &str) -> Option<bool> {
    let named: Vec<_> = fields(body).into_iter().filter(|(of, _)| *of == name).collect();
    let is_it = |(name, field): &(&str, &Value)| {
        let text = field.as_str().map_or_else(|| field.to_string(), str::to_owned);
        shows(&json!({ *name: text }), value)
    };
    (!named.is_empty()).then(|| named.iter().any(is_it))
}

/// The entries of a scan, one for each site: `sites` at the top of the answer, or under `data`.
pub fn sites(body: &Value) -> Option<&Vec<Value>> {
    body.get("sites").or_else(|| body.pointer("/data/sites"))?.as_array()
}

/// The id of the site that an entry of a scan is about: its own, unless it tells the site's apart.
pub fn site_id(entry: &Value) -> Option<String> {
    own_id(entry, &["/site_id", "/siteId", "/site/id"])
}

/// The id of an alarm: that of an entry about it, or its own.
pub fn alarm_id(entry: &Value) -> Option<String> {
    own_id(entry, &["/alarm_id", "/alarmId", "/alarm_uuid"])
}

/// The id of a leak, likewise.
pub fn leak_id(entry: &Value) -> Option<String> {
    own_id(entry, &["/leak_id", "/leakId", "/leak_uuid"])
}

/// An id at one of these places, or else the entry's own.
fn own_id(entry: &Value, places: &[&str]) -> Option<String> {
    let named = places.iter().find_map(|place| entry.pointer(place).and_then(id_text));
    named.or_else(|| entry.as_object().and_then(id))
}

/// The token of a login, at the top of the body: a number, a bar and an opaque secret.
pub fn token(body: &Value) -> Option<&str> {
    let token = body.get("token")?.as_str()?;
    let (number, secret) = token.split_once('|')?;
    let is_number = !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit());
    (is_number && !secret.is_empty() && body.get("data").is_none()).then_some(token)
}

/// `text` as the value of a query.
pub fn in_query(text: &str) -> String {
    utf8_percent_encode(text, NON_ALPHANUMERIC).to_string()
}

/// The first link of a message.
pub fn first_link(text: &str) -> Option<&str> {
    let start = ["https://", "http://"].into_iter().filter_map(|scheme| text.find(scheme)).min()?;
    let link = text[start..].split(|char: char| char.is_whitespace() || "\"'<>".contains(char)).next()?;
    Some(link.trim_end_matches(['.', ',', ')']))
}

/// The first run of 4 to 8 digits of a message.
pub fn first_code(text: &str) -> Option<&str> {
    text.split(|char: char| !char.is_ascii_digit()).find(|digits| (4..=8).contains(&digits.len()))
}

/// A code of the same form that is not `code`.
pub fn other_code(code: &str) -> String {
    code.chars().map(|digit| if digit == '0' { '1' } else { '0' }).collect()
}

/// Whether a field of this name holds a boolean (FORMAT-5).
pub fn is_boolean_name(name: &str) -> bool {
    ["is_", "has_", "can_", "show_", "enable_", "skip_"].iter().any(|prefix| name.starts_with(prefix))
}

/// A boolean in whatever form either format writes one.
pub fn boolean(value: &Value) -> Option<bool> {
    match value {
        Value::Bool(value) => Some(*value),
        Value::Number(number) => Some(number.as_u64()? != 0),
        Value::String(text) => match &**text {
            "1" | "true" => Some(true),
            "0" | "false" => Some(false),
            _ => None,
        },
        Value::Null | Value::Array(_) | Value::Object(_) => None,
    }
}

/// What is wrong with an error in `format`, if anything is (FORMAT-6 to 8). More fields than the guide names may stand
/// in it.
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

/// All fields of `body` at any depth, with their names.
pub fn fields(body: &Value) -> Vec<(&str, &Value)> {
    let named = |(name, value)| std::iter::once((name, value)).chain(fields(value));
    match body {
        Value::Object(object) => object.iter().map(|(name, value)| (name.as_str(), value)).flat_map(named).collect(),
        Value::Array(values) => values.iter().flat_map(fields).collect(),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => Vec::new(),
    }
}

/// Whether `text` has the form of `pattern`, in which `0` is any digit.
fn has_form(text: &str, pattern: &str) -> bool {
    let is_as = |(byte, wanted): (u8, u8)| if wanted == b'0' { byte.is_ascii_digit() } else { byte == wanted };
    text.len() == pattern.len() && text.bytes().zip(pattern.bytes()).all(is_as)
}

/// Whether `text` is a pure date, the same in both formats (FORMAT-4).
pub fn is_date(text: &str) -> bool {
    has_form(text, "0000-00-00")
}

/// Whether `text` is a date with a time, in whatever form.
pub fn is_like_datetime(text: &str) -> bool {
    text.get(..10).is_some_and(is_date) && text.get(11..16).is_some_and(|time| has_form(time, "00:00"))
}

/// Whether `text` is a datetime as `format` writes it (FORMAT-3).
pub fn is_datetime(text: &str, format: Format) -> bool {
    match format {
        Format::Standardized => has_form(text, "0000-00-00T00:00:00Z"),
        Format::Legacy => has_form(text, "0000-00-00 00:00:00"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_item_is_enveloped_or_bare_and_its_id_a_number_or_a_text() {
        let cases = [
            (json!({ "data": { "id": 7 } }), Some("7")),
            (json!({ "id": "b3c1" }), Some("b3c1")),
            (json!({ "message": "Created." }), None),
            (json!({ "data": [{ "id": 7 }] }), None),
            (json!({ "email": { "uuid": "b3c1", "account_id": 4 } }), Some("b3c1")),
            (json!({ "data": { "account_id": 4, "emailId": 9 } }), Some("9")),
            (json!({ "data": { "account_id": 4 } }), None),
            (json!({ "id": null }), None),
            (Value::Null, None),
        ];
        for (body, expected) in cases {
            assert_eq!(item(&body).and_then(id).as_deref(), expected, "{body}");
        }
    }

    #[test]
    fn a_list_is_enveloped_bare_or_paginated() {
        let cases = [
            (json!([1, 2]), Some((2, None))),
            (json!({ "data": [1], "meta": { "current_page": 2, "last_page": 2 } }), Some((1, None))),
            (json!({ "data": [1], "meta": { "current_page": 1, "last_page": 3 } }), Some((1, Some("?page=2")))),
            (json!({ "data": [1], "links": { "next": "http://elsewhere/x?page=2" } }), Some((1, Some("?page=2")))),
            (json!({ "data": [], "next_page_url": "/x?cursor=abc" }), Some((0, Some("?cursor=abc")))),
            (json!({ "emails": [1, 2] }), Some((2, None))),
            (json!({ "data": { "data": [1], "current_page": 1, "last_page": 2 } }), Some((1, Some("?page=2")))),
            (json!({ "data": {} }), None),
            (Value::Null, None),
        ];
        for (body, expected) in cases {
            let page = page(&body).map(|page| (page.items.len(), page.next));
            assert_eq!(page, expected.map(|(items, next)| (items, next.map(str::to_owned))), "{body}");
        }
    }

    #[test]
    fn a_list_may_tell_of_pages_though_there_is_one() {
        let cases = [
            (json!({ "data": [] }), false),
            (json!([{ "id": 7 }]), false),
            (json!({ "data": [], "links": { "next": null } }), true),
            (json!({ "data": [], "meta": { "per_page": 15 } }), true),
            (json!({ "data": { "current_page": 1, "data": [] } }), true),
        ];
        for (body, expected) in cases {
            assert_eq!(has_pages(&body), expected, "{body}");
        }
    }

    #[test]
    fn a_header_may_lead_to_the_next_page() {
        let header = r#"<http://x/a?page=1>; rel="prev", <http://x/a?page=3>; rel="next""#;
        assert_eq!(next_in_header(header).as_deref(), Some("?page=3"));
        assert_eq!(next_in_header(r#"<http://x/a?page=1>; rel="prev""#), None);
    }

    #[test]
    fn a_status_is_read_by_what_it_means() {
        let cases = [
            (is_success as fn(u16) -> bool, &[200, 201, 202, 204][..]),
            (is_wrong_token, &[401, 403]),
            (is_foreign, &[403, 404]),
            (is_refusal, &[400, 401, 403, 404, 422]),
        ];
        for (means, expected) in cases {
            let statuses = [200, 201, 202, 204, 302, 400, 401, 403, 404, 422, 500].into_iter();
            assert_eq!(statuses.filter(|status| means(*status)).collect::<Vec<_>>(), expected);
        }
    }

    #[test]
    fn tokens_links_and_codes_are_found() {
        assert_eq!(token(&json!({ "token": "12|abc" })), Some("12|abc"));
        for odd in [r#"{"data":{"token":"1|abc"}}"#, r#"{"token":"abc"}"#, r#"{"token":"1|"}"#, "1"] {
            assert_eq!(token(&serde_json::from_str(odd).expect("JSON")), None, "{odd}");
        }
        let text = "Hello 007,\nopen (https://example.com/c/12?x=1), or http://example.net. Your code: 482913!";
        assert_eq!((first_link(text), first_code(text)), (Some("https://example.com/c/12?x=1"), Some("482913")));
        assert_eq!((first_link("no link"), first_code("123 123456789")), (None, None));
    }

    #[test]
    fn a_field_is_found_by_its_name() {
        let cases = [
            (json!({ "data": { "zip": "111 22" } }), Some(true)),
            (json!({ "profile": { "zip": 11122 } }), Some(true)),
            (json!({ "zip": "11123" }), Some(false)),
            (json!({ "data": { "zip": null } }), Some(false)),
            (json!({ "data": { "zip_code": "11122" } }), None),
            (Value::Null, None),
        ];
        for (body, expected) in cases {
            assert_eq!(field_is(&body, "zip", "11122"), expected, "{body}");
        }
    }

    #[test]
    fn sites_stand_at_the_top_or_under_data_and_have_ids() {
        let cases = [
            (json!({ "sites": [{ "id": 7 }] }), Some("7")),
            (json!({ "data": { "sites": [{ "id": 1, "site_id": 7 }] } }), Some("7")),
            (json!({ "sites": [{ "id": 1, "site": { "id": "b3c1" } }] }), Some("b3c1")),
            (json!({ "sites": [{ "name": "x" }] }), None),
            (json!({ "data": [{ "id": 7 }] }), None),
            (json!({ "sites": { "id": 7 } }), None),
        ];
        for (body, expected) in cases {
            let found = sites(&body).and_then(|sites| site_id(&sites[0]));
            assert_eq!(found.as_deref(), expected, "{body}");
        }
    }

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

    #[test]
    fn datetimes_have_the_form_of_their_format() {
        let cases = [
            ("2026-06-16T21:02:05Z", true, false),
            ("2026-06-16 21:02:05", false, true),
            ("2026-06-16T21:02:05", false, false),
            ("2026-06-16T21:02:05.123Z", false, false),
            ("2026-06-16T21:02:05+00:00", false, false),
        ];
        for (text, standardized, legacy) in cases {
            let forms = [Format::Standardized, Format::Legacy].map(|format| is_datetime(text, format));
            assert!(is_like_datetime(text) && forms == [standardized, legacy], "{text}");
        }
        assert!(!is_like_datetime("2026-06-16") && is_date("2026-06-16") && !is_like_datetime("åäö åäö åäö åäö"));
    }
}
