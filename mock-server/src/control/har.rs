//! The journal as HAR 1.2, which browsers, proxies and the contract suite read. Values are masked as in the journal.

use axum::http::StatusCode;
use serde_json::{Map, Value as Json, json};

use crate::world::record::{RecordedMessage, RequestRecord};

/// The requests as one HAR, sent to the world at `base`.
pub(crate) fn har(records: &[RequestRecord], base: &str) -> Json {
    let creator = json!({ "name": "mock-server", "version": env!("CARGO_PKG_VERSION") });
    let entries: Vec<Json> = records.iter().map(|record| entry(record, base)).collect();
    json!({ "log": { "version": "1.2", "creator": creator, "entries": entries } })
}

fn entry(record: &RequestRecord, base: &str) -> Json {
    json!({
        "startedDateTime": record.at,
        "time": record.duration_ms,
        "request": request(record, base),
        "response": response(record),
        "cache": {},
        "timings": { "send": 0, "wait": record.duration_ms, "receive": 0 },
        "comment": record.hint.as_deref().unwrap_or_default(),
    })
}

fn request(record: &RequestRecord, base: &str) -> Json {
    let query = record.path.split_once('?').map_or("", |(_, query)| query);
    let pairs = query.split('&').filter(|pair| !pair.is_empty());
    let pairs = pairs.map(|pair| pair.split_once('=').unwrap_or((pair, "")));
    let query: Vec<Json> = pairs.map(|(name, value)| json!({ "name": name, "value": value })).collect();
    let mut request = json!({
        "method": record.method,
        "url": format!("{base}{}", record.path),
        "httpVersion": "HTTP/1.1",
        "cookies": [],
        "headers": headers(&record.request.headers),
        "queryString": query,
        "headersSize": -1,
        "bodySize": size(&record.request),
    });
    if let Some(body) = &record.request.body {
        request["postData"] = json!({ "mimeType": media_type(&record.request), "text": body.to_string() });
    }
    request
}

fn response(record: &RequestRecord) -> Json {
    let Some(response) = &record.response else {
        let content = json!({ "size": 0, "mimeType": "" });
        return json!({
            "status": 0, "statusText": "", "httpVersion": "", "cookies": [], "headers": [], "content": content,
            "redirectURL": "", "headersSize": -1, "bodySize": -1, "_error": "a fault ended the connection",
        });
    };
    let status = StatusCode::from_u16(response.status).ok().and_then(|status| status.canonical_reason());
    let mut content = json!({
        "size": response.message.bytes.unwrap_or_default(),
        "mimeType": media_type(&response.message),
    });
    if let Some(body) = &response.message.body {
        content["text"] = body.to_string().into();
    }
    json!({
        "status": response.status,
        "statusText": status.unwrap_or_default(),
        "httpVersion": "HTTP/1.1",
        "cookies": [],
        "headers": headers(&response.message.headers),
        "content": content,
        "redirectURL": "",
        "headersSize": -1,
        "bodySize": size(&response.message),
    })
}

fn headers(headers: &Map<String, Json>) -> Vec<Json> {
    headers.iter().map(|(name, value)| json!({ "name": name, "value": value })).collect()
}

fn media_type(message: &RecordedMessage) -> &str {
    message.headers.get("content-type").and_then(Json::as_str).unwrap_or_default()
}

/// The length of a body, as HAR writes one that is not known.
fn size(message: &RecordedMessage) -> i64 {
    message.bytes.and_then(|bytes| i64::try_from(bytes).ok()).unwrap_or(-1)
}
