//! The last requests of a world, for those who ask what their client really sent.

use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};

use serde::Serialize;

use crate::time::Timestamp;

/// One request and how it was answered. Secrets and personal numbers are masked.
#[derive(Clone, Debug, Serialize)]
pub struct RequestRecord {
    /// Counts up from 1 in each world.
    pub id: u64,
    /// When it was answered, by the fake's clock.
    pub at: Timestamp,
    /// The method as sent.
    pub method: String,
    /// Path and query; what could be a value in them is masked.
    pub path: String,
    /// `crm`, `app`, `none`, or `unknown` for a token that the world does not know or that has expired.
    pub token: &'static str,
    /// The format of the answer: `legacy` or `standardized`.
    pub format: &'static str,
    /// The status of the answer.
    pub status: u16,
    /// The ids of the facts that the answer rests on.
    pub facts: Vec<&'static str>,
    /// The keys of the assumptions that it leans on.
    pub assumptions: Vec<&'static str>,
    /// What `X-Mock-Hint` said, if anything.
    pub hint: Option<String>,
}

/// A bounded record. Each place has a lock of its own, so that requests do not wait for one another.
#[derive(Debug)]
pub(crate) struct Journal {
    places: Box<[Mutex<Option<Box<RequestRecord>>>]>,
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

    /// Adds a record under the next id; the oldest one makes room.
    pub(crate) fn add(&self, mut record: Box<RequestRecord>) {
        let position = self.written.fetch_add(1, Ordering::Relaxed);
        record.id = position + 1;
        let place = &self.places[position as usize % self.places.len()];
        let mut place = place.lock().expect("nothing panics while it holds a place");
        // A slower writer that was lapped must not bring back an older record.
        if place.as_ref().is_none_or(|there| there.id < record.id) {
            *place = Some(record);
        }
    }

    /// What is there, oldest first.
    pub(crate) fn list(&self) -> Vec<RequestRecord> {
        let kept = self
            .places
            .iter()
            .filter_map(|place| place.lock().expect("nothing panics while it holds a place").as_deref().cloned());
        let mut records: Vec<_> = kept.collect();
        records.sort_unstable_by_key(|record| record.id);
        records
    }

    /// Forgets all.
    pub(crate) fn clear(&self) {
        for place in &self.places {
            *place.lock().expect("nothing panics while it holds a place") = None;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record() -> Box<RequestRecord> {
        let at = Timestamp::from_unix_seconds(0);
        Box::new(RequestRecord {
            id: 0,
            at,
            method: "GET".into(),
            path: "/".into(),
            token: "none",
            format: "legacy",
            status: 404,
            facts: vec![],
            assumptions: vec![],
            hint: None,
        })
    }

    #[test]
    fn the_oldest_make_room_and_the_order_stays() {
        let journal = Journal::new(3);
        (0..5).for_each(|_| journal.add(record()));
        assert_eq!(journal.list().iter().map(|record| record.id).collect::<Vec<_>>(), [3, 4, 5]);
        journal.clear();
        journal.add(record());
        assert_eq!(journal.list().iter().map(|record| record.id).collect::<Vec<_>>(), [6]);
    }
}
