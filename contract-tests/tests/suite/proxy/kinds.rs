//! The kinds of watched items, as paths and the control routes name them.

use std::sync::LazyLock;

use serde_json::Value;

/// One kind.
#[derive(Debug)]
pub(crate) struct Kind {
    /// As the control routes name it.
    pub(crate) name: &'static str,
    /// Where its items are listed.
    pub(crate) list: &'static str,
    /// Where one is added, and below which each is.
    pub(crate) one: &'static str,
    /// The main fact about it.
    pub(crate) fact: &'static str,
}

const fn watchlist(name: &'static str, path: &'static str, fact: &'static str) -> Kind {
    Kind { name, list: path, one: path, fact }
}

pub(crate) const EMAIL: Kind = watchlist("email", "/email-watchlist", "EMAIL-1");
pub(crate) const PHONE: Kind = watchlist("phone", "/phone-watchlist", "PHONE-1");
pub(crate) const PASSPORT: Kind = watchlist("passport", "/passport-watchlist", "PASSPORT-1");
pub(crate) const CARD: Kind = Kind { name: "credit_card", list: "/credit-cards", one: "/credit-card", fact: "CARD-1" };

/// All of them, from the guide's routes: what is added at a path and removed below it.
pub(crate) static KINDS: LazyLock<Vec<Kind>> = LazyLock::new(|| {
    let routes: Value =
        serde_json::from_str(include_str!("../../../../fixtures/routes.json")).expect("the routes are JSON");
    let routes: Vec<(String, String, String)> = routes
        .as_array()
        .expect("a list")
        .iter()
        .map(|route| {
            let text = |value: &Value| value.as_str().expect("a text").to_owned();
            (text(&route["method"]), text(&route["path"]), text(&route["facts"][0]))
        })
        .filter_map(|(method, path, fact)| {
            let path = path.strip_prefix("/api/v1").filter(|path| !path.starts_with("/account"))?;
            Some((method, path.to_owned(), fact))
        })
        .collect();
    let has = |method: &str, path: &str| routes.iter().any(|(known, of, _)| known == method && of == path);
    let is_removed = |one: &str| {
        let below = |path: &str| path.strip_prefix(one).is_some_and(|rest| rest.starts_with("/{"));
        routes.iter().any(|(method, path, _)| method == "DELETE" && below(path))
    };
    let added = routes.iter().filter(|(method, path, _)| method == "POST" && is_removed(path));
    let kind = |(_, one, fact): &(String, String, String)| {
        let list = [one.clone(), format!("{one}s")].into_iter().find(|list| has("GET", list)).expect("a list");
        let name = one.trim_start_matches('/').trim_end_matches("-watchlist").replace('-', "_");
        Kind { name: name.leak(), list: list.leak(), one: one.clone().leak(), fact: fact.clone().leak() }
    };
    added.map(kind).collect()
});

#[test]
fn the_kinds_that_tests_name_are_those_of_the_routes() {
    for named in [EMAIL, PHONE, PASSPORT, CARD] {
        let found = KINDS.iter().find(|kind| kind.name == named.name).unwrap_or_else(|| panic!("no {}", named.name));
        assert_eq!((found.list, found.one, found.fact), (named.list, named.one, named.fact), "{}", named.name);
    }
    assert!(KINDS.len() >= 6, "{KINDS:?}");
}
