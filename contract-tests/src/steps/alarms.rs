//! Alarms: how they are raised, found and read.
//!
//! Of an alarm the guide gives the status `CLOSED`, and that it has an id. Everything else is the target's choice, so
//! alarms are found by comparing a list with what it was before.

use serde_json::Value;

use crate::case::Case;
use crate::contract::Running;
use crate::exchange::{Account, Caller};
use crate::halt::Halt;
use crate::kind::Kind;
use crate::reader;
use crate::steps::items::Listed;
use crate::steps::leaks::{self, Source};
use crate::steps::world::own_world;

/// Where CRM reads alarms across accounts.
pub(crate) const ALL: [&str; 2] = ["/api/v1/alarms", "/api/v1/alarms-list"];

/// How many alarms the partner has.
pub(crate) const STATISTIC: &str = "/api/v1/alarms/statistic";

/// The user's list in its second version.
pub(crate) const VERSION_2: &str = "/api/v2/alarms";

/// Runs a contract where nothing else raises or closes alarms, if such a world can be had; the contract learns whether.
/// Where the target has no private worlds, only an exclusive check has one.
pub(crate) async fn undisturbed(
    case: &Case,
    contract: impl for<'a> Fn(&'a Case, bool) -> Running<'a>,
) -> Result<(), Halt> {
    match own_world(case).await {
        Err(Halt::Skipped(_)) => contract(case, case.session.has_only_its_own_clock().await).await,
        world => {
            let world = world?;
            let end = contract(&world, true).await;
            case.take_story(&world);
            end
        }
    }
}

/// The alarms of a list.
pub(crate) async fn listed(case: &Case, by: &Caller, path: &str) -> Result<Vec<Listed>, Halt> {
    let with_id = |alarm: Value| Some((reader::alarm_id(&alarm)?, alarm));
    let alarms: Option<Vec<_>> = case.list(by, path).await?.into_iter().map(with_id).collect();
    let alarms = alarms.ok_or_else(|| Halt::fail("alarms with an id", format!("one without in {path}")))?;
    for (place, (id, _)) in alarms.iter().enumerate() {
        let is_first = alarms[..place].iter().all(|(other, _)| other != id);
        Halt::unless(is_first, "every alarm once in a list", || format!("alarm {id} twice in {path}"))?;
    }
    Ok(alarms)
}

/// The alarms of one account.
pub(crate) async fn of(case: &Case, by: &Caller, account: &Account) -> Result<Vec<Listed>, Halt> {
    listed(case, by, &by.path(account, "/alarms")).await
}

pub(crate) fn ids(alarms: &[Listed]) -> Vec<String> {
    let mut ids: Vec<String> = alarms.iter().map(|(id, _)| id.clone()).collect();
    ids.sort();
    ids
}

/// Those that were not there before.
pub(crate) fn new(before: &[Listed], after: &[Listed]) -> Vec<String> {
    ids(after).into_iter().filter(|id| before.iter().all(|(old, _)| old != id)).collect()
}

/// Whether an alarm, or an answer that holds one, says that it is closed (ALARM-2).
pub(crate) fn is_closed(alarm: &Value) -> bool {
    let status = alarm.get("data").unwrap_or(alarm).get("status");
    match status {
        Some(status) => status == "CLOSED",
        None => reader::fields(alarm).iter().any(|(_, value)| **value == "CLOSED"),
    }
}

/// Begins to watch a value of this kind that is in a breach, and returns the alarms that it raises.
pub(crate) async fn raise(case: &Case, kind: &Kind, account: &Account) -> Result<Vec<String>, Halt> {
    let crm = case.crm().await?;
    let source = leaks::source(case, kind).await?;
    let before = of(case, &crm, account).await?;
    let is_seeded = source == Source::Seeded;
    let value = leaks::leaked(case, kind, source).await?;
    kind.needed(case, &crm, account, &value).await?;
    let expected = format!("an alarm for a watched {} that is in a breach", kind.name);
    for _ in 0..if is_seeded { 1 } else { leaks::LOOKS } {
        let raised = new(&before, &of(case, &crm, account).await?);
        if !raised.is_empty() {
            return Ok(raised);
        }
        if !is_seeded {
            case.session.pause(leaks::BETWEEN_LOOKS).await;
        }
    }
    let observed = format!("no new alarm in {}", crm.path(account, "/alarms"));
    if is_seeded { Err(Halt::fail(expected, observed)) } else { Err(Halt::Inconclusive(observed)) }
}

/// The same for a check of something else.
pub(crate) async fn raised(case: &Case, kind: &Kind, account: &Account) -> Result<String, Halt> {
    let raised = raise(case, kind, account).await.map_err(Halt::into_required)?;
    Ok(raised[0].clone())
}

/// An account that is to watch a leaked value of this kind, and watches nothing yet but its SSN. None is created where
/// there is no such value.
pub(crate) async fn watching(case: &Case, kind: &Kind) -> Result<Account, Halt> {
    leaks::is_affordable(case, &leaks::source(case, kind).await?)?;
    case.fresh_account().await
}

/// Reads one alarm.
pub(crate) async fn one(case: &Case, by: &Caller, account: &Account, id: &str) -> Result<Value, Halt> {
    let answer = case.get(by, &by.path(account, &format!("/alarms/{id}"))).await?;
    answer.demand("an alarm that is listed is read", reader::is_success)?;
    let shown = answer.body.get("data").unwrap_or(&answer.body);
    let shown_id = reader::alarm_id(shown).or_else(|| reader::item(&answer.body).and_then(reader::id));
    let observed = || format!("{shown_id:?} to {}", answer.to);
    Halt::unless(shown_id.as_deref().is_none_or(|shown| shown == id), format!("alarm {id}"), observed)?;
    Ok(answer.body)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn an_alarm_is_closed_if_its_status_says_so() {
        let cases = [
            (json!({ "status": "CLOSED" }), true),
            (json!({ "data": { "status": "CLOSED", "leak": { "status": "OPEN" } } }), true),
            (json!({ "data": { "status": "OPEN", "leak": { "status": "CLOSED" } } }), false),
            (json!({ "alarm": { "state": "CLOSED" } }), true),
            (json!({ "status": "closed" }), false),
            (json!({ "message": "Closed." }), false),
        ];
        for (body, expected) in cases {
            assert_eq!(is_closed(&body), expected, "{body}");
        }
    }
}
