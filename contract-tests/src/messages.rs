//! The emails and text messages that the target sends, as far as they can be read.

use std::collections::BTreeSet;
use std::io;
use std::process::{ExitStatus, Stdio};
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use reqwest::Method;
use serde_json::Value;
use tokio::io::AsyncReadExt;
use tokio::process::Command;
use tokio::time::{Instant, timeout};

use crate::case::Case;
use crate::exchange::{Account, Caller};
use crate::halt::Halt;
use crate::reader;
use crate::target::Messages;

/// How long a message may take that must come: to the mock's outbox, to a mailbox of a target on this machine, and to one
/// of a target elsewhere.
const MESSAGE_WAIT: Duration = Duration::from_secs(5);
const NEAR_MESSAGE_WAIT: Duration = Duration::from_secs(10);
const FAR_MESSAGE_WAIT: Duration = Duration::from_secs(60);

/// How often it is looked for.
const EVERY: Duration = Duration::from_millis(50);
const EVERY_NEAR: Duration = Duration::from_millis(250);
const EVERY_FAR: Duration = Duration::from_secs(2);

/// By how much the clock of a mailbox may be behind the suite's, the seconds that it leaves out included.
const SLACK: SignedDuration = SignedDuration::from_secs(60);

/// How long the command that reads messages may take, and how many bytes it may print.
const COMMAND: Duration = Duration::from_secs(30);
const PRINTED: u64 = 1 << 20;

/// A message that was sent to a person.
#[derive(Clone, Debug)]
pub(crate) struct Message {
    text: String,
    link: Option<String>,
    code: Option<String>,
}

impl Message {
    /// The link to open.
    pub(crate) fn link(&self) -> Option<&str> {
        self.link.as_deref().or_else(|| reader::first_link(&self.text))
    }

    /// The code to enter.
    pub(crate) fn code(&self) -> Option<&str> {
        self.code.as_deref().or_else(|| reader::first_code(&self.text))
    }
}

impl Message {
    /// Whether it may ask for something to be confirmed or verified: others only tell what has happened.
    pub(crate) fn asks(&self) -> bool {
        self.link().is_some() || self.code().is_some()
    }
}

/// A place in the stream of messages to a person: all that come after it are new.
#[derive(Clone, Debug)]
pub(crate) struct Mark {
    /// The recipients, and how many messages each had been sent.
    to: Vec<(String, usize)>,
    since: Timestamp,
    /// The texts of messages that were there already: a mailbox may tell time to the second, by another clock, and show
    /// the same message again.
    seen: BTreeSet<String>,
    /// The address that the message is about.
    about: Option<String>,
}

impl Mark {
    /// A mark before the message about this address. What is sent to its owner may be about something else.
    pub(crate) fn about(self, address: &str) -> Self {
        Self { about: Some(address.to_owned()), ..self }
    }

    /// Whether a message to `to` may be the one that is meant: one to the address that it is about, or one to its owner
    /// with a link, in which no other address of the suite is.
    fn may_be(&self, to: &str, message: &Message) -> bool {
        let Some(about) = self.about.as_deref().filter(|about| !about.eq_ignore_ascii_case(to)) else { return true };
        let text = message.text.to_ascii_lowercase();
        let is_of_another = || text.replace(&to.to_ascii_lowercase(), "").contains("contract-");
        text.contains(&about.to_ascii_lowercase()) || message.link().is_some() && !is_of_another()
    }
}

/// The messages that a command has shown.
#[derive(Debug)]
struct Shown {
    messages: Vec<(String, Message)>,
    /// Whether all messages were shown, and not the newest only.
    are_all: bool,
}

impl Case {
    /// The present place in the messages to these recipients.
    pub(crate) async fn mark(&self, to: &[&str]) -> Result<Mark, Halt> {
        let now = Timestamp::now();
        let command = self.command();
        let since = if command.is_some() { now.checked_sub(SLACK).unwrap_or(now) } else { now };
        let mut mark = Mark { to: Vec::new(), since, seen: BTreeSet::new(), about: None };
        for &to in to {
            let mut of_one = Mark { to: vec![(to.to_owned(), 0)], ..mark.clone() };
            match command {
                Some(command) => {
                    let shown = self.by_command(command, &of_one).await?;
                    mark.seen.extend(shown.messages.into_iter().map(|(_, message)| message.text));
                }
                None => of_one.to[0].1 = self.new_messages(&of_one).await?.len(),
            }
            mark.to.append(&mut of_one.to);
        }
        Ok(mark)
    }

    /// The command that reads messages, if one does.
    fn command(&self) -> Option<&str> {
        if let Messages::Command(command) = &self.session.target.messages { Some(command) } else { None }
    }

    /// An account to whose owner no message of an earlier case is on its way, where it could be taken for one of this.
    pub(crate) async fn quiet_account(&self) -> Result<Account, Halt> {
        if self.command().is_some() { self.fresh_account().await } else { self.account().await }
    }

    /// The messages after `mark` that have come so far, oldest first.
    pub(crate) async fn new_messages(&self, mark: &Mark) -> Result<Vec<Message>, Halt> {
        let is_mock = match &self.session.target.messages {
            Messages::Mock => true,
            Messages::Detect => self.session.is_mock().await,
            Messages::Command(command) => return Ok(new(mark, self.by_command(command, mark).await?)),
            Messages::None => false,
        };
        if !is_mock {
            return Err(Halt::Skipped("what the target sends to people is not read: see DEFENTRY_MESSAGES".into()));
        }
        let mut messages = Vec::new();
        for (to, seen) in &mark.to {
            let path = format!("/_mock/outbox?to={}", reader::in_query(to));
            let answer = self.control(Method::GET, &path, None).await?;
            let Some(sent) = answer.body["messages"].as_array() else {
                return Err(Halt::Inconclusive(format!("the outbox cannot be read: {} to {path}", answer.status)));
            };
            // A server that does not know the filter answers everything.
            let is_to = |message: &&Value| message["to"].as_str().is_none_or(|of| of.eq_ignore_ascii_case(to));
            let new = sent.iter().filter(is_to).skip(*seen).map(|message| self.read(message));
            messages.extend(new.filter(|message| mark.may_be(to, message)));
        }
        Ok(messages)
    }

    /// How many messages after `mark` may ask for a confirmation.
    pub(crate) async fn asked(&self, mark: &Mark) -> Result<usize, Halt> {
        Ok(self.new_messages(mark).await?.iter().filter(|message| message.asks()).count())
    }

    /// The newest message after `mark`, as soon as there is one.
    pub(crate) async fn message(&self, mark: &Mark) -> Result<Message, Halt> {
        let (wait, every) = match self.command() {
            None => (MESSAGE_WAIT, EVERY),
            Some(_) if self.session.target.is_far => (FAR_MESSAGE_WAIT, EVERY_FAR),
            Some(_) => (NEAR_MESSAGE_WAIT, EVERY_NEAR),
        };
        let until = Instant::now() + wait;
        loop {
            if let Some(message) = self.new_messages(mark).await?.pop() {
                return Ok(message);
            }
            if Instant::now() >= until {
                if let Some(command) = self.command()
                    && may_hide(mark, &self.by_command(command, mark).await?)
                {
                    let why = "the command of DEFENTRY_MESSAGES shows only the newest message, which was there before";
                    return Err(Halt::Inconclusive(format!("{why}: whether the same was sent again cannot be told")));
                }
                let to: Vec<_> = mark.to.iter().map(|(to, _)| &**to).collect();
                return Err(Halt::fail(format!("a message to {}", to.join(" or ")), format!("none in {wait:?}")));
            }
            self.session.pace.wait_until(Instant::now() + every, false).await;
        }
    }

    /// Opens a link from a message: it answers a page, or redirects to one.
    pub(crate) async fn open(&self, link: &str) -> Result<(), Halt> {
        let opened = self.get(&Caller::Anonymous, link).await?;
        opened.demand("the link opens", |status| (200..400).contains(&status))
    }

    fn read(&self, message: &Value) -> Message {
        let text = |field: &str| message[field].as_str().map(str::to_owned);
        self.learnt(Message { text: text("text").unwrap_or_default(), link: text("link"), code: text("code") })
    }

    /// Keeps the link of a message out of reports.
    fn learnt(&self, message: Message) -> Message {
        if let Some(link) = message.link() {
            self.session.redactor.learn(link, "$LINK");
        }
        message
    }

    async fn by_command(&self, command: &str, mark: &Mark) -> Result<Shown, Halt> {
        let mut shown = Shown { messages: Vec::new(), are_all: true };
        for (to, _) in &mark.to {
            let channel = if to.contains('@') { "email" } else { "sms" };
            let mut shell = Command::new("sh");
            shell.args(["-c", command]).env("CHANNEL", channel).env("TO", to).env("SINCE", mark.since.to_string());
            shell.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null()).kill_on_drop(true);
            let broken = |problem: String| Halt::Inconclusive(format!("the command of DEFENTRY_MESSAGES {problem}"));
            let ended = tokio::select! {
                ended = timeout(COMMAND, printed(shell)) => ended,
                () = self.session.pace.over() => return Err(Halt::Inconclusive("the run was interrupted".into())),
            };
            let ended = ended.map_err(|_| broken(format!("has not ended in {COMMAND:?}")))?;
            let (status, bytes) = ended.map_err(|error| broken(format!("cannot be run: {error}")))?;
            match status.code() {
                Some(0) => {
                    let printed = String::from_utf8_lossy(&bytes);
                    let all = all_printed(&printed);
                    shown.are_all &= all.is_some();
                    for text in all.unwrap_or_else(|| vec![printed.into_owned()]) {
                        shown.messages.push((to.clone(), self.learnt(Message { text, link: None, code: None })));
                    }
                }
                Some(1) => {}
                _ => return Err(broken(format!("ends with {status}, neither 0 nor 1"))),
            }
        }
        Ok(shown)
    }
}

/// The new ones of the messages that a command has shown, each once.
fn new(mark: &Mark, shown: Shown) -> Vec<Message> {
    let mut new: Vec<Message> = Vec::new();
    for (to, message) in shown.messages {
        let is_known = mark.seen.contains(&message.text) || new.iter().any(|known| known.text == message.text);
        if !is_known && mark.may_be(&to, &message) {
            new.push(message);
        }
    }
    new
}

/// Whether a message with the text of an earlier one may have come that the reader does not tell from it.
fn may_hide(mark: &Mark, shown: &Shown) -> bool {
    !shown.are_all && shown.messages.iter().any(|(_, message)| mark.seen.contains(&message.text))
}

/// The texts of all messages, oldest first, where a command prints an object a line; none where it prints a text.
fn all_printed(printed: &str) -> Option<Vec<String>> {
    let lines = printed.lines().filter(|line| !line.trim().is_empty());
    let mut all = Vec::new();
    for line in lines {
        let object: Value = serde_json::from_str(line).ok()?;
        let at = object["received_at"].as_str().and_then(|at| at.parse::<Timestamp>().ok());
        all.push((at, object["text"].as_str()?.to_owned()));
    }
    all.sort_by_key(|(at, _)| *at);
    (!all.is_empty()).then(|| all.into_iter().map(|(_, text)| text).collect())
}

/// How a command ends, and what it prints. One that prints without end is not read to it, and so does not live on.
async fn printed(mut shell: Command) -> io::Result<(ExitStatus, Vec<u8>)> {
    let mut child = shell.spawn()?;
    let mut bytes = Vec::new();
    if let Some(output) = child.stdout.take() {
        output.take(PRINTED).read_to_end(&mut bytes).await?;
    }
    Ok((child.wait().await?, bytes))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message(text: &str) -> Message {
        Message { text: text.to_owned(), link: None, code: None }
    }

    fn mark(seen: &[&str]) -> Mark {
        let seen = seen.iter().map(|text| (*text).to_owned()).collect();
        Mark { to: Vec::new(), since: Timestamp::now(), seen, about: None }
    }

    #[test]
    fn a_command_prints_the_newest_message_or_all() {
        let two = "{\"text\":\"b\",\"received_at\":\"2026-11-28T20:00:01Z\"}\n{\"text\":\"a\",\"received_at\":\"2026-11-28T20:00:00Z\"}\n";
        assert_eq!(all_printed(two), Some(vec!["a".to_owned(), "b".to_owned()]));
        for text in ["Open http://x/1", "7", "{\"text\":7}", "", "{\"text\":\"a\"}\nb"] {
            assert_eq!(all_printed(text), None, "{text}");
        }
    }

    #[test]
    fn a_message_that_was_seen_is_not_new_and_one_that_comes_twice_is_one() {
        let shown = |are_all| {
            let messages = ["old", "new", "new", "other"].map(|text| ("a@example.com".to_owned(), message(text)));
            Shown { messages: messages.to_vec(), are_all }
        };
        let texts: Vec<_> = new(&mark(&["old"]), shown(true)).into_iter().map(|message| message.text).collect();
        assert_eq!(texts, ["new", "other"]);
        assert!(may_hide(&mark(&["old"]), &shown(false)) && !may_hide(&mark(&["old"]), &shown(true)));
        assert!(!may_hide(&mark(&[]), &shown(false)));
    }

    #[test]
    fn the_message_that_is_meant_follows_from_what_it_holds() {
        let (owner, about) = ("contract-1-0@example.com", "contract-1-7@example.com");
        let mark = mark(&[]).about(about);
        let cases = [
            (about, "whatever", true),
            (owner, "Confirm Contract-1-7@example.com", true),
            (owner, "Confirm http://x/1", true),
            (owner, "Dear contract-1-0@example.com, confirm http://x/1", true),
            (owner, "Confirm contract-1-6@example.com: http://x/1", false),
            (owner, "123456 verifies your card", false),
        ];
        for (to, text, expected) in cases {
            assert_eq!(mark.may_be(to, &message(text)), expected, "{text}");
        }
    }
}
