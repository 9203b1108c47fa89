//! The mock inside a Rust test: a server on a free port, and the control routes as methods.

pub(crate) mod world;

use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::Duration;

use tokio::sync::oneshot;

use self::world::WorldControl;
use crate::api::context::{App, Limits};
use crate::control::accounts::AccountSummary;
use crate::encoding;
use crate::guide::assumptions::AssumptionError;
use crate::model::base_url::{Address, sandbox_url};
use crate::model::message::{Message, MessageFilter};
use crate::profile::{Profile, ProfileError};
use crate::server::serve;
use crate::world::credentials::Credentials;
use crate::world::seed::Seed;
use crate::world::seed::faults::SeedError;
use crate::world::seed::load::load;
use crate::world::settings::Settings;
use crate::world::worlds::NewMount;

/// A running mock. Dropping it stops it.
///
/// It has a thread and a runtime of its own, so a test may call it with a blocking client too.
///
/// ```
/// # tokio::runtime::Runtime::new().unwrap().block_on(async {
/// use mock_server::{MessageFilter, MockServer};
///
/// let mock = MockServer::start().await;
///
/// // Your client, pointed at the mock: the user adds an email, which is pending until it is confirmed.
/// let client = reqwest::Client::new();
/// let added = client
///     .post(format!("{}/api/v1/email-watchlist", mock.base_url()))
///     .bearer_auth("2|mock-app-token")
///     .json(&serde_json::json!({ "email": "john.doe@example.com" }))
///     .send()
///     .await
///     .unwrap();
/// assert_eq!(added.status(), 201);
///
/// // The test plays the user: it opens the link in the message that was sent.
/// let messages = mock.messages(&MessageFilter::default());
/// let link = messages[0].link.as_deref().unwrap();
/// assert!(client.get(link).send().await.unwrap().status().is_success());
/// # });
/// ```
#[derive(Debug)]
pub struct MockServer {
    app: App,
    base_url: String,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

/// The settings of a [`MockServer`]; those that are not set are the defaults of the flags.
#[derive(Clone, Debug)]
pub struct MockServerBuilder {
    seed: Arc<Seed>,
    settings: Settings,
    public_url: Option<Box<str>>,
    allowed_hosts: Vec<String>,
    limits: Limits,
}

impl Default for MockServerBuilder {
    fn default() -> Self {
        Self {
            seed: Arc::new(Seed::default_world()),
            settings: Settings::default(),
            public_url: None,
            allowed_hosts: Vec::new(),
            limits: Limits::default(),
        }
    }
}

impl MockServerBuilder {
    /// Starts from this world, JSON as `--seed FILE` reads it.
    ///
    /// # Errors
    /// The fault of the seed, with its place.
    pub fn seed(mut self, json: &str) -> Result<Self, SeedError> {
        let seed = Arc::new(Seed::parse(encoding::without_mark(json))?);
        // Whether a seed keeps the rules shows when a world is made from it.
        load(&seed, Arc::new(self.settings.clone()), None)?;
        self.seed = seed;
        Ok(self)
    }

    /// Starts from a world that has partners and their credentials, and no accounts (`--seed empty`).
    pub fn empty(mut self) -> Self {
        self.seed = Arc::new(Seed::empty_world());
        self
    }

    /// Switches one assumption (`--assume`).
    ///
    /// # Errors
    /// An unknown key or value.
    pub fn assume(mut self, key: &str, value: &str) -> Result<Self, AssumptionError> {
        self.settings.assumptions.set(key, value)?;
        Ok(self)
    }

    /// Does as a target was seen to do where the guide is silent; `json` is what `--profile FILE` reads. Assumptions that are
    /// set win.
    ///
    /// # Errors
    /// A text that is no profile.
    pub fn profile(mut self, json: &str) -> Result<Self, ProfileError> {
        self.settings.learn(Some(Arc::new(Profile::parse(encoding::without_mark(json))?)));
        Ok(self)
    }

    /// Whether an account needs an SSN when it is created (`--ssn-required`, ACCOUNT-3).
    pub fn ssn_required(mut self, required: bool) -> Self {
        self.settings.ssn_required = required;
        self
    }

    /// Whether every response is in the standardized format (`--normalize-all`, FORMAT-2).
    pub fn normalize_all(mut self, all: bool) -> Self {
        self.settings.normalize_all = all;
        self
    }

    /// Draws tokens, codes, links and names of sandboxes from a seed, the same each time (`--random-seed`).
    pub fn random_seed(mut self, seed: u64) -> Self {
        self.settings.random_seed = Some(seed);
        self
    }

    /// How many requests are kept (`--journal`).
    pub fn journal(mut self, requests: usize) -> Self {
        self.settings.journal = requests;
        self
    }

    /// Base of the links in captured messages (`--public-url`).
    pub fn public_url(mut self, url: &str) -> Self {
        self.public_url = Some(url.trim_end_matches('/').into());
        self
    }

    /// One more name under which the control routes may be reached (`--allow-host`).
    pub fn allow_host(mut self, name: impl Into<String>) -> Self {
        self.allowed_hosts.push(name.into());
        self
    }

    /// How long a client may take to send the head of a request, and then to send its body or to read its response.
    pub fn client_timeouts(mut self, head: Duration, body: Duration) -> Self {
        self.limits.head = head;
        self.limits.body = body;
        self.limits.write = body;
        self
    }

    /// Starts the server on a free port.
    ///
    /// # Panics
    /// As [`MockServerBuilder::start_blocking`].
    #[expect(clippy::unused_async, reason = "starting is asynchronous for its callers, although it awaits nothing")]
    pub async fn start(self) -> MockServer {
        self.start_blocking()
    }

    /// Starts the server on a free port, in a test without a runtime.
    ///
    /// # Panics
    /// If the machine has no free port or no thread left, or the seed breaks a rule: a test cannot go on without it.
    pub fn start_blocking(self) -> MockServer {
        let app = App::new(self.seed, self.settings, self.public_url, self.allowed_hosts, self.limits)
            .unwrap_or_else(|error| panic!("the seed cannot be used: {error}"));
        let listener = TcpListener::bind(SocketAddr::from((Ipv4Addr::LOCALHOST, 0))).expect("there is a free port");
        listener.set_nonblocking(true).expect("a listener can be made non-blocking");
        let address = listener.local_addr().expect("a bound listener has an address");
        let (stop, stopped) = oneshot::channel();
        let served = app.clone();
        let thread = std::thread::Builder::new()
            .name("mock-server".into())
            .spawn(move || run(listener, served, stopped))
            .expect("a thread can be started");
        MockServer { app, base_url: format!("http://{address}"), stop: Some(stop), thread: Some(thread) }
    }
}

/// Serves until told to stop; then requests that are under way end with the runtime.
fn run(listener: TcpListener, app: App, stopped: oneshot::Receiver<()>) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime can be built");
    runtime.block_on(async {
        let listener = tokio::net::TcpListener::from_std(listener).expect("the listener is non-blocking");
        tokio::select! {
            () = serve(listener, app, std::future::pending()) => {}
            _ = stopped => {}
        }
    });
}

impl MockServer {
    /// Starts a mock with the default seed on a free port.
    ///
    /// # Panics
    /// If the machine has no free port or no thread left.
    pub async fn start() -> Self {
        Self::builder().start().await
    }

    /// The same in a test without a runtime, which calls it with a blocking client.
    ///
    /// ```
    /// use mock_server::MockServer;
    ///
    /// let mock = MockServer::start_blocking();
    /// let credentials = mock.credentials();
    /// assert_eq!(credentials.base_url, mock.base_url());
    /// assert_eq!(credentials.accounts[0].app_token.as_deref(), Some("2|mock-app-token"));
    /// ```
    ///
    /// # Panics
    /// If the machine has no free port or no thread left.
    pub fn start_blocking() -> Self {
        Self::builder().start_blocking()
    }

    /// Starts from the defaults of the flags; see [`MockServerBuilder`].
    pub fn builder() -> MockServerBuilder {
        MockServerBuilder::default()
    }

    /// Where it listens, without a slash at the end.
    pub fn base_url(&self) -> &str {
        &self.base_url
    }

    /// The main world, which [`MockServer::base_url`] reaches.
    pub fn world(&self) -> WorldControl {
        WorldControl { mount: Arc::clone(self.app.worlds().main()), base_url: self.base_url.clone() }
    }

    /// The published credentials of the main world (`GET /_mock/credentials`).
    pub fn credentials(&self) -> Credentials {
        self.world().credentials()
    }

    /// The accounts of the main world (`GET /_mock/accounts`).
    pub fn accounts(&self) -> Vec<AccountSummary> {
        self.world().accounts()
    }

    /// The messages that were captured, oldest first (`GET /_mock/outbox`).
    pub fn messages(&self, filter: &MessageFilter) -> Vec<Message> {
        self.world().messages(filter)
    }

    /// Makes a private world, a fresh copy of the seed (`POST /_mock/sandboxes`).
    ///
    /// # Panics
    /// If there are 10,000 already.
    pub fn sandbox(&self) -> Sandbox {
        let main = self.app.worlds().main();
        self.make_sandbox(None, main.settings(), Address::Path)
    }

    /// The same, addressed by host name: `http://{name}.localhost:{port}`, for clients that drop the path of a base URL.
    ///
    /// # Panics
    /// If there are 10,000 already.
    pub fn sandbox_by_host(&self) -> Sandbox {
        let main = self.app.worlds().main();
        self.make_sandbox(None, main.settings(), Address::Host)
    }

    /// Makes a private world with a seed and assumptions of its own. Settings of `builder` that concern a server have no
    /// effect.
    ///
    /// # Panics
    /// If the seed breaks a rule, or there are 10,000 sandboxes already.
    pub fn sandbox_as(&self, builder: MockServerBuilder) -> Sandbox {
        self.make_sandbox(Some(builder.seed), Arc::new(builder.settings), Address::Path)
    }

    fn make_sandbox(&self, seed: Option<Arc<Seed>>, settings: Arc<Settings>, address: Address) -> Sandbox {
        let worlds = self.app.worlds();
        let new = NewMount { name: None, address, seed, settings };
        let made = worlds.make_sandbox(worlds.main(), new);
        let (mount, _) = made.unwrap_or_else(|error| panic!("the sandbox cannot be made: {error}"));
        let name = mount.sandbox.as_deref().unwrap_or_default();
        let base_url = sandbox_url(&self.base_url, name, address);
        let control = WorldControl { mount: Arc::clone(&mount), base_url };
        Sandbox { control, app: self.app.clone() }
    }
}

impl Drop for MockServer {
    fn drop(&mut self) {
        if let Some(stop) = self.stop.take() {
            // A dropped receiver means that the server has stopped.
            let _ = stop.send(());
        }
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

/// A private world in a [`MockServer`]. Dropping it ends it.
#[derive(Debug)]
pub struct Sandbox {
    control: WorldControl,
    app: App,
}

impl Sandbox {
    /// Where all its routes are, without a slash at the end.
    pub fn base_url(&self) -> &str {
        &self.control.base_url
    }

    /// Its control routes as methods.
    pub fn world(&self) -> &WorldControl {
        &self.control
    }
}

impl Drop for Sandbox {
    fn drop(&mut self) {
        if let Some(name) = &self.control.mount.sandbox {
            self.app.worlds().end_sandbox(name);
        }
    }
}
