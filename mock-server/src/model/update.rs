//! Updates: how a PATCH or a PUT is read, and what it does to a field.

use crate::guide::assumptions::{PutReplaces, UpdateEmpty};
use crate::guide::trace::Assumed;

/// How an update is read.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Update<'a> {
    assumed: Assumed<'a>,
    /// Whether what the body does not name is cleared.
    replaces_whole: bool,
}

impl<'a> Update<'a> {
    /// A PATCH: what the body does not name stays as it is.
    pub(crate) fn patch(assumed: Assumed<'a>) -> Self {
        Self { assumed, replaces_whole: false }
    }

    /// A PUT, by `put.replaces`.
    pub(crate) fn put(assumed: Assumed<'a>) -> Self {
        Self { assumed, replaces_whole: assumed.choice::<PutReplaces>() == PutReplaces::Whole }
    }

    /// Whether a field that the body does not name is cleared.
    pub(crate) fn replaces_whole(self) -> bool {
        self.replaces_whole
    }

    /// The reading of an empty text, by `update.empty`.
    pub(crate) fn empty(self) -> UpdateEmpty {
        self.assumed.choice()
    }

    /// The change of a field that the body does not name.
    pub(crate) fn of_unnamed<T>(self) -> Change<T> {
        if self.replaces_whole { Change::Clear } else { Change::Keep }
    }
}

/// What an update does to a field.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Change<T> {
    Keep,
    Clear,
    Set(T),
}

impl<T> Change<T> {
    /// Carries the change out.
    pub(crate) fn apply(self, to: &mut Option<T>) {
        match self {
            Self::Keep => {}
            Self::Clear => *to = None,
            Self::Set(value) => *to = Some(value),
        }
    }

    /// Carries the change out where there must be a value: what clears it puts `usual` in its place.
    pub(crate) fn apply_or(self, usual: T, to: &mut T) {
        match self {
            Self::Keep => {}
            Self::Clear => *to = usual,
            Self::Set(value) => *to = value,
        }
    }

    /// Whether there is a value afterwards, given whether there is one now.
    pub(crate) fn leaves(&self, is_there: bool) -> bool {
        match self {
            Self::Keep => is_there,
            Self::Clear => false,
            Self::Set(_) => true,
        }
    }
}
