//! The documented facts by their ids, and the record of what one answer rests on.
//!
//! The sentences behind the ids are data in `fixtures/facts.json`; a test holds the two lists together.

use std::cell::Cell;

use crate::assumptions::Key;

macro_rules! facts {
    ($($name:ident = $id:literal),+ $(,)?) => {
        /// What the guide documents, by id. The doc of each is its sentence in `fixtures/facts.json`.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub(crate) enum Fact {
            $(#[doc = $id] $name),+
        }

        impl Fact {
            /// All of them, in the order of the guide's pages.
            pub(crate) const ALL: &[Self] = &[$(Self::$name),+];

            /// The id as reports and headers write it: `EMAIL-1`.
            pub(crate) const fn id(self) -> &'static str {
                match self {
                    $(Self::$name => $id),+
                }
            }
        }
    };
}

facts! {
    Scope1 = "SCOPE-1", Scope2 = "SCOPE-2", Scope3 = "SCOPE-3", Scope4 = "SCOPE-4", Scope5 = "SCOPE-5",
    Login1 = "LOGIN-1", Login2 = "LOGIN-2", Login3 = "LOGIN-3", Login4 = "LOGIN-4", Login5 = "LOGIN-5",
    Sso1 = "SSO-1", Sso2 = "SSO-2", Sso3 = "SSO-3", Sso4 = "SSO-4", Sso5 = "SSO-5", Sso6 = "SSO-6",
    Account1 = "ACCOUNT-1", Account2 = "ACCOUNT-2", Account3 = "ACCOUNT-3", Account4 = "ACCOUNT-4", Account5 = "ACCOUNT-5",
    Ssn1 = "SSN-1", Ssn2 = "SSN-2", Ssn3 = "SSN-3",
    Email1 = "EMAIL-1", Phone1 = "PHONE-1", Iban1 = "IBAN-1", Passport1 = "PASSPORT-1", License1 = "LICENSE-1", Card1 = "CARD-1",
    Email2 = "EMAIL-2", Phone2 = "PHONE-2", Phone3 = "PHONE-3", Card2 = "CARD-2", Card3 = "CARD-3", Card4 = "CARD-4",
    None1 = "NONE-1",
    Alarm1 = "ALARM-1", Alarm2 = "ALARM-2", Alarm3 = "ALARM-3", Alarm4 = "ALARM-4", Alarm5 = "ALARM-5", Alarm6 = "ALARM-6",
    Online1 = "ONLINE-1", Online2 = "ONLINE-2", Online3 = "ONLINE-3", Online4 = "ONLINE-4", Online5 = "ONLINE-5", Online6 = "ONLINE-6", Online7 = "ONLINE-7",
    Format1 = "FORMAT-1", Format2 = "FORMAT-2", Format3 = "FORMAT-3", Format4 = "FORMAT-4", Format5 = "FORMAT-5",
    Format6 = "FORMAT-6", Format7 = "FORMAT-7", Format8 = "FORMAT-8", Format9 = "FORMAT-9",
}

/// What one answer rests on: the facts it follows and the assumptions it leans on.
///
/// It is written to through a shared reference, so that reading an assumption records it, and nobody can forget to.
#[derive(Clone, Debug, Default)]
pub(crate) struct Basis {
    facts: Cell<u128>,
    keys: Cell<u128>,
}

impl Basis {
    /// Records that the answer follows `fact`.
    pub(crate) fn follow(&self, fact: Fact) {
        self.facts.set(self.facts.get() | 1 << fact as u32);
    }

    /// Records that the answer follows all of `facts`.
    pub(crate) fn follow_all(&self, facts: &[Fact]) {
        for fact in facts {
            self.follow(*fact);
        }
    }

    /// Records that the answer leans on the assumption `key`.
    pub(crate) fn lean(&self, key: Key) {
        self.keys.set(self.keys.get() | 1 << key as u32);
    }

    /// Forgets all, for an answer that is another one.
    pub(crate) fn clear(&self) {
        self.facts.set(0);
        self.keys.set(0);
    }

    /// The ids of the facts, in the order of the guide.
    pub(crate) fn facts(&self) -> impl Iterator<Item = &'static str> {
        members(self.facts.get()).map(|position| Fact::ALL[position].id())
    }

    /// The keys of the assumptions, in the order of [`Key`].
    pub(crate) fn assumptions(&self) -> impl Iterator<Item = &'static str> {
        members(self.keys.get()).map(|position| Key::ALL[position].name())
    }

    /// The value of `X-Mock-Basis`: `EMAIL-1, SCOPE-2, add.status`.
    pub(crate) fn header(&self) -> String {
        let mut header = String::with_capacity(128);
        for name in self.facts().chain(self.assumptions()) {
            if !header.is_empty() {
                header.push_str(", ");
            }
            header.push_str(name);
        }
        header
    }
}

/// The positions of the bits that are set, lowest first.
fn members(mut set: u128) -> impl Iterator<Item = usize> {
    std::iter::from_fn(move || {
        let position = set.trailing_zeros() as usize;
        set &= set.wrapping_sub(1);
        (position < u128::BITS as usize).then_some(position)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_fact_of_the_fixtures_has_its_name_here_and_the_reverse() {
        let fixture: Vec<serde_json::Value> =
            serde_json::from_str(include_str!("../../fixtures/facts.json")).expect("facts.json is JSON");
        let mut there: Vec<&str> = fixture.iter().map(|fact| fact["id"].as_str().expect("an id")).collect();
        let mut here: Vec<&str> = Fact::ALL.iter().map(|fact| fact.id()).collect();
        there.sort_unstable();
        here.sort_unstable();
        assert_eq!(here, there);
    }

    #[test]
    fn the_header_names_facts_first_and_each_once() {
        let basis = Basis::default();
        basis.lean(Key::RemoveStatus);
        basis.follow_all(&[Fact::Scope2, Fact::Email1, Fact::Scope2]);
        assert_eq!(basis.header(), "SCOPE-2, EMAIL-1, remove.status");
    }
}
