//! What recorded traffic tells of the facts: which held, which were violated, and which nobody has exercised.
//!
//! Nothing is sent. A rule looks at one exchange, or at several in their order, and uses the predicates of the active
//! checks. A recording holds less than a run: who called is known only where the login was recorded too, other clients
//! may have called meanwhile, and tools mask values. A rule says nothing where one of these may be the cause.

mod findings;
mod logins;
mod order;
mod scopes;
mod shapes;
mod traffic;

use std::collections::BTreeMap;

use serde::Serialize;

use crate::documented;
use crate::recording::har;
use crate::verify::findings::Findings;
use crate::verify::traffic::Traffic;

/// What was seen of one fact.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Seen {
    /// Every exchange that it is about was as it says.
    Held,
    /// At least one was not.
    Violated,
    /// None was about it.
    NotExercised,
}

/// One fact of the guide in recorded traffic.
#[derive(Clone, Debug, Serialize)]
pub struct VerifiedFact {
    /// Such as `EMAIL-1`.
    pub id: String,
    /// The text of the fact.
    pub fact: String,
    /// What was seen of it.
    pub seen: Seen,
    /// How many exchanges were as it says.
    pub held: u64,
}

/// A place where the traffic contradicts a fact. It holds no value of the recording.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Violation {
    /// The fact.
    pub fact: String,
    /// The file of the recording.
    pub file: String,
    /// The entry of the recording, from 1, in the order of the file.
    pub entry: usize,
    /// Method and path of the route, with the guide's captures.
    pub route: String,
    /// The status that came.
    pub status: u16,
    /// The behaviour that the guide demands.
    pub expected: String,
    /// The behaviour that was seen.
    pub observed: String,
}

/// What recordings tell of the facts.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Verification {
    /// Exchanges of this API.
    pub exchanges: usize,
    /// Entries that were passed over, by reason.
    pub passed_over: BTreeMap<String, u64>,
    /// Whether a deployment forces the standardized format (FORMAT-2), as far as its answers tell.
    pub is_standardized_only: bool,
    /// Every fact of the guide, in its order.
    pub facts: Vec<VerifiedFact>,
    /// Everything that contradicts a fact, in the order of the recordings.
    pub violations: Vec<Violation>,
}

impl Verification {
    /// How many facts were seen so.
    pub fn count(&self, seen: Seen) -> usize {
        self.facts.iter().filter(|fact| fact.seen == seen).count()
    }
}

/// Says what recordings, each with the name of its file, tell of the facts.
///
/// `forces_standardized` is the setting of the deployment (FORMAT-2); where it is not given, its answers tell.
///
/// # Errors
/// A file that is no HAR, or recordings that hold no exchange of this API with its answer: a sentence.
pub fn verify(files: &[(String, String)], forces_standardized: Option<bool>) -> Result<Verification, String> {
    let mut verification = Verification::default();
    let mut held = BTreeMap::<&str, u64>::new();
    for (name, text) in files {
        let recording = har::read(text).map_err(|problem| format!("{name}: {problem}"))?;
        for (reason, count) in recording.passed_over {
            *verification.passed_over.entry(reason.to_owned()).or_default() += count;
        }
        verification.exchanges += recording.exchanges.len();
        let traffic = Traffic::of(recording.exchanges, forces_standardized);
        verification.is_standardized_only |= traffic.is_standardized_only;
        let mut findings = Findings::default();
        for rules in [shapes::rules, logins::rules, scopes::rules, order::rules] {
            rules(&traffic, &mut findings);
        }
        for (fact, count) in findings.held {
            *held.entry(fact).or_default() += count;
        }
        let mut violated = findings.violated;
        violated.sort_by_key(|(_, place, ..)| *place);
        for (fact, place, expected, observed) in violated {
            let call = &traffic.calls[place];
            verification.violations.push(Violation {
                fact: fact.to_owned(),
                file: name.clone(),
                entry: call.entry,
                route: call.name(),
                status: call.status,
                expected,
                observed,
            });
        }
    }
    if verification.exchanges == 0 {
        return Err(har::nothing(verification.passed_over));
    }
    let fact = |fact: &documented::Fact| {
        let held = held.get(&*fact.id).copied().unwrap_or_default();
        let is_violated = verification.violations.iter().any(|violation| violation.fact == fact.id);
        let seen = match (is_violated, held) {
            (true, _) => Seen::Violated,
            (false, 0) => Seen::NotExercised,
            (false, _) => Seen::Held,
        };
        VerifiedFact { id: fact.id.clone(), fact: fact.fact.clone(), seen, held }
    };
    verification.facts = documented::facts().iter().map(fact).collect();
    Ok(verification)
}

#[cfg(test)]
mod tests;
