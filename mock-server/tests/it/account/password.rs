//! The password change (SSO-5). The guide gives no body, so the rules are those of stock Laravel.

use serde_json::{Value, json};

use crate::harness::{APP, World};

const PATH: &str = "/api/v2/account/password";

/// The issues of a body, as the answer says them; none where the password was changed.
async fn issues(world: &World, body: Value) -> Vec<String> {
    let answer = world.post(PATH).token(APP).standardized().json(body).send().await;
    if answer.status == 200 {
        return Vec::new();
    }
    let answer = answer.expect(422);
    let details = answer.body["error"]["details"].as_array().expect("details").clone();
    details.iter().map(|detail| detail["issue"].as_str().expect("a text").to_owned()).collect()
}

#[tokio::test]
async fn a_password_has_eight_characters_and_is_repeated_rightly_if_it_is_repeated() {
    let cases = [
        (json!({}), Some("The password field is required.")),
        (json!({ "password": "" }), Some("The password field is required.")),
        (json!({ "password": 12345678 }), Some("The password field must be a string.")),
        (json!({ "password": "1234567" }), Some("The password field must be at least 8 characters.")),
        (json!({ "password": "12345678" }), None),
        (json!({ "password": "12345678", "password_confirmation": "12345678" }), None),
        (
            json!({ "password": "12345678", "password_confirmation": "12345679" }),
            Some("The password field confirmation does not match."),
        ),
    ];
    for (body, issue) in cases {
        let world = World::new();
        assert_eq!(issues(&world, body.clone()).await, issue.into_iter().collect::<Vec<_>>(), "{body}");
    }
}

#[tokio::test]
async fn the_current_password_must_be_right_once_there_is_one() {
    let world = World::new();
    let change = |current: &str, password: &str| json!({ "current_password": current, "password": password });
    assert_eq!(issues(&world, change("anything", "first password")).await, [""; 0], "there is none yet");
    assert_eq!(issues(&world, change("wrong", "second password")).await, ["The password is incorrect."]);
    assert_eq!(issues(&world, change("first password", "second password")).await, [""; 0]);
    assert_eq!(issues(&world, change("first password", "third password")).await, ["The password is incorrect."]);
}

#[tokio::test]
async fn no_answer_and_no_journal_holds_a_password() {
    let world = World::new();
    let body = json!({ "password": "canary-password" });
    let answer = world.post(PATH).token(APP).json(body).send().await.expect(200);
    let profile = world.get("/api/v1/account").token(APP).send().await.expect(200);
    let journal = world.get("/_mock/requests").send().await.expect(200);
    for text in [answer.raw, profile.raw, journal.raw] {
        assert!(!text.contains("canary"), "{text}");
    }
}
