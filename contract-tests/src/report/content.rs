//! What a report is about.

use serde::Serialize;

use crate::comparison::Comparison;
use crate::deviations::Judgement;
use crate::history::History;
use crate::results::{Results, Verdict};

/// A run with all that is told of it.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Report<'r> {
    /// What it has found.
    #[serde(flatten)]
    pub results: &'r Results,
    /// Where it stands against the list of deviations, if it was given one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub deviations: Option<&'r Judgement>,
    /// What has moved since the run before in the same folder.
    #[serde(skip)]
    pub since: Option<&'r Comparison>,
    /// The runs of the same folder, this one last.
    #[serde(skip)]
    pub history: &'r History,
}

/// The verdict in a sentence.
pub(super) fn meaning(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Conformant => "Every fact of the guide was tested, and the target does what the guide says.",
        Verdict::NotAsDocumented => "The target does other than the guide says, in at least one place.",
        Verdict::Partial => {
            "Nothing was found that contradicts the guide, but something could not be tested or decided: see below why."
        }
        Verdict::NothingTested => "No fact was tested, so nothing is known of the target: see below why.",
        Verdict::KnownDeviations => "Nothing was found that is not in the list of deviations.",
        Verdict::OutdatedDeviations => {
            "Nothing new was found, but the list of deviations excuses what is not there any more: delete those entries."
        }
    }
}

/// A text in one line, of so many characters at most.
pub(super) fn one_line(text: &str, most: usize) -> String {
    let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
    match text.char_indices().nth(most) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text,
    }
}
