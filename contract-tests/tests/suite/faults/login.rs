//! Logins of the CRM.

use serde_json::json;

use super::rows::{FOR_EVER, Fault, LOGIN, assume, back_if, fault, remove};
use crate::proxy::{Answered, NOTHING, Way, back, there};

#[rustfmt::skip]
pub(super) const FAULTS: &[Fault] = &[
    fault("the login's token is under data", "LOGIN-1", back(|asked, answer, _| {
        if asked.is("POST", LOGIN) { answer.edit(|body| *body = json!({ "data": *body })); }
    })),
    fault("the login's token has no number", "LOGIN-1", back(|asked, answer, _| {
        if asked.is("POST", LOGIN) {
            answer.edit(|body| body["token"] = body["token"].as_str().map(|token| token.replace('|', "")).into());
        }
    })),
    fault("a login answers 201", "LOGIN-1", back(|asked, answer, _| {
        if asked.is("POST", LOGIN) && answer.status == 200 { answer.status = 201; }
    })),
    fault("any password will do", "LOGIN-1", there(|asked, _| {
        if asked.is("POST", LOGIN) && asked.json()["username"] == "service@partner.example" {
            asked.edit(|body| body["password"] = "mock-crm-password".into());
        }
        Way::On
    })),
    fault("a token begins with a word", "LOGIN-1", back(|asked, answer, _| if asked.is("POST", LOGIN) {
        answer.edit(|body| if let Some(token) = body["token"].as_str() { body["token"] = format!("x{token}").into(); });
    })),
    fault("any user name will do", "LOGIN-1", there(|asked, _| {
        if asked.is("POST", LOGIN) && asked.json()["password"] == "mock-crm-password" {
            asked.edit(|body| body["username"] = "service@partner.example".into());
        }
        Way::On
    })),
    fault("a login needs no password", "LOGIN-1", there(|asked, _| {
        if asked.is("POST", LOGIN) && asked.json()["password"].as_str().is_none_or(str::is_empty) {
            asked.edit(|body| body["password"] = "mock-crm-password".into());
        }
        Way::On
    })),

    fault("keep_logged is refused", "LOGIN-2", there(|asked, _| {
        let is_meant = asked.is("POST", LOGIN) && asked.json().get("keep_logged").is_some();
        back_if(is_meant, || Answered::json(422, &json!({ "message": "Unknown field." })))
    })),
    fault("keep_logged changes nothing", "LOGIN-2", there(|asked, _| {
        if asked.is("POST", LOGIN) { asked.edit(|body| remove(body, "keep_logged")); }
        Way::On
    })),

    fault("an expired token is told 403", "LOGIN-3", back(|asked, answer, _| {
        if asked.token().is_some() && answer.status == 401 { answer.status = 403; }
    })),
    fault("tokens never expire", "LOGIN-3", NOTHING).on(|mock| {
        ["token.crm-seconds", "token.crm-kept-seconds", "token.app-seconds"].iter().fold(mock, |mock, key| assume(mock, key, FOR_EVER))
    }),

    fault("a service account is asked for a second factor", "LOGIN-4", there(|asked, _| {
        back_if(asked.is("POST", LOGIN), || Answered::json(200, &json!({ "two_factor": true })))
    })),
    fault("a new token is not let in at once", "LOGIN-4", there(|asked, memory| {
        let token = asked.token().filter(|token| memory.crm_tokens.iter().any(|known| known == token));
        let is_new = token.is_some_and(|token| memory.note(token.to_owned()));
        back_if(is_new, || Answered::json(401, &json!({ "message": "Unauthenticated." })))
    })),

    fault("users can register", "LOGIN-5", there(|asked, _| {
        back_if(asked.is("POST", "/crm/auth/register"), || Answered::json(201, &json!({ "data": { "id": 1 } })))
    })),
];
