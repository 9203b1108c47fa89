//! The suite as tests: each check by its name, in both formats, on the in-process fake or on the target that the
//! `DEFENTRY_…` variables name.

mod faults;
mod proxy;

use std::collections::BTreeSet;

use contract_tests::{Fake, Format, Outcome, Run, Target, checks};
use tokio::sync::OnceCell;

/// Lists the checks by page, makes a test of each in each format, and keeps the list.
macro_rules! tests {
    ($($page:ident { $($name:ident)+ })+) => {
        $(mod $page {
            $(mod $name {
                const ID: &str = concat!(stringify!($page), ".", stringify!($name));

                #[tokio::test]
                async fn legacy() {
                    crate::hold_to(ID, crate::Format::Legacy).await;
                }

                #[tokio::test]
                async fn standardized() {
                    crate::hold_to(ID, crate::Format::Standardized).await;
                }
            })+
        })+

        const LISTED: &[&str] = &[$($(concat!(stringify!($page), ".", stringify!($name)),)+)+];
    };
}

tests! {
    login { crm sso_token }
    scope {
        app_token_is_refused_under_an_account crm_token_is_refused_without_an_account
        account_of_another_partner_is_refused excluded_routes_are_refused
    }
    account { created }
    ssn { updates_ignore_it }
    email {
        added_by_crm added_by_app
        added_by_crm_needs_no_confirmation added_by_app_is_confirmed_by_its_link
    }
    card { verified_by_the_end_user }
    format { version_selects_it errors datetimes }
}

/// The fake that all tests of this process share: each case makes accounts of its own.
pub(crate) async fn fake() -> &'static Fake {
    static FAKE: OnceCell<Fake> = OnceCell::const_new();
    FAKE.get_or_init(Fake::start).await
}

/// Runs a check against `target`, on this test's runtime.
pub(crate) async fn outcome(target: Target, id: &str, format: Format) -> Outcome {
    let check = checks().find(|check| check.id == id).unwrap_or_else(|| panic!("there is no check {id}"));
    Run::new(target).expect("an HTTP client can be made").check(check, format).await
}

/// Ends the test unless the target does as the check says. What a target was not configured for is skipped, aloud;
/// on the fake, which can do everything, nothing is.
async fn hold_to(id: &str, format: Format) {
    let named = Target::from_environment().unwrap_or_else(|error| panic!("{error}"));
    let is_fake = named.is_none();
    let target = match named {
        Some(target) => target,
        None => fake().await.target(),
    };
    match outcome(target, id, format).await {
        Outcome::Pass => {}
        Outcome::Fail(failure) => panic!("{failure}"),
        Outcome::Skipped(reason) if !is_fake => eprintln!("{id} is skipped: {reason}"),
        Outcome::Skipped(reason) => panic!("{id} is skipped on the fake: {reason}"),
        Outcome::Inconclusive(reason) => panic!("{id} is inconclusive: {reason}"),
    }
}

#[test]
fn every_check_is_listed_once() {
    let listed: BTreeSet<_> = LISTED.iter().copied().collect();
    assert_eq!(listed.len(), LISTED.len(), "a check is listed twice");
    assert_eq!(listed, checks().map(|check| check.id).collect());
}
