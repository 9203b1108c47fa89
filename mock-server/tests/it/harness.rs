//! A world of its own for each test, and a client that says who is calling.
//!
//! All tests share one server, and each makes a sandbox on it; a test of the server itself starts its own.

use std::cell::RefCell;
use std::fmt::Write as _;
use std::sync::LazyLock;
use std::time::Duration;

use mock_server::{MockServer, MockServerBuilder, Sandbox, WorldControl};
use reqwest::Method;
use reqwest::header::HeaderMap;
use serde_json::{Value, json};
use tokio::runtime::{self, Handle};

/// The published CRM token of partner 1.
pub(crate) const CRM: &str = "1|mock-crm-token";
/// The published app token of account 1.
pub(crate) const APP: &str = "2|mock-app-token";
/// The version that selects the standardized format (FORMAT-1).
pub(crate) const STANDARDIZED: &str = "2026-06-12";

/// Where an item of each kind is added and, with its id behind, removed.
pub(crate) const KINDS: [&str; 6] = [
    "email-watchlist",
    "phone-watchlist",
    "iban-watchlist",
    "passport-watchlist",
    "drivers-license-watchlist",
    "credit-card",
];

static SERVER: LazyLock<MockServer> = LazyLock::new(|| start(MockServer::builder()));

/// Starts a server whose runtime is its own, from any thread.
pub(crate) fn start(builder: MockServerBuilder) -> MockServer {
    let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
    std::thread::spawn(move || runtime.block_on(builder.start())).join().expect("the server starts")
}

/// A world of its own, and a client of it.
pub(crate) struct World {
    base_url: String,
    http: reqwest::Client,
    held: Held,
}

/// What keeps a world alive.
enum Held {
    Sandbox(Sandbox),
    Server(MockServer),
}

impl World {
    /// A fresh copy of the default seed, under the default assumptions.
    pub(crate) fn new() -> Self {
        Self::within(SERVER.sandbox())
    }

    /// The main world of a server of its own.
    pub(crate) fn of(builder: MockServerBuilder) -> Self {
        let server = start(builder);
        Self { base_url: server.base_url().to_owned(), http: client(), held: Held::Server(server) }
    }

    /// A fresh copy of the default seed with one assumption switched.
    pub(crate) fn assuming(key: &str, value: &str) -> Self {
        Self::assuming_all(&[(key, value)])
    }

    /// The same with several.
    pub(crate) fn assuming_all(switched: &[(&str, &str)]) -> Self {
        let switch = |builder: MockServerBuilder, (key, value): &(&str, &str)| {
            builder.assume(key, value).expect("a key and a value of the fixture")
        };
        Self::within(SERVER.sandbox_as(switched.iter().fold(MockServer::builder(), switch)))
    }

    fn within(sandbox: Sandbox) -> Self {
        Self { base_url: sandbox.base_url().to_owned(), http: client(), held: Held::Sandbox(sandbox) }
    }

    /// Where it is, without a slash at the end.
    pub(crate) fn base_url(&self) -> &str {
        &self.base_url
    }

    /// Its control routes without HTTP.
    pub(crate) fn control(&self) -> WorldControl {
        match &self.held {
            Held::Sandbox(sandbox) => sandbox.world().clone(),
            Held::Server(server) => server.world(),
        }
    }

    /// Begins a request to `path`, which starts with a slash.
    pub(crate) fn request(&self, method: Method, path: &str) -> Request {
        let url = format!("{}{path}", self.base_url);
        let story = format!("{method} {path}");
        Request { builder: self.http.request(method, url), story }
    }

    pub(crate) fn get(&self, path: &str) -> Request {
        self.request(Method::GET, path)
    }

    pub(crate) fn post(&self, path: &str) -> Request {
        self.request(Method::POST, path)
    }

    pub(crate) fn put(&self, path: &str) -> Request {
        self.request(Method::PUT, path)
    }

    pub(crate) fn patch(&self, path: &str) -> Request {
        self.request(Method::PATCH, path)
    }

    pub(crate) fn delete(&self, path: &str) -> Request {
        self.request(Method::DELETE, path)
    }

    /// A CRM token of a partner (LOGIN-1).
    pub(crate) async fn crm_token(&self, partner: u8) -> String {
        let body = login_body(partner, json!(false));
        self.post("/api/v1/crm/auth/login").json(body).send().await.expect(200).text("token")
    }

    /// An app token for the account of partner 1 that was created with `email` (SSO-1).
    pub(crate) async fn app_token(&self, email: &str) -> String {
        self.app_token_of(1, email).await
    }

    /// The same for an account of `partner`.
    pub(crate) async fn app_token_of(&self, partner: u8, email: &str) -> String {
        self.post("/api/v1/sso/token").json(sso_body(partner, email)).send().await.expect(200).text("token")
    }

    /// Creates an account of partner 1 and returns its id as paths write it (ACCOUNT-1).
    pub(crate) async fn account(&self, email: &str) -> String {
        let body = json!({ "ssn": "19900101-1234", "first_name": "Test", "last_name": "Person", "email": email });
        let created = self.post("/api/v1/account").token(CRM).json(body).send().await.expect(201);
        written(&created.body["data"]["id"])
    }
}

/// The body with which the published CRM user of a partner logs in.
pub(crate) fn login_body(partner: u8, keep_logged: Value) -> Value {
    let (username, password) = match partner {
        1 => ("service@partner.example", "mock-crm-password"),
        _ => ("other@partner.example", "mock-crm-password-2"),
    };
    json!({ "username": username, "password": password, "keep_logged": keep_logged })
}

/// The body with which the published SSO client of a partner asks for a token or a code.
pub(crate) fn sso_body(partner: u8, email: &str) -> Value {
    let (client_id, client_secret) = match partner {
        1 => ("mock-client", "mock-secret"),
        _ => ("mock-client-2", "mock-secret-2"),
    };
    json!({ "client_id": client_id, "client_secret": client_secret, "email": email })
}

/// An id as paths write it, be it a number or a text.
pub(crate) fn written(id: &Value) -> String {
    id.as_str().map_or_else(|| id.to_string(), str::to_owned)
}

thread_local! {
    /// The client of the test that runs on this thread, and the runtime that its connections live in.
    static CLIENT: RefCell<Option<(Option<runtime::Id>, reqwest::Client)>> = const { RefCell::new(None) };
}

/// One client for each test, for making one takes longer than most requests: with TLS, which another crate of the
/// workspace asks for, it reads the machine's certificates.
fn client() -> reqwest::Client {
    let here = Handle::try_current().ok().map(|runtime| runtime.id());
    CLIENT.with_borrow_mut(|client| match client {
        Some((there, client)) if *there == here && here.is_some() => client.clone(),
        _ => {
            let fresh = reqwest::Client::builder().timeout(Duration::from_secs(20)).build().expect("a client");
            *client = Some((here, fresh.clone()));
            fresh
        }
    })
}

/// A request that is being put together.
pub(crate) struct Request {
    builder: reqwest::RequestBuilder,
    story: String,
}

impl Request {
    /// With this bearer token.
    pub(crate) fn token(self, token: &str) -> Self {
        Self { builder: self.builder.bearer_auth(token), ..self }
    }

    /// With this JSON body.
    pub(crate) fn json(mut self, body: Value) -> Self {
        let _ = write!(self.story, " {body}");
        Self { builder: self.builder.json(&body), ..self }
    }

    /// With this body and content type.
    pub(crate) fn body(mut self, content_type: &str, body: impl Into<Vec<u8>>) -> Self {
        let body = body.into();
        let _ = write!(self.story, " ({content_type}, {} bytes)", body.len());
        Self { builder: self.builder.header("content-type", content_type).body(body), ..self }
    }

    /// With this header.
    pub(crate) fn header(self, name: &str, value: &str) -> Self {
        Self { builder: self.builder.header(name, value), ..self }
    }

    /// Asking for the standardized format (FORMAT-1).
    pub(crate) fn standardized(self) -> Self {
        self.header("x-api-version", STANDARDIZED)
    }

    pub(crate) async fn send(self) -> Answer {
        let story = self.story.clone();
        self.try_send().await.unwrap_or_else(|error| panic!("{story}: {error}"))
    }

    /// The answer, if one comes whole.
    pub(crate) async fn try_send(self) -> Result<Answer, reqwest::Error> {
        let response = self.builder.send().await?;
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        let raw = response.text().await?;
        let body = serde_json::from_str(&raw).unwrap_or(Value::Null);
        Ok(Answer { story: self.story, status, headers, raw, body })
    }
}

/// An answer, with the request that it answers.
#[derive(Debug)]
pub(crate) struct Answer {
    story: String,
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    /// The body as it came.
    pub(crate) raw: String,
    /// The body as JSON; null where it is none.
    pub(crate) body: Value,
}

impl Answer {
    /// The same, if it has this status; otherwise the test ends with the whole story.
    #[track_caller]
    pub(crate) fn expect(self, status: u16) -> Self {
        assert_eq!(self.status, status, "{}\n{:?}\n{}", self.story, self.headers, self.raw);
        self
    }

    /// A header's value; empty where it is missing.
    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map(|value| value.to_str().expect("ASCII")).unwrap_or_default()
    }

    /// A text at the top of the body.
    #[track_caller]
    pub(crate) fn text(&self, field: &str) -> String {
        self.body[field]
            .as_str()
            .unwrap_or_else(|| panic!("{}: no text {field} in {}", self.story, self.raw))
            .to_owned()
    }

    /// The items of a list under `data`.
    #[track_caller]
    pub(crate) fn items(&self) -> &[Value] {
        self.body["data"].as_array().unwrap_or_else(|| panic!("{}: no list in {}", self.story, self.raw))
    }

    /// Whether `X-Mock-Basis` names this fact or assumption.
    pub(crate) fn rests_on(&self, name: &str) -> bool {
        self.header("x-mock-basis").split(", ").any(|named| named == name)
    }
}
