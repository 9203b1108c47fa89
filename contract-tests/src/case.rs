//! One run of one check: accounts of its own, tokens obtained by documented logins, and a record of what it did.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use reqwest::Method;
use reqwest::header::LINK;
use serde_json::{Value, json};

use crate::client::{Account, Answer, Caller, Exchange, Format, Request};
use crate::contract::{Check, Evidence, Outcome, Step, Stop};
use crate::reader;
use crate::run::Run;
use crate::secrets::Secret;
use crate::target::{CrmLogin, SsoClient};
use crate::values::Values;

/// More pages than any list of this suite has.
const PAGES: usize = 200;

/// What a contract works with.
#[derive(Debug)]
pub struct Case {
    pub(crate) run: Arc<Run>,
    pub(crate) format: Format,
    pub(crate) values: Values,
    exchanges: Mutex<Vec<Exchange>>,
    /// Its accounts, and whether each is as another case would have it.
    accounts: Mutex<Vec<(Account, bool)>>,
    /// Whether it only removes what was created, which it may when nothing else may be sent any more.
    is_tidying: AtomicBool,
    /// Steps of a sequence that were begun.
    steps: AtomicUsize,
    /// Those of the check's facts that a failure is about, where that can be told.
    facts: Mutex<Option<Vec<&'static str>>>,
    /// A sequence that has failed, as `contract replay` reads it.
    replay: Mutex<Option<String>>,
}

impl Case {
    pub(crate) fn new(run: Arc<Run>, format: Format, values: Values) -> Self {
        Self {
            run,
            format,
            values,
            exchanges: Mutex::default(),
            accounts: Mutex::default(),
            is_tidying: AtomicBool::new(false),
            steps: AtomicUsize::new(0),
            facts: Mutex::default(),
            replay: Mutex::default(),
        }
    }

    /// How the check has ended.
    pub(crate) fn outcome(self, check: &Check, end: Step) -> Outcome {
        let stop = match end {
            Ok(()) => return Outcome::Pass,
            Err(Stop::Skipped(reason)) => return Outcome::Skipped(self.run.redactor.clean(&reason)),
            Err(stop) => stop,
        };
        let evidence = self.evidence(check.facts, &stop);
        match stop {
            Stop::Fail { .. } => Outcome::Fail(Box::new(evidence)),
            _ => Outcome::Inconclusive(Box::new(evidence)),
        }
    }

    /// What was done, and where it has stopped, without secrets.
    pub(crate) fn evidence(&self, facts: &'static [&'static str], stop: &Stop) -> Evidence {
        let clean = |text: &str| self.run.redactor.clean(text);
        let exchanges = self.exchanges.lock().unwrap_or_else(PoisonError::into_inner);
        let last = exchanges.last().and_then(|exchange| exchange.answer.as_ref().ok());
        let narrowed = self.facts.lock().unwrap_or_else(PoisonError::into_inner).clone();
        Evidence {
            facts: narrowed.unwrap_or_else(|| facts.to_vec()),
            format: self.format,
            base_url: clean(&self.run.target.base_url),
            expected: clean(stop.expected()),
            observed: clean(&stop.reason()),
            steps: exchanges.iter().map(|step| (step.curl(&self.run.redactor), clean(&step.end()))).collect(),
            body: last.map(|answer| clean(&answer.text)).unwrap_or_default(),
            replay: self.replay.lock().unwrap_or_else(PoisonError::into_inner).clone(),
        }
    }

    /// What was sent and received so far.
    pub(crate) fn exchanges(&self) -> Vec<Exchange> {
        self.exchanges.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// From now on it removes what was created, and looks at what that is.
    pub(crate) fn begin_tidying(&self) {
        self.is_tidying.store(true, Ordering::Relaxed);
    }

    pub(crate) fn count_step(&self) {
        self.steps.fetch_add(1, Ordering::Relaxed);
    }

    /// How many steps of a sequence were begun.
    pub(crate) fn steps_played(&self) -> usize {
        self.steps.load(Ordering::Relaxed)
    }

    /// What fails is about these facts.
    pub(crate) fn narrow(&self, facts: Vec<&'static str>) {
        *self.facts.lock().unwrap_or_else(PoisonError::into_inner) = Some(facts);
    }

    /// Keeps a sequence that has failed for `contract replay`.
    pub(crate) fn keep_replay(&self, replay: String) {
        *self.replay.lock().unwrap_or_else(PoisonError::into_inner) = Some(replay);
    }

    /// Takes over what another case of the same check has done.
    pub(crate) fn take_story(&self, other: &Self) {
        self.exchanges.lock().unwrap_or_else(PoisonError::into_inner).extend(other.exchanges());
    }

    /// Tells of a request that another case has sent.
    pub(crate) fn retell(&self, exchange: &Exchange) {
        self.exchanges.lock().unwrap_or_else(PoisonError::into_inner).push(exchange.clone());
    }

    /// Leaves the last request out of the story: it was as it should be, and there are many like it.
    pub(crate) fn drop_last(&self) {
        self.exchanges.lock().unwrap_or_else(PoisonError::into_inner).pop();
    }

    pub(crate) fn take_accounts(&self) -> Vec<(Account, bool)> {
        std::mem::take(&mut *self.accounts.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// The format that answers must have: the one asked for, unless the deployment forces it (FORMAT-2).
    pub(crate) fn answered_format(&self, asked: Format) -> Format {
        if self.run.target.normalize_all { Format::Standardized } else { asked }
    }

    /// An address that nobody has.
    pub(crate) fn email(&self) -> String {
        format!("{}@{}", self.values.mailbox(), self.run.target.email_domain)
    }

    pub(crate) async fn get(&self, caller: &Caller, path: &str) -> Step<Answer> {
        self.send(caller, Method::GET, path, None).await
    }

    pub(crate) async fn post(&self, caller: &Caller, path: &str, body: Value) -> Step<Answer> {
        self.send(caller, Method::POST, path, Some(body)).await
    }

    /// Sends a request in the case's format.
    pub(crate) async fn send(&self, caller: &Caller, method: Method, path: &str, body: Option<Value>) -> Step<Answer> {
        self.send_request(caller, Request::new(method, path, self.format, body.as_ref())).await
    }

    /// Sends a request of any form.
    pub(crate) async fn send_request(&self, caller: &Caller, request: Request) -> Step<Answer> {
        self.dispatch(caller, request).await
    }

    async fn dispatch(&self, caller: &Caller, request: Request) -> Step<Answer> {
        let mut answer = self.dispatch_once(caller, request.clone()).await?;
        // Where a login ends the session before it, a call of that session comes too late, and nobody is to blame.
        let mut caller = caller.clone();
        while let (401, Caller::Crm(token)) = (answer.status, &caller)
            && let Some(later) = self.run.later_token(token).await
        {
            caller = Caller::Crm(later);
            answer = self.dispatch_once(&caller, request.clone()).await?;
        }
        Ok(answer)
    }

    async fn dispatch_once(&self, caller: &Caller, request: Request) -> Step<Answer> {
        let is_removal = self.is_tidying.load(Ordering::Relaxed);
        let to = (&*self.run.pace, &*self.run.ledger);
        let (exchange, answer) = self.run.client.send(to, caller, request, is_removal).await;
        self.exchanges.lock().unwrap_or_else(PoisonError::into_inner).push(exchange);
        answer
    }

    /// Sends a request to a control route of the fake.
    pub(crate) async fn control(&self, method: Method, path: &str, body: Option<Value>) -> Step<Answer> {
        let request = Request { version: None, ..Request::new(method, path, self.format, body.as_ref()) };
        self.dispatch(&Caller::Anonymous, request).await
    }

    pub(crate) async fn health(&self) -> Step<Answer> {
        self.get(&Caller::Anonymous, "/_mock/health").await
    }

    /// All items of the list at `path`, to its last page.
    pub(crate) async fn list(&self, caller: &Caller, path: &str) -> Step<Vec<Value>> {
        let (mut items, mut query) = (Vec::new(), String::new());
        for _ in 0..PAGES {
            let request = Request::new(Method::GET, format!("{path}{query}"), self.format, None);
            let answer = self.dispatch(caller, request).await?;
            answer.demand("a list", reader::is_success)?;
            // Nothing to list may be told by nothing.
            if answer.status == 204 {
                return Ok(items);
            }
            let page = reader::page(&answer.body);
            let page = page.ok_or_else(|| Stop::fail("a list", format!("none to {}", answer.to)))?;
            items.extend_from_slice(page.items);
            let link = answer.headers.get(LINK).and_then(|link| link.to_str().ok());
            match page.next.or_else(|| link.and_then(reader::next_in_header)) {
                Some(next) if next != query => query = next,
                Some(_) => {
                    return Err(Stop::fail("a list that ends", format!("the next page of {} is itself", answer.to)));
                }
                None => return Ok(items),
            }
        }
        Err(Stop::fail("a list that ends", format!("more than {PAGES} pages of {path}")))
    }

    /// The partner, with a token from the documented login (LOGIN-1) or from the configuration.
    pub(crate) async fn crm(&self) -> Step<Caller> {
        Ok(Caller::Crm(self.run.crm_token(self).await?))
    }

    /// The second partner.
    pub(crate) async fn other_partner(&self) -> Step<Caller> {
        let Some(login) = &self.run.target.crm2 else {
            return Err(Stop::Skipped(
                "a second partner needs DEFENTRY_CRM2_USERNAME and DEFENTRY_CRM2_PASSWORD".into(),
            ));
        };
        let token = token(&self.login(login).await?).map_err(Stop::into_needed)?;
        self.run.redactor.learn(&token.0, "$CRM2_TOKEN");
        Ok(Caller::OtherCrm(token))
    }

    /// The user and password that the partner logs in with.
    pub(crate) fn credentials(&self) -> Step<(&str, &Secret)> {
        user_of(&self.run.target.crm)
    }

    /// Logs a partner in (LOGIN-1).
    pub(crate) async fn login(&self, login: &CrmLogin) -> Step<Answer> {
        self.log_in(login_body(login)?).await
    }

    /// Asks for a CRM token with any body; what comes back is kept out of reports.
    pub(crate) async fn log_in(&self, body: Value) -> Step<Answer> {
        match self.credentials() {
            Ok((username, _)) if body["username"] == username => self.run.log_in(self, body).await,
            _ => self.ask_for_token(body).await,
        }
    }

    /// The same, where nobody else is to have the token.
    pub(crate) async fn ask_for_token(&self, body: Value) -> Step<Answer> {
        let answer = self.post(&Caller::Anonymous, "/api/v1/crm/auth/login", body).await?;
        self.learn_token(&answer, "$CRM_TOKEN");
        Ok(answer)
    }

    /// Keeps a token out of reports, wherever in an answer it stands.
    pub(crate) fn learn_token(&self, answer: &Answer, placeholder: &str) {
        let named = reader::fields(&answer.body).into_iter().filter(|(name, _)| name.contains("token"));
        named.filter_map(|(_, value)| value.as_str()).for_each(|token| self.run.redactor.learn(token, placeholder));
    }

    /// The owner of `account`, with a token from the documented exchange (SSO-1).
    pub(crate) async fn app(&self, account: &Account) -> Step<Caller> {
        let token = token(&self.sso_token(account).await?).map_err(Stop::into_needed)?;
        Ok(Caller::App(token, account.clone()))
    }

    /// Who acts for `account`: CRM, and its owner where there are app tokens.
    pub(crate) async fn callers(&self, account: &Account) -> Step<Vec<Caller>> {
        let mut callers = vec![self.crm().await?];
        match self.app(account).await {
            Ok(app) => callers.push(app),
            Err(Stop::Skipped(_)) => {}
            Err(stop) => return Err(stop),
        }
        Ok(callers)
    }

    /// The SSO credentials.
    pub(crate) fn sso(&self) -> Step<&SsoClient> {
        let missing = || Stop::Skipped("an app token needs DEFENTRY_CLIENT_ID and DEFENTRY_CLIENT_SECRET".into());
        self.run.target.sso.as_ref().ok_or_else(missing)
    }

    /// Exchanges the SSO credentials and the email of `account` (SSO-1).
    pub(crate) async fn sso_token(&self, account: &Account) -> Step<Answer> {
        self.sso_exchange("/api/v1/sso/token", &account.email).await
    }

    /// Asks for what the SSO credentials give for an email.
    pub(crate) async fn sso_exchange(&self, path: &str, email: &str) -> Step<Answer> {
        let SsoClient { client_id, client_secret } = self.sso()?;
        let body = json!({ "client_id": client_id, "client_secret": client_secret.0, "email": email });
        let answer = self.post(&Caller::Anonymous, path, body).await?;
        self.learn_token(&answer, &self.app_placeholder(email));
        Ok(answer)
    }

    /// How reports name the app token of an account: the accounts of a case are told apart.
    fn app_placeholder(&self, email: &str) -> String {
        let accounts = self.accounts.lock().unwrap_or_else(PoisonError::into_inner);
        match accounts.iter().position(|(account, _)| account.email == email) {
            None | Some(0) => "$APP_TOKEN".into(),
            Some(place) => format!("$APP_TOKEN_{}", place + 1),
        }
    }

    /// An empty account, with an SSN where the target requires one (ACCOUNT-3). It may have served another case, so it
    /// must be left as it is but for its items.
    pub(crate) async fn account(&self) -> Step<Account> {
        if let Some(account) = self.run.pooled() {
            self.keep(&account, true);
            return Ok(account);
        }
        self.new_account(true).await
    }

    /// An account that no other case has used or will use.
    pub(crate) async fn fresh_account(&self) -> Step<Account> {
        self.new_account(false).await
    }

    async fn new_account(&self, is_plain: bool) -> Step<Account> {
        let (account, _) = match self.run.target.ssn_required {
            true => self.create_account_with_ssn(is_plain).await?,
            false => self.create_account(None, is_plain).await?,
        };
        account.map_err(Stop::into_needed)
    }

    /// Asks for an account with an SSN, and again with one that nobody has where the first is refused: there are few test
    /// numbers, so it may be somebody's already.
    pub(crate) async fn create_account_with_ssn(&self, is_plain: bool) -> Step<(Step<Account>, Answer)> {
        let first = self.create_account(Some(self.values.ssn()), is_plain).await?;
        if first.0.is_ok() || !matches!(first.1.status, 409 | 422) {
            return Ok(first);
        }
        self.create_account(Some(&self.values.unlisted_ssn()), is_plain).await
    }

    /// An account of another partner, with an SSN as the first partner's have one.
    pub(crate) async fn account_of(&self, partner: &Caller) -> Step<Account> {
        let email = self.email();
        let ssns = [self.values.ssn().to_owned(), self.values.unlisted_ssn()];
        for ssn in ssns {
            self.run.redactor.learn(&ssn, "$SSN");
            let ssn = self.run.target.ssn_required.then_some(&*ssn);
            let answer = self.post(partner, "/api/v1/account", self.account_body(&email, ssn)).await?;
            let id = reader::item(&answer.body).and_then(reader::id).filter(|_| reader::is_success(answer.status));
            if let Some(id) = id {
                return Ok(Account { id, email });
            }
        }
        let observed = "neither a listed nor an unlisted SSN was taken";
        Err(Stop::fail("an account of the second partner", observed).into_needed())
    }

    fn keep(&self, account: &Account, is_plain: bool) {
        self.accounts.lock().unwrap_or_else(PoisonError::into_inner).push((account.clone(), is_plain));
    }

    /// Asks for a new account (ACCOUNT-1), and reads it from the answer.
    pub(crate) async fn create_account(&self, ssn: Option<&str>, is_plain: bool) -> Step<(Step<Account>, Answer)> {
        let email = self.email();
        let answer = self.create(self.account_body(&email, ssn)).await?;
        let account = self.created(&answer, &email, is_plain);
        Ok((account, answer))
    }

    /// Asks for an account with any body.
    pub(crate) async fn create(&self, body: Value) -> Step<Answer> {
        if let Some(ssn) = body["ssn"].as_str() {
            self.run.redactor.learn(ssn, "$SSN");
        }
        self.post(&self.crm().await?, "/api/v1/account", body).await
    }

    /// The account that an answer says was created.
    pub(crate) fn created(&self, answer: &Answer, email: &str, is_plain: bool) -> Step<Account> {
        let id = reader::item(&answer.body).and_then(reader::id).filter(|_| reader::is_success(answer.status));
        let observed = || format!("{} to {}, and no id", answer.status, answer.to);
        let id = id.ok_or_else(|| Stop::fail("a created account with an id", observed()))?;
        let account = Account { id, email: email.to_owned() };
        self.keep(&account, is_plain);
        Ok(account)
    }

    /// What describes an account to the create and update calls (ACCOUNT-1).
    pub(crate) fn account_body(&self, email: &str, ssn: Option<&str>) -> Value {
        let mut body = json!({
            "first_name": "Contract", "last_name": "Test", "email": email, "country_code": "SE", "lang_code": "SV",
            "plan_id": self.run.target.plan_id, "type": "SINGLE",
        });
        if let Some(ssn) = ssn {
            body["ssn"] = ssn.into();
        }
        body
    }
}

/// Who logs in, and with which password.
fn user_of(login: &CrmLogin) -> Step<(&str, &Secret)> {
    match login {
        CrmLogin::Password { username, password } => Ok((username, password)),
        CrmLogin::Token(_) => {
            Err(Stop::Skipped("a login needs DEFENTRY_CRM_USERNAME and DEFENTRY_CRM_PASSWORD".into()))
        }
    }
}

/// The body of a login (LOGIN-1).
pub(crate) fn login_body(login: &CrmLogin) -> Step<Value> {
    let (username, password) = user_of(login)?;
    Ok(json!({ "username": username, "password": password.0 }))
}

/// The token of a login.
pub(crate) fn token(answer: &Answer) -> Step<Secret> {
    // What is no token may still be a secret, so it is not quoted.
    let token = reader::token(&answer.body).map(|token| Secret(token.into()));
    token.ok_or_else(|| {
        let observed = format!("{} to {}, and none", answer.status, answer.to);
        Stop::fail(r#"{"token": "1|…"} without an envelope"#, observed)
    })
}
