//! The messages that the fake would have sent: confirmation emails and codes by SMS.

use std::borrow::Cow;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use dashmap::DashMap;
use serde::{Deserialize, Serialize};
use tokio::sync::Notify;

use crate::id::ShownId;
use crate::time::Timestamp;

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
    /// Counts up from 1 in each world.
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
#[derive(Clone, Debug, Default)]
pub struct MessageFilter {
    /// Only those to this address or number.
    pub to: Option<String>,
    /// Only those of this channel.
    pub channel: Option<Channel>,
}

impl MessageFilter {
    fn admits(&self, message: &Message) -> bool {
        self.to.as_ref().is_none_or(|to| to.eq_ignore_ascii_case(&message.to))
            && self.channel.is_none_or(|channel| channel == message.channel)
    }
}

/// The messages of one world.
#[derive(Debug)]
pub(crate) struct Outbox {
    messages: DashMap<u64, Message>,
    sent: AtomicU64,
    news: Notify,
    has_ended: AtomicBool,
}

impl Outbox {
    /// An outbox that holds nothing.
    pub(crate) fn new(shards: usize) -> Self {
        Self {
            messages: DashMap::with_shard_amount(shards),
            sent: AtomicU64::new(0),
            news: Notify::new(),
            has_ended: AtomicBool::new(false),
        }
    }

    /// Sends `message` under the next id, and wakes those who wait.
    pub(crate) fn send(&self, mut message: Message) {
        message.id = self.sent.fetch_add(1, Ordering::Relaxed) + 1;
        self.messages.insert(message.id, message);
        self.news.notify_waiters();
    }

    /// Puts a message back under the id that it had.
    pub(crate) fn restore(&self, message: Message) {
        self.count_from(message.id);
        self.messages.insert(message.id, message);
    }

    /// Gives out ids after `sent`.
    pub(crate) fn count_from(&self, sent: u64) {
        self.sent.fetch_max(sent, Ordering::Relaxed);
    }

    /// How many were sent, those that were forgotten included.
    pub(crate) fn sent(&self) -> u64 {
        self.sent.load(Ordering::Relaxed)
    }

    /// What `filter` admits, oldest first.
    pub(crate) fn list(&self, filter: &MessageFilter) -> Vec<Message> {
        let mut messages: Vec<_> = self
            .messages
            .iter()
            .filter(|entry| filter.admits(entry.value()))
            .map(|entry| entry.value().clone())
            .collect();
        messages.sort_unstable_by_key(|message| message.id);
        messages
    }

    /// Forgets all messages; links and codes in them go on working.
    pub(crate) fn clear(&self) {
        self.messages.clear();
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
}
