//! Versions, datetimes, dates and booleans.

use axum::http::Method;
use contract_tests::Target;
use serde_json::{Value, json};

use super::rows::{ACCOUNTS, ALARMS, EMAILS, Fault, ONLINE, PHONES, back_if, fault};
use crate::proxy::{Answered, NOTHING, Way, back, there};

#[rustfmt::skip]
pub(super) const FAULTS: &[Fault] = &[
    fault("CRM cannot add emails in the standardized format", "FORMAT-1", there(|asked, _| {
        let is_meant = asked.is("POST", EMAILS) && asked.is_standardized() && asked.account().is_some();
        back_if(is_meant, || Answered::json(422, &json!({
            "error": { "code": "VALIDATION_ERROR", "message": "No.", "details": [{ "field": "value", "issue": "required" }] },
        })))
    })),
    fault("the version is ignored: legacy", "FORMAT-1", there(|asked, _| { asked.set_version(None); Way::On })),
    fault("the version is ignored: standardized", "FORMAT-1", there(|asked, _| {
        asked.set_version(Some("2026-06-12"));
        Way::On
    })),
    fault("any version is standardized", "FORMAT-1", there(|asked, _| {
        if asked.headers.contains_key("x-api-version") { asked.set_version(Some("2026-06-12")); }
        Way::On
    })),
    fault("a removal does nothing in the standardized format", "FORMAT-1", there(|asked, _| {
        back_if(asked.is_within("DELETE", EMAILS) && asked.is_standardized(), || Answered::empty(204))
    })),
    fault("an unknown version is refused", "FORMAT-1", there(|asked, _| {
        let is_unknown = asked.headers.contains_key("x-api-version") && !asked.is_standardized();
        back_if(is_unknown, || Answered::json(400, &json!({ "error": "Unknown version" })))
    })),

    fault("the standardized format is forced without a word", "FORMAT-2", there(|asked, _| {
        asked.set_version(Some("2026-06-12"));
        Way::On
    })),
    fault("the standardized format is forced", "FORMAT-2", NOTHING).on(|mock| mock.normalize_all(true)),
    fault("the standardized format is not forced", "FORMAT-2", NOTHING).target(Target::with_forced_format),

    fault("alarms tell their times without a zone", "FORMAT-3", back(|asked, answer, _| {
        let is_meant = asked.is("GET", ALARMS) && asked.is_standardized();
        if is_meant { answer.each_field(|name, value| datetime(name, value, "")); }
    })),
    fault("standardized datetimes have no zone", "FORMAT-3", back(|asked, answer, _| {
        if asked.is_standardized() { answer.each_field(|name, value| datetime(name, value, "")); }
    })),
    fault("standardized datetimes have fractions", "FORMAT-3", back(|asked, answer, _| {
        if asked.is_standardized() { answer.each_field(|name, value| datetime(name, value, ".000000Z")); }
    })),
    fault("standardized datetimes have an offset", "FORMAT-3", back(|asked, answer, _| {
        if asked.is_standardized() { answer.each_field(|name, value| datetime(name, value, "+00:00")); }
    })),
    fault("legacy datetimes have a T", "FORMAT-3", back(|asked, answer, _| if !asked.is_standardized() {
        answer.each_field(|name, value| if let (true, Some(text)) = (name.ends_with("_at"), value.as_str()) {
            *value = text.replace(' ', "T").into();
        });
    })),
    fault("only updates write their datetimes as numbers", "FORMAT-3", back(|asked, answer, _| {
        if asked.method == Method::PATCH {
            answer.each_field(|name, value| if name == "updated_at" { *value = 1_781_643_725.into(); });
        }
    })),
    fault("phones know no standardized format", "FORMAT-3", there(|asked, _| {
        if asked.route().contains(PHONES) { asked.set_version(None); }
        Way::On
    })),
    fault("new accounts know no standardized format", "FORMAT-3", there(|asked, _| {
        if asked.is("POST", ACCOUNTS) { asked.set_version(None); }
        Way::On
    })),
    fault("alarms know no standardized format", "FORMAT-3", there(|asked, _| {
        if asked.route().contains(ALARMS) { asked.set_version(None); }
        Way::On
    })),
    fault("standardized datetimes of phones have no zone", "FORMAT-3", back(|asked, answer, _| {
        if asked.is_standardized() && asked.route().contains(PHONES) { answer.each_field(|name, value| datetime(name, value, "")); }
    })),
    fault("standardized datetimes of Online Data have no zone", "FORMAT-3", back(|asked, answer, _| {
        if asked.is_standardized() && asked.route().starts_with(ONLINE) { answer.each_field(|name, value| datetime(name, value, "")); }
    })),
    fault("standardized datetimes of leaks have a space", "FORMAT-3", back(|asked, answer, _| {
        if asked.is_standardized() && asked.route().ends_with("/leaks") {
            answer.each_field(|name, value| if let (true, Some(text)) = (name.ends_with("_at"), value.as_str()) {
                *value = text.replace('T', " ").into();
            });
        }
    })),
    fault("datetimes of new accounts are numbers", "FORMAT-3", back(|asked, answer, _| if asked.is("POST", ACCOUNTS) {
        answer.each_field(|name, value| if name.ends_with("_at") { *value = 1_781_643_725.into(); });
    })),
    fault("legacy datetimes of IBANs have a zone", "FORMAT-3", back(|asked, answer, _| {
        if !asked.is_standardized() && asked.is("GET", "/iban-watchlist") { answer.each_field(|name, value| datetime(name, value, "+00:00")); }
    })),
    fault("standardized datetimes of a second page have no zone", "FORMAT-3", back(|asked, answer, _| {
        if asked.is_standardized() && asked.path.contains("page=2") { answer.each_field(|name, value| datetime(name, value, "")); }
    })).on(|mock| super::rows::assume(mock, "list.shape", "paginated")),
    fault("standardized datetimes of a single alarm have no zone", "FORMAT-3", back(|asked, answer, _| {
        if asked.is_standardized() && asked.alarm().is_some() { answer.each_field(|name, value| datetime(name, value, "")); }
    })),
    fault("standardized datetimes of users' passports have no zone", "FORMAT-3", back(|asked, answer, _| {
        if asked.is_standardized() && asked.is("GET", "/passport-watchlist") && asked.account().is_none() { answer.each_field(|name, value| datetime(name, value, "")); }
    })),

    fault("a date has a time", "FORMAT-4", back(|_, answer, _| {
        answer.each_field(|name, value| if let ("activation_date", Some(text)) = (name, value.as_str()) {
            *value = format!("{text} 00:00:00").into();
        });
    })),
    fault("a date is written with slashes", "FORMAT-4", back(|_, answer, _| {
        answer.each_field(|name, value| if let ("expiry_date", Some(text)) = (name, value.as_str()) {
            *value = text.replace('-', "/").into();
        });
    })),
    fault("a date has a time in the standardized format", "FORMAT-4", back(|asked, answer, _| if asked.is_standardized() {
        answer.each_field(|name, value| if let ("expiry_date", Some(text)) = (name, value.as_str()) {
            *value = format!("{text}T00:00:00Z").into();
        });
    })),
    fault("a date is a number", "FORMAT-4", back(|_, answer, _| {
        answer.each_field(|name, value| if name == "activation_date" { *value = 20_260_615.into(); });
    })),

    fault("legacy booleans are those of JSON", "FORMAT-5", back(|asked, answer, _| if !asked.is_standardized() {
        answer.each_field(|name, value| if name.starts_with("is_") { *value = (*value == 1).into(); });
    })),
    fault("standardized booleans are numbers", "FORMAT-5", back(|asked, answer, _| if asked.is_standardized() {
        answer.each_field(number_for_boolean);
    })),
    fault("legacy booleans are words", "FORMAT-5", back(|asked, answer, _| if !asked.is_standardized() {
        answer.each_field(|name, value| if name.starts_with("has_") { *value = "yes".into(); });
    })),
    fault("standardized booleans are words", "FORMAT-5", back(|asked, answer, _| if asked.is_standardized() {
        answer.each_field(|_, value| if let Some(is_so) = value.as_bool() { *value = is_so.to_string().into(); });
    })),
    fault("standardized booleans of new accounts are numbers", "FORMAT-5", back(|asked, answer, _| {
        if asked.is_standardized() && asked.is("POST", ACCOUNTS) { answer.each_field(number_for_boolean); }
    })),
    fault("standardized booleans of cards are numbers", "FORMAT-5", back(|asked, answer, _| {
        if asked.is_standardized() && asked.is("GET", "/credit-cards") { answer.each_field(number_for_boolean); }
    })),
];

fn number_for_boolean(_: &str, value: &mut Value) {
    if let Some(is_so) = value.as_bool() {
        *value = u8::from(is_so).into();
    }
}

/// Ends a datetime otherwise.
fn datetime(name: &str, value: &mut Value, end: &str) {
    if let (true, Some(text)) = (name.ends_with("_at"), value.as_str()) {
        *value = format!("{}{end}", text.trim_end_matches('Z')).into();
    }
}
