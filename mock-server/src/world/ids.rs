//! The ids that a world gives out, and the accounts that they belong to.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};

use crate::guide::assumptions::ScopeForeignItem;
use crate::guide::trace::Assumed;
use crate::model::id::Table;
use crate::world::shared::SharedMap;

/// Counters, one for each table.
#[derive(Debug)]
pub(crate) struct Ids {
    last: [AtomicU64; Table::COUNT],
    /// The account that an item belongs to; kept only where `scope.foreign-item` tells a foreign item from none.
    owners: Option<SharedMap<(Table, u64), u64>>,
}

impl Ids {
    /// Counters that begin with 1.
    pub(crate) fn new(assumed: Assumed<'_>) -> Self {
        let tells_foreign_items = assumed.choice::<ScopeForeignItem>() != ScopeForeignItem::NotFound;
        Self { last: [const { AtomicU64::new(0) }; Table::COUNT], owners: tells_foreign_items.then(SharedMap::new) }
    }

    /// The same counters and owners for another world.
    pub(crate) fn fork(&self) -> Self {
        let owners = self.owners.as_ref().map(SharedMap::fork);
        Self { last: std::array::from_fn(|table| AtomicU64::new(self.last[table].load(Ordering::Relaxed))), owners }
    }

    /// The next id of a table.
    pub(crate) fn next(&self, table: Table) -> u64 {
        self.last[table.place()].fetch_add(1, Ordering::Relaxed) + 1
    }

    /// The next id of a row that belongs to `account`. It is taken under the account's guard, so that its items stay in
    /// the order of their ids.
    pub(crate) fn next_of(&self, table: Table, account: u64) -> u64 {
        let id = self.next(table);
        self.own(table, id, account);
        id
    }

    /// Takes an id that `account` has already; later ids are higher.
    pub(crate) fn take(&self, table: Table, id: u64, account: u64) {
        self.count_from(table, id);
        self.own(table, id, account);
    }

    /// Gives out ids after `last`.
    pub(crate) fn count_from(&self, table: Table, last: u64) {
        self.last[table.place()].fetch_max(last, Ordering::Relaxed);
    }

    /// The last id of each table.
    pub(crate) fn given_out(&self) -> BTreeMap<Table, u64> {
        Table::all().map(|table| (table, self.last[table.place()].load(Ordering::Relaxed))).collect()
    }

    /// Whether there is such an item on some account, as far as callers may know.
    pub(crate) fn is_foreign(&self, table: Table, id: u64) -> bool {
        self.owners.as_ref().is_some_and(|owners| owners.contains(&(table, id)))
    }

    /// Forgets the owner of an item that was removed.
    pub(crate) fn disown(&self, table: Table, id: u64) {
        if let Some(owners) = &self.owners {
            owners.remove(&(table, id));
        }
    }

    fn own(&self, table: Table, id: u64, account: u64) {
        if let Some(owners) = &self.owners {
            owners.insert((table, id), account);
        }
    }
}
