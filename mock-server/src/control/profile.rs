//! `/_mock/profile`: what a world has learnt of a target.

use std::sync::Arc;

use axum::Json;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use serde_json::{Value as Any, json};

use crate::api::context::Reached;
use crate::control::input::Text;
use crate::control::refused::Refused;
use crate::profile::Profile;

/// `GET /_mock/profile`: the file, or null where nothing was learnt.
pub(crate) async fn read(reached: Reached) -> Response {
    let text = reached.world.settings.profile.as_ref().map_or("null", |profile| profile.text()).to_owned();
    ([(header::CONTENT_TYPE, "application/json")], text).into_response()
}

/// `PUT /_mock/profile`: from now on the world does as that target does; null ends it. What is in the world stays.
pub(crate) async fn put(reached: Reached, Text(text): Text) -> Result<Json<Any>, Refused> {
    let profile = match text.trim() {
        "null" => None,
        text => Some(Arc::new(Profile::parse(text).map_err(|error| Refused::bad(error.to_string()))?)),
    };
    let about = profile.as_ref().map(|profile| profile.about());
    reached.mount.learn(profile);
    Ok(Json(json!({ "status": "ok", "profile": about })))
}
