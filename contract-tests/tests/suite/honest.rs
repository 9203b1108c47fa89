//! A second honest server: it keeps every documented fact, shares nothing with the mock, and decides otherwise wherever
//! the guide is silent. It has opaque ids, lists from the newest on in pages of 15, names and statuses of its own, no
//! control routes, mail that comes late, twice and out of order, and other users. Whatever the suite says against it is
//! a false alarm.

mod accounts;
mod choices;
mod entry;
mod form;
mod items;
mod mail;
mod mailpit;
mod online;
mod world;

use std::net::SocketAddr;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use axum::Router;
use axum::body::{Body, Bytes, to_bytes};
use axum::extract::{Request, State};
use axum::response::Response;
use http_body_util::{Full, Limited};
use serde_json::Value;
use tokio::task::JoinHandle;

use form::Reply;
use mail::Mailbox;
use mailpit::Mailpit;
use world::World;

pub(crate) use choices::Choices;
pub(crate) use mail::{PASSWORD, Post, Reader};

/// More than any body that the suite sends.
const LARGEST_BODY: usize = 1 << 20;

/// What such a server and its surroundings are like.
#[derive(Clone, Debug)]
pub(crate) struct Manner {
    /// How many milliseconds each answer takes.
    pub(crate) delay: Range<u64>,
    /// How many of a thousand answers get lost.
    pub(crate) lost: u64,
    /// How many seconds the clock of its mail is ahead.
    pub(crate) ahead: i64,
    /// How many milliseconds each message takes.
    pub(crate) mail_delay: Range<u64>,
    /// How long it is between two acts of others.
    pub(crate) others: Duration,
    /// What it chooses where the guide is silent.
    pub(crate) choices: Choices,
    /// Where its emails go. Text messages go to a folder.
    pub(crate) post: Post,
    /// In which way it is not honest after all, where a test is about what shows that.
    pub(crate) flaw: Option<Flaw>,
}

/// A fault in what such a server sends or finds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Flaw {
    /// Nothing that it sends comes.
    LosesMail,
    /// Emails that ask for a confirmation do not come.
    LosesConfirmations,
    /// It finds no leak.
    FindsNothing,
    /// It asks the owner of the account to confirm what a partner adds.
    AsksForAll,
    /// Nothing is sent again.
    ResendsNothing,
}

impl Default for Manner {
    fn default() -> Self {
        Self {
            delay: 5..50,
            lost: 0,
            ahead: 3,
            mail_delay: 0..2000,
            others: Duration::from_millis(400),
            choices: Choices(0),
            post: Post::Folder,
            flaw: None,
        }
    }
}

/// Such a server, until it is dropped.
#[derive(Debug)]
pub(crate) struct Honest {
    pub(crate) url: String,
    folder: PathBuf,
    mailpit: Option<Mailpit>,
    tasks: [JoinHandle<()>; 2],
}

struct Server {
    world: Mutex<World>,
    manner: Manner,
    mailbox: Mailbox,
    url: String,
}

impl Server {
    fn world(&self) -> MutexGuard<'_, World> {
        self.world.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Honest {
    pub(crate) async fn start(manner: Manner) -> Self {
        let listener = tokio::net::TcpListener::bind(SocketAddr::from(([127, 0, 0, 1], 0))).await.expect("a port");
        let address = listener.local_addr().expect("an address");
        let folder = std::env::temp_dir().join(format!("honest-{}-{}", std::process::id(), address.port()));
        let mailpit = if manner.post == Post::Mailpit { Some(Mailpit::start().await) } else { None };
        let mailbox = Mailbox::new(&folder, &manner, mailpit.as_ref().map(Mailpit::store));
        let url = format!("http://{address}");
        let world = Mutex::new(World::new(manner.flaw));
        let server = Arc::new(Server { world, manner, mailbox, url: url.clone() });
        let others = tokio::spawn(others(Arc::clone(&server)));
        let router = Router::new().fallback(serve).with_state(server);
        let served = tokio::spawn(async move { axum::serve(listener, router).await.expect("it serves") });
        Self { url, folder, mailpit, tasks: [others, served] }
    }

    /// A folder that goes with it.
    pub(crate) fn folder(&self) -> &Path {
        &self.folder
    }

    /// The variables that describe it to the suite.
    pub(crate) fn variables(&self, reader: Reader) -> Vec<(&'static str, String)> {
        let mut variables = vec![("DEFENTRY_BASE_URL", self.url.clone()), ("DEFENTRY_MESSAGES", self.messages(reader))];
        if let Reader::Imap(_) = reader {
            variables.push(("DEFENTRY_MESSAGES_PASSWORD", mail::PASSWORD.to_owned()));
        }
        variables.extend(world::VARIABLES.map(|(name, value)| (name, value.to_owned())));
        variables
    }
}

impl Honest {
    /// How its messages are read: emails as the reader says, text messages by a command.
    fn messages(&self, reader: Reader) -> String {
        let command = format!("command:{}", mail::command(&self.folder, reader));
        match reader {
            Reader::Newest | Reader::All => command,
            Reader::Mailpit => format!("mailpit:{} {command}", self.mailpit.as_ref().expect("a Mailpit").url),
            Reader::Imap(url) => format!("imap:{url} {command}"),
        }
    }
}

impl Drop for Honest {
    fn drop(&mut self) {
        self.tasks.iter().for_each(JoinHandle::abort);
        // What stays of it is in the system's folder for such.
        drop(std::fs::remove_dir_all(&self.folder));
    }
}

/// Other users of the partner raise alarms, and close some, in bursts.
async fn others(server: Arc<Server>) {
    loop {
        tokio::time::sleep(server.manner.others).await;
        server.world().others_act();
    }
}

/// A request, as far as the server reads it.
#[derive(Debug)]
struct Asked {
    method: String,
    path: String,
    query: String,
    token: Option<String>,
    is_standardized: bool,
    body: Value,
}

impl Asked {
    /// A field of its body that is a text with something in it.
    fn text(&self, field: &str) -> Option<&str> {
        self.body.get(field)?.as_str().map(str::trim).filter(|text| !text.is_empty())
    }
}

async fn serve(State(server): State<Arc<Server>>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let bytes = to_bytes(body, LARGEST_BODY).await.unwrap_or_default();
    let header = |name: &str| parts.headers.get(name).and_then(|value| value.to_str().ok());
    let asked = Asked {
        method: parts.method.to_string(),
        path: parts.uri.path().to_owned(),
        query: parts.uri.query().unwrap_or_default().to_owned(),
        token: header("authorization").and_then(|value| value.strip_prefix("Bearer ")).map(str::to_owned),
        is_standardized: header("x-api-version") == Some("2026-06-12"),
        body: serde_json::from_slice(&bytes).unwrap_or_default(),
    };
    let (before, after, is_lost) = {
        let mut world = server.world();
        let pause = world.random.within(server.manner.delay.clone());
        (pause / 2, pause - pause / 2, world.random.within(0..1000) < server.manner.lost)
    };
    tokio::time::sleep(Duration::from_millis(before)).await;
    let (reply, letters) = {
        let mut world = server.world();
        let reply = entry::answer(&mut world, &asked).unwrap_or_else(|refusal| refusal);
        (reply, std::mem::take(&mut world.letters))
    };
    for letter in letters {
        let delays = server.world().random.delays(server.manner.mail_delay.clone());
        server.mailbox.deliver(letter, &server.url, delays);
    }
    tokio::time::sleep(Duration::from_millis(after)).await;
    let is_documented = asked.path == "/api/v1/account" && asked.method == "POST"
        || ["/auth/login", "/sso/", "/scan/status", "/confirm/"].iter().any(|part| asked.path.contains(part));
    if is_lost { lost() } else { reply.rendered(asked.is_standardized, is_documented, server.manner.choices) }
}

/// An answer whose body breaks off: more is announced than comes.
fn lost() -> Response {
    Response::new(Body::new(Limited::new(Full::new(Bytes::from_static(b"lost")), 1)))
}

/// The answer to a request, or its refusal.
type Answered = Result<Reply, Reply>;
