//! The published credentials of a world: those that its seed gives, which anybody may use.

use serde::Serialize;

use crate::guide::trace::Assumed;
use crate::model::id::{Id, ShownId, Table};
use crate::model::partner::{CrmUser, Partner, SsoClient};
use crate::world::settings::Settings;

/// How many accounts are listed: a seed may have a million.
pub(crate) const MOST_ACCOUNTS: usize = 100;

/// What a client needs to use a world (`GET /_mock/credentials`).
#[derive(Clone, Debug, Serialize)]
pub struct Credentials {
    /// Where the world is reached, without a slash at the end.
    pub base_url: String,
    /// Those of the first partner in the CRM scope; none in a world without partners.
    pub crm: Option<CrmCredentials>,
    /// Those of the second partner, if there is one.
    pub crm2: Option<CrmCredentials>,
    /// The first SSO client of the first partner, if it has one.
    pub sso: Option<SsoCredentials>,
    /// All partners, in the order of the seed.
    pub partners: Vec<PartnerCredentials>,
    /// The accounts of the seed, in its order: the first 100.
    pub accounts: Vec<AccountCredentials>,
    /// Whether an account needs an SSN when it is created (ACCOUNT-3).
    pub ssn_required: bool,
    /// Whether every response is in the standardized format (FORMAT-2).
    pub normalize_all: bool,
}

/// A CRM user (LOGIN-1), and a CRM token.
#[derive(Clone, Debug, Serialize)]
pub struct CrmCredentials {
    /// The name of the first CRM user, if there is one.
    pub username: Option<String>,
    /// Its password.
    pub password: Option<String>,
    /// A token that the seed gives, `number|secret`, if it gives one.
    pub token: Option<String>,
}

/// An SSO client (SSO-2).
#[derive(Clone, Debug, Serialize)]
pub struct SsoCredentials {
    /// Its id.
    pub client_id: String,
    /// Its secret.
    pub client_secret: String,
}

/// A user of the CRM, by whom a partner logs in (LOGIN-1).
#[derive(Clone, Debug, Serialize)]
pub struct UserCredentials {
    /// The name.
    pub username: String,
    /// The password.
    pub password: String,
}

/// Everything that a partner logs in with.
#[derive(Clone, Debug, Serialize)]
pub struct PartnerCredentials {
    /// The number of the partner.
    pub id: u64,
    /// Its name in the seed.
    pub name: String,
    /// Its CRM users.
    pub crm_users: Vec<UserCredentials>,
    /// Its SSO clients.
    pub sso_clients: Vec<SsoCredentials>,
    /// A CRM token that the seed gives, if it gives one.
    pub token: Option<String>,
}

/// An account of the seed.
#[derive(Clone, Debug, Serialize)]
pub struct AccountCredentials {
    /// Its id as clients see it.
    pub id: ShownId,
    /// The number of its partner.
    pub partner: u64,
    /// The email that SSO knows it by (SSO-3).
    pub email: Option<String>,
    /// A token that the seed gives, if it gives one.
    pub app_token: Option<String>,
}

/// The credentials that a seed publishes.
#[derive(Debug, Default)]
pub(crate) struct Published {
    partners: Vec<PartnerCredentials>,
    accounts: Vec<PublishedAccount>,
}

/// An account that a seed publishes.
#[derive(Debug)]
pub(crate) struct PublishedAccount {
    pub(crate) id: u64,
    pub(crate) partner: u64,
    pub(crate) email: Option<String>,
    pub(crate) app_token: Option<String>,
}

impl Published {
    /// Adds a partner, and the token that the seed gives it.
    pub(crate) fn add_partner(&mut self, partner: &Partner, token: Option<String>) {
        let Partner { id, name, crm_users, sso_clients } = partner.clone();
        let user = |user: CrmUser| UserCredentials { username: user.username, password: user.password };
        let client =
            |client: SsoClient| SsoCredentials { client_id: client.client_id, client_secret: client.client_secret };
        self.partners.push(PartnerCredentials {
            id,
            name,
            crm_users: crm_users.into_iter().map(user).collect(),
            sso_clients: sso_clients.into_iter().map(client).collect(),
            token,
        });
    }

    /// Adds an account, unless there are enough.
    pub(crate) fn add_account(&mut self, account: impl FnOnce() -> PublishedAccount) {
        if self.accounts.len() < MOST_ACCOUNTS {
            self.accounts.push(account());
        }
    }

    /// The credentials of a world with these settings that is reached at `base_url`.
    pub(crate) fn credentials(&self, base_url: String, settings: &Settings) -> Credentials {
        let form = Assumed::unrecorded(&settings.assumptions).choice();
        let crm = |position: usize| self.partners.get(position).map(CrmCredentials::of);
        let account = |account: &PublishedAccount| AccountCredentials {
            id: Id::new(Table::Account, account.id).shown(form),
            partner: account.partner,
            email: account.email.clone(),
            app_token: account.app_token.clone(),
        };
        Credentials {
            base_url,
            crm: crm(0),
            crm2: crm(1),
            sso: self.partners.first().and_then(|partner| partner.sso_clients.first()).cloned(),
            partners: self.partners.clone(),
            accounts: self.accounts.iter().map(account).collect(),
            ssn_required: settings.ssn_required,
            normalize_all: settings.normalize_all,
        }
    }
}

impl CrmCredentials {
    fn of(partner: &PartnerCredentials) -> Self {
        let user = partner.crm_users.first();
        Self {
            username: user.map(|user| user.username.clone()),
            password: user.map(|user| user.password.clone()),
            token: partner.token.clone(),
        }
    }
}
