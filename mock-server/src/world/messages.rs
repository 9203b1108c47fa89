//! The messages of a world as people read them: what was sent, and what its link or code can still do. That is asked of
//! the world each time and kept nowhere, so it is never another than the world's.

use super::state::World;
use crate::model::account::Account;
use crate::model::confirmation::Challenge;
use crate::model::item::Kind;
use crate::model::message::{Message, MessageFilter, MessageState, NewMessage};
use crate::model::time::Timestamp;
use crate::model::watchlists::card;
use crate::model::watchlists::email::Email;

impl World {
    /// The messages that have arrived by now, came after the one with the id `after`, and that `filter` admits, oldest
    /// first.
    pub(crate) fn messages(&self, filter: &MessageFilter, after: u64) -> Vec<Message> {
        let (form, now) = (self.unrecorded().choice(), self.clock.now());
        let arrived = self.outbox.list(filter, now).into_iter().filter(|(id, _)| *id > after);
        arrived.map(|(id, message)| Message::new(id, &message, form, self.state_of(&message, now))).collect()
    }

    /// What the link or the code in a message can do now.
    fn state_of(&self, message: &NewMessage, now: Timestamp) -> MessageState {
        let by_link = message.link.as_ref().and_then(|link| link.rsplit('/').next());
        let Some(secret) = by_link.or(message.code.as_deref()) else { return MessageState::None };
        let expires_at = match by_link {
            Some(secret) => self.link_expiry(secret),
            None => self.accounts.read(message.account, |account| code_expiry(account, message, secret)).flatten(),
        };
        match expires_at {
            Some(expires_at) if now < expires_at => MessageState::Open,
            Some(_) => MessageState::Expired,
            None if self.spent.contains(message.account, secret) => MessageState::Used,
            None => {
                let is_replaced = self.accounts.read(message.account, |account| has_successor(account, message));
                if is_replaced == Some(true) { MessageState::Replaced } else { MessageState::Expired }
            }
        }
    }

    /// Until when a link works, if it is still the one of its email.
    fn link_expiry(&self, secret: &str) -> Option<Timestamp> {
        let link = self.links.get(secret)?;
        let pending = self.accounts.read(link.account, |account| {
            let item = account.watchlists.emails.one(link.email)?;
            item.confirmation.pending().filter(|challenge| *challenge.secret == *secret).map(|found| found.expires_at)
        });
        pending.flatten()
    }
}

/// Until when a code that was sent works, if it is still the one that is asked for.
fn code_expiry(account: &Account, message: &NewMessage, secret: &str) -> Option<Timestamp> {
    let is_theirs = |challenge: &&Challenge| *challenge.secret == *secret;
    let pending = if message.kind == card::VERIFICATION {
        account.watchlists.cards.iter().filter_map(|card| card.confirmation.pending()).find(is_theirs)
    } else {
        let sent = account.phone_codes.iter().filter(|code| *code.phone == *message.to).map(|code| &code.challenge);
        let phone = account.watchlists.phones.holding(&message.to);
        sent.chain(phone.and_then(|phone| phone.confirmation.pending())).find(is_theirs)
    };
    pending.map(|challenge| challenge.expires_at)
}

/// Whether the account still has that for which a message was sent, so that another message has taken its place. Nothing
/// takes the place of a card's code.
fn has_successor(account: &Account, message: &NewMessage) -> bool {
    if message.link.is_some() {
        return Email::canonical(&message.to).is_ok_and(|email| account.watchlists.emails.holding(&email).is_some());
    }
    let to = Some(&*message.to);
    message.kind != card::VERIFICATION
        && (account.watchlists.phones.holding(&message.to).is_some()
            || account.phone.as_deref() == to
            || account.phone_codes.iter().any(|code| Some(&*code.phone) == to))
}
