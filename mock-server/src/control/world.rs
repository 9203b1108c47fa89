//! Control routes on a world as a whole: health, reset, leaks, electronic IDs, snapshots and its OpenAPI document.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use serde_json::{Map, Value as Any, json};

use crate::api::context::{App, Reached};
use crate::api::openapi;
use crate::control::input::{Body, Example, Text};
use crate::control::refused::Refused;
use crate::model::id::{Id, ShownId, Table};
use crate::model::leak::NewLeak;
use crate::model::ssn::EidProvider;
use crate::world::credentials::Credentials;
use crate::world::exposures::EidError;
use crate::world::seed::Seed;

/// `GET /_mock/health`.
pub(crate) async fn health(State(app): State<App>, reached: Reached) -> impl IntoResponse {
    let assumptions: Map<String, Any> =
        reached.world.assumptions().iter().map(|(key, value)| (key.to_owned(), value.into())).collect();
    Json(json!({
        "status": "ok",
        "version": env!("CARGO_PKG_VERSION"),
        "now": reached.world.clock.now(),
        "sandboxes": app.worlds().count(),
        "assumptions": assumptions,
        "profile": reached.world.settings.profile.as_ref().map(|profile| profile.about()),
    }))
}

/// `GET /_mock/credentials`: those that the seed of this world publishes.
pub(crate) async fn credentials(reached: Reached, headers: HeaderMap) -> Json<Credentials> {
    let world = &reached.world;
    Json(world.published.credentials(reached.base(&headers).url(), &world.settings))
}

/// A body without fields.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Empty {}

impl Example for Empty {
    const EXAMPLE: &'static str = "{}";
}

/// `POST /_mock/reset`.
pub(crate) async fn reset(reached: Reached, Body(Empty {}): Body<Empty>) -> Result<Json<Any>, Refused> {
    reached.mount.reset()?;
    Ok(Json(json!({ "status": "ok" })))
}

/// `POST /_mock/leaks`.
pub(crate) async fn add_leak(reached: Reached, Body(leak): Body<NewLeak>) -> Result<Response, Refused> {
    let seen_by = reached.world.add_leak(&leak).map_err(|error| Refused::bad(error.to_string()))?;
    let form = reached.world.unrecorded().choice();
    let seen_by: Vec<ShownId> = seen_by.into_iter().map(|id| Id::new(Table::Account, id).shown(form)).collect();
    let mut answer = json!({ "leak": leak, "seen_by": seen_by });
    if seen_by.is_empty() {
        answer["note"] = reached.world.why_unseen(&leak).into();
    }
    Ok((StatusCode::CREATED, Json(answer)).into_response())
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Eid {
    provider: EidProvider,
    ssn: String,
}

impl Example for Eid {
    const EXAMPLE: &'static str = r#"{"provider": "bankid", "ssn": "19900102-2384"}"#;
}

/// `POST /_mock/accounts/{id}/eid`.
pub(crate) async fn complete_eid(
    reached: Reached,
    Path(id): Path<String>,
    Body(eid): Body<Eid>,
) -> Result<Json<Any>, Refused> {
    let form = reached.world.unrecorded().choice();
    let account = Id::parse(Table::Account, &id, form).ok_or(EidError::NoAccount);
    let done = account.and_then(|account| {
        reached.world.complete_eid(account, eid.provider, &eid.ssn)?;
        Ok(Id::new(Table::Account, account).shown(form))
    });
    let id = done.map_err(|error| match error {
        EidError::NoAccount => Refused::not_found(error.to_string()),
        EidError::AlreadySet => Refused::conflict(error.to_string()),
        EidError::NotOfCountry(_) => Refused::bad(error.to_string()),
    })?;
    Ok(Json(json!({ "account_id": id, "provider": eid.provider, "has_ssn": true })))
}

/// `GET /_mock/changes`: cheap enough for a page that asks each second and reads again only if there was a change.
pub(crate) async fn changes(reached: Reached) -> Json<Any> {
    let world = &*reached.world;
    Json(json!({
        "world": format!("{:016x}", world.mark()),
        "changes": world.changes(),
        "now": world.clock.now(),
        "frozen": world.clock.is_frozen(),
    }))
}

/// `GET /_mock/openapi.json`.
pub(crate) async fn openapi_document(reached: Reached, headers: HeaderMap) -> impl IntoResponse {
    let address = reached.base(&headers).url();
    // For people, and for a file that is compared line by line. The assumptions of a snapshot may be others.
    let settings = Arc::clone(&reached.world.settings);
    let document =
        reached.mount.document(&settings, &address, || format!("{:#}\n", openapi::document(&settings, &address)));
    ([(header::CONTENT_TYPE, "application/json")], document)
}

/// `GET /_mock/snapshot`.
pub(crate) async fn take_snapshot(reached: Reached) -> impl IntoResponse {
    // Writing a million accounts takes seconds, and other requests go on meanwhile.
    let text = tokio::task::spawn_blocking(move || reached.world.snapshot().to_text()).await;
    ([(header::CONTENT_TYPE, "application/json")], text.expect("a snapshot does not panic"))
}

/// `PUT /_mock/snapshot`.
pub(crate) async fn put_snapshot(reached: Reached, Text(text): Text) -> Result<Json<Any>, Refused> {
    let restored = tokio::task::spawn_blocking(move || reached.mount.restore(&Seed::parse(&text)?)).await;
    restored.expect("loading does not panic")?;
    Ok(Json(json!({ "status": "ok" })))
}
