//! `/_mock/outbox`: the messages that were sent.

use std::sync::Arc;
use std::time::Duration;

use axum::Json;
use axum::http::StatusCode;
use serde::Deserialize;
use serde_json::{Value as Any, json};

use crate::api::context::Reached;
use crate::control::input::{Query, number, seconds};
use crate::control::refused::Refused;
use crate::model::message::{Channel, Message, MessageFilter};
use crate::world::worlds::Mount;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct OutboxQuery {
    to: Option<String>,
    channel: Option<Channel>,
    wait: Option<String>,
    limit: Option<String>,
    after: Option<String>,
}

/// `GET /_mock/outbox`: oldest first, with `wait` as soon as there is one.
pub(crate) async fn list(reached: Reached, Query(query): Query<OutboxQuery>) -> Result<Json<Any>, Refused> {
    let wait = seconds("wait", query.wait.as_deref())?;
    let limit = number("limit", query.limit.as_deref(), u64::MAX)?;
    let after = number("after", query.after.as_deref(), 0)?;
    let filter = MessageFilter { to: query.to, channel: query.channel };
    let mut messages = wait_for_messages(&reached.mount, &filter, after, wait).await;
    messages.drain(..messages.len().saturating_sub(usize::try_from(limit).unwrap_or(usize::MAX)));
    Ok(Json(json!({ "messages": messages })))
}

/// The messages that `filter` admits and that came after the one with the id `after`, as soon as there is one, or after
/// `wait`.
pub(crate) async fn wait_for_messages(
    mount: &Mount,
    filter: &MessageFilter,
    after: u64,
    wait: Duration,
) -> Vec<Message> {
    let deadline = tokio::time::Instant::now() + wait;
    loop {
        // The world is asked for anew, because a reset puts another in its place.
        let world = mount.world();
        let news = world.outbox.news();
        let messages = world.messages(filter, after);
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
