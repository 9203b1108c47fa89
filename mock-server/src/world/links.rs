//! Confirmation links by their secrets: an index of the pending emails, written only by the verbs that change items.

use crate::model::confirmation::Challenge;
use crate::model::time::Timestamp;
use crate::world::shared::SharedMap;

/// The links of one world.
#[derive(Debug)]
pub(crate) struct Links(SharedMap<Box<str>, Link>);

/// The email that a confirmation link confirms.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Link {
    pub(crate) account: u64,
    pub(crate) email: u64,
    pub(crate) expires_at: Timestamp,
}

impl Links {
    /// No links.
    pub(crate) fn new() -> Self {
        Self(SharedMap::new())
    }

    /// The same links for another world.
    pub(crate) fn fork(&self) -> Self {
        Self(self.0.fork())
    }

    /// Makes the link of `challenge` work.
    pub(crate) fn add(&self, challenge: &Challenge, account: u64, email: u64) {
        self.0.insert(challenge.secret.clone(), Link { account, email, expires_at: challenge.expires_at });
    }

    /// The link with this secret.
    pub(crate) fn get(&self, secret: &str) -> Option<Link> {
        self.0.read(secret, |link| *link)
    }

    /// Ends the link with this secret, if there is one.
    pub(crate) fn remove(&self, secret: &str) {
        self.0.remove(secret);
    }

    /// When each link expires.
    pub(crate) fn each_expiry(&self, mut look: impl FnMut(Timestamp)) {
        self.0.each(|_, link| look(link.expires_at));
    }
}
