//! Alarms of one account, by CRM and by its owner, and across the accounts of a partner (ALARM-1 to 6).

use crate::api::auth::{Actor, Partner};
use crate::api::error::{ApiError, ErrorKind, known};
use crate::api::operation::{Operation, Page};
use crate::api::pages::Listing;
use crate::api::reply::{Closed, Now, Outcome, Reply};
use crate::api::request::Request;
use crate::guide::assumptions::{AlarmCloseAgain, AlarmCloseAnswer, AlarmCompany, AlarmPeriod, Key};
use crate::model::account::Account;
use crate::model::alarm::{AccountAlarmsShape, AlarmShape, GuidanceShape, Period, Statistic, StatisticShape};
use crate::model::body::{BodyField, BodyPurpose, BodySchema, FieldForm};
use crate::model::exposure::Exposure;
use crate::model::fields::{self, FieldError, Fields};
use crate::model::hints;
use crate::model::id::{Id, Table};
use crate::model::kind::WatchKind;
use crate::world::partner_alarms::WhichAlarms;

const WHICH_LEAK: BodySchema = BodySchema {
    name: "WhichLeak",
    fields: &[BodyField::required("leak_id", FieldForm::Id(Table::Leak))],
    example: r#"{ "leak_id": 1 }"#,
    purpose: BodyPurpose::Whole,
};

/// The fields of the query of a period.
const PERIOD: &[BodyField] =
    &[BodyField::optional("from", FieldForm::Date), BodyField::optional("to", FieldForm::Date)];

const fn on_account(name: &'static str, summary: &'static str) -> Operation {
    Operation::new(name, Page::Alarms, summary)
}

const fn of_all(name: &'static str, summary: &'static str) -> Operation {
    Operation::new(name, Page::AlarmsOfAll, summary)
}

/// The operation of [`list`].
pub(crate) fn lists() -> Operation {
    on_account("listAlarms", "List the alarms")
}

/// The operation of [`list`] on the second version of its route.
pub(crate) fn lists_v2() -> Operation {
    on_account("listAlarmsV2", "List the alarms")
}

/// `GET …/alarms` (ALARM-1, ALARM-4): in the order in which they were raised.
pub(crate) fn list(actor: Actor, request: &Request<'_>) -> Outcome<Listing<AlarmShape>> {
    let page = request.page();
    let listed = request.world.accounts.read(actor.account, |account| {
        let hint = account.exposures.is_empty().then(|| hints::no_alarms(account));
        let alarms = account.exposures.from(page.offset()).map(|alarm| alarm.show_alarm(account));
        Reply::new(page.from(account.exposures.len(), alarms)).hint(hint)
    });
    known(listed)
}

/// The operation of [`statistic`].
pub(crate) fn counts() -> Operation {
    on_account("getAlarmStatistic", "Count the alarms")
}

/// `GET …/alarms/statistic` (ALARM-1).
pub(crate) fn statistic(actor: Actor, request: &Request<'_>) -> Outcome<Now<StatisticShape>> {
    let counted = request.world.accounts.read(actor.account, |account| {
        let mut statistic = Statistic::default();
        account.exposures.iter().for_each(|alarm| statistic.count(alarm));
        statistic.show()
    });
    Ok(Reply::new(Now(known(counted)?)))
}

/// The operation of [`one`].
pub(crate) fn reads() -> Operation {
    on_account("getAlarm", "Read an alarm")
}

/// `GET …/alarms/{alarmId}` (ALARM-1, ALARM-4).
pub(crate) fn one(actor: Actor, request: &Request<'_>) -> Outcome<Now<AlarmShape>> {
    read_alarm(actor, request, |account, alarm| alarm.show_alarm(account))
}

/// The operation of [`coachme`].
pub(crate) fn coaches() -> Operation {
    on_account("getGuidance", "Read the guidance on an alarm")
}

/// `GET …/alarms/{alarmId}/coachme` (ALARM-3): reads, and changes nothing.
pub(crate) fn coachme(actor: Actor, request: &Request<'_>) -> Outcome<Now<GuidanceShape>> {
    read_alarm(actor, request, |_, alarm| alarm.show_guidance())
}

fn read_alarm<T>(actor: Actor, request: &Request<'_>, read: impl FnOnce(&Account, &Exposure) -> T) -> Outcome<Now<T>> {
    let id = alarm_id(request)?;
    let shown = request
        .world
        .accounts
        .read(actor.account, |account| account.exposures.alarm(id).map(|alarm| read(account, alarm)));
    let shown = known(shown)?.ok_or_else(|| no_such_alarm(request, id))?;
    Ok(Reply::new(Now(shown)))
}

/// The operation of [`close`].
pub(crate) fn closes() -> Operation {
    on_account("closeAlarm", "Close an alarm").decided_by(&[Key::AlarmCloseAgain])
}

/// `GET …/alarms/{alarmId}/close` (ALARM-2): a GET that changes state.
pub(crate) fn close(actor: Actor, request: &Request<'_>) -> Outcome<Closed> {
    let id = alarm_id(request)?;
    let closed = request.world.accounts.change(actor.account, |account| {
        let Some(alarm) = account.exposures.alarm(id) else { return Err(no_such_alarm(request, id)) };
        if !alarm.is_open() && request.assumed().choice::<AlarmCloseAgain>() == AlarmCloseAgain::Conflict {
            return Err(ApiError::from(ErrorKind::Conflict("The alarm is closed already.".into())).hint(
                "this alarm is closed already; the guide does not say what closing it again does, so the response follows \
                 the assumption alarm.close-again",
            ));
        }
        request.world.close_alarm(account, id, request.now());
        let closed = account.exposures.alarm(id).ok_or_else(|| no_such_alarm(request, id))?;
        Ok(match request.assumed().choice() {
            AlarmCloseAnswer::Message => Closed::Done("Alarm closed."),
            AlarmCloseAnswer::Alarm => Closed::Alarm(Box::new(closed.show_alarm(account))),
        })
    });
    Ok(Reply::new(known(closed)??))
}

/// The operation of [`coachme_of_leak`].
pub(crate) fn coaches_leak() -> Operation {
    on_account("getGuidanceForLeak", "Read the guidance on a leak").body(WHICH_LEAK).looks_up()
}

/// `POST /api/v1/alarms/leak/coachme` (ALARM-4). The guide gives no body; the mock takes `leak_id`, as leaks and alarms
/// have it.
pub(crate) fn coachme_of_leak(actor: Actor, request: &Request<'_>) -> Outcome<Now<GuidanceShape>> {
    let id = request.read(WHICH_LEAK, |fields| fields.opaque("leak_id", true).flatten())?;
    let id = request.parse_id(Table::Leak, &id).unwrap_or_default();
    let shown =
        request.world.accounts.read(actor.account, |account| account.exposures.leak(id).map(Exposure::show_guidance));
    let shown = known(shown)?.ok_or_else(|| {
        let hint = "this account has no such leak; leak_id is the id of a leak, not of its alarm; see ALARM-4";
        request.no_such(Table::Leak, id, hint)
    })?;
    Ok(Reply::new(Now(shown)))
}

/// The alarm that the path names.
fn alarm_id(request: &Request<'_>) -> Result<u64, ApiError> {
    let named = request.parameter("alarmId").unwrap_or_default();
    request.parse_id(Table::Alarm, named).ok_or_else(|| no_such_alarm(request, 0))
}

fn no_such_alarm(request: &Request<'_>, id: u64) -> ApiError {
    request.no_such(
        Table::Alarm,
        id,
        "there is no such alarm on this account; {alarmId} is the id of one of its alarms; see ALARM-1 and ALARM-4",
    )
}

/// The operation of [`list_all`].
pub(crate) fn lists_all() -> Operation {
    of_all("listAlarmsOfAllAccounts", "List the alarms of all accounts")
}

/// `GET /api/v1/alarms-list`, and `GET /api/v1/alarms` with a CRM token (ALARM-5, ALARM-6).
pub(crate) fn list_all(partner: Partner, request: &Request<'_>) -> Outcome<Listing<AlarmShape>> {
    list_of(partner, request, WhichAlarms::All)
}

/// The operation of [`list_of_emails`].
pub(crate) fn lists_emails() -> Operation {
    of_all("listEmailAlarms", "List the alarms about email addresses")
}

/// `GET /api/v1/alarms/email-list` (ALARM-5).
pub(crate) fn list_of_emails(partner: Partner, request: &Request<'_>) -> Outcome<Listing<AlarmShape>> {
    list_of(partner, request, WhichAlarms::OfKind(WatchKind::Email))
}

/// The operation of [`list_of_phones`].
pub(crate) fn lists_phones() -> Operation {
    of_all("listPhoneAlarms", "List the alarms about phones")
}

/// `GET /api/v1/alarms/phone-list` (ALARM-5).
pub(crate) fn list_of_phones(partner: Partner, request: &Request<'_>) -> Outcome<Listing<AlarmShape>> {
    list_of(partner, request, WhichAlarms::OfKind(WatchKind::Phone))
}

/// The operation of [`list_of_cards`].
pub(crate) fn lists_cards() -> Operation {
    of_all("listCreditCardAlarms", "List the alarms about credit cards")
}

/// `GET /api/v1/alarms/credit-card-list` (ALARM-5).
pub(crate) fn list_of_cards(partner: Partner, request: &Request<'_>) -> Outcome<Listing<AlarmShape>> {
    list_of(partner, request, WhichAlarms::OfKind(WatchKind::CreditCard))
}

/// The operation of [`list_of_companies`].
pub(crate) fn lists_companies() -> Operation {
    of_all("listCompanyAlarms", "List the alarms of accounts that belong to a company")
}

/// `GET /api/v1/alarms/company-list` (ALARM-5): those of accounts that belong to a company, by `alarm.company`.
pub(crate) fn list_of_companies(partner: Partner, request: &Request<'_>) -> Outcome<Listing<AlarmShape>> {
    match request.assumed().choice() {
        AlarmCompany::Field => list_of(partner, request, WhichAlarms::OfCompanies),
        // Every account belongs to the company that its partner is.
        AlarmCompany::Partner => list_of(partner, request, WhichAlarms::All),
    }
}

/// The operation of [`list_of_company`].
pub(crate) fn lists_company() -> Operation {
    of_all("listAlarmsOfCompany", "List the alarms of one company")
}

/// `GET /api/v2/alarms/company/{companyId}` (ALARM-5).
pub(crate) fn list_of_company(partner: Partner, request: &Request<'_>) -> Outcome<Listing<AlarmShape>> {
    let of = request.assumed().choice();
    let named = request.parameter("companyId").and_then(Id::parse_number);
    let Some(company) = named.filter(|company| request.world.is_company(partner.0, *company, of)) else {
        return Err(ApiError::from(ErrorKind::NotFound).hint(
            "no account of this partner belongs to that company; what a company is follows the assumption alarm.company",
        ));
    };
    match of {
        AlarmCompany::Field => list_of(partner, request, WhichAlarms::OfCompany(company)),
        AlarmCompany::Partner => list_of(partner, request, WhichAlarms::All),
    }
}

/// The operation of [`statistic_of_all`].
pub(crate) fn counts_all() -> Operation {
    of_all("getAlarmStatisticOfAllAccounts", "Count the alarms of all accounts")
}

/// `GET /api/v1/alarms/statistic` (ALARM-5).
pub(crate) fn statistic_of_all(partner: Partner, request: &Request<'_>) -> Outcome<Now<StatisticShape>> {
    Ok(Reply::new(Now(request.world.statistic_of_partner(partner.0).show())))
}

/// The operation of [`accounts_by_period`].
pub(crate) fn lists_accounts() -> Operation {
    of_all("listAccountsWithAlarms", "List the accounts that had alarms in a period")
        .query(&[("from", "The first day, in UTC."), ("to", "The last day, in UTC.")])
}

/// `GET /api/v1/alarms/accounts/by-period` (ALARM-5): the accounts that had alarms raised from the day `from` to the day
/// `to`, both included, in UTC.
pub(crate) fn accounts_by_period(partner: Partner, request: &Request<'_>) -> Outcome<Listing<AccountAlarmsShape>> {
    let period = period(request)?;
    let page = request.page();
    Ok(Reply::new(page.of(request.world.accounts_with_alarms(partner.0, period).into_iter())))
}

/// The alarms of the partner that a list is about, in the order in which they were raised.
fn list_of(partner: Partner, request: &Request<'_>, which: WhichAlarms) -> Outcome<Listing<AlarmShape>> {
    let page = request.page();
    let (alarms, total) = request.world.alarms_of_partner(partner.0, which, page.offset(), page.size);
    Ok(Reply::new(page.from(total, alarms.into_iter())))
}

/// The period of the query.
fn period(request: &Request<'_>) -> Result<Period, ApiError> {
    let query = request.query();
    let mut fields = Fields::new(&query, PERIOD);
    let is_open =
        fields.has("from") && fields.has("to") || request.assumed().choice::<AlarmPeriod>() == AlarmPeriod::Open;
    let from = fields.required_if(!is_open, "is required", "from", fields::date);
    let to = fields.required_if(!is_open, "is required", "to", fields::date);
    let period = from.zip(to).map(|(from, to)| Period { from, to });
    if let Some(Period { from: Some(from), to: Some(to) }) = period
        && from > to
    {
        return Err(FieldError::new("to", "The to field must be a date after or equal to from.").into());
    }
    fields.finish(period).map_err(|invalid| {
        ApiError::from(invalid).hint("from and to are days, as in ?from=2026-01-01&to=2026-12-31; both are included")
    })
}
