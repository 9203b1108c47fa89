//! How bad it is that data has leaked.

use serde::{Deserialize, Serialize};

/// How bad a leak is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum Severity {
    /// Contact data only.
    Low,
    /// Data that helps a fraud along.
    Medium,
    /// A password in the clear, or a full number.
    High,
    /// Stolen from the person's own machine.
    Critical,
}

impl Severity {
    /// Their names, in order.
    pub(crate) const NAMES: [&'static str; 4] = ["LOW", "MEDIUM", "HIGH", "CRITICAL"];

    /// The name as responses write it.
    pub(crate) fn name(self) -> &'static str {
        Self::NAMES[self as usize]
    }
}
