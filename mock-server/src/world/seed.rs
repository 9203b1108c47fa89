//! Seeds: a world as JSON, to start from and to reset to, written by hand or taken as a snapshot.
//!
//! Values in a seed pass the same rules as values in a request, and items are written as the bodies that add them, so a
//! seed can hold nothing that the API would not accept. Fields that people leave out follow from the rest; a snapshot
//! leaves out nothing that a client could notice.

pub(crate) mod load;

use std::collections::BTreeMap;
use std::fmt;
use std::ops::Range;
use std::sync::Arc;

use serde::de::{SeqAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::value::RawValue;
use serde_json::{Map, Value as Json};

use super::clock::ClockSetting;
use super::settings::Settings;
use crate::model::id::Table;
use crate::model::leak::NewLeak;
use crate::model::message::{Channel, MessageFilter};
use crate::model::online::Scans;
use crate::model::online::scan::Site;
use crate::model::partner::{CrmUser, Partner, Plan, SsoClient};
use crate::model::time::Timestamp;

const DEFAULT: &str = include_str!("../../../fixtures/seed.json");
/// The plans and sites of every seed that has none.
const ONLINE: &str = include_str!("../../../fixtures/online.json");
const EMPTY: &str = include_str!("../../../fixtures/seed-empty.json");

/// The version of the form that this code reads.
pub(crate) const VERSION: u32 = 1;

/// The part of a seed that every version has.
#[derive(Deserialize)]
struct Versioned {
    version: u32,
}

/// Why a seed cannot be used. The text names the place in it and the fault.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct SeedError(pub(crate) String);

/// A world to start from. Fields that only a snapshot has may be left out.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Seed {
    pub(crate) version: u32,
    /// The assumptions that are set in this world, unless its server sets them.
    #[serde(default, skip_serializing_if = "Map::is_empty")]
    pub(crate) assume: Map<String, Json>,
    /// How the clock was set, if it was.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) clock: Option<ClockSetting>,
    pub(crate) partners: Vec<Partner>,
    pub(crate) tokens: Vec<SeedToken>,
    #[serde(default = "default_plans")]
    pub(crate) plans: Vec<Plan>,
    /// The data brokers of Online Data.
    #[serde(default = "default_sites")]
    pub(crate) sites: Vec<Site>,
    pub(crate) accounts: Vec<SeedAccount>,
    pub(crate) leaks: Vec<NewLeak>,
    /// Alarms of those leaks that are closed already, where accounts do not list theirs.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) closed_alarms: Vec<ClosedAlarm>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) sso_codes: Vec<SeedCode>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) messages: Vec<SeedMessage>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) late_messages: Vec<SeedLateMessage>,
    /// The links and codes that were used, in order, as far back as messages are kept.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) used_secrets: Vec<SeedUsed>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) given_out: Option<GivenOut>,
    /// The accounts of a long seed, which are read one at a time when it is loaded; then `accounts` has none.
    #[serde(skip)]
    pub(super) unread: Option<Unread>,
}

/// The accounts of a long seed, as they were written.
#[derive(Clone, Debug)]
pub(super) struct Unread {
    /// The seed.
    text: Arc<str>,
    /// The part of it that is the list of accounts.
    accounts: Range<usize>,
}

/// The accounts of a seed, unread.
#[derive(Deserialize)]
struct OnlyAccounts<'a> {
    #[serde(borrow)]
    accounts: &'a RawValue,
}

/// The length of a seed from which on its accounts are read one at a time: read, they take many times as much memory.
const LONG: usize = 8 * 1024 * 1024;

/// Plans and sites without a world.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct DefaultOnline {
    plans: Vec<Plan>,
    sites: Vec<Site>,
}

fn default_online() -> DefaultOnline {
    serde_json::from_str(ONLINE).expect("the compiled-in plans and sites are of this form")
}

fn default_plans() -> Vec<Plan> {
    default_online().plans
}

fn default_sites() -> Vec<Site> {
    default_online().sites
}

/// A token for one partner or one account.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct SeedToken {
    pub(crate) number: u64,
    pub(crate) secret: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) partner: Option<u64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) account: Option<u64>,
    /// Never, if left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) expires_at: Option<Timestamp>,
    /// Its use in the last minute, where requests are counted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) minute: Option<SeedMinute>,
}

#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct SeedMinute {
    pub(crate) began_at: Timestamp,
    pub(crate) requests: u32,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct SeedAccount {
    pub(crate) id: u64,
    pub(crate) partner: u64,
    /// The body that would create it.
    pub(crate) profile: Map<String, Json>,
    /// Where the body does not name it: an SSN need not be of the account's country, once either has changed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) ssn: Option<String>,
    #[serde(default = "yes")]
    pub(crate) is_ssn_monitored: bool,
    /// The email that SSO knows it by: null for none, that of the profile if left out.
    #[serde(default, deserialize_with = "even_null", skip_serializing_if = "Option::is_none")]
    pub(crate) created_with: Option<Option<String>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) password: Option<String>,
    pub(crate) created_at: Timestamp,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) updated_at: Option<Timestamp>,
    /// Codes that were sent to verify a phone (PHONE-2).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) phone_codes: Vec<SeedPhoneCode>,
    /// The alarms that it has; those of all leaks that it sees, if left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) alarms: Option<Vec<SeedAlarm>>,
    /// The body that would create its profile of Online Data.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) online_profile: Option<SeedProfile>,
    #[serde(default, skip_serializing_if = "Scans::is_empty")]
    pub(crate) online_scans: Scans,
    /// Its items by the name of their list, such as `emails`; each is a [`SeedItem`].
    #[serde(flatten)]
    pub(crate) lists: Map<String, Json>,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct SeedItem {
    pub(crate) id: u64,
    pub(crate) created_at: Timestamp,
    /// When it was added, if left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) updated_at: Option<Timestamp>,
    /// When it was added, if left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) confirmed_at: Option<Timestamp>,
    /// The link or code that confirms it, if it is pending.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) waits_for: Option<SeedChallenge>,
    /// The body that would add it.
    #[serde(flatten)]
    pub(crate) body: Map<String, Json>,
}

/// The end of a link, or a code.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct SeedChallenge {
    pub(crate) secret: String,
    pub(crate) expires_at: Timestamp,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct SeedPhoneCode {
    pub(crate) phone: String,
    pub(crate) code: SeedChallenge,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct SeedProfile {
    /// When the account was created, if left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) created_at: Option<Timestamp>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) updated_at: Option<Timestamp>,
    #[serde(flatten)]
    pub(crate) body: Map<String, Json>,
}

/// An alarm of an account, and the account's view of the leak that raised it.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct SeedAlarm {
    pub(crate) id: u64,
    /// The place of the leak among the leaks of the seed, from 0.
    pub(crate) leak: usize,
    /// The id that the leak has on this account.
    pub(crate) leak_id: u64,
    /// The item that watches the value; none for the account's own SSN.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) item_id: Option<u64>,
    /// Whether it still does.
    pub(crate) is_watched: bool,
    pub(crate) created_at: Timestamp,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) closed_at: Option<Timestamp>,
}

/// Alarms are numbered in the order of the leaks that raise them.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ClosedAlarm {
    pub(crate) id: u64,
    pub(crate) closed_at: Timestamp,
}

/// A one-time code (SSO-4).
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct SeedCode {
    pub(crate) code: String,
    pub(crate) account: u64,
    pub(crate) expires_at: Timestamp,
    pub(crate) is_used: bool,
}

/// A message that was sent, with the number of its account in place of the id that clients see.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct SeedMessage {
    pub(crate) id: u64,
    pub(crate) channel: Channel,
    pub(crate) to: String,
    pub(crate) account: u64,
    pub(crate) kind: String,
    pub(crate) subject: Option<String>,
    pub(crate) text: String,
    pub(crate) link: Option<String>,
    pub(crate) code: Option<String>,
    pub(crate) sent_at: Timestamp,
}

/// The end of a link, or a code, that was used for an account.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct SeedUsed {
    pub(crate) account: u64,
    pub(crate) secret: String,
}

/// A message that a fault holds back. It gets its id when it arrives.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct SeedLateMessage {
    pub(crate) arrives_at: Timestamp,
    /// The message that it arrives after, if that comes first.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) after: Option<MessageFilter>,
    pub(crate) message: SeedMessage,
}

/// The counts of the world: a number that was given out is not given out again.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct GivenOut {
    pub(crate) ids: BTreeMap<Table, u64>,
    pub(crate) messages: u64,
    pub(crate) secrets: u64,
}

/// Tells a field that is null from one that is left out.
fn even_null<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Option<String>>, D::Error> {
    Option::deserialize(deserializer).map(Some)
}

fn yes() -> bool {
    true
}

/// The first credentials of a partner.
#[derive(Debug)]
pub(crate) struct Credentials<'a> {
    pub(crate) user: Option<&'a CrmUser>,
    pub(crate) client: Option<&'a SsoClient>,
}

impl Seed {
    /// The published world: two partners, three accounts, items of every kind, leaks.
    pub(crate) fn default_world() -> Self {
        Self::parse(DEFAULT).expect("the compiled-in seed is tested")
    }

    /// The partners and their credentials, and nothing else.
    pub(crate) fn empty_world() -> Self {
        Self::parse(EMPTY).expect("the compiled-in seed is tested")
    }

    /// Reads a seed.
    ///
    /// # Errors
    /// A text that is not JSON of the form, with the place.
    pub(crate) fn parse(text: &str) -> Result<Self, SeedError> {
        // The version goes first, because a seed of another version need not have this form.
        if let Ok(Versioned { version }) = serde_json::from_str(text)
            && version != VERSION
        {
            return Err(SeedError(format!(
                "version: this seed is of version {version}, and this server reads version {VERSION}"
            )));
        }
        if text.len() >= LONG
            && let Some(seed) = Self::parse_long(text)
        {
            return Ok(seed);
        }
        let mut json = serde_json::Deserializer::from_str(text);
        let seed = serde_path_to_error::deserialize(&mut json).map_err(|error| {
            let place = error.path().to_string();
            SeedError(format!("{place}: {}", error.into_inner()))
        })?;
        json.end().map_err(|error| SeedError(format!("after the seed: {error}")))?;
        Ok(seed)
    }

    /// A long seed, whose accounts are read later. None where anything else is wrong with it: then it is read as a whole, and
    /// the fault told with its place.
    pub(super) fn parse_long(text: &str) -> Option<Self> {
        let OnlyAccounts { accounts } = serde_json::from_str(text).ok()?;
        let start = accounts.get().as_ptr().addr() - text.as_ptr().addr();
        let accounts = start..start + accounts.get().len();
        if !text[accounts.clone()].starts_with('[') {
            return None;
        }
        let rest = format!("{}[]{}", &text[..accounts.start], &text[accounts.end..]);
        let mut seed: Self = serde_json::from_str(&rest).ok()?;
        seed.unread = Some(Unread { text: text.into(), accounts });
        Some(seed)
    }

    /// Goes through the accounts, each with its place.
    ///
    /// # Errors
    /// That of `look`, or of an account that is not of the form.
    pub(crate) fn each_account(
        &self,
        mut look: impl FnMut(usize, &SeedAccount) -> Result<(), SeedError>,
    ) -> Result<(), SeedError> {
        let Some(Unread { text, accounts }) = &self.unread else {
            return self.accounts.iter().enumerate().try_for_each(|(place, account)| look(place, account));
        };
        let mut json = serde_json::Deserializer::from_str(&text[accounts.clone()]);
        OneByOne { look: &mut look, refused: None }.read(&mut json)
    }

    /// The seed without the accounts of a long one, which would take more memory than the world that they make.
    pub(crate) fn without_unread(&self) -> Self {
        Self { unread: None, ..self.clone() }
    }

    /// Whether it has accounts that are read one at a time.
    pub(crate) fn is_long(&self) -> bool {
        self.unread.is_some()
    }

    /// The text that [`Seed::parse`] reads, for people too.
    pub(crate) fn to_text(&self) -> String {
        let mut text = serde_json::to_string_pretty(self).expect("keys are texts");
        text.push('\n');
        text
    }

    /// The credentials of the partner at `position`.
    pub(crate) fn credentials(&self, position: usize) -> Option<Credentials<'_>> {
        let partner = self.partners.get(position)?;
        Some(Credentials { user: partner.crm_users.first(), client: partner.sso_clients.first() })
    }

    /// The token that it gives to whom `is_whose` says: one that never expires, if there is one.
    pub(crate) fn token(&self, is_whose: impl Fn(&SeedToken) -> bool) -> Option<String> {
        let theirs = || self.tokens.iter().filter(|token| is_whose(token));
        theirs().find(|token| token.expires_at.is_none()).or_else(|| theirs().next()).map(SeedToken::bearer)
    }

    /// The settings of a world of this seed: `settings` with the assumptions of the seed that they do not set.
    ///
    /// # Errors
    /// An unknown key or value, with its place.
    pub(crate) fn settings(&self, settings: Arc<Settings>) -> Result<Arc<Settings>, SeedError> {
        if self.assume.is_empty() {
            return Ok(settings);
        }
        let mut settings = Settings::clone(&settings);
        let set = settings.assumptions.set_where_default(&self.assume);
        set.map_err(|error| SeedError(format!("assume: {error}")))?;
        Ok(Arc::new(settings))
    }
}

/// Reads a list of accounts one by one, so that only one of them is in memory.
struct OneByOne<'a, F> {
    look: &'a mut F,
    /// Why an account was refused.
    refused: Option<SeedError>,
}

impl<F: FnMut(usize, &SeedAccount) -> Result<(), SeedError>> OneByOne<'_, F> {
    fn read(mut self, json: &mut serde_json::Deserializer<serde_json::de::StrRead<'_>>) -> Result<(), SeedError> {
        let read = json.deserialize_seq(&mut self);
        match self.refused {
            Some(refused) => Err(refused),
            None => read.map_err(|error| SeedError(format!("accounts: {error}"))),
        }
    }
}

impl<'de, F: FnMut(usize, &SeedAccount) -> Result<(), SeedError>> Visitor<'de> for &mut OneByOne<'_, F> {
    type Value = ();

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a list of accounts")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut accounts: A) -> Result<(), A::Error> {
        let mut place = 0;
        while let Some(account) = accounts.next_element::<&RawValue>()? {
            let mut json = serde_json::Deserializer::from_str(account.get());
            let account = serde_path_to_error::deserialize(&mut json)
                .map_err(|error| SeedError(format!("accounts[{place}].{}: {}", error.path(), error.inner())));
            if let Err(refused) = account.and_then(|account| (self.look)(place, &account)) {
                self.refused = Some(refused);
                return Err(serde::de::Error::custom("refused"));
            }
            place += 1;
        }
        Ok(())
    }
}

impl SeedToken {
    fn bearer(&self) -> String {
        format!("{}|{}", self.number, self.secret)
    }
}
