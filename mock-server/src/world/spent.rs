//! The links and codes that were used, as far back as messages are kept: how a message tells that its own is used.

use std::sync::atomic::{AtomicU64, Ordering};

use super::outbox::MOST;
use super::shared::SharedMap;

/// The links and codes that were used in one world, by account and secret.
#[derive(Debug)]
pub(crate) struct Spent {
    /// Each with its place in the order of use.
    places: SharedMap<(u64, Box<str>), u64>,
    last: AtomicU64,
}

impl Spent {
    /// None were used.
    pub(crate) fn new() -> Self {
        Self { places: SharedMap::new(), last: AtomicU64::new(0) }
    }

    /// The same for another world.
    pub(crate) fn fork(&self) -> Self {
        Self { places: self.places.fork(), last: AtomicU64::new(self.last.load(Ordering::Relaxed)) }
    }

    /// The link or code with this secret was used for this account.
    pub(crate) fn add(&self, account: u64, secret: &str) {
        let place = self.last.fetch_add(1, Ordering::Relaxed) + 1;
        self.places.insert((account, secret.into()), place);
        // Looking at all of them each time would take longer than everything else.
        if place.is_multiple_of(MOST) {
            self.places.retain(|_, used| used + MOST > place);
        }
    }

    /// Whether the link or code with this secret was used for this account.
    pub(crate) fn contains(&self, account: u64, secret: &str) -> bool {
        self.places.contains(&(account, Box::from(secret)))
    }

    /// The accounts and secrets, in the order of use.
    pub(crate) fn in_order(&self) -> Vec<(u64, Box<str>)> {
        let mut all = Vec::new();
        self.places.each(|key, place| all.push((*place, key.clone())));
        all.sort_unstable_by_key(|(place, _)| *place);
        all.into_iter().map(|(_, key)| key).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_too_many_the_oldest_are_forgotten() {
        let spent = Spent::new();
        (0..2 * MOST).for_each(|number| spent.add(1, &number.to_string()));
        let kept = spent.in_order();
        assert_eq!((kept.len() as u64, &*kept[0].1), (MOST, &*MOST.to_string()));
        assert!(spent.contains(1, &MOST.to_string()) && !spent.contains(2, &MOST.to_string()));
    }
}
