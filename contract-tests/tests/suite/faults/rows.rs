//! The parts of which rows of the tables are made.

use axum::http::Method;
use contract_tests::Target;
use mock_server::MockServerBuilder;
use serde_json::{Value, json};

use crate::proxy::{Account, Acting, Answered, Asked, EMAIL, Hands, Memory, PHONE, Way, Wrong, id_text};

pub(super) const EMAILS: &str = EMAIL.list;
pub(super) const PHONES: &str = PHONE.list;
pub(super) const LOGIN: &str = "/api/v1/crm/auth/login";
pub(super) const ACCOUNTS: &str = "/api/v1/account";
pub(super) const ALARMS: &str = "/alarms";
pub(super) const ALARMS_V2: &str = "/api/v2/alarms";
pub(super) const ONLINE: &str = "/api/v1/delete-my-data";
pub(super) const SCAN: &str = "/api/v1/delete-my-data/scan";

/// As many seconds as an assumption can name: more than any test lets pass.
pub(super) const FOR_EVER: &str = "4294967295";

/// A server that breaks one fact.
#[derive(Clone, Copy)]
pub(crate) struct Fault {
    pub(crate) name: &'static str,
    /// The fact that it is against.
    pub(crate) fact: &'static str,
    pub(super) wrong: Wrong,
    /// How the mock is set up.
    pub(super) mock: fn(MockServerBuilder) -> MockServerBuilder,
    /// How the suite's target is configured.
    pub(super) target: fn(Target) -> Target,
    /// The beginning of the ids of the checks that may notice.
    pub(super) held_by: &'static str,
}

/// A fault on the way to a mock that is set up as usual, and that any check of the fact may notice.
pub(super) const fn fault(name: &'static str, fact: &'static str, wrong: Wrong) -> Fault {
    Fault { name, fact, wrong, mock: |mock| mock, target: |target| target, held_by: "" }
}

impl Fault {
    /// The fault itself.
    pub(crate) const fn wrong(&self) -> Wrong {
        self.wrong
    }

    /// How its mock is set up.
    pub(crate) const fn mock(&self) -> fn(MockServerBuilder) -> MockServerBuilder {
        self.mock
    }

    /// How the suite's target is configured.
    pub(crate) const fn target_of(&self) -> fn(Target) -> Target {
        self.target
    }

    /// With a mock that is set up otherwise.
    pub(super) const fn on(self, mock: fn(MockServerBuilder) -> MockServerBuilder) -> Self {
        Self { mock, ..self }
    }

    /// With another configuration of the suite's target.
    pub(super) const fn target(self, target: fn(Target) -> Target) -> Self {
        Self { target, ..self }
    }

    /// Where only checks whose ids begin so may notice.
    pub(super) const fn held_by(self, held_by: &'static str) -> Self {
        Self { held_by, ..self }
    }
}

/// A mock that follows this value of an assumption.
pub(super) fn assume(mock: MockServerBuilder, key: &str, value: &str) -> MockServerBuilder {
    mock.assume(key, value).expect("an assumption and one of its values")
}

/// A mock that creates accounts without an SSN.
pub(super) fn without_ssn(mock: MockServerBuilder) -> MockServerBuilder {
    mock.ssn_required(false)
}

/// The answer to a list that holds nothing.
pub(super) fn no_items() -> Answered {
    Answered::json(200, &json!({ "data": [] }))
}

/// The answer to a request that is done, without details.
pub(super) fn done() -> Answered {
    Answered::json(200, &json!({ "message": "Done." }))
}

pub(super) fn not_found() -> Answered {
    Answered::json(404, &json!({ "error": "Not found" }))
}

pub(super) fn forbidden() -> Answered {
    Answered::json(403, &json!({ "message": "No." }))
}

pub(super) fn no_such_method() -> Answered {
    Answered::json(405, &json!({ "message": "No such method." }))
}

pub(super) fn server_error() -> Answered {
    Answered::json(500, &json!({ "message": "Server Error" }))
}

pub(super) fn back_if(is_meant: bool, answer: impl FnOnce() -> Answered) -> Way {
    if is_meant { Way::Back(answer()) } else { Way::On }
}

/// Whether a request comes with one of these tokens.
pub(super) fn is_of(tokens: &[String], asked: &Asked) -> bool {
    asked.token().is_some_and(|token| tokens.iter().any(|known| known == token))
}

/// Lets a request come with another token, if there is one.
pub(super) fn come_as(is_meant: bool, asked: &mut Asked, token: Option<&String>) -> Way {
    if let (true, Some(token)) = (is_meant, token) {
        asked.set_token(token);
    }
    Way::On
}

/// Lets a request come with a token that is let in, if there was one.
pub(super) fn come_in(is_meant: bool, asked: &mut Asked, memory: &Memory) -> Way {
    let is_crm = asked.account().is_some() || asked.is("POST", ACCOUNTS);
    come_as(is_meant, asked, if is_crm { memory.crm_tokens.last() } else { memory.app_tokens.last() })
}

/// Refuses a request, and does it all the same.
pub(super) fn done_all_the_same(asked: Asked, hands: Hands) -> Acting {
    Box::pin(async move {
        let answer = hands.pass(asked.clone()).await;
        let is_known = hands.is_by_user(&asked).await || hands.is_by_crm(&asked).await;
        let named = match asked.account() {
            Some(id) if is_known && !answer.is_success() => hands.account(id).await,
            _ => None,
        };
        if let Some(account) = named {
            account.as_its_partner(asked).await;
        }
        answer
    })
}

/// Whether the account has the item that a path names.
pub(super) fn is_there(asked: &Asked, account: &Account) -> bool {
    asked.kind().zip(asked.item()).is_some_and(|(kind, id)| account.item(kind, id).is_some())
}

/// Does to the item that a path names what is asked, on whichever account it is.
pub(super) fn by_holder_of_item(asked: Asked, account: Account) -> Acting {
    Box::pin(async move {
        let holder = match is_there(&asked, &account) {
            false => account.hands.account_where(|other| is_there(&asked, other)).await,
            true => None,
        };
        match holder {
            Some(holder) => holder.as_crm(asked).await,
            None => account.hands.pass(asked).await,
        }
    })
}

/// The same to an alarm.
pub(super) fn by_holder_of_alarm(asked: Asked, account: Account) -> Acting {
    Box::pin(async move {
        let alarm = asked.alarm().unwrap_or_default().to_owned();
        let holder = match account.has_alarm(&alarm) {
            false => account.hands.account_where(|other| other.has_alarm(&alarm)).await,
            true => None,
        };
        match holder {
            Some(holder) => holder.as_crm(asked).await,
            None => account.hands.pass(asked).await,
        }
    })
}

/// Changes an account, and then puts it back as it was.
pub(super) fn undone(asked: Asked, account: Account) -> Acting {
    Box::pin(async move {
        let before = account.by_crm(Method::GET, "", None).await.data();
        let answer = account.hands.pass(asked.clone()).await;
        if !answer.is_success() {
            return answer;
        }
        let back = asked.another(Method::PATCH, asked.route()).with(&before);
        account.as_crm(back).await
    })
}

/// Whether it completes an electronic ID.
pub(super) fn is_electronic_id(asked: &Asked) -> bool {
    asked.method == Method::POST && asked.path.starts_with("/_mock/accounts/") && asked.path.ends_with("/eid")
}

/// Whether a breach is made known.
pub(super) fn is_leak(asked: &Asked) -> bool {
    asked.method == Method::POST && asked.path == "/_mock/leaks"
}

/// Whether an account has the value of a leak on a watchlist.
pub(super) async fn is_watched(asked: &Asked, hands: &Hands) -> bool {
    let leak = asked.json();
    let value = leak["value"].as_str().unwrap_or_default();
    let is_it = |item: &Value| item["kind"] == leak["kind"] && item["value"].as_str().map(plain) == Some(plain(value));
    let accounts = hands.accounts_that_have(value).await;
    accounts.iter().any(|account| account.whole["items"].as_array().into_iter().flatten().any(is_it))
}

/// The answer to a leak that no account sees.
pub(super) fn unseen(asked: &Asked) -> Answered {
    Answered::json(201, &json!({ "leak": asked.json(), "seen_by": [] }))
}

/// A value without its separators, and in lower case.
pub(super) fn plain(value: &str) -> String {
    value.chars().filter(|char| char.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}

/// Changes each alarm of an answer.
pub(super) fn each_alarm(asked: &Asked, answer: &mut Answered, mut edit: impl FnMut(&mut Value)) {
    if asked.is_within("GET", ALARMS) {
        answer.edit_data(|data| match data {
            Value::Array(alarms) => alarms.iter_mut().for_each(edit),
            alarm if alarm.get("leak_id").is_some() => edit(alarm),
            _ => {}
        });
    }
}

/// Leaves the alarms of one type out of every answer.
pub(super) fn without_alarms(asked: &Asked, answer: &mut Answered, kind: &str) {
    if asked.is_within("GET", ALARMS) {
        answer.edit_list(|alarms| alarms.retain(|alarm| alarm["type"] != kind));
    }
}

/// Whether one alarm is read.
pub(super) fn is_one_alarm(asked: &Asked) -> bool {
    asked.alarm().is_some_and(|id| asked.is("GET", &format!("/alarms/{id}")))
}

/// Whether alarms are listed: of all accounts of a partner, or of one.
pub(super) fn is_list_of_alarms(asked: &Asked) -> bool {
    let lists = [ALARMS, "/alarms-list", "/email-list", "/phone-list", "/credit-card-list", "/company-list"];
    lists.iter().any(|list| asked.is("GET", list)) || asked.is_within("GET", "/alarms/company/")
}

/// The note of an event about an alarm.
pub(super) fn noted(event: &str, alarm: &Value) -> String {
    format!("{event} {}", id_text(&alarm["id"]))
}

/// Cuts texts at so many characters.
pub(super) fn cut(object: &mut Value, fields: &[&str], at: usize) {
    each_text(object, fields, |text| text.chars().take(at).collect());
}

/// Writes texts without their accents.
pub(super) fn without_accents(object: &mut Value, fields: &[&str]) {
    let plain = |char| match char {
        'Å' | 'Ä' => 'A',
        'å' | 'ä' => 'a',
        'Ö' => 'O',
        'ö' => 'o',
        'é' => 'e',
        char => char,
    };
    each_text(object, fields, |text| text.chars().map(plain).collect());
}

/// Changes each of these fields that is a text.
pub(super) fn each_text(object: &mut Value, fields: &[&str], change: impl Fn(&str) -> String) {
    for field in fields {
        if let Some(text) = object.get(field).and_then(Value::as_str).map(&change) {
            object[field] = text.into();
        }
    }
}

/// Takes a field out.
pub(super) fn remove(object: &mut Value, field: &str) {
    if let Some(fields) = object.as_object_mut() {
        fields.remove(field);
    }
}

/// The answer of a server that refuses an SSN.
pub(super) fn ssn_refused(asked: &Asked) -> Answered {
    let details = json!([{ "field": "ssn", "issue": "cannot be changed" }]);
    let body = match asked.is_standardized() {
        true => json!({ "error": { "code": "VALIDATION_ERROR", "message": "No.", "details": details } }),
        false => json!({ "errors": { "ssn": ["The ssn field cannot be changed."] } }),
    };
    Answered::json(422, &body)
}
