//! The reference: which items each account has, as far as the guide tells. It shares nothing with the mock.

use crate::kind::Kind;
use crate::model::operation::{By, Label};

impl State {
    /// An item that no list has shown yet.
    pub(super) const WAITING: Self = Self::Waiting { shown_to_crm: false, shown_to_app: false };

    /// Whether this caller must see it.
    fn is_due(self, by: By) -> bool {
        match (self, by) {
            (Self::Listed, _) => true,
            (Self::Waiting { shown_to_crm, .. }, By::Crm) => shown_to_crm,
            (Self::Waiting { shown_to_app, .. }, By::App) => shown_to_app,
            (Self::Removed, _) => false,
        }
    }

    /// The same once this caller has seen it.
    fn shown(self, by: By) -> Self {
        match (self, by) {
            (Self::Waiting { shown_to_app, .. }, By::Crm) => Self::Waiting { shown_to_crm: true, shown_to_app },
            (Self::Waiting { shown_to_crm, .. }, By::App) => Self::Waiting { shown_to_crm, shown_to_app: true },
            (state, _) => state,
        }
    }
}

/// The state of an item, as far as it is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum State {
    /// It is there, and listed.
    Listed,
    /// It is there, and may be kept from lists until its owner confirms it. Once visible to a caller, it stays visible.
    Waiting { shown_to_crm: bool, shown_to_app: bool },
    /// It was removed.
    Removed,
}

/// Whether a value is watched.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Watches {
    No,
    Perhaps,
    Surely,
}

/// An item that was added.
#[derive(Clone, Debug)]
pub(super) struct Item {
    pub(super) label: Label,
    pub(super) account: usize,
    pub(super) kind: &'static Kind,
    pub(super) value: String,
    /// Its id, once the target has told it.
    pub(super) id: Option<String>,
    pub(super) state: State,
}

/// All items of a sequence.
#[derive(Debug, Default)]
pub(super) struct Reference {
    items: Vec<Item>,
}

impl Reference {
    pub(super) fn add(&mut self, item: Item) {
        self.items.push(item);
    }

    pub(super) fn item(&self, label: Label) -> Option<&Item> {
        self.items.iter().find(|item| item.label == label)
    }

    pub(super) fn item_mut(&mut self, label: Label) -> Option<&mut Item> {
        self.items.iter_mut().find(|item| item.label == label)
    }

    /// Whether an account has items whose values other runs may use too.
    pub(super) fn has_common_values(&self, account: usize) -> bool {
        let is_common = |item: &Item| !item.kind.is_unique && item.state != State::Removed;
        self.items.iter().any(|item| item.account == account && is_common(item))
    }

    /// Whether the value of an item was added another time, wherever and whatever has become of that.
    pub(super) fn has_twin(&self, label: Label) -> bool {
        let Some(item) = self.item(label) else { return false };
        self.items.iter().any(|other| other.label != label && other.kind == item.kind && other.value == item.value)
    }

    /// The item, if it is there and on this account.
    pub(super) fn present(&self, label: Label, account: usize) -> Option<&Item> {
        self.item(label).filter(|item| item.account == account && item.state != State::Removed)
    }

    /// The item with this id that is there.
    pub(super) fn item_with(&self, account: usize, kind: &'static Kind, id: &str) -> Option<&Item> {
        self.there(account, kind).find(|item| item.id.as_deref() == Some(id))
    }

    /// How many items of a kind an account has.
    pub(super) fn present_count(&self, account: usize, kind: &'static Kind) -> usize {
        self.there(account, kind).count()
    }

    /// Whether an account watches a value of a kind: not at all, or perhaps, until its owner confirms it, or surely.
    pub(super) fn watches(&self, account: usize, kind: &'static Kind, value: &str) -> Watches {
        let of_value = self.there(account, kind).filter(|item| item.value == value).map(|item| item.state);
        of_value.fold(Watches::No, |known, state| match (known, state) {
            (_, State::Listed) | (Watches::Surely, _) => Watches::Surely,
            _ => Watches::Perhaps,
        })
    }

    fn there(&self, account: usize, kind: &'static Kind) -> impl Iterator<Item = &Item> {
        self.items
            .iter()
            .filter(move |item| item.account == account && item.kind == kind && item.state != State::Removed)
    }

    /// How many items of a kind were ever added.
    pub(super) fn count(&self, kind: &'static Kind) -> usize {
        self.items.iter().filter(|item| item.kind == kind).count()
    }

    /// Holds a list of ids to what is known, and learns what it tells: an item whose id was not known, or that might
    /// have been kept back. Whatever is wrong is returned in words.
    pub(super) fn compare(
        &mut self,
        account: usize,
        kind: &'static Kind,
        by: By,
        listed: &[String],
    ) -> Result<(), String> {
        for (place, id) in listed.iter().enumerate() {
            if listed[..place].contains(id) {
                return Err(format!("item {id} is in the list twice"));
            }
        }
        let of_list = |item: &&mut Item| item.account == account && item.kind == kind;
        let known: Vec<String> = self.there(account, kind).filter_map(|item| item.id.clone()).collect();
        let mut unknown = listed.iter().filter(|id| !known.contains(id));
        for item in self.items.iter_mut().filter(of_list).filter(|item| item.state != State::Removed) {
            match &item.id {
                Some(id) if listed.contains(id) => item.state = item.state.shown(by),
                Some(id) if item.state.is_due(by) => return Err(format!("item {id} is missing from the list")),
                Some(_) => {}
                None => match unknown.next() {
                    Some(id) => (item.id, item.state) = (Some(id.clone()), item.state.shown(by)),
                    None if item.state.is_due(by) => {
                        return Err("an item that was added is missing from the list".into());
                    }
                    None => {}
                },
            }
        }
        match unknown.next() {
            Some(id) => Err(format!("item {id} is in the list, and nobody has added it")),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kind::{EMAIL, PHONE};

    fn reference(items: &[(Label, Option<&str>, State)]) -> Reference {
        let item = |&(label, id, state): &(Label, Option<&str>, State)| Item {
            label,
            account: 0,
            kind: &EMAIL,
            value: String::new(),
            id: id.map(str::to_owned),
            state,
        };
        Reference { items: items.iter().map(item).collect() }
    }

    #[test]
    fn a_list_is_right_if_it_holds_what_is_there_and_nothing_else() {
        use State::{Listed, Removed};
        const WAITING: State = State::WAITING;
        let cases: [(&[(Label, Option<&str>, State)], &[&str], bool); 9] = [
            (&[(1, Some("a"), Listed)], &["a"], true),
            (&[(1, Some("a"), Listed)], &[], false),
            (&[(1, Some("a"), WAITING)], &[], true),
            (&[(1, Some("a"), Removed)], &["a"], false),
            (&[(1, None, Listed)], &["b"], true),
            (&[(1, None, Listed)], &[], false),
            (&[(1, None, WAITING)], &["b"], true),
            (&[(1, Some("a"), Listed)], &["a", "a"], false),
            (&[(1, Some("a"), Listed)], &["a", "b"], false),
        ];
        for (items, listed, expected) in cases {
            let listed: Vec<String> = listed.iter().map(|&id| id.to_owned()).collect();
            assert_eq!(reference(items).compare(0, &EMAIL, By::Crm, &listed).is_ok(), expected, "{items:?} {listed:?}");
        }
    }

    #[test]
    fn a_value_is_surely_watched_once_it_is_listed() {
        use State::{Listed, Removed};
        const WAITING: State = State::WAITING;
        let cases: [(&[(Label, Option<&str>, State)], Watches); 5] = [
            (&[], Watches::No),
            (&[(1, None, Removed)], Watches::No),
            (&[(1, None, WAITING)], Watches::Perhaps),
            (&[(1, None, WAITING), (2, None, Listed)], Watches::Surely),
            (&[(1, None, Listed), (2, None, WAITING)], Watches::Surely),
        ];
        for (items, expected) in cases {
            assert_eq!(reference(items).watches(0, &EMAIL, ""), expected, "{items:?}");
            assert_eq!(reference(items).watches(0, &EMAIL, "another"), Watches::No, "{items:?}");
        }
    }

    #[test]
    fn an_item_that_was_shown_to_a_caller_stays_visible() {
        let mut reference = reference(&[(1, None, State::WAITING)]);
        assert!(reference.compare(0, &EMAIL, By::App, &["a".into()]).is_ok());
        assert!(reference.compare(0, &EMAIL, By::App, &[]).is_err());
        assert!(reference.compare(0, &EMAIL, By::Crm, &[]).is_ok());
        assert!(
            reference.compare(1, &EMAIL, By::App, &[]).is_ok() && reference.compare(0, &PHONE, By::App, &[]).is_ok()
        );
    }
}
