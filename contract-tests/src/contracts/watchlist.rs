//! What the contracts of all kinds of items share.

use std::collections::BTreeMap;

use reqwest::Method;
use serde_json::{Value, json};

use crate::case::Case;
use crate::client::{Account, Answer, Caller};
use crate::contract::{Step, Stop};
use crate::messages::Mark;
use crate::reader;
use crate::values;

/// One kind of watched item.
#[derive(Debug)]
pub(crate) struct Kind {
    pub(crate) name: &'static str,
    /// Where items are added, and removed by id.
    pub(crate) items: &'static str,
    pub(crate) list: &'static str,
    /// Where the leaks of its items are; CRM has none for cards.
    pub(crate) leaks: Option<&'static str>,
    /// The capture in its paths, in the guide's words.
    pub(crate) capture: &'static str,
    pub(crate) value: fn(&Case) -> String,
    /// A body that adds a value.
    body: fn(&str) -> Value,
    /// Names that a target may have for the fields of the body, where the guide gives none.
    synonyms: &'static [&'static str],
    /// How reports name a value; emails and phones are made up, and shown.
    placeholder: Option<&'static str>,
}

/// What a target calls the fields of a body that the guide does not give, as far as it has told.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct BodyForm {
    is_wide: bool,
    named: Vec<String>,
}

pub(crate) const EMAIL: Kind = Kind {
    name: "email",
    items: "/email-watchlist",
    list: "/email-watchlist",
    leaks: Some("/email-watchlist/leaks"),
    capture: "{emailId}",
    value: Case::email,
    body: |value| json!({ "email": value }),
    synonyms: &[],
    placeholder: None,
};

pub(crate) const PHONE: Kind = Kind {
    name: "phone",
    items: "/phone-watchlist",
    list: "/phone-watchlist",
    leaks: Some("/phone-watchlist/leaks"),
    capture: "{phoneId}",
    value: |case| case.values.phone(),
    body: |value| json!({ "phone": value }),
    synonyms: &[],
    placeholder: None,
};

pub(crate) const IBAN: Kind = Kind {
    name: "iban",
    items: "/iban-watchlist",
    list: "/iban-watchlist",
    leaks: Some("/iban-watchlist/leaks"),
    capture: "{ibanId}",
    value: |case| case.values.iban().to_owned(),
    body: |value| json!({ "iban": value }),
    synonyms: &["iban_number", "number", "value", "account_number"],
    placeholder: Some("$IBAN"),
};

pub(crate) const PASSPORT: Kind = Kind {
    name: "passport",
    items: "/passport-watchlist",
    list: "/passport-watchlist",
    leaks: None,
    capture: "{passportId}",
    value: |case| case.values.passport(),
    body: |value| json!({ "passport_number": value, "country_code": "FI", "expiry_date": "2034-05-31" }),
    synonyms: &["passport", "number", "value", "document_number", "passport_no"],
    placeholder: Some("$PASSPORT_NUMBER"),
};

pub(crate) const LICENSE: Kind = Kind {
    name: "drivers_license",
    items: "/drivers-license-watchlist",
    list: "/drivers-license-watchlist",
    leaks: None,
    capture: "{licenseId}",
    value: |case| case.values.license().to_owned(),
    body: |value| json!({ "license_number": value, "country_code": "SE" }),
    synonyms: &["license", "number", "value", "drivers_license", "drivers_license_number", "licence_number"],
    placeholder: Some("$LICENSE_NUMBER"),
};

pub(crate) const CARD: Kind = Kind {
    name: "credit_card",
    items: "/credit-card",
    list: "/credit-cards",
    leaks: Some("/credit-card/leaks"),
    capture: "{creditCardId}",
    value: |case| case.values.card().to_owned(),
    body: values::card_body,
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
    placeholder: Some("$CARD_NUMBER"),
};

/// All kinds, in the order of the guide.
pub(crate) const KINDS: [&Kind; 6] = [&EMAIL, &PHONE, &IBAN, &PASSPORT, &LICENSE, &CARD];

/// An item as a list has it.
pub(crate) type Listed = (String, Value);

impl Kind {
    /// The kind whose items stand at a path.
    pub(crate) fn at(items: &str) -> Option<&'static Self> {
        KINDS.into_iter().find(|kind| kind.items == items)
    }

    /// Whether the guide gives the body that adds one.
    pub(crate) fn has_documented_body(&self) -> bool {
        self.synonyms.is_empty()
    }

    /// A value that the case has not used before.
    pub(crate) fn new_value(&self, case: &Case) -> String {
        let value = (self.value)(case);
        if let Some(placeholder) = self.placeholder {
            case.run.redactor.learn(&value, placeholder);
        }
        value
    }

    /// A body with `value`, in the form that the target has taken before.
    pub(crate) fn body(&self, case: &Case, value: &str) -> Value {
        let form = case.run.body_form(self.items);
        let mut body = (self.body)(value);
        let more = form.is_wide.then_some(self.synonyms).into_iter().flatten().copied();
        for field in more.chain(form.named.iter().map(String::as_str)) {
            if body.get(field).is_none() {
                body[field] = guess(field, value);
            }
        }
        body
    }

    /// Asks to add `value`. Where the guide does not give the names of the body's fields and the target refuses ours,
    /// those that others use are tried, then those that the refusal names.
    pub(crate) async fn add(&self, case: &Case, by: &Caller, on: &Account, value: &str) -> Step<Answer> {
        let path = by.path(on, self.items);
        let known = case.run.body_form(self.items);
        let mut answer = case.post(by, &path, self.body(case, value)).await?;
        if self.has_documented_body() || case.run.is_body_known(self.items) {
            return Ok(answer);
        }
        for _ in 0..3 {
            if !matches!(answer.status, 400 | 422) {
                break;
            }
            let mut form = case.run.body_form(self.items);
            if form.is_wide {
                form.named.extend(reader::refused_fields(&answer.body));
            }
            form.is_wide = true;
            case.run.learn_body(self.items, form, false);
            answer = case.post(by, &path, self.body(case, value)).await?;
        }
        let is_taken = reader::is_success(answer.status);
        let form = if is_taken { case.run.body_form(self.items) } else { known };
        case.run.learn_body(self.items, form, is_taken);
        Ok(answer)
    }

    /// Asks to add a value, and demands that it is done. Where the guide does not give the body, a target that refuses
    /// ours is no wrong target.
    pub(crate) async fn added(&self, case: &Case, by: &Caller, on: &Account, value: &str) -> Step<Answer> {
        let answer = self.add(case, by, on, value).await?;
        match answer.demand("the item is added", reader::is_success) {
            Err(stop) if !self.has_documented_body() && matches!(answer.status, 400 | 422) => Err(stop.into_needed()),
            end => end.map(|()| answer),
        }
    }

    /// The items by their ids, in the order of the list.
    pub(crate) async fn list(&self, case: &Case, by: &Caller, on: &Account) -> Step<Vec<Listed>> {
        let path = by.path(on, self.list);
        let with_id = |item: Value| Some((item.as_object().and_then(reader::id)?, item));
        let items: Option<Vec<_>> = case.list(by, &path).await?.into_iter().map(with_id).collect();
        items.ok_or_else(|| Stop::fail("items with an id", format!("one without in {path}")))
    }

    /// Asks to remove the item with this id.
    pub(crate) async fn remove(&self, case: &Case, by: &Caller, on: &Account, id: &str) -> Step<Answer> {
        case.send(by, Method::DELETE, &by.path(on, &format!("{}/{id}", self.items)), None).await
    }

    /// Adds an item for a check of something else, and returns its id.
    pub(crate) async fn needed(&self, case: &Case, by: &Caller, on: &Account, value: &str) -> Step<String> {
        // Where answers to adds hold no id, the list before and after tells.
        let before = match case.run.adds_tell_ids() {
            true => None,
            false => Some(self.list(case, by, on).await.map_err(Stop::into_needed)?),
        };
        let answer = self.added(case, by, on, value).await.map_err(Stop::into_needed)?;
        if let Some(id) = reader::item(&answer.body).and_then(reader::id) {
            case.run.learn_adds_tell_ids();
            return Ok(id);
        }
        let before = before.unwrap_or_default();
        let after = self.list(case, by, on).await.map_err(Stop::into_needed)?;
        let new = after.into_iter().rev().find(|(id, _)| before.iter().all(|(old, _)| old != id));
        new.map(|(id, _)| id).ok_or_else(|| Stop::fail("a new item in the list", "none").into_needed())
    }

    /// What asks the owner of `account` to confirm or verify an item of theirs.
    pub(crate) async fn mark(&self, case: &Case, account: &Account, value: &str) -> Step<Mark> {
        // A message about an address goes there or to its owner; one about anything else to the owner.
        let to = if value.contains('@') || value.starts_with('+') {
            vec![value, &account.email]
        } else {
            vec![&*account.email]
        };
        case.mark(&to).await
    }

    /// Confirms what the end user has added, if a message asks for it and the guide or the message tells how.
    pub(crate) async fn confirm(&self, case: &Case, mark: &Mark) -> Step {
        let message = case.message(mark).await?;
        let Some(link) = message.link() else { return Ok(()) };
        case.open(link).await
    }

    /// Two items are added, each appears in the list of both tokens, and the one that is removed disappears from both.
    pub(crate) async fn stays_until_removed(
        &self,
        case: &Case,
        on: &Account,
        by: &Caller,
        other: Option<&Caller>,
    ) -> Step {
        let mut before = self.list(case, by, on).await?;
        let (mut added, mut marks) = (Vec::new(), Vec::new());
        // Where requests are dear, the model test shows what holds for several items.
        let many = if case.run.is_frugal() { 1 } else { 2 };
        for _ in 0..many {
            let value = self.new_value(case);
            let mark = self.mark(case, on, &value).await;
            let answer = self.added(case, by, on, &value).await?;
            let answered = reader::item(&answer.body);
            if let (Some(item), true) = (answered, self.has_documented_body()) {
                let observed = || "the answer names another value".to_owned();
                let item = Value::Object(item.clone());
                let shows = reader::shows(&item, &value) || item.get(self.name).is_none();
                Stop::unless(shows, format!("the added {} in the answer", self.name), observed)?;
            }
            let mut after = self.list(case, by, on).await?;
            // What waits for its owner may be kept from the list until then.
            if let (Caller::App(..), Ok(mark)) = (by, mark) {
                if after.len() == before.len() {
                    self.confirm(case, &mark).await?;
                    after = self.list(case, by, on).await?;
                }
                marks.push(mark);
            }
            let new: Vec<_> = after.iter().filter(|(id, _)| !before.iter().any(|(old, _)| old == id)).collect();
            let [(id, item)] = new[..] else {
                return Err(Stop::fail("the list shows the added item", format!("{} new items in it", new.len())));
            };
            let kept = before.iter().all(|(old, _)| after.iter().any(|(id, _)| id == old));
            Stop::unless(kept, "the list keeps the items before it", || "it has lost one".into())?;
            if self.has_documented_body() {
                let observed = || format!("item {id} does not");
                Stop::unless(reader::shows(item, &value), "the listed item shows what was added", observed)?;
            }
            let answered = answered.and_then(reader::id).unwrap_or_else(|| id.clone());
            Stop::unless(answered == *id, format!("the answered id {answered} in the list"), || id.clone())?;
            added.push(id.clone());
            before = after;
        }
        let ids = |items: Vec<Listed>| {
            let mut ids: Vec<String> = items.into_iter().map(|(id, _)| id).collect();
            ids.sort();
            ids
        };
        let mut listed = ids(before);
        let waits = self.seen_by(case, on, other, &listed, &marks).await?;
        self.remove(case, by, on, &added[0]).await?.demand("the item is removed", reader::is_success)?;
        listed.retain(|id| *id != added[0]);
        let left = ids(self.list(case, by, on).await?);
        let expected = format!("only item {} is removed: {listed:?}", added[0]);
        Stop::unless(left == listed, expected, || format!("{left:?}"))?;
        self.seen_by(case, on, other, &listed, if waits { &marks } else { &[] }).await?;
        let Some(last) = added.get(1) else { return Ok(()) };
        self.remove(case, by, on, last).await?.demand("the other item is removed", reader::is_success)?;
        let left = self.list(case, by, on).await?.len();
        Stop::unless(left == listed.len() - 1, "both items are removed", || format!("{left} left"))
    }

    /// The other token sees the same: both act on the watchlist of one account (SCOPE-2, SCOPE-3). What waits for its
    /// owner may be kept from CRM until then; whether something does that nobody here can confirm is returned.
    async fn seen_by(
        &self,
        case: &Case,
        on: &Account,
        other: Option<&Caller>,
        listed: &[String],
        marks: &[Mark],
    ) -> Step<bool> {
        let Some(other) = other else { return Ok(false) };
        let see = async || -> Step<Vec<String>> {
            let mut seen: Vec<_> = self.list(case, other, on).await?.into_iter().map(|(id, _)| id).collect();
            seen.sort();
            Ok(seen)
        };
        let mut seen = see().await?;
        let mut waits = false;
        if seen != listed && !marks.is_empty() {
            waits = self.confirm_all(case, marks).await?;
            seen = see().await?;
        }
        let is_right = seen == listed || waits && seen.iter().all(|id| listed.contains(id));
        let expected = format!("the same items for both tokens of the account: {listed:?}");
        Stop::unless(is_right, expected, || format!("{seen:?} in {}", other.path(on, self.list)))?;
        Ok(waits)
    }

    /// Opens the links that were sent; whether something waits for a code instead is returned.
    async fn confirm_all(&self, case: &Case, marks: &[Mark]) -> Step<bool> {
        let mut waits = false;
        for mark in marks {
            let Some(message) = case.new_messages(mark).await?.pop() else { continue };
            match message.link() {
                Some(link) => drop(case.get(&Caller::Anonymous, link).await?),
                None => waits = true,
            }
        }
        Ok(waits)
    }
}

/// What a field of this name may be meant to hold.
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

/// An id that nothing is likely to have.
pub(crate) const NOBODYS: &str = "999999999";

/// An account with one item of each kind that the target takes from CRM.
#[derive(Debug)]
pub(crate) struct Enrolled {
    pub(crate) account: Account,
    /// What stands for the captures of paths.
    pub(crate) captures: BTreeMap<&'static str, String>,
    /// The value of each item, by the name of its kind.
    pub(crate) values: BTreeMap<&'static str, String>,
}

impl Enrolled {
    pub(crate) async fn new(case: &Case) -> Step<Self> {
        let account = case.account().await?;
        Self::on(case, account).await
    }

    pub(crate) async fn on(case: &Case, account: Account) -> Step<Self> {
        let crm = case.crm().await?;
        // What has not leaked has raised no alarm, and what belongs to no company is asked for in vain.
        let mut captures = BTreeMap::from([
            ("{account_id}", account.id.clone()),
            ("{ssnId}", account.id.clone()),
            ("{alarmId}", NOBODYS.to_owned()),
            ("{companyId}", NOBODYS.to_owned()),
        ]);
        let mut values = BTreeMap::new();
        for kind in case.run.sample(KINDS.into_iter(), 3) {
            let value = kind.new_value(case);
            let added = kind.needed(case, &crm, &account, &value).await;
            // Another kind than emails and phones may be refused: the guide does not give its body.
            if added.is_ok() || kind.has_documented_body() {
                captures.insert(kind.capture, added?);
                values.insert(kind.name, value);
            }
        }
        Ok(Self { account, captures, values })
    }

    /// A path of the guide with this account's ids in it; none where an item of it could not be added.
    pub(crate) fn fill(&self, path: &str) -> Option<String> {
        let path = self.captures.iter().fold(path.to_owned(), |path, (capture, id)| path.replace(capture, id));
        (!path.contains('{')).then_some(path)
    }
}
