//! Watched driver's licenses, beside what can go wrong with any kind.

use super::rows::{Fault, fault, is_there};
use crate::proxy::{Asked, on_account};

#[rustfmt::skip]
pub(super) const FAULTS: &[Fault] = &[
    fault("removing what is not there removes something else", "LICENSE-1", on_account(Asked::is_removal, |asked, account| Box::pin(async move {
        let other = asked.kind().filter(|_| !is_there(&asked, &account)).and_then(|kind| Some((kind, account.items(kind).next()?)));
        let answer = account.hands.pass(asked.clone()).await;
        if let Some((kind, item)) = other { account.remove(kind, item).await; }
        answer
    }))),
];
