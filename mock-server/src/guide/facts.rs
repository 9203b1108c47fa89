//! The documented facts by their ids. The sentences behind the ids are in `fixtures/facts.json`.

include!(concat!(env!("OUT_DIR"), "/facts.rs"));

/// The sentences of the facts as data, compiled in.
pub(crate) const FIXTURE: &str = include_str!("../../../fixtures/facts.json");
