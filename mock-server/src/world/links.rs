//! Confirmation links by their secrets: an index of the pending emails, written only by the verbs that change items.

use dashmap::DashMap;

use crate::model::confirmation::Challenge;
use crate::model::time::Timestamp;

/// The links of one world.
#[derive(Debug)]
pub(crate) struct Links(DashMap<Box<str>, Link>);

/// The email that a confirmation link confirms.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Link {
    pub(crate) account: u64,
    pub(crate) email: u64,
    pub(crate) expires_at: Timestamp,
}

impl Links {
    /// No links.
    pub(crate) fn new(shards: usize) -> Self {
        Self(DashMap::with_shard_amount(shards))
    }

    /// Makes the link of `challenge` work.
    pub(crate) fn add(&self, challenge: &Challenge, account: u64, email: u64) {
        self.0.insert(challenge.secret.clone(), Link { account, email, expires_at: challenge.expires_at });
    }

    /// The link with this secret.
    pub(crate) fn get(&self, secret: &str) -> Option<Link> {
        self.0.get(secret).map(|link| *link)
    }

    /// Ends the link with this secret, if there is one.
    pub(crate) fn remove(&self, secret: &str) {
        self.0.remove(secret);
    }

    /// When the links expire.
    pub(crate) fn expiries(&self) -> impl Iterator<Item = Timestamp> {
        self.0.iter().map(|link| link.expires_at)
    }
}
