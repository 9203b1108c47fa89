//! The answers of handlers, by meaning: no status number and no JSON shape. How each is written is in `format`.

use std::borrow::Cow;
use std::time::Duration;

use crate::api::error::ApiError;
use crate::api::pages::Listing;
use crate::faults::InjectedFault;
use crate::model::account::AccountShape;
use crate::model::alarm::AlarmShape;
use crate::model::online::ScanShape;
use crate::model::shape::{Schema, Shape};

/// The result of a handler.
pub(crate) type Outcome<A> = Result<Reply<A>, ApiError>;

/// An answer, and what is told or done beside it.
#[derive(Clone, Debug)]
pub(crate) struct Reply<A> {
    pub(crate) answer: A,
    /// One sentence for `X-Mock-Hint`.
    pub(crate) hint: Option<Cow<'static, str>>,
    /// How much later the response is sent, in real time.
    pub(crate) delay: Duration,
    /// The fault that applied to a message that the request sent.
    pub(crate) fault: Option<InjectedFault>,
}

impl<A> Reply<A> {
    /// An answer with nothing beside it.
    pub(crate) fn new(answer: A) -> Self {
        Self { answer, hint: None, delay: Duration::ZERO, fault: None }
    }

    /// The same with a hint, if there is one.
    pub(crate) fn hint(self, hint: Option<&'static str>) -> Self {
        Self { hint: hint.map(Cow::Borrowed), ..self }
    }

    /// The same, after a fault that may have applied to its message.
    pub(crate) fn fault(self, fault: Option<InjectedFault>) -> Self {
        Self { fault, ..self }
    }

    /// The same with another form of the answer.
    pub(crate) fn map<B>(self, map: impl FnOnce(A) -> B) -> Reply<B> {
        let Self { answer, hint, delay, fault } = self;
        Reply { answer: map(answer), hint, delay, fault }
    }
}

/// The kind of an answer and the object in it, as the OpenAPI document tells it.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Outline {
    AccountCreated(Schema),
    Account(Schema),
    Added(Schema),
    Item(Schema),
    List(Schema),
    Removed,
    Done,
    Closed(Schema),
    Token,
    Code,
    Scan(Schema),
}

/// An answer that is known before there is one.
pub(crate) trait Outlined {
    /// Its kind and the object in it.
    const OUTLINE: Outline;
}

macro_rules! outlined {
    ($answer:ident<T> => $outline:expr) => {
        impl<T: Shape> Outlined for $answer<T> {
            const OUTLINE: Outline = $outline;
        }
    };
    ($answer:ident => $outline:expr) => {
        impl Outlined for $answer {
            const OUTLINE: Outline = $outline;
        }
    };
}

/// An account was created (ACCOUNT-1).
#[derive(Clone, Debug)]
pub(crate) struct AccountCreated(pub(crate) AccountShape);
outlined!(AccountCreated => Outline::AccountCreated(AccountShape::SCHEMA));

/// An account as it is now.
#[derive(Clone, Debug)]
pub(crate) struct AccountNow(pub(crate) AccountShape);
outlined!(AccountNow => Outline::Account(AccountShape::SCHEMA));

/// Something was added, or was there already.
#[derive(Clone, Debug)]
pub(crate) enum Added<T> {
    New(T),
    Existing(T),
}
outlined!(Added<T> => Outline::Added(T::SCHEMA));

/// Something as it is now: read or changed.
#[derive(Clone, Debug)]
pub(crate) struct Now<T>(pub(crate) T);
outlined!(Now<T> => Outline::Item(T::SCHEMA));

outlined!(Listing<T> => Outline::List(T::SCHEMA));

/// An item was removed.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Removed;
outlined!(Removed => Outline::Removed);

/// Something else was done; the sentence says what.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Done(pub(crate) &'static str);
outlined!(Done => Outline::Done);

/// An alarm was closed (ALARM-2).
#[derive(Clone, Debug)]
pub(crate) enum Closed {
    Alarm(Box<AlarmShape>),
    Done(&'static str),
}
outlined!(Closed => Outline::Closed(AlarmShape::SCHEMA));

/// A token was issued (LOGIN-1, SSO-1).
#[derive(Clone, Debug)]
pub(crate) struct IssuedToken(pub(crate) String);
outlined!(IssuedToken => Outline::Token);

/// A one-time code was issued (SSO-4).
#[derive(Clone, Debug)]
pub(crate) struct IssuedCode(pub(crate) String);
outlined!(IssuedCode => Outline::Code);

/// The state of the scan of each site (ONLINE-4).
#[derive(Clone, Debug)]
pub(crate) struct ScanNow(pub(crate) ScanShape);
outlined!(ScanNow => Outline::Scan(ScanShape::SCHEMA));
