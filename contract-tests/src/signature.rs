//! The signature of an end: its words without what changes from run to run.
//!
//! Two runs with different seeds, on a target that does the same, end a check with the same signature: ids, addresses,
//! tokens, times, amounts and the values that the suite has made up are named, not told. Statuses stay, and so do words
//! of the guide.

use std::borrow::Cow;
use std::sync::LazyLock;

use regex::{Captures, Regex};
use serde_json::Value;

use crate::documented;
use crate::exchange::Exchange;

/// A longer one is cut.
const LONGEST: usize = 3000;

/// Between what was observed and what was expected.
const EXPECTED: &str = ", expected ";

/// Between the places where the same was expected and not found.
const PLACE: &str = "; ";

/// Statuses that the guide gives, or that a server may answer instead.
const STATUSES: [&str; 25] = [
    "200", "201", "202", "203", "204", "205", "206", "301", "302", "303", "304", "307", "308", "400", "401", "403",
    "404", "405", "409", "410", "415", "422", "429", "500", "503",
];

/// The signature of what was observed, and of what was expected, if anything was. `volatile` are words that only this
/// run has used, with a name for each.
pub(crate) fn signature(observed: &str, expected: &str, volatile: &[(String, String)]) -> String {
    let observed = stable(observed, volatile);
    let text = match expected {
        "" => observed,
        expected => format!("{observed}{EXPECTED}{}", stable(expected, volatile)),
    };
    match text.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text,
    }
}

/// Whether an end is known by the signature of another: it is the same, or was met at some of its places only, as where a
/// seed chooses among the routes.
pub(crate) fn is_within(signature: &str, known: &str) -> bool {
    let parts =
        |of: &str| of.rsplit_once(EXPECTED).map(|(observed, expected)| (observed.to_owned(), expected.to_owned()));
    match (parts(signature), parts(known)) {
        _ if signature == known => true,
        (Some((observed, expected)), Some((known, of_known))) => {
            let known: Vec<&str> = known.split(PLACE).collect();
            expected == of_known && observed.split(PLACE).all(|place| known.contains(&place))
        }
        _ => false,
    }
}

/// A way to write text, and the name for what is written so.
fn regex(pattern: &str) -> Regex {
    Regex::new(pattern).expect("a compiled-in pattern")
}

/// Whatever may change, the longest form first: a path with an id in it is a path.
static PARTS: LazyLock<Regex> = LazyLock::new(|| {
    regex(concat!(
        r#"(?P<url>https?://[^\s"')\]>]+)"#,
        r#"|(?P<path>/(?:api|_mock|_sandbox)/[^\s"'),;:\]]*)"#,
        r"|(?P<time>\d{4}-\d{2}-\d{2}(?:[T ][0-9:.]+(?:Z|[+-]\d{2}:?\d{2})?)?)",
        r"|(?P<placeholder>[+0-9]*\$[A-Z][A-Z0-9_]*)",
        r#"|(?P<email>[^\s"'<>(\[{,;:]+@[A-Za-z0-9.\-]+)"#,
        r"|(?P<list>\[[^\[\]]*\])",
        r#"|(?P<quoted>"(?:[^"\\]|\\.)*")"#,
        r"|(?P<word>[A-Za-z0-9_\-|]*[0-9][A-Za-z0-9_\-|]*)",
    ))
});

/// The words that say that the next one names a thing.
const THINGS: [&str; 13] = [
    "account",
    "accounts",
    "alarm",
    "alarms",
    "card",
    "id",
    "item",
    "items",
    "leak",
    "passport",
    "passports",
    "plan",
    "site",
];

fn stable(text: &str, volatile: &[(String, String)]) -> String {
    let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
    let text = named(&text, volatile);
    let replaced = PARTS.replace_all(&text, |found: &Captures<'_>| -> String {
        let whole = found.get(0).map_or("", |whole| whole.as_str());
        let start = found.get(0).map_or(0, |whole| whole.start());
        let group = |name: &str| found.name(name).is_some();
        if group("url") {
            "{url}".into()
        } else if group("path") {
            documented::template(whole)
        } else if group("time") {
            "{time}".into()
        } else if group("email") {
            "{email}".into()
        } else if group("placeholder") {
            whole.trim_start_matches(|char: char| char == '+' || char.is_ascii_digit()).into()
        } else if group("list") {
            list(whole).into_owned()
        } else if group("quoted") {
            quoted(whole).into()
        } else {
            let before = text[..start].split_whitespace().last().unwrap_or_default();
            let after = text[start + whole.len()..].split_whitespace().next().unwrap_or_default();
            word(whole, before, after).into()
        }
    });
    replaced.into_owned()
}

/// A list of words of the guide stays, and an empty one.
fn list(whole: &str) -> Cow<'_, str> {
    let is_word =
        |word: &str| word.trim().trim_matches('"').chars().all(|char| char.is_ascii_alphabetic() || char == '_');
    if whole[1..whole.len() - 1].split(',').all(is_word) { Cow::Borrowed(whole) } else { Cow::Borrowed("[…]") }
}

/// A text is a value, unless it is empty, or looks like a name of the guide: `"email"`, `"OPEN"`, `"0"`.
fn quoted(whole: &str) -> &str {
    let inner = &whole[1..whole.len() - 1];
    let is_lower = inner.chars().all(|char| char.is_ascii_lowercase() || char == '_' || char == '.');
    let is_upper = inner.chars().all(|char| char.is_ascii_uppercase() || char == '_');
    if is_lower || is_upper || inner == "0" || inner == "1" { whole } else { "\"…\"" }
}

/// A word with digits: a status, a fact and a variable stay, and none, unless that is how it was before.
fn word<'a>(whole: &'a str, before: &str, after: &str) -> &'a str {
    // "2 alarms, 0 before": what comes after a comma is another thing.
    let before = before.trim_start_matches(|char: char| !char.is_ascii_alphanumeric());
    let is_variable = whole.starts_with(|char: char| char.is_ascii_uppercase()) && whole.contains('_');
    let is_number = whole.chars().all(|char| char.is_ascii_digit());
    if THINGS.contains(&before) && !is_variable {
        "{id}"
    } else if STATUSES.contains(&whole)
        || whole == "0" && after != "before"
        || is_variable
        || documented::fact(whole).is_some()
    {
        whole
    } else if is_number {
        "{n}"
    } else {
        "{id}"
    }
}

/// A text with names in the place of the words that only this run has used.
fn named(text: &str, volatile: &[(String, String)]) -> String {
    let mut named = text.to_owned();
    for (value, name) in volatile {
        let is_within = |char: Option<char>| char.is_some_and(char::is_alphanumeric);
        let mut rest = 0;
        while let Some(at) = named[rest..].find(value.as_str()).map(|at| at + rest) {
            let end = at + value.len();
            let is_whole = !is_within(named[..at].chars().next_back()) && !is_within(named[end..].chars().next());
            rest = if is_whole { at + name.len() + 2 } else { end };
            if is_whole {
                named.replace_range(at..end, &format!("{{{name}}}"));
            }
        }
    }
    named
}

/// The words that only this case has used: texts that it has sent, and ids that it has been given, the longest first.
pub(crate) fn volatile(exchanges: &[Exchange]) -> Vec<(String, String)> {
    let mut found = Vec::new();
    for exchange in exchanges.iter().filter(|exchange| exchange.is_documented()) {
        let sent = exchange.request.body.as_deref().and_then(|body| serde_json::from_str(body).ok());
        texts(&sent.unwrap_or_default(), &mut |name, text| found.push((text.to_owned(), name.to_owned())));
        if let Ok(answer) = &exchange.answer {
            texts(&answer.body, &mut |name, text| {
                if name == "id" || name.ends_with("_id") || name == "uuid" {
                    found.push((text.to_owned(), "id".to_owned()));
                }
            });
        }
    }
    // Short and upper-case texts are codes of the guide: SE, SINGLE.
    found.retain(|(text, _)| text.len() > 3 && text.chars().any(|char| !char.is_ascii_uppercase() && char != '_'));
    found.sort_by(|one, other| other.0.len().cmp(&one.0.len()).then_with(|| one.cmp(other)));
    found.dedup_by(|one, other| one.0 == other.0);
    found
}

/// Every text of a body with the name of its field.
fn texts(body: &Value, tell: &mut impl FnMut(&str, &str)) {
    match body {
        Value::Object(fields) => {
            for (name, value) in fields {
                match value {
                    Value::String(text) => tell(name, text),
                    value => texts(value, tell),
                }
            }
        }
        Value::Array(items) => items.iter().for_each(|item| texts(item, tell)),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_changes_from_run_to_run_is_named() {
        let cases = [
            (
                "200 to POST /api/v1/account/17/email-watchlist",
                "200 to POST /api/v1/account/{account_id}/email-watchlist",
            ),
            ("404 to DELETE /api/v1/credit-card/9f2c?x=1", "404 to DELETE /api/v1/credit-card/{creditCardId}"),
            ("200 to GET /api/v1/email-watchlist/leaks", "200 to GET /api/v1/email-watchlist/leaks"),
            ("0 new items in it", "0 new items in it"),
            ("3 new items in it", "{n} new items in it"),
            ("2 alarms, 0 before", "{n} alarms, {n} before"),
            ("only item 201 is removed: [\"201\", \"202\"]", "only item {id} is removed: […]"),
            ("alarm 404 is not, at the top", "alarm {id} is not, at the top"),
            ("[]", "[]"),
            ("details that name [\"email\"]", "details that name [\"email\"]"),
            ("contract-00ab-1-2@example.com once in the list", "{email} once in the list"),
            ("created_at is 2026-11-28T20:00:00Z", "created_at is {time}"),
            ("created_at is \"2026-11-28 20:00:00\"", "created_at is \"…\""),
            ("+46$PHONE is 0$PHONE", "$PHONE is $PHONE"),
            ("the answered id 01JD4Z in the list", "the answered id {id} in the list"),
            ("401 or 403 to another token than the app's", "401 or 403 to another token than the app's"),
            ("DEFENTRY_CRM2_USERNAME is not set (SCOPE-4)", "DEFENTRY_CRM2_USERNAME is not set (SCOPE-4)"),
            ("status is \"OPEN\", not \"Anna\" or \"\"", "status is \"OPEN\", not \"…\" or \"\""),
            ("at https://a.example/x/1 after 3.25 s", "at {url} after {n}.{n} s"),
        ];
        for (text, expected) in cases {
            assert_eq!(stable(text, &[]), expected);
        }
    }

    #[test]
    fn what_the_run_has_made_up_is_called_by_its_field() {
        let volatile = [("Testabc".to_owned(), "first_name".to_owned()), ("kqzvw".to_owned(), "id".to_owned())];
        assert_eq!(
            signature("\"Tes\" to PUT /api/v1/account", "first_name is Testabc in kqzvw, not Testabcd", &volatile),
            "\"…\" to PUT /api/v1/account, expected first_name is {first_name} in {id}, not Testabcd"
        );
    }

    #[test]
    fn a_long_text_is_cut() {
        assert_eq!(signature(&"word ".repeat(1000), "", &[]).chars().count(), LONGEST + 1);
    }

    #[test]
    fn some_of_the_places_that_are_known_are_known() {
        let known = "500 to GET /a; 500 to GET /b, expected a list";
        let cases = [
            (known, true),
            ("500 to GET /b, expected a list", true),
            ("500 to GET /b; 500 to GET /c, expected a list", false),
            ("404 to GET /b, expected a list", false),
            ("500 to GET /b, expected a refusal", false),
            ("500 to GET /b", false),
        ];
        for (signature, expected) in cases {
            assert_eq!(is_within(signature, known), expected, "{signature}");
        }
    }
}
