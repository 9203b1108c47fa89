//! The form of all answers.

use serde_json::{Value, json};

use super::{Variant, variant};
use crate::proxy::{Answered, back};

#[rustfmt::skip]
pub(super) const VARIANTS: &[Variant] = &[
    variant("ids are texts", back(|_, answer, _| answer.each_field(|name, value| {
        if let (true, Some(number)) = (name == "id" || name.ends_with("_id") && name != "plan_id", value.as_u64()) {
            *value = number.to_string().into();
        }
    }))),
    variant("answers hold more than the guide has", back(|_, answer, _| answer.edit(|body| {
        if let Some(fields) = body.as_object_mut() { fields.insert("trace".into(), json!({ "node": "a7" })); }
    }))),
    variant("lists are in the reverse order", back(|asked, answer, _| {
        if asked.is_within("GET", "/api/") { answer.edit_list(|items| items.reverse()); }
    })),
    variant("messages are text only", back(|asked, answer, _| {
        if asked.path.starts_with("/_mock/outbox") {
            answer.each_field(|name, value| if ["link", "code"].contains(&name) { *value = Value::Null; });
        }
    })),
    variant("every body names its character set", back(|_, answer, _| if !answer.body.is_empty() {
        answer.set_content_type("application/json; charset=utf-8");
    })),
    variant("legacy validation errors have a message beside", back(|asked, answer, _| if !asked.is_standardized() && answer.status == 422 {
        answer.edit(|body| if let Some(fields) = body.as_object_mut() { fields.insert("message".into(), "The data was invalid.".into()); });
    })),
    variant("standardized errors tell more", back(|_, answer, _| answer.edit(|body| {
        if let Some(error) = body.get_mut("error").and_then(Value::as_object_mut) { error.insert("trace_id".into(), "a7".into()); }
    }))),
    variant("an empty list is nothing", back(|_, answer, _| {
        if answer.status == 200 && answer.value()["data"] == json!([]) { *answer = Answered::empty(204); }
    })),
];
