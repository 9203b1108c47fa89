//! Leaks of watched values.

use std::time::Duration;

use reqwest::Method;
use serde_json::{Value, json};

use super::watchlist::{CARD, EMAIL, IBAN, Kind, PHONE};
use crate::case::Case;
use crate::client::{Account, Caller};
use crate::contract::{Step, Stop};
use crate::reader;

page!("leaks" {
    "of_an_email": ["EMAIL-1", "SCOPE-2"] => |case| are_seen(case, &EMAIL),
    "of_a_phone": ["PHONE-1", "SCOPE-2"] => |case| are_seen(case, &PHONE),
    "of_an_iban": ["IBAN-1", "SCOPE-2"] => |case| are_seen(case, &IBAN),
    "of_a_card": ["CARD-1", "CARD-2"] => |case| are_seen(case, &CARD),
    "of_an_email_that_its_owner_confirms": ["EMAIL-1", "SCOPE-3"] => |case| of_a_confirmed_email(case),
    "are_lists": ["EMAIL-1", "PHONE-1", "IBAN-1", "CARD-1"] => |case| are_lists(case),
});

/// How often, and at what distance, a real target is asked whether it has found a leak.
pub(super) const LOOKS: u32 = 12;
pub(super) const BETWEEN_LOOKS: Duration = Duration::from_secs(5);

/// Where a value that is in a breach comes from.
pub(super) enum Source {
    /// The user names one that the target is known to hold.
    Known(String),
    /// The fake is told of one.
    Seeded,
}

pub(super) async fn source(case: &Case, kind: &Kind) -> Step<Source> {
    let known = &case.run.target.leaked;
    let (known, variable) = match kind.name {
        "email" => (&known.email, "DEFENTRY_LEAKED_EMAIL"),
        "phone" => (&known.phone, "DEFENTRY_LEAKED_PHONE"),
        "iban" => (&known.iban, "DEFENTRY_LEAKED_IBAN"),
        _ => (&known.card, "DEFENTRY_LEAKED_CARD"),
    };
    match known {
        Some(value) => Ok(Source::Known(value.clone())),
        None if case.run.is_fake().await => Ok(Source::Seeded),
        None => Err(Stop::Skipped(format!("no value is known to be in a breach there: see {variable}"))),
    }
}

/// Goes on where a run has the requests for what takes a leak and is looked at in the other format too.
pub(super) fn is_affordable(case: &Case, source: &Source) -> Step {
    if matches!(source, Source::Seeded) || case.run.is_turn_of(case.format) {
        return Ok(());
    }
    let why = "where requests are few this is looked at in one format, by the seed, and here in the other one";
    Err(Stop::Skipped(why.into()))
}

/// The value, in a breach from now on.
pub(super) async fn leaked(case: &Case, kind: &Kind, source: Source) -> Step<String> {
    match source {
        Source::Known(value) => Ok(value),
        Source::Seeded => {
            let value = kind.new_value(case);
            seed(case, kind.name, &value).await.map(|()| value)
        }
    }
}

/// Tells the fake that a breach holds a value.
pub(crate) async fn seed(case: &Case, kind: &str, value: &str) -> Step {
    let body = json!({ "kind": kind, "value": value });
    let answer = case.control(Method::POST, "/_mock/leaks", Some(body)).await?;
    let unseeded = || Stop::Skipped(format!("a leak cannot be seeded: {}", answer.status));
    reader::is_success(answer.status).then_some(()).ok_or_else(unseeded)
}

/// The leaks that a caller sees.
async fn of(case: &Case, kind: &Kind, by: &Caller, on: &Account) -> Step<Vec<Value>> {
    case.list(by, &by.path(on, kind.leaks.unwrap_or_default())).await
}

/// Who watches a value that is in a breach sees its leak, with either token that the guide gives a route; nothing changes
/// for who watches another value, or nothing.
async fn are_seen(case: &Case, kind: &Kind) -> Step {
    let source = source(case, kind).await?;
    let _turn = case.run.leaking.lock().await;
    // Whether leaks outlive the item that they were found for is the target's choice, so who watches is new here.
    let (watching, other, idle) = (case.fresh_account().await?, case.account().await?, case.account().await?);
    let crm = case.crm().await?;
    kind.needed(case, &crm, &other, &kind.new_value(case)).await?;
    let mut before = Vec::new();
    for account in [&watching, &other, &idle] {
        before.push(seen(case, kind, account).await?);
    }
    let is_seeded = matches!(source, Source::Seeded);
    let value = leaked(case, kind, source).await?;
    kind.needed(case, &crm, &watching, &value).await?;
    if !is_seeded {
        found(case, kind, &watching).await?;
    }
    for (account, before) in [&watching, &other, &idle].into_iter().zip(before) {
        let after = seen(case, kind, account).await?;
        for ((path, before), (_, after)) in before.into_iter().zip(after) {
            let (is_right, who) = match account == &watching {
                true => (after > before, "who watches the value sees its leak"),
                false => (after == before, "nothing changes for who does not watch it"),
            };
            Stop::unless(is_right, who, || format!("{after} leaks in {path}, {before} before"))?;
        }
    }
    in_its_own_list_only(case, kind, &watching).await?;
    if is_seeded { of_what_was_watched_before(case, kind, &watching).await } else { Ok(()) }
}

/// A leak that comes to light after its value was watched is seen like one that was known before.
async fn of_what_was_watched_before(case: &Case, kind: &Kind, watching: &Account) -> Step {
    let value = kind.new_value(case);
    kind.needed(case, &case.crm().await?, watching, &value).await?;
    let before = seen(case, kind, watching).await?;
    seed(case, kind.name, &value).await?;
    for ((path, before), (_, after)) in before.into_iter().zip(seen(case, kind, watching).await?) {
        let observed = || format!("{after} leaks in {path}, {before} before");
        Stop::unless(after > before, "who watches a value sees a leak that comes to light later", observed)?;
    }
    Ok(())
}

/// Waits until a real target has looked for what was not seeded: how long that takes is not documented.
pub(super) async fn found(case: &Case, kind: &Kind, account: &Account) -> Step {
    for _ in 0..LOOKS {
        if seen(case, kind, account).await?.iter().all(|(_, leaks)| *leaks > 0) {
            return Ok(());
        }
        case.run.pause(BETWEEN_LOOKS).await;
    }
    let wait = BETWEEN_LOOKS * LOOKS;
    Err(Stop::Inconclusive(format!("no leak of a value that is said to be in a breach, in {wait:?}")))
}

/// A leak stands in the list of its own kind only: the account watches nothing of another.
async fn in_its_own_list_only(case: &Case, kind: &Kind, watching: &Account) -> Step {
    for other in [&EMAIL, &PHONE, &IBAN, &CARD].into_iter().filter(|other| other.name != kind.name) {
        let seen = match seen(case, other, watching).await {
            Err(Stop::Skipped(_)) => continue,
            seen => seen?,
        };
        for (path, leaks) in seen {
            let expected = format!("a leak of the {} in no other list", kind.name);
            Stop::unless(leaks == 0, expected, || format!("{leaks} leaks in {path}"))?;
        }
    }
    Ok(())
}

/// What the end user has added, and confirmed by the link that they were sent, is watched like everything else.
async fn of_a_confirmed_email(case: &Case) -> Step {
    let source = source(case, &EMAIL).await?;
    if let Source::Known(_) = source {
        // What the end user adds is written to.
        return Err(Stop::Skipped("the address that is known to be in a breach may be somebody's".into()));
    }
    let account = case.account().await?;
    let app = case.app(&account).await?;
    let _turn = case.run.leaking.lock().await;
    let value = leaked(case, &EMAIL, source).await?;
    let mark = EMAIL.mark(case, &account, &value).await?;
    EMAIL.added(case, &app, &account, &value).await.map_err(Stop::into_needed)?;
    EMAIL.confirm(case, &mark).await.map_err(Stop::into_needed)?;
    for (path, leaks) in seen(case, &EMAIL, &account).await? {
        Stop::unless(leaks > 0, "the leak of an email that its owner has confirmed", || format!("none in {path}"))?;
    }
    Ok(())
}

/// How many leaks an account has, by each of its routes.
async fn seen(case: &Case, kind: &Kind, account: &Account) -> Step<Vec<(String, usize)>> {
    let has_crm_route = kind.name != CARD.name;
    let mut callers = Vec::new();
    if has_crm_route {
        callers.push(case.crm().await?);
    }
    match case.app(account).await {
        Ok(app) => callers.push(app),
        Err(Stop::Skipped(_)) if has_crm_route => {}
        Err(stop) => return Err(stop),
    }
    let mut seen = Vec::new();
    for caller in callers {
        let many = of(case, kind, &caller, account).await?.len();
        seen.push((caller.path(account, kind.leaks.unwrap_or_default()), many));
    }
    Ok(seen)
}

/// Every documented route of leaks answers a list, empty where nothing is watched.
async fn are_lists(case: &Case) -> Step {
    // Whether leaks outlive the item that they were found for is the target's choice.
    let account = case.fresh_account().await?;
    let crm = case.crm().await?;
    for kind in [&EMAIL, &PHONE, &IBAN] {
        let leaks = of(case, kind, &crm, &account).await?;
        Stop::unless(leaks.is_empty(), "no leaks where nothing is watched", || format!("{} leaks", leaks.len()))?;
    }
    let app = case.app(&account).await?;
    for kind in [&EMAIL, &PHONE, &IBAN, &CARD] {
        let leaks = of(case, kind, &app, &account).await?;
        Stop::unless(leaks.is_empty(), "no leaks where nothing is watched", || format!("{} leaks", leaks.len()))?;
    }
    Ok(())
}
