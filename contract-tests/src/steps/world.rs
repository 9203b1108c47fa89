//! Worlds whose clock a check may move: a private one, or the target's only one while nothing else runs.

use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use reqwest::Method;
use serde_json::json;

use crate::case::Case;
use crate::halt::Halt;
use crate::reader;

/// A case in a private world, with a clock of its own.
pub(crate) async fn own_world(case: &Case) -> Result<Case, Halt> {
    Ok(Case::new(&case.session.sandbox(json!({})).await?, case.format))
}

/// The same, or a case in the target's only world where it has a clock and no sandboxes. Such a check runs by itself,
/// and [`teardown`] sets the clock back.
pub(crate) async fn movable_world(case: &Case) -> Result<Case, Halt> {
    match own_world(case).await {
        Err(Halt::Skipped(_)) if case.session.has_only_its_own_clock().await => {
            Ok(Case::new(&case.session, case.format))
        }
        world => world,
    }
}

/// Sets the clock of a [`movable_world`] back, and removes what is left there.
pub(crate) async fn teardown(case: &Case, world: &Case) {
    // This is done even when the run is over.
    world.begin_cleanup();
    if Arc::ptr_eq(&case.session, &world.session) {
        let clock = world.control(Method::GET, "/_mock/clock", None).await;
        let now = clock.ok().and_then(|clock| clock.body["now"].as_str().and_then(|now| now.parse::<Timestamp>().ok()));
        let moved = SignedDuration::from_secs(world.session.take_moved());
        if let Some(before) = now.and_then(|now| now.checked_sub(moved).ok()) {
            drop(world.control(Method::PUT, "/_mock/clock", Some(json!({ "now": before.to_string() }))).await);
        }
        world.session.forget_token().await;
    }
    world.clean_up().await;
}

/// Moves the clock of the case's world.
pub(crate) async fn advance(case: &Case, seconds: u64) -> Result<(), Halt> {
    case.session.note_moved(seconds);
    let answer = case.control(Method::PUT, "/_mock/clock", Some(json!({ "advance_seconds": seconds }))).await?;
    let moved = reader::is_success(answer.status);
    case.session.forget_token().await;
    if moved { Ok(()) } else { Err(Halt::Skipped(format!("the clock cannot be moved: {}", answer.status))) }
}

/// Stops the clock, so that no second passes but those that are counted.
pub(crate) async fn freeze(case: &Case) -> Result<(), Halt> {
    let answer = case.control(Method::PUT, "/_mock/clock", Some(json!({ "frozen": true }))).await?;
    answer.demand("the clock can be stopped", reader::is_success)
}
