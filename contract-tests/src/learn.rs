//! Makes a profile of what went over the wire.
//!
//! The mock is the yardstick. Every request is sent once more, to a mock in this process, in the order in which it was
//! sent. The mock's own answer names the case that the request was: a duplicate, a foreign account, a success. And a field
//! of the target means what that field of the mock means which behaved like it: it held the value that was sent, changed
//! when it was confirmed, or was the id of the same object.

mod meaning;
mod operation;
mod pairs;
mod terms;
mod twin;

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use jiff::Timestamp;
use serde_json::Value;

use crate::format::Format;
use crate::learn::meaning::Meanings;
use crate::learn::operation::operation_of;
use crate::learn::terms::{text_of, token_of};
use crate::learn::twin::{Twin, TwinAnswer};
use crate::profile::{Case, Profile, Source, Status, is_code, number_of};
use crate::reader;
use crate::recording::{Recorded, har};
use crate::target::Target;

/// What is told of a source beside its exchanges.
#[derive(Clone, Debug)]
pub(crate) struct About<'a> {
    pub(crate) kind: &'static str,
    /// The address of the target.
    pub(crate) address: &'a str,
    /// By key: what the target was seen to do.
    pub(crate) assumptions: BTreeMap<String, String>,
    /// The target as far as the run was told of it.
    pub(crate) target: Option<&'a Target>,
}

/// Makes a profile of somebody's recording.
///
/// # Errors
/// A file that is no HAR, or that holds nothing of this API: a sentence.
pub async fn learn_from_har(text: &str) -> Result<Profile, String> {
    let recording = har::read(text)?;
    if recording.exchanges.is_empty() {
        return Err(har::nothing(recording.passed_over));
    }
    let about = About { kind: "recording", address: &recording.host, assumptions: BTreeMap::new(), target: None };
    let passed_over = recording.passed_over.iter().map(|(reason, count)| ((*reason).to_owned(), *count));
    Ok(Profile::of(observe(&recording.exchanges, &about, passed_over.collect()).await))
}

/// Makes a profile of exchanges, in the order in which they were sent.
pub(crate) async fn learn(recording: &[Recorded], about: &About<'_>) -> Profile {
    Profile::of(observe(recording, about, BTreeMap::new()).await)
}

async fn observe(recording: &[Recorded], about: &About<'_>, passed_over: BTreeMap<String, u64>) -> Source {
    let mut twin = Twin::start(&about.assumptions, about.target).await;
    let mut source = Source {
        kind: about.kind.into(),
        suite: env!("CARGO_PKG_VERSION").into(),
        target: number_of(about.address),
        date: Timestamp::now().to_string()[..10].to_owned(),
        assumptions: about
            .assumptions
            .iter()
            .map(|(key, value)| (key.clone(), BTreeMap::from([(value.clone(), 1)])))
            .collect(),
        passed_over,
        bodies: names_of_fields(recording, &twin.fields().await),
        ..Source::default()
    };
    let usual =
        |names: &BTreeMap<String, u64>| names.iter().max_by_key(|(_, count)| **count).map(|(name, _)| name.clone());
    for (operation, fields) in &source.bodies {
        let named = fields.iter().filter_map(|(field, names)| Some((field.clone(), usual(names)?)));
        twin.names.insert(operation.clone(), named.collect());
    }
    let mut meanings = Meanings::default();
    let mut seen = Vec::new();
    let telling = telling_cases(recording);
    for recorded in recording.iter().filter(|recorded| telling.contains(&recorded.case)) {
        match twin.replay(recorded).await {
            Ok(Some(own)) => {
                meanings.compare(recorded, &own, &twin.ids);
                seen.push((recorded, own));
            }
            Ok(None) => {}
            Err(reason) => *source.passed_over.entry(reason.into()).or_default() += 1,
        }
    }
    for (recorded, own) in &seen {
        note(&mut source, recorded, own);
    }
    let cases = source.operations.iter_mut().flat_map(|(operation, tokens)| {
        let formats = tokens.values_mut().flat_map(BTreeMap::values_mut);
        formats.flat_map(BTreeMap::values_mut).map(move |case| (operation, case))
    });
    for (operation, case) in cases {
        for status in case.statuses.values_mut() {
            status.count_chances();
            meanings.name(operation, status);
        }
    }
    source
}

/// After so many exchanges of a sort, more of the same tell nothing new.
const ENOUGH: u32 = 5;

/// After so many exchanges in all, one of a sort is enough.
const MANY: usize = 1500;

/// The cases that have an exchange of a sort of which few were seen before. A long run has thousands of sequences that are
/// much alike, and each works on accounts of its own.
fn telling_cases(recording: &[Recorded]) -> HashSet<u64> {
    let mut by_case = BTreeMap::<u64, Vec<&Recorded>>::new();
    recording.iter().for_each(|recorded| by_case.entry(recorded.case).or_default().push(recorded));
    let mut seen = HashMap::new();
    let (mut telling, mut all) = (HashSet::new(), 0);
    for (case, exchanges) in by_case {
        let sorts: Vec<_> = exchanges
            .iter()
            .map(|recorded| {
                let path = recorded.path.split('?').next().unwrap_or_default();
                let operation = operation_of(&recorded.method, path).map(|operation| operation.name);
                (operation, token_of(&recorded.who), recorded.format.name(), recorded.status)
            })
            .collect();
        let enough = if all < MANY { ENOUGH } else { 1 };
        if sorts.iter().any(|sort| seen.get(sort).is_none_or(|count| *count < enough)) {
            telling.insert(case);
            all += sorts.len();
            sorts.into_iter().for_each(|sort| *seen.entry(sort).or_insert(0) += 1);
        }
    }
    telling
}

/// Counts one exchange under its case.
fn note(source: &mut Source, recorded: &Recorded, own: &TwinAnswer) {
    source.requests += 1;
    source.formats.insert(recorded.format.name().to_owned());
    let format = recorded.format.name().to_owned();
    let by_format =
        source.operations.entry(own.operation.clone()).or_default().entry(own.token.to_owned()).or_default();
    let case: &mut Case = by_format.entry(format).or_default().entry(own.case.clone()).or_default();
    let status = case.statuses.entry(recorded.status).or_default();
    status.seen += 1;
    *status.types.entry(recorded.media_type.clone()).or_default() += 1;
    for name in &recorded.headers {
        *status.headers.entry(name.clone()).or_default() += 1;
    }
    if !recorded.media_type.contains("json") {
        return;
    }
    let is_refusal = recorded.status >= 400;
    status.add_body(&recorded.answer, is_refusal);
    note_code(status, &recorded.answer, recorded.format);
}

/// Keeps the code of a standardized error: a word of the API.
fn note_code(status: &mut Status, body: &Value, format: Format) {
    let code = body["error"]["code"].as_str().filter(|code| format == Format::Standardized && is_code(code));
    if let (Some(code), Some(leaf)) = (code, status.body.get_mut("error.code")) {
        *leaf.words.entry(String::new()).or_default().entry(code.to_owned()).or_default() += 1;
    }
}

/// By operation and field: the names that the target has for fields whose names the guide does not give. A refusal names
/// the field that it misses; in a request that was taken, the same value stands under both names.
fn names_of_fields(
    recording: &[Recorded],
    own: &BTreeMap<String, BTreeSet<String>>,
) -> BTreeMap<String, BTreeMap<String, BTreeMap<String, u64>>> {
    let is_own = |operation: &str, name: &str| own.get(operation).is_some_and(|names| names.contains(name));
    let mut missed = BTreeMap::<String, BTreeSet<String>>::new();
    let operation = |recorded: &Recorded| {
        let path = recorded.path.split('?').next().unwrap_or_default();
        operation_of(&recorded.method, path).map(|operation| operation.name)
    };
    for recorded in recording.iter().filter(|recorded| matches!(recorded.status, 400 | 422)) {
        let (Some(operation), Some(Value::Object(sent))) = (operation(recorded), recorded.json()) else { continue };
        let is_missed = |name: &String| !sent.contains_key(name) && !is_own(&operation, name);
        let refused: Vec<String> = reader::refused_fields(&recorded.answer).into_iter().filter(is_missed).collect();
        missed.entry(operation).or_default().extend(refused);
    }
    let mut names = BTreeMap::<String, BTreeMap<String, BTreeMap<String, u64>>>::new();
    for recorded in recording.iter().filter(|recorded| recorded.is_success()) {
        let (Some(operation), Some(Value::Object(sent))) = (operation(recorded), recorded.json()) else { continue };
        let Some(missed) = missed.get(&operation) else { continue };
        for name in missed {
            let Some(value) = sent.get(name) else { continue };
            let same = sent.iter().find(|(field, other)| is_own(&operation, field) && text_of(other) == text_of(value));
            if let Some((field, _)) = same {
                let of_field = names.entry(operation.clone()).or_default().entry(field.clone()).or_default();
                *of_field.entry(name.clone()).or_default() += 1;
            }
        }
    }
    names
}
