//! The leaks that are known of values, and the accounts that watch values.

use std::hash::{BuildHasher, RandomState};
use std::sync::Arc;

use dashmap::{DashMap, Entry};

use crate::model::kind::WatchKind;
use crate::model::leak::{Leak, NewLeak};
use crate::model::magic::Magic;
use crate::model::time::Timestamp;

/// The leaks and watchers of one world.
#[derive(Debug)]
pub(crate) struct Leaks {
    /// By [`Leaks::key`]; different values may have the same key.
    known: DashMap<u64, Vec<Arc<Leak>>>,
    /// The accounts that watch a value, by the same key.
    watchers: DashMap<u64, Watchers>,
    keys: RandomState,
}

/// The accounts that watch a value. Most values are watched once, and there may be millions of them.
#[derive(Debug)]
enum Watchers {
    One(u64),
    Many(Vec<u64>),
}

impl Watchers {
    fn all(&self) -> &[u64] {
        match self {
            Self::One(account) => std::slice::from_ref(account),
            Self::Many(accounts) => accounts,
        }
    }

    fn add(&mut self, account: u64) {
        match self {
            Self::One(first) => *self = Self::Many(vec![*first, account]),
            Self::Many(accounts) => accounts.push(account),
        }
    }

    /// Takes `account` out once. True if none is left.
    fn remove(&mut self, account: u64) -> bool {
        match self {
            Self::One(only) => *only == account,
            Self::Many(accounts) => {
                if let Some(position) = accounts.iter().position(|watcher| *watcher == account) {
                    accounts.swap_remove(position);
                }
                accounts.is_empty()
            }
        }
    }
}

impl Leaks {
    /// No leaks and no watchers.
    pub(crate) fn new(shards: usize) -> Self {
        Self {
            known: DashMap::with_shard_amount(shards),
            watchers: DashMap::with_shard_amount(shards),
            keys: RandomState::new(),
        }
    }

    /// From now on `account` sees leaks of `value`.
    pub(crate) fn watch(&self, kind: WatchKind, value: &str, account: u64) {
        match self.watchers.entry(self.key(kind, value)) {
            Entry::Vacant(place) => drop(place.insert(Watchers::One(account))),
            Entry::Occupied(mut entry) => entry.get_mut().add(account),
        }
    }

    /// From now on it does not.
    pub(crate) fn unwatch(&self, kind: WatchKind, value: &str, account: u64) {
        if let Entry::Occupied(mut entry) = self.watchers.entry(self.key(kind, value))
            && entry.get_mut().remove(account)
        {
            entry.remove();
        }
    }

    /// The accounts that watch a value, in their order, so that equal worlds give out equal ids. Others may be among
    /// them.
    pub(crate) fn watchers_of(&self, kind: WatchKind, value: &str) -> Vec<u64> {
        let watchers = self.watchers.get(&self.key(kind, value));
        let mut watchers = watchers.map(|watchers| watchers.all().to_vec()).unwrap_or_default();
        watchers.sort_unstable();
        watchers
    }

    /// Files a leak, and tells no account yet.
    ///
    /// # Errors
    /// A sentence about the value, if it is not of its kind.
    pub(crate) fn file(&self, new: &NewLeak, now: Timestamp) -> Result<Arc<Leak>, String> {
        let leak = Arc::new(Leak::new(new, now)?);
        self.known.entry(self.key(leak.kind, &leak.value)).or_default().push(Arc::clone(&leak));
        Ok(leak)
    }

    /// The leaks of a value, with those that a magic value asks for.
    pub(crate) fn of(&self, kind: WatchKind, value: &str, now: Timestamp) -> Vec<Arc<Leak>> {
        self.file_magic(kind, value, now);
        let Some(found) = self.known.get(&self.key(kind, value)) else { return Vec::new() };
        found.iter().filter(|leak| leak.kind == kind && &*leak.value == value).cloned().collect()
    }

    /// Files the leaks that a magic value asks for, unless they are known.
    fn file_magic(&self, kind: WatchKind, value: &str, now: Timestamp) {
        let Some(magic @ Magic::Leaks(_)) = Magic::of(kind, value) else { return };
        let mut known = self.known.entry(self.key(kind, value)).or_default();
        for new in magic.leaks(kind, value) {
            let leak = Leak::new(&new, now).expect("a magic value is a value of its kind");
            if !known.iter().any(|known| known.kind == kind && known.value == leak.value && known.title == leak.title) {
                known.push(Arc::new(leak));
            }
        }
    }

    /// All leaks by kind and value; those of one value in the order in which they became known.
    pub(crate) fn in_order(&self) -> Vec<Arc<Leak>> {
        let mut leaks: Vec<Arc<Leak>> = self.known.iter().flat_map(|entry| entry.value().clone()).collect();
        leaks.sort_by(|one, other| (one.kind, &one.value).cmp(&(other.kind, &other.value)));
        leaks
    }

    fn key(&self, kind: WatchKind, value: &str) -> u64 {
        self.keys.hash_one((kind, value))
    }
}
