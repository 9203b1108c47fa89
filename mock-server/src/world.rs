//! One world: accounts, tokens, messages, leaks and a clock, in memory.
//!
//! It is a handle with verbs. One account is one entry, and [`World::change_account`] is one step on it: a rule and its
//! write happen under one guard, and no guard leaves its method. Nothing locks the whole world but a snapshot, which
//! waits for the steps that are under way.
//!
//! Guards are taken in this order, so that no two steps can wait for each other: an email's index entry, an account,
//! and then one entry of any other map.

mod snapshot;

use std::collections::{BinaryHeap, HashSet};
use std::hash::{BuildHasher, RandomState};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard};
use std::time::Duration;

use dashmap::{DashMap, Entry};
use tokio::sync::watch;

use crate::account::{Account, Draft};
use crate::app::Settings;
use crate::assumptions::{Assumed, Assumptions, Key, LeaksPending, SsoChangedEmail};
use crate::auth::Principal;
use crate::clock::Clock;
use crate::confirmation::{Challenge, Confirmation, Opened};
use crate::faults::{Faults, StruckBy};
use crate::id::Table;
use crate::journal::Journal;
use crate::leak::{Hit, Leak, NewLeak, WatchKind};
use crate::magic::Magic;
use crate::online::Site;
use crate::outbox::{Message, MessageFilter, Outbox};
use crate::reply::{Outcome, Refusal, Why};
use crate::secrets::Secrets;
use crate::seed::{Partner, Plan, Seed, SeedError};
use crate::ssn::{self, EidProvider, Ssn};
use crate::time::Timestamp;
use crate::watchlist::Kind;
use crate::watchlist::email::Email;

/// How many parts each map of the main world is locked in.
const MAIN_SHARDS: usize = 64;

/// The same in a sandbox, which one test uses, and of which there may be hundreds.
const SANDBOX_SHARDS: usize = 4;

/// How many tables count ids.
const TABLES: usize = Table::ALL.len();

/// A minute, over which requests with one token are counted.
const MINUTE: i64 = 60;

/// Everything that is in a world.
#[derive(Debug)]
pub(crate) struct World {
    settings: Arc<Settings>,
    clock: Clock,
    secrets: Secrets,
    partners: Vec<Partner>,
    plans: Vec<Plan>,
    /// The data brokers of Online Data.
    sites: Vec<Site>,
    /// Boxed, for a map keeps room to spare and an account is large.
    accounts: DashMap<u64, Box<Account>>,
    /// By partner and email: the one that the account was created with (SSO-3), and the one that it has now.
    emails: DashMap<(u64, Box<str>), u64>,
    tokens: DashMap<u64, Token>,
    codes: DashMap<Box<str>, SsoCode>,
    links: DashMap<Box<str>, Link>,
    /// By [`World::watched`]; different values may meet under one key.
    leaks: DashMap<u64, Vec<Arc<Leak>>>,
    /// The accounts that watch a value, by the same key.
    watchers: DashMap<u64, Watchers>,
    /// Whose an item is; kept only where `scope.foreign-item` tells a foreign item from none.
    owners: Option<DashMap<(Table, u64), u64>>,
    watch_keys: RandomState,
    last_ids: [AtomicU64; TABLES],
    last_token: AtomicU64,
    outbox: Outbox,
    faults: Faults,
    has_ended: watch::Sender<bool>,
    /// Shared with the world that takes its place when a snapshot is put back: what was asked stays known.
    journal: Arc<Journal>,
    /// Held to read by every step, and to write by whoever must see all of them done.
    steps: RwLock<()>,
    changes: AtomicU64,
}

/// A bearer token: `number|secret`, all kinds numbered from one sequence.
#[derive(Debug)]
pub(crate) struct Token {
    pub(crate) secret: Box<str>,
    pub(crate) principal: Principal,
    /// Never, for the published tokens of the seed.
    pub(crate) expires_at: Option<Timestamp>,
    /// When the minute began in which its requests are counted, and how many there were.
    minute: (Timestamp, u32),
}

/// The accounts that watch a value. Most values are watched once, and there may be millions of them.
#[derive(Debug)]
enum Watchers {
    One(u64),
    Many(Vec<u64>),
}

impl Watchers {
    fn all(&self) -> &[u64] {
        match self {
            Self::One(account) => std::slice::from_ref(account),
            Self::Many(accounts) => accounts,
        }
    }

    fn add(&mut self, account: u64) {
        match self {
            Self::One(first) => *self = Self::Many(vec![*first, account]),
            Self::Many(accounts) => accounts.push(account),
        }
    }

    /// Takes `account` out once. True if nobody is left.
    fn remove(&mut self, account: u64) -> bool {
        match self {
            Self::One(only) => *only == account,
            Self::Many(accounts) => {
                if let Some(position) = accounts.iter().position(|watcher| *watcher == account) {
                    accounts.swap_remove(position);
                }
                accounts.is_empty()
            }
        }
    }
}

/// What a token was found to be.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Resolved {
    Known(Principal),
    /// Good until then.
    Expired(Principal, Timestamp),
    /// Good, and used too often.
    Throttled {
        retry_after_seconds: u32,
    },
    Unknown,
}

/// How much of its minute a token has used (FORMAT-9).
#[derive(Clone, Copy, Debug)]
pub(crate) struct Rate {
    pub(crate) limit: u32,
    pub(crate) remaining: u32,
    /// When the minute ends, told to those who have used it up.
    pub(crate) reset: Option<Timestamp>,
}

/// A one-time code (SSO-4). It is kept after its use, to say so.
#[derive(Debug)]
struct SsoCode {
    account: u64,
    expires_at: Timestamp,
    is_used: bool,
}

/// What became of a one-time code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum CodeUse {
    /// By this account.
    Accepted(u64),
    UsedBefore,
    Expired,
    Unknown,
}

/// What a confirmation link stands for.
#[derive(Clone, Copy, Debug)]
struct Link {
    account: u64,
    email: u64,
    expires_at: Timestamp,
}

/// Why an electronic ID did not set an SSN.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum EidError {
    /// There is no such account.
    #[error("there is no account with this id in this world")]
    NoAccount,
    /// It is set once, and never changes (SSN-2).
    #[error("this account has an SSN already, and it is set only once; see SSN-2")]
    AlreadySet,
    /// The provider vouches for the IDs of another country.
    #[error("ssn: this is not of the form of a national ID of {0}, which this provider vouches for")]
    NotOfCountry(&'static str),
}

/// Something that fell due when the clock was moved.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Due {
    /// `crm-token-expired`, `app-token-expired`, `sso-code-expired`, `confirmation-link-expired`,
    /// `verification-code-expired`, `message-arrived`, `scan-completed`, `scan-failed` or `removal-moved-on`.
    pub kind: &'static str,
    /// The number of the token.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub token: Option<u64>,
    /// When it fell due.
    pub at: Timestamp,
}

impl World {
    /// A world that holds a copy of `seed`: the main one, or that of the sandbox of this name.
    pub(crate) fn new(seed: &Seed, settings: Arc<Settings>, sandbox: Option<&str>) -> Result<Self, SeedError> {
        let shards = if sandbox.is_some() { SANDBOX_SHARDS } else { MAIN_SHARDS };
        let settings = if seed.assumes_anything() {
            let mut settings = Settings::clone(&settings);
            seed.assume_on(&mut settings.assumptions)?;
            Arc::new(settings)
        } else {
            settings
        };
        let tells_foreign_items = settings.assumptions.name(Key::ScopeForeignItem) != "404";
        let world = Self {
            clock: Clock::default(),
            secrets: match settings.random_seed {
                Some(seed) => Secrets::repeatable(seed, sandbox.unwrap_or_default()),
                None => Secrets::new(),
            },
            partners: seed.partners().to_vec(),
            plans: seed.plans().to_vec(),
            sites: seed.sites().to_vec(),
            accounts: DashMap::with_shard_amount(shards),
            emails: DashMap::with_shard_amount(shards),
            tokens: DashMap::with_shard_amount(shards),
            codes: DashMap::with_shard_amount(shards),
            links: DashMap::with_shard_amount(shards),
            leaks: DashMap::with_shard_amount(shards),
            watchers: DashMap::with_shard_amount(shards),
            owners: tells_foreign_items.then(|| DashMap::with_shard_amount(shards)),
            watch_keys: RandomState::new(),
            last_ids: [const { AtomicU64::new(0) }; TABLES],
            last_token: AtomicU64::new(0),
            outbox: Outbox::new(shards),
            faults: Faults::default(),
            has_ended: watch::Sender::new(false),
            journal: Arc::new(Journal::new(settings.journal)),
            steps: RwLock::new(()),
            changes: AtomicU64::new(0),
            settings,
        };
        seed.plant(&world)?;
        Ok(world)
    }

    /// Goes on with the journal of the world whose place it takes.
    pub(crate) fn with_journal_of(mut self, before: &Self) -> Self {
        self.journal = Arc::clone(&before.journal);
        self
    }

    /// To be held while something is done here, so that a snapshot has either all of it or nothing.
    pub(crate) fn step(&self) -> RwLockReadGuard<'_, ()> {
        // It guards no data, so there is nothing that a panic could have left half done.
        self.steps.read().unwrap_or_else(PoisonError::into_inner)
    }

    /// Counts that something was done here, once it can be seen.
    pub(crate) fn changed(&self) {
        self.changes.fetch_add(1, Ordering::Release);
    }

    /// How often something was done here, for those who look again only if it was.
    pub(crate) fn changes(&self) -> u64 {
        self.changes.load(Ordering::Acquire)
    }

    /// A number that tells this world from the one that was in its place before.
    pub(crate) fn mark(&self) -> u64 {
        self.watch_keys.hash_one("mark")
    }

    /// Ends the world: those who wait for something in it are let go.
    pub(crate) fn end(&self) {
        self.has_ended.send_replace(true);
        self.outbox.end();
    }

    /// Lets `time` pass, really, or what of it passes until the world ends.
    pub(crate) async fn pause(&self, time: Duration) {
        let mut has_ended = self.has_ended.subscribe();
        // Either way there is nothing more to wait for.
        let _ = tokio::time::timeout(time, has_ended.wait_for(|has_ended| *has_ended)).await;
    }

    /// Sets the SSN by the end user's electronic ID (SSO-6), once (SSN-2).
    ///
    /// # Errors
    /// As [`EidError`] says.
    pub(crate) fn complete_eid(&self, account: u64, provider: EidProvider, ssn: &str) -> Result<(), EidError> {
        let ssn =
            ssn::rule(Some(provider.country()))(ssn.trim()).map_err(|_| EidError::NotOfCountry(provider.country()))?;
        let _step = self.step();
        let mut account = self.accounts.get_mut(&account).ok_or(EidError::NoAccount)?;
        if account.ssn.is_some() && !breaks!(self.settings, ElectronicIdReplacesSsn) {
            return Err(EidError::AlreadySet);
        }
        let now = self.clock.now();
        let ssn = Ssn::new(ssn);
        if breaks!(self.settings, ElectronicIdIsLost) {
            return Ok(());
        }
        self.watch(WatchKind::Ssn, &ssn.canonical(), account.id);
        account.ssn = Some(ssn);
        account.updated_at = now;
        self.match_ssn(&mut account, now);
        Ok(())
    }

    pub(crate) fn settings(&self) -> &Settings {
        &self.settings
    }

    pub(crate) fn assumptions(&self) -> &Assumptions {
        &self.settings.assumptions
    }

    pub(crate) fn clock(&self) -> &Clock {
        &self.clock
    }

    pub(crate) fn secrets(&self) -> &Secrets {
        &self.secrets
    }

    pub(crate) fn outbox(&self) -> &Outbox {
        &self.outbox
    }

    pub(crate) fn journal(&self) -> &Journal {
        &self.journal
    }

    pub(crate) fn faults(&self) -> &Faults {
        &self.faults
    }

    // Messages.

    /// Sends a message, and tells which fault has struck it, if one has.
    pub(crate) fn send(&self, message: Message) -> Option<StruckBy> {
        if !self.faults.is_any() {
            self.outbox.send(message);
            return None;
        }
        let mut struck_by = None;
        self.outbox.send_struck(message, |message, is_awaited| {
            let (by, effect) = self.faults.meet_message(message, is_awaited)?;
            struck_by = Some(by);
            Some(effect)
        });
        struck_by
    }

    /// The messages that have arrived by now and `filter` admits, oldest first.
    pub(crate) fn messages(&self, filter: &MessageFilter) -> Vec<Message> {
        self.outbox.list(filter, self.clock.now())
    }

    /// How long it takes in real time until the next message arrives that is under way, if the clock runs.
    pub(crate) fn until_next_arrival(&self) -> Option<Duration> {
        self.clock.until(self.outbox.next_arrival()?)
    }

    // Partners.

    /// The partner that has this CRM user.
    pub(crate) fn partner_with_user(&self, username: &str, password: &str) -> Option<u64> {
        let is_meant = |partner: &&Partner| {
            partner.has_user(username, password)
                || breaks!(self.settings, SsoClientLogsIn) && partner.has_client(username, password)
        };
        self.partners.iter().find(is_meant).map(|partner| partner.id)
    }

    /// The partner that has this SSO client.
    pub(crate) fn partner_with_client(&self, client_id: &str, client_secret: &str) -> Option<u64> {
        let is_meant = |partner: &&Partner| {
            partner.has_client(client_id, client_secret)
                || breaks!(self.settings, CrmUserIsSsoClient) && partner.has_user(client_id, client_secret)
        };
        self.partners.iter().find(is_meant).map(|partner| partner.id)
    }

    // Tokens and codes.

    /// Issues a token that is good until `expires_at`.
    pub(crate) fn issue(&self, principal: Principal, expires_at: Timestamp) -> String {
        let number = self.last_token.fetch_add(1, Ordering::Relaxed) + 1;
        let secret = self.secrets.opaque();
        let token = format!("{number}|{secret}");
        self.add_token(number, Token::new(secret.into(), principal, Some(expires_at)));
        token
    }

    /// Adds a token that has a number already. False if another one has it.
    pub(crate) fn add_token(&self, number: u64, token: Token) -> bool {
        self.last_token.fetch_max(number, Ordering::Relaxed);
        self.tokens.insert(number, token).is_none()
    }

    /// What the token `number|secret` is, and, where requests are counted, how much of its minute is used with this one.
    pub(crate) fn resolve(&self, number: u64, secret: &str, now: Timestamp) -> (Resolved, Option<Rate>) {
        let now = if breaks!(self.settings, TokensNeverExpire) { Timestamp::from_unix_seconds(0) } else { now };
        let limit = self.assumptions().number(Key::ThrottlePerMinute);
        if limit > 0 {
            let Some(mut token) = self.tokens.get_mut(&number) else { return (Resolved::Unknown, None) };
            return match token.resolve(secret, now) {
                Resolved::Known(principal) => token.count(principal, limit, now),
                other => (other, None),
            };
        }
        (self.look_up(number, secret, now), None)
    }

    /// What that token is, without counting.
    pub(crate) fn look_up(&self, number: u64, secret: &str, now: Timestamp) -> Resolved {
        self.tokens.get(&number).map_or(Resolved::Unknown, |token| token.resolve(secret, now))
    }

    /// Issues a one-time code for a token of `account`.
    pub(crate) fn issue_code(&self, account: u64, expires_at: Timestamp) -> String {
        let code = self.secrets.opaque();
        self.add_code(&code, account, expires_at, false);
        code
    }

    /// Adds a one-time code that was issued before.
    pub(crate) fn add_code(&self, code: &str, account: u64, expires_at: Timestamp, is_used: bool) {
        self.codes.insert(code.into(), SsoCode { account, expires_at, is_used });
    }

    /// Uses a one-time code: of two who come with it at once, one is accepted.
    pub(crate) fn use_code(&self, code: &str, now: Timestamp) -> CodeUse {
        match self.codes.get_mut(code) {
            None => CodeUse::Unknown,
            Some(known) if known.is_used => CodeUse::UsedBefore,
            Some(known) if now >= known.expires_at => CodeUse::Expired,
            Some(mut known) => {
                known.is_used = !breaks!(self.settings, CodesWorkTwice);
                CodeUse::Accepted(known.account)
            }
        }
    }

    // Accounts.

    /// Creates an account of `partner` and shows it; none where the partner has one with that email.
    pub(crate) fn create_account<T>(
        &self,
        partner: u64,
        draft: Draft,
        now: Timestamp,
        show: impl FnOnce(&Account) -> T,
    ) -> Option<T> {
        let Some(email) = draft.email.clone() else {
            return Some(self.add_account(Account::new(self.next(Table::Account), partner, draft, now), show));
        };
        match self.emails.entry((partner, email)) {
            Entry::Occupied(_) => None,
            Entry::Vacant(place) => {
                let account = Account::new(self.next(Table::Account), partner, draft, now);
                let id = account.id;
                let shown = self.add_account(account, show);
                place.insert(id);
                Some(shown)
            }
        }
    }

    fn add_account<T>(&self, mut account: Account, show: impl FnOnce(&Account) -> T) -> T {
        if let Some(ssn) = &mut account.ssn {
            ssn.is_monitored &= !breaks!(self.settings, NewSsnIsNotMonitored);
            self.watch(WatchKind::Ssn, &ssn.canonical(), account.id);
        }
        let now = account.updated_at;
        self.match_ssn(&mut account, now);
        let shown = show(&account);
        self.accounts.insert(account.id, Box::new(account));
        shown
    }

    /// Adds an account that has an id and items already. False where the id or the email is taken.
    pub(crate) fn plant_account(&self, account: Account) -> bool {
        if self.accounts.contains_key(&account.id) {
            return false;
        }
        self.take_id(Table::Account, account.id, account.id);
        for email in account.email.iter().chain(&account.created_with) {
            let before = self.emails.insert((account.partner, email.clone()), account.id);
            if before.is_some_and(|owner| owner != account.id) {
                return false;
            }
        }
        self.add_account(account, |_| ());
        true
    }

    /// The account of `partner` that SSO finds by `email`: the one that was created with it (SSO-3), or by
    /// `sso.changed-email` the one that has it now.
    pub(crate) fn account_for_sso(&self, partner: u64, email: &str, assumed: Assumed<'_>) -> Option<u64> {
        let found = self.emails.get(&(partner, email.into())).map(|account| *account);
        #[cfg(feature = "broken-rules")]
        if breaks!(self.settings, SsoGoesByCurrentEmail) {
            return crate::broken::account_with(self, email);
        }
        #[cfg(feature = "broken-rules")]
        if breaks!(self.settings, UnknownEmailIsSomebody) {
            return found.or_else(|| Some(crate::broken::first_account(self)));
        }
        found.filter(|id| {
            let is_first = |account: &Account| account.created_with.as_deref() == Some(email);
            self.accounts.get(id).is_some_and(|account| is_first(&account))
                || assumed.choice::<SsoChangedEmail>() == SsoChangedEmail::Accepted
        })
    }

    /// The partner that an account belongs to.
    pub(crate) fn partner_of(&self, account: u64) -> Option<u64> {
        self.accounts.get(&account).map(|account| account.partner)
    }

    /// Whether the plan of an account includes Online Data (ONLINE-1).
    pub(crate) fn has_online_data(&self, account: u64) -> bool {
        self.look_at(account, |account| account.plan_id).is_some_and(|plan| self.includes_online_data(plan))
    }

    /// Whether this plan does.
    pub(crate) fn includes_online_data(&self, plan: u32) -> bool {
        self.plans.iter().any(|known| known.id == plan && known.has_online_data)
    }

    /// The data brokers, in their order.
    pub(crate) fn sites(&self) -> &[Site] {
        &self.sites
    }

    /// Reads an account in one step.
    pub(crate) fn read_account(&self, id: u64, read: impl FnOnce(&Account) -> Outcome) -> Outcome {
        match self.accounts.get(&id) {
            Some(account) => read(&account),
            None => Err(Why::NotFound.into()),
        }
    }

    /// Looks at one account.
    pub(crate) fn look_at<T>(&self, id: u64, look: impl FnOnce(&Account) -> T) -> Option<T> {
        self.accounts.get(&id).map(|account| look(&account))
    }

    /// The first `limit` accounts that are meant and have an id above `after`, by their ids, and how many are meant in all.
    pub(crate) fn accounts_after<T>(
        &self,
        after: u64,
        limit: usize,
        is_meant: impl Fn(&Account) -> bool,
        look: impl Fn(&Account) -> T,
    ) -> (Vec<T>, usize) {
        let (mut first, mut total) = (BinaryHeap::with_capacity(limit + 1), 0);
        for account in self.accounts.iter().filter(|account| is_meant(account)) {
            total += 1;
            // The key, for it is at hand; the account itself may be far away in memory.
            if *account.key() > after {
                first.push(*account.key());
            }
            if first.len() > limit {
                first.pop();
            }
        }
        let found = first.into_sorted_vec().into_iter().filter_map(|id| self.look_at(id, &look));
        (found.collect(), total)
    }

    /// Looks at every account of a partner, in no particular order.
    pub(crate) fn each_account_of(&self, partner: u64, mut look: impl FnMut(&Account)) {
        self.accounts.iter().filter(|account| account.partner == partner).for_each(|account| look(&account));
    }

    /// The ids of all accounts.
    #[cfg(feature = "broken-rules")]
    pub(crate) fn account_ids(&self) -> Vec<u64> {
        self.accounts.iter().map(|account| account.id).collect()
    }

    /// Changes an account in one step: nobody sees it half done, and no rule is checked on what has changed since.
    pub(crate) fn change_account<T>(
        &self,
        id: u64,
        change: impl FnOnce(&mut Account) -> Result<T, Refusal>,
    ) -> Result<T, Refusal> {
        match self.accounts.get_mut(&id) {
            Some(mut account) => change(&mut account),
            None => Err(Why::NotFound.into()),
        }
    }

    /// Changes an account whose email may become `email`, which nobody else of the partner can take meanwhile. `change`
    /// is told whether somebody has it already.
    pub(crate) fn change_account_and_email<T>(
        &self,
        id: u64,
        email: Option<Box<str>>,
        change: impl FnOnce(&mut Account, bool) -> Result<T, Refusal>,
    ) -> Result<T, Refusal> {
        let partner = self.partner_of(id).unwrap_or_default();
        let mut given_up = None;
        let step = |account: &mut Account, is_taken| {
            let before = account.email.clone();
            let changed = change(account, is_taken)?;
            given_up = before.filter(|before| {
                account.email.as_ref() != Some(before) && account.created_with.as_ref() != Some(before)
            });
            Ok(changed)
        };
        let changed = match email.map(|email| self.emails.entry((partner, email))) {
            None => self.change_account(id, |account| step(account, false)),
            Some(Entry::Occupied(known)) => self.change_account(id, |account| step(account, *known.get() != id)),
            Some(Entry::Vacant(place)) => {
                let changed = self.change_account(id, |account| step(account, false));
                changed.inspect(|_| drop(place.insert(id)))
            }
        };
        if let Some(email) = given_up {
            // The account may have taken it up again since.
            let is_had = |id| self.accounts.get(&id).is_some_and(|account| account.email.as_ref() == Some(&email));
            self.emails.remove_if(&(partner, email.clone()), |_, owner| *owner == id && !is_had(id));
        }
        changed
    }

    // Items.

    /// The next id of an item on `account`. To be called under the account's guard, so that its items stay in order.
    pub(crate) fn next_id(&self, table: Table, account: u64) -> u64 {
        let id = self.next(table);
        self.own(table, id, account);
        id
    }

    /// Makes sure that ids from now on are higher than `id`, which `account` has.
    pub(crate) fn take_id(&self, table: Table, id: u64, account: u64) {
        self.count_from(table, id);
        self.own(table, id, account);
    }

    /// Gives out ids after `last`.
    pub(crate) fn count_from(&self, table: Table, last: u64) {
        self.last_ids[table as usize].fetch_max(last, Ordering::Relaxed);
    }

    fn own(&self, table: Table, id: u64, account: u64) {
        if let Some(owners) = &self.owners {
            owners.insert((table, id), account);
        }
    }

    fn next(&self, table: Table) -> u64 {
        self.last_ids[table as usize].fetch_add(1, Ordering::Relaxed) + 1
    }

    /// Whether there is such an item on some account, as far as anybody may know.
    pub(crate) fn is_foreign(&self, table: Table, id: u64) -> bool {
        self.owners.as_ref().is_some_and(|owners| owners.contains_key(&(table, id)))
    }

    /// Forgets whose a removed item was.
    pub(crate) fn disown(&self, table: Table, id: u64) {
        if let Some(owners) = &self.owners {
            owners.remove(&(table, id));
        }
    }

    // Confirmation links.

    /// Makes the link of `challenge` work.
    pub(crate) fn add_link(&self, challenge: &Challenge, account: u64, email: u64) {
        self.links.insert(challenge.secret.clone(), Link { account, email, expires_at: challenge.expires_at });
    }

    /// Ends the link of what waits no longer, if it has one.
    pub(crate) fn forget_link(&self, confirmation: &Confirmation) {
        if let Confirmation::Pending(challenge) = confirmation {
            self.links.remove(&challenge.secret);
        }
    }

    /// Opens a confirmation link: the email that it was sent for is confirmed.
    pub(crate) fn open_link(&self, secret: &str) -> Opened {
        if breaks!(self.settings, LinksAreDead) {
            return Opened::Dead;
        }
        let _step = self.step();
        let now = self.clock.now();
        let Some(link) = self.links.get(secret).map(|link| *link) else { return Opened::Dead };
        if now >= link.expires_at {
            return Opened::Expired;
        }
        let opened = self.change_account(link.account, |account| {
            let item = account.emails.one_mut(link.email).filter(|item| item.confirmation.is_met_by(secret, now));
            let Some(item) = item else { return Ok(Opened::Dead) };
            item.confirm(now);
            self.links.remove(secret);
            self.match_item::<Email>(account, link.email, now);
            Ok(Opened::Confirmed)
        });
        opened.unwrap_or(Opened::Dead)
    }

    // Leaks.

    /// From now on `account` hears of leaks of `value`.
    pub(crate) fn watch(&self, kind: WatchKind, value: &str, account: u64) {
        match self.watchers.entry(self.watched(kind, value)) {
            Entry::Vacant(place) => drop(place.insert(Watchers::One(account))),
            Entry::Occupied(mut entry) => entry.get_mut().add(account),
        }
    }

    /// From now on it does not.
    pub(crate) fn unwatch(&self, kind: WatchKind, value: &str, account: u64) {
        if let Entry::Occupied(mut entry) = self.watchers.entry(self.watched(kind, value))
            && entry.get_mut().remove(account)
        {
            entry.remove();
        }
    }

    /// A breach now holds a value: every account that watches it, now or later, sees the leak. Returns its accounts.
    ///
    /// # Errors
    /// A sentence about the value, if it is none of its kind.
    pub(crate) fn add_leak(&self, new: &NewLeak) -> Result<Vec<u64>, String> {
        let _step = self.step();
        // First the leak, then its watchers; who begins to watch does it the other way round. So at least one of the
        // two sees the other, and `hit` makes sure that both together count once.
        let leak = self.file_leak(new)?;
        let now = self.clock.now();
        let is_seen = !breaks!(self.settings, LaterLeaksAreLost);
        Ok(self.spread(&leak, |_, _| is_seen.then_some(now)))
    }

    /// Files a leak that was there before the world began, and tells nobody yet.
    ///
    /// # Errors
    /// As [`World::add_leak`].
    pub(crate) fn file_leak(&self, new: &NewLeak) -> Result<Arc<Leak>, String> {
        let leak = Arc::new(Leak::new(new, self.clock.now())?);
        self.leaks.entry(self.watched(leak.kind, &leak.value)).or_default().push(Arc::clone(&leak));
        Ok(leak)
    }

    /// Shows such a leak to those who watch its value, but not to `settled` accounts. Its alarms are as old as it and
    /// the account allow.
    pub(crate) fn spread_planted(&self, leak: &Arc<Leak>, settled: &HashSet<u64>) {
        let now = self.clock.now();
        self.spread(leak, |account, leak| {
            (!settled.contains(&account.id)).then(|| leak.published_at.max(account.created_at).min(now))
        });
    }

    /// Gives an account an alarm that it had. False if it has no such item that watches the value.
    pub(crate) fn plant_hit(&self, account: u64, hit: Hit) -> bool {
        let Some(mut account) = self.accounts.get_mut(&account) else { return false };
        let watches = match hit.leak.kind {
            // Alarms of an SSN stay when nobody monitors it any more.
            WatchKind::Ssn => account.ssn.as_ref().is_some_and(|ssn| ssn.canonical() == hit.leak.value).then_some(0),
            kind => account.watching(kind, &hit.leak.value, true),
        };
        if hit.is_watched && watches != Some(hit.item_id) {
            return false;
        }
        self.take_id(Table::Leak, hit.id, account.id);
        self.take_id(Table::Alarm, hit.alarm_id, account.id);
        account.hits.push(hit);
        true
    }

    /// Shows a leak to those who watch its value, as found when `found_at` says. Returns their accounts.
    fn spread(&self, leak: &Arc<Leak>, found_at: impl Fn(&Account, &Leak) -> Option<Timestamp>) -> Vec<u64> {
        let key = self.watched(leak.kind, &leak.value);
        let mut watchers = self.watchers.get(&key).map(|watchers| watchers.all().to_vec()).unwrap_or_default();
        // In the order of the accounts, whoever began to watch first: ids of alarms must not tell two equal worlds apart.
        watchers.sort_unstable();
        let pending_too = self.assumptions().choice::<LeaksPending>() == LeaksPending::Shown;
        let mut seen_by = Vec::new();
        for id in watchers {
            let hit = self.change_account(id, |account| {
                let item = account.watching(leak.kind, &leak.value, pending_too);
                #[cfg(feature = "broken-rules")]
                let item = item.or_else(|| crate::broken::ssn_though_unmonitored(account, leak, &self.settings));
                let found = item.zip(found_at(account, leak));
                if let Some((item, at)) = found {
                    self.hit(account, item, leak, at);
                }
                Ok(found.is_some())
            });
            if hit == Ok(true) {
                seen_by.push(id);
            }
        }
        seen_by
    }

    /// Closes an alarm that is there. False where there is none.
    pub(crate) fn plant_closed_alarm(&self, alarm: u64, closed_at: Timestamp) -> bool {
        self.accounts.iter_mut().any(|mut account| {
            let found = account.hits.iter_mut().find(|hit| hit.alarm_id == alarm);
            found.map(|hit| hit.closed_at = Some(closed_at)).is_some()
        })
    }

    /// Lets an item see the leaks of its value, if it may by now.
    pub(crate) fn match_item<K: Kind>(&self, account: &mut Account, id: u64, now: Timestamp) {
        if breaks!(self.settings, EarlierLeaksAreLost) {
            return;
        }
        let pending_too = self.assumptions().choice::<LeaksPending>() == LeaksPending::Shown;
        let Some(item) = K::items(account).one(id).filter(|item| pending_too || item.is_confirmed()) else { return };
        self.file_magic_leaks(K::WATCH, item.fields.value());
        let found = self.leaks_of(K::WATCH, item.fields.value());
        for leak in found {
            self.hit(account, id, &leak, now);
        }
    }

    /// Files the leaks that a magic value asks for, unless they are known already.
    fn file_magic_leaks(&self, kind: WatchKind, value: &str) {
        let Some(magic @ Magic::Leaks(_)) = Magic::of(kind, value) else { return };
        let now = self.clock.now();
        let mut known = self.leaks.entry(self.watched(kind, value)).or_default();
        for new in magic.leaks(kind, value) {
            let leak = Leak::new(&new, now).expect("a magic value is one of its kind");
            if !known.iter().any(|known| known.kind == kind && known.value == leak.value && known.title == leak.title) {
                known.push(Arc::new(leak));
            }
        }
    }

    /// Lets an account see the leaks of its SSN, if it is monitored.
    pub(crate) fn match_ssn(&self, account: &mut Account, now: Timestamp) {
        let found = account.monitored_ssn().map(|ssn| self.leaks_of(WatchKind::Ssn, &ssn)).unwrap_or_default();
        for leak in found {
            self.hit(account, 0, &leak, now);
        }
    }

    fn leaks_of(&self, kind: WatchKind, value: &str) -> Vec<Arc<Leak>> {
        let Some(found) = self.leaks.get(&self.watched(kind, value)) else { return Vec::new() };
        found.iter().filter(|leak| leak.kind == kind && &*leak.value == value).cloned().collect()
    }

    /// Shows a leak to an account, and raises its alarm: once, however often the value is watched anew.
    fn hit(&self, account: &mut Account, item_id: u64, leak: &Arc<Leak>, now: Timestamp) {
        match account.hits.iter_mut().find(|hit| Arc::ptr_eq(&hit.leak, leak)) {
            Some(hit) => {
                hit.item_id = item_id;
                hit.is_watched = true;
            }
            None => account.hits.push(Hit {
                id: self.next_id(Table::Leak, account.id),
                alarm_id: self.next_id(Table::Alarm, account.id),
                item_id,
                is_watched: true,
                leak: Arc::clone(leak),
                created_at: now,
                closed_at: None,
            }),
        }
    }

    fn watched(&self, kind: WatchKind, value: &str) -> u64 {
        self.watch_keys.hash_one((kind, value))
    }

    // Time.

    /// What falls due after `from` and not after `to`, in order.
    pub(crate) fn due(&self, from: Timestamp, to: Timestamp) -> Vec<Due> {
        let is_due = |at: &Timestamp| *at > from && *at <= to;
        let mut due: Vec<Due> = Vec::new();
        for token in &self.tokens {
            if let Some(at) = token.expires_at.filter(is_due) {
                let kind = match token.principal {
                    Principal::Partner(_) => "crm-token-expired",
                    Principal::User(_) => "app-token-expired",
                };
                due.push(Due { kind, token: Some(*token.key()), at });
            }
        }
        let codes = self.codes.iter().filter(|code| !code.is_used && is_due(&code.expires_at));
        due.extend(codes.map(|code| Due { kind: "sso-code-expired", token: None, at: code.expires_at }));
        let links = self.links.iter().filter(|link| is_due(&link.expires_at));
        due.extend(links.map(|link| Due { kind: "confirmation-link-expired", token: None, at: link.expires_at }));
        for account in &self.accounts {
            let codes = account.code_expiries().filter(is_due);
            due.extend(codes.map(|at| Due { kind: "verification-code-expired", token: None, at }));
            let online = account.online.iter().flat_map(|online| online.due(self)).filter(|(_, at)| is_due(at));
            due.extend(online.map(|(kind, at)| Due { kind, token: None, at }));
        }
        let arrivals = self.outbox.arrivals(to).into_iter().filter(is_due);
        due.extend(arrivals.map(|at| Due { kind: "message-arrived", token: None, at }));
        due.sort_by_key(|due| (due.at, due.token));
        due
    }
}

impl Token {
    /// A token that nobody has used.
    pub(crate) fn new(secret: Box<str>, principal: Principal, expires_at: Option<Timestamp>) -> Self {
        Self { secret, principal, expires_at, minute: (Timestamp::from_unix_seconds(0), 0) }
    }

    /// The same after a minute in which requests were counted.
    pub(crate) fn after(self, minute: Option<(Timestamp, u32)>) -> Self {
        Self { minute: minute.unwrap_or(self.minute), ..self }
    }

    fn resolve(&self, secret: &str, now: Timestamp) -> Resolved {
        match self.expires_at {
            _ if *self.secret != *secret => Resolved::Unknown,
            Some(at) if now >= at => Resolved::Expired(self.principal, at),
            _ => Resolved::Known(self.principal),
        }
    }

    /// Counts a request, in minutes that begin with the first one; a refused request does not count.
    fn count(&mut self, principal: Principal, limit: u32, now: Timestamp) -> (Resolved, Option<Rate>) {
        let (began, made) = self.minute;
        let is_over = now < began || now >= began.plus_seconds(MINUTE);
        let (began, made) = if is_over { (now, 0) } else { (began, made) };
        let ends = began.plus_seconds(MINUTE);
        if made >= limit {
            self.minute = (began, made);
            let retry_after_seconds = u32::try_from(ends.unix_seconds() - now.unix_seconds()).unwrap_or(u32::MAX);
            return (
                Resolved::Throttled { retry_after_seconds },
                Some(Rate { limit, remaining: 0, reset: Some(ends) }),
            );
        }
        self.minute = (began, made + 1);
        (Resolved::Known(principal), Some(Rate { limit, remaining: limit - made - 1, reset: None }))
    }
}
