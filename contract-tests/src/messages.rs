//! The emails and text messages that the target sends, as far as they can be read.

use std::io;
use std::process::{ExitStatus, Stdio};
use std::time::Duration;

use jiff::Timestamp;
use reqwest::Method;
use serde_json::Value;
use tokio::io::AsyncReadExt;
use tokio::process::Command;
use tokio::time::{Instant, timeout};

use crate::case::Case;
use crate::exchange::Caller;
use crate::halt::Halt;
use crate::reader;
use crate::target::Messages;

/// How long a message may take that must come.
const MESSAGE_WAIT: Duration = Duration::from_secs(5);

/// The same where it is a real one.
const REAL_MESSAGE_WAIT: Duration = Duration::from_secs(120);

/// How often it is looked for.
const EVERY: Duration = Duration::from_millis(50);
const EVERY_REAL: Duration = Duration::from_secs(2);

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
}

impl Case {
    /// The present place in the messages to these recipients.
    pub(crate) async fn mark(&self, to: &[&str]) -> Result<Mark, Halt> {
        let since = Timestamp::now();
        let mut mark = Mark { to: Vec::new(), since };
        for &to in to {
            let mut of_one = Mark { to: vec![(to.to_owned(), 0)], since };
            if !matches!(self.session.target.messages, Messages::Command(_)) {
                of_one.to[0].1 = self.new_messages(&of_one).await?.len();
            }
            mark.to.append(&mut of_one.to);
        }
        Ok(mark)
    }

    /// The messages after `mark` that have come so far, oldest first.
    pub(crate) async fn new_messages(&self, mark: &Mark) -> Result<Vec<Message>, Halt> {
        let is_mock = match &self.session.target.messages {
            Messages::Mock => true,
            Messages::Detect => self.session.is_mock().await,
            Messages::Command(command) => return self.by_command(command, mark).await,
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
            messages.extend(sent.iter().filter(is_to).skip(*seen).map(|message| self.read(message)));
        }
        Ok(messages)
    }

    /// How many messages after `mark` may ask for a confirmation.
    pub(crate) async fn asked(&self, mark: &Mark) -> Result<usize, Halt> {
        Ok(self.new_messages(mark).await?.iter().filter(|message| message.asks()).count())
    }

    /// The newest message after `mark`, as soon as there is one.
    pub(crate) async fn message(&self, mark: &Mark) -> Result<Message, Halt> {
        let is_real = matches!(self.session.target.messages, Messages::Command(_));
        let (wait, every) = if is_real { (REAL_MESSAGE_WAIT, EVERY_REAL) } else { (MESSAGE_WAIT, EVERY) };
        let until = Instant::now() + wait;
        loop {
            if let Some(message) = self.new_messages(mark).await?.pop() {
                return Ok(message);
            }
            if Instant::now() >= until {
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

    async fn by_command(&self, command: &str, mark: &Mark) -> Result<Vec<Message>, Halt> {
        let mut messages = Vec::new();
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
                    let text = String::from_utf8_lossy(&bytes).into_owned();
                    messages.push(self.learnt(Message { text, link: None, code: None }));
                }
                Some(1) => {}
                _ => return Err(broken(format!("ends with {status}, neither 0 nor 1"))),
            }
        }
        Ok(messages)
    }
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
