//! How often and how fast a run may send.

use std::collections::BTreeMap;
use std::sync::Mutex as SyncMutex;
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering};
use std::time::Duration;

use tokio::sync::{Mutex, watch};
use tokio::time::{Instant, sleep_until};

use crate::lock::lock;
use crate::target::Settings;

/// After this many requests in a row without a connection, the target counts as out of reach.
const OUT_OF_REACH: u32 = 6;

/// How often and how fast a run may send.
#[derive(Debug)]
pub(crate) struct Pace {
    interval: Option<Duration>,
    next: Mutex<Instant>,
    budget: Option<u64>,
    haste: u32,
    sent: AtomicU64,
    /// How many of them were to control routes.
    controls: AtomicU64,
    unreached: AtomicU32,
    /// Why the last of them could not connect.
    unreached_because: SyncMutex<Option<String>>,
    /// Whether a request has waited in vain for a target that throttles, and none was let through since.
    is_throttled: AtomicBool,
    /// How many requests of a kind in a row have got no answer in time.
    unanswered: SyncMutex<BTreeMap<String, u32>>,
    is_over: watch::Sender<bool>,
}

impl Pace {
    pub(crate) fn new(settings: &Settings) -> Self {
        Self {
            interval: settings.rate.map(|rate| Duration::from_secs_f64(1.0 / rate)),
            next: Mutex::new(Instant::now()),
            budget: settings.budget,
            haste: settings.haste.max(1),
            sent: AtomicU64::new(0),
            controls: AtomicU64::new(0),
            unreached: AtomicU32::new(0),
            unreached_because: SyncMutex::default(),
            is_throttled: AtomicBool::new(false),
            unanswered: SyncMutex::default(),
            is_over: watch::Sender::new(false),
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
        self.is_over.send_replace(true);
    }

    /// Counts a request to a control route.
    pub(crate) fn count_control(&self) {
        self.controls.fetch_add(1, Ordering::Relaxed);
    }

    /// Notes that the target has answered.
    pub(crate) fn note_reached(&self) {
        self.unreached.store(0, Ordering::Relaxed);
    }

    /// Notes that the target could not be reached, and why.
    pub(crate) fn note_unreached(&self, cause: &str) {
        *lock(&self.unreached_because) = Some(cause.to_owned());
        self.unreached.fetch_add(1, Ordering::Relaxed);
    }

    /// Why the target could not be reached, if the last request did not reach it.
    pub(crate) fn unreached(&self) -> Option<String> {
        let because = lock(&self.unreached_because).clone();
        because.filter(|_| self.unreached.load(Ordering::Relaxed) > 0)
    }

    /// How many requests of a kind have got no answer in time since one was answered.
    pub(crate) fn unanswered(&self, kind: &str) -> u32 {
        lock(&self.unanswered).get(kind).copied().unwrap_or_default()
    }

    /// Notes one more, and returns how many there are now.
    pub(crate) fn note_unanswered(&self, kind: String) -> u32 {
        let mut unanswered = lock(&self.unanswered);
        let many = unanswered.entry(kind).or_default();
        *many += 1;
        *many
    }

    /// Notes that one was answered.
    pub(crate) fn note_answered(&self, kind: &str) {
        lock(&self.unanswered).remove(kind);
    }

    /// Notes whether a request has waited in vain for a target that throttles, or was let through.
    pub(crate) fn note_throttled(&self, is_throttled: bool) {
        self.is_throttled.store(is_throttled, Ordering::Relaxed);
    }

    /// Whether the target throttles for longer than a request waits.
    pub(crate) fn is_throttled(&self) -> bool {
        self.is_throttled.load(Ordering::Relaxed)
    }

    /// That the run was interrupted, if so.
    pub(crate) fn interruption(&self) -> Option<String> {
        self.is_over.borrow().then(|| "the run was interrupted".into())
    }

    /// Why nothing more may be sent, if so.
    pub(crate) fn objection(&self) -> Option<String> {
        if let Some(interruption) = self.interruption() {
            Some(interruption)
        } else if self.unreached.load(Ordering::Relaxed) >= OUT_OF_REACH {
            let because = lock(&self.unreached_because).as_ref().map(|because| format!(": {because}"));
            Some(format!("the target is out of reach{}", because.unwrap_or_default()))
        } else {
            // What a mock serves beside the API costs nobody anything.
            let budget = self.budget.filter(|budget| self.sent().saturating_sub(self.controls()) >= *budget)?;
            Some(format!("the budget of {budget} requests is spent: see DEFENTRY_BUDGET"))
        }
    }

    /// A wait that gives the target time, as long as it is here.
    pub(crate) fn shortened(&self, wait: Duration) -> Duration {
        wait / self.haste
    }

    /// Waits until `end`, or until the run is over; a removal waits on.
    pub(crate) async fn wait_until(&self, end: Instant, is_removal: bool) {
        if is_removal {
            sleep_until(end).await;
        } else {
            tokio::select! {
                () = sleep_until(end) => {}
                () = self.over() => {}
            }
        }
    }

    /// Waits until the run is over.
    pub(crate) async fn over(&self) {
        let mut is_over = self.is_over.subscribe();
        drop(is_over.wait_for(|is_over| *is_over).await);
    }

    /// Waits for the next turn, or until the run is over; a removal waits on.
    pub(crate) async fn turn(&self, is_removal: bool) {
        if let Some(interval) = self.interval {
            let mut next = self.next.lock().await;
            let turn = (*next).max(Instant::now());
            *next = turn + interval;
            drop(next);
            self.wait_until(turn, is_removal).await;
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
            pace.turn(false).await;
        }
        assert_eq!((pace.sent(), began.elapsed().as_millis()), (11, 5000));
    }
    #[tokio::test(start_paused = true)]
    async fn the_end_of_a_run_ends_every_wait_but_that_of_a_removal() {
        let pace = Pace::new(&Settings::default());
        let began = Instant::now();
        let end = began + Duration::from_secs(60);
        tokio::join!(pace.wait_until(end, false), async { pace.end() });
        assert_eq!(began.elapsed(), Duration::ZERO);
        pace.wait_until(end, true).await;
        assert_eq!(began.elapsed().as_secs(), 60);
    }

    #[test]
    fn a_target_out_of_reach_keeps_its_cause() {
        let pace = Pace::new(&Settings::default());
        for _ in 0..OUT_OF_REACH {
            assert_eq!(pace.objection(), None);
            pace.note_unreached("Connection refused");
        }
        assert_eq!(pace.objection().as_deref(), Some("the target is out of reach: Connection refused"));
        assert_eq!(pace.unreached().as_deref(), Some("Connection refused"));
        pace.note_reached();
        assert_eq!((pace.objection(), pace.unreached()), (None, None));
    }
}
