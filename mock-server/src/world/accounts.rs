//! The accounts of a world, each one entry, and the emails that they are known by.
//!
//! A change is one step under the account's guard, and no guard leaves its method. Guards are taken in this order, so that
//! no two steps wait for each other: an email's entry, an account, and then one entry of any other map of the world.

use std::collections::BinaryHeap;
use std::ops::Bound::{Excluded, Unbounded};
use std::sync::Arc;

use crate::guide::assumptions::SsoChangedEmail;
use crate::guide::trace::Assumed;
use crate::model::account::Account;
use crate::world::shared::SharedMap;

/// The accounts of one world.
#[derive(Debug)]
pub(crate) struct Accounts {
    /// An account is copied when it changes while a fork, or a snapshot that is being written, still has it.
    accounts: SharedMap<u64, Arc<Account>>,
    /// By partner and email: the email that an account was created with (SSO-3), and the one that it has now.
    emails: SharedMap<(u64, Arc<str>), u64>,
}

impl Accounts {
    /// No accounts.
    pub(crate) fn new() -> Self {
        Self { accounts: SharedMap::new(), emails: SharedMap::new() }
    }

    /// The same accounts for another world.
    pub(crate) fn fork(&self) -> Self {
        Self { accounts: self.accounts.fork(), emails: self.emails.fork() }
    }

    /// Adds the account of `partner` that `make` makes, unless the partner has one with this email. False if it has.
    pub(crate) fn create(&self, partner: u64, email: Option<Arc<str>>, make: impl FnOnce() -> Account) -> bool {
        let insert = |account: Account| {
            let id = account.id;
            self.accounts.insert(id, Arc::new(account));
            id
        };
        let Some(email) = email else {
            insert(make());
            return true;
        };
        let key = (partner, email);
        self.emails.step(&key, |emails| {
            let is_free = !emails.contains_key(&key);
            if is_free {
                let id = insert(make());
                emails.insert(key.clone(), id);
            }
            is_free
        })
    }

    /// Adds an account of a seed. False if its id or its email is taken.
    pub(crate) fn restore(&self, account: Account) -> bool {
        if self.accounts.contains(&account.id) {
            return false;
        }
        for email in account.email.iter().chain(&account.created_with) {
            let before = self.emails.insert((account.partner, email.clone()), account.id);
            if before.is_some_and(|owner| owner != account.id) {
                return false;
            }
        }
        self.accounts.insert(account.id, Arc::new(account));
        true
    }

    /// The account of `partner` that has this email, or was created with it.
    pub(crate) fn owner_of(&self, partner: u64, email: &Arc<str>) -> Option<u64> {
        self.emails.read(&(partner, Arc::clone(email)), |id| *id)
    }

    /// Reads one account.
    pub(crate) fn read<T>(&self, id: u64, read: impl FnOnce(&Account) -> T) -> Option<T> {
        self.accounts.read(&id, |account| read(account))
    }

    /// Changes one account in one step: no request sees it half done, and no rule is checked on data that has changed
    /// since.
    pub(crate) fn change<T>(&self, id: u64, change: impl FnOnce(&mut Account) -> T) -> Option<T> {
        self.accounts.change(&id, |account| change(Arc::make_mut(account)))
    }

    /// Changes an account whose email may become `email`, which no other account of the partner can take meanwhile.
    /// `change` learns whether another account has it already.
    pub(crate) fn change_with_email<T, E>(
        &self,
        id: u64,
        email: Option<Arc<str>>,
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
        let changed = match email.map(|email| (partner, email)) {
            None => self.change(id, |account| step(account, false)),
            Some(key) => self.emails.step(&key, |emails| {
                let owner = emails.get(&key).copied();
                let changed = self.change(id, |account| step(account, owner.is_some_and(|owner| owner != id)));
                if owner.is_none() && matches!(changed, Some(Ok(_))) {
                    emails.insert(key.clone(), id);
                }
                changed
            }),
        };
        if let Some(email) = given_up {
            // The account may have taken the email up again since.
            let has_it = |id| self.read(id, |account| account.email.as_ref() == Some(&email)) == Some(true);
            let key = (partner, email.clone());
            self.emails.step(&key, |emails| {
                if emails.get(&key).is_some_and(|owner| *owner == id && !has_it(id)) {
                    emails.remove(&key);
                }
            });
        }
        changed
    }

    /// The account of `partner` that SSO finds by `email`: the one that was created with it (SSO-3), or by
    /// `sso.changed-email` the one that has it now.
    pub(crate) fn for_sso(&self, partner: u64, email: &str, assumed: Assumed<'_>) -> Option<u64> {
        let found = self.emails.read(&(partner, Arc::<str>::from(email)), |account| *account);
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
        self.accounts.each(|id, account| {
            if !is_meant(account) {
                return;
            }
            total += 1;
            if *id > after {
                first.push(*id);
            }
            if first.len() > limit {
                first.pop();
            }
        });
        let found = first.into_sorted_vec().into_iter().filter_map(|id| self.read(id, &read));
        (found.collect(), total)
    }

    /// The first `limit` accounts that have an id above `after`, by their ids, and how many there are in all.
    pub(crate) fn page<T>(&self, after: u64, limit: usize, read: impl Fn(&Account) -> T) -> (Vec<T>, usize) {
        let first = self.accounts.parts().flat_map(|part| {
            let ids: Vec<u64> = part.range((Excluded(after), Unbounded)).take(limit).map(|(id, _)| *id).collect();
            ids
        });
        let mut first: Vec<u64> = first.collect();
        first.sort_unstable();
        first.truncate(limit);
        (first.into_iter().filter_map(|id| self.read(id, &read)).collect(), self.accounts.len())
    }

    /// Reads every account, in no particular order.
    pub(crate) fn each(&self, mut read: impl FnMut(&Account)) {
        self.accounts.each(|_, account| read(account));
    }
}
