//! Its mail: written to the second by a clock of its own, late, twice, and not in the order in which it was sent.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use jiff::{Span, Timestamp, Unit};
use serde_json::json;

/// What the command that reads it prints.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Reader {
    /// The text of the newest message.
    Newest,
    /// All messages, an object each.
    All,
}

/// A message to one person. `$URL` in it is where the server is.
#[derive(Debug)]
pub(crate) struct Letter {
    pub(crate) to: String,
    pub(crate) text: String,
}

/// A folder for each person, with a file for each message.
#[derive(Clone, Debug)]
pub(super) struct Mailbox {
    folder: Arc<PathBuf>,
    ahead: i64,
    serial: Arc<AtomicU64>,
}

impl Mailbox {
    pub(super) fn new(folder: &Path, ahead: i64) -> Self {
        std::fs::create_dir_all(folder).expect("a folder for mail");
        Self { folder: Arc::new(folder.to_owned()), ahead, serial: Arc::default() }
    }

    /// Delivers a message once after each of these delays.
    pub(super) fn deliver(&self, letter: Letter, url: &str, delays: Vec<Duration>) {
        let text = letter.text.replace("$URL", url);
        for delay in delays {
            let (mailbox, to, text) = (self.clone(), letter.to.clone(), text.clone());
            tokio::spawn(async move {
                tokio::time::sleep(delay).await;
                mailbox.write(&to, &text);
            });
        }
    }

    fn write(&self, to: &str, text: &str) {
        let serial = self.serial.fetch_add(1, Ordering::Relaxed);
        let now = Timestamp::now().round(Unit::Second).unwrap_or_else(|_| Timestamp::now());
        let at = now.checked_add(Span::new().seconds(self.ahead)).expect("a time of this century");
        let folder = self.folder.join("mail").join(to);
        // The server, and its folder with it, may be gone by now.
        if !self.folder.exists() || std::fs::create_dir_all(&folder).is_err() {
            return;
        }
        let (hidden, name) = (self.folder.join(format!("{serial}.tmp")), format!("{at} {serial:08}"));
        let body = json!({ "text": text, "received_at": at.to_string() }).to_string() + "\n";
        drop(std::fs::write(&hidden, body).and_then(|()| std::fs::rename(&hidden, folder.join(name))));
    }
}

/// The command that reads the mail below a folder.
pub(super) fn command(folder: &Path, reader: Reader) -> String {
    let list = format!(
        "cd '{}/mail/'\"$TO\" 2>/dev/null || exit 1; \
         n=$(ls | awk -v s=\"$SINCE\" 'substr($0, 1, 19) >= substr(s, 1, 19)'",
        folder.display()
    );
    match reader {
        Reader::Newest => {
            format!("{list} | tail -n 1); [ -n \"$n\" ] || exit 1; sed -E 's/.*\"text\":\"([^\"]*)\".*/\\1/' \"$n\"")
        }
        Reader::All => format!("{list}); [ -n \"$n\" ] || exit 1; echo \"$n\" | while read -r f; do cat \"$f\"; done"),
    }
}
