//! The national ID: set once, switched on and off, and never changed by an update.

use reqwest::Method;
use serde_json::{Value, json};

use crate::case::Case;
use crate::client::{Account, Answer};
use crate::contract::{Step, Stop};
use crate::reader;

page!("ssn" {
    "updates_ignore_it": ["ACCOUNT-5", "SSN-2"] => |case| updates_ignore_it(case),
    "monitoring_is_switched": ["SSN-3"] => |case| monitoring_is_switched(case),
    "no_route_adds_one_later": ["SSN-3", "ACCOUNT-5", "SSN-2"] => |case| no_route_adds_one_later(case),
    "added_by_electronic_id": ["SSO-6", "SSN-2"] => |case| added_by_electronic_id(case),
    "no_watchlist": ["SSN-1"] => |case| super::scope::no_ssn_watchlist(case),
});

/// Where CRM updates an account.
pub(super) const UPDATES: [(Method, &str); 3] = [(Method::PUT, "v1"), (Method::PATCH, "v1"), (Method::PUT, "v2")];

/// No update refuses an SSN in its body, and none takes it: what the account shows of it stays as it was, and so does
/// what it can do. The rest of the body is taken.
async fn updates_ignore_it(case: &Case) -> Step {
    let (account, first) = created(case, true).await?;
    let crm = case.crm().await?;
    if let Some(is_on) = monitored(&first) {
        Stop::unless(is_on, "an SSN that is set is monitored from then on", || "it is not".into())?;
    }
    let before = shown(&first);
    let other = case.values.ssn();
    case.run.redactor.learn(other, "$OTHER_SSN");
    for ((method, version), name) in UPDATES.into_iter().zip(["Second", "Third", "Fourth"]) {
        let path = format!("/api/{version}/account/{}", account.id);
        let mut body = case.account_body(&account.email, Some(other));
        body["first_name"] = name.into();
        let answer = case.send(&crm, method.clone(), &path, Some(body.clone())).await?;
        answer.demand("an update is not refused for its ssn", reader::is_success)?;
        // An answer to a later update shows what this one has left.
        body.as_object_mut().map(|body| body.remove("ssn"));
        let after = case.send(&crm, method, &path, Some(body)).await?;
        after.demand("an update without an ssn", reader::is_success)?;
        for answer in [&answer, &after] {
            if let (Some(before), Some(after)) = (&before, shown(answer)) {
                let observed = || format!("the answer to {} shows another one", answer.to);
                Stop::unless(after == *before, "the account's ssn stays as it was", observed)?;
            }
            let taken =
                reader::item(&answer.body).and_then(|item| item.get("first_name")).is_none_or(|shown| shown == name);
            Stop::unless(taken, format!("the update is taken but for its ssn: first_name is {name}"), || {
                format!("another name to {}", answer.to)
            })?;
        }
    }
    let answer = switch(case, &account, "activate").await?;
    answer.demand("the ssn is still there to be monitored", reader::is_success)?;
    if before.is_none() {
        return Err(Stop::Inconclusive("the target shows no ssn, so nobody sees whether it has changed".into()));
    }
    Ok(())
}

/// The SSN as an account shows it, masked or not.
fn shown(answer: &Answer) -> Option<String> {
    Some(reader::item(&answer.body)?.get("ssn")?.as_str()?.to_owned())
}

/// An account of its own, with an SSN or without, and the answer to its creation.
pub(crate) async fn created(case: &Case, with_ssn: bool) -> Step<(Account, Answer)> {
    if !with_ssn && case.run.target.ssn_required {
        return Err(Stop::Skipped("DEFENTRY_SSN_REQUIRED says that every account has an SSN".into()));
    }
    let (account, answer) = match with_ssn {
        true => case.create_account_with_ssn(false).await?,
        false => case.create_account(None, false).await?,
    };
    Ok((account.map_err(Stop::into_needed)?, answer))
}

pub(crate) async fn switch(case: &Case, account: &Account, to: &str) -> Step<Answer> {
    let path = format!("/api/v1/account/{}/ssn-monitoring/{to}", account.id);
    case.send(&case.crm().await?, Method::PATCH, &path, None).await
}

/// Monitoring of an SSN that is there is switched off and on, more than once.
async fn monitoring_is_switched(case: &Case) -> Step {
    let (account, created) = created(case, true).await?;
    let before = shown(&created);
    let switches = ["deactivate", "activate", "deactivate", "activate"];
    for to in switches.into_iter().skip(if case.run.is_frugal() { 2 } else { 0 }) {
        let answer = switch(case, &account, to).await?;
        answer.demand(&format!("{to} an SSN's monitoring"), reader::is_success)?;
        let is_kept = before.is_none() || shown(&answer).is_none() || shown(&answer) == before;
        Stop::unless(is_kept, "the SSN stays as it is", || format!("another one to {}", answer.to))?;
        if let Some(is_on) = monitored(&answer) {
            Stop::unless(is_on == (to == "activate"), format!("monitoring after {to}"), || "the opposite".into())?;
        }
        // Where the answer shows nothing, the account may.
        let crm = case.crm().await?;
        let account = case.get(&crm, &format!("/api/v1/account/{}", account.id)).await?;
        if let Some(is_on) = monitored(&account).filter(|_| account.status == 200) {
            Stop::unless(is_on == (to == "activate"), format!("the account shows monitoring after {to}"), || {
                "the opposite".into()
            })?;
        }
    }
    Ok(())
}

/// Whether an account says that its SSN is monitored: by a boolean about that, whatever its name.
fn monitored(answer: &Answer) -> Option<bool> {
    let item = reader::item(&answer.body)?;
    let field = item.iter().find(|(name, value)| {
        name.contains("ssn") && name.contains("monitor") && (reader::is_boolean_name(name) || value.is_boolean())
    })?;
    reader::boolean(field.1)
}

/// Neither a switch nor an update adds an SSN to an account without one.
async fn no_route_adds_one_later(case: &Case) -> Step {
    // Where every account must have one, a world of its own may let it be left out.
    if case.run.target.ssn_required {
        let (account, first) = created(case, true).await?;
        let (before, crm) = (shown(&first), case.crm().await?);
        let ssn = json!({ "ssn": case.values.ssn() });
        let path = format!("/api/v1/account/{}", account.id);
        let switch = format!("{path}/ssn-monitoring/activate");
        let answer = case.send(&crm, Method::PATCH, &switch, Some(ssn)).await?;
        answer.demand("an ssn in the body of a switch is ignored, not refused", reader::is_success)?;
        let after = case.send(&crm, Method::PATCH, &path, Some(json!({}))).await?;
        let is_kept = before.is_none() || shown(&after).is_none() || shown(&after) == before;
        return Stop::unless(is_kept, "the SSN that the account was created with", || "another one".into());
    }
    let (account, first) = created(case, false).await?;
    Stop::unless(shown(&first).is_none(), "an account without an SSN", || "one that shows one".into())?;
    let (crm, ssn) = (case.crm().await?, case.values.ssn());
    case.run.redactor.learn(ssn, "$SSN");
    for (method, version) in UPDATES {
        let path = format!("/api/{version}/account/{}", account.id);
        let answer = case.send(&crm, method, &path, Some(case.account_body(&account.email, Some(ssn)))).await?;
        answer.demand("an update is not refused for its ssn", reader::is_success)?;
        has_none(&answer)?;
    }
    let path = format!("/api/v1/account/{}/ssn-monitoring/activate", account.id);
    // What a switch answers where there is nothing to monitor is the target's choice; that it adds nothing is not.
    for body in [None, Some(json!({ "ssn": ssn }))] {
        has_none(&case.send(&crm, Method::PATCH, &path, body).await?)?;
        has_none(&case.send(&crm, Method::PATCH, &path.replace("activate", "deactivate"), None).await?)?;
    }
    let last = case.send(&crm, Method::PATCH, &format!("/api/v1/account/{}", account.id), Some(json!({}))).await?;
    has_none(&last)
}

/// An account that shows no SSN.
fn has_none(answer: &Answer) -> Step {
    let has = reader::item(&answer.body).and_then(|item| item.get("has_ssn")).and_then(reader::boolean);
    let has = has == Some(true) || shown(answer).is_some_and(|ssn| !ssn.is_empty());
    Stop::unless(!has, "no route of CRM adds an SSN after creation", || format!("one to {}", answer.to))
}

/// The user adds an SSN by an electronic ID, which the fake lets a test complete; it is there from then on.
async fn added_by_electronic_id(case: &Case) -> Step {
    if !case.run.is_fake().await {
        return Err(Stop::Skipped(
            "nobody can complete an electronic ID but a person: the guide gives no route".into(),
        ));
    }
    let (account, first) = created(case, case.run.target.ssn_required).await?;
    let before = shown(&first);
    let ssn = case.values.unlisted_ssn();
    case.run.redactor.learn(&ssn, "$SSN");
    let path = format!("/_mock/accounts/{}/eid", account.id);
    let body = json!({ "provider": "bankid", "ssn": ssn });
    let answer = case.control(Method::POST, &path, Some(body)).await?;
    if answer.status == 404 || answer.body == Value::Null && answer.status >= 400 {
        return Err(Stop::Skipped("the target has no control route that completes an electronic ID".into()));
    }
    if case.run.target.ssn_required {
        // It is set once, and the account has one already.
        let path = format!("/api/v1/account/{}", account.id);
        let after = case.send(&case.crm().await?, Method::PATCH, &path, Some(json!({}))).await?;
        let is_kept = before.is_none() || shown(&after).is_none() || shown(&after) == before;
        Stop::unless(is_kept, "the SSN that the account was created with", || "another one".into())
    } else {
        answer.demand("the electronic ID is completed", reader::is_success)?;
        switch(case, &account, "activate").await?.demand("the SSN is there to be monitored", reader::is_success)
    }
}
