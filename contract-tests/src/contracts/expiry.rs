//! What time does to tokens: by the clock of a private world where the target has one, or by waiting.

use std::sync::Arc;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use reqwest::Method;
use serde_json::json;
use tokio::time::sleep;

use super::scope::expired_is_refused;
use super::watchlist::{EMAIL, Enrolled};
use crate::case::{Case, token};
use crate::client::Caller;
use crate::contract::{Step, Stop};
use crate::reader;
use crate::run::Run;

page!("expiry" {
    "crm_token_expires": ["LOGIN-2", "LOGIN-3"] => |case| crm_token_expires(case),
    "keep_logged_extends": ["LOGIN-2"] => |case| keep_logged_extends(case),
});

const A_DAY: u64 = 24 * 3600;

/// Longer than any token that is called short-lived.
const A_MONTH: u64 = 31 * A_DAY;

/// A case in a private world, whose clock nobody else goes by.
pub(crate) async fn apart(case: &Case) -> Step<Case> {
    let run: Arc<Run> = case.run.sandbox(json!({})).await?;
    Ok(run.case(case.format))
}

/// The same, or a case in the target's one world where it has a clock and no sandboxes. Such a check runs alone, and sets
/// the clock back.
pub(super) async fn alone(case: &Case) -> Step<Case> {
    match apart(case).await {
        Err(Stop::Skipped(_)) if case.run.has_only_its_own_clock().await => Ok(case.run.case(case.format)),
        world => world,
    }
}

/// Leaves the world of `alone` as it was.
pub(super) async fn leave(case: &Case, world: &Case) {
    // This is done even when the run is over.
    world.begin_tidying();
    if Arc::ptr_eq(&case.run, &world.run) {
        let clock = world.control(Method::GET, "/_mock/clock", None).await;
        let now = clock.ok().and_then(|clock| clock.body["now"].as_str().and_then(|now| now.parse::<Timestamp>().ok()));
        let moved = SignedDuration::from_secs(world.run.take_moved());
        if let Some(before) = now.and_then(|now| now.checked_sub(moved).ok()) {
            drop(world.control(Method::PUT, "/_mock/clock", Some(json!({ "now": before.to_string() }))).await);
        }
        world.run.forget_token().await;
    }
    world.run.tidy(world).await;
}

/// Moves the clock of the case's world.
pub(crate) async fn advance(case: &Case, seconds: u64) -> Step {
    case.run.note_moved(seconds);
    let answer = case.control(Method::PUT, "/_mock/clock", Some(json!({ "advance_seconds": seconds }))).await?;
    let moved = reader::is_success(answer.status);
    case.run.forget_token().await;
    if moved { Ok(()) } else { Err(Stop::Skipped(format!("the clock cannot be moved: {}", answer.status))) }
}

/// The clock stands still, so that no second passes but those that are counted.
pub(crate) async fn freeze(case: &Case) -> Step {
    let answer = case.control(Method::PUT, "/_mock/clock", Some(json!({ "frozen": true }))).await?;
    answer.demand("the clock can be stopped", reader::is_success)
}

pub(crate) async fn log_in(case: &Case, keep_logged: bool) -> Step<Caller> {
    let (username, password) = case.credentials()?;
    let body = json!({ "username": username, "password": password.0, "keep_logged": keep_logged });
    Ok(Caller::Crm(token(&case.log_in(body).await?).map_err(Stop::into_needed)?))
}

/// The same token, with which no later one is as good.
fn itself(caller: Caller) -> Caller {
    if let Caller::Crm(token) = caller { Caller::Bearer(token) } else { caller }
}

/// Runs `contract` where the clock may be moved, and takes over the story that it tells.
macro_rules! in_world {
    ($case:ident, $world:ident => $contract:expr) => {{
        let $world = alone($case).await?;
        let end = $contract.await;
        $case.take_story(&$world);
        leave($case, &$world).await;
        end
    }};
}

/// A token that was let in is not after its life, whatever route it calls: 401 each time, and a new login helps.
async fn crm_token_expires(case: &Case) -> Step {
    match case.run.target.crm_life {
        Some(life) => expires(case, Wait::Really(life)).await,
        None => in_world!(case, world => expires(&world, Wait::ByClock(A_MONTH))),
    }
}

/// How time passes.
#[derive(Clone, Copy, Debug)]
enum Wait {
    Really(Duration),
    ByClock(u64),
}

async fn expires(case: &Case, wait: Wait) -> Step {
    let own = Enrolled::new(case).await?;
    let old = log_in(case, false).await?;
    let list = old.path(&own.account, EMAIL.list);
    case.get(&old, &list).await?.demand("a new token is let in", reader::is_success)?;
    let expired = itself(old);
    match wait {
        Wait::Really(life) => sleep(life + Duration::from_secs(2)).await,
        Wait::ByClock(seconds) => advance(case, seconds).await?,
    }
    case.run.forget_token().await;
    expired_is_refused(case, &own, &expired).await?;
    let new = log_in(case, false).await?;
    case.get(&new, &list).await?.demand("a token of a new login is let in", reader::is_success)
}

/// A token that was asked for with `keep_logged` outlives one that was not.
async fn keep_logged_extends(case: &Case) -> Step {
    match case.run.target.crm_life {
        Some(life) => is_extended(case, Wait::Really(life)).await,
        None => in_world!(case, world => is_extended(&world, Wait::ByClock(A_MONTH))),
    }
}

async fn is_extended(case: &Case, wait: Wait) -> Step {
    let account = case.account().await?;
    let (short, long) = (log_in(case, false).await?, log_in(case, true).await?);
    let list = short.path(&account, EMAIL.list);
    let (short, long) = (itself(short), itself(long));
    // The first step in time that ends the short one must leave the long one.
    let steps = match wait {
        Wait::Really(life) => vec![Wait::Really(life)],
        Wait::ByClock(_) => [60, 600, 3600, 4 * 3600, A_DAY, 7 * A_DAY].map(Wait::ByClock).to_vec(),
    };
    for step in steps {
        match step {
            Wait::Really(life) => sleep(life + Duration::from_secs(2)).await,
            Wait::ByClock(seconds) => advance(case, seconds).await?,
        }
        if case.get(&short, &list).await?.status == 401 {
            let kept = case.get(&long, &list).await?;
            return kept.demand("a session with keep_logged lasts longer", reader::is_success);
        }
    }
    Err(Stop::fail("a token without keep_logged expires", "it is still let in").into_needed())
}
