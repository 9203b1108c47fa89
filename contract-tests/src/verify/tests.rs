//! Small recordings, each with what they violate.

use serde_json::{Value, json};

use super::*;

/// One exchange of a recording.
#[derive(Clone)]
struct Call {
    token: Option<&'static str>,
    is_standardized: bool,
    sent: Value,
    status: u16,
    answer: Value,
    call: &'static str,
}

fn call(call: &'static str, token: &'static str, status: u16, answer: Value) -> Call {
    let token = (!token.is_empty()).then_some(token);
    Call { token, is_standardized: true, sent: Value::Null, status, answer, call }
}

impl Call {
    fn with(mut self, sent: Value) -> Self {
        self.sent = sent;
        self
    }

    fn legacy(mut self) -> Self {
        self.is_standardized = false;
        self
    }

    fn entry(&self, number: usize) -> Value {
        let (method, path) = self.call.split_once(' ').expect("a method and a path");
        let mut headers = vec![];
        headers.extend(self.token.map(|token| json!({ "name": "Authorization", "value": format!("Bearer {token}") })));
        headers.extend(self.is_standardized.then(|| json!({ "name": "X-API-Version", "value": "2026-06-12" })));
        let text = if self.answer.is_null() { String::new() } else { self.answer.to_string() };
        json!({
            "startedDateTime": format!("2026-11-28T10:00:{number:02}.000Z"), "time": 20,
            "request": {
                "method": method, "url": format!("https://api.example.com{path}"), "headers": headers,
                "postData": { "mimeType": "application/json", "text": self.sent.to_string() },
            },
            "response": {
                "status": self.status, "headers": [],
                "content": { "size": text.len(), "mimeType": "application/json", "text": text },
            },
        })
    }
}

const CRM: &str = "1|partner-secret";
const APP: &str = "2|user-secret";

/// The two logins, by which the recording tells whose tokens they are.
fn logins() -> Vec<Call> {
    let token = |token: &str| json!({ "token": token });
    vec![
        call("POST /api/v1/crm/auth/login", "", 200, token(CRM)),
        call("POST /api/v1/sso/token", "", 200, token(APP)).with(json!({ "email": "jane.roe@example.com" })),
    ]
}

fn verified(calls: &[Call]) -> Verification {
    let entries: Vec<_> = calls.iter().enumerate().map(|(number, call)| call.entry(number)).collect();
    let har = json!({ "log": { "entries": entries } }).to_string();
    verify(&[("a.har".into(), har)], None).expect("a recording of this API")
}

fn violated(found: &Verification) -> Vec<&str> {
    found.facts.iter().filter(|fact| fact.seen == Seen::Violated).map(|fact| fact.id.as_str()).collect()
}

fn error(code: &str) -> Value {
    json!({ "error": { "code": code, "message": "No." } })
}

fn item(id: u64) -> Value {
    json!({ "data": { "id": id, "email": "john.doe@example.com" } })
}

fn list(ids: &[u64]) -> Value {
    json!({ "data": ids.iter().map(|id| json!({ "id": id })).collect::<Vec<_>>() })
}

fn site(result: &Value, removal: &str) -> Value {
    json!({ "sites": [{ "id": 1, "scan_result": result, "removal_requests": [{ "status": removal }] }] })
}

/// Every rule, on traffic that it has nothing against and on traffic that breaks it.
#[test]
fn what_contradicts_a_fact_is_violated_and_nothing_else() {
    let add =
        || call("POST /api/v1/account/3/email-watchlist", CRM, 201, item(7)).with(json!({ "email": "a@example.com" }));
    let read = |ids: &[u64]| call("GET /api/v1/account/3/email-watchlist", CRM, 200, list(ids));
    let remove = || call("DELETE /api/v1/account/3/email-watchlist/7", CRM, 204, Value::Null);
    let one = |answer: Value| vec![call("GET /api/v1/account", APP, 200, json!({ "data": answer }))];
    let scan = |result: Value, removal: &str| {
        vec![call("GET /api/v1/delete-my-data/scan/status", APP, 200, site(&result, removal))]
    };
    let create = |sent: Value, status: u16, answer: Value| call("POST /api/v1/account", CRM, status, answer).with(sent);
    let whole = json!({ "first_name": "A", "last_name": "B", "email": "a@example.com", "ssn": "19900101-2385" });
    let without = |field: &str| {
        let mut body = whole.clone();
        body.as_object_mut().expect("an object").remove(field);
        body
    };
    let update = |ssn: &str, status: u16, answer: Value| {
        call("PUT /api/v1/account/3", CRM, status, answer).with(json!({ "ssn": ssn }))
    };
    let account = |ssn: &str| json!({ "data": { "id": 3, "ssn": ssn } });
    let alarm = |status: &str| call("GET /api/v1/alarms/5", APP, 200, json!({ "data": { "id": 5, "status": status } }));
    let close = || call("GET /api/v1/alarms/5/close", APP, 200, Value::Null);
    let done = json!({ "status": "SCAN_COMPLETED", "is_data_found": false, "comparison": {}, "data": [] });
    let mut without_comparison = done.clone();
    without_comparison.as_object_mut().expect("an object").remove("comparison");
    let mut with_data = done.clone();
    with_data["data"] = json!({ "email": "a@example.com" });
    let paged = json!({ "data": [], "meta": { "current_page": 1, "last_page": 2 } });

    type Case = (Vec<Call>, &'static [&'static str]);
    let cases: Vec<Case> = vec![
        (vec![], &[]),
        // Formats.
        (one(json!({ "created_at": "2026-06-16T21:02:05Z", "is_active": true, "activation_date": "2024-06-15" })), &[]),
        (one(json!({ "created_at": "2026-06-16 21:02:05" })), &["FORMAT-3"]),
        (one(json!({ "activation_date": "15/06/2024" })), &["FORMAT-4"]),
        (one(json!({ "is_active": 1 })), &["FORMAT-5"]),
        (one(json!({ "created_at": "20**-**-** **:**:**", "is_active": "[redacted]" })), &[]),
        (vec![call("GET /api/v1/account", APP, 404, error("NOT_FOUND"))], &[]),
        (vec![call("GET /api/v1/account", APP, 404, json!({ "message": "No." }))], &["FORMAT-6"]),
        (vec![call("GET /api/v1/account", APP, 404, error("MISSING"))], &["FORMAT-7"]),
        (vec![call("GET /api/v1/account", APP, 403, json!({ "message": "No." })).legacy()], &[]),
        (
            vec![
                call("GET /api/v1/account", APP, 403, json!({ "message": "No." })).legacy(),
                call("GET /api/v1/account", APP, 403, json!({ "fault": {} })).legacy(),
            ],
            &["FORMAT-8"],
        ),
        (vec![call("GET /api/v1/account", APP, 429, json!({ "message": "Slow." })).legacy()], &["FORMAT-9"]),
        (vec![call("GET /api/v1/account", APP, 429, error("RATE_LIMITED"))], &[]),
        // A deployment may force the standardized format.
        (vec![call("GET /api/v1/account", APP, 404, error("NOT_FOUND")).legacy()], &[]),
        // Logins.
        (vec![call("POST /api/v1/crm/auth/login", "", 201, json!({ "token": "4|x" }))], &["LOGIN-1"]),
        (vec![call("POST /api/v1/crm/auth/login", "", 200, json!({ "data": { "token": "4|x" } }))], &["LOGIN-1"]),
        (vec![call("POST /api/v1/crm/auth/login", "", 200, json!({ "two_factor": "sms" }))], &[]),
        (vec![call("POST /api/v1/crm/auth/login", "", 200, json!({ "token": "[REDACTED]" }))], &[]),
        (vec![call("POST /api/v1/sso/token", "", 200, json!({ "token": "x" }))], &["SSO-1"]),
        (vec![call("POST /api/v1/sso/login", "", 200, json!({ "data": { "token": "2|x" } }))], &["SSO-4"]),
        (vec![call("POST /api/v1/sso/code", "", 200, json!({}))], &["SSO-4"]),
        // Accounts.
        (vec![create(whole.clone(), 201, item(3))], &[]),
        (vec![create(whole.clone(), 200, item(3))], &["ACCOUNT-1"]),
        (vec![create(whole.clone(), 201, json!({ "id": 3 }))], &["ACCOUNT-1"]),
        (vec![create(without("last_name"), 201, item(3))], &["ACCOUNT-2"]),
        (vec![create(without("last_name"), 422, error("VALIDATION_ERROR"))], &[]),
        (vec![create(without("email"), 201, item(3))], &["ACCOUNT-4"]),
        (vec![update("19900101-2393", 200, Value::Null)], &[]),
        (
            vec![update(
                "19900101-2393",
                422,
                json!({ "error": { "code": "VALIDATION_ERROR", "message": "m", "details": [{ "field": "ssn", "issue": "i" }] } }),
            )],
            &["ACCOUNT-5"],
        ),
        (
            vec![
                create(whole.clone(), 201, item(3)),
                update("19900101-2393", 200, Value::Null),
                call("GET /api/v1/account/3", CRM, 200, account("19900101-2393")),
            ],
            &["ACCOUNT-5"],
        ),
        (
            vec![
                create(whole.clone(), 201, item(3)),
                update("19900101-2393", 200, Value::Null),
                call("GET /api/v1/account/3", CRM, 200, account("19900101-2385")),
            ],
            &[],
        ),
        // Tokens and routes.
        (vec![call("GET /api/v1/email-watchlist", CRM, 200, list(&[]))], &["SCOPE-3"]),
        (vec![call("GET /api/v1/account/3/email-watchlist", APP, 200, list(&[]))], &["SCOPE-2"]),
        (vec![call("GET /api/v1/alarms-list", APP, 200, list(&[]))], &["SCOPE-5"]),
        (vec![call("GET /api/v1/delete-my-data/sites", CRM, 200, list(&[]))], &["SCOPE-3", "ONLINE-1"]),
        (vec![call("GET /api/v1/email-watchlist", CRM, 403, error("FORBIDDEN"))], &[]),
        (vec![call("GET /api/v1/email-watchlist", "9|unknown", 200, list(&[]))], &[]),
        // That a call carries no token is told by others of the recording that do.
        (
            vec![
                call("GET /api/v1/email-watchlist", APP, 200, list(&[])),
                call("GET /api/v1/email-watchlist", "", 200, list(&[])),
            ],
            &["SCOPE-1"],
        ),
        (vec![call("GET /api/v1/email-watchlist", "", 401, error("UNAUTHENTICATED"))], &[]),
        (vec![call("GET /api/v1/passport-watchlist/leaks", APP, 200, list(&[]))], &["NONE-1"]),
        (vec![call("GET /api/v1/passport-watchlist/leaks", APP, 404, error("NOT_FOUND"))], &[]),
        (vec![call("GET /api/v1/iban-watchlist", APP, 405, error("X"))], &["IBAN-1"]),
        (vec![call("GET /api/v1/iban-watchlist", APP, 404, error("NOT_FOUND"))], &["IBAN-1"]),
        (vec![call("GET /api/v1/iban-watchlist", APP, 200, json!({ "data": {} }))], &["IBAN-1"]),
        // Items, in their order.
        (vec![add(), read(&[7]), remove(), read(&[])], &[]),
        (vec![add(), read(&[])], &["EMAIL-1"]),
        (vec![remove(), read(&[7])], &["EMAIL-1"]),
        (vec![add(), call("GET /api/v1/account/3/email-watchlist", CRM, 200, paged)], &[]),
        (vec![add(), call("GET /api/v1/account/3/email-watchlist?page=2", CRM, 200, list(&[]))], &[]),
        (vec![add(), call("GET /api/v1/account/4/email-watchlist", CRM, 200, list(&[]))], &[]),
        // What a user adds may wait for them.
        (
            vec![
                call("POST /api/v1/email-watchlist", APP, 201, item(7)),
                call("GET /api/v1/email-watchlist", APP, 200, list(&[])),
            ],
            &[],
        ),
        (
            vec![
                call("DELETE /api/v1/credit-card/7", APP, 204, Value::Null),
                call("GET /api/v1/credit-card/7", APP, 200, item(7)),
            ],
            &["CARD-1"],
        ),
        (
            vec![
                call("DELETE /api/v1/credit-card/7", APP, 204, Value::Null),
                call("GET /api/v1/credit-card/7", APP, 404, error("NOT_FOUND")),
            ],
            &[],
        ),
        // Alarms.
        (vec![alarm("OPEN"), close(), alarm("CLOSED")], &[]),
        (vec![close(), alarm("OPEN")], &["ALARM-2"]),
        // Online Data.
        (scan(done, "POA_SENT_TO_SITE"), &[]),
        (scan(json!({ "status": "SCAN_RUNNING" }), "POA_SENT_TO_SITE"), &["ONLINE-5"]),
        (scan(without_comparison, "POA_SENT_TO_SITE"), &["ONLINE-5"]),
        (scan(with_data, "POA_SENT_TO_SITE"), &["ONLINE-6"]),
        (scan(json!({ "status": "SCAN_INITIATED" }), ""), &["ONLINE-7"]),
        (vec![call("GET /api/v1/delete-my-data/scan/status", APP, 200, json!({ "data": {} }))], &["ONLINE-4"]),
    ];
    for (calls, expected) in cases {
        let told: Vec<_> = calls.iter().map(|call| format!("{} {} {}", call.call, call.status, call.answer)).collect();
        let found = verified(&[logins(), calls].concat());
        assert_eq!(violated(&found), expected, "{told:#?}\n{:#?}", found.violations);
    }
}

#[test]
fn facts_that_nobody_has_exercised_are_no_pass() {
    let found = verified(&logins());
    let held: Vec<_> = found.facts.iter().filter(|fact| fact.seen == Seen::Held).map(|fact| &*fact.id).collect();
    assert_eq!(held, ["LOGIN-1", "SSO-1"]);
    assert_eq!(found.count(Seen::NotExercised), documented::facts().len() - 2);
}

/// Without the logins, and with what tools take out, nothing is held against the target.
#[test]
fn what_a_tool_has_taken_out_is_held_against_nobody() {
    let calls = [
        call("GET /api/v1/email-watchlist", "", 200, list(&[])),
        call("GET /api/v1/account/***/email-watchlist", "", 200, list(&[])),
        call("DELETE /api/v1/account/***/email-watchlist/***", "", 204, Value::Null),
        call("GET /api/v1/account/***/email-watchlist", "", 200, json!({ "data": [{ "id": "***" }] })),
        call("GET /api/v1/alarms", "", 304, Value::Null),
        call("GET /api/v1/alarms", "", 502, json!("Bad gateway")),
        call("OPTIONS /api/v1/alarms", "", 200, Value::Null),
    ];
    let found = verified(&calls);
    assert_eq!(violated(&found), [""; 0], "{:#?}", found.violations);
}

/// Two calls at the same time tell nothing of their order.
#[test]
fn a_list_that_was_read_meanwhile_tells_nothing() {
    let removal = call("DELETE /api/v1/account/3/email-watchlist/7", CRM, 204, Value::Null);
    let calls = [logins(), vec![removal, call("GET /api/v1/account/3/email-watchlist", CRM, 200, list(&[7]))]].concat();
    let mut entries: Vec<_> = calls.iter().enumerate().map(|(number, call)| call.entry(number)).collect();
    for (time, expected) in [(20, vec!["EMAIL-1"]), (1500, vec![])] {
        entries[2]["time"] = json!(time);
        let har = json!({ "log": { "entries": entries } }).to_string();
        let found = verify(&[("a.har".into(), har)], None).expect("a recording");
        assert_eq!(violated(&found), expected);
    }
}

/// Values of a recording are in nothing that is told of it.
#[test]
fn a_finding_holds_no_value() {
    let secret = "19900101-2385";
    let answer = json!({ "data": { "is_active": secret, "created_at": secret, secret: { "is_x": secret } } });
    let found = verified(&[logins(), vec![call("GET /api/v1/account", APP, 200, answer)]].concat());
    let told = serde_json::to_string(&found).expect("JSON");
    assert!(!found.violations.is_empty() && !told.contains(secret), "{told}");
}

#[test]
fn nothing_of_this_api_is_an_error() {
    let har = |entries: Value| json!({ "log": { "entries": entries } }).to_string();
    let other = json!([{ "request": { "method": "GET", "url": "https://x/" }, "response": { "status": 200 } }]);
    for (text, expected) in [
        (har(json!([])), "nothing of this API"),
        (har(other), "1 not of this API"),
        ("[]".into(), "a.har: it is no HAR"),
    ] {
        let problem = verify(&[("a.har".into(), text)], None).expect_err("nothing to verify");
        assert!(problem.contains(expected), "{problem}");
    }
}
