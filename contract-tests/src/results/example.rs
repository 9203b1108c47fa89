//! Results to test with.

use serde_json::{Value, json};

use super::Results;

/// A check of the results: id, outcome and signature.
pub(crate) type Ended<'a> = (&'a str, &'a str, &'a str);

/// A run whose checks have ended so, with these findings where the guide is silent.
pub(crate) fn run(checks: &[Ended<'_>], assumptions: &[(&str, &str)]) -> Results {
    let check = |&(id, outcome, signature): &Ended<'_>| {
        json!({
            "id": id, "facts": ["EMAIL-1"], "level": "documented", "outcome": outcome, "reason": signature,
            "expected": "something", "observed": signature, "milliseconds": 1, "signature": signature,
            "route": "POST /api/v1/email-watchlist", "curl": "curl -X POST '$BASE_URL/api/v1/email-watchlist'   # → 200",
        })
    };
    let assumption = |&(key, observed): &(&str, &str)| {
        let observed = (!observed.is_empty()).then_some(observed);
        (key.to_owned(), json!({ "default": "x", "observed": observed, "question": "a question", "reason": "" }))
    };
    let is_failed = checks.iter().any(|(_, outcome, _)| *outcome == "fail");
    let run = json!({
        "schema": 1, "suite": "0", "guide": "sha256:0", "because": "",
        "verdict": if is_failed { "not-as-documented" } else { "partial" },
        "started_at": "2026-11-29T00:00:00Z", "seconds": 1.0, "seed": 1, "is_whole": true, "requests": 1,
        "target": { "base_url": "http://127.0.0.1" }, "checks": checks.iter().map(check).collect::<Vec<_>>(),
        "assumptions": assumptions.iter().map(assumption).collect::<serde_json::Map<String, Value>>(),
        "facts": [], "matrix": [], "accounts_left": [], "not_removed": [],
    });
    serde_json::from_value(run).expect("results")
}
