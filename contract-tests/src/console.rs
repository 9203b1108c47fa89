//! The output of the command, to a terminal, pipe or file.
//!
//! A reader that has gone, a disk that is full, or a pipe that nobody reads holds up no run and ends none: each stream is
//! written by a thread of its own, what cannot be written is lost, and the exit code and the reports tell the rest. What
//! waits to be written is no more than what a run has to say.

use std::io::{self, Write};
use std::sync::mpsc::{SendError, Sender, channel};
use std::sync::{Arc, Condvar, LazyLock, Mutex, PoisonError};
use std::time::Duration;

/// How long the end of the command waits for a reader that reads nothing.
const PATIENCE: Duration = Duration::from_secs(10);

static OUTPUT: LazyLock<Stream> = LazyLock::new(Stream::new);
static ERRORS: LazyLock<Stream> = LazyLock::new(Stream::new);

/// Something to be written.
type Job = Box<dyn FnOnce() + Send>;

/// A stream, and the thread that writes it.
struct Stream {
    jobs: Sender<Job>,
    counts: Arc<Counts>,
}

#[derive(Default)]
struct Counts {
    /// How many jobs there have been, and how many are done.
    counts: Mutex<(u64, u64)>,
    one_is_done: Condvar,
}

impl Stream {
    fn new() -> Self {
        let (jobs, taken) = channel::<Job>();
        let counts = Arc::<Counts>::default();
        let of_thread = Arc::clone(&counts);
        // Where there is no thread to be had, the caller finds nobody who takes its job.
        drop(std::thread::Builder::new().spawn(move || {
            for job in taken {
                job();
                of_thread.with(|(_, done)| *done += 1);
                of_thread.one_is_done.notify_all();
            }
        }));
        Self { jobs, counts }
    }

    fn add(&self, job: Job) {
        self.counts.with(|(all, _)| *all += 1);
        if let Err(SendError(job)) = self.jobs.send(job) {
            job();
            self.counts.with(|(_, done)| *done += 1);
        }
    }

    /// Waits until all is written, or for as long as somebody reads; returns whether all is.
    fn is_drained(&self) -> bool {
        let mut counts = self.counts.counts.lock().unwrap_or_else(PoisonError::into_inner);
        while counts.0 > counts.1 {
            let before = counts.1;
            let waited = self.counts.one_is_done.wait_timeout_while(counts, PATIENCE, |counts| counts.1 == before);
            let (later, end) = waited.unwrap_or_else(PoisonError::into_inner);
            if end.timed_out() {
                return false;
            }
            counts = later;
        }
        true
    }
}

impl Counts {
    fn with(&self, change: impl FnOnce(&mut (u64, u64))) {
        change(&mut self.counts.lock().unwrap_or_else(PoisonError::into_inner));
    }
}

/// Writes a line to standard output.
pub(crate) fn print(line: String) {
    OUTPUT.add(Box::new(move || write(&mut io::stdout().lock(), &line)));
}

/// Writes a line to standard error.
pub(crate) fn report(line: String) {
    ERRORS.add(Box::new(move || write(&mut io::stderr().lock(), &line)));
}

/// Draws on standard error, after what was written there.
pub(crate) fn draw(job: impl FnOnce() + Send + 'static) {
    ERRORS.add(Box::new(job));
}

/// Waits until all is written, as long as it is read.
pub(crate) fn finish() {
    if !OUTPUT.is_drained() {
        report(format!("contract: standard output was not read for {PATIENCE:?}: the rest is lost"));
    }
    ERRORS.is_drained();
}

fn write(to: &mut impl Write, line: &str) {
    drop(writeln!(to, "{line}").and_then(|()| to.flush()));
}

/// `println!`, but what cannot be written is lost.
macro_rules! say {
    ($($text:tt)*) => { $crate::console::print(format!($($text)*)) };
}

/// `eprintln!`, but what cannot be written is lost.
macro_rules! tell {
    ($($text:tt)*) => { $crate::console::report(format!($($text)*)) };
}

pub(crate) use {say, tell};
