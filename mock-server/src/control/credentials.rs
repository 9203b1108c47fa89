//! `/_mock/credentials`: how to reach a world, and with which published credentials.

use axum::Json;
use axum::http::HeaderMap;
use serde::Serialize;

use crate::api::context::Reached;
use crate::guide::trace::Assumed;
use crate::model::id::{Id, ShownId, Table};
use crate::world::worlds::Mount;

/// How many accounts are named: a seed may have a million.
const MOST_ACCOUNTS: usize = 100;

/// `GET /_mock/credentials`.
pub(crate) async fn read(reached: Reached, headers: HeaderMap) -> Json<WorldCredentials> {
    Json(of(&reached.mount, &reached.base(&headers).url()))
}

/// The credentials and accounts of the seed of a world that is reached at `base_url`, and how it was set up.
pub(crate) fn of(mount: &Mount, base_url: &str) -> WorldCredentials {
    let settings = mount.settings();
    let form = Assumed::unrecorded(&settings.assumptions).choice();
    let crm = |position: usize| {
        mount.seed().credentials(position).map(|partner| CrmCredentials {
            username: partner.user.map(|user| user.username.clone()),
            password: partner.user.map(|user| user.password.clone()),
            token: partner.token,
        })
    };
    let sso = mount.seed().credentials(0).and_then(|partner| partner.client.cloned());
    let accounts = mount.seed().accounts().take(MOST_ACCOUNTS).map(|(id, partner, email, app_token)| SeededAccount {
        id: Id::new(Table::Account, id).shown(form),
        partner,
        email: email.map(str::to_owned),
        app_token,
    });
    WorldCredentials {
        base_url: base_url.to_owned(),
        crm: crm(0),
        crm2: crm(1),
        sso: sso.map(|client| SsoCredentials { client_id: client.client_id, client_secret: client.client_secret }),
        accounts: accounts.collect(),
        ssn_required: settings.ssn_required,
        normalize_all: settings.normalize_all,
    }
}

/// The credentials that the seed of a world publishes (`GET /_mock/credentials`).
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct WorldCredentials {
    /// Where the world is reached, without a slash at the end.
    pub base_url: String,
    /// Those of the first partner.
    pub crm: Option<CrmCredentials>,
    /// Those of the second partner.
    pub crm2: Option<CrmCredentials>,
    /// The SSO client of the first partner.
    pub sso: Option<SsoCredentials>,
    /// The accounts of the seed; of very many only the first.
    pub accounts: Vec<SeededAccount>,
    /// Whether an account needs an SSN when it is created (ACCOUNT-3).
    pub ssn_required: bool,
    /// Whether every response is in the standardized format (FORMAT-2).
    pub normalize_all: bool,
}

/// The credentials of a partner.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct CrmCredentials {
    /// The name of its first CRM user.
    pub username: Option<String>,
    /// The password of that user.
    pub password: Option<String>,
    /// A CRM token that is valid from the start, `number|secret`.
    pub token: Option<String>,
}

/// The credentials of an SSO client.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct SsoCredentials {
    /// Its id.
    pub client_id: String,
    /// Its secret.
    pub client_secret: String,
}

/// An account as the seed has it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct SeededAccount {
    /// Its id, as clients see it.
    pub id: ShownId,
    /// The partner that it belongs to.
    pub partner: u64,
    /// The email of its profile.
    pub email: Option<String>,
    /// An app token that is valid from the start, `number|secret`.
    pub app_token: Option<String>,
}
