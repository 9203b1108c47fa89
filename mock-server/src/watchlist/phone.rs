//! Watched phones, and the optional verification by SMS (PHONE-1 to 3).

use serde_json::{Map, Value as Json};

use super::{Item, Items, Kind, Leakable, Rules, Written};
use crate::account::Account;
use crate::assumptions::ConfirmPhone;
use crate::auth::Actor;
use crate::call::Call;
use crate::confirmation::{Challenge, Confirmation, wrong_code};
use crate::facts::Fact;
use crate::fields::{self, Complaint, Fields, unknown};
use crate::id::Table;
use crate::leak::WatchKind;
use crate::magic::Magic;
use crate::reply::{Issue, Outcome, Refusal, Reply, Why};
use crate::value::Object;

/// A phone number that is watched.
#[derive(Debug)]
pub(crate) struct Phone {
    number: Written,
}

impl Kind for Phone {
    const TABLE: Table = Table::Phone;
    const WATCH: WatchKind = WatchKind::Phone;
    const ID: &'static str = "phoneId";
    const FIELD: &'static str = "phone";
    const FIELDS: &'static [&'static str] = &["phone"];

    fn canonical(text: &str) -> Result<Box<str>, Complaint> {
        rule(text)
    }

    fn parse(fields: &mut Fields<'_>, rules: Rules<'_>) -> Option<Self> {
        let number = fields.required("phone", Written::rule(rules.assumed, rule))?;
        Some(Self { number })
    }

    fn body(&self) -> Map<String, Json> {
        fields::body([("phone", self.number.shown().into())])
    }

    fn value(&self) -> &str {
        self.number.canonical()
    }

    fn items(account: &Account) -> &Items<Self> {
        &account.phones
    }

    fn items_mut(account: &mut Account) -> &mut Items<Self> {
        &mut account.phones
    }

    /// By `confirm.phone`, for PHONE-2 calls the verification optional.
    fn challenge(call: &Call<'_>) -> Option<Challenge> {
        match call.assumed().choice() {
            ConfirmPhone::No => None,
            ConfirmPhone::Yes => Some(Challenge::code(call)),
        }
    }

    fn send(item: &Item<Self>, account: &Account, call: &Call<'_>) {
        if let Confirmation::Pending(challenge) = &item.confirmation {
            let message = challenge.sms(item.fields.value(), account, call, "watchlist-phone-confirmation");
            call.send(message);
        }
    }

    fn removed(item: &Item<Self>, account: &mut Account) {
        account.phone_codes.retain(|code| *code.phone != *item.fields.value());
    }

    fn show(item: &Item<Self>) -> Object {
        let object = Object::new()
            .with("id", item.id())
            .with("phone", item.fields.number.shown().to_owned())
            .with("is_confirmed", item.is_confirmed())
            .with("confirmed_at", item.confirmed_at());
        item.with_times(object)
    }
}

impl Leakable for Phone {}

/// The rule of a phone number: E.164 once spaces, hyphens, dots and brackets are dropped and `00` is read as `+`. No
/// numbering plan is asked, for the ranges reserved for tests are in none.
pub(crate) fn rule(text: &str) -> Result<Box<str>, Complaint> {
    let compact: String = text.chars().filter(|char| !char.is_whitespace() && !"-.()".contains(*char)).collect();
    let digits = compact.strip_prefix('+').or_else(|| compact.strip_prefix("00")).unwrap_or_default();
    let is_well_formed = (7..=15).contains(&digits.len())
        && !digits.starts_with('0')
        && digits.bytes().all(|byte| byte.is_ascii_digit());
    if is_well_formed { Ok(format!("+{digits}").into()) } else { Err("format is invalid".into()) }
}

/// A code that was sent to verify a phone of the account (PHONE-2). It stands apart from the item's own confirmation,
/// for a phone that CRM adds is confirmed at once and can be verified all the same.
#[derive(Debug)]
pub(crate) struct PhoneCode {
    pub(crate) phone: Box<str>,
    pub(crate) challenge: Challenge,
}

/// `POST …/phone-watchlist/send-verification-code` (PHONE-2): sends a code by SMS. The body may name the phone by
/// `phone_id` or `phone`; otherwise the one that waits for confirmation is meant, then the latest, then the account's own.
pub(crate) fn send_verification_code(actor: Actor, call: &Call<'_>) -> Outcome {
    let body = call.body()?;
    let mut fields = Fields::new(&body);
    let named = Named::parse(&mut fields);
    let named = fields.finish(named)?;
    call.world.change_account(actor.account, |account| {
        let Some(phone) = named.on(account, call)?.or_else(|| likeliest_phone(account)) else {
            let issue = Issue::new("phone", "The phone field is required.");
            return Err(Why::Invalid(vec![issue]).into());
        };
        let challenge = Challenge::code(call);
        if Magic::of(WatchKind::Phone, &phone) != Some(Magic::NeverConfirmed) {
            call.send(challenge.sms(&phone, account, call, "phone-verification"));
        }
        // The new code replaces the one before, be it what the item waits for or one that was asked for.
        match account.phones.iter_mut().find(|item| item.fields.value() == &*phone && !item.is_confirmed()) {
            Some(item) => item.confirmation = Confirmation::pending(challenge),
            None => {
                account.phone_codes.retain(|code| code.phone != phone);
                account.phone_codes.push(PhoneCode { phone, challenge });
            }
        }
        Ok(Reply::Done("Verification code sent."))
    })
}

/// `POST …/phone-watchlist/confirm` (PHONE-2): takes the code. Each works once, until it expires or is sent anew.
pub(crate) fn confirm(actor: Actor, call: &Call<'_>) -> Outcome {
    let body = call.body()?;
    let mut fields = Fields::new(&body);
    let code = fields.opaque("code", true).flatten();
    let named = Named::parse(&mut fields);
    let (code, named) = fields.finish(code.zip(named))?;
    call.world.change_account(actor.account, |account| {
        if breaks!(call.world.settings(), AnyCodeConfirmsPhones) {
            return Ok(Reply::Done("Phone confirmed."));
        }
        let phone = named.on(account, call)?;
        let is_meant = |value: &str| phone.as_deref().is_none_or(|phone| phone == value);

        let verified = account
            .phone_codes
            .iter()
            .position(|sent| is_meant(&sent.phone) && sent.challenge.is_met_by(&code, call.now));
        let verified = verified.map(|position| account.phone_codes.remove(position).phone);
        let pending = account
            .phones
            .iter()
            .find(|item| is_meant(item.fields.value()) && item.confirmation.is_met_by(&code, call.now));
        let Some(phone) = verified.or_else(|| pending.map(|item| item.fields.value().into())) else {
            return Err(wrong_code(call).fact(Fact::Phone2));
        };
        if let Some(item) = account.phones.iter_mut().find(|item| item.fields.value() == &*phone) {
            let id = item.id;
            item.confirm(call.now);
            call.world.match_item::<Phone>(account, id, call.now);
        }
        Ok(Reply::Done("Phone confirmed."))
    })
}

/// How a body names a phone, if it names one.
struct Named {
    id: Option<String>,
    number: Option<Box<str>>,
}

impl Named {
    fn parse(fields: &mut Fields<'_>) -> Option<Self> {
        let id = fields.opaque("phone_id", false);
        let number = fields.optional("phone", rule);
        Some(Self { id: id?, number: number? })
    }

    /// The phone, which must be one of the account's; none where the body names none.
    fn on(&self, account: &Account, call: &Call<'_>) -> Result<Option<Box<str>>, Refusal> {
        if let Some(id) = &self.id {
            let id = call.parse_id::<Phone>(id).unwrap_or_default();
            let item = account.phones.one(id).ok_or_else(|| call.no_such_item::<Phone>(id))?;
            return Ok(Some(item.fields.value().into()));
        }
        match &self.number {
            Some(number) if account.phones.holding(number).is_none() && account.phone.as_ref() != Some(number) => {
                Err(Why::Invalid(vec![unknown("phone")]).into())
            }
            number => Ok(number.clone()),
        }
    }
}

/// The phone that is meant where none is named.
fn likeliest_phone(account: &Account) -> Option<Box<str>> {
    let pending = account.phones.iter().rfind(|item| !item.is_confirmed());
    let item = pending.or_else(|| account.phones.iter().next_back());
    item.map(|item| item.fields.value().into()).or_else(|| account.phone.clone())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_phone_is_read_as_e164() {
        let cases = [
            ("+46701234567", Some("+46701234567")),
            ("+46 70-174 06 05", Some("+46701740605")),
            ("0046 (70) 174.06.05", Some("+46701740605")),
            ("+447700900123", Some("+447700900123")),
            ("0701740605", None),
            ("46701740605", None),
            ("+0701740605", None),
            ("+461234", None),
            ("+4670174060512345", None),
            ("+4670174060x", None),
            ("+", None),
        ];
        for (text, expected) in cases {
            assert_eq!(rule(text).ok().as_deref(), expected, "{text}");
        }
    }
}
