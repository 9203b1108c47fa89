//! The requests of the journal that somebody asks for.

use axum::http::Method;
use serde::Serialize;

use super::record::Entry;
use crate::faults::pattern::{PathPattern, answers};
use crate::model::id::Id;
use crate::model::time::Timestamp;

/// The requests that are asked for. What is left out admits all.
///
/// ```
/// use mock_server::RequestFilter;
///
/// let refused = RequestFilter::to("/api/v1/account/{account_id}/email-watchlist").method("POST").status("4xx");
/// ```
#[derive(Clone, Debug, Default)]
pub struct RequestFilter {
    pub(crate) method: Option<String>,
    pub(crate) path: Option<String>,
    pub(crate) status: Option<String>,
    pub(crate) token: Option<String>,
    pub(crate) contains: Option<String>,
    pub(crate) since: Option<Timestamp>,
    pub(crate) after: u64,
}

impl RequestFilter {
    /// All requests.
    pub fn all() -> Self {
        Self::default()
    }

    /// Those to this path as the guide writes it, as in a fault: `*` is any segment, or at the end all that follow.
    pub fn to(path: impl Into<String>) -> Self {
        Self { path: Some(path.into()), ..Self::default() }
    }

    /// Those with this method; GET includes HEAD.
    pub fn method(self, method: impl Into<String>) -> Self {
        Self { method: Some(method.into()), ..self }
    }

    /// Those with this status, as in `404` or `4xx`; `none` for those that got no response.
    pub fn status(self, status: impl ToString) -> Self {
        Self { status: Some(status.to_string()), ..self }
    }

    /// Those with this token: `crm`, `app`, `none`, `unknown`, or the number of a token.
    pub fn token(self, token: impl ToString) -> Self {
        Self { token: Some(token.to_string()), ..self }
    }

    /// Those that hold this text in target, body or response, be it masked or not.
    pub fn contains(self, text: impl Into<String>) -> Self {
        Self { contains: Some(text.into()), ..self }
    }

    /// Those that came at this time of the mock's clock or later.
    pub fn since(self, time: Timestamp) -> Self {
        Self { since: Some(time), ..self }
    }

    /// Those that came after the one with this id.
    pub fn after(self, id: u64) -> Self {
        Self { after: id, ..self }
    }

    /// Reads what is asked for. Whether the guide has such a path is not asked here.
    ///
    /// # Errors
    /// A sentence that names the field, and says what would be right.
    pub(crate) fn criteria(&self) -> Result<Criteria, String> {
        let method = |text: &String| {
            let method = text.to_ascii_uppercase().parse();
            method.map_err(|_| format!("method: {text:?} is none; an HTTP method would be right, as in GET"))
        };
        Ok(Criteria {
            method: self.method.as_ref().map(method).transpose()?,
            path: self.path.as_deref().map(PathPattern::parse),
            status: self.status.as_deref().map(Status::parse).transpose()?,
            token: self.token.as_deref().map(Token::parse).transpose()?,
            contains: self.contains.clone().filter(|text| !text.is_empty()),
            since: self.since,
            after: self.after,
        })
    }

    /// What is asked for, in words: `POST /api/v1/email-watchlist with status 201`.
    pub(crate) fn in_words(&self) -> String {
        let method = self.method.as_deref().map(str::to_ascii_uppercase);
        let path = self.path.clone().or_else(|| method.is_none().then(|| "any request".to_owned()));
        let mut words: Vec<String> = method.into_iter().chain(path).collect();
        let more = [
            self.status.as_ref().map(|status| format!("status {status}")),
            self.token.as_ref().map(|token| format!("token {token}")),
            self.contains.as_ref().map(|text| format!("the text {text:?}")),
        ];
        let more: Vec<String> = more.into_iter().flatten().collect();
        if !more.is_empty() {
            words.push(format!("with {}", more.join(" and ")));
        }
        words.extend(self.since.map(|since| format!("since {since}")));
        words.extend((self.after > 0).then(|| format!("after request {}", self.after)));
        words.join(" ")
    }
}

/// What is asked for, read.
#[derive(Clone, Debug, Default)]
pub(crate) struct Criteria {
    pub(crate) method: Option<Method>,
    pub(crate) path: Option<PathPattern>,
    status: Option<Status>,
    token: Option<Token>,
    contains: Option<String>,
    since: Option<Timestamp>,
    after: u64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Status {
    One(u16),
    /// Its first digit.
    Class(u16),
    NoResponse,
}

#[derive(Clone, Debug)]
enum Token {
    Kind(&'static str),
    Number(u64),
}

/// A request that was nearly what was asked for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct NearMiss {
    /// Its id.
    pub id: u64,
    /// The method as sent, if it is a word.
    pub method: String,
    /// Path and query, masked.
    pub path: String,
    /// The status of the response; none where a fault has ended the connection.
    pub status: Option<u16>,
    /// The parts that are not as asked for.
    pub differs: Vec<&'static str>,
    /// The text of `X-Mock-Hint`, if there was one.
    pub hint: Option<String>,
}

impl Criteria {
    /// Whether the request with this id is one of those that are looked at.
    pub(crate) fn covers(&self, id: u64, entry: &Entry) -> bool {
        id > self.after && self.since.is_none_or(|since| entry.at >= since)
    }

    /// Whether anything is asked for.
    pub(crate) fn is_any(&self) -> bool {
        self.method.is_some()
            || self.path.is_some()
            || self.status.is_some()
            || self.token.is_some()
            || self.contains.is_some()
    }

    /// The parts of a request that are not as asked for.
    pub(crate) fn differences(&self, entry: &Entry) -> Vec<&'static str> {
        let is_path = |pattern: &PathPattern| {
            let target = String::from_utf8_lossy(entry.sent.target());
            let path = target.split('?').next().unwrap_or_default();
            // The path of an absolute target begins after its host.
            let path = entry.documented.map_or(path, |_| &path[path.find("/api/").unwrap_or_default()..]);
            pattern.matches(entry.documented.unwrap_or(path), path)
        };
        let holds = |text: &String| {
            let (text, response) = (text.as_bytes(), entry.response.as_ref());
            let parts = [entry.sent.target(), entry.sent.body_kept(), response.map_or(&[], |sent| sent.body())];
            parts.into_iter().any(|part| part.windows(text.len()).any(|window| window == text))
        };
        let checks = [
            ("path", self.path.as_ref().is_none_or(is_path)),
            ("method", self.method.as_ref().is_none_or(|method| answers(method, &entry.method))),
            ("token", self.token.as_ref().is_none_or(|token| token.is_of(entry))),
            ("status", self.status.is_none_or(|status| status.is_of(entry.status()))),
            ("contains", self.contains.as_ref().is_none_or(holds)),
        ];
        checks.into_iter().filter(|(_, is_as_asked)| !is_as_asked).map(|(name, _)| name).collect()
    }
}

impl Status {
    fn parse(text: &str) -> Result<Self, String> {
        let number = text.parse::<u16>().ok().filter(|status| (100..600).contains(status));
        let class = || text.strip_suffix("xx").and_then(|class| class.parse().ok());
        let class = || class().filter(|class| (1..6).contains(class) && text.len() == 3);
        match (text, number, class()) {
            ("none", ..) => Ok(Self::NoResponse),
            (_, Some(status), _) => Ok(Self::One(status)),
            (_, _, Some(class)) => Ok(Self::Class(class)),
            _ => Err(format!(
                "status: {text:?} is none; a status would be right, as in 404, a class as in 4xx, or none for requests \
                 that got no response"
            )),
        }
    }

    fn is_of(self, status: Option<u16>) -> bool {
        match self {
            Self::One(one) => status == Some(one),
            Self::Class(class) => status.is_some_and(|status| status / 100 == class),
            Self::NoResponse => status.is_none(),
        }
    }
}

impl Token {
    fn parse(text: &str) -> Result<Self, String> {
        let kind = ["crm", "app", "none", "unknown"].into_iter().find(|kind| *kind == text);
        let number = || Id::parse_number(text).map(Self::Number);
        // The text is not repeated: it may be a whole token.
        kind.map(Self::Kind).or_else(number).ok_or_else(|| {
            "token: crm, app, none, unknown or the number of a token would be right, which is the part before the |"
                .to_owned()
        })
    }

    fn is_of(&self, entry: &Entry) -> bool {
        match self {
            Self::Kind(kind) => entry.token == *kind,
            Self::Number(number) => {
                let sent = entry.sent.known_headers().find(|(name, _)| **name == axum::http::header::AUTHORIZATION);
                let sent = sent.and_then(|(_, value)| std::str::from_utf8(value).ok()?.split_once(' '));
                let sent = sent.and_then(|(_, token)| Id::parse_number(token.trim().split_once('|')?.0));
                sent == Some(*number)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_status_is_read_as_one_a_class_or_none() {
        let cases = [
            ("404", Some(Status::One(404))),
            ("4xx", Some(Status::Class(4))),
            ("none", Some(Status::NoResponse)),
            ("99", None),
            ("6xx", None),
            ("xx", None),
            ("OK", None),
            ("", None),
        ];
        for (text, expected) in cases {
            assert_eq!(Status::parse(text).ok(), expected, "{text}");
        }
    }

    #[test]
    fn what_is_asked_for_is_told_in_words() {
        let asked = RequestFilter::to("/api/v1/alarms").method("get").status(404).contains("x").after(7);
        assert_eq!(asked.in_words(), r#"GET /api/v1/alarms with status 404 and the text "x" after request 7"#);
        assert_eq!(RequestFilter::all().token("app").in_words(), "any request with token app");
    }
}
