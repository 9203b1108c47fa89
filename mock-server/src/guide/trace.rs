//! The record of what one response is based on, and the only way to read an assumption: through it.

use std::cell::Cell;

use super::assumptions::{Assumptions, ChoiceOfOne, Key, LegacyError};
use super::facts::Fact;

/// The facts that one response follows and the assumptions that it uses.
///
/// It is written through a shared reference, because reading an assumption records it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Trace {
    facts: Cell<u128>,
    keys: Cell<u128>,
    is_observed: Cell<bool>,
}

/// The members of a trace, which do not change any more.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Basis {
    facts: u128,
    keys: u128,
    is_observed: bool,
}

// A set of bits holds as many members as it has bits.
const _: () = assert!(Fact::ALL.len() <= u128::BITS as usize && Key::ALL.len() <= u128::BITS as usize);

impl Trace {
    /// Records that the response follows `fact`.
    pub(crate) fn record_fact(&self, fact: Fact) {
        self.facts.set(self.facts.get() | 1 << fact as u32);
    }

    /// Records that the response follows all of `facts`.
    pub(crate) fn record_facts(&self, facts: &[Fact]) {
        facts.iter().for_each(|fact| self.record_fact(*fact));
    }

    fn record_assumption(&self, key: Key) {
        self.keys.set(self.keys.get() | 1 << key as u32);
    }

    /// Records that the response is written as a target was seen to write it.
    pub(crate) fn record_observed(&self) {
        self.is_observed.set(true);
    }

    /// Forgets everything, because another response takes the place of this one.
    pub(crate) fn clear(&self) {
        self.facts.set(0);
        self.keys.set(0);
        self.is_observed.set(false);
    }

    /// What it has recorded so far.
    pub(crate) fn basis(&self) -> Basis {
        Basis { facts: self.facts.get(), keys: self.keys.get(), is_observed: self.is_observed.get() }
    }

    /// The value of `X-Mock-Basis`: `EMAIL-1, SCOPE-2, add.status`.
    #[cfg(test)]
    pub(crate) fn header(&self) -> String {
        self.basis().header()
    }
}

impl Basis {
    /// The ids of the facts, in the order of the guide.
    pub(crate) fn facts(self) -> impl Iterator<Item = &'static str> {
        members(self.facts).map(|position| Fact::ALL[position].id())
    }

    /// The keys of the assumptions, in the order of [`Key`].
    pub(crate) fn assumptions(self) -> impl Iterator<Item = &'static str> {
        self.keys().map(Key::name)
    }

    /// The assumptions themselves.
    pub(crate) fn keys(self) -> impl Iterator<Item = Key> {
        members(self.keys).map(|position| Key::ALL[position])
    }

    /// Whether the answer is written as a target was seen to write it.
    pub(crate) fn is_observed(self) -> bool {
        self.is_observed
    }

    /// The value of `X-Mock-Basis`: `EMAIL-1, SCOPE-2, add.status`, with `observed` at the end where it applies.
    pub(crate) fn header(self) -> String {
        let mut header = String::with_capacity(128);
        let observed = self.is_observed.then_some("observed");
        for name in self.facts().chain(self.assumptions()).chain(observed) {
            if !header.is_empty() {
                header.push_str(", ");
            }
            header.push_str(name);
        }
        header
    }
}

/// The positions of the bits that are set, lowest first.
fn members(mut set: u128) -> impl Iterator<Item = usize> {
    std::iter::from_fn(move || {
        let position = set.trailing_zeros() as usize;
        set &= set.wrapping_sub(1);
        (position < u128::BITS as usize).then_some(position)
    })
}

/// The assumptions in force, as code reads them: each reading is recorded in the trace of the response.
///
/// Nothing else can read a value, so that a response cannot use an assumption without telling.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Assumed<'a> {
    assumptions: &'a Assumptions,
    trace: Option<&'a Trace>,
}

impl<'a> Assumed<'a> {
    /// Reads `assumptions` and records in `trace`.
    pub(crate) fn new(assumptions: &'a Assumptions, trace: &'a Trace) -> Self {
        Self { assumptions, trace: Some(trace) }
    }

    /// Reads `assumptions` where no documented response is written: for control routes, seeds and the OpenAPI document.
    pub(crate) fn unrecorded(assumptions: &'a Assumptions) -> Self {
        Self { assumptions, trace: None }
    }

    /// The value of a switch.
    pub(crate) fn choice<C: ChoiceOfOne>(self) -> C {
        self.record(C::KEY);
        self.assumptions.choice(C::KEY)
    }

    /// The legacy shape of an error, by the key of its status (FORMAT-8).
    pub(crate) fn legacy_error(self, key: Key) -> LegacyError {
        self.record(key);
        self.assumptions.choice(key)
    }

    /// A text, such as that of `error.code.409`.
    pub(crate) fn text(self, key: Key) -> &'a str {
        self.record(key);
        self.assumptions.text(key)
    }

    /// A time in seconds.
    pub(crate) fn seconds(self, key: Key) -> i64 {
        self.record(key);
        i64::from(self.assumptions.number(key))
    }

    /// A limit, or none where it is 0; only a limit that is there is recorded.
    pub(crate) fn limit(self, key: Key) -> Option<u32> {
        let limit = self.assumptions.number(key);
        if limit == 0 {
            return None;
        }
        self.record(key);
        Some(limit)
    }

    /// Records a fact that the text being written follows.
    pub(crate) fn record_fact(self, fact: Fact) {
        if let Some(trace) = self.trace {
            trace.record_fact(fact);
        }
    }

    fn record(self, key: Key) {
        if let Some(trace) = self.trace {
            trace.record_assumption(key);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::guide::assumptions::{AddStatus, ScopeForeignItem};

    #[test]
    fn the_header_names_facts_first_and_each_once() {
        let (assumptions, trace) = (Assumptions::default(), Trace::default());
        let assumed = Assumed::new(&assumptions, &trace);
        assert_eq!(assumed.choice::<AddStatus>(), AddStatus::Created);
        trace.record_facts(&[Fact::Scope2, Fact::Email1, Fact::Scope2]);
        assert_eq!(trace.header(), "SCOPE-2, EMAIL-1, add.status");
        trace.clear();
        assert_eq!(trace.header(), "");
    }

    #[test]
    fn reading_an_assumption_records_it() {
        let (mut assumptions, trace) = (Assumptions::default(), Trace::default());
        assumptions.set("throttle.per-minute", "5").expect("a limit");
        let assumed = Assumed::new(&assumptions, &trace);
        assert_eq!(assumed.choice::<AddStatus>(), AddStatus::Created);
        assert_eq!(assumed.choice::<ScopeForeignItem>(), ScopeForeignItem::NotFound);
        assert_eq!(assumed.seconds(Key::TokenAppSeconds), 3600);
        assert_eq!(assumed.limit(Key::ThrottlePerMinute), Some(5));
        assert_eq!(trace.header(), "add.status, scope.foreign-item, token.app-seconds, throttle.per-minute");
    }

    #[test]
    fn a_limit_that_is_off_is_not_recorded_nor_is_a_reading_without_a_response() {
        let (assumptions, trace) = (Assumptions::default(), Trace::default());
        assert_eq!(Assumed::new(&assumptions, &trace).limit(Key::ThrottlePerMinute), None);
        assert_eq!(Assumed::unrecorded(&assumptions).choice::<AddStatus>(), AddStatus::Created);
        assert_eq!(trace, Trace::default());
    }
}
