//! The SSN and the account that it is set on (SSN-1 to 3, SSO-6, ACCOUNT-1 to 5): set once, at creation or by
//! electronic ID, monitored from then on, changed by nobody, and never read back whole.

use mock_server::MockServer;
use reqwest::Method;
use serde_json::{Map, Value, json};
use tokio::task::JoinSet;

use crate::confirmation::{Caller, advance};
use crate::formats::Format;
use crate::harness::{APP, Answer, CRM, World, written};

/// The SSN of account 1 in the seed, and how it is read back: account 2 has none.
const JOHNS: &str = "19900101-2385";
const JOHNS_MASKED: &str = "********-**85";

const ACTIVATE: &str = "/ssn-monitoring/activate";
const DEACTIVATE: &str = "/ssn-monitoring/deactivate";

/// A body that creates an account, but for what `change` says; null leaves a field out.
fn new_account(change: Value) -> Value {
    let mut body = json!({
        "ssn": "19900101-1234", "first_name": "Test", "last_name": "Person", "email": "new@example.com",
        "country_code": "SE", "lang_code": "SV", "plan_id": 1, "type": "SINGLE",
    });
    let fields = body.as_object_mut().expect("an object");
    for (field, value) in change.as_object().expect("an object") {
        match value {
            Value::Null => fields.remove(field),
            value => fields.insert(field.clone(), value.clone()),
        };
    }
    body
}

async fn create(world: &World, body: Value) -> Answer {
    world.post("/api/v1/account").token(CRM).json(body).send().await
}

/// An account as CRM reads it.
async fn account(world: &World, id: &str) -> Value {
    world.get(&format!("/api/v1/account/{id}")).token(CRM).send().await.expect(200).body["data"].clone()
}

/// What an account says of its SSN: the number, whether there is one, and whether it is monitored.
fn about_ssn(account: &Value) -> [&Value; 3] {
    [&account["ssn"], &account["has_ssn"], &account["is_ssn_monitored"]]
}

/// A world in which an SSN is read back whole, so that a change of it would show.
fn echoing() -> World {
    World::assuming("ssn.echo", "full")
}

/// A world that takes accounts without an SSN.
fn without_ssn() -> World {
    World::of(MockServer::builder().ssn_required(false))
}

/// The user of `account` completes the flow of an electronic ID.
async fn complete_eid(world: &World, account: &str, body: Value) -> Answer {
    world.post(&format!("/_mock/accounts/{account}/eid")).json(body).send().await
}

/// The fields with issues in a validation error, with the first issue of each, in the order in which they stand there.
#[track_caller]
fn issues(answer: &Answer) -> Vec<(String, String)> {
    let text = |value: &Value| value.as_str().unwrap_or_else(|| panic!("no text in {}", answer.raw)).to_owned();
    if let Some(details) = answer.body["error"]["details"].as_array() {
        return details.iter().map(|detail| (text(&detail["field"]), text(&detail["issue"]))).collect();
    }
    let by_field: &Map<String, Value> =
        answer.body["errors"].as_object().unwrap_or_else(|| panic!("no issues in {}", answer.raw));
    by_field.iter().map(|(field, texts)| (field.clone(), text(&texts[0]))).collect()
}

// Creation.

#[tokio::test]
async fn an_account_that_crm_creates_has_the_documented_fields_and_the_defaults_of_the_guides_example() {
    let world = World::new();
    let whole = create(&world, new_account(json!({ "phone": "+46701740630" }))).await.expect(201);
    for named in ["ACCOUNT-1", "SCOPE-5"] {
        assert!(whole.rests_on(named), "{named}: {}", whole.header("x-mock-basis"));
    }
    let created = &whole.body["data"];
    let fields: Vec<&str> = created.as_object().expect("an object").keys().map(|field| &**field).collect();
    let documented = [
        "id",
        "first_name",
        "last_name",
        "email",
        "phone",
        "country_code",
        "lang_code",
        "plan_id",
        "type",
        "ssn",
        "has_ssn",
        "is_ssn_monitored",
        "is_active",
        "activation_date",
        "created_at",
        "updated_at",
    ];
    assert_eq!(fields, documented);
    assert_eq!(&account(&world, &written(&created["id"])).await, created, "it is read back as it was created");

    let shortest =
        json!({ "country_code": null, "lang_code": null, "plan_id": null, "type": null, "email": "b@example.com" });
    let created = create(&world, new_account(shortest)).await.expect(201).body["data"].clone();
    assert_eq!((&created["plan_id"], &created["type"]), (&json!(1), &json!("SINGLE")), "{created}");
    for absent in ["phone", "country_code", "lang_code"] {
        assert_eq!(created[absent], Value::Null, "{absent}: {created}");
    }
    assert_eq!(created["is_active"], 1, "{created}");
}

#[tokio::test]
async fn an_ssn_is_required_where_the_deployment_says_so_and_only_there() {
    let absent =
        [("left out", None), ("null", Some(Value::Null)), ("empty", Some(json!(""))), ("blank", Some(json!("  ")))];
    for (label, ssn) in absent {
        let mut body = new_account(json!({ "ssn": null }));
        if let Some(ssn) = ssn {
            body["ssn"] = ssn;
        }
        let refused = create(&World::new(), body.clone()).await.expect(422);
        assert_eq!(issues(&refused), [("ssn".into(), "The ssn field is required.".into())], "{label}");

        let world = without_ssn();
        let created = create(&world, body).await.expect(201).body["data"].clone();
        assert_eq!(about_ssn(&created), [&Value::Null, &json!(0), &json!(0)], "{label}");
        assert_eq!(account(&world, &written(&created["id"])).await, created, "{label}");
    }
}

#[tokio::test]
async fn where_an_ssn_is_not_required_one_that_is_given_counts_and_must_be_one() {
    let world = without_ssn();
    let created = create(&world, new_account(json!({}))).await.expect(201).body["data"].clone();
    assert_eq!(about_ssn(&created), [&json!("********-**34"), &json!(1), &json!(1)]);
    let refused = create(&world, new_account(json!({ "ssn": "x", "email": "b@example.com" }))).await.expect(422);
    assert_eq!(issues(&refused), [("ssn".into(), "The ssn field format is invalid.".into())]);
}

#[tokio::test]
async fn an_ssn_that_is_set_at_creation_is_monitored_from_then_on() {
    let world = World::new();
    let created = create(&world, new_account(json!({}))).await.expect(201).body["data"].clone();
    assert_eq!(about_ssn(&created), [&json!("********-**34"), &json!(1), &json!(1)]);
}

#[tokio::test]
async fn an_ssn_is_of_the_form_of_its_country_and_no_check_digit_is_asked() {
    let cases = [
        // The guide's own example, whose check digit is wrong.
        ("SE", "19900101-1234", true),
        ("SE", "19900102-2384", true),
        ("SE", " 900102-2384 ", true),
        ("SE", "199001022384", true),
        ("SE", "19900179-2382", true),
        ("SE", "010594Y9032", false),
        ("SE", "16822548834", false),
        ("DK", "910290-0000", true),
        ("DK", "19900102-2384", false),
        ("FI", "010594Y9032", true),
        ("FI", "19900102-2384", false),
        ("NO", "16822548834", true),
        ("NO", "19900102-2384", false),
    ];
    for (country, ssn, is_taken) in cases {
        let answer = create(&World::new(), new_account(json!({ "country_code": country, "ssn": ssn }))).await;
        assert_eq!(answer.status, if is_taken { 201 } else { 422 }, "{country} {ssn}: {}", answer.raw);
    }
}

#[tokio::test]
async fn all_that_is_wrong_with_a_new_account_is_said_at_once_in_the_order_of_its_fields() {
    let all_wrong = json!({
        "type": 5, "plan_id": "one", "lang_code": "swe", "country_code": "SWE", "phone": "12", "email": "nobody",
        "last_name": [], "first_name": " ", "ssn": "1",
    });
    let expected = [
        ("ssn", "The ssn field format is invalid."),
        ("first_name", "The first name field is required."),
        ("last_name", "The last name field must be a string."),
        ("email", "The email field must be a valid email address."),
        ("phone", "The phone field format is invalid."),
        ("country_code", "The country code field format is invalid."),
        ("lang_code", "The lang code field format is invalid."),
        ("plan_id", "The plan id field must be an integer."),
        ("type", "The type field must be a string."),
    ];
    let nothing_given = [
        ("ssn", "The ssn field is required."),
        ("first_name", "The first name field is required."),
        ("last_name", "The last name field is required."),
        ("email", "The email field is required when phone is not present."),
    ];
    for format in Format::BOTH {
        for (body, expected) in [(&all_wrong, &expected[..]), (&json!({}), &nothing_given[..])] {
            let world = World::new();
            let answer =
                format.ask(world.post("/api/v1/account")).token(CRM).json(body.clone()).send().await.expect(422);
            let found = issues(&answer);
            let found: Vec<(&str, &str)> = found.iter().map(|(field, issue)| (&**field, &**issue)).collect();
            assert_eq!(found, expected, "{format:?}");
        }
    }
}

#[tokio::test]
async fn each_field_of_a_new_account_has_its_rule() {
    let long = "x".repeat(256);
    let long_email = format!("{}@example.com", "x".repeat(250));
    let cases = [
        ("first_name", json!(null), "The first name field is required."),
        ("first_name", json!(long), "The first name field must not be greater than 255 characters."),
        ("last_name", json!(null), "The last name field is required."),
        ("last_name", json!(long), "The last name field must not be greater than 255 characters."),
        ("email", json!("a@b@example.com"), "The email field must be a valid email address."),
        ("email", json!(long_email), "The email field must not be greater than 255 characters."),
        ("email", json!(5), "The email field must be a string."),
        ("phone", json!("0701740605"), "The phone field format is invalid."),
        ("country_code", json!("S1"), "The country code field format is invalid."),
        ("lang_code", json!("S"), "The lang code field format is invalid."),
        ("plan_id", json!(0), "The plan id field must be at least 1."),
        ("plan_id", json!(1.5), "The plan id field must be an integer."),
        ("type", json!(long), "The type field must not be greater than 255 characters."),
    ];
    let world = World::new();
    for (field, value, expected) in cases {
        let answer = create(&world, new_account(json!({ field: value }))).await.expect(422);
        assert_eq!(issues(&answer), [(field.to_owned(), expected.to_owned())]);
    }
    // What was refused has left nothing behind: the email is still free.
    create(&world, new_account(json!({}))).await.expect(201);
}

#[tokio::test]
async fn an_account_has_an_email_or_a_phone() {
    let phone = "+46701740630";
    let missing = ("email".to_owned(), "The email field is required when phone is not present.".to_owned());
    let cases = [
        ("an email", json!({ "email": "a@example.com" }), None),
        ("a phone", json!({ "email": null, "phone": phone }), None),
        ("both", json!({ "email": "b@example.com", "phone": phone }), None),
        ("neither", json!({ "email": null }), Some(missing.clone())),
        ("an empty email", json!({ "email": "" }), Some(missing.clone())),
        ("an empty phone", json!({ "email": null, "phone": "" }), Some(missing.clone())),
        (
            "no phone at all",
            json!({ "email": null, "phone": "12" }),
            Some(("phone".to_owned(), "The phone field format is invalid.".to_owned())),
        ),
    ];
    let world = World::new();
    for (label, change, issue) in cases {
        let answer = create(&world, new_account(change)).await;
        match issue {
            None => assert_eq!(answer.status, 201, "{label}: {}", answer.raw),
            Some(issue) => assert_eq!(issues(&answer.expect(422)), [issue], "{label}"),
        }
    }
}

#[tokio::test]
async fn an_account_keeps_an_email_or_a_phone() {
    let world = World::new();
    let by_email = written(&create(&world, new_account(json!({}))).await.expect(201).body["data"]["id"]);
    let phone = json!({ "email": null, "phone": "+46701740630" });
    let by_phone = written(&create(&world, new_account(phone)).await.expect(201).body["data"]["id"]);
    let put =
        async |id: &str, body: Value| world.put(&format!("/api/v1/account/{id}")).token(CRM).json(body).send().await;
    for (id, field) in [(&by_email, "email"), (&by_phone, "phone")] {
        let before = account(&world, id).await;
        let refused = put(id, json!({ field: null, "first_name": "Changed" })).await.expect(422);
        let expected = ("email".to_owned(), "The email field is required when phone is not present.".to_owned());
        assert_eq!(issues(&refused), [expected], "the only {field}");
        assert_eq!(account(&world, id).await, before, "a refused update changes nothing");
    }
    put(&by_email, json!({ "phone": "+46701740631" })).await.expect(200);
    let changed = put(&by_email, json!({ "email": null })).await.expect(200).body["data"].clone();
    assert_eq!((&changed["email"], &changed["phone"]), (&Value::Null, &json!("+46701740631")), "{changed}");
}

// Updates.

/// Every documented route that updates an account, with whether it takes the app token.
const UPDATES: [(Method, &str, bool); 5] = [
    (Method::PUT, "/api/v1/account/{account_id}", false),
    (Method::PATCH, "/api/v1/account/{account_id}", false),
    (Method::PUT, "/api/v2/account/{account_id}", false),
    (Method::PUT, "/api/v1/account", true),
    (Method::PUT, "/api/v2/account/{account_id}", true),
];

/// Updates account 1 or 2 of the seed over one of the routes.
async fn update(world: &World, (method, path, by_app): &(Method, &str, bool), id: &str, body: Value) -> Answer {
    let token = match (by_app, id) {
        (false, _) => CRM.to_owned(),
        (true, "1") => APP.to_owned(),
        (true, _) => world.app_token("jane.roe@example.com").await,
    };
    world.request(method.clone(), &path.replace("{account_id}", id)).token(&token).json(body).send().await
}

#[tokio::test]
async fn no_update_sets_or_changes_or_clears_an_ssn_and_none_refuses_one() {
    let ssns = [
        ("another", json!("19900102-2384")),
        ("one of another country", json!("010594Y9032")),
        ("nonsense", json!("x")),
        ("an empty one", json!("")),
        ("null", Value::Null),
        ("a number", json!(5)),
        ("a list", json!(["19900102-2384"])),
    ];
    for route in &UPDATES {
        let world = echoing();
        for id in ["1", "2"] {
            let before = account(&world, id).await;
            for (label, ssn) in &ssns {
                let label = format!("{label} to account {id} by {route:?}");
                let name = format!("Named with {label}");
                let answer = update(&world, route, id, json!({ "ssn": ssn, "first_name": name })).await;
                assert_eq!(answer.status, 200, "{label}: {}", answer.raw);
                assert!(answer.rests_on("ACCOUNT-5"), "{label}: {}", answer.header("x-mock-basis"));
                let changed = &answer.body["data"];
                assert_eq!(changed["first_name"], json!(name), "{label}: what else is named is changed");
                assert_eq!(about_ssn(changed), about_ssn(&before), "{label}");
                assert_eq!(&account(&world, id).await, changed, "{label}: it is read back as it was answered");
            }
            let answer = update(&world, route, id, json!({ "ssn": "x", "plan_id": 0 })).await.expect(422);
            assert_eq!(issues(&answer).len(), 1, "{route:?}: the ssn is no issue beside another one: {}", answer.raw);
            assert_eq!(issues(&answer)[0].0, "plan_id", "{route:?}");
        }
    }
}

#[tokio::test]
async fn every_update_changes_what_it_names_and_nothing_else() {
    let changes = [
        ("first_name", json!("Changed")),
        ("last_name", json!("Changed")),
        ("email", json!("changed@example.com")),
        ("phone", json!("+46701740630")),
        ("country_code", json!("FI")),
        ("lang_code", json!("EN")),
        ("plan_id", json!(7)),
        ("type", json!("FAMILY")),
    ];
    for route in &UPDATES {
        let world = World::new();
        world.control().freeze_clock(true);
        let mut expected = account(&world, "1").await;
        for (field, value) in &changes {
            advance(&world, 60);
            let changed = update(&world, route, "1", json!({ *field: value })).await.expect(200).body["data"].clone();
            assert_ne!(changed["updated_at"], expected["updated_at"], "{field} by {route:?}");
            expected[*field] = value.clone();
            expected["updated_at"] = changed["updated_at"].clone();
            assert_eq!(changed, expected, "{field} by {route:?}");
        }
        assert_eq!(account(&world, "1").await, expected, "{route:?}");
    }
}

// Monitoring.

#[tokio::test]
async fn crm_switches_the_monitoring_of_an_ssn_off_and_on_and_the_ssn_stays() {
    let world = World::new();
    let partner = Caller::partner(&world, "1");
    for (path, on) in [(DEACTIVATE, false), (DEACTIVATE, false), (ACTIVATE, true), (ACTIVATE, true)] {
        let answer = partner.request(Method::PATCH, path).send().await.expect(200);
        for named in ["SSN-3", "SCOPE-2", "action.answer"] {
            assert!(answer.rests_on(named), "{path}: {}", answer.header("x-mock-basis"));
        }
        assert_ne!(answer.text("message"), "", "{path}");
        let expected = [&json!(JOHNS_MASKED), &json!(1), &json!(u8::from(on))];
        assert_eq!(about_ssn(&account(&world, "1").await), expected, "after {path}");
    }
}

#[tokio::test]
async fn the_monitoring_of_an_ssn_that_is_not_there_is_refused_and_adds_none() {
    for format in Format::BOTH {
        let world = World::new();
        let before = account(&world, "2").await;
        for path in [ACTIVATE, DEACTIVATE] {
            for body in [json!({}), json!({ "ssn": "19900102-2384" })] {
                let request = Caller::partner(&world, "2").request(Method::PATCH, path).json(body);
                let answer = format.ask(request).send().await.expect(422);
                assert_eq!(issues(&answer), [("ssn".into(), "The account has no ssn to monitor.".into())], "{path}");
                for named in ["SSN-3", "ssn.without"] {
                    assert!(answer.rests_on(named), "{path}: {}", answer.header("x-mock-basis"));
                }
                assert!(answer.header("x-mock-hint").contains("SSN-2"), "{}", answer.header("x-mock-hint"));
            }
        }
        assert_eq!(account(&world, "2").await, before);
    }
}

#[tokio::test]
async fn an_ssn_is_no_watchlist() {
    let world = World::new();
    for path in ["/ssn", "/ssn-watchlist", "/ssn-watchlist/1", "/ssn-watchlist/leaks", "/ssn-monitoring"] {
        for method in [Method::GET, Method::POST, Method::DELETE] {
            for caller in Caller::both(&world) {
                let answer = caller.request(method.clone(), path).json(json!({ "ssn": JOHNS })).send().await;
                assert_eq!(answer.status, 404, "{method} {path} by {}: {}", caller.label, answer.raw);
                assert!(answer.header("x-mock-hint").contains("SSN-1"), "{}", answer.header("x-mock-hint"));
            }
        }
    }
}

// Electronic ID.

#[tokio::test]
async fn a_user_adds_their_ssn_by_the_electronic_id_of_their_country() {
    let cases = [
        ("bankid", "19900102-2384", "********-**84"),
        ("mitid", "910290-0000", "******-**00"),
        ("ftn", "010594Y9032", "*********32"),
    ];
    for (provider, ssn, masked) in cases {
        let world = World::new();
        world.control().freeze_clock(true);
        advance(&world, 60);
        let before = account(&world, "2").await;
        let body = json!({ "provider": provider, "ssn": format!(" {ssn} ") });
        complete_eid(&world, "2", body).await.expect(200);
        let after = account(&world, "2").await;
        assert_eq!(about_ssn(&after), [&json!(masked), &json!(1), &json!(1)], "{provider}: monitored from now on");
        let mut expected = before.clone();
        for field in ["ssn", "has_ssn", "is_ssn_monitored", "updated_at"] {
            expected[field] = after[field].clone();
        }
        assert_eq!(after, expected, "{provider}: nothing else changes");
        assert_ne!(after["updated_at"], before["updated_at"], "{provider}");

        // From here on it is an SSN like any other.
        let partner = Caller::partner(&world, "2");
        partner.request(Method::PATCH, DEACTIVATE).send().await.expect(200);
        assert_eq!(account(&world, "2").await["is_ssn_monitored"], 0, "{provider}");
    }
}

#[tokio::test]
async fn an_account_that_was_created_without_an_ssn_gets_one_by_electronic_id() {
    let world = without_ssn();
    let created = create(&world, new_account(json!({ "ssn": null }))).await.expect(201);
    let id = written(&created.body["data"]["id"]);
    complete_eid(&world, &id, json!({ "provider": "bankid", "ssn": "19900102-2384" })).await.expect(200);
    let user = Caller::user_of(&world, "new@example.com").await;
    let own = user.get("/account").send().await.expect(200).body["data"].clone();
    assert_eq!(about_ssn(&own), [&json!("********-**84"), &json!(1), &json!(1)]);
}

#[tokio::test]
async fn an_electronic_id_sets_an_ssn_once_and_never_changes_one() {
    let world = echoing();
    complete_eid(&world, "2", json!({ "provider": "bankid", "ssn": "19900102-2384" })).await.expect(200);
    for id in ["1", "2"] {
        let partner = Caller::partner(&world, id);
        partner.request(Method::PATCH, DEACTIVATE).send().await.expect(200);
        let before = account(&world, id).await;
        for (provider, ssn) in
            [("bankid", "19900103-2391"), ("ftn", "010594Y9032"), ("bankid", "19900102-2384"), ("bankid", JOHNS)]
        {
            let answer = complete_eid(&world, id, json!({ "provider": provider, "ssn": ssn })).await.expect(409);
            assert!(answer.text("error").contains("SSN-2"), "{}", answer.raw);
            assert_eq!(account(&world, id).await, before, "account {id}, {provider} {ssn}: not even monitored again");
        }
    }
}

#[tokio::test]
async fn of_several_electronic_ids_at_once_one_sets_the_ssn() {
    for round in 0..5 {
        let world = echoing();
        let ssns = ["19900101-2385", "19900102-2384", "19900103-2391", "19850101-2382", "19850101-2390"];
        let mut tasks = JoinSet::new();
        for ssn in ssns {
            let request = world.post("/_mock/accounts/2/eid").json(json!({ "provider": "bankid", "ssn": ssn }));
            tasks.spawn(async move { (ssn, request.send().await.status) });
        }
        let mut winners = Vec::new();
        while let Some(done) = tasks.join_next().await {
            let (ssn, status) = done.expect("no request panics");
            assert!([200, 409].contains(&status), "round {round}: {status}");
            winners.extend((status == 200).then_some(ssn));
        }
        let [winner] = winners.as_slice() else { panic!("round {round}: {winners:?}") };
        assert_eq!(account(&world, "2").await["ssn"], *winner, "round {round}");
    }
}

#[tokio::test]
async fn an_electronic_id_that_cannot_be_right_is_refused_with_the_reason() {
    let world = World::new();
    let before = account(&world, "2").await;
    let cases = [
        ("a Finnish ID by BankID", "2", json!({ "provider": "bankid", "ssn": "010594Y9032" }), 400, "SE"),
        ("a Swedish ID by MitID", "2", json!({ "provider": "mitid", "ssn": "19900102-2384" }), 400, "DK"),
        ("a Swedish ID by FTN", "2", json!({ "provider": "ftn", "ssn": "19900102-2384" }), 400, "FI"),
        ("no ID", "2", json!({ "provider": "bankid", "ssn": "" }), 400, "ssn"),
        ("a number", "2", json!({ "provider": "bankid", "ssn": 5 }), 400, "ssn"),
        ("nothing", "2", json!({ "provider": "bankid" }), 400, "ssn"),
        ("no provider", "2", json!({ "ssn": "19900102-2384" }), 400, "provider"),
        ("another provider", "2", json!({ "provider": "freja", "ssn": "19900102-2384" }), 400, "freja"),
        ("a field too many", "2", json!({ "provider": "bankid", "ssn": "19900102-2384", "force": true }), 400, "force"),
        ("an account that is not there", "99", json!({ "provider": "bankid", "ssn": "19900102-2384" }), 404, "account"),
        ("no account", "x", json!({ "provider": "bankid", "ssn": "19900102-2384" }), 404, "account"),
    ];
    for (label, id, body, status, named) in cases {
        let answer = complete_eid(&world, id, body).await;
        assert_eq!(answer.status, status, "{label}: {}", answer.raw);
        assert!(answer.text("error").contains(named), "{label}: {}", answer.raw);
    }
    assert_eq!(account(&world, "2").await, before);
}

// What is read back.

#[tokio::test]
async fn an_ssn_is_masked_in_every_answer() {
    let cases = [
        ("SE", "19900102-2384", "********-**84"),
        ("SE", "199001022384", "**********84"),
        ("FI", "010594y9032", "*********32"),
        ("DK", "910290-0000", "******-**00"),
    ];
    for (country, ssn, masked) in cases {
        let world = World::new();
        let body = new_account(json!({ "country_code": country, "ssn": ssn }));
        let created = create(&world, body).await.expect(201);
        let id = written(&created.body["data"]["id"]);
        let user = Caller::user_of(&world, "new@example.com").await;
        let partner = Caller::partner(&world, &id);
        let answers = [
            ("creation", created),
            ("CRM", partner.get("").send().await.expect(200)),
            ("the user", user.get("/account").send().await.expect(200)),
            ("an update", partner.request(Method::PUT, "").json(json!({ "ssn": ssn })).send().await.expect(200)),
            ("their update", user.request(Method::PUT, "/account").json(json!({})).send().await.expect(200)),
        ];
        for (label, answer) in answers {
            assert_eq!(answer.body["data"]["ssn"], masked, "{ssn} as {label} has it");
            let is_told = answer.raw.to_lowercase().contains(&ssn.to_lowercase());
            assert!(!is_told, "{ssn} as {label} has it: {}", answer.raw);
            assert!(answer.rests_on("ssn.echo"), "{label}: {}", answer.header("x-mock-basis"));
        }
        let refused = create(&world, new_account(json!({ "ssn": format!("{ssn}x") }))).await.expect(422);
        assert!(!refused.raw.contains(ssn), "a refusal repeats none either: {}", refused.raw);
    }
}
