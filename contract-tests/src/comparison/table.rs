//! Several targets side by side, and which of them stands alone.

use std::collections::{BTreeMap, BTreeSet};

use crate::documented;
use crate::profile::Profile;
use crate::results::{End, Results};

/// What is known of one target.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Column {
    /// How the table names it.
    pub name: String,
    /// By fact: whether it holds; a fact that was not tested is not there.
    facts: BTreeMap<String, bool>,
    /// By key: what it does where the guide is silent.
    assumptions: BTreeMap<String, String>,
    /// By key: the flag that makes the mock do the same.
    flags: BTreeMap<String, String>,
}

impl Column {
    /// What a run has found.
    pub fn of_results(name: String, results: &Results) -> Self {
        let is_tested = |end: End| matches!(end, End::Pass | End::Fail);
        let facts = results.facts.iter().filter(|fact| is_tested(fact.outcome));
        let seen = || results.assumptions.iter().filter(|(_, found)| found.observed.is_some());
        Self {
            name,
            facts: facts.map(|fact| (fact.id.clone(), fact.outcome == End::Pass)).collect(),
            assumptions: seen().filter_map(|(key, found)| Some((key.clone(), found.observed.clone()?))).collect(),
            flags: seen().filter_map(|(key, found)| Some((key.clone(), found.flag(key)?))).collect(),
        }
    }

    /// What a profile tells; it knows nothing of facts. An assumption that was seen both ways is told so.
    pub fn of_profile(name: String, profile: &Profile) -> Self {
        let told = |values: BTreeSet<String>| values.into_iter().collect::<Vec<_>>().join(" and ");
        let assumptions = profile.values().into_iter().map(|(key, values)| (key, told(values))).collect();
        Self { name, assumptions, ..Self::default() }
    }
}

/// One fact or assumption of which the targets do not do the same, or that one of them breaks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    /// The fact or the key of the assumption.
    pub about: String,
    /// What each target does, in the order of the columns; empty where that is not known.
    pub cells: Vec<String>,
    /// What follows from it.
    pub verdict: String,
}

/// The guide against several targets: facts first, then what they do where it is silent.
pub fn side_by_side(columns: &[Column]) -> Vec<Row> {
    let mut rows = Vec::new();
    for fact in documented::facts() {
        let holds: Vec<_> = columns.iter().map(|column| column.facts.get(&fact.id).copied()).collect();
        if !holds.contains(&Some(false)) {
            continue;
        }
        let word = |holds: &Option<bool>| holds.map_or("", |holds| if holds { "holds" } else { "fails" }).to_owned();
        let is_broken_by_all = !holds.contains(&Some(true)) && holds.iter().flatten().count() > 1;
        let verdict = match alone(&holds) {
            _ if is_broken_by_all => "all that were tested deviate alike: is the guide out of date?".to_owned(),
            Some(place) if holds[place] == Some(false) => format!("{} deviates from the guide", columns[place].name),
            Some(place) => format!("only {} is as the guide says", columns[place].name),
            None => "deviates from the guide".to_owned(),
        };
        rows.push(Row { about: fact.id.clone(), cells: holds.iter().map(word).collect(), verdict });
    }
    let keys: BTreeSet<&String> = columns.iter().flat_map(|column| column.assumptions.keys()).collect();
    for key in keys {
        let values: Vec<_> = columns.iter().map(|column| column.assumptions.get(key)).collect();
        let known: BTreeSet<_> = values.iter().flatten().collect();
        if known.len() < 2 {
            continue;
        }
        let cells = values.iter().map(|value| value.map_or_else(String::new, |value| (*value).clone())).collect();
        let verdict = match alone(&values) {
            Some(place) => {
                let flag = columns.iter().enumerate().filter(|(other, _)| *other != place);
                let flag = flag.filter_map(|(_, column)| column.flags.get(key)).next();
                let flag = flag.map(|flag| format!(" (the others: {flag})")).unwrap_or_default();
                format!("{} stands alone{flag}", columns[place].name)
            }
            None => "they differ".to_owned(),
        };
        rows.push(Row { about: key.clone(), cells, verdict });
    }
    rows
}

/// The place of the one value that differs, where at least two others are known and agree.
fn alone<T: PartialEq>(values: &[Option<T>]) -> Option<usize> {
    let known: Vec<_> = values.iter().enumerate().filter_map(|(place, value)| Some((place, value.as_ref()?))).collect();
    let differs = |(_, value): &&(usize, &T)| known.iter().filter(|(_, other)| other == value).count() == 1;
    let mut single = known.iter().filter(differs);
    match (single.next(), single.next()) {
        (Some((place, _)), None) if known.len() > 2 => Some(*place),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn column(name: &str, fact: Option<bool>, value: Option<&str>) -> Column {
        let own = |value: &str| ("id.form".to_owned(), value.to_owned());
        Column {
            name: name.to_owned(),
            facts: fact.map(|holds| ("EMAIL-1".to_owned(), holds)).into_iter().collect(),
            assumptions: value.map(own).into_iter().collect(),
            flags: value.map(|value| own(&format!("--assume id.form={value}"))).into_iter().collect(),
        }
    }

    #[test]
    fn who_stands_alone_is_told() {
        type Side<'a> = (Option<bool>, Option<&'a str>);
        let (yes, no) = (Some(true), Some(false));
        let cases: [([Side<'_>; 3], &[&str]); 7] = [
            ([(yes, Some("uuid")), (yes, Some("uuid")), (yes, Some("uuid"))], &[]),
            ([(yes, None), (yes, None), (no, None)], &["c deviates from the guide"]),
            ([(yes, None), (no, None), (no, None)], &["only a is as the guide says"]),
            ([(no, None), (no, None), (no, None)], &["all that were tested deviate alike: is the guide out of date?"]),
            ([(no, None), (None, None), (yes, None)], &["deviates from the guide"]),
            (
                [(yes, Some("integer")), (yes, Some("uuid")), (yes, Some("uuid"))],
                &["a stands alone (the others: --assume id.form=uuid)"],
            ),
            ([(yes, Some("integer")), (yes, Some("uuid")), (yes, None)], &["they differ"]),
        ];
        for (sides, expected) in cases {
            let columns: Vec<_> =
                ["a", "b", "c"].iter().zip(&sides).map(|(name, (fact, value))| column(name, *fact, *value)).collect();
            let verdicts: Vec<_> = side_by_side(&columns).into_iter().map(|row| row.verdict).collect();
            assert_eq!(verdicts, expected, "{sides:?}");
        }
    }
}
