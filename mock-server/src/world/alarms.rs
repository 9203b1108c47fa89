//! The alarms of all accounts of a partner (ALARM-5).

use super::state::World;
use crate::model::account::Account;
use crate::model::alarm::{AccountAlarmsShape, AlarmShape, Period, Statistic, account_alarms};
use crate::model::exposure::Exposure;

impl World {
    /// The alarms of a partner that `is_meant`, in the order in which they were raised.
    pub(crate) fn alarms_of_partner(
        &self,
        partner: u64,
        is_meant: impl Fn(&Account, &Exposure) -> bool,
    ) -> Vec<AlarmShape> {
        let mut alarms = Vec::new();
        self.accounts.each_of(partner, |account| {
            let meant = account.exposures.iter().filter(|alarm| is_meant(account, alarm));
            alarms.extend(meant.map(|alarm| (alarm.alarm_id, alarm.show_alarm(account))));
        });
        alarms.sort_unstable_by_key(|(id, _)| *id);
        alarms.into_iter().map(|(_, alarm)| alarm).collect()
    }

    /// The counts of all alarms of a partner.
    pub(crate) fn statistic_of_partner(&self, partner: u64) -> Statistic {
        let mut statistic = Statistic::default();
        self.accounts.each_of(partner, |account| account.exposures.iter().for_each(|alarm| statistic.count(alarm)));
        statistic
    }

    /// The accounts of a partner that had alarms in a period, in the order of their ids.
    pub(crate) fn accounts_with_alarms(&self, partner: u64, period: Period) -> Vec<AccountAlarmsShape> {
        let mut accounts = Vec::new();
        self.accounts.each_of(partner, |account| {
            accounts.extend(account_alarms(account, period).map(|alarms| (account.id, alarms)));
        });
        accounts.sort_unstable_by_key(|(account, _)| *account);
        accounts.into_iter().map(|(_, alarms)| alarms).collect()
    }
}
