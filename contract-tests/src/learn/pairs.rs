//! Which object of a target is which of the mock's.

use std::collections::{HashMap, HashSet};

use serde_json::Value;

use crate::reader;

/// Which item of one list is which of another: by ids that are known, then by what they have in common, then by order.
pub(crate) fn pairs(theirs: &[Value], own: &[Value], ids: &HashMap<String, String>) -> Vec<(usize, usize)> {
    let own_ids: Vec<Option<String>> = own.iter().map(any_id).collect();
    let mut pairs = Vec::new();
    let mut free: Vec<usize> = (0..own.len()).collect();
    let mut left = Vec::new();
    for (place, item) in theirs.iter().enumerate() {
        let known = any_id(item).and_then(|id| ids.get(&id).cloned());
        match known.and_then(|known| free.iter().position(|&own| own_ids[own].as_deref() == Some(&known))) {
            Some(found) => pairs.push((place, free.remove(found))),
            None => left.push(place),
        }
    }
    left.retain(|&place| {
        let common = |&own_place: &usize| common(&theirs[place], &own[own_place]);
        let best = free
            .iter()
            .enumerate()
            .map(|(found, own_place)| (common(own_place), found))
            .max_by_key(|(common, _)| *common);
        match best {
            Some((1.., found)) => {
                pairs.push((place, free.remove(found)));
                false
            }
            _ => true,
        }
    });
    if left.len() == free.len() {
        pairs.extend(left.into_iter().zip(free));
    }
    pairs
}

/// The id of an item, an alarm or a leak.
pub(crate) fn any_id(item: &Value) -> Option<String> {
    let own = item.as_object().and_then(reader::id);
    own.or_else(|| reader::alarm_id(item)).or_else(|| reader::leak_id(item)).or_else(|| reader::site_id(item))
}

/// How many telling values two items have in common.
fn common(one: &Value, other: &Value) -> usize {
    let texts = |item: &Value| -> HashSet<String> {
        let fields = reader::fields(item);
        let texts = fields.into_iter().filter_map(|(_, value)| value.as_str());
        let bare =
            |text: &str| text.chars().filter(char::is_ascii_alphanumeric).collect::<String>().to_ascii_lowercase();
        // Words are shared by many.
        let tells = |text: &&str| text.contains(|char: char| char.is_ascii_digit() || char == '@');
        texts
            .filter(tells)
            .filter(|text| !reader::is_like_datetime(text))
            .map(bare)
            .filter(|text| text.len() > 3)
            .collect()
    };
    texts(one).intersection(&texts(other)).count()
}
