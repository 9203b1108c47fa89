//! The contracts, by page of the guide.

/// The checks of one page: `name: [facts] => function`, listed under the page's name.
macro_rules! page {
    ($page:literal { $($name:literal: [$($fact:literal),+] => $function:path),+ $(,)? }) => {
        pub(super) const CHECKS: &[$crate::contract::Check] = &[$($crate::contract::Check {
            id: concat!($page, ".", $name),
            facts: &[$($fact),+],
            contract: |case| Box::pin($function(case)),
        }),+];
    };
}

mod account;
mod card;
mod email;
mod format;
mod login;
mod scope;
mod ssn;
mod watchlist;

use crate::contract::Check;

/// Every check, in the order of the guide.
pub fn checks() -> impl Iterator<Item = &'static Check> {
    [login::CHECKS, scope::CHECKS, account::CHECKS, ssn::CHECKS, email::CHECKS, card::CHECKS, format::CHECKS]
        .into_iter()
        .flatten()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::checks;
    use crate::documented;

    #[test]
    fn checks_name_real_facts_and_share_no_id() {
        let mut ids = BTreeSet::new();
        for check in checks() {
            assert!(ids.insert(check.id), "two checks are called {}", check.id);
            for fact in check.facts {
                assert!(documented::fact(fact).is_some(), "{} names {fact}, which is no fact", check.id);
            }
        }
    }
}
