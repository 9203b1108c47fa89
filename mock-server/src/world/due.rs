//! Events that fall due when the clock is moved.

use super::state::World;
use crate::model::online::removal::RemovalSteps;
use crate::model::principal::Principal;
use crate::model::time::Timestamp;

/// Something that fell due when the clock was moved.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Due {
    /// `crm-token-expired`, `app-token-expired`, `sso-code-expired`, `confirmation-link-expired`,
    /// `verification-code-expired`, `message-arrived`, `scan-completed`, `scan-failed` or `removal-moved-on`.
    pub kind: &'static str,
    /// The number of the token.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub token: Option<u64>,
    /// When it fell due.
    pub at: Timestamp,
}

impl World {
    /// Everything that falls due after `from` and not after `to`, in order.
    pub(crate) fn due(&self, from: Timestamp, to: Timestamp) -> Vec<Due> {
        let is_due = |at: &Timestamp| *at > from && *at <= to;
        let event = |kind| move |at| Due { kind, token: None, at };
        let mut due: Vec<Due> = Vec::new();
        self.tokens.each(|number, token| {
            let kind = match token.principal {
                Principal::Partner(_) => "crm-token-expired",
                Principal::User(_) => "app-token-expired",
            };
            due.extend(token.expires_at.filter(is_due).map(|at| Due { kind, token: Some(number), at }));
        });
        self.tokens.each_code(|_, code| {
            let expires_at = Some(code.expires_at).filter(|at| !code.is_used && is_due(at));
            due.extend(expires_at.map(event("sso-code-expired")));
        });
        self.links.each_expiry(|at| due.extend(Some(at).filter(is_due).map(event("confirmation-link-expired"))));
        let steps = RemovalSteps::assumed(self.unrecorded());
        self.accounts.each(|account| {
            due.extend(account.code_expiries().filter(is_due).map(event("verification-code-expired")));
            let online = account.online.iter().flat_map(|online| online.due(&steps)).filter(|(_, at)| is_due(at));
            due.extend(online.map(|(kind, at)| Due { kind, token: None, at }));
        });
        due.extend(self.outbox.arrivals(to).into_iter().filter(is_due).map(event("message-arrived")));
        due.sort_by_key(|due| (due.at, due.token));
        due
    }
}
