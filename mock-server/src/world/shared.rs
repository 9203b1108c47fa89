//! The map that a world keeps its data in: locked in parts, and quick to fork.
//!
//! A fork shares everything with the original until one of the two changes it, so it costs the same for three entries as
//! for a million. That is how a sandbox is made, how a world goes back to its seed, and how a snapshot is written while
//! requests go on.

use std::borrow::Borrow;
use std::fmt;
use std::hash::{BuildHasher, Hash};

use foldhash::fast::FixedState;
use imbl::OrdMap;
use parking_lot::RwLock;

/// How many parts a map is locked in.
const PARTS: usize = 32;

/// A map that many threads read and change.
pub(crate) struct SharedMap<K, V>(Box<[RwLock<OrdMap<K, V>>]>);

impl<K, V> fmt::Debug for SharedMap<K, V> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Its entries may be a million, and hold secrets.
        formatter.debug_struct("SharedMap").finish_non_exhaustive()
    }
}

impl<K: Ord + Hash + Clone, V: Clone> SharedMap<K, V> {
    /// A map without entries.
    pub(crate) fn new() -> Self {
        Self((0..PARTS).map(|_| RwLock::new(OrdMap::new())).collect())
    }

    /// Another map with the same entries. Changes of one are not seen in the other.
    pub(crate) fn fork(&self) -> Self {
        Self(self.0.iter().map(|part| RwLock::new(part.read().clone())).collect())
    }

    /// Reads the entry of a key, if there is one, while nothing changes it.
    pub(crate) fn read<Q, T>(&self, key: &Q, read: impl FnOnce(&V) -> T) -> Option<T>
    where
        K: Borrow<Q>,
        Q: Ord + Hash + ?Sized,
    {
        self.part(key).read().get(key).map(read)
    }

    /// Whether there is an entry of a key.
    pub(crate) fn contains<Q>(&self, key: &Q) -> bool
    where
        K: Borrow<Q>,
        Q: Ord + Hash + ?Sized,
    {
        self.read(key, |_| ()).is_some()
    }

    /// Changes the entry of a key, if there is one, in one step.
    pub(crate) fn change<Q, T>(&self, key: &Q, change: impl FnOnce(&mut V) -> T) -> Option<T>
    where
        K: Borrow<Q>,
        Q: Ord + Hash + ?Sized,
    {
        self.part(key).write().get_mut(key).map(change)
    }

    /// Sets the entry of a key, and returns the one before.
    pub(crate) fn insert(&self, key: K, value: V) -> Option<V> {
        self.part(&key).write().insert(key, value)
    }

    /// Takes the entry of a key out.
    pub(crate) fn remove<Q>(&self, key: &Q) -> Option<V>
    where
        K: Borrow<Q>,
        Q: Ord + Hash + ?Sized,
    {
        self.part(key).write().remove(key)
    }

    /// Looks at the entry of a key and changes it, in one step: `step` is given the part of the map that has it.
    pub(crate) fn step<Q, T>(&self, key: &Q, step: impl FnOnce(&mut OrdMap<K, V>) -> T) -> T
    where
        K: Borrow<Q>,
        Q: Ord + Hash + ?Sized,
    {
        step(&mut self.part(key).write())
    }

    /// How many entries there are.
    pub(crate) fn len(&self) -> usize {
        self.0.iter().map(|part| part.read().len()).sum()
    }

    /// Looks at every entry, in no particular order, and holds nobody up. Changes made meanwhile are seen or not.
    pub(crate) fn each(&self, mut look: impl FnMut(&K, &V)) {
        for part in &self.0 {
            let part = part.read().clone();
            part.iter().for_each(|(key, value)| look(key, value));
        }
    }

    /// The parts of the map, each in the order of its keys.
    pub(crate) fn parts(&self) -> impl Iterator<Item = OrdMap<K, V>> {
        self.0.iter().map(|part| part.read().clone())
    }

    /// Keeps the entries that `is_kept`, a part at a time.
    pub(crate) fn retain(&self, mut is_kept: impl FnMut(&K, &V) -> bool) {
        for part in &self.0 {
            let over: Vec<K> =
                part.read().iter().filter(|(key, value)| !is_kept(key, value)).map(|(key, _)| key.clone()).collect();
            let mut part = part.write();
            for key in over {
                // It may have changed since.
                if part.get(&key).is_some_and(|value| !is_kept(&key, value)) {
                    part.remove(&key);
                }
            }
        }
    }

    /// Takes all entries out.
    pub(crate) fn clear(&self) {
        self.0.iter().for_each(|part| *part.write() = OrdMap::new());
    }

    fn part<Q: Hash + ?Sized>(&self, key: &Q) -> &RwLock<OrdMap<K, V>> {
        let hash = FixedState::with_seed(0).hash_one(key);
        &self.0[hash as usize % PARTS]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entries(map: &SharedMap<u64, u64>) -> Vec<(u64, u64)> {
        let mut entries = Vec::new();
        map.each(|key, value| entries.push((*key, *value)));
        entries.sort_unstable();
        entries
    }

    #[test]
    fn a_fork_and_its_original_do_not_see_each_other_s_changes() {
        let original = SharedMap::new();
        for key in 0..1000 {
            original.insert(key, key);
        }
        let fork = original.fork();
        assert_eq!(entries(&fork), entries(&original));
        assert_eq!(original.change(&1, |value| *value = 7), Some(()));
        assert_eq!(fork.remove(&2), Some(2));
        fork.insert(2000, 1);
        assert_eq!((fork.read(&1, |value| *value), original.read(&1, |value| *value)), (Some(1), Some(7)));
        assert_eq!((fork.contains(&2), original.contains(&2)), (false, true));
        assert_eq!((fork.len(), original.len(), original.contains(&2000)), (1000, 1000, false));
    }

    #[test]
    fn what_is_not_kept_is_gone_and_the_rest_stays() {
        let map = SharedMap::new();
        for key in 0..1000 {
            map.insert(key, key);
        }
        map.retain(|key, _| key % 2 == 0);
        assert!(entries(&map).into_iter().eq((0..1000).step_by(2).map(|key| (key, key))));
        map.clear();
        assert_eq!(map.len(), 0);
    }
}
