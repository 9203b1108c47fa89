//! Hints: one sentence for the person behind the client, where an answer is right and still puzzles.
//!
//! What is refused says why where it is refused. Here stands what takes a look around: an empty list, an item that waits,
//! a path one letter away from a documented one.

use crate::account::Account;
use crate::leak::WatchKind;
use crate::routes;
use crate::watchlist::{Item, Kind};

/// How many letters may be wrong in a path for it to be taken for a documented one.
const FARTHEST: usize = 3;

/// What to tell somebody who asked for a path that is not documented.
pub(crate) fn no_such_path(path: &str) -> String {
    if path.len() > 1 && path.ends_with('/') {
        return "no documented path ends with a slash; see NONE-1".to_owned();
    }
    if path.to_ascii_lowercase().contains("ssn") {
        let text = "the SSN is no watchlist: it is set at creation or by electronic ID, and CRM switches its monitoring; \
                    see SSN-1";
        return text.to_owned();
    }
    match nearest(path, routes::paths()) {
        Some(documented) => format!("the guide has no such path; did you mean {documented}? See NONE-1"),
        None => "the guide has no such path; what it leaves out does not exist; see NONE-1".to_owned(),
    }
}

/// The documented path that `path` is nearest to, if it is near. What stands for a capture is not compared.
pub(crate) fn nearest<'a>(path: &str, documented: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    let distance = |documented: &str| {
        if documented.split('/').count() != path.split('/').count() {
            return None;
        }
        let segments = documented.split('/').zip(path.split('/')).filter(|(wanted, _)| !wanted.starts_with('{'));
        let mut wrong = 0;
        for (wanted, written) in segments.filter(|(wanted, written)| wanted != written) {
            // Most paths are told apart by their lengths already.
            let at_least = wanted.chars().count().abs_diff(written.chars().count());
            if wrong + at_least > FARTHEST {
                return None;
            }
            wrong += strsim::damerau_levenshtein(wanted, written);
        }
        Some(wrong)
    };
    let near = documented.filter_map(|documented| Some((distance(documented)?, documented)));
    // Where two are as near, the one that names more is meant.
    let best = near.min_by_key(|(distance, documented)| (*distance, documented.matches('{').count()));
    best.filter(|(distance, _)| (1..=FARTHEST).contains(distance)).map(|(_, documented)| documented)
}

/// Why a watchlist is empty, for who expected something.
pub(crate) const NO_ITEMS: &str = "this account watches nothing of this kind: each account has lists of its own, and a reset \
                                   takes back what was added";

/// Why there are no leaks of a kind to be seen, for who expected some.
pub(crate) fn no_leaks<K: Kind>(account: &Account) -> &'static str {
    let items = || K::items(account).iter();
    if items().next().is_none() {
        "this account watches nothing of this kind, so there are no leaks of it; add an item first"
    } else if items().all(|item: &Item<K>| item.is_confirmed()) {
        "no breach holds a value of this kind that this account watches; POST /_mock/leaks tells the fake of one"
    } else {
        "leaks of an item are seen once its owner has confirmed it, and one is waiting: see GET /_mock/outbox, SCOPE-3 and \
         the assumption leaks.pending"
    }
}

/// Why there are no alarms, for who expected some.
pub(crate) fn no_alarms(account: &Account) -> &'static str {
    let watches = WatchKind::ALL.into_iter().any(|kind| account.watches_any(kind));
    if watches {
        "no breach holds a confirmed value that this account watches, so nothing has raised an alarm; POST /_mock/leaks \
         tells the fake of one"
    } else {
        "this account watches nothing, so nothing can raise an alarm; add an item first"
    }
}

/// Why an item is not confirmed that the end user has just added.
pub(crate) fn waiting(kind: WatchKind) -> &'static str {
    match kind {
        WatchKind::CreditCard => {
            "this card waits for its owner: the code is in GET /_mock/outbox, and POST /api/v1/credit-cards/verify takes it; \
             what CRM adds does not wait; see CARD-3 and CARD-4"
        }
        WatchKind::Phone => {
            "this phone waits for its owner: the code is in GET /_mock/outbox, and POST /api/v1/phone-watchlist/confirm \
             takes it; what CRM adds does not wait; see PHONE-2"
        }
        _ => {
            "this item waits for its owner: open the link in GET /_mock/outbox; what CRM adds does not wait; see SCOPE-2 \
             and SCOPE-3"
        }
    }
}

/// Why an item is not confirmed whose link or code has expired.
pub(crate) fn waited_too_long(kind: WatchKind) -> &'static str {
    match kind {
        WatchKind::CreditCard => {
            "its code has expired by the fake's clock, and no documented route sends another: remove the card and add it \
             again; see CARD-4"
        }
        WatchKind::Phone => {
            "its code has expired by the fake's clock; POST /api/v1/phone-watchlist/send-verification-code sends another; \
             see PHONE-2"
        }
        _ => {
            "its link has expired by the fake's clock; POST /api/v1/resend/watchlist-email-confirmation sends another; see \
             EMAIL-2"
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_that_is_nearly_documented_is_told_which() {
        let cases = [
            ("/api/v1/email-watchlst", Some("/api/v1/email-watchlist")),
            ("/api/v1/emails-watchlist", Some("/api/v1/email-watchlist")),
            ("/api/v1/account/17/phone-watchlsit", Some("/api/v1/account/{account_id}/phone-watchlist")),
            ("/api/v1/creditcards", Some("/api/v1/credit-cards")),
            ("/api/v1/alarm", Some("/api/v1/alarms")),
            ("/api/v1/alarms/5/closed", Some("/api/v1/alarms/{alarmId}/close")),
            ("/api/v1/delete-mydata", Some("/api/v1/delete-my-data")),
            ("/api/v3/alarms", Some("/api/v1/alarms")),
            ("/api/v1/émail-watchlist", Some("/api/v1/email-watchlist")),
            ("/åäö/åäö/åäööööööööö", None),
            ("/api/v1/nothing-like-it", None),
            ("/", None),
            ("/favicon.ico", None),
            ("", None),
        ];
        for (path, expected) in cases {
            assert_eq!(nearest(path, routes::paths()), expected, "{path}");
        }
    }
}
