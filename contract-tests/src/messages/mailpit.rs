//! The HTTP API of a Mailpit, which takes all emails of a test system.

use std::collections::BTreeMap;
use std::sync::{Mutex, OnceLock};
use std::time::Duration;

use reqwest::{Client, Response, Url};
use serde_json::Value;

use super::letter::{Letter, MESSAGES, PASSWORD, Problem};
use super::text;
use super::user::{user_of, with_password};
use crate::lock::lock;
use crate::secrets::Secret;
use crate::trust::Trust;

/// The beginning of what names one.
pub(super) const PREFIX: &str = "mailpit:";

/// How long an answer may take.
const TIMEOUT: Duration = Duration::from_secs(15);

/// How many messages to one recipient are read: more than any has.
const MOST: &str = "200";

/// A Mailpit.
#[derive(Debug)]
pub(crate) struct Mailpit {
    /// Where its paths begin, without a slash at the end.
    base_url: String,
    user: Option<(String, Secret)>,
    trust: Trust,
    client: OnceLock<Client>,
    /// Messages that were read, by their ids there.
    read: Mutex<BTreeMap<String, Letter>>,
}

/// Why an answer is of no use.
enum Failure {
    /// It says whom it lets in, and that is not us.
    Refused,
    Other(String),
}

impl Mailpit {
    pub(super) fn told(url: &str, password: Option<&Secret>, trust: &Trust) -> Result<Self, Problem> {
        let url = Url::parse(url).ok().filter(|url| matches!(url.scheme(), "http" | "https") && url.has_host());
        let Some(mut url) = url else { return Err(Problem::new(MESSAGES, "has no URL of a Mailpit after mailpit:")) };
        let user = user_of(&url)?;
        let user = user.map(|user| with_password(user, password)).transpose()?;
        // It goes into a header.
        if url.set_username("").is_err() {
            return Err(Problem::new(MESSAGES, "has no URL of a Mailpit after mailpit:"));
        }
        let base_url = url.as_str().trim_end_matches('/').to_owned();
        Ok(Self { base_url, user, trust: trust.clone(), client: OnceLock::new(), read: Mutex::default() })
    }

    pub(super) fn password(&self) -> Option<&Secret> {
        self.user.as_ref().map(|(_, password)| password)
    }

    pub(super) async fn open(&self) -> Result<(), Problem> {
        match self.get("/api/v1/info", &[]).await {
            Ok(info) if info["Version"].is_string() => Ok(()),
            Ok(_) => {
                Err(Problem::new(MESSAGES, format!("names no Mailpit: {}/api/v1/info tells no version", self.base_url)))
            }
            Err(Failure::Refused) if self.user.is_some() => {
                Err(Problem::new(PASSWORD, "is refused by the Mailpit of DEFENTRY_MESSAGES: 401"))
            }
            Err(failure) => Err(Problem::new(MESSAGES, format!("names a Mailpit that {}", failure.told()))),
        }
    }

    pub(super) async fn letters(&self, to: &str) -> Result<Vec<Letter>, String> {
        let query = format!("to:{to}");
        let found = self.get("/api/v1/search", &[("query", &query), ("limit", MOST)]).await;
        let found = found.map_err(|failure| failure.told())?;
        let Some(found) = found["messages"].as_array() else { return Err("answers a search with no messages".into()) };
        let mut letters = Vec::new();
        // The newest is the first there. A search for a part of an address finds others too.
        for message in found.iter().rev().filter(|message| is_to(message, to)) {
            let Some(id) = message["ID"].as_str() else { return Err("has a message without an ID".into()) };
            letters.extend(self.letter(id).await?);
        }
        Ok(letters)
    }

    /// One message; none where it was removed meanwhile.
    async fn letter(&self, id: &str) -> Result<Option<Letter>, String> {
        if let Some(known) = lock(&self.read).get(id) {
            return Ok(Some(known.clone()));
        }
        let message = match self.get(&format!("/api/v1/message/{id}"), &[]).await {
            Ok(message) => message,
            Err(Failure::Other(problem)) if problem.contains("404") => return Ok(None),
            Err(failure) => return Err(failure.told()),
        };
        let field = |name: &str| message[name].as_str().unwrap_or_default();
        // What was sent once and came twice has its own id once.
        let own = Some(field("MessageID")).filter(|own| !own.is_empty()).unwrap_or(id);
        let letter = Letter::new(Some(own.to_owned()), text::text_of(field("Text"), field("HTML")));
        lock(&self.read).insert(id.to_owned(), letter.clone());
        Ok(Some(letter))
    }

    fn client(&self) -> reqwest::Result<&Client> {
        if let Some(client) = self.client.get() {
            return Ok(client);
        }
        let client = self.trust.trusted_by(Client::builder().timeout(TIMEOUT).no_proxy())?.build()?;
        Ok(self.client.get_or_init(|| client))
    }

    async fn get(&self, path: &str, query: &[(&str, &str)]) -> Result<Value, Failure> {
        let url = Url::parse_with_params(&format!("{}{path}", self.base_url), query).map_err(|error| other(&error))?;
        let mut request = self.client().map_err(|error| other(&error))?.get(url);
        if let Some((user, password)) = &self.user {
            request = request.basic_auth(user, Some(&password.0));
        }
        let answer: Response = request.send().await.map_err(|error| other(&error))?;
        match answer.status().as_u16() {
            200 => answer.json().await.map_err(|error| other(&error)),
            401 => Err(Failure::Refused),
            status => Err(Failure::Other(format!("answers {status} to GET {path}"))),
        }
    }
}

impl Failure {
    /// The end of a sentence that begins with the Mailpit.
    fn told(self) -> String {
        match self {
            Self::Refused => {
                "wants a user and a password: mailpit:http://USER@HOST, and DEFENTRY_MESSAGES_PASSWORD".into()
            }
            Self::Other(problem) => problem,
        }
    }
}

fn other(error: &dyn std::error::Error) -> Failure {
    Failure::Other(format!("cannot be reached: {}", causes(error)))
}

/// An error with its causes, but not the URL that the outermost one quotes.
fn causes(error: &dyn std::error::Error) -> String {
    let mut innermost = error;
    while let Some(cause) = innermost.source() {
        innermost = cause;
    }
    innermost.to_string()
}

/// Whether a message of a search is to this recipient.
fn is_to(message: &Value, to: &str) -> bool {
    let recipients = message["To"].as_array().into_iter().flatten().filter_map(|one| one["Address"].as_str());
    recipients.into_iter().any(|address| address.eq_ignore_ascii_case(to))
}
