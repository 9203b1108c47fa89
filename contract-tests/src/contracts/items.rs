//! What holds for every kind of watched item.

use super::watchlist::{CARD, EMAIL, Enrolled, IBAN, KINDS, Kind, LICENSE, PASSPORT, PHONE};
use crate::case::Case;
use crate::contract::{Step, Stop};
use crate::reader;

page!("items" {
    "email_added_by_crm": ["EMAIL-1", "SCOPE-2"] => |case| added_by_crm(case, &EMAIL),
    "email_added_by_app": ["EMAIL-1", "SCOPE-3"] => |case| added_by_app(case, &EMAIL),
    "phone_added_by_crm": ["PHONE-1", "SCOPE-2"] => |case| added_by_crm(case, &PHONE),
    "phone_added_by_app": ["PHONE-1", "PHONE-3", "SCOPE-3"] => |case| added_by_app(case, &PHONE),
    "iban_added_by_crm": ["IBAN-1", "SCOPE-2"] => |case| added_by_crm(case, &IBAN),
    "iban_added_by_app": ["IBAN-1", "SCOPE-3"] => |case| added_by_app(case, &IBAN),
    "passport_added_by_crm": ["PASSPORT-1", "SCOPE-2"] => |case| added_by_crm(case, &PASSPORT),
    "passport_added_by_app": ["PASSPORT-1", "SCOPE-3"] => |case| added_by_app(case, &PASSPORT),
    "license_added_by_crm": ["LICENSE-1", "SCOPE-2"] => |case| added_by_crm(case, &LICENSE),
    "license_added_by_app": ["LICENSE-1", "SCOPE-3"] => |case| added_by_app(case, &LICENSE),
    "card_added_by_crm": ["CARD-1", "CARD-2", "SCOPE-2"] => |case| added_by_crm(case, &CARD),
    "card_added_by_app": ["CARD-1", "CARD-2", "SCOPE-3"] => |case| added_by_app(case, &CARD),
    "of_one_account_only": ["SCOPE-2", "SCOPE-3", "EMAIL-1", "PHONE-1", "IBAN-1", "PASSPORT-1", "LICENSE-1", "CARD-1"]
        => |case| of_one_account_only(case),
    "removed_alone": ["EMAIL-1", "PHONE-1", "IBAN-1", "PASSPORT-1", "LICENSE-1", "CARD-1"] => |case| removed_alone(case),
    "added_by_crm_without_confirmation": ["SCOPE-2", "CARD-3"] => |case| added_by_crm_without_confirmation(case),
    "many_are_listed_to_the_last": ["EMAIL-1"] => |case| many_are_listed_to_the_last(case),
});

/// What CRM adds is listed, for the end user too, until CRM removes it.
async fn added_by_crm(case: &Case, kind: &Kind) -> Step {
    let (account, crm) = (case.account().await?, case.crm().await?);
    let app = if case.run.target.sso.is_some() { Some(case.app(&account).await?) } else { None };
    kind.stays_until_removed(case, &account, &crm, app.as_ref()).await
}

/// What the end user adds is listed, for CRM too, until they remove it.
async fn added_by_app(case: &Case, kind: &Kind) -> Step {
    let account = case.account().await?;
    let (app, crm) = (case.app(&account).await?, case.crm().await?);
    kind.stays_until_removed(case, &account, &app, Some(&crm)).await
}

/// An item stands on the account that it was added to, and only there: neither token of another account sees it, and
/// neither can remove it.
async fn of_one_account_only(case: &Case) -> Step {
    let (owner, other) = (case.account().await?, case.account().await?);
    let crm = case.crm().await?;
    let callers = case.callers(&other).await?;
    for kind in case.run.sample(KINDS.into_iter(), 3) {
        let id = match kind.needed(case, &crm, &owner, &kind.new_value(case)).await {
            Ok(id) => id,
            Err(_) if !kind.has_documented_body() => continue,
            Err(stop) => return Err(stop),
        };
        let own = kind.needed(case, &crm, &other, &kind.new_value(case)).await?;
        for caller in &callers {
            let seen = kind.list(case, caller, &other).await?;
            let observed = || format!("{} items in {}", seen.len(), caller.path(&other, kind.list));
            let is_own = matches!(&seen[..], [(listed, _)] if *listed == own);
            Stop::unless(is_own, format!("the one item of account {}: {own}", other.id), observed)?;
            // An id may be given once for each account: then it is the own item that is named.
            if id != own {
                let answer = kind.remove(case, caller, &other, &id).await?;
                let expected = "the removal of an item of another account is refused, or does nothing";
                answer.demand(expected, |status| reader::is_refusal(status) || reader::is_success(status))?;
            }
            let left = kind.list(case, &crm, &owner).await?;
            let observed = || format!("{} items after {}", left.len(), caller.path(&other, kind.items));
            Stop::unless(left.iter().any(|(left, _)| *left == id), "the item of another account stays", observed)?;
        }
    }
    Ok(())
}

/// What is removed from one watchlist leaves the others of the account as they are.
async fn removed_alone(case: &Case) -> Step {
    let (own, crm) = (Enrolled::new(case).await?, case.crm().await?);
    let kinds = KINDS.into_iter().filter_map(|kind| Some((kind, own.captures.get(kind.capture)?)));
    let mut left: Vec<_> = kinds.collect();
    while !left.is_empty() {
        let (kind, id) = left.remove(0);
        let removed = kind.remove(case, &crm, &own.account, id).await?;
        removed.demand("the item is removed", reader::is_success).map_err(Stop::into_needed)?;
        for (other, id) in &left {
            let items = other.list(case, &crm, &own.account).await?;
            let is_there = matches!(&items[..], [(listed, _)] if listed == *id);
            let expected = format!("the {} stays when the {} is removed", other.name, kind.name);
            Stop::unless(is_there, expected, || format!("{} items", items.len()))?;
        }
    }
    Ok(())
}

/// Nobody is asked to confirm or verify what CRM adds. That nothing comes is known once the message about what the end
/// user has added later has come.
async fn added_by_crm_without_confirmation(case: &Case) -> Step {
    let account = case.account().await?;
    let (crm, app) = (case.crm().await?, case.app(&account).await?);
    let (email, phone) = (case.email(), case.values.phone());
    let mark = case.mark(&[&account.email, &email, &phone]).await?;
    for kind in case.run.sample(KINDS.into_iter(), 2) {
        let value = match kind.name {
            "email" => email.clone(),
            "phone" => phone.clone(),
            _ => kind.new_value(case),
        };
        match kind.needed(case, &crm, &account, &value).await {
            Err(_) if !kind.has_documented_body() => {}
            end => drop(end?),
        }
    }
    // The later message may go to the account's address too, so what has come by then is counted before it is caused.
    let sent = case.asked(&mark).await?;
    let later = case.email();
    let later_mark = case.mark(&[&later, &account.email]).await?;
    EMAIL.needed(case, &app, &account, &later).await?;
    case.message(&later_mark).await.map_err(Stop::into_needed)?;
    let own = case.asked(&later_mark).await?;
    let all = case.asked(&mark).await?;
    let late = all.saturating_sub(own);
    Stop::unless(sent.max(late) == 0, "nobody is asked to confirm what CRM adds", || format!("{all} messages"))
}

/// Pages that are longer than this are not filled.
const LONGEST_PAGE: u64 = 60;

/// A list holds all items, on however many pages, and each once.
async fn many_are_listed_to_the_last(case: &Case) -> Step {
    let (account, crm) = (case.account().await?, case.crm().await?);
    let first = case.get(&crm, &crm.path(&account, EMAIL.list)).await?;
    // More than a page, if the target has pages and tells how long they are. Where requests are dear, a list without a
    // word about pages is taken to be whole.
    let page = reader::page_length(&first.body).filter(|page| *page <= LONGEST_PAGE);
    let many = match page {
        None if case.run.is_frugal() => 3,
        Some(_) if case.run.is_frugal() => 17,
        page => page.unwrap_or(15) + 2,
    };
    let emails: Vec<String> = (0..many).map(|_| case.email()).collect();
    for email in &emails {
        EMAIL.added(case, &crm, &account, email).await.map_err(Stop::into_needed)?;
    }
    let items = EMAIL.list(case, &crm, &account).await?;
    for email in &emails {
        let times = items.iter().filter(|(_, item)| reader::shows(item, email)).count();
        Stop::unless(times == 1, format!("{email} once in the list"), || format!("{times} times in {}", items.len()))?;
    }
    Stop::unless(items.len() == emails.len(), format!("{} items", emails.len()), || items.len().to_string())
}
