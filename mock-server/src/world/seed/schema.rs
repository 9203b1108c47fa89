//! The JSON Schema of a seed, for editors and tests.

use serde_json::{Map, Value as Json, json};

use super::form::{COMMENT, Field, Form, Presence, SCHEMA};
use super::rows;

/// The JSON Schema of a seed (`fixtures/seed.schema.json`).
pub(crate) fn schema() -> String {
    let mut schema = object(&rows::seed());
    let head = json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "A seed of mock-server",
        "description": "A world to start from and to reset to. Rules between values are checked by mock-server seed check.",
    });
    if let (Json::Object(schema), Json::Object(head)) = (&mut schema, head) {
        for (place, (name, value)) in head.into_iter().enumerate() {
            schema.shift_insert(place, name, value);
        }
        if let Some(Json::Object(properties)) = schema.get_mut("properties") {
            properties.shift_insert(0, SCHEMA.to_owned(), json!({ "type": "string" }));
        }
    }
    format!("{schema:#}\n")
}

fn schema_of(form: &Form) -> Json {
    match form {
        Form::Text => json!({ "type": "string" }),
        Form::Time => json!({ "type": "string", "format": "date-time" }),
        Form::Date => json!({ "type": "string", "format": "date" }),
        Form::Flag => json!({ "type": "boolean" }),
        Form::Number(least, most) => {
            let mut schema = json!({ "type": "integer" });
            if *least != i64::MIN {
                schema["minimum"] = json!(least);
            }
            if *most != i64::MAX {
                schema["maximum"] = json!(most);
            }
            schema
        }
        Form::BodyNumber => json!({ "type": ["integer", "string"], "pattern": r"^\s*[+-]?[0-9]+\s*$" }),
        Form::OneOf(names) => json!({ "enum": names }),
        Form::List(form) => json!({ "type": "array", "items": schema_of(form) }),
        Form::Object(fields) => object(fields),
        Form::OneField(fields) => {
            let mut schema = object(fields);
            schema["minProperties"] = json!(1);
            schema["maxProperties"] = json!(1);
            schema
        }
        Form::Snapshot | Form::Assumptions => json!({ "type": "object" }),
        Form::Counts(names) => {
            let count = || json!({ "type": "integer", "minimum": 0 });
            let properties: Map<String, Json> = names.iter().map(|name| (name.clone(), count())).collect();
            json!({ "type": "object", "properties": properties, "additionalProperties": false })
        }
    }
}

fn object(fields: &[Field]) -> Json {
    let mut properties: Map<String, Json> =
        fields.iter().map(|field| (field.name.to_owned(), property(field))).collect();
    properties.insert(COMMENT.to_owned(), json!({}));
    let required: Vec<&str> =
        fields.iter().filter(|field| field.presence == Presence::Required).map(|field| field.name).collect();
    let mut schema = json!({ "type": "object", "properties": properties, "additionalProperties": false });
    if !required.is_empty() {
        schema["required"] = json!(required);
    }
    schema
}

fn property(field: &Field) -> Json {
    let mut schema = schema_of(&field.form);
    if field.presence == Presence::OrNull {
        schema = or_null(schema);
    }
    let about = description(field);
    if !about.is_empty() {
        schema["description"] = about.into();
    }
    if let Some(example) = &field.example {
        schema["examples"] = json!([example]);
    }
    schema
}

fn or_null(mut schema: Json) -> Json {
    if let Some(types) = schema.get_mut("type") {
        match types {
            Json::Array(types) => types.push(json!("null")),
            one => *one = json!([one.clone(), "null"]),
        }
    } else if let Some(Json::Array(names)) = schema.get_mut("enum") {
        names.push(Json::Null);
    }
    schema
}

/// What a field is, and its default, for people.
fn description(field: &Field) -> String {
    let default = match field.default {
        "" | "null" => String::new(),
        default => format!("Default: {default}."),
    };
    [field.about.as_str(), &default].iter().filter(|part| !part.is_empty()).copied().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests;
