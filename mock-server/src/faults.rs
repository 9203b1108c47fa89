//! Faults on demand: what a test wants to go wrong, which requests or messages of a world it strikes, and whose turn it
//! is.
//!
//! The answer that a struck request gets is written in `call`, the end of its connection is in `connection`, and what
//! becomes of a struck message is in `outbox`.

mod aim;
mod asked;

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard};
use std::time::Duration;

use serde::Serialize;

pub(crate) use self::aim::Met;
use self::aim::RequestAim;
pub use self::asked::{Distribution, FaultKind, FaultToken, FaultWhen, Latency, NewFault};
use crate::connection::Ending;
use crate::id::mix;
use crate::outbox::{Message, MessageFilter};
use crate::reply::Why;
use crate::time::Timestamp;

/// The most faults that a world takes: each request is held against all of them.
const MOST: usize = 1000;

/// A fault that was set, and what has come of it.
#[derive(Clone, Debug, Serialize)]
pub struct FaultRecord {
    /// Counts up from 1 in each world.
    pub id: u64,
    /// As it was asked for; what was left out and counts is filled in.
    #[serde(flatten)]
    pub fault: NewFault,
    /// How many requests or messages it has struck.
    pub struck: u64,
    /// How many more it will strike, if that is limited.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub left: Option<u64>,
    /// When it ends by the fake's clock, if it does.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ends_at: Option<Timestamp>,
    /// Whether it strikes no more, by count or by time.
    pub is_over: bool,
}

/// The fault that struck a request, or a message that the request sent, as the journal names it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct StruckBy {
    /// The id of the fault.
    pub id: u64,
    /// What it does.
    pub kind: FaultKind,
}

impl StruckBy {
    /// The sentence of `X-Mock-Hint`.
    pub(crate) fn hint(self) -> String {
        let Self { id, kind } = self;
        let did = match kind {
            FaultKind::Latency => "held this answer back",
            FaultKind::Status | FaultKind::Throttle => "answered this",
            FaultKind::Cut | FaultKind::Reset => "ended the connection without an answer",
            FaultKind::Truncate => "cut this answer short",
            FaultKind::MessageDelay | FaultKind::MessageDrop | FaultKind::MessageDouble | FaultKind::MessageReorder => {
                "struck a message that this sent"
            }
        };
        format!("a fault set by POST /_mock/faults (id {id}, {}) {did}", kind.name())
    }
}

/// What becomes of a struck request, beside that it may be late.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum RequestEffect {
    /// It is refused.
    Refuse { why: Why, when: FaultWhen },
    /// Its connection ends without an answer.
    End { ending: Ending, when: FaultWhen },
    /// No more than so many bytes of the answer's body arrive.
    Truncate { bytes: usize },
}

impl RequestEffect {
    /// Whether the request is not even looked at.
    pub(crate) fn spares_the_world(&self) -> bool {
        matches!(self, Self::Refuse { when: FaultWhen::Before, .. } | Self::End { when: FaultWhen::Before, .. })
    }
}

/// What becomes of a struck message.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum MessageEffect {
    Delay {
        seconds: u32,
    },
    Drop,
    Double,
    /// It waits for the next one that this admits.
    Reorder {
        after: MessageFilter,
    },
}

/// What strikes a request.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Struck {
    pub(crate) by: StruckBy,
    /// How much later it is answered.
    pub(crate) late: Duration,
    /// None where being late is all.
    pub(crate) effect: Option<RequestEffect>,
}

/// What a fault strikes, and what it does there.
#[derive(Clone, Debug)]
enum Strike {
    Late(RequestAim, Latency),
    Request(RequestAim, RequestEffect),
    Message(MessageFilter, MessageEffect),
}

/// A fault that is set.
#[derive(Clone, Debug)]
struct Fault {
    id: u64,
    asked: NewFault,
    strike: Strike,
    ends_at: Option<Timestamp>,
    /// How many requests or messages it was aimed at, struck or not.
    met: u64,
    struck: u64,
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

    /// What strikes a request: the latencies whose turn it is, up to the first other fault whose turn it is.
    pub(crate) fn meet_request(&self, met: &Met<'_>, now: Timestamp) -> Option<Struck> {
        let mut struck: Option<Struck> = None;
        for fault in &mut self.lock().faults {
            let is_meant = match &fault.strike {
                Strike::Late(aim, _) | Strike::Request(aim, _) => aim.admits(met),
                Strike::Message(..) => false,
            };
            if !is_meant || !fault.takes_its_turn(now) {
                continue;
            }
            let by = fault.name();
            match &fault.strike {
                Strike::Late(_, latency) => {
                    let late = latency.draw(fault.seed(), fault.met);
                    struck.get_or_insert(Struck { by, late: Duration::ZERO, effect: None }).late += late;
                }
                Strike::Request(_, effect) => {
                    let late = struck.map_or(Duration::ZERO, |before| before.late);
                    return Some(Struck { by, late, effect: Some(effect.clone()) });
                }
                Strike::Message(..) => {}
            }
        }
        struck
    }

    /// What strikes a message. One that another message waits for is not made to wait in turn.
    pub(crate) fn meet_message(&self, message: &Message, is_awaited: bool) -> Option<(StruckBy, MessageEffect)> {
        if !self.is_any() {
            return None;
        }
        self.lock().faults.iter_mut().find_map(|fault| {
            let Strike::Message(aim, effect) = &fault.strike else { return None };
            let would_wait = matches!(effect, MessageEffect::Reorder { .. });
            if would_wait && is_awaited || !aim.admits(message) {
                return None;
            }
            let effect = effect.clone();
            fault.takes_its_turn(message.sent_at).then(|| (fault.name(), effect))
        })
    }

    /// Keeps some, and returns how many went.
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
    /// A fault that has struck nothing yet.
    fn new(id: u64, asked: &NewFault, now: Timestamp) -> Result<Self, String> {
        let strike = asked.strike()?;
        let mut asked = asked.clone();
        asked.fill_in(id);
        let ends_at = asked.for_seconds.map(|seconds| now.plus_seconds(i64::from(seconds)));
        Ok(Self { id, asked, strike, ends_at, met: 0, struck: 0 })
    }

    fn name(&self) -> StruckBy {
        StruckBy { id: self.id, kind: self.asked.kind }
    }

    /// What its choices and distributions are drawn from; where nobody gave a seed, its id is one.
    fn seed(&self) -> u64 {
        self.asked.random_seed.unwrap_or(self.id)
    }

    /// How many more it will strike, if that is limited.
    fn left(&self) -> Option<u64> {
        self.asked.next.map(|next| next - self.struck)
    }

    fn is_over(&self, now: Timestamp) -> bool {
        self.left() == Some(0) || self.ends_at.is_some_and(|end| now >= end)
    }

    /// Whether it strikes what it is aimed at now, which counts.
    fn takes_its_turn(&mut self, now: Timestamp) -> bool {
        if self.is_over(now) {
            return false;
        }
        self.met += 1;
        let strikes = self.asked.share.is_none_or(|share| fraction(self.seed(), self.met, Draw::Turn) < share);
        self.struck += u64::from(strikes);
        strikes
    }

    fn record(&self, now: Timestamp) -> FaultRecord {
        FaultRecord {
            id: self.id,
            fault: self.asked.clone(),
            struck: self.struck,
            left: self.left(),
            ends_at: self.ends_at,
            is_over: self.is_over(now),
        }
    }
}

impl Latency {
    /// How long the `nth` request is held back.
    fn draw(self, seed: u64, nth: u64) -> Duration {
        let milliseconds = match self {
            Self::Fixed(milliseconds) => f64::from(milliseconds),
            Self::Drawn(Distribution::Uniform(from, to)) => {
                f64::from(from) + f64::from(to - from) * fraction(seed, nth, Draw::First)
            }
            Self::Drawn(Distribution::Lognormal { median, sigma }) => {
                // Box and Muller; the logarithm is of what lies above 0.
                let (one, other) = (1.0 - fraction(seed, nth, Draw::First), fraction(seed, nth, Draw::Second));
                let normal = (-2.0 * one.ln()).sqrt() * (std::f64::consts::TAU * other).cos();
                median * (sigma * normal).exp()
            }
        };
        Duration::from_secs_f64(milliseconds.min(f64::from(Self::LONGEST)) / 1000.0)
    }
}

/// What a number is drawn for: numbers of one seed and one turn that must not depend on each other.
#[derive(Clone, Copy)]
enum Draw {
    Turn,
    First,
    Second,
}

/// The number from 0 to 1, without 1, that stands at the `nth` place.
fn fraction(seed: u64, nth: u64, draw: Draw) -> f64 {
    let place = nth.wrapping_mul(0x9e37_79b9_7f4a_7c15).wrapping_add(mix(seed.wrapping_add(1)));
    let bits = mix(mix(place).wrapping_add(draw as u64));
    (bits >> 11) as f64 / (1_u64 << 53) as f64
}

#[cfg(test)]
mod tests {
    use std::sync::LazyLock;

    use axum::http::Method;

    use super::*;
    use crate::call::TokenSeen;

    static NOON: LazyLock<Timestamp> = LazyLock::new(|| Timestamp::parse("2030-01-01T12:00:00Z").expect("a time"));

    /// Sets a fault that is written as on the control route.
    fn add(faults: &Faults, asked: &str) -> FaultRecord {
        let asked = serde_json::from_str(asked).expect("a fault");
        faults.add(&asked, *NOON).expect("a fault that keeps to the rules")
    }

    fn meet(faults: &Faults, now: Timestamp) -> Option<Struck> {
        let path = "/api/v1/alarms";
        let (method, token) = (&Method::GET, TokenSeen::None);
        faults.meet_request(&Met { method, path, documented: Some(path), token_number: None, token }, now)
    }

    /// Which of the first `many` requests are struck.
    fn struck(asked: &str, many: usize) -> Vec<bool> {
        let faults = Faults::default();
        add(&faults, asked);
        (0..many).map(|_| meet(&faults, *NOON).is_some()).collect()
    }

    #[test]
    fn the_next_few_are_struck_or_all_or_a_share() {
        assert_eq!(struck(r#"{ "kind": "cut", "next": 2 }"#, 4), [true, true, false, false]);
        assert_eq!(struck(r#"{ "kind": "cut" }"#, 3), [true; 3]);
        assert_eq!(struck(r#"{ "kind": "cut", "share": 0 }"#, 100), [false; 100]);
        assert_eq!(struck(r#"{ "kind": "cut", "share": 1 }"#, 100), [true; 100]);
        let of_seed =
            |seed: u64| struck(&format!(r#"{{ "kind": "cut", "share": 0.25, "random_seed": {seed} }}"#), 1000);
        assert_eq!(of_seed(7), of_seed(7));
        for seed in [0, 7, u64::MAX] {
            let many = of_seed(seed).iter().filter(|struck| **struck).count();
            assert!((180..320).contains(&many), "{many} of 1000 with seed {seed}");
            assert_ne!(of_seed(seed), of_seed(seed ^ 1), "{seed}");
        }
    }

    #[test]
    fn a_fault_ends_by_its_count_or_by_the_clock() {
        let faults = Faults::default();
        let set = add(&faults, r#"{ "kind": "throttle", "retry_after_seconds": 1, "next": 2, "for_seconds": 60 }"#);
        assert_eq!((set.left, set.ends_at, set.is_over), (Some(2), Some(NOON.plus_seconds(60)), false));
        assert!(meet(&faults, NOON.plus_seconds(59)).is_some());
        assert!(meet(&faults, NOON.plus_seconds(60)).is_none());
        let state = |now| {
            let listed = faults.list(now);
            (listed[0].struck, listed[0].left, listed[0].is_over)
        };
        assert_eq!(state(NOON.plus_seconds(60)), (1, Some(1), true));
        assert_eq!(state(*NOON), (1, Some(1), false));
        assert!(meet(&faults, *NOON).is_some());
        assert_eq!(state(*NOON), (2, Some(0), true));
        assert!(meet(&faults, *NOON).is_none());
    }

    #[test]
    fn the_first_that_strikes_wins_and_latencies_before_it_add_up() {
        let faults = Faults::default();
        add(&faults, r#"{ "kind": "latency", "milliseconds": 10 }"#);
        add(&faults, r#"{ "kind": "latency", "milliseconds": 20, "next": 1 }"#);
        add(&faults, r#"{ "kind": "cut", "next": 2 }"#);
        add(&faults, r#"{ "kind": "reset" }"#);
        add(&faults, r#"{ "kind": "latency", "milliseconds": 40 }"#);
        let next = || {
            let struck = meet(&faults, *NOON).expect("a fault strikes");
            (struck.by.id, struck.late.as_millis())
        };
        assert_eq!((next(), next(), next()), ((3, 30), (3, 10), (4, 10)));
        assert!(faults.remove(4) && !faults.remove(4));
        assert_eq!(next(), (1, 50), "where none but latencies strike, the first is named");
        let struck: Vec<u64> = faults.list(*NOON).iter().map(|fault| fault.struck).collect();
        assert_eq!(struck, [4, 1, 2, 1]);
        faults.clear();
        assert!(meet(&faults, *NOON).is_none() && !faults.is_any());
        assert_eq!(add(&faults, r#"{ "kind": "cut" }"#).id, 6, "an id is not given twice");
    }

    #[test]
    fn latencies_are_as_their_distribution_says() {
        let drawn = |latency: Latency, seed: u64| -> Vec<u128> {
            (1..=1000).map(|nth| latency.draw(seed, nth).as_millis()).collect()
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
