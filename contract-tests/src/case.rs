//! One run of one check: accounts of its own, tokens obtained by documented logins, and a record of what it did.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use reqwest::Method;
use serde_json::{Value, json};

use crate::client::{Answer, Caller, Exchange, Format};
use crate::contract::{Check, Failure, Outcome, Step, Stop};
use crate::reader;
use crate::run::Run;
use crate::secrets::Secret;
use crate::target::{CrmLogin, Messages, SsoClient};

/// The national ID of the accounts that the suite creates: a test number of the Swedish tax agency.
pub(crate) const SSN: &str = "19900101-2385";

/// How long a message may take that must come.
const MESSAGE_WAIT: Duration = Duration::from_secs(10);

/// More pages than any list of this suite has.
const PAGES: usize = 1000;

/// An account that a case has created.
#[derive(Clone, Debug)]
pub(crate) struct Account {
    /// Its id as paths write it.
    pub(crate) id: String,
    /// The email that it was created with (SSO-3).
    pub(crate) email: String,
}

/// What a contract works with.
#[derive(Debug)]
pub struct Case<'r> {
    pub(crate) run: &'r Run,
    pub(crate) format: Format,
    exchanges: Mutex<Vec<Exchange>>,
}

impl<'r> Case<'r> {
    pub(crate) fn new(run: &'r Run, format: Format) -> Self {
        Self { run, format, exchanges: Mutex::default() }
    }

    /// How the check has ended.
    pub(crate) fn outcome(self, check: &Check, end: Step) -> Outcome {
        match end {
            Ok(()) => Outcome::Pass,
            Err(Stop::Skipped(reason)) => Outcome::Skipped(reason),
            Err(Stop::Inconclusive(reason)) => Outcome::Inconclusive(reason),
            Err(Stop::Fail { expected, observed }) => Outcome::Fail(Box::new(Failure {
                check: *check,
                format: self.format,
                base_url: self.run.target.base_url.clone(),
                expected,
                observed,
                exchanges: self.exchanges.into_inner().unwrap_or_else(PoisonError::into_inner),
            })),
        }
    }

    /// The format that answers must have: the one asked for, unless the deployment forces it (FORMAT-2).
    pub(crate) fn answered_format(&self, asked: Format) -> Format {
        if self.run.target.normalize_all { Format::Standardized } else { asked }
    }

    pub(crate) async fn get(&self, caller: &Caller, path: &str) -> Step<Answer> {
        self.send(caller, Method::GET, path, None).await
    }

    pub(crate) async fn post(&self, caller: &Caller, path: &str, body: Value) -> Step<Answer> {
        self.send(caller, Method::POST, path, Some(body)).await
    }

    /// Sends a request in the case's format.
    pub(crate) async fn send(&self, caller: &Caller, method: Method, path: &str, body: Option<Value>) -> Step<Answer> {
        self.send_as(caller, method, path, self.format.version(), body.map(|body| body.to_string())).await
    }

    /// Sends a request of any form.
    pub(crate) async fn send_as(
        &self,
        caller: &Caller,
        method: Method,
        path: &str,
        version: Option<&str>,
        body: Option<String>,
    ) -> Step<Answer> {
        let (exchange, answer) = self.run.client.send(caller, method, path, version, body).await;
        self.exchanges.lock().unwrap_or_else(PoisonError::into_inner).push(exchange);
        answer
    }

    /// All items of the list at `path`, to its last page.
    pub(crate) async fn list(&self, caller: &Caller, path: &str) -> Step<Vec<Value>> {
        let (mut items, mut query) = (Vec::new(), String::new());
        for _ in 0..PAGES {
            let answer = self.get(caller, &format!("{path}{query}")).await?;
            answer.demand("a list", reader::is_success)?;
            let page = reader::page(&answer.body);
            let page = page.ok_or_else(|| Stop::fail("a list", format!("none to {}", answer.to)))?;
            items.extend_from_slice(page.items);
            match page.next {
                Some(next) => query = next,
                None => return Ok(items),
            }
        }
        Err(Stop::fail("a list that ends", format!("more than {PAGES} pages of {path}")))
    }

    /// The partner, with a token from the documented login (LOGIN-1) or from the configuration.
    pub(crate) async fn crm(&self) -> Step<Caller> {
        let token = self.run.crm_token.get_or_try_init(async || match &self.run.target.crm {
            CrmLogin::Token(token) => Ok(token.clone()),
            login @ CrmLogin::Password { .. } => token(&self.login(login).await?).map_err(Stop::into_needed),
        });
        Ok(Caller::Crm(token.await?.clone()))
    }

    /// The second partner.
    pub(crate) async fn other_partner(&self) -> Step<Caller> {
        let Some(login) = &self.run.target.crm2 else {
            return Err(Stop::Skipped(
                "a second partner needs DEFENTRY_CRM2_USERNAME and DEFENTRY_CRM2_PASSWORD".into(),
            ));
        };
        Ok(Caller::OtherCrm(token(&self.login(login).await?).map_err(Stop::into_needed)?))
    }

    /// Logs a partner in (LOGIN-1).
    pub(crate) async fn login(&self, login: &CrmLogin) -> Step<Answer> {
        let CrmLogin::Password { username, password } = login else {
            return Err(Stop::Skipped("a login needs DEFENTRY_CRM_USERNAME and DEFENTRY_CRM_PASSWORD".into()));
        };
        let body = json!({ "username": username, "password": password.0 });
        self.post(&Caller::Anonymous, "/api/v1/crm/auth/login", body).await
    }

    /// The owner of `account`, with a token from the documented exchange (SSO-1).
    pub(crate) async fn app(&self, account: &Account) -> Step<Caller> {
        Ok(Caller::App(token(&self.sso_token(account).await?).map_err(Stop::into_needed)?))
    }

    /// Exchanges the SSO credentials and the email of `account` (SSO-1).
    pub(crate) async fn sso_token(&self, account: &Account) -> Step<Answer> {
        let Some(SsoClient { client_id, client_secret }) = &self.run.target.sso else {
            return Err(Stop::Skipped("an app token needs DEFENTRY_CLIENT_ID and DEFENTRY_CLIENT_SECRET".into()));
        };
        let body = json!({ "client_id": client_id, "client_secret": client_secret.0, "email": account.email });
        self.post(&Caller::Anonymous, "/api/v1/sso/token", body).await
    }

    /// A new account, with an SSN where the target requires one (ACCOUNT-3).
    pub(crate) async fn account(&self) -> Step<Account> {
        let ssn = self.run.target.ssn_required.then_some(SSN);
        let (account, _) = self.create_account(ssn).await?;
        account.map_err(Stop::into_needed)
    }

    /// Asks for a new account (ACCOUNT-1), and reads it from the answer.
    pub(crate) async fn create_account(&self, ssn: Option<&str>) -> Step<(Step<Account>, Answer)> {
        let (crm, email) = (self.crm().await?, self.run.email());
        let answer = self.post(&crm, "/api/v1/account", self.account_body(&email, ssn)).await?;
        let id = reader::item(&answer.body).and_then(reader::id);
        let account = id.filter(|_| reader::is_success(answer.status)).map(|id| Account { id, email });
        let observed = || format!("{} to {}, and no id", answer.status, answer.to);
        Ok((account.ok_or_else(|| Stop::fail("a created account with an id", observed())), answer))
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

    /// The newest message to an address, as soon as there is one.
    pub(crate) async fn message(&self, to: &str) -> Step<String> {
        let newest = self.messages(to, MESSAGE_WAIT).await?.pop();
        newest.ok_or_else(|| Stop::fail(format!("a message to {to}"), format!("none in {MESSAGE_WAIT:?}")))
    }

    /// The texts of the messages to an address, oldest first, as soon as there is one or after `wait`.
    pub(crate) async fn messages(&self, to: &str, wait: Duration) -> Step<Vec<String>> {
        let is_read = match self.run.target.messages {
            Messages::Mock => true,
            Messages::None => false,
            Messages::Detect => self.get(&Caller::Anonymous, "/_mock/health").await?.body["status"] == "ok",
        };
        if !is_read {
            return Err(Stop::Skipped("what the target sends to people is not read: see DEFENTRY_MESSAGES".into()));
        }
        let path = format!("/_mock/outbox?to={}&wait={}", to.replace('+', "%2B"), wait.as_secs());
        let answer = self.get(&Caller::Anonymous, &path).await?;
        let Some(messages) = answer.body["messages"].as_array() else {
            return Err(Stop::Inconclusive(format!("the outbox cannot be read: {} to {path}", answer.status)));
        };
        Ok(messages.iter().filter_map(|message| message["text"].as_str().map(str::to_owned)).collect())
    }
}

/// The token of a login.
pub(crate) fn token(answer: &Answer) -> Step<Secret> {
    // What is no token may still be a secret, so it is not quoted.
    let token = reader::token(&answer.body).map(|token| Secret(token.into()));
    token.ok_or_else(|| Stop::fail(r#"{"token": "1|…"} without an envelope"#, format!("none to {}", answer.to)))
}
