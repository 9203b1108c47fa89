//! One page for people, with nothing fetched from elsewhere.

use std::io;

use minijinja::{Environment, context};
use serde::Serialize;

use crate::history::{History, PastRun};
use crate::matrix::{Cell, Principal};
use crate::report::content::{Report, meaning};
use crate::report::groups;
use crate::results::{CheckResult, End, Level, Results, Verdict};

pub(super) fn html(report: &Report<'_>) -> io::Result<String> {
    let results = report.results;
    let mut environment = Environment::new();
    environment.set_trim_blocks(true);
    environment.set_lstrip_blocks(true);
    // The name tells that what is filled in is escaped.
    environment.add_template("report.html", include_str!("report.html")).map_err(io::Error::other)?;
    let template = environment.get_template("report.html").map_err(io::Error::other)?;
    let counts: Vec<_> =
        [End::Pass, End::Fail, End::Skipped, End::Inconclusive].map(|end| (end.name(), results.count(end))).into();
    let grid = grid(&results.matrix);
    let page = template.render(context! {
        results,
        deviations => report.deviations,
        since => report.since,
        moved => report.since.map(|since| since.moved.iter().map(|moved| (moved.weight, moved.line())).collect::<Vec<_>>()),
        tested_otherwise => report.since.map(|since| since.tested.iter().map(|one| one.line()).collect::<Vec<_>>()),
        verdict => results.verdict.text(),
        verdict_class => match results.verdict {
            Verdict::Conformant | Verdict::KnownDeviations => "pass",
            Verdict::NotAsDocumented | Verdict::OutdatedDeviations => "fail",
            Verdict::Partial | Verdict::NothingTested => "inconclusive",
        },
        meaning => meaning(results.verdict),
        counts,
        failed => groups::failures(results, false),
        excused => groups::failures(results, true),
        untested => groups::untested(results),
        facts => fact_pages(results),
        pages => check_pages(results),
        many_checks => results.checks.iter().filter(|check| check.level == Level::Documented).count(),
        refuted => assumed(results, End::Refuted),
        unknown => assumed(results, End::Unknown),
        confirmed => assumed(results, End::Confirmed),
        flags => flags(results),
        principals => Principal::ALL.map(Principal::name),
        wrong_grid => grid.iter().filter(|row| !row.is_right()).collect::<Vec<_>>(),
        grid,
        seconds => format!("{:.1}", results.seconds),
        history => graph(report.history),
        truth => report.history.ground_truth().sentence(),
    });
    page.map_err(io::Error::other)
}

/// How many runs the graph shows, and how high it is.
const SHOWN: usize = 40;
const HEIGHT: usize = 120;

/// One run in the graph: parts of a bar, from the top, in units of the graph.
#[derive(Debug, Serialize)]
struct Bar<'r> {
    x: usize,
    parts: Vec<(&'static str, usize, usize)>,
    date: &'r str,
    verdict: &'static str,
    passed: usize,
    failed: usize,
    untested: usize,
    moved: usize,
}

/// The last runs; none where there is but one.
fn graph(history: &History) -> Vec<Bar<'_>> {
    let runs = &history.runs[history.runs.len().saturating_sub(SHOWN)..];
    if runs.len() < 2 {
        return Vec::new();
    }
    runs.iter().enumerate().map(|(place, run)| bar(place, run)).collect()
}

fn bar(place: usize, run: &PastRun) -> Bar<'_> {
    let (passed, failed, untested) = (run.count(End::Pass), run.count(End::Fail), run.untested());
    let all = (passed + failed + untested).max(1);
    let mut top = 0;
    let parts = [("fail", failed), ("inconclusive", untested), ("pass", passed)].map(|(class, many)| {
        // A failure is seen, however few there are.
        let height = (many * HEIGHT / all).max(if many > 0 { 2 } else { 0 });
        let part = (class, top, height.min(HEIGHT - top));
        top = (top + height).min(HEIGHT);
        part
    });
    Bar {
        x: place * 16,
        parts: parts.into(),
        date: &run.date,
        verdict: run.verdict.text(),
        passed,
        failed,
        untested,
        moved: run.moved,
    }
}

/// An answer where the guide is silent.
#[derive(Debug, Serialize)]
struct Answer<'r> {
    key: &'r str,
    question: &'r str,
    default: &'r str,
    observed: &'r str,
    reason: &'r str,
    /// The flag that makes the mock do the same, if one does.
    flag: Option<String>,
}

fn assumed(results: &Results, end: End) -> Vec<Answer<'_>> {
    let of = results.checks.iter().filter(|check| check.level == Level::Assumed && check.outcome == end);
    let answer = |check: &'_ CheckResult| -> Option<Answer<'_>> {
        let (key, found) = results.assumptions.get_key_value(check.id.strip_prefix("assumption.")?)?;
        Some(Answer {
            key,
            question: &found.question,
            default: &found.default,
            observed: found.observed.as_deref().unwrap_or_default(),
            reason: &found.reason,
            flag: found.flag(key),
        })
    };
    of.filter_map(answer).collect()
}

/// The flags of all that differs from the mock.
fn flags(results: &Results) -> Vec<String> {
    assumed(results, End::Refuted).into_iter().filter_map(|answer| answer.flag).collect()
}

/// The facts of one page of the guide.
#[derive(Debug, Serialize)]
struct FactPage<'r> {
    name: &'r str,
    facts: Vec<FactRow<'r>>,
    many_passed: usize,
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
        let passed = usize::from(fact.outcome == End::Pass);
        match pages.last_mut().filter(|page| page.name == name) {
            Some(page) => {
                page.facts.push(row);
                page.many_passed += passed;
            }
            None => pages.push(FactPage { name, facts: vec![row], many_passed: passed }),
        }
    }
    pages
}

/// The checks of one page.
#[derive(Debug, Serialize)]
struct CheckPage<'r> {
    name: &'r str,
    checks: Vec<&'r CheckResult>,
    /// How many have ended in which way, in words.
    ends: String,
}

fn check_pages(results: &Results) -> Vec<CheckPage<'_>> {
    let mut pages: Vec<CheckPage<'_>> = Vec::new();
    for check in results.checks.iter().filter(|check| check.level == Level::Documented) {
        match pages.iter_mut().find(|page| page.name == check.page()) {
            Some(page) => page.checks.push(check),
            None => pages.push(CheckPage { name: check.page(), checks: vec![check], ends: String::new() }),
        }
    }
    for page in &mut pages {
        let count = |end: End| page.checks.iter().filter(|check| check.outcome == end).count();
        let ends = [End::Fail, End::Inconclusive, End::Skipped, End::Pass].map(|end| (count(end), end.name()));
        let ends = ends.iter().filter(|(many, _)| *many > 0).map(|(many, name)| format!("{many} {name}"));
        page.ends = ends.collect::<Vec<_>>().join(", ");
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

impl GridRow<'_> {
    fn is_right(&self) -> bool {
        self.cells.iter().flatten().all(|cell| cell.is_right)
    }
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
