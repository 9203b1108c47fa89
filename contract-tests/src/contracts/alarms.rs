//! Alarms: raised for leaks of what is watched, read by CRM and by their user, and closed by a GET.
//!
//! Of an alarm the guide gives the status `CLOSED`, and that it has an id. Everything else is the target's choice, so
//! alarms are found by what a list has now and had not before.

use reqwest::Method;
use serde_json::{Value, json};

use super::expiry::apart;
use super::leaks::{self, Source};
use super::ssn;
use super::watchlist::{CARD, EMAIL, IBAN, KINDS, Kind, LICENSE, PASSPORT, PHONE};
use crate::case::Case;
use crate::client::{Account, Answer, Caller};
use crate::contract::{Contract, Step, Stop};
use crate::reader;

page!("alarms" {
    "raised_for_an_email": ["ALARM-1", "ALARM-4"] => |case| quietly(case, |case, _| Box::pin(is_raised(case, &EMAIL))),
    "raised_for_a_phone": ["ALARM-1", "ALARM-4"] => |case| quietly(case, |case, _| Box::pin(is_raised(case, &PHONE))),
    "raised_for_an_iban": ["ALARM-1", "ALARM-4"] => |case| quietly(case, |case, _| Box::pin(is_raised(case, &IBAN))),
    "raised_for_a_passport": ["ALARM-1", "ALARM-4"]
        => |case| quietly(case, |case, _| Box::pin(is_raised(case, &PASSPORT))),
    "raised_for_a_license": ["ALARM-1", "ALARM-4"]
        => |case| quietly(case, |case, _| Box::pin(is_raised(case, &LICENSE))),
    "raised_for_a_card": ["ALARM-1", "ALARM-4"] => |case| quietly(case, |case, _| Box::pin(is_raised(case, &CARD))),
    "raised_for_the_ssn_while_it_is_monitored": ["ALARM-1", "SSN-2", "SSN-3"]
        => |case| quietly(case, |case, _| Box::pin(of_the_ssn(case))),
    "raised_once_the_owner_has_confirmed": ["ALARM-4", "SCOPE-3"]
        => |case| quietly(case, |case, _| Box::pin(of_a_confirmed_email(case))),
    "are_all_listed": ["ALARM-1", "ALARM-4", "ALARM-5"] => |case| quietly(case, |case, _| Box::pin(all_are_listed(case))),
    "are_the_accounts_own": ["ALARM-1", "ALARM-4"] => |case| quietly(case, |case, _| Box::pin(are_own(case))),
    "closed_by_crm": ["ALARM-1", "ALARM-2"] => |case| quietly(case, |case, _| Box::pin(is_closed_by_crm(case))),
    "closed_by_the_user": ["ALARM-2", "ALARM-4"] => |case| quietly(case, |case, _| Box::pin(is_closed_by_user(case))),
    "coachme_is_a_plain_read": ["ALARM-3"] => |case| quietly(case, |case, _| Box::pin(coachme_reads(case))),
    "coachme_of_a_leak": ["ALARM-3", "ALARM-4"] => |case| quietly(case, |case, _| Box::pin(coachme_of_a_leak(case))),
    "statistics_count": ["ALARM-1", "ALARM-5"] => |case| quietly(case, |case, alone| Box::pin(are_counted(case, alone))),
    "one_route_has_two_meanings": ["ALARM-5", "ALARM-6"] => |case| quietly(case, |case, _| Box::pin(two_meanings(case))),
    "lists_of_the_partner": ["ALARM-5"] => |case| quietly(case, |case, alone| Box::pin(partners_lists(case, alone))),
});

/// Where CRM reads alarms across accounts.
const ALL: [&str; 2] = ["/api/v1/alarms", "/api/v1/alarms-list"];

/// The lists of one kind.
const OF_KIND: [(&Kind, &str); 3] = [
    (&EMAIL, "/api/v1/alarms/email-list"),
    (&PHONE, "/api/v1/alarms/phone-list"),
    (&CARD, "/api/v1/alarms/credit-card-list"),
];

/// How many alarms the partner has.
const STATISTIC: &str = "/api/v1/alarms/statistic";

/// The user's list in its second version.
const VERSION_2: &str = "/api/v2/alarms";

/// More alarms than any page of a list is likely to hold, where they cost nothing.
const MANY: usize = 17;

/// An alarm as a list has it, by its id.
type Listed = (String, Value);

/// Runs a contract where nobody else raises or closes alarms, if it can be had; it is told whether. Where the target has
/// no private worlds, that is only so for checks that want the target for themselves.
async fn quietly(case: &Case, contract: for<'a> fn(&'a Case, bool) -> Contract<'a>) -> Step {
    match apart(case).await {
        Err(Stop::Skipped(_)) => contract(case, case.run.has_only_its_own_clock().await).await,
        world => {
            let world = world?;
            let end = contract(&world, true).await;
            case.take_story(&world);
            end
        }
    }
}

/// The alarms of a list.
async fn listed(case: &Case, by: &Caller, path: &str) -> Step<Vec<Listed>> {
    let with_id = |alarm: Value| Some((reader::alarm_id(&alarm)?, alarm));
    let alarms: Option<Vec<_>> = case.list(by, path).await?.into_iter().map(with_id).collect();
    let alarms = alarms.ok_or_else(|| Stop::fail("alarms with an id", format!("one without in {path}")))?;
    for (place, (id, _)) in alarms.iter().enumerate() {
        let is_first = alarms[..place].iter().all(|(other, _)| other != id);
        Stop::unless(is_first, "every alarm once in a list", || format!("alarm {id} twice in {path}"))?;
    }
    Ok(alarms)
}

/// The alarms of one account.
pub(crate) async fn of(case: &Case, by: &Caller, account: &Account) -> Step<Vec<Listed>> {
    listed(case, by, &by.path(account, "/alarms")).await
}

fn ids(alarms: &[Listed]) -> Vec<String> {
    let mut ids: Vec<String> = alarms.iter().map(|(id, _)| id.clone()).collect();
    ids.sort();
    ids
}

/// Those that were not there before.
pub(super) fn new(before: &[Listed], after: &[Listed]) -> Vec<String> {
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
async fn raise(case: &Case, kind: &Kind, account: &Account) -> Step<Vec<String>> {
    let crm = case.crm().await?;
    let source = source(case, kind).await?;
    let before = of(case, &crm, account).await?;
    let is_seeded = matches!(source, Source::Seeded);
    let value = leaks::leaked(case, kind, source).await?;
    kind.needed(case, &crm, account, &value).await?;
    let expected = format!("an alarm for a watched {} that is in a breach", kind.name);
    for _ in 0..if is_seeded { 1 } else { leaks::LOOKS } {
        let raised = new(&before, &of(case, &crm, account).await?);
        if !raised.is_empty() {
            return Ok(raised);
        }
        if !is_seeded {
            case.run.pause(leaks::BETWEEN_LOOKS).await;
        }
    }
    let observed = format!("no new alarm in {}", crm.path(account, "/alarms"));
    if is_seeded { Err(Stop::fail(expected, observed)) } else { Err(Stop::Inconclusive(observed)) }
}

/// The same for a check of something else.
pub(crate) async fn raised(case: &Case, kind: &Kind, account: &Account) -> Step<String> {
    let raised = raise(case, kind, account).await.map_err(Stop::into_needed)?;
    Ok(raised[0].clone())
}

/// Where a leaked value comes from; leaks of kinds that have no list of them can only be seeded.
async fn source(case: &Case, kind: &Kind) -> Step<Source> {
    if kind.leaks.is_some() {
        return leaks::source(case, kind).await;
    }
    let why = || Stop::Skipped(format!("a leak of a {} cannot be seeded there", kind.name));
    if case.run.is_fake().await { Ok(Source::Seeded) } else { Err(why()) }
}

/// An account that is to watch a leaked value of this kind, and watches nothing yet but its SSN. None is created where
/// there is no such value.
async fn watching(case: &Case, kind: &Kind) -> Step<Account> {
    leaks::is_affordable(case, &source(case, kind).await?)?;
    case.fresh_account().await
}

/// Reads one alarm.
async fn one(case: &Case, by: &Caller, account: &Account, id: &str) -> Step<Value> {
    let answer = case.get(by, &by.path(account, &format!("/alarms/{id}"))).await?;
    answer.demand("an alarm that is listed is read", reader::is_success)?;
    let shown = answer.body.get("data").unwrap_or(&answer.body);
    let shown_id = reader::alarm_id(shown).or_else(|| reader::item(&answer.body).and_then(reader::id));
    let observed = || format!("{shown_id:?} to {}", answer.to);
    Stop::unless(shown_id.as_deref().is_none_or(|shown| shown == id), format!("alarm {id}"), observed)?;
    Ok(answer.body)
}

/// How many entries each list of the alarms of an account has.
async fn counted(case: &Case, account: &Account) -> Step<Vec<(String, usize)>> {
    let mut counted = Vec::new();
    for caller in case.callers(account).await? {
        counted.push((caller.path(account, "/alarms"), of(case, &caller, account).await?.len()));
        if let Caller::App(..) = caller {
            counted.push((VERSION_2.to_owned(), case.list(&caller, VERSION_2).await?.len()));
        }
    }
    Ok(counted)
}

/// Who watches a value that is in a breach has an alarm, seen by CRM and by the user, in their lists and by itself; who
/// does not has none.
async fn is_raised(case: &Case, kind: &Kind) -> Step {
    let (account, other) = (watching(case, kind).await?, watching(case, kind).await?);
    kind.needed(case, &case.crm().await?, &other, &kind.new_value(case)).await?;
    let _turn = case.run.leaking.lock().await;
    // The SSN of a new account may be in a breach already.
    let (before, others) = (counted(case, &account).await?, counted(case, &other).await?);
    let raised = raise(case, kind, &account).await?;
    for ((path, before), (_, after)) in before.into_iter().zip(counted(case, &account).await?) {
        let observed = || format!("{after} alarms in {path}, {before} before");
        Stop::unless(after > before, "the new alarm in every list of the account", observed)?;
    }
    for caller in case.callers(&account).await? {
        let seen = ids(&of(case, &caller, &account).await?);
        let expected = format!("the new alarms of the account for either token: {raised:?}");
        let is_right = raised.iter().all(|id| seen.contains(id));
        Stop::unless(is_right, expected, || format!("{seen:?} in {}", caller.path(&account, "/alarms")))?;
        let alarm = one(case, &caller, &account, &raised[0]).await?;
        Stop::unless(!is_closed(&alarm), "a new alarm is not closed", || "it is CLOSED".into())?;
    }
    if !matches!(source(case, kind).await?, Source::Seeded) {
        // A real target may find something of the other account's meanwhile.
        let seen = ids(&of(case, &case.crm().await?, &other).await?);
        let is_right = raised.iter().all(|id| !seen.contains(id));
        return Stop::unless(is_right, "no alarm for who does not watch the value", || format!("{seen:?}"));
    }
    for ((path, before), (_, after)) in others.into_iter().zip(counted(case, &other).await?) {
        let observed = || format!("{after} alarms in {path}, {before} before");
        Stop::unless(after == before, "no alarm for who does not watch the value", observed)?;
    }
    of_what_was_watched_before(case, kind, &account).await
}

/// A leak that comes to light after its value was watched raises an alarm like one that was known before.
async fn of_what_was_watched_before(case: &Case, kind: &Kind, account: &Account) -> Step {
    let (crm, value) = (case.crm().await?, kind.new_value(case));
    kind.needed(case, &crm, account, &value).await?;
    let before = of(case, &crm, account).await?;
    leaks::seed(case, kind.name, &value).await?;
    let raised = new(&before, &of(case, &crm, account).await?);
    let expected = format!("an alarm when a watched {} comes to stand in a breach", kind.name);
    Stop::unless(!raised.is_empty(), expected, || "no new alarm".into())
}

/// A leak of the SSN raises an alarm while it is monitored, and none while it is not.
async fn of_the_ssn(case: &Case) -> Step {
    if !case.run.is_fake().await {
        return Err(Stop::Skipped("a leak of an SSN cannot be seeded there".into()));
    }
    let _turn = case.run.leaking.lock().await;
    let number = case.values.unlisted_ssn();
    case.run.redactor.learn(&number, "$SSN");
    let (account, _) = case.create_account(Some(&number), false).await?;
    let (account, crm) = (account.map_err(Stop::into_needed)?, case.crm().await?);
    for (to, raises, expected) in [
        (None, true, "an alarm for a leak of an SSN, which is monitored once it is set"),
        (Some("deactivate"), false, "no alarm for a leak of an SSN whose monitoring is switched off"),
        (Some("activate"), true, "an alarm for a leak of an SSN whose monitoring is switched on again"),
    ] {
        if let Some(to) = to {
            let switched = ssn::switch(case, &account, to).await?;
            switched.demand("the monitoring is switched", reader::is_success).map_err(Stop::into_needed)?;
        }
        let before = of(case, &crm, &account).await?;
        leaks::seed(case, "ssn", &number).await?;
        let raised = new(&before, &of(case, &crm, &account).await?);
        Stop::unless(raised.is_empty() != raises, expected, || format!("{} new alarms", raised.len()))?;
    }
    Ok(())
}

/// What the end user has added, and confirmed by the link that they were sent, raises an alarm like everything else.
async fn of_a_confirmed_email(case: &Case) -> Step {
    if !case.run.is_fake().await {
        return Err(Stop::Skipped("a leak of an address that the suite has made up cannot be seeded there".into()));
    }
    let account = watching(case, &EMAIL).await?;
    let app = case.app(&account).await?;
    let _turn = case.run.leaking.lock().await;
    let before = of(case, &app, &account).await?;
    let value = EMAIL.new_value(case);
    leaks::seed(case, EMAIL.name, &value).await?;
    let mark = EMAIL.mark(case, &account, &value).await?;
    EMAIL.added(case, &app, &account, &value).await.map_err(Stop::into_needed)?;
    EMAIL.confirm(case, &mark).await.map_err(Stop::into_needed)?;
    let raised = new(&before, &of(case, &app, &account).await?);
    let expected = "an alarm for a leak of an email that its owner has confirmed";
    Stop::unless(!raised.is_empty(), expected, || "no new alarm".into())
}

/// However many there are, lists have them all.
async fn all_are_listed(case: &Case) -> Step {
    let account = watching(case, &EMAIL).await?;
    let source = source(case, &EMAIL).await?;
    let many = if matches!(source, Source::Seeded) { MANY } else { 1 };
    let _turn = case.run.leaking.lock().await;
    let mut all = ids(&of(case, &case.crm().await?, &account).await?);
    for _ in 0..many {
        all.extend(raise(case, &EMAIL, &account).await?);
    }
    let mut lists = Vec::new();
    for caller in case.callers(&account).await? {
        lists.push((caller.path(&account, "/alarms"), caller));
    }
    for path in case.run.sample(ALL.into_iter(), 2) {
        lists.push((path.to_owned(), case.crm().await?));
    }
    for (path, caller) in lists {
        let seen = ids(&listed(case, &caller, &path).await?);
        let missing = all.iter().filter(|id| !seen.contains(id)).count();
        let expected = format!("the {} alarms of the account in {path}", all.len());
        Stop::unless(missing == 0, expected, || format!("{missing} are missing"))?;
    }
    Ok(())
}

/// Neither another user nor CRM on another account, nor another partner, reads or closes an alarm of the account.
async fn are_own(case: &Case) -> Step {
    let (account, other) = (watching(case, &EMAIL).await?, watching(case, &EMAIL).await?);
    let _turn = case.run.leaking.lock().await;
    let id = raised(case, &EMAIL, &account).await?;
    raised(case, &EMAIL, &other).await?;
    let mut strangers: Vec<(Caller, &Account)> = Vec::new();
    for caller in case.callers(&other).await? {
        let seen = ids(&of(case, &caller, &other).await?);
        let path = caller.path(&other, "/alarms");
        Stop::unless(!seen.contains(&id), "no alarm of another account in a list", || format!("alarm {id} in {path}"))?;
        strangers.push((caller, &other));
    }
    if let Ok(partner) = case.other_partner().await {
        strangers.push((partner, &account));
    }
    for (caller, on) in strangers {
        for rest in ["", "/coachme", "/close"] {
            let answer = case.get(&caller, &caller.path(on, &format!("/alarms/{id}{rest}"))).await?;
            answer.demand("an alarm of another account is refused", reader::is_refusal)?;
        }
    }
    let alarm = one(case, &case.crm().await?, &account, &id).await?;
    Stop::unless(!is_closed(&alarm), "an alarm that nobody of the account has closed is not", || "it is CLOSED".into())
}

async fn is_closed_by_crm(case: &Case) -> Step {
    let account = watching(case, &EMAIL).await?;
    is_closed_by(case, &account, &case.crm().await?).await
}

async fn is_closed_by_user(case: &Case) -> Step {
    let account = watching(case, &EMAIL).await?;
    is_closed_by(case, &account, &case.app(&account).await?).await
}

/// Closing closes one alarm, for both tokens and in every list that still has it, and no other.
async fn is_closed_by(case: &Case, account: &Account, by: &Caller) -> Step {
    let other = watching(case, &EMAIL).await?;
    let _turn = case.run.leaking.lock().await;
    let (id, kept) = (raised(case, &EMAIL, account).await?, raised(case, &PHONE, account).await.ok());
    let foreign = raised(case, &IBAN, &other).await.ok();
    let answer = case.get(by, &by.path(account, &format!("/alarms/{id}/close"))).await?;
    answer.demand("the alarm is closed", reader::is_success)?;
    let closed = |alarm: &Value, place: &str| {
        let observed = || format!("alarm {id} is not, {place}");
        Stop::unless(is_closed(alarm), "a closed alarm's status is CLOSED", observed)
    };
    let crm = case.crm().await?;
    for caller in case.callers(account).await? {
        closed(&one(case, &caller, account, &id).await?, "read by itself")?;
        let path = caller.path(account, "/alarms");
        let mut lists = vec![path.as_str()];
        if let Caller::App(..) = caller {
            lists.push(VERSION_2);
        }
        for path in lists {
            if let Some((_, alarm)) = listed(case, &caller, path).await?.iter().find(|(listed, _)| *listed == id) {
                closed(alarm, &format!("in {path}"))?;
            }
        }
        if let Some(kept) = &kept {
            let alarm = one(case, &caller, account, kept).await?;
            Stop::unless(!is_closed(&alarm), "no other alarm is closed", || format!("alarm {kept} of the account is"))?;
        }
    }
    for path in case.run.sample(ALL.into_iter(), 2) {
        if let Some((_, alarm)) = listed(case, &crm, path).await?.iter().find(|(listed, _)| *listed == id) {
            closed(alarm, &format!("in {path}"))?;
        }
    }
    if let Some(foreign) = foreign {
        let alarm = one(case, &crm, &other, &foreign).await?;
        Stop::unless(!is_closed(&alarm), "no other alarm is closed", || "one of another account is".into())?;
    }
    Ok(())
}

/// Whether something is said in words, wherever in an answer.
fn says(body: &Value) -> bool {
    match body {
        Value::String(text) => text.contains(' '),
        Value::Array(values) => values.iter().any(says),
        Value::Object(fields) => fields.values().any(says),
        Value::Null | Value::Bool(_) | Value::Number(_) => false,
    }
}

fn is_said(answer: &Answer) -> Step {
    let is_text = answer.body.is_null() && answer.text.contains(' ');
    Stop::unless(is_text || says(&answer.body), "guidance in words", || format!("none to {}", answer.to))
}

/// Guidance is there, the same when it is read again, and reading it changes nothing.
async fn coachme_reads(case: &Case) -> Step {
    let account = watching(case, &EMAIL).await?;
    let _turn = case.run.leaking.lock().await;
    let id = raised(case, &EMAIL, &account).await?;
    for caller in case.callers(&account).await? {
        for _ in 0..2 {
            let answer = case.get(&caller, &caller.path(&account, &format!("/alarms/{id}/coachme"))).await?;
            answer.demand("guidance", reader::is_success)?;
            is_said(&answer)?;
            let alarm = one(case, &caller, &account, &id).await?;
            Stop::unless(!is_closed(&alarm), "guidance is a plain read", || "it has closed the alarm".into())?;
        }
        let seen = ids(&of(case, &caller, &account).await?);
        Stop::unless(seen.contains(&id), "guidance is a plain read", || "the alarm is not listed any more".into())?;
    }
    Ok(())
}

/// Guidance is told for a leak too, and is a plain read though it is a POST. The guide does not give the body, so the leak
/// is named in all the usual ways.
async fn coachme_of_a_leak(case: &Case) -> Step {
    let account = watching(case, &EMAIL).await?;
    let app = case.app(&account).await?;
    let _turn = case.run.leaking.lock().await;
    let alarm = raised(case, &EMAIL, &account).await?;
    let leak = case.list(&app, "/api/v1/email-watchlist/leaks").await.map_err(Stop::into_needed)?;
    let leak = leak.first().and_then(reader::leak_id);
    let leak = leak.ok_or_else(|| Stop::Inconclusive("no leak with an id to ask about".into()))?;
    // A number is sent as one.
    let sent = |id: &str| id.parse::<u64>().map_or_else(|_| json!(id), |number| json!(number));
    let body = json!({
        "leak_id": sent(&leak), "leakId": sent(&leak), "leak": sent(&leak), "id": sent(&leak), "alarm_id": sent(&alarm),
    });
    let answer = case.post(&app, "/api/v1/alarms/leak/coachme", body).await?;
    match answer.status {
        400 | 422 => {
            return Err(Stop::Inconclusive("the target asks for another body, which the guide does not give".into()));
        }
        _ => answer.demand("guidance for a leak", reader::is_success)?,
    }
    is_said(&answer)?;
    let alarm = one(case, &app, &account, &alarm).await?;
    Stop::unless(!is_closed(&alarm), "guidance is a plain read", || "it has closed the alarm".into())
}

/// The sum of all counts of an answer, under whatever names; none where it holds none.
fn counts(body: &Value) -> Option<f64> {
    let is_count = |(name, _): &(&str, &Value)| *name != "id" && !name.ends_with("_id") && !name.ends_with("_at");
    let number = |value: &Value| value.as_f64().or_else(|| value.as_str()?.parse().ok());
    let found: Vec<f64> = reader::fields(body).into_iter().filter(is_count).filter_map(|(_, it)| number(it)).collect();
    (!found.is_empty()).then(|| found.iter().sum())
}

/// What a statistic counts in all.
async fn statistic(case: &Case, by: &Caller, path: &str) -> Step<Option<f64>> {
    let answer = case.get(by, path).await?;
    answer.demand("a statistic", reader::is_success)?;
    Ok(counts(&answer.body))
}

/// Statistics count: those of an account grow with an alarm of it, and those of the partner with an alarm of anybody.
/// Those of others stay as they are.
async fn are_counted(case: &Case, alone: bool) -> Step {
    let (account, crm) = (watching(case, &EMAIL).await?, case.crm().await?);
    let mut grow = vec![(crm.clone(), crm.path(&account, "/alarms/statistic"))];
    let mut stay = Vec::new();
    // What others do meanwhile counts too.
    if alone {
        grow.push((crm.clone(), STATISTIC.to_owned()));
        stay.push((crm.clone(), crm.path(&watching(case, &EMAIL).await?, "/alarms/statistic")));
        if let Ok(partner) = case.other_partner().await {
            stay.push((partner, STATISTIC.to_owned()));
        }
    }
    let read = async |statistics: &[(Caller, String)]| -> Step<Vec<Option<f64>>> {
        let mut found = Vec::new();
        for (by, path) in statistics {
            found.push(statistic(case, by, path).await?);
        }
        Ok(found)
    };
    let (grew, stayed) = (read(&grow).await?, read(&stay).await?);
    let _turn = case.run.leaking.lock().await;
    raised(case, &EMAIL, &account).await?;
    for (((_, path), before), after) in grow.iter().zip(grew).zip(read(&grow).await?) {
        let Some(after) = after else {
            return Err(Stop::Inconclusive(format!("no count in {path}")));
        };
        let observed = || format!("all counts in {path} together are {after}, {before:?} before");
        Stop::unless(after > before.unwrap_or_default(), "a statistic grows with an alarm", observed)?;
    }
    for (((_, path), before), after) in stay.iter().zip(stayed).zip(read(&stay).await?) {
        let observed = || format!("all counts in {path} together are {after:?}, {before:?} before");
        Stop::unless(after == before, "an alarm is in no statistic of others", observed)?;
    }
    Ok(())
}

/// With the app token it is the user's own alarms, with the CRM token those of the partner's accounts.
async fn two_meanings(case: &Case) -> Step {
    let accounts = [watching(case, &EMAIL).await?, watching(case, &EMAIL).await?];
    let _turn = case.run.leaking.lock().await;
    let mut alarms = Vec::new();
    for account in &accounts {
        alarms.push(raised(case, &EMAIL, account).await?);
    }
    let crm = case.crm().await?;
    for path in ALL {
        let seen = ids(&listed(case, &crm, path).await?);
        let missing: Vec<_> = alarms.iter().filter(|id| !seen.contains(id)).collect();
        let observed = || format!("{missing:?} are missing from {path}");
        Stop::unless(missing.is_empty(), format!("the alarms of all accounts with a CRM token: {alarms:?}"), observed)?;
    }
    for (place, account) in accounts.iter().enumerate() {
        let seen = ids(&of(case, &case.app(account).await?, account).await?);
        let (own, foreign) = (&alarms[place], &alarms[1 - place]);
        let is_right = seen.contains(own) && !seen.contains(foreign);
        let expected = format!("the user's own alarms with an app token: {own} and not {foreign}");
        Stop::unless(is_right, expected, || format!("{seen:?}"))?;
    }
    let Ok(other) = case.other_partner().await else { return Ok(()) };
    for path in ALL {
        let seen = ids(&listed(case, &other, path).await?);
        let foreign: Vec<_> = alarms.iter().filter(|id| seen.contains(id)).collect();
        let observed = || format!("{foreign:?} in {path}");
        Stop::unless(foreign.is_empty(), "no alarms of another partner's accounts", observed)?;
    }
    Ok(())
}

/// The lists of a kind change with an alarm of that kind and with no other. What stands in them is the target's choice.
async fn partners_lists(case: &Case, alone: bool) -> Step {
    let crm = case.crm().await?;
    for path in [ALL[1], "/api/v1/alarms/company-list"] {
        case.list(&crm, path).await?;
    }
    // How the period is told is the target's choice, so it may ask for something else.
    let period = case.get(&crm, "/api/v1/alarms/accounts/by-period?from=2020-01-01&to=2099-12-31").await?;
    let is_answered = |status| reader::is_success(status) || matches!(status, 400 | 422);
    period.demand("accounts by period, or what is wrong with the period", is_answered)?;
    // 204 tells that there are none.
    let is_told = period.status == 204 || !reader::is_success(period.status) || !period.body.is_null();
    Stop::unless(is_told, "accounts by period", || format!("{} to {}, and nothing in it", period.status, period.to))?;
    let read = async |by: &Caller| -> Step<Vec<Vec<Value>>> {
        let mut lists = Vec::new();
        for (_, path) in OF_KIND {
            lists.push(case.list(by, path).await?);
        }
        Ok(lists)
    };
    let mut before = read(&crm).await?;
    if !alone {
        // Others may raise alarms at any time.
        return Ok(());
    }
    let other = case.other_partner().await.ok();
    let others = if let Some(other) = &other { read(other).await? } else { Vec::new() };
    let _turn = case.run.leaking.lock().await;
    for kind in KINDS {
        raised(case, kind, &watching(case, kind).await?).await?;
        let after = read(&crm).await?;
        for (((of, path), before), after) in OF_KIND.into_iter().zip(&before).zip(&after) {
            let is_meant = of.name == kind.name;
            let expected = match is_meant {
                true => format!("{path} shows an alarm of its kind"),
                false => format!("{path} shows no alarm of a {}", kind.name),
            };
            let observed = || format!("{} entries, {} before", after.len(), before.len());
            Stop::unless((before != after) == is_meant, expected, observed)?;
        }
        before = after;
    }
    let Some(other) = other else { return Ok(()) };
    for (((_, path), before), after) in OF_KIND.into_iter().zip(others).zip(read(&other).await?) {
        let observed = || format!("{} entries in {path}, {} before", after.len(), before.len());
        Stop::unless(after.len() == before.len(), "no alarms of another partner's accounts", observed)?;
    }
    Ok(())
}

/// Answers about alarms of an account, for the tour.
pub(super) async fn walk(case: &Case, by: &Caller, account: &Account) -> Step {
    let list = by.path(account, "/alarms");
    let answer = case.get(by, &list).await?;
    let first = reader::page(&answer.body).and_then(|page| reader::alarm_id(page.items.first()?));
    for rest in first.iter().flat_map(|id| [format!("/{id}"), format!("/{id}/coachme"), format!("/{id}/close")]) {
        case.get(by, &format!("{list}{rest}")).await?;
    }
    case.get(by, &format!("{list}/999999999")).await?;
    let more: &[&str] = match by {
        Caller::App(..) => &[VERSION_2],
        _ => &[ALL[1], STATISTIC, "/api/v1/alarms/accounts/by-period"],
    };
    for path in case.run.sample(more.iter(), 3) {
        case.send(by, Method::GET, path, None).await?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
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

    #[test]
    fn guidance_is_said_in_words() {
        let cases = [
            (json!({ "data": { "text": "Change it." } }), true),
            (json!({ "steps": ["Change it.", "Wait."] }), true),
            (json!("Change it."), true),
            (json!({ "data": { "code": "A1", "number": 17 } }), false),
            (json!([]), false),
            (Value::Null, false),
        ];
        for (body, expected) in cases {
            assert_eq!(says(&body), expected, "{body}");
        }
    }

    #[test]
    fn counts_are_added_up_under_whatever_names() {
        let cases = [
            (json!({ "data": { "total": 2, "by_type": { "EMAIL": 2 } } }), Some(4.0)),
            (json!([{ "type": "EMAIL", "count": "3", "account_id": 7 }]), Some(3.0)),
            (json!({ "message": "none" }), None),
        ];
        for (body, expected) in cases {
            assert_eq!(counts(&body), expected, "{body}");
        }
    }
}
