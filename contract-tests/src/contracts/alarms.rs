//! Alarms: raised for leaks of what is watched, read by CRM and by their user, and closed by a GET.
//!
//! Of an alarm the guide gives the status `CLOSED`, and that it has an id. Everything else is the target's choice, so
//! alarms are found by comparing a list with what it was before.

use serde_json::{Value, json};

use crate::case::Case;
use crate::contract::page;
use crate::exchange::{Account, Answer, Caller};
use crate::halt::Halt;
use crate::kind::{EMAIL, IBAN, KINDS, Kind, PHONE};
use crate::reader;
use crate::steps::accounts::Monitoring;
use crate::steps::alarms::{
    ALL, VERSION_2, ids, is_closed, known, learn_closed, listed, listed_until, new, of, one, open_one, raise,
    undisturbed, watching,
};
use crate::steps::leaks::{self, Source};

page!("alarms" {
    for kind in KINDS => {
        format!("raised_for_{}", kind.with_article()), vec!["ALARM-1", "ALARM-4"]
            => |case| undisturbed(case, move |case, _| Box::pin(is_raised(case, kind))),
    }
    "raised_for_the_ssn_while_it_is_monitored": ["ALARM-1", "SSN-2", "SSN-3"]
        => |case| undisturbed(case, |case, _| Box::pin(of_the_ssn(case))),
    "raised_once_the_owner_has_confirmed": ["ALARM-4", "SCOPE-3"]
        => |case| undisturbed(case, |case, _| Box::pin(of_a_confirmed_email(case))),
    "are_all_listed": ["ALARM-1", "ALARM-4", "ALARM-5"]
        => |case| undisturbed(case, |case, _| Box::pin(all_are_listed(case))),
    "are_the_accounts_own": ["ALARM-1", "ALARM-4"] => |case| undisturbed(case, |case, _| Box::pin(are_own(case))),
    "closed_by_crm": ["ALARM-1", "ALARM-2"] => |case| undisturbed(case, |case, _| Box::pin(is_closed_by_crm(case))),
    "closed_by_the_user": ["ALARM-2", "ALARM-4"]
        => |case| undisturbed(case, |case, _| Box::pin(is_closed_by_user(case))),
    "coachme_is_a_plain_read": ["ALARM-3"] => |case| undisturbed(case, |case, _| Box::pin(coachme_reads(case))),
    "coachme_of_a_leak": ["ALARM-3", "ALARM-4"]
        => |case| undisturbed(case, |case, _| Box::pin(coachme_of_a_leak(case))),
});

/// More alarms than any page of a list is likely to hold, where they cost nothing.
const MANY: usize = 17;

/// How many entries each list of the alarms of an account has.
async fn counted(case: &Case, account: &Account) -> Result<Vec<(String, usize)>, Halt> {
    let mut counted = Vec::new();
    for caller in case.callers(account).await? {
        counted.push((caller.path(account, "/alarms"), of(case, &caller, account).await?.len()));
        if let Caller::App(..) = caller {
            counted.push((VERSION_2.to_owned(), case.list(&caller, VERSION_2).await?.len()));
        }
    }
    Ok(counted)
}

/// An account that watches a value in a breach has an alarm, which CRM and the user see in their lists and by its id;
/// another account has none.
async fn is_raised(case: &Case, kind: &'static Kind) -> Result<(), Halt> {
    let (account, other) = (watching(case, kind).await?, watching(case, kind).await?);
    if case.session.is_frugal() {
        return is_shown(case, kind, &account, &other).await;
    }
    kind.needed(case, &case.crm().await?, &other, &kind.new_value(case)).await?;
    let _turn = case.session.turn_to_leak().await;
    // The SSN of a new account may be in a breach already.
    let (before, others) = (counted(case, &account).await?, counted(case, &other).await?);
    let raised = raise(case, kind, &account).await?;
    for ((path, before), (_, after)) in before.into_iter().zip(counted(case, &account).await?) {
        let observed = || format!("{after} alarms in {path}, {before} before");
        Halt::unless(after > before, "the new alarm in every list of the account", observed)?;
    }
    for caller in case.callers(&account).await? {
        let seen = ids(&of(case, &caller, &account).await?);
        let expected = format!("the new alarms of the account for either token: {raised:?}");
        let is_right = raised.iter().all(|id| seen.contains(id));
        Halt::unless(is_right, expected, || format!("{seen:?} in {}", caller.path(&account, "/alarms")))?;
        let alarm = one(case, &caller, &account, &raised[0]).await?;
        Halt::unless(!is_closed(&alarm), "a new alarm is not closed", || "it is CLOSED".into())?;
    }
    if leaks::source(case, kind).await? != Source::Seeded {
        // A real target may find something of the other account's meanwhile.
        let seen = ids(&of(case, &case.crm().await?, &other).await?);
        let is_right = raised.iter().all(|id| !seen.contains(id));
        return Halt::unless(is_right, "no alarm for an account that does not watch the value", || format!("{seen:?}"));
    }
    for ((path, before), (_, after)) in others.into_iter().zip(counted(case, &other).await?) {
        let observed = || format!("{after} alarms in {path}, {before} before");
        Halt::unless(after == before, "no alarm for an account that does not watch the value", observed)?;
    }
    of_what_was_watched_before(case, kind, &account).await
}

/// The alarm of a leak is in every list of its account, is open, and is in no list of another account.
async fn is_shown(case: &Case, kind: &'static Kind, account: &Account, other: &Account) -> Result<(), Halt> {
    let is_missing = known(case, kind, account).await.is_some_and(|(alarms, _)| alarms.is_empty());
    let expected = format!("an alarm for a watched {} that is in a breach: its leak is listed", kind.name);
    Halt::unless(!is_missing, expected, || "none".into())?;
    let raised = raise(case, kind, account).await?;
    for caller in case.callers(account).await? {
        let seen = ids(&of(case, &caller, account).await?);
        let expected = format!("the alarm of a watched {} that is in a breach: {raised:?}", kind.name);
        let is_right = raised.iter().all(|id| seen.contains(id));
        Halt::unless(is_right, expected, || format!("{seen:?} in {}", caller.path(account, "/alarms")))?;
        let alarm = one(case, &caller, account, &raised[0]).await?;
        Halt::unless(!is_closed(&alarm), "a new alarm is not closed", || "it is CLOSED".into())?;
        if let Caller::App(..) = caller {
            let many = case.list(&caller, VERSION_2).await?.len();
            let expected = format!("as many alarms in {VERSION_2} as in the first version");
            Halt::unless(many >= seen.len(), expected, || format!("{many}, and {} there", seen.len()))?;
        }
    }
    for caller in case.callers(other).await? {
        let seen = ids(&of(case, &caller, other).await?);
        let is_right = raised.iter().all(|id| !seen.contains(id));
        Halt::unless(is_right, "no alarm for an account that does not watch the value", || format!("{seen:?}"))?;
    }
    Ok(())
}

/// A leak that comes to light after its value was watched raises an alarm like one that was known before.
async fn of_what_was_watched_before(case: &Case, kind: &'static Kind, account: &Account) -> Result<(), Halt> {
    let (crm, value) = (case.crm().await?, kind.new_value(case));
    kind.needed(case, &crm, account, &value).await?;
    let before = of(case, &crm, account).await?;
    leaks::seed(case, kind.name, &value).await?;
    let raised = new(&before, &of(case, &crm, account).await?);
    let expected = format!("an alarm when a breach comes to hold a watched {}", kind.name);
    Halt::unless(!raised.is_empty(), expected, || "no new alarm".into())
}

/// A leak of the SSN raises an alarm while it is monitored, and none while it is not.
async fn of_the_ssn(case: &Case) -> Result<(), Halt> {
    if !case.session.is_mock().await {
        return Err(Halt::Skipped("a leak of an SSN cannot be seeded there".into()));
    }
    let _turn = case.session.turn_to_leak().await;
    let number = case.values.unlisted_ssn();
    case.session.redactor.learn(&number, "$SSN");
    let (account, _) = case.create_account(Some(&number), false).await?;
    let (account, crm) = (account.map_err(Halt::into_required)?, case.crm().await?);
    for (to, raises, expected) in [
        (None, true, "an alarm for a leak of an SSN, which is monitored once it is set"),
        (Some(Monitoring::Deactivate), false, "no alarm for a leak of an SSN whose monitoring is switched off"),
        (Some(Monitoring::Activate), true, "an alarm for a leak of an SSN whose monitoring is switched on again"),
    ] {
        if let Some(to) = to {
            let switched = to.switch(case, &account).await?;
            switched.demand("the monitoring is switched", reader::is_success).map_err(Halt::into_required)?;
        }
        let before = of(case, &crm, &account).await?;
        leaks::seed(case, "ssn", &number).await?;
        let raised = new(&before, &of(case, &crm, &account).await?);
        Halt::unless(raised.is_empty() != raises, expected, || format!("{} new alarms", raised.len()))?;
    }
    Ok(())
}

/// An email that the end user has added and confirmed by its link raises an alarm like everything else.
async fn of_a_confirmed_email(case: &Case) -> Result<(), Halt> {
    if !case.session.is_mock().await {
        return Err(Halt::Skipped("a leak of an address that the suite has made up cannot be seeded there".into()));
    }
    let account = watching(case, &EMAIL).await?;
    let app = case.app(&account).await?;
    let _turn = case.session.turn_to_leak().await;
    let before = of(case, &app, &account).await?;
    let value = EMAIL.new_value(case);
    leaks::seed(case, EMAIL.name, &value).await?;
    let mark = EMAIL.mark(case, &account, &value).await?;
    EMAIL.added(case, &app, &account, &value).await.map_err(Halt::into_required)?;
    EMAIL.confirm(case, &mark).await.map_err(Halt::into_required)?;
    let raised = new(&before, &of(case, &app, &account).await?);
    let expected = "an alarm for a leak of an email that its owner has confirmed";
    Halt::unless(!raised.is_empty(), expected, || "no new alarm".into())
}

/// However many there are, lists have them all.
async fn all_are_listed(case: &Case) -> Result<(), Halt> {
    let account = watching(case, &EMAIL).await?;
    let source = leaks::source(case, &EMAIL).await?;
    let many = if source == Source::Seeded { MANY } else { 1 };
    let _turn = case.session.turn_to_leak().await;
    let mut all = ids(&of(case, &case.crm().await?, &account).await?);
    for _ in 0..many {
        all.extend(raise(case, &EMAIL, &account).await?);
    }
    let mut lists = Vec::new();
    for caller in case.callers(&account).await? {
        lists.push((caller.path(&account, "/alarms"), caller));
    }
    for path in case.session.sample(ALL.into_iter(), 2) {
        lists.push((path.to_owned(), case.crm().await?));
    }
    for (path, caller) in lists {
        let seen = ids(&listed_until(case, &caller, &path, &all).await?);
        let missing = all.iter().filter(|id| !seen.contains(id)).count();
        let expected = format!("the {} alarms of the account in {path}", all.len());
        Halt::unless(missing == 0, expected, || format!("{missing} are missing"))?;
    }
    Ok(())
}

/// Neither another user nor CRM on another account, nor another partner, reads or closes an alarm of the account.
async fn are_own(case: &Case) -> Result<(), Halt> {
    let (account, other) = (watching(case, &EMAIL).await?, watching(case, &EMAIL).await?);
    let _turn = case.session.turn_to_leak().await;
    let id = open_one(case, &EMAIL, &account, &[]).await?;
    open_one(case, &EMAIL, &other, &[]).await?;
    let mut strangers: Vec<(Caller, &Account)> = Vec::new();
    for caller in case.callers(&other).await? {
        let seen = ids(&of(case, &caller, &other).await?);
        let path = caller.path(&other, "/alarms");
        Halt::unless(!seen.contains(&id), "no alarm of another account in a list", || format!("alarm {id} in {path}"))?;
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
    let expected = "an alarm that no caller of the account has closed is not closed";
    Halt::unless(!is_closed(&alarm), expected, || "it is CLOSED".into())
}

async fn is_closed_by_crm(case: &Case) -> Result<(), Halt> {
    let account = watching(case, &EMAIL).await?;
    is_closed_by(case, &account, &case.crm().await?).await
}

async fn is_closed_by_user(case: &Case) -> Result<(), Halt> {
    let account = watching(case, &EMAIL).await?;
    is_closed_by(case, &account, &case.app(&account).await?).await
}

/// Closing one alarm closes it for both tokens and in every list that still has it, and closes no other.
async fn is_closed_by(case: &Case, account: &Account, by: &Caller) -> Result<(), Halt> {
    let other = watching(case, &EMAIL).await?;
    let _turn = case.session.turn_to_leak().await;
    let id = open_one(case, &EMAIL, account, &[]).await?;
    let kept = open_one(case, &PHONE, account, std::slice::from_ref(&id)).await.ok();
    let foreign = open_one(case, &IBAN, &other, &[]).await.ok();
    learn_closed(case, account, &id).await;
    let answer = case.get(by, &by.path(account, &format!("/alarms/{id}/close"))).await?;
    answer.demand("the alarm is closed", reader::is_success)?;
    let closed = |alarm: &Value, place: &str| {
        let observed = || format!("alarm {id} is not, {place}");
        Halt::unless(is_closed(alarm), "a closed alarm's status is CLOSED", observed)
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
            Halt::unless(!is_closed(&alarm), "no other alarm is closed", || format!("alarm {kept} of the account is"))?;
        }
    }
    for path in case.session.sample(ALL.into_iter(), 2) {
        let shown = listed_until(case, &crm, path, std::slice::from_ref(&id)).await?;
        if let Some((_, alarm)) = shown.iter().find(|(listed, _)| *listed == id) {
            closed(alarm, &format!("in {path}"))?;
        }
    }
    if let Some(foreign) = foreign {
        let alarm = one(case, &crm, &other, &foreign).await?;
        Halt::unless(!is_closed(&alarm), "no other alarm is closed", || "one of another account is".into())?;
    }
    Ok(())
}

/// Whether an answer holds words, at any depth.
fn says(body: &Value) -> bool {
    match body {
        Value::String(text) => text.contains(' '),
        Value::Array(values) => values.iter().any(says),
        Value::Object(fields) => fields.values().any(says),
        Value::Null | Value::Bool(_) | Value::Number(_) => false,
    }
}

fn is_said(answer: &Answer) -> Result<(), Halt> {
    let is_text = answer.body.is_null() && answer.text.contains(' ');
    Halt::unless(is_text || says(&answer.body), "guidance in words", || format!("none to {}", answer.to))
}

/// Guidance is there, the same when it is read again, and reading it changes nothing.
async fn coachme_reads(case: &Case) -> Result<(), Halt> {
    let account = watching(case, &EMAIL).await?;
    let _turn = case.session.turn_to_leak().await;
    let id = open_one(case, &EMAIL, &account, &[]).await?;
    for caller in case.callers(&account).await? {
        for _ in 0..2 {
            let answer = case.get(&caller, &caller.path(&account, &format!("/alarms/{id}/coachme"))).await?;
            answer.demand("guidance", reader::is_success)?;
            is_said(&answer)?;
            let alarm = one(case, &caller, &account, &id).await?;
            Halt::unless(!is_closed(&alarm), "guidance is a plain read", || "it has closed the alarm".into())?;
        }
        let seen = ids(&of(case, &caller, &account).await?);
        Halt::unless(seen.contains(&id), "guidance is a plain read", || "the alarm is no longer listed".into())?;
    }
    Ok(())
}

/// A leak has guidance too, and reading it changes nothing though it is a POST. The guide does not give the body, so
/// the leak is named in all the usual ways.
async fn coachme_of_a_leak(case: &Case) -> Result<(), Halt> {
    let account = watching(case, &EMAIL).await?;
    let app = case.app(&account).await?;
    let _turn = case.session.turn_to_leak().await;
    let alarm = open_one(case, &EMAIL, &account, &[]).await?;
    let leak = case.list(&app, "/api/v1/email-watchlist/leaks").await.map_err(Halt::into_required)?;
    let leak = leak.first().and_then(reader::leak_id);
    let leak = leak.ok_or_else(|| Halt::Inconclusive("no leak with an id to ask about".into()))?;
    // A number is sent as one.
    let sent = |id: &str| id.parse::<u64>().map_or_else(|_| json!(id), |number| json!(number));
    let body = json!({
        "leak_id": sent(&leak), "leakId": sent(&leak), "leak": sent(&leak), "id": sent(&leak), "alarm_id": sent(&alarm),
    });
    let answer = case.post(&app, "/api/v1/alarms/leak/coachme", body).await?;
    match answer.status {
        400 | 422 => {
            return Err(Halt::Inconclusive("the target asks for another body, which the guide does not give".into()));
        }
        _ => answer.demand("guidance for a leak", reader::is_success)?,
    }
    is_said(&answer)?;
    let alarm = one(case, &app, &account, &alarm).await?;
    Halt::unless(!is_closed(&alarm), "guidance is a plain read", || "it has closed the alarm".into())
}

#[cfg(test)]
mod tests {
    use super::*;

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
}
