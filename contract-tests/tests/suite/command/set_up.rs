//! The command at targets that are not the API, or that refuse its credentials: it says so, and sends nothing more.

use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};

use axum::http::{HeaderName, HeaderValue, header};
use mock_server::MockServer;
use serde_json::{Value, json};

use super::{contract, ended, folder, items_left, results};
use crate::proxy::{self, Answered, Way, Wrong, there};

/// The one answer of a server that is something else.
fn page(status: u16, headers: &[(HeaderName, &'static str)], body: &str) -> Way {
    let headers = headers.iter().map(|(name, value)| (name.clone(), HeaderValue::from_static(value)));
    Way::Back(Answered { status, headers: headers.collect(), body: body.to_owned() })
}

const HTML: (HeaderName, &str) = (header::CONTENT_TYPE, "text/html; charset=utf-8");

/// Servers that are not the API, and what is said of them.
const STRANGERS: &[(&str, Wrong, &str)] = &[
    (
        "redirects",
        there(|_, _| page(301, &[(header::LOCATION, "https://elsewhere.example/")], "")),
        "301 to POST /api/v1/crm/auth/login (redirects to https://elsewhere.example/: set DEFENTRY_BASE_URL)",
    ),
    (
        "firewall",
        there(|_, _| page(403, &[HTML], "<h1>Request blocked</h1>")),
        "403 to POST /api/v1/crm/auth/login with text/html",
    ),
    (
        "basic",
        there(|_, _| page(401, &[HTML, (header::WWW_AUTHENTICATE, "Basic realm=\"staging\"")], "<h1>401</h1>")),
        "401 to POST /api/v1/crm/auth/login (it asks for a user and a password of its own)",
    ),
    (
        "nginx",
        there(|_, _| page(404, &[HTML], "<center><h1>404 Not Found</h1></center>")),
        "404 to POST /api/v1/crm/auth/login with text/html",
    ),
    (
        "index",
        there(|_, _| page(200, &[HTML], "<!doctype html><div id=app></div>")),
        "200 to POST /api/v1/crm/auth/login with text/html",
    ),
];

/// What a run says that could not begin, once it is sure that it has failed nobody and has sent next to nothing.
async fn refused(mut command: std::process::Command, name: &str) -> String {
    let folder = folder(name);
    let (code, text) = ended({
        command.env("DEFENTRY_RESULTS_DIR", &folder);
        command
    })
    .await;
    assert_eq!(code, 2, "{name}\n{text}");
    let results = results(&folder);
    let checks = results["checks"].as_array().expect("checks");
    assert!(checks.iter().all(|check| check["outcome"] == "inconclusive" || check["outcome"] == "unknown"), "{text}");
    assert!(checks.len() > 200 && results["requests"].as_u64() <= Some(7), "{name}: {}", results["requests"]);
    assert_eq!(results["verdict"], "nothing-tested");
    let because = results["because"].as_str().expect("text").to_owned();
    assert!(text.contains(&format!("verdict   nothing tested ({because})")), "{text}");
    // A page writes a slash in its own way.
    let needle = because.split(" to ").next().expect("there is a first part");
    for report in ["junit.xml", "summary.md", "report.html"] {
        let report = std::fs::read_to_string(folder.join(report)).expect("it is written");
        assert!(report.contains(needle), "{report}");
        assert!(!report.contains("not-the-password") && !report.contains("9|expired"), "{report}");
    }
    because
}

#[tokio::test]
async fn what_is_not_the_api_neither_fails_nor_passes() {
    for (name, wrong, expected) in STRANGERS {
        let server = proxy::start(proxy::client(), "http://127.0.0.1:9", &[*wrong]).await;
        let said = refused(contract(Some(&server.url), &folder(name), &["run"]), name).await;
        assert_eq!(said, format!("this is not the API: {expected}"));
        let mut with_token = contract(Some(&server.url), &folder(name), &["run"]);
        with_token.env_remove("DEFENTRY_CRM_USERNAME").env_remove("DEFENTRY_CRM_PASSWORD");
        with_token.env_remove("DEFENTRY_CRM2_USERNAME").env_remove("DEFENTRY_CRM2_PASSWORD");
        with_token.env("DEFENTRY_CRM_TOKEN", "9|expired");
        let said = refused(with_token, name).await;
        assert_eq!(said, format!("this is not the API: {}", expected.replace("crm/auth/login", "account")));
    }
}

#[tokio::test]
async fn a_wrong_path_or_wrong_credentials_are_named() {
    let mock = MockServer::start().await;
    let below = format!("{}/api", mock.base_url());
    let cases: [(&str, &[(&str, &str)], &str); 6] = [
        (
            "path",
            &[("DEFENTRY_BASE_URL", &below)],
            "this is not the API: 404 to POST /api/v1/crm/auth/login (no such route there: see DEFENTRY_BASE_URL)",
        ),
        (
            "password",
            &[("DEFENTRY_CRM_PASSWORD", "not-the-password")],
            "the credentials of DEFENTRY_CRM_USERNAME and DEFENTRY_CRM_PASSWORD are refused: 401 to POST \
             /api/v1/crm/auth/login",
        ),
        (
            "password2",
            &[("DEFENTRY_CRM2_PASSWORD", "not-the-password")],
            "the credentials of DEFENTRY_CRM2_USERNAME and DEFENTRY_CRM2_PASSWORD are refused: 401 to POST \
             /api/v1/crm/auth/login",
        ),
        (
            "secret",
            &[("DEFENTRY_CLIENT_SECRET", "not-the-password")],
            "the credentials of DEFENTRY_CLIENT_ID and DEFENTRY_CLIENT_SECRET are refused: 401 to POST \
             /api/v1/sso/token",
        ),
        (
            "expired",
            &[("DEFENTRY_CRM_TOKEN", "9|expired")],
            "the credentials of DEFENTRY_CRM_TOKEN are refused: 401 to POST /api/v1/account",
        ),
        (
            "another",
            &[("DEFENTRY_CRM_TOKEN", "2|mock-app-token")],
            "the credentials of DEFENTRY_CRM_TOKEN are refused: 403 to POST /api/v1/account",
        ),
    ];
    for (name, variables, expected) in cases {
        let set_up = |arguments: &[&str]| {
            let mut command = contract(Some(mock.base_url()), &folder(name), arguments);
            if variables.iter().any(|(name, _)| *name == "DEFENTRY_CRM_TOKEN") {
                command.env_remove("DEFENTRY_CRM_USERNAME").env_remove("DEFENTRY_CRM_PASSWORD");
            }
            command.envs(variables.iter().copied());
            command
        };
        assert_eq!(refused(set_up(&["run"]), name).await, expected);
        if name.starts_with("pa") {
            let (code, text) = ended(set_up(&["sweep"])).await;
            assert!(code == 2 && text.contains(expected), "{text}");
        }
    }
}

/// The journal of a mock: how often a path was asked for, and how often the caller was refused there.
async fn asked_and_refused(mock: &MockServer, path: &str) -> (usize, usize) {
    let journal = reqwest::get(format!("{}/_mock/requests", mock.base_url())).await.expect("the mock answers");
    let journal: Value = journal.json().await.expect("JSON");
    let requests = journal["requests"].as_array().expect("a list").iter().filter(|request| request["path"] == path);
    let requests = Vec::from_iter(requests);
    (requests.len(), requests.iter().filter(|request| request["status"] == 401).count())
}

/// Accounts are locked for a second wrong password, and a third.
#[tokio::test]
async fn a_credential_is_refused_once() {
    const LOGIN: &str = "/api/v1/crm/auth/login";
    const EXCHANGE: &str = "/api/v1/sso/token";
    let cases = [
        ("DEFENTRY_CRM_PASSWORD", LOGIN, (1, 1)),
        ("DEFENTRY_CRM2_PASSWORD", LOGIN, (2, 1)),
        ("DEFENTRY_CLIENT_SECRET", EXCHANGE, (1, 1)),
    ];
    for (variable, path, expected) in cases {
        let mock = MockServer::start().await;
        let name = format!("once-{variable}");
        let mut command = contract(Some(mock.base_url()), &folder(&name), &["run"]);
        command.env(variable, "not-the-password");
        assert!(refused(command, &name).await.contains(variable), "{variable}");
        assert_eq!(asked_and_refused(&mock, path).await, expected, "{variable}");
    }
    // Where all is well, each partner logs in once, and the set-up asks for one token.
    let mock = MockServer::start().await;
    let (code, text) = ended(contract(Some(mock.base_url()), &folder("once"), &["run", "--only", "ssn."])).await;
    assert_eq!(code, 4, "{text}");
    assert_eq!(asked_and_refused(&mock, LOGIN).await, (2, 0), "{text}");
}

/// A client may be refused by another status; a client that there is not is refused by the same.
#[tokio::test]
async fn a_client_that_is_refused_as_an_unknown_one_is_the_variables_doing() {
    let mock = MockServer::start().await;
    let refuses = there(|asked, memory| {
        let is_right = asked.json()["client_secret"] == "mock-secret";
        if !asked.is("POST", "/api/v1/sso/token") || is_right {
            return Way::On;
        }
        memory.note(asked.json()["client_id"].to_string());
        Way::Back(Answered::json(422, &json!({ "message": "invalid_client", "notes": memory.notes() })))
    });
    let server = proxy::start(proxy::client(), mock.base_url(), &[refuses]).await;
    let mut command = contract(Some(&server.url), &folder("unknown-client"), &["run"]);
    command.env("DEFENTRY_CLIENT_SECRET", "not-the-password");
    let said = refused(command, "unknown-client").await;
    let expected =
        "the credentials of DEFENTRY_CLIENT_ID and DEFENTRY_CLIENT_SECRET are refused: 422 to POST /api/v1/sso/token";
    assert_eq!(said, expected);
}

#[tokio::test]
async fn a_signal_ends_a_set_up_that_hangs() {
    let mock = MockServer::start().await;
    let hangs = there(|asked, _| if asked.is("POST", "/auth/login") { Way::Lost } else { Way::On });
    let server = proxy::start(proxy::client(), mock.base_url(), &[hangs]).await;
    let folder = folder("hanging");
    let mut child = contract(Some(&server.url), &folder, &["run"]).spawn().expect("the binary runs");
    // The first line is said before the first request is sent.
    let mut said = String::new();
    BufReader::new(child.stderr.take().expect("a pipe")).read_line(&mut said).expect("a line");
    let began = std::time::Instant::now();
    super::signal(&child, "-INT");
    let output = tokio::task::spawn_blocking(|| child.wait_with_output()).await.expect("no panic").expect("it ends");
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    assert_eq!(output.status.code(), Some(130), "{text}");
    assert!(text.contains("interrupted") && began.elapsed().as_secs() < 14, "{text}");
}

#[tokio::test]
async fn a_replay_needs_a_target_that_lets_it_in() {
    let mock = MockServer::start().await;
    let folder = folder("replay-shut-out");
    std::fs::create_dir_all(&folder).expect("a folder");
    let file = folder.join("any.replay.json");
    let sequence =
        json!({ "version": 2, "seed": 1, "format": "legacy", "expected": "", "observed": "", "operations": [] });
    std::fs::write(&file, sequence.to_string()).expect("a file");
    let arguments = ["replay", &*file.display().to_string()];
    let mut command = contract(Some(mock.base_url()), &folder, &arguments);
    command.env("DEFENTRY_CRM_PASSWORD", "not-the-password");
    let (code, text) = ended(command).await;
    assert!(code == 2 && text.contains("DEFENTRY_CRM_PASSWORD are refused"), "{text}");
}

#[tokio::test]
async fn an_account_that_is_refused_for_a_variable_names_it() {
    let mock = MockServer::start().await;
    let plans = there(|asked, _| match asked.is("POST", "/api/v1/account") && asked.json()["plan_id"] == 77 {
        true => Way::Back(Answered::json(422, &json!({ "errors": { "plan_id": ["The selected plan is invalid."] } }))),
        false => Way::On,
    });
    let server = proxy::start(proxy::client(), mock.base_url(), &[plans]).await;
    let mut command = contract(Some(&server.url), &folder("plan-id"), &["run"]);
    command.env("DEFENTRY_PLAN_ID", "77");
    let said = refused(command, "plan-id").await;
    assert_eq!(said, "an account is refused for its plan_id, which DEFENTRY_PLAN_ID sets: 422 to POST /api/v1/account");
    let mut command = contract(Some(&server.url), &folder("other-plan"), &["run"]);
    command.env("DEFENTRY_PLAN_WITHOUT_ONLINE_ID", "77");
    let said = refused(command, "other-plan").await;
    assert!(said.contains("which DEFENTRY_PLAN_WITHOUT_ONLINE_ID sets: 422"), "{said}");
    // Where the refusal names no field, the other plan tells.
    let plans = there(|asked, _| match asked.is("POST", "/api/v1/account") && asked.json()["plan_id"] == 77 {
        true => Way::Back(Answered::json(403, &json!({ "message": "Not in your contract." }))),
        false => Way::On,
    });
    let server = proxy::start(proxy::client(), mock.base_url(), &[plans]).await;
    for variable in ["DEFENTRY_PLAN_ID", "DEFENTRY_PLAN_WITHOUT_ONLINE_ID"] {
        let name = format!("unnamed-{variable}");
        let mut command = contract(Some(&server.url), &folder(&name), &["run"]);
        command.env(variable, "77");
        let said = refused(command, &name).await;
        let expected = format!("an account on plan 77 is refused, and one on another is not: see {variable}: 403 to ");
        assert!(said.starts_with(&expected), "{said}");
    }
}

/// Where only the right secret is let in, a refusal of it is the target's doing.
#[tokio::test]
async fn an_exchange_that_a_target_refuses_to_a_known_client_fails_it() {
    let mock = MockServer::start().await;
    let refuses = there(|asked, _| {
        let is_it = asked.is("POST", "/api/v1/sso/token") && asked.json()["client_secret"] == "mock-secret";
        if is_it { Way::Back(Answered::json(404, &json!({ "error": "Not found" }))) } else { Way::On }
    });
    let server = proxy::start(proxy::client(), mock.base_url(), &[refuses]).await;
    let only = ["run", "--only", "sso"];
    let (code, text) = ended(contract(Some(&server.url), &folder("sso-refused"), &only)).await;
    assert_eq!(code, 1, "{text}");
}

#[tokio::test]
async fn an_answer_that_is_no_json_says_why() {
    let mock = MockServer::start().await;
    let marked = proxy::back(|asked, answered, _| {
        if asked.is("POST", "/api/v1/crm/auth/login") {
            answered.body.insert(0, '\u{feff}');
        }
    });
    let server = proxy::start(proxy::client(), mock.base_url(), &[marked]).await;
    let folder = folder("mark");
    let (code, text) = ended(contract(Some(&server.url), &folder, &["run", "--only", "login.keep_logged"])).await;
    assert!(code == 2 || code == 1, "{text}");
    let because = results(&folder)["checks"][0]["observed"].as_str().expect("text").to_owned();
    assert!(because.contains("a byte order mark stands before it"), "{because}");
}

/// A server of this test that sends something for as long as it is read.
fn endless(head: &'static str) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let address = listener.local_addr().expect("an address");
    let answer = move |mut stream: TcpStream| {
        let mut line = String::new();
        let mut request = BufReader::new(stream.try_clone()?);
        while request.read_line(&mut line)? > 2 {
            line.clear();
        }
        stream.write_all(head.as_bytes())?;
        let zeros = [b'0'; 1 << 16];
        loop {
            stream.write_all(&zeros)?;
        }
    };
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let ended: std::io::Result<()> = std::thread::spawn(move || answer(stream)).join().expect("no panic");
            drop(ended);
        }
    });
    format!("http://{address}")
}

#[tokio::test]
async fn an_answer_without_an_end_is_not_read_to_it() {
    let cases = [
        ("body", "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n\r\n", "its body has more than 16 MiB"),
        ("head", "HTTP/1.1 200 OK\r\nx-long: ", "no answer to POST /api/v1/crm/auth/login: "),
    ];
    for (name, head, expected) in cases {
        let said = refused(contract(Some(&endless(head)), &folder(name), &["run"]), name).await;
        assert!(said.contains(expected), "{said}");
    }
}

#[tokio::test]
async fn the_cause_of_a_name_that_is_not_known_is_told() {
    // Longer than a label may be, so that nobody is asked for it.
    let host = format!("{}.example", "a".repeat(70));
    let mut command = contract(Some(&format!("http://{host}")), &folder("name"), &["run", "--rate", "1000"]);
    command.env("DEFENTRY_ALLOW_WRITES", &host);
    let folder = folder("name");
    let (code, text) = ended(command).await;
    assert_eq!(code, 2, "{text}");
    let line = text.lines().find(|line| line.starts_with("target    out of reach: "));
    assert!(line.is_some_and(|line| line.contains("dns")), "{text}");
    assert!(results(&folder)["because"].as_str().is_some_and(|because| because.contains("dns")), "{text}");
}

#[tokio::test]
async fn a_name_that_names_nothing_is_refused_before_anything_is_sent() {
    let mock = MockServer::start().await;
    for command in ["run", "plan"] {
        let arguments = [command, "--only", "EMAIL-1", "--only", "EMIAL-1"];
        let (code, text) = ended(contract(Some(mock.base_url()), &folder("nothing"), &arguments)).await;
        assert!(
            code == 2 && text.contains("--only EMIAL-1 names no check and no fact (did you mean EMAIL-1?)"),
            "{text}"
        );
    }
    let accounts: Value = reqwest::get(format!("{}/_mock/accounts", mock.base_url()))
        .await
        .expect("the mock answers")
        .json()
        .await
        .expect("JSON");
    assert_eq!(accounts["accounts"].as_array().map(Vec::len), Some(3), "{accounts}");
    assert_eq!(items_left(&mock).await, 0);
}
