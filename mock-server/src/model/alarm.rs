//! Alarms: one for every leak of a watched value (ALARM-1 to 6).
//!
//! An alarm is the other side of an [`Exposure`]. When the item is no longer watched, its leak is no longer listed, and
//! its alarm stays.

use std::sync::Arc;

use serde::Serializer;
use serde::ser::SerializeStruct;

use crate::model::account::Account;
use crate::model::exposure::{AlarmStatus, Exposure};
use crate::model::guidance::Guidance;
use crate::model::id::{Id, Table};
use crate::model::kind::WatchKind;
use crate::model::severity::Severity;
use crate::model::shape::{Field, Holds, Maybe, Shown, Writing, shape};
use crate::model::time::{Date, Timestamp};

/// The `type` of an alarm.
#[derive(Clone, Copy, Debug)]
pub(crate) struct AlarmType(WatchKind);

impl Shown for AlarmType {
    const HOLDS: Holds = Holds::OneOf(&WatchKind::ALARM_TYPES);

    fn write<S: Serializer>(&self, _: Writing<'_>, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.0.alarm_type())
    }
}

shape! {
    /// An alarm as a client reads it.
    AlarmShape = "Alarm" {
        id: Id,
        account_id: Id,
        company_id: Maybe<u64>,
        kind as "type": AlarmType,
        title: Arc<str>,
        severity: Severity,
        status: AlarmStatus,
        leak_id: Id,
        created_at: Timestamp,
        closed_at: Option<Timestamp>,
    }
}

shape! {
    /// The guidance on an alarm (ALARM-3).
    GuidanceShape = "Guidance" {
        alarm_id: Id,
        leak_id: Id,
        kind as "type": AlarmType,
        severity: Severity,
        title: &'static str,
        text: Box<str>,
        steps: Vec<&'static str>,
    }
}

impl Exposure {
    /// Its alarm as a client reads it.
    pub(crate) fn show_alarm(&self, account: &Account) -> AlarmShape {
        AlarmShape {
            id: Id::new(Table::Alarm, self.alarm_id),
            account_id: Id::new(Table::Account, account.id),
            company_id: Maybe(account.company_id),
            kind: AlarmType(self.leak.kind),
            title: Arc::clone(&self.leak.title),
            severity: self.leak.severity,
            status: self.status(),
            leak_id: Id::new(Table::Leak, self.id),
            created_at: self.created_at,
            closed_at: self.closed_at,
        }
    }

    /// The guidance on its alarm (ALARM-3).
    pub(crate) fn show_guidance(&self) -> GuidanceShape {
        let Guidance { title, text, steps } = Guidance::on(&self.leak);
        GuidanceShape {
            alarm_id: Id::new(Table::Alarm, self.alarm_id),
            leak_id: Id::new(Table::Leak, self.id),
            kind: AlarmType(self.leak.kind),
            severity: self.leak.severity,
            title,
            text,
            steps,
        }
    }
}

/// Counts of alarms.
#[derive(Clone, Debug, Default)]
pub(crate) struct Statistic {
    open: u64,
    closed: u64,
    by_kind: [u64; WatchKind::ALL.len()],
    by_severity: [u64; Severity::NAMES.len()],
}

shape! {
    /// Counts of alarms as a client reads them.
    StatisticShape = "AlarmStatistic" {
        total: u64,
        open: u64,
        closed: u64,
        by_type: CountByType,
        by_severity: CountBySeverity,
    }
}

impl Statistic {
    /// Counts one alarm.
    pub(crate) fn count(&mut self, alarm: &Exposure) {
        *(if alarm.is_open() { &mut self.open } else { &mut self.closed }) += 1;
        self.by_kind[alarm.leak.kind as usize] += 1;
        self.by_severity[alarm.leak.severity as usize] += 1;
    }

    /// Takes out one alarm that was counted.
    pub(crate) fn uncount(&mut self, alarm: &Exposure) {
        *(if alarm.is_open() { &mut self.open } else { &mut self.closed }) -= 1;
        self.by_kind[alarm.leak.kind as usize] -= 1;
        self.by_severity[alarm.leak.severity as usize] -= 1;
    }

    /// Counts an alarm as closed that was counted as open.
    pub(crate) fn close_one(&mut self) {
        self.open -= 1;
        self.closed += 1;
    }

    /// The counts as a client reads them.
    pub(crate) fn show(&self) -> StatisticShape {
        StatisticShape {
            total: self.open + self.closed,
            open: self.open,
            closed: self.closed,
            by_type: CountByType(self.by_kind),
            by_severity: CountBySeverity(self.by_severity),
        }
    }
}

/// A number for each `type` of alarms.
#[derive(Clone, Debug)]
pub(crate) struct CountByType([u64; WatchKind::ALL.len()]);

impl Shown for CountByType {
    const HOLDS: Holds = Holds::Object(&numbers(WatchKind::ALARM_TYPES));

    fn write<S: Serializer>(&self, _: Writing<'_>, serializer: S) -> Result<S::Ok, S::Error> {
        counts(WatchKind::ALARM_TYPES, self.0, serializer)
    }
}

/// A number for each severity.
#[derive(Clone, Debug)]
pub(crate) struct CountBySeverity([u64; Severity::NAMES.len()]);

impl Shown for CountBySeverity {
    const HOLDS: Holds = Holds::Object(&numbers(Severity::NAMES));

    fn write<S: Serializer>(&self, _: Writing<'_>, serializer: S) -> Result<S::Ok, S::Error> {
        counts(Severity::NAMES, self.0, serializer)
    }
}

/// Fields of these names that each hold a number.
const fn numbers<const N: usize>(names: [&'static str; N]) -> [Field; N] {
    let mut fields = [Field { name: "", holds: Holds::Number, about: "" }; N];
    let mut place = 0;
    while place < N {
        fields[place].name = names[place];
        place += 1;
    }
    fields
}

fn counts<const N: usize, S: Serializer>(
    names: [&'static str; N],
    counts: [u64; N],
    serializer: S,
) -> Result<S::Ok, S::Error> {
    let mut object = serializer.serialize_struct("Counts", N)?;
    for (name, count) in names.into_iter().zip(counts) {
        object.serialize_field(name, &count)?;
    }
    object.end()
}

/// The days that a list is asked for, both included, in UTC.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Period {
    pub(crate) from: Option<Date>,
    pub(crate) to: Option<Date>,
}

impl Period {
    /// Whether `at` lies in it.
    pub(crate) fn holds(self, at: Timestamp) -> bool {
        self.from.is_none_or(|from| from <= at.date()) && self.to.is_none_or(|to| at.date() <= to)
    }
}

shape! {
    /// The alarms of one account in a period as a client reads them.
    AccountAlarmsShape = "AccountAlarms" {
        account_id: Id,
        alarms_count: u64,
        open_count: u64,
        closed_count: u64,
        first_alarm_at: Timestamp,
        last_alarm_at: Timestamp,
    }
}

/// The alarms of one account in a period; none where it had none.
pub(crate) fn account_alarms(account: &Account, period: Period) -> Option<AccountAlarmsShape> {
    let raised = account.exposures.iter().filter(|alarm| period.holds(alarm.created_at));
    raised.fold(None, |counted, alarm| {
        let at = alarm.created_at;
        let mut counted = counted.unwrap_or(AccountAlarmsShape {
            account_id: Id::new(Table::Account, account.id),
            alarms_count: 0,
            open_count: 0,
            closed_count: 0,
            first_alarm_at: at,
            last_alarm_at: at,
        });
        counted.alarms_count += 1;
        *(if alarm.is_open() { &mut counted.open_count } else { &mut counted.closed_count }) += 1;
        counted.first_alarm_at = counted.first_alarm_at.min(at);
        counted.last_alarm_at = counted.last_alarm_at.max(at);
        Some(counted)
    })
}
