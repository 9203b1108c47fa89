//! Exposures: leaks as accounts see them.
//!
//! A [`Leak`] belongs to a value. An account that watches the value has an [`Exposure`]: the leak with ids and a status of
//! its own, and an alarm. Closing one account's alarm never closes another's.

use std::sync::Arc;

use serde::Serializer;

use crate::model::id::{Id, Table};
use crate::model::kind::WatchKind;
use crate::model::leak::{Leak, SourceType};
use crate::model::rows::{Row, Rows};
use crate::model::severity::Severity;
use crate::model::shape::{Holds, Shown, Writing, shape};
use crate::model::time::{Date, Timestamp};

/// A leak as one account sees it, and the alarm that was raised for it.
#[derive(Clone, Debug)]
pub(crate) struct Exposure {
    /// The id of the leak on this account.
    pub(crate) id: u64,
    pub(crate) alarm_id: u64,
    /// The item that watches the value; 0 for the account's own SSN.
    pub(crate) item_id: u64,
    /// Whether that item is still there. Without it the leak is not listed, and only its alarm is left.
    pub(crate) is_watched: bool,
    pub(crate) leak: Arc<Leak>,
    pub(crate) created_at: Timestamp,
    /// When its alarm was closed.
    pub(crate) closed_at: Option<Timestamp>,
}

shape! {
    /// A leak as a client reads it.
    LeakShape = "Leak" {
        id: Id,
        item_id: Id => "The watched item whose value leaked.",
        alarm_id: Id => "The alarm that it raised.",
        source_type: SourceType,
        title: Arc<str>,
        domain: Option<Arc<str>>,
        description: Arc<str>,
        breach_date: Option<Date>,
        published_at: Timestamp,
        data_classes: Vec<Arc<str>>,
        severity: Severity,
        status: AlarmStatus,
        is_verified: bool,
        has_password: bool,
        has_plaintext_password: bool,
        created_at: Timestamp,
    }
}

/// The status of an alarm, and of the leak that raised it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum AlarmStatus {
    Open,
    Closed,
}

impl AlarmStatus {
    /// The names, in order.
    pub(crate) const NAMES: [&'static str; 2] = ["OPEN", "CLOSED"];

    /// The name as responses write it (ALARM-2).
    pub(crate) fn name(self) -> &'static str {
        Self::NAMES[self as usize]
    }
}

impl Shown for AlarmStatus {
    const HOLDS: Holds = Holds::OneOf(&Self::NAMES);

    fn write<S: Serializer>(&self, _: Writing<'_>, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.name())
    }
}

impl Exposure {
    /// The status of the alarm.
    pub(crate) fn status(&self) -> AlarmStatus {
        if self.is_open() { AlarmStatus::Open } else { AlarmStatus::Closed }
    }

    /// Whether the alarm is open.
    pub(crate) fn is_open(&self) -> bool {
        self.closed_at.is_none()
    }

    /// The leak as a client reads it.
    pub(crate) fn show_leak(&self) -> LeakShape {
        let leak = &*self.leak;
        LeakShape {
            id: Id::new(Table::Leak, self.id),
            item_id: Id::new(Table::Items(leak.kind), self.item_id),
            alarm_id: Id::new(Table::Alarm, self.alarm_id),
            source_type: leak.source_type,
            title: Arc::clone(&leak.title),
            domain: leak.domain.clone(),
            description: Arc::clone(&leak.description),
            breach_date: leak.breach_date,
            published_at: leak.published_at,
            data_classes: leak.data_classes.clone(),
            severity: leak.severity,
            status: self.status(),
            is_verified: leak.is_verified,
            has_password: leak.has_password,
            has_plaintext_password: leak.has_plaintext_password,
            created_at: self.created_at,
        }
    }
}

impl Row for Exposure {
    fn row_id(&self) -> u64 {
        self.alarm_id
    }

    /// The place of its leak in memory, where the exposure keeps it.
    fn key(&self) -> Option<u64> {
        Some(key_of(&self.leak))
    }
}

fn key_of(leak: &Arc<Leak>) -> u64 {
    Arc::as_ptr(leak) as u64
}

/// The exposures of one account, in the order of their alarms, which is that of finding them. Most accounts have none.
#[derive(Clone, Debug, Default)]
pub(crate) struct Exposures(Option<Box<Found>>);

#[derive(Clone, Debug, Default)]
struct Found {
    all: Rows<Exposure>,
    /// The alarms of those whose item is still there, by kind.
    watched: [Rows<AlarmId>; WatchKind::ALL.len()],
}

/// The id of an alarm in a list of those of one kind.
#[derive(Clone, Copy, Debug)]
struct AlarmId(u64);

impl Row for AlarmId {
    fn row_id(&self) -> u64 {
        self.0
    }

    fn key(&self) -> Option<u64> {
        None
    }
}

/// The ids of a new exposure: of the leak and of its alarm.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ExposureIds {
    pub(crate) leak: u64,
    pub(crate) alarm: u64,
}

impl Exposures {
    /// All exposures.
    pub(crate) fn iter(&self) -> impl DoubleEndedIterator<Item = &Exposure> {
        self.0.iter().flat_map(|found| found.all.iter())
    }

    /// The exposures from a place in the order on, counted from 0.
    pub(crate) fn from(&self, place: usize) -> impl Iterator<Item = &Exposure> {
        self.0.iter().flat_map(move |found| found.all.from(place))
    }

    /// How many there are.
    pub(crate) fn len(&self) -> usize {
        self.0.as_ref().map_or(0, |found| found.all.len())
    }

    /// Whether it is empty.
    pub(crate) fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Those of this kind whose item is still there, from a place in their order on.
    pub(crate) fn watched_from(&self, kind: WatchKind, place: usize) -> impl Iterator<Item = &Exposure> {
        self.0
            .iter()
            .flat_map(move |found| found.watched[kind as usize].from(place).filter_map(|alarm| found.all.get(alarm.0)))
    }

    /// How many there are of this kind whose item is still there.
    pub(crate) fn count_watched(&self, kind: WatchKind) -> usize {
        self.0.as_ref().map_or(0, |found| found.watched[kind as usize].len())
    }

    /// The one with this alarm.
    pub(crate) fn alarm(&self, id: u64) -> Option<&Exposure> {
        self.0.as_ref()?.all.get(id)
    }

    /// Closes the alarm with this id, unless it is closed. False if there is none.
    pub(crate) fn close(&mut self, alarm: u64, now: Timestamp) -> bool {
        let exposure = self.0.as_mut().and_then(|found| found.all.get_mut(alarm));
        exposure.map(|exposure| exposure.closed_at.get_or_insert(now)).is_some()
    }

    /// The one whose leak has this id on the account.
    pub(crate) fn leak(&self, id: u64) -> Option<&Exposure> {
        self.iter().find(|exposure| exposure.id == id)
    }

    /// The one of `leak`, if the account has seen it.
    fn of(&self, leak: &Arc<Leak>) -> Option<&Exposure> {
        self.0.as_ref()?.all.find(|| key_of(leak), |exposure| Arc::ptr_eq(&exposure.leak, leak))
    }

    /// Shows `leak` to the account through `item_id`, and raises an alarm: only once, even if the value is watched again
    /// later. Returns the exposure if it is new.
    pub(crate) fn raise(
        &mut self,
        leak: &Arc<Leak>,
        item_id: u64,
        now: Timestamp,
        ids: impl FnOnce() -> ExposureIds,
    ) -> Option<&Exposure> {
        if let Some(alarm) = self.of(leak).map(|exposure| exposure.alarm_id) {
            self.watch_again(alarm, item_id);
            return None;
        }
        let ids = ids();
        self.restore(Exposure {
            id: ids.leak,
            alarm_id: ids.alarm,
            item_id,
            is_watched: true,
            leak: Arc::clone(leak),
            created_at: now,
            closed_at: None,
        });
        self.alarm(ids.alarm)
    }

    fn watch_again(&mut self, alarm: u64, item_id: u64) {
        let Some(found) = &mut self.0 else { return };
        let Some(exposure) = found.all.get_mut(alarm) else { return };
        exposure.item_id = item_id;
        if !exposure.is_watched {
            exposure.is_watched = true;
            found.watched[exposure.leak.kind as usize].insert(AlarmId(alarm));
        }
    }

    /// Puts back an exposure that the account had.
    pub(crate) fn restore(&mut self, exposure: Exposure) {
        let found = self.0.get_or_insert_default();
        if exposure.is_watched {
            found.watched[exposure.leak.kind as usize].insert(AlarmId(exposure.alarm_id));
        }
        found.all.insert(exposure);
    }

    /// Stops showing `leaks`, those of the value of an item, that were seen through it. Unless their alarms are kept, the
    /// exposures are taken out and returned.
    pub(crate) fn end(
        &mut self,
        leaks: &[Arc<Leak>],
        item_id: u64,
        keeps_alarms: impl FnOnce() -> bool,
    ) -> Vec<Exposure> {
        let is_seen = |exposure: &&Exposure| exposure.is_watched && exposure.item_id == item_id;
        let of_item: Vec<u64> =
            leaks.iter().filter_map(|leak| self.of(leak).filter(is_seen).map(|exposure| exposure.alarm_id)).collect();
        let Some(found) = self.0.as_mut().filter(|_| !of_item.is_empty()) else { return Vec::new() };
        let keeps_alarms = keeps_alarms();
        let mut taken_out = Vec::new();
        for alarm in of_item {
            let Some(exposure) = found.all.get_mut(alarm) else { continue };
            exposure.is_watched = false;
            found.watched[exposure.leak.kind as usize].remove(alarm);
            if !keeps_alarms {
                taken_out.extend(found.all.remove(alarm));
            }
        }
        taken_out
    }
}
