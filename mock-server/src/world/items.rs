//! Adding, changing and removing watched items: the verbs that keep ids, watchers, links, messages and leaks in step.

use super::state::{Context, World};
use crate::faults::InjectedFault;
use crate::guide::assumptions::AlarmOfRemoved;
use crate::guide::trace::Assumed;
use crate::model::confirmation::{Confirmation, Means};
use crate::model::item::{Item, Patchable};
use crate::model::kind::WatchKind;
use crate::model::watchlists::{Watchlist, Watchlists};

/// The confirmation that a new item needs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Awaited {
    pub(crate) means: Means,
    /// Whether the link or code is sent; a magic value may keep it back.
    pub(crate) is_sent: bool,
}

/// The result of adding an item.
#[derive(Debug)]
pub(crate) enum AddedItem<S> {
    /// It was added, and a fault may have applied to its message.
    New { shown: S, fault: Option<InjectedFault> },
    /// The account watches its value already, through this item.
    Duplicate(S),
}

/// Why an item was not changed.
#[derive(Debug)]
pub(crate) enum ChangeItemError<E> {
    /// The account has no such item.
    NoItem,
    /// Another item of the account holds the new value.
    Duplicate,
    /// The change itself was refused.
    Refused(E),
}

impl World {
    /// Adds an item to an account. None if there is no such account.
    pub(crate) fn add_item<K: Watchlist>(
        &self,
        account: u64,
        fields: K,
        awaited: Option<Awaited>,
        context: Context<'_>,
    ) -> Option<AddedItem<K::Shape>> {
        let now = context.now;
        self.accounts.change(account, |account| {
            if let Some(twin) = K::of(&account.watchlists).holding(fields.value()) {
                return AddedItem::Duplicate(K::show(twin));
            }
            let challenge = awaited.map(|awaited| self.challenge(awaited.means, context));
            let sent = challenge.as_ref().filter(|_| awaited.is_some_and(|awaited| awaited.is_sent));
            let message = sent.zip(K::CONFIRMING).map(|(challenge, confirming)| {
                (confirming.message)(&fields, challenge, &account.contact(), context.base, now)
            });
            let id = self.ids.next_of(K::TABLE, account.id);
            if let Some(challenge) = sent.filter(|_| awaited.is_some_and(|awaited| awaited.means == Means::Link)) {
                self.links.add(challenge, account.id, id);
            }
            let confirmation = Confirmation::new(challenge, now);
            let item = Item { id, confirmation, created_at: now, updated_at: now, fields };
            let (shown, holder) = (K::show(&item), account.holder());
            self.leaks.watch(K::KIND, item.fields.value(), account.id);
            self.match_item(&mut account.exposures, holder, &item, now, context.assumed);
            K::of_mut(&mut account.watchlists).add(item);
            AddedItem::New { shown, fault: message.and_then(|message| self.send(message)) }
        })
    }

    /// Puts an item of a seed into its watchlist, with the id and the link that it had.
    pub(crate) fn restore_item<K: Watchlist>(&self, lists: &mut Watchlists, account: u64, item: Item<K>) {
        self.ids.take(K::TABLE, item.id, account);
        self.leaks.watch(K::KIND, item.fields.value(), account);
        let is_by_link = K::CONFIRMING.is_some_and(|confirming| confirming.means == Means::Link);
        if let Some(challenge) = item.confirmation.pending().filter(|_| is_by_link) {
            self.links.add(challenge, account, item.id);
        }
        K::of_mut(lists).add(item);
    }

    /// Changes an item as `change` says, and shows it. None if there is no such account.
    pub(crate) fn change_item<K: Watchlist + Patchable, E>(
        &self,
        account: u64,
        id: u64,
        context: Context<'_>,
        change: impl FnOnce(&mut K) -> Result<(), E>,
    ) -> Option<Result<K::Shape, ChangeItemError<E>>> {
        self.accounts.change(account, |account| {
            let (items, holder) = (K::of(&account.watchlists), account.holder());
            let Some(item) = items.one(id) else { return Err(ChangeItemError::NoItem) };
            let mut after = item.clone();
            change(&mut after.fields).map_err(ChangeItemError::Refused)?;
            let before = item.fields.value();
            if before != after.fields.value() {
                if items.holding(after.fields.value()).is_some() {
                    return Err(ChangeItemError::Duplicate);
                }
                self.leaks.unwatch(K::KIND, before, account.id);
                self.leaks.watch(K::KIND, after.fields.value(), account.id);
                let seen_before = (K::KIND, before, id);
                self.end_exposures(&mut account.exposures, holder, seen_before, || keeps_alarms(context.assumed));
            }
            after.updated_at = context.now;
            self.match_item(&mut account.exposures, holder, &after, context.now, context.assumed);
            let shown = K::show(&after);
            K::of_mut(&mut account.watchlists).replace(after);
            Ok(shown)
        })
    }

    /// Removes an item from an account. False where the account has no such item.
    pub(crate) fn remove_item<K: Watchlist>(&self, account: u64, id: u64, assumed: Assumed<'_>) -> bool {
        let removed = self.accounts.change(account, |account| {
            let Some(item) = K::of_mut(&mut account.watchlists).remove(id) else { return false };
            self.leaks.unwatch(K::KIND, item.fields.value(), account.id);
            self.ids.disown(K::TABLE, id);
            if let Some(challenge) = item.confirmation.pending() {
                self.links.remove(&challenge.secret);
            }
            let (holder, seen) = (account.holder(), (K::KIND, item.fields.value(), id));
            self.end_exposures(&mut account.exposures, holder, seen, || keeps_alarms(assumed));
            if K::KIND == WatchKind::Phone {
                account.phone_codes.retain(|code| *code.phone != *item.fields.value());
            }
            true
        });
        removed == Some(true)
    }
}

/// Whether alarms outlive the item that they were raised for, by `alarm.of-removed`.
fn keeps_alarms(assumed: Assumed<'_>) -> bool {
    assumed.choice::<AlarmOfRemoved>() == AlarmOfRemoved::Kept
}
