//! Watched credit cards (CARD-1 to 4). The full number never leaves the mock, and no CVC is kept.

use serde_json::{Map, Value as Json};

use crate::model::base_url::BaseUrl;
use crate::model::body::{BodyField, BodyPurpose, BodySchema, FieldForm};
use crate::model::confirmation::{Challenge, Confirming, Contact, Means};
use crate::model::fields::{self, Complaint, Fields, short_text};
use crate::model::id::Id;
use crate::model::item::{Item, Kind, Leakable, Rules};
use crate::model::kind::WatchKind;
use crate::model::mask;
use crate::model::message::{Channel, NewMessage};
use crate::model::shape::shape;
use crate::model::time::Timestamp;

/// How many digits of a card are shown.
const SHOWN: usize = WatchKind::CreditCard.names().shown;

/// A payment card that is watched.
#[derive(Clone, Debug)]
pub(crate) struct Card {
    number: Box<str>,
    expiry_month: u8,
    expiry_year: u16,
}

shape! {
    /// A payment card as a client reads it.
    CardShape = "CreditCard" {
        id: Id,
        masked_number: Box<str>,
        last_four: Box<str>,
        brand: &'static str,
        expiry_month: u64,
        expiry_year: u64,
        is_verified: bool => "Whether it is watched; a card that a user adds is pending until they verify it.",
        verified_at: Option<Timestamp>,
        created_at: Timestamp,
        updated_at: Timestamp,
    }
}

impl Kind for Card {
    const KIND: WatchKind = WatchKind::CreditCard;
    const CAPTURE: &'static str = "creditCardId";
    const LIST: &'static str = "credit_cards";
    const BODY: BodySchema = BodySchema {
        name: "NewCreditCard",
        fields: &[
            BodyField::required("card_number", FieldForm::Text),
            BodyField::required("expiry_month", FieldForm::Number),
            BodyField::required("expiry_year", FieldForm::Number),
            BodyField::optional("cvc", FieldForm::Text),
            BodyField::optional("card_holder", FieldForm::Text),
        ],
        example: r#"{
            "card_number": "5555555555554444", "expiry_month": 12, "expiry_year": 2049, "cvc": "737",
            "card_holder": "Erika Example"
        }"#,
        purpose: BodyPurpose::Whole,
    };
    /// A card that the end user adds is verified by a code (CARD-4); a card that CRM adds is not (CARD-3).
    const CONFIRMING: Option<Confirming<Self>> = Some(Confirming {
        means: Means::Code,
        is_needed: |_| true,
        message,
        pending_hint: "this card is pending: the code is in GET /_mock/outbox, and POST /api/v1/credit-cards/verify takes \
                       it; items that CRM adds need no confirmation; see CARD-3 and CARD-4",
        expired_hint: "its code has expired by the mock's clock, and no documented route sends another: remove the card \
                       and add it again; see CARD-4",
    });

    type Shape = CardShape;

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
                // A card shows two digits.
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
        // Both are part of the body, and neither is kept.
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

    fn show(item: &Item<Self>) -> CardShape {
        let number = &*item.fields.number;
        CardShape {
            id: item.id(),
            masked_number: mask::all_but_last(number, SHOWN).into(),
            last_four: number[number.len() - SHOWN..].into(),
            brand: brand(number),
            expiry_month: u64::from(item.fields.expiry_month),
            expiry_year: u64::from(item.fields.expiry_year),
            is_verified: item.is_confirmed(),
            verified_at: item.confirmed_at(),
            created_at: item.created_at,
            updated_at: item.updated_at,
        }
    }
}

impl Leakable for Card {}

/// The kind of the message with the code.
pub(crate) const VERIFICATION: &str = "credit-card-verification";

/// The message with the code: to a phone, or by email where the user has none.
fn message(_: &Card, challenge: &Challenge, to: &Contact<'_>, _: BaseUrl<'_>, now: Timestamp) -> NewMessage {
    match to.phone {
        Some(phone) => challenge.sms(phone, to.account, VERIFICATION, now),
        None => NewMessage {
            channel: Channel::Email,
            subject: Some("Verify your card".into()),
            ..challenge.sms(to.email.unwrap_or_default(), to.account, VERIFICATION, now)
        },
    }
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

/// The brand, by the first digits.
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
