//! Requests to data brokers to remove the data that they hold.
//!
//! No timer runs: the state of a request is computed from when it was sent and from the time.

use serde::{Deserialize, Serialize};

use crate::guide::assumptions::Key;
use crate::guide::trace::Assumed;
use crate::model::id::{Id, Table};
use crate::model::shape::shape;
use crate::model::time::Timestamp;

/// The first state of every removal request (ONLINE-7).
const FIRST_STATE: &str = "POA_SENT_TO_SITE";

/// A request to a site to remove the data of a person (ONLINE-7).
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Removal {
    pub(crate) id: u64,
    pub(crate) site: u64,
    pub(crate) sent_at: Timestamp,
}

/// The states that removal requests pass, by `removal.states` and `removal.step-seconds`.
#[derive(Clone, Debug)]
pub(crate) struct RemovalSteps<'a> {
    states: Vec<&'a str>,
    seconds: i64,
}

impl<'a> RemovalSteps<'a> {
    /// The states and the time between them, as the assumptions say.
    pub(crate) fn assumed(assumed: Assumed<'a>) -> Self {
        Self::new(assumed.text(Key::RemovalStates), assumed.seconds(Key::RemovalStepSeconds))
    }

    /// First [`FIRST_STATE`], then those that `later` lists with commas.
    fn new(later: &'a str, seconds: i64) -> Self {
        let later = later.split(',').map(str::trim).filter(|state| !state.is_empty());
        Self { states: [FIRST_STATE].into_iter().chain(later).collect(), seconds }
    }

    /// When a request that was sent then comes to each of its states after the first, if it ever does.
    pub(crate) fn moves(&self, sent_at: Timestamp) -> impl Iterator<Item = Timestamp> + use<> {
        let (seconds, later) = (self.seconds, if self.seconds == 0 { 0 } else { self.states.len() - 1 });
        (1..).take(later).map(move |step| sent_at.plus_seconds(seconds.saturating_mul(step)))
    }

    /// Whether a request that was sent then has come to its last state.
    pub(crate) fn is_over(&self, sent_at: Timestamp, now: Timestamp) -> bool {
        self.moves(sent_at).last().is_some_and(|at| at <= now)
    }
}

impl Removal {
    /// The request as a client reads it.
    pub(crate) fn show(&self, steps: &RemovalSteps<'_>, now: Timestamp) -> RemovalRequestShape {
        let past = steps.moves(self.sent_at).take_while(|at| *at <= now);
        let (step, updated_at) = (1..).zip(past).last().unwrap_or((0, self.sent_at));
        RemovalRequestShape {
            id: Id::new(Table::RemovalRequest, self.id),
            status: steps.states[step].into(),
            created_at: self.sent_at,
            updated_at,
        }
    }
}

shape! {
    /// A removal request as a client reads it (ONLINE-7).
    RemovalRequestShape = "RemovalRequest" {
        id: Id,
        status: Box<str>,
        created_at: Timestamp,
        updated_at: Timestamp,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_unix_seconds(1_800_000_000 + seconds)
    }

    #[test]
    fn a_removal_request_moves_through_its_states() {
        let removal = Removal { id: 1, site: 1, sent_at: at(0) };
        let state =
            |later: &str, seconds: i64, now: i64| removal.show(&RemovalSteps::new(later, seconds), at(now)).status;
        let cases = [
            ("ACCEPTED,REMOVED", 10, 0, FIRST_STATE),
            ("ACCEPTED,REMOVED", 10, 9, FIRST_STATE),
            ("ACCEPTED,REMOVED", 10, 10, "ACCEPTED"),
            (" ACCEPTED , ,REMOVED", 10, 20, "REMOVED"),
            ("ACCEPTED,REMOVED", 10, 2000, "REMOVED"),
            ("ACCEPTED", 0, 2000, FIRST_STATE),
            (" , ", 10, 2000, FIRST_STATE),
        ];
        for (later, seconds, now, expected) in cases {
            assert_eq!(&*state(later, seconds, now), expected, "{later} {seconds} {now}");
        }
        assert!(!RemovalSteps::new("A,B", 10).is_over(at(0), at(19)));
        assert!(RemovalSteps::new("A,B", 10).is_over(at(0), at(20)));
        // A request that never moves on is never over.
        assert!(
            !RemovalSteps::new("A,B", 0).is_over(at(0), at(2000))
                && !RemovalSteps::new(",", 10).is_over(at(0), at(2000))
        );
    }
}
