//! The answers of a target as JSON schemas, for the OpenAPI document.

use serde_json::{Map, Value as Json, json};

use super::answer::{Answer, Node};
use crate::guide::format::Format;

/// An answer that a target was seen to give to an operation.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Observed {
    pub(crate) status: u16,
    pub(crate) format: Format,
    /// None without a body.
    pub(crate) content_type: Option<String>,
    pub(crate) schema: Option<Json>,
}

impl Observed {
    pub(super) fn of(format: Format, answer: &Answer) -> Self {
        Self {
            status: answer.status,
            format,
            content_type: answer.content_type.clone(),
            schema: answer.body.as_ref().map(Node::schema),
        }
    }
}

impl Node {
    /// The schema of what was seen in this place.
    pub(super) fn schema(&self) -> Json {
        let mut types: Vec<&str> = self.types().collect();
        types.sort_unstable();
        let mut schema = Map::new();
        match types[..] {
            [] => {}
            [one] => drop(schema.insert("type".to_owned(), one.into())),
            _ => drop(schema.insert("type".to_owned(), types.clone().into())),
        }
        if let Some(format) = self.format() {
            schema.insert("format".to_owned(), format.into());
        }
        if types.contains(&"object") {
            // A field that may be a value of somebody has no name of its own.
            let named = || self.fields.iter().filter(|(name, _)| name != "*");
            let properties: Map<String, Json> = named().map(|(name, node)| (name.clone(), node.schema())).collect();
            let required: Vec<&str> =
                named().filter(|(_, node)| !node.is_optional()).map(|(name, _)| name.as_str()).collect();
            schema.insert("properties".to_owned(), properties.into());
            if !required.is_empty() {
                schema.insert("required".to_owned(), required.into());
            }
            if let Some((_, any)) = self.fields.iter().find(|(name, _)| name == "*") {
                schema.insert("additionalProperties".to_owned(), any.schema());
            }
        }
        if types.contains(&"array") {
            schema.insert("items".to_owned(), self.items.as_ref().map_or_else(|| json!({}), |items| items.schema()));
        }
        schema.into()
    }

    /// The format of its texts in the words of JSON Schema, where all of them have one.
    fn format(&self) -> Option<&'static str> {
        match self.only_form()? {
            "uuid" => Some("uuid"),
            "email" => Some("email"),
            "date" => Some("date"),
            "datetime" => Some("date-time"),
            _ => None,
        }
    }
}
