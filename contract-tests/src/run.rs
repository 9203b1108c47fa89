//! One run of checks against one target: what its cases share, and how it leaves the target.

use std::collections::BTreeMap;
use std::io;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use reqwest::{Method, Url};
use serde_json::{Value, json};
use tokio::sync::{Mutex as AsyncMutex, OnceCell, RwLock};
use tokio::time::sleep;

use crate::case::{Case, login_body, token};
use crate::client::{Account, Answer, Caller, Client, Exchange, Format, Pace};
use crate::contract::{Check, Outcome, Step, Stop};
use crate::contracts::online::Subscriber;
use crate::contracts::watchlist::BodyForm;
use crate::documented::ITEM_PATHS;
use crate::ledger::{Ledger, Left};
use crate::matrix::Cell;
use crate::reader;
use crate::secrets::{Redactor, Secret};
use crate::target::{CrmLogin, Settings, Target};
use crate::values;

/// How old the run's CRM token may become, unless the target's tokens live shorter (LOGIN-2).
const TOKEN_AGE: Duration = Duration::from_secs(60);

/// How many accounts of earlier runs are looked for.
const TAKEN_UP: usize = 6;

/// Checks against one target. It belongs to the runtime on which it is first used, as its connections do.
#[derive(Debug)]
pub struct Run {
    pub(crate) target: Target,
    /// How it goes about it.
    pub settings: Settings,
    pub(crate) client: Client,
    pub(crate) pace: Arc<Pace>,
    pub(crate) ledger: Arc<Ledger>,
    pub(crate) redactor: Arc<Redactor>,
    /// The partner's token, and when it was issued: a run logs in once in a while.
    crm_token: AsyncMutex<Option<(Secret, Instant)>>,
    /// Whether the target has control routes.
    is_fake: OnceCell<bool>,
    /// Forms of bodies that the guide does not give, by the path of their kind, and whether the target has taken one.
    bodies: Mutex<BTreeMap<&'static str, (BodyForm, bool)>>,
    /// Accounts that are empty, for the next case that needs one.
    pool: Mutex<Vec<Account>>,
    /// What has to be removed beside accounts' items.
    sandboxes: Mutex<Vec<String>>,
    matrix: Mutex<Vec<Cell>>,
    /// Answers of every kind in each format, once they were asked for.
    tours: [OnceCell<Result<Arc<Vec<Exchange>>, Stop>>; 2],
    /// A user whose scan takes the time that it takes.
    pub(crate) scanned: OnceCell<Result<Subscriber, Stop>>,
    adds_tell_ids: AtomicBool,
    /// Whether the target's clock can be moved, for everybody only.
    own_clock: OnceCell<bool>,
    /// Held by whoever moves it, and shared by all others.
    world: RwLock<()>,
    moved: AtomicU64,
    /// Held while leaks are seeded and looked at: there are few test numbers, and a leak is everybody's who watches one.
    pub(crate) leaking: AsyncMutex<()>,
    label: String,
    cases: AtomicU64,
    /// Whether it is only to tell what a run would cost.
    is_rehearsal: bool,
}

impl Run {
    /// A run against `target`, which is not called yet. Its ledger is in the results folder, unless the target ends with
    /// this process.
    pub fn new(target: Target, settings: Settings) -> io::Result<Self> {
        let ledger = if target.is_throwaway {
            Ledger::default()
        } else {
            let named = |error: io::Error| {
                io::Error::new(error.kind(), format!("the ledger in {}: {error}", settings.results.display()))
            };
            Ledger::open(&settings.results, &target.base_url).map_err(named)?
        };
        let redactor = Redactor::default();
        let logins = [("$CRM_PASSWORD", Some(&target.crm)), ("$CRM2_PASSWORD", target.crm2.as_ref())];
        for (placeholder, login) in logins {
            match login {
                Some(CrmLogin::Password { password, .. }) => redactor.learn(&password.0, placeholder),
                Some(CrmLogin::Token(token)) => redactor.learn(&token.0, "$CRM_TOKEN"),
                None => {}
            }
        }
        if let Some(sso) = &target.sso {
            redactor.learn(&sso.client_secret.0, "$CLIENT_SECRET");
        }
        for (leaked, placeholder) in [(&target.leaked.iban, "$IBAN"), (&target.leaked.card, "$CARD_NUMBER")] {
            leaked.iter().for_each(|value| redactor.learn(value, placeholder));
        }
        let pace = Arc::new(Pace::new(&settings));
        Self::with(target, settings, pace, Arc::new(ledger), Arc::new(redactor))
    }

    /// A run whose ledger is nowhere but in memory.
    pub(crate) fn rehearsal(target: Target, settings: Settings) -> io::Result<Self> {
        let pace = Arc::new(Pace::new(&settings));
        let run = Self::with(target, settings, pace, Arc::default(), Arc::default())?;
        Ok(Self { is_rehearsal: true, ..run })
    }

    /// Gives the target time, which a rehearsal does not need.
    pub(crate) async fn pause(&self, duration: Duration) {
        if !self.is_rehearsal {
            sleep(duration).await;
        }
    }

    /// Where the target's paths begin.
    pub fn base_url(&self) -> &str {
        &self.target.base_url
    }

    /// Sends nothing more, but for removals.
    pub fn interrupt(&self) {
        self.pace.end();
    }

    fn with(
        target: Target,
        settings: Settings,
        pace: Arc<Pace>,
        ledger: Arc<Ledger>,
        redactor: Arc<Redactor>,
    ) -> io::Result<Self> {
        let client = Client::new(&target).map_err(io::Error::other)?;
        Ok(Self {
            target,
            settings,
            client,
            pace,
            ledger,
            redactor,
            crm_token: AsyncMutex::default(),
            is_fake: OnceCell::new(),
            bodies: Mutex::default(),
            pool: Mutex::default(),
            sandboxes: Mutex::default(),
            matrix: Mutex::default(),
            tours: Default::default(),
            scanned: OnceCell::new(),
            adds_tell_ids: AtomicBool::new(false),
            own_clock: OnceCell::new(),
            world: RwLock::default(),
            moved: AtomicU64::new(0),
            leaking: AsyncMutex::default(),
            label: values::new_label(),
            cases: AtomicU64::new(0),
            is_rehearsal: false,
        })
    }

    /// Runs one check in one format, and removes what it has left.
    pub async fn check(self: &Arc<Self>, check: &Check, format: Format) -> Outcome {
        // Who moves a clock that all go by, or counts what others do too, does so alone.
        let (_alone, _beside) = match check.wants_to_be_alone() && self.has_only_its_own_clock().await {
            true => (Some(self.world.write().await), None),
            false => (None, Some(self.world.read().await)),
        };
        let case = self.case(format);
        let end = (check.contract)(&case).await;
        self.tidy(&case).await;
        case.outcome(check, end)
    }

    /// A new case.
    pub(crate) fn case(self: &Arc<Self>, format: Format) -> Case {
        let number = self.cases.fetch_add(1, Ordering::Relaxed);
        Case::new(Arc::clone(self), format, values::Values::new(&self.label, number, self.settings.seed))
    }

    /// The run's CRM token, renewed before it can have expired.
    pub(crate) async fn crm_token(&self, case: &Case) -> Step<Secret> {
        if let CrmLogin::Token(token) = &self.target.crm {
            return Ok(token.clone());
        }
        let age = self.target.crm_life.map_or(TOKEN_AGE, |life| TOKEN_AGE.min(life / 3));
        let mut known = self.crm_token.lock().await;
        if let Some((token, _)) = known.as_ref().filter(|(_, issued)| issued.elapsed() < age) {
            return Ok(token.clone());
        }
        let issued = Instant::now();
        let answer = case.ask_for_token(login_body(&self.target.crm)?).await?;
        let token = token(&answer).map_err(Stop::into_needed)?;
        *known = Some((token.clone(), issued));
        Ok(token)
    }

    /// Answers of every kind in a format.
    pub(crate) fn tour(&self, format: Format) -> &OnceCell<Result<Arc<Vec<Exchange>>, Stop>> {
        &self.tours[usize::from(format == Format::Standardized)]
    }

    /// Notes one call of the principal matrix.
    pub(crate) fn note(&self, cell: Cell) {
        self.matrix.lock().unwrap_or_else(PoisonError::into_inner).push(cell);
    }

    /// The principal matrix, as far as it was called.
    pub fn matrix(&self) -> Vec<Cell> {
        self.matrix.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// The form of body that is tried at a path.
    pub(crate) fn body_form(&self, items: &str) -> BodyForm {
        let bodies = self.bodies.lock().unwrap_or_else(PoisonError::into_inner);
        bodies.get(items).map(|(form, _)| form.clone()).unwrap_or_default()
    }

    /// Whether the answer to an add is known to hold the item's id.
    pub(crate) fn adds_tell_ids(&self) -> bool {
        self.adds_tell_ids.load(Ordering::Relaxed)
    }

    pub(crate) fn learn_adds_tell_ids(&self) {
        self.adds_tell_ids.store(true, Ordering::Relaxed);
    }

    /// Whether the target has taken a body of that form.
    pub(crate) fn is_body_known(&self, items: &str) -> bool {
        self.bodies.lock().unwrap_or_else(PoisonError::into_inner).get(items).is_some_and(|(_, is_taken)| *is_taken)
    }

    /// Notes what a body at a path is to look like from now on.
    pub(crate) fn learn_body(&self, items: &'static str, form: BodyForm, is_taken: bool) {
        self.bodies.lock().unwrap_or_else(PoisonError::into_inner).insert(items, (form, is_taken));
    }

    /// Logs the partner in for a check. Some targets end the session before it, so its token is everybody's from now on,
    /// and one who is refused meanwhile waits for it.
    pub(crate) async fn log_in(&self, case: &Case, body: Value) -> Step<Answer> {
        let mut known = self.crm_token.lock().await;
        let answer = case.ask_for_token(body).await?;
        if let Ok(token) = token(&answer) {
            *known = Some((token, Instant::now()));
        }
        Ok(answer)
    }

    /// The token of the last login, if it is another than this one.
    pub(crate) async fn later_token(&self, than: &Secret) -> Option<Secret> {
        let known = self.crm_token.lock().await;
        known.as_ref().map(|(token, _)| token).filter(|token| *token != than).cloned()
    }

    /// The next login is a new one.
    pub(crate) async fn forget_token(&self) {
        *self.crm_token.lock().await = None;
    }

    /// Whether the target has control routes, as the fake does.
    pub(crate) async fn is_fake(self: &Arc<Self>) -> bool {
        let ask = || async {
            if let Some(has_them) = self.target.has_control_routes {
                return has_them;
            }
            let case = self.case(Format::Legacy);
            case.health().await.is_ok_and(|answer| answer.status == 200 && answer.body["status"] == "ok")
        };
        *self.is_fake.get_or_init(ask).await
    }

    /// Whether the target has a clock that can be moved, for everybody at once.
    pub(crate) async fn has_only_its_own_clock(self: &Arc<Self>) -> bool {
        let ask = || async {
            if self.target.is_far || !self.is_fake().await {
                return false;
            }
            let case = self.case(Format::Legacy);
            let is_there = async |path| case.control(Method::GET, path, None).await.is_ok_and(|got| got.status == 200);
            is_there("/_mock/clock").await && !is_there("/_mock/sandboxes").await
        };
        *self.own_clock.get_or_init(ask).await
    }

    /// Notes by how much the target's own clock was moved.
    pub(crate) fn note_moved(&self, seconds: u64) {
        self.moved.fetch_add(seconds, Ordering::Relaxed);
    }

    /// By how many seconds it was moved since it was last set back.
    pub(crate) fn take_moved(&self) -> i64 {
        self.moved.swap(0, Ordering::Relaxed).try_into().unwrap_or(i64::MAX)
    }

    /// A private world of the target with these assumptions, where it has such.
    pub(crate) async fn sandbox(self: &Arc<Self>, assume: Value) -> Step<Arc<Self>> {
        let case = self.case(Format::Legacy);
        let why = || Stop::Skipped("the target has no sandboxes, whose clock could be moved".into());
        if !self.is_fake().await {
            return Err(why());
        }
        let answer = case.control(Method::POST, "/_mock/sandboxes", Some(json!({ "assume": assume }))).await?;
        let (id, url) = (answer.body["id"].as_str(), answer.body["base_url"].as_str());
        let Some((id, url)) = id.zip(url).filter(|_| reader::is_success(answer.status)) else { return Err(why()) };
        self.sandboxes.lock().unwrap_or_else(PoisonError::into_inner).push(id.to_owned());
        let url = self.seen_from_here(url);
        let target = Target { is_throwaway: true, ..self.target.clone() }.at(url);
        let (pace, redactor) = (Arc::clone(&self.pace), Arc::clone(&self.redactor));
        let run = Self::with(target, self.settings.clone(), pace, Arc::default(), redactor);
        run.map(Arc::new).map_err(|error| Stop::Inconclusive(error.to_string()))
    }

    /// An address that the target gives out, on the way on which it was reached: there may be a proxy before it.
    fn seen_from_here(&self, url: &str) -> String {
        let (Ok(given), Ok(mut here)) = (Url::parse(url), Url::parse(&self.target.base_url)) else {
            return url.trim_end_matches('/').to_owned();
        };
        here.set_path(given.path());
        here.as_str().trim_end_matches('/').to_owned()
    }

    /// Whether cases share accounts, one after the other: where they stay behind there should be few.
    fn shares_accounts(&self) -> bool {
        !self.target.is_throwaway
    }

    /// Whether a run must choose what it sends.
    pub(crate) fn is_frugal(&self) -> bool {
        self.settings.is_frugal
    }

    /// Whether this format has its turn, where a run must choose, for what is looked at in one format only; the other one
    /// with the next seed.
    pub(crate) fn is_turn_of(&self, format: Format) -> bool {
        !self.is_frugal() || (format == Format::Standardized) == self.settings.seed.is_multiple_of(2)
    }

    /// Every `step`th of many calls of one kind where a run must choose, others with another seed; else all.
    pub(crate) fn sample<T>(&self, all: impl Iterator<Item = T>, step: u64) -> Vec<T> {
        let is_chosen = |place: u64| !self.is_frugal() || (place + self.settings.seed).is_multiple_of(step);
        (0..).zip(all).filter(|(place, _)| is_chosen(*place)).map(|(_, one)| one).collect()
    }

    /// An empty account of this run or an earlier one.
    pub(crate) fn pooled(&self) -> Option<Account> {
        self.pool.lock().unwrap_or_else(PoisonError::into_inner).pop()
    }

    /// Takes up accounts that earlier runs have left empty, if they are still there: as many as cases need at once.
    pub(crate) async fn take_up(self: &Arc<Self>) {
        if !self.shares_accounts() {
            return;
        }
        let case = self.case(Format::Legacy);
        let reusable = self.ledger.left().into_iter().filter(|left| left.is_reusable && left.items.is_empty());
        for left in reusable.take(TAKEN_UP) {
            match (self.identity(&case, &left).await, left.id) {
                (Ok(Identity::Ours(Caller::Crm(_))), Some(id)) => {
                    let account = Account { id, email: left.email };
                    self.pool.lock().unwrap_or_else(PoisonError::into_inner).push(account);
                }
                // Where the ledger cannot be written the run ends at its first create.
                (Ok(Identity::Gone), id) => drop(self.ledger.gone(&left.email, id.as_deref())),
                _ => {}
            }
        }
    }

    /// Removes what a case has left, and keeps its accounts for the next one.
    pub(crate) async fn tidy(self: &Arc<Self>, case: &Case) {
        if self.target.is_throwaway {
            return;
        }
        let accounts = case.take_accounts();
        if accounts.is_empty() {
            return;
        }
        case.begin_tidying();
        let Ok(crm) = case.crm().await else { return };
        for (account, is_plain) in accounts {
            let mut items = self.ledger.items(&account.id);
            // A target may say that a removal is done which is not. Looking again is dear where requests are.
            let touched = self.ledger.take_touched(&account.id).into_iter().filter(|_| !self.is_frugal());
            items.extend(touched.map(|path| (path, None)));
            let left = Left { id: Some(account.id.clone()), email: account.email.clone(), is_reusable: false, items };
            let is_empty = left.items.is_empty() || self.empty(case, &crm, &left).await;
            if is_empty && is_plain && self.shares_accounts() && self.ledger.reusable(&account.email).is_ok() {
                self.pool.lock().unwrap_or_else(PoisonError::into_inner).push(account);
            }
        }
    }

    /// Removes what is left of all cases and of sandboxes; what is returned could not be removed, in words.
    pub async fn finish(self: &Arc<Self>) -> Vec<String> {
        let case = self.case(Format::Legacy);
        case.begin_tidying();
        let sandboxes = std::mem::take(&mut *self.sandboxes.lock().unwrap_or_else(PoisonError::into_inner));
        for id in sandboxes.into_iter().filter(|_| !self.target.is_throwaway) {
            drop(case.control(Method::DELETE, &format!("/_mock/sandboxes/{id}"), None).await);
        }
        if self.target.is_throwaway {
            return Vec::new();
        }
        self.sweep().await
    }

    /// The accounts of this target that the suite has made, and that are left empty, by their ids.
    pub fn accounts_left(&self) -> Vec<String> {
        if self.target.is_throwaway {
            return Vec::new();
        }
        self.ledger.left().into_iter().filter_map(|left| left.id).collect()
    }

    /// Removes what runs against this target have left, interrupted ones too: the items that the ledger has, and whatever
    /// may be on an account whose id was never told. What is returned could not be removed, in words.
    pub async fn sweep(self: &Arc<Self>) -> Vec<String> {
        let case = self.case(Format::Legacy);
        case.begin_tidying();
        let mut problems = Vec::new();
        for left in self.ledger.left().into_iter().filter(|left| left.id.is_none() || !left.items.is_empty()) {
            problems.extend(self.clear(&case, left).await);
        }
        problems
    }

    /// Empties an account once it is sure that it is the one that the suite has made. Ids may have been given anew since.
    async fn clear(self: &Arc<Self>, case: &Case, left: Left) -> Option<String> {
        let name = left.id.clone().map_or_else(|| left.email.clone(), |id| format!("account {id}"));
        let problem = match self.identity(case, &left).await {
            Ok(Identity::Ours(caller)) if self.empty(case, &caller, &left).await => return None,
            Ok(Identity::Ours(_)) => "items could not be removed".to_owned(),
            Ok(Identity::Gone) => self.ledger.gone(&left.email, left.id.as_deref()).err()?.to_string(),
            Ok(Identity::Unknown) => "nobody can tell whether it is still the suite's, so it is left alone".into(),
            Err(stop) => stop.reason(),
        };
        Some(format!("{name}: {problem}"))
    }

    /// Whether the account is still the one with the address that the suite has made up, and who reaches it.
    async fn identity(self: &Arc<Self>, case: &Case, left: &Left) -> Step<Identity> {
        let account = Account { id: left.id.clone().unwrap_or_default(), email: left.email.clone() };
        let Some(id) = &left.id else {
            // Without its id an account is reached by its owner's token only.
            return Ok(match case.sso_token(&account).await {
                Ok(answer) if reader::is_success(answer.status) => Identity::Ours(case.app(&account).await?),
                Ok(answer) if reader::is_refusal(answer.status) => Identity::Gone,
                _ => Identity::Unknown,
            });
        };
        let mut partner = case.crm().await?;
        let mut list = case.get(&partner, &partner.path(&account, ITEM_PATHS[0])).await?;
        if matches!(list.status, 403 | 404)
            && let Ok(other) = case.other_partner().await
        {
            list = case.get(&other, &other.path(&account, ITEM_PATHS[0])).await?;
            partner = other;
        }
        if matches!(list.status, 403 | 404) {
            return Ok(Identity::Gone);
        }
        let profile = case.get(&partner, &format!("/api/v1/account/{id}")).await?;
        let email = reader::item(&profile.body).and_then(|account| account.get("email")?.as_str());
        if profile.status == 200 && email == Some(&*left.email) {
            return Ok(Identity::Ours(partner));
        }
        // It may be another's, or its email may have been changed: the one that it was created with tells.
        let app = match case.sso_token(&account).await {
            Ok(answer) if reader::is_success(answer.status) => case.app(&account).await?,
            Ok(answer) if reader::is_refusal(answer.status) && email.is_some() => return Ok(Identity::Gone),
            _ => return Ok(Identity::Unknown),
        };
        // Its token acts on that account, whatever has become of the id.
        Ok(Identity::Ours(app))
    }

    /// Removes the items that an account has in the ledger, and looks whether they are gone. Where an id is not known,
    /// all of its kind are removed: nobody else has put anything there.
    async fn empty(self: &Arc<Self>, case: &Case, caller: &Caller, left: &Left) -> bool {
        let account = Account { id: left.id.clone().unwrap_or_default(), email: left.email.clone() };
        let of_kind = |path: &str| left.id.is_none() || left.items.iter().any(|(items, _)| items == path);
        let mut is_empty = true;
        for items in ITEM_PATHS.into_iter().filter(|path| of_kind(path)) {
            let list = if items == "/credit-card" { "/credit-cards" } else { items };
            let path = caller.path(&account, list);
            for (_, id) in left.items.iter().filter(|(of, _)| of == items) {
                if let Some(id) = id {
                    let path = caller.path(&account, &format!("{items}/{id}"));
                    drop(case.send(caller, Method::DELETE, &path, None).await);
                }
            }
            // That a removal is done which is said to be done is a matter of checks; looking again is dear.
            if self.is_frugal() && !self.ledger.items(&account.id).iter().any(|(of, _)| of == items) {
                continue;
            }
            let listed = case.list(caller, &path).await;
            let mut is_gone = listed.as_ref().is_ok_and(Vec::is_empty);
            if !is_gone {
                for id in listed.unwrap_or_default().iter().filter_map(|item| item.as_object().and_then(reader::id)) {
                    let path = caller.path(&account, &format!("{items}/{id}"));
                    drop(case.send(caller, Method::DELETE, &path, None).await);
                }
                is_gone = case.list(caller, &path).await.is_ok_and(|items| items.is_empty());
            }
            let noted = match is_gone {
                true => self.ledger.emptied(&account.id, items),
                false => self.ledger.left_over(&account.id, items),
            };
            is_empty &= is_gone && noted.is_ok();
        }
        is_empty
    }
}

/// What has become of an account of the ledger.
#[derive(Clone, Debug)]
enum Identity {
    /// It has the address that it was created with, and this caller reaches it.
    Ours(Caller),
    /// It is not there any more, or its id is another one's now.
    Gone,
    /// The target does not tell.
    Unknown,
}
