//! Matching of leaks and watched values: an account sees each leak of a value that it watches once, with an alarm.

use std::collections::HashSet;
use std::sync::Arc;

use super::state::World;
use crate::guide::assumptions::LeaksPending;
use crate::guide::trace::Assumed;
use crate::model::account::{Account, Holder};
use crate::model::exposure::{Exposure, Exposures};
use crate::model::id::Table;
use crate::model::item::{Item, Kind};
use crate::model::kind::WatchKind;
use crate::model::leak::{Leak, NewLeak, NotOfKind};
use crate::model::ssn::{self, EidProvider, Ssn};
use crate::model::time::Timestamp;

/// Why an electronic ID did not set an SSN.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum EidError {
    /// There is no such account.
    #[error("there is no account with this id in this world")]
    NoAccount,
    /// The SSN is set once, and never changes (SSN-2).
    #[error("this account has an SSN already, and it is set only once; see SSN-2")]
    AlreadySet,
    /// The provider vouches for the IDs of another country.
    #[error("ssn: this is not of the form of a national ID of {0}, which this provider vouches for")]
    NotOfCountry(&'static str),
}

impl World {
    /// A breach now holds a value: every account that watches it, now or later, sees the leak. Returns the accounts that
    /// see it at once.
    ///
    /// # Errors
    /// The value is not of its kind.
    pub(crate) fn add_leak(&self, new: &NewLeak) -> Result<Vec<u64>, NotOfKind> {
        let _step = self.step();
        // First the leak is stored, then its watchers see it; an account that begins to watch does it the other way
        // round. So at least one of the two sees the other, and an exposure is raised only once.
        let now = self.clock.now();
        let leak = self.leaks.file(new, now)?;
        Ok(self.expose(&leak, self.unrecorded(), |_| Some(now)))
    }

    /// Why no account sees a leak.
    pub(crate) fn why_unseen(&self, new: &NewLeak) -> String {
        let watchers = Leak::new(new, self.clock.now()).map(|leak| self.leaks.watchers_of(leak.kind, &leak.value));
        let name = new.kind.names().title;
        match watchers.map_or(0, |watchers| watchers.len()) {
            0 => format!(
                "no account watches this value ({name}) now; one that adds it later sees the leak, and gets an alarm"
            ),
            1 => format!(
                "1 account has this value ({name}) and does not watch it yet: an item is watched once it is confirmed, and an \
                 SSN while it is monitored"
            ),
            many => format!(
                "{many} accounts have this value ({name}) and do not watch it yet: an item is watched once it is confirmed, \
                 and an SSN while it is monitored"
            ),
        }
    }

    /// Shows a leak of a seed to the accounts that watch its value, but not to `settled` ones. Its alarms are as old as the
    /// leak and the account allow.
    pub(crate) fn expose_seeded(&self, leak: &Arc<Leak>, settled: &HashSet<u64>, assumed: Assumed<'_>) {
        let now = self.clock.now();
        self.expose(leak, assumed, |account| {
            (!settled.contains(&account.id)).then(|| leak.published_at.max(account.created_at).min(now))
        });
    }

    /// Gives an account an alarm of a seed. False if it has no such item that watches the value.
    pub(crate) fn restore_exposure(&self, account: u64, exposure: Exposure) -> bool {
        let restored = self.accounts.change(account, |account| {
            let (kind, value) = (exposure.leak.kind, &*exposure.leak.value);
            let watches = match kind {
                // Alarms of an SSN stay when it is no longer monitored.
                WatchKind::Ssn => account.ssn.as_ref().is_some_and(|ssn| *ssn.canonical() == *value).then_some(0),
                kind => account.watching(kind, value, || true),
            };
            if exposure.is_watched && watches != Some(exposure.item_id) {
                return false;
            }
            self.ids.take(Table::Leak, exposure.id, account.id);
            self.ids.take(Table::Alarm, exposure.alarm_id, account.id);
            self.alarms.restore(account.holder(), &exposure);
            account.exposures.restore(exposure);
            true
        });
        restored == Some(true)
    }

    /// The account that has this alarm.
    pub(crate) fn account_of_alarm(&self, alarm: u64) -> Option<u64> {
        self.directory.partners.iter().find_map(|partner| self.alarms.account_of(partner.id, alarm))
    }

    /// The alarms that a leak has raised: account and id of each.
    pub(crate) fn alarms_of(&self, leak: &Arc<Leak>) -> Vec<(u64, u64)> {
        let raised = |account: &Account| {
            let exposure = account.exposures.iter().find(|exposure| Arc::ptr_eq(&exposure.leak, leak))?;
            Some((account.id, exposure.alarm_id))
        };
        let watchers = self.leaks.watchers_of(leak.kind, &leak.value);
        watchers.into_iter().filter_map(|id| self.accounts.read(id, raised).flatten()).collect()
    }

    /// Closes an alarm of a seed at the time that follows from when it was raised. False if it does not exist.
    pub(crate) fn close_seeded_alarm(
        &self,
        account: u64,
        alarm: u64,
        closed_at: impl FnOnce(Timestamp) -> Timestamp,
    ) -> bool {
        let close = |account: &mut Account| {
            let Some(raised_at) = account.exposures.alarm(alarm).map(|exposure| exposure.created_at) else {
                return false;
            };
            self.close_alarm(account, alarm, closed_at(raised_at))
        };
        self.accounts.change(account, close) == Some(true)
    }

    /// Lets an item see the leaks of its value, if it may: a pending one by `leaks.pending`.
    pub(crate) fn match_item<K: Kind>(
        &self,
        exposures: &mut Exposures,
        holder: Holder,
        item: &Item<K>,
        now: Timestamp,
        assumed: Assumed<'_>,
    ) {
        if !item.is_confirmed() && !sees_pending(assumed) {
            return;
        }
        for leak in self.leaks.of(K::KIND, item.fields.value(), now) {
            self.raise(exposures, holder, &leak, item.id, now);
        }
    }

    /// Lets an account see the leaks of its SSN, if it is monitored.
    pub(crate) fn match_ssn(&self, account: &mut Account, now: Timestamp) {
        let Some(ssn) = account.monitored_ssn() else { return };
        let holder = account.holder();
        for leak in self.leaks.of(WatchKind::Ssn, &ssn, now) {
            self.raise(&mut account.exposures, holder, &leak, 0, now);
        }
    }

    /// Switches the monitoring of the SSN of an account (SSN-3). False where the account has no SSN.
    pub(crate) fn monitor_ssn(&self, account: u64, on: bool, now: Timestamp) -> Option<bool> {
        self.accounts.change(account, |account| {
            let Some(ssn) = &mut account.ssn else { return false };
            if ssn.is_monitored != on {
                ssn.is_monitored = on;
                account.updated_at = now;
                self.match_ssn(account, now);
            }
            true
        })
    }

    /// Sets the SSN by the end user's electronic ID (SSO-6), once (SSN-2).
    ///
    /// # Errors
    /// As [`EidError`] says.
    pub(crate) fn complete_eid(&self, account: u64, provider: EidProvider, ssn: &str) -> Result<(), EidError> {
        let country = provider.country();
        let ssn = ssn::rule(Some(country))(ssn.trim()).map_err(|_| EidError::NotOfCountry(country))?;
        let _step = self.step();
        let now = self.clock.now();
        let set = self.accounts.change(account, |account| {
            if account.ssn.is_some() {
                return Err(EidError::AlreadySet);
            }
            account.ssn = Some(Ssn::new(ssn));
            account.updated_at = now;
            self.watch_ssn(account, now);
            Ok(())
        });
        set.unwrap_or(Err(EidError::NoAccount))
    }

    /// Shows a leak to the accounts that watch its value, as found when `found_at` says. Returns those that see it.
    fn expose(
        &self,
        leak: &Arc<Leak>,
        assumed: Assumed<'_>,
        found_at: impl Fn(&Account) -> Option<Timestamp>,
    ) -> Vec<u64> {
        let sees = |account: &mut Account| {
            let item = account.watching(leak.kind, &leak.value, || sees_pending(assumed));
            let Some((item, at)) = item.zip(found_at(account)) else { return false };
            let holder = account.holder();
            self.raise(&mut account.exposures, holder, leak, item, at);
            true
        };
        let watchers = self.leaks.watchers_of(leak.kind, &leak.value);
        watchers.into_iter().filter(|id| self.accounts.change(*id, sees) == Some(true)).collect()
    }
}

/// Whether a pending item sees its leaks, by `leaks.pending`.
fn sees_pending(assumed: Assumed<'_>) -> bool {
    assumed.choice::<LeaksPending>() == LeaksPending::Shown
}
