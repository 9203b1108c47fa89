//! A few tables for a pull request, or for a step of a workflow.

use crate::report::content::{Report, one_line};
use crate::report::groups;
use crate::results::End;

/// GitHub drops the whole summary of a step that is longer than 1,024 KiB. Some room is left for the lines of others.
pub(super) const LIMIT: usize = 1000 * 1024;

/// The most that a cell of a table tells.
const CELL: usize = 500;

/// Room for the line that says how much was left out.
const REST: usize = 100;

/// A summary of no more bytes than `limit`.
pub(super) fn summary(report: &Report<'_>, limit: usize) -> String {
    let results = report.results;
    let because = if results.because.is_empty() { String::new() } else { format!(" ({})", cell(&results.because)) };
    let count = |end: End| format!("{} {}", results.count(end), end.name());
    let text = format!(
        "## Defentry contract: {}{because}\n\n`{}`, {} requests in {:.1} s, seed {}\n\n{}\n",
        results.verdict.text(),
        results.target.base_url,
        results.requests,
        results.seconds,
        results.seed,
        [End::Pass, End::Fail, End::Skipped, End::Inconclusive].map(count).join(", "),
    );
    let mut summary = Summary { text, limit };
    let failures = |is_excused: bool| {
        let rows = groups::failures(results, is_excused).into_iter().map(|failure| {
            let (expected, observed) = (cell(&failure.check.expected), cell(&failure.check.observed));
            let names = cell(&failure.names.join(", "));
            format!("| {} | {} | {names} | {expected} | {observed} |", failure.facts.join(", "), cell(failure.route))
        });
        rows.collect::<Vec<_>>()
    };
    let of_failures = "| facts | route | checks | expected | observed |";
    summary.table("Not as documented", of_failures, failures(false));
    if let Some(deviations) = report.deviations {
        let row = |head: &'static str| {
            move |id: &str, check: &str, what: &str| format!("| {head} | {id} | {check} | {} |", cell(what))
        };
        let gone = deviations.gone.iter().map(|entry| {
            row("gone")(&entry.id, &entry.check, &format!("delete lines {} of {}", entry.lines, deviations.file))
        });
        let expired = deviations
            .expired
            .iter()
            .map(|old| row("expired")(&old.entry.id, &old.entry.check, &format!("{} days ago", old.days)));
        let known = deviations.known.iter().map(|entry| row("known")(&entry.id, &entry.check, &entry.reason));
        let unobserved =
            deviations.unobserved.iter().map(|entry| row("not observed")(&entry.id, &entry.check, &entry.reason));
        let rows = gone.chain(expired).chain(known).chain(unobserved).collect();
        summary.table("Deviations in the list", "| | entry | check | |", rows);
    }
    if let Some(since) = report.since {
        let rows = since.moved.iter().map(|moved| format!("| {} |", cell(&moved.line()))).collect();
        summary.table("Moved since the run before", "| what |", rows);
    }
    let undecided = groups::untested(results)
        .into_iter()
        .map(|of| format!("| {} | {} | {} |", cell(of.reason), of.outcome.name(), cell(&of.names.join(", "))));
    summary.table("Not tested or not decided", "| why | outcome | checks |", undecided.collect());
    let refuted = results.assumptions.iter().filter_map(|(key, found)| {
        let observed = found.observed.as_ref().filter(|observed| **observed != found.default)?;
        Some(format!("| `{key}` | {} | {} |", cell(&found.default), cell(observed)))
    });
    let title = "Where the guide is silent, and the target does other than the mock";
    summary.table(title, "| key | mock | target |", refuted.collect());
    let left = results.not_removed.iter().map(|what| format!("| {} |", cell(what))).collect();
    summary.table("Not removed", "| what |", left);
    summary.text
}

/// A text that does not grow longer than it may.
struct Summary {
    text: String,
    limit: usize,
}

impl Summary {
    /// A table of as many rows as there is room for, and how many more there are.
    fn table(&mut self, title: &str, head: &str, rows: Vec<String>) {
        let rule = head.chars().filter(|&char| char == '|').map(|_| "|").collect::<Vec<_>>().join("---");
        let head = format!("\n### {title}\n\n{head}\n{rule}\n");
        if rows.is_empty() || self.text.len() + head.len() + REST > self.limit {
            return;
        }
        self.text += &head;
        let many = rows.len();
        for (number, row) in rows.into_iter().enumerate() {
            if self.text.len() + row.len() + REST > self.limit {
                self.text += &format!("\nand {} more, see report.html\n", many - number);
                return;
            }
            self.text += &row;
            self.text.push('\n');
        }
    }
}

/// A text as a cell of a table, which no part of it can leave.
fn cell(text: &str) -> String {
    one_line(text, CELL).replace('|', "\\|").replace('<', "&lt;")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_that_is_too_long_says_how_much_is_left_out() {
        let mut summary = Summary { text: String::new(), limit: 1000 };
        summary.table("Title", "| what |", (0..100).map(|number| format!("| row {number} |")).collect());
        summary.table("Another", "| what |", vec!["| there is no room |".repeat(50)]);
        let rows = summary.text.lines().filter(|line| line.starts_with("| row")).count();
        assert!(summary.text.len() <= 1000 && rows > 50, "{}", summary.text);
        assert!(summary.text.contains(&format!("and {} more, see report.html", 100 - rows)), "{}", summary.text);
    }

    #[test]
    fn a_cell_stays_in_its_table() {
        assert_eq!(cell("a|b\nc <b>"), "a\\|b c &lt;b>");
    }
}
