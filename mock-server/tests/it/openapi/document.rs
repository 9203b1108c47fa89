//! The document as data, and how an answer deviates from it.

use std::cell::RefCell;
use std::collections::{BTreeSet, HashMap};

use reqwest::Method;
use serde_json::{Value, json};

use crate::harness::{Answer, Format, World, written};

const REFERENCE: &str = "#/components/schemas/";

/// One operation of the document.
pub(super) struct Operation {
    pub(super) method: Method,
    pub(super) path: String,
    /// The path with the examples of its parameters.
    pub(super) there: String,
    pub(super) described: Value,
}

impl Operation {
    pub(super) fn id(&self) -> &str {
        self.described["operationId"].as_str().expect("an id")
    }

    /// The names of the tokens that it takes.
    pub(super) fn tokens(&self) -> BTreeSet<&str> {
        let security = self.described["security"].as_array().expect("a list");
        security.iter().flat_map(|one| one.as_object().expect("an object").keys()).map(String::as_str).collect()
    }
}

pub(super) struct Document {
    pub(super) whole: Value,
    /// Its schemas, which allow no property that they do not name.
    closed: Value,
    /// By the schema that they are of.
    validators: RefCell<HashMap<String, jsonschema::Validator>>,
}

impl Document {
    pub(super) async fn of(world: &World) -> Self {
        let whole = world.get("/_mock/openapi.json").send().await.expect(200).body;
        let mut closed = whole["components"]["schemas"].clone();
        close(&mut closed);
        Self { whole, closed, validators: RefCell::default() }
    }

    pub(super) fn operations(&self) -> Vec<Operation> {
        let paths = self.whole["paths"].as_object().expect("paths");
        let named = paths.iter().flat_map(|(path, operations)| {
            let captures = operations["parameters"].as_array().into_iter().flatten();
            let there = captures.fold(path.clone(), |there, capture| {
                let name = capture["name"].as_str().expect("a name");
                there.replace(&format!("{{{name}}}"), &written(&capture["example"]))
            });
            let operations =
                operations.as_object().expect("an object").iter().filter(|(name, _)| *name != "parameters");
            operations.map(move |(method, described)| Operation {
                method: method.to_ascii_uppercase().parse().expect("a method"),
                path: path.clone(),
                there: there.clone(),
                described: described.clone(),
            })
        });
        named.collect()
    }

    /// The example of the body, if the operation has a body.
    pub(super) fn example(&self, operation: &Operation) -> Option<Value> {
        let schema = operation.described["requestBody"]["content"]["application/json"]["schema"]["$ref"].as_str()?;
        Some(self.whole["components"]["schemas"][schema.strip_prefix(REFERENCE)?]["examples"][0].clone())
    }

    /// The deviation of `answer` from the document: its status, its type, each field.
    pub(super) fn objection(&self, operation: &Operation, answer: &Answer, format: Format) -> Option<String> {
        let mut response = &operation.described["responses"][answer.status.to_string()];
        if let Some(name) = response["$ref"].as_str().and_then(|name| name.strip_prefix("#/components/responses/")) {
            response = &self.whole["components"]["responses"][name];
        }
        if response.is_null() {
            return Some(format!("{} is not among its answers", answer.status));
        }
        let content = &response["content"][answer.header("content-type")]["schema"];
        if content.is_null() {
            return (!answer.raw.is_empty()).then(|| format!("no body of {:?}", answer.header("content-type")));
        }
        // Where the formats differ, the first schema is that of the standardized one.
        let schema = match (content["anyOf"].as_array(), format) {
            (None, _) => content,
            (Some(schemas), Format::Standardized) => schemas.first().expect("at least one"),
            (Some(schemas), Format::Legacy) => schemas.last().expect("at least one"),
        };
        self.misfit(&schema["$ref"], &answer.body)
    }

    /// The parts of `value` that are not of the schema that is referred to, or not named there.
    pub(super) fn misfit(&self, reference: &Value, value: &Value) -> Option<String> {
        let mut validators = self.validators.borrow_mut();
        let validator = validators.entry(reference.to_string()).or_insert_with(|| {
            let schema = json!({ "$ref": reference, "components": { "schemas": self.closed } });
            let options = jsonschema::draft202012::options().should_validate_formats(true);
            options.build(&schema).expect("a schema")
        });
        let errors: Vec<String> =
            validator.iter_errors(value).map(|error| format!("{}: {error}", error.instance_path())).collect();
        (!errors.is_empty()).then(|| errors.join("; "))
    }

    pub(super) fn check(&self, operation: &Operation, answer: &Answer, format: Format) {
        if let Some(objection) = self.objection(operation, answer, format) {
            panic!("{} {format:?} {}: {objection}\n{}", operation.id(), answer.status, answer.raw);
        }
    }
}

/// Lets no object have a property that its schema does not name.
fn close(schema: &mut Value) {
    match schema {
        Value::Object(fields) => {
            fields.values_mut().for_each(close);
            if fields.get("properties").is_some_and(|properties| properties.is_object()) {
                fields.entry("additionalProperties").or_insert(false.into());
            }
        }
        Value::Array(list) => list.iter_mut().for_each(close),
        _ => {}
    }
}
