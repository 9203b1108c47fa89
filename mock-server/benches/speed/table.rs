//! Figures with what they vary by.

use std::fmt;

/// The median of several figures, and the lowest and the highest.
#[derive(Debug)]
pub(crate) struct Spread(Vec<f64>);

impl Spread {
    /// The spread of these figures, of which there is at least one.
    pub(crate) fn of(mut figures: Vec<f64>) -> Self {
        figures.sort_by(f64::total_cmp);
        Self(figures)
    }

    /// The figure in the middle.
    pub(crate) fn median(&self) -> f64 {
        self.0[self.0.len() / 2]
    }
}

impl fmt::Display for Spread {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{:.2} ({:.2} to {:.2})", self.median(), self.0[0], self.0[self.0.len() - 1])
    }
}
