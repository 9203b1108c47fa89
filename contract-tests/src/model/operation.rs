//! One call of a sequence, and the strategy that draws sequences.

use proptest::prelude::*;
use serde::{Deserialize, Serialize};

use crate::kind::{CARD, EMAIL, KINDS, Kind, PASSPORT};

/// How many accounts a sequence works on, each with an owner.
pub(super) const ACCOUNTS: usize = 3;

/// The caller.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum By {
    Crm,
    App,
}

/// The label of an item: the place in the drawn sequence where it is added. A label that no call has is that of an
/// item that never was.
pub(super) type Label = u32;

/// A call. `account` is on which account; where that is not the item's, the call is about an item of another account.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub(super) enum Operation {
    /// Adds a new value.
    Add {
        label: Label,
        account: usize,
        by: By,
        #[serde(with = "by_name")]
        kind: &'static Kind,
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
        #[serde(with = "by_name")]
        kind: &'static Kind,
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
        #[serde(with = "by_name")]
        kind: &'static Kind,
    },
}

/// Kinds as files write them.
mod by_name {
    use serde::de::Error;
    use serde::{Deserialize, Deserializer, Serializer};

    use crate::kind::Kind;

    pub(super) fn serialize<S: Serializer>(kind: &Kind, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(kind.name)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<&'static Kind, D::Error> {
        let name = String::deserialize(deserializer)?;
        Kind::named(&name).ok_or_else(|| Error::custom(format!("{name:?} is no kind of items")))
    }
}

impl Operation {
    /// The facts that this call of a sequence is about.
    pub(super) fn facts(&self, sequence: &[Self]) -> Vec<&'static str> {
        let added = |label: Label| {
            sequence.iter().find_map(|operation| match operation {
                Self::Add { label: of, kind, .. } if *of == label => Some(kind.fact()),
                _ => None,
            })
        };
        let scope = |by: By| if by == By::Crm { "SCOPE-2" } else { "SCOPE-3" };
        match *self {
            Self::Add { by, kind, .. } | Self::Leaks { by, kind, .. } => vec![kind.fact(), scope(by)],
            Self::AddAgain { item, by, .. } | Self::Remove { item, by, .. } => {
                added(item).into_iter().chain([scope(by)]).collect()
            }
            Self::One { by, .. } => vec![CARD.fact(), scope(by)],
            Self::Change { by, .. } => vec![PASSPORT.fact(), scope(by)],
            Self::Confirm { .. } => vec![EMAIL.fact(), "SCOPE-3"],
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

/// The sort of a call.
#[derive(Clone, Copy, Debug)]
enum Call {
    Add,
    AddAgain,
    Remove,
    One,
    Change,
    Leaks,
    Confirm,
    Resend,
    Monitor,
    Leak,
    Close,
    Rename,
    Trespass,
}

/// A call before it is known which items there are: `pick` chooses among them.
#[derive(Clone, Debug)]
pub(super) struct Draft {
    call: Call,
    account: usize,
    by: By,
    kind: &'static Kind,
    pick: u16,
    elsewhere: bool,
}

/// Sequences of up to so many calls.
pub(super) fn drafts(steps: usize) -> impl Strategy<Value = Vec<Draft>> {
    let call = prop_oneof![
        8 => Just(Call::Add),
        1 => Just(Call::AddAgain),
        5 => Just(Call::Remove),
        2 => Just(Call::One),
        2 => Just(Call::Change),
        1 => Just(Call::Leaks),
        1 => Just(Call::Confirm),
        1 => Just(Call::Resend),
        1 => Just(Call::Monitor),
        2 => Just(Call::Leak),
        2 => Just(Call::Close),
        1 => Just(Call::Rename),
        1 => Just(Call::Trespass),
    ];
    let by = prop_oneof![Just(By::Crm), Just(By::App)];
    let elsewhere = prop::bool::weighted(0.15);
    let draft = (call, 0..ACCOUNTS, by, prop::sample::select(&KINDS[..]), any::<u16>(), elsewhere)
        .prop_map(|(call, account, by, kind, pick, elsewhere)| Draft { call, account, by, kind, pick, elsewhere });
    prop::collection::vec(draft, 1..=steps)
}

/// Turns drafts into calls: an item is one of those that were added before, removed ones among them, or now and then
/// one that never was.
pub(super) fn bind(drafts: &[Draft]) -> Vec<Operation> {
    let mut added: Vec<(Label, usize, &Kind)> = Vec::new();
    let mut calls = Vec::new();
    for (label, draft) in (0..).zip(drafts) {
        let Draft { account, by, kind, elsewhere, .. } = *draft;
        let choose = |wanted: Option<&Kind>| {
            let fitting: Vec<_> =
                added.iter().filter(|(_, _, kind)| wanted.is_none_or(|wanted| *kind == wanted)).collect();
            let (item, home) = match fitting.get(usize::from(draft.pick) % (fitting.len() + 1)) {
                Some((item, home, _)) => (*item, *home),
                None => (Label::MAX, account),
            };
            (item, if elsewhere { (home + 1) % ACCOUNTS } else { home })
        };
        calls.push(match draft.call {
            Call::Add => {
                added.push((label, account, kind));
                Operation::Add { label, account, by, kind }
            }
            Call::AddAgain => {
                let (item, account) = choose(None);
                Operation::AddAgain { label, item, account, by }
            }
            Call::Remove => {
                let (item, account) = choose(None);
                Operation::Remove { item, account, by }
            }
            Call::One => {
                let (item, account) = choose(Some(&CARD));
                Operation::One { item, account, by }
            }
            Call::Change => {
                let (item, account) = choose(Some(&PASSPORT));
                Operation::Change { item, account, by }
            }
            Call::Leaks => Operation::Leaks { account, by, kind },
            Call::Confirm => Operation::Confirm { item: choose(Some(&EMAIL)).0 },
            Call::Resend => Operation::Resend { account },
            Call::Monitor => Operation::Monitor { account, on: elsewhere },
            Call::Leak => Operation::Leak { item: choose(None).0 },
            Call::Close => Operation::Close { account, by, pick: usize::from(draft.pick) },
            Call::Rename => Operation::Rename { account, by },
            Call::Trespass => {
                let (item, account) = choose(None);
                Operation::Trespass { item, account, kind }
            }
        });
    }
    calls
}
