//! The world that a seed makes, as it was loaded: worlds begin as forks of it, and go back to it.

use std::sync::Arc;

use super::seed::Seed;
use super::seed::faults::SeedError;
use super::seed::load::load;
use super::settings::Settings;
use super::state::World;
use crate::guide::assumptions::{Assumptions, LeaksPending, ScopeForeignItem};
use crate::guide::trace::Assumed;

/// A seed, and the world that it makes. Nothing changes that world.
#[derive(Debug)]
pub(crate) struct Origin {
    seed: Arc<Seed>,
    /// Whether the accounts of the seed are only in the world, because there are many.
    is_long: bool,
    world: World,
}

impl Origin {
    /// Loads a seed.
    ///
    /// # Errors
    /// The fault of the seed, with its place.
    pub(crate) fn load(seed: Arc<Seed>, settings: &Arc<Settings>) -> Result<Self, SeedError> {
        let world = load(&seed, Arc::clone(settings), None)?;
        let is_long = seed.is_long();
        let seed = if is_long { Arc::new(seed.without_unread()) } else { seed };
        Ok(Self { seed, is_long, world })
    }

    /// The seed with all accounts, to load it under other assumptions. The alarms of a long one are those that it has.
    pub(crate) fn whole_seed(&self) -> Arc<Seed> {
        if self.is_long { Arc::new(self.world.snapshot()) } else { Arc::clone(&self.seed) }
    }

    /// Whether a world with these settings begins as this one does, but for its secrets.
    pub(crate) fn suits(&self, settings: &Settings) -> bool {
        let settings = self.seed.settings(Arc::new(settings.clone()));
        settings
            .is_ok_and(|settings| read_by_loading(&settings.assumptions) == read_by_loading(self.world.assumptions()))
    }

    /// A world that begins here: the main one, or that of the sandbox of this name.
    ///
    /// # Errors
    /// None for settings that it [suits](Self::suits).
    pub(crate) fn world(&self, settings: &Arc<Settings>, sandbox: Option<&str>) -> Result<World, SeedError> {
        Ok(self.world.fork(self.seed.settings(Arc::clone(settings))?, sandbox))
    }
}

/// The assumptions that loading a seed follows. All others are read when a request comes.
fn read_by_loading(assumptions: &Assumptions) -> (LeaksPending, bool) {
    let assumed = Assumed::unrecorded(assumptions);
    (assumed.choice(), assumed.choice::<ScopeForeignItem>() == ScopeForeignItem::NotFound)
}

#[cfg(test)]
mod tests {
    use serde_json::Value as Json;

    use super::*;

    #[test]
    fn a_world_that_begins_at_an_origin_is_the_one_that_loading_makes() {
        let fixture: Json = serde_json::from_str(include_str!("../../../fixtures/assumptions.json")).expect("JSON");
        let seed = Arc::new(Seed::default_world());
        let origin = Origin::load(Arc::clone(&seed), &Arc::new(Settings::default())).expect("a world");
        let switches = fixture["switches"].as_array().expect("a list");
        let mut suited = 0;
        for switch in switches {
            let key = switch["key"].as_str().expect("a key");
            for value in switch["values"].as_array().into_iter().flatten() {
                let value = value["value"].as_str().expect("a value");
                let mut settings = Settings { random_seed: Some(1), ..Settings::default() };
                settings.assumptions.set(key, value).expect("a value of the key");
                let settings = Arc::new(settings);
                if origin.suits(&settings) {
                    suited += 1;
                    let forked = origin.world(&settings, Some("x")).expect("a world").snapshot().to_text();
                    let loaded = load(&seed, settings, Some("x")).expect("a world").snapshot().to_text();
                    assert_eq!(forked, loaded, "{key}={value}");
                }
            }
        }
        assert!(suited > switches.len(), "{suited}");
    }
}
