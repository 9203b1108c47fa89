//! What the guide says, and what it leaves open: facts by their ids, assumptions by their keys, and the record of
//! which of them one response rests on.
//!
//! Everything else stands on this layer. The enums of facts and keys are made from the fixtures by `build.rs`.

pub(crate) mod assumptions;
pub(crate) mod facts;
pub(crate) mod format;
pub(crate) mod trace;
