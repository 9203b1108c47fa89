//! The page at `/_mock/` as it is served. Its behaviour in a browser is tested in `tests/page`.

use mock_server::MockServer;
use reqwest::Method;

use crate::harness::{Answer, World};

const PAGE: &str = "/_mock/";

/// The files that the page and its scripts name, relative to the page.
async fn files(world: &World) -> Vec<String> {
    let html = world.get(PAGE).send().await.expect(200).raw;
    let mut files: Vec<String> = named(&html, "page/", "\"").map(|rest| format!("page/{rest}")).collect();
    let mut position = 0;
    while let Some(file) = files.get(position).cloned() {
        let text = world.get(&format!("{PAGE}{file}")).send().await.expect(200).raw;
        let imported = named(&text, "from \"./", "\"").chain(named(&text, "read(\"page/", "\""));
        for name in imported.map(|name| format!("page/{name}")) {
            if !files.contains(&name) {
                files.push(name);
            }
        }
        position += 1;
    }
    files.sort_unstable();
    files.dedup();
    files
}

/// The parts of `text` between each `before` and the next `after`.
fn named<'a>(text: &'a str, before: &'a str, after: &'a str) -> impl Iterator<Item = &'a str> {
    text.split(before).skip(1).filter_map(move |rest| rest.split(after).next())
}

#[track_caller]
fn is_sealed(answer: &Answer, label: &str) {
    let policy = answer.header("content-security-policy");
    for directive in ["default-src 'none'", "script-src 'self'", "form-action 'none'", "frame-ancestors 'none'"] {
        assert!(policy.split("; ").any(|found| found == directive), "{label}: {directive} in {policy}");
    }
    assert!(!policy.contains("unsafe") && !policy.contains('*'), "{label}: {policy}");
    assert_eq!(answer.header("x-content-type-options"), "nosniff", "{label}");
    assert_eq!(answer.header("cache-control"), "no-store", "{label}");
}

#[tokio::test]
async fn every_file_of_the_page_is_served_with_its_type_and_sealed() {
    for world in [World::new(), World::of(MockServer::builder())] {
        let html = world.get(PAGE).send().await.expect(200);
        assert_eq!(html.header("content-type"), "text/html; charset=utf-8");
        is_sealed(&html, PAGE);
        let files = files(&world).await;
        assert_eq!(files.len(), 27, "{files:?}");
        for file in files {
            let answer = world.get(&format!("{PAGE}{file}")).send().await.expect(200);
            let expected = match file.rsplit('.').next() {
                Some("css") => "text/css; charset=utf-8",
                Some("js") => "text/javascript; charset=utf-8",
                Some("svg") => "image/svg+xml",
                _ => "application/json",
            };
            assert_eq!(answer.header("content-type"), expected, "{file}");
            is_sealed(&answer, &file);
            let head = world.request(Method::HEAD, &format!("{PAGE}{file}")).send().await.expect(200);
            assert_eq!(head.raw, "", "{file}");
        }
    }
}

#[tokio::test]
async fn the_page_names_nothing_of_another_origin_and_nothing_from_the_root() {
    let world = World::new();
    let mut texts = vec![(PAGE.to_owned(), world.get(PAGE).send().await.expect(200).raw)];
    for file in files(&world).await.into_iter().filter(|file| !file.ends_with(".json")) {
        let text = world.get(&format!("{PAGE}{file}")).send().await.expect(200).raw;
        texts.push((file, text));
    }
    for (name, text) in texts {
        let foreign: Vec<&str> =
            named(&text, "://", "\"").filter(|url| !url.starts_with("www.w3.org/2000/svg")).collect();
        assert_eq!(foreign, [""; 0], "{name}");
        for from_root in
            ["src=\"/", "href=\"/", "fetch(\"/", "from \"/", "url(", "innerHTML", "insertAdjacentHTML", "eval("]
        {
            assert!(!text.contains(from_root), "{name} has {from_root}");
        }
    }
}

#[tokio::test]
async fn a_link_from_anywhere_may_open_the_page_but_read_nothing_by_it() {
    let world = World::of(MockServer::builder());
    let from_elsewhere: [&[(&str, &str)]; 3] = [
        &[("sec-fetch-site", "cross-site"), ("sec-fetch-mode", "navigate")],
        &[("host", "evil.example")],
        &[("origin", "https://evil.example")],
    ];
    for headers in from_elsewhere {
        let with = |path: &str| world.get(path).headers(headers).send();
        let page = with(PAGE).await.expect(200);
        assert!(!page.headers.keys().any(|name| name.as_str().starts_with("access-control-")), "{headers:?}");
        for path in
            ["/_mock/accounts", "/_mock/accounts/1", "/_mock/changes", "/_mock/requests/1/curl", "/_mock/outbox"]
        {
            with(path).await.expect(403);
        }
    }
}

#[tokio::test]
async fn without_its_slash_the_page_is_found_where_it_was_asked_for() {
    let http = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).build().expect("a client");
    for world in [World::new(), World::of(MockServer::builder())] {
        let answer = http.get(format!("{}/_mock", world.base_url())).send().await.expect("an answer");
        assert_eq!(
            (answer.status().as_u16(), &answer.headers()["location"]),
            (307, &"_mock/".parse().expect("a value"))
        );
        world.get("/_mock").send().await.expect(200);
    }
}

#[tokio::test]
async fn the_page_is_not_in_the_journal() {
    let world = World::new();
    for file in files(&world).await {
        world.get(&format!("{PAGE}{file}")).send().await.expect(200);
    }
    assert!(world.control().requests().is_empty());
}

#[tokio::test]
async fn the_address_of_the_mock_leads_a_browser_to_the_page_and_tells_a_client_where_things_are() {
    for world in [World::new(), World::of(MockServer::builder())] {
        let browser = "text/html,application/xhtml+xml,*/*;q=0.8";
        let led = world.get("/").header("accept", browser).send().await.expect(200);
        assert!(led.raw.starts_with("<!doctype html>") || led.raw.starts_with("<!DOCTYPE html>"), "{}", led.raw);
        for accept in ["*/*", "application/json"] {
            let told = world.get("/").header("accept", accept).send().await.expect(200);
            assert_eq!(told.body["version"], env!("CARGO_PKG_VERSION"));
            for place in ["page", "credentials", "openapi", "health"] {
                let (_, path) =
                    told.body[place].as_str().expect("a path").split_once("/_mock/").expect("a control route");
                world.get(&format!("/_mock/{path}")).send().await.expect(200);
            }
        }
        // The guide has no such path, whatever else is done with it.
        world.request(Method::POST, "/").send().await.expect(404);
    }
}
