//! Everything else that a server with a fault does, and the faults that this hides.

use super::rows::Fault;
use crate::choices::{Alternative, alternatives};
use crate::proxy::{NOTHING, Wrong};
use crate::variants::all;

/// Everything else that a server does: its choices where the guide is silent, and a variant that the mock does not have.
#[derive(Clone)]
pub(super) struct Beside {
    pub(super) name: String,
    pub(super) chosen: Vec<Alternative>,
    pub(super) variant: Wrong,
}

/// The mock's own choices, and those of others.
pub(super) fn choices() -> Vec<Beside> {
    let named = std::iter::once(Vec::new()).chain(alternatives()).enumerate();
    named.map(|(round, chosen)| Beside { name: format!("choices {round}"), chosen, variant: NOTHING }).collect()
}

/// Variants, with the mock's own choices.
pub(super) fn variants() -> Vec<Beside> {
    all().map(|variant| Beside { name: variant.name.to_owned(), chosen: Vec::new(), variant: variant.does }).collect()
}

/// Faults that cannot be seen beside something else that the server does, each for the reason in its comment.
pub(super) const HIDDEN: &[(&str, &[&str])] = &[
    // Pages of fifteen.
    (
        "list.shape=paginated",
        &[
            "a list ends after fifteen items",
            "the user's alarms end after fifteen",
            "the list of alarms across accounts ends after fifteen",
        ],
    ),
    // A value that is added again is answered with its item.
    ("add.duplicate=existing", &["of two adds at once, both are told that they are done"]),
    // There the answer is right.
    (
        "a removal of what is not there is no error",
        &[
            "a removal is done twice, and says so",
            "a removal that is done answers 404",
            "a 404 to a removal is told as GONE",
        ],
    ),
    // The wrong value is not in the answer.
    ("adds answer a message", &["the answer to an add shows another value", "the answer to an add has another id"]),
    ("adds are taken to be done", &["the answer to an add shows another value", "the answer to an add has another id"]),
    ("updates answer nothing", &["only updates write their datetimes as numbers"]),
    (
        "new accounts show only their id",
        &[
            "a created account shows the name of another",
            "a new account is of another country",
            "a new account has another language",
            "a new account has another email",
            "new accounts know no standardized format",
            "datetimes of new accounts are numbers",
            "standardized booleans of new accounts are numbers",
        ],
    ),
    ("languages are told with their country", &["a new account has another language"]),
    ("leaks are told in short", &["standardized datetimes of leaks have a space"]),
    ("every body names its character set", &["a standardized error is text"]),
    ("a list by period wants another period", &["accounts by period are null"]),
    ("guidance is a text", &["guidance says nothing", "guidance is a number", "guidance on a leak is empty"]),
    ("there is no profile for CRM to read", &["CRM reads an account as it was when it was first read"]),
    (
        "the second version of the user's alarms has ids of its own, and no status",
        &["a closed alarm is listed as open at v2"],
    ),
];

impl Beside {
    /// The names by which the table above has it: its own, and its choices.
    pub(super) fn names(&self) -> impl Iterator<Item = String> {
        let choices = self.chosen.iter().map(|(key, value)| format!("{key}={value}"));
        std::iter::once(self.name.clone()).chain(choices)
    }

    /// Whether a fault cannot be seen beside it.
    pub(super) fn hides(&self, fault: &Fault) -> bool {
        self.names().any(|name| HIDDEN.iter().any(|(by, faults)| *by == name && faults.contains(&fault.name)))
    }
}
