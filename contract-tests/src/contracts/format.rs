//! The two response formats.

use reqwest::Method;
use serde_json::json;

use super::watchlist::EMAIL;
use crate::case::{Case, SSN};
use crate::client::{Answer, Caller, Format};
use crate::contract::{Step, Stop};
use crate::reader;

page!("format" {
    "version_selects_it": ["FORMAT-1"] => version_selects_it,
    "errors": ["FORMAT-6", "FORMAT-7", "FORMAT-8"] => errors,
    "datetimes": ["FORMAT-3", "FORMAT-4"] => datetimes,
});

/// The version of the guide selects the standardized format; another one, or none, the legacy one.
async fn version_selects_it(case: &Case<'_>) -> Step {
    let (legacy, standardized) = (Format::Legacy, Format::Standardized);
    for (version, format) in [(None, legacy), (Some("1999-12-31"), legacy), (standardized.version(), standardized)] {
        let path = "/api/v1/email-watchlist";
        let answer = case.send_as(&Caller::Anonymous, Method::GET, path, version, None).await?;
        is_error(case, &answer, format, &format!("the version {version:?}"))?;
    }
    Ok(())
}

/// Errors of every kind that can be had at will have a shape of their format.
async fn errors(case: &Case<'_>) -> Step {
    let account = case.account().await?;
    let crm = case.crm().await?;
    let emails = crm.path(&account, EMAIL.items);
    let id = EMAIL.needed(case, &crm, &account, &(EMAIL.body)(case)).await?;
    EMAIL.remove(case, &crm, &account, &id).await?;
    let is_error = |answer, what| is_error(case, &answer, case.format, what);
    is_error(case.get(&Caller::Anonymous, &emails).await?, "nobody")?;
    is_error(case.get(&crm, "/api/v1/email-watchlist").await?, "the wrong token")?;
    is_error(EMAIL.remove(case, &crm, &account, &id).await?, "an item that is gone")?;
    is_error(EMAIL.add(case, &crm, &account, &json!({})).await?, "a body without its field")?;
    is_error(case.get(&crm, "/api/v1/no-such-page").await?, "a path that does not exist")?;
    is_error(case.send(&crm, Method::PUT, &emails, Some(json!({}))).await?, "a method that does not exist")?;
    let malformed = case.send_as(&crm, Method::POST, &emails, case.format.version(), Some("{".into())).await?;
    is_error(malformed, "a body that is no JSON")
}

/// `answer` is an error, and has a shape of the format that was asked for.
fn is_error(case: &Case<'_>, answer: &Answer, asked: Format, what: &str) -> Step {
    answer.demand("a refusal", reader::is_refusal).map_err(Stop::into_needed)?;
    let format = case.answered_format(asked);
    let issue = reader::error_issue(answer.status, &answer.content_type, &answer.body, format);
    let observed = || format!("{} to {}, with {}", answer.status, answer.to, issue.unwrap_or_default());
    Stop::unless(issue.is_none(), format!("a {format:?} error for {what}"), observed)
}

/// Every value that looks like a datetime is written as the format writes one; pure dates are the same in both.
async fn datetimes(case: &Case<'_>) -> Step {
    let (format, crm) = (case.answered_format(case.format), case.crm().await?);
    let (account, created) = case.create_account(case.run.target.ssn_required.then_some(SSN)).await?;
    let account = account.map_err(Stop::into_needed)?;
    let added = EMAIL.add(case, &crm, &account, &(EMAIL.body)(case)).await?;
    let listed = case.get(&crm, &crm.path(&account, EMAIL.list)).await?;
    let mut seen = 0;
    for (name, text) in [&created.body, &added.body, &listed.body].into_iter().flat_map(reader::fields) {
        let text = text.as_str().unwrap_or_default();
        if name == "activation_date" && !text.is_empty() {
            Stop::unless(reader::is_date(text), "activation_date as 2024-06-15", || text.to_owned())?;
        } else if reader::is_like_datetime(text) {
            seen += 1;
            let expected = format!("a {format:?} datetime in {name}");
            Stop::unless(reader::is_datetime(text, format), expected, || text.to_owned())?;
        }
    }
    let none = Stop::Inconclusive("no answer of the target holds a datetime".into());
    if seen == 0 { Err(none) } else { Ok(()) }
}
