//! What a run prints at its end: a screen, not more.

use std::path::Path;

use crate::deviations::Judgement;
use crate::report::content::{Report, one_line};
use crate::report::groups;
use crate::results::{End, Results};

/// The most lines that are printed.
const MOST: usize = 40;

/// How many of each of the smaller things are told one by one.
const FEW: usize = 3;

/// The most that a line tells of a text.
const LINE: usize = 300;

/// The lines, the verdict first and the place of the reports last.
pub(super) fn lines(report: &Report<'_>, folder: &Path) -> Vec<String> {
    let results = report.results;
    let mut head = verdict(results);
    let mut tail = Vec::new();
    if let Some(deviations) = report.deviations {
        tail.extend(of_deviations(deviations));
    }
    if let Some(since) = report.since.filter(|since| !since.moved.is_empty()) {
        let rows = since.moved.iter().map(|moved| one_line(&moved.line(), LINE)).collect();
        tail.extend(few("moved", rows, "since the run before"));
    }
    let untested = groups::untested(results).into_iter().filter(|of| !of.is_excused);
    let untested = untested.map(|of| format!("{} {}: {}", of.many, of.outcome.name(), one_line(of.reason, LINE)));
    tail.extend(few("untested", untested.collect(), "reasons"));
    tail.extend(few("not removed", results.not_removed.clone(), ""));
    if !results.accounts_left.is_empty() {
        tail.push(format!("accounts  {} left empty: no documented route removes one", results.accounts_left.len()));
    }
    if results.target.is_real {
        tail.push(format!("ground truth: {}", report.history.ground_truth().sentence()));
    }
    tail.push(format!("reports   {}", folder.join("report.html").display()));
    let failures = groups::failures(results, false);
    let many = failures.len();
    for (number, failure) in failures.iter().enumerate() {
        let told = of_failure(failure);
        // One line is kept for the number of those that are left out.
        if head.len() + told.len() + 1 + tail.len() > MOST {
            head.push(format!("… and {} more, see the report", many - number));
            break;
        }
        head.extend(told);
    }
    head.extend(tail);
    head
}

fn verdict(results: &Results) -> Vec<String> {
    let because =
        if results.because.is_empty() { String::new() } else { format!(" ({})", one_line(&results.because, LINE)) };
    let counts = [End::Pass, End::Fail, End::Skipped, End::Inconclusive];
    let counts = counts.map(|end| format!("{} {}", results.count(end), end.name())).join(", ");
    let known = [End::Confirmed, End::Refuted, End::Unknown];
    let known = known.map(|end| format!("{} {}", results.count(end), end.name())).join(", ");
    vec![
        String::new(),
        format!("verdict   {}{because}", results.verdict.text()),
        format!("checks    {counts}"),
        format!("assumed   {known}"),
        format!("requests  {} in {:.1} s, seed {}", results.requests, results.seconds, results.seed),
    ]
}

fn of_failure(failure: &groups::Failure<'_>) -> Vec<String> {
    let names = match &failure.names[..] {
        [first, second, third, rest @ ..] if !rest.is_empty() => {
            format!("{first}, {second}, {third} and {} more", rest.len())
        }
        names => names.join(", "),
    };
    let facts = match failure.facts {
        [first, second, third, rest @ ..] if !rest.is_empty() => {
            format!("{first} {second} {third} and {} more", rest.len())
        }
        facts => facts.join(" "),
    };
    let mut lines = vec![
        format!("fail      {facts}  {}", failure.route),
        format!("  in        {}", one_line(&names, LINE)),
        format!("  expected  {}", one_line(&failure.check.expected, LINE)),
        format!("  observed  {}", one_line(&failure.check.observed, LINE)),
    ];
    if !failure.curl.is_empty() {
        lines.push(format!("  {}", failure.curl));
    }
    if let Some(replay) = &failure.check.replay {
        lines.push(format!("  again     contract replay {replay}"));
    }
    lines
}

fn of_deviations(deviations: &Judgement) -> Vec<String> {
    let Judgement { file, new, known, gone, unobserved, expired, without_reason, added, pruned, .. } = deviations;
    let mut lines = vec![format!(
        "known     {file}: {} new, {} known, {} gone, {} not observed, {} expired",
        new.len(),
        known.len(),
        gone.len(),
        unobserved.len(),
        expired.len(),
    )];
    if added + pruned > 0 {
        lines.push(format!("  written   {added} entries added, {pruned} taken out"));
    }
    let rows = gone.iter().map(|entry| {
        format!("{file}:{} delete entry {}: {} does not end so any more", entry.lines, entry.id, entry.check)
    });
    lines.extend(few("gone", rows.collect(), "(--deviations-prune takes all of them out)"));
    let rows = expired.iter().map(|old| {
        let effect = if old.is_excusing { "look at it again" } else { "it excuses nothing any more" };
        format!("{file}:{} entry {} expired {} days ago: {effect}", old.entry.lines, old.entry.id, old.days)
    });
    lines.extend(few("expired", rows.collect(), ""));
    if !without_reason.is_empty() {
        let shown = without_reason.iter().take(FEW * 3).cloned().collect::<Vec<_>>().join(" ");
        let more = if without_reason.len() > FEW * 3 { " …" } else { "" };
        lines.push(format!("  reasons   {} entries want one: {shown}{more}", without_reason.len()));
    }
    lines
}

/// The first of many rows, and how many more there are.
fn few(head: &str, rows: Vec<String>, more: &str) -> Vec<String> {
    let many = rows.len();
    let mut lines: Vec<String> = rows.into_iter().take(FEW).map(|row| format!("{head:8}  {row}")).collect();
    if many > FEW {
        lines.push(format!("{head:8}  … and {} more {more}", many - FEW).trim_end().to_owned());
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::history::History;
    use crate::results::example::run;

    #[test]
    fn a_screen_holds_it_whatever_there_is_to_tell() {
        for failures in [0, 1, 4, 5, 6, 60] {
            let texts: Vec<String> =
                (0..failures).map(|number| format!("a failure\n{number}{}", "x".repeat(900))).collect();
            let mut ended: Vec<_> =
                texts.iter().map(|text| ("items.email_added_by_crm.legacy", "fail", &**text)).collect();
            let reasons: Vec<String> = (0..9).map(|number| format!("reason {number}")).collect();
            ended.extend(reasons.iter().map(|reason| ("login.crm.legacy", "skipped", &**reason)));
            let mut results = run(&ended, &[]);
            results.not_removed = vec!["account 7".into(); 30];
            results.accounts_left = vec!["7".into(); 30];
            let history = History::default();
            let report = Report { results: &results, deviations: None, since: None, history: &history };
            let lines = lines(&report, Path::new("results"));
            assert!(lines.len() <= MOST && lines.iter().all(|line| !line.contains('\n')), "{lines:#?}");
            assert!(
                lines[1].starts_with("verdict   ") && lines[lines.len() - 1].starts_with("reports   "),
                "{lines:#?}"
            );
            let told =
                lines.iter().filter(|line| line.starts_with("fail      EMAIL-1  POST /api/v1/email-watchlist")).count();
            let left_out = lines.iter().any(|line| *line == format!("… and {} more, see the report", failures - told));
            assert!(left_out == (told < failures) && told >= failures.min(3), "{lines:#?}");
            let commands = lines.iter().filter(|line| line.trim_start().starts_with("curl ")).count();
            assert_eq!(commands, told);
        }
    }
}
