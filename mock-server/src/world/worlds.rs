//! The worlds that one server holds: the main one and the sandboxes.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

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
use crate::model::base_url::Address;
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
    /// How a sandbox is to be addressed.
    pub(crate) address: Address,
    /// When it was made, in milliseconds since the server began.
    made_at: u64,
    /// When a sandbox was last reached, in milliseconds since the server began.
    reached_at: AtomicU64,
}

/// An OpenAPI document, and what it was made for.
#[derive(Debug)]
struct Document {
    settings: Arc<Settings>,
    address: Box<str>,
    bytes: Bytes,
}

/// The most sandboxes there may be.
const MOST_SANDBOXES: usize = 10_000;

/// A sandbox that is to be made.
#[derive(Clone, Debug)]
pub(crate) struct NewMount {
    /// Its name; none for one that is drawn.
    pub(crate) name: Option<Box<str>>,
    pub(crate) address: Address,
    /// Its seed; none for that of its parent.
    pub(crate) seed: Option<Arc<Seed>>,
    pub(crate) settings: Arc<Settings>,
}

/// Why a sandbox was not made.
#[derive(Debug, thiserror::Error)]
pub(crate) enum MakeError {
    #[error(transparent)]
    Seed(#[from] SeedError),
    #[error(
        "there are {0} sandboxes, and a server holds no more: DELETE /_mock/sandboxes/{{name}} ends one, and --sandbox-idle \
         SECONDS ends those that nobody uses"
    )]
    TooMany(usize),
}

/// The ages of a sandbox, in real time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Ages {
    /// Since it was made.
    pub(crate) made: Duration,
    /// Since it was last reached.
    pub(crate) idle: Duration,
}

impl Mount {
    fn new(
        sandbox: Option<Box<str>>,
        address: Address,
        origin: Arc<Origin>,
        settings: Arc<Settings>,
        made_at: u64,
    ) -> Result<Self, SeedError> {
        let world = ArcSwap::from_pointee(origin.world(&settings, sandbox.as_deref())?);
        let (document, reached_at) = (Mutex::default(), AtomicU64::new(made_at));
        Ok(Self { sandbox, address, settings: ArcSwap::new(settings), origin, world, document, made_at, reached_at })
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
    /// After how long without a request a sandbox ends.
    idle: Option<Duration>,
    /// When idle ones were last looked for, in milliseconds since the server began.
    swept_at: AtomicU64,
    began: Instant,
}

impl Worlds {
    /// A main world that is `seed`, and no sandboxes.
    ///
    /// # Errors
    /// The fault of the seed, with its place.
    pub(crate) fn new(seed: Arc<Seed>, settings: Settings, idle: Option<Duration>) -> Result<Self, SeedError> {
        let settings = Arc::new(settings);
        let origin = Arc::new(Origin::load(seed, &settings)?);
        let main = Arc::new(Mount::new(None, Address::Path, origin, settings, 0)?);
        Ok(Self {
            main,
            sandboxes: DashMap::new(),
            most: MOST_SANDBOXES,
            idle,
            swept_at: AtomicU64::new(0),
            began: Instant::now(),
        })
    }

    /// The main world.
    pub(crate) fn main(&self) -> &Arc<Mount> {
        &self.main
    }

    /// The sandbox of this name, which is reached now.
    pub(crate) fn sandbox(&self, name: &str) -> Option<Arc<Mount>> {
        let mount = self.sandboxes.get(name).map(|mount| Arc::clone(&mount))?;
        if self.is_idle(&mount) {
            self.end_sandbox(name);
            return None;
        }
        mount.reached_at.store(self.milliseconds(), Ordering::Relaxed);
        Some(mount)
    }

    /// The ages of a sandbox.
    pub(crate) fn ages(&self, mount: &Mount) -> Ages {
        let since = |at: u64| Duration::from_millis(self.milliseconds().saturating_sub(at));
        Ages { made: since(mount.made_at), idle: since(mount.reached_at.load(Ordering::Relaxed)) }
    }

    fn milliseconds(&self) -> u64 {
        u64::try_from(self.began.elapsed().as_millis()).unwrap_or(u64::MAX)
    }

    /// Whether nobody has reached it for so long that it ends.
    fn is_idle(&self, mount: &Mount) -> bool {
        self.idle.is_some_and(|idle| self.ages(mount).idle > idle)
    }

    /// Ends the sandboxes that nobody has reached for too long.
    fn end_idle(&self) {
        if self.idle.is_none() {
            return;
        }
        let idle = self.sandboxes.iter().filter(|mount| self.is_idle(mount)).map(|mount| mount.key().clone());
        for name in idle.collect::<Vec<_>>() {
            tracing::info!(%name, "a sandbox has ended that nobody used");
            self.end_sandbox(&name);
        }
    }

    /// The same, but not more than once a second: looking at all of them takes longer than making one.
    fn end_idle_now_and_then(&self) {
        let now = self.milliseconds();
        let before = self.swept_at.load(Ordering::Relaxed);
        if now >= before + 1000
            && self.swept_at.compare_exchange(before, now, Ordering::Relaxed, Ordering::Relaxed).is_ok()
        {
            self.end_idle();
        }
    }

    /// Ends all worlds: requests that wait for something in them stop waiting.
    pub(crate) fn end(&self) {
        self.main.world().end();
        self.sandboxes.iter().for_each(|mount| mount.world().end());
    }

    /// Makes a sandbox: a world of its own, of the seed of `parent` where none is given. Where there is one of its name, that
    /// one is given, and `false`.
    ///
    /// # Errors
    /// The fault of the seed, with its place, or that there are too many.
    pub(crate) fn make_sandbox(&self, parent: &Mount, new: NewMount) -> Result<(Arc<Mount>, bool), MakeError> {
        self.end_idle_now_and_then();
        if let Some(there) = new.name.as_deref().and_then(|name| self.sandbox(name)) {
            return Ok((there, false));
        }
        if self.sandboxes.len() >= self.most {
            self.end_idle();
        }
        if self.sandboxes.len() >= self.most {
            return Err(MakeError::TooMany(self.most));
        }
        let NewMount { name: asked, address, seed, settings } = new;
        let origin = match seed {
            None if parent.origin.suits(&settings) => Arc::clone(&parent.origin),
            None => Arc::new(Origin::load(parent.origin.whole_seed(), &settings)?),
            Some(seed) => Arc::new(Origin::load(seed, &settings)?),
        };
        loop {
            let drawn = || self.main.world().secrets.uuid().simple().to_string().into();
            let name: Box<str> = asked.clone().unwrap_or_else(drawn);
            match self.sandboxes.entry(name.clone()) {
                Entry::Vacant(vacant) => {
                    let now = self.milliseconds();
                    let mount = Arc::new(Mount::new(Some(name), address, origin, settings, now)?);
                    vacant.insert(Arc::clone(&mount));
                    return Ok((mount, true));
                }
                // Another request was quicker.
                Entry::Occupied(there) if asked.is_some() => return Ok((Arc::clone(there.get()), false)),
                // Where names are drawn from a seed, they start again when the main world is reset.
                Entry::Occupied(_) => {}
            }
        }
    }

    /// How many sandboxes there are.
    pub(crate) fn count(&self) -> usize {
        self.end_idle_now_and_then();
        self.sandboxes.len()
    }

    /// All sandboxes, by name.
    pub(crate) fn sandboxes(&self) -> Vec<Arc<Mount>> {
        self.end_idle();
        let mut all: Vec<Arc<Mount>> = self.sandboxes.iter().map(|entry| Arc::clone(entry.value())).collect();
        all.sort_unstable_by(|one, other| one.sandbox.cmp(&other.sandbox));
        all
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

    fn worlds(idle: Option<Duration>) -> Worlds {
        Worlds::new(Arc::new(Seed::empty_world()), Settings::default(), idle).expect("a world")
    }

    fn make(worlds: &Worlds, name: Option<&str>) -> Result<(Arc<Mount>, bool), MakeError> {
        let main = worlds.main();
        let (name, settings) = (name.map(Into::into), main.settings());
        worlds.make_sandbox(main, NewMount { name, address: Address::Path, seed: None, settings })
    }

    #[test]
    fn there_are_so_many_sandboxes_and_no_more() {
        let worlds = Worlds { most: 2, ..worlds(None) };
        let (first, _) = make(&worlds, None).expect("a sandbox");
        make(&worlds, Some("a")).expect("a sandbox");
        assert!(matches!(make(&worlds, None), Err(MakeError::TooMany(2))));
        assert!(!make(&worlds, Some("a")).expect("the one that is there").1);
        assert!(worlds.end_sandbox(first.sandbox.as_deref().expect("a name")));
        make(&worlds, None).expect("a sandbox");
    }

    #[test]
    fn a_name_is_that_of_one_sandbox() {
        let worlds = worlds(None);
        let made = std::thread::scope(|scope| {
            let threads: Vec<_> =
                (0..8).map(|_| scope.spawn(|| make(&worlds, Some("a")).expect("a sandbox"))).collect();
            threads.into_iter().map(|thread| thread.join().expect("no panic")).collect::<Vec<_>>()
        });
        assert_eq!(made.iter().filter(|(_, is_new)| *is_new).count(), 1);
        assert!(made.iter().all(|(mount, _)| Arc::ptr_eq(mount, &made[0].0)));
    }

    #[test]
    fn a_sandbox_that_nobody_uses_ends() {
        let worlds =
            Worlds { began: Instant::now() - Duration::from_secs(100), ..worlds(Some(Duration::from_secs(60))) };
        let old = make(&worlds, Some("old")).expect("a sandbox").0;
        make(&worlds, Some("other")).expect("a sandbox");
        old.reached_at.store(1_000, Ordering::Relaxed);
        assert!(worlds.sandbox("old").is_none() && worlds.sandbox("other").is_some());
        old.reached_at.store(1_000, Ordering::Relaxed);
        let names: Vec<_> = worlds.sandboxes().iter().map(|mount| mount.sandbox.clone()).collect();
        assert_eq!(names, [Some("other".into())]);
    }
}
