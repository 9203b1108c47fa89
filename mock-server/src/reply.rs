//! What a handler answers, by meaning: no status number and no JSON shape stands here or in any handler.

use std::borrow::Cow;

use crate::facts::Fact;
use crate::value::Object;

/// Either a reply or a refusal.
pub(crate) type Outcome = Result<Reply, Refusal>;

/// An answer to a request that was granted.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Reply {
    /// An account was created (ACCOUNT-1).
    AccountCreated(Object),
    /// An account as it is.
    Account(Object),
    /// An item was added to a watchlist.
    Added(Object),
    /// An item as it is now: read, changed, or found to be there already.
    Item(Object),
    /// A list, or a page of one.
    List(Listing),
    /// An item was removed.
    Removed,
    /// Something else was done; the sentence says what.
    Done(&'static str),
    /// A token was issued (LOGIN-1, SSO-1).
    Token(String),
    /// Where the scan of each site stands (ONLINE-4).
    Scan(Object),
    /// A one-time code was issued (SSO-4).
    Code(String),
}

/// The items of a list that were asked for, and where they stand in the whole.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Listing {
    pub(crate) items: Vec<Object>,
    pub(crate) total: usize,
    pub(crate) page: Page,
}

/// Which part of a list is wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Page {
    /// From 1.
    pub(crate) number: usize,
    /// Items a page.
    pub(crate) size: usize,
}

impl Page {
    /// The whole list at once.
    pub(crate) const WHOLE: Self = Self { number: 1, size: usize::MAX };

    /// How many items stand before this page.
    pub(crate) fn offset(self) -> usize {
        (self.number - 1).saturating_mul(self.size)
    }

    /// The part of `all` that stands on this page.
    pub(crate) fn of(self, all: impl ExactSizeIterator<Item = Object>) -> Listing {
        let total = all.len();
        Listing { items: all.skip(self.offset()).take(self.size).collect(), total, page: self }
    }
}

/// An answer to a request that was refused: why, and a hint for the person behind the client.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Refusal {
    pub(crate) why: Why,
    /// One sentence for `X-Mock-Hint`.
    pub(crate) hint: Option<Cow<'static, str>>,
    /// A fact that the refusal follows, beside those of the route.
    pub(crate) fact: Option<Fact>,
}

/// Why a request was refused.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Why {
    /// The request cannot be understood.
    BadRequest(Cow<'static, str>),
    /// Nobody, or nobody that is known.
    Unauthenticated,
    /// Known, and not permitted.
    Forbidden,
    /// There is no such thing, or none for this caller.
    NotFound,
    /// The path exists, the method on it does not. The methods that do, as `Allow` lists them.
    MethodNotAllowed {
        /// As in `GET, HEAD, POST`.
        allow: String,
    },
    /// The body did not come whole in time.
    TimedOut,
    /// It contradicts what is there.
    Conflict(Cow<'static, str>),
    /// The body is larger than the fake reads.
    TooLarge,
    /// The body is of a type that is not read.
    UnsupportedMediaType,
    /// The body was understood, and breaks a rule.
    Invalid(Vec<Issue>),
    /// Too many requests with one token (FORMAT-9).
    Throttled {
        /// Until the next one is let through.
        retry_after_seconds: u32,
    },
    /// A fault of the fake itself, or one that it was told to have.
    Broken,
    /// What stands before the server cannot use its answer. Only a fault says so, as of the next two.
    BadGateway,
    /// The server takes no requests for now.
    Unavailable,
    /// What stands before the server has waited for its answer in vain.
    GatewayTimedOut,
}

/// What is wrong with one field.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Issue {
    pub(crate) field: Cow<'static, str>,
    /// A sentence, as Laravel writes it.
    pub(crate) text: Cow<'static, str>,
}

impl Issue {
    /// An issue with `field`.
    pub(crate) fn new(field: &'static str, text: impl Into<Cow<'static, str>>) -> Self {
        Self { field: field.into(), text: text.into() }
    }
}

impl From<Why> for Refusal {
    fn from(why: Why) -> Self {
        Self { why, hint: None, fact: None }
    }
}

impl Refusal {
    /// A refusal whose kind an assumption gives, written as in `fixtures/assumptions.json`. The issue is what a
    /// validation error would say.
    pub(crate) fn assumed(status: &str, issue: Issue) -> Self {
        let why = match status {
            "400" => Why::BadRequest(issue.text),
            "401" => Why::Unauthenticated,
            "403" => Why::Forbidden,
            "404" => Why::NotFound,
            "409" => Why::Conflict(issue.text),
            "422" => Why::Invalid(vec![issue]),
            other => unreachable!("{other} is no refusal in the fixture"),
        };
        why.into()
    }

    /// The same with a hint.
    pub(crate) fn hint(self, hint: impl Into<Cow<'static, str>>) -> Self {
        Self { hint: Some(hint.into()), ..self }
    }

    /// The same, resting on `fact` too.
    pub(crate) fn fact(self, fact: Fact) -> Self {
        Self { fact: Some(fact), ..self }
    }
}
