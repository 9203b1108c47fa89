//! Messages that the mock would have sent: confirmation emails and codes by SMS.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

use crate::guide::assumptions::IdForm;
use crate::model::id::{Id, ShownId, Table};
use crate::model::time::Timestamp;

/// The way that a message travels.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Channel {
    /// To an email address.
    Email,
    /// To a phone number.
    Sms,
}

/// A message as it is sent; it gets an id when it arrives.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct NewMessage {
    pub(crate) channel: Channel,
    /// The address or number that it goes to.
    pub(crate) to: String,
    /// The account that it is about.
    pub(crate) account: u64,
    pub(crate) kind: Cow<'static, str>,
    /// The subject of an email.
    pub(crate) subject: Option<String>,
    /// The text that a person reads.
    pub(crate) text: String,
    /// The link that confirms, in an email that has one.
    pub(crate) link: Option<String>,
    /// The code that confirms, in a message that has one.
    pub(crate) code: Option<String>,
    pub(crate) sent_at: Timestamp,
}

/// A message that has arrived in the outbox, and never left the mock.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Message {
    /// Counts up from 1 in each world, as messages arrive.
    pub id: u64,
    /// The way that it travels.
    pub channel: Channel,
    /// The address or number that it goes to.
    pub to: String,
    /// The account that it is about.
    pub account_id: ShownId,
    /// `watchlist-email-confirmation`, `watchlist-phone-confirmation`, `phone-verification` or `credit-card-verification`.
    pub kind: Cow<'static, str>,
    /// The subject of an email.
    pub subject: Option<String>,
    /// The text that a person reads.
    pub text: String,
    /// The link that confirms, in an email that has one.
    pub link: Option<String>,
    /// The code that confirms, in a message that has one.
    pub code: Option<String>,
    /// When it was sent by the mock's clock.
    pub sent_at: Timestamp,
}

impl Message {
    /// The message `new` under the id that it got.
    pub(crate) fn new(id: u64, new: &NewMessage, form: IdForm) -> Self {
        let NewMessage { channel, to, account, kind, subject, text, link, code, sent_at } = new.clone();
        let account_id = Id::new(Table::Account, account).shown(form);
        Self { id, channel, to, account_id, kind, subject, text, link, code, sent_at }
    }
}

/// The messages that are asked for.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MessageFilter {
    /// Only those to this address or number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub to: Option<String>,
    /// Only those of this channel.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub channel: Option<Channel>,
}

impl MessageFilter {
    /// Whether `message` is asked for.
    pub(crate) fn admits(&self, message: &NewMessage) -> bool {
        self.to.as_ref().is_none_or(|to| to.eq_ignore_ascii_case(&message.to))
            && self.channel.is_none_or(|channel| channel == message.channel)
    }
}
