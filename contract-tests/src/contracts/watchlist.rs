//! What the contracts of all kinds of items share.

use std::collections::BTreeMap;

use reqwest::Method;
use serde_json::{Value, json};

use crate::case::{Account, Case};
use crate::client::{Answer, Caller};
use crate::contract::{Step, Stop};
use crate::reader;

/// One kind of watched item.
pub(super) struct Kind {
    /// Where items are added, and removed by id.
    pub(super) items: &'static str,
    pub(super) list: &'static str,
    /// The capture in its paths, in the guide's words.
    capture: &'static str,
    /// A body that adds one. Where the guide gives none, the fields have the names that the fake assumes.
    pub(super) body: fn(&Case<'_>) -> Value,
}

const fn kind(items: &'static str, capture: &'static str, body: fn(&Case<'_>) -> Value) -> Kind {
    Kind { items, list: items, capture, body }
}

pub(super) const EMAIL: Kind = kind("/email-watchlist", "{emailId}", |case| json!({ "email": case.run.email() }));
const PHONE: Kind = kind("/phone-watchlist", "{phoneId}", |_| json!({ "phone": "+46701740607" }));
const IBAN: Kind = kind("/iban-watchlist", "{ibanId}", |_| json!({ "iban": "SE4550000000058398257466" }));
const PASSPORT: Kind = kind("/passport-watchlist", "{passportId}", |_| json!({ "passport_number": "00000000" }));
const LICENSE: Kind = kind("/drivers-license-watchlist", "{licenseId}", |_| json!({ "license_number": "850101-2390" }));
pub(super) const CARD: Kind = Kind {
    list: "/credit-cards",
    ..kind(
        "/credit-card",
        "{creditCardId}",
        |_| json!({ "card_number": "4242424242424242", "expiry_month": 12, "expiry_year": 2049 }),
    )
};

impl Kind {
    /// Asks to add what `body` describes.
    pub(super) async fn add(&self, case: &Case<'_>, by: &Caller, on: &Account, body: &Value) -> Step<Answer> {
        case.post(by, &by.path(on, self.items), body.clone()).await
    }

    /// The items by their ids, in the order of the list.
    pub(super) async fn list(&self, case: &Case<'_>, by: &Caller, on: &Account) -> Step<Vec<(String, Value)>> {
        let with_id = |item: Value| Some((item.as_object().and_then(reader::id)?, item));
        let items = case.list(by, &by.path(on, self.list)).await?;
        let items = items.into_iter().map(with_id).collect::<Option<_>>();
        items.ok_or_else(|| Stop::fail("items with an id", format!("one without in {}", by.path(on, self.list))))
    }

    /// Asks to remove the item with this id.
    pub(super) async fn remove(&self, case: &Case<'_>, by: &Caller, on: &Account, id: &str) -> Step<Answer> {
        case.send(by, Method::DELETE, &by.path(on, &format!("{}/{id}", self.items)), None).await
    }

    /// Adds an item for a check of something else, and returns its id.
    pub(super) async fn needed(&self, case: &Case<'_>, by: &Caller, on: &Account, body: &Value) -> Step<String> {
        let answer = self.add(case, by, on, body).await?;
        answer.demand("an added item", reader::is_success).map_err(Stop::into_needed)?;
        if let Some(id) = reader::item(&answer.body).and_then(reader::id) {
            return Ok(id);
        }
        let newest = self.list(case, by, on).await.map_err(Stop::into_needed)?.pop();
        newest.map(|(id, _)| id).ok_or_else(|| Stop::fail("a listed item", "an empty list").into_needed())
    }

    /// Two items are added, each appears in the list with the value of `field`, and the one that is removed disappears.
    pub(super) async fn stays_until_removed(&self, case: &Case<'_>, by: &Caller, on: &Account, field: &str) -> Step {
        let (mut before, mut added) = (self.list(case, by, on).await?, Vec::new());
        for _ in 0..2 {
            let body = (self.body)(case);
            let answer = self.add(case, by, on, &body).await?;
            answer.demand("the item is added", reader::is_success)?;
            let after = self.list(case, by, on).await?;
            let new: Vec<_> = after.iter().filter(|(id, _)| !before.iter().any(|(old, _)| old == id)).collect();
            let [(id, item)] = new[..] else {
                return Err(Stop::fail("the list shows the added item", format!("{} new items in it", new.len())));
            };
            let shows_value = reader::shows(item, body[field].as_str().unwrap_or_default());
            Stop::unless(shows_value, "the listed item shows what was added", || format!("item {id} does not"))?;
            let answered = reader::item(&answer.body).and_then(reader::id).unwrap_or_else(|| id.clone());
            Stop::unless(answered == *id, format!("the answered id {answered} in the list"), || id.clone())?;
            added.push(id.clone());
            before = after;
        }
        self.remove(case, by, on, &added[0]).await?.demand("the item is removed", reader::is_success)?;
        let left: Vec<_> = self.list(case, by, on).await?.into_iter().map(|(id, _)| id).collect();
        let expected: Vec<_> = before.into_iter().map(|(id, _)| id).filter(|id| *id != added[0]).collect();
        Stop::unless(left == expected, format!("only item {} is removed: {expected:?}", added[0]), || {
            format!("{left:?}")
        })
    }
}

/// An account with one item of each kind that the target takes from CRM.
pub(super) struct Enrolled {
    pub(super) account: Account,
    pub(super) crm: Caller,
    /// What stands for the captures of paths.
    pub(super) captures: BTreeMap<&'static str, String>,
}

impl Enrolled {
    pub(super) async fn new(case: &Case<'_>) -> Step<Self> {
        let (account, crm) = (case.account().await?, case.crm().await?);
        let mut captures = BTreeMap::from([("{account_id}", account.id.clone()), ("{ssnId}", account.id.clone())]);
        for kind in [EMAIL, PHONE, IBAN, PASSPORT, LICENSE, CARD] {
            let added = kind.needed(case, &crm, &account, &(kind.body)(case)).await;
            // The guide gives the bodies of emails and phones only: another kind may be refused.
            if added.is_ok() || [EMAIL.items, PHONE.items].contains(&kind.items) {
                captures.insert(kind.capture, added?);
            }
        }
        Ok(Self { account, crm, captures })
    }
}
