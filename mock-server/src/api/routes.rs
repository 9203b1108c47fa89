//! The one route table: its rows are the guide's rows, with the facts beside them.
//!
//! A route that is not in the table does not exist (NONE-1): another path is 404, another method on a path 405 with
//! `Allow`, both before the caller is known.

use std::fmt;
use std::sync::LazyLock;

use axum::http::Method;

use crate::api::auth::Scope::{self, App as ByApp, Crm, CrmOrOwner};
use crate::api::auth::{Actor, Partner, Subscriber};
use crate::api::error::ApiError;
use crate::api::format::Render;
use crate::api::handlers::watchlist::{
    add, adds, change, changes, leaks, list, lists, lists_leaks, one, reads, remove, removes,
};
use crate::api::handlers::{account, alarm, confirmation, login, online, ssn};
use crate::api::operation::Operation;
use crate::api::reply::{Outcome, Outline, Outlined, Reply};
use crate::api::request::Request;
use crate::guide::assumptions::{Key, PhoneAppVerification};
use crate::guide::facts::Fact::{self, *};
use crate::guide::trace::Assumed;
use crate::model::watchlists::items::*;

const GET: Method = Method::GET;
const POST: Method = Method::POST;
const PUT: Method = Method::PUT;
const PATCH: Method = Method::PATCH;
const DELETE: Method = Method::DELETE;

#[rustfmt::skip]
static TABLE: LazyLock<Vec<Row>> = LazyLock::new(|| {
    [
        // Tokens
        open(POST, "/api/v1/crm/auth/login", &[Login1], login::login, login::logs_in()),
        open(POST, "/api/v1/sso/token", &[Sso1, Sso2], login::token, login::issues_token()),
        open(POST, "/api/v1/sso/code",  &[Sso4, Sso2], login::code, login::issues_code()),
        open(POST, "/api/v1/sso/login", &[Sso4], login::exchange, login::exchanges_code()),

        // Accounts
        of_partner(POST, "/api/v1/account", &[Account1, Ssn2], account::create, account::creates()),
        on(GET,   "/api/v1/account/{account_id}", Crm,        &[Scope5], account::one, account::reads()),
        on(PUT,   "/api/v1/account/{account_id}", Crm,        &[Account5], account::replace, account::replaces()),
        on(PATCH, "/api/v1/account/{account_id}", Crm,        &[Account5], account::change, account::changes()),
        on(PUT,   "/api/v2/account/{account_id}", CrmOrOwner, &[Account5, Sso5], account::replace, account::replaces()),
        on(GET,   "/api/v1/account",              ByApp,      &[Sso5], account::one, account::reads()),
        on(PUT,   "/api/v1/account",              ByApp,      &[Sso5, Account5], account::replace, account::replaces()),
        on(POST,  "/api/v2/account/password",     ByApp,      &[Sso5], account::change_password, account::changes_password()),

        // SSN (national ID)
        crm(PATCH, "/ssn-monitoring/activate",   &[Ssn3], ssn::activate, ssn::activates()),
        crm(PATCH, "/ssn-monitoring/deactivate", &[Ssn3], ssn::deactivate, ssn::deactivates()),

        // Email
        both(POST,   "/email-watchlist",           &[Email1], add::<Email>, adds::<Email>()),
        both(GET,    "/email-watchlist",           &[Email1], list::<Email>, lists::<Email>()),
        both(GET,    "/email-watchlist/leaks",     &[Email1], leaks::<Email>, lists_leaks::<Email>()),
        both(DELETE, "/email-watchlist/{emailId}", &[Email1], remove::<Email>, removes::<Email>()),
        app(POST, "/resend/watchlist-email-confirmation", &[Email2], confirmation::resend, confirmation::resends()),

        // Phone
        both(POST,   "/phone-watchlist",           &[Phone1], add::<Phone>, adds::<Phone>()),
        both(GET,    "/phone-watchlist",           &[Phone1, Phone3], list::<Phone>, lists::<Phone>()),
        both(GET,    "/phone-watchlist/leaks",     &[Phone1, Phone3], leaks::<Phone>, lists_leaks::<Phone>()),
        both(DELETE, "/phone-watchlist/{phoneId}", &[Phone1, Phone3], remove::<Phone>, removes::<Phone>()),
        crm(POST, "/phone-watchlist/send-verification-code", &[Phone2], confirmation::send_phone_code, confirmation::sends_phone_code()),
        crm(POST, "/phone-watchlist/confirm",                &[Phone2], confirmation::confirm_phone, confirmation::confirms_phone()),
        app(POST, "/phone-watchlist/send-verification-code", &[Phone3], confirmation::send_phone_code, confirmation::sends_phone_code()).only_if(VERIFIED_BY_APP),
        app(POST, "/phone-watchlist/confirm",                &[Phone3], confirmation::confirm_phone, confirmation::confirms_phone()).only_if(VERIFIED_BY_APP),

        // IBAN
        both(POST,   "/iban-watchlist",          &[Iban1], add::<Iban>, adds::<Iban>()),
        both(GET,    "/iban-watchlist",          &[Iban1], list::<Iban>, lists::<Iban>()),
        both(GET,    "/iban-watchlist/leaks",    &[Iban1], leaks::<Iban>, lists_leaks::<Iban>()),
        both(DELETE, "/iban-watchlist/{ibanId}", &[Iban1], remove::<Iban>, removes::<Iban>()),

        // Passport
        both(POST,   "/passport-watchlist",              &[Passport1], add::<Passport>, adds::<Passport>()),
        both(GET,    "/passport-watchlist",              &[Passport1], list::<Passport>, lists::<Passport>()),
        both(PATCH,  "/passport-watchlist/{passportId}", &[Passport1], change::<Passport>, changes::<Passport>()),
        both(DELETE, "/passport-watchlist/{passportId}", &[Passport1], remove::<Passport>, removes::<Passport>()),

        // Driver's license
        both(POST,   "/drivers-license-watchlist",             &[License1], add::<License>, adds::<License>()),
        both(GET,    "/drivers-license-watchlist",             &[License1], list::<License>, lists::<License>()),
        both(DELETE, "/drivers-license-watchlist/{licenseId}", &[License1], remove::<License>, removes::<License>()),

        // Credit cards
        crm(POST,    "/credit-card",                &[Card1, Card2, Card3], add::<Card>, adds::<Card>()),
        app(POST,    "/credit-card",                &[Card1, Card2, Card4], add::<Card>, adds::<Card>()),
        both(GET,    "/credit-cards",               &[Card1, Card2], list::<Card>, lists::<Card>()),
        both(GET,    "/credit-card/{creditCardId}", &[Card1, Card2], one::<Card>, reads::<Card>()),
        both(DELETE, "/credit-card/{creditCardId}", &[Card1, Card2], remove::<Card>, removes::<Card>()),
        app(GET,  "/credit-card/leaks",   &[Card1, Card2], leaks::<Card>, lists_leaks::<Card>()),
        app(POST, "/credit-cards/verify", &[Card4], confirmation::verify_card, confirmation::verifies_card()),

        // Alarms, of one account
        crm(GET,  "/alarms",                    &[Alarm1], alarm::list, alarm::lists()),
        crm(GET,  "/alarms/statistic",          &[Alarm1], alarm::statistic, alarm::counts()),
        crm(GET,  "/alarms/{alarmId}",          &[Alarm1], alarm::one, alarm::reads()),
        crm(GET,  "/alarms/{alarmId}/close",    &[Alarm1, Alarm2], alarm::close, alarm::closes()),
        crm(GET,  "/alarms/{alarmId}/coachme",  &[Alarm1, Alarm3], alarm::coachme, alarm::coaches()),
        by_token(GET, "/api/v1/alarms",         &[Alarm4, Alarm5, Alarm6], alarm::list_all, alarm::list, alarm::lists()),
        on(GET,   "/api/v2/alarms", ByApp,      &[Alarm4], alarm::list, alarm::lists_v2()),
        app(GET,  "/alarms/{alarmId}",          &[Alarm4], alarm::one, alarm::reads()),
        app(GET,  "/alarms/{alarmId}/close",    &[Alarm4, Alarm2], alarm::close, alarm::closes()),
        app(GET,  "/alarms/{alarmId}/coachme",  &[Alarm4, Alarm3], alarm::coachme, alarm::coaches()),
        app(POST, "/alarms/leak/coachme",       &[Alarm4, Alarm3], alarm::coachme_of_leak, alarm::coaches_leak()),

        // Alarms, across accounts
        of_partner(GET, "/api/v1/alarms-list",                  &[Alarm5], alarm::list_all, alarm::lists_all()),
        of_partner(GET, "/api/v1/alarms/statistic",             &[Alarm5], alarm::statistic_of_all, alarm::counts_all()),
        of_partner(GET, "/api/v1/alarms/email-list",            &[Alarm5], alarm::list_of_emails, alarm::lists_emails()),
        of_partner(GET, "/api/v1/alarms/phone-list",            &[Alarm5], alarm::list_of_phones, alarm::lists_phones()),
        of_partner(GET, "/api/v1/alarms/credit-card-list",      &[Alarm5], alarm::list_of_cards, alarm::lists_cards()),
        of_partner(GET, "/api/v1/alarms/company-list",          &[Alarm5], alarm::list_of_companies, alarm::lists_companies()),
        of_partner(GET, "/api/v1/alarms/accounts/by-period",    &[Alarm5], alarm::accounts_by_period, alarm::lists_accounts()),
        of_partner(GET, "/api/v2/alarms/company/{companyId}",   &[Alarm5], alarm::list_of_company, alarm::lists_company()),

        // Online Data
        online(POST, "",                     &[Online1, Online2], online::create_profile, online::creates_profile()),
        online(GET,  "",                     &[Online1, Online2], online::profile, online::reads_profile()),
        online(PUT,  "",                     &[Online1, Online2], online::update_profile, online::updates_profile()),
        online(GET,  "/status",              &[Online1, Online3], online::status, online::reads_status()),
        online(GET,  "/sites",               &[Online1, Online3], online::sites, online::lists_sites()),
        online(POST, "/scan",                &[Online1, Online4], online::start_scan, online::starts_scan()),
        online(GET,  "/scan/status",         &[Online1, Online4, Online5, Online6, Online7], online::scan_status, online::reads_scan()),
        online(POST, "/scan/{siteId}/retry", &[Online1, Online4], online::retry, online::retries_scan()),
    ]
    .into_iter()
    .flat_map(|rows| rows.0)
    .collect()
});

/// The two routes of PHONE-3 exist by an assumption only.
const VERIFIED_BY_APP: Condition = Condition {
    key: Key::PhoneAppVerification,
    holds: |assumed| assumed.choice::<PhoneAppVerification>() == PhoneAppVerification::Present,
};

/// A documented route.
#[derive(Debug)]
pub(crate) struct Row {
    pub(crate) method: Method,
    /// With captures in the guide's words.
    pub(crate) path: String,
    pub(crate) facts: &'static [Fact],
    pub(crate) handler: Handler,
    /// The kind of its answer.
    pub(crate) outline: Outline,
    pub(crate) operation: Operation,
    /// The assumption that it exists by, if it does not always exist.
    pub(crate) condition: Option<Condition>,
}

impl Row {
    /// Whether it answers this method; a row that answers GET answers HEAD too.
    pub(crate) fn answers(&self, method: &Method) -> bool {
        self.method == *method || (self.method == GET && *method == Method::HEAD)
    }

    /// Whether it asks for no token.
    pub(crate) fn is_open(&self) -> bool {
        matches!(self.handler, Handler::Open(_))
    }

    /// Whether a capture or the body names something that belongs to an account.
    pub(crate) fn looks_up_an_item(&self) -> bool {
        let is_item = |name: &str| !matches!(name, "account_id" | "companyId" | "siteId");
        let mut captures = self.path.split('/').filter_map(|segment| segment.strip_prefix('{')?.strip_suffix('}'));
        self.operation.looks_up || captures.any(is_item)
    }

    /// Whether it exists under these assumptions.
    pub(crate) fn exists(&self, assumed: Assumed<'_>) -> bool {
        self.condition.is_none_or(|condition| (condition.holds)(assumed))
    }
}

/// The answer of any handler.
pub(crate) type AnyOutcome = Result<Reply<Box<dyn Render>>, ApiError>;

/// A handler for a caller who is allowed to act.
pub(crate) type Handle<C> = Box<dyn Fn(C, &Request<'_>) -> AnyOutcome + Send + Sync>;

/// The handler of a row, by the callers that it lets in.
pub(crate) enum Handler {
    /// Anybody: tokens come from here.
    Open(Handle<()>),
    /// A partner, on no account in particular.
    OfPartner(Handle<Partner>),
    /// A caller who may act on the account.
    OfAccount(Scope, Handle<Actor>),
    /// An end user whose plan includes Online Data (ONLINE-1).
    OfSubscriber(Handle<Subscriber>),
    /// A partner or an end user, each with a meaning of its own (ALARM-6).
    ByToken { partner: Handle<Partner>, user: Handle<Actor> },
}

impl fmt::Debug for Handler {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Open(_) => "Open",
            Self::OfPartner(_) => "OfPartner",
            Self::OfAccount(..) => "OfAccount",
            Self::OfSubscriber(_) => "OfSubscriber",
            Self::ByToken { .. } => "ByToken",
        })
    }
}

/// The assumption that a route exists by.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Condition {
    pub(crate) key: Key,
    pub(crate) holds: fn(Assumed<'_>) -> bool,
}

/// One line of the table: a row, or the same row once for each token.
struct Rows(Vec<Row>);

impl Rows {
    fn only_if(mut self, condition: Condition) -> Self {
        self.0.iter_mut().for_each(|row| row.condition = Some(condition));
        self
    }
}

/// A handler whose answer is like that of any other.
fn boxed<C: 'static, A: Render + 'static>(
    handler: impl Fn(C, &Request<'_>) -> Outcome<A> + Send + Sync + 'static,
) -> Handle<C> {
    Box::new(move |caller, request| handler(caller, request).map(|reply| reply.map(|answer| Box::new(answer) as _)))
}

fn row<A: Outlined>(
    method: Method,
    path: impl Into<String>,
    facts: &'static [Fact],
    handler: Handler,
    operation: Operation,
) -> Rows {
    Rows(vec![Row { method, path: path.into(), facts, handler, outline: A::OUTLINE, operation, condition: None }])
}

/// A row that asks for no token.
fn open<A: Render + Outlined + 'static>(
    method: Method,
    path: &str,
    facts: &'static [Fact],
    handler: fn(&Request<'_>) -> Outcome<A>,
    operation: Operation,
) -> Rows {
    let handler = boxed(move |(), request: &Request<'_>| handler(request));
    row::<A>(method, path, facts, Handler::Open(handler), operation)
}

/// A row for the CRM token, on no account in particular.
fn of_partner<A: Render + Outlined + 'static>(
    method: Method,
    path: &str,
    facts: &'static [Fact],
    handler: fn(Partner, &Request<'_>) -> Outcome<A>,
    operation: Operation,
) -> Rows {
    row::<A>(method, path, facts, Handler::OfPartner(boxed(handler)), operation)
}

/// A row of Online Data (ONLINE-1).
fn online<A: Render + Outlined + 'static>(
    method: Method,
    path: &str,
    facts: &'static [Fact],
    handler: fn(Subscriber, &Request<'_>) -> Outcome<A>,
    operation: Operation,
) -> Rows {
    let path = format!("/api/v1/delete-my-data{path}");
    row::<A>(method, path, facts, Handler::OfSubscriber(boxed(handler)), operation)
}

/// A row that has one meaning with a CRM token, on no account in particular, and another with an app token.
fn by_token<A: Render + Outlined + 'static>(
    method: Method,
    path: &str,
    facts: &'static [Fact],
    partner: fn(Partner, &Request<'_>) -> Outcome<A>,
    user: fn(Actor, &Request<'_>) -> Outcome<A>,
    operation: Operation,
) -> Rows {
    let handler = Handler::ByToken { partner: boxed(partner), user: boxed(user) };
    row::<A>(method, path, facts, handler, operation)
}

/// A row with its whole path.
fn on<A: Render + Outlined + 'static>(
    method: Method,
    path: &str,
    scope: Scope,
    facts: &'static [Fact],
    handler: fn(Actor, &Request<'_>) -> Outcome<A>,
    operation: Operation,
) -> Rows {
    row::<A>(method, path, facts, Handler::OfAccount(scope, boxed(handler)), operation)
}

/// A row for the CRM token, under the account (SCOPE-2).
fn crm<A: Render + Outlined + 'static>(
    method: Method,
    path: &str,
    facts: &'static [Fact],
    handler: fn(Actor, &Request<'_>) -> Outcome<A>,
    operation: Operation,
) -> Rows {
    on(method, &format!("/api/v1/account/{{account_id}}{path}"), Crm, facts, handler, operation)
}

/// A row for the app token, without the account (SCOPE-3).
fn app<A: Render + Outlined + 'static>(
    method: Method,
    path: &str,
    facts: &'static [Fact],
    handler: fn(Actor, &Request<'_>) -> Outcome<A>,
    operation: Operation,
) -> Rows {
    on(method, &format!("/api/v1{path}"), ByApp, facts, handler, operation)
}

/// A row for each token.
fn both<A: Render + Outlined + 'static>(
    method: Method,
    path: &str,
    facts: &'static [Fact],
    handler: fn(Actor, &Request<'_>) -> Outcome<A>,
    operation: Operation,
) -> Rows {
    let mut rows = crm(method.clone(), path, facts, handler, operation.clone());
    rows.0.extend(app(method, path, facts, handler, operation).0);
    rows
}

/// The rows, in the order of the guide.
pub(crate) fn rows() -> impl Iterator<Item = &'static Row> + Clone {
    TABLE.iter()
}

/// The documented paths, with captures in the guide's words.
pub(crate) fn paths() -> impl Iterator<Item = &'static str> + Clone {
    rows().map(|row| &*row.path)
}

/// The methods of one path as `Allow` lists them under these assumptions; GET includes HEAD. Empty where no row exists, so
/// that the path does not either.
pub(crate) fn allowed(rows: &[&Row], assumed: Assumed<'_>) -> String {
    let has = |method: &Method| rows.iter().any(|row| row.method == *method && row.exists(assumed));
    let all = [(&GET, "GET, HEAD"), (&POST, "POST"), (&PUT, "PUT"), (&PATCH, "PATCH"), (&DELETE, "DELETE")];
    let present = all.into_iter().filter(|(method, _)| has(method)).map(|(_, name)| name);
    present.collect::<Vec<_>>().join(", ")
}
