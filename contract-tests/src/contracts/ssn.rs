//! The national ID: set once, switched on and off, and never changed by an update.

use std::collections::BTreeMap;

use reqwest::Method;
use serde_json::{Value, json};

use crate::case::Case;
use crate::contract::page;
use crate::exchange::{Account, Answer, Caller};
use crate::halt::Halt;
use crate::reader;
use crate::steps::accounts::{Monitoring, created};
use crate::steps::matrix::of_excluded;
use crate::steps::profiles::{UPDATES, is_named, names, names_in, naming, profiles};
use crate::steps::{alarms, leaks};

page!("ssn" {
    "updates_ignore_it": ["ACCOUNT-5", "SSN-2"] => |case| updates_ignore_it(case),
    "the_first_stays_watched": ["ACCOUNT-5", "SSN-2", "SSN-3"] => |case| the_first_stays_watched(case),
    "monitoring_is_switched": ["SSN-3"] => |case| monitoring_is_switched(case),
    "no_route_adds_one_later": ["SSN-3", "ACCOUNT-5", "SSN-2"] => |case| no_route_adds_one_later(case),
    "added_by_electronic_id": ["SSO-6", "SSN-2"] => |case| added_by_electronic_id(case),
    "no_watchlist": ["SSN-1"] => |case| no_watchlist(case),
});

/// The SSN of an account as each call has shown it: each may mask it in its own way.
#[derive(Default)]
struct Sightings {
    seen: BTreeMap<String, String>,
    /// Whether any call has shown it more than once.
    is_compared: bool,
}

impl Sightings {
    /// Holds what an answer shows against what the same call has shown before. Where no digit is shown, no
    /// change can be seen.
    fn note(&mut self, answer: &Answer) -> Result<(), Halt> {
        let Some(ssn) = shown(answer).filter(|ssn| ssn.contains(|char: char| char.is_ascii_digit())) else {
            return Ok(());
        };
        match self.seen.get(&answer.to) {
            None => drop(self.seen.insert(answer.to.clone(), ssn)),
            Some(first) => {
                self.is_compared = true;
                let observed = || format!("the answer to {} shows another one", answer.to);
                Halt::unless(*first == ssn, "the account's ssn stays as it was", observed)?;
            }
        }
        Ok(())
    }

    /// Notes what those who read the account read, and what an update that changes nothing shows.
    async fn look(&mut self, case: &Case, account: &Account, readers: &[Caller]) -> Result<(), Halt> {
        for (_, answer) in profiles(case, readers, account).await? {
            self.note(&answer)?;
        }
        let path = format!("/api/v1/account/{}", account.id);
        self.note(&case.send(&case.crm().await?, Method::PATCH, &path, Some(json!({}))).await?)
    }

    /// An unchanged SSN counts only where a change could have been seen.
    fn are_enough(&self) -> Result<(), Halt> {
        let unseen = || Halt::Inconclusive("the target shows no ssn, so a change of it cannot be seen".into());
        self.is_compared.then_some(()).ok_or_else(unseen)
    }
}

/// No update refuses an SSN in its body, and none takes it: whatever shows it goes on showing the same, and what the
/// account can do it still can. The rest of the body is taken.
async fn updates_ignore_it(case: &Case) -> Result<(), Halt> {
    let (account, first) = created(case, true).await?;
    let (crm, readers) = (case.crm().await?, case.callers(&account).await?);
    if let Some(is_on) = monitored(&first) {
        Halt::unless(is_on, "an SSN that is set is monitored from then on", || "it is not".into())?;
    }
    let mut sightings = Sightings::default();
    sightings.look(case, &account, &readers).await?;
    let other = case.values.ssn();
    case.session.redactor.learn(other, "$OTHER_SSN");
    for update in &UPDATES {
        let without = case.account_body(&account.email, None);
        let before = update.send(case, &crm, &account, without).await?;
        before.demand("an update without an ssn", reader::is_success)?;
        sightings.note(&before)?;
        let name = case.values.name();
        let with = naming(case, &account, &name, Some(other));
        let answer = update.send(case, &crm, &account, with).await?;
        answer.demand("an update is not refused for its ssn", reader::is_success)?;
        sightings.note(&answer)?;
        let mut shown: Vec<_> = names_in(&answer).into_iter().map(|name| ("the answer", name)).collect();
        if shown.is_empty() {
            shown = names(case, &readers, &account).await?;
        }
        is_named(&shown, &name, &format!("{}, which is taken but for its ssn", answer.to))?;
    }
    sightings.look(case, &account, &readers).await?;
    let answer = Monitoring::Activate.switch(case, &account).await?;
    answer.demand("the ssn is still there to be monitored", reader::is_success)?;
    // Its user may be refused such an update; that it sets the SSN anew is ruled out.
    case.narrow(vec!["SSN-2"]);
    update_by_user(case, &account, other).await?;
    sightings.look(case, &account, &readers).await?;
    sightings.are_enough()
}

/// The user asks to update their own account, with an SSN in the body, by each of their routes.
async fn update_by_user(case: &Case, account: &Account, ssn: &str) -> Result<Vec<Answer>, Halt> {
    let mut updated = Vec::new();
    let Some(app) = case.app_if_configured(account).await? else { return Ok(updated) };
    for path in ["/api/v1/account".to_owned(), format!("/api/v2/account/{}", account.id)] {
        let body = case.account_body(&account.email, Some(ssn));
        updated.push(case.send(&app, Method::PUT, &path, Some(body)).await?);
    }
    Ok(updated)
}

/// After all calls that could have put another SSN in place of the first, a leak of the first raises an alarm, and a
/// leak of the other none, whatever the account shows.
async fn the_first_stays_watched(case: &Case) -> Result<(), Halt> {
    if !case.session.is_mock().await {
        return Err(Halt::Skipped("a leak of an SSN cannot be seeded there".into()));
    }
    let (first, other) = (case.values.unlisted_ssn(), case.values.unlisted_ssn());
    case.session.redactor.learn(&first, "$SSN");
    case.session.redactor.learn(&other, "$OTHER_SSN");
    let _turn = case.session.turn_to_leak().await;
    let (account, _) = case.create_account(Some(&first), false).await?;
    let (account, crm) = (account.map_err(Halt::into_required)?, case.crm().await?);
    for update in &UPDATES {
        update.send(case, &crm, &account, case.account_body(&account.email, Some(&other))).await?;
    }
    update_by_user(case, &account, &other).await?;
    let path = Monitoring::Activate.path(&account);
    case.send(&crm, Method::PATCH, &path, Some(json!({ "ssn": other }))).await?;
    complete_electronic_id(case, &account, &other).await?;
    for (ssn, raises, expected) in [
        (&other, false, "no alarm for a leak of an SSN that the account was given later"),
        (&first, true, "an alarm for a leak of the SSN that the account was created with"),
    ] {
        let before = alarms::of(case, &crm, &account).await?;
        leaks::seed(case, "ssn", ssn).await?;
        let raised = alarms::new(&before, &alarms::of(case, &crm, &account).await?);
        Halt::unless(raised.is_empty() != raises, expected, || format!("{} new alarms", raised.len()))?;
    }
    Ok(())
}

/// The SSN as an account shows it, masked or not.
fn shown(answer: &Answer) -> Option<String> {
    Some(reader::item(&answer.body)?.get("ssn")?.as_str()?.to_owned())
}

/// Monitoring of an SSN that is there is switched off and on, more than once.
async fn monitoring_is_switched(case: &Case) -> Result<(), Halt> {
    let (account, _) = created(case, true).await?;
    let (mut sightings, readers) = (Sightings::default(), case.callers(&account).await?);
    let switches = [Monitoring::Deactivate, Monitoring::Activate].repeat(2);
    for to in switches.into_iter().skip(if case.session.is_frugal() { 2 } else { 0 }) {
        let answer = to.switch(case, &account).await?;
        answer.demand(&format!("{} an SSN's monitoring", to.name()), reader::is_success)?;
        sightings.note(&answer)?;
        if let Some(is_on) = monitored(&answer) {
            Halt::unless(is_on == (to == Monitoring::Activate), format!("monitoring after {}", to.name()), || {
                "the opposite".into()
            })?;
        }
        // Where the answer shows nothing, the account may.
        for (who, profile) in profiles(case, &readers, &account).await? {
            sightings.note(&profile)?;
            if let Some(is_on) = monitored(&profile) {
                let observed = || format!("{who} reads the opposite");
                Halt::unless(
                    is_on == (to == Monitoring::Activate),
                    format!("monitoring after {}", to.name()),
                    observed,
                )?;
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
async fn no_route_adds_one_later(case: &Case) -> Result<(), Halt> {
    // Where every account must have one, a world of its own may let it be left out.
    if case.session.target.ssn_required {
        let (account, _) = created(case, true).await?;
        let (mut sightings, readers) = (Sightings::default(), case.callers(&account).await?);
        sightings.look(case, &account, &readers).await?;
        let path = Monitoring::Activate.path(&account);
        let ssn = json!({ "ssn": case.values.ssn() });
        // The guide leaves open whether a switch refuses an ssn; it must not take one.
        case.send(&case.crm().await?, Method::PATCH, &path, Some(ssn)).await?;
        return sightings.look(case, &account, &readers).await;
    }
    let (account, first) = created(case, false).await?;
    Halt::unless(shown(&first).is_none(), "an account without an SSN", || "one that shows one".into())?;
    let (crm, ssn) = (case.crm().await?, case.values.ssn());
    case.session.redactor.learn(ssn, "$SSN");
    for update in &UPDATES {
        let answer = update.send(case, &crm, &account, case.account_body(&account.email, Some(ssn))).await?;
        answer.demand("an update is not refused for its ssn", reader::is_success)?;
        has_none(&answer)?;
    }
    for answer in update_by_user(case, &account, ssn).await? {
        has_none(&answer)?;
    }
    let path = Monitoring::Activate.path(&account);
    // The guide leaves open how a switch answers where there is nothing to monitor; it must not add an SSN.
    for body in [None, Some(json!({ "ssn": ssn }))] {
        has_none(&case.send(&crm, Method::PATCH, &path, body).await?)?;
        has_none(&case.send(&crm, Method::PATCH, &Monitoring::Deactivate.path(&account), None).await?)?;
    }
    for (_, answer) in profiles(case, &case.callers(&account).await?, &account).await? {
        has_none(&answer)?;
    }
    let last = case.send(&crm, Method::PATCH, &format!("/api/v1/account/{}", account.id), Some(json!({}))).await?;
    has_none(&last)
}

/// An account that shows no SSN.
fn has_none(answer: &Answer) -> Result<(), Halt> {
    let has = reader::item(&answer.body).and_then(|item| item.get("has_ssn")).and_then(reader::boolean);
    let has = has == Some(true) || shown(answer).is_some_and(|ssn| !ssn.is_empty());
    Halt::unless(!has, "no route of CRM adds an SSN after creation", || format!("one to {}", answer.to))
}

/// The user identifies themselves with this SSN, as far as there is a control route for it.
async fn complete_electronic_id(case: &Case, account: &Account, ssn: &str) -> Result<Answer, Halt> {
    let body = json!({ "provider": "bankid", "ssn": ssn });
    case.control(Method::POST, &format!("/_mock/accounts/{}/eid", account.id), Some(body)).await
}

/// The user adds an SSN by an electronic ID, which the mock lets a test complete; it is there from then on.
async fn added_by_electronic_id(case: &Case) -> Result<(), Halt> {
    if !case.session.is_mock().await {
        return Err(Halt::Skipped("only a person can complete an electronic ID: the guide gives no route".into()));
    }
    let (account, _) = created(case, case.session.target.ssn_required).await?;
    let (mut sightings, readers) = (Sightings::default(), case.callers(&account).await?);
    sightings.look(case, &account, &readers).await?;
    let ssn = case.values.unlisted_ssn();
    case.session.redactor.learn(&ssn, "$SSN");
    let answer = complete_electronic_id(case, &account, &ssn).await?;
    if answer.status == 404 || answer.body == Value::Null && answer.status >= 400 {
        return Err(Halt::Skipped("the target has no control route that completes an electronic ID".into()));
    }
    if case.session.target.ssn_required {
        // It is set once, and the account has one already.
        sightings.look(case, &account, &readers).await
    } else {
        answer.demand("the electronic ID is completed", reader::is_success)?;
        Monitoring::Activate
            .switch(case, &account)
            .await?
            .demand("the SSN is there to be monitored", reader::is_success)
    }
}

/// There is no route to add, list or delete an SSN.
async fn no_watchlist(case: &Case) -> Result<(), Halt> {
    of_excluded(case, |route| route.path.contains("ssn-watchlist")).await
}
