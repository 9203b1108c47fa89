//! The server that a request came to, and the world that it reached there.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::{HeaderMap, Uri, header};

use crate::model::base_url::{BaseUrl, SANDBOX_PREFIX};
use crate::world::seed::Seed;
use crate::world::seed::faults::SeedError;
use crate::world::settings::Settings;
use crate::world::state::World;
use crate::world::worlds::{Mount, Worlds};

/// How long the server waits for a client.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Limits {
    /// For the whole head of a request, and for the next request on a connection.
    pub(crate) head: Duration,
    /// For the whole body.
    pub(crate) body: Duration,
    /// For a client that reads nothing of its response.
    pub(crate) write: Duration,
    /// For requests that are under way when the server is told to stop.
    pub(crate) shutdown: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            head: Duration::from_secs(60),
            body: Duration::from_secs(30),
            write: Duration::from_secs(30),
            shutdown: Duration::from_secs(5),
        }
    }
}

/// Everything that requests share. Cloning it is cheap.
#[derive(Clone, Debug)]
pub(crate) struct App(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    worlds: Worlds,
    public_url: Option<Box<str>>,
    allowed_hosts: Vec<String>,
    limits: Limits,
}

impl App {
    /// A server whose main world is `seed`.
    ///
    /// # Errors
    /// The fault of the seed, with its place.
    pub(crate) fn new(
        seed: Arc<Seed>,
        settings: Settings,
        public_url: Option<Box<str>>,
        allowed_hosts: Vec<String>,
        limits: Limits,
    ) -> Result<Self, SeedError> {
        let worlds = Worlds::new(seed, settings)?;
        Ok(Self(Arc::new(Inner { worlds, public_url, allowed_hosts, limits })))
    }

    /// The worlds that it serves.
    pub(crate) fn worlds(&self) -> &Worlds {
        &self.0.worlds
    }

    /// How long to wait for clients.
    pub(crate) fn limits(&self) -> Limits {
        self.0.limits
    }

    /// Names under which the control routes may be reached beside the usual ones.
    pub(crate) fn allowed_hosts(&self) -> &[String] {
        &self.0.allowed_hosts
    }

    /// The world that a request reached: a sandbox if one was found for it, else the main world.
    pub(crate) fn reached(&self, parts: &mut Parts) -> Reached {
        let found = parts.extensions.remove::<Reached>();
        found.unwrap_or_else(|| self.reach(Arc::clone(self.0.worlds.main())))
    }

    /// The sandbox that the path of `uri` begins with, and the uri as it is within.
    pub(crate) fn reach_sandbox(&self, uri: &Uri) -> Option<(Reached, Uri)> {
        let rest = uri.path().strip_prefix(SANDBOX_PREFIX)?;
        let (name, _) = rest.split_once('/').unwrap_or((rest, ""));
        let mount = self.0.worlds.sandbox(name)?;
        let within = uri.path_and_query()?.as_str()[SANDBOX_PREFIX.len() + name.len()..].to_owned();
        let within = if within.starts_with('/') { within } else { format!("/{within}") };
        Some((self.reach(mount), within.parse().ok()?))
    }

    fn reach(&self, mount: Arc<Mount>) -> Reached {
        Reached { world: mount.world(), mount, app: self.clone() }
    }
}

/// The world that a request reached.
#[derive(Clone, Debug)]
pub(crate) struct Reached {
    pub(crate) mount: Arc<Mount>,
    /// The world that was there when the request came.
    pub(crate) world: Arc<World>,
    app: App,
}

impl FromRequestParts<App> for Reached {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Infallible> {
        Ok(app.reached(parts))
    }
}

impl Reached {
    /// The address at which links begin that this request causes.
    pub(crate) fn base<'a>(&'a self, headers: &'a HeaderMap) -> BaseUrl<'a> {
        let host = headers.get(header::HOST).and_then(|host| host.to_str().ok());
        BaseUrl {
            public_url: self.app.0.public_url.as_deref(),
            host: host.unwrap_or("localhost"),
            sandbox: self.mount.sandbox.as_deref(),
        }
    }
}
