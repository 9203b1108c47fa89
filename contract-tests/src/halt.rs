//! Why a contract ends before its end.

/// The reason for which a step of a contract stops, and the contract with it.
#[derive(Clone, Debug)]
pub(crate) enum Halt {
    /// The target does other than the guide says.
    Fail { expected: String, observed: String },
    /// The suite has not been given what the check needs.
    Skipped(String),
    /// It cannot be decided.
    Inconclusive(String),
}

impl Halt {
    pub(crate) fn fail(expected: impl Into<String>, observed: impl Into<String>) -> Self {
        Self::Fail { expected: expected.into(), observed: observed.into() }
    }

    /// Goes on where `holds`, and fails otherwise.
    pub(crate) fn unless(
        holds: bool,
        expected: impl Into<String>,
        observed: impl FnOnce() -> String,
    ) -> Result<(), Self> {
        if holds { Ok(()) } else { Err(Self::fail(expected, observed())) }
    }

    /// The same reason where the step that has failed is only needed for a check of something else: the check that the
    /// step belongs to fails, and this one cannot tell.
    pub(crate) fn into_required(self) -> Self {
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
