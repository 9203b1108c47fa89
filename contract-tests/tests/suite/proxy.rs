//! A server with a fault: a proxy in front of the mock that does something to requests on their way there, to answers on
//! their way back, or to the world behind both.

mod hands;
mod kinds;
mod memory;
mod message;

use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::{Request, State};
use axum::http::{StatusCode, header};
use axum::response::Response;
use tokio::sync::Notify;
use tokio::time::timeout;

pub(crate) use hands::{Account, Acting, Hands, PARTNERS, Partner};
pub(crate) use kinds::{CARD, EMAIL, KINDS, Kind, PASSPORT, PHONE};
pub(crate) use memory::Memory;
pub(crate) use message::{Answered, Asked, id_text};

/// More than any body that the suite sends.
const LARGEST_BODY: usize = 1 << 20;

/// How long a request waits for another to meet. One that comes alone is passed on only then, so what is sent at once
/// has come together long before, even on a busy machine.
const PATIENCE: Duration = Duration::from_secs(2);

/// The way of a request.
pub(crate) enum Way {
    /// It is passed on, and so is its answer.
    On,
    /// It is passed on twice, and the second answer comes back.
    Twice,
    /// It is answered here, and the mock never sees it.
    Back(Answered),
    /// It is lost: no answer comes.
    Lost,
}

/// The ways in which a server is wrong.
#[derive(Clone, Copy)]
pub(crate) struct Wrong {
    there: fn(&mut Asked, &mut Memory) -> Way,
    /// The same to requests about the items of one kind.
    there_of_kind: Option<(&'static Kind, ThereOfKind)>,
    back: fn(&Asked, &mut Answered, &mut Memory),
    /// The acts of its hands, between the two.
    acts: Option<Acts>,
    /// Which requests wait for another of their method, so that two meet.
    waits: fn(&Asked) -> bool,
}

/// What is wrong with what becomes of requests about the items of any kind.
type ThereOfKind = fn(&Kind, &mut Asked, &mut Memory) -> Way;

/// An act of a server's hands, and the requests that it is for.
#[derive(Clone, Copy)]
enum Acts {
    /// It answers, and passes the request on or not.
    Instead(fn(&Asked) -> bool, fn(Asked, Hands) -> Acting),
    /// The same for those who are let in to act on an account; all others are passed on.
    OnAccount(fn(&Asked) -> bool, fn(Asked, Account) -> Acting),
    /// It does more, once a request on an account is done; the account is as it was before.
    Also(fn(&Asked) -> bool, fn(Asked, Account) -> Acting<()>),
}

/// Nothing, yet.
pub(crate) const NOTHING: Wrong =
    Wrong { there: |_, _| Way::On, there_of_kind: None, back: |_, _, _| {}, acts: None, waits: |_| false };

/// Something is wrong with what becomes of requests.
pub(crate) const fn there(there: fn(&mut Asked, &mut Memory) -> Way) -> Wrong {
    Wrong { there, ..NOTHING }
}

/// Something is wrong with what becomes of requests about the items of this kind.
pub(crate) const fn there_of_kind(kind: &'static Kind, there: ThereOfKind) -> Wrong {
    Wrong { there_of_kind: Some((kind, there)), ..NOTHING }
}

/// Something is wrong with answers.
pub(crate) const fn back(back: fn(&Asked, &mut Answered, &mut Memory)) -> Wrong {
    Wrong { back, ..NOTHING }
}

/// Something else is done instead of what some requests ask for.
pub(crate) const fn instead(when: fn(&Asked) -> bool, act: fn(Asked, Hands) -> Acting) -> Wrong {
    Wrong { acts: Some(Acts::Instead(when, act)), ..NOTHING }
}

/// The same to the account that the caller is let in to act on.
pub(crate) const fn on_account(when: fn(&Asked) -> bool, act: fn(Asked, Account) -> Acting) -> Wrong {
    Wrong { acts: Some(Acts::OnAccount(when, act)), ..NOTHING }
}

/// Something else is done too, once some requests on an account have been answered with success.
pub(crate) const fn also(when: fn(&Asked) -> bool, act: fn(Asked, Account) -> Acting<()>) -> Wrong {
    Wrong { acts: Some(Acts::Also(when, act)), ..NOTHING }
}

/// Something is wrong with what becomes of requests when two meet.
pub(crate) const fn meet(waits: fn(&Asked) -> bool, there: fn(&mut Asked, &mut Memory) -> Way) -> Wrong {
    Wrong { there, waits, ..NOTHING }
}

impl Wrong {
    /// Something is wrong with what becomes of requests too.
    pub(crate) const fn and_there(self, there: fn(&mut Asked, &mut Memory) -> Way) -> Self {
        Self { there, ..self }
    }

    /// Something is wrong with answers too.
    pub(crate) const fn and_back(self, back: fn(&Asked, &mut Answered, &mut Memory)) -> Self {
        Self { back, ..self }
    }
}

/// A proxy, and the mock behind it.
struct Proxy {
    base_url: String,
    http: reqwest::Client,
    wrongs: Vec<Wrong>,
    memory: Mutex<Memory>,
    /// Told when a request has met another.
    company: Notify,
    /// Failures of the proxy itself.
    troubles: Mutex<Vec<String>>,
}

/// A proxy that runs.
pub(crate) struct Server {
    pub(crate) url: String,
    pub(crate) address: SocketAddr,
    proxy: Arc<Proxy>,
}

impl Server {
    /// Failures of the proxy itself, which are none of the fault's doing.
    pub(crate) fn troubles(&self) -> Vec<String> {
        lock(&self.proxy.troubles).clone()
    }
}

/// The client by which all proxies of a test reach their mocks: making one takes a while.
pub(crate) fn client() -> reqwest::Client {
    reqwest::Client::builder().no_proxy().build().expect("a client can be built")
}

/// Starts a proxy in front of `base_url` on this test's runtime.
pub(crate) async fn start(http: reqwest::Client, base_url: &str, wrongs: &[Wrong]) -> Server {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("there is a free port");
    let address = listener.local_addr().expect("a bound listener has an address");
    let proxy = Arc::new(Proxy {
        base_url: base_url.to_owned(),
        http,
        wrongs: wrongs.to_vec(),
        memory: Mutex::default(),
        company: Notify::new(),
        troubles: Mutex::default(),
    });
    let router = Router::new().fallback(pass).with_state(Arc::clone(&proxy));
    tokio::spawn(async move { axum::serve(listener, router).await });
    Server { url: format!("http://{address}"), address, proxy }
}

/// Passes one request on and its answer back, with what is wrong on the way.
async fn pass(State(proxy): State<Arc<Proxy>>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let body = to_bytes(body, LARGEST_BODY).await.unwrap_or_default();
    let path = parts.uri.path_and_query().map_or("/", |path| path.as_str());
    let (sandbox, path) = path.split_at(sandbox_of(path));
    let asked = Asked {
        method: parts.method,
        path: path.to_owned(),
        headers: parts.headers,
        body: String::from_utf8_lossy(&body).into_owned(),
        sandbox: sandbox.to_owned(),
        is_in_company: false,
    };
    // In a task of its own: a caller who goes away leaves nothing half done, and a panic is seen here.
    let answering = tokio::spawn(Arc::clone(&proxy).answer(asked));
    let answered = answering.await.unwrap_or_else(|error| {
        lock(&proxy.troubles).push(error.to_string());
        Answered::empty(500)
    });
    let mut response = Response::new(Body::from(answered.body));
    *response.status_mut() = StatusCode::from_u16(answered.status).expect("a status");
    *response.headers_mut() = answered.headers;
    response.headers_mut().remove(header::CONTENT_LENGTH);
    response
}

/// How long the part of a path is that names a sandbox.
fn sandbox_of(path: &str) -> usize {
    let Some(rest) = path.strip_prefix("/_sandbox/") else { return 0 };
    path.len() - rest.len() + rest.find('/').unwrap_or(rest.len())
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Proxy {
    async fn answer(self: Arc<Self>, mut asked: Asked) -> Answered {
        let method = asked.method.to_string();
        let way = self.with(|memory| {
            let others = memory.under_way.entry(method.clone()).or_default();
            asked.is_in_company = *others > 0;
            *others += 1;
            self.wrongs.iter().fold(Way::On, |way, wrong| match way {
                Way::On => match wrong.there_of_kind {
                    Some((kind, there)) => there(kind, &mut asked, memory),
                    None => (wrong.there)(&mut asked, memory),
                },
                other => other,
            })
        });
        if self.wrongs.iter().any(|wrong| (wrong.waits)(&asked)) {
            if asked.is_in_company {
                self.company.notify_one();
            } else {
                // It goes on whether another one has come or not.
                let _ = timeout(PATIENCE, self.company.notified()).await;
            }
        }
        let mut answered = match way {
            Way::Back(answered) => answered,
            Way::On => self.act(&asked).await,
            Way::Lost => std::future::pending().await,
            Way::Twice => {
                self.act(&asked).await;
                self.act(&asked).await
            }
        };
        self.with(|memory| {
            memory.under_way.entry(method).and_modify(|others| *others -= 1);
            memory.learn(&asked, &answered);
            self.wrongs.iter().for_each(|wrong| (wrong.back)(&asked, &mut answered, memory));
        });
        answered
    }

    /// Lets the hands that a request is meant for act, or passes it on.
    async fn act(self: &Arc<Self>, asked: &Asked) -> Answered {
        let hands = Hands { proxy: Arc::clone(self), sandbox: asked.sandbox.clone() };
        let meant = self.wrongs.iter().filter_map(|wrong| wrong.acts).find(|acts| acts.are_for(asked));
        match meant {
            None => self.forward(asked).await,
            Some(Acts::Instead(_, act)) => act(asked.clone(), hands).await,
            Some(Acts::OnAccount(_, act)) => match hands.account_of(asked).await {
                Some(account) => act(asked.clone(), account).await,
                None => self.forward(asked).await,
            },
            Some(Acts::Also(_, act)) => {
                let account = hands.account_of(asked).await;
                let answered = self.forward(asked).await;
                if let Some(account) = account.filter(|_| answered.is_success()) {
                    act(asked.clone(), account).await;
                }
                answered
            }
        }
    }

    fn with<T>(&self, use_it: impl FnOnce(&mut Memory) -> T) -> T {
        use_it(&mut lock(&self.memory))
    }

    async fn forward(&self, asked: &Asked) -> Answered {
        let url = format!("{}{}{}", self.base_url, asked.sandbox, asked.path);
        let mut headers = asked.headers.clone();
        headers.remove(header::CONTENT_LENGTH);
        // The host stays as it was asked for: links and sandboxes are given out with it.
        let request = self.http.request(asked.method.clone(), url).headers(headers).body(asked.body.clone());
        let answer = request.send().await.expect("the mock answers");
        let (status, headers) = (answer.status().as_u16(), answer.headers().clone());
        Answered { status, headers, body: answer.text().await.expect("the mock answers to the end") }
    }
}

impl Acts {
    fn are_for(self, asked: &Asked) -> bool {
        match self {
            Self::Instead(when, _) => when(asked),
            Self::OnAccount(when, _) | Self::Also(when, _) => when(asked),
        }
    }
}
