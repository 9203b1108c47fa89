//! The documented routes: from a request to its response.
//!
//! `dispatch` finds the row of the route table and the caller, a handler does one step on the world and answers by
//! meaning, and `format` writes the response. Only `format` and `wording` know status numbers.

pub(crate) mod auth;
pub(crate) mod context;
pub(crate) mod cors;
pub(crate) mod dispatch;
pub(crate) mod error;
pub(crate) mod format;
pub(crate) mod handlers;
pub(crate) mod openapi;
pub(crate) mod operation;
pub(crate) mod pages;
pub(crate) mod reply;
pub(crate) mod request;
pub(crate) mod respond;
pub(crate) mod routes;
pub(crate) mod suggest;
pub(crate) mod wording;
