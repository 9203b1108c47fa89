//! Partners with their credentials, and the plans that accounts have.

use serde::{Deserialize, Serialize};

/// A partner with its credentials.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Partner {
    pub(crate) id: u64,
    /// A name for people who read the seed.
    pub(crate) name: String,
    pub(crate) crm_users: Vec<CrmUser>,
    pub(crate) sso_clients: Vec<SsoClient>,
}

/// A CRM user, which only the partner's portal can create (LOGIN-5).
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct CrmUser {
    pub(crate) username: String,
    pub(crate) password: String,
}

/// An SSO client; its credentials are not those of a CRM user (SSO-2).
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct SsoClient {
    pub(crate) client_id: String,
    pub(crate) client_secret: String,
}

impl Partner {
    /// Whether it has this CRM user.
    pub(crate) fn has_user(&self, username: &str, password: &str) -> bool {
        self.crm_users.iter().any(|user| user.username == username && user.password == password)
    }

    /// Whether it has this SSO client.
    pub(crate) fn has_client(&self, client_id: &str, client_secret: &str) -> bool {
        self.sso_clients.iter().any(|client| client.client_id == client_id && client.client_secret == client_secret)
    }
}

/// The plan that a customer pays for.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Plan {
    pub(crate) id: u32,
    /// A name for people who read the seed.
    pub(crate) name: String,
    /// Whether it includes Online Data (ONLINE-1).
    pub(crate) has_online_data: bool,
}
