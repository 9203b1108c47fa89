//! A check as its page lists it.

use std::pin::Pin;

use crate::case::Case;
use crate::format::Format;
use crate::halt::Halt;
use crate::kind::Kind;

/// One contract under its name.
#[derive(Clone, Copy, Debug)]
pub struct Check {
    /// Page and name: `email.added_by_crm`. It is stable, and with the format the name of the test that runs the check.
    pub id: &'static str,
    /// The facts of the guide that it holds the target to.
    pub facts: &'static [&'static str],
    /// Whether it moves the clock, or counts what others do too: a target with one world must serve nothing else
    /// meanwhile.
    pub(crate) is_exclusive: bool,
    pub(crate) contract: Contract,
}

/// The function behind a check.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Contract {
    Plain(for<'a> fn(&'a Case) -> Running<'a>),
    /// One that holds for several kinds of items, on one of them.
    OfKind(&'static Kind, for<'a> fn(&'a Case, &'static Kind) -> Running<'a>),
}

/// A contract on its way.
pub(crate) type Running<'a> = Pin<Box<dyn Future<Output = Result<(), Halt>> + Send + 'a>>;

impl Contract {
    pub(crate) fn run<'a>(&self, case: &'a Case) -> Running<'a> {
        match self {
            Self::Plain(contract) => contract(case),
            Self::OfKind(kind, contract) => contract(case, kind),
        }
    }
}

impl Check {
    /// A check with an id and facts that are made when checks are first listed, and kept until the process ends.
    pub(crate) fn new(id: String, facts: Vec<&'static str>, contract: Contract) -> Self {
        Self { id: id.leak(), facts: facts.leak(), is_exclusive: false, contract }
    }

    /// The same as one that needs a world to itself.
    pub(crate) fn exclusive(self) -> Self {
        Self { is_exclusive: true, ..self }
    }

    /// Its name in one format, as reports and tests have it.
    pub fn name(&self, format: Format) -> String {
        format!("{}.{}", self.id, format.name())
    }
}

/// The checks of one page, listed under the page's name: `name: [facts] => |case| future`, with the word `exclusive`
/// before the name of a check that needs a world to itself.
///
/// `name, facts => |case| future` takes the facts from an expression. `for kind in kinds => { name, facts => |case| future }`
/// lists checks for each of several kinds, one kind after the other; names, facts and futures there may use `kind`.
macro_rules! page {
    ($page:literal { $($rows:tt)* }) => {
        pub(super) fn checks() -> Vec<$crate::contract::Check> {
            let mut checks = Vec::new();
            $crate::contract::rows!(checks $page $($rows)*);
            checks
        }
    };
}

/// One row of [`page`] after the other.
macro_rules! rows {
    ($checks:ident $page:literal) => {};
    (
        $checks:ident $page:literal
        for $kind:ident in $kinds:expr => {
            $($name:expr, $facts:expr => |$case:ident| $contract:expr),+ $(,)?
        }
        $($rows:tt)*
    ) => {
        for $kind in $kinds {
            $checks.extend([$($crate::contract::Check::new(
                format!("{}.{}", $page, $name),
                $facts,
                $crate::contract::Contract::OfKind($kind, |$case, $kind| Box::pin($contract)),
            )),+]);
        }
        $crate::contract::rows!($checks $page $($rows)*);
    };
    (
        $checks:ident $page:literal
        $name:literal, $facts:expr => |$case:ident| $contract:expr $(, $($rows:tt)*)?
    ) => {
        let contract = $crate::contract::Contract::Plain(|$case| Box::pin($contract));
        $checks.extend([$crate::contract::Check::new(format!("{}.{}", $page, $name), $facts, contract)]);
        $crate::contract::rows!($checks $page $($($rows)*)?);
    };
    (
        $checks:ident $page:literal
        exclusive $name:literal: [$($fact:literal),+] => |$case:ident| $contract:expr $(, $($rows:tt)*)?
    ) => {
        $checks.extend([$crate::contract::row!($page $name [$($fact),+] |$case| $contract).exclusive()]);
        $crate::contract::rows!($checks $page $($($rows)*)?);
    };
    (
        $checks:ident $page:literal
        $name:literal: [$($fact:literal),+] => |$case:ident| $contract:expr $(, $($rows:tt)*)?
    ) => {
        $checks.extend([$crate::contract::row!($page $name [$($fact),+] |$case| $contract)]);
        $crate::contract::rows!($checks $page $($($rows)*)?);
    };
}

/// One check of a page whose facts are written out.
macro_rules! row {
    ($page:literal $name:literal [$($fact:literal),+] |$case:ident| $contract:expr) => {
        $crate::contract::Check {
            id: concat!($page, ".", $name),
            facts: &[$($fact),+],
            is_exclusive: false,
            contract: $crate::contract::Contract::Plain(|$case| Box::pin($contract)),
        }
    };
}

pub(crate) use {page, row, rows};
