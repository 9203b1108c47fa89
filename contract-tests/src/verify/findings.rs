//! What rules have found in a recording.

use std::collections::BTreeMap;

/// What the rules have found in one recording.
#[derive(Debug, Default)]
pub(super) struct Findings {
    pub(super) held: BTreeMap<&'static str, u64>,
    /// The fact, the place of the exchange, the demand and what was seen.
    pub(super) violated: Vec<(&'static str, usize, String, String)>,
}

impl Findings {
    pub(super) fn held(&mut self, fact: &'static str) {
        *self.held.entry(fact).or_default() += 1;
    }

    pub(super) fn violated(
        &mut self,
        fact: &'static str,
        place: usize,
        expected: impl Into<String>,
        observed: impl Into<String>,
    ) {
        self.violated.push((fact, place, expected.into(), observed.into()));
    }

    /// The exchange at `place` is as `fact` says, or not.
    pub(super) fn judge(
        &mut self,
        fact: &'static str,
        place: usize,
        holds: bool,
        expected: &str,
        observed: impl FnOnce() -> String,
    ) {
        if holds { self.held(fact) } else { self.violated(fact, place, expected, observed()) }
    }
}
