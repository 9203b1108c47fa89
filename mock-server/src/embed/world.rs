//! One world of a mock in a Rust test: its control routes as methods.

use std::sync::Arc;
use std::time::Duration;

use crate::control::accounts::AccountSummary;
use crate::control::clock::{ClockMove, ClockState, move_clock, state};
use crate::control::faults;
use crate::control::har::har;
use crate::control::journal::{criteria, wait_for_requests};
use crate::control::outbox::wait_for_messages;
use crate::encoding;
use crate::faults::FaultRecord;
use crate::faults::new_fault::NewFault;
use crate::model::id::{Id, ShownId, Table};
use crate::model::leak::NewLeak;
use crate::model::message::{Message, MessageFilter};
use crate::model::ssn::EidProvider;
use crate::model::time::Timestamp;
use crate::world::credentials::Credentials;
use crate::world::expected_call::ExpectedCall;
use crate::world::exposures::EidError;
use crate::world::journal::Found;
use crate::world::record::RequestRecord;
use crate::world::request_filter::{Criteria, RequestFilter};
use crate::world::seed::Seed;
use crate::world::seed::faults::SeedError;
use crate::world::worlds::Mount;

/// The control routes of one world, without HTTP.
#[derive(Clone, Debug)]
pub struct WorldControl {
    pub(super) mount: Arc<Mount>,
    pub(super) base_url: String,
}

impl WorldControl {
    /// The published credentials, which its seed gives (`GET /_mock/credentials`).
    pub fn credentials(&self) -> Credentials {
        let world = self.mount.world();
        world.published.credentials(self.base_url.clone(), &world.settings)
    }

    /// The accounts that are there now, in the order of their ids (`GET /_mock/accounts`).
    pub fn accounts(&self) -> Vec<AccountSummary> {
        let world = self.mount.world();
        let form = world.unrecorded().choice();
        let mut accounts = Vec::new();
        world.accounts.each(|account| accounts.push((account.id, AccountSummary::of(account, form))));
        accounts.sort_unstable_by_key(|(id, _)| *id);
        accounts.into_iter().map(|(_, summary)| summary).collect()
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
        let seen_by = world.add_leak(leak).map_err(|error| error.to_string())?;
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
