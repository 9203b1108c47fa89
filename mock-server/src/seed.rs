//! A world as JSON: one to start from and to reset to, written by hand or taken as a snapshot.
//!
//! Values in a seed pass the same rules as values in a request, and items are written as the bodies that add them, so a
//! seed can hold nothing that the API would not accept. What people leave out follows from the rest; a snapshot leaves
//! out nothing that a client could notice.

mod plant;

use std::collections::BTreeMap;

use serde::{Deserialize, Deserializer, Serialize};
use serde_json::{Map, Value as Json};

use crate::assumptions::Assumptions;
use crate::clock::ClockSetting;
use crate::id::Table;
use crate::leak::NewLeak;
use crate::online::{Scans, Site};
use crate::outbox::{Channel, MessageFilter};
use crate::time::Timestamp;

const DEFAULT: &str = include_str!("../../fixtures/seed.json");
/// The plans and sites of every seed that brings none.
const ONLINE: &str = include_str!("../../fixtures/online.json");
const EMPTY: &str = include_str!("../../fixtures/seed-empty.json");

/// The version of the form that this code reads.
pub(crate) const VERSION: u32 = 1;

/// What a seed of any version has.
#[derive(Deserialize)]
struct Versioned {
    version: u32,
}

/// Why a seed cannot be used. The text names the place in it, and what is wrong there.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct SeedError(pub(crate) String);

/// A world to start from. What only a snapshot has may be left out.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Seed {
    pub(crate) version: u32,
    /// The assumptions that are switched in this world, where its server does not say otherwise.
    #[serde(default, skip_serializing_if = "Map::is_empty")]
    pub(crate) assume: Map<String, Json>,
    /// How the clock was set, if it was.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) clock: Option<ClockSetting>,
    pub(crate) partners: Vec<Partner>,
    pub(crate) tokens: Vec<SeedToken>,
    #[serde(default = "usual_plans")]
    pub(crate) plans: Vec<Plan>,
    /// The data brokers of Online Data.
    #[serde(default = "usual_sites")]
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
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) given_out: Option<GivenOut>,
}

/// A partner with its credentials.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Partner {
    pub(crate) id: u64,
    /// For people who read the seed.
    pub(crate) name: String,
    pub(crate) crm_users: Vec<CrmUser>,
    pub(crate) sso_clients: Vec<SsoClient>,
}

/// A CRM user, which only the partner's portal can provision (LOGIN-5).
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct CrmUser {
    pub(crate) username: String,
    pub(crate) password: String,
}

/// An SSO client; its credentials are not those of a CRM user (SSO-2).
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct SsoClient {
    pub(crate) client_id: String,
    pub(crate) client_secret: String,
}

/// What a customer pays for.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Plan {
    pub(crate) id: u32,
    /// For people who read the seed.
    pub(crate) name: String,
    pub(crate) has_online_data: bool,
}

/// Plans and sites that stand apart from a world.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct UsualOnline {
    plans: Vec<Plan>,
    sites: Vec<Site>,
}

fn usual_online() -> UsualOnline {
    serde_json::from_str(ONLINE).expect("the compiled-in plans and sites are of this form")
}

fn usual_plans() -> Vec<Plan> {
    usual_online().plans
}

fn usual_sites() -> Vec<Site> {
    usual_online().sites
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
    /// How much it was used in its last minute, where requests are counted.
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
#[serde(deny_unknown_fields)]
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
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) emails: Vec<SeedItem>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) phones: Vec<SeedItem>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) ibans: Vec<SeedItem>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) passports: Vec<SeedItem>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) drivers_licenses: Vec<SeedItem>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) credit_cards: Vec<SeedItem>,
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
    /// What it waits for, if it is not confirmed.
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

/// An alarm of an account, and what the account sees of the leak that raised it.
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

/// How far the world has counted: what was removed keeps its number.
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

impl Partner {
    /// Whether it has this CRM user.
    pub(crate) fn has_user(&self, username: &str, password: &str) -> bool {
        self.crm_users.iter().any(|user| user.username == username && user.password == password)
    }

    /// Whether it has this SSO client.
    pub(crate) fn has_client(&self, client_id: &str, client_secret: &str) -> bool {
        self.sso_clients.iter().any(|client| client.client_id == client_id && client.client_secret == client_secret)
    }
}

/// The credentials of a world, for those who are to use it.
#[derive(Debug)]
pub(crate) struct Credentials<'a> {
    pub(crate) user: Option<&'a CrmUser>,
    pub(crate) client: Option<&'a SsoClient>,
    /// `number|secret`, if the seed has one.
    pub(crate) token: Option<String>,
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
    /// What is not JSON of the form, with the place.
    pub(crate) fn parse(text: &str) -> Result<Self, SeedError> {
        // The version goes first: of another one, nothing else can be expected to be of this form.
        if let Ok(Versioned { version }) = serde_json::from_str(text)
            && version != VERSION
        {
            return Err(SeedError(format!(
                "version: this seed is of version {version}, and this server reads version {VERSION}"
            )));
        }
        let mut json = serde_json::Deserializer::from_str(text);
        let seed = serde_path_to_error::deserialize(&mut json).map_err(|error| {
            let place = error.path().to_string();
            SeedError(format!("{place}: {}", error.into_inner()))
        })?;
        json.end().map_err(|error| SeedError(format!("after the seed: {error}")))?;
        Ok(seed)
    }

    /// As [`Seed::parse`] reads it, for people too.
    pub(crate) fn to_text(&self) -> String {
        let mut text = serde_json::to_string_pretty(self).expect("keys are texts");
        text.push('\n');
        text
    }

    /// The partners.
    pub(crate) fn partners(&self) -> &[Partner] {
        &self.partners
    }

    /// The plans.
    pub(crate) fn plans(&self) -> &[Plan] {
        &self.plans
    }

    /// The data brokers.
    pub(crate) fn sites(&self) -> &[Site] {
        &self.sites
    }

    /// How the partner at `position` logs in.
    pub(crate) fn credentials(&self, position: usize) -> Option<Credentials<'_>> {
        let partner = self.partners.get(position)?;
        let token = self.tokens.iter().find(|token| token.partner == Some(partner.id)).map(SeedToken::bearer);
        Some(Credentials { user: partner.crm_users.first(), client: partner.sso_clients.first(), token })
    }

    /// The accounts by id, each with the email that SSO knows it by and the app token that the seed gives it.
    pub(crate) fn accounts(&self) -> impl Iterator<Item = (u64, u64, Option<&str>, Option<String>)> {
        self.accounts.iter().map(|account| {
            let email = account.profile.get("email").and_then(Json::as_str);
            let token = self.tokens.iter().find(|token| token.account == Some(account.id)).map(SeedToken::bearer);
            (account.id, account.partner, email, token)
        })
    }

    /// `assumptions`, and those that the seed switches where they are not switched there already.
    ///
    /// # Errors
    /// An unknown key or value, with its place.
    pub(crate) fn assume_on(&self, assumptions: &mut Assumptions) -> Result<(), SeedError> {
        assumptions.set_where_default(&self.assume).map_err(|error| SeedError(format!("assume: {error}")))
    }

    /// Whether it switches any assumption.
    pub(crate) fn assumes_anything(&self) -> bool {
        !self.assume.is_empty()
    }
}

impl SeedToken {
    fn bearer(&self) -> String {
        format!("{}|{}", self.number, self.secret)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::app::Settings;
    use crate::world::World;

    fn world(text: &str) -> Result<World, SeedError> {
        let settings = Settings {
            ssn_required: true,
            normalize_all: false,
            assumptions: Assumptions::default(),
            journal: 0,
            random_seed: None,
            #[cfg(feature = "broken-rules")]
            broken_rule: None,
        };
        World::new(&Seed::parse(text)?, Arc::new(settings), Some("test"))
    }

    #[test]
    fn both_compiled_in_seeds_make_a_world() {
        world(DEFAULT).expect("the default seed");
        world(EMPTY).expect("the empty seed");
    }

    #[test]
    fn what_is_wrong_in_a_seed_is_named_with_its_place() {
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
