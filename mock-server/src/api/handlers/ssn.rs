//! The SSN: not a watchlist, set once, and monitored from then on (SSN-1 to 3).

use crate::api::auth::Actor;
use crate::api::error::{ApiError, known};
use crate::api::operation::{Operation, Page};
use crate::api::reply::{Done, Outcome, Reply};
use crate::api::request::Request;
use crate::guide::assumptions::{Key, SsnWithout};
use crate::guide::facts::Fact;
use crate::model::fields::FieldError;

pub(crate) fn activates() -> Operation {
    Operation::new("activateSsnMonitoring", Page::Ssn, "Monitor the SSN").decided_by(&[Key::SsnWithout])
}

/// `PATCH /api/v1/account/{account_id}/ssn-monitoring/activate` (SSN-3).
pub(crate) fn activate(actor: Actor, request: &Request<'_>) -> Outcome<Done> {
    monitor(actor, request, true, "SSN monitoring activated.")
}

pub(crate) fn deactivates() -> Operation {
    Operation::new("deactivateSsnMonitoring", Page::Ssn, "Stop monitoring the SSN").decided_by(&[Key::SsnWithout])
}

/// `PATCH /api/v1/account/{account_id}/ssn-monitoring/deactivate` (SSN-3).
pub(crate) fn deactivate(actor: Actor, request: &Request<'_>) -> Outcome<Done> {
    monitor(actor, request, false, "SSN monitoring deactivated.")
}

fn monitor(actor: Actor, request: &Request<'_>, on: bool, done: &'static str) -> Outcome<Done> {
    if known(request.world.monitor_ssn(actor.account, on, request.now()))? {
        return Ok(Reply::new(Done(done)));
    }
    let error = FieldError::new("ssn", "The account has no ssn to monitor.");
    Err(ApiError::assumed(request.assumed().choice::<SsnWithout>(), error).fact(Fact::Ssn3).hint(
        "this account has no SSN, and this route never adds one: it is set at creation or by electronic ID; see SSN-2",
    ))
}
