//! A contract suite for the Defentry API: the same scenarios against the in-memory fake or the real system.
//!
//! A contract is a function over a target. It makes an account of its own and values that nobody else has, calls the
//! API as a client would, and compares what it sees with the facts of the guide that it names. A target chooses freely
//! where the guide is silent: only a documented fact can fail it.
//!
//! The way of a check: [`Run`] (one target) → [`Check`] (id, facts, function) → [`Case`] (accounts, tokens, messages) →
//! `client` (one `send`: pace, budget, ledger, retries) → [`reader`] (all tolerance) → [`Outcome`] (its evidence tells
//! the story). The contracts stand in `contracts`, by page of the guide, and the guide as data in `documented`.
//!
//! [`Target::from_environment`] chooses the target by the `DEFENTRY_…` variables. Without `DEFENTRY_BASE_URL` there is
//! none, and [`Fake`] starts one in this process; only `fake` knows that the package `mock-server` exists.

mod assumptions;
mod case;
mod client;
mod contract;
mod contracts;
mod documented;
mod fake;
mod ledger;
mod matrix;
mod messages;
mod model;
pub mod reader;
pub mod report;
mod results;
mod run;
mod secrets;
mod suite;
mod target;
mod values;

pub use assumptions::{Assumption, Finding, assumptions};
pub use case::Case;
pub use client::Format;
pub use contract::{Check, Evidence, Outcome};
pub use contracts::checks;
pub use fake::Fake;
pub use ledger::LEDGER;
pub use matrix::{Cell, Principal};
pub use model::Replay;
pub use results::{AssumptionResult, CheckResult, End, FactResult, Level, Results, TargetResult, Verdict};
pub use run::Run;
pub use suite::{Cost, Progress, Selection, keep_replays, rehearse, run_suite};
pub use target::{Settings, Target, VariableError};
