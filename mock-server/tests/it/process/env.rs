//! `env` and `healthcheck`: what a server that runs says of itself, and what is said where none does.

use std::io::{Read, Write};
use std::net::TcpListener;

use serde_json::{Value, json};
use tokio::net::TcpSocket;

use crate::harness::{Folder, Running, binary, texts};

/// A seed with credentials of its own.
fn seed() -> String {
    let partner = json!({
        "crm_users": [{ "username": "own@partner.example", "password": "it's own" }],
        "sso_clients": [{ "client_id": "own-client", "client_secret": "own-secret" }],
    });
    let account = json!({
        "profile": { "first_name": "Jane", "last_name": "Roe", "email": "jane.roe@example.com" }, "app_token": "5|own-token",
    });
    json!({ "version": 1, "partners": [partner], "accounts": [account] }).to_string()
}

#[test]
fn the_variables_are_those_of_the_server_that_runs() {
    let folder = Folder::new("env");
    let file = folder.join("seed.json");
    std::fs::write(&file, seed()).expect("a file");
    let mut command = binary(&["--listen", "127.0.0.1:0", "--seed", &file]);
    command.env("SSN_REQUIRED", "false");
    let running = Running::start(command);
    let address = running.address();

    let print = |arguments: &[&str]| {
        // The flag wins, and the configuration of this process is not asked.
        let mut command = binary(&["env", "--listen", address]);
        command.args(arguments).env("MOCK_LISTEN", "127.0.0.1:1").env("MOCK_SEED", "empty");
        let (code, lines, error) = texts(&command.output().expect("it runs"));
        assert_eq!(code, Some(0), "{arguments:?}: {error}");
        lines
    };
    let expected = [
        ("DEFENTRY_BASE_URL", running.url.as_str()),
        ("DEFENTRY_CRM_USERNAME", "own@partner.example"),
        ("DEFENTRY_CRM_PASSWORD", "it's own"),
        ("DEFENTRY_CLIENT_ID", "own-client"),
        ("DEFENTRY_CLIENT_SECRET", "own-secret"),
        ("DEFENTRY_SSN_REQUIRED", "false"),
        ("DEFENTRY_NORMALIZE_ALL", "false"),
        ("DEFENTRY_APP_TOKEN", "5|own-token"),
    ];
    let printed: Value = serde_json::from_str(&print(&["--format", "json"])).expect("JSON");
    assert_eq!(printed, expected.iter().map(|(name, value)| ((*name).to_owned(), json!(value))).collect::<Value>());
    assert!(print(&[]).contains("export DEFENTRY_CRM_PASSWORD='it'\\''s own'\n"));
    assert!(print(&["--format", "github"]).contains("DEFENTRY_CRM_PASSWORD=it's own\n"));
    assert!(print(&["--format", "powershell"]).contains("$env:DEFENTRY_CRM_PASSWORD = 'it''s own'\n"));
    assert!(print(&["--format", "dotenv"]).contains("DEFENTRY_CRM_PASSWORD=\"it's own\"\n"));
}

/// A server that is none of ours, for as many requests.
fn stranger(requests: usize) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let address = listener.local_addr().expect("an address").to_string();
    std::thread::spawn(move || {
        for stream in listener.incoming().take(requests) {
            let mut stream = stream.expect("a connection");
            let _ = stream.read(&mut [0; 1024]);
            let _ = stream.write_all(b"HTTP/1.1 404 Not Found\r\nContent-Length: 2\r\nConnection: close\r\n\r\n{}");
        }
    });
    address
}

#[test]
fn a_server_that_is_not_there_or_is_another_is_an_error() {
    // A port that nobody else can take, and at which nobody listens.
    let kept = TcpSocket::new_v4().expect("a socket");
    kept.bind(([127, 0, 0, 1], 0).into()).expect("a free port");
    let free = kept.local_addr().expect("an address").to_string();
    let other = stranger(2);
    for (address, reason) in [(&free, "no answer from"), (&other, "404 Not Found")] {
        for command in ["env", "healthcheck"] {
            let (code, out, error) = texts(&binary(&[command, "--listen", address]).output().expect("it runs"));
            assert_eq!((code, out.as_str()), (Some(1), ""), "{command} {address}: {error}");
            assert!(error.contains(reason) && error.contains(address), "{command}: {error}");
        }
    }
}

#[test]
fn a_health_check_that_waits_ends_as_soon_as_the_server_answers_or_when_its_time_is_over() {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let address = listener.local_addr().expect("an address").to_string();
    drop(listener);
    let mut waiting = binary(&["healthcheck", "--wait", "60", "--listen", &address]).spawn().expect("it runs");
    let running = Running::start(binary(&["--listen", &address]));
    assert!(waiting.wait().expect("it ends").success());
    drop(running);
    let (code, _, error) =
        texts(&binary(&["healthcheck", "--wait", "1", "--listen", &address]).output().expect("it runs"));
    assert_eq!(code, Some(1));
    assert!(error.contains(&format!("no answer from {address}")) && error.contains("after 1 seconds"), "{error}");
}
