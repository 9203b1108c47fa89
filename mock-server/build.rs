//! Makes the enums of `guide` from the fixtures, so that a fact or an assumption is written down once.
//!
//! `fixtures/facts.json` becomes `Fact`; `fixtures/assumptions.json` becomes `Key`, one enum for each switch, and the
//! table of defaults. Names follow from the fixtures: `add.duplicate` is `AddDuplicate`, its value `422` is `Invalid`.
//! Switches that differ only in a status number at the end, such as `legacy.error.404`, share one enum.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::Path;
use std::{env, fs};

use serde_json::Value as Json;

/// The meaning of a refusal, by its status in the fixture.
const REFUSALS: [(&str, &str); 6] = [
    ("400", "BadRequest"),
    ("401", "Unauthenticated"),
    ("403", "Forbidden"),
    ("404", "NotFound"),
    ("409", "Conflict"),
    ("422", "Invalid"),
];

/// The meaning of other statuses.
const STATUSES: [(&str, &str); 4] =
    [("200", "Ok"), ("201", "Created"), ("204", "NoContent"), ("415", "UnsupportedMediaType")];

/// The documentation of the enums is made of the sentences of the fixtures, which are no Markdown.
const SENTENCES: &str = "#[allow(clippy::doc_markdown, reason = \"the sentences are those of the fixture\")]";

fn main() {
    let directory = env::var("OUT_DIR").expect("cargo sets OUT_DIR");
    for (name, generate) in [("facts", facts as fn(&Json) -> String), ("assumptions", assumptions)] {
        let fixture = format!("../fixtures/{name}.json");
        println!("cargo::rerun-if-changed={fixture}");
        let text = fs::read_to_string(&fixture).unwrap_or_else(|error| panic!("{fixture}: {error}"));
        let json = serde_json::from_str(&text).unwrap_or_else(|error| panic!("{fixture}: {error}"));
        fs::write(Path::new(&directory).join(format!("{name}.rs")), generate(&json)).expect("OUT_DIR can be written");
    }
}

/// The enum `Fact`.
fn facts(fixture: &Json) -> String {
    let mut code = format!(
        "/// A fact that the guide documents.\n{SENTENCES}\n#[derive(Clone, Copy, Debug, PartialEq, Eq)]\n\
         pub(crate) enum Fact {{\n"
    );
    let ids: Vec<&str> = list(fixture).iter().map(|fact| text(fact, "id")).collect();
    for fact in list(fixture) {
        line(&mut code, &format!("/// {}: {}", text(fact, "id"), doc(text(fact, "fact"))));
        line(&mut code, &format!("{},", fact_name(text(fact, "id"))));
    }
    line(&mut code, "}\nimpl Fact {\n/// All of them, in the order of the guide's pages.");
    let names: Vec<String> = ids.iter().map(|id| format!("Self::{}", fact_name(id))).collect();
    line(&mut code, &format!("pub(crate) const ALL: &[Self] = &[{}];", names.join(", ")));
    line(&mut code, "/// The id as reports and headers write it: `EMAIL-1`.");
    line(&mut code, "pub(crate) const fn id(self) -> &'static str {\nmatch self {");
    for id in &ids {
        line(&mut code, &format!("Self::{} => {id:?},", fact_name(id)));
    }
    line(&mut code, "}\n}\n}");
    code
}

/// The enum `Key`, an enum for each switch, and the table `ENTRIES`.
fn assumptions(fixture: &Json) -> String {
    let mut keys: Vec<(&str, &str)> = Vec::new();
    let mut entries = String::new();
    // By the name of the enum: the documentation, and the values that any of its keys may have.
    let mut choices: BTreeMap<String, Choice<'_>> = BTreeMap::new();
    for switch in list(&fixture["switches"]) {
        let key = text(switch, "key");
        keys.push((key, text(switch, "question")));
        let choice = choices.entry(choice_name(key)).or_default();
        choice.keys.push(key);
        choice.about = text(switch, "question");
        for value in list(&switch["values"]) {
            if !choice.values.iter().any(|(known, _)| *known == text(value, "value")) {
                choice.values.push((text(value, "value"), text(value, "means")));
            }
        }
    }
    for switch in list(&fixture["switches"]) {
        let choice = &choices[&choice_name(text(switch, "key"))];
        let all: Vec<&str> = choice.values.iter().map(|(value, _)| *value).collect();
        let allowed: Vec<&str> = list(&switch["values"]).iter().map(|value| text(value, "value")).collect();
        let default = all.iter().position(|value| *value == text(switch, "default"));
        let default = default.unwrap_or_else(|| panic!("{}: the default is one of the values", text(switch, "key")));
        line(
            &mut entries,
            &format!(
                "Entry {{ domain: Domain::OneOf {{ allowed: &{allowed:?}, all: &{all:?} }}, \
                 default: Setting::Choice({default}) }},"
            ),
        );
    }
    for entry in list(&fixture["texts"]) {
        keys.push((text(entry, "key"), text(entry, "question")));
        let default = text(entry, "default");
        line(
            &mut entries,
            &format!("Entry {{ domain: Domain::Text, default: Setting::Text(Cow::Borrowed({default:?})) }},"),
        );
    }
    for entry in list(&fixture["limits"]) {
        keys.push((text(entry, "key"), text(entry, "question")));
        let (default, unit) = (&entry["default"], text(entry, "unit"));
        line(
            &mut entries,
            &format!("Entry {{ domain: Domain::Number({unit:?}), default: Setting::Number({default}) }},"),
        );
    }

    let mut code = format!(
        "/// The name of an assumption.\n{SENTENCES}\n#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]\n\
         pub(crate) enum Key {{\n"
    );
    for (key, about) in &keys {
        line(&mut code, &format!("/// `{key}`: {}.\n{},", doc(about), camel(key)));
    }
    line(&mut code, "}\nimpl Key {\n/// All of them, in the order of the fixture.");
    let all: Vec<String> = keys.iter().map(|(key, _)| format!("Self::{}", camel(key))).collect();
    line(&mut code, &format!("pub(crate) const ALL: &[Self] = &[{}];", all.join(", ")));
    line(&mut code, "/// The name as flags, files and headers write it: `remove.status`.");
    line(&mut code, "pub(crate) const fn name(self) -> &'static str {\nmatch self {");
    for (key, _) in &keys {
        line(&mut code, &format!("Self::{} => {key:?},", camel(key)));
    }
    line(
        &mut code,
        "}\n}\n/// The part of a response that it decides.\npub(crate) const fn decides(self) -> Decides {\nmatch self {",
    );
    for entry in ["switches", "texts", "limits"].into_iter().flat_map(|group| list(&fixture[group])) {
        let part = match entry["decides"].as_str() {
            Some("case") => "Case",
            Some("form") => "Form",
            None => "Value",
            Some(other) => panic!("{}: {other:?} is neither case nor form", text(entry, "key")),
        };
        line(&mut code, &format!("Self::{} => Decides::{part},", camel(text(entry, "key"))));
    }
    line(&mut code, "}\n}\n}");
    for (name, choice) in &choices {
        choice.write(name, &mut code);
    }
    line(&mut code, "/// What each key may be set to, and its default, in the order of [`Key::ALL`].");
    line(&mut code, &format!("static ENTRIES: &[Entry] = &[\n{entries}];"));
    code
}

/// The values of one enum.
#[derive(Default)]
struct Choice<'a> {
    keys: Vec<&'a str>,
    about: &'a str,
    values: Vec<(&'a str, &'a str)>,
}

impl Choice<'_> {
    fn write(&self, name: &str, code: &mut String) {
        let about = match &*self.keys {
            [key] => format!("`{key}`: {}.", doc(self.about)),
            keys => format!("The values of `{}`.", keys.join("`, `")),
        };
        line(
            code,
            &format!(
                "/// {about}\n{SENTENCES}\n#[derive(Clone, Copy, Debug, PartialEq, Eq)]\npub(crate) enum {name} {{"
            ),
        );
        for (value, means) in &self.values {
            line(code, &format!("/// `{value}`: {}.\n{},", doc(means), value_name(value)));
        }
        line(code, "}");
        let values: Vec<String> = self.values.iter().map(|(value, _)| format!("Self::{}", value_name(value))).collect();
        line(
            code,
            &format!("impl Choice for {name} {{\nconst VALUES: &'static [Self] = &[{}];\n}}", values.join(", ")),
        );
        if let [key] = &*self.keys {
            line(code, &format!("impl ChoiceOfOne for {name} {{\nconst KEY: Key = Key::{};\n}}", camel(key)));
        }
        let refusal = |value: &str| REFUSALS.iter().find(|(status, _)| *status == value).map(|(_, meaning)| *meaning);
        let refusals: Vec<Option<&str>> = self.values.iter().map(|(value, _)| refusal(value)).collect();
        if refusals.iter().any(Option::is_none) {
            line(
                code,
                &format!(
                    "impl From<{name}> for Option<Refusal> {{\nfn from(choice: {name}) -> Self {{\nmatch choice {{"
                ),
            );
            for (value, refusal) in self.values.iter().zip(&refusals) {
                let refusal = refusal.map_or("None".to_owned(), |meaning| format!("Some(Refusal::{meaning})"));
                line(code, &format!("{name}::{} => {refusal},", value_name(value.0)));
            }
        } else {
            line(
                code,
                &format!("impl From<{name}> for Refusal {{\nfn from(choice: {name}) -> Self {{\nmatch choice {{"),
            );
            for meaning in refusals.iter().flatten() {
                line(code, &format!("{name}::{meaning} => Self::{meaning},"));
            }
        }
        line(code, "}\n}\n}");
    }
}

fn list(json: &Json) -> &[Json] {
    json.as_array().expect("a list in the fixture")
}

fn text<'a>(json: &'a Json, field: &str) -> &'a str {
    json[field].as_str().unwrap_or_else(|| panic!("{json} has no text {field:?}"))
}

fn line(code: &mut String, line: &str) {
    writeln!(code, "{line}").expect("a string can be written to");
}

/// A sentence as documentation, in which brackets and angles mean nothing.
fn doc(sentence: &str) -> String {
    let escaped = sentence.replace('[', "\\[").replace(']', "\\]").replace('<', "\\<").replace('\n', " ");
    escaped.trim_end_matches('.').to_owned()
}

/// `EMAIL-1` is `Email1`.
fn fact_name(id: &str) -> String {
    camel(&id.to_ascii_lowercase())
}

/// The enum of a switch: its key without a status number at the end, as in `LegacyError`.
fn choice_name(key: &str) -> String {
    camel(key.trim_end_matches(|char: char| char.is_ascii_digit()))
}

/// The name of a value: what a status means, or the word.
fn value_name(value: &str) -> String {
    let known = REFUSALS.iter().chain(&STATUSES).find(|(status, _)| *status == value);
    known.map_or_else(|| camel(value), |(_, meaning)| (*meaning).to_owned())
}

/// `phone.app-verification` is `PhoneAppVerification`.
fn camel(words: &str) -> String {
    let words = words.split(['.', '-', '_']).filter(|word| !word.is_empty());
    words.map(|word| word[..1].to_ascii_uppercase() + &word[1..]).collect()
}
