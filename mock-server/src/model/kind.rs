//! The kinds of values that can be watched: the one enumeration, with what each is called.

use serde::{Deserialize, Serialize};

/// The kind of a value that a breach can hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum WatchKind {
    /// An email address.
    Email,
    /// A phone number.
    Phone,
    /// An IBAN.
    Iban,
    /// A passport number.
    Passport,
    /// The number of a driver's license.
    #[serde(alias = "license")]
    DriversLicense,
    /// The number of a payment card.
    #[serde(alias = "card")]
    CreditCard,
    /// A national ID.
    Ssn,
}

/// What a kind is called, and how much of its values is shown.
#[derive(Debug)]
pub(crate) struct KindNames {
    /// The `type` of its alarms.
    pub(crate) alarm_type: &'static str,
    /// The data that a breach of such a value holds at least.
    pub(crate) data_class: &'static str,
    /// The field of request bodies that holds such a value.
    pub(crate) field: &'static str,
    /// How many characters at the end of a masked value are shown.
    pub(crate) shown: usize,
    /// The page of the guide.
    pub(crate) page: &'static str,
    /// The name of one item as a label.
    pub(crate) title: &'static str,
    /// The name of one item as part of an identifier: `DriversLicense`.
    pub(crate) noun: &'static str,
    /// The name of one item in a sentence, with its article.
    pub(crate) one: &'static str,
    /// The name of many items in a sentence.
    pub(crate) many: &'static str,
}

const NAMES: [KindNames; 7] = [
    KindNames {
        alarm_type: "EMAIL",
        data_class: "email",
        field: "email",
        shown: 0,
        page: "Email",
        title: "Email",
        noun: "Email",
        one: "an email address",
        many: "email addresses",
    },
    KindNames {
        alarm_type: "PHONE",
        data_class: "phone",
        field: "phone",
        shown: 2,
        page: "Phone",
        title: "Phone",
        noun: "Phone",
        one: "a phone number",
        many: "phone numbers",
    },
    KindNames {
        alarm_type: "IBAN",
        data_class: "iban",
        field: "iban",
        shown: 4,
        page: "IBAN",
        title: "IBAN",
        noun: "Iban",
        one: "an IBAN",
        many: "IBANs",
    },
    KindNames {
        alarm_type: "PASSPORT",
        data_class: "passport_number",
        field: "passport_number",
        shown: 2,
        page: "Passport",
        title: "Passport",
        noun: "Passport",
        one: "a passport",
        many: "passports",
    },
    KindNames {
        alarm_type: "DRIVERS_LICENSE",
        data_class: "drivers_license_number",
        field: "license_number",
        shown: 2,
        page: "Driver's license",
        title: "Driver's license",
        noun: "DriversLicense",
        one: "a driver's license",
        many: "driver's licenses",
    },
    KindNames {
        alarm_type: "CREDIT_CARD",
        data_class: "card_number",
        field: "card_number",
        shown: 4,
        page: "Credit cards",
        title: "Credit card",
        noun: "CreditCard",
        one: "a credit card",
        many: "credit cards",
    },
    KindNames {
        alarm_type: "SSN",
        data_class: "national_id",
        field: "ssn",
        shown: 2,
        page: "SSN",
        title: "SSN",
        noun: "Ssn",
        one: "an SSN",
        many: "SSNs",
    },
];

impl WatchKind {
    /// All kinds, in the order of the guide.
    pub(crate) const ALL: [Self; NAMES.len()] =
        [Self::Email, Self::Phone, Self::Iban, Self::Passport, Self::DriversLicense, Self::CreditCard, Self::Ssn];

    /// The `type` of alarms of each kind, in the order of [`WatchKind::ALL`].
    pub(crate) const ALARM_TYPES: [&'static str; NAMES.len()] = {
        let mut types = [""; NAMES.len()];
        let mut place = 0;
        while place < types.len() {
            types[place] = NAMES[place].alarm_type;
            place += 1;
        }
        types
    };

    /// What it is called.
    pub(crate) const fn names(self) -> &'static KindNames {
        &NAMES[self as usize]
    }

    /// The `type` of its alarms.
    pub(crate) const fn alarm_type(self) -> &'static str {
        self.names().alarm_type
    }
}
