//! The guide as data: its facts, its routes, and the routes that it leaves out.
//!
//! Facts and routes are fixtures, written from the guide. The mock has a route table of its own, which is not made from
//! them: a mistake in one shows in the other.

use std::sync::LazyLock;

use reqwest::Method;
use serde::Deserialize;
use sha2::{Digest, Sha256};

use crate::kind::KINDS;

/// One fact of the guide.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct Fact {
    pub(crate) id: String,
    pub(crate) fact: String,
}

static FACTS: LazyLock<Vec<Fact>> = LazyLock::new(|| {
    serde_json::from_str(include_str!("../../fixtures/facts.json")).expect("the compiled-in facts are of this form")
});

/// All facts, in the order of the guide.
pub(crate) fn facts() -> &'static [Fact] {
    &FACTS
}

/// The fact with this id.
pub(crate) fn fact(id: &str) -> Option<&'static Fact> {
    FACTS.iter().find(|fact| fact.id == id)
}

/// Which tokens a route takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Scope {
    /// None: this is where tokens come from.
    Open,
    /// The CRM token (SCOPE-2).
    Crm,
    /// The app token (SCOPE-3).
    App,
    /// Either.
    Either,
}

impl Scope {
    /// The path below which a caller's watchlists are: that of the account for CRM, the top for the app.
    fn root(self) -> &'static str {
        if self == Self::Crm { "/api/v1/account/{account_id}" } else { "/api/v1" }
    }
}

/// One route, as it is called with one kind of token.
#[derive(Clone, Debug)]
pub(crate) struct Route {
    pub(crate) method: Method,
    /// With captures in the guide's words.
    pub(crate) path: String,
    pub(crate) scope: Scope,
    /// The facts that give it, or rule it out.
    pub(crate) facts: Vec<String>,
}

impl Route {
    /// A route that does not exist (NONE-1).
    pub(crate) fn excluded(method: Method, path: String, scope: Scope) -> Self {
        Self { method, path, scope, facts: vec!["NONE-1".into()] }
    }
}

/// A row of the fixture.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Row {
    method: String,
    path: String,
    tokens: Vec<Token>,
    facts: Vec<String>,
    /// The assumption by which it is there, where the guide leaves that open.
    assumption: Option<String>,
    /// Whether the guide shows an example of it: of no interest here.
    #[serde(rename = "example")]
    _example: Option<bool>,
}

#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Token {
    Crm,
    App,
}

/// A fact that says what tokens are for and names no route: no target is held to a route that rests on it alone.
const NAMES_NO_ROUTE: &str = "SCOPE-5";

static ROUTES: LazyLock<Vec<Route>> = LazyLock::new(|| {
    let rows: Vec<Row> = serde_json::from_str(include_str!("../../fixtures/routes.json"))
        .expect("the compiled-in routes are of this form");
    let is_documented = |row: &Row| row.assumption.is_none() && row.facts != [NAMES_NO_ROUTE];
    let route = |row: Row| Route {
        method: row.method.parse().expect("a compiled-in route has a method"),
        path: row.path,
        scope: match row.tokens[..] {
            [] => Scope::Open,
            [Token::Crm] => Scope::Crm,
            [Token::App] => Scope::App,
            _ => Scope::Either,
        },
        facts: row.facts,
    };
    rows.into_iter().filter(is_documented).map(route).collect()
});

/// The routes of the guide, each once for each token that it takes, or once for both where both call one path.
pub(crate) fn routes() -> &'static [Route] {
    &ROUTES
}

static TEMPLATES: LazyLock<Vec<(String, String)>> = LazyLock::new(|| {
    let rows: Vec<Row> = serde_json::from_str(include_str!("../../fixtures/routes.json"))
        .expect("the compiled-in routes are of this form");
    rows.into_iter().map(|row| (row.method, row.path)).collect()
});

/// Method and path of every route, those included that are only assumed.
pub(crate) fn templates() -> impl Iterator<Item = (&'static str, &'static str)> {
    TEMPLATES.iter().map(|(method, path)| (method.as_str(), path.as_str()))
}

static EXCLUDED: LazyLock<Vec<Route>> = LazyLock::new(|| {
    let mut excluded = Vec::new();
    for scope in [Scope::Crm, Scope::App] {
        let path = |rest: &str| format!("{}{rest}", scope.root());
        // One item and the leaks of a kind, where the kinds beside it have them.
        for kind in KINDS {
            let (one, leaks) = (path(&kind.one()), path(&format!("{}/leaks", kind.items)));
            for (method, path) in [(Method::GET, one.clone()), (Method::PATCH, one), (Method::GET, leaks)] {
                if !routes().iter().any(|route| route.method == method && route.path == path) {
                    excluded.push(Route::excluded(method, path, scope));
                }
            }
        }
        if scope == Scope::Crm {
            let facts = vec!["NONE-1".into(), "CARD-4".into()];
            excluded.push(Route { method: Method::POST, path: path("/credit-cards/verify"), scope, facts });
        }
        for (method, rest) in [
            (Method::POST, "/ssn-watchlist"),
            (Method::GET, "/ssn-watchlist"),
            (Method::GET, "/ssn-watchlist/leaks"),
            (Method::DELETE, "/ssn-watchlist/{ssnId}"),
        ] {
            excluded.push(Route { method, path: path(rest), scope, facts: vec!["NONE-1".into(), "SSN-1".into()] });
        }
    }
    excluded
});

/// The routes that a client who knows the others might look for, and that do not exist (NONE-1).
pub(crate) fn excluded_routes() -> &'static [Route] {
    &EXCLUDED
}

/// The captures of a path in their order, if it fits the template.
pub(crate) fn captures<'a>(template: &str, path: &'a str) -> Option<Vec<&'a str>> {
    let (mut wanted, mut sent) = (template.split('/'), path.split('/'));
    let mut captures = Vec::new();
    loop {
        match (wanted.next(), sent.next()) {
            (None, None) => return Some(captures),
            (Some(wanted), Some(sent)) if wanted.starts_with('{') && !sent.is_empty() => captures.push(sent),
            (Some(wanted), Some(sent)) if wanted == sent => {}
            _ => return None,
        }
    }
}

/// A path with the guide's captures in place of ids, without its query; where the guide has no such route, parts with
/// digits are left out.
pub(crate) fn template(path: &str) -> String {
    let path = path.split('?').next().unwrap_or_default();
    let fitting = |route: &'static Route| captures(&route.path, path).map(|captures| (captures.len(), route));
    let most_literal = routes().iter().chain(excluded_routes()).filter_map(fitting).min_by_key(|(many, _)| *many);
    if let Some((_, route)) = most_literal {
        return route.path.clone();
    }
    let is_id =
        |part: &str| !matches!(part, "v1" | "v2") && part.contains(|char: char| char.is_ascii_digit() || char == '$');
    path.split('/').map(|part| if is_id(part) { "{…}" } else { part }).collect::<Vec<_>>().join("/")
}

static REVISION: LazyLock<String> = LazyLock::new(|| {
    let digest = Sha256::new()
        .chain_update(include_str!("../../fixtures/facts.json"))
        .chain_update(include_str!("../../fixtures/routes.json"))
        .finalize();
    format!("sha256:{digest:x}")
});

/// The revision of the guide: results of two revisions are not of the same questions.
pub(crate) fn revision() -> &'static str {
    &REVISION
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_route_is_listed_once_and_names_real_facts() {
        let mut seen = BTreeSet::new();
        for route in routes().iter().chain(excluded_routes()) {
            assert!(!route.facts.is_empty() && route.facts.iter().all(|id| fact(id).is_some()), "{route:?}");
            let row = format!("{} {} {:?}", route.method, route.path, route.scope);
            assert!(seen.insert(row.clone()), "{row} is there twice");
        }
    }

    #[test]
    fn every_kind_of_the_routes_has_its_row() {
        let has = |method: Method, path: &dyn Fn(&str) -> bool| {
            routes().iter().any(|route| route.method == method && path(&route.path))
        };
        for route in routes().iter().filter(|route| route.method == Method::POST) {
            let is_below = |path: &str| path.rsplit_once("/{").is_some_and(|(list, _)| list == route.path);
            if has(Method::DELETE, &is_below) {
                let is_known = KINDS.iter().any(|kind| route.path.ends_with(kind.items));
                assert!(is_known, "{} adds items of a kind without a row: add one to KINDS in src/kind.rs", route.path);
            }
        }
    }

    #[test]
    fn a_route_that_is_only_assumed_is_not_documented() {
        let names = |path: &str| routes().iter().any(|route| route.path == path);
        assert!(
            names("/api/v1/account/{account_id}/phone-watchlist/confirm") && !names("/api/v1/phone-watchlist/confirm")
        );
        let reads_accounts = |route: &Route| route.method == Method::GET && route.path.ends_with("/{account_id}");
        assert!(!routes().iter().any(reads_accounts));
    }

    #[test]
    fn the_guide_leaves_out_what_only_some_kinds_have() {
        let is_excluded = |method: Method, path: &str| {
            excluded_routes().iter().any(|route| route.method == method && route.path == path)
        };
        for (method, path, expected) in [
            (Method::GET, "/api/v1/email-watchlist/{emailId}", true),
            (Method::PATCH, "/api/v1/account/{account_id}/iban-watchlist/{ibanId}", true),
            (Method::PATCH, "/api/v1/passport-watchlist/{passportId}", false),
            (Method::GET, "/api/v1/passport-watchlist/leaks", true),
            (Method::GET, "/api/v1/credit-card/{creditCardId}", false),
            (Method::GET, "/api/v1/credit-card/leaks", false),
            (Method::GET, "/api/v1/account/{account_id}/credit-card/leaks", true),
            (Method::GET, "/api/v1/account/{account_id}/email-watchlist/leaks", false),
        ] {
            assert_eq!(is_excluded(method.clone(), path), expected, "{method} {path}");
        }
    }
}
