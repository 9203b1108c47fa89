//! `/_mock/accounts`: the accounts of a world, a list of all and one of them whole.
//!
//! Personal numbers are masked here, before they leave the mock, unless a request asks for them.

use std::collections::HashMap;

use axum::Json;
use axum::extract::Path;
use axum::http::HeaderMap;
use serde::{Deserialize, Serialize, Serializer};
use serde_json::{Value as Any, json};

use crate::api::context::Reached;
use crate::control::input::Query;
use crate::control::refused::Refused;
use crate::guide::assumptions::{Assumptions, IdForm};
use crate::guide::format::Format;
use crate::guide::trace::Assumed;
use crate::model::account::Account;
use crate::model::base_url::BaseUrl;
use crate::model::confirmation::Means;
use crate::model::exposure::Exposure;
use crate::model::hints;
use crate::model::id::{Id, ShownId, Table};
use crate::model::item::{Item, Kind};
use crate::model::kind::WatchKind;
use crate::model::leak::NewLeak;
use crate::model::mask;
use crate::model::online::removal::RemovalSteps;
use crate::model::online::{NONE, OnlineStatusShape};
use crate::model::shape::{InFormat, Writing};
use crate::model::time::Timestamp;
use crate::model::watchlists::{ForKind, Watchlist, with_each_kind};
use crate::world::state::World;

/// How many accounts are listed at once by default, and at most.
const USUAL_LIMIT: usize = 50;
const HIGHEST_LIMIT: usize = 500;

/// The length of a part of a number by which accounts are found; a shorter part is in too many of them.
const SHORTEST_NUMBER: usize = 4;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ListQuery {
    search: Option<String>,
    after: Option<String>,
    limit: Option<usize>,
}

/// `GET /_mock/accounts`: in the order of their ids, a page at a time, because there may be a million.
pub(crate) async fn list(reached: Reached, Query(query): Query<ListQuery>) -> Result<Json<Any>, Refused> {
    let form: IdForm = reached.world.unrecorded().choice();
    let limit = query.limit.unwrap_or(USUAL_LIMIT);
    if !(1..=HIGHEST_LIMIT).contains(&limit) {
        return Err(Refused::bad(format!("limit is 1 to {HIGHEST_LIMIT}")));
    }
    let after = match &query.after {
        None => 0,
        Some(id) => Id::parse(Table::Account, id, form)
            .ok_or_else(|| Refused::bad("after is the id of an account, as a list has it under next"))?,
    };
    let term = query.search.as_deref().and_then(Term::new);
    // Searching a million accounts takes a second, and other requests go on meanwhile.
    let searched = tokio::task::spawn_blocking(move || {
        let show = |account: &Account| (account.id, Listed::of(account, form));
        // One more than is shown tells whether there are more.
        match term {
            None => reached.world.accounts.page(after, limit + 1, show),
            Some(term) => {
                let is_meant = |account: &Account| term.is_found_in(account, form);
                reached.world.accounts.after(after, limit + 1, is_meant, show)
            }
        }
    });
    let (mut accounts, total) = searched.await.expect("searching does not panic");
    let has_more = accounts.len() > limit;
    accounts.truncate(limit);
    let next = accounts.last().filter(|_| has_more).map(|(id, _)| Id::new(Table::Account, *id).shown(form));
    let accounts: Vec<Listed> = accounts.into_iter().map(|(_, listed)| listed).collect();
    Ok(Json(json!({ "accounts": accounts, "total": total, "next": next })))
}

/// An account in short, for a test in Rust.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct AccountSummary {
    /// Its id, as clients see it.
    pub id: ShownId,
    /// The partner that it belongs to.
    pub partner: u64,
    /// The first name of its user.
    pub first_name: String,
    /// The last name of its user.
    pub last_name: String,
    /// Its email.
    pub email: Option<String>,
    /// Its phone number.
    pub phone: Option<String>,
    /// Its plan.
    pub plan_id: u32,
    /// Whether it has an SSN.
    pub has_ssn: bool,
    /// How many items it watches, of all kinds.
    pub items: usize,
    /// How many of them are pending.
    pub pending: usize,
    /// How many of its alarms are open.
    pub open_alarms: usize,
}

impl AccountSummary {
    /// The summary of an account.
    pub(crate) fn of(account: &Account, form: IdForm) -> Self {
        let counts = WatchKind::ALL.map(|kind| account.watchlists.count(kind));
        Self {
            id: Id::new(Table::Account, account.id).shown(form),
            partner: account.partner,
            first_name: account.first_name.to_string(),
            last_name: account.last_name.to_string(),
            email: account.email.as_deref().map(str::to_owned),
            phone: account.phone.as_deref().map(str::to_owned),
            plan_id: account.plan_id,
            has_ssn: account.ssn.is_some(),
            items: counts.iter().map(|(items, _)| items).sum(),
            pending: counts.iter().map(|(_, pending)| pending).sum(),
            open_alarms: account.exposures.iter().filter(|exposure| exposure.is_open()).count(),
        }
    }
}

/// A search term: an id, a part of a name or of an email, or of a number that is watched.
struct Term {
    text: String,
    /// As numbers are kept, if it is long enough for one.
    number: Option<String>,
}

impl Term {
    /// None for a text that every account would have.
    fn new(text: &str) -> Option<Self> {
        let text = text.trim().to_lowercase();
        if text.is_empty() {
            return None;
        }
        let number: String = text.chars().filter(|char| !char.is_whitespace()).collect();
        Some(Self { text, number: Some(number).filter(|number| number.len() >= SHORTEST_NUMBER) })
    }

    fn is_found_in(&self, account: &Account, form: IdForm) -> bool {
        let has = |text: &str| {
            let text = text.to_lowercase();
            // An unescaped plus in a query arrives as a space.
            text.contains(&self.text) || text.replace('+', " ").contains(&self.text)
        };
        account.email.as_deref().is_some_and(has)
            || has(&format!("{} {}", account.first_name, account.last_name))
            || self.text == Id::new(Table::Account, account.id).shown(form).to_string()
            || account.watchlists.emails.iter().any(|email| has(email.fields.value()))
            || self.number.as_deref().is_some_and(|number| has_number(account, number))
    }
}

fn has_number(account: &Account, number: &str) -> bool {
    account.watchlists.hold_part(number)
        || account.phone.as_deref().is_some_and(|phone| phone.contains(number))
        || account.ssn.as_ref().is_some_and(|ssn| ssn.number.to_lowercase().contains(number))
}

/// The owner of an account.
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
            email: account.email.as_deref().map(Into::into),
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
        let counts = WatchKind::ALL.map(|kind| account.watchlists.count(kind));
        Self {
            owner: Owner::of(account, form),
            items: counts.iter().map(|(items, _)| items).sum(),
            pending: counts.iter().map(|(_, pending)| pending).sum(),
            leaks: WatchKind::ALL.map(|kind| account.exposures.count_watched(kind)).iter().sum(),
            open_alarms: account.exposures.iter().filter(|exposure| exposure.is_open()).count(),
        }
    }
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct OneQuery {
    #[serde(default)]
    reveal: bool,
}

/// `GET /_mock/accounts/{id}`: with its items and their pending confirmations, its leaks, each with its alarm, and
/// the state of its Online Data.
pub(crate) async fn one(
    reached: Reached,
    headers: HeaderMap,
    Path(id): Path<String>,
    Query(query): Query<OneQuery>,
) -> Result<Json<Any>, Refused> {
    let world = &*reached.world;
    let form = world.unrecorded().choice();
    let look = Look { world, now: world.clock.now(), form, base: reached.base(&headers), reveals: query.reveal };
    let account =
        Id::parse(Table::Account, &id, form).and_then(|id| world.accounts.read(id, |account| look.account(account)));
    match account {
        Some(account) => Ok(Json(json!({ "account": account }))),
        None => Err(Refused::not_found("there is no account with this id in this world")),
    }
}

/// An account with everything that belongs to it.
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
    online: Option<OnlineStatus>,
    is_revealed: bool,
}

/// The state of Online Data, written as in the standardized format.
#[derive(Debug)]
struct OnlineStatus(OnlineStatusShape);

impl OnlineStatus {
    fn of(account: &Account, world: &World, now: Timestamp) -> Self {
        let online = account.online.as_deref().unwrap_or(&NONE);
        Self(online.status(world.directory.sites.len(), &RemovalSteps::assumed(world.unrecorded()), now))
    }
}

impl Serialize for OnlineStatus {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        // No id and no legacy boolean is in it, so no assumption is read.
        let assumptions = Assumptions::default();
        let writing = Writing { format: Format::Standardized, assumed: Assumed::unrecorded(&assumptions) };
        InFormat { value: &self.0, writing }.serialize(serializer)
    }
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

/// The pending confirmation of an item.
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
    /// Whether the item that it was found for is still watched; otherwise a client sees only its alarm.
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
    /// The address at which confirmation links begin.
    base: BaseUrl<'a>,
    reveals: bool,
}

impl Look<'_> {
    fn account(&self, account: &Account) -> Whole {
        let has_online = self.world.includes_online_data(account.plan_id);
        Whole {
            owner: Owner::of(account, self.form),
            created_with: account.created_with.as_deref().map(Into::into),
            phone: account.phone.as_deref().map(|phone| self.value(WatchKind::Phone, phone)),
            country_code: account.country_code.clone(),
            ssn: account.ssn.as_ref().map(|ssn| self.value(WatchKind::Ssn, &ssn.number)),
            created_at: account.created_at,
            updated_at: account.updated_at,
            items: with_each_kind(ListItems { look: self, account }).flatten().collect(),
            leaks: account.exposures.iter().map(|exposure| self.leak(exposure)).collect(),
            online: has_online.then(|| OnlineStatus::of(account, self.world, self.now)),
            is_revealed: self.reveals,
        }
    }

    fn waiting<K: Watchlist>(&self, item: &Item<K>) -> Option<Waiting> {
        let challenge = item.confirmation.pending()?;
        let is_over = self.now >= challenge.expires_at;
        let is_by_link = K::CONFIRMING.is_some_and(|confirming| confirming.means == Means::Link);
        Some(Waiting {
            until: challenge.expires_at,
            is_over,
            why: if is_over { hints::expired::<K>() } else { hints::pending::<K>() },
            link: is_by_link.then(|| challenge.link(self.base)),
            code: (!is_by_link).then(|| challenge.secret.clone()),
        })
    }

    fn leak(&self, exposure: &Exposure) -> ListedLeak {
        let leak = exposure.leak.describe();
        ListedLeak {
            id: Id::new(Table::Leak, exposure.id).shown(self.form),
            is_watched: exposure.is_watched,
            found_at: exposure.created_at,
            alarm: ListedAlarm {
                id: Id::new(Table::Alarm, exposure.alarm_id).shown(self.form),
                status: exposure.status().name(),
                closed_at: exposure.closed_at,
            },
            leak: NewLeak { value: self.value(leak.kind, &leak.value), ..leak },
        }
    }

    /// A value as it may be seen: an email as it is, and the end of a number unless everything was asked for.
    fn value(&self, kind: WatchKind, value: &str) -> String {
        if self.reveals || kind == WatchKind::Email {
            return value.to_owned();
        }
        mask::all_but_last(value, kind.names().shown)
    }
}

/// Lists the items of each kind.
struct ListItems<'a> {
    look: &'a Look<'a>,
    account: &'a Account,
}

impl ForKind for ListItems<'_> {
    type Output = Vec<ListedItem>;

    fn run<K: Watchlist>(&mut self) -> Vec<ListedItem> {
        let Self { look, account } = *self;
        let mut leaks = HashMap::<u64, usize>::new();
        let watched = account.exposures.watched_from(K::KIND, 0);
        watched.for_each(|exposure| *leaks.entry(exposure.item_id).or_default() += 1);
        let listed = |item: &Item<K>| ListedItem {
            kind: K::KIND,
            id: item.id().shown(look.form),
            value: look.value(K::KIND, item.fields.value()),
            created_at: item.created_at,
            confirmed_at: item.confirmed_at(),
            waiting: look.waiting(item),
            leaks: leaks.get(&item.id).copied().unwrap_or_default(),
        };
        K::of(&account.watchlists).iter().map(listed).collect()
    }
}
