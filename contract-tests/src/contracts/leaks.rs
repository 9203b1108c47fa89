//! Leaks of watched values.

use crate::case::Case;
use crate::contract::page;
use crate::exchange::{Account, Caller};
use crate::halt::Halt;
use crate::kind::{EMAIL, KINDS, Kind, Leaks};
use crate::steps::alarms::{self, known, watching};
use crate::steps::items::Listed;
use crate::steps::leaks::{Source, found, leaked, next_look, of, seed, seen, source};

page!("leaks" {
    for kind in leaking_kinds() => {
        format!("of_{}", kind.with_article()), facts_of_leaks(kind) => |case| are_seen(case, kind),
    }
    "of_an_email_that_its_owner_confirms": ["EMAIL-1", "SCOPE-3"] => |case| of_a_confirmed_email(case),
    "are_lists", leaking_kinds().map(Kind::fact).collect() => |case| are_lists(case),
});

/// The kinds whose leaks the guide has a list of.
fn leaking_kinds() -> impl Iterator<Item = &'static Kind> {
    KINDS.into_iter().filter(|kind| kind.leaks.is_some())
}

/// The facts about the leaks of a kind.
fn facts_of_leaks(kind: &Kind) -> Vec<&'static str> {
    let is_seen_by_crm = kind.leaks.as_ref().is_some_and(|leaks| leaks.are_seen_by_crm);
    [kind.facts, if is_seen_by_crm { &["SCOPE-2"] } else { &[] }].concat()
}

/// An account that watches a value in a breach sees its leak, with either token that the guide gives a route; nothing
/// changes for an account that watches another value, or nothing.
async fn are_seen(case: &Case, kind: &'static Kind) -> Result<(), Halt> {
    let source = source(case, kind).await?;
    if let (true, Source::Known(value)) = (case.session.is_frugal(), &source) {
        return is_seen(case, kind, value).await;
    }
    let _turn = case.session.turn_to_leak().await;
    // Whether leaks outlive the item that they were found for is the target's choice, so the watching account is new
    // here.
    let (watching, other, idle) = (case.fresh_account().await?, case.account().await?, case.account().await?);
    let crm = case.crm().await?;
    kind.needed(case, &crm, &other, &kind.new_value(case)).await?;
    let mut before = Vec::new();
    for account in [&watching, &other, &idle] {
        before.push(seen(case, kind, account).await?);
    }
    let is_seeded = source == Source::Seeded;
    let value = leaked(case, kind, source).await?;
    if !is_seeded {
        let alarms = alarms::of(case, &crm, &watching).await?;
        kind.needed(case, &crm, &watching, &value).await?;
        is_found(case, kind, &watching, &alarms).await?;
    } else {
        kind.needed(case, &crm, &watching, &value).await?;
    }
    for (account, before) in [&watching, &other, &idle].into_iter().zip(before) {
        let after = seen(case, kind, account).await?;
        for ((path, before), (_, after)) in before.into_iter().zip(after) {
            let (is_right, who) = match account == &watching {
                true => (after > before, "an account that watches the value sees its leak"),
                false => (after == before, "nothing changes for an account that does not watch it"),
            };
            Halt::unless(is_right, who, || format!("{after} leaks in {path}, {before} before"))?;
        }
    }
    in_its_own_list_only(case, kind, &watching).await?;
    if is_seeded { of_what_was_watched_before(case, kind, &watching).await } else { Ok(()) }
}

/// The same on accounts that checks share: the leak is seen by either token, and is in no other list, nor in that of
/// another account.
async fn is_seen(case: &Case, kind: &'static Kind, value: &str) -> Result<(), Halt> {
    let (watching, other) = (watching(case, kind).await?, watching(case, kind).await?);
    if known(case, kind, &watching).await.is_some() {
        return Err(Halt::Inconclusive("an earlier check has begun to watch the value".into()));
    }
    let crm = case.crm().await?;
    let mut is_first = true;
    for other in KINDS {
        is_first &= known(case, other, &watching).await.is_none();
    }
    let (before, alarms) = (seen(case, kind, &watching).await?, alarms::of(case, &crm, &watching).await?);
    kind.needed(case, &crm, &watching, value).await?;
    let found = is_found(case, kind, &watching, &alarms).await;
    let mut raised = alarms::new(&alarms, &alarms::of(case, &crm, &watching).await?);
    if found.is_ok() && raised.is_empty() {
        let mut wait = case.session.waits.begin("an alarm for a known value");
        while raised.is_empty() && !wait.is_over() {
            next_look(case, &mut wait).await;
            raised = alarms::new(&alarms, &alarms::of(case, &crm, &watching).await?);
        }
        if raised.is_empty() {
            wait.was_in_vain();
        } else {
            wait.has_come();
        }
    }
    // That there is none is for the checks of alarms to say.
    if found.is_ok() || !raised.is_empty() {
        alarms::learn(case, kind, &watching, &raised).await;
    }
    found?;
    if let Some((path, leaks)) = before.iter().find(|(_, leaks)| *leaks > 0) {
        return Err(Halt::fail("no leak before its value is watched", format!("{leaks} in {path}")));
    }
    for (path, leaks) in seen(case, kind, &other).await? {
        let expected = "nothing changes for an account that does not watch it";
        let is_watched = known(case, kind, &other).await.is_some();
        Halt::unless(leaks == 0 || is_watched, expected, || format!("{leaks} leaks in {path}"))?;
    }
    if is_first { in_its_own_list_only(case, kind, &watching).await } else { Ok(()) }
}

/// A leak of a value that is said to be in a breach is in each of the lists, once one of them or an alarm shows that it
/// was found.
async fn is_found(case: &Case, kind: &Kind, watching: &Account, before: &[Listed]) -> Result<(), Halt> {
    let halt = match found(case, kind, watching).await {
        Ok(()) => return Ok(()),
        Err(halt) => halt,
    };
    let Halt::Inconclusive(_) = halt else { return Err(halt) };
    let is_listed = seen(case, kind, watching).await?.iter().any(|(_, leaks)| *leaks > 0);
    let by = if is_listed {
        "another list of its account has it"
    } else {
        let after = alarms::of(case, &case.crm().await?, watching).await?;
        if alarms::new(before, &after).is_empty() {
            return Err(halt);
        }
        "it has raised an alarm"
    };
    // It may have been found after a list was read, and before this was, so the lists get their time once more.
    let mut wait = case.session.waits.begin("a leak that has been found");
    loop {
        let lists = seen(case, kind, watching).await?;
        let empty: Vec<_> = lists.iter().filter(|(_, leaks)| *leaks == 0).map(|(path, _)| &**path).collect();
        if empty.is_empty() {
            wait.has_come();
            return Ok(());
        }
        if wait.is_over() {
            let observed = format!("none in {}", empty.join(", "));
            let halt = Halt::fail(format!("the leak of a watched {}: {by}", kind.name), observed);
            return Err(if wait.was_in_vain().is_certain { halt } else { halt.into_required() });
        }
        next_look(case, &mut wait).await;
    }
}

/// A leak that comes to light after its value was watched is seen like one that was known before.
async fn of_what_was_watched_before(case: &Case, kind: &Kind, watching: &Account) -> Result<(), Halt> {
    let value = kind.new_value(case);
    kind.needed(case, &case.crm().await?, watching, &value).await?;
    let before = seen(case, kind, watching).await?;
    seed(case, kind.name, &value).await?;
    for ((path, before), (_, after)) in before.into_iter().zip(seen(case, kind, watching).await?) {
        let expected = "an account that watches a value sees a leak that comes to light later";
        let observed = || format!("{after} leaks in {path}, {before} before");
        Halt::unless(after > before, expected, observed)?;
    }
    Ok(())
}

/// A leak is in the list of its own kind only: the account watches nothing of another kind.
async fn in_its_own_list_only(case: &Case, kind: &Kind, watching: &Account) -> Result<(), Halt> {
    for other in KINDS.into_iter().filter(|other| *other != kind) {
        let seen = match seen(case, other, watching).await {
            Err(Halt::Skipped(_)) => continue,
            seen => seen?,
        };
        for (path, leaks) in seen {
            let expected = format!("a leak of the {} in no other list", kind.name);
            Halt::unless(leaks == 0, expected, || format!("{leaks} leaks in {path}"))?;
        }
    }
    Ok(())
}

/// An email that the end user has added and confirmed by its link is watched like everything else.
async fn of_a_confirmed_email(case: &Case) -> Result<(), Halt> {
    let source = source(case, &EMAIL).await?;
    if let Source::Known(_) = source {
        // A message goes to every address that the end user adds.
        return Err(Halt::Skipped("the address that is known to be in a breach may be a real person's".into()));
    }
    let account = case.account().await?;
    let app = case.app(&account).await?;
    let _turn = case.session.turn_to_leak().await;
    let value = leaked(case, &EMAIL, source).await?;
    let mark = EMAIL.mark(case, &account, &value).await?;
    EMAIL.added(case, &app, &account, &value).await.map_err(Halt::into_required)?;
    EMAIL.confirm(case, &mark).await.map_err(Halt::into_required)?;
    for (path, leaks) in seen(case, &EMAIL, &account).await? {
        Halt::unless(leaks > 0, "the leak of an email that its owner has confirmed", || format!("none in {path}"))?;
    }
    Ok(())
}

/// Every documented route of leaks answers a list, empty where nothing is watched.
async fn are_lists(case: &Case) -> Result<(), Halt> {
    // Whether leaks outlive the item that they were found for is the target's choice.
    let account = case.fresh_account().await?;
    let crm = case.crm().await?;
    let with_leaks = || KINDS.into_iter().filter_map(|kind| kind.leaks.as_ref());
    for leaks in with_leaks().filter(|leaks| leaks.are_seen_by_crm) {
        has_none(case, leaks, &crm, &account).await?;
    }
    let app = case.app(&account).await?;
    for leaks in with_leaks() {
        has_none(case, leaks, &app, &account).await?;
    }
    Ok(())
}

async fn has_none(case: &Case, leaks: &Leaks, by: &Caller, on: &Account) -> Result<(), Halt> {
    let seen = of(case, leaks, by, on).await?;
    Halt::unless(seen.is_empty(), "no leaks where nothing is watched", || format!("{} leaks", seen.len()))
}
