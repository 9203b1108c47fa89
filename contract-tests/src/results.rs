//! The results of a run, as `results.json` holds it and the other reports show it.

#[cfg(test)]
pub(crate) mod example;

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use serde::{Deserialize, Serialize};

use crate::contract::Check;
use crate::documented;
use crate::matrix::Cell;
use crate::outcome::{Evidence, Outcome};
use crate::signature::signature;

/// The file of a results folder with everything that a run has found.
pub(crate) const RESULTS: &str = "results.json";

/// The form of that file.
pub(crate) const SCHEMA: u32 = 1;

/// The verdict of a run on its target.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Verdict {
    /// Every fact was tested, and holds.
    Conformant,
    /// A fact does not hold.
    NotAsDocumented,
    /// Every tested fact holds, but something could not be tested or decided.
    Partial,
    /// No fact was tested.
    NothingTested,
    /// Nothing was found that the list of deviations does not have.
    KnownDeviations,
    /// The list of deviations excuses what is not there any more.
    OutdatedDeviations,
}

impl Verdict {
    /// In words, for people.
    pub const fn text(self) -> &'static str {
        match self {
            Self::Conformant => "conformant",
            Self::NotAsDocumented => "not as documented",
            Self::Partial => "partial",
            Self::NothingTested => "nothing tested",
            Self::KnownDeviations => "known deviations only",
            Self::OutdatedDeviations => "outdated deviations",
        }
    }
}

/// How a check has ended, in the words of `results.json`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum End {
    /// The target does what the facts say.
    Pass,
    /// It does not.
    Fail,
    /// The check was not run.
    Skipped,
    /// It was run and could not tell.
    Inconclusive,
    /// An assumption: the target follows the default.
    Confirmed,
    /// An assumption: the target follows something else.
    Refuted,
    /// An assumption: it cannot be told.
    Unknown,
}

impl End {
    /// Its name in reports.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Pass => "pass",
            Self::Fail => "fail",
            Self::Skipped => "skipped",
            Self::Inconclusive => "inconclusive",
            Self::Confirmed => "confirmed",
            Self::Refuted => "refuted",
            Self::Unknown => "unknown",
        }
    }
}

/// Whether a check holds a target to the guide, or asks what it does where the guide is silent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Level {
    /// The guide says so.
    Documented,
    /// The guide is silent.
    Assumed,
}

/// One check in one format.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct CheckResult {
    /// Page, name and format: `email.confirmation_is_resent.legacy`.
    pub id: String,
    /// The facts that it holds the target to.
    pub facts: Vec<String>,
    /// Whether it can fail a target.
    pub level: Level,
    /// How it has ended.
    pub outcome: End,
    /// Why it was skipped or could not tell; empty otherwise.
    pub reason: String,
    /// The behaviour that the guide demands.
    pub expected: String,
    /// The behaviour of the target.
    pub observed: String,
    /// Method and path of the route that it is about, with the guide's captures; empty where there is none.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub route: String,
    /// How it has ended, without anything that changes from run to run: ids, values, times, amounts. The list of
    /// deviations names an end by it. Empty where there is nothing to tell.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub signature: String,
    /// The entry of the list of deviations that excuses it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deviation: Option<String>,
    /// The requests as shell commands, a line each with the status that came.
    pub curl: String,
    /// The last body that came.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub body: String,
    /// A file with a sequence that fails, for `contract replay`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub replay: Option<String>,
    /// How long it took.
    pub milliseconds: u64,
    /// The sequence itself.
    #[serde(skip)]
    pub(crate) sequence: Option<String>,
    /// The documented routes that it has called.
    #[serde(skip)]
    pub(crate) routes: BTreeSet<String>,
    /// Whether it could not tell for want of an answer, or of the leave to ask: that is no matter of the target.
    #[serde(skip)]
    pub(crate) is_cut_short: bool,
}

impl CheckResult {
    pub(crate) fn new(id: String, check: &Check, outcome: Outcome, milliseconds: u64) -> Self {
        let (end, reason, evidence) = match outcome {
            Outcome::Pass => (End::Pass, String::new(), None),
            Outcome::Skipped(reason) => (End::Skipped, reason, None),
            Outcome::Fail(evidence) => (End::Fail, String::new(), Some(evidence)),
            Outcome::Inconclusive(evidence) => (End::Inconclusive, evidence.observed.clone(), Some(evidence)),
        };
        let signature = match &evidence {
            Some(evidence) => evidence.signature.clone(),
            None => signature(&reason, "", &[]),
        };
        let facts = evidence.as_ref().map_or(check.facts, |evidence| &evidence.facts);
        let facts = facts.iter().map(|&fact| fact.to_owned()).collect();
        let of_evidence = |of: fn(&Evidence) -> String| evidence.as_deref().map(of).unwrap_or_default();
        Self {
            id,
            facts,
            level: Level::Documented,
            outcome: end,
            reason,
            expected: of_evidence(|evidence| evidence.expected.clone()),
            observed: of_evidence(|evidence| evidence.observed.clone()),
            route: of_evidence(|evidence| evidence.route.clone()),
            signature,
            deviation: None,
            curl: of_evidence(|evidence| commands(&evidence.steps)),
            body: of_evidence(|evidence| evidence.body.clone()),
            replay: None,
            milliseconds,
            routes: BTreeSet::new(),
            is_cut_short: evidence.as_ref().is_some_and(|evidence| evidence.is_cut_short),
            sequence: evidence.and_then(|evidence| evidence.replay),
        }
    }

    /// Its name without the format.
    pub fn name(&self) -> &str {
        self.id.rsplit_once('.').map_or(&self.id, |(name, _)| name)
    }

    /// Whether another one is the same check in the other format, and has ended alike.
    pub(crate) fn is_like(&self, other: &Self) -> bool {
        self.name() == other.name() && self.outcome == other.outcome && self.signature == other.signature
    }

    /// Whether it has ended in a way that a list of deviations can know.
    pub(crate) fn is_listable(&self) -> bool {
        !self.signature.is_empty() && !self.is_cut_short
    }

    /// Its page: the part of the id before the first point.
    pub fn page(&self) -> &str {
        self.id.split('.').next().unwrap_or_default()
    }
}

/// Requests as lines of a shell, each with how it has ended.
pub(crate) fn commands(steps: &[(String, String)]) -> String {
    let lines: Vec<_> = steps.iter().map(|(curl, end)| format!("{curl}   # → {end}")).collect();
    lines.join("\n")
}

/// The answer to one question that the guide leaves open.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct AssumptionResult {
    /// The behaviour of the mock.
    pub default: String,
    /// The behaviour of the target; null where it cannot be told.
    pub observed: Option<String>,
    /// The question.
    pub question: String,
    /// The evidence in a few words, or the reason why it cannot be told.
    pub reason: String,
}

impl AssumptionResult {
    /// The flag that makes the mock do as the target does; none where the mock cannot.
    pub(crate) fn flag(&self, key: &str) -> Option<String> {
        let observed = self.observed.as_deref().filter(|observed| !observed.starts_with("other:"))?;
        let is_plain = |char: char| char.is_ascii_alphanumeric() || "-_.,:/".contains(char);
        let word = format!("{key}={observed}");
        let quoted = || format!("'{}'", word.replace('\'', r"'\''"));
        Some(format!("--assume {}", if observed.chars().all(is_plain) { word.clone() } else { quoted() }))
    }
}

/// The state of one fact after a run.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct FactResult {
    /// Such as `EMAIL-1`.
    pub id: String,
    /// The text of the fact.
    pub fact: String,
    /// Whether it holds: it fails if one check fails, and passes only if all of its checks do.
    pub outcome: End,
}

/// The target that was run against.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct TargetResult {
    /// Where its paths begin.
    pub base_url: String,
    /// Whether it was on another machine and had no control routes: the real API, as far as can be told.
    #[serde(default)]
    pub is_real: bool,
}

/// Everything that a run has found.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct Results {
    /// The form of this file.
    pub schema: u32,
    /// The version of the suite.
    pub suite: String,
    /// The revision of the guide, as the suite has it.
    #[serde(default)]
    pub guide: String,
    /// The verdict.
    pub verdict: Verdict,
    /// Why it is no more than that; empty where it is conformant.
    pub because: String,
    /// When it began, in RFC 3339.
    pub started_at: String,
    /// How long it took.
    pub seconds: f64,
    /// The seed of everything that was generated.
    pub seed: u64,
    /// Whether all checks were meant to run.
    #[serde(default)]
    pub is_whole: bool,
    /// Whether the seed has chosen among similar requests, for want of a budget.
    #[serde(default)]
    pub is_drawn: bool,
    /// The target of the run.
    pub target: TargetResult,
    /// Requests that were sent.
    pub requests: u64,
    /// The checks, the assumptions' among them.
    pub checks: Vec<CheckResult>,
    /// The behaviour of the target where the guide is silent, by key.
    pub assumptions: BTreeMap<String, AssumptionResult>,
    /// The facts that were tested.
    pub facts: Vec<FactResult>,
    /// The principal matrix.
    pub matrix: Vec<Cell>,
    /// Accounts that the suite has made, and that no route removes: they are empty.
    pub accounts_left: Vec<String>,
    /// Everything that could not be removed.
    pub not_removed: Vec<String>,
    /// Whether the suite itself has failed.
    #[serde(skip)]
    pub is_broken: bool,
    /// Whether a signal has ended it early.
    #[serde(skip)]
    pub is_interrupted: bool,
}

impl Results {
    /// The results in a file, or in the folder of a run.
    pub fn read(path: &Path) -> Result<Self, String> {
        let file = if path.is_dir() { path.join(RESULTS) } else { path.to_owned() };
        let text = std::fs::read_to_string(&file).map_err(|error| format!("{}: {error}", file.display()))?;
        let results: Self = serde_json::from_str(&text)
            .map_err(|error| format!("{} holds no results of `contract run`: {error}", file.display()))?;
        match results.schema {
            SCHEMA => Ok(results),
            other => Err(format!("{}: its schema is {other}, and this suite reads {SCHEMA}", file.display())),
        }
    }

    /// How many documented checks have ended so.
    pub fn count(&self, end: End) -> usize {
        self.checks.iter().filter(|check| check.outcome == end).count()
    }

    /// The exit code of `contract run`.
    pub fn exit_code(&self) -> u8 {
        match self.verdict {
            _ if self.is_interrupted => 130,
            _ if self.is_broken => 3,
            Verdict::NotAsDocumented | Verdict::OutdatedDeviations => 1,
            _ if !self.not_removed.is_empty() => 5,
            Verdict::NothingTested => 2,
            Verdict::Partial => 4,
            Verdict::Conformant | Verdict::KnownDeviations => 0,
        }
    }
}

/// The verdict on all checks, and the reason. `is_whole` says that all were meant to run.
pub(crate) fn verdict(checks: &[CheckResult], is_whole: bool) -> (Verdict, String) {
    let documented = || checks.iter().filter(|check| check.level == Level::Documented);
    let count = |end: End| documented().filter(|check| check.outcome == end).count();
    let (failed, skipped, inconclusive) = (count(End::Fail), count(End::Skipped), count(End::Inconclusive));
    if failed > 0 {
        (Verdict::NotAsDocumented, format!("{failed} of {} checks fail", documented().count()))
    } else if count(End::Pass) == 0 {
        (Verdict::NothingTested, format!("{skipped} checks were skipped, {inconclusive} could not be decided"))
    } else if skipped + inconclusive > 0 {
        (Verdict::Partial, format!("{skipped} checks were skipped, {inconclusive} could not be decided"))
    } else if !is_whole {
        (Verdict::Partial, "only some of the checks were chosen".into())
    } else {
        (Verdict::Conformant, String::new())
    }
}

/// The facts that checks name, in the guide's order, each with the worst end of its checks.
pub(crate) fn facts(checks: &[CheckResult]) -> Vec<FactResult> {
    let severity = |end: &End| [End::Pass, End::Skipped, End::Inconclusive, End::Fail].iter().position(|of| of == end);
    let worst = |id: &str| {
        let of_fact = checks.iter().filter(|check| check.facts.iter().any(|fact| fact == id));
        of_fact.map(|check| check.outcome).max_by_key(severity)
    };
    let result = |fact: &documented::Fact| {
        Some(FactResult { id: fact.id.clone(), fact: fact.fact.clone(), outcome: worst(&fact.id)? })
    };
    documented::facts().iter().filter_map(result).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ended(end: End) -> CheckResult {
        CheckResult {
            id: "email.x.legacy".into(),
            facts: vec!["EMAIL-1".into()],
            level: if end < End::Confirmed { Level::Documented } else { Level::Assumed },
            outcome: end,
            reason: String::new(),
            expected: String::new(),
            observed: String::new(),
            curl: String::new(),
            route: String::new(),
            signature: String::new(),
            deviation: None,
            body: String::new(),
            replay: None,
            milliseconds: 0,
            sequence: None,
            routes: BTreeSet::new(),
            is_cut_short: false,
        }
    }

    #[test]
    fn only_tested_facts_make_a_target_conformant() {
        use End::{Confirmed, Fail, Inconclusive, Pass, Refuted, Skipped, Unknown};
        let cases: [(&[End], bool, Verdict); 9] = [
            (&[Pass, Pass], true, Verdict::Conformant),
            (&[Pass, Refuted, Unknown], true, Verdict::Conformant),
            (&[Pass, Skipped], true, Verdict::Partial),
            (&[Pass, Inconclusive], true, Verdict::Partial),
            (&[Pass], false, Verdict::Partial),
            (&[Confirmed], true, Verdict::NothingTested),
            (&[], true, Verdict::NothingTested),
            (&[Skipped, Inconclusive], true, Verdict::NothingTested),
            (&[Pass, Skipped, Inconclusive, Fail], true, Verdict::NotAsDocumented),
        ];
        for (ends, is_whole, expected) in cases {
            let checks: Vec<_> = ends.iter().map(|&end| ended(end)).collect();
            assert_eq!(verdict(&checks, is_whole).0, expected, "{ends:?}");
        }
    }

    #[test]
    fn a_finding_is_given_as_a_flag_of_a_shell_where_the_mock_can_follow_it() {
        let cases = [
            (Some("paginated"), Some("--assume list.shape=paginated")),
            (Some("A,B"), Some("--assume list.shape=A,B")),
            (Some("it's so"), Some(r"--assume 'list.shape=it'\''s so'")),
            (Some("other: a map"), None),
            (None, None),
        ];
        for (observed, expected) in cases {
            let observed = observed.map(str::to_owned);
            let found =
                AssumptionResult { default: String::new(), observed, question: String::new(), reason: String::new() };
            assert_eq!(found.flag("list.shape").as_deref(), expected);
        }
    }

    #[test]
    fn a_fact_is_as_good_as_the_worst_of_its_checks() {
        let of = |ends: &[End]| facts(&ends.iter().map(|&end| ended(end)).collect::<Vec<_>>())[0].outcome;
        assert_eq!(of(&[End::Pass, End::Pass]), End::Pass);
        assert_eq!(of(&[End::Pass, End::Skipped]), End::Skipped);
        assert_eq!(of(&[End::Fail, End::Inconclusive, End::Pass]), End::Fail);
    }
}
