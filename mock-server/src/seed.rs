//! The world to start from and to reset to, as JSON.
//!
//! Values in a seed pass the same rules as values in a request, and items are written as the bodies that add them, so a
//! seed can hold nothing that the API would not accept.

use std::collections::HashSet;

use serde::Deserialize;
use serde_json::{Map, Value as Json};

use crate::account::{Account, Draft};
use crate::assumptions::Assumed;
use crate::auth::Principal;
use crate::confirmation::Confirmation;
use crate::facts::Basis;
use crate::fields::Fields;
use crate::leak::NewLeak;
use crate::online::{Online, Profile, Site};
use crate::reply::Why;
use crate::time::Timestamp;
use crate::watchlist::card::Card;
use crate::watchlist::email::Email;
use crate::watchlist::iban::Iban;
use crate::watchlist::license::License;
use crate::watchlist::passport::Passport;
use crate::watchlist::phone::Phone;
use crate::watchlist::{Item, Kind, Rules};
use crate::world::{Token, World};

const DEFAULT: &str = include_str!("../../fixtures/seed.json");
/// The plans and sites of every seed that brings none.
const ONLINE: &str = include_str!("../../fixtures/online.json");
const EMPTY: &str = include_str!("../../fixtures/seed-empty.json");

/// The version of the form that this code reads.
const VERSION: u32 = 1;

/// Why a seed cannot be used. The text names the place in it, and what is wrong there.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct SeedError(pub(crate) String);

/// A world to start from.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Seed {
    version: u32,
    partners: Vec<Partner>,
    tokens: Vec<SeedToken>,
    #[serde(default = "usual_plans")]
    plans: Vec<Plan>,
    /// The data brokers of Online Data.
    #[serde(default = "usual_sites")]
    sites: Vec<Site>,
    accounts: Vec<SeedAccount>,
    leaks: Vec<NewLeak>,
    /// Alarms of those leaks that are closed already.
    #[serde(default)]
    closed_alarms: Vec<ClosedAlarm>,
}

/// A partner with its credentials.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Partner {
    pub(crate) id: u64,
    /// For people who read the seed.
    #[serde(rename = "name")]
    _name: String,
    crm_users: Vec<CrmUser>,
    sso_clients: Vec<SsoClient>,
}

/// A CRM user, which only the partner's portal can provision (LOGIN-5).
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct CrmUser {
    pub(crate) username: String,
    pub(crate) password: String,
}

/// An SSO client; its credentials are not those of a CRM user (SSO-2).
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct SsoClient {
    pub(crate) client_id: String,
    pub(crate) client_secret: String,
}

/// What a customer pays for.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Plan {
    pub(crate) id: u32,
    /// For people who read the seed.
    #[serde(rename = "name")]
    _name: String,
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

/// A token that never expires, for one partner or one account.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct SeedToken {
    number: u64,
    secret: String,
    #[serde(default)]
    partner: Option<u64>,
    #[serde(default)]
    account: Option<u64>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct SeedAccount {
    id: u64,
    partner: u64,
    /// The body that would create it.
    profile: Map<String, Json>,
    #[serde(default = "yes")]
    is_ssn_monitored: bool,
    created_at: Timestamp,
    #[serde(default)]
    emails: Vec<SeedItem>,
    #[serde(default)]
    phones: Vec<SeedItem>,
    #[serde(default)]
    ibans: Vec<SeedItem>,
    #[serde(default)]
    passports: Vec<SeedItem>,
    #[serde(default)]
    drivers_licenses: Vec<SeedItem>,
    #[serde(default)]
    credit_cards: Vec<SeedItem>,
    /// The body that would create its profile of Online Data.
    #[serde(default)]
    online_profile: Option<Map<String, Json>>,
}

#[derive(Clone, Debug, Deserialize)]
struct SeedItem {
    id: u64,
    created_at: Timestamp,
    /// The body that would add it.
    #[serde(flatten)]
    body: Map<String, Json>,
}

/// Alarms are numbered in the order of the leaks that raise them.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct ClosedAlarm {
    id: u64,
    closed_at: Timestamp,
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
        let mut json = serde_json::Deserializer::from_str(text);
        let seed: Self = serde_path_to_error::deserialize(&mut json).map_err(|error| {
            let place = error.path().to_string();
            SeedError(format!("{place}: {}", error.into_inner()))
        })?;
        if seed.version != VERSION {
            return Err(SeedError(format!("version: this seed is of version {}, not {VERSION}", seed.version)));
        }
        Ok(seed)
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

    /// Puts a copy of everything into `world`, which is empty.
    pub(crate) fn plant(&self, world: &World) -> Result<(), SeedError> {
        all_differ("plans", self.plans.iter().map(|plan| u64::from(plan.id)))?;
        all_differ("sites", self.sites.iter().map(|site| site.id))?;
        for (position, account) in self.accounts.iter().enumerate() {
            account.plant(world, self).map_err(|error| SeedError(format!("accounts[{position}]{error}")))?;
        }
        for (position, token) in self.tokens.iter().enumerate() {
            let principal = match (token.partner, token.account) {
                (Some(partner), None) if self.partners.iter().any(|known| known.id == partner) => {
                    Principal::Partner(partner)
                }
                (None, Some(account)) if self.accounts.iter().any(|known| known.id == account) => {
                    Principal::User(account)
                }
                _ => {
                    let place = format!("tokens[{position}]");
                    return Err(SeedError(format!("{place}: a token is for one partner or one account of this seed")));
                }
            };
            world.add_token(token.number, Token::new(token.secret.as_str().into(), principal, None));
        }
        for (position, leak) in self.leaks.iter().enumerate() {
            world.plant_leak(leak).map_err(|error| SeedError(format!("leaks[{position}]: {error}")))?;
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

impl SeedToken {
    fn bearer(&self) -> String {
        format!("{}|{}", self.number, self.secret)
    }
}

impl SeedAccount {
    fn plant(&self, world: &World, seed: &Seed) -> Result<(), String> {
        if !seed.partners.iter().any(|partner| partner.id == self.partner) {
            return Err(format!(".partner: there is no partner {}", self.partner));
        }
        let mut fields = Fields::new(&self.profile);
        let draft = Draft::parse(&mut fields, false);
        let draft = fields.finish(draft).map_err(|why| format!(".profile: {}", first_issue(&why)))?;
        let mut account = Account::new(self.id, self.partner, draft, self.created_at);
        if let Some(ssn) = &mut account.ssn {
            ssn.is_monitored = self.is_ssn_monitored;
        }
        plant::<Email>(&mut account, "emails", &self.emails, world)?;
        plant::<Phone>(&mut account, "phones", &self.phones, world)?;
        plant::<Iban>(&mut account, "ibans", &self.ibans, world)?;
        plant::<Passport>(&mut account, "passports", &self.passports, world)?;
        plant::<License>(&mut account, "drivers_licenses", &self.drivers_licenses, world)?;
        plant::<Card>(&mut account, "credit_cards", &self.credit_cards, world)?;
        if let Some(body) = &self.online_profile {
            let mut fields = Fields::new(body);
            let profile = Profile::parse(&mut fields, self.created_at);
            let profile = fields.finish(profile).map_err(|why| format!(".online_profile: {}", first_issue(&why)))?;
            account.online = Some(Box::new(Online::with_profile(profile)));
        }
        if world.plant_account(account) {
            Ok(())
        } else {
            Err(": its id or its email is taken by an account before it".into())
        }
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
        let mut fields = Fields::new(&item.body);
        let parsed = K::parse(&mut fields, rules);
        let parsed = fields.finish(parsed).map_err(|why| place(&first_issue(&why)))?;
        if K::items(account).holding(parsed.value()).is_some() {
            return Err(place("the account watches that value already"));
        }
        if K::items(account).iter().any(|there| there.id >= item.id) {
            return Err(place("ids must count up"));
        }
        world.take_id(K::TABLE, item.id, account.id);
        world.watch(K::WATCH, parsed.value(), account.id);
        K::items_mut(account).add(Item {
            id: item.id,
            confirmation: Confirmation::Confirmed(item.created_at),
            created_at: item.created_at,
            updated_at: item.created_at,
            fields: parsed,
        });
    }
    Ok(())
}

fn first_issue(why: &Why) -> String {
    match why {
        Why::Invalid(issues) => issues.first().map(|issue| issue.text.to_string()).unwrap_or_default(),
        other => format!("{other:?}"),
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::app::Settings;
    use crate::assumptions::Assumptions;

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
            (r#"{"version":2,"partners":[],"tokens":[],"accounts":[],"leaks":[]}"#, "this seed is of version 2, not 1"),
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
