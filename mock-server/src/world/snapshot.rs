//! A world as the seed that makes it anew: everything that a client or a control route could notice, in an order that
//! does not depend on how it came about.

use std::collections::HashMap;
use std::sync::atomic::Ordering;
use std::sync::{Arc, PoisonError};

use super::{SsoCode, Token, World};
use crate::account::Account;
use crate::auth::Principal;
use crate::confirmation::{Challenge, Confirmation};
use crate::id::Table;
use crate::leak::{Hit, Leak, WatchKind};
use crate::online::{Online, Profile, Scans};
use crate::outbox::{Late, Message};
use crate::seed::{
    GivenOut, Seed, SeedAccount, SeedAlarm, SeedChallenge, SeedCode, SeedItem, SeedLateMessage, SeedMessage,
    SeedMinute, SeedPhoneCode, SeedProfile, SeedToken, VERSION,
};
use crate::time::Timestamp;
use crate::watchlist::{Item, Items, Kind};

impl World {
    /// What is here now, between two steps.
    pub(crate) fn snapshot(&self) -> Seed {
        let _between_steps = self.steps.write().unwrap_or_else(PoisonError::into_inner);
        let leaks = self.leaks_in_order();
        let places: HashMap<*const Leak, usize> =
            leaks.iter().enumerate().map(|(place, leak)| (Arc::as_ptr(leak), place)).collect();
        let place_of = |leak: &Arc<Leak>| places[&Arc::as_ptr(leak)];
        let (messages, late_messages) = self.outbox.list_with_late(self.clock.now());
        Seed {
            version: VERSION,
            assume: self.assumptions().switched().map(|(key, value)| (key.to_owned(), value.into())).collect(),
            clock: self.clock.setting(),
            partners: self.partners.clone(),
            tokens: in_order(self.tokens.iter().map(|entry| (*entry.key(), token(*entry.key(), &entry)))),
            plans: self.plans.clone(),
            sites: self.sites.clone(),
            accounts: in_order(self.accounts.iter().map(|entry| (entry.id, account(&entry, place_of)))),
            leaks: leaks.iter().map(|leak| leak.describe()).collect(),
            closed_alarms: Vec::new(),
            sso_codes: in_order(self.codes.iter().map(|entry| (entry.key().clone(), code(entry.key(), &entry)))),
            messages: messages.into_iter().map(message).collect(),
            late_messages: late_messages.into_iter().map(late_message).collect(),
            given_out: Some(GivenOut {
                ids: Table::ALL.map(|table| (table, self.last_ids[table as usize].load(Ordering::Relaxed))).into(),
                messages: self.outbox.sent(),
                secrets: self.secrets.drawn(),
            }),
        }
    }

    /// All leaks by kind and value; those of one value as they became known.
    fn leaks_in_order(&self) -> Vec<Arc<Leak>> {
        let mut leaks: Vec<Arc<Leak>> = self.leaks.iter().flat_map(|entry| entry.value().clone()).collect();
        leaks.sort_by(|one, other| (one.kind, &one.value).cmp(&(other.kind, &other.value)));
        leaks
    }
}

/// What stands beside the keys, in their order.
fn in_order<K: Ord, T>(entries: impl Iterator<Item = (K, T)>) -> Vec<T> {
    let mut entries: Vec<(K, T)> = entries.collect();
    entries.sort_unstable_by(|(one, _), (other, _)| one.cmp(other));
    entries.into_iter().map(|(_, described)| described).collect()
}

fn token(number: u64, token: &Token) -> SeedToken {
    let (partner, account) = match token.principal {
        Principal::Partner(id) => (Some(id), None),
        Principal::User(id) => (None, Some(id)),
    };
    let (began_at, requests) = token.minute;
    SeedToken {
        number,
        secret: token.secret.to_string(),
        partner,
        account,
        expires_at: token.expires_at,
        minute: (requests > 0).then_some(SeedMinute { began_at, requests }),
    }
}

fn code(code: &str, issued: &SsoCode) -> SeedCode {
    let SsoCode { account, expires_at, is_used } = *issued;
    SeedCode { code: code.to_owned(), account, expires_at, is_used }
}

fn message(message: Message) -> SeedMessage {
    let Message { id, channel, to, account_id, kind, subject, text, link, code, sent_at } = message;
    let account = account_id.number(Table::Account).unwrap_or_default();
    SeedMessage { id, channel, to, account, kind: kind.into_owned(), subject, text, link, code, sent_at }
}

fn late_message(late: Late) -> SeedLateMessage {
    SeedLateMessage { arrives_at: late.arrives_at, after: late.after, message: message(late.message) }
}

fn account(account: &Account, place_of: impl Fn(&Arc<Leak>) -> usize) -> SeedAccount {
    let online = account.online.as_deref();
    SeedAccount {
        id: account.id,
        partner: account.partner,
        profile: account.profile(),
        ssn: account.ssn.as_ref().map(|ssn| ssn.number.to_string()),
        is_ssn_monitored: account.ssn.as_ref().is_none_or(|ssn| ssn.is_monitored),
        created_with: (account.created_with != account.email)
            .then(|| account.created_with.as_deref().map(str::to_owned)),
        password: account.password.as_deref().map(str::to_owned),
        created_at: account.created_at,
        updated_at: other_than(account.created_at, account.updated_at),
        emails: items(&account.emails),
        phones: items(&account.phones),
        ibans: items(&account.ibans),
        passports: items(&account.passports),
        drivers_licenses: items(&account.licenses),
        credit_cards: items(&account.cards),
        phone_codes: account
            .phone_codes
            .iter()
            .map(|sent| SeedPhoneCode { phone: sent.phone.to_string(), code: challenge(&sent.challenge) })
            .collect(),
        alarms: Some(account.hits.iter().map(|hit| alarm(hit, place_of(&hit.leak))).collect()),
        online_profile: online.and_then(Online::profile).map(profile),
        online_scans: online.map_or_else(Scans::default, |online| online.scans().clone()),
    }
}

fn items<K: Kind>(items: &Items<K>) -> Vec<SeedItem> {
    items.iter().map(item).collect()
}

fn item<K: Kind>(item: &Item<K>) -> SeedItem {
    let (confirmed_at, waits_for) = match &item.confirmation {
        Confirmation::Confirmed(at) => (other_than(item.created_at, *at), None),
        Confirmation::Pending(pending) => (None, Some(challenge(pending))),
    };
    SeedItem {
        id: item.id,
        created_at: item.created_at,
        updated_at: other_than(item.created_at, item.updated_at),
        confirmed_at,
        waits_for,
        body: item.fields.body(),
    }
}

fn challenge(challenge: &Challenge) -> SeedChallenge {
    SeedChallenge { secret: challenge.secret.to_string(), expires_at: challenge.expires_at }
}

fn alarm(hit: &Hit, leak: usize) -> SeedAlarm {
    SeedAlarm {
        id: hit.alarm_id,
        leak,
        leak_id: hit.id,
        item_id: (hit.leak.kind != WatchKind::Ssn).then_some(hit.item_id),
        is_watched: hit.is_watched,
        created_at: hit.created_at,
        closed_at: hit.closed_at,
    }
}

fn profile(profile: &Profile) -> SeedProfile {
    SeedProfile { created_at: Some(profile.created_at), updated_at: Some(profile.updated_at), body: profile.body() }
}

/// The instant, if it is not the one that is taken for granted.
fn other_than(usual: Timestamp, at: Timestamp) -> Option<Timestamp> {
    (at != usual).then_some(at)
}
