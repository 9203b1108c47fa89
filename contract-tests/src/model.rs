//! The model test: generated sequences of calls on several accounts, held to a small reference of what is documented.
//!
//! A sequence refers to items by labels, never by ids, so that every part of a sequence is a sequence too: what refers
//! to an item that a shorter one does not add refers to one that never was.

mod operation;
mod play;
mod reference;

use proptest::strategy::{Strategy, ValueTree};
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};
use serde::{Deserialize, Serialize};

use crate::case::Case;
use crate::contract::{Check, Contract};
use crate::format::Format;
use crate::halt::Halt;
use crate::kind::{KINDS, Kind};
use crate::model::operation::{Operation, bind, drafts};
use crate::model::play::play;
use crate::outcome::Outcome;
use crate::run::Run;

/// Further facts that a sequence holds a target to, beside those of the kinds.
const FACTS: [&str; 10] =
    ["SCOPE-2", "SCOPE-3", "SCOPE-4", "SSN-3", "EMAIL-2", "ACCOUNT-5", "SSO-5", "ALARM-1", "ALARM-2", "ALARM-4"];

/// All facts that a sequence holds a target to.
fn facts() -> impl Iterator<Item = &'static str> {
    KINDS.into_iter().map(Kind::fact).chain(FACTS)
}

/// The model test as a check.
pub(crate) fn checks() -> Vec<Check> {
    let sequences = Contract::Plain(|case| Box::pin(sequences(case)));
    vec![Check::new("model.sequences".into(), facts().collect(), sequences)]
}

/// Cases and steps on the mock, and elsewhere.
const ON_MOCK: (u32, usize) = (256, 30);
const ELSEWHERE: (u32, usize) = (6, 12);
/// Where requests are few.
const FRUGAL: (u32, usize) = (2, 12);

/// How many sequences are tried to find a shorter one that fails too.
const SHRINKING_ON_MOCK: u32 = 300;
const SHRINKING_ELSEWHERE: u32 = 8;

/// The form of files with sequences: from the second on they name the kinds of items.
const VERSION: u32 = 2;

/// A sequence that has failed, as `contract replay` reads it.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Replay {
    /// The form of this file.
    version: u32,
    /// The seed of the run that has found it.
    seed: u64,
    format: String,
    expected: String,
    observed: String,
    operations: Vec<Operation>,
}

impl Replay {
    /// Plays the sequence against the target of `run`.
    pub async fn play(&self, run: &Run) -> Result<Outcome, String> {
        if self.version != VERSION {
            return Err(format!("its version is {}, and this suite reads version {VERSION}", self.version));
        }
        let format = Format::ALL.into_iter().find(|format| format.name() == self.format);
        let format = format.ok_or_else(|| format!("its format is {:?}, which is no format", self.format))?;
        let case = Case::new(&run.session, format);
        let end = play(&case, &self.operations).await;
        case.clean_up().await;
        Ok(case.outcome(&facts().collect::<Vec<_>>(), end))
    }
}

/// Plays as many sequences as the settings say; the first that fails is shortened and reported.
async fn sequences(case: &Case) -> Result<(), Halt> {
    let session = &case.session;
    let is_mock = session.is_mock().await;
    let (cases, steps) = match is_mock {
        true => ON_MOCK,
        false if session.is_frugal() => FRUGAL,
        false => ELSEWHERE,
    };
    let (cases, steps) = (session.settings.cases.unwrap_or(cases), session.settings.steps.unwrap_or(steps));
    if cases == 0 {
        return Err(Halt::Skipped("DEFENTRY_CASES is 0".into()));
    }
    let sequences = generate(session.settings.seed, case.format, cases, steps);
    for operations in sequences {
        let attempt = Case::new(session, case.format);
        let end = play(&attempt, &operations).await;
        attempt.clean_up().await;
        match end {
            Ok(()) => {}
            Err(Halt::Fail { expected, observed }) => {
                let tries = if is_mock { SHRINKING_ON_MOCK } else { SHRINKING_ELSEWHERE };
                let failed = Failed { operations, expected, observed, story: attempt };
                return Err(report(case, shrink(case, failed, tries).await));
            }
            Err(halt) => {
                case.take_story(&attempt);
                return Err(halt);
            }
        }
    }
    Ok(())
}

/// The sequences of a seed: the same ones each time.
fn generate(seed: u64, format: Format, cases: u32, steps: usize) -> Vec<Vec<Operation>> {
    let mut bytes = [0; 32];
    bytes[..8].copy_from_slice(&seed.to_le_bytes());
    bytes[8] = u8::from(format == Format::Standardized);
    let config = Config { failure_persistence: None, ..Config::default() };
    let mut runner = TestRunner::new_with_rng(config, TestRng::from_seed(RngAlgorithm::ChaCha, &bytes));
    let strategy = drafts(steps);
    let mut one = |_: u32| strategy.new_tree(&mut runner).map(|tree| bind(&tree.current()));
    (0..cases).filter_map(|number: u32| one(number).ok()).collect()
}

/// A sequence that fails, how, and the case that has played it.
struct Failed {
    operations: Vec<Operation>,
    expected: String,
    observed: String,
    story: Case,
}

/// A shorter sequence that fails too: first without what comes after the failure, then without ever smaller parts.
async fn shrink(case: &Case, mut failed: Failed, mut tries: u32) -> Failed {
    let played = failed.story.steps_played();
    failed.operations.truncate(played.max(1));
    let mut part = failed.operations.len() / 2;
    while part > 0 {
        let mut start = 0;
        while start < failed.operations.len() && tries > 0 {
            tries -= 1;
            let end = (start + part).min(failed.operations.len());
            let mut fewer = failed.operations.clone();
            fewer.drain(start..end);
            match replayed(case, fewer).await {
                Some(shorter) => failed = shorter,
                None => start = end,
            }
        }
        part /= 2;
    }
    failed
}

async fn replayed(case: &Case, operations: Vec<Operation>) -> Option<Failed> {
    let story = Case::new(&case.session, case.format);
    let end = play(&story, &operations).await;
    story.clean_up().await;
    match end {
        Err(Halt::Fail { expected, observed }) => Some(Failed { operations, expected, observed, story }),
        _ => None,
    }
}

/// The facts that a sequence is about, in the order of [`facts`].
fn facts_of(operations: &[Operation]) -> Vec<&'static str> {
    let touched: Vec<_> = operations.iter().flat_map(|operation| operation.facts(operations)).collect();
    facts().filter(|fact| touched.contains(fact)).collect()
}

/// Takes over the story of a failure, and keeps the sequence for `contract replay`.
fn report(case: &Case, failed: Failed) -> Halt {
    let Failed { operations, expected, observed, story } = failed;
    case.take_story(&story);
    let clean = |text: &str| case.session.redactor.clean(text);
    let replay = Replay {
        version: VERSION,
        seed: case.session.settings.seed,
        format: case.format.name().into(),
        expected: clean(&expected),
        observed: clean(&observed),
        operations,
    };
    case.narrow(facts_of(&replay.operations));
    case.keep_replay(serde_json::to_string_pretty(&replay).unwrap_or_default());
    Halt::Fail { expected, observed }
}
