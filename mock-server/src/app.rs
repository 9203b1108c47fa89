//! The worlds that one server holds: the main one and the sandboxes, and which of them a request is about.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use arc_swap::ArcSwap;
use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::{HeaderMap, Uri, header};
use dashmap::{DashMap, Entry};

use crate::assumptions::Assumptions;
use crate::seed::{Seed, SeedError};
use crate::world::World;

/// Below this path every route is reached again, in the world of a sandbox.
pub(crate) const SANDBOX_PREFIX: &str = "/_sandbox/";

/// How a world behaves, beside what is in it.
#[derive(Clone, Debug)]
pub(crate) struct Settings {
    /// The gateway's `SSN_REQUIRED` (ACCOUNT-3).
    pub(crate) ssn_required: bool,
    /// The gateway's `API_NORMALIZE_ALL` (FORMAT-2).
    pub(crate) normalize_all: bool,
    pub(crate) assumptions: Assumptions,
    /// How many requests the journal keeps.
    pub(crate) journal: usize,
    /// What tokens, codes, links and names of sandboxes are drawn from, if they are to be the same each time.
    pub(crate) random_seed: Option<u64>,
    /// The rule that is broken.
    #[cfg(feature = "broken-rules")]
    pub(crate) broken_rule: Option<crate::broken::BrokenRule>,
}

/// How long the server waits for a client.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Limits {
    /// For the whole head of a request, and for the next request on a connection.
    pub(crate) head: Duration,
    /// For the whole body.
    pub(crate) body: Duration,
    /// For requests that are under way when the server is told to stop.
    pub(crate) shutdown: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self { head: Duration::from_secs(60), body: Duration::from_secs(30), shutdown: Duration::from_secs(5) }
    }
}

/// Everything that requests share. Cloning it is cheap.
#[derive(Clone, Debug)]
pub(crate) struct App(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    main: Arc<Place>,
    sandboxes: DashMap<Box<str>, Arc<Place>>,
    public_url: Option<Box<str>>,
    allowed_hosts: Vec<String>,
    limits: Limits,
}

/// A world that can be reset, and where it stands.
#[derive(Debug)]
pub(crate) struct Place {
    /// The name of the sandbox; none for the main world.
    pub(crate) sandbox: Option<Box<str>>,
    pub(crate) seed: Arc<Seed>,
    pub(crate) settings: Arc<Settings>,
    world: ArcSwap<World>,
}

impl Place {
    fn new(sandbox: Option<Box<str>>, seed: Arc<Seed>, settings: Arc<Settings>) -> Result<Self, SeedError> {
        let world = ArcSwap::from_pointee(World::new(&seed, Arc::clone(&settings), sandbox.as_deref())?);
        Ok(Self { sandbox, seed, settings, world })
    }

    /// Back to the seed. Requests that are under way end in the old world, and nothing of them is left.
    pub(crate) fn reset(&self) -> Result<(), SeedError> {
        let fresh = World::new(&self.seed, Arc::clone(&self.settings), self.sandbox.as_deref())?;
        self.world.swap(Arc::new(fresh)).end();
        Ok(())
    }

    /// Puts `seed` in the place of the world: for now, for a reset goes back to the seed that was there before. What it
    /// does not fit stays as it was.
    ///
    /// # Errors
    /// What is wrong with it, with the place.
    pub(crate) fn restore(&self, seed: &Seed) -> Result<(), SeedError> {
        let fresh = World::new(seed, Arc::clone(&self.settings), self.sandbox.as_deref())?;
        let before = self.world();
        self.world.swap(Arc::new(fresh.with_journal_of(&before))).end();
        Ok(())
    }

    /// The world as it is now.
    pub(crate) fn world(&self) -> Arc<World> {
        self.world.load_full()
    }
}

/// A request's place, and the world that it found there.
#[derive(Clone, Debug)]
pub(crate) struct Visit {
    pub(crate) place: Arc<Place>,
    pub(crate) world: Arc<World>,
    app: App,
}

impl FromRequestParts<App> for Visit {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Infallible> {
        Ok(app.visit_of(parts))
    }
}

impl Visit {
    /// Where links that this request causes begin.
    pub(crate) fn base<'a>(&'a self, headers: &'a HeaderMap) -> Base<'a> {
        let host = headers.get(header::HOST).and_then(|host| host.to_str().ok());
        Base {
            public_url: self.app.0.public_url.as_deref(),
            host: host.unwrap_or("localhost"),
            sandbox: self.place.sandbox.as_deref(),
        }
    }
}

/// The address of a sandbox of the server at `root`.
pub(crate) fn sandbox_url(root: &str, sandbox: &str) -> String {
    format!("{root}{SANDBOX_PREFIX}{sandbox}")
}

/// The address of a world, as the client of a request reached it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Base<'a> {
    public_url: Option<&'a str>,
    host: &'a str,
    sandbox: Option<&'a str>,
}

impl Base<'_> {
    /// Without a slash at the end.
    pub(crate) fn url(&self) -> String {
        let root = match self.public_url {
            Some(url) => url.to_owned(),
            None => format!("http://{}", self.host),
        };
        match self.sandbox {
            Some(sandbox) => sandbox_url(&root, sandbox),
            None => root,
        }
    }

    /// The address of a sandbox of this world's server.
    pub(crate) fn of_sandbox(self, sandbox: &str) -> String {
        Base { sandbox: Some(sandbox), ..self }.url()
    }
}

impl App {
    /// An app whose main world is `seed`.
    pub(crate) fn new(
        seed: Arc<Seed>,
        settings: Settings,
        public_url: Option<Box<str>>,
        allowed_hosts: Vec<String>,
        limits: Limits,
    ) -> Result<Self, SeedError> {
        let main = Arc::new(Place::new(None, seed, Arc::new(settings))?);
        Ok(Self(Arc::new(Inner { main, sandboxes: DashMap::new(), public_url, allowed_hosts, limits })))
    }

    /// How long to wait for clients.
    pub(crate) fn limits(&self) -> Limits {
        self.0.limits
    }

    /// Names under which the control routes may be reached beside the usual ones.
    pub(crate) fn allowed_hosts(&self) -> &[String] {
        &self.0.allowed_hosts
    }

    /// The main world's place.
    pub(crate) fn main(&self) -> &Arc<Place> {
        &self.0.main
    }

    /// The visit that a request is: to a sandbox if one was found for it, else to the main world.
    pub(crate) fn visit_of(&self, parts: &mut Parts) -> Visit {
        parts.extensions.remove::<Visit>().unwrap_or_else(|| self.visit(Arc::clone(&self.0.main)))
    }

    fn visit(&self, place: Arc<Place>) -> Visit {
        Visit { world: place.world(), place, app: self.clone() }
    }

    /// A request to the sandbox whose path begins `uri`, and the uri as it is within.
    pub(crate) fn visit_sandbox(&self, uri: &Uri) -> Option<(Visit, Uri)> {
        let rest = uri.path().strip_prefix(SANDBOX_PREFIX)?;
        let (name, _) = rest.split_once('/').unwrap_or((rest, ""));
        let place = self.0.sandboxes.get(name).map(|place| Arc::clone(&place))?;
        let within = uri.path_and_query()?.as_str()[SANDBOX_PREFIX.len() + name.len()..].to_owned();
        let within = if within.starts_with('/') { within } else { format!("/{within}") };
        Some((self.visit(place), within.parse().ok()?))
    }

    /// Lets those go who wait for something in any world.
    pub(crate) fn end(&self) {
        self.0.main.world().end();
        self.0.sandboxes.iter().for_each(|place| place.world().end());
    }

    /// Makes a sandbox: a world of its own.
    pub(crate) fn make_sandbox(&self, seed: Arc<Seed>, settings: Arc<Settings>) -> Result<Arc<Place>, SeedError> {
        loop {
            let name: Box<str> = self.0.main.world().secrets().uuid().simple().to_string().into();
            // Where names are drawn from a seed, a reset of the main world begins anew with them.
            if let Entry::Vacant(vacant) = self.0.sandboxes.entry(name.clone()) {
                let place = Arc::new(Place::new(Some(name), seed, settings)?);
                vacant.insert(Arc::clone(&place));
                return Ok(place);
            }
        }
    }

    /// The names of all sandboxes, in no particular order.
    pub(crate) fn sandboxes(&self) -> Vec<Box<str>> {
        self.0.sandboxes.iter().map(|entry| entry.key().clone()).collect()
    }

    /// Ends a sandbox. False where there is none of that name.
    pub(crate) fn end_sandbox(&self, name: &str) -> bool {
        let ended = self.0.sandboxes.remove(name);
        if let Some((_, place)) = &ended {
            place.world().end();
        }
        ended.is_some()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_begin_where_the_client_reached_the_world() {
        let base = Base { public_url: None, host: "fake:8650", sandbox: None };
        assert_eq!(base.url(), "http://fake:8650");
        assert_eq!(base.of_sandbox("abc"), "http://fake:8650/_sandbox/abc");
        let public = Base { public_url: Some("https://fake.example"), ..base };
        assert_eq!(public.of_sandbox("abc"), "https://fake.example/_sandbox/abc");
    }
}
