//! One run of checks against one target.

mod set_up;

use std::collections::BTreeSet;
use std::io;
use std::sync::Arc;

use crate::case::Case;
use crate::cleanup;
use crate::contract::Check;
use crate::format::Format;
use crate::halt::Halt;
use crate::matrix::Cell;
use crate::outcome::{Evidence, Outcome};
use crate::session::Session;
use crate::target::{Settings, Target};

/// How often a check is run that could not tell for a lost answer.
const ATTEMPTS: u32 = 3;

/// Checks against one target. It belongs to the runtime on which it is first used, as its connections do.
#[derive(Debug)]
pub struct Run {
    pub(crate) session: Arc<Session>,
}

impl Run {
    /// A run against `target`, which is not called yet. Its ledger is in the results folder, unless the target ends
    /// with this process.
    pub fn new(target: Target, settings: Settings) -> io::Result<Self> {
        Session::new(target, settings).map(Self::with)
    }

    /// A run whose ledger is nowhere but in memory.
    pub(crate) fn rehearsal(target: Target, settings: Settings) -> io::Result<Self> {
        Session::rehearsal(target, settings).map(Self::with)
    }

    fn with(session: Session) -> Self {
        Self { session: Arc::new(session) }
    }

    /// The settings that it keeps to.
    pub fn settings(&self) -> &Settings {
        &self.session.settings
    }

    /// How many requests were sent so far.
    pub fn requests(&self) -> u64 {
        self.session.pace.sent().saturating_sub(self.session.pace.controls())
    }

    /// Where the target's paths begin.
    pub fn base_url(&self) -> &str {
        self.session.target.base_url()
    }

    /// Sends nothing more, but for removals.
    pub fn interrupt(&self) {
        self.session.pace.end();
    }

    /// Why the target could not be reached, if its last request did not reach it.
    pub fn out_of_reach(&self) -> Option<String> {
        self.session.pace.unreached().map(|cause| self.session.redactor.clean(&cause))
    }

    /// Whether it was interrupted.
    pub fn is_interrupted(&self) -> bool {
        self.session.pace.interruption().is_some()
    }

    /// Logs in once, opens the readers of messages, takes up what earlier runs have left, makes an account on each plan,
    /// and reads once: whether the target is the API and takes what the variables say is to be known before any check
    /// sends it again. What is wrong is the evidence's `observed`.
    pub async fn set_up(&self) -> Result<(), Box<Evidence>> {
        self.log_in().await?;
        let case = Case::new(&self.session, Format::Legacy);
        let readable = set_up::open_readers(&case).await;
        readable.map_err(|halt| Box::new(case.evidence(&[], &halt)))?;
        cleanup::resume(&self.session).await;
        let mut attempt = 1;
        loop {
            let case = Case::new(&self.session, Format::Legacy);
            let end = set_up::read(&case).await;
            case.clean_up().await;
            if attempt == ATTEMPTS || !self.is_worth_another(&case, &end) {
                return begun(&case, end);
            }
            attempt += 1;
        }
    }

    /// Logs in once. What is wrong is the evidence's `observed`.
    pub async fn log_in(&self) -> Result<(), Box<Evidence>> {
        let mut attempt = 1;
        loop {
            let case = Case::new(&self.session, Format::Legacy);
            let end = set_up::log_in(&case).await;
            if attempt == ATTEMPTS || !self.is_worth_another(&case, &end) {
                return begun(&case, end);
            }
            attempt += 1;
        }
    }

    /// Runs one check in one format, and removes what it has left.
    pub async fn check(&self, check: &Check, format: Format) -> Outcome {
        self.check_and_tell(check, format).await.0
    }

    /// The same, with the documented routes that the check has called.
    pub(crate) async fn check_and_tell(&self, check: &Check, format: Format) -> (Outcome, BTreeSet<String>) {
        // A check that moves a clock which all go by, or counts what others do too, runs by itself.
        let world = &self.session.world;
        let (_exclusive, _shared) = match check.is_exclusive && self.session.has_only_its_own_clock().await {
            true => (Some(world.write().await), None),
            false => (None, Some(world.read().await)),
        };
        let mut attempt = 1;
        loop {
            let case = Case::new(&self.session, format);
            let end = check.contract.run(&case).await;
            case.clean_up().await;
            if matches!(end, Err(Halt::Fail { .. })) {
                self.session.give_up_shared().await;
            }
            if attempt == ATTEMPTS || !self.is_worth_another(&case, &end) {
                if case.is_unheard() {
                    self.session.note_unheard(check.name(format));
                }
                let routes = case.routes();
                return (case.outcome(check.facts, end), routes);
            }
            attempt += 1;
        }
    }

    /// Whether a check could not tell because an answer got lost, and may be able to when it is run again. A target that
    /// takes too long, or that is out of reach, is not asked once more.
    fn is_worth_another(&self, case: &Case, end: &Result<(), Halt>) -> bool {
        let pace = &self.session.pace;
        let is_lost = matches!(end, Err(Halt::Inconclusive(_))) && case.has_lost_an_answer();
        is_lost && pace.objection().is_none() && pace.unreached().is_none()
    }

    /// The principal matrix, as far as it was called.
    pub fn matrix(&self) -> Vec<Cell> {
        self.session.matrix()
    }

    /// Removes what is left of all cases and of sandboxes; what is returned could not be removed, in words.
    pub async fn finish(&self) -> Vec<String> {
        cleanup::finish(&self.session).await
    }

    /// Removes what runs against this target have left, interrupted ones too: the items that the ledger has, and
    /// whatever may be on an account whose id is not known. What is returned could not be removed, in words.
    pub async fn sweep(&self) -> Vec<String> {
        cleanup::sweep(&self.session).await
    }

    /// The accounts of this target that the suite has made, and that are left empty, by their ids.
    pub fn accounts_left(&self) -> Vec<String> {
        if self.session.target.is_throwaway {
            return Vec::new();
        }
        self.session.ledger.left().into_iter().filter_map(|left| left.id).collect()
    }
}

/// The end of a step of the set-up, with the variable that a failure is about.
fn begun(case: &Case, end: Result<(), Halt>) -> Result<(), Box<Evidence>> {
    end.map_err(|halt| Box::new(case.evidence(&[], &set_up::explained(case, halt))))
}
