//! The in-process mock as a target. This is the one file that knows that the package `mock-server` exists.

use std::collections::BTreeMap;
use std::time::Duration;

use mock_server::MockServer;
use serde_json::json;

use crate::messages::Messages;
use crate::secrets::Secret;
use crate::target::{CrmLogin, Leaked, SsoClient, Target};
use crate::trust::Trust;

/// How long to wait for a message in its outbox, where it is by the time at which a request is answered.
const PATIENCE: Duration = Duration::from_secs(5);

/// A mock in this process, on a free port. Dropping it stops it.
#[derive(Debug)]
pub struct Mock {
    server: MockServer,
}

impl Mock {
    /// Starts a mock with its default seed, under the default assumptions.
    pub async fn start() -> Self {
        MockServer::start().await.into()
    }

    /// A mock that follows these assumptions, as far as they are such.
    pub(crate) async fn following(assumptions: &BTreeMap<String, String>) -> Self {
        let mut builder = MockServer::builder();
        for (key, value) in assumptions {
            builder = builder.clone().assume(key, value).unwrap_or(builder);
        }
        builder.start().await.into()
    }

    /// Where it listens.
    pub(crate) fn base_url(&self) -> &str {
        self.server.base_url()
    }

    /// The mock as a target, with the credentials that its default seed publishes.
    pub fn target(&self) -> Target {
        let crm = |username: &str, password| CrmLogin::Password { username: username.into(), password };
        Target {
            base_url: self.server.base_url().to_owned(),
            crm: crm("service@partner.example", Secret("mock-crm-password".into())),
            crm2: Some(crm("other@partner.example", Secret("mock-crm-password-2".into()))),
            sso: Some(SsoClient { client_id: "mock-client".into(), client_secret: Secret("mock-secret".into()) }),
            plan_id: 1,
            plan_without_online_id: 2,
            ssn_required: true,
            email_domain: "example.com".into(),
            normalize_all: false,
            messages: Messages::Mock,
            patience: PATIENCE,
            trust: Trust::default(),
            leaked: Leaked::default(),
            crm_life: None,
            throttle: None,
            is_throwaway: true,
            is_far: false,
            has_control_routes: None,
            address: None,
        }
    }
}

impl Mock {
    /// Tells it that a breach holds a value, if it is one of this kind.
    pub(crate) fn leak(&self, kind: &str, value: &str) {
        if let Ok(leak) = serde_json::from_value(json!({ "kind": kind, "value": value })) {
            // What it does not take is no leak there.
            drop(self.server.world().add_leak(&leak));
        }
    }
}

impl From<MockServer> for Mock {
    /// A mock that was started with other settings; its target still expects what the default seed and settings give.
    fn from(server: MockServer) -> Self {
        Self { server }
    }
}
