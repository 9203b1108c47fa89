//! Servers that break one fact each: the checks that name the fact must notice.

use std::sync::Arc;

use axum::http::{HeaderValue, Method};
use contract_tests::{Check, Format, Mock, Outcome, Target, checks};
use mock_server::{BrokenRule, MockServer, MockServerBuilder};
use serde_json::{Value, json};
use tokio::sync::Semaphore;
use tokio::task::JoinSet;

use crate::proxy::{Answered, Asked, Memory, NOTHING, Way, Wrong, back, client, meet, start, there, written};
use crate::silence::{ALLOWED, Alternative, alternatives, assuming};
use crate::{run, told};

/// How many servers are tried at once.
const AT_ONCE: usize = 12;

/// The sequences of the model are drawn from this seed, so that each is found again.
const SEED: u64 = 1;

/// How many sequences of the model a fault must show in.
const CASES: u32 = 24;

const EMAILS: &str = "/email-watchlist";
const PHONES: &str = "/phone-watchlist";
const LOGIN: &str = "/api/v1/crm/auth/login";
const ACCOUNTS: &str = "/api/v1/account";
const ALARMS: &str = "/alarms";
const ALARMS_V2: &str = "/api/v2/alarms";
const ONLINE: &str = "/api/v1/delete-my-data";
const SCAN: &str = "/api/v1/delete-my-data/scan";

/// What is answered to a list that holds nothing.
fn no_items() -> Answered {
    Answered::json(200, &json!({ "data": [] }))
}

/// What is done without a word of what it was.
fn done() -> Answered {
    Answered::json(200, &json!({ "message": "Done." }))
}

fn not_found() -> Answered {
    Answered::json(404, &json!({ "error": "Not found" }))
}

fn forbidden() -> Answered {
    Answered::json(403, &json!({ "message": "No." }))
}

fn no_such_method() -> Answered {
    Answered::json(405, &json!({ "message": "No such method." }))
}

fn server_error() -> Answered {
    Answered::json(500, &json!({ "message": "Server Error" }))
}

fn back_if(is_meant: bool, answer: impl FnOnce() -> Answered) -> Way {
    if is_meant { Way::Back(answer()) } else { Way::On }
}

/// Servers that do something to requests or answers.
#[rustfmt::skip]
const PROXIED: &[(&str, &str, Wrong)] = &[
    // Who is let in
    ("nobody is let in as somebody", "SCOPE-1", there(|asked, memory| {
        if asked.token().is_none() { as_somebody(asked, memory); }
        Way::On
    })),
    ("a token that is none is let in", "SCOPE-1", there(|asked, memory| {
        if asked.token() == Some("1|no-such-token") { as_somebody(asked, memory); }
        Way::On
    })),
    ("the number of a token is enough", "SCOPE-1", there(|asked, memory| {
        let number = |token: &str| token.split('|').next().map(str::to_owned);
        let known = memory.crm_tokens.iter().find(|known| number(known) == asked.token().and_then(number)).cloned();
        if let Some(known) = known { asked.set_token(&known); }
        Way::On
    })),
    ("401 is told as 200", "SCOPE-1", back(|_, answer, _| if answer.status == 401 { *answer = no_items(); })),
    ("401 is told as 200, where no gateway breaks down before", "SCOPE-1", back(|asked, answer, _| if answer.status == 401 {
        *answer = if asked.is("POST", ACCOUNTS) { Answered::json(503, &json!({ "message": "No." })) } else { no_items() };
    })),
    ("CRM is refused where it administers", "SCOPE-2", there(|asked, _| {
        back_if(asked.is_within("DELETE", "/account/"), forbidden)
    })),
    ("an app token is let in under an account", "SCOPE-2", there(|asked, memory| {
        let is_app = is_of(&memory.app_tokens, asked);
        if is_app && asked.account().is_some() { as_somebody(asked, memory); }
        Way::On
    })),
    ("403 is told as 200", "SCOPE-2", back(|_, answer, _| if answer.status == 403 { *answer = no_items(); })),
    ("every call of CRM acts on its first account", "SCOPE-2", there(|asked, memory| {
        if let (Some(id), Some((first, _))) = (asked.account(), memory.accounts.first()) {
            asked.path = asked.path.replace(&format!("/account/{id}"), &format!("/account/{first}"));
        }
        Way::On
    })),
    ("a CRM token is let in without an account", "SCOPE-3", there(|asked, memory| {
        let is_crm = is_of(&memory.crm_tokens, asked);
        if let (true, None, Some(app)) = (is_crm && asked.path != ACCOUNTS, asked.account(), memory.app_tokens.last()) {
            asked.set_token(&app.clone());
        }
        Way::On
    })),
    ("the end user cannot add", "SCOPE-3", there(|asked, _| {
        let is_meant = asked.is("POST", PHONES) && asked.account().is_none();
        back_if(is_meant, forbidden)
    })),
    ("every user is the first one", "SCOPE-3", there(|asked, memory| {
        let is_app = is_of(&memory.app_tokens, asked);
        if let (true, Some(app)) = (is_app, memory.app_tokens.first()) { asked.set_token(&app.clone()); }
        Way::On
    })),
    ("another partner acts as the first", "SCOPE-4", there(|asked, memory| {
        let is_other = is_of(&memory.other_tokens, asked);
        if let (true, Some(crm)) = (is_other, memory.crm_tokens.last()) { asked.set_token(&crm.clone()); }
        Way::On
    })),
    ("another partner is told that all is well", "SCOPE-4", back(|asked, answer, memory| {
        let is_other = is_of(&memory.other_tokens, asked);
        if is_other && matches!(answer.status, 403 | 404) { *answer = no_items(); }
    })),
    ("only the newest account is administered", "SCOPE-4", there(|asked, memory| {
        let newest = memory.accounts.last().map(|(id, _)| id.as_str());
        let is_old = asked.account().is_some_and(|id| newest.is_some_and(|newest| newest != id));
        back_if(is_old, not_found)
    })),
    ("an account is administered once its user was online", "SCOPE-4", there(|asked, memory| {
        let known = memory.accounts.iter().find(|(id, _)| asked.account() == Some(id));
        let is_early = known.is_some_and(|(_, email)| !memory.owners.contains(email));
        back_if(is_early, || Answered::json(403, &json!({ "message": "The user is offline." })))
    })),
    ("the app token does not serve the user's own leaks", "SCOPE-5", there(|asked, _| {
        let is_meant = asked.is("GET", "/iban-watchlist/leaks") && asked.account().is_none();
        back_if(is_meant, forbidden)
    })),

    // CRM logins
    ("the login's token stands under data", "LOGIN-1", back(|asked, answer, _| {
        if asked.is("POST", LOGIN) { answer.edit(|body| *body = json!({ "data": *body })); }
    })),
    ("the login's token has no number", "LOGIN-1", back(|asked, answer, _| {
        if asked.is("POST", LOGIN) {
            answer.edit(|body| body["token"] = body["token"].as_str().map(|token| token.replace('|', "")).into());
        }
    })),
    ("a login answers 201", "LOGIN-1", back(|asked, answer, _| {
        if asked.is("POST", LOGIN) && answer.status == 200 { answer.status = 201; }
    })),
    ("any password will do", "LOGIN-1", there(|asked, _| {
        if asked.is("POST", LOGIN) && asked.json()["username"] == "service@partner.example" {
            asked.edit(|body| body["password"] = "mock-crm-password".into());
        }
        Way::On
    })),
    ("a service account is asked for a second factor", "LOGIN-4", there(|asked, _| {
        back_if(asked.is("POST", LOGIN), || Answered::json(200, &json!({ "two_factor": true })))
    })),
    ("a new token is not let in at once", "LOGIN-4", there(|asked, memory| {
        let token = asked.token().filter(|token| memory.crm_tokens.iter().any(|known| known == token));
        let is_new = token.is_some_and(|token| memory.kept.insert(token.to_owned(), Answered::default()).is_none());
        back_if(is_new, || Answered::json(401, &json!({ "message": "Unauthenticated." })))
    })),
    ("keep_logged is refused", "LOGIN-2", there(|asked, _| {
        let is_meant = asked.is("POST", LOGIN) && asked.json().get("keep_logged").is_some();
        back_if(is_meant, || Answered::json(422, &json!({ "message": "Unknown field." })))
    })),
    ("an expired token is told 403", "LOGIN-3", back(|asked, answer, _| {
        if asked.token().is_some() && answer.status == 401 { answer.status = 403; }
    })),
    ("users can register", "LOGIN-5", there(|asked, _| {
        back_if(asked.is("POST", "/crm/auth/register"), || Answered::json(201, &json!({ "data": { "id": 1 } })))
    })),

    // App tokens
    ("the app token stands under data", "SSO-1", back(|asked, answer, _| {
        if asked.is("POST", "/sso/token") { answer.edit(|body| *body = json!({ "data": *body })); }
    })),
    ("an exchange answers 201", "SSO-1", back(|asked, answer, _| {
        if asked.is("POST", "/sso/token") && answer.status == 200 { answer.status = 201; }
    })),
    ("the app token is the first user's", "SSO-1", there(|asked, memory| {
        if let (true, Some(first)) = (asked.is("POST", "/sso/token"), memory.owners.first()) {
            asked.edit(|body| body["email"] = first.as_str().into());
        }
        Way::On
    })),
    ("any client secret will do", "SSO-2", there(|asked, _| {
        if asked.is_within("POST", "/sso/") && asked.json()["client_id"] == "mock-client" {
            asked.edit(|body| body["client_secret"] = "mock-secret".into());
        }
        Way::On
    })),
    ("an email that nobody has gives the token of somebody", "SSO-3", there(|asked, memory| {
        let email = asked.json()["email"].as_str().unwrap_or_default().to_owned();
        let is_known = memory.accounts.iter().any(|(_, known)| *known == email);
        if let (true, Some((_, known))) = (asked.is_within("POST", "/sso/") && !is_known, memory.accounts.first()) {
            asked.edit(|body| body["email"] = known.as_str().into());
        }
        Way::On
    })),
    ("a code answers its token under data", "SSO-4", back(|asked, answer, _| {
        if asked.is("POST", "/sso/login") && answer.is_success() { answer.edit(|body| *body = json!({ "data": *body })); }
    })),
    ("any code gives the last token", "SSO-4", there(|asked, memory| {
        let token = memory.app_tokens.last().cloned().unwrap_or_else(|| "2|mock-app-token".into());
        back_if(asked.is("POST", "/sso/login"), || Answered::json(200, &json!({ "token": token })))
    })),
    ("every profile is the first that was read", "SSO-5", back(|asked, answer, memory| {
        if asked.is("GET", ACCOUNTS) && answer.is_success() {
            *answer = memory.kept.entry("profile".into()).or_insert_with(|| answer.clone()).clone();
        }
    })),
    ("an update of the own profile is answered and dropped", "SSO-5", there(|asked, _| {
        back_if(asked.is("PUT", ACCOUNTS), || Answered::json(200, &json!({ "message": "Updated." })))
    })),
    ("a user is refused at v2", "SSO-5", there(|asked, memory| {
        let is_crm = is_of(&memory.crm_tokens, asked);
        let is_meant = asked.is_within("PUT", "/api/v2/account/") && !is_crm;
        back_if(is_meant, forbidden)
    })),
    ("nobody can change their password", "SSO-5", there(|asked, _| {
        back_if(asked.is("POST", "/account/password"), not_found)
    })),

    // Accounts
    ("a created account answers 200", "ACCOUNT-1", back(|asked, answer, _| {
        if asked.is("POST", ACCOUNTS) && answer.status == 201 { answer.status = 200; }
    })),
    ("a created account does not stand under data", "ACCOUNT-1", back(|asked, answer, _| {
        if asked.is("POST", ACCOUNTS) { answer.edit(|body| *body = body["data"].take()); }
    })),
    ("a created account has another id", "ACCOUNT-1", back(|asked, answer, _| {
        if asked.is("POST", ACCOUNTS) && answer.is_success() {
            answer.edit(|body| body["data"]["id"] = (body["data"]["id"].as_u64().unwrap_or_default() + 5000).into());
        }
    })),
    ("a created account shows the name of another", "ACCOUNT-1", back(|asked, answer, _| {
        if asked.is("POST", ACCOUNTS) { answer.edit(|body| body["data"]["last_name"] = "Doe".into()); }
    })),
    ("an account needs no first name", "ACCOUNT-2", there(|asked, _| filled(asked, "first_name", "John"))),
    ("an account needs no last name", "ACCOUNT-2", there(|asked, _| filled(asked, "last_name", "Doe"))),
    ("an account needs neither email nor phone", "ACCOUNT-4", there(|asked, memory| {
        if asked.json().get("phone").is_some() { return Way::On; }
        let email = format!("nobody.{}@example.com", memory.accounts.len());
        filled(asked, "email", &email)
    })),
    ("a phone does for no email", "ACCOUNT-4", there(|asked, _| {
        let is_meant = asked.is("POST", ACCOUNTS) && asked.json().get("email").is_none();
        back_if(is_meant, || Answered::json(422, &json!({ "message": "The email field is required." })))
    })),
    ("an update with an ssn is dropped whole", "ACCOUNT-5", there(|asked, _| {
        if asked.is_within("PUT", "/account/") && asked.json().get("ssn").is_some() { asked.body = "{}".into(); }
        Way::On
    })),
    ("an update by PATCH does not exist", "ACCOUNT-5", there(|asked, _| {
        let is_meant = asked.method == Method::PATCH && asked.account().is_some_and(|id| asked.path.ends_with(id));
        back_if(is_meant, no_such_method)
    })),
    ("an update by PUT is answered and dropped", "ACCOUNT-5", there(|asked, _| {
        back_if(asked.is_within("PUT", "/api/v1/account/"), done)
    })),
    ("an update by PATCH is answered and dropped", "ACCOUNT-5", there(|asked, _| {
        back_if(asked.is_within("PATCH", "/account/") && asked.ends_with_account(), done)
    })),
    ("an update at v2 is answered and dropped", "ACCOUNT-5", there(|asked, _| {
        back_if(asked.is_within("PUT", "/api/v2/account/"), done)
    })),
    ("an update shows in its own answer only", "ACCOUNT-5", there(|asked, _| {
        let shown = json!({ "data": { "id": asked.account(), "first_name": asked.json()["first_name"] } });
        back_if(asked.is_within("PATCH", "/account/") && asked.ends_with_account(), || Answered::json(200, &shown))
    })),
    ("every update is one of the first account", "ACCOUNT-5", there(|asked, memory| {
        let is_update = ["PUT", "PATCH"].iter().any(|method| asked.is_within(method, "/account/")) && asked.ends_with_account();
        if let (true, Some(id), Some((first, _))) = (is_update, asked.account(), memory.accounts.first()) {
            asked.path = asked.path.replace(id, first);
        }
        Way::On
    })),
    ("CRM reads an account as it was when it was first read", "ACCOUNT-5", back(|asked, answer, memory| {
        if asked.method == Method::GET && asked.ends_with_account() && answer.is_success() {
            *answer = memory.kept.entry(asked.path.clone()).or_insert_with(|| answer.clone()).clone();
        }
    })),
    ("an update of the first name is one of the last name", "ACCOUNT-5", there(|asked, _| {
        if asked.is_within("PUT", "/account/") {
            asked.edit(|body| if let Some(name) = body.as_object_mut().and_then(|body| body.remove("first_name")) {
                body["last_name"] = name;
            });
        }
        Way::On
    })),
    ("another partner is refused an update that is done", "SCOPE-4", Wrong {
        there: |asked, memory| {
            let is_other = is_of(&memory.other_tokens, asked);
            let is_update = asked.ends_with_account() && asked.method != Method::GET;
            if let (true, Some(crm)) = (is_other && is_update, memory.crm_tokens.last()) {
                asked.set_token(&crm.clone());
                asked.headers.insert(REFUSED, HeaderValue::from_static("yes"));
            }
            Way::On
        },
        back: |asked, answer, _| if asked.headers.contains_key(REFUSED) { *answer = not_found(); },
        ..NOTHING
    }),
    ("a user is refused a change of another's profile that is done", "SSO-5", Wrong {
        there: |asked, memory| {
            let place = memory.app_tokens.iter().position(|known| asked.token() == Some(known));
            let owner = place.and_then(|place| memory.owners.get(place));
            let known = memory.accounts.iter().find(|(id, _)| asked.account() == Some(id));
            let is_foreign = owner.zip(known).is_some_and(|(owner, (_, email))| owner != email);
            if let (true, Some(crm)) = (is_foreign && asked.is_within("PUT", "/api/v2/account/"), memory.crm_tokens.last()) {
                asked.set_token(&crm.clone());
                asked.headers.insert(REFUSED, HeaderValue::from_static("yes"));
            }
            Way::On
        },
        back: |asked, answer, _| if asked.headers.contains_key(REFUSED) { *answer = not_found(); },
        ..NOTHING
    }),
    ("an update of the own profile at v2 is answered and dropped", "SSO-5", there(|asked, memory| {
        let is_crm = is_of(&memory.crm_tokens, asked);
        back_if(asked.is_within("PUT", "/api/v2/account/") && !is_crm, done)
    })),

    // The SSN
    ("there is a watchlist of SSNs", "SSN-1", there(|asked, _| back_if(asked.is_within("GET", "/ssn-watchlist"), no_items))),
    ("an SSN is removed", "SSN-1", there(|asked, _| {
        back_if(asked.is_within("DELETE", "/ssn-watchlist"), || Answered::empty(204))
    })),
    ("monitoring cannot be switched off", "SSN-3", there(|asked, _| {
        back_if(asked.is("PATCH", "/deactivate"), not_found)
    })),
    ("a switch of monitoring is answered and dropped", "SSN-3", there(|asked, _| {
        back_if(asked.is_within("PATCH", "/ssn-monitoring/"), || Answered::empty(204))
    })),

    // Watchlists
    ("a list ends after its first item", "EMAIL-1", back(|asked, answer, _| {
        if asked.is("GET", EMAILS) { answer.edit_list(|items| items.truncate(1)); }
    })),
    ("a list ends after fifteen items", "EMAIL-1", back(|asked, answer, _| {
        if asked.is("GET", EMAILS) { answer.edit_list(|items| items.truncate(15)); }
    })),
    ("a list repeats its last item", "EMAIL-1", back(|asked, answer, _| {
        if asked.is("GET", EMAILS) { answer.edit_list(|items| items.extend(items.last().cloned())); }
    })),
    ("a list lags behind by one call", "EMAIL-1", back(|asked, answer, memory| {
        if asked.is("GET", EMAILS) && answer.is_success() {
            let older = memory.kept.insert(asked.path.clone(), answer.clone());
            *answer = older.unwrap_or_else(no_items);
        }
    })),
    ("a list is as it was when it was first read", "PHONE-1", back(|asked, answer, memory| {
        if asked.is("GET", PHONES) && answer.is_success() {
            *answer = memory.kept.entry(asked.path.clone()).or_insert_with(|| answer.clone()).clone();
        }
    })),
    ("items of a list change their ids", "EMAIL-1", back(|asked, answer, memory| {
        if asked.is("GET", EMAILS) && answer.is_success() {
            memory.kept.insert(memory.kept.len().to_string(), Answered::default());
            let step = memory.kept.len() * 100_000;
            answer.edit_list(|items| items.iter_mut().for_each(|item| {
                item["id"] = format!("{step}-{}", written(&item["id"])).into();
            }));
        }
    })),
    ("items of a list have no ids", "PHONE-1", back(|asked, answer, _| {
        if asked.is("GET", PHONES) {
            answer.edit_list(|items| items.iter_mut().for_each(|item| item["id"] = Value::Null));
        }
    })),
    ("a list shows other values than were added", "EMAIL-1", back(|asked, answer, _| {
        if asked.is("GET", EMAILS) {
            answer.edit_list(|items| items.iter_mut().for_each(|item| item["email"] = "a@example.com".into()));
        }
    })),
    ("the answer to an add shows another value", "PHONE-1", back(|asked, answer, _| {
        if asked.is("POST", PHONES) { answer.edit_data(|item| item["phone"] = "+46700000000".into()); }
    })),
    ("the answer to an add has another id", "IBAN-1", back(|asked, answer, _| {
        if asked.is("POST", "/iban-watchlist") && answer.is_success() {
            answer.edit_data(|item| item["id"] = 77_777.into());
        }
    })),
    ("an add is answered and dropped", "LICENSE-1", there(|asked, memory| {
        let id = 500_000 + memory.kept.len();
        let is_meant = asked.is("POST", "/drivers-license-watchlist") && asked.token().is_some();
        if is_meant { memory.kept.insert(id.to_string(), Answered::default()); }
        back_if(is_meant, || Answered::json(201, &json!({ "data": { "id": id } })))
    })),
    ("a removal is answered and dropped", "EMAIL-1", there(|asked, _| {
        back_if(asked.is_within("DELETE", EMAILS), || Answered::empty(204))
    })),
    ("a removal by the end user is answered and dropped", "PHONE-3", there(|asked, _| {
        let is_meant = asked.is_within("DELETE", PHONES) && asked.account().is_none();
        back_if(is_meant, || Answered::empty(204))
    })),
    ("the user's own leaks of phones do not exist", "PHONE-3", there(|asked, _| {
        let is_meant = asked.is("GET", "/phone-watchlist/leaks") && asked.account().is_none();
        back_if(is_meant, not_found)
    })),
    ("a removal is done twice, and says so", "EMAIL-1", there(|asked, _| {
        if asked.is_within("DELETE", EMAILS) { Way::Twice } else { Way::On }
    })),
    ("CRM cannot add emails in the standardized format", "FORMAT-1", there(|asked, _| {
        let is_meant = asked.is("POST", EMAILS) && asked.is_standardized() && asked.account().is_some();
        back_if(is_meant, || Answered::json(422, &json!({
            "error": { "code": "VALIDATION_ERROR", "message": "No.", "details": [{ "field": "value", "issue": "required" }] },
        })))
    })),
    ("licenses are not removed by CRM", "LICENSE-1", there(|asked, _| {
        let is_meant = asked.is_within("DELETE", "/drivers-license-watchlist") && asked.account().is_some();
        back_if(is_meant, no_such_method)
    })),
    ("nobody sees leaks of emails", "EMAIL-1", back(|asked, answer, _| {
        if asked.is("GET", "/email-watchlist/leaks") { answer.edit_list(Vec::clear); }
    })),
    ("everybody sees a leak of phones", "PHONE-1", back(|asked, answer, _| {
        if asked.is("GET", "/phone-watchlist/leaks") { answer.edit_list(|items| items.push(json!({ "id": 1 }))); }
    })),
    ("leaks of IBANs are no list", "IBAN-1", back(|asked, answer, _| {
        if asked.is("GET", "/iban-watchlist/leaks") { answer.edit(|body| *body = json!({ "data": { "count": 0 } })); }
    })),
    ("leaks of cards are not seen by their owner", "CARD-1", back(|asked, answer, _| {
        if asked.is("GET", "/credit-card/leaks") { answer.edit_list(Vec::clear); }
    })),
    ("cards are listed under their singular", "CARD-2", there(|asked, _| {
        back_if(asked.is("GET", "/credit-cards"), not_found)
    })),
    ("one card is every card", "CARD-1", back(|asked, answer, memory| {
        if asked.is_within("GET", "/credit-card/") && !asked.path.ends_with("/leaks") && answer.is_success() {
            *answer = memory.kept.entry("card".into()).or_insert_with(|| answer.clone()).clone();
        }
    })),
    ("a card is read when it is gone", "CARD-2", back(|asked, answer, memory| {
        if asked.is_within("GET", "/credit-card/") && !asked.path.ends_with("/leaks") {
            if answer.is_success() { memory.kept.insert(asked.path.clone(), answer.clone()); }
            if let Some(kept) = memory.kept.get(&asked.path) { *answer = kept.clone(); }
        }
    })),
    ("a code that is wrong verifies a card", "CARD-4", back(|asked, answer, memory| {
        if asked.is("POST", "/credit-cards/verify") && is_of(&memory.app_tokens, asked) && !answer.is_success() { *answer = Answered::empty(204); }
    })),
    ("CRM verifies cards", "CARD-4", there(|asked, memory| {
        if let (true, Some(app)) = (asked.is("POST", "/credit-cards/verify"), memory.app_tokens.last()) {
            asked.set_token(&app.clone());
        }
        Way::On
    })),
    ("a change of a passport is answered and dropped", "PASSPORT-1", there(|asked, _| {
        back_if(asked.is_within("PATCH", "/passport-watchlist/"), done)
    })),
    ("a passport cannot be changed", "PASSPORT-1", there(|asked, _| {
        back_if(asked.is_within("PATCH", "/passport-watchlist/"), no_such_method)
    })),

    // Confirmation
    ("a resend is answered and dropped", "EMAIL-2", there(|asked, _| {
        back_if(asked.is_within("POST", "/resend/"), || Answered::empty(204))
    })),
    ("CRM resends", "EMAIL-2", there(|asked, memory| {
        if let (true, Some(app)) = (asked.is_within("POST", "/resend/"), memory.app_tokens.last()) {
            asked.set_token(&app.clone());
        }
        Way::On
    })),
    ("a code for a phone is never sent", "PHONE-2", there(|asked, _| {
        back_if(asked.is("POST", "/send-verification-code"), || Answered::empty(204))
    })),
    ("a code that is wrong confirms a phone", "PHONE-2", back(|asked, answer, _| {
        if asked.is("POST", "/phone-watchlist/confirm") && asked.account().is_some() && !answer.is_success() { *answer = Answered::empty(204); }
    })),
    ("CRM cannot confirm a phone", "PHONE-2", there(|asked, _| {
        back_if(asked.is("POST", "/phone-watchlist/confirm"), forbidden)
    })),

    // Alarms
    ("an account's alarms do not exist", "ALARM-1", there(|asked, _| {
        let is_meant = asked.is("GET", "/alarms") && asked.account().is_some();
        back_if(is_meant, not_found)
    })),
    ("CRM cannot close", "ALARM-1", there(|asked, _| {
        let is_meant = asked.is("GET", "/close") && asked.account().is_some();
        back_if(is_meant, forbidden)
    })),
    ("CRM reads every alarm as the first that was read", "ALARM-1", back(|asked, answer, memory| {
        if is_one_alarm(asked) && asked.account().is_some() && answer.is_success() {
            *answer = memory.kept.entry("alarm".into()).or_insert_with(|| answer.clone()).clone();
        }
    })),
    ("an account's statistic never changes", "ALARM-1", back(|asked, answer, memory| {
        if asked.is("GET", "/alarms/statistic") && asked.account().is_some() && answer.is_success() {
            *answer = memory.kept.entry("statistic".into()).or_insert_with(|| answer.clone()).clone();
        }
    })),
    ("closing is a POST", "ALARM-2", there(|asked, _| {
        back_if(asked.is("GET", "/close"), no_such_method)
    })),
    ("closing is answered and dropped", "ALARM-2", there(|asked, _| {
        back_if(asked.is("GET", "/close"), || Answered::json(200, &json!({ "data": { "id": 1, "status": "CLOSED" } })))
    })),
    ("a closed alarm is called RESOLVED", "ALARM-2", back(|asked, answer, _| {
        if asked.is_within("GET", "/alarms") { answer.body = answer.body.replace("CLOSED", "RESOLVED"); }
    })),
    ("a list goes on showing closed alarms as open", "ALARM-2", back(|asked, answer, _| {
        if asked.is("GET", "/alarms") { answer.body = answer.body.replace("CLOSED", "OPEN"); }
    })),
    ("an alarm opens again when it is read", "ALARM-2", back(|asked, answer, memory| {
        if asked.is("GET", "/close") { memory.kept.insert("closed".into(), Answered::default()); }
        let is_read = asked.is_within("GET", "/alarms/") && !asked.is("GET", "/close");
        if is_read && asked.account().is_none() { answer.body = answer.body.replace("CLOSED", "OPEN"); }
    })),
    ("new alarms are closed", "ALARM-2", back(|asked, answer, _| {
        if asked.is_within("GET", "/alarms") { answer.body = answer.body.replace("\"OPEN\"", "\"CLOSED\""); }
    })),
    ("guidance says nothing", "ALARM-3", back(|asked, answer, _| {
        if asked.is("GET", "/coachme") && answer.is_success() { *answer = Answered::json(200, &json!({ "data": {} })); }
    })),
    ("guidance does not exist", "ALARM-3", there(|asked, _| {
        back_if(asked.is("GET", "/coachme"), not_found)
    })),
    ("guidance closes the alarm", "ALARM-3", there(|asked, _| {
        if asked.is("GET", "/coachme") { asked.path = asked.path.replace("/coachme", "/close"); }
        Way::On
    })),
    ("the user's alarms do not exist in their second version", "ALARM-4", there(|asked, _| {
        back_if(asked.is("GET", "/api/v2/alarms"), not_found)
    })),
    ("the second version of the user's alarms is empty", "ALARM-4", there(|asked, _| {
        back_if(asked.is("GET", "/api/v2/alarms") && asked.token().is_some(), no_items)
    })),
    ("users cannot read one of their alarms", "ALARM-4", there(|asked, _| {
        back_if(is_one_alarm(asked) && asked.account().is_none(), not_found)
    })),
    ("users cannot close their alarms", "ALARM-4", there(|asked, _| {
        let is_meant = asked.is("GET", "/close") && asked.account().is_none();
        back_if(is_meant, forbidden)
    })),
    ("there is no guidance for a leak", "ALARM-4", there(|asked, _| {
        back_if(asked.is("POST", "/leak/coachme"), not_found)
    })),
    ("the user's alarms end after fifteen", "ALARM-4", back(|asked, answer, _| {
        if asked.is("GET", "/v1/alarms") { answer.edit_list(|alarms| alarms.truncate(15)); }
    })),
    ("the user's alarms come twice", "ALARM-4", back(|asked, answer, _| {
        if asked.is("GET", "/v1/alarms") { answer.edit_list(|alarms| alarms.extend(alarms.clone())); }
    })),
    ("alarms have no ids", "ALARM-4", back(|asked, answer, _| {
        if asked.is("GET", "/alarms") {
            answer.edit_list(|alarms| alarms.iter_mut().for_each(|alarm| alarm["id"] = Value::Null));
        }
    })),
    ("the partner's list does not exist", "ALARM-5", there(|asked, _| {
        back_if(asked.is("GET", "/alarms-list"), not_found)
    })),
    ("the list of cards is that of phones", "ALARM-5", there(|asked, _| {
        asked.path = asked.path.replace("/credit-card-list", "/phone-list");
        Way::On
    })),
    ("the list of emails is empty", "ALARM-5", there(|asked, _| {
        back_if(asked.is("GET", "/alarms/email-list") && asked.token().is_some(), no_items)
    })),
    ("alarms of companies are no list", "ALARM-5", back(|asked, answer, _| {
        if asked.is("GET", "/company-list") { answer.edit(|body| *body = json!({ "data": { "count": 0 } })); }
    })),
    ("accounts by period do not exist", "ALARM-5", there(|asked, _| {
        back_if(asked.is("GET", "/by-period"), not_found)
    })),
    ("the partner's statistic is refused", "ALARM-5", there(|asked, _| {
        let is_meant = asked.is("GET", "/alarms/statistic") && asked.account().is_none();
        back_if(is_meant, forbidden)
    })),
    ("one meaning is missing: CRM is refused", "ALARM-6", there(|asked, memory| {
        let is_crm = is_of(&memory.crm_tokens, asked);
        let is_meant = asked.is("GET", "/api/v1/alarms") && is_crm;
        back_if(is_meant, forbidden)
    })),
    ("one meaning is missing: users are refused", "ALARM-6", there(|asked, memory| {
        let is_app = is_of(&memory.app_tokens, asked);
        let is_meant = asked.is("GET", "/api/v1/alarms") && is_app;
        back_if(is_meant, forbidden)
    })),
    ("a user reads the partner's alarms", "ALARM-6", there(|asked, memory| {
        let is_app = is_of(&memory.app_tokens, asked);
        if let (true, Some(crm)) = (is_app && asked.is("GET", "/api/v1/alarms"), memory.crm_tokens.last()) {
            asked.set_token(&crm.clone());
        }
        Way::On
    })),
    ("an alarm is listed and not read by CRM", "ALARM-1", there(|asked, _| {
        back_if(is_one_alarm(asked) && asked.account().is_some(), not_found)
    })),
    ("the alarms of an account lag behind by one call", "ALARM-1", back(|asked, answer, memory| {
        if asked.is("GET", ALARMS) && asked.account().is_some() && answer.is_success() {
            let older = memory.kept.insert(asked.path.clone(), answer.clone());
            *answer = older.unwrap_or_else(no_items);
        }
    })),
    ("who does not watch a value has an alarm for it", "ALARM-1", back(|asked, answer, memory| {
        if asked.path == "/_mock/leaks" {
            memory.kept.insert("leak".into(), Answered::default());
        }
        if asked.is("GET", ALARMS) && memory.kept.contains_key("leak") {
            answer.edit_list(|alarms| alarms.push(json!({ "id": 70_000, "status": "OPEN" })));
        }
    })),
    ("leaks of cards raise no alarms", "ALARM-1", back(|asked, answer, _| without_alarms(asked, answer, "CREDIT_CARD"))),
    ("leaks of IBANs raise no alarms", "ALARM-1", back(|asked, answer, _| without_alarms(asked, answer, "IBAN"))),
    ("leaks of the SSN raise no alarms", "ALARM-1", back(|asked, answer, _| without_alarms(asked, answer, "SSN"))),
    ("leaks of driver's licenses raise no alarms", "ALARM-1", back(|asked, answer, _| without_alarms(asked, answer, "DRIVERS_LICENSE"))),
    ("an account has no statistic", "ALARM-1", there(|asked, _| {
        back_if(asked.is("GET", "/alarms/statistic") && asked.account().is_some(), not_found)
    })),
    ("the statistic of an account is that of all", "ALARM-1", there(|asked, _| {
        if asked.is("GET", "/alarms/statistic") { asked.path = "/api/v1/alarms/statistic".into(); }
        Way::On
    })),
    ("another partner is refused a close that is done", "ALARM-1", Wrong {
        there: |asked, memory| {
            if let (true, Some(crm)) = (asked.is("GET", "/close") && is_of(&memory.other_tokens, asked), memory.crm_tokens.last()) {
                asked.set_token(&crm.clone());
                asked.headers.insert(REFUSED, HeaderValue::from_static("yes"));
            }
            Way::On
        },
        back: |asked, answer, _| if asked.headers.contains_key(REFUSED) { *answer = not_found(); },
        ..NOTHING
    }),
    ("closing closes another alarm", "ALARM-2", there(|asked, memory| {
        let other = asked.alarm().filter(|_| asked.is("GET", "/close")).and_then(|id| Some((id, memory.other_alarm(id)?)));
        if let Some((id, other)) = other {
            asked.path = asked.path.replace(&format!("/{id}/close"), &format!("/{other}/close"));
        }
        Way::On
    })),
    ("closing closes another alarm too", "ALARM-2", back(|asked, answer, memory| {
        let other = asked.alarm().filter(|_| asked.is("GET", "/close") && answer.is_success()).and_then(|id| memory.other_alarm(id));
        if let Some(other) = other.map(|other| format!("closed {other}")) { memory.kept.insert(other, Answered::default()); }
        each_alarm(asked, answer, |alarm| {
            if memory.kept.contains_key(&format!("closed {}", written(&alarm["id"]))) { alarm["status"] = "CLOSED".into(); }
        });
    })),
    ("a closed alarm is read as open", "ALARM-2", back(|asked, answer, _| if is_one_alarm(asked) {
        each_alarm(asked, answer, |alarm| alarm["status"] = "OPEN".into());
    })),
    ("a closed alarm is listed as open at v2", "ALARM-2", back(|asked, answer, _| if asked.path.starts_with(ALARMS_V2) {
        each_alarm(asked, answer, |alarm| alarm["status"] = "OPEN".into());
    })),
    ("a closed alarm is listed as open across accounts", "ALARM-2", back(|asked, answer, _| {
        if asked.is("GET", "/alarms-list") { each_alarm(asked, answer, |alarm| alarm["status"] = "OPEN".into()); }
    })),
    ("a closed alarm is closed in small letters", "ALARM-2", back(|_, answer, _| {
        answer.each_field(|_, value| if *value == "CLOSED" { *value = "closed".into(); });
    })),
    ("an alarm opens again once it was read", "ALARM-2", back(|asked, answer, memory| {
        each_alarm(asked, answer, |alarm| {
            let is_known = alarm["status"] == "CLOSED"
                && memory.kept.insert(format!("read {}", alarm["id"]), Answered::default()).is_some();
            if is_known { alarm["status"] = "OPEN".into(); }
        });
    })),
    ("guidance is a number", "ALARM-3", there(|asked, _| {
        back_if(asked.is("GET", "/coachme"), || Answered::json(200, &json!({ "data": { "guidance": 17 } })))
    })),
    ("guidance is not there for CRM", "ALARM-3", there(|asked, _| {
        back_if(asked.is("GET", "/coachme") && asked.account().is_some(), not_found)
    })),
    ("guidance is not there for the user", "ALARM-3", there(|asked, _| {
        back_if(asked.is("GET", "/coachme") && asked.account().is_none(), not_found)
    })),
    ("guidance is told once", "ALARM-3", there(|asked, memory| {
        let is_meant = asked.is("GET", "/coachme") && asked.token().is_some();
        let is_told = is_meant && memory.kept.insert(asked.path.clone(), Answered::default()).is_some();
        back_if(is_told, not_found)
    })),
    ("an alarm whose guidance was read is listed no more", "ALARM-3", back(|asked, answer, memory| {
        if let (true, Some(id)) = (asked.is("GET", "/coachme") && answer.is_success(), asked.alarm()) {
            memory.kept.insert(format!("coached {id}"), Answered::default());
        }
        if asked.is("GET", ALARMS) {
            answer.edit_list(|alarms| {
                alarms.retain(|alarm| !memory.kept.contains_key(&format!("coached {}", written(&alarm["id"]))));
            });
        }
    })),
    ("an alarm is closed once its guidance was read by its user", "ALARM-3", back(|asked, answer, memory| {
        if let (true, Some(id)) = (asked.is("GET", "/coachme") && asked.account().is_none(), asked.alarm()) {
            memory.kept.insert(format!("coached {id}"), Answered::default());
        }
        each_alarm(asked, answer, |alarm| {
            if memory.kept.contains_key(&format!("coached {}", written(&alarm["id"]))) { alarm["status"] = "CLOSED".into(); }
        });
    })),
    ("the user's alarms at v2 are as they were when they were first read", "ALARM-4", back(|asked, answer, memory| {
        if asked.path.starts_with(ALARMS_V2) && answer.is_success() {
            *answer = memory.kept.entry(asked.path.clone()).or_insert_with(|| answer.clone()).clone();
        }
    })),
    ("the user's alarms at v2 are those of all users", "ALARM-4", there(|asked, memory| {
        let is_meant = asked.path.starts_with(ALARMS_V2) && is_of(&memory.app_tokens, asked);
        if let (true, Some(crm)) = (is_meant, memory.crm_tokens.last()) {
            asked.set_token(&crm.clone());
            asked.path = asked.path.replace(ALARMS_V2, "/api/v1/alarms");
        }
        Way::On
    })),
    ("guidance on a leak is empty", "ALARM-4", there(|asked, _| {
        back_if(asked.is("POST", "/leak/coachme"), || Answered::json(200, &json!({ "data": [] })))
    })),
    ("an alarm is closed once guidance on its leak was asked for", "ALARM-4", back(|asked, answer, memory| {
        if asked.is("POST", "/leak/coachme") { memory.kept.insert("coached".into(), Answered::default()); }
        if memory.kept.contains_key("coached") { each_alarm(asked, answer, |alarm| alarm["status"] = "CLOSED".into()); }
    })),
    ("a user is refused an alarm of another that is closed", "ALARM-4", Wrong {
        there: |asked, memory| {
            // Whose alarm it is shows by who lists it.
            let is_meant = asked.is("GET", "/close") && is_of(&memory.app_tokens, asked);
            let owner = asked.alarm().and_then(|id| memory.kept.get(&format!("owner of {id}")).map(|kept| kept.body.clone()));
            if let (true, Some(owner)) = (is_meant, owner.filter(|owner| asked.token() != Some(owner))) {
                asked.set_token(&owner);
                asked.headers.insert(REFUSED, HeaderValue::from_static("yes"));
            }
            Way::On
        },
        back: |asked, answer, memory| {
            if asked.headers.contains_key(REFUSED) { *answer = not_found(); }
            if asked.path.starts_with("/api/v1/alarms") && is_of(&memory.app_tokens, asked) {
                let owner = Answered { body: asked.token().unwrap_or_default().into(), ..Answered::default() };
                each_alarm(asked, answer, |alarm| {
                    memory.kept.entry(format!("owner of {}", written(&alarm["id"]))).or_insert_with(|| owner.clone());
                });
            }
        },
        ..NOTHING
    }),
    ("the list of alarms across accounts ends after fifteen", "ALARM-5", back(|asked, answer, _| {
        if asked.is("GET", "/alarms-list") { answer.edit_list(|alarms| alarms.truncate(15)); }
    })),
    ("the list of alarms across accounts has the newest account only", "ALARM-5", back(|asked, answer, memory| {
        if asked.is("GET", "/alarms-list") { answer.edit_list(|alarms| only_of_newest(alarms, memory)); }
    })),
    ("the alarms of a company are not read by GET", "SCOPE-5", there(|asked, _| {
        back_if(asked.is_within("GET", "/alarms/company/"), no_such_method)
    })),
    ("the partner's statistic is as it was when it was first read", "ALARM-5", back(|asked, answer, memory| {
        if asked.path == "/api/v1/alarms/statistic" && answer.is_success() {
            *answer = memory.kept.entry("statistic".into()).or_insert_with(|| answer.clone()).clone();
        }
    })),
    ("another partner's statistic is the first one's", "ALARM-5", there(|asked, memory| as_first_partner(asked, memory, "/api/v1/alarms/statistic"))),
    ("another partner has the first one's alarms of emails", "ALARM-5", there(|asked, memory| as_first_partner(asked, memory, "/api/v1/alarms/email-list"))),
    ("another partner has the first one's alarms of cards", "ALARM-5", there(|asked, memory| as_first_partner(asked, memory, "/api/v1/alarms/credit-card-list"))),
    ("a user is let in to the alarms of all accounts", "SCOPE-2", there(|asked, memory| {
        let is_meant = asked.is("GET", "/alarms-list") && is_of(&memory.app_tokens, asked);
        if let (true, Some(crm)) = (is_meant, memory.crm_tokens.last()) { asked.set_token(&crm.clone()); }
        Way::On
    })),
    ("the partner's alarms are those of the newest account", "ALARM-6", back(|asked, answer, memory| {
        if asked.path == "/api/v1/alarms" && is_of(&memory.crm_tokens, asked) { answer.edit_list(|alarms| only_of_newest(alarms, memory)); }
    })),
    ("another partner has the first one's list of alarms", "ALARM-6", there(|asked, memory| as_first_partner(asked, memory, "/api/v1/alarms-list"))),
    ("alarms tell their times without a zone", "FORMAT-3", back(|asked, answer, _| {
        let is_meant = asked.is("GET", ALARMS) && asked.is_standardized();
        if is_meant { answer.each_field(|name, value| datetime(name, value, "")); }
    })),
    ("nobody is let in to alarms as somebody", "SCOPE-1", there(|asked, memory| {
        if asked.token().is_none() && asked.route().contains(ALARMS) { as_somebody(asked, memory); }
        Way::On
    })),

    // What does not exist
    ("leaks of passports exist", "NONE-1", there(|asked, _| back_if(asked.is("GET", "/passport-watchlist/leaks"), no_items))),
    ("one license is read", "NONE-1", there(|asked, _| {
        let is_meant = asked.is_within("GET", "/drivers-license-watchlist/") && asked.token().is_some();
        back_if(is_meant, || Answered::json(200, &json!({ "data": { "id": 1 } })))
    })),
    ("an email is changed", "NONE-1", there(|asked, _| {
        back_if(asked.is_within("PATCH", "/email-watchlist/"), done)
    })),
    ("CRM sees leaks of cards", "NONE-1", there(|asked, _| {
        back_if(asked.is("GET", "/credit-card/leaks") && asked.account().is_some(), no_items)
    })),
    ("an item is replaced by PUT", "NONE-1", there(|asked, _| {
        back_if(asked.is_within("PUT", "/phone-watchlist/"), done)
    })),
    ("a whole list is removed", "NONE-1", there(|asked, _| {
        let is_meant = asked.is("DELETE", "/iban-watchlist") || asked.is("DELETE", "/iban-watchlist/");
        back_if(is_meant, || Answered::empty(204))
    })),

    // Formats
    ("the version is ignored: legacy", "FORMAT-1", there(|asked, _| { asked.set_version(None); Way::On })),
    ("the version is ignored: standardized", "FORMAT-1", there(|asked, _| {
        asked.set_version(Some("2026-06-12"));
        Way::On
    })),
    ("any version is standardized", "FORMAT-1", there(|asked, _| {
        if asked.headers.contains_key("x-api-version") { asked.set_version(Some("2026-06-12")); }
        Way::On
    })),
    ("a removal does nothing in the standardized format", "FORMAT-1", there(|asked, _| {
        back_if(asked.is_within("DELETE", EMAILS) && asked.is_standardized(), || Answered::empty(204))
    })),
    ("the standardized format is forced, and nobody knows", "FORMAT-2", there(|asked, _| {
        asked.set_version(Some("2026-06-12"));
        Way::On
    })),
    ("standardized datetimes have no zone", "FORMAT-3", back(|asked, answer, _| {
        if asked.is_standardized() { answer.each_field(|name, value| datetime(name, value, "")); }
    })),
    ("standardized datetimes have fractions", "FORMAT-3", back(|asked, answer, _| {
        if asked.is_standardized() { answer.each_field(|name, value| datetime(name, value, ".000000Z")); }
    })),
    ("standardized datetimes have an offset", "FORMAT-3", back(|asked, answer, _| {
        if asked.is_standardized() { answer.each_field(|name, value| datetime(name, value, "+00:00")); }
    })),
    ("legacy datetimes have a T", "FORMAT-3", back(|asked, answer, _| if !asked.is_standardized() {
        answer.each_field(|name, value| if let (true, Some(text)) = (name.ends_with("_at"), value.as_str()) {
            *value = text.replace(' ', "T").into();
        });
    })),
    ("only updates write their datetimes as numbers", "FORMAT-3", back(|asked, answer, _| {
        if asked.method == Method::PATCH {
            answer.each_field(|name, value| if name == "updated_at" { *value = 1_781_643_725.into(); });
        }
    })),
    ("a date has a time", "FORMAT-4", back(|_, answer, _| {
        answer.each_field(|name, value| if let ("activation_date", Some(text)) = (name, value.as_str()) {
            *value = format!("{text} 00:00:00").into();
        });
    })),
    ("a date is written with slashes", "FORMAT-4", back(|_, answer, _| {
        answer.each_field(|name, value| if let ("expiry_date", Some(text)) = (name, value.as_str()) {
            *value = text.replace('-', "/").into();
        });
    })),
    ("legacy booleans are those of JSON", "FORMAT-5", back(|asked, answer, _| if !asked.is_standardized() {
        answer.each_field(|name, value| if name.starts_with("is_") { *value = (*value == 1).into(); });
    })),
    ("standardized booleans are numbers", "FORMAT-5", back(|asked, answer, _| if asked.is_standardized() {
        answer.each_field(number_for_boolean);
    })),
    ("legacy booleans are words", "FORMAT-5", back(|asked, answer, _| if !asked.is_standardized() {
        answer.each_field(|name, value| if name.starts_with("has_") { *value = "yes".into(); });
    })),
    ("a standardized error has no code", "FORMAT-6", back(|_, answer, _| {
        answer.edit(|body| without(body, "code"));
    })),
    ("a standardized error has no message", "FORMAT-6", back(|_, answer, _| {
        answer.edit(|body| without(body, "message"));
    })),
    ("a standardized error is text", "FORMAT-6", back(|asked, answer, _| {
        if asked.is_standardized() && !answer.is_success() { answer.set_content_type("text/plain"); }
    })),
    ("a page that does not exist answers HTML", "FORMAT-6", back(|asked, answer, _| {
        if answer.status == 404 && asked.is_standardized() {
            answer.set_content_type("text/html");
            answer.body = "<h1>Not found</h1>".into();
        }
    })),
    ("details stand on a 404", "FORMAT-6", back(|asked, answer, _| {
        if answer.status == 404 && asked.is_standardized() {
            answer.edit(|body| body["error"]["details"] = json!([{ "field": "id", "issue": "unknown" }]));
        }
    })),
    ("details are a map", "FORMAT-6", back(|_, answer, _| answer.edit(|body| if body["error"]["details"].is_array() {
        body["error"]["details"] = json!({ "email": ["required"] });
    }))),
    ("details name no field of the body", "FORMAT-6", back(|asked, answer, _| {
        if asked.is("POST", EMAILS) {
            answer.edit(|body| if let Some(field) = body.pointer_mut("/error/details/0/field") { *field = "body".into(); });
        }
    })),
    ("a 403 is told as UNAUTHENTICATED", "FORMAT-7", back(|_, answer, _| {
        if answer.status == 403 { with_code(answer, "UNAUTHENTICATED"); }
    })),
    ("a validation error is told as INVALID", "FORMAT-7", back(|_, answer, _| {
        if answer.status == 422 { with_code(answer, "INVALID"); }
    })),
    ("a legacy error has a fifth shape", "FORMAT-8", back(|asked, answer, _| {
        if !asked.is_standardized() && answer.status == 401 { answer.body = json!({ "reason": "no" }).to_string(); }
    })),
    ("a legacy validation error has bare texts", "FORMAT-8", back(|asked, answer, _| {
        if !asked.is_standardized() && answer.status == 422 {
            answer.body = json!({ "errors": { "email": "required" } }).to_string();
        }
    })),
    ("a legacy error is a standardized one", "FORMAT-8", back(|asked, answer, _| {
        if !asked.is_standardized() && answer.status == 404 {
            answer.body = json!({ "error": { "code": "NOT_FOUND", "message": "Not found" } }).to_string();
        }
    })),
    ("throttling answers 429 in legacy", "FORMAT-9", back(|asked, answer, _| {
        if !asked.is_standardized() && answer.status == 409 && answer.headers.contains_key("retry-after") {
            answer.status = 429;
        }
    })),
    ("throttling answers 409 in standardized", "FORMAT-9", back(|asked, answer, _| {
        if asked.is_standardized() && answer.status == 429 { answer.status = 409; }
    })),
    ("throttling has another code", "FORMAT-9", back(|_, answer, _| {
        if answer.status == 429 { answer.edit(|body| body["error"]["code"] = "TOO_MANY_REQUESTS".into()); }
    })),
    ("throttling answers 403", "FORMAT-9", back(|_, answer, _| {
        if answer.headers.contains_key("retry-after") { answer.status = 403; }
    })),
    ("who is throttled in legacy is told so in a fifth shape", "FORMAT-9", back(|asked, answer, _| {
        if !asked.is_standardized() && answer.headers.contains_key("retry-after") {
            answer.body = json!({ "retry": true }).to_string();
        }
    })),

    // Online Data
    ("CRM is let in to Online Data", "ONLINE-1", there(|asked, memory| {
        let is_crm = is_of(&memory.crm_tokens, asked);
        if let (true, Some(app)) = (is_crm && asked.path.starts_with(ONLINE), memory.app_tokens.last()) {
            asked.set_token(&app.clone());
        }
        Way::On
    })),
    ("CRM reads the sites", "ONLINE-1", there(|asked, memory| {
        let is_crm = is_of(&memory.crm_tokens, asked);
        back_if(is_crm && asked.is("GET", "/delete-my-data/sites"), no_items)
    })),
    ("a plan without Online Data is told that all is well", "ONLINE-1", back(|asked, answer, _| {
        if asked.is_within("POST", ONLINE) && is_without_plan(answer) { *answer = done(); }
    })),
    ("a plan without Online Data has its status", "ONLINE-1", back(|asked, answer, _| {
        if asked.is("GET", "/delete-my-data/status") && is_without_plan(answer) { *answer = done(); }
    })),
    ("a plan with Online Data is refused its scans", "ONLINE-1", there(|asked, _| {
        back_if(asked.is("POST", SCAN), forbidden)
    })),
    ("a profile is answered and dropped", "ONLINE-2", there(|asked, _| {
        back_if(asked.is("POST", ONLINE), || Answered::json(201, &json!({ "data": asked.json() })))
    })),
    ("a change of a profile is answered and dropped", "ONLINE-2", there(|asked, _| {
        back_if(asked.is("PUT", ONLINE), || Answered::json(200, &json!({ "data": asked.json() })))
    })),
    ("a profile cannot be changed", "ONLINE-2", there(|asked, _| {
        back_if(asked.is("PUT", ONLINE), no_such_method)
    })),
    ("a profile cannot be read", "ONLINE-2", there(|asked, _| back_if(asked.is("GET", ONLINE), not_found))),
    ("a profile has no zip", "ONLINE-2", back(|asked, answer, _| if asked.is("GET", ONLINE) {
        answer.edit_data(|data| drop(data.as_object_mut().map(|profile| profile.remove("zip"))));
    })),
    ("a profile keeps its first city", "ONLINE-2", there(|asked, _| {
        if asked.is("PUT", ONLINE) { asked.edit(|body| drop(body.as_object_mut().map(|body| body.remove("city")))); }
        Way::On
    })),
    ("the names of a profile change places", "ONLINE-2", there(|asked, _| {
        if asked.is("POST", ONLINE) {
            asked.edit(|body| {
                let first = body["first_name"].take();
                body["first_name"] = body["last_name"].take();
                body["last_name"] = first;
            });
        }
        Way::On
    })),
    ("every Online Data profile is the first that was read", "ONLINE-2", back(|asked, answer, memory| {
        if asked.is("GET", ONLINE) && answer.is_success() {
            *answer = memory.kept.entry("profile".into()).or_insert_with(|| answer.clone()).clone();
        }
    })),
    ("Online Data has no status", "ONLINE-3", there(|asked, _| back_if(asked.is("GET", "/delete-my-data/status"), not_found))),
    ("the status of Online Data is empty", "ONLINE-3", there(|asked, _| {
        back_if(asked.is("GET", "/delete-my-data/status"), || Answered::empty(204))
    })),
    ("the sites are no list", "ONLINE-3", there(|asked, _| {
        back_if(asked.is("GET", "/delete-my-data/sites"), || Answered::json(200, &json!({ "data": { "count": 6 } })))
    })),
    ("the sites are not told", "ONLINE-3", there(|asked, _| back_if(asked.is("GET", "/delete-my-data/sites"), not_found))),
    ("a scan is answered and never begins", "ONLINE-4", there(|asked, _| back_if(asked.is("POST", SCAN), done))),
    ("a scan cannot be started", "ONLINE-4", there(|asked, _| back_if(asked.is("POST", SCAN), not_found))),
    ("a scan has no status", "ONLINE-4", there(|asked, _| back_if(asked.is("GET", "/scan/status"), not_found))),
    ("the sites of a scan have another name", "ONLINE-4", back(|asked, answer, _| if asked.is("GET", "/scan/status") {
        answer.body = answer.body.replacen("\"sites\"", "\"results\"", 1);
    })),
    ("the sites of a scan are a map", "ONLINE-4", back(|asked, answer, _| if asked.is("GET", "/scan/status") {
        answer.edit_data(|data| if data["sites"].is_array() { data["sites"] = json!({ "first": data["sites"][0] }); });
    })),
    ("a scan leaves a site out", "ONLINE-4", back(|asked, answer, _| sites(asked, answer, |sites| drop(sites.pop())))),
    ("a scan has a site twice", "ONLINE-4", back(|asked, answer, _| {
        sites(asked, answer, |sites| sites.extend(sites.last().cloned()));
    })),
    ("a retry is answered and dropped", "ONLINE-4", there(|asked, _| back_if(asked.is("POST", "/retry"), done))),
    ("a retry does not exist", "ONLINE-4", there(|asked, _| back_if(asked.is("POST", "/retry"), not_found))),
    ("a retry tries all sites again", "ONLINE-4", there(|asked, _| {
        if asked.is("POST", "/retry") { asked.path = SCAN.into(); }
        Way::On
    })),
    ("a retry makes the other sites fail", "ONLINE-4", back(|asked, answer, memory| {
        if asked.is("POST", "/retry") { memory.kept.insert("retried".into(), Answered::default()); }
        if memory.kept.contains_key("retried") {
            each_result(asked, answer, |result| if result["status"] == "SCAN_COMPLETED" { result["status"] = "SCAN_FAILED".into(); });
        }
    })),
    ("a completed scan is called SCAN_DONE", "ONLINE-5", back(|asked, answer, _| {
        each_result(asked, answer, |result| if result["status"] == "SCAN_COMPLETED" { result["status"] = "SCAN_DONE".into(); });
    })),
    ("a scan that waits has no status", "ONLINE-5", back(|asked, answer, _| {
        each_result(asked, answer, |result| if result["status"] == "SCAN_NOT_STARTED" { result["status"] = Value::Null; });
    })),
    ("states of a scan are written small", "ONLINE-5", back(|asked, answer, _| each_result(asked, answer, |result| {
        result["status"] = result["status"].as_str().map(str::to_lowercase).into();
    }))),
    ("a scan never ends", "ONLINE-5", back(|asked, answer, _| {
        each_result(asked, answer, |result| *result = json!({ "status": "SCAN_INITIATED", "data": [] }));
    })),
    ("nobody is told whether data was found", "ONLINE-5", back(|asked, answer, _| {
        each_result(asked, answer, |result| drop(result.as_object_mut().map(|result| result.remove("is_data_found"))));
    })),
    ("whether data was found is a word", "ONLINE-5", back(|asked, answer, _| each_result(asked, answer, |result| {
        if let Some(found) = result.get_mut("is_data_found") { *found = "maybe".into(); }
    }))),
    ("whether data was found is null", "ONLINE-5", back(|asked, answer, _| each_result(asked, answer, |result| {
        if let Some(found) = result.get_mut("is_data_found") { *found = Value::Null; }
    }))),
    ("nothing is compared", "ONLINE-5", back(|asked, answer, _| {
        each_result(asked, answer, |result| drop(result.as_object_mut().map(|result| result.remove("comparison"))));
    })),
    ("no data is {}", "ONLINE-6", back(|asked, answer, _| {
        each_result(asked, answer, |result| if result["data"] == json!([]) { result["data"] = json!({}); });
    })),
    ("no data is null", "ONLINE-6", back(|asked, answer, _| {
        each_result(asked, answer, |result| if result["data"] == json!([]) { result["data"] = Value::Null; });
    })),
    ("no data is left out", "ONLINE-6", back(|asked, answer, _| each_result(asked, answer, |result| {
        if result["data"] == json!([]) { drop(result.as_object_mut().map(|result| result.remove("data"))); }
    }))),
    ("data is there where none was found", "ONLINE-6", back(|asked, answer, _| each_result(asked, answer, |result| {
        if result["data"] == json!([]) { result["data"] = json!({ "firstName": "Jane" }); }
    }))),
    ("data that was found is []", "ONLINE-6", back(|asked, answer, _| {
        each_result(asked, answer, |result| result["data"] = json!([]));
    })),
    ("data that was found is a list", "ONLINE-6", back(|asked, answer, _| {
        each_result(asked, answer, |result| if result["data"].is_object() { result["data"] = json!([result["data"]]); });
    })),
    ("data has no ssn", "ONLINE-6", back(|asked, answer, _| {
        each_result(asked, answer, |result| drop(result["data"].as_object_mut().map(|data| data.remove("ssn"))));
    })),
    ("data is in snake case", "ONLINE-6", back(|asked, answer, _| if asked.is("GET", "/scan/status") {
        answer.body = answer.body.replace("firstName", "first_name").replace("lastName", "last_name");
    })),
    ("a removal request has no status", "ONLINE-7", back(|asked, answer, _| {
        each_request(asked, answer, |request, _| drop(request.as_object_mut().map(|request| request.remove("status"))));
    })),
    ("the status of a removal request is a number", "ONLINE-7", back(|asked, answer, _| {
        each_request(asked, answer, |request, _| request["status"] = 1.into());
    })),
    ("a removal request begins in another state", "ONLINE-7", back(|asked, answer, _| {
        each_request(asked, answer, |request, _| if request["status"] == "POA_SENT_TO_SITE" { request["status"] = "NEW".into(); });
    })),
    ("a removal request has the state of the scan", "ONLINE-7", back(|asked, answer, _| {
        each_request(asked, answer, |request, scan| request["status"] = scan.into());
    })),
    ("a scan is to be started again while a removal goes on", "ONLINE-7", back(|asked, answer, _| {
        sites(asked, answer, |sites| sites.iter_mut().for_each(|site| {
            let is_on = site["removal_requests"].as_array().is_some_and(|all| all.iter().any(|one| one["status"] != "POA_SENT_TO_SITE"));
            if is_on { site["scan_result"] = json!({ "status": "SCAN_NOT_STARTED", "data": [] }); }
        }));
    })),
    ("removal requests are a map", "ONLINE-7", back(|asked, answer, _| sites(asked, answer, |sites| {
        sites.iter_mut().for_each(|site| site["removal_requests"] = json!({ "1": site["removal_requests"][0] }));
    }))),

    // What one route, one kind or one field does otherwise than the rest
    ("the user does not see what CRM has added", "SCOPE-2", Wrong {
        back: |asked, answer, memory| {
            note_added(asked, answer, memory, asked.account().is_some());
            if asked.account().is_none() { without_noted(asked, answer, memory); }
        },
        ..NOTHING
    }),
    ("CRM does not see what the user has added and confirmed", "SCOPE-3", Wrong {
        back: |asked, answer, memory| {
            note_added(asked, answer, memory, asked.account().is_none());
            if asked.account().is_some() { without_noted(asked, answer, memory); }
        },
        ..NOTHING
    }),
    ("a token begins with a word", "LOGIN-1", back(|asked, answer, _| if asked.is("POST", LOGIN) {
        answer.edit(|body| if let Some(token) = body["token"].as_str() { body["token"] = format!("x{token}").into(); });
    })),
    ("any user name will do", "LOGIN-1", there(|asked, _| {
        if asked.is("POST", LOGIN) && asked.json()["password"] == "mock-crm-password" {
            asked.edit(|body| body["username"] = "service@partner.example".into());
        }
        Way::On
    })),
    ("a login needs no password", "LOGIN-1", there(|asked, _| {
        if asked.is("POST", LOGIN) && asked.json()["password"].as_str().is_none_or(str::is_empty) {
            asked.edit(|body| body["password"] = "mock-crm-password".into());
        }
        Way::On
    })),
    ("an app token has no number", "SSO-1", back(|asked, answer, _| if asked.is("POST", "/sso/token") {
        answer.edit(|body| body["token"] = body["token"].as_str().map(|token| token.replace('|', "")).into());
    })),
    ("any client id will do", "SSO-2", there(|asked, _| {
        if asked.is_within("POST", "/sso/") && asked.json()["client_secret"] == "mock-secret" {
            asked.edit(|body| body["client_id"] = "mock-client".into());
        }
        Way::On
    })),
    ("a code is issued to any client secret", "SSO-2", there(|asked, _| {
        if asked.is("POST", "/sso/code") { asked.edit(|body| body["client_secret"] = "mock-secret".into()); }
        Way::On
    })),
    ("a code is issued for nobody", "SSO-3", back(|asked, answer, _| {
        if asked.is("POST", "/sso/code") && !answer.is_success() { *answer = Answered::json(200, &json!({ "code": "abc" })); }
    })),
    ("an own update of the last name is dropped", "SSO-5", there(|asked, _| {
        if asked.is("PUT", ACCOUNTS) { asked.edit(|body| remove(body, "last_name")); }
        Way::On
    })),
    ("a new account is of another country", "ACCOUNT-1", back(|asked, answer, _| created_with(asked, answer, "country_code", "DK"))),
    ("a new account has another language", "ACCOUNT-1", back(|asked, answer, _| created_with(asked, answer, "lang_code", "EN"))),
    ("a new account has another email", "ACCOUNT-1", back(|asked, answer, _| created_with(asked, answer, "email", "a@example.com"))),
    ("the country of a new account is dropped", "ACCOUNT-1", there(|asked, _| {
        if asked.is("POST", ACCOUNTS) { asked.edit(|body| remove(body, "country_code")); }
        Way::On
    })),
    ("an update of the last name is dropped", "ACCOUNT-5", there(|asked, _| {
        if asked.ends_with_account() && asked.method != Method::GET { asked.edit(|body| remove(body, "last_name")); }
        Way::On
    })),
    ("a switch of monitoring is one of the first account", "SSN-3", there(|asked, memory| {
        if let (true, Some(id), Some((first, _))) = (asked.is_within("PATCH", "/ssn-monitoring/"), asked.account(), memory.accounts.first()) {
            asked.path = asked.path.replace(&format!("/account/{id}/"), &format!("/account/{first}/"));
        }
        Way::On
    })),
    ("monitoring is not switched on again", "SSN-3", there(|asked, _| back_if(asked.is("PATCH", "/ssn-monitoring/activate"), done))),
    ("the user adds an SSN to a watchlist", "SSN-1", there(|asked, _| {
        let is_meant = asked.is_within("POST", "/ssn-watchlist") && asked.account().is_none();
        back_if(is_meant, || Answered::json(201, &json!({ "data": { "id": 1 } })))
    })),
    ("addresses lose a part", "EMAIL-1", there(|asked, _| {
        if asked.is("POST", EMAILS) {
            asked.edit(|body| if let Some(email) = body["email"].as_str() { body["email"] = email.replace("contract-", "").into(); });
        }
        Way::On
    })),
    ("an add that is done answers 500", "EMAIL-1", back(|asked, answer, _| {
        if asked.is("POST", EMAILS) && answer.is_success() { *answer = server_error(); }
    })),
    ("a removal that is done answers 404", "EMAIL-1", back(|asked, answer, _| {
        if asked.is_within("DELETE", EMAILS) && answer.is_success() { *answer = not_found(); }
    })),
    ("a removal that is done answers 500", "PHONE-1", back(|asked, answer, _| {
        if asked.is_within("DELETE", PHONES) && answer.is_success() { *answer = server_error(); }
    })),
    ("a resend adds the address again", "EMAIL-2", back(|asked, answer, memory| {
        if asked.is_within("POST", "/resend/") && answer.is_success() { memory.kept.insert("resent".into(), Answered::default()); }
        if asked.is("GET", EMAILS) && memory.kept.contains_key("resent") {
            answer.edit_list(|items| if let Some(mut item) = items.last().cloned() {
                item["id"] = 77_777.into();
                items.push(item);
            });
        }
    })),
    ("a resend that is done is told 404", "EMAIL-2", back(|asked, answer, _| {
        if asked.is_within("POST", "/resend/") && answer.is_success() { *answer = not_found(); }
    })),
    ("a list of phones counts its ids anew", "PHONE-1", back(|asked, answer, _| if asked.is("GET", PHONES) {
        answer.edit_list(|items| for (place, item) in items.iter_mut().enumerate() { item["id"] = (place + 1).into(); });
    })),
    ("phones are listed without their last digit", "PHONE-1", back(|asked, answer, _| if asked.is("GET", PHONES) {
        answer.edit_list(|items| for item in items {
            let mut phone = item["phone"].as_str().unwrap_or_default().to_owned();
            phone.pop();
            item["phone"] = phone.into();
        });
    })),
    ("phones in E.164 are refused", "PHONE-1", there(|asked, _| {
        let is_e164 = asked.json()["phone"].as_str().is_some_and(|phone| phone.starts_with('+'));
        back_if(asked.is("POST", PHONES) && is_e164, || Answered::json(422, &json!({ "errors": { "phone": ["No."] } })))
    })),
    ("a code that is right is refused for a phone", "PHONE-2", there(|asked, _| {
        back_if(asked.is("POST", "/phone-watchlist/confirm"), || Answered::json(422, &json!({ "errors": { "code": ["No."] } })))
    })),
    ("a list of IBANs has the last one only", "IBAN-1", back(|asked, answer, _| if asked.is("GET", "/iban-watchlist") {
        answer.edit_list(|items| drop(items.drain(..items.len().saturating_sub(1))));
    })),
    ("passports are listed without ids", "PASSPORT-1", back(|asked, answer, _| if asked.is("GET", "/passport-watchlist") {
        answer.edit_list(|items| items.iter_mut().for_each(|item| item["id"] = Value::Null));
    })),
    ("a passport that was changed has another id", "PASSPORT-1", back(|asked, answer, memory| {
        if let (true, Some(id)) = (asked.is_within("PATCH", "/passport-watchlist/"), asked.route().rsplit('/').next()) {
            memory.kept.insert(format!("changed {id}"), Answered::default());
        }
        if asked.is("GET", "/passport-watchlist") {
            answer.edit_list(|items| for item in items {
                if memory.kept.contains_key(&format!("changed {}", written(&item["id"]))) { item["id"] = 77_777.into(); }
            });
        }
    })),
    ("users do not change passports", "PASSPORT-1", there(|asked, _| {
        let is_meant = asked.is_within("PATCH", "/passport-watchlist/") && asked.account().is_none();
        back_if(is_meant, forbidden)
    })),
    ("users have no licenses", "LICENSE-1", there(|asked, _| {
        let is_meant = asked.is("GET", "/drivers-license-watchlist") && asked.account().is_none();
        back_if(is_meant && asked.token().is_some(), no_items)
    })),
    ("users do not remove cards", "CARD-1", there(|asked, _| {
        let is_meant = asked.is_within("DELETE", "/credit-card/") && asked.account().is_none();
        back_if(is_meant, no_such_method)
    })),
    ("CRM reads no single card", "CARD-1", there(|asked, _| {
        back_if(asked.is_within("GET", "/credit-card/") && asked.account().is_some(), not_found)
    })),
    ("cards are added under their plural", "CARD-2", there(|asked, _| {
        back_if(asked.is("POST", "/credit-card"), no_such_method)
    })),
    ("a code that is right is refused for a card", "CARD-4", there(|asked, _| {
        let is_meant = asked.is("POST", "/credit-cards/verify") && asked.token().is_some();
        back_if(is_meant, || Answered::json(422, &json!({ "errors": { "code": ["No."] } })))
    })),
    ("CRM verifies cards of an account", "NONE-1", there(|asked, _| {
        back_if(asked.is("POST", "/credit-cards/verify") && asked.account().is_some(), done)
    })),
    ("one email is read", "NONE-1", there(|asked, _| {
        let is_meant = asked.is_within("GET", "/email-watchlist/") && !asked.path.ends_with("/leaks");
        back_if(is_meant && asked.token().is_some(), || Answered::json(200, &json!({ "data": { "id": 1 } })))
    })),
    ("a card is changed", "NONE-1", there(|asked, _| back_if(asked.is_within("PATCH", "/credit-card/"), done))),
    ("a phone is changed by the user", "NONE-1", there(|asked, _| {
        back_if(asked.is_within("PATCH", "/phone-watchlist/") && asked.account().is_none(), done)
    })),
    ("leaks of licenses exist for the user", "NONE-1", there(|asked, _| {
        back_if(asked.is("GET", "/drivers-license-watchlist/leaks") && asked.account().is_none(), no_items)
    })),
    ("one alarm is closed and no other", "ALARM-2", there(|asked, memory| {
        let is_again = asked.is("GET", "/close") && memory.kept.insert("once".into(), Answered::default()).is_some();
        back_if(is_again, not_found)
    })),
    ("a close by the user is answered and dropped", "ALARM-2", there(|asked, _| {
        back_if(asked.is("GET", "/close") && asked.account().is_none(), done)
    })),
    ("a close by CRM is not seen by the user", "ALARM-2", back(|asked, answer, memory| {
        if let (true, Some(id)) = (asked.is("GET", "/close") && asked.account().is_some(), asked.alarm()) {
            memory.kept.insert(format!("closed {id}"), Answered::default());
        }
        if is_of(&memory.app_tokens, asked) {
            each_alarm(asked, answer, |alarm| {
                if memory.kept.contains_key(&format!("closed {}", written(&alarm["id"]))) { alarm["status"] = "OPEN".into(); }
            });
        }
    })),
    ("the list of phones is that of all alarms", "ALARM-5", there(|asked, _| {
        asked.path = asked.path.replace("/alarms/phone-list", "/alarms-list");
        Way::On
    })),
    ("accounts by period are null", "ALARM-5", there(|asked, _| {
        back_if(asked.is("GET", "/by-period") && asked.token().is_some(), || Answered::json(200, &Value::Null))
    })),
    ("a plan without Online Data reads the sites", "ONLINE-1", back(|asked, answer, _| {
        if asked.is("GET", "/delete-my-data/sites") && is_without_plan(answer) { *answer = no_items(); }
    })),
    ("a plan without Online Data changes a profile", "ONLINE-1", back(|asked, answer, _| {
        if asked.is("PUT", ONLINE) && is_without_plan(answer) { *answer = done(); }
    })),
    ("a plan without Online Data retries", "ONLINE-1", back(|asked, answer, _| {
        if asked.is("POST", "/retry") && is_without_plan(answer) { *answer = done(); }
    })),
    ("a profile loses its phone", "ONLINE-2", there(|asked, _| {
        if asked.is("POST", ONLINE) { asked.edit(|body| remove(body, "phone")); }
        Way::On
    })),
    ("a profile loses its street when it is changed", "ONLINE-2", there(|asked, _| {
        if asked.is("PUT", ONLINE) { asked.edit(|body| body["street"] = Value::Null); }
        Way::On
    })),
    ("sites of a scan have no status", "ONLINE-5", back(|asked, answer, _| each_result(asked, answer, |result| remove(result, "status")))),
    ("comparisons are null", "ONLINE-5", back(|asked, answer, _| each_result(asked, answer, |result| {
        if let Some(comparison) = result.get_mut("comparison") { *comparison = Value::Null; }
    }))),
    ("a failed scan is completed, and tells nothing", "ONLINE-5", back(|asked, answer, _| each_result(asked, answer, |result| {
        if result["status"] == "SCAN_FAILED" { *result = json!({ "status": "SCAN_COMPLETED", "data": [] }); }
    }))),
    ("data has no city", "ONLINE-6", back(|asked, answer, _| each_result(asked, answer, |result| remove(&mut result["data"], "city")))),
    ("data has no phone", "ONLINE-6", back(|asked, answer, _| each_result(asked, answer, |result| remove(&mut result["data"], "phone")))),
    ("data is a text", "ONLINE-6", back(|asked, answer, _| each_result(asked, answer, |result| {
        if result["data"].is_object() { result["data"] = "found".into(); }
    }))),
    ("removal requests are done at once", "ONLINE-7", back(|asked, answer, _| each_request(asked, answer, |request, _| {
        if request["status"] == "POA_SENT_TO_SITE" { request["status"] = "DONE".into(); }
    }))),
    ("an unknown version is refused", "FORMAT-1", there(|asked, _| {
        let is_unknown = asked.headers.contains_key("x-api-version") && !asked.is_standardized();
        back_if(is_unknown, || Answered::json(400, &json!({ "error": "Unknown version" })))
    })),
    ("phones know no standardized format", "FORMAT-3", there(|asked, _| {
        if asked.route().contains(PHONES) { asked.set_version(None); }
        Way::On
    })),
    ("new accounts know no standardized format", "FORMAT-3", there(|asked, _| {
        if asked.is("POST", ACCOUNTS) { asked.set_version(None); }
        Way::On
    })),
    ("alarms know no standardized format", "FORMAT-3", there(|asked, _| {
        if asked.route().contains(ALARMS) { asked.set_version(None); }
        Way::On
    })),
    ("standardized datetimes of phones have no zone", "FORMAT-3", back(|asked, answer, _| {
        if asked.is_standardized() && asked.route().contains(PHONES) { answer.each_field(|name, value| datetime(name, value, "")); }
    })),
    ("standardized datetimes of Online Data have no zone", "FORMAT-3", back(|asked, answer, _| {
        if asked.is_standardized() && asked.route().starts_with(ONLINE) { answer.each_field(|name, value| datetime(name, value, "")); }
    })),
    ("standardized datetimes of leaks have a space", "FORMAT-3", back(|asked, answer, _| {
        if asked.is_standardized() && asked.route().ends_with("/leaks") {
            answer.each_field(|name, value| if let (true, Some(text)) = (name.ends_with("_at"), value.as_str()) {
                *value = text.replace('T', " ").into();
            });
        }
    })),
    ("datetimes of new accounts are numbers", "FORMAT-3", back(|asked, answer, _| if asked.is("POST", ACCOUNTS) {
        answer.each_field(|name, value| if name.ends_with("_at") { *value = 1_781_643_725.into(); });
    })),
    ("a date has a time in the standardized format", "FORMAT-4", back(|asked, answer, _| if asked.is_standardized() {
        answer.each_field(|name, value| if let ("expiry_date", Some(text)) = (name, value.as_str()) {
            *value = format!("{text}T00:00:00Z").into();
        });
    })),
    ("a date is a number", "FORMAT-4", back(|_, answer, _| {
        answer.each_field(|name, value| if name == "activation_date" { *value = 20_260_615.into(); });
    })),
    ("standardized booleans are words", "FORMAT-5", back(|asked, answer, _| if asked.is_standardized() {
        answer.each_field(|_, value| if let Some(is_so) = value.as_bool() { *value = is_so.to_string().into(); });
    })),
    ("standardized booleans of new accounts are numbers", "FORMAT-5", back(|asked, answer, _| {
        if asked.is_standardized() && asked.is("POST", ACCOUNTS) { answer.each_field(number_for_boolean); }
    })),
    ("standardized booleans of cards are numbers", "FORMAT-5", back(|asked, answer, _| {
        if asked.is_standardized() && asked.is("GET", "/credit-cards") { answer.each_field(number_for_boolean); }
    })),
    ("404 knows no standardized format", "FORMAT-6", back(|asked, answer, _| {
        if asked.is_standardized() && answer.status == 404 { *answer = not_found(); }
    })),
    ("logins know no standardized format", "FORMAT-6", back(|asked, answer, _| {
        if asked.is("POST", LOGIN) && !answer.is_success() {
            *answer = Answered::json(answer.status, &json!({ "message": "No." }));
        }
    })),
    ("details have no issue", "FORMAT-6", back(|_, answer, _| answer.edit(|body| {
        let details = body.pointer_mut("/error/details").and_then(Value::as_array_mut);
        details.into_iter().flatten().for_each(|detail| remove(detail, "issue"));
    }))),
    ("a code is a number", "FORMAT-6", back(|_, answer, _| answer.edit(|body| {
        if let Some(code) = body.pointer_mut("/error/code") { *code = 17.into(); }
    }))),
    ("a 401 is told as UNAUTHORIZED", "FORMAT-7", back(|_, answer, _| if answer.status == 401 { with_code(answer, "UNAUTHORIZED"); })),
    ("a 404 is told as MISSING", "FORMAT-7", back(|_, answer, _| if answer.status == 404 { with_code(answer, "MISSING"); })),
    ("a 404 to a removal is told as GONE", "FORMAT-7", back(|asked, answer, _| {
        if answer.status == 404 && asked.method == Method::DELETE { with_code(answer, "GONE"); }
    })),
    ("a validation error is a 400", "FORMAT-7", back(|_, answer, _| if answer.status == 422 { answer.status = 400; })),
    ("a legacy error is empty", "FORMAT-8", back(|asked, answer, _| {
        if !asked.is_standardized() && answer.status == 403 { answer.body = "{}".into(); }
    })),
    ("a legacy error is HTML", "FORMAT-8", back(|asked, answer, _| if !asked.is_standardized() && answer.status == 404 {
        answer.body = "<h1>Not found</h1>".into();
        answer.set_content_type("text/html");
    })),
    ("a legacy list of errors has numbers for statuses", "FORMAT-8", back(|asked, answer, _| {
        if !asked.is_standardized() && answer.status == 422 {
            answer.body = json!({ "errors": [{ "status": 422, "title": "No", "detail": "No." }] }).to_string();
        }
    })),
];

/// Servers on which two requests meet that do the same: nothing is done of the second, and it is told that it is.
#[rustfmt::skip]
const MEETING: &[(&str, &str, Wrong)] = &[
    ("of two adds at once, both are told that they are done", "EMAIL-1", meet(
        |asked| asked.is("POST", EMAILS),
        |asked, _| back_if(asked.is_in_company && asked.is("POST", EMAILS), || Answered::json(201, &json!({ "message": "Added." }))),
    )),
    ("of two removals at once, both are told that they are done", "EMAIL-1", meet(
        |asked| asked.is_within("DELETE", EMAILS),
        |asked, _| back_if(asked.is_in_company && asked.is_within("DELETE", EMAILS), || Answered::empty(204)),
    )),
];

/// Marks a request whose caller is told that it is refused.
const REFUSED: &str = "x-refused";

/// Whether a request comes with one of these tokens.
fn is_of(tokens: &[String], asked: &Asked) -> bool {
    asked.token().is_some_and(|token| tokens.iter().any(|known| known == token))
}

/// Whether one alarm is read.
fn is_one_alarm(asked: &Asked) -> bool {
    asked.alarm().is_some_and(|id| asked.is("GET", &format!("/alarms/{id}")))
}

/// Changes each alarm of an answer.
fn each_alarm(asked: &Asked, answer: &mut Answered, mut edit: impl FnMut(&mut Value)) {
    if asked.is_within("GET", ALARMS) {
        answer.edit_data(|data| match data {
            Value::Array(alarms) => alarms.iter_mut().for_each(edit),
            alarm if alarm.get("leak_id").is_some() => edit(alarm),
            _ => {}
        });
    }
}

/// Leaves the alarms of one type out of every answer.
fn without_alarms(asked: &Asked, answer: &mut Answered, kind: &str) {
    if asked.is_within("GET", ALARMS) {
        answer.edit_list(|alarms| alarms.retain(|alarm| alarm["type"] != kind));
    }
}

/// Lets another partner in at a path as if they were the first.
fn as_first_partner(asked: &mut Asked, memory: &Memory, path: &str) -> Way {
    if let (true, Some(crm)) = (asked.route() == path && is_of(&memory.other_tokens, asked), memory.crm_tokens.last()) {
        asked.set_token(&crm.clone());
    }
    Way::On
}

/// Leaves the alarms of the account that was made last.
fn only_of_newest(alarms: &mut Vec<Value>, memory: &Memory) {
    if let Some((newest, _)) = memory.accounts.last() {
        alarms.retain(|alarm| written(&alarm["account_id"]) == *newest);
    }
}

/// Changes the sites of a scan.
fn sites(asked: &Asked, answer: &mut Answered, edit: impl FnOnce(&mut Vec<Value>)) {
    if asked.is("GET", "/scan/status") {
        answer.edit_data(|data| {
            if let Some(sites) = data.get_mut("sites").and_then(Value::as_array_mut) {
                edit(sites);
            }
        });
    }
}

/// Changes what a scan has come to at each site.
fn each_result(asked: &Asked, answer: &mut Answered, edit: fn(&mut Value)) {
    sites(asked, answer, |sites| sites.iter_mut().for_each(|site| edit(&mut site["scan_result"])));
}

/// Changes each removal request; the state of its site's scan is told.
fn each_request(asked: &Asked, answer: &mut Answered, edit: fn(&mut Value, &str)) {
    sites(asked, answer, |sites| {
        for site in sites {
            let scan = site["scan_result"]["status"].as_str().unwrap_or_default().to_owned();
            let requests = site["removal_requests"].as_array_mut().into_iter().flatten();
            requests.for_each(|request| edit(request, &scan));
        }
    });
}

/// With a token that is let in, if there was one.
fn as_somebody(asked: &mut Asked, memory: &Memory) {
    let is_crm = asked.account().is_some() || asked.is("POST", ACCOUNTS);
    let token = if is_crm { memory.crm_tokens.last() } else { memory.app_tokens.last() };
    if let Some(token) = token {
        asked.set_token(token);
    }
}

/// Fills in a field of an account that is missing or empty.
fn filled(asked: &mut Asked, field: &str, value: &str) -> Way {
    let is_empty = |body: &Value| body[field].as_str().is_none_or(str::is_empty);
    if asked.is("POST", ACCOUNTS) && is_empty(&asked.json()) {
        asked.edit(|body| body[field] = value.into());
    }
    Way::On
}

fn remove(object: &mut Value, field: &str) {
    if let Some(fields) = object.as_object_mut() {
        fields.remove(field);
    }
}

/// Notes the address that a request has added, if it `is_meant`.
fn note_added(asked: &Asked, answer: &Answered, memory: &mut Memory, is_meant: bool) {
    if is_meant && asked.is("POST", EMAILS) && answer.is_success() {
        memory.kept.insert(asked.json()["email"].to_string(), Answered::default());
    }
}

/// Leaves the addresses that were noted out of a list.
fn without_noted(asked: &Asked, answer: &mut Answered, memory: &Memory) {
    if asked.is("GET", EMAILS) {
        answer.edit_list(|items| items.retain(|item| !memory.kept.contains_key(&item["email"].to_string())));
    }
}

/// Shows a new account with another value in a field.
fn created_with(asked: &Asked, answer: &mut Answered, field: &str, value: &str) {
    if asked.is("POST", ACCOUNTS) && answer.is_success() {
        answer.edit_data(|account| account[field] = value.into());
    }
}

/// Whether a refusal may be for the plan.
fn is_without_plan(answer: &Answered) -> bool {
    matches!(answer.status, 403 | 404 | 422)
}

/// Tells a standardized error by another code.
fn with_code(answer: &mut Answered, code: &str) {
    answer.edit(|body| {
        if body["error"].is_object() {
            body["error"]["code"] = code.into();
        }
    });
}

fn number_for_boolean(_: &str, value: &mut Value) {
    if let Some(is_so) = value.as_bool() {
        *value = u8::from(is_so).into();
    }
}

/// Takes a field out of an error.
fn without(body: &mut Value, field: &str) {
    if let Some(error) = body.get_mut("error").and_then(Value::as_object_mut) {
        error.remove(field);
    }
}

/// Ends a datetime otherwise.
fn datetime(name: &str, value: &mut Value, end: &str) {
    if let (true, Some(text)) = (name.ends_with("_at"), value.as_str()) {
        *value = format!("{}{end}", text.trim_end_matches('Z')).into();
    }
}

/// Fakes that break a rule of their own.
#[rustfmt::skip]
const WITHIN: &[(BrokenRule, &str)] = &[
    (BrokenRule::CrmAddsWait,                  "SCOPE-2"),
    (BrokenRule::CardsOfCrmWait,               "CARD-3"),
    (BrokenRule::AppAddsDoNotWait,             "SCOPE-3"),
    (BrokenRule::ItemsLandOnFirstAccount,      "IBAN-1"),
    (BrokenRule::AddingAgainRemoves,           "EMAIL-1"),
    (BrokenRule::RemovingTakesAll,             "EMAIL-1"),
    (BrokenRule::RemovedStaysListed,           "PHONE-1"),
    (BrokenRule::RemovingTakesPhones,          "PHONE-1"),
    (BrokenRule::RemovingNothingRemovesAnother, "LICENSE-1"),
    (BrokenRule::ForeignItemsAreRemoved,       "SCOPE-2"),
    (BrokenRule::ForeignCardsAreRead,          "CARD-1"),
    (BrokenRule::ForeignCardsAreVerified,      "CARD-4"),
    (BrokenRule::PagesRepeat,                  "EMAIL-1"),
    (BrokenRule::LeaksAreSeenByAll,            "EMAIL-1"),
    (BrokenRule::LeaksOfAllKinds,              "PHONE-1"),
    (BrokenRule::EarlierLeaksAreLost,          "IBAN-1"),
    (BrokenRule::LaterLeaksAreLost,            "PHONE-1"),
    (BrokenRule::AlarmsAreNotRaised,           "ALARM-1"),
    (BrokenRule::PassportsRaiseNoAlarms,       "ALARM-4"),
    (BrokenRule::SsnRaisesAlarmsUnmonitored,   "SSN-3"),
    (BrokenRule::ClosingIsLost,                "ALARM-2"),
    (BrokenRule::ClosingClosesAll,             "ALARM-2"),
    (BrokenRule::ClosingClosesEverybodys,      "ALARM-2"),
    (BrokenRule::CrmReadsAllAlarmsAsOpen,      "ALARM-1"),
    (BrokenRule::CoachmeCloses,                "ALARM-3"),
    (BrokenRule::ForeignAlarmsAreRead,         "ALARM-4"),
    (BrokenRule::ForeignAlarmsAreClosed,       "ALARM-1"),
    (BrokenRule::UsersSeeAllAlarms,            "ALARM-6"),
    (BrokenRule::PartnersShareAlarms,          "ALARM-6"),
    (BrokenRule::CrmSeesOneAccount,            "ALARM-6"),
    (BrokenRule::KindListsHoldAll,             "ALARM-5"),
    (BrokenRule::StatisticsAreEmpty,           "ALARM-5"),
    (BrokenRule::OnlyTheLastAlarmIsListed,     "ALARM-4"),
    (BrokenRule::ChangeAddsPassport,           "PASSPORT-1"),
    (BrokenRule::ChangeIsLost,                 "PASSPORT-1"),
    (BrokenRule::ChangeTouchesAll,             "PASSPORT-1"),
    (BrokenRule::UpdateTakesSsn,               "ACCOUNT-5"),
    (BrokenRule::UpdateRefusesSsn,             "ACCOUNT-5"),
    (BrokenRule::ActivationTakesSsn,           "SSN-3"),
    (BrokenRule::MonitoringIsInverted,         "SSN-3"),
    (BrokenRule::DeactivationForgetsEmails,    "SSN-3"),
    (BrokenRule::ElectronicIdReplacesSsn,      "SSN-2"),
    (BrokenRule::NewSsnIsNotMonitored,         "SSN-2"),
    (BrokenRule::UpdateIsLost,                 "ACCOUNT-5"),
    (BrokenRule::UpdateRenamesAll,             "ACCOUNT-5"),
    (BrokenRule::OwnUpdateIsLost,              "SSO-5"),
    (BrokenRule::PlanIsNotChecked,             "ONLINE-1"),
    (BrokenRule::ProfilesAreShared,            "ONLINE-2"),
    (BrokenRule::ProfileChangeIsLost,          "ONLINE-2"),
    (BrokenRule::ScanNeverEnds,                "ONLINE-5"),
    (BrokenRule::ScansAreShared,               "ONLINE-6"),
    (BrokenRule::RetryIsLost,                  "ONLINE-4"),
    (BrokenRule::RetryScansAll,                "ONLINE-4"),
    (BrokenRule::RemovalSkipsFirstState,       "ONLINE-7"),
    (BrokenRule::SsoGoesByCurrentEmail,        "SSO-3"),
    (BrokenRule::TokensNeverExpire,            "LOGIN-3"),
    (BrokenRule::KeepLoggedIsIgnored,          "LOGIN-2"),
    (BrokenRule::SsoClientLogsIn,              "SSO-2"),
    (BrokenRule::CrmUserIsSsoClient,           "SSO-2"),
    (BrokenRule::UnknownEmailIsSomebody,       "SSO-3"),
    (BrokenRule::CodesWorkTwice,               "SSO-4"),
    (BrokenRule::CodesActForFirstAccount,      "SSO-4"),
    (BrokenRule::PartnersShareAccounts,        "SCOPE-4"),
    (BrokenRule::UsersShareAccounts,           "SSO-5"),
    (BrokenRule::AppTokenUnderAccounts,        "SCOPE-2"),
    (BrokenRule::AnyCodeVerifiesCards,         "CARD-4"),
    (BrokenRule::AnyCodeConfirmsPhones,        "PHONE-2"),
    (BrokenRule::ResendGoesToAll,              "EMAIL-2"),
    (BrokenRule::ResentLinkIsDead,             "EMAIL-2"),
    (BrokenRule::LinksAreDead,                 "SCOPE-3"),
];

/// A deployment other than its target says.
type Deployed = (&'static str, &'static str, fn(MockServerBuilder) -> MockServerBuilder, fn(Target) -> Target);

/// Fakes that are set up otherwise than the suite is told.
const DEPLOYED: &[Deployed] = &[
    ("an ssn is not required", "ACCOUNT-3", |fake| fake.ssn_required(false), |target| target),
    ("an ssn is required all the same", "ACCOUNT-3", |fake| fake, Target::with_ssn_optional),
    ("the standardized format is forced", "FORMAT-2", |fake| fake.normalize_all(true), |target| target),
    ("the standardized format is not forced", "FORMAT-2", |fake| fake, Target::with_forced_format),
    (
        "an update adds an SSN",
        "ACCOUNT-5",
        |fake| fake.ssn_required(false).break_rule(BrokenRule::UpdateTakesSsn),
        Target::with_ssn_optional,
    ),
    (
        "a switch adds an SSN",
        "SSN-3",
        |fake| fake.ssn_required(false).break_rule(BrokenRule::ActivationTakesSsn),
        Target::with_ssn_optional,
    ),
    (
        "an SSN of an electronic ID is lost",
        "SSO-6",
        |fake| fake.ssn_required(false).break_rule(BrokenRule::ElectronicIdIsLost),
        Target::with_ssn_optional,
    ),
];

/// A fault that has been tried: its name, its fact, and the check that has noticed it, or what all of them have said.
type Tried = (String, &'static str, Result<String, Vec<String>>);

/// Holds a target to the checks of a fact until one fails.
async fn is_noticed(fact: &str, target: Target) -> Result<String, Vec<String>> {
    is_noticed_by(|check| check.facts.contains(&fact), fact, target).await
}

/// Holds a target to some checks until one fails.
async fn is_noticed_by(held: impl Fn(&Check) -> bool, fact: &str, target: Target) -> Result<String, Vec<String>> {
    let run = run(target, SEED, CASES);
    let (model, others): (Vec<_>, Vec<_>) =
        checks().filter(|check| held(check)).partition(|check| check.id.starts_with("model."));
    // Most that can go wrong with errors and datetimes goes wrong in the standardized format.
    let is_about_form = matches!(fact, "FORMAT-3" | "FORMAT-6" | "FORMAT-7");
    let formats = if is_about_form { [Format::Standardized, Format::Legacy] } else { Format::ALL };
    let mut outcomes = Vec::new();
    for check in others.into_iter().chain(model) {
        for format in formats {
            match run.check(check, format).await {
                Outcome::Fail(evidence) => return Ok(format!("{}: {}", check.name(format), evidence.observed)),
                outcome => outcomes.push(told(check, format, &outcome)),
            }
        }
    }
    Err(outcomes)
}

/// Tries all at once, as far as the machine goes along, and demands that each is noticed.
async fn all_are_noticed(faults: impl IntoIterator<Item = impl Future<Output = Tried> + Send + 'static>) {
    let (turns, mut tries) = (Arc::new(Semaphore::new(AT_ONCE)), JoinSet::new());
    for fault in faults {
        let turns = Arc::clone(&turns);
        tries.spawn(async move {
            let _turn = turns.acquire_owned().await;
            fault.await
        });
    }
    let mut missed = Vec::new();
    for (name, fact, noticed) in tries.join_all().await {
        match noticed {
            Ok(by) => println!("{fact:10} {name} | {by}"),
            Err(outcomes) => missed.push(format!("{fact}: {name}\n{}", outcomes.join("\n"))),
        }
    }
    assert!(missed.is_empty(), "{} faults are not noticed:\n{}", missed.len(), missed.join("\n\n"));
}

/// What else a server does: what it chooses where the guide is silent, and a liberty that the fake does not know.
#[derive(Clone)]
struct Beside {
    name: String,
    chosen: Vec<Alternative>,
    liberty: Wrong,
}

/// The fake's own choices, and those of others.
fn choices() -> Vec<Beside> {
    let named = std::iter::once(Vec::new()).chain(alternatives()).enumerate();
    named.map(|(round, chosen)| Beside { name: format!("choices {round}"), chosen, liberty: NOTHING }).collect()
}

/// Liberties, with the fake's own choices.
fn liberties() -> Vec<Beside> {
    ALLOWED.iter().map(|&(name, liberty)| Beside { name: name.to_owned(), chosen: Vec::new(), liberty }).collect()
}

/// Faults that nobody can see beside something else that the server does, because of what stands behind them.
const HIDDEN: &[(&str, &[&str])] = &[
    // Pages of fifteen.
    (
        "choices 1",
        &[
            "a list ends after fifteen items",
            "the user's alarms end after fifteen",
            "the list of alarms across accounts ends after fifteen",
        ],
    ),
    // It is right to say so then.
    (
        "a removal of what is not there is no error",
        &[
            "a removal is done twice, and says so",
            "a removal that is done answers 404",
            "a 404 to a removal is told as GONE",
        ],
    ),
    // What is wrong is not said.
    ("adds answer a message", &["the answer to an add shows another value", "the answer to an add has another id"]),
    ("adds are taken to be done", &["the answer to an add shows another value", "the answer to an add has another id"]),
    ("updates answer nothing", &["only updates write their datetimes as numbers"]),
    (
        "new accounts show their id and no more",
        &[
            "a created account shows the name of another",
            "a new account is of another country",
            "a new account has another language",
            "a new account has another email",
            "new accounts know no standardized format",
            "datetimes of new accounts are numbers",
            "standardized booleans of new accounts are numbers",
        ],
    ),
    ("languages are told with their country", &["a new account has another language"]),
    ("leaks are told in short", &["standardized datetimes of leaks have a space"]),
    ("every body names its character set", &["a standardized error is text"]),
    ("a list by period wants another period", &["accounts by period are null"]),
    ("guidance is a text", &["guidance says nothing", "guidance is a number", "guidance on a leak is empty"]),
    ("there is no profile for CRM to read", &["CRM reads an account as it was when it was first read"]),
    (
        "the second version of the user's alarms has ids of its own, and no status",
        &["a closed alarm is listed as open at v2"],
    ),
];

fn is_hidden(fault: &str, beside: &Beside) -> bool {
    HIDDEN.iter().any(|(by, faults)| *by == beside.name && faults.contains(&fault))
}

/// What is wrong with a server.
#[derive(Clone, Copy)]
enum Fault {
    OnTheWay(&'static str, Wrong),
    Within(BrokenRule),
}

/// All faults on the way, with the facts that they are against.
fn on_the_way() -> impl Iterator<Item = (Fault, &'static str)> {
    PROXIED.iter().map(|&(name, fact, wrong)| (Fault::OnTheWay(name, wrong), fact))
}

/// All rules that the fake can break, with their facts.
fn broken_rules() -> impl Iterator<Item = (Fault, &'static str)> {
    WITHIN.iter().map(|&(rule, fact)| (Fault::Within(rule), fact))
}

/// Tries a fault on a server that does this beside it.
async fn tried(http: reqwest::Client, (fault, fact): (Fault, &'static str), beside: Beside) -> Tried {
    let mut builder = assuming(&beside.chosen);
    let (name, wrong) = match fault {
        Fault::OnTheWay(name, wrong) => (name.to_owned(), wrong),
        Fault::Within(rule) => {
            builder = builder.break_rule(rule);
            if rule == BrokenRule::PagesRepeat {
                builder = builder.assume("list.shape", "paginated").expect("the assumption has this value");
            }
            (format!("{rule:?}"), NOTHING)
        }
    };
    let fake = Mock::from(builder.start().await);
    let target = fake.target();
    let url = start(http, target.base_url(), &[wrong, beside.liberty]).await;
    let noticed = is_noticed(fact, target.at(url)).await;
    let noticed = match (is_hidden(&name, &beside), noticed) {
        (true, Err(_)) => Ok("hidden, as it is said to be".to_owned()),
        (true, Ok(by)) => Err(vec![format!("it is said to be hidden, and was noticed by {by}")]),
        (false, noticed) => noticed,
    };
    (format!("{name}, {}", beside.name), fact, noticed)
}

/// Tries each on a server with other choices than the one before.
async fn each_is_noticed(faults: impl Iterator<Item = (Fault, &'static str)>) {
    let (http, choices) = (client(), choices());
    all_are_noticed(
        faults.zip(choices.iter().cycle()).map(|(fault, beside)| tried(http.clone(), fault, beside.clone())),
    )
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_done_on_the_way_is_noticed() {
    each_is_noticed(on_the_way()).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_broken_rule_is_noticed() {
    each_is_noticed(broken_rules()).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "takes long: the two tests above try each fault with one set of choices"]
async fn every_fault_is_noticed_whatever_else_a_server_does() {
    let http = client();
    let whole = choices().into_iter().map(|beside| (beside, 0, 1));
    // Liberties are many, so each stands beside every sixth fault, and each fault beside every sixth of them.
    let sixths = liberties().into_iter().zip((0..6).cycle()).map(|(beside, first)| (beside, first, 6));
    all_are_noticed(whole.chain(sixths).flat_map(|(beside, first, step)| {
        let http = http.clone();
        let faults = on_the_way().chain(broken_rules()).skip(first).step_by(step);
        faults.map(move |fault| tried(http.clone(), fault, beside.clone()))
    }))
    .await;
}

#[tokio::test]
async fn what_is_done_at_the_same_time_is_noticed() {
    let http = client();
    all_are_noticed(MEETING.iter().map(|&(name, fact, wrong)| {
        let http = http.clone();
        async move {
            let fake = Mock::start().await;
            let target = fake.target();
            let url = start(http, target.base_url(), &[wrong]).await;
            let held = |check: &Check| check.id.starts_with("concurrency.") && check.facts.contains(&fact);
            (name.to_owned(), fact, is_noticed_by(held, fact, target.at(url)).await)
        }
    }))
    .await;
}

#[tokio::test]
async fn another_deployment_than_the_suite_is_told_is_noticed() {
    all_are_noticed(DEPLOYED.iter().map(|&(name, fact, build, told)| async move {
        let fake = Mock::from(build(MockServer::builder()).start().await);
        (name.to_owned(), fact, is_noticed(fact, told(fake.target())).await)
    }))
    .await;
}

/// A proxy that does nothing is no fault.
#[tokio::test]
async fn a_proxy_without_a_fault_is_no_fault() {
    let fake = Mock::start().await;
    let target = fake.target();
    let url = start(client(), target.base_url(), &[]).await;
    let run = run(target.at(url), SEED, 6);
    for check in checks() {
        for format in Format::ALL {
            let outcome = run.check(check, format).await;
            assert!(matches!(outcome, Outcome::Pass), "{}", told(check, format, &outcome));
        }
    }
}

#[test]
fn faults_name_what_the_suite_checks() {
    let proxied = PROXIED.iter().chain(MEETING).map(|(name, fact, _)| (*name, *fact));
    let deployed = DEPLOYED.iter().map(|(name, fact, ..)| (*name, *fact));
    let mut names = std::collections::BTreeSet::new();
    for (name, fact) in proxied.chain(deployed) {
        assert!(names.insert(name), "two faults are called {name:?}");
        assert!(checks().any(|check| check.facts.contains(&fact)), "no check names {fact}");
    }
    for (place, (fault, _)) in WITHIN.iter().enumerate() {
        assert!(WITHIN[..place].iter().all(|(earlier, _)| earlier != fault), "{fault:?} stands twice");
    }
}
