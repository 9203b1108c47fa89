//! The two response formats (FORMAT-1).

/// In which of the two formats a case asks for its answers (FORMAT-1).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Format {
    /// Without a version.
    Legacy,
    /// With the version of the guide.
    Standardized,
}

impl Format {
    /// Both.
    pub const ALL: [Self; 2] = [Self::Legacy, Self::Standardized];

    /// Its name in ids and reports.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Legacy => "legacy",
            Self::Standardized => "standardized",
        }
    }

    /// The version that a request names.
    pub(crate) fn version(self) -> Option<&'static str> {
        (self == Self::Standardized).then_some("2026-06-12")
    }
}
