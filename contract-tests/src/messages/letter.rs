//! A message as readers show it, and why one cannot be shown.

/// The variable that says how messages are read, and the one with the password of the mailbox.
pub(crate) const MESSAGES: &str = "DEFENTRY_MESSAGES";
pub(crate) const PASSWORD: &str = "DEFENTRY_MESSAGES_PASSWORD";

/// A way in which messages come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Channel {
    Email,
    Sms,
}

impl Channel {
    /// The way in which a message to this recipient comes.
    pub(crate) fn of(to: &str) -> Self {
        if to.contains('@') { Self::Email } else { Self::Sms }
    }

    /// Its name in the environment of a command.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Email => "email",
            Self::Sms => "sms",
        }
    }
}

/// A message as a reader shows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Letter {
    /// Different for each message, where the reader tells. A message that comes twice has it twice.
    pub(crate) id: Option<String>,
    pub(crate) text: String,
    /// The link and the code, where the reader knows them.
    pub(crate) link: Option<String>,
    pub(crate) code: Option<String>,
}

impl Letter {
    pub(super) fn new(id: Option<String>, text: String) -> Self {
        Self { id, text, link: None, code: None }
    }
}

/// The messages to one recipient that a reader shows, oldest first.
#[derive(Clone, Debug)]
pub(crate) struct Shown {
    pub(crate) letters: Vec<Letter>,
    /// Whether they are all messages, and not the newest only.
    pub(crate) are_all: bool,
}

/// A variable that cannot be used, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Problem {
    pub(crate) variable: &'static str,
    /// The end of a sentence that begins with the variable; no secret stands in it.
    pub(crate) problem: String,
}

impl Problem {
    pub(super) fn new(variable: &'static str, problem: impl Into<String>) -> Self {
        Self { variable, problem: problem.into() }
    }
}

impl Shown {
    pub(super) fn all(letters: Vec<Letter>) -> Self {
        Self { letters, are_all: true }
    }
}
