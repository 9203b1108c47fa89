//! `/_mock/profile` and what a profile does to answers: it writes them as the target does, below what is set, never against
//! a fact.

use mock_server::MockServer;
use serde_json::{Value, json};

use crate::harness::{CRM, World, sentence};

/// A profile of one source with these answers to operations by CRM in the legacy format.
fn profile(assumptions: Value, operations: &[(&str, &str, Value)]) -> Value {
    let mut of = json!({});
    for (operation, case, statuses) in operations {
        of[operation]["crm"]["legacy"][case] = json!({ "statuses": statuses });
    }
    json!({ "profile": 1, "sources": { "a": {
        "kind": "run", "suite": "0.1.0", "target": "0", "date": "2026-11-28", "formats": ["legacy"], "requests": 9,
        "assumptions": assumptions, "operations": of,
        "bodies": { IBANS: { "iban": { "iban_number": 2 } } },
    } } })
}

const IBANS: &str = "POST /api/v1/account/{account_id}/iban-watchlist";
const EMAILS: &str = "GET /api/v1/account/{account_id}/email-watchlist";

/// A place of a body that follows a field of the mock.
fn following(kind: &str, form: &str, field: &str) -> Value {
    json!({ "in": 4, "of": 4, "types": { kind: 4 }, "forms": { form: 4 }, "means": { "field": field, "agreed": 4 } })
}

fn place(kind: &str) -> Value {
    json!({ "in": 4, "of": 4, "types": { kind: 4 } })
}

/// A list of emails in other words, and ids as texts.
fn list() -> Value {
    json!({ "200": { "seen": 4, "types": { "application/hal+json": 4 }, "body": {
        "": place("object"),
        "entries": place("array"),
        "entries[]": place("object"),
        "entries[].watch_id": following("string", "integer", "data[].id"),
        "entries[].address": following("string", "email", "data[].email"),
        "entries[].is_active": following("string", "true/false", "data[].is_confirmed"),
        "next": { "in": 4, "of": 4, "types": { "null": 4 } },
        "trace": { "in": 4, "of": 4, "types": { "string": 4 }, "forms": { "uuid": 4 } },
    } } })
}

fn learnt(profile: &Value) -> World {
    World::of(MockServer::builder().profile(&profile.to_string()).expect("a profile"))
}

#[tokio::test]
async fn an_answer_is_written_as_the_target_writes_it() {
    let world = learnt(&profile(json!({}), &[(EMAILS, "200", list())]));
    let listed = world.get("/api/v1/account/1/email-watchlist").token(CRM).send().await.expect(200);
    assert_eq!(listed.header("content-type"), "application/hal+json");
    let first = json!({ "watch_id": "1", "address": "john.work@example.com", "is_active": "true" });
    assert_eq!(listed.body["entries"][0], first);
    assert_eq!(listed.body["entries"].as_array().map(Vec::len), Some(2));
    assert_eq!(listed.body["next"], Value::Null);
    assert!(listed.body["trace"].as_str().is_some_and(|trace| trace.len() == 36), "{}", listed.body);
    assert!(listed.header("x-mock-basis").ends_with(", observed"), "{}", listed.header("x-mock-basis"));
    let request = world.journal().await.pop().expect("a request");
    assert_eq!(request["observed"], true);
    // Nothing was seen of the other format, nor of the routes of phones.
    let standardized =
        world.get("/api/v1/account/1/email-watchlist").token(CRM).standardized().send().await.expect(200);
    assert!(standardized.body["data"].is_array(), "{}", standardized.body);
    let phones = world.get("/api/v1/account/1/phone-watchlist").token(CRM).send().await.expect(200);
    assert!(phones.body["data"].is_array() && !phones.header("x-mock-basis").contains("observed"));
}

#[tokio::test]
async fn the_openapi_document_describes_what_was_learnt() {
    let world = learnt(&profile(json!({}), &[(EMAILS, "200", list())]));
    let document = world.get("/_mock/openapi.json").send().await.expect(200).body;
    let of = |path: &str| document["paths"][format!("/api/v1/account/{{account_id}}/{path}")].clone();
    let emails = of("email-watchlist");
    let learnt = &emails["get"]["responses"]["200"]["content"];
    let schema = &learnt["application/hal+json"]["schema"];
    assert_eq!(schema["properties"]["entries"]["items"]["properties"]["address"]["format"], "email", "{emails}");
    assert_eq!(schema["required"], json!(["entries", "next", "trace"]), "{schema}");
    // It was seen in one format only: the mock's own is there for the other.
    assert!(learnt["application/json"]["schema"].is_object(), "{learnt}");
    let ibans = of("iban-watchlist")["post"]["requestBody"]["content"]["application/json"]["schema"].clone();
    let named = ibans["$ref"].as_str().and_then(|name| document.pointer(name.trim_start_matches('#')));
    assert!(named.is_some_and(|schema| schema["properties"]["iban_number"].is_object()), "{named:?}");
    assert!(document["info"]["description"].as_str().is_some_and(|about| about.contains("2026-11-28")));
}

#[tokio::test]
async fn a_field_of_a_request_has_the_name_that_the_target_reads() {
    let world = learnt(&profile(json!({}), &[]));
    let add = |body: Value| world.post("/api/v1/account/1/iban-watchlist").token(CRM).json(body).send();
    add(json!({ "iban_number": "SE3550000000054910000003" })).await.expect(201);
    add(json!({ "iban": "DK5000400440116243" })).await.expect(422);
}

#[tokio::test]
async fn assumptions_are_followed_unless_they_are_set_or_contradict_each_other() {
    let seen = json!({
        "remove.status": { "200": 3 }, "add.status": { "200": 1, "201": 1 }, "list.shape": { "other: a tree": 1 },
    });
    let learnt = profile(seen, &[(EMAILS, "200", list())]);
    let builder = || MockServer::builder().profile(&learnt.to_string()).expect("a profile");
    let world = World::of(builder());
    world.delete("/api/v1/account/1/email-watchlist/1").token(CRM).send().await.expect(200);
    let health = world.get("/_mock/health").send().await.expect(200);
    assert_eq!(health.body["profile"]["date"], "2026-11-28");
    assert_eq!(health.body["profile"]["not_used"], json!(["add.status is not used: both 200 and 201 were seen"]));

    let set = World::of(
        builder().assume("remove.status", "204").expect("a value").assume("list.shape", "data").expect("a value"),
    );
    set.delete("/api/v1/account/1/email-watchlist/1").token(CRM).send().await.expect(204);
    let listed = set.get("/api/v1/account/1/email-watchlist").token(CRM).send().await.expect(200);
    assert!(listed.body["data"].is_array(), "what is set wins: {}", listed.body);
}

#[tokio::test]
async fn nothing_that_contradicts_a_fact_is_used() {
    let body = |body: Value| json!({ "200": { "seen": 9, "types": { "application/json": 9 }, "body": body } });
    let status = |status: &str| json!({ status: { "seen": 9, "types": { "": 9 } } });
    let flag = json!({ "": place("object"), "is_active": following("boolean", "", "data.id") });
    let create = "POST /api/v1/account";
    let cases = [
        (create, "201", status("200"), "ACCOUNT-1"),
        (create, "401", status("200"), "SCOPE-1"),
        (EMAILS, "404 scope.foreign-account", status("200"), "SCOPE-4"),
        (EMAILS, "403 scope.wrong-token", status("200"), "SCOPE-1"),
        (EMAILS, "200", status("404"), "SCOPE-5"),
        (EMAILS, "200", body(flag), "FORMAT-5"),
    ];
    for (operation, case, statuses, fact) in cases {
        let world = learnt(&profile(json!({}), &[(operation, case, statuses)]));
        let health = world.get("/_mock/health").send().await.expect(200);
        let told = health.body["profile"]["not_used"].to_string();
        assert!(told.contains(fact) && told.contains(operation), "{case}: {told}");
        let answer = world.get("/api/v1/account/1/email-watchlist").token(CRM).send().await.expect(200);
        assert!(answer.body["data"].is_array(), "{case}");
    }
}

#[tokio::test]
async fn a_world_learns_and_forgets_and_keeps_what_is_in_it() {
    let world = World::new();
    world.get("/_mock/profile").send().await.expect(200);
    let body = json!({ "email": "kept@example.com" });
    world.post("/api/v1/account/1/email-watchlist").token(CRM).json(body).send().await.expect(201);
    let file = profile(json!({}), &[(EMAILS, "200", list())]);
    let put = world.put("/_mock/profile").json(file.clone()).send().await.expect(200);
    assert_eq!(put.body["profile"]["answers"], 1);
    let listed = world.get("/api/v1/account/1/email-watchlist").token(CRM).send().await.expect(200);
    assert_eq!(listed.body["entries"][2]["address"], "kept@example.com");
    assert_eq!(world.get("/_mock/profile").send().await.expect(200).body, file);
    world.post("/_mock/reset").send().await.expect(200);
    let listed = world.get("/api/v1/account/1/email-watchlist").token(CRM).send().await.expect(200);
    assert_eq!(
        listed.body["entries"].as_array().map(Vec::len),
        Some(2),
        "a reset goes back to the seed, and forgets nothing learnt"
    );
    world.put("/_mock/profile").json(json!(null)).send().await.expect(200);
    let listed = world.get("/api/v1/account/1/email-watchlist").token(CRM).send().await.expect(200);
    assert!(listed.body["data"].is_array());
}

#[tokio::test]
async fn a_sandbox_has_the_profile_of_its_parent_or_one_of_its_own_or_none() {
    let world = learnt(&profile(json!({}), &[(EMAILS, "200", list())]));
    let other = profile(json!({ "remove.status": { "200": 1 } }), &[]);
    for (body, name) in
        [(json!({}), "entries"), (json!({ "profile": null }), "data"), (json!({ "profile": other }), "data")]
    {
        let made = world.post("/_mock/sandboxes").json(body.clone()).send().await.expect(201);
        let path = format!("/_sandbox/{}/api/v1/account/1/email-watchlist", made.body["id"].as_str().expect("an id"));
        let listed = world.get(&path).token(CRM).send().await.expect(200);
        assert!(listed.body[name].is_array(), "{body}: {}", listed.body);
    }
    let refused = world.post("/_mock/sandboxes").json(json!({ "profile": { "profile": 9 } })).send().await.expect(400);
    assert!(refused.body.to_string().contains("profile"), "{}", refused.body);
}

#[tokio::test]
async fn what_is_no_profile_is_refused_with_its_place() {
    let world = World::new();
    let cases = [
        ("[]", "it is no profile"),
        ("{", "it is no profile"),
        (r#"{"profile":2,"sources":{}}"#, "version 2"),
        (r#"{"profile":1,"sources":{"a":{"kind":"run","date":5}}}"#, "sources.a.date"),
    ];
    for (text, expected) in cases {
        let refused = world.put("/_mock/profile").body("application/json", text).send().await.expect(400);
        let told = sentence(&refused);
        assert!(told.contains(expected), "{text}: {told}");
        assert!(MockServer::builder().profile(text).is_err(), "{text}");
    }
}
