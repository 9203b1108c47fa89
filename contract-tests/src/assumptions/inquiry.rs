//! A probe's way to its target, and what it has observed.

use crate::assumptions::questions::Assumption;
use crate::case::Case;
use crate::exchange::Answer;

/// The tools of one probe.
#[derive(Clone, Copy, Debug)]
pub(super) struct Inquiry<'a> {
    pub(super) case: &'a Case,
    pub(super) assumption: &'a Assumption,
}

/// The behaviour of the target, and the evidence.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Observation {
    pub(super) observed: String,
    pub(super) evidence: String,
}

impl Observation {
    pub(super) fn new(observed: impl Into<String>, evidence: impl Into<String>) -> Self {
        Self { observed: observed.into(), evidence: evidence.into() }
    }

    /// The target does what none of the alternatives says.
    pub(super) fn other(what: impl AsRef<str>, evidence: impl Into<String>) -> Self {
        Self::new(format!("other: {}", what.as_ref()), evidence)
    }
}

impl Inquiry<'_> {
    /// The alternative of this name, or something else.
    pub(super) fn named(&self, name: &str, evidence: impl Into<String>) -> Observation {
        let is_known = self.assumption.alternatives.iter().any(|alternative| alternative == name);
        if is_known { Observation::new(name, evidence) } else { Observation::other(name, evidence) }
    }

    /// The alternative that is named after the status of an answer, or something else.
    pub(super) fn status(&self, answer: &Answer) -> Observation {
        self.named(&answer.status.to_string(), met(answer))
    }
}

/// An answer as evidence.
pub(super) fn met(answer: &Answer) -> String {
    format!("{} to {}", answer.status, answer.to)
}

/// Done, with whatever status.
pub(super) fn is_done(status: u16) -> bool {
    (200..300).contains(&status)
}
