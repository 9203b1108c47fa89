//! A stateful in-memory mock of the Defentry identity-protection API, on axum.
//!
//! # Layers
//!
//! Each layer imports only those before it, and no two files import each other; a test reads the sources and holds them to
//! it.
//!
//! 1. `guide`: facts and assumptions by name, and the trace of those that a response is based on
//! 2. `model`: data and rules, pure; knows neither request nor time
//! 3. `faults`: what is to go wrong, pure
//! 4. `profile`: what a target was seen to do, pure
//! 5. `world`: accounts, tokens, leaks, messages and a clock behind verbs; seeds and snapshots
//! 6. `api`: the documented routes
//! 7. `page`, `control`: the page and the control routes under `/_mock/`
//! 8. `connection`, `unread`, `server`, `seeds`, `embed`: serving it all
//! 9. `config`, `ask`, `banner`, `environment`, `log`, `save`, `seed_command`, `run`: the binary, which the feature `cli` has
//!
//! Below them all are `encoding` (text from bytes), `output` (standard output and error) and `spelling` ("did you mean").
//!
//! # The way of a request
//!
//! `server` (connection, world) → `api::dispatch` (path, body) → `api::respond` (faults, row of the table `api::routes`,
//! caller by `api::auth`) → a handler in `api::handlers` → one verb of the `world` → an answer by meaning (`api::reply`) →
//! `api::format` (legacy or standardized) → response
//!
//! - Only `api::format` and `api::wording` know the statuses of documented routes.
//! - Only `api::auth` makes the caller that a handler takes first, so that no handler can forget to ask.
//! - One account is one entry of the world; a rule and its write are one step under its guard.
//! - An assumption can be read only in a way that records it for the response's `X-Mock-Basis`.

mod api;
#[cfg(feature = "cli")]
mod ask;
#[cfg(feature = "cli")]
mod banner;
#[cfg(feature = "cli")]
mod config;
mod connection;
mod control;
mod embed;
mod encoding;
#[cfg(feature = "cli")]
mod environment;
mod faults;
mod guide;
#[cfg(feature = "cli")]
mod log;
mod model;
#[cfg(feature = "cli")]
mod output;
mod page;
mod profile;
#[cfg(feature = "cli")]
mod run;
#[cfg(feature = "cli")]
mod save;
#[cfg(feature = "cli")]
mod seed_command;
mod seeds;
mod server;
mod spelling;
mod unread;
mod world;

#[cfg(feature = "cli")]
pub use config::{Cli, Command, Config, LogFormat, SeedCommand, VariableFormat};
pub use control::accounts::AccountSummary;
pub use control::clock::ClockState;
pub use embed::world::WorldControl;
pub use embed::{MockServer, MockServerBuilder, Sandbox};
pub use faults::kinds::{Distribution, FaultKind, FaultToken, FaultWhen, Latency};
pub use faults::new_fault::NewFault;
pub use faults::{FaultRecord, InjectedFault};
pub use guide::assumptions::{AssumptionError, Assumptions};
pub use model::id::ShownId;
pub use model::kind::WatchKind;
pub use model::leak::{NewLeak, SourceType};
pub use model::message::{Channel, Message, MessageFilter, MessageState};
pub use model::severity::Severity;
pub use model::ssn::EidProvider;
pub use model::time::{Date, Timestamp};
#[cfg(feature = "cli")]
pub use output::{complain, print};
pub use profile::ProfileError;
#[cfg(feature = "cli")]
pub use run::{environment, healthcheck, run};
#[cfg(feature = "cli")]
pub use seed_command::seed;
pub use seeds::{check_seed, example_seed, seed_schema};
pub use world::credentials::{
    AccountCredentials, Credentials, CrmCredentials, PartnerCredentials, SsoCredentials, UserCredentials,
};
pub use world::due::Due;
pub use world::expected_call::ExpectedCall;
pub use world::exposures::EidError;
pub use world::record::{RecordedMessage, RecordedResponse, RequestRecord};
pub use world::request_filter::{NearMiss, RequestFilter};
pub use world::seed::faults::{SeedError, SeedFault};
