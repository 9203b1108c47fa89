//! The form of single answers: fields, errors, lists, scans.

use serde_json::Value;

use super::findings::Findings;
use super::traffic::{Call, Traffic};
use crate::format::Format;
use crate::kind::KINDS;
use crate::profile::{form_of, is_name, type_of};
use crate::reader;
use crate::steps::online::{FIRST_REMOVAL_STATE, PROFILE, SCAN_STATUS, ScanState, is_completed, is_result, removals};

pub(super) fn rules(traffic: &Traffic, findings: &mut Findings) {
    for (place, call) in traffic.places() {
        fields(place, call, findings);
        errors(place, call, findings);
        throttling(place, call, findings);
        lists(place, call, findings);
        scans(place, call, findings);
        let is_told = call.status >= 400
            || reader::fields(&call.answer)
                .iter()
                .any(|(name, value)| reader::is_datetime_field(name, value) || reader::is_boolean_field(name, value));
        if is_told && !traffic.is_standardized_only && call.format == Format::Standardized {
            findings.held("FORMAT-1");
        }
        if is_told && traffic.is_standardized_only {
            findings.held("FORMAT-2");
        }
    }
}

/// A field by its name and the form of its value, which may be a secret of somebody.
fn described(name: &str, value: &Value) -> String {
    let name = if is_name(name) { name } else { "a field" };
    match value {
        Value::String(text) => format!("{name} is a text of the form {}", form_of(text)),
        _ => format!("{name} is of the type {}", type_of(value)),
    }
}

/// Datetimes, dates and booleans are written as the format writes them.
fn fields(place: usize, call: &Call, findings: &mut Findings) {
    type Rule = (&'static str, fn(&str, &Value) -> bool, fn(&str, &Value, Format) -> Option<String>, &'static str);
    const RULES: [Rule; 3] = [
        ("FORMAT-3", reader::is_datetime_field, reader::datetime_issue, "datetimes of the format"),
        ("FORMAT-4", reader::is_date_field, reader::date_issue, "dates as in 2024-06-15"),
        ("FORMAT-5", reader::is_boolean_field, reader::boolean_issue, "booleans of the format"),
    ];
    for (fact, applies, issue, expected) in RULES {
        let is_shown = |value: &Value| !value.as_str().is_some_and(reader::is_withheld);
        let fields = reader::fields(&call.answer);
        let meant: Vec<_> =
            fields.into_iter().filter(|(name, value)| applies(name, value) && is_shown(value)).collect();
        match meant.iter().find(|(name, value)| issue(name, value, call.format).is_some()) {
            Some((name, value)) => {
                let expected = format!("{expected} ({})", call.format.name());
                findings.violated(fact, place, expected, described(name, value));
            }
            None if meant.is_empty() => {}
            None => findings.held(fact),
        }
    }
}

/// A refusal has the error shape of its format.
fn errors(place: usize, call: &Call, findings: &mut Findings) {
    if call.status < 400 {
        return;
    }
    let issue = reader::error_issue(call.status, &call.media_type, &call.answer, call.format);
    let facts: &[&'static str] = match (call.format, issue) {
        (Format::Legacy, _) => &["FORMAT-8"],
        (Format::Standardized, None) => &["FORMAT-6", "FORMAT-7"],
        (Format::Standardized, Some(issue)) if issue.starts_with("a code") => &["FORMAT-7"],
        (Format::Standardized, Some(_)) => &["FORMAT-6"],
    };
    for &fact in facts {
        let expected = format!("an error of the {} format", call.format.name());
        findings.judge(fact, place, issue.is_none(), &expected, || issue.unwrap_or_default().to_owned());
    }
}

/// Throttling has its status in each format. A conflict is 409 in both, so only 429 tells.
fn throttling(place: usize, call: &Call, findings: &mut Findings) {
    let retries = call.headers.iter().any(|name| name == "retry-after");
    match (call.format, call.status) {
        (Format::Legacy, 429) if call.media_type.contains("json") => {
            findings.violated("FORMAT-9", place, "409 to a throttled call in the legacy format", "429");
        }
        (Format::Standardized, 429) => findings.held("FORMAT-9"),
        (Format::Legacy, 409) if retries => findings.held("FORMAT-9"),
        _ => {}
    }
}

/// Whether an answer has a body that a rule can look at.
fn has_json(call: &Call) -> bool {
    call.status == 200 && call.media_type.contains("json")
}

/// A list of items or of leaks is one.
fn lists(place: usize, call: &Call, findings: &mut Findings) {
    let rest = call.path().strip_prefix("/api/v1").unwrap_or_default();
    let rest = rest.strip_prefix("/account/{account_id}").unwrap_or(rest);
    let is_listed =
        |kind: &&&crate::kind::Kind| rest == kind.list || kind.leaks.as_ref().is_some_and(|leaks| rest == leaks.path);
    let Some(kind) = KINDS.iter().find(is_listed).filter(|_| call.method == "GET" && has_json(call)) else { return };
    if call.routes.is_empty() {
        return;
    }
    let is_list = reader::page(&call.answer).is_some();
    findings.judge(kind.fact(), place, is_list, "a list", || format!("a body of the type {}", type_of(&call.answer)));
}

/// The entries of a scan have the states and the fields of Online Data.
fn scans(place: usize, call: &Call, findings: &mut Findings) {
    if call.is("GET", PROFILE) && has_json(call) {
        findings.held("ONLINE-2");
    }
    if !call.is("GET", SCAN_STATUS) || !has_json(call) {
        return;
    }
    let Some(sites) = reader::sites(&call.answer) else {
        findings.violated("ONLINE-4", place, "one entry for each site under sites[]", "no sites");
        return;
    };
    findings.held("ONLINE-4");
    for site in sites {
        if site["scan_result"]["status"].as_str().is_some_and(reader::is_withheld) {
            continue;
        }
        match ScanState::of(site) {
            Err(halt) => findings.violated("ONLINE-5", place, halt.expected(), "another state"),
            Ok(_) => match is_result(site, call.format) {
                Err(halt) => {
                    let fact = if halt.expected().starts_with("data") { "ONLINE-6" } else { "ONLINE-5" };
                    findings.violated(fact, place, halt.expected(), "otherwise");
                }
                Ok(()) => {
                    findings.held("ONLINE-5");
                    if is_completed(site) {
                        findings.held("ONLINE-6");
                    }
                }
            },
        }
        match removals(site) {
            Err(halt) => findings.violated("ONLINE-7", place, halt.expected(), "otherwise"),
            Ok(states) if states.contains(&FIRST_REMOVAL_STATE) => findings.held("ONLINE-7"),
            Ok(_) => {}
        }
    }
}
