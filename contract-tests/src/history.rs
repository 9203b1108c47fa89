//! `history.ndjson`: one line for each run of a results folder, and what the lines tell together.

use std::collections::BTreeMap;
use std::fs::OpenOptions;
use std::io::{self, Write};
use std::path::Path;

use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::assumptions::assumptions;
use crate::documented;
use crate::profile::number_of;
use crate::results::{End, Level, Results, Verdict};

/// The file of a results folder with a line for each run. It only grows.
pub const HISTORY: &str = "history.ndjson";

/// The file with the last verdict, in the form that shields.io draws.
pub const BADGE: &str = "badge.json";

/// One run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PastRun {
    /// When it began, in RFC 3339.
    pub date: String,
    /// The version of the suite.
    pub suite: String,
    /// The revision of the guide.
    pub guide: String,
    /// A number that follows from the target's address, which is not told.
    pub target: String,
    /// Whether the target was on another machine and had no control routes: the real API, as far as can be told.
    pub is_real: bool,
    /// Whether all checks were meant to run.
    pub is_whole: bool,
    /// What came of it.
    pub verdict: Verdict,
    /// The seed of what was generated.
    pub seed: u64,
    /// Requests that were sent.
    pub requests: u64,
    /// How long it took.
    pub seconds: f64,
    /// How many documented checks have ended in which way.
    pub checks: BTreeMap<End, usize>,
    /// How many things have moved since the run before.
    pub moved: usize,
    /// The facts that were tested, whether they held or not.
    pub facts: Vec<String>,
    /// The assumptions of which the target has shown what it does.
    pub assumptions: Vec<String>,
}

impl PastRun {
    /// The line of a run.
    pub fn of(results: &Results, moved: usize) -> Self {
        let mut checks = BTreeMap::new();
        for check in results.checks.iter().filter(|check| check.level == Level::Documented) {
            *checks.entry(check.outcome).or_default() += 1;
        }
        let is_tested = |end: End| matches!(end, End::Pass | End::Fail);
        let facts = results.facts.iter().filter(|fact| is_tested(fact.outcome)).map(|fact| fact.id.clone());
        let seen = results.assumptions.iter().filter(|(_, found)| found.observed.is_some());
        Self {
            date: results.started_at.clone(),
            suite: results.suite.clone(),
            guide: results.guide.clone(),
            target: number_of(&results.target.base_url),
            is_real: results.target.is_real,
            is_whole: results.is_whole,
            verdict: results.verdict,
            seed: results.seed,
            requests: results.requests,
            seconds: results.seconds,
            checks,
            moved,
            facts: facts.collect(),
            assumptions: seen.map(|(key, _)| key.clone()).collect(),
        }
    }

    /// How many checks have ended so.
    pub fn count(&self, end: End) -> usize {
        self.checks.get(&end).copied().unwrap_or_default()
    }

    /// How many checks could not tell.
    pub fn untested(&self) -> usize {
        self.count(End::Skipped) + self.count(End::Inconclusive)
    }

    /// The verdict for a badge of shields.io.
    pub fn badge(&self) -> serde_json::Value {
        let color = match self.verdict {
            Verdict::Conformant | Verdict::KnownDeviations => "brightgreen",
            Verdict::Partial => "yellow",
            Verdict::NothingTested => "lightgrey",
            Verdict::NotAsDocumented | Verdict::OutdatedDeviations => "red",
        };
        let message = format!("{}, {} of {} facts", self.verdict.text(), self.facts.len(), documented::facts().len());
        json!({ "schemaVersion": 1, "label": "Defentry API", "message": message, "color": color })
    }
}

/// The runs of a results folder, the earliest first.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct History {
    /// The runs.
    pub runs: Vec<PastRun>,
}

impl History {
    /// The history in a folder or a file; an empty one where there is none yet.
    ///
    /// # Errors
    /// A file that cannot be read, or a line of it that is no run: a sentence with its number.
    pub fn read(path: &Path) -> Result<Self, String> {
        let file = if path.is_dir() { path.join(HISTORY) } else { path.to_owned() };
        let text = match std::fs::read_to_string(&file) {
            Ok(text) => text,
            Err(error) if error.kind() == io::ErrorKind::NotFound && path.is_dir() => return Ok(Self::default()),
            Err(error) => return Err(format!("{}: {error}", file.display())),
        };
        let lines = (1..).zip(text.lines()).filter(|(_, line)| !line.trim().is_empty());
        let runs = lines.map(|(number, line)| {
            serde_json::from_str(line).map_err(|error| format!("{}, line {number}: {error}", file.display()))
        });
        Ok(Self { runs: runs.collect::<Result<_, _>>()? })
    }

    /// Adds a run to the file in a results folder, and writes its badge.
    ///
    /// # Errors
    /// A file that cannot be written.
    pub fn append(folder: &Path, run: &PastRun) -> io::Result<()> {
        let mut line = serde_json::to_string(run)?;
        line.push('\n');
        OpenOptions::new().create(true).append(true).open(folder.join(HISTORY))?.write_all(line.as_bytes())?;
        std::fs::write(folder.join(BADGE), serde_json::to_string_pretty(&run.badge())? + "\n")
    }

    /// What was ever seen on a real target.
    pub fn ground_truth(&self) -> GroundTruth {
        let mut truth = GroundTruth::default();
        for run in self.runs.iter().filter(|run| run.is_real) {
            let day = run.date.get(..10).unwrap_or(&run.date).to_owned();
            for (seen, names) in [(&mut truth.facts, &run.facts), (&mut truth.assumptions, &run.assumptions)] {
                for name in names {
                    let last = seen.entry(name.clone()).or_default();
                    *last = std::mem::take(last).max(day.clone());
                }
            }
        }
        truth
    }
}

/// Facts and assumptions that were seen on a real target, each with the day on which it was seen last.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct GroundTruth {
    /// Facts that were tested.
    pub facts: BTreeMap<String, String>,
    /// Assumptions of which the target has shown what it does.
    pub assumptions: BTreeMap<String, String>,
}

impl GroundTruth {
    /// In one sentence.
    pub fn sentence(&self) -> String {
        let last = self.facts.values().chain(self.assumptions.values()).max();
        let (ever, last) = last.map_or(("ever ", String::new()), |day| ("", format!(", last on {day}")));
        format!(
            "{} of {} facts and {} of {} assumptions were {ever}seen on the real API{last}",
            self.facts.len(),
            documented::facts().len(),
            self.assumptions.len(),
            assumptions().len(),
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::results::example::run;

    fn past(is_real: bool, day: &str) -> PastRun {
        let mut results =
            run(&[("items.email_added_by_crm.legacy", "pass", "")], &[("id.form", "uuid"), ("list.order", "")]);
        results.target.is_real = is_real;
        results.started_at = format!("{day}T10:00:00Z");
        results.facts = crate::results::facts(&results.checks);
        PastRun::of(&results, 0)
    }

    #[test]
    fn only_a_real_target_is_ground_truth_and_its_last_day_counts() {
        let history =
            History { runs: vec![past(true, "2026-10-02"), past(true, "2026-11-28"), past(false, "2026-11-29")] };
        let truth = history.ground_truth();
        let expected = BTreeMap::from([("EMAIL-1".to_owned(), "2026-11-28".to_owned())]);
        assert_eq!(truth.facts, expected);
        assert_eq!(truth.assumptions.keys().collect::<Vec<_>>(), ["id.form"]);
        assert!(truth.sentence().contains("last on 2026-11-28"), "{}", truth.sentence());
    }

    /// Whoever has run it against the real API changes that sentence.
    #[test]
    fn the_front_page_has_the_honest_figure() {
        let sentence = GroundTruth::default().sentence();
        assert!(include_str!("../../README.md").contains(&sentence), "README.md has to say: {sentence}");
    }

    #[test]
    fn runs_are_appended_and_read_again() {
        let folder = tempfile::tempdir().expect("a folder");
        let folder = folder.path();
        assert_eq!(History::read(folder), Ok(History::default()));
        let runs = vec![past(false, "2026-11-27"), past(true, "2026-11-28")];
        runs.iter().for_each(|run| History::append(folder, run).expect("it can be written"));
        assert_eq!(History::read(folder), Ok(History { runs }));
        let badge = std::fs::read_to_string(folder.join(BADGE)).expect("a badge");
        assert!(badge.contains("brightgreen") || badge.contains("yellow"), "{badge}");
        std::fs::write(folder.join(HISTORY), "\n{}\n").expect("it can be written");
        let problem = History::read(folder).expect_err("no run");
        assert!(problem.contains("line 2"), "{problem}");
    }
}
