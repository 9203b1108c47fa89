//! The watchlists of an account, one for each kind, and the ways to go through all kinds.
//!
//! Each kind has a file below. The table of kinds names it, so there is no `mod` line to write, and `cargo fmt` does not find
//! the file: `.ci/format` does.

use serde_json::{Map, Value as Json};

use crate::model::item::{Items, Kind};
use crate::model::kind::{WatchKind, for_kinds};

/// A kind that accounts have a watchlist of.
pub(crate) trait Watchlist: Kind {
    /// Its items.
    fn of(lists: &Watchlists) -> &Items<Self>;

    /// Its items, to change them.
    fn of_mut(lists: &mut Watchlists) -> &mut Items<Self>;
}

macro_rules! watchlists {
    ($(
        $(#[$attribute:meta])*
        $kind:ident($($module:ident::$item:ident in $list:ident)?) { $($names:tt)* }
    )+) => {
        $($(pub(crate) mod $module;)?)+

        /// The watchlists of one account.
        #[derive(Clone, Debug, Default)]
        pub(crate) struct Watchlists {
            $($(pub(crate) $list: Items<items::$item>,)?)+
        }

        /// The items of all kinds, by name.
        pub(crate) mod items {
            $($(pub(crate) use crate::model::watchlists::$module::$item;)?)+
        }

        $($(
            impl Watchlist for items::$item {
                fn of(lists: &Watchlists) -> &Items<Self> {
                    &lists.$list
                }

                fn of_mut(lists: &mut Watchlists) -> &mut Items<Self> {
                    &mut lists.$list
                }
            }
        )?)+

        /// Runs a task for the kind of item with this kind of values. None for the SSN, which is not an item (SSN-1).
        pub(crate) fn with_kind<F: ForKind>(kind: WatchKind, mut task: F) -> Option<F::Output> {
            match kind {
                $($(WatchKind::$kind => Some(task.run::<items::$item>()),)?)+
                _ => None,
            }
        }
    };
}
for_kinds!(watchlists);

/// Something that is done for any kind of item.
pub(crate) trait ForKind {
    /// The result.
    type Output;

    /// Does it for one kind.
    fn run<K: Watchlist>(&mut self) -> Self::Output;
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

/// A value of `kind`, for a kind of item.
pub(crate) fn example(kind: WatchKind) -> Option<Json> {
    struct Example;
    impl ForKind for Example {
        type Output = Option<Json>;

        fn run<K: Watchlist>(&mut self) -> Option<Json> {
            let body: Map<String, Json> = serde_json::from_str(K::BODY.example).ok()?;
            body.get(<K as Kind>::FIELD).cloned()
        }
    }
    with_kind(kind, Example).flatten()
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
