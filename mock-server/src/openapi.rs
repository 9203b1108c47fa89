//! The OpenAPI 3.1 document of a world, generated from the route table.
//!
//! Paths, tokens, captures and facts come from the rows; what a row does, from its [`Operation`]; statuses and shapes
//! that the guide leaves open, from the assumptions in force, which each operation names. An answer has a schema for
//! each format (FORMAT-1), side by side in an `anyOf`: fields have the same names in both, so that a typed client reads
//! either without asking first.

mod operation;
mod schema;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;

use serde::Deserialize;
use serde_json::{Map, Value as Json, json};

use self::operation::{Answer, Tag};
use self::schema::{Body, Model, Writing};
use crate::app::Settings;
use crate::assumptions::{Assumptions, Key};
use crate::auth::Scope;
use crate::facts::Fact;
use crate::format::{Format, STANDARDIZED_VERSION};
use crate::id::{Id, Table};
use crate::routes::{self, Handler, Row};
use crate::watchlist::Kind;
use crate::watchlist::card::Card;
use crate::watchlist::email::Email;
use crate::watchlist::iban::Iban;
use crate::watchlist::license::License;
use crate::watchlist::passport::Passport;
use crate::watchlist::phone::Phone;

pub(crate) use self::operation::{Operation, does};

/// The sentences of the facts, by id.
static SENTENCES: LazyLock<BTreeMap<String, String>> = LazyLock::new(|| {
    #[derive(Deserialize)]
    struct Sentence {
        id: String,
        fact: String,
    }
    let all: Vec<Sentence> = serde_json::from_str(include_str!("../../fixtures/facts.json"))
        .expect("the compiled-in facts are of this form");
    all.into_iter().map(|sentence| (sentence.id, sentence.fact)).collect()
});

const DESCRIPTION: &str = "Each operation tells the facts of the guide that it follows, and in `x-assumptions` what the mock \
    assumes where the guide is silent. What is not here does not exist: another path is 404, another method 405 (NONE-1).";
const TWO_FORMATS: &str = "Every answer is in one of two formats: standardized with `X-API-Version: 2026-06-12`, else legacy \
    (FORMAT-1), whose booleans, instants and errors are written otherwise.";
const ONE_FORMAT: &str = "Every answer is in the standardized format, whatever a request asks for (FORMAT-2).";

const JSON: &str = "application/json";
const JSON_API: &str = "application/vnd.api+json";

/// The document of a world with these settings, which is at `url`.
pub(crate) fn document(settings: &Settings, url: &str) -> Json {
    Document::new(settings).write(url)
}

/// What a parameter of a path is the id of, and a number that the default seed has there; None for a company, which has
/// no id of this fake.
fn captured(name: &str) -> Option<(Table, u64)> {
    let table = match name {
        "account_id" => Table::Account,
        Email::ID => Email::TABLE,
        Phone::ID => Phone::TABLE,
        Iban::ID => Iban::TABLE,
        Passport::ID => Passport::TABLE,
        License::ID => License::TABLE,
        Card::ID => Card::TABLE,
        "alarmId" => Table::Alarm,
        // The third site is the one that fails until it is retried.
        "siteId" => return Some((Table::Site, 3)),
        _ => return None,
    };
    Some((table, 1))
}

struct Document<'a> {
    assumptions: &'a Assumptions,
    writing: Writing<'a>,
    formats: &'static [Format],
    schemas: BTreeMap<String, Json>,
    /// The refusals, which all rows share.
    refused: BTreeMap<&'static str, Json>,
}

impl<'a> Document<'a> {
    fn new(settings: &'a Settings) -> Self {
        let assumptions = &settings.assumptions;
        let formats: &[Format] =
            if settings.normalize_all { &[Format::Standardized] } else { &[Format::Standardized, Format::Legacy] };
        let writing = Writing { assumptions, ssn_required: settings.ssn_required };
        Self { assumptions, writing, formats, schemas: BTreeMap::new(), refused: BTreeMap::new() }
    }

    fn write(mut self, url: &str) -> Json {
        let parameters = self.parameters();
        let mut paths: BTreeMap<&str, Map<String, Json>> = BTreeMap::new();
        for row in routes::rows().filter(|row| row.exists_under(self.assumptions)) {
            let operation = self.operation(row);
            paths.entry(&row.path).or_default().insert(row.method.as_str().to_ascii_lowercase(), operation);
        }
        let paths: Map<String, Json> = paths
            .into_iter()
            .map(|(path, mut operations)| {
                let captures = self.captures(path);
                if !captures.is_empty() {
                    operations.insert("parameters".to_owned(), captures.into());
                }
                (path.to_owned(), operations.into())
            })
            .collect();
        json!({
            "openapi": "3.1.0",
            "info": {
                "title": "Defentry identity-protection API, as its mock serves it",
                "version": env!("CARGO_PKG_VERSION"),
                "summary": "Generated from the route table of the mock. What is documented has fact ids.",
                "description": format!("{DESCRIPTION} {}", if self.has_two_formats() { TWO_FORMATS } else { ONE_FORMAT }),
                "license": { "name": "MIT", "identifier": "MIT" },
            },
            "servers": [{ "url": url, "description": "The mock." }],
            "tags": Tag::ALL.map(|(tag, about)| json!({ "name": tag.name(), "description": about })),
            "paths": paths,
            "components": {
                "securitySchemes": {
                    "crmToken": bearer("A partner's token, for its accounts (SCOPE-2). POST /api/v1/crm/auth/login issues one."),
                    "appToken": bearer("An end user's token, for their account (SCOPE-3). POST /api/v1/sso/token issues one."),
                },
                "parameters": parameters,
                "headers": {
                    "Basis": header("string", "The facts and assumptions that the answer rests on. Only the mock has it."),
                    "Hint": header("string", "One sentence, where an answer puzzles. Only the mock has it."),
                    "RetryAfter": header("integer", "Seconds until the next request is let through (FORMAT-9)."),
                },
                "responses": self.refused,
                "schemas": self.schemas,
            },
        })
    }

    fn has_two_formats(&self) -> bool {
        self.formats.len() > 1
    }

    /// The parameters that operations share. Where there is one format, nothing selects it.
    fn parameters(&mut self) -> Json {
        if !self.has_two_formats() {
            return json!({});
        }
        // Generators that make identifiers of values cannot begin one with a digit.
        let version = json!({ "type": "string", "enum": [STANDARDIZED_VERSION], "x-enum-varnames": ["STANDARDIZED"] });
        let schema = self.named("ApiVersion".to_owned(), version);
        json!({ "Version": {
            "name": "X-API-Version",
            "in": "header",
            "required": false,
            "description": "Selects the standardized format; without it answers are legacy (FORMAT-1).",
            "schema": schema,
        } })
    }

    fn operation(&mut self, row: &Row) -> Json {
        let operation = &row.operation;
        let keys = leaned_on(row);
        let mut written = json!({
            "operationId": operation_id(row),
            "tags": [operation.tag.name()],
            "summary": operation.summary,
            "description": self.description(row, &keys),
            "security": security(row),
            "responses": self.responses(row),
            "x-facts": row.facts.iter().map(|fact| fact.id()).collect::<Vec<_>>(),
        });
        let mut parameters: Vec<Json> = operation
            .query
            .iter()
            .map(|(name, about)| {
                let schema = json!({ "type": "string", "format": "date" });
                json!({ "name": name, "in": "query", "required": false, "description": about, "schema": schema })
            })
            .collect();
        if self.is_paginated(row) {
            let schema = json!({ "type": "integer", "minimum": 1 });
            parameters.push(
                json!({ "name": "page", "in": "query", "required": false, "description": "From 1.", "schema": schema }),
            );
        }
        if self.has_two_formats() {
            parameters.push(json!({ "$ref": "#/components/parameters/Version" }));
        }
        if !parameters.is_empty() {
            written["parameters"] = parameters.into();
        }
        if let Some(body) = operation.body {
            let schema = self.body(body);
            let content = json!({ JSON: { "schema": schema } });
            written["requestBody"] = json!({ "required": !body.is_optional(), "content": content });
        }
        if !keys.is_empty() {
            let named: Map<String, Json> =
                keys.iter().map(|key| (key.name().to_owned(), self.value(*key).into())).collect();
            written["x-assumptions"] = named.into();
        }
        written
    }

    /// The facts in words, and what is assumed.
    fn description(&self, row: &Row, keys: &BTreeSet<Key>) -> String {
        let mut facts: Vec<Fact> = row.facts.to_vec();
        facts.extend(scope_fact(row));
        let facts = facts.iter().map(|fact| format!("**{}** {}", fact.id(), SENTENCES[fact.id()]));
        let mut paragraphs: Vec<String> = facts.collect();
        if !keys.is_empty() {
            let keys = keys.iter().map(|key| format!("`{}` = `{}`", key.name(), self.value(*key)));
            paragraphs.push(format!("Assumed: {}.", keys.collect::<Vec<_>>().join(", ")));
        }
        paragraphs.join("\n\n")
    }

    /// The value of an assumption, as a flag writes it.
    fn value(&self, key: Key) -> String {
        let mut all = self.assumptions.iter();
        all.find(|(name, _)| *name == key.name()).map(|(_, value)| value).unwrap_or_default()
    }

    /// The parameters of a path, with ids of the default seed as examples.
    fn captures(&self, path: &str) -> Vec<Json> {
        let names = path.split('/').filter_map(|segment| segment.strip_prefix('{')?.strip_suffix('}'));
        names
            .map(|name| {
                let (schema, example) = match captured(name) {
                    Some((table, number)) => {
                        let id = Id::new(table, number).shown(self.assumptions.choice());
                        (schema::id(self.assumptions), json!(id))
                    }
                    None => (json!({ "type": "integer", "format": "int64", "minimum": 1 }), json!(1)),
                };
                json!({ "name": name, "in": "path", "required": true, "schema": schema, "example": example })
            })
            .collect()
    }

    fn is_paginated(&self, row: &Row) -> bool {
        matches!(row.operation.answer, Answer::List(_)) && self.assumptions.name(Key::ListShape) == "paginated"
    }

    // Answers.

    fn responses(&mut self, row: &Row) -> Json {
        let mut responses: BTreeMap<u16, Json> = self.granted(row);
        for status in self.refusals(row) {
            let name = meaning(status).0;
            responses.insert(status, json!({ "$ref": format!("#/components/responses/{name}") }));
            let refused = self.refused(status);
            self.refused.insert(name, refused);
        }
        responses.into_iter().map(|(status, response)| (status.to_string(), response)).collect::<Map<_, _>>().into()
    }

    fn granted(&mut self, row: &Row) -> BTreeMap<u16, Json> {
        let operation = &row.operation;
        let is_decided = |word: &str| operation.decided_by.iter().any(|key| self.value(*key) == word);
        let mut granted: Vec<(u16, Option<Shape>, &str)> = Vec::new();
        match operation.answer {
            Answer::AccountCreated => granted.push((201, Some(Shape::Data(Model::Account)), "The account.")),
            Answer::Account => granted.push((200, Some(Shape::Data(Model::Account)), "The account as it is now.")),
            Answer::Added(model) => {
                let status = if self.assumptions.name(Key::AddStatus) == "200" { 200 } else { 201 };
                if is_decided("existing") || is_decided("replaced") {
                    granted.push((200, Some(self.single(model)), "What was there, as it is now."));
                }
                granted.push((status, Some(self.single(model)), "What was added."));
            }
            Answer::Item(model) => granted.push((200, Some(self.single(model)), "As it is now.")),
            Answer::List(model) => {
                let shape = match self.assumptions.name(Key::ListShape) {
                    "bare" => Shape::Array(model),
                    "paginated" => Shape::Page(model),
                    _ => Shape::List(model),
                };
                granted.push((200, Some(shape), "In the order in which they came to be."));
            }
            Answer::Removed if self.assumptions.name(Key::RemoveStatus) == "204" => {
                granted.push((204, None, "It was removed."));
            }
            Answer::Removed => granted.push((200, Some(Shape::Message), "It was removed.")),
            Answer::Closed if self.assumptions.name(Key::AlarmCloseAnswer) == "alarm" => {
                granted.push((200, Some(self.single(Model::Alarm)), "The alarm as it is now."));
            }
            Answer::Done | Answer::Closed if self.assumptions.name(Key::ActionAnswer) == "none" => {
                granted.push((204, None, "It was done."));
            }
            Answer::Done | Answer::Closed => granted.push((200, Some(Shape::Message), "It was done.")),
            Answer::Token => granted.push((200, Some(Shape::Field("token")), "The token.")),
            Answer::Code => granted.push((200, Some(Shape::Field("code")), "The code.")),
            Answer::Scan => {
                let is_bare = self.assumptions.name(Key::ScanBody) == "bare";
                let shape = if is_bare { Shape::Bare(Model::Scan) } else { Shape::Data(Model::Scan) };
                granted.push((200, Some(shape), "One entry for each data broker."));
            }
        }
        let respond = |(status, shape, about): (u16, Option<Shape>, &str)| {
            let mut response = json!({ "description": about, "headers": headers() });
            if let Some(shape) = shape {
                response["content"] = json!({ JSON: { "schema": self.either(shape) } });
            }
            (status, response)
        };
        granted.into_iter().map(respond).collect()
    }

    fn single(&self, model: Model) -> Shape {
        if self.assumptions.name(Key::AddBody) == "bare" { Shape::Bare(model) } else { Shape::Data(model) }
    }

    /// The statuses with which this row may refuse.
    fn refusals(&self, row: &Row) -> BTreeSet<u16> {
        let operation = &row.operation;
        let mut statuses = BTreeSet::new();
        let mut assume =
            |key: Key| statuses.extend(self.value(key).parse::<u16>().ok().filter(|status| *status >= 400));
        operation.decided_by.iter().for_each(|key| assume(*key));
        if !is_open(row) {
            assume(Key::ScopeWrongToken);
        }
        if row.path.contains("{account_id}") {
            assume(Key::ScopeForeignAccount);
        }
        if looks_up_an_item(row) {
            assume(Key::ScopeForeignItem);
        }
        if operation.body.is_some() {
            assume(Key::BodyMalformed);
            assume(Key::BodyContentType);
            statuses.insert(422);
        }
        if !operation.query.is_empty() {
            statuses.insert(422);
        }
        if !is_open(row) {
            // FORMAT-9: throttling is 409 in the legacy format.
            statuses.extend([401, 429]);
            statuses.extend(self.formats.contains(&Format::Legacy).then_some(409));
        }
        if row.path.contains('{') || operation.looks_up {
            statuses.insert(404);
        }
        statuses
    }

    fn refused(&mut self, status: u16) -> Json {
        let mut content = Map::new();
        let mut in_json = Vec::new();
        for format in self.formats {
            let shape = match format {
                Format::Standardized => "standardized",
                Format::Legacy if status == 429 => continue,
                Format::Legacy => self.legacy_shape(status),
            };
            let schema = self.error(shape);
            if shape == "list" {
                content.insert(JSON_API.to_owned(), json!({ "schema": schema }));
            } else {
                in_json.push(schema);
            }
        }
        content.insert(JSON.to_owned(), json!({ "schema": any_of(in_json) }));
        let mut headers = headers();
        if status == 429 || status == 409 {
            headers["Retry-After"] = json!({ "$ref": "#/components/headers/RetryAfter" });
        }
        json!({ "description": meaning(status).1, "headers": headers, "content": content })
    }

    /// The name of the legacy error shape of a status (FORMAT-8).
    fn legacy_shape(&self, status: u16) -> &'static str {
        let key = Key::named(&format!("legacy.error.{status}"));
        let name = key.map_or("message", |key| self.assumptions.name(key));
        ["message", "error", "map", "list"].into_iter().find(|shape| *shape == name).unwrap_or("message")
    }

    // Schemas.

    fn error(&mut self, shape: &str) -> Json {
        let text = json!({ "type": "string" });
        let (name, schema) = match shape {
            "standardized" => (
                // Named as its only field is, it would come out of a generator as a class and a variable of one name.
                "StandardizedError",
                json!({ "type": "object", "required": ["error"], "properties": { "error": {
                    "type": "object", "required": ["code", "message"], "properties": {
                        "code": text, "message": text,
                        "details": {
                            "type": "array", "items": fields(&[("field", text.clone()), ("issue", text)]),
                        },
                    },
                } } }),
            ),
            "error" => ("LegacyErrorText", fields(&[("error", text)])),
            "map" => (
                "LegacyErrorMap",
                fields(&[(
                    "errors",
                    json!({
                        "type": "object", "additionalProperties": { "type": "array", "items": text },
                    }),
                )]),
            ),
            "list" => {
                let error = fields(&["status", "title", "detail"].map(|name| (name, text.clone())));
                let errors = json!({ "type": "array", "items": error });
                let corr_id = json!({ "type": "string", "format": "uuid" });
                ("LegacyErrorList", fields(&[("errors", errors), ("corr_id", corr_id)]))
            }
            _ => ("Message", fields(&[("message", text)])),
        };
        self.named(name.to_owned(), schema)
    }

    fn body(&mut self, body: Body) -> Json {
        self.named(body.name(), body.schema(self.writing))
    }

    /// A shape in each format that an answer may be in.
    fn either(&mut self, shape: Shape) -> Json {
        let formats = self.formats;
        let mut schemas: Vec<Json> = formats.iter().map(|format| self.shape(shape, *format)).collect();
        schemas.dedup();
        any_of(schemas)
    }

    fn shape(&mut self, shape: Shape, format: Format) -> Json {
        match shape {
            Shape::Message => self.error("message"),
            Shape::Field(name) => {
                let named = if name == "token" { "Token" } else { "IssuedSsoCode" };
                self.named(named.to_owned(), fields(&[(name, json!({ "type": "string" }))]))
            }
            Shape::Bare(model) => self.model(model, format).1,
            Shape::Data(model) => {
                let (format, model_schema) = self.model(model, format);
                let name = format!("{}Answer", model.name(format));
                self.named(name, fields(&[("data", model_schema)]))
            }
            Shape::Array(model) => {
                let (format, items) = self.model(model, format);
                self.named(format!("{}List", model.name(format)), json!({ "type": "array", "items": items }))
            }
            Shape::List(model) => {
                let (format, items) = self.model(model, format);
                let list = json!({ "type": "array", "items": items });
                self.named(format!("{}List", model.name(format)), fields(&[("data", list)]))
            }
            Shape::Page(model) => {
                let (format, items) = self.model(model, format);
                let list = json!({ "type": "array", "items": items });
                let (links, meta) =
                    (self.named("PageLinks".into(), page_links()), self.named("PageMeta".into(), page_meta()));
                self.named(
                    format!("{}Page", model.name(format)),
                    fields(&[("data", list), ("links", links), ("meta", meta)]),
                )
            }
        }
    }

    /// The schema of a model, and the format that it is named after: what both formats write alike has one name.
    fn model(&mut self, model: Model, format: Format) -> (Format, Json) {
        let schema = model.schema(format, self.writing);
        let is_alike = schema == model.schema(Format::Standardized, self.writing);
        let format = if is_alike { Format::Standardized } else { format };
        (format, self.named(model.name(format), schema))
    }

    /// Adds a schema to the components, and refers to it.
    fn named(&mut self, name: String, schema: Json) -> Json {
        let reference = json!({ "$ref": format!("#/components/schemas/{name}") });
        self.schemas.insert(name, schema);
        reference
    }
}

/// How an answer is wrapped.
#[derive(Clone, Copy)]
enum Shape {
    Message,
    Field(&'static str),
    Bare(Model),
    Data(Model),
    Array(Model),
    List(Model),
    Page(Model),
}

/// The assumptions that statuses and shapes of this row follow.
fn leaned_on(row: &Row) -> BTreeSet<Key> {
    let operation = &row.operation;
    let mut keys: BTreeSet<Key> = operation.decided_by.iter().copied().collect();
    keys.extend(row.condition.map(|condition| condition.key));
    keys.extend(match operation.answer {
        Answer::Added(_) => &[Key::AddStatus, Key::AddBody][..],
        Answer::Item(_) => &[Key::AddBody],
        Answer::List(_) => &[Key::ListShape],
        Answer::Removed => &[Key::RemoveStatus],
        Answer::Done => &[Key::ActionAnswer],
        Answer::Closed => &[Key::AlarmCloseAnswer, Key::AddBody, Key::ActionAnswer],
        Answer::Scan => &[Key::ScanBody],
        Answer::AccountCreated | Answer::Account | Answer::Token | Answer::Code => &[],
    });
    if !is_open(row) {
        keys.insert(Key::ScopeWrongToken);
    }
    if row.path.contains("{account_id}") {
        keys.insert(Key::ScopeForeignAccount);
    }
    if looks_up_an_item(row) {
        keys.insert(Key::ScopeForeignItem);
    }
    if operation.body.is_some() {
        keys.extend([Key::BodyMalformed, Key::BodyContentType]);
    }
    keys
}

/// The name of an operation: the same thing done by a partner to an account has the account in its name.
fn operation_id(row: &Row) -> String {
    let is_of_account = row.path.contains("{account_id}/");
    let version = if row.path.starts_with("/api/v2/account/{account_id}") { "V2" } else { "" };
    let by_id = if row.path.ends_with("/account/{account_id}") { "ById" } else { "" };
    let suffix = if is_of_account { "OfAccount" } else { "" };
    format!("{}{suffix}{by_id}{version}", row.operation.name)
}

fn is_open(row: &Row) -> bool {
    matches!(row.handler, Handler::Open(_))
}

/// Whether a capture or the body names something that belongs to an account.
fn looks_up_an_item(row: &Row) -> bool {
    let is_item = |name: &str| !matches!(name, "account_id" | "companyId" | "siteId");
    row.operation.looks_up
        || row
            .path
            .split('/')
            .any(|segment| segment.strip_prefix('{').is_some_and(|name| is_item(name.trim_end_matches('}'))))
}

fn security(row: &Row) -> Json {
    let (crm, app) = (json!({ "crmToken": [] }), json!({ "appToken": [] }));
    match row.handler {
        Handler::Open(_) => json!([]),
        Handler::OfPartner(_) | Handler::OfAccount(Scope::Crm, _) => json!([crm]),
        Handler::OfAccount(Scope::App, _) | Handler::OfSubscriber(_) => json!([app]),
        Handler::OfAccount(Scope::CrmOrOwner, _) | Handler::ByToken { .. } => json!([crm, app]),
    }
}

/// The fact that says which token a row takes, where the page of the row does not.
fn scope_fact(row: &Row) -> Option<Fact> {
    match row.handler {
        Handler::OfAccount(Scope::Crm, _) => Some(Fact::Scope2),
        Handler::OfAccount(Scope::App, _) => Some(Fact::Scope3),
        _ => None,
    }
}

fn bearer(about: &str) -> Json {
    json!({ "type": "http", "scheme": "bearer", "description": about })
}

fn header(holds: &str, about: &str) -> Json {
    json!({ "description": about, "schema": { "type": holds } })
}

fn headers() -> Json {
    json!({
        "X-Mock-Basis": { "$ref": "#/components/headers/Basis" },
        "X-Mock-Hint": { "$ref": "#/components/headers/Hint" },
    })
}

/// The name of a refusal, and what it means.
fn meaning(status: u16) -> (&'static str, &'static str) {
    match status {
        400 => ("BadRequest", "The request cannot be understood."),
        401 => ("Unauthenticated", "No token, or one that is not known or has expired; or credentials that are wrong."),
        403 => ("Forbidden", "The token is known, and does not permit this."),
        404 => ("NotFound", "There is no such thing, or none for this caller."),
        409 => ("Conflict", "It contradicts what is there; in the legacy format also too many requests (FORMAT-9)."),
        415 => ("UnsupportedMediaType", "The body is of a type that is not read."),
        422 => ("Invalid", "The body or the query breaks a rule; each issue names its field."),
        429 => ("TooManyRequests", "Too many requests with one token (FORMAT-9)."),
        other => unreachable!("no assumption of the fixture refuses with {other}"),
    }
}

/// An object that has these fields.
fn fields(fields: &[(&str, Json)]) -> Json {
    let properties: Map<String, Json> =
        fields.iter().map(|(name, schema)| ((*name).to_owned(), schema.clone())).collect();
    let required: Vec<&str> = fields.iter().map(|(name, _)| *name).collect();
    json!({ "type": "object", "required": required, "properties": properties })
}

/// Either of these schemas; the only one, if there is one.
fn any_of(mut schemas: Vec<Json>) -> Json {
    if schemas.len() == 1 { schemas.remove(0) } else { json!({ "anyOf": schemas }) }
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
