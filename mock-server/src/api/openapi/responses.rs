//! The responses of an operation: the statuses and shapes of granted requests, and the statuses of refused ones.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value as Json, json};

use super::schema::{JSON, Schemas, Wrapped, any_of};
use crate::api::reply::Outline;
use crate::api::routes::Row;
use crate::guide::assumptions::{
    ActionAnswer, AddBody, AddDuplicate, AddStatus, AlarmCloseAnswer, Key, LegacyError, ListShape, OnlineProfileAgain,
    RemoveStatus, ScanBody,
};
use crate::guide::trace::Assumed;
use crate::world::settings::Settings;

const JSON_API: &str = "application/vnd.api+json";

impl Schemas<'_> {
    /// The responses to requests that are granted, by status.
    pub(super) fn granted(&mut self, row: &Row, assumed: Assumed<'_>) -> BTreeMap<u16, Json> {
        let single = |schema| match assumed.choice() {
            AddBody::Bare => Wrapped::Bare(schema),
            AddBody::Data => Wrapped::Data(schema),
        };
        let done = || match assumed.choice() {
            ActionAnswer::None => (204, None, "It was done."),
            ActionAnswer::Message => (200, Some(Wrapped::Message), "It was done."),
        };
        let granted: Vec<(u16, Option<Wrapped>, &str)> = match row.outline {
            Outline::AccountCreated(account) => vec![(201, Some(Wrapped::Data(account)), "The account.")],
            Outline::Account(account) => vec![(200, Some(Wrapped::Data(account)), "The account as it is now.")],
            Outline::Added(schema) => added(row, single(schema), assumed),
            Outline::Item(schema) => vec![(200, Some(single(schema)), "As it is now.")],
            Outline::List(schema) => {
                let wrapped = match assumed.choice() {
                    ListShape::Bare => Wrapped::Array(schema),
                    ListShape::Paginated => Wrapped::Page(schema),
                    ListShape::Data => Wrapped::List(schema),
                };
                vec![(200, Some(wrapped), "In the order in which they came to be.")]
            }
            Outline::Removed => match assumed.choice() {
                RemoveStatus::NoContent => vec![(204, None, "It was removed.")],
                RemoveStatus::Ok => vec![(200, Some(Wrapped::Message), "It was removed.")],
            },
            Outline::Closed(alarm) => match assumed.choice() {
                AlarmCloseAnswer::Alarm => vec![(200, Some(single(alarm)), "The alarm as it is now.")],
                AlarmCloseAnswer::Message => vec![done()],
            },
            Outline::Done => vec![done()],
            Outline::Token => vec![(200, Some(Wrapped::Field("token")), "The token.")],
            Outline::Code => vec![(200, Some(Wrapped::Field("code")), "The code.")],
            Outline::Scan(schema) => {
                let wrapped = match assumed.choice() {
                    ScanBody::Bare => Wrapped::Bare(schema),
                    ScanBody::Data => Wrapped::Data(schema),
                };
                vec![(200, Some(wrapped), "One entry for each data broker.")]
            }
        };
        let respond = |(status, wrapped, about): (u16, Option<Wrapped>, &str)| {
            let mut response = json!({ "description": about, "headers": headers() });
            if let Some(wrapped) = wrapped {
                response["content"] = json!({ JSON: { "schema": self.in_each_format(wrapped) } });
            }
            (status, response)
        };
        granted.into_iter().map(respond).collect()
    }

    /// The name of the response with which requests are refused with this status, and the response.
    pub(super) fn refused(&mut self, status: u16, assumed: Assumed<'_>) -> (&'static str, Json) {
        let mut content = Map::new();
        let mut in_json = vec![self.standardized_error()];
        // FORMAT-9: throttling is 409 in the legacy format.
        if self.has_two_formats() && status != 429 {
            let key = Key::named(&format!("legacy.error.{status}"));
            let shape = key.map_or(LegacyError::Message, |key| assumed.legacy_error(key));
            let schema = self.legacy_error(shape);
            if shape == LegacyError::List {
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
        let (name, about) = meaning(status);
        (name, json!({ "description": about, "headers": headers, "content": content }))
    }
}

/// The responses to something that was added, or was there already.
fn added(row: &Row, single: Wrapped, assumed: Assumed<'_>) -> Vec<(u16, Option<Wrapped>, &'static str)> {
    let status = match assumed.choice() {
        AddStatus::Created => 201,
        AddStatus::Ok => 200,
    };
    let decided_by = |key| row.operation.decided_by.contains(&key);
    let may_be_there = decided_by(Key::AddDuplicate) && assumed.choice::<AddDuplicate>() == AddDuplicate::Existing
        || decided_by(Key::OnlineProfileAgain)
            && assumed.choice::<OnlineProfileAgain>() == OnlineProfileAgain::Replaced;
    let there = may_be_there.then_some((200, Some(single), "The existing one, as it is now."));
    there.into_iter().chain([(status, Some(single), "The one that was added.")]).collect()
}

/// The statuses with which a row may refuse.
pub(super) fn refusals(row: &Row, settings: &Settings) -> BTreeSet<u16> {
    let operation = &row.operation;
    let mut keys = operation.decided_by.to_vec();
    let mut statuses = BTreeSet::new();
    if !row.is_open() {
        keys.push(Key::ScopeWrongToken);
        statuses.extend([401, 429]);
        // FORMAT-9: throttling is 409 in the legacy format.
        statuses.extend((!settings.normalize_all).then_some(409));
    }
    if row.path.contains("{account_id}") {
        keys.push(Key::ScopeForeignAccount);
    }
    if row.looks_up_an_item() {
        keys.push(Key::ScopeForeignItem);
    }
    if operation.body.is_some() {
        keys.extend([Key::BodyMalformed, Key::BodyContentType]);
    }
    if operation.body.is_some() || !operation.query.is_empty() {
        statuses.insert(422);
    }
    if row.path.contains('{') || operation.looks_up {
        statuses.insert(404);
    }
    let values = keys.into_iter().map(|key| settings.assumptions.value(key));
    statuses.extend(values.filter_map(|value| value.parse().ok()).filter(|status: &u16| *status >= 400));
    statuses
}

pub(super) fn headers() -> Json {
    json!({
        "X-Mock-Basis": { "$ref": "#/components/headers/Basis" },
        "X-Mock-Hint": { "$ref": "#/components/headers/Hint" },
    })
}

/// The name of a refusal, and its meaning.
fn meaning(status: u16) -> (&'static str, &'static str) {
    match status {
        400 => ("BadRequest", "The request cannot be understood."),
        401 => ("Unauthenticated", "No token, or one that is not known or has expired; or credentials that are wrong."),
        403 => ("Forbidden", "The token is known, and does not permit this."),
        404 => ("NotFound", "There is no such thing, or none for this caller."),
        409 => ("Conflict", "It contradicts what is there; in the legacy format also too many requests (FORMAT-9)."),
        415 => ("UnsupportedMediaType", "The body is of a type that is not read."),
        422 => ("Invalid", "The body or the query breaks a rule; each error names its field."),
        429 => ("TooManyRequests", "Too many requests with one token (FORMAT-9)."),
        other => unreachable!("no assumption of the fixture refuses with {other}"),
    }
}
