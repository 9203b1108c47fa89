//! The worlds that one server holds: the main one and the sandboxes.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

use arc_swap::ArcSwap;
use bytes::Bytes;
use dashmap::{DashMap, Entry};
use parking_lot::Mutex;

use super::origin::Origin;
use super::seed::Seed;
use super::seed::faults::SeedError;
use super::seed::load::load;
use super::settings::Settings;
use super::state::World;
use crate::profile::Profile;

/// A world at its place: it can be reset to its seed, and a snapshot can be restored there.
#[derive(Debug)]
pub(crate) struct Mount {
    /// The name of the sandbox; none for the main world.
    pub(crate) sandbox: Option<Box<str>>,
    settings: ArcSwap<Settings>,
    origin: Arc<Origin>,
    world: ArcSwap<World>,
    /// The last OpenAPI document that was made of it: making one takes longer than a hundred requests.
    document: Mutex<Option<Document>>,
    /// When a sandbox was last reached, in milliseconds since [`Worlds::began`].
    reached_at: AtomicU64,
}

/// An OpenAPI document, and what it was made for.
#[derive(Debug)]
struct Document {
    settings: Arc<Settings>,
    address: Box<str>,
    bytes: Bytes,
}

/// The most sandboxes there may be: with the next one, the one ends that was not reached for the longest time.
const MOST_SANDBOXES: usize = 10_000;

impl Mount {
    fn new(sandbox: Option<Box<str>>, origin: Arc<Origin>, settings: Arc<Settings>) -> Result<Self, SeedError> {
        let world = ArcSwap::from_pointee(origin.world(&settings, sandbox.as_deref())?);
        let (document, reached_at) = (Mutex::default(), AtomicU64::new(0));
        Ok(Self { sandbox, settings: ArcSwap::new(settings), origin, world, document, reached_at })
    }

    /// The settings that it goes back to.
    pub(crate) fn settings(&self) -> Arc<Settings> {
        self.settings.load_full()
    }

    /// Does as a target was seen to do from now on; none forgets what was learnt. What is in the world stays. Requests that
    /// are under way end in the world as it was.
    pub(crate) fn learn(&self, profile: Option<Arc<Profile>>) {
        let before = self.world();
        let learnt = |settings: &Settings| {
            let mut settings = settings.clone();
            settings.learn(profile.clone());
            Arc::new(settings)
        };
        self.settings.store(learnt(&self.settings()));
        let fresh = before.fork(learnt(&before.settings), self.sandbox.as_deref());
        self.world.swap(Arc::new(fresh.with_journal_of(&before))).end();
    }

    /// The seed that it goes back to.
    pub(crate) fn seed(&self) -> &Arc<Seed> {
        self.origin.seed()
    }

    /// Goes back to the seed. Requests that are under way end in the old world, and nothing of them is left.
    ///
    /// # Errors
    /// None for a seed that has already made a world.
    pub(crate) fn reset(&self) -> Result<(), SeedError> {
        let fresh = self.origin.world(&self.settings(), self.sandbox.as_deref())?;
        self.world.swap(Arc::new(fresh)).end();
        Ok(())
    }

    /// Puts `seed` in the place of the world until the next reset, which goes back to the seed that was there before.
    ///
    /// # Errors
    /// The fault of the seed, with its place; then the world stays as it was.
    pub(crate) fn restore(&self, seed: &Seed) -> Result<(), SeedError> {
        let fresh = load(seed, self.settings(), self.sandbox.as_deref())?;
        let before = self.world();
        self.world.swap(Arc::new(fresh.with_journal_of(&before))).end();
        Ok(())
    }

    /// The OpenAPI document of a world with these settings as it is served at `address`. It is made by `make` where the last
    /// one was for others.
    pub(crate) fn document(&self, settings: &Arc<Settings>, address: &str, make: impl FnOnce() -> String) -> Bytes {
        let mut document = self.document.lock();
        match &*document {
            Some(made) if Arc::ptr_eq(&made.settings, settings) && *made.address == *address => made.bytes.clone(),
            _ => {
                let bytes = Bytes::from(make());
                let (settings, address) = (Arc::clone(settings), address.into());
                *document = Some(Document { settings, address, bytes: bytes.clone() });
                bytes
            }
        }
    }

    /// The world as it is now.
    pub(crate) fn world(&self) -> Arc<World> {
        self.world.load_full()
    }
}

/// All worlds of a server.
#[derive(Debug)]
pub(crate) struct Worlds {
    main: Arc<Mount>,
    sandboxes: DashMap<Box<str>, Arc<Mount>>,
    /// How many there may be.
    most: usize,
    began: Instant,
}

impl Worlds {
    /// A main world that is `seed`, and no sandboxes.
    ///
    /// # Errors
    /// The fault of the seed, with its place.
    pub(crate) fn new(seed: Arc<Seed>, settings: Settings) -> Result<Self, SeedError> {
        let settings = Arc::new(settings);
        let origin = Arc::new(Origin::load(seed, &settings)?);
        let main = Arc::new(Mount::new(None, origin, settings)?);
        Ok(Self { main, sandboxes: DashMap::new(), most: MOST_SANDBOXES, began: Instant::now() })
    }

    /// The main world.
    pub(crate) fn main(&self) -> &Arc<Mount> {
        &self.main
    }

    /// The sandbox of this name.
    pub(crate) fn sandbox(&self, name: &str) -> Option<Arc<Mount>> {
        let mount = self.sandboxes.get(name).map(|mount| Arc::clone(&mount))?;
        mount.reached_at.store(self.milliseconds(), Ordering::Relaxed);
        Some(mount)
    }

    fn milliseconds(&self) -> u64 {
        u64::try_from(self.began.elapsed().as_millis()).unwrap_or(u64::MAX)
    }

    /// Ends the sandbox that was not reached for the longest time, if there are too many.
    fn make_room(&self) {
        if self.sandboxes.len() < self.most {
            return;
        }
        let reached_at = |mount: &Mount| mount.reached_at.load(Ordering::Relaxed);
        let idle = self.sandboxes.iter().min_by_key(|mount| reached_at(mount)).map(|mount| mount.key().clone());
        if let Some(name) = idle {
            tracing::warn!(%name, most = self.most, "the sandbox that was idle the longest has ended");
            self.end_sandbox(&name);
        }
    }

    /// Ends all worlds: requests that wait for something in them stop waiting.
    pub(crate) fn end(&self) {
        self.main.world().end();
        self.sandboxes.iter().for_each(|mount| mount.world().end());
    }

    /// Makes a sandbox: a world of its own, of the seed of `parent` where none is given.
    ///
    /// # Errors
    /// The fault of the seed, with its place.
    pub(crate) fn make_sandbox(
        &self,
        parent: &Mount,
        seed: Option<Arc<Seed>>,
        settings: Arc<Settings>,
    ) -> Result<Arc<Mount>, SeedError> {
        let origin = match seed {
            None if parent.origin.suits(&settings) => Arc::clone(&parent.origin),
            None => Arc::new(Origin::load(parent.origin.whole_seed(), &settings)?),
            Some(seed) => Arc::new(Origin::load(seed, &settings)?),
        };
        self.make_room();
        loop {
            let name: Box<str> = self.main.world().secrets.uuid().simple().to_string().into();
            // Where names are drawn from a seed, they start again when the main world is reset.
            if let Entry::Vacant(vacant) = self.sandboxes.entry(name.clone()) {
                let mount = Arc::new(Mount::new(Some(name), origin, settings)?);
                mount.reached_at.store(self.milliseconds(), Ordering::Relaxed);
                vacant.insert(Arc::clone(&mount));
                return Ok(mount);
            }
        }
    }

    /// The names of all sandboxes, in no particular order.
    pub(crate) fn sandboxes(&self) -> Vec<Box<str>> {
        self.sandboxes.iter().map(|entry| entry.key().clone()).collect()
    }

    /// Ends a sandbox. False if none has that name.
    pub(crate) fn end_sandbox(&self, name: &str) -> bool {
        let ended = self.sandboxes.remove(name);
        if let Some((_, mount)) = &ended {
            mount.world().end();
        }
        ended.is_some()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_too_many_sandboxes_the_one_ends_that_was_idle_the_longest() {
        let seed = Arc::new(Seed::empty_world());
        let mut worlds = Worlds::new(seed, Settings::default()).expect("a world");
        worlds.most = 3;
        let make = |worlds: &Worlds| {
            let main = Arc::clone(worlds.main());
            worlds.make_sandbox(&main, None, main.settings()).expect("a sandbox")
        };
        let made: Vec<Arc<Mount>> = (0..3).map(|_| make(&worlds)).collect();
        for (mount, at) in made.iter().zip([20, 10, 30]) {
            mount.reached_at.store(at, Ordering::Relaxed);
        }
        make(&worlds);
        let is_there = |mount: &Arc<Mount>| mount.sandbox.as_deref().is_some_and(|name| worlds.sandbox(name).is_some());
        assert_eq!(made.iter().map(is_there).collect::<Vec<_>>(), [true, false, true]);
        assert_eq!(worlds.sandboxes().len(), 3);
    }
}
