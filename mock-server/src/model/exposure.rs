//! Exposures: leaks as accounts see them.
//!
//! A [`Leak`] belongs to a value. An account that watches the value has an [`Exposure`]: the leak with ids and a status of
//! its own, and an alarm. Closing one account's alarm never closes another's.

use std::sync::Arc;

use serde::Serializer;

use crate::model::id::{Id, Table};
use crate::model::kind::WatchKind;
use crate::model::leak::{Leak, SourceType};
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

/// The exposures of one account, in the order in which they were found.
#[derive(Clone, Debug, Default)]
pub(crate) struct Exposures(Vec<Exposure>);

/// The ids of a new exposure: of the leak and of its alarm.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ExposureIds {
    pub(crate) leak: u64,
    pub(crate) alarm: u64,
}

impl Exposures {
    /// All exposures.
    pub(crate) fn iter(&self) -> std::slice::Iter<'_, Exposure> {
        self.0.iter()
    }

    /// Whether it is empty.
    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Those of this kind whose item is still there.
    pub(crate) fn watched(&self, kind: WatchKind) -> impl Iterator<Item = &Exposure> {
        self.0.iter().filter(move |exposure| exposure.is_watched && exposure.leak.kind == kind)
    }

    /// The one with this alarm.
    pub(crate) fn alarm(&self, id: u64) -> Option<&Exposure> {
        self.0.iter().find(|exposure| exposure.alarm_id == id)
    }

    /// The one with this alarm, to close it.
    pub(crate) fn alarm_mut(&mut self, id: u64) -> Option<&mut Exposure> {
        self.0.iter_mut().find(|exposure| exposure.alarm_id == id)
    }

    /// The one whose leak has this id on the account.
    pub(crate) fn leak(&self, id: u64) -> Option<&Exposure> {
        self.0.iter().find(|exposure| exposure.id == id)
    }

    /// Shows `leak` to the account through `item_id`, and raises an alarm: only once, even if the value is watched again later.
    pub(crate) fn raise(&mut self, leak: &Arc<Leak>, item_id: u64, now: Timestamp, ids: impl FnOnce() -> ExposureIds) {
        match self.0.iter_mut().find(|exposure| Arc::ptr_eq(&exposure.leak, leak)) {
            Some(exposure) => {
                exposure.item_id = item_id;
                exposure.is_watched = true;
            }
            None => {
                let ids = ids();
                self.0.push(Exposure {
                    id: ids.leak,
                    alarm_id: ids.alarm,
                    item_id,
                    is_watched: true,
                    leak: Arc::clone(leak),
                    created_at: now,
                    closed_at: None,
                });
            }
        }
    }

    /// Puts back an exposure that the account had.
    pub(crate) fn restore(&mut self, exposure: Exposure) {
        self.0.push(exposure);
    }

    /// Stops showing the leaks that were seen through this item, and removes their alarms too unless they are kept.
    pub(crate) fn end(&mut self, kind: WatchKind, item_id: u64, keeps_alarms: impl Fn() -> bool) {
        let is_of_item =
            |exposure: &Exposure| exposure.is_watched && exposure.leak.kind == kind && exposure.item_id == item_id;
        if !self.0.iter().any(is_of_item) {
            return;
        }
        if keeps_alarms() {
            self.0.iter_mut().filter(|exposure| is_of_item(exposure)).for_each(|exposure| exposure.is_watched = false);
        } else {
            self.0.retain(|exposure| !is_of_item(exposure));
        }
    }
}
