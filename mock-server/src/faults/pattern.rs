//! The requests that a fault matches: by method, by the path as the guide writes it, and by token.

use axum::http::Method;
use uuid::Uuid;

use super::kinds::FaultToken;
use crate::model::id::Id;
use crate::model::principal::TokenSeen;

/// A request, as far as a fault looks at it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct IncomingRequest<'a> {
    pub(crate) method: &'a Method,
    /// The path as it was sent.
    pub(crate) path: &'a str,
    /// The documented path that it is, with its captures.
    pub(crate) documented: Option<&'a str>,
    /// The number of its token, whether the world knows it or not.
    pub(crate) token_number: Option<u64>,
    pub(crate) token: TokenSeen,
}

/// The requests that a fault matches; a part that is absent matches all.
#[derive(Clone, Debug)]
pub(crate) struct RequestPattern {
    pub(crate) method: Option<Method>,
    pub(crate) path: Option<PathPattern>,
    pub(crate) token: Option<FaultToken>,
}

impl RequestPattern {
    /// Whether the fault matches this request.
    pub(crate) fn matches(&self, request: &IncomingRequest<'_>) -> bool {
        let is_method = |method: &Method| answers(method, request.method);
        let is_path = |path: &PathPattern| request.documented.is_some_and(|route| path.matches(route, request.path));
        let is_token = |token: FaultToken| match token {
            FaultToken::Crm => request.token == TokenSeen::Crm,
            FaultToken::App => request.token == TokenSeen::App,
            FaultToken::Absent => request.token == TokenSeen::None,
            FaultToken::Number(number) => request.token_number == Some(number),
        };
        self.method.as_ref().is_none_or(is_method)
            && self.path.as_ref().is_none_or(is_path)
            && self.token.is_none_or(is_token)
    }
}

/// Whether a route of this method answers a request of that one: GET answers HEAD too.
pub(crate) fn answers(route: &Method, request: &Method) -> bool {
    route == request || route == Method::GET && request == Method::HEAD
}

/// A path in the guide's words, with `*` for any segment, or at the end for all that follow.
#[derive(Clone, Debug)]
pub(crate) struct PathPattern(Vec<Segment>);

#[derive(Clone, Debug)]
enum Segment {
    /// The word itself; or a value, where the guide has a capture.
    Word(Box<str>),
    /// `{account_id}`: any value where the guide has a capture.
    Capture,
    /// `*`: anything.
    Any,
    /// `*` at the end: anything, and all that follows.
    Rest,
}

impl PathPattern {
    /// Reads a pattern. Whether the guide has such a path is not asked here.
    pub(crate) fn parse(text: &str) -> Self {
        let mut segments = text.split('/').map(Segment::parse).collect::<Vec<_>>();
        if let Some(last @ Segment::Any) = segments.last_mut() {
            *last = Segment::Rest;
        }
        Self(segments)
    }

    /// Whether it may match a request to this documented path.
    pub(crate) fn may_match(&self, route: &str) -> bool {
        self.all(route.split('/'), |segment, route| match segment {
            // A word that is not an id is a mistake in the path, not the id of a thing.
            Segment::Word(word) => **word == **route || is_capture(route) && is_id(word),
            Segment::Capture => is_capture(route),
            Segment::Any | Segment::Rest => true,
        })
    }

    /// Whether it matches this request, whose path the guide writes as `route`.
    pub(crate) fn matches(&self, route: &str, path: &str) -> bool {
        self.all(route.split('/').zip(path.split('/')), |segment, (route, sent)| match segment {
            Segment::Word(word) => **word == **(if is_capture(route) { sent } else { route }),
            Segment::Capture => is_capture(route),
            Segment::Any | Segment::Rest => true,
        })
    }

    /// Whether each part of a path fits its segment, and none is left over.
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
    fn a_pattern_matches_its_path_and_no_other() {
        let list = "/api/v1/account/{account_id}/email-watchlist";
        let leaks = "/api/v1/account/{account_id}/email-watchlist/leaks";
        let cases = [
            (ITEM, ITEM, "/api/v1/account/1/email-watchlist/4", true),
            ("/api/v1/account/{id}/email-watchlist/{id}", ITEM, "/api/v1/account/1/email-watchlist/4", true),
            ("/api/v1/account/1/email-watchlist/{emailId}", ITEM, "/api/v1/account/1/email-watchlist/4", true),
            ("/api/v1/account/1/email-watchlist/{emailId}", ITEM, "/api/v1/account/2/email-watchlist/4", false),
            ("/api/v1/account/1/email-watchlist/{emailId}", ITEM, "/api/v1/account/11/email-watchlist/4", false),
            // A capture of the guide is not a word of the guide.
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
            let parsed = PathPattern::parse(pattern);
            assert_eq!(parsed.matches(route, path), expected, "{pattern} {path}");
            assert!(!expected || parsed.may_match(route), "{pattern} {route}");
        }
    }

    #[test]
    fn method_and_token_narrow_it_down() {
        let request = |method, token, token_number| {
            let path = "/api/v1/alarms";
            IncomingRequest { method, path, documented: Some(path), token_number, token }
        };
        let (get, head, post) = (&Method::GET, &Method::HEAD, &Method::POST);
        let cases = [
            (None, None, request(post, TokenSeen::Unknown, None), true),
            (Some("GET"), None, request(get, TokenSeen::None, None), true),
            (Some("get"), None, request(head, TokenSeen::None, None), true),
            (Some("HEAD"), None, request(get, TokenSeen::None, None), false),
            (Some("GET"), None, request(post, TokenSeen::None, None), false),
            (None, Some(FaultToken::Crm), request(get, TokenSeen::Crm, Some(1)), true),
            (None, Some(FaultToken::Crm), request(get, TokenSeen::App, Some(1)), false),
            (None, Some(FaultToken::App), request(get, TokenSeen::App, Some(2)), true),
            (None, Some(FaultToken::App), request(get, TokenSeen::Unknown, Some(2)), false),
            (None, Some(FaultToken::Absent), request(get, TokenSeen::None, None), true),
            (None, Some(FaultToken::Absent), request(get, TokenSeen::Unknown, None), false),
            (None, Some(FaultToken::Number(2)), request(get, TokenSeen::Unknown, Some(2)), true),
            (None, Some(FaultToken::Number(2)), request(get, TokenSeen::App, Some(22)), false),
        ];
        for (method, token, request, expected) in cases {
            let method = method.map(|method: &str| method.to_ascii_uppercase().parse().expect("a method"));
            let pattern = RequestPattern { method, path: None, token };
            assert_eq!(pattern.matches(&request), expected, "{pattern:?} {request:?}");
        }
        let undocumented = IncomingRequest { documented: None, ..request(get, TokenSeen::None, None) };
        let anything = RequestPattern { method: None, path: None, token: None };
        assert!(anything.matches(&undocumented), "a server that fails does so on any path");
        let documented = RequestPattern { path: Some(PathPattern::parse("*")), ..anything };
        assert!(!documented.matches(&undocumented));
    }
}
