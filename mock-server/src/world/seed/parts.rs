//! The parts of a seed as JSON has them. What people leave out is filled in when the seed is loaded.

use std::collections::BTreeMap;

use serde::{Deserialize, Deserializer, Serialize};
use serde_json::{Map, Value as Json};

use crate::model::id::Table;
use crate::model::message::{Channel, MessageFilter};
use crate::model::online::Scans;
use crate::model::partner::{CrmUser, SsoClient};
use crate::model::time::Timestamp;

/// A partner with its credentials.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct SeedPartner {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) id: Option<u64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) name: Option<String>,
    #[serde(default)]
    pub(crate) crm_users: Vec<CrmUser>,
    #[serde(default)]
    pub(crate) sso_clients: Vec<SsoClient>,
}

/// A token for one partner or one account.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct SeedToken {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) number: Option<u64>,
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
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) id: Option<u64>,
    /// The first one, if left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) partner: Option<u64>,
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
    /// A token of its user, `number|secret`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) app_token: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) created_at: Option<Timestamp>,
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
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) id: Option<u64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) created_at: Option<Timestamp>,
    /// When it was added, if left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) updated_at: Option<Timestamp>,
    /// When it was added, if left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) confirmed_at: Option<Timestamp>,
    /// Whether it is pending, where its link or code is left out.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub(crate) pending: bool,
    /// The link or code that confirms it, if it is pending.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) waits_for: Option<SeedChallenge>,
    /// The body that would add it.
    #[serde(flatten)]
    pub(crate) body: Map<String, Json>,
}

/// The end of a link, or a code.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct SeedChallenge {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) secret: Option<String>,
    /// For ever, if left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) expires_at: Option<Timestamp>,
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

/// The alarms of a leak, or one alarm by its id: alarms are numbered in the order of the leaks that raise them.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ClosedAlarm {
    /// The place of the leak among the leaks of the seed, from 0.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) leak: Option<usize>,
    /// Only the alarm of this account.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) account: Option<u64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) id: Option<u64>,
    /// An hour after the alarm was raised, if left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) closed_at: Option<Timestamp>,
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

/// Gives numbers to the things of a seed that have none: each gets the one after the highest before it, from 1.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Numbers(u64);

impl Numbers {
    /// The number of the next thing, which has this one or none.
    pub(crate) fn next(&mut self, given: Option<u64>) -> u64 {
        let number = given.unwrap_or_else(|| self.0.saturating_add(1));
        self.0 = self.0.max(number);
        number
    }
}

impl SeedToken {
    /// A token of a partner that never expires.
    pub(crate) fn of_partner(partner: u64, secret: &str) -> Self {
        Self {
            number: None,
            secret: secret.to_owned(),
            partner: Some(partner),
            account: None,
            expires_at: None,
            minute: None,
        }
    }
}
