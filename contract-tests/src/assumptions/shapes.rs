//! How booleans and errors are written.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::assumptions::inquiry::{Inquiry, Observation, Probe, met, probes};
use crate::assumptions::refusals::provoked;
use crate::case::Case;
use crate::halt::Halt;
use crate::kind::KINDS;
use crate::reader;
use crate::steps::accounts;

/// The probes of this topic.
pub(super) const PROBES: &[Probe] = probes! {
    "legacy.boolean" => |inquiry| legacy_boolean(inquiry),
    "legacy.error.400" => |inquiry| legacy_error(inquiry, 400),
    "legacy.error.401" => |inquiry| legacy_error(inquiry, 401),
    "legacy.error.403" => |inquiry| legacy_error(inquiry, 403),
    "legacy.error.404" => |inquiry| legacy_error(inquiry, 404),
    "legacy.error.405" => |inquiry| legacy_error(inquiry, 405),
    "legacy.error.409" => |inquiry| legacy_error(inquiry, 409),
    "legacy.error.422" => |inquiry| legacy_error(inquiry, 422),
    "legacy.error.500" => |inquiry| unprobed(inquiry, NO_SERVER_ERROR),
    "error.code.405" (standardized) => |inquiry| error_code(inquiry, 405),
    "error.code.409" (standardized) => |inquiry| error_code(inquiry, 409),
    "error.code.500" (standardized) => |inquiry| unprobed(inquiry, NO_SERVER_ERROR),
};

const NO_SERVER_ERROR: &str = "no request is known that makes a server fail";

async fn unprobed(_: Inquiry<'_>, why: &str) -> Result<Observation, Halt> {
    Err(Halt::Skipped(why.to_owned()))
}

/// Where every answer is in the standardized format the legacy one cannot be seen.
fn has_legacy_format(case: &Case) -> Result<(), Halt> {
    match case.session.target.normalize_all {
        true => Err(Halt::Skipped("the deployment forces the standardized format: see DEFENTRY_NORMALIZE_ALL".into())),
        false => Ok(()),
    }
}

/// How the booleans of an account and of its items are written in the legacy format.
pub(super) async fn legacy_boolean(inquiry: Inquiry<'_>) -> Result<Observation, Halt> {
    let case = inquiry.case;
    has_legacy_format(case)?;
    let (account, created) = accounts::created(case, case.session.target.ssn_required).await?;
    let crm = case.crm().await?;
    let mut bodies = vec![created.body];
    for kind in KINDS.into_iter().filter(|kind| kind.has_documented_body()) {
        kind.needed(case, &crm, &account, &kind.new_value(case)).await?;
        bodies.push(case.get(&crm, &crm.path(&account, kind.list)).await?.body);
    }
    let fields: Vec<_> =
        bodies.iter().flat_map(reader::fields).filter(|(name, _)| reader::is_boolean_name(name)).collect();
    let forms: BTreeSet<&str> = fields.iter().filter_map(|(_, value)| form_of_boolean(value)).collect();
    let evidence: BTreeSet<String> = fields.iter().map(|(name, value)| format!("{name}: {value}")).collect();
    let evidence = evidence.into_iter().collect::<Vec<_>>().join(", ");
    match forms.into_iter().collect::<Vec<_>>()[..] {
        [] => Err(Halt::Inconclusive("no field that is a boolean by its name was met".into())),
        [form] => Ok(inquiry.named(form, evidence)),
        ref several => Ok(Observation::other(several.join(" and "), evidence)),
    }
}

fn form_of_boolean(value: &Value) -> Option<&'static str> {
    match value {
        Value::Number(_) => Some("number"),
        Value::Bool(_) => Some("a boolean of JSON"),
        Value::String(text) => match &**text {
            "0" | "1" => Some("text-number"),
            "true" | "false" => Some("text"),
            _ => Some("another text"),
        },
        Value::Null | Value::Array(_) | Value::Object(_) => None,
    }
}

/// Which of the legacy shapes an error of this status has.
pub(super) async fn legacy_error(inquiry: Inquiry<'_>, status: u16) -> Result<Observation, Halt> {
    has_legacy_format(inquiry.case)?;
    let answer = provoked(inquiry.case, status).await?;
    Ok(inquiry.named(shape_of_error(&answer.body), met(&answer)))
}

fn shape_of_error(body: &Value) -> &'static str {
    let is_text = |field: &str| body[field].is_string();
    match &body["errors"] {
        Value::Array(_) => "list",
        Value::Object(_) => "map",
        Value::Null if is_text("error") && is_text("message") => "both error and message",
        Value::Null if is_text("error") => "error",
        Value::Null if is_text("message") => "message",
        _ => "none of the four legacy shapes",
    }
}

/// The code that the standardized format gives an error of this status.
pub(super) async fn error_code(inquiry: Inquiry<'_>, status: u16) -> Result<Observation, Halt> {
    let answer = provoked(inquiry.case, status).await?;
    Ok(match answer.body["error"]["code"].as_str() {
        Some(code) => Observation::new(code, met(&answer)),
        None => Observation::other("no error code", met(&answer)),
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_boolean_has_one_of_three_forms_or_another() {
        let cases = [
            (json!(1), Some("number")),
            (json!("0"), Some("text-number")),
            (json!("true"), Some("text")),
            (json!(false), Some("a boolean of JSON")),
            (json!("yes"), Some("another text")),
            (Value::Null, None),
        ];
        for (value, expected) in cases {
            assert_eq!(form_of_boolean(&value), expected, "{value}");
        }
    }

    #[test]
    fn an_error_has_one_of_four_shapes_or_another() {
        let cases = [
            (json!({ "message": "m" }), "message"),
            (json!({ "error": "e" }), "error"),
            (json!({ "error": "e", "message": "m" }), "both error and message"),
            (json!({ "message": "m", "errors": { "email": ["e"] } }), "map"),
            (json!({ "errors": [{ "status": "409" }], "corr_id": "x" }), "list"),
            (json!({ "error": { "code": "C" } }), "none of the four legacy shapes"),
            (Value::Null, "none of the four legacy shapes"),
        ];
        for (body, expected) in cases {
            assert_eq!(shape_of_error(&body), expected, "{body}");
        }
    }
}
