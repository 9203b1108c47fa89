//! `contract learn`: profiles of recordings, and no value of anybody in them.

use std::path::Path;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use mock_server::MockServer;
use serde_json::{Value, json};

use super::{contract, ended, folder};

/// One entry of a recording.
fn entry(method: &str, path: &str, token: &str, body: Option<&Value>, status: u16, answer: &Value) -> Value {
    json!({
        "request": {
            "method": method, "url": format!("https://api.example.com{path}"),
            "headers": [{ "name": "Authorization", "value": format!("Bearer {token}") }],
            "postData": body.map(|body| json!({ "mimeType": "application/json", "text": body.to_string() })),
        },
        "response": {
            "status": status, "headers": [],
            "content": { "size": 9, "mimeType": "application/json", "text": answer.to_string() },
        },
    })
}

fn har(entries: &[Value]) -> String {
    json!({ "log": { "version": "1.2", "entries": entries } }).to_string()
}

async fn learnt(folder: &Path, text: &str) -> (i32, String) {
    std::fs::create_dir_all(folder).expect("a folder");
    let (file, into) = (folder.join("recording.har"), folder.join("profile.json"));
    std::fs::write(&file, text).expect("it can be written");
    let arguments = ["learn", file.to_str().expect("UTF-8"), "--into", into.to_str().expect("UTF-8")];
    ended(contract(None, folder, &arguments)).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_mock_does_as_a_recorded_target() {
    let folder = folder("learn-recorded");
    let list = json!({ "rows": [{ "uid": "7", "mail": "known@example.com", "is_live": "1" }] });
    let path = "/gateway/api/v1/account/31/email-watchlist";
    let added = json!({ "row": { "uid": "7", "mail": "known@example.com", "is_live": "1" } });
    let entries = [
        entry("POST", path, "5|partner", Some(&json!({ "email": "known@example.com" })), 201, &added),
        entry("GET", path, "5|partner", None, 200, &list),
    ];
    let (code, told) = learnt(&folder, &har(&entries)).await;
    assert_eq!(code, 0, "{told}");
    let text = std::fs::read_to_string(folder.join("profile.json")).expect("a profile");
    let (code, told) = learnt(&folder, &har(&entries)).await;
    assert_eq!(
        (code, std::fs::read_to_string(folder.join("profile.json")).expect("a profile")),
        (0, text.clone()),
        "{told}"
    );

    let mock = MockServer::builder().profile(&text).expect("a profile").start().await;
    let http = reqwest::Client::builder().no_proxy().build().expect("a client");
    let url = format!("{}/api/v1/account/1/email-watchlist", mock.base_url());
    let listed: Value =
        http.get(url).bearer_auth("1|mock-crm-token").send().await.expect("an answer").json().await.expect("JSON");
    assert_eq!(listed["rows"][0], json!({ "is_live": "1", "mail": "john.work@example.com", "uid": "1" }), "{listed}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_run_tells_what_has_moved_since_it_was_learnt() {
    let folder = folder("learn-moved");
    let before = MockServer::start().await;
    let run = async |url: &str, results: &Path, more: &[&str]| {
        ended(contract(Some(url), results, &[&["run", "--only", "items.email"][..], more].concat())).await.1
    };
    run(before.base_url(), &folder.join("before"), &[]).await;
    let profile = folder.join("before/profile.json");
    let learnt = ["--profile", profile.to_str().expect("UTF-8")];
    let same = run(before.base_url(), &folder.join("same"), &learnt).await;
    assert!(same.contains(" as learnt, 0 moved, "), "{same}");

    let other = MockServer::builder().assume("add.body", "bare").expect("a value").start().await;
    let moved = run(other.base_url(), &folder.join("moved"), &learnt).await;
    assert!(!moved.contains(" 0 moved") && moved.contains("email-watchlist (crm, "), "{moved}");

    let missing = run(before.base_url(), &folder.join("missing"), &["--profile", "/nowhere.json"]).await;
    assert!(missing.contains("--profile /nowhere.json"), "{missing}");
}

/// Secrets in every place of a recording: none is in what is written or printed.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_value_of_a_recording_is_in_a_profile() {
    let folder = folder("learn-canary");
    let canaries: Vec<String> = (0..16).map(|number| format!("canary{number}xq7Zk9")).collect();
    let c = |place: usize| canaries[place].as_str();
    let encoded = STANDARD.encode(c(0));
    let answer = json!({
        "data": [{ "id": c(1), "name": c(2), c(3): true, "deep": { c(4): [c(5)] }, "encoded": encoded, "status": c(15) }],
        "message": c(6),
    });
    let refusal = json!({ "error": { "code": c(7), "message": c(8), "details": [{ "field": c(9), "issue": c(10) }] } });
    let path = "/api/v1/account/31/email-watchlist";
    let mut with_more = entry("GET", &format!("{path}?q={}", c(11)), c(12), None, 200, &answer);
    with_more["request"]["cookies"] = json!([{ "name": c(13), "value": c(13) }]);
    with_more["response"]["headers"] = json!([{ "name": "Set-Cookie", "value": c(14) }]);
    let mut form = entry("POST", path, c(12), None, 422, &refusal);
    form["request"]["postData"] =
        json!({ "mimeType": "application/x-www-form-urlencoded", "text": format!("email={}", c(11)) });
    let unknown = entry("GET", &format!("/api/v1/{}", c(2)), c(12), None, 404, &json!({ "error": c(8) }));
    let (code, told) = learnt(&folder, &har(&[with_more, form, unknown])).await;
    assert_eq!(code, 0, "{told}");
    let written = std::fs::read_to_string(folder.join("profile.json")).expect("a profile");
    assert!(written.contains("data[].id"), "something was learnt: {written}");
    for canary in canaries.iter().chain([&encoded]) {
        assert!(!written.contains(canary.as_str()) && !told.contains(canary.as_str()), "{canary}\n{written}\n{told}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_nothing_can_be_learnt_of_is_said() {
    let folder = folder("learn-refused");
    let other = entry("GET", "/index.html", "x", None, 200, &json!({}));
    let mut without = entry("GET", "/api/v1/alarms", "x", None, 200, &json!([]));
    without["response"]["content"] = json!({ "size": 9, "mimeType": "application/json" });
    let cases = [
        ("no JSON", "recording.har: it is no profile"),
        ("{}", "recording.har: it is no profile"),
        (r#"{"log":{}}"#, "recording.har: it is no HAR"),
        (&har(&[other]), "nothing of this API is in it (1 not of this API)"),
        (&har(&[without]), "1 without the body that came"),
    ];
    for (text, expected) in cases {
        let (code, told) = learnt(&folder, text).await;
        assert!(code == 2 && told.contains(expected), "{text}: {code} {told}");
        assert!(!folder.join("profile.json").exists(), "{text}");
    }
}
