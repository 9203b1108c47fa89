//! How a world behaves, besides its content.

use std::sync::Arc;

use crate::guide::assumptions::Assumptions;
use crate::profile::Profile;

/// The settings of a world.
#[derive(Clone, Debug)]
pub(crate) struct Settings {
    /// The gateway's `SSN_REQUIRED` (ACCOUNT-3).
    pub(crate) ssn_required: bool,
    /// The gateway's `API_NORMALIZE_ALL` (FORMAT-2).
    pub(crate) normalize_all: bool,
    /// With those of the profile, where they are not set.
    pub(crate) assumptions: Assumptions,
    /// What a target was seen to do.
    pub(crate) profile: Option<Arc<Profile>>,
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
            profile: None,
            journal: 1000,
            random_seed: None,
        }
    }
}

impl Settings {
    /// Does as a target was seen to do, where the guide is silent and no assumption is set. None forgets what was learnt.
    pub(crate) fn learn(&mut self, profile: Option<Arc<Profile>>) {
        self.assumptions.forget_supposed();
        if let Some(profile) = &profile {
            profile.suppose(&mut self.assumptions);
        }
        self.profile = profile;
    }
}
