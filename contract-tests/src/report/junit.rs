//! The dialect that Jenkins and what came after it read: a suite for each page.

use std::collections::BTreeMap;
use std::io;
use std::time::Duration;

use quick_junit::{NonSuccessKind, Property, Report, TestCase, TestCaseStatus, TestSuite};

use crate::results::{CheckResult, End, Results};

pub(super) fn junit(results: &Results) -> io::Result<String> {
    let mut report = Report::new("contract");
    let mut pages: BTreeMap<&str, TestSuite> = BTreeMap::new();
    for check in &results.checks {
        // What a list of deviations excuses fails no build.
        let mut status = match check.outcome {
            _ if check.deviation.is_some() => TestCaseStatus::skipped(),
            End::Pass | End::Confirmed | End::Refuted => TestCaseStatus::success(),
            End::Fail => TestCaseStatus::non_success(NonSuccessKind::Failure),
            End::Inconclusive | End::Skipped | End::Unknown => TestCaseStatus::skipped(),
        };
        if !matches!(check.outcome, End::Pass) {
            status.set_message(message(check)).set_type(check.outcome.name());
            status.set_description(format!("{}\n\n{}\n\n{}", check.facts.join(" "), message(check), check.curl));
        }
        let mut case = TestCase::new(&check.id, status);
        case.set_classname(check.page()).set_time(Duration::from_millis(check.milliseconds));
        let facts = (!check.facts.is_empty()).then(|| Property::new("facts", check.facts.join(" ")));
        let outcome = Some(Property::new("outcome", check.outcome.name()));
        let route = (!check.route.is_empty()).then(|| Property::new("route", &*check.route));
        let deviation = check.deviation.as_ref().map(|entry| Property::new("deviation", &**entry));
        case.add_properties([facts, outcome, route, deviation].into_iter().flatten());
        pages.entry(check.page()).or_insert_with(|| TestSuite::new(check.page())).add_test_case(case);
    }
    report.add_test_suites(pages.into_values());
    report.to_string().map_err(io::Error::other)
}

/// The message of a check, in one line.
fn message(check: &CheckResult) -> String {
    let known = check.deviation.as_ref().map(|entry| format!("known, entry {entry}: ")).unwrap_or_default();
    let message = match check.outcome {
        End::Fail => format!("expected {}; observed {}", check.expected, check.observed),
        End::Confirmed | End::Refuted => format!("the target does {:?}, the mock {:?}", check.observed, check.expected),
        _ => format!("{}: {}", check.outcome.name(), check.reason),
    };
    known + &message
}
