//! Files and bodies that begin with a byte order mark, or are UTF-16.

use serde_json::json;

use crate::harness::{Folder, Running, binary, texts};

const SEED: &str = include_str!("../../../../fixtures/seed.json");

const MARK: &str = "\u{feff}";

/// A text as Windows PowerShell writes it with `>`.
fn utf16(text: &str) -> Vec<u8> {
    format!("{MARK}{text}").encode_utf16().flat_map(u16::to_le_bytes).collect()
}

#[tokio::test]
async fn a_byte_order_mark_is_skipped_and_utf_16_is_named() {
    let folder = Folder::new("encoding");
    let file = |name: &str, bytes: &[u8]| {
        std::fs::write(folder.join(name), bytes).expect("a file");
        folder.join(name)
    };
    let seed = file("seed.json", format!("{MARK}{SEED}").as_bytes());
    let assumptions = file("assumptions.toml", format!("{MARK}remove.status = \"200\"").as_bytes());
    let arguments = ["--listen", "127.0.0.1:0", "--log", "off", "--seed", &seed, "--assumptions", &assumptions];
    let running = Running::start(binary(&arguments));

    let client = reqwest::Client::new();
    let control = |method: &str, path: &str| {
        let method = method.parse().expect("a method");
        client.request(method, format!("{}/_mock/{path}", running.url))
    };
    let snapshot = control("GET", "snapshot").send().await.expect("an answer").text().await.expect("text");
    let fault = json!({ "kind": "latency", "milliseconds": 1 }).to_string();
    let cases = [
        ("PUT", "clock", r#"{"frozen":true}"#, 200),
        ("PUT", "snapshot", &snapshot, 200),
        ("POST", "reset", "", 200),
        ("POST", "sandboxes", "{}", 201),
        ("POST", "faults", &fault, 201),
    ];
    for (method, path, body, status) in cases {
        let answer = control(method, path).body(format!("{MARK}{body}")).send().await.expect("an answer");
        assert_eq!(answer.status(), status, "{path}: {}", answer.text().await.expect("text"));
        if !body.is_empty() {
            let answer = control(method, path).body(utf16(body)).send().await.expect("an answer");
            assert_eq!(answer.status(), 400, "{path}");
            let refusal = answer.text().await.expect("text");
            assert!(refusal.contains("the body is UTF-16"), "{path}: {refusal}");
        }
    }

    for (flag, name, text) in [("--seed", "16.json", SEED), ("--assumptions", "16.toml", "remove.status = \"200\"")] {
        let file = file(name, &utf16(text));
        let (code, _, error) = texts(&binary(&["--listen", "127.0.0.1:0", flag, &file]).output().expect("it runs"));
        assert_eq!(code, Some(2), "{error}");
        assert!(error.contains(&format!("{flag} {file}: the file is UTF-16")), "{error}");
    }
}
