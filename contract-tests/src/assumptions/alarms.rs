//! Probes of alarms: closed twice, without their item, and asked for by company and period.

use reqwest::Method;
use serde_json::json;

use crate::assumptions::inquiry::{Inquiry, Observation, Probe, is_done, met, probes};
use crate::case::Case;
use crate::exchange::{Account, Answer, Caller};
use crate::halt::Halt;
use crate::kind::EMAIL;
use crate::reader;
use crate::steps::alarms::{self, READINGS, is_closed};

/// The probes of this topic.
pub(super) const PROBES: &[Probe] = probes! {
    "alarm.close-again" => |inquiry| close_again(inquiry),
    "alarm.close-answer" => |inquiry| close_answer(inquiry),
    "alarm.of-removed" => |inquiry| of_removed(inquiry),
    "alarm.company" => |inquiry| company(inquiry),
    "alarm.period" => |inquiry| period(inquiry),
};

/// A company that no other account belongs to.
const COMPANY: u32 = 987_654;

/// Closes an alarm that has just been raised, twice.
async fn closed_twice(case: &Case) -> Result<[Answer; 2], Halt> {
    let (account, crm) = (case.fresh_account().await?, case.crm().await?);
    let id = raised(case, &account).await?;
    let path = crm.path(&account, &format!("/alarms/{id}/close"));
    let first = case.get(&crm, &path).await?;
    first.demand("the alarm is closed", is_done)?;
    Ok([first, case.get(&crm, &path).await?])
}

async fn raised(case: &Case, account: &Account) -> Result<String, Halt> {
    let _turn = case.session.turn_to_leak().await;
    alarms::raised(case, &EMAIL, account).await
}

/// The status of an answer to closing a closed alarm.
pub(super) async fn close_again(inquiry: Inquiry<'_>) -> Result<Observation, Halt> {
    let [_, again] = closed_twice(inquiry.case).await?;
    // Any success counts as 200: the close is repeated.
    Ok(if is_done(again.status) { inquiry.named("200", met(&again)) } else { inquiry.status(&again) })
}

/// Whether the answer to closing an alarm is that alarm.
pub(super) async fn close_answer(inquiry: Inquiry<'_>) -> Result<Observation, Halt> {
    let [closed, _] = closed_twice(inquiry.case).await?;
    let name = if is_closed(&closed.body) { "alarm" } else { "message" };
    Ok(inquiry.named(name, met(&closed)))
}

/// Whether an alarm is still listed once its item is removed.
pub(super) async fn of_removed(inquiry: Inquiry<'_>) -> Result<Observation, Halt> {
    let case = inquiry.case;
    let (account, crm) = (case.fresh_account().await?, case.crm().await?);
    let id = raised(case, &account).await?;
    for (item, _) in EMAIL.list(case, &crm, &account).await? {
        EMAIL.remove(case, &crm, &account, &item).await?.demand("the email is removed", is_done)?;
    }
    let is_kept = alarms::of(case, &crm, &account).await?.iter().any(|(listed, _)| *listed == id);
    Ok(inquiry.named(if is_kept { "kept" } else { "removed" }, "the alarms after the removal of their email"))
}

/// Whether an account that no company was named for has its alarms in the list of companies.
pub(super) async fn company(inquiry: Inquiry<'_>) -> Result<Observation, Halt> {
    let case = inquiry.case;
    let (account, crm) = (case.fresh_account().await?, case.crm().await?);
    let id = raised(case, &account).await?;
    let has_it = async |path: &str| -> Result<bool, Halt> {
        // A list that moves while it is read may pass it over.
        for _ in 0..READINGS {
            if case.list(&crm, path).await?.iter().any(|alarm| reader::alarm_id(alarm).as_ref() == Some(&id)) {
                return Ok(true);
            }
        }
        Ok(false)
    };
    if has_it("/api/v1/alarms/company-list").await? {
        return Ok(inquiry.named("partner", "the company list has an alarm of an account without a company"));
    }
    name_company(case, &crm, &account).await?;
    let name = if has_it("/api/v1/alarms/company-list").await? { "field" } else { "no company of an account" };
    Ok(inquiry.named(name, "the company list once company_id was set on the account"))
}

async fn name_company(case: &Case, crm: &Caller, account: &Account) -> Result<(), Halt> {
    let path = format!("/api/v1/account/{}", account.id);
    let answer = case.send(crm, Method::PATCH, &path, Some(json!({ "company_id": COMPANY }))).await?;
    answer.demand("the account is updated", is_done)
}

/// The answer of the list by period to a request without a period.
pub(super) async fn period(inquiry: Inquiry<'_>) -> Result<Observation, Halt> {
    let case = inquiry.case;
    let answer = case.get(&case.crm().await?, "/api/v1/alarms/accounts/by-period").await?;
    Ok(match answer.status {
        status if is_done(status) => inquiry.named("open", met(&answer)),
        _ => inquiry.status(&answer),
    })
}
