//! The HTTP client: one way to send, who calls, and a record of what went over the wire.

use std::error::Error;
use std::fmt;
use std::time::Duration;

use reqwest::{Method, header, redirect};
use serde_json::Value;

use crate::case::Account;
use crate::contract::{Step, Stop};
use crate::secrets::{Secret, masked};
use crate::target::Target;

/// How long an answer may take, the longest wait for a message included.
const TIMEOUT: Duration = Duration::from_secs(30);

/// In which of the two formats a case asks for its answers (FORMAT-1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// Without a version.
    Legacy,
    /// With the version of the guide.
    Standardized,
}

impl Format {
    /// The version that a request names.
    pub(crate) fn version(self) -> Option<&'static str> {
        (self == Self::Standardized).then_some("2026-06-12")
    }
}

/// Who calls (SCOPE-1).
#[derive(Clone, Debug)]
pub(crate) enum Caller {
    /// A partner's service account.
    Crm(Secret),
    /// The service account of a second partner.
    OtherCrm(Secret),
    /// An end user.
    App(Secret),
    /// Nobody: no token.
    Anonymous,
}

impl Caller {
    /// Where this caller finds `rest` of `account`: below the account (SCOPE-2), or without it (SCOPE-3).
    pub(crate) fn path(&self, account: &Account, rest: &str) -> String {
        match self {
            Self::Crm(_) | Self::OtherCrm(_) => format!("/api/v1/account/{}{rest}", account.id),
            Self::App(_) | Self::Anonymous => format!("/api/v1{rest}"),
        }
    }
}

/// What the target answered.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) content_type: String,
    is_unavailable: bool,
    /// The body as JSON; null where it is none.
    pub(crate) body: Value,
    /// Method and path of what it answers.
    pub(crate) to: String,
}

impl Answer {
    /// Fails unless the status is as expected.
    pub(crate) fn demand(&self, expected: &str, is_expected: impl Fn(u16) -> bool) -> Step {
        Stop::unless(is_expected(self.status), expected, || format!("{} to {}", self.status, self.to))
    }
}

/// A request and its answer, with placeholders for secrets. Where no answer came, it has no status, and says why.
#[derive(Clone, Debug)]
pub(crate) struct Exchange {
    method: Method,
    path: String,
    headers: Vec<(&'static str, String)>,
    body: Option<String>,
    status: Option<u16>,
    pub(crate) answer: String,
}

impl Exchange {
    /// The request as a shell command; `$BASE_URL` and the placeholders are for the reader to set.
    fn curl(&self) -> String {
        let base = if self.path.starts_with('/') { "$BASE_URL" } else { "" };
        let headers = self.headers.iter().map(|(name, value)| format!(" -H {}", quoted(&format!("{name}: {value}"))));
        let body = self.body.iter().map(|body| format!(" -d {}", quoted(body)));
        let more: String = headers.chain(body).collect();
        format!("curl -X {} {}{more}", self.method, quoted(&format!("{base}{}", self.path)))
    }
}

impl fmt::Display for Exchange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let end = self.status.map_or_else(|| self.answer.clone(), |status| status.to_string());
        write!(f, "{}\n     → {end}", self.curl())
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

/// A connection to one target.
#[derive(Debug)]
pub(crate) struct Client {
    http: reqwest::Client,
    base_url: String,
}

impl Client {
    pub(crate) fn new(target: &Target) -> reqwest::Result<Self> {
        // An answer that sends a client elsewhere is an answer, and a token is for this target only.
        let http = reqwest::Client::builder().timeout(TIMEOUT).redirect(redirect::Policy::none());
        let http = if target.is_loopback() { http.no_proxy() } else { http };
        Ok(Self { http: http.build()?, base_url: target.base_url.clone() })
    }

    /// Sends a request, and returns what a report shows of it beside the answer. `path` is below the base URL, or the
    /// whole of a URL that the target has given out; `body` is JSON, or what is meant to be taken for it.
    pub(crate) async fn send(
        &self,
        caller: &Caller,
        method: Method,
        path: &str,
        version: Option<&str>,
        body: Option<String>,
    ) -> (Exchange, Step<Answer>) {
        let to = format!("{method} {path}");
        let url = if path.starts_with('/') { format!("{}{path}", self.base_url) } else { path.to_owned() };
        let mut headers = vec![("Accept", "application/json".to_owned())];
        headers.extend(version.map(|version| ("X-API-Version", version.to_owned())));
        headers.extend(body.as_ref().map(|_| ("Content-Type", "application/json".to_owned())));
        let mut request = self.http.request(method.clone(), url);
        for (name, value) in &headers {
            request = request.header(*name, value);
        }
        let (token, placeholder) = match caller {
            Caller::Crm(token) => (Some(&*token.0), "$CRM_TOKEN"),
            Caller::OtherCrm(token) => (Some(&*token.0), "$CRM2_TOKEN"),
            Caller::App(token) => (Some(&*token.0), "$APP_TOKEN"),
            Caller::Anonymous => (None, ""),
        };
        if let Some(token) = token {
            request = request.bearer_auth(token);
            headers.push(("Authorization", format!("Bearer {placeholder}")));
        }
        let shown = body.as_deref().map(masked);
        let received = receive(request.body(body.unwrap_or_default())).await;
        let (status, answer) = match &received {
            Ok((answer, text)) => (Some(answer.status), masked(text)),
            Err(problem) => (None, problem.clone()),
        };
        // A page about an error may quote the request.
        let answer = token.map_or(answer.clone(), |token| answer.replace(token, placeholder));
        let exchange = Exchange { method, path: path.into(), headers, body: shown, status, answer };
        let answer = match received {
            Ok((answer, _)) if !answer.is_unavailable => Ok(Answer { to, ..answer }),
            Ok((answer, _)) => Err(format!("the target throttles or is out of reach: {} to {to}", answer.status)),
            Err(problem) => Err(format!("no answer to {to}: {problem}")),
        };
        (exchange, answer.map_err(Stop::Inconclusive))
    }
}

/// The answer and its body as it came, or why there is none.
async fn receive(request: reqwest::RequestBuilder) -> Result<(Answer, String), String> {
    let response = request.send().await.map_err(|error| causes(&error))?;
    let (status, headers) = (response.status().as_u16(), response.headers());
    // In the legacy format a conflict is 409 too (FORMAT-9), but it does not tell when to come back.
    let is_throttling = status == 429 || status == 409 && headers.contains_key(header::RETRY_AFTER);
    let is_unavailable = is_throttling || matches!(status, 502..=504);
    let content_type = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let content_type = content_type.to_owned();
    let text = response.text().await.map_err(|error| causes(&error))?;
    let body = serde_json::from_str(&text).unwrap_or_default();
    Ok((Answer { status, content_type, is_unavailable, body, to: String::new() }, text))
}

/// An error with its causes: the outermost one only says that sending has failed.
fn causes(error: &dyn Error) -> String {
    let cause = error.source().map(|cause| format!(": {}", causes(cause)));
    format!("{error}{}", cause.unwrap_or_default())
}
