//! The leaks that are known of values, and the accounts that watch values.

use std::hash::{BuildHasher, RandomState};
use std::sync::Arc;

use imbl::OrdSet;

use crate::model::kind::WatchKind;
use crate::model::leak::{Leak, NewLeak, NotOfKind};
use crate::model::magic::Magic;
use crate::model::time::Timestamp;
use crate::world::shared::SharedMap;

/// The leaks and watchers of one world.
#[derive(Debug)]
pub(crate) struct Leaks {
    /// By [`Leaks::key`]; different values may have the same key.
    known: SharedMap<u64, Vec<Arc<Leak>>>,
    /// The accounts that watch a value, by the same key.
    watchers: SharedMap<u64, Watchers>,
    keys: RandomState,
}

/// The accounts that watch a value. Most values are watched once, and there may be millions of them.
#[derive(Clone, Debug)]
enum Watchers {
    One(u64),
    Many(Arc<OrdSet<u64>>),
}

impl Watchers {
    /// In the order of their ids.
    fn all(&self) -> Vec<u64> {
        match self {
            Self::One(account) => vec![*account],
            Self::Many(accounts) => accounts.iter().copied().collect(),
        }
    }

    fn add(&mut self, account: u64) {
        match self {
            Self::One(first) => *self = Self::Many(Arc::new(OrdSet::from_iter([*first, account]))),
            Self::Many(accounts) => {
                Arc::make_mut(accounts).insert(account);
            }
        }
    }

    /// Takes `account` out. True if none is left.
    fn remove(&mut self, account: u64) -> bool {
        match self {
            Self::One(only) => *only == account,
            Self::Many(accounts) => {
                let accounts = Arc::make_mut(accounts);
                accounts.remove(&account);
                accounts.is_empty()
            }
        }
    }
}

impl Leaks {
    /// No leaks and no watchers.
    pub(crate) fn new() -> Self {
        Self { known: SharedMap::new(), watchers: SharedMap::new(), keys: RandomState::new() }
    }

    /// The same leaks and watchers for another world.
    pub(crate) fn fork(&self) -> Self {
        Self { known: self.known.fork(), watchers: self.watchers.fork(), keys: self.keys.clone() }
    }

    /// From now on `account` sees leaks of `value`.
    pub(crate) fn watch(&self, kind: WatchKind, value: &str, account: u64) {
        let key = self.key(kind, value);
        self.watchers.step(&key, |watchers| match watchers.get_mut(&key) {
            None => {
                watchers.insert(key, Watchers::One(account));
            }
            Some(watching) => watching.add(account),
        });
    }

    /// From now on it does not.
    pub(crate) fn unwatch(&self, kind: WatchKind, value: &str, account: u64) {
        let key = self.key(kind, value);
        self.watchers.step(&key, |watchers| {
            if watchers.get_mut(&key).is_some_and(|watching| watching.remove(account)) {
                watchers.remove(&key);
            }
        });
    }

    /// The accounts that watch a value, in their order, so that equal worlds give out equal ids. Others may be among
    /// them.
    pub(crate) fn watchers_of(&self, kind: WatchKind, value: &str) -> Vec<u64> {
        self.watchers.read(&self.key(kind, value), Watchers::all).unwrap_or_default()
    }

    /// Files a leak, and tells no account yet.
    ///
    /// # Errors
    /// The value is not of its kind.
    pub(crate) fn file(&self, new: &NewLeak, now: Timestamp) -> Result<Arc<Leak>, NotOfKind> {
        let leak = Arc::new(Leak::new(new, now)?);
        let key = self.key(leak.kind, &leak.value);
        self.known.step(&key, |known| known.entry(key).or_default().push(Arc::clone(&leak)));
        Ok(leak)
    }

    /// The leaks of a value, with those that a magic value asks for.
    pub(crate) fn of(&self, kind: WatchKind, value: &str, now: Timestamp) -> Vec<Arc<Leak>> {
        self.file_magic(kind, value, now);
        self.known_of(kind, value)
    }

    /// The leaks of a value that are known already.
    pub(crate) fn known_of(&self, kind: WatchKind, value: &str) -> Vec<Arc<Leak>> {
        let is_meant = |leak: &&Arc<Leak>| leak.kind == kind && &*leak.value == value;
        let found = self.known.read(&self.key(kind, value), |known| known.iter().filter(is_meant).cloned().collect());
        found.unwrap_or_default()
    }

    /// Files the leaks that a magic value asks for, unless they are known.
    fn file_magic(&self, kind: WatchKind, value: &str, now: Timestamp) {
        let Some(magic @ Magic::Leaks(_)) = Magic::of(kind, value) else { return };
        let key = self.key(kind, value);
        self.known.step(&key, |known| {
            let known = known.entry(key).or_default();
            for new in magic.leaks(kind, value) {
                let leak = Leak::new(&new, now).expect("a magic value is a value of its kind");
                let is_it =
                    |known: &Arc<Leak>| known.kind == kind && known.value == leak.value && known.title == leak.title;
                if !known.iter().any(is_it) {
                    known.push(Arc::new(leak));
                }
            }
        });
    }

    /// All leaks by kind and value; those of one value in the order in which they became known.
    pub(crate) fn in_order(&self) -> Vec<Arc<Leak>> {
        let mut leaks: Vec<Arc<Leak>> = Vec::new();
        self.known.each(|_, known| leaks.extend(known.iter().cloned()));
        leaks.sort_by(|one, other| (one.kind, &one.value).cmp(&(other.kind, &other.value)));
        leaks
    }

    fn key(&self, kind: WatchKind, value: &str) -> u64 {
        self.keys.hash_one((kind, value))
    }
}
