//! Faults of a seed: all that were found, each with its place, the rule that it breaks, and an example.

use std::fmt;

use serde_json::Value as Json;

/// How many faults are told at once. Where there are more, most have the same cause.
const MOST: usize = 50;

/// One fault of a seed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SeedFault {
    /// The place in the seed, as in `accounts[0].emails[1].email`; empty for the seed as a whole.
    pub path: String,
    /// The rule that the seed breaks there, in a sentence without its end.
    pub rule: String,
    /// JSON that would be right there, if an example helps.
    pub example: Option<String>,
}

impl fmt::Display for SeedFault {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let place = if self.path.is_empty() { "the seed" } else { &self.path };
        write!(formatter, "{place}: {}", self.rule)?;
        match &self.example {
            None => Ok(()),
            Some(example) => write!(formatter, "; for example {example}"),
        }
    }
}

/// Why a seed cannot be used: all its faults, one a line.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{}", told(.faults, *.has_more))]
pub struct SeedError {
    faults: Vec<SeedFault>,
    has_more: bool,
}

impl SeedError {
    /// The faults, in the order in which they were found. Of very many only the first are kept.
    pub fn faults(&self) -> &[SeedFault] {
        &self.faults
    }

    /// A seed with one fault.
    pub(crate) fn of(path: impl Into<String>, rule: impl Into<String>) -> Self {
        let fault = SeedFault { path: path.into(), rule: rule.into(), example: None };
        Self { faults: vec![fault], has_more: false }
    }
}

fn told(faults: &[SeedFault], has_more: bool) -> String {
    if let ([fault], false) = (faults, has_more) {
        return fault.to_string();
    }
    let least = if has_more { "at least " } else { "" };
    let lines = faults.iter().map(|fault| format!("\n  {fault}"));
    format!("it has {least}{} faults:{}", faults.len(), lines.collect::<String>())
}

/// The faults that were found so far.
#[derive(Debug, Default)]
pub(crate) struct Faults {
    found: Vec<SeedFault>,
    has_more: bool,
}

impl Faults {
    /// Adds a fault.
    pub(crate) fn add(&mut self, path: impl Into<String>, rule: impl Into<String>) {
        self.keep(path.into(), rule.into(), None);
    }

    /// Adds a fault with an example of what would be right.
    pub(crate) fn add_with(&mut self, path: impl Into<String>, rule: impl Into<String>, example: Option<&Json>) {
        self.keep(path.into(), rule.into(), example.map(ToString::to_string));
    }

    fn keep(&mut self, path: String, rule: String, example: Option<String>) {
        if self.found.len() == MOST {
            self.has_more = true;
        } else {
            self.found.push(SeedFault { path, rule, example });
        }
    }

    /// Whether so many were found that it is of no use to look for more.
    pub(crate) fn are_many(&self) -> bool {
        self.has_more
    }

    /// Whether nothing below this place has a fault, so that other parts can be held to it.
    pub(crate) fn spare(&self, path: &str) -> bool {
        !self.found.iter().any(|fault| fault.path.starts_with(path))
    }

    /// How many were found, to see later whether one has been added.
    pub(crate) fn count(&self) -> usize {
        self.found.len() + usize::from(self.has_more)
    }

    /// Nothing, where nothing is wrong.
    ///
    /// # Errors
    /// All faults.
    pub(crate) fn into_result(self) -> Result<(), SeedError> {
        if self.found.is_empty() {
            return Ok(());
        }
        Err(SeedError { faults: self.found, has_more: self.has_more })
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn one_fault_is_a_line_and_many_are_a_list() {
        let mut faults = Faults::default();
        faults.add_with(
            "accounts[0].phones[0].phone",
            "the phone field format is invalid",
            Some(&json!("+46701740650")),
        );
        assert!(faults.spare("leaks") && !faults.spare("accounts"));
        let one = "accounts[0].phones[0].phone: the phone field format is invalid; for example \"+46701740650\"";
        assert_eq!(faults.into_result().expect_err("a fault").to_string(), one);

        let mut faults = Faults::default();
        faults.add("", "it is not an object");
        faults.add("leaks[0]", "it is a text");
        let told = faults.into_result().expect_err("two faults").to_string();
        assert_eq!(told, "it has 2 faults:\n  the seed: it is not an object\n  leaks[0]: it is a text");

        let mut faults = Faults::default();
        (0..MOST + 5).for_each(|place| faults.add(format!("leaks[{place}]"), "it is a text"));
        assert!(faults.are_many());
        let error = faults.into_result().expect_err("many");
        assert_eq!(error.faults().len(), MOST);
        assert!(error.to_string().starts_with(&format!("it has at least {MOST} faults:")));
    }
}
