//! Making a world from a seed: every value passes the rule that it would pass in a request.

use std::collections::HashSet;
use std::sync::Arc;

use serde_json::{Map, Value as Json};

use super::{Seed, SeedAccount, SeedAlarm, SeedChallenge, SeedError, SeedItem, SeedLateMessage, SeedMessage};
use crate::model::account::Account;
use crate::model::account_body::NewAccount;
use crate::model::body::BodySchema;
use crate::model::confirmation::{Challenge, Confirmation, PhoneCode};
use crate::model::exposure::Exposure;
use crate::model::fields::{Fields, Invalid};
use crate::model::id::{HIGHEST, Table};
use crate::model::item::{Item, Rules};
use crate::model::leak::Leak;
use crate::model::message::NewMessage;
use crate::model::online::Online;
use crate::model::online::profile::Profile;
use crate::model::principal::Principal;
use crate::model::ssn::{self, Ssn};
use crate::model::time::Timestamp;
use crate::model::watchlists::{ForKind, Watchlist, with_each_kind};
use crate::world::credentials::{Published, PublishedAccount};
use crate::world::outbox::DelayedMessage;
use crate::world::settings::Settings;
use crate::world::state::{Directory, World};
use crate::world::tokens::{SsoCode, Token};

/// A world that holds a copy of `seed`: the main one, or that of the sandbox of this name.
///
/// # Errors
/// A value that the rules of the API, or the rest of the seed, do not allow, with its place.
pub(crate) fn load(seed: &Seed, settings: Arc<Settings>, sandbox: Option<&str>) -> Result<World, SeedError> {
    let settings = seed.settings(settings)?;
    in_range(seed)?;
    all_differ("plans", seed.plans.iter().map(|plan| u64::from(plan.id)))?;
    all_differ("sites", seed.sites.iter().map(|site| site.id))?;
    all_differ("messages", seed.messages.iter().map(|message| message.id))?;
    let directory = Directory { partners: seed.partners.clone(), plans: seed.plans.clone(), sites: seed.sites.clone() };
    let mut world = World::empty(directory, settings, sandbox);
    if let Some(clock) = seed.clock {
        world.clock.set_as(clock);
    }
    let mut loaded = Loaded::default();
    let mut published = Published::default();
    for partner in &seed.partners {
        published.add_partner(partner, seed.token(|token| token.partner == Some(partner.id)));
    }
    let highest = highest(seed);
    seed.each_account(|position, account| {
        account.in_range(position, highest)?;
        account.load(&world).map_err(|error| SeedError(format!("accounts[{position}]{error}")))?;
        published.add_account(|| account.published(seed));
        loaded.ids.insert(account.id);
        loaded.listed.extend(account.alarms.clone().map(|alarms| (position, account.id, alarms)));
        Ok(())
    })?;
    world.published = Arc::new(published);
    load_tokens(seed, &loaded.ids, &world)?;
    load_leaks(seed, &loaded.listed, &world)?;
    for message in &seed.messages {
        world.outbox.restore(message.id, message.message());
    }
    for used in &seed.used_secrets {
        world.spent.add(used.account, &used.secret);
    }
    for late in &seed.late_messages {
        let SeedLateMessage { arrives_at, ref after, ref message } = *late;
        let message = message.message();
        world.outbox.restore_late(DelayedMessage { arrives_at, after: after.clone(), message });
    }
    if let Some(given_out) = &seed.given_out {
        given_out.ids.iter().for_each(|(table, last)| world.ids.count_from(*table, *last));
        world.outbox.count_from(given_out.messages);
        world.secrets.skip(given_out.secrets);
    }
    Ok(world)
}

/// What the rest of a seed refers to of its accounts, which are gone once they are loaded.
#[derive(Default)]
struct Loaded {
    ids: HashSet<u64>,
    /// The accounts that list their alarms: place, id and alarms of each.
    listed: Vec<(usize, u64, Vec<SeedAlarm>)>,
}

fn load_tokens(seed: &Seed, accounts: &HashSet<u64>, world: &World) -> Result<(), SeedError> {
    for (position, token) in seed.tokens.iter().enumerate() {
        let principal = match (token.partner, token.account) {
            (Some(partner), None) if seed.partners.iter().any(|known| known.id == partner) => {
                Principal::Partner(partner)
            }
            (None, Some(account)) if accounts.contains(&account) => Principal::User(account),
            _ => {
                let place = format!("tokens[{position}]");
                return Err(SeedError(format!("{place}: a token is for one partner or one account of this seed")));
            }
        };
        let minute = token.minute.map(|minute| (minute.began_at, minute.requests));
        let loaded = Token::new(token.secret.as_str().into(), principal, token.expires_at).after(minute);
        if !world.tokens.add(token.number, loaded) {
            return Err(SeedError(format!("tokens[{position}].number: {} is taken by one before it", token.number)));
        }
    }
    for (position, code) in seed.sso_codes.iter().enumerate() {
        if !accounts.contains(&code.account) {
            return Err(SeedError(format!("sso_codes[{position}].account: there is no account {}", code.account)));
        }
        let issued = SsoCode { account: code.account, expires_at: code.expires_at, is_used: code.is_used };
        world.tokens.add_code(&code.code, issued);
    }
    Ok(())
}

fn load_leaks(seed: &Seed, listed: &[(usize, u64, Vec<SeedAlarm>)], world: &World) -> Result<(), SeedError> {
    let now = world.clock.now();
    let file = |(position, leak)| {
        world.leaks.file(leak, now).map_err(|error| SeedError(format!("leaks[{position}]: {error}")))
    };
    let filed: Vec<Arc<Leak>> = seed.leaks.iter().enumerate().map(file).collect::<Result<_, _>>()?;
    let (mut alarms, mut leaks) = (HashSet::new(), HashSet::new());
    for (at, account, list) in listed {
        for (position, alarm) in list.iter().enumerate() {
            let refuse = |fault: String| SeedError(format!("accounts[{at}].alarms[{position}].{fault}"));
            if !alarms.insert(alarm.id) || !leaks.insert(alarm.leak_id) {
                return Err(refuse("id: it or its leak_id is taken by an alarm before it".into()));
            }
            let leak = filed.get(alarm.leak);
            let leak = leak.ok_or_else(|| refuse(format!("leak: there is no leaks[{}]", alarm.leak)))?;
            if !world.restore_exposure(*account, alarm.exposure(leak)) {
                return Err(refuse("item_id: no such item of the account watches the value of this leak".into()));
            }
        }
    }
    let has_listed: HashSet<u64> = listed.iter().map(|(_, account, _)| *account).collect();
    for leak in &filed {
        world.expose_seeded(leak, &has_listed, world.unrecorded());
    }
    for (position, alarm) in seed.closed_alarms.iter().enumerate() {
        if !world.close_seeded_alarm(alarm.id, alarm.closed_at) {
            let place = format!("closed_alarms[{position}].id");
            return Err(SeedError(format!("{place}: the leaks of this seed raise no alarm {}", alarm.id)));
        }
    }
    Ok(())
}

impl SeedAlarm {
    fn exposure(self, leak: &Arc<Leak>) -> Exposure {
        Exposure {
            id: self.leak_id,
            alarm_id: self.id,
            item_id: self.item_id.unwrap_or_default(),
            is_watched: self.is_watched,
            leak: Arc::clone(leak),
            created_at: self.created_at,
            closed_at: self.closed_at,
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

impl SeedChallenge {
    fn challenge(&self) -> Challenge {
        Challenge { secret: self.secret.as_str().into(), expires_at: self.expires_at }
    }
}

impl SeedAccount {
    fn published(&self, seed: &Seed) -> PublishedAccount {
        let email = self.profile.get("email").and_then(Json::as_str).map(str::to_owned);
        PublishedAccount {
            id: self.id,
            partner: self.partner,
            email: self.created_with.clone().unwrap_or(email),
            app_token: seed.token(|token| token.account == Some(self.id)),
        }
    }

    fn load(&self, world: &World) -> Result<(), String> {
        if !world.directory.partners.iter().any(|partner| partner.id == self.partner) {
            return Err(format!(".partner: there is no partner {}", self.partner));
        }
        let new = read(&self.profile, NewAccount::BODY, |fields| NewAccount::parse(fields, false));
        let new = new.map_err(|error| format!(".profile: {error}"))?;
        let mut account = new.create(self.id, self.partner, self.created_at);
        if let Some(number) = &self.ssn {
            let number = ssn::rule(None)(number).map_err(|complaint| format!(".ssn: the ssn {complaint}"))?;
            account.ssn = Some(Ssn::new(number));
        }
        if let Some(ssn) = &mut account.ssn {
            ssn.is_monitored = self.is_ssn_monitored;
        }
        if let Some(email) = &self.created_with {
            account.created_with = email.as_deref().map(Into::into);
        }
        account.password = self.password.as_deref().map(Into::into);
        account.updated_at = self.updated_at.unwrap_or(self.created_at);
        self.load_items(&mut account, world)?;
        let codes = self.phone_codes.iter();
        account.phone_codes = codes
            .map(|sent| PhoneCode { phone: sent.phone.as_str().into(), challenge: sent.code.challenge() })
            .collect();
        self.load_online(&mut account, world)?;
        if world.restore_account(account) {
            Ok(())
        } else {
            Err(": its id or its email is taken by an account before it".into())
        }
    }

    fn load_items(&self, account: &mut Account, world: &World) -> Result<(), String> {
        let mut known = Vec::new();
        let task = LoadItems { lists: &self.lists, account, world, known: &mut known };
        with_each_kind(task).collect::<Result<(), String>>()?;
        match self.lists.keys().find(|name| !known.contains(&name.as_str())) {
            None => Ok(()),
            Some(name) => Err(format!(".{name}: unknown field `{name}`; an account has lists {}", known.join(", "))),
        }
    }

    fn load_online(&self, account: &mut Account, world: &World) -> Result<(), String> {
        let is_known = |site: &u64| world.directory.sites.iter().any(|known| known.id == *site);
        if let Some(site) = self.online_scans.sites().find(|site| !is_known(site)) {
            return Err(format!(".online_scans: there is no site {site}"));
        }
        self.online_scans.removal_ids().for_each(|id| world.ids.take(Table::RemovalRequest, id, account.id));
        let profile = match &self.online_profile {
            None => None,
            Some(seeded) => {
                let created_at = seeded.created_at.unwrap_or(self.created_at);
                let profile = read(&seeded.body, Profile::BODY, |fields| Profile::parse(fields, created_at));
                let mut profile = profile.map_err(|error| format!(".online_profile: {error}"))?;
                profile.updated_at = seeded.updated_at.unwrap_or(created_at);
                Some(profile)
            }
        };
        if profile.is_some() || !self.online_scans.is_empty() {
            account.online = Some(Box::new(Online { profile, scans: self.online_scans.clone() }));
        }
        Ok(())
    }
}

/// Loads the items of every kind into an account.
struct LoadItems<'a> {
    lists: &'a Map<String, Json>,
    account: &'a mut Account,
    world: &'a World,
    /// The names of the lists of all kinds.
    known: &'a mut Vec<&'static str>,
}

impl ForKind for LoadItems<'_> {
    type Output = Result<(), String>;

    fn run<K: Watchlist>(&mut self) -> Result<(), String> {
        self.known.push(K::LIST);
        let items = match self.lists.get(K::LIST) {
            None => return Ok(()),
            Some(Json::Array(items)) => items,
            Some(_) => return Err(format!(".{}: it must be a list", K::LIST)),
        };
        items.iter().enumerate().try_for_each(|(position, item)| {
            self.load::<K>(item).map_err(|error| format!(".{}[{position}]{error}", K::LIST))
        })
    }
}

impl LoadItems<'_> {
    fn load<K: Watchlist>(&mut self, item: &Json) -> Result<(), String> {
        let item: SeedItem =
            serde_path_to_error::deserialize(item).map_err(|error| match error.path().to_string() {
                place if place == "." => format!(": {}", error.inner()),
                place => format!(".{place}: {}", error.inner()),
            })?;
        // A card in a seed does not expire: a seed is a world to come back to, at any time.
        let rules = Rules { now: Timestamp::from_unix_seconds(0), assumed: self.world.unrecorded() };
        let parsed = read(&item.body, K::BODY, |fields| K::parse(fields, rules));
        let fields = parsed.map_err(|error| format!(": {error}"))?;
        let items = K::of(&self.account.watchlists);
        if items.holding(fields.value()).is_some() {
            return Err(": the account watches that value already".into());
        }
        if items.iter().next_back().is_some_and(|last| last.id >= item.id) {
            return Err(": ids must count up".into());
        }
        let confirmation = match &item.waits_for {
            None => Confirmation::Confirmed(item.confirmed_at.unwrap_or(item.created_at)),
            Some(_) if item.confirmed_at.is_some() => {
                return Err(": an item has either confirmed_at or waits_for".into());
            }
            Some(challenge) => Confirmation::new(Some(challenge.challenge()), item.created_at),
        };
        let updated_at = item.updated_at.unwrap_or(item.created_at);
        let item = Item { id: item.id, confirmation, created_at: item.created_at, updated_at, fields };
        self.world.restore_item(&mut self.account.watchlists, self.account.id, item);
        Ok(())
    }
}

/// The model that a body describes. A field that it does not know is an error: the API ignores it, and in a seed it is a
/// mistake.
fn read<T>(
    body: &Map<String, Json>,
    schema: BodySchema,
    parse: impl FnOnce(&mut Fields<'_>) -> Option<T>,
) -> Result<T, String> {
    let known = || schema.fields.iter().map(|field| field.name);
    if let Some(name) = body.keys().find(|name| !known().any(|known| known == **name)) {
        let known: Vec<&str> = known().collect();
        return Err(format!("unknown field `{name}`; of a body it may have {}", known.join(", ")));
    }
    let mut fields = Fields::new(body, schema.fields);
    let model = parse(&mut fields);
    fields
        .finish(model)
        .map_err(|Invalid(errors)| errors.first().map(|error| error.text.to_string()).unwrap_or_default())
}

/// The highest number that a seed may hold. A snapshot also has the numbers that were given out since.
fn highest(seed: &Seed) -> u64 {
    if seed.given_out.is_some() { 2 * HIGHEST } else { HIGHEST }
}

/// Refuses a number that is so high that none would be left to give out.
fn check(number: u64, highest: u64, place: impl FnOnce() -> String) -> Result<(), SeedError> {
    if number <= highest {
        return Ok(());
    }
    Err(SeedError(format!("{}: {number} is too high; numbers end at {highest}", place())))
}

impl SeedAccount {
    fn in_range(&self, at: usize, highest: u64) -> Result<(), SeedError> {
        check(self.id, highest, || format!("accounts[{at}].id"))?;
        for (list, items) in &self.lists {
            let ids = items.as_array().into_iter().flatten().map(|item| item.get("id").and_then(Json::as_u64));
            for (place, id) in ids.enumerate() {
                check(id.unwrap_or_default(), highest, || format!("accounts[{at}].{list}[{place}].id"))?;
            }
        }
        for (place, alarm) in self.alarms.iter().flatten().enumerate() {
            check(alarm.id, highest, || format!("accounts[{at}].alarms[{place}].id"))?;
            check(alarm.leak_id, highest, || format!("accounts[{at}].alarms[{place}].leak_id"))?;
        }
        for id in self.online_scans.removal_ids() {
            check(id, highest, || format!("accounts[{at}].online_scans.removal_requests.id"))?;
        }
        Ok(())
    }
}

fn in_range(seed: &Seed) -> Result<(), SeedError> {
    let highest = highest(seed);
    for (at, partner) in seed.partners.iter().enumerate() {
        check(partner.id, highest, || format!("partners[{at}].id"))?;
    }
    for (at, site) in seed.sites.iter().enumerate() {
        check(site.id, highest, || format!("sites[{at}].id"))?;
    }
    for (at, token) in seed.tokens.iter().enumerate() {
        check(token.number, highest, || format!("tokens[{at}].number"))?;
    }
    for (at, message) in seed.messages.iter().enumerate() {
        check(message.id, highest, || format!("messages[{at}].id"))?;
    }
    if let Some(given_out) = &seed.given_out {
        for (table, last) in &given_out.ids {
            check(*last, highest, || format!("given_out.ids.{}", json_name(*table)))?;
        }
        check(given_out.messages, highest, || "given_out.messages".to_owned())?;
        check(given_out.secrets, highest, || "given_out.secrets".to_owned())?;
    }
    Ok(())
}

fn json_name(table: Table) -> String {
    let name = serde_json::to_value(table).ok();
    name.as_ref().and_then(Json::as_str).unwrap_or_default().to_owned()
}

/// Refuses a list that has an id twice.
fn all_differ(list: &str, ids: impl Iterator<Item = u64>) -> Result<(), SeedError> {
    let mut before = HashSet::new();
    match ids.enumerate().find(|(_, id)| !before.insert(*id)) {
        Some((position, id)) => Err(SeedError(format!("{list}[{position}].id: {id} is taken by one before it"))),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn world(text: &str) -> Result<World, SeedError> {
        load(&Seed::parse(text)?, Arc::new(Settings::default()), Some("test"))
    }

    #[test]
    fn both_compiled_in_seeds_make_a_world() {
        for seed in [Seed::default_world(), Seed::empty_world()] {
            load(&seed, Arc::new(Settings::default()), Some("test")).expect("a world");
        }
    }

    #[test]
    fn a_long_seed_makes_the_same_world_and_names_faults_in_the_same_way() {
        let settings = || Arc::new(Settings { random_seed: Some(1), ..Settings::default() });
        let text = load(&Seed::default_world(), settings(), None).expect("a world").snapshot().to_text();
        let long = Seed::parse_long(&text).expect("a seed");
        assert!(long.is_long() && long.accounts.is_empty());
        assert_eq!(load(&long, settings(), None).expect("a world").snapshot().to_text(), text);
        for (right, wrong) in
            [("\"first_name\"", "\"frst_name\""), ("\"partner\": 1", "\"partner\": 7"), ("\"id\": 1,", "\"id\": [],")]
        {
            let text = text.replace(right, wrong);
            let told = |seed: Seed| load(&seed, settings(), None).map(drop).expect_err("a fault").to_string();
            let whole = Seed::parse(&text).map_or_else(|error| error.to_string(), told);
            let Some(long) = Seed::parse_long(&text) else { continue };
            let place = |text: &str| text.split(": ").next().unwrap_or_default().to_owned();
            assert_eq!(place(&told(long)), place(&whole), "{wrong}");
        }
    }

    #[test]
    fn a_fault_of_a_seed_is_named_with_its_place() {
        let account = |more: &str| {
            format!(
                r#"{{"version":1,"partners":[{{"id":1,"name":"P","crm_users":[],"sso_clients":[]}}],"tokens":[],"leaks":[],
                "accounts":[{{"id":1,"partner":1,"created_at":"2026-01-01T00:00:00Z","profile":
                {{"first_name":"John","last_name":"Doe","email":"john@example.com"}}{more}}}]}}"#
            )
        };
        let cases = [
            ("{", "EOF"),
            (
                r#"{"version":2,"partners":[],"tokens":[],"accounts":[],"leaks":[]}"#,
                "this seed is of version 2, and this server reads version 1",
            ),
            (
                r#"{"version":1,"partners":[],"tokens":[],"accounts":[],"leaks":[],"account":[]}"#,
                "unknown field `account`",
            ),
            (
                r#"{"version":1,"partners":[],"tokens":[{"number":3,"secret":"x"}],"accounts":[],"leaks":[]}"#,
                "tokens[0]: a token is for one",
            ),
            (
                r#"{"version":1,"partners":[],"tokens":[],"accounts":[],"leaks":[],"plans":[
                {"id":1,"name":"A","has_online_data":true},{"id":1,"name":"B","has_online_data":false}]}"#,
                "plans[1].id: 1 is taken",
            ),
            (
                r#"{"version":1,"partners":[],"tokens":[],"accounts":[],"leaks":[],"sites":[
                {"id":4,"name":"A","domain":"a.example","country_code":"SE"},
                {"id":4,"name":"B","domain":"b.example","country_code":"SE"}]}"#,
                "sites[1].id: 4 is taken",
            ),
            (&account(r#","phone":[]"#), "accounts[0].phone: unknown field `phone`"),
            (
                &account(r#","phones":[{"id":1,"created_at":"2026-01-01T00:00:00Z","phone":"1"}]"#),
                "accounts[0].phones[0]: The phone field format is invalid.",
            ),
            (
                &account(
                    r#","emails":[{"id":1,"created_at":"2026-01-01T00:00:00Z","email":"a@example.com","confirmd_at":1}]"#,
                ),
                "accounts[0].emails[0]: unknown field `confirmd_at`",
            ),
            (&account("").replace("last_name", "surname"), "accounts[0].profile: unknown field `surname`"),
            (
                &account(r#","phones":[{"id":1,"created_at":"yesterday","phone":"+46701740605"}]"#),
                "accounts[0].phones[0]",
            ),
        ];
        for (text, expected) in cases {
            let error = world(text).expect_err(expected).to_string();
            assert!(error.contains(expected), "{error}");
        }
        world(&account("")).expect("an account without items");
    }
}
