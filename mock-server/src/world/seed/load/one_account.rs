//! Loading one account of a seed, with its items and its Online Data.

use serde::Deserialize;
use serde_json::{Map, Value as Json};

use super::Loading;
use crate::model::account::Account;
use crate::model::account_body::NewAccount;
use crate::model::body::BodySchema;
use crate::model::confirmation::{Challenge, Confirmation, Confirming, Means, PhoneCode};
use crate::model::fields::{Fields, Invalid};
use crate::model::id::{Id, Table};
use crate::model::item::{Item, Rules};
use crate::model::online::Online;
use crate::model::online::profile::Profile;
use crate::model::principal::Principal;
use crate::model::ssn::{self, Ssn};
use crate::model::time::Timestamp;
use crate::model::watchlists::{ForKind, Watchlist, with_each_kind};
use crate::world::credentials::PublishedAccount;
use crate::world::seed::faults::{Faults, SeedFault};
use crate::world::seed::form::{COMMENT, Field, Form, unknown_field};
use crate::world::seed::parts::{SeedAccount, SeedChallenge, SeedItem};
use crate::world::seed::rows;
use crate::world::tokens::Token;

/// When the first account was created that does not say it: 2026-01-01T00:00:00Z.
const FIRST_ACCOUNT: i64 = 1_767_225_600;

/// The end of the calendar: links and codes of a seed work until then, if it does not say otherwise.
const FOR_EVER: i64 = i64::MAX;

/// The code of a pending item that does not say it.
const CODE: &str = "123456";

/// The body of an account that takes the place of one with faults, so that the rest is read too.
const STAND_IN: &str = r#"{ "first_name": "-", "last_name": "-", "email": "stand-in@example.com" }"#;

impl Loading<'_> {
    /// Loads the account at this place of the list, whose path is `path`.
    pub(super) fn load_account(&mut self, place: usize, path: &str, seeded: &SeedAccount) {
        let before = self.faults.count();
        let id = self.account_ids.next(seeded.id);
        self.check_number(id, || format!("{path}.id"));
        if !self.accounts.insert(id) {
            self.faults.add(format!("{path}.id"), format!("{id} is taken by an account before it"));
        }
        let partner = self.partner_of(path, seeded);
        let minutes = i64::try_from(place).unwrap_or(i64::MAX);
        let first = Timestamp::from_unix_seconds(FIRST_ACCOUNT).plus_seconds(minutes.saturating_mul(60));
        let created_at = seeded.created_at.unwrap_or(first.min(self.now));
        let mut account = self.profile(path, seeded).create(id, partner, created_at);
        if let Some(number) = &seeded.ssn {
            match ssn::rule(None)(number) {
                Ok(number) => account.ssn = Some(Ssn::new(number)),
                Err(complaint) => {
                    let (path, rule) = (format!("{path}.ssn"), format!("the ssn {complaint}"));
                    self.faults.add_with(path, rule, Some(&"19900101-2385".into()));
                }
            }
        }
        if let Some(ssn) = &mut account.ssn {
            ssn.is_monitored = seeded.is_ssn_monitored;
        }
        if let Some(email) = &seeded.created_with {
            account.created_with = email.as_deref().map(Into::into);
        }
        account.password = seeded.password.as_deref().map(Into::into);
        account.updated_at = seeded.updated_at.unwrap_or(created_at);
        self.load_items(path, seeded, &mut account);
        account.phone_codes = seeded
            .phone_codes
            .iter()
            .map(|sent| PhoneCode { phone: sent.phone.as_str().into(), challenge: challenge(&sent.code, CODE) })
            .collect();
        self.load_online(path, seeded, &mut account);
        self.check_emails(path, &account);
        for (place, alarm) in seeded.alarms.iter().flatten().enumerate() {
            self.check_number(alarm.id, || format!("{path}.alarms[{place}].id"));
            self.check_number(alarm.leak_id, || format!("{path}.alarms[{place}].leak_id"));
        }
        if let Some(bearer) = &seeded.app_token {
            self.load_app_token(path, bearer, id);
        }
        self.note_plan(path, &account);
        let seed = self.seed;
        self.published.add_account(|| PublishedAccount {
            id,
            partner,
            email: account.created_with.as_deref().map(str::to_owned),
            app_token: seeded.app_token.clone().or_else(|| seed.token_of(|token| token.account == Some(id))),
        });
        if self.faults.count() == before && !self.world.restore_account(account) {
            self.faults.add(path, "its id or its email is taken by an account before it");
        }
        self.listed.extend(seeded.alarms.clone().map(|alarms| (place, id, alarms)));
    }

    fn partner_of(&mut self, path: &str, seeded: &SeedAccount) -> u64 {
        match (seeded.partner, self.seed.partners.first()) {
            (Some(partner), _) => {
                self.known_partner(partner, path);
                partner
            }
            (None, Some(first)) => first.id,
            (None, None) => {
                self.faults.add(format!("{path}.partner"), "the seed has no partners, so nobody has this account");
                0
            }
        }
    }

    fn profile(&mut self, path: &str, seeded: &SeedAccount) -> NewAccount {
        let parse = |fields: &mut Fields<'_>| NewAccount::parse(fields, false);
        let path = format!("{path}.profile");
        let new = read(&seeded.profile, NewAccount::BODY, rows::profile, &path, &mut self.faults, parse);
        new.unwrap_or_else(|| {
            let body: Map<String, Json> = serde_json::from_str(STAND_IN).expect("it is JSON");
            let mut fields = Fields::new(&body, NewAccount::BODY.fields);
            NewAccount::parse(&mut fields, false).expect("it keeps the rules")
        })
    }

    fn check_emails(&mut self, path: &str, account: &Account) {
        let emails = [("profile.email", &account.email), ("created_with", &account.created_with)];
        for (field, email) in emails {
            let Some(email) = email else { continue };
            if let Some(owner) =
                self.world.accounts.owner_of(account.partner, email).filter(|owner| *owner != account.id)
            {
                let rule = format!("account {owner} of the same partner has this email");
                self.faults.add(format!("{path}.{field}"), rule);
                return;
            }
        }
    }

    fn load_app_token(&mut self, path: &str, bearer: &str, account: u64) {
        let path = format!("{path}.app_token");
        let parts = bearer.split_once('|').filter(|(_, secret)| !secret.is_empty());
        let Some((number, secret)) = parts.and_then(|(number, secret)| Some((Id::parse_number(number)?, secret)))
        else {
            let rule = "it must be a number from 1, a | and a secret";
            self.faults.add_with(path, rule, Some(&"7|jane-app-token".into()));
            return;
        };
        self.check_number(number, || path.clone());
        if !self.world.tokens.add(number, Token::new(secret.into(), Principal::User(account), None)) {
            self.faults.add(path, format!("the number {number} is taken by a token before it"));
        }
    }

    /// The API takes any plan, and an account whose plan nobody knows has no Online Data.
    fn note_plan(&mut self, path: &str, account: &Account) {
        let plans = &self.seed.plans;
        if !plans.iter().any(|plan| plan.id == account.plan_id) && self.notes.len() < 10 {
            let known: Vec<String> = plans.iter().map(|plan| plan.id.to_string()).collect();
            let rule = format!(
                "{} is none of the plans of this seed ({}), so the account has no Online Data; the API takes it",
                account.plan_id,
                known.join(", ")
            );
            self.notes.push(SeedFault { path: format!("{path}.profile.plan_id"), rule, example: None });
        }
    }

    fn load_items(&mut self, path: &str, seeded: &SeedAccount, account: &mut Account) {
        let mut known = vec![COMMENT];
        with_each_kind(LoadItems { lists: &seeded.lists, account, loading: self, path, known: &mut known })
            .for_each(drop);
        for name in seeded.lists.keys().filter(|name| !known.contains(&name.as_str())) {
            let fields = rows::account();
            let rule = unknown_field(name, fields.iter().map(|field| field.name));
            self.faults.add(format!("{path}.{name}"), rule);
        }
    }

    fn load_online(&mut self, path: &str, seeded: &SeedAccount, account: &mut Account) {
        let is_known = |site: &u64| self.world.directory.sites.iter().any(|known| known.id == *site);
        if let Some(site) = seeded.online_scans.sites().find(|site| !is_known(site)) {
            self.faults.add(format!("{path}.online_scans"), format!("there is no site {site}"));
        }
        for id in seeded.online_scans.removal_ids() {
            self.check_number(id, || format!("{path}.online_scans.removal_requests.id"));
            self.world.ids.take(Table::RemovalRequest, id, account.id);
        }
        let profile = seeded.online_profile.as_ref().and_then(|seeded| {
            let created_at = seeded.created_at.unwrap_or(account.created_at);
            let path = format!("{path}.online_profile");
            let parse = |fields: &mut Fields<'_>| Profile::parse(fields, created_at);
            let mut profile = read(&seeded.body, Profile::BODY, rows::online_profile, &path, &mut self.faults, parse)?;
            profile.updated_at = seeded.updated_at.unwrap_or(created_at);
            Some(profile)
        });
        if profile.is_some() || !seeded.online_scans.is_empty() {
            account.online = Some(Box::new(Online { profile, scans: seeded.online_scans.clone() }));
        }
    }
}

/// Loads the items of every kind into an account.
struct LoadItems<'a, 'b> {
    lists: &'a Map<String, Json>,
    account: &'a mut Account,
    loading: &'a mut Loading<'b>,
    path: &'a str,
    /// The names of the lists of all kinds.
    known: &'a mut Vec<&'static str>,
}

impl ForKind for LoadItems<'_, '_> {
    type Output = ();

    fn run<K: Watchlist>(&mut self) {
        self.known.push(K::LIST);
        match self.lists.get(K::LIST) {
            None => {}
            Some(Json::Array(items)) => {
                for (place, item) in items.iter().enumerate() {
                    let path = format!("{}.{}[{place}]", self.path, K::LIST);
                    match SeedItem::deserialize(item) {
                        Ok(item) => self.load::<K>(place, &path, &item),
                        Err(_) => self.check::<K>(item, &path),
                    }
                }
            }
            Some(other) => {
                let path = format!("{}.{}", self.path, K::LIST);
                Form::objects(Vec::new()).check(other, &path, &mut self.loading.faults);
            }
        }
    }
}

impl LoadItems<'_, '_> {
    /// Tells what is wrong with an item that is not of the form.
    fn check<K: Watchlist>(&mut self, item: &Json, path: &str) {
        let faults = &mut self.loading.faults;
        let before = faults.count();
        Form::Object(rows::item::<K>()).check(item, path, faults);
        if faults.count() == before {
            faults.add(path, "it is not of the form that mock-server seed schema prints");
        }
    }

    fn load<K: Watchlist>(&mut self, place: usize, path: &str, seeded: &SeedItem) {
        let loading = &mut *self.loading;
        let before = loading.faults.count();
        // A card in a seed does not expire: a seed is a world to come back to, at any time.
        let rules = Rules { now: Timestamp::from_unix_seconds(0), assumed: loading.world.unrecorded() };
        let parse = |fields: &mut Fields<'_>| K::parse(fields, rules);
        let fields = read(&seeded.body, K::BODY, rows::item::<K>, path, &mut loading.faults, parse);
        let id = loading.item_ids[K::KIND as usize].next(seeded.id);
        loading.check_number(id, || format!("{path}.id"));
        let items = K::of(&self.account.watchlists);
        if let Some(last) = items.iter().next_back().filter(|last| last.id >= id) {
            let rule = format!("ids count up in a list, and the item before has {}", last.id);
            loading.faults.add(format!("{path}.id"), rule);
        }
        if let Some(twin) = fields.as_ref().and_then(|fields| items.holding(fields.value())) {
            let rule = format!("the account watches that value already, by its item {}", twin.id);
            loading.faults.add(format!("{path}.{}", K::FIELD), rule);
        }
        let seconds = i64::try_from(place).unwrap_or(i64::MAX).saturating_add(1);
        let next = self.account.created_at.plus_seconds(seconds).min(loading.now.max(self.account.created_at));
        let created_at = seeded.created_at.unwrap_or(next);
        let confirmation = match pending::<K>(seeded, id) {
            Ok(None) => Confirmation::Confirmed(seeded.confirmed_at.unwrap_or(created_at)),
            Ok(Some(challenge)) => Confirmation::new(Some(challenge), created_at),
            Err((field, rule)) => {
                loading.faults.add(format!("{path}.{field}"), rule);
                return;
            }
        };
        if is_link::<K>()
            && let Some(challenge) = confirmation.pending()
        {
            let is_plain = |char: char| char.is_ascii_alphanumeric() || "-_".contains(char);
            let path = || format!("{path}.waits_for.secret");
            if challenge.secret.is_empty() || !challenge.secret.chars().all(is_plain) {
                loading.faults.add(path(), "the end of a link has letters, digits and hyphens only");
            } else if loading.world.links.get(&challenge.secret).is_some() {
                loading.faults.add(path(), "another item has this link");
            }
        }
        let Some(fields) = fields.filter(|_| loading.faults.count() == before) else { return };
        let updated_at = seeded.updated_at.unwrap_or(created_at);
        let item = Item { id, confirmation, created_at, updated_at, fields };
        loading.world.restore_item(&mut self.account.watchlists, self.account.id, item);
    }
}

/// The link or code of an item, if it is pending.
///
/// # Errors
/// The field that contradicts the rest, and the rule.
fn pending<K: Watchlist>(seeded: &SeedItem, id: u64) -> Result<Option<Challenge>, (&'static str, String)> {
    let given = match (&seeded.waits_for, seeded.pending) {
        (None, false) => return Ok(None),
        (given, _) => given.clone().unwrap_or_default(),
    };
    let field = if seeded.pending { "pending" } else { "waits_for" };
    let Some(Confirming { means, .. }) = K::CONFIRMING else {
        return Err((field, format!("{} need no confirmation, so that none is pending", K::KIND.names().many)));
    };
    if seeded.confirmed_at.is_some() {
        return Err((field, "an item is either pending or has confirmed_at".into()));
    }
    let secret = match means {
        Means::Link => format!("{}-{id}", K::FIELD),
        Means::Code => CODE.to_owned(),
    };
    Ok(Some(challenge(&given, &secret)))
}

fn is_link<K: Watchlist>() -> bool {
    K::CONFIRMING.is_some_and(|confirming| confirming.means == Means::Link)
}

fn challenge(seeded: &SeedChallenge, secret: &str) -> Challenge {
    Challenge {
        secret: seeded.secret.as_deref().unwrap_or(secret).into(),
        expires_at: seeded.expires_at.unwrap_or_else(|| Timestamp::from_unix_seconds(FOR_EVER)),
    }
}

/// The model that a body describes, which is a part of an object of this form. A field that it does not know is an error: the API ignores it, and in a seed it is a
/// mistake.
fn read<T>(
    body: &Map<String, Json>,
    schema: BodySchema,
    form: impl Fn() -> Vec<Field>,
    path: &str,
    faults: &mut Faults,
    parse: impl FnOnce(&mut Fields<'_>) -> Option<T>,
) -> Option<T> {
    let is_known = |name: &str| schema.fields.iter().any(|field| field.name == name);
    for name in body.keys().filter(|name| *name != COMMENT && !is_known(name)) {
        let rule = unknown_field(name, form().iter().map(|field| field.name));
        faults.add(format!("{path}.{name}"), rule);
    }
    let mut fields = Fields::new(body, schema.fields);
    let model = parse(&mut fields);
    match fields.finish(model) {
        Ok(model) => Some(model),
        Err(Invalid(errors)) => {
            let rows = form();
            for error in errors {
                let text = error.text.trim_end_matches('.');
                let text = text.strip_prefix("The ").map_or_else(|| text.to_owned(), |rest| format!("the {rest}"));
                let example = rows.iter().find(|row| row.name == error.field).and_then(|row| row.sample());
                faults.add_with(format!("{path}.{}", error.field), text, example.as_ref());
            }
            None
        }
    }
}
