//! Faults on demand: what a test wants to go wrong, which requests or messages of a world it matches, and how often.
//!
//! Faults are pure and know statuses by their numbers. The dispatcher writes the response of a request that a fault
//! applies to, the connection ends as it says, and the outbox delays or drops messages.

pub(crate) mod effect;
pub(crate) mod kinds;
pub(crate) mod new_fault;
pub(crate) mod pattern;

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard};
use std::time::Duration;

use rand::{Rng, RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use rand_distr::{Distribution as _, LogNormal};
use serde::Serialize;

use self::effect::{Injection, MessageEffect, RequestEffect};
use self::kinds::{Distribution, FaultKind, Latency};
use self::new_fault::NewFault;
use self::pattern::IncomingRequest;
use crate::model::message::NewMessage;
use crate::model::time::Timestamp;

/// The most faults that a world takes, because each request is compared with all of them.
const MOST: usize = 1000;

/// A fault that is set, and how often it has applied.
#[derive(Clone, Debug, Serialize)]
pub struct FaultRecord {
    /// Counts up from 1 in each world.
    pub id: u64,
    /// The fault as it was asked for, with values for fields that were left out.
    #[serde(flatten)]
    pub fault: NewFault,
    /// How many requests or messages it has applied to.
    pub matched: u64,
    /// How many more it will apply to, if that is limited.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub left: Option<u64>,
    /// When it ends by the mock's clock, if it does.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ends_at: Option<Timestamp>,
    /// Whether it is over, by count or by time.
    pub is_over: bool,
}

/// The fault that applied to a request, or to a message that the request sent, as the journal names it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct InjectedFault {
    /// The id of the fault.
    pub id: u64,
    /// Its effect.
    pub kind: FaultKind,
}

impl InjectedFault {
    /// The sentence of `X-Mock-Hint`.
    pub(crate) fn hint(self) -> String {
        let Self { id, kind } = self;
        let did = match kind {
            FaultKind::Latency => "delayed this response",
            FaultKind::Status | FaultKind::Throttle => "made this response",
            FaultKind::Cut | FaultKind::Reset => "ended the connection without a response",
            FaultKind::Truncate => "truncated this response",
            FaultKind::MessageDelay | FaultKind::MessageDrop | FaultKind::MessageDouble | FaultKind::MessageReorder => {
                "applied to a message that this request sent"
            }
        };
        format!("a fault set by POST /_mock/faults (id {id}, {}) {did}", kind.name())
    }
}

/// The effect of the faults that apply to one request.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct InjectedEffect {
    pub(crate) by: InjectedFault,
    /// How much later the response is sent.
    pub(crate) delay: Duration,
    /// None where the delay is all.
    pub(crate) effect: Option<RequestEffect>,
}

/// A fault that is set.
#[derive(Clone, Debug)]
struct Fault {
    id: u64,
    asked: NewFault,
    injection: Injection,
    ends_at: Option<Timestamp>,
    /// How many requests or messages came that it is about, whether it applied to them or not.
    seen: u64,
    matched: u64,
}

/// The faults of one world.
#[derive(Debug, Default)]
pub(crate) struct Faults {
    /// Asked by every request, so that a world without faults takes no lock.
    is_any: AtomicBool,
    list: Mutex<List>,
}

#[derive(Debug, Default)]
struct List {
    last_id: u64,
    /// In the order in which they were set.
    faults: Vec<Fault>,
}

impl Faults {
    /// Whether any is set, be it over or not.
    pub(crate) fn is_any(&self) -> bool {
        self.is_any.load(Ordering::Relaxed)
    }

    /// Sets a fault under the next id.
    ///
    /// # Errors
    /// A sentence that names the field, and says what would be right.
    pub(crate) fn add(&self, asked: &NewFault, now: Timestamp) -> Result<FaultRecord, String> {
        let mut list = self.lock();
        if list.faults.len() >= MOST {
            return Err(format!("{MOST} faults are set, and a world takes no more; DELETE /_mock/faults removes them"));
        }
        let id = list.last_id + 1;
        let fault = Fault::new(id, asked, now)?;
        let record = fault.record(now);
        list.last_id = id;
        list.faults.push(fault);
        self.is_any.store(true, Ordering::Relaxed);
        Ok(record)
    }

    /// All that are set, those that are over included, in the order in which they were set.
    pub(crate) fn list(&self, now: Timestamp) -> Vec<FaultRecord> {
        self.lock().faults.iter().map(|fault| fault.record(now)).collect()
    }

    /// Removes all.
    pub(crate) fn clear(&self) {
        self.retain(|_| false);
    }

    /// Removes one. False where there is none of that id.
    pub(crate) fn remove(&self, id: u64) -> bool {
        self.retain(|fault| fault.id != id) > 0
    }

    /// The effect on a request: the latencies that apply, up to the first other fault that applies.
    pub(crate) fn inject_request(&self, request: &IncomingRequest<'_>, now: Timestamp) -> Option<InjectedEffect> {
        let mut injected: Option<InjectedEffect> = None;
        for fault in &mut self.lock().faults {
            let is_match = match &fault.injection {
                Injection::Latency(pattern, _) | Injection::Request(pattern, _) => pattern.matches(request),
                Injection::Message(..) => false,
            };
            if !is_match || !fault.applies(now) {
                continue;
            }
            let by = fault.name();
            match &fault.injection {
                Injection::Latency(_, latency) => {
                    let delay = latency.draw(&mut fault.random(Draw::Latency));
                    injected.get_or_insert(InjectedEffect { by, delay: Duration::ZERO, effect: None }).delay += delay;
                }
                Injection::Request(_, effect) => {
                    let delay = injected.map_or(Duration::ZERO, |before| before.delay);
                    return Some(InjectedEffect { by, delay, effect: Some(effect.clone()) });
                }
                Injection::Message(..) => {}
            }
        }
        injected
    }

    /// The effect on a message. A message that another one waits for does not wait in turn.
    pub(crate) fn inject_message(
        &self,
        message: &NewMessage,
        is_awaited: bool,
    ) -> Option<(InjectedFault, MessageEffect)> {
        if !self.is_any() {
            return None;
        }
        self.lock().faults.iter_mut().find_map(|fault| {
            let Injection::Message(filter, effect) = &fault.injection else { return None };
            let would_wait = matches!(effect, MessageEffect::Reorder { .. });
            if would_wait && is_awaited || !filter.admits(message) {
                return None;
            }
            let effect = effect.clone();
            fault.applies(message.sent_at).then(|| (fault.name(), effect))
        })
    }

    /// Keeps some, and returns how many were removed.
    fn retain(&self, keeps: impl Fn(&Fault) -> bool) -> usize {
        let mut list = self.lock();
        let before = list.faults.len();
        list.faults.retain(keeps);
        self.is_any.store(!list.faults.is_empty(), Ordering::Relaxed);
        before - list.faults.len()
    }

    fn lock(&self) -> MutexGuard<'_, List> {
        self.list.lock().expect("nothing panics while it holds the faults")
    }
}

impl Fault {
    /// A fault that has not applied yet.
    fn new(id: u64, asked: &NewFault, now: Timestamp) -> Result<Self, String> {
        let injection = asked.injection()?;
        let mut asked = asked.clone();
        asked.fill_in(id);
        let ends_at = asked.for_seconds.map(|seconds| now.plus_seconds(i64::from(seconds)));
        Ok(Self { id, asked, injection, ends_at, seen: 0, matched: 0 })
    }

    fn name(&self) -> InjectedFault {
        InjectedFault { id: self.id, kind: self.asked.kind }
    }

    /// How many more it will apply to, if that is limited.
    fn left(&self) -> Option<u64> {
        self.asked.next.map(|next| next - self.matched)
    }

    fn is_over(&self, now: Timestamp) -> bool {
        self.left() == Some(0) || self.ends_at.is_some_and(|end| now >= end)
    }

    /// Whether it applies to the request or message that has just come, which is counted.
    fn applies(&mut self, now: Timestamp) -> bool {
        if self.is_over(now) {
            return false;
        }
        self.seen += 1;
        let applies = self.asked.share.is_none_or(|share| self.random(Draw::Turn).random::<f64>() < share);
        self.matched += u64::from(applies);
        applies
    }

    /// The random numbers of this turn, each purpose with its own. The id is the seed where none was given.
    fn random(&self, draw: Draw) -> ChaCha8Rng {
        let mut random = ChaCha8Rng::seed_from_u64(self.asked.random_seed.unwrap_or(self.id));
        random.set_stream(self.seen.wrapping_mul(2).wrapping_add(draw as u64));
        random
    }

    fn record(&self, now: Timestamp) -> FaultRecord {
        FaultRecord {
            id: self.id,
            fault: self.asked.clone(),
            matched: self.matched,
            left: self.left(),
            ends_at: self.ends_at,
            is_over: self.is_over(now),
        }
    }
}

/// The purpose of a random number.
#[derive(Clone, Copy)]
enum Draw {
    Turn,
    Latency,
}

impl Latency {
    fn draw(self, random: &mut impl Rng) -> Duration {
        let milliseconds = match self {
            Self::Fixed(milliseconds) => f64::from(milliseconds),
            Self::Drawn(Distribution::Uniform(from, to)) => f64::from(random.random_range(from..=to)),
            Self::Drawn(Distribution::Lognormal { median, sigma }) => {
                // The logarithm of a median of 0 has no value, and no latency is 0.
                let drawn = LogNormal::new(median.max(f64::MIN_POSITIVE).ln(), sigma);
                drawn.map_or(median, |distribution| distribution.sample(random))
            }
        };
        Duration::from_secs_f64(milliseconds.min(f64::from(Self::LONGEST)) / 1000.0)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::LazyLock;

    use axum::http::Method;

    use super::*;
    use crate::model::principal::TokenSeen;

    static NOON: LazyLock<Timestamp> = LazyLock::new(|| Timestamp::parse("2030-01-01T12:00:00Z").expect("a time"));

    /// Sets a fault that is written as on the control route.
    fn add(faults: &Faults, asked: &str) -> FaultRecord {
        let asked = serde_json::from_str(asked).expect("a fault");
        faults.add(&asked, *NOON).expect("a fault that keeps to the rules")
    }

    fn inject(faults: &Faults, now: Timestamp) -> Option<InjectedEffect> {
        let path = "/api/v1/alarms";
        let (method, token) = (&Method::GET, TokenSeen::None);
        faults.inject_request(&IncomingRequest { method, path, documented: Some(path), token_number: None, token }, now)
    }

    /// Which of the first `many` requests a fault applies to.
    fn applied(asked: &str, many: usize) -> Vec<bool> {
        let faults = Faults::default();
        add(&faults, asked);
        (0..many).map(|_| inject(&faults, *NOON).is_some()).collect()
    }

    #[test]
    fn a_fault_applies_to_the_next_few_or_all_or_a_share() {
        assert_eq!(applied(r#"{ "kind": "cut", "next": 2 }"#, 4), [true, true, false, false]);
        assert_eq!(applied(r#"{ "kind": "cut" }"#, 3), [true; 3]);
        assert_eq!(applied(r#"{ "kind": "cut", "share": 0 }"#, 100), [false; 100]);
        assert_eq!(applied(r#"{ "kind": "cut", "share": 1 }"#, 100), [true; 100]);
        let of_seed =
            |seed: u64| applied(&format!(r#"{{ "kind": "cut", "share": 0.25, "random_seed": {seed} }}"#), 1000);
        assert_eq!(of_seed(7), of_seed(7));
        for seed in [0, 7, u64::MAX] {
            let many = of_seed(seed).iter().filter(|applies| **applies).count();
            assert!((180..320).contains(&many), "{many} of 1000 with seed {seed}");
            assert_ne!(of_seed(seed), of_seed(seed ^ 1), "{seed}");
        }
    }

    #[test]
    fn a_fault_ends_by_its_count_or_by_the_clock() {
        let faults = Faults::default();
        let set = add(&faults, r#"{ "kind": "throttle", "retry_after_seconds": 1, "next": 2, "for_seconds": 60 }"#);
        assert_eq!((set.left, set.ends_at, set.is_over), (Some(2), Some(NOON.plus_seconds(60)), false));
        assert!(inject(&faults, NOON.plus_seconds(59)).is_some());
        assert!(inject(&faults, NOON.plus_seconds(60)).is_none());
        let state = |now| {
            let listed = faults.list(now);
            (listed[0].matched, listed[0].left, listed[0].is_over)
        };
        assert_eq!(state(NOON.plus_seconds(60)), (1, Some(1), true));
        assert_eq!(state(*NOON), (1, Some(1), false));
        assert!(inject(&faults, *NOON).is_some());
        assert_eq!(state(*NOON), (2, Some(0), true));
        assert!(inject(&faults, *NOON).is_none());
    }

    #[test]
    fn the_first_fault_that_applies_wins_and_latencies_before_it_add_up() {
        let faults = Faults::default();
        add(&faults, r#"{ "kind": "latency", "milliseconds": 10 }"#);
        add(&faults, r#"{ "kind": "latency", "milliseconds": 20, "next": 1 }"#);
        add(&faults, r#"{ "kind": "cut", "next": 2 }"#);
        add(&faults, r#"{ "kind": "reset" }"#);
        add(&faults, r#"{ "kind": "latency", "milliseconds": 40 }"#);
        let next = || {
            let injected = inject(&faults, *NOON).expect("a fault applies");
            (injected.by.id, injected.delay.as_millis())
        };
        assert_eq!((next(), next(), next()), ((3, 30), (3, 10), (4, 10)));
        assert!(faults.remove(4) && !faults.remove(4));
        assert_eq!(next(), (1, 50), "where only latencies apply, the first is named");
        let matched: Vec<u64> = faults.list(*NOON).iter().map(|fault| fault.matched).collect();
        assert_eq!(matched, [4, 1, 2, 1]);
        faults.clear();
        assert!(inject(&faults, *NOON).is_none() && !faults.is_any());
        assert_eq!(add(&faults, r#"{ "kind": "cut" }"#).id, 6, "an id is not given twice");
    }

    #[test]
    fn latencies_are_as_their_distribution_says() {
        let drawn = |latency: Latency, seed: u64| -> Vec<u128> {
            let mut random = ChaCha8Rng::seed_from_u64(seed);
            (1..=1000).map(|_| latency.draw(&mut random).as_millis()).collect()
        };
        assert_eq!(drawn(Latency::Fixed(7), 1), [7; 1000]);

        let uniform = Latency::Drawn(Distribution::Uniform(50, 400));
        let all = drawn(uniform, 1);
        assert!(all.iter().all(|latency| (50..=400).contains(latency)));
        assert!(all.iter().any(|latency| *latency < 60) && all.iter().any(|latency| *latency > 390));
        assert_eq!(drawn(uniform, 1), all);
        assert_ne!(drawn(uniform, 2), all);
        assert_eq!(drawn(Latency::Drawn(Distribution::Uniform(60_000, 60_000)), 1), [60_000; 1000]);

        let lognormal = |sigma| drawn(Latency::Drawn(Distribution::Lognormal { median: 90.0, sigma }), 1);
        let mut all = lognormal(0.4);
        all.sort_unstable();
        assert!((80..100).contains(&all[500]), "the median is {}", all[500]);
        // Of a lognormal distribution 2.3% lie above the median times e to the power of twice sigma.
        assert!((180..230).contains(&all[977]), "the 97.7th percentile is {}", all[977]);
        assert_eq!(lognormal(0.0), [90; 1000]);
        assert!(lognormal(10.0).iter().all(|latency| *latency <= 60_000));
    }

    #[test]
    fn a_world_takes_only_so_many() {
        let faults = Faults::default();
        let asked = NewFault::of(FaultKind::Cut);
        (0..MOST).for_each(|_| drop(faults.add(&asked, *NOON).expect("there is room")));
        assert!(faults.add(&asked, *NOON).expect_err("there is none").contains("DELETE /_mock/faults"));
    }
}
