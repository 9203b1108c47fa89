//! The contracts, by page of the guide. A page uses steps, and no other page.

mod account;
mod alarm_lists;
mod alarms;
mod card;
mod concurrency;
mod email;
mod examples;
mod expiry;
mod format;
mod items;
mod journey;
mod leaks;
mod login;
mod online;
mod passport;
mod phone;
mod scope;
mod ssn;
mod sso;

use std::sync::LazyLock;

use crate::contract::Check;
use crate::model;

/// Every check, in the order of the guide.
pub fn checks() -> impl Iterator<Item = &'static Check> {
    static CHECKS: LazyLock<Vec<Check>> = LazyLock::new(|| {
        [
            login::checks(),
            sso::checks(),
            expiry::checks(),
            scope::checks(),
            account::checks(),
            ssn::checks(),
            items::checks(),
            email::checks(),
            phone::checks(),
            passport::checks(),
            card::checks(),
            leaks::checks(),
            alarms::checks(),
            alarm_lists::checks(),
            journey::checks(),
            online::checks(),
            format::checks(),
            examples::checks(),
            concurrency::checks(),
            model::checks(),
        ]
        .concat()
    });
    CHECKS.iter()
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
    fn every_fact_has_a_check() {
        let checked: BTreeSet<_> = checks().flat_map(|check| check.facts).copied().collect();
        for fact in documented::facts() {
            assert!(checked.contains(&*fact.id), "{}", fact.id);
        }
    }
}
