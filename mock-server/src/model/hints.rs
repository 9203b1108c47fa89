//! Hints: one sentence for a person, where a correct response may surprise.
//!
//! A refusal gives its hint where it is made. The hints here need a look at the account: a list that is empty, an item
//! that is pending.

use crate::model::account::Account;
use crate::model::item::{Items, Kind};

/// The reason why a watchlist is empty.
pub(crate) const NO_ITEMS: &str = "this account watches nothing of this kind: each account has its own lists, and a reset \
                                   removes the items that were added";

/// The hint for a pending item of a kind for which no confirmation is documented.
const PENDING: &str = "this item is pending and stays so; see the magic values";

/// The reason why there are no leaks of a kind.
pub(crate) fn no_leaks<K: Kind>(items: &Items<K>) -> &'static str {
    if items.is_empty() {
        "this account watches nothing of this kind, so there are no leaks of it; add an item first"
    } else if items.iter().all(|item| item.is_confirmed()) {
        "no breach holds a value of this kind that this account watches; POST /_mock/leaks adds one"
    } else {
        "leaks of an item are seen once its owner has confirmed it, and one is pending: see GET /_mock/outbox, SCOPE-3 and \
         the assumption leaks.pending"
    }
}

/// The reason why there are no alarms.
pub(crate) fn no_alarms(account: &Account) -> &'static str {
    if account.watches_anything() {
        "no breach holds a confirmed value that this account watches, so nothing has raised an alarm; POST /_mock/leaks \
         adds one"
    } else {
        "this account watches nothing, so nothing can raise an alarm; add an item first"
    }
}

/// The reason why an item that was just added is not confirmed.
pub(crate) fn pending<K: Kind>() -> &'static str {
    K::CONFIRMING.map_or(PENDING, |confirming| confirming.pending_hint)
}

/// The reason why an item whose link or code has expired is not confirmed.
pub(crate) fn expired<K: Kind>() -> &'static str {
    K::CONFIRMING.map_or(PENDING, |confirming| confirming.expired_hint)
}
