//! The HTTP client: one way to send, who calls, how fast and how often, and a record of what went over the wire.

use std::error::Error;
use std::fmt;
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering};
use std::time::Duration;

use reqwest::header::{CONTENT_TYPE, HeaderMap, RETRY_AFTER};
use reqwest::{Method, redirect};
use serde_json::Value;
use tokio::sync::Mutex;
use tokio::time::{Instant, sleep, sleep_until};

use crate::contract::{Step, Stop};
use crate::ledger::Ledger;
use crate::reader;
use crate::secrets::{Redactor, Secret};
use crate::target::{Settings, Target};

/// How long an answer may take, the longest wait for a message included.
const TIMEOUT: Duration = Duration::from_secs(15);

/// How long in all a request waits for a target that throttles.
const LONGEST_THROTTLING: Duration = Duration::from_secs(90);

/// How often what is safe to repeat is repeated where no answer came.
const RETRIES: u32 = 2;

/// After so many requests in a row that reached nobody, the target is taken to be away.
const OUT_OF_REACH: u32 = 6;

/// In which of the two formats a case asks for its answers (FORMAT-1).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Format {
    /// Without a version.
    Legacy,
    /// With the version of the guide.
    Standardized,
}

impl Format {
    /// Both.
    pub const ALL: [Self; 2] = [Self::Legacy, Self::Standardized];

    /// Its name in ids and reports.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Legacy => "legacy",
            Self::Standardized => "standardized",
        }
    }

    /// The version that a request names.
    pub(crate) fn version(self) -> Option<&'static str> {
        (self == Self::Standardized).then_some("2026-06-12")
    }
}

/// An account that a case works with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Account {
    /// Its id as paths write it.
    pub(crate) id: String,
    /// The email that it was created with (SSO-3).
    pub(crate) email: String,
}

/// Who calls (SCOPE-1).
#[derive(Clone, Debug)]
pub(crate) enum Caller {
    /// A partner's service account.
    Crm(Secret),
    /// The service account of a second partner.
    OtherCrm(Secret),
    /// An end user, and the account that the token was issued for.
    App(Secret, Account),
    /// Somebody with a token that is none.
    Bearer(Secret),
    /// Nobody: no token.
    Anonymous,
}

impl Caller {
    /// Where this caller finds `rest` of `account`: below the account (SCOPE-2), or without it (SCOPE-3).
    pub(crate) fn path(&self, account: &Account, rest: &str) -> String {
        match self {
            Self::Crm(_) | Self::OtherCrm(_) => format!("/api/v1/account/{}{rest}", account.id),
            Self::App(..) | Self::Bearer(_) | Self::Anonymous => format!("/api/v1{rest}"),
        }
    }

    fn token(&self) -> Option<&Secret> {
        match self {
            Self::Crm(token) | Self::OtherCrm(token) | Self::App(token, _) | Self::Bearer(token) => Some(token),
            Self::Anonymous => None,
        }
    }

    /// The id of the account that an app token acts for.
    fn account(&self) -> Option<&str> {
        if let Self::App(_, account) = self { Some(&account.id) } else { None }
    }
}

/// A request.
#[derive(Clone, Debug)]
pub(crate) struct Request {
    pub(crate) method: Method,
    /// Below the base URL, or the whole of a URL that the target has given out.
    pub(crate) path: String,
    /// The version that it names.
    pub(crate) version: Option<String>,
    /// JSON, or what is meant to be taken for it.
    pub(crate) body: Option<String>,
    pub(crate) content_type: &'static str,
    /// Whether it is sent again when the target throttles it.
    pub(crate) waits_out_throttling: bool,
}

impl Request {
    pub(crate) fn new(method: Method, path: impl Into<String>, format: Format, body: Option<&Value>) -> Self {
        Self {
            method,
            path: path.into(),
            version: format.version().map(str::to_owned),
            body: body.map(Value::to_string),
            content_type: "application/json",
            waits_out_throttling: true,
        }
    }
}

/// What the target answered.
#[derive(Clone, Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    /// The body as JSON; null where it is none.
    pub(crate) body: Value,
    pub(crate) text: String,
    /// Method and path of what it answers.
    pub(crate) to: String,
}

impl Answer {
    /// Fails unless the status is as expected.
    pub(crate) fn demand(&self, expected: &str, is_expected: impl Fn(u16) -> bool) -> Step {
        Stop::unless(is_expected(self.status), expected, || format!("{} to {}", self.status, self.to))
    }

    pub(crate) fn content_type(&self) -> &str {
        self.headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default()
    }

    /// Whether it says to come back later. In the legacy format a conflict is 409 too (FORMAT-9), but it does not tell
    /// when.
    pub(crate) fn is_throttling(&self) -> bool {
        self.status == 429 || self.status == 409 && self.headers.contains_key(RETRY_AFTER)
    }
}

/// A request and its answer, for the record.
#[derive(Clone, Debug)]
pub(crate) struct Exchange {
    request: Request,
    token: Option<Secret>,
    /// What came, or why nothing came.
    pub(crate) answer: Result<Answer, String>,
}

impl Exchange {
    /// Whether it was with the API, not with a control route or a link in a message.
    pub(crate) fn is_documented(&self) -> bool {
        self.request.path.starts_with("/api/")
    }

    /// The request as a shell command; `$BASE_URL` and the placeholders are for the reader to set.
    pub(crate) fn curl(&self, redactor: &Redactor) -> String {
        let path = redactor.clean(&self.request.path);
        let base = if path.starts_with('/') { "$BASE_URL" } else { "" };
        let header = |name: &str, value: &str| format!(" -H {}", quoted(&format!("{name}: {}", redactor.clean(value))));
        let mut more = header("Accept", "application/json");
        if let Some(version) = &self.request.version {
            more += &header("X-API-Version", version);
        }
        if let Some(token) = &self.token {
            more += &header("Authorization", &format!("Bearer {}", token.0));
        }
        if let Some(body) = &self.request.body {
            more += &header("Content-Type", self.request.content_type);
            more += &format!(" -d {}", quoted(&redactor.clean(body)));
        }
        format!("curl -X {} {}{more}", self.request.method, quoted(&format!("{base}{path}")))
    }

    /// How it has ended, in a few words.
    pub(crate) fn end(&self) -> String {
        self.answer.as_ref().map_or_else(Clone::clone, |answer| answer.status.to_string())
    }
}

/// `text` as one word of a shell, which expands the placeholders in it and nothing else.
fn quoted(text: &str) -> String {
    if text.contains('$') {
        format!("\"{}\"", text.replace('\\', r"\\").replace('"', r#"\""#).replace('`', r"\`"))
    } else {
        format!("'{}'", text.replace('\'', r"'\''"))
    }
}

/// How often and how fast a run may send.
#[derive(Debug)]
pub(crate) struct Pace {
    interval: Option<Duration>,
    next: Mutex<Instant>,
    budget: Option<u64>,
    sent: AtomicU64,
    /// How many of them were to control routes.
    controls: AtomicU64,
    unreached: AtomicU32,
    is_over: AtomicBool,
}

impl Pace {
    pub(crate) fn new(settings: &Settings) -> Self {
        Self {
            interval: settings.rate.map(|rate| Duration::from_secs_f64(1.0 / rate)),
            next: Mutex::new(Instant::now()),
            budget: settings.budget,
            sent: AtomicU64::new(0),
            controls: AtomicU64::new(0),
            unreached: AtomicU32::new(0),
            is_over: AtomicBool::new(false),
        }
    }

    /// Requests so far.
    pub(crate) fn sent(&self) -> u64 {
        self.sent.load(Ordering::Relaxed)
    }

    /// Requests to control routes so far.
    pub(crate) fn controls(&self) -> u64 {
        self.controls.load(Ordering::Relaxed)
    }

    /// Nothing more is to be sent, but for removals.
    pub(crate) fn end(&self) {
        self.is_over.store(true, Ordering::Relaxed);
    }

    /// Why nothing more may be sent, if so.
    fn objection(&self) -> Option<String> {
        if self.is_over.load(Ordering::Relaxed) {
            Some("the run was interrupted".into())
        } else if self.unreached.load(Ordering::Relaxed) >= OUT_OF_REACH {
            Some("the target is out of reach".into())
        } else {
            let budget = self.budget.filter(|budget| self.sent() >= *budget)?;
            Some(format!("the budget of {budget} requests is spent: see DEFENTRY_BUDGET"))
        }
    }

    /// Waits for the next turn.
    async fn turn(&self) {
        if let Some(interval) = self.interval {
            let mut next = self.next.lock().await;
            let turn = (*next).max(Instant::now());
            *next = turn + interval;
            drop(next);
            sleep_until(turn).await;
        }
        self.sent.fetch_add(1, Ordering::Relaxed);
    }
}

/// A connection to one target.
#[derive(Debug)]
pub(crate) struct Client {
    http: reqwest::Client,
    pub(crate) base_url: String,
}

impl Client {
    pub(crate) fn new(target: &Target) -> reqwest::Result<Self> {
        // An answer that sends a client elsewhere is an answer, and a token is for this target only.
        let http = reqwest::Client::builder().timeout(TIMEOUT).redirect(redirect::Policy::none());
        let http = if target.is_loopback() { http.no_proxy() } else { http };
        // Reading the system's certificates takes a while, and plain HTTP has no use for them.
        let http = if target.base_url.starts_with("http:") { http.tls_certs_only([]) } else { http };
        Ok(Self { http: http.build()?, base_url: target.base_url.clone() })
    }

    /// Sends a request at its turn, and returns what a report shows of it beside the answer. What creates something is
    /// in the ledger before it is sent. `is_removal` marks what is sent even when the run is over.
    pub(crate) async fn send(
        &self,
        (pace, ledger): (&Pace, &Ledger),
        caller: &Caller,
        request: Request,
        is_removal: bool,
    ) -> (Exchange, Step<Answer>) {
        let to = request.to_string();
        let objection = pace.objection().filter(|_| !is_removal);
        let outcome = match objection.map_or_else(|| announced(ledger, caller, &request), Err) {
            Ok(entry) => {
                let answer = self.persist(pace, caller, &request, is_removal).await;
                let noted = note(ledger, caller, &request, entry, answer.as_ref().ok());
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
        (Exchange { request, token: caller.token().cloned(), answer }, step.map_err(Stop::Inconclusive))
    }

    /// Sends a request until it is answered, as long as sending again is safe.
    async fn persist(
        &self,
        pace: &Pace,
        caller: &Caller,
        request: &Request,
        is_removal: bool,
    ) -> Result<Answer, String> {
        let (mut attempt, mut waited) = (0, Duration::ZERO);
        loop {
            if let Some(objection) = pace.objection().filter(|_| !is_removal) {
                return Err(objection);
            }
            pace.turn().await;
            if request.path.starts_with("/_mock/") {
                pace.controls.fetch_add(1, Ordering::Relaxed);
            }
            let end = match self.once(caller, request).await {
                // A request that was throttled was not carried out.
                Ok(answer) if answer.is_throttling() && request.waits_out_throttling => {
                    let pause = retry_after(&answer).unwrap_or(Duration::from_secs(1));
                    waited += pause;
                    if waited > LONGEST_THROTTLING {
                        return Ok(answer);
                    }
                    sleep(pause).await;
                    continue;
                }
                Ok(answer) => {
                    pace.unreached.store(0, Ordering::Relaxed);
                    let is_away = matches!(answer.status, 502..=504);
                    if is_away && request.method == Method::GET { Ok(answer) } else { return Ok(answer) }
                }
                Err(error) => {
                    if error.is_connect() {
                        pace.unreached.fetch_add(1, Ordering::Relaxed);
                    }
                    // What reached nobody was not carried out either.
                    let is_safe = error.is_connect() || request.method == Method::GET && !error.is_timeout();
                    if is_safe { Err(causes(&error)) } else { return Err(causes(&error)) }
                }
            };
            if attempt == RETRIES {
                return end;
            }
            attempt += 1;
            sleep(Duration::from_millis(200) * attempt).await;
        }
    }

    async fn once(&self, caller: &Caller, request: &Request) -> Result<Answer, reqwest::Error> {
        let path = &request.path;
        let url = if path.starts_with('/') { format!("{}{path}", self.base_url) } else { path.clone() };
        let mut builder = self.http.request(request.method.clone(), url).header("Accept", "application/json");
        if let Some(version) = &request.version {
            builder = builder.header("X-API-Version", version);
        }
        if let Some(token) = caller.token() {
            builder = builder.bearer_auth(&token.0);
        }
        if let Some(body) = &request.body {
            builder = builder.header(CONTENT_TYPE, request.content_type).body(body.clone());
        }
        let response = builder.send().await?;
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        let text = response.text().await?;
        let body = serde_json::from_str(&text).unwrap_or_default();
        Ok(Answer { status, headers, body, text, to: String::new() })
    }
}

/// Writes a create into the ledger.
fn announced(ledger: &Ledger, caller: &Caller, request: &Request) -> Result<Option<u64>, String> {
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
        // What others are refused, or told to be done, says nothing.
        None if request.method == Method::DELETE && is_done && matches!(caller, Caller::Crm(_) | Caller::App(..)) => {
            ledger.removed(&request.path, caller.account())
        }
        _ => Ok(()),
    };
    noted.map_err(|error| unwritten(&error))
}

/// How long a throttled caller is asked to wait.
fn retry_after(answer: &Answer) -> Option<Duration> {
    answer.headers.get(RETRY_AFTER)?.to_str().ok()?.trim().parse().ok().map(Duration::from_secs)
}

fn unwritten(error: &std::io::Error) -> String {
    format!("the ledger cannot be written, so nothing is created: {error}")
}

/// An error with its causes: the outermost one only says that sending has failed.
fn causes(error: &dyn Error) -> String {
    let cause = error.source().map(|cause| format!(": {}", causes(cause)));
    format!("{error}{}", cause.unwrap_or_default())
}

impl fmt::Display for Request {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.method, self.path)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn turns_keep_to_the_rate() {
        let pace = Pace::new(&Settings { rate: Some(2.0), ..Settings::default() });
        let began = Instant::now();
        for _ in 0..11 {
            pace.turn().await;
        }
        assert_eq!((pace.sent(), began.elapsed().as_millis()), (11, 5000));
    }

    #[test]
    fn what_stands_in_quotes_is_one_word_of_a_shell() {
        let cases = [
            ("plain", "'plain'"),
            ("it's", r"'it'\''s'"),
            ("Bearer $CRM_TOKEN", "\"Bearer $CRM_TOKEN\""),
            (r#"{"a":"$SSN`"}"#, r#""{\"a\":\"$SSN\`\"}""#),
        ];
        for (text, expected) in cases {
            assert_eq!(quoted(text), expected);
        }
    }
}
