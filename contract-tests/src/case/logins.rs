//! Tokens, obtained by documented logins.

use std::time::Instant;

use serde_json::{Value, json};

use super::Case;
use crate::exchange::{Account, Answer, Caller};
use crate::halt::Halt;
use crate::lock::lock;
use crate::reader;
use crate::secrets::Secret;
use crate::session::TOKEN_AGE;
use crate::target::{CrmLogin, SsoClient};

impl Case {
    /// The partner, with a token from the documented login (LOGIN-1) or from the configuration.
    pub(crate) async fn crm(&self) -> Result<Caller, Halt> {
        Ok(Caller::Crm(self.crm_token().await?))
    }

    /// The run's CRM token, renewed before it can have expired.
    async fn crm_token(&self) -> Result<Secret, Halt> {
        let target = &self.session.target;
        if let CrmLogin::Token(token) = &target.crm {
            return Ok(token.clone());
        }
        let age = target.crm_life.map_or(TOKEN_AGE, |life| TOKEN_AGE.min(life / 3));
        let mut known = self.session.crm_token.lock().await;
        if let Some((token, _)) = known.as_ref().filter(|(_, issued)| issued.elapsed() < age) {
            return Ok(token.clone());
        }
        if let Some(why) = self.session.tokenless() {
            return Err(why);
        }
        let issued = Instant::now();
        let answer = self.ask_for_token(login_body(&target.crm)?).await?;
        let token = answer.token().map_err(Halt::into_required);
        if let Err(why) = &token
            && reader::is_success(answer.status)
        {
            self.session.learn_tokenless(why);
        }
        let token = token?;
        *known = Some((token.clone(), issued));
        Ok(token)
    }

    /// The second partner.
    pub(crate) async fn other_partner(&self) -> Result<Caller, Halt> {
        let Some(login) = &self.session.target.crm2 else {
            return Err(Halt::Skipped(
                "a second partner needs DEFENTRY_CRM2_USERNAME and DEFENTRY_CRM2_PASSWORD".into(),
            ));
        };
        let token = self.login(login).await?.token().map_err(Halt::into_required)?;
        self.session.redactor.learn(&token.0, "$CRM2_TOKEN");
        Ok(Caller::OtherCrm(token))
    }

    /// The user and password that the partner logs in with.
    pub(crate) fn credentials(&self) -> Result<(&str, &Secret), Halt> {
        user_of(&self.session.target.crm)
    }

    /// Logs a partner in (LOGIN-1).
    pub(crate) async fn login(&self, login: &CrmLogin) -> Result<Answer, Halt> {
        self.log_in(login_body(login)?).await
    }

    /// Asks for a CRM token with any body; what comes back is kept out of reports.
    pub(crate) async fn log_in(&self, body: Value) -> Result<Answer, Halt> {
        match self.credentials() {
            Ok((username, _)) if body["username"] == username => self.log_in_for_all(body).await,
            _ => self.ask_for_token(body).await,
        }
    }

    /// Logs the partner in. Some targets end the session before it, so the token is that of the whole run from now on,
    /// and a caller who is refused meanwhile waits for it.
    async fn log_in_for_all(&self, body: Value) -> Result<Answer, Halt> {
        let mut known = self.session.crm_token.lock().await;
        let answer = self.ask_for_token(body).await?;
        if let Ok(token) = answer.token() {
            *known = Some((token, Instant::now()));
        }
        Ok(answer)
    }

    /// Logs the partner in for a longer session, or for a usual one (LOGIN-2).
    pub(crate) async fn log_in_keeping(&self, keep_logged: bool) -> Result<Caller, Halt> {
        let (username, password) = self.credentials()?;
        let body = json!({ "username": username, "password": password.0, "keep_logged": keep_logged });
        Ok(Caller::Crm(self.log_in(body).await?.token().map_err(Halt::into_required)?))
    }

    /// The same without telling the token to other cases.
    pub(crate) async fn ask_for_token(&self, body: Value) -> Result<Answer, Halt> {
        let answer = self.post(&Caller::Anonymous, "/api/v1/crm/auth/login", body).await?;
        self.learn_token(&answer, "$CRM_TOKEN");
        Ok(answer)
    }

    /// Keeps a token out of reports, at whatever depth of an answer it is.
    pub(crate) fn learn_token(&self, answer: &Answer, placeholder: &str) {
        let named = reader::fields(&answer.body).into_iter().filter(|(name, _)| name.contains("token"));
        named.filter_map(|(_, value)| value.as_str()).for_each(|token| self.session.redactor.learn(token, placeholder));
    }

    /// The owner of `account`, with a token from the documented exchange (SSO-1).
    pub(crate) async fn app(&self, account: &Account) -> Result<Caller, Halt> {
        let token = match self.session.app_token(&account.email) {
            Some(token) => token,
            None => self.sso_token(account).await?.token().map_err(Halt::into_required)?,
        };
        Ok(Caller::App(token, account.clone()))
    }

    /// The owner of `account`, unless the suite has not been given what app tokens need.
    pub(crate) async fn app_if_configured(&self, account: &Account) -> Result<Option<Caller>, Halt> {
        match self.app(account).await {
            Err(Halt::Skipped(_)) => Ok(None),
            app => app.map(Some),
        }
    }

    /// The callers that act for `account`: CRM, and its owner where there are app tokens.
    pub(crate) async fn callers(&self, account: &Account) -> Result<Vec<Caller>, Halt> {
        let mut callers = vec![self.crm().await?];
        callers.extend(self.app_if_configured(account).await?);
        Ok(callers)
    }

    /// The SSO credentials.
    pub(crate) fn sso(&self) -> Result<&SsoClient, Halt> {
        let missing = || Halt::Skipped("an app token needs DEFENTRY_CLIENT_ID and DEFENTRY_CLIENT_SECRET".into());
        self.session.target.sso.as_ref().ok_or_else(missing)
    }

    /// Exchanges the SSO credentials and the email of `account` (SSO-1).
    pub(crate) async fn sso_token(&self, account: &Account) -> Result<Answer, Halt> {
        self.sso_exchange("/api/v1/sso/token", &account.email).await
    }

    /// Asks for what the SSO credentials give for an email.
    pub(crate) async fn sso_exchange(&self, path: &str, email: &str) -> Result<Answer, Halt> {
        let SsoClient { client_id, client_secret } = self.sso()?;
        let body = json!({ "client_id": client_id, "client_secret": client_secret.0, "email": email });
        let issued = Instant::now();
        let answer = self.post(&Caller::Anonymous, path, body).await?;
        self.learn_token(&answer, &self.app_placeholder(email));
        if let Ok(token) = answer.token() {
            self.session.learn_app_token(email, token, issued);
        }
        Ok(answer)
    }

    /// How reports name the app token of an account: the accounts of a case are told apart.
    fn app_placeholder(&self, email: &str) -> String {
        let accounts = lock(&self.accounts);
        match accounts.iter().position(|(account, _)| account.email == email) {
            None | Some(0) => "$APP_TOKEN".into(),
            Some(place) => format!("$APP_TOKEN_{}", place + 1),
        }
    }
}

/// The user and the password of a login.
fn user_of(login: &CrmLogin) -> Result<(&str, &Secret), Halt> {
    match login {
        CrmLogin::Password { username, password } => Ok((username, password)),
        CrmLogin::Token(_) => {
            Err(Halt::Skipped("a login needs DEFENTRY_CRM_USERNAME and DEFENTRY_CRM_PASSWORD".into()))
        }
    }
}

/// The body of a login (LOGIN-1).
fn login_body(login: &CrmLogin) -> Result<Value, Halt> {
    let (username, password) = user_of(login)?;
    Ok(json!({ "username": username, "password": password.0 }))
}
