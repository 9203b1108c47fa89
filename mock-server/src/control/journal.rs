//! `/_mock/requests`: the journal of a world.

use axum::Json;
use axum::extract::Path;
use axum::http::{HeaderMap, StatusCode};
use serde::Deserialize;
use serde_json::{Value as Any, json};

use crate::api::context::Reached;
use crate::control::input::Query;
use crate::control::refused::Refused;
use crate::model::id::Id;
use crate::world::journal::RequestRecord;

/// The requests that are asked for: the last `limit` of those after the one with the id `after`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct RequestsQuery {
    #[serde(default)]
    after: u64,
    limit: Option<usize>,
}

/// `GET /_mock/requests`.
pub(crate) async fn list(reached: Reached, headers: HeaderMap, Query(query): Query<RequestsQuery>) -> Json<Any> {
    let base = reached.base(&headers).url();
    let limit = query.limit.unwrap_or(usize::MAX);
    let requests: Vec<RequestRecord> = reached.world.journal.list(query.after, limit, &base);
    Json(json!({ "requests": requests }))
}

/// `GET /_mock/requests/{id}/curl`: the request as a command, with everything that was sent.
pub(crate) async fn curl(reached: Reached, headers: HeaderMap, Path(id): Path<String>) -> Result<Json<Any>, Refused> {
    let base = reached.base(&headers).url();
    match Id::parse_number(&id).and_then(|id| reached.world.journal.curl(id, &base)) {
        Some(curl) => Ok(Json(json!({ "curl": curl }))),
        None => Err(Refused::not_found("the journal has no request with this id, or no longer")),
    }
}

/// `DELETE /_mock/requests`.
pub(crate) async fn clear(reached: Reached) -> StatusCode {
    reached.world.journal.clear();
    StatusCode::NO_CONTENT
}
