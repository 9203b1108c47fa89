//! Watched items: what all kinds share. A kind's own rules are in its file below `watchlists`.

use serde_json::{Map, Value as Json};

use crate::guide::trace::Assumed;
use crate::model::body::BodySchema;
use crate::model::confirmation::{Confirmation, Confirming};
use crate::model::fields::{Complaint, Fields};
use crate::model::id::{Id, Table};
use crate::model::kind::WatchKind;
use crate::model::shape::Shape;
use crate::model::time::Timestamp;

/// One kind of watched item.
pub(crate) trait Kind: Sized + Send + Sync + 'static {
    /// The kind of its values.
    const KIND: WatchKind;
    /// The table that its ids count in.
    const TABLE: Table = Table::Items(Self::KIND);
    /// The capture in its paths, in the guide's words: `emailId`.
    const CAPTURE: &'static str;
    /// The name of the list of such items in a seed: `emails`.
    const LIST: &'static str;
    /// The field of its body that holds the value.
    const FIELD: &'static str = Self::KIND.names().field;
    /// The body that adds an item.
    const BODY: BodySchema;
    /// How the end user confirms what they add (SCOPE-3); none where no confirmation is documented.
    const CONFIRMING: Option<Confirming<Self>> = None;

    /// The item as a client reads it.
    type Shape: Shape;

    /// The form in which values are compared.
    ///
    /// # Errors
    /// Why `text` is no value of this kind.
    fn canonical(text: &str) -> Result<Box<str>, Complaint>;

    /// The item that a body describes; where one is missing, `fields` holds the errors.
    fn parse(fields: &mut Fields<'_>, rules: Rules<'_>) -> Option<Self>;

    /// The body that would add the item: the inverse of [`Kind::parse`].
    fn body(&self) -> Map<String, Json>;

    /// The value in the form of [`Kind::canonical`], which tells duplicates and finds leaks.
    fn value(&self) -> &str;

    /// The item as a client reads it.
    fn show(item: &Item<Self>) -> Self::Shape;
}

/// A kind whose leaks can be listed (EMAIL-1, PHONE-1, IBAN-1, CARD-1); NONE-1 excludes the others.
pub(crate) trait Leakable: Kind {}

/// A kind whose items can be changed (PASSPORT-1); NONE-1 excludes the others.
pub(crate) trait Patchable: Kind + Clone {
    /// The body that changes an item.
    const CHANGES: BodySchema;

    /// Changes what `fields` name. None after an error; then nothing has changed.
    fn change(&mut self, fields: &mut Fields<'_>, rules: Rules<'_>) -> Option<()>;
}

/// What the rules of a kind may ask beside the body.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Rules<'a> {
    pub(crate) now: Timestamp,
    pub(crate) assumed: Assumed<'a>,
}

/// A watched item.
#[derive(Clone, Debug)]
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

    /// Whether it is confirmed.
    pub(crate) fn is_confirmed(&self) -> bool {
        self.confirmation.pending().is_none()
    }

    /// When it was confirmed.
    pub(crate) fn confirmed_at(&self) -> Option<Timestamp> {
        self.confirmation.confirmed_at()
    }

    /// Confirms it, if it is pending.
    pub(crate) fn confirm(&mut self, now: Timestamp) {
        if !self.is_confirmed() {
            self.confirmation = Confirmation::Confirmed(now);
            self.updated_at = now;
        }
    }
}

/// The items of one kind on one account, in the order of their ids, which is that of adding.
#[derive(Clone, Debug)]
pub(crate) struct Items<K>(Vec<Item<K>>);

impl<K> Default for Items<K> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<K: Kind> Items<K> {
    /// All items.
    pub(crate) fn iter(&self) -> std::slice::Iter<'_, Item<K>> {
        self.0.iter()
    }

    /// How many there are.
    pub(crate) fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there is none.
    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The item with this id.
    pub(crate) fn one(&self, id: u64) -> Option<&Item<K>> {
        self.position(id).map(|position| &self.0[position])
    }

    /// The item with this id, to change it.
    pub(crate) fn one_mut(&mut self, id: u64) -> Option<&mut Item<K>> {
        self.position(id).map(|position| &mut self.0[position])
    }

    /// The item that holds this canonical value.
    pub(crate) fn holding(&self, value: &str) -> Option<&Item<K>> {
        self.0.iter().find(|item| item.fields.value() == value)
    }

    /// The item that holds this canonical value, to change it.
    pub(crate) fn holding_mut(&mut self, value: &str) -> Option<&mut Item<K>> {
        self.0.iter_mut().find(|item| item.fields.value() == value)
    }

    /// Adds `item`, whose id is higher than all that are there.
    pub(crate) fn add(&mut self, item: Item<K>) -> &Item<K> {
        debug_assert!(
            self.0.last().is_none_or(|last| last.id < item.id),
            "ids are given out under the account's guard"
        );
        if self.0.len() == self.0.capacity() {
            // Most accounts hold one or two items of a kind, and there may be a million accounts: no room to spare.
            self.0.reserve_exact(self.0.len() / 2 + 1);
        }
        self.0.push(item);
        &self.0[self.0.len() - 1]
    }

    /// Takes the item with this id out.
    pub(crate) fn remove(&mut self, id: u64) -> Option<Item<K>> {
        self.position(id).map(|position| self.0.remove(position))
    }

    fn position(&self, id: u64) -> Option<usize> {
        self.0.binary_search_by_key(&id, |item| item.id).ok()
    }
}
