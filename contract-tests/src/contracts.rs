//! The contracts, by page of the guide.

/// The checks of one page: `name: [facts] => |case| future`, listed under the page's name.
macro_rules! page {
    ($page:literal { $($name:literal: [$($fact:literal),+] => |$case:ident| $contract:expr),+ $(,)? }) => {
        pub(super) const CHECKS: &[$crate::contract::Check] = &[$($crate::contract::Check {
            id: concat!($page, ".", $name),
            facts: &[$($fact),+],
            contract: |$case| Box::pin($contract),
        }),+];
    };
}

pub(crate) mod account;
pub(crate) mod alarms;
pub(crate) mod card;
mod concurrency;
pub(crate) mod email;
mod examples;
pub(crate) mod expiry;
mod format;
mod items;
mod journey;
pub(crate) mod leaks;
mod login;
pub(crate) mod online;
mod passport;
mod phone;
pub(crate) mod scope;
pub(crate) mod ssn;
pub(crate) mod sso;
pub(crate) mod watchlist;

use crate::contract::Check;

/// Every check, in the order of the guide.
pub fn checks() -> impl Iterator<Item = &'static Check> {
    [
        login::CHECKS,
        sso::CHECKS,
        expiry::CHECKS,
        scope::CHECKS,
        account::CHECKS,
        ssn::CHECKS,
        items::CHECKS,
        email::CHECKS,
        phone::CHECKS,
        passport::CHECKS,
        card::CHECKS,
        leaks::CHECKS,
        alarms::CHECKS,
        journey::CHECKS,
        online::CHECKS,
        format::CHECKS,
        examples::CHECKS,
        concurrency::CHECKS,
        crate::model::CHECKS,
    ]
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

    #[test]
    fn those_who_want_to_be_alone_are_checks() {
        let alone = checks().filter(|check| check.wants_to_be_alone()).count();
        assert_eq!(alone, 2 + 4 + 2, "those that move a clock, and those that count");
    }

    #[test]
    fn every_fact_has_a_check() {
        let checked: BTreeSet<_> = checks().flat_map(|check| check.facts).copied().collect();
        for fact in documented::facts() {
            assert!(checked.contains(&*fact.id), "{}", fact.id);
        }
    }
}
