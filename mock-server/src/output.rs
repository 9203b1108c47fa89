//! Standard output and standard error beside the log: what cannot be written is an error, never a panic.

use std::io::{self, Write};
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

/// How long a sentence waits for a reader.
const READ: Duration = Duration::from_secs(1);

/// Prints what a command was asked for.
///
/// # Errors
/// A sentence that says why it could not be printed.
pub fn print(text: &str) -> Result<(), String> {
    let mut out = io::stdout().lock();
    out.write_all(text.as_bytes()).and_then(|()| out.flush()).map_err(|error| format!("standard output: {error}"))
}

/// Says on standard error why the program ends. A reader that is gone, or does not read, does not hold up the end.
pub fn complain(error: &str) {
    let sentence = format!("error: {error}\n");
    without_waiting(move || {
        // There is no other place where it could be said.
        let _ = io::stderr().write_all(sentence.as_bytes());
    });
}

/// Does something that waits for a reader, and goes on without it where there is none.
pub(crate) fn without_waiting(print: impl FnOnce() + Send + 'static) {
    let (done, is_done) = mpsc::channel();
    thread::spawn(move || {
        print();
        // The receiver is gone where it took too long.
        let _ = done.send(());
    });
    // An error means that it takes too long, or that it has panicked.
    let _ = is_done.recv_timeout(READ);
}
