//! Data and rules, pure: accounts, watched items, leaks, alarms, Online Data, and how each is shown.
//!
//! Nothing here knows a request, a response, a lock or the time: the input of a rule is an argument.

pub(crate) mod account;
pub(crate) mod account_body;
pub(crate) mod alarm;
pub(crate) mod base_url;
pub(crate) mod body;
pub(crate) mod confirmation;
pub(crate) mod exposure;
pub(crate) mod fields;
pub(crate) mod guidance;
pub(crate) mod hints;
pub(crate) mod id;
pub(crate) mod item;
pub(crate) mod kind;
pub(crate) mod leak;
pub(crate) mod magic;
pub(crate) mod mask;
pub(crate) mod message;
pub(crate) mod online;
pub(crate) mod partner;
pub(crate) mod principal;
pub(crate) mod rows;
pub(crate) mod severity;
pub(crate) mod shape;
pub(crate) mod shell;
pub(crate) mod ssn;
pub(crate) mod time;
pub(crate) mod update;
pub(crate) mod value;
pub(crate) mod watchlists;
