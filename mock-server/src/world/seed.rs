//! Seeds: a world as JSON, to start from and to reset to, written by hand or taken as a snapshot.
//!
//! Values in a seed pass the same rules as values in a request, and items are written as the bodies that add them, so a
//! seed can hold nothing that the API would not accept. Fields that people leave out follow from the rest; a snapshot
//! leaves out nothing that a client could notice.

pub(crate) mod faults;
pub(crate) mod form;
pub(crate) mod load;
pub(crate) mod parts;
pub(crate) mod reading;
pub(crate) mod rows;
pub(crate) mod schema;

use std::ops::Range;
use std::sync::Arc;

use serde::{Deserialize, Deserializer, Serialize};
use serde_json::{Map, Value as Json};

use self::faults::SeedError;
use self::form::COMMENT;
use self::parts::{
    ClosedAlarm, GivenOut, Numbers, SeedAccount, SeedCode, SeedLateMessage, SeedMessage, SeedPartner, SeedToken,
    SeedUsed,
};
use super::clock::ClockSetting;
use super::settings::Settings;
use crate::model::leak::NewLeak;
use crate::model::online::scan::Site;
use crate::model::partner::{Partner, Plan};

const DEFAULT: &str = include_str!("../../../fixtures/seed.json");
/// The plans and sites of every seed that has none.
const ONLINE: &str = include_str!("../../../fixtures/online.json");
const EMPTY: &str = include_str!("../../../fixtures/seed-empty.json");
/// A seed to begin with.
const EXAMPLE: &str = include_str!("../../../fixtures/seed-example.json");

/// The version of the form that this code reads.
pub(crate) const VERSION: u32 = 1;

/// The secret of the token of the first partner, where a seed says nothing of tokens.
const CRM_SECRET: &str = "mock-crm-token";

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
    #[serde(default = "published_partners", deserialize_with = "partners")]
    pub(crate) partners: Vec<Partner>,
    /// Once it is read, a seed has them.
    #[serde(default)]
    pub(crate) tokens: Option<Vec<SeedToken>>,
    #[serde(default = "default_plans")]
    pub(crate) plans: Vec<Plan>,
    /// The data brokers of Online Data.
    #[serde(default = "default_sites")]
    pub(crate) sites: Vec<Site>,
    #[serde(default)]
    pub(crate) accounts: Vec<SeedAccount>,
    #[serde(default)]
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

impl Unread {
    /// The list of accounts, which is this part of `text`.
    pub(super) fn new(text: &str, accounts: Range<usize>) -> Self {
        Self { text: text.into(), accounts }
    }

    /// The list of accounts, as JSON.
    pub(super) fn as_str(&self) -> &str {
        &self.text[self.accounts.clone()]
    }
}

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

/// The partners of a seed, with the ids and names that they lack.
fn partners<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<Partner>, D::Error> {
    let mut numbers = Numbers::default();
    let complete = |partner: SeedPartner| {
        let id = numbers.next(partner.id);
        let name = partner.name.unwrap_or_else(|| format!("Partner {id}"));
        Partner { id, name, crm_users: partner.crm_users, sso_clients: partner.sso_clients }
    };
    Ok(Vec::<SeedPartner>::deserialize(deserializer)?.into_iter().map(complete).collect())
}

fn published_partners() -> Vec<Partner> {
    #[derive(Deserialize)]
    struct Published {
        partners: Vec<Partner>,
    }
    serde_json::from_str::<Published>(EMPTY).expect("the compiled-in seed is of this form").partners
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

    /// A small seed with comments, to begin with.
    pub(crate) fn example() -> &'static str {
        EXAMPLE
    }

    /// Fills in the tokens that a seed lacks, and the numbers that tokens lack.
    pub(super) fn complete(&mut self) {
        self.assume.shift_remove(COMMENT);
        let first = self.partners.first();
        let tokens = self.tokens.get_or_insert_with(|| {
            first.into_iter().map(|partner| SeedToken::of_partner(partner.id, CRM_SECRET)).collect()
        });
        let mut numbers = Numbers::default();
        tokens.iter_mut().for_each(|token| token.number = Some(numbers.next(token.number)));
    }

    /// The tokens, each with its number.
    pub(crate) fn tokens(&self) -> impl Iterator<Item = (u64, &SeedToken)> {
        self.tokens.iter().flatten().map(|token| (token.number.unwrap_or_default(), token))
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

    /// The first token that `is_meant`, as `number|secret`.
    pub(crate) fn token_of(&self, is_meant: impl Fn(&SeedToken) -> bool) -> Option<String> {
        let found = self.tokens().find(|(_, token)| is_meant(token));
        found.map(|(number, token)| format!("{number}|{}", token.secret))
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
        set.map_err(|error| SeedError::of("assume", error.to_string()))?;
        Ok(Arc::new(settings))
    }
}
