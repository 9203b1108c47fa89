//! Items, pages of lists, ids and tokens, under whatever names and envelopes.

use serde_json::{Map, Value};

/// An id as paths write it, be it a number or a text. The guide names it for accounts only, so it may have another name
/// elsewhere; ids of something else beside it do not count.
pub fn id(item: &Map<String, Value>) -> Option<String> {
    let of_others = [
        "account",
        "plan",
        "user",
        "partner",
        "company",
        "customer",
        "alarm",
        "leak",
        "item",
        "request",
        "trace",
        "corr",
        "correlation",
    ];
    let is_own = |name: &str| {
        let stem = name.strip_suffix("_id").or_else(|| name.strip_suffix("Id")).or_else(|| name.strip_suffix("_uuid"));
        stem.is_some_and(|stem| !of_others.contains(&stem))
    };
    let named = ["id", "uuid", "_id"].into_iter().find_map(|name| item.get(name));
    named.or_else(|| item.iter().find(|(name, _)| is_own(name)).map(|(_, value)| value)).and_then(id_text)
}

/// A number or a text as an id; nothing else is one.
fn id_text(value: &Value) -> Option<String> {
    match value {
        Value::Number(number) => Some(number.to_string()),
        Value::String(text) if !text.is_empty() => Some(text.clone()),
        _ => None,
    }
}

/// The one item of an answer, under `data` or another name, or bare; none where it holds none, as an empty body or a
/// message does.
pub fn item(body: &Value) -> Option<&Map<String, Value>> {
    let has_id = |item: &&Map<String, Value>| id(item).is_some();
    let bare = body.get("data").unwrap_or(body).as_object()?;
    let within = || bare.values().filter_map(Value::as_object).find(has_id);
    Some(bare).filter(has_id).or_else(within)
}

/// One page of a list.
#[derive(Clone, Debug, PartialEq)]
pub struct Page<'a> {
    /// Its items.
    pub items: &'a [Value],
    /// The query of the page after it, question mark included.
    pub next: Option<String>,
}

/// A list: bare, under `data` or another name, or a page of one with what leads to the next.
pub fn page(body: &Value) -> Option<Page<'_>> {
    // A paginator may be under `data` itself.
    let around = body.get("data").filter(|data| data.is_object()).unwrap_or(body);
    let data = around.get("data").unwrap_or(around);
    let named = || {
        let mut lists = data.as_object()?.iter().filter(|(name, _)| !["links", "meta", "errors"].contains(&&***name));
        lists.find_map(|(_, value)| value.as_array())
    };
    let items = data.as_array().or_else(named)?;
    // Only the query is taken from a link: the host in it may be one that this machine cannot reach.
    let link =
        around.pointer("/links/next").or_else(|| around.get("next_page_url")).or_else(|| body.pointer("/links/next"));
    let linked = link.and_then(Value::as_str).and_then(query_of);
    let meta = body.get("meta").unwrap_or(around);
    let number = |field: &str| meta.get(field).and_then(Value::as_u64);
    let counted = number("current_page").zip(number("last_page")).filter(|(current, last)| current < last);
    Some(Page { items, next: linked.or_else(|| counted.map(|(current, _)| format!("?page={}", current + 1))) })
}

/// Whether a list tells of pages, be it the only one or not.
pub fn has_pages(body: &Value) -> bool {
    let around = body.get("data").filter(|data| data.is_object()).unwrap_or(body);
    let tells =
        |of: &Value| ["links", "meta", "next_page_url", "current_page"].iter().any(|name| of.get(name).is_some());
    tells(body) || tells(around)
}

/// The query of a URL, question mark included.
fn query_of(url: &str) -> Option<String> {
    url.split_once('?').map(|(_, query)| format!("?{query}"))
}

/// The query of the next page that a `Link` header names.
pub fn next_in_header(link: &str) -> Option<String> {
    let is_next = |part: &&str| part.contains("rel=\"next\"") || part.contains("rel=next");
    let url = link.split(',').find(is_next)?.split_once('<')?.1.split_once('>')?.0;
    query_of(url)
}

/// How many items a page of a list holds, if the list has pages and tells.
pub fn page_length(body: &Value) -> Option<u64> {
    body.get("meta").unwrap_or(body).get("per_page")?.as_u64().filter(|length| *length > 0)
}

/// The entries of a scan, one for each site: `sites` at the top of the answer, or under `data`.
pub fn sites(body: &Value) -> Option<&Vec<Value>> {
    body.get("sites").or_else(|| body.pointer("/data/sites"))?.as_array()
}

/// The id of the site that an entry of a scan is about: its own, unless it tells the site's apart.
pub fn site_id(entry: &Value) -> Option<String> {
    own_id(entry, &["/site_id", "/siteId", "/site/id"])
}

/// The id of an alarm: that of an entry about it, or its own.
pub fn alarm_id(entry: &Value) -> Option<String> {
    own_id(entry, &["/alarm_id", "/alarmId", "/alarm_uuid"])
}

/// The id of a leak, likewise.
pub fn leak_id(entry: &Value) -> Option<String> {
    own_id(entry, &["/leak_id", "/leakId", "/leak_uuid"])
}

/// An id at one of these places, or else the entry's own.
fn own_id(entry: &Value, places: &[&str]) -> Option<String> {
    let named = places.iter().find_map(|place| entry.pointer(place).and_then(id_text));
    named.or_else(|| entry.as_object().and_then(id))
}

/// The token of a login, at the top of the body: a number, a bar and an opaque secret.
pub fn token(body: &Value) -> Option<&str> {
    let token = body.get("token")?.as_str()?;
    let (number, secret) = token.split_once('|')?;
    let is_number = !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit());
    (is_number && !secret.is_empty() && body.get("data").is_none()).then_some(token)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn an_item_is_enveloped_or_bare_and_its_id_a_number_or_a_text() {
        let cases = [
            (json!({ "data": { "id": 7 } }), Some("7")),
            (json!({ "id": "b3c1" }), Some("b3c1")),
            (json!({ "message": "Created." }), None),
            (json!({ "data": [{ "id": 7 }] }), None),
            (json!({ "email": { "uuid": "b3c1", "account_id": 4 } }), Some("b3c1")),
            (json!({ "data": { "account_id": 4, "emailId": 9 } }), Some("9")),
            (json!({ "data": { "account_id": 4 } }), None),
            (json!({ "request_id": "r-1", "watched": { "watch_id": "b3c1" } }), Some("b3c1")),
            (json!({ "id": null }), None),
            (Value::Null, None),
        ];
        for (body, expected) in cases {
            assert_eq!(item(&body).and_then(id).as_deref(), expected, "{body}");
        }
    }

    #[test]
    fn a_list_is_enveloped_bare_or_paginated() {
        let cases = [
            (json!([1, 2]), Some((2, None))),
            (json!({ "data": [1], "meta": { "current_page": 2, "last_page": 2 } }), Some((1, None))),
            (json!({ "data": [1], "meta": { "current_page": 1, "last_page": 3 } }), Some((1, Some("?page=2")))),
            (json!({ "data": [1], "links": { "next": "http://elsewhere/x?page=2" } }), Some((1, Some("?page=2")))),
            (json!({ "data": [], "next_page_url": "/x?cursor=abc" }), Some((0, Some("?cursor=abc")))),
            (json!({ "emails": [1, 2] }), Some((2, None))),
            (json!({ "data": { "data": [1], "current_page": 1, "last_page": 2 } }), Some((1, Some("?page=2")))),
            (json!({ "data": {} }), None),
            (Value::Null, None),
        ];
        for (body, expected) in cases {
            let page = page(&body).map(|page| (page.items.len(), page.next));
            assert_eq!(page, expected.map(|(items, next)| (items, next.map(str::to_owned))), "{body}");
        }
    }

    #[test]
    fn a_list_may_tell_of_pages_though_there_is_one() {
        let cases = [
            (json!({ "data": [] }), false),
            (json!([{ "id": 7 }]), false),
            (json!({ "data": [], "links": { "next": null } }), true),
            (json!({ "data": [], "meta": { "per_page": 15 } }), true),
            (json!({ "data": { "current_page": 1, "data": [] } }), true),
        ];
        for (body, expected) in cases {
            assert_eq!(has_pages(&body), expected, "{body}");
        }
    }

    #[test]
    fn a_header_may_lead_to_the_next_page() {
        let header = r#"<http://x/a?page=1>; rel="prev", <http://x/a?page=3>; rel="next""#;
        assert_eq!(next_in_header(header).as_deref(), Some("?page=3"));
        assert_eq!(next_in_header(r#"<http://x/a?page=1>; rel="prev""#), None);
    }

    #[test]
    fn sites_are_at_the_top_or_under_data_and_have_ids() {
        let cases = [
            (json!({ "sites": [{ "id": 7 }] }), Some("7")),
            (json!({ "data": { "sites": [{ "id": 1, "site_id": 7 }] } }), Some("7")),
            (json!({ "sites": [{ "id": 1, "site": { "id": "b3c1" } }] }), Some("b3c1")),
            (json!({ "sites": [{ "name": "x" }] }), None),
            (json!({ "data": [{ "id": 7 }] }), None),
            (json!({ "sites": { "id": 7 } }), None),
        ];
        for (body, expected) in cases {
            let found = sites(&body).and_then(|sites| site_id(&sites[0]));
            assert_eq!(found.as_deref(), expected, "{body}");
        }
    }

    #[test]
    fn a_token_is_found_at_the_top_only() {
        assert_eq!(token(&json!({ "token": "12|abc" })), Some("12|abc"));
        for odd in [r#"{"data":{"token":"1|abc"}}"#, r#"{"token":"abc"}"#, r#"{"token":"1|"}"#, "1"] {
            assert_eq!(token(&serde_json::from_str(odd).expect("JSON")), None, "{odd}");
        }
    }
}
