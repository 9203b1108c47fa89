//! The OpenAPI document: the table and nothing else, and true. Its examples are accepted, and the answers are those
//! that it describes, in both formats and under other assumptions too.

mod document;

use self::document::{Document, Operation};
use std::collections::BTreeSet;

use reqwest::Method;
use serde_json::{Map, Value, json};

use crate::harness::{APP, Answer, CARD, CRM, Format, World, sso_body};

const FILE: &str = include_str!("../../../fixtures/openapi.json");

/// The items under a list, however the list is wrapped.
fn listed(answer: &Answer) -> &[Value] {
    answer.body["data"].as_array().or(answer.body.as_array()).map_or(&[], Vec::as_slice)
}

/// The example, with values from the world put in: codes, and ids of new items. Creates all that must be there before.
async fn prepared(world: &World, operation: &Operation, mut body: Value) -> Value {
    let user = async |path: &str, body: Value| world.post(path).token(APP).json(body).send().await;
    match operation.id().trim_end_matches("OfAccount") {
        "exchangeSsoCode" => {
            let issued = world.post("/api/v1/sso/code").json(sso_body(1, "john.doe@example.com")).send().await;
            body["code"] = issued.text("code").into();
        }
        "confirmPhone" => {
            let phone = json!({ "phone": body["phone"] });
            let send = operation.there.replace("/confirm", "/send-verification-code");
            let token = if operation.tokens().contains("crmToken") { CRM } else { APP };
            world.post(&send).token(token).json(phone).send().await;
            body["code"] = world.last_code().into();
        }
        "verifyCreditCard" => {
            user("/api/v1/credit-card", CARD.new_body()).await;
            let cards = world.get("/api/v1/credit-cards").token(APP).send().await;
            body["credit_card_id"] = listed(&cards).last().expect("it was added")["id"].clone();
            body["code"] = world.last_code().into();
        }
        "resendEmailConfirmation" => drop(user("/api/v1/email-watchlist", body.clone()).await),
        "retryScan" | "getScanStatus" | "getOnlineStatus" => {
            user("/api/v1/delete-my-data/scan", json!({})).await;
            world.advance(600);
        }
        _ => {}
    }
    body
}

fn token(name: &str) -> Option<&'static str> {
    match name {
        "crmToken" => Some(CRM),
        "appToken" => Some(APP),
        _ => None,
    }
}

async fn send(
    world: &World,
    operation: &Operation,
    format: Format,
    path: &str,
    token: Option<&str>,
    body: Option<&str>,
) -> Answer {
    let request = format.ask(world.request(operation.method.clone(), path)).token_if(token);
    let request = if let Some(body) = body { request.body("application/json", body) } else { request };
    request.send().await
}

/// Holds every operation of a world under these assumptions to what the document of that world says.
async fn all_is_true(assumed: &[(&str, &str)]) {
    let document = Document::of(&World::assuming_all(assumed)).await;
    for operation in document.operations() {
        let tokens = operation.tokens();
        let tokens: Vec<&str> = if tokens.is_empty() { vec!["none"] } else { tokens.into_iter().collect() };
        for (name, format) in tokens.into_iter().flat_map(|token| Format::BOTH.map(|format| (token, format))) {
            let world = World::assuming_all(assumed);
            let example = document.example(&operation);
            let body = prepared(&world, &operation, example.clone().unwrap_or_default()).await;
            if example.is_some() {
                let schema = &operation.described["requestBody"]["content"]["application/json"]["schema"]["$ref"];
                let misfit = document.misfit(schema, &body);
                assert!(misfit.is_none(), "{} {body}: {}", operation.id(), misfit.unwrap_or_default());
            }
            let body = example.is_some().then(|| body.to_string());
            let answer = send(&world, &operation, format, &operation.there, token(name), body.as_deref()).await;
            assert!(answer.status < 300, "{} {}: {}", operation.id(), answer.status, answer.raw);
            document.check(&operation, &answer, format);
        }
    }
}

#[tokio::test]
async fn every_example_is_accepted_and_every_answer_is_as_described() {
    all_is_true(&[]).await;
}

#[tokio::test]
async fn so_they_are_under_other_assumptions() {
    let one = [
        ("add.status", "200"),
        ("list.shape", "paginated"),
        ("remove.status", "200"),
        ("legacy.boolean", "text"),
        ("alarm.close-answer", "message"),
        ("ssn.echo", "absent"),
        ("scan.body", "data"),
    ];
    let other = [
        ("id.form", "uuid"),
        ("add.body", "bare"),
        ("list.shape", "bare"),
        ("action.answer", "none"),
        ("legacy.boolean", "text-number"),
        ("ssn.echo", "full"),
    ];
    all_is_true(&one).await;
    all_is_true(&other).await;
}

async fn refusals_are_as_described(assumed: &[(&str, &str)]) {
    let world = World::assuming_all(assumed);
    let document = Document::of(&world).await;
    for operation in document.operations() {
        let tokens = operation.tokens();
        let right = tokens.first().and_then(|name| token(name));
        let wrong = match (tokens.contains("crmToken"), tokens.contains("appToken")) {
            (true, false) => Some(APP),
            (false, true) => Some(CRM),
            _ => None,
        };
        let there = operation.there.clone();
        let has_body = !operation.described["requestBody"].is_null();
        for format in Format::BOTH {
            let mut refused = Vec::new();
            if !tokens.is_empty() {
                refused.push((there.clone(), None, None));
            }
            if wrong.is_some() {
                refused.push((there.clone(), wrong, None));
            }
            if operation.path.contains('{') {
                let nowhere = operation.path.replace(['{', '}'], "");
                refused.push((nowhere, right, has_body.then_some("{}")));
            }
            if has_body {
                refused.push((there.clone(), right, Some("{")));
                let nothing =
                    operation.described["requestBody"]["required"] == true && operation.method == Method::POST;
                refused.extend(nothing.then(|| (there.clone(), right, Some("{}"))));
            }
            for (path, token, body) in refused {
                let answer = send(&world, &operation, format, &path, token, body).await;
                if answer.status < 400 {
                    // JSON that does not parse is no error everywhere.
                    assert_eq!(body, Some("{"), "{} {path}: {}", operation.id(), answer.raw);
                    continue;
                }
                document.check(&operation, &answer, format);
            }
        }
    }
}

#[tokio::test]
async fn every_refusal_is_as_described() {
    refusals_are_as_described(&[]).await;
    let other = [
        ("scope.wrong-token", "401"),
        ("scope.foreign-account", "403"),
        ("body.malformed", "422"),
        ("login.refused", "422"),
        ("legacy.error.404", "list"),
        ("legacy.error.422", "message"),
        ("legacy.error.401", "error"),
    ];
    refusals_are_as_described(&other).await;
}

#[tokio::test]
async fn each_operation_has_an_id_of_its_own() {
    let operations = Document::of(&World::new()).await.operations();
    let ids: BTreeSet<&str> = operations.iter().map(Operation::id).collect();
    assert_eq!(ids.len(), operations.len());
}

#[tokio::test]
async fn routes_that_an_assumption_takes_away_are_not_in_it() {
    let world = World::assuming("phone.app-verification", "absent");
    let ids: Vec<String> = Document::of(&world).await.operations().iter().map(|one| one.id().to_owned()).collect();
    assert!(!ids.contains(&"confirmPhone".to_owned()) && ids.contains(&"confirmPhoneOfAccount".to_owned()));
}

#[tokio::test]
async fn a_gateway_that_knows_one_format_has_one_in_its_document() {
    let world = World::of(mock_server::MockServer::builder().normalize_all(true).ssn_required(false));
    let document = Document::of(&world).await;
    let schemas = document.whole["components"]["schemas"].as_object().expect("schemas");
    assert!(schemas.keys().all(|name| !name.starts_with("Legacy")), "{:?}", schemas.keys());
    let required = schemas["NewAccount"]["required"].as_array().expect("a list");
    assert!(!required.contains(&"ssn".into()), "{required:?}");
    let about = document.whole["info"]["description"].as_str().expect("a text");
    assert!(about.contains("FORMAT-2") && !about.contains("FORMAT-1"), "{about}");
}

#[tokio::test]
async fn every_component_that_it_defines_is_used() {
    for world in [World::new(), World::of(mock_server::MockServer::builder().normalize_all(true))] {
        let document = Document::of(&world).await.whole;
        let text = document.to_string();
        for kind in ["schemas", "parameters", "headers", "responses"] {
            for name in document["components"][kind].as_object().expect("an object").keys() {
                assert!(text.contains(&format!("\"#/components/{kind}/{name}\"")), "{kind}: {name}");
            }
        }
    }
}

#[tokio::test]
async fn facts_are_told_with_their_sentences_and_assumptions_with_their_values() {
    let world = World::assuming("add.status", "200");
    let document = Document::of(&world).await;
    let facts: Vec<Value> = serde_json::from_str(include_str!("../../../fixtures/facts.json")).expect("JSON");
    for operation in document.operations() {
        let text = operation.described["description"].as_str().expect("a text");
        for id in operation.described["x-facts"].as_array().expect("a list") {
            let fact = facts.iter().find(|fact| fact["id"] == *id).expect("a fact");
            assert!(text.contains(fact["fact"].as_str().expect("a sentence")), "{} {id}", operation.id());
        }
        for (key, value) in operation.described["x-assumptions"].as_object().unwrap_or(&Map::new()) {
            let said = format!("`{key}` = `{}`", value.as_str().expect("a text"));
            assert!(text.contains(&said), "{} {said}", operation.id());
        }
    }
    let add = &document.whole["paths"]["/api/v1/email-watchlist"]["post"];
    assert_eq!(add["x-assumptions"]["add.status"], "200");
    assert!(add["responses"]["201"].is_null() && !add["responses"]["200"].is_null());
    assert_eq!(document.whole["servers"][0]["url"], world.base_url());
}

#[tokio::test]
async fn the_file_is_the_document_of_a_fresh_mock() {
    let mut document = Document::of(&World::new()).await.whole;
    document["servers"][0]["url"] = "http://127.0.0.1:8650".into();
    let file: Value = serde_json::from_str(FILE).expect("JSON");
    assert!(
        file == document,
        "fixtures/openapi.json is not what the table says now: cargo run -p mock-server, and then \
         curl -o fixtures/openapi.json http://127.0.0.1:8650/_mock/openapi.json"
    );
}
