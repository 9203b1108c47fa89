//! What the accounts of a world hold, for those who look from outside: a list of all, and one of them whole.
//!
//! Numbers of a person are masked here, before they leave the fake, until somebody asks for them.

use axum::Json;
use axum::extract::Path;
use axum::http::{HeaderMap, StatusCode};
use serde::{Deserialize, Serialize};
use serde_json::{Value as Any, json};

use super::Refused;
use super::input::Query;
use crate::account::Account;
use crate::app::Visit;
use crate::assumptions::IdForm;
use crate::confirmation::Confirmation;
use crate::hints;
use crate::id::{Id, ShownId, Table};
use crate::leak::{Hit, NewLeak, WatchKind};
use crate::mask;
use crate::online::Standing;
use crate::ssn;
use crate::time::Timestamp;
use crate::watchlist::card::{self, Card};
use crate::watchlist::email::Email;
use crate::watchlist::iban::Iban;
use crate::watchlist::license::License;
use crate::watchlist::passport::Passport;
use crate::watchlist::phone::Phone;
use crate::watchlist::{Item, Kind};
use crate::world::World;

/// How many accounts are listed at once, if nobody says, and at the most.
const USUAL_LIMIT: usize = 50;
const HIGHEST_LIMIT: usize = 500;

/// How much of a number must be named for the account to be found by it: less stands in too many.
const SHORTEST_NUMBER: usize = 4;

/// How much of the end of a phone and of an IBAN is shown.
const PHONE_SHOWN: usize = 2;
const IBAN_SHOWN: usize = 4;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ListQuery {
    search: Option<String>,
    after: Option<String>,
    limit: Option<usize>,
}

/// `GET /_mock/accounts`: in the order of their ids, a page at a time, for there may be a million.
pub(super) async fn list(visit: Visit, Query(query): Query<ListQuery>) -> Result<Json<Any>, Refused> {
    let form: IdForm = visit.world.assumptions().choice();
    let limit = query.limit.unwrap_or(USUAL_LIMIT);
    if !(1..=HIGHEST_LIMIT).contains(&limit) {
        return Err(Refused::bad(format!("limit is 1 to {HIGHEST_LIMIT}")));
    }
    let after = match &query.after {
        None => 0,
        Some(id) => Id::parse(Table::Account, id, form)
            .ok_or_else(|| Refused::bad("after is the id of an account, as a list has it under next"))?,
    };
    let term = Term::new(query.search.as_deref().unwrap_or_default());
    // Looking through a million accounts takes a second, in which other requests go on.
    let looked = tokio::task::spawn_blocking(move || {
        let is_meant = |account: &Account| term.is_found_in(account, form);
        let show = |account: &Account| (account.id, Listed::of(account, form));
        // One more than is shown tells whether there are more.
        visit.world.accounts_after(after, limit + 1, is_meant, show)
    });
    let (mut accounts, total) = looked.await.expect("looking does not panic");
    let has_more = accounts.len() > limit;
    accounts.truncate(limit);
    let next = accounts.last().filter(|_| has_more).map(|(id, _)| Id::new(Table::Account, *id).shown(form));
    let accounts: Vec<Listed> = accounts.into_iter().map(|(_, listed)| listed).collect();
    Ok(Json(json!({ "accounts": accounts, "total": total, "next": next })))
}

/// What is looked for in accounts: an id, a part of a name or of an email, or a number that is watched.
struct Term {
    text: String,
    /// As numbers are kept, if it is long enough for one.
    number: Option<String>,
}

impl Term {
    fn new(text: &str) -> Self {
        let text = text.trim().to_lowercase();
        let number: String = text.chars().filter(|char| !char.is_whitespace()).collect();
        Self { text, number: Some(number).filter(|number| number.len() >= SHORTEST_NUMBER) }
    }

    fn is_found_in(&self, account: &Account, form: IdForm) -> bool {
        if self.text.is_empty() {
            return true;
        }
        let has = |text: &str| text.to_lowercase().contains(&self.text);
        account.email.as_deref().is_some_and(has)
            || has(&format!("{} {}", account.first_name, account.last_name))
            || self.text == Id::new(Table::Account, account.id).shown(form).to_string()
            || account.emails.iter().any(|email| has(email.fields.value()))
            || self.number.as_deref().is_some_and(|number| has_number(account, number))
    }
}

fn has_number(account: &Account, number: &str) -> bool {
    fn watches<K: Kind>(account: &Account, number: &str) -> bool {
        K::items(account).iter().any(|item| item.fields.value().to_lowercase().contains(number))
    }
    watches::<Phone>(account, number)
        || watches::<Iban>(account, number)
        || watches::<Passport>(account, number)
        || watches::<License>(account, number)
        || watches::<Card>(account, number)
        || account.phone.as_deref().is_some_and(|phone| phone.contains(number))
        || account.ssn.as_ref().is_some_and(|ssn| ssn.number.to_lowercase().contains(number))
}

/// Whose an account is.
#[derive(Debug, Serialize)]
struct Owner {
    id: ShownId,
    partner: u64,
    first_name: Box<str>,
    last_name: Box<str>,
    email: Option<Box<str>>,
    plan_id: u32,
    has_ssn: bool,
    is_ssn_monitored: bool,
}

impl Owner {
    fn of(account: &Account, form: IdForm) -> Self {
        Self {
            id: Id::new(Table::Account, account.id).shown(form),
            partner: account.partner,
            first_name: account.first_name.clone(),
            last_name: account.last_name.clone(),
            email: account.email.clone(),
            plan_id: account.plan_id,
            has_ssn: account.ssn.is_some(),
            is_ssn_monitored: account.monitored_ssn().is_some(),
        }
    }
}

/// An account in a list, with how much there is of everything.
#[derive(Debug, Serialize)]
struct Listed {
    #[serde(flatten)]
    owner: Owner,
    items: usize,
    pending: usize,
    leaks: usize,
    open_alarms: usize,
}

impl Listed {
    fn of(account: &Account, form: IdForm) -> Self {
        let counts = [
            count::<Email>(account),
            count::<Phone>(account),
            count::<Iban>(account),
            count::<Passport>(account),
            count::<License>(account),
            count::<Card>(account),
        ];
        Self {
            owner: Owner::of(account, form),
            items: counts.iter().map(|(items, _)| items).sum(),
            pending: counts.iter().map(|(_, pending)| pending).sum(),
            leaks: account.hits.iter().filter(|hit| hit.is_watched).count(),
            open_alarms: account.hits.iter().filter(|hit| hit.closed_at.is_none()).count(),
        }
    }
}

/// How many items of a kind there are, and how many of them wait.
fn count<K: Kind>(account: &Account) -> (usize, usize) {
    let items = K::items(account).iter();
    (items.len(), items.filter(|item| !item.is_confirmed()).count())
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct OneQuery {
    #[serde(default)]
    reveal: bool,
}

/// `GET /_mock/accounts/{id}`: with its items and what they wait for, its leaks, each with its alarm, and where its
/// Online Data stands.
pub(super) async fn one(
    visit: Visit,
    headers: HeaderMap,
    Path(id): Path<String>,
    Query(query): Query<OneQuery>,
) -> Result<Json<Any>, Refused> {
    let world = &*visit.world;
    let form = world.assumptions().choice();
    let look = Look { world, now: world.clock().now(), form, base: visit.base(&headers).url(), reveals: query.reveal };
    let account =
        Id::parse(Table::Account, &id, form).and_then(|id| world.look_at(id, |account| look.account(account)));
    match account {
        Some(account) => Ok(Json(json!({ "account": account }))),
        None => Err(Refused(StatusCode::NOT_FOUND, "there is no account with this id in this world".into())),
    }
}

/// An account with all that belongs to it.
#[derive(Debug, Serialize)]
struct Whole {
    #[serde(flatten)]
    owner: Owner,
    /// The email that SSO knows it by (SSO-3).
    created_with: Option<Box<str>>,
    phone: Option<String>,
    country_code: Option<Box<str>>,
    ssn: Option<String>,
    created_at: Timestamp,
    updated_at: Timestamp,
    items: Vec<ListedItem>,
    leaks: Vec<ListedLeak>,
    /// None where the plan does not include it (ONLINE-1).
    online: Option<Standing>,
    is_revealed: bool,
}

/// A watched item.
#[derive(Debug, Serialize)]
struct ListedItem {
    kind: WatchKind,
    id: ShownId,
    value: String,
    created_at: Timestamp,
    confirmed_at: Option<Timestamp>,
    waiting: Option<Waiting>,
    leaks: usize,
}

/// What an item waits for.
#[derive(Debug, Serialize)]
struct Waiting {
    until: Timestamp,
    is_over: bool,
    why: &'static str,
    link: Option<String>,
    code: Option<Box<str>>,
}

/// A leak that the account sees or has seen, with its alarm.
#[derive(Debug, Serialize)]
struct ListedLeak {
    id: ShownId,
    /// Whether what it was found for is still watched; otherwise its alarm is all that a client sees.
    is_watched: bool,
    found_at: Timestamp,
    alarm: ListedAlarm,
    #[serde(flatten)]
    leak: NewLeak,
}

#[derive(Debug, Serialize)]
struct ListedAlarm {
    id: ShownId,
    status: &'static str,
    closed_at: Option<Timestamp>,
}

/// A look at an account.
struct Look<'a> {
    world: &'a World,
    now: Timestamp,
    form: IdForm,
    /// Where the links of what waits begin.
    base: String,
    reveals: bool,
}

impl Look<'_> {
    fn account(&self, account: &Account) -> Whole {
        let mut items = Vec::new();
        items.extend(self.items::<Email>(account));
        items.extend(self.items::<Phone>(account));
        items.extend(self.items::<Iban>(account));
        items.extend(self.items::<Passport>(account));
        items.extend(self.items::<License>(account));
        items.extend(self.items::<Card>(account));
        let has_online = self.world.includes_online_data(account.plan_id);
        let steps = self.world.removal_steps();
        Whole {
            owner: Owner::of(account, self.form),
            created_with: account.created_with.clone(),
            phone: account.phone.as_deref().map(|phone| self.value(WatchKind::Phone, phone)),
            country_code: account.country_code.clone(),
            ssn: account.ssn.as_ref().map(|ssn| self.value(WatchKind::Ssn, &ssn.number)),
            created_at: account.created_at,
            updated_at: account.updated_at,
            items,
            leaks: account.hits.iter().map(|hit| self.leak(hit)).collect(),
            online: has_online.then(|| account.online_standing(self.world, &steps, self.now)),
            is_revealed: self.reveals,
        }
    }

    fn items<K: Kind>(&self, account: &Account) -> impl Iterator<Item = ListedItem> {
        K::items(account).iter().map(|item| ListedItem {
            kind: K::WATCH,
            id: item.id().shown(self.form),
            value: self.value(K::WATCH, item.fields.value()),
            created_at: item.created_at,
            confirmed_at: item.confirmed_at(),
            waiting: self.waiting(item),
            leaks: account.leaks(K::WATCH).filter(|hit| hit.item_id == item.id).count(),
        })
    }

    fn waiting<K: Kind>(&self, item: &Item<K>) -> Option<Waiting> {
        let Confirmation::Pending(challenge) = &item.confirmation else { return None };
        let is_over = self.now >= challenge.expires_at;
        let is_by_link = K::WATCH == WatchKind::Email;
        Some(Waiting {
            until: challenge.expires_at,
            is_over,
            why: if is_over { hints::waited_too_long(K::WATCH) } else { hints::waiting(K::WATCH) },
            link: is_by_link.then(|| format!("{}/_confirm/{}", self.base, challenge.secret)),
            code: (!is_by_link).then(|| challenge.secret.clone()),
        })
    }

    fn leak(&self, hit: &Hit) -> ListedLeak {
        let leak = hit.leak.describe();
        ListedLeak {
            id: Id::new(Table::Leak, hit.id).shown(self.form),
            is_watched: hit.is_watched,
            found_at: hit.created_at,
            alarm: ListedAlarm {
                id: Id::new(Table::Alarm, hit.alarm_id).shown(self.form),
                status: hit.status(),
                closed_at: hit.closed_at,
            },
            leak: NewLeak { value: self.value(leak.kind, &leak.value), ..leak },
        }
    }

    /// A value as it may be seen: an email as it is, of a number the end unless all was asked for.
    fn value(&self, kind: WatchKind, value: &str) -> String {
        let shown = match kind {
            _ if self.reveals => return value.to_owned(),
            WatchKind::Email => return value.to_owned(),
            WatchKind::Iban => IBAN_SHOWN,
            WatchKind::CreditCard => card::SHOWN,
            WatchKind::Phone => PHONE_SHOWN,
            WatchKind::Passport | WatchKind::DriversLicense | WatchKind::Ssn => ssn::SHOWN,
        };
        mask::all_but_last(value, shown)
    }
}
