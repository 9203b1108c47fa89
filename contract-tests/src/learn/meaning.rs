//! What the fields of a target mean: those of the mock that behaved like them.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::hash::{BuildHasher, RandomState};

use serde_json::Value;

use super::pairs::pairs;
use super::terms::text_of;
use super::twin::TwinAnswer;
use crate::profile::{Meaning, Status};
use crate::reader;
use crate::recording::Recorded;

/// Fields of the mock that hold one of a few words.
const WORDS: [&str; 4] = ["status", "type", "severity", "source_type"];

/// Evidence for one field of the target and one of the mock.
#[derive(Clone, Debug, Default)]
struct Evidence {
    agreed: u64,
    disagreed: u64,
    /// Different values on which they agreed, of those that can tell something.
    values: HashSet<u64>,
    /// The target's word for each of the mock's.
    words: BTreeMap<String, BTreeMap<String, u64>>,
}

/// A field of an object that has the same meaning wherever the object stands.
type Names = (String, String, String);

/// All evidence of a recording.
#[derive(Debug, Default)]
pub(crate) struct Meanings {
    hasher: RandomState,
    /// By operation and paths.
    at: BTreeMap<(String, String, String), Evidence>,
    /// By object and names: an email in a list is the email that was added.
    of: BTreeMap<Names, Evidence>,
}

/// How two values compare.
enum Likeness {
    /// They are the same, and few others would be.
    Telling,
    /// They may be the same.
    Possible,
    /// A word of the target's for a word of the mock's.
    Word,
    Different,
}

impl Meanings {
    /// Compares an answer of the target with the mock's to the same request.
    pub(crate) fn compare(&mut self, recorded: &Recorded, own: &TwinAnswer, ids: &HashMap<String, String>) {
        let is_success = (200..400).contains(&own.status);
        if recorded.is_success() != is_success || recorded.answer.is_null() || own.body.is_null() {
            return;
        }
        let mut visit = Visit { meanings: self, operation: &own.operation, ids };
        visit.compare(&recorded.answer, "", &Own::of(&own.body, ""));
    }

    fn note(&mut self, operation: &str, path: &str, own_path: &str, value: &Value, own: &Value, likeness: &Likeness) {
        let hash = self.hasher.hash_one(text_of(value));
        let object = object_of(operation);
        let name = |path: &str| path.rsplit(['.', ']']).next().unwrap_or_default().to_owned();
        let at = self.at.entry((operation.to_owned(), path.to_owned(), own_path.to_owned())).or_default();
        let of = self.of.entry((object, name(path), name(own_path))).or_default();
        for evidence in [at, of] {
            match likeness {
                Likeness::Different => evidence.disagreed += 1,
                Likeness::Possible => evidence.agreed += 1,
                Likeness::Telling => {
                    evidence.agreed += 1;
                    evidence.values.insert(hash);
                }
                Likeness::Word => {
                    evidence.agreed += 1;
                    let words = evidence.words.entry(text_of(own)).or_default();
                    *words.entry(text_of(value)).or_default() += 1;
                    // A word has one counterpart, or it is another field.
                    evidence.disagreed += u64::from(words.len() > 1);
                    evidence.values.insert(hash);
                }
            }
        }
    }

    /// Names what each place of an answer means, where that can be told.
    pub(crate) fn name(&self, operation: &str, status: &mut Status) {
        let object = object_of(operation);
        for (path, leaf) in &mut status.body {
            let name = last(path);
            let from = (operation.to_owned(), path.clone(), String::new());
            let here = self.at.range(from..).take_while(|((of, at, _), _)| of == operation && at == path);
            // Two lists may have been compared item by item in the wrong order.
            let candidates =
                here.filter(|(_, evidence)| evidence.agreed > 0 && evidence.disagreed * 10 <= evidence.agreed);
            let mut ranked: Vec<_> = candidates
                .filter_map(|((_, _, own_path), evidence)| {
                    let pooled = self.of.get(&(object.clone(), name.to_owned(), last(own_path).to_owned()))?;
                    let is_same_name = name == last(own_path);
                    let has_told = pooled.disagreed * 10 <= pooled.agreed && !pooled.values.is_empty();
                    let preferred = usize::from(last(own_path) == "created_at");
                    let rank = (
                        evidence.disagreed + pooled.disagreed == 0,
                        is_same_name,
                        pooled.values.len().min(9),
                        preferred,
                        pooled.agreed,
                    );
                    (is_same_name || has_told || preferred == 1).then_some((rank, own_path, evidence, pooled))
                })
                .collect();
            ranked.sort_by(|one, other| other.0.cmp(&one.0).then_with(|| one.1.cmp(other.1)));
            let Some((_, own_path, evidence, pooled)) = ranked.first() else { continue };
            leaf.means = Some(Meaning {
                field: (*own_path).clone(),
                agreed: evidence.agreed,
                values: pooled.values.len() as u64,
                sure: ranked.len() == 1 && pooled.values.len() > 1,
            });
            if WORDS.contains(&last(own_path)) {
                leaf.words = pooled
                    .words
                    .iter()
                    .filter(|(own, their)| !their.contains_key(*own))
                    .map(|(own, their)| (own.clone(), their.clone()))
                    .collect();
            }
        }
    }
}

fn last(path: &str) -> &str {
    path.rsplit(['.', ']']).next().unwrap_or_default()
}

/// The kind of object that an operation answers: the first part of its path after the account, leaks told apart.
fn object_of(operation: &str) -> String {
    let path = operation.split_once(' ').map_or("", |(_, path)| path);
    let rest = path
        .strip_prefix("/api/v1/account/{account_id}/")
        .or_else(|| path.split('/').nth(3).and_then(|first| path.find(first).map(|place| &path[place..])));
    let rest = rest.unwrap_or_default();
    let first = rest.split('/').next().unwrap_or_default();
    let first = first.strip_suffix('s').unwrap_or(first);
    match rest.rsplit('/').next().unwrap_or_default() {
        end @ ("leaks" | "statistic" | "coachme" | "status" | "sites") => format!("{first}/{end}"),
        _ => first.to_owned(),
    }
}

/// The mock's answer as far as it may be compared with a part of the target's: scalars, and lists.
struct Own<'a> {
    scalars: Vec<(String, &'a Value)>,
    lists: Vec<(String, &'a Vec<Value>)>,
}

impl<'a> Own<'a> {
    fn of(value: &'a Value, path: &str) -> Self {
        let mut own = Self { scalars: Vec::new(), lists: Vec::new() };
        own.gather(value, path);
        own
    }

    fn gather(&mut self, value: &'a Value, path: &str) {
        match value {
            Value::Object(fields) => {
                for (name, field) in fields {
                    let path = if path.is_empty() { name.clone() } else { format!("{path}.{name}") };
                    self.gather(field, &path);
                }
            }
            Value::Array(items) => self.lists.push((path.to_owned(), items)),
            scalar => self.scalars.push((path.to_owned(), scalar)),
        }
    }
}

/// One comparison.
struct Visit<'a> {
    meanings: &'a mut Meanings,
    operation: &'a str,
    ids: &'a HashMap<String, String>,
}

impl Visit<'_> {
    fn compare(&mut self, value: &Value, path: &str, own: &Own<'_>) {
        match value {
            Value::Object(fields) => {
                for (name, field) in fields {
                    let path = if path.is_empty() { name.clone() } else { format!("{path}.{name}") };
                    self.compare(field, &path, own);
                }
            }
            Value::Array(items) => {
                let name = last(path);
                // The list of the same name, or else the first that holds the like.
                let like = |list: &&(String, &Vec<Value>)| {
                    list.1.iter().any(Value::is_object) == items.iter().any(Value::is_object)
                };
                let same = own.lists.iter().find(|(own_path, _)| last(own_path) == name);
                let Some((own_path, own_items)) = same.or_else(|| own.lists.iter().find(like)) else { return };
                for (place, own_place) in pairs(items, own_items, self.ids) {
                    let own = Own::of(&own_items[own_place], &format!("{own_path}[]"));
                    self.compare(&items[place], &format!("{path}[]"), &own);
                }
            }
            scalar => {
                for (own_path, own_value) in &own.scalars {
                    let likeness = match likeness(last(own_path), scalar, own_value, self.ids) {
                        // What is drawn at random on both sides, as a token is, has its name only.
                        Likeness::Different if last(own_path) == last(path) && is_same_type(scalar, own_value) => {
                            Likeness::Possible
                        }
                        likeness => likeness,
                    };
                    self.meanings.note(self.operation, path, own_path, scalar, own_value, &likeness);
                }
            }
        }
    }
}

fn is_same_type(one: &Value, other: &Value) -> bool {
    std::mem::discriminant(one) == std::mem::discriminant(other)
}

/// How a value of the target compares with the mock's value of a field.
fn likeness(name: &str, value: &Value, own: &Value, ids: &HashMap<String, String>) -> Likeness {
    let (text, own_text) = (text_of(value), text_of(own));
    // Some leave a text empty where others write null.
    match (value.is_null() || value == "", own.is_null()) {
        (true, true) => return Likeness::Possible,
        (true, false) | (false, true) => return Likeness::Different,
        (false, false) => {}
    }
    if reader::is_boolean_name(name) {
        let is_flag = value.is_boolean() || matches!(&*text, "0" | "1" | "true" | "false");
        return match (reader::boolean(value), reader::boolean(own)) {
            (Some(flag), Some(own)) if is_flag && flag == own => Likeness::Telling,
            _ => Likeness::Different,
        };
    }
    if name == "id" || name.ends_with("_id") {
        return match ids.get(&text) {
            Some(known) if *known == own_text => Likeness::Telling,
            _ if text == own_text => Likeness::Possible,
            _ => Likeness::Different,
        };
    }
    if reader::is_like_datetime(&own_text) {
        return if reader::is_like_datetime(&text) { Likeness::Possible } else { Likeness::Different };
    }
    if reader::is_date(&own_text) {
        let is_same = text.get(..10) == Some(&own_text);
        return if is_same { Likeness::Possible } else { Likeness::Different };
    }
    let is_word = |text: &str| {
        (2..=30).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_alphabetic() || b"_- ".contains(&byte))
    };
    if WORDS.contains(&name) && value.is_string() {
        return if is_word(&text) && is_word(&own_text) { Likeness::Word } else { Likeness::Different };
    }
    let bare = |text: &str| text.chars().filter(char::is_ascii_alphanumeric).collect::<String>().to_ascii_lowercase();
    let (bare_text, bare_own) = (bare(&text), bare(&own_text));
    let masks = ['*', '•', '·', '…', '#'];
    let end = |text: &str| text.get(text.len().saturating_sub(2)..).map(str::to_owned);
    if !bare_text.is_empty() && bare_text == bare_own {
        return if bare_text.len() > 2 { Likeness::Telling } else { Likeness::Possible };
    }
    if text.contains(masks) && own_text.contains(masks) && end(&bare_text) == end(&bare_own) {
        return Likeness::Telling;
    }
    Likeness::Different
}
