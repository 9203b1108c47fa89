//! Raising, showing and closing alarms, of one account and of all accounts of a partner (ALARM-1 to 6).

use std::sync::Arc;

use super::partner_alarms::{AlarmOf, WhichAlarms};
use super::state::World;
use crate::guide::assumptions::AlarmCompany;
use crate::model::account::{Account, Holder};
use crate::model::alarm::{AccountAlarmsShape, AlarmShape, Period, Statistic, account_alarms};
use crate::model::exposure::{Exposure, ExposureIds, Exposures};
use crate::model::id::Table;
use crate::model::kind::WatchKind;
use crate::model::leak::Leak;
use crate::model::time::Timestamp;

impl World {
    /// Shows a leak to an account through `item`, with an alarm, unless it has seen the leak before.
    pub(crate) fn raise(&self, exposures: &mut Exposures, holder: Holder, leak: &Arc<Leak>, item: u64, now: Timestamp) {
        self.alarms.raise(holder, || {
            let ids = || ExposureIds {
                leak: self.ids.next_of(Table::Leak, holder.account),
                alarm: self.ids.next_of(Table::Alarm, holder.account),
            };
            exposures.raise(leak, item, now, ids)
        });
    }

    /// Stops showing the leaks of a value that an item has watched, and takes their alarms out unless they are kept.
    pub(crate) fn end_exposures(
        &self,
        exposures: &mut Exposures,
        holder: Holder,
        (kind, value, item): (WatchKind, &str, u64),
        keeps_alarms: impl FnOnce() -> bool,
    ) {
        let leaks = self.leaks.known_of(kind, value);
        let taken_out = exposures.end(&leaks, item, keeps_alarms);
        self.alarms.remove(holder, &taken_out);
    }

    /// Closes an alarm, unless it is closed. False if the account has none with this id.
    pub(crate) fn close_alarm(&self, account: &mut Account, alarm: u64, at: Timestamp) -> bool {
        let was_open = account.exposures.alarm(alarm).is_some_and(Exposure::is_open);
        if was_open {
            self.alarms.close_one(account.partner);
        }
        account.exposures.close(alarm, at)
    }

    /// The alarms of a partner that a list is about, from a place in their order on, as many as `limit`, and how many there
    /// are in all.
    pub(crate) fn alarms_of_partner(
        &self,
        partner: u64,
        which: WhichAlarms,
        place: usize,
        limit: usize,
    ) -> (Vec<AlarmShape>, usize) {
        let (page, total) = self.alarms.page(partner, which, place, limit);
        let show = |AlarmOf { alarm, account }: AlarmOf| {
            let read = |account: &Account| account.exposures.alarm(alarm).map(|alarm| alarm.show_alarm(account));
            self.accounts.read(account, read).flatten()
        };
        (page.into_iter().filter_map(show).collect(), total)
    }

    /// Whether an account of the partner belongs to this company, by `alarm.company`.
    pub(crate) fn is_company(&self, partner: u64, company: u64, of: AlarmCompany) -> bool {
        match of {
            AlarmCompany::Partner => company == partner,
            AlarmCompany::Field => self.alarms.is_company(partner, company),
        }
    }

    /// The counts of all alarms of a partner.
    pub(crate) fn statistic_of_partner(&self, partner: u64) -> Statistic {
        self.alarms.statistic(partner)
    }

    /// The accounts of a partner that had alarms in a period, in the order of their ids. It looks at all accounts that ever
    /// had one.
    pub(crate) fn accounts_with_alarms(&self, partner: u64, period: Period) -> Vec<AccountAlarmsShape> {
        let counted = |id: &u64| self.accounts.read(*id, |account| account_alarms(account, period)).flatten();
        self.alarms.accounts(partner).keys().filter_map(counted).collect()
    }
}
