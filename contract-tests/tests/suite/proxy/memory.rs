//! The memory of a proxy, and of the faults in it.

use std::collections::{BTreeMap, BTreeSet};

use axum::http::Method;

use super::message::{Answered, Asked, id_text};

/// Everything that a proxy has seen so far.
#[derive(Debug, Default)]
pub(crate) struct Memory {
    /// CRM tokens of the first partner and of others, and app tokens, in the order in which they were issued.
    pub(crate) crm_tokens: Vec<String>,
    pub(crate) other_tokens: Vec<String>,
    pub(crate) app_tokens: Vec<String>,
    /// The emails that app tokens were asked for with.
    pub(crate) owners: Vec<String>,
    /// The ids of accounts that were created, and their emails.
    pub(crate) accounts: Vec<(String, String)>,
    /// The ids of alarms that were listed, in the order in which they first were.
    alarms: Vec<String>,
    /// Texts that a fault keeps, by whatever name it likes.
    pub(crate) kept: BTreeMap<String, String>,
    /// Answers that a fault gives again.
    answers: BTreeMap<String, Answered>,
    /// Events that a fault remembers.
    noted: BTreeSet<String>,
    /// Requests that are on their way, by method.
    pub(super) under_way: BTreeMap<String, usize>,
}

impl Memory {
    /// An alarm that was listed, other than this one.
    pub(crate) fn other_alarm(&self, id: &str) -> Option<&str> {
        self.alarms.iter().rev().map(String::as_str).find(|other| *other != id)
    }

    /// Notes that something has happened. False if it had been noted before.
    pub(crate) fn note(&mut self, event: impl Into<String>) -> bool {
        self.noted.insert(event.into())
    }

    /// Whether something has happened.
    pub(crate) fn has_noted(&self, event: &str) -> bool {
        self.noted.contains(event)
    }

    /// How much has been noted.
    pub(crate) fn notes(&self) -> usize {
        self.noted.len()
    }

    /// Puts the first answer that was kept under this name in the place of each later one.
    pub(crate) fn repeat_first(&mut self, name: impl Into<String>, answer: &mut Answered) {
        *answer = self.answers.entry(name.into()).or_insert_with(|| answer.clone()).clone();
    }

    /// Keeps an answer, and gives back the one that was kept under this name before.
    pub(crate) fn replace(&mut self, name: impl Into<String>, answer: Answered) -> Option<Answered> {
        self.answers.insert(name.into(), answer)
    }

    /// The answer that is kept under this name.
    pub(crate) fn answer(&self, name: &str) -> Option<&Answered> {
        self.answers.get(name)
    }

    /// Takes in what a request and its answer tell of accounts, tokens and alarms.
    pub(super) fn learn(&mut self, asked: &Asked, answered: &Answered) {
        if !answered.is_success() {
            return;
        }
        if asked.is("GET", "/alarms") {
            for id in answered.items().iter().map(|alarm| id_text(&alarm["id"])) {
                if !self.alarms.contains(&id) {
                    self.alarms.push(id);
                }
            }
        }
        if asked.method != Method::POST {
            return;
        }
        let (sent, got) = (asked.json(), answered.value());
        let token = got["token"].as_str().map(str::to_owned);
        match asked.path.as_str() {
            "/api/v1/crm/auth/login" if sent["username"] == "service@partner.example" => self.crm_tokens.extend(token),
            "/api/v1/crm/auth/login" => self.other_tokens.extend(token),
            "/api/v1/sso/token" => {
                self.app_tokens.extend(token);
                self.owners.extend(sent["email"].as_str().map(str::to_owned));
            }
            "/api/v1/account" => {
                let email = sent["email"].as_str().unwrap_or_default().to_owned();
                self.accounts.push((id_text(&got["data"]["id"]), email));
            }
            _ => {}
        }
    }
}
