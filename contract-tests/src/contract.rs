//! What a check is, how it can end, and how its evidence tells the story.

use std::fmt;
use std::pin::Pin;

use crate::case::Case;
use crate::client::Format;
use crate::documented;

/// One contract under its name.
#[derive(Clone, Copy, Debug)]
pub struct Check {
    /// Page and name: `email.added_by_crm`. It is stable, and with the format the name of the test that runs the check.
    pub id: &'static str,
    /// The facts of the guide that it holds the target to.
    pub facts: &'static [&'static str],
    pub(crate) contract: for<'a> fn(&'a Case) -> Contract<'a>,
}

impl Check {
    /// Whether it moves the clock, or counts what others do too: where the target has one world, it has it to itself.
    pub(crate) fn wants_to_be_alone(&self) -> bool {
        ALONE.iter().any(|start| self.id.starts_with(start))
    }

    /// Its name in one format, as reports and tests have it.
    pub fn name(&self, format: Format) -> String {
        format!("{}.{}", self.id, format.name())
    }
}

/// What the ids of such checks begin with.
const ALONE: [&str; 7] = [
    "expiry.",
    "online.scan_comes_to_an_end",
    "online.found_data_is_shown",
    "online.failed_site_is_retried",
    "online.removal_has_a_state_of_its_own",
    "alarms.statistics_count",
    "alarms.lists_of_the_partner",
];

/// A contract on its way.
pub(crate) type Contract<'a> = Pin<Box<dyn Future<Output = Step> + Send + 'a>>;

/// What one step of a contract has come to; the contract ends where a step stops.
pub(crate) type Step<T = ()> = Result<T, Stop>;

/// Why a contract ends before its end.
#[derive(Clone, Debug)]
pub(crate) enum Stop {
    /// The target does other than the guide says.
    Fail { expected: String, observed: String },
    /// The suite has not been given what the check needs.
    Skipped(String),
    /// It cannot be decided.
    Inconclusive(String),
}

impl Stop {
    pub(crate) fn fail(expected: impl Into<String>, observed: impl Into<String>) -> Self {
        Self::Fail { expected: expected.into(), observed: observed.into() }
    }

    /// Goes on where `holds`, and fails otherwise.
    pub(crate) fn unless(holds: bool, expected: impl Into<String>, observed: impl FnOnce() -> String) -> Step {
        if holds { Ok(()) } else { Err(Self::fail(expected, observed())) }
    }

    /// The same, where what has failed is not this check's matter but only needed for it: the check whose matter it
    /// is fails, and this one cannot tell.
    pub(crate) fn into_needed(self) -> Self {
        match self {
            Self::Fail { expected, observed } => {
                Self::Inconclusive(format!("this check needs: {expected}; observed: {observed}"))
            }
            other => other,
        }
    }

    pub(crate) fn expected(&self) -> &str {
        if let Self::Fail { expected, .. } = self { expected } else { "" }
    }

    /// Why it ends, in words.
    pub(crate) fn reason(&self) -> String {
        match self {
            Self::Fail { observed: reason, .. } | Self::Skipped(reason) | Self::Inconclusive(reason) => reason.clone(),
        }
    }
}

/// How a check has ended.
#[derive(Clone, Debug)]
pub enum Outcome {
    /// The target does what the facts say.
    Pass,
    /// It does not.
    Fail(Box<Evidence>),
    /// The check was not run, for this reason.
    Skipped(String),
    /// The check was run and could not tell.
    Inconclusive(Box<Evidence>),
}

/// What was done, and what came of it. It displays as the story of that; no secret stands in it.
#[derive(Clone, Debug)]
pub struct Evidence {
    /// The facts that the target was held to, as closely as can be told.
    pub facts: Vec<&'static str>,
    /// The format that answers were asked for in.
    pub format: Format,
    /// The target.
    pub base_url: String,
    /// What the guide says; empty where nothing was expected.
    pub expected: String,
    /// What the target did instead, or why nobody can tell.
    pub observed: String,
    /// Every request as a command with curl, and how it has ended.
    pub steps: Vec<(String, String)>,
    /// The last body that came.
    pub body: String,
    /// A sequence that fails, as `contract replay` reads it.
    pub replay: Option<String>,
}

impl fmt::Display for Evidence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for fact in self.facts.iter().filter_map(|id| documented::fact(id)) {
            writeln!(f, "{}: {}", fact.id, fact.fact)?;
        }
        writeln!(f, "BASE_URL={}", self.base_url)?;
        for (number, (curl, end)) in (1..).zip(&self.steps) {
            writeln!(f, "{number:3}. {curl}\n     → {end}")?;
        }
        if !self.expected.is_empty() {
            writeln!(f, "expected  {}", self.expected)?;
        }
        let body = if self.body.is_empty() { "(empty)" } else { &self.body };
        write!(f, "observed  {}\nbody      {body}", self.observed)
    }
}
