//! Accounts for a case to work with.

use serde_json::{Value, json};

use super::Case;
use crate::exchange::{Account, Answer, Caller};
use crate::halt::Halt;
use crate::lock::lock;
use crate::reader;

impl Case {
    /// An empty account, with an SSN where the target requires one (ACCOUNT-3). It may have served another case, so it
    /// must be left as it is but for its items.
    pub(crate) async fn account(&self) -> Result<Account, Halt> {
        match self.pooled_account() {
            Some(account) => Ok(account),
            None => self.new_account(true).await,
        }
    }

    /// The same, if another case or an earlier run has left one.
    pub(crate) fn pooled_account(&self) -> Option<Account> {
        let account = self.session.pooled()?;
        self.keep(&account, true);
        Some(account)
    }

    /// An account that no other case has used or will use.
    pub(crate) async fn fresh_account(&self) -> Result<Account, Halt> {
        self.new_account(false).await
    }

    async fn new_account(&self, is_plain: bool) -> Result<Account, Halt> {
        let (account, _) = match self.session.target.ssn_required {
            true => self.create_account_with_ssn(is_plain).await?,
            false => self.create_account(None, is_plain).await?,
        };
        account.map_err(Halt::into_required)
    }

    /// Asks for an account with an SSN, and again with an unlisted one where the first is refused: there are few
    /// test numbers, so another account may have it already.
    pub(crate) async fn create_account_with_ssn(
        &self,
        is_plain: bool,
    ) -> Result<(Result<Account, Halt>, Answer), Halt> {
        let first = self.create_account(Some(self.values.ssn()), is_plain).await?;
        if first.0.is_ok() || !matches!(first.1.status, 409 | 422) {
            return Ok(first);
        }
        self.create_account(Some(&self.values.unlisted_ssn()), is_plain).await
    }

    /// An account of another partner, with an SSN as the first partner's have one.
    pub(crate) async fn account_of(&self, partner: &Caller) -> Result<Account, Halt> {
        let email = self.email();
        let ssns = [self.values.ssn().to_owned(), self.values.unlisted_ssn()];
        for ssn in ssns {
            self.session.redactor.learn(&ssn, "$SSN");
            let ssn = self.session.target.ssn_required.then_some(&*ssn);
            let answer = self.post(partner, "/api/v1/account", self.account_body(&email, ssn)).await?;
            let id = reader::item(&answer.body).and_then(reader::id).filter(|_| reader::is_success(answer.status));
            if let Some(id) = id {
                return Ok(Account { id, email });
            }
        }
        let observed = "neither a listed nor an unlisted SSN was taken";
        Err(Halt::fail("an account of the second partner", observed).into_required())
    }

    fn keep(&self, account: &Account, is_plain: bool) {
        lock(&self.accounts).push((account.clone(), is_plain));
    }

    /// Asks for a new account (ACCOUNT-1), and reads it from the answer.
    pub(crate) async fn create_account(
        &self,
        ssn: Option<&str>,
        is_plain: bool,
    ) -> Result<(Result<Account, Halt>, Answer), Halt> {
        let email = self.email();
        let answer = self.create(self.account_body(&email, ssn)).await?;
        let account = self.created(&answer, &email, is_plain);
        Ok((account, answer))
    }

    /// Asks for an account with any body.
    pub(crate) async fn create(&self, body: Value) -> Result<Answer, Halt> {
        if let Some(ssn) = body["ssn"].as_str() {
            self.session.redactor.learn(ssn, "$SSN");
        }
        self.post(&self.crm().await?, "/api/v1/account", body).await
    }

    /// The account that an answer says was created.
    pub(crate) fn created(&self, answer: &Answer, email: &str, is_plain: bool) -> Result<Account, Halt> {
        let id = reader::item(&answer.body).and_then(reader::id).filter(|_| reader::is_success(answer.status));
        let observed = || format!("{} to {}, and no id", answer.status, answer.to);
        let id = id.ok_or_else(|| Halt::fail("a created account with an id", observed()))?;
        let account = Account { id, email: email.to_owned() };
        self.keep(&account, is_plain);
        Ok(account)
    }

    /// The body of the create and update calls for an account (ACCOUNT-1).
    pub(crate) fn account_body(&self, email: &str, ssn: Option<&str>) -> Value {
        let mut body = json!({
            "first_name": "Contract", "last_name": "Test", "email": email, "country_code": "SE", "lang_code": "SV",
            "plan_id": self.session.target.plan_id, "type": "SINGLE",
        });
        if let Some(ssn) = ssn {
            body["ssn"] = ssn.into();
        }
        body
    }
}
