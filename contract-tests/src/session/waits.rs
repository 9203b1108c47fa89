//! How long a run waits for what a target does by and by: messages, and leaks of values that are known.
//!
//! A target that loses messages of one kind would hold up every check that waits for one. Once two have waited in vain
//! for the whole time, the others wait a moment.

use std::collections::BTreeMap;
use std::sync::Mutex;
use std::time::Duration;

use crate::lock::lock;

/// After so many whole waits in a row for nothing, others are short.
const IN_VAIN: u32 = 2;

/// By how much a short wait is shorter.
const SHORTER: u32 = 10;

/// How long a run waits, and what has come of it so far.
#[derive(Debug)]
pub(crate) struct Waits {
    whole: Duration,
    /// Whether no wait is shortened, so that each is counted.
    is_rehearsal: bool,
    /// By a word for what is waited for: an email that confirms, a code for a card.
    states: Mutex<BTreeMap<String, State>>,
}

#[derive(Debug, Default)]
struct State {
    begun: u32,
    /// Whole waits for nothing since something has come.
    in_vain: u32,
    has_come: bool,
}

impl Waits {
    pub(crate) fn new(whole: Duration, is_rehearsal: bool) -> Self {
        Self { whole, is_rehearsal, states: Mutex::default() }
    }

    fn state<T>(&self, what: &str, use_it: impl FnOnce(&mut State) -> T) -> T {
        use_it(lock(&self.states).entry(what.to_owned()).or_default())
    }

    /// Begins to wait for something.
    pub(crate) fn begin(&self, what: impl Into<String>) -> Wait<'_> {
        let what = what.into();
        self.state(&what, |state| state.begun += 1);
        Wait { waits: self, what, paused: Duration::ZERO }
    }

    /// Whether enough have waited in vain for this.
    pub(crate) fn is_lost(&self, what: &str) -> bool {
        !self.is_rehearsal && self.state(what, |state| state.in_vain >= IN_VAIN)
    }

    fn patience(&self, what: &str) -> Duration {
        if self.is_lost(what) { self.whole / SHORTER } else { self.whole }
    }

    /// How long all that was waited for would take, if nothing came.
    pub(crate) fn longest(&self) -> Duration {
        let of = |state: &State| {
            self.whole * state.begun.min(IN_VAIN) + self.whole / SHORTER * state.begun.saturating_sub(IN_VAIN)
        };
        lock(&self.states).values().map(of).sum()
    }
}

/// A wait on its way.
#[derive(Debug)]
pub(crate) struct Wait<'a> {
    waits: &'a Waits,
    what: String,
    /// The pauses in it. The looks between them do not count: on a busy machine they may take all the time, and what has
    /// come would be looked for once only.
    paused: Duration,
}

impl Wait<'_> {
    /// Whether it has been long enough. It may end early, when others find out that nothing comes.
    pub(crate) fn is_over(&self) -> bool {
        self.paused >= self.waits.patience(&self.what)
    }

    /// The next pause of a wait whose pauses grow from the first to the longest.
    pub(crate) fn pause(&mut self, first: Duration, longest: Duration) -> Duration {
        let pause = longest.min(self.paused.max(first)).min(self.waits.patience(&self.what));
        self.paused += pause;
        pause
    }

    /// Ends it: what was waited for has come.
    pub(crate) fn has_come(self) {
        self.waits.state(&self.what, |state| *state = State { begun: state.begun, in_vain: 0, has_come: true });
    }

    /// Ends it: nothing has come. What is returned says how long it was.
    pub(crate) fn was_in_vain(self) -> InVain {
        let was_short = self.waits.is_lost(&self.what);
        let whole = self.waits.whole;
        let patience = self.waits.patience(&self.what);
        let ever_came = self.waits.state(&self.what, |state| {
            state.in_vain += u32::from(!was_short);
            state.has_come
        });
        let told = match was_short {
            false => format!("none in {patience:?}"),
            true => format!("none in {patience:?}: other checks have waited {whole:?} for {} in vain", self.what),
        };
        InVain { told, is_certain: !was_short || !ever_came }
    }
}

/// A wait for nothing.
#[derive(Debug)]
pub(crate) struct InVain {
    /// How long it was, and why it was no longer.
    pub(crate) told: String,
    /// Whether it was long enough to conclude something: it was whole, or nothing of the kind has come in this run at all.
    pub(crate) is_certain: bool,
}

#[cfg(test)]
mod tests {
    use tokio::time::Instant;

    use super::*;

    async fn waited(waits: &Waits, what: &str) -> (Duration, InVain) {
        let began = Instant::now();
        let mut wait = waits.begin(what);
        while !wait.is_over() {
            let pause = wait.pause(Duration::from_millis(100), Duration::from_secs(1));
            tokio::time::sleep(pause).await;
        }
        (began.elapsed(), wait.was_in_vain())
    }

    #[tokio::test(start_paused = true)]
    async fn two_wait_in_vain_and_others_a_moment() {
        let waits = Waits::new(Duration::from_secs(60), false);
        for _ in 0..2 {
            let (took, in_vain) = waited(&waits, "a code").await;
            assert!((60..62).contains(&took.as_secs()) && in_vain.is_certain, "{took:?} {in_vain:?}");
            assert_eq!(in_vain.told, "none in 60s");
        }
        let (took, in_vain) = waited(&waits, "a code").await;
        assert!((6..8).contains(&took.as_secs()) && in_vain.is_certain, "{took:?}");
        assert_eq!(in_vain.told, "none in 6s: other checks have waited 60s for a code in vain");
        // Nothing is concluded about another kind, nor from a short wait once one has come.
        assert!(waited(&waits, "a link").await.0.as_secs() >= 60);
        waits.begin("a code").has_come();
        assert!(!waits.is_lost("a code"));
        for _ in 0..2 {
            assert!(waited(&waits, "a code").await.1.is_certain);
        }
        assert!(!waited(&waits, "a code").await.1.is_certain);
    }

    #[tokio::test(start_paused = true)]
    async fn a_wait_ends_when_others_have_waited_in_vain() {
        let waits = Waits::new(Duration::from_secs(10), false);
        let began = Instant::now();
        let all = [(); 8].map(|()| waited(&waits, "a code"));
        let [a, b, c, d, e, f, g, h] = all;
        tokio::join!(a, b, c, d, e, f, g, h);
        assert!(began.elapsed().as_secs() < 12);
        assert_eq!(waits.longest(), Duration::from_secs(2 * 10 + 6));
    }
}
