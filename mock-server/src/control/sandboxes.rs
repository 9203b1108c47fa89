//! `/_mock/sandboxes`: private worlds.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, Request, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value as Any, json};

use crate::api::context::{App, NoSandbox, Reached};
use crate::api::cors;
use crate::control::input::{Body, Example};
use crate::control::refused::Refused;
use crate::model::base_url::{Address, SANDBOX_PREFIX, check_name};
use crate::model::mask;
use crate::profile::Profile;
use crate::world::credentials::Credentials;
use crate::world::seed::Seed;
use crate::world::settings::Settings;
use crate::world::worlds::{Ages, Mount, NewMount};

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewSandbox {
    seed: Option<Any>,
    #[serde(default)]
    assume: Map<String, Any>,
    /// Null: nothing is learnt, whatever the parent has learnt.
    #[serde(default, deserialize_with = "said")]
    profile: Option<Any>,
    /// The form of its address.
    #[serde(default)]
    address: Address,
}

impl Example for NewSandbox {
    const EXAMPLE: &'static str = r#"{"seed": "empty", "assume": {"id.form": "uuid"}, "address": "host"}"#;
}

/// A field that is there, be it null.
fn said<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Option<Any>, D::Error> {
    Any::deserialize(deserializer).map(Some)
}

impl NewSandbox {
    /// The sandbox that is to be made over `parent`.
    fn over(self, name: Option<Box<str>>, parent: &Mount) -> Result<NewMount, Refused> {
        let address = self.address;
        let (seed, settings) = self.seed_and_settings(parent)?;
        Ok(NewMount { name, address, seed, settings })
    }

    /// The seed of the sandbox, unless it is that of `parent`, and its settings.
    fn seed_and_settings(self, parent: &Mount) -> Result<(Option<Arc<Seed>>, Arc<Settings>), Refused> {
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

/// `POST /_mock/sandboxes`: a sandbox of a name that is drawn.
pub(crate) async fn make(
    State(app): State<App>,
    reached: Reached,
    headers: HeaderMap,
    Body(new): Body<NewSandbox>,
) -> Result<Response, Refused> {
    make_named(app, reached, headers, None, new).await
}

/// `PUT /_mock/sandboxes/{name}`: a sandbox of this name, which is made if there is none. One that is there stays as it is.
pub(crate) async fn put(
    State(app): State<App>,
    reached: Reached,
    headers: HeaderMap,
    Path(name): Path<String>,
    Body(new): Body<NewSandbox>,
) -> Result<Response, Refused> {
    check_name(&name).map_err(Refused::bad)?;
    make_named(app, reached, headers, Some(name.into()), new).await
}

async fn make_named(
    app: App,
    reached: Reached,
    headers: HeaderMap,
    name: Option<Box<str>>,
    new: NewSandbox,
) -> Result<Response, Refused> {
    let base = reached.base(&headers);
    if new.address == Address::Host && !reached.takes_names(&base) {
        return Err(Refused::bad(format!(
            "address: no name of a sandbox can stand before {:?}; reach the server as localhost, or start it with --allow-host \
             and a name that leads to it, with all names below it",
            base.server()
        )));
    }
    // A seed of its own may be long, and other requests go on meanwhile.
    let parent = Arc::clone(&reached.mount);
    let made = tokio::task::spawn_blocking(move || {
        let new = new.over(name, &parent)?;
        Ok::<_, Refused>(app.worlds().make_sandbox(&parent, new)?)
    });
    let (mount, is_new) = made.await.expect("loading does not panic")?;
    let base_url = reached.base_of(&mount, &headers);
    let status = if is_new { StatusCode::CREATED } else { StatusCode::OK };
    Ok((status, Json(describe(&mount, base_url))).into_response())
}

/// A sandbox: how to reach it, and with which credentials.
#[derive(Serialize)]
struct Described {
    id: Box<str>,
    #[serde(flatten)]
    credentials: Credentials,
}

fn describe(mount: &Mount, base_url: String) -> Described {
    let world = mount.world();
    let credentials = world.published.credentials(base_url, &world.settings);
    Described { id: mount.sandbox.clone().unwrap_or_default(), credentials }
}

/// `GET /_mock/sandboxes`: names and ages, by name.
pub(crate) async fn list(State(app): State<App>, reached: Reached, headers: HeaderMap) -> Json<Any> {
    let worlds = app.worlds();
    let sandbox = |mount: &Arc<Mount>| {
        let Ages { made, idle } = worlds.ages(mount);
        json!({
            "id": mount.sandbox,
            "base_url": reached.base_of(mount, &headers),
            "age_seconds": made.as_secs(),
            "idle_seconds": idle.as_secs(),
        })
    };
    let sandboxes: Vec<Any> = worlds.sandboxes().iter().map(sandbox).collect();
    Json(json!({ "sandboxes": sandboxes }))
}

/// `DELETE /_mock/sandboxes/{name}`.
pub(crate) async fn end(State(app): State<App>, Path(name): Path<String>) -> Result<StatusCode, Refused> {
    if app.worlds().end_sandbox(&name) {
        return Ok(StatusCode::NO_CONTENT);
    }
    Err(Refused::not_found(NoSandbox::Unknown(name).to_string()))
}

/// The answer to a request that names a sandbox which is not there. A web page that may call the documented routes may read
/// it there.
pub(crate) fn refuse(error: &NoSandbox, request: &Request) -> Response {
    let path = request.uri().path();
    // In a sandbox's path the documented one follows the name.
    let within = path.strip_prefix(SANDBOX_PREFIX).and_then(|rest| rest.find('/').map(|place| &rest[place..]));
    let is_open = cors::is_open(within.unwrap_or(path));
    if let Some(headers) = cors::preflight(request.method(), request.headers()).filter(|_| is_open) {
        return (StatusCode::NO_CONTENT, headers).into_response();
    }
    let refused = match error {
        NoSandbox::Unknown(_) => Refused::not_found(error.to_string()),
        NoSandbox::Two(..) => Refused::bad(error.to_string()),
    };
    let (method, path) = (mask::method(request.method().as_str()), mask::target(path, request.uri().query()));
    tracing::info!(method, path, status = refused.status().as_u16(), hint = %error, "request");
    let mut response = refused.into_response();
    if is_open {
        response.headers_mut().insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*"));
    }
    response
}
