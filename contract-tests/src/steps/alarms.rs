//! Alarms: how they are raised, found and read.
//!
//! Of an alarm the guide gives the status `CLOSED`, and that it has an id. Everything else is the target's choice, so
//! alarms are found by comparing a list with what it was before.

use serde_json::Value;

use crate::case::Case;
use crate::contract::Running;
use crate::exchange::{Account, Caller};
use crate::halt::Halt;
use crate::kind::{KINDS, Kind};
use crate::reader;
use crate::session::Watcher;
use crate::session::waits::Wait;
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

/// How often a list is read before something is concluded that a list which moves meanwhile may show too.
pub(crate) const READINGS: usize = 3;

/// The alarms of a list.
pub(crate) async fn listed(case: &Case, by: &Caller, path: &str) -> Result<Vec<Listed>, Halt> {
    listed_until(case, by, path, &[]).await
}

/// The alarms of a list, to the page by which all that are `wanted` were shown; to its end where nothing is. A partner's
/// list holds the alarms of people whom the suite does not know, and more of them each moment. So an alarm that is twice
/// in it, or missing, was so each time, and the list was the same in two readings: where it was not, nothing is concluded.
pub(crate) async fn listed_until(case: &Case, by: &Caller, path: &str, wanted: &[String]) -> Result<Vec<Listed>, Halt> {
    let mut twice: Option<Vec<String>> = None;
    let mut before: Vec<Vec<Option<String>>> = Vec::new();
    let mut all = Vec::new();
    let mut missing = Vec::new();
    for _ in 0..READINGS {
        missing = wanted.to_vec();
        let is_enough = |page: &[Value]| {
            let shown: Vec<_> = page.iter().filter_map(reader::alarm_id).collect();
            missing.retain(|id| !shown.contains(id));
            !wanted.is_empty() && missing.is_empty()
        };
        let pages = case.pages(by, path, is_enough).await?;
        let (alarms, repeated) = merged(&pages, path)?;
        // An alarm that any reading has shown is there.
        all.extend(alarms);
        // Between two pages an alarm may move from the one to the other: seldom the same one each time.
        let still: Vec<_> = match &twice {
            None => repeated,
            Some(before) => repeated.into_iter().filter(|id| before.contains(id)).collect(),
        };
        if still.is_empty() && missing.is_empty() {
            return Ok(latest(all));
        }
        let now: Vec<Vec<_>> = pages.iter().map(|page| page.iter().map(reader::alarm_id).collect()).collect();
        if now == before {
            let observed = || format!("alarm {} twice in {path}", still[0]);
            Halt::unless(still.is_empty(), "every alarm once in a list", observed)?;
            return Ok(latest(all));
        }
        (before, twice) = (now, Some(still));
    }
    let all = latest(all);
    missing.retain(|id| all.iter().all(|(known, _)| known != id));
    let still = twice.unwrap_or_default();
    if still.is_empty() && missing.is_empty() {
        return Ok(all);
    }
    let seems = if still.is_empty() { "is missing" } else { "is there twice" };
    Err(Halt::Inconclusive(format!(
        "{path} was another list each time that it was read: whether an alarm {seems} cannot be told"
    )))
}

/// The alarms of all pages, and the ids of those that are on more than one. A page is read at one moment, so none is
/// twice on it.
fn merged(pages: &[Vec<Value>], path: &str) -> Result<(Vec<Listed>, Vec<String>), Halt> {
    let (mut alarms, mut repeated): (Vec<Listed>, _) = (Vec::new(), Vec::new());
    for page in pages {
        let before = alarms.len();
        for alarm in page {
            let id = reader::alarm_id(alarm);
            let id = id.ok_or_else(|| Halt::fail("alarms with an id", format!("one without in {path}")))?;
            match alarms.iter().position(|(known, _)| *known == id) {
                None => alarms.push((id, alarm.clone())),
                Some(place) if place < before => repeated.push(id),
                Some(_) => {
                    return Err(Halt::fail("every alarm once in a list", format!("alarm {id} twice in {path}")));
                }
            }
        }
    }
    Ok((alarms, repeated))
}

/// Each alarm as it was shown last.
fn latest(all: Vec<Listed>) -> Vec<Listed> {
    let mut kept: Vec<Listed> = Vec::new();
    for (id, alarm) in all {
        match kept.iter_mut().find(|(known, _)| *known == id) {
            Some(known) => known.1 = alarm,
            None => kept.push((id, alarm)),
        }
    }
    kept
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

/// Begins to watch a value of this kind that is in a breach, and returns the alarms that it raises. On an account that
/// checks share it is done once.
pub(crate) async fn raise(case: &Case, kind: &'static Kind, account: &Account) -> Result<Vec<String>, Halt> {
    if let Some((alarms, _)) = known(case, kind, account).await {
        let none = || Halt::Inconclusive(format!("the leak of a watched {} has raised no alarm", kind.name));
        return if alarms.is_empty() { Err(none()) } else { Ok(alarms) };
    }
    let raised = raise_anew(case, kind, account).await?;
    learn(case, kind, account, &raised).await;
    Ok(raised)
}

/// The alarms of a kind on an account that checks share, and whether one was closed.
pub(crate) async fn known(case: &Case, kind: &Kind, account: &Account) -> Option<(Vec<String>, bool)> {
    let watchers = case.session.watchers.lock().await;
    let watcher = watchers.iter().find(|watcher| watcher.account == *account)?;
    let of_kind = watcher.alarms.iter().find(|(of, ..)| *of == kind)?;
    Some((of_kind.1.clone(), of_kind.2))
}

/// Notes the alarms of a kind on an account that checks share.
pub(crate) async fn learn(case: &Case, kind: &'static Kind, account: &Account, alarms: &[String]) {
    let mut watchers = case.session.watchers.lock().await;
    if let Some(watcher) = watchers.iter_mut().find(|watcher| watcher.account == *account) {
        watcher.alarms.push((kind, alarms.to_vec(), false));
    }
}

/// Notes that an alarm of an account that checks share is asked to be closed.
pub(crate) async fn learn_closed(case: &Case, account: &Account, alarm: &str) {
    let mut watchers = case.session.watchers.lock().await;
    let of_account = watchers.iter_mut().filter(|watcher| watcher.account == *account);
    for (_, alarms, is_closed) in of_account.flat_map(|watcher| &mut watcher.alarms) {
        *is_closed |= alarms.iter().any(|known| known == alarm);
    }
}

async fn raise_anew(case: &Case, kind: &'static Kind, account: &Account) -> Result<Vec<String>, Halt> {
    let crm = case.crm().await?;
    let source = leaks::source(case, kind).await?;
    let before = of(case, &crm, account).await?;
    let is_seeded = source == Source::Seeded;
    let value = leaks::leaked(case, kind, source).await?;
    kind.needed(case, &crm, account, &value).await?;
    // An alarm about a leak that was seeded is there at once.
    let mut wait = (!is_seeded).then(|| case.session.waits.begin("an alarm for a known value"));
    let observed = format!("no new alarm in {}", crm.path(account, "/alarms"));
    loop {
        let raised = new(&before, &of(case, &crm, account).await?);
        if !raised.is_empty() {
            wait.into_iter().for_each(Wait::has_come);
            return Ok(raised);
        }
        let Some(mut going) = wait else {
            let expected = format!("an alarm for a watched {} that is in a breach", kind.name);
            return Err(Halt::fail(expected, observed));
        };
        if going.is_over() {
            return Err(Halt::Inconclusive(format!("{observed}: {}", going.was_in_vain().told)));
        }
        leaks::next_look(case, &mut going).await;
        wait = Some(going);
    }
}

/// The same for a check of something else.
pub(crate) async fn raised(case: &Case, kind: &'static Kind, account: &Account) -> Result<String, Halt> {
    let raised = raise(case, kind, account).await.map_err(Halt::into_required)?;
    Ok(raised[0].clone())
}

/// An open alarm for a check of something else, but none of these: of this kind, or of another where that one was closed
/// or has none.
pub(crate) async fn open_one(
    case: &Case,
    kind: &'static Kind,
    account: &Account,
    but: &[String],
) -> Result<String, Halt> {
    let mut end = None;
    let others = KINDS.into_iter().filter(|other| case.session.is_frugal() && *other != kind);
    for kind in std::iter::once(kind).chain(others) {
        if known(case, kind, account).await.is_some_and(|(_, is_closed)| is_closed) {
            continue;
        }
        match raised(case, kind, account).await {
            Ok(alarm) if !but.contains(&alarm) => return Ok(alarm),
            Ok(_) => {}
            Err(halt) => drop(end.get_or_insert(halt)),
        }
    }
    Err(end.unwrap_or_else(|| Halt::Inconclusive("every alarm that could be raised was closed".into())))
}

/// An account that is to watch a leaked value of this kind, and watches nothing yet but its SSN. None is created where
/// there is no such value.
pub(crate) async fn watching(case: &Case, kind: &Kind) -> Result<Account, Halt> {
    let source = leaks::source(case, kind).await?;
    if !case.session.is_frugal() || source == Source::Seeded {
        return case.fresh_account().await;
    }
    // Where requests are few, checks share two such accounts, and what was raised there.
    let (place, mut watchers) = (case.count_watcher() % WATCHERS, case.session.watchers.lock().await);
    while watchers.len() <= place {
        let account = Case::new(&case.session, case.format).fresh_account().await?;
        watchers.push(Watcher { account, alarms: Vec::new() });
    }
    Ok(watchers[place].account.clone())
}

/// How many accounts that watch leaked values checks share.
const WATCHERS: usize = 2;

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
    fn an_alarm_may_be_on_two_pages_and_not_twice_on_one() {
        let page = |ids: &[u64]| ids.iter().map(|id| json!({ "id": id })).collect::<Vec<_>>();
        let ids_of = |alarms: &[Listed]| alarms.iter().map(|(id, _)| id.clone()).collect::<Vec<_>>();
        let (alarms, repeated) = merged(&[page(&[4, 3]), page(&[3, 2])], "/alarms").expect("a list that has moved");
        assert_eq!((ids_of(&alarms).join(" "), repeated), ("4 3 2".to_owned(), vec!["3".to_owned()]));
        assert!(matches!(merged(&[page(&[4, 4])], "/alarms"), Err(Halt::Fail { .. })));
    }

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
