//! The log for people: a short time, the status, and what was asked for, in columns.

use std::fmt::{Debug, Write as _};
use std::io::Write;
use std::sync::Arc;

use tracing::field::{Field, Visit};
use tracing::{Event, Level, Subscriber};
use tracing_subscriber::layer::{Context, Layer};

use super::queue::Queue;

const DIM: &str = "2";
const RED: &str = "31";
const GREEN: &str = "32";
const YELLOW: &str = "33";
const CYAN: &str = "36";

/// Writes every event as a line for people.
#[derive(Debug)]
pub(super) struct PrettyLines {
    pub(super) queue: Arc<Queue>,
    /// Whether the terminal shows colours.
    pub(super) has_colours: bool,
}

impl<S: Subscriber> Layer<S> for PrettyLines {
    fn on_event(&self, event: &Event<'_>, _: Context<'_, S>) {
        let mut told = Told::default();
        event.record(&mut told);
        let line = told.line(*event.metadata().level(), &now(), self.has_colours);
        // The queue takes a line, or counts it as lost.
        let _ = (&*self.queue).write(line.as_bytes());
    }
}

/// A line that tells something about the log itself.
pub(super) fn line(level: Level, message: &str, has_colours: bool) -> String {
    Told { message: message.to_owned(), ..Told::default() }.line(level, &now(), has_colours)
}

/// The time of day in UTC, as the mock's clock tells it.
fn now() -> String {
    let now = jiff::tz::TimeZone::UTC.to_datetime(jiff::Timestamp::now());
    format!("{:02}:{:02}:{:02}", now.hour(), now.minute(), now.second())
}

/// The fields of an event.
#[derive(Debug, Default)]
struct Told {
    message: String,
    method: Option<String>,
    path: Option<String>,
    status: Option<u64>,
    hint: Option<String>,
    others: Vec<(&'static str, String)>,
}

impl Told {
    fn line(&self, level: Level, time: &str, has_colours: bool) -> String {
        let paint = |colour: &str, text: &str| match has_colours {
            true => format!("\x1b[{colour}m{text}\x1b[0m"),
            false => text.to_owned(),
        };
        let mut line = paint(DIM, time);
        // Writing to a text does not fail.
        let _ = match (self.status, &self.method, &self.path) {
            (Some(status), Some(method), Some(path)) => {
                let colour = match status {
                    200..=299 => GREEN,
                    300..=399 => CYAN,
                    400..=499 => YELLOW,
                    _ => RED,
                };
                write!(line, " {} {method:<6} {path}", paint(colour, &status.to_string()))
            }
            _ => {
                let colour = match level {
                    Level::ERROR => RED,
                    Level::WARN => YELLOW,
                    _ => CYAN,
                };
                write!(line, " {} {}", paint(colour, &level.to_string().to_lowercase()), self.message)
            }
        };
        for (name, value) in &self.others {
            let _ = write!(line, "  {}", paint(DIM, &format!("{name}={value}")));
        }
        if let Some(hint) = &self.hint {
            let _ = write!(line, "\n         {}", paint(DIM, hint));
        }
        line.push('\n');
        line
    }

    fn add(&mut self, field: &Field, value: String) {
        match field.name() {
            "message" => self.message = value,
            "method" => self.method = Some(value),
            "path" => self.path = Some(value),
            "hint" => self.hint = Some(value),
            name => self.others.push((name, value)),
        }
    }
}

impl Visit for Told {
    fn record_str(&mut self, field: &Field, value: &str) {
        // Nothing from outside ends a line or drives the terminal.
        self.add(field, value.chars().map(|char| if char.is_control() { '\u{fffd}' } else { char }).collect());
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        match field.name() {
            "status" => self.status = Some(value),
            _ => self.add(field, value.to_string()),
        }
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        match (field.name(), u64::try_from(value)) {
            ("status", Ok(status)) => self.status = Some(status),
            _ => self.add(field, value.to_string()),
        }
    }

    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        self.record_str(field, &format!("{value:?}"));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_is_a_line_in_columns_with_its_hint_below() {
        let told = Told {
            message: "request".into(),
            method: Some("GET".into()),
            path: Some("/api/v1/alarms".into()),
            status: Some(401),
            hint: Some("send a token".into()),
            others: vec![("token", "none".into())],
        };
        let plain = "16:18:27 401 GET    /api/v1/alarms  token=none\n         send a token\n";
        assert_eq!(told.line(Level::INFO, "16:18:27", false), plain);
        let coloured = told.line(Level::INFO, "16:18:27", true);
        assert!(coloured.starts_with("\x1b[2m16:18:27\x1b[0m \x1b[33m401\x1b[0m GET"), "{coloured:?}");
    }

    #[test]
    fn a_sentence_has_its_level() {
        let told = Told { message: "stopped".into(), others: vec![("file", "a".into())], ..Told::default() };
        assert_eq!(told.line(Level::WARN, "16:18:27", false), "16:18:27 warn stopped  file=a\n");
    }
}
