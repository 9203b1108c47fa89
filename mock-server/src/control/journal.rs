//! `/_mock/requests`: the journal of a world.

use std::sync::Arc;
use std::time::Duration;

use axum::Json;
use axum::extract::Path;
use axum::http::{HeaderMap, StatusCode};
use serde::Deserialize;
use serde_json::{Value as Any, json};

use crate::api::context::Reached;
use crate::control::har::har;
use crate::control::input::{Query, number, seconds};
use crate::control::refused::Refused;
use crate::control::route;
use crate::model::id::Id;
use crate::model::time::Timestamp;
use crate::world::journal::Found;
use crate::world::request_filter::{Criteria, RequestFilter};
use crate::world::worlds::Mount;

/// The requests that are asked for, as texts, so that each can be refused by its name.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct RequestsQuery {
    method: Option<String>,
    path: Option<String>,
    status: Option<String>,
    token: Option<String>,
    contains: Option<String>,
    since: Option<String>,
    after: Option<String>,
    limit: Option<String>,
    wait: Option<String>,
    r#as: Option<String>,
}

/// `GET /_mock/requests`: oldest first, with `wait` as soon as there is one, with `as=har` as HAR.
pub(crate) async fn list(
    reached: Reached,
    headers: HeaderMap,
    Query(query): Query<RequestsQuery>,
) -> Result<Json<Any>, Refused> {
    let base = reached.base(&headers).url();
    let limit = usize::try_from(number("limit", query.limit.as_deref(), u64::MAX)?).unwrap_or(usize::MAX);
    let since = query.since.as_deref().map(Timestamp::parse).transpose();
    let filter = RequestFilter {
        after: number("after", query.after.as_deref(), 0)?,
        since: since.map_err(|error| Refused::bad(format!("since: {error}, by the mock's clock")))?,
        method: query.method,
        path: query.path,
        status: query.status,
        token: query.token,
        contains: query.contains,
    };
    let criteria = criteria(&filter).map_err(Refused::bad)?;
    let as_har = match query.r#as.as_deref() {
        None | Some("json") => false,
        Some("har") => true,
        Some(_) => return Err(Refused::bad("as: har would be right; without it the answer is the mock's own JSON")),
    };
    let wait = seconds("wait", query.wait.as_deref())?;
    let found = wait_for_requests(&reached.mount, &criteria, 1, limit, wait, &base).await;
    if as_har {
        return Ok(Json(har(&found.requests, &base)));
    }
    let mut answer = json!({ "count": found.count, "requests": found.requests });
    if criteria.is_any() && found.count == 0 {
        answer["nearest"] = json!(found.nearest);
    }
    Ok(Json(answer))
}

/// Reads what is asked for, if the guide has its route.
///
/// # Errors
/// A sentence that names the field, and says what would be right.
pub(crate) fn criteria(filter: &RequestFilter) -> Result<Criteria, String> {
    let criteria = filter.criteria()?;
    // Any method may be asked for: one that the guide does not have is answered with 405, and is in the journal too.
    route::check(None, criteria.path.as_ref(), filter.path.as_deref().unwrap_or_default())?;
    Ok(criteria)
}

/// The requests that are asked for, as soon as there are so many, or after `wait`.
pub(crate) async fn wait_for_requests(
    mount: &Mount,
    criteria: &Criteria,
    many: usize,
    limit: usize,
    wait: Duration,
    base: &str,
) -> Found {
    let deadline = tokio::time::Instant::now() + wait;
    loop {
        // The world is asked for anew, because a reset puts another in its place.
        let world = mount.world();
        let waiting = world.journal.wait();
        let news = waiting.news();
        let found = world.journal.find(criteria, limit, base);
        let is_over = world.has_ended() && Arc::ptr_eq(&world, &mount.world());
        let left = deadline.saturating_duration_since(tokio::time::Instant::now());
        if found.count >= many || is_over || left.is_zero() {
            return found;
        }
        // Either there is news, or the time is over: the next turn sees which.
        let _ = tokio::time::timeout(left, news).await;
    }
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
