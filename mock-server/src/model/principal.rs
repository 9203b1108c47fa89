//! Callers: the owner of a token, and the person for whom an account is used (SCOPE-1 to 3).

/// The caller that a token identifies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Principal {
    /// A partner's service account, with a CRM token.
    Partner(u64),
    /// An end user, by the id of their account, with an app token.
    User(u64),
}

impl Principal {
    /// The kind of its token.
    pub(crate) fn kind(self) -> TokenKind {
        match self {
            Self::Partner(_) => TokenKind::Crm,
            Self::User(_) => TokenKind::App,
        }
    }
}

/// The two kinds of bearer tokens (SCOPE-1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum TokenKind {
    Crm,
    App,
}

/// The result of looking at the token of a request.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum TokenSeen {
    /// No token was sent, or the route takes none.
    #[default]
    None,
    Crm,
    App,
    /// The world does not know the token, or it has expired.
    Unknown,
}

impl TokenSeen {
    /// The name as journal and log write it.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Crm => "crm",
            Self::App => "app",
            Self::Unknown => "unknown",
        }
    }
}

impl From<TokenKind> for TokenSeen {
    fn from(kind: TokenKind) -> Self {
        match kind {
            TokenKind::Crm => Self::Crm,
            TokenKind::App => Self::App,
        }
    }
}

/// In whose name an account is used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Mode {
    /// The partner's: added items need no confirmation (SCOPE-2).
    AdminManaged,
    /// The end user's: added items may need confirmation (SCOPE-3).
    EndUser,
}
