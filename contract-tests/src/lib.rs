//! A contract suite for the Defentry API: the same scenarios against the in-memory mock or the real system.
//!
//! A contract is a function over a target. It makes an account of its own and new values, calls the API as a client
//! would, and compares the answers with the facts of the guide that it names. A target chooses freely where the guide
//! is silent: only a documented fact can fail it.
//!
//! The way of a check: [`run_suite`] (which checks, how many at once) → [`Run`] (one target) → [`Check`] (id, facts,
//! function) → [`Case`] (accounts, tokens, messages) → `client` (one `send`: pace, budget, ledger, retries) →
//! [`reader`] (all tolerance) → [`Outcome`] (its evidence tells the story) → [`Results`] → [`Report`].
//!
//! # Layers
//!
//! A file imports only files of the layers before its own, or of its own without a circle.
//!
//! | layer | files | purpose |
//! |---|---|---|
//! | words | `lock` `halt` `format` `values` `kind` | made-up values, the table of kinds, reasons to stop |
//! | guide | `documented` `matrix` `outcome` `secrets` `trust` | facts and routes, cells of the matrix, evidence, redactor, certificates |
//! | target | `target` `messages` `folder` `ledger` `mock` | the system to test, readers of what it sends, a record of what is created there, the mock as a target |
//! | wire | `reader` `exchange` `recording` `profile` `drift` `retry` `pace` `client` `signature` | requests, answers, tolerance, speed |
//! | case | `session` `case` `cleanup` | the shared state of a run, one run of one check, its end |
//! | check | `contract` `run` | a check as its page lists it, checks against one target |
//! | steps | `steps` | what pages, model and probes share |
//! | model | `model` | generated sequences, held to a reference |
//! | pages | `contracts` | the checks by page of the guide; a page imports no page |
//! | probes | `assumptions` | what a target does where the guide is silent |
//! | learning | `learn` `verify` | what went over the wire, and what it tells of the target and of the facts |
//! | whole | `results` `deviations` `comparison` `history` `report` `suite` | a whole run, what is known of it, what has moved, the runs before, its reports |
//! | command | `main` `console` `signals` `subject` `records` | the command: what it prints, what ends it, what it does with files |
//!
//! To add a check: a row and a function in its page. To add a kind of items: a row of `kind`, its values in `values`,
//! and a row of `contracts/examples` for the guide's examples of it.
//!
//! [`Target::from_environment`] chooses the target by the `DEFENTRY_…` variables. Without `DEFENTRY_BASE_URL` there is
//! none, and [`Mock`] starts one in this process; only `mock` knows that the package `mock-server` exists.
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
//! # let mock = contract_tests::Mock::start().await;
//! # let my_base_url = mock.target().base_url().to_owned();
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
//! // Is it the API, and does it take the credentials?
//! run.set_up().await.map_err(|evidence| evidence.observed)?;
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
mod comparison;
mod contract;
mod contracts;
mod deviations;
mod documented;
mod drift;
mod exchange;
mod folder;
mod format;
mod halt;
mod history;
mod kind;
mod learn;
mod ledger;
mod lock;
mod matrix;
mod messages;
mod mock;
mod model;
mod outcome;
mod pace;
mod profile;
pub mod reader;
mod recording;
mod report;
mod results;
mod retry;
mod run;
mod secrets;
mod session;
mod signature;
mod steps;
mod suite;
mod target;
mod trust;
mod values;
mod verify;

pub use assumptions::{Assumption, Finding, assumptions};
pub use case::Case;
pub use comparison::{Column, Comparison, Difference, Row, Side, Weight, side_by_side};
pub use contract::Check;
pub use contracts::checks;
pub use deviations::{Changes, DeviationKind, Deviations, Entry, Expired, Judgement, Lines, Unlisted};
pub use drift::Drift;
pub use folder::Hold;
pub use format::Format;
pub use history::{BADGE, GroundTruth, HISTORY, History, PastRun};
pub use learn::learn_from_har;
pub use ledger::LEDGER;
pub use matrix::{Cell, Principal};
pub use mock::Mock;
pub use model::Replay;
pub use outcome::{Evidence, Outcome};
pub use profile::{Profile, ProfileError, Source};
pub use report::{PREVIOUS, Report};
pub use results::{AssumptionResult, CheckResult, End, FactResult, Level, Results, TargetResult, Verdict};
pub use run::Run;
pub use suite::{Bought, Cost, Progress, Selection, keep_replays, profile, rehearse, run_suite};
pub use target::{Settings, Target, VariableError};
pub use verify::{Seen, Verification, VerifiedFact, Violation, verify};
