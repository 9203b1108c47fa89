//! App tokens, and what users do to their own profiles.

use axum::http::Method;
use contract_tests::Target;
use serde_json::json;

use super::rows::{
    ACCOUNTS, Fault, LOGIN, back_if, cut, done, done_all_the_same, fault, forbidden, is_electronic_id, is_of,
    not_found, remove, undone, without_accents, without_ssn,
};
use crate::proxy::{Acting, Answered, Asked, Hands, PARTNERS, Partner, Way, back, instead, on_account, there};

#[rustfmt::skip]
pub(super) const FAULTS: &[Fault] = &[
    fault("the app token is under data", "SSO-1", back(|asked, answer, _| {
        if asked.is("POST", "/sso/token") { answer.edit(|body| *body = json!({ "data": *body })); }
    })),
    fault("an exchange answers 201", "SSO-1", back(|asked, answer, _| {
        if asked.is("POST", "/sso/token") && answer.status == 200 { answer.status = 201; }
    })),
    fault("the app token is the first user's", "SSO-1", there(|asked, memory| {
        if let (true, Some(first)) = (asked.is("POST", "/sso/token"), memory.owners.first()) {
            asked.edit(|body| body["email"] = first.as_str().into());
        }
        Way::On
    })),
    fault("an app token has no number", "SSO-1", back(|asked, answer, _| if asked.is("POST", "/sso/token") {
        answer.edit(|body| body["token"] = body["token"].as_str().map(|token| token.replace('|', "")).into());
    })),

    fault("any client secret will do", "SSO-2", there(|asked, _| {
        if asked.is_within("POST", "/sso/") && asked.json()["client_id"] == "mock-client" {
            asked.edit(|body| body["client_secret"] = "mock-secret".into());
        }
        Way::On
    })),
    fault("any client id will do", "SSO-2", there(|asked, _| {
        if asked.is_within("POST", "/sso/") && asked.json()["client_secret"] == "mock-secret" {
            asked.edit(|body| body["client_id"] = "mock-client".into());
        }
        Way::On
    })),
    fault("a code is issued to any client secret", "SSO-2", there(|asked, _| {
        if asked.is("POST", "/sso/code") { asked.edit(|body| body["client_secret"] = "mock-secret".into()); }
        Way::On
    })),
    fault("the SSO client logs in", "SSO-2", there(|asked, _| {
        let Partner { username, password, client_id, client_secret } = PARTNERS[0];
        let sent = asked.json();
        if asked.is("POST", LOGIN) && sent["username"] == client_id && sent["password"] == client_secret {
            asked.edit(|body| { body["username"] = username.into(); body["password"] = password.into(); });
        }
        Way::On
    })),
    fault("the CRM user is an SSO client", "SSO-2", there(|asked, _| {
        let Partner { username, password, client_id, client_secret } = PARTNERS[0];
        let sent = asked.json();
        if asked.is_within("POST", "/sso/") && sent["client_id"] == username && sent["client_secret"] == password {
            asked.edit(|body| { body["client_id"] = client_id.into(); body["client_secret"] = client_secret.into(); });
        }
        Way::On
    })),
    fault("an SSO client gets tokens for the accounts of another partner", "SSO-2", instead(is_sso, of_any_partner)),
    fault("part of a client secret is enough", "SSO-2", there(|asked, _| {
        let sent = asked.json()["client_secret"].as_str().unwrap_or_default().to_owned();
        let is_part = sent.len() >= 6 && "mock-secret".starts_with(&sent);
        if asked.is_within("POST", "/sso/") && is_part { asked.edit(|body| body["client_secret"] = "mock-secret".into()); }
        Way::On
    })),
    fault("client secrets are not case-sensitive", "SSO-2", there(|asked, _| {
        let is_it = asked.json()["client_secret"].as_str().is_some_and(|sent| sent.eq_ignore_ascii_case("mock-secret"));
        if asked.is_within("POST", "/sso/") && is_it { asked.edit(|body| body["client_secret"] = "mock-secret".into()); }
        Way::On
    })),

    fault("codes are issued for the accounts of another partner", "SSO-3", instead(|asked| asked.is("POST", "/sso/code"), of_any_partner)),
    fault("an email that its user has changed is no longer good for SSO", "SSO-3", instead(|asked| is_sso(asked) || asked.is_update(), |asked, hands| Box::pin(async move {
        let is_meant = asked.is_update() && hands.is_by_user(&asked).await;
        forgotten(asked, hands, is_meant).await
    }))),
    fault("an email that a PUT has changed is no longer good for SSO", "SSO-3", instead(|asked| is_sso(asked) || asked.is_update(), |asked, hands| Box::pin(async move {
        let is_meant = asked.method == "PUT" && asked.account().is_some() && hands.is_by_crm(&asked).await;
        forgotten(asked, hands, is_meant).await
    }))),
    fault("an unknown email gives the token of a known one", "SSO-3", there(|asked, memory| {
        let email = asked.json()["email"].as_str().unwrap_or_default().to_owned();
        let is_known = memory.accounts.iter().any(|(_, known)| *known == email);
        if let (true, Some((_, known))) = (asked.is_within("POST", "/sso/") && !is_known, memory.accounts.first()) {
            asked.edit(|body| body["email"] = known.as_str().into());
        }
        Way::On
    })),
    fault("a code is issued for an unknown email", "SSO-3", back(|asked, answer, _| {
        if asked.is("POST", "/sso/code") && !answer.is_success() { *answer = Answered::json(200, &json!({ "code": "abc" })); }
    })),
    fault("an unknown email gives a token of the first account", "SSO-3", instead(is_sso, |mut asked, hands| Box::pin(async move {
        let answer = hands.pass(asked.clone()).await;
        let sent = asked.json();
        let is_client = |partner: &Partner| sent["client_id"] == partner.client_id && sent["client_secret"] == partner.client_secret;
        let is_email = sent["email"].as_str().is_some_and(|email| email.contains('@'));
        if answer.is_success() || !is_email || !PARTNERS.iter().any(is_client) { return answer; }
        let first = hands.first_account().await.whole["created_with"].take();
        asked.edit(|body| body["email"] = first);
        hands.pass(asked).await
    }))),
    fault("SSO knows an account by the email that it has now", "SSO-3", instead(is_sso, |mut asked, hands| Box::pin(async move {
        let email = asked.json()["email"].as_str().unwrap_or_default().to_lowercase();
        let found = hands.accounts_that_have(&email).await.into_iter().find(|account| account.whole["email"] == *email);
        let known_by = found.map_or_else(|| "unknown@nowhere.example".into(), |account| account.whole["created_with"].clone());
        if !email.is_empty() { asked.edit(|body| body["email"] = known_by); }
        hands.pass(asked).await
    }))),

    fault("a code answers its token under data", "SSO-4", back(|asked, answer, _| {
        if asked.is("POST", "/sso/login") && answer.is_success() { answer.edit(|body| *body = json!({ "data": *body })); }
    })),
    fault("any code gives the last token", "SSO-4", there(|asked, memory| {
        let token = memory.app_tokens.last().cloned().unwrap_or_else(|| "2|mock-app-token".into());
        back_if(asked.is("POST", "/sso/login"), || Answered::json(200, &json!({ "token": token })))
    })),
    // Each code has a twin, of the same age.
    fault("a code works twice", "SSO-4", instead(|asked| asked.is("POST", "/sso/code") || asked.is("POST", "/sso/login"), |mut asked, hands| Box::pin(async move {
        let code = asked.json()["code"].as_str().unwrap_or_default().to_owned();
        if let Some(twin) = hands.recall(|memory| memory.kept.get(&code).cloned().filter(|_| memory.has_noted(&code))) {
            asked.edit(|body| body["code"] = twin.into());
        }
        let answer = hands.pass(asked.clone()).await;
        if answer.is_success() {
            hands.recall(|memory| memory.note(code));
            if let Some(code) = code_of(&answer) && let Some(twin) = code_of(&hands.pass(asked).await) {
                hands.recall(|memory| memory.kept.insert(code, twin));
            }
        }
        answer
    }))),
    fault("a code gives a token of the first account", "SSO-4", instead(|asked| asked.is("POST", "/sso/login"), |asked, hands| Box::pin(async move {
        let mut answer = hands.pass(asked).await;
        let token = if answer.is_success() { hands.first_account().await.user_token().await } else { None };
        token.inspect(|token| answer.edit(|body| body["token"] = token.as_str().into()));
        answer
    }))),

    fault("every profile is the first that was read", "SSO-5", back(|asked, answer, memory| {
        if asked.is("GET", ACCOUNTS) && answer.is_success() {
            memory.repeat_first("profile", answer);
        }
    })),
    fault("an update of the own profile is answered and dropped", "SSO-5", there(|asked, _| {
        back_if(asked.is("PUT", ACCOUNTS), || Answered::json(200, &json!({ "message": "Updated." })))
    })),
    fault("a user is refused at v2", "SSO-5", there(|asked, memory| {
        let is_crm = is_of(&memory.crm_tokens, asked);
        let is_meant = asked.is_within("PUT", "/api/v2/account/") && !is_crm;
        back_if(is_meant, forbidden)
    })),
    fault("passwords cannot be changed", "SSO-5", there(|asked, _| {
        back_if(asked.is("POST", "/account/password"), not_found)
    })),
    fault("a user is refused a change of another's profile that is done", "SSO-5", instead(|asked| asked.is_within("PUT", "/api/v2/account/"), done_all_the_same)),
    fault("an update of the own profile at v2 is answered and dropped", "SSO-5", there(|asked, memory| {
        let is_crm = is_of(&memory.crm_tokens, asked);
        back_if(asked.is_within("PUT", "/api/v2/account/") && !is_crm, done)
    })),
    fault("an own update of the last name is dropped", "SSO-5", there(|asked, _| {
        if asked.is("PUT", ACCOUNTS) { asked.edit(|body| remove(body, "last_name")); }
        Way::On
    })),
    fault("a user updates any account by its id", "SSO-5", instead(|asked| asked.is_within("PUT", "/api/v2/account/"), |mut asked, hands| Box::pin(async move {
        let named = match asked.account() { Some(id) if hands.is_by_user(&asked).await => hands.account(id).await, _ => None };
        if let Some(account) = named { account.user_token().await.inspect(|token| asked.set_token(token)); }
        hands.pass(asked).await
    }))),
    fault("an update of the own profile is answered and undone", "SSO-5", on_account(Asked::is_update, |asked, account| Box::pin(async move {
        if account.hands.is_by_user(&asked).await { undone(asked, account).await } else { account.hands.pass(asked).await }
    }))),

    fault("an own update changes the language too", "SSO-5", there(|asked, memory| {
        let is_crm = is_of(&memory.crm_tokens, asked);
        if asked.is_update() && !is_crm { asked.edit(|body| body["lang_code"] = "EN".into()); }
        Way::On
    })),
    fault("an own update changes the plan too", "SSO-5", on_account(Asked::is_update, |asked, account| Box::pin(async move {
        let is_by_user = account.hands.is_by_user(&asked).await;
        let answer = account.hands.pass(asked).await;
        if is_by_user && answer.is_success() { account.by_crm(Method::PATCH, "", Some(&json!({ "plan_id": 2 }))).await; }
        answer
    }))),
    fault("own updates cut names at ten letters", "SSO-5", there(|asked, memory| {
        let is_crm = is_of(&memory.crm_tokens, asked);
        if asked.is_update() && !is_crm { asked.edit(|body| cut(body, &["first_name", "last_name"], 10)); }
        Way::On
    })),
    fault("own updates write names without accents", "SSO-5", there(|asked, memory| {
        let is_crm = is_of(&memory.crm_tokens, asked);
        if asked.is_update() && !is_crm { asked.edit(|body| without_accents(body, &["first_name", "last_name"])); }
        Way::On
    })),

    fault("an SSN of an electronic ID is lost", "SSO-6", there(|asked, _| {
        back_if(is_electronic_id(asked), || Answered::json(200, &json!({ "has_ssn": true })))
    })).on(without_ssn).target(Target::with_ssn_optional),
];

/// Whether it exchanges SSO credentials and an email.
fn is_sso(asked: &Asked) -> bool {
    asked.is("POST", "/sso/token") || asked.is("POST", "/sso/code")
}

/// Exchanges credentials of the first partner for what an account of any partner gives.
fn of_any_partner(mut asked: Asked, hands: Hands) -> Acting {
    Box::pin(async move {
        let answer = hands.pass(asked.clone()).await;
        let (sent, first) = (asked.json(), &PARTNERS[0]);
        let is_client = sent["client_id"] == first.client_id && sent["client_secret"] == first.client_secret;
        let email = sent["email"].as_str().unwrap_or_default().to_owned();
        if answer.is_success() || !is_client || email.is_empty() {
            return answer;
        }
        let others = hands.accounts_that_have(&email).await;
        let Some(other) = others.into_iter().find(|account| account.whole["created_with"] == *email) else {
            return answer;
        };
        let Partner { client_id, client_secret, .. } = *other.partner();
        asked.edit(|body| {
            body["client_id"] = client_id.into();
            body["client_secret"] = client_secret.into();
        });
        hands.pass(asked).await
    })
}

/// Knows an account by the email that it was created with until an update that `is_meant` has given it another.
async fn forgotten(asked: Asked, hands: Hands, is_meant: bool) -> Answered {
    let sent = asked.json()["email"].as_str().unwrap_or_default().to_lowercase();
    if is_sso(&asked) && hands.recall(|memory| memory.has_noted(&format!("forgotten {sent}"))) {
        return not_found();
    }
    let account = if is_meant { hands.account_of(&asked).await } else { None };
    let answer = hands.pass(asked).await;
    if let Some(known) = account
        .filter(|_| answer.is_success())
        .and_then(|account| account.whole["created_with"].as_str().map(str::to_owned))
        && !sent.is_empty()
        && known != sent
    {
        hands.recall(|memory| memory.note(format!("forgotten {known}")));
    }
    answer
}

/// The one-time code of an answer.
fn code_of(answer: &Answered) -> Option<String> {
    answer.value()["code"].as_str().map(str::to_owned)
}
