//! Guidance (`coachme`) on what to do about a leak, in plain English (ALARM-3). What it says of each kind stands with the
//! kind.

use crate::model::kind::{Advice, WatchKind};
use crate::model::leak::Leak;
use crate::model::severity::Severity;

/// How soon to act, by severity.
const URGENCY: [&str; Severity::NAMES.len()] = [
    "There is no hurry, but keep it in mind.",
    "Take the steps below within the next days.",
    "Take the steps below today.",
    "Take the steps below now, from a device that you trust.",
];

/// One step more where a password has leaked too.
const WITH_PASSWORD: &str = "Change the leaked password everywhere, and never use it again.";

/// The guidance on one leak.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Guidance {
    pub(crate) title: &'static str,
    pub(crate) text: Box<str>,
    pub(crate) steps: Vec<&'static str>,
}

impl Guidance {
    /// For a leak of this kind and severity.
    pub(crate) fn on(leak: &Leak) -> Self {
        Self::of(leak.kind, leak.severity, leak.has_password)
    }

    fn of(kind: WatchKind, severity: Severity, has_password: bool) -> Self {
        let Advice { title, text, steps } = kind.names().advice;
        let fitting = steps.iter().filter(|(from, _)| *from <= severity).map(|(_, step)| *step);
        Self {
            title,
            text: format!("{text} {}", URGENCY[severity as usize]).into(),
            steps: fitting.chain(has_password.then_some(WITH_PASSWORD)).collect(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_is_guidance_for_every_kind_and_more_of_it_the_worse_the_leak() {
        let severities = [Severity::Low, Severity::Medium, Severity::High, Severity::Critical];
        for kind in WatchKind::ALL {
            let of_each = severities.map(|severity| Guidance::of(kind, severity, false));
            let steps = of_each.each_ref().map(|guidance| guidance.steps.len());
            assert!(steps[0] >= 1 && steps.is_sorted() && steps[3] > steps[0], "{kind:?}: {steps:?}");
            for (position, guidance) in of_each.iter().enumerate() {
                assert!(of_each[..position].iter().all(|other| other.text != guidance.text), "{kind:?} {guidance:?}");
            }
        }
    }

    #[test]
    fn a_leaked_password_is_to_be_changed() {
        let [without, with] = [false, true].map(|has| Guidance::of(WatchKind::Email, Severity::Low, has).steps.len());
        assert_eq!(with, without + 1);
    }
}
