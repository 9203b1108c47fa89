//! Accounts with and without an SSN or some other field, and the monitoring of their SSNs.

use reqwest::Method;
use serde_json::Value;

use crate::case::Case;
use crate::exchange::{Account, Answer};
use crate::halt::Halt;

/// Asks for an account whose body is changed before it is sent, with an unlisted SSN if another account has the first.
pub(crate) async fn create(
    case: &Case,
    change: impl Fn(&mut Value),
) -> Result<(Result<(Account, Value), Halt>, u16), Halt> {
    let email = case.email();
    let mut status = 0;
    for ssn in [case.values.ssn().to_owned(), case.values.unlisted_ssn()] {
        let mut body = case.account_body(&email, case.session.target.ssn_required.then_some(&*ssn));
        change(&mut body);
        let answer = case.create(body).await?;
        status = answer.status;
        let account = case.created(&answer, &email, false);
        if account.is_ok() || !matches!(status, 409 | 422) {
            return Ok((account.map(|account| (account, answer.body)), status));
        }
    }
    Ok((Err(Halt::fail("a created account", format!("{status} to POST /api/v1/account"))), status))
}

/// An account of its own, with an SSN or without, and the answer to its creation.
pub(crate) async fn created(case: &Case, with_ssn: bool) -> Result<(Account, Answer), Halt> {
    if !with_ssn && case.session.target.ssn_required {
        return Err(Halt::Skipped("DEFENTRY_SSN_REQUIRED says that every account has an SSN".into()));
    }
    let (account, answer) = match with_ssn {
        true => case.create_account_with_ssn(false).await?,
        false => case.create_account(None, false).await?,
    };
    Ok((account.map_err(Halt::into_required)?, answer))
}

/// The two ways to switch the monitoring of an SSN.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Monitoring {
    Activate,
    Deactivate,
}

impl Monitoring {
    /// Its name in paths.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Activate => "activate",
            Self::Deactivate => "deactivate",
        }
    }

    pub(crate) fn path(self, account: &Account) -> String {
        format!("/api/v1/account/{}/ssn-monitoring/{}", account.id, self.name())
    }

    /// Asks to switch the monitoring of an account's SSN.
    pub(crate) async fn switch(self, case: &Case, account: &Account) -> Result<Answer, Halt> {
        case.send(&case.crm().await?, Method::PATCH, &self.path(account), None).await
    }
}
