//! The guide, and the questions that it leaves open: facts by their ids, assumptions by their keys, and the record of
//! those that one response is based on.
//!
//! Every other layer uses this one. The enums of facts and keys are made from the fixtures by `build.rs`.

pub(crate) mod assumptions;
pub(crate) mod facts;
pub(crate) mod format;
pub(crate) mod trace;
