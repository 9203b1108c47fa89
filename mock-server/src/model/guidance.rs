//! Guidance (`coachme`) on what to do about a leak, in plain English (ALARM-3). The texts are data in
//! `fixtures/guidance.json`.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use serde::Deserialize;

use crate::model::kind::WatchKind;
use crate::model::leak::{Leak, Severity};

/// The texts, compiled in.
#[derive(Debug, Deserialize)]
struct Texts {
    urgency: BTreeMap<Severity, String>,
    kinds: BTreeMap<WatchKind, OfKind>,
    with_password: String,
}

#[derive(Debug, Deserialize)]
struct OfKind {
    title: String,
    text: String,
    steps: Vec<StepFrom>,
}

/// A step that is worth its trouble from this severity on.
#[derive(Debug, Deserialize)]
struct StepFrom {
    from: Severity,
    step: String,
}

static TEXTS: LazyLock<Texts> = LazyLock::new(|| {
    serde_json::from_str(include_str!("../../../fixtures/guidance.json"))
        .expect("the compiled-in texts are of this form")
});

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
        let texts = &*TEXTS;
        let of_kind = &texts.kinds[&kind];
        let fitting = of_kind.steps.iter().filter(|step| step.from <= severity).map(|step| &*step.step);
        Self {
            title: &of_kind.title,
            text: format!("{} {}", of_kind.text, texts.urgency[&severity]).into(),
            steps: fitting.chain(has_password.then_some(&*texts.with_password)).collect(),
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
