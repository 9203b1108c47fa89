//! One call of a sequence, and the strategy that draws sequences.

use proptest::prelude::*;
use serde::{Deserialize, Serialize};

/// How many accounts a sequence works on, each with an owner.
pub(super) const ACCOUNTS: usize = 3;

/// Who calls.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum By {
    Crm,
    App,
}

/// The label of an item: the place in the drawn sequence where it is added. One that no call has is an item that never
/// was.
pub(super) type Label = u32;

/// A call. `account` is on which account; where that is not the item's, the item is somebody else's there.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub(super) enum Operation {
    /// Adds a new value.
    Add {
        label: Label,
        account: usize,
        by: By,
        kind: usize,
    },
    /// Adds the value of an item again.
    AddAgain {
        label: Label,
        item: Label,
        account: usize,
        by: By,
    },
    Remove {
        item: Label,
        account: usize,
        by: By,
    },
    /// Reads one card.
    One {
        item: Label,
        account: usize,
        by: By,
    },
    /// Gives a passport another number.
    Change {
        item: Label,
        account: usize,
        by: By,
    },
    Leaks {
        account: usize,
        by: By,
        kind: usize,
    },
    /// Opens the link that an owner was sent about an email.
    Confirm {
        item: Label,
    },
    /// Asks for another such link.
    Resend {
        account: usize,
    },
    /// Switches the monitoring of the SSN.
    Monitor {
        account: usize,
        on: bool,
    },
    /// A breach comes to hold the value of an item, where leaks can be seeded.
    Leak {
        item: Label,
    },
    /// Closes one of the account's alarms: the one at `pick`, counted around.
    Close {
        account: usize,
        by: By,
        pick: usize,
    },
    /// Gives an account another first name.
    Rename {
        account: usize,
        by: By,
    },
    /// Another partner tries to add and to remove.
    Trespass {
        item: Label,
        account: usize,
        kind: usize,
    },
}

/// The facts of the kinds, in their order.
const KIND_FACTS: [&str; 6] = ["EMAIL-1", "PHONE-1", "IBAN-1", "PASSPORT-1", "LICENSE-1", "CARD-1"];

impl Operation {
    /// The facts that this call of a sequence is about.
    pub(super) fn facts(&self, sequence: &[Self]) -> Vec<&'static str> {
        let added = |label: Label| {
            sequence.iter().find_map(|operation| match operation {
                Self::Add { label: of, kind, .. } if *of == label => Some(KIND_FACTS[*kind]),
                _ => None,
            })
        };
        let scope = |by: By| if by == By::Crm { "SCOPE-2" } else { "SCOPE-3" };
        match *self {
            Self::Add { by, kind, .. } | Self::Leaks { by, kind, .. } => vec![KIND_FACTS[kind], scope(by)],
            Self::AddAgain { item, by, .. } | Self::Remove { item, by, .. } => {
                added(item).into_iter().chain([scope(by)]).collect()
            }
            Self::One { by, .. } => vec![KIND_FACTS[CARD], scope(by)],
            Self::Change { by, .. } => vec![KIND_FACTS[PASSPORT], scope(by)],
            Self::Confirm { .. } => vec![KIND_FACTS[EMAIL], "SCOPE-3"],
            Self::Resend { .. } => vec!["EMAIL-2"],
            Self::Monitor { .. } => vec!["SSN-3"],
            Self::Leak { item } => added(item).into_iter().chain(["ALARM-1"]).collect(),
            Self::Close { by: By::Crm, .. } => vec!["ALARM-1", "ALARM-2"],
            Self::Close { by: By::App, .. } => vec!["ALARM-2", "ALARM-4"],
            Self::Rename { by: By::Crm, .. } => vec!["ACCOUNT-5"],
            Self::Rename { by: By::App, .. } => vec!["SSO-5"],
            Self::Trespass { .. } => vec!["SCOPE-4"],
        }
    }
}

/// A call before it is known which items there are: `pick` chooses among them.
#[derive(Clone, Debug)]
pub(super) struct Draft {
    what: u8,
    account: usize,
    by: By,
    kind: usize,
    pick: u16,
    elsewhere: bool,
}

const EMAIL: usize = 0;
const PASSPORT: usize = 3;
const CARD: usize = 5;

/// Sequences of up to so many calls.
pub(super) fn drafts(steps: usize) -> impl Strategy<Value = Vec<Draft>> {
    let what = prop_oneof![
        8 => Just(0u8),
        1 => Just(1),
        5 => Just(2),
        2 => Just(3),
        2 => Just(4),
        1 => Just(5),
        1 => Just(6),
        1 => Just(7),
        1 => Just(8),
        2 => Just(9),
        2 => Just(10),
        1 => Just(11),
        1 => Just(12),
    ];
    let by = prop_oneof![Just(By::Crm), Just(By::App)];
    let elsewhere = prop::bool::weighted(0.15);
    let draft = (what, 0..ACCOUNTS, by, 0..6usize, any::<u16>(), elsewhere)
        .prop_map(|(what, account, by, kind, pick, elsewhere)| Draft { what, account, by, kind, pick, elsewhere });
    prop::collection::vec(draft, 1..=steps)
}

/// The calls that drafts stand for: an item is one of those that were added before, dead ones among them, or now and then
/// one that never was.
pub(super) fn bind(drafts: &[Draft]) -> Vec<Operation> {
    let mut added: Vec<(Label, usize, usize)> = Vec::new();
    let mut calls = Vec::new();
    for (label, draft) in (0..).zip(drafts) {
        let Draft { account, by, kind, elsewhere, .. } = *draft;
        let choose = |wanted: Option<usize>| {
            let fitting: Vec<_> =
                added.iter().filter(|(_, _, kind)| wanted.is_none_or(|wanted| *kind == wanted)).collect();
            let (item, home) = match fitting.get(usize::from(draft.pick) % (fitting.len() + 1)) {
                Some((item, home, _)) => (*item, *home),
                None => (Label::MAX, account),
            };
            (item, if elsewhere { (home + 1) % ACCOUNTS } else { home })
        };
        calls.push(match draft.what {
            0 => {
                added.push((label, account, kind));
                Operation::Add { label, account, by, kind }
            }
            1 => {
                let (item, account) = choose(None);
                Operation::AddAgain { label, item, account, by }
            }
            2 => {
                let (item, account) = choose(None);
                Operation::Remove { item, account, by }
            }
            3 => {
                let (item, account) = choose(Some(CARD));
                Operation::One { item, account, by }
            }
            4 => {
                let (item, account) = choose(Some(PASSPORT));
                Operation::Change { item, account, by }
            }
            5 => Operation::Leaks { account, by, kind },
            6 => Operation::Confirm { item: choose(Some(EMAIL)).0 },
            7 => Operation::Resend { account },
            8 => Operation::Monitor { account, on: elsewhere },
            9 => Operation::Leak { item: choose(None).0 },
            10 => Operation::Close { account, by, pick: usize::from(draft.pick) },
            11 => Operation::Rename { account, by },
            _ => {
                let (item, account) = choose(None);
                Operation::Trespass { item, account, kind }
            }
        });
    }
    calls
}
