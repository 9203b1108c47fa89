//! Watched driver's licenses (LICENSE-1): neither changed nor listed with leaks (NONE-1).

use serde_json::{Map, Value as Json};

use crate::model::body::{BodyField, BodyPurpose, BodySchema, FieldForm};
use crate::model::fields::{self, Complaint, Fields};
use crate::model::id::Id;
use crate::model::item::{Item, Kind, Rules};
use crate::model::kind::WatchKind;
use crate::model::shape::shape;
use crate::model::time::Timestamp;

/// A driver's license that is watched.
#[derive(Clone, Debug)]
pub(crate) struct License {
    number: Box<str>,
    country: Option<Box<str>>,
}

shape! {
    /// A driver's license as a client reads it.
    LicenseShape = "DriversLicense" {
        id: Id,
        license_number: Box<str>,
        country_code: Option<Box<str>>,
        created_at: Timestamp,
        updated_at: Timestamp,
    }
}

impl Kind for License {
    const KIND: WatchKind = WatchKind::DriversLicense;
    const CAPTURE: &'static str = "licenseId";
    const LIST: &'static str = "drivers_licenses";
    const BODY: BodySchema = BodySchema {
        name: "NewDriversLicense",
        fields: &[
            BodyField::required("license_number", FieldForm::Text),
            BodyField::optional("country_code", FieldForm::Text),
        ],
        example: r#"{ "license_number": "850101-2390", "country_code": "SE" }"#,
        purpose: BodyPurpose::Whole,
    };

    type Shape = LicenseShape;

    /// 5 to 16 letters, digits, `+` and `-`. Kept in upper case without spaces.
    fn canonical(text: &str) -> Result<Box<str>, Complaint> {
        let compact: String = text.chars().filter(|char| !char.is_whitespace()).collect();
        let is_well_formed = (5..=16).contains(&compact.len())
            && compact.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"+-".contains(&byte));
        if is_well_formed { Ok(compact.to_ascii_uppercase().into()) } else { Err("format is invalid".into()) }
    }

    fn parse(fields: &mut Fields<'_>, _rules: Rules<'_>) -> Option<Self> {
        let number = fields.required("license_number", Self::canonical);
        let country = fields.optional("country_code", fields::two_letters);
        Some(Self { number: number?, country: country? })
    }

    fn body(&self) -> Map<String, Json> {
        fields::body([("license_number", (*self.number).into()), ("country_code", self.country.as_deref().into())])
    }

    fn value(&self) -> &str {
        &self.number
    }

    fn show(item: &Item<Self>) -> LicenseShape {
        LicenseShape {
            id: item.id(),
            license_number: item.fields.number.clone(),
            country_code: item.fields.country.clone(),
            created_at: item.created_at,
            updated_at: item.updated_at,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_license_number_is_5_to_16_letters_digits_and_signs() {
        let cases = [
            ("850101-2390", Some("850101-2390")),
            ("00000000", Some("00000000")),
            ("010594y9032", Some("010594Y9032")),
            ("0000", None),
            ("00000000000000000", None),
            ("0000_0000", None),
        ];
        for (text, expected) in cases {
            assert_eq!(License::canonical(text).ok().as_deref(), expected, "{text}");
        }
    }
}
