//! Accounts, created and updated by CRM.

use serde_json::{Map, Value};

use crate::case::Case;
use crate::contract::page;
use crate::exchange::Account;
use crate::halt::Halt;
use crate::kind::{EMAIL, PHONE};
use crate::reader;
use crate::steps::accounts::create;
use crate::steps::profiles::{UPDATES, is_kept, is_named, is_not_named, names, names_of, naming, profiles};

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
async fn created(case: &Case) -> Result<(), Halt> {
    let (account, answer) = case.create_account_with_ssn(false).await?;
    answer.demand("201 to a created account", |status| status == 201)?;
    let data = answer.body.get("data").is_some_and(Value::is_object);
    Halt::unless(data, "the account under data", || "none there".into())?;
    let (account, crm) = (account?, case.crm().await?);
    let listed = case.get(&crm, &crm.path(&account, EMAIL.list)).await?;
    listed.demand("data.id is the account id of other calls", reader::is_success)
}

/// An account is shown as it was created, then and whenever it is read, and each has an id of its own.
async fn created_as_described(case: &Case) -> Result<(), Halt> {
    let mut ids = Vec::new();
    for name in [("Åsa Märta Linnéa Contract-Test", "Öberg von Exempel af Provstad"), ("Grace", "Example")] {
        // An address may hold more than letters too.
        let email = case.values.spelled_emails().remove(0);
        let describe = |body: &mut Value| {
            body["first_name"] = name.0.into();
            body["last_name"] = name.1.into();
            body["email"] = email.clone().into();
        };
        let (account, status) = create(case, describe).await?;
        if account.is_err() && matches!(status, 400 | 422) && name.0 != "Grace" {
            // The guide does not say which names and addresses there are.
            continue;
        }
        let (account, body) = account?;
        let account = Account { email: email.clone(), ..account };
        let item = reader::item(&body).cloned().unwrap_or_default();
        is_described(&item, &account, name)?;
        is_as_sent(&item, "type", "SINGLE")?;
        let plan = item
            .get("plan_id")
            .is_none_or(|id| id.to_string().trim_matches('"') == case.session.target.plan_id.to_string());
        Halt::unless(plan, format!("plan_id is {}", case.session.target.plan_id), || item["plan_id"].to_string())?;
        for (_, profile) in profiles(case, &case.callers(&account).await?, &account).await? {
            is_described(&reader::item(&profile.body).cloned().unwrap_or_default(), &account, name)?;
        }
        ids.push(account.id);
    }
    let is_new = |id: &String| ids.iter().filter(|other| *other == id).count() == 1;
    Halt::unless(ids.iter().all(is_new), "an id for each account", || format!("{} twice", ids[0]))
}

/// The shown fields of an account are those that it was created with.
fn is_described(item: &Map<String, Value>, account: &Account, name: (&str, &str)) -> Result<(), Halt> {
    for (field, wanted) in [("first_name", name.0), ("last_name", name.1), ("email", &account.email)] {
        is_as_sent(item, field, wanted)?;
    }
    // A language may be shown with its country.
    for (field, sent) in [("country_code", "se"), ("lang_code", "sv")] {
        let is_sent = |text: &str| text.to_ascii_lowercase().starts_with(sent);
        let is_it = item.get(field).is_none_or(|value| !value.is_null() && value.as_str().is_none_or(is_sent));
        Halt::unless(is_it, format!("{field} is {}", sent.to_ascii_uppercase()), || item[field].to_string())?;
    }
    Ok(())
}

/// A field of an account, where it is shown, is what was sent, in whatever case.
fn is_as_sent(item: &Map<String, Value>, field: &str, sent: &str) -> Result<(), Halt> {
    let is_it = item.get(field).is_none_or(|value| value.as_str().is_some_and(|text| reader::is_same(text, sent)));
    Halt::unless(is_it, format!("{field} is {sent}"), || item[field].to_string())
}

/// A refused create leaves nothing behind: there is no token for its address.
async fn is_refused(case: &Case, what: &str, change: impl Fn(&mut Value)) -> Result<(), Halt> {
    let (account, status) = create(case, change).await?;
    let is_refused = account.is_err() && reader::is_refusal(status);
    Halt::unless(is_refused, format!("an account {what} is refused"), || format!("{status} to POST /api/v1/account"))
}

/// Neither name can be left out, or be empty.
async fn names_are_required(case: &Case) -> Result<(), Halt> {
    // A refusal must be about the name, so a good body must be taken.
    create(case, |_| {}).await?.0.map_err(Halt::into_required)?;
    for field in ["first_name", "last_name"] {
        is_refused(case, &format!("without {field}"), |body| {
            body.as_object_mut().map(|body| body.remove(field));
        })
        .await?;
        for empty in case.session.sample([Value::Null, "".into()].into_iter(), 2) {
            is_refused(case, &format!("with {field} {empty}"), |body| body[field] = empty.clone()).await?;
        }
    }
    Ok(())
}

/// Without an SSN an account is refused where the deployment requires one, and created where it does not.
async fn ssn_is_required_by_deployment(case: &Case) -> Result<(), Halt> {
    // A refusal must be about the SSN, so the first account has one, required or not.
    let with = |body: &mut Value| {
        if body.get("ssn").is_none() {
            body["ssn"] = case.values.ssn().into();
        }
    };
    create(case, with).await?.0.map_err(Halt::into_required)?;
    for empty in [None, Some(Value::Null)] {
        let without = |body: &mut Value| match &empty {
            Some(empty) => body["ssn"] = empty.clone(),
            None => drop(body.as_object_mut().map(|body| body.remove("ssn"))),
        };
        if case.session.target.ssn_required {
            is_refused(case, "without an ssn, where DEFENTRY_SSN_REQUIRED says that it is required,", without).await?;
        } else {
            create(case, without).await?.0?;
        }
    }
    Ok(())
}

/// One of the two must be given; the phone alone is enough.
async fn email_or_phone_is_required(case: &Case) -> Result<(), Halt> {
    create(case, |_| {}).await?.0.map_err(Halt::into_required)?;
    let without_email = |body: &mut Value| drop(body.as_object_mut().map(|body| body.remove("email")));
    is_refused(case, "without email and phone", without_email).await?;
    let phone = PHONE.new_value(case);
    let (account, status) = create(case, |body| {
        without_email(body);
        body["phone"] = phone.clone().into();
    })
    .await?;
    let created = format!("{status} to POST /api/v1/account");
    account.map(drop).map_err(|_| Halt::fail("an account with a phone and no email is created", created))
}

/// A change by CRM, by whichever path, is read by CRM and by the owner; no other account changes.
async fn updated_by_crm(case: &Case) -> Result<(), Halt> {
    let (account, other) = (case.fresh_account().await?, case.account().await?);
    let (crm, own, others) = (case.crm().await?, case.callers(&account).await?, case.callers(&other).await?);
    let before = profiles(case, &own, &account).await?;
    let mut is_seen = false;
    for update in &UPDATES {
        let mut name = case.values.full_name();
        let mut answer = update.send(case, &crm, &account, naming(case, &account, &name, None)).await?;
        if matches!(answer.status, 400 | 422) {
            // The guide does not say which names there are.
            name = case.values.name();
            answer = update.send(case, &crm, &account, naming(case, &account, &name, None)).await?;
        }
        answer.demand("the account is updated", reader::is_success)?;
        let after = profiles(case, &own, &account).await?;
        let shown = names_of(&after);
        is_seen |= !shown.is_empty();
        is_named(&shown, &name, &answer.to)?;
        is_kept(&before, &after, &answer.to)?;
        is_not_named(&names(case, &others, &other).await?, &name, &answer.to)?;
    }
    let unseen = || Halt::Inconclusive("the account cannot be read, so a change of it cannot be seen".into());
    if is_seen { Ok(()) } else { Err(unseen()) }
}

/// Another partner is refused an update, and has changed nothing.
async fn updated_by_its_partner_only(case: &Case) -> Result<(), Halt> {
    let other = case.other_partner().await?;
    let account = case.fresh_account().await?;
    let own = case.callers(&account).await?;
    for update in &UPDATES {
        let name = case.values.name();
        let answer = update.send(case, &other, &account, naming(case, &account, &name, None)).await?;
        let is_refused = |status| reader::is_foreign(status) || reader::is_wrong_token(status);
        answer.demand("401, 403 or 404 to another partner", is_refused)?;
        is_not_named(&names(case, &own, &account).await?, &name, &answer.to)?;
    }
    Ok(())
}
