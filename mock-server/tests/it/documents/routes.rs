//! The table of routes, and the bodies below it.

use reqwest::Method;
use serde_json::Value;

use crate::harness::{KINDS, Kind, ROUTES, Route, Takes};

/// Routes that stand in one row: those after each other that take the same token and rest on the same facts.
struct Row {
    token: String,
    of: &'static [String],
    facts: Vec<&'static str>,
    /// Each path with its methods.
    paths: Vec<(String, Vec<&'static Method>)>,
}

/// The rows of the table: routes, token, facts.
pub(super) fn rows() -> Vec<[String; 3]> {
    let mut rows: Vec<Row> = Vec::new();
    for route in ROUTES.iter().filter(|route| of_account(route).is_none()) {
        let of_user = of_user(route);
        let path = match (of_user, below_account(route)) {
            (Some(_), Some(rest)) => format!("…{rest}"),
            _ => route.path.clone(),
        };
        let token = token(route, of_user);
        if rows.last().is_none_or(|row| row.token != token || row.of != route.facts) {
            rows.push(Row { token, of: &route.facts, facts: Vec::new(), paths: Vec::new() });
        }
        let row = rows.last_mut().expect("a row");
        for fact in [Some(route), of_user].into_iter().flatten().flat_map(|route| &route.facts) {
            if !row.facts.contains(&&**fact) {
                row.facts.push(fact);
            }
        }
        match row.paths.last_mut() {
            Some((last, methods)) if *last == path => methods.push(&route.method),
            _ => row.paths.push((path, vec![&route.method])),
        }
    }
    rows.iter().map(cells).collect()
}

fn cells(row: &Row) -> [String; 3] {
    let named = row.paths.iter().map(|(path, methods)| {
        let methods: Vec<&str> = methods.iter().map(|method| method.as_str()).collect();
        format!("`{} {path}`", methods.join("`, `"))
    });
    [named.collect::<Vec<_>>().join(", "), row.token.clone(), row.facts.join(", ")]
}

/// The path below that of an account.
fn below_account(route: &Route) -> Option<&str> {
    route.path.strip_prefix("/api/v1/account/{account_id}").filter(|rest| !rest.is_empty())
}

/// The route that is the same to the user as this one is to the partner.
fn of_user(route: &Route) -> Option<&'static Route> {
    let rest = below_account(route)?;
    let is_same = |other: &&Route| other.takes() == Takes::App && other.path == format!("/api/v1{rest}");
    ROUTES.iter().filter(is_same).find(|other| other.method == route.method)
}

/// The reverse.
fn of_account(route: &Route) -> Option<&'static Route> {
    ROUTES.iter().find(|other| of_user(other).is_some_and(|own| std::ptr::eq(own, route)))
}

fn token(route: &Route, of_user: Option<&Route>) -> String {
    if let Some(of_user) = of_user {
        let by = of_user.assumption.as_ref();
        return by.map_or("both".to_owned(), |key| format!("CRM; app by `{key}`"));
    }
    let token = match route.takes() {
        Takes::Nothing => "none",
        Takes::Partner if route.rests_on("ALARM-5") => "CRM, all accounts",
        Takes::Crm | Takes::Partner => "CRM",
        Takes::App if route.rests_on("ONLINE-1") => "app, plan with Online Data",
        Takes::App => "app",
        Takes::Either => "CRM, or the owner's app token",
        Takes::Any => "CRM, all accounts; app, the user's own",
    };
    token.to_owned()
}

/// The bodies that add items of the kinds for which the guide shows none, as the OpenAPI document has them.
pub(super) fn bodies() -> String {
    let json = |text| -> Value { serde_json::from_str(text).expect("JSON") };
    let examples = json(include_str!("../../../../fixtures/examples.json"));
    let document = json(include_str!("../../../../fixtures/openapi.json"));
    let is_given = |kind: &Kind| {
        let mut examples = examples.as_array().expect("a list").iter();
        examples.any(|example| example["body"].get(kind.field).is_some())
    };
    let line = |kind: &Kind| {
        let add = &document["paths"][format!("/api/v1{}", kind.add)]["post"]["requestBody"]["content"];
        let named = add["application/json"]["schema"]["$ref"]
            .as_str()
            .expect("write fixtures/openapi.json first: it has not this body yet");
        let schema = document.pointer(named.trim_start_matches('#')).expect("a schema of the document");
        let required = schema["required"].as_array().expect("a list");
        let field = |name: &String| {
            let mark = if required.iter().any(|field| field == name) { "" } else { "?" };
            format!("\"{name}\"{mark}")
        };
        let fields = schema["properties"].as_object().expect("properties").keys().map(field).collect::<Vec<_>>();
        format!("- `POST …{}`: `{{{}}}`\n", kind.add, fields.join(", "))
    };
    KINDS.into_iter().filter(|kind| !is_given(kind)).map(line).collect()
}
