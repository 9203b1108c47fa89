//! The routes of the guide, from the fixture: the oracle to which the tests hold the mock. The server has a table of
//! its own, so that neither can lose or gain a route unnoticed.

use std::sync::LazyLock;

use reqwest::Method;
use serde::{Deserialize, Deserializer};

use super::{APP, CRM, Request, World};

/// A documented route.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Route {
    #[serde(deserialize_with = "method")]
    pub(crate) method: Method,
    /// With captures in the guide's words.
    pub(crate) path: String,
    tokens: Vec<Token>,
    /// The ids of the facts that give it.
    pub(crate) facts: Vec<String>,
    /// The assumption by which alone it is there.
    pub(crate) assumption: Option<String>,
    /// Whether the page of the guide that gives it shows an example of it, where that page has examples.
    #[serde(default = "has_example")]
    pub(crate) example: bool,
}

fn has_example() -> bool {
    true
}

#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
enum Token {
    Crm,
    App,
}

fn method<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Method, D::Error> {
    String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
}

/// Which token a route takes, and on which account.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Takes {
    /// No token: this is where tokens come from.
    Nothing,
    /// The CRM token, on the account that the path names (SCOPE-2).
    Crm,
    /// The app token, on the user's own account (SCOPE-3).
    App,
    /// The CRM token or the owner's app token, on the account that the path names (ACCOUNT-5, SSO-5).
    Either,
    /// The CRM token, on no account in particular (ACCOUNT-1, ALARM-5).
    Partner,
    /// Either token, and the token tells which alarms are meant (ALARM-6).
    Any,
}

/// Every documented route, in the order of the guide.
pub(crate) static ROUTES: LazyLock<Vec<Route>> = LazyLock::new(|| {
    serde_json::from_str(include_str!("../../../../fixtures/routes.json")).expect("the routes are of this form")
});

/// The documented routes that take a token.
pub(crate) fn token_routes() -> impl Iterator<Item = &'static Route> {
    ROUTES.iter().filter(|route| route.takes() != Takes::Nothing)
}

impl Route {
    pub(crate) fn takes(&self) -> Takes {
        let names_account = self.path.contains("{account_id}");
        match (self.takes_crm(), self.takes_app()) {
            (false, false) => Takes::Nothing,
            (true, false) if names_account => Takes::Crm,
            (true, false) => Takes::Partner,
            (false, true) => Takes::App,
            (true, true) if names_account => Takes::Either,
            (true, true) => Takes::Any,
        }
    }

    pub(crate) fn takes_crm(&self) -> bool {
        self.tokens.contains(&Token::Crm)
    }

    pub(crate) fn takes_app(&self) -> bool {
        self.tokens.contains(&Token::App)
    }

    /// The published tokens that it takes.
    pub(crate) fn tokens(&self) -> impl Iterator<Item = &'static str> {
        self.tokens.iter().map(|token| match token {
            Token::Crm => CRM,
            Token::App => APP,
        })
    }

    /// Whether this fact gives it.
    pub(crate) fn rests_on(&self, fact: &str) -> bool {
        self.facts.iter().any(|named| named == fact)
    }

    /// The path with the account and the items of id 1, which the seed has of every kind.
    pub(crate) fn path(&self) -> String {
        filled(&self.path)
    }

    /// Begins a request to it.
    pub(crate) fn request(&self, world: &World) -> Request {
        world.request(self.method.clone(), &self.path())
    }

    /// Its name in messages of assertions.
    pub(crate) fn label(&self) -> String {
        format!("{} {}", self.method, self.path)
    }

    /// The last segment of its path.
    pub(crate) fn end(&self) -> &str {
        self.path.rsplit('/').next().expect("a path has an end")
    }
}

/// A path of the guide with 1 for every id.
pub(crate) fn filled(path: &str) -> String {
    let fill = |segment| if is_capture(segment) { "1" } else { segment };
    path.split('/').map(fill).collect::<Vec<_>>().join("/")
}

pub(crate) fn is_capture(segment: &str) -> bool {
    segment.starts_with('{')
}
