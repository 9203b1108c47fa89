//! How a world behaves, besides its content.

use crate::guide::assumptions::Assumptions;

/// The settings of a world.
#[derive(Clone, Debug)]
pub(crate) struct Settings {
    /// The gateway's `SSN_REQUIRED` (ACCOUNT-3).
    pub(crate) ssn_required: bool,
    /// The gateway's `API_NORMALIZE_ALL` (FORMAT-2).
    pub(crate) normalize_all: bool,
    pub(crate) assumptions: Assumptions,
    /// How many requests the journal keeps.
    pub(crate) journal: usize,
    /// The seed of tokens, codes, links and names of sandboxes, if they are to be the same each time.
    pub(crate) random_seed: Option<u64>,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            ssn_required: true,
            normalize_all: false,
            assumptions: Assumptions::default(),
            journal: 1000,
            random_seed: None,
        }
    }
}
