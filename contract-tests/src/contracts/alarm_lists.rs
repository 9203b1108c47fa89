//! The alarms of a partner: counted, and listed across accounts. The rest of the page is in `alarms`.

use serde_json::Value;

use crate::case::Case;
use crate::contract::page;
use crate::exchange::{Account, Caller};
use crate::halt::Halt;
use crate::kind::{EMAIL, KINDS, Kind};
use crate::reader;
use crate::steps::alarms::{
    ALL, STATISTIC, ids, known, listed, listed_until, of, open_one, raised, undisturbed, watching,
};

page!("alarms" {
    exclusive "statistics_count": ["ALARM-1", "ALARM-5"]
        => |case| undisturbed(case, |case, is_undisturbed| Box::pin(are_counted(case, is_undisturbed))),
    "one_route_has_two_meanings": ["ALARM-5", "ALARM-6"]
        => |case| undisturbed(case, |case, _| Box::pin(two_meanings(case))),
    exclusive "lists_of_the_partner": ["ALARM-5"]
        => |case| undisturbed(case, |case, is_undisturbed| Box::pin(partners_lists(case, is_undisturbed))),
});

/// The partner's lists of the alarms of one kind.
fn lists_of_kinds() -> impl Iterator<Item = (&'static Kind, &'static str)> {
    KINDS.into_iter().filter_map(|kind| Some((kind, kind.alarms?)))
}

/// The sum of all counts of an answer, under whatever names; none where it holds none.
fn counts(body: &Value) -> Option<f64> {
    let is_count = |(name, _): &(&str, &Value)| *name != "id" && !name.ends_with("_id") && !name.ends_with("_at");
    let number = |value: &Value| value.as_f64().or_else(|| value.as_str()?.parse().ok());
    let found: Vec<f64> = reader::fields(body).into_iter().filter(is_count).filter_map(|(_, it)| number(it)).collect();
    (!found.is_empty()).then(|| found.iter().sum())
}

/// The sum of all counts of a statistic.
async fn statistic(case: &Case, by: &Caller, path: &str) -> Result<Option<f64>, Halt> {
    let answer = case.get(by, path).await?;
    answer.demand("a statistic", reader::is_success)?;
    Ok(counts(&answer.body))
}

/// A kind of which an account has no alarm yet, where checks share it.
async fn unwatched(case: &Case, account: &Account) -> Option<&'static Kind> {
    for kind in KINDS.into_iter().filter(|kind| case.session.target.leaked.contains_key(kind.name)) {
        if known(case, kind, account).await.is_none() {
            return Some(kind);
        }
    }
    case.session.target.leaked.is_empty().then_some(&EMAIL)
}

/// Statistics count: those of an account grow with an alarm of it, and those of the partner with an alarm of any
/// account. Those of others stay as they are.
async fn are_counted(case: &Case, is_undisturbed: bool) -> Result<(), Halt> {
    let (account, crm) = (watching(case, &EMAIL).await?, case.crm().await?);
    let (account, kind) = match unwatched(case, &account).await {
        Some(kind) => (account, kind),
        None => (case.fresh_account().await?, &EMAIL),
    };
    let mut grow = vec![(crm.clone(), crm.path(&account, "/alarms/statistic"))];
    let mut stay = Vec::new();
    // Alarms of other accounts count too.
    if is_undisturbed {
        grow.push((crm.clone(), STATISTIC.to_owned()));
        stay.push((crm.clone(), crm.path(&watching(case, &EMAIL).await?, "/alarms/statistic")));
        if let Ok(partner) = case.other_partner().await {
            stay.push((partner, STATISTIC.to_owned()));
        }
    }
    let read = async |statistics: &[(Caller, String)]| -> Result<Vec<Option<f64>>, Halt> {
        let mut found = Vec::new();
        for (by, path) in statistics {
            found.push(statistic(case, by, path).await?);
        }
        Ok(found)
    };
    let (grew, stayed) = (read(&grow).await?, read(&stay).await?);
    let _turn = case.session.turn_to_leak().await;
    raised(case, kind, &account).await?;
    for (((_, path), before), after) in grow.iter().zip(grew).zip(read(&grow).await?) {
        let Some(after) = after else {
            return Err(Halt::Inconclusive(format!("no count in {path}")));
        };
        let observed = || format!("all counts in {path} together are {after}, {before:?} before");
        Halt::unless(after > before.unwrap_or_default(), "a statistic grows with an alarm", observed)?;
    }
    for (((_, path), before), after) in stay.iter().zip(stayed).zip(read(&stay).await?) {
        let observed = || format!("all counts in {path} together are {after:?}, {before:?} before");
        Halt::unless(after == before, "an alarm is in no statistic of others", observed)?;
    }
    Ok(())
}

/// With the app token it is the user's own alarms, with the CRM token those of the partner's accounts.
async fn two_meanings(case: &Case) -> Result<(), Halt> {
    let accounts = [watching(case, &EMAIL).await?, watching(case, &EMAIL).await?];
    let _turn = case.session.turn_to_leak().await;
    let mut alarms = Vec::new();
    for account in &accounts {
        alarms.push(open_one(case, &EMAIL, account, &[]).await?);
    }
    let crm = case.crm().await?;
    for path in ALL {
        let seen = ids(&listed_until(case, &crm, path, &alarms).await?);
        let missing: Vec<_> = alarms.iter().filter(|id| !seen.contains(id)).collect();
        let observed = || format!("{missing:?} are missing from {path}");
        Halt::unless(missing.is_empty(), format!("the alarms of all accounts with a CRM token: {alarms:?}"), observed)?;
    }
    for (place, account) in accounts.iter().enumerate() {
        let seen = ids(&of(case, &case.app(account).await?, account).await?);
        let (own, foreign) = (&alarms[place], &alarms[1 - place]);
        let is_right = seen.contains(own) && !seen.contains(foreign);
        let expected = format!("the user's own alarms with an app token: {own} and not {foreign}");
        Halt::unless(is_right, expected, || format!("{seen:?}"))?;
    }
    let Ok(other) = case.other_partner().await else { return Ok(()) };
    for path in ALL {
        let seen = ids(&listed(case, &other, path).await?);
        let foreign: Vec<_> = alarms.iter().filter(|id| seen.contains(id)).collect();
        let observed = || format!("{foreign:?} in {path}");
        Halt::unless(foreign.is_empty(), "no alarms of another partner's accounts", observed)?;
    }
    Ok(())
}

/// The lists of a kind change with an alarm of that kind and with no other. The guide leaves their entries open.
async fn partners_lists(case: &Case, is_undisturbed: bool) -> Result<(), Halt> {
    let crm = case.crm().await?;
    for path in [ALL[1], "/api/v1/alarms/company-list"] {
        case.list(&crm, path).await?;
    }
    // The guide leaves open how the period is given, so a target may ask for another form.
    let period = case.get(&crm, "/api/v1/alarms/accounts/by-period?from=2020-01-01&to=2099-12-31").await?;
    let is_answered = |status| reader::is_success(status) || matches!(status, 400 | 422);
    period.demand("accounts by period, or what is wrong with the period", is_answered)?;
    // 204 means that there are none.
    let is_shown = period.status == 204 || !reader::is_success(period.status) || !period.body.is_null();
    Halt::unless(is_shown, "accounts by period", || format!("{} to {}, and nothing in it", period.status, period.to))?;
    let read = async |by: &Caller| -> Result<Vec<Vec<Value>>, Halt> {
        let mut lists = Vec::new();
        for (_, path) in lists_of_kinds() {
            lists.push(case.list(by, path).await?);
        }
        Ok(lists)
    };
    let mut before = read(&crm).await?;
    if !is_undisturbed {
        // Others may raise alarms at any time.
        return Ok(());
    }
    let other = case.other_partner().await.ok();
    let others = if let Some(other) = &other { read(other).await? } else { Vec::new() };
    let _turn = case.session.turn_to_leak().await;
    for kind in KINDS {
        raised(case, kind, &watching(case, kind).await?).await?;
        let after = read(&crm).await?;
        for (((of, path), before), after) in lists_of_kinds().zip(&before).zip(&after) {
            let is_meant = of == kind;
            let expected = match is_meant {
                true => format!("{path} shows an alarm of its kind"),
                false => format!("{path} shows no alarm of a {}", kind.name),
            };
            let observed = || format!("{} entries, {} before", after.len(), before.len());
            Halt::unless((before != after) == is_meant, expected, observed)?;
        }
        before = after;
    }
    let Some(other) = other else { return Ok(()) };
    for (((_, path), before), after) in lists_of_kinds().zip(others).zip(read(&other).await?) {
        let observed = || format!("{} entries in {path}, {} before", after.len(), before.len());
        Halt::unless(after.len() == before.len(), "no alarms of another partner's accounts", observed)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

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
