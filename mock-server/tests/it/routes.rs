//! The fixture of routes, held to the guide's examples and to the server's own table as its OpenAPI document shows it.

use std::collections::{BTreeMap, BTreeSet};

use reqwest::Method;
use serde_json::Value;

use crate::harness::{KINDS, ROUTES, Route, World, is_capture, keys};

const FACTS: &str = include_str!("../../../fixtures/facts.json");
const EXAMPLES: &str = include_str!("../../../fixtures/examples.json");

const METHODS: [Method; 5] = [Method::GET, Method::POST, Method::PUT, Method::PATCH, Method::DELETE];

/// A route as both tables name it: its method, its path, and the tokens that it takes.
type Row = (String, String, BTreeSet<&'static str>);

fn row(route: &Route) -> Row {
    let tokens = [("crmToken", route.takes_crm()), ("appToken", route.takes_app())];
    let taken = tokens.into_iter().filter(|(_, is_taken)| *is_taken).map(|(name, _)| name);
    (route.method.to_string(), route.path.clone(), taken.collect())
}

fn list(text: &str) -> Vec<Value> {
    serde_json::from_str(text).expect("a list in JSON")
}

fn text<'a>(value: &'a Value, field: &str) -> &'a str {
    value[field].as_str().unwrap_or_else(|| panic!("no text {field} in {value}"))
}

/// The page of the guide that each fact is from.
fn pages(facts: &[Value]) -> BTreeMap<&str, &str> {
    facts.iter().map(|fact| (text(fact, "id"), text(fact, "page"))).collect()
}

#[test]
fn every_route_is_listed_once_and_names_facts_and_assumptions_that_there_are() {
    let facts = list(FACTS);
    let pages = pages(&facts);
    let mut seen = BTreeSet::new();
    for route in ROUTES.iter() {
        assert!(seen.insert(route.label()), "{} is listed twice", route.label());
        assert!(!route.facts.is_empty(), "{}", route.label());
        for fact in &route.facts {
            assert!(pages.contains_key(&**fact), "{} names {fact}", route.label());
        }
        assert!(route.assumption.as_deref().is_none_or(|key| keys().contains(key)), "{}", route.label());
    }
}

#[test]
fn every_example_of_the_guide_is_in_the_list_and_the_reverse() {
    let (facts, examples) = (list(FACTS), list(EXAMPLES));
    let pages = pages(&facts);
    let shown: BTreeSet<(String, bool)> = examples
        .iter()
        .map(|example| {
            (format!("{} {}", text(example, "method"), text(example, "path")), text(example, "token") == "crm")
        })
        .collect();
    // The examples are those of one page, which shows no route that is there only by an assumption.
    let is_shown = |route: &&Route| {
        route.example
            && route.assumption.is_none()
            && route.facts.iter().any(|fact| pages[&**fact] == "watchlist enrolment")
    };
    let listed: BTreeSet<(String, bool)> =
        ROUTES.iter().filter(is_shown).map(|route| (route.label(), route.takes_crm())).collect();
    assert_eq!(
        listed, shown,
        "a route of that page has an example in fixtures/examples.json, or \"example\": false in fixtures/routes.json"
    );
}

#[test]
fn every_kind_of_the_routes_has_its_row_in_the_tests() {
    for route in ROUTES.iter().filter(|route| route.method == Method::POST) {
        let removes = |other: &&Route| {
            let below = other.path.strip_prefix(&*route.path).and_then(|rest| rest.strip_prefix('/'));
            other.method == Method::DELETE && below.is_some_and(|below| is_capture(below) && !below.contains('/'))
        };
        if ROUTES.iter().any(|other| removes(&other)) {
            let is_known = KINDS.iter().any(|kind| route.path.ends_with(kind.add));
            assert!(is_known, "{} has a kind without a row: add one to tests/it/harness/kinds.rs", route.label());
        }
    }
}

/// The routes that the sentence of a fact names: each path after a method, and those that go on from it.
fn named(fact: &str) -> Vec<(&str, &str)> {
    let (mut method, mut named) = (None, Vec::new());
    for word in fact.split_whitespace().map(|word| word.trim_end_matches([',', '.', ';', ':'])) {
        match method {
            Some(of) if word.starts_with('/') => named.push((of, word)),
            Some(_) if word == "and" => {}
            _ => method = Some(word).filter(|word| word.parse().is_ok_and(|word: Method| METHODS.contains(&word))),
        }
    }
    named
}

#[test]
fn the_routes_that_a_fact_names_rest_on_it() {
    let facts = list(FACTS);
    let mut named_at_all = 0;
    for fact in &facts {
        let id = text(fact, "id");
        for (method, path) in named(text(fact, "fact")) {
            let scopes = ["", "/api/v1", "/api/v1/account/{account_id}"].map(|scope| format!("{scope}{path}"));
            let meant: Vec<&Route> =
                ROUTES.iter().filter(|route| route.method == method && scopes.contains(&route.path)).collect();
            assert!(!meant.is_empty(), "{id} names {method} {path}, which fixtures/routes.json lacks");
            for route in meant {
                assert!(
                    route.rests_on(id),
                    "{id} names {}: name the fact in its row of fixtures/routes.json, and of the mock's api/routes.rs",
                    route.label()
                );
                named_at_all += 1;
            }
        }
    }
    assert!(named_at_all > 80, "{named_at_all}");
}

/// The operations of the document of a world, each with the facts that it names.
async fn operations(world: &World) -> Vec<(Row, BTreeSet<String>)> {
    let document = world.get("/_mock/openapi.json").send().await.expect(200).body;
    let mut operations = Vec::new();
    for (path, item) in document["paths"].as_object().expect("paths") {
        for (method, operation) in
            item.as_object().expect("operations").iter().filter(|(name, _)| *name != "parameters")
        {
            let security = operation["security"].as_array().expect("a list of tokens");
            let tokens = ["crmToken", "appToken"].into_iter();
            let taken = tokens.filter(|name| security.iter().any(|one| one.get(name).is_some())).collect();
            let facts = operation["x-facts"].as_array().expect("a list of facts");
            let facts = facts.iter().map(|fact| fact.as_str().expect("an id").to_owned()).collect();
            operations.push(((method.to_uppercase(), path.clone(), taken), facts));
        }
    }
    operations
}

#[tokio::test]
async fn the_server_has_the_documented_routes_with_their_tokens_and_no_others() {
    let operations = operations(&World::new()).await;
    let served: BTreeSet<&Row> = operations.iter().map(|(row, _)| row).collect();
    let documented: Vec<Row> = ROUTES.iter().map(row).collect();
    let documented: BTreeSet<&Row> = documented.iter().collect();
    let missing: Vec<_> = documented.difference(&served).collect();
    let invented: Vec<_> = served.difference(&documented).collect();
    assert!(missing.is_empty() && invented.is_empty(), "the server lacks {missing:?} and has besides {invented:?}");
    assert_eq!(operations.len(), documented.len());
}

#[tokio::test]
async fn the_server_names_the_facts_that_give_a_route() {
    let served: BTreeMap<Row, BTreeSet<String>> = operations(&World::new()).await.into_iter().collect();
    for route in ROUTES.iter() {
        let named = served.get(&row(route)).unwrap_or_else(|| panic!("no {}", route.label()));
        for fact in &route.facts {
            assert!(
                named.contains(fact),
                "{}: {fact} is not among {named:?}; name it in the route's row of the mock's api/routes.rs",
                route.label()
            );
        }
    }
}

#[tokio::test]
async fn the_server_lacks_the_routes_that_an_assumption_takes_away_and_no_others() {
    let by_assumption: Vec<&str> = ROUTES.iter().filter_map(|route| route.assumption.as_deref()).collect();
    assert!(!by_assumption.is_empty() && by_assumption.iter().all(|key| *key == "phone.app-verification"));
    let world = World::assuming("phone.app-verification", "absent");
    let served: BTreeSet<Row> = operations(&world).await.into_iter().map(|(row, _)| row).collect();
    let expected: BTreeSet<Row> = ROUTES.iter().filter(|route| route.assumption.is_none()).map(row).collect();
    assert_eq!(served, expected);
}
