//! Watched items, their lists and confirmation.

use axum::http::{HeaderValue, header};
use serde_json::{Value, json};

use super::{Variant, variant};
use crate::proxy::{Answered, Asked, Memory, Way, back, id_text, there};

#[rustfmt::skip]
pub(super) const VARIANTS: &[Variant] = &[
    variant("a removal of what is not there is no error", back(|asked, answer, _| {
        let is_item = asked.is_within("DELETE", "/") && !asked.path.contains("/ssn-") && !asked.path.ends_with("/leaks");
        if is_item && answer.status == 404 && !is_of_another_partner(answer) { *answer = Answered::empty(204); }
    })),
    variant("adds answer a message", back(|asked, answer, _| {
        if asked.is_within("POST", "/") && answer.status == 201 && asked.path != "/api/v1/account" {
            *answer = Answered::json(201, &json!({ "message": "Added." }));
        }
    })),
    variant("the fields of items have other names", back(|asked, answer, _| {
        if asked.is_within("GET", "-watchlist") {
            answer.edit_list(|items| items.iter_mut().filter_map(Value::as_object_mut).for_each(|item| {
                for (old, new) in [("email", "address"), ("phone", "number"), ("iban", "account"), ("passport_number", "document")] {
                    if let Some(value) = item.remove(old) { item.insert(new.into(), value); }
                }
            }));
        }
    })),
    variant("pending items are listed once they are confirmed", back(|asked, answer, _| {
        if asked.is("GET", "/email-watchlist") { answer.edit_list(|items| items.retain(is_confirmed)); }
    })),
    variant("pending items are kept from CRM", back(|asked, answer, _| {
        let is_meant = asked.is_within("GET", "/account/") && !asked.route().ends_with("/leaks");
        if is_meant { answer.edit_list(|items| items.retain(is_confirmed)); }
    })),
    // One of them is told by the refusal only.
    variant("bodies that the guide does not give have other fields", there(rename_fields).and_back(name_fields)),
    variant("lists and items have envelopes and ids of their own names", back(|asked, answer, _| {
        if asked.is_within("GET", "-watchlist") || asked.is_within("POST", "-watchlist") {
            answer.edit(|body| if let Some(fields) = body.as_object_mut()
                && let Some(mut data) = fields.remove("data")
            {
                let items = match &mut data { Value::Array(items) => items.iter_mut().collect(), item => vec![item] };
                for item in items.into_iter().filter_map(Value::as_object_mut) {
                    if let Some(id) = item.remove("id") { item.insert("uuid".into(), id); }
                }
                fields.insert("watchlist".into(), data);
            });
        }
    })),
    variant("removals answer what was removed", back(|asked, answer, _| if asked.is_within("DELETE", "/api/") && answer.is_success() {
        *answer = Answered::json(200, &json!({ "data": { "id": 4, "email": "a@example.com" } }));
    })),
    variant("adds are taken to be done", back(|asked, answer, _| {
        if asked.is_within("POST", "-watchlist") && answer.is_success() { *answer = Answered::empty(202); }
    })),
    variant("lists are pages of three, by links", back(|asked, answer, _| {
        if asked.is_within("GET", "-watchlist") && !asked.route().ends_with("/leaks") { in_pages(asked, answer); }
    })),
    variant("ids of emails begin with a word", there(|asked, _| { asked.path = asked.path.replace("/eml_", "/"); Way::On }).and_back(|asked, answer, _| if asked.route().contains("/email-watchlist") && !asked.path.ends_with("/leaks") {
        answer.each_field(|name, value| if name == "id" { *value = format!("eml_{}", id_text(value)).into(); });
    })),
    variant("the fields of an item are below it", back(|asked, answer, _| if asked.is_within("GET", "-watchlist") {
        answer.edit_list(|items| for item in items {
            let id = item["id"].take();
            *item = json!({ "id": id, "attributes": item.take() });
        });
    })),
    variant("phones are written with spaces", back(|asked, answer, _| if asked.is_within("GET", "/phone-watchlist") {
        answer.edit_list(|items| for phone in items.iter_mut().filter_map(|item| item.get_mut("phone")) {
            let text = phone.as_str().unwrap_or_default().to_owned();
            *phone = format!("{} {} {}", &text[..3], &text[3..5], &text[5..]).into();
        });
    })),
    variant("leaks are told in short", back(|asked, answer, _| if asked.is_within("GET", "/leaks") {
        answer.edit_list(|items| items.iter_mut().for_each(|item| *item = json!({ "id": item["id"], "name": item["title"] })));
    })),
    variant("a link leads on", back(|asked, answer, _| if asked.path.starts_with("/_confirm/") && answer.is_success() {
        *answer = Answered::empty(302);
        answer.headers.insert(header::LOCATION, HeaderValue::from_static("https://app.example/thanks"));
    })),
];

/// The fields of bodies that the guide does not give, by the names that the mock and another server have for them.
const NAMES: &[(&str, &str, &str)] = &[
    ("/iban-watchlist", "iban", "account_number"),
    ("/passport-watchlist", "passport_number", "document_number"),
    ("/drivers-license-watchlist", "license_number", "licence_reference"),
    ("/credit-card", "card_number", "pan"),
    ("/credit-card", "expiry_month", "exp_month"),
    ("/credit-card", "expiry_year", "exp_year"),
];

fn rename_fields(asked: &mut Asked, _: &mut Memory) -> Way {
    for &(path, ours, theirs) in NAMES {
        if asked.is_within("POST", path) || asked.is_within("PATCH", path) {
            asked.edit(|body| {
                let Some(fields) = body.as_object_mut() else { return };
                fields.remove(ours);
                if let Some(value) = fields.remove(theirs) {
                    fields.insert(ours.into(), value);
                }
            });
        }
    }
    Way::On
}

fn name_fields(asked: &Asked, answer: &mut Answered, _: &mut Memory) {
    for &(path, ours, theirs) in NAMES {
        if answer.status == 422 && asked.is_within("POST", path) {
            answer.body = answer.body.replace(ours, theirs);
        }
    }
}

/// Three items of a list, and a link to those after them.
fn in_pages(asked: &Asked, answer: &mut Answered) {
    let first = asked.path.split_once("cursor=").and_then(|(_, first)| first.parse().ok()).unwrap_or(0);
    let next = format!("https://gateway.example{}?cursor={}", asked.route(), first + 3);
    answer.edit(|body| {
        if let Some(items) = body.get("data").and_then(Value::as_array) {
            let page: Vec<_> = items.iter().skip(first).take(3).cloned().collect();
            *body = json!({ "data": page, "links": { "next": (items.len() > first + 3).then_some(next) } });
        }
    });
}

fn is_of_another_partner(answer: &Answered) -> bool {
    answer.headers.get("x-mock-hint").is_some_and(|hint| hint.to_str().is_ok_and(|hint| hint.contains("caller's")))
}

fn is_confirmed(item: &Value) -> bool {
    let is_waiting = |field: &str| item.get(field).is_some_and(|done| *done == 0 || *done == false);
    !is_waiting("is_confirmed") && !is_waiting("is_verified")
}
