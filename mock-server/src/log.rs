//! The log, on standard error. A thread of its own writes it, so that its reader can neither hold a request up nor end one.

mod json;
mod pretty;
mod queue;

use std::fs::File;
use std::io::{self, IsTerminal};
use std::sync::Arc;
use std::time::Duration;

use tracing::Level;
use tracing_subscriber::filter::{LevelFilter, Targets};
use tracing_subscriber::layer::{Layer, SubscriberExt};
use tracing_subscriber::util::SubscriberInitExt;

use self::json::JsonLines;
use self::pretty::PrettyLines;
use self::queue::Queue;
use crate::config::LogFormat;

/// How many bytes of lines may wait to be written. Those that find no room are lost.
const ROOM: usize = 4 * 1024 * 1024;

/// How long the end waits for lines that are still to be written.
const LAST_LINES: Duration = Duration::from_secs(1);

/// The log while it is written. Dropping it writes what is left, within a limit.
#[derive(Debug)]
pub(crate) struct Log(Option<Arc<Queue>>);

impl Log {
    /// Starts the log from this level on; where none is given, as `RUST_LOG` says, or from INFO on.
    ///
    /// # Errors
    /// A sentence about `RUST_LOG`, or about the thread that could not be started.
    pub(crate) fn start(level: Option<LevelFilter>, format: Option<LogFormat>) -> Result<Self, String> {
        let rust_log = std::env::var_os("RUST_LOG").map(|value| value.to_string_lossy().into_owned());
        let filter = filter(level, rust_log.as_deref())?;
        if level == Some(LevelFilter::OFF) {
            return Ok(Self(None));
        }
        let is_terminal = io::stderr().is_terminal();
        let format = format.unwrap_or(if is_terminal { LogFormat::Pretty } else { LogFormat::Json });
        let stderr = own_stderr();
        let queue = stderr.and_then(|stderr| Queue::start(ROOM, stderr, move |lines| told(format, is_terminal, lines)));
        let queue = queue.map_err(|error| format!("cannot start the log: {error}"))?;
        let layer = match format {
            LogFormat::Pretty => {
                // https://no-color.org
                let has_colours = is_terminal && std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty());
                PrettyLines { queue: Arc::clone(&queue), has_colours }.boxed()
            }
            LogFormat::Json => JsonLines(Arc::clone(&queue)).boxed(),
        };
        // It fails where the program that calls this has a log already, which then goes on.
        let _ = tracing_subscriber::registry().with(layer).with(filter).try_init();
        // The usual hook writes to standard error at once, and would wait for its reader.
        std::panic::set_hook(Box::new(|panic| tracing::error!("{panic}")));
        Ok(Self(Some(queue)))
    }
}

impl Drop for Log {
    fn drop(&mut self) {
        if let Some(queue) = &self.0 {
            queue.close(LAST_LINES);
        }
    }
}

/// Standard error by a handle of its own: a writer that is stuck does not hold the lock that others need.
#[cfg(unix)]
fn own_stderr() -> io::Result<File> {
    use std::os::fd::AsFd;
    io::stderr().as_fd().try_clone_to_owned().map(File::from)
}

#[cfg(windows)]
fn own_stderr() -> io::Result<File> {
    use std::os::windows::io::AsHandle;
    io::stderr().as_handle().try_clone_to_owned().map(File::from)
}

fn filter(level: Option<LevelFilter>, rust_log: Option<&str>) -> Result<Targets, String> {
    let usual = Targets::new().with_default(level.unwrap_or(LevelFilter::INFO));
    match rust_log.map(str::trim) {
        Some(text) if level.is_none() && !text.is_empty() => text.parse().map_err(|error| {
            format!(
                "the variable RUST_LOG, {text:?}: {error}; it is a level, as in warn, or levels of targets, as in \
                 mock_server=warn; --log off|error|warn|info goes before it"
            )
        }),
        _ => Ok(usual),
    }
}

/// The line that tells how many lines were lost, as the others are written.
fn told(format: LogFormat, is_terminal: bool, lines: u64) -> String {
    let message = "lines of the log were lost: they were not read in time, or could not be written";
    match format {
        LogFormat::Pretty => pretty::line(Level::ERROR, &format!("{message}  lines={lines}"), is_terminal),
        LogFormat::Json => json::line("ERROR", &[("message", message.into()), ("lines", lines.into())]),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_level_goes_before_rust_log() {
        let cases = [
            (None, None, "info"),
            (None, Some(""), "info"),
            (None, Some(" warn "), "warn"),
            (None, Some("mock_server=debug,hyper=off"), "mock_server=debug,hyper=off"),
            (Some(LevelFilter::ERROR), Some("debug"), "error"),
            (Some(LevelFilter::ERROR), Some("a=b=c"), "error"),
        ];
        for (level, rust_log, expected) in cases {
            let expected: Targets = expected.parse().expect("levels of targets");
            assert_eq!(filter(level, rust_log), Ok(expected), "{level:?} {rust_log:?}");
        }
        let error = filter(None, Some("a=b=c")).expect_err("no levels of targets");
        assert!(error.starts_with("the variable RUST_LOG, \"a=b=c\": "), "{error}");
    }
}
