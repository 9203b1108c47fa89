//! Its mail: written to the second by a clock of its own, late, twice, and not in the order in which it was sent.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use jiff::{Span, Timestamp, Unit};
use serde_json::json;

use super::Manner;
use super::mailpit::Store;

/// How its messages are read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Reader {
    /// By a command that prints the text of the newest message.
    Newest,
    /// By a command that prints all messages, an object each.
    All,
    /// Emails by the API of its Mailpit.
    Mailpit,
    /// Emails in the mailbox that this URL names.
    Imap(&'static str),
}

/// The password of that mailbox, which `.ci/mail` sets up.
pub(crate) const PASSWORD: &str = "canary-of-the-mailbox";

/// Where its emails go.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Post {
    /// To a folder, as text messages do.
    Folder,
    /// To a Mailpit of its own.
    Mailpit,
    /// To this folder of an IMAP server, in the form of Maildir.
    Maildir(PathBuf),
}

/// A message to one person. `$URL` in it is where the server is.
#[derive(Debug)]
pub(crate) struct Letter {
    pub(crate) to: String,
    pub(crate) text: String,
}

/// A message as it is delivered, once or twice.
#[derive(Clone, Debug)]
pub(super) struct Sent {
    pub(super) to: String,
    pub(super) text: String,
    /// The same for each time that it comes.
    pub(super) id: String,
}

/// The number of the next message: a folder may take those of several servers.
static SERIAL: AtomicU64 = AtomicU64::new(0);

/// A folder for each person with a file for each message, and another place for emails.
#[derive(Clone, Debug)]
pub(super) struct Mailbox {
    folder: Arc<PathBuf>,
    post: Post,
    mailpit: Option<Store>,
    ahead: i64,
}

impl Mailbox {
    pub(super) fn new(folder: &Path, manner: &Manner, mailpit: Option<Store>) -> Self {
        fs::create_dir_all(folder).expect("a folder for mail");
        let (post, ahead) = (manner.post.clone(), manner.ahead);
        Self { folder: Arc::new(folder.to_owned()), post, mailpit, ahead }
    }

    /// Delivers a message once after each of these delays.
    pub(super) fn deliver(&self, letter: Letter, url: &str, delays: Vec<Duration>) {
        let id = format!("{}.{}@example.org", next(), std::process::id());
        let sent = Sent { to: letter.to, text: letter.text.replace("$URL", url), id };
        for delay in delays {
            let (mailbox, sent) = (self.clone(), sent.clone());
            tokio::spawn(async move {
                tokio::time::sleep(delay).await;
                mailbox.write(sent);
            });
        }
    }

    fn write(&self, sent: Sent) {
        let now = Timestamp::now().round(Unit::Second).unwrap_or_else(|_| Timestamp::now());
        let at = now.checked_add(Span::new().seconds(self.ahead)).expect("a time of this century");
        match (&self.post, &self.mailpit) {
            (Post::Maildir(folder), _) if sent.to.contains('@') => Self::write_mime(folder, &sent, at),
            (_, Some(store)) if sent.to.contains('@') => store.take(sent, at),
            _ => self.write_text(&sent, at),
        }
    }

    fn write_text(&self, sent: &Sent, at: Timestamp) {
        let serial = next();
        let folder = self.folder.join("mail").join(&sent.to);
        // The server, and its folder with it, may be gone by now.
        if !self.folder.exists() || fs::create_dir_all(&folder).is_err() {
            return;
        }
        let (hidden, name) = (self.folder.join(format!("{serial}.tmp")), format!("{at} {serial:08}"));
        let body = json!({ "text": sent.text, "received_at": at.to_string() }).to_string() + "\n";
        drop(fs::write(&hidden, body).and_then(|()| fs::rename(&hidden, folder.join(name))));
    }

    fn write_mime(folder: &Path, sent: &Sent, at: Timestamp) {
        let name = format!("{}.{}_{}.test", at.as_second(), std::process::id(), next());
        let hidden = folder.join("tmp").join(&name);
        // The IMAP server takes this time for the time at which it came.
        let written = fs::write(&hidden, mime(sent)).and_then(|()| {
            File::options().write(true).open(&hidden)?.set_modified(at.into())?;
            fs::rename(&hidden, folder.join("new").join(&name))
        });
        written.expect("the IMAP server's folder takes mail");
    }
}

fn next() -> u64 {
    SERIAL.fetch_add(1, Ordering::Relaxed)
}

/// A message in one of the forms that mailers give it, chosen by its id.
fn mime(sent: &Sent) -> String {
    let Sent { to, text, id } = sent;
    let head = format!(
        "From: Server <no-reply@example.org>\r\nTo: \"The owner\" <{to}>\r\nSubject: =?utf-8?q?Bekr=C3=A4fta?=\r\n\
         Message-ID: <{id}>\r\nMIME-Version: 1.0\r\n"
    );
    let words: Vec<String> = text.split(' ').map(linked).collect();
    let page = format!("<html><body><img src='cid:1'><p>{}</p></body></html>", words.join(" "));
    let base64 = |text: &str| STANDARD.encode(text);
    match id.bytes().next().unwrap_or_default() % 4 {
        0 => format!("{head}Content-Type: text/plain; charset=utf-8\r\n\r\n{text}\r\n"),
        1 => format!(
            "{head}Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n{}\r\n",
            text.replace('=', "=3D").replace("confirm", "con=\r\nfirm")
        ),
        2 => format!(
            "{head}Content-Type: text/html; charset=utf-8\r\nContent-Transfer-Encoding: base64\r\n\r\n{}\r\n",
            base64(&page)
        ),
        _ => format!(
            "{head}Content-Type: multipart/alternative; boundary=part\r\n\r\n--part\r\nContent-Type: text/plain\r\n\r\n\
             {text}\r\n--part\r\nContent-Type: text/html\r\nContent-Transfer-Encoding: base64\r\n\r\n{}\r\n--part--\r\n",
            base64(&page)
        ),
    }
}

/// A word of a page: a link is told in the anchor only.
fn linked(word: &str) -> String {
    if word.starts_with("http") { format!("<a href='{word}'>this link</a>") } else { word.to_owned() }
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
        _ => format!("{list}); [ -n \"$n\" ] || exit 1; echo \"$n\" | while read -r f; do cat \"$f\"; done"),
    }
}
