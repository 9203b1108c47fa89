//! A world of its own for each test, and a client that gives the test its own connections.
//!
//! All tests share one server, and each makes a sandbox on it; a test of the server itself starts its own.

use std::cell::RefCell;
use std::sync::LazyLock;
use std::time::Duration;

use mock_server::{MockServer, MockServerBuilder, Sandbox, WorldControl};
use reqwest::Method;
use serde_json::json;
use tokio::runtime::{self, Handle};

use super::{Request, account_body, login_body, sso_body, written};

/// The published CRM token of partner 1.
pub(crate) const CRM: &str = "1|mock-crm-token";
/// The published app token of account 1.
pub(crate) const APP: &str = "2|mock-app-token";

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

/// The handle that keeps a world alive.
enum Held {
    Sandbox(Sandbox),
    Server(MockServer),
}

impl World {
    /// A fresh copy of the default seed, under the default assumptions.
    pub(crate) fn new() -> Self {
        Self::within(SERVER.sandbox())
    }

    /// The same with a frozen clock.
    pub(crate) fn frozen() -> Self {
        let world = Self::new();
        world.freeze();
        world
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
        Request::new(self.http.request(method, url), story)
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
        let created = self.post("/api/v1/account").token(CRM).json(account_body(email)).send().await.expect(201);
        written(&created.body["data"]["id"])
    }
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
