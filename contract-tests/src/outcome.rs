//! How a check can end, and how its evidence tells the story.

use std::fmt;

use crate::documented;
use crate::format::Format;

/// How a check has ended.
#[derive(Clone, Debug)]
pub enum Outcome {
    /// The target does what the facts say.
    Pass,
    /// It does not.
    Fail(Box<Evidence>),
    /// The check was not run; the reason is given.
    Skipped(String),
    /// The check was run and could not tell.
    Inconclusive(Box<Evidence>),
}

/// The requests of a check, and the reason for its end. It displays as the story of the check, without secrets.
#[derive(Clone, Debug)]
pub struct Evidence {
    /// The facts that the target was held to, as closely as can be told.
    pub facts: Vec<&'static str>,
    /// The format that answers were asked for in.
    pub format: Format,
    /// The target.
    pub base_url: String,
    /// The behaviour that the guide demands; empty where nothing was expected.
    pub expected: String,
    /// The behaviour of the target, or the reason why it cannot be told.
    pub observed: String,
    /// Method and path of the route that it is about, as closely as can be told, with the guide's captures.
    pub route: String,
    /// The same end in words that are the same on every run: see [`crate::CheckResult::signature`].
    pub signature: String,
    /// Whether an answer got lost, or nothing more may be sent: what could not be told then is no matter of the target.
    pub is_cut_short: bool,
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
