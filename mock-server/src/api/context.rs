//! The server that a request came to, and the world that it reached there.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use axum::extract::FromRequestParts;
use axum::http::header::{self, HeaderName};
use axum::http::request::Parts;
use axum::http::{HeaderMap, Uri};

use crate::model::base_url::{Address, BaseUrl, SANDBOX_PREFIX, sandbox_of, takes_names};
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
    /// For the next request to a sandbox, which then ends; none for ever.
    pub(crate) sandbox_idle: Option<Duration>,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            head: Duration::from_secs(60),
            body: Duration::from_secs(30),
            write: Duration::from_secs(30),
            shutdown: Duration::from_secs(5),
            sandbox_idle: None,
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
        let worlds = Worlds::new(seed, settings, limits.sandbox_idle)?;
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

    /// The sandbox that a request names, by path, host name or header, and the uri within where the path names it. None
    /// for the main world.
    ///
    /// # Errors
    /// There is no such sandbox, or it names two.
    pub(crate) fn reach_sandbox(
        &self,
        uri: &Uri,
        headers: &HeaderMap,
    ) -> Result<Option<(Reached, Option<Uri>)>, NoSandbox> {
        let by_path = uri.path().strip_prefix(SANDBOX_PREFIX).map(|rest| rest.split('/').next().unwrap_or_default());
        let by_host = host(uri, headers).and_then(|host| sandbox_of(host, &self.0.allowed_hosts)).map(|(name, _)| name);
        let by_header = headers.get(&SANDBOX).map(|name| name.to_str().unwrap_or_default());
        let Some(name) = by_path.or(by_host).or(by_header) else { return Ok(None) };
        let others = [by_host, by_header].into_iter().flatten();
        if let Some(other) = others.into_iter().find(|other| !other.eq_ignore_ascii_case(name)) {
            return Err(NoSandbox::Two(name.to_owned(), other.to_owned()));
        }
        // Names are in lower case, and those of hosts may come in any.
        let mount = self.0.worlds.sandbox(&name.to_ascii_lowercase());
        let mount = mount.ok_or_else(|| NoSandbox::Unknown(name.to_owned()))?;
        let within = match by_path {
            None => None,
            Some(name) => {
                let target = uri.path_and_query().map(|target| &target.as_str()[SANDBOX_PREFIX.len() + name.len()..]);
                let target = target.unwrap_or_default();
                let within = if target.starts_with('/') { target.to_owned() } else { format!("/{target}") };
                Some(within.parse().map_err(|_| NoSandbox::Unknown(name.to_owned()))?)
            }
        };
        let address = if by_host.is_some() && by_path.is_none() { Address::Host } else { Address::Path };
        Ok(Some((Reached { address, ..self.reach(mount) }, within)))
    }

    fn reach(&self, mount: Arc<Mount>) -> Reached {
        Reached { world: mount.world(), mount, app: self.clone(), address: Address::Path }
    }
}

/// The host that a request came to.
fn host<'a>(uri: &'a Uri, headers: &'a HeaderMap) -> Option<&'a str> {
    let named = || headers.get(header::HOST).and_then(|host| host.to_str().ok());
    uri.authority().map(|authority| authority.as_str()).or_else(named)
}

/// The header that names a sandbox.
static SANDBOX: HeaderName = HeaderName::from_static("x-mock-sandbox");

/// Why a request reaches no world.
#[derive(Clone, Debug, thiserror::Error)]
pub(crate) enum NoSandbox {
    #[error(
        "there is no sandbox {0:?}: it has ended, or was never made; PUT /_mock/sandboxes/{{name}} makes one of a name, POST \
         /_mock/sandboxes one of any; a host name that is the server itself is given with --allow-host"
    )]
    Unknown(String),
    #[error("the request names two sandboxes, {0:?} and {1:?}, by path, host name or X-Mock-Sandbox; name one")]
    Two(String, String),
}

/// The world that a request reached.
#[derive(Clone, Debug)]
pub(crate) struct Reached {
    pub(crate) mount: Arc<Mount>,
    /// The world that was there when the request came.
    pub(crate) world: Arc<World>,
    app: App,
    /// How the request named its sandbox.
    address: Address,
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
        let host = headers.get(header::HOST).and_then(|host| host.to_str().ok()).unwrap_or("localhost");
        let public_url = self.app.0.public_url.as_deref();
        let host = match self.address {
            Address::Path => host,
            Address::Host => sandbox_of(host, self.app.allowed_hosts()).map_or(host, |(_, server)| server),
        };
        let base = BaseUrl { public_url, host, sandbox: self.mount.sandbox.as_deref(), address: Address::Path };
        match self.address {
            Address::Host if self.takes_names(&base) => BaseUrl { address: Address::Host, ..base },
            Address::Host | Address::Path => base,
        }
    }

    /// The address of a sandbox, as it was to be addressed, or by path where the server has no name that takes others.
    pub(crate) fn base_of(&self, mount: &Mount, headers: &HeaderMap) -> String {
        let base = self.base(headers);
        let address = if self.takes_names(&base) { mount.address } else { Address::Path };
        base.of_sandbox(mount.sandbox.as_deref().unwrap_or_default(), address)
    }

    /// Whether the name of a sandbox can stand before that of the server.
    pub(crate) fn takes_names(&self, base: &BaseUrl<'_>) -> bool {
        takes_names(base.server(), self.app.allowed_hosts())
    }
}
