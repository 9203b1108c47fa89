//! The parts of a world, and the verbs that concern it as a whole.

use std::hash::{BuildHasher, RandomState};
use std::sync::{Arc, PoisonError};
use std::time::Duration;

use crossbeam_utils::sync::{ShardedLock, ShardedLockReadGuard, ShardedLockWriteGuard};
use tokio::sync::watch;

use super::accounts::Accounts;
use super::clock::Clock;
use super::count::Count;
use super::credentials::Published;
use super::ids::Ids;
use super::journal::Journal;
use super::leaks::Leaks;
use super::links::Links;
use super::outbox::Outbox;
use super::partner_alarms::Alarms;
use super::secrets::Secrets;
use super::settings::Settings;
use super::spent::Spent;
use super::tokens::Tokens;
use crate::faults::{Faults, InjectedFault};
use crate::guide::assumptions::Assumptions;
use crate::guide::trace::Assumed;
use crate::model::account::Account;
use crate::model::account_body::NewAccount;
use crate::model::base_url::BaseUrl;
use crate::model::id::Table;
use crate::model::kind::WatchKind;
use crate::model::message::NewMessage;
use crate::model::online::scan::Site;
use crate::model::partner::{Partner, Plan};
use crate::model::time::Timestamp;

/// Everything that is in a world.
#[derive(Debug)]
pub(crate) struct World {
    pub(crate) settings: Arc<Settings>,
    pub(crate) clock: Clock,
    pub(crate) secrets: Secrets,
    /// The part that never changes, shared with the worlds that were made from the same seed.
    pub(crate) directory: Arc<Directory>,
    /// The credentials of its seed.
    pub(crate) published: Arc<Published>,
    pub(crate) accounts: Accounts,
    pub(crate) tokens: Tokens,
    pub(crate) ids: Ids,
    pub(crate) leaks: Leaks,
    pub(crate) alarms: Alarms,
    pub(crate) links: Links,
    pub(crate) spent: Spent,
    pub(crate) outbox: Outbox,
    pub(crate) faults: Faults,
    /// Shared with the world that takes its place when a snapshot is restored: the requests that came stay known.
    pub(crate) journal: Arc<Journal>,
    has_ended: watch::Sender<bool>,
    /// Held to read by every step, and to write by a fork, which must see all of them done.
    steps: ShardedLock<()>,
    changes: Count,
    /// A random number that tells this world from another.
    mark: u64,
}

/// The time, the assumptions and the address of one request.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Context<'a> {
    pub(crate) now: Timestamp,
    pub(crate) assumed: Assumed<'a>,
    pub(crate) base: BaseUrl<'a>,
}

/// The parts of a seed that never change in a world.
#[derive(Debug)]
pub(crate) struct Directory {
    pub(crate) partners: Vec<Partner>,
    pub(crate) plans: Vec<Plan>,
    /// The data brokers of Online Data.
    pub(crate) sites: Vec<Site>,
}

impl World {
    /// A world without accounts: the main one, or that of the sandbox of this name.
    pub(crate) fn empty(directory: Directory, settings: Arc<Settings>, sandbox: Option<&str>) -> Self {
        Self {
            clock: Clock::default(),
            secrets: Secrets::of_world(settings.random_seed, sandbox),
            alarms: Alarms::new(&directory.partners),
            directory: Arc::new(directory),
            published: Arc::default(),
            accounts: Accounts::new(),
            tokens: Tokens::new(),
            ids: Ids::new(Assumed::unrecorded(&settings.assumptions)),
            leaks: Leaks::new(),
            links: Links::new(),
            spent: Spent::new(),
            outbox: Outbox::new(),
            faults: Faults::default(),
            journal: Arc::new(Journal::new(settings.journal)),
            has_ended: watch::Sender::new(false),
            steps: ShardedLock::new(()),
            changes: Count::default(),
            mark: RandomState::new().hash_one("mark"),
            settings,
        }
    }

    /// Another world that is as this one is now: the main one, or that of the sandbox of this name. It has secrets of its
    /// own, no faults, and no journal yet. It costs the same however much there is.
    pub(crate) fn fork(&self, settings: Arc<Settings>, sandbox: Option<&str>) -> Self {
        let secrets = Secrets::of_world(settings.random_seed, sandbox);
        let _between_steps = self.between_steps();
        secrets.skip(self.secrets.drawn());
        Self {
            clock: self.clock.fork(),
            secrets,
            alarms: self.alarms.fork(),
            directory: Arc::clone(&self.directory),
            published: Arc::clone(&self.published),
            accounts: self.accounts.fork(),
            tokens: self.tokens.fork(),
            ids: self.ids.fork(),
            leaks: self.leaks.fork(),
            links: self.links.fork(),
            spent: self.spent.fork(),
            outbox: self.outbox.fork(),
            faults: Faults::default(),
            journal: Arc::new(Journal::new(settings.journal)),
            has_ended: watch::Sender::new(false),
            steps: ShardedLock::new(()),
            changes: Count::default(),
            mark: RandomState::new().hash_one("mark"),
            settings,
        }
    }

    /// Goes on with the journal of the world whose place it takes.
    pub(crate) fn with_journal_of(mut self, before: &Self) -> Self {
        self.journal = Arc::clone(&before.journal);
        self
    }

    /// The assumptions in force.
    pub(crate) fn assumptions(&self) -> &Assumptions {
        &self.settings.assumptions
    }

    /// The assumptions for something that writes no documented response.
    pub(crate) fn unrecorded(&self) -> Assumed<'_> {
        Assumed::unrecorded(&self.settings.assumptions)
    }

    /// A guard that is held during a step, so that a fork has either all of it or nothing.
    pub(crate) fn step(&self) -> ShardedLockReadGuard<'_, ()> {
        // It guards no data, so a panic leaves nothing half done.
        self.steps.read().unwrap_or_else(PoisonError::into_inner)
    }

    /// A guard that waits for all steps that are under way, and holds the next ones up.
    fn between_steps(&self) -> ShardedLockWriteGuard<'_, ()> {
        self.steps.write().unwrap_or_else(PoisonError::into_inner)
    }

    /// Counts a change, once it can be seen.
    pub(crate) fn changed(&self) {
        self.changes.add();
    }

    /// The number of changes, for a page that reads again only if there was one.
    pub(crate) fn changes(&self) -> u64 {
        self.changes.total()
    }

    /// A number that tells this world from the one that was in its place before.
    pub(crate) fn mark(&self) -> u64 {
        self.mark
    }

    /// Ends the world: requests that wait for something in it stop waiting.
    pub(crate) fn end(&self) {
        self.has_ended.send_replace(true);
        self.outbox.end();
        self.journal.wake();
    }

    /// Whether it has ended.
    pub(crate) fn has_ended(&self) -> bool {
        *self.has_ended.borrow()
    }

    /// Waits for `time`, really, or until the world ends.
    pub(crate) async fn pause(&self, time: Duration) {
        let mut has_ended = self.has_ended.subscribe();
        // Either way there is nothing more to wait for.
        let _ = tokio::time::timeout(time, has_ended.wait_for(|has_ended| *has_ended)).await;
    }

    /// Sends a message, and names the fault that applied to it, if one did.
    pub(crate) fn send(&self, message: NewMessage) -> Option<InjectedFault> {
        if !self.faults.is_any() {
            self.outbox.send(message);
            return None;
        }
        let mut applied = None;
        self.outbox.send_with(message, |message, is_awaited| {
            let (by, effect) = self.faults.inject_message(message, is_awaited)?;
            applied = Some(by);
            Some(effect)
        });
        applied
    }

    /// The real time until the next message arrives that is under way, if the clock runs.
    pub(crate) fn until_next_arrival(&self) -> Option<Duration> {
        self.clock.until(self.outbox.next_arrival()?)
    }

    /// The partner that has this CRM user.
    pub(crate) fn partner_with_user(&self, username: &str, password: &str) -> Option<u64> {
        self.directory.partners.iter().find(|partner| partner.has_user(username, password)).map(|partner| partner.id)
    }

    /// The partner that has this SSO client.
    pub(crate) fn partner_with_client(&self, client_id: &str, client_secret: &str) -> Option<u64> {
        self.directory
            .partners
            .iter()
            .find(|partner| partner.has_client(client_id, client_secret))
            .map(|partner| partner.id)
    }

    /// Whether the plan of an account includes Online Data (ONLINE-1).
    pub(crate) fn has_online_data(&self, account: u64) -> bool {
        self.accounts.read(account, |account| account.plan_id).is_some_and(|plan| self.includes_online_data(plan))
    }

    /// Whether this plan includes Online Data.
    pub(crate) fn includes_online_data(&self, plan: u32) -> bool {
        self.directory.plans.iter().any(|known| known.id == plan && known.has_online_data)
    }

    /// Creates an account of `partner` and shows it; none where the partner has an account with that email.
    pub(crate) fn create_account<T>(
        &self,
        partner: u64,
        new: NewAccount,
        now: Timestamp,
        show: impl FnOnce(&Account) -> T,
    ) -> Option<T> {
        let mut shown = None;
        self.accounts.create(partner, new.email.clone(), || {
            let mut account = new.create(self.ids.next(Table::Account), partner, now);
            self.alarms.join_company(&account);
            self.watch_ssn(&mut account, now);
            shown = Some(show(&account));
            account
        });
        shown
    }

    /// Changes the fields of an account, its email and its company among them. `change` learns whether another account of
    /// the partner has `email` already.
    pub(crate) fn change_account<T, E>(
        &self,
        id: u64,
        email: Option<Arc<str>>,
        change: impl FnOnce(&mut Account, bool) -> Result<T, E>,
    ) -> Option<Result<T, E>> {
        self.accounts.change_with_email(id, email, |account, is_taken| {
            let before = account.company_id;
            let changed = change(account, is_taken)?;
            self.alarms.change_company(account, before);
            Ok(changed)
        })
    }

    /// Adds an account that has an id and items already. False if its id or its email is taken.
    pub(crate) fn restore_account(&self, mut account: Account) -> bool {
        self.ids.take(Table::Account, account.id, account.id);
        let now = account.updated_at;
        self.alarms.join_company(&account);
        self.watch_ssn(&mut account, now);
        self.accounts.restore(account)
    }

    /// Watches the SSN of an account that has just got one, and finds its leaks.
    pub(crate) fn watch_ssn(&self, account: &mut Account, now: Timestamp) {
        if let Some(ssn) = &account.ssn {
            self.leaks.watch(WatchKind::Ssn, &ssn.canonical(), account.id);
            self.match_ssn(account, now);
        }
    }
}
