//! The choices of servers where the guide is silent, as far as the mock can make them too.

use mock_server::{MockServer, MockServerBuilder};
use serde_json::Value;

/// Limits that another deployment may have.
const LIMITS: &[(&str, &str)] = &[
    ("token.crm-seconds", "600"),
    ("token.crm-kept-seconds", "5184000"),
    ("token.app-seconds", "7200"),
    ("sso.code-seconds", "600"),
    ("confirm.link-seconds", "3600"),
    ("confirm.code-seconds", "120"),
    ("throttle.per-minute", "100000"),
    ("scan.queue-seconds", "2"),
    ("scan.site-seconds", "45"),
    ("removal.step-seconds", "90"),
];

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
    of("texts").iter().for_each(|text| add(0, &text["key"], "ANOTHER_CODE"));
    for limit in of("limits") {
        let other = LIMITS.iter().find(|(key, _)| limit["key"] == *key);
        let (_, value) = other.unwrap_or_else(|| panic!("no other value for {}", limit["key"]));
        add(0, &limit["key"], value);
    }
    rounds
}

pub(crate) fn assuming(alternatives: &[Alternative]) -> MockServerBuilder {
    alternatives.iter().fold(MockServer::builder(), |builder, (key, value)| {
        builder.assume(key, value).unwrap_or_else(|error| panic!("{key}={value}: {error}"))
    })
}
