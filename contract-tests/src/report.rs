//! The reports of a run: for machines, for CI, for people.

use std::collections::BTreeMap;
use std::fs;
use std::io::{self, Write};
use std::path::Path;

use minijinja::{Environment, context};
use quick_junit::{NonSuccessKind, Report, TestCase, TestCaseStatus, TestSuite};
use serde::Serialize;

use crate::matrix::{Cell, Principal};
use crate::results::{CheckResult, End, Level, Results, Verdict};

/// Writes all reports into `folder`, and the summary to the step of a GitHub workflow too, if this is one.
pub fn write(results: &Results, folder: &Path) -> io::Result<()> {
    fs::create_dir_all(folder)?;
    fs::write(folder.join("results.json"), serde_json::to_string_pretty(results)? + "\n")?;
    fs::write(folder.join("junit.xml"), junit(results)?)?;
    fs::write(folder.join("report.html"), html(results)?)?;
    let summary = summary(results);
    fs::write(folder.join("summary.md"), &summary)?;
    if let Some(step) = std::env::var_os("GITHUB_STEP_SUMMARY").filter(|path| !path.is_empty()) {
        let mut step = fs::OpenOptions::new().create(true).append(true).open(step)?;
        step.write_all(summary.as_bytes())?;
    }
    Ok(())
}

/// The dialect that Jenkins and what came after it read: a suite for each page.
fn junit(results: &Results) -> io::Result<String> {
    let mut report = Report::new("contract");
    let mut pages: BTreeMap<&str, TestSuite> = BTreeMap::new();
    for check in &results.checks {
        let mut status = match check.outcome {
            End::Pass | End::Confirmed | End::Refuted => TestCaseStatus::success(),
            End::Fail => TestCaseStatus::non_success(NonSuccessKind::Failure),
            End::Inconclusive => TestCaseStatus::non_success(NonSuccessKind::Error),
            End::Skipped | End::Unknown => TestCaseStatus::skipped(),
        };
        if !matches!(check.outcome, End::Pass) {
            status.set_message(message(check)).set_type(check.outcome.name());
            status.set_description(format!("{}\n\n{}\n\n{}", check.facts.join(" "), message(check), check.curl));
        }
        let mut case = TestCase::new(&check.id, status);
        case.set_classname(check.page());
        case.set_time(std::time::Duration::from_millis(check.milliseconds.try_into().unwrap_or(u64::MAX)));
        pages.entry(check.page()).or_insert_with(|| TestSuite::new(check.page())).add_test_case(case);
    }
    report.add_test_suites(pages.into_values());
    report.to_string().map_err(io::Error::other)
}

/// The message of a check, in one line.
fn message(check: &CheckResult) -> String {
    match check.outcome {
        End::Fail => format!("expected {}; observed {}", check.expected, check.observed),
        End::Confirmed | End::Refuted => format!("the target does {:?}, the mock {:?}", check.observed, check.expected),
        _ => check.reason.clone(),
    }
}

/// One page for people, with nothing fetched from elsewhere.
fn html(results: &Results) -> io::Result<String> {
    let mut environment = Environment::new();
    environment.set_trim_blocks(true);
    environment.set_lstrip_blocks(true);
    // The name tells that what is filled in is escaped.
    environment.add_template("report.html", include_str!("report/report.html")).map_err(io::Error::other)?;
    let template = environment.get_template("report.html").map_err(io::Error::other)?;
    let of = |end: End| results.checks.iter().filter(|check| check.outcome == end).collect::<Vec<_>>();
    let counts: Vec<_> =
        [End::Pass, End::Fail, End::Skipped, End::Inconclusive].map(|end| (end.name(), of(end).len())).into();
    let page = template.render(context! {
        results,
        verdict => results.verdict.text(),
        verdict_class => match results.verdict {
            Verdict::Conformant => "pass",
            Verdict::NotAsDocumented => "fail",
            Verdict::Partial | Verdict::NothingTested => "inconclusive",
        },
        meaning => meaning(results.verdict),
        counts,
        failed => of(End::Fail),
        undecided => [of(End::Inconclusive), of(End::Skipped)].concat(),
        pages => fact_pages(results),
        documented => results.checks.iter().filter(|check| check.level == Level::Documented).collect::<Vec<_>>(),
        assumed => results.checks.iter().filter(|check| check.level == Level::Assumed).collect::<Vec<_>>(),
        principals => Principal::ALL.map(Principal::name),
        grid => grid(&results.matrix),
        seconds => format!("{:.1}", results.seconds),
    });
    page.map_err(io::Error::other)
}

/// The verdict in a sentence.
fn meaning(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Conformant => "Every fact of the pages below was tested, and the target does what the guide says.",
        Verdict::NotAsDocumented => "The target does other than the guide says, in at least one place.",
        Verdict::Partial => {
            "Nothing was found that contradicts the guide, but something could not be tested or decided: see below why."
        }
        Verdict::NothingTested => "No fact was tested, so nothing is known of the target: see below why.",
    }
}

/// The facts of one page of the guide.
#[derive(Debug, Serialize)]
struct FactPage<'r> {
    name: &'r str,
    facts: Vec<FactRow<'r>>,
}

#[derive(Debug, Serialize)]
struct FactRow<'r> {
    id: &'r str,
    fact: &'r str,
    outcome: End,
    checks: Vec<&'r str>,
}

fn fact_pages(results: &Results) -> Vec<FactPage<'_>> {
    let mut pages: Vec<FactPage<'_>> = Vec::new();
    for fact in &results.facts {
        let name = fact.id.split('-').next().unwrap_or_default();
        let of_fact = results.checks.iter().filter(|check| check.facts.contains(&fact.id));
        let is_listed = |check: &&CheckResult| check.outcome == fact.outcome && fact.outcome != End::Pass;
        let checks = of_fact.filter(is_listed).map(|check| &*check.id).collect();
        let row = FactRow { id: &fact.id, fact: &fact.fact, outcome: fact.outcome, checks };
        match pages.last_mut().filter(|page| page.name == name) {
            Some(page) => page.facts.push(row),
            None => pages.push(FactPage { name, facts: vec![row] }),
        }
    }
    pages
}

/// One route of the matrix: what each principal got, in the order of the columns.
#[derive(Debug, Serialize)]
struct GridRow<'r> {
    method: &'r str,
    path: &'r str,
    cells: Vec<Option<GridCell>>,
}

#[derive(Debug, Serialize)]
struct GridCell {
    text: String,
    is_right: bool,
}

fn grid(matrix: &[Cell]) -> Vec<GridRow<'_>> {
    let mut routes: Vec<(&str, &str)> = Vec::new();
    for cell in matrix {
        if !routes.contains(&(&cell.path, &cell.method)) {
            routes.push((&cell.path, &cell.method));
        }
    }
    routes.sort_unstable();
    let row = |(path, method): (&'_ str, &'_ str), principal: Principal| {
        let of_cell = |cell: &&Cell| cell.path == path && cell.method == method && cell.principal == principal;
        let cells: Vec<_> = matrix.iter().filter(of_cell).collect();
        let mut statuses: Vec<_> = cells.iter().map(|cell| cell.status).collect();
        statuses.sort_unstable();
        statuses.dedup();
        let text = statuses.iter().map(u16::to_string).collect::<Vec<_>>().join(" ");
        (!cells.is_empty()).then(|| GridCell { text, is_right: cells.iter().all(|cell| cell.is_right) })
    };
    let rows = routes.into_iter().map(|(path, method)| GridRow {
        method,
        path,
        cells: Principal::ALL.map(|principal| row((path, method), principal)).into(),
    });
    rows.collect()
}

/// A few lines for a pull request.
fn summary(results: &Results) -> String {
    let because = if results.because.is_empty() { String::new() } else { format!(" ({})", results.because) };
    let count = |end: End| format!("{} {}", results.count(end), end.name());
    let mut text = format!(
        "## Defentry contract: {}{because}\n\n`{}`, {} requests in {:.1} s, seed {}\n\n{}\n",
        results.verdict.text(),
        results.target.base_url,
        results.requests,
        results.seconds,
        results.seed,
        [End::Pass, End::Fail, End::Skipped, End::Inconclusive].map(count).join(", "),
    );
    let mut table = |title: &str, head: &str, rows: Vec<String>| {
        if !rows.is_empty() {
            let rule = head.chars().filter(|&char| char == '|').map(|_| "|").collect::<Vec<_>>().join("---");
            text += &format!("\n### {title}\n\n{head}\n{rule}\n{}\n", rows.join("\n"));
        }
    };
    let of = |end: End| results.checks.iter().filter(move |check| check.outcome == end);
    let cell = |text: &str| text.replace('|', "\\|").replace(['\n', '\r'], " ");
    let failed = of(End::Fail).map(|check| {
        let facts = check.facts.join(", ");
        format!("| {} | {facts} | {} | {} |", check.id, cell(&check.expected), cell(&check.observed))
    });
    table("Not as documented", "| check | facts | expected | observed |", failed.collect());
    let undecided = of(End::Inconclusive).chain(of(End::Skipped));
    let undecided =
        undecided.map(|check| format!("| {} | {} | {} |", check.id, check.outcome.name(), cell(&check.reason)));
    table("Not tested or not decided", "| check | outcome | why |", undecided.collect());
    let refuted = results.assumptions.iter().filter_map(|(key, found)| {
        let observed = found.observed.as_ref().filter(|observed| **observed != found.default)?;
        Some(format!("| `{key}` | {} | {} |", cell(&found.default), cell(observed)))
    });
    table(
        "Where the guide is silent, and the target does other than the mock",
        "| key | mock | target |",
        refuted.collect(),
    );
    table("Not removed", "| what |", results.not_removed.iter().map(|what| format!("| {} |", cell(what))).collect());
    text
}
