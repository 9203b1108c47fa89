//! `/_mock/faults`: what is to go wrong.

use axum::Json;
use axum::extract::Path;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde_json::{Value as Any, json};

use crate::api::context::Reached;
use crate::api::wording::{FAULT_STATUSES, error_of_status};
use crate::control::input::Body;
use crate::control::refused::Refused;
use crate::control::route;
use crate::faults::FaultRecord;
use crate::faults::effect::{Injection, RequestEffect};
use crate::faults::new_fault::NewFault;
use crate::faults::pattern::RequestPattern;
use crate::model::id::Id;
use crate::world::state::World;

/// `POST /_mock/faults`.
pub(crate) async fn post(reached: Reached, Body(fault): Body<NewFault>) -> Result<Response, Refused> {
    let added = add(&reached.world, &fault).map_err(Refused::bad)?;
    Ok((StatusCode::CREATED, Json(added)).into_response())
}

/// `GET /_mock/faults`.
pub(crate) async fn list(reached: Reached) -> Json<Any> {
    Json(json!({ "faults": reached.world.faults.list(reached.world.clock.now()) }))
}

/// `DELETE /_mock/faults`.
pub(crate) async fn clear(reached: Reached) -> StatusCode {
    reached.world.faults.clear();
    StatusCode::NO_CONTENT
}

/// `DELETE /_mock/faults/{id}`.
pub(crate) async fn remove(reached: Reached, Path(id): Path<String>) -> Result<StatusCode, Refused> {
    if Id::parse_number(&id).is_some_and(|id| reached.world.faults.remove(id)) {
        return Ok(StatusCode::NO_CONTENT);
    }
    Err(Refused::not_found("there is no such fault; GET /_mock/faults lists those that are set"))
}

/// Sets a fault in a world, if the guide has its route and a fault its status.
///
/// # Errors
/// A sentence that names the field, and says what would be right.
pub(crate) fn add(world: &World, fault: &NewFault) -> Result<FaultRecord, String> {
    match fault.injection()? {
        Injection::Latency(pattern, _) => check_route(&pattern, fault)?,
        Injection::Request(pattern, effect) => {
            check_route(&pattern, fault)?;
            if let RequestEffect::Status { status, .. } = effect {
                check_status(status)?;
            }
        }
        Injection::Message(..) => {}
    }
    world.faults.add(fault, world.clock.now())
}

fn check_route(pattern: &RequestPattern, fault: &NewFault) -> Result<(), String> {
    route::check(pattern.method.as_ref(), pattern.path.as_ref(), fault.path.as_deref().unwrap_or_default())
}

/// Refuses a status that a fault cannot have.
fn check_status(status: u16) -> Result<(), String> {
    if status == 429 {
        return Err("status: for 429 use the kind throttle, which knows how each format throttles".into());
    }
    if error_of_status(status).is_some() {
        return Ok(());
    }
    let known: Vec<String> = FAULT_STATUSES.iter().map(u16::to_string).collect();
    Err(format!("status: a fault cannot have {status}; it can have {}", known.join(", ")))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::routes;
    use crate::faults::kinds::FaultKind;

    fn check(method: Option<&str>, path: Option<&str>) -> Result<(), String> {
        let fault = NewFault {
            method: method.map(str::to_owned),
            path: path.map(str::to_owned),
            ..NewFault::of(FaultKind::Cut)
        };
        match fault.injection()? {
            Injection::Request(pattern, _) => check_route(&pattern, &fault),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn every_documented_route_can_have_a_fault() {
        for row in routes::rows() {
            assert_eq!(check(Some(row.method.as_str()), Some(&row.path)), Ok(()), "{} {}", row.method, row.path);
        }
    }

    #[test]
    fn a_status_that_no_fault_has_is_refused_with_those_that_one_can_have() {
        for status in FAULT_STATUSES {
            assert_eq!(check_status(status), Ok(()));
        }
        for (status, expected) in [(200, "it can have 400, 401"), (429, "for 429 use the kind throttle")] {
            assert!(check_status(status).expect_err("it is refused").contains(expected), "{status}");
        }
    }

    #[test]
    fn a_route_that_the_guide_does_not_have_is_refused_with_a_suggestion() {
        let cases = [
            (None, Some("/api/v1/email-watchlst"), "did you mean /api/v1/email-watchlist?"),
            (
                None,
                Some("/api/v1/account/{account_id}/email-watchlists"),
                "did you mean /api/v1/account/{account_id}/em",
            ),
            (None, Some("/api/v1/alarms/statistics"), "did you mean /api/v1/alarms/statistic?"),
            (None, Some("/api/v1/nothing-like-it"), "write it as in /api/v1/account/{account_id}/email-watchlist"),
            (None, Some("/api/v1/alarms/{alarmId}/"), "path: no documented route"),
            (None, Some("api/v1/alarms"), "path: no documented route"),
            (None, Some("/api/v1/alarms?page=2"), "path: no documented route"),
            (None, Some("/api/v1/email-*"), "path: no documented route"),
            (None, Some("/_mock/health"), "path: no documented route"),
            (None, Some(""), "path: no documented route"),
            (None, Some("/api/v1/account/1/email-watchlist/first"), "path: no documented route"),
            (
                Some("PATCH"),
                Some("/api/v1/email-watchlist"),
                "method: the guide has no such method here; it has GET, POST",
            ),
            (Some("TRACE"), None, "it has DELETE, GET, PATCH, POST, PUT"),
            (Some("no method"), None, "method:"),
            (Some(""), None, "method:"),
        ];
        for (method, path, expected) in cases {
            let refusal = check(method, path).expect_err("it is refused");
            assert!(refusal.contains(expected), "{method:?} {path:?}: {refusal}");
        }
    }
}
