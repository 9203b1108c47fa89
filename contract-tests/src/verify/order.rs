//! What follows from the order: what was added is listed, what was removed is gone, what was closed is closed.

use std::collections::HashMap;

use serde_json::Value;

use super::findings::Findings;
use super::traffic::{Call, Traffic};
use crate::documented::Scope;
use crate::kind::{CARD, KINDS, Kind};
use crate::reader;
use crate::recording::Who;

pub(super) fn rules(traffic: &Traffic, findings: &mut Findings) {
    for kind in KINDS {
        items(kind, traffic, findings);
    }
    removed_cards(traffic, findings);
    alarms(traffic, findings);
    numbers(traffic, findings);
}

/// Within so many milliseconds nobody else is taken to have removed what was just added.
const AT_ONCE: i64 = 60_000;

/// Whose items a call is about, and what it does with them.
struct Step<'a> {
    place: usize,
    call: &'a Call,
    owner: String,
    kind: Does,
}

enum Does {
    Add(Option<String>),
    List(Vec<String>),
    Remove(String),
    Other,
}

/// The calls about items of a kind.
fn steps<'a>(kind: &Kind, traffic: &'a Traffic) -> Vec<Step<'a>> {
    traffic.places().filter_map(|(place, call)| step(kind, place, call)).collect()
}

fn step<'a>(kind: &Kind, place: usize, call: &'a Call) -> Option<Step<'a>> {
    let below = call.path().strip_prefix("/api/v1/account/{account_id}");
    let rest = below.or_else(|| call.path().strip_prefix("/api/v1"))?;
    let owner = match (below, &call.who) {
        (Some(_), _) => call.captures.first().cloned()?,
        // Users whose login is not in the recording may be several.
        (None, Who::App(email)) if call.is_sure => format!("user {email}"),
        _ => return None,
    };
    if reader::is_withheld(&owner) {
        return None;
    }
    let shown = |id: String| (!reader::is_withheld(&id)).then_some(id);
    let is_done = reader::is_success(call.status);
    let does = if call.method == "POST" && rest == kind.items {
        Does::Add(reader::item(&call.answer).and_then(reader::id).and_then(shown).filter(|_| is_done))
    } else if call.method == "GET" && rest == kind.list {
        match whole_list(call).filter(|_| call.status == 200) {
            Some(ids) => Does::List(ids),
            None => Does::Other,
        }
    } else if call.method == "DELETE" && rest == kind.one() {
        match call.captures.last().cloned().and_then(shown) {
            Some(id) if is_done => Does::Remove(id),
            _ => Does::Other,
        }
    } else if rest.starts_with(kind.items) && call.method != "GET" {
        Does::Other
    } else {
        return None;
    };
    Some(Step { place, call, owner, kind: does })
}

/// The ids of a list that is no page of one, if they are shown.
fn whole_list(call: &Call) -> Option<Vec<String>> {
    if call.has_query() || reader::has_pages(&call.answer) || call.headers.iter().any(|name| name == "link") {
        return None;
    }
    let page = reader::page(&call.answer)?;
    let ids = page.items.iter().map(|item| item.as_object().and_then(reader::id));
    ids.map(|id| id.filter(|id| !reader::is_withheld(id))).collect()
}

/// What CRM adds is in the next list, and what is removed is in none.
fn items(kind: &'static Kind, traffic: &Traffic, findings: &mut Findings) {
    let steps = steps(kind, traffic);
    for (number, list) in steps.iter().enumerate() {
        let Does::List(ids) = &list.kind else { continue };
        let own = || steps[..number].iter().filter(|step| step.owner == list.owner);
        // A list that was read while something changed tells nothing.
        if steps
            .iter()
            .any(|step| step.owner == list.owner && step.place != list.place && overlaps(step.call, list.call))
        {
            continue;
        }
        let mut state = HashMap::<&str, (bool, &Step<'_>)>::new();
        for step in own() {
            match &step.kind {
                Does::Add(Some(id)) => state.insert(id, (true, step)),
                Does::Remove(id) => state.insert(id, (false, step)),
                Does::Add(None) | Does::List(_) | Does::Other => None,
            };
        }
        for (id, (is_there, since)) in state {
            let is_listed = ids.iter().any(|listed| listed == id);
            let is_told = if is_there {
                // What the end user adds may wait for them, and be shown later. What was tried by others is not known.
                let is_soon = since.call.until(list.call).is_none_or(|milliseconds| milliseconds <= AT_ONCE);
                since.call.token() != Some(Scope::App) && is_crms(since.call) && is_soon
            } else {
                true
            };
            let expected =
                if is_there { "the item that was added, in the list" } else { "a list without what was removed" };
            if is_listed == is_there {
                findings.held(kind.fact());
            } else if is_told {
                let observed = if is_there { "it is not there" } else { "it is there still" };
                let since = format!("{observed} (entry {} of the recording)", since.call.entry);
                findings.violated(kind.fact(), list.place, expected, since);
            }
        }
    }
}

fn is_crms(call: &Call) -> bool {
    call.path().starts_with("/api/v1/account/{")
}

/// Whether two calls were under way at the same time.
fn overlaps(one: &Call, other: &Call) -> bool {
    one.span.is_some() && other.span.is_some() && !one.is_before(other) && !other.is_before(one)
}

/// A card that was removed cannot be read any more.
fn removed_cards(traffic: &Traffic, findings: &mut Findings) {
    let steps = steps(&CARD, traffic);
    for removal in &steps {
        let Does::Remove(id) = &removal.kind else { continue };
        let reads = traffic.places().skip(removal.place + 1).filter(|(_, call)| {
            call.method == "GET"
                && call.path().ends_with(&CARD.one())
                && call.captures.last() == Some(id)
                && removal.call.path() == call.path()
                && removal.call.is_before(call)
        });
        for (place, call) in reads {
            let is_gone = !reader::is_success(call.status);
            findings.judge(CARD.fact(), place, is_gone, "no card that was removed", || call.status.to_string());
        }
    }
}

/// An alarm that was closed has the status CLOSED wherever it is read afterwards.
fn alarms(traffic: &Traffic, findings: &mut Findings) {
    let mut closed: Vec<(&Call, &str)> = Vec::new();
    for (place, call) in traffic.places() {
        if !call.path().contains("/alarms") || !reader::is_success(call.status) {
            continue;
        }
        if call.path().ends_with("/{alarmId}/close") {
            let id = call.captures.last().map(String::as_str).filter(|id| !reader::is_withheld(id));
            closed.extend(id.map(|id| (call, id)));
            continue;
        }
        if call.path().ends_with("coachme") {
            continue;
        }
        let single = call.answer.get("data").unwrap_or(&call.answer);
        let listed = reader::page(&call.answer).map(|page| page.items.to_vec()).unwrap_or_default();
        for alarm in listed.iter().chain(single.is_object().then_some(single)) {
            let Some(id) = reader::alarm_id(alarm) else { continue };
            let was_closed = |(close, closed): &(&Call, &str)| *closed == id && close.is_before(call);
            let status = alarm.get("status").and_then(Value::as_str).filter(|status| !reader::is_withheld(status));
            if let (true, Some(status)) = (closed.iter().any(was_closed), status) {
                let expected = "the status CLOSED of an alarm that was closed";
                findings.judge("ALARM-2", place, status == "CLOSED", expected, || "another status".into());
            }
        }
    }
}

/// The SSN of an account stays the one that it was created with.
fn numbers(traffic: &Traffic, findings: &mut Findings) {
    let mut own = HashMap::<String, String>::new();
    let mut others = Vec::<(String, String)>::new();
    let ssn_of = |call: &Call| {
        let ssn = call.json()?.get("ssn")?.as_str()?.to_owned();
        (!ssn.is_empty() && !reader::is_withheld(&ssn)).then_some(ssn)
    };
    for (place, call) in traffic.places() {
        if call.is("POST", "/api/v1/account") && call.is_success() {
            let id = reader::item(&call.answer).and_then(reader::id);
            own.extend(id.zip(ssn_of(call)));
            continue;
        }
        let Some(account) = call.captures.first().filter(|_| call.path().contains("/account/{account_id}")) else {
            continue;
        };
        if matches!(&*call.method, "PUT" | "PATCH")
            && let (Some(ssn), Some(first)) = (ssn_of(call), own.get(account))
            && ssn != *first
            && call.is_success()
        {
            others.push((account.clone(), ssn));
        }
        if call.is("GET", "/api/v1/account/{account_id}") && call.is_success() {
            for (_, ssn) in others.iter().filter(|(of, _)| of == account) {
                let is_kept = !reader::shows(&call.answer, ssn);
                findings.judge("ACCOUNT-5", place, is_kept, "the SSN of the creation", || "that of an update".into());
            }
        }
    }
}
