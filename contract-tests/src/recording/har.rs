//! Recordings of browsers, proxies and other tools as HAR 1.2. They are full of secrets: what is read here stays in memory.

use std::collections::BTreeMap;

use base64::Engine;
use jiff::Timestamp;
use serde::Deserialize;
use serde_json::Value;

use super::{Recorded, Who};
use crate::format::Format;
use crate::reader;

/// A recording, as far as it is of this API.
#[derive(Debug, Default)]
pub(crate) struct Recording {
    pub(crate) exchanges: Vec<Recorded>,
    /// The host of the first exchange.
    pub(crate) host: String,
    /// Entries that were passed over, by reason.
    pub(crate) passed_over: BTreeMap<&'static str, u64>,
}

#[derive(Deserialize)]
struct Har {
    log: Log,
}

#[derive(Deserialize)]
struct Log {
    entries: Vec<Entry>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Entry {
    /// Its place in the file, from 1.
    #[serde(skip)]
    place: usize,
    started_date_time: Option<String>,
    /// In milliseconds; below zero where it is not known.
    #[serde(default)]
    time: f64,
    request: Sent,
    response: Received,
}

impl Entry {
    /// When it began, if the recording tells.
    fn began(&self) -> Option<Timestamp> {
        self.started_date_time.as_deref()?.parse().ok()
    }

    /// When it began and ended, in milliseconds, if the recording tells.
    fn span(&self) -> Option<(i64, i64)> {
        let began = self.began()?.as_millisecond();
        Some((began, began + self.time.max(0.0) as i64))
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Sent {
    method: String,
    url: String,
    #[serde(default)]
    headers: Vec<Header>,
    post_data: Option<PostData>,
}

#[derive(Deserialize)]
struct PostData {
    text: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Received {
    status: u16,
    #[serde(default)]
    body_size: i64,
    #[serde(default)]
    headers: Vec<Header>,
    #[serde(default)]
    content: Content,
}

impl Received {
    /// Whether a body came that the recording does not hold: tools leave it out, and write its length at most.
    fn lacks_its_body(&self) -> bool {
        let is_without = matches!(self.status, 204 | 205 | 304);
        let length = value_of(&self.headers, "content-length").and_then(|length| length.parse::<u64>().ok());
        let is_told = self.content.size > 0 || self.body_size > 0 || length.is_some_and(|length| length > 0);
        let is_unknown = self.content.size < 0 && length != Some(0);
        self.content.text.is_none() && !is_without && (is_told || is_unknown)
    }
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Content {
    /// -1 where it is not known.
    #[serde(default)]
    size: i64,
    #[serde(default)]
    mime_type: String,
    text: Option<String>,
    encoding: Option<String>,
}

#[derive(Deserialize)]
struct Header {
    name: String,
    value: String,
}

const OTHER: &str = "not of this API";
const NO_BODY: &str = "without the body that came";
const NO_ANSWER: &str = "without an answer";

/// The sentence for recordings with nothing of this API in them: these were passed over, by reason.
pub(crate) fn nothing(passed_over: impl IntoIterator<Item = (impl AsRef<str>, u64)>) -> String {
    let reasons = passed_over.into_iter().map(|(reason, count)| format!("{count} {}", reason.as_ref()));
    match reasons.collect::<Vec<_>>() {
        reasons if reasons.is_empty() => "nothing of this API is in it: it has no entries".to_owned(),
        reasons => format!("nothing of this API is in it ({})", reasons.join(", ")),
    }
}

/// Reads a recording.
///
/// # Errors
/// A text that is no HAR: a sentence.
pub(crate) fn read(text: &str) -> Result<Recording, String> {
    let mut har: Har =
        serde_json::from_str(text.trim_start_matches('\u{feff}')).map_err(|error| format!("it is no HAR: {error}"))?;
    (1..).zip(&mut har.log.entries).for_each(|(place, entry)| entry.place = place);
    if har.log.entries.iter().all(|entry| entry.began().is_some()) {
        har.log.entries.sort_by_key(Entry::began);
    }
    let mut recording = Recording::default();
    let mut tokens = BTreeMap::new();
    // Tools take the header out of a recording that is to be shared: then a call without a token tells nothing.
    let has_tokens = har.log.entries.iter().any(|entry| value_of(&entry.request.headers, "authorization").is_some());
    for entry in har.log.entries {
        match exchange(&entry, has_tokens, &mut tokens) {
            Ok((host, exchange)) => {
                if recording.host.is_empty() {
                    recording.host = host;
                }
                recording.exchanges.push(exchange);
            }
            Err(reason) => *recording.passed_over.entry(reason).or_default() += 1,
        }
    }
    Ok(recording)
}

fn exchange(
    entry: &Entry,
    has_tokens: bool,
    tokens: &mut BTreeMap<String, Who>,
) -> Result<(String, Recorded), &'static str> {
    let Entry { request, response, .. } = entry;
    let (_, rest) = request.url.split_once("://").ok_or(OTHER)?;
    let (host, path) = rest.split_once('/').ok_or(OTHER)?;
    // There may be a prefix before the API.
    let place = ["api/v1/", "api/v2/"].into_iter().filter_map(|root| path.find(root)).min().ok_or(OTHER)?;
    let path = format!("/{}", &path[place..]);
    if response.status == 0 {
        return Err(NO_ANSWER);
    }
    if response.lacks_its_body() {
        return Err(NO_BODY);
    }
    let text = match (&response.content.text, &*response.content.encoding.clone().unwrap_or_default()) {
        (Some(text), "base64") => {
            let bytes = base64::engine::general_purpose::STANDARD.decode(text).map_err(|_| NO_BODY)?;
            String::from_utf8(bytes).map_err(|_| NO_BODY)?
        }
        (Some(text), _) => text.clone(),
        (None, _) => String::new(),
    };
    let sent = |name: &str| value_of(&request.headers, name);
    let answer: Value = serde_json::from_str(&text).unwrap_or_default();
    let body = request.post_data.as_ref().and_then(|data| data.text.clone());
    let token = sent("authorization").and_then(|value| value.split_once(' ')).map(|(_, token)| token.to_owned());
    let (who, is_sure) = who(&path, token.as_deref(), has_tokens, tokens);
    if let (Some(issued), true) = (reader::token(&answer), (200..300).contains(&response.status))
        && !reader::is_withheld(issued)
    {
        let email = body.as_deref().and_then(|body| serde_json::from_str::<Value>(body).ok());
        let email = email.and_then(|body| body["email"].as_str().map(str::to_owned));
        let is_partner = path.contains("/auth/login");
        tokens.insert(issued.to_owned(), if is_partner { Who::Crm } else { Who::App(email.unwrap_or_else(unnamed)) });
    }
    let is_standardized = sent("x-api-version").is_some_and(|version| version.trim() == "2026-06-12");
    let media_type = if text.is_empty() { "" } else { &*response.content.mime_type };
    let media_type = media_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    let exchange = Recorded {
        entry: entry.place,
        case: 0,
        who,
        is_sure,
        span: entry.span(),
        method: request.method.to_ascii_uppercase(),
        path,
        format: if is_standardized { Format::Standardized } else { Format::Legacy },
        body,
        status: response.status,
        media_type,
        headers: response.headers.iter().map(|header| header.name.to_ascii_lowercase()).collect(),
        answer,
    };
    Ok((host.to_owned(), exchange))
}

fn value_of<'a>(headers: &'a [Header], name: &str) -> Option<&'a str> {
    headers.iter().find(|header| header.name.eq_ignore_ascii_case(name)).map(|header| header.value.as_str())
}

/// The user of a token whose login is not in the recording.
fn unnamed() -> String {
    "recorded@example.com".to_owned()
}

/// The caller: by the login that has issued the token, and then it is sure, or else by the route, which takes one kind of
/// token.
fn who(path: &str, token: Option<&str>, has_tokens: bool, tokens: &BTreeMap<String, Who>) -> (Who, bool) {
    let by_route = || {
        let is_below_account = path.starts_with("/api/v1/account/") || path.starts_with("/api/v1/alarms-list");
        if is_below_account { Who::Crm } else { Who::App(unnamed()) }
    };
    let is_login = path.contains("/auth/") || path.contains("/sso/");
    match token {
        None if has_tokens || is_login => (Who::Nobody, has_tokens),
        None => (by_route(), false),
        // The mock's own log has a variable in the place of each token.
        Some("$CRM_TOKEN") => (Who::Crm, true),
        Some("$APP_TOKEN") => (Who::App(unnamed()), true),
        Some(token) => match tokens.get(token) {
            Some(known) => (known.clone(), true),
            None => (by_route(), false),
        },
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn entry(method: &str, url: &str, token: Option<&str>, status: u16, text: Option<&str>) -> Value {
        let headers = token.map(|token| json!({ "name": "Authorization", "value": format!("Bearer {token}") }));
        json!({
            "request": { "method": method, "url": url, "headers": headers.into_iter().collect::<Vec<_>>() },
            "response": {
                "status": status, "headers": [],
                "content": { "size": 9, "mimeType": "application/json; charset=utf-8", "text": text },
            },
        })
    }

    #[test]
    fn exchanges_of_the_api_are_read_and_all_else_is_counted() {
        let base = "https://api.example.com/gateway/api/v1";
        let har = json!({ "log": { "entries": [
            entry("GET", "https://cdn.example.com/app.js", None, 200, Some("x")),
            entry("POST", &format!("{base}/crm/auth/login"), None, 200, Some(r#"{"token":"7|secret"}"#)),
            entry("GET", &format!("{base}/alarms"), Some("7|secret"), 200, Some("[]")),
            entry("GET", &format!("{base}/alarms"), Some("8|other"), 200, Some("[]")),
            entry("GET", &format!("{base}/account/3/alarms?page=2"), Some("9|other"), 200, Some("[]")),
            entry("GET", &format!("{base}/alarms"), Some("$CRM_TOKEN"), 200, Some("[]")),
            entry("GET", &format!("{base}/email-watchlist"), None, 401, None),
            entry("GET", &format!("{base}/email-watchlist"), None, 0, Some("")),
        ] } });
        let recording = read(&har.to_string()).expect("a HAR");
        let seen: Vec<(&str, &Who)> = recording.exchanges.iter().map(|one| (&*one.path, &one.who)).collect();
        let unnamed = Who::App(unnamed());
        let expected = [
            ("/api/v1/crm/auth/login", &Who::Nobody),
            ("/api/v1/alarms", &Who::Crm),
            ("/api/v1/alarms", &unnamed),
            ("/api/v1/account/3/alarms?page=2", &Who::Crm),
            ("/api/v1/alarms", &Who::Crm),
        ];
        assert_eq!(seen, expected);
        assert_eq!(recording.host, "api.example.com");
        assert_eq!(recording.passed_over, BTreeMap::from([(OTHER, 1), (NO_BODY, 1), (NO_ANSWER, 1)]));
        assert!(read("[]").is_err());
    }
}
