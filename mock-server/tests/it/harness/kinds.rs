//! The kinds of items, one row each.

use serde_json::{Value, json};

use super::{Caller, card, written};

/// A kind of item, as the guide's page on watchlists, the alarms and the control routes have it.
#[derive(Debug)]
pub(crate) struct Kind {
    /// Its name at the control routes.
    pub(crate) name: &'static str,
    /// The type of its alarms.
    pub(crate) alarm: &'static str,
    /// Where items are added, and below which they are changed and removed.
    pub(crate) add: &'static str,
    pub(crate) list: &'static str,
    /// Where leaks are listed.
    pub(crate) leaks: Option<Leaks>,
    /// The field of the body that holds the value.
    pub(crate) field: &'static str,
    /// The field that tells whether an item that the user added still waits for them; without one nothing waits.
    pub(crate) settled: Option<&'static str>,
    /// A value that the seed does not know, in every spelling that means the same.
    pub(crate) spellings: &'static [&'static str],
    /// Another such value.
    pub(crate) other: &'static str,
    /// A text that is no such value.
    pub(crate) invalid: &'static str,
}

/// The list of a kind's leaks.
#[derive(Debug)]
pub(crate) struct Leaks {
    pub(crate) path: &'static str,
    /// Whether CRM reads it too (CARD-1).
    pub(crate) by_crm: bool,
    /// The data class and the severity of a leak that tells neither.
    pub(crate) class: &'static str,
    pub(crate) severity: &'static str,
}

pub(crate) static EMAIL: Kind = Kind {
    name: "email",
    alarm: "EMAIL",
    add: "/email-watchlist",
    list: "/email-watchlist",
    leaks: Some(Leaks { path: "/email-watchlist/leaks", by_crm: true, class: "email", severity: "LOW" }),
    field: "email",
    settled: Some("is_confirmed"),
    spellings: &["leaked@example.com", "Leaked@Example.COM", " leaked@example.com ", "LEAKED@EXAMPLE.COM"],
    other: "unknown@example.com",
    invalid: "nobody",
};
pub(crate) static PHONE: Kind = Kind {
    name: "phone",
    alarm: "PHONE",
    add: "/phone-watchlist",
    list: "/phone-watchlist",
    leaks: Some(Leaks { path: "/phone-watchlist/leaks", by_crm: true, class: "phone", severity: "LOW" }),
    field: "phone",
    settled: Some("is_confirmed"),
    spellings: &["+46701740620", "+46 70-174 06 20", "0046701740620", " +46 (70) 174.06.20 "],
    other: "+46701740621",
    invalid: "0701740620",
};
pub(crate) static IBAN: Kind = Kind {
    name: "iban",
    alarm: "IBAN",
    add: "/iban-watchlist",
    list: "/iban-watchlist",
    leaks: Some(Leaks { path: "/iban-watchlist/leaks", by_crm: true, class: "iban", severity: "MEDIUM" }),
    field: "iban",
    settled: None,
    spellings: &[
        "SE3550000000054910000003",
        "se3550000000054910000003",
        "SE35 5000 0000 0549 1000 0003",
        " se35 50000000 054910000003 ",
    ],
    other: "DK5000400440116243",
    invalid: "SE0050000000058398257466",
};
pub(crate) static PASSPORT: Kind = Kind {
    name: "passport",
    alarm: "PASSPORT",
    add: "/passport-watchlist",
    list: "/passport-watchlist",
    leaks: None,
    field: "passport_number",
    settled: None,
    spellings: &["XX0000000"],
    other: "XX0000001",
    invalid: "00000",
};
static LICENSE: Kind = Kind {
    name: "drivers_license",
    alarm: "DRIVERS_LICENSE",
    add: "/drivers-license-watchlist",
    list: "/drivers-license-watchlist",
    leaks: None,
    field: "license_number",
    settled: None,
    spellings: &["850101-2390"],
    other: "850101-2382",
    invalid: "0000",
};
pub(crate) static CARD: Kind = Kind {
    name: "credit_card",
    alarm: "CREDIT_CARD",
    add: "/credit-card",
    list: "/credit-cards",
    leaks: Some(Leaks { path: "/credit-card/leaks", by_crm: false, class: "card_number", severity: "HIGH" }),
    field: "card_number",
    settled: Some("is_verified"),
    spellings: &["5555555555554444", "5555 5555 5555 4444", "5555-5555-5555-4444", " 55555555 55554444 "],
    other: "378282246310005",
    invalid: "4242424242424241",
};

/// All kinds, in the order of the guide.
pub(crate) static KINDS: [&Kind; 6] = [&EMAIL, &PHONE, &IBAN, &PASSPORT, &LICENSE, &CARD];

impl Kind {
    /// The kinds whose leaks are listed (NONE-1).
    pub(crate) fn with_leaks() -> impl Iterator<Item = &'static Self> {
        KINDS.into_iter().filter(|kind| kind.leaks.is_some())
    }

    /// The list of its leaks.
    #[track_caller]
    pub(crate) fn leaks(&self) -> &Leaks {
        self.leaks.as_ref().unwrap_or_else(|| panic!("{} has no list of leaks", self.name))
    }

    /// A value that the seed does not know.
    pub(crate) fn value(&self) -> &'static str {
        self.spellings[0]
    }

    /// The body that adds an item with this value.
    pub(crate) fn body(&self, value: &str) -> Value {
        if self.name == CARD.name { card(value) } else { json!({ self.field: value }) }
    }

    /// The body that adds an item with a value that the seed does not know.
    pub(crate) fn new_body(&self) -> Value {
        self.body(self.value())
    }

    /// Adds an item with this value.
    pub(crate) async fn add(&self, caller: &Caller<'_>, value: &str) -> Value {
        caller.add(self.add, self.body(value)).await
    }

    /// The titles of the leaks that a caller sees of one item.
    pub(crate) async fn seen(&self, caller: &Caller<'_>, item: &Value) -> Vec<String> {
        let leaks = caller.list(self.leaks().path).await;
        leaks.iter().filter(|leak| leak["item_id"] == item["id"]).map(|leak| written(&leak["title"])).collect()
    }

    /// A leak of this value, as the control route takes it.
    pub(crate) fn leak(&self, value: &str, title: &str) -> Value {
        json!({ "kind": self.name, "value": value, "title": title })
    }
}
