//! The kinds of watched items: one table, which pages, model, probes, ledger and reports walk by reference.
//!
//! A new kind is a row here, with its values. Checks that hold for every kind take their names and facts from the row.

use serde_json::{Value, json};

use crate::values::Values;

/// One kind of watched item.
#[derive(Debug)]
pub(crate) struct Kind {
    /// Its name in control routes and in the files of this suite.
    pub(crate) name: &'static str,
    /// Its name in the ids of checks.
    pub(crate) word: &'static str,
    /// The facts that give its routes, the main one first.
    pub(crate) facts: &'static [&'static str],
    /// Further facts about the routes of the app token.
    pub(crate) app_facts: &'static [&'static str],
    /// The path at which items are added, and removed by id.
    pub(crate) items: &'static str,
    pub(crate) list: &'static str,
    /// The capture in its paths, in the guide's words.
    pub(crate) capture: &'static str,
    /// None where the guide has no list of its leaks.
    pub(crate) leaks: Option<Leaks>,
    /// The list of the partner's alarms of this kind, if there is one.
    pub(crate) alarms: Option<&'static str>,
    /// How the end user confirms what they have added, where that may wait for them.
    pub(crate) confirmed_by: Option<Confirmation>,
    /// Whether no other run has the same values; the others are drawn from a few published examples.
    pub(crate) is_unique: bool,
    /// A value that the case has not used before.
    pub(crate) value: fn(&Values) -> String,
    /// A body that adds a value.
    body: fn(&str) -> Value,
    /// Names that a target may have for the fields of the body, where the guide gives none.
    synonyms: &'static [&'static str],
    /// The field of its value, where reports must not show it; emails are made up, and shown.
    pub(crate) secret_field: Option<&'static str>,
}

/// The leaks of a kind.
#[derive(Debug)]
pub(crate) struct Leaks {
    pub(crate) path: &'static str,
    /// Whether CRM has a list of them too.
    pub(crate) are_seen_by_crm: bool,
    /// The variable that names a value which the target holds in a breach.
    pub(crate) variable: &'static str,
}

/// The means that a message holds by which an end user confirms an item.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Confirmation {
    Link,
    Code,
}

/// A static for each row, and the list of all.
macro_rules! kinds {
    ($($name:ident = $kind:expr;)+) => {
        $(pub(crate) static $name: Kind = $kind;)+

        /// All kinds, in the order of the guide.
        pub(crate) static KINDS: [&Kind; [$(stringify!($name)),+].len()] = [$(&$name),+];
    };
}

kinds! {
    EMAIL = Kind {
        name: "email",
        word: "email",
        facts: &["EMAIL-1"],
        app_facts: &[],
        items: "/email-watchlist",
        list: "/email-watchlist",
        capture: "{emailId}",
        leaks: Some(Leaks { path: "/email-watchlist/leaks", are_seen_by_crm: true, variable: "DEFENTRY_LEAKED_EMAIL" }),
        alarms: Some("/api/v1/alarms/email-list"),
        confirmed_by: Some(Confirmation::Link),
        is_unique: true,
        value: Values::email,
        body: |value| json!({ "email": value }),
        synonyms: &[],
        secret_field: None,
    };

    PHONE = Kind {
        name: "phone",
        word: "phone",
        facts: &["PHONE-1"],
        app_facts: &["PHONE-3"],
        items: "/phone-watchlist",
        list: "/phone-watchlist",
        capture: "{phoneId}",
        leaks: Some(Leaks { path: "/phone-watchlist/leaks", are_seen_by_crm: true, variable: "DEFENTRY_LEAKED_PHONE" }),
        alarms: Some("/api/v1/alarms/phone-list"),
        confirmed_by: Some(Confirmation::Code),
        is_unique: false,
        value: Values::phone,
        body: |value| json!({ "phone": value }),
        synonyms: &[],
        secret_field: Some("phone"),
    };

    IBAN = Kind {
        name: "iban",
        word: "iban",
        facts: &["IBAN-1"],
        app_facts: &[],
        items: "/iban-watchlist",
        list: "/iban-watchlist",
        capture: "{ibanId}",
        leaks: Some(Leaks { path: "/iban-watchlist/leaks", are_seen_by_crm: true, variable: "DEFENTRY_LEAKED_IBAN" }),
        alarms: None,
        confirmed_by: None,
        is_unique: false,
        value: Values::iban,
        body: |value| json!({ "iban": value }),
        synonyms: &["iban_number", "number", "value", "account_number"],
        secret_field: Some("iban"),
    };

    PASSPORT = Kind {
        name: "passport",
        word: "passport",
        facts: &["PASSPORT-1"],
        app_facts: &[],
        items: "/passport-watchlist",
        list: "/passport-watchlist",
        capture: "{passportId}",
        leaks: None,
        alarms: None,
        confirmed_by: None,
        is_unique: false,
        value: Values::passport,
        body: |value| json!({ "passport_number": value, "country_code": "FI", "expiry_date": "2034-05-31" }),
        synonyms: &["passport", "number", "value", "document_number", "passport_no"],
        secret_field: Some("passport_number"),
    };

    LICENSE = Kind {
        name: "drivers_license",
        word: "license",
        facts: &["LICENSE-1"],
        app_facts: &[],
        items: "/drivers-license-watchlist",
        list: "/drivers-license-watchlist",
        capture: "{licenseId}",
        leaks: None,
        alarms: None,
        confirmed_by: None,
        is_unique: false,
        value: Values::license,
        body: |value| json!({ "license_number": value, "country_code": "SE" }),
        synonyms: &["license", "number", "value", "drivers_license", "drivers_license_number", "licence_number"],
        secret_field: Some("license_number"),
    };

    CARD = Kind {
        name: "credit_card",
        word: "card",
        facts: &["CARD-1", "CARD-2"],
        app_facts: &[],
        items: "/credit-card",
        list: "/credit-cards",
        capture: "{creditCardId}",
        leaks: Some(Leaks { path: "/credit-card/leaks", are_seen_by_crm: false, variable: "DEFENTRY_LEAKED_CARD" }),
        alarms: Some("/api/v1/alarms/credit-card-list"),
        confirmed_by: Some(Confirmation::Code),
        is_unique: false,
        value: Values::card,
        // Its expiry is far off, whatever clock the target goes by.
        body: |value| {
            json!({
                "card_number": value, "expiry_month": 12, "expiry_year": 2049, "cvc": "737", "card_holder": "Contract Test",
            })
        },
        synonyms: &[
            "number",
            "pan",
            "credit_card",
            "credit_card_number",
            "card",
            "value",
            "exp_month",
            "exp_year",
            "month",
            "year",
            "expiration_month",
            "expiration_year",
            "expiry",
            "cvv",
            "holder",
            "cardholder_name",
            "name",
        ],
        secret_field: Some("card_number"),
    };
}

/// The names that a target has for the fields of a body that the guide does not give, as far as it has told them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct BodyForm {
    /// Whether the synonyms are sent along.
    pub(crate) is_wide: bool,
    /// Fields that a refusal has named.
    pub(crate) named: Vec<String>,
}

impl Kind {
    /// The kind of this name.
    pub(crate) fn named(name: &str) -> Option<&'static Self> {
        KINDS.into_iter().find(|kind| kind.name == name)
    }

    /// The kind whose items are added at a path below the account.
    pub(crate) fn at(items: &str) -> Option<&'static Self> {
        KINDS.into_iter().find(|kind| kind.items == items)
    }

    /// The main fact about it.
    pub(crate) fn fact(&self) -> &'static str {
        self.facts[0]
    }

    /// The path of one item, with its capture.
    pub(crate) fn one(&self) -> String {
        format!("{}/{}", self.items, self.capture)
    }

    /// Its word with the article, as ids of checks write it: `an_email`.
    pub(crate) fn with_article(&self) -> String {
        let article = if self.word.starts_with(['a', 'e', 'i', 'o', 'u']) { "an" } else { "a" };
        format!("{article}_{}", self.word)
    }

    /// How reports name a value that they must not show.
    pub(crate) fn placeholder(&self) -> Option<String> {
        self.secret_field.map(|field| format!("${}", field.to_uppercase()))
    }

    /// Whether the guide gives the body that adds one.
    pub(crate) fn has_documented_body(&self) -> bool {
        self.synonyms.is_empty()
    }

    /// A body that adds `value`, in the form that a target takes.
    pub(crate) fn body_in(&self, form: &BodyForm, value: &str) -> Value {
        let mut body = (self.body)(value);
        let more = form.is_wide.then_some(self.synonyms).into_iter().flatten().copied();
        for field in more.chain(form.named.iter().map(String::as_str)) {
            if body.get(field).is_none() {
                body[field] = guess(field, value);
            }
        }
        body
    }
}

impl PartialEq for Kind {
    fn eq(&self, other: &Self) -> bool {
        self.name == other.name
    }
}

impl Eq for Kind {}

/// A guess at the value of a field of this name.
fn guess(field: &str, value: &str) -> Value {
    let has = |parts: &[&str]| parts.iter().any(|part| field.contains(part));
    if has(&["month"]) {
        json!(12)
    } else if has(&["year"]) {
        json!(2049)
    } else if has(&["cvc", "cvv", "security"]) {
        json!("737")
    } else if has(&["country"]) {
        json!("FI")
    } else if has(&["date", "expires"]) {
        json!("2034-05-31")
    } else if has(&["expir"]) {
        json!("12/49")
    } else if has(&["holder", "name"]) {
        json!("Contract Test")
    } else {
        json!(value)
    }
}
