//! The suite can fail: each fault trips the check of the fact that it breaks, and the failure tells its story.

use contract_tests::{Format, Outcome, Target, checks};

use crate::proxy::{self, Fault};
use crate::{fake, outcome};

/// The fake behind a proxy with `fault`.
async fn faulty(fault: Fault) -> Target {
    let behind = fake().await.target();
    let base_url = proxy::start(behind.base_url(), fault).await;
    behind.at(base_url)
}

/// The story of a check that fails on a fake with `fault`; it holds each of `parts`, the broken fact among them.
async fn failure(id: &str, format: Format, fault: Fault, parts: &[&str]) -> String {
    let story = match outcome(faulty(fault).await, id, format).await {
        Outcome::Fail(failure) => failure.to_string(),
        other => panic!("{id} does not fail: {other:?}"),
    };
    for part in parts {
        assert!(story.contains(part), "no {part} in:\n{story}");
    }
    story
}

#[tokio::test]
async fn a_proxy_without_a_fault_trips_nothing() {
    let target = faulty(|_| {}).await;
    for check in checks() {
        let outcome = outcome(target.clone(), check.id, Format::Legacy).await;
        assert!(matches!(outcome, Outcome::Pass), "{}: {outcome:?}", check.id);
    }
}

#[tokio::test]
async fn a_wrong_token_that_is_let_in() {
    let fault: Fault = |answer| answer.status = if answer.status == 403 { 200 } else { answer.status };
    for (id, fact) in [
        ("scope.app_token_is_refused_under_an_account", "\nSCOPE-2: "),
        ("scope.crm_token_is_refused_without_an_account", "\nSCOPE-3: "),
        ("card.verified_by_the_end_user", "\nCARD-4: "),
    ] {
        failure(id, Format::Legacy, fault, &[fact, "observed  200 to "]).await;
    }
}

#[tokio::test]
async fn a_datetime_without_its_zone() {
    let fault: Fault = |answer| answer.body = answer.body.replace("Z\"", "\"");
    let parts = ["\nFORMAT-3: ", "expected  a Standardized datetime in created_at"];
    failure("format.datetimes", Format::Standardized, fault, &parts).await;
}

#[tokio::test]
async fn an_added_item_that_the_list_does_not_show() {
    let fault: Fault = |answer| {
        if answer.to.starts_with("GET ") {
            answer.body = r#"{"data":[]}"#.into();
        }
    };
    for id in ["email.added_by_crm", "email.added_by_app"] {
        failure(id, Format::Legacy, fault, &["\nEMAIL-1: ", "observed  0 new items in it"]).await;
    }
}

#[tokio::test]
async fn a_failure_tells_its_story_and_no_secret() {
    let fault: Fault = |answer| answer.status = if answer.to.starts_with("GET ") { 500 } else { answer.status };
    let parts = [
        "LOGIN-1: POST /api/v1/crm/auth/login",
        "  1. curl -X POST \"$BASE_URL/api/v1/crm/auth/login\" -H 'Accept: application/json'",
        r#"\"password\":\"$PASSWORD\""#,
        "-H \"Authorization: Bearer $CRM_TOKEN\"",
        "expected  the token of the login is let in",
        "observed  500 to GET /api/v1/account/",
        "body      {",
    ];
    let story = failure("login.crm", Format::Legacy, fault, &parts).await;
    for secret in ["mock-crm-password", "19900101-2385"] {
        assert!(!story.contains(secret), "{secret} in:\n{story}");
    }
}
