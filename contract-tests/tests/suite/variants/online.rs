//! Online Data.

use serde_json::{Value, json};

use super::{Variant, variant};
use crate::proxy::back;

#[rustfmt::skip]
pub(super) const VARIANTS: &[Variant] = &[
    variant("scans are said to be begun", back(|asked, answer, _| {
        let is_scan = asked.is("POST", "/delete-my-data/scan") || asked.is("POST", "/retry");
        if is_scan && answer.is_success() { answer.status = 202; }
    })),
    variant("Online Data has envelopes of its own", back(|asked, answer, _| {
        if !answer.is_success() { return; }
        if asked.is("GET", "/delete-my-data") { answer.edit(|body| *body = json!({ "profile": body["data"] })); }
        if asked.is("GET", "/scan/status") { answer.edit(|body| *body = json!({ "data": *body })); }
    })),
    variant("sites tell more than the guide has, and nothing before there is something", back(|asked, answer, _| {
        if asked.is("GET", "/scan/status") { answer.edit(more_and_less); }
    })),
];

/// Sites of a scan with ids of their own and another field in their data, and with nothing in them early.
fn more_and_less(body: &mut Value) {
    for entry in body.get_mut("sites").and_then(Value::as_array_mut).into_iter().flatten() {
        entry["site"] = json!({ "id": entry["id"], "name": entry["name"] });
        entry["id"] = json!(entry["id"].as_u64().unwrap_or_default() + 7000);
        if let Some(data) = entry["scan_result"]["data"].as_object_mut() {
            data.insert("country".into(), "SE".into());
        }
        if let Some(fields) = entry.as_object_mut() {
            fields.retain(|name, value| name != "removal_requests" || *value != json!([]));
        }
        if let Some(result) = entry["scan_result"].as_object_mut() {
            let is_over = result.get("status").is_some_and(|status| status == "SCAN_COMPLETED");
            result.retain(|name, _| is_over || name != "data");
        }
    }
}
