//! Commands over what runs and recordings have left: profiles, results, histories.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use contract_tests::{
    Column, Comparison, End, History, Profile, Results, Seen, Selection, Violation, learn_from_har, profile, run_suite,
    side_by_side,
};

use crate::console::{say, tell};
use crate::subject::{Flags, Problem, Subject, USAGE, interruptible, show};

fn unusable(file: &Path, problem: &dyn std::fmt::Display) -> Problem {
    (USAGE, format!("{}: {problem}", file.display()))
}

fn read(file: &Path) -> Result<String, Problem> {
    std::fs::read_to_string(file).map_err(|error| unusable(file, &error))
}

/// Merges profiles and recordings into one profile.
pub(crate) async fn learn(files: &[PathBuf], into: &Path) -> Result<ExitCode, Problem> {
    let mut learnt = match into.exists() {
        true => Profile::parse(&read(into)?).map_err(|error| unusable(into, &error))?,
        false => Profile::default(),
    };
    for file in files {
        let file = if file.is_dir() { file.join("profile.json") } else { file.clone() };
        let text = read(&file)?;
        let more = match Profile::parse(&text) {
            Ok(profile) => profile,
            Err(_) if is_recording(&text) => learn_from_har(&text).await.map_err(|error| unusable(&file, &error))?,
            Err(error) => return Err(unusable(&file, &format!("{error}; nor is it a HAR, which begins with \"log\""))),
        };
        for (_, source) in more.sources() {
            say!("{}  {} of {}, {} exchanges", file.display(), source.kind, source.date, source.requests);
            for (reason, count) in &source.passed_over {
                say!("  passed over: {count} {reason}");
            }
        }
        learnt = learnt.merged(more);
    }
    for (key, values) in learnt.contradictions() {
        say!("contradictory: {key} was seen as {}; it is not used", values.join(" and as "));
    }
    let written = std::fs::write(into, learnt.to_text());
    written.map_err(|error| unusable(into, &error))?;
    say!(
        "profile   {} of {} sources; try: mock-server --profile {}",
        into.display(),
        learnt.sources().count(),
        into.display()
    );
    Ok(ExitCode::SUCCESS)
}

/// Whether a text is JSON with a log, as a HAR is.
fn is_recording(text: &str) -> bool {
    let json: Option<serde_json::Value> = serde_json::from_str(text.trim_start_matches('\u{feff}')).ok();
    json.is_some_and(|json| json.get("log").is_some())
}

/// The file of the results folder with what recordings tell of the facts.
const VERIFICATION: &str = "verification.json";

/// So many violations of a fact are told one by one.
const MOST_TOLD: usize = 5;

/// Holds recordings to the facts.
pub(crate) fn verify(flags: &Flags, files: &[PathBuf]) -> Result<ExitCode, Problem> {
    let named = |file: &PathBuf| Ok((file.display().to_string(), read(file)?));
    let recordings: Vec<_> = files.iter().map(named).collect::<Result<_, Problem>>()?;
    let forces = match flags.lookup("DEFENTRY_NORMALIZE_ALL").as_deref() {
        None | Some("") => None,
        Some("true" | "1") => Some(true),
        Some("false" | "0") => Some(false),
        Some(_) => return Err((USAGE, "DEFENTRY_NORMALIZE_ALL is true or false".into())),
    };
    let found = contract_tests::verify(&recordings, forces).map_err(|problem| (USAGE, problem))?;
    for (reason, count) in &found.passed_over {
        tell!("passed over: {count} {reason}");
    }
    if found.is_standardized_only && forces.is_none() {
        tell!("answers are standardized whatever is asked for: taken as a deployment that forces it (FORMAT-2)");
    }
    let of = |seen: Seen| found.facts.iter().filter(move |fact| fact.seen == seen);
    for fact in of(Seen::Violated) {
        say!("{}: {}", fact.id, fact.fact);
        let own: Vec<&Violation> = found.violations.iter().filter(|violation| violation.fact == fact.id).collect();
        for one in own.iter().take(MOST_TOLD) {
            say!("  {} entry {}: {} → {}", one.file, one.entry, one.route, one.status);
            say!("    expected {}; observed {}", one.expected, one.observed);
        }
        if own.len() > MOST_TOLD {
            say!("  and {} more", own.len() - MOST_TOLD);
        }
    }
    let names = |seen: Seen| of(seen).map(|fact| fact.id.as_str()).collect::<Vec<_>>().join(" ");
    say!("exchanges     {}", found.exchanges);
    say!("held          {:2} facts: {}", found.count(Seen::Held), names(Seen::Held));
    say!("violated      {:2} facts: {}", found.count(Seen::Violated), names(Seen::Violated));
    say!("not exercised {:2} facts: {}", found.count(Seen::NotExercised), names(Seen::NotExercised));
    let folder = flags.results_folder();
    let file = folder.join(VERIFICATION);
    let text = serde_json::to_string_pretty(&found).map_err(|error| unusable(&file, &error))?;
    std::fs::create_dir_all(&folder).map_err(|error| unusable(&folder, &error))?;
    std::fs::write(&file, text + "\n").map_err(|error| unusable(&file, &error))?;
    say!("findings      {}", file.display());
    Ok(ExitCode::from(u8::from(found.count(Seen::Violated) > 0)))
}

/// What is known of one target of a comparison.
struct Known {
    name: String,
    results: Option<Results>,
    profile: Option<Profile>,
}

impl Known {
    /// A target by the file, folder or URL that names it.
    async fn of(flags: &Flags, place: usize, named: &str) -> Result<Self, Problem> {
        if named == "mock" || named.contains("://") {
            return Self::run(flags, place, named).await;
        }
        let (path, name) = (PathBuf::from(named), named.to_owned());
        if path.is_dir() {
            let learnt = path.join("profile.json");
            let results = Results::read(&path).map_err(|problem| (USAGE, problem))?;
            let profile = learnt.exists().then(|| parsed(&learnt)).transpose()?;
            return Ok(Self { name, results: Some(results), profile });
        }
        let json: serde_json::Value = serde_json::from_str(&read(&path)?).map_err(|error| unusable(&path, &error))?;
        Ok(match json.get("profile") {
            Some(_) => Self { name, results: None, profile: Some(parsed(&path)?) },
            None => {
                let results = Results::read(&path).map_err(|problem| (USAGE, problem))?;
                Self { name, results: Some(results), profile: None }
            }
        })
    }

    /// Runs the suite against a target, with reports in a folder of its own.
    async fn run(flags: &Flags, place: usize, named: &str) -> Result<Self, Problem> {
        let folder = flags.results_folder().join(format!("compare-{place}"));
        let own = Flags {
            // An empty URL is none, whatever the environment says: the mock in this process.
            base_url: Some(if named == "mock" { String::new() } else { named.to_owned() }),
            results: Some(folder.display().to_string()),
            ..flags.clone()
        };
        let mut subject = Subject::of(&own).await?;
        subject.settings.learns = true;
        let (run, _mock) = subject.opened()?;
        interruptible(&run);
        tell!("running against {}", run.base_url());
        let results = run_suite(&run, &Selection::default(), &|progress| show(progress, None)).await;
        if !results.checks.iter().any(|check| matches!(check.outcome, End::Pass | End::Fail)) {
            return Err((USAGE, format!("{named}: nothing was tested: {}", results.because)));
        }
        let profile = profile(&run, &results).await;
        Ok(Self { name: named.to_owned(), results: Some(results), profile: Some(profile) })
    }

    fn column(&self) -> Option<Column> {
        let of_results = self.results.as_ref().map(|results| Column::of_results(self.name.clone(), results));
        of_results.or_else(|| Some(Column::of_profile(self.name.clone(), self.profile.as_ref()?)))
    }
}

fn parsed(file: &Path) -> Result<Profile, Problem> {
    Profile::parse(&read(file)?).map_err(|error| unusable(file, &error))
}

/// Holds two or three targets against each other.
pub(crate) async fn compare(flags: &Flags, targets: &[String]) -> Result<ExitCode, Problem> {
    let mut known = Vec::new();
    for (place, named) in (1..).zip(targets) {
        known.push(Known::of(flags, place, named).await?);
    }
    let is_same = match &known[..] {
        [Known { results: Some(old), .. }, Known { results: Some(new), .. }] => of_runs(old, new)?,
        [old, new] => of_profiles(old, new)?,
        several => of_several(several),
    };
    Ok(ExitCode::from(u8::from(!is_same)))
}

/// Whether nothing has moved between two runs.
fn of_runs(old: &Results, new: &Results) -> Result<bool, Problem> {
    let comparison = Comparison::of(old, new).map_err(|problem| (USAGE, problem))?;
    for side in [&comparison.old, &comparison.new] {
        tell!("{}, {}, seed {}", side.target, side.started_at, side.seed);
    }
    comparison.moved.iter().for_each(|moved| say!("{}", moved.line()));
    if comparison.moved.is_empty() {
        say!("nothing that a client would notice has moved");
    }
    if !comparison.tested.is_empty() {
        say!("\ntested in one of the two only, which is no difference of the targets:");
        comparison.tested.iter().for_each(|tested| say!("  {}", tested.line()));
    }
    Ok(comparison.moved.is_empty())
}

/// Whether nothing has moved between two targets of which at least one is a profile.
fn of_profiles(old: &Known, new: &Known) -> Result<bool, Problem> {
    let profile = |of: &Known| {
        let none = || (USAGE, format!("{}: there is no profile.json beside these results", of.name));
        of.profile.clone().ok_or_else(none)
    };
    let drift = profile(old)?.drift(&profile(new)?);
    drift.moved.iter().for_each(|line| say!("{line}"));
    say!("{} as before, {} moved, {} in the second only", drift.as_learnt, drift.moved.len(), drift.new.len());
    if drift.as_learnt + drift.moved.len() == 0 {
        return Err((USAGE, "these profiles have nothing in common".into()));
    }
    Ok(drift.moved.is_empty())
}

/// The most that a cell of a table tells.
const CELL: usize = 24;

/// Whether three targets do the same, as a table of what they do not.
fn of_several(known: &[Known]) -> bool {
    let columns: Vec<_> = known.iter().filter_map(Known::column).collect();
    (1..).zip(&columns).for_each(|(number, column)| say!("{number} = {}", column.name));
    let rows = side_by_side(&columns);
    let cut = |text: &str| match text.char_indices().nth(CELL - 1) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    };
    let width = rows.iter().map(|row| row.about.len()).max().unwrap_or_default();
    for row in &rows {
        let cells = (1..).zip(&row.cells).map(|(number, cell)| {
            let cell = if cell.is_empty() { "not tested" } else { cell };
            format!("{:CELL$}", format!("{number} {}", cut(cell)))
        });
        say!("{:width$}  {}  {}", row.about, cells.collect::<Vec<_>>().join(" "), row.verdict);
    }
    if rows.is_empty() {
        say!("as far as they were tested, they do the same");
    }
    rows.is_empty()
}

/// Tells the runs of results folders.
pub(crate) fn history(flags: &Flags, mut folders: Vec<PathBuf>) -> Result<ExitCode, Problem> {
    if folders.is_empty() {
        folders.push(flags.results_folder());
    }
    let mut all = History::default();
    for folder in &folders {
        all.runs.extend(History::read(folder).map_err(|problem| (USAGE, problem))?.runs);
    }
    if all.runs.is_empty() {
        let names: Vec<_> = folders.iter().map(|folder| folder.display().to_string()).collect();
        return Err((USAGE, format!("no run is recorded in {}", names.join(", "))));
    }
    all.runs.sort_by(|one, other| one.date.cmp(&other.date));
    for run in &all.runs {
        let (passed, failed, untested) = (run.count(End::Pass), run.count(End::Fail), run.untested());
        let kind = if run.is_real { "real" } else { "mock" };
        say!(
            "{}  {kind}  {:20}  {passed:3} passed {failed:3} failed {untested:3} not decided  {:2} moved  {:6} requests in {:.0} s",
            run.date,
            run.verdict.text(),
            run.moved,
            run.requests,
            run.seconds,
        );
    }
    say!("{}", all.ground_truth().sentence());
    Ok(ExitCode::SUCCESS)
}
