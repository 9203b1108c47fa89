//! Accounts, created and updated by CRM.

use serde_json::{Map, Value};

use super::ssn::UPDATES;
use super::watchlist::EMAIL;
use crate::case::Case;
use crate::client::{Account, Answer, Caller};
use crate::contract::{Step, Stop};
use crate::reader;

page!("account" {
    "created": ["ACCOUNT-1"] => |case| created(case),
    "created_as_described": ["ACCOUNT-1"] => |case| created_as_described(case),
    "names_are_required": ["ACCOUNT-2"] => |case| names_are_required(case),
    "ssn_is_required_by_deployment": ["ACCOUNT-3"] => |case| ssn_is_required_by_deployment(case),
    "email_or_phone_is_required": ["ACCOUNT-4"] => |case| email_or_phone_is_required(case),
    "updated_by_crm": ["ACCOUNT-5", "SCOPE-4"] => |case| updated_by_crm(case),
    "updated_by_its_partner_only": ["SCOPE-4"] => |case| updated_by_its_partner_only(case),
});

/// A new account comes under `data`, and its id is the one of the other CRM calls.
async fn created(case: &Case) -> Step {
    let (account, answer) = case.create_account_with_ssn(false).await?;
    answer.demand("201 to a created account", |status| status == 201)?;
    let data = answer.body.get("data").is_some_and(Value::is_object);
    Stop::unless(data, "the account under data", || "none there".into())?;
    let (account, crm) = (account?, case.crm().await?);
    let listed = case.get(&crm, &crm.path(&account, EMAIL.list)).await?;
    listed.demand("data.id is the account id of other calls", reader::is_success)
}

/// What is answered of an account is what it was created with, then and whenever it is read, and each has an id of its
/// own.
async fn created_as_described(case: &Case) -> Step {
    let mut ids = Vec::new();
    for name in ["Ada", "Grace"] {
        let (account, _) = create(case, |body| {
            body["first_name"] = name.into();
            body["last_name"] = "Example".into();
        })
        .await?;
        let (account, body) = account?;
        let item = reader::item(&body).cloned().unwrap_or_default();
        is_described(&item, &account, name)?;
        is_as_sent(&item, "type", "SINGLE")?;
        let plan = item
            .get("plan_id")
            .is_none_or(|id| id.to_string().trim_matches('"') == case.run.target.plan_id.to_string());
        Stop::unless(plan, format!("plan_id is {}", case.run.target.plan_id), || item["plan_id"].to_string())?;
        for (_, profile) in profiles(case, &case.callers(&account).await?, &account).await? {
            is_described(&reader::item(&profile.body).cloned().unwrap_or_default(), &account, name)?;
        }
        ids.push(account.id);
    }
    Stop::unless(ids[0] != ids[1], "an id for each account", || format!("{} twice", ids[0]))
}

/// What is shown of an account is what it was created with.
fn is_described(item: &Map<String, Value>, account: &Account, name: &str) -> Step {
    for (field, wanted) in [("first_name", name), ("last_name", "Example"), ("email", &account.email)] {
        is_as_sent(item, field, wanted)?;
    }
    // A language may be told with its country.
    for (field, sent) in [("country_code", "se"), ("lang_code", "sv")] {
        let is_sent = |text: &str| text.to_ascii_lowercase().starts_with(sent);
        let is_it = item.get(field).is_none_or(|value| !value.is_null() && value.as_str().is_none_or(is_sent));
        Stop::unless(is_it, format!("{field} is {}", sent.to_ascii_uppercase()), || item[field].to_string())?;
    }
    Ok(())
}

/// A field of an account, where it is shown, is what was sent, in whatever case.
fn is_as_sent(item: &Map<String, Value>, field: &str, sent: &str) -> Step {
    let is_it = item.get(field).is_none_or(|value| value.as_str().is_some_and(|text| text.eq_ignore_ascii_case(sent)));
    Stop::unless(is_it, format!("{field} is {sent}"), || item[field].to_string())
}

/// Asks for an account whose body is changed before it is sent, with an SSN that nobody has if the first is somebody's.
pub(crate) async fn create(case: &Case, change: impl Fn(&mut Value)) -> Step<(Step<(Account, Value)>, u16)> {
    let email = case.email();
    let mut status = 0;
    for ssn in [case.values.ssn().to_owned(), case.values.unlisted_ssn()] {
        let mut body = case.account_body(&email, case.run.target.ssn_required.then_some(&*ssn));
        change(&mut body);
        let answer = case.create(body).await?;
        status = answer.status;
        let account = case.created(&answer, &email, false);
        if account.is_ok() || !matches!(status, 409 | 422) {
            return Ok((account.map(|account| (account, answer.body)), status));
        }
    }
    Ok((Err(Stop::fail("a created account", format!("{status} to POST /api/v1/account"))), status))
}

/// A refused create leaves nothing behind: there is no token for its address.
async fn is_refused(case: &Case, what: &str, change: impl Fn(&mut Value)) -> Step {
    let (account, status) = create(case, change).await?;
    let is_refused = account.is_err() && reader::is_refusal(status);
    Stop::unless(is_refused, format!("an account {what} is refused"), || format!("{status} to POST /api/v1/account"))
}

/// Neither name can be left out, or be empty.
async fn names_are_required(case: &Case) -> Step {
    // What is refused must be refused for its name.
    create(case, |_| {}).await?.0.map_err(Stop::into_needed)?;
    for field in ["first_name", "last_name"] {
        is_refused(case, &format!("without {field}"), |body| {
            body.as_object_mut().map(|body| body.remove(field));
        })
        .await?;
        for empty in case.run.sample([Value::Null, "".into()].into_iter(), 2) {
            is_refused(case, &format!("with {field} {empty}"), |body| body[field] = empty.clone()).await?;
        }
    }
    Ok(())
}

/// Without an SSN an account is refused where the deployment requires one, and created where it does not.
async fn ssn_is_required_by_deployment(case: &Case) -> Step {
    // What is refused must be refused for its SSN, so the first account has one, required or not.
    let with = |body: &mut Value| {
        if body.get("ssn").is_none() {
            body["ssn"] = case.values.ssn().into();
        }
    };
    create(case, with).await?.0.map_err(Stop::into_needed)?;
    for empty in [None, Some(Value::Null)] {
        let without = |body: &mut Value| match &empty {
            Some(empty) => body["ssn"] = empty.clone(),
            None => drop(body.as_object_mut().map(|body| body.remove("ssn"))),
        };
        if case.run.target.ssn_required {
            is_refused(case, "without an ssn, where DEFENTRY_SSN_REQUIRED says that it is required,", without).await?;
        } else {
            create(case, without).await?.0?;
        }
    }
    Ok(())
}

/// One of the two must be given; the phone alone is enough.
async fn email_or_phone_is_required(case: &Case) -> Step {
    create(case, |_| {}).await?.0.map_err(Stop::into_needed)?;
    let without_email = |body: &mut Value| drop(body.as_object_mut().map(|body| body.remove("email")));
    is_refused(case, "without email and phone", without_email).await?;
    let phone = case.values.phone();
    let (account, status) = create(case, |body| {
        without_email(body);
        body["phone"] = phone.clone().into();
    })
    .await?;
    let created = format!("{status} to POST /api/v1/account");
    account.map(drop).map_err(|_| Stop::fail("an account with a phone and no email is created", created))
}

/// An account, as each of these callers reads it. The guide gives CRM no route for that, but a target may have one.
pub(super) async fn profiles(case: &Case, by: &[Caller], account: &Account) -> Step<Vec<(&'static str, Answer)>> {
    let mut read = Vec::new();
    for caller in by {
        let (who, path) = match caller {
            Caller::App(..) => ("its owner", "/api/v1/account".to_owned()),
            _ => ("CRM", format!("/api/v1/account/{}", account.id)),
        };
        read.push((who, case.get(caller, &path).await?));
    }
    read.retain(|(_, answer)| answer.status == 200);
    Ok(read)
}

/// Both names of an account, as far as each of these callers reads them.
pub(super) async fn names(case: &Case, by: &[Caller], account: &Account) -> Step<Vec<(&'static str, Value)>> {
    let read = profiles(case, by, account).await?;
    Ok(read.iter().flat_map(|(who, answer)| names_in(answer).into_iter().map(|name| (*who, name))).collect())
}

/// Both names of an account, as far as an answer shows them.
pub(super) fn names_in(answer: &Answer) -> Vec<Value> {
    let shown = |name| reader::item(&answer.body)?.get(name).cloned();
    NAMES.into_iter().filter_map(shown).collect()
}

/// The body that gives an account this name, as first name and as last one. It holds all that a new account needs, for a
/// target may replace the whole of it.
pub(super) fn naming(case: &Case, account: &Account, name: &str, ssn: Option<&str>) -> Value {
    let mut body = case.account_body(&account.email, ssn);
    for field in NAMES {
        body[field] = name.into();
    }
    body
}

/// The fields of an account that hold its names.
const NAMES: [&str; 2] = ["first_name", "last_name"];

/// Whoever reads the account reads this name.
pub(super) fn is_named(shown: &[(&str, Value)], name: &str, after: &str) -> Step {
    let wrong = shown.iter().find(|(_, shown)| shown != name);
    let expected = format!("the name {name} after {after}");
    Stop::unless(wrong.is_none(), expected, || {
        wrong.map(|(who, shown)| format!("{who} reads {shown}")).unwrap_or_default()
    })
}

/// Nobody who reads the account reads this name.
pub(super) fn is_not_named(shown: &[(&str, Value)], name: &str, after: &str) -> Step {
    let wrong = shown.iter().find(|(_, shown)| shown == name);
    let expected = format!("{after} leaves the account as it is");
    Stop::unless(wrong.is_none(), expected, || wrong.map(|(who, _)| format!("{who} reads {name}")).unwrap_or_default())
}

/// Asks to name an account anew, by one of the documented paths.
async fn rename(case: &Case, by: &Caller, on: &Account, update: usize, name: &str) -> Step<Answer> {
    let (method, version) = UPDATES[update].clone();
    let body = naming(case, on, name, None);
    case.send(by, method, &format!("/api/{version}/account/{}", on.id), Some(body)).await
}

/// What CRM changes of an account, by whichever path, is read by CRM and by its owner; no other account changes.
async fn updated_by_crm(case: &Case) -> Step {
    let (account, other) = (case.fresh_account().await?, case.account().await?);
    let (crm, own, others) = (case.crm().await?, case.callers(&account).await?, case.callers(&other).await?);
    let mut is_seen = false;
    for update in case.run.sample(0..UPDATES.len(), 3) {
        let name = case.values.name();
        let answer = rename(case, &crm, &account, update, &name).await?;
        answer.demand("the account is updated", reader::is_success)?;
        let shown = names(case, &own, &account).await?;
        is_seen |= !shown.is_empty();
        is_named(&shown, &name, &answer.to)?;
        is_not_named(&names(case, &others, &other).await?, &name, &answer.to)?;
    }
    let unseen = || Stop::Inconclusive("nobody can read the account, so nobody sees whether it has changed".into());
    if is_seen { Ok(()) } else { Err(unseen()) }
}

/// Another partner is refused an update, and has changed nothing.
async fn updated_by_its_partner_only(case: &Case) -> Step {
    let other = case.other_partner().await?;
    let account = case.fresh_account().await?;
    let own = case.callers(&account).await?;
    for update in case.run.sample(0..UPDATES.len(), 3) {
        let name = case.values.name();
        let answer = rename(case, &other, &account, update, &name).await?;
        let is_refused = |status| reader::is_foreign(status) || reader::is_wrong_token(status);
        answer.demand("401, 403 or 404 to another partner", is_refused)?;
        is_not_named(&names(case, &own, &account).await?, &name, &answer.to)?;
    }
    Ok(())
}
