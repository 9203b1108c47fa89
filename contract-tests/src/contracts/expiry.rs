//! The expiry of tokens: by the clock of a private world where the target has one, or by waiting.

use std::time::Duration;

use crate::case::Case;
use crate::contract::page;
use crate::documented::{Route, Scope, routes};
use crate::exchange::{Answer, Caller};
use crate::halt::Halt;
use crate::kind::EMAIL;
use crate::matrix::Principal;
use crate::reader;
use crate::steps::items::Enrolled;
use crate::steps::matrix::each;
use crate::steps::world::{advance, movable_world, teardown};

page!("expiry" {
    exclusive "crm_token_expires": ["LOGIN-2", "LOGIN-3"] => |case| crm_token_expires(case),
    exclusive "keep_logged_extends": ["LOGIN-2"] => |case| keep_logged_extends(case),
});

const A_DAY: u64 = 24 * 3600;

/// Longer than any token that is called short-lived.
const A_MONTH: u64 = 31 * A_DAY;

/// The same token, with which no later one is as good.
fn itself(caller: Caller) -> Caller {
    if let Caller::Crm(token) = caller { Caller::Bearer(token) } else { caller }
}

/// Runs `contract` where the clock may be moved, and takes over the story that it tells.
macro_rules! in_world {
    ($case:ident, $world:ident => $contract:expr) => {{
        let $world = movable_world($case).await?;
        let end = $contract.await;
        $case.take_story(&$world);
        teardown($case, &$world).await;
        end
    }};
}

/// A token that was let in is not after its life, whatever route it calls: 401 each time, and a new login helps.
async fn crm_token_expires(case: &Case) -> Result<(), Halt> {
    match case.session.target.crm_life {
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

async fn expires(case: &Case, wait: Wait) -> Result<(), Halt> {
    let own = Enrolled::new(case).await?;
    let old = case.log_in_keeping(false).await?;
    let list = old.path(&own.account, EMAIL.list);
    case.get(&old, &list).await?.demand("a new token is let in", reader::is_success)?;
    let expired = itself(old);
    match wait {
        Wait::Really(life) => case.session.pause(life + Duration::from_secs(2)).await,
        Wait::ByClock(seconds) => advance(case, seconds).await?,
    }
    case.session.forget_token().await;
    expired_is_refused(case, &own, &expired).await?;
    let new = case.log_in_keeping(false).await?;
    case.get(&new, &list).await?.demand("a token of a new login is let in", reader::is_success)
}

/// A token that was asked for with `keep_logged` outlives one that was not.
async fn keep_logged_extends(case: &Case) -> Result<(), Halt> {
    match case.session.target.crm_life {
        Some(life) => is_extended(case, Wait::Really(life)).await,
        None => in_world!(case, world => is_extended(&world, Wait::ByClock(A_MONTH))),
    }
}

async fn is_extended(case: &Case, wait: Wait) -> Result<(), Halt> {
    let account = case.account().await?;
    let (short, long) = (case.log_in_keeping(false).await?, case.log_in_keeping(true).await?);
    let list = short.path(&account, EMAIL.list);
    let (short, long) = (itself(short), itself(long));
    // The first step in time that ends the short one must leave the long one.
    let steps = match wait {
        Wait::Really(life) => vec![Wait::Really(life)],
        Wait::ByClock(_) => [60, 600, 3600, 4 * 3600, A_DAY, 7 * A_DAY].map(Wait::ByClock).to_vec(),
    };
    for step in steps {
        match step {
            Wait::Really(life) => case.session.pause(life + Duration::from_secs(2)).await,
            Wait::ByClock(seconds) => advance(case, seconds).await?,
        }
        if case.get(&short, &list).await?.status == 401 {
            let kept = case.get(&long, &list).await?;
            return kept.demand("a session with keep_logged lasts longer", reader::is_success);
        }
    }
    Err(Halt::fail("a token without keep_logged expires", "it is still let in").into_required())
}

/// Every closed route that takes CRM tokens, called with one that has expired (LOGIN-3).
async fn expired_is_refused(case: &Case, own: &Enrolled, expired: &Caller) -> Result<(), Halt> {
    let closed = routes().iter().filter(|route| matches!(route.scope, Scope::Crm | Scope::Either));
    let expected: fn(&Route, &Answer) -> bool = |_, answer| answer.status == 401;
    each(case, (Principal::Expired, expired), own, closed, ("401 after expiry", expected)).await
}
