//! Updates of an account, and what its profile shows.

use reqwest::Method;
use serde_json::Value;

use crate::case::Case;
use crate::exchange::{Account, Answer, Caller};
use crate::halt::Halt;
use crate::reader;

/// A call by which CRM updates an account.
#[derive(Clone, Debug)]
pub(crate) struct Update {
    method: Method,
    /// The version in its path.
    version: &'static str,
}

/// All of them.
pub(crate) static UPDATES: [Update; 3] = [
    Update { method: Method::PUT, version: "v1" },
    Update { method: Method::PATCH, version: "v1" },
    Update { method: Method::PUT, version: "v2" },
];

impl Update {
    /// Asks to update an account, with any body.
    pub(crate) async fn send(&self, case: &Case, by: &Caller, on: &Account, body: Value) -> Result<Answer, Halt> {
        let path = format!("/api/{}/account/{}", self.version, on.id);
        case.send(by, self.method.clone(), &path, Some(body)).await
    }
}

/// An account, as each of these callers reads it. The guide gives CRM no route for that, but a target may have one.
pub(crate) async fn profiles(
    case: &Case,
    by: &[Caller],
    account: &Account,
) -> Result<Vec<(&'static str, Answer)>, Halt> {
    let mut read = Vec::new();
    for caller in by {
        let (who, path) = match caller {
            Caller::App(..) => ("its owner", "/api/v1/account".to_owned()),
            _ => ("CRM", format!("/api/v1/account/{}", account.id)),
        };
        read.push((who, case.get(caller, &path).await?));
    }
    read.retain(|(_, answer)| answer.status == 200);
    Ok(read)
}

/// Both names of an account, as far as each of these callers reads them.
pub(crate) async fn names(case: &Case, by: &[Caller], account: &Account) -> Result<Vec<(&'static str, Value)>, Halt> {
    Ok(names_of(&profiles(case, by, account).await?))
}

/// The names that these profiles show, and to whom.
pub(crate) fn names_of(profiles: &[(&'static str, Answer)]) -> Vec<(&'static str, Value)> {
    profiles.iter().flat_map(|(who, answer)| names_in(answer).into_iter().map(|name| (*who, name))).collect()
}

/// An update leaves what it has not changed as each caller has read it before: its body held the same again.
pub(crate) fn is_kept(before: &[(&str, Answer)], after: &[(&str, Answer)], by: &str) -> Result<(), Halt> {
    for (who, earlier) in before {
        let Some((_, later)) = after.iter().find(|(reader, _)| reader == who) else { continue };
        let (Some(earlier), Some(later)) = (reader::item(&earlier.body), reader::item(&later.body)) else { continue };
        for field in ["email", "country_code", "lang_code", "plan_id", "type"] {
            let (was, is) = (earlier.get(field), later.get(field));
            let observed =
                || format!("{who} reads {}, and {} before", is.unwrap_or(&Value::Null), was.unwrap_or(&Value::Null));
            Halt::unless(was == is, format!("{field} stays as it was after {by}"), observed)?;
        }
    }
    Ok(())
}

/// Both names of an account, as far as an answer shows them.
pub(crate) fn names_in(answer: &Answer) -> Vec<Value> {
    let shown = |name| reader::item(&answer.body)?.get(name).cloned();
    NAMES.into_iter().filter_map(shown).collect()
}

/// The body that gives an account this name, as first name and as last one. It holds all that a new account needs,
/// because a target may replace the whole of it.
pub(crate) fn naming(case: &Case, account: &Account, name: &str, ssn: Option<&str>) -> Value {
    let mut body = case.account_body(&account.email, ssn);
    for field in NAMES {
        body[field] = name.into();
    }
    body
}

/// The fields of an account that hold its names.
const NAMES: [&str; 2] = ["first_name", "last_name"];

/// Every caller that reads the account reads this name.
pub(crate) fn is_named(shown: &[(&str, Value)], name: &str, after: &str) -> Result<(), Halt> {
    let wrong = shown.iter().find(|(_, shown)| shown != name);
    let expected = format!("the name {name} after {after}");
    Halt::unless(wrong.is_none(), expected, || {
        wrong.map(|(who, shown)| format!("{who} reads {shown}")).unwrap_or_default()
    })
}

/// No caller that reads the account reads this name.
pub(crate) fn is_not_named(shown: &[(&str, Value)], name: &str, after: &str) -> Result<(), Halt> {
    let wrong = shown.iter().find(|(_, shown)| shown == name);
    let expected = format!("{after} leaves the account as it is");
    Halt::unless(wrong.is_none(), expected, || wrong.map(|(who, _)| format!("{who} reads {name}")).unwrap_or_default())
}
