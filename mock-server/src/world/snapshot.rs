//! A world as the seed that makes it again: everything that a client or a control route could notice, in an order that
//! does not depend on its history.

use std::collections::HashMap;
use std::sync::Arc;

use serde_json::{Map, Value as Json};

use super::outbox::DelayedMessage;
use super::seed::parts::{
    GivenOut, SeedAccount, SeedAlarm, SeedChallenge, SeedCode, SeedItem, SeedLateMessage, SeedMessage, SeedMinute,
    SeedPhoneCode, SeedProfile, SeedToken, SeedUsed,
};
use super::seed::{Seed, VERSION};
use super::settings::Settings;
use super::state::World;
use super::tokens::{SsoCode, Token};
use crate::model::account::Account;
use crate::model::confirmation::{Challenge, Confirmation};
use crate::model::exposure::Exposure;
use crate::model::item::Item;
use crate::model::kind::WatchKind;
use crate::model::leak::Leak;
use crate::model::message::NewMessage;
use crate::model::online::Scans;
use crate::model::online::profile::Profile;
use crate::model::principal::Principal;
use crate::model::time::Timestamp;
use crate::model::watchlists::{ForKind, Watchlist, Watchlists, with_each_kind};

impl World {
    /// Everything that is here now, between two steps. Requests go on while it is written.
    pub(crate) fn snapshot(&self) -> Seed {
        // Messages whose time has come arrive here first, under the ids that clients will see.
        self.outbox.let_due_arrive(self.clock.now());
        let settings = Settings { journal: 0, ..Settings::clone(&self.settings) };
        self.fork(Arc::new(settings), None).describe()
    }

    fn describe(&self) -> Seed {
        let leaks = self.leaks.in_order();
        let places: HashMap<*const Leak, usize> =
            leaks.iter().enumerate().map(|(place, leak)| (Arc::as_ptr(leak), place)).collect();
        let place_of = |leak: &Arc<Leak>| places[&Arc::as_ptr(leak)];
        let (messages, late_messages) = self.outbox.list_with_late(self.clock.now());
        let (mut tokens, mut codes, mut accounts) = (Vec::new(), Vec::new(), Vec::new());
        self.tokens.each(|number, issued| tokens.push((number, token(number, issued))));
        self.tokens.each_code(|text, issued| codes.push((text.to_owned(), code(text, issued))));
        self.accounts.each(|there| accounts.push((there.id, account(there, place_of))));
        Seed {
            version: VERSION,
            assume: self.assumptions().switched().map(|(key, value)| (key.to_owned(), value.into())).collect(),
            clock: self.clock.setting(),
            partners: self.directory.partners.clone(),
            tokens: Some(in_order(tokens)),
            plans: self.directory.plans.clone(),
            sites: self.directory.sites.clone(),
            accounts: in_order(accounts),
            leaks: leaks.iter().map(|leak| leak.describe()).collect(),
            closed_alarms: Vec::new(),
            sso_codes: in_order(codes),
            messages: messages.into_iter().map(|(id, arrived)| message(id, &arrived)).collect(),
            late_messages: late_messages.into_iter().map(late_message).collect(),
            used_secrets: self.spent.in_order().into_iter().map(used).collect(),
            given_out: Some(GivenOut {
                ids: self.ids.given_out(),
                messages: self.outbox.sent(),
                secrets: self.secrets.drawn(),
            }),
            unread: None,
        }
    }
}

/// The values in the order of their keys.
fn in_order<K: Ord, T>(mut entries: Vec<(K, T)>) -> Vec<T> {
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
        number: Some(number),
        secret: token.secret.to_string(),
        partner,
        account,
        expires_at: token.expires_at,
        minute: (requests > 0).then_some(SeedMinute { began_at, requests }),
    }
}

fn code(code: &str, issued: SsoCode) -> SeedCode {
    let SsoCode { account, expires_at, is_used } = issued;
    SeedCode { code: code.to_owned(), account, expires_at, is_used }
}

fn message(id: u64, message: &NewMessage) -> SeedMessage {
    let NewMessage { channel, to, account, kind, subject, text, link, code, sent_at } = message.clone();
    SeedMessage { id, channel, to, account, kind: kind.into_owned(), subject, text, link, code, sent_at }
}

fn used((account, secret): (u64, Box<str>)) -> SeedUsed {
    SeedUsed { account, secret: secret.into() }
}

/// A delayed message has no id yet.
fn late_message(late: DelayedMessage) -> SeedLateMessage {
    SeedLateMessage { arrives_at: late.arrives_at, after: late.after, message: message(0, &late.message) }
}

fn account(account: &Account, place_of: impl Fn(&Arc<Leak>) -> usize) -> SeedAccount {
    let online = account.online.as_deref();
    SeedAccount {
        id: Some(account.id),
        partner: Some(account.partner),
        profile: account.profile(),
        ssn: account.ssn.as_ref().map(|ssn| ssn.number.to_string()),
        is_ssn_monitored: account.ssn.as_ref().is_none_or(|ssn| ssn.is_monitored),
        created_with: (account.created_with != account.email)
            .then(|| account.created_with.as_deref().map(str::to_owned)),
        password: account.password.as_deref().map(str::to_owned),
        app_token: None,
        created_at: Some(account.created_at),
        updated_at: other_than(account.created_at, account.updated_at),
        phone_codes: account
            .phone_codes
            .iter()
            .map(|sent| SeedPhoneCode { phone: sent.phone.to_string(), code: challenge(&sent.challenge) })
            .collect(),
        alarms: Some(account.exposures.iter().map(|exposure| alarm(exposure, place_of(&exposure.leak))).collect()),
        online_profile: online.and_then(|online| online.profile.as_ref()).map(profile),
        online_scans: online.map_or_else(Scans::default, |online| online.scans.clone()),
        lists: lists(&account.watchlists),
    }
}

/// The items of all kinds by the names of their lists; a list without items is left out.
fn lists(watchlists: &Watchlists) -> Map<String, Json> {
    struct Lists<'a>(&'a Watchlists);
    impl ForKind for Lists<'_> {
        type Output = (&'static str, Vec<Json>);

        fn run<K: Watchlist>(&mut self) -> Self::Output {
            let items = K::of(self.0).iter().map(item::<K>);
            (K::LIST, items.map(|item| serde_json::to_value(item).expect("keys are texts")).collect())
        }
    }
    let lists = with_each_kind(Lists(watchlists)).filter(|(_, items)| !items.is_empty());
    lists.map(|(name, items)| (name.to_owned(), items.into())).collect()
}

fn item<K: Watchlist>(item: &Item<K>) -> SeedItem {
    let (confirmed_at, waits_for) = match &item.confirmation {
        Confirmation::Confirmed(at) => (other_than(item.created_at, *at), None),
        Confirmation::Pending(pending) => (None, Some(challenge(pending))),
    };
    SeedItem {
        id: Some(item.id),
        created_at: Some(item.created_at),
        updated_at: other_than(item.created_at, item.updated_at),
        confirmed_at,
        pending: false,
        waits_for,
        body: item.fields.body(),
    }
}

fn challenge(challenge: &Challenge) -> SeedChallenge {
    SeedChallenge { secret: Some(challenge.secret.to_string()), expires_at: Some(challenge.expires_at) }
}

fn alarm(exposure: &Exposure, leak: usize) -> SeedAlarm {
    SeedAlarm {
        id: exposure.alarm_id,
        leak,
        leak_id: exposure.id,
        item_id: (exposure.leak.kind != WatchKind::Ssn).then_some(exposure.item_id),
        is_watched: exposure.is_watched,
        created_at: exposure.created_at,
        closed_at: exposure.closed_at,
    }
}

fn profile(profile: &Profile) -> SeedProfile {
    SeedProfile { created_at: Some(profile.created_at), updated_at: Some(profile.updated_at), body: profile.body() }
}

/// The time, if it is not the default.
fn other_than(default: Timestamp, at: Timestamp) -> Option<Timestamp> {
    (at != default).then_some(at)
}
