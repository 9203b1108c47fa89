//! Logins and the creation of accounts: what was sent, and what came.

use serde_json::Value;

use super::findings::Findings;
use super::traffic::{Call, Traffic};
use crate::reader;
use crate::recording::Who;

pub(super) fn rules(traffic: &Traffic, findings: &mut Findings) {
    for (place, call) in traffic.places() {
        tokens(place, call, findings);
        code(place, call, findings);
        creation(place, call, findings);
        updates(place, call, findings);
    }
    for (place, call) in traffic.places() {
        renewal(traffic, place, call, findings);
    }
}

/// A login answers 200 with a token of the documented form, without an envelope.
fn tokens(place: usize, call: &Call, findings: &mut Findings) {
    let fact = match call.path() {
        "/api/v1/crm/auth/login" => "LOGIN-1",
        "/api/v1/sso/token" => "SSO-1",
        "/api/v1/sso/login" => "SSO-4",
        _ => return,
    };
    if call.method != "POST" || !call.is_success() {
        return;
    }
    let shown: Vec<_> = reader::fields(&call.answer).into_iter().filter(|(name, _)| *name == "token").collect();
    let Some((_, token)) = shown.first() else {
        // A human user's login has a second step (LOGIN-4).
        if fact != "LOGIN-1" {
            findings.violated(fact, place, r#"{"token": "2|…"} without an envelope"#, "no token");
        }
        return;
    };
    if token.as_str().is_some_and(reader::is_withheld) {
        return;
    }
    let is_token = reader::token(&call.answer).is_some();
    findings.judge(fact, place, is_token, "a number, a bar and a secret under token, without an envelope", || {
        "a token in another place or form".into()
    });
    // The exchange of a code has the form of the token's answer, whose status the guide gives.
    findings.judge(fact, place, call.status == 200, "200 with a token", || call.status.to_string());
}

/// A code is issued.
fn code(place: usize, call: &Call, findings: &mut Findings) {
    if call.is("POST", "/api/v1/sso/code") && call.is_success() {
        let holds_text = reader::fields(&call.answer).iter().any(|(_, value)| value.is_string());
        findings.judge("SSO-4", place, holds_text, "a code", || "no text in the answer".into());
    }
}

/// The fields of a body that was sent; none where a tool has masked one of them.
fn sent(call: &Call) -> Option<Value> {
    let body = call.json()?;
    let is_withheld = reader::fields(&body).iter().any(|(_, value)| value.as_str().is_some_and(reader::is_withheld));
    (!is_withheld).then_some(body)
}

/// Whether a body has a field with something in it.
fn has(body: &Value, field: &str) -> bool {
    body.get(field).is_some_and(|value| !value.is_null() && value != "")
}

/// An account is created with 201, its id under data, and not without what is required.
fn creation(place: usize, call: &Call, findings: &mut Findings) {
    if !call.is("POST", "/api/v1/account") {
        return;
    }
    if call.is_success() {
        let id = &call.answer["data"]["id"];
        let is_created = call.status == 201 && (id.is_string() || id.is_number());
        findings.judge("ACCOUNT-1", place, is_created, "201 with the account's id under data", || {
            format!("{}{}", call.status, if id.is_null() { ", and no data.id" } else { "" })
        });
    }
    let Some(body) = sent(call).filter(Value::is_object) else { return };
    let lacks_name = !has(&body, "first_name") || !has(&body, "last_name");
    let lacks_address = !has(&body, "email") && !has(&body, "phone");
    for (fact, lacks, what) in
        [("ACCOUNT-2", lacks_name, "a first and a last name"), ("ACCOUNT-4", lacks_address, "an email or a phone")]
    {
        if lacks {
            let is_refused = reader::is_refusal(call.status);
            findings.judge(fact, place, is_refused, &format!("no account without {what}"), || call.status.to_string());
        }
    }
}

/// The SSN in the body of an update is passed over, not refused.
fn updates(place: usize, call: &Call, findings: &mut Findings) {
    let is_update = matches!(&*call.method, "PUT" | "PATCH")
        && matches!(call.path(), "/api/v1/account/{account_id}" | "/api/v2/account/{account_id}")
        && matches!(call.who, Who::Crm | Who::OtherCrm)
        && call.is_sure;
    if !is_update || !call.json().is_some_and(|body| has(&body, "ssn")) {
        return;
    }
    if call.is_success() {
        findings.held("ACCOUNT-5");
    } else if reader::refused_fields(&call.answer).iter().any(|field| field == "ssn") {
        findings.violated("ACCOUNT-5", place, "an ssn in an update is passed over", "it is refused");
    }
}

/// A token that was taken, and then is refused with 401, is followed by another login (LOGIN-3).
fn renewal(traffic: &Traffic, place: usize, call: &Call, findings: &mut Findings) {
    let is_own = |other: &&Call| other.is_sure && other.who == call.who && !call.routes.is_empty();
    if call.status != 401 || call.token().is_none() {
        return;
    }
    let was_taken = traffic.calls[..place].iter().filter(is_own).any(|earlier| earlier.is_success());
    let mut later = traffic.calls[place..].iter();
    let logs_in = later.any(|later| later.is("POST", "/api/v1/crm/auth/login") && later.is_success());
    if was_taken && logs_in {
        findings.held("LOGIN-3");
    }
}
