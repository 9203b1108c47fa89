//! The journal: the last requests of a world and their responses.

use std::borrow::Cow;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard};

use axum::http::Method;
use serde::Serialize;

use super::curl::SentRequest;
use crate::faults::InjectedFault;
use crate::guide::trace::Basis;
use crate::model::mask;
use crate::model::time::Timestamp;

/// One request and how it was answered. Secrets and personal numbers are masked.
#[derive(Clone, Debug, Serialize)]
pub struct RequestRecord {
    /// Counts up from 1 in each world.
    pub id: u64,
    /// When it was answered by the mock's clock.
    pub at: Timestamp,
    /// The method as sent, if it is a word.
    pub method: String,
    /// Path and query; anything that could be a value in them is masked.
    pub path: String,
    /// `crm`, `app`, `none`, or `unknown` for a token that the world does not know or that has expired.
    pub token: &'static str,
    /// The format of the response: `legacy` or `standardized`.
    pub format: &'static str,
    /// The status of the response; none where a fault has ended the connection.
    pub status: Option<u16>,
    /// The ids of the facts that the response follows.
    pub facts: Vec<&'static str>,
    /// The keys of the assumptions that it uses.
    pub assumptions: Vec<&'static str>,
    /// Whether it was written as a target was seen to write it, which a profile tells.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub observed: bool,
    /// The text of `X-Mock-Hint`, if there was one.
    pub hint: Option<String>,
    /// The fault that applied to it, if one did.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fault: Option<InjectedFault>,
    /// The request as a curl command, with `$CRM_TOKEN` or `$APP_TOKEN` for the token, and values masked.
    pub curl: String,
}

/// A request as the journal keeps it. Texts are made when they are asked for.
#[derive(Clone, Debug)]
pub(crate) struct Entry {
    pub(crate) at: Timestamp,
    pub(crate) method: Method,
    /// Masked.
    pub(crate) path: String,
    pub(crate) token: &'static str,
    pub(crate) format: &'static str,
    pub(crate) status: Option<u16>,
    pub(crate) basis: Basis,
    pub(crate) hint: Option<Cow<'static, str>>,
    pub(crate) fault: Option<InjectedFault>,
    pub(crate) sent: SentRequest,
}

impl Entry {
    fn record(self, id: u64, base: &str) -> RequestRecord {
        let method = mask::method(self.method.as_str());
        let curl = self.sent.masked_command(method, base, &self.path, self.token);
        RequestRecord {
            id,
            at: self.at,
            method: method.to_owned(),
            path: self.path,
            token: self.token,
            format: self.format,
            status: self.status,
            facts: self.basis.facts().collect(),
            assumptions: self.basis.assumptions().collect(),
            observed: self.basis.is_observed(),
            hint: self.hint.map(Cow::into_owned),
            fault: self.fault,
            curl,
        }
    }
}

/// A place in the journal. Entries are large and most sandboxes see few requests, so an empty place is small; a full one
/// is overwritten.
type Place = Mutex<Option<Box<(u64, Entry)>>>;

/// A bounded list. Each place has a lock of its own, so that requests do not wait for one another.
#[derive(Debug)]
pub(crate) struct Journal {
    places: Box<[Place]>,
    written: AtomicU64,
}

impl Journal {
    /// A journal of the last `capacity` requests; 0 keeps none.
    pub(crate) fn new(capacity: usize) -> Self {
        Self { places: (0..capacity).map(|_| Mutex::new(None)).collect(), written: AtomicU64::new(0) }
    }

    /// Whether it keeps anything.
    pub(crate) fn is_kept(&self) -> bool {
        !self.places.is_empty()
    }

    /// Adds an entry under the next id; the oldest one makes room.
    pub(crate) fn add(&self, entry: Entry) {
        let position = self.written.fetch_add(1, Ordering::Relaxed);
        let id = position + 1;
        let mut place = lock(&self.places[position as usize % self.places.len()]);
        // A slower writer that was lapped must not bring back an older entry.
        match &mut *place {
            None => *place = Some(Box::new((id, entry))),
            Some(there) if there.0 < id => **there = (id, entry),
            Some(_) => {}
        }
    }

    /// The last `limit` of those that came after the one with the id `after`, oldest first. Their curl commands go to
    /// the world at `base`.
    pub(crate) fn list(&self, after: u64, limit: usize, base: &str) -> Vec<RequestRecord> {
        let is_meant = |there: &&(u64, Entry)| there.0 > after;
        let kept = self.places.iter().filter_map(|place| lock(place).as_deref().filter(is_meant).cloned());
        let mut kept: Vec<_> = kept.collect();
        kept.sort_unstable_by_key(|(id, _)| *id);
        kept.drain(..kept.len().saturating_sub(limit));
        kept.into_iter().map(|(id, entry)| entry.record(id, base)).collect()
    }

    /// The request with this id as a curl command to the world at `base`, with everything that was sent. None if it is
    /// not there, or no longer.
    pub(crate) fn curl(&self, id: u64, base: &str) -> Option<String> {
        let position = id.checked_sub(1)?.checked_rem(self.places.len() as u64)?;
        let place = lock(&self.places[position as usize]);
        let (_, entry) = place.as_deref().filter(|there| there.0 == id)?;
        Some(entry.sent.command(entry.method.as_str(), base))
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
    use super::*;

    fn entry() -> Entry {
        Entry {
            at: Timestamp::from_unix_seconds(0),
            method: Method::GET,
            path: "/".into(),
            token: "none",
            format: "legacy",
            status: Some(404),
            basis: crate::guide::trace::Trace::default().basis(),
            hint: None,
            fault: None,
            sent: SentRequest::new("/", &axum::http::HeaderMap::new(), Some(b"")),
        }
    }

    fn ids(journal: &Journal, after: u64, limit: usize) -> Vec<u64> {
        journal.list(after, limit, "http://mock").iter().map(|record| record.id).collect()
    }

    #[test]
    fn the_oldest_make_room_and_the_order_stays() {
        let journal = Journal::new(3);
        (0..5).for_each(|_| journal.add(entry()));
        assert_eq!(ids(&journal, 0, usize::MAX), [3, 4, 5]);
        journal.clear();
        journal.add(entry());
        assert_eq!(ids(&journal, 0, usize::MAX), [6]);
    }

    #[test]
    fn a_list_has_the_last_of_the_requests_after_an_id() {
        let journal = Journal::new(4);
        (0..6).for_each(|_| journal.add(entry()));
        let cases: [(u64, usize, &[u64]); 5] =
            [(4, 9, &[5, 6]), (0, 3, &[4, 5, 6]), (6, 9, &[]), (u64::MAX, 9, &[]), (0, 0, &[])];
        for (after, limit, expected) in cases {
            assert_eq!(ids(&journal, after, limit), expected, "{limit} after {after}");
        }
    }

    #[test]
    fn a_request_is_found_by_its_id_while_it_is_kept() {
        let journal = Journal::new(2);
        (0..3).for_each(|_| journal.add(entry()));
        let found = [0, 1, 2, 3, 4, u64::MAX].map(|id| journal.curl(id, "http://mock").is_some());
        assert_eq!(found, [false, false, true, true, false, false]);
        assert_eq!(journal.curl(3, "http://mock").as_deref(), Some("curl http://mock/"));
        assert_eq!(Journal::new(0).curl(1, "http://mock"), None);
    }
}
