//! The journal: the last requests of a world and their responses.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard};

use tokio::sync::Notify;
use tokio::sync::futures::Notified;

use super::curl;
use super::record::{Entry, RequestRecord};
use super::request_filter::{Criteria, NearMiss};
use crate::model::mask;

/// How many bytes of one request and its response are kept whatever there is. Longer ones share [`LONG_BYTES`].
const SHORT: usize = 4 * 1024;

/// How many bytes are kept of all those in one world that are longer. The oldest make room: their bodies are forgotten.
const LONG_BYTES: usize = 16 * 1024 * 1024;

/// How many requests are named that were nearly what was asked for.
const MOST_NEAR: usize = 3;

/// A place in the journal. Entries are large and most sandboxes see few requests, so an empty place is small; a full one
/// is overwritten.
type Place = Mutex<Option<Box<(u64, Entry)>>>;

/// A bounded list. Each place has a lock of its own, so that requests do not wait for one another.
#[derive(Debug)]
pub(crate) struct Journal {
    places: Box<[Place]>,
    written: AtomicU64,
    long: Mutex<Long>,
    /// How many wait for news, so that a request wakes nobody where nobody waits.
    waiting: AtomicUsize,
    news: Notify,
}

/// The entries that are long, oldest first, each with its id and its bytes.
#[derive(Debug, Default)]
struct Long {
    entries: VecDeque<(u64, usize)>,
    bytes: usize,
}

/// The requests that were asked for.
#[derive(Debug, Default)]
pub(crate) struct Found {
    /// How many there are.
    pub(crate) count: usize,
    /// The last of them, oldest first.
    pub(crate) requests: Vec<RequestRecord>,
    /// Where there are none: those that are nearest, the nearest first.
    pub(crate) nearest: Vec<NearMiss>,
}

/// Somebody who waits for the next request.
#[derive(Debug)]
pub(crate) struct Waiting<'a>(&'a Journal);

impl Waiting<'_> {
    /// Resolves when a request has come since this was called, or [`Journal::wake`] was.
    pub(crate) fn news(&self) -> Notified<'_> {
        self.0.news.notified()
    }
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.0.waiting.fetch_sub(1, Ordering::Release);
    }
}

impl Journal {
    /// A journal of the last `capacity` requests; 0 keeps none.
    pub(crate) fn new(capacity: usize) -> Self {
        Self {
            places: (0..capacity).map(|_| Mutex::new(None)).collect(),
            written: AtomicU64::new(0),
            long: Mutex::default(),
            waiting: AtomicUsize::new(0),
            news: Notify::new(),
        }
    }

    /// Whether it keeps anything.
    pub(crate) fn is_kept(&self) -> bool {
        !self.places.is_empty()
    }

    /// Adds an entry under the next id; the oldest one makes room.
    pub(crate) fn add(&self, entry: Entry) {
        let position = self.written.fetch_add(1, Ordering::Relaxed);
        let (id, weight) = (position + 1, entry.weight());
        {
            let mut place = lock(&self.places[position as usize % self.places.len()]);
            // A slower writer that was lapped must not bring back an older entry.
            match &mut *place {
                None => *place = Some(Box::new((id, entry))),
                Some(there) if there.0 < id => **there = (id, entry),
                Some(_) => {}
            }
        }
        if weight > SHORT {
            self.make_room(id, weight);
        }
        // Who waits has said so before it looked at this place, or finds the entry there.
        if self.waiting.load(Ordering::Acquire) > 0 {
            self.wake();
        }
    }

    /// Counts a long entry, and forgets the bodies of the oldest ones if they are too many.
    fn make_room(&self, id: u64, weight: usize) {
        let mut long = self.long.lock().expect("nothing panics while it holds the long entries");
        long.entries.push_back((id, weight));
        long.bytes += weight;
        while let Some((oldest, weight)) = long.entries.front().copied() {
            // Where it was overwritten, its bytes are gone already.
            let is_overwritten = oldest + self.places.len() as u64 <= id;
            if !is_overwritten && long.bytes <= LONG_BYTES {
                return;
            }
            long.entries.pop_front();
            long.bytes -= weight;
            let mut place = lock(&self.places[(oldest - 1) as usize % self.places.len()]);
            if let Some((_, entry)) = place.as_deref_mut().filter(|there| there.0 == oldest) {
                entry.forget_bodies();
            }
        }
    }

    /// Begins to wait for requests.
    pub(crate) fn wait(&self) -> Waiting<'_> {
        self.waiting.fetch_add(1, Ordering::AcqRel);
        Waiting(self)
    }

    /// Wakes those that wait.
    pub(crate) fn wake(&self) {
        self.news.notify_waiters();
    }

    /// The requests that are asked for, the last `limit` of them. Their curl commands go to the world at `base`.
    pub(crate) fn find(&self, criteria: &Criteria, limit: usize, base: &str) -> Found {
        let (mut found, mut near) = (Vec::new(), Vec::new());
        for place in &self.places {
            let place = lock(place);
            let Some((id, entry)) = place.as_deref() else { continue };
            if !criteria.covers(*id, entry) {
                continue;
            }
            let differs = criteria.differences(entry);
            if differs.is_empty() {
                found.push((*id, entry.clone()));
            } else if found.is_empty() {
                near.push((*id, differs));
            }
        }
        let count = found.len();
        found.sort_unstable_by_key(|(id, _)| *id);
        found.drain(..count.saturating_sub(limit));
        Found {
            count,
            requests: found.into_iter().map(|(id, entry)| entry.record(id, base)).collect(),
            nearest: if count == 0 { self.nearest(near) } else { Vec::new() },
        }
    }

    /// The nearest of the requests that are not as asked for, each given with its differences.
    fn nearest(&self, mut near: Vec<(u64, Vec<&'static str>)>) -> Vec<NearMiss> {
        // The wrong path is farther away than everything else together.
        let distance = |differs: &[&str]| differs.len() + 10 * usize::from(differs.contains(&"path"));
        near.sort_by_key(|(id, differs)| (distance(differs), u64::MAX - id));
        let miss = |(id, differs): (u64, Vec<&'static str>)| {
            let place = lock(&self.places[(id - 1) as usize % self.places.len()]);
            let (_, entry) = place.as_deref().filter(|there| there.0 == id)?;
            Some(NearMiss {
                id,
                method: mask::method(entry.method.as_str()).to_owned(),
                path: entry.path.clone(),
                status: entry.status(),
                differs,
                hint: entry.head.hint.as_deref().map(str::to_owned),
            })
        };
        near.into_iter().filter_map(miss).take(MOST_NEAR).collect()
    }

    /// The request with this id as a curl command to the world at `base`, with everything that was sent. None if it is
    /// not there, or no longer.
    pub(crate) fn curl(&self, id: u64, base: &str) -> Option<String> {
        let position = id.checked_sub(1)?.checked_rem(self.places.len() as u64)?;
        let place = lock(&self.places[position as usize]);
        let (_, entry) = place.as_deref().filter(|there| there.0 == id)?;
        Some(curl::command(&entry.sent, entry.method.as_str(), base))
    }

    /// Forgets all.
    pub(crate) fn clear(&self) {
        self.places.iter().for_each(|place| *lock(place) = None);
    }
}

fn lock<T>(place: &Mutex<T>) -> MutexGuard<'_, T> {
    place.lock().expect("nothing panics while it holds a place")
}

#[cfg(test)]
mod tests {
    use axum::http::{HeaderMap, Method};
    use bytes::Bytes;

    use super::*;
    use crate::model::time::Timestamp;
    use crate::world::head::Head;
    use crate::world::record::SentResponse;
    use crate::world::request_filter::RequestFilter;
    use crate::world::sent::SentRequest;

    /// A request whose response has a body of this length.
    fn entry(length: usize) -> Entry {
        let basis = crate::guide::trace::Trace::default().basis();
        Entry {
            at: Timestamp::from_unix_seconds(0),
            took: 0,
            method: Method::GET,
            path: "/".into(),
            documented: None,
            token: "none",
            format: "legacy",
            head: Head { basis, hint: None, rate: None, is_open: false },
            fault: None,
            sent: SentRequest::new("/", &HeaderMap::new(), Some(b"")),
            response: Some(SentResponse::new(404, &HeaderMap::new(), &Bytes::from(vec![b'1'; length]))),
        }
    }

    fn find(journal: &Journal, filter: &RequestFilter, limit: usize) -> Found {
        journal.find(&filter.criteria().expect("a filter"), limit, "http://mock")
    }

    fn ids(journal: &Journal, after: u64, limit: usize) -> Vec<u64> {
        let found = find(journal, &RequestFilter::all().after(after), limit);
        found.requests.iter().map(|record| record.id).collect()
    }

    #[test]
    fn the_oldest_make_room_and_the_order_stays() {
        let journal = Journal::new(3);
        (0..5).for_each(|_| journal.add(entry(2)));
        assert_eq!(ids(&journal, 0, usize::MAX), [3, 4, 5]);
        journal.clear();
        journal.add(entry(2));
        assert_eq!(ids(&journal, 0, usize::MAX), [6]);
    }

    #[test]
    fn a_list_has_the_last_of_the_requests_after_an_id() {
        let journal = Journal::new(4);
        (0..6).for_each(|_| journal.add(entry(2)));
        let cases: [(u64, usize, &[u64]); 5] =
            [(4, 9, &[5, 6]), (0, 3, &[4, 5, 6]), (6, 9, &[]), (u64::MAX, 9, &[]), (0, 0, &[])];
        for (after, limit, expected) in cases {
            assert_eq!(ids(&journal, after, limit), expected, "{limit} after {after}");
        }
    }

    #[test]
    fn a_request_is_found_by_its_id_while_it_is_kept() {
        let journal = Journal::new(2);
        (0..3).for_each(|_| journal.add(entry(2)));
        let found = [0, 1, 2, 3, 4, u64::MAX].map(|id| journal.curl(id, "http://mock").is_some());
        assert_eq!(found, [false, false, true, true, false, false]);
        assert_eq!(journal.curl(3, "http://mock").as_deref(), Some("curl http://mock/"));
        assert_eq!(Journal::new(0).curl(1, "http://mock"), None);
    }

    #[test]
    fn of_long_bodies_those_of_the_last_requests_are_kept_within_the_bound() {
        let journal = Journal::new(5000);
        let kept = || {
            let found = find(&journal, &RequestFilter::all(), usize::MAX);
            let is_kept = |record: &&RequestRecord| {
                record.response.as_ref().is_some_and(|response| response.message.body.is_some())
            };
            let kept: Vec<u64> = found.requests.iter().filter(is_kept).map(|record| record.id).collect();
            (kept.len(), kept[0])
        };
        (0..100).for_each(|_| journal.add(entry(2)));
        (0..1100).for_each(|_| journal.add(entry(100_000)));
        // 1,023 of 16 KiB and one byte each fit, the short ones stay.
        let (many, first) = kept();
        assert_eq!((many, first), (100 + 1023, 1));
        let found = find(&journal, &RequestFilter::all().after(100), 1100);
        let response = found.requests[0].response.as_ref().expect("a response");
        assert_eq!((response.message.bytes, response.message.is_cut), (Some(100_000), true));
    }
}
