use serde_json::json;

use super::*;
use crate::guide::assumptions::Assumptions;
use crate::guide::trace::{Assumed, Trace};
use crate::model::body::FieldForm;

const fn text(name: &'static str) -> BodyField {
    BodyField::optional(name, FieldForm::Text)
}

const KNOWN: &[BodyField] = &[
    text("first_name"),
    text("last_name"),
    text("email"),
    text("country_code"),
    text("plan_id"),
    text("keep_logged"),
    text("a"),
    text("b"),
    text("c"),
    text("d"),
    text("yes"),
    text("no"),
    text("absent"),
    text("code"),
];

fn body(value: Json) -> Map<String, Json> {
    value.as_object().cloned().expect("an object")
}

#[test]
fn absent_null_and_blank_are_the_same_where_a_field_is_required() {
    for value in [json!({}), json!({ "email": null }), json!({ "email": "" }), json!({ "email": "  " })] {
        let body = body(value);
        let mut fields = Fields::new(&body, KNOWN);
        assert_eq!(fields.required("email", short_text), None);
        let invalid = fields.finish::<()>(None).expect_err("an error");
        assert_eq!(invalid, Invalid(vec![FieldError::new("email", "The email field is required.")]));
    }
}

/// What an update makes of `country_code`, which may be cleared, and of `first_name`, which may not.
fn update(
    body: &Map<String, Json>,
    is_put: bool,
    switched: &[(&str, &str)],
) -> (Option<Change<Box<str>>>, Option<Option<Box<str>>>) {
    let mut assumptions = Assumptions::default();
    for (key, value) in switched {
        assumptions.set(key, value).expect("a key and a value of the fixture");
    }
    let trace = Trace::default();
    let assumed = Assumed::new(&assumptions, &trace);
    let update = if is_put { Update::put(assumed) } else { Update::patch(assumed) };
    let mut fields = Fields::new(body, KNOWN);
    let optional = fields.change("country_code", update, two_letters);
    (optional, fields.change_required("first_name", update, short_text))
}

#[test]
fn an_update_tells_absent_null_empty_and_value_apart() {
    let whole = ("put.replaces", "whole");
    let (kept, refused) = (("update.empty", "kept"), ("update.empty", "refused"));
    let both = |value: Json| body(json!({ "country_code": value, "first_name": value }));
    let cases = [
        (body(json!({})), false, &[][..], Some(Change::Keep), Some(None)),
        (body(json!({})), false, &[whole], Some(Change::Keep), Some(None)),
        (body(json!({})), true, &[], Some(Change::Keep), Some(None)),
        (body(json!({})), true, &[whole], Some(Change::Clear), None),
        (both(json!(null)), false, &[], Some(Change::Clear), None),
        (both(json!(" ")), false, &[], Some(Change::Clear), None),
        (both(json!("")), false, &[kept], Some(Change::Keep), Some(None)),
        (both(json!("")), true, &[kept, whole], Some(Change::Clear), None),
        (both(json!("")), false, &[refused], None, None),
        (both(json!(" se ")), false, &[], Some(Change::Set("SE".into())), Some(Some("se".into()))),
        (both(json!(46)), false, &[], None, None),
    ];
    for (body, is_put, switched, optional, required) in cases {
        assert_eq!(update(&body, is_put, switched), (optional, required), "{body:?} {is_put} {switched:?}");
    }
}

#[test]
fn all_errors_are_gathered_in_the_order_of_reading() {
    let body = body(json!({ "first_name": 5, "plan_id": "x", "keep_logged": "true", "country_code": "SWE" }));
    let mut fields = Fields::new(&body, KNOWN);
    fields.required("first_name", short_text);
    fields.required("last_name", short_text);
    fields.integer("plan_id", false, Ok);
    fields.boolean("keep_logged");
    fields.optional("country_code", two_letters);
    let Err(Invalid(errors)) = fields.finish(Some(())) else { panic!("there are errors") };
    let texts: Vec<_> = errors.iter().map(|error| &*error.text).collect();
    assert_eq!(
        texts,
        [
            "The first name field must be a string.",
            "The last name field is required.",
            "The plan id field must be an integer.",
            "The keep logged field must be true or false.",
            "The country code field format is invalid.",
        ]
    );
}

#[test]
fn numbers_and_booleans_are_read_as_laravel_reads_them() {
    let body = body(json!({ "a": 5, "b": "5", "c": 5.5, "d": [], "yes": "1", "no": 0, "code": 123456 }));
    let mut fields = Fields::new(&body, KNOWN);
    assert_eq!(fields.integer("a", true, Ok), Some(Some(5)));
    assert_eq!(fields.integer("b", true, Ok), Some(Some(5)));
    assert_eq!(fields.integer("c", true, Ok), None);
    assert_eq!(fields.integer("d", true, Ok), None);
    assert_eq!(
        (fields.boolean("yes"), fields.boolean("no"), fields.boolean("absent")),
        (Some(true), Some(false), Some(false))
    );
    assert_eq!(fields.opaque("code", true), Some(Some("123456".to_owned())));
}
