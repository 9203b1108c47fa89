//! What has moved between two profiles: of the same target at two times, or of two targets.

use std::collections::{BTreeMap, BTreeSet};

use crate::profile::{Case, Leaf, Profile, Status};

/// How a target stands to what was learnt before.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Drift {
    /// How many cases are as they were learnt.
    pub as_learnt: usize,
    /// A line for each thing that has moved, the weightiest first.
    pub moved: Vec<String>,
    /// Cases that were not seen before.
    pub new: Vec<String>,
}

/// How much a client notices of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Weight {
    Assumption,
    Status,
    Shape,
}

type Place = (String, String, String, String);

impl Profile {
    /// How `now` stands to this profile.
    pub fn drift(&self, now: &Self) -> Drift {
        let (before, after) = (self.cases(), now.cases());
        let mut drift = Drift::default();
        let mut moved = Vec::new();
        let (seen, found) = (self.values(), now.values());
        for (key, values) in &found {
            match seen.get(key) {
                Some(known) if known != values => {
                    let told = |values: &BTreeSet<String>| values.iter().cloned().collect::<Vec<_>>().join(" and ");
                    moved.push((Weight::Assumption, format!("{key}: {} became {}", told(known), told(values))));
                }
                Some(_) => drift.as_learnt += 1,
                None => drift.new.push(key.clone()),
            }
        }
        for (place, case) in &after {
            let (operation, token, format, name) = place;
            let named = format!("{operation} ({token}, {format}), where the mock answers {name}");
            let Some(known) = before.get(place) else {
                drift.new.push(named);
                continue;
            };
            let (Some((status, is)), Some((known_status, was))) = (usual(case), usual(known)) else { continue };
            if status != known_status {
                moved.push((Weight::Status, format!("{named}: {known_status} became {status}")));
            } else if let Some(difference) = difference(was, is) {
                moved.push((Weight::Shape, format!("{named}: {difference}")));
            } else {
                drift.as_learnt += 1;
            }
        }
        moved.sort();
        drift.moved = moved.into_iter().map(|(_, line)| line).collect();
        drift
    }

    fn cases(&self) -> BTreeMap<Place, Case> {
        let mut cases = BTreeMap::<Place, Case>::new();
        for (operation, tokens) in self.sources().flat_map(|(_, source)| &source.operations) {
            for (token, formats) in tokens {
                for (format, by_name) in formats {
                    for (name, case) in by_name {
                        let place = (operation.clone(), token.clone(), format.clone(), name.clone());
                        let statuses = &mut cases.entry(place).or_default().statuses;
                        for (status, seen) in &case.statuses {
                            let all = statuses.entry(*status).or_default();
                            all.seen += seen.seen;
                            all.body.extend(seen.body.clone());
                            for (name, count) in &seen.types {
                                *all.types.entry(name.clone()).or_default() += count;
                            }
                        }
                    }
                }
            }
        }
        cases
    }

    /// By key: what was seen of each assumption.
    pub(crate) fn values(&self) -> BTreeMap<String, BTreeSet<String>> {
        let mut values = BTreeMap::<String, BTreeSet<String>>::new();
        for (key, seen) in self.sources().flat_map(|(_, source)| &source.assumptions) {
            values.entry(key.clone()).or_default().extend(seen.keys().cloned());
        }
        values
    }
}

/// The status that came most often, and its answers.
fn usual(case: &Case) -> Option<(u16, &Status)> {
    let most = case.statuses.iter().rev().max_by_key(|(_, seen)| seen.seen)?;
    Some((*most.0, most.1))
}

/// The first difference between two answers of the same status that a client would notice.
fn difference(was: &Status, is: &Status) -> Option<String> {
    let most = |counts: &BTreeMap<String, u64>| {
        counts.iter().rev().max_by_key(|(_, count)| **count).map(|(name, _)| name.clone())
    };
    let (before, after) = (most(&was.types)?, most(&is.types)?);
    if before != after {
        return Some(format!("the media type {before:?} became {after:?}"));
    }
    let is_always = |leaf: &Leaf| leaf.is_in == leaf.of;
    // Below a list that was empty nothing was seen.
    let is_seen = |seen: &Status, path: &str| {
        let around = path.rsplit_once('.').map_or("", |(around, _)| around);
        seen.body.get(around).is_some_and(|around| around.types.contains_key("object"))
    };
    for (path, leaf) in &was.body {
        match is.body.get(path) {
            None if is_always(leaf) && is_seen(is, path) && !path.ends_with("[]") => {
                return Some(format!("{path} is no longer there"));
            }
            Some(now) => {
                let kinds =
                    |leaf: &Leaf| leaf.types.keys().filter(|name| *name != "null").cloned().collect::<BTreeSet<_>>();
                let (before, after) = (kinds(leaf), kinds(now));
                if !before.is_empty() && !after.is_empty() && before.is_disjoint(&after) {
                    let told = |kinds: BTreeSet<String>| kinds.into_iter().collect::<Vec<_>>().join(" or ");
                    return Some(format!("{path}: {} became {}", told(before), told(after)));
                }
            }
            None => {}
        }
    }
    let new = is.body.keys().find(|path| !was.body.contains_key(*path) && is_seen(was, path) && !path.ends_with("[]"));
    new.map(|path| format!("{path} is new"))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::profile::Source;

    fn of(status: u16, body: &serde_json::Value, value: &str) -> Profile {
        let mut seen = Status { seen: 1, types: [("application/json".to_owned(), 1)].into(), ..Status::default() };
        seen.add_body(body, false);
        seen.count_chances();
        let mut source = Source::default();
        source.assumptions.entry("id.form".into()).or_default().insert(value.into(), 1);
        let by_token = source.operations.entry("GET /api/v1/account".into()).or_default();
        let by_format = by_token.entry("app".into()).or_default().entry("legacy".into()).or_default();
        by_format.entry("200".into()).or_default().statuses.insert(status, seen);
        Profile::of(source)
    }

    #[test]
    fn what_moved_is_told_once_and_what_weighs_most_first() {
        let before = of(200, &json!({ "data": { "id": "a", "since": null } }), "uuid");
        let place = "GET /api/v1/account (app, legacy), where the mock answers 200";
        let cases = [
            (of(200, &json!({ "data": { "id": "b", "since": "x" } }), "uuid"), vec![]),
            (
                of(200, &json!({ "data": { "id": 7, "since": null } }), "uuid"),
                vec![format!("{place}: data.id: string became number")],
            ),
            (
                of(200, &json!({ "data": { "since": null } }), "uuid"),
                vec![format!("{place}: data.id is no longer there")],
            ),
            (
                of(200, &json!({ "data": { "id": "a", "since": null, "x": 1 } }), "uuid"),
                vec![format!("{place}: data.x is new")],
            ),
            (
                of(202, &json!({ "data": { "id": "a", "since": null } }), "integer"),
                vec!["id.form: uuid became integer".to_owned(), format!("{place}: 200 became 202")],
            ),
        ];
        for (now, expected) in cases {
            assert_eq!(before.drift(&now).moved, expected);
        }
        let drift = Profile::default().drift(&before);
        assert_eq!(
            (drift.as_learnt, drift.moved.len(), drift.new),
            (0, 0, vec!["id.form".to_owned(), place.to_owned()])
        );
        assert_eq!(before.drift(&before), Drift { as_learnt: 2, ..Drift::default() });
    }
}
