//! `/_mock/faults`: what is to go wrong.

use axum::Json;
use axum::extract::Path;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde_json::{Value as Any, json};

use super::Refused;
use super::input::Body;
use crate::app::Visit;
use crate::faults::NewFault;
use crate::id::Id;

pub(super) async fn add(visit: Visit, Body(fault): Body<NewFault>) -> Result<Response, Refused> {
    let added = visit.world.faults().add(&fault, visit.world.clock().now()).map_err(Refused::bad)?;
    Ok((StatusCode::CREATED, Json(added)).into_response())
}

pub(super) async fn list(visit: Visit) -> Json<Any> {
    Json(json!({ "faults": visit.world.faults().list(visit.world.clock().now()) }))
}

pub(super) async fn clear(visit: Visit) -> StatusCode {
    visit.world.faults().clear();
    StatusCode::NO_CONTENT
}

pub(super) async fn remove(visit: Visit, Path(id): Path<String>) -> Result<StatusCode, Refused> {
    if Id::parse_number(&id).is_some_and(|id| visit.world.faults().remove(id)) {
        return Ok(StatusCode::NO_CONTENT);
    }
    Err(Refused(StatusCode::NOT_FOUND, "there is no such fault; GET /_mock/faults lists those that are set".into()))
}
