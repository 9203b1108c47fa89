//! Watched items: the parts that all kinds share. A kind's own rules are in its file below `watchlists`.

use std::hash::{BuildHasher, BuildHasherDefault, DefaultHasher};

use serde_json::{Map, Value as Json};

use crate::guide::trace::Assumed;
use crate::model::body::BodySchema;
use crate::model::confirmation::{Confirmation, Confirming};
use crate::model::fields::{Complaint, Fields};
use crate::model::id::{Id, Table};
use crate::model::kind::WatchKind;
use crate::model::rows::{Row, Rows};
use crate::model::shape::Shape;
use crate::model::time::Timestamp;

/// One kind of watched item.
pub(crate) trait Kind: Clone + Sized + Send + Sync + 'static {
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
    /// The reason why `text` is not a value of this kind.
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

/// The data that the rules of a kind may use besides the body.
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

impl<K: Kind> Row for Item<K> {
    fn row_id(&self) -> u64 {
        self.id
    }

    fn key(&self) -> Option<u64> {
        Some(key_of(self.fields.value()))
    }
}

/// The key of a value: equal values have equal ones.
fn key_of(value: &str) -> u64 {
    BuildHasherDefault::<DefaultHasher>::default().hash_one(value)
}

/// The items of one kind on one account, in the order of their ids, which is that of adding.
#[derive(Clone, Debug)]
pub(crate) struct Items<K>(Rows<Item<K>>);

impl<K> Default for Items<K> {
    fn default() -> Self {
        Self(Rows::default())
    }
}

impl<K: Kind> Items<K> {
    /// All items.
    pub(crate) fn iter(&self) -> impl DoubleEndedIterator<Item = &Item<K>> {
        self.0.iter()
    }

    /// The items from a place in the order on, counted from 0.
    pub(crate) fn from(&self, place: usize) -> impl Iterator<Item = &Item<K>> {
        self.0.from(place)
    }

    /// How many there are.
    pub(crate) fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether it is empty.
    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The item with this id.
    pub(crate) fn one(&self, id: u64) -> Option<&Item<K>> {
        self.0.get(id)
    }

    /// The item with this id, to change anything but its value.
    pub(crate) fn one_mut(&mut self, id: u64) -> Option<&mut Item<K>> {
        self.0.get_mut(id)
    }

    /// The item that holds this canonical value.
    pub(crate) fn holding(&self, value: &str) -> Option<&Item<K>> {
        self.0.find(|| key_of(value), |item| item.fields.value() == value)
    }

    /// The item that holds this canonical value, to change anything but its value.
    pub(crate) fn holding_mut(&mut self, value: &str) -> Option<&mut Item<K>> {
        let id = self.holding(value)?.id;
        self.0.get_mut(id)
    }

    /// Adds `item`, whose id is higher than all that are there.
    pub(crate) fn add(&mut self, item: Item<K>) {
        debug_assert!(
            self.0.iter().next_back().is_none_or(|last| last.id < item.id),
            "ids are given out under the account's guard"
        );
        self.0.insert(item);
    }

    /// Puts `item` in the place of the one that has its id.
    pub(crate) fn replace(&mut self, item: Item<K>) {
        self.0.replace(item);
    }

    /// Takes the item with this id out.
    pub(crate) fn remove(&mut self, id: u64) -> Option<Item<K>> {
        self.0.remove(id)
    }
}
