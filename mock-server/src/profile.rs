//! What a target was seen to do, so that the mock can do the same where the guide is silent (`--profile`).
//!
//! A profile is made by the contract suite. It holds shapes and counts and no value of anybody. For each operation, token,
//! format and case it tells how the target answered. A case is named by the mock's own answer to the same request: its
//! status, and the assumptions that decided it, as in `404 scope.foreign-account`.
//!
//! The mock goes on to decide by its own rules, so what it does stays consistent. Only the answer is written as the target
//! would write it. What contradicts a fact is not used, and [`Profile::notes`] says so.

mod answer;
mod documented;
mod file;
mod schema;

use std::collections::{BTreeMap, BTreeSet, HashMap};

use serde_json::{Map, Value as Json};

pub(crate) use self::answer::{Answer, Refused, Written};
use self::documented::contradiction;
use self::file::{Exchange, Source};
pub(crate) use self::schema::Observed;
use crate::guide::assumptions::{Assumptions, Decides, Key};
use crate::guide::format::Format;
use crate::guide::trace::Basis;

/// What one target was seen to do, ready to be used.
#[derive(Debug)]
pub(crate) struct Profile {
    answers: HashMap<Seen, Answer>,
    /// For refusals that were not seen on an operation: how the target mostly refuses.
    refusals: HashMap<(Format, String), Answer>,
    /// How a refusal with a status mostly looks.
    refusals_by_status: HashMap<(Format, u16), Answer>,
    /// For cases of success that were not seen on an operation, such as one that finds what it adds: its usual success.
    successes: HashMap<(String, String, Format), Answer>,
    /// By operation: the target's name of each field of the request body that has another name there.
    fields: BTreeMap<String, BTreeMap<String, String>>,
    assumptions: BTreeMap<String, String>,
    sources: Vec<Json>,
    date: String,
    notes: Vec<String>,
    /// The file as it was read.
    text: String,
}

/// Where an answer was seen.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Seen {
    operation: String,
    token: String,
    format: Format,
    case: String,
}

/// Why a profile cannot be used at all.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct ProfileError(String);

impl Profile {
    /// Reads a profile, as `contract run` and `contract learn` write it.
    ///
    /// # Errors
    /// A text that is no profile, or one of a later version.
    pub(crate) fn parse(text: &str) -> Result<Self, ProfileError> {
        let file = file::read(text).map_err(ProfileError)?;
        let mut profile = Self {
            answers: HashMap::new(),
            refusals: HashMap::new(),
            refusals_by_status: HashMap::new(),
            successes: HashMap::new(),
            fields: BTreeMap::new(),
            assumptions: BTreeMap::new(),
            sources: file.sources.iter().map(|(id, source)| source.about(id)).collect(),
            date: file.sources.values().map(|source| source.date.clone()).max().unwrap_or_default(),
            notes: Vec::new(),
            text: text.to_owned(),
        };
        profile.take_assumptions(file.sources.values());
        profile.take_fields(file.sources.values());
        profile.take_answers(file.sources.values());
        Ok(profile)
    }

    fn take_assumptions<'s>(&mut self, sources: impl Iterator<Item = &'s Source>) {
        let mut seen = BTreeMap::<&str, BTreeSet<&str>>::new();
        for (key, values) in sources.flat_map(|source| &source.assumptions) {
            seen.entry(key).or_default().extend(values.keys().map(String::as_str));
        }
        for (key, values) in seen {
            let value = match &*values.iter().copied().collect::<Vec<_>>() {
                [value] => (*value).to_owned(),
                several => {
                    self.notes.push(format!("{key} is not used: both {} were seen", several.join(" and ")));
                    continue;
                }
            };
            match Assumptions::default().suppose(key, &value) {
                Ok(()) => {
                    self.assumptions.insert(key.to_owned(), value);
                }
                // What no value of an assumption can say, the answers say.
                Err(_) if value.starts_with("other: ") => {}
                Err(error) => self.notes.push(format!("{key} is not used: {error}")),
            }
        }
    }

    fn take_fields<'s>(&mut self, sources: impl Iterator<Item = &'s Source>) {
        let mut counts = BTreeMap::<(&str, &str), BTreeMap<&str, u64>>::new();
        for (operation, fields) in sources.flat_map(|source| &source.bodies) {
            for (field, names) in fields {
                for (name, count) in names {
                    *counts.entry((operation, field)).or_default().entry(name).or_default() += count;
                }
            }
        }
        for ((operation, field), names) in counts {
            if let Some((name, _)) = names.into_iter().max_by_key(|(_, count)| *count) {
                self.fields.entry(operation.to_owned()).or_default().insert(field.to_owned(), name.to_owned());
            }
        }
    }

    fn take_answers<'s>(&mut self, sources: impl Iterator<Item = &'s Source>) {
        let mut merged = HashMap::<Seen, Exchange>::new();
        for (operation, by_token) in sources.flat_map(|source| &source.operations) {
            for (token, by_format) in by_token {
                for (format, by_case) in by_format {
                    let Some(format) = Format::named(format) else { continue };
                    for (case, exchange) in by_case {
                        let (operation, token, case) = (operation.clone(), token.clone(), case.clone());
                        merged.entry(Seen { operation, token, format, case }).or_default().add(exchange);
                    }
                }
            }
        }
        let mut refusals = HashMap::<(Format, String), Exchange>::new();
        let mut refusals_by_status = HashMap::<(Format, u16), Exchange>::new();
        let mut successes = HashMap::<(String, String, Format), Exchange>::new();
        let mut contradictions = BTreeSet::new();
        for (seen, exchange) in merged {
            let place = format!("{} ({}, {})", seen.operation, seen.token, seen.format.name());
            let mut usable = None;
            for answer in Answer::all(&exchange) {
                match contradiction(&seen.operation, seen.format, &seen.case, &answer) {
                    None => usable = usable.or(Some(answer)),
                    Some(fact) => {
                        let status = answer.status;
                        contradictions
                            .insert(format!("the answer {status} to {place} is not used: it contradicts {fact}"));
                    }
                }
            }
            let Some(answer) = usable else { continue };
            if answer.status >= 400 {
                refusals.entry((seen.format, seen.case.clone())).or_default().add(&exchange);
                refusals_by_status.entry((seen.format, answer.status)).or_default().add(&exchange);
            } else {
                let place = (seen.operation.clone(), seen.token.clone(), seen.format);
                successes.entry(place).or_default().add(&exchange);
            }
            self.answers.insert(seen, answer);
        }
        self.notes.extend(contradictions);
        self.lend_items();
        let first =
            |exchange: &Exchange, is_meant: &dyn Fn(&Answer) -> bool| Answer::all(exchange).into_iter().find(is_meant);
        let successes = successes
            .into_iter()
            .filter_map(|(place, exchange)| Some((place, first(&exchange, &|answer| answer.status < 400)?)));
        self.successes = successes.collect();
        let refusals = refusals.into_iter().filter_map(|((format, case), exchange)| {
            let is_allowed = |answer: &Answer| contradiction("", format, &case, answer).is_none();
            let answer = first(&exchange, &is_allowed)?;
            Some(((format, case), answer))
        });
        self.refusals = refusals.collect();
        let by_status = refusals_by_status.into_iter().filter_map(|((format, status), exchange)| {
            Some(((format, status), first(&exchange, &|answer| answer.status == status)?))
        });
        self.refusals_by_status = by_status.collect();
    }

    /// Gives a list that was only seen empty the items of a list of the same kind.
    fn lend_items(&mut self) {
        let mut known = HashMap::new();
        for (seen, answer) in &self.answers {
            for (path, items) in answer.lists() {
                known.entry((seen.format, family(&seen.operation), path)).or_insert_with(|| items.clone());
            }
        }
        for (seen, answer) in &mut self.answers {
            let family = family(&seen.operation);
            answer.borrow_items(&|path| known.get(&(seen.format, family.clone(), path.to_owned())));
        }
    }

    /// The target's answer to a request that the mock itself answers with `status`, on this basis. None where the target
    /// was not seen to answer such a request, or where an assumption that is set decides.
    pub(crate) fn answer(
        &self,
        operation: &str,
        token: &str,
        format: Format,
        status: u16,
        basis: Basis,
        assumptions: &Assumptions,
    ) -> Option<&Answer> {
        let decides = |key: Key| key.decides() != Decides::Value;
        if basis.keys().any(|key| decides(key) && assumptions.is_set(key)) {
            return None;
        }
        let case = case(status, basis);
        let seen_in = |format: Format, operation: &str, token: &str| {
            let (operation, token, case) = (operation.to_owned(), token.to_owned(), case.clone());
            self.answers.get(&Seen { operation, token, format, case })
        };
        let seen = |operation: &str, token: &str| seen_in(format, operation, token);
        let exact = seen(operation, token);
        // The same route with the other token, where the target was seen there only.
        let sibling_case = || {
            let (other, token) = sibling(operation, token)?;
            seen(&other, token)
        };
        let success = || {
            let usual =
                |operation: &str, token: &str| self.successes.get(&(operation.to_owned(), token.to_owned(), format));
            let of_sibling = || sibling(operation, token).and_then(|(other, token)| usual(&other, token));
            (status < 400).then(|| usual(operation, token).or_else(of_sibling)).flatten()
        };
        let refusal = || (status >= 400).then(|| self.refusals.get(&(format, case.clone()))).flatten();
        // Both formats answer with the same status, and with the same fields where none of them is written in two ways.
        let in_other_format = || {
            let other = if format == Format::Legacy { Format::Standardized } else { Format::Legacy };
            let answer = seen_in(other, operation, token)?;
            if answer.status >= 400 {
                return self.refusals_by_status.get(&(format, answer.status));
            }
            contradiction(operation, format, &case, answer).is_none().then_some(answer)
        };
        exact.or_else(sibling_case).or_else(in_other_format).or_else(success).or_else(refusal)
    }

    /// The answers that were seen to an operation, whatever the token, each once.
    pub(crate) fn observed(&self, operation: &str) -> Vec<Observed> {
        let mut seen: Vec<(&Seen, &Answer)> =
            self.answers.iter().filter(|(seen, _)| seen.operation == operation).collect();
        seen.sort_by_key(|(seen, answer)| (answer.status, seen.format == Format::Legacy, &seen.token, &seen.case));
        let mut observed = Vec::new();
        for (seen, answer) in seen {
            let one = Observed::of(seen.format, answer);
            if !observed.contains(&one) {
                observed.push(one);
            }
        }
        observed
    }

    /// Gives the fields of a request body the names that the mock knows. None where there is nothing to rename.
    pub(crate) fn read_body(&self, operation: &str, body: &[u8]) -> Option<Vec<u8>> {
        let names = self.fields.get(operation)?;
        let Ok(Json::Object(mut fields)) = serde_json::from_slice::<Json>(body) else { return None };
        for (field, name) in names {
            // The target does not read the mock's name where it has one of its own.
            match fields.remove(name) {
                Some(value) => fields.insert(field.clone(), value),
                None => fields.remove(field),
            };
        }
        Some(Json::Object(fields).to_string().into_bytes())
    }

    /// The target's name of a field of the request body.
    pub(crate) fn field_name<'a>(&'a self, operation: &str, field: &'a str) -> &'a str {
        self.fields.get(operation).and_then(|names| names.get(field)).map_or(field, String::as_str)
    }

    /// Makes the assumptions that the target was seen to follow the defaults of `assumptions`.
    pub(crate) fn suppose(&self, assumptions: &mut Assumptions) {
        for (key, value) in &self.assumptions {
            assumptions.suppose(key, value).expect("its keys and values were looked at when it was read");
        }
    }

    /// What is not used of it, and why: a sentence each.
    #[cfg_attr(not(feature = "cli"), expect(dead_code, reason = "the binary tells them"))]
    pub(crate) fn notes(&self) -> &[String] {
        &self.notes
    }

    /// The day of the last look at the target, as `2026-11-28`.
    pub(crate) fn date(&self) -> &str {
        &self.date
    }

    /// Date and sources, for health and page.
    pub(crate) fn about(&self) -> Json {
        let mut about = Map::new();
        about.insert("date".into(), self.date.clone().into());
        about.insert("sources".into(), self.sources.clone().into());
        about.insert("answers".into(), self.answers.len().into());
        about.insert("not_used".into(), self.notes.clone().into());
        about.into()
    }

    /// The file as it was read.
    pub(crate) fn text(&self) -> &str {
        &self.text
    }
}

/// The name of a case: the status of the mock's own answer, and the assumptions that decided which case it is.
fn case(status: u16, basis: Basis) -> String {
    let deciding = basis.keys().filter(|key| key.decides() == Decides::Case);
    deciding.fold(status.to_string(), |case, key| case + " " + key.name())
}

/// The same operation for the other token, with the name of that token.
fn sibling(operation: &str, token: &str) -> Option<(String, &'static str)> {
    const ACCOUNT: &str = "/api/v1/account/{account_id}/";
    let (method, path) = operation.split_once(' ')?;
    match token {
        "app" => Some((format!("{method} {ACCOUNT}{}", path.strip_prefix("/api/v1/")?), "crm")),
        "crm" => Some((format!("{method} /api/v1/{}", path.strip_prefix(ACCOUNT)?), "app")),
        _ => None,
    }
}

/// The kind of the objects that an operation lists: `alarms`, `email-watchlist`, or the leaks of one.
fn family(operation: &str) -> String {
    let path = operation.split_once(' ').map_or("", |(_, path)| path).replace("/account/{account_id}", "");
    let first = path.split('/').nth(3).unwrap_or_default();
    let first = if first.starts_with("alarms") { "alarms" } else { first };
    if path.ends_with("/leaks") { format!("{first}/leaks") } else { first.to_owned() }
}
