//! Watched passports (PASSPORT-1): the one kind that can be changed, and one without a list of leaks (NONE-1).

use serde_json::{Map, Value as Json};

use crate::model::body::{BodyField, BodyPurpose, BodySchema, FieldForm};
use crate::model::fields::{self, Complaint, Fields};
use crate::model::id::Id;
use crate::model::item::{Item, Kind, Patchable, Rules};
use crate::model::kind::WatchKind;
use crate::model::shape::shape;
use crate::model::time::{Date, Timestamp};
use crate::model::update::Update;

/// A passport that is watched.
#[derive(Clone, Debug)]
pub(crate) struct Passport {
    number: Box<str>,
    country: Option<Box<str>>,
    expiry_date: Option<Date>,
}

shape! {
    /// A passport as a client reads it.
    PassportShape = "Passport" {
        id: Id,
        passport_number: Box<str>,
        country_code: Option<Box<str>>,
        expiry_date: Option<Date>,
        created_at: Timestamp,
        updated_at: Timestamp,
    }
}

const FIELDS: &[BodyField] = &[
    BodyField::required("passport_number", FieldForm::Text),
    BodyField::optional("country_code", FieldForm::Text),
    BodyField::optional("expiry_date", FieldForm::Date),
];

impl Kind for Passport {
    const KIND: WatchKind = WatchKind::Passport;
    const CAPTURE: &'static str = "passportId";
    const LIST: &'static str = "passports";
    const BODY: BodySchema = BodySchema {
        name: "NewPassport",
        fields: FIELDS,
        example: r#"{ "passport_number": "XX0000000", "country_code": "FI", "expiry_date": "2031-12-31" }"#,
        purpose: BodyPurpose::Whole,
    };

    type Shape = PassportShape;

    /// 6 to 9 letters and digits, whatever the country. Kept in upper case without spaces.
    fn canonical(text: &str) -> Result<Box<str>, Complaint> {
        let compact: String = text.chars().filter(|char| !char.is_whitespace()).collect();
        let is_well_formed =
            (6..=9).contains(&compact.len()) && compact.bytes().all(|byte| byte.is_ascii_alphanumeric());
        if is_well_formed { Ok(compact.to_ascii_uppercase().into()) } else { Err("format is invalid".into()) }
    }

    fn parse(fields: &mut Fields<'_>, _rules: Rules<'_>) -> Option<Self> {
        let number = fields.required("passport_number", Self::canonical);
        let country = fields.optional("country_code", fields::two_letters);
        let expiry_date = fields.optional("expiry_date", fields::date);
        Some(Self { number: number?, country: country?, expiry_date: expiry_date? })
    }

    fn body(&self) -> Map<String, Json> {
        fields::body([
            ("passport_number", (*self.number).into()),
            ("country_code", self.country.as_deref().into()),
            ("expiry_date", self.expiry_date.map(|date| date.to_string()).into()),
        ])
    }

    fn value(&self) -> &str {
        &self.number
    }

    fn show(item: &Item<Self>) -> PassportShape {
        PassportShape {
            id: item.id(),
            passport_number: item.fields.number.clone(),
            country_code: item.fields.country.clone(),
            expiry_date: item.fields.expiry_date,
            created_at: item.created_at,
            updated_at: item.updated_at,
        }
    }
}

impl Patchable for Passport {
    const CHANGES: BodySchema = BodySchema {
        name: "PassportChanges",
        fields: FIELDS,
        example: r#"{ "expiry_date": "2036-12-31" }"#,
        purpose: BodyPurpose::Changes,
    };

    fn change(&mut self, fields: &mut Fields<'_>, rules: Rules<'_>) -> Option<()> {
        let update = Update::patch(rules.assumed);
        let number = fields.change_required("passport_number", update, Self::canonical);
        let country = fields.change("country_code", update, fields::two_letters);
        let expiry_date = fields.change("expiry_date", update, fields::date);
        let (number, country, expiry_date) = (number?, country?, expiry_date?);
        if let Some(number) = number {
            self.number = number;
        }
        country.apply(&mut self.country);
        expiry_date.apply(&mut self.expiry_date);
        Some(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_passport_number_is_6_to_9_letters_and_digits() {
        let cases = [
            ("XX0000000", Some("XX0000000")),
            ("l898902c3", Some("L898902C3")),
            ("00 000 000", Some("00000000")),
            ("00000", None),
            ("0000000000", None),
            ("XX-000000", None),
            ("ÅÄÖ000", None),
        ];
        for (text, expected) in cases {
            assert_eq!(Passport::canonical(text).ok().as_deref(), expected, "{text}");
        }
    }
}
