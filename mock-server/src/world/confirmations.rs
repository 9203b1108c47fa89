//! Confirming pending items: links that are opened, codes that are sent and come back, and resends.

use super::state::{Context, World};
use crate::faults::InjectedFault;
use crate::guide::assumptions::Key;
use crate::model::account::Account;
use crate::model::confirmation::{Challenge, Confirmation, Means, PhoneCode};
use crate::model::item::{Item, Kind};
use crate::model::magic::Magic;
use crate::model::watchlists::card::Card;
use crate::model::watchlists::email::Email;
use crate::model::watchlists::phone::Phone;

/// The result of opening a confirmation link.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum OpenedLink {
    Confirmed,
    Expired,
    /// It was never sent, was used or replaced, or its item is gone.
    Dead,
}

/// The result of verifying a card.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum VerifiedCard {
    Verified,
    WrongCode,
    /// The account has no such card.
    NoCard,
}

/// The result of a resend.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Resent {
    /// How many emails are pending.
    pub(crate) pending: usize,
    /// The fault that applied to the last message.
    pub(crate) fault: Option<InjectedFault>,
}

impl World {
    /// A new link or code that lasts as long as the assumptions say.
    pub(crate) fn challenge(&self, means: Means, context: Context<'_>) -> Challenge {
        let (secret, lasts) = match means {
            Means::Link => (self.secrets.opaque(), Key::ConfirmLinkSeconds),
            Means::Code => (self.secrets.digits(), Key::ConfirmCodeSeconds),
        };
        Challenge { secret: secret.into(), expires_at: context.now.plus_seconds(context.assumed.seconds(lasts)) }
    }

    /// Opens a confirmation link: the email that it was sent for is confirmed.
    pub(crate) fn open_link(&self, secret: &str) -> OpenedLink {
        let _step = self.step();
        let now = self.clock.now();
        let Some(link) = self.links.get(secret) else { return OpenedLink::Dead };
        if now >= link.expires_at {
            return OpenedLink::Expired;
        }
        let opened = self.accounts.change(link.account, |account| {
            let holder = account.holder();
            let item = account.watchlists.emails.one_mut(link.email);
            let Some(item) = item.filter(|item| item.confirmation.is_met_by(secret, now)) else {
                return OpenedLink::Dead;
            };
            item.confirm(now);
            self.links.remove(secret);
            self.spent.add(link.account, secret);
            self.match_item(&mut account.exposures, holder, item, now, self.unrecorded());
            OpenedLink::Confirmed
        });
        opened.unwrap_or(OpenedLink::Dead)
    }

    /// Sends the links of the pending emails that `is_meant` once more; links that were sent before stop working
    /// (EMAIL-2). None if there is no such account.
    pub(crate) fn resend_links(
        &self,
        account: u64,
        is_meant: impl Fn(&Item<Email>) -> bool,
        context: Context<'_>,
    ) -> Option<Resent> {
        self.accounts.change(account, |account| {
            let pending = account.watchlists.emails.iter().filter(|item| !item.is_confirmed() && is_meant(item));
            let renewed: Vec<_> = pending
                .map(|item| {
                    let challenge = self.challenge(Means::Link, context);
                    let is_sent = Magic::of(Email::KIND, item.fields.value()) != Some(Magic::NeverConfirmed);
                    let message = Email::CONFIRMING.filter(|_| is_sent).map(|confirming| {
                        (confirming.message)(&item.fields, &challenge, &account.contact(), context.base, context.now)
                    });
                    (item.id, challenge, message)
                })
                .collect();
            let mut resent = Resent { pending: renewed.len(), fault: None };
            for (id, challenge, message) in renewed {
                if let Some(message) = message {
                    self.links.add(&challenge, account.id, id);
                    resent.fault = self.send(message).or(resent.fault);
                }
                if let Some(item) = account.watchlists.emails.one_mut(id) {
                    if let Some(before) = item.confirmation.pending() {
                        self.links.remove(&before.secret);
                    }
                    item.confirmation = Confirmation::new(Some(challenge), context.now);
                }
            }
            resent
        })
    }

    /// Sends a code to the phone that `name` names (PHONE-2). The code replaces the one before, whether the phone is
    /// pending or a code was requested.
    ///
    /// # Errors
    /// Those of `name`.
    pub(crate) fn send_phone_code<E>(
        &self,
        account: u64,
        context: Context<'_>,
        name: impl FnOnce(&Account) -> Result<Box<str>, E>,
    ) -> Option<Result<Option<InjectedFault>, E>> {
        self.accounts.change(account, |account| {
            let phone = name(account)?;
            let challenge = self.challenge(Means::Code, context);
            let is_sent = Magic::of(Phone::KIND, &phone) != Some(Magic::NeverConfirmed);
            let message = challenge.sms(&phone, account.id, "phone-verification", context.now);
            match account.watchlists.phones.holding_mut(&phone).filter(|item| !item.is_confirmed()) {
                Some(item) => item.confirmation = Confirmation::new(Some(challenge), context.now),
                None => {
                    account.phone_codes.retain(|code| code.phone != phone);
                    account.phone_codes.push(PhoneCode { phone, challenge });
                }
            }
            Ok(if is_sent { self.send(message) } else { None })
        })
    }

    /// Takes a code that was sent to a phone (PHONE-2): to the one that `name` names, or to any. Each code works once, until
    /// it expires or another is sent. False where no code is met.
    ///
    /// # Errors
    /// Those of `name`.
    pub(crate) fn confirm_phone<E>(
        &self,
        account: u64,
        code: &str,
        context: Context<'_>,
        name: impl FnOnce(&Account) -> Result<Option<Box<str>>, E>,
    ) -> Option<Result<bool, E>> {
        let now = context.now;
        self.accounts.change(account, |account| {
            let named = name(account)?;
            let is_meant = |phone: &str| named.as_deref().is_none_or(|named| named == phone);
            let mut codes = account.phone_codes.iter();
            let asked_for = codes.position(|sent| is_meant(&sent.phone) && sent.challenge.is_met_by(code, now));
            let phone = match asked_for {
                Some(position) => Some(account.phone_codes.remove(position).phone),
                None => {
                    let mut phones = account.watchlists.phones.iter();
                    let pending =
                        phones.find(|item| is_meant(item.fields.value()) && item.confirmation.is_met_by(code, now));
                    pending.map(|item| item.fields.value().into())
                }
            };
            let Some(phone) = phone else { return Ok(false) };
            self.spent.add(account.id, code);
            let holder = account.holder();
            if let Some(item) = account.watchlists.phones.holding_mut(&phone) {
                item.confirm(now);
                self.match_item(&mut account.exposures, holder, item, now, context.assumed);
            }
            Ok(true)
        })
    }

    /// Takes the code that was sent when a card was added (CARD-4). None if there is no such account.
    pub(crate) fn verify_card(&self, account: u64, id: u64, code: &str, context: Context<'_>) -> Option<VerifiedCard> {
        self.accounts.change(account, |account| {
            let holder = account.holder();
            let Some(card): Option<&mut Item<Card>> = account.watchlists.cards.one_mut(id) else {
                return VerifiedCard::NoCard;
            };
            if !card.confirmation.is_met_by(code, context.now) {
                return VerifiedCard::WrongCode;
            }
            card.confirm(context.now);
            self.spent.add(account.id, code);
            self.match_item(&mut account.exposures, holder, card, context.now, context.assumed);
            VerifiedCard::Verified
        })
    }
}
