//! The choices of servers where the guide is silent, as far as the mock can make them too.

use mock_server::{MockServer, MockServerBuilder};
use serde_json::Value;

/// An assumption and another value than its default.
pub(crate) type Alternative = (String, String);

/// Every alternative of every assumption, by rounds: in each, every key has one at most.
pub(crate) fn alternatives() -> Vec<Vec<Alternative>> {
    let fixture: Value = serde_json::from_str(include_str!("../../../fixtures/assumptions.json")).expect("JSON");
    let of = |list: &str| fixture[list].as_array().cloned().unwrap_or_default();
    let mut rounds: Vec<Vec<Alternative>> = Vec::new();
    let mut add = |round: usize, key: &Value, value: &str| {
        rounds.resize_with(rounds.len().max(round + 1), Vec::new);
        rounds[round].push((key.as_str().unwrap_or_default().to_owned(), value.to_owned()));
    };
    for switch in of("switches") {
        let values = switch["values"].as_array().into_iter().flatten().filter_map(|value| value["value"].as_str());
        let others = values.filter(|value| switch["default"] != **value);
        others.enumerate().for_each(|(round, value)| add(round, &switch["key"], value));
    }
    for open in of("texts").into_iter().chain(of("limits")) {
        // The last of them is one that another deployment may have, and that no check runs into.
        let other = open["others"].as_array().and_then(|others| others.last()).expect("another value");
        add(0, &open["key"], &other.as_str().map_or_else(|| other.to_string(), str::to_owned));
    }
    rounds
}

pub(crate) fn assuming(alternatives: &[Alternative]) -> MockServerBuilder {
    alternatives.iter().fold(MockServer::builder(), |builder, (key, value)| {
        builder.assume(key, value).unwrap_or_else(|error| panic!("{key}={value}: {error}"))
    })
}
