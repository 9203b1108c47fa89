//! A probe's way to its target, and what it has observed.

use std::pin::Pin;

use crate::assumptions::questions::Assumption;
use crate::case::Case;
use crate::exchange::Answer;
use crate::format::Format;
use crate::halt::Halt;

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

/// A probe on its way.
pub(super) type Probing<'a> = Pin<Box<dyn Future<Output = Result<Observation, Halt>> + Send + 'a>>;

/// A probe of one assumption.
#[derive(Debug)]
pub(super) struct Probe {
    pub(super) key: &'static str,
    pub(super) ask: for<'a> fn(Inquiry<'a>) -> Probing<'a>,
    /// The format in which it asks.
    pub(super) format: Format,
    /// Whether a target must have more than CRM users: SSO, messages, a second partner or a clock.
    pub(super) is_beyond_crm: bool,
}

impl Probe {
    /// A probe in the legacy format that needs a CRM user and nothing else.
    pub(super) const fn new(key: &'static str, ask: for<'a> fn(Inquiry<'a>) -> Probing<'a>) -> Self {
        Self { key, ask, format: Format::Legacy, is_beyond_crm: false }
    }

    /// The same in the standardized format.
    pub(super) const fn standardized(self) -> Self {
        Self { format: Format::Standardized, ..self }
    }

    /// The same where a CRM user is not enough.
    pub(super) const fn beyond_crm(self) -> Self {
        Self { is_beyond_crm: true, ..self }
    }
}

/// `key => |inquiry| future` for each assumption, with marks of [`Probe`] in brackets behind the key.
macro_rules! probes {
    ($($key:literal $(($($mark:ident),+))? => |$inquiry:ident| $probe:expr),+ $(,)?) => {
        &[$($crate::assumptions::inquiry::Probe::new($key, |$inquiry| Box::pin($probe))$($(.$mark())+)?),+]
    };
}
pub(super) use probes;
