//! The kinds of items, one row each: what the guide and the seed say of a kind stands here, and in no other test.

use serde_json::{Value, json};

use super::{Caller, written};

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
    /// The numbers that the body must have beside it.
    pub(crate) beside: &'static [(&'static str, u16)],
    /// The field by which an item shows the value: in full, or its last four characters.
    pub(crate) shows: &'static str,
    /// The field that tells whether an item that the user added still waits for them; without one nothing waits.
    pub(crate) settled: Option<&'static str>,
    /// Whether an item that the user adds waits for them by default (SCOPE-3, CARD-4).
    pub(crate) waits: bool,
    /// The values that account 1 of the seed watches, each as it is shown to people who look on.
    pub(crate) seeded: &'static [(&'static str, &'static str)],
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
        alarm: "EMAIL",
        add: "/email-watchlist",
        list: "/email-watchlist",
        leaks: Some(Leaks { path: "/email-watchlist/leaks", by_crm: true, class: "email", severity: "LOW" }),
        field: "email",
        beside: &[],
        shows: "email",
        settled: Some("is_confirmed"),
        waits: true,
        seeded: &[("john.work@example.com", "john.work@example.com"), ("john.private@example.net", "john.private@example.net")],
        spellings: &["leaked@example.com", "Leaked@Example.COM", " leaked@example.com ", "LEAKED@EXAMPLE.COM"],
        other: "unknown@example.com",
        invalid: "nobody",
    };
    PHONE = Kind {
        name: "phone",
        alarm: "PHONE",
        add: "/phone-watchlist",
        list: "/phone-watchlist",
        leaks: Some(Leaks { path: "/phone-watchlist/leaks", by_crm: true, class: "phone", severity: "LOW" }),
        field: "phone",
        beside: &[],
        shows: "phone",
        settled: Some("is_confirmed"),
        waits: false,
        seeded: &[("+46701740605", "+*********05")],
        spellings: &["+46701740620", "+46 70-174 06 20", "0046701740620", " +46 (70) 174.06.20 "],
        other: "+46701740621",
        invalid: "0701740620",
    };
    IBAN = Kind {
        name: "iban",
        alarm: "IBAN",
        add: "/iban-watchlist",
        list: "/iban-watchlist",
        leaks: Some(Leaks { path: "/iban-watchlist/leaks", by_crm: true, class: "iban", severity: "MEDIUM" }),
        field: "iban",
        beside: &[],
        shows: "iban",
        settled: None,
        waits: false,
        seeded: &[("SE4550000000058398257466", "********************7466")],
        spellings: &[
            "SE3550000000054910000003",
            "se3550000000054910000003",
            "SE35 5000 0000 0549 1000 0003",
            " se35 50000000 054910000003 ",
        ],
        other: "DK5000400440116243",
        invalid: "SE0050000000058398257466",
    };
    PASSPORT = Kind {
        name: "passport",
        alarm: "PASSPORT",
        add: "/passport-watchlist",
        list: "/passport-watchlist",
        leaks: None,
        field: "passport_number",
        beside: &[],
        shows: "passport_number",
        settled: None,
        waits: false,
        seeded: &[("00000000", "******00")],
        spellings: &["XX0000000"],
        other: "XX0000001",
        invalid: "00000",
    };
    LICENSE = Kind {
        name: "drivers_license",
        alarm: "DRIVERS_LICENSE",
        add: "/drivers-license-watchlist",
        list: "/drivers-license-watchlist",
        leaks: None,
        field: "license_number",
        beside: &[],
        shows: "license_number",
        settled: None,
        waits: false,
        seeded: &[("900101-2385", "******-**85")],
        spellings: &["850101-2390"],
        other: "850101-2382",
        invalid: "0000",
    };
    CARD = Kind {
        name: "credit_card",
        alarm: "CREDIT_CARD",
        add: "/credit-card",
        list: "/credit-cards",
        leaks: Some(Leaks { path: "/credit-card/leaks", by_crm: false, class: "card_number", severity: "HIGH" }),
        field: "card_number",
        beside: &[("expiry_month", 12), ("expiry_year", 2049)],
        shows: "last_four",
        settled: Some("is_verified"),
        waits: true,
        seeded: &[("4242424242424242", "************4242")],
        spellings: &["5555555555554444", "5555 5555 5555 4444", "5555-5555-5555-4444", " 55555555 55554444 "],
        other: "378282246310005",
        invalid: "4242424242424241",
    };
}

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
        let mut body = json!({ self.field: value });
        for (field, number) in self.beside {
            body[field] = json!(number);
        }
        body
    }

    /// The body that adds an item with a value that the seed does not know.
    pub(crate) fn new_body(&self) -> Value {
        self.body(self.value())
    }

    /// Whether an item shows this value.
    pub(crate) fn is_shown_by(&self, item: &Value, value: &str) -> bool {
        let shown = item[self.shows].as_str();
        shown == Some(value) || self.shows == "last_four" && shown == value.get(value.len() - 4..)
    }

    /// Every value that its row names.
    pub(crate) fn values(&self) -> impl Iterator<Item = &'static str> {
        let seeded = self.seeded.iter().map(|(value, _)| *value);
        seeded.chain(self.spellings.iter().copied()).chain([self.other])
    }

    /// Adds an item with this value.
    pub(crate) async fn add(&self, caller: &Caller<'_>, value: &str) -> Value {
        caller.add(self.add, self.body(value)).await
    }

    /// The ids of the items of account 1 of the seed that have leaked from the start, once for each leak.
    pub(crate) fn leaked_items(&self) -> Vec<u64> {
        let seed: Value =
            serde_json::from_str(include_str!("../../../../fixtures/seed.json")).expect("the seed is JSON");
        let leaks = seed["leaks"].as_array().expect("a list").iter().filter(|leak| leak["kind"] == self.name);
        let place = |leak: &Value| self.seeded.iter().position(|(value, _)| leak["value"] == **value);
        leaks.filter_map(place).map(|place| place as u64 + 1).collect()
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
