//! The table of control routes, held to the routes that there are.

use std::collections::BTreeSet;

use reqwest::Method;

use crate::harness::{World, page};

/// The rows of the table: a path with its methods.
fn rows() -> Vec<(String, BTreeSet<String>)> {
    let page = page("docs/control.md");
    let (_, rest) = page.split_once("| route | what |\n|---|---|\n").expect("the table");
    let (table, _) = rest.split_once("\n\n").expect("its end");
    // `GET`, `PUT /_mock/clock`
    let row = |line: &str| {
        let cell = line.trim_start_matches("| ").split(" | ").next().expect("a cell").replace('`', "");
        let (methods, path) = cell.rsplit_once(' ').expect("a path behind its methods");
        (path.to_owned(), methods.split(", ").map(str::to_owned).collect())
    };
    table.lines().map(row).collect()
}

#[tokio::test]
async fn every_control_route_of_the_table_has_the_methods_that_it_says() {
    let world = World::new();
    for (path, methods) in rows() {
        // No control route has this method.
        let refused = world.request(Method::PATCH, &path.replace("{id}", "1")).send().await.expect(405);
        let allowed: BTreeSet<String> = refused.header("allow").split(',').map(|name| name.trim().to_owned()).collect();
        let allowed = allowed.into_iter().filter(|name| name != "HEAD").collect::<BTreeSet<_>>();
        assert_eq!(allowed, methods, "{path}");
    }
}

#[test]
fn the_table_has_every_control_route() {
    let listed: BTreeSet<String> = rows().into_iter().map(|(path, _)| path).collect();
    let source = include_str!("../../../src/control.rs");
    let routes = source.split(".route(\"").skip(1).map(|rest| rest.split('"').next().expect("a path"));
    let there: BTreeSet<String> =
        routes.filter(|path| !path.starts_with("/_")).map(|path| format!("/_mock{path}")).collect();
    assert!(there.len() > 10, "the routes are found by how they are written");
    assert_eq!(listed, there);
}
