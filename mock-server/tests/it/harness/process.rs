//! The binary as a process of its own.

use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};

const BINARY: &str = env!("CARGO_BIN_EXE_mock-server");

/// The binary with these arguments and no variables that could reach into it.
pub(crate) fn binary(arguments: &[&str]) -> Command {
    clean(hearing(), arguments)
}

/// The binary as a program that hears all signals. It leaves alone one that it is started to ignore, as all are that `nohup`
/// or a script's `&` starts.
fn hearing() -> Command {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let ignored = status.lines().find_map(|line| u64::from_str_radix(line.strip_prefix("SigIgn:")?.trim(), 16).ok());
    // SIGHUP and SIGINT.
    if ignored.unwrap_or_default() & 0b11 == 0 {
        return Command::new(BINARY);
    }
    let mut command = Command::new("env");
    command.args(["--default-signal=INT,HUP", BINARY]);
    command
}

/// The same by a line of `sh`, in which `"$0" "$@"` is the binary with its arguments.
pub(crate) fn in_shell(line: &str, arguments: &[&str]) -> Command {
    let mut shell = Command::new("sh");
    shell.args(["-c", line, BINARY]);
    clean(shell, arguments)
}

fn clean(mut command: Command, arguments: &[&str]) -> Command {
    let inherited: Vec<_> = std::env::vars_os().map(|(name, _)| name).collect();
    for name in inherited.iter().filter_map(|name| name.to_str()) {
        if name.starts_with("MOCK_") || ["SSN_REQUIRED", "API_NORMALIZE_ALL", "RUST_LOG"].contains(&name) {
            command.env_remove(name);
        }
    }
    command.args(arguments).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

/// A running server, killed when the test ends.
pub(crate) struct Running {
    pub(crate) child: Child,
    pub(crate) url: String,
}

impl Running {
    pub(crate) fn start(mut command: Command) -> Self {
        let mut child = command.spawn().expect("the binary starts");
        let mut line = String::new();
        let out = child.stdout.as_mut().expect("a pipe");
        BufReader::new(out).read_line(&mut line).expect("a line");
        let url = line.trim_end().strip_prefix("listening on ").expect(&line).to_owned();
        Self { child, url }
    }

    pub(crate) fn address(&self) -> &str {
        self.url.strip_prefix("http://").expect("http")
    }

    /// Sends a signal by its name.
    pub(crate) fn signal(&self, signal: &str) {
        let pid = self.child.id().to_string();
        let sent = Command::new("kill").args(["-s", signal, &pid]).status().expect("kill is there");
        assert!(sent.success());
    }

    /// Sends a signal by its name, and waits for the end. Gives the exit code, and the log where it can be read.
    pub(crate) fn end_by(self, signal: &str) -> (Option<i32>, String) {
        self.signal(signal);
        self.end()
    }

    /// Waits for the end. Gives the exit code, and the log where it can be read.
    pub(crate) fn end(mut self) -> (Option<i32>, String) {
        let mut log = String::new();
        if let Some(mut stderr) = self.child.stderr.take() {
            stderr.read_to_string(&mut log).expect("text");
        }
        (self.child.wait().expect("it ends").code(), log)
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// How it ended, and what it wrote to standard output and standard error.
pub(crate) fn texts(output: &Output) -> (Option<i32>, String, String) {
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    (output.status.code(), text(&output.stdout), text(&output.stderr))
}

/// A folder for the files of one test, removed when the test ends.
pub(crate) struct Folder(PathBuf);

impl Folder {
    /// An empty one, which no test has of another name.
    pub(crate) fn new(name: &str) -> Self {
        let folder = std::env::temp_dir().join(format!("mock-server-{name}-{}", std::process::id()));
        std::fs::create_dir_all(&folder).expect("a folder");
        Self(folder)
    }

    /// A path in it.
    pub(crate) fn join(&self, name: impl AsRef<Path>) -> String {
        self.0.join(name).into_os_string().into_string().expect("a path in UTF-8")
    }

    /// The names of the files in it, in order.
    pub(crate) fn names(&self) -> Vec<String> {
        let entries = std::fs::read_dir(&self.0).expect("a folder");
        let name = |entry: std::io::Result<std::fs::DirEntry>| entry.expect("an entry").file_name().into_string();
        let mut names: Vec<String> = entries.map(|entry| name(entry).expect("UTF-8")).collect();
        names.sort();
        names
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        // The files of a failed test are kept: they may show why it failed.
        if !std::thread::panicking() {
            std::fs::remove_dir_all(&self.0).expect("it can go");
        }
    }
}
