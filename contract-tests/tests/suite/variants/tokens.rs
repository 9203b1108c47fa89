//! Tokens and sessions.

use axum::http::{HeaderValue, header};
use serde_json::json;

use super::{Variant, forbid, variant};
use crate::proxy::{Way, back, there};

#[rustfmt::skip]
pub(super) const VARIANTS: &[Variant] = &[
    variant("throttling does not tell for how long", back(|_, answer, _| {
        for name in ["retry-after", "x-ratelimit-limit", "x-ratelimit-remaining"] { answer.headers.remove(name); }
    })),
    variant("ids that no account has are forbidden", back(|asked, answer, _| {
        let is_meant = ["/alarms/999999999", "/alarms/company/"].iter().any(|part| asked.is_within("GET", part));
        if is_meant && answer.status == 404 { forbid(asked, answer); }
    })),
    variant("a refusal of a token says how to come in", back(|_, answer, _| if answer.status == 401 {
        answer.headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
    })),
    variant("a code is in an envelope, by another name", back(|asked, answer, _| if asked.is("POST", "/sso/code") && answer.is_success() {
        answer.edit(|body| *body = json!({ "data": { "one_time_code": body["code"] } }));
    })),
    variant("a user has one session at a time", there(|asked, memory| {
        let of = |token: &str| memory.owners.get(memory.app_tokens.iter().position(|known| known == token)?);
        let newest = |owner: &String| memory.app_tokens.get(memory.owners.iter().rposition(|known| known == owner)?);
        let is_over = asked.token().is_some_and(|token| of(token).and_then(newest).is_some_and(|newest| newest != token));
        if is_over { asked.set_token("1|no-such-token"); }
        Way::On
    })),
    variant("a partner has one session at a time", there(|asked, memory| {
        let newest = memory.kept.get("session").map(String::as_str);
        let is_known = asked.token().is_some_and(|token| memory.crm_tokens.iter().any(|known| known == token));
        if is_known && !asked.is_apart() && asked.token() != newest { asked.set_token("1|no-such-token"); }
        Way::On
    }).and_back(|asked, answer, memory| {
        let is_meant = asked.is("POST", "/crm/auth/login") && asked.json()["username"] == "service@partner.example";
        if let (true, Some(token)) = (is_meant && !asked.is_apart(), answer.value()["token"].as_str()) {
            memory.kept.insert("session".into(), token.into());
        }
    })),
];
