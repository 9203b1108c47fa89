//! The log as one JSON object a line, written with few allocations: every request leaves one.

use std::cell::RefCell;
use std::fmt::{Debug, Write as _};
use std::io::Write;
use std::sync::Arc;

use jiff::fmt::temporal::DateTimePrinter;
use serde_json::{Value as Json, to_writer};
use tracing::field::{Field, Visit};
use tracing::{Event, Subscriber};
use tracing_subscriber::layer::{Context, Layer};

use super::queue::Queue;

const TIME: DateTimePrinter = DateTimePrinter::new().precision(Some(6));

/// Writes every event as a line of JSON.
#[derive(Debug)]
pub(super) struct JsonLines(pub(super) Arc<Queue>);

impl<S: Subscriber> Layer<S> for JsonLines {
    fn on_event(&self, event: &Event<'_>, _: Context<'_, S>) {
        thread_local! {
            static LINE: RefCell<Vec<u8>> = RefCell::default();
        }
        LINE.with_borrow_mut(|line| {
            line.clear();
            start(line, event.metadata().level().as_str());
            event.record(&mut Fields(line));
            line.extend_from_slice(b"}\n");
            // The queue takes a line, or counts it as lost.
            let _ = (&*self.0).write(line);
        });
    }
}

/// A line that tells something about the log itself.
pub(super) fn line(level: &str, fields: &[(&str, Json)]) -> String {
    let mut line = Vec::new();
    start(&mut line, level);
    fields.iter().for_each(|(name, value)| add(&mut line, name, value));
    line.extend_from_slice(b"}\n");
    String::from_utf8(line).expect("JSON is UTF-8")
}

fn start(line: &mut Vec<u8>, level: &str) {
    line.extend_from_slice(b"{\"timestamp\":\"");
    // Writing to memory does not fail.
    let _ = TIME.print_timestamp(&jiff::Timestamp::now(), jiff::fmt::StdIoWrite(&mut *line));
    line.extend_from_slice(b"\",\"level\":\"");
    line.extend_from_slice(level.as_bytes());
    line.push(b'"');
}

fn add(line: &mut Vec<u8>, name: &str, value: &(impl serde::Serialize + ?Sized)) {
    line.extend_from_slice(b",\"");
    line.extend_from_slice(name.as_bytes());
    line.extend_from_slice(b"\":");
    // Writing to memory does not fail.
    let _ = to_writer(line, value);
}

/// The fields of an event, whose names are identifiers.
struct Fields<'a>(&'a mut Vec<u8>);

impl Visit for Fields<'_> {
    fn record_str(&mut self, field: &Field, value: &str) {
        add(self.0, field.name(), value);
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        add(self.0, field.name(), &value);
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        add(self.0, field.name(), &value);
    }

    fn record_bool(&mut self, field: &Field, value: bool) {
        add(self.0, field.name(), &value);
    }

    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        let mut text = String::new();
        let _ = write!(text, "{value:?}");
        add(self.0, field.name(), &text);
    }
}
