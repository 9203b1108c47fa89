//! Plays a sequence against a target, and holds each answer, and the lists after it, to the reference.

use reqwest::Method;
use serde_json::{Value, json};

use crate::case::Case;
use crate::case::messages::Mark;
use crate::exchange::{Account, Answer, Caller};
use crate::halt::Halt;
use crate::kind::{CARD, Confirmation, EMAIL, KINDS, Kind, PASSPORT};
use crate::model::operation::{ACCOUNTS, By, Label, Operation};
use crate::model::reference::{Item, Reference, State, Watches};
use crate::reader;
use crate::steps::accounts::Monitoring;
use crate::steps::alarms::{self, is_closed};
use crate::steps::confirmations::RESEND;
use crate::steps::leaks;
use crate::values;

/// A sequence on its way.
struct Play<'c> {
    case: &'c Case,
    crm: Caller,
    other: Option<Caller>,
    /// The accounts, and their owners' tokens where they can be had.
    accounts: Vec<(Account, Option<Caller>)>,
    reference: Reference,
    /// Where the messages about emails that wait began.
    marks: Vec<(Label, Mark)>,
    /// The closed alarms of each account, once they were read: an earlier case may have closed some.
    closed: [Option<Vec<String>>; ACCOUNTS],
}

/// Plays a sequence on accounts of its own.
pub(super) async fn play(case: &Case, operations: &[Operation]) -> Result<(), Halt> {
    let mut accounts = Vec::new();
    for _ in 0..ACCOUNTS {
        let account = case.account().await?;
        let app = case.app_if_configured(&account).await?;
        accounts.push((account, app));
    }
    let other = case.other_partner().await.ok();
    let crm = case.crm().await?;
    let mut play = Play {
        case,
        crm,
        other,
        accounts,
        reference: Reference::default(),
        marks: Vec::new(),
        closed: [const { None }; ACCOUNTS],
    };
    for operation in operations {
        case.count_step();
        play.step(operation).await?;
    }
    if case.session.is_frugal() {
        return Ok(());
    }
    // The calls may have had a part in what they were not about.
    for account in 0..ACCOUNTS {
        for kind in KINDS {
            play.listed(account, kind, &play.crm.clone()).await?;
        }
    }
    Ok(())
}

impl Play<'_> {
    fn caller(&self, account: usize, by: By) -> Option<&Caller> {
        match by {
            By::Crm => Some(&self.crm),
            By::App => self.accounts[account].1.as_ref(),
        }
    }

    /// The path of an item; a made-up one where the item never was, or where its id is not known.
    fn item_path(&self, caller: &Caller, account: usize, kind: &Kind, item: Label) -> String {
        let id = self.reference.item(item).and_then(|item| item.id.as_deref()).unwrap_or("999999999");
        caller.path(&self.accounts[account].0, &format!("{}/{id}", kind.items))
    }

    /// The kind of an item, or one to try where it never was.
    fn kind(&self, item: Label) -> &'static Kind {
        self.reference.item(item).map_or(&EMAIL, |item| item.kind)
    }

    async fn step(&mut self, operation: &Operation) -> Result<(), Halt> {
        match *operation {
            Operation::Add { label, account, by, kind } => self.add(label, account, by, kind).await,
            Operation::AddAgain { label, item, account, by } => self.add_again(label, item, account, by).await,
            Operation::Remove { item, account, by } => self.remove(item, account, by).await,
            Operation::One { item, account, by } => self.one(item, account, by).await,
            Operation::Change { item, account, by } => self.change(item, account, by).await,
            Operation::Leaks { account, by, kind } => self.leaks(account, by, kind).await,
            Operation::Confirm { item } => self.confirm(item).await,
            Operation::Resend { account } => self.resend(account).await,
            Operation::Monitor { account, on } => self.monitor(account, on).await,
            Operation::Leak { item } => self.leak(item).await,
            Operation::Close { account, by, pick } => self.close(account, by, pick).await,
            Operation::Rename { account, by } => self.rename(account, by).await,
            Operation::Trespass { item, account, kind } => self.trespass(item, account, kind).await,
        }
    }

    /// Both tokens list what the reference says.
    async fn lists(&mut self, account: usize, kind: &'static Kind) -> Result<(), Halt> {
        let callers = [Some(self.crm.clone()), self.accounts[account].1.clone()].into_iter().flatten();
        for caller in self.case.session.sample(callers, 2) {
            self.listed(account, kind, &caller).await?;
        }
        Ok(())
    }

    async fn listed(&mut self, account: usize, kind: &'static Kind, caller: &Caller) -> Result<(), Halt> {
        let of = &self.accounts[account].0;
        let items = kind.list(self.case, caller, of).await?;
        let ids: Vec<String> = items.iter().map(|(id, _)| id.clone()).collect();
        let expected = || format!("{} lists what was added and not removed", caller.path(of, kind.list));
        let by = if matches!(caller, Caller::App(..)) { By::App } else { By::Crm };
        self.reference.compare(account, kind, by, &ids).map_err(|observed| Halt::fail(expected(), observed))?;
        for (id, item) in &items {
            let known = self.reference.item_with(account, kind, id).map(|item| &item.value);
            let Some(value) = known else { continue };
            if kind.has_documented_body() {
                let observed = || format!("item {id} shows another value");
                Halt::unless(reader::shows(item, value), format!("item {id} as it was added"), observed)?;
            }
            kind.is_whole(item, value)?;
        }
        Ok(())
    }

    async fn add(&mut self, label: Label, account: usize, by: By, kind: &'static Kind) -> Result<(), Halt> {
        let Some(caller) = self.caller(account, by).cloned() else { return Ok(()) };
        if self.reference.count(kind) >= values::CAPACITY {
            return Ok(());
        }
        let of = self.accounts[account].0.clone();
        let value = kind.new_value(self.case);
        let may_wait = by == By::App && kind.confirmed_by.is_some();
        let is_linked = may_wait && kind.confirmed_by == Some(Confirmation::Link);
        let mark = if is_linked { kind.mark(self.case, &of, &value).await.ok() } else { None };
        let answer = kind.added(self.case, &caller, &of, &value).await?;
        let id = reader::item(&answer.body).and_then(reader::id);
        let state = if may_wait { State::WAITING } else { State::Listed };
        self.reference.add(Item { label, account, kind, value, id, state });
        self.marks.extend(mark.map(|mark| (label, mark)));
        self.lists(account, kind).await
    }

    /// Adding a value again comes to nothing, or to another item: the guide leaves that open.
    async fn add_again(&mut self, label: Label, item: Label, account: usize, by: By) -> Result<(), Halt> {
        let Some(item) = self.reference.item(item).cloned() else { return Ok(()) };
        let Some(caller) = self.caller(account, by).cloned() else { return Ok(()) };
        let of = self.accounts[account].0.clone();
        let path = caller.path(&of, item.kind.items);
        let body = item.kind.body(self.case, &item.value);
        let answer = self.case.post(&caller, &path, body).await?;
        is_answered(&answer)?;
        if !reader::is_success(answer.status) {
            return self.lists(account, item.kind).await;
        }
        let id = reader::item(&answer.body).and_then(reader::id);
        let is_known = id.as_ref().is_some_and(|id| self.reference.item_with(account, item.kind, id).is_some());
        let before = self.reference.present_count(account, item.kind);
        let listed = item.kind.list(self.case, &caller, &of).await?.len();
        if !is_known && (id.is_some() || listed > before) {
            self.reference.add(Item { label, account, id, state: State::WAITING, ..item.clone() });
        }
        self.lists(account, item.kind).await
    }

    async fn remove(&mut self, item: Label, account: usize, by: By) -> Result<(), Halt> {
        let Some(caller) = self.caller(account, by).cloned() else { return Ok(()) };
        let kind = self.kind(item);
        let (present, has_id) = (
            self.reference.present(item, account).is_some(),
            self.reference.item(item).is_some_and(|item| item.id.is_some()),
        );
        if self.names_another(item, account) || present && !has_id {
            return Ok(());
        }
        let path = self.item_path(&caller, account, kind, item);
        let answer = self.case.send(&caller, Method::DELETE, &path, None).await?;
        if present {
            answer.demand("an item that is there is removed", reader::is_success)?;
            self.reference.item_mut(item).into_iter().for_each(|item| item.state = State::Removed);
        } else {
            // A target may answer the removal of a missing item without an error.
            is_answered(&answer)?;
        }
        if let Some(home) = self.reference.item(item).map(|item| item.account).filter(|home| *home != account) {
            self.lists(home, kind).await?;
        }
        self.lists(account, kind).await
    }

    /// Whether the id of an item of another account, or of one that is gone, is on this account the id of something
    /// else.
    fn names_another(&self, item: Label, account: usize) -> bool {
        let Some(item) = self.reference.item(item) else { return false };
        let is_here = item.account == account && item.state != State::Removed;
        let id = item.id.as_deref().unwrap_or_default();
        !is_here && self.reference.item_with(account, item.kind, id).is_some()
    }

    async fn one(&self, item: Label, account: usize, by: By) -> Result<(), Halt> {
        let Some(caller) = self.caller(account, by).cloned() else { return Ok(()) };
        if self.names_another(item, account) {
            return Ok(());
        }
        let path = self.item_path(&caller, account, &CARD, item);
        match self.reference.present(item, account).map(|item| (item.id.clone(), item.state)) {
            Some((None, _)) => Ok(()),
            Some((Some(_), State::Waiting { .. })) => is_answered(&self.case.get(&caller, &path).await?),
            Some((Some(id), _)) => {
                let answer = self.case.get(&caller, &path).await?;
                answer.demand("a card that is there is read", reader::is_success)?;
                let shown = reader::item(&answer.body).and_then(reader::id);
                Halt::unless(shown.as_ref() == Some(&id), format!("card {id}"), || format!("{shown:?}"))
            }
            None => {
                let answer = self.case.get(&caller, &path).await?;
                answer.demand("a card that is not there, or another account's, is refused", reader::is_refusal)
            }
        }
    }

    async fn change(&mut self, item: Label, account: usize, by: By) -> Result<(), Halt> {
        let Some(caller) = self.caller(account, by).cloned() else { return Ok(()) };
        if self.names_another(item, account) {
            return Ok(());
        }
        let of = self.accounts[account].0.clone();
        let present = self.reference.present(item, account).cloned();
        if present.as_ref().is_some_and(|item| item.id.is_none()) {
            return Ok(());
        }
        let value = PASSPORT.new_value(self.case);
        let path = self.item_path(&caller, account, &PASSPORT, item);
        let answer = self.case.send(&caller, Method::PATCH, &path, Some(PASSPORT.body(self.case, &value))).await?;
        let Some(old) = present else {
            answer.demand("a passport that is not there, or another account's, is refused", reader::is_refusal)?;
            let home = self.reference.item(item).map_or(account, |item| item.account);
            return self.lists(home, &PASSPORT).await;
        };
        if matches!(answer.status, 400 | 422) {
            // The fields of this body are not documented.
            return Ok(());
        }
        answer.demand("a passport that is there is changed", reader::is_success)?;
        let id = old.id.unwrap_or_default();
        for (listed, shown) in PASSPORT.list(self.case, &caller, &of).await? {
            let holds = |value: &str| reader::fields(&shown).iter().any(|(_, field)| field.as_str() == Some(value));
            let is_right = if listed == id { !holds(&old.value) } else { !holds(&value) };
            Halt::unless(is_right, format!("passport {id}, and no other, has its new number"), || {
                format!("passport {listed} has not")
            })?;
        }
        self.reference.item_mut(item).into_iter().for_each(|item| item.value.clone_from(&value));
        self.lists(account, &PASSPORT).await
    }

    async fn leaks(&self, account: usize, by: By, kind: &'static Kind) -> Result<(), Halt> {
        let Some(caller) = self.caller(account, by).cloned() else { return Ok(()) };
        let Some(leaks) = kind.leaks.as_ref().filter(|leaks| by == By::App || leaks.are_seen_by_crm) else {
            return Ok(());
        };
        leaks::of(self.case, leaks, &caller, &self.accounts[account].0).await.map(drop)
    }

    /// Opens the newest link about an email that its owner has added.
    async fn confirm(&mut self, item: Label) -> Result<(), Halt> {
        let Some(place) = self.marks.iter().position(|(label, _)| *label == item) else { return Ok(()) };
        let Some(Item { account, state, .. }) = self.reference.item(item).cloned() else { return Ok(()) };
        // A message that other checks have waited for in vain is not waited for once more in each sequence.
        if state == State::Removed || self.case.is_lost(&self.marks[place].1) {
            return Ok(());
        }
        // A link works once.
        let (_, mark) = self.marks.remove(place);
        let message = self.case.message(&mark).await?;
        let Some(link) = message.link() else { return Ok(()) };
        self.case.open(link).await?;
        // Where the value was added more than once, it is not known which of the items the link was for.
        if !self.reference.has_twin(item) {
            self.reference.item_mut(item).into_iter().for_each(|item| item.state = State::Listed);
        }
        self.lists(account, &EMAIL).await
    }

    async fn resend(&mut self, account: usize) -> Result<(), Halt> {
        let Some(app) = self.caller(account, By::App).cloned() else { return Ok(()) };
        let answer = self.case.post(&app, RESEND, json!({})).await?;
        is_answered(&answer)?;
        answer.demand("the app token is let in", |status| !reader::is_wrong_token(status))?;
        self.lists(account, &EMAIL).await
    }

    async fn monitor(&self, account: usize, on: bool) -> Result<(), Halt> {
        if !self.case.session.target.ssn_required {
            return Ok(());
        }
        let to = if on { Monitoring::Activate } else { Monitoring::Deactivate };
        let path = to.path(&self.accounts[account].0);
        let answer = self.case.send(&self.crm, Method::PATCH, &path, None).await?;
        answer.demand("the monitoring of an SSN that is there is switched", reader::is_success)
    }

    /// A breach comes to hold the value of an item: an account that watches it has one more alarm, and others do not.
    async fn leak(&mut self, item: Label) -> Result<(), Halt> {
        let Some(Item { kind, value, .. }) = self.reference.item(item).cloned() else { return Ok(()) };
        if !self.case.session.is_mock().await {
            return Ok(());
        }
        let case = self.case;
        let _turn = case.session.turn_to_leak().await;
        let mut before = Vec::new();
        for account in 0..ACCOUNTS {
            before.push(self.alarms(account, By::Crm).await?.unwrap_or_default());
        }
        leaks::seed(self.case, kind.name, &value).await?;
        for (account, before) in before.iter().enumerate() {
            let after = self.alarms(account, By::Crm).await?.unwrap_or_default();
            let new = after.iter().filter(|(id, _)| before.iter().all(|(old, _)| old != id)).count();
            let (is_right, expected) = match self.reference.watches(account, kind, &value) {
                Watches::Surely => (new > 0, "an alarm for an account that watches the value of the breach"),
                // There are few test numbers, and another run on the same server may have leaked one that is watched
                // here.
                Watches::No if self.reference.has_common_values(account) => (true, ""),
                Watches::Perhaps => (true, ""),
                Watches::No => (new == 0, "no alarm for an account that does not watch the value"),
            };
            let observed = || format!("{new} new alarms on account {}", self.accounts[account].0.id);
            Halt::unless(is_right, expected, observed)?;
        }
        Ok(())
    }

    /// The alarms of an account; those that were closed are closed, if they are still listed.
    async fn alarms(&mut self, account: usize, by: By) -> Result<Option<Vec<(String, Value)>>, Halt> {
        let Some(caller) = self.caller(account, by) else { return Ok(None) };
        let listed = alarms::of(self.case, caller, &self.accounts[account].0).await?;
        let now = || listed.iter().filter(|(_, alarm)| is_closed(alarm)).map(|(id, _)| id.clone()).collect();
        let closed = self.closed[account].get_or_insert_with(now);
        for (id, alarm) in &listed {
            let was_closed = closed.contains(id);
            let observed = || format!("alarm {id} is {}", if was_closed { "not" } else { "CLOSED" });
            Halt::unless(is_closed(alarm) == was_closed, "those alarms are CLOSED that were closed", observed)?;
        }
        Ok(Some(listed))
    }

    async fn close(&mut self, account: usize, by: By, pick: usize) -> Result<(), Halt> {
        let (Some(listed), Some(caller)) = (self.alarms(account, by).await?, self.caller(account, by).cloned()) else {
            return Ok(());
        };
        let open: Vec<_> = listed.into_iter().filter(|(_, alarm)| !is_closed(alarm)).collect();
        if open.is_empty() {
            return Ok(());
        }
        let (id, _) = open[pick % open.len()].clone();
        let path = caller.path(&self.accounts[account].0, &format!("/alarms/{id}/close"));
        self.case.get(&caller, &path).await?.demand("an alarm that is there is closed", reader::is_success)?;
        self.closed[account].get_or_insert_default().push(id);
        self.alarms(account, By::Crm).await?;
        self.alarms(account, By::App).await.map(drop)
    }

    /// Gives an account another name, which all who can read it read, and no other account has.
    async fn rename(&self, account: usize, by: By) -> Result<(), Halt> {
        let Some(caller) = self.caller(account, by).cloned() else { return Ok(()) };
        // An account that outlives the run must be as it was.
        if !self.case.session.target.is_throwaway {
            return Ok(());
        }
        let of = &self.accounts[account].0;
        let name = self.case.values.name();
        let mut body = self.case.account_body(&of.email, None);
        body["first_name"] = name.as_str().into();
        let (method, path) = match by {
            By::Crm => (Method::PATCH, format!("/api/v1/account/{}", of.id)),
            By::App => (Method::PUT, "/api/v1/account".to_owned()),
        };
        let answer = self.case.send(&caller, method, &path, Some(body)).await?;
        answer.demand("an account is updated", reader::is_success)?;
        for (place, (other, app)) in self.accounts.iter().enumerate() {
            // The guide lets users read their account, and gives CRM no route to do so.
            let by_crm = self.case.get(&self.crm, &format!("/api/v1/account/{}", other.id)).await?;
            let mut read = Vec::from_iter(reader::is_success(by_crm.status).then_some(by_crm));
            if let Some(app) = app {
                let own = self.case.get(app, "/api/v1/account").await?;
                own.demand("an account is read", reader::is_success)?;
                read.push(own);
            }
            for shown in read {
                let shows = reader::field_is(&shown.body, "first_name", &name).unwrap_or(place == account);
                let expected = format!("account {} and no other has its new name", of.id);
                let observed = || format!("account {} has it: {shows}", other.id);
                Halt::unless(shows == (place == account), expected, observed)?;
            }
        }
        Ok(())
    }

    async fn trespass(&mut self, item: Label, account: usize, kind: &'static Kind) -> Result<(), Halt> {
        let Some(other) = self.other.clone() else { return Ok(()) };
        let of = self.accounts[account].0.clone();
        let is_refused = |status| reader::is_foreign(status) || reader::is_wrong_token(status);
        let body = kind.body(self.case, &kind.new_value(self.case));
        let added = self.case.post(&other, &other.path(&of, kind.items), body).await?;
        added.demand("another partner is refused", is_refused)?;
        let kind_of_item = self.kind(item);
        let path = self.item_path(&other, account, kind_of_item, item);
        let removed = self.case.send(&other, Method::DELETE, &path, None).await?;
        removed.demand("another partner is refused", is_refused)?;
        self.lists(account, kind_of_item).await?;
        self.lists(account, kind).await
    }
}

/// A server error decides nothing: the sequence ends there.
fn is_answered(answer: &Answer) -> Result<(), Halt> {
    match answer.status {
        status if status >= 500 => Err(Halt::Inconclusive(format!("the target fails: {status} to {}", answer.to))),
        _ => Ok(()),
    }
}
