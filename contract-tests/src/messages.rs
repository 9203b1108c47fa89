//! How the emails and text messages that a target sends are read, as `DEFENTRY_MESSAGES` says.
//!
//! Each reader is a file. To add one: a file that parses what it is told, opens it, and shows letters; a variant of
//! [`Reader`]; and its prefix in [`Reader::told`].

mod command;
mod imap;
mod letter;
mod mailpit;
pub(crate) mod outbox;
mod text;
mod user;

use std::sync::Arc;

use jiff::Timestamp;

use crate::secrets::Secret;
use crate::trust::Trust;
use command::Command;
use imap::Imap;
pub(crate) use letter::{Channel, Letter, MESSAGES, PASSWORD, Problem, Shown};
use mailpit::Mailpit;

/// How what the target sends to people is read.
#[derive(Clone, Debug)]
pub(crate) enum Messages {
    /// In the outbox under `/_mock/`, if the target has one.
    Detect,
    /// In the outbox under `/_mock/`.
    Mock,
    /// Not at all: checks that need them are skipped.
    None,
    /// By these readers; the first that reads a channel is the one for it.
    By(Vec<Reader>),
}

/// Something that shows messages. Its clones share a connection.
#[derive(Clone, Debug)]
pub(crate) enum Reader {
    /// A command of the shell that prints them.
    Command(Arc<Command>),
    /// The HTTP API of a Mailpit.
    Mailpit(Arc<Mailpit>),
    /// A folder of a mailbox.
    Imap(Arc<Imap>),
}

impl Messages {
    /// The way to read messages that `DEFENTRY_MESSAGES` gives.
    pub(crate) fn told(text: &str, password: Option<Secret>, trust: &Trust) -> Result<Self, Problem> {
        let mut rest = text.trim();
        match rest {
            "mock" => return Ok(Self::Mock),
            "none" => return Ok(Self::None),
            _ => {}
        }
        let mut readers: Vec<Reader> = Vec::new();
        while !rest.is_empty() {
            // A command goes to the end: it may hold anything.
            let is_command = rest.starts_with(command::PREFIX);
            let end = rest.find(char::is_whitespace).filter(|_| !is_command).unwrap_or(rest.len());
            let (one, more) = rest.split_at(end);
            let reader = Reader::told(one, password.as_ref(), trust)?;
            if readers.iter().any(|other| !reader.is_beside(other)) {
                return Err(Problem::new(MESSAGES, "names two readers of emails: one of them is enough"));
            }
            readers.push(reader);
            rest = more.trim_start();
        }
        Ok(Self::By(readers))
    }

    /// The reader of messages that come in this way.
    pub(crate) fn reader(&self, channel: Channel) -> Option<&Reader> {
        let Self::By(readers) = self else { return None };
        readers.iter().find(|reader| reader.reads(channel))
    }

    /// All readers.
    pub(crate) fn readers(&self) -> &[Reader] {
        if let Self::By(readers) = self { readers } else { &[] }
    }
}

impl Reader {
    fn told(text: &str, password: Option<&Secret>, trust: &Trust) -> Result<Self, Problem> {
        if let Some(command) = text.strip_prefix(command::PREFIX) {
            Command::told(command).map(|command| Self::Command(Arc::new(command)))
        } else if let Some(url) = text.strip_prefix(mailpit::PREFIX) {
            Mailpit::told(url, password, trust).map(|mailpit| Self::Mailpit(Arc::new(mailpit)))
        } else if let Some(url) = imap::url_in(text) {
            Imap::told(url, password, trust).map(|imap| Self::Imap(Arc::new(imap)))
        } else {
            // The value is not quoted: it may hold a password.
            Err(Problem::new(MESSAGES, "is not mock, none, mailpit:URL, imap:URL or command:CMD"))
        }
    }

    /// Whether messages that come in this way are read.
    fn reads(&self, channel: Channel) -> bool {
        match self {
            Self::Command(_) => true,
            Self::Mailpit(_) | Self::Imap(_) => channel == Channel::Email,
        }
    }

    /// Whether both have something to read: a command reads what another reader does not.
    fn is_beside(&self, other: &Self) -> bool {
        matches!(self, Self::Command(_)) || matches!(other, Self::Command(_))
    }

    /// The password that it was given.
    pub(crate) fn password(&self) -> Option<&Secret> {
        match self {
            Self::Command(_) => None,
            Self::Mailpit(mailpit) => mailpit.password(),
            Self::Imap(imap) => Some(imap.password()),
        }
    }

    /// Makes sure that it works, before anything is sent that it is to show. `to` is a recipient who has no message.
    pub(crate) async fn open(&self, to: &str) -> Result<(), Problem> {
        match self {
            Self::Command(command) => command.open(to).await,
            Self::Mailpit(mailpit) => mailpit.open().await,
            Self::Imap(imap) => imap.open().await,
        }
    }

    /// The messages to one recipient: those that came since then, or more. Why it cannot be read is the end of a sentence
    /// that begins with the reader.
    pub(crate) async fn shown(&self, to: &str, since: Timestamp) -> Result<Shown, String> {
        match self {
            Self::Command(command) => command.shown(to, since).await,
            Self::Mailpit(mailpit) => mailpit.letters(to).await.map(Shown::all),
            Self::Imap(imap) => imap.letters(to).await.map(Shown::all),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(text: &str) -> Result<Messages, Problem> {
        Messages::told(text, Some(Secret("canary".into())), &Trust::default())
    }

    #[test]
    fn what_reads_each_channel_is_told_in_one_variable() {
        let cases = [
            ("command:cat mail", "command", "command"),
            ("mailpit:http://127.0.0.1:8025", "mailpit", "none"),
            ("mailpit:http://ann@127.0.0.1:8025/mail command:cat sms imap:", "mailpit", "command"),
            ("imap:imaps://ann@example.com/INBOX", "imap", "none"),
            ("imaps://ann%40example.com@example.com", "imap", "none"),
            ("imap:imap://ann@localhost:1143/In%20box  command:cat", "imap", "command"),
            ("imap://ann@localhost", "imap", "none"),
        ];
        let name = |reader: Option<&Reader>| match reader {
            Some(Reader::Command(_)) => "command",
            Some(Reader::Mailpit(_)) => "mailpit",
            Some(Reader::Imap(_)) => "imap",
            None => "none",
        };
        for (text, emails, sms) in cases {
            let messages = told(text).unwrap_or_else(|problem| panic!("{text}: {problem:?}"));
            let readers = [Channel::Email, Channel::Sms].map(|channel| name(messages.reader(channel)));
            assert_eq!(readers, [emails, sms], "{text}");
            assert!(!format!("{messages:?}").contains("canary"), "{text}");
        }
    }

    #[test]
    fn a_mistake_is_told_without_the_value() {
        let cases = [
            ("pigeon", "is not mock, none, mailpit:URL, imap:URL or command:CMD"),
            ("command:", "has no command after command:"),
            ("mailpit:ftp://127.0.0.1", "has no URL"),
            ("mailpit:http://ann:canary@127.0.0.1", "holds a password"),
            ("imap:imaps://ann:canary@example.com", "holds a password"),
            ("imap:imaps://example.com/INBOX", "names no user"),
            ("imap:http://ann@example.com", "has no URL"),
            ("imap:", "has no URL"),
            ("imap:imaps://ann@example.com mailpit:http://127.0.0.1", "names two readers of emails"),
        ];
        for (text, expected) in cases {
            let problem = told(text).expect_err(text);
            assert!(problem.variable == MESSAGES && problem.problem.contains(expected), "{text}: {problem:?}");
            assert!(!problem.problem.contains("canary"), "{problem:?}");
        }
        let problem = Messages::told("imaps://ann@example.com", None, &Trust::default()).expect_err("no password");
        assert_eq!((problem.variable, &*problem.problem), (PASSWORD, "is not set: the mailbox of ann needs it"));
    }
}
