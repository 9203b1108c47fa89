//! Bearer tokens and one-time SSO codes.

use std::hash::Hash;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};

use super::secrets::Secrets;
use crate::guide::assumptions::Key;
use crate::guide::trace::Assumed;
use crate::model::principal::Principal;
use crate::model::time::Timestamp;
use crate::world::shared::SharedMap;

/// A minute, over which requests with one token are counted.
const MINUTE: i64 = 60;

/// How many tokens and how many codes are kept at least. When there are twice as many, those that have expired or were
/// used are forgotten, and if too many are left, the oldest.
pub(crate) const KEPT: usize = 50_000;

/// The tokens and codes of one world.
#[derive(Debug)]
pub(crate) struct Tokens {
    tokens: SharedMap<u64, Token>,
    codes: SharedMap<Box<str>, SsoCode>,
    last: AtomicU64,
    /// How many were issued in this world.
    tokens_issued: AtomicUsize,
    codes_issued: AtomicUsize,
}

/// A bearer token: `number|secret`, all kinds numbered from one sequence.
#[derive(Clone, Debug)]
pub(crate) struct Token {
    pub(crate) secret: Box<str>,
    pub(crate) principal: Principal,
    /// None for the published tokens of the seed, which never expire.
    pub(crate) expires_at: Option<Timestamp>,
    /// The beginning of the minute in which its requests are counted, and their number.
    pub(crate) minute: (Timestamp, u32),
}

/// The result of looking a token up.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Resolved {
    Known(Principal),
    /// Valid until then.
    Expired(Principal, Timestamp),
    /// Valid, and used too often.
    Throttled {
        retry_after_seconds: u32,
    },
    Unknown,
}

/// The part of its minute that a token has used (FORMAT-9).
#[derive(Clone, Copy, Debug)]
pub(crate) struct Rate {
    pub(crate) limit: u32,
    pub(crate) remaining: u32,
    /// When the minute ends; shown only when it is used up.
    pub(crate) reset: Option<Timestamp>,
}

/// A one-time code (SSO-4). It is kept after its use, so that a second use is recognized.
#[derive(Clone, Copy, Debug)]
pub(crate) struct SsoCode {
    pub(crate) account: u64,
    pub(crate) expires_at: Timestamp,
    pub(crate) is_used: bool,
}

/// The result of using a one-time code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum CodeUse {
    /// It is a code for this account.
    Accepted(u64),
    UsedBefore,
    Expired,
    Unknown,
}

impl Tokens {
    /// No tokens.
    pub(crate) fn new() -> Self {
        Self {
            tokens: SharedMap::new(),
            codes: SharedMap::new(),
            last: AtomicU64::new(0),
            tokens_issued: AtomicUsize::new(0),
            codes_issued: AtomicUsize::new(0),
        }
    }

    /// The same tokens and codes for another world.
    pub(crate) fn fork(&self) -> Self {
        let last = AtomicU64::new(self.last.load(Ordering::Relaxed));
        Self { tokens: self.tokens.fork(), codes: self.codes.fork(), last, ..Self::new() }
    }

    /// Issues a token that is valid until `expires_at`.
    pub(crate) fn issue(
        &self,
        principal: Principal,
        now: Timestamp,
        expires_at: Timestamp,
        secrets: &Secrets,
    ) -> String {
        if self.tokens_issued.fetch_add(1, Ordering::Relaxed) % KEPT == KEPT - 1 {
            forget(&self.tokens, KEPT, |token| token.expires_at, |token| token.expires_at.is_some_and(|at| now >= at));
        }
        let number = self.last.fetch_add(1, Ordering::Relaxed) + 1;
        let secret = secrets.opaque();
        let token = format!("{number}|{secret}");
        self.add(number, Token::new(secret.into(), principal, Some(expires_at)));
        token
    }

    /// Adds a token that has a number already. False if another token has it.
    pub(crate) fn add(&self, number: u64, token: Token) -> bool {
        self.last.fetch_max(number, Ordering::Relaxed);
        self.tokens.insert(number, token).is_none()
    }

    /// Looks the token `number|secret` up, and counts its use where requests are limited (`throttle.per-minute`).
    pub(crate) fn resolve(
        &self,
        number: u64,
        secret: &str,
        now: Timestamp,
        assumed: Assumed<'_>,
    ) -> (Resolved, Option<Rate>) {
        let Some(limit) = assumed.limit(Key::ThrottlePerMinute) else {
            return (self.look_up(number, secret, now), None);
        };
        let resolved = self.tokens.change(&number, |token| match token.resolve(secret, now) {
            Resolved::Known(principal) => token.count(principal, limit, now),
            other => (other, None),
        });
        resolved.unwrap_or((Resolved::Unknown, None))
    }

    /// Looks that token up without counting.
    pub(crate) fn look_up(&self, number: u64, secret: &str, now: Timestamp) -> Resolved {
        self.tokens.read(&number, |token| token.resolve(secret, now)).unwrap_or(Resolved::Unknown)
    }

    /// Issues a one-time code for a token of `account`.
    pub(crate) fn issue_code(&self, account: u64, now: Timestamp, expires_at: Timestamp, secrets: &Secrets) -> String {
        if self.codes_issued.fetch_add(1, Ordering::Relaxed) % KEPT == KEPT - 1 {
            forget(&self.codes, KEPT, |code| Some(code.expires_at), |code| code.is_used || now >= code.expires_at);
        }
        let code = secrets.opaque();
        self.add_code(&code, SsoCode { account, expires_at, is_used: false });
        code
    }

    /// Adds a one-time code that was issued before.
    pub(crate) fn add_code(&self, code: &str, issued: SsoCode) {
        self.codes.insert(code.into(), issued);
    }

    /// Uses a one-time code: of two requests that come with it at once, one is accepted.
    pub(crate) fn use_code(&self, code: &str, now: Timestamp) -> CodeUse {
        let used = self.codes.change(code, |known| {
            if known.is_used {
                return CodeUse::UsedBefore;
            }
            if now >= known.expires_at {
                return CodeUse::Expired;
            }
            known.is_used = true;
            CodeUse::Accepted(known.account)
        });
        used.unwrap_or(CodeUse::Unknown)
    }

    /// All tokens by number, in no particular order.
    pub(crate) fn each(&self, mut look: impl FnMut(u64, &Token)) {
        self.tokens.each(|number, token| look(*number, token));
    }

    /// All one-time codes, in no particular order.
    pub(crate) fn each_code(&self, mut look: impl FnMut(&str, SsoCode)) {
        self.codes.each(|code, issued| look(code, *issued));
    }
}

/// Forgets those that are over, and if more than `most` are left, those that expire first.
fn forget<K: Ord + Hash + Clone, V: Clone>(
    kept: &SharedMap<K, V>,
    most: usize,
    expires_at: impl Fn(&V) -> Option<Timestamp>,
    is_over: impl Fn(&V) -> bool,
) {
    let mut left = Vec::new();
    kept.each(|_, value| left.extend(expires_at(value).filter(|_| !is_over(value))));
    let too_many = left.len().saturating_sub(most);
    let first_kept = (too_many > 0).then(|| *left.select_nth_unstable(too_many).1);
    kept.retain(|_, value| {
        !is_over(value) && expires_at(value).zip(first_kept).is_none_or(|(expires_at, first)| expires_at >= first)
    });
}

impl Token {
    /// A token that has not been used.
    pub(crate) fn new(secret: Box<str>, principal: Principal, expires_at: Option<Timestamp>) -> Self {
        Self { secret, principal, expires_at, minute: (Timestamp::from_unix_seconds(0), 0) }
    }

    /// The same in the middle of a minute in which its requests are counted.
    pub(crate) fn after(self, minute: Option<(Timestamp, u32)>) -> Self {
        Self { minute: minute.unwrap_or(self.minute), ..self }
    }

    fn resolve(&self, secret: &str, now: Timestamp) -> Resolved {
        match self.expires_at {
            _ if *self.secret != *secret => Resolved::Unknown,
            Some(at) if now >= at => Resolved::Expired(self.principal, at),
            _ => Resolved::Known(self.principal),
        }
    }

    /// Counts a request, in minutes that begin with the first request; a refused one does not count.
    fn count(&mut self, principal: Principal, limit: u32, now: Timestamp) -> (Resolved, Option<Rate>) {
        let (began, made) = self.minute;
        let is_over = now < began || now >= began.plus_seconds(MINUTE);
        let (began, made) = if is_over { (now, 0) } else { (began, made) };
        let ends = began.plus_seconds(MINUTE);
        if made >= limit {
            self.minute = (began, made);
            let retry_after_seconds = u32::try_from(ends.unix_seconds() - now.unix_seconds()).unwrap_or(u32::MAX);
            return (
                Resolved::Throttled { retry_after_seconds },
                Some(Rate { limit, remaining: 0, reset: Some(ends) }),
            );
        }
        self.minute = (began, made + 1);
        (Resolved::Known(principal), Some(Rate { limit, remaining: limit - made - 1, reset: None }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The keys that are kept of these, each with the second in which it expires, at the second 10.
    fn kept(entries: &[(u64, Option<i64>)], most: usize) -> Vec<u64> {
        let map = SharedMap::new();
        for (key, expires_at) in entries {
            map.insert(*key, expires_at.map(Timestamp::from_unix_seconds));
        }
        let now = Timestamp::from_unix_seconds(10);
        forget(&map, most, |expires_at| *expires_at, |expires_at| expires_at.is_some_and(|at| now >= at));
        let mut kept = Vec::new();
        map.each(|key, _| kept.push(*key));
        kept.sort_unstable();
        kept
    }

    #[test]
    fn what_is_over_is_forgotten_and_then_what_expires_first_but_nothing_that_lasts_for_ever() {
        let entries = [(1, None), (2, Some(9)), (3, Some(10)), (4, Some(11)), (5, Some(13)), (6, Some(12))];
        assert_eq!(kept(&entries, 9), [1, 4, 5, 6]);
        assert_eq!(kept(&entries, 3), [1, 4, 5, 6]);
        assert_eq!(kept(&entries, 2), [1, 5, 6]);
        assert_eq!(kept(&entries, 1), [1, 5]);
        assert_eq!(kept(&[(1, None), (2, None)], 1), [1, 2]);
    }
}
