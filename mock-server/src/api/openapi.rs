//! The OpenAPI 3.1 document of a world, generated from the route table.
//!
//! Paths, tokens, captures and facts come from the rows; the objects of responses, from the shapes that are written; bodies,
//! from the fields that are read; statuses that the guide leaves open, from the assumptions in force, which each operation
//! names. A response has a schema for each format (FORMAT-1), side by side in an `anyOf`: fields have the same names in
//! both, so that a typed client reads either without asking first.

mod responses;
mod schema;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;

use serde::Deserialize;
use serde_json::{Map, Value as Json, json};

use self::responses::refusals;
use self::schema::{Schemas, any_of};
use crate::api::auth::Scope;
use crate::api::operation::Page;
use crate::api::reply::Outline;
use crate::api::routes::{self, Handler, Row};
use crate::guide::assumptions::{Key, ListShape};
use crate::guide::facts::{self, Fact};
use crate::guide::format::STANDARDIZED_VERSION;
use crate::guide::trace::Assumed;
use crate::model::id::{Id, Table};
use crate::model::watchlists::{ForKind, Watchlist, with_each_kind};
use crate::profile::Observed;
use crate::world::settings::Settings;

/// The sentences of the facts, by id.
static SENTENCES: LazyLock<BTreeMap<String, String>> = LazyLock::new(|| {
    #[derive(Deserialize)]
    struct Sentence {
        id: String,
        fact: String,
    }
    let all: Vec<Sentence> = serde_json::from_str(facts::FIXTURE).expect("the compiled-in facts are of this form");
    all.into_iter().map(|sentence| (sentence.id, sentence.fact)).collect()
});

const DESCRIPTION: &str = "Each operation tells the facts of the guide that it follows, and in `x-assumptions` what the mock \
    assumes where the guide is silent. What is not here does not exist: another path is 404, another method 405 (NONE-1).";
const TWO_FORMATS: &str = "Every response is in one of two formats: standardized with `X-API-Version: 2026-06-12`, else \
    legacy (FORMAT-1), which writes booleans, instants and errors in another way.";
const ONE_FORMAT: &str = "Every response is in the standardized format, whatever a request asks for (FORMAT-2).";

/// The document of a world with these settings, which is at `url`.
pub(crate) fn document(settings: &Settings, url: &str) -> Json {
    Document { settings, assumed: Assumed::unrecorded(&settings.assumptions), schemas: Schemas::new(settings) }
        .write(url)
}

/// The table that a capture is an id of, and a number that the default seed has there. None for a company, which has no id
/// of the mock.
fn captured(name: &str) -> Option<(Table, u64)> {
    struct Captured<'a>(&'a str);
    impl ForKind for Captured<'_> {
        type Output = Option<Table>;

        fn run<K: Watchlist>(&mut self) -> Option<Table> {
            (K::CAPTURE == self.0).then_some(K::TABLE)
        }
    }
    match name {
        "account_id" => Some((Table::Account, 1)),
        "alarmId" => Some((Table::Alarm, 1)),
        // The third site is the one that fails until it is retried.
        "siteId" => Some((Table::Site, 3)),
        name => with_each_kind(Captured(name)).find_map(|table| table).map(|table| (table, 1)),
    }
}

struct Document<'a> {
    settings: &'a Settings,
    assumed: Assumed<'a>,
    schemas: Schemas<'a>,
}

impl Document<'_> {
    fn write(mut self, url: &str) -> Json {
        let parameters = self.parameters();
        let mut paths: BTreeMap<&str, Map<String, Json>> = BTreeMap::new();
        let mut refused: BTreeMap<&'static str, Json> = BTreeMap::new();
        let assumed = self.assumed;
        for row in routes::rows().filter(|row| row.exists(assumed)) {
            let operation = self.operation(row, &mut refused);
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
        let formats = if self.schemas.has_two_formats() { TWO_FORMATS } else { ONE_FORMAT };
        let learnt = self.settings.profile.as_ref().map_or_else(String::new, |profile| {
            format!(
                " Where the guide is silent, responses are as a target was seen to give them on {}.",
                profile.date()
            )
        });
        let tag = |page: Page| json!({ "name": page.name(), "description": page.about() });
        json!({
            "openapi": "3.1.0",
            "info": {
                "title": "Defentry identity-protection API, as its mock serves it",
                "version": env!("CARGO_PKG_VERSION"),
                "summary": "Generated from the route table of the mock. Documented behaviour has fact ids.",
                "description": format!("{DESCRIPTION} {formats}{learnt}"),
                "license": { "name": "MIT", "identifier": "MIT" },
            },
            "servers": [{ "url": url, "description": "The mock." }],
            "tags": Page::all().map(tag).collect::<Vec<_>>(),
            "paths": paths,
            "components": {
                "securitySchemes": {
                    "crmToken": bearer("A partner's token, for its accounts (SCOPE-2). POST /api/v1/crm/auth/login issues one."),
                    "appToken": bearer("An end user's token, for their account (SCOPE-3). POST /api/v1/sso/token issues one."),
                },
                "parameters": parameters,
                "headers": {
                    "Basis": header("string", "The facts and assumptions that the response is based on. Only the mock has it."),
                    "Hint": header("string", "One sentence, where a response may surprise. Only the mock has it."),
                    "RetryAfter": header("integer", "Seconds until the next request is let through (FORMAT-9)."),
                },
                "responses": refused,
                "schemas": self.schemas.into_components(),
            },
        })
    }

    /// The parameters that operations share. Where there is one format, nothing selects it.
    fn parameters(&mut self) -> Json {
        if !self.schemas.has_two_formats() {
            return json!({});
        }
        // Generators that make identifiers of values cannot begin one with a digit.
        let version = json!({ "type": "string", "enum": [STANDARDIZED_VERSION], "x-enum-varnames": ["STANDARDIZED"] });
        let schema = self.schemas.named("ApiVersion".to_owned(), version);
        json!({ "Version": {
            "name": "X-API-Version",
            "in": "header",
            "required": false,
            "description": "Selects the standardized format; without it responses are legacy (FORMAT-1).",
            "schema": schema,
        } })
    }

    fn operation(&mut self, row: &Row, refused: &mut BTreeMap<&'static str, Json>) -> Json {
        let operation = &row.operation;
        let keys = used_by(row);
        let mut responses = self.schemas.granted(row, self.assumed);
        for status in refusals(row, self.settings) {
            let (name, response) = self.schemas.refused(status, self.assumed);
            responses.insert(status, json!({ "$ref": format!("#/components/responses/{name}") }));
            refused.insert(name, response);
        }
        let place = format!("{} {}", row.method, row.path);
        let mut responses: Map<String, Json> =
            responses.into_iter().map(|(status, response)| (status.to_string(), response)).collect();
        if let Some(profile) = &self.settings.profile {
            let formats = if self.schemas.has_two_formats() { 2 } else { 1 };
            learnt(&mut responses, profile.observed(&place), formats);
        }
        let mut written = json!({
            "operationId": operation_id(row),
            "tags": [operation.page.name()],
            "summary": operation.summary,
            "description": self.description(row, &keys),
            "security": security(row),
            "responses": responses,
            "x-facts": row.facts.iter().map(|fact| fact.id()).collect::<Vec<_>>(),
        });
        let parameters = self.query(row);
        if !parameters.is_empty() {
            written["parameters"] = parameters.into();
        }
        if let Some(body) = operation.body {
            let profile = self.settings.profile.clone();
            let named = |field: &'static str| {
                profile.as_ref().map_or_else(|| field.to_owned(), |known| known.field_name(&place, field).to_owned())
            };
            let (is_required, schema) = self.schemas.body(body, self.assumed, &named);
            let content = json!({ schema::JSON: { "schema": schema } });
            written["requestBody"] = json!({ "required": is_required, "content": content });
        }
        if !keys.is_empty() {
            let named: Map<String, Json> =
                keys.iter().map(|key| (key.name().to_owned(), self.value(*key).into())).collect();
            written["x-assumptions"] = named.into();
        }
        written
    }

    /// The parameters beside the path: of the query, and the header that selects the format.
    fn query(&self, row: &Row) -> Vec<Json> {
        let field = |(name, about): &(&str, &str)| {
            let schema = json!({ "type": "string", "format": "date" });
            json!({ "name": name, "in": "query", "required": false, "description": about, "schema": schema })
        };
        let mut parameters: Vec<Json> = row.operation.query.iter().map(field).collect();
        let is_list = matches!(row.outline, Outline::List(_));
        if is_list && self.assumed.choice::<ListShape>() == ListShape::Paginated {
            let schema = json!({ "type": "integer", "minimum": 1 });
            parameters.push(
                json!({ "name": "page", "in": "query", "required": false, "description": "From 1.", "schema": schema }),
            );
        }
        if self.schemas.has_two_formats() {
            parameters.push(json!({ "$ref": "#/components/parameters/Version" }));
        }
        parameters
    }

    /// The facts in words, and the assumptions.
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

    fn value(&self, key: Key) -> String {
        self.settings.assumptions.value(key).into_owned()
    }

    /// The parameters of a path, with ids of the default seed as examples.
    fn captures(&self, path: &str) -> Vec<Json> {
        let names = path.split('/').filter_map(|segment| segment.strip_prefix('{')?.strip_suffix('}'));
        names
            .map(|name| {
                let (schema, example) = match captured(name) {
                    Some((table, number)) => {
                        let id = Id::new(table, number).shown(self.assumed.choice());
                        (schema::id(self.assumed), json!(id))
                    }
                    None => (json!({ "type": "integer", "format": "int64", "minimum": 1 }), json!(1)),
                };
                json!({ "name": name, "in": "path", "required": true, "schema": schema, "example": example })
            })
            .collect()
    }
}

/// The assumptions that statuses and shapes of this row follow.
fn used_by(row: &Row) -> BTreeSet<Key> {
    let operation = &row.operation;
    let mut keys: BTreeSet<Key> = operation.decided_by.iter().copied().collect();
    keys.extend(row.condition.map(|condition| condition.key));
    keys.extend(match row.outline {
        Outline::Added(_) => &[Key::AddStatus, Key::AddBody][..],
        Outline::Item(_) => &[Key::AddBody],
        Outline::List(_) => &[Key::ListShape],
        Outline::Removed => &[Key::RemoveStatus],
        Outline::Done => &[Key::ActionAnswer],
        Outline::Closed(_) => &[Key::AlarmCloseAnswer, Key::AddBody, Key::ActionAnswer],
        Outline::Scan(_) => &[Key::ScanBody],
        Outline::AccountCreated(_) | Outline::Account(_) | Outline::Token | Outline::Code => &[],
    });
    if !row.is_open() {
        keys.insert(Key::ScopeWrongToken);
    }
    if row.path.contains("{account_id}") {
        keys.insert(Key::ScopeForeignAccount);
    }
    if row.looks_up_an_item() {
        keys.insert(Key::ScopeForeignItem);
    }
    if operation.body.is_some() {
        keys.extend([Key::BodyMalformed, Key::BodyContentType]);
    }
    keys
}

/// Puts what a target was seen to answer in place of what the mock answers by itself; beside it, where the target was not
/// seen in both formats.
fn learnt(responses: &mut Map<String, Json>, observed: Vec<Observed>, formats: usize) {
    let is_whole = |is_meant: &dyn Fn(u16) -> bool| {
        let seen: BTreeSet<&str> =
            observed.iter().filter(|seen| is_meant(seen.status)).map(|seen| seen.format.name()).collect();
        seen.len() >= formats
    };
    if is_whole(&|status| status < 300) {
        responses.retain(|status, _| !status.starts_with('2'));
    }
    let mut seen: BTreeMap<u16, BTreeMap<String, Vec<Json>>> = BTreeMap::new();
    for one in &observed {
        let contents = seen.entry(one.status).or_default();
        if let (Some(content_type), Some(schema)) = (&one.content_type, &one.schema) {
            let schemas = contents.entry(content_type.clone()).or_default();
            if !schemas.contains(schema) {
                schemas.push(schema.clone());
            }
        }
    }
    for (status, mut contents) in seen {
        let own = responses.get(&status.to_string());
        if let Some(own) = own.filter(|_| !is_whole(&|seen| seen == status)) {
            let own = &own["content"];
            for (content_type, content) in own.as_object().into_iter().flatten() {
                contents.entry(content_type.clone()).or_default().push(content["schema"].clone());
            }
        }
        let content: Map<String, Json> =
            contents.into_iter().map(|(name, schemas)| (name, json!({ "schema": any_of(schemas) }))).collect();
        let mut response = json!({ "description": "As a target was seen to answer.", "headers": responses::headers() });
        if !content.is_empty() {
            response["content"] = content.into();
        }
        responses.insert(status.to_string(), response);
    }
}

/// The name of an operation. That of a partner on an account has the account in it.
fn operation_id(row: &Row) -> String {
    let is_of_account = row.path.contains("{account_id}/");
    let version = if row.path.starts_with("/api/v2/account/{account_id}") { "V2" } else { "" };
    let by_id = if row.path.ends_with("/account/{account_id}") { "ById" } else { "" };
    let suffix = if is_of_account { "OfAccount" } else { "" };
    format!("{}{suffix}{by_id}{version}", row.operation.name)
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

/// The fact about the token of a row, where the page of the row does not name it.
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
