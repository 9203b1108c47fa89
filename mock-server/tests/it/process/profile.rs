//! `--profile`: what the log says of a profile at the start, and a file that is none.

use serde_json::json;

use crate::harness::{Folder, Running, binary};

#[test]
fn an_old_profile_and_what_is_not_used_of_it_are_told_at_the_start() {
    let folder = Folder::new("profile-old");
    let file = folder.join("profile.json");
    let seen = json!({ "add.status": { "200": 1, "201": 1 } });
    let source = json!({ "kind": "run", "date": "2020-01-01", "assumptions": seen });
    std::fs::write(&file, json!({ "profile": 1, "sources": { "a": source } }).to_string()).expect("it can be written");
    let arguments = ["--listen", "127.0.0.1:0", "--log", "warn", "--log-format", "json", "--profile", &file];
    let running = Running::start(binary(&arguments));
    let (code, told) = running.end_by("TERM");
    assert_eq!(code, Some(0));
    assert!(told.contains("add.status is not used: both 200 and 201 were seen"), "{told}");
    assert!(told.contains("days old; run the suite against the target again"), "{told}");

    let arguments = [&arguments[..], &["--profile-max-age", "100000"]].concat();
    let (_, told) = Running::start(binary(&arguments)).end_by("TERM");
    assert!(!told.contains("days old"), "{told}");
}

#[test]
fn a_file_that_is_no_profile_stops_the_start_and_is_named() {
    let folder = Folder::new("profile-bad");
    let file = folder.join("results.json");
    std::fs::write(&file, r#"{"verdict":"conformant"}"#).expect("it can be written");
    for (name, expected) in [(file.as_str(), "it is no profile"), ("/nowhere.json", "No such file")] {
        let output = binary(&["--listen", "127.0.0.1:0", "--profile", name]).output().expect("the binary runs");
        let told = String::from_utf8_lossy(&output.stderr);
        assert!(
            !output.status.success() && told.contains(&format!("--profile {name}")) && told.contains(expected),
            "{told}"
        );
    }
}
