//! `/_mock/sandboxes`: private worlds.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value as Any, json};

use crate::api::context::{App, Reached};
use crate::control::credentials::{self, WorldCredentials};
use crate::control::input::Body;
use crate::control::refused::Refused;
use crate::profile::Profile;
use crate::world::seed::Seed;
use crate::world::settings::Settings;
use crate::world::worlds::Mount;

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewSandbox {
    seed: Option<Any>,
    #[serde(default)]
    assume: Map<String, Any>,
    /// Null: nothing is learnt, whatever the parent has learnt.
    #[serde(default, deserialize_with = "said")]
    profile: Option<Any>,
}

/// A field that is there, be it null.
fn said<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Option<Any>, D::Error> {
    Any::deserialize(deserializer).map(Some)
}

impl NewSandbox {
    /// The seed of the sandbox, unless it is that of `parent`, and its settings.
    fn over(self, parent: &Mount) -> Result<(Option<Arc<Seed>>, Arc<Settings>), Refused> {
        let seed = match self.seed {
            None => None,
            Some(Any::String(name)) if name == "default" => Some(Seed::default_world()),
            Some(Any::String(name)) if name == "empty" => Some(Seed::empty_world()),
            Some(Any::String(name)) => {
                let text = format!("seed: {name:?} is none; it is \"default\", \"empty\" or a seed as a JSON object");
                return Err(Refused::bad(text));
            }
            Some(seed) => Some(Seed::parse(&seed.to_string())?),
        };
        let seed = seed.map(Arc::new);
        if self.assume.is_empty() && self.profile.is_none() {
            return Ok((seed, parent.settings()));
        }
        let mut settings = Settings::clone(&parent.settings());
        match self.profile {
            None => {}
            Some(Any::Null) => settings.learn(None),
            Some(profile) => {
                let profile = Profile::parse(&profile.to_string());
                settings.learn(Some(Arc::new(profile.map_err(|error| Refused::bad(format!("profile: {error}")))?)));
            }
        }
        for (key, value) in &self.assume {
            let set = settings.assumptions.set_json(key, value);
            set.map_err(|error| Refused::bad(format!("assume: {error}")))?;
        }
        Ok((seed, Arc::new(settings)))
    }
}

/// `POST /_mock/sandboxes`.
pub(crate) async fn make(
    State(app): State<App>,
    reached: Reached,
    headers: HeaderMap,
    Body(new): Body<NewSandbox>,
) -> Result<Response, Refused> {
    // A seed of its own may be long, and other requests go on meanwhile.
    let parent = Arc::clone(&reached.mount);
    let made = tokio::task::spawn_blocking(move || {
        let (seed, settings) = new.over(&parent)?;
        Ok::<_, Refused>(app.worlds().make_sandbox(&parent, seed, settings)?)
    });
    let mount = made.await.expect("loading does not panic")?;
    let name = mount.sandbox.as_deref().unwrap_or_default();
    let base_url = reached.base(&headers).of_sandbox(name);
    Ok((StatusCode::CREATED, Json(Described { id: name, credentials: credentials::of(&mount, &base_url) }))
        .into_response())
}

/// How to reach a sandbox, and with which credentials.
#[derive(Serialize)]
struct Described<'a> {
    id: &'a str,
    #[serde(flatten)]
    credentials: WorldCredentials,
}

/// `GET /_mock/sandboxes`.
pub(crate) async fn list(State(app): State<App>, reached: Reached, headers: HeaderMap) -> Json<Any> {
    let base = reached.base(&headers);
    let mut names = app.worlds().sandboxes();
    names.sort_unstable();
    let sandboxes: Vec<Any> =
        names.iter().map(|name| json!({ "id": name, "base_url": base.of_sandbox(name) })).collect();
    Json(json!({ "sandboxes": sandboxes }))
}

/// `DELETE /_mock/sandboxes/{id}`.
pub(crate) async fn end(State(app): State<App>, Path(name): Path<String>) -> Result<StatusCode, Refused> {
    if app.worlds().end_sandbox(&name) { Ok(StatusCode::NO_CONTENT) } else { Err(no_such_sandbox()) }
}

/// The refusal of a sandbox that was ended, or never made.
pub(crate) fn no_such_sandbox() -> Refused {
    Refused::not_found("there is no such sandbox; POST /_mock/sandboxes makes one")
}
