//! Its removal of data from brokers. A site whose scan fails is soon tried again by the server itself.

use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::form::Reply;
use super::world::{World, told};
use super::{Answered, Asked};

const FIELDS: [&str; 7] = ["first_name", "last_name", "email", "phone", "street", "zip", "city"];

/// The sites, in the order in which a scan gets to them.
const SITES: [&str; 3] = ["e7a1", "b30f", "9c4d"];

/// How long a site takes, and how long it stays failed.
const STEP: Duration = Duration::from_millis(700);

/// What a user has told, and their scan.
#[derive(Debug)]
pub(super) struct Online {
    profile: Value,
    /// When the scan of each site was started, and whether it is to fail.
    scan: Option<[(Instant, bool); 3]>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    NotStarted,
    Initiated,
    Failed,
    Completed,
}

fn state((started, fails): (Instant, bool)) -> State {
    let passed = Instant::now().saturating_duration_since(started);
    match passed.as_millis() / STEP.as_millis() {
        0 if passed.is_zero() => State::NotStarted,
        0 => State::Initiated,
        1..=3 if fails => State::Failed,
        4 if fails => State::Initiated,
        _ => State::Completed,
    }
}

pub(super) fn answer(world: &mut World, asked: &Asked, id: &str, rest: &[&str]) -> Answered {
    let account = world.accounts.get_mut(id).ok_or_else(|| Reply::refusal(404))?;
    if account.plan.to_string() != told("DEFENTRY_PLAN_ID") {
        return Err(Reply::refusal(403));
    }
    let is_whole = || FIELDS.iter().all(|field| asked.text(field).is_some());
    let missing = || Reply::invalid(&FIELDS);
    match (&*asked.method, rest, &mut account.online) {
        ("POST", [], online) if is_whole() => {
            *online = Some(Online { profile: asked.body.clone(), scan: None });
            Ok(Reply::empty(201))
        }
        ("PUT", [], Some(online)) if is_whole() => {
            online.profile.clone_from(&asked.body);
            Ok(Reply::empty(204))
        }
        ("POST" | "PUT", [], _) => Err(missing()),
        ("GET", [], Some(online)) => Ok(Reply::json(200, json!({ "me": online.profile }))),
        ("GET", [], None) => Ok(Reply::json(200, json!({ "me": null }))),
        ("GET", ["sites"], _) => {
            let sites = SITES.map(|id| json!({ "site_id": id, "domain": format!("{id}.example") }));
            Ok(Reply::json(200, json!({ "brokers": sites })))
        }
        ("GET", ["status"], online) => {
            let is_scanned = online.as_ref().is_some_and(|online| online.scan.is_some());
            Ok(Reply::json(200, json!({ "phase": if is_scanned { "SCANNED" } else { "NEW" } })))
        }
        ("POST", ["scan"], Some(online)) => {
            let now = Instant::now();
            let is_over = |scan: [_; 3]| scan.into_iter().all(|site| state(site) == State::Completed);
            if online.scan.is_none_or(is_over) {
                online.scan = Some([(now, false), (now, true), (now + STEP, false)]);
            }
            Ok(Reply::empty(202))
        }
        ("GET", ["scan", "status"], Some(Online { scan: Some(scan), profile })) => {
            let sites = SITES.iter().zip(scan).map(|(id, site)| entry(id, state(*site), profile));
            Ok(Reply::json(200, json!({ "sites": sites.collect::<Vec<_>>() })))
        }
        ("POST", ["scan", site, "retry"], online) => {
            let place = SITES.iter().position(|id| id == site).ok_or_else(|| Reply::refusal(404))?;
            let scan = online.as_mut().and_then(|online| online.scan.as_mut()).ok_or_else(|| Reply::refusal(404))?;
            if state(scan[place]) != State::Failed {
                return Err(Reply::invalid(&["site"]));
            }
            scan[place] = (Instant::now(), false);
            Ok(Reply::empty(202))
        }
        (_, [] | ["scan" | "sites" | "status"] | ["scan", "status"], _) => Err(Reply::refusal(404)),
        _ => Err(Reply::refusal(405)),
    }
}

fn entry(id: &str, state: State, profile: &Value) -> Value {
    let (name, has_found) = match state {
        State::NotStarted => ("SCAN_NOT_STARTED", false),
        State::Initiated => ("SCAN_INITIATED", false),
        State::Failed => ("SCAN_FAILED", false),
        State::Completed => ("SCAN_COMPLETED", id == SITES[0]),
    };
    let mut result = json!({ "status": name });
    if state == State::Completed {
        result["is_data_found"] = has_found.into();
        result["comparison"] = if has_found { json!({ "matches": 3 }) } else { Value::Null };
        result["data"] = json!([]);
    }
    if has_found {
        result["data"] = json!({
            "firstName": profile["first_name"], "lastName": profile["last_name"], "email": profile["email"], "ssn": null,
            "phone": profile["phone"], "street": profile["street"], "zip": profile["zip"], "city": profile["city"],
        });
    }
    let requests = if has_found { json!([{ "status": "POA_SENT_TO_SITE" }]) } else { json!([]) };
    json!({ "site": { "id": id }, "scan_result": result, "removal_requests": requests })
}
