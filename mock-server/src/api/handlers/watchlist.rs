//! The watchlists: adding, listing, reading, changing and removing items, and listing their leaks.

use std::time::Duration;

use crate::api::auth::Actor;
use crate::api::error::{ApiError, ErrorKind, known};
use crate::api::operation::Operation;
use crate::api::pages::Listing;
use crate::api::reply::{Added, Now, Outcome, Removed, Reply};
use crate::api::request::Request;
use crate::guide::assumptions::{AddDuplicate, Key, LeaksPending, Refusal};
use crate::guide::trace::Assumed;
use crate::model::confirmation::Means;
use crate::model::exposure::{Exposure, LeakShape};
use crate::model::fields::{FieldError, Fields, taken};
use crate::model::hints;
use crate::model::item::{Kind, Leakable, Patchable};
use crate::model::magic::{self, Magic};
use crate::model::principal::Mode;
use crate::model::watchlists::Watchlist;
use crate::world::items::{AddedItem, Awaited, ChangeItemError};

/// The operation of [`add`].
pub(crate) fn adds<K: Kind>() -> Operation {
    let names = K::KIND.names();
    Operation::of_kind(K::KIND, format!("add{}", names.noun), format!("Watch {}", names.one))
        .body(K::BODY)
        .decided_by(&[Key::AddDuplicate])
}

/// Adds an item: at once for CRM (SCOPE-2), pending for the end user where the kind needs confirmation (SCOPE-3).
pub(crate) fn add<K: Watchlist>(actor: Actor, request: &Request<'_>) -> Outcome<Added<K::Shape>> {
    let fields = request.read(K::BODY, |fields| K::parse(fields, request.rules()))?;
    let magic = Magic::of(K::KIND, fields.value());
    if let Some(refusal) = magic.and_then(refusal::<K>) {
        return Err(refusal);
    }
    let delay = if magic == Some(Magic::Slow) { magic::SLOW } else { Duration::ZERO };
    let awaited = awaited::<K>(actor.mode, magic, request.assumed());
    let added = request.world.add_item(actor.account, fields, awaited, request.context);
    match known(added)? {
        AddedItem::New { shown, fault } => {
            let hint = magic.map(Magic::hint).or_else(|| awaited.map(|_| hints::pending::<K>()));
            Ok(Reply { delay, ..Reply::new(Added::New(shown)).hint(hint).fault(fault) })
        }
        AddedItem::Duplicate(twin) => match Option::from(request.assumed().choice::<AddDuplicate>()) {
            None => Ok(Reply { delay, ..Reply::new(Added::Existing(twin)).hint(magic.map(Magic::hint)) }),
            Some(refusal) => Err(ApiError { delay, ..duplicate::<K>(refusal) }),
        },
    }
}

/// The confirmation that a new item needs, if it needs one.
fn awaited<K: Kind>(mode: Mode, magic: Option<Magic>, assumed: Assumed<'_>) -> Option<Awaited> {
    match (mode, magic) {
        (Mode::AdminManaged, _) | (Mode::EndUser, Some(Magic::ConfirmedAtOnce)) => None,
        (Mode::EndUser, Some(Magic::NeverConfirmed)) => Some(Awaited { means: Means::Code, is_sent: false }),
        (Mode::EndUser, _) => {
            let confirming = K::CONFIRMING.filter(|confirming| (confirming.is_needed)(assumed))?;
            Some(Awaited { means: confirming.means, is_sent: true })
        }
    }
}

/// The refusal of a value that asks to be refused.
fn refusal<K: Kind>(magic: Magic) -> Option<ApiError> {
    let kind = match magic {
        Magic::Refused => {
            let field = K::FIELD;
            let text = format!("The selected {} is invalid.", field.replace('_', " "));
            ErrorKind::Invalid(vec![FieldError::new(field, text)])
        }
        Magic::Throttled => ErrorKind::Throttled { retry_after_seconds: magic::RETRY_AFTER_SECONDS },
        Magic::Leaks(_) | Magic::NeverConfirmed | Magic::ConfirmedAtOnce | Magic::Slow => return None,
    };
    Some(ApiError { is_magic: true, ..ApiError::from(kind).hint(magic.hint()) })
}

/// The refusal of a value that the account watches already, by `add.duplicate`.
fn duplicate<K: Kind>(refusal: Refusal) -> ApiError {
    ApiError::assumed(refusal, taken(K::FIELD)).hint(
        "this account already watches that value, added by this or the other token; the guide does not say what a \
         duplicate does, so the response follows the assumption add.duplicate",
    )
}

/// The operation of [`list`].
pub(crate) fn lists<K: Kind>() -> Operation {
    let names = K::KIND.names();
    Operation::of_kind(K::KIND, format!("list{}s", names.noun), format!("List the watched {}", names.many))
}

/// Lists the items in the order of adding.
pub(crate) fn list<K: Watchlist>(actor: Actor, request: &Request<'_>) -> Outcome<Listing<K::Shape>> {
    let page = request.page();
    let listed = request.world.accounts.read(actor.account, |account| {
        let items = K::of(&account.watchlists);
        let hint = items.is_empty().then_some(hints::NO_ITEMS);
        Reply::new(page.from(items.len(), items.from(page.offset()).map(K::show))).hint(hint)
    });
    known(listed)
}

/// The operation of [`one`].
pub(crate) fn reads<K: Kind>() -> Operation {
    let names = K::KIND.names();
    let summary = format!("Read {}", names.one);
    Operation::of_kind(K::KIND, format!("get{}", names.noun), summary)
}

/// Reads one item.
pub(crate) fn one<K: Watchlist>(actor: Actor, request: &Request<'_>) -> Outcome<Now<K::Shape>> {
    let id = request.item_id::<K>()?;
    let shown = request.world.accounts.read(actor.account, |account| K::of(&account.watchlists).one(id).map(K::show));
    let shown = known(shown)?.ok_or_else(|| request.no_such_item::<K>(id))?;
    Ok(Reply::new(Now(shown)))
}

/// The operation of [`change`].
pub(crate) fn changes<K: Patchable>() -> Operation {
    let names = K::KIND.names();
    Operation::of_kind(K::KIND, format!("change{}", names.noun), format!("Change fields of {}", names.one))
        .body(K::CHANGES)
}

/// Changes the fields that the body names (PASSPORT-1).
pub(crate) fn change<K: Watchlist + Patchable>(actor: Actor, request: &Request<'_>) -> Outcome<Now<K::Shape>> {
    let id = request.item_id::<K>()?;
    let changed = request.world.change_item(actor.account, id, request.context, |item: &mut K| {
        let body = request.body()?;
        let mut fields = Fields::new(&body, K::CHANGES.fields);
        let done = item.change(&mut fields, request.rules());
        Ok::<(), ApiError>(fields.finish(done)?)
    });
    match known(changed)? {
        Ok(shown) => Ok(Reply::new(Now(shown))),
        Err(ChangeItemError::NoItem) => Err(request.no_such_item::<K>(id)),
        Err(ChangeItemError::Duplicate) => Err(taken(K::FIELD).into()),
        Err(ChangeItemError::Refused(error)) => Err(error),
    }
}

/// The operation of [`remove`].
pub(crate) fn removes<K: Kind>() -> Operation {
    let names = K::KIND.names();
    Operation::of_kind(K::KIND, format!("remove{}", names.noun), format!("Stop watching {}", names.one))
}

/// Removes an item.
pub(crate) fn remove<K: Watchlist>(actor: Actor, request: &Request<'_>) -> Outcome<Removed> {
    let id = request.item_id::<K>()?;
    if request.world.remove_item::<K>(actor.account, id, request.assumed()) {
        Ok(Reply::new(Removed))
    } else {
        Err(request.no_such_item::<K>(id))
    }
}

/// The operation of [`leaks`].
pub(crate) fn lists_leaks<K: Leakable>() -> Operation {
    let names = K::KIND.names();
    let summary = format!("List the leaks of watched {}", names.many);
    Operation::of_kind(K::KIND, format!("list{}Leaks", names.noun), summary)
}

/// Lists the leaks of the items, in the order in which they were found.
pub(crate) fn leaks<K: Watchlist + Leakable>(actor: Actor, request: &Request<'_>) -> Outcome<Listing<LeakShape>> {
    // A leak of a pending item is hidden when it is found, so the list follows this assumption.
    let _: LeaksPending = request.assumed().choice();
    let page = request.page();
    let listed = request.world.accounts.read(actor.account, |account| {
        let total = account.exposures.count_watched(K::KIND);
        let hint = (total == 0).then(|| hints::no_leaks(K::of(&account.watchlists)));
        let leaks = account.exposures.watched_from(K::KIND, page.offset());
        Reply::new(page.from(total, leaks.map(Exposure::show_leak))).hint(hint)
    });
    known(listed)
}
