//! The guide's own examples, sent as the guide has them.

use std::collections::BTreeSet;
use std::sync::LazyLock;

use reqwest::Method;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::case::Case;
use crate::contract::page;
use crate::exchange::{Account, Caller};
use crate::halt::Halt;
use crate::kind::{KINDS, Kind};
use crate::reader;
use crate::steps::accounts::created;
use crate::steps::items::Enrolled;

page!("examples" {
    for kind in KINDS.into_iter().filter(|kind| section(kind).is_some()) => {
        kind.word, facts(kind) => |case| replayed(case, section(kind).unwrap_or_default()),
    }
    "ssn": ["SSN-3", "SSN-2"] => |case| replayed(case, "SSN (national ID)"),
    "account": ["ACCOUNT-1", "SSN-2"] => |case| account(case),
});

/// The token of an example.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Token {
    Crm,
    App,
    /// None: the example is a login.
    #[serde(other)]
    Other,
}

/// One request of the guide.
#[derive(Debug, Deserialize)]
struct Example {
    id: String,
    section: String,
    token: Token,
    method: String,
    path: String,
    /// As the guide has it.
    body: Option<Value>,
    /// Where the guide has none.
    assumed_body: Option<Value>,
    facts: Vec<String>,
}

static EXAMPLES: LazyLock<Vec<Example>> = LazyLock::new(|| {
    serde_json::from_str(include_str!("../../../fixtures/examples.json"))
        .expect("the compiled-in examples are of this form")
});

impl Example {
    fn method(&self) -> Method {
        self.method.parse().unwrap_or_default()
    }

    /// Whether it adds an item of this kind.
    fn adds(&self, kind: &Kind) -> bool {
        self.method() == Method::POST && self.path.ends_with(kind.items)
    }
}

/// The section of the guide with the examples of a kind, if there are any.
fn section(kind: &Kind) -> Option<&'static str> {
    EXAMPLES.iter().find(|example| example.adds(kind)).map(|example| &*example.section)
}

/// The facts that the examples of a kind show. What an add promises besides is up to the page of the kind.
fn facts(kind: &Kind) -> Vec<&'static str> {
    let of_section = |example: &&Example| Some(&*example.section) == section(kind) && !example.adds(kind);
    let named = EXAMPLES.iter().filter(of_section).flat_map(|example| &example.facts).map(String::as_str);
    let once: BTreeSet<&str> = kind.facts.iter().copied().chain(named).collect();
    once.into_iter().collect()
}

/// The example that creates an account.
const CREATE: &str = "account-create-crm";

/// All examples of a section in their order, CRM's on one account, the app's on another.
async fn replayed(case: &Case, section: &str) -> Result<(), Halt> {
    let crm = case.crm().await?;
    for token in [Token::Crm, Token::App] {
        let account = match section {
            // The examples switch the monitoring of an SSN that is there.
            "SSN (national ID)" => created(case, true).await?.0,
            _ => case.account().await?,
        };
        let caller = match token {
            Token::Crm => crm.clone(),
            _ => case.app(&account).await?,
        };
        let mut own = Enrolled { account, captures: Default::default(), values: Default::default() };
        own.captures.insert("{account_id}", own.account.id.clone());
        let of_section =
            |example: &&Example| example.section == section && example.token == token && example.id != CREATE;
        for example in EXAMPLES.iter().filter(of_section) {
            send(case, &caller, &mut own, example).await?;
        }
    }
    Ok(())
}

async fn send(case: &Case, caller: &Caller, own: &mut Enrolled, example: &Example) -> Result<(), Halt> {
    let Some(kind) = KINDS.into_iter().find(|kind| example.path.contains(kind.items)) else {
        let Some(path) = own.fill(&example.path) else { return Ok(()) };
        let body = empty_body(&example.method());
        let answer = case.send(caller, example.method(), &path, body).await?;
        return is_served(example, answer.status);
    };
    if example.adds(kind) {
        // The guide's phone number may be a real one: off this machine a reserved one takes its place.
        let is_near = case.session.target.is_loopback();
        let answer = match &example.body {
            Some(body) if is_near => case.post(caller, &caller.path(&own.account, kind.items), body.clone()).await?,
            Some(_) => kind.add(case, caller, &own.account, &kind.new_value(case)).await?,
            None => kind.added(case, caller, &own.account, &kind.new_value(case)).await?,
        };
        answer.demand(&format!("the guide's example {}", example.id), reader::is_success)?;
        let id = match reader::item(&answer.body).and_then(reader::id) {
            Some(id) => Some(id),
            None => kind.list(case, caller, &own.account).await?.pop().map(|(id, _)| id),
        };
        own.captures.extend(id.map(|id| (kind.capture, id)));
        return Ok(());
    }
    let Some(path) = own.fill(&example.path) else { return Ok(()) };
    let body = example.assumed_body.as_ref().map(|body| fill(own, body));
    let answer = case.send(caller, example.method(), &path, body).await?;
    is_served(example, answer.status)
}

/// Puts the ids of what is enrolled into a body.
fn fill(own: &Enrolled, body: &Value) -> Value {
    let text = own.captures.iter().fold(body.to_string(), |text, (capture, id)| {
        let id = id.parse::<u64>().map_or_else(|_| Value::from(&**id), Value::from);
        text.replace(&format!("\"{capture}\""), &id.to_string())
    });
    serde_json::from_str(&text).unwrap_or_default()
}

/// Done, or refused for what the guide leaves open: a body that it does not give, a code that was never sent.
fn is_served(example: &Example, status: u16) -> Result<(), Halt> {
    let is_open = example.assumed_body.is_some()
        || ["/resend/", "/send-verification-code", "/confirm", "/verify"]
            .iter()
            .any(|action| example.path.contains(action));
    let is_right = reader::is_success(status)
        || is_open && (matches!(status, 400 | 422) || status == 404 && example.path.contains("/resend/"))
        || example.path.ends_with("/confirm") && status == 403
        || example.path.ends_with("/verify") && status == 403;
    Halt::unless(is_right, format!("the guide's example {}", example.id), || {
        format!("{status} to {} {}", example.method, example.path)
    })
}

/// The guide's example of an account, but for its address, which must be new. Its SSN fails its country's check digit,
/// and is taken nevertheless.
async fn account(case: &Case) -> Result<(), Halt> {
    let example = EXAMPLES.iter().find(|example| example.id == CREATE);
    let Some(body) = example.and_then(|example| example.assumed_body.as_ref()) else { return Ok(()) };
    let mut bodies = [body.clone(), body.clone()];
    bodies[1]["ssn"] = case.values.unlisted_ssn().into();
    let mut refusal = None;
    for mut body in bodies {
        let email = case.email();
        body["email"] = email.clone().into();
        body["plan_id"] = case.session.target.plan_id.into();
        let answer = case.create(body).await?;
        let created: Result<Account, Halt> = case.created(&answer, &email, false);
        match (created, refusal.take()) {
            (Ok(_), None) => return Ok(()),
            (Ok(_), Some(_)) => {
                let reason = "the example's SSN is refused, one like it is not: another account may have it already";
                return Err(Halt::Inconclusive(reason.into()));
            }
            (Err(halt), None) => refusal = Some(halt),
            (Err(halt), Some(_)) => return Err(halt),
        }
    }
    Ok(())
}

/// The body of a call about which the guide gives no body.
fn empty_body(method: &Method) -> Option<Value> {
    (![Method::GET, Method::DELETE].contains(method)).then(|| json!({}))
}
