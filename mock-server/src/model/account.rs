//! Accounts: what one holds, and how it is shown (ACCOUNT-1, SSO-5).

use std::sync::Arc;

use serde_json::{Map, Value as Json};

use crate::guide::trace::Assumed;
use crate::model::confirmation::{Contact, PhoneCode};
use crate::model::exposure::Exposures;
use crate::model::fields;
use crate::model::id::{Id, Table};
use crate::model::item::Kind;
use crate::model::kind::WatchKind;
use crate::model::online::Online;
use crate::model::shape::{EmailText, Maybe, shape};
use crate::model::ssn::{self, Ssn};
use crate::model::time::{Date, Timestamp};
use crate::model::watchlists::Watchlists;

/// The plan and the type of an account that names none: those of the guide's example (ACCOUNT-1).
pub(crate) const DEFAULT_PLAN: u32 = 1;
pub(crate) const DEFAULT_TYPE: &str = "SINGLE";

/// Whose alarms an account raises.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Holder {
    pub(crate) account: u64,
    pub(crate) partner: u64,
    pub(crate) company: Option<u64>,
}

/// One account with everything that belongs to it: one entry of the world, so that a rule and its write are one step.
#[derive(Clone, Debug)]
pub(crate) struct Account {
    pub(crate) id: u64,
    pub(crate) partner: u64,
    pub(crate) first_name: Box<str>,
    pub(crate) last_name: Box<str>,
    pub(crate) email: Option<Arc<str>>,
    /// The email that it was created with, by which SSO knows it (SSO-3).
    pub(crate) created_with: Option<Arc<str>>,
    pub(crate) phone: Option<Box<str>>,
    pub(crate) country_code: Option<Box<str>>,
    pub(crate) lang_code: Option<Box<str>>,
    pub(crate) plan_id: u32,
    /// The company that it belongs to, if its partner has named one.
    pub(crate) company_id: Option<u64>,
    pub(crate) kind: Box<str>,
    pub(crate) ssn: Option<Ssn>,
    pub(crate) created_at: Timestamp,
    pub(crate) updated_at: Timestamp,
    pub(crate) watchlists: Watchlists,
    /// The end user's password, once they have set one. Only its next change asks for it.
    pub(crate) password: Option<Box<str>>,
    /// Codes sent to verify a phone of the account (PHONE-2).
    pub(crate) phone_codes: Vec<PhoneCode>,
    /// The leaks that it sees or has seen, each with its alarm.
    pub(crate) exposures: Exposures,
    /// Its Online Data, once there is any.
    pub(crate) online: Option<Box<Online>>,
}

shape! {
    /// An account as a client reads it.
    AccountShape = "Account" {
        id: Id,
        first_name: Box<str>,
        last_name: Box<str>,
        email: Option<EmailText>,
        phone: Option<Box<str>>,
        country_code: Option<Box<str>>,
        lang_code: Option<Box<str>>,
        plan_id: u64,
        kind as "type": Box<str>,
        company_id: Maybe<u64>,
        ssn: Maybe<Option<Box<str>>> => "As the assumption ssn.echo says: masked, whole, or left out.",
        has_ssn: bool,
        is_ssn_monitored: bool,
        is_active: bool,
        activation_date: Date,
        created_at: Timestamp,
        updated_at: Timestamp,
    }
}

impl Account {
    /// The body that would create it, without its SSN, which need not be of its country.
    pub(crate) fn profile(&self) -> Map<String, Json> {
        fields::body([
            ("first_name", (*self.first_name).into()),
            ("last_name", (*self.last_name).into()),
            ("email", self.email.as_deref().into()),
            ("phone", self.phone.as_deref().into()),
            ("country_code", self.country_code.as_deref().into()),
            ("lang_code", self.lang_code.as_deref().into()),
            ("plan_id", self.plan_id.into()),
            ("company_id", self.company_id.into()),
            ("type", (*self.kind).into()),
        ])
    }

    /// The account as a client reads it.
    pub(crate) fn show(&self, assumed: Assumed<'_>) -> AccountShape {
        AccountShape {
            id: Id::new(Table::Account, self.id),
            first_name: self.first_name.clone(),
            last_name: self.last_name.clone(),
            email: self.email.as_deref().map(|email| EmailText(email.into())),
            phone: self.phone.clone(),
            country_code: self.country_code.clone(),
            lang_code: self.lang_code.clone(),
            plan_id: u64::from(self.plan_id),
            kind: self.kind.clone(),
            company_id: Maybe(self.company_id),
            ssn: Maybe(ssn::show(self.ssn.as_ref(), assumed)),
            has_ssn: self.ssn.is_some(),
            is_ssn_monitored: self.monitored_ssn().is_some(),
            is_active: true,
            activation_date: self.created_at.date(),
            created_at: self.created_at,
            updated_at: self.updated_at,
        }
    }

    /// The SSN in the form in which it is compared with leaks, if it is there and monitored.
    pub(crate) fn monitored_ssn(&self) -> Option<Box<str>> {
        self.ssn.as_ref().filter(|ssn| ssn.is_monitored).map(Ssn::canonical)
    }

    /// Whose alarms it raises.
    pub(crate) fn holder(&self) -> Holder {
        Holder { account: self.id, partner: self.partner, company: self.company_id }
    }

    /// How its user is reached.
    pub(crate) fn contact(&self) -> Contact<'_> {
        let watched = self.watchlists.phones.iter().rfind(|phone| phone.is_confirmed());
        let watched = watched.map(|phone| phone.fields.value());
        Contact {
            account: self.id,
            first_name: &self.first_name,
            email: self.email.as_deref(),
            phone: self.phone.as_deref().or(watched),
        }
    }

    /// Whether it watches anything.
    pub(crate) fn watches_anything(&self) -> bool {
        self.monitored_ssn().is_some() || !self.watchlists.are_empty()
    }

    /// The id of the item that watches `value` and sees its leaks, if there is one; 0 for the SSN.
    pub(crate) fn watching(&self, kind: WatchKind, value: &str, pending_too: impl Fn() -> bool) -> Option<u64> {
        match kind {
            WatchKind::Ssn => self.monitored_ssn().filter(|ssn| **ssn == *value).map(|_| 0),
            kind => self.watchlists.watching(kind, value, pending_too),
        }
    }

    /// When the codes expire that it has been sent.
    pub(crate) fn code_expiries(&self) -> impl Iterator<Item = Timestamp> {
        let phones = self.watchlists.phones.iter().filter_map(|item| item.confirmation.pending());
        let cards = self.watchlists.cards.iter().filter_map(|item| item.confirmation.pending());
        let sent = self.phone_codes.iter().map(|code| &code.challenge);
        phones.chain(cards).chain(sent).map(|challenge| challenge.expires_at)
    }
}
