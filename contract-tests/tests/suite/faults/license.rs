//! Watched driver's licenses.

use serde_json::json;

use super::rows::{Fault, back_if, fault, is_there, no_items, no_such_method};
use crate::proxy::{Answered, Asked, on_account, there};

#[rustfmt::skip]
pub(super) const FAULTS: &[Fault] = &[
    fault("an add is answered and dropped", "LICENSE-1", there(|asked, memory| {
        let id = 500_000 + memory.notes();
        let is_meant = asked.is("POST", "/drivers-license-watchlist") && asked.token().is_some();
        if is_meant { memory.note(id.to_string()); }
        back_if(is_meant, || Answered::json(201, &json!({ "data": { "id": id } })))
    })),
    fault("licenses are not removed by CRM", "LICENSE-1", there(|asked, _| {
        let is_meant = asked.is_within("DELETE", "/drivers-license-watchlist") && asked.account().is_some();
        back_if(is_meant, no_such_method)
    })),
    fault("users have no licenses", "LICENSE-1", there(|asked, _| {
        let is_meant = asked.is("GET", "/drivers-license-watchlist") && asked.account().is_none();
        back_if(is_meant && asked.token().is_some(), no_items)
    })),
    fault("removing what is not there removes something else", "LICENSE-1", on_account(Asked::is_removal, |asked, account| Box::pin(async move {
        let other = asked.kind().filter(|_| !is_there(&asked, &account)).and_then(|kind| Some((kind, account.items(kind).next()?)));
        let answer = account.hands.pass(asked.clone()).await;
        if let Some((kind, item)) = other { account.remove(kind, item).await; }
        answer
    }))),
];
