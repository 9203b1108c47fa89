//! A contract suite for the Defentry API: the same scenarios against the in-memory fake or the real system.
//!
//! A contract is a function over a target. It makes an account of its own and values that nobody else has, calls the
//! API as a client would, and compares what it sees with the facts of the guide that it names. A target chooses freely
//! where the guide is silent: only a documented fact can fail it.
//!
//! The way of a check: [`run_suite`] (which checks, how many at once) → [`Run`] (one target) → [`Check`] (id, facts,
//! function) → [`Case`] (accounts, tokens, messages) → `client` (one `send`: pace, budget, ledger, retries) → [`reader`]
//! (all tolerance) → [`Outcome`] (its evidence tells the story) → [`Results`] → [`report`]. The contracts stand in
//! `contracts`, by page of the guide, the model test in `model`, the probes of what is not documented in `assumptions`,
//! and the guide as data in `documented`.
//!
//! [`Target::from_environment`] chooses the target by the `DEFENTRY_…` variables. Without `DEFENTRY_BASE_URL` there is
//! none, and [`Fake`] starts one in this process; only `fake` knows that the package `mock-server` exists.
//!
//! Another project runs the checks on a target of its own:
//!
//! ```
//! use std::collections::HashMap;
//! use std::sync::Arc;
//!
//! use contract_tests::{Format, Outcome, Run, Settings, Target, checks};
//!
//! # tokio::runtime::Runtime::new().unwrap().block_on(async {
//! # let fake = contract_tests::Fake::start().await;
//! # let my_base_url = fake.target().base_url().to_owned();
//! # let folder = std::env::temp_dir().join(format!("contract-tests-doc-{}", std::process::id()));
//! # let results = folder.to_str().unwrap();
//! let variables = HashMap::from([
//!     ("DEFENTRY_BASE_URL", &*my_base_url),
//!     ("DEFENTRY_CRM_USERNAME", "service@partner.example"),
//!     ("DEFENTRY_CRM_PASSWORD", "mock-crm-password"),
//!     ("DEFENTRY_RESULTS_DIR", results),
//! ]);
//! let lookup = |name: &str| variables.get(name).map(|value| value.to_string());
//! let target = Target::from_variables(lookup)?.expect("DEFENTRY_BASE_URL is set");
//! let settings = Settings::from_variables(Some(&target), lookup)?;
//! let run = Arc::new(Run::new(target, settings)?);
//!
//! for check in checks().filter(|check| check.facts.contains(&"LOGIN-1")) {
//!     match run.check(check, Format::Standardized).await {
//!         Outcome::Pass => {}
//!         Outcome::Fail(evidence) => panic!("{} is not as documented\n{evidence}", check.id),
//!         other => println!("{}: {other:?}", check.id),
//!     }
//! }
//! assert!(run.finish().await.is_empty());
//! # std::fs::remove_dir_all(folder)?;
//! # Ok::<_, Box<dyn std::error::Error>>(()) }).unwrap();
//! ```

mod assumptions;
mod case;
mod cleanup;
mod client;
mod contract;
mod contracts;
mod documented;
mod exchange;
mod format;
mod halt;
mod kind;
mod ledger;
mod lock;
mod matrix;
mod messages;
mod mock;
mod model;
mod outcome;
mod pace;
pub mod reader;
pub mod report;
mod results;
mod run;
mod secrets;
mod session;
mod steps;
mod suite;
mod target;
mod values;

pub use assumptions::{Assumption, Finding, assumptions};
pub use case::Case;
pub use contract::Check;
pub use contracts::checks;
pub use format::Format;
pub use ledger::LEDGER;
pub use matrix::{Cell, Principal};
pub use mock::Fake;
pub use model::Replay;
pub use outcome::{Evidence, Outcome};
pub use results::{AssumptionResult, CheckResult, End, FactResult, Level, Results, TargetResult, Verdict};
pub use run::Run;
pub use suite::{Cost, Progress, Selection, keep_replays, rehearse, run_suite};
pub use target::{Settings, Target, VariableError};
