//! Failures by fact and route, and what could not be tested by its reason: one thing is told once.

use serde::Serialize;

use crate::documented;
use crate::results::{CheckResult, End, Level, Results};

/// Checks that fail alike, on one fact and one route.
#[derive(Debug, Serialize)]
pub(super) struct Failure<'r> {
    pub(super) facts: &'r [String],
    pub(super) route: &'r str,
    /// The checks, each with the formats that it has failed in.
    pub(super) names: Vec<String>,
    /// The first of them.
    pub(super) check: &'r CheckResult,
    /// The request that it is about.
    pub(super) curl: &'r str,
    pub(super) checks: Vec<&'r str>,
}

/// All failures, excused or not, in the order of the guide.
pub(super) fn failures(results: &Results, is_excused: bool) -> Vec<Failure<'_>> {
    let mut groups: Vec<Vec<&CheckResult>> = Vec::new();
    let is_meant = |check: &&CheckResult| check.outcome == End::Fail && check.deviation.is_some() == is_excused;
    for check in results.checks.iter().filter(is_meant) {
        let key = |check: &CheckResult| (check.facts.clone(), check.route.clone(), check.signature.clone());
        match groups.iter_mut().find(|group| key(group[0]) == key(check)) {
            Some(group) => group.push(check),
            None => groups.push(vec![check]),
        }
    }
    groups.into_iter().filter_map(failure).collect()
}

fn failure<'r>(checks: Vec<&'r CheckResult>) -> Option<Failure<'r>> {
    let check = *checks.first()?;
    let ids = checks.iter().map(|check| &*check.id).collect();
    Some(Failure {
        facts: &check.facts,
        route: &check.route,
        names: names(&checks),
        check,
        curl: curl(check),
        checks: ids,
    })
}

/// The names of checks, each once with its formats: `items.email_added_by_crm (legacy, standardized)`.
fn names(checks: &[&CheckResult]) -> Vec<String> {
    let mut names: Vec<(&str, Vec<&str>)> = Vec::new();
    for check in checks {
        let format = check.id.rsplit('.').next().unwrap_or_default();
        match names.iter_mut().find(|(name, _)| *name == check.name()) {
            Some((_, formats)) => formats.push(format),
            None => names.push((check.name(), vec![format])),
        }
    }
    names.into_iter().map(|(name, formats)| format!("{name} ({})", formats.join(", "))).collect()
}

/// The last request of a check to the route that it has failed on, else its last one.
fn curl(check: &CheckResult) -> &str {
    let is_it = |line: &&str| {
        let mut words = line.split_whitespace().skip(2);
        let (method, url) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
        let path = url.trim_matches(['\'', '"']).trim_start_matches("$BASE_URL");
        check.route == format!("{method} {}", documented::template(path))
    };
    check.curl.lines().rev().find(is_it).or_else(|| check.curl.lines().next_back()).unwrap_or_default()
}

/// Checks that could not be tested for one reason.
#[derive(Debug, Serialize)]
pub(super) struct Untested<'r> {
    pub(super) outcome: End,
    pub(super) reason: &'r str,
    pub(super) names: Vec<String>,
    pub(super) many: usize,
    /// Whether a list of deviations excuses all of them.
    pub(super) is_excused: bool,
}

/// All that could not be tested or told: the most frequent reason first.
pub(super) fn untested(results: &Results) -> Vec<Untested<'_>> {
    let mut groups: Vec<Vec<&CheckResult>> = Vec::new();
    let is_meant = |check: &&CheckResult| {
        check.level == Level::Documented && matches!(check.outcome, End::Skipped | End::Inconclusive)
    };
    for check in results.checks.iter().filter(is_meant) {
        let is_like = |other: &CheckResult| {
            let is_alike = other.signature == check.signature && !check.signature.is_empty();
            other.outcome == check.outcome && (is_alike || other.reason == check.reason)
        };
        match groups.iter_mut().find(|group| is_like(group[0])) {
            Some(group) => group.push(check),
            None => groups.push(vec![check]),
        }
    }
    groups.sort_by_key(|group| std::cmp::Reverse(group.len()));
    groups.into_iter().filter_map(untested_of).collect()
}

fn untested_of<'r>(checks: Vec<&'r CheckResult>) -> Option<Untested<'r>> {
    let first = *checks.first()?;
    let is_excused = checks.iter().all(|check| check.deviation.is_some());
    let (names, many) = (names(&checks), checks.len());
    Some(Untested { outcome: first.outcome, reason: &first.reason, names, many, is_excused })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::results::example::run;

    #[test]
    fn what_fails_alike_in_both_formats_is_one_failure() {
        let results = run(
            &[
                ("items.email_added_by_crm.legacy", "fail", "S"),
                ("items.email_added_by_crm.standardized", "fail", "S"),
                ("email.confirmation_is_resent.legacy", "fail", "T"),
            ],
            &[],
        );
        let failures = failures(&results, false);
        let names: Vec<_> = failures.iter().map(|failure| failure.names.join(", ")).collect();
        assert_eq!(names, ["items.email_added_by_crm (legacy, standardized)", "email.confirmation_is_resent (legacy)"]);
    }

    #[test]
    fn the_command_is_the_one_for_the_route_that_failed() {
        let mut results = run(&[("login.crm.legacy", "fail", "S")], &[]);
        let of = |path: &str| format!("curl -X DELETE \"$BASE_URL{path}\" -H 'Accept: application/json'   # → 204");
        results.checks[0].route = "DELETE /api/v1/email-watchlist/{emailId}".into();
        let lines = ["/api/v1/email-watchlist/1", "/api/v1/email-watchlist/2", "/api/v1/phone-watchlist/3"].map(of);
        results.checks[0].curl = lines.join("\n");
        assert_eq!(curl(&results.checks[0]), lines[1]);
        results.checks[0].route = "GET /api/v1/account".into();
        assert_eq!(curl(&results.checks[0]), lines[2]);
    }
}
