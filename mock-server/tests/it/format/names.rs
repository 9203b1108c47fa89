//! How each format writes what it answers (FORMAT-3 to 5).

use serde_json::{Value, json};

use super::{JSON, LIST};
use crate::harness::{APP, CRM, Format, KINDS, World, token_routes};

/// The names in a body, with null for every value that is no object or list.
fn names(body: &Value) -> Value {
    match body {
        Value::Object(fields) => {
            Value::Object(fields.iter().map(|(field, value)| (field.clone(), names(value))).collect())
        }
        Value::Array(items) => Value::Array(items.iter().map(names).collect()),
        _ => Value::Null,
    }
}

#[tokio::test]
async fn an_account_is_written_as_its_format_says() {
    let world = World::new();
    for format in Format::BOTH {
        let (created_at, updated_at) = match format {
            Format::Legacy => ("2026-06-15 08:30:00", "2026-06-15 08:30:00"),
            Format::Standardized => ("2026-06-15T08:30:00Z", "2026-06-15T08:30:00Z"),
        };
        let account = format.ask(world.get("/api/v1/account").token(APP)).send().await.expect(200);
        let expected = json!({ "data": {
            "id": 1, "first_name": "John", "last_name": "Doe", "email": "john.doe@example.com",
            "phone": "+46701740605", "country_code": "SE", "lang_code": "SV", "plan_id": 1, "company_id": 1, "type": "SINGLE",
            "ssn": account.body["data"]["ssn"], "has_ssn": format.flag(true), "is_ssn_monitored": format.flag(true),
            "is_active": format.flag(true), "activation_date": "2026-06-15",
            "created_at": created_at, "updated_at": updated_at,
        }});
        assert_eq!(account.body, expected, "{format:?}");
        assert_eq!(account.header("content-type"), JSON, "{format:?}");
        for fact in ["FORMAT-3", "FORMAT-4", "FORMAT-5"] {
            assert!(account.rests_on(fact), "{format:?} {fact}: {}", account.header("x-mock-basis"));
        }
    }
}

#[tokio::test]
async fn both_formats_of_a_read_have_the_same_names_and_each_writes_its_way() {
    let world = World::new();
    // An item that waits has times that are null.
    world.post(LIST).token(APP).json(json!({ "email": "pending@example.com" })).send().await.expect(201);
    for row in token_routes().filter(|row| row.method == reqwest::Method::GET) {
        let [legacy, standardized] = Format::BOTH.map(|format| {
            let request = format.ask(world.get(&row.path()).token(row.tokens().next().expect("it takes a token")));
            async move {
                let answer = request.send().await.expect(200);
                format.check(&answer.body, &row.label());
                names(&answer.body)
            }
        });
        assert_eq!(legacy.await, standardized.await, "{}", row.label());
    }
}

#[tokio::test]
async fn both_formats_of_a_write_have_the_same_names_and_each_writes_its_way() {
    let account = json!({
        "ssn": "19900101-1234", "first_name": "A", "last_name": "B", "email": "new@example.com", "country_code": "SE",
    });
    let of_account = [
        ("POST", "/api/v1/account", CRM, account),
        ("PUT", "/api/v1/account", APP, json!({ "first_name": "Johnny" })),
        ("PATCH", "/api/v1/account/1", CRM, json!({ "country_code": null })),
        ("PATCH", "/api/v1/passport-watchlist/1", APP, json!({ "expiry_date": "2035-05-31" })),
        ("PATCH", "/api/v1/account/1/ssn-monitoring/deactivate", CRM, json!({})),
    ];
    let of_account = of_account.map(|(method, path, token, body)| (method, path.to_owned(), token, body));
    let adds = KINDS.into_iter().flat_map(|kind| {
        [("/api/v1", APP), ("/api/v1/account/1", CRM)]
            .map(|(scope, token)| ("POST", format!("{scope}{}", kind.add), token, kind.new_body()))
    });
    for (method, path, token, body) in of_account.into_iter().chain(adds) {
        let mut written = Vec::new();
        for format in Format::BOTH {
            let world = World::new();
            let request = world.request(method.parse().expect("a method"), &path).token(token).json(body.clone());
            let answer = format.ask(request).send().await;
            assert!([200, 201].contains(&answer.status), "{method} {path}: {}", answer.raw);
            format.check(&answer.body, &path);
            written.push((answer.status, names(&answer.body)));
        }
        assert_eq!(written[0], written[1], "{method} {path}");
    }
}

#[tokio::test]
async fn legacy_booleans_are_written_as_they_are_switched_to() {
    for (form, yes, no) in [
        ("number", json!(1), json!(0)),
        ("text-number", json!("1"), json!("0")),
        ("text", json!("true"), json!("false")),
    ] {
        let world = World::assuming("legacy.boolean", form);
        world.post(LIST).token(APP).json(json!({ "email": "pending@example.com" })).send().await.expect(201);
        for format in Format::BOTH {
            let (yes, no) = match format {
                Format::Legacy => (yes.clone(), no.clone()),
                Format::Standardized => (json!(true), json!(false)),
            };
            let emails = format.ask(world.get(LIST).token(APP)).send().await.expect(200);
            let confirmed: Vec<&Value> = emails.items().iter().map(|item| &item["is_confirmed"]).collect();
            assert_eq!(confirmed, [&yes, &yes, &no], "{form} {format:?}");
            let leaks = format.ask(world.get("/api/v1/email-watchlist/leaks").token(APP)).send().await.expect(200);
            let plaintext: Vec<&Value> = leaks.items().iter().map(|leak| &leak["has_plaintext_password"]).collect();
            assert_eq!(plaintext, [&no, &yes], "{form} {format:?}");
            let account = format.ask(world.get("/api/v1/account").token(APP)).send().await.expect(200);
            assert_eq!(account.body["data"]["has_ssn"], yes, "{form} {format:?}");
            assert_eq!(account.rests_on("legacy.boolean"), format == Format::Legacy, "{form} {format:?}");
        }
    }
}
