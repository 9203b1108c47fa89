//! Watched IBANs (IBAN-1).

use iban::IbanLike;
use serde_json::{Map, Value as Json};

use super::{Item, Items, Kind, Leakable, Rules, Written};
use crate::account::Account;
use crate::fields::{self, Complaint, Fields};
use crate::id::Table;
use crate::leak::WatchKind;
use crate::value::Object;

/// An IBAN that is watched.
#[derive(Debug)]
pub(crate) struct Iban {
    number: Written,
}

impl Kind for Iban {
    const TABLE: Table = Table::Iban;
    const WATCH: WatchKind = WatchKind::Iban;
    const ID: &'static str = "ibanId";
    const FIELD: &'static str = "iban";
    const FIELDS: &'static [&'static str] = &["iban"];

    /// ISO 13616: the length of the country, and the remainder modulo 97. Kept in upper case without spaces.
    fn canonical(text: &str) -> Result<Box<str>, Complaint> {
        let compact: String = text.chars().filter(|char| !char.is_whitespace()).collect();
        match compact.to_uppercase().parse::<iban::Iban>() {
            Ok(iban) => Ok(iban.electronic_str().into()),
            Err(_) => Err("format is invalid".into()),
        }
    }

    fn parse(fields: &mut Fields<'_>, rules: Rules<'_>) -> Option<Self> {
        let number = fields.required("iban", Written::rule(rules.assumed, Self::canonical))?;
        Some(Self { number })
    }

    fn body(&self) -> Map<String, Json> {
        fields::body([("iban", self.number.shown().into())])
    }

    fn value(&self) -> &str {
        self.number.canonical()
    }

    fn items(account: &Account) -> &Items<Self> {
        &account.ibans
    }

    fn items_mut(account: &mut Account) -> &mut Items<Self> {
        &mut account.ibans
    }

    fn show(item: &Item<Self>) -> Object {
        let country = item.fields.value()[..2].to_owned();
        let object = Object::new()
            .with("id", item.id())
            .with("iban", item.fields.number.shown().to_owned())
            .with("country_code", country);
        item.with_times(object)
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
