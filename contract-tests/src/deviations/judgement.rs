//! Where a run stands against the list: what is new, known, gone, not observed, expired.

use std::collections::BTreeSet;

use jiff::civil::Date;
use serde::Serialize;

use super::entry::{DeviationKind, Entry};
use crate::results::{CheckResult, End, Level, Results, Verdict};

/// For how many days an entry that has expired is only warned of.
const GRACE: i32 = 14;

/// Where a run stands against the list.
#[derive(Clone, Debug, Serialize)]
pub struct Judgement {
    /// The list.
    pub file: String,
    /// Ends that no entry excuses.
    pub new: Vec<Unlisted>,
    /// Entries that excuse an end of this run.
    pub known: Vec<Entry>,
    /// Entries whose check was tested, and did not end so: they excuse nothing, and are to be deleted.
    pub gone: Vec<Entry>,
    /// Entries whose check was not tested this time, or ended otherwise.
    pub unobserved: Vec<Entry>,
    /// Entries that hold no longer, or soon not any more.
    pub expired: Vec<Expired>,
    /// Entries that nobody has given a reason, by their ids.
    pub without_reason: Vec<String>,
    /// How many entries this run has added.
    pub added: usize,
    /// How many it has taken out.
    pub pruned: usize,
    /// Each check that is excused, with the id of its entry.
    #[serde(skip)]
    excused: Vec<(String, String)>,
}

/// An end that no entry excuses.
#[derive(Clone, Debug, Serialize)]
pub struct Unlisted {
    /// The check in its format.
    pub check: String,
    /// How it has ended.
    pub outcome: End,
    /// The same in the words of the list.
    pub signature: String,
}

/// An entry that has expired.
#[derive(Clone, Debug, Serialize)]
pub struct Expired {
    /// The entry.
    #[serde(flatten)]
    pub entry: Entry,
    /// How many days ago it held for the last time.
    pub days: i32,
    /// Whether it excuses all the same: for 14 days, and as long as the run is not strict.
    pub is_excusing: bool,
}

impl Judgement {
    pub(super) fn new(file: String, entries: &[Entry], results: &Results, today: Date, is_strict: bool) -> Self {
        let expired = entries.iter().filter_map(|entry| {
            let days = since(entry.expires?, today).filter(|days| *days > 0)?;
            Some(Expired { entry: entry.clone(), days, is_excusing: days <= GRACE || !is_strict })
        });
        let expired: Vec<Expired> = expired.collect();
        let holds = |entry: &Entry| !expired.iter().any(|old| old.entry.id == entry.id && !old.is_excusing);
        let (mut new, mut excused, mut matched) = (Vec::new(), Vec::new(), BTreeSet::new());
        for check in results.checks.iter().filter(|check| is_excusable(check)) {
            let found = entries.iter().find(|entry| entry.excuses(check) && is_about(entry, check, results));
            matched.extend(found.map(|entry| &*entry.id));
            match found.filter(|entry| holds(entry)) {
                Some(entry) => excused.push((check.id.clone(), entry.id.clone())),
                None => new.push(Unlisted {
                    check: check.id.clone(),
                    outcome: check.outcome,
                    signature: check.signature.clone(),
                }),
            }
        }
        let (known, others): (Vec<&Entry>, Vec<&Entry>) =
            entries.iter().partition(|entry| matched.contains(&*entry.id));
        let (gone, unobserved): (Vec<&Entry>, Vec<&Entry>) =
            others.into_iter().partition(|entry| is_gone(entry, results));
        let cloned = |entries: Vec<&Entry>| entries.into_iter().cloned().collect();
        let is_unexplained = |entry: &&Entry| entry.reason.trim().is_empty();
        Self {
            file,
            new,
            known: cloned(known.into_iter().filter(|entry| holds(entry)).collect()),
            gone: cloned(gone),
            unobserved: cloned(unobserved),
            expired,
            without_reason: entries.iter().filter(is_unexplained).map(|entry| entry.id.clone()).collect(),
            added: 0,
            pruned: 0,
            excused,
        }
    }

    /// Marks the checks that are excused, and gives the verdict that is left.
    pub(super) fn mark(&self, results: &mut Results) {
        for check in &mut results.checks {
            let entry = self.excused.iter().find(|(excused, _)| *excused == check.id);
            check.deviation = entry.map(|(_, entry)| entry.clone());
        }
        if results.verdict == Verdict::NothingTested {
            return;
        }
        let new = |of: &[End]| self.new.iter().filter(|new| of.contains(&new.outcome)).count();
        let (failed, untested) = (new(&[End::Fail]), new(&[End::Skipped, End::Inconclusive]));
        let known = self.known.len();
        let (verdict, because) = if failed > 0 {
            (Verdict::NotAsDocumented, format!("{failed} checks fail that no entry of {} excuses", self.file))
        } else if !self.gone.is_empty() {
            let many = self.gone.len();
            (Verdict::OutdatedDeviations, format!("{many} entries of {} excuse nothing any more", self.file))
        } else if untested > 0 {
            (
                Verdict::Partial,
                format!("{untested} checks could not be tested, and no entry of {} excuses them", self.file),
            )
        } else if !results.is_whole {
            (Verdict::Partial, "only some of the checks were chosen".into())
        } else if known > 0 {
            (Verdict::KnownDeviations, format!("{known} entries of {}, nothing new", self.file))
        } else {
            return;
        };
        (results.verdict, results.because) = (verdict, because);
    }
}

/// How many days after the last day of an entry it is; none where that cannot be told.
fn since(last: Date, today: Date) -> Option<i32> {
    today.since(last).ok().map(|span| span.get_days())
}

/// Whether a check has ended in a way that an entry can excuse.
fn is_excusable(check: &CheckResult) -> bool {
    check.level == Level::Documented && matches!(check.outcome, End::Fail | End::Skipped | End::Inconclusive)
}

/// Whether an entry holds for a check. Where a run draws one of the formats, an entry about the one holds for the other:
/// the same deviation is met in another format each time.
fn is_about(entry: &Entry, check: &CheckResult, results: &Results) -> bool {
    let is_run = || results.checks.iter().any(|other| other.id == entry.check);
    let is_twin = || entry.check.rsplit_once('.').is_some_and(|(name, _)| name == check.name());
    entry.covers(&check.id) || is_twin() && !is_run()
}

/// Whether an entry's check was tested in all that the entry is about, and did not end so.
fn is_gone(entry: &Entry, results: &Results) -> bool {
    let of_entry: Vec<&CheckResult> = results.checks.iter().filter(|check| entry.covers(&check.id)).collect();
    let is_whole = of_entry.len() == if of_entry.iter().any(|check| check.id == entry.check) { 1 } else { 2 };
    let is_passed = is_whole && of_entry.iter().all(|check| check.outcome == End::Pass);
    if !results.is_drawn {
        return is_passed;
    }
    // Where the seed chooses what is sent, a check that passes may not have come to the place.
    let comes_there = |route: &String| of_entry.iter().any(|check| check.routes.contains(route));
    let is_drawn = entry.kind == DeviationKind::NotTestableHere || entry.check.starts_with("model.");
    is_passed && !is_drawn && entry.route.as_ref().is_none_or(comes_there)
}
