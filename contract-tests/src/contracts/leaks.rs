//! Leaks of watched values.

use reqwest::Method;
use serde_json::{Value, json};

use super::watchlist::{CARD, EMAIL, IBAN, Kind, PHONE};
use crate::case::Case;
use crate::client::{Account, Caller};
use crate::contract::{Step, Stop};
use crate::reader;

page!("leaks" {
    "of_an_email": ["EMAIL-1", "SCOPE-2"] => |case| are_seen(case, &EMAIL),
    "of_a_phone": ["PHONE-1", "SCOPE-2"] => |case| are_seen(case, &PHONE),
    "of_an_iban": ["IBAN-1", "SCOPE-2"] => |case| are_seen(case, &IBAN),
    "of_a_card": ["CARD-1", "CARD-2"] => |case| are_seen(case, &CARD),
    "are_lists": ["EMAIL-1", "PHONE-1", "IBAN-1", "CARD-1"] => |case| are_lists(case),
});

/// A value that is in a breach: the fake is told that, a real target is known to hold it.
async fn leaked(case: &Case, kind: &Kind) -> Step<String> {
    let known = &case.run.target.leaked;
    let (known, variable) = match kind.name {
        "email" => (&known.email, "DEFENTRY_LEAKED_EMAIL"),
        "phone" => (&known.phone, "DEFENTRY_LEAKED_PHONE"),
        "iban" => (&known.iban, "DEFENTRY_LEAKED_IBAN"),
        _ => (&known.card, "DEFENTRY_LEAKED_CARD"),
    };
    match known {
        Some(value) => Ok(value.clone()),
        None if case.run.is_fake().await => {
            let value = kind.new_value(case);
            let body = json!({ "kind": kind.name, "value": value });
            let answer = case.control(Method::POST, "/_mock/leaks", Some(body)).await?;
            let is_seeded = reader::is_success(answer.status);
            is_seeded
                .then_some(value)
                .ok_or_else(|| Stop::Skipped(format!("a leak cannot be seeded: {}", answer.status)))
        }
        None => Err(Stop::Skipped(format!("no value is known to be in a breach there: see {variable}"))),
    }
}

/// The leaks that a caller sees.
async fn of(case: &Case, kind: &Kind, by: &Caller, on: &Account) -> Step<Vec<Value>> {
    case.list(by, &by.path(on, kind.leaks.unwrap_or_default())).await
}

/// Who watches a value that is in a breach sees its leak, with either token that the guide gives a route; who watches
/// another value, or nothing, does not.
async fn are_seen(case: &Case, kind: &Kind) -> Step {
    let (watching, other, idle) = (case.account().await?, case.account().await?, case.account().await?);
    let crm = case.crm().await?;
    let value = leaked(case, kind).await?;
    kind.needed(case, &crm, &watching, &value).await?;
    kind.needed(case, &crm, &other, &kind.new_value(case)).await?;
    let has_crm_route = kind.name != CARD.name;
    for (account, is_watching) in [(&watching, true), (&other, false), (&idle, false)] {
        let mut callers = Vec::new();
        callers.extend(has_crm_route.then(|| crm.clone()));
        match case.app(account).await {
            Ok(app) => callers.push(app),
            Err(Stop::Skipped(_)) if has_crm_route => {}
            Err(stop) => return Err(stop),
        }
        for caller in &callers {
            let leaks = of(case, kind, caller, account).await?;
            let who =
                if is_watching { "who watches the value sees its leak" } else { "who does not watch it sees none" };
            let observed =
                || format!("{} leaks in {}", leaks.len(), caller.path(account, kind.leaks.unwrap_or_default()));
            Stop::unless(is_watching != leaks.is_empty(), who, observed)?;
        }
    }
    Ok(())
}

/// Every documented route of leaks answers a list, empty where nothing is watched.
async fn are_lists(case: &Case) -> Step {
    let account = case.account().await?;
    let crm = case.crm().await?;
    for kind in [&EMAIL, &PHONE, &IBAN] {
        let leaks = of(case, kind, &crm, &account).await?;
        Stop::unless(leaks.is_empty(), "no leaks where nothing is watched", || format!("{} leaks", leaks.len()))?;
    }
    let app = case.app(&account).await?;
    for kind in [&EMAIL, &PHONE, &IBAN, &CARD] {
        let leaks = of(case, kind, &app, &account).await?;
        Stop::unless(leaks.is_empty(), "no leaks where nothing is watched", || format!("{} leaks", leaks.len()))?;
    }
    Ok(())
}
