//! Online Data: a profile of the end user, scans of sites for it, and what becomes of what they find.

use std::time::Duration;

use reqwest::Method;
use serde_json::{Value, json};

use super::account;
use super::expiry::{advance, alone, freeze, leave};
use super::format::boolean_issue;
use super::scope::each;
use super::watchlist::Enrolled;
use crate::case::Case;
use crate::client::{Account, Answer, Caller};
use crate::contract::{Contract, Step, Stop};
use crate::documented::{Route, routes};
use crate::matrix::Principal;
use crate::reader;

page!("online" {
    "takes_the_app_token": ["ONLINE-1", "SCOPE-5"] => |case| takes_the_app_token(case),
    "plan_must_include_it": ["ONLINE-1"] => |case| plan_must_include_it(case),
    "profile_is_kept": ["ONLINE-2"] => |case| profile_is_kept(case),
    "profile_is_the_users_own": ["ONLINE-1", "ONLINE-2"] => |case| profile_is_the_users_own(case),
    "status_and_sites_are_read": ["ONLINE-3"] => |case| status_and_sites_are_read(case),
    "scan_has_an_entry_for_each_site": ["ONLINE-4", "ONLINE-5"] => |case| scan_has_an_entry_for_each_site(case),
    "scan_comes_to_an_end": ["ONLINE-4", "ONLINE-5", "ONLINE-6", "FORMAT-5"]
        => |case| timed(case, |case, time| Box::pin(scan_comes_to_an_end(case, time))),
    "found_data_is_shown": ["ONLINE-6"] => |case| timed(case, |case, time| Box::pin(found_data_is_shown(case, time))),
    "failed_site_is_retried": ["ONLINE-4"]
        => |case| timed(case, |case, time| Box::pin(failed_site_is_retried(case, time))),
    "removal_has_a_state_of_its_own": ["ONLINE-7"]
        => |case| timed(case, |case, time| Box::pin(removal_has_a_state_of_its_own(case, time))),
});

pub(crate) const PROFILE: &str = "/api/v1/delete-my-data";
pub(crate) const SCAN: &str = "/api/v1/delete-my-data/scan";
pub(crate) const SCAN_STATUS: &str = "/api/v1/delete-my-data/scan/status";
pub(crate) const STATUS: &str = "/api/v1/delete-my-data/status";
const SITES: &str = "/api/v1/delete-my-data/sites";

/// The states of a site's scan, as ONLINE-5 has them.
const NOT_STARTED: &str = "SCAN_NOT_STARTED";
const INITIATED: &str = "SCAN_INITIATED";
const FAILED: &str = "SCAN_FAILED";
const COMPLETED: &str = "SCAN_COMPLETED";

/// The state in which a removal request begins (ONLINE-7).
pub(crate) const FIRST_REMOVAL_STATE: &str = "POA_SENT_TO_SITE";

/// What data that a scan has found holds (ONLINE-6).
const DATA: [&str; 8] = ["firstName", "lastName", "email", "ssn", "phone", "street", "zip", "city"];

/// Whether a route is one of Online Data.
pub(super) fn serves(route: &Route) -> bool {
    route.path.starts_with(PROFILE)
}

/// A profile that nobody has; no other has a field in common with it (ONLINE-2).
pub(crate) fn profile(case: &Case) -> Value {
    let (city, phone) = (case.values.name(), case.values.phone());
    json!({
        "first_name": case.values.name(), "last_name": case.values.name(), "email": case.email(), "phone": phone,
        "street": format!("{city} 7"), "zip": format!("1{}", &phone[phone.len() - 4..]), "city": city,
    })
}

/// A user whose plan includes Online Data, and who has a profile there.
#[derive(Clone, Debug)]
pub(crate) struct Subscriber {
    pub(crate) account: Account,
    pub(crate) app: Caller,
    pub(crate) profile: Value,
}

impl Subscriber {
    /// A new one. Nothing removes a profile, so its account is nobody else's afterwards.
    pub(crate) async fn new(case: &Case) -> Step<Self> {
        let account = case.fresh_account().await?;
        let (app, profile) = (case.app(&account).await?, profile(case));
        let answer = case.post(&app, PROFILE, profile.clone()).await?;
        answer.demand("a profile is taken", reader::is_success).map_err(Stop::into_needed)?;
        Ok(Self { account, app, profile })
    }

    /// One who has started a scan that takes the time that it takes: all checks of a run look at the same one.
    pub(crate) async fn scanning(case: &Case) -> Step<Self> {
        let begin = async || {
            let user = Self::new(case).await?;
            user.scan(case).await.map_err(Stop::into_needed)?;
            Ok(user)
        };
        let user = case.run.scanned.get_or_init(begin).await.clone()?;
        // Its token may be over by now.
        let app = case.app(&user.account).await?;
        Ok(Self { app, ..user })
    }

    /// Starts a scan.
    pub(crate) async fn scan(&self, case: &Case) -> Step<Answer> {
        let answer = case.post(&self.app, SCAN, json!({})).await?;
        answer.demand("a scan is started", reader::is_success)?;
        Ok(answer)
    }

    /// What the scan has come to, site by site.
    pub(crate) async fn scanned(&self, case: &Case) -> Step<Vec<Value>> {
        let answer = case.get(&self.app, SCAN_STATUS).await?;
        answer.demand("the status of the scan", reader::is_success)?;
        let sites = reader::sites(&answer.body).cloned();
        sites.ok_or_else(|| Stop::fail("one entry for each site under sites[]", format!("none to {}", answer.to)))
    }

    /// Lets time pass. A token may be over by then.
    async fn wait(&mut self, case: &Case, time: Time, seconds: u64) -> Step {
        match time {
            Time::Moved => {
                advance(case, seconds).await?;
                case.run.forget_token().await;
                self.app = case.app(&self.account).await?;
            }
            Time::Passing => case.run.pause(BETWEEN_LOOKS).await,
        }
        Ok(())
    }
}

/// How the time of a scan passes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Time {
    /// By a clock that is moved.
    Moved,
    /// By itself.
    Passing,
}

/// How often, and at what distance, a target is asked what a scan has come to whose clock cannot be moved.
const LOOKS: u32 = 3;
const BETWEEN_LOOKS: Duration = Duration::from_secs(2);

/// How far the first move of a clock goes, and how often it is moved twice as far as before.
const FIRST_MOVE: u64 = 30;
const MOVES: u32 = 16;

/// Runs a contract where scans can be waited for, or else on the target as it is.
async fn timed(case: &Case, contract: for<'a> fn(&'a Case, Time) -> Contract<'a>) -> Step {
    match alone(case).await {
        Err(Stop::Skipped(_)) => contract(case, Time::Passing).await,
        world => {
            let world = world?;
            let end = contract(&world, Time::Moved).await;
            case.take_story(&world);
            leave(case, &world).await;
            end
        }
    }
}

/// CRM is refused on every route.
async fn takes_the_app_token(case: &Case) -> Step {
    let account = case.account().await?;
    let (crm, app) = (case.crm().await?, case.app(&account).await?);
    let mut own = Enrolled { account, captures: [].into(), values: [].into() };
    // A site that there is, if the target tells of one.
    let sites = case.list(&app, SITES).await.map_err(Stop::into_needed)?;
    own.captures.extend(sites.first().and_then(reader::site_id).map(|id| ("{siteId}", id)));
    let of_online = routes().into_iter().filter(serves);
    let refused: fn(&Route, &Answer) -> bool = |_, answer| reader::is_wrong_token(answer.status);
    each(case, (Principal::Partner, &crm), &own, of_online, ("401 or 403 to a CRM token", refused)).await
}

/// Who has a plan that includes it is let in on every route, who has another on none.
async fn plan_must_include_it(case: &Case) -> Step {
    let (with, without) = (case.run.target.plan_id, case.run.target.plan_without_online_id);
    let included = case.fresh_account().await?;
    let (outside, _) = account::create(case, |body| body["plan_id"] = without.into()).await?;
    let (outside, _) = outside.map_err(Stop::into_needed)?;
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
    for (method, path, body) in [begin].into_iter().chain(case.run.sample(calls.into_iter(), 3)) {
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
    if case.run.is_frugal() {
        return Ok(());
    }
    let sites = case.list(&inside, SITES).await?;
    let Some(site) = sites.first().and_then(reader::site_id) else { return Ok(()) };
    let answer = case.post(&outside, &retry(&site), json!({})).await?;
    answer.demand(&format!("a retry is refused: plan {without} does not include it"), reader::is_refusal)
}

/// Where one site of the scan is tried again.
pub(crate) fn retry(site: &str) -> String {
    format!("{SCAN}/{site}/retry")
}

/// Every field that is sent is read back, and so is every one that is changed.
async fn profile_is_kept(case: &Case) -> Step {
    let account = case.fresh_account().await?;
    let app = case.app(&account).await?;
    let first = profile(case);
    let answer = case.post(&app, PROFILE, first.clone()).await?;
    answer.demand("a profile is taken", reader::is_success)?;
    shows(case, &app, &first).await?;
    let second = profile(case);
    let answer = case.send(&app, Method::PUT, PROFILE, Some(second.clone())).await?;
    answer.demand("a profile is changed", reader::is_success)?;
    shows(case, &app, &second).await
}

/// The profile that a user reads is this one.
async fn shows(case: &Case, app: &Caller, profile: &Value) -> Step {
    let answer = case.get(app, PROFILE).await?;
    answer.demand("the profile", reader::is_success)?;
    for (field, sent) in reader::fields(profile) {
        let sent = sent.as_str().unwrap_or_default();
        let is_it = reader::field_is(&answer.body, field, sent);
        let observed = || if is_it.is_none() { format!("no {field}") } else { format!("another {field}") };
        Stop::unless(is_it == Some(true), format!("{field} is {sent} in the profile"), observed)?;
    }
    Ok(())
}

/// Each of two users has a profile, and neither reads nor changes the other's.
async fn profile_is_the_users_own(case: &Case) -> Step {
    let first = Subscriber::new(case).await?;
    let second = if case.run.is_frugal() { Subscriber::scanning(case).await? } else { Subscriber::new(case).await? };
    for user in [&first, &second] {
        shows(case, &user.app, &user.profile).await?;
    }
    let changed = profile(case);
    let answer = case.send(&first.app, Method::PUT, PROFILE, Some(changed)).await?;
    answer.demand("a profile is changed", reader::is_success)?;
    shows(case, &second.app, &second.profile).await
}

/// Both are there, and the sites are a list.
async fn status_and_sites_are_read(case: &Case) -> Step {
    // Before the first scan there may be no status.
    let user = Subscriber::scanning(case).await?;
    let status = case.get(&user.app, STATUS).await?;
    status.demand("the status", reader::is_success)?;
    Stop::unless(status.body.is_object(), "a status", || format!("none to {}", status.to))?;
    case.list(&user.app, SITES).await.map(drop)
}

/// A scan that was started has an entry for each of the sites, with a state of its own.
async fn scan_has_an_entry_for_each_site(case: &Case) -> Step {
    let user = Subscriber::new(case).await?;
    let sites = case.list(&user.app, SITES).await.map_err(Stop::into_needed)?.len();
    user.scan(case).await?;
    let entries = user.scanned(case).await?;
    Stop::unless(entries.len() == sites, format!("{sites} entries under sites[]"), || entries.len().to_string())?;
    entries.iter().try_for_each(|entry| state(entry).map(drop))
}

/// The state of a site's scan.
pub(crate) fn state(entry: &Value) -> Step<&str> {
    let status = &entry["scan_result"]["status"];
    let known = [NOT_STARTED, INITIATED, FAILED, COMPLETED];
    let expected = || format!("scan_result.status of every site is one of {}", known.join(", "));
    status.as_str().filter(|status| known.contains(status)).ok_or_else(|| Stop::fail(expected(), status.to_string()))
}

/// Whether the scan of a site has come to an end.
pub(crate) fn is_over(entry: &Value) -> bool {
    matches!(state(entry), Ok(FAILED | COMPLETED))
}

/// Whether the scan of a site has begun.
pub(crate) fn is_begun(entry: &Value) -> bool {
    matches!(state(entry), Ok(INITIATED | FAILED | COMPLETED))
}

fn is_completed(entry: &Value) -> bool {
    matches!(state(entry), Ok(COMPLETED))
}

fn has_found(entry: &Value) -> bool {
    is_completed(entry) && reader::boolean(&entry["scan_result"]["is_data_found"]) == Some(true)
}

/// A scan at its end, and whose it is. Where the clock cannot be moved that may take longer than anybody waits.
async fn ended(case: &Case, time: Time) -> Step<(Subscriber, Vec<Value>)> {
    let (mut user, looks) = match time {
        Time::Moved => {
            let user = Subscriber::new(case).await?;
            user.scan(case).await.map_err(Stop::into_needed)?;
            (user, MOVES)
        }
        Time::Passing => (Subscriber::scanning(case).await?, if case.run.is_frugal() { 1 } else { LOOKS }),
    };
    let mut entries = user.scanned(case).await.map_err(Stop::into_needed)?;
    for look in 0..looks {
        if entries.iter().all(is_over) {
            break;
        }
        user.wait(case, time, FIRST_MOVE << look).await?;
        entries = user.scanned(case).await.map_err(Stop::into_needed)?;
    }
    Ok((user, entries))
}

/// What must have come of a scan for a check to tell, or that it has not.
fn some<'a>(entries: &'a [Value], is_meant: fn(&Value) -> bool, what: &str) -> Step<&'a Value> {
    let none = || Stop::Inconclusive(format!("{what} among {} that were scanned", entries.len()));
    entries.iter().find(|entry| is_meant(entry)).ok_or_else(none)
}

/// Every site's scan fails or completes, and what stands with one that is completed is as its outcome has it.
async fn scan_comes_to_an_end(case: &Case, time: Time) -> Step {
    let (_, entries) = ended(case, time).await?;
    for entry in &entries {
        let state = state(entry)?;
        // How long a scan takes is not documented; nobody takes this long.
        let expected = "a scan that fails or completes in weeks";
        Stop::unless(is_over(entry) || time == Time::Passing, expected, || format!("{state} still"))?;
        is_result(case, entry)?;
    }
    some(&entries, is_completed, "no site has completed its scan").map(drop)
}

/// A completed scan tells whether data was found, and how it compares; data is there where it was found only.
fn is_result(case: &Case, entry: &Value) -> Step {
    let result = &entry["scan_result"];
    let (found, data) = (result.get("is_data_found"), result.get("data"));
    if !is_completed(entry) {
        let is_early = data.is_some_and(|data| data.as_object().is_some_and(|data| !data.is_empty()));
        return Stop::unless(!is_early, "no data before data is found", || "data of a scan that has none".into());
    }
    let found = found.ok_or_else(|| Stop::fail("is_data_found with a completed scan", "none"))?;
    let issue = boolean_issue("is_data_found", found, case.answered_format(case.format));
    let is_boolean = issue.is_none() && reader::boolean(found).is_some();
    Stop::unless(is_boolean, "is_data_found as the format writes a boolean", || found.to_string())?;
    Stop::unless(result.get("comparison").is_some(), "comparison with a completed scan", || "none".into())?;
    let data = data.cloned().unwrap_or_default();
    if reader::boolean(found) == Some(true) {
        Stop::unless(!result["comparison"].is_null(), "a comparison with the data that was found", || "null".into())?;
        let missing: Vec<_> = DATA.into_iter().filter(|field| data.get(field).is_none()).collect();
        let expected = format!("data with {}", DATA.join(", "));
        return Stop::unless(missing.is_empty(), expected, || format!("without {}", missing.join(", ")));
    }
    Stop::unless(data == json!([]), "data is [] where none was found", || data.to_string())
}

/// What is found for a user is shown, and to nobody else.
async fn found_data_is_shown(case: &Case, time: Time) -> Step {
    let (user, entries) = ended(case, time).await?;
    is_result(case, some(&entries, has_found, "no site has found anything")?)?;
    let mut other = Subscriber::new(case).await?;
    other.scan(case).await.map_err(Stop::into_needed)?;
    other.wait(case, time, FIRST_MOVE).await?;
    let theirs = other.scanned(case).await.map_err(Stop::into_needed)?;
    let shown: Vec<_> = theirs.iter().flat_map(reader::fields).filter_map(|(_, field)| field.as_str()).collect();
    let mut own = ["first_name", "last_name", "email"].into_iter().filter_map(|field| user.profile[field].as_str());
    let leaked = own.find(|own| shown.iter().any(|shown| shown.eq_ignore_ascii_case(own)));
    Stop::unless(leaked.is_none(), "nothing of one user in another's scan", || leaked.unwrap_or_default().to_owned())
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

/// A site whose scan has failed is tried again, and the others are left as they are.
async fn failed_site_is_retried(case: &Case, time: Time) -> Step {
    let (mut user, before) = ended(case, time).await?;
    let failed = some(&before, |entry| state(entry).is_ok_and(|state| state == FAILED), "no site has failed")?;
    let id = reader::site_id(failed).ok_or_else(|| Stop::Inconclusive("an entry without the id of its site".into()))?;
    let answer = case.post(&user.app, &retry(&id), json!({})).await?;
    answer.demand("a failed site is tried again", reader::is_success)?;
    let mut after = user.scanned(case).await?;
    Stop::unless(after.len() == before.len(), "the same sites", || format!("{} of {}", after.len(), before.len()))?;
    for (entry, now) in in_pairs(&before, &after) {
        let is_left = reader::site_id(entry).as_ref() == Some(&id) || !is_over(entry) || state(now)? == state(entry)?;
        let observed = || format!("{} is {}", entry["scan_result"]["status"], now["scan_result"]["status"]);
        Stop::unless(is_left, "the other sites are left as they are", observed)?;
    }
    // That it fails once more is no fault, but it takes a while.
    let is_at_it = |entries: &[Value]| {
        let site = entries.iter().find(|entry| reader::site_id(entry).as_ref() == Some(&id));
        site.is_some_and(|site| state(site).is_ok_and(|state| state != FAILED))
    };
    if time == Time::Passing && !is_at_it(&after) {
        user.wait(case, time, 0).await?;
        after = user.scanned(case).await?;
    }
    match (is_at_it(&after), time) {
        (true, _) => Ok(()),
        (false, Time::Moved) => Err(Stop::fail("the failed site is under way again", FAILED)),
        (false, Time::Passing) => Err(Stop::Inconclusive("the site may have failed again".into())),
    }
}

/// So long, second by second, it is looked for the first state of a removal request.
const CLOSE_LOOKS: u64 = 150;

/// A request to remove what was found begins in the guide's first state. Whatever its later states are called, the
/// scan's state stays as it was.
async fn removal_has_a_state_of_its_own(case: &Case, time: Time) -> Step {
    let (mut user, entries, is_seen_early) = match time {
        Time::Moved => requested(case).await?,
        Time::Passing => ended(case, time).await.map(|(user, entries)| (user, entries, false))?,
    };
    let many = entries.iter().map(removals).collect::<Step<Vec<_>>>()?.concat().len();
    if many == 0 {
        return Err(Stop::Inconclusive("no removal was requested of any site".into()));
    }
    if time == Time::Passing {
        return Ok(());
    }
    for days in [1, 2, 7] {
        user.wait(case, time, days * 24 * 3600).await?;
        let later = user.scanned(case).await?;
        for (before, after) in in_pairs(&entries, &later) {
            let is_kept = removals(before)?.is_empty() || state(before)? == state(after)?;
            let observed = || format!("{} is {}", before["scan_result"]["status"], after["scan_result"]["status"]);
            Stop::unless(is_kept, "the scan's state stays while a removal goes on", observed)?;
            removals(after)?;
        }
    }
    let late = || Stop::Inconclusive("no removal request was seen in the second in which it was made".into());
    if is_seen_early { Ok(()) } else { Err(late()) }
}

/// The states of a site's removal requests: a text each.
pub(crate) fn removals(entry: &Value) -> Step<Vec<&str>> {
    let requests = match entry.get("removal_requests") {
        None | Some(Value::Null) => return Ok(Vec::new()),
        Some(requests) => requests,
    };
    let all = requests.as_array().ok_or_else(|| Stop::fail("a list of removal requests", requests.to_string()))?;
    let state = |request: &Value| request["status"].as_str().filter(|text| !text.is_empty()).map(|_| ());
    if let Some(request) = all.iter().find(|request| state(request).is_none()) {
        return Err(Stop::fail("a status of every removal request", request["status"].to_string()));
    }
    Ok(all.iter().filter_map(|request| request["status"].as_str()).collect())
}

/// Starts a scan and looks at it from second to second until it is over, so that each request is seen as it begins.
/// Whether one was is told too.
async fn requested(case: &Case) -> Step<(Subscriber, Vec<Value>, bool)> {
    freeze(case).await?;
    let mut user = Subscriber::new(case).await?;
    user.scan(case).await.map_err(Stop::into_needed)?;
    let mut entries = user.scanned(case).await.map_err(Stop::into_needed)?;
    // What is there in the second in which the scan was started was made in it.
    let mut is_seen_early = !begun(&[], &entries)?.is_empty();
    let in_first = |begun: &[&str]| match begun.iter().find(|state| **state != FIRST_REMOVAL_STATE) {
        Some(other) => {
            Err(Stop::fail(format!("a removal request begins in {FIRST_REMOVAL_STATE}"), (*other).to_owned()))
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
        let now = user.scanned(case).await.map_err(Stop::into_needed)?;
        let begun = begun(&entries, &now)?;
        in_first(&begun)?;
        is_seen_early |= !begun.is_empty();
        case.drop_last();
        entries = now;
    }
    // What takes longer is waited for all the same. A request may have moved on by then, or still be in its first state.
    for look in 0..MOVES {
        if entries.iter().all(is_over) {
            break;
        }
        user.wait(case, Time::Moved, FIRST_MOVE << look).await?;
        let now = user.scanned(case).await.map_err(Stop::into_needed)?;
        is_seen_early |= begun(&entries, &now)?.contains(&FIRST_REMOVAL_STATE);
        entries = now;
    }
    Ok((user, entries, is_seen_early))
}

/// The states of the removal requests of sites that had none before.
fn begun<'a>(before: &[Value], after: &'a [Value]) -> Step<Vec<&'a str>> {
    let had_none = |entry: &Value| {
        let same = before.iter().find(|earlier| reader::site_id(earlier) == reader::site_id(entry));
        same.is_none_or(|earlier| removals(earlier).is_ok_and(|requests| requests.is_empty()))
    };
    let new = after.iter().filter(|entry| had_none(entry)).map(removals);
    Ok(new.collect::<Step<Vec<_>>>()?.concat())
}

/// Calls every route once, with and without a profile, whatever comes of it.
pub(super) async fn walk(case: &Case, app: &Caller) -> Step {
    if case.run.is_frugal() {
        return case.get(app, PROFILE).await.map(drop);
    }
    case.get(app, PROFILE).await?;
    case.post(app, PROFILE, json!({})).await?;
    case.post(app, PROFILE, profile(case)).await?;
    case.get(app, PROFILE).await?;
    case.send(app, Method::PUT, PROFILE, Some(profile(case))).await?;
    for path in [STATUS, SITES, SCAN_STATUS] {
        case.get(app, path).await?;
    }
    for _ in 0..2 {
        case.post(app, SCAN, json!({})).await?;
    }
    case.post(app, &retry("999999999"), json!({})).await?;
    case.get(app, SCAN_STATUS).await.map(drop)
}
