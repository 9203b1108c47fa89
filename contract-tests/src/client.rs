//! The HTTP client: one way to send, to wait while the target throttles, and to send again where that is safe.

use std::error::Error;
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use reqwest::header::{AUTHORIZATION, CONTENT_TYPE, RETRY_AFTER};
use reqwest::{Method, Url, redirect};
use serde_json::Value;
use tokio::time::Instant;

use crate::exchange::{Answer, Caller, Exchange, Request};
use crate::halt::Halt;
use crate::kind::KINDS;
use crate::ledger::Ledger;
use crate::pace::Pace;
use crate::reader;
use crate::retry::{Patience, asked_pause};
use crate::target::Target;
use crate::trust::advised;

/// How long an answer may take, the longest wait for a message included.
const TIMEOUT: Duration = Duration::from_secs(15);

/// The same once two requests of a kind in a row have got no answer in time: hundreds of checks would each wait so long.
const BRIEF: Duration = Duration::from_millis(1500);
const IN_VAIN: u32 = 2;

/// After so many in a row only every so manieth is sent, to see whether the target has come back.
const GIVEN_UP: u32 = 16;
const EVERY: u32 = 8;

/// How long an answer may take once the run is over.
const GRACE: Duration = Duration::from_secs(2);

/// How often what is safe to repeat is repeated where no answer came.
const RETRIES: u32 = 2;

/// More bytes than any answer of this suite has.
const LARGEST_BODY: usize = 16 << 20;

/// A connection to one target.
#[derive(Debug)]
pub(crate) struct Client {
    http: reqwest::Client,
    base_url: String,
    pace: Arc<Pace>,
    ledger: Arc<Ledger>,
}

impl Client {
    pub(crate) fn new(target: &Target, pace: Arc<Pace>, ledger: Arc<Ledger>) -> reqwest::Result<Self> {
        // An answer that sends a client elsewhere is an answer, and a token is for this target only.
        let http = reqwest::Client::builder().timeout(TIMEOUT).redirect(redirect::Policy::none());
        let http = if target.is_loopback() { http.no_proxy() } else { http };
        let host = Url::parse(&target.base_url).ok().and_then(|url| url.host_str().map(str::to_owned));
        let http = match host.zip(target.address) {
            Some((host, address)) => http.resolve(&host, address).no_proxy(),
            None => http,
        };
        // Reading the system's certificates takes a while, and plain HTTP has no use for them.
        let http = match target.base_url.starts_with("http:") {
            true => http.tls_certs_only([]),
            false => target.trust.trusted_by(http)?,
        };
        Ok(Self { http: http.build()?, base_url: target.base_url.clone(), pace, ledger })
    }

    /// Sends a request at its turn, and returns what a report shows of it beside the answer. What creates something is
    /// in the ledger before it is sent. `is_removal` marks what is sent even when the run is over.
    pub(crate) async fn send(
        &self,
        caller: &Caller,
        request: Request,
        is_removal: bool,
    ) -> (Exchange, Result<Answer, Halt>) {
        let to = request.to_string();
        let objection = self.pace.objection().filter(|_| !is_removal);
        let outcome = match objection.map_or_else(|| announce(&self.ledger, caller, &request), Err) {
            Ok(entry) => {
                let answer = self.persist(caller, &request, is_removal).await;
                let noted = note(&self.ledger, caller, &request, entry, answer.as_ref().ok());
                answer.and_then(|answer| noted.map(|()| answer))
            }
            Err(problem) => Err(problem),
        };
        let answer = outcome.map(|answer| Answer { to: to.clone(), ..answer });
        let step = match &answer {
            Ok(answer) if answer.is_throttling() && request.waits_out_throttling => {
                Err(format!("the target throttles for too long: {} to {to}", answer.status))
            }
            Ok(answer) if matches!(answer.status, 502..=504) => {
                Err(format!("the target is out of reach: {} to {to}", answer.status))
            }
            Ok(answer) => Ok(answer.clone()),
            Err(problem) => Err(format!("no answer to {to}: {problem}")),
        };
        (Exchange { request, authorization: caller.authorization(), answer }, step.map_err(Halt::Inconclusive))
    }

    /// Sends a request until it is answered, as long as sending again is safe.
    async fn persist(&self, caller: &Caller, request: &Request, is_removal: bool) -> Result<Answer, String> {
        let (mut attempt, mut patience) = (0, None);
        loop {
            if let Some(objection) = self.pace.objection().filter(|_| !is_removal) {
                return Err(objection);
            }
            let in_vain = self.pace.unanswered(&kind_of(request));
            if in_vain >= GIVEN_UP && !in_vain.is_multiple_of(EVERY) && !is_removal {
                self.pace.note_unanswered(kind_of(request));
                return Err(format!(
                    "it was not sent: {in_vain} others like it in a row have timed out, or were not sent"
                ));
            }
            self.pace.turn(is_removal).await;
            if let Some(objection) = self.pace.interruption().filter(|_| !is_removal) {
                return Err(objection);
            }
            if request.path.starts_with("/_mock/") {
                self.pace.count_control();
            }
            let answered = tokio::select! {
                answered = self.once(caller, request) => answered,
                () = self.given_up(), if !is_removal => return Err("the run was interrupted".into()),
            };
            let end = match answered {
                // A request that was throttled was not carried out.
                Ok(answer) if answer.is_throttling() && request.waits_out_throttling => {
                    self.pace.note_reached();
                    let patience = patience.get_or_insert_with(|| Patience::new(self.pace.is_throttled()));
                    let Some(pause) = patience.next(retry_after(&answer)) else {
                        self.pace.note_throttled(true);
                        return Ok(answer);
                    };
                    self.pace.wait_until(Instant::now() + self.pace.shortened(pause), is_removal).await;
                    continue;
                }
                Ok(answer) => {
                    self.pace.note_reached();
                    if !answer.is_throttling() {
                        self.pace.note_throttled(false);
                    }
                    let is_away = matches!(answer.status, 502..=504);
                    if is_away && request.method == Method::GET { Ok(answer) } else { return Ok(answer) }
                }
                Err(Failure::Endless) => {
                    self.pace.note_reached();
                    return Err(format!("its body has more than {} MiB", LARGEST_BODY >> 20));
                }
                Err(Failure::Http(error)) => {
                    let cause = advised(causes(&error));
                    let cause = if error.is_timeout() { self.waited_for(request, cause) } else { cause };
                    if error.is_connect() {
                        self.pace.note_unreached(&cause);
                    }
                    // A request that reached no server was not carried out either.
                    let is_safe = error.is_connect() || is_read(request) && !error.is_timeout();
                    if is_safe { Err(cause) } else { return Err(cause) }
                }
            };
            if attempt == RETRIES {
                return end;
            }
            attempt += 1;
            self.pace.wait_until(Instant::now() + Duration::from_millis(200) * attempt, is_removal).await;
        }
    }

    /// How long the answer to a request may take.
    fn patience(&self, request: &Request) -> Duration {
        if self.pace.unanswered(&kind_of(request)) < IN_VAIN { TIMEOUT } else { BRIEF }
    }

    /// Notes that an answer did not come in time, and adds to the cause why the time was short.
    fn waited_for(&self, request: &Request, cause: String) -> String {
        match self.pace.note_unanswered(kind_of(request)) > IN_VAIN {
            true => format!("{cause} in {BRIEF:?}: others like it had got no answer in {TIMEOUT:?}"),
            false => format!("{cause} in {TIMEOUT:?}"),
        }
    }

    /// Waits until the run is over, and a moment longer: most answers that are on their way come.
    async fn given_up(&self) {
        self.pace.over().await;
        tokio::time::sleep(GRACE).await;
    }

    async fn once(&self, caller: &Caller, request: &Request) -> Result<Answer, Failure> {
        let path = &request.path;
        let url = if path.starts_with('/') { format!("{}{path}", self.base_url) } else { path.clone() };
        let mut builder = self.http.request(request.method.clone(), url).header("Accept", "application/json");
        if let Some(version) = &request.version {
            builder = builder.header("X-API-Version", version);
        }
        if let Some(authorization) = caller.authorization() {
            builder = builder.header(AUTHORIZATION, authorization.0);
        }
        if let Some(body) = &request.body {
            builder = builder.header(CONTENT_TYPE, request.content_type).body(body.clone());
        }
        let mut response = builder.timeout(self.patience(request)).send().await.map_err(Failure::Http)?;
        self.pace.note_answered(&kind_of(request));
        let (status, headers) = (response.status().as_u16(), std::mem::take(response.headers_mut()));
        let text = text_of(response).await?;
        let body = serde_json::from_str(&text).unwrap_or_default();
        Ok(Answer { status, headers, body, text, to: String::new() })
    }
}

/// The method and the end of the path, without ids: what CRM does below an account is like what its owner does. Adds are of
/// one kind, whatever is added.
fn kind_of(request: &Request) -> String {
    let path = request.path.split('?').next().unwrap_or_default();
    if request.method == Method::POST && KINDS.iter().any(|kind| path.ends_with(kind.items)) {
        return "POST an item".into();
    }
    let is_id = |segment: &str| segment.contains(|char: char| char.is_ascii_digit());
    let mut end = path.rsplit('/').filter(|segment| !segment.is_empty());
    match end.next() {
        Some(id) if is_id(id) => format!("{} one of {}", request.method, end.next().unwrap_or_default()),
        last => format!("{} {}", request.method, last.unwrap_or_default()),
    }
}

/// Whether a request changes nothing, so that it does no harm to send it again. A link of a message and the closing of an
/// alarm are GETs that do.
fn is_read(request: &Request) -> bool {
    request.method == Method::GET && request.path.starts_with('/') && !request.path.ends_with("/close")
}

/// Why no answer came.
enum Failure {
    Http(reqwest::Error),
    /// It went on for too long.
    Endless,
}

/// The body of a response, if it ends.
async fn text_of(mut response: reqwest::Response) -> Result<String, Failure> {
    let mut bytes = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(Failure::Http)? {
        if bytes.len() + chunk.len() > LARGEST_BODY {
            return Err(Failure::Endless);
        }
        bytes.extend_from_slice(&chunk);
    }
    Ok(String::from_utf8(bytes).unwrap_or_else(|error| String::from_utf8_lossy(error.as_bytes()).into_owned()))
}

/// Writes a create into the ledger.
fn announce(ledger: &Ledger, caller: &Caller, request: &Request) -> Result<Option<u64>, String> {
    let body = || serde_json::from_str::<Value>(request.body.as_deref()?).ok();
    let email = if request.path == "/api/v1/account" { body() } else { None };
    let email = email.as_ref().map(|body| body["email"].as_str().unwrap_or_default());
    ledger.before(&request.method, &request.path, caller.account(), email).map_err(|error| unwritten(&error))
}

/// Writes into the ledger what has become of it.
fn note(
    ledger: &Ledger,
    caller: &Caller,
    request: &Request,
    entry: Option<u64>,
    answer: Option<&Answer>,
) -> Result<(), String> {
    let Some(answer) = answer else { return Ok(()) };
    let is_done = answer.status < 400;
    let noted = match entry {
        // A server that fails may have done it before.
        Some(entry) if answer.status < 500 => {
            ledger.after(entry, is_done, reader::item(&answer.body).and_then(reader::id))
        }
        // The answer to another caller says nothing about the item.
        None if request.method == Method::DELETE && is_done && matches!(caller, Caller::Crm(_) | Caller::App(..)) => {
            ledger.removed(&request.path, caller.account())
        }
        _ => Ok(()),
    };
    noted.map_err(|error| unwritten(&error))
}

/// How long a throttled caller is asked to wait.
fn retry_after(answer: &Answer) -> Option<Duration> {
    asked_pause(answer.headers.get(RETRY_AFTER)?.to_str().ok()?, Timestamp::now())
}

fn unwritten(error: &std::io::Error) -> String {
    format!("the ledger cannot be written, so nothing is created: {error}")
}

/// An error with its causes: the outermost one only says that sending has failed.
fn causes(error: &dyn Error) -> String {
    let cause = error.source().map(|cause| format!(": {}", causes(cause)));
    format!("{error}{}", cause.unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::format::Format;

    #[test]
    fn requests_that_are_much_alike_are_of_one_kind() {
        let kind = |path: &str| kind_of(&Request::new(Method::POST, path, Format::Legacy, None));
        assert_eq!(kind("/api/v1/account/7/email-watchlist"), kind("/api/v1/credit-card"));
        assert_eq!(kind("/api/v1/account/7/sso?x=1"), kind("/api/v1/sso"));
        assert_eq!(kind("/api/v1/email-watchlist/7"), "POST one of email-watchlist");
        assert_eq!(kind("http://example.com/confirm/7"), "POST one of confirm");
        assert_eq!(kind("/"), "POST ");
    }
}
