//! How the binary starts: where it listens, and what it says to a port that is taken or a name that is none.

use std::net::TcpListener;

use crate::harness::{Running, binary, texts};

#[tokio::test]
async fn it_listens_where_people_write_it_and_a_port_of_its_own_wins() {
    for arguments in [
        &["--listen", "localhost:0"] as &[&str],
        &["--listen", "0"],
        &["--listen", ":0"],
        &["--listen", "127.0.0.1", "--port", "0"],
        &["--port", "0"],
        &["--listen", "127.0.0.1:1", "--port", "0"],
    ] {
        let running = Running::start(binary(arguments));
        assert!(running.address().starts_with("127.0.0.1:"), "{arguments:?}: {}", running.url);
        let health = reqwest::get(format!("{}/_mock/health", running.url)).await.expect("an answer");
        assert_eq!(health.status(), 200, "{arguments:?}");
    }
}

#[test]
fn a_port_that_is_taken_tells_by_whom_and_what_helps() {
    let running = Running::start(binary(&["--listen", "127.0.0.1:0"]));
    let other = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let stranger = other.local_addr().expect("an address").to_string();
    // It takes the connection and hangs up.
    let hangs_up = std::thread::spawn(move || drop(other.accept()));
    let version = format!("mock-server {} listens there already", env!("CARGO_PKG_VERSION"));
    for (address, by) in [(running.address(), &*version), (&*stranger, "another program listens there")] {
        let (code, out, error) = texts(&binary(&["--listen", address]).output().expect("it runs"));
        assert_eq!((code, &*out), (Some(2), ""), "{error}");
        for part in [&format!("--listen {address}: "), by, "--port 0 a free one"] {
            assert!(error.contains(part), "{part}: {error}");
        }
    }
    hangs_up.join().expect("it was asked");
}

#[test]
fn a_name_that_is_none_is_refused_with_the_one_that_is_meant() {
    let cases: [(&[&str], &[&str]); 8] = [
        (&["--listn", "8650"], &["--listn", "--listen"]),
        (&["healtcheck"], &["healtcheck", "healthcheck"]),
        (&["--assume", "list.shap=paginated"], &["--assume list.shap=paginated", "did you mean list.shape?"]),
        (&["--assume", "list.shape=paginatd"], &["it is one of data, paginated, bare", "did you mean paginated?"]),
        (&["--journal", "-1"], &["'-1'", "--journal", "a whole number from 0"]),
        (&["--port", "http"], &["--port", "http"]),
        (&["--listen", "mock.example:8650"], &["mock.example is a name", "127.0.0.1:8650"]),
        (&["env", "--format", "bash"], &["--format", "bash", "shell"]),
    ];
    for (arguments, expected) in cases {
        let (code, _, error) = texts(&binary(arguments).output().expect("it runs"));
        assert_eq!(code, Some(2), "{arguments:?}: {error}");
        for text in expected {
            assert!(error.contains(text), "{arguments:?} {text}: {error}");
        }
    }
}

#[tokio::test]
async fn a_variable_that_is_none_of_the_mock_s_is_told_and_changes_nothing() {
    let mut command = binary(&["--listen", "127.0.0.1:0", "--log", "warn"]);
    command
        .env("MOCK_ASSUM", "remove.status=200")
        .env("MOCK_SERVICE_HOST", "10.0.0.1")
        .env("MOCK_PORT", "tcp://10.0.0.1:8650");
    let running = Running::start(command);
    let (code, log) = running.end_by("TERM");
    assert_eq!(code, Some(0), "{log}");
    assert!(log.contains("the variable MOCK_ASSUM is none of the mock's; did you mean MOCK_ASSUME?"), "{log}");
    assert_eq!(log.lines().count(), 1, "{log}");
}
