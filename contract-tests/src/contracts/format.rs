//! The two response formats, on every kind of answer.

use std::collections::BTreeSet;
use std::sync::Arc;

use reqwest::Method;
use serde_json::{Value, json};

use super::watchlist::{EMAIL, Enrolled, KINDS};
use super::{alarms, online};
use crate::case::Case;
use crate::client::{Answer, Caller, Exchange, Format, Request};
use crate::contract::{Step, Stop};
use crate::reader;
use crate::run::Run;
use crate::secrets::Secret;

page!("format" {
    "version_selects_it": ["FORMAT-1"] => |case| version_selects_it(case),
    "forced_by_deployment": ["FORMAT-2"] => |case| forced_by_deployment(case),
    "same_calls_in_both": ["FORMAT-1"] => |case| same_calls_in_both(case),
    "datetimes": ["FORMAT-3"] => |case| datetimes(case),
    "dates": ["FORMAT-4"] => |case| dates(case),
    "booleans": ["FORMAT-5"] => |case| booleans(case),
    "standardized_errors": ["FORMAT-6", "FORMAT-7"] => |case| standardized_errors(case),
    "legacy_errors": ["FORMAT-8"] => |case| legacy_errors(case),
    "validation_details": ["FORMAT-6", "FORMAT-7"] => |case| validation_details(case),
    "throttling": ["FORMAT-9", "FORMAT-7"] => |case| throttling(case),
});

/// The version of the guide selects the standardized format; another one, or none, the legacy one, for errors and for
/// what is no error.
async fn version_selects_it(case: &Case) -> Step {
    let (account, answers) = (case.account().await?, case.crm().await?);
    EMAIL.needed(case, &answers, &account, &case.email()).await?;
    let (legacy, standardized) = (Format::Legacy, Format::Standardized);
    let versions = [
        (None, legacy),
        (Some("1999-12-31"), legacy),
        (Some("2026-06-13"), legacy),
        (Some(""), legacy),
        (standardized.version(), standardized),
    ];
    for (version, format) in versions {
        let format = case.answered_format(format);
        let what = version.map_or("no version".to_owned(), |version| format!("the version {version:?}"));
        let asked = |path: &str| Request {
            version: version.map(str::to_owned),
            ..Request::new(Method::GET, path, case.format, None)
        };
        let refused = case.send_request(&Caller::Anonymous, asked("/api/v1/email-watchlist")).await?;
        refused.demand(&format!("{what} is taken, and nobody let in"), reader::is_wrong_token)?;
        if let Some(issue) = error_issue(&refused, format) {
            return Err(Stop::fail(format!("a {} error for {what}", format.name()), issue));
        }
        if case.run.is_frugal() {
            continue;
        }
        let listed = case.send_request(&answers, asked(&answers.path(&account, EMAIL.list))).await?;
        listed.demand(&format!("a list for {what}"), reader::is_success)?;
        for (name, value) in reader::fields(&listed.body) {
            if let Some(issue) = datetime_issue(name, value, format) {
                return Err(Stop::fail(format!("a {} list for {what}", format.name()), issue));
            }
        }
    }
    Ok(())
}

fn error_issue(answer: &Answer, format: Format) -> Option<String> {
    let issue = reader::error_issue(answer.status, answer.content_type(), &answer.body, format)?;
    Some(format!("{} to {}, with {issue}", answer.status, answer.to))
}

/// Where the deployment forces the standardized format no request gets another; where it does not, one without a version
/// gets the legacy one.
async fn forced_by_deployment(case: &Case) -> Step {
    let wanted = if case.run.target.normalize_all { Format::Standardized } else { Format::Legacy };
    for (method, path) in [(Method::GET, "/api/v1/email-watchlist"), (Method::POST, "/api/v1/crm/auth/login")] {
        let body = (method == Method::POST).then(|| json!({}));
        let request = Request { version: None, ..Request::new(method, path, case.format, body.as_ref()) };
        let answer = case.send_request(&Caller::Anonymous, request).await?;
        answer.demand("a refusal", reader::is_refusal).map_err(Stop::into_needed)?;
        if let Some(issue) = error_issue(&answer, wanted) {
            let setting = if case.run.target.normalize_all { "set" } else { "not set" };
            let expected = format!("a {} error, for DEFENTRY_NORMALIZE_ALL is {setting}", wanted.name());
            return Err(Stop::fail(expected, issue));
        }
    }
    Ok(())
}

/// Paths, methods and request bodies are the same in both: what is added in one is read and removed in the other.
async fn same_calls_in_both(case: &Case) -> Step {
    let (account, crm) = (case.account().await?, case.crm().await?);
    let [first, second] = match case.format {
        Format::Legacy => [Format::Legacy, Format::Standardized],
        Format::Standardized => [Format::Standardized, Format::Legacy],
    };
    let email = case.email();
    let path = crm.path(&account, EMAIL.items);
    let body = json!({ "email": email });
    let added = case.send_request(&crm, Request::new(Method::POST, &path, first, Some(&body))).await?;
    added.demand("the item is added", reader::is_success)?;
    for format in [first, second] {
        let listed = case.send_request(&crm, Request::new(Method::GET, &path, format, None)).await?;
        listed.demand("the list", reader::is_success)?;
        let page = reader::page(&listed.body).ok_or_else(|| Stop::fail("a list", "none"))?;
        let is_there = page.items.iter().any(|item| reader::shows(item, &email));
        Stop::unless(is_there, "the same list in both formats", || format!("not in the {} one", format.name()))?;
    }
    let items = EMAIL.list(case, &crm, &account).await?;
    for (id, _) in items {
        let request = Request::new(Method::DELETE, format!("{path}/{id}"), second, None);
        case.send_request(&crm, request).await?.demand("the item is removed", reader::is_success)?;
    }
    let left = EMAIL.list(case, &crm, &account).await?.len();
    Stop::unless(left == 0, "an empty list", || format!("{left} items"))
}

/// Answers of every kind, in the case's format: what is created, listed, read, changed, switched, removed and refused.
async fn tour(case: &Case) -> Step<Vec<Exchange>> {
    let tour = case.run.tour(case.format).get_or_init(|| async {
        let _turn = case.run.leaking.lock().await;
        let case = case.run.case(case.format);
        let end = walk(&case).await;
        case.run.tidy(&case).await;
        end.map(|()| Arc::new(case.exchanges()))
    });
    let exchanges = tour.await.clone().map_err(Stop::into_needed)?;
    Ok(exchanges.iter().filter(|exchange| exchange.is_documented()).cloned().collect())
}

async fn walk(case: &Case) -> Step {
    let account = case.fresh_account().await?;
    let (own, crm) = (Enrolled::on(case, account).await?, case.crm().await?);
    let account = &own.account;
    let app = case.app(account).await.ok();
    let path = format!("/api/v1/account/{}", account.id);
    // What follows may be refused or not: every answer has a format.
    let callers = [Some(&crm), app.as_ref()].into_iter().flatten();
    for caller in case.run.sample(callers, 2) {
        for kind in case.run.sample(KINDS.into_iter(), 6) {
            kind.add(case, caller, account, &kind.new_value(case)).await?;
            case.get(caller, &caller.path(account, kind.list)).await?;
            if let (Some(leaks), Some(value)) = (kind.leaks, own.values.get(kind.name)) {
                if case.run.is_fake().await {
                    let body = json!({ "kind": kind.name, "value": value });
                    case.control(Method::POST, "/_mock/leaks", Some(body)).await?;
                }
                case.get(caller, &caller.path(account, leaks)).await?;
            }
            case.post(caller, &caller.path(account, kind.items), json!({})).await?;
            kind.remove(case, caller, account, "999999999").await?;
            if let Some(id) = own.captures.get(kind.capture) {
                case.send(caller, Method::PUT, &caller.path(account, &format!("{}/{id}", kind.items)), None).await?;
            }
        }
        if let Some(card) = own.captures.get("{creditCardId}") {
            case.get(caller, &caller.path(account, &format!("/credit-card/{card}"))).await?;
        }
        if let Some(passport) = own.captures.get("{passportId}") {
            let path = caller.path(account, &format!("/passport-watchlist/{passport}"));
            case.send(caller, Method::PATCH, &path, Some(json!({ "expiry_date": "2035-05-31" }))).await?;
        }
        alarms::walk(case, caller, account).await?;
        case.get(caller, "/api/v1/no-such-page").await?;
        let emails = caller.path(account, EMAIL.items);
        let malformed = Request { body: Some("{".into()), ..Request::new(Method::POST, &emails, case.format, None) };
        case.send_request(caller, malformed).await?;
        case.get(&Caller::Anonymous, &emails).await?;
        case.get(&Caller::Bearer(Secret("1|no-such-token".into())), &emails).await?;
    }
    if let Some(app) = &app {
        case.get(app, "/api/v1/account").await?;
        case.get(app, &path).await?;
        let update = case.account_body(&account.email, None);
        case.send(app, Method::PUT, "/api/v1/account", Some(update.clone())).await?;
        case.send(app, Method::PUT, &format!("/api/v2/account/{}", account.id), Some(update)).await?;
        case.post(app, "/api/v1/resend/watchlist-email-confirmation", json!({})).await?;
        case.post(app, "/api/v1/credit-cards/verify", json!({})).await?;
        case.get(&crm, "/api/v1/email-watchlist").await?;
        online::walk(case, app).await?;
    }
    for to in ["deactivate", "activate"] {
        case.send(&crm, Method::PATCH, &format!("{path}/ssn-monitoring/{to}"), None).await?;
    }
    for (method, version) in case.run.sample(super::ssn::UPDATES.into_iter(), 3) {
        let body = case.account_body(&account.email, None);
        case.send(&crm, method, &format!("/api/{version}/account/{}", account.id), Some(body)).await?;
    }
    for rest in ["/phone-watchlist/send-verification-code", "/phone-watchlist/confirm"] {
        case.post(&crm, &format!("{path}{rest}"), json!({})).await?;
    }
    case.post(&crm, "/api/v1/account", json!({})).await?;
    case.get(&crm, "/api/v1/account/999999999/email-watchlist").await?;
    for (path, body) in [
        ("/api/v1/crm/auth/login", json!({})),
        ("/api/v1/crm/auth/login", json!({ "username": case.email(), "password": "no-such-password" })),
        ("/api/v1/sso/token", json!({ "client_id": "x", "client_secret": "no-such-secret", "email": case.email() })),
        ("/api/v1/sso/code", json!({})),
        ("/api/v1/sso/login", json!({ "code": "no-such-code" })),
    ] {
        case.post(&Caller::Anonymous, path, body).await?;
    }
    if let Ok(other) = case.other_partner().await {
        case.get(&other, &other.path(account, EMAIL.items)).await?;
    }
    for kind in KINDS {
        if let Some(id) = own.captures.get(kind.capture) {
            kind.remove(case, &crm, account, id).await?;
        }
    }
    Ok(())
}

/// Holds every field of every answer of the tour to a rule; it fails on the first that breaks it, and is inconclusive
/// where it applies to none.
async fn each_field(
    case: &Case,
    what: &str,
    applies: impl Fn(&str, &Value) -> bool,
    issue: impl Fn(&str, &Value, Format) -> Option<String>,
) -> Step {
    let format = case.answered_format(case.format);
    let (mut seen, mut wrong) = (0, BTreeSet::new());
    for exchange in tour(case).await? {
        let Ok(answer) = &exchange.answer else { continue };
        for (name, value) in reader::fields(&answer.body).into_iter().filter(|(name, value)| applies(name, value)) {
            seen += 1;
            if let Some(issue) = issue(name, value, format)
                && wrong.insert(issue.clone())
            {
                case.retell(&exchange);
            }
        }
    }
    let issues = wrong.into_iter().collect::<Vec<_>>().join("; ");
    Stop::unless(issues.is_empty(), format!("{} {what} everywhere", format.name()), || issues)?;
    let none = || Stop::Inconclusive(format!("no answer of the target holds any of the {what}"));
    if seen == 0 { Err(none()) } else { Ok(()) }
}

/// What is wrong with a field as a datetime, if it is one.
fn datetime_issue(name: &str, value: &Value, format: Format) -> Option<String> {
    let is_wrong = match value {
        Value::String(text) if reader::is_like_datetime(text) || name.ends_with("_at") && !text.is_empty() => {
            !reader::is_datetime(text, format)
        }
        Value::Number(_) => name.ends_with("_at"),
        _ => false,
    };
    is_wrong.then(|| format!("{name} is {value}"))
}

/// Every value that is a datetime is written as the format writes one.
async fn datetimes(case: &Case) -> Step {
    let applies = |name: &str, value: &Value| match value {
        Value::String(text) => reader::is_like_datetime(text) || name.ends_with("_at"),
        Value::Number(_) => name.ends_with("_at"),
        _ => false,
    };
    each_field(case, "datetimes", applies, datetime_issue).await
}

/// Pure dates are the same in both formats.
async fn dates(case: &Case) -> Step {
    const GUIDES: &str = "activation_date";
    let applies = |name: &str, value: &Value| match value {
        Value::Null => false,
        Value::String(text) => name.ends_with("_date") && !text.is_empty(),
        _ => name == GUIDES,
    };
    each_field(case, "dates", applies, |name, value, format| {
        let text = value.as_str().unwrap_or_default();
        // Another field than the guide's may be called a date and hold a time; that of a date is midnight.
        let is_time = reader::is_datetime(text, format) && !text.contains("00:00:00");
        let is_right = reader::is_date(text) || name != GUIDES && is_time;
        (!is_right).then(|| format!("{name} is {value}"))
    })
    .await
}

/// Booleans, which their names tell, are JSON's in the standardized format, and numbers or texts in the legacy one.
async fn booleans(case: &Case) -> Step {
    let applies = |name: &str, value: &Value| reader::is_boolean_name(name) && !value.is_null();
    each_field(case, "booleans", applies, boolean_issue).await
}

/// What is wrong with a field as a boolean of the format.
pub(super) fn boolean_issue(name: &str, value: &Value, format: Format) -> Option<String> {
    let is_right = match format {
        Format::Standardized => value.is_boolean(),
        Format::Legacy => !value.is_boolean() && reader::boolean(value).is_some() && value != 2,
    };
    (!is_right).then(|| format!("{name} is {value}"))
}

/// Every refusal of the tour has the error shape of its format; statuses that must be there are.
async fn errors(case: &Case, wanted: &[u16]) -> Step {
    let format = case.answered_format(case.format);
    let (mut seen, mut wrong) = (BTreeSet::new(), BTreeSet::new());
    for exchange in tour(case).await? {
        let Some(answer) = exchange.answer.as_ref().ok().filter(|answer| answer.status >= 400) else { continue };
        seen.insert(answer.status);
        if let Some(issue) = reader::error_issue(answer.status, answer.content_type(), &answer.body, format)
            && wrong.insert(format!("{} with {issue}", answer.status))
        {
            case.retell(&exchange);
        }
    }
    let issues = wrong.into_iter().collect::<Vec<_>>().join("; ");
    Stop::unless(issues.is_empty(), format!("{} errors everywhere", format.name()), || issues)?;
    let missing: Vec<_> = wanted.iter().filter(|status| !seen.contains(status)).collect();
    let none = || Stop::Inconclusive(format!("no error with {missing:?} was met, only {seen:?}"));
    if missing.is_empty() { Ok(()) } else { Err(none()) }
}

/// Standardized errors, all of them, are of one shape, with the code of their status.
async fn standardized_errors(case: &Case) -> Step {
    match case.answered_format(case.format) {
        Format::Standardized => errors(case, &[401]).await,
        Format::Legacy => in_other_format(case, Format::Standardized).await,
    }
}

/// Legacy errors are of one of four shapes.
async fn legacy_errors(case: &Case) -> Step {
    match case.answered_format(case.format) {
        Format::Legacy => errors(case, &[401]).await,
        // Where one format is forced the other is not served, which `format.forced_by_deployment` holds it to.
        Format::Standardized if case.run.target.normalize_all => Ok(()),
        Format::Standardized => in_other_format(case, Format::Legacy).await,
    }
}

/// One error in the other format, right after one in this.
async fn in_other_format(case: &Case, format: Format) -> Step {
    for format in [case.format, format] {
        let request = Request::new(Method::GET, "/api/v1/email-watchlist", format, None);
        let answer = case.send_request(&Caller::Anonymous, request).await?;
        answer.demand("a refusal", reader::is_refusal).map_err(Stop::into_needed)?;
        let format = case.answered_format(format);
        let issue = error_issue(&answer, format);
        Stop::unless(issue.is_none(), format!("a {} error", format.name()), || issue.clone().unwrap_or_default())?;
    }
    Ok(())
}

/// A body without its field is refused with details that name the field: 422 where the target validates.
async fn validation_details(case: &Case) -> Step {
    let (account, crm) = (case.account().await?, case.crm().await?);
    let path = crm.path(&account, EMAIL.items);
    for (body, is_empty) in [
        (json!({}), true),
        (json!({ "email": null }), true),
        (json!({ "email": "no address" }), false),
        (json!({ "email": [] }), false),
    ] {
        let answer = case.post(&crm, &path, body).await?;
        if !is_empty && reader::is_success(answer.status) {
            // What an address may look like is not documented.
            continue;
        }
        answer.demand("a body without its field is refused", reader::is_refusal)?;
        let format = case.answered_format(case.format);
        if let Some(issue) = error_issue(&answer, format) {
            return Err(Stop::fail(format!("a {} error", format.name()), issue));
        }
        if format == Format::Standardized && answer.status == 422 && answer.body["error"].get("details").is_some() {
            let named = reader::refused_fields(&answer.body);
            let is_named = named.iter().any(|field| field.contains("email"));
            Stop::unless(is_named, "details that name the field email", || format!("{named:?}"))?;
        }
    }
    Ok(())
}

/// Who calls too often is throttled: 409 in legacy, 429 with its code in standardized.
async fn throttling(case: &Case) -> Step {
    match case.run.target.throttle {
        Some(rate) => is_throttled(case, u64::from(rate) * 3 + 10).await,
        None => {
            let run: Arc<Run> =
                case.run.sandbox(json!({ "throttle.per-minute": "20" })).await.map_err(|stop| match stop {
                    Stop::Inconclusive(reason) | Stop::Skipped(reason) | Stop::Fail { observed: reason, .. } => {
                        Stop::Skipped(format!("throttling is not provoked without DEFENTRY_THROTTLE ({reason})"))
                    }
                })?;
            let apart = run.case(case.format);
            let end = is_throttled(&apart, 60).await;
            case.take_story(&apart);
            end
        }
    }
}

async fn is_throttled(case: &Case, most: u64) -> Step {
    let account = case.account().await?;
    let crm = case.crm().await?;
    let path = crm.path(&account, EMAIL.list);
    for _ in 0..most {
        let request = Request::new(Method::GET, &path, case.format, None);
        let answer = case.send_request(&crm, Request { waits_out_throttling: false, ..request }).await?;
        if reader::is_success(answer.status) {
            case.drop_last();
            continue;
        }
        let format = case.answered_format(case.format);
        let (expected, status) = match format {
            Format::Legacy => ("409 to a throttled call", 409),
            Format::Standardized => ("429 to a throttled call", 429),
        };
        answer.demand(expected, |answered| answered == status)?;
        return match error_issue(&answer, format) {
            Some(issue) => Err(Stop::fail(format!("a {} error", format.name()), issue)),
            None => Ok(()),
        };
    }
    Err(Stop::Inconclusive(format!("{most} calls were not throttled")))
}
