//! The accounts of a world, each one entry, and the emails that they are known by.
//!
//! A change is one step under the account's guard, and no guard leaves its method. Guards are taken in this order, so that
//! no two steps wait for each other: an email's entry, an account, and then one entry of any other map of the world.

use std::collections::BinaryHeap;

use dashmap::{DashMap, Entry};

use crate::guide::assumptions::SsoChangedEmail;
use crate::guide::trace::Assumed;
use crate::model::account::Account;

/// The accounts of one world.
#[derive(Debug)]
pub(crate) struct Accounts {
    /// Boxed, because a map keeps room to spare and an account is large.
    accounts: DashMap<u64, Box<Account>>,
    /// By partner and email: the email that an account was created with (SSO-3), and the one that it has now.
    emails: DashMap<(u64, Box<str>), u64>,
}

impl Accounts {
    /// No accounts.
    pub(crate) fn new(shards: usize) -> Self {
        Self { accounts: DashMap::with_shard_amount(shards), emails: DashMap::with_shard_amount(shards) }
    }

    /// Adds the account of `partner` that `make` makes, unless the partner has one with this email. False if it has.
    pub(crate) fn create(&self, partner: u64, email: Option<Box<str>>, make: impl FnOnce() -> Account) -> bool {
        let insert = |account: Account| {
            let id = account.id;
            self.accounts.insert(id, Box::new(account));
            id
        };
        let Some(email) = email else {
            insert(make());
            return true;
        };
        match self.emails.entry((partner, email)) {
            Entry::Occupied(_) => false,
            Entry::Vacant(place) => {
                place.insert(insert(make()));
                true
            }
        }
    }

    /// Adds an account of a seed. False if its id or its email is taken.
    pub(crate) fn restore(&self, account: Account) -> bool {
        if self.accounts.contains_key(&account.id) {
            return false;
        }
        for email in account.email.iter().chain(&account.created_with) {
            let before = self.emails.insert((account.partner, email.clone()), account.id);
            if before.is_some_and(|owner| owner != account.id) {
                return false;
            }
        }
        self.accounts.insert(account.id, Box::new(account));
        true
    }

    /// Reads one account.
    pub(crate) fn read<T>(&self, id: u64, read: impl FnOnce(&Account) -> T) -> Option<T> {
        self.accounts.get(&id).map(|account| read(&account))
    }

    /// Changes one account in one step: no request sees it half done, and no rule is checked on data that has changed
    /// since.
    pub(crate) fn change<T>(&self, id: u64, change: impl FnOnce(&mut Account) -> T) -> Option<T> {
        self.accounts.get_mut(&id).map(|mut account| change(&mut account))
    }

    /// Changes an account whose email may become `email`, which no other account of the partner can take meanwhile.
    /// `change` learns whether another account has it already.
    pub(crate) fn change_with_email<T, E>(
        &self,
        id: u64,
        email: Option<Box<str>>,
        change: impl FnOnce(&mut Account, bool) -> Result<T, E>,
    ) -> Option<Result<T, E>> {
        let partner = self.partner_of(id)?;
        let mut given_up = None;
        let step = |account: &mut Account, is_taken| {
            let before = account.email.clone();
            let changed = change(account, is_taken)?;
            given_up = before.filter(|before| {
                account.email.as_ref() != Some(before) && account.created_with.as_ref() != Some(before)
            });
            Ok(changed)
        };
        let changed = match email.map(|email| self.emails.entry((partner, email))) {
            None => self.change(id, |account| step(account, false)),
            Some(Entry::Occupied(known)) => self.change(id, |account| step(account, *known.get() != id)),
            Some(Entry::Vacant(place)) => {
                let changed = self.change(id, |account| step(account, false));
                if matches!(changed, Some(Ok(_))) {
                    place.insert(id);
                }
                changed
            }
        };
        if let Some(email) = given_up {
            // The account may have taken the email up again since.
            let has_it = |id| self.accounts.get(&id).is_some_and(|account| account.email.as_ref() == Some(&email));
            self.emails.remove_if(&(partner, email.clone()), |_, owner| *owner == id && !has_it(id));
        }
        changed
    }

    /// The account of `partner` that SSO finds by `email`: the one that was created with it (SSO-3), or by
    /// `sso.changed-email` the one that has it now.
    pub(crate) fn for_sso(&self, partner: u64, email: &str, assumed: Assumed<'_>) -> Option<u64> {
        let found = self.emails.get(&(partner, email.into())).map(|account| *account);
        found.filter(|id| {
            self.read(*id, |account| account.created_with.as_deref() == Some(email)) == Some(true)
                || assumed.choice::<SsoChangedEmail>() == SsoChangedEmail::Accepted
        })
    }

    /// The partner that an account belongs to.
    pub(crate) fn partner_of(&self, id: u64) -> Option<u64> {
        self.read(id, |account| account.partner)
    }

    /// The first `limit` accounts that `is_meant` and have an id above `after`, by their ids, and how many are meant in
    /// all.
    pub(crate) fn after<T>(
        &self,
        after: u64,
        limit: usize,
        is_meant: impl Fn(&Account) -> bool,
        read: impl Fn(&Account) -> T,
    ) -> (Vec<T>, usize) {
        let (mut first, mut total) = (BinaryHeap::with_capacity(limit + 1), 0);
        for account in self.accounts.iter().filter(|account| is_meant(account)) {
            total += 1;
            // The key is at hand; the account itself may be far away in memory.
            if *account.key() > after {
                first.push(*account.key());
            }
            if first.len() > limit {
                first.pop();
            }
        }
        let found = first.into_sorted_vec().into_iter().filter_map(|id| self.read(id, &read));
        (found.collect(), total)
    }

    /// Reads every account, in no particular order.
    pub(crate) fn each(&self, mut read: impl FnMut(&Account)) {
        self.accounts.iter().for_each(|account| read(&account));
    }

    /// Reads every account of a partner, in no particular order.
    pub(crate) fn each_of(&self, partner: u64, mut read: impl FnMut(&Account)) {
        self.accounts.iter().filter(|account| account.partner == partner).for_each(|account| read(&account));
    }

    /// Changes accounts, in no particular order, until `change` says that it is done. Whether it did.
    pub(crate) fn change_any(&self, mut change: impl FnMut(&mut Account) -> bool) -> bool {
        self.accounts.iter_mut().any(|mut account| change(&mut account))
    }
}
