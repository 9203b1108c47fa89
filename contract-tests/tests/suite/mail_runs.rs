//! Emails as people have them: in a Mailpit, in a mailbox. What each reader proves on an honest server, and on others.

use std::path::PathBuf;
use std::time::Duration;

use contract_tests::{End, Results, Selection};
use mock_server::MockServer;

use crate::command::{contract, ended, folder};
use crate::honest::{Flaw, Honest, Manner, PASSWORD, Post, Reader};
use crate::honest_runs::{alarms, all_are_silent, run};

/// The checks that read emails.
const OF_EMAILS: [&str; 4] = ["card.", "email.", "items.added_by_crm", "phone."];

/// A server that is quicker than others, whose mailbox is 3 seconds ahead, or behind.
fn manner(post: &Post, ahead: i64, flaw: Option<Flaw>) -> Manner {
    Manner {
        delay: 0..4,
        mail_delay: 0..300,
        others: Duration::from_secs(60),
        post: post.clone(),
        ahead,
        flaw,
        ..Manner::default()
    }
}

async fn checked(post: &Post, reader: Reader, ahead: i64, flaw: Option<Flaw>, only: &[&str]) -> Results {
    // A message too many is to be there by the time at which the later one is.
    let mail_delay = if flaw.is_some() { 0..1 } else { 0..300 };
    let server = Honest::start(Manner { mail_delay, ..manner(post, ahead, flaw) }).await;
    let only = Selection { only: only.iter().map(|name| (*name).to_owned()).collect() };
    run(&server, reader, 1, "mail", &only).await
}

/// Each check of an honest server passes: what a reader shows is enough to tell.
async fn all_is_told(post: &Post, reader: Reader, only: &[&str]) {
    for ahead in [3, -3] {
        let results = checked(post, reader, ahead, None, only).await;
        all_are_silent(&alarms(&results, &format!("{reader:?}, {ahead} s ahead")));
        for check in &results.checks {
            // Checks that run at once find out together which names a card's fields have there.
            let is_told = check.outcome == End::Pass || check.reason.contains("422 to POST");
            assert!(is_told, "{reader:?}: {}: {}", check.id, check.reason);
        }
    }
}

/// A server that sends too much, and one that sends too little, are seen.
async fn faults_are_seen(post: &Post, reader: Reader) {
    let flaws = [
        (Flaw::AsksForAll, "items.added_by_crm_without_confirmation"),
        (Flaw::AsksForAll, "card.added_by_crm_needs_no_verification"),
        (Flaw::ResendsNothing, "email.confirmation_is_resent."),
    ];
    for (flaw, only) in flaws {
        let results = checked(post, reader, 0, Some(flaw), &[only]).await;
        let is_seen = results.checks.iter().any(|check| check.outcome == End::Fail);
        let reasons: Vec<&str> = results.checks.iter().map(|check| &*check.reason).collect();
        assert!(is_seen, "{reader:?}, {flaw:?}: {:?} {reasons:?}", results.because);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_mailpit_tells_all() {
    all_is_told(&Post::Mailpit, Reader::Mailpit, &OF_EMAILS).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_mailpit_and_a_command_show_what_is_sent_without_need() {
    faults_are_seen(&Post::Mailpit, Reader::Mailpit).await;
    faults_are_seen(&Post::Folder, Reader::All).await;
}

/// The newest message may be another one than that which should not have come.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_newest_message_alone_proves_nothing_about_others() {
    for flaw in [None, Some(Flaw::AsksForAll)] {
        let results = checked(&Post::Folder, Reader::Newest, 0, flaw, &["card.added_by_crm"]).await;
        for check in &results.checks {
            let is_told = check.outcome == End::Inconclusive && check.reason.contains("shows only the newest message");
            let is_seen = check.outcome == End::Fail && flaw.is_some();
            assert!(is_told || is_seen, "{flaw:?} {:?}: {}", check.outcome, check.reason);
        }
    }
}

/// Where nothing at all is shown, the mailbox may be the wrong one.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_reader_that_shows_nothing_accuses_nobody() {
    let server = Honest::start(manner(&Post::Mailpit, 0, Some(Flaw::LosesMail))).await;
    let mut command = contract(None, &folder("silent-reader"), &["run", "--only", "email.", "--message-seconds", "1"]);
    command.envs(server.variables(Reader::Mailpit));
    let (code, text) = ended(command).await;
    assert_eq!(code, 4, "{text}");
    let results = crate::command::results(&folder_of("silent-reader"));
    let told = results["checks"].as_array().expect("checks").iter().filter(|check| {
        check["reason"].as_str().is_some_and(|reason| reason.contains("DEFENTRY_MESSAGES has shown no message at all"))
    });
    assert_eq!(told.count(), 6, "{results}");
}

/// What is lost before anything else has come through is known to be lost once something has. A target elsewhere is
/// called by one check after the other, and this one is reached by a proxy.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_lost_kind_of_message_is_named_once_another_has_come() {
    let server = Honest::start(manner(&Post::Mailpit, 0, Some(Flaw::LosesConfirmations))).await;
    let only = ["--only", "email.added_by_app", "--only", "card.verified_by_the"];
    let arguments = [&["run", "--message-seconds", "2", "--rate", "500"], &only[..]].concat();
    let mut command = contract(None, &folder("late"), &arguments);
    command.envs(server.variables(Reader::Mailpit)).env("DEFENTRY_RESULTS_DIR", folder_of("late"));
    command.env("DEFENTRY_BASE_URL", "http://api.example.com").env("DEFENTRY_ALLOW_WRITES", "api.example.com");
    command.env("http_proxy", &server.url).env_remove("no_proxy").env_remove("NO_PROXY");
    let (code, text) = ended(command).await;
    assert_eq!(code, 1, "{text}");
    let results = crate::command::results(&folder_of("late"));
    for check in results["checks"].as_array().expect("checks") {
        let is_email = check["id"].as_str().is_some_and(|id| id.starts_with("email."));
        assert_eq!(check["outcome"], if is_email { "fail" } else { "pass" }, "{check}");
    }
    assert!(text.contains("expected  an email that confirms to "), "{text}");
}

fn folder_of(test: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(test)
}

/// The IMAP server that `.ci/mail` has started.
struct Dovecot {
    /// The folder of its one mailbox, in the form of Maildir.
    maildir: PathBuf,
    port: String,
    tls_port: String,
    authority: String,
}

impl Dovecot {
    fn of_environment() -> Self {
        let told =
            |name: &str| std::env::var(name).unwrap_or_else(|_| panic!("{name} is not set: `.ci/mail` runs this"));
        Self {
            maildir: told("DOVECOT_MAILDIR").into(),
            port: told("DOVECOT_PORT"),
            tls_port: told("DOVECOT_TLS_PORT"),
            authority: told("DOVECOT_CA_FILE"),
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs an IMAP server: `.ci/mail` runs it"]
async fn a_mailbox_tells_all() {
    let dovecot = Dovecot::of_environment();
    let post = Post::Maildir(dovecot.maildir.clone());
    let url: &'static str = format!("imap://suite@127.0.0.1:{}/INBOX", dovecot.port).leak();
    all_is_told(&post, Reader::Imap(url), &OF_EMAILS).await;
    faults_are_seen(&post, Reader::Imap(url)).await;
}

/// As a user runs it: by TLS, with a certificate of an authority that a file names; by STARTTLS; and with mistakes, each of
/// which ends the run before anything is created.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs an IMAP server: `.ci/mail` runs it"]
async fn a_mailbox_is_reached_by_tls_or_its_variable_is_named() {
    let Dovecot { maildir, port, tls_port, authority } = Dovecot::of_environment();
    let server = Honest::start(manner(&Post::Maildir(maildir), 0, None)).await;
    let tls = format!("imaps://suite@localhost:{tls_port}");
    let trusted: &[(&str, &str)] = &[("DEFENTRY_CA_FILE", &authority)];
    let refused: &[(&str, &str)] = &[("DEFENTRY_CA_FILE", &authority), ("DEFENTRY_MESSAGES_PASSWORD", "another")];
    let cases = [
        (tls.clone(), trusted, ""),
        // There it lets nobody log in without TLS.
        (format!("imap://suite@127.0.0.2:{port}/INBOX"), trusted, ""),
        (tls.clone(), refused, "DEFENTRY_MESSAGES_PASSWORD is refused for suite: "),
        (format!("{tls}/Nowhere"), trusted, "DEFENTRY_MESSAGES names a folder \"Nowhere\" that is not there: "),
        (tls, &[], "DEFENTRY_CA_FILE names a PEM file"),
        (format!("imaps://suite@localhost:{port}"), trusted, "that cannot be used: TLS fails: "),
        ("imaps://suite@localhost:9".to_owned(), trusted, "cannot be used: Connection refused"),
    ];
    for (number, (url, variables, expected)) in cases.into_iter().enumerate() {
        let name = format!("imap-{number}");
        let mut command = contract(None, &folder(&name), &["run", "--only", "email.added_by_app"]);
        command.envs(server.variables(Reader::All)).env("DEFENTRY_MESSAGES", format!("imap:{url}"));
        command.env("DEFENTRY_MESSAGES_PASSWORD", PASSWORD).envs(variables.iter().copied());
        command.env("DEFENTRY_RESULTS_DIR", folder_of(&name));
        let (code, text) = ended(command).await;
        assert_eq!(code, if expected.is_empty() { 4 } else { 2 }, "{url}\n{text}");
        assert!(text.contains(expected) && !text.contains(PASSWORD), "{url}\n{text}");
        let results = crate::command::results(&folder_of(&name));
        let outcome = if expected.is_empty() { "pass" } else { "inconclusive" };
        assert_eq!(results["checks"][0]["outcome"], outcome, "{url}\n{results}");
    }
}

/// Settings of readers that cannot be right.
#[tokio::test]
async fn a_reader_that_does_not_work_ends_the_run_before_it_begins() {
    let (server, mock) = (Honest::start(manner(&Post::Mailpit, 0, None)).await, MockServer::start().await);
    let (locked, other, away) = (&server.url, mock.base_url(), "http://127.0.0.1:9");
    let cases = [
        (
            "mailpit-away",
            format!("mailpit:{away}"),
            "DEFENTRY_MESSAGES names a Mailpit that cannot be reached: Connection refused",
        ),
        (
            "mailpit-locked",
            format!("mailpit:{locked}"),
            "DEFENTRY_MESSAGES names a Mailpit that wants a user and a password",
        ),
        (
            "mailpit-refuses",
            format!("mailpit:{}", locked.replace("//", "//ann@")),
            "DEFENTRY_MESSAGES_PASSWORD is refused",
        ),
        (
            "no-mailpit",
            format!("mailpit:{other}"),
            "DEFENTRY_MESSAGES names a Mailpit that answers 404 to GET /api/v1/info",
        ),
        (
            "imap-away",
            "imap:imap://suite@127.0.0.1:9".to_owned(),
            "DEFENTRY_MESSAGES names a mailbox at 127.0.0.1:9 that cannot",
        ),
        (
            "no-command",
            "command:no-such-command-at-all".to_owned(),
            "DEFENTRY_MESSAGES has a command that ends with exit status: 127",
        ),
        ("no-outbox", "mock".to_owned(), "DEFENTRY_MESSAGES is mock, but the target has no outbox: "),
        (
            "no-reader",
            "pigeon:post".to_owned(),
            "DEFENTRY_MESSAGES is not mock, none, mailpit:URL, imap:URL or command:CMD",
        ),
    ];
    for (name, messages, expected) in cases {
        let mut command = contract(None, &folder(name), &["run"]);
        command.envs(server.variables(Reader::All)).env("DEFENTRY_MESSAGES", messages);
        command.env("DEFENTRY_MESSAGES_PASSWORD", PASSWORD).env("DEFENTRY_RESULTS_DIR", folder_of(name));
        let (code, text) = ended(command).await;
        assert!(code == 2 && text.contains(expected) && !text.contains(PASSWORD), "{name} ends with {code}\n{text}");
    }
}
