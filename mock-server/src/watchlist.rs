//! The watchlists: what all kinds of items share. What a kind adds stands in its own file.

pub(crate) mod card;
pub(crate) mod email;
pub(crate) mod iban;
pub(crate) mod license;
pub(crate) mod passport;
pub(crate) mod phone;

use serde_json::{Map, Value as Json};

use crate::account::Account;
use crate::assumptions::{AlarmOfRemoved, Assumed, Key, LeaksPending, ValueForm};
use crate::auth::{Actor, Mode};
use crate::call::Call;
use crate::confirmation::{Challenge, Confirmation};
use crate::fields::{Complaint, Fields, taken};
use crate::hints;
use crate::id::{Id, Table};
use crate::leak::WatchKind;
use crate::magic::Magic;
use crate::reply::{Listing, Outcome, Page, Refusal, Reply, Why};
use crate::time::Timestamp;
use crate::value::Object;

/// One kind of watched item.
pub(crate) trait Kind: Sized + Send + Sync + 'static {
    /// What its ids count in.
    const TABLE: Table;
    /// What its leaks are filed under.
    const WATCH: WatchKind;
    /// The capture in its paths, in the guide's words: `emailId`.
    const ID: &'static str;
    /// The field of its body that holds the value.
    const FIELD: &'static str;
    /// All fields that [`Kind::parse`] reads.
    const FIELDS: &'static [&'static str];

    /// The form in which values are compared, or why `text` is none.
    fn canonical(text: &str) -> Result<Box<str>, Complaint>;

    /// The item that a body describes; where one is missing, `fields` holds the issues.
    fn parse(fields: &mut Fields<'_>, rules: Rules<'_>) -> Option<Self>;

    /// The body that would add the item: the inverse of [`Kind::parse`].
    fn body(&self) -> Map<String, Json>;

    /// The value in the form of [`Kind::canonical`]: what makes a duplicate, and what leaks are filed under.
    fn value(&self) -> &str;

    /// The items of this kind on `account`.
    fn items(account: &Account) -> &Items<Self>;

    /// The items of this kind on `account`, to change them.
    fn items_mut(account: &mut Account) -> &mut Items<Self>;

    /// What an item that the end user adds waits for (SCOPE-3); nothing where no confirmation is documented.
    fn challenge(_call: &Call<'_>) -> Option<Challenge> {
        None
    }

    /// Sends the challenge of an item that has just been added.
    fn send(_item: &Item<Self>, _account: &Account, _call: &Call<'_>) {}

    /// Forgets what `account` keeps about an item beside it, once it is removed.
    fn removed(_item: &Item<Self>, _account: &mut Account) {}

    /// The item as a client reads it.
    fn show(item: &Item<Self>) -> Object;
}

/// A kind whose leaks can be listed (EMAIL-1, PHONE-1, IBAN-1, CARD-1); NONE-1 rules the others out.
pub(crate) trait Leakable: Kind {}

/// A kind whose items can be changed (PASSPORT-1); NONE-1 rules the others out.
pub(crate) trait Patchable: Kind {
    /// Changes what `fields` name. None where there were issues; then nothing has changed.
    fn change(&mut self, fields: &mut Fields<'_>, rules: Rules<'_>) -> Option<()>;
}

/// What the rules of a kind may ask beside the body.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Rules<'a> {
    pub(crate) now: Timestamp,
    pub(crate) assumed: Assumed<'a>,
}

/// A value as it is compared and, where `value.form` keeps it, as the client wrote it.
#[derive(Clone, Debug)]
pub(crate) struct Written {
    canonical: Box<str>,
    as_sent: Option<Box<str>>,
}

impl Written {
    /// The value `text`, whose canonical form is `canonical`.
    pub(crate) fn new(text: &str, canonical: Box<str>, assumed: Assumed<'_>) -> Self {
        let as_sent = match assumed.choice() {
            ValueForm::AsSent if *text != *canonical => Some(text.into()),
            ValueForm::AsSent | ValueForm::Normalized => None,
        };
        Self { canonical, as_sent }
    }

    /// A rule that keeps what satisfies `canonical`.
    pub(crate) fn rule(
        assumed: Assumed<'_>,
        canonical: fn(&str) -> Result<Box<str>, Complaint>,
    ) -> impl Fn(&str) -> Result<Self, Complaint> {
        move |text| Ok(Self::new(text, canonical(text)?, assumed))
    }

    /// As it is compared.
    pub(crate) fn canonical(&self) -> &str {
        &self.canonical
    }

    /// As it is read back.
    pub(crate) fn shown(&self) -> &str {
        self.as_sent.as_deref().unwrap_or(&self.canonical)
    }
}

/// A watched item.
#[derive(Debug)]
pub(crate) struct Item<K> {
    pub(crate) id: u64,
    pub(crate) confirmation: Confirmation,
    pub(crate) created_at: Timestamp,
    pub(crate) updated_at: Timestamp,
    pub(crate) fields: K,
}

impl<K: Kind> Item<K> {
    /// Its id, as clients see it.
    pub(crate) fn id(&self) -> Id {
        Id::new(K::TABLE, self.id)
    }

    /// Whether nothing is waited for.
    pub(crate) fn is_confirmed(&self) -> bool {
        matches!(self.confirmation, Confirmation::Confirmed(_))
    }

    /// When it was confirmed.
    pub(crate) fn confirmed_at(&self) -> Option<Timestamp> {
        match self.confirmation {
            Confirmation::Confirmed(at) => Some(at),
            Confirmation::Pending(_) => None,
        }
    }

    /// The fields that every item ends with.
    pub(crate) fn with_times(&self, object: Object) -> Object {
        object.with("created_at", self.created_at).with("updated_at", self.updated_at)
    }
}

/// The items of one kind on one account, in the order of adding, which is that of their ids.
#[derive(Debug)]
pub(crate) struct Items<K>(Vec<Item<K>>);

impl<K> Default for Items<K> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<K: Kind> Items<K> {
    /// All of them.
    pub(crate) fn iter(&self) -> std::slice::Iter<'_, Item<K>> {
        self.0.iter()
    }

    /// All of them, to change them.
    pub(crate) fn iter_mut(&mut self) -> std::slice::IterMut<'_, Item<K>> {
        self.0.iter_mut()
    }

    /// The one with this id.
    pub(crate) fn one(&self, id: u64) -> Option<&Item<K>> {
        self.position(id).map(|position| &self.0[position])
    }

    /// The one with this id, to change it.
    pub(crate) fn one_mut(&mut self, id: u64) -> Option<&mut Item<K>> {
        self.position(id).map(|position| &mut self.0[position])
    }

    /// The one that holds this canonical value.
    pub(crate) fn holding(&self, value: &str) -> Option<&Item<K>> {
        self.0.iter().find(|item| item.fields.value() == value)
    }

    /// Adds `item`, whose id is higher than all that are there.
    pub(crate) fn add(&mut self, item: Item<K>) {
        debug_assert!(
            self.0.last().is_none_or(|last| last.id < item.id),
            "ids are given out under the account's guard"
        );
        if self.0.len() == self.0.capacity() {
            // Most accounts hold one or two items of a kind, and there may be a million accounts: no room to spare.
            self.0.reserve_exact(self.0.len() / 2 + 1);
        }
        self.0.push(item);
    }

    /// Takes the one with this id out.
    pub(crate) fn remove(&mut self, id: u64) -> Option<Item<K>> {
        self.position(id).map(|position| self.0.remove(position))
    }

    fn position(&self, id: u64) -> Option<usize> {
        self.0.binary_search_by_key(&id, |item| item.id).ok()
    }
}

/// Adds an item: at once for CRM (SCOPE-2), waiting for the end user where the kind says so (SCOPE-3).
pub(crate) fn add<K: Kind>(actor: Actor, call: &Call<'_>) -> Outcome {
    let body = call.body()?;
    let mut fields = Fields::new(&body);
    let draft = K::parse(&mut fields, call.rules());
    let draft = fields.finish(draft)?;
    #[cfg(feature = "broken-rules")]
    let actor = if breaks!(call.world.settings(), ItemsLandOnFirstAccount) {
        Actor { account: crate::broken::first_account(call.world), ..actor }
    } else {
        actor
    };
    let magic = Magic::of(K::WATCH, draft.value());
    if let Some(magic) = magic {
        magic.meet::<K>(call)?;
    }
    call.world.change_account(actor.account, |account| {
        if let Some(twin) = K::items(account).holding(draft.value()) {
            let answer = duplicate(twin, call);
            if breaks!(call.world.settings(), AddingAgainRemoves) {
                let id = twin.id;
                K::items_mut(account).remove(id);
            }
            return answer;
        }
        let challenge = match actor.mode {
            _ if breaks!(call.world.settings(), AppAddsDoNotWait) => None,
            _ if breaks!(call.world.settings(), CrmAddsWait) => K::challenge(call),
            _ if breaks!(call.world.settings(), CardsOfCrmWait) && K::WATCH == WatchKind::CreditCard => {
                K::challenge(call)
            }
            Mode::AdminManaged => None,
            Mode::EndUser if magic == Some(Magic::ConfirmedAtOnce) => None,
            Mode::EndUser if magic == Some(Magic::NeverConfirmed) => Some(Challenge::code(call)),
            Mode::EndUser => K::challenge(call),
        };
        let confirmation = challenge.map_or(Confirmation::Confirmed(call.now), Confirmation::pending);
        let item = Item {
            id: call.world.next_id(K::TABLE, actor.account),
            confirmation,
            created_at: call.now,
            updated_at: call.now,
            fields: draft,
        };
        let shown = K::show(&item);
        if !item.is_confirmed() && magic.is_none() {
            call.hint(hints::waiting(K::WATCH));
        }
        call.world.watch(K::WATCH, item.fields.value(), actor.account);
        let id = item.id;
        K::items_mut(account).add(item);
        if magic != Some(Magic::NeverConfirmed) {
            let item = K::items(account).one(id).expect("it was just added");
            K::send(item, account, call);
        }
        call.world.match_item::<K>(account, id, call.now);
        Ok(Reply::Added(shown))
    })
}

/// The answer to a value that is already there, by `add.duplicate`.
fn duplicate<K: Kind>(twin: &Item<K>, call: &Call<'_>) -> Outcome {
    match call.assumed().name(Key::AddDuplicate) {
        "existing" => Ok(Reply::Item(K::show(twin))),
        status => Err(Refusal::assumed(status, taken(K::FIELD)).hint(
            "this account already watches that value, added by this or the other token; the guide does not say what \
             a duplicate does, so the answer follows the assumption add.duplicate",
        )),
    }
}

/// Lists the items in the order of adding.
pub(crate) fn list<K: Kind>(actor: Actor, call: &Call<'_>) -> Outcome {
    let page = call.page();
    call.world.read_account(actor.account, |account| {
        let all = K::items(account).iter().map(K::show);
        if all.len() == 0 {
            call.hint(hints::NO_ITEMS);
        }
        if breaks!(call.world.settings(), PagesRepeat) {
            let first = Page { number: 1, ..page }.of(all.clone());
            return Ok(Reply::List(Listing { items: first.items, ..page.of(all) }));
        }
        Ok(Reply::List(page.of(all)))
    })
}

/// Reads one item.
pub(crate) fn one<K: Kind>(actor: Actor, call: &Call<'_>) -> Outcome {
    let id = call.item_id::<K>()?;
    #[cfg(feature = "broken-rules")]
    let actor = if breaks!(call.world.settings(), ForeignCardsAreRead) {
        crate::broken::as_owner_of::<K>(actor, id, call)
    } else {
        actor
    };
    call.world.read_account(actor.account, |account| match K::items(account).one(id) {
        Some(item) => Ok(Reply::Item(K::show(item))),
        None => Err(call.no_such_item::<K>(id)),
    })
}

/// Changes what the body names (PASSPORT-1).
pub(crate) fn change<K: Patchable + Clone>(actor: Actor, call: &Call<'_>) -> Outcome {
    let id = call.item_id::<K>()?;
    call.world.change_account(actor.account, |account| {
        let Some(item) = K::items(account).one(id) else { return Err(call.no_such_item::<K>(id)) };
        let body = call.body()?;
        let mut changed = item.fields.clone();
        let before = item.fields.value().to_owned();
        let mut fields = Fields::new(&body);
        let done = changed.change(&mut fields, call.rules());
        fields.finish(done)?;
        if breaks!(call.world.settings(), ChangeIsLost) {
            let item = Item { confirmation: Confirmation::Confirmed(call.now), fields: changed, ..*item };
            return Ok(Reply::Item(K::show(&item)));
        }
        if breaks!(call.world.settings(), ChangeAddsPassport) {
            let new = call.world.next_id(K::TABLE, actor.account);
            let confirmation = Confirmation::Confirmed(call.now);
            let item = Item { id: new, confirmation, created_at: call.now, updated_at: call.now, fields: changed };
            let shown = K::show(&item);
            K::items_mut(account).add(item);
            return Ok(Reply::Item(shown));
        }
        let is_moved = before != changed.value();
        if is_moved && K::items(account).holding(changed.value()).is_some() {
            return Err(Why::Invalid(vec![taken(K::FIELD)]).into());
        }
        if is_moved {
            call.world.unwatch(K::WATCH, &before, actor.account);
            call.world.watch(K::WATCH, changed.value(), actor.account);
            account.end_hits(K::WATCH, id, || keeps_alarms(call));
        }
        if breaks!(call.world.settings(), ChangeTouchesAll) {
            K::items_mut(account).iter_mut().for_each(|item| item.fields = changed.clone());
        }
        let item = K::items_mut(account).one_mut(id).expect("it was there under this guard");
        item.fields = changed;
        item.updated_at = call.now;
        let shown = K::show(item);
        call.world.match_item::<K>(account, id, call.now);
        Ok(Reply::Item(shown))
    })
}

/// Removes an item.
pub(crate) fn remove<K: Kind>(actor: Actor, call: &Call<'_>) -> Outcome {
    let id = call.item_id::<K>()?;
    #[cfg(feature = "broken-rules")]
    let actor = if breaks!(call.world.settings(), ForeignItemsAreRemoved) {
        crate::broken::as_owner_of::<K>(actor, id, call)
    } else {
        actor
    };
    call.world.change_account(actor.account, |account| {
        if breaks!(call.world.settings(), RemovedStaysListed) && K::items(account).one(id).is_some() {
            return Ok(Reply::Removed);
        }
        let Some(item) = K::items_mut(account).remove(id) else {
            #[cfg(feature = "broken-rules")]
            if breaks!(call.world.settings(), RemovingNothingRemovesAnother) {
                crate::broken::remove_first(K::items_mut(account));
            }
            return Err(call.no_such_item::<K>(id));
        };
        if breaks!(call.world.settings(), RemovingTakesAll) {
            *K::items_mut(account) = Items::default();
        }
        if breaks!(call.world.settings(), RemovingTakesPhones) && K::WATCH == WatchKind::Email {
            account.phones = Items::default();
        }
        call.world.unwatch(K::WATCH, item.fields.value(), actor.account);
        call.world.disown(K::TABLE, id);
        call.world.forget_link(&item.confirmation);
        account.end_hits(K::WATCH, id, || keeps_alarms(call));
        K::removed(&item, account);
        Ok(Reply::Removed)
    })
}

/// Whether alarms outlive what they were raised for, by `alarm.of-removed`.
fn keeps_alarms(call: &Call<'_>) -> bool {
    call.assumed().choice::<AlarmOfRemoved>() == AlarmOfRemoved::Kept
}

/// Lists the leaks of the items, in the order in which they were found.
pub(crate) fn leaks<K: Leakable>(actor: Actor, call: &Call<'_>) -> Outcome {
    call.assumed().choice::<LeaksPending>();
    let page = call.page();
    #[cfg(feature = "broken-rules")]
    if breaks!(call.world.settings(), LeaksAreSeenByAll) {
        return Ok(Reply::List(page.of(crate::broken::leaks_of_all::<K>(call.world).into_iter())));
    }
    call.world.read_account(actor.account, |account| {
        let of_all = breaks!(call.world.settings(), LeaksOfAllKinds);
        let kinds: &[WatchKind] = if of_all { &WatchKind::ALL } else { &[K::WATCH] };
        if account.leaks(K::WATCH).next().is_none() {
            call.hint(hints::no_leaks::<K>(account));
        }
        let hits: Vec<_> = kinds.iter().flat_map(|kind| account.leaks(*kind)).collect();
        Ok(Reply::List(page.of(hits.into_iter().map(|hit| hit.show(K::TABLE)))))
    })
}
