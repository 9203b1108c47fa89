//! Alarms: one for every leak of a watched value (ALARM-1 to 6).
//!
//! An alarm is the other side of a [`Hit`]: the hit is raised when a leak meets a watched value, and has an alarm's id
//! and status. What is no longer watched shows no leak, and its alarm stays.

use crate::account::Account;
use crate::assumptions::{AlarmCloseAnswer, AlarmCompany, AlarmPeriod, Key};
use crate::auth::{Actor, Mode, Partner};
use crate::call::Call;
use crate::fields::{self, Fields};
use crate::guidance::Guidance;
use crate::hints;
use crate::id::{Id, Table};
use crate::leak::{Hit, Severity, WatchKind};
use crate::reply::{Issue, Outcome, Refusal, Reply, Why};
use crate::time::{Date, Timestamp};
use crate::value::Object;

impl WatchKind {
    /// As the `type` of an alarm names it.
    fn alarm_type(self) -> &'static str {
        match self {
            Self::Email => "EMAIL",
            Self::Phone => "PHONE",
            Self::Iban => "IBAN",
            Self::Passport => "PASSPORT",
            Self::DriversLicense => "DRIVERS_LICENSE",
            Self::CreditCard => "CREDIT_CARD",
            Self::Ssn => "SSN",
        }
    }
}

impl Hit {
    /// The status of the alarm, and of the leak that it was raised for.
    pub(crate) fn status(&self) -> &'static str {
        if self.closed_at.is_some() { "CLOSED" } else { "OPEN" }
    }

    /// The alarm as a client reads it.
    fn show_alarm(&self, account: &Account) -> Object {
        Object::new()
            .with("id", Id::new(Table::Alarm, self.alarm_id))
            .with("account_id", Id::new(Table::Account, account.id))
            .with_some("company_id", account.company_id)
            .with("type", self.leak.kind.alarm_type())
            .with("title", &self.leak.title)
            .with("severity", self.leak.severity.name())
            .with("status", self.status())
            .with("leak_id", Id::new(Table::Leak, self.id))
            .with("created_at", self.created_at)
            .with("closed_at", self.closed_at)
    }

    /// What to do about it (ALARM-3).
    fn show_guidance(&self) -> Object {
        let Guidance { title, text, steps } = Guidance::on(&self.leak);
        Object::new()
            .with("alarm_id", Id::new(Table::Alarm, self.alarm_id))
            .with("leak_id", Id::new(Table::Leak, self.id))
            .with("type", self.leak.kind.alarm_type())
            .with("severity", self.leak.severity.name())
            .with("title", title)
            .with("text", text)
            .with("steps", steps)
    }
}

impl Account {
    fn alarm(&self, id: u64) -> Option<&Hit> {
        self.hits.iter().find(|alarm| alarm.alarm_id == id)
    }
}

// One account, by CRM and by its owner.

/// `GET …/alarms` (ALARM-1, ALARM-4): in the order in which they were raised.
pub(crate) fn list(actor: Actor, call: &Call<'_>) -> Outcome {
    let page = call.page();
    if breaks!(call.world.settings(), UsersSeeAllAlarms) && actor.mode == Mode::EndUser {
        let partner = call.world.partner_of(actor.account).unwrap_or_default();
        return list_where(Partner(partner), call, |_, _| true);
    }
    call.world.read_account(actor.account, |account| {
        if account.hits.is_empty() {
            call.hint(hints::no_alarms(account));
        }
        let alarms = account.hits.iter().collect::<Vec<_>>();
        #[cfg(feature = "broken-rules")]
        let alarms = crate::broken::some_of(alarms, call.world.settings());
        Ok(Reply::List(page.of(alarms.iter().map(|alarm| {
            #[cfg(feature = "broken-rules")]
            if breaks!(call.world.settings(), CrmReadsAllAlarmsAsOpen) && actor.mode == Mode::AdminManaged {
                return crate::broken::as_open(alarm).show_alarm(account);
            }
            alarm.show_alarm(account)
        }))))
    })
}

/// `GET …/alarms/statistic` (ALARM-1).
pub(crate) fn statistic(actor: Actor, call: &Call<'_>) -> Outcome {
    call.world.read_account(actor.account, |account| {
        let mut statistic = Statistic::default();
        account.hits.iter().for_each(|alarm| statistic.count(alarm));
        Ok(Reply::Item(statistic.show()))
    })
}

/// `GET …/alarms/{alarmId}` (ALARM-1, ALARM-4).
pub(crate) fn one(actor: Actor, call: &Call<'_>) -> Outcome {
    of_alarm(actor, call, |account, alarm| Ok(Reply::Item(alarm.show_alarm(account))))
}

/// `GET …/alarms/{alarmId}/coachme` (ALARM-3): reads, and changes nothing.
pub(crate) fn coachme(actor: Actor, call: &Call<'_>) -> Outcome {
    if breaks!(call.world.settings(), CoachmeCloses) {
        close(actor, call)?;
    }
    of_alarm(actor, call, |_, alarm| Ok(Reply::Item(alarm.show_guidance())))
}

fn of_alarm(actor: Actor, call: &Call<'_>, answer: impl FnOnce(&Account, &Hit) -> Outcome) -> Outcome {
    let id = alarm_id(call)?;
    #[cfg(feature = "broken-rules")]
    let actor = if breaks!(call.world.settings(), ForeignAlarmsAreRead) {
        crate::broken::as_owner_of_alarm(actor, id, call.world)
    } else {
        actor
    };
    call.world.read_account(actor.account, |account| match account.alarm(id) {
        Some(alarm) => answer(account, alarm),
        None => Err(no_such_alarm(call, id)),
    })
}

/// `GET …/alarms/{alarmId}/close` (ALARM-2): a GET that changes state.
pub(crate) fn close(actor: Actor, call: &Call<'_>) -> Outcome {
    let id = alarm_id(call)?;
    #[cfg(feature = "broken-rules")]
    let actor = if breaks!(call.world.settings(), ForeignAlarmsAreClosed) {
        crate::broken::as_owner_of_alarm(actor, id, call.world)
    } else {
        actor
    };
    #[cfg(feature = "broken-rules")]
    if breaks!(call.world.settings(), ClosingClosesEverybodys) {
        for account in call.world.account_ids() {
            call.world.change_account(account, |account| {
                account.hits.iter_mut().for_each(|alarm| alarm.closed_at = Some(call.now));
                Ok(())
            })?;
        }
    }
    call.world.change_account(actor.account, |account| {
        if breaks!(call.world.settings(), ClosingIsLost) && account.alarm(id).is_some() {
            return Ok(Reply::Done("Alarm closed."));
        }
        if breaks!(call.world.settings(), ClosingClosesAll) {
            account.hits.iter_mut().for_each(|alarm| alarm.closed_at = Some(call.now));
        }
        let Some(alarm) = account.hits.iter_mut().find(|alarm| alarm.alarm_id == id) else {
            return Err(no_such_alarm(call, id));
        };
        if alarm.closed_at.is_some() && call.assumed().name(Key::AlarmCloseAgain) == "409" {
            return Err(Refusal::from(Why::Conflict("The alarm is closed already.".into())).hint(
                "this alarm is closed already; the guide does not say what closing it again does, so the answer follows \
                 the assumption alarm.close-again",
            ));
        }
        alarm.closed_at.get_or_insert(call.now);
        match call.assumed().choice() {
            AlarmCloseAnswer::Message => Ok(Reply::Done("Alarm closed.")),
            AlarmCloseAnswer::Alarm => {
                let alarm = account.alarm(id).expect("it was just closed");
                Ok(Reply::Item(alarm.show_alarm(account)))
            }
        }
    })
}

/// `POST /api/v1/alarms/leak/coachme` (ALARM-4). The guide gives no body: `leak_id`, as leaks and alarms have it.
pub(crate) fn coachme_of_leak(actor: Actor, call: &Call<'_>) -> Outcome {
    let body = call.body()?;
    let mut fields = Fields::new(&body);
    let id = fields.opaque("leak_id", true).flatten();
    let id = fields.finish(id)?;
    let id = Id::parse(Table::Leak, &id, call.id_form()).unwrap_or_default();
    call.world.read_account(actor.account, |account| match account.hits.iter().find(|hit| hit.id == id) {
        Some(hit) => Ok(Reply::Item(hit.show_guidance())),
        None => Err(call.no_such(
            Table::Leak,
            id,
            "this account has no such leak; leak_id is the id of a leak, not of its alarm; see ALARM-4",
        )),
    })
}

/// The alarm that the path names; what is no id names none.
fn alarm_id(call: &Call<'_>) -> Result<u64, Refusal> {
    let named = call.parameter("alarmId").unwrap_or_default();
    Id::parse(Table::Alarm, named, call.id_form()).ok_or_else(|| no_such_alarm(call, 0))
}

fn no_such_alarm(call: &Call<'_>, id: u64) -> Refusal {
    call.no_such(
        Table::Alarm,
        id,
        "there is no such alarm on this account; {alarmId} is the id of one of its alarms; see ALARM-1 and ALARM-4",
    )
}

// Across the accounts of a partner.

/// `GET /api/v1/alarms-list`, and `GET /api/v1/alarms` with a CRM token (ALARM-5, ALARM-6).
pub(crate) fn list_all(partner: Partner, call: &Call<'_>) -> Outcome {
    let is_meant = |account: &Account| !breaks!(call.world.settings(), CrmSeesOneAccount) || account.id == 1;
    list_where(partner, call, |account, _| is_meant(account))
}

/// `GET /api/v1/alarms/email-list` (ALARM-5).
pub(crate) fn list_of_emails(partner: Partner, call: &Call<'_>) -> Outcome {
    list_of_kind(partner, call, WatchKind::Email)
}

/// `GET /api/v1/alarms/phone-list` (ALARM-5).
pub(crate) fn list_of_phones(partner: Partner, call: &Call<'_>) -> Outcome {
    list_of_kind(partner, call, WatchKind::Phone)
}

/// `GET /api/v1/alarms/credit-card-list` (ALARM-5).
pub(crate) fn list_of_cards(partner: Partner, call: &Call<'_>) -> Outcome {
    list_of_kind(partner, call, WatchKind::CreditCard)
}

fn list_of_kind(partner: Partner, call: &Call<'_>, kind: WatchKind) -> Outcome {
    let of_all = breaks!(call.world.settings(), KindListsHoldAll);
    list_where(partner, call, |_, alarm| of_all || alarm.leak.kind == kind)
}

/// `GET /api/v1/alarms/company-list` (ALARM-5): those of accounts that belong to a company, by `alarm.company`.
pub(crate) fn list_of_companies(partner: Partner, call: &Call<'_>) -> Outcome {
    let of = call.assumed().choice();
    list_where(partner, call, |account, _| company(account, of).is_some())
}

/// `GET /api/v2/alarms/company/{companyId}` (ALARM-5).
pub(crate) fn list_of_company(partner: Partner, call: &Call<'_>) -> Outcome {
    let of = call.assumed().choice();
    let named = call.parameter("companyId").and_then(Id::parse_number);
    let is_meant = |account: &Account| named.is_some() && company(account, of) == named;
    let mut is_known = of == AlarmCompany::Partner && named == Some(partner.0);
    call.world.each_account_of(partner.0, |account| is_known |= is_meant(account));
    if !is_known {
        return Err(Refusal::from(Why::NotFound).hint(
            "no account of this partner belongs to that company; what a company is follows the assumption alarm.company",
        ));
    }
    list_where(partner, call, |account, _| is_meant(account))
}

/// The company of an account.
fn company(account: &Account, of: AlarmCompany) -> Option<u64> {
    match of {
        AlarmCompany::Field => account.company_id,
        AlarmCompany::Partner => Some(account.partner),
    }
}

/// `GET /api/v1/alarms/statistic` (ALARM-5).
pub(crate) fn statistic_of_all(partner: Partner, call: &Call<'_>) -> Outcome {
    let mut statistic = Statistic::default();
    if breaks!(call.world.settings(), StatisticsAreEmpty) {
        return Ok(Reply::Item(statistic.show()));
    }
    call.world.each_account_of(partner.0, |account| account.hits.iter().for_each(|alarm| statistic.count(alarm)));
    Ok(Reply::Item(statistic.show()))
}

/// `GET /api/v1/alarms/accounts/by-period` (ALARM-5): the accounts that had alarms raised from the day `from` to the day
/// `to`, both included, in UTC.
pub(crate) fn accounts_by_period(partner: Partner, call: &Call<'_>) -> Outcome {
    let period = Period::parse(call)?;
    let page = call.page();
    let mut accounts = Vec::new();
    call.world.each_account_of(partner.0, |account| {
        let raised = account.hits.iter().filter(|alarm| period.holds(alarm.created_at));
        accounts.extend(Raised::count(raised).map(|raised| (account.id, raised)));
    });
    accounts.sort_unstable_by_key(|(account, _)| *account);
    Ok(Reply::List(page.of(accounts.into_iter().map(|(account, raised)| raised.show(account)))))
}

/// The alarms of the partner that are meant, in the order in which they were raised.
fn list_where(partner: Partner, call: &Call<'_>, is_meant: impl Fn(&Account, &Hit) -> bool) -> Outcome {
    let page = call.page();
    let mut alarms = Vec::new();
    let mut look = |account: &Account| {
        let all = account.hits.iter().collect::<Vec<_>>();
        #[cfg(feature = "broken-rules")]
        let all = crate::broken::some_of(all, call.world.settings());
        let meant = all.into_iter().filter(|alarm| is_meant(account, alarm));
        alarms.extend(meant.map(|alarm| (alarm.alarm_id, alarm.show_alarm(account))));
    };
    call.world.each_account_of(partner.0, &mut look);
    if breaks!(call.world.settings(), PartnersShareAlarms) {
        (1..=2).filter(|other| *other != partner.0).for_each(|other| call.world.each_account_of(other, &mut look));
    }
    alarms.sort_unstable_by_key(|(id, _)| *id);
    Ok(Reply::List(page.of(alarms.into_iter().map(|(_, alarm)| alarm))))
}

/// How many alarms there are.
#[derive(Debug, Default)]
struct Statistic {
    open: u64,
    closed: u64,
    by_kind: [u64; WatchKind::ALL.len()],
    by_severity: [u64; Severity::ALL.len()],
}

impl Statistic {
    fn count(&mut self, alarm: &Hit) {
        *(if alarm.closed_at.is_some() { &mut self.closed } else { &mut self.open }) += 1;
        self.by_kind[alarm.leak.kind as usize] += 1;
        self.by_severity[alarm.leak.severity as usize] += 1;
    }

    fn show(&self) -> Object {
        let with = |object: Object, (name, count): (&'static str, &u64)| object.with(name, *count);
        let kinds = WatchKind::ALL.map(WatchKind::alarm_type).into_iter().zip(&self.by_kind);
        let severities = Severity::ALL.map(Severity::name).into_iter().zip(&self.by_severity);
        Object::new()
            .with("total", self.open + self.closed)
            .with("open", self.open)
            .with("closed", self.closed)
            .with("by_type", kinds.fold(Object::new(), with))
            .with("by_severity", severities.fold(Object::new(), with))
    }
}

/// The days that a list is asked for.
#[derive(Clone, Copy, Debug)]
struct Period {
    from: Option<Date>,
    to: Option<Date>,
}

impl Period {
    fn parse(call: &Call<'_>) -> Result<Self, Refusal> {
        let query = call.query();
        let mut fields = Fields::new(&query);
        let is_open =
            fields.has("from") && fields.has("to") || call.assumed().choice::<AlarmPeriod>() == AlarmPeriod::Open;
        let from = fields.required_if(!is_open, "is required", "from", fields::date);
        let to = fields.required_if(!is_open, "is required", "to", fields::date);
        let period = from.zip(to).map(|(from, to)| Self { from, to });
        if let Some(Self { from: Some(from), to: Some(to) }) = period
            && from > to
        {
            let text = "The to field must be a date after or equal to from.";
            return Err(Why::Invalid(vec![Issue::new("to", text)]).into());
        }
        fields.finish(period).map_err(|why| {
            Refusal::from(why).hint("from and to are days, as in ?from=2026-01-01&to=2026-12-31; both are included")
        })
    }

    fn holds(self, at: Timestamp) -> bool {
        self.from.is_none_or(|from| from <= at.date()) && self.to.is_none_or(|to| at.date() <= to)
    }
}

/// The alarms of one account in a period.
#[derive(Debug)]
struct Raised {
    open: u64,
    closed: u64,
    first: Timestamp,
    last: Timestamp,
}

impl Raised {
    /// None where there are none.
    fn count<'a>(alarms: impl Iterator<Item = &'a Hit>) -> Option<Self> {
        alarms.fold(None, |raised, alarm| {
            let at = alarm.created_at;
            let Self { open, closed, first, last } = raised.unwrap_or(Self { open: 0, closed: 0, first: at, last: at });
            let is_closed = u64::from(alarm.closed_at.is_some());
            Some(Self {
                open: open + 1 - is_closed,
                closed: closed + is_closed,
                first: first.min(at),
                last: last.max(at),
            })
        })
    }

    fn show(&self, account: u64) -> Object {
        Object::new()
            .with("account_id", Id::new(Table::Account, account))
            .with("alarms_count", self.open + self.closed)
            .with("open_count", self.open)
            .with("closed_count", self.closed)
            .with("first_alarm_at", self.first)
            .with("last_alarm_at", self.last)
    }
}
