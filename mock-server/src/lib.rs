//! A stateful in-memory fake of the Defentry identity-protection API, on axum.
//!
//! # The way of a request
//!
//! request → `server` (connection, world) → `routes` (the table) → `call` (body) → `auth` (who is calling) → handler
//! (`login`, `account`, `ssn`, `watchlist` and its kinds) → `world` (one step) → `reply` (what is meant) → `format`
//! (legacy or standardized) → response
//!
//! What holds throughout:
//!
//! - Only `format` knows status numbers and JSON shapes. Handlers answer by meaning.
//! - Only `auth` makes the `Actor` that a handler takes first, so nobody forgets to ask who is calling.
//! - One account is one entry of `world`; a rule and its write are one step under its guard.
//! - Where the guide is silent, code reads a named assumption (`assumptions`), and reading it records it for the
//!   answer's `X-Mock-Basis`.
//! - What goes wrong on purpose is in `faults`: `call` asks it of each request and `world` of each message, and
//!   `connection` ends a connection as it says.
//!
//! `control` serves `/_mock/`, `page` the page there that shows it to a person, and [`MockServer`] is the same within a
//! Rust test.

// First, for its macro is known from here on.
#[macro_use]
mod broken;

mod account;
mod alarm;
mod app;
mod assumptions;
mod auth;
mod call;
mod clock;
mod config;
mod confirmation;
mod connection;
mod control;
mod cors;
mod curl;
mod embed;
mod facts;
mod faults;
mod fields;
mod format;
mod guidance;
mod hints;
mod id;
mod journal;
mod leak;
mod login;
mod magic;
mod mask;
mod online;
mod openapi;
mod outbox;
mod page;
mod pages;
mod reply;
mod routes;
mod run;
mod secrets;
mod seed;
mod server;
mod ssn;
mod time;
mod value;
mod watchlist;
mod world;

pub use assumptions::{AssumptionError, Assumptions};
#[cfg(feature = "broken-rules")]
pub use broken::BrokenRule;
pub use config::{Cli, Command, Config, LogFormat};
pub use control::ClockState;
pub use embed::{MockServer, MockServerBuilder, Sandbox, WorldControl};
pub use faults::{Distribution, FaultKind, FaultRecord, FaultToken, FaultWhen, Latency, NewFault, StruckBy};
pub use id::ShownId;
pub use journal::RequestRecord;
pub use leak::{NewLeak, Severity, SourceType, WatchKind};
pub use outbox::{Channel, Message, MessageFilter};
pub use run::{healthcheck, run};
pub use seed::SeedError;
pub use ssn::EidProvider;
pub use time::{Date, Timestamp};
pub use world::{Due, EidError};
