//! Steps that the pages, the model and the probes share. They are a layer below all of these, so that no page needs
//! another.

pub(crate) mod accounts;
pub(crate) mod alarms;
pub(crate) mod confirmations;
pub(crate) mod items;
pub(crate) mod leaks;
pub(crate) mod logins;
pub(crate) mod matrix;
pub(crate) mod once;
pub(crate) mod online;
pub(crate) mod profiles;
pub(crate) mod tour;
pub(crate) mod world;
