//! `/_mock/outbox`: the messages that were sent.

use std::sync::Arc;
use std::time::Duration;

use axum::Json;
use axum::http::StatusCode;
use serde::Deserialize;
use serde_json::{Value as Any, json};

use crate::api::context::Reached;
use crate::control::input::Query;
use crate::control::refused::Refused;
use crate::model::message::{Channel, Message, MessageFilter};
use crate::world::worlds::Mount;

/// The longest that `?wait=` may ask for.
const LONGEST_WAIT: Duration = Duration::from_secs(300);

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct OutboxQuery {
    to: Option<String>,
    channel: Option<Channel>,
    wait: Option<f64>,
    limit: Option<usize>,
}

/// `GET /_mock/outbox`: oldest first, with `wait` as soon as there is one.
pub(crate) async fn list(reached: Reached, Query(query): Query<OutboxQuery>) -> Result<Json<Any>, Refused> {
    let wait = query.wait.unwrap_or_default();
    let wait = Duration::try_from_secs_f64(wait).ok().filter(|wait| *wait <= LONGEST_WAIT);
    let wait = wait.ok_or_else(|| Refused::bad(format!("wait is 0 to {} seconds", LONGEST_WAIT.as_secs())))?;
    let filter = MessageFilter { to: query.to, channel: query.channel };
    let mut messages = wait_for_messages(&reached.mount, &filter, wait).await;
    messages.drain(..messages.len().saturating_sub(query.limit.unwrap_or(usize::MAX)));
    Ok(Json(json!({ "messages": messages })))
}

/// The messages that `filter` admits, as soon as there is one, or after `wait`.
pub(crate) async fn wait_for_messages(mount: &Mount, filter: &MessageFilter, wait: Duration) -> Vec<Message> {
    let deadline = tokio::time::Instant::now() + wait;
    loop {
        // The world is asked for anew, because a reset puts another in its place.
        let world = mount.world();
        let news = world.outbox.news();
        let messages = world.messages(filter);
        let is_over = world.outbox.has_ended() && Arc::ptr_eq(&world, &mount.world());
        let left = deadline.saturating_duration_since(tokio::time::Instant::now());
        if !messages.is_empty() || is_over || left.is_zero() {
            return messages;
        }
        // Either there is news, or a delayed message arrives, or the time is over: the next turn sees which.
        let until_arrival = world.until_next_arrival().unwrap_or(left);
        let _ = tokio::time::timeout(until_arrival.min(left), news).await;
    }
}

/// `DELETE /_mock/outbox`: forgets the messages; links and codes in them go on working.
pub(crate) async fn clear(reached: Reached) -> StatusCode {
    reached.world.outbox.clear(reached.world.clock.now());
    StatusCode::NO_CONTENT
}
