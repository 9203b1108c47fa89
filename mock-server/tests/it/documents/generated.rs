//! The parts of the pages that follow from the code or from fixtures: they stand between `<!-- generated: NAME -->` and
//! `<!-- end -->`.

use std::{env, fs};

use clap::{Arg, Command, CommandFactory};
use mock_server::Cli;
use serde_json::Value;

use super::routes;
use crate::harness::{KINDS, ROUTES, assumptions, default_of, page, pages, root};

const BEGIN: &str = "<!-- generated: ";
const END: &str = "<!-- end -->";

/// The names of the parts. Each stands on one page at least.
const PARTS: [&str; 7] = ["assumptions", "bodies", "commands", "credentials", "flags", "kinds", "routes"];

/// What a part says.
fn part(name: &str) -> String {
    match name {
        "assumptions" => table(
            ["key", "question", "default", "alternatives"],
            assumptions().map(|(key, entry)| assumption(key, entry)),
        ),
        "bodies" => format!("\n{}", routes::bodies()),
        "commands" => table(["command", "what it does"], commands(&Cli::command(), "mock-server")),
        "credentials" => table(["what", "value"], credentials()),
        "flags" => table(["flag", "variable", "meaning", "default"], flags(&Cli::command())),
        "kinds" => {
            let kinds = KINDS.iter().map(|kind| kind.name).chain(["ssn"]).map(|name| format!("`{name}`"));
            kinds.collect::<Vec<_>>().join(", ")
        }
        "routes" => table(["route", "token", "facts"], routes::rows()),
        _ => panic!("no code tells what the part {name:?} says; it is one of {PARTS:?}"),
    }
}

fn table<const COLUMNS: usize>(heads: [&str; COLUMNS], rows: impl IntoIterator<Item = [String; COLUMNS]>) -> String {
    let line = |cells: &[String; COLUMNS]| format!("| {} |\n", cells.join(" | ")).replace("|  |", "| |");
    let rows: String = rows.into_iter().map(|row| line(&row)).collect();
    format!("\n{}|{}\n{rows}", line(&heads.map(str::to_owned)), "---|".repeat(COLUMNS))
}

fn assumption(key: &str, entry: &Value) -> [String; 4] {
    let default = default_of(key);
    let alternatives = match (&entry["values"], &entry["unit"]) {
        (Value::Array(values), _) => {
            let values = values.iter().map(|value| value["value"].as_str().expect("a value"));
            values.filter(|value| *value != default).map(|value| format!("`{value}`")).collect::<Vec<_>>().join(", ")
        }
        (_, Value::String(unit)) => format!("any number of {unit}"),
        _ => "any text".to_owned(),
    };
    let question = entry["question"].as_str().expect("a question").to_owned();
    [format!("`{key}`"), question, format!("`{default}`"), alternatives]
}

/// The commands below one, each with what it takes besides the flags of all.
fn commands(of: &Command, path: &str) -> Vec<[String; 2]> {
    let row = |command: &Command| {
        let path = format!("{path} {}", command.get_name());
        if command.has_subcommands() {
            return commands(command, &path);
        }
        let own: String = command.get_arguments().map(|argument| format!(" {}", written(argument))).collect();
        let about = command.get_about().expect("a purpose").to_string();
        vec![[format!("`{path}{own}`").replace('|', "\\|"), about]]
    };
    of.get_subcommands().flat_map(row).collect()
}

/// An argument as it is typed: `FILE`, `--flag VALUE`, or `--flag[=VALUE]` where the value may be left out.
fn written(argument: &Arg) -> String {
    let values = argument.get_value_names().unwrap_or_default().join(" ");
    match argument.get_long() {
        None => argument.get_id().as_str().to_uppercase(),
        Some(flag) if argument.get_num_args().is_some_and(|many| many.min_values() == 0) => {
            format!("--{flag}[={values}]")
        }
        Some(flag) => format!("--{flag} {values}").trim_end().to_owned(),
    }
}

/// The flags, each with its variable, as `--help` tells them.
fn flags(of: &Command) -> Vec<[String; 4]> {
    let row = |flag: &Arg| {
        let help = flag.get_help().expect("a meaning").to_string();
        // A default that depends on something stands at the end of the help.
        let (meaning, said) = help.split_once(" [default: ").unwrap_or((&help, ""));
        let fixed = flag.get_default_values().first().map(|value| format!("`{}`", value.to_string_lossy()));
        let default = fixed.unwrap_or_else(|| said.trim_end_matches(']').to_owned());
        let variable = flag.get_env().map(|name| format!("`{}`", name.to_string_lossy())).unwrap_or_default();
        let cells = [format!("`{}`", written(flag)), variable, meaning.to_owned(), default];
        cells.map(|cell| cell.replace('|', "\\|"))
    };
    of.get_arguments().map(row).collect()
}

/// The credentials and accounts of the default seed.
fn credentials() -> Vec<[String; 2]> {
    let json = |text| -> Value { serde_json::from_str(text).expect("JSON") };
    let seed = json(include_str!("../../../../fixtures/seed.json"));
    let online = json(include_str!("../../../../fixtures/online.json"));
    let text = |value: &Value| value.as_str().expect("a text").to_owned();
    let list = |value: &Value| value.as_array().cloned().unwrap_or_default();
    let mut rows = Vec::new();
    for partner in list(&seed["partners"]) {
        let of = format!("partner {}", partner["id"]);
        for user in list(&partner["crm_users"]) {
            let value = format!("`{}` / `{}`", text(&user["username"]), text(&user["password"]));
            rows.push([format!("CRM user of {of}"), value]);
        }
        for client in list(&partner["sso_clients"]) {
            let value = format!("`{}` / `{}`", text(&client["client_id"]), text(&client["client_secret"]));
            rows.push([format!("SSO client of {of}"), value]);
        }
    }
    for token in list(&seed["tokens"]) {
        let what = match (&token["partner"], &token["account"]) {
            (Value::Null, account) => format!("app token of account {account}"),
            (partner, _) => format!("CRM token of partner {partner}"),
        };
        rows.push([what, format!("`{}\\|{}`", token["number"], text(&token["secret"]))]);
    }
    for account in list(&seed["accounts"]) {
        let profile = &account["profile"];
        let ssn = if profile["ssn"].is_string() { "with SSN" } else { "without SSN" };
        let plan = online["plans"].as_array().into_iter().flatten().find(|plan| plan["id"] == profile["plan_id"]);
        let includes = if plan.expect("a plan")["has_online_data"] == true { "with" } else { "without" };
        let lists = account.as_object().into_iter().flatten().filter_map(|(_, value)| value.as_array());
        let items = match lists.map(Vec::len).sum::<usize>() {
            0 => "no items".to_owned(),
            1 => "1 item".to_owned(),
            many => format!("{many} items"),
        };
        rows.push([
            format!("account {} of partner {}", account["id"], account["partner"]),
            format!(
                "{} {}, `{}`, {ssn}, plan {} ({includes} Online Data), {items}",
                text(&profile["first_name"]),
                text(&profile["last_name"]),
                text(&profile["email"]),
                profile["plan_id"],
            ),
        ]);
    }
    rows
}

/// A page with its generated parts as they should be, and the names of these.
fn derived(text: &str) -> (String, Vec<String>) {
    let mut names = Vec::new();
    let mut derived = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once(BEGIN) {
        let (name, after) = after.split_once(" -->").expect("the name of a part");
        let (_, after) = after.split_once(END).unwrap_or_else(|| panic!("no {END} behind {name}"));
        derived += &format!("{before}{BEGIN}{name} -->{}{END}", part(name));
        names.push(name.to_owned());
        rest = after;
    }
    (derived + rest, names)
}

/// With `UPDATE_DOCS` set, the test writes what has changed instead.
#[test]
fn the_pages_say_what_the_code_says() {
    let mut there = Vec::new();
    for path in pages() {
        let text = page(&path);
        let (expected, names) = derived(&text);
        there.extend(names);
        if expected == text {
            continue;
        }
        assert!(
            env::var_os("UPDATE_DOCS").is_some(),
            "{path} does not say what the code says: \
             UPDATE_DOCS=1 cargo test -p mock-server --test it the_pages_say_what_the_code_says writes it"
        );
        fs::write(root().join(&path), expected).expect("the page can be written");
    }
    there.sort();
    there.dedup();
    assert_eq!(there, PARTS);
}

#[test]
fn the_table_of_routes_has_every_route() {
    let table = part("routes");
    for row in ROUTES.iter() {
        let path =
            row.path.strip_prefix("/api/v1/account/{account_id}").filter(|rest| !rest.is_empty()).unwrap_or(&row.path);
        let path = path.strip_prefix("/api/v1/").map_or(path, |rest| rest.trim_start_matches('/'));
        assert!(table.contains(path.trim_start_matches('/')), "the table does not have {}", row.path);
    }
}
