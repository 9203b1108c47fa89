//! Watched driver's licenses (LICENSE-1): neither changed nor listed with leaks (NONE-1).

use serde_json::{Map, Value as Json};

use super::{Item, Items, Kind, Rules};
use crate::account::Account;
use crate::fields::{self, Complaint, Fields};
use crate::id::Table;
use crate::leak::WatchKind;
use crate::value::Object;

/// A driver's license that is watched.
#[derive(Debug)]
pub(crate) struct License {
    number: Box<str>,
    country: Option<Box<str>>,
}

impl Kind for License {
    const TABLE: Table = Table::License;
    const WATCH: WatchKind = WatchKind::DriversLicense;
    const ID: &'static str = "licenseId";
    const FIELD: &'static str = "license_number";
    const FIELDS: &'static [&'static str] = &["license_number", "country_code"];

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

    fn items(account: &Account) -> &Items<Self> {
        &account.licenses
    }

    fn items_mut(account: &mut Account) -> &mut Items<Self> {
        &mut account.licenses
    }

    fn show(item: &Item<Self>) -> Object {
        let object = Object::new()
            .with("id", item.id())
            .with("license_number", &item.fields.number)
            .with("country_code", item.fields.country.as_ref());
        item.with_times(object)
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
