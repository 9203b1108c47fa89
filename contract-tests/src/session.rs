//! The state that the cases of one run share: target, client, tokens, accounts, private worlds, and all that was
//! learnt.

mod control;

use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use serde_json::Value;
use tokio::sync::{Mutex as AsyncMutex, MutexGuard, OnceCell, RwLock};

use crate::client::Client;
use crate::exchange::{Account, Exchange};
use crate::format::Format;
use crate::halt::Halt;
use crate::kind::{BodyForm, KINDS, Kind};
use crate::ledger::Ledger;
use crate::lock::lock;
use crate::matrix::Cell;
use crate::pace::Pace;
use crate::secrets::{Redactor, Secret};
use crate::target::{CrmLogin, Settings, Target};
use crate::values::{self, Values};

/// The shared state of a run. It belongs to the runtime on which it is first used, as its connections do.
#[derive(Debug)]
pub(crate) struct Session {
    pub(crate) target: Target,
    pub(crate) settings: Settings,
    pub(crate) client: Client,
    pub(crate) pace: Arc<Pace>,
    pub(crate) ledger: Arc<Ledger>,
    pub(crate) redactor: Arc<Redactor>,
    /// The partner's token, and when it was issued: a run logs in once in a while.
    pub(crate) crm_token: AsyncMutex<Option<(Secret, Instant)>>,
    /// Whether the target has control routes.
    is_mock: OnceCell<bool>,
    /// Forms of bodies that the guide does not give, by the name of their kind, and whether the target has taken one.
    bodies: Mutex<BTreeMap<&'static str, (BodyForm, bool)>>,
    /// Names of kinds whose adds are known to answer the item's id.
    adds_tell_ids: Mutex<BTreeSet<&'static str>>,
    /// Names of lists that were found to have no end.
    endless: Mutex<BTreeSet<String>>,
    /// Empty accounts for the next case that needs one.
    pool: Mutex<Vec<Account>>,
    matrix: Mutex<Vec<Cell>>,
    /// Answers of every sort in each format, once they were asked for.
    tours: [OnceCell<Result<Arc<Vec<Exchange>>, Halt>>; 2],
    /// An account whose scan takes the time that it takes, and the profile that it was given.
    pub(crate) scanned: OnceCell<Result<(Account, Value), Halt>>,
    /// Whether the target's clock can be moved, for all of its users only.
    has_own_clock: OnceCell<bool>,
    /// Held by a check that needs the target for itself, and shared by all others.
    pub(crate) world: RwLock<()>,
    /// By how many seconds the target's own clock was moved.
    moved: AtomicU64,
    /// Held while leaks are seeded and looked at: there are few test numbers, and every account that watches one sees
    /// its leaks.
    leaking: AsyncMutex<()>,
    label: String,
    cases: AtomicU64,
    /// Whether it is only to tell what a run would cost.
    is_rehearsal: bool,
}

impl Session {
    /// Shared state for a run against `target`, which is not called yet. Its ledger is in the results folder, unless
    /// the target ends with this process.
    pub(crate) fn new(target: Target, settings: Settings) -> io::Result<Self> {
        let ledger = if target.is_throwaway {
            Ledger::default()
        } else {
            let named = |error: io::Error| {
                io::Error::new(error.kind(), format!("the ledger in {}: {error}", settings.results.display()))
            };
            Ledger::open(&settings.results, &target.base_url).map_err(named)?
        };
        let redactor = Redactor::default();
        learn_secrets(&redactor, &target);
        let pace = Arc::new(Pace::new(&settings));
        Self::with(target, settings, pace, Arc::new(ledger), Arc::new(redactor))
    }

    /// The same with a ledger that is nowhere but in memory.
    pub(crate) fn rehearsal(target: Target, settings: Settings) -> io::Result<Self> {
        let pace = Arc::new(Pace::new(&settings));
        let session = Self::with(target, settings, pace, Arc::default(), Arc::default())?;
        Ok(Self { is_rehearsal: true, ..session })
    }

    fn with(
        target: Target,
        settings: Settings,
        pace: Arc<Pace>,
        ledger: Arc<Ledger>,
        redactor: Arc<Redactor>,
    ) -> io::Result<Self> {
        let client = Client::new(&target, Arc::clone(&pace), Arc::clone(&ledger)).map_err(io::Error::other)?;
        Ok(Self {
            target,
            settings,
            client,
            pace,
            ledger,
            redactor,
            crm_token: AsyncMutex::default(),
            is_mock: OnceCell::new(),
            bodies: Mutex::default(),
            adds_tell_ids: Mutex::default(),
            endless: Mutex::default(),
            pool: Mutex::default(),
            matrix: Mutex::default(),
            tours: Default::default(),
            scanned: OnceCell::new(),
            has_own_clock: OnceCell::new(),
            world: RwLock::default(),
            moved: AtomicU64::new(0),
            leaking: AsyncMutex::default(),
            label: values::new_label(),
            cases: AtomicU64::new(0),
            is_rehearsal: false,
        })
    }

    /// The values of the next case.
    pub(crate) fn new_values(&self) -> Values {
        let number = self.cases.fetch_add(1, Ordering::Relaxed);
        Values::new(&self.label, number, self.settings.seed, &self.target.email_domain)
    }

    /// Gives the target time, which a rehearsal does not need, or until the run is over.
    pub(crate) async fn pause(&self, duration: Duration) {
        if !self.is_rehearsal {
            self.pace.wait_until(tokio::time::Instant::now() + duration, false).await;
        }
    }

    /// Answers of every sort in a format.
    pub(crate) fn tour(&self, format: Format) -> &OnceCell<Result<Arc<Vec<Exchange>>, Halt>> {
        &self.tours[usize::from(format == Format::Standardized)]
    }

    /// Notes one call of the principal matrix.
    pub(crate) fn note(&self, cell: Cell) {
        lock(&self.matrix).push(cell);
    }

    /// The principal matrix, as far as it was called.
    pub(crate) fn matrix(&self) -> Vec<Cell> {
        lock(&self.matrix).clone()
    }

    /// The form of body that is tried for a kind.
    pub(crate) fn body_form(&self, kind: &Kind) -> BodyForm {
        lock(&self.bodies).get(kind.name).map(|(form, _)| form.clone()).unwrap_or_default()
    }

    /// Whether the target has taken a body of that form.
    pub(crate) fn is_body_known(&self, kind: &Kind) -> bool {
        lock(&self.bodies).get(kind.name).is_some_and(|(_, is_taken)| *is_taken)
    }

    /// Notes the form that bodies for a kind have from now on.
    pub(crate) fn learn_body(&self, kind: &Kind, form: BodyForm, is_taken: bool) {
        lock(&self.bodies).insert(kind.name, (form, is_taken));
    }

    /// Whether the answer to an add of this kind is known to hold the item's id.
    pub(crate) fn adds_tell_ids(&self, kind: &Kind) -> bool {
        lock(&self.adds_tell_ids).contains(kind.name)
    }

    pub(crate) fn learn_adds_tell_ids(&self, kind: &Kind) {
        lock(&self.adds_tell_ids).insert(kind.name);
    }

    /// Whether lists of this name were found to have no end.
    pub(crate) fn is_endless(&self, name: &str) -> bool {
        lock(&self.endless).contains(name)
    }

    pub(crate) fn learn_endless(&self, name: &str) {
        lock(&self.endless).insert(name.to_owned());
    }

    /// The turn of one that seeds leaks and looks at them. Where leaks are known and not seeded, nobody disturbs another.
    pub(crate) async fn turn_to_leak(&self) -> Option<MutexGuard<'_, ()>> {
        if self.is_mock().await { Some(self.leaking.lock().await) } else { None }
    }

    /// The token of the last login, if it is another than this one.
    pub(crate) async fn later_token(&self, than: &Secret) -> Option<Secret> {
        let known = self.crm_token.lock().await;
        known.as_ref().map(|(token, _)| token).filter(|token| *token != than).cloned()
    }

    /// Makes the next case that needs a CRM token log in again.
    pub(crate) async fn forget_token(&self) {
        *self.crm_token.lock().await = None;
    }

    /// Whether cases share accounts, one after the other: where they stay behind there should be few.
    pub(crate) fn shares_accounts(&self) -> bool {
        !self.target.is_throwaway
    }

    /// An empty account of this run or an earlier one.
    pub(crate) fn pooled(&self) -> Option<Account> {
        lock(&self.pool).pop()
    }

    /// Keeps an empty account for the next case that needs one.
    pub(crate) fn pool(&self, account: Account) {
        lock(&self.pool).push(account);
    }

    /// Whether a run must choose what it sends.
    pub(crate) fn is_frugal(&self) -> bool {
        self.settings.is_frugal
    }

    /// Whether this format has its turn, where a run must choose, with a check that looks at one format only; the other
    /// format has it with the next seed.
    pub(crate) fn is_turn_of(&self, format: Format) -> bool {
        !self.is_frugal() || (format == Format::Standardized) == self.settings.seed.is_multiple_of(2)
    }

    /// Every `step`th of many similar calls where a run must choose, others with another seed; else all.
    pub(crate) fn sample<T>(&self, all: impl Iterator<Item = T>, step: u64) -> Vec<T> {
        let is_chosen = |place: u64| !self.is_frugal() || (place + self.settings.seed).is_multiple_of(step);
        (0..).zip(all).filter(|(place, _)| is_chosen(*place)).map(|(_, one)| one).collect()
    }
}

/// Tells the redactor the secrets that a target is described with.
fn learn_secrets(redactor: &Redactor, target: &Target) {
    for (placeholder, login) in [("$CRM_PASSWORD", Some(&target.crm)), ("$CRM2_PASSWORD", target.crm2.as_ref())] {
        match login {
            Some(CrmLogin::Password { password, .. }) => redactor.learn(&password.0, placeholder),
            Some(CrmLogin::Token(token)) => redactor.learn(&token.0, "$CRM_TOKEN"),
            None => {}
        }
    }
    if let Some(sso) = &target.sso {
        redactor.learn(&sso.client_secret.0, "$CLIENT_SECRET");
    }
    for kind in KINDS {
        // Whatever its kind, a value of a breach is of a person.
        if let (Some(value), Some(leaks)) = (target.leaked.get(kind.name), &kind.leaks) {
            redactor.learn(value, &format!("${}", leaks.variable));
        }
    }
}
