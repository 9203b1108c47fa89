//! Its accounts.

use std::collections::HashMap;

use jiff::Timestamp;
use serde_json::{Value, json};

use super::form::{Reply, moment};
use super::world::{Account, Who, World, told};
use super::{Answered, Asked};

/// An account, as whoever may see it is shown it.
fn shown(account: &Account) -> Value {
    json!({
        "id": account.id, "first_name": account.names[0], "last_name": account.names[1], "email": account.email,
        "mobile": account.phone, "ssn": format!("••••••-{}", account.ssn.get(9..).unwrap_or_default()),
        "is_ssn_monitored": account.is_monitored, "activation_date": account.created_at.to_string()[..10],
        "since_at": moment(account.created_at), "plan": { "number": account.plan },
    })
}

pub(super) fn create(world: &mut World, asked: &Asked, partner: usize) -> Answered {
    if asked.method != "POST" {
        return Err(Reply::refusal(403));
    }
    let text = |field: &str| asked.text(field).unwrap_or_default().to_owned();
    let mut wrong: Vec<_> =
        ["first_name", "last_name", "ssn"].into_iter().filter(|field| text(field).is_empty()).collect();
    if text("email").is_empty() && text("phone").is_empty() {
        wrong.push("email");
    }
    let plans = ["DEFENTRY_PLAN_ID", "DEFENTRY_PLAN_WITHOUT_ONLINE_ID"].map(|name| told(name).parse::<u64>().ok());
    let plan = asked.body.get("plan_id").and_then(Value::as_u64).filter(|plan| plans.contains(&Some(*plan)));
    if plan.is_none() {
        wrong.push("plan_id");
    }
    if !wrong.is_empty() {
        return Err(Reply::invalid(&wrong));
    }
    let (id, email) = (world.random.id(), text("email").to_lowercase());
    let account = Account {
        id: id.clone(),
        partner,
        created_with: email.clone(),
        email,
        phone: text("phone"),
        names: [text("first_name"), text("last_name")],
        ssn: text("ssn"),
        is_monitored: true,
        plan: plan.unwrap_or_default(),
        created_at: Timestamp::now(),
        items: Vec::new(),
        leaks: Vec::new(),
        online: None,
        codes: HashMap::new(),
    };
    let body = json!({ "data": shown(&account) });
    world.accounts.insert(id, account);
    Ok(Reply::json(201, body))
}

/// The calls that name an account and nothing below it.
pub(super) fn one(world: &mut World, asked: &Asked, who: &Who, is_first: bool, id: &str) -> Answered {
    match who {
        Who::Partner(partner) => super::entry::is_of(world, *partner, id)?,
        Who::User(own) if own == id && !is_first => {}
        Who::User(_) => return Err(Reply::refusal(403)),
    }
    let account = world.accounts.get_mut(id).ok_or_else(|| Reply::refusal(404))?;
    match (&*asked.method, is_first) {
        ("PUT", true) => update(account, asked, true).map(|_| Reply::empty(204)),
        ("PATCH", true) => update(account, asked, false).map(|body| Reply::json(200, body)),
        ("PUT", false) => update(account, asked, true).map(|body| Reply::json(202, body)),
        _ => Err(Reply::refusal(405)),
    }
}

/// The user's own profile.
pub(super) fn own(world: &mut World, asked: &Asked, id: &str) -> Answered {
    let account = world.accounts.get_mut(id).ok_or_else(|| Reply::refusal(404))?;
    match &*asked.method {
        "GET" => Ok(Reply::json(200, json!({ "profile": shown(account) }))),
        "PUT" => update(account, asked, true).map(|_| Reply::empty(204)),
        _ => Err(Reply::refusal(403)),
    }
}

/// Changes what may be changed; an SSN is not looked at.
fn update(account: &mut Account, asked: &Asked, is_whole: bool) -> Result<Value, Reply> {
    let names = ["first_name", "last_name"];
    let missing: Vec<_> = names.into_iter().filter(|name| is_whole && asked.text(name).is_none()).collect();
    if !missing.is_empty() {
        return Err(Reply::invalid(&missing));
    }
    for (name, field) in names.into_iter().zip(&mut account.names) {
        asked.text(name).into_iter().for_each(|text| text.clone_into(field));
    }
    asked.text("email").into_iter().for_each(|email| account.email = email.to_lowercase());
    Ok(json!({ "customer": shown(account) }))
}

pub(super) fn password(asked: &Asked) -> Answered {
    match (&*asked.method, asked.text("new_password")) {
        ("POST", Some(_)) => Ok(Reply::empty(204)),
        ("POST", None) => Err(Reply::invalid(&["new_password"])),
        _ => Err(Reply::refusal(405)),
    }
}

pub(super) fn monitor(world: &mut World, asked: &Asked, id: &str, to: &str) -> Answered {
    let account = world.accounts.get_mut(id).ok_or_else(|| Reply::refusal(404))?;
    match (&*asked.method, to) {
        ("PATCH", "activate") => account.is_monitored = true,
        ("PATCH", "deactivate") => account.is_monitored = false,
        _ => return Err(Reply::refusal(404)),
    }
    Ok(Reply::empty(204))
}
