//! Lists in pages: each page leads to the next, and all of them hold each item once.

use mock_server::MockServer;
use reqwest::Method;
use serde_json::{Value, json};

use crate::harness::{APP, CRM, Caller, World, written};

/// All pages of a list from the first on, each as the one before names it; checks what each says of itself.
async fn pages(world: &World, path: &str, token: &str, total: usize) -> Vec<Value> {
    const SIZE: usize = 15;
    let url = format!("{}{path}", world.base_url());
    let address = |number: usize| json!(format!("{url}?page={number}"));
    let last = total.div_ceil(SIZE).max(1);
    let mut items = Vec::new();
    let mut next = json!(url);
    for number in 1..=last {
        let here = written(&next);
        let answer = world.request_link(Method::GET, &here).token(token).send().await.expect(200);
        let label = format!("page {number} of {path}: {}", answer.raw);
        let before = items.len();
        items.extend_from_slice(answer.items());
        assert_eq!(answer.items().len(), SIZE.min(total - before), "{label}");
        let links = &answer.body["links"];
        next = links["next"].clone();
        let expected_next = if number < last { address(number + 1) } else { Value::Null };
        let expected_prev = if number > 1 { address(number - 1) } else { Value::Null };
        let expected =
            json!({ "first": address(1), "last": address(last), "prev": expected_prev, "next": expected_next });
        assert_eq!(links, &expected, "{label}");
        let meta = &answer.body["meta"];
        for (field, expected) in [
            ("current_page", json!(number)),
            ("last_page", json!(last)),
            ("per_page", json!(SIZE)),
            ("total", json!(total)),
            ("from", json!(before + 1)),
            ("to", json!(items.len())),
            ("path", json!(url)),
        ] {
            assert_eq!(meta[field], expected, "{field} of {label}");
        }
        let numbered: Vec<&Value> = meta["links"].as_array().expect("a list").iter().map(|link| &link["url"]).collect();
        let mut expected = vec![expected_prev];
        expected.extend((1..=last).map(address));
        expected.push(expected_next);
        assert_eq!(numbered, expected.iter().collect::<Vec<_>>(), "{label}");
        let active = meta["links"].as_array().expect("a list").iter().position(|link| link["active"] == true);
        assert_eq!(active, Some(number), "{label}");
    }
    assert_eq!(next, Value::Null, "{path}: the last page has none after it");
    items
}

#[tokio::test]
async fn a_long_list_is_read_page_by_page_to_its_end() {
    let world = World::assuming("list.shape", "paginated");
    let [partner, _] = Caller::both(&world);
    let mut expected = vec![json!("john.work@example.com"), json!("john.private@example.net")];
    for total in 3..=31 {
        let email = format!("number{total}@example.com");
        partner.add_email(&email).await;
        expected.push(json!(email));
        // Below a full page, a full one, one more; two full ones, one more.
        if ![14, 15, 16, 30, 31].contains(&total) {
            continue;
        }
        for (path, token) in [("/api/v1/email-watchlist", APP), ("/api/v1/account/1/email-watchlist", CRM)] {
            let items = pages(&world, path, token, total).await;
            let emails: Vec<&Value> = items.iter().map(|item| &item["email"]).collect();
            assert_eq!(emails, expected.iter().collect::<Vec<_>>(), "{path}: each once, in the order of adding");
        }
    }
}

#[tokio::test]
async fn leaks_come_in_pages_too() {
    let world = World::assuming("list.shape", "paginated");
    let mut expected = vec![json!("Exempelbutiken"), json!("Stealer log")];
    for number in 3..=17 {
        let title = format!("Leak {number}");
        let leak = json!({ "kind": "email", "value": "john.work@example.com", "title": title });
        world.post("/_mock/leaks").json(leak).send().await.expect(201);
        expected.push(json!(title));
    }
    for (path, token) in [("/api/v1/email-watchlist/leaks", APP), ("/api/v1/account/1/email-watchlist/leaks", CRM)] {
        let leaks = pages(&world, path, token, 17).await;
        let titles: Vec<&Value> = leaks.iter().map(|leak| &leak["title"]).collect();
        assert_eq!(titles, expected.iter().collect::<Vec<_>>(), "{path}");
    }
    for (path, total) in [("/api/v1/credit-card/leaks", 1), ("/api/v1/iban-watchlist/leaks", 1)] {
        pages(&world, path, APP, total).await;
    }
}

#[tokio::test]
async fn the_pages_of_a_sandbox_lead_back_into_it() {
    let server = World::of(MockServer::builder());
    let assume = json!({ "assume": { "list.shape": "paginated" } });
    let base_url = server.post("/_mock/sandboxes").json(assume).send().await.expect(201).text("base_url");
    let prefix = server.path_of(&base_url);
    for number in 3..=16 {
        let leak = json!({ "kind": "email", "value": "john.work@example.com", "title": format!("Leak {number}") });
        server.post(&format!("{prefix}/_mock/leaks")).json(leak).send().await.expect(201);
    }
    pages(&server, &format!("{prefix}/api/v1/email-watchlist/leaks"), APP, 16).await;
}

#[tokio::test]
async fn an_empty_list_has_one_empty_page() {
    let world = World::assuming("list.shape", "paginated");
    let partner = Caller::partner(&world, "2");
    for path in ["/email-watchlist", "/credit-cards", "/email-watchlist/leaks"] {
        let answer = partner.get(path).send().await.expect(200);
        assert_eq!(answer.items(), [] as [Value; 0]);
        let meta = &answer.body["meta"];
        let told = ["current_page", "last_page", "total", "from", "to"].map(|field| &meta[field]);
        assert_eq!(json!(told), json!([1, 1, 0, null, null]), "{path}");
        assert_eq!((&answer.body["links"]["prev"], &answer.body["links"]["next"]), (&Value::Null, &Value::Null));
    }
}

#[tokio::test]
async fn an_invalid_page_is_the_first_and_one_beyond_the_last_is_empty() {
    let world = World::assuming("list.shape", "paginated");
    let user = Caller::user(&world);
    for page in ["?page=0", "?page=-1", "?page=two", "?page=", "?page=1.5", "?pages=2", "?page=2&page=1", ""] {
        let answer = user.get(&format!("/email-watchlist{page}")).send().await.expect(200);
        assert_eq!((answer.items().len(), &answer.body["meta"]["current_page"]), (2, &json!(1)), "{page}");
    }
    for page in ["2", "1000000", "18446744073709551615"] {
        let answer = user.get(&format!("/email-watchlist?page={page}")).send().await.expect(200);
        assert_eq!(answer.items(), [] as [Value; 0], "{page}");
        assert_eq!(answer.body["links"]["next"], Value::Null, "{page}");
    }
    // Where lists have no pages, the parameter means nothing.
    let whole = World::new();
    let list = Caller::user(&whole).get("/email-watchlist?page=2").send().await.expect(200);
    assert_eq!(list.items().len(), 2);
}
