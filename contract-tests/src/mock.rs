//! The in-process mock as a target. This is the one file that knows that the package `mock-server` exists.

use mock_server::MockServer;

use crate::secrets::Secret;
use crate::target::{CrmLogin, Leaked, Messages, SsoClient, Target};

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
            leaked: Leaked::default(),
            crm_life: None,
            throttle: None,
            is_throwaway: true,
            is_far: false,
            has_control_routes: None,
        }
    }
}

impl From<MockServer> for Mock {
    /// A mock that was started with other settings; its target still expects what the default seed and settings give.
    fn from(server: MockServer) -> Self {
        Self { server }
    }
}
