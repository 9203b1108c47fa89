//! The mock inside a Rust test: a server on a free port, and the control routes as methods.

use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::Duration;

use tokio::sync::oneshot;

use crate::api::context::{App, Limits};
use crate::control::clock::{ClockMove, ClockState, move_clock, state};
use crate::control::faults;
use crate::control::har::har;
use crate::control::journal::{criteria, wait_for_requests};
use crate::control::outbox::wait_for_messages;
use crate::encoding;
use crate::faults::FaultRecord;
use crate::faults::new_fault::NewFault;
use crate::guide::assumptions::AssumptionError;
use crate::model::base_url::{Address, sandbox_url};
use crate::model::id::{Id, ShownId, Table};
use crate::model::leak::NewLeak;
use crate::model::message::{Message, MessageFilter};
use crate::model::ssn::EidProvider;
use crate::model::time::Timestamp;
use crate::profile::{Profile, ProfileError};
use crate::server::serve;
use crate::world::credentials::Credentials;
use crate::world::expected_call::ExpectedCall;
use crate::world::exposures::EidError;
use crate::world::journal::Found;
use crate::world::record::RequestRecord;
use crate::world::request_filter::{Criteria, RequestFilter};
use crate::world::seed::load::load;
use crate::world::seed::{Seed, SeedError};
use crate::world::settings::Settings;
use crate::world::worlds::{Mount, NewMount};

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
    /// If the machine has no free port or no thread left, or the seed breaks a rule: a test cannot go on without it.
    #[expect(clippy::unused_async, reason = "starting is asynchronous for its callers, although it awaits nothing")]
    pub async fn start(self) -> MockServer {
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

/// The control routes of one world, without HTTP.
#[derive(Clone, Debug)]
pub struct WorldControl {
    mount: Arc<Mount>,
    base_url: String,
}

impl WorldControl {
    /// The published credentials, which its seed gives (`GET /_mock/credentials`).
    pub fn credentials(&self) -> Credentials {
        let world = self.mount.world();
        world.published.credentials(self.base_url.clone(), world.unrecorded().choice())
    }

    /// Back to the seed (`POST /_mock/reset`).
    ///
    /// # Panics
    /// Never with a seed that has made a world before.
    pub fn reset(&self) {
        self.mount.reset().expect("the seed has made this world before");
    }

    /// The messages that were captured, oldest first (`GET /_mock/outbox`).
    pub fn messages(&self, filter: &MessageFilter) -> Vec<Message> {
        self.mount.world().messages(filter, 0)
    }

    /// The same as soon as there is one, or none after `wait` (`GET /_mock/outbox?wait=`).
    pub async fn wait_for_messages(&self, filter: &MessageFilter, wait: Duration) -> Vec<Message> {
        wait_for_messages(&self.mount, filter, 0, wait).await
    }

    /// Forgets the messages; links and codes in them go on working (`DELETE /_mock/outbox`).
    pub fn clear_messages(&self) {
        let world = self.mount.world();
        world.outbox.clear(world.clock.now());
        world.changed();
    }

    /// A breach now holds a value (`POST /_mock/leaks`). Returns the accounts that see it at once.
    ///
    /// # Errors
    /// A sentence about the value, if it is not of its kind.
    pub fn add_leak(&self, leak: &NewLeak) -> Result<Vec<ShownId>, String> {
        let world = self.mount.world();
        let form = world.unrecorded().choice();
        let seen_by = world.add_leak(leak)?;
        world.changed();
        Ok(seen_by.into_iter().map(|id| Id::new(Table::Account, id).shown(form)).collect())
    }

    /// The state of the clock (`GET /_mock/clock`).
    pub fn clock(&self) -> ClockState {
        state(&self.mount)
    }

    /// Sets the clock; it stays frozen or runs on as before.
    pub fn set_clock(&self, now: Timestamp) -> ClockState {
        move_clock(&self.mount, ClockMove { now: Some(now), ..ClockMove::default() })
    }

    /// Moves the clock on, and returns what fell due.
    pub fn advance_clock(&self, by: Duration) -> ClockState {
        move_clock(&self.mount, ClockMove { advance_seconds: Some(by.as_secs()), ..ClockMove::default() })
    }

    /// Freezes the clock, or lets it run.
    pub fn freeze_clock(&self, frozen: bool) -> ClockState {
        move_clock(&self.mount, ClockMove { frozen: Some(frozen), ..ClockMove::default() })
    }

    /// The user completes the electronic ID flow (`POST /_mock/accounts/{id}/eid`).
    ///
    /// # Errors
    /// As [`EidError`] says.
    pub fn complete_eid(&self, account_id: &str, provider: EidProvider, ssn: &str) -> Result<(), EidError> {
        let world = self.mount.world();
        let account = Id::parse(Table::Account, account_id, world.unrecorded().choice()).ok_or(EidError::NoAccount)?;
        world.complete_eid(account, provider, ssn)?;
        world.changed();
        Ok(())
    }

    /// Makes something go wrong (`POST /_mock/faults`).
    ///
    /// # Errors
    /// A sentence that names the field, and says what would be right.
    pub fn add_fault(&self, fault: &NewFault) -> Result<FaultRecord, String> {
        faults::add(&self.mount.world(), fault)
    }

    /// The faults that are set, those that are over included, in order (`GET /_mock/faults`).
    pub fn faults(&self) -> Vec<FaultRecord> {
        let world = self.mount.world();
        world.faults.list(world.clock.now())
    }

    /// Removes a fault (`DELETE /_mock/faults/{id}`). False if no fault has that id.
    pub fn remove_fault(&self, id: u64) -> bool {
        self.mount.world().faults.remove(id)
    }

    /// Removes all faults (`DELETE /_mock/faults`).
    pub fn clear_faults(&self) {
        self.mount.world().faults.clear();
    }

    /// The whole world as JSON, which a seed may be too (`GET /_mock/snapshot`).
    pub fn snapshot(&self) -> String {
        self.mount.world().snapshot().to_text()
    }

    /// Puts a snapshot or a seed in the place of this world, until the next reset (`PUT /_mock/snapshot`).
    ///
    /// # Errors
    /// The fault of the seed, with its place; then the world stays as it was.
    pub fn restore(&self, json: &str) -> Result<(), SeedError> {
        self.mount.restore(&Seed::parse(encoding::without_mark(json))?)
    }

    /// The last requests, oldest first (`GET /_mock/requests`).
    pub fn requests(&self) -> Vec<RequestRecord> {
        self.mount.world().journal.find(&Criteria::default(), usize::MAX, &self.base_url).requests
    }

    /// The last requests that `filter` admits, oldest first (`GET /_mock/requests?path=…`).
    ///
    /// # Panics
    /// If `filter` names a path that the guide does not have, or something that is no method, status or token.
    #[track_caller]
    pub fn requests_like(&self, filter: &RequestFilter) -> Vec<RequestRecord> {
        self.found(filter).requests
    }

    /// Checks that the calls came that a test expects, and gives them, oldest first.
    ///
    /// ```
    /// # tokio::runtime::Runtime::new().unwrap().block_on(async {
    /// use mock_server::{ExpectedCall, MockServer};
    ///
    /// let mock = MockServer::start().await;
    /// let client = reqwest::Client::new();
    /// client.get(format!("{}/api/v1/alarms", mock.base_url())).bearer_auth("2|mock-app-token").send().await.unwrap();
    ///
    /// let expected = ExpectedCall::to("/api/v1/alarms").method("GET").status(200).times(1);
    /// mock.world().expect_called(&expected);
    /// mock.world().expect_called(&ExpectedCall::to("/api/v1/account").never());
    /// # });
    /// ```
    ///
    /// # Panics
    /// If another number of calls came: the message names those that came nearest. And as [`WorldControl::requests_like`].
    #[track_caller]
    pub fn expect_called(&self, expected: &ExpectedCall) -> Vec<RequestRecord> {
        let found = self.found(&expected.filter);
        match expected.failure(&found) {
            None => found.requests,
            Some(failure) => panic!("{failure}"),
        }
    }

    /// The same as soon as so many calls have come, within `wait`; for clients that call in the background.
    ///
    /// # Panics
    /// As [`WorldControl::expect_called`].
    pub async fn wait_until_called(&self, expected: &ExpectedCall, wait: Duration) -> Vec<RequestRecord> {
        let criteria = criteria(&expected.filter).unwrap_or_else(|error| panic!("{error}"));
        let many = expected.at_least();
        let found = wait_for_requests(&self.mount, &criteria, many, usize::MAX, wait, &self.base_url).await;
        match expected.failure(&found) {
            None => found.requests,
            Some(failure) => panic!("{failure}"),
        }
    }

    #[track_caller]
    fn found(&self, filter: &RequestFilter) -> Found {
        let criteria = criteria(filter).unwrap_or_else(|error| panic!("{error}"));
        self.mount.world().journal.find(&criteria, usize::MAX, &self.base_url)
    }

    /// The last requests as HAR 1.2, values masked (`GET /_mock/requests?as=har`).
    pub fn har(&self) -> String {
        har(&self.requests(), &self.base_url).to_string()
    }

    /// Forgets the requests (`DELETE /_mock/requests`).
    pub fn clear_requests(&self) {
        let world = self.mount.world();
        world.journal.clear();
        world.changed();
    }
}
