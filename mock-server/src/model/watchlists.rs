//! The watchlists of an account, one for each kind, and the ways to go through all kinds.
//!
//! A new kind is added here, in its own file below, and in `kind`.

pub(crate) mod card;
pub(crate) mod email;
pub(crate) mod iban;
pub(crate) mod license;
pub(crate) mod passport;
pub(crate) mod phone;

use self::card::Card;
use self::email::Email;
use self::iban::Iban;
use self::license::License;
use self::passport::Passport;
use self::phone::Phone;
use crate::model::item::{Items, Kind};
use crate::model::kind::WatchKind;

/// The watchlists of one account.
#[derive(Clone, Debug, Default)]
pub(crate) struct Watchlists {
    pub(crate) emails: Items<Email>,
    pub(crate) phones: Items<Phone>,
    pub(crate) ibans: Items<Iban>,
    pub(crate) passports: Items<Passport>,
    pub(crate) licenses: Items<License>,
    pub(crate) cards: Items<Card>,
}

/// A kind that accounts have a watchlist of.
pub(crate) trait Watchlist: Kind {
    /// Its items.
    fn of(lists: &Watchlists) -> &Items<Self>;

    /// Its items, to change them.
    fn of_mut(lists: &mut Watchlists) -> &mut Items<Self>;
}

macro_rules! watchlist {
    ($kind:ident in $list:ident) => {
        impl Watchlist for $kind {
            fn of(lists: &Watchlists) -> &Items<Self> {
                &lists.$list
            }

            fn of_mut(lists: &mut Watchlists) -> &mut Items<Self> {
                &mut lists.$list
            }
        }
    };
}

watchlist!(Email in emails);
watchlist!(Phone in phones);
watchlist!(Iban in ibans);
watchlist!(Passport in passports);
watchlist!(License in licenses);
watchlist!(Card in cards);

/// Something that is done for any kind of item.
pub(crate) trait ForKind {
    /// The result.
    type Output;

    /// Does it for one kind.
    fn run<K: Watchlist>(&mut self) -> Self::Output;
}

/// Runs a task for the kind of item with this kind of values. None for the SSN, which is not an item (SSN-1).
pub(crate) fn with_kind<F: ForKind>(kind: WatchKind, mut task: F) -> Option<F::Output> {
    Some(match kind {
        WatchKind::Email => task.run::<Email>(),
        WatchKind::Phone => task.run::<Phone>(),
        WatchKind::Iban => task.run::<Iban>(),
        WatchKind::Passport => task.run::<Passport>(),
        WatchKind::DriversLicense => task.run::<License>(),
        WatchKind::CreditCard => task.run::<Card>(),
        WatchKind::Ssn => return None,
    })
}

/// Does something for every kind of item, in the order of the guide.
pub(crate) fn with_each_kind<F: ForKind>(mut task: F) -> impl Iterator<Item = F::Output> {
    WatchKind::ALL.into_iter().filter_map(move |kind| with_kind(kind, ByRef(&mut task)))
}

/// A task that goes on after one kind.
struct ByRef<'a, F>(&'a mut F);

impl<F: ForKind> ForKind for ByRef<'_, F> {
    type Output = F::Output;

    fn run<K: Watchlist>(&mut self) -> F::Output {
        self.0.run::<K>()
    }
}

impl Watchlists {
    /// How many items there are of this kind of values, and how many of them are pending.
    pub(crate) fn count(&self, kind: WatchKind) -> (usize, usize) {
        struct Count<'a>(&'a Watchlists);
        impl ForKind for Count<'_> {
            type Output = (usize, usize);

            fn run<K: Watchlist>(&mut self) -> (usize, usize) {
                let items = K::of(self.0);
                (items.len(), items.iter().filter(|item| !item.is_confirmed()).count())
            }
        }
        with_kind(kind, Count(self)).unwrap_or_default()
    }

    /// Whether no kind has an item.
    pub(crate) fn are_empty(&self) -> bool {
        struct IsEmpty<'a>(&'a Watchlists);
        impl ForKind for IsEmpty<'_> {
            type Output = bool;

            fn run<K: Watchlist>(&mut self) -> bool {
                K::of(self.0).is_empty()
            }
        }
        with_each_kind(IsEmpty(self)).all(|is_empty| is_empty)
    }

    /// The id of the item that watches `value` and sees its leaks, if there is one.
    pub(crate) fn watching(&self, kind: WatchKind, value: &str, pending_too: impl Fn() -> bool) -> Option<u64> {
        struct Watching<'a, F>(&'a Watchlists, &'a str, F);
        impl<F: Fn() -> bool> ForKind for Watching<'_, F> {
            type Output = Option<u64>;

            fn run<K: Watchlist>(&mut self) -> Option<u64> {
                let item = K::of(self.0).holding(self.1)?;
                (item.is_confirmed() || (self.2)()).then_some(item.id)
            }
        }
        with_kind(kind, Watching(self, value, pending_too)).flatten()
    }

    /// Whether an item holds a value that contains `part`, in lower case.
    pub(crate) fn hold_part(&self, part: &str) -> bool {
        struct Holds<'a>(&'a Watchlists, &'a str);
        impl ForKind for Holds<'_> {
            type Output = bool;

            fn run<K: Watchlist>(&mut self) -> bool {
                K::of(self.0).iter().any(|item| item.fields.value().to_lowercase().contains(self.1))
            }
        }
        with_each_kind(Holds(self, part)).any(|holds| holds)
    }
}

/// The form in which values of `kind` are compared, for a kind of item.
///
/// # Errors
/// The reason why `value` is not of this kind, as the end of a sentence.
pub(crate) fn canonical(kind: WatchKind, value: &str) -> Option<Result<Box<str>, crate::model::fields::Complaint>> {
    struct Canonical<'a>(&'a str);
    impl ForKind for Canonical<'_> {
        type Output = Result<Box<str>, crate::model::fields::Complaint>;

        fn run<K: Watchlist>(&mut self) -> Self::Output {
            K::canonical(self.0)
        }
    }
    with_kind(kind, Canonical(value))
}
