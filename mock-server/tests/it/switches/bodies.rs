//! Bodies that cannot be read.

use reqwest::Method;
use serde_json::json;

use crate::harness::{APP, Caller, KINDS, Switched};

checked! {
    "body.malformed" => json_that_does_not_parse_is_taken_as_body_malformed_says;
    "body.content-type" => a_body_of_another_type_is_taken_as_body_content_type_says;
}

async fn json_that_does_not_parse_is_taken_as_body_malformed_says(switched: Switched) {
    for caller in Caller::both(&switched.world) {
        for kind in KINDS {
            for body in ["{", "{\"email\":", "new@example.com"] {
                let request = caller.request(Method::POST, kind.add).body("application/json", body);
                let answer = request.send().await;
                switched.answers(&answer, switched.number() as u16);
                match switched.value.as_str() {
                    "400" => assert!(answer.header("x-mock-hint").contains("JSON"), "{answer:?}"),
                    "422" => {
                        let empty = caller.post(kind.add, json!({})).send().await.expect(422);
                        assert_eq!(answer.raw, empty.raw, "as an empty body");
                    }
                    _ => switched.is_not_checked(),
                }
            }
        }
    }
    // Where nothing is required, an empty body is granted.
    let update = switched.world.put("/api/v1/account").token(APP).body("application/json", "{");
    let answer = update.send().await;
    switched.answers(&answer, if switched.is("400") { 400 } else { 200 });
}

async fn a_body_of_another_type_is_taken_as_body_content_type_says(switched: Switched) {
    let user = Caller::user(&switched.world);
    for (content_type, email) in [
        ("text/plain", "text@example.com"),
        ("application/x-www-form-urlencoded", "form@example.com"),
        ("application/octet-stream", "octets@example.com"),
    ] {
        let body = json!({ "email": email }).to_string();
        let answer = user.request(Method::POST, "/email-watchlist").body(content_type, body).send().await;
        match switched.value.as_str() {
            "ignored" => {
                switched.answers(&answer, 422);
                assert_eq!(answer.body["errors"]["email"], json!(["The email field is required."]));
            }
            "415" => switched.answers(&answer, 415),
            "read" => {
                switched.answers(&answer, 201);
                assert_eq!(answer.body["data"]["email"], email);
            }
            _ => switched.is_not_checked(),
        }
    }
    for (content_type, email) in [
        ("application/json; charset=utf-8", "json@example.com"),
        ("Application/JSON", "upper@example.com"),
        ("application/vnd.api+json", "api@example.com"),
    ] {
        let body = json!({ "email": email }).to_string();
        user.request(Method::POST, "/email-watchlist").body(content_type, body).send().await.expect(201);
    }
    // The guide's examples send no Content-Type at all.
    let bare = reqwest::Client::new().post(format!("{}/api/v1/email-watchlist", switched.world.base_url()));
    let bare = bare.bearer_auth(APP).body(json!({ "email": "bare@example.com" }).to_string());
    assert_eq!(bare.send().await.expect("an answer").status(), 201, "{}", switched.label());
}
