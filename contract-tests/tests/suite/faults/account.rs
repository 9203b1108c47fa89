//! Accounts, created and updated by CRM.

use axum::http::Method;
use contract_tests::Target;
use serde_json::{Value, json};

use super::kept::without_tag;
use super::rows::{
    ACCOUNTS, Fault, back_if, cut, done, each_text, fault, no_such_method, remove, ssn_refused, undone,
    without_accents, without_ssn,
};
use crate::proxy::{Account, Acting, Answered, Asked, NOTHING, Way, also, back, on_account, there};

#[rustfmt::skip]
pub(super) const FAULTS: &[Fault] = &[
    fault("a created account answers 200", "ACCOUNT-1", back(|asked, answer, _| {
        if asked.is("POST", ACCOUNTS) && answer.status == 201 { answer.status = 200; }
    })),
    fault("a created account is not under data", "ACCOUNT-1", back(|asked, answer, _| {
        if asked.is("POST", ACCOUNTS) { answer.edit(|body| *body = body["data"].take()); }
    })),
    fault("a created account has another id", "ACCOUNT-1", back(|asked, answer, _| {
        if asked.is("POST", ACCOUNTS) && answer.is_success() {
            answer.edit(|body| body["data"]["id"] = (body["data"]["id"].as_u64().unwrap_or_default() + 5000).into());
        }
    })),
    fault("a created account shows the name of another", "ACCOUNT-1", back(|asked, answer, _| {
        if asked.is("POST", ACCOUNTS) { answer.edit(|body| body["data"]["last_name"] = "Doe".into()); }
    })),
    fault("a new account is of another country", "ACCOUNT-1", back(|asked, answer, _| created_with(asked, answer, "country_code", "DK"))),
    fault("a new account has another language", "ACCOUNT-1", back(|asked, answer, _| created_with(asked, answer, "lang_code", "EN"))),
    fault("a new account has another email", "ACCOUNT-1", back(|asked, answer, _| created_with(asked, answer, "email", "a@example.com"))),
    fault("the country of a new account is dropped", "ACCOUNT-1", there(|asked, _| {
        if asked.is("POST", ACCOUNTS) { asked.edit(|body| remove(body, "country_code")); }
        Way::On
    })),
    fault("names of new accounts are cut at twenty characters", "ACCOUNT-1", there(|asked, _| {
        if asked.is("POST", ACCOUNTS) { asked.edit(|body| cut(body, &NAMES, 20)); }
        Way::On
    })),
    fault("names of new accounts lose their accents", "ACCOUNT-1", there(|asked, _| {
        if asked.is("POST", ACCOUNTS) { asked.edit(|body| without_accents(body, &NAMES)); }
        Way::On
    })),
    fault("names of new accounts end at their first space", "ACCOUNT-1", there(|asked, _| {
        if asked.is("POST", ACCOUNTS) { asked.edit(|body| each_text(body, &NAMES, |text| text.split(' ').next().unwrap_or_default().to_owned())); }
        Way::On
    })),
    fault("names of new accounts have no spaces", "ACCOUNT-1", there(|asked, _| {
        if asked.is("POST", ACCOUNTS) { asked.edit(|body| each_text(body, &NAMES, |text| text.replace(' ', ""))); }
        Way::On
    })),
    fault("the emails of accounts lose their plus and what follows", "ACCOUNT-1", there(|asked, _| {
        if asked.is("POST", ACCOUNTS) { asked.edit(|body| each_text(body, &["email"], without_tag)); }
        Way::On
    })),
    fault("every new account is of the second plan", "ACCOUNT-1", there(|asked, _| {
        if asked.is("POST", ACCOUNTS) { asked.edit(|body| body["plan_id"] = 2.into()); }
        Way::On
    })),

    fault("an account needs no first name", "ACCOUNT-2", there(|asked, _| filled(asked, "first_name", "John"))),
    fault("an account needs no last name", "ACCOUNT-2", there(|asked, _| filled(asked, "last_name", "Doe"))),

    fault("an ssn is not required", "ACCOUNT-3", NOTHING).on(without_ssn),
    fault("an ssn is required all the same", "ACCOUNT-3", NOTHING).target(Target::with_ssn_optional),

    fault("an account needs neither email nor phone", "ACCOUNT-4", there(|asked, memory| {
        if asked.json().get("phone").is_some() { return Way::On; }
        let email = format!("nobody.{}@example.com", memory.accounts.len());
        filled(asked, "email", &email)
    })),
    fault("a phone does for no email", "ACCOUNT-4", there(|asked, _| {
        let is_meant = asked.is("POST", ACCOUNTS) && asked.json().get("email").is_none();
        back_if(is_meant, || Answered::json(422, &json!({ "message": "The email field is required." })))
    })),

    fault("an update with an ssn is dropped whole", "ACCOUNT-5", there(|asked, _| {
        if asked.is_within("PUT", "/account/") && asked.json().get("ssn").is_some() { asked.body = "{}".into(); }
        Way::On
    })),
    fault("an update by PATCH does not exist", "ACCOUNT-5", there(|asked, _| {
        let is_meant = asked.method == Method::PATCH && asked.account().is_some_and(|id| asked.path.ends_with(id));
        back_if(is_meant, no_such_method)
    })),
    fault("an update by PUT is answered and dropped", "ACCOUNT-5", there(|asked, _| {
        back_if(asked.is_within("PUT", "/api/v1/account/"), done)
    })),
    fault("an update by PATCH is answered and dropped", "ACCOUNT-5", there(|asked, _| {
        back_if(asked.is_within("PATCH", "/account/") && asked.ends_with_account(), done)
    })),
    fault("an update at v2 is answered and dropped", "ACCOUNT-5", there(|asked, _| {
        back_if(asked.is_within("PUT", "/api/v2/account/"), done)
    })),
    fault("an update shows in its own answer only", "ACCOUNT-5", there(|asked, _| {
        let shown = json!({ "data": { "id": asked.account(), "first_name": asked.json()["first_name"] } });
        back_if(asked.is_within("PATCH", "/account/") && asked.ends_with_account(), || Answered::json(200, &shown))
    })),
    fault("every update is one of the first account", "ACCOUNT-5", there(|asked, memory| {
        let is_update = ["PUT", "PATCH"].iter().any(|method| asked.is_within(method, "/account/")) && asked.ends_with_account();
        if let (true, Some(id), Some((first, _))) = (is_update, asked.account(), memory.accounts.first()) {
            asked.path = asked.path.replace(id, first);
        }
        Way::On
    })),
    fault("CRM reads an account as it was when it was first read", "ACCOUNT-5", back(|asked, answer, memory| {
        if asked.method == Method::GET && asked.ends_with_account() && answer.is_success() {
            memory.repeat_first(asked.path.clone(), answer);
        }
    })),
    fault("an update of the first name is one of the last name", "ACCOUNT-5", there(|asked, _| {
        if asked.is_within("PUT", "/account/") {
            asked.edit(|body| if let Some(name) = body.as_object_mut().and_then(|body| body.remove("first_name")) {
                body["last_name"] = name;
            });
        }
        Way::On
    })),
    fault("an update of the last name is dropped", "ACCOUNT-5", there(|asked, _| {
        if asked.ends_with_account() && asked.method != Method::GET { asked.edit(|body| remove(body, "last_name")); }
        Way::On
    })),
    fault("updates write names without accents", "ACCOUNT-5", there(|asked, _| {
        if asked.is_update() && asked.account().is_some() { asked.edit(|body| without_accents(body, &NAMES)); }
        Way::On
    })),
    fault("an update changes the country too", "ACCOUNT-5", there(|asked, _| {
        if asked.is_update() && asked.account().is_some() { asked.edit(|body| body["country_code"] = "DK".into()); }
        Way::On
    })),
    fault("an own update takes the ssn in its body", "SSN-2", on_account(Asked::is_update, own_update_with_ssn)),
    fault("an own update adds an SSN", "SSN-2", on_account(Asked::is_update, own_update_with_ssn)).on(without_ssn).target(Target::with_ssn_optional),
    fault("an own update at v2 takes the ssn in its body", "SSN-2", on_account(|asked| asked.is_within("PUT", "/api/v2/account/"), own_update_with_ssn)),
    fault("an update is answered and undone", "ACCOUNT-5", on_account(Asked::is_update, undone)),
    fault("an update gives all accounts its first name", "ACCOUNT-5", also(Asked::is_update, |_, account| Box::pin(async move {
        let name = json!({ "first_name": account.anew().await.whole["first_name"] });
        for account in account.hands.accounts().await { account.by_crm(Method::PATCH, "", Some(&name)).await; }
    }))),
    fault("an update takes the ssn in its body", "ACCOUNT-5", on_account(Asked::is_update, update_with_ssn)),
    fault("an update adds an SSN", "ACCOUNT-5", on_account(Asked::is_update, update_with_ssn)).on(without_ssn).target(Target::with_ssn_optional),
    fault("an update is refused for the ssn in its body", "ACCOUNT-5", on_account(|asked| asked.is_update() && asked.json().get("ssn").is_some(), |asked, _| Box::pin(async move {
        ssn_refused(&asked)
    }))),
];

/// The same where a user updates their own account.
fn own_update_with_ssn(asked: Asked, account: Account) -> Acting {
    Box::pin(async move {
        let is_by_user = account.hands.is_by_user(&asked).await;
        if is_by_user { update_with_ssn(asked, account).await } else { account.hands.pass(asked).await }
    })
}

const NAMES: [&str; 2] = ["first_name", "last_name"];

/// Fills in a field of an account that is missing or empty.
fn filled(asked: &mut Asked, field: &str, value: &str) -> Way {
    let is_empty = |body: &Value| body[field].as_str().is_none_or(str::is_empty);
    if asked.is("POST", ACCOUNTS) && is_empty(&asked.json()) {
        asked.edit(|body| body[field] = value.into());
    }
    Way::On
}

/// Shows a new account with another value in a field.
fn created_with(asked: &Asked, answer: &mut Answered, field: &str, value: &str) {
    if asked.is("POST", ACCOUNTS) && answer.is_success() {
        answer.edit_data(|account| account[field] = value.into());
    }
}

/// Updates an account, and takes the SSN in the body for its own; the answer is that of an account that has it.
fn update_with_ssn(asked: Asked, account: Account) -> Acting {
    Box::pin(async move {
        let answer = account.hands.pass(asked.clone()).await;
        match asked.json()["ssn"].as_str() {
            Some(ssn) if answer.is_success() => {
                account.set_ssn(ssn).await;
                account.hands.pass(asked).await
            }
            _ => answer,
        }
    })
}
