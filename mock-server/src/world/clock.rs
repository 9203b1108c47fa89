//! The mock's clock: that of the machine, moved or frozen by the control route.

use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde::{Deserialize, Serialize};

use crate::model::time::Timestamp;

/// The value of `frozen_at` of a clock that runs.
const RUNNING: i64 = i64::MIN;

/// A clock that can be set, moved on and frozen. Reading it takes no lock.
#[derive(Debug)]
pub(crate) struct Clock {
    /// Seconds ahead of the machine's clock while it runs.
    ahead: AtomicI64,
    /// The second at which it is frozen, or [`RUNNING`].
    frozen_at: AtomicI64,
    /// Held by a move, so that each one starts from where the one before has ended.
    moves: Mutex<()>,
}

/// How a clock was set.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum ClockSetting {
    /// It runs this many seconds ahead of the machine's.
    AheadSeconds(i64),
    /// It is frozen.
    FrozenAt(Timestamp),
}

impl Default for Clock {
    fn default() -> Self {
        Self { ahead: AtomicI64::new(0), frozen_at: AtomicI64::new(RUNNING), moves: Mutex::default() }
    }
}

impl Clock {
    /// The time that it shows.
    pub(crate) fn now(&self) -> Timestamp {
        self.shown_at(machine_seconds())
    }

    /// The time that it shows when the machine's clock shows `machine`.
    fn shown_at(&self, machine: i64) -> Timestamp {
        match self.frozen_at.load(Ordering::Acquire) {
            RUNNING => Timestamp::from_unix_seconds(machine.saturating_add(self.ahead.load(Ordering::Acquire))),
            frozen_at => Timestamp::from_unix_seconds(frozen_at),
        }
    }

    /// How long it takes in real time until it shows `at`, if it runs.
    pub(crate) fn until(&self, at: Timestamp) -> Option<Duration> {
        if self.is_frozen() {
            return None;
        }
        let machine = at.unix_seconds().saturating_sub(self.ahead.load(Ordering::Acquire));
        let machine = Duration::from_secs(u64::try_from(machine).unwrap_or_default());
        Some(machine.saturating_sub(SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default()))
    }

    /// How it was set; none for one that shows the machine's time.
    pub(crate) fn setting(&self) -> Option<ClockSetting> {
        match (self.frozen_at.load(Ordering::Acquire), self.ahead.load(Ordering::Acquire)) {
            (RUNNING, 0) => None,
            (RUNNING, ahead) => Some(ClockSetting::AheadSeconds(ahead)),
            (frozen_at, _) => Some(ClockSetting::FrozenAt(Timestamp::from_unix_seconds(frozen_at))),
        }
    }

    /// Another clock that shows the same.
    pub(crate) fn fork(&self) -> Self {
        let clock = Self::default();
        if let Some(setting) = self.setting() {
            clock.set_as(setting);
        }
        clock
    }

    /// Sets it as another one was set.
    pub(crate) fn set_as(&self, setting: ClockSetting) {
        match setting {
            ClockSetting::AheadSeconds(ahead) => self.ahead.store(ahead, Ordering::Release),
            ClockSetting::FrozenAt(at) => {
                self.shift(|_| (at, true));
            }
        }
    }

    /// Whether it is frozen.
    pub(crate) fn is_frozen(&self) -> bool {
        self.frozen_at.load(Ordering::Acquire) != RUNNING
    }

    /// Moves it in one step: `to` is given the time that it shows, and gives the one that it is to show, and whether it
    /// stands still or runs on from there. It moves once `to` is done.
    pub(crate) fn shift(&self, to: impl FnOnce(Timestamp) -> (Timestamp, bool)) -> (Timestamp, bool) {
        // It guards no data, so a panic leaves nothing half done.
        let _alone = self.moves.lock().unwrap_or_else(PoisonError::into_inner);
        // A second that passes on the way is neither lost nor counted twice.
        let machine = machine_seconds();
        let (now, is_frozen) = to(self.shown_at(machine));
        self.ahead.store(now.unix_seconds().saturating_sub(machine), Ordering::Release);
        self.frozen_at.store(if is_frozen { now.unix_seconds() } else { RUNNING }, Ordering::Release);
        (now, is_frozen)
    }
}

fn machine_seconds() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_secs()).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_frozen_clock_stands_and_a_released_one_runs_on_from_there() {
        let clock = Clock::default();
        let then = Timestamp::parse("2030-01-01T00:00:00Z").expect("a time");
        clock.shift(|_| (then, true));
        assert_eq!((clock.now(), clock.is_frozen()), (then, true));
        clock.shift(|now| (now, false));
        assert!(!clock.is_frozen());
        assert!(clock.now() >= then && clock.now() <= then.plus_seconds(5));
    }

    #[test]
    fn the_time_until_an_instant_is_that_of_a_clock_that_runs() {
        let clock = Clock::default();
        let then = Timestamp::parse("2030-01-01T00:00:00Z").expect("a time");
        clock.shift(|_| (then, true));
        assert_eq!(clock.until(then.plus_seconds(60)), None);
        clock.shift(|_| (then, false));
        let until = clock.until(then.plus_seconds(60)).expect("it runs");
        assert!((50..=60).contains(&until.as_secs()), "{until:?}");
        assert_eq!(clock.until(then.plus_seconds(-60)), Some(Duration::ZERO));
    }
}
