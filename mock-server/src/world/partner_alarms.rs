//! The alarms of all accounts of a partner (ALARM-5): lists that are kept as alarms are raised, so that a page of one costs
//! the same for three accounts as for a million.

use std::sync::Arc;

use imbl::OrdMap;
use parking_lot::RwLock;

use crate::model::account::{Account, Holder};
use crate::model::alarm::Statistic;
use crate::model::exposure::Exposure;
use crate::model::kind::WatchKind;
use crate::model::partner::Partner;
use crate::model::rows::{Row, Rows};

/// The alarms of each partner.
#[derive(Debug)]
pub(crate) struct Alarms(Vec<(u64, RwLock<Arc<AlarmsOfPartner>>)>);

/// The alarms of one partner. They are in the order in which they were raised, which is that of their ids.
#[derive(Clone, Debug, Default)]
struct AlarmsOfPartner {
    all: Rows<AlarmOf>,
    by_kind: [Rows<AlarmOf>; WatchKind::ALL.len()],
    /// Those of accounts that belong to a company.
    of_companies: Rows<AlarmOf>,
    by_company: OrdMap<u64, Rows<AlarmOf>>,
    /// How many accounts belong to each company.
    companies: OrdMap<u64, u64>,
    /// How many alarms each account has that has one.
    accounts: OrdMap<u64, u64>,
    statistic: Statistic,
}

/// An alarm and the account that it is on.
#[derive(Clone, Copy, Debug)]
pub(crate) struct AlarmOf {
    pub(crate) alarm: u64,
    pub(crate) account: u64,
}

impl Row for AlarmOf {
    fn row_id(&self) -> u64 {
        self.alarm
    }

    fn key(&self) -> Option<u64> {
        None
    }
}

/// The alarms of a partner that a list is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum WhichAlarms {
    All,
    OfKind(WatchKind),
    /// Those of accounts that belong to a company.
    OfCompanies,
    OfCompany(u64),
}

impl Alarms {
    /// No alarms of these partners.
    pub(crate) fn new(partners: &[Partner]) -> Self {
        Self(partners.iter().map(|partner| (partner.id, RwLock::default())).collect())
    }

    /// The same alarms for another world.
    pub(crate) fn fork(&self) -> Self {
        let fork = |(partner, alarms): &(u64, RwLock<Arc<AlarmsOfPartner>>)| {
            (*partner, RwLock::new(Arc::clone(&alarms.read())))
        };
        Self(self.0.iter().map(fork).collect())
    }

    /// Counts an account as one of its company.
    pub(crate) fn join_company(&self, account: &Account) {
        let Some(company) = account.company_id else { return };
        self.change(account.partner, |alarms| *alarms.companies.entry(company).or_insert(0) += 1);
    }

    /// Moves the alarms of an account that belonged to `before` to the company that it belongs to now.
    pub(crate) fn change_company(&self, account: &Account, before: Option<u64>) {
        let now = account.company_id;
        if before == now {
            return;
        }
        self.change(account.partner, |alarms| {
            if let Some(before) = before
                && let Some(members) = alarms.companies.get_mut(&before)
            {
                *members -= 1;
                if *members == 0 {
                    alarms.companies.remove(&before);
                }
            }
            if let Some(now) = now {
                *alarms.companies.entry(now).or_insert(0) += 1;
            }
            for exposure in account.exposures.iter() {
                let row = AlarmOf { alarm: exposure.alarm_id, account: account.id };
                alarms.leave_company(before, row.alarm);
                alarms.enter_company(now, row);
            }
        });
    }

    /// Counts an alarm as closed that was open.
    pub(crate) fn close_one(&self, partner: u64) {
        self.change(partner, |alarms| alarms.statistic.close_one());
    }

    /// The account that an alarm of the partner is on.
    pub(crate) fn account_of(&self, partner: u64, alarm: u64) -> Option<u64> {
        self.read(partner, |alarms| alarms.all.get(alarm).map(|row| row.account))
    }

    /// The alarms that a list is about, from a place in their order on, as many as `limit`, and how many there are in all.
    pub(crate) fn page(&self, partner: u64, which: WhichAlarms, place: usize, limit: usize) -> (Vec<AlarmOf>, usize) {
        self.read(partner, |alarms| {
            let meant = alarms.which(which);
            let page = meant.into_iter().flat_map(|alarms| alarms.from(place)).take(limit).copied().collect();
            (page, meant.map_or(0, Rows::len))
        })
    }

    /// Whether an account of the partner belongs to this company.
    pub(crate) fn is_company(&self, partner: u64, company: u64) -> bool {
        self.read(partner, |alarms| alarms.companies.contains_key(&company))
    }

    /// The counts of all alarms.
    pub(crate) fn statistic(&self, partner: u64) -> Statistic {
        self.read(partner, |alarms| alarms.statistic.clone())
    }

    /// The accounts that have an alarm, in the order of their ids.
    pub(crate) fn accounts(&self, partner: u64) -> OrdMap<u64, u64> {
        self.read(partner, |alarms| alarms.accounts.clone())
    }

    /// Takes in the alarm that `raise` raises, if it does. Its id is given out meanwhile, so that ids count up in the list.
    pub(crate) fn raise<'a>(&self, holder: Holder, raise: impl FnOnce() -> Option<&'a Exposure>) {
        let Some(alarms) = self.of(holder.partner) else { return };
        let mut alarms = alarms.write();
        if let Some(exposure) = raise() {
            Arc::make_mut(&mut alarms).add(holder, exposure);
        }
    }

    /// Takes in an alarm that an account has already.
    pub(crate) fn restore(&self, holder: Holder, exposure: &Exposure) {
        self.change(holder.partner, |alarms| alarms.add(holder, exposure));
    }

    /// Takes alarms out that are not kept.
    pub(crate) fn remove(&self, holder: Holder, exposures: &[Exposure]) {
        if !exposures.is_empty() {
            self.change(holder.partner, |alarms| exposures.iter().for_each(|exposure| alarms.remove(holder, exposure)));
        }
    }

    fn of(&self, partner: u64) -> Option<&RwLock<Arc<AlarmsOfPartner>>> {
        self.0.iter().find(|(id, _)| *id == partner).map(|(_, alarms)| alarms)
    }

    fn change(&self, partner: u64, change: impl FnOnce(&mut AlarmsOfPartner)) {
        if let Some(alarms) = self.of(partner) {
            change(Arc::make_mut(&mut alarms.write()));
        }
    }

    fn read<T: Default>(&self, partner: u64, read: impl FnOnce(&AlarmsOfPartner) -> T) -> T {
        self.of(partner).map(|alarms| read(&alarms.read())).unwrap_or_default()
    }
}

impl AlarmsOfPartner {
    fn add(&mut self, holder: Holder, exposure: &Exposure) {
        let row = AlarmOf { alarm: exposure.alarm_id, account: holder.account };
        self.all.insert(row);
        self.by_kind[exposure.leak.kind as usize].insert(row);
        self.enter_company(holder.company, row);
        *self.accounts.entry(holder.account).or_insert(0) += 1;
        self.statistic.count(exposure);
    }

    fn remove(&mut self, holder: Holder, exposure: &Exposure) {
        let alarm = exposure.alarm_id;
        self.all.remove(alarm);
        self.by_kind[exposure.leak.kind as usize].remove(alarm);
        self.leave_company(holder.company, alarm);
        if let Some(left) = self.accounts.get_mut(&holder.account) {
            *left -= 1;
            if *left == 0 {
                self.accounts.remove(&holder.account);
            }
        }
        self.statistic.uncount(exposure);
    }

    fn enter_company(&mut self, company: Option<u64>, row: AlarmOf) {
        if let Some(company) = company {
            self.of_companies.insert(row);
            self.by_company.entry(company).or_default().insert(row);
        }
    }

    fn leave_company(&mut self, company: Option<u64>, alarm: u64) {
        if let Some(company) = company {
            self.of_companies.remove(alarm);
            if let Some(alarms) = self.by_company.get_mut(&company) {
                alarms.remove(alarm);
                if alarms.is_empty() {
                    self.by_company.remove(&company);
                }
            }
        }
    }

    fn which(&self, which: WhichAlarms) -> Option<&Rows<AlarmOf>> {
        match which {
            WhichAlarms::All => Some(&self.all),
            WhichAlarms::OfKind(kind) => Some(&self.by_kind[kind as usize]),
            WhichAlarms::OfCompanies => Some(&self.of_companies),
            WhichAlarms::OfCompany(company) => self.by_company.get(&company),
        }
    }
}
