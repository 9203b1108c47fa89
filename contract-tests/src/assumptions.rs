//! Where the guide is silent: which of the alternatives that the fixture names a target follows.
//!
//! Nothing here fails a target. A probe is made like a contract, with a case of its own, and tells what it has seen.

mod accounts;
mod alarms;
mod inquiry;
mod items;
mod limits;
mod online;
mod people;
mod questions;
mod refusals;
mod search;
mod shapes;

use crate::assumptions::inquiry::{Inquiry, Observation, Probe};
use crate::case::Case;
use crate::halt::Halt;
use crate::run::Run;

pub use questions::{Assumption, assumptions};

/// The answer of a probe.
#[derive(Clone, Debug)]
pub struct Finding {
    /// The assumption.
    pub key: String,
    /// The behaviour of the mock unless it is told otherwise.
    pub default: String,
    /// The behaviour of the target: an alternative's name, or `other: …` in words; none where it cannot be told.
    pub observed: Option<String>,
    /// The evidence, or the reason why it cannot be told.
    pub reason: String,
    /// Every request as a command with curl, and how it has ended.
    pub steps: Vec<(String, String)>,
}

/// Whether a target does what is assumed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Agreement {
    Confirmed,
    Refuted,
    Unknown,
}

impl Finding {
    /// The answer of a probe that was not made.
    pub(crate) fn none(assumption: &Assumption, reason: &str) -> Self {
        let (key, default) = (assumption.key.clone(), assumption.default.clone());
        Self { key, default, observed: None, reason: reason.to_owned(), steps: Vec::new() }
    }

    /// Whether the target does what is assumed.
    pub(crate) fn agreement(&self) -> Agreement {
        match &self.observed {
            Some(observed) if *observed == self.default => Agreement::Confirmed,
            Some(_) => Agreement::Refuted,
            None => Agreement::Unknown,
        }
    }

    /// The same in one word.
    pub fn verdict(&self) -> &'static str {
        match self.agreement() {
            Agreement::Confirmed => "confirmed",
            Agreement::Refuted => "refuted",
            Agreement::Unknown => "unknown",
        }
    }
}

/// The probes of all topics.
fn probes() -> impl Iterator<Item = &'static Probe> {
    [
        accounts::PROBES,
        alarms::PROBES,
        items::PROBES,
        limits::PROBES,
        online::PROBES,
        people::PROBES,
        refusals::PROBES,
        shapes::PROBES,
    ]
    .into_iter()
    .flatten()
}

impl Assumption {
    /// Whether it takes more than CRM users to tell what a target does.
    pub fn is_beyond_crm(&self) -> bool {
        probes().any(|probe| probe.key == self.key && probe.is_beyond_crm)
    }
}

impl Run {
    /// Finds out which alternative of the assumption `key` the target follows, and removes what that has left.
    pub async fn probe(&self, key: &str) -> Finding {
        let assumption = assumptions().iter().find(|assumption| assumption.key == key);
        let probe = probes().find(|probe| probe.key == key);
        let Some((assumption, probe)) = assumption.zip(probe) else {
            let (key, reason) = (key.to_owned(), "there is no such assumption".to_owned());
            return Finding { key, default: String::new(), observed: None, reason, steps: Vec::new() };
        };
        let case = Case::new(&self.session, probe.format);
        let end = (probe.ask)(Inquiry { case: &case, assumption }).await;
        case.clean_up().await;
        finding(&case, assumption, end)
    }
}

/// How a probe has ended, without secrets.
fn finding(case: &Case, assumption: &Assumption, end: Result<Observation, Halt>) -> Finding {
    let (observed, halt) = match end {
        Ok(seen) => (Some(case.session.redactor.clean(&seen.observed)), Halt::Inconclusive(seen.evidence)),
        Err(halt) => (None, halt.into_required()),
    };
    let evidence = case.evidence(&[], &halt);
    let (key, default) = (assumption.key.clone(), assumption.default.clone());
    Finding { key, default, observed, reason: evidence.observed, steps: evidence.steps }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_assumption_has_one_probe_and_every_probe_an_assumption() {
        let mut keys: Vec<&str> = assumptions().iter().map(|assumption| &*assumption.key).collect();
        let mut probed: Vec<&str> = probes().map(|probe| probe.key).collect();
        keys.sort_unstable();
        probed.sort_unstable();
        assert_eq!(probed, keys);
    }

    #[test]
    fn a_verdict_is_one_word() {
        let of = |observed: Option<&str>| {
            let observed = observed.map(str::to_owned);
            let (key, default) = ("remove.status".into(), "204".into());
            Finding { key, default, observed, reason: String::new(), steps: Vec::new() }.verdict()
        };
        let cases =
            [(Some("204"), "confirmed"), (Some("200"), "refuted"), (Some("other: 202"), "refuted"), (None, "unknown")];
        for (observed, expected) in cases {
            assert_eq!(of(observed), expected, "{observed:?}");
        }
    }
}
