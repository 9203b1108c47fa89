//! The two response formats, on every kind of answer.

use std::collections::BTreeSet;

use reqwest::Method;
use serde_json::{Value, json};

use crate::case::Case;
use crate::contract::page;
use crate::exchange::{Answer, Caller, Exchange, Request};
use crate::format::Format;
use crate::halt::Halt;
use crate::kind::EMAIL;
use crate::reader;
use crate::steps::tour::tour;

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

/// The version of the guide selects the standardized format; another one, or none, the legacy one, in errors and in
/// other answers.
async fn version_selects_it(case: &Case) -> Result<(), Halt> {
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
        refused.demand(&format!("{what} is taken, and the caller is not let in"), reader::is_wrong_token)?;
        if let Some(issue) = error_issue(&refused, format) {
            return Err(Halt::fail(format!("a {} error for {what}", format.name()), issue));
        }
        if case.session.is_frugal() {
            continue;
        }
        let listed = case.send_request(&answers, asked(&answers.path(&account, EMAIL.list))).await?;
        listed.demand(&format!("a list for {what}"), reader::is_success)?;
        for (name, value) in reader::fields(&listed.body) {
            if let Some(issue) = reader::datetime_issue(name, value, format) {
                return Err(Halt::fail(format!("a {} list for {what}", format.name()), issue));
            }
        }
    }
    Ok(())
}

fn error_issue(answer: &Answer, format: Format) -> Option<String> {
    let issue = reader::error_issue(answer.status, answer.content_type(), &answer.body, format)?;
    Some(format!("{} to {}, with {issue}", answer.status, answer.to))
}

/// Where the deployment forces the standardized format no request gets another; where it does not, one without a
/// version gets the legacy one.
async fn forced_by_deployment(case: &Case) -> Result<(), Halt> {
    let wanted = if case.session.target.normalize_all { Format::Standardized } else { Format::Legacy };
    for (method, path) in [(Method::GET, "/api/v1/email-watchlist"), (Method::POST, "/api/v1/crm/auth/login")] {
        let body = (method == Method::POST).then(|| json!({}));
        let request = Request { version: None, ..Request::new(method, path, case.format, body.as_ref()) };
        let answer = case.send_request(&Caller::Anonymous, request).await?;
        answer.demand("a refusal", reader::is_refusal).map_err(Halt::into_required)?;
        if let Some(issue) = error_issue(&answer, wanted) {
            let setting = if case.session.target.normalize_all { "set" } else { "not set" };
            let expected = format!("a {} error: DEFENTRY_NORMALIZE_ALL is {setting}", wanted.name());
            return Err(Halt::fail(expected, issue));
        }
    }
    Ok(())
}

/// Paths, methods and request bodies are the same in both: what is added in one is read and removed in the other.
async fn same_calls_in_both(case: &Case) -> Result<(), Halt> {
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
        let page = reader::page(&listed.body).ok_or_else(|| Halt::fail("a list", "none"))?;
        let is_there = page.items.iter().any(|item| reader::shows(item, &email));
        Halt::unless(is_there, "the same list in both formats", || format!("not in the {} one", format.name()))?;
    }
    let items = EMAIL.list(case, &crm, &account).await?;
    for (id, _) in items {
        let request = Request::new(Method::DELETE, format!("{path}/{id}"), second, None);
        case.send_request(&crm, request).await?.demand("the item is removed", reader::is_success)?;
    }
    let left = EMAIL.list(case, &crm, &account).await?.len();
    Halt::unless(left == 0, "an empty list", || format!("{left} items"))
}

/// The answers that are looked at: those of the tour, and those that the other checks have met.
async fn answers(case: &Case) -> Result<Vec<Exchange>, Halt> {
    let mut answers = tour(case).await?;
    answers.extend(case.session.witnesses(case.answered_format(case.format)));
    Ok(answers)
}

/// Holds every field of every answer of the run so far to a rule; it fails on the first that breaks it, and is inconclusive
/// where it applies to none.
async fn each_field(
    case: &Case,
    what: &str,
    applies: impl Fn(&str, &Value) -> bool,
    issue: impl Fn(&str, &Value, Format) -> Option<String>,
) -> Result<(), Halt> {
    let format = case.answered_format(case.format);
    let (mut seen, mut wrong) = (0, BTreeSet::new());
    for exchange in answers(case).await? {
        let Ok(answer) = &exchange.answer else { continue };
        for (name, value) in reader::fields(&answer.body).into_iter().filter(|(name, value)| applies(name, value)) {
            seen += 1;
            if let Some(issue) = issue(name, value, format)
                && wrong.insert(issue.clone())
            {
                case.describe(&exchange);
            }
        }
    }
    let issues = wrong.into_iter().collect::<Vec<_>>().join("; ");
    Halt::unless(issues.is_empty(), format!("{} {what} everywhere", format.name()), || issues)?;
    let none = || Halt::Inconclusive(format!("no answer of the target holds any of the {what}"));
    if seen == 0 { Err(none()) } else { Ok(()) }
}

/// Every value that is a datetime is written as the format writes one.
async fn datetimes(case: &Case) -> Result<(), Halt> {
    each_field(case, "datetimes", reader::is_datetime_field, reader::datetime_issue).await
}

/// Pure dates are the same in both formats.
async fn dates(case: &Case) -> Result<(), Halt> {
    each_field(case, "dates", reader::is_date_field, reader::date_issue).await
}

/// Booleans, which their names tell, are JSON's in the standardized format, and numbers or texts in the legacy one.
async fn booleans(case: &Case) -> Result<(), Halt> {
    each_field(case, "booleans", reader::is_boolean_field, reader::boolean_issue).await
}

/// Every refusal of the run so far has the error shape of its format; statuses that must be there are.
async fn errors(case: &Case, wanted: &[u16]) -> Result<(), Halt> {
    let format = case.answered_format(case.format);
    let (mut seen, mut wrong) = (BTreeSet::new(), BTreeSet::new());
    for exchange in answers(case).await? {
        let Some(answer) = exchange.answer.as_ref().ok().filter(|answer| answer.status >= 400) else { continue };
        seen.insert(answer.status);
        if let Some(issue) = reader::error_issue(answer.status, answer.content_type(), &answer.body, format)
            && wrong.insert(format!("{} with {issue}", answer.status))
        {
            case.describe(&exchange);
        }
    }
    let issues = wrong.into_iter().collect::<Vec<_>>().join("; ");
    Halt::unless(issues.is_empty(), format!("{} errors everywhere", format.name()), || issues)?;
    let missing: Vec<_> = wanted.iter().filter(|status| !seen.contains(status)).collect();
    let none = || Halt::Inconclusive(format!("no error with {missing:?} was met, only {seen:?}"));
    if missing.is_empty() { Ok(()) } else { Err(none()) }
}

/// Standardized errors, all of them, are of one shape, with the code of their status.
async fn standardized_errors(case: &Case) -> Result<(), Halt> {
    match case.answered_format(case.format) {
        Format::Standardized => errors(case, &[401]).await,
        Format::Legacy => in_other_format(case, Format::Standardized).await,
    }
}

/// Legacy errors are of one of four shapes.
async fn legacy_errors(case: &Case) -> Result<(), Halt> {
    match case.answered_format(case.format) {
        Format::Legacy => errors(case, &[401]).await,
        // Where one format is forced the other is not served, which `format.forced_by_deployment` holds it to.
        Format::Standardized if case.session.target.normalize_all => Ok(()),
        Format::Standardized => in_other_format(case, Format::Legacy).await,
    }
}

/// One error in the other format, right after one in this.
async fn in_other_format(case: &Case, format: Format) -> Result<(), Halt> {
    for format in [case.format, format] {
        let request = Request::new(Method::GET, "/api/v1/email-watchlist", format, None);
        let answer = case.send_request(&Caller::Anonymous, request).await?;
        answer.demand("a refusal", reader::is_refusal).map_err(Halt::into_required)?;
        let format = case.answered_format(format);
        let issue = error_issue(&answer, format);
        Halt::unless(issue.is_none(), format!("a {} error", format.name()), || issue.clone().unwrap_or_default())?;
    }
    Ok(())
}

/// A body without its field is refused with details that name the field: 422 where the target validates.
async fn validation_details(case: &Case) -> Result<(), Halt> {
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
            // The form of an address is not documented.
            continue;
        }
        answer.demand("a body without its field is refused", reader::is_refusal)?;
        let format = case.answered_format(case.format);
        if let Some(issue) = error_issue(&answer, format) {
            return Err(Halt::fail(format!("a {} error", format.name()), issue));
        }
        if format == Format::Standardized && answer.status == 422 && answer.body["error"].get("details").is_some() {
            let named = reader::refused_fields(&answer.body);
            let is_named = named.iter().any(|field| field.contains("email"));
            Halt::unless(is_named, "details that name the field email", || format!("{named:?}"))?;
        }
    }
    Ok(())
}

/// A caller that calls too often is throttled: 409 in legacy, 429 with its code in standardized.
async fn throttling(case: &Case) -> Result<(), Halt> {
    match case.session.target.throttle {
        Some(rate) => is_throttled(case, u64::from(rate) * 3 + 10).await,
        None => {
            let unprovoked = |halt: Halt| {
                Halt::Skipped(format!("throttling is not provoked without DEFENTRY_THROTTLE ({})", halt.reason()))
            };
            let sandbox = case.session.sandbox(json!({ "throttle.per-minute": "20" })).await.map_err(unprovoked)?;
            let world = Case::new(&sandbox, case.format);
            let end = is_throttled(&world, 60).await;
            case.take_story(&world);
            end
        }
    }
}

async fn is_throttled(case: &Case, most: u64) -> Result<(), Halt> {
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
            Some(issue) => Err(Halt::fail(format!("a {} error", format.name()), issue)),
            None => Ok(()),
        };
    }
    Err(Halt::Inconclusive(format!("{most} calls were not throttled")))
}
