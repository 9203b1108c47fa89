//! What a profile may not change: the documented facts.

use super::answer::{Answer, Node};
use crate::guide::facts::Fact;
use crate::guide::format::Format;

/// The paths of the standardized error (FORMAT-6).
const STANDARDIZED_ERROR: [&str; 2] = ["error.code", "error.message"];

/// The status that a fact gives to the success of an operation.
fn documented_status(operation: &str) -> Option<(u16, Fact)> {
    Some(match operation {
        "POST /api/v1/account" => (201, Fact::Account1),
        "POST /api/v1/crm/auth/login" => (200, Fact::Login1),
        "POST /api/v1/sso/token" => (200, Fact::Sso1),
        "POST /api/v1/sso/login" => (200, Fact::Sso4),
        _ => return None,
    })
}

/// A place of the body that a fact gives to the success of an operation.
fn documented_place(operation: &str) -> Option<(&'static str, Fact)> {
    Some(match operation {
        "POST /api/v1/account" => ("data.id", Fact::Account1),
        "POST /api/v1/crm/auth/login" => ("token", Fact::Login1),
        "POST /api/v1/sso/token" => ("token", Fact::Sso1),
        "POST /api/v1/sso/login" => ("token", Fact::Sso4),
        "GET /api/v1/delete-my-data/scan/status" => ("sites[].scan_result.status", Fact::Online5),
        _ => return None,
    })
}

/// The id of a fact that an answer contradicts, in the case that the mock itself answers as `case` says.
pub(super) fn contradiction(operation: &str, format: Format, case: &str, answer: &Answer) -> Option<&'static str> {
    let own: u16 = case.split(' ').next().and_then(|status| status.parse().ok()).unwrap_or_default();
    let is_success = (200..300).contains(&answer.status);
    let is_decided = case.contains(' ');
    let fact = match own {
        // No assumption decides the case, so a fact does.
        200..=299 if !is_success && !is_decided => Some(Fact::Scope5),
        401 if is_success => Some(Fact::Scope1),
        404 | 405 if is_success && !operation.contains('/') => Some(Fact::None1),
        _ if case.contains("scope.foreign-account") && is_success => Some(Fact::Scope4),
        _ if case.contains("scope.wrong-token") && is_success => Some(Fact::Scope1),
        _ if case.contains("login.refused") && is_success => Some(Fact::Login1),
        _ if case.contains("sso.") && own >= 400 && is_success => Some(Fact::Sso3),
        200..=299 if is_success => of_success(operation, answer),
        _ => None,
    };
    let fact = fact.or_else(|| (!is_success).then(|| of_refusal(format, answer)).flatten());
    let fact = fact.or_else(|| of_values(format, answer.body.as_ref()?));
    fact.map(Fact::id)
}

fn of_success(operation: &str, answer: &Answer) -> Option<Fact> {
    let wrong_status = documented_status(operation).filter(|(status, _)| *status != answer.status);
    let without = || {
        let (place, fact) = documented_place(operation)?;
        let place = place.strip_prefix("sites[]").map_or_else(
            || answer.place(place).is_some(),
            // The entries stand under `sites`, at the top or under `data`.
            |rest| ["sites[]", "data.sites[]"].iter().any(|sites| answer.place(&format!("{sites}{rest}")).is_some()),
        );
        (!place).then_some(fact)
    };
    wrong_status.map(|(_, fact)| fact).or_else(without)
}

fn of_refusal(format: Format, answer: &Answer) -> Option<Fact> {
    match format {
        Format::Legacy => (answer.status == 429).then_some(Fact::Format9),
        Format::Standardized => {
            let has_form = STANDARDIZED_ERROR.iter().all(|place| answer.place(place).is_some());
            let is_alone = answer.body.as_ref().is_some_and(|body| body.fields.len() == 1);
            let is_json = answer.content_type.as_deref() == Some("application/json");
            (!has_form || !is_alone || !is_json).then_some(Fact::Format6)
        }
    }
}

/// Booleans by the names of FORMAT-5, and times by their form (FORMAT-3).
fn of_values(format: Format, node: &Node) -> Option<Fact> {
    node.places().into_iter().find_map(|(name, place)| {
        let is_flag =
            ["is_", "has_", "can_", "show_", "enable_", "skip_"].iter().any(|prefix| name.starts_with(prefix));
        let (kind, form) = (place.kind(), place.form());
        let wrong_flag = match format {
            Format::Standardized => !matches!(kind, "boolean" | "null"),
            Format::Legacy => kind == "boolean" || kind == "string" && !matches!(form, "1/0" | "true/false"),
        };
        let wrong_time = match format {
            Format::Standardized => form == "legacy-datetime",
            Format::Legacy => form == "datetime",
        };
        if is_flag && wrong_flag { Some(Fact::Format5) } else { wrong_time.then_some(Fact::Format3) }
    })
}
