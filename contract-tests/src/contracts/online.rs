//! Online Data: a profile of the end user, scans of sites for it, and what becomes of what they find.

use std::time::Duration;

use reqwest::Method;
use serde_json::{Value, json};

use crate::case::Case;
use crate::contract::{Running, page};
use crate::documented::{Route, routes};
use crate::exchange::{Answer, Caller};
use crate::halt::Halt;
use crate::matrix::Principal;
use crate::reader;
use crate::steps::accounts::create;
use crate::steps::items::Enrolled;
use crate::steps::matrix::each;
use crate::steps::online::{
    FIRST_REMOVAL_STATE, PROFILE, SCAN, SCAN_STATUS, SITES, STATUS, ScanState, Subscriber, is_completed, is_over,
    is_result, profile, removals, retry, serves,
};
use crate::steps::world::{advance, freeze, movable_world, teardown};

page!("online" {
    "takes_the_app_token": ["ONLINE-1", "SCOPE-5"] => |case| takes_the_app_token(case),
    "plan_must_include_it": ["ONLINE-1"] => |case| plan_must_include_it(case),
    "profile_is_kept": ["ONLINE-2"] => |case| profile_is_kept(case),
    "profile_is_the_users_own": ["ONLINE-1", "ONLINE-2"] => |case| profile_is_the_users_own(case),
    "status_and_sites_are_read": ["ONLINE-3"] => |case| status_and_sites_are_read(case),
    "scan_has_an_entry_for_each_site": ["ONLINE-4", "ONLINE-5"] => |case| scan_has_an_entry_for_each_site(case),
    exclusive "scan_comes_to_an_end": ["ONLINE-4", "ONLINE-5", "ONLINE-6", "FORMAT-5"]
        => |case| timed(case, |case, time| Box::pin(scan_comes_to_an_end(case, time))),
    exclusive "found_data_is_shown": ["ONLINE-6"]
        => |case| timed(case, |case, time| Box::pin(found_data_is_shown(case, time))),
    exclusive "failed_site_is_retried": ["ONLINE-4"]
        => |case| timed(case, |case, time| Box::pin(failed_site_is_retried(case, time))),
    exclusive "removal_has_a_state_of_its_own": ["ONLINE-7"]
        => |case| timed(case, |case, time| Box::pin(removal_has_a_state_of_its_own(case, time))),
});

/// How the time of a scan passes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Time {
    /// By a clock that is moved.
    Moved,
    /// By itself.
    Passing,
}

/// Lets time pass for a user, whose token may be over by then.
async fn wait(case: &Case, user: &mut Subscriber, time: Time, seconds: u64) -> Result<(), Halt> {
    match time {
        Time::Moved => {
            advance(case, seconds).await?;
            case.session.forget_token().await;
            user.app = case.app(&user.account).await?;
        }
        Time::Passing => case.session.pause(BETWEEN_LOOKS).await,
    }
    Ok(())
}

/// How often, and at what distance, a target is asked what a scan has come to whose clock cannot be moved.
const LOOKS: u32 = 3;
const BETWEEN_LOOKS: Duration = Duration::from_secs(2);

/// How far the first move of a clock goes, and how often it is moved twice as far as before.
const FIRST_MOVE: u64 = 30;
const MOVES: u32 = 16;

/// Runs a contract where scans can be waited for, or else on the target as it is.
async fn timed(case: &Case, contract: for<'a> fn(&'a Case, Time) -> Running<'a>) -> Result<(), Halt> {
    match movable_world(case).await {
        Err(Halt::Skipped(_)) => contract(case, Time::Passing).await,
        world => {
            let world = world?;
            let end = contract(&world, Time::Moved).await;
            case.take_story(&world);
            teardown(case, &world).await;
            end
        }
    }
}

/// CRM is refused on every route.
async fn takes_the_app_token(case: &Case) -> Result<(), Halt> {
    let account = case.account().await?;
    let (crm, app) = (case.crm().await?, case.app(&account).await?);
    let mut own = Enrolled { account, captures: [].into(), values: [].into() };
    // A site that there is, if the target tells of one.
    let sites = case.list(&app, SITES).await.map_err(Halt::into_required)?;
    own.captures.extend(sites.first().and_then(reader::site_id).map(|id| ("{siteId}", id)));
    let of_online = routes().iter().filter(|route| serves(route));
    let refused: fn(&Route, &Answer) -> bool = |_, answer| reader::is_wrong_token(answer.status);
    each(case, (Principal::Partner, &crm), &own, of_online, ("401 or 403 to a CRM token", refused)).await
}

/// A user whose plan includes it is let in on every route, and another user on none.
async fn plan_must_include_it(case: &Case) -> Result<(), Halt> {
    let (with, without) = (case.session.target.plan_id, case.session.target.plan_without_online_id);
    let included = case.fresh_account().await?;
    let outside = match case.session.take_outside() {
        Some(outside) => outside,
        None => create(case, |body| body["plan_id"] = without.into()).await?.0.map_err(Halt::into_required)?.0,
    };
    let (inside, outside) = (case.app(&included).await?, case.app(&outside).await?);
    let begin = (Method::POST, PROFILE, Some(profile(case)));
    let calls = [
        (Method::GET, PROFILE, None),
        (Method::PUT, PROFILE, Some(profile(case))),
        (Method::GET, STATUS, None),
        (Method::GET, SITES, None),
        (Method::POST, SCAN, Some(json!({}))),
        (Method::GET, SCAN_STATUS, None),
    ];
    for (method, path, body) in [begin].into_iter().chain(case.session.sample(calls.into_iter(), 3)) {
        let answer = case.send(&inside, method.clone(), path, body.clone()).await?;
        // Where no scan has been started there may be no status of one.
        let is_let_in = |status| match status {
            401 | 403 | 405 => false,
            404 => path == SCAN_STATUS || path == STATUS,
            status => status < 500,
        };
        answer.demand(&format!("let in: plan {with} includes it, as DEFENTRY_PLAN_ID says"), is_let_in)?;
        let answer = case.send(&outside, method, path, body).await?;
        let expected = format!("refused: plan {without} does not include it, as DEFENTRY_PLAN_WITHOUT_ONLINE_ID says");
        answer.demand(&expected, reader::is_refusal)?;
    }
    if case.session.is_frugal() {
        return Ok(());
    }
    let sites = case.list(&inside, SITES).await?;
    let Some(site) = sites.first().and_then(reader::site_id) else { return Ok(()) };
    let answer = case.post(&outside, &retry(&site), json!({})).await?;
    answer.demand(&format!("a retry is refused: plan {without} does not include it"), reader::is_refusal)
}

/// Every field that is sent is read back, and so is every one that is changed.
async fn profile_is_kept(case: &Case) -> Result<(), Halt> {
    let account = case.fresh_account().await?;
    let app = case.app(&account).await?;
    for (method, what) in [(Method::POST, "a profile is taken"), (Method::PUT, "a profile is changed")] {
        let mut sent = spelled_profile(case);
        let mut answer = case.send(&app, method.clone(), PROFILE, Some(sent.clone())).await?;
        if matches!(answer.status, 400 | 422) {
            // The guide does not say which names and streets there are.
            sent = profile(case);
            answer = case.send(&app, method, PROFILE, Some(sent.clone())).await?;
        }
        answer.demand(what, reader::is_success)?;
        shows(case, &app, &sent).await?;
    }
    Ok(())
}

/// A new profile whose fields hold all that they may: letters that not every alphabet has, several words, an address
/// with a plus, a zip that begins with a zero.
fn spelled_profile(case: &Case) -> Value {
    let mut profile = profile(case);
    let name = case.values.name();
    profile["first_name"] = format!("Åsa Märta {name}").into();
    profile["last_name"] = format!("Öberg af {name}").into();
    profile["email"] = case.values.spelled_emails().remove(0).into();
    profile["street"] = format!("Östra {name} gata 17 B").into();
    profile["zip"] = format!("0{}", &profile["zip"].as_str().unwrap_or("10000")[1..]).into();
    profile["city"] = format!("Övre {name}").into();
    profile
}

/// The profile that a user reads is this one.
async fn shows(case: &Case, app: &Caller, profile: &Value) -> Result<(), Halt> {
    let answer = case.get(app, PROFILE).await?;
    answer.demand("the profile", reader::is_success)?;
    for (field, sent) in reader::fields(profile) {
        let sent = sent.as_str().unwrap_or_default();
        let is_it = reader::field_is_kept(&answer.body, field, sent);
        let observed = || if is_it.is_none() { format!("no {field}") } else { format!("another {field}") };
        Halt::unless(is_it == Some(true), format!("{field} is {sent} in the profile"), observed)?;
    }
    Ok(())
}

/// Each of two users has a profile, and neither reads nor changes the other's.
async fn profile_is_the_users_own(case: &Case) -> Result<(), Halt> {
    let first = Subscriber::new(case).await?;
    let second =
        if case.session.is_frugal() { Subscriber::scanning(case).await? } else { Subscriber::new(case).await? };
    for user in [&first, &second] {
        shows(case, &user.app, &user.profile).await?;
    }
    let changed = profile(case);
    let answer = case.send(&first.app, Method::PUT, PROFILE, Some(changed)).await?;
    answer.demand("a profile is changed", reader::is_success)?;
    shows(case, &second.app, &second.profile).await
}

/// Both are there, and the sites are a list.
async fn status_and_sites_are_read(case: &Case) -> Result<(), Halt> {
    // Before the first scan there may be no status.
    let user = Subscriber::scanning(case).await?;
    let status = case.get(&user.app, STATUS).await?;
    status.demand("the status", reader::is_success)?;
    Halt::unless(status.body.is_object(), "a status", || format!("none to {}", status.to))?;
    case.list(&user.app, SITES).await.map(drop)
}

/// A scan that was started has an entry for each of the sites, with a state of its own.
async fn scan_has_an_entry_for_each_site(case: &Case) -> Result<(), Halt> {
    let user = if case.session.is_frugal() { Subscriber::scanning(case).await? } else { Subscriber::new(case).await? };
    let sites = case.list(&user.app, SITES).await.map_err(Halt::into_required)?.len();
    if !case.session.is_frugal() {
        user.scan(case).await?;
    }
    let entries = user.scanned(case).await?;
    Halt::unless(entries.len() == sites, format!("{sites} entries under sites[]"), || entries.len().to_string())?;
    entries.iter().try_for_each(|entry| ScanState::of(entry).map(drop))
}

fn has_found(entry: &Value) -> bool {
    is_completed(entry) && reader::boolean(&entry["scan_result"]["is_data_found"]) == Some(true)
}

/// A scan at its end, and whose it is. Where the clock cannot be moved that may take longer than the suite waits.
async fn ended(case: &Case, time: Time) -> Result<(Subscriber, Vec<Value>), Halt> {
    let (mut user, looks) = match time {
        Time::Moved => {
            let user = Subscriber::new(case).await?;
            user.scan(case).await.map_err(Halt::into_required)?;
            (user, MOVES)
        }
        Time::Passing => (Subscriber::scanning(case).await?, if case.session.is_frugal() { 1 } else { LOOKS }),
    };
    let mut entries = user.scanned(case).await.map_err(Halt::into_required)?;
    for look in 0..looks {
        if entries.iter().all(is_over) {
            break;
        }
        wait(case, &mut user, time, FIRST_MOVE << look).await?;
        entries = user.scanned(case).await.map_err(Halt::into_required)?;
    }
    Ok((user, entries))
}

/// An entry that a check needs, or the reason why it cannot tell.
fn some<'a>(entries: &'a [Value], is_meant: fn(&Value) -> bool, what: &str) -> Result<&'a Value, Halt> {
    let none = || Halt::Inconclusive(format!("{what} among {} that were scanned", entries.len()));
    entries.iter().find(|entry| is_meant(entry)).ok_or_else(none)
}

/// Every site's scan fails or completes, and a completed one holds the fields of its outcome.
async fn scan_comes_to_an_end(case: &Case, time: Time) -> Result<(), Halt> {
    let (_, entries) = ended(case, time).await?;
    for entry in &entries {
        let state = ScanState::of(entry)?;
        // How long a scan takes is not documented; no target takes this long.
        let expected = "a scan that fails or completes in weeks";
        Halt::unless(is_over(entry) || time == Time::Passing, expected, || format!("{} still", state.name()))?;
        is_result(entry, case.answered_format(case.format))?;
    }
    some(&entries, is_completed, "no site has completed its scan").map(drop)
}

/// Data that is found for a user is shown to that user only.
async fn found_data_is_shown(case: &Case, time: Time) -> Result<(), Halt> {
    let (user, entries) = ended(case, time).await?;
    is_result(some(&entries, has_found, "no site has found anything")?, case.answered_format(case.format))?;
    let mut other = Subscriber::new(case).await?;
    other.scan(case).await.map_err(Halt::into_required)?;
    wait(case, &mut other, time, FIRST_MOVE).await?;
    let theirs = other.scanned(case).await.map_err(Halt::into_required)?;
    let shown: Vec<_> = theirs.iter().flat_map(reader::fields).filter_map(|(_, field)| field.as_str()).collect();
    let mut own = ["first_name", "last_name", "email"].into_iter().filter_map(|field| user.profile[field].as_str());
    let leaked = own.find(|own| shown.iter().any(|shown| shown.eq_ignore_ascii_case(own)));
    Halt::unless(leaked.is_none(), "nothing of one user in another's scan", || leaked.unwrap_or_default().to_owned())
}

/// The entries of each site at two times: by the sites' ids, or in their order where they have none.
fn in_pairs<'a>(before: &'a [Value], after: &'a [Value]) -> impl Iterator<Item = (&'a Value, &'a Value)> {
    before.iter().enumerate().filter_map(|(place, entry)| {
        let same = |later: &&Value| reader::site_id(later) == reader::site_id(entry);
        let later = match reader::site_id(entry) {
            Some(_) => after.iter().find(same),
            None => after.get(place),
        };
        later.map(|later| (entry, later))
    })
}

/// How often, and at what distance, a scan is looked at in which a site is to fail, and how many are started for that.
const WATCHING_LOOKS: u32 = 12;
const BETWEEN_WATCHING: Duration = Duration::from_millis(300);
const SCANS: u32 = 3;

/// A scan of a new user, looked at until a site has failed: a target may soon try that one again by itself.
async fn watched(case: &Case) -> Result<(Subscriber, Vec<Value>), Halt> {
    let user = Subscriber::new(case).await?;
    user.scan(case).await.map_err(Halt::into_required)?;
    let mut entries = user.scanned(case).await.map_err(Halt::into_required)?;
    let mut scans = 1;
    for _ in 0..WATCHING_LOOKS {
        if entries.iter().any(has_failed) {
            break;
        }
        if entries.iter().all(is_over) {
            if scans == SCANS {
                break;
            }
            scans += 1;
            user.scan(case).await.map_err(Halt::into_required)?;
        }
        case.session.pause(BETWEEN_WATCHING).await;
        entries = user.scanned(case).await.map_err(Halt::into_required)?;
    }
    Ok((user, entries))
}

/// How often a site is found failed, and a retry of it is refused, before that is a fault: a site may be tried again by
/// the target itself between the look and the retry.
const REFUSALS: usize = 3;

fn has_failed(entry: &Value) -> bool {
    ScanState::of(entry).is_ok_and(|state| state == ScanState::Failed)
}

/// A site whose scan has failed is tried again, and the others are left as they are.
async fn failed_site_is_retried(case: &Case, time: Time) -> Result<(), Halt> {
    let (mut user, mut before) = match time {
        Time::Passing if !case.session.is_frugal() => watched(case).await?,
        _ => ended(case, time).await?,
    };
    let (mut retried, mut refusals) = (None, 0);
    while retried.is_none() {
        let failed = some(&before, has_failed, "no site has failed, or none has stayed so,")?;
        let none = || Halt::Inconclusive("an entry without the id of its site".into());
        let id = reader::site_id(failed).ok_or_else(none)?;
        let answer = case.post(&user.app, &retry(&id), json!({})).await?;
        let Err(refusal) = answer.demand("a failed site is tried again", reader::is_success) else {
            retried = Some(id);
            break;
        };
        before = user.scanned(case).await?;
        let is_still = |entry: &Value| reader::site_id(entry).as_ref() == Some(&id) && has_failed(entry);
        refusals += usize::from(before.iter().any(is_still));
        if refusals == REFUSALS {
            return Err(refusal);
        }
    }
    let id = retried.unwrap_or_default();
    let mut after = user.scanned(case).await?;
    Halt::unless(after.len() == before.len(), "the same sites", || format!("{} of {}", after.len(), before.len()))?;
    for (entry, now) in in_pairs(&before, &after) {
        // While time passes, a target may try a failed one again by itself.
        let may_move = if time == Time::Passing { !is_completed(entry) } else { !is_over(entry) };
        let is_left =
            reader::site_id(entry).as_ref() == Some(&id) || may_move || ScanState::of(now)? == ScanState::of(entry)?;
        let observed = || format!("{} is {}", entry["scan_result"]["status"], now["scan_result"]["status"]);
        Halt::unless(is_left, "the other sites are left as they are", observed)?;
    }
    // That it fails once more is no fault, but it takes a while.
    let is_at_it = |entries: &[Value]| {
        let site = entries.iter().find(|entry| reader::site_id(entry).as_ref() == Some(&id));
        site.is_some_and(|site| ScanState::of(site).is_ok_and(|state| state != ScanState::Failed))
    };
    if time == Time::Passing && !is_at_it(&after) {
        wait(case, &mut user, time, 0).await?;
        after = user.scanned(case).await?;
    }
    match (is_at_it(&after), time) {
        (true, _) => Ok(()),
        (false, Time::Moved) => Err(Halt::fail("the failed site is under way again", ScanState::Failed.name())),
        (false, Time::Passing) => Err(Halt::Inconclusive("the site may have failed again".into())),
    }
}

/// So long, second by second, it is looked for the first state of a removal request.
const CLOSE_LOOKS: u64 = 150;

/// A request to remove what was found begins in the guide's first state. Whatever its later states are called, the
/// scan's state stays as it was.
async fn removal_has_a_state_of_its_own(case: &Case, time: Time) -> Result<(), Halt> {
    let (mut user, entries, is_seen_early) = match time {
        Time::Moved => requested(case).await?,
        Time::Passing => ended(case, time).await.map(|(user, entries)| (user, entries, false))?,
    };
    let many = entries.iter().map(removals).collect::<Result<Vec<_>, Halt>>()?.concat().len();
    if many == 0 {
        return Err(Halt::Inconclusive("no removal was requested of any site".into()));
    }
    if time == Time::Passing {
        return Ok(());
    }
    for days in [1, 2, 7] {
        wait(case, &mut user, time, days * 24 * 3600).await?;
        let later = user.scanned(case).await?;
        scan_stays(&entries, &later)?;
    }
    let late = || Halt::Inconclusive("no removal request was seen in the second in which it was made".into());
    if is_seen_early { Ok(()) } else { Err(late()) }
}

/// The state of a scan stays as it is while a removal from its site goes on.
fn scan_stays(before: &[Value], after: &[Value]) -> Result<(), Halt> {
    for (before, after) in in_pairs(before, after) {
        let is_on = is_over(before) && !removals(before)?.is_empty();
        let is_kept = !is_on || ScanState::of(before)? == ScanState::of(after)?;
        let observed = || format!("{} is {}", before["scan_result"]["status"], after["scan_result"]["status"]);
        Halt::unless(is_kept, "the scan's state stays while a removal goes on", observed)?;
        removals(after)?;
    }
    Ok(())
}

/// Starts a scan and looks at it from second to second until it is over, so that each request is seen as it begins.
/// The result says whether one was.
async fn requested(case: &Case) -> Result<(Subscriber, Vec<Value>, bool), Halt> {
    freeze(case).await?;
    let mut user = Subscriber::new(case).await?;
    user.scan(case).await.map_err(Halt::into_required)?;
    let mut entries = user.scanned(case).await.map_err(Halt::into_required)?;
    // A request that is there in the second in which the scan was started was made in it.
    let mut is_seen_early = !begun(&[], &entries)?.is_empty();
    let in_first = |begun: &[&str]| match begun.iter().find(|state| **state != FIRST_REMOVAL_STATE) {
        Some(other) => {
            Err(Halt::fail(format!("a removal request begins in {FIRST_REMOVAL_STATE}"), (*other).to_owned()))
        }
        None => Ok(()),
    };
    in_first(&begun(&[], &entries)?)?;
    for _ in 0..CLOSE_LOOKS {
        if entries.iter().all(is_over) && is_seen_early {
            return Ok((user, entries, is_seen_early));
        }
        advance(case, 1).await?;
        case.drop_last();
        let now = user.scanned(case).await.map_err(Halt::into_required)?;
        let begun = begun(&entries, &now)?;
        in_first(&begun)?;
        scan_stays(&entries, &now)?;
        is_seen_early |= !begun.is_empty();
        case.drop_last();
        entries = now;
    }
    // A longer scan is waited for too. A request may have moved on by then, or still be in its first state.
    for look in 0..MOVES {
        if entries.iter().all(is_over) {
            break;
        }
        wait(case, &mut user, Time::Moved, FIRST_MOVE << look).await?;
        let now = user.scanned(case).await.map_err(Halt::into_required)?;
        is_seen_early |= begun(&entries, &now)?.contains(&FIRST_REMOVAL_STATE);
        scan_stays(&entries, &now)?;
        entries = now;
    }
    Ok((user, entries, is_seen_early))
}

/// The states of the removal requests of sites that had none before.
fn begun<'a>(before: &[Value], after: &'a [Value]) -> Result<Vec<&'a str>, Halt> {
    let had_none = |entry: &Value| {
        let same = before.iter().find(|earlier| reader::site_id(earlier) == reader::site_id(entry));
        same.is_none_or(|earlier| removals(earlier).is_ok_and(|requests| requests.is_empty()))
    };
    let new = after.iter().filter(|entry| had_none(entry)).map(removals);
    Ok(new.collect::<Result<Vec<_>, Halt>>()?.concat())
}
