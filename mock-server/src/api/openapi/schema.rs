//! The schemas of the document: the shapes of responses in each format, and the bodies of requests.

use std::collections::BTreeMap;

use serde_json::{Map, Value as Json, json};

use crate::guide::assumptions::{IdForm, LegacyBoolean, LegacyError};
use crate::guide::format::Format;
use crate::guide::trace::Assumed;
use crate::model::body::{BodyField, BodyPurpose, BodySchema, FieldForm, Presence};
use crate::model::id::Id;
use crate::model::shape::{Field, Holds, Schema};
use crate::world::settings::Settings;

pub(super) const JSON: &str = "application/json";

/// The wrapping of an object in a response.
#[derive(Clone, Copy)]
pub(super) enum Wrapped {
    Message,
    Field(&'static str),
    Bare(Schema),
    Data(Schema),
    Array(Schema),
    List(Schema),
    Page(Schema),
}

/// The schemas that the document has so far, by name.
pub(super) struct Schemas<'a> {
    settings: &'a Settings,
    assumed: Assumed<'a>,
    formats: &'static [Format],
    named: BTreeMap<String, Json>,
}

impl<'a> Schemas<'a> {
    /// No schemas, of a world with these settings.
    pub(super) fn new(settings: &'a Settings) -> Self {
        let formats: &[Format] =
            if settings.normalize_all { &[Format::Standardized] } else { &[Format::Standardized, Format::Legacy] };
        Self { settings, assumed: Assumed::unrecorded(&settings.assumptions), formats, named: BTreeMap::new() }
    }

    /// Whether responses may be in either format.
    pub(super) fn has_two_formats(&self) -> bool {
        self.formats.len() > 1
    }

    /// All schemas by their names.
    pub(super) fn into_components(self) -> BTreeMap<String, Json> {
        self.named
    }

    /// Adds a schema to the components, and refers to it.
    pub(super) fn named(&mut self, name: String, schema: Json) -> Json {
        let reference = json!({ "$ref": format!("#/components/schemas/{name}") });
        self.named.insert(name, schema);
        reference
    }

    /// The schema of a wrapped object in each format that a response may be in.
    pub(super) fn in_each_format(&mut self, wrapped: Wrapped) -> Json {
        let formats = self.formats;
        let mut schemas: Vec<Json> = formats.iter().map(|format| self.wrapped(wrapped, *format)).collect();
        schemas.dedup();
        any_of(schemas)
    }

    fn wrapped(&mut self, wrapped: Wrapped, format: Format) -> Json {
        match wrapped {
            Wrapped::Message => self.legacy_error(LegacyError::Message),
            Wrapped::Field(name) => {
                let named = if name == "token" { "Token" } else { "IssuedSsoCode" };
                self.named(named.to_owned(), fields(&[(name, json!({ "type": "string" }))]))
            }
            Wrapped::Bare(schema) => self.object(schema, format).1,
            Wrapped::Data(schema) => {
                let (name, object) = self.object(schema, format);
                self.named(format!("{name}Answer"), fields(&[("data", object)]))
            }
            Wrapped::Array(schema) => {
                let (name, items) = self.object(schema, format);
                self.named(format!("{name}List"), json!({ "type": "array", "items": items }))
            }
            Wrapped::List(schema) => {
                let (name, items) = self.object(schema, format);
                let list = json!({ "type": "array", "items": items });
                self.named(format!("{name}List"), fields(&[("data", list)]))
            }
            Wrapped::Page(schema) => {
                let (name, items) = self.object(schema, format);
                let list = json!({ "type": "array", "items": items });
                let (links, meta) =
                    (self.named("PageLinks".into(), page_links()), self.named("PageMeta".into(), page_meta()));
                self.named(format!("{name}Page"), fields(&[("data", list), ("links", links), ("meta", meta)]))
            }
        }
    }

    /// The name and the schema of an object. An object that both formats write alike has one name.
    fn object(&mut self, schema: Schema, format: Format) -> (String, Json) {
        let written = self.fields_of(schema.fields, format);
        let is_alike = written == self.fields_of(schema.fields, Format::Standardized);
        let name = match format {
            Format::Legacy if !is_alike => format!("Legacy{}", schema.name),
            Format::Legacy | Format::Standardized => schema.name.to_owned(),
        };
        (name.clone(), self.named(name, written))
    }

    fn fields_of(&self, fields: &[Field], format: Format) -> Json {
        let described = |field: &Field| {
            let mut schema = self.held(field.holds, format);
            if !field.about.is_empty() {
                schema["description"] = field.about.into();
            }
            (field.name.to_owned(), schema)
        };
        let is_required = |field: &&Field| !matches!(field.holds, Holds::Optional(_));
        object(
            fields.iter().map(described).collect(),
            fields.iter().filter(is_required).map(|field| field.name).collect(),
        )
    }

    fn held(&self, holds: Holds, format: Format) -> Json {
        match holds {
            Holds::Id => id(self.assumed),
            Holds::Text => json!({ "type": "string" }),
            Holds::Email => json!({ "type": "string", "format": "email" }),
            Holds::Number => json!({ "type": "integer" }),
            Holds::Date => json!({ "type": "string", "format": "date" }),
            Holds::Flag => match (format, self.assumed.choice()) {
                (Format::Standardized, _) => json!({ "type": "boolean" }),
                (Format::Legacy, LegacyBoolean::Number) => json!({ "type": "integer", "enum": [0, 1] }),
                (Format::Legacy, LegacyBoolean::TextNumber) => json!({ "type": "string", "enum": ["0", "1"] }),
                (Format::Legacy, LegacyBoolean::Text) => json!({ "type": "string", "enum": ["false", "true"] }),
            },
            Holds::Time => match format {
                Format::Standardized => json!({ "type": "string", "format": "date-time" }),
                Format::Legacy => json!({
                    "type": "string", "pattern": r"^\d{4}-\d{2}-\d{2} \d{2}:\d{2}:\d{2}$",
                    "examples": ["2026-06-15 08:30:00"],
                }),
            },
            Holds::OneOf(values) => json!({ "type": "string", "enum": values }),
            Holds::List(items) => json!({ "type": "array", "items": self.held(*items, format) }),
            Holds::Object(fields) => self.fields_of(fields, format),
            Holds::ObjectOrNothing(fields) => {
                let nothing = json!({ "type": "array", "items": { "type": "string" }, "maxItems": 0 });
                json!({ "anyOf": [self.fields_of(fields, format), nothing] })
            }
            Holds::Nullable(value) => nullable(self.held(*value, format)),
            Holds::Optional(value) => self.held(*value, format),
        }
    }

    /// Whether a request must have this body, and its schema. `named` gives fields the names that the world reads.
    pub(super) fn body(
        &mut self,
        body: BodySchema,
        assumed: Assumed<'_>,
        named: &dyn Fn(&'static str) -> String,
    ) -> (bool, Json) {
        let form: IdForm = assumed.choice();
        let is_change = body.purpose == BodyPurpose::Changes;
        let described = |field: &BodyField| {
            let mut schema = match field.form {
                FieldForm::Text => json!({ "type": "string" }),
                FieldForm::Email => json!({ "type": "string", "format": "email" }),
                FieldForm::Date => json!({ "type": "string", "format": "date" }),
                FieldForm::Number => json!({ "type": "integer" }),
                FieldForm::Flag => json!({ "type": "boolean" }),
                FieldForm::Id(_) => id(assumed),
            };
            if is_change {
                schema = nullable(schema);
            } else if !field.about.is_empty() {
                schema["description"] = field.about.into();
            }
            (named(field.name), schema)
        };
        let is_required = |field: &&BodyField| match field.presence {
            _ if is_change => false,
            Presence::Required => true,
            Presence::Optional => false,
            Presence::BySsnRequired => self.settings.ssn_required,
        };
        let required: Vec<_> = body.fields.iter().filter(is_required).map(|field| named(field.name)).collect();
        let required = required.iter().map(String::as_str).collect();
        let mut schema = object(body.fields.iter().map(described).collect(), required);
        let mut example: Json = serde_json::from_str(body.example).expect("examples are JSON");
        for field in body.fields {
            if let FieldForm::Id(table) = field.form
                && let Some(number) = example.get(field.name).and_then(Json::as_u64)
            {
                example[field.name] = json!(Id::new(table, number).shown(form));
            }
        }
        if let Json::Object(fields) = &mut example {
            let renamed = body.fields.iter().filter_map(|field| Some((field.name, fields.remove(field.name)?)));
            let renamed: Vec<_> = renamed.collect();
            fields.extend(renamed.into_iter().map(|(name, value)| (named(name), value)));
        }
        schema["examples"] = json!([example]);
        let is_renamed = body.fields.iter().any(|field| named(field.name) != field.name);
        let name = if is_renamed { format!("{}Observed", body.name) } else { body.name.to_owned() };
        (body.purpose != BodyPurpose::Narrows, self.named(name, schema))
    }

    /// The one envelope of FORMAT-6.
    pub(super) fn standardized_error(&mut self) -> Json {
        let text = json!({ "type": "string" });
        let details = json!({ "type": "array", "items": fields(&[("field", text.clone()), ("issue", text.clone())]) });
        let properties = json!({ "code": text, "message": text, "details": details });
        let error = json!({ "type": "object", "required": ["code", "message"], "properties": properties });
        // Named like its only field, it would come out of a generator as a class and a variable of one name.
        self.named("StandardizedError".to_owned(), fields(&[("error", error)]))
    }

    /// One of the four shapes of FORMAT-8.
    pub(super) fn legacy_error(&mut self, shape: LegacyError) -> Json {
        let text = json!({ "type": "string" });
        let (name, schema) = match shape {
            LegacyError::Message => ("Message", fields(&[("message", text)])),
            LegacyError::Error => ("LegacyErrorText", fields(&[("error", text)])),
            LegacyError::Map => {
                let texts = json!({ "type": "array", "items": text });
                let errors = json!({ "type": "object", "additionalProperties": texts });
                ("LegacyErrorMap", fields(&[("errors", errors)]))
            }
            LegacyError::List => {
                let error = fields(&["status", "title", "detail"].map(|name| (name, text.clone())));
                let errors = json!({ "type": "array", "items": error });
                let corr_id = json!({ "type": "string", "format": "uuid" });
                ("LegacyErrorList", fields(&[("errors", errors), ("corr_id", corr_id)]))
            }
        };
        self.named(name.to_owned(), schema)
    }
}

/// An id in the form in force.
pub(super) fn id(assumed: Assumed<'_>) -> Json {
    match assumed.choice() {
        IdForm::Integer => json!({ "type": "integer", "format": "int64", "minimum": 1 }),
        IdForm::Uuid => json!({ "type": "string", "format": "uuid" }),
    }
}

/// Either of these schemas; the only one, if there is one.
pub(super) fn any_of(mut schemas: Vec<Json>) -> Json {
    if schemas.len() == 1 { schemas.remove(0) } else { json!({ "anyOf": schemas }) }
}

fn object(properties: Map<String, Json>, required: Vec<&str>) -> Json {
    let mut object = json!({ "type": "object", "properties": properties });
    if !required.is_empty() {
        object["required"] = required.into();
    }
    object
}

/// That schema, or null.
fn nullable(mut schema: Json) -> Json {
    match schema.get_mut("type") {
        Some(only @ Json::String(_)) => *only = json!([only.take(), "null"]),
        _ => return json!({ "anyOf": [schema, { "type": "null" }] }),
    }
    if let Some(values) = schema.get_mut("enum").and_then(Json::as_array_mut) {
        values.push(Json::Null);
    }
    schema
}

/// An object that has these fields.
fn fields(fields: &[(&str, Json)]) -> Json {
    let properties: Map<String, Json> =
        fields.iter().map(|(name, schema)| ((*name).to_owned(), schema.clone())).collect();
    let required: Vec<&str> = fields.iter().map(|(name, _)| *name).collect();
    json!({ "type": "object", "required": required, "properties": properties })
}

fn page_links() -> Json {
    let link = json!({ "type": ["string", "null"] });
    fields(&["first", "last", "prev", "next"].map(|name| (name, link.clone())))
}

fn page_meta() -> Json {
    let (number, maybe) = (json!({ "type": "integer" }), json!({ "type": ["integer", "null"] }));
    let link = fields(&[
        ("url", json!({ "type": ["string", "null"] })),
        ("label", json!({ "type": "string" })),
        ("active", json!({ "type": "boolean" })),
    ]);
    fields(&[
        ("current_page", number.clone()),
        ("from", maybe.clone()),
        ("last_page", number.clone()),
        ("links", json!({ "type": "array", "items": link })),
        ("path", json!({ "type": "string" })),
        ("per_page", number.clone()),
        ("to", maybe),
        ("total", number),
    ])
}
