//! Checks that hold for every kind of watched item.

use crate::kind::{EMAIL, KINDS, Kind, PHONE};
use crate::steps::items::{Enrolled, Listed};
use serde_json::Value;

use crate::case::Case;
use crate::case::messages::Mark;
use crate::contract::page;
use crate::exchange::{Account, Caller};
use crate::format::Format;
use crate::halt::Halt;
use crate::reader;

page!("items" {
    for kind in KINDS => {
        format!("{}_added_by_crm", kind.word), [kind.facts, &["SCOPE-2"]].concat() => |case| added_by_crm(case, kind),
        format!("{}_added_by_app", kind.word), [kind.facts, kind.app_facts, &["SCOPE-3"]].concat()
            => |case| added_by_app(case, kind),
    }
    "of_one_account_only", ["SCOPE-2", "SCOPE-3"].into_iter().chain(KINDS.into_iter().map(Kind::fact)).collect()
        => |case| of_one_account_only(case),
    "removed_alone", KINDS.into_iter().map(Kind::fact).collect() => |case| removed_alone(case),
    "added_by_crm_without_confirmation": ["SCOPE-2", "CARD-3"] => |case| added_by_crm_without_confirmation(case),
    "many_are_listed_to_the_last": ["EMAIL-1", "FORMAT-3", "FORMAT-5"] => |case| many_are_listed_to_the_last(case),
});

/// An item that CRM adds is listed to both tokens until CRM removes it.
async fn added_by_crm(case: &Case, kind: &Kind) -> Result<(), Halt> {
    let (account, crm) = (case.account().await?, case.crm().await?);
    let app = if case.session.target.sso.is_some() { Some(case.app(&account).await?) } else { None };
    stays_until_removed(case, kind, &account, &crm, app.as_ref()).await
}

/// An item that the end user adds is listed to both tokens until they remove it.
async fn added_by_app(case: &Case, kind: &Kind) -> Result<(), Halt> {
    let account = case.account().await?;
    let (app, crm) = (case.app(&account).await?, case.crm().await?);
    stays_until_removed(case, kind, &account, &app, Some(&crm)).await
}

/// Two items are added, each appears in the list of both tokens, and the one that is removed disappears from both.
async fn stays_until_removed(
    case: &Case,
    kind: &Kind,
    on: &Account,
    by: &Caller,
    other: Option<&Caller>,
) -> Result<(), Halt> {
    let mut before = kind.list(case, by, on).await?;
    let (mut added, mut marks) = (Vec::new(), Vec::new());
    // Where requests are scarce, the model test shows what holds for several items.
    let many = if case.session.is_frugal() && matches!(by, Caller::App(..)) { 1 } else { 2 };
    for place in 0..many {
        let value = match (kind == &EMAIL, place) {
            (true, 0) => case.values.spelled_emails().remove(0),
            _ => kind.new_value(case),
        };
        let mark = kind.mark(case, on, &value).await;
        let answer = kind.added(case, by, on, &value).await?;
        let answered = reader::item(&answer.body);
        if let (Some(item), true) = (answered, kind.has_documented_body()) {
            let observed = || "the answer names another value".to_owned();
            let item = Value::Object(item.clone());
            let shows = reader::shows(&item, &value) || item.get(kind.name).is_none();
            Halt::unless(shows, format!("the added {} in the answer", kind.name), observed)?;
        }
        let mut after = kind.list(case, by, on).await?;
        // An item that waits for its owner may be kept from the list until then.
        if let (Caller::App(..), Ok(mark)) = (by, mark) {
            if after.len() == before.len() {
                kind.confirm(case, &mark).await?;
                after = kind.list(case, by, on).await?;
            }
            marks.push(mark);
        }
        let new: Vec<_> = after.iter().filter(|(id, _)| !before.iter().any(|(old, _)| old == id)).collect();
        let [(id, item)] = new[..] else {
            return Err(Halt::fail("the list shows the added item", format!("{} new items in it", new.len())));
        };
        let kept = before.iter().all(|(old, _)| after.iter().any(|(id, _)| id == old));
        Halt::unless(kept, "the list keeps the items before it", || "it has lost one".into())?;
        if kind.has_documented_body() {
            let observed = || format!("item {id} does not");
            Halt::unless(reader::shows(item, &value), "the listed item shows what was added", observed)?;
        }
        kind.is_whole(item, &value)?;
        let answered = answered.and_then(reader::id).unwrap_or_else(|| id.clone());
        Halt::unless(answered == *id, format!("the answered id {answered} in the list"), || id.clone())?;
        added.push(id.clone());
        before = after;
    }
    let ids = |items: Vec<Listed>| {
        let mut ids: Vec<String> = items.into_iter().map(|(id, _)| id).collect();
        ids.sort();
        ids
    };
    let mut listed = ids(before);
    let waits = seen_by(case, kind, on, other, &listed, &marks).await?;
    kind.remove(case, by, on, &added[0]).await?.demand("the item is removed", reader::is_success)?;
    listed.retain(|id| *id != added[0]);
    let left = ids(kind.list(case, by, on).await?);
    let expected = format!("only item {} is removed: {listed:?}", added[0]);
    Halt::unless(left == listed, expected, || format!("{left:?}"))?;
    seen_by(case, kind, on, other, &listed, if waits { &marks } else { &[] }).await?;
    let Some(last) = added.get(1) else { return Ok(()) };
    kind.remove(case, by, on, last).await?.demand("the other item is removed", reader::is_success)?;
    let left = kind.list(case, by, on).await?.len();
    Halt::unless(left == listed.len() - 1, "both items are removed", || format!("{left} left"))
}

/// The other token sees the same: both act on the watchlist of one account (SCOPE-2, SCOPE-3). What waits for its
/// owner may be kept from CRM until then; the result says whether an item waits that cannot be confirmed here.
async fn seen_by(
    case: &Case,
    kind: &Kind,
    on: &Account,
    other: Option<&Caller>,
    listed: &[String],
    marks: &[Mark],
) -> Result<bool, Halt> {
    let Some(other) = other else { return Ok(false) };
    let see = async || -> Result<Vec<String>, Halt> {
        let mut seen: Vec<_> = kind.list(case, other, on).await?.into_iter().map(|(id, _)| id).collect();
        seen.sort();
        Ok(seen)
    };
    let mut seen = see().await?;
    let mut waits = false;
    if seen != listed && !marks.is_empty() {
        waits = confirm_all(case, marks).await?;
        seen = see().await?;
    }
    let is_right = seen == listed || waits && seen.iter().all(|id| listed.contains(id));
    let expected = format!("the same items for both tokens of the account: {listed:?}");
    Halt::unless(is_right, expected, || format!("{seen:?} in {}", other.path(on, kind.list)))?;
    Ok(waits)
}

/// Opens the links that were sent; whether something waits for a code instead is returned.
async fn confirm_all(case: &Case, marks: &[Mark]) -> Result<bool, Halt> {
    let mut waits = false;
    for mark in marks {
        let Some(message) = case.new_messages(mark).await?.pop() else { continue };
        match message.link() {
            Some(link) => drop(case.get(&Caller::Anonymous, link).await?),
            None => waits = true,
        }
    }
    Ok(waits)
}

/// An item is on the account that it was added to, and only there: neither token of another account sees it, and
/// neither can remove it.
async fn of_one_account_only(case: &Case) -> Result<(), Halt> {
    let (owner, other) = (case.account().await?, case.account().await?);
    let crm = case.crm().await?;
    let callers = case.callers(&other).await?;
    for kind in case.session.sample(KINDS.into_iter(), 3) {
        let id = match kind.needed(case, &crm, &owner, &kind.new_value(case)).await {
            Ok(id) => id,
            Err(_) if !kind.has_documented_body() => continue,
            Err(halt) => return Err(halt),
        };
        let own = kind.needed(case, &crm, &other, &kind.new_value(case)).await?;
        for caller in &callers {
            let seen = kind.list(case, caller, &other).await?;
            let observed = || format!("{} items in {}", seen.len(), caller.path(&other, kind.list));
            let is_own = matches!(&seen[..], [(listed, _)] if *listed == own);
            Halt::unless(is_own, format!("the one item of account {}: {own}", other.id), observed)?;
            // An id may be given once for each account: then it is the own item that is named.
            if id != own {
                let answer = kind.remove(case, caller, &other, &id).await?;
                let expected = "the removal of an item of another account is refused, or does nothing";
                answer.demand(expected, |status| reader::is_refusal(status) || reader::is_success(status))?;
            }
            let left = kind.list(case, &crm, &owner).await?;
            let observed = || format!("{} items after {}", left.len(), caller.path(&other, kind.items));
            Halt::unless(left.iter().any(|(left, _)| *left == id), "the item of another account stays", observed)?;
        }
    }
    Ok(())
}

/// A removal from one watchlist leaves the others of the account as they are.
async fn removed_alone(case: &Case) -> Result<(), Halt> {
    let own = Enrolled::on(case, case.account().await?).await?;
    let crm = case.crm().await?;
    let kinds = KINDS.into_iter().filter_map(|kind| Some((kind, own.captures.get(kind.capture)?)));
    let mut left: Vec<_> = kinds.collect();
    while !left.is_empty() {
        let (kind, id) = left.remove(0);
        let removed = kind.remove(case, &crm, &own.account, id).await?;
        removed.demand("the item is removed", reader::is_success).map_err(Halt::into_required)?;
        for (other, id) in &left {
            let items = other.list(case, &crm, &own.account).await?;
            let is_there = matches!(&items[..], [(listed, _)] if listed == *id);
            let expected = format!("the {} stays when the {} is removed", other.name, kind.name);
            Halt::unless(is_there, expected, || format!("{} items", items.len()))?;
        }
    }
    Ok(())
}

/// No message asks to confirm or verify an item that CRM adds. That none comes is known once the message about a later
/// item of the end user has come.
async fn added_by_crm_without_confirmation(case: &Case) -> Result<(), Halt> {
    match asked_for_a_confirmation(case).await? {
        0 => Ok(()),
        // There are few test numbers: another run, or another user of them, may have had a message sent to this one.
        _ => match asked_for_a_confirmation(case).await? {
            0 => Ok(()),
            many => Err(Halt::fail("no message asks to confirm what CRM adds", format!("{many} messages"))),
        },
    }
}

/// How many messages ask to confirm what CRM adds to a new account.
async fn asked_for_a_confirmation(case: &Case) -> Result<usize, Halt> {
    let account = case.quiet_account().await?;
    let (crm, app) = (case.crm().await?, case.app(&account).await?);
    let (email, phone) = (case.email(), PHONE.new_value(case));
    // Where text messages are not read, emails are what can be told.
    let mut to = vec![&*account.email, &*email];
    to.extend(case.reads_messages_to(&phone).await.then_some(&*phone));
    let mark = case.mark(&to).await?;
    for kind in case.session.sample(KINDS.into_iter(), 2) {
        let value = match kind {
            kind if *kind == EMAIL => email.clone(),
            kind if *kind == PHONE => phone.clone(),
            kind => kind.new_value(case),
        };
        match kind.needed(case, &crm, &account, &value).await {
            Err(_) if !kind.has_documented_body() => {}
            end => drop(end?),
        }
    }
    // The later message may go to the account's address too, so what has come by then is counted before it is caused.
    let sent = case.asked(&mark).await?;
    let later = case.email();
    let to_owner = case.mark(&[&account.email]).await?;
    let later_mark = case.mark(&[&later, &account.email]).await?.before("an email that confirms");
    EMAIL.needed(case, &app, &account, &later).await?;
    case.message(&later_mark).await.map_err(Halt::into_required)?;
    // One of those to its owner may be about the later item.
    let own = case.asked(&to_owner).await?.min(1);
    let all = case.asked(&mark).await?;
    let late = all.saturating_sub(own);
    match sent.max(late) {
        0 => case.sees_all(&mark).await.map(|()| 0),
        many => Ok(many),
    }
}

/// Pages that are longer than this are not filled.
const LONGEST_PAGE: u64 = 60;

/// A list holds all items, on however many pages, and each once.
async fn many_are_listed_to_the_last(case: &Case) -> Result<(), Halt> {
    let (account, crm) = (case.account().await?, case.crm().await?);
    let first = case.get(&crm, &crm.path(&account, EMAIL.list)).await?;
    // More than a page, if the target has pages and tells how long they are. Where requests are scarce, a list without
    // a word about pages is taken to be whole.
    let page = reader::page_length(&first.body).filter(|page| *page <= LONGEST_PAGE);
    let many = match page {
        None if case.session.is_frugal() => 3,
        Some(_) if case.session.is_frugal() => 17,
        page => page.unwrap_or(15) + 2,
    };
    let mut emails: Vec<String> = (2..many).map(|_| case.email()).collect();
    for email in &emails {
        EMAIL.added(case, &crm, &account, email).await.map_err(Halt::into_required)?;
    }
    for email in case.values.spelled_emails() {
        // The guide does not say which addresses there are.
        let answer = EMAIL.add(case, &crm, &account, &email).await?;
        if !matches!(answer.status, 400 | 422) {
            answer.demand("the item is added", reader::is_success).map_err(Halt::into_required)?;
            emails.push(email);
        }
    }
    let items = EMAIL.list(case, &crm, &account).await?;
    for email in &emails {
        let times = items.iter().filter(|(_, item)| reader::shows(item, email)).count();
        Halt::unless(times == 1, format!("{email} once in the list"), || format!("{times} times in {}", items.len()))?;
    }
    let expected = format!("{} items", emails.len());
    Halt::unless(items.len() == emails.len(), expected, || items.len().to_string())?;
    // The pages after the first are of the same form.
    let format = case.answered_format(case.format);
    for (name, value) in items.iter().flat_map(|(_, item)| reader::fields(item)) {
        let is_datetime = reader::is_datetime_field(name, value);
        let datetime = if is_datetime { reader::datetime_issue(name, value, format) } else { None };
        let boolean = if is_datetime { None } else { boolean_issue(name, value, format) };
        let fact = if is_datetime { "FORMAT-3" } else { "FORMAT-5" };
        if let Some(issue) = datetime.or(boolean) {
            case.narrow(vec![fact]);
            return Err(Halt::fail(format!("{} fields on every page of a list", format.name()), issue));
        }
    }
    Ok(())
}

fn boolean_issue(name: &str, value: &Value, format: Format) -> Option<String> {
    if reader::is_boolean_field(name, value) { reader::boolean_issue(name, value, format) } else { None }
}
