//! Making a world from a seed: every value passes the rule that it would pass in a request, and all that break one are told.

mod leaks;
mod one_account;

use std::collections::HashSet;
use std::sync::Arc;

use serde_json::Value as Json;

use super::Seed;
use super::faults::{Faults, SeedError, SeedFault};
use super::form::Form;
use super::parts::{Numbers, SeedAccount, SeedAlarm, SeedLateMessage, SeedMessage};
use super::rows;
use crate::guide::assumptions::Assumptions;
use crate::model::id::{HIGHEST, Table};
use crate::model::kind::WatchKind;
use crate::model::message::NewMessage;
use crate::model::principal::Principal;
use crate::model::time::Timestamp;
use crate::world::credentials::Published;
use crate::world::outbox::DelayedMessage;
use crate::world::settings::Settings;
use crate::world::state::{Directory, World};
use crate::world::tokens::{SsoCode, Token};

/// A world that holds a copy of `seed`: the main one, or that of the sandbox of this name.
///
/// # Errors
/// The values that the rules of the API, or the rest of the seed, do not allow, with their places.
pub(crate) fn load(seed: &Seed, settings: Arc<Settings>, sandbox: Option<&str>) -> Result<World, SeedError> {
    let mut loading = Loading::new(seed, settings, sandbox);
    seed.each_account(|place, account| loading.account(place, account));
    loading.finish().map(|loaded| loaded.world)
}

/// What is allowed in a seed, and is hardly meant.
///
/// # Errors
/// Those of [`load`].
pub(crate) fn check(seed: &Seed) -> Result<Vec<SeedFault>, SeedError> {
    let mut loading = Loading::new(seed, Arc::new(Settings::default()), None);
    seed.each_account(|place, account| loading.account(place, account));
    loading.finish().map(|loaded| loaded.notes)
}

/// An account as it was read.
#[derive(Debug)]
pub(super) enum Read<'a> {
    Account(&'a SeedAccount),
    /// It is not of the form.
    Faulty(&'a Json),
}

/// The result of loading a seed.
#[derive(Debug)]
pub(super) struct Loaded {
    pub(super) world: World,
    pub(super) notes: Vec<SeedFault>,
}

/// A world that is being made, with the faults of its seed.
#[derive(Debug)]
pub(super) struct Loading<'a> {
    seed: &'a Seed,
    world: World,
    published: Published,
    faults: Faults,
    notes: Vec<SeedFault>,
    /// The highest number that the seed may hold. A snapshot also has the numbers that were given out since.
    highest: u64,
    now: Timestamp,
    account_ids: Numbers,
    item_ids: [Numbers; WatchKind::ALL.len()],
    /// What the rest of the seed refers to of its accounts, which are gone once they are loaded.
    accounts: HashSet<u64>,
    /// The accounts that list their alarms: place, id and alarms of each.
    listed: Vec<(usize, u64, Vec<SeedAlarm>)>,
    /// The form of an account, once a faulty one has come.
    form: Option<Form>,
}

impl<'a> Loading<'a> {
    /// A world without accounts yet.
    pub(super) fn new(seed: &'a Seed, settings: Arc<Settings>, sandbox: Option<&str>) -> Self {
        let mut faults = Faults::default();
        for (key, value) in &seed.assume {
            if let Err(error) = Assumptions::default().set_json(key, value) {
                faults.add(format!("assume.{key}"), error.to_string());
            }
        }
        // With a fault the world is of no use, whatever its assumptions.
        let settings = seed.settings(Arc::clone(&settings)).unwrap_or(settings);
        let directory =
            Directory { partners: seed.partners.clone(), plans: seed.plans.clone(), sites: seed.sites.clone() };
        let world = World::empty(directory, settings, sandbox);
        if let Some(clock) = seed.clock {
            world.clock.set_as(clock);
        }
        let mut published = Published::default();
        for partner in &seed.partners {
            published.add_partner(partner, seed.token_of(|token| token.partner == Some(partner.id)));
        }
        let highest = if seed.given_out.is_some() { 2 * HIGHEST } else { HIGHEST };
        let now = world.clock.now();
        Self {
            seed,
            world,
            published,
            faults,
            notes: Vec::new(),
            highest,
            now,
            account_ids: Numbers::default(),
            item_ids: [Numbers::default(); WatchKind::ALL.len()],
            accounts: HashSet::new(),
            listed: Vec::new(),
            form: None,
        }
    }

    /// The same with faults that were found before.
    pub(super) fn with(mut self, faults: Faults) -> Self {
        self.faults = faults;
        self
    }

    /// Loads the account at this place of the list. False if there are so many faults that it is of no use to go on.
    pub(super) fn account(&mut self, place: usize, read: Read<'_>) -> bool {
        let path = format!("accounts[{place}]");
        match read {
            Read::Account(account) => self.load_account(place, &path, account),
            Read::Faulty(value) => {
                let before = self.faults.count();
                let form = self.form.get_or_insert_with(|| Form::Object(rows::account()));
                form.check(value, &path, &mut self.faults);
                if self.faults.count() == before {
                    self.faults.add(path, "it is not of the form that mock-server seed schema prints");
                }
                // Others may refer to it.
                self.accounts.insert(self.account_ids.next(value.get("id").and_then(Json::as_u64)));
            }
        }
        !self.faults.are_many()
    }

    /// Tells that there is no list of accounts.
    pub(super) fn no_list_of_accounts(&mut self, accounts: &Json) {
        Form::List(Box::new(Form::Object(Vec::new()))).check(accounts, "accounts", &mut self.faults);
    }

    /// The world, once all accounts are loaded.
    ///
    /// # Errors
    /// All faults.
    pub(super) fn finish(mut self) -> Result<Loaded, SeedError> {
        self.load_rest();
        self.faults.into_result()?;
        self.world.published = Arc::new(self.published);
        Ok(Loaded { world: self.world, notes: self.notes })
    }

    fn load_rest(&mut self) {
        let seed = self.seed;
        self.check_numbers();
        self.all_differ("partners", seed.partners.iter().map(|partner| partner.id));
        self.all_differ("plans", seed.plans.iter().map(|plan| u64::from(plan.id)));
        self.all_differ("sites", seed.sites.iter().map(|site| site.id));
        self.all_differ("messages", seed.messages.iter().map(|message| message.id));
        self.load_tokens();
        self.load_leaks();
        for message in &seed.messages {
            self.world.outbox.restore(message.id, message.message());
        }
        for used in &seed.used_secrets {
            self.world.spent.add(used.account, &used.secret);
        }
        for late in &seed.late_messages {
            let SeedLateMessage { arrives_at, ref after, ref message } = *late;
            let message = message.message();
            self.world.outbox.restore_late(DelayedMessage { arrives_at, after: after.clone(), message });
        }
        if let Some(given_out) = &seed.given_out {
            given_out.ids.iter().for_each(|(table, last)| self.world.ids.count_from(*table, *last));
            self.world.outbox.count_from(given_out.messages);
            self.world.secrets.skip(given_out.secrets);
        }
    }

    fn load_tokens(&mut self) {
        let seed = self.seed;
        for (place, (number, token)) in seed.tokens().enumerate() {
            let path = format!("tokens[{place}]");
            let principal = match (token.partner, token.account) {
                (Some(partner), None) => self.known_partner(partner, &path).then_some(Principal::Partner(partner)),
                (None, Some(account)) => self.known_account(account, &path).then_some(Principal::User(account)),
                (None, None) => {
                    self.faults.add(path.clone(), "a token is for one partner or one account; this one is for none");
                    None
                }
                (Some(_), Some(_)) => {
                    self.faults
                        .add(path.clone(), "a token is for one partner or one account, and this one is for both");
                    None
                }
            };
            let Some(principal) = principal else { continue };
            let minute = token.minute.map(|minute| (minute.began_at, minute.requests));
            let loaded = Token::new(token.secret.as_str().into(), principal, token.expires_at).after(minute);
            if !self.world.tokens.add(number, loaded) {
                let rule = format!("{number} is taken by a token before it, or by the app_token of an account");
                self.faults.add(format!("{path}.number"), rule);
            }
        }
        for (place, code) in seed.sso_codes.iter().enumerate() {
            if self.known_account(code.account, &format!("sso_codes[{place}]")) {
                let issued = SsoCode { account: code.account, expires_at: code.expires_at, is_used: code.is_used };
                self.world.tokens.add_code(&code.code, issued);
            }
        }
    }

    /// Whether there is such a partner. If not, it is a fault of the thing at `path`, unless the partners have faults.
    fn known_partner(&mut self, partner: u64, path: &str) -> bool {
        let known = &self.seed.partners;
        let is_known = known.iter().any(|known| known.id == partner);
        if !is_known && self.faults.spare("partners") {
            let ids: Vec<String> = known.iter().take(5).map(|partner| partner.id.to_string()).collect();
            let rule = format!("there is no partner {partner}; partners are {}", ids.join(", "));
            self.faults.add(format!("{path}.partner"), rule);
        }
        is_known
    }

    /// Whether there is such an account. If not, it is a fault of the thing at `path`.
    fn known_account(&mut self, account: u64, path: &str) -> bool {
        let is_known = self.accounts.contains(&account);
        if !is_known && !self.faults.are_many() {
            self.faults.add(format!("{path}.account"), format!("there is no account {account} in this seed"));
        }
        is_known
    }

    /// Refuses a list that has an id twice.
    fn all_differ(&mut self, list: &str, ids: impl Iterator<Item = u64>) {
        let mut before = HashSet::new();
        for (place, id) in ids.enumerate() {
            if !before.insert(id) {
                self.faults.add(format!("{list}[{place}].id"), format!("{id} is taken by one before it"));
            }
        }
    }

    /// Refuses a number that is so high that none would be left to give out.
    fn check_number(&mut self, number: u64, path: impl FnOnce() -> String) {
        if number > self.highest {
            let rule = format!("{number} is too high; numbers end at {}", self.highest);
            self.faults.add(path(), rule);
        }
    }

    fn check_numbers(&mut self) {
        let seed = self.seed;
        for (place, partner) in seed.partners.iter().enumerate() {
            self.check_number(partner.id, || format!("partners[{place}].id"));
        }
        for (place, site) in seed.sites.iter().enumerate() {
            self.check_number(site.id, || format!("sites[{place}].id"));
        }
        for (place, (number, _)) in seed.tokens().enumerate() {
            self.check_number(number, || format!("tokens[{place}].number"));
        }
        for (place, message) in seed.messages.iter().enumerate() {
            self.check_number(message.id, || format!("messages[{place}].id"));
        }
        if let Some(given_out) = &seed.given_out {
            for (table, last) in &given_out.ids {
                self.check_number(*last, || format!("given_out.ids.{}", json_name(*table)));
            }
            self.check_number(given_out.messages, || "given_out.messages".to_owned());
            self.check_number(given_out.secrets, || "given_out.secrets".to_owned());
        }
    }
}

impl SeedMessage {
    fn message(&self) -> NewMessage {
        NewMessage {
            channel: self.channel,
            to: self.to.clone(),
            account: self.account,
            kind: self.kind.clone().into(),
            subject: self.subject.clone(),
            text: self.text.clone(),
            link: self.link.clone(),
            code: self.code.clone(),
            sent_at: self.sent_at,
        }
    }
}

fn json_name(table: Table) -> String {
    let name = serde_json::to_value(table).ok();
    name.as_ref().and_then(Json::as_str).unwrap_or_default().to_owned()
}

#[cfg(test)]
mod tests;
