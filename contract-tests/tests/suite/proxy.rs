//! A server with a fault: a proxy in front of the fake that does something to requests on their way there, or to
//! answers on their way back.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use axum::response::Response;
use serde_json::Value;
use tokio::sync::Notify;
use tokio::time::timeout;

/// More than any body that the suite sends.
const LARGEST_BODY: usize = 1 << 20;

/// How long a request waits for another to meet. One that comes alone is passed on only then, so what is sent at once
/// has come together long before, even on a busy machine.
const PATIENCE: Duration = Duration::from_secs(2);

/// A request on its way to the fake.
#[derive(Clone, Debug)]
pub(crate) struct Asked {
    pub(crate) method: Method,
    /// Below the base URL of the world that it is for, with its query.
    pub(crate) path: String,
    pub(crate) headers: HeaderMap,
    pub(crate) body: String,
    /// The path of the sandbox that it is for, if it is for one.
    sandbox: String,
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

/// What the proxy has seen.
#[derive(Debug, Default)]
pub(crate) struct Memory {
    /// CRM tokens of the first partner and of others, and app tokens, in the order in which they were issued.
    pub(crate) crm_tokens: Vec<String>,
    pub(crate) other_tokens: Vec<String>,
    pub(crate) app_tokens: Vec<String>,
    /// The emails that app tokens were asked for with.
    pub(crate) owners: Vec<String>,
    /// The ids of accounts that were created, and their emails.
    pub(crate) accounts: Vec<(String, String)>,
    /// The ids of alarms that were listed, in the order in which they first were.
    alarms: Vec<String>,
    /// Whatever a fault keeps, by whatever name it likes.
    pub(crate) kept: BTreeMap<String, Answered>,
    /// Requests that are on their way, by method.
    under_way: BTreeMap<String, usize>,
}

/// What becomes of a request.
pub(crate) enum Way {
    /// It is passed on, and so is its answer.
    On,
    /// It is passed on twice, and the second answer comes back.
    Twice,
    /// It is answered here, and the fake never sees it.
    Back(Answered),
}

/// What is wrong with a server.
#[derive(Clone, Copy)]
pub(crate) struct Wrong {
    pub(crate) there: fn(&mut Asked, &mut Memory) -> Way,
    pub(crate) back: fn(&Asked, &mut Answered, &mut Memory),
    /// Which requests wait for another of their method, so that two meet.
    pub(crate) waits: fn(&Asked) -> bool,
}

/// Nothing, yet.
pub(crate) const NOTHING: Wrong = Wrong { there: |_, _| Way::On, back: |_, _, _| {}, waits: |_| false };

/// Something is wrong with what becomes of requests.
pub(crate) const fn there(there: fn(&mut Asked, &mut Memory) -> Way) -> Wrong {
    Wrong { there, ..NOTHING }
}

/// Something is wrong with answers.
pub(crate) const fn back(back: fn(&Asked, &mut Answered, &mut Memory)) -> Wrong {
    Wrong { back, ..NOTHING }
}

/// Something is wrong with what becomes of requests when two meet.
pub(crate) const fn meet(waits: fn(&Asked) -> bool, there: fn(&mut Asked, &mut Memory) -> Way) -> Wrong {
    Wrong { there, waits, ..NOTHING }
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

    /// The bearer token.
    pub(crate) fn token(&self) -> Option<&str> {
        self.headers.get(header::AUTHORIZATION)?.to_str().ok()?.strip_prefix("Bearer ")
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

    /// Changes what a body tells, with or without an envelope.
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

    pub(crate) fn is_success(&self) -> bool {
        self.status < 300
    }

    pub(crate) fn set_content_type(&mut self, to: &'static str) {
        self.headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(to));
    }
}

/// An id as paths have it.
pub(crate) fn written(id: &Value) -> String {
    id.as_str().map_or_else(|| id.to_string(), str::to_owned)
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

/// A proxy, and the fake behind it.
struct Proxy {
    base_url: String,
    http: reqwest::Client,
    wrongs: Vec<Wrong>,
    memory: Mutex<Memory>,
    /// Told when a request has met another.
    company: Notify,
}

/// What proxies of one test reach their fakes with: making one takes a while.
pub(crate) fn client() -> reqwest::Client {
    reqwest::Client::builder().no_proxy().build().expect("a client can be built")
}

/// Starts a proxy in front of `base_url` on this test's runtime, and returns where it is.
pub(crate) async fn start(http: reqwest::Client, base_url: &str, wrongs: &[Wrong]) -> String {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("there is a free port");
    let address = listener.local_addr().expect("a bound listener has an address");
    let proxy = Arc::new(Proxy {
        base_url: base_url.to_owned(),
        http,
        wrongs: wrongs.to_vec(),
        memory: Mutex::default(),
        company: Notify::new(),
    });
    let router = Router::new().fallback(pass).with_state(proxy);
    tokio::spawn(async move { axum::serve(listener, router).await });
    format!("http://{address}")
}

/// Passes one request on and its answer back, with what is wrong on the way.
async fn pass(State(proxy): State<Arc<Proxy>>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let body = to_bytes(body, LARGEST_BODY).await.unwrap_or_default();
    let path = parts.uri.path_and_query().map_or("/", |path| path.as_str());
    let (sandbox, path) = path.split_at(sandbox_of(path));
    let asked = Asked {
        method: parts.method,
        path: path.to_owned(),
        headers: parts.headers,
        body: String::from_utf8_lossy(&body).into_owned(),
        sandbox: sandbox.to_owned(),
        is_in_company: false,
    };
    let answered = proxy.answer(asked).await;
    let mut response = Response::new(Body::from(answered.body));
    *response.status_mut() = StatusCode::from_u16(answered.status).expect("a status");
    *response.headers_mut() = answered.headers;
    response.headers_mut().remove(header::CONTENT_LENGTH);
    response
}

/// How long the part of a path is that names a sandbox.
fn sandbox_of(path: &str) -> usize {
    let Some(rest) = path.strip_prefix("/_sandbox/") else { return 0 };
    path.len() - rest.len() + rest.find('/').unwrap_or(rest.len())
}

impl Proxy {
    async fn answer(&self, mut asked: Asked) -> Answered {
        let method = asked.method.to_string();
        let way = self.with(|memory| {
            let others = memory.under_way.entry(method.clone()).or_default();
            asked.is_in_company = *others > 0;
            *others += 1;
            self.wrongs.iter().fold(Way::On, |way, wrong| match way {
                Way::On => (wrong.there)(&mut asked, memory),
                other => other,
            })
        });
        if self.wrongs.iter().any(|wrong| (wrong.waits)(&asked)) {
            if asked.is_in_company {
                self.company.notify_one();
            } else {
                // Whether somebody came or nobody does, it goes on.
                let _ = timeout(PATIENCE, self.company.notified()).await;
            }
        }
        let mut answered = match way {
            Way::Back(answered) => answered,
            Way::On => self.forward(&asked).await,
            Way::Twice => {
                self.forward(&asked).await;
                self.forward(&asked).await
            }
        };
        self.with(|memory| {
            memory.under_way.entry(method).and_modify(|others| *others -= 1);
            memory.learn(&asked, &answered);
            self.wrongs.iter().for_each(|wrong| (wrong.back)(&asked, &mut answered, memory));
        });
        answered
    }

    fn with<T>(&self, use_it: impl FnOnce(&mut Memory) -> T) -> T {
        use_it(&mut self.memory.lock().unwrap_or_else(PoisonError::into_inner))
    }

    async fn forward(&self, asked: &Asked) -> Answered {
        let url = format!("{}{}{}", self.base_url, asked.sandbox, asked.path);
        let mut headers = asked.headers.clone();
        headers.remove(header::CONTENT_LENGTH);
        // The host stays as it was asked for: links and sandboxes are given out with it.
        let request = self.http.request(asked.method.clone(), url).headers(headers).body(asked.body.clone());
        let answer = request.send().await.expect("the fake answers");
        let (status, headers) = (answer.status().as_u16(), answer.headers().clone());
        Answered { status, headers, body: answer.text().await.unwrap_or_default() }
    }
}

impl Memory {
    /// An alarm that was listed, other than this one.
    pub(crate) fn other_alarm(&self, id: &str) -> Option<&str> {
        self.alarms.iter().rev().map(String::as_str).find(|other| *other != id)
    }

    /// Notes what a request and its answer tell of accounts, tokens and alarms.
    fn learn(&mut self, asked: &Asked, answered: &Answered) {
        if !answered.is_success() {
            return;
        }
        let (sent, got) = (asked.json(), answered.value());
        if asked.is("GET", "/alarms") {
            let alarms = got.get("data").unwrap_or(&got).as_array().into_iter().flatten();
            for id in alarms.map(|alarm| written(&alarm["id"])) {
                if !self.alarms.contains(&id) {
                    self.alarms.push(id);
                }
            }
        }
        if asked.method != Method::POST {
            return;
        }
        let token = got["token"].as_str().map(str::to_owned);
        match asked.path.as_str() {
            "/api/v1/crm/auth/login" if sent["username"] == "service@partner.example" => self.crm_tokens.extend(token),
            "/api/v1/crm/auth/login" => self.other_tokens.extend(token),
            "/api/v1/sso/token" => {
                self.app_tokens.extend(token);
                self.owners.extend(sent["email"].as_str().map(str::to_owned));
            }
            "/api/v1/account" => {
                let email = sent["email"].as_str().unwrap_or_default().to_owned();
                self.accounts.push((written(&got["data"]["id"]), email));
            }
            _ => {}
        }
    }
}
