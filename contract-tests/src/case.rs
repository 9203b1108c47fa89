//! One run of one check: what it may send, and a record of what it did.

pub(crate) mod accounts;
pub(crate) mod logins;
pub(crate) mod messages;

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use reqwest::Method;
use reqwest::header::LINK;
use serde_json::Value;

use crate::documented;
use crate::exchange::{Account, Answer, Caller, Exchange, Request};
use crate::format::Format;
use crate::halt::Halt;
use crate::lock::lock;
use crate::outcome::{Evidence, Outcome};
use crate::reader;
use crate::session::Session;
use crate::signature::{self, signature};
use crate::values::Values;

/// More pages than any list of this suite has.
const PAGES: usize = 200;

/// More pages than the items of one account have, and enough to see again that a list has no end.
const FEW_PAGES: usize = 20;

/// The tools of one contract.
#[derive(Debug)]
pub struct Case {
    pub(crate) session: Arc<Session>,
    pub(crate) format: Format,
    pub(crate) values: Values,
    number: u64,
    exchanges: Mutex<Vec<Exchange>>,
    /// Its accounts, and whether each is as another case would have it.
    accounts: Mutex<Vec<(Account, bool)>>,
    /// Whether it only removes what was created, which it may when nothing else may be sent.
    is_cleaning_up: AtomicBool,
    /// Whether it has waited for a message when none at all had come through.
    is_unheard: AtomicBool,
    /// Steps of a sequence that were begun.
    steps: AtomicUsize,
    /// How many accounts it was given that watch leaked values.
    watchers: AtomicUsize,
    /// Those of the check's facts that a failure is about, where that can be told.
    facts: Mutex<Option<Vec<&'static str>>>,
    /// A sequence that has failed, as `contract replay` reads it.
    replay: Mutex<Option<String>>,
}

impl Case {
    /// A new case, with values of its own.
    pub(crate) fn new(session: &Arc<Session>, format: Format) -> Self {
        let number = session.next_case();
        Self {
            session: Arc::clone(session),
            format,
            values: session.values_of(number),
            number,
            exchanges: Mutex::default(),
            accounts: Mutex::default(),
            is_cleaning_up: AtomicBool::new(false),
            is_unheard: AtomicBool::new(false),
            steps: AtomicUsize::new(0),
            watchers: AtomicUsize::new(0),
            facts: Mutex::default(),
            replay: Mutex::default(),
        }
    }

    /// How the check has ended.
    pub(crate) fn outcome(self, facts: &[&'static str], end: Result<(), Halt>) -> Outcome {
        let halt = match end {
            Ok(()) => return Outcome::Pass,
            Err(Halt::Skipped(reason)) => return Outcome::Skipped(self.session.redactor.clean(&reason)),
            Err(halt) => halt,
        };
        let evidence = self.evidence(facts, &halt);
        match halt {
            Halt::Fail { .. } => Outcome::Fail(Box::new(evidence)),
            _ => Outcome::Inconclusive(Box::new(evidence)),
        }
    }

    /// The requests of the case and the reason for which it has stopped, without secrets.
    pub(crate) fn evidence(&self, facts: &[&'static str], halt: &Halt) -> Evidence {
        let clean = |text: &str| self.session.redactor.clean(text);
        let is_cut_short = self.session.pace.objection().is_some() || self.has_lost_an_answer();
        let exchanges = lock(&self.exchanges);
        let last = exchanges.last().and_then(|exchange| exchange.answer.as_ref().ok());
        let narrowed = lock(&self.facts).clone();
        let no_json = last.and_then(Answer::json_issue).map(|issue| format!(" (its body is no JSON: {issue})"));
        let (expected, observed) = (halt.expected(), halt.reason() + &no_json.unwrap_or_default());
        let volatile = signature::volatile(&exchanges);
        Evidence {
            facts: narrowed.unwrap_or_else(|| facts.to_vec()),
            format: self.format,
            base_url: clean(&self.session.target.base_url),
            expected: clean(expected),
            observed: clean(&observed),
            is_cut_short,
            route: route(&observed, &exchanges),
            // Secrets are known by value, so they are looked for before anything is named.
            signature: signature(&clean(&observed), &clean(expected), &volatile),
            steps: exchanges.iter().map(|step| (step.curl(&self.session.redactor), clean(&step.end()))).collect(),
            body: last.map(|answer| clean(&answer.text)).unwrap_or_default(),
            replay: lock(&self.replay).clone(),
        }
    }

    /// The documented routes that were called, as methods and paths with the guide's captures.
    pub(crate) fn routes(&self) -> BTreeSet<String> {
        lock(&self.exchanges).iter().filter(|exchange| exchange.is_documented()).map(Exchange::route).collect()
    }

    /// All exchanges so far.
    pub(crate) fn exchanges(&self) -> Vec<Exchange> {
        lock(&self.exchanges).clone()
    }

    /// Whether a request of the case has reached the target and got no answer, not even late.
    pub(crate) fn has_lost_an_answer(&self) -> bool {
        let is_lost = |problem: &String| !problem.contains("timed out");
        lock(&self.exchanges).iter().any(|exchange| exchange.answer.as_ref().err().is_some_and(is_lost))
    }

    /// From now on the case removes what was created.
    pub(crate) fn begin_cleanup(&self) {
        self.is_cleaning_up.store(true, Ordering::Relaxed);
    }

    /// Notes that it could not tell, for no message at all had come through yet.
    pub(crate) fn note_unheard(&self) {
        self.is_unheard.store(true, Ordering::Relaxed);
    }

    /// Whether it could not tell for that reason.
    pub(crate) fn is_unheard(&self) -> bool {
        self.is_unheard.load(Ordering::Relaxed)
    }

    pub(crate) fn count_step(&self) {
        self.steps.fetch_add(1, Ordering::Relaxed);
    }

    /// How many accounts that watch leaked values it was given before.
    pub(crate) fn count_watcher(&self) -> usize {
        self.watchers.fetch_add(1, Ordering::Relaxed)
    }

    /// How many steps of a sequence were begun.
    pub(crate) fn steps_played(&self) -> usize {
        self.steps.load(Ordering::Relaxed)
    }

    /// Narrows a failure down to these facts.
    pub(crate) fn narrow(&self, facts: Vec<&'static str>) {
        *lock(&self.facts) = Some(facts);
    }

    /// Keeps a sequence that has failed for `contract replay`.
    pub(crate) fn keep_replay(&self, replay: String) {
        *lock(&self.replay) = Some(replay);
    }

    /// Takes over the story of another case of the same check.
    pub(crate) fn take_story(&self, other: &Self) {
        lock(&self.exchanges).extend(other.exchanges());
    }

    /// Puts a request that another case has sent into the story.
    pub(crate) fn describe(&self, exchange: &Exchange) {
        lock(&self.exchanges).push(exchange.clone());
    }

    /// Leaves the last request out of the story: it is one of many that were answered as they should be.
    pub(crate) fn drop_last(&self) {
        lock(&self.exchanges).pop();
    }

    pub(crate) fn take_accounts(&self) -> Vec<(Account, bool)> {
        std::mem::take(&mut *lock(&self.accounts))
    }

    /// The format that answers must have: the one asked for, unless the deployment forces it (FORMAT-2).
    pub(crate) fn answered_format(&self, asked: Format) -> Format {
        if self.session.target.normalize_all { Format::Standardized } else { asked }
    }

    /// A new address.
    pub(crate) fn email(&self) -> String {
        self.values.email()
    }

    pub(crate) async fn get(&self, caller: &Caller, path: &str) -> Result<Answer, Halt> {
        self.send(caller, Method::GET, path, None).await
    }

    pub(crate) async fn post(&self, caller: &Caller, path: &str, body: Value) -> Result<Answer, Halt> {
        self.send(caller, Method::POST, path, Some(body)).await
    }

    /// Sends a request in the case's format.
    pub(crate) async fn send(
        &self,
        caller: &Caller,
        method: Method,
        path: &str,
        body: Option<Value>,
    ) -> Result<Answer, Halt> {
        self.send_request(caller, Request::new(method, path, self.format, body.as_ref())).await
    }

    /// Sends a request of any form.
    pub(crate) async fn send_request(&self, caller: &Caller, request: Request) -> Result<Answer, Halt> {
        self.dispatch(caller, request).await
    }

    async fn dispatch(&self, caller: &Caller, request: Request) -> Result<Answer, Halt> {
        let mut answer = self.dispatch_once(caller, request.clone()).await?;
        // Where a login ends the session before it, a call of that session comes too late, which is no failure.
        let mut caller = caller.clone();
        while let (401, Caller::Crm(token)) = (answer.status, &caller)
            && let Some(later) = self.session.later_token(token).await
        {
            caller = Caller::Crm(later);
            answer = self.dispatch_once(&caller, request.clone()).await?;
        }
        Ok(answer)
    }

    async fn dispatch_once(&self, caller: &Caller, request: Request) -> Result<Answer, Halt> {
        let is_removal = self.is_cleaning_up.load(Ordering::Relaxed);
        let (exchange, answer) = self.session.client.send(caller, request, is_removal).await;
        self.session.record(self.number, caller, &exchange);
        self.session.witness(&exchange);
        // The removals at the end are no part of the story.
        if !is_removal {
            lock(&self.exchanges).push(exchange);
        }
        answer
    }

    /// Sends a request to a control route of the mock.
    pub(crate) async fn control(&self, method: Method, path: &str, body: Option<Value>) -> Result<Answer, Halt> {
        let request = Request { version: None, ..Request::new(method, path, self.format, body.as_ref()) };
        self.dispatch(&Caller::Anonymous, request).await
    }

    /// All items of the list at `path`, to its last page.
    pub(crate) async fn list(&self, caller: &Caller, path: &str) -> Result<Vec<Value>, Halt> {
        Ok(self.pages(caller, path, |_| false).await?.concat())
    }

    /// The pages of the list at `path`, to the last one, or to one after which it is enough. Others may write while they
    /// are read, so the same item may be on two of them, and one may be passed over.
    pub(crate) async fn pages(
        &self,
        caller: &Caller,
        path: &str,
        mut is_enough: impl FnMut(&[Value]) -> bool,
    ) -> Result<Vec<Vec<Value>>, Halt> {
        let (mut pages, mut query) = (Vec::new(), String::new());
        let (mut queries, mut known, mut is_growing) = (BTreeSet::new(), BTreeSet::new(), false);
        let name = path.rsplit('/').next().unwrap_or_default();
        // The removal at the end of a run goes through the lists of all accounts: pages without an end would take as many
        // times as long.
        let is_short = self.is_cleaning_up.load(Ordering::Relaxed) || self.session.is_endless(name);
        let most = if is_short { FEW_PAGES } else { PAGES };
        for _ in 0..most {
            let request = Request::new(Method::GET, format!("{path}{query}"), self.format, None);
            let answer = self.dispatch(caller, request).await?;
            answer.demand("a list", reader::is_success)?;
            // An empty list may be answered without a body.
            if answer.status == 204 {
                return Ok(pages);
            }
            let page = reader::page(&answer.body);
            let page = page.ok_or_else(|| Halt::fail("a list", format!("none to {}", answer.to)))?;
            is_growing = false;
            page.items.iter().for_each(|item| is_growing |= known.insert(item.to_string()));
            pages.push(page.items.to_vec());
            if is_enough(page.items) {
                return Ok(pages);
            }
            let link = answer.headers.get(LINK).and_then(|link| link.to_str().ok());
            match page.next.or_else(|| link.and_then(reader::next_in_header)) {
                Some(next) if queries.insert(next.clone()) => query = next,
                Some(_) => {
                    return Err(Halt::fail(
                        "a list that ends",
                        format!("the next page of {} is one before it", answer.to),
                    ));
                }
                None => return Ok(pages),
            }
        }
        self.session.learn_endless(name);
        let observed = format!("more than {most} pages of {path}");
        // Where each page brings something new there may be that much.
        if is_growing { Err(Halt::Inconclusive(observed)) } else { Err(Halt::fail("a list that ends", observed)) }
    }
}

/// The route that an end is about: the one that its words name, else the one that was called last.
fn route(observed: &str, exchanges: &[Exchange]) -> String {
    let words: Vec<&str> = observed.split_whitespace().collect();
    let named = words.windows(2).find(|pair| pair[1].starts_with("/api/") && pair[0].parse::<Method>().is_ok());
    let path = |word: &str| word.trim_end_matches(|char: char| ",;:)".contains(char)).to_owned();
    let last = || exchanges.iter().rev().find(|exchange| exchange.is_documented()).map(Exchange::route);
    let named = named.map(|pair| format!("{} {}", pair[0], documented::template(&path(pair[1]))));
    named.or_else(last).unwrap_or_default()
}
