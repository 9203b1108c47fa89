//! Watched phones (PHONE-1 to 3).

use serde_json::{Map, Value as Json};

use crate::guide::assumptions::ConfirmPhone;
use crate::model::base_url::BaseUrl;
use crate::model::body::{BodyField, BodyPurpose, BodySchema, FieldForm};
use crate::model::confirmation::{Challenge, Confirming, Contact, Means};
use crate::model::fields::{self, Complaint, Fields};
use crate::model::id::Id;
use crate::model::item::{Item, Kind, Leakable, Rules};
use crate::model::kind::WatchKind;
use crate::model::message::NewMessage;
use crate::model::shape::shape;
use crate::model::time::Timestamp;
use crate::model::value::Value;

/// A phone number that is watched.
#[derive(Clone, Debug)]
pub(crate) struct Phone {
    number: Value,
}

shape! {
    /// A phone number as a client reads it.
    PhoneShape = "Phone" {
        id: Id,
        phone: Box<str> => "E.164.",
        is_confirmed: bool,
        confirmed_at: Option<Timestamp>,
        created_at: Timestamp,
        updated_at: Timestamp,
    }
}

impl Kind for Phone {
    const KIND: WatchKind = WatchKind::Phone;
    const CAPTURE: &'static str = "phoneId";
    const LIST: &'static str = "phones";
    const BODY: BodySchema = BodySchema {
        name: "NewPhone",
        fields: &[BodyField::required("phone", FieldForm::Text).about("E.164, with or without separators.")],
        example: r#"{ "phone": "+46701740650" }"#,
        purpose: BodyPurpose::Whole,
    };
    const CONFIRMING: Option<Confirming<Self>> = Some(Confirming {
        means: Means::Code,
        // PHONE-2 calls the verification optional.
        is_needed: |assumed| assumed.choice::<ConfirmPhone>() == ConfirmPhone::Yes,
        message: Self::message,
        pending_hint: "this phone is pending: the code is in GET /_mock/outbox, and POST /api/v1/phone-watchlist/confirm \
                       takes it; items that CRM adds need no confirmation; see PHONE-2",
        expired_hint: "its code has expired by the mock's clock; POST /api/v1/phone-watchlist/send-verification-code \
                       sends another; see PHONE-2",
    });

    type Shape = PhoneShape;

    fn canonical(text: &str) -> Result<Box<str>, Complaint> {
        rule(text)
    }

    fn parse(fields: &mut Fields<'_>, rules: Rules<'_>) -> Option<Self> {
        let number = fields.required("phone", Value::rule(rules.assumed, rule))?;
        Some(Self { number })
    }

    fn body(&self) -> Map<String, Json> {
        fields::body([("phone", self.number.shown().into())])
    }

    fn value(&self) -> &str {
        self.number.canonical()
    }

    fn show(item: &Item<Self>) -> PhoneShape {
        PhoneShape {
            id: item.id(),
            phone: item.fields.number.shown().into(),
            is_confirmed: item.is_confirmed(),
            confirmed_at: item.confirmed_at(),
            created_at: item.created_at,
            updated_at: item.updated_at,
        }
    }
}

impl Leakable for Phone {}

impl Phone {
    /// The message with the code, to the number itself.
    fn message(&self, challenge: &Challenge, to: &Contact<'_>, _: BaseUrl<'_>, now: Timestamp) -> NewMessage {
        challenge.sms(self.value(), to.account, "watchlist-phone-confirmation", now)
    }
}

/// The rule of a phone number: E.164 once spaces, hyphens, dots and brackets are dropped and `00` is read as `+`. No
/// numbering plan is used, because none has the ranges that are reserved for tests.
pub(crate) fn rule(text: &str) -> Result<Box<str>, Complaint> {
    let compact: String = text.chars().filter(|char| !char.is_whitespace() && !"-.()".contains(*char)).collect();
    let digits = compact.strip_prefix('+').or_else(|| compact.strip_prefix("00")).unwrap_or_default();
    let is_well_formed = (7..=15).contains(&digits.len())
        && !digits.starts_with('0')
        && digits.bytes().all(|byte| byte.is_ascii_digit());
    if is_well_formed { Ok(format!("+{digits}").into()) } else { Err("format is invalid".into()) }
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
