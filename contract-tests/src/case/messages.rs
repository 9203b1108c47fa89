//! What a case makes of the emails and text messages that the target sends: which are new, which one is meant, and whether
//! none came.

use std::collections::BTreeMap;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use reqwest::Method;

use super::Case;
use crate::exchange::{Account, Caller};
use crate::halt::Halt;
use crate::messages::{Channel, Letter, Messages, Reader, Shown, outbox};
use crate::reader;

/// How often a message is looked for in an outbox, by other readers, and by other readers of a target elsewhere.
const EVERY: Duration = Duration::from_millis(50);
const EVERY_NEAR: Duration = Duration::from_millis(250);
const EVERY_FAR: Duration = Duration::from_secs(2);

/// By how much the clock of a mailbox may be behind the suite's, the seconds that it leaves out included.
const SLACK: SignedDuration = SignedDuration::from_secs(60);

/// A message that was sent to a person.
#[derive(Clone, Debug)]
pub(crate) struct Message(Letter);

impl Message {
    /// The link to open.
    pub(crate) fn link(&self) -> Option<&str> {
        self.0.link.as_deref().or_else(|| reader::first_link(&self.0.text))
    }

    /// The code to enter.
    pub(crate) fn code(&self) -> Option<&str> {
        self.0.code.as_deref().or_else(|| reader::first_code(&self.0.text))
    }

    /// Whether it may ask for something to be confirmed or verified: others only tell what has happened.
    pub(crate) fn asks(&self) -> bool {
        self.link().is_some() || self.code().is_some()
    }
}

/// By which a message is known again: a mailbox may tell time to the second, by another clock, and show the same
/// message twice.
type Known = (Option<String>, String);

fn known(letter: &Letter) -> Known {
    (letter.id.clone(), letter.text.clone())
}

/// A place in the stream of messages to a person: all that come after it are new.
#[derive(Clone, Debug)]
pub(crate) struct Mark {
    to: Vec<String>,
    since: Timestamp,
    /// The messages that were there already, and how often each was shown.
    seen: BTreeMap<Known, usize>,
    /// The address that the message is about.
    about: Option<String>,
    /// The thing that is waited for, in words.
    what: &'static str,
}

impl Mark {
    /// A mark before the message about this address. What is sent to its owner may be about something else.
    pub(crate) fn about(self, address: &str) -> Self {
        Self { about: Some(address.to_owned()), ..self }
    }

    /// A mark before a message of this kind, in words: where one kind does not come, others may.
    pub(crate) fn before(self, what: &'static str) -> Self {
        Self { what, ..self }
    }

    /// Whether a message to `to` may be the one that is meant: one to the address that it is about, or one to its owner
    /// with a link, in which no other address of the suite is.
    fn may_be(&self, to: &str, message: &Message) -> bool {
        let Some(about) = self.about.as_deref().filter(|about| !about.eq_ignore_ascii_case(to)) else { return true };
        let text = message.0.text.to_ascii_lowercase();
        let is_of_another = || text.replace(&to.to_ascii_lowercase(), "").contains("contract-");
        text.contains(&about.to_ascii_lowercase()) || message.link().is_some() && !is_of_another()
    }

    /// The new ones of the messages that are shown, each once.
    fn new_in(&self, shown: &[(String, Shown)]) -> Vec<Message> {
        let mut new: Vec<Message> = Vec::new();
        for (to, letter) in shown.iter().flat_map(|(to, shown)| shown.letters.iter().map(move |letter| (to, letter))) {
            let is_known = self.seen.contains_key(&known(letter)) || new.iter().any(|Message(known)| known == letter);
            let message = Message(letter.clone());
            if !is_known && self.may_be(to, &message) {
                new.push(message);
            }
        }
        new
    }

    /// Why a message may have come that the reader does not tell from one that was there before, if so.
    fn may_hide(&self, shown: &[(String, Shown)]) -> Option<&'static str> {
        let are_all = shown.iter().all(|(_, shown)| shown.are_all);
        let letters = || shown.iter().flat_map(|(_, shown)| &shown.letters);
        if !are_all && letters().any(|letter| self.seen.contains_key(&known(letter))) {
            return Some("the command of DEFENTRY_MESSAGES shows only the newest message, which was there before");
        }
        let count = |letter: &Letter| letters().filter(|other| known(other) == known(letter)).count();
        let is_more = |letter: &Letter| self.seen.get(&known(letter)).is_some_and(|seen| count(letter) > *seen);
        let same =
            "a message with the text of one before has come, and DEFENTRY_MESSAGES shows no id that tells them apart";
        letters().any(|letter| letter.id.is_none() && is_more(letter)).then_some(same)
    }
}

impl Case {
    /// The present place in the messages to these recipients.
    pub(crate) async fn mark(&self, to: &[&str]) -> Result<Mark, Halt> {
        let now = Timestamp::now();
        let to = to.iter().map(|to| (*to).to_owned()).collect();
        let since = now.checked_sub(SLACK).unwrap_or(now);
        let mut mark = Mark { to, since, seen: BTreeMap::new(), about: None, what: "a message" };
        for (_, shown) in self.shown(&mark).await? {
            shown.letters.iter().for_each(|letter| *mark.seen.entry(known(letter)).or_default() += 1);
        }
        Ok(mark)
    }

    /// Whether messages are read by something else than an outbox, which may show them late.
    fn is_read_late(&self) -> bool {
        !self.session.target.messages.readers().is_empty()
    }

    /// How often to look for a message.
    fn every(&self) -> Duration {
        match self.is_read_late() {
            false => EVERY,
            true if self.session.target.is_far => EVERY_FAR,
            true => EVERY_NEAR,
        }
    }

    /// Whether messages to this recipient can be read.
    pub(crate) async fn reads_messages_to(&self, to: &str) -> bool {
        self.reader(to).await.is_ok()
    }

    /// The reader of the messages to a recipient; none is the outbox.
    async fn reader(&self, to: &str) -> Result<Option<&Reader>, Halt> {
        let messages = &self.session.target.messages;
        let unread = match messages {
            Messages::Mock => return Ok(None),
            Messages::Detect if self.session.is_mock().await => return Ok(None),
            Messages::Detect | Messages::None => "what the target sends to people is not read: see DEFENTRY_MESSAGES",
            Messages::By(_) => match messages.reader(Channel::of(to)) {
                Some(reader) => return Ok(Some(reader)),
                None => "text messages are not read: add command:CMD at the end of DEFENTRY_MESSAGES",
            },
        };
        Err(Halt::Skipped(unread.into()))
    }

    /// An account to whose owner no message of an earlier case is on its way, where it could be taken for one of this.
    pub(crate) async fn quiet_account(&self) -> Result<Account, Halt> {
        if self.is_read_late() { self.fresh_account().await } else { self.account().await }
    }

    /// The messages after `mark` that have come so far, oldest first.
    pub(crate) async fn new_messages(&self, mark: &Mark) -> Result<Vec<Message>, Halt> {
        Ok(self.learnt(mark.new_in(&self.shown(mark).await?)))
    }

    /// How many messages after `mark` may ask for a confirmation. Mail does not always come in the order in which it was
    /// sent, so it is given a moment.
    pub(crate) async fn asked(&self, mark: &Mark) -> Result<usize, Halt> {
        if self.is_read_late() {
            self.session.pause(self.every()).await;
        }
        Ok(self.new_messages(mark).await?.iter().filter(|message| message.asks()).count())
    }

    /// Goes on where all messages after `mark` are shown, so that those which are not shown were not sent. This is asked
    /// once a later message has come through.
    pub(crate) async fn sees_all(&self, mark: &Mark) -> Result<(), Halt> {
        // Where the newest message is one that was there before, none is newer.
        let is_seen = |letter: &Letter| mark.seen.contains_key(&known(letter));
        if self.shown(mark).await?.iter().all(|(_, shown)| shown.are_all || shown.letters.iter().all(is_seen)) {
            return Ok(());
        }
        let why =
            "the command of DEFENTRY_MESSAGES shows only the newest message: that no other was sent cannot be told";
        Err(Halt::Inconclusive(format!("{why} (let it print all, an object a line)")))
    }

    /// The newest message after `mark`, as soon as there is one.
    pub(crate) async fn message(&self, mark: &Mark) -> Result<Message, Halt> {
        let every = self.every();
        let mut wait = self.session.waits.begin(mark.what);
        let shown = loop {
            let shown = self.shown(mark).await?;
            if let Some(message) = self.learnt(mark.new_in(&shown)).pop() {
                wait.has_come();
                return Ok(message);
            }
            if wait.is_over() {
                break shown;
            }
            self.session.pause(wait.pause(every, every)).await;
            if let Some(interruption) = self.session.pace.interruption() {
                return Err(Halt::Inconclusive(interruption));
            }
        };
        let in_vain = wait.was_in_vain();
        if let Some(why) = mark.may_hide(&shown) {
            return Err(Halt::Inconclusive(format!("{why}: whether the same was sent again cannot be told")));
        }
        if self.is_read_late() && !mark.to.iter().any(|to| self.session.has_heard(Channel::of(to))) {
            let why = "and DEFENTRY_MESSAGES has shown no message at all so far: whether any was sent to the suite's \
                       addresses (DEFENTRY_EMAIL_DOMAIN) cannot be told";
            self.note_unheard();
            return Err(Halt::Inconclusive(format!("{}, {why}", in_vain.told)));
        }
        let halt = Halt::fail(format!("{} to {}", mark.what, mark.to.join(" or ")), in_vain.told);
        Err(if in_vain.is_certain { halt } else { halt.into_required() })
    }

    /// Whether the message that would come after `mark` is of a kind that others have waited for in vain.
    pub(crate) fn is_lost(&self, mark: &Mark) -> bool {
        self.session.waits.is_lost(mark.what)
    }

    /// Opens a link from a message: it answers a page, or redirects to one.
    pub(crate) async fn open(&self, link: &str) -> Result<(), Halt> {
        let opened = self.get(&Caller::Anonymous, link).await?;
        opened.demand("the link opens", |status| (200..400).contains(&status))
    }

    /// Keeps the links of messages out of reports.
    fn learnt(&self, messages: Vec<Message>) -> Vec<Message> {
        let links = messages.iter().filter_map(Message::link);
        links.for_each(|link| self.session.redactor.learn(link, "$LINK"));
        messages
    }

    /// The messages that are shown to each recipient of a mark.
    async fn shown(&self, mark: &Mark) -> Result<Vec<(String, Shown)>, Halt> {
        let mut all = Vec::new();
        for to in &mark.to {
            let shown = match self.reader(to).await? {
                None => self.in_outbox(to).await?,
                Some(reader) => tokio::select! {
                    shown = reader.shown(to, mark.since) => shown.map_err(|problem| unread(reader, &problem))?,
                    () = self.session.pace.over() => return Err(Halt::Inconclusive("the run was interrupted".into())),
                },
            };
            if !shown.letters.is_empty() {
                self.session.note_heard(Channel::of(to));
            }
            all.push((to.clone(), shown));
        }
        Ok(all)
    }

    async fn in_outbox(&self, to: &str) -> Result<Shown, Halt> {
        let path = format!("/_mock/outbox?to={}", reader::in_query(to));
        let answer = self.control(Method::GET, &path, None).await?;
        let unread = || Halt::Inconclusive(format!("the outbox cannot be read: {} to {path}", answer.status));
        outbox::letters(&answer.body, to).map(|letters| Shown { letters, are_all: true }).ok_or_else(unread)
    }
}

/// Why a reader shows nothing.
fn unread(reader: &Reader, problem: &str) -> Halt {
    let name = match reader {
        Reader::Command(_) => "command",
        Reader::Mailpit(_) => "Mailpit",
        Reader::Imap(_) => "mailbox",
    };
    Halt::Inconclusive(format!("the {name} of DEFENTRY_MESSAGES {problem}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn letter(id: Option<&str>, text: &str) -> Letter {
        Letter { id: id.map(str::to_owned), text: text.to_owned(), link: None, code: None }
    }

    fn shown(are_all: bool, letters: &[Letter]) -> [(String, Shown); 1] {
        [("a@example.com".to_owned(), Shown { letters: letters.to_vec(), are_all })]
    }

    fn mark(seen: &[Letter]) -> Mark {
        let seen = seen.iter().map(|letter| (known(letter), 1)).collect();
        Mark { to: Vec::new(), since: Timestamp::now(), seen, about: None, what: "a message" }
    }

    #[test]
    fn a_message_that_was_seen_is_not_new_and_one_that_comes_twice_is_one() {
        let plain = |text: &str| letter(None, text);
        let texts = |mark: &Mark, letters: &[Letter]| -> Vec<String> {
            mark.new_in(&shown(true, letters)).into_iter().map(|message| message.0.text).collect()
        };
        let all = ["old", "new", "new", "other"].map(plain);
        assert_eq!(texts(&mark(&[plain("old")]), &all), ["new", "other"]);
        // With ids, a message with the same text is another one, and the same one may come twice.
        let first = letter(Some("1"), "same");
        let again = [first.clone(), first.clone(), letter(Some("2"), "same"), letter(Some("2"), "same")];
        assert_eq!(texts(&mark(&[first]), &again), ["same"]);
    }

    #[test]
    fn what_cannot_be_told_is_said() {
        let plain = |text: &str| letter(None, text);
        let cases = [
            (false, vec![plain("old")], true),
            (false, vec![], false),
            (true, vec![plain("old")], false),
            (true, vec![plain("old"), plain("old")], true),
            (true, vec![letter(Some("1"), "old"), letter(Some("1"), "old")], false),
        ];
        for (are_all, letters, expected) in cases {
            let mark = mark(&[plain("old"), letter(Some("1"), "old")]);
            assert_eq!(mark.may_hide(&shown(are_all, &letters)).is_some(), expected, "{are_all} {letters:?}");
        }
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
            assert_eq!(mark.may_be(to, &Message(letter(None, text))), expected, "{text}");
        }
    }
}
