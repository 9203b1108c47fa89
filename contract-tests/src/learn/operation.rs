//! The documented operation that a request calls.

use crate::documented::{captures, templates};

/// An operation, and what its path names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Operation {
    /// `GET /api/v1/account/{account_id}/alarms`.
    pub(crate) name: String,
    /// The captures of the path, in order, as they were sent.
    pub(crate) captures: Vec<String>,
}

/// The operation of a method and a path without its query. Of several templates the most literal one counts.
pub(crate) fn operation_of(method: &str, path: &str) -> Option<Operation> {
    let found = templates().filter(|(of, _)| *of == method).filter_map(|(_, template)| {
        let captures = captures(template, path)?;
        Some((template, captures))
    });
    let (template, captures) = found.min_by_key(|(_, captures)| captures.len())?;
    Some(Operation { name: format!("{method} {template}"), captures: owned(captures) })
}

/// The captures of the first template that a path fits, whatever the method.
pub(crate) fn captures_of(path: &str) -> Vec<String> {
    let found = templates().filter_map(|(_, template)| captures(template, path));
    owned(found.min_by_key(Vec::len).unwrap_or_default())
}

fn owned(captures: Vec<&str>) -> Vec<String> {
    captures.into_iter().map(str::to_owned).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_of_its_most_literal_template() {
        let cases = [
            ("GET", "/api/v1/alarms/statistic", Some(("GET /api/v1/alarms/statistic", vec![]))),
            ("GET", "/api/v1/alarms/17", Some(("GET /api/v1/alarms/{alarmId}", vec!["17"]))),
            (
                "DELETE",
                "/api/v1/account/a-b/iban-watchlist/9",
                Some(("DELETE /api/v1/account/{account_id}/iban-watchlist/{ibanId}", vec!["a-b", "9"])),
            ),
            ("DELETE", "/api/v1/alarms/17", None),
            ("GET", "/api/v1/alarms/17/", None),
            ("GET", "/api/v1/alarms/", None),
            ("GET", "/api/v1/nothing", None),
        ];
        for (method, path, expected) in cases {
            let found = operation_of(method, path);
            let found = found.as_ref().map(|found| (&*found.name, found.captures.iter().map(|text| &**text).collect()));
            assert_eq!(found, expected, "{method} {path}");
        }
    }
}
