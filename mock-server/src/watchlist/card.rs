//! Watched credit cards (CARD-1 to 4). The full number never leaves the fake, and no CVC is kept.

use serde_json::{Map, Value as Json};

use super::{Item, Items, Kind, Leakable, Rules};
use crate::account::Account;
use crate::auth::Actor;
use crate::call::Call;
use crate::confirmation::{Challenge, Confirmation, wrong_code};
use crate::facts::Fact;
use crate::fields::{self, Complaint, Fields, short_text};
use crate::id::Table;
use crate::leak::WatchKind;
use crate::mask;
use crate::outbox::{Channel, Message};
use crate::reply::{Outcome, Reply};
use crate::value::Object;

/// How many digits of a card are shown.
pub(crate) const SHOWN: usize = 4;

/// A payment card that is watched.
#[derive(Debug)]
pub(crate) struct Card {
    number: Box<str>,
    expiry_month: u8,
    expiry_year: u16,
}

impl Kind for Card {
    const TABLE: Table = Table::Card;
    const WATCH: WatchKind = WatchKind::CreditCard;
    const ID: &'static str = "creditCardId";
    const FIELD: &'static str = "card_number";
    const FIELDS: &'static [&'static str] = &["card_number", "expiry_month", "expiry_year", "cvc", "card_holder"];

    /// 12 to 19 digits with the Luhn check digit, spaces and hyphens dropped.
    fn canonical(text: &str) -> Result<Box<str>, Complaint> {
        let digits: String = text.chars().filter(|char| !char.is_whitespace() && *char != '-').collect();
        let is_well_formed = (12..=19).contains(&digits.len())
            && digits.bytes().all(|byte| byte.is_ascii_digit())
            && passes_luhn(&digits);
        if is_well_formed { Ok(digits.into()) } else { Err("format is invalid".into()) }
    }

    fn parse(fields: &mut Fields<'_>, rules: Rules<'_>) -> Option<Self> {
        let today = rules.now.date();
        let (this_year, this_month) = (i64::from(today.year()), i64::from(today.month()));
        let number = fields.required("card_number", Self::canonical);
        let month = fields
            .integer("expiry_month", true, |month| {
                u8::try_from(month)
                    .ok()
                    .filter(|month| (1..=12).contains(month))
                    .ok_or_else(|| "must be between 1 and 12".into())
            })
            .flatten();
        let year = fields
            .integer("expiry_year", true, |year| {
                // Two digits are what stands on the card.
                let year = if (0..100).contains(&year) { year + 2000 } else { year };
                match u16::try_from(year) {
                    Ok(year) if (this_year..=9999).contains(&i64::from(year)) => Ok(year),
                    _ => Err(format!("must be between {this_year} and 9999").into()),
                }
            })
            .flatten();
        let (expiry_month, expiry_year) = month.zip(year)?;
        if i64::from(expiry_year) == this_year && i64::from(expiry_month) < this_month {
            fields.complain("expiry_month", format!("must be at least {this_month}"));
            return None;
        }
        // Both are part of the body; neither is kept.
        fields.opaque("cvc", false)?;
        fields.optional("card_holder", short_text)?;
        Some(Self { number: number?, expiry_month, expiry_year })
    }

    fn body(&self) -> Map<String, Json> {
        fields::body([
            ("card_number", (*self.number).into()),
            ("expiry_month", self.expiry_month.into()),
            ("expiry_year", self.expiry_year.into()),
        ])
    }

    fn value(&self) -> &str {
        &self.number
    }

    fn items(account: &Account) -> &Items<Self> {
        &account.cards
    }

    fn items_mut(account: &mut Account) -> &mut Items<Self> {
        &mut account.cards
    }

    /// What the end user adds is verified by a code (CARD-4); what CRM adds is not (CARD-3).
    fn challenge(call: &Call<'_>) -> Option<Challenge> {
        Some(Challenge::code(call))
    }

    /// The code goes to the account's phone, else to a watched one, else, since a code must reach somebody, by email.
    fn send(item: &Item<Self>, account: &Account, call: &Call<'_>) {
        const KIND: &str = "credit-card-verification";
        let Confirmation::Pending(challenge) = &item.confirmation else { return };
        let watched = account.phones.iter().rfind(|phone| phone.is_confirmed()).map(|phone| phone.fields.value());
        let message = match account.phone.as_deref().or(watched) {
            Some(phone) => challenge.sms(phone, account, call, KIND),
            None => Message {
                channel: Channel::Email,
                subject: Some("Verify your card".into()),
                ..challenge.sms(account.email.as_deref().unwrap_or_default(), account, call, KIND)
            },
        };
        call.send(message);
    }

    fn show(item: &Item<Self>) -> Object {
        let number = &*item.fields.number;
        let last_four = number[number.len() - SHOWN..].to_owned();
        let object = Object::new()
            .with("id", item.id())
            .with("masked_number", mask::all_but_last(number, SHOWN))
            .with("last_four", last_four)
            .with("brand", brand(number))
            .with("expiry_month", u64::from(item.fields.expiry_month))
            .with("expiry_year", u64::from(item.fields.expiry_year))
            .with("is_verified", item.is_confirmed())
            .with("verified_at", item.confirmed_at());
        item.with_times(object)
    }
}

impl Leakable for Card {}

/// `POST /api/v1/credit-cards/verify` (CARD-4): takes the code that was sent when the card was added.
pub(crate) fn verify(actor: Actor, call: &Call<'_>) -> Outcome {
    let body = call.body()?;
    let mut fields = Fields::new(&body);
    let id = fields.opaque("credit_card_id", true).flatten();
    let code = fields.opaque("code", true).flatten();
    let (id, code) = fields.finish(id.zip(code))?;
    let id = call.parse_id::<Card>(&id).unwrap_or_default();
    #[cfg(feature = "broken-rules")]
    let actor = if breaks!(call.world.settings(), ForeignCardsAreVerified) {
        crate::broken::as_owner_of::<Card>(actor, id, call)
    } else {
        actor
    };
    call.world.change_account(actor.account, |account| {
        let Some(card) = account.cards.one_mut(id) else { return Err(call.no_such_item::<Card>(id)) };
        if !card.confirmation.is_met_by(&code, call.now) && !breaks!(call.world.settings(), AnyCodeVerifiesCards) {
            return Err(wrong_code(call).fact(Fact::Card4));
        }
        card.confirm(call.now);
        call.world.match_item::<Card>(account, id, call.now);
        Ok(Reply::Done("Credit card verified."))
    })
}

/// The check digit of ISO/IEC 7812.
fn passes_luhn(digits: &str) -> bool {
    let sum: u32 = digits
        .bytes()
        .rev()
        .enumerate()
        .map(|(place, digit)| {
            let digit = u32::from(digit - b'0');
            if place % 2 == 0 { digit } else { digit * 2 / 10 + digit * 2 % 10 }
        })
        .sum();
    sum.is_multiple_of(10)
}

/// Whose card it is, by the first digits.
fn brand(number: &str) -> &'static str {
    let prefix = |digits: usize| number[..digits].parse::<u32>().unwrap_or_default();
    match (prefix(2), prefix(4), number.len()) {
        (_, 5019, 16) => "dankort",
        (40..=49, _, 13 | 16 | 19) => "visa",
        (51..=55, _, 16) | (_, 2221..=2720, 16) => "mastercard",
        (34 | 37, _, 15) => "amex",
        (36 | 38 | 39, _, 14..=19) | (_, 3000..=3059 | 3095, 14..=19) => "diners",
        (_, 6011 | 6440..=6499, 16..=19) | (65, _, 16..=19) => "discover",
        (_, 3528..=3589, 16..=19) => "jcb",
        (62, _, 16..=19) => "unionpay",
        (50 | 56..=69, _, 12..=19) => "maestro",
        _ => "unknown",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_card_number_has_its_length_and_check_digit() {
        let cases = [
            ("4242424242424242", Some("4242424242424242")),
            ("4242 4242-4242 4242", Some("4242424242424242")),
            ("378282246310005", Some("378282246310005")),
            ("4242424242424241", None),
            ("42424242424", None),
            ("42424242424242424242", None),
            ("4242x24242424242", None),
            ("", None),
        ];
        for (text, expected) in cases {
            assert_eq!(Card::canonical(text).ok().as_deref(), expected, "{text}");
        }
    }

    #[test]
    fn the_brand_follows_from_the_first_digits() {
        let cases = [
            ("4242424242424242", "visa"),
            ("5555555555554444", "mastercard"),
            ("2223003122003222", "mastercard"),
            ("378282246310005", "amex"),
            ("36227206271667", "diners"),
            ("6011111111111117", "discover"),
            ("3566002020360505", "jcb"),
            ("6200000000000005", "unionpay"),
            ("5019717010103742", "dankort"),
            ("6759649826438453", "maestro"),
            ("900000000000", "unknown"),
        ];
        for (number, expected) in cases {
            assert_eq!(brand(number), expected, "{number}");
        }
    }
}
