//! Watched IBANs (IBAN-1).

use iban::IbanLike;
use serde_json::{Map, Value as Json};

use crate::model::body::{BodyField, BodyPurpose, BodySchema, FieldForm};
use crate::model::fields::{self, Complaint, Fields};
use crate::model::id::Id;
use crate::model::item::{Item, Kind, Leakable, Rules};
use crate::model::kind::WatchKind;
use crate::model::shape::shape;
use crate::model::time::Timestamp;
use crate::model::value::Value;

/// An IBAN that is watched.
#[derive(Clone, Debug)]
pub(crate) struct Iban {
    number: Value,
}

shape! {
    /// An IBAN as a client reads it.
    IbanShape = "Iban" {
        id: Id,
        iban: Box<str>,
        country_code: Box<str>,
        created_at: Timestamp,
        updated_at: Timestamp,
    }
}

impl Kind for Iban {
    const KIND: WatchKind = WatchKind::Iban;
    const CAPTURE: &'static str = "ibanId";
    const LIST: &'static str = "ibans";
    const BODY: BodySchema = BodySchema {
        name: "NewIban",
        fields: &[BodyField::required("iban", FieldForm::Text)],
        example: r#"{ "iban": "SE35 5000 0000 0549 1000 0003" }"#,
        purpose: BodyPurpose::Whole,
    };

    type Shape = IbanShape;

    /// ISO 13616: the length of the country, and the remainder modulo 97. Kept in upper case without spaces.
    fn canonical(text: &str) -> Result<Box<str>, Complaint> {
        let compact: String = text.chars().filter(|char| !char.is_whitespace()).collect();
        match compact.to_uppercase().parse::<iban::Iban>() {
            Ok(iban) => Ok(iban.electronic_str().into()),
            Err(_) => Err("format is invalid".into()),
        }
    }

    fn parse(fields: &mut Fields<'_>, rules: Rules<'_>) -> Option<Self> {
        let number = fields.required("iban", Value::rule(rules.assumed, Self::canonical))?;
        Some(Self { number })
    }

    fn body(&self) -> Map<String, Json> {
        fields::body([("iban", self.number.shown().into())])
    }

    fn value(&self) -> &str {
        self.number.canonical()
    }

    fn show(item: &Item<Self>) -> IbanShape {
        IbanShape {
            id: item.id(),
            iban: item.fields.number.shown().into(),
            country_code: item.fields.value()[..2].into(),
            created_at: item.created_at,
            updated_at: item.updated_at,
        }
    }
}

impl Leakable for Iban {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_iban_has_the_length_of_its_country_and_the_right_remainder() {
        let cases = [
            ("SE4550000000058398257466", Some("SE4550000000058398257466")),
            ("se45 5000 0000 0583 9825 7466", Some("SE4550000000058398257466")),
            ("GB82WEST12345698765432", Some("GB82WEST12345698765432")),
            ("SE0050000000058398257466", None),
            ("SE455000000005839825746", None),
            ("SE45-5000-0000-0583-9825-7466", None),
            ("", None),
            ("ÅÄÖ", None),
        ];
        for (text, expected) in cases {
            assert_eq!(Iban::canonical(text).ok().as_deref(), expected, "{text}");
        }
    }
}
