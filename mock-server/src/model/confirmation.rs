//! Confirmation by the end user (SCOPE-3): whether an item is pending, the link or code that confirms it, until when,
//! and the message that carries it.

use crate::guide::trace::Assumed;
use crate::model::base_url::BaseUrl;
use crate::model::message::{Channel, NewMessage};
use crate::model::time::Timestamp;

/// The way that an end user confirms.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Means {
    /// A link in an email.
    Link,
    /// A code in a message.
    Code,
}

/// How items of one kind are confirmed.
pub(crate) struct Confirming<K> {
    pub(crate) means: Means,
    /// Whether items of this kind need it at all.
    pub(crate) is_needed: fn(Assumed<'_>) -> bool,
    /// The message that asks for it.
    pub(crate) message: fn(&K, &Challenge, &Contact<'_>, BaseUrl<'_>, Timestamp) -> NewMessage,
    /// The hint for a client that has added such an item.
    pub(crate) pending_hint: &'static str,
    /// The hint for an item whose link or code has expired.
    pub(crate) expired_hint: &'static str,
}

/// A link or a code that was sent, and until when it works.
#[derive(Clone, Debug)]
pub(crate) struct Challenge {
    /// The end of the link, or the code.
    pub(crate) secret: Box<str>,
    pub(crate) expires_at: Timestamp,
}

impl Challenge {
    /// Whether `secret` is the right one, and comes in time.
    pub(crate) fn is_met_by(&self, secret: &str, now: Timestamp) -> bool {
        *self.secret == *secret && now < self.expires_at
    }

    /// The address of the confirmation link.
    pub(crate) fn link(&self, base: BaseUrl<'_>) -> String {
        format!("{}/_confirm/{}", base.url(), self.secret)
    }

    /// The message that carries the code to a phone.
    pub(crate) fn sms(&self, to: &str, account: u64, kind: &'static str, now: Timestamp) -> NewMessage {
        NewMessage {
            channel: Channel::Sms,
            to: to.to_owned(),
            account,
            kind: kind.into(),
            subject: None,
            text: format!("Your verification code is {}.", self.secret),
            link: None,
            code: Some(self.secret.to_string()),
            sent_at: now,
        }
    }
}

/// Whether an item is confirmed.
#[derive(Clone, Debug)]
pub(crate) enum Confirmation {
    /// Since then.
    Confirmed(Timestamp),
    /// It is pending until this is met.
    Pending(Box<Challenge>),
}

impl Confirmation {
    /// Confirmed at once, or pending where there is a challenge.
    pub(crate) fn new(challenge: Option<Challenge>, now: Timestamp) -> Self {
        challenge.map_or(Self::Confirmed(now), |challenge| Self::Pending(Box::new(challenge)))
    }

    /// The challenge of a pending item.
    pub(crate) fn pending(&self) -> Option<&Challenge> {
        match self {
            Self::Confirmed(_) => None,
            Self::Pending(challenge) => Some(challenge),
        }
    }

    /// Since when it is confirmed.
    pub(crate) fn confirmed_at(&self) -> Option<Timestamp> {
        match self {
            Self::Confirmed(at) => Some(*at),
            Self::Pending(_) => None,
        }
    }

    /// Whether it is pending, and `secret` passes the challenge.
    pub(crate) fn is_met_by(&self, secret: &str, now: Timestamp) -> bool {
        self.pending().is_some_and(|challenge| challenge.is_met_by(secret, now))
    }
}

/// How an end user is reached.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Contact<'a> {
    pub(crate) account: u64,
    pub(crate) first_name: &'a str,
    pub(crate) email: Option<&'a str>,
    /// The account's phone, or else the latest watched one that is confirmed.
    pub(crate) phone: Option<&'a str>,
}

/// A code that was sent to verify a phone of the account (PHONE-2). It is kept beside the item, because a phone that
/// CRM adds is confirmed at once and can still be verified.
#[derive(Clone, Debug)]
pub(crate) struct PhoneCode {
    pub(crate) phone: Box<str>,
    pub(crate) challenge: Challenge,
}
