//! Making a world of a seed: every value passes the rule that it would pass in a request.

use std::collections::HashSet;
use std::sync::Arc;

use serde_json::{Map, Value as Json};

use super::{Seed, SeedAccount, SeedAlarm, SeedChallenge, SeedError, SeedItem, SeedLateMessage, SeedMessage};
use crate::account::{Account, Draft};
use crate::assumptions::Assumed;
use crate::auth::Principal;
use crate::confirmation::{Challenge, Confirmation};
use crate::facts::Basis;
use crate::fields::Fields;
use crate::id::{Id, Table};
use crate::leak::{Hit, Leak};
use crate::online::{Online, Profile};
use crate::outbox::{Late, Message};
use crate::reply::Why;
use crate::ssn::{self, Ssn};
use crate::time::Timestamp;
use crate::watchlist::card::Card;
use crate::watchlist::email::Email;
use crate::watchlist::iban::Iban;
use crate::watchlist::license::License;
use crate::watchlist::passport::Passport;
use crate::watchlist::phone::{Phone, PhoneCode};
use crate::watchlist::{Item, Kind, Rules};
use crate::world::{Token, World};

impl Seed {
    /// Puts a copy of everything into `world`, which is empty.
    ///
    /// # Errors
    /// What the rules of the API, or the rest of the seed, do not allow, with its place.
    pub(crate) fn plant(&self, world: &World) -> Result<(), SeedError> {
        if let Some(clock) = self.clock {
            world.clock().set_as(clock);
        }
        all_differ("plans", self.plans.iter().map(|plan| u64::from(plan.id)))?;
        all_differ("sites", self.sites.iter().map(|site| site.id))?;
        all_differ("messages", self.messages.iter().map(|message| message.id))?;
        for (position, account) in self.accounts.iter().enumerate() {
            account.plant(world, self).map_err(|error| SeedError(format!("accounts[{position}]{error}")))?;
        }
        self.plant_tokens(world)?;
        self.plant_leaks(world)?;
        for message in &self.messages {
            world.outbox().restore(message.message(world));
        }
        for late in &self.late_messages {
            let SeedLateMessage { arrives_at, ref after, ref message } = *late;
            world.outbox().restore_late(Late { arrives_at, after: after.clone(), message: message.message(world) });
        }
        if let Some(given_out) = &self.given_out {
            for (table, last) in &given_out.ids {
                world.count_from(*table, *last);
            }
            world.outbox().count_from(given_out.messages);
            world.secrets().skip(given_out.secrets);
        }
        Ok(())
    }

    fn plant_tokens(&self, world: &World) -> Result<(), SeedError> {
        let accounts: HashSet<u64> = self.accounts.iter().map(|account| account.id).collect();
        for (position, token) in self.tokens.iter().enumerate() {
            let principal = match (token.partner, token.account) {
                (Some(partner), None) if self.partners.iter().any(|known| known.id == partner) => {
                    Principal::Partner(partner)
                }
                (None, Some(account)) if accounts.contains(&account) => Principal::User(account),
                _ => {
                    let place = format!("tokens[{position}]");
                    return Err(SeedError(format!("{place}: a token is for one partner or one account of this seed")));
                }
            };
            let minute = token.minute.map(|minute| (minute.began_at, minute.requests));
            let planted = Token::new(token.secret.as_str().into(), principal, token.expires_at).after(minute);
            if !world.add_token(token.number, planted) {
                return Err(SeedError(format!(
                    "tokens[{position}].number: {} is taken by one before it",
                    token.number
                )));
            }
        }
        for (position, code) in self.sso_codes.iter().enumerate() {
            if !accounts.contains(&code.account) {
                return Err(SeedError(format!("sso_codes[{position}].account: there is no account {}", code.account)));
            }
            world.add_code(&code.code, code.account, code.expires_at, code.is_used);
        }
        Ok(())
    }

    fn plant_leaks(&self, world: &World) -> Result<(), SeedError> {
        let filed: Vec<Arc<Leak>> = self
            .leaks
            .iter()
            .enumerate()
            .map(|(position, leak)| {
                world.file_leak(leak).map_err(|error| SeedError(format!("leaks[{position}]: {error}")))
            })
            .collect::<Result<_, _>>()?;
        let listed: Vec<_> = self
            .accounts
            .iter()
            .enumerate()
            .filter_map(|(at, account)| Some((at, account, account.alarms.as_ref()?)))
            .collect();
        let (mut alarms, mut leaks) = (HashSet::new(), HashSet::new());
        for (at, account, list) in &listed {
            for (position, alarm) in list.iter().enumerate() {
                let refuse = |what: String| SeedError(format!("accounts[{at}].alarms[{position}].{what}"));
                if !alarms.insert(alarm.id) || !leaks.insert(alarm.leak_id) {
                    return Err(refuse("id: it or its leak_id is taken by an alarm before it".into()));
                }
                let leak = filed.get(alarm.leak);
                let leak = leak.ok_or_else(|| refuse(format!("leak: there is no leaks[{}]", alarm.leak)))?;
                if !world.plant_hit(account.id, alarm.hit(leak)) {
                    return Err(refuse("item_id: no such item of the account watches the value of this leak".into()));
                }
            }
        }
        let has_listed: HashSet<u64> = listed.iter().map(|(_, account, _)| account.id).collect();
        for leak in &filed {
            world.spread_planted(leak, &has_listed);
        }
        for (position, alarm) in self.closed_alarms.iter().enumerate() {
            if !world.plant_closed_alarm(alarm.id, alarm.closed_at) {
                let place = format!("closed_alarms[{position}].id");
                return Err(SeedError(format!("{place}: the leaks of this seed raise no alarm {}", alarm.id)));
            }
        }
        Ok(())
    }
}

impl SeedAlarm {
    fn hit(self, leak: &Arc<Leak>) -> Hit {
        Hit {
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
    fn message(&self, world: &World) -> Message {
        Message {
            id: self.id,
            channel: self.channel,
            to: self.to.clone(),
            account_id: Id::new(Table::Account, self.account).shown(world.assumptions().choice()),
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
    fn plant(&self, world: &World, seed: &Seed) -> Result<(), String> {
        if !seed.partners.iter().any(|partner| partner.id == self.partner) {
            return Err(format!(".partner: there is no partner {}", self.partner));
        }
        only(&self.profile, Draft::FIELDS).map_err(|error| format!(".profile: {error}"))?;
        let mut fields = Fields::new(&self.profile);
        let draft = Draft::parse(&mut fields, false);
        let draft = fields.finish(draft).map_err(|why| format!(".profile: {}", first_issue(&why)))?;
        let mut account = Account::new(self.id, self.partner, draft, self.created_at);
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
        plant::<Email>(&mut account, "emails", &self.emails, world)?;
        plant::<Phone>(&mut account, "phones", &self.phones, world)?;
        plant::<Iban>(&mut account, "ibans", &self.ibans, world)?;
        plant::<Passport>(&mut account, "passports", &self.passports, world)?;
        plant::<License>(&mut account, "drivers_licenses", &self.drivers_licenses, world)?;
        plant::<Card>(&mut account, "credit_cards", &self.credit_cards, world)?;
        for email in account.emails.iter() {
            if let Confirmation::Pending(challenge) = &email.confirmation {
                world.add_link(challenge, account.id, email.id);
            }
        }
        let codes = self.phone_codes.iter();
        account.phone_codes = codes
            .map(|sent| PhoneCode { phone: sent.phone.as_str().into(), challenge: sent.code.challenge() })
            .collect();
        self.plant_online(&mut account, world, seed)?;
        if world.plant_account(account) {
            Ok(())
        } else {
            Err(": its id or its email is taken by an account before it".into())
        }
    }

    fn plant_online(&self, account: &mut Account, world: &World, seed: &Seed) -> Result<(), String> {
        let is_known = |site: &u64| seed.sites.iter().any(|known| known.id == *site);
        if let Some(site) = self.online_scans.sites().find(|site| !is_known(site)) {
            return Err(format!(".online_scans: there is no site {site}"));
        }
        self.online_scans.removal_ids().for_each(|id| world.take_id(Table::RemovalRequest, id, account.id));
        let profile = match &self.online_profile {
            None => None,
            Some(said) => {
                only(&said.body, Profile::FIELDS).map_err(|error| format!(".online_profile: {error}"))?;
                let mut fields = Fields::new(&said.body);
                let created_at = said.created_at.unwrap_or(self.created_at);
                let profile = Profile::parse(&mut fields, created_at);
                let mut profile =
                    fields.finish(profile).map_err(|why| format!(".online_profile: {}", first_issue(&why)))?;
                profile.updated_at = said.updated_at.unwrap_or(created_at);
                Some(profile)
            }
        };
        if profile.is_some() || !self.online_scans.is_empty() {
            account.online = Some(Box::new(Online::new(profile, self.online_scans.clone())));
        }
        Ok(())
    }
}

/// Whether no id of a list stands in it twice.
fn all_differ(list: &str, ids: impl Iterator<Item = u64>) -> Result<(), SeedError> {
    let mut before = HashSet::new();
    match ids.enumerate().find(|(_, id)| !before.insert(*id)) {
        Some((position, id)) => Err(SeedError(format!("{list}[{position}].id: {id} is taken by one before it"))),
        None => Ok(()),
    }
}

fn plant<K: Kind>(account: &mut Account, list: &str, items: &[SeedItem], world: &World) -> Result<(), String> {
    let basis = Basis::default();
    // A card in a seed does not expire: it is a world to come back to, whatever the clock says.
    let rules = Rules { now: Timestamp::from_unix_seconds(0), assumed: Assumed::new(world.assumptions(), &basis) };
    for (position, item) in items.iter().enumerate() {
        let place = |text: &str| format!(".{list}[{position}]: {text}");
        only(&item.body, K::FIELDS).map_err(|error| place(&error))?;
        let mut fields = Fields::new(&item.body);
        let parsed = K::parse(&mut fields, rules);
        let parsed = fields.finish(parsed).map_err(|why| place(&first_issue(&why)))?;
        if K::items(account).holding(parsed.value()).is_some() {
            return Err(place("the account watches that value already"));
        }
        if K::items(account).iter().any(|there| there.id >= item.id) {
            return Err(place("ids must count up"));
        }
        let confirmation = match &item.waits_for {
            None => Confirmation::Confirmed(item.confirmed_at.unwrap_or(item.created_at)),
            Some(_) if item.confirmed_at.is_some() => {
                return Err(place("an item has either confirmed_at or waits_for"));
            }
            Some(challenge) => Confirmation::pending(challenge.challenge()),
        };
        world.take_id(K::TABLE, item.id, account.id);
        world.watch(K::WATCH, parsed.value(), account.id);
        K::items_mut(account).add(Item {
            id: item.id,
            confirmation,
            created_at: item.created_at,
            updated_at: item.updated_at.unwrap_or(item.created_at),
            fields: parsed,
        });
    }
    Ok(())
}

/// Whether a body names these fields only: the API ignores what it does not know, and in a seed it is a slip.
fn only(body: &Map<String, Json>, known: &[&str]) -> Result<(), String> {
    match body.keys().find(|name| !known.contains(&name.as_str())) {
        Some(name) => Err(format!("unknown field `{name}`; of a body it may have {}", known.join(", "))),
        None => Ok(()),
    }
}

fn first_issue(why: &Why) -> String {
    match why {
        Why::Invalid(issues) => issues.first().map(|issue| issue.text.to_string()).unwrap_or_default(),
        other => format!("{other:?}"),
    }
}
