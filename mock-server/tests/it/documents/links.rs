//! The links between the pages, and their blocks of JSON.

use std::collections::BTreeMap;

use pulldown_cmark::{CodeBlockKind, Event, Options, Parser, Tag, TagEnd};

use crate::harness::{page, pages, root};

fn events(text: &str) -> impl Iterator<Item = Event<'_>> {
    Parser::new_ext(text, Options::ENABLE_TABLES)
}

/// The names under which the headings of a page are reached, as GitHub makes them.
fn anchors(text: &str) -> Vec<String> {
    let mut seen: BTreeMap<String, usize> = BTreeMap::new();
    let mut anchors = Vec::new();
    let mut heading: Option<String> = None;
    for event in events(text) {
        match event {
            Event::Start(Tag::Heading { .. }) => heading = Some(String::new()),
            Event::Text(text) | Event::Code(text) => {
                if let Some(heading) = &mut heading {
                    *heading += &text;
                }
            }
            Event::End(TagEnd::Heading(_)) => {
                let heading = heading.take().unwrap_or_default().to_lowercase().replace(' ', "-");
                let anchor: String =
                    heading.chars().filter(|char| char.is_alphanumeric() || "-_".contains(*char)).collect();
                let before = seen.entry(anchor.clone()).or_default();
                anchors.push(if *before == 0 { anchor } else { format!("{anchor}-{before}") });
                *before += 1;
            }
            _ => {}
        }
    }
    anchors
}

/// What is wrong with a link of a page, if anything.
fn fault(from: &str, link: &str) -> Option<String> {
    if link.contains("://") {
        return None;
    }
    let (path, anchor) = link.split_once('#').unwrap_or((link, ""));
    let target = match path {
        "" => root().join(from),
        path => root().join(from).parent().expect("a folder").join(path),
    };
    if !target.exists() {
        return Some(format!("{from}: {link} leads nowhere"));
    }
    if anchor.is_empty() {
        return None;
    }
    let text = std::fs::read_to_string(&target).expect("a page");
    let there = anchors(&text);
    (!there.iter().any(|known| known == anchor)).then(|| format!("{from}: {link} is none of the headings {there:?}"))
}

#[test]
fn every_link_leads_to_a_file_and_a_heading_that_are_there() {
    let mut faults = Vec::new();
    for from in pages() {
        for event in events(&page(&from)) {
            if let Event::Start(Tag::Link { dest_url, .. } | Tag::Image { dest_url, .. }) = event {
                faults.extend(fault(&from, &dest_url));
            }
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

#[test]
fn every_page_of_docs_can_be_found_from_the_front_page() {
    let mut reached = vec!["README.md".to_owned()];
    let mut next = 0;
    while let Some(from) = reached.get(next).cloned() {
        next += 1;
        for event in events(&page(&from)) {
            let Event::Start(Tag::Link { dest_url, .. }) = event else { continue };
            let path = dest_url.split('#').next().unwrap_or_default();
            let Some(folder) = root().join(&from).parent().map(|folder| folder.join(path)) else { continue };
            let Ok(target) = folder.canonicalize() else { continue };
            let target = target.strip_prefix(root().canonicalize().expect("the root")).expect("below the root");
            let target = target.to_str().expect("a path in UTF-8").to_owned();
            if target.ends_with(".md") && !reached.contains(&target) {
                reached.push(target);
            }
        }
    }
    let lost: Vec<_> =
        pages().into_iter().filter(|page| page.starts_with("docs/") && !reached.contains(page)).collect();
    assert!(lost.is_empty(), "no way leads from README.md to {lost:?}");
}

#[test]
fn every_block_of_json_is_json() {
    for path in pages() {
        let mut is_json = false;
        for event in events(&page(&path)) {
            match event {
                Event::Start(Tag::CodeBlock(CodeBlockKind::Fenced(kind))) => is_json = &*kind == "json",
                Event::End(TagEnd::CodeBlock) => is_json = false,
                Event::Text(text) if is_json => {
                    let read = serde_json::from_str::<serde_json::Value>(&text);
                    read.unwrap_or_else(|error| panic!("{path}: {error} in\n{text}"));
                }
                _ => {}
            }
        }
    }
}
