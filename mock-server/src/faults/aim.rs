//! Which requests a fault is aimed at: by method, by the path as the guide writes it, and by token.

use axum::http::Method;
use uuid::Uuid;

use super::FaultToken;
use crate::call::TokenSeen;
use crate::hints;
use crate::id::Id;
use crate::routes;

/// A request, as far as a fault looks at it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Met<'a> {
    pub(crate) method: &'a Method,
    /// As it was sent.
    pub(crate) path: &'a str,
    /// The documented path that it is, with its captures.
    pub(crate) documented: Option<&'a str>,
    /// The number of its token, whether the world knows it or not.
    pub(crate) token_number: Option<u64>,
    pub(crate) token: TokenSeen,
}

/// What a fault wants of a request; what it leaves open is all the same.
#[derive(Clone, Debug)]
pub(super) struct RequestAim {
    method: Option<Method>,
    path: Option<Pattern>,
    token: Option<FaultToken>,
}

impl RequestAim {
    /// # Errors
    /// A sentence about what the guide does not have.
    pub(super) fn new(method: Option<&str>, path: Option<&str>, token: Option<FaultToken>) -> Result<Self, String> {
        let path = path.map(Pattern::parse).transpose()?;
        let method = method.map(|method| read_method(method, path.as_ref())).transpose()?;
        Ok(Self { method, path, token })
    }

    pub(super) fn admits(&self, met: &Met<'_>) -> bool {
        let is_method = |method: &Method| method == met.method || method == Method::GET && met.method == Method::HEAD;
        let is_path = |pattern: &Pattern| met.documented.is_some_and(|route| pattern.admits(route, met.path));
        let is_token = |token: FaultToken| match token {
            FaultToken::Crm => met.token == TokenSeen::Crm,
            FaultToken::App => met.token == TokenSeen::App,
            FaultToken::Absent => met.token == TokenSeen::None,
            FaultToken::Number(number) => met.token_number == Some(number),
        };
        self.method.as_ref().is_none_or(is_method)
            && self.path.as_ref().is_none_or(is_path)
            && self.token.is_none_or(is_token)
    }
}

/// The method, if a documented route of this path has it.
fn read_method(text: &str, path: Option<&Pattern>) -> Result<Method, String> {
    let rows = || routes::rows().filter(|row| path.is_none_or(|path| path.admits_route(&row.path)));
    let method = Method::from_bytes(text.to_ascii_uppercase().as_bytes()).unwrap_or_default();
    if method.as_str().eq_ignore_ascii_case(text) && rows().any(|row| row.answers(&method)) {
        return Ok(method);
    }
    let mut known: Vec<&str> = rows().map(|row| row.method.as_str()).collect();
    known.sort_unstable();
    known.dedup();
    Err(format!("method: the guide has no such method here; it has {}", known.join(", ")))
}

/// A path in the guide's words.
#[derive(Clone, Debug)]
struct Pattern(Vec<Segment>);

#[derive(Clone, Debug)]
enum Segment {
    /// As it is written; or a value, where the guide has a capture.
    Word(Box<str>),
    /// `{account_id}`: whatever stands where the guide has a capture.
    Capture,
    /// `*`: anything.
    Any,
    /// `*` at the end: anything, and all that follows.
    Rest,
}

impl Pattern {
    /// # Errors
    /// A sentence about a path that is none of the guide's.
    fn parse(text: &str) -> Result<Self, String> {
        let mut segments = text.split('/').map(Segment::parse).collect::<Vec<_>>();
        if let Some(last @ Segment::Any) = segments.last_mut() {
            *last = Segment::Rest;
        }
        let pattern = Self(segments);
        if routes::paths().any(|route| pattern.admits_route(route)) {
            return Ok(pattern);
        }
        let advice = match hints::nearest(text, routes::paths()) {
            Some(nearest) => format!("did you mean {nearest}?"),
            None => {
                "write it as in /api/v1/account/{account_id}/email-watchlist, * for any segment, at the end for the \
                     rest"
                    .to_owned()
            }
        };
        Err(format!("path: no documented route has this path; {advice}"))
    }

    /// Whether a request to this documented path may be meant.
    fn admits_route(&self, route: &str) -> bool {
        self.all(route.split('/'), |segment, route| match segment {
            // A word that is no id is a slip in a path rather than the name of something.
            Segment::Word(word) => **word == **route || is_capture(route) && is_id(word),
            Segment::Capture => is_capture(route),
            Segment::Any | Segment::Rest => true,
        })
    }

    /// Whether this request is meant, whose path the guide writes as `route`.
    fn admits(&self, route: &str, path: &str) -> bool {
        self.all(route.split('/').zip(path.split('/')), |segment, (route, sent)| match segment {
            Segment::Word(word) => **word == **(if is_capture(route) { sent } else { route }),
            Segment::Capture => is_capture(route),
            Segment::Any | Segment::Rest => true,
        })
    }

    /// Whether each part of a path is as its segment wants it, and none is left over.
    fn all<T>(&self, mut parts: impl Iterator<Item = T>, wants: impl Fn(&Segment, &T) -> bool) -> bool {
        let fits = self.0.iter().all(|segment| parts.next().is_some_and(|part| wants(segment, &part)));
        fits && (matches!(self.0.last(), Some(Segment::Rest)) || parts.next().is_none())
    }
}

impl Segment {
    fn parse(text: &str) -> Self {
        match text {
            "*" => Self::Any,
            text if is_capture(text) => Self::Capture,
            text => Self::Word(text.into()),
        }
    }
}

fn is_capture(segment: &str) -> bool {
    segment.starts_with('{') && segment.ends_with('}')
}

fn is_id(word: &str) -> bool {
    Id::parse_number(word).is_some() || Uuid::try_parse(word).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    const ITEM: &str = "/api/v1/account/{account_id}/email-watchlist/{emailId}";

    #[test]
    fn a_pattern_admits_what_it_says_and_nothing_beside_it() {
        let list = "/api/v1/account/{account_id}/email-watchlist";
        let leaks = "/api/v1/account/{account_id}/email-watchlist/leaks";
        let cases = [
            (ITEM, ITEM, "/api/v1/account/1/email-watchlist/4", true),
            ("/api/v1/account/{id}/email-watchlist/{id}", ITEM, "/api/v1/account/1/email-watchlist/4", true),
            ("/api/v1/account/1/email-watchlist/{emailId}", ITEM, "/api/v1/account/1/email-watchlist/4", true),
            ("/api/v1/account/1/email-watchlist/{emailId}", ITEM, "/api/v1/account/2/email-watchlist/4", false),
            ("/api/v1/account/1/email-watchlist/{emailId}", ITEM, "/api/v1/account/11/email-watchlist/4", false),
            // A capture of the guide is no word of the guide.
            (ITEM, leaks, "/api/v1/account/1/email-watchlist/leaks", false),
            (leaks, ITEM, "/api/v1/account/1/email-watchlist/4", false),
            (list, ITEM, "/api/v1/account/1/email-watchlist/4", false),
            (ITEM, list, "/api/v1/account/1/email-watchlist", false),
            ("/api/v1/account/*/email-watchlist", list, "/api/v1/account/1/email-watchlist", true),
            ("/api/v1/account/*/email-watchlist", ITEM, "/api/v1/account/1/email-watchlist/4", false),
            ("/api/v1/account/*/email-watchlist/*", ITEM, "/api/v1/account/1/email-watchlist/4", true),
            ("/api/v1/account/*/email-watchlist/*", leaks, "/api/v1/account/1/email-watchlist/leaks", true),
            ("/api/v1/account/*/email-watchlist/*", list, "/api/v1/account/1/email-watchlist", false),
            ("/api/v1/account/1/*", ITEM, "/api/v1/account/1/email-watchlist/4", true),
            ("/api/v1/account/1/*", ITEM, "/api/v1/account/2/email-watchlist/4", false),
            ("/*", "/api/v1/alarms", "/api/v1/alarms", true),
            ("*", "/api/v1/alarms", "/api/v1/alarms", true),
        ];
        for (pattern, route, path, expected) in cases {
            let parsed = Pattern::parse(pattern).expect(pattern);
            assert_eq!(parsed.admits(route, path), expected, "{pattern} {path}");
        }
    }

    #[test]
    fn every_documented_path_is_a_pattern() {
        for row in routes::rows() {
            let aim = RequestAim::new(Some(row.method.as_str()), Some(&row.path), None);
            assert!(aim.is_ok(), "{} {}: {aim:?}", row.method, row.path);
        }
    }

    #[test]
    fn what_the_guide_does_not_have_is_refused_with_what_it_has() {
        let cases = [
            (None, Some("/api/v1/email-watchlst"), "did you mean /api/v1/email-watchlist?"),
            (
                None,
                Some("/api/v1/account/{account_id}/email-watchlists"),
                "did you mean /api/v1/account/{account_id}/em",
            ),
            (None, Some("/api/v1/alarms/statistics"), "write it as in /api/v1/account/{account_id}/email-watchlist"),
            (None, Some("/api/v1/alarms/{alarmId}/"), "path: no documented route"),
            (None, Some("api/v1/alarms"), "path: no documented route"),
            (None, Some("/api/v1/alarms?page=2"), "path: no documented route"),
            (None, Some("/api/v1/email-*"), "path: no documented route"),
            (None, Some("/_mock/health"), "path: no documented route"),
            (None, Some(""), "path: no documented route"),
            (None, Some("/api/v1/account/1/email-watchlist/first"), "path: no documented route"),
            (
                Some("PATCH"),
                Some("/api/v1/email-watchlist"),
                "method: the guide has no such method here; it has GET, POST",
            ),
            (Some("TRACE"), None, "it has DELETE, GET, PATCH, POST, PUT"),
            (Some("no method"), None, "method:"),
            (Some(""), None, "method:"),
        ];
        for (method, path, expected) in cases {
            let refusal = RequestAim::new(method, path, None).expect_err("it is refused");
            assert!(refusal.contains(expected), "{method:?} {path:?}: {refusal}");
        }
    }

    #[test]
    fn method_and_token_narrow_it_down() {
        let met = |method, token, token_number| {
            let path = "/api/v1/alarms";
            Met { method, path, documented: Some(path), token_number, token }
        };
        let (get, head, post) = (&Method::GET, &Method::HEAD, &Method::POST);
        let cases = [
            (None, None, met(post, TokenSeen::Unknown, None), true),
            (Some("GET"), None, met(get, TokenSeen::None, None), true),
            (Some("get"), None, met(head, TokenSeen::None, None), true),
            (Some("HEAD"), None, met(get, TokenSeen::None, None), false),
            (Some("GET"), None, met(post, TokenSeen::None, None), false),
            (None, Some(FaultToken::Crm), met(get, TokenSeen::Crm, Some(1)), true),
            (None, Some(FaultToken::Crm), met(get, TokenSeen::App, Some(1)), false),
            (None, Some(FaultToken::App), met(get, TokenSeen::App, Some(2)), true),
            (None, Some(FaultToken::App), met(get, TokenSeen::Unknown, Some(2)), false),
            (None, Some(FaultToken::Absent), met(get, TokenSeen::None, None), true),
            (None, Some(FaultToken::Absent), met(get, TokenSeen::Unknown, None), false),
            (None, Some(FaultToken::Number(2)), met(get, TokenSeen::Unknown, Some(2)), true),
            (None, Some(FaultToken::Number(2)), met(get, TokenSeen::App, Some(22)), false),
        ];
        for (method, token, met, expected) in cases {
            let aim = RequestAim::new(method, None, token).expect("the guide has it");
            assert_eq!(aim.admits(&met), expected, "{aim:?} {met:?}");
        }
        let undocumented = Met { documented: None, ..met(get, TokenSeen::None, None) };
        let anything = RequestAim::new(None, None, None).expect("it says nothing");
        assert!(anything.admits(&undocumented), "a server that fails does so on any path");
        let documented = RequestAim::new(None, Some("*"), None).expect("a pattern");
        assert!(!documented.admits(&undocumented));
    }
}
