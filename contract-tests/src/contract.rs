//! What a check is, how it can end, and how a failure tells its story.

use std::fmt;
use std::pin::Pin;

use crate::case::Case;
use crate::client::{Exchange, Format};
use crate::documented;

/// One contract under its name.
#[derive(Clone, Copy, Debug)]
pub struct Check {
    /// Page and name: `email.added_by_crm`. It is stable, and the name of the test that runs the check.
    pub id: &'static str,
    /// The facts of the guide that it holds the target to.
    pub facts: &'static [&'static str],
    pub(crate) contract: for<'a> fn(&'a Case<'a>) -> Contract<'a>,
}

/// A contract on its way.
pub(crate) type Contract<'a> = Pin<Box<dyn Future<Output = Step> + Send + 'a>>;

/// What one step of a contract has come to; the contract ends where a step stops.
pub(crate) type Step<T = ()> = Result<T, Stop>;

/// Why a contract ends before its end.
#[derive(Debug)]
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
}

/// How a check has ended.
#[derive(Clone, Debug)]
pub enum Outcome {
    /// The target does what the facts say.
    Pass,
    /// It does not.
    Fail(Box<Failure>),
    /// The check was not run, for this reason.
    Skipped(String),
    /// The check was run and could not tell, for this reason.
    Inconclusive(String),
}

/// A target that does other than the guide says. It displays as the story of what was done; no secret stands in it.
#[derive(Clone, Debug)]
pub struct Failure {
    pub(crate) check: Check,
    pub(crate) format: Format,
    pub(crate) base_url: String,
    pub(crate) expected: String,
    pub(crate) observed: String,
    /// Everything that was sent and received, in order.
    pub(crate) exchanges: Vec<Exchange>,
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{} is not as documented ({:?} format)", self.check.id, self.format)?;
        for fact in self.check.facts.iter().filter_map(|id| documented::fact(id)) {
            writeln!(f, "{}: {}", fact.id, fact.fact)?;
        }
        writeln!(f, "BASE_URL={}", self.base_url)?;
        for (number, exchange) in (1..).zip(&self.exchanges) {
            writeln!(f, "{number:3}. {exchange}")?;
        }
        let body = self.exchanges.last().map(|exchange| exchange.answer.as_str()).filter(|body| !body.is_empty());
        writeln!(f, "expected  {}\nobserved  {}", self.expected, self.observed)?;
        write!(f, "body      {}", body.unwrap_or("(empty)"))
    }
}
