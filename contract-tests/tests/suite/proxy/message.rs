//! Requests and answers on their way through the proxy.

use axum::http::{HeaderMap, HeaderValue, Method, header};
use serde_json::Value;

use super::kinds::{KINDS, Kind};

/// A request on its way to the mock.
#[derive(Clone, Debug, Default)]
pub(crate) struct Asked {
    pub(crate) method: Method,
    /// Below the base URL of the world that it is for, with its query.
    pub(crate) path: String,
    pub(crate) headers: HeaderMap,
    pub(crate) body: String,
    /// The path of the sandbox that it is for, if it is for one.
    pub(super) sandbox: String,
    /// Whether another request with this method is on its way.
    pub(crate) is_in_company: bool,
}

/// An answer on its way back.
#[derive(Clone, Debug, Default)]
pub(crate) struct Answered {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) body: String,
}

impl Asked {
    /// Whether it is this method on a path that ends so, below an account or not.
    pub(crate) fn is(&self, method: &str, end: &str) -> bool {
        self.method == method && self.is_api() && self.route().ends_with(end)
    }

    /// Whether it is this method on a path that holds this part.
    pub(crate) fn is_within(&self, method: &str, part: &str) -> bool {
        self.method == method && self.is_api() && self.route().contains(part)
    }

    /// Whether it is for a private world.
    pub(crate) fn is_apart(&self) -> bool {
        !self.sandbox.is_empty()
    }

    /// The path without its query.
    pub(crate) fn route(&self) -> &str {
        self.path.split('?').next().unwrap_or_default()
    }

    fn is_api(&self) -> bool {
        self.path.starts_with("/api/")
    }

    /// The account of a path of the CRM.
    pub(crate) fn account(&self) -> Option<&str> {
        self.id_after("/account/")
    }

    /// The alarm of a path.
    pub(crate) fn alarm(&self) -> Option<&str> {
        self.id_after("/alarms/")
    }

    fn id_after(&self, part: &str) -> Option<&str> {
        let (_, rest) = self.route().split_once(part)?;
        rest.split('/').next().filter(|segment| is_id(segment))
    }

    /// Whether it is for an account itself, and not for something on it.
    pub(crate) fn ends_with_account(&self) -> bool {
        self.is_api() && self.account().is_some_and(|id| self.route().ends_with(&format!("/account/{id}")))
    }

    /// Whether it adds an item to a watchlist.
    pub(crate) fn is_add(&self) -> bool {
        self.method == Method::POST && self.kind().is_some_and(|kind| self.end() == kind.one)
    }

    /// Whether it removes an item.
    pub(crate) fn is_removal(&self) -> bool {
        self.method == Method::DELETE && self.item().is_some()
    }

    /// Whether it is for the leaks of a kind of items.
    pub(crate) fn is_for_leaks(&self) -> bool {
        self.is("GET", "/leaks")
    }

    /// Whether it changes an account, by its partner or its user.
    pub(crate) fn is_update(&self) -> bool {
        let is_change = self.method == Method::PUT || self.method == Method::PATCH;
        is_change && (self.ends_with_account() || self.route() == "/api/v1/account")
    }

    /// Whether it closes an alarm.
    pub(crate) fn is_close(&self) -> bool {
        self.is("GET", "/close")
    }

    /// The kind of items that it is for.
    pub(crate) fn kind(&self) -> Option<&'static Kind> {
        let first = self.end().split('/').nth(1)?;
        KINDS.iter().find(|kind| [kind.list, kind.one].iter().any(|path| path.trim_start_matches('/') == first))
    }

    /// The item that its path names.
    pub(crate) fn item(&self) -> Option<&str> {
        let id = self.end().strip_prefix(self.kind()?.one)?.strip_prefix('/')?;
        Some(id).filter(|id| !id.contains('/') && is_id(id))
    }

    /// The end of its path: after the account, or after the version where it names none; empty on an account itself.
    pub(crate) fn end(&self) -> &str {
        without_account(self.route())
    }

    /// Another request of the same caller, in the same world.
    pub(crate) fn another(&self, method: Method, path: impl Into<String>) -> Self {
        Self { method, path: path.into(), body: String::new(), ..self.clone() }
    }

    /// The same request by the partner, on an account.
    pub(super) fn on_account(mut self, account: &str) -> Self {
        self.path = format!("/api/v1/account/{account}{}", without_account(&self.path));
        self
    }

    /// The same request by the user.
    pub(super) fn on_own_account(mut self) -> Self {
        let end = match without_account(&self.path) {
            "" => "/account",
            end => end,
        };
        self.path = format!("/api/v1{end}");
        self
    }

    /// With this body.
    pub(crate) fn with(mut self, body: &Value) -> Self {
        self.headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
        self.body = body.to_string();
        self
    }

    /// The bearer token.
    pub(crate) fn token(&self) -> Option<&str> {
        self.headers.get(header::AUTHORIZATION)?.to_str().ok()?.strip_prefix("Bearer ")
    }

    /// The scheme of its credentials, and these; the scheme is empty where it names none.
    pub(crate) fn credentials(&self) -> Option<(&str, &str)> {
        let text = self.headers.get(header::AUTHORIZATION)?.to_str().ok()?;
        Some(text.split_once(' ').unwrap_or(("", text)))
    }

    /// Sends another token instead.
    pub(crate) fn set_token(&mut self, token: &str) {
        let value = HeaderValue::try_from(format!("Bearer {token}")).expect("a token is ASCII");
        self.headers.insert(header::AUTHORIZATION, value);
    }

    /// Asks for another version instead.
    pub(crate) fn set_version(&mut self, version: Option<&'static str>) {
        self.headers.remove("x-api-version");
        if let Some(version) = version {
            self.headers.insert("x-api-version", HeaderValue::from_static(version));
        }
    }

    /// Whether it asks for the standardized format.
    pub(crate) fn is_standardized(&self) -> bool {
        self.headers.get("x-api-version").is_some_and(|version| version == "2026-06-12")
    }

    /// The body as JSON.
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_default()
    }

    /// Changes the body.
    pub(crate) fn edit(&mut self, edit: impl FnOnce(&mut Value)) {
        let mut body = self.json();
        edit(&mut body);
        self.body = body.to_string();
    }
}

impl Answered {
    /// An answer with a body of JSON.
    pub(crate) fn json(status: u16, body: &Value) -> Self {
        let mut answer = Self { status, body: body.to_string(), ..Self::default() };
        answer.set_content_type("application/json");
        answer
    }

    /// An answer without a body.
    pub(crate) fn empty(status: u16) -> Self {
        Self { status, ..Self::default() }
    }

    /// The body as JSON.
    pub(crate) fn value(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_default()
    }

    /// Changes a body of JSON.
    pub(crate) fn edit(&mut self, edit: impl FnOnce(&mut Value)) {
        if let Ok(mut body) = serde_json::from_str(&self.body) {
            edit(&mut body);
            self.body = body.to_string();
        }
    }

    /// Changes every field of a body of JSON, at any depth.
    pub(crate) fn each_field(&mut self, change: fn(&str, &mut Value)) {
        self.edit(|body| each_field(body, change));
    }

    /// Changes its data, with or without an envelope.
    pub(crate) fn edit_data(&mut self, edit: impl FnOnce(&mut Value)) {
        self.edit(|body| match body.get_mut("data") {
            Some(data) => edit(data),
            None => edit(body),
        });
    }

    /// Changes the items of a list.
    pub(crate) fn edit_list(&mut self, edit: impl FnOnce(&mut Vec<Value>)) {
        self.edit_data(|data| {
            if let Some(items) = data.as_array_mut() {
                edit(items);
            }
        });
    }

    /// Its data, with or without an envelope.
    pub(crate) fn data(&self) -> Value {
        let mut body = self.value();
        match body.get_mut("data") {
            Some(data) => data.take(),
            None => body,
        }
    }

    /// The items of a list.
    pub(crate) fn items(&self) -> Vec<Value> {
        self.data().as_array().cloned().unwrap_or_default()
    }

    /// The id in its data.
    pub(crate) fn id(&self) -> Option<String> {
        self.data().get("id").map(id_text)
    }

    pub(crate) fn is_success(&self) -> bool {
        (200..300).contains(&self.status)
    }

    pub(crate) fn set_content_type(&mut self, to: &'static str) {
        self.headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(to));
    }
}

/// An id as paths have it.
pub(crate) fn id_text(id: &Value) -> String {
    id.as_str().map_or_else(|| id.to_string(), str::to_owned)
}

/// The end of a path: after the account, or after the version where it names none.
fn without_account(path: &str) -> &str {
    let end = path.strip_prefix("/api/v1").or_else(|| path.strip_prefix("/api/v2")).unwrap_or(path);
    let Some(rest) = end.strip_prefix("/account").filter(|rest| rest.is_empty() || rest.starts_with(['/', '?'])) else {
        return end;
    };
    match rest.strip_prefix('/') {
        Some(named) if is_id(named.split(['/', '?']).next().unwrap_or_default()) => {
            &named[named.find(['/', '?']).unwrap_or(named.len())..]
        }
        Some(_) => end,
        None => rest,
    }
}

/// Whether a segment of a path is an id, and not a word: a number or a UUID.
fn is_id(segment: &str) -> bool {
    segment.bytes().any(|byte| byte.is_ascii_digit())
}

fn each_field(body: &mut Value, change: fn(&str, &mut Value)) {
    match body {
        Value::Object(fields) => {
            for (name, value) in fields {
                change(name, value);
                each_field(value, change);
            }
        }
        Value::Array(values) => values.iter_mut().for_each(|value| each_field(value, change)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}
