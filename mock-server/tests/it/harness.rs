//! The library of the tests: worlds and their verbs, callers, and what the guide says as tables.
//!
//! A test imports from here and never from another test.
//!
//! - [`World`] is a mock of its own, with the verbs of its control routes; [`Request`] and [`Answer`] are an exchange
//!   with it, and [`Wire`] is a connection without a client that knows better.
//! - [`Running`] is the binary as a process of its own.
//! - [`Caller`] acts on an account with one of the two tokens.
//! - [`KINDS`] are the kinds of items, [`ROUTES`] are the routes of the guide, [`Format`] the two formats,
//!   [`Switched`] is an assumption with one of its values, and [`page`] a page of the documentation.

mod assumptions;
mod bodies;
mod caller;
mod concurrent;
mod control;
mod exchange;
mod format;
mod kinds;
mod pages;
mod process;
mod routes;
mod wire;
mod world;

pub(crate) use assumptions::{Switched, assumptions, default_of, keys, values_of};
pub(crate) use bodies::{account_body, body_of, card, invalid_body, login_body, sso_body};
pub(crate) use caller::Caller;
pub(crate) use concurrent::{at_once, race};
pub(crate) use control::sentence;
pub(crate) use exchange::{Answer, Request, STANDARDIZED, fields, written};
pub(crate) use format::Format;
pub(crate) use kinds::{CARD, EMAIL, IBAN, KINDS, Kind, PHONE};
pub(crate) use pages::{page, pages, root};
pub(crate) use process::{Folder, Running, binary, in_shell, texts};
pub(crate) use routes::{ROUTES, Route, Takes, filled, is_capture, token_routes};
pub(crate) use wire::{Wire, announced};
pub(crate) use world::{APP, CRM, World};
