//! The state that the cases of one run share: target, client, tokens, accounts, private worlds, and all that was
//! learnt.

mod control;
pub(crate) mod waits;

use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use serde_json::Value;
use tokio::sync::{Mutex as AsyncMutex, MutexGuard, OnceCell, RwLock};

use crate::client::Client;
use crate::exchange::{Account, Caller, Exchange, Request};
use crate::format::Format;
use crate::halt::Halt;
use crate::kind::{BodyForm, KINDS, Kind};
use crate::ledger::Ledger;
use crate::lock::lock;
use crate::matrix::Cell;
use crate::messages::{Channel, PASSWORD, Reader};
use crate::pace::Pace;
use crate::reader;
use crate::recording::Recorded;
use crate::secrets::{Redactor, Secret};
use crate::session::waits::Waits;
use crate::target::{CrmLogin, Settings, Target};
use crate::values::{self, Values};

/// How old the tokens of a run may become, unless the target's live shorter.
pub(crate) const TOKEN_AGE: Duration = Duration::from_secs(60);

/// The refusals that show the form of a target's errors: others may come from what stands before it.
const JUDGED: [u16; 7] = [400, 401, 403, 404, 405, 409, 422];

/// How many answers of one sort are kept.
const FEW_WITNESSES: usize = 8;

/// Something that is asked for once, unless the answer got lost.
pub(crate) type Asked<T> = Option<Result<T, Halt>>;

/// An account with items, their ids by the captures of paths, and their values by the names of their kinds.
pub(crate) type Enrolment = (Account, BTreeMap<&'static str, String>, BTreeMap<&'static str, String>);

/// An account that watches leaked values.
#[derive(Clone, Debug)]
pub(crate) struct Watcher {
    pub(crate) account: Account,
    /// The kinds of the values, the alarms that they have raised, and whether a check has closed one.
    pub(crate) alarms: Vec<(&'static Kind, Vec<String>, bool)>,
}

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
    /// Tokens of end users by their emails, and when they were issued, where requests are few.
    app_tokens: Mutex<BTreeMap<String, (Secret, Instant)>>,
    /// Why a login that is answered gives no token: it is not asked for again.
    tokenless: Mutex<Option<Halt>>,
    /// The account with an item of each kind that checks share where requests are few.
    pub(crate) enrolled: AsyncMutex<Option<Enrolment>>,
    /// The accounts that watch leaked values, likewise.
    pub(crate) watchers: AsyncMutex<Vec<Watcher>>,
    /// An answer of each sort, and every one whose form is wrong.
    witnesses: Mutex<BTreeMap<String, Vec<Exchange>>>,
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
    tours: [AsyncMutex<Asked<Arc<Vec<Exchange>>>>; 2],
    /// An account whose scan takes the time that it takes, and the profile that it was given.
    pub(crate) scanned: AsyncMutex<Asked<(Account, Value)>>,
    /// Whether the target's clock can be moved, for all of its users only.
    has_own_clock: OnceCell<bool>,
    /// Held by a check that needs the target for itself, and shared by all others.
    pub(crate) world: RwLock<()>,
    /// By how many seconds the target's own clock was moved.
    moved: AtomicU64,
    /// Held while leaks are seeded and looked at: there are few test numbers, and every account that watches one sees
    /// its leaks.
    leaking: AsyncMutex<()>,
    pub(crate) waits: Arc<Waits>,
    /// Checks that could not tell, for no message at all had come through yet.
    unheard: Mutex<BTreeSet<String>>,
    /// An account on the plan without Online Data, for the check that needs one.
    outside: Mutex<Option<Account>>,
    /// Whether any email, and any text message, was shown so far.
    heard: [AtomicBool; 2],
    label: String,
    cases: AtomicU64,
    /// Whether it is only to tell what a run would cost.
    is_rehearsal: bool,
    /// What went over the wire, of which a profile is made; none where nothing is to be learnt.
    recording: Option<Mutex<Vec<Recorded>>>,
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
        let recording = settings.learns.then(Mutex::default);
        let waits = Arc::new(Waits::new(target.patience, false));
        let session = Self::with(target, settings, pace, waits, Arc::new(ledger), Arc::new(redactor))?;
        Ok(Self { recording, ..session })
    }

    /// The same with a ledger that is nowhere but in memory.
    pub(crate) fn rehearsal(target: Target, settings: Settings) -> io::Result<Self> {
        let pace = Arc::new(Pace::new(&settings));
        let waits = Arc::new(Waits::new(target.patience, true));
        let session = Self::with(target, settings, pace, waits, Arc::default(), Arc::default())?;
        Ok(Self { is_rehearsal: true, ..session })
    }

    fn with(
        target: Target,
        settings: Settings,
        pace: Arc<Pace>,
        waits: Arc<Waits>,
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
            app_tokens: Mutex::default(),
            tokenless: Mutex::default(),
            enrolled: AsyncMutex::default(),
            watchers: AsyncMutex::default(),
            witnesses: Mutex::default(),
            is_mock: OnceCell::new(),
            bodies: Mutex::default(),
            adds_tell_ids: Mutex::default(),
            endless: Mutex::default(),
            pool: Mutex::default(),
            matrix: Mutex::default(),
            tours: Default::default(),
            scanned: AsyncMutex::default(),
            has_own_clock: OnceCell::new(),
            world: RwLock::default(),
            moved: AtomicU64::new(0),
            leaking: AsyncMutex::default(),
            waits,
            unheard: Mutex::default(),
            outside: Mutex::default(),
            heard: Default::default(),
            label: values::new_label(),
            cases: AtomicU64::new(0),
            is_rehearsal: false,
            recording: None,
        })
    }

    /// Keeps an exchange, if something is to be learnt.
    pub(crate) fn record(&self, case: u64, caller: &Caller, exchange: &Exchange) {
        let Some(recording) = &self.recording else { return };
        let is_standardized = exchange.request.version.as_deref() == Format::Standardized.version();
        let format = if is_standardized || self.target.normalize_all { Format::Standardized } else { Format::Legacy };
        lock(recording).extend(Recorded::of(case, caller, exchange, format));
    }

    /// What was kept so far.
    pub(crate) fn recording(&self) -> Vec<Recorded> {
        self.recording.as_ref().map(|recording| lock(recording).clone()).unwrap_or_default()
    }

    /// The number of the next case.
    pub(crate) fn next_case(&self) -> u64 {
        self.cases.fetch_add(1, Ordering::Relaxed)
    }

    /// The values of a case.
    pub(crate) fn values_of(&self, number: u64) -> Values {
        Values::new(&self.label, number, self.settings.seed, &self.target.email_domain)
    }

    /// Gives the target time, which a rehearsal does not need, or until the run is over.
    pub(crate) async fn pause(&self, duration: Duration) {
        if !self.is_rehearsal {
            let end = tokio::time::Instant::now() + self.pace.shortened(duration);
            self.pace.wait_until(end, false).await;
        }
    }

    /// Notes that a message was shown that came in this way.
    pub(crate) fn note_heard(&self, channel: Channel) {
        self.heard[channel as usize].store(true, Ordering::Relaxed);
    }

    /// Notes a check that could not tell, for no message at all had come through yet.
    pub(crate) fn note_unheard(&self, check: String) {
        lock(&self.unheard).insert(check);
    }

    /// Whether a check could not tell for that reason, and would not end so once more; this is answered once.
    pub(crate) fn takes_up(&self, check: &str) -> bool {
        self.has_heard(Channel::Email) && lock(&self.unheard).remove(check)
    }

    /// Whether any message was shown that came in this way.
    pub(crate) fn has_heard(&self, channel: Channel) -> bool {
        self.heard[channel as usize].load(Ordering::Relaxed)
    }

    /// Answers of every sort in a format.
    pub(crate) fn tour(&self, format: Format) -> &AsyncMutex<Asked<Arc<Vec<Exchange>>>> {
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

    /// The token of the user with this email, while it is new.
    pub(crate) fn app_token(&self, email: &str) -> Option<Secret> {
        let age = self.pace.shortened(TOKEN_AGE);
        let known = lock(&self.app_tokens);
        known.get(email).filter(|(_, issued)| issued.elapsed() < age).map(|(token, _)| token.clone())
    }

    /// Keeps a token for the next case that acts as this user. Some targets end the session before it.
    pub(crate) fn learn_app_token(&self, email: &str, token: Secret, issued: Instant) {
        if self.is_frugal() {
            lock(&self.app_tokens).insert(email.to_owned(), (token, issued));
        }
    }

    /// Makes the next case that acts as a user ask for a token again.
    pub(crate) fn forget_app_tokens(&self) {
        lock(&self.app_tokens).clear();
    }

    /// Why no login gives a token, if so.
    pub(crate) fn tokenless(&self) -> Option<Halt> {
        lock(&self.tokenless).clone()
    }

    pub(crate) fn learn_tokenless(&self, why: &Halt) {
        *lock(&self.tokenless) = Some(why.clone());
    }

    /// Keeps an answer that shows the forms of a target: the first of its sort, and those whose form is wrong.
    pub(crate) fn witness(&self, exchange: &Exchange) {
        let (Ok(answer), true) = (&exchange.answer, exchange.is_documented()) else { return };
        if !(reader::is_success(answer.status) || JUDGED.contains(&answer.status)) {
            return;
        }
        let is_odd =
            reader::has_form_issue(answer.status, answer.content_type(), &answer.body, self.format_of(exchange));
        let sort = format!("{} {:?} {}", answer.status, exchange.request.version, exchange.request.sort());
        let mut witnesses = lock(&self.witnesses);
        let of_sort = witnesses.entry(sort).or_default();
        if of_sort.is_empty() || is_odd && of_sort.len() < FEW_WITNESSES {
            of_sort.push(exchange.clone());
        }
    }

    /// Answers that show the forms of a target, of this format.
    pub(crate) fn witnesses(&self, format: Format) -> Vec<Exchange> {
        let witnesses = lock(&self.witnesses);
        witnesses.values().flatten().filter(|exchange| self.format_of(exchange) == format).cloned().collect()
    }

    /// Whether a request of this sort was answered with success, by any check.
    pub(crate) fn has_served(&self, request: &Request) -> bool {
        let sort = format!(" {}", request.sort());
        lock(&self.witnesses).keys().any(|key| key.starts_with('2') && key.ends_with(&sort))
    }

    /// The format that the answer to a request must have (FORMAT-1, FORMAT-2).
    fn format_of(&self, exchange: &Exchange) -> Format {
        let is_standardized = exchange.request.version.as_deref() == Format::Standardized.version();
        if is_standardized || self.target.normalize_all { Format::Standardized } else { Format::Legacy }
    }

    /// Gives up what checks share: one that has failed may have found it changed.
    pub(crate) async fn give_up_shared(&self) {
        *self.enrolled.lock().await = None;
        self.watchers.lock().await.clear();
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

    /// Keeps an account on the plan without Online Data for the check that needs one.
    pub(crate) fn keep_outside(&self, account: Account) {
        *lock(&self.outside) = Some(account);
    }

    /// That account, once.
    pub(crate) fn take_outside(&self) -> Option<Account> {
        lock(&self.outside).take()
    }

    /// Whether a run must choose what it sends.
    pub(crate) fn is_frugal(&self) -> bool {
        self.settings.is_frugal
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
    if let Some(password) = target.messages.readers().iter().find_map(Reader::password) {
        redactor.learn(&password.0, &format!("${PASSWORD}"));
    }
    for kind in KINDS {
        // Whatever its kind, a value of a breach is of a person.
        if let (Some(value), Some(leaks)) = (target.leaked.get(kind.name), &kind.leaks) {
            redactor.learn(value, &format!("${}", leaks.variable));
        }
    }
}
