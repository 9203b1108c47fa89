//! Two runs held against each other: what a client would notice, and what was only tested otherwise.

mod table;

use std::collections::BTreeMap;

use serde::Serialize;

use crate::results::{CheckResult, End, Level, Results};
use crate::signature::signature;

pub use table::{Column, Row, side_by_side};

/// How much a difference matters to a client, the most first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Weight {
    /// A fact that held fails.
    Fails,
    /// A fact that failed fails in another way.
    FailsOtherwise,
    /// A fact that failed holds.
    Holds,
    /// Bodies have another form: ids, envelopes, values.
    Form,
    /// Something else is done where the guide is silent.
    Behaviour,
    /// Errors are written otherwise.
    Errors,
    /// A status is another one.
    Status,
    /// A limit is another one.
    Limit,
}

/// One difference, in one line.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Difference {
    /// How much it matters.
    pub weight: Weight,
    /// The fact, the assumption or the route that it is about.
    pub about: String,
    /// The finding before.
    pub old: String,
    /// The finding now.
    pub new: String,
    /// Where, or the question.
    pub note: String,
}

impl Difference {
    /// The line.
    pub fn line(&self) -> String {
        let note = if self.note.is_empty() { String::new() } else { format!(" ({})", self.note) };
        format!("{}: {} → {}{note}", self.about, self.old, self.new)
    }
}

/// One run of the two.
#[derive(Clone, Debug, Serialize)]
pub struct Side {
    /// Its target.
    pub target: String,
    /// When it began.
    pub started_at: String,
    /// Its seed.
    pub seed: u64,
}

/// What has moved from one run to another.
#[derive(Clone, Debug, Serialize)]
pub struct Comparison {
    /// The earlier run, or the one that the other is held against.
    pub old: Side,
    /// The other one.
    pub new: Side,
    /// What a client would notice, the heaviest first.
    pub moved: Vec<Difference>,
    /// What only one of the two could tell: no difference of the targets.
    pub tested: Vec<Difference>,
}

impl Comparison {
    /// Holds `new` against `old`, if both are of the same guide and have something in common.
    pub fn of(old: &Results, new: &Results) -> Result<Self, String> {
        if old.guide.is_empty() || old.guide != new.guide {
            let of = |results: &Results| match &*results.guide {
                "" => "a guide without a revision".to_owned(),
                guide => format!("guide {}", guide.chars().take(15).collect::<String>()),
            };
            return Err(format!(
                "these runs are not of the same guide, so their checks are not the same: {} by suite {}, {} by suite {}; run \
                 both with one suite",
                of(old),
                old.suite,
                of(new),
                new.suite,
            ));
        }
        for (name, results) in [("first", old), ("second", new)] {
            let is_told = |check: &CheckResult| is_tested(check.outcome);
            if !results.checks.iter().any(is_told) {
                return Err(format!("nothing to compare: the {name} run has tested nothing ({})", results.because));
            }
        }
        let (mut moved, mut tested) = (Vec::new(), Vec::new());
        checks(old, new, &mut moved, &mut tested);
        assumptions(old, new, &mut moved, &mut tested);
        statuses(old, new, &mut moved);
        moved.sort_by_key(|difference| difference.weight);
        let side = |of: &Results| Side {
            target: of.target.base_url.clone(),
            started_at: of.started_at.clone(),
            seed: of.seed,
        };
        Ok(Self { old: side(old), new: side(new), moved, tested })
    }
}

/// Whether a check or a probe could tell.
fn is_tested(end: End) -> bool {
    matches!(end, End::Pass | End::Fail | End::Confirmed | End::Refuted)
}

/// How a check has ended, in a few words.
fn words(check: &CheckResult) -> String {
    match check.outcome {
        End::Fail => format!("fails: {}", brief(&check.observed)),
        End::Pass => "holds".into(),
        _ => format!("{}: {}", check.outcome.name(), brief(&check.reason)),
    }
}

/// The most that one line tells of a text.
const BRIEF: usize = 120;

fn brief(text: &str) -> String {
    let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
    match text.char_indices().nth(BRIEF) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text,
    }
}

/// The checks of both runs.
fn checks(old: &Results, new: &Results, moved: &mut Vec<Difference>, tested: &mut Vec<Difference>) {
    // What differs in the same way in both formats is one difference.
    let mut found: Vec<(Option<Weight>, &str, &str, Difference)> = Vec::new();
    let documented = |of: &'_ Results| -> Vec<CheckResult> {
        of.checks.iter().filter(|check| check.level == Level::Documented).cloned().collect()
    };
    let (olds, news) = (documented(old), documented(new));
    for check in &news {
        let same = olds.iter().find(|other| other.id == check.id);
        // Where the seed draws the format, a check is held against itself in the other one.
        let twin = || olds.iter().find(|other| other.name() == check.name());
        let is_twin = same.is_none();
        let Some(before) = same.or_else(twin) else {
            if !check.name().is_empty() && is_tested(check.outcome) {
                found.push((
                    None,
                    check.name(),
                    &check.signature,
                    difference(Weight::Holds, check, "not run", words(check)),
                ));
            }
            continue;
        };
        let weight = match (before.outcome, check.outcome) {
            (End::Pass, End::Fail) => Some(Weight::Fails),
            (End::Fail, End::Pass) => Some(Weight::Holds),
            (End::Fail, End::Fail) if before.signature != check.signature => Some(Weight::FailsOtherwise),
            (one, other) if is_tested(one) == is_tested(other) => continue,
            _ => None,
        };
        let weight = weight.filter(|weight| !is_twin || *weight == Weight::Fails);
        let row = difference(weight.unwrap_or(Weight::Holds), check, words(before), words(check));
        found.push((weight, check.name(), &check.signature, row));
    }
    for check in olds.iter().filter(|check| is_tested(check.outcome)) {
        if !news.iter().any(|other| other.name() == check.name()) {
            found.push((
                None,
                check.name(),
                &check.signature,
                difference(Weight::Holds, check, words(check), "not run"),
            ));
        }
    }
    let mut told: Vec<(&str, &str, End)> = Vec::new();
    for (weight, name, signature, row) in found {
        let key = (name, signature, if weight.is_some() { End::Fail } else { End::Skipped });
        if told.contains(&key) {
            continue;
        }
        told.push(key);
        if weight.is_some() { moved.push(row) } else { tested.push(row) }
    }
}

fn difference(weight: Weight, check: &CheckResult, old: impl Into<String>, new: impl Into<String>) -> Difference {
    let about = format!("{} {}", check.facts.join(" "), check.name());
    Difference { weight, about: about.trim().to_owned(), old: old.into(), new: new.into(), note: check.route.clone() }
}

/// What was found where the guide is silent.
fn assumptions(old: &Results, new: &Results, moved: &mut Vec<Difference>, tested: &mut Vec<Difference>) {
    for (key, now) in &new.assumptions {
        let Some(before) = old.assumptions.get(key) else {
            continue;
        };
        // An answer in free words may hold an id.
        let told = |observed: &Option<String>| match observed.as_deref() {
            Some(words) if words.starts_with("other:") => Some(signature(words, "", &[])),
            observed => observed.map(str::to_owned),
        };
        let row = |weight, old: &str, new: &str| Difference {
            weight,
            about: key.clone(),
            old: brief(old),
            new: brief(new),
            note: brief(&now.question),
        };
        match (&before.observed, &now.observed) {
            (Some(one), Some(other)) if told(&before.observed) != told(&now.observed) => {
                moved.push(row(weight(key, one, other), one, other));
            }
            (Some(one), None) => tested.push(row(Weight::Behaviour, one, &format!("unknown: {}", now.reason))),
            (None, Some(other)) => tested.push(row(Weight::Behaviour, &format!("unknown: {}", before.reason), other)),
            _ => {}
        }
    }
}

/// The assumptions about the form of bodies, by the beginning of their keys.
const FORMS: [&str; 8] =
    ["id.", "list.", "add.body", "scan.body", "legacy.boolean", "value.form", "ssn.echo", "alarm.close-answer"];

/// Those about errors.
const ERRORS: [&str; 2] = ["error.", "legacy.error."];

/// How much another finding of an assumption matters.
fn weight(key: &str, old: &str, new: &str) -> Weight {
    let begins = |with: &[&str]| with.iter().any(|beginning| key.starts_with(beginning));
    let is_number = |text: &str| text.parse::<u64>().is_ok();
    let is_status = |text: &str| text.len() == 3 && is_number(text) && text.starts_with(['1', '2', '3', '4', '5']);
    if begins(&FORMS) {
        Weight::Form
    } else if begins(&ERRORS) {
        Weight::Errors
    } else if key.ends_with(".status") || is_status(old) && is_status(new) {
        Weight::Status
    } else if is_number(old) && is_number(new) {
        Weight::Limit
    } else {
        Weight::Behaviour
    }
}

/// How many routes one line names.
const ROUTES: usize = 3;

/// The statuses of the matrix that both runs have called, where they are as documented and are other ones all the same: a
/// line for each caller and change.
fn statuses(old: &Results, new: &Results, moved: &mut Vec<Difference>) {
    let mut changes: BTreeMap<(&str, Vec<u16>, Vec<u16>), Vec<String>> = BTreeMap::new();
    let mut cells: BTreeMap<(&str, &str, &str, &str), [Vec<u16>; 2]> = BTreeMap::new();
    for (place, run) in [old, new].into_iter().enumerate() {
        for cell in run.matrix.iter().filter(|cell| cell.is_right) {
            let key = (&*cell.path, &*cell.method, cell.principal.name(), &*cell.format);
            let statuses = &mut cells.entry(key).or_default()[place];
            statuses.push(cell.status);
            statuses.sort_unstable();
            statuses.dedup();
        }
    }
    for ((path, method, principal, _), [before, after]) in cells {
        if !before.is_empty() && !after.is_empty() && before != after {
            let routes = changes.entry((principal, before, after)).or_default();
            let route = format!("{method} {path}");
            if !routes.contains(&route) {
                routes.push(route);
            }
        }
    }
    for ((principal, before, after), routes) in changes {
        let list = |statuses: &[u16]| statuses.iter().map(u16::to_string).collect::<Vec<_>>().join(" or ");
        let more = routes.len().saturating_sub(ROUTES);
        let more = if more > 0 { format!(" and {more} more") } else { String::new() };
        moved.push(Difference {
            weight: Weight::Status,
            about: format!("statuses for {principal}"),
            old: list(&before),
            new: list(&after),
            note: routes.iter().take(ROUTES).cloned().collect::<Vec<_>>().join(", ") + &more,
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::matrix::Principal;
    use crate::results::example::{Ended, run};

    const EMAIL: &str = "items.email_added_by_crm.legacy";
    const TWIN: &str = "items.email_added_by_crm.standardized";
    const LOGIN: &str = "login.crm.legacy";

    /// The lines of what has moved, and of what was tested otherwise.
    fn compared(old: &Results, new: &Results) -> (Vec<String>, Vec<String>) {
        let comparison = Comparison::of(old, new).expect("they can be compared");
        let lines = |of: &[Difference]| of.iter().map(Difference::line).collect();
        (lines(&comparison.moved), lines(&comparison.tested))
    }

    #[test]
    fn what_moved_is_told_the_heaviest_first() {
        let before =
            [("add.status", "201"), ("id.form", "uuid"), ("put.replaces", "named"), ("token.crm-seconds", "60")];
        let after =
            [("add.status", "200"), ("id.form", "integer"), ("put.replaces", "whole"), ("token.crm-seconds", "90")];
        let old = run(&[(EMAIL, "pass", ""), (LOGIN, "fail", "S")], &before);
        let new = run(&[(EMAIL, "fail", "T"), (LOGIN, "pass", "")], &after);
        let about: Vec<_> =
            Comparison::of(&old, &new).expect("results").moved.into_iter().map(|moved| moved.about).collect();
        let check = |name: &str| format!("EMAIL-1 {name}");
        let expected = [
            check("items.email_added_by_crm"),
            check("login.crm"),
            "id.form".into(),
            "put.replaces".into(),
            "add.status".into(),
            "token.crm-seconds".into(),
        ];
        assert_eq!(about, expected);
        let (moved, _) = compared(&old, &new);
        assert_eq!(moved[2], "id.form: uuid → integer (a question)");
    }

    #[test]
    fn what_was_tested_is_told_from_what_was_found() {
        let keys = |observed| [("id.form", observed)];
        type Case<'a> = (&'a [Ended<'a>], &'a str, &'a [Ended<'a>], &'a str, usize, usize);
        let cases: [Case<'_>; 11] = [
            (&[(EMAIL, "pass", "")], "uuid", &[(EMAIL, "pass", "")], "uuid", 0, 0),
            (&[(EMAIL, "fail", "S")], "", &[(EMAIL, "fail", "S")], "", 0, 0),
            (&[(EMAIL, "fail", "S")], "", &[(EMAIL, "fail", "T")], "", 1, 0),
            (&[(EMAIL, "pass", "")], "uuid", &[(EMAIL, "pass", "")], "", 0, 1),
            (
                &[(EMAIL, "pass", ""), (LOGIN, "pass", "")],
                "",
                &[(EMAIL, "skipped", "S"), (LOGIN, "pass", "")],
                "",
                0,
                1,
            ),
            (&[(EMAIL, "pass", "")], "", &[(EMAIL, "pass", ""), (LOGIN, "pass", "")], "", 0, 1),
            (&[(EMAIL, "pass", ""), (LOGIN, "pass", "")], "", &[(EMAIL, "pass", "")], "", 0, 1),
            // Alike in both formats, it is told once.
            (&[(EMAIL, "pass", ""), (TWIN, "pass", "")], "", &[(EMAIL, "fail", "S"), (TWIN, "fail", "S")], "", 1, 0),
            // A run that draws the other format can find a failure, and cannot tell that one is gone.
            (&[(EMAIL, "pass", "")], "", &[(TWIN, "fail", "S")], "", 1, 0),
            (&[(EMAIL, "fail", "S")], "", &[(TWIN, "pass", "")], "", 0, 1),
            (&[(EMAIL, "pass", "")], "other: 12", &[(EMAIL, "pass", "")], "other: 13", 0, 0),
        ];
        for (old, before, new, after, moved, tested) in cases {
            let told = compared(&run(old, &keys(before)), &run(new, &keys(after)));
            assert_eq!((told.0.len(), told.1.len()), (moved, tested), "{old:?} {new:?} {told:?}");
        }
    }

    #[test]
    fn statuses_that_moved_are_told_once_for_each_caller() {
        let with = |status: u16| {
            let mut results = run(&[(EMAIL, "pass", "")], &[]);
            let cell = |number: usize, format: &str| crate::matrix::Cell {
                method: "GET".into(),
                path: format!("/api/v1/{number}"),
                principal: Principal::Garbage,
                format: format.into(),
                status,
                is_right: true,
            };
            results.matrix = (0..5).flat_map(|number| [cell(number, "legacy"), cell(number, "standardized")]).collect();
            results
        };
        let (moved, _) = compared(&with(401), &with(403));
        let routes = "GET /api/v1/0, GET /api/v1/1, GET /api/v1/2 and 2 more";
        assert_eq!(moved, [format!("statuses for garbage: 401 → 403 ({routes})")]);
    }

    #[test]
    fn what_cannot_be_compared_says_why() {
        let good = run(&[(EMAIL, "pass", "")], &[]);
        let mut other = good.clone();
        other.guide = "sha256:1".into();
        let empty = run(&[(EMAIL, "inconclusive", "S")], &[]);
        for (old, new, expected) in [
            (&good, &other, "same guide"),
            (&good, &empty, "the second run has tested nothing"),
            (&empty, &good, "the first run"),
        ] {
            let problem = Comparison::of(old, new).expect_err("nothing in common");
            assert!(problem.contains(expected), "{problem}");
        }
    }
}
