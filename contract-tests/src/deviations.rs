//! The list of what is known of a target and excused: `deviations.json`.
//!
//! An entry is about one check and one signature, so another failure of the same check is new. People write the reasons;
//! a run reads the list, and writes it only when it is asked to. What it does not know in the file it keeps.

mod entry;
mod judgement;

use std::io::{self, Write};
use std::path::{Path, PathBuf};

use jiff::ToSpan;
use jiff::civil::Date;
use serde::Deserialize;
use serde_json::value::RawValue;
use serde_json::{Map, Value, json};
use tempfile::NamedTempFile;

use crate::results::{CheckResult, End, Results, Verdict};

pub use entry::{DeviationKind, Entry, Lines};
pub use judgement::{Expired, Judgement, Unlisted};

/// The form of the file.
const VERSION: u64 = 1;

/// An empty list, as an example.
const EXAMPLE: &str = r#"{ "deviations": 1, "entries": [] }"#;

/// For how many months an entry that a run has added holds.
const MONTHS: i32 = 3;

/// The list of a file.
#[derive(Clone, Debug)]
pub struct Deviations {
    path: PathBuf,
    /// The fields of the file beside the entries.
    document: Map<String, Value>,
    entries: Vec<Entry>,
}

/// What a run does with the list beside reading it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Changes {
    /// Adds what is new, and notes what was seen again.
    pub update: bool,
    /// Takes out what was tested and did not recur.
    pub prune: bool,
}

/// The file, as far as its form goes.
#[derive(Deserialize)]
struct Document<'a> {
    #[serde(borrow)]
    entries: Vec<&'a RawValue>,
}

impl Deviations {
    /// Reads the list of a file. Where there is none, it is empty if the run may write it. What is wrong is told with the
    /// place, the rule and an example.
    pub fn read(path: &Path, changes: Changes) -> Result<Self, String> {
        match std::fs::read_to_string(path) {
            Ok(text) => Self::of(path, &text),
            Err(error) if error.kind() == io::ErrorKind::NotFound && changes.update => {
                if !folder(path).is_dir() {
                    return Err(format!("{}: there is no folder {}", path.display(), folder(path).display()));
                }
                Self::of(path, EXAMPLE)
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                Err(format!("{}: there is no such file: --deviations-update writes it", path.display()))
            }
            Err(error) => Err(format!("{}: {error}", path.display())),
        }
    }

    /// The list in the text of a file.
    pub fn of(path: &Path, text: &str) -> Result<Self, String> {
        let place = path.display();
        let document: Value = serde_json::from_str(text).map_err(|error| format!("{place}: no JSON: {error}"))?;
        let Value::Object(mut document) = document else {
            return Err(format!("{place}: the file holds an object: {EXAMPLE}"));
        };
        match document.get("deviations") {
            Some(version) if version.as_u64() == Some(VERSION) => {}
            Some(version) => {
                return Err(format!(
                    "{place}: deviations is {version}, and this suite reads version {VERSION}: {EXAMPLE}"
                ));
            }
            None => return Err(format!("{place}: deviations, the version of the form, is missing: {EXAMPLE}")),
        }
        if !document.remove("entries").is_some_and(|entries| entries.is_array()) {
            return Err(format!("{place}: entries is a list: {EXAMPLE}"));
        }
        // Read once more for the lines at which the entries are.
        let raw: Document<'_> = serde_json::from_str(text).map_err(|error| format!("{place}: {error}"))?;
        let mut entries: Vec<Entry> = Vec::new();
        for (number, raw) in raw.entries.into_iter().enumerate() {
            let lines = lines(text, raw.get());
            let entry = Entry::of(raw.get(), lines)
                .map_err(|problem| format!("{place}:{}: entries[{number}].{problem}", lines.first))?;
            if let Some(other) = entries.iter().find(|other| other.overlaps(&entry)) {
                return Err(format!(
                    "{place}:{}: entries[{number}] is about {} with the signature of entry {} on line {}, which holds for it \
                     too: delete one of the two",
                    lines.first, entry.check, other.id, other.lines.first,
                ));
            }
            if let Some(other) = entries.iter().find(|other| other.id == entry.id) {
                return Err(format!(
                    "{place}:{}: entries[{number}].id {} is that of the entry on line {} too: leave id out, and a run gives \
                     one",
                    lines.first, entry.id, other.lines.first,
                ));
            }
            entries.push(entry);
        }
        Ok(Self { path: path.to_owned(), document, entries })
    }

    /// Holds a run against the list on a day, marks its checks that are excused, and changes the file if it is asked to. A
    /// run that was cut short changes nothing.
    pub fn apply(
        &mut self,
        results: &mut Results,
        today: Date,
        is_strict: bool,
        changes: Changes,
    ) -> io::Result<Judgement> {
        let before = self.judge(results, today, is_strict);
        let is_cut_short = results.is_interrupted || results.is_broken || results.verdict == Verdict::NothingTested;
        let changes = if is_cut_short { Changes::default() } else { changes };
        let (mut added, mut pruned) = (0, 0);
        if changes.update {
            added = self.add(results, &before, today);
        }
        if changes.prune {
            let many = self.entries.len();
            self.entries.retain(|entry| !before.gone.iter().any(|gone| gone.id == entry.id));
            pruned = many - self.entries.len();
        }
        if changes != Changes::default() {
            self.write()?;
            *self = Self::of(&self.path, &self.text()).map_err(io::Error::other)?;
        }
        let mut judgement = self.judge(results, today, is_strict);
        (judgement.added, judgement.pruned) = (added, pruned);
        judgement.mark(results);
        Ok(judgement)
    }

    /// Where a run stands against the list.
    fn judge(&self, results: &Results, today: Date, is_strict: bool) -> Judgement {
        Judgement::new(self.path.display().to_string(), &self.entries, results, today, is_strict)
    }

    /// Adds an entry for all that is new, and notes what was seen again; the number of new ones is returned.
    fn add(&mut self, results: &Results, judgement: &Judgement, today: Date) -> usize {
        for entry in &mut self.entries {
            if judgement.known.iter().any(|known| known.id == entry.id) {
                entry.set("last_seen", json!(today.to_string()));
            }
        }
        let many = self.entries.len();
        let is_new = |check: &&CheckResult| judgement.new.iter().any(|new| new.check == check.id);
        let new: Vec<&CheckResult> = results.checks.iter().filter(is_new).filter(|check| check.is_listable()).collect();
        for check in &new {
            let twin = new.iter().find(|other| other.id != check.id && other.is_like(check));
            let is_there = |entry: &Entry| entry.signature == check.signature && entry.covers(&check.id);
            if !self.entries.iter().any(is_there) {
                // What ends alike in both formats is one deviation.
                let name = if twin.is_some() { check.name() } else { &check.id };
                let entry = self.new_entry(name, check, today);
                self.entries.push(entry);
            }
        }
        self.entries.len() - many
    }

    fn new_entry(&self, name: &str, check: &CheckResult, today: Date) -> Entry {
        let kind =
            if check.outcome == End::Fail { DeviationKind::TargetDeviates } else { DeviationKind::NotTestableHere };
        let is_free = |id: &String| !self.entries.iter().any(|entry| entry.id == *id);
        let ids = (0..).map(|number| entry::short_id(&format!("{number} {name} {}", check.signature)));
        let id = ids.into_iter().find(is_free);
        let mut object = Map::new();
        let mut set = |name: &str, value: Value| drop(object.insert(name.to_owned(), value));
        set("id", json!(id));
        set("check", json!(name));
        set("facts", json!(check.facts));
        if check.outcome == End::Fail {
            set("route", json!(check.route));
        }
        set("signature", json!(check.signature));
        set("kind", json!(kind.name()));
        set("reason", json!(""));
        set("ref", json!(""));
        set("first_seen", json!(today.to_string()));
        set("last_seen", json!(today.to_string()));
        // What nobody can test is no better known in three months.
        if kind != DeviationKind::NotTestableHere
            && let Ok(expires) = today.checked_add(MONTHS.months())
        {
            set("expires", json!(expires.to_string()));
        }
        Entry::new(object)
    }

    /// The text of the file.
    fn text(&self) -> String {
        let mut document = self.document.clone();
        let entries = self.entries.iter().map(|entry| Value::Object(entry.object().clone())).collect();
        document.insert("entries".into(), Value::Array(entries));
        format!("{:#}\n", Value::Object(document))
    }

    /// Writes the file whole or not at all.
    fn write(&self) -> io::Result<()> {
        // The file that a link leads to is the one to be written.
        let path = std::fs::canonicalize(&self.path).unwrap_or_else(|_| self.path.clone());
        let mut file = NamedTempFile::new_in(folder(&path))?;
        file.write_all(self.text().as_bytes())?;
        file.as_file().sync_all()?;
        if let Ok(before) = std::fs::metadata(&path) {
            file.as_file().set_permissions(before.permissions())?;
        } else {
            readable(file.as_file())?;
        }
        file.persist(&path).map_err(|error| error.error)?;
        Ok(())
    }
}

/// A temporary file is its owner's only; this one goes into a repository.
#[cfg(unix)]
fn readable(file: &std::fs::File) -> io::Result<()> {
    use std::os::unix::fs::PermissionsExt;
    file.set_permissions(std::fs::Permissions::from_mode(0o644))
}

#[cfg(not(unix))]
fn readable(_: &std::fs::File) -> io::Result<()> {
    Ok(())
}

/// The folder of a file.
fn folder(path: &Path) -> &Path {
    path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

/// The lines of a part of a text, from 1.
fn lines(text: &str, part: &str) -> Lines {
    let start = (part.as_ptr() as usize).saturating_sub(text.as_ptr() as usize);
    let line = |until: usize| 1 + text.as_bytes().iter().take(until).filter(|byte| **byte == b'\n').count();
    Lines { first: line(start), last: line(start + part.len()) }
}

#[cfg(test)]
mod tests;
