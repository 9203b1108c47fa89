//! `--save`: where the world goes when the server is told to stop.

use std::fs::Permissions;
use std::os::unix::fs::{MetadataExt, PermissionsExt, symlink};
use std::os::unix::net::UnixListener;

use crate::harness::{Folder, Running, binary, texts};

#[tokio::test]
async fn it_saves_its_world_when_it_is_told_to_stop_and_goes_on_from_there() {
    let folder = Folder::new("save");
    let file = &folder.join("world.json");
    let client = reqwest::Client::new();

    let first = Running::start(binary(&["--listen", "127.0.0.1:0", "--log", "json", "--save", file]));
    let added = client.post(format!("{}/api/v1/email-watchlist", first.url)).bearer_auth("2|mock-app-token");
    let added = added.json(&serde_json::json!({ "email": "kept@example.com" })).send().await.expect("an answer");
    assert_eq!(added.status(), 201);
    let (code, log) = first.end_by("TERM");
    assert_eq!(code, Some(0), "{log}");

    let second = Running::start(binary(&["--listen", "127.0.0.1:0", "--log", "json", "--seed", file, "--save", file]));
    let listed = client.get(format!("{}/api/v1/email-watchlist", second.url)).bearer_auth("2|mock-app-token");
    let listed = listed.send().await.expect("an answer").text().await.expect("a text");
    assert!(listed.contains("kept@example.com"), "{listed}");
    let before = std::fs::read_to_string(file).expect("it was saved");
    let (code, log) = second.end_by("INT");
    assert_eq!(code, Some(0), "{log}");
    assert_eq!(std::fs::read_to_string(file).expect("it was saved"), before);
    assert_eq!(folder.names(), ["world.json"]);
}

#[test]
fn where_it_could_not_save_it_does_not_start() {
    let folder = Folder::new("save-nowhere");
    let (link, circle, socket) = (folder.join("link"), folder.join("circle"), folder.join("socket"));
    symlink("/dev/null", &link).expect("a link");
    symlink("circle", &circle).expect("a link");
    let _open = UnixListener::bind(&socket).expect("a socket");
    let cases = [
        ("/nowhere/world.json", "No such file"),
        ("/", "a directory"),
        ("/dev/null", "a device"),
        (&link, "a device"),
        (&circle, "symbolic links"),
        (&socket, "a socket"),
        // A pipe, because the test reads it.
        ("/dev/stdout", "a pipe"),
    ];
    for (place, reason) in cases {
        let output = binary(&["--listen", "127.0.0.1:0", "--save", place]).output().expect("the binary starts");
        let (code, _, error) = texts(&output);
        assert_eq!(code, Some(2), "{error}");
        assert!(error.contains(&format!("--save {place}")) && error.contains(reason), "{error}");
    }
}

#[tokio::test]
async fn a_save_goes_to_where_the_link_leads_keeps_the_mode_and_touches_no_other_file() {
    let folder = Folder::new("save-link");
    let [real, other] = ["real.json", "real.json.new"].map(|name| folder.join(name));
    std::fs::write(&real, "before").expect("a file");
    std::fs::set_permissions(&real, Permissions::from_mode(0o640)).expect("its mode");
    std::fs::write(&other, "mine").expect("a file");
    // One link leads to another by a relative path, and one to where no file is yet.
    for (link, to) in [("first", "second"), ("second", "real.json"), ("early", "late.json")] {
        symlink(to, folder.join(link)).expect("a link");
    }
    for link in ["first", "early"] {
        let place = folder.join(link);
        let running = Running::start(binary(&["--listen", "127.0.0.1:0", "--log", "json", "--save", &place]));
        let (code, log) = running.end_by("HUP");
        assert_eq!(code, Some(0), "{log}");
        assert!(std::fs::symlink_metadata(&place).expect("it is there").is_symlink(), "{link}");
    }
    for saved in [&real, &folder.join("late.json")] {
        assert!(std::fs::read_to_string(saved).expect("it was saved").starts_with('{'), "{saved}");
    }
    assert_eq!(std::fs::metadata(&real).expect("it is there").mode() & 0o7777, 0o640);
    assert_eq!(std::fs::read_to_string(&other).expect("it is there"), "mine");
    assert_eq!(folder.names(), ["early", "first", "late.json", "real.json", "real.json.new", "second"]);
}

#[tokio::test]
async fn a_save_that_fails_at_the_end_is_told_and_leaves_nothing_beside() {
    let folder = Folder::new("save-late");
    let place = folder.join("world.json");
    let running = Running::start(binary(&["--listen", "127.0.0.1:0", "--log", "json", "--save", &place]));
    std::fs::create_dir(&place).expect("a folder");
    let (code, log) = running.end_by("TERM");
    assert_eq!(code, Some(2), "{log}");
    assert!(log.contains(&format!("error: --save {place}: this is a directory")), "{log}");
    assert_eq!(folder.names(), ["world.json"]);
}

#[tokio::test]
async fn it_saves_while_it_runs_and_only_what_is_new() {
    let folder = Folder::new("save-running");
    let file = &folder.join("world.json");
    // The first run: there is no file yet, and the world begins as the default seed.
    let mut first =
        Running::start(binary(&["--listen", "127.0.0.1:0", "--log", "json", "--seed", file, "--save", file]));
    let client = reqwest::Client::new();
    let added = client.post(format!("{}/api/v1/email-watchlist", first.url)).bearer_auth("2|mock-app-token");
    let added = added.json(&serde_json::json!({ "email": "kept@example.com" })).send().await.expect("an answer");
    assert_eq!(added.status(), 201);
    // Others read it meanwhile, and see no file that is half written.
    let saved = loop {
        match std::fs::read_to_string(file) {
            Ok(text) if text.contains("kept@example.com") => break text,
            Ok(text) => drop(serde_json::from_str::<serde_json::Value>(&text).expect("a whole seed")),
            Err(_) => tokio::task::yield_now().await,
        }
    };
    let inode = std::fs::metadata(file).expect("it is there").ino();
    first.child.kill().expect("kill -9");
    first.child.wait().expect("it ends");

    let second = Running::start(binary(&["--listen", "127.0.0.1:0", "--log", "json", "--seed", file, "--save", file]));
    let listed = client.get(format!("{}/api/v1/email-watchlist", second.url)).bearer_auth("2|mock-app-token");
    let listed = listed.send().await.expect("an answer").text().await.expect("a text");
    assert!(listed.contains("kept@example.com"), "{listed}");
    assert_eq!(std::fs::metadata(file).expect("it is there").ino(), inode, "nothing has changed, so nothing is saved");
    assert_eq!(std::fs::read_to_string(file).expect("it is there"), saved);
    assert_eq!(folder.names(), ["world.json"]);
}

#[test]
fn a_seed_that_is_missing_and_not_saved_to_is_an_error() {
    let folder = Folder::new("save-other");
    let [seed, save] = ["seed.json", "world.json"].map(|name| folder.join(name));
    let arguments = ["--listen", "127.0.0.1:0", "--seed", &seed, "--save", &save];
    let (code, _, error) = texts(&binary(&arguments).output().expect("it runs"));
    assert_eq!(code, Some(2));
    assert!(error.contains(&format!("--seed {seed}: No such file")), "{error}");
}
