//! A folder of a mailbox, read by IMAP. All of a run read it by one connection, which sees each message once.

use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

use async_imap::error::Error;
use async_imap::imap_proto::{Capability, Outcome, Response, ResponseCode};
use async_imap::{Client, Session};
use futures_util::TryStreamExt;
use percent_encoding::percent_decode_str;
use reqwest::Url;
use rustls::pki_types::ServerName;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::sync::Mutex;
use tokio::time::timeout;

use super::letter::{Letter, MESSAGES, PASSWORD, Problem};
use super::text;
use super::user::{user_of, with_password};
use crate::secrets::Secret;
use crate::trust::Trust;

/// The beginning of what names one, unless its URL does by itself.
const PREFIX: &str = "imap:";

/// How long one look may take, the login included.
const LONGEST: Duration = Duration::from_secs(30);

/// The parts of a message that are read: what a person is asked stands at its beginning.
const PARTS: &str = "(UID BODY.PEEK[]<0.262144>)";

/// A folder of a mailbox.
#[derive(Debug)]
pub(crate) struct Imap {
    host: String,
    port: u16,
    is_tls: bool,
    user: String,
    password: Secret,
    folder: String,
    trust: Trust,
    state: Mutex<State>,
}

/// What was read so far, and the connection for more.
#[derive(Debug, Default)]
struct State {
    session: Option<Session<Box<dyn Wire>>>,
    /// The number that the folder has until its messages are numbered anew.
    validity: Option<u32>,
    /// The number of the first message that was not there when the folder was opened first.
    first: u32,
    /// Messages since then by their numbers: whom they are for, and what they say.
    letters: BTreeMap<u32, (Vec<String>, Letter)>,
}

/// A connection, with TLS or without.
trait Wire: AsyncRead + AsyncWrite + Unpin + Send + fmt::Debug {}

impl<T: AsyncRead + AsyncWrite + Unpin + Send + fmt::Debug> Wire for T {}

/// The URL of a mailbox in a word of `DEFENTRY_MESSAGES`, if it names one.
pub(super) fn url_in(text: &str) -> Option<&str> {
    if text.starts_with("imap://") || text.starts_with("imaps://") { Some(text) } else { text.strip_prefix(PREFIX) }
}

impl Imap {
    pub(super) fn told(url: &str, password: Option<&Secret>, trust: &Trust) -> Result<Self, Problem> {
        let url = Url::parse(url).ok().filter(|url| matches!(url.scheme(), "imap" | "imaps"));
        let Some((url, host)) = url.as_ref().and_then(|url| Some((url, url.host_str()?))) else {
            return Err(Problem::new(MESSAGES, "has no URL of a mailbox: imaps://USER@HOST/FOLDER"));
        };
        let Some(user) = user_of(url)? else {
            return Err(Problem::new(MESSAGES, "names no user of the mailbox: imaps://USER@HOST/FOLDER"));
        };
        let (user, password) = with_password(user, password)?;
        let is_tls = url.scheme() == "imaps";
        let folder = percent_decode_str(url.path().trim_matches('/')).decode_utf8_lossy().into_owned();
        Ok(Self {
            host: host.trim_matches(['[', ']']).to_owned(),
            port: url.port().unwrap_or(if is_tls { 993 } else { 143 }),
            is_tls,
            user,
            password,
            folder: if folder.is_empty() { "INBOX".into() } else { folder },
            trust: trust.clone(),
            state: Mutex::default(),
        })
    }

    pub(super) fn password(&self) -> &Secret {
        &self.password
    }

    pub(super) async fn open(&self) -> Result<(), Problem> {
        let mut state = self.state.lock().await;
        let opened = timeout(LONGEST, self.open_into(&mut state)).await;
        opened.unwrap_or_else(|_| {
            Err(Problem::new(MESSAGES, format!("names a mailbox that has not answered in {LONGEST:?}")))
        })
    }

    pub(super) async fn letters(&self, to: &str) -> Result<Vec<Letter>, String> {
        let mut state = self.state.lock().await;
        let looked = timeout(LONGEST, self.look(&mut state)).await;
        looked.unwrap_or_else(|_| Err(format!("has not answered in {LONGEST:?}")))?;
        let is_to = |recipients: &[String]| recipients.iter().any(|address| address.eq_ignore_ascii_case(to));
        let letters = state.letters.values().filter(|(recipients, _)| is_to(recipients));
        Ok(letters.map(|(_, letter)| letter.clone()).collect())
    }

    /// Takes in what has come; by a new connection where the one before has ended.
    async fn look(&self, state: &mut State) -> Result<(), String> {
        if state.update().await.is_ok() {
            return Ok(());
        }
        self.open_into(state).await.map_err(|Problem { variable, problem }| match variable {
            MESSAGES => problem,
            _ => format!("refuses {variable}"),
        })?;
        state.update().await.map_err(|error| format!("cannot be read: {error}"))
    }

    /// Logs in and opens the folder.
    async fn open_into(&self, state: &mut State) -> Result<(), Problem> {
        state.session = None;
        let unusable = |error: &dyn fmt::Display| {
            let of = format!("{}:{}", self.host, self.port);
            Problem::new(MESSAGES, format!("names a mailbox at {of} that cannot be used: {error}"))
        };
        let client = self.connected().await.map_err(|problem| unusable(&problem))?;
        let mut session = match client.login(&self.user, &self.password.0).await {
            Ok(session) => session,
            Err((Error::No(why), _)) => {
                return Err(Problem::new(PASSWORD, format!("is refused for {}: {why}", self.user)));
            }
            Err((error, _)) => return Err(unusable(&error)),
        };
        // It is read only: what a person has not read stays so.
        let folder = match session.examine(&self.folder).await {
            Ok(folder) => folder,
            Err(Error::No(why)) => {
                return Err(Problem::new(
                    MESSAGES,
                    format!("names a folder {:?} that is not there: {why}", self.folder),
                ));
            }
            Err(error) => return Err(unusable(&error)),
        };
        if state.validity.is_none() {
            state.first = folder.uid_next.unwrap_or(1);
        } else if state.validity != folder.uid_validity {
            state.first = 1;
            state.letters.clear();
        }
        state.validity = folder.uid_validity.or(Some(0));
        state.session = Some(session);
        Ok(())
    }

    /// A connection that has been greeted. Off this machine, and where the server wants it, it is encrypted before
    /// anything is said.
    async fn connected(&self) -> Result<Client<Box<dyn Wire>>, String> {
        let stream = TcpStream::connect((&*self.host, self.port)).await.map_err(|error| error.to_string())?;
        let is_near = stream.peer_addr().is_ok_and(|address| address.ip().is_loopback());
        if self.is_tls {
            let mut client = Client::new(self.encrypted(stream).await?);
            greeted(&mut client).await?;
            return Ok(client);
        }
        let mut client = Client::new(stream);
        let wants_tls = greeted(&mut client).await?;
        if is_near && !wants_tls {
            return Ok(Client::new(Box::new(client.into_inner())));
        }
        let begun = client.run_command_and_check_ok("STARTTLS", None).await;
        begun.map_err(|error| format!("it speaks no TLS, so the password is not sent: {error}"))?;
        Ok(Client::new(self.encrypted(client.into_inner()).await?))
    }

    async fn encrypted(&self, stream: TcpStream) -> Result<Box<dyn Wire>, String> {
        let name = ServerName::try_from(self.host.clone()).map_err(|error| error.to_string())?;
        let connector = self.trust.connector().map_err(|error| error.to_string())?;
        let encrypted = connector.connect(name, stream).await;
        let encrypted =
            encrypted.map_err(|error| format!("TLS fails: {}", crate::trust::advised(error.to_string())))?;
        Ok(Box::new(encrypted))
    }
}

impl State {
    /// Takes in the messages that have come since the last look. A look that is broken off ends the connection, for what
    /// it says next would be the answer to something else.
    async fn update(&mut self) -> Result<(), Error> {
        let Some(mut session) = self.session.take() else { return Err(Error::ConnectionLost) };
        session.noop().await?;
        let next = self.letters.last_key_value().map_or(self.first, |(uid, _)| uid + 1);
        let found: Vec<_> = session.uid_fetch(format!("{next}:*"), PARTS).await?.try_collect().await?;
        for message in found {
            // Where nothing has come, the last message is shown once more.
            if let Some((uid, bytes)) = message.uid.filter(|uid| *uid >= next).zip(message.body()) {
                let nothing = || (Vec::new(), Letter::new(None, String::new()));
                self.letters.insert(uid, text::parsed(bytes).unwrap_or_else(nothing));
            }
        }
        self.session = Some(session);
        Ok(())
    }
}

/// Waits for the greeting, and returns whether it says that a login comes after TLS only.
async fn greeted<T>(client: &mut Client<T>) -> Result<bool, String>
where
    T: AsyncRead + AsyncWrite + Unpin + Send + fmt::Debug,
{
    let greeting = match client.read_response().await {
        Ok(Some(greeting)) => greeting,
        Ok(None) => return Err("it closes the connection".into()),
        Err(error) => return Err(format!("it does not speak IMAP: {error}")),
    };
    Ok(match greeting.parsed() {
        Response::Data { outcome: Outcome { code: Some(ResponseCode::Capabilities(all)), .. }, .. } => {
            all.contains(&Capability::Atom("LOGINDISABLED".into()))
        }
        _ => false,
    })
}
