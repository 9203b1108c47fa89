//! How often and how fast a run may send.

use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering};
use std::time::Duration;

use tokio::sync::Mutex;
use tokio::time::{Instant, sleep_until};

use crate::target::Settings;

/// After this many requests in a row without a connection, the target counts as out of reach.
const OUT_OF_REACH: u32 = 6;

/// How often and how fast a run may send.
#[derive(Debug)]
pub(crate) struct Pace {
    interval: Option<Duration>,
    next: Mutex<Instant>,
    budget: Option<u64>,
    sent: AtomicU64,
    /// How many of them were to control routes.
    controls: AtomicU64,
    unreached: AtomicU32,
    is_over: AtomicBool,
}

impl Pace {
    pub(crate) fn new(settings: &Settings) -> Self {
        Self {
            interval: settings.rate.map(|rate| Duration::from_secs_f64(1.0 / rate)),
            next: Mutex::new(Instant::now()),
            budget: settings.budget,
            sent: AtomicU64::new(0),
            controls: AtomicU64::new(0),
            unreached: AtomicU32::new(0),
            is_over: AtomicBool::new(false),
        }
    }

    /// Requests so far.
    pub(crate) fn sent(&self) -> u64 {
        self.sent.load(Ordering::Relaxed)
    }

    /// Requests to control routes so far.
    pub(crate) fn controls(&self) -> u64 {
        self.controls.load(Ordering::Relaxed)
    }

    /// Nothing more is to be sent, but for removals.
    pub(crate) fn end(&self) {
        self.is_over.store(true, Ordering::Relaxed);
    }

    /// Counts a request to a control route.
    pub(crate) fn count_control(&self) {
        self.controls.fetch_add(1, Ordering::Relaxed);
    }

    /// Notes that the target has answered.
    pub(crate) fn note_reached(&self) {
        self.unreached.store(0, Ordering::Relaxed);
    }

    /// Notes that the target could not be reached.
    pub(crate) fn note_unreached(&self) {
        self.unreached.fetch_add(1, Ordering::Relaxed);
    }

    /// Why nothing more may be sent, if so.
    pub(crate) fn objection(&self) -> Option<String> {
        if self.is_over.load(Ordering::Relaxed) {
            Some("the run was interrupted".into())
        } else if self.unreached.load(Ordering::Relaxed) >= OUT_OF_REACH {
            Some("the target is out of reach".into())
        } else {
            let budget = self.budget.filter(|budget| self.sent() >= *budget)?;
            Some(format!("the budget of {budget} requests is spent: see DEFENTRY_BUDGET"))
        }
    }

    /// Waits for the next turn.
    pub(crate) async fn turn(&self) {
        if let Some(interval) = self.interval {
            let mut next = self.next.lock().await;
            let turn = (*next).max(Instant::now());
            *next = turn + interval;
            drop(next);
            sleep_until(turn).await;
        }
        self.sent.fetch_add(1, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    pub(crate) async fn turns_keep_to_the_rate() {
        let pace = Pace::new(&Settings { rate: Some(2.0), ..Settings::default() });
        let began = Instant::now();
        for _ in 0..11 {
            pace.turn().await;
        }
        assert_eq!((pace.sent(), began.elapsed().as_millis()), (11, 5000));
    }
}
