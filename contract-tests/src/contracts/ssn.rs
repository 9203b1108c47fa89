//! The national ID: set once, switched on and off, and never changed by an update.

use std::collections::BTreeMap;

use reqwest::Method;
use serde_json::{Value, json};

use super::account::{is_named, names, names_in, naming, profiles};
use super::{alarms, leaks};
use crate::case::Case;
use crate::client::{Account, Answer, Caller};
use crate::contract::{Step, Stop};
use crate::reader;

page!("ssn" {
    "updates_ignore_it": ["ACCOUNT-5", "SSN-2"] => |case| updates_ignore_it(case),
    "the_first_stays_watched": ["ACCOUNT-5", "SSN-2", "SSN-3"] => |case| the_first_stays_watched(case),
    "monitoring_is_switched": ["SSN-3"] => |case| monitoring_is_switched(case),
    "no_route_adds_one_later": ["SSN-3", "ACCOUNT-5", "SSN-2"] => |case| no_route_adds_one_later(case),
    "added_by_electronic_id": ["SSO-6", "SSN-2"] => |case| added_by_electronic_id(case),
    "no_watchlist": ["SSN-1"] => |case| super::scope::no_ssn_watchlist(case),
});

/// Where CRM updates an account.
pub(super) const UPDATES: [(Method, &str); 3] = [(Method::PUT, "v1"), (Method::PATCH, "v1"), (Method::PUT, "v2")];

/// What was seen of an account's SSN, by the call that showed it: each may mask it in its own way.
#[derive(Default)]
struct Sightings {
    seen: BTreeMap<String, String>,
    /// Whether any call has shown it more than once.
    is_compared: bool,
}

impl Sightings {
    /// Holds what an answer shows against what the same call has shown before. Where no digit is shown, nobody sees a
    /// change.
    fn note(&mut self, answer: &Answer) -> Step {
        let Some(ssn) = shown(answer).filter(|ssn| ssn.contains(|char: char| char.is_ascii_digit())) else {
            return Ok(());
        };
        match self.seen.get(&answer.to) {
            None => drop(self.seen.insert(answer.to.clone(), ssn)),
            Some(first) => {
                self.is_compared = true;
                let observed = || format!("the answer to {} shows another one", answer.to);
                Stop::unless(*first == ssn, "the account's ssn stays as it was", observed)?;
            }
        }
        Ok(())
    }

    /// Notes what those who read the account read, and what an update that changes nothing shows.
    async fn look(&mut self, case: &Case, account: &Account, readers: &[Caller]) -> Step {
        for (_, answer) in profiles(case, readers, account).await? {
            self.note(&answer)?;
        }
        let path = format!("/api/v1/account/{}", account.id);
        self.note(&case.send(&case.crm().await?, Method::PATCH, &path, Some(json!({}))).await?)
    }

    /// That nothing has changed counts only where somebody could have seen it.
    fn are_enough(&self) -> Step {
        let unseen = || Stop::Inconclusive("the target shows no ssn, so nobody sees whether it has changed".into());
        self.is_compared.then_some(()).ok_or_else(unseen)
    }
}

/// No update refuses an SSN in its body, and none takes it: whatever shows it goes on showing the same, and what the
/// account can do it still can. The rest of the body is taken.
async fn updates_ignore_it(case: &Case) -> Step {
    let (account, first) = created(case, true).await?;
    let (crm, readers) = (case.crm().await?, case.callers(&account).await?);
    if let Some(is_on) = monitored(&first) {
        Stop::unless(is_on, "an SSN that is set is monitored from then on", || "it is not".into())?;
    }
    let mut sightings = Sightings::default();
    sightings.look(case, &account, &readers).await?;
    let other = case.values.ssn();
    case.run.redactor.learn(other, "$OTHER_SSN");
    for (method, version) in UPDATES {
        let path = format!("/api/{version}/account/{}", account.id);
        let without = case.account_body(&account.email, None);
        let before = case.send(&crm, method.clone(), &path, Some(without)).await?;
        before.demand("an update without an ssn", reader::is_success)?;
        sightings.note(&before)?;
        let name = case.values.name();
        let with = naming(case, &account, &name, Some(other));
        let answer = case.send(&crm, method, &path, Some(with)).await?;
        answer.demand("an update is not refused for its ssn", reader::is_success)?;
        sightings.note(&answer)?;
        let mut shown: Vec<_> = names_in(&answer).into_iter().map(|name| ("the answer", name)).collect();
        if shown.is_empty() {
            shown = names(case, &readers, &account).await?;
        }
        is_named(&shown, &name, &format!("{}, which is taken but for its ssn", answer.to))?;
    }
    sightings.look(case, &account, &readers).await?;
    let answer = switch(case, &account, "activate").await?;
    answer.demand("the ssn is still there to be monitored", reader::is_success)?;
    sightings.are_enough()
}

/// Whatever an account shows of its SSN: after all that could have put another one in its place, a leak of the first
/// raises an alarm, and a leak of the other none.
async fn the_first_stays_watched(case: &Case) -> Step {
    if !case.run.is_fake().await {
        return Err(Stop::Skipped("a leak of an SSN cannot be seeded there".into()));
    }
    let (first, other) = (case.values.unlisted_ssn(), case.values.unlisted_ssn());
    case.run.redactor.learn(&first, "$SSN");
    case.run.redactor.learn(&other, "$OTHER_SSN");
    let _turn = case.run.leaking.lock().await;
    let (account, _) = case.create_account(Some(&first), false).await?;
    let (account, crm) = (account.map_err(Stop::into_needed)?, case.crm().await?);
    for (method, version) in UPDATES {
        let path = format!("/api/{version}/account/{}", account.id);
        case.send(&crm, method, &path, Some(case.account_body(&account.email, Some(&other)))).await?;
    }
    let path = format!("/api/v1/account/{}/ssn-monitoring/activate", account.id);
    case.send(&crm, Method::PATCH, &path, Some(json!({ "ssn": other }))).await?;
    complete_electronic_id(case, &account, &other).await?;
    for (ssn, raises, expected) in [
        (&other, false, "no alarm for a leak of an SSN that the account was given later"),
        (&first, true, "an alarm for a leak of the SSN that the account was created with"),
    ] {
        let before = alarms::of(case, &crm, &account).await?;
        leaks::seed(case, "ssn", ssn).await?;
        let raised = alarms::new(&before, &alarms::of(case, &crm, &account).await?);
        Stop::unless(raised.is_empty() != raises, expected, || format!("{} new alarms", raised.len()))?;
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
    let (account, _) = created(case, true).await?;
    let (mut sightings, readers) = (Sightings::default(), case.callers(&account).await?);
    let switches = ["deactivate", "activate", "deactivate", "activate"];
    for to in switches.into_iter().skip(if case.run.is_frugal() { 2 } else { 0 }) {
        let answer = switch(case, &account, to).await?;
        answer.demand(&format!("{to} an SSN's monitoring"), reader::is_success)?;
        sightings.note(&answer)?;
        if let Some(is_on) = monitored(&answer) {
            Stop::unless(is_on == (to == "activate"), format!("monitoring after {to}"), || "the opposite".into())?;
        }
        // Where the answer shows nothing, the account may.
        for (who, profile) in profiles(case, &readers, &account).await? {
            sightings.note(&profile)?;
            if let Some(is_on) = monitored(&profile) {
                let observed = || format!("{who} reads the opposite");
                Stop::unless(is_on == (to == "activate"), format!("monitoring after {to}"), observed)?;
            }
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
        let (account, _) = created(case, true).await?;
        let (mut sightings, readers) = (Sightings::default(), case.callers(&account).await?);
        sightings.look(case, &account, &readers).await?;
        let path = format!("/api/v1/account/{}/ssn-monitoring/activate", account.id);
        let ssn = json!({ "ssn": case.values.ssn() });
        // Whether a switch refuses an ssn is the target's choice; that it takes none is not.
        case.send(&case.crm().await?, Method::PATCH, &path, Some(ssn)).await?;
        return sightings.look(case, &account, &readers).await;
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
    for (_, answer) in profiles(case, &case.callers(&account).await?, &account).await? {
        has_none(&answer)?;
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

/// The user identifies themselves with this SSN, as far as there is a control route for it.
async fn complete_electronic_id(case: &Case, account: &Account, ssn: &str) -> Step<Answer> {
    let body = json!({ "provider": "bankid", "ssn": ssn });
    case.control(Method::POST, &format!("/_mock/accounts/{}/eid", account.id), Some(body)).await
}

/// The user adds an SSN by an electronic ID, which the fake lets a test complete; it is there from then on.
async fn added_by_electronic_id(case: &Case) -> Step {
    if !case.run.is_fake().await {
        return Err(Stop::Skipped(
            "nobody can complete an electronic ID but a person: the guide gives no route".into(),
        ));
    }
    let (account, _) = created(case, case.run.target.ssn_required).await?;
    let (mut sightings, readers) = (Sightings::default(), case.callers(&account).await?);
    sightings.look(case, &account, &readers).await?;
    let ssn = case.values.unlisted_ssn();
    case.run.redactor.learn(&ssn, "$SSN");
    let answer = complete_electronic_id(case, &account, &ssn).await?;
    if answer.status == 404 || answer.body == Value::Null && answer.status >= 400 {
        return Err(Stop::Skipped("the target has no control route that completes an electronic ID".into()));
    }
    if case.run.target.ssn_required {
        // It is set once, and the account has one already.
        sightings.look(case, &account, &readers).await
    } else {
        answer.demand("the electronic ID is completed", reader::is_success)?;
        switch(case, &account, "activate").await?.demand("the SSN is there to be monitored", reader::is_success)
    }
}
