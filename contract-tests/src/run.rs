//! One run of checks against one target: what its cases share.

use std::hash::{BuildHasher, RandomState};
use std::sync::atomic::{AtomicU64, Ordering};

use tokio::sync::OnceCell;

use crate::case::Case;
use crate::client::{Client, Format};
use crate::contract::{Check, Outcome};
use crate::secrets::Secret;
use crate::target::Target;

/// Checks against one target. It belongs to the runtime on which it is first used, as its connections do.
#[derive(Debug)]
pub struct Run {
    pub(crate) target: Target,
    pub(crate) client: Client,
    /// The partner's token, once a case has asked for it: a run logs in once.
    pub(crate) crm_token: OnceCell<Secret>,
    /// What tells this run's addresses from those of every other.
    label: u64,
    given: AtomicU64,
}

impl Run {
    /// A run against `target`, which is not called yet.
    pub fn new(target: Target) -> Result<Self, reqwest::Error> {
        let client = Client::new(&target)?;
        // The hash keys of the standard library are random.
        let label = RandomState::new().hash_one(&target.base_url);
        Ok(Self { target, client, crm_token: OnceCell::new(), label, given: AtomicU64::new(0) })
    }

    /// Runs one check in one format.
    pub async fn check(&self, check: &Check, format: Format) -> Outcome {
        let case = Case::new(self, format);
        let end = (check.contract)(&case).await;
        case.outcome(check, end)
    }

    /// An address that nobody has, so that a case meets neither another case nor an earlier run.
    pub(crate) fn email(&self) -> String {
        let number = self.given.fetch_add(1, Ordering::Relaxed);
        format!("contract-{:016x}-{number}@{}", self.label, self.target.email_domain)
    }
}
