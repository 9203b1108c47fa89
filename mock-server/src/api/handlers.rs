//! Handlers, by the guide's pages: each takes its caller and a request, does one step on the world, and answers by
//! meaning. The description of each operation is declared beside its handler.

pub(crate) mod account;
pub(crate) mod alarm;
pub(crate) mod confirmation;
pub(crate) mod login;
pub(crate) mod online;
pub(crate) mod ssn;
pub(crate) mod watchlist;
