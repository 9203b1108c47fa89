//! `/_mock/clock`: reading and moving the clock of a world.

use axum::Json;
use serde::{Deserialize, Serialize};

use crate::api::context::Reached;
use crate::control::input::{Body, Example};
use crate::control::refused::Refused;
use crate::model::time::Timestamp;
use crate::world::due::Due;
use crate::world::worlds::Mount;

/// A move of the clock: first to `now`, then on by `advance_seconds`; then it is frozen or runs.
#[derive(Clone, Copy, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ClockMove {
    pub(crate) now: Option<Timestamp>,
    pub(crate) advance_seconds: Option<u64>,
    pub(crate) frozen: Option<bool>,
}

impl Example for ClockMove {
    const EXAMPLE: &'static str = r#"{"advance_seconds": 86400}"#;
}

/// The state of the clock.
#[derive(Clone, Debug, Serialize)]
pub struct ClockState {
    /// The mock's time.
    pub now: Timestamp,
    /// Whether it is frozen.
    pub frozen: bool,
    /// What fell due by the last move, in order: the first 1,000.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub due: Option<Vec<Due>>,
    /// How many more fell due.
    #[serde(skip_serializing_if = "is_zero")]
    pub more_due: usize,
}

/// How much of what fell due is listed.
const LISTED: usize = 1000;

fn is_zero(number: &usize) -> bool {
    *number == 0
}

/// The state of the clock of a world.
pub(crate) fn state(mount: &Mount) -> ClockState {
    let world = mount.world();
    ClockState { now: world.clock.now(), frozen: world.clock.is_frozen(), due: None, more_due: 0 }
}

/// Moves the clock of a world.
pub(crate) fn move_clock(mount: &Mount, to: ClockMove) -> ClockState {
    let world = mount.world();
    let _step = world.step();
    let by = i64::try_from(to.advance_seconds.unwrap_or_default()).unwrap_or(i64::MAX);
    let mut due = Vec::new();
    let (now, frozen) = world.clock.shift(|before| {
        let now = to.now.unwrap_or(before).plus_seconds(by);
        // The events are gathered first: once the clock is moved, a look at the outbox lets messages arrive.
        due = world.due(before, now);
        (now, to.frozen.unwrap_or_else(|| world.clock.is_frozen()))
    });
    world.outbox.wake();
    world.changed();
    let more_due = due.len().saturating_sub(LISTED);
    due.truncate(LISTED);
    ClockState { now, frozen, due: Some(due), more_due }
}

/// `GET /_mock/clock`.
pub(crate) async fn read(reached: Reached) -> Json<ClockState> {
    Json(state(&reached.mount))
}

/// `PUT /_mock/clock`.
pub(crate) async fn advance(reached: Reached, Body(to): Body<ClockMove>) -> Result<Json<ClockState>, Refused> {
    if to.now.is_none() && to.advance_seconds.is_none() && to.frozen.is_none() {
        return Err(Refused::bad("name at least one of now, advance_seconds and frozen"));
    }
    // It looks at all accounts, and other requests go on meanwhile.
    let moved = tokio::task::spawn_blocking(move || move_clock(&reached.mount, to)).await;
    Ok(Json(moved.expect("moving the clock does not panic")))
}
