//! What went over the wire in a run, or in somebody's recording of one: the material that a profile is made of.
//!
//! It holds secrets and values, stays in memory, and is never written.

pub(crate) mod har;

use serde_json::Value;

use crate::exchange::{Answer, Caller, Exchange};
use crate::format::Format;

/// The caller of an exchange, without its token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Who {
    /// A partner's service account.
    Crm,
    /// The service account of another partner.
    OtherCrm,
    /// The end user whose account was created with this email.
    App(String),
    /// A caller with a token that nobody has.
    Unknown,
    /// A caller without a token.
    Nobody,
}

/// One request and its answer.
#[derive(Clone, Debug)]
pub(crate) struct Recorded {
    /// Its place in a recording, from 1.
    pub(crate) entry: usize,
    /// The case that it belongs to: messages are looked for among those of one case.
    pub(crate) case: u64,
    pub(crate) who: Who,
    /// Whether the caller follows from a login that was seen, and not from the route.
    pub(crate) is_sure: bool,
    /// When it began and ended, in milliseconds, where that is known.
    pub(crate) span: Option<(i64, i64)>,
    pub(crate) method: String,
    /// With its query, or a whole URL where the target has given one out.
    pub(crate) path: String,
    pub(crate) format: Format,
    /// A body, be it JSON or not.
    pub(crate) body: Option<String>,
    pub(crate) status: u16,
    /// Without parameters, in lower case; empty without a body.
    pub(crate) media_type: String,
    pub(crate) headers: Vec<String>,
    pub(crate) answer: Value,
}

impl Recorded {
    /// An exchange of a case; none where no answer came, or one that tells nothing: the target throttles or is away.
    pub(crate) fn of(case: u64, caller: &Caller, exchange: &Exchange, format: Format) -> Option<Self> {
        let answer = exchange.answer.as_ref().ok()?;
        if answer.is_throttling() || answer.status >= 500 {
            return None;
        }
        let who = match caller {
            Caller::Crm(_) => Who::Crm,
            Caller::OtherCrm(_) => Who::OtherCrm,
            Caller::App(_, account) => Who::App(account.email.clone()),
            Caller::Bearer(_) | Caller::Scheme(..) => Who::Unknown,
            Caller::Anonymous => Who::Nobody,
        };
        let request = &exchange.request;
        Some(Self {
            entry: 0,
            case,
            who,
            is_sure: true,
            span: None,
            method: request.method.to_string(),
            path: request.path.clone(),
            format,
            body: request.body.clone(),
            status: answer.status,
            media_type: media_type(answer),
            headers: answer.headers.keys().map(|name| name.as_str().to_owned()).collect(),
            answer: answer.body.clone(),
        })
    }

    /// Whether the target did what it was asked for.
    pub(crate) fn is_success(&self) -> bool {
        (200..400).contains(&self.status)
    }

    /// The body as JSON.
    pub(crate) fn json(&self) -> Option<Value> {
        serde_json::from_str(self.body.as_deref()?).ok()
    }
}

fn media_type(answer: &Answer) -> String {
    if answer.text.is_empty() {
        return String::new();
    }
    answer.content_type().split(';').next().unwrap_or_default().trim().to_ascii_lowercase()
}
