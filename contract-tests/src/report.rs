//! The reports of a run: for machines, for CI, for people.

mod content;
mod groups;
mod html;
mod junit;
mod summary;
mod terminal;

use std::fs;
use std::io::{self, Write};
use std::path::Path;

use crate::results::RESULTS;

pub use content::Report;

/// The file of the results folder with what the run before has found.
pub const PREVIOUS: &str = "results.previous.json";

impl Report<'_> {
    /// Writes all reports into `folder`, and the summary to the step of a GitHub workflow too, if this is one. The
    /// results of the run before are kept beside the new ones.
    pub fn write(&self, folder: &Path) -> io::Result<()> {
        fs::create_dir_all(folder)?;
        let reports = [
            (RESULTS, serde_json::to_string_pretty(self)? + "\n"),
            ("junit.xml", junit::junit(self.results)?),
            ("report.html", html::html(self)?),
            ("summary.md", summary::summary(self, summary::LIMIT)),
        ];
        match fs::rename(folder.join(RESULTS), folder.join(PREVIOUS)) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
        for (name, text) in reports {
            fs::write(folder.join(name), text)?;
        }
        if let Some(step) = std::env::var_os("GITHUB_STEP_SUMMARY").filter(|path| !path.is_empty()) {
            let mut step = fs::OpenOptions::new().create(true).append(true).open(step)?;
            let before = step.metadata()?.len().try_into().unwrap_or(usize::MAX);
            step.write_all(summary::summary(self, summary::LIMIT.saturating_sub(before)).as_bytes())?;
        }
        Ok(())
    }

    /// A few lines for a terminal, at most 40.
    pub fn lines(&self, folder: &Path) -> Vec<String> {
        terminal::lines(self, folder)
    }
}
