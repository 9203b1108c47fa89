//! The two response formats by name (FORMAT-1). How each writes a response is in `api::format`.

/// The value of `X-API-Version` that selects the standardized format (FORMAT-1).
pub(crate) const STANDARDIZED_VERSION: &str = "2026-06-12";

/// The format that a response is written in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Format {
    Legacy,
    Standardized,
}

impl Format {
    /// The format of this name.
    pub(crate) fn named(name: &str) -> Option<Self> {
        [Self::Legacy, Self::Standardized].into_iter().find(|format| format.name() == name)
    }

    /// The name as the journal writes it.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Legacy => "legacy",
            Self::Standardized => "standardized",
        }
    }
}
