//! The requests of the journal as curl commands.

use std::process::Command;

use mock_server::MockServer;
use serde_json::{Value, json};

use crate::harness::{APP, CRM, World};

async fn curl(world: &World, id: usize) -> String {
    world.get(&format!("/_mock/requests/{id}/curl")).send().await.expect(200).text("curl")
}

#[tokio::test]
async fn of_the_journal_what_is_new_is_read() {
    let world = World::new();
    for number in 1..=5 {
        world.get(&format!("/api/v1/{number}")).send().await.expect(404);
    }
    let cases: [(&str, &[u64]); 6] = [
        ("", &[1, 2, 3, 4, 5]),
        ("?after=0", &[1, 2, 3, 4, 5]),
        ("?after=3", &[4, 5]),
        ("?after=5", &[]),
        ("?limit=2", &[4, 5]),
        ("?after=1&limit=3", &[3, 4, 5]),
    ];
    for (query, expected) in cases {
        let found = world.journal_of(query).await;
        let found: Vec<u64> = found.iter().map(|request| request["id"].as_u64().expect("a number")).collect();
        assert_eq!(found, expected, "{query}");
    }
    world.delete("/_mock/requests").send().await.expect(204);
    world.get("/_mock/requests/5/curl").send().await.expect(404);
}

#[tokio::test]
async fn a_request_is_masked_in_the_journal_and_whole_where_it_is_asked_for() {
    let world = World::new();
    let base = world.base_url();
    world
        .post("/api/v1/phone-watchlist")
        .token(APP)
        .standardized()
        .json(json!({ "phone": "+46701740620" }))
        .send()
        .await;
    world.get("/api/v1/account/1/alarms?page=2").token(CRM).send().await.expect(200);
    world.get("/api/v1/alarms").token("9|nobody").send().await.expect(401);
    world.get("/api/v1/alarms").header("authorization", "Basic c2VjcmV0").send().await.expect(401);
    let masked: Vec<Value> = world.journal().await.iter().map(|request| request["curl"].clone()).collect();
    assert_eq!(
        masked,
        [
            format!(
                "curl -X POST {base}/api/v1/phone-watchlist \\\n  -H \"Authorization: Bearer $APP_TOKEN\" \\\n  \
                 -H 'X-API-Version: 2026-06-12' \\\n  -H 'Content-Type: application/json' \\\n  \
                 --data-raw '{{\"phone\":\"+*********20\"}}'"
            ),
            format!("curl '{base}/api/v1/account/1/alarms?page=2' \\\n  -H \"Authorization: Bearer $CRM_TOKEN\""),
            format!("curl {base}/api/v1/alarms \\\n  -H \"Authorization: Bearer $TOKEN\""),
            format!("curl {base}/api/v1/alarms \\\n  -H \"Authorization: $AUTHORIZATION\""),
        ]
    );
    let typed: Vec<String> = world.control().requests().into_iter().map(|request| request.curl).collect();
    assert_eq!(json!(typed), json!(masked), "as over HTTP");
    let whole = curl(&world, 1).await;
    assert!(whole.contains("-H 'Authorization: Bearer 2|mock-app-token'") && whole.contains("+46701740620"), "{whole}");
    assert!(curl(&world, 4).await.contains("-H 'Authorization: Basic c2VjcmV0'"));
}

#[tokio::test]
async fn a_curl_command_goes_to_where_its_reader_reaches_the_world() {
    let world = World::of(MockServer::builder());
    world.get("/api/v1/x").header("host", "defentry:8650").send().await.expect(404);
    let read = world.get("/_mock/requests/1/curl").header("host", "localhost:9000").send().await.expect(200);
    assert_eq!(read.text("curl"), "curl http://localhost:9000/api/v1/x");
    let behind = World::of(MockServer::builder().public_url("https://mock.example/api-mock"));
    behind.get("/api/v1/x").send().await.expect(404);
    assert_eq!(curl(&behind, 1).await, "curl https://mock.example/api-mock/api/v1/x");
}

/// Runs a command with the machine's shell; `curl` in it is one that hands on what it was given.
fn run(command: &str) -> Vec<u8> {
    let script = format!("curl() {{ for argument in \"$@\"; do printf '%s\\0' \"$argument\"; done; }}\n{command}");
    let output = Command::new("sh").args(["-c", &script]).output().expect("there is a shell");
    assert!(output.status.success() && output.stderr.is_empty(), "{command}\n{output:?}");
    output.stdout
}

#[tokio::test]
async fn a_curl_command_hands_on_all_that_a_client_sent_and_no_shell_reads_it() {
    let world = World::new();
    let bodies = [
        r#"{"email":"it's@example.com"}"#,
        "{\"email\":\"$(touch never)`id`${HOME}\"}\n\n",
        "'; echo stolen; '",
        "{\"name\":\"<script>alert(1)</script> \\\" \\\\ \t\"}",
        "@/etc/passwd",
        "-o/never",
        "åäö 🙂",
    ];
    for (position, body) in bodies.into_iter().enumerate() {
        world
            .post("/api/v1/email-watchlist?q='$(id)'")
            .token("1|it's $(me)")
            .body("application/json", body)
            .send()
            .await;
        let url = format!("{}/api/v1/email-watchlist?q=%27$(id)%27", world.base_url());
        let expected = [
            "-X",
            "POST",
            &url,
            "-H",
            "Authorization: Bearer 1|it's $(me)",
            "-H",
            "Content-Type: application/json",
            "--data-raw",
            body,
        ];
        let given = run(&curl(&world, position + 1).await);
        let given = String::from_utf8(given).expect("text");
        assert_eq!(given.split_terminator('\0').collect::<Vec<_>>(), expected);
        let masked = world.journal().await.pop().expect("a request")["curl"].as_str().expect("a command").to_owned();
        run(&masked);
        assert!(!masked.contains("$(me)") && !masked.contains("$(id)"), "{masked}");
    }
}

#[tokio::test]
async fn of_a_long_body_the_journal_keeps_the_beginning_and_says_so() {
    let world = World::new();
    let long = format!("{{\"email\":\"{}\"}}", "å".repeat(20_000));
    world.post("/api/v1/email-watchlist").token(APP).body("application/json", long.clone()).send().await.expect(422);
    let cut = curl(&world, 1).await;
    assert!(cut.len() < 80_000 && cut.contains(&format!("# the body had {} bytes", long.len())), "{cut}");
    run(&cut);
    let huge = vec![b' '; 1024 * 1024 + 1];
    world.post("/api/v1/email-watchlist").token(APP).body("application/json", huge).send().await.expect(413);
    let unread = curl(&world, 2).await;
    assert!(unread.ends_with("# the body was not read, so it is not here"), "{unread}");
}
