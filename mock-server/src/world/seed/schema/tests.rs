use std::path::Path;
use std::sync::Arc;
use std::{env, fs};

use jsonschema::Validator;
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use serde::Deserialize;

use super::*;
use crate::world::seed::Seed;
use crate::world::seed::faults::Faults;
use crate::world::seed::load::load;
use crate::world::settings::Settings;

const FILE: &str = include_str!("../../../../../fixtures/seed.schema.json");

/// Every fixture that is a seed.
const FIXTURES: [&str; 3] = [
    include_str!("../../../../../fixtures/seed.json"),
    include_str!("../../../../../fixtures/seed-empty.json"),
    include_str!("../../../../../fixtures/seed-example.json"),
];

/// The fields of a seed by their paths, as rows of a table in Markdown.
fn table() -> String {
    let mut rows = String::new();
    rows::seed().iter().for_each(|field| add_rows(field, "", &mut rows));
    rows
}

fn add_rows(field: &Field, path: &str, rows: &mut String) {
    let is_list = matches!(field.form, Form::List(_));
    let path = format!("{path}{}{}", field.name, if is_list { "[]" } else { "" });
    let default = match field.presence {
        Presence::Required => "required",
        Presence::Optional | Presence::OrNull => field.default,
    };
    let default = match default {
        "null" => "none".to_owned(),
        default => default.replace('|', "\\|"),
    };
    let about = field.about.replace('|', "\\|");
    rows.push_str(&format!("| `{path}` | {} | {about} | {default} |\n", noun(&field.form)));
    if about.ends_with("a snapshot writes it.") || about.ends_with("a snapshot writes them.") {
        // Nobody writes their fields by hand.
        return;
    }
    let within = match &field.form {
        Form::List(form) => form,
        form => form,
    };
    if let Form::Object(fields) | Form::OneField(fields) = within {
        fields.iter().for_each(|field| add_rows(field, &format!("{path}."), rows));
    }
}

/// The form of a field in a word or two.
fn noun(form: &Form) -> String {
    match form {
        Form::Text => "text".into(),
        Form::Time => "time".into(),
        Form::Date => "day".into(),
        Form::Flag => "true, false".into(),
        Form::Number(..) | Form::BodyNumber => "number".into(),
        Form::OneOf(names) => names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", "),
        Form::List(form) if matches!(**form, Form::Text) => "texts".into(),
        Form::List(_) => "list".into(),
        Form::Object(_) | Form::OneField(_) | Form::Snapshot | Form::Counts(_) | Form::Assumptions => "object".into(),
    }
}

fn json(text: &str) -> Json {
    serde_json::from_str(text).expect("JSON")
}

fn validator() -> Validator {
    jsonschema::options().should_validate_formats(true).build(&json(FILE)).expect("a schema")
}

/// With `UPDATE_DOCS` set, the test writes what has changed instead.
#[test]
fn the_file_is_what_the_rows_say() {
    if FILE == schema() {
        return;
    }
    assert!(
        env::var_os("UPDATE_DOCS").is_some(),
        "fixtures/seed.schema.json is not what the rows say now: \
         UPDATE_DOCS=1 cargo test -p mock-server --lib the_file_is_what_the_rows_say writes it"
    );
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../fixtures/seed.schema.json");
    fs::write(file, schema()).expect("it can be written");
}

/// With `UPDATE_DOCS` set, the test writes what has changed instead.
#[test]
fn the_documentation_lists_every_field() {
    const BEGIN: &str = "|---|---|---|---|\n";
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/seeds.md");
    let text = fs::read_to_string(&file).expect("the documentation of seeds");
    let begin = text.find(BEGIN).expect("a table") + BEGIN.len();
    let end = begin + text[begin..].find("\n\n").map_or(text.len() - begin, |end| end + 1);
    if text[begin..end] == table() {
        return;
    }
    assert!(
        env::var_os("UPDATE_DOCS").is_some(),
        "docs/seeds.md does not list the fields of a seed: \
         UPDATE_DOCS=1 cargo test -p mock-server --lib the_documentation_lists_every_field writes it"
    );
    fs::write(file, format!("{}{}{}", &text[..begin], table(), &text[end..])).expect("it can be written");
}

#[test]
fn every_fixture_and_every_snapshot_is_of_the_form() {
    let validator = validator();
    for text in FIXTURES {
        let world = load(&Seed::parse(text).expect("a seed"), Arc::new(Settings::default()), None).expect("a world");
        for seed in [json(text), json(&world.snapshot().to_text())] {
            let errors: Vec<String> = validator.iter_errors(&seed).map(|error| error.to_string()).collect();
            assert_eq!(errors, [""; 0]);
            assert!(is_of_the_form(&seed));
        }
    }
}

fn is_of_the_form(seed: &Json) -> bool {
    let mut faults = Faults::default();
    Form::Object(rows::seed()).check(seed, "", &mut faults);
    faults.count() == 0
}

fn is_read(seed: &Json) -> bool {
    Seed::deserialize(seed).is_ok()
}

/// A value of a form with all fields that `is_meant`, and as many of each list as `copies` says.
fn sample(form: &Form, example: Option<&Json>, draw: &mut dyn FnMut() -> bool, copies: usize) -> Json {
    match form {
        Form::Object(fields) => {
            let mut object = Map::new();
            for field in fields {
                if field.presence == Presence::Required || draw() {
                    object.insert(field.name.to_owned(), sample(&field.form, field.example.as_ref(), draw, copies));
                }
            }
            object.into()
        }
        Form::OneField(fields) => {
            let field = if draw() { &fields[0] } else { &fields[fields.len() - 1] };
            let mut object = Map::new();
            object.insert(field.name.to_owned(), sample(&field.form, field.example.as_ref(), draw, copies));
            object.into()
        }
        Form::List(form) if example.is_none() => (0..copies).map(|_| sample(form, None, draw, copies)).collect(),
        Form::Snapshot => json!({ "started": 0, "sites": [], "removal_requests": [] }),
        Form::Assumptions => json!({ "list.shape": "paginated" }),
        _ => example.cloned().or_else(|| form.sample()).unwrap_or_else(|| "text".into()),
    }
}

#[test]
fn rows_schema_and_types_agree_on_seeds_of_any_content() {
    let validator = validator();
    let mut runner = TestRunner::new(Config { cases: 100, failure_persistence: None, ..Config::default() });
    let drawn = runner.run(&(prop::collection::vec(any::<bool>(), 400), 0_usize..3), |(draws, copies)| {
        let mut draws = draws.into_iter().cycle();
        let seed = sample(&Form::Object(rows::seed()), None, &mut || draws.next() == Some(true), copies);
        let errors: Vec<String> = validator.iter_errors(&seed).map(|error| error.to_string()).collect();
        prop_assert!(errors.is_empty(), "{errors:?}");
        prop_assert!(is_of_the_form(&seed));
        prop_assert!(is_read(&seed), "{:?}", Seed::deserialize(&seed).map(drop));
        Ok(())
    });
    drawn.unwrap_or_else(|failed| panic!("{failed}"));
}

/// The places of all values in a document, as JSON pointers.
fn pointers(value: &Json, at: &str, found: &mut Vec<String>) {
    match value {
        Json::Array(values) => {
            for (place, value) in values.iter().enumerate() {
                found.push(format!("{at}/{place}"));
                pointers(value, &format!("{at}/{place}"), found);
            }
        }
        Json::Object(fields) => {
            for (name, value) in fields {
                found.push(format!("{at}/{name}"));
                pointers(value, &format!("{at}/{name}"), found);
            }
        }
        Json::Null | Json::Bool(_) | Json::Number(_) | Json::String(_) => {}
    }
}

/// The path of a pointer: `/accounts/0/id` is `accounts[0].id`.
fn path(pointer: &str) -> String {
    let parts = pointer.split('/').skip(1).enumerate();
    let part = |(place, part): (usize, &str)| match part.parse::<usize>() {
        Ok(number) => format!("[{number}]"),
        Err(_) if place == 0 => part.to_owned(),
        Err(_) => format!(".{part}"),
    };
    parts.map(part).collect()
}

#[test]
fn rows_schema_and_code_agree_on_every_field_that_is_missing_or_of_another_type() {
    let validator = validator();
    let whole = sample(&Form::Object(rows::seed()), None, &mut || true, 1);
    let mut places = Vec::new();
    pointers(&whole, "", &mut places);
    assert!(places.len() > 100);
    let others = [json!(null), json!("text"), json!(true), json!(-1), json!(1.5), json!([]), json!({ "other": 1 })];
    for place in &places {
        // Only their outer form is described; and a cvc, which is not kept, may be a number too.
        if ["/online_scans", "/assume/", "/cvc"].iter().any(|part| place.contains(part)) {
            continue;
        }
        let (parent, name) = place.rsplit_once('/').expect("a pointer");
        let changes = others.iter().cloned().map(Some).chain([None]);
        for change in changes {
            let mut seed = whole.clone();
            match (&change, seed.pointer_mut(parent)) {
                (None, Some(Json::Object(object))) => drop(object.shift_remove(name)),
                (None, _) => continue,
                (Some(other), _) => *seed.pointer_mut(place).expect("it is there") = other.clone(),
            }
            let (by_schema, by_rows) = (validator.is_valid(&seed), is_of_the_form(&seed));
            assert_eq!(by_schema, by_rows, "schema and rows, {place}: {change:?}");
            if by_rows {
                assert!(is_read(&seed), "rows and types, {place}: {change:?}");
                continue;
            }
            if whole.pointer(place).is_some_and(Json::is_object) && change.as_ref().is_some_and(Json::is_array) {
                // serde reads a list as the fields of an object, in their order. Nobody writes it.
                continue;
            }
            let made = Seed::parse(&seed.to_string()).and_then(|seed| load(&seed, Arc::default(), None).map(drop));
            let Err(error) = made else { panic!("the code takes {place}: {change:?}") };
            let path = path(place);
            // A clock is refused as a whole, if it has not the one field that it needs.
            let is_told = |told: &str| told.starts_with(&path) || told == "clock" && path.starts_with("clock.");
            assert!(error.faults().iter().any(|fault| is_told(&fault.path)), "{path} {change:?}: {error}");
        }
    }
}

#[test]
fn a_field_that_nobody_knows_is_refused_everywhere_and_a_comment_is_not() {
    let validator = validator();
    let whole = sample(&Form::Object(rows::seed()), None, &mut || true, 1);
    let mut places = vec![String::new()];
    pointers(&whole, "", &mut places);
    for place in places {
        let mut seed = whole.clone();
        let Some(Json::Object(object)) = seed.pointer_mut(&place) else { continue };
        if ["online_scans", "assume", "ids"].iter().any(|name| place.ends_with(name)) || object.len() < 2 {
            continue;
        }
        object.insert(COMMENT.to_owned(), "For people.".into());
        assert!(validator.is_valid(&seed) && is_of_the_form(&seed), "{place}");
        let text = seed.to_string();
        let without = |error: String| !error.contains(COMMENT);
        let made = Seed::parse(&text).and_then(|seed| load(&seed, Arc::default(), None).map(drop));
        assert!(made.map_or_else(|error| without(error.to_string()), |()| true), "{place}");

        let Some(Json::Object(object)) = seed.pointer_mut(&place) else { continue };
        object.insert("nothing_known".to_owned(), 1.into());
        assert!(!validator.is_valid(&seed) && !is_of_the_form(&seed), "{place}");
        let made = Seed::parse(&seed.to_string()).and_then(|seed| load(&seed, Arc::default(), None).map(drop));
        let error = made.expect_err("an unknown field").to_string();
        assert!(error.contains("nothing_known: unknown field"), "{place}: {error}");
    }
}
