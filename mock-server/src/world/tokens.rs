//! Bearer tokens and one-time SSO codes.

use std::sync::atomic::{AtomicU64, Ordering};

use dashmap::DashMap;

use super::secrets::Secrets;
use crate::guide::assumptions::Key;
use crate::guide::trace::Assumed;
use crate::model::principal::Principal;
use crate::model::time::Timestamp;

/// A minute, over which requests with one token are counted.
const MINUTE: i64 = 60;

/// The tokens and codes of one world.
#[derive(Debug)]
pub(crate) struct Tokens {
    tokens: DashMap<u64, Token>,
    codes: DashMap<Box<str>, SsoCode>,
    last: AtomicU64,
}

/// A bearer token: `number|secret`, all kinds numbered from one sequence.
#[derive(Debug)]
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
    pub(crate) fn new(shards: usize) -> Self {
        Self {
            tokens: DashMap::with_shard_amount(shards),
            codes: DashMap::with_shard_amount(shards),
            last: AtomicU64::new(0),
        }
    }

    /// Issues a token that is valid until `expires_at`.
    pub(crate) fn issue(&self, principal: Principal, expires_at: Timestamp, secrets: &Secrets) -> String {
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
        let Some(mut token) = self.tokens.get_mut(&number) else { return (Resolved::Unknown, None) };
        match token.resolve(secret, now) {
            Resolved::Known(principal) => token.count(principal, limit, now),
            other => (other, None),
        }
    }

    /// Looks that token up without counting.
    pub(crate) fn look_up(&self, number: u64, secret: &str, now: Timestamp) -> Resolved {
        self.tokens.get(&number).map_or(Resolved::Unknown, |token| token.resolve(secret, now))
    }

    /// Issues a one-time code for a token of `account`.
    pub(crate) fn issue_code(&self, account: u64, expires_at: Timestamp, secrets: &Secrets) -> String {
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
        match self.codes.get_mut(code) {
            None => CodeUse::Unknown,
            Some(known) if known.is_used => CodeUse::UsedBefore,
            Some(known) if now >= known.expires_at => CodeUse::Expired,
            Some(mut known) => {
                known.is_used = true;
                CodeUse::Accepted(known.account)
            }
        }
    }

    /// All tokens by number, in no particular order.
    pub(crate) fn each(&self, mut look: impl FnMut(u64, &Token)) {
        self.tokens.iter().for_each(|token| look(*token.key(), &token));
    }

    /// All one-time codes, in no particular order.
    pub(crate) fn each_code(&self, mut look: impl FnMut(&str, SsoCode)) {
        self.codes.iter().for_each(|code| look(code.key(), *code));
    }
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
