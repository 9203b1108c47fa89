//! The one route table: its rows are the guide's rows, with the facts beside them.
//!
//! What is not in the table does not exist (NONE-1): another path is 404, another method on a path 405 with `Allow`,
//! both before anybody asks who is calling.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use axum::Router;
use axum::http::Method;
use axum::routing::any;

use crate::app::App;
use crate::assumptions::{Assumptions, Key, PhoneAppVerification};
use crate::auth::Scope::{self, App as ByApp, Crm, CrmOrOwner};
use crate::auth::{Actor, Partner, Subscriber};
use crate::call::{Call, Target};
use crate::facts::Fact::{self, *};
use crate::openapi::{Operation, does};
use crate::reply::Outcome;
use crate::watchlist::card::{self, Card};
use crate::watchlist::email::{self, Email};
use crate::watchlist::iban::Iban;
use crate::watchlist::license::License;
use crate::watchlist::passport::Passport;
use crate::watchlist::phone::{self, Phone};
use crate::watchlist::{add, change, leaks, list, one, remove};
use crate::{account, alarm, login, online, ssn};

const GET: Method = Method::GET;
const POST: Method = Method::POST;
const PUT: Method = Method::PUT;
const PATCH: Method = Method::PATCH;
const DELETE: Method = Method::DELETE;

#[rustfmt::skip]
static TABLE: LazyLock<Vec<Row>> = LazyLock::new(|| {
    [
        // Tokens
        open(POST, "/api/v1/crm/auth/login", &[Login1], login::login, does::LOG_IN),
        open(POST, "/api/v1/sso/token", &[Sso1, Sso2], login::token, does::ISSUE_TOKEN),
        open(POST, "/api/v1/sso/code",  &[Sso4, Sso2], login::code, does::ISSUE_CODE),
        open(POST, "/api/v1/sso/login", &[Sso4], login::exchange, does::EXCHANGE_CODE),

        // Accounts
        of_partner(POST, "/api/v1/account", &[Account1, Ssn2], account::create, does::CREATE_ACCOUNT),
        on(GET,   "/api/v1/account/{account_id}", Crm,        &[Scope5], account::one, does::GET_ACCOUNT),
        on(PUT,   "/api/v1/account/{account_id}", Crm,        &[Account5], account::replace, does::REPLACE_ACCOUNT),
        on(PATCH, "/api/v1/account/{account_id}", Crm,        &[Account5], account::change, does::CHANGE_ACCOUNT),
        on(PUT,   "/api/v2/account/{account_id}", CrmOrOwner, &[Account5, Sso5], account::replace, does::REPLACE_ACCOUNT),
        on(GET,   "/api/v1/account",              ByApp,      &[Sso5], account::one, does::GET_ACCOUNT),
        on(PUT,   "/api/v1/account",              ByApp,      &[Sso5, Account5], account::replace, does::REPLACE_ACCOUNT),
        on(POST,  "/api/v2/account/password",     ByApp,      &[Sso5], account::change_password, does::CHANGE_PASSWORD),

        // SSN (national ID)
        crm(PATCH, "/ssn-monitoring/activate",   &[Ssn3], ssn::activate, does::ACTIVATE_SSN),
        crm(PATCH, "/ssn-monitoring/deactivate", &[Ssn3], ssn::deactivate, does::DEACTIVATE_SSN),

        // Email
        both(POST,   "/email-watchlist",           &[Email1], add::<Email>, does::ADD_EMAIL),
        both(GET,    "/email-watchlist",           &[Email1], list::<Email>, does::LIST_EMAILS),
        both(GET,    "/email-watchlist/leaks",     &[Email1], leaks::<Email>, does::EMAIL_LEAKS),
        both(DELETE, "/email-watchlist/{emailId}", &[Email1], remove::<Email>, does::REMOVE_EMAIL),
        app(POST, "/resend/watchlist-email-confirmation", &[Email2], email::resend, does::RESEND),

        // Phone
        both(POST,   "/phone-watchlist",           &[Phone1], add::<Phone>, does::ADD_PHONE),
        both(GET,    "/phone-watchlist",           &[Phone1, Phone3], list::<Phone>, does::LIST_PHONES),
        both(GET,    "/phone-watchlist/leaks",     &[Phone1, Phone3], leaks::<Phone>, does::PHONE_LEAKS),
        both(DELETE, "/phone-watchlist/{phoneId}", &[Phone1, Phone3], remove::<Phone>, does::REMOVE_PHONE),
        crm(POST, "/phone-watchlist/send-verification-code", &[Phone2], phone::send_verification_code, does::SEND_CODE),
        crm(POST, "/phone-watchlist/confirm",                &[Phone2], phone::confirm, does::CONFIRM_PHONE),
        app(POST, "/phone-watchlist/send-verification-code", &[Phone3], phone::send_verification_code, does::SEND_CODE).only_if(VERIFIED_BY_APP),
        app(POST, "/phone-watchlist/confirm",                &[Phone3], phone::confirm, does::CONFIRM_PHONE).only_if(VERIFIED_BY_APP),

        // IBAN
        both(POST,   "/iban-watchlist",          &[Iban1], add::<Iban>, does::ADD_IBAN),
        both(GET,    "/iban-watchlist",          &[Iban1], list::<Iban>, does::LIST_IBANS),
        both(GET,    "/iban-watchlist/leaks",    &[Iban1], leaks::<Iban>, does::IBAN_LEAKS),
        both(DELETE, "/iban-watchlist/{ibanId}", &[Iban1], remove::<Iban>, does::REMOVE_IBAN),

        // Passport
        both(POST,   "/passport-watchlist",              &[Passport1], add::<Passport>, does::ADD_PASSPORT),
        both(GET,    "/passport-watchlist",              &[Passport1], list::<Passport>, does::LIST_PASSPORTS),
        both(PATCH,  "/passport-watchlist/{passportId}", &[Passport1], change::<Passport>, does::CHANGE_PASSPORT),
        both(DELETE, "/passport-watchlist/{passportId}", &[Passport1], remove::<Passport>, does::REMOVE_PASSPORT),

        // Driver's license
        both(POST,   "/drivers-license-watchlist",             &[License1], add::<License>, does::ADD_LICENSE),
        both(GET,    "/drivers-license-watchlist",             &[License1], list::<License>, does::LIST_LICENSES),
        both(DELETE, "/drivers-license-watchlist/{licenseId}", &[License1], remove::<License>, does::REMOVE_LICENSE),

        // Credit cards
        crm(POST,    "/credit-card",                &[Card1, Card2, Card3], add::<Card>, does::ADD_CARD),
        app(POST,    "/credit-card",                &[Card1, Card2, Card4], add::<Card>, does::ADD_CARD),
        both(GET,    "/credit-cards",               &[Card1, Card2], list::<Card>, does::LIST_CARDS),
        both(GET,    "/credit-card/{creditCardId}", &[Card1, Card2], one::<Card>, does::GET_CARD),
        both(DELETE, "/credit-card/{creditCardId}", &[Card1, Card2], remove::<Card>, does::REMOVE_CARD),
        app(GET,  "/credit-card/leaks",   &[Card1, Card2], leaks::<Card>, does::CARD_LEAKS),
        app(POST, "/credit-cards/verify", &[Card4], card::verify, does::VERIFY_CARD),

        // Alarms, of one account
        crm(GET,  "/alarms",                    &[Alarm1], alarm::list, does::LIST_ALARMS),
        crm(GET,  "/alarms/statistic",          &[Alarm1], alarm::statistic, does::STATISTIC),
        crm(GET,  "/alarms/{alarmId}",          &[Alarm1], alarm::one, does::GET_ALARM),
        crm(GET,  "/alarms/{alarmId}/close",    &[Alarm1, Alarm2], alarm::close, does::CLOSE_ALARM),
        crm(GET,  "/alarms/{alarmId}/coachme",  &[Alarm1, Alarm3], alarm::coachme, does::COACH),
        by_token(GET, "/api/v1/alarms",         &[Alarm4, Alarm5, Alarm6], alarm::list_all, alarm::list, does::LIST_ALARMS),
        on(GET,   "/api/v2/alarms", ByApp,      &[Alarm4], alarm::list, does::LIST_ALARMS_V2),
        app(GET,  "/alarms/{alarmId}",          &[Alarm4], alarm::one, does::GET_ALARM),
        app(GET,  "/alarms/{alarmId}/close",    &[Alarm4, Alarm2], alarm::close, does::CLOSE_ALARM),
        app(GET,  "/alarms/{alarmId}/coachme",  &[Alarm4, Alarm3], alarm::coachme, does::COACH),
        app(POST, "/alarms/leak/coachme",       &[Alarm4, Alarm3], alarm::coachme_of_leak, does::COACH_LEAK),

        // Alarms, across accounts
        of_partner(GET, "/api/v1/alarms-list",                  &[Alarm5], alarm::list_all, does::ALL_ALARMS),
        of_partner(GET, "/api/v1/alarms/statistic",             &[Alarm5], alarm::statistic_of_all, does::ALL_STATISTIC),
        of_partner(GET, "/api/v1/alarms/email-list",            &[Alarm5], alarm::list_of_emails, does::EMAIL_ALARMS),
        of_partner(GET, "/api/v1/alarms/phone-list",            &[Alarm5], alarm::list_of_phones, does::PHONE_ALARMS),
        of_partner(GET, "/api/v1/alarms/credit-card-list",      &[Alarm5], alarm::list_of_cards, does::CARD_ALARMS),
        of_partner(GET, "/api/v1/alarms/company-list",          &[Alarm5], alarm::list_of_companies, does::COMPANY_ALARMS),
        of_partner(GET, "/api/v1/alarms/accounts/by-period",    &[Alarm5], alarm::accounts_by_period, does::ACCOUNTS_BY_PERIOD),
        of_partner(GET, "/api/v2/alarms/company/{companyId}",   &[Alarm5], alarm::list_of_company, does::ONE_COMPANYS_ALARMS),

        // Online Data
        online(POST, "",                     &[Online1, Online2], online::create_profile, does::CREATE_PROFILE),
        online(GET,  "",                     &[Online1, Online2], online::profile, does::GET_PROFILE),
        online(PUT,  "",                     &[Online1, Online2], online::update_profile, does::UPDATE_PROFILE),
        online(GET,  "/status",              &[Online1, Online3], online::status, does::ONLINE_STATUS),
        online(GET,  "/sites",               &[Online1, Online3], online::sites, does::LIST_SITES),
        online(POST, "/scan",                &[Online1, Online4], online::start_scan, does::START_SCAN),
        online(GET,  "/scan/status",         &[Online1, Online4, Online5, Online6, Online7], online::scan_status, does::SCAN_STATUS),
        online(POST, "/scan/{siteId}/retry", &[Online1, Online4], online::retry, does::RETRY_SCAN),
    ]
    .into_iter()
    .flat_map(|rows| rows.0)
    .collect()
});

/// The two routes of PHONE-3 are there only by an assumption.
const VERIFIED_BY_APP: Condition = Condition {
    key: Key::PhoneAppVerification,
    holds: |assumptions| assumptions.choice::<PhoneAppVerification>() == PhoneAppVerification::Present,
};

/// A documented route.
#[derive(Debug)]
pub(crate) struct Row {
    pub(crate) method: Method,
    /// With captures in the guide's words.
    pub(crate) path: String,
    pub(crate) facts: &'static [Fact],
    pub(crate) handler: Handler,
    /// What it does, in the words of the OpenAPI document.
    pub(crate) operation: Operation,
    /// Where it is there only by an assumption.
    pub(crate) condition: Option<Condition>,
}

impl Row {
    /// Whether it answers this method; a row that answers GET answers HEAD too.
    pub(crate) fn answers(&self, method: &Method) -> bool {
        self.method == *method || (self.method == GET && *method == Method::HEAD)
    }

    /// Whether it is there under these assumptions.
    pub(crate) fn exists_under(&self, assumptions: &Assumptions) -> bool {
        self.condition.is_none_or(|condition| (condition.holds)(assumptions))
    }
}

/// What answers a row, by whom it lets in.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Handler {
    /// Anybody: this is where tokens come from.
    Open(fn(&Call<'_>) -> Outcome),
    /// A partner, on no account in particular.
    OfPartner(fn(Partner, &Call<'_>) -> Outcome),
    /// Whoever may act on the account.
    OfAccount(Scope, fn(Actor, &Call<'_>) -> Outcome),
    /// An end user whose plan includes Online Data (ONLINE-1).
    OfSubscriber(fn(Subscriber, &Call<'_>) -> Outcome),
    /// A partner or an end user, and what is meant depends on who it is (ALARM-6).
    ByToken { partner: fn(Partner, &Call<'_>) -> Outcome, user: fn(Actor, &Call<'_>) -> Outcome },
}

/// An assumption that a route's existence hangs on.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Condition {
    pub(crate) key: Key,
    pub(crate) holds: fn(&Assumptions) -> bool,
}

/// One line of the table: a row, or the same row once for each token.
struct Rows(Vec<Row>);

impl Rows {
    fn only_if(mut self, condition: Condition) -> Self {
        self.0.iter_mut().for_each(|row| row.condition = Some(condition));
        self
    }
}

fn row(method: Method, path: String, facts: &'static [Fact], handler: Handler, operation: Operation) -> Row {
    Row { method, path, facts, handler, operation, condition: None }
}

/// A row that asks for no token.
fn open(
    method: Method,
    path: &str,
    facts: &'static [Fact],
    handler: fn(&Call<'_>) -> Outcome,
    does: Operation,
) -> Rows {
    Rows(vec![row(method, path.to_owned(), facts, Handler::Open(handler), does)])
}

/// A row for the CRM token, on no account in particular.
fn of_partner(
    method: Method,
    path: &str,
    facts: &'static [Fact],
    handler: fn(Partner, &Call<'_>) -> Outcome,
    does: Operation,
) -> Rows {
    Rows(vec![row(method, path.to_owned(), facts, Handler::OfPartner(handler), does)])
}

/// A row of Online Data (ONLINE-1).
fn online(
    method: Method,
    path: &str,
    facts: &'static [Fact],
    handler: fn(Subscriber, &Call<'_>) -> Outcome,
    does: Operation,
) -> Rows {
    Rows(vec![row(method, format!("/api/v1/delete-my-data{path}"), facts, Handler::OfSubscriber(handler), does)])
}

/// A row that means one thing with a CRM token, on no account in particular, and another with an app token.
fn by_token(
    method: Method,
    path: &str,
    facts: &'static [Fact],
    partner: fn(Partner, &Call<'_>) -> Outcome,
    user: fn(Actor, &Call<'_>) -> Outcome,
    does: Operation,
) -> Rows {
    Rows(vec![row(method, path.to_owned(), facts, Handler::ByToken { partner, user }, does)])
}

/// A row with its whole path.
fn on(
    method: Method,
    path: &str,
    scope: Scope,
    facts: &'static [Fact],
    handler: fn(Actor, &Call<'_>) -> Outcome,
    does: Operation,
) -> Rows {
    Rows(vec![row(method, path.to_owned(), facts, Handler::OfAccount(scope, handler), does)])
}

/// A row for the CRM token, under the account (SCOPE-2).
fn crm(
    method: Method,
    path: &str,
    facts: &'static [Fact],
    handler: fn(Actor, &Call<'_>) -> Outcome,
    does: Operation,
) -> Rows {
    on(method, &format!("/api/v1/account/{{account_id}}{path}"), Crm, facts, handler, does)
}

/// A row for the app token, without the account (SCOPE-3).
fn app(
    method: Method,
    path: &str,
    facts: &'static [Fact],
    handler: fn(Actor, &Call<'_>) -> Outcome,
    does: Operation,
) -> Rows {
    on(method, &format!("/api/v1{path}"), ByApp, facts, handler, does)
}

/// A row for each token.
fn both(
    method: Method,
    path: &str,
    facts: &'static [Fact],
    handler: fn(Actor, &Call<'_>) -> Outcome,
    does: Operation,
) -> Rows {
    let mut rows = crm(method.clone(), path, facts, handler, does);
    rows.0.extend(app(method, path, facts, handler, does).0);
    rows
}

/// The rows, in the order of the guide.
pub(crate) fn rows() -> impl Iterator<Item = &'static Row> {
    TABLE.iter()
}

/// The documented paths, with captures in the guide's words.
pub(crate) fn paths() -> impl Iterator<Item = &'static str> {
    rows().map(|row| &*row.path)
}

/// The table, and what is answered beside it.
pub(crate) fn router() -> Router<App> {
    let mut by_path = BTreeMap::<&str, Vec<&'static Row>>::new();
    for row in TABLE.iter() {
        by_path.entry(&row.path).or_default().push(row);
    }
    let mut router = Router::new();
    for (path, rows) in by_path {
        router = router.route(path, any(Target::Path(rows.into())));
    }
    router.fallback(Target::Nothing)
}

/// The methods of one path as `Allow` lists them under these assumptions; GET answers HEAD too. Nothing where none is
/// there, so that the path is not either.
pub(crate) fn allowed(rows: &[&Row], assumptions: &Assumptions) -> String {
    let has = |method: &Method| rows.iter().any(|row| row.method == *method && row.exists_under(assumptions));
    let all = [(&GET, "GET, HEAD"), (&POST, "POST"), (&PUT, "PUT"), (&PATCH, "PATCH"), (&DELETE, "DELETE")];
    let present = all.into_iter().filter(|(method, _)| has(method)).map(|(_, name)| name);
    present.collect::<Vec<_>>().join(", ")
}
