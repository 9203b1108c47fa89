//! Operations: the description of a row of the route table in the words of the OpenAPI document. Each is declared beside
//! its handler. Tokens, captures and formats are not described here, because they follow from the row.

use std::borrow::Cow;

use crate::guide::assumptions::Key;
use crate::model::body::BodySchema;
use crate::model::kind::WatchKind;

/// The page of the guide that an operation is on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Page {
    Tokens,
    Accounts,
    Ssn,
    Watchlist(WatchKind),
    Alarms,
    AlarmsOfAll,
    OnlineData,
}

impl Page {
    /// All pages, in the order of the guide.
    pub(crate) fn all() -> impl Iterator<Item = Self> {
        let watchlists = WatchKind::ALL.into_iter().filter(|kind| *kind != WatchKind::Ssn).map(Self::Watchlist);
        let after = [Self::Alarms, Self::AlarmsOfAll, Self::OnlineData];
        [Self::Tokens, Self::Accounts, Self::Ssn].into_iter().chain(watchlists).chain(after)
    }

    /// The name of its tag.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Tokens => "Tokens",
            Self::Accounts => "Accounts",
            Self::Ssn => "SSN",
            Self::Watchlist(kind) => kind.names().page,
            Self::Alarms => "Alarms",
            Self::AlarmsOfAll => "Alarms across accounts",
            Self::OnlineData => "Online Data",
        }
    }

    /// A sentence about it.
    pub(crate) fn about(self) -> Cow<'static, str> {
        match self {
            Self::Tokens => "The sources of tokens: the CRM login, and SSO for end users.".into(),
            Self::Accounts => "Accounts: created and administered by CRM, kept up to date by their owners.".into(),
            Self::Ssn => "The monitoring of the SSN, which is no watchlist.".into(),
            Self::Watchlist(kind) => format!("Watched {}.", kind.names().many).into(),
            Self::Alarms => "The alarms of one account, and the guidance on them.".into(),
            Self::AlarmsOfAll => "Alarms across all accounts of a partner.".into(),
            Self::OnlineData => "Online Data: the data that brokers hold, and its removal.".into(),
        }
    }
}

/// The description of one row.
#[derive(Clone, Debug)]
pub(crate) struct Operation {
    /// The beginning of its `operationId`.
    pub(crate) name: Cow<'static, str>,
    pub(crate) page: Page,
    pub(crate) summary: Cow<'static, str>,
    pub(crate) body: Option<BodySchema>,
    /// The assumptions whose value is the status of a refusal, or a word for another way.
    pub(crate) decided_by: &'static [Key],
    /// Whether something that the body names may not be there.
    pub(crate) looks_up: bool,
    /// Fields of the query, each with a sentence.
    pub(crate) query: &'static [(&'static str, &'static str)],
}

impl Operation {
    /// An operation without a body.
    pub(crate) const fn new(name: &'static str, page: Page, summary: &'static str) -> Self {
        Self {
            name: Cow::Borrowed(name),
            page,
            summary: Cow::Borrowed(summary),
            body: None,
            decided_by: &[],
            looks_up: false,
            query: &[],
        }
    }

    /// An operation on items of one kind, whose name and summary are made from those of the kind.
    pub(crate) fn of_kind(kind: WatchKind, name: String, summary: String) -> Self {
        Self { name: name.into(), summary: summary.into(), ..Self::new("", Page::Watchlist(kind), "") }
    }

    /// The same with a body.
    pub(crate) fn body(self, body: BodySchema) -> Self {
        Self { body: Some(body), ..self }
    }

    /// The same, deciding by these assumptions.
    pub(crate) fn decided_by(self, keys: &'static [Key]) -> Self {
        Self { decided_by: keys, ..self }
    }

    /// The same, looking up something that the body names.
    pub(crate) fn looks_up(self) -> Self {
        Self { looks_up: true, ..self }
    }

    /// The same with a query.
    pub(crate) fn query(self, fields: &'static [(&'static str, &'static str)]) -> Self {
        Self { query: fields, ..self }
    }
}
