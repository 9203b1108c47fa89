//! Every assumption with every value that it can have: the fake does what the fixture says that the value means, and
//! `X-Mock-Basis` names the key wherever the answer leans on it.
//!
//! Each test takes one key, or a few that ask the same question, through all values of the fixture.

use std::collections::BTreeSet;
use std::sync::LazyLock;

use mock_server::MockServer;
use reqwest::Method;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::confirmation::{Caller, addressees, advance, card, last_code, last_link, messages, open};
use crate::harness::{APP, Answer, CRM, World, sso_body, written};

static FIXTURE: LazyLock<Value> = LazyLock::new(|| {
    serde_json::from_str(include_str!("../../../fixtures/assumptions.json")).expect("the assumptions are JSON")
});

/// Assumptions that no request is known to lean on, so that they can only be accepted: only a fault of the fake itself is
/// a 500.
const NOT_REACHED: [&str; 2] = ["legacy.error.500", "error.code.500"];

/// One value of one assumption, in force in a world of its own.
struct Switched {
    key: &'static str,
    value: String,
    world: World,
}

/// Each value of an assumption: of a switch all that it has, of a text and a limit the default and another.
fn each(key: &'static str) -> impl Iterator<Item = Switched> {
    each_beside(key, &[])
}

/// The same where it takes another assumption to make it matter.
fn each_beside(key: &'static str, others: &'static [(&str, &str)]) -> impl Iterator<Item = Switched> {
    let assuming = move |value: &str| {
        let all: Vec<_> = others.iter().copied().chain([(key, value)]).collect();
        World::assuming_all(&all)
    };
    values_of(key).into_iter().map(move |value| Switched { key, world: assuming(&value), value })
}

fn values_of(key: &str) -> Vec<String> {
    let entry = |part: &str| {
        let entries = FIXTURE[part].as_array().expect("a list");
        entries.iter().find(|entry| entry["key"] == key)
    };
    if let Some(switch) = entry("switches") {
        return switch["values"].as_array().expect("a list").iter().map(|named| written(&named["value"])).collect();
    }
    match (entry("texts"), entry("limits")) {
        (Some(text), None) => vec![written(&text["default"]), "SOMETHING_ELSE".into()],
        (None, Some(limit)) => vec![written(&limit["default"]), "10".into()],
        _ => panic!("there is no assumption {key}"),
    }
}

/// Every key of the fixture.
fn keys() -> BTreeSet<&'static str> {
    let entries = ["switches", "texts", "limits"].iter().flat_map(|part| FIXTURE[part].as_array().expect("a list"));
    entries.map(|entry| entry["key"].as_str().expect("a key")).collect()
}

impl Switched {
    fn is(&self, value: &str) -> bool {
        self.value == value
    }

    fn label(&self) -> String {
        format!("{}={}", self.key, self.value)
    }

    /// The value of a limit.
    fn number(&self) -> u64 {
        self.value.parse().unwrap_or_else(|_| panic!("{} is no number", self.label()))
    }

    /// That an answer says that it leans on the assumption.
    #[track_caller]
    fn is_named_by(&self, answer: &Answer) {
        assert!(answer.rests_on(self.key), "{}: {answer:?}", self.label());
    }

    /// That an answer has this status, and names the assumption.
    #[track_caller]
    fn answers(&self, answer: &Answer, status: u16) {
        assert_eq!(answer.status, status, "{}: {answer:?}", self.label());
        self.is_named_by(answer);
    }

    /// That an answer refuses with the status that the value of the assumption is; a validation error, with `field`.
    #[track_caller]
    fn refuses(&self, answer: &Answer, field: &str) {
        self.answers(answer, self.value.parse().unwrap_or_else(|_| panic!("{} is no status", self.label())));
        if self.is("422") {
            let issues = answer.body["errors"].as_object().unwrap_or_else(|| panic!("{}: {answer:?}", self.label()));
            let fields: Vec<&String> = issues.keys().collect();
            assert_eq!(fields, [field], "{}", self.label());
        }
    }

    /// For values that the fixture has and no check knows.
    fn is_not_checked(&self) -> ! {
        panic!("{}: nothing here checks this value", self.label())
    }

    fn freeze(&self) {
        self.world.control().freeze_clock(true);
    }
}

#[test]
fn no_assumption_is_left_out() {
    // The tests below are what counts, so this reads them: a list of keys could go on naming what is not checked.
    const THIS_FILE: &str = include_str!("switches.rs");
    let is_checked =
        |key: &str| ["each", "each_beside"].iter().any(|each| THIS_FILE.contains(&format!("in {each}(\"{key}\"")));
    let unchecked: Vec<&str> = keys().into_iter().filter(|key| !is_checked(key)).collect();
    assert_eq!(unchecked, BTreeSet::from(NOT_REACHED).into_iter().collect::<Vec<_>>());
}

#[tokio::test]
async fn every_value_can_be_had_and_the_health_check_tells_which_are_in_force() {
    let server = World::of(MockServer::builder());
    let defaults = server.get("/_mock/health").send().await.expect(200).body["assumptions"].clone();
    let told: BTreeSet<&str> = defaults.as_object().expect("an object").keys().map(|key| &**key).collect();
    assert_eq!(told, keys());
    for key in keys() {
        assert_eq!(defaults[key], default_of(key), "{key} by default");
        for value in values_of(key) {
            let assume = json!({ "assume": { key: value } });
            let sandbox = server.post("/_mock/sandboxes").json(assume).send().await.expect(201);
            let base_url = sandbox.text("base_url");
            let path = base_url.strip_prefix(server.base_url()).expect("a sandbox of this server");
            let health = server.get(&format!("{path}/_mock/health")).send().await.expect(200);
            let mut expected = defaults.clone();
            expected[key] = json!(value);
            assert_eq!(health.body["assumptions"], expected, "{key}={value}");
        }
    }
}

fn default_of(key: &str) -> String {
    let mut entries = ["switches", "texts", "limits"].iter().flat_map(|part| FIXTURE[part].as_array().expect("a list"));
    written(&entries.find(|entry| entry["key"] == key).expect("a key of the fixture")["default"])
}

// Items.

/// A kind of item, as both tokens reach it.
struct Kind {
    /// Where it is added.
    add: &'static str,
    list: &'static str,
    /// The field that holds the value.
    field: &'static str,
    body: Value,
}

fn kinds() -> [Kind; 6] {
    let kind = |add, list, field, body| Kind { add, list, field, body };
    let same = |path, field, value: &str| kind(path, path, field, json!({ field: value }));
    [
        same("/email-watchlist", "email", "new@example.com"),
        same("/phone-watchlist", "phone", "+46701740620"),
        same("/iban-watchlist", "iban", "SE3550000000054910000003"),
        same("/passport-watchlist", "passport_number", "XX0000000"),
        same("/drivers-license-watchlist", "license_number", "850101-2390"),
        kind("/credit-card", "/credit-cards", "card_number", card("4000007520000008")),
    ]
}

const LEAKS: [&str; 4] =
    ["/email-watchlist/leaks", "/phone-watchlist/leaks", "/iban-watchlist/leaks", "/credit-card/leaks"];

/// Calls `check` with every id that stands in an answer, and where.
fn for_each_id(body: &Value, check: &impl Fn(&str, &Value)) {
    match body {
        Value::Array(items) => items.iter().for_each(|item| for_each_id(item, check)),
        Value::Object(fields) => {
            for (field, value) in fields {
                if field == "id" || field.ends_with("_id") && !["plan_id", "company_id"].contains(&&**field) {
                    check(field, value);
                }
                for_each_id(value, check);
            }
        }
        _ => {}
    }
}

#[tokio::test]
async fn every_id_is_a_whole_number_or_a_uuid() {
    for switched in each("id.form") {
        let (world, label) = (&switched.world, switched.label());
        let is_id = |id: &Value| match switched.value.as_str() {
            "integer" => id.is_u64(),
            "uuid" => id.as_str().is_some_and(|text| Uuid::try_parse(text).is_ok_and(|id| id.to_string() == text)),
            _ => switched.is_not_checked(),
        };
        let check = |answer: &Answer, least: usize| {
            let found = std::cell::Cell::new(0);
            for_each_id(&answer.body, &|field, id| {
                assert!(is_id(id), "{label}: {field} is {id} in {answer:?}");
                found.set(found.get() + 1);
            });
            assert!(found.get() >= least, "{label}: ids are looked for in {answer:?}");
        };

        let user = Caller::user(world);
        let own = user.get("/account").send().await.expect(200);
        switched.is_named_by(&own);
        check(&own, 1);
        let id = written(&own.body["data"]["id"]);
        let partner = Caller::partner(world, &id);
        check(&partner.get("").send().await.expect(200), 1);
        let body = json!({ "ssn": "19900101-1234", "first_name": "A", "last_name": "B", "email": "b@example.com" });
        let created = world.post("/api/v1/account").token(CRM).json(body).send().await.expect(201);
        check(&created, 1);

        // Every route that takes an id takes the form that it was given out in.
        for kind in kinds() {
            let added = user.post(kind.add, kind.body).send().await.expect(201);
            switched.is_named_by(&added);
            check(&added, 1);
            check(&partner.get(kind.list).send().await.expect(200), 2);
            let item = &added.body["data"]["id"];
            if kind.field == "passport_number" {
                let path = format!("{}/{}", kind.add, written(item));
                let change = user.request(Method::PATCH, &path).json(json!({ "country_code": "FI" }));
                check(&change.send().await.expect(200), 1);
            }
            if kind.field == "card_number" {
                check(&partner.get(&format!("{}/{}", kind.add, written(item))).send().await.expect(200), 1);
                let code = json!({ "credit_card_id": item, "code": last_code(world) });
                user.post("/credit-cards/verify", code).send().await.expect(200);
            }
            if kind.field == "email" {
                let resend = json!({ "email_id": item });
                user.post("/resend/watchlist-email-confirmation", resend).send().await.expect(200);
            }
            if kind.field == "phone" {
                let send = json!({ "phone_id": item });
                partner.post("/phone-watchlist/send-verification-code", send).send().await.expect(200);
                let confirm = json!({ "phone_id": item, "code": last_code(world) });
                partner.post("/phone-watchlist/confirm", confirm).send().await.expect(200);
            }
            partner.remove(kind.add, &added.body["data"]).await;
        }
        for leaks in LEAKS {
            let leaks = user.get(leaks).send().await.expect(200);
            switched.is_named_by(&leaks);
            check(&leaks, 3);
        }
        let sites = user.get("/delete-my-data/sites").send().await.expect(200);
        switched.is_named_by(&sites);
        check(&sites, 6);
        user.post("/delete-my-data/scan", json!({})).send().await.expect(200);
        advance(world, 600);
        let scanned = user.get("/delete-my-data/scan/status").send().await.expect(200);
        assert_eq!(scanned.body["sites"][0]["removal_requests"].as_array().map(Vec::len), Some(1), "{label}");
        check(&scanned, 7);
        // Of the seed's sites the third fails at first.
        let failed = format!("/delete-my-data/scan/{}/retry", written(&scanned.body["sites"][2]["id"]));
        user.post(&failed, json!({})).send().await.expect(200);

        // And so do the control routes.
        let outbox = world.get("/_mock/outbox").send().await.expect(200);
        for message in outbox.body["messages"].as_array().expect("a list") {
            assert_eq!(message["account_id"], own.body["data"]["id"], "{label}");
        }
        let leak = json!({ "kind": "email", "value": "john.work@example.com" });
        let leaked = world.post("/_mock/leaks").json(leak).send().await.expect(201);
        assert_eq!(leaked.body["seen_by"], json!([own.body["data"]["id"]]), "{label}");
        let sandbox = world.post("/_mock/sandboxes").send().await.expect(201);
        let accounts = sandbox.body["accounts"].as_array().expect("a list");
        assert!(accounts.len() == 3 && accounts.iter().all(|account| is_id(&account["id"])), "{label}: {sandbox:?}");
        let jane = format!("/_mock/accounts/{}/eid", written(&accounts[1]["id"]));
        let eid = json!({ "provider": "bankid", "ssn": "19900102-2384" });
        world.post(&jane).json(eid).send().await.expect(200);
    }
}

#[tokio::test]
async fn a_uuid_names_one_thing_and_a_number_nothing() {
    let world = World::assuming("id.form", "uuid");
    let user = Caller::user(&world);
    let id = written(&user.get("/account").send().await.expect(200).body["data"]["id"]);
    let partner = Caller::partner(&world, &id);
    let mut ids = BTreeSet::from([id]);
    for kind in kinds() {
        let item = written(&partner.list(kind.list).await[0]["id"]);
        assert!(ids.insert(item), "an id of {} is one of something else", kind.add);
    }
    for kind in kinds() {
        let own = written(&partner.list(kind.list).await[0]["id"]);
        let others = ids.iter().filter(|id| **id != own).map(String::as_str);
        for id in others.chain(["1", "67e55044-10b1-826f-9247-bb680e5fe0c8"]) {
            let path = format!("{}/{id}", kind.add);
            user.request(Method::DELETE, &path).send().await.expect(404);
        }
        user.request(Method::DELETE, &format!("{}/{own}", kind.add)).send().await.expect(204);
    }
    user.post("/delete-my-data/scan", json!({})).send().await.expect(200);
    advance(&world, 600);
    // Of the seed's sites the third fails at first.
    let failed = written(&scanned_sites(&user).await[2]["id"]);
    assert!(!ids.contains(&failed), "the id of a site is one of something else");
    for id in ids.iter().map(String::as_str).chain(["3"]) {
        user.post(&format!("/delete-my-data/scan/{id}/retry"), json!({})).send().await.expect(404);
    }
    user.post(&format!("/delete-my-data/scan/{failed}/retry"), json!({})).send().await.expect(200);
    world.get("/api/v1/account/1").token(CRM).send().await.expect(404);
}

#[tokio::test]
async fn an_item_that_was_added_is_answered_with_the_status_of_add_status() {
    for switched in each("add.status") {
        for kind in kinds() {
            for caller in Caller::both(&switched.world) {
                let answer = caller.post(kind.add, kind.body.clone()).send().await;
                switched.answers(&answer, switched.number() as u16);
                caller
                    .request(Method::DELETE, &format!("{}/{}", kind.add, written(&answer.body["data"]["id"])))
                    .send()
                    .await
                    .expect(204);
            }
        }
        let body = json!({ "ssn": "19900101-1234", "first_name": "A", "last_name": "B", "email": "b@example.com" });
        switched.world.post("/api/v1/account").token(CRM).json(body.clone()).send().await.expect(201);
        let user = Caller::user_of(&switched.world, "b@example.com").await;
        let profile = user.post("/delete-my-data", body).send().await;
        switched.answers(&profile, switched.number() as u16);
    }
}

#[tokio::test]
async fn a_single_item_is_wrapped_as_add_body_says_and_an_account_always() {
    for switched in each("add.body") {
        let user = Caller::user(&switched.world);
        let unwrap = |answer: &Answer| {
            switched.is_named_by(answer);
            match switched.value.as_str() {
                "data" => {
                    assert_eq!(answer.body.as_object().map(serde_json::Map::len), Some(1), "{answer:?}");
                    answer.body["data"].clone()
                }
                "bare" => answer.body.clone(),
                _ => switched.is_not_checked(),
            }
        };
        for kind in kinds() {
            let added = unwrap(&user.post(kind.add, kind.body).send().await.expect(201));
            let listed = user.list(kind.list).await;
            assert_eq!(listed.last(), Some(&added), "{}: {}", switched.label(), kind.add);
        }
        let read = unwrap(&user.get("/credit-card/1").send().await.expect(200));
        assert_eq!(user.list("/credit-cards").await[0], read, "{}", switched.label());
        let change = user.request(Method::PATCH, "/passport-watchlist/1").json(json!({ "country_code": "FI" }));
        let changed = unwrap(&change.send().await.expect(200));
        assert_eq!(user.list("/passport-watchlist").await[0], changed, "{}", switched.label());
        let body = json!({ "first_name": "A", "last_name": "B", "email": "a@example.com" });
        for method in [Method::POST, Method::PUT] {
            let written = unwrap(&user.request(method, "/delete-my-data").json(body.clone()).send().await.expect(200));
            let read = unwrap(&user.get("/delete-my-data").send().await.expect(200));
            assert_eq!((&read["first_name"], &read), (&json!("A"), &written), "{}", switched.label());
        }
        let status = unwrap(&user.get("/delete-my-data/status").send().await.expect(200));
        assert_eq!(status["scan_status"], "SCAN_NOT_STARTED", "{}", switched.label());
        let account = user.get("/account").send().await.expect(200);
        assert_eq!(account.body["data"]["id"], 1, "ACCOUNT-1 has the envelope: {account:?}");
    }
}

#[tokio::test]
async fn a_list_is_wrapped_as_list_shape_says() {
    for switched in each("list.shape") {
        let only_app = ["/credit-card/leaks", "/delete-my-data/sites"];
        let lists = kinds().into_iter().map(|kind| kind.list).chain(LEAKS).chain(["/delete-my-data/sites"]);
        let lists: Vec<&str> = lists.collect();
        for caller in Caller::both(&switched.world) {
            for list in lists.iter().filter(|list| caller.label == "app" || !only_app.contains(list)) {
                let answer = caller.get(list).send().await.expect(200);
                switched.is_named_by(&answer);
                let (fields, items): (&[&str], &Value) = match switched.value.as_str() {
                    "data" => (&["data"], &answer.body["data"]),
                    "paginated" => (&["data", "links", "meta"], &answer.body["data"]),
                    "bare" => (&[], &answer.body),
                    _ => switched.is_not_checked(),
                };
                let found: BTreeSet<&str> =
                    answer.body.as_object().into_iter().flatten().map(|(field, _)| &**field).collect();
                assert_eq!(found, fields.iter().copied().collect(), "{} {list}", switched.label());
                let items = items.as_array().unwrap_or_else(|| panic!("{}: {answer:?}", switched.label()));
                assert!(!items.is_empty() && items.iter().all(|item| item["id"].is_u64()), "{answer:?}");
            }
        }
    }
}

#[tokio::test]
async fn a_removal_is_answered_as_remove_status_says() {
    for switched in each("remove.status") {
        for kind in kinds() {
            for caller in Caller::both(&switched.world) {
                let added = caller.add(kind.add, kind.body.clone()).await;
                let path = format!("{}/{}", kind.add, written(&added["id"]));
                let answer = caller.request(Method::DELETE, &path).send().await;
                switched.answers(&answer, switched.number() as u16);
                match switched.value.as_str() {
                    "204" => assert_eq!((&*answer.raw, answer.header("content-type")), ("", ""), "{answer:?}"),
                    "200" => assert_ne!(answer.text("message"), ""),
                    _ => switched.is_not_checked(),
                }
                assert!(!caller.list(kind.list).await.contains(&added), "{}", switched.label());
            }
        }
    }
}

#[tokio::test]
async fn what_neither_adds_nor_reads_nor_removes_is_answered_as_action_answer_says() {
    for switched in each("action.answer") {
        let world = &switched.world;
        let [partner, user] = Caller::both(world);
        let check = |answer: Answer| match switched.value.as_str() {
            "message" => {
                switched.answers(&answer, 200);
                assert_eq!(answer.body.as_object().map(serde_json::Map::len), Some(1), "{answer:?}");
                assert_ne!(answer.text("message"), "");
            }
            "none" => {
                switched.answers(&answer, 204);
                assert_eq!((&*answer.raw, answer.header("content-type")), ("", ""), "{answer:?}");
            }
            _ => switched.is_not_checked(),
        };
        user.add_email("new@example.com").await;
        check(user.post("/resend/watchlist-email-confirmation", json!({})).send().await);
        for caller in [&partner, &user] {
            check(caller.post("/phone-watchlist/send-verification-code", json!({ "phone_id": 1 })).send().await);
            check(caller.post("/phone-watchlist/confirm", json!({ "code": last_code(world) })).send().await);
        }
        let added = user.add_card("4000007520000008").await;
        let body = json!({ "credit_card_id": added["id"], "code": last_code(world) });
        check(user.post("/credit-cards/verify", body).send().await);
        for path in ["/ssn-monitoring/deactivate", "/ssn-monitoring/activate"] {
            check(partner.request(Method::PATCH, path).send().await);
        }
        check(user.post("/delete-my-data/scan", json!({})).send().await);
        advance(world, 600);
        // Of the seed's sites the third fails at first.
        check(user.post("/delete-my-data/scan/3/retry", json!({})).send().await);
        let password = json!({ "password": "a long enough one" });
        check(world.post("/api/v2/account/password").token(APP).json(password).send().await);
    }
}

#[tokio::test]
async fn the_same_value_again_is_answered_as_add_duplicate_says() {
    for switched in each("add.duplicate") {
        let world = &switched.world;
        for kind in kinds() {
            for caller in Caller::both(world) {
                let added = caller.add(kind.add, kind.body.clone()).await;
                let (listed, sent) = (caller.list(kind.list).await, messages(world).len());
                for again in Caller::both(world) {
                    let answer = again.post(kind.add, kind.body.clone()).send().await;
                    match switched.value.as_str() {
                        "existing" => {
                            switched.answers(&answer, 200);
                            assert_eq!(answer.body["data"], added, "{}: the item that is there", switched.label());
                        }
                        "422" | "409" => {
                            switched.refuses(&answer, kind.field);
                            assert!(answer.raw.contains("has already been taken"), "{answer:?}");
                        }
                        _ => switched.is_not_checked(),
                    }
                }
                assert_eq!(caller.list(kind.list).await, listed, "{}: nothing is added", switched.label());
                assert_eq!(messages(world).len(), sent, "{}: nothing is sent", switched.label());
                caller.remove(kind.add, &added).await;
            }
        }
    }
}

#[tokio::test]
async fn a_stored_value_reads_as_value_form_says() {
    let cases = [
        ("/email-watchlist", "email", "New.Person@Example.COM", "new.person@example.com"),
        ("/phone-watchlist", "phone", "+46 70-174 06 20", "+46701740620"),
        ("/iban-watchlist", "iban", "se35 5000 0000 0549 1000 0003", "SE3550000000054910000003"),
    ];
    for switched in each("value.form") {
        let [partner, user] = Caller::both(&switched.world);
        for (path, field, sent, normalized) in cases {
            let expected = match switched.value.as_str() {
                "normalized" => normalized,
                "as-sent" => sent,
                _ => switched.is_not_checked(),
            };
            let answer = partner.post(path, json!({ field: sent })).send().await;
            switched.answers(&answer, 201);
            assert_eq!(answer.body["data"][field], expected, "{}", switched.label());
            assert_eq!(user.list(path).await.last().expect("an item")[field], expected, "{}", switched.label());
            // However it reads, it is the same value.
            user.post(path, json!({ field: normalized })).send().await.expect(422);
        }
    }
}

// Who is calling, and on what.

#[tokio::test]
async fn the_token_of_the_other_kind_is_refused_as_scope_wrong_token_says() {
    for switched in each("scope.wrong-token") {
        let world = &switched.world;
        for (method, path, token) in [
            (Method::GET, "/api/v1/email-watchlist", CRM),
            (Method::GET, "/api/v1/credit-card/leaks", CRM),
            (Method::GET, "/api/v1/account", CRM),
            (Method::GET, "/api/v1/account/1/email-watchlist", APP),
            (Method::PATCH, "/api/v1/account/1/ssn-monitoring/activate", APP),
            (Method::POST, "/api/v1/account", APP),
        ] {
            switched.refuses(&world.request(method, path).token(token).send().await, "");
        }
    }
}

#[tokio::test]
async fn an_account_of_another_partner_is_refused_as_scope_foreign_account_says() {
    for switched in each("scope.foreign-account") {
        let world = &switched.world;
        for (method, path, token) in [
            (Method::GET, "/api/v1/account/3", CRM),
            (Method::PUT, "/api/v2/account/3", CRM),
            (Method::GET, "/api/v1/account/3/email-watchlist", CRM),
            (Method::DELETE, "/api/v1/account/3/email-watchlist/3", CRM),
            (Method::PUT, "/api/v2/account/2", APP),
        ] {
            switched.refuses(&world.request(method, path).token(token).send().await, "");
        }
        let missing = world.get("/api/v1/account/99").token(CRM).send().await.expect(404);
        if switched.is("404") {
            let foreign = world.get("/api/v1/account/3").token(CRM).send().await;
            assert_eq!(foreign.raw, missing.raw, "as if it did not exist");
        }
    }
}

#[tokio::test]
async fn an_item_of_another_account_is_refused_as_scope_foreign_item_says() {
    for switched in each("scope.foreign-item") {
        let world = &switched.world;
        let callers = [Caller::partner(world, "2"), Caller::user_of(world, "jane.roe@example.com").await];
        for caller in &callers {
            let mut requests: Vec<_> =
                kinds().iter().map(|kind| caller.request(Method::DELETE, &format!("{}/1", kind.add))).collect();
            requests.push(caller.get("/credit-card/1"));
            requests.push(caller.request(Method::PATCH, "/passport-watchlist/1").json(json!({ "country_code": "FI" })));
            requests.push(caller.post("/phone-watchlist/send-verification-code", json!({ "phone_id": 1 })));
            requests.push(caller.post("/phone-watchlist/confirm", json!({ "phone_id": 1, "code": "000000" })));
            if caller.label == "app" {
                let body = json!({ "credit_card_id": 1, "code": "000000" });
                requests.push(caller.post("/credit-cards/verify", body));
            }
            for request in requests {
                switched.refuses(&request.send().await, "");
            }
            // What nobody has is not found, whatever the value.
            let missing = caller.request(Method::DELETE, "/email-watchlist/99").send().await.expect(404);
            if switched.is("404") {
                let foreign = caller.request(Method::DELETE, "/email-watchlist/1").send().await;
                assert_eq!(foreign.raw, missing.raw, "as if it did not exist");
            }
        }
        // What was removed is nobody's any more.
        let owner = Caller::user(world);
        owner.request(Method::DELETE, "/email-watchlist/1").send().await.expect(204);
        for caller in callers.iter().chain([&owner]) {
            caller.request(Method::DELETE, "/email-watchlist/1").send().await.expect(404);
        }
    }
}

#[tokio::test]
async fn an_account_with_a_taken_email_is_refused_as_account_duplicate_says() {
    for switched in each("account.duplicate") {
        for email in ["john.doe@example.com", " John.Doe@Example.com "] {
            let body = json!({ "ssn": "19900101-1234", "first_name": "A", "last_name": "B", "email": email });
            let answer = switched.world.post("/api/v1/account").token(CRM).json(body).send().await;
            switched.refuses(&answer, "email");
        }
    }
}

#[tokio::test]
async fn a_wrong_login_is_refused_as_login_refused_says() {
    for switched in each("login.refused") {
        for (username, password) in [
            ("service@partner.example", "wrong"),
            ("nobody@partner.example", "mock-crm-password"),
            ("other@partner.example", "mock-crm-password"),
            ("mock-client", "mock-secret"),
        ] {
            let body = json!({ "username": username, "password": password });
            let answer = switched.world.post("/api/v1/crm/auth/login").json(body).send().await;
            switched.refuses(&answer, "username");
        }
    }
}

fn sso(client_id: &str, client_secret: &str, email: &str) -> Value {
    json!({ "client_id": client_id, "client_secret": client_secret, "email": email })
}

/// A one-time code for account 1.
async fn one_time_code(world: &World) -> Answer {
    let body = sso("mock-client", "mock-secret", "john.doe@example.com");
    world.post("/api/v1/sso/code").json(body).send().await.expect(200)
}

#[tokio::test]
async fn wrong_sso_credentials_and_codes_are_refused_as_sso_refused_says() {
    for switched in each("sso.refused") {
        let world = &switched.world;
        for path in ["/api/v1/sso/token", "/api/v1/sso/code"] {
            for (id, secret) in [
                ("mock-client", "wrong"),
                ("nobody", "mock-secret"),
                ("mock-client-2", "mock-secret"),
                ("service@partner.example", "mock-crm-password"),
            ] {
                let body = sso(id, secret, "john.doe@example.com");
                switched.refuses(&world.post(path).json(body).send().await, "client_id");
            }
        }
        let used = one_time_code(world).await.text("code");
        world.post("/api/v1/sso/login").json(json!({ "code": used })).send().await.expect(200);
        let expired = one_time_code(world).await.text("code");
        advance(world, 3600);
        for code in [&*used, &expired, "unknown"] {
            let answer = world.post("/api/v1/sso/login").json(json!({ "code": code })).send().await;
            switched.refuses(&answer, "code");
        }
    }
}

#[tokio::test]
async fn an_email_that_no_account_has_is_refused_as_sso_unknown_email_says() {
    for switched in each("sso.unknown-email") {
        for path in ["/api/v1/sso/token", "/api/v1/sso/code"] {
            // The second is of another partner's account.
            for email in ["nobody@example.com", "matti.malli@example.org"] {
                let body = sso("mock-client", "mock-secret", email);
                switched.refuses(&switched.world.post(path).json(body).send().await, "email");
            }
        }
    }
}

// Bodies.

#[tokio::test]
async fn json_that_does_not_parse_is_taken_as_body_malformed_says() {
    for switched in each("body.malformed") {
        for caller in Caller::both(&switched.world) {
            for kind in kinds() {
                for body in ["{", "{\"email\":", "new@example.com"] {
                    let request = caller.request(Method::POST, kind.add).body("application/json", body);
                    let answer = request.send().await;
                    switched.answers(&answer, switched.number() as u16);
                    match switched.value.as_str() {
                        "400" => assert!(answer.header("x-mock-hint").contains("JSON"), "{answer:?}"),
                        "422" => {
                            let empty = caller.post(kind.add, json!({})).send().await.expect(422);
                            assert_eq!(answer.raw, empty.raw, "as an empty body");
                        }
                        _ => switched.is_not_checked(),
                    }
                }
            }
        }
        // Where nothing is required, an empty body is granted.
        let update = switched.world.put("/api/v1/account").token(APP).body("application/json", "{");
        let answer = update.send().await;
        switched.answers(&answer, if switched.is("400") { 400 } else { 200 });
    }
}

#[tokio::test]
async fn a_body_of_another_type_is_taken_as_body_content_type_says() {
    for switched in each("body.content-type") {
        let user = Caller::user(&switched.world);
        for (content_type, email) in [
            ("text/plain", "text@example.com"),
            ("application/x-www-form-urlencoded", "form@example.com"),
            ("application/octet-stream", "octets@example.com"),
        ] {
            let body = json!({ "email": email }).to_string();
            let answer = user.request(Method::POST, "/email-watchlist").body(content_type, body).send().await;
            match switched.value.as_str() {
                "ignored" => {
                    switched.answers(&answer, 422);
                    assert_eq!(answer.body["errors"]["email"], json!(["The email field is required."]));
                }
                "415" => switched.answers(&answer, 415),
                "read" => {
                    switched.answers(&answer, 201);
                    assert_eq!(answer.body["data"]["email"], email);
                }
                _ => switched.is_not_checked(),
            }
        }
        for (content_type, email) in [
            ("application/json; charset=utf-8", "json@example.com"),
            ("Application/JSON", "upper@example.com"),
            ("application/vnd.api+json", "api@example.com"),
        ] {
            let body = json!({ "email": email }).to_string();
            user.request(Method::POST, "/email-watchlist").body(content_type, body).send().await.expect(201);
        }
        // The guide's examples send no Content-Type at all.
        let bare = reqwest::Client::new().post(format!("{}/api/v1/email-watchlist", switched.world.base_url()));
        let bare = bare.bearer_auth(APP).body(json!({ "email": "bare@example.com" }).to_string());
        assert_eq!(bare.send().await.expect("an answer").status(), 201, "{}", switched.label());
    }
}

// Confirmation.

#[tokio::test]
async fn a_phone_that_the_user_adds_waits_as_confirm_phone_says() {
    for switched in each("confirm.phone") {
        let world = &switched.world;
        let [partner, user] = Caller::both(world);
        let answer = user.post("/phone-watchlist", json!({ "phone": "+46701740620" })).send().await;
        switched.answers(&answer, 201);
        let item = &answer.body["data"];
        match switched.value.as_str() {
            "no" => {
                assert_eq!((&item["is_confirmed"], &item["confirmed_at"]), (&json!(1), &item["created_at"]));
                assert_eq!(messages(world), []);
            }
            "yes" => {
                assert_eq!((&item["is_confirmed"], &item["confirmed_at"]), (&json!(0), &Value::Null));
                assert_eq!(addressees(world), ["+46701740620"]);
                let code = json!({ "code": last_code(world) });
                user.post("/phone-watchlist/confirm", code).send().await.expect(200);
                assert_eq!(user.list("/phone-watchlist").await[1]["is_confirmed"], 1);
            }
            _ => switched.is_not_checked(),
        }
        let by_crm = partner.add_phone("+46701740621").await;
        assert_eq!(by_crm["is_confirmed"], 1, "{}: what CRM adds never waits", switched.label());
    }
}

#[tokio::test]
async fn the_app_verifies_phones_if_phone_app_verification_says_so() {
    for switched in each("phone.app-verification") {
        let world = &switched.world;
        let [partner, user] = Caller::both(world);
        let send = user.post("/phone-watchlist/send-verification-code", json!({})).send().await;
        let sent = addressees(world);
        partner.post("/phone-watchlist/send-verification-code", json!({})).send().await.expect(200);
        let confirm = user.post("/phone-watchlist/confirm", json!({ "code": last_code(world) })).send().await;
        let (status, expected): (u16, &[&str]) = match switched.value.as_str() {
            "present" => (200, &["+46701740605"]),
            "absent" => (404, &[]),
            _ => switched.is_not_checked(),
        };
        switched.answers(&send, status);
        switched.answers(&confirm, status);
        assert_eq!(sent, expected, "{}", switched.label());
    }
}

#[tokio::test]
async fn a_wrong_code_is_refused_as_confirm_wrong_code_says() {
    for switched in each_beside("confirm.wrong-code", &[("confirm.phone", "yes")]) {
        let world = &switched.world;
        let [partner, user] = Caller::both(world);
        let card = user.add_card("4000007520000008").await;
        let card_code = last_code(world);
        user.add_phone("+46701740620").await;
        let phone_code = last_code(world);
        advance(world, 3600);
        for code in ["0", &*card_code, &phone_code] {
            let body = json!({ "credit_card_id": card["id"], "code": code });
            switched.refuses(&user.post("/credit-cards/verify", body).send().await, "code");
            for caller in [&partner, &user] {
                let answer = caller.post("/phone-watchlist/confirm", json!({ "code": code })).send().await;
                switched.refuses(&answer, "code");
            }
        }
    }
}

#[tokio::test]
async fn a_resend_where_nothing_waits_is_answered_as_resend_nothing_pending_says() {
    for switched in each("resend.nothing-pending") {
        let user = Caller::user(&switched.world);
        for body in [json!({}), json!({ "email": "john.work@example.com" }), json!({ "email_id": 1 })] {
            let answer = user.post("/resend/watchlist-email-confirmation", body).send().await;
            switched.refuses(&answer, "email");
        }
        assert_eq!(messages(&switched.world), [], "{}", switched.label());
    }
}

#[tokio::test]
async fn leaks_of_an_item_that_waits_are_seen_as_leaks_pending_says() {
    for switched in each("leaks.pending") {
        let world = &switched.world;
        let user = Caller::user(world);
        // The seed knows a leak of it, and nobody watches it.
        let item = user.add_email("john.doe@example.com").await;
        let of_item = async || {
            let answer = user.get("/email-watchlist/leaks").send().await;
            switched.answers(&answer, 200);
            answer.items().iter().filter(|leak| leak["item_id"] == item["id"]).count()
        };
        let expected = match switched.value.as_str() {
            "hidden" => 0,
            "shown" => 1,
            _ => switched.is_not_checked(),
        };
        assert_eq!(of_item().await, expected, "{} while it waits", switched.label());
        open(world, &last_link(world)).await.expect(200);
        assert_eq!(of_item().await, 1, "{} once it is confirmed", switched.label());
    }
}

// The SSN.

#[tokio::test]
async fn the_monitoring_of_an_ssn_that_is_not_there_is_refused_as_ssn_without_says() {
    for switched in each("ssn.without") {
        let partner = Caller::partner(&switched.world, "2");
        for path in ["/ssn-monitoring/activate", "/ssn-monitoring/deactivate"] {
            switched.refuses(&partner.request(Method::PATCH, path).send().await, "ssn");
        }
    }
}

#[tokio::test]
async fn an_ssn_is_read_back_as_ssn_echo_says() {
    for switched in each("ssn.echo") {
        let [partner, user] = Caller::both(&switched.world);
        let (of_john, of_jane) = match switched.value.as_str() {
            "masked" => (Some(json!("********-**85")), Some(Value::Null)),
            "absent" => (None, None),
            "full" => (Some(json!("19900101-2385")), Some(Value::Null)),
            _ => switched.is_not_checked(),
        };
        let jane = Caller::partner(&switched.world, "2");
        for (request, expected) in [
            (partner.get(""), &of_john),
            (user.get("/account"), &of_john),
            (partner.request(Method::PUT, "").json(json!({ "first_name": "J" })), &of_john),
            (jane.get(""), &of_jane),
        ] {
            let answer = request.send().await;
            switched.answers(&answer, 200);
            assert_eq!(answer.body["data"].get("ssn"), expected.as_ref(), "{}", switched.label());
        }
        let body = json!({ "ssn": "19900102-2384", "first_name": "A", "last_name": "B", "email": "b@example.com" });
        let created = switched.world.post("/api/v1/account").token(CRM).json(body).send().await;
        switched.answers(&created, 201);
        assert_eq!(created.body["data"].get("ssn").is_some(), of_john.is_some(), "{}", switched.label());
        assert_eq!(created.raw.contains("19900102-2384"), switched.is("full"), "{}", switched.label());
    }
}

// Formats.

#[tokio::test]
async fn a_legacy_boolean_is_written_as_legacy_boolean_says() {
    for switched in each("legacy.boolean") {
        let user = Caller::user(&switched.world);
        let (yes, no) = match switched.value.as_str() {
            "number" => (json!(1), json!(0)),
            "text-number" => (json!("1"), json!("0")),
            "text" => (json!("true"), json!("false")),
            _ => switched.is_not_checked(),
        };
        let cases = [("/account", "/data/has_ssn", &yes), ("/email-watchlist/leaks", "/data/0/has_password", &yes)];
        let more = [
            ("/phone-watchlist", "/data/0/is_confirmed", &yes),
            ("/iban-watchlist/leaks", "/data/0/has_password", &no),
        ];
        for (path, pointer, expected) in cases.into_iter().chain(more) {
            let answer = user.get(path).send().await;
            switched.answers(&answer, 200);
            assert_eq!(answer.body.pointer(pointer), Some(expected), "{}: {pointer} of {path}", switched.label());
            let answer = user.get(path).standardized().send().await.expect(200);
            assert_eq!(answer.body.pointer(pointer), Some(&json!(*expected == yes)), "standardized has its own");
        }
    }
}

/// Causes an error of a status that a request can cause. A conflict takes `add.duplicate=409`.
async fn cause(world: &World, status: u16, standardized: bool) -> Answer {
    let emails = "/api/v1/email-watchlist";
    let request = match status {
        400 => world.post(emails).token(APP).body("application/json", "{"),
        401 => world.get(emails),
        403 => world.get(emails).token(CRM),
        404 => world.get("/api/v1/nothing"),
        405 => world.put(emails),
        409 => world.post(emails).token(APP).json(json!({ "email": "john.work@example.com" })),
        422 => world.post(emails).token(APP).json(json!({})),
        _ => panic!("no request is known to cause a {status}"),
    };
    let request = if standardized { request.standardized() } else { request };
    request.send().await.expect(status)
}

/// That the legacy error of a status has the shape that `legacy.error.*` says.
async fn has_its_shape(switched: Switched, status: u16) {
    let answer = cause(&switched.world, status, false).await;
    switched.answers(&answer, status);
    let fields: Vec<&str> = answer.body.as_object().expect("an object").keys().map(|field| &**field).collect();
    let content_type = answer.header("content-type");
    match switched.value.as_str() {
        shape @ ("message" | "error") => {
            assert_eq!((fields, content_type), (vec![shape], "application/json"), "{answer:?}");
            assert_ne!(answer.text(shape), "");
        }
        "map" => {
            assert_eq!((fields, content_type), (vec!["errors"], "application/json"), "{answer:?}");
            assert_eq!(answer.body["errors"], json!({ "email": ["The email field is required."] }));
        }
        "list" => {
            assert_eq!(fields, ["errors", "corr_id"], "{answer:?}");
            assert_eq!(content_type, "application/vnd.api+json");
            Uuid::parse_str(&answer.text("corr_id")).expect("a UUID");
            let [error] = answer.body["errors"].as_array().expect("a list").as_slice() else { panic!("{answer:?}") };
            assert_eq!(error["status"], status.to_string(), "{answer:?}");
            assert!(error["title"].is_string() && error["detail"].is_string(), "{answer:?}");
        }
        _ => switched.is_not_checked(),
    }
    // The standardized format has one shape for all.
    let answer = cause(&switched.world, status, true).await;
    assert!(answer.body["error"]["code"].is_string() && !answer.rests_on(switched.key), "{answer:?}");
}

#[tokio::test]
async fn a_legacy_error_has_the_shape_that_legacy_error_gives_its_status() {
    for switched in each("legacy.error.400") {
        has_its_shape(switched, 400).await;
    }
    for switched in each("legacy.error.401") {
        has_its_shape(switched, 401).await;
    }
    for switched in each("legacy.error.403") {
        has_its_shape(switched, 403).await;
    }
    for switched in each("legacy.error.404") {
        has_its_shape(switched, 404).await;
    }
    for switched in each("legacy.error.405") {
        has_its_shape(switched, 405).await;
    }
    for switched in each_beside("legacy.error.409", &[("add.duplicate", "409")]) {
        has_its_shape(switched, 409).await;
    }
    for switched in each("legacy.error.422") {
        has_its_shape(switched, 422).await;
    }
}

#[tokio::test]
async fn a_standardized_error_has_the_code_that_error_code_gives_its_status() {
    for switched in each("error.code.405") {
        let answer = cause(&switched.world, 405, true).await;
        switched.answers(&answer, 405);
        assert_eq!(answer.body["error"]["code"], *switched.value);
        assert!(!cause(&switched.world, 405, false).await.rests_on(switched.key), "legacy errors have no code");
    }
    for switched in each_beside("error.code.409", &[("add.duplicate", "409")]) {
        let answer = cause(&switched.world, 409, true).await;
        switched.answers(&answer, 409);
        assert_eq!(answer.body["error"]["code"], *switched.value);
    }
}

// Times.

/// Whether what was given out works until a second before its end, and no longer.
async fn lasts(switched: &Switched, is_good: impl AsyncFn() -> bool) {
    advance(&switched.world, switched.number() - 1);
    assert!(is_good().await, "{}: a second before the end", switched.label());
    advance(&switched.world, 1);
    assert!(!is_good().await, "{}: at the end", switched.label());
}

#[tokio::test]
async fn a_crm_token_lasts_as_long_as_its_assumption_says() {
    let lasts_as_said = async |switched: Switched, keep_logged: bool| {
        switched.freeze();
        let world = &switched.world;
        let body = json!({
            "username": "service@partner.example", "password": "mock-crm-password", "keep_logged": keep_logged,
        });
        let login = world.post("/api/v1/crm/auth/login").json(body).send().await;
        switched.answers(&login, 200);
        let token = login.text("token");
        let is_good = async || world.get("/api/v1/account/1").token(&token).send().await.status == 200;
        lasts(&switched, is_good).await;
    };
    for switched in each("token.crm-seconds") {
        lasts_as_said(switched, false).await;
    }
    for switched in each("token.crm-kept-seconds") {
        lasts_as_said(switched, true).await;
    }
}

#[tokio::test]
async fn an_app_token_lasts_as_long_as_its_assumption_says() {
    for switched in each("token.app-seconds") {
        switched.freeze();
        let world = &switched.world;
        let code = one_time_code(world).await.text("code");
        let by_credentials =
            world.post("/api/v1/sso/token").json(sso("mock-client", "mock-secret", "john.doe@example.com"));
        let by_code = world.post("/api/v1/sso/login").json(json!({ "code": code }));
        let mut tokens = Vec::new();
        for request in [by_credentials, by_code] {
            let answer = request.send().await;
            switched.answers(&answer, 200);
            tokens.push(answer.text("token"));
        }
        let is_good = async || {
            let mut statuses = BTreeSet::new();
            for token in &tokens {
                statuses.insert(world.get("/api/v1/account").token(token).send().await.status);
            }
            assert_eq!(statuses.len(), 1, "both last as long");
            statuses.contains(&200)
        };
        lasts(&switched, is_good).await;
    }
}

#[tokio::test]
async fn a_one_time_code_lasts_as_long_as_its_assumption_says() {
    for switched in each("sso.code-seconds") {
        switched.freeze();
        let world = &switched.world;
        // One to be used in time, one to come with too late.
        for (seconds, status) in [(switched.number() - 1, 200), (switched.number(), 401)] {
            let answer = one_time_code(world).await;
            switched.answers(&answer, 200);
            advance(world, seconds);
            world.post("/api/v1/sso/login").json(json!({ "code": answer.text("code") })).send().await.expect(status);
        }
    }
}

#[tokio::test]
async fn a_confirmation_link_lasts_as_long_as_its_assumption_says() {
    for switched in each("confirm.link-seconds") {
        switched.freeze();
        let world = &switched.world;
        let user = Caller::user(world);
        for (seconds, status) in [(switched.number() - 1, 200), (switched.number(), 410)] {
            let answer =
                user.post("/email-watchlist", json!({ "email": format!("{seconds}@example.com") })).send().await;
            switched.answers(&answer, 201);
            advance(world, seconds);
            open(world, &last_link(world)).await.expect(status);
        }
        let resend = user.post("/resend/watchlist-email-confirmation", json!({})).send().await;
        switched.answers(&resend, 200);
        advance(world, switched.number());
        open(world, &last_link(world)).await.expect(410);
    }
}

#[tokio::test]
async fn a_code_lasts_as_long_as_its_assumption_says() {
    for switched in each_beside("confirm.code-seconds", &[("confirm.phone", "yes")]) {
        switched.freeze();
        let world = &switched.world;
        let user = Caller::user(world);
        for (seconds, status) in [(switched.number() - 1, 200), (switched.number(), 422)] {
            let answer = user.post("/credit-card", card("4000007520000008")).send().await;
            switched.answers(&answer, 201);
            let verify = json!({ "credit_card_id": answer.body["data"]["id"], "code": last_code(world) });
            let phone = user.post("/phone-watchlist", json!({ "phone": "+46701740620" })).send().await;
            switched.answers(&phone, 201);
            let confirm = json!({ "code": last_code(world) });
            let again = user.post("/phone-watchlist/send-verification-code", json!({ "phone_id": 1 })).send().await;
            switched.answers(&again, 200);
            let confirm_again = json!({ "phone_id": 1, "code": last_code(world) });
            advance(world, seconds);
            user.post("/credit-cards/verify", verify).send().await.expect(status);
            user.post("/phone-watchlist/confirm", confirm).send().await.expect(status);
            user.post("/phone-watchlist/confirm", confirm_again).send().await.expect(status);
            user.remove("/credit-card", &answer.body["data"]).await;
            user.remove("/phone-watchlist", &phone.body["data"]).await;
        }
    }
}

// Throttling.

// Accounts and alarms.

#[tokio::test]
async fn a_put_does_to_what_it_does_not_name_as_put_replaces_says() {
    for switched in each("put.replaces") {
        let world = &switched.world;
        let named = json!({ "first_name": "A", "last_name": "B", "email": "john.doe@example.com" });
        for path in ["/account", "/delete-my-data"] {
            let put = Caller::user(world).request(Method::PUT, path).json(named.clone());
            let answer = put.send().await.expect(200);
            switched.is_named_by(&answer);
            let phone = match switched.value.as_str() {
                "named" => json!("+46701740605"),
                "whole" => Value::Null,
                _ => switched.is_not_checked(),
            };
            assert_eq!(answer.body["data"]["phone"], phone, "{}: {path}", switched.label());
        }
        let patch = world.patch("/api/v1/account/2").token(CRM).json(json!({ "first_name": "A" }));
        assert_eq!(patch.send().await.expect(200).body["data"]["phone"], "+46701740606", "{}", switched.label());
    }
}

#[tokio::test]
async fn an_empty_text_in_an_update_is_read_as_update_empty_says() {
    for switched in each("update.empty") {
        let user = Caller::user(&switched.world);
        for path in ["/account", "/delete-my-data"] {
            let before = user.get(path).send().await.expect(200).body["data"]["phone"].clone();
            let answer = user.request(Method::PUT, path).json(json!({ "phone": " " })).send().await;
            match switched.value.as_str() {
                "refused" => switched.answers(&answer, 422),
                "cleared" | "kept" => switched.answers(&answer, 200),
                _ => switched.is_not_checked(),
            }
            let expected = if switched.is("cleared") { Value::Null } else { before };
            let after = user.get(path).send().await.expect(200);
            assert_eq!(after.body["data"]["phone"], expected, "{}: {path}", switched.label());
            // Null is told apart from it.
            let null = user.request(Method::PUT, path).json(json!({ "phone": null })).send().await.expect(200);
            assert_eq!(null.body["data"]["phone"], Value::Null, "{}: {path}", switched.label());
        }
        let passport = user.request(Method::PATCH, "/passport-watchlist/1").json(json!({ "country_code": "" }));
        switched.is_named_by(&passport.send().await);
    }
}

#[tokio::test]
async fn sso_knows_an_account_by_its_new_email_as_sso_changed_email_says() {
    for switched in each("sso.changed-email") {
        let world = &switched.world;
        let change = json!({ "email": "new@example.com" });
        world.patch("/api/v1/account/1").token(CRM).json(change).send().await.expect(200);
        let answer = world.post("/api/v1/sso/token").json(sso_body(1, "new@example.com")).send().await;
        match switched.value.as_str() {
            "refused" => switched.answers(&answer, 404),
            "accepted" => switched.answers(&answer, 200),
            _ => switched.is_not_checked(),
        }
        world.post("/api/v1/sso/token").json(sso_body(1, "john.doe@example.com")).send().await.expect(200);
    }
}

#[tokio::test]
async fn closing_an_alarm_is_answered_as_alarm_close_answer_says() {
    for switched in each("alarm.close-answer") {
        for (alarm, caller) in ["1", "2"].into_iter().zip(Caller::both(&switched.world)) {
            let answer = caller.get(&format!("/alarms/{alarm}/close")).send().await;
            switched.answers(&answer, 200);
            match switched.value.as_str() {
                "alarm" => assert_eq!(answer.body["data"]["status"], "CLOSED", "{}", switched.label()),
                "message" => assert!(answer.body["message"].is_string(), "{}", switched.label()),
                _ => switched.is_not_checked(),
            }
            let now = caller.get(&format!("/alarms/{alarm}")).send().await.expect(200);
            assert_eq!(now.body["data"]["status"], "CLOSED", "{}", switched.label());
        }
    }
}

#[tokio::test]
async fn closing_a_closed_alarm_is_answered_as_alarm_close_again_says() {
    for switched in each("alarm.close-again") {
        for (alarm, caller) in ["1", "2"].into_iter().zip(Caller::both(&switched.world)) {
            let close = format!("/alarms/{alarm}/close");
            caller.get(&close).send().await.expect(200);
            switched.answers(&caller.get(&close).send().await, switched.number() as u16);
        }
    }
}

#[tokio::test]
async fn alarms_outlive_what_they_were_raised_for_as_alarm_of_removed_says() {
    for switched in each("alarm.of-removed") {
        let user = Caller::user(&switched.world);
        let is_kept = match switched.value.as_str() {
            "kept" => true,
            "removed" => false,
            _ => switched.is_not_checked(),
        };
        let before = user.list("/alarms").await;
        let removed = user.request(Method::DELETE, "/email-watchlist/1").send().await.expect(204);
        switched.is_named_by(&removed);
        let after = user.list("/alarms").await;
        let expected = if is_kept { before.clone() } else { before[1..].to_vec() };
        assert_eq!(after, expected, "{}", switched.label());
        let status = if is_kept { 200 } else { 404 };
        for end in ["", "/coachme", "/close"] {
            user.get(&format!("/alarms/1{end}")).send().await.expect(status);
        }
        // The leak is not listed any more in any case.
        assert_eq!(user.list("/email-watchlist/leaks").await.len(), 1, "{}", switched.label());
    }
}

#[tokio::test]
async fn a_company_is_what_alarm_company_says() {
    for switched in each("alarm.company") {
        let world = &switched.world;
        let leak = json!({ "kind": "email", "value": "jane.watched@example.com" });
        world.post("/_mock/leaks").json(leak).send().await.expect(201);
        Caller::partner(world, "2").add_email("jane.watched@example.com").await;
        let expected = match switched.value.as_str() {
            "field" => 6,
            "partner" => 7,
            _ => switched.is_not_checked(),
        };
        for path in ["/api/v1/alarms/company-list", "/api/v2/alarms/company/1"] {
            let answer = world.get(path).token(CRM).send().await;
            switched.answers(&answer, 200);
            assert_eq!(answer.items().len(), expected, "{}: {path}", switched.label());
        }
        switched.answers(&world.get("/api/v2/alarms/company/2").token(CRM).send().await, 404);
    }
}

#[tokio::test]
async fn a_period_without_an_end_is_what_alarm_period_says() {
    for switched in each("alarm.period") {
        let list = |query: &str| {
            let path = format!("/api/v1/alarms/accounts/by-period{query}");
            switched.world.get(&path).token(CRM).send()
        };
        for (query, missing) in [("", "from to"), ("?from=2026-01-01", "to"), ("?to=2099-01-01", "from")] {
            let answer = list(query).await;
            match switched.value.as_str() {
                "open" => switched.answers(&answer, 200),
                "422" => {
                    switched.answers(&answer, 422);
                    let fields: Vec<&str> = missing.split(' ').collect();
                    let told = answer.body["errors"].as_object().expect("issues");
                    assert_eq!(told.keys().collect::<Vec<_>>(), fields, "{}: {query}", switched.label());
                }
                _ => switched.is_not_checked(),
            }
        }
        list("?from=2026-01-01&to=2099-01-01").await.expect(200);
    }
}

// Online Data.

#[tokio::test]
async fn online_data_without_the_plan_is_refused_as_online_plan_says() {
    for switched in each("online.plan") {
        let jane = Caller::user_of(&switched.world, "jane.roe@example.com").await;
        for path in ["/delete-my-data", "/delete-my-data/status", "/delete-my-data/scan/status"] {
            switched.refuses(&jane.get(path).send().await, "plan_id");
        }
    }
}

#[tokio::test]
async fn what_needs_a_profile_is_refused_as_online_without_profile_says() {
    for switched in each("online.without-profile") {
        switched.world.account("new@example.com").await;
        let user = Caller::user_of(&switched.world, "new@example.com").await;
        switched.refuses(&user.get("/delete-my-data").send().await, "profile");
        let change = json!({ "city": "Exempelby" });
        switched.refuses(&user.request(Method::PUT, "/delete-my-data").json(change).send().await, "profile");
        switched.refuses(&user.post("/delete-my-data/scan", json!({})).send().await, "profile");
    }
}

#[tokio::test]
async fn a_second_profile_is_answered_as_online_profile_again_says() {
    for switched in each("online.profile-again") {
        let user = Caller::user(&switched.world);
        let body = json!({ "first_name": "A", "last_name": "B", "email": "a@example.com" });
        let answer = user.post("/delete-my-data", body).send().await;
        let expected = match switched.value.as_str() {
            "replaced" => {
                switched.answers(&answer, 200);
                assert_eq!(answer.body["data"]["phone"], Value::Null, "{}", switched.label());
                "A"
            }
            _ => {
                switched.refuses(&answer, "profile");
                "John"
            }
        };
        let there = user.get("/delete-my-data").send().await.expect(200);
        assert_eq!(there.body["data"]["first_name"], expected, "{}", switched.label());
    }
}

/// The entries of a scan's status, however it is wrapped.
async fn scanned_sites(user: &Caller<'_>) -> Vec<Value> {
    let answer = user.get("/delete-my-data/scan/status").send().await.expect(200);
    let sites = answer.body.get("sites").or_else(|| answer.body["data"].get("sites"));
    sites.and_then(Value::as_array).unwrap_or_else(|| panic!("no sites in {answer:?}")).clone()
}

#[tokio::test]
async fn the_status_of_a_scan_is_wrapped_as_scan_body_says() {
    for switched in each("scan.body") {
        let answer = Caller::user(&switched.world).get("/delete-my-data/scan/status").send().await;
        switched.answers(&answer, 200);
        let sites = match switched.value.as_str() {
            "bare" => &answer.body["sites"],
            "data" => &answer.body["data"]["sites"],
            _ => switched.is_not_checked(),
        };
        assert!(sites.as_array().is_some_and(|sites| !sites.is_empty()), "{}: {}", switched.label(), answer.raw);
    }
}

#[tokio::test]
async fn a_scan_while_one_is_under_way_is_answered_as_scan_again_says() {
    for switched in each("scan.again") {
        switched.freeze();
        let user = Caller::user(&switched.world);
        user.post("/delete-my-data/scan", json!({})).send().await.expect(200);
        advance(&switched.world, 10);
        let before = scanned_sites(&user).await;
        let again = user.post("/delete-my-data/scan", json!({})).send().await;
        if switched.is("200") {
            switched.answers(&again, 200);
        } else {
            switched.refuses(&again, "scan");
        }
        assert_eq!(scanned_sites(&user).await, before, "{}: the one under way goes on", switched.label());
        advance(&switched.world, 3600);
        user.post("/delete-my-data/scan", json!({})).send().await.expect(200);
    }
}

#[tokio::test]
async fn a_retry_of_what_has_not_failed_is_answered_as_scan_retry_says() {
    for switched in each("scan.retry") {
        switched.freeze();
        let user = Caller::user(&switched.world);
        let retry = async || user.post("/delete-my-data/scan/1/retry", json!({})).send().await;
        switched.refuses(&retry().await, "siteId");
        user.post("/delete-my-data/scan", json!({})).send().await.expect(200);
        switched.refuses(&retry().await, "siteId");
        advance(&switched.world, 3600);
        switched.refuses(&retry().await, "siteId");
    }
}

#[tokio::test]
async fn a_scan_takes_as_long_as_its_two_times_say() {
    for switched in each("scan.queue-seconds") {
        switched.freeze();
        let user = Caller::user(&switched.world);
        user.post("/delete-my-data/scan", json!({})).send().await.expect(200);
        let second = async || scanned_sites(&user).await[1]["scan_result"]["status"].clone();
        advance(&switched.world, switched.number() - 1);
        assert_eq!(second().await, "SCAN_NOT_STARTED", "{}", switched.label());
        advance(&switched.world, 1);
        assert_eq!(second().await, "SCAN_INITIATED", "{}", switched.label());
        switched.is_named_by(&user.get("/delete-my-data/scan/status").send().await);
    }
    for switched in each("scan.site-seconds") {
        switched.freeze();
        let user = Caller::user(&switched.world);
        switched.is_named_by(&user.post("/delete-my-data/scan", json!({})).send().await.expect(200));
        let first = async || scanned_sites(&user).await[0]["scan_result"]["status"].clone();
        advance(&switched.world, switched.number() - 1);
        assert_eq!(first().await, "SCAN_INITIATED", "{}", switched.label());
        advance(&switched.world, 1);
        assert_eq!(first().await, "SCAN_COMPLETED", "{}", switched.label());
    }
}

#[tokio::test]
async fn removal_requests_move_on_as_removal_states_and_removal_step_seconds_say() {
    for switched in each_beside("removal.states", &[("removal.step-seconds", "10")]) {
        switched.freeze();
        let user = Caller::user(&switched.world);
        user.post("/delete-my-data/scan", json!({})).send().await.expect(200);
        advance(&switched.world, 30);
        for state in ["POA_SENT_TO_SITE"].into_iter().chain(switched.value.split(',')) {
            let sites = scanned_sites(&user).await;
            assert_eq!(sites[0]["removal_requests"][0]["status"], state, "{}", switched.label());
            advance(&switched.world, 10);
        }
        switched.is_named_by(&user.get("/delete-my-data/scan/status").send().await);
    }
    for switched in each("removal.step-seconds") {
        switched.freeze();
        let user = Caller::user(&switched.world);
        user.post("/delete-my-data/scan", json!({})).send().await.expect(200);
        let state = async || scanned_sites(&user).await[0]["removal_requests"][0]["status"].clone();
        advance(&switched.world, 30 + switched.number() - 1);
        assert_eq!(state().await, "POA_SENT_TO_SITE", "{}", switched.label());
        advance(&switched.world, 1);
        assert_ne!(state().await, "POA_SENT_TO_SITE", "{}", switched.label());
        switched.is_named_by(&user.get("/delete-my-data/scan/status").send().await);
    }
}

#[tokio::test]
async fn a_token_makes_as_many_requests_a_minute_as_throttle_per_minute_says() {
    for switched in each("throttle.per-minute") {
        switched.freeze();
        let user = Caller::user(&switched.world);
        let limit = switched.number();
        for number in 1..=30 {
            let answer = user.get("/email-watchlist").send().await;
            if limit == 0 {
                assert_eq!(answer.status, 200, "{}: no limit", switched.label());
                assert_eq!(answer.headers.get("x-ratelimit-limit"), None, "{}", switched.label());
            } else {
                switched.answers(&answer, if number <= limit { 200 } else { 409 });
            }
        }
    }
}

#[tokio::test]
async fn who_asks_too_often_is_told_how_often_and_when_to_ask_again_in_either_format() {
    let world = World::assuming("throttle.per-minute", "3");
    world.control().freeze_clock(true);
    let user = Caller::user(&world);
    let counted = |answer: &Answer| {
        ["x-ratelimit-limit", "x-ratelimit-remaining", "retry-after"].map(|name| answer.header(name).to_owned())
    };
    for remaining in ["2", "1", "0"] {
        let answer = user.get("/email-watchlist").send().await.expect(200);
        assert_eq!(counted(&answer), ["3", remaining, ""]);
        advance(&world, 10);
    }

    let legacy = user.get("/email-watchlist").send().await.expect(409);
    assert_eq!(counted(&legacy), ["3", "0", "30"], "the minute began with the first request");
    assert_eq!(legacy.header("content-type"), "application/vnd.api+json");
    assert_eq!(legacy.body["errors"][0]["status"], "409", "{}", legacy.raw);
    let standardized = user.get("/email-watchlist").standardized().send().await.expect(429);
    assert_eq!(counted(&standardized), ["3", "0", "30"]);
    assert_eq!(standardized.body["error"]["code"], "RATE_LIMITED", "{}", standardized.raw);
    assert_eq!(standardized.body["error"].get("details"), None, "{}", standardized.raw);
    for answer in [&legacy, &standardized] {
        for named in ["FORMAT-9", "throttle.per-minute"] {
            assert!(answer.rests_on(named), "{named}: {}", answer.header("x-mock-basis"));
        }
        assert!(answer.header("x-mock-hint").contains("FORMAT-9"), "{}", answer.header("x-mock-hint"));
    }

    advance(&world, 29);
    let last = user.get("/email-watchlist").send().await.expect(409);
    assert_eq!(counted(&last), ["3", "0", "1"], "what is refused does not count");
    advance(&world, 1);
    let next = user.get("/email-watchlist").send().await.expect(200);
    assert_eq!(counted(&next), ["3", "2", ""], "a new minute");
}

#[tokio::test]
async fn what_is_throttled_does_nothing() {
    let world = World::assuming("throttle.per-minute", "1");
    world.control().freeze_clock(true);
    let user = Caller::user(&world);
    user.add_email("first@example.com").await;
    user.post("/email-watchlist", json!({ "email": "second@example.com" })).send().await.expect(409);
    user.request(Method::DELETE, "/email-watchlist/1").send().await.expect(409);
    assert_eq!(addressees(&world), ["first@example.com"]);
    advance(&world, 60);
    let emails = user.list("/email-watchlist").await;
    let emails: Vec<&Value> = emails.iter().map(|item| &item["email"]).collect();
    assert_eq!(emails, ["john.work@example.com", "john.private@example.net", "first@example.com"]);
}

#[tokio::test]
async fn each_token_has_a_minute_of_its_own_and_who_has_none_is_not_counted() {
    let world = World::assuming("throttle.per-minute", "1");
    world.control().freeze_clock(true);
    let [partner, user] = Caller::both(&world);
    let other_login = world.app_token("john.doe@example.com").await;
    let jane = Caller::user_of(&world, "jane.roe@example.com").await;
    for caller in [&partner, &user, &jane] {
        caller.get("/email-watchlist").send().await.expect(200);
        caller.get("/email-watchlist").send().await.expect(409);
    }
    let same_user = || world.get("/api/v1/email-watchlist").token(&other_login);
    same_user().send().await.expect(200);
    same_user().send().await.expect(409);
    for _ in 0..3 {
        world.get("/api/v1/email-watchlist").send().await.expect(401);
        world.get("/api/v1/email-watchlist").token("2|wrong").send().await.expect(401);
        world.get("/api/v1/nothing").token(APP).send().await.expect(404);
        let login = json!({ "username": "service@partner.example", "password": "mock-crm-password" });
        world.post("/api/v1/crm/auth/login").json(login).send().await.expect(200);
    }
}

#[tokio::test]
async fn a_request_of_the_wrong_token_counts_for_that_token() {
    let world = World::assuming("throttle.per-minute", "2");
    world.control().freeze_clock(true);
    for status in [403, 403, 409] {
        world.get("/api/v1/email-watchlist").token(CRM).send().await.expect(status);
    }
}

// Pages.

/// All pages of a list from the first on, each as the one before names it; checks what each says of itself.
async fn pages(world: &World, path: &str, token: &str, total: usize) -> Vec<Value> {
    const SIZE: usize = 15;
    let url = format!("{}{path}", world.base_url());
    let address = |number: usize| json!(format!("{url}?page={number}"));
    let last = total.div_ceil(SIZE).max(1);
    let mut items = Vec::new();
    let mut next = json!(url);
    for number in 1..=last {
        let here = written(&next);
        let here = here.strip_prefix(world.base_url()).expect("a link to this world").to_owned();
        let answer = world.get(&here).token(token).send().await.expect(200);
        let label = format!("page {number} of {path}: {}", answer.raw);
        let before = items.len();
        items.extend_from_slice(answer.items());
        assert_eq!(answer.items().len(), SIZE.min(total - before), "{label}");
        let links = &answer.body["links"];
        next = links["next"].clone();
        let expected_next = if number < last { address(number + 1) } else { Value::Null };
        let expected_prev = if number > 1 { address(number - 1) } else { Value::Null };
        let expected =
            json!({ "first": address(1), "last": address(last), "prev": expected_prev, "next": expected_next });
        assert_eq!(links, &expected, "{label}");
        let meta = &answer.body["meta"];
        for (field, expected) in [
            ("current_page", json!(number)),
            ("last_page", json!(last)),
            ("per_page", json!(SIZE)),
            ("total", json!(total)),
            ("from", json!(before + 1)),
            ("to", json!(items.len())),
            ("path", json!(url)),
        ] {
            assert_eq!(meta[field], expected, "{field} of {label}");
        }
        let numbered: Vec<&Value> = meta["links"].as_array().expect("a list").iter().map(|link| &link["url"]).collect();
        let mut expected = vec![expected_prev];
        expected.extend((1..=last).map(address));
        expected.push(expected_next);
        assert_eq!(numbered, expected.iter().collect::<Vec<_>>(), "{label}");
        let active = meta["links"].as_array().expect("a list").iter().position(|link| link["active"] == true);
        assert_eq!(active, Some(number), "{label}");
    }
    assert_eq!(next, Value::Null, "{path}: the last page has none after it");
    items
}

#[tokio::test]
async fn a_long_list_is_read_page_by_page_to_its_end() {
    let world = World::assuming("list.shape", "paginated");
    let [partner, _] = Caller::both(&world);
    let mut expected = vec![json!("john.work@example.com"), json!("john.private@example.net")];
    for total in 3..=31 {
        let email = format!("number{total}@example.com");
        partner.add_email(&email).await;
        expected.push(json!(email));
        // Below a full page, a full one, one more; two full ones, one more.
        if ![14, 15, 16, 30, 31].contains(&total) {
            continue;
        }
        for (path, token) in [("/api/v1/email-watchlist", APP), ("/api/v1/account/1/email-watchlist", CRM)] {
            let items = pages(&world, path, token, total).await;
            let emails: Vec<&Value> = items.iter().map(|item| &item["email"]).collect();
            assert_eq!(emails, expected.iter().collect::<Vec<_>>(), "{path}: each once, in the order of adding");
        }
    }
}

#[tokio::test]
async fn leaks_come_in_pages_too() {
    let world = World::assuming("list.shape", "paginated");
    let mut expected = vec![json!("Exempelbutiken"), json!("Stealer log")];
    for number in 3..=17 {
        let title = format!("Leak {number}");
        let leak = json!({ "kind": "email", "value": "john.work@example.com", "title": title });
        world.post("/_mock/leaks").json(leak).send().await.expect(201);
        expected.push(json!(title));
    }
    for (path, token) in [("/api/v1/email-watchlist/leaks", APP), ("/api/v1/account/1/email-watchlist/leaks", CRM)] {
        let leaks = pages(&world, path, token, 17).await;
        let titles: Vec<&Value> = leaks.iter().map(|leak| &leak["title"]).collect();
        assert_eq!(titles, expected.iter().collect::<Vec<_>>(), "{path}");
    }
    for (path, total) in [("/api/v1/credit-card/leaks", 1), ("/api/v1/iban-watchlist/leaks", 1)] {
        pages(&world, path, APP, total).await;
    }
}

#[tokio::test]
async fn the_pages_of_a_sandbox_lead_back_into_it() {
    let server = World::of(MockServer::builder());
    let assume = json!({ "assume": { "list.shape": "paginated" } });
    let base_url = server.post("/_mock/sandboxes").json(assume).send().await.expect(201).text("base_url");
    let prefix = base_url.strip_prefix(server.base_url()).expect("a sandbox of this server");
    for number in 3..=16 {
        let leak = json!({ "kind": "email", "value": "john.work@example.com", "title": format!("Leak {number}") });
        server.post(&format!("{prefix}/_mock/leaks")).json(leak).send().await.expect(201);
    }
    pages(&server, &format!("{prefix}/api/v1/email-watchlist/leaks"), APP, 16).await;
}

#[tokio::test]
async fn an_empty_list_has_one_empty_page() {
    let world = World::assuming("list.shape", "paginated");
    let partner = Caller::partner(&world, "2");
    for path in ["/email-watchlist", "/credit-cards", "/email-watchlist/leaks"] {
        let answer = partner.get(path).send().await.expect(200);
        assert_eq!(answer.items(), [] as [Value; 0]);
        let meta = &answer.body["meta"];
        let told = ["current_page", "last_page", "total", "from", "to"].map(|field| &meta[field]);
        assert_eq!(json!(told), json!([1, 1, 0, null, null]), "{path}");
        assert_eq!((&answer.body["links"]["prev"], &answer.body["links"]["next"]), (&Value::Null, &Value::Null));
    }
}

#[tokio::test]
async fn a_page_that_is_none_is_the_first_and_one_beyond_the_last_is_empty() {
    let world = World::assuming("list.shape", "paginated");
    let user = Caller::user(&world);
    for page in ["?page=0", "?page=-1", "?page=two", "?page=", "?page=1.5", "?pages=2", "?page=2&page=1", ""] {
        let answer = user.get(&format!("/email-watchlist{page}")).send().await.expect(200);
        assert_eq!((answer.items().len(), &answer.body["meta"]["current_page"]), (2, &json!(1)), "{page}");
    }
    for page in ["2", "1000000", "18446744073709551615"] {
        let answer = user.get(&format!("/email-watchlist?page={page}")).send().await.expect(200);
        assert_eq!(answer.items(), [] as [Value; 0], "{page}");
        assert_eq!(answer.body["links"]["next"], Value::Null, "{page}");
    }
    // Where lists have no pages, the parameter means nothing.
    let whole = World::new();
    let list = Caller::user(&whole).get("/email-watchlist?page=2").send().await.expect(200);
    assert_eq!(list.items().len(), 2);
}
