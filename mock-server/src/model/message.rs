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
    /// What its link or code can do now.
    pub state: MessageState,
}

/// What the link or the code in a message can do now.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum MessageState {
    /// It works.
    Open,
    /// It has confirmed what it was sent for.
    Used,
    /// Another link or code has taken its place.
    Replaced,
    /// Its time is over by the mock's clock, or what it was sent for is no longer there.
    Expired,
    /// The message has neither link nor code.
    None,
}

impl Message {
    /// The message `new` under the id that it got.
    pub(crate) fn new(id: u64, new: &NewMessage, form: IdForm, state: MessageState) -> Self {
        let NewMessage { channel, to, account, kind, subject, text, link, code, sent_at } = new.clone();
        let account_id = Id::new(Table::Account, account).shown(form);
        Self { id, channel, to, account_id, kind, subject, text, link, code, sent_at, state }
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
        self.to.as_ref().is_none_or(|to| is_same_address(to, &message.to))
            && self.channel.is_none_or(|channel| channel == message.channel)
    }
}

/// Whether two texts are spellings of one address or number: letters in any case, a number with or without separators, a
/// plus, or two zeros before it. An unescaped plus in a query arrives as a space, so the two are the same in an address.
fn is_same_address(one: &str, other: &str) -> bool {
    if one.eq_ignore_ascii_case(other) {
        return true;
    }
    match (one.contains('@'), other.contains('@')) {
        (true, true) => address(one) == address(other),
        (false, false) => number(one).is_some_and(|one| Some(one) == number(other)),
        _ => false,
    }
}

fn address(text: &str) -> String {
    text.trim().to_lowercase().replace(' ', "+")
}

/// The digits of a number in the international form; none for a text that is no number.
fn number(text: &str) -> Option<String> {
    let text: String = text.chars().filter(|char| !" -.()/".contains(*char)).collect();
    let digits = text.strip_prefix('+').or_else(|| text.strip_prefix("00")).unwrap_or(&text);
    (!digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit())).then(|| digits.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_known_in_every_spelling() {
        let cases = [
            ("+46 70 174 06 51", "+46701740651", true),
            (" 46701740651", "+46701740651", true),
            ("0046701740651", "+46701740651", true),
            ("46-70-174 06 51", "+46701740651", true),
            ("+46 (70) 174.06.51", "+46701740651", true),
            ("+46701740650", "+46701740651", false),
            ("", "+46701740651", false),
            ("J\u{d6}RG@example.com", "j\u{f6}rg@example.com", true),
            (" Jane@Example.com ", "jane@example.com", true),
            ("jane leaks-2@example.com", "jane+leaks-2@example.com", true),
            ("\"john doe\"@example.com", "\"john doe\"@example.com", true),
            ("jane@example.com", "jane@example.org", false),
            ("46701740651@example.com", "+46701740651", false),
        ];
        for (one, other, expected) in cases {
            assert_eq!(is_same_address(one, other), expected, "{one:?} {other:?}");
        }
    }
}
