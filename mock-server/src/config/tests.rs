use super::*;
use crate::guide::assumptions::Key;

/// Flags, and the gateway's variables with their values.
type Given = (&'static [&'static str], &'static [(&'static str, &'static str)]);

/// The configuration that these flags and gateway variables give.
fn read(flags: &[&str], gateway: &[(&str, &str)]) -> Result<Cli, String> {
    let flags = std::iter::once("mock-server").chain(flags.iter().copied());
    let matches = Cli::command().try_get_matches_from(flags).map_err(|error| error.to_string())?;
    let mut cli = Cli::from_arg_matches(&matches).map_err(|error| error.to_string())?;
    let variable = |name: &str| gateway.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).to_owned());
    cli.config.read_gateway_names(&matches, variable).map_err(|error| error.to_string())?;
    Ok(cli)
}

#[test]
fn the_command_line_is_sound() {
    Cli::command().debug_assert();
}

#[test]
fn the_gateways_own_names_are_read_and_flags_win() {
    let cases: [(Given, bool, bool); 7] = [
        ((&[], &[]), true, false),
        ((&[], &[("SSN_REQUIRED", "false"), ("API_NORMALIZE_ALL", "true")]), false, true),
        ((&["--ssn-required", "true"], &[("SSN_REQUIRED", "false")]), true, false),
        ((&["--normalize-all=false"], &[("API_NORMALIZE_ALL", "1")]), true, false),
        ((&["--normalize-all"], &[]), true, true),
        ((&["--normalize-all", "serve"], &[]), true, true),
        ((&["serve", "--ssn-required", "no"], &[]), false, false),
    ];
    for ((flags, gateway), ssn_required, normalize_all) in cases {
        let config = read(flags, gateway).expect("a configuration").config;
        assert_eq!((config.ssn_required, config.normalize_all), (ssn_required, normalize_all), "{flags:?} {gateway:?}");
    }
}

#[test]
fn a_value_may_be_a_list_among_pairs_that_commas_separate() {
    let cases: [(&str, &[&str]); 5] = [
        ("add.status=200", &["add.status=200"]),
        ("add.status=200,add.body=bare", &["add.status=200", "add.body=bare"]),
        ("removal.states=A,B", &["removal.states=A,B"]),
        ("removal.states=A,B,add.status=200", &["removal.states=A,B", "add.status=200"]),
        ("A,add.status=200", &["A", "add.status=200"]),
    ];
    for (text, expected) in cases {
        assert_eq!(pairs(text), expected, "{text}");
    }
    let flags = ["--assume", "removal.states=A,B", "--assume", "add.status=200,add.body=bare"];
    let assumptions = read(&flags, &[]).expect("flags").config.all_assumptions().expect("pairs");
    let named = [Key::RemovalStates, Key::AddStatus, Key::AddBody].map(|key| assumptions.value(key));
    assert_eq!(named, ["A,B", "200", "bare"]);
    read(&["--assume", "A"], &[]).expect("flags").config.all_assumptions().expect_err("no pair");
}

#[test]
fn what_does_not_parse_is_named() {
    let cases: [(Given, &str); 6] = [
        ((&["--listen", "here"], &[]), "--listen"),
        ((&["--ssn-required", "maybe"], &[]), "--ssn-required"),
        ((&["--journal", "-1"], &[]), "it is how many requests are kept"),
        ((&["--public-url", "mock.example"], &[]), "--public-url"),
        ((&["--log", "xml"], &[]), "--log"),
        ((&[], &[("SSN_REQUIRED", "maybe")]), "SSN_REQUIRED"),
    ];
    for ((flags, gateway), expected) in cases {
        let error = read(flags, gateway).expect_err(expected);
        assert!(error.contains(expected), "{error}");
    }
    let error = read(&["--assume", "remove.status=1"], &[]).expect("flags").config.app().expect_err("a value");
    assert_eq!(error, "--assume remove.status=1: the assumption remove.status cannot be \"1\"; it is one of 204, 200");
    let error = read(&["--seed", "/nowhere.json"], &[]).expect("flags").config.app().expect_err("a file");
    assert!(error.starts_with("--seed /nowhere.json: "), "{error}");
}
