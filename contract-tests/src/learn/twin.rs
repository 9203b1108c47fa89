//! A mock that is sent what a target was sent, with its own ids, tokens and codes in the place of the target's.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use reqwest::Method;
use serde_json::{Value, json};

use super::operation::{Operation, captures_of, operation_of};
use super::pairs::{any_id, pairs};
use super::terms::{deciding, text_of, token_of};
use crate::format::Format;
use crate::mock::Mock;
use crate::reader;
use crate::recording::{Recorded, Who};
use crate::target::{CrmLogin, SsoClient, Target};

/// The mock's own answer to what a target was sent.
#[derive(Clone, Debug)]
pub(crate) struct TwinAnswer {
    /// The operation, or `other` where none is documented.
    pub(crate) operation: String,
    /// The token of the request.
    pub(crate) token: &'static str,
    /// The status, and the assumptions that decide the case.
    pub(crate) case: String,
    pub(crate) status: u16,
    pub(crate) body: Value,
}

/// The mock and what it takes to speak to it.
#[derive(Debug)]
pub(crate) struct Twin {
    mock: Mock,
    http: reqwest::Client,
    /// The mock's ids by the target's.
    pub(crate) ids: HashMap<String, String>,
    /// Tokens by user; partners are under their places.
    tokens: HashMap<String, String>,
    /// The last code for a login that was issued, by email.
    sso_codes: BTreeMap<String, String>,
    /// The accounts that each case has worked with.
    accounts: HashMap<u64, HashSet<String>>,
    opened: HashSet<String>,
    plans: HashMap<String, u64>,
    /// By operation and field: the name that the target has for it.
    pub(crate) names: BTreeMap<String, BTreeMap<String, String>>,
    other_login: Option<CrmLogin>,
    client: Option<SsoClient>,
}

/// How a target was found to behave that cannot be said to the mock: nothing is learnt of it.
const UNKNOWN_OBJECT: &str = "of an object that was not seen to be made";

impl Twin {
    /// A mock that follows what was found of the target where the guide is silent.
    pub(crate) async fn start(assumptions: &BTreeMap<String, String>, target: Option<&Target>) -> Self {
        let mock = Mock::following(assumptions).await;
        let http = reqwest::Client::builder().no_proxy().tls_certs_only([]).build().expect("a client for this machine");
        let mut twin = Self {
            mock,
            http,
            ids: HashMap::new(),
            tokens: HashMap::new(),
            sso_codes: BTreeMap::new(),
            accounts: HashMap::new(),
            opened: HashSet::new(),
            plans: HashMap::new(),
            names: BTreeMap::new(),
            other_login: target.and_then(|target| target.crm2.clone()),
            client: target.and_then(|target| target.sso.clone()),
        };
        if let Some(target) = target {
            twin.plans.insert(target.plan_id.to_string(), 1);
            twin.plans.insert(target.plan_without_online_id.to_string(), 2);
            for (kind, value) in &target.leaked {
                twin.control(Method::POST, "/_mock/leaks", json!({ "kind": kind, "value": value })).await;
            }
        }
        twin
    }

    /// By operation: the fields that the mock reads of a body.
    pub(crate) async fn fields(&self) -> BTreeMap<String, BTreeSet<String>> {
        let document = self.control(Method::GET, "/_mock/openapi.json", Value::Null).await.unwrap_or_default();
        let mut fields = BTreeMap::new();
        for (path, methods) in document["paths"].as_object().into_iter().flatten() {
            for (method, operation) in methods.as_object().into_iter().flatten() {
                let schema = &operation["requestBody"]["content"]["application/json"]["schema"];
                let named = schema["$ref"].as_str().and_then(|name| document.pointer(name.trim_start_matches('#')));
                let properties = named.unwrap_or(schema)["properties"].as_object();
                let names = properties.into_iter().flat_map(|properties| properties.keys().cloned()).collect();
                fields.insert(format!("{} {path}", method.to_uppercase()), names);
            }
        }
        fields
    }

    /// Sends a request once more. None for one that is not of the API.
    ///
    /// # Errors
    /// Why nothing can be learnt of it.
    pub(crate) async fn replay(&mut self, recorded: &Recorded) -> Result<Option<TwinAnswer>, &'static str> {
        let (path, query) = recorded.path.split_once('?').unwrap_or((&recorded.path, ""));
        if !path.starts_with("/api/") {
            self.follow(recorded, path).await;
            return Ok(None);
        }
        let operation = operation_of(&recorded.method, path);
        let captures = operation.as_ref().map_or_else(|| captures_of(path), |operation| operation.captures.clone());
        let mut own_path = path.to_owned();
        for (place, capture) in captures.into_iter().enumerate() {
            if path.contains("/alarms/company/") {
                break;
            }
            let is_first = place == 0;
            match self.ids.get(&capture) {
                Some(own) => own_path = replaced(&own_path, &capture, own),
                None if recorded.is_success() && is_first && own_path.starts_with("/api/v1/account/") => {
                    // A recording that begins in the middle: there is such an account.
                    let own = self.make_account(&format!("{capture}@example.com")).await.ok_or(UNKNOWN_OBJECT)?;
                    own_path = replaced(&own_path, &capture, &own);
                    self.ids.insert(capture, own);
                }
                // What the target does not know either may have any id.
                None if recorded.is_success() => return Err(UNKNOWN_OBJECT),
                None => own_path = replaced(&own_path, &capture, "4503599627370495"),
            }
        }
        let other = if path.starts_with("/api/v1/account/") { "other below an account" } else { "other" };
        let name = operation.as_ref().map_or(other, |operation| &*operation.name);
        let body = self.body(recorded, name).await;
        if name == "GET /api/v1/delete-my-data/scan/status" && is_over(&recorded.answer) {
            self.control(Method::PUT, "/_mock/clock", json!({ "advance_seconds": 3600 })).await;
        }
        let query = if query.is_empty() { String::new() } else { format!("?{query}") };
        let mut who = recorded.who.clone();
        // A token that has expired is as good as none that is known.
        if recorded.status == 401 && name != "POST /api/v1/crm/auth/login" && !name.contains("/sso/") {
            who = if who == Who::Nobody { Who::Nobody } else { Who::Unknown };
        }
        self.remember(recorded, &operation);
        let token = self.token(&who).await;
        if token.is_none() && who != Who::Nobody {
            return Err("of a user who could not be logged in");
        }
        let request = (recorded.method.as_str(), format!("{own_path}{query}"));
        let (status, basis, answer) =
            self.send(request, token, recorded.format, body).await.ok_or("the mock gave no answer")?;
        if name == "POST /api/v1/sso/code"
            && let (Some(email), Some(code)) = (sent_text(recorded, "email"), answer["code"].as_str())
        {
            self.sso_codes.insert(email, code.to_owned());
        }
        if recorded.is_success() && status < 300 {
            self.learn_ids(&recorded.answer, &answer);
        }
        let deciding = deciding(&basis);
        let case = deciding.into_iter().fold(status.to_string(), |case, key| case + " " + key);
        let token = if name.contains("/auth/login") || name.contains("/sso/") { "none" } else { token_of(&who) };
        Ok(Some(TwinAnswer { operation: name.to_owned(), token, case, status, body: answer }))
    }

    /// Does what is done beside the API: a link is opened, a leak is told of, time goes by.
    async fn follow(&mut self, recorded: &Recorded, path: &str) {
        let is_control = path.starts_with("/_mock/");
        if is_control && recorded.is_success() {
            let is_meant = path == "/_mock/leaks" || path == "/_mock/clock" || path.ends_with("/eid");
            if let (true, "POST" | "PUT", Some(body)) = (is_meant, &*recorded.method, recorded.json()) {
                let own = path.split('/').map(|part| self.ids.get(part).map_or(part, String::as_str));
                let own = own.collect::<Vec<_>>().join("/");
                let method = if recorded.method == "PUT" { Method::PUT } else { Method::POST };
                self.control(method, &own, body).await;
            }
        } else if !is_control && recorded.is_success() {
            let link = self.message(recorded.case, "link").await.filter(|link| !self.opened.contains(link));
            if let Some(link) = link {
                // A link that no longer works changes nothing.
                drop(self.http.get(&link).send().await);
                self.opened.insert(link);
            }
        }
    }

    /// The last message for a case that has this part.
    async fn message(&self, case: u64, part: &str) -> Option<String> {
        let outbox = self.control(Method::GET, "/_mock/outbox", Value::Null).await?;
        let accounts = self.accounts.get(&case);
        let of_case = |message: &&Value| {
            let account = text_of(&message["account_id"]);
            accounts.is_none_or(|accounts| accounts.contains(&account))
        };
        let messages = outbox["messages"].as_array()?.iter().rev().filter(of_case);
        messages
            .filter_map(|message| message[part].as_str())
            .find(|text| !self.opened.contains(*text))
            .map(str::to_owned)
    }

    /// The body with the mock's ids, codes and credentials in the place of the target's.
    async fn body(&self, recorded: &Recorded, operation: &str) -> Option<String> {
        let text = recorded.body.clone()?;
        let Ok(Value::Object(mut fields)) = serde_json::from_str::<Value>(&text) else { return Some(text) };
        for (name, value) in &mut fields {
            let is_id = ["id", "uuid"].iter().any(|end| name.to_ascii_lowercase().ends_with(end));
            let sent = text_of(value);
            if name == "plan_id" {
                if let Some(plan) = self.plans.get(&sent) {
                    *value = json!(plan);
                }
            } else if is_id && let Some(own) = self.ids.get(&sent) {
                *value = own.parse::<u64>().map_or_else(|_| own.as_str().into(), Value::from);
            }
        }
        // The target does not read the mock's name where it has one of its own.
        for (field, name) in self.names.get(operation).into_iter().flatten() {
            match fields.remove(name) {
                Some(value) => fields.insert(field.clone(), value),
                None => fields.remove(field),
            };
        }
        let is_right = recorded.is_success();
        match operation {
            "POST /api/v1/crm/auth/login" if is_right => {
                let other = matches!(&self.other_login, Some(CrmLogin::Password { username, .. }) if fields["username"] == **username);
                let [username, password] = PARTNERS[usize::from(other)];
                fields.insert("username".into(), username.into());
                fields.insert("password".into(), password.into());
            }
            "POST /api/v1/sso/token" | "POST /api/v1/sso/code" => {
                let is_client = is_right
                    || self.client.as_ref().is_some_and(|client| {
                        fields.get("client_id").is_some_and(|id| *id == *client.client_id)
                            && fields.get("client_secret").is_some_and(|secret| *secret == *client.client_secret.0)
                    });
                if is_client {
                    fields.insert("client_id".into(), CLIENT[0].into());
                    fields.insert("client_secret".into(), CLIENT[1].into());
                }
            }
            "POST /api/v1/sso/login" if is_right => {
                if let Some(code) = self.sso_codes.values().next_back() {
                    fields.insert("code".into(), code.as_str().into());
                }
            }
            _ if is_right && fields.contains_key("code") => {
                if let Some(code) = self.message(recorded.case, "code").await {
                    fields.insert("code".into(), code.into());
                }
            }
            _ => {}
        }
        Some(Value::Object(fields).to_string())
    }

    /// Notes which accounts a case works with.
    fn remember(&mut self, recorded: &Recorded, operation: &Option<Operation>) {
        let named = operation.iter().filter(|operation| operation.name.contains("{account_id}"));
        let ids = named.filter_map(|operation| self.ids.get(operation.captures.first()?));
        let ids: Vec<String> = ids.cloned().collect();
        let own = if let Who::App(email) = &recorded.who { self.ids.get(email).cloned() } else { None };
        self.accounts.entry(recorded.case).or_default().extend(ids.into_iter().chain(own));
    }

    /// An account with this email, whose making was not seen.
    async fn make_account(&mut self, email: &str) -> Option<String> {
        let body = json!({
            "ssn": "19900101-1234", "first_name": "Recorded", "last_name": "Account", "email": email, "country_code": "SE",
            "lang_code": "SV", "plan_id": 1, "type": "SINGLE",
        });
        let token = Box::pin(self.token(&Who::Crm)).await;
        let call = ("POST", "/api/v1/account".to_owned());
        let (_, _, answer) = self.send(call, token, Format::Legacy, Some(body.to_string())).await?;
        let id = reader::item(&answer).and_then(reader::id)?;
        self.ids.insert(email.to_owned(), id.clone());
        Some(id)
    }

    async fn token(&mut self, who: &Who) -> Option<String> {
        let (key, path, body) = match who {
            Who::Nobody => return None,
            Who::Unknown => return Some("9999999|nobody-has-this-token".into()),
            Who::Crm | Who::OtherCrm => {
                let [username, password] = PARTNERS[usize::from(*who == Who::OtherCrm)];
                (
                    username.to_owned(),
                    "/api/v1/crm/auth/login",
                    json!({ "username": username, "password": password, "keep_logged": true }),
                )
            }
            Who::App(email) => {
                let body = json!({ "client_id": CLIENT[0], "client_secret": CLIENT[1], "email": email });
                (email.clone(), "/api/v1/sso/token", body)
            }
        };
        if let Some(token) = self.tokens.get(&key) {
            return Some(token.clone());
        }
        if let Who::App(email) = who
            && !self.ids.contains_key(email)
        {
            self.make_account(email).await;
        }
        let (_, _, answer) = self.send(("POST", path.to_owned()), None, Format::Legacy, Some(body.to_string())).await?;
        let token = answer["token"].as_str()?.to_owned();
        self.tokens.insert(key, token.clone());
        Some(token)
    }

    async fn send(
        &self,
        (method, path): (&str, String),
        token: Option<String>,
        format: Format,
        body: Option<String>,
    ) -> Option<(u16, String, Value)> {
        let method = Method::from_bytes(method.as_bytes()).ok()?;
        let mut request = self.http.request(method, format!("{}{path}", self.mock.base_url()));
        if let Some(version) = format.version() {
            request = request.header("X-API-Version", version);
        }
        if let Some(token) = token {
            request = request.bearer_auth(token);
        }
        if let Some(body) = body {
            request = request.header("Content-Type", "application/json").body(body);
        }
        let response = request.send().await.ok()?;
        let status = response.status().as_u16();
        let basis = response.headers().get("x-mock-basis").and_then(|value| value.to_str().ok()).unwrap_or_default();
        let basis = basis.to_owned();
        let body = response.text().await.ok()?;
        Some((status, basis, serde_json::from_str(&body).unwrap_or_default()))
    }

    /// Calls a control route; none where it is refused.
    async fn control(&self, method: Method, path: &str, body: Value) -> Option<Value> {
        let request = self.http.request(method, format!("{}{path}", self.mock.base_url()));
        let request = if body.is_null() { request } else { request.json(&body) };
        let response = request.send().await.ok()?;
        serde_json::from_str(&response.text().await.ok()?).ok()
    }

    /// Notes which id of the mock each id of the target is.
    fn learn_ids(&mut self, theirs: &Value, own: &Value) {
        if let (Some(their), Some(own)) = (reader::item(theirs), reader::item(own)) {
            let ids = reader::id(their).zip(reader::id(own));
            if let (Some((_, own_id)), Some(email)) = (&ids, own.get("email").and_then(Value::as_str)) {
                // An app token names its account by the email that it was created with.
                if own.contains_key("plan_id") {
                    self.ids.entry(email.to_owned()).or_insert_with(|| own_id.clone());
                }
            }
            self.ids.extend(ids);
        }
        let lists = [(reader::page(theirs).map(|page| page.items), reader::page(own).map(|page| page.items))];
        let sites = (reader::sites(theirs).map(Vec::as_slice), reader::sites(own).map(Vec::as_slice));
        for (their, own) in lists.into_iter().chain([sites]) {
            let (Some(their), Some(own)) = (their, own) else { continue };
            for (place, own_place) in pairs(their, own, &self.ids) {
                let ids = [&their[place], &own[own_place]].map(any_id);
                if let [Some(their), Some(own)] = ids {
                    self.ids.entry(their).or_insert(own);
                }
                let sites = [&their[place], &own[own_place]].map(reader::site_id);
                if let [Some(their), Some(own)] = sites {
                    self.ids.entry(their).or_insert(own);
                }
            }
        }
    }
}

/// The partners of the mock's default seed.
const PARTNERS: [[&str; 2]; 2] =
    [["service@partner.example", "mock-crm-password"], ["other@partner.example", "mock-crm-password-2"]];

/// The SSO client of its first partner.
const CLIENT: [&str; 2] = ["mock-client", "mock-secret"];

fn sent_text(recorded: &Recorded, field: &str) -> Option<String> {
    recorded.json()?.get(field)?.as_str().map(str::to_owned)
}

/// A path with another segment in the place of one.
fn replaced(path: &str, segment: &str, by: &str) -> String {
    path.split('/').map(|part| if part == segment { by } else { part }).collect::<Vec<_>>().join("/")
}

/// Whether a scan has looked at all sites.
fn is_over(answer: &Value) -> bool {
    let status = |entry: &Value| entry["scan_result"]["status"].as_str().map(str::to_owned);
    reader::sites(answer).is_some_and(|sites| {
        sites
            .iter()
            .all(|entry| status(entry).is_some_and(|status| status == "SCAN_COMPLETED" || status == "SCAN_FAILED"))
    })
}
