//! The outbox: the messages of a world.
//!
//! A message arrives when it is sent, unless a fault delays it. A delayed message carries the time of its arrival, and the
//! first look at the outbox after that time lets it arrive: no timer runs.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard};

use tokio::sync::Notify;

use crate::faults::effect::MessageEffect;
use crate::model::message::{MessageFilter, NewMessage};
use crate::model::time::Timestamp;
use crate::world::shared::SharedMap;

/// How many messages are kept. With the next one, the oldest is forgotten; its link or code goes on working.
pub(crate) const MOST: u64 = 10_000;

/// How long a message waits for the next one, in seconds.
const LONGEST_REORDER: u32 = 60;

/// A message that is delayed. It gets its id when it arrives.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct DelayedMessage {
    pub(crate) arrives_at: Timestamp,
    /// It arrives after the next message that this admits, if that one comes first.
    pub(crate) after: Option<MessageFilter>,
    pub(crate) message: NewMessage,
}

/// The messages of one world.
#[derive(Debug)]
pub(crate) struct Outbox {
    messages: SharedMap<u64, Arc<NewMessage>>,
    sent: AtomicU64,
    /// In the order in which they were sent.
    late: Mutex<Vec<DelayedMessage>>,
    /// Whether any message is delayed, so that a look at the outbox takes no lock where none is.
    is_any_late: AtomicBool,
    news: Notify,
    has_ended: AtomicBool,
}

impl Outbox {
    /// An outbox that holds nothing.
    pub(crate) fn new() -> Self {
        Self {
            messages: SharedMap::new(),
            sent: AtomicU64::new(0),
            late: Mutex::default(),
            is_any_late: AtomicBool::new(false),
            news: Notify::new(),
            has_ended: AtomicBool::new(false),
        }
    }

    /// The same messages for another world, in which nobody waits yet.
    pub(crate) fn fork(&self) -> Self {
        let late = self.lock_late();
        Self {
            messages: self.messages.fork(),
            sent: AtomicU64::new(self.sent()),
            late: Mutex::new(late.clone()),
            is_any_late: AtomicBool::new(!late.is_empty()),
            ..Self::new()
        }
    }

    /// Sends `message`, and wakes requests that wait.
    pub(crate) fn send(&self, message: NewMessage) {
        if self.is_any_late.load(Ordering::Acquire) {
            self.send_with(message, |_, _| None);
        } else {
            self.arrive(message);
        }
    }

    /// Sends `message` with the effect that `effect` gives; `effect` learns whether a delayed message waits for this one.
    pub(crate) fn send_with(
        &self,
        message: NewMessage,
        effect: impl FnOnce(&NewMessage, bool) -> Option<MessageEffect>,
    ) {
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
        late.push(DelayedMessage { arrives_at, after, message });
        self.let_arrive(&mut late, now);
        // Waiting requests learn of a message that will arrive by itself.
        self.news.notify_waiters();
    }

    /// Puts a message back under the id that it had.
    pub(crate) fn restore(&self, id: u64, message: NewMessage) {
        self.count_from(id);
        self.keep(id, message);
    }

    /// Puts a delayed message back.
    pub(crate) fn restore_late(&self, late: DelayedMessage) {
        self.lock_late().push(late);
        self.is_any_late.store(true, Ordering::Release);
    }

    /// Gives out ids after `sent`.
    pub(crate) fn count_from(&self, sent: u64) {
        self.sent.fetch_max(sent, Ordering::Relaxed);
    }

    /// How many have arrived, including forgotten ones.
    pub(crate) fn sent(&self) -> u64 {
        self.sent.load(Ordering::Relaxed)
    }

    /// The messages that have arrived by `now` and `filter` admits, oldest first.
    pub(crate) fn list(&self, filter: &MessageFilter, now: Timestamp) -> Vec<(u64, Arc<NewMessage>)> {
        self.let_due_arrive(now);
        self.arrived(filter)
    }

    /// Lets the delayed messages arrive whose time has come by `now`.
    pub(crate) fn let_due_arrive(&self, now: Timestamp) {
        if self.is_any_late.load(Ordering::Acquire) {
            self.let_arrive(&mut self.lock_late(), now);
        }
    }

    /// The messages that have arrived by `now`, oldest first, and those that are delayed.
    pub(crate) fn list_with_late(&self, now: Timestamp) -> (Vec<(u64, Arc<NewMessage>)>, Vec<DelayedMessage>) {
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

    /// Forgets all messages that have arrived by `now`; links and codes in them go on working. Delayed messages arrive
    /// later.
    pub(crate) fn clear(&self, now: Timestamp) {
        let mut late = self.lock_late();
        self.let_arrive(&mut late, now);
        self.messages.clear();
    }

    /// Wakes requests that wait, because the clock has been moved.
    pub(crate) fn wake(&self) {
        self.news.notify_waiters();
    }

    /// Resolves when something has been sent since this was called, or the world has ended.
    pub(crate) fn news(&self) -> tokio::sync::futures::Notified<'_> {
        self.news.notified()
    }

    /// Wakes requests that wait, because no more messages will come.
    pub(crate) fn end(&self) {
        self.has_ended.store(true, Ordering::Release);
        self.news.notify_waiters();
    }

    /// Whether [`Outbox::end`] was called.
    pub(crate) fn has_ended(&self) -> bool {
        self.has_ended.load(Ordering::Acquire)
    }

    fn arrived(&self, filter: &MessageFilter) -> Vec<(u64, Arc<NewMessage>)> {
        let mut messages = Vec::new();
        self.messages.each(|id, message| {
            if filter.admits(message) {
                messages.push((*id, Arc::clone(message)));
            }
        });
        messages.sort_unstable_by_key(|(id, _)| *id);
        messages
    }

    /// Takes `message` in under the next id.
    fn arrive(&self, message: NewMessage) {
        let id = self.sent.fetch_add(1, Ordering::Relaxed) + 1;
        self.keep(id, message);
        self.news.notify_waiters();
    }

    fn keep(&self, id: u64, message: NewMessage) {
        self.messages.insert(id, Arc::new(message));
        if let Some(oldest) = id.checked_sub(MOST) {
            self.messages.remove(&oldest);
        }
    }

    /// Takes in those of `late` whose time has come.
    fn let_arrive(&self, late: &mut Vec<DelayedMessage>, now: Timestamp) {
        let (arrived, under_way) = arrivals(std::mem::take(late), now);
        *late = under_way;
        arrived.into_iter().for_each(|(_, message)| self.arrive(message));
        self.is_any_late.store(!late.is_empty(), Ordering::Release);
    }

    fn lock_late(&self) -> MutexGuard<'_, Vec<DelayedMessage>> {
        self.late.lock().expect("nothing panics while it holds what is late")
    }
}

impl DelayedMessage {
    fn waits_for(&self, message: &NewMessage) -> bool {
        self.after.as_ref().is_some_and(|after| after.admits(message))
    }
}

/// Those of `late` that have arrived by `now`, in order, each with its time, and those that have not.
fn arrivals(late: Vec<DelayedMessage>, now: Timestamp) -> (Vec<(Timestamp, NewMessage)>, Vec<DelayedMessage>) {
    let mut due: Vec<usize> = (0..late.len()).filter(|place| late[*place].arrives_at <= now).collect();
    due.sort_by_key(|place| late[*place].arrives_at);
    let mut waiting: Vec<usize> = (0..late.len()).filter(|place| late[*place].after.is_some()).collect();
    let mut late: Vec<Option<DelayedMessage>> = late.into_iter().map(Some).collect();
    let mut arrived = Vec::new();
    for place in due {
        let Some(DelayedMessage { arrives_at, message, .. }) = late[place].take() else { continue };
        let waits = |place: &usize| late[*place].as_ref().is_some_and(|late| late.waits_for(&message));
        let (released, rest): (Vec<usize>, Vec<usize>) = waiting.into_iter().partition(waits);
        waiting = rest;
        arrived.push((arrives_at, message));
        // A message that has waited does not end the waiting of others.
        arrived.extend(released.into_iter().filter_map(|place| Some((arrives_at, late[place].take()?.message))));
    }
    (arrived, late.into_iter().flatten().collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::message::Channel;

    fn message(to: &str) -> NewMessage {
        NewMessage {
            channel: Channel::Email,
            to: to.to_owned(),
            account: 1,
            kind: "test".into(),
            subject: None,
            text: String::new(),
            link: None,
            code: None,
            sent_at: Timestamp::from_unix_seconds(0),
        }
    }

    /// A message named after its recipient, and the recipient of the message that it waits for; `*` is any.
    fn late(to: &str, arrives_at: i64, after: Option<&str>) -> DelayedMessage {
        let filter = |to: &str| MessageFilter { to: (to != "*").then(|| to.to_owned()), channel: None };
        let arrives_at = Timestamp::from_unix_seconds(arrives_at);
        DelayedMessage { arrives_at, after: after.map(filter), message: message(to) }
    }

    #[test]
    fn of_too_many_messages_the_oldest_are_forgotten() {
        let outbox = Outbox::new();
        (0..MOST + 5).for_each(|_| outbox.send(message("a")));
        let kept = outbox.list(&MessageFilter::default(), Timestamp::from_unix_seconds(0));
        assert_eq!((kept.len() as u64, kept[0].0, outbox.sent()), (MOST, 6, MOST + 5));
    }

    #[test]
    fn a_delayed_message_arrives_in_time_or_after_the_one_it_waits_for() {
        let cases = [
            (vec![], 100, vec![], vec![]),
            (vec![late("a", 10, None), late("b", 5, None), late("c", 10, None)], 9, vec![("b", 5)], vec!["a", "c"]),
            (vec![late("a", 10, None), late("b", 5, None)], 10, vec![("b", 5), ("a", 10)], vec![]),
            (vec![late("a", 60, Some("*")), late("b", 5, None)], 5, vec![("b", 5), ("a", 5)], vec![]),
            (vec![late("a", 60, Some("c")), late("b", 5, None)], 5, vec![("b", 5)], vec!["a"]),
            (vec![late("a", 60, Some("c"))], 60, vec![("a", 60)], vec![]),
            // A message that has waited does not end the waiting of others.
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
