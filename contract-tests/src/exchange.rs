//! Callers, requests and answers, and a record of both for reports.

use std::fmt;

use reqwest::Method;
use reqwest::header::{CONTENT_TYPE, HeaderMap, RETRY_AFTER};
use serde_json::Value;

use crate::documented;
use crate::format::Format;
use crate::halt::Halt;
use crate::reader;
use crate::secrets::{Redactor, Secret};

/// An account that a case works with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Account {
    /// Its id as paths write it.
    pub(crate) id: String,
    /// The email that it was created with (SSO-3).
    pub(crate) email: String,
}

/// A caller (SCOPE-1).
#[derive(Clone, Debug)]
pub(crate) enum Caller {
    /// A partner's service account.
    Crm(Secret),
    /// The service account of a second partner.
    OtherCrm(Secret),
    /// An end user, and the account that the token was issued for.
    App(Secret, Account),
    /// A caller with a malformed or unknown token.
    Bearer(Secret),
    /// A caller whose token is good, and comes by another scheme than Bearer; by none where it is empty.
    Scheme(&'static str, Secret),
    /// A caller without a token.
    Anonymous,
}

impl Caller {
    /// Where this caller finds `rest` of `account`: below the account (SCOPE-2), or without it (SCOPE-3).
    pub(crate) fn path(&self, account: &Account, rest: &str) -> String {
        match self {
            Self::Crm(_) | Self::OtherCrm(_) => format!("/api/v1/account/{}{rest}", account.id),
            Self::App(..) | Self::Bearer(_) | Self::Scheme(..) | Self::Anonymous => format!("/api/v1{rest}"),
        }
    }

    pub(crate) fn token(&self) -> Option<&Secret> {
        match self {
            Self::Crm(token) | Self::OtherCrm(token) | Self::App(token, _) | Self::Bearer(token) => Some(token),
            Self::Scheme(_, token) => Some(token),
            Self::Anonymous => None,
        }
    }

    /// Its credentials, as the header of this name has them.
    pub(crate) fn authorization(&self) -> Option<Secret> {
        let scheme = if let Self::Scheme(scheme, _) = self { scheme } else { "Bearer" };
        self.token().map(|token| Secret(format!("{scheme} {}", token.0).trim_start().to_owned()))
    }

    /// The id of the account that an app token acts for.
    pub(crate) fn account(&self) -> Option<&str> {
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
    /// JSON, or a text that is sent in its place.
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

impl Request {
    /// Its method and its path without ids and query.
    pub(crate) fn sort(&self) -> String {
        let path = self.path.split('?').next().unwrap_or_default();
        let has_digit = |segment: &str| segment.bytes().any(|byte| byte.is_ascii_digit());
        let is_id = |segment: &str| has_digit(segment) && !matches!(segment, "v1" | "v2");
        let segments: Vec<_> = path.split('/').map(|segment| if is_id(segment) { "{}" } else { segment }).collect();
        format!("{} {}", self.method, segments.join("/"))
    }
}

impl fmt::Display for Request {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.method, self.path)
    }
}

/// The answer of the target.
#[derive(Clone, Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    /// The body as JSON; null where it is not JSON.
    pub(crate) body: Value,
    pub(crate) text: String,
    /// Method and path of what it answers.
    pub(crate) to: String,
}

impl Answer {
    /// Fails unless the status is as expected.
    pub(crate) fn demand(&self, expected: &str, is_expected: impl Fn(u16) -> bool) -> Result<(), Halt> {
        Halt::unless(is_expected(self.status), expected, || format!("{} to {}", self.status, self.to))
    }

    /// Why a body that is said to be JSON is none, if so.
    pub(crate) fn json_issue(&self) -> Option<String> {
        if !self.body.is_null() || self.text.trim().is_empty() || !self.content_type().contains("json") {
            return None;
        }
        match serde_json::from_str::<Value>(&self.text).err()? {
            _ if self.text.starts_with('\u{feff}') => Some("a byte order mark stands before it (RFC 8259, 8.1)".into()),
            error => Some(error.to_string()),
        }
    }

    pub(crate) fn content_type(&self) -> &str {
        self.headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default()
    }

    /// The token of a login.
    pub(crate) fn token(&self) -> Result<Secret, Halt> {
        // A malformed token may still be a secret, so it is not quoted.
        reader::token(&self.body).map(|token| Secret(token.into())).ok_or_else(|| {
            let observed = format!("{} to {}, and none", self.status, self.to);
            Halt::fail(r#"{"token": "1|…"} without an envelope"#, observed)
        })
    }

    /// Whether it says to come back later. In the legacy format a conflict is 409 too (FORMAT-9), but it does not tell
    /// when.
    pub(crate) fn is_throttling(&self) -> bool {
        self.status == 429 || self.status == 409 && self.headers.contains_key(RETRY_AFTER)
    }
}

/// A request and its answer, as a report shows them.
#[derive(Clone, Debug)]
pub(crate) struct Exchange {
    pub(crate) request: Request,
    pub(crate) authorization: Option<Secret>,
    /// The answer, or the reason why none came.
    pub(crate) answer: Result<Answer, String>,
}

impl Exchange {
    /// Whether it was with the API, not with a control route or a link in a message.
    pub(crate) fn is_documented(&self) -> bool {
        self.request.path.starts_with("/api/")
    }

    /// Method and path, with the guide's captures in place of ids.
    pub(crate) fn route(&self) -> String {
        format!("{} {}", self.request.method, documented::template(&self.request.path))
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
        if let Some(authorization) = &self.authorization {
            more += &header("Authorization", &authorization.0);
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn requests_are_of_one_sort_whatever_their_ids() {
        let cases = [
            ("/api/v2/alarms", "GET /api/v2/alarms"),
            ("/api/v1/account/17/email-watchlist/eml_4?page=2", "GET /api/v1/account/{}/email-watchlist/{}"),
        ];
        for (path, expected) in cases {
            assert_eq!(Request::new(Method::GET, path, Format::Legacy, None).sort(), expected);
        }
    }

    #[test]
    fn a_quoted_text_is_one_word_of_a_shell() {
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
