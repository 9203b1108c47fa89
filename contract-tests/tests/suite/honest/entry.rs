//! Who is let in, and where.

use serde_json::{Value, json};

use super::form::{Reply, moment};
use super::world::{Finding, Who, World, told};
use super::{Answered, Asked, accounts, items, online};

/// A page of a list.
const PAGE: usize = 15;

pub(super) fn answer(world: &mut World, asked: &Asked) -> Answered {
    let path: Vec<&str> = asked.path.trim_matches('/').split('/').collect();
    match (&*asked.method, &path[..]) {
        ("GET", ["confirm", link]) => return items::confirm(world, link),
        ("POST", ["api", "v1", "crm", "auth", "login"]) => return log_in(world, asked),
        ("POST", ["api", "v1", "sso", route @ ("token" | "code")]) => return exchange(world, asked, route),
        ("POST", ["api", "v1", "sso", "login"]) => {
            let account = asked.text("code").and_then(|code| world.codes.remove(code));
            let account = account.ok_or_else(|| Reply::refusal(400))?;
            return Ok(Reply::json(200, json!({ "token": world.issue(Who::User(account)) })));
        }
        ("GET", ["done"]) => return Ok(Reply::json(200, json!({ "message": "Tack." }))),
        _ => {}
    }
    let who = asked.token.as_ref().and_then(|token| world.tokens.get(token)).cloned();
    let who = who.ok_or_else(|| Reply::refusal(401))?;
    let ["api", version @ ("v1" | "v2"), rest @ ..] = &path[..] else { return Err(Reply::refusal(404)) };
    let is_first = *version == "v1";
    match (&who, rest) {
        (_, ["account", id]) if *id != "password" => accounts::one(world, asked, &who, is_first, id),
        (Who::Partner(partner), ["account"]) if is_first => accounts::create(world, asked, *partner),
        (Who::User(id), ["account"]) if is_first => accounts::own(world, asked, id),
        (Who::User(_), ["account", "password"]) if !is_first => accounts::password(asked),
        (Who::Partner(partner), ["account", id, rest @ ..]) if is_first => {
            is_of(world, *partner, id)?;
            match rest {
                ["ssn-monitoring", to] => accounts::monitor(world, asked, id, to),
                ["alarms", rest @ ..] => alarms(world, asked, id, rest),
                _ => items::answer(world, asked, id, false, rest),
            }
        }
        (Who::User(_), ["account" | "alarms-list", ..]) => Err(Reply::refusal(403)),
        (Who::Partner(_), ["alarms", "leak", ..]) => Err(Reply::refusal(403)),
        (Who::Partner(partner), [alarms @ ("alarms" | "alarms-list"), rest @ ..]) => {
            across(world, asked, *partner, is_first, alarms, rest)
        }
        (Who::User(id), ["alarms", "leak", "coachme"]) if asked.method == "POST" => {
            let leak = asked.text("leak_id");
            let is_known = world.accounts[id].leaks.iter().any(|known| Some(&*known.id) == leak);
            if is_known { Ok(advice()) } else { Err(Reply::invalid(&["leak_id"])) }
        }
        (Who::User(id), ["alarms", rest @ ..]) if is_first || rest.is_empty() => {
            if matches!(rest, ["statistic"]) {
                Err(Reply::refusal(403))
            } else {
                alarms(world, asked, id, rest)
            }
        }
        (Who::User(id), ["delete-my-data", rest @ ..]) if is_first => online::answer(world, asked, id, rest),
        (Who::User(id), _) if is_first => items::answer(world, asked, id, true, rest),
        (Who::Partner(_), _) => Err(Reply::refusal(403)),
        _ => Err(Reply::refusal(404)),
    }
}

/// Lets in a partner to an account of its own.
pub(super) fn is_of(world: &World, partner: usize, id: &str) -> Result<(), Reply> {
    match world.accounts.get(id) {
        Some(account) if account.partner == partner => Ok(()),
        Some(_) => Err(Reply::refusal(403)),
        None => Err(Reply::refusal(404)),
    }
}

fn log_in(world: &mut World, asked: &Asked) -> Answered {
    let (user, password) = (asked.text("username"), asked.text("password"));
    let (Some(user), Some(password)) = (user, password) else { return Err(Reply::invalid(&["username", "password"])) };
    let partners =
        [("DEFENTRY_CRM_USERNAME", "DEFENTRY_CRM_PASSWORD"), ("DEFENTRY_CRM2_USERNAME", "DEFENTRY_CRM2_PASSWORD")];
    let partner = partners.iter().position(|(name, secret)| told(name) == user && told(secret) == password);
    let partner = partner.ok_or_else(|| Reply::refusal(403))?;
    Ok(Reply::json(200, json!({ "token": world.issue(Who::Partner(partner)), "lasts": 86_400 })))
}

/// Exchanges an email for a token, or has a code sent to it.
fn exchange(world: &mut World, asked: &Asked, route: &str) -> Answered {
    let is_client = asked.text("client_id") == Some(told("DEFENTRY_CLIENT_ID"))
        && asked.text("client_secret") == Some(told("DEFENTRY_CLIENT_SECRET"));
    if !is_client {
        return Err(Reply::refusal(403));
    }
    let email = asked.text("email").unwrap_or_default().to_lowercase();
    let known = world.accounts.values().find(|account| {
        // The client is the first partner's.
        account.partner == 0 && !email.is_empty() && account.created_with == email
    });
    let id = known.map(|account| account.id.clone()).ok_or_else(|| Reply::invalid(&["email"]))?;
    if route == "token" {
        return Ok(Reply::json(200, json!({ "token": world.issue(Who::User(id)) })));
    }
    let code = world.random.code();
    world.send(&email, format!("{code} lets you in."));
    world.codes.insert(code, id);
    Ok(Reply::json(202, json!({ "message": "Den är på väg." })))
}

/// A list from the newest on, of which the query names a page.
pub(super) fn list(asked: &Asked, newest_first: Vec<Value>) -> Reply {
    let page = asked.query.split('&').find_map(|pair| pair.strip_prefix("p=")).and_then(|page| page.parse().ok());
    let start = page.unwrap_or(0_usize).saturating_mul(PAGE);
    let next = (start + PAGE < newest_first.len()).then(|| format!("{}?p={}", asked.path, start / PAGE + 1));
    let entries: Vec<_> = newest_first.into_iter().skip(start).take(PAGE).collect();
    Reply::json(200, json!({ "entries": entries, "next_page_url": next }))
}

fn shown(alarm: &Finding) -> Value {
    let status = if alarm.is_closed { "CLOSED" } else { "NEW" };
    json!({ "alarm_id": alarm.id, "status": status, "about": items::KINDS[alarm.kind].shown, "raised_at": moment(alarm.at) })
}

fn newest_first(alarms: Vec<&Finding>) -> Vec<Value> {
    let mut there: Vec<_> = alarms.into_iter().filter(|alarm| alarm.is_there()).collect();
    there.sort_by_key(|alarm| std::cmp::Reverse(alarm.due));
    there.into_iter().map(shown).collect()
}

fn statistic(alarms: &[&Finding]) -> Reply {
    let there = alarms.iter().filter(|alarm| alarm.is_there());
    let closed = there.clone().filter(|alarm| alarm.is_closed).count();
    Reply::json(200, json!({ "alarms": { "new": there.count() - closed, "closed": closed } }))
}

fn advice() -> Reply {
    Reply::json(200, json!({ "advice": { "first": "Change the password.", "then": "Tell your bank." } }))
}

/// The alarms of one account.
fn alarms(world: &mut World, asked: &Asked, account: &str, rest: &[&str]) -> Answered {
    if asked.method != "GET" {
        return Err(Reply::refusal(405));
    }
    let mut own: Vec<_> =
        world.alarms.iter_mut().filter(|alarm| alarm.account == account && alarm.is_there()).collect();
    match rest {
        [] => Ok(list(asked, newest_first(own.into_iter().map(|alarm| &*alarm).collect()))),
        ["statistic"] => Ok(statistic(&own.iter().map(|alarm| &**alarm).collect::<Vec<_>>())),
        [id, rest @ ..] => {
            let alarm = own.iter_mut().find(|alarm| alarm.id == *id).ok_or_else(|| Reply::refusal(404))?;
            match rest {
                [] => Ok(Reply::json(200, json!({ "alarm": shown(alarm) }))),
                ["close"] => {
                    alarm.is_closed = true;
                    Ok(Reply::empty(204))
                }
                ["coachme"] => Ok(advice()),
                _ => Err(Reply::refusal(404)),
            }
        }
    }
}

/// The alarms of a partner's accounts.
fn across(world: &World, asked: &Asked, partner: usize, is_first: bool, base: &str, rest: &[&str]) -> Answered {
    let own: Vec<_> = world.alarms.iter().filter(|alarm| alarm.partner == partner).collect();
    let of = |kind: usize| own.iter().filter(|alarm| alarm.kind == kind).copied().collect();
    if asked.method != "GET" {
        return Err(Reply::refusal(405));
    }
    match (base, rest) {
        ("alarms" | "alarms-list", []) if is_first => Ok(list(asked, newest_first(own))),
        ("alarms", []) => Err(Reply::refusal(403)),
        ("alarms", ["statistic"]) if is_first => Ok(statistic(&own)),
        ("alarms", ["email-list"]) if is_first => Ok(list(asked, newest_first(of(0)))),
        ("alarms", ["phone-list"]) if is_first => Ok(list(asked, newest_first(of(1)))),
        ("alarms", ["credit-card-list"]) if is_first => Ok(list(asked, newest_first(of(5)))),
        ("alarms", ["company-list"]) if is_first => Ok(list(asked, Vec::new())),
        ("alarms", ["accounts", "by-period"]) if is_first => Err(Reply::invalid(&["first_day", "last_day"])),
        ("alarms", ["company", _]) if !is_first => Ok(list(asked, Vec::new())),
        ("alarms", [_] | [_, "close" | "coachme"]) => Err(Reply::refusal(403)),
        _ => Err(Reply::refusal(404)),
    }
}
