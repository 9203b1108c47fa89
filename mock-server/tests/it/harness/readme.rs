//! The README as data.

pub(crate) const README: &str = include_str!("../../../../README.md");

/// The part of the README under this heading.
pub(crate) fn section(heading: &str) -> &'static str {
    let (_, rest) = README.split_once(&format!("\n## {heading}\n")).unwrap_or_else(|| panic!("no section {heading}"));
    rest.split("\n## ").next().unwrap_or_default()
}
