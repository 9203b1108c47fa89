//! Commands over what runs and recordings have left: `verify`, `compare`, `history`.

use std::path::Path;

use mock_server::MockServer;
use serde_json::{Value, json};

use super::{contract, ended, folder};

/// One entry of a recording.
fn entry(method: &str, path: &str, token: &str, status: u16, answer: &Value) -> Value {
    let headers = json!([{ "name": "Authorization", "value": format!("Bearer {token}") }]);
    let headers = if token.is_empty() { json!([]) } else { headers };
    json!({
        "request": { "method": method, "url": format!("https://api.example.com{path}"), "headers": headers },
        "response": {
            "status": status, "headers": [],
            "content": { "size": 9, "mimeType": "application/json", "text": answer.to_string() },
        },
    })
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_recording_is_held_to_the_facts_without_credentials() {
    let folder = folder("verify");
    std::fs::create_dir_all(&folder).expect("a folder");
    let token = json!({ "token": "1|secret-of-a-partner" });
    let login = entry("POST", "/api/v1/crm/auth/login", "", 200, &token);
    let read = |path: &str| entry("GET", path, "1|secret-of-a-partner", 200, &json!({ "data": [] }));
    let other = entry("GET", "/index.html", "", 200, &json!({}));
    let cases = [
        (vec![login.clone(), read("/api/v1/account/3/email-watchlist"), other.clone()], 0, "1 not of this API"),
        (vec![login, read("/api/v1/email-watchlist")], 1, "SCOPE-3: "),
        (vec![other], 2, "nothing of this API is in it"),
    ];
    for (entries, expected, said) in cases {
        let file = folder.join("recording.har");
        let har = json!({ "log": { "version": "1.2", "entries": entries } });
        std::fs::write(&file, har.to_string()).expect("it can be written");
        let (code, told) = ended(contract(None, &folder, &["verify", file.to_str().expect("UTF-8")])).await;
        assert!(code == expected && told.contains(said), "{code}: {told}");
        assert!(!told.contains("secret-of-a-partner"), "{told}");
        if code < 2 {
            let written = std::fs::read_to_string(folder.join("verification.json")).expect("the findings");
            assert!(written.contains("not-exercised") && !written.contains("secret-of-a-partner"), "{written}");
        }
    }
}

/// A results folder with these findings.
fn found(folder: &Path, name: &str, id_form: &str, email: &str) -> String {
    let of = folder.join(name);
    std::fs::create_dir_all(&of).expect("a folder");
    let check = json!({
        "id": "items.email_added_by_crm.legacy", "facts": ["EMAIL-1"], "level": "documented", "outcome": email,
        "reason": "", "expected": "", "observed": "", "curl": "", "milliseconds": 1,
    });
    let results = json!({
        "schema": 1, "suite": "0", "guide": "sha256:0", "verdict": "partial", "because": "",
        "started_at": "2026-11-28T10:00:00Z", "seconds": 1.0, "seed": 1, "requests": 1,
        "target": { "base_url": "http://127.0.0.1" }, "checks": [check],
        "facts": [{ "id": "EMAIL-1", "fact": "", "outcome": email }], "matrix": [], "accounts_left": [], "not_removed": [],
        "assumptions": { "id.form": { "default": "integer", "observed": id_form, "question": "", "reason": "" } },
    });
    std::fs::write(of.join("results.json"), results.to_string()).expect("it can be written");
    of.display().to_string()
}

#[tokio::test]
async fn of_three_targets_it_is_told_who_stands_alone() {
    let folder = folder("compare-three");
    let mock = found(&folder, "mock", "integer", "pass");
    let (real, again) = (found(&folder, "real", "uuid", "fail"), found(&folder, "again", "uuid", "pass"));
    let (code, told) = ended(contract(None, &folder, &["compare", &mock, &real, &again])).await;
    assert_eq!(code, 1, "{told}");
    assert!(told.contains(&format!("{mock} stands alone (the others: --assume id.form=uuid)")), "{told}");
    assert!(told.contains(&format!("{real} deviates from the guide")), "{told}");
    let (code, told) = ended(contract(None, &folder, &["compare", &mock, &mock, &mock])).await;
    assert!(code == 0 && told.contains("they do the same"), "{told}");
    let (code, told) = ended(contract(None, &folder, &["compare", &mock, "/nowhere"])).await;
    assert!(code == 2 && told.contains("/nowhere"), "{told}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_run_is_added_to_the_history_and_held_against_a_url() {
    let folder = folder("history");
    let mock = MockServer::start().await;
    let only = ["run", "--only", "LOGIN-1"];
    let (_, told) = ended(contract(Some(mock.base_url()), &folder, &only)).await;
    let (_, _) = ended(contract(Some(mock.base_url()), &folder, &only)).await;
    let badge = std::fs::read_to_string(folder.join("badge.json")).expect("a badge");
    assert!(badge.contains("\"schemaVersion\": 1") && badge.contains("facts"), "{told}\n{badge}");
    let (code, told) = ended(contract(None, &folder, &["history"])).await;
    assert_eq!((code, told.matches(" moved ").count()), (0, 2), "{told}");
    // A mock is no ground truth.
    assert!(told.contains("0 of 59 facts") && told.contains("were ever seen"), "{told}");
    let report = std::fs::read_to_string(folder.join("report.html")).expect("a report");
    assert!(report.contains("Runs over time") && report.contains("<svg class=\"history\""), "the runs are drawn");
    let profile = folder.join("profile.json").display().to_string();
    let (code, told) = ended(contract(None, &folder, &["compare", &profile, &profile])).await;
    assert!(code == 0 && told.contains("0 moved"), "{told}");
    let (code, told) = ended(contract(None, &folder, &["history", "/nowhere"])).await;
    assert!(code == 2 && told.contains("/nowhere"), "{told}");
}
