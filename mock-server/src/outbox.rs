//! The messages that the fake would have sent: confirmation emails and codes by SMS.
//!
//! A message arrives when it is sent, unless a fault makes it late. What is late carries the instant of its arrival, and
//! whoever looks first after that instant lets it arrive: nothing waits for it.

use std::borrow::Cow;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard};

use dashmap::DashMap;
use serde::{Deserialize, Serialize};
use tokio::sync::Notify;

use crate::faults::MessageEffect;
use crate::id::ShownId;
use crate::time::Timestamp;

/// How long a message waits for the next one, in seconds.
const LONGEST_REORDER: u32 = 60;

/// How a message travels.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Channel {
    /// To an email address.
    Email,
    /// To a phone number.
    Sms,
}

/// A message that was sent, and never left the fake.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Message {
    /// Counts up from 1 in each world, as messages arrive.
    pub id: u64,
    /// How it travels.
    pub channel: Channel,
    /// The address or number that it goes to.
    pub to: String,
    /// The account that it is about.
    pub account_id: ShownId,
    /// `watchlist-email-confirmation`, `watchlist-phone-confirmation`, `phone-verification` or `credit-card-verification`.
    pub kind: Cow<'static, str>,
    /// The subject of an email.
    pub subject: Option<String>,
    /// What a person reads.
    pub text: String,
    /// The link that confirms, in an email that has one.
    pub link: Option<String>,
    /// The code that confirms, in a message that has one.
    pub code: Option<String>,
    /// By the fake's clock.
    pub sent_at: Timestamp,
}

/// Which messages are asked for.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MessageFilter {
    /// Only those to this address or number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub to: Option<String>,
    /// Only those of this channel.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub channel: Option<Channel>,
}

impl MessageFilter {
    pub(crate) fn admits(&self, message: &Message) -> bool {
        self.to.as_ref().is_none_or(|to| to.eq_ignore_ascii_case(&message.to))
            && self.channel.is_none_or(|channel| channel == message.channel)
    }
}

/// A message that is under way. It gets its id when it arrives.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Late {
    pub(crate) arrives_at: Timestamp,
    /// It arrives after the next message that this admits, if that comes first.
    pub(crate) after: Option<MessageFilter>,
    pub(crate) message: Message,
}

/// The messages of one world.
#[derive(Debug)]
pub(crate) struct Outbox {
    messages: DashMap<u64, Message>,
    sent: AtomicU64,
    /// In the order in which they were sent.
    late: Mutex<Vec<Late>>,
    /// Whether anything is late, so that nobody has to ask who waits for nothing.
    is_any_late: AtomicBool,
    news: Notify,
    has_ended: AtomicBool,
}

impl Outbox {
    /// An outbox that holds nothing.
    pub(crate) fn new(shards: usize) -> Self {
        Self {
            messages: DashMap::with_shard_amount(shards),
            sent: AtomicU64::new(0),
            late: Mutex::default(),
            is_any_late: AtomicBool::new(false),
            news: Notify::new(),
            has_ended: AtomicBool::new(false),
        }
    }

    /// Sends `message`, and wakes those who wait.
    pub(crate) fn send(&self, message: Message) {
        if self.is_any_late.load(Ordering::Acquire) {
            self.send_struck(message, |_, _| None);
        } else {
            self.arrive(message);
        }
    }

    /// Sends `message`, and asks what becomes of it and whether a late one waits for it.
    pub(crate) fn send_struck(&self, message: Message, effect: impl FnOnce(&Message, bool) -> Option<MessageEffect>) {
        let mut late = self.lock_late();
        let now = message.sent_at;
        self.let_arrive(&mut late, now);
        let is_awaited = late.iter().any(|late| late.waits_for(&message));
        let hold = |seconds: u32, after| (now.plus_seconds(i64::from(seconds)), after);
        let (arrives_at, after) = match effect(&message, is_awaited) {
            Some(MessageEffect::Drop) => return,
            None => (now, None),
            Some(MessageEffect::Double) => {
                self.arrive(message.clone());
                (now, None)
            }
            Some(MessageEffect::Delay { seconds }) => hold(seconds, None),
            Some(MessageEffect::Reorder { after }) => hold(LONGEST_REORDER, Some(after)),
        };
        late.push(Late { arrives_at, after, message });
        self.let_arrive(&mut late, now);
        // Those who wait learn of what will come by itself.
        self.news.notify_waiters();
    }

    /// Puts a message back under the id that it had.
    pub(crate) fn restore(&self, message: Message) {
        self.count_from(message.id);
        self.messages.insert(message.id, message);
    }

    /// Puts a message back that is under way.
    pub(crate) fn restore_late(&self, late: Late) {
        self.lock_late().push(late);
        self.is_any_late.store(true, Ordering::Release);
    }

    /// Gives out ids after `sent`.
    pub(crate) fn count_from(&self, sent: u64) {
        self.sent.fetch_max(sent, Ordering::Relaxed);
    }

    /// How many have arrived, those that were forgotten included.
    pub(crate) fn sent(&self) -> u64 {
        self.sent.load(Ordering::Relaxed)
    }

    /// What has arrived by `now` and `filter` admits, oldest first.
    pub(crate) fn list(&self, filter: &MessageFilter, now: Timestamp) -> Vec<Message> {
        if self.is_any_late.load(Ordering::Acquire) {
            self.let_arrive(&mut self.lock_late(), now);
        }
        self.arrived(filter)
    }

    /// All that has arrived by `now`, oldest first, and all that is under way.
    pub(crate) fn list_with_late(&self, now: Timestamp) -> (Vec<Message>, Vec<Late>) {
        let mut late = self.lock_late();
        self.let_arrive(&mut late, now);
        (self.arrived(&MessageFilter::default()), late.clone())
    }

    /// When the messages arrive that are under way, if the clock goes on to `now`, in order.
    pub(crate) fn arrivals(&self, now: Timestamp) -> Vec<Timestamp> {
        let (arrived, _) = arrivals(self.lock_late().clone(), now);
        arrived.into_iter().map(|(at, _)| at).collect()
    }

    /// When the next of the messages arrives that are under way.
    pub(crate) fn next_arrival(&self) -> Option<Timestamp> {
        if !self.is_any_late.load(Ordering::Acquire) {
            return None;
        }
        self.lock_late().iter().map(|late| late.arrives_at).min()
    }

    /// Forgets all messages that have arrived by `now`; links and codes in them go on working. What is under way arrives
    /// later.
    pub(crate) fn clear(&self, now: Timestamp) {
        let mut late = self.lock_late();
        self.let_arrive(&mut late, now);
        self.messages.clear();
    }

    /// Wakes those who wait, for the clock has been moved.
    pub(crate) fn wake(&self) {
        self.news.notify_waiters();
    }

    /// Resolves when something has been sent since this was called, or the world has ended.
    pub(crate) fn news(&self) -> tokio::sync::futures::Notified<'_> {
        self.news.notified()
    }

    /// Wakes those who wait, for there will be no more.
    pub(crate) fn end(&self) {
        self.has_ended.store(true, Ordering::Release);
        self.news.notify_waiters();
    }

    /// Whether [`Outbox::end`] was called.
    pub(crate) fn has_ended(&self) -> bool {
        self.has_ended.load(Ordering::Acquire)
    }

    fn arrived(&self, filter: &MessageFilter) -> Vec<Message> {
        let mut messages: Vec<_> = self
            .messages
            .iter()
            .filter(|entry| filter.admits(entry.value()))
            .map(|entry| entry.value().clone())
            .collect();
        messages.sort_unstable_by_key(|message| message.id);
        messages
    }

    /// Takes `message` in under the next id.
    fn arrive(&self, mut message: Message) {
        message.id = self.sent.fetch_add(1, Ordering::Relaxed) + 1;
        self.messages.insert(message.id, message);
        self.news.notify_waiters();
    }

    /// Takes in those of `late` whose time has come.
    fn let_arrive(&self, late: &mut Vec<Late>, now: Timestamp) {
        let (arrived, under_way) = arrivals(std::mem::take(late), now);
        *late = under_way;
        arrived.into_iter().for_each(|(_, message)| self.arrive(message));
        self.is_any_late.store(!late.is_empty(), Ordering::Release);
    }

    fn lock_late(&self) -> MutexGuard<'_, Vec<Late>> {
        self.late.lock().expect("nothing panics while it holds what is late")
    }
}

impl Late {
    fn waits_for(&self, message: &Message) -> bool {
        self.after.as_ref().is_some_and(|after| after.admits(message))
    }
}

/// Those of `late` that have arrived by `now`, in order, each with when, and those that have not.
fn arrivals(mut late: Vec<Late>, now: Timestamp) -> (Vec<(Timestamp, Message)>, Vec<Late>) {
    let mut arrived = Vec::new();
    loop {
        let due = late.iter().enumerate().filter(|(_, late)| late.arrives_at <= now);
        let Some((place, _)) = due.min_by_key(|(place, late)| (late.arrives_at, *place)) else {
            return (arrived, late);
        };
        let Late { arrives_at, message, .. } = late.remove(place);
        let (released, rest) = late.into_iter().partition(|late| late.waits_for(&message));
        late = rest;
        arrived.push((arrives_at, message));
        arrived.extend(Vec::into_iter(released).map(|late| (arrives_at, late.message)));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message(to: &str) -> Message {
        Message {
            id: 0,
            channel: Channel::Email,
            to: to.to_owned(),
            account_id: ShownId::Integer(1),
            kind: "test".into(),
            subject: None,
            text: String::new(),
            link: None,
            code: None,
            sent_at: Timestamp::from_unix_seconds(0),
        }
    }

    /// A message that is named after whom it is to; and whom the one is to that it waits for, or nobody in particular.
    fn late(to: &str, arrives_at: i64, after: Option<&str>) -> Late {
        let filter = |to: &str| MessageFilter { to: (to != "*").then(|| to.to_owned()), channel: None };
        let arrives_at = Timestamp::from_unix_seconds(arrives_at);
        Late { arrives_at, after: after.map(filter), message: message(to) }
    }

    #[test]
    fn what_is_late_arrives_in_its_time_or_after_what_it_waits_for() {
        let cases = [
            (vec![], 100, vec![], vec![]),
            (vec![late("a", 10, None), late("b", 5, None), late("c", 10, None)], 9, vec![("b", 5)], vec!["a", "c"]),
            (vec![late("a", 10, None), late("b", 5, None)], 10, vec![("b", 5), ("a", 10)], vec![]),
            (vec![late("a", 60, Some("*")), late("b", 5, None)], 5, vec![("b", 5), ("a", 5)], vec![]),
            (vec![late("a", 60, Some("c")), late("b", 5, None)], 5, vec![("b", 5)], vec!["a"]),
            (vec![late("a", 60, Some("c"))], 60, vec![("a", 60)], vec![]),
            // What has waited does not itself end the waiting of others.
            (
                vec![late("a", 60, Some("b")), late("b", 60, Some("c")), late("c", 1, None)],
                1,
                vec![("c", 1), ("b", 1)],
                vec!["a"],
            ),
        ];
        for (late, now, expected, left) in cases {
            let story = format!("{late:?} at {now}");
            let (arrived, under_way) = arrivals(late, Timestamp::from_unix_seconds(now));
            let arrived: Vec<_> = arrived.iter().map(|(at, message)| (&*message.to, at.unix_seconds())).collect();
            let under_way: Vec<_> = under_way.iter().map(|late| &*late.message.to).collect();
            assert_eq!((arrived, under_way), (expected, left), "{story}");
        }
    }
}
